package portal_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"schoolgate/portal"
)

// tasks is what waits, as somebody reads it: "settle 3" where they do it, "(settle 3)"
// where others do.
func (w *world) tasks(account string) string {
	w.t.Helper()
	all, err := w.Tasks(w.t.Context(), account, anne)
	w.ok(err)
	said := ""
	for _, t := range all {
		words := fmt.Sprintf("%s %d", t.Kind, t.Count)
		if !t.May {
			words = "(" + words + ")"
		}
		said += words + " "
	}
	return said
}

// waits is how much of a task waits, as somebody reads it.
func (w *world) waits(account string, kind portal.TaskKind) int {
	w.t.Helper()
	all, err := w.Tasks(w.t.Context(), account, anne)
	w.ok(err)
	for _, t := range all {
		if t.Kind == kind {
			return t.Count
		}
	}
	return 0
}

// What waits is counted where it stands, is gone when it is done, and is told to whoever
// sees what needs doing; who does it, the table of rights says.
func TestTasks(t *testing.T) {
	w := waiting(t)
	before := w.tasks(portal.Operator)
	jo, al := w.parent(anne, "Mrs Jo Lee"), w.parent(anne, "Mr Al Lee")
	w.decide(jo, w.answering("Ann", portal.Given))
	w.decide(al, w.answering("Ann", portal.Refused))
	w.pass(portal.YesAfter)
	want := "joins 2 conflicts 1 "
	if got := w.tasks(portal.Operator); got != want {
		t.Errorf("%q, wanted %q; before anybody joined %q", got, want, before)
	}
	for email, want := range map[string]string{"office@anne.example": "joins 2 (conflicts 1) ", "lead@anne.example": "joins 2 conflicts 1 ", "business@anne.example": "(joins 2) (conflicts 1) "} {
		if got := w.tasks(w.staff(email)); got != want {
			t.Errorf("%s: %q, wanted %q", email, got, want)
		}
	}
	days, pupils, err := w.Progress(t.Context(), portal.Operator, anne, 7)
	w.ok(err)
	if last := days[6]; pupils == 0 || last.Answered != 1 || last.Joined < 2 || days[0].Answered != 0 || days[6].Day != portal.Date(w.now.Format("2006-01-02")) {
		t.Errorf("of %d pupils: %v", pupils, days)
	}
}

// perPerson counts the questions to a store about one person: however many there are, a
// page about a school asks about all of them at once.
type perPerson struct {
	portal.Store
	asked *int
}

type perPersonTx struct {
	portal.Tx
	asked *int
}

func (s perPerson) View(ctx context.Context, f func(portal.Tx) error) error {
	return s.Store.View(ctx, func(tx portal.Tx) error { return f(perPersonTx{tx, s.asked}) })
}

func (t perPersonTx) ContactPupils(contact string) ([]portal.Child, error) {
	*t.asked++
	return t.Tx.ContactPupils(contact)
}

func (t perPersonTx) PupilActs(pupil string) ([]portal.Act, error) {
	*t.asked++
	return t.Tx.PupilActs(pupil)
}

func (t perPersonTx) Pupil(id string) (portal.Pupil, error) {
	*t.asked++
	return t.Tx.Pupil(id)
}

func TestWhatWaitsIsAskedForAtOnce(t *testing.T) {
	w := waiting(t)
	w.parent(anne, "Mrs Jo Lee")
	asked := 0
	p := portal.New(perPerson{w.db, &asked}, w.ledger, nil, func() time.Time { return w.now })
	joins, err := p.NewJoins(t.Context(), portal.Operator, anne)
	w.ok(err)
	_, err = p.Tasks(t.Context(), portal.Operator, anne)
	w.ok(err)
	if len(joins) == 0 || asked != 0 {
		t.Errorf("%d questions about one person each, of %d who have joined", asked, len(joins))
	}
}
