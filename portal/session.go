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

// StartSession opens a signed-in session and answers the value for its cookie,
// which is always a new one.
func (p *Portal) StartSession(ctx context.Context, account string) (token string, err error) {
	token = newID() + newID()
	now := p.now()
	err = p.store.Update(ctx, func(tx Tx) error {
		return tx.PutSession(Session{Hash: hashToken(token), AccountID: account, Created: now, Expires: now.Add(SessionIdle)})
	})
	return token, err
}

// Session is the session of a cookie's value, and whether it is live. One that
// has lately expired is answered too, so that what its owner typed can be held
// for them. It answers [ErrNotFound] for any other value.
func (p *Portal) Session(ctx context.Context, token string) (s Session, live bool, err error) {
	now := p.now()
	err = p.store.View(ctx, func(tx Tx) error {
		s, err = tx.Session(hashToken(token))
		return err
	})
	if err != nil {
		return s, false, err
	}
	if live = s.Live(now); live && s.Expires.Sub(now) < SessionIdle/2 {
		if later := earlier(now.Add(SessionIdle), s.Created.Add(SessionLife)); later.After(s.Expires) {
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

// Hold keeps a form that an expired session could not send, for the same
// account's next session.
func (p *Portal) Hold(ctx context.Context, account, path string, form map[string][]string) error {
	return p.store.Update(ctx, func(tx Tx) error {
		return tx.PutHeld(HeldForm{AccountID: account, Path: path, Form: form, At: p.now()})
	})
}

// TakeHeld is the form held for an account at a path, which is then forgotten;
// nil where there is none.
func (p *Portal) TakeHeld(ctx context.Context, account, path string) (form map[string][]string, err error) {
	err = p.store.Update(ctx, func(tx Tx) error {
		form = nil
		held, err := tx.TakeHeld(account, path)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		form = held.Form
		return err
	})
	return form, err
}

// Tidy deletes what has had its time: sessions, and at once those that anybody
// can open by beginning to sign in; held forms; class lists that were never
// applied; counted attempts older than any code; and accounts that in the life
// of a code came to nothing.
func (p *Portal) Tidy(ctx context.Context) error {
	now := p.now()
	tidied := p.store.Update(ctx, func(tx Tx) error {
		return errors.Join(
			tx.DeleteHandshakesBefore(now),
			tx.DeleteSessionsBefore(now.Add(-HeldLife)),
			tx.DeleteHeldBefore(now.Add(-HeldLife)),
			tx.DeleteHeldListsBefore(now.Add(-ImportLife)),
			tx.DeleteAttemptsBefore(now.Add(-CodeLife-TriesWindow)),
		)
	})
	return errors.Join(tidied, p.store.Update(ctx, func(tx Tx) error { return tx.DeleteStrangersBefore(now.Add(-CodeLife)) }))
}

func hashToken(token string) string {
	sum := sha256.Sum256([]byte("schoolgate session " + token))
	return hex.EncodeToString(sum[:])
}

// newID is a random identifier of 130 bits.
func newID() string { return rand.Text() }
