package portal_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"schoolgate/portal"
)

// register is all that the register holds of St Anne's.
func (w *world) wholeRegister() (all []any) {
	w.t.Helper()
	w.view(func(tx portal.Tx) error {
		pupils, err1 := tx.Pupils(anne)
		contacts, err2 := tx.Contacts(anne)
		links, err3 := tx.Responsibilities(anne)
		all = []any{pupils, contacts, links}
		return errors.Join(err1, err2, err3)
	})
	return all
}

// secondList moves Ann, leaves out Dee, brings somebody new and says that Mr Lee decides
// no more.
func secondList() []portal.ClassListRow {
	rows := change(func(r *portal.ClassListRow) bool {
		if r.Forename == "Ann" {
			r.Group, r.Year = "5K", 5
			r.Parental = r.Parental && r.ContactName != "Mr Al Lee"
		}
		return r.Forename != "Dee"
	})
	return numbered(append(rows, portal.ClassListRow{AdmissionNumber: "N1", Forename: "Nia", Surname: "New", Born: "2018-01-01", Year: 4, Group: "4K", ContactName: "Ms Nell New", Relationship: "Mother", Parental: true}))
}

// A class list is taken back whole, as long as nothing rests on it, and then no more.
func TestUndoImport(t *testing.T) {
	w := settled(t)
	office := w.staff("office@anne.example")
	before := w.wholeRegister()
	w.pass(time.Minute)
	w.register(anne, secondList(), true)
	plan, err := w.PlanUndo(t.Context(), office, anne)
	w.ok(err)
	if len(plan.Gone) != 1 || plan.Gone[0].Forename != "Nia" || plan.Contacts != 1 || len(plan.Back) != 2 || len(plan.Against) != 0 {
		t.Fatalf("gone %d, contacts %d, back %d, against %q", len(plan.Gone), plan.Contacts, len(plan.Back), plan.Against)
	}
	if err := w.UndoImport(t.Context(), office, anne, plan.At.Add(-time.Second)); !errors.Is(err, portal.ErrConflict) {
		t.Errorf("another list than was shown: %v", err)
	}
	w.ok(w.UndoImport(t.Context(), office, anne, plan.At))
	if after := w.wholeRegister(); !reflect.DeepEqual(before, after) {
		t.Errorf("the register is\n%v\nand was\n%v", after, before)
	}
	if _, err := w.PlanUndo(t.Context(), office, anne); !errors.Is(err, portal.ErrNotFound) {
		t.Errorf("once more: %v", err)
	}
	if kinds := w.happened(portal.Operator, anne, ""); !slices.Contains(kinds, string(portal.ListUndone)) {
		t.Errorf("it is not on record: %v", kinds)
	}
}

// Whatever rests on a list keeps it, and is told.
func TestWhatRestsOnAList(t *testing.T) {
	for what, rests := range map[string]struct {
		do   func(w *world)
		says string
	}{
		"a letter":      {func(w *world) { w.letters(anne) }, "letter"},
		"a join":        {func(w *world) { w.parent(anne, "Ms Nell New") }, "joined"},
		"an answer":     {func(w *world) { w.decide(w.parent(anne, "Mrs Jo Lee"), w.answering("Ann", portal.Refused)) }, "signed or answered"},
		"a restriction": {func(w *world) { w.takes("Ms Nell New", "Nia", portal.MaySee) }, "safeguarding lead"},
		"a change": {func(w *world) {
			w.ok(w.db.Update(w.t.Context(), func(tx portal.Tx) error {
				x, err := tx.Pupil(w.pupil("Nia"))
				x.Group = "4Z"
				return errors.Join(err, tx.PutPupil(x))
			}))
		}, "changed people"},
	} {
		t.Run(what, func(t *testing.T) {
			w := settled(t)
			w.register(anne, secondList(), true)
			w.pass(time.Minute)
			rests.do(w)
			plan, err := w.PlanUndo(t.Context(), portal.Operator, anne)
			w.ok(err)
			if !strings.Contains(strings.Join(plan.Against, " "), rests.says) {
				t.Errorf("against it: %q", plan.Against)
			}
			before := w.wholeRegister()
			if err := w.UndoImport(t.Context(), portal.Operator, anne, plan.At); !errors.Is(err, portal.ErrConflict) {
				t.Errorf("it is taken back: %v", err)
			}
			if !reflect.DeepEqual(before, w.wholeRegister()) {
				t.Error("something of it was taken back")
			}
		})
	}
}

// An order that a list brings keeps the list, however fast the clock goes and even once it
// is lifted: else whoever brings lists in lifts orders alone, by taking one back.
func TestAnOrderOutlivesItsList(t *testing.T) {
	for _, lifted := range []bool{false, true} {
		w := settled(t)
		w.tick = time.Microsecond
		rows := secondList()
		rows[len(rows)-1].CourtOrder = true
		w.register(anne, rows, true)
		if lifted {
			w.takes("Ms Nell New", "Nia", 0)
		}
		plan, err := w.PlanUndo(t.Context(), portal.Operator, anne)
		w.ok(err)
		if !strings.Contains(strings.Join(plan.Against, " "), "safeguarding lead") {
			t.Errorf("lifted %v: against it: %q", lifted, plan.Against)
		}
		is(t, w.UndoImport(t.Context(), portal.Operator, anne, plan.At), portal.ErrConflict)
	}
}

// A list is taken back as one is brought in: what that changes of who decides and who is
// in care is on record, and of their own family nobody does it.
func TestUndoIsOnRecordAndAColleagues(t *testing.T) {
	w := settled(t)
	father, colleague := w.staff("office@anne.example"), w.staff("trust@example")
	w.ok(w.Join(t.Context(), father, w.letters(anne)["Mr Al Lee"].Code, annsBirthday))
	w.pass(time.Minute)
	rows := secondList()
	for i := range rows {
		rows[i].LookedAfter = rows[i].LookedAfter || rows[i].Forename == "Cat"
	}
	w.register(anne, rows, true)
	decided := func() (n int) {
		for _, e := range w.happened(portal.Operator, anne, "") {
			if strings.Contains(e, string(portal.DecidesChanged)) {
				n++
			}
		}
		return n
	}
	before := decided()
	plan, err := w.PlanUndo(t.Context(), father, anne)
	if w.ok(err); before != 2 || len(plan.Against) != 1 || !strings.Contains(plan.Against[0], "own family") {
		t.Fatalf("%d changes of who decides and who is in care; against it %q", before, plan.Against)
	}
	is(t, w.UndoImport(t.Context(), father, anne, plan.At), portal.ErrConflict)
	w.ok(w.UndoImport(t.Context(), colleague, anne, plan.At))
	if after := decided(); after != 2*before {
		t.Errorf("%d changes of who decides and who is in care on record, and %d before", after, before)
	}
}

// What it takes to take a list back is kept for a week.
func TestUndoIsForgotten(t *testing.T) {
	w := settled(t)
	w.register(anne, secondList(), true)
	w.pass(portal.UndoLife + time.Second)
	if _, err := w.PlanUndo(t.Context(), portal.Operator, anne); !errors.Is(err, portal.ErrNotFound) {
		t.Errorf("after a week: %v", err)
	}
	w.ok(w.Tidy(t.Context()))
	w.view(func(tx portal.Tx) error {
		if u, err := tx.ListUndo(anne); !errors.Is(err, portal.ErrNotFound) {
			t.Errorf("it is still there: %v, %v", u, err)
		}
		return nil
	})
}

// Who decides and has not answered is on the list, with what was sent.
func TestChase(t *testing.T) {
	w := settled(t)
	office := w.staff("office@anne.example")
	on := func(name, pupil string) (c portal.Chased, ok bool) {
		t.Helper()
		_, all, err := w.Chase(t.Context(), office, anne, "")
		w.ok(err)
		for _, c := range all {
			if c.Child.Contact.Name == name && c.Child.Pupil.Forename == pupil {
				return c, true
			}
		}
		return c, false
	}
	if c, ok := on("Mrs Jo Lee", "Ann"); !ok || c.Left != c.Of || !c.Letter.IsZero() || !c.Joined.IsZero() {
		t.Errorf("before anything was sent: %v, %d of %d", ok, c.Left, c.Of)
	}
	jo := w.parent(anne, "Mrs Jo Lee")
	c, ok := on("Mrs Jo Lee", "Ann")
	if !ok || c.Letter.IsZero() || c.Joined.IsZero() {
		t.Errorf("once she has joined: %v, letter %v, joined %v", ok, c.Letter, c.Joined)
	}
	if c, ok := on("Mr Al Lee", "Ann"); !ok || c.Letter.IsZero() || !c.Joined.IsZero() {
		t.Errorf("with a letter: %v, %v", ok, c.Letter)
	}
	w.decide(jo, w.answering("Ann", portal.Refused))
	if again, _ := on("Mrs Jo Lee", "Ann"); again.Left != c.Left-1 {
		t.Errorf("an answer leaves %d of %d", again.Left, c.Left)
	}
	// What is said through a join that does not count yet is said, and of what goes ahead
	// unless somebody objects nothing waits for an answer.
	al, _ := on("Mr Al Lee", "Ann")
	w.wait = 48 * time.Hour
	w.decide(w.parent(anne, "Mr Al Lee"), w.answering("Ann", portal.Given))
	displays := text(anne, portal.Purpose, "displays", 1, "")
	displays.Basis = portal.Objection
	s := school(anne, 1)
	s.Texts = append(s.Texts, displays)
	w.ok(w.SetSchools(t.Context(), []portal.School{s}))
	if again, _ := on("Mr Al Lee", "Ann"); again.Left != al.Left-1 || again.Of != al.Of {
		t.Errorf("while his yes waits, %d of %d are left, and were %d of %d", again.Left, again.Of, al.Left, al.Of)
	}
	groups, all, err := w.Chase(t.Context(), office, anne, "4K")
	if w.ok(err); len(all) == 0 || !slices.Contains(groups, "2M") || slices.ContainsFunc(all, func(c portal.Chased) bool { return c.Child.Pupil.Group != "4K" }) {
		t.Errorf("of one class: %v, %d", groups, len(all))
	}
	if _, _, err := w.Chase(t.Context(), w.staff("lead@anne.example"), anne, ""); !errors.Is(err, portal.ErrForbidden) {
		t.Errorf("the lead prints no letters: %v", err)
	}
}
