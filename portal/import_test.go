package portal_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"schoolgate/portal"
)

func TestImport(t *testing.T) {
	w := newWorld(t)
	office := w.staff("office@anne.example")
	id, err := w.HoldClassList(t.Context(), office, anne, []byte("the file"))
	w.ok(err)
	plan, err := w.PreviewImport(t.Context(), office, anne, annesList())
	w.ok(err)
	if len(plan.New) != 4 || len(plan.Changed) != 0 || plan.Empty() {
		t.Errorf("the plan has %d new, %d changed", len(plan.New), len(plan.Changed))
	}
	if n := w.onRoll(anne); len(n) != 0 {
		t.Errorf("showing what would change has saved %v", n)
	}
	w.reopen()
	if held, err := w.HeldClassList(t.Context(), office, anne, id); err != nil || string(held.File) != "the file" || held.Applied {
		t.Errorf("held is %v, %v", held, err)
	}
	_, err = w.ApplyImport(t.Context(), office, anne, id, annesList(), plan.Fingerprint, portal.ImportChoices{})
	w.ok(err)
	if got := strings.Join(w.onRoll(anne), " "); got != "Bo Dee Ann Cat" {
		t.Errorf("on roll are %s", got)
	}
	// The second click of it changes nothing, and the file is forgotten.
	second, err := w.ApplyImport(t.Context(), office, anne, id, annesList(), plan.Fingerprint, portal.ImportChoices{})
	if err != nil || second != nil {
		t.Errorf("applied twice: %v, %v", second, err)
	}
	if held, err := w.HeldClassList(t.Context(), office, anne, id); err != nil || held.File != nil || !held.Applied {
		t.Errorf("held is %v, %v", held, err)
	}
	again, err := w.PreviewImport(t.Context(), office, anne, annesList())
	w.ok(err)
	if !again.Empty() || again.Unchanged != 4 || len(again.Missing) != 0 {
		t.Errorf("the same list again: %d new, %d changed, %d unchanged", len(again.New), len(again.Changed), again.Unchanged)
	}
	if len(w.onRoll(bede)) != 0 {
		t.Errorf("another school's register was touched")
	}
}

// onRoll is forenames in the order of the office's list.
func (w *world) onRoll(school string) (names []string) {
	w.t.Helper()
	w.ok(w.ReadRegister(w.t.Context(), portal.Operator, school, portal.Filter{}, func(portal.List) error { return nil }, func(r portal.ListRow) error {
		names = append(names, r.Pupil.Forename)
		return nil
	}))
	return names
}

func TestImportMayNot(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		name, account, school string
		want                  error
	}{
		{"nobody", "", anne, portal.ErrNotFound},
		{"a parent", w.account("jo"), anne, portal.ErrNotFound},
		{"the office of another school", w.staff("office@bede.example"), anne, portal.ErrNotFound},
		{"staff in another role", w.staff("caretaker@anne.example"), anne, portal.ErrForbidden},
		{"no such school", w.staff("trust@example"), "no-such-school", portal.ErrNotFound},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := w.PreviewImport(t.Context(), c.account, c.school, annesList())
			is(t, err, c.want)
			_, err = w.HoldClassList(t.Context(), c.account, c.school, []byte("x"))
			if c.school == anne {
				is(t, err, c.want)
			}
			_, err = w.ApplyImport(t.Context(), c.account, c.school, "", annesList(), "", portal.ImportChoices{})
			is(t, err, c.want)
		})
	}

	// A held file is its maker's, at its school, for an hour.
	mine, err := w.HoldClassList(t.Context(), w.staff("trust@example"), anne, []byte("x"))
	w.ok(err)
	plan, err := w.PreviewImport(t.Context(), w.staff("trust@example"), anne, annesList())
	w.ok(err)
	for _, c := range []struct{ account, school string }{
		{w.staff("office@anne.example"), anne}, {w.staff("office@bede.example"), bede}, {w.staff("office@bede.example"), anne},
		{portal.Operator, anne}, {w.account("jo"), anne}, {w.staff("trust@example"), bede}, {"", anne},
	} {
		_, err := w.ApplyImport(t.Context(), c.account, c.school, mine, annesList(), plan.Fingerprint, portal.ImportChoices{})
		is(t, err, portal.ErrNotFound)
		_, err = w.HeldClassList(t.Context(), c.account, c.school, mine)
		is(t, err, portal.ErrNotFound)
		is(t, w.MapClassList(t.Context(), c.account, c.school, mine, portal.ListFile{Shape: "shape"}, portal.ListMapping{}), portal.ErrNotFound)
	}
	w.pass(portal.ImportLife + time.Second)
	_, err = w.ApplyImport(t.Context(), w.staff("trust@example"), anne, mine, annesList(), plan.Fingerprint, portal.ImportChoices{})
	is(t, err, portal.ErrNotFound)
	w.ok(w.Tidy(t.Context()))
	w.view(func(tx portal.Tx) error {
		if _, err := tx.HeldList(mine); !errors.Is(err, portal.ErrNotFound) {
			t.Errorf("a class list that was never applied is kept")
		}
		return nil
	})
	if len(w.onRoll(anne)) != 0 {
		t.Errorf("something was saved")
	}

	// Rights are asked for again when it is applied.
	office := w.staff("office@anne.example")
	plan, err = w.PreviewImport(t.Context(), office, anne, annesList())
	w.ok(err)
	w.Portal = portal.New(w.db, w.ledger, nil, func() time.Time { return w.now })
	_, err = w.ApplyImport(t.Context(), office, anne, "", annesList(), plan.Fingerprint, portal.ImportChoices{})
	is(t, err, portal.ErrNotFound)
}

func TestImportStale(t *testing.T) {
	w := settled(t)
	office := w.staff("office@anne.example")
	moved := change(func(r *portal.ClassListRow) bool {
		if r.Forename == "Ann" {
			r.Group = "4P"
		}
		return true
	})
	plan, err := w.PreviewImport(t.Context(), office, anne, moved)
	w.ok(err)
	if len(plan.Changed) != 1 || plan.Changed[0].Pupil.Forename != "Ann" {
		t.Fatalf("the plan changes %v", plan.Changed)
	}
	w.register(anne, change(func(r *portal.ClassListRow) bool { return r.Forename != "Cat" }), true)

	_, err = w.ApplyImport(t.Context(), office, anne, "", moved, plan.Fingerprint, portal.ImportChoices{})
	var stale *portal.ImportStale
	if !errors.As(err, &stale) {
		t.Fatalf("got %v, want *portal.ImportStale", err)
	}
	if slices.Contains(w.onRoll(anne), "Cat") {
		t.Errorf("something was saved")
	}
	// What is shown now can be applied.
	if stale.Now.Fingerprint == plan.Fingerprint || len(stale.Now.Changed) != 2 {
		t.Errorf("what it shows now changes %v", stale.Now.Changed)
	}
	_, err = w.ApplyImport(t.Context(), office, anne, "", moved, stale.Now.Fingerprint, portal.ImportChoices{})
	w.ok(err)
	if !slices.Contains(w.onRoll(anne), "Cat") {
		t.Errorf("it was not applied")
	}
	for _, forged := range []string{"", plan.Fingerprint, strings.ToUpper(plan.Fingerprint)} {
		_, err = w.ApplyImport(t.Context(), office, anne, "", annesList(), forged, portal.ImportChoices{})
		if !errors.As(err, &stale) {
			t.Errorf("%q: got %v, want *portal.ImportStale", forged, err)
		}
	}
}

// A refusal outlives whatever a list makes of whoever said it: that is shown, one that came
// after the list was shown stops the list, and a named person alone settles it.
func TestImportTurnsNoNoIntoAYes(t *testing.T) {
	w := settled(t)
	jo, al := w.parent(anne, "Mrs Jo Lee"), w.parent(anne, "Mr Al Lee")
	w.decide(jo, w.answering("Ann", portal.Given))
	office := w.staff("office@anne.example")
	const warning = "their no still counts, until the safeguarding lead or the head has settled it: Title of website-pictures"
	lists := map[string][]portal.ClassListRow{
		"left out": change(func(r *portal.ClassListRow) bool { return r.ContactName != "Mr Al Lee" }),
		"spelt anew, without the email": change(func(r *portal.ClassListRow) bool {
			r.ContactName = strings.Replace(r.ContactName, "Mr Al Lee", "Mr Alan Lee", 1)
			return true
		}),
		"without responsibility": change(func(r *portal.ClassListRow) bool {
			r.Parental = r.Parental && r.ContactName != "Mr Al Lee"
			return true
		}),
		"under a court order": change(func(r *portal.ClassListRow) bool {
			r.CourtOrder = r.CourtOrder || r.ContactName == "Mr Al Lee"
			return true
		}),
	}
	shown := func(p *portal.ImportPlan) string {
		var all []string
		for _, c := range p.Changed {
			all = append(all, c.Changes...)
		}
		for _, m := range p.Maybe {
			all = append(all, m.Stands)
		}
		return strings.Join(all, "\n")
	}
	prints := map[string]string{}
	for name, rows := range lists {
		plan, err := w.PreviewImport(t.Context(), office, anne, rows)
		w.ok(err)
		if strings.Contains(shown(plan), "their no") {
			t.Errorf("%s: warns of a no that nobody has said: %s", name, shown(plan))
		}
		prints[name] = plan.Fingerprint
	}
	w.decide(al, w.answering("Ann", portal.Refused))
	if got := w.standing(w.pupil("Ann"), "website-pictures"); got != portal.StandingConflict {
		t.Fatalf("it is %s", got)
	}
	for name, rows := range lists {
		_, err := w.ApplyImport(t.Context(), office, anne, "", rows, prints[name], portal.ImportChoices{})
		var stale *portal.ImportStale
		if !errors.As(err, &stale) {
			t.Fatalf("%s: got %v, want *portal.ImportStale", name, err)
		}
		if strings.Count(shown(stale.Now), warning) != 1 { // of Ann, and not of Bo
			t.Errorf("%s: the plan says:\n%s", name, shown(stale.Now))
		}
	}
	lead, ann, father := w.staff("lead@anne.example"), w.pupil("Ann"), w.contact(anne, "Mr Al Lee")
	waiting := func() (noes []string) {
		_, all, err := w.Restrictions(t.Context(), lead, anne, "")
		w.ok(err)
		for _, r := range all {
			if r.Contact.ID == father {
				noes = append(noes, r.Noes...)
			}
		}
		n := w.waits(office, portal.TaskOrders)
		if n != len(noes) {
			t.Errorf("%d wait for somebody to look, and the lead is shown %q", n, noes)
		}
		return noes
	}
	for _, name := range []string{"without responsibility", "left out", "as before"} {
		rows, drops := lists[name]
		if !drops {
			rows = annesList()
		}
		w.register(anne, rows, false)
		if got := w.standing(ann, "website-pictures"); got != portal.StandingConflict {
			t.Errorf("%s: it is %s", name, got)
		}
		if got := len(waiting()); got != map[bool]int{true: 1}[drops] {
			t.Errorf("%s: the lead is shown %d noes to settle", name, got)
		}
	}
	w.register(anne, lists["left out"], false)
	link := portal.Link{PupilID: ann, ContactID: father}
	w.ok(w.Restrict(t.Context(), lead, anne, portal.RestrictForm{Link: link, Takes: portal.MayDecide | portal.EarlierNo, Why: "He is the boy next door's father: the list was wrong."}))
	if got := w.standing(ann, "website-pictures"); got != portal.StandingGiven || len(waiting()) != 0 {
		t.Errorf("once the lead has settled it, it is %s, and %q waits", got, waiting())
	}
}

// Nobody acts for the school in their own family, by a list either: what is of it is left
// for a colleague, and said; the rest goes in.
func TestImportHoldsOnesOwnFamily(t *testing.T) {
	without := func(name string) []portal.ClassListRow {
		return change(func(r *portal.ClassListRow) bool {
			if r.Forename == "Cat" {
				r.Group = "4P"
			}
			return r.ContactName != name
		})
	}
	type row = portal.ClassListRow
	with := func(change func(*row)) []row {
		rows := annesList()
		change(&rows[6]) // Cat's
		return numbered(rows)
	}
	for _, c := range []struct {
		name string
		rows []row
		held []string
	}{
		{"the other parent left out", without("Mr Al Lee"), []string{"Ann", "Bo"}},
		{"themselves left out", without("Mrs Jo Lee"), []string{"Ann", "Bo"}},
		{"their child left out", change(func(r *row) bool { return r.Forename != "Bo" }), []string{"Ann", "Bo Lee, who is on roll"}},
		{"their child by another number", change(func(r *row) bool {
			if r.Forename == "Ann" {
				r.AdmissionNumber = "X9"
			}
			return true
		}), []string{"Ann", "Bo", "Ann Lee, who is on roll"}},
		{"the other parent's address, in the row of another child", with(func(r *row) { r.ContactName, r.Email = "Mr Al Lee", "nobody@home.example" }), []string{"Ann", "Bo", "Cat"}},
		{"the other parent turned into somebody else", with(func(r *row) { r.ContactName, r.Email = "Mr Max Stone", "mr.al.lee@home.example" }), []string{"Ann", "Bo", "Cat"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := settled(t)
			al := w.parent(anne, "Mr Al Lee")
			w.decide(al, w.answering("Ann", portal.Refused))
			clerk := w.staff("office@anne.example")
			w.ok(w.Join(t.Context(), clerk, w.letters(anne)["Mrs Jo Lee"].Code, annsBirthday))
			before := w.responsibilities(anne)
			plan, err := w.PreviewImport(t.Context(), clerk, anne, c.rows)
			w.ok(err)
			if len(plan.Held) != len(c.held) {
				t.Fatalf("held for a colleague are %q", plan.Held)
			}
			for i, want := range c.held {
				if !strings.HasPrefix(plan.Held[i], want) {
					t.Errorf("held for a colleague are %q", plan.Held)
				}
			}
			choice := agreed(plan, true)
			choice.Left = append(choice.Left, w.pupil("Ann"), w.pupil("Bo"))
			_, err = w.ApplyImport(t.Context(), clerk, anne, "", c.rows, plan.Fingerprint, choice)
			w.ok(err)
			if after := w.responsibilities(anne); !slices.Equal(before, after) {
				t.Errorf("the register has become\n%v, and was\n%v", after, before)
			}
			w.view(func(tx portal.Tx) error {
				for _, name := range []string{"Ann", "Bo"} {
					if x, err := tx.Pupil(w.pupil(name)); err != nil || !x.OnRoll() {
						t.Errorf("%s has left: %v", name, err)
					}
				}
				x, err := tx.Pupil(w.pupil("Cat"))
				if moves := c.rows[len(c.rows)-2].Group; x.Group != moves {
					t.Errorf("the rest did not go in: %s, %v", x.Group, err)
				}
				return nil
			})
		})
	}
}

// Nor does anybody read as staff what the other parent of their child said, or print
// the other's letter.
func TestOnesOwnFamilyIsAColleagues(t *testing.T) {
	w := settled(t)
	clerk, lead, colleague := w.staff("office@anne.example"), w.staff("lead@anne.example"), w.staff("trust@example")
	al := w.parent(anne, "Mr Al Lee")
	w.ok(w.Join(t.Context(), clerk, w.letters(anne)["Mrs Jo Lee"].Code, annsBirthday))
	w.ok(w.Restrict(t.Context(), lead, anne, portal.RestrictForm{Link: portal.Link{PupilID: w.pupil("Ann"), ContactID: w.contact(anne, "Mr Al Lee")}, Takes: portal.MayBeWrittenTo, Why: "the mother asked"}))
	w.decide(al, w.answering("Ann", portal.Refused))

	father, stepfather := w.contact(anne, "Mr Al Lee"), w.contact(anne, "Mr Max Stone")
	for _, who := range []portal.Ref{{Kind: portal.RefContact, ID: father}, {Kind: portal.RefPupil, ID: w.pupil("Ann")}} {
		_, err := w.PersonDossier(t.Context(), clerk, anne, who)
		is(t, err, portal.ErrForbidden)
		_, err = w.PersonDossier(t.Context(), colleague, anne, who)
		is(t, err, nil)
	}
	pupils, _, err := w.Slips(t.Context(), clerk, anne, "")
	w.ok(err)
	if slices.ContainsFunc(pupils, func(p portal.Pupil) bool { return p.Surname == "Lee" }) {
		t.Errorf("she may choose %v", pupils)
	}
	_, _, err = w.Slips(t.Context(), clerk, anne, w.pupil("Ann"))
	is(t, err, portal.ErrForbidden)
	printed, err := w.PrintSlips(t.Context(), clerk, anne, portal.SlipFilter{})
	w.ok(err)
	for _, s := range printed {
		if s.Child.Pupil.Surname == "Lee" {
			t.Errorf("she prints what %v has not answered", s.Child.Contact)
		}
	}
	w.decide(clerk, w.answering("Ann", portal.Given))
	if w.waits(clerk, portal.TaskConflicts) != 0 || w.waits(colleague, portal.TaskConflicts) != 1 {
		t.Error("she counts that her child's father does not agree with her")
	}
	picture := portal.Picture{Key: "fair", Page: "/fair/", Purpose: "website-pictures", Pupils: []string{w.pupil("Ann"), w.pupil("Cat")}}
	if _, _, err := w.Declare(t.Context(), anne, []portal.Picture{picture}); err != nil {
		t.Fatal(err)
	}
	for who, want := range map[string]int{clerk: 0, colleague: 1} {
		if all, _, err := w.Pictures(t.Context(), who, anne); err != nil || len(all) != want {
			t.Errorf("she sees when a picture of her child was taken down: %d, wanted %d, %v", len(all), want, err)
		}
	}
	w.ok(w.EndJoin(t.Context(), colleague, anne, father))
	for who, want := range map[string]int{clerk: 0, colleague: 1} {
		letters, err := w.Letters(t.Context(), who, anne, father)
		w.ok(err)
		if len(letters) != want {
			t.Errorf("%d letters", len(letters))
		}
	}

	// The lead, once she is of the family: no reasons, no restrictions, nobody's doings.
	_, all, err := w.Restrictions(t.Context(), lead, anne, w.pupil("Ann"))
	w.ok(err)
	before, err := w.Events(t.Context(), lead, anne, father)
	w.ok(err)
	w.ok(w.Join(t.Context(), lead, w.letters(anne)["Mr Al Lee"].Code, bosBirthday))
	if len(all) == 0 || len(before) == 0 {
		t.Fatal("there is nothing that she could read")
	}
	_, all, err = w.Restrictions(t.Context(), lead, anne, "")
	w.ok(err)
	events, err := w.Events(t.Context(), lead, anne, "")
	w.ok(err)
	for _, e := range events {
		if slices.Contains([]string{w.contact(anne, "Mrs Jo Lee"), stepfather, w.pupil("Ann")}, e.Subject.ID) {
			t.Errorf("she reads %v about %s", e.Kind, e.About)
		}
	}
	if len(all) != 0 {
		t.Errorf("she reads of the restrictions of %v", all)
	}
	w.ok(w.ReadRegister(t.Context(), lead, anne, portal.Filter{}, func(portal.List) error { return nil }, func(r portal.ListRow) error {
		if r.Pupil.Surname == "Lee" {
			t.Errorf("of %v she reads %v", r.Pupil, r.Standings)
		}
		return nil
	}))
	group := ""
	w.view(func(tx portal.Tx) error {
		x, err := tx.Pupil(w.pupil("Ann"))
		group = x.Group
		return err
	})
	now, err := w.MayNow(t.Context(), lead, anne, group, "website-pictures")
	w.ok(err)
	for _, r := range now.Rows {
		if r.Pupil.Forename == "Ann" && (r.All != portal.GoNo || now.Family == 0) {
			t.Errorf("in her child's class she reads %v, of %d who are said to be of her family", r.All, now.Family)
		}
	}
	page, err := w.PupilPage(t.Context(), lead, anne, w.pupil("Ann"))
	if w.ok(err); !page.Own || len(page.Standings)+len(page.Signed)+len(page.Ties) != 0 {
		t.Errorf("on her child's page she reads %v, %v, %v", page.Standings, page.Signed, page.Ties)
	}
}

// The other parent of one's child, and that parent's other children, are one's own family,
// too: nobody bars them, settles what they may do, or reads what they said of another child.
func TestTheOtherParentIsAColleagues(t *testing.T) {
	w := settled(t)
	office, lead, colleague := w.staff("office@anne.example"), w.staff("lead@anne.example"), w.staff("trust@example")
	// Mr Max Stone is Cat's and not Ann's father; Mrs Jo Lee is the mother of both.
	rows := change(func(r *portal.ClassListRow) bool { return true })
	rows = append(rows, portal.ClassListRow{AdmissionNumber: "H1", Forename: "Hal", Surname: "Half", Born: "2018-01-01", Year: 4, Group: "4K", ContactName: "Mrs Jo Lee", Email: "mrs.jo.lee@home.example", Relationship: "Mother", Parental: true})
	w.register(anne, numbered(rows), true)
	w.parent(anne, "Mrs Jo Lee")
	mother, hal := w.contact(anne, "Mrs Jo Lee"), w.pupil("Hal")
	for _, who := range []string{office, lead} {
		w.ok(w.Join(t.Context(), who, w.letters(anne)["Mr Al Lee"].Code, annsBirthday))
		w.ok(w.EndJoin(t.Context(), colleague, anne, w.contact(anne, "Mr Al Lee")))
		w.ok(w.Join(t.Context(), who, w.letters(anne)["Mr Al Lee"].Code, annsBirthday))
		for what, err := range map[string]error{
			"adds a child to her join": w.ExtendJoin(t.Context(), office, anne, mother, hal),
			"bars her":                 w.Restrict(t.Context(), lead, anne, portal.RestrictForm{Link: portal.Link{PupilID: hal, ContactID: mother}, Takes: portal.MaySee, Why: "he says so"}),
			"ends what is kept":        w.KeepLonger(t.Context(), lead, anne, hal, "2030-01-01", "he says so"),
		} {
			if who == office == strings.HasPrefix(what, "adds") && !errors.Is(err, portal.ErrForbidden) {
				t.Errorf("he %s: %v", what, err)
			}
		}
		page, err := w.PupilPage(t.Context(), who, anne, hal)
		if w.ok(err); !page.Own || len(page.Ties)+len(page.Standings) != 0 {
			t.Errorf("on the half-brother's page he reads %v, %v", page.Standings, page.Ties)
		}
		w.ok(w.EndJoin(t.Context(), colleague, anne, w.contact(anne, "Mr Al Lee")))
	}
}

// responsibilities is who is whose contact at a school and may do what, in words.
func (w *world) responsibilities(school string) (all []string) {
	w.view(func(tx portal.Tx) error {
		all = nil
		links, err := tx.Responsibilities(school)
		for _, l := range links {
			all = append(all, fmt.Sprintf("%+v", l))
		}
		contacts, err2 := tx.Contacts(school)
		for _, c := range contacts {
			all = append(all, c.ID+c.Name+c.Email)
		}
		return errors.Join(err, err2)
	})
	return all
}

// A colleague brings in what is held. That the clerk is of the family is known, too, by
// the email address in the register, where they joined with an account of their own; and
// after a list has dropped them.
func TestOwnFamilyIsKnown(t *testing.T) {
	w := settled(t)
	clerk := w.staff("office@anne.example")
	w.register(anne, change(func(r *portal.ClassListRow) bool {
		if r.ContactName == "Mrs Jo Lee" {
			r.Email = "Office@Anne.example"
		}
		return true
	}), false)
	held := func(who string, want int) {
		t.Helper()
		plan, err := w.PreviewImport(t.Context(), who, anne, change(func(r *portal.ClassListRow) bool { return r.ContactName != "Mr Al Lee" }))
		w.ok(err)
		if len(plan.Held) != want {
			t.Errorf("held are %q", plan.Held)
		}
	}
	held(clerk, 2)
	w.register(anne, change(func(r *portal.ClassListRow) bool { r.Email = "office@anne.example"; return true }), false)
	held(clerk, 0)                       // the office wrote its own address for whoever has none
	w.register(anne, annesList(), false) // and her address is another now
	held(clerk, 0)
	w.ok(w.Join(t.Context(), clerk, w.letters(anne)["Mrs Jo Lee"].Code, annsBirthday))
	held(clerk, 2)
	w.register(anne, change(func(r *portal.ClassListRow) bool { return r.ContactName != "Mrs Jo Lee" }), false)
	held(clerk, 2)
	held(w.staff("trust@example"), 0)
}

// Two rows that are one pupil's by different numbers are refused, for each would
// take the other's contacts away.
func TestImportOnePupilTwice(t *testing.T) {
	w := newWorld(t)
	both := func(r *portal.ClassListRow) bool {
		if r.Forename == "Ann" {
			r.UPN = "B801200005001"
		}
		return true
	}
	w.register(anne, change(both), false)
	first := true
	rows := change(func(r *portal.ClassListRow) bool {
		both(r)
		if r.Forename == "Ann" {
			if first {
				r.AdmissionNumber, first = "", false
			} else {
				r.UPN = ""
			}
		}
		return true
	})
	_, err := w.PreviewImport(t.Context(), portal.Operator, anne, rows)
	wrong(t, err, "row 3")
}

// A temporary number gives way to the pupil's own, and the pupil keeps their
// family and its answers; another pupil's number never does.
func TestImportReplacesTemporaryUPN(t *testing.T) {
	temporary := ""
	for c := 'A'; c <= 'Z'; c++ {
		if u := string(c) + "80120000500A"; portal.ValidUPN(u) {
			temporary = u
		}
	}
	with := func(upn string) []portal.ClassListRow {
		return change(func(r *portal.ClassListRow) bool {
			if r.Forename == "Ann" {
				r.UPN = upn
			}
			return true
		})
	}
	w := newWorld(t)
	w.register(anne, with(temporary), false)
	ann := w.pupil("Ann")
	plan, err := w.PreviewImport(t.Context(), portal.Operator, anne, with("B801200005001"))
	w.ok(err)
	if len(plan.New) != 0 || len(plan.Changed) != 1 || len(plan.Missing) != 0 {
		t.Errorf("%d new, %d changed, %d missing", len(plan.New), len(plan.Changed), len(plan.Missing))
	}
	w.register(anne, with("B801200005001"), true)
	if w.pupil("Ann") != ann {
		t.Errorf("she is somebody else now")
	}
	plan, err = w.PreviewImport(t.Context(), portal.Operator, anne, with(temporary))
	w.ok(err)
	if len(plan.New) != 0 || len(plan.Missing) != 0 || len(plan.Maybe) != 1 {
		t.Errorf("a permanent number gave way unasked: %d new, %d missing, %d to ask about", len(plan.New), len(plan.Missing), len(plan.Maybe))
	}
}

// An address that stands for 'none' makes one person of nobody.
func TestImportPlaceholderEmail(t *testing.T) {
	w := newWorld(t)
	var rows []portal.ClassListRow
	for i, name := range []string{"Mrs Khan", "Mrs Khan", "Mr Ali", "Mrs Begum", "Ms Shah"} {
		rows = append(rows, portal.ClassListRow{
			AdmissionNumber: fmt.Sprint(i), Forename: string(rune('A' + i)), Born: "2018-01-01", Year: 3,
			ContactName: name, Parental: true, Email: "None@none.example",
		})
	}
	w.register(anne, numbered(rows), false)
	letters, err := w.Letters(t.Context(), portal.Operator, anne)
	w.ok(err)
	if len(letters) != len(rows) {
		t.Errorf("%d letters to %d people", len(letters), len(rows))
	}
	for _, l := range letters {
		if len(l.Children) != 1 {
			t.Errorf("%s was given %d children", l.Contact.Name, len(l.Children))
		}
	}
	// The list comes again, and everybody is who they were.
	plan, err := w.PreviewImport(t.Context(), portal.Operator, anne, rows)
	w.ok(err)
	if !plan.Empty() {
		t.Errorf("the same list again changes %d", len(plan.Changed)+len(plan.New))
	}
}

func TestLeaversAndBack(t *testing.T) {
	w := settled(t)
	jo := w.parent(anne, "Mrs Jo Lee")
	pia := w.parent(anne, "Ms Pia Poe")
	w.decide(jo, w.answering("Ann", portal.Given))
	ann := w.pupil("Ann")
	without := change(func(r *portal.ClassListRow) bool { return r.Forename != "Ann" })

	plan, err := w.PreviewImport(t.Context(), portal.Operator, anne, without)
	w.ok(err)
	if len(plan.Missing) != 1 || plan.Missing[0].Forename != "Ann" {
		t.Errorf("missing are %v", plan.Missing)
	}
	w.register(anne, without, false)
	if got := w.standing(ann, "website-pictures"); got != portal.StandingGiven {
		t.Errorf("a pupil left without anybody's saying so: %s", got)
	}
	w.register(anne, without, true)
	if got := w.standing(ann, "website-pictures"); got != "not on the list" {
		t.Errorf("a leaver's standing is %s", got)
	}
	if family, err := w.Family(t.Context(), pia); err != nil || len(family) != 1 {
		t.Errorf("others are touched by it: %v, %v", family, err)
	}
	w.register(anne, annesList(), false)
	if w.child(jo, "Ann").Child.Pupil.ID != ann {
		t.Errorf("she came back as somebody else")
	}
	w.whole(1)
}

func TestLists(t *testing.T) {
	w := settled(t)
	jo, al, pia, tom := w.parent(anne, "Mrs Jo Lee"), w.parent(anne, "Mr Al Lee"), w.parent(anne, "Ms Pia Poe"), w.parent(anne, "Mr Tom Fay")
	w.decide(jo, w.answering("Ann", portal.Given))
	w.decide(jo, w.answering("Bo", portal.Given))
	w.decide(al, w.answering("Bo", portal.Refused))
	w.decide(tom, w.answering("Dee", portal.Given))
	_, err := w.Sign(t.Context(), pia, w.signing("Cat"))
	w.ok(err)
	four := portal.Year(4)

	try := func(who string, f portal.Filter) (string, error) {
		t.Helper()
		var out []string
		err := w.Export(t.Context(), w.staff(who), anne, f, func(l portal.List) error {
			for _, p := range l.Purposes {
				out = append(out, p.Slug)
			}
			return nil
		}, func(r portal.ListRow) error {
			out = append(out, fmt.Sprintf("%s%v%v", r.Pupil.Forename, r.Standings, r.Signed))
			return nil
		})
		return strings.Join(out, " "), err
	}
	list := func(f portal.Filter) string {
		t.Helper()
		got, err := try("lead@anne.example", f)
		w.ok(err)
		return got
	}
	pictures := []string{"website-pictures"}
	for _, c := range []struct {
		f    portal.Filter
		want string
	}{
		{portal.Filter{}, "video-calls website-pictures Bo[waiting conflict][false false] Dee[held held][false false] Ann[waiting given][false false] Cat[waiting waiting][true false]"},
		{portal.Filter{Year: &four}, "video-calls website-pictures Ann[waiting given][false false] Cat[waiting waiting][true false]"},
		{portal.Filter{Group: "2M", Purposes: pictures}, "website-pictures Bo[conflict][false false]"},
		{portal.Filter{Purposes: pictures, Standing: portal.StandingGiven}, "website-pictures Ann[given][false false]"},
		{portal.Filter{Purposes: pictures, Standing: portal.StandingHeld}, "website-pictures Dee[held][false false]"},
		{portal.Filter{Purposes: []string{"website-pictures", "video-calls"}, Standing: portal.StandingConflict}, "website-pictures video-calls Bo[conflict waiting][false false]"},
	} {
		if got := list(c.f); got != c.want {
			t.Errorf("%+v:\n got %s\nwant %s", c.f, got, c.want)
		}
	}

	// Further columns, and by an agreement; the UPN only for whoever may read all of a child.
	further := func(who string, f portal.Filter) (string, error) {
		var out []string
		err := w.Export(t.Context(), w.staff(who), anne, f, func(l portal.List) error { out = append(out, strings.Join(l.Further, "/")); return nil }, func(r portal.ListRow) error {
			out = append(out, r.Pupil.Forename+" "+strings.Join(r.Further, "/"))
			return nil
		})
		return strings.Join(out, "; "), err
	}
	aup := "parents-aup"
	if got, err := further("business@anne.example", portal.Filter{Columns: []string{"agreements", "admission"}, Agreement: aup}); err != nil || !strings.HasPrefix(got, "Admission number/") || strings.Count(got, "; ") != 1 || !strings.Contains(got, "; Cat ") || !strings.HasSuffix(got, "/Signed/Not signed") {
		t.Errorf("who has signed: %s (%v)", got, err)
	}
	if got, err := further("office@anne.example", portal.Filter{Columns: []string{"upn"}, Agreement: aup, Unsigned: true}); err != nil || !strings.HasPrefix(got, "UPN; ") || strings.Count(got, "; ") != 3 || strings.Contains(got, "Cat") {
		t.Errorf("who has not signed: %s (%v)", got, err)
	}
	for _, f := range []portal.Filter{{Columns: []string{"upn"}}, {Columns: []string{"looked after"}}} {
		_, err := further("business@anne.example", f)
		wrong(t, err, "column")
	}
	_, err = further("office@anne.example", portal.Filter{Agreement: "website-pictures"})
	wrong(t, err, "agreement")

	// Why it is a no is told to the safeguarding lead alone: not in a cell, and not by
	// what a list can be narrowed to.
	office := "office@anne.example"
	got, err := try(office, portal.Filter{})
	if want := "video-calls website-pictures Bo[no no][false false] Dee[no no][false false] Ann[no given][false false] Cat[no no][true false]"; err != nil || got != want {
		t.Errorf("the office has:\n got %s\nwant %s (%v)", got, want, err)
	}
	if got, err = try(office, portal.Filter{Purposes: pictures, Standing: portal.StandingNo}); err != nil || got != "website-pictures Bo[no][false false] Dee[no][false false] Cat[no][true false]" {
		t.Errorf("the office has of the noes %s (%v)", got, err)
	}
	lists := func() (n int) {
		all, err := w.Events(t.Context(), portal.Operator, anne, "")
		w.ok(err)
		for _, e := range all {
			if e.Kind == portal.ListExported || e.Kind == portal.ListSeen {
				n++
			}
		}
		return n
	}
	before := lists()
	for _, s := range append([]portal.Standing{"no such"}, portal.Standings[1:]...) {
		for _, do := range []func(context.Context, string, string, portal.Filter, func(portal.List) error, func(portal.ListRow) error) error{w.Export, w.ReadRegister} {
			wrong(t, do(t.Context(), w.staff(office), anne, portal.Filter{Purposes: pictures, Standing: s}, func(portal.List) error { return nil }, func(portal.ListRow) error { return nil }), "standing")
		}
	}
	_, err = try("lead@anne.example", portal.Filter{Purposes: pictures, Standing: "no such"})
	wrong(t, err, "standing")
	// What is wrong with what was asked is found before it is on record.
	_, err = try(office, portal.Filter{Why: strings.Repeat("x", portal.MaxWhy+1)})
	wrong(t, err, "why")
	_, err = try(office, portal.Filter{Group: "of my own making"})
	wrong(t, err, "class")
	if n := lists(); n != before {
		t.Errorf("%d lists are on record, and %d were had", n, before)
	}

	none := func(portal.List) error { return nil }
	row := func(portal.ListRow) error { t.Error("a row was handed out"); return nil }
	wrong(t, w.Export(t.Context(), portal.Operator, anne, portal.Filter{Purposes: []string{"parents-aup"}}, none, row), "purpose")
	begun := func(portal.List) error { t.Error("the list was begun"); return nil }
	wrong(t, w.Export(t.Context(), portal.Operator, anne, portal.Filter{Group: "no such"}, begun, row), "class")
	is(t, w.Export(t.Context(), w.staff("office@bede.example"), anne, portal.Filter{}, none, row), portal.ErrNotFound)
	is(t, w.Export(t.Context(), w.staff("caretaker@anne.example"), anne, portal.Filter{}, none, row), portal.ErrForbidden)
	is(t, w.Export(t.Context(), jo, anne, portal.Filter{}, none, row), portal.ErrNotFound)
	is(t, w.ReadRegister(t.Context(), jo, anne, portal.Filter{}, none, row), portal.ErrNotFound)
	is(t, w.ReadRegister(t.Context(), portal.Operator, "no-such-school", portal.Filter{}, none, row), portal.ErrNotFound)
	stop := errors.New("the reader has gone")
	is(t, w.Export(t.Context(), portal.Operator, anne, portal.Filter{}, none, func(portal.ListRow) error { return stop }), stop)

	// At a school that asks for no consent, nobody has given one.
	s := school(anne, 1)
	s.Texts = s.Texts[:2]
	w.ok(w.SetSchools(t.Context(), []portal.School{s}))
	if got := list(portal.Filter{Standing: portal.StandingGiven}); got != "" {
		t.Errorf("without a purpose these have given consent: %s", got)
	}
}

// Two pupils of one name are told apart in every list that staff act by: by the day of
// birth without its year, which a letter's code asks for; by the admission number where
// that is the same.
func TestNamesakesAreToldApart(t *testing.T) {
	w := settled(t)
	yi := func(number, born string) portal.ClassListRow {
		return portal.ClassListRow{AdmissionNumber: number, Forename: "Yi", Surname: "Wong", Born: portal.Date(born), Year: portal.Reception, Group: "Oak", ContactName: "Ms Bo Wong " + number, Parental: true}
	}
	w.imports(yi("A1", "2021-12-06"), yi("A2", "2021-03-01"), yi("A3", "2022-03-01"))
	want := []string{"Yi Wong (admission number A2)", "Yi Wong (admission number A3)", "Yi Wong (born 6 December)"}
	named := func(list string, pupils []portal.Pupil, err error) {
		t.Helper()
		w.ok(err)
		var got []string
		for _, p := range pupils {
			if p.Surname == "Wong" {
				got = append(got, p.Name())
			} else if p.Apart != "" {
				t.Errorf("%s: %s is told apart from nobody", list, p.Name())
			}
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", list, got, want)
		}
	}
	slips, _, err := w.Slips(t.Context(), w.staff("office@anne.example"), anne, "")
	named("answers on paper", slips, err)
	barred, _, err := w.Restrictions(t.Context(), portal.Operator, anne, "")
	named("restrictions", barred, err)
	var rows []portal.Pupil
	err = w.Export(t.Context(), portal.Operator, anne, portal.Filter{}, func(portal.List) error { return nil }, func(r portal.ListRow) error {
		rows = append(rows, r.Pupil)
		return nil
	})
	named("the download", rows, err)
}
