package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"schoolgate/portal"
)

// remindersPath is where whoever has a mail's key stops reminders.
const remindersPath = "/portal/reminders/"

// MailLinks is where mails lead, at a portal's public address without a path.
func MailLinks(address string) portal.MailLinks {
	return portal.MailLinks{Portal: address + "/portal/", Join: address + joinPath + "/", Receipt: address + receiptLink(""), Reminders: address + remindersPath}
}

// mailView is what a school sends by mail.
type mailView struct {
	portal.Outbox
	Base   string
	Counts []mailCount
	After  string // what has just been done
}

// mailCount is how many mails of a kind came to what, in a year.
type mailCount struct {
	What                            string
	Waiting, Sent, Failed, Needless int
}

// mailWords is what a mail is for, as the office reads it.
var mailWords = map[portal.MailKind]string{
	portal.InvitationMail: "Invitation, with a code", portal.JoinedMail: "That somebody has joined", portal.ReceiptMail: "Receipt",
	portal.ChangedMail: "What has changed", portal.MovedMail: "That an address was changed, to the one before", portal.ReminderMail: "Reminder",
}

// silenceWords is why somebody gets no mail, as the office reads it.
var silenceWords = map[portal.Silence]string{
	portal.NoAddress:     "No email address in the register that can be written to",
	portal.BadAddress:    "The address does not work",
	portal.SharedAddress: "Somebody else has the same address, and would read it",
	portal.Muted:         "A restriction says that they are not written to",
	portal.Warned:        "Somebody very like them is barred from a child, or they are: ask the safeguarding lead",
	portal.NotAsked:      "They want no reminders",
	portal.JustAsked:     "Written to lately",
	portal.AskedEnough:   "Reminded often enough this school year: ring them, or send paper",
	portal.NotInvited:    "No letter yet: invite them first",
	portal.NewAddress:    "A class list changed the address in the last 7 days: print a letter",
	portal.TooLate:       "The mail server could not be reached for days",
}

// mailReason is why a mail failed.
func mailReason(m portal.Mail) string {
	words, known := silenceWords[portal.Silence(m.Reason)]
	code := " (the mail server said " + m.Reason + ")"
	_, enhanced, _ := strings.Cut(m.Reason, " ")
	switch {
	case known:
		return words
	case m.State == portal.MailUnknown:
		return "It was handed over, and no answer came. It may have arrived"
	case strings.HasPrefix(enhanced, "5.1."):
		return "There is no such address" + code
	case strings.HasPrefix(enhanced, "5.2."):
		return "The mailbox takes no mail" + code
	case strings.HasPrefix(m.Reason, "4"):
		return "It was put off for days" + code
	case strings.HasPrefix(m.Reason, "5"):
		return "It was refused" + code
	}
	return "The mail server gave no answer that fits"
}

func (s *server) mailPage(r *http.Request) (page, error) {
	school, err := s.office(r, portal.SendMail)
	if err != nil {
		return page{}, err
	}
	o, err := s.Portal.Outbox(r.Context(), account(r), school.Slug)
	if err != nil {
		return page{}, err
	}
	v := mailView{Outbox: o, Base: officeLink(school.Slug), After: r.URL.Query().Get("after")}
	for _, kind := range portal.MailKinds {
		n := o.Counts[kind]
		v.Counts = append(v.Counts, mailCount{
			What: mailWords[kind], Waiting: n[portal.MailWaiting] + n[portal.MailSending], Sent: n[portal.MailSent],
			Failed: n[portal.MailFailed] + n[portal.MailUnknown], Needless: n[portal.MailNeedless] + n[portal.MailCancelled],
		})
	}
	return page{template: "mail.html", title: "Mail", school: &school, data: v}, nil
}

func (s *server) getMail(w http.ResponseWriter, r *http.Request) error {
	p, err := s.mailPage(r)
	return s.showPage(w, r, p, err)
}

// postMail invites by mail, calls a mail back or sends it once more, or says of an
// address that it does not work, or does.
func (s *server) postMail(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.SendMail)
	if err != nil {
		return err
	}
	do, id, _ := strings.Cut(r.PostForm.Get("do"), " ")
	switch do {
	case "invite":
		_, err = s.Portal.InviteByMail(r.Context(), account(r), school.Slug)
	case "cancel":
		err = s.Portal.CancelMail(r.Context(), account(r), school.Slug, id)
	case "retry":
		err = s.Portal.RetryMail(r.Context(), account(r), school.Slug, id)
	case "bad", "works":
		err = s.Portal.MarkAddress(r.Context(), account(r), school.Slug, id, do == "bad")
	default:
		err = errBadForm
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, officeLink(school.Slug)+"mail?after="+do)
}

// remindersView is who is reminded, and who not and why.
type remindersView struct {
	portal.Reminders
	Base string
	Now  bool // they would go at once
	Rows []reminderRow
	Sent bool // some have just been put into the outbox
}

type reminderRow struct {
	portal.Reminder
	Names []string
	Why   string
}

func (s *server) remindersPage(r *http.Request) (page, error) {
	school, err := s.office(r, portal.SendMail)
	if err != nil {
		return page{}, err
	}
	all, err := s.Portal.Reminders(r.Context(), account(r), school.Slug)
	if err != nil {
		return page{}, err
	}
	v := remindersView{Reminders: all, Base: officeLink(school.Slug), Now: time.Until(all.At) < time.Minute, Sent: r.URL.Query().Get("after") == "remind"}
	for _, x := range all.All {
		row := reminderRow{Reminder: x, Why: silenceWords[x.Why]}
		for _, c := range x.Children {
			row.Names = append(row.Names, strings.TrimSuffix(c.Pupil.Name()+", "+c.Pupil.Group, ", "))
		}
		v.Rows = append(v.Rows, row)
	}
	return page{template: "reminders.html", title: "Reminders", school: &school, data: v}, nil
}

func (s *server) getReminders(w http.ResponseWriter, r *http.Request) error {
	p, err := s.remindersPage(r)
	return s.showPage(w, r, p, err)
}

func (s *server) postReminders(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.SendMail)
	if err != nil {
		return err
	}
	if _, err := s.Portal.Remind(r.Context(), account(r), school.Slug, r.PostForm.Get("fingerprint")); err != nil {
		return &rejectedForm{err, func(bool) (page, error) { return s.remindersPage(r) }}
	}
	return seeOther(w, r, officeLink(school.Slug)+"reminders?after=remind")
}

// stopView is the page on which whoever has a mail's key stops reminders. It names
// nobody: a mail may have been passed on.
type stopView struct {
	Path    string
	Stopped bool
}

func (s *server) getStop(w http.ResponseWriter, r *http.Request) error {
	school, stopped, err := s.Portal.RemindersBy(r.Context(), mux.Vars(r)["key"])
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, page{template: "stop.html", title: "Reminders", school: &school, data: stopView{r.URL.Path, stopped}})
}

// postStop stops reminders, or lets them come again. A mail program sends it by itself,
// with List-Unsubscribe=One-Click (RFC 8058), and is signed in nowhere.
func (s *server) postStop(w http.ResponseWriter, r *http.Request) error {
	if err := s.Portal.StopReminders(r.Context(), mux.Vars(r)["key"], r.PostForm.Get("do") != "start"); err != nil {
		return err
	}
	if r.PostForm.Has("List-Unsubscribe") {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return seeOther(w, r, r.URL.Path)
}
