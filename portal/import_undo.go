package portal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// UndoLife is how long the office may take back a class list.
const UndoLife = 7 * 24 * time.Hour

// ListUndo is what it takes to put a school's register back as it was before its last
// class list: the rows that the list changed, as they were, and the ids of those it
// brought.
type ListUndo struct {
	School string
	At     time.Time // UTC, before anything that the list did
	Before ListBefore
}

// ListBefore is what a class list changed, as it was.
type ListBefore struct {
	Pupils      []Pupil
	Contacts    []Contact
	Links       []Responsibility
	NewPupils   []string
	NewContacts []string
	NewLinks    []Link
	// After is a hash of all of these as the list left them.
	After string
}

// before is what a plan would change, as it is.
func (p *ImportPlan) before(left []string) (b ListBefore) {
	pupils := map[string]Pupil{}
	for _, x := range p.have.pupils {
		pupils[x.ID] = x
	}
	links := map[Link]Responsibility{}
	for _, l := range p.have.links {
		links[Link{l.PupilID, l.ContactID}] = l
	}
	contacts := byID(p.have.contacts)
	for _, x := range p.puts {
		if was, ok := pupils[x.ID]; ok {
			b.Pupils = append(b.Pupils, was)
		} else {
			b.NewPupils = append(b.NewPupils, x.ID)
		}
	}
	for _, c := range p.people {
		if was, ok := contacts[c.ID]; ok {
			b.Contacts = append(b.Contacts, was)
		} else {
			b.NewContacts = append(b.NewContacts, c.ID)
		}
	}
	for _, l := range append(slices.Clone(p.links), p.unlinks...) {
		if was, ok := links[Link{l.PupilID, l.ContactID}]; ok {
			b.Links = append(b.Links, was)
		} else {
			b.NewLinks = append(b.NewLinks, Link{l.PupilID, l.ContactID})
		}
	}
	for _, x := range p.Missing {
		if slices.Contains(left, x.ID) {
			b.Pupils = append(b.Pupils, x)
		}
	}
	return b
}

// mostUndone is of how many people a list may be taken back: more than any school has, so
// that what is kept stays small.
const mostUndone = 10_000

// keepUndo keeps what a list that was just applied changed, as it was; one that changed
// nothing leaves the list before it to be taken back.
func (p *Portal) keepUndo(tx Tx, planned *ImportPlan, left []string, at time.Time) error {
	switch n := len(planned.puts) + len(planned.people) + len(planned.links) + len(planned.unlinks) + len(left); {
	case n == 0:
		return nil
	case len(planned.puts) > mostUndone:
		return tx.DeleteListUndo(planned.School)
	}
	u := ListUndo{School: planned.School, At: at, Before: planned.before(left)}
	var err error
	if u.Before.After, err = u.Before.after(tx, u.School); err != nil {
		return err
	}
	return tx.PutListUndo(u)
}

// after is a hash of what a list changed, as it is now. What is barred is no part of it.
func (b ListBefore) after(tx Tx, school string) (string, error) {
	pupils, err := tx.Pupils(school)
	if err != nil {
		return "", err
	}
	contacts, err := tx.Contacts(school)
	if err != nil {
		return "", err
	}
	links, err := tx.Responsibilities(school)
	if err != nil {
		return "", err
	}
	inPupils, inContacts, inLinks := b.touched()
	sum := sha256.New()
	to := json.NewEncoder(sum)
	for _, x := range pupils {
		if inPupils[x.ID] {
			err = to.Encode(x)
		}
	}
	for _, c := range contacts {
		if inContacts[c.ID] && err == nil {
			err = to.Encode(c)
		}
	}
	for _, l := range links {
		if l.Barred = 0; inLinks[Link{l.PupilID, l.ContactID}] && err == nil {
			err = to.Encode(l)
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), err
}

// UndoPlan is what taking back a school's last class list would do, or why it cannot be.
type UndoPlan struct {
	At       time.Time // when the list was applied
	Gone     []Pupil   // whom it brought
	Back     []Pupil   // whom it changed, or who left by it: as they would be again
	Contacts int       // whom it brought
	Against  []string  // what rests on the list; it is not taken back while there is anything
}

// PlanUndo says what taking back a school's last class list would do. It answers
// [ErrNotFound] where there is none that could be.
func (p *Portal) PlanUndo(ctx context.Context, account, school string) (plan UndoPlan, err error) {
	err = p.store.View(ctx, func(tx Tx) error {
		_, plan, err = p.undo(tx, account, school)
		return err
	})
	return plan, err
}

func (p *Portal) undo(tx Tx, account, school string) (u ListUndo, plan UndoPlan, err error) {
	a, err := p.allowed(tx, account, ImportClassList, Subject{School: school})
	if err != nil {
		return u, plan, err
	}
	own, err := a.kin(tx, school)
	if err != nil {
		return u, plan, err
	}
	u, err = tx.ListUndo(school)
	if err == nil && p.now().Sub(u.At) > UndoLife {
		err = ErrNotFound
	}
	if err != nil {
		return u, plan, fmt.Errorf("class list: %w", err)
	}
	plan = UndoPlan{At: u.At, Back: u.Before.Pupils, Contacts: len(u.Before.NewContacts)}
	pupils, err := tx.Pupils(school)
	if err != nil {
		return u, plan, err
	}
	for _, x := range pupils {
		if slices.Contains(u.Before.NewPupils, x.ID) {
			plan.Gone = append(plan.Gone, x)
		}
	}
	// What rests on it would tell when the other parent did something.
	if pupils, contacts, links := u.Before.touched(); own.any(pupils, contacts, links) {
		plan.Against = []string{"It is about people of your own family, too: somebody else at the office takes it back."}
		return u, plan, nil
	}
	plan.Against, err = p.rests(tx, u)
	return u, plan, err
}

// touched is whom a class list brought or changed.
func (b ListBefore) touched() (pupils, contacts map[string]bool, links map[Link]bool) {
	pupils, contacts, links = map[string]bool{}, map[string]bool{}, map[Link]bool{}
	for _, l := range b.Links {
		links[Link{l.PupilID, l.ContactID}] = true
	}
	for _, l := range b.NewLinks {
		links[l] = true
	}
	for _, x := range b.Pupils {
		pupils[x.ID] = true
	}
	for _, id := range b.NewPupils {
		pupils[id] = true
	}
	for _, c := range b.Contacts {
		contacts[c.ID] = true
	}
	for _, id := range b.NewContacts {
		contacts[id] = true
	}
	return pupils, contacts, links
}

// rests says what rests on a class list.
func (p *Portal) rests(tx Tx, u ListUndo) (why []string, err error) {
	against := func(n int, one, many string) {
		switch {
		case n == 1:
			why = append(why, one)
		case n > 1:
			why = append(why, fmt.Sprintf(many, n))
		}
	}
	now, err := u.Before.after(tx, u.School)
	if err != nil {
		return nil, err
	}
	if now != u.Before.After {
		why = append(why, "Somebody has changed people of this list since, or settled who decides.")
	}
	pupils, contacts, links := u.Before.touched()
	for l := range links {
		pupils[l.PupilID], contacts[l.ContactID] = true, true
	}
	letters, acts := 0, 0
	for id := range contacts {
		all, err := tx.ContactInvitations(id)
		if err != nil {
			return nil, err
		}
		for _, i := range all {
			if !i.Issued.Before(u.At) {
				letters++
			}
		}
	}
	against(letters, "A letter has been printed for somebody whom it brought or changed.", "%d letters have been printed for people whom it brought or changed.")
	joined := 0
	covered, err := tx.JoinedChildren(u.School)
	if err != nil {
		return nil, err
	}
	for l, since := range covered {
		if (links[l] || contacts[l.ContactID] || pupils[l.PupilID]) && !since.Before(u.At) {
			joined++
		}
	}
	against(joined, "Somebody has joined for a child since.", "People have joined for children since: %d.")
	for id := range pupils {
		all, err := tx.PupilActs(id)
		if err != nil {
			return nil, err
		}
		for _, a := range all {
			if !a.At.Before(u.At) {
				acts++
			}
		}
	}
	against(acts, "Somebody has signed or answered since.", "Families have signed or answered since, %d times.")
	restrictions, err := tx.Restrictions(u.School)
	if err != nil {
		return nil, err
	}
	held := 0
	for _, r := range restrictions { // of whom it brought also one that was lifted: taking them back would erase it
		if slices.Contains(u.Before.NewPupils, r.Link.PupilID) || slices.Contains(u.Before.NewContacts, r.Link.ContactID) || (contacts[r.Link.ContactID] || pupils[r.Link.PupilID]) && (!r.Since.Before(u.At) || !r.Until.Before(u.At)) {
			held++
		}
	}
	against(held, "Something was taken from a contact, as by a court order, or given back. The safeguarding lead looks after that.", "Things were taken from contacts, as by a court order, or given back: %d. The safeguarding lead looks after that.")
	photos, err := tx.Photos(u.School)
	if err != nil {
		return nil, err
	}
	planned, err := tx.Activities(u.School)
	if err != nil {
		return nil, err
	}
	brought := func(id string) bool { return slices.Contains(u.Before.NewPupils, id) }
	in := 0
	for _, x := range photos {
		if slices.ContainsFunc(x.Pupils, brought) {
			in++
		}
	}
	for _, x := range planned {
		if slices.ContainsFunc(x.Pupils, brought) {
			in++
		}
	}
	given, err := tx.Grants(u.School)
	if err != nil {
		return nil, err
	}
	for _, g := range given {
		if brought(g.Holder.ID) {
			in++
		}
	}
	against(in, "A pupil whom it brought is in a picture or an activity, or has been given access to something.", "Pupils whom it brought are in pictures or activities, or have been given access to something: %d.")
	keepings, err := tx.Keepings(u.School)
	kept := 0
	for _, k := range keepings {
		if slices.Contains(u.Before.NewPupils, k.PupilID) {
			kept++
		}
	}
	against(kept, "A record is kept for longer than its time.", "%d records are kept for longer than their time.")
	return why, err
}

// UndoImport puts the register back as it was before the class list that was applied at
// this moment, and answers [ErrConflict] where something rests on it, or another has been
// applied since.
func (p *Portal) UndoImport(ctx context.Context, account, school string, at time.Time) error {
	return p.store.Update(ctx, func(tx Tx) error {
		u, plan, err := p.undo(tx, account, school)
		if err != nil {
			return err
		}
		if !u.At.Equal(at) || len(plan.Against) > 0 {
			return fmt.Errorf("undo: %w", ErrConflict)
		}
		b := u.Before
		unlinks := slices.DeleteFunc(slices.Clone(b.NewLinks), func(l Link) bool { return slices.Contains(b.NewPupils, l.PupilID) })
		if err := p.listDecides(tx, account, school, b.Pupils, b.Links, unlinks); err != nil {
			return err
		}
		have, err := tx.Contacts(school)
		if err != nil {
			return err
		}
		if err := p.noteContacts(tx, account, school, have, b.Contacts); err != nil {
			return err
		}
		for _, l := range unlinks {
			if !slices.Contains(b.NewContacts, l.ContactID) {
				if err := p.event(tx, account, school, ContactRemoved, Ref{RefContact, l.ContactID}, map[string]any{"pupil": l.PupilID}); err != nil {
					return err
				}
			}
		}
		for _, l := range b.NewLinks {
			if err := tx.DeleteResponsibility(l.PupilID, l.ContactID); err != nil {
				return err
			}
		}
		for _, id := range b.NewPupils {
			if err := tx.ErasePupil(id); err != nil {
				return err
			}
		}
		for _, id := range b.NewContacts {
			if err := tx.EraseContact(id); err != nil {
				return err
			}
		}
		for _, x := range b.Pupils {
			if err := tx.PutPupil(x); err != nil {
				return err
			}
		}
		for _, c := range b.Contacts {
			if err := tx.PutContact(c); err != nil {
				return err
			}
		}
		for _, l := range b.Links {
			if err := tx.PutResponsibility(l); err != nil {
				return err
			}
		}
		if err := tx.DeleteListUndo(school); err != nil {
			return err
		}
		return p.event(tx, account, school, ListUndone, Ref{RefSchool, school}, map[string]any{"new": len(b.NewPupils), "changed": len(b.Pupils)})
	})
}
