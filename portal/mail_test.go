package portal_test

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"schoolgate/portal"
)

// mailing is a trust with its families, whose schools send mail.
func mailing(t *testing.T) *world {
	t.Helper()
	w := settled(t)
	w.SendMail(portal.MailRules{Every: 7, Most: 2, From: 19 * time.Hour, To: 8 * time.Hour, Holidays: map[string][]portal.Holiday{anne: {{First: "2026-10-26", Last: "2026-10-30"}}}})
	return w
}

// mails sends all that is due, each as the delivery says, and answers what it was.
func (w *world) mails(d portal.Delivery) (all []portal.Message) {
	w.t.Helper()
	for {
		m, err := w.NextMail(w.t.Context())
		if errors.Is(err, portal.ErrNotFound) {
			return all
		}
		w.ok(err)
		w.ok(w.MailDone(w.t.Context(), m, d))
		all = append(all, m)
	}
}

// to is to whom mails went and of which kind, in any order.
func to(all []portal.Message) string {
	var words []string
	for _, m := range all {
		words = append(words, string(m.Kind)+" "+m.To.Name)
	}
	slices.Sort(words)
	return strings.Join(words, ", ")
}

func equal(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// remind sends reminders to whom the page names.
func (w *world) remind() int {
	w.t.Helper()
	r, err := w.Reminders(w.t.Context(), portal.Operator, anne)
	w.ok(err)
	n, err := w.Remind(w.t.Context(), portal.Operator, anne, r.Fingerprint)
	w.ok(err)
	return n
}

// why is why each contact gets no reminder now, "go" for who does.
func (w *world) why() map[string]string {
	w.t.Helper()
	r, err := w.Reminders(w.t.Context(), portal.Operator, anne)
	w.ok(err)
	by := map[string]string{}
	for _, x := range r.All {
		by[x.Contact.Name] = cmp.Or(string(x.Why), "go")
	}
	return by
}

func TestMailHours(t *testing.T) {
	night := portal.MailRules{From: 19 * time.Hour, To: 8 * time.Hour, Holidays: map[string][]portal.Holiday{
		"*": {{First: "2026-12-19", Last: "2027-01-03"}}, anne: {{First: "2026-10-26", Last: "2026-10-30"}, {First: "2026-10-31", Last: "2026-11-01"}}}}
	early := portal.MailRules{To: 8 * time.Hour}
	for _, x := range []struct {
		rules    portal.MailRules
		school   string
		at, want string
	}{
		{portal.MailRules{}, anne, "2026-09-07T02:00:00Z", "2026-09-07T02:00:00Z"},
		{night, anne, "2026-09-07T09:00:00Z", "2026-09-07T09:00:00Z"},
		{night, anne, "2026-09-07T18:00:00Z", "2026-09-08T07:00:00Z"}, // 7 pm in summer
		{night, anne, "2026-09-07T17:59:59Z", "2026-09-07T17:59:59Z"},
		{night, anne, "2026-09-07T06:59:00Z", "2026-09-07T07:00:00Z"},
		{night, anne, "2026-11-30T19:00:00Z", "2026-12-01T08:00:00Z"},
		{early, anne, "2026-11-30T05:00:00Z", "2026-11-30T08:00:00Z"},
		{early, anne, "2026-11-30T23:00:00Z", "2026-11-30T23:00:00Z"},
		{night, anne, "2026-10-26T12:00:00Z", "2026-11-02T08:00:00Z"}, // over the end of summer time, and two holidays
		{night, bede, "2026-10-26T12:00:00Z", "2026-10-26T12:00:00Z"},
		{night, bede, "2026-12-18T19:30:00Z", "2027-01-04T08:00:00Z"},
	} {
		at, err := time.Parse(time.RFC3339, x.at)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, x.at+" at "+x.school, x.rules.Next(x.school, at).Format(time.RFC3339), x.want)
	}
}

// Without a mail server everything is as it was, and nothing is kept for later.
func TestNoMail(t *testing.T) {
	w := settled(t)
	jo := w.parent(anne, "Mrs Jo Lee")
	w.sign(jo, "Ann")
	_, err := w.NextMail(t.Context())
	is(t, err, portal.ErrNotFound)
	_, err = w.InviteByMail(t.Context(), portal.Operator, anne)
	is(t, err, portal.ErrNotFound)
	o, err := w.Outbox(t.Context(), portal.Operator, anne)
	w.ok(err)
	r, err := w.Reminders(t.Context(), portal.Operator, anne)
	w.ok(err)
	if o.Sends || r.Sends || len(r.All) > 0 || len(o.Counts) > 0 {
		t.Errorf("mail is sent: %+v, %+v", o, r)
	}
	w.SendMail(portal.MailRules{})
	equal(t, "of before", to(w.mails(portal.Delivery{})), "")
}

// A join is told to the person whom the register holds, and what was signed at one
// sitting is told once, by its title and not by the answer.
func TestJoinsAndReceipts(t *testing.T) {
	w := mailing(t)
	jo := w.parent(anne, "Mrs Jo Lee")
	told := w.mails(portal.Delivery{})
	equal(t, "at once", to(told), "joined Mrs Jo Lee")
	if m := told[0]; m.To.Email != "mrs.jo.lee@home.example" || !m.Queued.Equal(w.now) || m.Tries != 1 || m.Code != "" || m.Key != "" {
		t.Errorf("the notice is %+v", m)
	}
	id := w.sign(jo, "Ann")
	w.pass(time.Second)
	w.decide(jo, w.answering("Ann", portal.Refused))
	equal(t, "while she is at it", to(w.mails(portal.Delivery{})), "")
	w.pass(10 * time.Minute)
	told = w.mails(portal.Delivery{})
	equal(t, "after", to(told), "receipt Mrs Jo Lee")
	if items := told[0].Items; len(items) != 2 || items[0] != (portal.MessageItem{Title: "Title of parents-aup", Receipt: id}) {
		t.Errorf("the receipt is of %+v", items)
	}
	w.pass(time.Hour)
	w.decide(jo, w.answering("Ann", portal.Given))
	w.pass(10 * time.Minute)
	if told = w.mails(portal.Delivery{}); len(told) != 1 || len(told[0].Items) != 1 {
		t.Errorf("the next receipt is %v", told)
	}
	// A no about a child who has left is told, too.
	w.register(anne, change(func(r *portal.ClassListRow) bool { return r.Surname != "Lee" }), true)
	w.decide(jo, w.answering("Ann", portal.Refused))
	w.pass(10 * time.Minute)
	equal(t, "of a leaver", to(w.mails(portal.Delivery{})), "receipt Mrs Jo Lee")
	equal(t, "reminded of a leaver", w.why()["Mrs Jo Lee"], "")
}

// To whom mail goes, as a table: each row changes one thing, and Jo Lee has joined and
// has something to do.
func TestWhoGetsMail(t *testing.T) {
	all := func(w *world) {}
	list := func(email string) func(*world) {
		return func(w *world) {
			w.register(anne, change(func(r *portal.ClassListRow) bool {
				if r.ContactName == "Mrs Jo Lee" {
					r.Email = email
				}
				return true
			}), false)
		}
	}
	for name, x := range map[string]struct {
		change           func(*world)
		reminder, notice string // why not; "" where it goes
	}{
		"nothing changed":            {all, "", ""},
		"no address":                 {list(""), "no address", "no address"},
		"no address at all":          {list("ring me"), "no address", "no address"},
		"two addresses":              {list("a@home.example, b@home.example"), "no address", "no address"},
		"the other parent's address": {list("MR.AL.LEE@home.example"), "shared address", ""}, // or they would join unseen
		"not written to about one":   {func(w *world) { w.takes("Mrs Jo Lee", "Ann", portal.MayBeWrittenTo) }, "warned", ""},
		"not written to about either": {func(w *world) {
			w.takes("Mrs Jo Lee", "Ann", portal.MayBeWrittenTo)
			w.takes("Mrs Jo Lee", "Bo", portal.MayBeWrittenTo)
		}, "not written to", "not written to"},
		"the address does not work": {func(w *world) {
			w.ok(w.MarkAddress(w.t.Context(), portal.Operator, anne, w.contact(anne, "Mrs Jo Lee"), true))
		}, "bad address", ""}, // or whoever says so at the office could join as her unseen
		"another address since": {func(w *world) {
			w.ok(w.MarkAddress(w.t.Context(), portal.Operator, anne, w.contact(anne, "Mrs Jo Lee"), true))
			list("jo@work.example")(w)
		}, "", ""},
		"it works again": {func(w *world) {
			for _, bad := range []bool{true, false} {
				w.ok(w.MarkAddress(w.t.Context(), portal.Operator, anne, w.contact(anne, "Mrs Jo Lee"), bad))
			}
		}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := mailing(t)
			w.parent(anne, "Mrs Jo Lee")
			x.change(w)
			got := slices.DeleteFunc(w.mails(portal.Delivery{}), func(m portal.Message) bool { return m.Kind == portal.MovedMail })
			equal(t, "the notice goes", to(got), map[bool]string{true: "joined Mrs Jo Lee"}[x.notice == ""])
			if x.notice != "" {
				w.view(func(tx portal.Tx) error {
					mails, err := tx.Mails(anne)
					mails = slices.DeleteFunc(mails, func(m portal.Mail) bool { return m.Kind == portal.MovedMail })
					equal(t, "why", mails[0].Reason, x.notice)
					return err
				})
			}
			w.pass(8 * 24 * time.Hour)
			equal(t, "reminded", w.why()["Mrs Jo Lee"], cmp.Or(x.reminder, "go"))
		})
	}
}

// The address that a list puts another in the place of is told, also where the list is taken
// back, but where somebody else has it or a restriction says that they are not written to.
func TestTheAddressBeforeIsTold(t *testing.T) {
	const hers, thiefs = "mrs.jo.lee@home.example", "thief@work.example"
	list := func(jos, als string) []portal.ClassListRow {
		return change(func(r *portal.ClassListRow) bool {
			switch r.ContactName {
			case "Mrs Jo Lee":
				r.Email = jos
			case "Mr Al Lee":
				r.Email = als
			}
			return true
		})
	}
	for name, x := range map[string]struct {
		jos, als string
		barred   bool
		told     string
	}{
		"another":                     {thiefs, "mr.al.lee@home.example", false, hers},
		"none":                        {"", "mr.al.lee@home.example", false, hers},
		"the same in capitals":        {strings.ToUpper(hers), "mr.al.lee@home.example", false, ""},
		"and the other has hers":      {thiefs, hers, false, "mr.al.lee@home.example"}, // he had that one alone
		"who is not to be written to": {thiefs, "mr.al.lee@home.example", true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := mailing(t)
			if x.barred {
				w.takes("Mrs Jo Lee", "Ann", portal.MayBeWrittenTo)
				w.takes("Mrs Jo Lee", "Bo", portal.MayBeWrittenTo)
			}
			w.ok(w.MarkAddress(t.Context(), portal.Operator, anne, w.contact(anne, "Mrs Jo Lee"), true))
			moved := func() (told []string) {
				for _, m := range w.mails(portal.Delivery{}) {
					if m.Kind == portal.MovedMail {
						told = append(told, m.To.Email)
					}
				}
				return told
			}
			w.pass(time.Minute)
			w.register(anne, list(x.jos, x.als), false)
			equal(t, "told", strings.Join(moved(), " "), x.told)
			if name != "another" {
				return
			}
			plan, err := w.PlanUndo(t.Context(), portal.Operator, anne)
			w.ok(err)
			w.pass(time.Hour)
			w.ok(w.UndoImport(t.Context(), portal.Operator, anne, plan.At))
			equal(t, "told when it is taken back", strings.Join(moved(), " "), thiefs)
			changed := 0
			for _, e := range w.happened(portal.Operator, anne, w.contact(anne, "Mrs Jo Lee")) {
				if e == string(portal.ContactChanged) {
					changed++
				}
			}
			if changed != 2 {
				t.Errorf("%d changes of her address are on record, want the list's and its taking back", changed)
			}
		})
	}
}

// What the other parent does is in nobody's mail.
func TestMailTellsNothingOfTheOther(t *testing.T) {
	w := mailing(t)
	jo, al := w.parent(anne, "Mrs Jo Lee"), w.parent(anne, "Mr Al Lee")
	w.mails(portal.Delivery{})
	w.decide(al, w.answering("Ann", portal.Refused))
	w.sign(al, "Ann")
	w.pass(time.Hour)
	equal(t, "of his answer", to(w.mails(portal.Delivery{})), "receipt Mr Al Lee")
	w.pass(8 * 24 * time.Hour)
	r, err := w.Reminders(t.Context(), portal.Operator, anne)
	w.ok(err)
	for _, x := range r.All {
		if x.Contact.Name == "Mrs Jo Lee" && x.ToDo != 8 { // four of each child
			t.Errorf("she has %d things to do", x.ToDo)
		}
	}
	w.sign(jo, "Ann")
}

func TestReminders(t *testing.T) {
	w := mailing(t)
	jo := w.parent(anne, "Mrs Jo Lee")
	w.mails(portal.Delivery{})
	equal(t, "who has just joined", w.why()["Mrs Jo Lee"], "lately")
	w.pass(7 * 24 * time.Hour)
	by := w.why()
	for name, want := range map[string]string{"Mrs Jo Lee": "go", "Mr Al Lee": "go", "Ms Pia Poe": "go", "Mrs Gran Lee": "", "Mr Max Stone": ""} {
		equal(t, name, by[name], want)
	}
	r, err := w.Reminders(t.Context(), portal.Operator, anne)
	w.ok(err)
	_, err = w.Remind(t.Context(), w.staff("lead@anne.example"), anne, r.Fingerprint)
	is(t, err, portal.ErrForbidden)
	_, err = w.Remind(t.Context(), w.staff("office@bede.example"), anne, r.Fingerprint)
	is(t, err, portal.ErrNotFound)
	_, err = w.Remind(t.Context(), portal.Operator, anne, "what somebody saw before")
	wrong(t, err, "fingerprint")
	if n := w.remind(); n != r.Go || n < 3 {
		t.Errorf("%d reminders, and the page said %d", n, r.Go)
	}
	if n := w.remind(); n != 0 {
		t.Errorf("%d are reminded twice at once", n)
	}
	// She answers before it is sent, and is not reminded.
	for _, child := range []string{"Ann", "Bo"} {
		for _, agreement := range []string{"parents-aup", "home-school-agreement"} {
			_, err := w.Sign(t.Context(), jo, portal.SignForm{Pupil: w.pupil(child), Agreement: agreement, Hash: w.hash(anne, portal.Agreement, agreement), Name: "Jo Lee", Agreed: true, Language: "en-GB"})
			w.ok(err)
		}
		for _, purpose := range []string{"video-calls", "website-pictures"} {
			w.decide(jo, portal.DecideForm{Pupil: w.pupil(child), Purpose: purpose, Hash: w.hash(anne, portal.Purpose, purpose), Answer: portal.Refused, Language: "en-GB"})
		}
	}
	sent := w.mails(portal.Delivery{})
	if strings.Contains(to(sent), "reminder Mrs Jo Lee") || len(sent) != r.Go-1 || sent[0].Key == "" {
		t.Errorf("reminders went to %s", to(sent))
	}
	equal(t, "who has answered all", w.why()["Mrs Jo Lee"], "")
	equal(t, "who was reminded", w.why()["Mr Al Lee"], "lately")

	// A stop of reminders is of reminders alone.
	school, stopped, err := w.RemindersBy(t.Context(), sent[0].Key)
	if w.ok(err); school.Slug != anne || stopped {
		t.Errorf("the key is of %s, stopped: %v", school.Slug, stopped)
	}
	for range 2 {
		w.ok(w.StopReminders(t.Context(), sent[0].Key, true))
	}
	is(t, w.StopReminders(t.Context(), "ANOTHER", true), portal.ErrNotFound)
	w.pass(7 * 24 * time.Hour)
	equal(t, "who wants none", w.why()[sent[0].To.Name], "declined")
	w.ok(w.StopReminders(t.Context(), sent[0].Key, false))
	equal(t, "who wants them again", w.why()[sent[0].To.Name], "go")

	// There is an end to it, in a school year.
	w.remind()
	w.mails(portal.Delivery{})
	w.pass(30 * 24 * time.Hour)
	equal(t, "after two", w.why()[sent[0].To.Name], "enough")
	w.pass(330 * 24 * time.Hour)
	w.letters(anne)
	w.pass(8 * 24 * time.Hour)
	equal(t, "in the next year", w.why()[sent[0].To.Name], "go")
}

// A reminder that was due, and waited, keeps to the hours when it goes.
func TestRemindersKeepHours(t *testing.T) {
	w := mailing(t)
	w.letters(anne)
	w.pass(49*24*time.Hour + 11*time.Hour) // 26 October, in the evening, and a holiday
	if w.remind() == 0 {
		t.Fatal("nobody is reminded")
	}
	equal(t, "in the holiday", to(w.mails(portal.Delivery{})), "")
	w.pass(5 * 24 * time.Hour)
	equal(t, "in the evening after", to(w.mails(portal.Delivery{})), "")
	w.pass(12 * time.Hour)
	if len(w.mails(portal.Delivery{})) == 0 {
		t.Error("nothing goes in the morning")
	}
}

// The code of an invitation is made when it is sent, and stands in that mail alone.
func TestInvitationsByMail(t *testing.T) {
	w := mailing(t)
	w.wait = 0
	office := w.staff("office@anne.example")
	_, err := w.InviteByMail(t.Context(), w.staff("lead@anne.example"), anne)
	is(t, err, portal.ErrForbidden)
	n, err := w.InviteByMail(t.Context(), office, anne)
	w.ok(err)
	again, err := w.InviteByMail(t.Context(), office, anne)
	w.ok(err)
	if n < 3 || again != 0 {
		t.Errorf("%d are invited, and %d again", n, again)
	}
	// Pia gets a letter in her hand first.
	pia := w.contact(anne, "Ms Pia Poe")
	w.pass(time.Minute)
	letters, err := w.Letters(t.Context(), office, anne, pia)
	w.ok(err)
	first := w.mails(portal.Delivery{Outcome: portal.Later, Reason: "451"})
	if len(first) != n-1 || strings.Contains(to(first), "Pia") {
		t.Fatalf("%d mails, to %s", len(first), to(first))
	}
	w.pass(time.Minute)
	second := w.mails(portal.Delivery{})
	disk := string(w.onDisk())
	code := map[string]string{}
	for _, m := range second {
		code[m.To.Name] = m.Code
		if strings.Contains(disk, m.Code) || strings.Contains(disk, portal.NormalCode(m.Code)) {
			t.Error("the code of a mail is in the database")
		}
	}
	jo := w.account("jo")
	for _, m := range first {
		if m.To.Name == "Mrs Jo Lee" {
			if code["Mrs Jo Lee"] == m.Code {
				t.Error("two tries have one code")
			}
			wrong(t, w.Join(t.Context(), jo, m.Code, "2017-09-01"), "code", "born")
		}
	}
	w.ok(w.Join(t.Context(), jo, code["Mrs Jo Lee"], "2017-09-01"))
	// Where letters are handed over in person, one that went by mail was not.
	if v := w.child(jo, "Ann"); !v.Waits.Equal(w.now.Add(portal.YesAfter)) {
		t.Errorf("her yes counts from %v", v.Waits)
	}
	al := w.account("al")
	w.mails(portal.Delivery{})
	w.pass(portal.MailedCodeLife + time.Second)
	wrong(t, w.Join(t.Context(), al, code["Mr Al Lee"], "2017-09-01"), "code", "born")
	w.ok(w.Join(t.Context(), w.account("pia"), letters[0].Code, "2017-11-30"))
	// Whoever printed, or sent it, does not vouch for who comes of it.
	is(t, w.ConfirmJoins(t.Context(), office, anne, w.contact(anne, "Mrs Jo Lee")), portal.ErrForbidden)

	// What is refused leaves no code behind.
	n, err = w.InviteByMail(t.Context(), office, anne)
	w.ok(err)
	refused := w.mails(portal.Delivery{Outcome: portal.Turned, Reason: "550 5.1.1", BadAddress: true})
	invites := 0
	for _, m := range refused {
		if m.Kind == portal.InvitationMail {
			invites++
			wrong(t, w.Join(t.Context(), w.account("x"), m.Code, "2017-09-01"), "code", "born")
		}
	}
	o, err := w.Outbox(t.Context(), office, anne)
	w.ok(err)
	addresses, mails := len(o.Bad), len(o.Trouble)
	if n == 0 || invites != n || addresses == 0 || mails != len(refused) {
		t.Errorf("%d invited, %d refused, %d addresses, %d mails", n, invites, addresses, mails)
	}
	tasks, err := w.Tasks(t.Context(), office, anne)
	w.ok(err)
	if i := slices.IndexFunc(tasks, func(x portal.Task) bool { return x.Kind == portal.TaskMail }); i < 0 || tasks[i].Count != addresses+mails || !tasks[i].May {
		t.Errorf("the office is told of %v", tasks)
	}
}

// What comes of a mail decides what is done next, and never twice.
func TestDeliveries(t *testing.T) {
	state := func(w *world) (m portal.Mail) {
		w.view(func(tx portal.Tx) error {
			all, err := tx.Mails(anne)
			m = all[len(all)-1]
			return err
		})
		return m
	}
	claim := func(w *world) portal.Message {
		w.t.Helper()
		m, err := w.NextMail(w.t.Context())
		w.ok(err)
		return m
	}
	begin := func(t *testing.T) *world {
		w := mailing(t)
		w.parent(anne, "Mrs Jo Lee")
		return w
	}
	t.Run("one that fails for long is given up", func(t *testing.T) {
		w := begin(t)
		began := w.now
		var waits []time.Duration
		for state(w).State == portal.MailWaiting {
			w.now = state(w).Due
			m := claim(w)
			if m.ID != state(w).ID {
				t.Fatal("another try has another Message-ID")
			}
			w.ok(w.MailDone(t.Context(), m, portal.Delivery{Outcome: portal.Later, Reason: "421"}))
			if s := state(w); s.State == portal.MailWaiting {
				waits = append(waits, s.Due.Sub(w.now))
			}
		}
		if s := state(w); s.State != portal.MailFailed || s.Reason != "421" || w.now.Sub(began) < 4*24*time.Hour || w.now.Sub(began) > portal.MailLife {
			t.Errorf("it ends as %+v", s)
		}
		if waits[0] != time.Minute || waits[1] != 4*time.Minute || slices.Max(waits) != 6*time.Hour {
			t.Errorf("it waits for %v", waits)
		}
	})
	t.Run("a refusal is the end", func(t *testing.T) {
		w := begin(t)
		w.mails(portal.Delivery{Outcome: portal.Turned, Reason: "554 5.7.1"})
		if s := state(w); s.State != portal.MailFailed || s.Reason != "554 5.7.1" || s.Ended.IsZero() {
			t.Errorf("it is %+v", s)
		}
	})
	t.Run("what may have been taken is not sent again", func(t *testing.T) {
		w := begin(t)
		w.mails(portal.Delivery{Outcome: portal.Unsure})
		w.pass(portal.MailLife)
		equal(t, "later", to(w.mails(portal.Delivery{})), "")
		equal(t, "it is", string(state(w).State), "unknown")
		// Somebody at the office wants it sent.
		is(t, w.RetryMail(t.Context(), w.staff("business@anne.example"), anne, state(w).ID), portal.ErrForbidden)
		is(t, w.RetryMail(t.Context(), w.staff("office@bede.example"), bede, state(w).ID), portal.ErrNotFound)
		w.ok(w.RetryMail(t.Context(), w.staff("office@anne.example"), anne, state(w).ID))
		equal(t, "then", to(w.mails(portal.Delivery{})), "joined Mrs Jo Lee")
		is(t, w.RetryMail(t.Context(), w.staff("office@anne.example"), anne, state(w).ID), portal.ErrConflict)
	})
	t.Run("of a sender that was not heard of again", func(t *testing.T) {
		w := begin(t)
		m := claim(w)
		w.pass(portal.MailLease)
		_, err := w.NextMail(t.Context())
		is(t, err, portal.ErrNotFound)
		w.pass(time.Second)
		_, err = w.NextMail(t.Context())
		is(t, err, portal.ErrNotFound)
		equal(t, "it is", string(state(w).State), "unknown")
		w.ok(w.MailDone(t.Context(), m, portal.Delivery{Outcome: portal.Later}))
		equal(t, "late word of a failure", string(state(w).State), "unknown")
		w.ok(w.MailDone(t.Context(), m, portal.Delivery{}))
		equal(t, "late word that it was taken", string(state(w).State), "sent")
	})
	t.Run("what could not be sent for days", func(t *testing.T) {
		w := begin(t)
		w.pass(portal.MailLife + time.Second)
		equal(t, "sent", to(w.mails(portal.Delivery{})), "")
		if s := state(w); s.State != portal.MailFailed || s.Reason != string(portal.TooLate) {
			t.Errorf("it is %+v", s)
		}
	})
	t.Run("called back", func(t *testing.T) {
		w := begin(t)
		office := w.staff("office@anne.example")
		is(t, w.CancelMail(t.Context(), office, anne, state(w).ID), portal.ErrForbidden) // nobody hides a join
		w.mails(portal.Delivery{})
		w.pass(8 * 24 * time.Hour)
		w.remind()
		o, err := w.Outbox(t.Context(), office, anne)
		w.ok(err)
		if len(o.Waiting) == 0 {
			t.Fatal("nothing waits")
		}
		for _, m := range o.Waiting {
			w.ok(w.CancelMail(t.Context(), office, anne, m.ID))
			is(t, w.CancelMail(t.Context(), office, anne, m.ID), portal.ErrConflict)
		}
		equal(t, "sent", to(w.mails(portal.Delivery{})), "")
		events, err := w.Events(t.Context(), w.staff("lead@anne.example"), anne, "")
		w.ok(err)
		if events[1].Kind != portal.MailHandled {
			t.Errorf("the last events are %s and %s", events[0].Kind, events[1].Kind)
		}
	})
	w := begin(t)
	w.mails(portal.Delivery{})
	w.pass(401 * 24 * time.Hour)
	w.ok(w.Tidy(t.Context()))
	w.view(func(tx portal.Tx) error {
		if all, err := tx.Mails(anne); err != nil || len(all) > 0 {
			t.Errorf("after a year %d mails are kept: %v", len(all), err)
		}
		return nil
	})
}

// Whoever had answered is told what is asked anew, once, and nobody else.
func TestWhatHasChanged(t *testing.T) {
	w := mailing(t)
	jo := w.parent(anne, "Mrs Jo Lee")
	al := w.parent(anne, "Mr Al Lee")
	w.sign(jo, "Ann")
	w.sign(jo, "Bo")
	w.decide(al, w.answering("Ann", portal.Refused))
	w.pass(time.Hour)
	w.mails(portal.Delivery{})
	next := school(anne, 1)
	next.Texts[0] = text(anne, portal.Agreement, "parents-aup", 2, "")
	w.ok(w.SetSchools(t.Context(), []portal.School{next}))
	equal(t, "at once", to(w.mails(portal.Delivery{})), "")
	w.pass(time.Hour)
	w.ok(w.SetSchools(t.Context(), []portal.School{next}))
	sent := w.mails(portal.Delivery{})
	equal(t, "after", to(sent), "changed Mrs Jo Lee")
	if items := sent[0].Items; len(items) != 1 || items[0].Title != "Title of parents-aup" {
		t.Errorf("it is about %+v", items)
	}
}

// Somebody of the office who has a child at the school sees nothing of what the other
// parent is sent, and sends them nothing.
func TestOwnFamilysMail(t *testing.T) {
	w := mailing(t)
	w.parent(anne, "Mr Al Lee")
	clerk := w.staff("office@anne.example")
	jo := w.letters(anne)["Mrs Jo Lee"]
	w.ok(w.Join(t.Context(), clerk, jo.Code, "2017-09-01"))
	w.mails(portal.Delivery{Outcome: portal.Turned, Reason: "550 5.1.1", BadAddress: true})
	w.pass(8 * 24 * time.Hour)
	failed := ""
	w.view(func(tx portal.Tx) error {
		all, err := tx.Mails(anne)
		failed = all[0].ID
		return err
	})
	o, err := w.Outbox(t.Context(), clerk, anne)
	w.ok(err)
	r, err := w.Reminders(t.Context(), clerk, anne)
	w.ok(err)
	if len(o.Trouble)+len(o.Bad)+len(o.Counts) > 0 || slices.ContainsFunc(r.All, func(x portal.Reminder) bool { return strings.Contains(x.Contact.Name, "Lee") }) {
		t.Errorf("of her own family she sees %v, %v, %v, %v", o.Trouble, o.Bad, o.Counts, r.All)
	}
	is(t, w.RetryMail(t.Context(), clerk, anne, failed), portal.ErrForbidden)
	is(t, w.MarkAddress(t.Context(), clerk, anne, w.contact(anne, "Mr Al Lee"), false), portal.ErrForbidden)
}
