package portal_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"schoolgate/portal"
	"schoolgate/portal/ledger"
	"schoolgate/portal/store"
	"schoolgate/portal/store/pgtest"
)

var usualKeep = portal.Periods{Records: 12, Answers: 12, Agreements: 12, Events: 24, Staff: 12}

// keeping is a trust with its families whose schools keep things so long.
func keeping(t *testing.T, address string, keep portal.Periods) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), now: theFirstOfTerm}
	if address == "" {
		address = filepath.Join(w.dir, "register.db")
	}
	var err error
	w.db, err = store.Open(t.Context(), address)
	w.ok(err)
	t.Cleanup(func() { w.db.Close() })
	w.use()
	w.keeps(keep)
	w.register(anne, annesList(), false)
	w.register(bede, bedesList(), false)
	return w
}

func (w *world) keeps(keep portal.Periods) {
	w.t.Helper()
	all := []portal.School{school(anne, 1), school(bede, 1)}
	for i := range all {
		all[i].Periods = keep
	}
	w.ok(w.SetSchools(w.t.Context(), all))
}

// due is what has had its time at a school, as "pupils 2, contacts 1".
func (w *world) due(school string) string {
	w.t.Helper()
	r, err := w.Retention(w.t.Context(), portal.Operator, school)
	w.ok(err)
	var parts []string
	for _, d := range r.Due {
		if d.Now > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", d.Kind, d.Now))
		}
	}
	return strings.Join(parts, ", ")
}

func (w *world) erase(school string) portal.Tally {
	w.t.Helper()
	w.ok(w.ClockIsRight(w.t.Context())) // it goes by leaps in a test
	n, err := w.Erase(w.t.Context(), portal.Operator, school)
	w.ok(err)
	return n
}

// leesLeave takes the Lees from the roll.
func (w *world) leesLeave() {
	w.t.Helper()
	w.register(anne, change(func(r *portal.ClassListRow) bool { return r.Surname != "Lee" }), true)
}

// A pupil's time is up a year after the day on which they left, as it is in London;
// not a day before, and not while the record is kept.
func TestTimeIsUp(t *testing.T) {
	for _, c := range []struct {
		name      string
		left      time.Time
		keep      portal.Periods
		not, from portal.Date
	}{
		{"a year", time.Date(2026, 9, 7, 9, 0, 0, 0, time.UTC), usualKeep, "2027-09-06", "2027-09-07"},
		{"late in the evening of a summer's day, it is the next in London", time.Date(2026, 7, 17, 23, 30, 0, 0, time.UTC), usualKeep, "2027-07-17", "2027-07-18"},
		{"in winter it is not", time.Date(2026, 12, 17, 23, 30, 0, 0, time.UTC), usualKeep, "2027-12-16", "2027-12-17"},
		{"of a leap day", time.Date(2028, 2, 29, 9, 0, 0, 0, time.UTC), usualKeep, "2029-02-28", "2029-03-01"},
		{"of a month without the day", time.Date(2026, 8, 31, 9, 0, 0, 0, time.UTC), portal.Periods{Records: 6, Events: 24}, "2027-02-28", "2027-03-01"},
		{"the longest period counts, as the rest refers to the pupil", time.Date(2026, 9, 7, 9, 0, 0, 0, time.UTC), portal.Periods{Records: 1, Answers: 18, Events: 24}, "2028-03-06", "2028-03-07"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := keeping(t, "", c.keep)
			w.now = c.left
			w.leesLeave()
			at := func(d portal.Date, hour int) time.Time {
				day, err := time.Parse(time.DateOnly, string(d))
				w.ok(err)
				return day.Add(time.Duration(hour) * time.Hour)
			}
			w.now = at(c.not, 12)
			if got := w.due(anne); strings.Contains(got, "pupils") {
				t.Errorf("the day before: %s", got)
			}
			if n := w.erase(anne); n[portal.KeptPupils] != 0 {
				t.Errorf("erased the day before: %v", n)
			}
			w.now = at(c.from, 12)
			if got := w.due(anne); !strings.Contains(got, "pupils 2, contacts 4") {
				t.Errorf("on the day: %s", got)
			}
			if n := w.erase(anne); n[portal.KeptPupils] != 2 || n[portal.KeptContacts] != 4 {
				t.Errorf("erased: %v", n)
			}
			if got := w.due(anne); got != "" {
				t.Errorf("left over: %s", got)
			}
			w.whole(0)
		})
	}
	t.Run("a school that has not said", func(t *testing.T) {
		w := keeping(t, "", portal.Periods{})
		w.leesLeave()
		w.pass(100 * 365 * 24 * time.Hour)
		if n := w.erase(anne); n.Sum() != 0 || w.due(anne) != "" {
			t.Errorf("erased: %v", n)
		}
	})
}

// A family that is erased leaves nothing: not a name, not an address, not a word of
// what they signed, in any file of the database. What is left still verifies, with the
// proofs that others hold, and says that it was done.
func TestErasedFamily(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			address := ""
			if engine == "postgres" {
				address = pgtest.Database(t)
			}
			w := keeping(t, address, usualKeep)
			everything := func() []byte {
				if engine == "sqlite" {
					return w.onDisk()
				}
				return dump(t, address)
			}
			w.leesAndPoe(t)
			jo, pia := w.account("Mrs Jo Lee"), w.account("Ms Pia Poe")
			theirs := w.decide(pia, w.answering("Cat", portal.Given))
			w.publish()
			receipt, err := w.Receipt(t.Context(), pia, theirs)
			w.ok(err)
			token, err := w.StartSession(t.Context(), portal.Session{AccountID: jo})
			w.ok(err)
			w.ok(w.Hold(t.Context(), jo, "/portal/x", map[string][]string{"name": {"Jozefina Lee"}}))
			secrets := []string{"Ann", "Lee", "Jozefina", "mrs.jo.lee@", "mr.al.lee@", "Unusual reason"}
			w.ok(w.KeepLonger(t.Context(), portal.Operator, anne, w.pupil("Ann"), "2026-12-01", "Unusual reason"))
			w.leesLeave()
			gone := []string{w.pupil("Ann"), w.contact(anne, "Mrs Jo Lee"), w.contact(anne, "Mr Al Lee")}
			secrets = append(secrets, gone...)
			before := everything()
			for _, s := range secrets {
				if !bytes.Contains(before, []byte(s)) {
					t.Fatalf("%q was never there", s)
				}
			}
			w.pass(366 * 24 * time.Hour)
			n := w.erase(anne)
			for kind, want := range map[string]int{portal.KeptPupils: 2, portal.KeptContacts: 4, portal.KeptAnswers: 2, portal.KeptSigned: 1, portal.KeptAccounts: 2} {
				if n[kind] != want {
					t.Errorf("%s: %d erased, want %d", kind, n[kind], want)
				}
			}
			after := everything()
			for _, s := range secrets {
				if s != "Ann" && s != "Lee" && bytes.Contains(after, []byte(s)) {
					t.Errorf("%q is still there", s)
				}
			}
			for _, s := range []string{"Ann", "Lee"} { // as words: a random id may hold the letters
				if bytes.Contains(after, []byte(s+" ")) || bytes.Contains(after, []byte(" "+s)) {
					t.Errorf("%q is still there", s)
				}
			}
			_, live, err := w.Session(t.Context(), token)
			if live {
				t.Error("her session goes on")
			}
			is(t, err, portal.ErrNotFound)

			// The others are as they were, and so are their proofs.
			w.whole(1)
			again, err := w.Receipt(t.Context(), pia, theirs)
			w.ok(err)
			for _, r := range []portal.Proof{receipt.Proof, again.Proof} {
				if err := w.holds(r); err != nil {
					t.Errorf("a proof of another family: %v", err)
				}
			}
			w.publish()
			w.whole(1)

			// That it was done is on record: how many, when, under which rule, by whom.
			events, err := w.Events(t.Context(), portal.Operator, anne, "")
			w.ok(err)
			i := slices.IndexFunc(events, func(e portal.Event) bool { return e.Kind == portal.Erased })
			if i < 0 {
				t.Fatal("no event says it")
			}
			for _, part := range []string{`"pupils":2`, `"contacts":4`, `"answers":2`, `"rule":"months kept: records 12`} {
				if !strings.Contains(events[i].Details, part) {
					t.Errorf("no %s in %s", part, events[i].Details)
				}
			}
			for _, id := range gone {
				_, err := w.Events(t.Context(), portal.Operator, anne, id)
				w.ok(err)
				if strings.Contains(fmt.Sprint(events[i].Details), id) {
					t.Error("the event says whose")
				}
			}
			if n := w.erase(anne); n.Sum() != 0 {
				t.Errorf("a second run erases %v", n)
			}
		})
	}
}

// leesAndPoe is three parents who have joined, of whom two have signed and answered.
func (w *world) leesAndPoe(t *testing.T) {
	t.Helper()
	jo, al := w.parent(anne, "Mrs Jo Lee"), w.parent(anne, "Mr Al Lee")
	w.parent(anne, "Ms Pia Poe")
	f := w.signing("Ann")
	f.Name = "Jozefina Lee"
	_, err := w.Sign(t.Context(), jo, f)
	w.ok(err)
	w.decide(jo, w.answering("Ann", portal.Given))
	w.decide(al, w.answering("Ann", portal.Refused))
}

// holds checks a receipt offline.
func (w *world) holds(p portal.Proof) error {
	b, err := json.Marshal(p)
	w.ok(err)
	_, err = ledger.CheckReceipt(b, w.keys(), nil, nil)
	return err
}

// dump is every row of every table, as text.
func dump(t *testing.T, address string) []byte {
	t.Helper()
	raw, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	var all bytes.Buffer
	var names []string
	each := func(query string, f func(string)) {
		rows, err := raw.QueryContext(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var s string
			if err := rows.Scan(&s); err != nil {
				t.Fatal(err)
			}
			f(s)
		}
	}
	each("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'", func(s string) { names = append(names, s) })
	for _, name := range names {
		each("SELECT x::text FROM "+name+" x", func(s string) { all.WriteString(s + "\n") })
	}
	return all.Bytes()
}

// A signature goes once the same person's next has replaced it, and their answers do not.
func TestReplaced(t *testing.T) {
	w := keeping(t, "", usualKeep)
	jo := w.parent(anne, "Mrs Jo Lee")
	_, err := w.Sign(t.Context(), jo, w.signing("Ann"))
	w.ok(err)
	w.decide(jo, w.answering("Ann", portal.Given))
	w.decide(jo, w.answering("Ann", portal.Refused))
	if got := w.due(anne); got != "" {
		t.Errorf("due: %s", got)
	}
	next := school(anne, 2)
	next.Periods = usualKeep
	w.ok(w.SetSchools(t.Context(), []portal.School{next}))
	second, err := w.Sign(t.Context(), jo, w.signing("Ann"))
	w.ok(err)
	if got := w.due(anne); got != "replaced signatures 1" {
		t.Errorf("due: %s", got)
	}
	if n := w.erase(anne); n[portal.KeptSigned] != 1 || n.Sum() != 1 {
		t.Errorf("erased %v", n)
	}
	if all := w.signatures("Ann"); len(all) != 1 || all[0].ID != second || len(w.decisions("Ann")) != 2 {
		t.Error("another was erased")
	}
	w.publish()
	w.whole(3)
}

// A signature through a join that does not count yet, as it may be anybody's, replaces
// nothing.
func TestWhatDoesNotCountReplacesNothing(t *testing.T) {
	w := keeping(t, "", usualKeep)
	w.wait = portal.YesAfter
	if _, err := w.writes(w.today(), portal.SlipAnswer{Field: "x", Ref: w.slip("Mrs Jo Lee", "Ann", "parents-aup").Ref, Answer: portal.Given}); err != nil {
		t.Fatal(err)
	}
	impostor := w.parent(anne, "Mrs Jo Lee")
	next := school(anne, 2)
	next.Periods = usualKeep
	w.ok(w.SetSchools(t.Context(), []portal.School{next}))
	_, err := w.Sign(t.Context(), impostor, w.signing("Ann"))
	w.ok(err)
	if got := w.due(anne); got != "" {
		t.Errorf("due: %s", got)
	}
	w.pass(portal.YesAfter)
	if got := w.due(anne); got != "replaced signatures 1" {
		t.Errorf("once it counts, due: %s", got)
	}
}

// A record that is kept stays whole until the day after the last, whatever has had
// its time; who may say so, and until when.
func TestKeepRecord(t *testing.T) {
	w := keeping(t, "", usualKeep)
	office := w.staff("office@anne.example")
	ann := w.pupil("Ann")
	w.leesLeave()
	for name, c := range map[string]struct {
		until  portal.Date
		reason string
		field  string
	}{
		"no day":    {"", "a dispute", "until"},
		"no date":   {"2027-13-01", "a dispute", "until"},
		"no reason": {"2028-01-01", "  ", "reason"},
		"for ever":  {"2090-01-01", "a dispute", "until"},
	} {
		t.Run(name, func(t *testing.T) {
			wrong(t, w.KeepLonger(t.Context(), office, anne, ann, c.until, c.reason), c.field)
		})
	}
	is(t, w.KeepLonger(t.Context(), w.staff("teacher@anne.example"), anne, ann, "2028-01-01", "x"), portal.ErrForbidden)
	is(t, w.KeepLonger(t.Context(), w.staff("office@bede.example"), bede, ann, "2028-01-01", "x"), portal.ErrNotFound)
	w.ok(w.KeepLonger(t.Context(), office, anne, ann, "2028-01-01", "a dispute"))
	w.now = time.Date(2028, 1, 1, 23, 0, 0, 0, time.UTC)
	if n := w.erase(anne); n[portal.KeptPupils] != 1 { // the other child's
		t.Errorf("erased %v", n)
	}
	if r, err := w.Retention(t.Context(), office, anne); err != nil || len(r.Leavers) != 1 || r.Leavers[0].Due != "2028-01-02" || r.Leavers[0].Kept.Reason != "a dispute" {
		t.Errorf("kept: %+v, %v", r.Leavers, err)
	}
	w.now = time.Date(2028, 1, 2, 0, 30, 0, 0, time.UTC)
	if n := w.erase(anne); n[portal.KeptPupils] != 1 {
		t.Errorf("erased %v", n)
	}
}

// What somebody else has kept, the office neither ends nor makes its own: who set it
// does, or the lead or the head.
func TestWhoEndsAKeep(t *testing.T) {
	w := keeping(t, "", usualKeep)
	ann, office := w.pupil("Ann"), w.staff("office@anne.example")
	keep := func(who string, until portal.Date) error {
		return w.KeepLonger(t.Context(), w.staff(who), anne, ann, until, "a dispute")
	}
	w.ok(keep("lead@anne.example", "2030-01-01"))
	for _, until := range []portal.Date{"2020-01-01", "2026-10-01", "2031-01-01"} {
		is(t, keep("office@anne.example", until), portal.ErrForbidden)
	}
	kept := func() (all []portal.Keeping) {
		w.view(func(tx portal.Tx) (err error) {
			all, err = tx.Keepings(anne)
			return err
		})
		return all
	}
	if all := kept(); len(all) != 1 || all[0].Until != "2030-01-01" || all[0].By == office {
		t.Errorf("kept: %+v", all)
	}
	w.ok(keep(head, "2020-01-01"))
	w.ok(keep("office@anne.example", "2030-01-01"))
	w.ok(keep("office@anne.example", "2020-01-01")) // its own
	if all := kept(); len(all) != 0 {
		t.Errorf("kept: %+v", all)
	}
}

// Events go two years after, but that something was erased stays; so do those of a
// record that is kept, and of joins and restrictions, which go with those whom they name. The trust's own go with the longest period.
func TestEventsHaveTheirTime(t *testing.T) {
	w := keeping(t, "", usualKeep)
	w.staff("lead@anne.example")
	w.staff("trust@example")
	_, err := w.NoteRights(t.Context())
	w.ok(err)
	w.parent(anne, "Mrs Jo Lee")
	w.ok(w.KeepLonger(t.Context(), portal.Operator, anne, w.pupil("Ann"), "2030-01-01", "a dispute"))
	w.now = time.Date(2028, 9, 6, 12, 0, 0, 0, time.UTC)
	if n := w.erase(anne); n.Sum() != 0 {
		t.Errorf("erased %v a day early", n)
	}
	w.now = time.Date(2028, 9, 7, 0, 0, 0, 0, time.UTC)
	if n := w.erase(anne); n[portal.KeptEvents] == 0 || n[portal.KeptEvents] != n.Sum() {
		t.Errorf("erased %v", n)
	}
	events, err := w.Events(t.Context(), portal.Operator, anne, "")
	w.ok(err)
	var kinds []string
	for _, e := range events {
		kinds = append(kinds, string(e.Kind))
	}
	slices.Sort(kinds)
	if got := strings.Join(slices.Compact(kinds), " "); got != "clock-right erased join-extended joined record-kept restriction-set rights-changed staff-signed-in" {
		t.Errorf("left are %s", got)
	}
	if got := w.due(portal.TrustWide); !strings.Contains(got, "events 2") {
		t.Errorf("of the trust: %s", got)
	}
	n := w.erase(portal.TrustWide)
	if n[portal.KeptEvents] != 2 {
		t.Errorf("of the trust: %v", n)
	}
	w.pass(10 * 365 * 24 * time.Hour)
	w.erase(anne)
	if events, err = w.Events(t.Context(), portal.Operator, anne, ""); err != nil || !slices.ContainsFunc(events, func(e portal.Event) bool { return e.Kind == portal.Erased }) {
		t.Errorf("that something was erased is erased: %v", err)
	}
	w.whole(0)
}

// Who may erase, and what a run that was broken off leaves.
func TestWhoErases(t *testing.T) {
	w := keeping(t, "", usualKeep)
	w.leesLeave()
	w.pass(400 * 24 * time.Hour)
	w.ok(w.ClockIsRight(t.Context()))
	for email, want := range map[string]error{"teacher@anne.example": portal.ErrForbidden, "office@bede.example": portal.ErrNotFound, "caretaker@anne.example": portal.ErrForbidden} {
		_, err := w.Erase(t.Context(), w.staff(email), anne)
		is(t, err, want)
		_, err = w.Retention(t.Context(), w.staff(email), anne)
		is(t, err, want)
	}
	_, err := w.Erase(t.Context(), w.staff("office@anne.example"), portal.TrustWide)
	is(t, err, portal.ErrNotFound)
	if n, err := w.Erase(t.Context(), w.staff("office@anne.example"), anne); err != nil || n[portal.KeptPupils] != 2 {
		t.Errorf("the office erased %v, %v", n, err)
	}
}

// A contact whom a class list leaves out, and as whom nobody joined, is kept for a month
// after a run has noticed, as it may have been a mistake.
func TestContactLeftOut(t *testing.T) {
	w := keeping(t, "", usualKeep)
	without := change(func(r *portal.ClassListRow) bool { return r.ContactName != "Mrs Jo Lee" })
	for _, c := range []struct {
		pass time.Duration
		rows []portal.ClassListRow
		gone int
	}{
		{time.Hour, without, 0},
		{20 * 24 * time.Hour, annesList(), 0}, // back again
		{20 * 24 * time.Hour, without, 0},
		{29 * 24 * time.Hour, without, 0},
		{4 * 24 * time.Hour, without, 1},
	} {
		w.pass(c.pass)
		w.register(anne, c.rows, false)
		if n := w.erase(anne); n[portal.KeptContacts] != c.gone {
			t.Errorf("erased %v", n)
		}
	}
	if w.contact(anne, "Mrs Jo Lee") != "" {
		t.Error("she is still on the register")
	}
	w.whole(0)
}

// Somebody at the office makes up a contact, joins as them, looks, and has a list drop them
// again: who it was stays on record as long as the child does.
func TestAMadeUpContactLeavesATrace(t *testing.T) {
	w := keeping(t, "", usualKeep)
	extra := annesList()[6]
	extra.ContactName, extra.Email, extra.Relationship = "Mr Never Was", "never@home.example", "Father"
	w.register(anne, numbered(append(annesList(), extra)), false)
	cat, insider := w.pupil("Cat"), w.account("insider")
	made := w.contact(anne, "Mr Never Was")
	w.ok(w.Join(t.Context(), insider, w.letters(anne)["Mr Never Was"].Code, "2017-11-30"))
	w.child(insider, "Cat")
	w.ok(w.EndJoin(t.Context(), w.staff("office@anne.example"), anne, made))
	w.register(anne, annesList(), false)
	for range 4 {
		w.erase(anne)
		w.pass(40 * 24 * time.Hour)
	}
	traces := func() (found []string) {
		events, err := w.Events(t.Context(), w.staff("lead@anne.example"), anne, made)
		w.ok(err)
		for _, e := range events {
			if e.Kind == portal.Joined || e.Kind == portal.JoinExtended || e.Kind == portal.JoinEnded {
				found = append(found, e.About)
			}
		}
		return found
	}
	if got := traces(); !slices.Equal(got, []string{"Mr Never Was", "Mr Never Was", "Mr Never Was"}) {
		t.Errorf("what is left of it: %q", got)
	}
	// With the child's record it goes.
	w.register(anne, change(func(r *portal.ClassListRow) bool { return r.Forename != "Cat" }), true)
	w.pass(400 * 24 * time.Hour)
	for range 2 {
		w.erase(anne)
		w.pass(40 * 24 * time.Hour)
	}
	w.erase(anne)
	if got := traces(); len(got) > 0 || w.contact(anne, "Mr Never Was") != "" {
		t.Errorf("of %s, who is erased, there is still %q", cat, got)
	}
}

// A clock that was set forward erases nobody, also on the days after, until the operator
// has said that it is right; nor does one that was set back.
func TestClockThatJumped(t *testing.T) {
	w := keeping(t, "", usualKeep)
	w.leesLeave()
	head := func() {
		t.Helper()
		_, err := w.ledger.Publish(t.Context(), w.db, w.now)
		w.ok(err)
	}
	refused := func(when string) {
		t.Helper()
		n, err := w.Erase(t.Context(), portal.Operator, anne)
		if is(t, err, portal.ErrClock); n.Sum() != 0 {
			t.Errorf("%s it erased %v", when, n)
		}
	}
	erases := func(pupils int) {
		t.Helper()
		n, err := w.Erase(t.Context(), portal.Operator, anne)
		if w.ok(err); n[portal.KeptPupils] != pupils {
			t.Errorf("erased %v", n)
		}
	}
	for range 5 {
		w.pass(13 * 24 * time.Hour)
		erases(0)
		head()
	}
	right := w.now
	w.pass(400 * 24 * time.Hour)
	refused("at once")
	for range 3 {
		head() // as one that serves does
		w.pass(24 * time.Hour)
		refused("on the next day")
	}
	w.now = right
	refused("set back")
	w.ok(w.ClockIsRight(t.Context()))
	erases(0)
	w.pass(15 * 24 * time.Hour)
	refused("after it stood still")
	w.pass(400 * 24 * time.Hour)
	w.ok(w.ClockIsRight(t.Context()))
	erases(2)
	w.whole(0)
}
