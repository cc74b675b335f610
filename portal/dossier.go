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

// Dossier is what is held of one person, for them to have (UK GDPR, article 15): a
// page, and JSON. It names nobody else: not a child's other contacts, nor what they
// said, nor who of the staff did something; and it tells nothing of restrictions.
type Dossier struct {
	Of       Ref       `json:"of"`
	School   string    `json:"school,omitempty"`
	At       time.Time `json:"at"`
	Sections []Section `json:"sections"`
	// Contacts are a pupil's, for the office to find their records by; no part of it.
	Contacts []Contact `json:"-"`
}

// Section is one sort of what is held: an entry for each of it.
type Section struct {
	Title   string   `json:"title"`
	Entries [][]Fact `json:"entries"`
	// Headed says that the first fact of each entry is what the entry is about.
	Headed bool `json:"-"`
}

// Fact is what a column is called, and what it says.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func (d *Dossier) add(title string, entry ...Fact) {
	said := entry[:0:0]
	for _, f := range entry {
		if f.Value != "" {
			said = append(said, f)
		}
	}
	if n := len(d.Sections); n == 0 || d.Sections[n-1].Title != title {
		d.Sections = append(d.Sections, Section{Title: title})
	}
	last := &d.Sections[len(d.Sections)-1]
	last.Entries = append(last.Entries, said)
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(London).Format("2 January 2006 at 3:04 pm")
}

// PersonDossier is everything that is held of a school's pupil or contact, for the
// office to hand to them. That it was shown is on record. It answers [ErrNotFound] for
// somebody of another school, and [ErrForbidden] for one of the account's own family.
func (p *Portal) PersonDossier(ctx context.Context, account, school string, of Ref) (d Dossier, err error) {
	err = p.store.Update(ctx, func(tx Tx) error {
		a, err := p.allowed(tx, account, ShowDossier, Subject{School: school})
		if err != nil {
			return err
		}
		if err := a.notKin(tx, school, Link{PupilID: of.ID, ContactID: of.ID}); err != nil { // ids are random, whatever the kind
			return err
		}
		d = Dossier{Of: of, School: school, At: p.now()}
		switch of.Kind {
		case RefPupil:
			err = d.pupil(tx, school, of.ID)
		case RefContact:
			err = d.contactOf(tx, school, of.ID)
		default:
			err = fmt.Errorf("record: %w", ErrNotFound)
		}
		if err != nil {
			return err
		}
		return p.event(tx, account, school, DossierShown, of, map[string]any{})
	})
	return d, err
}

// OwnDossier is everything that is held of whoever has the account: of it, and of each
// contact that it is joined to. Until the office has made sure who joined, it leaves out
// how the school reaches them, what it wrote, and what was done about them: somebody else
// may have used their letter, and would read when they answered.
func (p *Portal) OwnDossier(ctx context.Context, account string) (d Dossier, err error) {
	err = p.store.Update(ctx, func(tx Tx) error {
		a, err := p.actor(tx, account)
		if err != nil {
			return err
		}
		d = Dossier{Of: Ref{RefAccount, account}, At: p.now()}
		if err := d.account(tx, account); err != nil {
			return err
		}
		for _, c := range a.Contacts {
			sure := slices.ContainsFunc(a.Children, func(x Child) bool { return x.Contact.ID == c.ID && x.Sure })
			if !sure {
				c.Email, c.Phone = unsure, unsure
			}
			sees := func(x Child) bool { return a.May(SeeChild, Subject{PupilID: x.Pupil.ID}) == nil }
			mine := func(act Act) bool {
				to := Subject{PupilID: act.Subject.ID, ContactID: act.Party.ID}
				if act.Way == Online {
					to.By = act.By
				}
				return a.May(SeeReceipt, to) == nil && a.said(act)
			}
			if err := d.contact(tx, c, sees, mine); err != nil {
				return err
			}
			if sure {
				if err := d.written(tx, c, account); err != nil {
					return err
				}
			}
			if err := p.event(tx, account, c.School, DossierShown, Ref{RefContact, c.ID}, map[string]any{}); err != nil {
				return err
			}
		}
		return nil
	})
	return d, err
}

// unsure stands for what is shown once the office has made sure who joined.
const unsure = "The office shows it to you once it has made sure that it was you who joined. Ask them."

func (d *Dossier) contactOf(tx Tx, school, id string) error {
	all, err := tx.Contacts(school)
	if err != nil {
		return err
	}
	for _, c := range all {
		if c.ID == id {
			sees := func(x Child) bool { return x.Responsibility.May(MaySee) }
			return errors.Join(d.contact(tx, c, sees, func(Act) bool { return true }), d.written(tx, c, ""))
		}
	}
	return fmt.Errorf("contact: %w", ErrNotFound)
}

// contact adds what is held of a contact: their children as far as sees says, and of
// what they signed and answered what mine says.
func (d *Dossier) contact(tx Tx, c Contact, sees func(Child) bool, mine func(Act) bool) error {
	school, err := tx.School(c.School)
	if err != nil {
		return err
	}
	d.add("In the school’s records", Fact{"School", school.Name}, Fact{"Name", c.Name}, Fact{"Email", c.Email}, Fact{"Telephone", c.Phone})
	children, err := tx.ContactPupils(c.ID)
	if err != nil {
		return err
	}
	names := map[string]string{}
	for _, x := range children {
		if !sees(x) {
			continue
		}
		names[x.Pupil.ID] = x.Pupil.Name()
		parental := "no"
		if x.Responsibility.Parental {
			parental = "yes"
		}
		d.add("Children you are a contact of", Fact{"Child", x.Pupil.Name()}, Fact{"You are their", x.Responsibility.Relationship}, Fact{"Parental responsibility", parental})
	}
	acts, err := tx.ContactActs(c.ID)
	if err != nil {
		return err
	}
	for _, a := range acts {
		if mine(a) {
			if err := d.act(tx, a, Fact{"About", names[a.Subject.ID]}); err != nil {
				return err
			}
		}
	}
	return nil
}

// written adds how the school has reached a contact, and what was done about them.
func (d *Dossier) written(tx Tx, c Contact, account string) error {
	letters, err := tx.ContactInvitations(c.ID)
	if err != nil {
		return err
	}
	for _, i := range letters {
		d.add("Letters with a code", Fact{"Printed", moment(i.Issued)}, Fact{"The code ends", moment(i.Expires)}, Fact{"Used or replaced", moment(i.Used)})
	}
	mails, err := tx.Mails(c.School)
	if err != nil {
		return err
	}
	for _, m := range slices.Backward(mails) {
		if m.ContactID == c.ID {
			d.add("Mail to the address in your record", Fact{"What for", mailWords[m.Kind]}, Fact{"Asked for", moment(m.Queued)}, Fact{"Came to", string(m.State)}, Fact{"When", moment(m.Ended)})
		}
	}
	mailings, err := tx.Mailings(c.School)
	if err != nil {
		return err
	}
	for _, m := range mailings {
		if m.ContactID == c.ID {
			d.add("How we write to you", Fact{"An address that did not work", m.Bad}, Fact{"Since", moment(m.BadSince)}, Fact{"You want no reminders since", moment(m.Declined)})
		}
	}
	return d.events(tx, c.School, c.ID, account)
}

// mailWords is what a mail was for.
var mailWords = map[MailKind]string{
	InvitationMail: "a code to join", JoinedMail: "that somebody had joined as you", ReceiptMail: "a receipt", ChangedMail: "what had changed", MovedMail: "that your address in our records was changed, to the one before", ReminderMail: "a reminder",
}

// wayWords is how an answer reached the school, as a receipt says it.
var wayWords = map[Way]string{Online: "in the portal", InOffice: "by the school office"}

func (d *Dossier) act(tx Tx, a Act, about Fact) error {
	text, err := tx.Text(a.School, a.TextHash)
	if err != nil {
		return fmt.Errorf("the wording of %v: %w", a, err)
	}
	translated := ""
	if a.Translated() {
		translated = "Somebody or something translated this for you"
	}
	d.add("Signed and answered", Fact{"What", cmp.Or(text.Question, text.Title)}, about, Fact{"Answer", text.Said(a.Answer)}, Fact{"Name you typed", a.TypedName}, Fact{"Picture you chose", a.Picture()},
		Fact{"When", moment(a.At)}, Fact{"Counts until", a.Until.String()}, Fact{"How", cmp.Or(wayWords[a.Way], string(a.Way))}, Fact{"You told us", translated},
		Fact{"Wording", fmt.Sprintf("Edition %d, in English", a.Edition)}, Fact{"Check number of the wording", a.TextHash}, Fact{"Receipt number", a.ID})
	d.Sections[len(d.Sections)-1].Headed = true
	return nil
}

// doneWords is what was done, where its name in the record does not say it.
var doneWords = map[ActKind]string{
	CodeDied:       "the code of a letter stopped working, after too many wrong tries",
	Joined:         "joined with the code of a letter",
	JoinExtended:   "one more child was added",
	JoinConfirmed:  "the office made sure who joined",
	JoinEnded:      "access to the portal was taken away",
	ListSeen:       "shown in a list of the office",
	ListExported:   "in a list that the office took out",
	RemindersSent:  "reminders were sent to everybody who had something left to answer",
	AddressMarked:  "whether your email address works was noted",
	MailHandled:    "a mail to you was called back or sent once more",
	DossierShown:   "this record was looked at",
	DecidesChanged: "what is recorded of parental responsibility was changed",
	RightsChanged:  "who may see and decide was changed",
}

// events adds what was done about somebody. Of whoever did it, it says no more than
// that it was they themselves, and of restrictions and of other adults nothing: when one
// was set can be when the other parent asked for it. The safeguarding lead judges what of
// that to tell.
func (d *Dossier) events(tx Tx, school, id, account string) error {
	all, err := tx.EventsNaming(school, id)
	for _, e := range all {
		if e.Withheld(id) {
			continue
		}
		by := "the school"
		if e.Party.ID == account && account != "" {
			by = "you"
		}
		d.add("What was done", Fact{"When", moment(e.At)}, Fact{"What", cmp.Or(doneWords[e.Kind], strings.ReplaceAll(string(e.Kind), "-", " "))}, Fact{"By", by})
	}
	return err
}

func (d *Dossier) account(tx Tx, id string) error {
	a, err := tx.Account(id)
	if err != nil {
		return err
	}
	i := a.Identity
	d.add("Your account", Fact{"You sign in with", i.Provider}, Fact{"Address of that service", i.Issuer}, Fact{"Number of your account there", i.Subject}, Fact{"Work email", i.StaffEmail}, Fact{"First signed in", moment(a.Created)}, Fact{"Last signed in", moment(a.LastSignIn)})
	tries, err := tx.CountAttempts("account "+id, time.Time{})
	if err != nil {
		return err
	}
	if tries > 0 {
		d.add("Codes and dates of birth that did not fit", Fact{"Tries that we still count", fmt.Sprint(tries)})
	}
	schools, err := tx.Schools()
	if err != nil {
		return err
	}
	for _, s := range schools {
		if i.StaffEmail != "" {
			if err := d.given(tx, s.Slug, Ref{RefStaff, strings.ToLower(i.StaffEmail)}); err != nil {
				return err
			}
		}
	}
	all, err := tx.AccountSessions(id)
	for _, s := range all {
		d.add("Where you are signed in", Fact{"Since", moment(s.Created)}, Fact{"Ends", moment(s.Expires)}, Fact{"As", s.Name}, Fact{"Device", s.Device}, Fact{"Network", s.Network})
	}
	return err
}

func (d *Dossier) pupil(tx Tx, school, id string) error {
	x, err := tx.Pupil(id)
	if err == nil && x.School != school {
		err = fmt.Errorf("pupil: %w", ErrNotFound)
	}
	if err != nil {
		return err
	}
	care := "no"
	if x.LookedAfter {
		care = "yes"
	}
	of, err := tx.School(school)
	if err != nil {
		return err
	}
	d.add("In the school’s records", Fact{"School", of.Name}, Fact{"First name", x.Forename}, Fact{"Surname", x.Surname}, Fact{"Date of birth", x.Born.String()},
		Fact{"Unique pupil number", x.UPN}, Fact{"Admission number", x.AdmissionNumber}, Fact{"Year", x.Year.String()}, Fact{"Class", x.Group}, Fact{"Looked after by a council", care}, Fact{"Left", moment(x.Left)})
	acts, err := tx.PupilActs(id)
	if err != nil {
		return err
	}
	for _, a := range acts {
		if a.Party == (Ref{RefPupil, id}) {
			if err := d.act(tx, a, Fact{}); err != nil {
				return err
			}
		}
	}
	links, err := tx.Responsibilities(school)
	if err != nil {
		return err
	}
	people, err := tx.Contacts(school)
	if err != nil {
		return err
	}
	for _, c := range people {
		if slices.ContainsFunc(links, func(l Responsibility) bool { return l.PupilID == id && l.ContactID == c.ID }) {
			d.Contacts = append(d.Contacts, c)
		}
	}
	if err := d.pictures(tx, of, id); err != nil {
		return err
	}
	planned, err := tx.Activities(school)
	if err != nil {
		return err
	}
	for _, x := range planned {
		if slices.Contains(x.Pupils, id) {
			d.add("Calls, photographs and visits that were planned for them", Fact{"What", x.Plan.Title}, Fact{"Begins", moment(x.Begins)}, Fact{"Ends", moment(x.Ends)},
				Fact{"What is kept", x.Kept}, Fact{"To be deleted by", x.KeptUntil.String()}, Fact{"Deleted", moment(x.Deleted.At)})
		}
	}
	if err := d.given(tx, school, Ref{RefPupil, id}); err != nil {
		return err
	}
	return d.events(tx, school, id, "")
}

// pictures adds those that a pupil can be seen in, and nobody else who can: of what is not on
// the website, not since when, which can be when the other parent said no.
func (d *Dossier) pictures(tx Tx, school School, pupil string) error {
	all, err := tx.Pictures(school.Slug)
	if err != nil {
		return err
	}
	for _, x := range all {
		if !slices.Contains(x.Pupils, pupil) {
			continue
		}
		at, since := "", ""
		if x.Taken.IsZero() && !x.Shown.IsZero() {
			at, since = school.Site+strings.TrimPrefix(x.Page, "/"), moment(x.Shown)
		}
		d.add("Pictures that the child can be seen in", Fact{"What there is to see", x.Alt}, Fact{"On the website at", at}, Fact{"Since", since})
	}
	return nil
}
