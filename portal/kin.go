package portal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// An address in the register that is that of a member of staff may say that a child is of
// their own family. It may also have been put there, by a parent or by whoever keeps the
// register, so that they look away. So whoever looks after restrictions is of a family by an
// address alone only once another named person has said of that contact and those children
// that it is they; until then they see and do as usual, whatever they do to these bears a
// mark, and the question waits among what needs doing. From everybody else, who loses nothing
// that protects a child, the address takes what one's own family does, until a named person
// has said that it is not they.

// OwnMark is the detail of an event by which somebody did something to what may be their own
// family. It is no parent's to read.
const OwnMark = "may be of their own family"

// ForFamily is an event's details as a family may read them: of another's address they learn
// nothing.
func (a Act) ForFamily() (string, error) {
	if a.Details == "" {
		return "", nil
	}
	return without(a.Details, OwnMark)
}

// looksAfter says whether the actor looks after restrictions anywhere.
func (a Actor) looksAfter() bool {
	return slices.ContainsFunc(a.Roles, func(s Staff) bool { return s.may(SetRestrictions) })
}

// listedAlone says of a child of theirs that nothing but a list makes it theirs, from whoever
// looks after restrictions: neither does their join cover it, nor is anything taken from them.
func (a Actor) listedAlone(c Child) bool {
	return c.Since.IsZero() && c.Responsibility.Barred == 0 && a.looksAfter()
}

// kin is an actor's own family as a school's register has it, by id: in a matter of theirs
// nobody acts for the school, or reads what a colleague can read instead.
type kin struct{ pupils, contacts map[string]bool }

// has says whether a matter between a contact and a pupil is one of the family's.
func (k kin) has(l Link) bool { return k.pupils[l.PupilID] || k.contacts[l.ContactID] }

// pupil says whether a pupil is of the family.
func (k kin) pupil(id string) bool { return k.pupils[id] }

// about says whether an event is about one of the family, or about somebody and one of its
// children; or of letters to nobody else.
func (k kin) about(a Act) bool {
	if k.contacts[a.Subject.ID] || k.pupils[a.Subject.ID] {
		return true
	}
	if _, to, ok := strings.Cut(a.Details, `"to":"`); ok && a.Kind == LettersIssued {
		to, _, _ = strings.Cut(to, `"`)
		for id := range k.contacts {
			to = strings.Replace(to, Mark(id), "", 1)
		}
		if strings.TrimSpace(to) == "" {
			return true
		}
	}
	for id := range k.pupils {
		if strings.Contains(a.Details, `"`+id+`"`) || a.Kind == PictureDeclared && strings.Contains(a.Details, Mark(id)) {
			return true
		}
	}
	return false
}

// any says whether there is one of the family among these.
func (k kin) any(pupils, contacts map[string]bool, links map[Link]bool) bool {
	for l := range links {
		if k.has(l) {
			return true
		}
	}
	for id := range pupils {
		if k.pupils[id] {
			return true
		}
	}
	for id := range contacts {
		if k.contacts[id] {
			return true
		}
	}
	return false
}

// kin is the children whose contact the actor is or was, whatever their rights, everybody
// who is a contact of one of those, and the other children of those of them who decide:
// a half-brother's page tells what the other parent says, too. Whoever looks after
// restrictions has none by a list alone, which could make them look away: what they have is
// by their own join and that of the other.
func (a Actor) kin(tx Tx, school string) (kin, error) {
	k := kin{map[string]bool{}, map[string]bool{}}
	for _, c := range a.Children {
		if !a.listedAlone(c) {
			k.pupils[c.Pupil.ID] = true
		}
	}
	for _, r := range a.Family {
		k.pupils[r.PupilID] = true
	}
	for _, c := range a.Contacts {
		k.contacts[c.ID] = true
	}
	if len(k.pupils) == 0 {
		return k, nil
	}
	covered, err := tx.JoinedChildren(school)
	if err != nil {
		return k, err
	}
	links, err := tx.Responsibilities(school)
	if a.looksAfter() {
		for id := range k.pupils { // whoever joined stays the other parent when their join has ended
			ended, err := tx.Events(EventFilter{School: school, Person: id, Kind: JoinExtended, Most: MostEvents})
			if err != nil {
				return k, err
			}
			for _, e := range ended {
				covered[Link{id, e.Subject.ID}] = e.At
			}
		}
		links = slices.DeleteFunc(links, func(l Responsibility) bool { return covered[Link{l.PupilID, l.ContactID}].IsZero() })
	}
	decide := map[string]bool{}
	for _, l := range links {
		if k.pupils[l.PupilID] {
			k.contacts[l.ContactID] = true
			decide[l.ContactID] = decide[l.ContactID] || l.Parental
		}
	}
	for _, l := range links {
		if l.Parental && decide[l.ContactID] {
			k.pupils[l.PupilID] = true
		}
	}
	return k, err
}

// notKin answers [ErrForbidden] where a matter between a contact and a pupil, either of whom
// may be "", is one of the actor's own family.
func (a Actor) notKin(tx Tx, school string, of Link) error {
	own, err := a.kin(tx, school)
	if err == nil && own.has(of) {
		err = fmt.Errorf("one's own family: %w", ErrForbidden)
	}
	return err
}

// mayBeOwn is the pupils and contacts, by id, of what may be the account's own family.
func (p *Portal) mayBeOwn(tx Tx, account string) (map[string]bool, error) {
	if account == Operator || account == itself {
		return nil, nil
	}
	a, err := p.actor(tx, account)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	own := map[string]bool{}
	for _, r := range a.Unsure {
		own[r.PupilID] = true
		theirs, err := tx.PupilContacts(r.PupilID)
		if err != nil {
			return nil, err
		}
		for _, c := range theirs {
			own[c.Contact.ID] = true
		}
	}
	return own, err
}

// staffAt is the addresses of those who work at a school, as the settings name them.
func (p *Portal) staffAt(school string) map[string]bool {
	all := map[string]bool{}
	for _, s := range p.staff {
		if s.covers(school) {
			all[mailbox(s.Email)] = true
		}
	}
	return all
}

// Kin is the contacts of a school's pupils on roll whose address is that of somebody who
// works there, of which nobody has said whether it is they; Own where it is that of whoever
// asks, or of their family: another has to say.
func (p *Portal) Kin(ctx context.Context, account, school string) (all []Invitee, err error) {
	err = p.store.View(ctx, func(tx Tx) error {
		a, err := p.allowed(tx, account, SetRestrictions, Subject{School: school})
		if err == nil {
			all, err = p.kin(tx, a, school)
		}
		return err
	})
	return all, err
}

func (p *Portal) kin(tx Tx, a Actor, school string) (all []Invitee, err error) {
	contacts, err := tx.Contacts(school)
	if err != nil {
		return nil, err
	}
	staff := p.staffAt(school)
	contacts = slices.DeleteFunc(contacts, func(c Contact) bool { return !staff[mailbox(c.Email)] })
	if len(contacts) == 0 {
		return nil, nil
	}
	mailings, err := mailingsOf(tx, school)
	if err != nil {
		return nil, err
	}
	mine, err := staffAddress(tx, a.AccountID)
	if err != nil {
		return nil, err
	}
	joins, err := tx.Joins(school)
	if err != nil {
		return nil, err
	}
	family, err := a.kin(tx, school)
	if err != nil {
		return nil, err
	}
	for _, c := range contacts {
		address, m := mailbox(c.Email), mailings[c.ID]
		if m.NotStaff == address {
			continue
		}
		children, err := childrenOf(tx, c.ID, 0)
		if err != nil {
			return nil, err
		}
		said := strings.Fields(m.Staff)
		asked := slices.ContainsFunc(children, func(x Child) bool {
			return len(said) == 0 || said[0] != address || !slices.Contains(said, x.Pupil.ID)
		})
		for _, j := range joins {
			if j.ContactID == c.ID && asked { // who joined with the same address has proved it
				theirs, err := staffAddress(tx, j.AccountID)
				if err != nil {
					return nil, err
				}
				asked = mailbox(theirs) != address
			}
		}
		if asked {
			own := mailbox(mine) == address || slices.ContainsFunc(children, func(x Child) bool { return family.pupils[x.Pupil.ID] })
			all = append(all, Invitee{Contact: c, Children: children, Own: own})
		}
	}
	return all, nil
}

// mailingsOf is what is known of the addresses of a school's contacts, by their ids.
func mailingsOf(tx Tx, school string) (map[string]Mailing, error) {
	all, err := tx.Mailings(school)
	by := make(map[string]Mailing, len(all))
	for _, m := range all {
		by[m.ContactID] = m
	}
	return by, err
}

// SettleKin says of a contact whose address is that of somebody who works at the school
// whether it is they. It answers [ErrForbidden] to them themselves, and [ErrNotFound] where
// that is not asked.
func (p *Portal) SettleKin(ctx context.Context, account, school, contact string, same bool) error {
	return p.store.Update(ctx, func(tx Tx) error {
		a, err := p.allowed(tx, account, SetRestrictions, Subject{School: school})
		if err != nil {
			return err
		}
		all, err := p.kin(tx, a, school)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(k Invitee) bool { return k.Contact.ID == contact })
		if i < 0 {
			return fmt.Errorf("contact: %w", ErrNotFound)
		}
		if all[i].Own {
			return fmt.Errorf("contact: %w", ErrForbidden)
		}
		address, said := mailbox(all[i].Contact.Email), "no"
		err = p.putMailing(tx, school, contact, func(m *Mailing) {
			if m.Staff, m.NotStaff = "", address; same {
				said = "yes"
				m.Staff, m.NotStaff = address, ""
				for _, c := range all[i].Children {
					m.Staff += " " + c.Pupil.ID
				}
			}
		})
		if err != nil {
			return err
		}
		return p.event(tx, account, school, StaffAddress, Ref{RefContact, contact}, map[string]any{"same person": said})
	})
}

// putMailing changes what is known of a contact's address.
func (p *Portal) putMailing(tx Tx, school, contact string, change func(*Mailing)) error {
	all, err := mailingsOf(tx, school)
	if err != nil {
		return err
	}
	m := all[contact]
	m.ContactID = contact
	if change(&m); m.Key == "" {
		m.Key = newID()
	}
	return tx.PutMailing(m)
}

// Withheld is who else looks after a pupil, or with "" after any of a school's, from whoever
// looks after restrictions and to whose own family the register counts them; asked is
// whether it does.
func (p *Portal) Withheld(ctx context.Context, account, school, pupil string) (by []string, asked bool, err error) {
	err = p.store.View(ctx, func(tx Tx) error {
		by = nil
		a, err := p.allowed(tx, account, SetRestrictions, Subject{School: school})
		if err != nil {
			return err
		}
		own, err := a.kin(tx, school)
		if asked = own.pupils[pupil] || pupil == "" && len(own.contacts) > 0; err != nil {
			return err
		}
		mine, err := staffAddress(tx, account)
		for _, s := range p.staff {
			if asked && s.covers(school) && s.may(SetRestrictions) && !strings.EqualFold(s.Email, mine) && !slices.Contains(by, s.Email) {
				by = append(by, s.Email)
			}
		}
		return err
	})
	return by, asked, err
}
