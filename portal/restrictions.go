package portal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Rights is a set of what an adult may do about a child. Each is taken on its own: an
// order may bar contact and leave parental responsibility whole, and a parent in a
// refuge may decide and never be written to.
type Rights uint8

const (
	MaySee         Rights = 1 << iota // the child in the portal, and what they themselves said
	MayDecide                         // sign, say yes and no; their word counts
	MayBeWrittenTo                    // letters, and all else that is sent
	// EarlierNo is that a no of theirs from before they were barred from deciding still
	// counts. It is taken with MayDecide alone, by a named person: no order turns a no
	// into a yes unasked.
	EarlierNo
)

// AllRights is what a court order takes until somebody has looked at it.
const AllRights = MaySee | MayDecide | MayBeWrittenTo

// Each is the rights of a set one by one.
func (r Rights) Each() (all []Rights) {
	for _, one := range []Rights{MaySee, MayDecide, MayBeWrittenTo, EarlierNo} {
		if r&one != 0 {
			all = append(all, one)
		}
	}
	return all
}

// String says what the rights are of: "see, decide, be written to".
func (r Rights) String() string {
	var words []string
	for _, one := range r.Each() {
		words = append(words, map[Rights]string{MaySee: "see", MayDecide: "decide", MayBeWrittenTo: "be written to", EarlierNo: "keep an earlier no"}[one])
	}
	return strings.Join(words, ", ")
}

// Restriction takes one right from one contact about one pupil. It is never deleted:
// when it is lifted, it says when, by whom and why.
type Restriction struct {
	ID        string
	Link      Link
	Takes     Rights // one
	Since     time.Time
	SetBy     string    // an account, or [Operator]; "" where it is from before that was kept
	Why       string    // "" where a class list said so, and nobody has looked at it
	Until     time.Time // when it was lifted; zero while in force
	LiftedBy  string
	LiftedWhy string
}

// InForce says whether it has not been lifted.
func (r Restriction) InForce() bool { return r.Until.IsZero() }

// inForce is what restrictions take now, by contact and pupil.
func inForce(all []Restriction) map[Link]Rights {
	takes := map[Link]Rights{}
	for _, r := range all {
		if r.InForce() {
			takes[r.Link] |= r.Takes
		}
	}
	return takes
}

// restrict sets what a contact has not been barred from yet, and seals it. Why is a named
// person's reason; without one somebody is asked to look, and because is on record. A
// letter that they hold stops working, about other children, too: the next is printed by
// somebody who has been warned.
func (p *Portal) restrict(tx Tx, account, school string, l Link, takes Rights, why, because string) error {
	if takes == 0 {
		return nil
	}
	open, err := tx.OpenInvitations(school)
	if err != nil {
		return err
	}
	if inv, ok := open[l.ContactID]; ok && takes&AllRights != 0 {
		if err := tx.UseInvitation(inv.ID, p.now()); err != nil {
			return err
		}
	}
	for _, one := range takes.Each() {
		r := Restriction{ID: newID(), Link: l, Takes: one, Since: p.now(), SetBy: account, Why: why}
		if err := tx.PutRestriction(r); err != nil {
			return fmt.Errorf("%v: %w", r, err)
		}
		err := p.event(tx, account, school, RestrictionSet, Ref{RefContact, l.ContactID}, map[string]any{"pupil": l.PupilID, "may not": one.String(), "why": cmp.Or(why, because)})
		if err != nil {
			return err
		}
	}
	return nil
}

// Restricted is a contact of a pupil, with what is taken from them and was.
type Restricted struct {
	Child
	// Linked says whether they are a contact of the pupil now. What is taken stays
	// taken when a list leaves somebody out and brings them again.
	Linked  bool
	History []RestrictionRow
	// Noes is to what they said no, by title, where that still counts though no list says
	// any more that they hold parental responsibility.
	Noes []string
}

// RestrictionRow is a restriction with who set and who lifted it, in words.
type RestrictionRow struct {
	Restriction
	Who, Lifter string
}

// Looks says whether something was taken that nobody has looked at: by a class list, or
// because somebody very like them is barred from another child; or a no is to be settled.
func (r Restricted) Looks() bool { return len(r.Noes) > 0 || r.Unread() }

// Unread says that nobody has looked at what was taken.
func (r Restricted) Unread() bool {
	return slices.ContainsFunc(r.History, func(d RestrictionRow) bool { return d.InForce() && d.Why == "" })
}

// Restrictions is a school's pupils on roll, and everybody from whom something is taken,
// in the order of the pupils, those to look at first; or, with a pupil, every contact of
// theirs. Of the account's own family it tells nothing.
func (p *Portal) Restrictions(ctx context.Context, account, school, pupil string) (pupils []Pupil, all []Restricted, err error) {
	err = p.store.View(ctx, func(tx Tx) error {
		a, err := p.allowed(tx, account, SetRestrictions, Subject{School: school})
		if err != nil {
			return err
		}
		if pupils, err = listedPupils(tx, school); err != nil {
			return err
		}
		pupils = slices.DeleteFunc(pupils, func(x Pupil) bool { return !x.OnRoll() })
		if all, err = restricted(tx, school); err != nil {
			return err
		}
		own, err := a.kin(tx, school)
		if err != nil {
			return err
		}
		all = slices.DeleteFunc(all, func(r Restricted) bool {
			return own.has(Link{r.Pupil.ID, r.Contact.ID}) || pupil == "" && r.Responsibility.Barred == 0 && len(r.Noes) == 0 || pupil != "" && r.Pupil.ID != pupil
		})
		for i := range all {
			for j := range all[i].History {
				d := &all[i].History[j]
				for _, x := range []struct {
					id  string
					who *string
				}{{d.SetBy, &d.Who}, {d.LiftedBy, &d.Lifter}} {
					if *x.who, err = staffName(tx, x.id); err != nil {
						return err
					}
				}
			}
		}
		return nil
	})
	return pupils, all, err
}

// toLook is, but for a family, of how many of a school's contacts nobody has looked at what was taken, or
// settled a no that stands.
func toLook(tx Tx, school string, but kin) (n int, err error) {
	all, err := restricted(tx, school)
	for _, r := range all {
		if r.Looks() && !but.has(Link{r.Pupil.ID, r.Contact.ID}) {
			n++
		}
	}
	return n, err
}

// restricted is every contact of a school's pupils on roll, and whoever is none any
// more and still barred, or whose no stands: those to look at first, then in the order of
// the pupils.
func restricted(tx Tx, school string) (all []Restricted, err error) {
	links, err := tx.Responsibilities(school)
	if err != nil {
		return nil, err
	}
	history, err := tx.Restrictions(school)
	if err != nil {
		return nil, err
	}
	contacts, err := tx.Contacts(school)
	if err != nil {
		return nil, err
	}
	pupils, err := listedPupils(tx, school)
	if err != nil {
		return nil, err
	}
	named, of, place := byID(contacts), map[string][]*Restricted{}, map[Link]*Restricted{}
	put := func(r Responsibility, linked bool) *Restricted {
		x := &Restricted{Child: Child{Contact: named[r.ContactID], Responsibility: r}, Linked: linked}
		of[r.PupilID] = append(of[r.PupilID], x)
		place[Link{PupilID: r.PupilID, ContactID: r.ContactID}] = x
		return x
	}
	for _, l := range links {
		put(l, true)
	}
	for l, takes := range inForce(history) {
		if place[l] == nil {
			put(Responsibility{PupilID: l.PupilID, ContactID: l.ContactID, Barred: takes}, false)
		}
	}
	info, err := tx.School(school)
	if err != nil {
		return nil, err
	}
	noes, err := tx.NoesLeft(school)
	if err != nil {
		return nil, err
	}
	for _, no := range noes {
		l := Link{PupilID: no.Subject.ID, ContactID: no.Party.ID}
		x := place[l]
		if t, asked := info.Current(Purpose, no.TextSlug); asked && (x == nil || x.Responsibility.Barred&EarlierNo == 0) {
			if x == nil {
				x = put(Responsibility{PupilID: l.PupilID, ContactID: l.ContactID}, false)
			}
			x.Noes = append(x.Noes, t.Title)
		}
	}
	for _, h := range history {
		if x := place[h.Link]; x != nil {
			x.History = append(x.History, RestrictionRow{Restriction: h})
		}
	}
	for _, pupil := range pupils {
		slices.SortFunc(of[pupil.ID], func(a, b *Restricted) int {
			return cmp.Or(cmp.Compare(a.Responsibility.Priority, b.Responsibility.Priority), cmp.Compare(a.Contact.ID, b.Contact.ID))
		})
		for _, x := range of[pupil.ID] {
			if x.Pupil = pupil; pupil.OnRoll() {
				all = append(all, *x)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Restricted) int {
		switch a, b := a.Looks(), b.Looks(); {
		case a && !b:
			return -1
		case b && !a:
			return 1
		}
		return 0
	})
	return all, nil
}

// staffName is the address of an account's owner at a school, in words for somebody who
// has none; "" for no account.
func staffName(tx Tx, account string) (string, error) {
	if account == "" || account == Operator {
		return account, nil
	}
	email, err := staffAddress(tx, account)
	return cmp.Or(email, "somebody whose account has gone"), err
}

// staffNames is staffName, which asks of each account once.
func staffNames(tx Tx) func(account string) (string, error) {
	known := map[string]string{}
	return func(account string) (name string, err error) {
		name, ok := known[account]
		if !ok {
			if name, err = staffName(tx, account); err == nil {
				known[account] = name
			}
		}
		return name, err
	}
}

// staffAddress is the address of an account's owner at a school, or "".
func staffAddress(tx Tx, account string) (string, error) {
	a, err := tx.Account(account)
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return a.Identity.StaffEmail, err
}

// MaxReason is the longest reason that is taken, in characters.
const MaxReason = 500

// RestrictForm is what a named person says of one contact and one pupil.
type RestrictForm struct {
	Link  Link
	Was   Rights // what was taken, as it was shown
	Takes Rights // what is to be
	Why   string
}

// Restrict sets and lifts what is taken from a contact about a pupil, each right on its
// own, for a reason: only a named person does, and no class list undoes it. What a class
// list took and the form leaves taken is from now on theirs. In their own
// family nobody does it: [ErrForbidden]. It answers [*Invalid], [ErrConflict] where what is taken is no longer what was shown, and [ErrNotFound].
func (p *Portal) Restrict(ctx context.Context, account, school string, f RestrictForm) error {
	f.Why = strings.Join(strings.Fields(f.Why), " ")
	if f.Takes&MayDecide == 0 {
		f.Takes &^= EarlierNo
	}
	return p.store.Update(ctx, func(tx Tx) error {
		a, err := p.allowed(tx, account, SetRestrictions, Subject{School: school})
		if err != nil {
			return err
		}
		if err := a.notKin(tx, school, f.Link); err != nil {
			return err
		}
		all, err := restricted(tx, school)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(r Restricted) bool { return r.Pupil.ID == f.Link.PupilID && r.Contact.ID == f.Link.ContactID })
		if i < 0 {
			return fmt.Errorf("restriction: %w", ErrNotFound)
		}
		if all[i].Responsibility.Barred != f.Was {
			return fmt.Errorf("restriction: %w", ErrConflict)
		}
		if n := utf8.RuneCountInString(f.Why); n == 0 || n > MaxReason {
			var wrong Invalid
			wrong.Add("why", fmt.Sprintf("Say in a sentence what you have seen, in at most %d characters", MaxReason))
			return wrong.Or()
		}
		set := f.Takes &^ f.Was
		for _, d := range all[i].History {
			r := d.Restriction
			if !r.InForce() || f.Takes&r.Takes != 0 && r.Why != "" {
				continue
			}
			r.Until, r.LiftedBy, r.LiftedWhy = p.now(), account, f.Why
			if err := tx.PutRestriction(r); err != nil {
				return err
			}
			if set |= f.Takes & r.Takes; f.Takes&r.Takes != 0 {
				continue // looked at, and theirs from now on
			}
			err := p.event(tx, account, school, RestrictionLifted, Ref{RefContact, f.Link.ContactID}, map[string]any{"pupil": f.Link.PupilID, "may again": r.Takes.String(), "why": f.Why})
			if err != nil {
				return err
			}
		}
		return p.restrict(tx, account, school, f.Link, set, f.Why, "")
	})
}
