package portal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// How far guessing gets: a code is 57 bits of chance, so what is left to guess
// is the date of birth on a letter that has been found or opened.
const (
	CodeLife        = 60 * 24 * time.Hour
	TriesPerCode    = 5  // wrong dates of birth, for as long as the code lives; then it is dead
	TriesPerAccount = 10 // failures of any kind
	TriesWindow     = 24 * time.Hour
)

// Join joins an account to the contact whom a letter was sent to, by the
// letter's code and the date of birth of any child it is about. A code works
// once. It answers [*Invalid] where code and date do not fit together, saying
// nothing of which was wrong, and [ErrTooMany] when the limit is reached;
// failures are counted durably.
func (p *Portal) Join(ctx context.Context, account, code string, born Date) error {
	var failed error
	err := p.store.Update(ctx, func(tx Tx) error {
		failed = nil
		now := p.now()
		byAccount := "account " + account
		n, err := tx.CountAttempts(byAccount, now.Add(-TriesWindow))
		if err != nil {
			return err
		}
		if n >= TriesPerAccount {
			failed = ErrTooMany
			return nil
		}
		fail := func(keys ...string) error {
			var wrong Invalid
			left := fmt.Sprintf("You can try %d more times today.", TriesPerAccount-n-1)
			switch n {
			case TriesPerAccount - 2:
				left = "You can try once more today."
			case TriesPerAccount - 1:
				left = "That was the last try for today. The school office can help you."
			}
			wrong.Add("code", "The code and the date of birth do not match a letter we sent. Check both against the letter. "+left)
			failed = &wrong
			for _, k := range keys {
				if err := tx.AddAttempt(k, now); err != nil {
					return err
				}
			}
			return nil
		}
		inv, err := tx.InvitationByCode(hashCode(NormalCode(code)))
		if errors.Is(err, ErrNotFound) {
			return fail(byAccount)
		} else if err != nil {
			return err
		}
		contacts, err := tx.AccountContacts(account)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(contacts, func(c Contact) bool { return c.ID == inv.ContactID }) {
			return nil // a second click
		}
		byCode := "invitation " + inv.ID
		onCode, err := tx.CountAttempts(byCode, time.Time{})
		if err != nil {
			return err
		}
		if !inv.Used.IsZero() || now.After(inv.Expires) || onCode >= TriesPerCode {
			return fail(byAccount)
		}
		children, err := spokenFor(tx, inv.ContactID)
		if err != nil {
			return err
		}
		mine, err := tx.AccountChildren(account)
		if err != nil {
			return err
		}
		for _, c := range children {
			if c.Pupil.Born == born && born != "" {
				if slices.ContainsFunc(children, func(c Child) bool { return another(mine, c) }) {
					var wrong Invalid
					wrong.Add("code", "This letter is about a child whom you have already joined by another letter. Each adult needs an account of their own: sign out, and let the person named on the letter sign in.")
					failed = &wrong
					return nil
				}
				if err := tx.UseInvitation(inv.ID, now); err != nil {
					return err
				}
				if err := tx.JoinContact(account, inv.ContactID, now); err != nil {
					return err
				}
				for _, c := range children {
					if err := tx.JoinChild(inv.ContactID, c.Pupil.ID, now); err != nil {
						return err
					}
				}
				return p.event(tx, account, c.Pupil.School, Joined, Ref{RefContact, inv.ContactID}, map[string]any{"children": len(children)})
			}
		}
		return fail(byAccount, byCode)
	})
	if err != nil {
		return err
	}
	return failed
}

// another says whether the account already speaks for the child as somebody
// else: two parents never share one account.
func another(mine []Child, c Child) bool {
	return slices.ContainsFunc(mine, func(m Child) bool {
		return m.Pupil.ID == c.Pupil.ID && m.Contact.ID != c.Contact.ID
	})
}
