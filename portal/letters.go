package portal

import (
	"cmp"
	"context"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"
)

// Letter is an invitation as it is printed. Code exists here and nowhere else.
type Letter struct {
	School   School
	Contact  Contact
	Children []Child // whom the contact may speak for
	Code     string  // in groups of four
	// Second says that somebody else is rung first about one of the children. Those letters
	// come after all others: whoever hands out the first ones class by class gives no child
	// the letters of two parents.
	Second  bool
	Expires time.Time
}

// String keeps the person and the code out of logs.
func (l Letter) String() string { return "letter to " + l.Contact.String() }

// Invitee is a contact who may speak for a child on roll, and how far they have
// come to joining.
type Invitee struct {
	Contact  Contact
	Second   bool      // somebody else is rung first about one of the children
	Children []Child   // whom they may speak for
	Joined   time.Time // UTC; zero until they have used a letter
	Issued   time.Time // of the letter whose code would still work; zero where there is none
	Expires  time.Time
	Died     time.Time // when the letter's code died of wrong dates of birth; zero otherwise
	// Mute says that a restriction keeps the school from writing to them about any of
	// the children.
	Mute bool
	// Own says that whoever looks is of the same family: a colleague has to say; see [Portal.Kin].
	Own bool
	// Warning says that somebody who may be they is barred from another child: no letter
	// goes to them unasked. "" where nothing is known.
	Warning string
}

// Waiting says whether the contact has neither joined nor a letter that works. Whose
// code has died waits for somebody to ask them first.
func (i Invitee) Waiting() bool {
	return i.Joined.IsZero() && i.Issued.IsZero() && i.Died.IsZero() && !i.Mute && i.Warning == ""
}

// Invitees is everybody of a school who may see a child on roll, in order
// of their eldest child's year, class and name; but for the account's own family, whose
// letters a colleague prints: that somebody is not there any more tells of an order.
func (p *Portal) Invitees(ctx context.Context, account, school string) (all []Invitee, err error) {
	err = p.store.View(ctx, func(tx Tx) error {
		a, err := p.allowed(tx, account, PrintLetters, Subject{School: school})
		if err != nil {
			return err
		}
		own, err := a.kin(tx, school)
		if err != nil {
			return err
		}
		all, err = p.invitees(tx, school)
		all = leaveOwn(all, own)
		return err
	})
	return all, err
}

func (p *Portal) invitees(tx Tx, school string) ([]Invitee, error) {
	pupils, err := listedPupils(tx, school)
	if err != nil {
		return nil, err
	}
	links, err := tx.Responsibilities(school)
	if err != nil {
		return nil, err
	}
	contacts, err := tx.Contacts(school)
	if err != nil {
		return nil, err
	}
	joined, err := tx.JoinedContacts(school)
	if err != nil {
		return nil, err
	}
	open, err := tx.OpenInvitations(school)
	if err != nil {
		return nil, err
	}
	covered, err := tx.JoinedChildren(school)
	if err != nil {
		return nil, err
	}
	watch, err := readWatch(tx, school)
	if err != nil {
		return nil, err
	}
	named, of := byID(contacts), map[string][]Responsibility{}
	for _, l := range links {
		of[l.PupilID] = append(of[l.PupilID], l)
	}
	now, first := p.now(), firsts(links)
	var all []Invitee
	place := map[string]int{}
	for _, pupil := range slices.Backward(pupils) { // the eldest year first
		for _, l := range of[pupil.ID] {
			if !pupil.OnRoll() || !l.May(MaySee) {
				continue
			}
			c := named[l.ContactID]
			i, ok := place[c.ID]
			if !ok {
				invitee := Invitee{Contact: c, Joined: joined[c.ID], Mute: true, Warning: watch.warning(c)}
				switch inv, ok := open[c.ID]; {
				case !ok || !p.keeps(inv):
				case !inv.Died.IsZero():
					invitee.Died = inv.Died
				case now.Before(inv.Expires):
					invitee.Issued, invitee.Expires = inv.Issued, inv.Expires
				}
				i = len(all)
				place[c.ID] = i
				all = append(all, invitee)
			}
			all[i].Second = all[i].Second || first[pupil.ID] != c.ID
			all[i].Mute = all[i].Mute && !l.May(MayBeWrittenTo)
			all[i].Children = append(all[i].Children, Child{Pupil: pupil, Contact: c, Responsibility: l, Since: covered[Link{PupilID: pupil.ID, ContactID: c.ID}]})
		}
	}
	slices.Reverse(all)
	return all, nil
}

// Letters makes an invitation for each contact of a school who is waiting for
// one. With contacts given, it makes one for each of those who has not joined,
// waiting or not, and an earlier letter's code stops working; but for the account's own
// family, whose a colleague prints. It is about the children
// about whom they may be written to, and none is made to whom there is none.
func (p *Portal) Letters(ctx context.Context, account, school string, contacts ...string) (letters []Letter, err error) {
	err = p.store.Update(ctx, func(tx Tx) error {
		letters = nil
		warned := 0 // printed for somebody of whom there is a warning
		var sent, about []string
		a, err := p.allowed(tx, account, PrintLetters, Subject{School: school})
		if err != nil {
			return err
		}
		info, err := tx.School(school)
		if err != nil {
			return err
		}
		all, err := p.invitees(tx, school)
		if err != nil {
			return err
		}
		own, err := a.kin(tx, school)
		if err != nil {
			return err
		}
		for _, to := range leaveOwn(all, own) {
			wanted := to.Waiting()
			if len(contacts) > 0 {
				wanted = to.Joined.IsZero() && !to.Mute && slices.Contains(contacts, to.Contact.ID)
			}
			if !wanted {
				continue
			}
			code := newCode(codeLength)
			inv := Invitation{ID: newID(), ContactID: to.Contact.ID, CodeHash: p.hashCode(code), Issued: p.now(), IssuedBy: p.printer(account), Expires: p.now().Add(CodeLife)}
			if err := tx.PutInvitation(inv); err != nil {
				return fmt.Errorf("invitation for %v: %w", to.Contact, err)
			}
			to.Children = slices.DeleteFunc(to.Children, func(c Child) bool { return !c.Responsibility.May(MayBeWrittenTo) })
			if to.Warning != "" {
				warned++
			}
			sent = append(sent, to.Contact.ID)
			for _, c := range to.Children {
				about = append(about, c.Pupil.ID)
			}
			letters = append(letters, Letter{School: info, Second: to.Second, Contact: to.Contact, Children: to.Children, Code: grouped(code), Expires: inv.Expires})
		}
		if len(letters) == 0 {
			return nil
		}
		slices.SortStableFunc(letters, func(a, b Letter) int { return secondLast(a.Second, b.Second) })
		return p.event(tx, account, school, LettersIssued, Ref{RefSchool, school}, map[string]any{"letters": len(letters), "against a warning": warned, "to": marks(sent), "about": marks(about)})
	})
	return letters, err
}

// leaveOwn is those who are not of the actor's own family.
func leaveOwn(all []Invitee, own kin) []Invitee {
	return slices.DeleteFunc(all, func(to Invitee) bool {
		return slices.ContainsFunc(to.Children, func(c Child) bool { return own.has(Link{c.Pupil.ID, to.Contact.ID}) })
	})
}

func secondLast(a, b bool) int {
	switch {
	case a && !b:
		return 1
	case b && !a:
		return -1
	}
	return 0
}

// ExtendJoin adds a child to what a contact's join covers: the office has made
// sure that the contact of this child is the person who joined. It answers
// [ErrNotFound] for a child whom the contact may not see, and where nobody
// has joined as the contact, and [ErrForbidden] for one of the account's own family. A child whom it covers already stays as they are.
//
// Where somebody who may be they is barred from a child, and no named person has looked
// since, it takes what they had about this one, too, and answers [ErrWithheld].
func (p *Portal) ExtendJoin(ctx context.Context, account, school, contact, pupil string) error {
	var failed error
	err := p.store.Update(ctx, func(tx Tx) error {
		failed = nil
		a, err := p.allowed(tx, account, PrintLetters, Subject{School: school})
		if err != nil {
			return err
		}
		if err := a.notKin(tx, school, Link{PupilID: pupil, ContactID: contact}); err != nil {
			return err
		}
		children, err := childrenOf(tx, contact, MaySee)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(children, func(c Child) bool { return c.Pupil.ID == pupil && c.Pupil.School == school }) {
			return fmt.Errorf("child: %w", ErrNotFound)
		}
		joined, err := tx.JoinedContacts(school)
		if err != nil {
			return err
		}
		if _, ok := joined[contact]; !ok {
			return fmt.Errorf("join: %w", ErrNotFound)
		}
		covered, err := tx.JoinedChildren(school)
		if err != nil {
			return err
		}
		if _, ok := covered[Link{PupilID: pupil, ContactID: contact}]; ok {
			return nil
		}
		watch, err := readWatch(tx, school)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(children, func(c Child) bool { return c.Pupil.ID == pupil })
		if is, warning := watch.extend(children[i].Contact, true, Responsibility{}, children[i].Responsibility); warning != "" {
			failed = ErrWithheld
			return p.withhold(tx, account, school, children[i].Responsibility, is)
		}
		return p.joinChild(tx, account, children[i])
	})
	return cmp.Or(err, failed)
}

// EndJoin takes a contact from the account that joined as them: somebody else
// used their letter, or they have lost their account. What was signed and
// decided stays on record, and each yes that was given online is taken back, as
// it may have been anybody's; a signature no longer counts, and a no stays a no. A
// new letter can then be printed.
// It answers [ErrNotFound] for a contact of another school, and [ErrForbidden] for one
// of the account's own family: nobody takes the other parent's word back.
func (p *Portal) EndJoin(ctx context.Context, account, school, contact string) error {
	return p.store.Update(ctx, func(tx Tx) error {
		a, err := p.allowed(tx, account, PrintLetters, Subject{School: school})
		if err != nil {
			return err
		}
		joined, err := tx.JoinedContacts(school)
		if err != nil {
			return err
		}
		if _, ok := joined[contact]; !ok {
			return fmt.Errorf("join: %w", ErrNotFound)
		}
		own, err := a.kin(tx, school)
		if err != nil {
			return err
		}
		children, err := tx.ContactPupils(contact)
		if err != nil {
			return err
		}
		for _, c := range children {
			if own.has(Link{PupilID: c.Pupil.ID, ContactID: contact}) {
				return fmt.Errorf("join: %w", ErrForbidden)
			}
			if err := p.takeBack(tx, account, c); err != nil {
				return err
			}
		}
		if err := tx.LeaveContact(contact, p.now()); err != nil {
			return err
		}
		return p.event(tx, account, school, JoinEnded, Ref{RefContact, contact}, map[string]any{"children": len(children)})
	})
}

// takeBack adds a no after each of a contact's answers about a child that is a
// yes given online. The record says that it was the office's doing, and whose
// account did it.
func (p *Portal) takeBack(tx Tx, account string, c Child) error {
	all, err := tx.PupilActs(c.Pupil.ID)
	if err != nil {
		return err
	}
	for _, d := range all {
		if d.ID != latest(all, Decision, c.Pupil.ID, Ref{RefContact, c.Contact.ID}, d.TextSlug).ID || d.Answer != Given || d.Way != Online {
			continue
		}
		d.By, d.Way, d.Answer, d.Seq, d.Until = account, InOffice, Withdrawn, d.Seq+1, ""
		if _, err := p.add(tx, d); err != nil {
			return err
		}
	}
	return nil
}

// childrenOf is the children on roll about whom a contact has these rights.
func childrenOf(tx Tx, contact string, rights Rights) ([]Child, error) {
	all, err := tx.ContactPupils(contact)
	if err != nil {
		return nil, err
	}
	var out []Child
	for _, c := range all {
		if c.Pupil.OnRoll() && c.Responsibility.May(rights) {
			out = append(out, c)
		}
	}
	return out, nil
}

func newCode(length int) string {
	var b strings.Builder
	n := big.NewInt(int64(len(codeAlphabet)))
	for range length {
		i, err := rand.Int(rand.Reader, n)
		if err != nil {
			panic(fmt.Sprintf("portal: the system gives no random numbers: %v", err))
		}
		b.WriteByte(codeAlphabet[i.Int64()])
	}
	return b.String()
}

// grouped writes a code in fours, as it is printed.
func grouped(code string) string {
	return code[:4] + "-" + code[4:8] + "-" + code[8:]
}

// codes is what the ledger's key is used for here.
const codes = "letter codes"

// hashCode is a code as it is stored: under a key that is not in the database, so that
// whoever steals that alone has nothing to try codes against.
func (p *Portal) hashCode(normal string) string { return p.ledger.Keyed(codes, stretched(normal)) }

// keeps says whether a code would still be found: not one under a key that was handed
// over since.
func (p *Portal) keeps(inv Invitation) bool {
	key, _, keyed := strings.Cut(inv.CodeHash, ":")
	now, _, _ := strings.Cut(p.ledger.Keyed(codes, ""), ":")
	return !keyed || key == now
}

// stretched is a code as it was stored before there was a key. It takes so much work
// that whoever steals the key too has 68 bits of it for each code, not 57, and a
// school's letters are still made in a second.
func stretched(normal string) string {
	key, err := pbkdf2.Key(sha256.New, normal, []byte("schoolgate invitation"), 2000, sha256.Size)
	if err != nil {
		panic(fmt.Sprintf("portal: no PBKDF2: %v", err))
	}
	return hex.EncodeToString(key)
}
