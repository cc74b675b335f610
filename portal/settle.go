package portal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
)

// ToSettle is contacts of whom nobody has said whether they hold parental
// responsibility, by what they are to the child.
type ToSettle struct {
	Relationship string // as the register's first of them has it; "" where it is not given
	Children     []Child
	// Warned says of each child whether what is given is withheld until a named person has
	// looked, as somebody who may be the contact is barred from a child.
	Warned []bool
}

// Unsettled is who of a school waits to be settled, those of most first: of
// pupils on roll, in the order of year, class and name, but for the account's own family.
func (p *Portal) Unsettled(ctx context.Context, account, school string) (all []ToSettle, err error) {
	err = p.store.View(ctx, func(tx Tx) error {
		all = nil
		a, err := p.allowed(tx, account, ImportClassList, Subject{School: school})
		if err != nil {
			return err
		}
		own, err := a.kin(tx, school)
		if err != nil {
			return err
		}
		children, err := linked(tx, school, own, unsettled)
		if err != nil {
			return err
		}
		watch, err := readWatch(tx, school)
		if err != nil {
			return err
		}
		place := map[string]int{}
		for _, c := range children {
			key := fold(c.Responsibility.Relationship)
			i, ok := place[key]
			if !ok {
				i = len(all)
				place[key] = i
				all = append(all, ToSettle{Relationship: c.Responsibility.Relationship})
			}
			r := c.Responsibility
			r.Parental = true
			_, warning := watch.extend(c.Contact, true, c.Responsibility, r)
			all[i].Children, all[i].Warned = append(all[i].Children, c), append(all[i].Warned, warning != "")
		}
		slices.SortStableFunc(all, func(a, b ToSettle) int { return cmp.Compare(len(b.Children), len(a.Children)) })
		return nil
	})
	return all, err
}

func unsettled(r Responsibility) bool { return r.Unsettled }

// linked is the contacts of a school's pupils on roll whom want picks, but for a family.
func linked(tx Tx, school string, but kin, want func(Responsibility) bool) (all []Child, err error) {
	links, err := tx.Responsibilities(school)
	if err != nil {
		return nil, err
	}
	of := map[string][]Responsibility{}
	for _, l := range links {
		if want(l) && !but.has(Link{l.PupilID, l.ContactID}) {
			of[l.PupilID] = append(of[l.PupilID], l)
		}
	}
	if len(of) == 0 {
		return nil, nil
	}
	contacts, err := tx.Contacts(school)
	if err != nil {
		return nil, err
	}
	named := byID(contacts)
	pupils, err := listedPupils(tx, school)
	if err != nil {
		return nil, err
	}
	for _, x := range pupils {
		for _, l := range of[x.ID] {
			if x.OnRoll() {
				all = append(all, Child{Pupil: x, Contact: named[l.ContactID], Responsibility: l})
			}
		}
	}
	return all, nil
}

// Link names one contact of one pupil.
type Link struct{ PupilID, ContactID string }

// Settle records, for all of the links or for none, whether these contacts hold
// parental responsibility, and who said so. Later class lists do not undo it. It
// answers [ErrNotFound] for anybody who does not wait to be settled, and [ErrForbidden]
// for a child of the account's own.
//
// What responsibility would give somebody of whom there is a warning is withheld until a
// named person has looked: held is how many those are.
func (p *Portal) Settle(ctx context.Context, account, school string, links []Link, parental bool) (held int, err error) {
	err = p.store.Update(ctx, func(tx Tx) error {
		held = 0
		a, err := p.allowed(tx, account, ImportClassList, Subject{School: school})
		if err != nil {
			return err
		}
		waiting, err := linked(tx, school, kin{}, unsettled)
		if err != nil {
			return err
		}
		watch, err := readWatch(tx, school)
		if err != nil {
			return err
		}
		own, err := a.kin(tx, school)
		if err != nil {
			return err
		}
		by := make(map[Link]Child, len(waiting))
		for _, c := range waiting {
			by[Link{c.Pupil.ID, c.Contact.ID}] = c
		}
		for _, l := range links {
			c, ok := by[l]
			if !ok {
				return fmt.Errorf("responsibility of contact %s: %w", l.ContactID, ErrNotFound)
			}
			if own.has(l) {
				return fmt.Errorf("responsibility: %w", ErrForbidden)
			}
			was, r := c.Responsibility, c.Responsibility
			r.Parental, r.Unsettled, r.SettledBy = parental, false, account
			r, warning := watch.extend(c.Contact, true, was, r)
			if warning != "" {
				held++
			}
			if err := errors.Join(tx.PutResponsibility(r), p.decides(tx, account, school, was, r), p.withhold(tx, account, school, was, r)); err != nil {
				return err
			}
		}
		return nil
	})
	return held, err
}

// decides puts on record what has changed in whether a contact holds parental
// responsibility for a pupil; both links are of the two, but for one that is not there.
func (p *Portal) decides(tx Tx, account, school string, was, is Responsibility) error {
	if parental(was) == parental(is) {
		return nil
	}
	contact, pupil := cmp.Or(is.ContactID, was.ContactID), cmp.Or(is.PupilID, was.PupilID)
	return p.event(tx, account, school, DecidesChanged, Ref{RefContact, contact}, map[string]any{"pupil": pupil, "parental responsibility": parental(is), "before": parental(was)})
}

// parental says whether the contact holds it, as an event has it.
func parental(r Responsibility) string {
	switch {
	case r.ContactID == "":
		return "not a contact"
	case r.Unsettled:
		return "not known"
	case r.Parental:
		return "yes"
	}
	return "no"
}

// listDecides puts on record what a class list, or taking one back, changes in who may decide about the pupils
// who are on the register, and which of them are in care. For those who are new with it,
// the list is on record.
func (p *Portal) listDecides(tx Tx, account, school string, puts []Pupil, links []Responsibility, unlinks []Link) error {
	pupils, err := tx.Pupils(school)
	if err != nil {
		return err
	}
	all, err := tx.Responsibilities(school)
	if err != nil {
		return err
	}
	known, was := map[string]Pupil{}, map[Link]Responsibility{}
	for _, x := range pupils {
		known[x.ID] = x
	}
	for _, l := range all {
		was[Link{l.PupilID, l.ContactID}] = l
	}
	for _, x := range puts {
		if old, ok := known[x.ID]; ok && old.LookedAfter != x.LookedAfter {
			said := map[bool]string{true: "yes", false: "no"}[x.LookedAfter]
			if err := p.event(tx, account, school, DecidesChanged, Ref{RefPupil, x.ID}, map[string]any{"looked after by a council": said}); err != nil {
				return err
			}
		}
	}
	for _, l := range links {
		if _, ok := known[l.PupilID]; ok {
			if err := p.decides(tx, account, school, was[Link{l.PupilID, l.ContactID}], l); err != nil {
				return err
			}
		}
	}
	for _, l := range unlinks {
		if err := p.decides(tx, account, school, was[l], Responsibility{}); err != nil {
			return err
		}
	}
	return nil
}
