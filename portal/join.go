package portal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// How far guessing gets: a code is 57 bits of chance, so what is left to guess
// is the date of birth on a letter that has been found or opened.
const (
	CodeLife        = 60 * 24 * time.Hour
	TriesPerCode    = 5  // wrong dates of birth, for as long as the code lives; then it is dead
	TriesPerAccount = 10 // failures of any kind
	TriesWindow     = 24 * time.Hour
	// YesAfter is how long a yes waits after somebody has joined, unless the school
	// sets another time: so long does whoever it was not have to notice.
	YesAfter = 48 * time.Hour
)

// Join is that an account acts as a contact, by a letter.
type Join struct {
	AccountID, ContactID string
	InvitationID         string // "" for a join from before they were kept
	At                   time.Time
	Counts               time.Time // from when a yes counts; zero for always
	Confirmed            time.Time // when the office made sure of it; zero until then
	Ended                time.Time // zero while it stands
	Issued               time.Time // when the letter was, and who printed it; not kept with the join
	IssuedBy             string
}

// Join joins an account to the contact whom a letter was sent to, by the
// letter's code and the date of birth of any child it is about. A code works
// once. It answers [*Invalid] where code and date do not fit together, saying
// nothing of which was wrong, and [ErrTooMany] when the limit is reached;
// failures are counted durably. Who has joined as another contact of the child is
// answered as if the code were wrong, and that they tried it is on record.
//
// Whoever has joined as somebody barred from any child gains nothing by another letter
// until a named person has looked, and is not told so.
//
// The office sees that somebody has joined. Until the school's waiting time is over,
// or the office has made sure who it is, no yes of theirs counts; a no does at once.
func (p *Portal) Join(ctx context.Context, account, code string, born Date) error {
	var failed error
	err := p.store.Update(ctx, func(tx Tx) (err error) {
		failed, err = p.join(tx, account, NormalCode(code), born)
		return err
	})
	if err != nil {
		return err
	}
	return failed
}

// join is [Portal.Join] within a transaction. What failed is told and still counts: the
// transaction is not undone by it, as by an error.
func (p *Portal) join(tx Tx, account, code string, born Date) (failed, err error) {
	now := p.now()
	byAccount := "account " + account
	n, err := tx.CountAttempts(byAccount, now.Add(-TriesWindow))
	if err != nil {
		return nil, err
	}
	if n >= TriesPerAccount {
		return ErrTooMany, nil
	}
	contacts, err := tx.AccountContacts(account)
	if err != nil {
		return nil, err
	}
	joined := len(contacts) > 0
	inv, err := p.invitation(tx, code)
	if errors.Is(err, ErrNotFound) {
		return noMatch(n, joined), tx.AddAttempt(byAccount, now)
	} else if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(contacts, func(c Contact) bool { return c.ID == inv.ContactID }) {
		return nil, nil // a second click
	}
	byCode := "invitation " + inv.ID
	onCode, err := tx.CountAttempts(byCode, time.Time{})
	if err != nil {
		return nil, err
	}
	if !inv.Used.IsZero() || now.After(inv.Expires) {
		return noMatch(n, joined), tx.AddAttempt(byAccount, now)
	}
	if onCode >= TriesPerCode {
		return noMatch(n, joined), errors.Join(p.codeDied(tx, account, inv), tx.AddAttempt(byAccount, now))
	}
	children, err := childrenOf(tx, inv.ContactID, MaySee|MayBeWrittenTo)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(children, func(c Child) bool { return c.Pupil.Born == born && born != "" }) {
		if onCode+1 == TriesPerCode {
			err = p.codeDied(tx, account, inv)
		}
		return noMatch(n, joined), errors.Join(err, tx.AddAttempt(byAccount, now), tx.AddAttempt(byCode, now))
	}
	a, err := p.actor(tx, account)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(children, func(c Child) bool { return another(a.Children, c) }) {
		// They are not told that it is the code of somebody else, alive.
		return noMatch(n, joined), errors.Join(p.event(tx, account, children[0].Pupil.School, CodeTried, Ref{RefContact, inv.ContactID}, map[string]any{}), tx.AddAttempt(byAccount, now))
	}
	barred := slices.ContainsFunc(a.Children, func(m Child) bool { return m.Responsibility.Barred != 0 }) || slices.ContainsFunc(a.Family, func(m Responsibility) bool { return m.Barred != 0 })
	return nil, p.joinBy(tx, account, inv, children, barred)
}

// invitation is the letter with this code.
func (p *Portal) invitation(tx Tx, code string) (Invitation, error) {
	inv, err := tx.InvitationByCode(p.hashCode(code))
	if errors.Is(err, ErrNotFound) { // or a letter from before there was a key
		inv, err = tx.InvitationByCode(stretched(code))
	}
	return inv, err
}

// noMatch says what an account is told that had failed so many times before. It depends on
// nothing else but whether the account has joined: not on whether the code is alive.
func noMatch(before int, joined bool) *Invalid {
	left := fmt.Sprintf("You can try %d more times today.", TriesPerAccount-before-1)
	switch before {
	case TriesPerAccount - 2:
		left = "You can try once more today."
	case TriesPerAccount - 1:
		left = "That was the last try for today. The school office can help you."
	}
	if joined {
		left += " Is the letter to somebody else? They need an account of their own: sign out, and let the person named on it sign in."
	}
	var wrong Invalid
	wrong.Add("code", "The code and the date of birth do not go together. Look at the code in the letter. "+left)
	wrong.Add("born", "Type your child’s date of birth as day, month, year. It is not in the letter")
	return &wrong
}

// joinBy joins an account by a letter that is about these children; whoever is barred from
// any child gains none of them until a named person has looked.
func (p *Portal) joinBy(tx Tx, account string, inv Invitation, children []Child, barred bool) error {
	now, school := p.now(), children[0].Pupil.School
	if err := tx.UseInvitation(inv.ID, now); err != nil {
		return err
	}
	wait := p.yesAfter(school)
	if inv.Mailed { // however letters are handed over: whoever reads the mailbox may have it
		wait = max(wait, YesAfter)
	}
	joined := Join{AccountID: account, ContactID: inv.ContactID, InvitationID: inv.ID, At: now, Counts: now.Add(wait)}
	if err := tx.PutJoin(joined); err != nil {
		return err
	}
	if err := p.queue(tx, JoinedMail, school, inv.ContactID, "", now); err != nil {
		return err
	}
	err := p.event(tx, account, school, Joined, Ref{RefContact, inv.ContactID}, map[string]any{"children": len(children), "counts": joined.Counts.UTC().Format(time.RFC3339Nano)})
	if err != nil {
		return err
	}
	for _, c := range children {
		if barred {
			is := c.Responsibility
			is.Barred = AllRights
			err = p.withhold(tx, account, school, c.Responsibility, is)
		} else {
			err = p.joinChild(tx, account, c)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// joinChild has the joins to a contact cover one of their children, and seals it.
func (p *Portal) joinChild(tx Tx, account string, c Child) error {
	if err := tx.JoinChild(c.Contact.ID, c.Pupil.ID, p.now()); err != nil {
		return err
	}
	return p.event(tx, account, c.Pupil.School, JoinExtended, Ref{RefContact, c.Contact.ID}, map[string]any{"pupil": c.Pupil.ID})
}

// codeDied notes once that a letter's code has died, and at whose hands.
func (p *Portal) codeDied(tx Tx, account string, inv Invitation) error {
	children, err := tx.ContactPupils(inv.ContactID)
	if err != nil || len(children) == 0 || !inv.Died.IsZero() {
		return err
	}
	if err := tx.EndInvitation(inv.ID, p.now()); err != nil {
		return err
	}
	return p.event(tx, account, children[0].Contact.School, CodeDied, Ref{RefContact, inv.ContactID}, map[string]any{"tries": TriesPerCode})
}

// NewJoin is somebody who has joined and of whom the office has not made sure.
type NewJoin struct {
	Join
	Contact  Contact // as the register has them: where to ring or write
	Children []Pupil // whom the join covers
	Waits    bool    // a yes does not count yet
	// Own says that whoever looks printed the letter: somebody else has to make sure of it.
	Own bool
}

// NewJoins are those of a school, the newest first, but for those of the account's own
// family: whether and when the other parent joined is a colleague's to know.
func (p *Portal) NewJoins(ctx context.Context, account, school string) (all []NewJoin, err error) {
	err = p.store.View(ctx, func(tx Tx) error {
		a, err := p.allowed(tx, account, ConfirmJoin, Subject{School: school})
		if err != nil {
			return err
		}
		all, err = p.newJoins(tx, a, school)
		return err
	})
	return all, err
}

func (p *Portal) newJoins(tx Tx, a Actor, school string) (all []NewJoin, err error) {
	joins, err := tx.Joins(school)
	if err != nil {
		return nil, err
	}
	covered, err := tx.JoinedChildren(school)
	if err != nil {
		return nil, err
	}
	contacts, err := tx.Contacts(school)
	if err != nil {
		return nil, err
	}
	pupils, err := tx.Pupils(school)
	if err != nil {
		return nil, err
	}
	family, err := a.kin(tx, school)
	if err != nil {
		return nil, err
	}
	named, known, children := byID(contacts), make(map[string]Pupil, len(pupils)), map[string][]Pupil{}
	for _, x := range pupils {
		known[x.ID] = x
	}
	for l := range covered {
		if x, ok := known[l.PupilID]; ok && x.OnRoll() {
			children[l.ContactID] = append(children[l.ContactID], x)
		}
	}
	own := map[string]bool{} // by who printed a letter
	for _, j := range slices.Backward(joins) {
		theirs := children[j.ContactID]
		if !j.Confirmed.IsZero() || len(theirs) == 0 || family.contacts[j.ContactID] { // who covers nobody acts for nobody
			continue
		}
		if _, asked := own[j.IssuedBy]; !asked {
			if own[j.IssuedBy], err = p.printed(tx, a.AccountID, j.IssuedBy); err != nil {
				return nil, err
			}
		}
		slices.SortFunc(theirs, func(a, b Pupil) int {
			return cmp.Or(cmp.Compare(cmp.Or(a.Born, "~"), cmp.Or(b.Born, "~")), cmp.Compare(a.ID, b.ID))
		})
		n := NewJoin{Join: j, Contact: named[j.ContactID], Children: theirs, Waits: j.Counts.After(p.now()), Own: own[j.IssuedBy]}
		all = append(all, n)
	}
	return all, nil
}

// ConfirmJoins records, for all of the contacts or for none, that the office has made
// sure that it was they who joined: from now on their yes counts. It answers
// [ErrNotFound] for a contact as whom nobody has joined, and [ErrForbidden] for one of
// the account's own family, or whose letter the account printed: nobody vouches for
// themselves, in their own family, or for what may be their own work.
func (p *Portal) ConfirmJoins(ctx context.Context, account, school string, contacts ...string) error {
	return p.store.Update(ctx, func(tx Tx) error {
		a, err := p.allowed(tx, account, ConfirmJoin, Subject{School: school})
		if err != nil {
			return err
		}
		joins, err := tx.Joins(school)
		if err != nil {
			return err
		}
		family, err := a.kin(tx, school)
		if err != nil {
			return err
		}
		now := p.now()
		for _, contact := range contacts {
			found := false
			for _, j := range joins {
				if j.ContactID != contact {
					continue
				}
				found = true
				own, err := p.printed(tx, account, j.IssuedBy)
				if err != nil {
					return err
				}
				if own || family.contacts[contact] {
					return fmt.Errorf("join: %w", ErrForbidden)
				}
				if !j.Confirmed.IsZero() {
					continue
				}
				if j.Confirmed = now; j.Counts.After(now) {
					j.Counts = now
				}
				if err := tx.PutJoin(j); err != nil {
					return err
				}
				if err := p.event(tx, account, school, JoinConfirmed, Ref{RefContact, contact}, map[string]any{}); err != nil {
					return err
				}
			}
			if !found {
				return fmt.Errorf("join: %w", ErrNotFound)
			}
		}
		return nil
	})
}

// printer is an account as a letter says who printed it: of the operators each by name.
func (p *Portal) printer(account string) string {
	if account == Operator && p.operator != "" {
		return Operator + " " + p.operator
	}
	return account
}

// printed says whether a letter was printed by whoever has an account: by it, or by
// another of the same address at the school, as of somebody who signs in in two ways.
func (p *Portal) printed(tx Tx, account, issuedBy string) (bool, error) {
	if issuedBy == p.printer(account) {
		return true, nil
	}
	mine, err := staffAddress(tx, account)
	if err != nil || mine == "" {
		return false, err
	}
	theirs, err := staffAddress(tx, issuedBy)
	return strings.EqualFold(mine, theirs), err
}

// another says whether the account already speaks for the child as somebody
// else: two parents never share one account.
func another(mine []Child, c Child) bool {
	return slices.ContainsFunc(mine, func(m Child) bool {
		return m.Pupil.ID == c.Pupil.ID && m.Contact.ID != c.Contact.ID
	})
}
