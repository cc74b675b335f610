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

// Message is a mail as it is to be written: what holds at the moment of its sending.
type Message struct {
	Mail
	School  School
	To      Contact
	Items   []MessageItem // what a receipt or a change is about
	Code    string        // of an invitation, in groups of four; it is nowhere else
	Expires time.Time     // of the code
	Key     string        // of the page on which reminders are stopped
}

// MailLinks are the addresses that mails lead to, in full. After Join goes a code, after
// Receipt an act's id, after Reminders a [Message]'s key.
type MailLinks struct{ Portal, Join, Receipt, Reminders string }

// MessageItem is one text that a mail is about.
type MessageItem struct {
	Title   string
	Receipt string // the act's id; "" where there is none
}

const (
	// MailLease is how long a sender may take over one mail. One that was not heard of
	// after it may have handed the mail over, or not.
	MailLease = 10 * time.Minute
	// MailLife is how long a mail is tried, and how late it may be: a mail server tells
	// whoever sent it after four or five days (RFC 5321, 4.5.4.1).
	MailLife = 5 * 24 * time.Hour
	// MailedCodeLife is how long a code lives that went by mail. It is read at once, and
	// stays in a mailbox.
	MailedCodeLife = 14 * 24 * time.Hour
	// sentLately is within what time a mail that came back is told of.
	sentLately = 14 * 24 * time.Hour
	// mailsKept is how long it is kept that a mail was sent: a school year, and the
	// summer after.
	mailsKept = 400 * 24 * time.Hour
)

// mailRetry is how long a mail waits after so many tries. A server that greylists wants
// a few minutes, one that is full some hours.
func mailRetry(tries int) time.Duration {
	wait := time.Minute
	for range tries - 1 {
		wait = min(4*wait, 6*time.Hour)
	}
	return wait
}

// MailDue says whether there is a mail to send now, or one to give up.
func (p *Portal) MailDue(ctx context.Context) (due bool, err error) {
	if p.mail == nil {
		return false, nil
	}
	err = p.store.View(ctx, func(tx Tx) error {
		_, err := tx.NextMail(p.now())
		if due = err == nil; errors.Is(err, ErrNotFound) {
			return nil
		}
		return err
	})
	return due, err
}

// NextMail is a mail to send now, for one sender alone, or [ErrNotFound]. Whoever takes
// it says within [MailLease] what came of it, with [Portal.MailDone]. A mail that nobody
// needs any more is passed over, and says why.
func (p *Portal) NextMail(ctx context.Context) (m Message, err error) {
	if p.mail == nil {
		return m, ErrNotFound
	}
	found := false
	err = p.store.Update(ctx, func(tx Tx) error {
		for found = false; !found; {
			next, err := tx.NextMail(p.now())
			if errors.Is(err, ErrNotFound) {
				return nil // what was said of others stays
			} else if err != nil {
				return err
			}
			if next.State == MailSending { // its sender was not heard of again
				next.State, next.Ended, next.Lease = MailUnknown, p.now(), time.Time{}
				if err := tx.PutMail(next); err != nil {
					return err
				}
				continue
			}
			if due := p.hours(next, p.now()); due.After(p.now()) { // it was due before, and waited
				next.Due, next.Since = due, due
				if err := tx.PutMail(next); err != nil {
					return err
				}
				continue
			}
			var why Silence
			if m, why, err = p.message(tx, next); err != nil {
				return err
			}
			switch {
			case why == TooLate:
				m.State, m.Ended, m.Reason = MailFailed, p.now(), string(why)
			case why != "":
				m.State, m.Ended, m.Reason = MailNeedless, p.now(), string(why)
			default:
				m.State, m.Lease, m.Tries = MailSending, p.now().Add(MailLease), m.Tries+1
				found = true
			}
			if err := tx.PutMail(m.Mail); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && !found {
		err = ErrNotFound
	}
	return m, err
}

// hours is the first moment from at on when a mail may go.
func (p *Portal) hours(m Mail, at time.Time) time.Time {
	if m.Kind.asks() {
		return p.mail.Next(m.School, at)
	}
	return at
}

// message makes a mail of what holds now, or says why nobody needs it.
func (p *Portal) message(tx Tx, of Mail) (m Message, why Silence, err error) {
	m.Mail = of
	if p.now().After(of.Since.Add(MailLife)) {
		return m, TooLate, nil
	}
	if m.School, err = tx.School(of.School); err != nil {
		return m, "", err
	}
	to, err := readPostal(tx, of.School)
	if err != nil {
		return m, "", err
	}
	children, err := tx.ContactPupils(of.ContactID)
	if err != nil {
		return m, "", err
	}
	m.To = to.contacts[of.ContactID]
	if of.Kind == MovedMail { // to nobody else who has that address now
		if mailbox(m.To.Email) != mailbox(of.To) {
			to.sharing[mailbox(of.To)]++
		}
		m.To.Email = of.To
		to.contacts[of.ContactID] = m.To
	}
	if why = to.silence(of.Kind, of.ContactID, children); why != "" {
		return m, why, nil
	}
	switch of.Kind {
	case InvitationMail:
		if p.fresh(to.mailings[of.ContactID]) {
			return m, NewAddress, nil
		}
		why, err = p.inviteNow(tx, &m)
	case ReceiptMail:
		why, err = itemise(tx, &m, children)
	case ChangedMail, ReminderMail:
		var all, changed []Text
		if all, changed, err = p.undoneBy(tx, m.School, of.ContactID, children); err != nil {
			return m, "", err
		}
		if of.Kind == ChangedMail {
			all = changed
		}
		if len(all) == 0 {
			return m, AskedNothing, nil
		}
		for _, t := range changed {
			if item := (MessageItem{Title: t.Title}); !slices.Contains(m.Items, item) { // of two children
				m.Items = append(m.Items, item)
			}
		}
		m.Key, err = mailingKey(tx, to.mailings[of.ContactID], of.ContactID)
	}
	return m, why, err
}

// addressSettles is for how long no code is mailed to an address that a list has changed.
const addressSettles = 7 * 24 * time.Hour

func (p *Portal) fresh(m Mailing) bool { return p.now().Sub(m.Changed) < addressSettles }

// inviteNow makes the code of an invitation: it stands in the mail alone. Another code
// that went by mail, or by a letter from before this was asked for, stops working.
func (p *Portal) inviteNow(tx Tx, m *Message) (Silence, error) {
	joined, err := tx.JoinedContacts(m.Mail.School)
	if err != nil {
		return "", err
	}
	if _, ok := joined[m.ContactID]; ok {
		return HasJoined, nil
	}
	open, err := tx.OpenInvitations(m.Mail.School)
	if err != nil {
		return "", err
	}
	if letter, ok := open[m.ContactID]; ok && !letter.Mailed && letter.Issued.After(m.Queued) {
		return HasLetter, nil
	}
	code := newCode(codeLength)
	m.Code, m.Expires = grouped(code), p.now().Add(MailedCodeLife)
	inv := Invitation{ID: newID(), ContactID: m.ContactID, CodeHash: p.hashCode(code), Issued: p.now(), IssuedBy: m.By, Mailed: true, Expires: m.Expires}
	if err := tx.PutInvitation(inv); err != nil {
		return "", fmt.Errorf("invitation for %v: %w", m.To, err)
	}
	return "", nil
}

// itemise is what a receipt is of: what the contact has said since it was queued, about
// children about whom they may be written to.
func itemise(tx Tx, m *Message, children []Child) (Silence, error) {
	acts, err := tx.ContactActs(m.ContactID)
	if err != nil {
		return "", err
	}
	for _, a := range acts {
		mine := slices.ContainsFunc(children, func(c Child) bool { return c.Pupil.ID == a.Subject.ID && c.Responsibility.May(MaySee|MayBeWrittenTo) })
		if !mine || a.At.Before(m.Queued) || a.Way == InOffice {
			continue
		}
		text, err := tx.Text(a.School, a.TextHash)
		if err != nil {
			return "", fmt.Errorf("the wording of %v: %w", a, err)
		}
		m.Items = append(m.Items, MessageItem{Title: text.Title, Receipt: a.ID})
	}
	if len(m.Items) == 0 {
		return Muted, nil
	}
	return "", nil
}

// mailingKey is the contact's key, made when it is first needed.
func mailingKey(tx Tx, m Mailing, contact string) (string, error) {
	if m.Key != "" {
		return m.Key, nil
	}
	m.ContactID, m.Key = contact, newID()
	return m.Key, tx.PutMailing(m)
}

// Delivery is what came of a mail. The zero Delivery is that the server took it.
type Delivery struct {
	Outcome
	Reason     string // the code of its reply, such as "451 4.7.1"; never its words, which may name somebody
	BadAddress bool   // the server says that there is no such mailbox
}

// Outcome is how far a sender came with a mail.
type Outcome int

const (
	Taken  Outcome = iota
	Later          // not taken now: try again
	Turned         // turned away: it will never be taken
	Unsure         // all of it was handed over, and no answer came
)

// String is the outcome in a word, for a log.
func (o Outcome) String() string {
	return map[Outcome]string{Taken: "taken", Later: "later", Turned: "turned away", Unsure: "unsure"}[o]
}

// MailDone says what came of a mail. Who was too long about it, so that the lease was
// over, is heard only where it was taken.
func (p *Portal) MailDone(ctx context.Context, m Message, d Delivery) error {
	return p.store.Update(ctx, func(tx Tx) error {
		now, err := tx.Mail(m.ID)
		if errors.Is(err, ErrNotFound) { // erased meanwhile
			return nil
		} else if err != nil {
			return err
		}
		if now.Tries != m.Tries || now.State != MailSending && (now.State != MailUnknown || d.Outcome != Taken) {
			return nil
		}
		now.Lease, now.Reason = time.Time{}, d.Reason
		switch {
		case d.Outcome == Taken:
			now.State, now.Ended = MailSent, p.now()
		case d.Outcome == Unsure:
			now.State, now.Ended = MailUnknown, p.now()
		case d.Outcome == Later && p.now().Add(mailRetry(now.Tries)).Before(now.Since.Add(MailLife)):
			now.State, now.Due = MailWaiting, p.now().Add(mailRetry(now.Tries))
		default:
			now.State, now.Ended = MailFailed, p.now()
			err = p.unsent(tx, now)
		}
		if err == nil && d.BadAddress {
			err = p.markAddress(tx, itself, now.School, m.To, true, "said by the mail server")
		}
		return errors.Join(err, tx.PutMail(now))
	})
}

// unsent ends the code of an invitation that nobody got.
func (p *Portal) unsent(tx Tx, m Mail) error {
	if m.Kind != InvitationMail {
		return nil
	}
	open, err := tx.OpenInvitations(m.School)
	if inv, ok := open[m.ContactID]; err == nil && ok && inv.Mailed {
		err = tx.UseInvitation(inv.ID, p.now())
	}
	return err
}

// OutboxRow is a mail with whom it is for.
type OutboxRow struct {
	Mail
	Contact    Contact
	Recallable bool // the office may call it back
}

// Outbox is what a school sends by mail.
type Outbox struct {
	School  School
	Sends   bool                           // mail is sent at all
	Waiting []OutboxRow                    // and what is being sent, the next to go first
	Trouble []OutboxRow                    // failed, or nobody knows; the newest first
	Sent    []Contact                      // to whom something was sent lately, by name
	Counts  map[MailKind]map[MailState]int // of all that is kept
	Late    int                            // of Waiting: due for more than an hour
	Bad     []Mailing                      // whose address does not work
	People  map[string]Contact             // by id
	Invite  []Contact                      // who waits for a letter, and can have it by mail
	Letter  int                            // who waits for a letter, and cannot
}

// Outbox is a school's outbox as it is now, without the mail to the account's own family,
// which is a colleague's to see: it tells what the other parent does.
func (p *Portal) Outbox(ctx context.Context, account, school string) (o Outbox, err error) {
	err = p.store.View(ctx, func(tx Tx) error {
		a, own, err := p.mailRoom(tx, account, school)
		if err != nil {
			return err
		}
		o = Outbox{Sends: p.mail != nil, Counts: map[MailKind]map[MailState]int{}}
		if o.School, err = tx.School(school); err != nil {
			return err
		}
		to, err := readPostal(tx, school)
		if err != nil {
			return err
		}
		o.People = to.contacts
		mails, err := tx.Mails(school)
		if err != nil {
			return err
		}
		for _, m := range mails {
			if own[m.ContactID] {
				continue
			}
			if o.Counts[m.Kind] == nil {
				o.Counts[m.Kind] = map[MailState]int{}
			}
			o.Counts[m.Kind][m.State]++
			row := OutboxRow{Mail: m, Contact: to.contacts[m.ContactID], Recallable: m.State == MailWaiting && m.Kind.asks()}
			switch {
			case m.State == MailWaiting || m.State == MailSending:
				o.Waiting = append(o.Waiting, row)
				if p.now().Sub(m.Due) > time.Hour {
					o.Late++
				}
			case m.troubles():
				o.Trouble = append(o.Trouble, row)
			case m.State == MailSent:
				if p.now().Sub(m.Ended) < sentLately && !slices.Contains(o.Sent, row.Contact) {
					o.Sent = append(o.Sent, row.Contact)
				}
			}
		}
		slices.SortStableFunc(o.Waiting, func(a, b OutboxRow) int { return a.Due.Compare(b.Due) })
		slices.SortFunc(o.Sent, func(a, b Contact) int { return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID)) })
		o.Bad = slices.DeleteFunc(to.bad(), func(m Mailing) bool { return own[m.ContactID] })
		invite, letter, err := p.mailable(tx, a, school, to, mails)
		for _, i := range invite {
			o.Invite = append(o.Invite, i.Contact)
		}
		o.Letter = letter
		return err
	})
	return o, err
}

// mailRoom is the actor, if they may send a school's mail, and whose is a colleague's to
// see and to send: that of their own family.
func (p *Portal) mailRoom(tx Tx, account, school string) (a Actor, own map[string]bool, err error) {
	if a, err = p.allowed(tx, account, SendMail, Subject{School: school}); err != nil {
		return a, nil, err
	}
	k, err := a.kin(tx, school)
	return a, k.contacts, err
}

// bad is whose address in the register does not work, by name.
func (p postal) bad() (all []Mailing) {
	for id, m := range p.mailings {
		if m.Bad != "" && m.Bad == mailbox(p.contacts[id].Email) {
			all = append(all, m)
		}
	}
	slices.SortFunc(all, func(a, b Mailing) int {
		return cmp.Or(cmp.Compare(p.contacts[a.ContactID].Name, p.contacts[b.ContactID].Name), cmp.Compare(a.ContactID, b.ContactID))
	})
	return all
}

// mailable is who waits for a letter and can have it by mail, and how many cannot. Whose
// invitation waits to be sent, or may have been, is neither.
func (p *Portal) mailable(tx Tx, a Actor, school string, to postal, mails []Mail) (invite []Invitee, letter int, err error) {
	under := map[string]bool{}
	for _, m := range mails {
		if m.Kind == InvitationMail && (m.State == MailWaiting || m.State == MailSending) {
			under[m.ContactID] = true
		}
	}
	own, err := a.kin(tx, school)
	if err != nil {
		return nil, 0, err
	}
	all, err := p.invitees(tx, school)
	for _, i := range leaveOwn(all, own) {
		switch {
		case !i.Waiting() || under[i.Contact.ID]:
		case to.silence(InvitationMail, i.Contact.ID, i.Children) == "" && !p.fresh(to.mailings[i.Contact.ID]):
			invite = append(invite, i)
		default:
			letter++
		}
	}
	return invite, letter, err
}

// InviteByMail puts an invitation into the outbox for each contact who waits for a letter
// and has an address of their own that works and that no list has changed lately, and answers how many those are. The rest
// need a letter.
func (p *Portal) InviteByMail(ctx context.Context, account, school string) (n int, err error) {
	err = p.store.Update(ctx, func(tx Tx) error {
		n = 0
		a, err := p.allowed(tx, account, SendMail, Subject{School: school})
		if err != nil {
			return err
		}
		if p.mail == nil {
			return ErrNotFound
		}
		to, err := readPostal(tx, school)
		if err != nil {
			return err
		}
		mails, err := tx.Mails(school)
		if err != nil {
			return err
		}
		invite, _, err := p.mailable(tx, a, school, to, mails)
		if err != nil {
			return err
		}
		var ids, about []string
		for _, i := range invite {
			for _, c := range i.Children {
				about = append(about, c.Pupil.ID)
			}
			if err := p.queue(tx, InvitationMail, school, i.Contact.ID, p.printer(account), p.now()); err != nil {
				return err
			}
			ids = append(ids, i.Contact.ID)
		}
		if n = len(ids); n == 0 {
			return nil
		}
		return p.event(tx, account, school, LettersIssued, Ref{RefSchool, school}, map[string]any{"letters": n, "by": "mail", "to": marks(ids), "about": marks(about)})
	})
	return n, err
}

// CancelMail calls back a mail that waits and asks for something. What tells somebody of
// what was done in their name is never called back: [ErrForbidden].
func (p *Portal) CancelMail(ctx context.Context, account, school, id string) error {
	return p.handleMail(ctx, account, school, id, "cancel", func(m *Mail) error {
		switch {
		case m.State != MailWaiting:
			return ErrConflict
		case !m.Kind.asks():
			return ErrForbidden
		}
		m.State, m.Ended = MailCancelled, p.now()
		return nil
	})
}

// RetryMail sends a mail once more that failed, or that may have been taken: it may then
// come twice, under the same Message-ID.
func (p *Portal) RetryMail(ctx context.Context, account, school, id string) error {
	return p.handleMail(ctx, account, school, id, "try again", func(m *Mail) error {
		if !m.troubles() {
			return ErrConflict
		}
		// What a receipt is about stays as it was; its time begins anew.
		m.State, m.Due, m.Since, m.Ended, m.Reason = MailWaiting, p.now(), p.now(), time.Time{}, ""
		return nil
	})
}

func (p *Portal) handleMail(ctx context.Context, account, school, id, what string, do func(*Mail) error) error {
	return p.store.Update(ctx, func(tx Tx) error {
		_, own, err := p.mailRoom(tx, account, school)
		if err != nil {
			return err
		}
		m, err := tx.Mail(id)
		if err != nil {
			return fmt.Errorf("mail: %w", err)
		}
		if own[m.ContactID] {
			return fmt.Errorf("%v: %w", m, ErrForbidden)
		}
		if m.School != school {
			return fmt.Errorf("mail: %w", ErrNotFound)
		}
		if err := do(&m); err != nil {
			return fmt.Errorf("%v: %w", m, err)
		}
		if err := tx.PutMail(m); err != nil {
			return err
		}
		return p.event(tx, account, school, MailHandled, Ref{RefContact, m.ContactID}, map[string]any{"mail": string(m.Kind), "did": what})
	})
}

// MarkAddress says of the address that the register has for a contact that it does not
// work, so that nothing is sent there, or that it does. Another address that a class list
// brings is taken to work.
func (p *Portal) MarkAddress(ctx context.Context, account, school, contact string, bad bool) error {
	return p.store.Update(ctx, func(tx Tx) error {
		_, own, err := p.mailRoom(tx, account, school)
		if err != nil {
			return err
		}
		if own[contact] {
			return fmt.Errorf("address: %w", ErrForbidden)
		}
		contacts, err := tx.Contacts(school)
		if err != nil {
			return err
		}
		c, ok := byID(contacts)[contact]
		if !ok || mailbox(c.Email) == "" {
			return fmt.Errorf("contact: %w", ErrNotFound)
		}
		return p.markAddress(tx, account, school, c, bad, "said by the office")
	})
}

func (p *Portal) markAddress(tx Tx, account, school string, c Contact, bad bool, why string) error {
	works := "yes"
	err := p.putMailing(tx, school, c.ID, func(m *Mailing) {
		if m.Bad, m.BadSince = "", (time.Time{}); bad {
			m.Bad, m.BadSince, works = mailbox(c.Email), p.now(), "no"
		}
	})
	if err != nil {
		return err
	}
	return p.event(tx, account, school, AddressMarked, Ref{RefContact, c.ID}, map[string]any{"works": works, "why": why})
}

// RemindersBy is the school whose page to stop reminders a key opens, and whether they
// are stopped; or [ErrNotFound].
func (p *Portal) RemindersBy(ctx context.Context, key string) (school School, stopped bool, err error) {
	err = p.store.View(ctx, func(tx Tx) error {
		m, err := tx.MailingByKey(key)
		if err != nil {
			return err
		}
		stopped = !m.Declined.IsZero()
		school, err = tx.School(m.School)
		return err
	})
	return school, stopped, err
}

// StopReminders stops reminders to whoever has the key, or lets them come again. It stops
// nothing else.
func (p *Portal) StopReminders(ctx context.Context, key string, stop bool) error {
	return p.store.Update(ctx, func(tx Tx) error {
		m, err := tx.MailingByKey(key)
		if err != nil || stop != m.Declined.IsZero() {
			return err
		}
		if m.Declined = (time.Time{}); stop {
			m.Declined = p.now()
		}
		return tx.PutMailing(m)
	})
}
