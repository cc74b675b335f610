package portal_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"schoolgate/portal"
)

// aCall is a proposal for class 4K, on the day of the world's clock.
func (w *world) aCall() portal.ActivityForm {
	return portal.ActivityForm{Title: "Call with the museum", Purposes: []string{"website-pictures"}, On: w.now.Format("02/01/2006"), From: "13:00", To: "14:00", Group: "4K",
		With: "The museum", Checked: "Rang the number on its website", Supervision: "Ms Quist", Platform: "The school's own account", Risk: "Folder 3"}
}

// proposes proposes it as the office, and with approve the head agrees.
func (w *world) proposes(f portal.ActivityForm, approve bool) (id string) {
	w.t.Helper()
	id, err := w.Propose(w.t.Context(), w.staff("office@anne.example"), anne, f)
	w.ok(err)
	if approve {
		w.ok(w.DecideActivity(w.t.Context(), w.staff(head), anne, id, true, ""))
	}
	return id
}

// goes is who may take part, as somebody reads it: "Ann yes, Cat no".
func goes(s portal.GoSheet) string {
	var all []string
	for _, r := range s.Rows {
		all = append(all, r.Pupil.Forename+" "+string(r.All))
	}
	return strings.Join(all, ", ")
}

func (w *world) sheet(account, id string) portal.GoSheet {
	w.t.Helper()
	s, err := w.Sheet(w.t.Context(), account, anne, id, "")
	w.ok(err)
	return s
}

// C6. Whether a pupil may take part is worked out each time that somebody looks, and tells
// nobody but the safeguarding lead that no answer has come, nor anybody whose no it is.
func TestGoIsLive(t *testing.T) {
	w := settled(t)
	office, lead := w.staff("office@anne.example"), w.staff("lead@anne.example")
	jo, al := w.parent(anne, "Mrs Jo Lee"), w.parent(anne, "Mr Al Lee")
	w.put(pictures(question, "01632 960 101"))
	id := w.proposes(w.aCall(), false)
	w.decide(jo, w.answering("Ann", portal.Given))
	if got := goes(w.sheet(office, id)); got != "Ann not-yet, Cat no" {
		t.Errorf("before anybody approved it: %q", got)
	}
	w.ok(w.DecideActivity(t.Context(), lead, anne, id, true, ""))
	for _, step := range []struct {
		name         string
		do           func()
		office, lead string
	}{
		{"a yes for one", func() {}, "Ann yes, Cat no", "Ann yes, Cat not-yet"},
		{"the other parent says no", func() { w.decide(al, w.answering("Ann", portal.Refused)) }, "Ann no, Cat no", "Ann no, Cat not-yet"},
		{"and takes it back", func() { w.decide(al, w.answering("Ann", portal.Given)) }, "Ann yes, Cat no", "Ann yes, Cat not-yet"},
		{"another telephone number", func() { w.put(pictures(question, "01632 960 177")) }, "Ann yes, Cat no", "Ann yes, Cat not-yet"},
		{"other words of the same edition", func() { w.put(pictures("May we sell pictures of your child?", "01632 960 101")) }, "Ann no, Cat no", "Ann no, Cat no"},
		{"the question as it was", func() { w.put(pictures(question, "01632 960 101")) }, "Ann yes, Cat no", "Ann yes, Cat not-yet"},
		{"a new edition, to which she says yes", func() {
			w.ok(w.SetSchools(t.Context(), []portal.School{school(anne, 2)}))
			f := w.answering("Ann", portal.Given)
			f.Hash = w.hash(anne, portal.Purpose, f.Purpose)
			w.decide(jo, f)
		}, "Ann no, Cat no", "Ann no, Cat no"},
		{"the purpose is withdrawn", func() {
			s := school(anne, 1)
			s.Texts = s.Texts[:3]
			w.ok(w.SetSchools(t.Context(), []portal.School{s}))
		}, "Ann no, Cat no", "Ann no, Cat no"},
	} {
		w.pass(time.Second)
		step.do()
		if got := goes(w.sheet(office, id)); got != step.office {
			t.Errorf("%s: the office reads %q, wanted %q", step.name, got, step.office)
		}
		if s, err := w.Sheet(t.Context(), lead, anne, id, "class sheet"); err != nil || goes(s) != step.office {
			t.Errorf("%s: the lead's sheet to print has %q, wanted %q, %v", step.name, goes(s), step.office, err)
		}
		if got := goes(w.sheet(lead, id)); got != step.lead {
			t.Errorf("%s: the lead reads %q, wanted %q", step.name, got, step.lead)
		}
	}
	if s := w.sheet(office, id); !s.Purposes[0].Changed || s.Purposes[0].Title == "" {
		t.Errorf("the sheet says of a purpose that is withdrawn %+v", s.Purposes[0])
	}
	w.pass(24 * time.Hour)
	if s := w.sheet(office, id); s.Status != "over" || len(s.Rows) != 0 {
		t.Errorf("the day after it is %q, with %d pupils", s.Status, len(s.Rows))
	}
}

// Whoever leaves before an activity is gone from it, and whoever comes has to have a yes
// like everybody; the sheet says how many.
func TestActivityFollowsTheRegister(t *testing.T) {
	w := settled(t)
	office := w.staff("office@anne.example")
	id := w.proposes(w.aCall(), true)
	byName := w.aCall()
	byName.Group, byName.Pupils = "", []string{w.pupil("Ann"), w.pupil("Bo")}
	named := w.proposes(byName, true)
	rows := change(func(r *portal.ClassListRow) bool {
		if r.Forename == "Bo" {
			r.Group = "4K"
		}
		return r.Forename != "Ann"
	})
	w.register(anne, rows, true)
	if s := w.sheet(office, id); s.Gone != 1 || s.Come != 1 || goes(s) != "Bo no, Cat no" {
		t.Errorf("%d have gone and %d come: %q", s.Gone, s.Come, goes(s))
	}
	if s := w.sheet(office, named); s.Gone != 1 || s.Come != 0 || goes(s) != "Bo no" {
		t.Errorf("of those picked by name %d have gone and %d come: %q", s.Gone, s.Come, goes(s))
	}
}

// A yes has to last until the day of the activity.
func TestGoOnTheDay(t *testing.T) {
	w := settled(t)
	s := school(anne, 1)
	s.Texts[3].Months = 1
	w.ok(w.SetSchools(t.Context(), []portal.School{s}))
	w.decide(w.parent(anne, "Mrs Jo Lee"), w.answering("Ann", portal.Given))
	f := w.aCall()
	for _, c := range []struct{ on, want string }{{"07/10/2026", "Ann yes, Cat no"}, {"08/10/2026", "Ann no, Cat no"}} {
		f.On = c.on
		if got := goes(w.sheet(w.staff("office@anne.example"), w.proposes(f, true))); got != c.want {
			t.Errorf("on %s: %q, wanted %q", c.on, got, c.want)
		}
	}
}

// What a proposal lacks is said field by field, and nothing is saved.
func TestPropose(t *testing.T) {
	w := settled(t)
	s := school(anne, 1)
	s.Texts[2].Basis = portal.Objection
	w.ok(w.SetSchools(t.Context(), []portal.School{s}))
	office := w.staff("office@anne.example")
	for name, c := range map[string]struct {
		change func(*portal.ActivityForm)
		wants  string
	}{
		"nothing":                      {func(f *portal.ActivityForm) { *f = portal.ActivityForm{} }, "title,purpose,supervision,risk,on,from,to,whom"},
		"a purpose that is not asked":  {func(f *portal.ActivityForm) { f.Purposes = []string{"press"} }, "purpose"},
		"nobody checked":               {func(f *portal.ActivityForm) { f.Checked = " " }, "checked"},
		"recorded without a reason":    {func(f *portal.ActivityForm) { f.Recorded = "website-pictures" }, "reason"},
		"recorded as nobody objected":  {func(f *portal.ActivityForm) { f.Recorded, f.Reason = "video-calls", "For class" }, "recorded"},
		"yesterday":                    {func(f *portal.ActivityForm) { f.On = "06/09/2026" }, "on"},
		"in two years":                 {func(f *portal.ActivityForm) { f.On = "07/09/2028" }, "on"},
		"no day":                       {func(f *portal.ActivityForm) { f.On = "31/02/2027" }, "on"},
		"an hour that the clocks skip": {func(f *portal.ActivityForm) { f.On, f.From, f.To = "28/03/2027", "01:30", "03:00" }, "from"},
		"back in time":                 {func(f *portal.ActivityForm) { f.From, f.To = "13:00", "12:00" }, "to"},
		"this morning":                 {func(f *portal.ActivityForm) { f.From, f.To = "08:00", "09:30" }, "to"},
		"a class and a year":           {func(f *portal.ActivityForm) { f.Year = "4" }, "whom"},
		"no such year":                 {func(f *portal.ActivityForm) { f.Year = "44" }, "whom,whom"},
		"no such class":                {func(f *portal.ActivityForm) { f.Group = "9Z" }, "whom"},
		"somebody of another school":   {func(f *portal.ActivityForm) { f.Group, f.Pupils = "", []string{w.pupil("Ann"), w.pupil("Eve")} }, "whom"},
		"too long":                     {func(f *portal.ActivityForm) { f.Risk = strings.Repeat("a", portal.MaxReason+1) }, "risk"},
	} {
		t.Run(name, func(t *testing.T) {
			f := w.aCall()
			c.change(&f)
			_, err := w.Propose(t.Context(), office, anne, f)
			wrong(t, err, strings.Split(c.wants, ",")...)
		})
	}
	if all, err := w.ListActivities(t.Context(), office, anne); err != nil || len(all) != 0 {
		t.Errorf("saved: %v, %v", all, err)
	}
	f := w.aCall()
	f.Recorded, f.Reason, f.Purposes = "website-pictures", "For class 4B", []string{"video-calls"}
	x := w.sheet(office, w.proposes(f, false)).Activity
	if len(x.Plan.Asked) != 2 || !x.Begins.Equal(time.Date(2026, 9, 7, 12, 0, 0, 0, time.UTC)) || len(x.Pupils) != 2 {
		t.Errorf("it is kept as %+v, from %v, for %d", x.Plan.Asked, x.Begins, len(x.Pupils))
	}
}

// A teacher proposes for their own classes alone, and sees of others nothing; nobody
// decides on what they have proposed, as whoever they sign in.
func TestWhoseActivity(t *testing.T) {
	w := settled(t)
	teacher, office, lead := w.staff("teacher@anne.example"), w.staff("office@anne.example"), w.staff("lead@anne.example")
	_, err := w.Propose(t.Context(), teacher, anne, w.aCall())
	wrong(t, err, "whom")
	others := w.proposes(w.aCall(), true)
	own := w.aCall()
	own.Group = "2M"
	mine, err := w.Propose(t.Context(), teacher, anne, own)
	w.ok(err)
	mixed := w.aCall()
	mixed.Group, mixed.Pupils = "", []string{w.pupil("Ann"), w.pupil("Bo")}
	both := w.proposes(mixed, true)
	if got := goes(w.sheet(teacher, both)); got != "Bo no" {
		t.Errorf("of two classes the teacher of one reads %q", got)
	}
	_, err = w.Sheet(t.Context(), teacher, anne, others, "")
	is(t, err, portal.ErrNotFound)
	is(t, w.CloseActivity(t.Context(), teacher, anne, both, portal.CloseForm{Done: "x"}), portal.ErrForbidden)
	is(t, w.CloseActivity(t.Context(), teacher, anne, others, portal.CloseForm{Done: "x"}), portal.ErrNotFound)
	all, err := w.ListActivities(t.Context(), teacher, anne)
	if err != nil || len(all) != 2 || slices.ContainsFunc(all, func(x portal.ActivityItem) bool { return x.ID == others }) {
		t.Errorf("the teacher sees %d activities, %v", len(all), err)
	}
	for account, want := range map[string]error{teacher: portal.ErrForbidden, office: portal.ErrForbidden, w.staff("office@bede.example"): portal.ErrNotFound, portal.Operator: portal.ErrForbidden} {
		is(t, w.DecideActivity(t.Context(), account, anne, mine, true, ""), want)
	}
	leads, err := w.Propose(t.Context(), lead, anne, w.aCall())
	w.ok(err)
	is(t, w.DecideActivity(t.Context(), lead, anne, leads, true, ""), portal.ErrForbidden)
	again, err := w.SignedIn(t.Context(), portal.Identity{Provider: "other", Issuer: "https://other.example", Subject: "lead", StaffEmail: "lead@anne.example"})
	w.ok(err)
	is(t, w.DecideActivity(t.Context(), again.ID, anne, leads, true, ""), portal.ErrForbidden)
	if n, m := w.waits(lead, portal.TaskApprove), w.waits(w.staff(head), portal.TaskApprove); n != 1 || m != 2 {
		t.Errorf("%d wait for the lead and %d for the head", n, m)
	}
	wrong(t, w.DecideActivity(t.Context(), w.staff(head), anne, leads, false, " "), "why")
}

// Of two who decide at once one wins, and the other is told who and changes nothing.
func TestTwoApprovers(t *testing.T) {
	w := settled(t)
	id := w.proposes(w.aCall(), false)
	accounts := []string{w.staff(head), w.staff("lead@anne.example")}
	errs := make([]error, 2)
	var both sync.WaitGroup
	for i, a := range accounts {
		both.Go(func() { errs[i] = w.DecideActivity(context.WithoutCancel(t.Context()), a, anne, id, i == 0, "Too far") })
	}
	both.Wait()
	won := 0
	if errs[0] != nil {
		won = 1
	}
	var told *portal.Invalid
	if errs[won] != nil || !errors.As(errs[1-won], &told) {
		t.Fatalf("they get %v", errs)
	}
	winner := []string{head, "lead@anne.example"}[won]
	if s := w.sheet(accounts[0], id); s.Decider != winner || s.Status != []string{"approved", "declined"}[won] || !strings.Contains(told.Problems[0].Message, winner) {
		t.Errorf("it is %s by %s, and the other is told %v", s.Status, s.Decider, told)
	}
}

// Afterwards it is said what was done and what is kept, which is a task on its day, and
// gone when somebody says so; what is kept keeps the plan from being erased.
func TestActivityIsClosed(t *testing.T) {
	w := settled(t)
	w.keeps(usualKeep)
	office, ctx := w.staff("office@anne.example"), t.Context()
	id := w.proposes(w.aCall(), false)
	wrong(t, w.CloseActivity(ctx, office, anne, id, portal.CloseForm{Done: "We met."}), "do")
	w.ok(w.DecideActivity(ctx, w.staff(head), anne, id, true, ""))
	w.pass(6 * time.Hour)
	if n := w.waits(office, portal.TaskUnclosed); n != 1 {
		t.Errorf("%d wait to be closed", n)
	}
	wrong(t, w.CloseActivity(ctx, office, anne, id, portal.CloseForm{Kept: "Drive 3"}), "done", "until")
	wrong(t, w.CloseActivity(ctx, office, anne, id, portal.CloseForm{Done: "We met", Kept: "Drive 3", Until: "01/09/2026"}), "until")
	w.ok(w.CloseActivity(ctx, office, anne, id, portal.CloseForm{Done: "We met", Kept: "Drive 3", Until: "21/09/2026"}))
	wrong(t, w.CloseActivity(ctx, office, anne, id, portal.CloseForm{Done: "Again"}), "do")
	if n, m := w.waits(office, portal.TaskUnclosed), w.waits(office, portal.TaskKept); n != 0 || m != 0 {
		t.Errorf("once closed %d wait to be closed, and %d to be deleted", n, m)
	}
	w.pass(14 * 24 * time.Hour)
	if n := w.waits(office, portal.TaskKept); n != 1 {
		t.Errorf("on its day %d wait to be deleted", n)
	}
	held, err := w.PersonDossier(ctx, w.staff("lead@anne.example"), anne, portal.Ref{Kind: portal.RefPupil, ID: w.pupil("Ann")})
	w.ok(err)
	if b, err := json.Marshal(held); err != nil || !strings.Contains(string(b), "Call with the museum") || strings.Contains(string(b), "Quist") {
		t.Errorf("a pupil's record says of it %s, %v", b, err)
	}
	due := func() int {
		r, err := w.Retention(ctx, portal.Operator, anne)
		w.ok(err)
		return r.Due[slices.IndexFunc(r.Due, func(d portal.Due) bool { return d.Kind == portal.KeptActivities })].Now
	}
	w.now = w.now.AddDate(0, usualKeep.Events+1, 0)
	if n := due(); n != 0 {
		t.Error("it is erased while something is kept of it")
	}
	w.ok(w.DeleteRecording(ctx, office, anne, id))
	wrong(t, w.DeleteRecording(ctx, office, anne, id), "do")
	if n, m := w.waits(office, portal.TaskKept), due(); n != 0 || m != 1 {
		t.Errorf("deleted, %d wait to be deleted and %d are due", n, m)
	}
	w.ok(w.ClockIsRight(ctx))
	total, err := w.Erase(ctx, portal.Operator, anne)
	if err != nil || total[portal.KeptActivities] != 1 {
		t.Errorf("erased %v, %v", total, err)
	}
	_, err = w.Sheet(ctx, office, anne, id, "")
	is(t, err, portal.ErrNotFound)
}

// A photographer reads first names, as much of a surname as tells two apart, and of two
// whom nothing tells apart neither, unless both may.
func TestFirstNames(t *testing.T) {
	row := func(forename, surname string, g portal.Go) portal.GoRow {
		return portal.GoRow{Pupil: portal.Pupil{Forename: forename, Surname: surname}, All: g}
	}
	for _, c := range []struct {
		rows []portal.GoRow
		want string
	}{
		{[]portal.GoRow{row("Asha", "Okonedo", portal.GoYes)}, "Asha"},
		{[]portal.GoRow{row("Asha", "Okonedo", portal.GoYes), row("Ben", "Lee", portal.GoNo), row("Cai", "Lee", portal.GoNotYet)}, "Asha"},
		{[]portal.GoRow{row("Asha", "Okonedo", portal.GoYes), row("Asha", "Rao", portal.GoNo)}, "Asha O."},
		{[]portal.GoRow{row("Zoë", "Lee", portal.GoYes), row("Zoe", "Leeson", portal.GoYes)}, "Zoe Lees., Zoë Lee"},
		{[]portal.GoRow{row("Asha", "Rao", portal.GoYes), row("Asha", "Rao", portal.GoNo)}, ""},
		{[]portal.GoRow{row("Asha", "Rao", portal.GoYes), row("Asha", "Rao", portal.GoYes)}, "Asha Rao, Asha Rao"},
		{[]portal.GoRow{row("Asha", "", portal.GoYes), row("Asha", "Rao", portal.GoNo)}, "Asha"},
		{nil, ""},
	} {
		if got := strings.Join(portal.GoSheet{Rows: c.rows}.FirstNames(), ", "); got != c.want {
			t.Errorf("%v: %q, wanted %q", c.rows, got, c.want)
		}
	}
}

// A sheet holds until the activity ends, and no longer than the day on which it was made.
func TestSheetHolds(t *testing.T) {
	w := settled(t)
	office := w.staff("office@anne.example")
	today, f := w.proposes(w.aCall(), true), w.aCall()
	f.On = "08/09/2026"
	tomorrow := w.proposes(f, true)
	for id, want := range map[string]time.Time{today: time.Date(2026, 9, 7, 13, 0, 0, 0, time.UTC), tomorrow: time.Date(2026, 9, 7, 23, 0, 0, 0, time.UTC)} {
		if s := w.sheet(office, id); !s.Until.Equal(want) || !s.At.Equal(w.now) {
			t.Errorf("made at %v it holds until %v, wanted %v", s.At, s.Until, want)
		}
	}
}

// Without any activity a teacher looks at a class of theirs; and that they look is on
// record once, however often the page is loaded.
func TestMayNow(t *testing.T) {
	w := settled(t)
	teacher, ctx := w.staff("teacher@anne.example"), t.Context()
	w.decide(w.parent(anne, "Mrs Jo Lee"), w.answering("Bo", portal.Given))
	for range 5 {
		s, err := w.MayNow(ctx, teacher, anne, "2M", "website-pictures")
		if err != nil || goes(s) != "Bo yes" {
			t.Fatalf("%q, %v", goes(s), err)
		}
		w.pass(time.Minute)
	}
	looks := func() (n int) {
		w.view(func(tx portal.Tx) error {
			all, err := tx.Events(portal.EventFilter{School: anne, Kind: portal.ListSeen, Most: 100})
			for n = 0; n < len(all) && all[n].By == teacher; n++ {
			}
			return err
		})
		return n
	}
	if n := looks(); n != 1 {
		t.Errorf("five looks within five minutes are on record %d times", n)
	}
	w.pass(time.Hour)
	_, err := w.MayNow(ctx, teacher, anne, "2M", "website-pictures")
	w.ok(err)
	if n := looks(); n != 2 {
		t.Errorf("and one an hour later makes %d", n)
	}
	_, err = w.MayNow(ctx, teacher, anne, "4K", "website-pictures")
	wrong(t, err, "class")
	_, err = w.MayNow(ctx, teacher, anne, "", "website-pictures")
	wrong(t, err, "class")
	_, err = w.MayNow(ctx, teacher, anne, "2M", "press")
	wrong(t, err, "purpose")
	_, err = w.MayNow(ctx, w.account("Mrs Jo Lee"), anne, "2M", "website-pictures")
	is(t, err, portal.ErrNotFound)
}

// countedQueries counts how often pupils are read, and whether anybody is asked for alone.
type countedQueries struct {
	portal.Store
	n *int
}

type countedTx struct {
	perPersonTx
	n *int
}

func (s countedQueries) View(ctx context.Context, f func(portal.Tx) error) error {
	return s.Store.View(ctx, func(tx portal.Tx) error { return f(countedTx{perPersonTx{tx, s.n}, s.n}) })
}

func (t countedTx) EachPupilOf(school string, of portal.Roll, f func(*portal.PupilFile) error) error {
	*t.n++
	return t.Tx.EachPupilOf(school, of, f)
}

func (t countedTx) EachPupil(string, bool, func(*portal.PupilFile) error) error {
	return errors.New("the whole school is read")
}

func TestAClassIsOneQuery(t *testing.T) {
	w := settled(t)
	office, n := w.staff("office@anne.example"), 0
	id := w.proposes(w.aCall(), true)
	p := portal.New(countedQueries{w.db, &n}, w.ledger, theStaff, func() time.Time { return w.now })
	_, err := p.Sheet(t.Context(), office, anne, id, "")
	if w.ok(err); n != 1 {
		t.Errorf("%d queries for a class", n)
	}
}
