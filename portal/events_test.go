package portal_test

import (
	"slices"
	"strings"
	"testing"

	"schoolgate/portal"
)

// happened is the kinds of a school's events, oldest first.
func (w *world) happened(account, school, person string) (kinds []string) {
	w.t.Helper()
	all, err := w.Events(w.t.Context(), account, school, person)
	w.ok(err)
	for _, e := range slices.Backward(all) {
		kinds = append(kinds, string(e.Kind))
	}
	return kinds
}

// Why somebody is barred, and why a record is kept, is read by those alone who look after
// it: what was done, and by whom, by whoever reads events.
func TestReasonsAreForThoseWhoLookAfterThem(t *testing.T) {
	w := settled(t)
	w.takes("Mr Al Lee", "Ann", portal.MaySee)
	w.takes("Mr Al Lee", "Ann", 0)
	w.ok(w.KeepLonger(t.Context(), w.staff(head), anne, w.pupil("Ann"), "2028-01-01", "his solicitor wrote"))
	for who, reads := range map[string]bool{"business@anne.example": false, "lead@anne.example": true, head: true, portal.Operator: true} {
		account := who
		if who != portal.Operator {
			account = w.staff(who)
		}
		all, err := w.Events(t.Context(), account, anne, "")
		w.ok(err)
		seen := 0
		for _, e := range all {
			if e.Kind != portal.RestrictionSet && e.Kind != portal.RestrictionLifted && e.Kind != portal.KeptLonger {
				continue
			}
			seen++
			if e.Who != head && e.Who != portal.Operator || strings.Contains(e.Details, `"why"`) != reads {
				t.Errorf("%s reads of %s by %s: %s", who, e.Kind, e.Who, e.Details)
			}
		}
		if seen != 3+3+3 { // and those of the list’s order, set by it and again by whoever read it
			t.Errorf("%s sees %d", who, seen)
		}
	}
}

// What an insider did stays on record, sealed, under their name.
func TestEvents(t *testing.T) {
	w := settled(t)
	w.ActAs("ops")
	lead, office := w.staff("lead@anne.example"), w.staff("office@anne.example")
	jo := w.parent(anne, "Mrs Jo Lee")
	a, err := w.Actor(t.Context(), jo)
	w.ok(err)
	contact := a.Contacts[0].ID
	w.ok(w.Export(t.Context(), office, anne, portal.Filter{Group: "4K", Why: "the trip to the farm"}, func(portal.List) error { return nil }, func(portal.ListRow) error { return nil }))
	w.ok(w.EndJoin(t.Context(), office, anne, contact))

	all, err := w.Events(t.Context(), lead, anne, "")
	w.ok(err)
	var said []string
	for _, e := range slices.Backward(all) {
		said = append(said, string(e.Kind)+" by "+e.Who)
	}
	want := "list-applied by operator, staff-signed-in by lead@anne.example, staff-signed-in by office@anne.example, " +
		"letters-issued by ops, joined by Mrs Jo Lee, list-exported by office@anne.example, join-ended by office@anne.example"
	got := strings.Join(said, ", ")
	for _, one := range strings.Split(want, ", ") {
		if !strings.Contains(got, one) {
			t.Errorf("%q is not among: %s", one, got)
		}
	}
	if export := all[1]; export.Kind != portal.ListExported || !strings.Contains(export.Details, `"why":"the trip to the farm"`) || !strings.Contains(export.Details, `"class":"4K"`) {
		t.Errorf("of the export it says %s", export.Details)
	}
	for _, e := range all {
		for _, private := range []string{"Lee", "Ann", "home.example"} {
			if strings.Contains(e.Details, private) {
				t.Errorf("the details of %v hold %q", e, private)
			}
		}
	}
	w.whole(0) // and all of it is sealed

	// By person: what was about them, and what was done to whole lists.
	theirs := w.happened(lead, anne, contact)
	if !slices.Contains(theirs, "joined") || !slices.Contains(theirs, "join-ended") || !slices.Contains(theirs, "list-exported") || slices.Contains(theirs, "staff-signed-in") {
		t.Errorf("about her: %v", theirs)
	}
	if about := all[0]; about.Kind != portal.JoinEnded || about.About != "Mrs Jo Lee" {
		t.Errorf("the last is %s about %s", about.Kind, about.About)
	}

	// Only whom the table of rights lets, of their own school.
	for account, want := range map[string]error{office: portal.ErrForbidden, jo: portal.ErrNotFound, w.staff("teacher@anne.example"): portal.ErrForbidden, w.staff("office@bede.example"): portal.ErrNotFound} {
		_, err := w.Events(t.Context(), account, anne, "")
		is(t, err, want)
	}
	_, err = w.Events(t.Context(), lead, bede, "")
	is(t, err, portal.ErrNotFound)
}

// Nothing of a list is shown before it is on record that somebody looked.
func TestLooksAreRecordedFirst(t *testing.T) {
	w := settled(t)
	office := w.staff("office@anne.example")
	w.Portal = portal.New(w.db, brokenLedger{w.ledger}, theStaff, nil)
	err := w.ReadRegister(t.Context(), office, anne, portal.Filter{}, func(portal.List) error { t.Error("the columns were shown"); return nil }, func(portal.ListRow) error { t.Error("a row was shown"); return nil })
	is(t, err, errSealing)
}

func TestRightsChanged(t *testing.T) {
	w := settled(t)
	for i, want := range []bool{true, false} {
		if changed, err := w.NoteRights(t.Context()); err != nil || changed != want {
			t.Errorf("time %d: %v, %v", i+1, changed, err)
		}
	}
	w.Portal = portal.New(w.db, w.ledger, theStaff[:2], nil)
	if changed, err := w.NoteRights(t.Context()); err != nil || !changed {
		t.Errorf("fewer staff: %v, %v", changed, err)
	}
}

// A teacher reads the list of their own classes and years, and nobody else's.
func TestTeacherReadsOwnClasses(t *testing.T) {
	w := settled(t)
	var names []string
	w.ok(w.ReadRegister(t.Context(), w.staff("teacher@anne.example"), anne, portal.Filter{}, func(portal.List) error { return nil }, func(r portal.ListRow) error {
		names = append(names, r.Pupil.Forename)
		return nil
	}))
	if strings.Join(names, " ") != "Bo Dee" {
		t.Errorf("the teacher of 2M and Year 3 reads of %v", names)
	}
	compared, err := w.Pupils(t.Context(), w.staff("teacher@anne.example"), anne)
	if w.ok(err); len(compared) != 2 {
		t.Errorf("the teacher of 2M and Year 3 compares names with %v", compared)
	}
	_, err = w.Pupils(t.Context(), w.staff("office@bede.example"), anne)
	is(t, err, portal.ErrNotFound)
}

func TestStaffCheck(t *testing.T) {
	for _, c := range []struct {
		staff portal.Staff
		field string // what is wrong; "" for nothing
	}{
		{portal.Staff{School: anne, Role: portal.Office}, ""},
		{portal.Staff{School: "*", Role: portal.Office}, ""},
		{portal.Staff{School: anne, Role: portal.Teacher, Classes: []string{"4K"}}, ""},
		{portal.Staff{School: anne, Role: portal.Teacher, Years: []portal.Year{4}}, ""},
		{portal.Staff{School: "*", Role: portal.TrustStaff}, ""},
		{portal.Staff{Role: portal.Office}, "school"},
		{portal.Staff{School: anne, Role: "operator"}, "role"},
		{portal.Staff{School: anne, Role: "caretaker"}, "role"},
		{portal.Staff{School: anne, Role: portal.Teacher}, "classes"},
		{portal.Staff{School: "*", Role: portal.Teacher, Classes: []string{"4K"}}, "classes"},
		{portal.Staff{School: anne, Role: portal.Head, Classes: []string{"4K"}}, "classes"},
		{portal.Staff{School: anne, Role: portal.TrustStaff}, "school"},
	} {
		if err := c.staff.Check(); c.field == "" {
			is(t, err, nil)
		} else {
			wrong(t, err, c.field)
		}
	}
}

// For whom a letter or a slip was printed, and who has changed who may decide, is on record
// by person, and told to no family that asks about somebody else.
func TestForWhomAndWhoDecides(t *testing.T) {
	w := settled(t)
	office := w.staff("office@anne.example")
	jo, al, ann, cat := w.contact(anne, "Mrs Jo Lee"), w.contact(anne, "Mr Al Lee"), w.pupil("Ann"), w.pupil("Cat")
	_, err := w.Letters(t.Context(), office, anne, jo)
	w.ok(err)
	_, err = w.PrintSlips(t.Context(), office, anne, portal.SlipFilter{Pupil: cat})
	w.ok(err)
	about := func(person string, kind portal.ActKind) (all []portal.Event) {
		t.Helper()
		events, err := w.Events(t.Context(), portal.Operator, anne, person)
		w.ok(err)
		for _, e := range events {
			if e.Kind == kind {
				all = append(all, e)
			}
		}
		return all
	}
	for _, c := range []struct {
		person string
		kind   portal.ActKind
		n      int
		told   bool // to the person's family
	}{
		{jo, portal.LettersIssued, 1, true}, {al, portal.LettersIssued, 0, false}, {ann, portal.LettersIssued, 1, false}, {cat, portal.LettersIssued, 0, false},
		{cat, portal.SlipsPrinted, 1, false}, {ann, portal.SlipsPrinted, 0, false}, {w.contact(anne, "Ms Pia Poe"), portal.SlipsPrinted, 1, true},
	} {
		all := about(c.person, c.kind)
		if len(all) != c.n || c.n > 0 && (all[0].Who != "office@anne.example" || all[0].Withheld(c.person) == c.told) {
			t.Errorf("%s about %s: %v", c.kind, c.person, all)
		}
	}
	rows := annesList()
	for i := range rows {
		switch r := &rows[i]; {
		case r.Forename == "Ann" && r.ContactName == "Mr Al Lee":
			r.Parental = false
		case r.Forename == "Bo":
			r.LookedAfter = true
		}
	}
	w.register(anne, slices.DeleteFunc(rows, func(r portal.ClassListRow) bool { return r.ContactName == "Mrs Gran Lee" }), false)
	says := func(person, want string) {
		t.Helper()
		if all := about(person, portal.DecidesChanged); len(all) != 1 || !strings.Contains(all[0].Details, want) {
			t.Errorf("of %s it is on record: %v, want %s", person, all, want)
		}
	}
	says(al, `"before":"yes","parental responsibility":"no"`)
	says(w.contact(anne, "Mrs Gran Lee"), `"before":"no","parental responsibility":"not a contact"`)
	says(w.pupil("Bo"), `"looked after by a council":"yes"`)
	w.whole(0)
}
