package portal

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Reminder is a contact who has something left to sign or to answer, and whether they are
// reminded of it.
type Reminder struct {
	Contact  Contact
	Children []Child // about whom something is left
	ToDo     int
	Joined   time.Time // zero where they have not
	Last     time.Time // when they were last written to, by mail or letter; zero for never
	Before   int       // reminders in this school year
	Why      Silence   // why they get none now; "" where they do
}

// Reminders is who would be reminded now, and who not and why.
type Reminders struct {
	School      School
	Sends       bool
	All         []Reminder // in the order of [Portal.Invitees]
	Go          int        // of All
	At          time.Time  // when the reminders would go
	Every, Most int        // as in [MailRules]
	Fingerprint string     // of whom they would go to
}

// Reminders looks at a school as it is now, but for the account's own family, whom a
// colleague reminds.
func (p *Portal) Reminders(ctx context.Context, account, school string) (r Reminders, err error) {
	err = p.store.View(ctx, func(tx Tx) error {
		_, own, err := p.mailRoom(tx, account, school)
		if err != nil {
			return err
		}
		r, err = p.reminders(tx, school, own)
		return err
	})
	return r, err
}

// Remind puts reminders into the outbox, for those whom [Portal.Reminders] named when it
// had this fingerprint, and answers how many those are. It answers [*Invalid] where
// others would get one now.
func (p *Portal) Remind(ctx context.Context, account, school, seen string) (n int, err error) {
	err = p.store.Update(ctx, func(tx Tx) error {
		n = 0
		_, own, err := p.mailRoom(tx, account, school)
		if err != nil {
			return err
		}
		r, err := p.reminders(tx, school, own)
		if err != nil {
			return err
		}
		if !r.Sends {
			return fmt.Errorf("mail: %w", ErrNotFound)
		}
		if r.Fingerprint != seen {
			var wrong Invalid
			wrong.Add("fingerprint", "The list has changed since you opened it. Nothing was sent. Look at it again, then send")
			return &wrong
		}
		for _, x := range r.All {
			if x.Why != "" {
				continue
			}
			if err := p.queue(tx, ReminderMail, school, x.Contact.ID, p.printer(account), p.now()); err != nil {
				return err
			}
		}
		if n = r.Go; n == 0 {
			return nil
		}
		return p.event(tx, account, school, RemindersSent, Ref{RefSchool, school}, map[string]any{"reminders": n, "left out": len(r.All) - n, "sha256": r.Fingerprint})
	})
	return n, err
}

func (p *Portal) reminders(tx Tx, school string, but map[string]bool) (r Reminders, err error) {
	r.Sends = p.mail != nil
	if r.School, err = tx.School(school); err != nil || !r.Sends {
		return r, err
	}
	r.Every, r.Most, r.At = p.mail.Every, p.mail.Most, p.mail.Next(school, p.now())
	people, err := p.invitees(tx, school)
	if err != nil {
		return r, err
	}
	left := map[Link]int{}
	err = p.eachPupilAt(tx, school, false, afterAllWaits(p.now()), func(x *PupilFile) error {
		for _, l := range x.Responsibilities {
			all, _ := undone(r.School, p.today(), x.Pupil, l.ContactID, x.Acts)
			left[Link{PupilID: x.Pupil.ID, ContactID: l.ContactID}] = len(all)
		}
		return nil
	})
	if err != nil {
		return r, err
	}
	to, err := readPostal(tx, school)
	if err != nil {
		return r, err
	}
	mails, err := tx.Mails(school)
	if err != nil {
		return r, err
	}
	past := map[string]history{}
	for _, m := range mails {
		past[m.ContactID] = past[m.ContactID].with(m, schoolYear(p.now()))
	}
	var ids []string
	for _, i := range people {
		x := Reminder{Contact: i.Contact, Joined: i.Joined}
		for _, c := range i.Children {
			if n := left[Link{PupilID: c.Pupil.ID, ContactID: i.Contact.ID}]; n > 0 && c.Responsibility.Decides() {
				x.Children, x.ToDo = append(x.Children, c), x.ToDo+n
			}
		}
		if x.ToDo == 0 || but[i.Contact.ID] {
			continue
		}
		past := past[i.Contact.ID]
		x.Before, x.Last = past.reminders, past.asked
		for _, at := range []time.Time{i.Issued, i.Joined} {
			if at.After(x.Last) {
				x.Last = at
			}
		}
		if x.Why = to.silence(ReminderMail, i.Contact.ID, x.Children); x.Why == "" {
			x.Why = p.mail.silence(x, past.waiting, i.Issued, p.now())
		}
		if x.Why == "" {
			r.Go++
			ids = append(ids, x.Contact.ID)
		}
		r.All = append(r.All, x)
	}
	r.Fingerprint = fingerprint(ids)
	return r, nil
}

// fingerprint is of contacts by their ids. It seals to whom something was sent, and an
// event that goes with somebody's record need name nobody.
func fingerprint(ids []string) string {
	slices.Sort(ids)
	return hashText(strings.Join(ids, "\n"))
}

// history is what was sent to somebody.
type history struct {
	asked     time.Time // when a mail that asks was last sent
	reminders int       // in this school year, with those that wait
	waiting   bool      // one that asks waits to be sent
}

func (h history) with(m Mail, since time.Time) history {
	counts := m.State == MailSent || m.State == MailUnknown
	waits := m.State == MailWaiting || m.State == MailSending
	if !m.Kind.asks() || !counts && !waits {
		return h
	}
	h.waiting = h.waiting || waits
	if counts && m.Ended.After(h.asked) {
		h.asked = m.Ended
	}
	if m.Kind == ReminderMail && m.Queued.After(since) {
		h.reminders++
	}
	return h
}

// silence is why somebody who may be reminded is not now.
func (r MailRules) silence(x Reminder, waiting bool, letter, now time.Time) Silence {
	switch {
	case x.Joined.IsZero() && letter.IsZero():
		return NotInvited
	case waiting || !x.Last.IsZero() && day(now) < day(x.Last.AddDate(0, 0, r.Every)):
		return JustAsked
	case x.Before >= r.Most:
		return AskedEnough
	}
	return ""
}
