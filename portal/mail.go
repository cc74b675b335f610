package portal

import (
	"net/mail"
	"slices"
	"strings"
	"time"
)

// Everything that is sent is put into the outbox by the transaction that causes it, and
// nothing of its words: a mail is made when it is sent, of what holds then. So nobody is
// reminded of what they have answered meanwhile, whoever may no longer be written to is
// not, a code stands in no database, and no words of a mail are kept.

// MailKind is what a mail is for.
type MailKind string

const (
	InvitationMail MailKind = "invitation" // the code of a letter
	JoinedMail     MailKind = "joined"     // somebody has joined as the person it is sent to
	ReceiptMail    MailKind = "receipt"    // what they signed and answered, and never how
	ChangedMail    MailKind = "changed"    // what they had signed or answered is asked anew
	MovedMail      MailKind = "moved"      // to the address before: the register has another now
	ReminderMail   MailKind = "reminder"
)

// MailKinds are all kinds. What is said in each is content.
var MailKinds = []MailKind{InvitationMail, JoinedMail, ReceiptMail, ChangedMail, MovedMail, ReminderMail}

// asks says whether a mail asks for something. Such a one keeps to the hours of the day
// and to term time, and the office may call it back.
func (k MailKind) asks() bool { return k == InvitationMail || k == ChangedMail || k == ReminderMail }

// MailState is how far a mail has come.
type MailState string

const (
	MailWaiting   MailState = "waiting"
	MailSending   MailState = "sending" // a sender has it
	MailSent      MailState = "sent"
	MailFailed    MailState = "failed"  // refused, or given up
	MailUnknown   MailState = "unknown" // it may have been taken, and is not sent again unasked
	MailNeedless  MailState = "needless"
	MailCancelled MailState = "cancelled" // by the office
)

// Mail is one mail in the outbox. Its words are nowhere.
type Mail struct {
	ID        string // its Message-ID begins with it: no try has another
	School    string
	Kind      MailKind
	ContactID string
	By        string // who asked for it, as [Invitation.IssuedBy]; "" where somebody's own act caused it
	Queued    time.Time
	Due       time.Time // UTC; when it is tried next
	Since     time.Time // when it was first due, or is since somebody wanted it sent once more
	Tries     int
	State     MailState
	Lease     time.Time // until when the sender that has it may take; zero where none has
	Ended     time.Time // zero while it may still be sent
	To        string    // of a [MovedMail], the address before; of all others "": it is the register's when they go
	Reason    string    // why it failed or was needless: a [Silence], or an SMTP reply's code, such as "550 5.1.1"
}

// String is what a log may say of it.
func (m Mail) String() string { return "mail " + m.ID }

// troubles says whether it did not arrive, or nobody knows.
func (m Mail) troubles() bool { return m.State == MailFailed || m.State == MailUnknown }

// Mailing is what is known of sending mail to a contact.
type Mailing struct {
	ContactID string
	School    string    // the contact's; it is not kept here
	Key       string    // opens the page on which they stop reminders
	Bad       string    // an address of theirs that does not work; "" for none
	BadSince  time.Time // UTC
	Declined  time.Time // since when they want no reminders; zero where they do
	// Staff is an address of theirs that is their own as a member of staff, with the ids of
	// the children for whom somebody said so, and NotStaff one that is not; see kin.go.
	Staff, NotStaff string
	Changed         time.Time // UTC, when a list last changed their address
}

// MailRules are when mail that asks for something goes, and how often.
type MailRules struct {
	Every    int                  // at least so many days between two mails that ask the same person
	Most     int                  // reminders to one person in a school year
	From, To time.Duration        // quiet hours in England, since midnight: they may go past it
	Holidays map[string][]Holiday // of each school by its slug, and of all by "*"
}

// Holiday is days on which nobody is asked for anything, the last among them.
type Holiday struct{ First, Last Date }

// Next is the first moment from at on when a school may ask somebody for something.
func (r MailRules) Next(school string, at time.Time) time.Time {
	for range 1000 { // each turn goes on by hours at least
		t := at.In(London)
		midnight := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, London)
		clock := time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second
		ends := func(days int) time.Time { // of the quiet hours, so many days on
			return time.Date(t.Year(), t.Month(), t.Day()+days, 0, int(r.To/time.Minute), 0, 0, London)
		}
		early, late := clock < r.To, clock >= r.From
		switch {
		case slices.ContainsFunc(append(slices.Clone(r.Holidays["*"]), r.Holidays[school]...), func(h Holiday) bool { return h.First <= day(at) && day(at) <= h.Last }):
			at = midnight.AddDate(0, 0, 1)
		case r.From > r.To && early, r.From < r.To && early && late:
			at = ends(0)
		case r.From > r.To && late:
			at = ends(1)
		default:
			return at.UTC()
		}
	}
	return at.UTC()
}

// schoolYear is when the school year of a moment began in England.
func schoolYear(at time.Time) time.Time {
	t := at.In(London)
	y := t.Year()
	if t.Month() < time.September {
		y--
	}
	return time.Date(y, time.September, 1, 0, 0, 0, 0, London)
}

// SendMail has the portal put mail into its outbox; without it, it sends none. It is
// called before the portal is used.
func (p *Portal) SendMail(r MailRules) { p.mail = &r }

// SendsMail says whether mail is sent at all.
func (p *Portal) SendsMail() bool { return p.mail != nil }

// receiptsAfter is how long a receipt waits for what else its reader signs and answers
// at one sitting: they get one mail of all.
const receiptsAfter = 10 * time.Minute

// changedAfter is for how long the office may look at a changed wording before families
// are told.
const changedAfter = time.Hour

// queue puts a mail into the outbox. Of each kind one is enough that waits and has not
// been tried, but for joins: each is told.
func (p *Portal) queue(tx Tx, kind MailKind, school, contact, by string, at time.Time) error {
	if p.mail == nil {
		return nil
	}
	due := at
	switch kind {
	case ReceiptMail:
		due = at.Add(receiptsAfter)
	case ChangedMail:
		due = at.Add(changedAfter)
	}
	if kind.asks() {
		due = p.mail.Next(school, due)
	}
	return tx.AddMail(Mail{ID: newID(), School: school, Kind: kind, ContactID: contact, By: by, Queued: at, Due: due, Since: due, State: MailWaiting})
}

// moved notes that a contact has another address from now on, and tells the one before: who
// has their own address put to somebody's name has that noticed by whom it is about.
func (p *Portal) moved(tx Tx, school string, old, now Contact) error {
	if mailbox(old.Email) == mailbox(now.Email) {
		return nil
	}
	err := p.putMailing(tx, school, now.ID, func(m *Mailing) { m.Changed = p.now() })
	if err != nil || p.mail == nil || mailbox(old.Email) == "" {
		return err
	}
	return tx.AddMail(Mail{ID: newID(), School: school, Kind: MovedMail, ContactID: now.ID, To: strings.TrimSpace(old.Email), Queued: p.now(), Due: p.now(), Since: p.now(), State: MailWaiting})
}

// Silence is why somebody gets no mail; "" where they may.
type Silence string

const (
	NoAddress     Silence = "no address"
	BadAddress    Silence = "bad address"    // it does not work
	SharedAddress Silence = "shared address" // another contact of the school has it
	Muted         Silence = "not written to" // a restriction says so, or there is no child on roll
	Warned        Silence = "warned"         // somebody who may be they is barred from a child
	NotAsked      Silence = "declined"       // they want no reminders
	JustAsked     Silence = "lately"         // they were written to lately
	AskedEnough   Silence = "enough"         // no more reminders this school year
	NotInvited    Silence = "no letter"      // they have neither joined nor a code that works
	AskedNothing  Silence = "nothing to do"
	HasJoined     Silence = "joined"
	NewAddress    Silence = "new address" // changed lately: whoever had it changed would get the code
	HasLetter     Silence = "letter"      // printed since
	TooLate       Silence = "late"        // it could not be sent when it was due
)

// postal is what says to whom of a school mail may go.
type postal struct {
	contacts map[string]Contact
	sharing  map[string]int // how many contacts have an address
	mailings map[string]Mailing
	watch    watch
}

func readPostal(tx Tx, school string) (postal, error) {
	p := postal{contacts: map[string]Contact{}, sharing: map[string]int{}}
	contacts, err := tx.Contacts(school)
	if err != nil {
		return p, err
	}
	for _, c := range contacts {
		p.contacts[c.ID] = c
		p.sharing[mailbox(c.Email)]++
	}
	if p.mailings, err = mailingsOf(tx, school); err != nil {
		return p, err
	}
	p.watch, err = readWatch(tx, school)
	return p, err
}

// mailbox is an address as two of them are compared.
func mailbox(address string) string { return strings.ToLower(strings.TrimSpace(address)) }

// silence is why no mail of a kind goes to a contact who has these children. An address
// that two people share gets none: one of them would read what is for the other; but that
// somebody has joined, which names no child and no answer, is told there too, or whoever has
// their address put to another's name would join unseen. That, and that it is another's now,
// no word of the office that an address does not work keeps from anybody. Of whom
// there is a warning nobody asks anything unasked, as with letters; what was done in their
// name they are told.
func (p postal) silence(kind MailKind, contact string, children []Child) Silence {
	c := p.contacts[contact]
	address := mailbox(c.Email)
	parsed, err := mail.ParseAddress(c.Email)
	written := slices.ContainsFunc(children, func(x Child) bool {
		return (x.Pupil.OnRoll() || kind == ReceiptMail) && x.Responsibility.May(MaySee|MayBeWrittenTo)
	})
	switch m := p.mailings[contact]; {
	case address == "" || err != nil || parsed.Address != strings.TrimSpace(c.Email):
		return NoAddress
	case !written:
		return Muted
	case kind.asks() && p.watch.warning(c) != "":
		return Warned
	case m.Bad == address && kind != JoinedMail && kind != MovedMail:
		return BadAddress
	case p.sharing[address] > 1 && kind != JoinedMail:
		return SharedAddress
	case kind == ReminderMail && !m.Declined.IsZero():
		return NotAsked
	}
	return ""
}

// undone is what a contact has not answered yet of what is asked about a pupil, and which
// of that they had answered in an earlier edition, or in other words. Their own acts
// count, and nobody else's.
func undone(school School, on Date, x Pupil, contact string, acts []Act) (all, changed []Text) {
	for _, t := range school.asks(x) {
		switch a := latest(acts, t.act(), x.ID, Ref{RefContact, contact}, t.Slug); {
		case t.stands(a, on): // nothing is left to say
		case a.Seq > 0 && !a.lapsed(on):
			all, changed = append(all, t), append(changed, t)
		default:
			all = append(all, t)
		}
	}
	return all, changed
}

// undoneBy is undone of all children of a contact about whom they may be asked by mail.
func (p *Portal) undoneBy(tx Tx, school School, contact string, children []Child) (all, changed []Text, err error) {
	joins, err := tx.Joins(school.Slug)
	if err != nil {
		return nil, nil, err
	}
	for _, c := range children {
		if !c.asked() {
			continue
		}
		acts, err := tx.PupilActs(c.Pupil.ID)
		if err != nil {
			return nil, nil, err
		}
		// What came through a join that has ended was perhaps somebody else's word.
		acts = slices.DeleteFunc(acts, func(a Act) bool {
			return a.Way == Online && !slices.ContainsFunc(joins, func(j Join) bool { return j.AccountID == a.By && j.ContactID == contact })
		})
		if err := markOther(tx, school, acts); err != nil {
			return nil, nil, err
		}
		some, other := undone(school, p.today(), c.Pupil, contact, acts)
		all, changed = append(all, some...), append(changed, other...)
	}
	return all, changed, nil
}

// asked says whether the contact is asked by mail for their word about the child.
func (c Child) asked() bool {
	return c.Pupil.OnRoll() && c.Responsibility.May(MaySee|MayDecide|MayBeWrittenTo)
}

// tellChanged queues what has changed, for whoever had signed or answered texts that are
// asked anew.
func (p *Portal) tellChanged(tx Tx, school string, anew func(Text) bool) error {
	info, err := tx.School(school)
	if err != nil || p.mail == nil || !slices.ContainsFunc(info.Texts, anew) {
		return err
	}
	var told []string
	err = p.eachPupilAt(tx, school, false, afterAllWaits(p.now()), func(r *PupilFile) error {
		for _, l := range r.Responsibilities {
			if !(Child{Pupil: r.Pupil, Responsibility: l}).asked() {
				continue
			}
			if _, changed := undone(info, p.today(), r.Pupil, l.ContactID, r.Acts); slices.ContainsFunc(changed, anew) {
				told = append(told, l.ContactID)
			}
		}
		return nil
	})
	for _, contact := range told {
		if err == nil {
			err = p.queue(tx, ChangedMail, school, contact, "", p.now())
		}
	}
	return err
}

// afterAllWaits is a moment at which every join that stands counts: of what people have
// said through those, nobody is asked once more while it waits.
func afterAllWaits(now time.Time) time.Time { return now.AddDate(1, 0, 0) }
