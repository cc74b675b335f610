package portal_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"schoolgate/portal"
)

// Nobody switches off a court order for later lists: it counts for one list, and only once
// they have said so.
func TestPassedOverColumns(t *testing.T) {
	w := settled(t)
	office := w.staff("office@anne.example")
	file := func(guards ...string) (f portal.ListFile) {
		f.Shape = "shape"
		for _, g := range guards {
			f.Columns = append(f.Columns, portal.ListColumn{Guards: g})
		}
		return f
	}
	for _, c := range []struct {
		f           portal.ListFile
		said, keeps string
	}{
		{file("", "contact.order", "care"), "name  ", "name contact.order care"},
		{file("", "", ""), "name order ", "name contact.order care"}, // an earlier reading is not unsaid either
	} {
		id, err := w.HoldClassList(t.Context(), office, anne, []byte("x"))
		w.ok(err)
		said := strings.Split(c.said, " ")
		w.ok(w.MapClassList(t.Context(), office, anne, id, c.f, portal.ListMapping{Columns: said}))
		held, err := w.HeldClassList(t.Context(), office, anne, id)
		w.ok(err)
		kept, _, err := w.ClassListMapping(t.Context(), office, anne, "shape")
		w.ok(err)
		if got := strings.Join(kept.Columns, " "); got != c.keeps || !slices.Equal(held.Mapping.Columns, said) || held.Mapping.Guards[1] != "contact.order" {
			t.Errorf("remembered %q, want %q; this file is read as %q, guarding %q", got, c.keeps, held.Mapping.Columns, held.Mapping.Guards)
		}
	}

	rows := change(func(r *portal.ClassListRow) bool {
		r.Passed = portal.UnsaidCourtOrder | portal.UnsaidLookedAfter
		r.Surname += "e"
		return true
	})
	plan, err := w.PreviewImport(t.Context(), office, anne, rows)
	w.ok(err)
	if len(plan.Warnings) == 0 || !strings.Contains(plan.Warnings[0], "court order, looked after") {
		t.Errorf("the first warning is not of the columns: %q", plan.Warnings)
	}
	_, err = w.ApplyImport(t.Context(), office, anne, "", rows, plan.Fingerprint, agreed(plan, false))
	wrong(t, err, "passed-over")
	choice := agreed(plan, false)
	choice.PassedOver = true
	_, err = w.ApplyImport(t.Context(), office, anne, "", rows, plan.Fingerprint, choice)
	w.ok(err)
	all, err := w.Events(t.Context(), w.staff("lead@anne.example"), anne, "")
	w.ok(err)
	for _, kind := range []portal.ActKind{portal.ListPreviewed, portal.ListApplied} {
		if !slices.ContainsFunc(all, func(e portal.Event) bool {
			return e.Kind == kind && e.Who == "office@anne.example" && strings.Contains(e.Details, `"columns passed over":"court order, looked after"`)
		}) {
			t.Errorf("no event %s says who passed over what", kind)
		}
	}
}

// An address in the register blinds nobody who looks after children: that it is theirs is
// asked of another, what they do meanwhile is marked, and once it is answered it is told.
func TestAnAddressBlindsNobody(t *testing.T) {
	w := settled(t)
	lead, boss, clerk := w.staff("lead@anne.example"), w.staff(head), w.staff("office@anne.example")
	ann, cat := w.pupil("Ann"), w.pupil("Cat")
	gives := func(address string) []portal.ClassListRow {
		return change(func(r *portal.ClassListRow) bool {
			if r.ContactName == "Mr Al Lee" {
				r.Email = address
			}
			return true
		})
	}
	plan, err := w.PreviewImport(t.Context(), portal.Operator, anne, gives("Lead@anne.example"))
	if w.ok(err); len(plan.Warnings) != 1 || !strings.Contains(plan.Warnings[0], "Mr Al Lee is that of somebody who works here") {
		t.Errorf("the preview warns %q", plan.Warnings)
	}
	w.register(anne, gives("Lead@anne.example"), false)
	al := w.contact(anne, "Mr Al Lee")
	sees := func(who, pupil string, want bool) {
		t.Helper()
		_, all, err := w.Restrictions(t.Context(), who, anne, pupil)
		by, own, err2 := w.Withheld(t.Context(), who, anne, pupil)
		if err != nil || err2 != nil || (len(all) > 0) != want || own == want || own && !slices.Equal(by, []string{head}) {
			t.Errorf("%d contacts (%v, %v), withheld %t from all but %q", len(all), err, err2, own, by)
		}
	}
	marked := func(who, contact string) bool {
		t.Helper()
		_, err := w.ContactPage(t.Context(), who, anne, w.contact(anne, contact))
		w.ok(err)
		all, err := w.Events(t.Context(), boss, anne, w.contact(anne, contact))
		w.ok(err)
		details, err := all[0].ForFamily()
		w.ok(err)
		if strings.Contains(details, portal.OwnMark) {
			t.Error("a family reads it")
		}
		return strings.Contains(all[0].Details, portal.OwnMark)
	}
	sees(lead, ann, true)
	if !marked(lead, "Mr Al Lee") || !marked(lead, "Mrs Jo Lee") || marked(lead, "Ms Pia Poe") || marked(boss, "Mr Al Lee") {
		t.Error("what she does to what may be her own family is not marked, or more is")
	}
	if n := w.waits(boss, portal.TaskKin); n != 1 || w.waits(lead, portal.TaskKin) != 0 {
		t.Errorf("%d wait for the head", n)
	}
	is(t, w.SettleKin(t.Context(), lead, anne, al, false), portal.ErrForbidden)
	is(t, w.SettleKin(t.Context(), clerk, anne, al, true), portal.ErrForbidden)
	is(t, w.SettleKin(t.Context(), boss, anne, w.contact(anne, "Mrs Jo Lee"), true), portal.ErrNotFound)

	w.ok(w.SettleKin(t.Context(), boss, anne, al, false))
	if sees(lead, ann, true); marked(lead, "Mr Al Lee") || w.waits(boss, portal.TaskKin) != 0 {
		t.Error("answered with no, it is asked or marked still")
	}
	w.register(anne, gives("office@anne.example"), false) // another address is another question
	if w.waits(boss, portal.TaskKin) != 1 {
		t.Error("the address of another member of staff is not asked about")
	}
	// Of whom nothing is withheld that protects, the address takes at once what family does.
	is(t, w.ExtendJoin(t.Context(), clerk, anne, al, ann), portal.ErrForbidden)
	w.ok(w.SettleKin(t.Context(), boss, anne, al, false))
	is(t, w.ExtendJoin(t.Context(), clerk, anne, al, ann), portal.ErrNotFound)

	w.register(anne, gives("lead@anne.example"), false)
	w.ok(w.SettleKin(t.Context(), boss, anne, al, true))
	sees(lead, ann, false)
	sees(lead, cat, true)
	// To put the same contact to another child is a question of its own.
	rows := gives("lead@anne.example")
	more := rows[1]
	more.AdmissionNumber, more.Forename, more.Surname, more.Born = "A3", "Cat", "Poe", "2017-11-30"
	w.register(anne, numbered(append(rows, more)), false)
	sees(lead, cat, true)
	if w.waits(boss, portal.TaskKin) != 1 {
		t.Error("nobody is asked about the other child")
	}
}

// Nor does a list that puts the contact as whom she joined to another child.
func TestAListBlindsNobodyByTheirOwnEntry(t *testing.T) {
	w := settled(t)
	lead := w.staff("lead@anne.example")
	w.ok(w.Join(t.Context(), lead, w.letters(anne)["Mrs Jo Lee"].Code, annsBirthday))
	rows := annesList()
	more := rows[0]
	more.AdmissionNumber, more.Forename, more.Surname, more.Born = "A3", "Cat", "Poe", "2017-11-30"
	w.register(anne, numbered(append(rows, more)), false)
	for forename, sees := range map[string]bool{"Ann": false, "Cat": true} {
		if _, all, err := w.Restrictions(t.Context(), lead, anne, w.pupil(forename)); err != nil || (len(all) > 0) != sees {
			t.Errorf("of %s she sees %d contacts (%v)", forename, len(all), err)
		}
	}
}

// What a list changes of somebody is on record by itself, found by who they are; no code is
// mailed to an address that was changed lately; and where a few children are nobody learns.
func TestWhatAListChangesOfSomebody(t *testing.T) {
	w := mailing(t)
	w.wait = 0
	lead := w.staff("lead@anne.example")
	w.register(anne, change(func(r *portal.ClassListRow) bool {
		if r.ContactName == "Mrs Jo Lee" {
			r.Email = "new@home.example"
		}
		return r.Forename != "Dee" && r.ContactName != "Mrs Gran Lee"
	}), true)
	for _, c := range []struct {
		person, want string
		kind         portal.ActKind
	}{
		{w.contact(anne, "Mrs Jo Lee"), `"changed":"email"`, portal.ContactChanged},
		{w.contact(anne, "Mrs Gran Lee"), w.pupil("Ann"), portal.ContactRemoved},
		{w.pupil("Dee"), "{}", portal.PupilLeft},
	} {
		all, err := w.Events(t.Context(), lead, anne, c.person)
		w.ok(err)
		if !slices.ContainsFunc(all, func(e portal.Event) bool {
			return e.Kind == c.kind && e.Subject.ID == c.person && strings.Contains(e.Details, c.want) && !strings.Contains(e.Details, "new@")
		}) {
			t.Errorf("no event %s", c.kind)
		}
	}
	office := w.staff("office@anne.example")
	jo := w.contact(anne, "Mrs Jo Lee")
	invited := func() bool {
		t.Helper()
		o, err := w.Outbox(t.Context(), office, anne)
		w.ok(err)
		return slices.ContainsFunc(o.Invite, func(c portal.Contact) bool { return c.ID == jo })
	}
	if invited() {
		t.Error("a code would be mailed to an address that was changed today")
	}
	if w.pass(8 * 24 * time.Hour); !invited() {
		t.Error("a week later none is either")
	}
	_, err := w.InviteByMail(t.Context(), office, anne)
	w.ok(err)
	all, err := w.Events(t.Context(), lead, anne, jo)
	w.ok(err)
	if !slices.ContainsFunc(all, func(e portal.Event) bool {
		return e.Kind == portal.LettersIssued && strings.Contains(e.Details, portal.Mark(jo))
	}) {
		t.Error("that she was invited is not found by her")
	}

	row := annesList()[0]
	row.AdmissionNumber = "B9"
	plan, err := w.PreviewImport(t.Context(), portal.Operator, bede, numbered(append(bedesList(), row)))
	if w.ok(err); len(plan.Elsewhere) > 0 || len(plan.Warnings) > 0 {
		t.Errorf("where she is the preview tells: %v %q", plan.Elsewhere, plan.Warnings)
	}
	ann := w.pupil("Ann")
	w.register(bede, numbered(append(bedesList(), row)), false)
	all, err = w.Events(t.Context(), lead, anne, ann)
	w.ok(err)
	if all[0].Kind != portal.PupilElsewhere || !strings.Contains(all[0].Details, bede) || !all[0].Withheld(ann) {
		t.Errorf("her school's lead reads last of %s", all[0].Kind)
	}
}
