package portal

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// regularMonths is how long the signature of a contractor or a volunteer lasts who comes
// again and again; everybody else's is for the day.
const regularMonths = 12

// mostFrom is how much is taken of whom somebody comes from, in characters.
const mostFrom = 100

// mostVisits is how many sign at one desk in a day: more are somebody's mischief.
const mostVisits = 500

// twice is within what the same name of the same place is the same button pressed twice.
const twice = time.Minute

// Visit is somebody who signed at the desk, without an account. It is made of their
// signature and of what the office noted since: nothing else is kept of them.
type Visit struct {
	ID      string // of the visitor, opaque
	Name    string // as typed
	From    string // whom they come from, as typed
	Since   time.Time
	Left    time.Time // zero while they are in
	Until   Date      // the last day on which their signature counts
	Regular bool      // they come again and again
	// LikePupil says that a pupil has this name. The office alone is told: a device that
	// asked about it would tell anybody who is a pupil.
	LikePupil bool
}

// VisitorsPage is who is in and who was today, and who signed for longer and is not.
type VisitorsPage struct {
	School   School
	Open     *Sitting // at the desk; nil for none
	Today    []Visit
	Regulars []Visit
}

// VisitForm is what a visitor sends at the desk.
type VisitForm struct {
	Name, From string // typed
	Regular    bool
	Agreed     bool
	Hash       string // of the wording that was on the page
	Language   string // BCP 47, of the words
}

// forVisitors is what visitors sign.
func (s School) forVisitors() (all []Text) {
	for _, t := range s.Texts {
		if t.Kind == Agreement && t.Audience == ForVisitors {
			all = append(all, t)
		}
	}
	return all
}

// SignVisitor records the signature of a visitor at the desk, and seals it. It answers
// [*Invalid], [*TextChanged], and [ErrNotFound] for a sitting that has ended or is a class's.
func (p *Portal) SignVisitor(ctx context.Context, code string, f VisitForm) error {
	f.Name, f.From = strings.Join(strings.Fields(f.Name), " "), strings.Join(strings.Fields(f.From), " ")
	return p.store.Update(ctx, func(tx Tx) error {
		h, err := p.here(tx, code)
		if err == nil && h.Group != "" {
			err = fmt.Errorf("desk: %w", ErrNotFound)
		}
		if err != nil {
			return err
		}
		if h.Text.Hash != f.Hash {
			return &TextChanged{Now: h.Text}
		}
		wrong := typedName(f.Name)
		if utf8.RuneCountInString(f.From) > mostFrom || !utf8.ValidString(f.From) || strings.ContainsFunc(f.From, misleads) {
			wrong.Add("from", fmt.Sprintf("Say whom you come from in at most %d letters", mostFrom))
		}
		if !f.Agreed {
			wrong.Add("agreed", "Tick the box to say that you agree")
		}
		if err := wrong.Or(); err != nil {
			return err
		}
		today, _, err := p.visits(tx, h.School)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(today, func(v Visit) bool { return v.Name == f.Name && v.From == f.From && p.now().Sub(v.Since) < twice }) {
			return nil
		}
		if len(today) >= mostVisits {
			wrong.Add("name", "So many have signed here today that you have to ask at the office")
			return wrong.Or()
		}
		details, err := json.Marshal(map[string]string{"from": f.From})
		if err != nil {
			return err
		}
		until := p.today()
		if f.Regular {
			until = until.months(regularMonths)
		}
		_, err = p.add(tx, Act{Kind: Signature, School: h.School.Slug, Party: Ref{RefVisitor, newID()}, Subject: Ref{RefSchool, h.School.Slug}, By: h.By, Way: InPerson,
			TextSlug: h.Text.Slug, Edition: h.Text.Edition, TextHash: h.Text.Hash, Language: f.Language, Until: until, TypedName: f.Name, Seq: 1, Details: string(details)})
		return err
	})
}

// Visitors is who is in, for the office and the safeguarding lead. Everybody is out once
// the day is over. That somebody looked is on record.
func (p *Portal) Visitors(ctx context.Context, account, school string) (v VisitorsPage, err error) {
	err = p.store.Update(ctx, func(tx Tx) error {
		v = VisitorsPage{}
		a, err := p.allowed(tx, account, SeeSigners, Subject{School: school})
		if err != nil {
			return err
		}
		if v.School, err = tx.School(school); err != nil {
			return err
		}
		if s, err := p.sittingOf(tx, school, ""); err == nil && a.May(RunDesk, Subject{School: school}) == nil {
			v.Open = &s
		}
		if v.Today, v.Regulars, err = p.visits(tx, v.School); err != nil {
			return err
		}
		pupils, err := tx.Pupils(school)
		if err != nil {
			return err
		}
		names := map[string]bool{}
		for _, x := range pupils {
			if x.OnRoll() {
				names[pupilName(x.Forename, x.Surname)], names[pupilName(x.Surname, x.Forename)] = true, true
			}
		}
		for i := range v.Today {
			v.Today[i].LikePupil = names[pupilName(v.Today[i].Name, "")]
		}
		return p.event(tx, account, school, ListSeen, Ref{RefSchool, school}, map[string]any{"page": "visitors"})
	})
	return v, err
}

func (p *Portal) visits(tx Tx, school School) (today, regulars []Visit, err error) {
	began := p.today().begin().UTC()
	signed, err := tx.SchoolSigned(school.Slug, RefVisitor, began, p.today())
	if err != nil {
		return nil, nil, err
	}
	if err := markOther(tx, school, signed); err != nil {
		return nil, nil, err
	}
	moved, err := tx.EventsSince(school.Slug, []ActKind{VisitorCame, VisitorLeft}, began)
	if err != nil {
		return nil, nil, err
	}
	current := school.forVisitors()
	for _, a := range signed {
		var said struct{ From string }
		if err := json.Unmarshal([]byte(a.Details), &said); err != nil {
			return nil, nil, fmt.Errorf("%v: %w", a, err)
		}
		x := Visit{ID: a.Party.ID, Name: a.TypedName, From: said.From, Until: a.Until, Regular: a.Until > day(a.At)}
		if !a.At.Before(began) {
			x.Since = a.At
		}
		for _, e := range moved {
			if e.Subject.ID != x.ID {
				continue
			}
			if x.Left = e.At; e.Kind == VisitorCame {
				x.Since, x.Left = e.At, time.Time{}
			}
		}
		if !x.Since.IsZero() {
			today = append(today, x)
		}
		if x.Regular && (x.Since.IsZero() || !x.Left.IsZero()) && slices.ContainsFunc(current, func(t Text) bool { return t.Slug == a.TextSlug && t.stands(a, p.today()) }) {
			regulars = append(regulars, x)
		}
	}
	return today, regulars, nil
}

// MoveVisitor notes that a visitor of today has left, or that somebody who signed for
// longer has come again. What is so already stays as it is; [ErrNotFound] is for anybody
// else.
func (p *Portal) MoveVisitor(ctx context.Context, account, school, id string, in bool) error {
	return p.store.Update(ctx, func(tx Tx) error {
		if _, err := p.allowed(tx, account, RunDesk, Subject{School: school}); err != nil {
			return err
		}
		info, err := tx.School(school)
		if err != nil {
			return err
		}
		today, regulars, err := p.visits(tx, info)
		if err != nil {
			return err
		}
		is := func(v Visit) bool { return v.ID == id }
		kind := VisitorLeft
		if in {
			kind, today = VisitorCame, regulars
		}
		switch i := slices.IndexFunc(today, is); {
		case i < 0:
			return fmt.Errorf("visitor: %w", ErrNotFound)
		case !in && !today[i].Left.IsZero():
			return nil
		}
		return p.event(tx, account, school, kind, Ref{RefVisitor, id}, nil)
	})
}
