package portal

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// PupilPage is one pupil as somebody who works with them sees them.
type PupilPage struct {
	Pupil     Pupil
	List      List // the texts, and whether reasons are told
	Standings []Standing
	Signed    []bool
	ForSelf   []Signable // what the pupil signs for themselves
	Families  bool       // whether Ties are told
	Own       bool       // of the account's own family: nothing further is told
	Ties      []Tie      // to each contact, in the order in which the school rings
}

// ContactPage is one contact with what has come of them.
type ContactPage struct {
	Contact Contact
	List    List
	Ties    []Tie // to each child
	Letters []Issued
	Joins   []Join // that have not ended
	Warning string // why no letter goes to them unasked; for whoever prints letters
}

// MayHaveLetter says whether the school may print a letter for the contact.
func (c ContactPage) MayHaveLetter() bool {
	return len(c.Joins) == 0 && slices.ContainsFunc(c.Ties, func(t Tie) bool { return t.Child.Pupil.OnRoll() && t.Child.Responsibility.May(MaySee|MayBeWrittenTo) })
}

// Tie is what is between one contact and one child.
type Tie struct {
	Child  Child     // Since is when a join began to cover the child
	Joined time.Time // when the contact did; zero until then
	// Of is how much a contact is asked who has a say, and Left how much of it they have not
	// answered. Which that is would tell whose no it is, beside where an answer stands: Said
	// is for whoever may read that, in the order of the list's agreements, then its purposes.
	Left, Of int
	Said     []Said
	Bars     []RestrictionRow // the history, for whoever may set and lift
}

// Said is what one contact last said to one text.
type Said struct {
	Text     Text
	Act      Act
	Answered bool // to what is in force now
}

// Issued is a letter, and who printed it.
type Issued struct {
	Invitation
	Who    string
	Joined bool // it was used, not replaced
}

// Alive says whether the letter's code would still work.
func (i Issued) Alive(now time.Time) bool {
	return i.Used.IsZero() && i.Died.IsZero() && now.Before(i.Expires)
}

// family is what the pages about people of a school are made from.
type family struct {
	p      *Portal
	tx     Tx
	actor  Actor
	list   List
	joins  []Join
	waits  map[string]bool // acts that do not count yet, or no longer
	ended  map[string]bool // acts that no longer count
	others map[string]bool // wordings that an answer to does not count for
	bars   []Restriction
	covers map[Link]time.Time
}

func (p *Portal) familyOf(tx Tx, a Actor, school string) (f family, err error) {
	f = family{p: p, tx: tx, actor: a}
	if f.list, err = p.listOf(tx, a, SeeRegister, school, Filter{}); err != nil {
		return f, err
	}
	if f.joins, err = tx.Joins(school); err != nil {
		return f, err
	}
	if f.waits, err = uncounted(tx, school, p.now()); err != nil {
		return f, err
	}
	if f.ended, err = uncounted(tx, school, afterAllWaits(p.now())); err != nil {
		return f, err
	}
	if f.others, err = otherWords(tx, f.list.School); err != nil {
		return f, err
	}
	if f.bars, err = tx.Restrictions(school); err != nil {
		return f, err
	}
	f.covers, err = tx.JoinedChildren(school)
	return f, err
}

// acts are a pupil's, as they count, and as they have been said: what waits to count is
// marked in the first alone.
func (f family) acts(pupil string) (count, said []Act, err error) {
	count, err = f.tx.PupilActs(pupil)
	for i := range count {
		count[i].Other = f.others[count[i].TextHash]
	}
	said = slices.Clone(count)
	for i, a := range said {
		count[i].Waits, said[i].Waits = f.waits[a.ID], f.ended[a.ID]
	}
	return count, said, err
}

// tie is what is between a contact and a child, about whom this has been said.
func (f family) tie(c Child, acts []Act) (t Tie, err error) {
	l := Link{PupilID: c.Pupil.ID, ContactID: c.Contact.ID}
	c.Since = f.covers[l]
	t.Child = c
	for _, j := range f.joins {
		if j.ContactID == c.Contact.ID {
			t.Joined = j.At
		}
	}
	if c.Responsibility.Parental {
		left, _ := undone(f.list.School, f.p.today(), c.Pupil, c.Contact.ID, acts)
		t.Left, t.Of = len(left), len(f.list.School.asks(c.Pupil))
	}
	if c.Responsibility.Parental && f.list.Reasons {
		for _, text := range append(slices.Clone(f.list.Agreements), f.list.Purposes...) {
			last := latest(acts, text.act(), c.Pupil.ID, Ref{RefContact, c.Contact.ID}, text.Slug)
			t.Said = append(t.Said, Said{text, last, text.stands(last, f.p.today())})
		}
	}
	if f.actor.May(SetRestrictions, Subject{School: c.Pupil.School}) != nil {
		return t, nil
	}
	for _, r := range f.bars {
		if r.Link != l {
			continue
		}
		d := RestrictionRow{Restriction: r}
		if d.Who, err = staffName(f.tx, r.SetBy); err != nil {
			return t, err
		}
		if d.Lifter, err = staffName(f.tx, r.LiftedBy); err != nil {
			return t, err
		}
		t.Bars = append(t.Bars, d)
	}
	return t, nil
}

// PupilPage is one pupil, on roll or not: where each answer stands and, for whoever may
// see families, who decides and what has come of them; of the account's own family nothing
// of that. That somebody looked is on record. It answers [ErrNotFound] for a pupil
// of another school, or whom the role does not reach.
func (p *Portal) PupilPage(ctx context.Context, account, school, id string) (v PupilPage, err error) {
	err = p.store.Update(ctx, func(tx Tx) error {
		v = PupilPage{}
		a, err := p.allowed(tx, account, SeeRegister, Subject{School: school})
		if err != nil {
			return err
		}
		x, err := a.reached(tx, SeeRegister, school, id)
		if err != nil {
			return err
		}
		own, err := a.kin(tx, school)
		if err != nil {
			return err
		}
		f, err := p.familyOf(tx, a, school)
		if err != nil {
			return err
		}
		acts, spoken, err := f.acts(id)
		if err != nil {
			return err
		}
		children, err := tx.PupilContacts(id)
		if err != nil {
			return err
		}
		x.Unread = slices.ContainsFunc(f.bars, func(r Restriction) bool { return r.Link.PupilID == id && r.InForce() && r.Why == "" })
		if v = (PupilPage{Pupil: x, List: f.list, Own: own.pupils[id], Families: a.May(SeeFamilies, Subject{School: school}) == nil && !own.pupils[id]}); v.Own {
			v.List.Purposes, v.List.Agreements = nil, nil
		}
		record := &PupilFile{Pupil: x, Acts: acts}
		for _, c := range children {
			record.Responsibilities = append(record.Responsibilities, c.Responsibility)
			if !v.Families || own.contacts[c.Contact.ID] {
				continue
			}
			t, err := f.tie(c, spoken)
			if err != nil {
				return err
			}
			v.Ties = append(v.Ties, t)
		}
		for _, t := range v.List.Purposes {
			v.Standings = append(v.Standings, f.list.told(StandingOf(x, t, p.today(), record.Responsibilities, acts)))
		}
		for _, t := range v.List.Agreements {
			v.Signed = append(v.Signed, signedByAny(t, p.today(), record))
		}
		if !v.Own {
			v.ForSelf = f.list.School.signable(x, acts, p.today())
		}
		return p.event(tx, account, school, DossierShown, Ref{RefPupil, id}, map[string]any{})
	})
	return v, err
}

// ContactPage is one contact, with their children, letters and joins. That somebody looked
// is on record. It answers [ErrNotFound] for a contact of another school, and
// [ErrForbidden] for one of the account's own family.
func (p *Portal) ContactPage(ctx context.Context, account, school, id string) (v ContactPage, err error) {
	err = p.store.Update(ctx, func(tx Tx) error {
		v = ContactPage{}
		a, err := p.allowed(tx, account, SeeFamilies, Subject{School: school})
		if err != nil {
			return err
		}
		children, err := tx.ContactPupils(id)
		if err == nil && (len(children) == 0 || children[0].Contact.School != school) {
			err = ErrNotFound
		}
		if err != nil {
			return fmt.Errorf("contact: %w", err)
		}
		if err := a.notKin(tx, school, Link{ContactID: id}); err != nil {
			return err
		}
		f, err := p.familyOf(tx, a, school)
		if err != nil {
			return err
		}
		v = ContactPage{Contact: children[0].Contact, List: f.list}
		for _, c := range children {
			_, spoken, err := f.acts(c.Pupil.ID)
			if err != nil {
				return err
			}
			t, err := f.tie(c, spoken)
			if err != nil {
				return err
			}
			v.Ties = append(v.Ties, t)
		}
		for _, j := range f.joins {
			if j.ContactID == id {
				v.Joins = append(v.Joins, j)
			}
		}
		letters, err := tx.ContactInvitations(id)
		if err != nil {
			return err
		}
		for _, inv := range slices.Backward(letters) {
			i := Issued{Invitation: inv, Joined: slices.ContainsFunc(v.Joins, func(j Join) bool { return j.InvitationID == inv.ID })}
			if i.Who = inv.IssuedBy; !strings.HasPrefix(inv.IssuedBy, Operator) {
				if i.Who, err = staffName(tx, inv.IssuedBy); err != nil {
					return err
				}
			}
			v.Letters = append(v.Letters, i)
		}
		if a.May(PrintLetters, Subject{School: school}) == nil {
			watch, err := readWatch(tx, school)
			if err != nil {
				return err
			}
			v.Warning = watch.warning(v.Contact)
		}
		return p.event(tx, account, school, DossierShown, Ref{RefContact, id}, map[string]any{})
	})
	return v, err
}
