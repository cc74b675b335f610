package portal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// What is taken from whom, who acts as whom and which wordings have one sense stand in
// tables that change. Every change is an event, sealed; so the tables can be compared
// with what they would be by the events alone, and a change by hand is found.

// heldEvents are the kinds that the comparison needs: they stay as long as those whom
// they name, however old they are.
var heldEvents = []ActKind{RestrictionSet, RestrictionLifted, Joined, JoinExtended, JoinConfirmed, JoinEnded, WordingChanged, RegisterSealed}

// HeldEvents is which events have their time with those whom they name, and not before.
func HeldEvents() []ActKind { return heldEvents }

// change is what an event of these kinds says.
type change struct {
	Pupil, Account, Why, Sense, Corrects string
	Bars                                 string `json:"may not"`
	Gives                                string `json:"may again"`
	Counts                               string
	Before                               bool // it was so when the register was first sealed
}

// bar is one right of one contact about one pupil.
type bar struct {
	Link
	right string
}

// joint is one account that acts as one contact.
type joint struct{ account, contact string }

// sealedRegister is what the tables should say, by the events.
type sealedRegister struct {
	begun  bool // from a moment on everything is sealed
	bars   map[bar]sealedChange
	joins  map[joint]sealedChange
	covers map[Link]bool
	senses map[[2]string]change // by school and hash
}

// sealedChange is the event that made something as it is, and who did it.
type sealedChange struct {
	change
	by        string
	confirmed bool
}

func readSealed(tx Tx) (r sealedRegister, err error) {
	r = sealedRegister{bars: map[bar]sealedChange{}, joins: map[joint]sealedChange{}, covers: map[Link]bool{}, senses: map[[2]string]change{}}
	all, err := tx.EventsOf(heldEvents)
	for _, a := range all {
		var c change
		if err := json.Unmarshal([]byte(a.Details), &c); err != nil {
			return r, fmt.Errorf("%v: %w", a, err)
		}
		contact := a.Subject.ID
		link := Link{PupilID: c.Pupil, ContactID: contact}
		switch a.Kind {
		case RegisterSealed:
			r.begun = true
		case RestrictionSet:
			r.bars[bar{link, c.Bars}] = sealedChange{change: c, by: a.By}
		case RestrictionLifted:
			delete(r.bars, bar{link, c.Gives})
		case Joined:
			who := a.By
			if c.Before {
				who = c.Account
			}
			r.joins[joint{who, contact}] = sealedChange{change: c, confirmed: c.Before}
		case JoinConfirmed:
			for j, x := range r.joins {
				if j.contact == contact {
					x.confirmed = true
					r.joins[j] = x
				}
			}
		case JoinExtended:
			r.covers[link] = true
		case JoinEnded:
			for j := range r.joins {
				if j.contact == contact {
					delete(r.joins, j)
				}
			}
			for l := range r.covers {
				if l.ContactID == contact {
					delete(r.covers, l)
				}
			}
		case WordingChanged:
			if c.Sense != "" || c.Corrects != "" || c.Before {
				r.senses[[2]string{a.School, a.Subject.ID}] = c
			}
		}
	}
	return r, err
}

// tables is what the tables do say.
type tables struct {
	bars     map[bar]Restriction
	joins    map[joint]Join
	covers   map[Link]time.Time
	wordings map[[2]string]Text
	school   map[string]string // of each contact
}

func readTables(tx Tx) (t tables, err error) {
	t = tables{map[bar]Restriction{}, map[joint]Join{}, map[Link]time.Time{}, map[[2]string]Text{}, map[string]string{}}
	schools, err := tx.Schools()
	if err != nil {
		return t, err
	}
	for _, s := range schools {
		contacts, err1 := tx.Contacts(s.Slug)
		restrictions, err2 := tx.Restrictions(s.Slug)
		joins, err3 := tx.Joins(s.Slug)
		covers, err4 := tx.JoinedChildren(s.Slug)
		wordings, err5 := tx.Wordings(s.Slug)
		if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
			return t, err
		}
		for _, c := range contacts {
			t.school[c.ID] = s.Slug
		}
		for _, r := range restrictions {
			if r.InForce() {
				t.bars[bar{r.Link, r.Takes.String()}] = r
			}
		}
		for _, j := range joins {
			t.joins[joint{j.AccountID, j.ContactID}] = j
		}
		for l, since := range covers {
			t.covers[l] = since
		}
		for _, w := range wordings {
			t.wordings[[2]string{s.Slug, w.Hash}] = w
		}
	}
	return t, nil
}

// CheckRegister compares what is taken from whom, who acts as whom and about whom, and
// the senses of wordings with the events of them, which the ledger seals. It answers the
// first difference, naming only ids. Of a register that [Portal.SealRegister] has not
// been called for it knows nothing, and answers nil.
func (p *Portal) CheckRegister(ctx context.Context) error {
	return p.store.View(ctx, func(tx Tx) error {
		sealed, err := readSealed(tx)
		if err != nil || !sealed.begun {
			return err
		}
		now, err := readTables(tx)
		if err != nil {
			return err
		}
		return sealed.differs(now)
	})
}

func (r sealedRegister) differs(now tables) error {
	for b, was := range r.bars {
		is, ok := now.bars[b]
		switch {
		case !ok:
			return fmt.Errorf("the restriction of contact %s about pupil %s (to %s) was lifted, and nobody is on record who lifted it", b.ContactID, b.PupilID, b.right)
		case !was.Before && (is.SetBy != was.by || is.Why != was.Why && (is.Why != "" || was.Why != heldBack && was.Why != listSaid)):
			return fmt.Errorf("restriction %s is not as it was set: who set it, or why, was changed", is.ID)
		}
	}
	for b, is := range now.bars {
		if _, ok := r.bars[b]; !ok {
			return fmt.Errorf("restriction %s is in the register, and nobody is on record who set it", is.ID)
		}
	}
	for j := range r.joins {
		if _, ok := now.joins[j]; !ok {
			return fmt.Errorf("account %s had joined as contact %s, and nobody is on record who ended it", j.account, j.contact)
		}
	}
	for j, is := range now.joins {
		was, ok := r.joins[j]
		switch {
		case !ok:
			return fmt.Errorf("account %s is joined to contact %s, and nobody is on record as having joined", j.account, j.contact)
		case !is.Confirmed.IsZero() && !was.confirmed:
			return fmt.Errorf("the join of account %s to contact %s was confirmed, and nobody is on record who did it", j.account, j.contact)
		case is.Confirmed.IsZero() && was.Counts != "" && was.Counts != sealedTime(is.Counts):
			return fmt.Errorf("from when a yes by account %s as contact %s counts was changed", j.account, j.contact)
		}
	}
	for l := range now.covers {
		if !r.covers[l] {
			return fmt.Errorf("a join to contact %s covers pupil %s, and nobody is on record who added them", l.ContactID, l.PupilID)
		}
	}
	for l := range r.covers {
		if _, ok := now.covers[l]; !ok {
			return fmt.Errorf("a join to contact %s covered pupil %s, and nobody is on record who took them out", l.ContactID, l.PupilID)
		}
	}
	for of, is := range now.wordings {
		if was := r.senses[of]; is.Sense != was.Sense || is.Corrects != was.Corrects {
			return fmt.Errorf("what was said of the wording %s of %s was changed", of[1], of[0])
		}
	}
	return nil
}

func sealedTime(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// SealRegister seals, once, what a program from before this knew and did not seal: from
// then on [Portal.CheckRegister] compares.
func (p *Portal) SealRegister(ctx context.Context) error {
	return p.store.Update(ctx, func(tx Tx) error {
		done, err := tx.Events(EventFilter{Kind: RegisterSealed, Most: 1})
		if err != nil || len(done) > 0 {
			return err
		}
		sealed, err := readSealed(tx)
		if err != nil {
			return err
		}
		now, err := readTables(tx)
		if err != nil {
			return err
		}
		note := func(school string, kind ActKind, of Ref, details map[string]any) {
			details["before"] = true
			err = errors.Join(err, p.event(tx, Operator, school, kind, of, details))
		}
		for b, is := range now.bars {
			if _, ok := sealed.bars[b]; !ok {
				note(now.school[b.ContactID], RestrictionSet, Ref{RefContact, b.ContactID}, map[string]any{"pupil": b.PupilID, "may not": b.right, "why": is.Why})
			}
		}
		for b := range sealed.bars {
			if _, ok := now.bars[b]; !ok {
				note(now.school[b.ContactID], RestrictionLifted, Ref{RefContact, b.ContactID}, map[string]any{"pupil": b.PupilID, "may again": b.right})
			}
		}
		for j := range now.joins {
			// Those that are sealed, too: more is sealed of them from now on.
			note(now.school[j.contact], Joined, Ref{RefContact, j.contact}, map[string]any{"account": j.account})
		}
		for l := range now.covers {
			if !sealed.covers[l] {
				note(now.school[l.ContactID], JoinExtended, Ref{RefContact, l.ContactID}, map[string]any{"pupil": l.PupilID})
			}
		}
		for of, is := range now.wordings {
			if was := sealed.senses[of]; is.Sense != was.Sense || is.Corrects != was.Corrects {
				note(of[0], WordingChanged, Ref{RefText, of[1]}, map[string]any{"now": of[1], "text": is.Slug, "edition": is.Edition, "sense": is.Sense, "corrects": is.Corrects})
			}
		}
		return errors.Join(err, p.event(tx, Operator, "", RegisterSealed, Ref{RefSchool, "*"}, map[string]any{}))
	})
}
