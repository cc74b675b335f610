package portal

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// How long a session lives.
const (
	HandshakeLife = 15 * time.Minute
	SessionIdle   = 2 * time.Hour  // without a request
	SessionLife   = 12 * time.Hour // whatever happens
	StaffIdle     = 30 * time.Minute
	StaffLife     = 8 * time.Hour
	// HeldLife is how long an expired session is remembered, and with it a form
	// it could not send.
	HeldLife = 24 * time.Hour
)

// StartSignIn opens a session that waits for somebody's return from their
// provider, and answers the value for its cookie.
func (p *Portal) StartSignIn(ctx context.Context, h Handshake, returnTo string) (token string, err error) {
	token = newID() + newID()
	now := p.now()
	err = p.store.Update(ctx, func(tx Tx) error {
		return tx.PutSession(Session{Hash: hashToken(token), Handshake: h, ReturnTo: returnTo, Created: now, Expires: now.Add(HandshakeLife)})
	})
	return token, err
}

// TakeHandshake is the sign-in that a session waits for, and ends it: a
// handshake is good for one return. It answers [ErrNotFound] where there is none.
func (p *Portal) TakeHandshake(ctx context.Context, token string) (s Session, err error) {
	err = p.store.Update(ctx, func(tx Tx) error {
		if s, err = tx.Session(hashToken(token)); err != nil {
			return err
		}
		if s.AccountID != "" || s.Handshake.State == "" || !p.now().Before(s.Expires) {
			return fmt.Errorf("sign-in under way: %w", ErrNotFound)
		}
		return tx.DeleteSession(s.Hash)
	})
	return s, err
}

// StartSession opens a signed-in session of an account, with what is known of where
// and how, and answers the value for its cookie, which is always a new one.
func (p *Portal) StartSession(ctx context.Context, of Session) (token string, err error) {
	token = newID() + newID()
	now := p.now()
	err = p.store.Update(ctx, func(tx Tx) error {
		account, err := tx.Account(of.AccountID)
		if err != nil {
			return fmt.Errorf("account: %w", err)
		}
		idle, _ := p.lives(account)
		of.Hash, of.Created, of.Expires = hashToken(token), now, now.Add(idle)
		return tx.PutSession(of)
	})
	return token, err
}

// lives is how long an account's sessions live without a request, and at most.
func (p *Portal) lives(a Account) (idle, life time.Duration) {
	if len(p.rolesOf(a.Identity)) > 0 {
		return StaffIdle, StaffLife
	}
	return SessionIdle, SessionLife
}

// Session is the session of a cookie's value, and whether it is live: what the
// settings ask of staff, they ask from the next request on. One that has lately
// expired is answered too, so that what its owner typed can be held for them. It
// answers [ErrNotFound] for any other value.
func (p *Portal) Session(ctx context.Context, token string) (s Session, live bool, err error) {
	now := p.now()
	var a Account
	err = p.store.View(ctx, func(tx Tx) error {
		s, a, err = tx.SessionAccount(hashToken(token))
		return err
	})
	if err != nil {
		return s, false, err
	}
	idle, life := p.lives(a)
	live = s.Live(now) && now.Before(s.Created.Add(life)) && (s.SecondFactor || !p.demands.factor(p.rolesOf(a.Identity)))
	if live && s.Expires.Sub(now) < idle/2 {
		if later := earlier(now.Add(idle), s.Created.Add(life)); later.After(s.Expires) {
			s.Expires = later
			err = p.store.Update(ctx, func(tx Tx) error {
				// Somebody may have signed out since it was read.
				if _, err := tx.Session(s.Hash); err != nil {
					return err
				}
				return tx.PutSession(s)
			})
		}
	}
	return s, live && err == nil, err
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// EndSession signs out.
func (p *Portal) EndSession(ctx context.Context, token string) error {
	return p.store.Update(ctx, func(tx Tx) error { return tx.DeleteSession(hashToken(token)) })
}

// Sessions are an account's live sessions, the newest first.
func (p *Portal) Sessions(ctx context.Context, account string) (live []Session, err error) {
	err = p.store.View(ctx, func(tx Tx) error {
		live = nil
		all, err := tx.AccountSessions(account)
		for _, s := range all {
			if s.Live(p.now()) {
				live = append(live, s)
			}
		}
		return err
	})
	return live, err
}

// EndSessions ends all sessions of an account, or the one of a hash.
func (p *Portal) EndSessions(ctx context.Context, account, hash string) error {
	return p.store.Update(ctx, func(tx Tx) error {
		all, err := tx.AccountSessions(account)
		for _, s := range all {
			if hash == "" || s.Hash == hash {
				err = errors.Join(err, tx.DeleteSession(s.Hash))
			}
		}
		return err
	})
}

// Fresh answers [ErrStale] for a session whose owner has not just proved who they
// are. What staff do wants it [ByProvider].
func (p *Portal) Fresh(s Session, by ProvedBy) error {
	if s.fresh(p.now(), by) {
		return nil
	}
	return ErrStale
}

// Confirm lets the session's owner say yes to something about a child, or sign. Where
// the school asks for it, the first time in a session wants them to have just proved
// who they are, and is [ErrStale] otherwise. A no is never held up.
func (p *Portal) Confirm(ctx context.Context, token, pupil string) error {
	if len(p.demands.SignAgain) == 0 {
		return nil
	}
	return p.store.Update(ctx, func(tx Tx) error {
		s, err := tx.Session(hashToken(token))
		if err != nil || !s.Confirmed.IsZero() {
			return err
		}
		a, err := p.actor(tx, s.AccountID)
		if err != nil {
			return err
		}
		child, ok := a.childFor(pupil, MaySee|MayDecide)
		if !ok || !covers(p.demands.SignAgain, child.Pupil.School) {
			return nil
		}
		if err := p.Fresh(s, ByReturning); err != nil {
			return err
		}
		s.Confirmed = p.now()
		return tx.PutSession(s)
	})
}

// Hold keeps a form that an expired session could not send, for the same
// account's next session.
func (p *Portal) Hold(ctx context.Context, account, path string, form map[string][]string) error {
	return p.store.Update(ctx, func(tx Tx) error {
		return tx.PutHeld(HeldForm{AccountID: account, Path: path, Form: form, At: p.now()})
	})
}

// Held is the form held for an account at a path; nil where there is none. It stays until
// it is sent, and [Portal.DropHeld] called.
func (p *Portal) Held(ctx context.Context, account, path string) (form map[string][]string, err error) {
	err = p.store.View(ctx, func(tx Tx) error {
		held, err := tx.Held(account, path)
		if form = held.Form; errors.Is(err, ErrNotFound) {
			return nil
		}
		return err
	})
	return form, err
}

// DropHeld forgets the form held for an account at a path.
func (p *Portal) DropHeld(ctx context.Context, account, path string) error {
	return p.store.Update(ctx, func(tx Tx) error { return tx.DropHeld(account, path) })
}

// Tidy deletes what has had its time: sessions, and at once those that anybody
// can open by beginning to sign in; held forms; class lists that were never
// applied; counted attempts older than any code; mails that ended long ago; and accounts that in the life
// of a code came to nothing.
func (p *Portal) Tidy(ctx context.Context) error {
	now := p.now()
	tidied := p.store.Update(ctx, func(tx Tx) error {
		return errors.Join(
			tx.DeleteHandshakesBefore(now),
			tx.DeleteSessionsBefore(now.Add(-HeldLife)),
			tx.DeleteHeldBefore(now.Add(-HeldLife)),
			tx.DeleteListUndosBefore(now.Add(-UndoLife)),
			tx.DeleteHeldListsBefore(now.Add(-ImportLife)),
			tx.DeleteSittingsBefore(now),
			tx.DeleteAttemptsBefore(now.Add(-CodeLife-TriesWindow)),
			tx.DeleteMailsEndedBefore(now.Add(-mailsKept)),
		)
	})
	return errors.Join(tidied, p.store.Update(ctx, func(tx Tx) error { return tx.DeleteStrangersBefore(now.Add(-CodeLife)) }), p.sweepPhotos(ctx))
}

func hashToken(token string) string {
	sum := sha256.Sum256([]byte("schoolgate session " + token))
	return hex.EncodeToString(sum[:])
}

// newID is a random identifier of 130 bits.
func newID() string { return rand.Text() }
