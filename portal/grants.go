package portal

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Grant is one row of the record of who has been given access to what (S5). It is added
// once, and only what comes later is noted on it: that somebody looked through it, and that
// it ended.
type Grant struct {
	ID, School string
	// Holder is a pupil, or of [RefStaff] somebody by their work address: a login comes
	// before the account that one signs in with.
	Holder                 Ref
	What                   string // one of [Accesses]
	Item                   string // which one, such as "Chromebook 14"
	Rests                  []Rested
	Why                    string // a head gave it though a signature was lacking; "" otherwise
	Given, Reviewed, Ended Step
}

// Rested is a signature that access was given on, as it was then.
type Rested struct {
	Act     string  `json:"act"` // its id; it may have been erased since
	By      RefKind `json:"by"`
	Slug    string  `json:"text"`
	Title   string  `json:"title"`
	Edition int     `json:"edition"`
	Hash    string  `json:"sha256"`
	Seq     int     `json:"seq"`
	Party   string  `json:"party"`
	On      Date    `json:"on"`
	Stands  bool    `json:"-"` // it still does
}

// Accesses is what access there is to give.
var Accesses = []string{"device", "network", "email", "platform"}

// How a grant stands.
const (
	GrantStands = "stands"
	GrantNewer  = "newer" // on a signature given since
	GrantWaived = "waived"
	GrantLacks  = "lacks" // a signature that it rested on, or needs
)

// GrantRow is a grant with what holds of it now.
type GrantRow struct {
	Grant
	Name                   string
	Pupil                  Pupil // zero for staff
	Left                   bool  // the pupil has left, or whoever it is works here no more
	State                  string
	Lacks                  string // what is lacking, in words
	Due                    bool   // nobody has looked through it this term
	Giver, Reviewer, Ender string
}

// AccessShows are which rows of the record there are to see; "" is all that have not ended.
var AccessShows = []string{"", "left", "lacking", "review", "ended"}

// AccessFilter narrows the record.
type AccessFilter struct {
	Show  string // one of [AccessShows]
	What  string // one of [Accesses]; "" for all
	Group string // a registration group; "" for everybody
}

// AccessPage is the record as somebody sees it.
type AccessPage struct {
	Rows []GrantRow
	Own  int // rows left out, as they are of their own family
}

// GiveForm is what is given, and to whom: one of Group, Year, Pupil and Staff.
type GiveForm struct {
	What, Item  string
	Group, Year string
	Pupil       string // id
	Staff       string // work address
	Why         string // of a head, for whoever has not signed
}

// Giving is what came of it.
type Giving struct {
	Given []string // names
	Left  []LeftOut
}

// LeftOut is somebody who was given nothing, and why.
type LeftOut struct{ Name, Why string }

// holder is somebody who may be given access, and the signatures that it would rest on.
type holder struct {
	ref   Ref
	name  string
	pupil Pupil
	acts  []Act
	lacks string // what has to be signed first; "" for nothing
	own   bool   // whoever asks, or of their family
}

// termBegan is the day on which the term of a day is taken to have begun: terms of England
// begin about the first of September and of January, and after Easter.
func termBegan(on Date) Date {
	switch year, rest := on[:4], on[4:]; {
	case rest >= "-09-01":
		return year + "-09-01"
	case rest >= "-04-15":
		return year + "-04-15"
	default:
		return year + "-01-01"
	}
}

func (g Grant) open() bool { return g.Ended.At.IsZero() }

// due says whether nobody has looked through it in this term.
func (g Grant) due(on Date) bool {
	return g.open() && max(day(g.Given.At), day(cmp.Or(g.Reviewed.At, g.Given.At))) < termBegan(on)
}

// holderOf is a pupil as a holder. Access rests on what the pupil has signed: everything
// that is asked of them (S3). Where nothing is, as of the youngest, it rests on a signature
// of somebody who decides for them. What those have signed stands beside it in any case.
func (s School) holderOf(r *PupilFile, on Date) holder {
	h := holder{ref: Ref{RefPupil, r.Pupil.ID}, name: r.Pupil.Name(), pupil: r.Pupil}
	asked := s.signable(r.Pupil, r.Acts, on)
	h.take(asked)
	for _, t := range s.Of(Agreement) {
		for _, l := range r.Responsibilities {
			if a := latest(r.Acts, Signature, r.Pupil.ID, Ref{RefContact, l.ContactID}, t.Slug); l.Decides() && t.stands(a, on) {
				h.acts = append(h.acts, a)
			}
		}
	}
	if len(asked) == 0 && len(h.acts) == 0 {
		h.lacks = "nobody who decides for them has signed an agreement"
	}
	return h
}

// take notes what somebody has signed of what they are to sign.
func (h *holder) take(asked []Signable) {
	var lacks []string
	for _, t := range asked {
		if t.Signed.Seq > 0 {
			h.acts = append(h.acts, t.Signed)
		} else {
			lacks = append(lacks, "‘"+t.Text.Title+"’")
		}
	}
	if len(lacks) > 0 {
		h.lacks = "not signed: " + strings.Join(lacks, ", ")
	}
}

// staffHolders is everybody whom the settings name at a school, by work address (S4).
func (p *Portal) staffHolders(tx Tx, a Actor, info School) (map[string]holder, error) {
	signers, err := p.signers(tx, info)
	if err != nil {
		return nil, err
	}
	all := map[string]holder{}
	for _, x := range signers {
		h := holder{ref: Ref{RefStaff, x.Email}, name: x.Email, own: a.named(x.Email)}
		asked := slices.DeleteFunc(x.Texts, func(t Signable) bool { return t.Text.Posting })
		if h.take(asked); len(asked) == 0 {
			h.lacks = "there is no agreement with staff to sign"
		}
		all[x.Email] = h
	}
	return all, nil
}

// named says whether a work address is the actor's own.
func (a Actor) named(email string) bool {
	return slices.ContainsFunc(a.Roles, func(s Staff) bool { return strings.EqualFold(s.Email, email) })
}

// rests is a holder's signatures as a grant keeps them. Those of a pupil were read without
// their times and wordings, which full has.
func (h holder) rests(info School, full []Act) (all []Rested) {
	for _, a := range h.acts {
		for _, x := range full {
			if x.Kind == a.Kind && x.Party == a.Party && x.TextSlug == a.TextSlug && x.Seq == a.Seq {
				a = x
			}
		}
		i := slices.IndexFunc(info.Texts, func(t Text) bool { return t.Kind == Agreement && t.Slug == a.TextSlug })
		all = append(all, Rested{Act: a.ID, By: a.Party.Kind, Slug: a.TextSlug, Title: info.Texts[i].Title, Edition: a.Edition, Hash: a.TextHash, Seq: a.Seq, Party: a.Party.ID, On: day(a.At)})
	}
	return all
}

// WorksHere is the work addresses of everybody who works at a school, for whoever gives
// access.
func (p *Portal) WorksHere(ctx context.Context, account, school string) (all []string, err error) {
	err = p.store.View(ctx, func(tx Tx) error {
		if _, err := p.allowed(tx, account, GiveAccess, Subject{School: school}); err != nil {
			return err
		}
		all, _ = p.worksAt(school)
		slices.Sort(all)
		return nil
	})
	return all, err
}

// GiveAccess puts on record that somebody was given access, or a whole class or year (S5).
// Whoever lacks a signature is named and left out, unless a head says why they have it all
// the same; so is who has it already, and who is of one's own family. What is wrong with
// the form is [*Invalid], and then nobody is given anything; [ErrForbidden] is for a reason
// of whoever is no head.
func (p *Portal) GiveAccess(ctx context.Context, account, school string, f GiveForm) (done Giving, err error) {
	err = p.store.Update(ctx, func(tx Tx) error {
		done = Giving{}
		a, err := p.allowed(tx, account, GiveAccess, Subject{School: school})
		if err != nil {
			return err
		}
		info, err := tx.School(school)
		if err != nil {
			return err
		}
		var wrong Invalid
		if !slices.Contains(Accesses, f.What) {
			wrong.Add("what", "Choose what they are given")
		}
		lacks := ""
		if f.What == "device" || f.What == "platform" {
			lacks = "Say which " + f.What + ", such as: " + map[string]string{"device": "Chromebook 14", "platform": "the reading app"}[f.What]
		}
		item := words(&wrong, "item", f.Item, lacks, maxPlanTitle)
		why := words(&wrong, "why", f.Why, "", MaxReason)
		if why != "" {
			if err := a.May(WaiveSignature, Subject{School: school}); err != nil {
				return err
			}
		}
		to, err := p.holders(tx, a, info, f, &wrong)
		if err != nil {
			return err
		}
		if err := wrong.Or(); err != nil {
			return err
		}
		had, err := tx.Grants(school)
		if err != nil {
			return err
		}
		waived := 0
		for _, h := range to {
			has := slices.ContainsFunc(had, func(g Grant) bool { return g.open() && g.Holder == h.ref && g.What == f.What && g.Item == item })
			switch {
			case h.own:
				done.Left = append(done.Left, LeftOut{h.name, "is you, or of your own family: a colleague has to give it"})
				continue
			case has:
				done.Left = append(done.Left, LeftOut{h.name, "has it already"})
				continue
			case h.lacks != "" && why == "":
				done.Left = append(done.Left, LeftOut{h.name, h.lacks})
				continue
			}
			g := Grant{ID: newID(), School: school, Holder: h.ref, What: f.What, Item: item, Given: Step{account, p.now()}}
			if h.lacks != "" {
				g.Why = why
				waived++
			}
			var full []Act
			if h.ref.Kind == RefPupil {
				if full, err = tx.PupilActs(h.ref.ID); err != nil {
					return err
				}
			}
			g.Rests = h.rests(info, full)
			if err := tx.PutGrant(g); err != nil {
				return err
			}
			done.Given = append(done.Given, h.name)
		}
		if len(done.Given) == 0 {
			return nil
		}
		about := Ref{RefSchool, school}
		if f.Pupil != "" {
			about = Ref{RefPupil, f.Pupil}
		}
		details := map[string]any{"what": f.What, "how many": len(done.Given)}
		if waived > 0 {
			details["without a signature"] = waived
		}
		return p.event(tx, account, school, AccessGiven, about, details)
	})
	return done, err
}

// holders is whom a form is for, in the order of a register.
func (p *Portal) holders(tx Tx, a Actor, info School, f GiveForm, wrong *Invalid) (to []holder, err error) {
	chosen := 0
	for _, one := range []string{f.Group, f.Year, f.Pupil, f.Staff} {
		if one != "" {
			chosen++
		}
	}
	of := Roll{Group: f.Group}
	if f.Pupil != "" {
		of.IDs = []string{f.Pupil}
	}
	if f.Year != "" {
		y, err := ParseYear(f.Year)
		if err != nil {
			chosen = 0
		}
		of.Year = &y
	}
	if chosen != 1 {
		wrong.Add("whom", "Choose one: a class, a year, or one person")
		return nil, nil
	}
	if f.Staff != "" {
		all, err := p.staffHolders(tx, a, info)
		h, ok := all[strings.ToLower(f.Staff)]
		if !ok {
			wrong.Add("whom", "Nobody with that address works here. Choose from the list")
		}
		return []holder{h}, err
	}
	mark, err := counting(tx, info.Slug, p.now())
	if err != nil {
		return nil, err
	}
	own, err := a.kin(tx, info.Slug)
	if err != nil {
		return nil, err
	}
	err = tx.EachPupilOf(info.Slug, of, func(r *PupilFile) error {
		mark(r)
		h := info.holderOf(r, p.today())
		h.own = own.pupils[r.Pupil.ID]
		to = append(to, h)
		return nil
	})
	if err == nil && len(to) == 0 {
		wrong.Add("whom", "Nobody whom you chose is on roll. Choose again")
	}
	return to, err
}

// AccessRecord is the record, for the office, the business manager, the safeguarding lead
// and the head (S5). That somebody looked is on record.
func (p *Portal) AccessRecord(ctx context.Context, account, school string, f AccessFilter) (v AccessPage, err error) {
	err = p.store.Update(ctx, func(tx Tx) error {
		if v, err = p.accessRecord(tx, account, school, f); err != nil {
			return err
		}
		return p.event(tx, account, school, ListSeen, Ref{RefSchool, school}, f.details())
	})
	return v, err
}

// ExportAccess is the record as a list is taken out, as [Portal.Export] does it.
func (p *Portal) ExportAccess(ctx context.Context, account, school string, f AccessFilter, begin func(List) error, each func(ListRow) error) error {
	var v AccessPage
	l := List{At: p.now(), Further: []string{"What", "Which", "Since", "Given by", "Rests on", "Now", "Looked through", "By", "Ended"}}
	err := p.store.Update(ctx, func(tx Tx) (err error) {
		if v, err = p.accessRecord(tx, account, school, f); err != nil {
			return err
		}
		if l.School, err = tx.School(school); err != nil {
			return err
		}
		return p.event(tx, account, school, ListExported, Ref{RefSchool, school}, f.details())
	})
	if err == nil {
		err = begin(l)
	}
	for _, r := range v.Rows {
		if err != nil {
			break
		}
		row := ListRow{Pupil: r.Pupil, Further: []string{r.What, r.Item, day(r.Given.At).String(), r.Giver, r.Basis(), r.Now(), dayOf(r.Reviewed.At), r.Reviewer, dayOf(r.Ended.At)}}
		if r.Holder.Kind == RefStaff {
			row.Pupil = Pupil{Surname: r.Name, Year: NoYear}
		}
		err = each(row)
	}
	return err
}

func dayOf(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return day(at).String()
}

// Basis is what a grant rests on, in words.
func (r GrantRow) Basis() string {
	var all []string
	for _, x := range r.Rests {
		said := fmt.Sprintf("%s, edition %d, signed on %s", x.Title, x.Edition, x.On)
		if x.By == RefContact {
			said += " by a parent or carer"
		}
		if !x.Stands {
			said += " (no longer stands)"
		}
		all = append(all, said)
	}
	if r.Why != "" {
		all = append(all, "without a signature: "+r.Why)
	}
	return strings.Join(all, "; ")
}

// Now is how a grant stands, in words.
func (r GrantRow) Now() string {
	switch r.State {
	case GrantNewer:
		return "Signed again since"
	case GrantWaived:
		return "Without a signature"
	case GrantLacks:
		return "No longer stands: " + cmp.Or(r.Lacks, "has left")
	}
	return "Stands"
}

func (f AccessFilter) details() map[string]any {
	all := map[string]any{"page": "access"}
	for name, value := range map[string]string{"show": f.Show, "what": f.What, "class": f.Group} {
		if value != "" {
			all[name] = value
		}
	}
	return all
}

func (p *Portal) accessRecord(tx Tx, account, school string, f AccessFilter) (v AccessPage, err error) {
	a, err := p.allowed(tx, account, SeeAccess, Subject{School: school})
	if err != nil {
		return v, err
	}
	var wrong Invalid
	if !slices.Contains(AccessShows, f.Show) || f.What != "" && !slices.Contains(Accesses, f.What) {
		wrong.Add("show", "There is no such list. Choose from those there are")
		return v, &wrong
	}
	info, err := tx.School(school)
	if err != nil {
		return v, err
	}
	all, own, err := p.grants(tx, a, school)
	if err != nil {
		return v, err
	}
	v.Own = own
	staff, err := p.staffHolders(tx, a, info)
	if err != nil {
		return v, err
	}
	held := map[string]holder{}
	for _, left := range []bool{false, true} {
		err := p.eachPupil(tx, school, left, func(r *PupilFile) error {
			held[r.Pupil.ID] = info.holderOf(r, p.today())
			return nil
		})
		if err != nil {
			return v, err
		}
	}
	name := staffNames(tx)
	for _, g := range all {
		h, there := held[g.Holder.ID]
		if g.Holder.Kind == RefStaff {
			if h, there = staff[g.Holder.ID]; !there {
				h.name = g.Holder.ID
			}
		}
		r := GrantRow{Grant: g, Name: h.name, Pupil: h.pupil, Left: !there || !h.pupil.OnRoll(), Due: g.due(p.today()), Lacks: h.lacks}
		r.state(h)
		show := map[string]bool{"": g.open(), "left": g.open() && r.Left, "lacking": g.open() && (r.State == GrantLacks || r.State == GrantWaived), "review": r.Due, "ended": !g.open()}
		if !show[f.Show] || f.What != "" && f.What != g.What || f.Group != "" && f.Group != h.pupil.Group {
			continue
		}
		for _, step := range []struct {
			by string
			to *string
		}{{g.Given.By, &r.Giver}, {g.Reviewed.By, &r.Reviewer}, {g.Ended.By, &r.Ender}} {
			if *step.to, err = name(step.by); err != nil {
				return v, err
			}
		}
		v.Rows = append(v.Rows, r)
	}
	slices.SortStableFunc(v.Rows, func(a, b GrantRow) int {
		return cmp.Or(cmp.Compare(b.Holder.Kind, a.Holder.Kind), cmp.Compare(a.Pupil.Year, b.Pupil.Year), cmp.Compare(a.Pupil.Group, b.Pupil.Group), cmp.Compare(fold(a.Name), fold(b.Name)))
	})
	return v, nil
}

// state works out whether what a grant rests on still stands.
func (r *GrantRow) state(h holder) {
	r.Rests = slices.Clone(r.Rests)
	same := true
	for i, x := range r.Rests {
		r.Rests[i].Stands = slices.ContainsFunc(h.acts, func(a Act) bool {
			return a.Party.ID == x.Party && a.TextSlug == x.Slug && a.Seq == x.Seq
		})
		same = same && r.Rests[i].Stands
	}
	switch {
	case r.Left || h.lacks != "" && r.Why == "":
		r.State = GrantLacks
	case h.lacks != "":
		r.State = GrantWaived
	case !same || r.Why != "":
		r.State = GrantNewer
	default:
		r.State = GrantStands
	}
}

// grants is a school's, but for those of the actor's own family, of which it answers how
// many there are.
func (p *Portal) grants(tx Tx, a Actor, school string) (all []Grant, own int, err error) {
	kin, err := a.kin(tx, school)
	if err != nil {
		return nil, 0, err
	}
	all, err = tx.Grants(school)
	n := len(all)
	all = slices.DeleteFunc(all, func(g Grant) bool { return kin.pupils[g.Holder.ID] })
	return all, n - len(all), err
}

// ChangeAccess notes of rows of the record that somebody looked through them, or that the
// access has ended. It answers [ErrNotFound] for a row that is not there, and [*Invalid]
// for one of one's own; then none is changed.
func (p *Portal) ChangeAccess(ctx context.Context, account, school string, ids []string, end bool) error {
	do, kind := ReviewAccess, AccessReviewed
	if end {
		do, kind = GiveAccess, AccessEnded
	}
	return p.store.Update(ctx, func(tx Tx) error {
		a, err := p.allowed(tx, account, do, Subject{School: school})
		if err != nil {
			return err
		}
		all, _, err := p.grants(tx, a, school)
		if err != nil {
			return err
		}
		var wrong Invalid
		if len(ids) == 0 {
			wrong.Add("row", "Mark at least one row")
		}
		n := 0
		for _, id := range slices.Compact(slices.Sorted(slices.Values(ids))) {
			i := slices.IndexFunc(all, func(g Grant) bool { return g.ID == id })
			switch {
			case i < 0:
				return fmt.Errorf("grant: %w", ErrNotFound)
			case a.named(all[i].Holder.ID):
				wrong.Add("row", "One of these is your own. A colleague has to look after it")
				continue
			case !all[i].open():
				continue
			}
			if step := (Step{account, p.now()}); end {
				all[i].Ended = step
			} else {
				all[i].Reviewed = step
			}
			n++
			if err := tx.PutGrant(all[i]); err != nil {
				return err
			}
		}
		if err := wrong.Or(); err != nil || n == 0 {
			return err
		}
		return p.event(tx, account, school, kind, Ref{RefSchool, school}, map[string]any{"how many": n})
	})
}

// grantsWho is how many grants there are of a sort.
func (d *desk) grantsWho(are func(Grant) bool) (n int, err error) {
	all, err := once(&d.granted, func() ([]Grant, error) {
		all, _, err := d.p.grants(d, d.actor, d.school)
		return all, err
	})
	for _, g := range all {
		if are(g) {
			n++
		}
	}
	return n, err
}

// gone is how many grants whoever has left still has (S6).
func (d *desk) gone() (int, error) {
	pupils, err := d.Pupils(d.school)
	if err != nil {
		return 0, err
	}
	here := map[Ref]bool{}
	for _, x := range pupils {
		here[Ref{RefPupil, x.ID}] = x.OnRoll()
	}
	works, _ := d.p.worksAt(d.school)
	for _, email := range works {
		here[Ref{RefStaff, email}] = true
	}
	return d.grantsWho(func(g Grant) bool { return g.open() && !here[g.Holder] })
}

// given adds what somebody has been given to what is held of them.
func (d *Dossier) given(tx Tx, school string, of Ref) error {
	all, err := tx.Grants(school)
	for _, g := range all {
		if g.Holder == of {
			d.add("Devices and logins", Fact{"What", g.What}, Fact{"Which", g.Item}, Fact{"Since", moment(g.Given.At)}, Fact{"Looked through", moment(g.Reviewed.At)}, Fact{"Ended", moment(g.Ended.At)})
		}
	}
	return err
}
