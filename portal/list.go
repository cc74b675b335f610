package portal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Filter narrows a list. Its zero value is every pupil on roll.
type Filter struct {
	Left     bool // those who have left, and whose time is not up, instead of those on roll
	Year     *Year
	Group    string
	Purposes []string // slugs, in the order of the columns; none is all of the school's
	// Standing keeps the pupils who have it for the first of the purposes: one of
	// [List.StandingsOf].
	Standing Standing
	// Agreement keeps the pupils for whom somebody who may speak for them has signed it, or
	// with Unsigned those for whom nobody has; "" is everybody.
	Agreement string
	Unsigned  bool
	Columns   []string // further columns, of [ListColumns]
	Why       string   // what an export is for, as whoever makes it says: at most [MaxWhy] characters
}

// ListColumns are the further columns that a list may have. The UPN is for those alone
// who may read all that is held of a pupil ([ShowDossier]).
var ListColumns = []string{"admission", "upn", "agreements"}

// SavedList is what a school asks of its lists again and again, under a name.
type SavedList struct {
	Name  string // at most [MaxListName] characters
	Asked string // as the page writes it into its address
}

// MaxListName is how long the name of a saved list may be, and maxSavedLists how many a
// school may have.
const (
	MaxListName   = 60
	maxSavedLists = 50
)

// SavedLists are a school's, by name, for whoever may export there.
func (p *Portal) SavedLists(ctx context.Context, account, school string) (all []SavedList, err error) {
	err = p.store.View(ctx, func(tx Tx) error {
		if _, err := p.allowed(tx, account, ExportList, Subject{School: school}); err != nil {
			return err
		}
		all, err = tx.SavedLists(school)
		return err
	})
	return all, err
}

// SaveList keeps a list's choices under a name, instead of what it had; a name without
// choices is deleted. A name that will not do is [*Invalid].
func (p *Portal) SaveList(ctx context.Context, account, school string, l SavedList) error {
	l.Name = strings.Join(strings.Fields(l.Name), " ")
	return p.store.Update(ctx, func(tx Tx) error {
		if _, err := p.allowed(tx, account, ExportList, Subject{School: school}); err != nil {
			return err
		}
		if l.Asked == "" {
			return tx.DeleteSavedList(school, l.Name)
		}
		var wrong Invalid
		if n := utf8.RuneCountInString(l.Name); n == 0 || n > MaxListName || !utf8.ValidString(l.Name) {
			wrong.Add("name", fmt.Sprintf("Give the list a name of at most %d characters.", MaxListName))
		}
		saved, err := tx.SavedLists(school)
		if len(saved) >= maxSavedLists && !slices.ContainsFunc(saved, func(s SavedList) bool { return s.Name == l.Name }) {
			wrong.Add("name", fmt.Sprintf("The school has %d saved lists. Delete one first.", maxSavedLists))
		}
		if err := errors.Join(err, wrong.Or()); err != nil {
			return err
		}
		return tx.PutSavedList(school, l)
	})
}

// ListRow is one pupil of a list. Standings and Signed are in the order of the
// texts of the [List]; a row is reused for the next pupil.
type ListRow struct {
	Pupil     Pupil
	Standings []Standing
	Signed    []bool   // of each agreement: by anybody who may speak for the child
	Further   []string // in the order of the list's
}

// List is the columns of a list: the purposes a filter asks for, or all, and
// the school's agreements.
type List struct {
	School     School
	Purposes   []Text
	Agreements []Text
	Further    []string  // headings of the columns after the class
	At         time.Time // the moment of which all of it is
	// Reasons says that whoever asks may read why it is a no; see [Answers].
	Reasons bool
	// Own is how many are left out, of the whole school, as they are of the family of whoever
	// asks: from how it stands they would read what the other parent said.
	Own int
}

// StandingsOf are those that the list has of a purpose, and may be narrowed by. Without
// reasons nobody is told why it is a no: that can be one parent's answer, or that a child
// is in care.
func (l List) StandingsOf(t Text) []Standing {
	switch objected := t.Objected(); {
	case l.Reasons && objected:
		return Objections
	case l.Reasons:
		return Standings
	case objected:
		return []Standing{StandingUnopposed, StandingNo}
	}
	return []Standing{StandingGiven, StandingNo}
}

// told is a standing as the list has it.
func (l List) told(s Standing) Standing {
	if l.Reasons || s.Allowed() {
		return s
	}
	return StandingNo
}

// MaxWhy is how much may be said of what an export is for.
const MaxWhy = 200

// listOf is what a list is of, with nothing of any pupil: all that is wrong with what was
// asked is found here, before it is on record.
func (p *Portal) listOf(tx Tx, a Actor, do Action, school string, f Filter) (List, error) {
	info, err := tx.School(school)
	if err != nil {
		return List{}, err
	}
	l, err := columns(info, f)
	if err != nil {
		return l, err
	}
	l.At, l.Reasons = p.now(), a.May(SeeReasons, Subject{School: school}) == nil
	var wrong Invalid
	var by Text // what the list is narrowed by
	if len(l.Purposes) > 0 {
		by = l.Purposes[0]
	}
	if f.Standing != "" && !slices.Contains(l.StandingsOf(by), f.Standing) {
		wrong.Add("standing", "There is no such answer. Choose one from the list.")
	}
	if utf8.RuneCountInString(f.Why) > MaxWhy || !utf8.ValidString(f.Why) {
		wrong.Add("why", fmt.Sprintf("Say what it is for in at most %d characters", MaxWhy))
	}
	if err := wrong.Or(); err != nil {
		return l, err
	}
	if err := l.further(f, a.May(ShowDossier, Subject{School: school}) == nil); err != nil {
		return l, err
	}
	if do == ExportList && f.Group != "" { // an empty file would be taken for an answer
		err = hasGroup(tx, school, f)
	}
	return l, err
}

// further gives a list the columns that a filter asks for besides.
func (l *List) further(f Filter, upn bool) error {
	var wrong Invalid
	if _, ok := l.School.Current(Agreement, f.Agreement); f.Agreement != "" && !ok {
		wrong.Add("agreement", "This school has no such agreement. Choose one from the list.")
	}
	for _, c := range ListColumns {
		switch {
		case !slices.Contains(f.Columns, c):
		case c == "admission":
			l.Further = append(l.Further, "Admission number")
		case c == "upn" && upn:
			l.Further = append(l.Further, "UPN")
		case c == "upn":
			wrong.Add("column", "Your role does not take out UPNs.")
		default:
			for _, t := range l.Agreements {
				l.Further = append(l.Further, t.Title)
			}
		}
	}
	for _, c := range f.Columns {
		if !slices.Contains(ListColumns, c) {
			wrong.Add("column", "There is no such column. Choose from: "+strings.Join(ListColumns, ", ")+".")
		}
	}
	return wrong.Or()
}

// fill writes the further columns of a row.
func (r *ListRow) fill(f Filter) {
	r.Further = r.Further[:0]
	for _, c := range ListColumns {
		switch {
		case !slices.Contains(f.Columns, c):
		case c == "admission":
			r.Further = append(r.Further, r.Pupil.AdmissionNumber)
		case c == "upn":
			r.Further = append(r.Further, r.Pupil.UPN)
		default:
			for _, signed := range r.Signed {
				r.Further = append(r.Further, map[bool]string{true: "Signed", false: "Not signed"}[signed])
			}
		}
	}
}

func columns(school School, f Filter) (List, error) {
	l := List{School: school, Purposes: school.Of(Purpose), Agreements: school.Of(Agreement)}
	if len(f.Purposes) == 0 {
		return l, nil
	}
	l.Purposes = nil
	for _, slug := range f.Purposes {
		t, ok := school.Current(Purpose, slug)
		if !ok {
			var wrong Invalid
			wrong.Add("purpose", "This school does not ask about that. Choose one of the purposes in the list.")
			return l, &wrong
		}
		l.Purposes = append(l.Purposes, t)
	}
	return l, nil
}

// ReadRegister gives the office its list: the columns to begin, then each pupil
// whom the filter keeps, in order of year, class and name. A row must not be kept.
// An unknown purpose is [*Invalid].
func (p *Portal) ReadRegister(ctx context.Context, account, school string, f Filter, begin func(List) error, each func(ListRow) error) error {
	return p.list(ctx, account, SeeRegister, school, f, begin, each)
}

// Export is [Portal.ReadRegister] for a list that leaves the portal.
func (p *Portal) Export(ctx context.Context, account, school string, f Filter, begin func(List) error, each func(ListRow) error) error {
	return p.list(ctx, account, ExportList, school, f, begin, each)
}

// Pupils is everybody whom a school has or had on roll and whom the account may see, in
// order of year, class and name: for comparing names, not for showing them, so that no
// event tells of it.
func (p *Portal) Pupils(ctx context.Context, account, school string) (all []Pupil, err error) {
	err = p.store.View(ctx, func(tx Tx) error {
		a, err := p.allowed(tx, account, SeeRegister, Subject{School: school})
		if err != nil {
			return err
		}
		all, err = tx.Pupils(school)
		within := a.reach(SeeRegister, school)
		all = slices.DeleteFunc(all, func(x Pupil) bool { return !within(x) })
		return err
	})
	return all, err
}

// list calls begin with the columns, then each for every pupil that the filter
// keeps and the role reaches, all of one moment. That it was looked at or exported is
// on record before anything of it is shown.
func (p *Portal) list(ctx context.Context, account string, do Action, school string, f Filter, begin func(List) error, each func(ListRow) error) error {
	err := p.store.Update(ctx, func(tx Tx) error {
		a, err := p.allowed(tx, account, do, Subject{School: school})
		if err != nil {
			return err
		}
		if _, err := p.listOf(tx, a, do, school, f); err != nil {
			return err
		}
		return p.event(tx, account, school, map[Action]ActKind{SeeRegister: ListSeen, ExportList: ListExported}[do], Ref{RefSchool, school}, f.details())
	})
	if err != nil {
		return err
	}
	return p.store.View(ctx, func(tx Tx) error {
		a, err := p.allowed(tx, account, do, Subject{School: school})
		if err != nil {
			return err
		}
		reaches := a.reach(do, school)
		l, err := p.listOf(tx, a, do, school, f)
		if err != nil {
			return err
		}
		own, err := a.kin(tx, school)
		if err != nil {
			return err
		}
		pupils, err := listedPupils(tx, school)
		if err != nil {
			return err
		}
		for _, x := range pupils {
			if own.pupils[x.ID] && x.OnRoll() != f.Left && reaches(x) {
				l.Own++
			}
		}
		if err := begin(l); err != nil {
			return err
		}
		apart := map[string]string{}
		for _, x := range pupils {
			if x.Apart != "" {
				apart[x.ID] = x.Apart
			}
		}
		today := p.today()
		row := ListRow{Standings: make([]Standing, len(l.Purposes)), Signed: make([]bool, len(l.Agreements))}
		return p.eachPupil(tx, school, f.Left, func(r *PupilFile) error {
			if own.pupils[r.Pupil.ID] || !reaches(r.Pupil) || f.Year != nil && r.Pupil.Year != *f.Year || f.Group != "" && r.Pupil.Group != f.Group {
				return nil
			}
			row.Pupil = r.Pupil
			row.Pupil.Apart = apart[r.Pupil.ID]
			for i, t := range l.Purposes {
				row.Standings[i] = l.told(StandingOf(r.Pupil, t, today, r.Responsibilities, r.Acts))
			}
			if f.Standing != "" && (len(row.Standings) == 0 || row.Standings[0] != f.Standing) {
				return nil
			}
			for i, t := range l.Agreements {
				row.Signed[i] = signedByAny(t, today, r)
				if t.Slug == f.Agreement && row.Signed[i] == f.Unsigned {
					return nil
				}
			}
			row.fill(f)
			return each(row)
		})
	})
}

// eachPupil is [ActTx.EachPupil], with what does not count marked: what a standing is
// computed from.
func (p *Portal) eachPupil(tx Tx, school string, left bool, f func(*PupilFile) error) error {
	return p.eachPupilAt(tx, school, left, p.now(), f)
}

// eachPupilAt is eachPupil with what does not count at a moment marked.
func (p *Portal) eachPupilAt(tx Tx, school string, left bool, at time.Time, f func(*PupilFile) error) error {
	mark, err := counting(tx, school, at)
	if err != nil {
		return err
	}
	return tx.EachPupil(school, left, func(r *PupilFile) error { mark(r); return f(r) })
}

// counting marks in a record what does not count at a moment.
func counting(tx Tx, school string, at time.Time) (mark func(*PupilFile), err error) {
	type key struct {
		kind                 ActKind
		pupil, contact, text string
		seq                  int
	}
	of := func(a Act) key { return key{a.Kind, a.Subject.ID, a.Party.ID, a.TextSlug, a.Seq} }
	uncounted, err := tx.ActsNotCounted(school, at)
	if err != nil {
		return nil, err
	}
	waits, others := map[key]bool{}, map[key]bool{}
	for _, a := range uncounted {
		waits[of(a)] = true
	}
	info, err := tx.School(school)
	if err != nil {
		return nil, err
	}
	other, err := otherWords(tx, info)
	if err != nil {
		return nil, err
	}
	for hash := range other {
		about, err := tx.ActsOn(school, hash)
		if err != nil {
			return nil, err
		}
		for _, a := range about {
			others[of(a)] = true
		}
	}
	return func(r *PupilFile) {
		for i := range r.Acts {
			r.Acts[i].Waits = len(waits) > 0 && r.Acts[i].Party.Kind == RefContact && waits[of(r.Acts[i])]
			r.Acts[i].Other = len(others) > 0 && others[of(r.Acts[i])]
		}
	}, nil
}

// hasGroup answers [*Invalid] for a registration group that nobody of the list is in.
func hasGroup(tx Tx, school string, f Filter) error {
	pupils, err := tx.Pupils(school)
	if err != nil {
		return err
	}
	var groups []string
	for _, p := range pupils {
		if p.OnRoll() != f.Left && p.Group != "" {
			groups = append(groups, p.Group)
		}
	}
	if slices.Contains(groups, f.Group) {
		return nil
	}
	slices.Sort(groups)
	who := "on roll"
	if f.Left {
		who = "who has left"
	}
	there := "Nobody " + who + " is in a class."
	if len(groups) > 0 {
		there = "Choose one of: " + strings.Join(slices.Compact(groups), ", ") + "."
	}
	var wrong Invalid
	wrong.Add("class", "No pupil "+who+" is in class "+f.Group+". "+there)
	return &wrong
}

// signedByAny says whether anybody who may speak for the child has signed the
// current edition of an agreement, and not too long ago.
func signedByAny(t Text, on Date, r *PupilFile) bool {
	return slices.ContainsFunc(r.Responsibilities, func(l Responsibility) bool {
		return l.Decides() && t.stands(latest(r.Acts, Signature, l.PupilID, Ref{RefContact, l.ContactID}, t.Slug), on)
	})
}
