package portal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// School is what the portal has to know of a school: how to name it and reach
// it, and the texts it puts to families now.
type School struct {
	Slug      string
	Name      string
	ShortName string
	Address   []string
	Phone     string
	Email     string
	Site      string  // the public site's address, with a slash at the end
	Texts     []Text  // current wordings of every audience: agreements and purposes
	Periods   Periods `json:"Keep"` // how long it keeps what; stored under its first name
}

// Current is the wording now in force of an agreement or purpose that is put to
// parents.
func (s School) Current(kind Kind, slug string) (Text, bool) {
	for _, t := range s.Texts {
		if t.Kind == kind && t.Slug == slug && t.forParents() {
			return t, true
		}
	}
	return Text{}, false
}

// Of is the current texts of one kind that are put to parents.
func (s School) Of(kind Kind) []Text {
	var out []Text
	for _, t := range s.Texts {
		if t.Kind == kind && t.forParents() {
			out = append(out, t)
		}
	}
	return out
}

// asks is what waits for the word of whoever decides for a pupil: not what goes ahead
// unless somebody objects.
func (s School) asks(x Pupil) []Text {
	return slices.DeleteFunc(append(s.Of(Agreement), s.Of(Purpose)...), func(t Text) bool { return t.Objected() || !t.Asks(x) })
}

// Portal is the operations. It is safe for concurrent use.
type Portal struct {
	store   Store
	ledger  Ledger
	staff   []Staff
	demands Demands
	// operator is who runs the command line, for the events.
	operator string
	yesAfter func(school string) time.Duration
	mail     *MailRules                  // nil where no mail is sent
	erased   func(context.Context) error // after each run that erases; nil for nothing
	now      func() time.Time
	shown    shownCache
	looked   lookedCache
	shelf    Shelf // of the picture desk; nil for none
}

// New makes a portal. Staff are named by the settings, and lose their rights as
// soon as the settings no longer name them. Now is the clock; nil is the real one.
func New(store Store, ledger Ledger, staff []Staff, now func() time.Time) *Portal {
	if now == nil {
		now = time.Now
	}
	p := &Portal{ledger: ledger, staff: staff, yesAfter: func(string) time.Duration { return YesAfter }, now: func() time.Time { return now().UTC().Truncate(time.Microsecond) }}
	p.store = &watchful{Store: store, p: p}
	return p
}

// CountYesAfter sets how long after somebody has joined by a letter their yes begins to
// count at a school; without it, [YesAfter] everywhere.
func (p *Portal) CountYesAfter(wait func(school string) time.Duration) { p.yesAfter = wait }

// Demand says what schools ask of those who sign in. It is called before the portal
// is used.
func (p *Portal) Demand(d Demands) { p.demands = d }

// rolesOf is what the settings say now of somebody who signs in.
func (p *Portal) rolesOf(id Identity) (roles []Staff) {
	for _, s := range p.staff {
		if id.StaffEmail != "" && strings.EqualFold(s.Email, id.StaffEmail) {
			roles = append(roles, s)
		}
	}
	return roles
}

// SetSchools tells the portal of schools and their current texts, after each
// build of the site. Schools it does not name stay as they were. It changes
// nothing where a text is not the one that its hash names: another source, or
// the source of another text or edition, for that is what people sign.
func (p *Portal) SetSchools(ctx context.Context, schools []School) error {
	var failed []error
	for _, s := range schools {
		err := p.store.Update(ctx, func(tx Tx) error {
			for _, t := range s.Texts {
				if err := ownHash(tx, s.Slug, t); err != nil {
					return fmt.Errorf("text %s: %w", t.Slug, err)
				}
			}
			return p.putSchool(tx, s)
		})
		if err != nil {
			failed = append(failed, fmt.Errorf("school %s: %w", s.Slug, err))
		}
	}
	return errors.Join(failed...)
}

// hashText is a text's SHA-256, hexadecimal.
func hashText(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func ownHash(tx Tx, school string, t Text) error {
	if t.Hash != hashText(t.Source) {
		return errors.New("its hash is not its source's")
	}
	was, err := tx.Text(school, t.Hash)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return err
	case was.Kind != t.Kind || was.Slug != t.Slug || was.Edition != t.Edition:
		return fmt.Errorf("its source is that of %s %s, edition %d", was.Kind, was.Slug, was.Edition)
	}
	return nil
}

// today is the calendar day in England.
func (p *Portal) today() Date { return day(p.now()) }

// Schools is every school, by slug.
func (p *Portal) Schools(ctx context.Context) (all []School, err error) {
	err = p.store.View(ctx, func(tx Tx) error {
		all, err = tx.Schools()
		return err
	})
	return all, err
}

// School finds a school by slug, or answers [ErrNotFound].
func (p *Portal) School(ctx context.Context, slug string) (s School, err error) {
	err = p.store.View(ctx, func(tx Tx) error {
		s, err = tx.School(slug)
		return err
	})
	return s, err
}

// actor gathers what an account may do, within a transaction.
func (p *Portal) actor(tx Tx, account string) (Actor, error) {
	a := Actor{AccountID: account}
	if account == Operator {
		return a, nil
	}
	acct, err := tx.Account(account)
	if err != nil {
		return a, fmt.Errorf("account: %w", err)
	}
	a.Roles = p.rolesOf(acct.Identity)
	if a.Contacts, err = tx.AccountContacts(account); err != nil {
		return a, fmt.Errorf("contacts of %v: %w", acct, err)
	}
	if a.Children, err = tx.AccountChildren(account); err != nil {
		return a, fmt.Errorf("children of %v: %w", acct, err)
	}
	email := ""
	if len(a.Roles) > 0 { // who works here with one account may be a parent with another
		email = acct.Identity.StaffEmail
	}
	family, err := tx.AccountFamily(account, strings.ToLower(email))
	if err != nil {
		return a, fmt.Errorf("family of %v: %w", acct, err)
	}
	for _, r := range family {
		if r.Unsettled && a.looksAfter() {
			a.Unsure = append(a.Unsure, r)
		} else {
			a.Family = append(a.Family, r)
		}
	}
	for _, c := range a.Children {
		if a.listedAlone(c) {
			a.Unsure = append(a.Unsure, c.Responsibility)
		}
	}
	return a, nil
}

// allowed is the actor, if they may do this to that.
func (p *Portal) allowed(tx Tx, account string, do Action, to Subject) (Actor, error) {
	a, err := p.actor(tx, account)
	if err == nil {
		err = a.May(do, to)
	}
	return a, err
}

// Actor is what an account may do now.
func (p *Portal) Actor(ctx context.Context, account string) (a Actor, err error) {
	err = p.store.View(ctx, func(tx Tx) error {
		a, err = p.actor(tx, account)
		return err
	})
	return a, err
}

// Account is an account by its id.
func (p *Portal) Account(ctx context.Context, id string) (a Account, err error) {
	err = p.store.View(ctx, func(tx Tx) error {
		a, err = tx.Account(id)
		return err
	})
	return a, err
}

// SignedIn finds or makes the account of somebody a provider has vouched for. It
// answers [ErrSecondFactor] for staff who lack one that their school asks for.
func (p *Portal) SignedIn(ctx context.Context, id Identity) (a Account, err error) {
	if id.Provider == "" || id.Issuer == "" || id.Subject == "" {
		return a, errors.New("an identity without provider, issuer or subject")
	}
	roles := p.rolesOf(id)
	if !id.SecondFactor && p.demands.factor(roles) {
		return a, ErrSecondFactor
	}
	err = p.store.Update(ctx, func(tx Tx) error {
		a, err = tx.AccountByIdentity(id.Provider, id.Issuer, id.Subject)
		if errors.Is(err, ErrNotFound) {
			a = Account{ID: newID(), Created: p.now()}
		} else if err != nil {
			return err
		}
		a.LastSignIn = p.now()
		// Nobody is shown the name, so it is not kept.
		a.Identity = Identity{Provider: id.Provider, Issuer: id.Issuer, Subject: id.Subject, StaffEmail: id.StaffEmail}
		if err := tx.PutAccount(a); err != nil {
			return err
		}
		for _, s := range roles {
			factor := map[bool]string{true: "yes", false: "not said"}[id.SecondFactor]
			if err := p.event(tx, a.ID, s.School, StaffSignedIn, Ref{RefAccount, a.ID}, map[string]any{"role": s.Role, "provider": id.Provider, "second factor": factor}); err != nil {
				return err
			}
		}
		return nil
	})
	return a, err
}
