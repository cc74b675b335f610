package portal

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Blank is something that a school is asked for, by the key at which its own file answers:
// "email", "blanks.head", or "uses.press" for an optional part. What may stand there is the
// site's to know.
type Blank struct {
	Key, Group    string
	What, Example string
	Own           string   // what the school's file says; "" for nothing
	Trust         string   // what the trust answers for every school
	Before, After string   // the sentence of the model around it
	Where         string   // title of the page or part that it is from
	Switch        bool     // an optional part: Own is "yes" or ""
	Adds          []string // titles of what the optional part adds to
	Needed        bool     // the site is not built without an answer
}

// BlankForm is everything that a school is asked for, as its file and a draft answer it.
type BlankForm struct {
	Blanks []Blank
	Open   []string          // keys that are still to be answered before the site is built
	Wrong  map[string]string // by key: what cannot stand there, and why
	Rest   []string          // what else keeps the site from being built
	Kept   []string          // what the file holds besides, and is left as it is
}

// Own are the answers of the school's file by key.
func (f BlankForm) Own() map[string]string {
	own := map[string]string{}
	for _, b := range f.Blanks {
		own[b.Key] = b.Own
	}
	return own
}

// DraftState is how far a draft has come.
type DraftState string

const (
	DraftOpen     DraftState = "open"
	DraftSent     DraftState = "sent"     // to a second person
	DraftApproved DraftState = "approved" // and is in the school's file; the site is being built
)

// Draft is what staff mean to change of a school's own answers: one for each school. Once it
// is public it is gone, and the events tell of it.
type Draft struct {
	School  string            `json:"-"`
	State   DraftState        `json:"state"` // "" where there is no draft
	Changes map[string]Change `json:"changes"`

	Why        string `json:"why,omitempty"` // what the change is for
	Sent       Step   `json:"sent,omitzero"`
	SentAs     Role   `json:"sent_as,omitempty"`
	Approved   Step   `json:"approved,omitzero"`
	ApprovedAs Role   `json:"approved_as,omitempty"`
	Governors  Date   `json:"governors,omitempty"` // when they agreed; "" for not said
	Minute     string `json:"minute,omitempty"`    // and where that is written
	Trouble    string `json:"trouble,omitempty"`   // why it came back, or is not public
}

// Change is one answer: what the school's file said when somebody began on it, and what it
// is to say. By is the account that wrote it last.
type Change struct {
	Was string    `json:"was"`
	Now string    `json:"now"`
	By  string    `json:"by"`
	At  time.Time `json:"at"`
}

// Answers are what a draft says, by key.
func (x Draft) Answers() map[string]string {
	all := map[string]string{}
	for key, c := range x.Changes {
		all[key] = c.Now
	}
	return all
}

// Clash are the keys of which the school's file says now neither what it said when they
// were drafted nor what the draft says: somebody has been at the file.
func (x Draft) Clash(own map[string]string) (keys []string) {
	for _, key := range slices.Sorted(maps.Keys(x.Changes)) {
		if c := x.Changes[key]; own[key] != c.Was && own[key] != c.Now {
			keys = append(keys, key)
		}
	}
	return keys
}

// Digest is the same for the same draft: what somebody approves is what they have read.
func (x Draft) Digest() string {
	b, _ := json.Marshal(x) // strings and times always encode
	return hashText(string(b))[:16]
}

func (x Draft) writtenBy(account string) bool {
	return slices.ContainsFunc(slices.Collect(maps.Values(x.Changes)), func(c Change) bool { return c.By == account })
}

func (x Draft) keys() string { return strings.Join(slices.Sorted(maps.Keys(x.Changes)), ", ") }

// draftOf is the draft of a school, or the empty one.
func draftOf(tx Tx, school string) (Draft, error) {
	x, err := tx.Draft(school)
	if errors.Is(err, ErrNotFound) {
		x, err = Draft{School: school}, nil
	}
	if x.Changes == nil {
		x.Changes = map[string]Change{}
	}
	return x, err
}

// DraftView is a school's draft as an account sees it.
type DraftView struct {
	Draft
	Sender, Approver string               // as the school knows them
	Last             map[string]LastWrite // by key: who changed it last, of what went through the portal
	MayApprove       bool                 // and it is none of their own work
	Published        time.Time
}

// LastWrite is who wrote an answer last, and when, in UTC.
type LastWrite struct {
	Who string
	At  time.Time
}

// Draft is a school's draft, for whoever fills in its blanks or approves them.
func (p *Portal) Draft(ctx context.Context, account, school string) (v DraftView, err error) {
	err = p.store.View(ctx, func(tx Tx) error {
		a, err := p.allowed(tx, account, FillBlanks, Subject{School: school})
		if err != nil {
			return err
		}
		v = DraftView{Last: map[string]LastWrite{}}
		name := staffNames(tx)
		if v.Draft, err = draftOf(tx, school); err != nil {
			return err
		}
		v.MayApprove = v.State == DraftSent && p.mayApprove(tx, a, v.Draft) == nil
		wrote := func(key, by string, at time.Time) error {
			who, err := name(by)
			if v.Last[key].At.Before(at) {
				v.Last[key] = LastWrite{who, at}
			}
			return err
		}
		done, err := tx.Events(EventFilter{School: school, Kind: BlanksPublished, Most: MostEvents})
		if err != nil {
			return err
		}
		for i, e := range done {
			if i == 0 {
				v.Published = e.At
			}
			var said struct{ Account map[string]string }
			if err := json.Unmarshal([]byte(e.Details), &said); err != nil {
				return fmt.Errorf("%v: %w", e, err)
			}
			for key, by := range said.Account {
				if err := wrote(key, by, e.At); err != nil {
					return err
				}
			}
		}
		for key, c := range v.Changes {
			if err := wrote(key, c.By, c.At); err != nil {
				return err
			}
		}
		if v.Sender, err = name(v.Sent.By); err == nil {
			v.Approver, err = name(v.Approved.By)
		}
		return err
	})
	return v, err
}

// mayApprove answers nil for whoever may approve a draft: nobody of whom a part of it is.
func (p *Portal) mayApprove(tx Tx, a Actor, x Draft) error {
	writers := []string{x.Sent.By}
	for _, c := range x.Changes {
		writers = append(writers, c.By)
	}
	for _, by := range writers {
		own, err := a.ownWork(tx, by)
		if err == nil {
			err = a.May(ApproveBlanks, Subject{School: x.School, By: own})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// changeDraft changes a school's draft in one transaction. Seen is its [Draft.Digest] as
// somebody read it; "" where that does not matter.
func (p *Portal) changeDraft(ctx context.Context, account, school, seen string, kind ActKind, do func(Tx, Actor, *Draft, *Invalid) error) (x Draft, err error) {
	err = p.store.Update(ctx, func(tx Tx) error {
		a, err := p.allowed(tx, account, FillBlanks, Subject{School: school})
		if err != nil {
			return err
		}
		if x, err = draftOf(tx, school); err != nil {
			return err
		}
		before := x.Digest()
		var wrong Invalid
		if seen != "" && seen != before {
			wrong.Add("do", "Somebody else changed these answers while you were reading. Nothing was done. Look at them again")
			return &wrong
		}
		if err := do(tx, a, &x, &wrong); err != nil {
			return err
		}
		if err := wrong.Or(); err != nil || x.Digest() == before {
			return err
		}
		details := map[string]any{"blanks": x.keys()}
		if x.Why != "" {
			details["why"] = x.Why
		}
		if len(x.Changes) == 0 {
			err = tx.DeleteDraft(school)
		} else {
			err = tx.PutDraft(x)
		}
		if err != nil {
			return err
		}
		return p.event(tx, account, school, kind, Ref{RefSchool, school}, details)
	})
	return x, err
}

// roleAt is as what somebody acts at a school.
func (a Actor) roleAt(do Action, school string) Role {
	for _, s := range a.roles() {
		if s.covers(school) && s.may(do) {
			return s.Role
		}
	}
	return ""
}

// Typed is an answer as somebody saw it and as they left it.
type Typed struct{ Seen, Now string }

// SaveDraft keeps answers, by key, that are others than they were; own is what the school's
// file says. A draft that was sent has to be sent again. Where somebody else has changed an
// answer meanwhile, nothing is saved, and [*Invalid] says so at its field.
func (p *Portal) SaveDraft(ctx context.Context, account, school string, own map[string]string, typed map[string]Typed) error {
	_, err := p.changeDraft(ctx, account, school, "", BlanksDrafted, func(_ Tx, _ Actor, x *Draft, wrong *Invalid) error {
		changes := map[string]Change{}
		if x.State != DraftApproved { // that is in the file already
			maps.Copy(changes, x.Changes)
		}
		changed := false
		for key, t := range typed {
			c, drafted := changes[key]
			now := own[key]
			if drafted {
				now = c.Now
			}
			if t.Now == t.Seen || t.Now == now {
				continue
			}
			if t.Seen != now {
				wrong.Add(key, "Somebody else has meanwhile written here: "+cmp.Or(now, "nothing")+". What you typed is not saved. If yours is right, save it again")
				continue
			}
			if !drafted {
				c.Was = own[key]
			}
			changed = true
			if c.Now, c.By, c.At = t.Now, account, p.now(); c.Now == c.Was {
				delete(changes, key)
			} else {
				changes[key] = c
			}
		}
		if changed {
			*x = Draft{School: school, State: DraftOpen, Changes: changes}
		}
		return nil
	})
	return err
}

// SettleClash ends a clash with the school's file, which says own: the draft's answer goes
// on in its place, or is given up.
func (p *Portal) SettleClash(ctx context.Context, account, school, key, own string, draft bool) error {
	_, err := p.changeDraft(ctx, account, school, "", BlanksDrafted, func(_ Tx, _ Actor, x *Draft, _ *Invalid) error {
		c, ok := x.Changes[key]
		if !ok {
			return fmt.Errorf("change: %w", ErrNotFound)
		}
		changes := maps.Clone(x.Changes)
		if c.Was = own; draft {
			changes[key] = c
		} else {
			delete(changes, key)
		}
		*x = Draft{School: school, State: DraftOpen, Changes: changes}
		return nil
	})
	return err
}

// SendDraft puts a draft to a second person, with what it is for.
func (p *Portal) SendDraft(ctx context.Context, account, school, seen, why string) error {
	_, err := p.changeDraft(ctx, account, school, seen, BlanksSent, func(_ Tx, a Actor, x *Draft, wrong *Invalid) error {
		if x.State != DraftOpen {
			wrong.Add("do", "There is nothing to send")
		}
		x.Why = words(wrong, "why", why, "Say in a sentence what the change is for", MaxReason)
		x.State, x.Sent, x.SentAs, x.Trouble = DraftSent, Step{account, p.now()}, a.roleAt(FillBlanks, school), ""
		return nil
	})
	return err
}

// DropDraft gives a draft up.
func (p *Portal) DropDraft(ctx context.Context, account, school, seen string) error {
	_, err := p.changeDraft(ctx, account, school, seen, BlanksDropped, func(_ Tx, _ Actor, x *Draft, wrong *Invalid) error {
		if x.State == DraftApproved {
			wrong.Add("do", "It is approved, and in the school’s file. Change the answers again")
		}
		x.Changes = nil
		return nil
	})
	return err
}

// ReturnDraft sends a draft back to whoever wrote it, and says why.
func (p *Portal) ReturnDraft(ctx context.Context, account, school, seen, why string) error {
	_, err := p.changeDraft(ctx, account, school, seen, BlanksReturned, func(tx Tx, a Actor, x *Draft, wrong *Invalid) error {
		if err := p.mayApprove(tx, a, *x); err != nil {
			return err
		}
		x.State, x.Trouble = DraftOpen, words(wrong, "back", why, "Say what has to be put right", MaxReason)
		return nil
	})
	return err
}

// ApproveDraft approves what was sent, as it was seen, and has it written: the day on which
// the governors agreed, and their minute, may be left empty. Where it cannot be written, the
// draft waits as before, and the error of write says why.
func (p *Portal) ApproveDraft(ctx context.Context, account, school, seen, governors, minute string, write func(context.Context, Draft) error) error {
	var sent Draft
	x, err := p.changeDraft(ctx, account, school, seen, BlanksApproved, func(tx Tx, a Actor, x *Draft, wrong *Invalid) error {
		if err := p.mayApprove(tx, a, *x); err != nil {
			return err
		}
		sent = *x
		if x.State != DraftSent {
			wrong.Add("do", "There is nothing to approve")
		}
		if governors = strings.TrimSpace(governors); governors != "" {
			on, err := ParseDate(governors)
			if err != nil || on > p.today() {
				wrong.Add("governors", "Type the day as dd/mm/yyyy: today or earlier")
			}
			x.Governors = on
		}
		x.Minute = words(wrong, "minute", minute, "", MaxReason)
		x.State, x.Approved, x.ApprovedAs = DraftApproved, Step{account, p.now()}, a.roleAt(ApproveBlanks, school)
		return nil
	})
	if err != nil {
		return err
	}
	if err = write(ctx, x); err == nil {
		return nil
	}
	return errors.Join(err, p.store.Update(context.WithoutCancel(ctx), func(tx Tx) error { return tx.PutDraft(sent) }))
}

// ApprovedDrafts are those that are approved and not public yet.
func (p *Portal) ApprovedDrafts(ctx context.Context) (all []Draft, err error) {
	err = p.store.View(ctx, func(tx Tx) error {
		all, err = tx.Drafts()
		all = slices.DeleteFunc(all, func(x Draft) bool { return x.State != DraftApproved })
		return err
	})
	return all, err
}

// DraftPublished puts on record that a draft is public, and lets go of it; or, with trouble,
// why it is not.
func (p *Portal) DraftPublished(ctx context.Context, x Draft, trouble string) error {
	return p.store.Update(ctx, func(tx Tx) error {
		now, err := tx.Draft(x.School)
		if err != nil || now.Digest() != x.Digest() {
			return err // somebody has gone on with it
		}
		if trouble != "" {
			x.Trouble = trouble
			return tx.PutDraft(x)
		}
		by := map[string]string{}
		for key, c := range x.Changes {
			by[key] = c.By
		}
		if err := tx.DeleteDraft(x.School); err != nil {
			return err
		}
		return p.event(tx, itself, x.School, BlanksPublished, Ref{RefSchool, x.School}, map[string]any{"blanks": x.keys(), "account": by})
	})
}
