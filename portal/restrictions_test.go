package portal_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"schoolgate/portal"
	"schoolgate/portal/store/pgtest"
)

const head = "head@anne.example"

// restricted is what is taken from whom about a pupil, as the head is shown it.
func (w *world) restricted(school, contact, forename string) (r portal.Restricted, ok bool) {
	w.t.Helper()
	_, all, err := w.Restrictions(w.t.Context(), portal.Operator, school, "")
	w.ok(err)
	i := slices.IndexFunc(all, func(r portal.Restricted) bool { return r.Contact.Name == contact && r.Pupil.Forename == forename })
	if i < 0 {
		return r, false
	}
	return all[i], true
}

// takes has the head take exactly these rights from a contact of St Anne's.
func (w *world) takes(contact, forename string, takes portal.Rights) {
	w.t.Helper()
	was, _ := w.restricted(anne, contact, forename)
	l := portal.Link{PupilID: w.pupil(forename), ContactID: w.contact(anne, contact)}
	w.ok(w.Restrict(w.t.Context(), w.staff(head), anne, portal.RestrictForm{Link: l, Was: was.Responsibility.Barred, Takes: takes, Why: "As the order of 3 May says"}))
}

// Each right is taken on its own: who may not see sees nothing, whoever may not decide
// has no say, and who may not be written to gets no letter; and nothing else changes.
func TestEachRightOnItsOwn(t *testing.T) {
	for takes := portal.Rights(0); takes <= portal.AllRights|portal.EarlierNo; takes++ {
		t.Run("may not "+takes.String(), func(t *testing.T) {
			w := settled(t)
			letters := w.letters(anne)
			al := w.account("al")
			w.ok(w.Join(t.Context(), al, letters["Mr Al Lee"].Code, annsBirthday))
			ann, no := w.pupil("Ann"), w.answering("Ann", portal.Refused)
			receipt := w.decide(al, no)
			w.takes("Mr Al Lee", "Ann", takes)
			see, decide, write := takes&portal.MaySee == 0, takes&portal.MayDecide == 0, takes&portal.MayBeWrittenTo == 0

			v, err := w.Child(t.Context(), al, ann)
			if (err == nil) != see || see && v.Reads == decide || see && (v.ToDo() > 0) != decide {
				t.Errorf("he sees her: %v, reads %v", err, v.Reads)
			}
			if _, err := w.Receipt(t.Context(), al, receipt); (err == nil) != see {
				t.Errorf("his receipt: %v", err)
			}
			want := portal.ErrNotFound
			switch {
			case see && decide:
				want = nil
			case see:
				want = portal.ErrForbidden
			}
			_, err = w.Sign(t.Context(), al, w.signing("Ann"))
			is(t, err, want)
			_, err = w.Decide(t.Context(), al, no)
			is(t, err, want)
			standing := portal.StandingRefused // that he is barred turns no no of his into a yes
			if !decide && takes&portal.EarlierNo != 0 {
				standing = portal.StandingWaiting
			}
			if got := w.standing(ann, no.Purpose); got != standing {
				t.Errorf("his no counts: %s", got)
			}
			if family, err := w.Family(t.Context(), al); err != nil || (len(family) == 2) != see {
				t.Errorf("of his two children he sees %d", len(family))
			}

			// Letters, for whoever has not joined; Bo is untouched.
			w.ok(w.EndJoin(t.Context(), portal.Operator, anne, letters["Mr Al Lee"].Contact.ID))
			l := w.letters(anne)["Mr Al Lee"]
			var about []string
			for _, c := range l.Children {
				about = append(about, c.Pupil.Forename)
			}
			if slices.Contains(about, "Ann") != (see && write) || !slices.Contains(about, "Bo") {
				t.Errorf("a letter is about %q", about)
			}
			other := w.account("other")
			w.ok(w.Join(t.Context(), other, l.Code, bosBirthday))
			if _, err := w.Child(t.Context(), other, ann); (err == nil) != (see && write) {
				t.Errorf("by that letter he sees Ann: %v", err)
			}
		})
	}
}

// A refuge: two parents who both see and decide, and neither of whom is ever written to.
func TestARefuge(t *testing.T) {
	w := settled(t)
	jo, al := w.parent(anne, "Mrs Jo Lee"), w.parent(anne, "Mr Al Lee")
	for _, name := range []string{"Mrs Jo Lee", "Mr Al Lee"} {
		for _, child := range []string{"Ann", "Bo"} {
			w.takes(name, child, portal.MayBeWrittenTo)
		}
	}
	yes := w.answering("Ann", portal.Given)
	w.decide(jo, yes)
	w.decide(al, yes)
	if got := w.standing(w.pupil("Ann"), yes.Purpose); got != portal.StandingGiven {
		t.Errorf("their yes is %s", got)
	}
	for _, name := range []string{"Mrs Jo Lee", "Mr Al Lee"} {
		i := w.invitee(anne, name)
		if !i.Mute {
			t.Errorf("%s may be written to", name)
		}
		w.ok(w.EndJoin(t.Context(), portal.Operator, anne, i.Contact.ID))
		if letters, err := w.Letters(t.Context(), portal.Operator, anne, i.Contact.ID); err != nil || len(letters) > 0 {
			t.Errorf("%d letters to %s", len(letters), name)
		}
	}
}

// A class list's court order takes all three and asks to be looked at. What the head
// makes of it stays, whatever later lists say, until a list speaks of an order anew.
func TestAListedOrderIsLookedAt(t *testing.T) {
	w := settled(t)
	list := func(order bool) {
		t.Helper()
		w.register(anne, change(func(r *portal.ClassListRow) bool {
			r.CourtOrder = r.CourtOrder || order && r.ContactName == "Mr Al Lee" && r.Forename == "Ann"
			return true
		}), false)
	}
	barred := func(when string, want portal.Rights, looks bool) portal.Restricted {
		t.Helper()
		r, _ := w.restricted(anne, "Mr Al Lee", "Ann")
		if r.Responsibility.Barred != want || r.Looks() != looks {
			t.Errorf("%s he may not %s, to look at %v; want %s, %v", when, r.Responsibility.Barred, r.Looks(), want, looks)
		}
		return r
	}
	toLook := func(want int) {
		t.Helper()
		if n := w.waits(w.staff("office@anne.example"), portal.TaskOrders); n != want {
			t.Errorf("%d to look at, want %d", n, want)
		}
	}
	toLook(0)
	list(true)
	barred("when a list says so", portal.AllRights, true)
	toLook(1)
	w.pass(time.Hour)
	w.takes("Mr Al Lee", "Ann", portal.MaySee)
	r := barred("once the head has looked", portal.MaySee, false)
	toLook(0)
	for _, d := range r.History {
		switch {
		case d.InForce() && (d.Takes != portal.MaySee || d.Who != head || d.Why != "As the order of 3 May says" || !d.Since.Equal(w.now)),
			!d.InForce() && (d.Who != portal.Operator || d.Lifter != head || d.LiftedWhy == "" || !d.Until.Equal(w.now)):
			t.Errorf("on record: %+v", d)
		}
	}
	if len(r.History) != 4 {
		t.Errorf("%d lines on record, want 4", len(r.History))
	}
	list(true)
	barred("when the list says it again", portal.MaySee, false)
	list(false)
	barred("when the list says nothing of it", portal.MaySee, false)
	list(true)
	barred("when a list speaks of one anew", portal.AllRights, true)

	// Left out of a list and brought again, they come back as they went.
	w.register(anne, change(func(r *portal.ClassListRow) bool { return r.ContactName != "Mr Al Lee" }), false)
	if r := barred("when no contact any more", portal.AllRights, true); r.Linked {
		t.Error("he is shown as a contact")
	}
	list(false)
	barred("when brought again", portal.AllRights, true)
}

// A list's order may be there to hide a child, so nothing goes ahead until somebody has
// looked; and to bar one parent makes no yes of the other's unasked.
func TestAnUnreadOrderHoldsEveryYes(t *testing.T) {
	w := settled(t)
	jo, al := w.parent(anne, "Mrs Jo Lee"), w.parent(anne, "Mr Al Lee")
	ann, bo, purpose := w.pupil("Ann"), w.pupil("Bo"), w.answering("Ann", portal.Given).Purpose
	stands := func(when, pupil string, want portal.Standing) {
		t.Helper()
		if got := w.standing(pupil, purpose); got != want {
			t.Errorf("%s: %s, want %s", when, got, want)
		}
	}
	for _, child := range []string{"Ann", "Bo"} {
		w.decide(jo, w.answering(child, portal.Given))
	}
	w.decide(al, w.answering("Bo", portal.Refused))
	stands("her yes", ann, portal.StandingGiven)
	stands("her yes and his no", bo, portal.StandingConflict)

	w.register(anne, change(func(r *portal.ClassListRow) bool {
		r.CourtOrder = r.CourtOrder || r.ContactName == "Mr Al Lee"
		return true
	}), false)
	stands("an order about her that nobody has read", ann, portal.StandingUnread)
	stands("her yes and his earlier no, with an order", bo, portal.StandingConflict)

	w.takes("Mr Al Lee", "Ann", portal.AllRights)
	w.takes("Mr Al Lee", "Bo", portal.AllRights)
	stands("once it is read", ann, portal.StandingGiven)
	stands("once it is read, his no stands", bo, portal.StandingConflict)
	w.takes("Mr Al Lee", "Bo", portal.AllRights|portal.EarlierNo)
	stands("once his no is taken, too", bo, portal.StandingGiven)

	// Of somebody who is no contact any more an order holds, too.
	out := change(func(r *portal.ClassListRow) bool {
		r.CourtOrder = r.CourtOrder || r.ContactName == "Mrs Gran Lee"
		return true
	})
	w.register(anne, out, false)
	w.register(anne, slices.DeleteFunc(out, func(r portal.ClassListRow) bool { return r.ContactName == "Mrs Gran Lee" }), false)
	stands("an order against somebody whom the list leaves out", ann, portal.StandingUnread)
}

// Only the lead and the head set and lift, for a reason, and each act is on record.
func TestWhoRestricts(t *testing.T) {
	w := settled(t)
	al := w.parent(anne, "Mr Al Lee")
	f := portal.RestrictForm{Link: portal.Link{PupilID: w.pupil("Ann"), ContactID: w.contact(anne, "Mr Al Lee")}, Takes: portal.MayDecide, Why: "An order of 3 May"}
	for who, want := range map[string]error{
		al: portal.ErrNotFound, "": portal.ErrNotFound, w.staff("office@bede.example"): portal.ErrNotFound,
		w.staff("office@anne.example"): portal.ErrForbidden, w.staff("teacher@anne.example"): portal.ErrForbidden,
	} {
		is(t, w.Restrict(t.Context(), who, anne, f), want)
		_, _, err := w.Restrictions(t.Context(), who, anne, "")
		is(t, err, want)
	}
	is(t, w.Restrict(t.Context(), portal.Operator, bede, f), portal.ErrNotFound)
	for _, why := range []string{"", " ", strings.Repeat("x", portal.MaxReason+1)} {
		bad := f
		bad.Why = why
		wrong(t, w.Restrict(t.Context(), w.staff(head), anne, bad), "why")
	}
	stale := f
	stale.Was = portal.MaySee
	is(t, w.Restrict(t.Context(), w.staff(head), anne, stale), portal.ErrConflict)
	if _, ok := w.restricted(anne, "Mr Al Lee", "Ann"); ok {
		t.Error("something was taken")
	}

	w.ok(w.Restrict(t.Context(), w.staff("lead@anne.example"), anne, f))
	is(t, w.Restrict(t.Context(), w.staff(head), anne, f), portal.ErrConflict) // looked before she did
	f.Was, f.Takes, f.Why = portal.MayDecide, 0, "It was his brother"
	w.ok(w.Restrict(t.Context(), w.staff(head), anne, f))
	events, err := w.Events(t.Context(), portal.Operator, anne, f.Link.ContactID)
	w.ok(err)
	var got []string
	for _, e := range events {
		if e.Kind == portal.RestrictionSet || e.Kind == portal.RestrictionLifted {
			got = append(got, fmt.Sprint(e.Kind, " ", e.Who, " ", e.Details))
		}
	}
	if len(got) != 2 || !strings.Contains(got[0], `restriction-lifted head@anne.example {"may again":"decide"`) || !strings.Contains(got[0], "It was his brother") ||
		!strings.Contains(got[1], `restriction-set lead@anne.example {"may not":"decide"`) || !strings.Contains(got[1], "An order of 3 May") {
		t.Errorf("on record: %q", got)
	}
}

// What is taken from somebody about one child is not left behind with another, however
// a list writes them, until a named person gives it back with a reason.
func TestABarredParentGetsNoOtherChild(t *testing.T) {
	for name, write := range map[string]func(*portal.ClassListRow){
		"the same entry":             func(*portal.ClassListRow) {},
		"another address":            func(r *portal.ClassListRow) { r.Email, r.Phone = "other@example.org", "" },
		"another spelling":           func(r *portal.ClassListRow) { r.ContactName, r.Email = "MR TOM  FAY", "" },
		"with accents":               func(r *portal.ClassListRow) { r.ContactName, r.Email = "Mr Tóm Fåy", "t@example.org" },
		"without a title":            func(r *portal.ClassListRow) { r.ContactName, r.Email, r.Phone = "Tom Fay", "", "" },
		"another name, same email":   func(r *portal.ClassListRow) { r.ContactName = "Thomas Fay-Smith" },
		"the long form":              func(r *portal.ClassListRow) { r.ContactName, r.Email = "Thomas Fay", "t@example.org" },
		"another short form":         func(r *portal.ClassListRow) { r.ContactName, r.Email = "Mr Tommy Fay", "t@example.org" },
		"the other way round":        func(r *portal.ClassListRow) { r.ContactName, r.Email = "Fay Tom", "t@example.org" },
		"with a comma":               func(r *portal.ClassListRow) { r.ContactName, r.Email = "Fay, Thomas", "t@example.org" },
		"a name in the middle":       func(r *portal.ClassListRow) { r.ContactName, r.Email = "Mr Thomas James Fay", "t@example.org" },
		"an initial":                 func(r *portal.ClassListRow) { r.ContactName, r.Email = "Mr T. Fay", "t@example.org" },
		"another name, double":       func(r *portal.ClassListRow) { r.ContactName, r.Email = "Tom Fay-Okoro", "t@example.org" },
		"another name, same number":  func(r *portal.ClassListRow) { r.ContactName, r.Email, r.Phone = "Mr X Y", "", "+44 7700 900 321" },
		"what is taken is one right": func(r *portal.ClassListRow) { r.ContactName = "Mr Tom Fay" },
	} {
		t.Run(name, func(t *testing.T) {
			w := settled(t)
			rows := annesList()
			i := slices.IndexFunc(rows, func(r portal.ClassListRow) bool { return r.ContactName == "Mr Tom Fay" })
			rows[i].Email, rows[i].Phone = "tom@example.org", "07700 900321"
			w.register(anne, rows, false)
			tom := w.parent(anne, "Mr Tom Fay")
			if name == "what is taken is one right" {
				w.takes("Mr Tom Fay", "Dee", portal.MayBeWrittenTo)
			} else {
				rows[i].CourtOrder = true
				w.register(anne, rows, false)
			}

			later := rows[i]
			later.UPN, later.AdmissionNumber, later.Forename, later.CourtOrder = "", "later", "Zed", false
			write(&later)
			rows = numbered(append(rows, later))
			plan, err := w.PreviewImport(t.Context(), portal.Operator, anne, rows)
			w.ok(err)
			if !slices.ContainsFunc(plan.Warnings, func(n string) bool { return strings.Contains(n, "is recorded against") }) {
				t.Errorf("the preview says nothing: %q", plan.Warnings)
			}
			w.register(anne, rows, false)
			zed := w.pupil("Zed")
			if _, err := w.Child(t.Context(), tom, zed); !errors.Is(err, portal.ErrNotFound) {
				t.Errorf("he sees Zed: %v", err)
			}
			for _, l := range w.letters(anne) {
				if slices.ContainsFunc(l.Children, func(c portal.Child) bool { return c.Pupil.ID == zed }) {
					t.Errorf("%v is written to about Zed", l)
				}
			}
			_, all, err := w.Restrictions(t.Context(), portal.Operator, anne, "")
			w.ok(err)
			j := slices.IndexFunc(all, func(r portal.Restricted) bool { return r.Pupil.ID == zed })
			if j < 0 || all[j].Responsibility.Barred != portal.AllRights || !all[j].Looks() {
				t.Fatalf("the head is not asked to look: %v", all)
			}
			is(t, w.ExtendJoin(t.Context(), portal.Operator, anne, all[j].Contact.ID, zed), portal.ErrNotFound)
			f := portal.RestrictForm{Link: portal.Link{PupilID: zed, ContactID: all[j].Contact.ID}, Was: portal.AllRights, Why: "The order of 3 May names Dee alone"}
			w.register(anne, rows, false) // a list that says no order lifts none
			w.ok(w.Restrict(t.Context(), w.staff(head), anne, f))
			if _, err := w.Child(t.Context(), tom, zed); !errors.Is(err, portal.ErrNotFound) {
				t.Errorf("lifting showed him Zed: %v", err) // his join does not cover her
			}
		})
	}
}

// Who shares no more than a surname or a first name with somebody barred is not barred.
func TestOthersAreNotTakenForABarredParent(t *testing.T) {
	for _, name := range []string{"Mrs Tina Fay", "Ms Thomasina Fay", "Mr Tim Fay", "Mr Tom Okoro", "Mrs T Fay", "Fay"} {
		w := settled(t)
		rows := change(func(r *portal.ClassListRow) bool {
			r.CourtOrder = r.CourtOrder || r.ContactName == "Mr Tom Fay"
			return true
		})
		w.register(anne, rows, false)
		later := rows[len(rows)-1]
		later.AdmissionNumber, later.Forename, later.CourtOrder, later.ContactName, later.Email = "later", "Zed", false, name, "other@example.org"
		plan, err := w.PreviewImport(t.Context(), portal.Operator, anne, numbered(append(rows, later)))
		w.ok(err)
		if len(plan.Warnings) > 0 {
			t.Errorf("%s: %q", name, plan.Warnings)
		}
	}
}

// Whether somebody says that a new name is the barred parent's or another's, whoever it
// is sees nothing: nor where the pupil is one whom the list writes otherwise.
func TestNoMergeExtendsABarredParent(t *testing.T) {
	for _, same := range []bool{true, false} {
		for _, pupil := range []string{"the same pupil", "the pupil by another number"} {
			t.Run(fmt.Sprint(pupil, ", one person ", same), func(t *testing.T) {
				w := settled(t)
				rows := annesList()
				dee := slices.IndexFunc(rows, func(r portal.ClassListRow) bool { return r.ContactName == "Mr Tom Fay" })
				rows[dee].CourtOrder, rows[dee].Phone = true, "07700 900321"
				w.register(anne, rows, false)
				rows[dee].ContactName, rows[dee].CourtOrder, rows[dee].Email = "Mr Xavier Young", false, ""
				if pupil != "the same pupil" {
					rows[dee].AdmissionNumber = "A99"
				}
				plan, err := w.PreviewImport(t.Context(), portal.Operator, anne, rows)
				w.ok(err)
				choice := agreed(plan, false)
				for id := range choice.Same {
					choice.Same[id] = same || strings.HasPrefix(id, "p-") && pupil == "the same pupil"
				}
				for range 3 { // an answer may bring another question
					_, err = w.ApplyImport(t.Context(), portal.Operator, anne, "", rows, plan.Fingerprint, choice)
					var stale *portal.ImportStale
					if !errors.As(err, &stale) {
						break
					}
					plan = stale.Now
				}
				w.ok(err)
				w.view(func(tx portal.Tx) error {
					links, err := tx.Responsibilities(anne)
					found := 0
					for _, l := range links {
						if l.Relationship == "Father" && l.PupilID != w.pupil("Ann") && l.PupilID != w.pupil("Bo") {
							if found++; l.Barred != portal.AllRights {
								t.Errorf("the father may not %s", l.Barred)
							}
						}
					}
					if found == 0 {
						t.Error("no father was found")
					}
					return err
				})
			})
		}
	}
}

// An order at one school of the trust is told of at another: to no list, letter or merge
// is it unknown; and nothing else of that school is told.
func TestAnOrderAtAnotherSchool(t *testing.T) {
	w := settled(t)
	office := w.staff("office@bede.example")
	row := func(forename, contact string) portal.ClassListRow {
		return portal.ClassListRow{AdmissionNumber: "b" + forename, Forename: forename, Surname: "Roe", Born: "2015-03-03", Year: 6, Group: "6R",
			ContactName: contact, Relationship: "Father", Email: "t@example.org", Parental: true}
	}
	before := append(bedesList(), row("Ida", "Tom Fay"))
	w.register(bede, numbered(before), false)
	if i := w.invitee(bede, "Tom Fay"); i.Warning != "" || !i.Waiting() {
		t.Fatalf("before: %q", i.Warning)
	}
	w.register(anne, change(func(r *portal.ClassListRow) bool {
		r.CourtOrder = r.CourtOrder || r.ContactName == "Mr Tom Fay"
		return true
	}), false)

	// A letter goes to somebody who was there before only where it is asked for, and that is on record.
	i := w.invitee(bede, "Tom Fay")
	if !strings.Contains(i.Warning, "another school of the trust") || i.Waiting() {
		t.Errorf("the page of letters says %q", i.Warning)
	}
	letters, err := w.Letters(t.Context(), office, bede)
	w.ok(err)
	if slices.ContainsFunc(letters, func(l portal.Letter) bool { return strings.Contains(l.Contact.Name, "Fay") }) {
		t.Error("a letter was printed unasked")
	}
	letters, err = w.Letters(t.Context(), office, bede, i.Contact.ID)
	if w.ok(err); len(letters) != 1 {
		t.Errorf("%d letters, asked for one", len(letters))
	}
	events, err := w.Events(t.Context(), portal.Operator, bede, "")
	w.ok(err)
	if !strings.Contains(events[0].Details, `"against a warning":1`) {
		t.Errorf("on record: %s", events[0].Details)
	}
	// A list.
	rows := numbered(append(before, row("Ned", "Mr Thomas Fay")))
	rows[len(rows)-1].Email = "thomas@example.org"
	plan, err := w.PreviewImport(t.Context(), office, bede, rows)
	w.ok(err)
	if events, err = w.Events(t.Context(), portal.Operator, bede, ""); err != nil || events[0].Kind != portal.ListPreviewed || events[0].By != office || !strings.Contains(events[0].Details, `"warnings":1`) {
		t.Errorf("that it was told is not on record: %v", events[0].Details)
	}
	told := strings.Join(plan.Warnings, " ")
	if len(plan.Warnings) != 1 || !strings.Contains(told, "has an order against them at another school of the trust. Ask the trust’s lead") {
		t.Errorf("the preview says %q", plan.Warnings)
	}
	w.register(bede, rows, false)
	if r, _ := w.restricted(bede, "Mr Thomas Fay", "Ned"); r.Responsibility.Barred != portal.AllRights || !r.Looks() {
		t.Errorf("he may not %s", r.Responsibility.Barred)
	}
	_, all, err := w.Restrictions(t.Context(), w.staff("trust@example"), bede, "")
	is(t, err, portal.ErrForbidden)
	if len(all) > 0 {
		t.Error("the trust's office reads restrictions")
	}

	for _, words := range []string{told, i.Warning} {
		for _, theirs := range []string{"Anne", "anne", "Dee", "Mr Tom", "home.example", "2018"} {
			if strings.Contains(words, theirs) {
				t.Errorf("%q tells of the other school", words)
			}
		}
	}

	// Once it is lifted there, there is nothing to warn of; what was set here stays.
	w.takes("Mr Tom Fay", "Dee", 0)
	if i := w.invitee(bede, "Tom Fay"); strings.Contains(i.Warning, "another school") || i.Warning == "" {
		t.Errorf("after lifting: %q", i.Warning)
	}
	if r, _ := w.restricted(bede, "Mr Thomas Fay", "Ned"); r.Responsibility.Barred != portal.AllRights {
		t.Error("what was set here went with it")
	}
}

// Whatever gives somebody something about a child brings it withheld where somebody who
// may be they is barred from any child of the trust, and says so; and once a named person
// has looked it is given.
func TestNothingIsGivenUnwarned(t *testing.T) {
	far := func(w *world) { // Al is barred at the other school alone
		rows := append(bedesList(), portal.ClassListRow{AdmissionNumber: "b2", Forename: "Ida", Surname: "Roe", Born: "2015-03-03", Year: 6, Group: "6R",
			ContactName: "Alfred Lee", Relationship: "Father", Email: "alf@example.org", Parental: true, CourtOrder: true})
		w.register(bede, numbered(rows), false)
	}
	here := func(w *world) { w.takes("Mr Al Lee", "Ann", portal.MaySee) }
	// Bo's father holds no responsibility, or nobody has said whether he does.
	noSay := func(unsaid portal.Unsaid) []portal.ClassListRow {
		return change(func(r *portal.ClassListRow) bool {
			if r.ContactName == "Mr Al Lee" && r.Forename == "Bo" {
				r.Parental, r.Unsaid = false, unsaid
			}
			return true
		})
	}
	list := func(rows func() []portal.ClassListRow) func(*world) {
		return func(w *world) {
			plan, err := w.PreviewImport(w.t.Context(), portal.Operator, anne, rows())
			w.ok(err)
			if told := strings.Join(plan.Warnings, " "); !strings.Contains(told, "They will not see Bo Lee, decide or get a letter until the safeguarding lead or the head has looked.") {
				w.t.Errorf("the preview says %q", told)
			}
			w.register(anne, rows(), false)
		}
	}
	for _, bars := range []struct {
		where string
		set   func(*world)
	}{{"here", here}, {"at another school", far}} {
		for _, path := range []struct {
			name         string
			before, give func(*world)
			contact      string
		}{
			{"a list gives responsibility", func(w *world) { w.register(anne, noSay(0), false) }, list(annesList), "Mr Al Lee"},
			{"the office settles it", func(w *world) {
				w.register(anne, change(func(r *portal.ClassListRow) bool { return r.ContactName != "Mr Al Lee" || r.Forename != "Bo" }), false)
				w.register(anne, noSay(portal.UnsaidParental), false)
			}, func(w *world) {
				groups, err := w.Unsettled(w.t.Context(), portal.Operator, anne)
				w.ok(err)
				i := slices.IndexFunc(groups, func(g portal.ToSettle) bool { return g.Relationship == "Father" })
				if !groups[i].Warned[0] {
					w.t.Error("whoever settles it is not warned")
				}
				held, err := w.Settle(w.t.Context(), w.staff("office@anne.example"), anne, []portal.Link{{PupilID: w.pupil("Bo"), ContactID: w.contact(anne, "Mr Al Lee")}}, true)
				if w.ok(err); held != 1 {
					w.t.Errorf("%d are held back", held)
				}
			}, "Mr Al Lee"},
		} {
			t.Run(path.name+", barred "+bars.where, func(t *testing.T) {
				w := settled(t)
				path.before(w)
				bars.set(w)
				w.pass(time.Hour)
				path.give(w)
				r, ok := w.restricted(anne, path.contact, "Bo")
				if !ok || r.Responsibility.Barred != portal.AllRights || !r.Looks() {
					t.Fatalf("about Bo he may not %q, to look at %v", r.Responsibility.Barred, r.Looks())
				}
				if l, ok := w.letters(anne)[path.contact]; ok && slices.ContainsFunc(l.Children, func(c portal.Child) bool { return c.Pupil.Forename == "Bo" }) {
					t.Error("he is written to about Bo")
				}
				w.pass(time.Hour)
				w.takes(path.contact, "Bo", 0)
				if r, ok := w.restricted(anne, path.contact, "Bo"); ok {
					t.Errorf("once the head has looked, he may not %s", r.Responsibility.Barred)
				}
				w.register(anne, annesList(), false)
			})
		}
	}
}

// An entry that a list gives to somebody barred, by correcting its name, keeps nothing;
// one that only shares an address with them from then on is told of.
func TestNoCorrectionGivesAnEntryToSomebodyBarred(t *testing.T) {
	w := settled(t)
	pia := w.parent(anne, "Ms Pia Poe")
	w.takes("Mr Al Lee", "Ann", portal.MaySee)
	shared := change(func(r *portal.ClassListRow) bool {
		if r.ContactName == "Ms Pia Poe" {
			r.Email = "mr.al.lee@home.example"
		}
		return true
	})
	plan, err := w.PreviewImport(t.Context(), portal.Operator, anne, shared)
	if w.ok(err); len(plan.Warnings) != 1 || !strings.Contains(plan.Warnings[0], "is now that of somebody from whom something about a child is taken") {
		t.Errorf("of her address the preview says %q", plan.Warnings)
	}
	rows := change(func(r *portal.ClassListRow) bool {
		if r.ContactName == "Ms Pia Poe" {
			r.ContactName = "Alfred James Lee"
		}
		return true
	})
	if plan, err = w.PreviewImport(t.Context(), portal.Operator, anne, rows); err != nil || len(plan.Maybe) != 1 || len(plan.Warnings) != 1 || !strings.Contains(plan.Warnings[0], "Whatever you answer below, nothing is given to them") {
		t.Errorf("the preview asks %d and says %q (%v)", len(plan.Maybe), plan.Warnings, err)
	}
	w.register(anne, rows, false) // they are one person, says the office
	if _, err := w.Child(t.Context(), pia, w.pupil("Cat")); !errors.Is(err, portal.ErrNotFound) {
		t.Errorf("whoever joined as her sees Cat: %v", err)
	}
	if r, _ := w.restricted(anne, "Alfred James Lee", "Cat"); r.Responsibility.Barred != portal.AllRights || !r.Looks() {
		t.Errorf("he may not %q", r.Responsibility.Barred)
	}

	// Nor about a child of whom the list does not speak.
	w.takes("Mr Tom Fay", "Dee", portal.MaySee)
	w.register(anne, change(func(r *portal.ClassListRow) bool {
		if r.ContactName == "Mrs Jo Lee" {
			r.ContactName = "Mr Thomas Fay"
		}
		return r.Forename == "Ann"
	}), false)
	if r, _ := w.restricted(anne, "Mr Thomas Fay", "Bo"); r.Responsibility.Barred != portal.AllRights || !r.Looks() {
		t.Errorf("about Bo he may not %q", r.Responsibility.Barred)
	}
}

// A child is added to the join of somebody barred from another only when a named person
// has looked since.
func TestNoJoinIsExtendedUnwarned(t *testing.T) {
	w := settled(t)
	w.register(anne, change(func(r *portal.ClassListRow) bool { return r.Forename != "Bo" || r.ContactName != "Mr Al Lee" }), false)
	al := w.parent(anne, "Mr Al Lee")
	w.register(anne, annesList(), false) // Bo is his, too
	w.takes("Mr Al Lee", "Ann", portal.MayBeWrittenTo)
	bo, contact := w.pupil("Bo"), w.contact(anne, "Mr Al Lee")
	office := w.staff("office@anne.example")
	is(t, w.ExtendJoin(t.Context(), office, anne, contact, bo), portal.ErrWithheld)
	if r, _ := w.restricted(anne, "Mr Al Lee", "Bo"); r.Responsibility.Barred != portal.AllRights || !r.Looks() {
		t.Errorf("about Bo he may not %q", r.Responsibility.Barred)
	}
	is(t, w.ExtendJoin(t.Context(), office, anne, contact, bo), portal.ErrNotFound)
	w.pass(time.Hour)
	w.takes("Mr Al Lee", "Bo", 0)
	w.ok(w.ExtendJoin(t.Context(), office, anne, contact, bo))
	_, err := w.Child(t.Context(), al, bo)
	w.ok(err)
}

// Whoever signs in as somebody barred gains nothing by another letter, whatever its name.
func TestABarredAccountGainsNothingByALetter(t *testing.T) {
	w := settled(t)
	tom := w.parent(anne, "Mr Tom Fay")
	w.takes("Mr Tom Fay", "Dee", portal.MayDecide)
	kim := w.letters(bede)["Ms Kim Roe"]
	w.ok(w.Join(t.Context(), tom, kim.Code, kim.Children[0].Pupil.Born))
	if _, err := w.Child(t.Context(), tom, w.pupil("Eve")); !errors.Is(err, portal.ErrNotFound) {
		t.Errorf("he sees Eve: %v", err)
	}
	if r, _ := w.restricted(bede, "Ms Kim Roe", "Eve"); r.Responsibility.Barred != portal.AllRights || !r.Looks() {
		t.Errorf("of Eve is taken %q", r.Responsibility.Barred)
	}
}

// Who is barred, left out of one list and brought by the next under another name,
// address and number, is held back: the child is the same.
func TestABarredParentComesBackUnderAnotherName(t *testing.T) {
	for name, of := range map[string]struct {
		left, lifted bool // left out of a list between; the restriction was lifted
		relationship string
		held         bool
	}{
		"left out before":                     {left: true, relationship: "Stepfather", held: true},
		"left out now":                        {relationship: "Stepfather", held: true},
		"left out before, as something else":  {left: true, relationship: "Uncle", held: true},
		"one more of the kind who was barred": {lifted: true, relationship: "father", held: true},
		"somebody else beside one who was":    {lifted: true, relationship: "Aunt"},
	} {
		t.Run(name, func(t *testing.T) {
			w := settled(t)
			drop := func(r *portal.ClassListRow) bool {
				return of.lifted || r.ContactName != "Mr Al Lee" || r.Forename != "Ann"
			}
			w.register(anne, change(func(r *portal.ClassListRow) bool { return r.ContactName != "Mr Max Stone" }), false)
			w.pass(time.Hour)
			_, all, err := w.Restrictions(t.Context(), portal.Operator, anne, "")
			w.ok(err)
			for _, r := range all { // the stepfather's, which is another matter
				w.ok(w.Restrict(t.Context(), w.staff(head), anne, portal.RestrictForm{Link: portal.Link{PupilID: r.Pupil.ID, ContactID: r.Contact.ID}, Was: r.Responsibility.Barred, Why: "It was never his"}))
			}
			w.takes("Mr Al Lee", "Ann", portal.AllRights)
			if of.lifted {
				w.takes("Mr Al Lee", "Ann", 0)
			}
			if of.left {
				w.register(anne, change(func(r *portal.ClassListRow) bool { return drop(r) && r.ContactName != "Mr Max Stone" }), false)
			}
			rows := change(func(r *portal.ClassListRow) bool { return drop(r) && r.ContactName != "Mr Max Stone" })
			last := rows[0]
			last.ContactName, last.Relationship, last.Email, last.Phone = "Piers Quill", of.relationship, "quill@example.org", "07700 900555"
			rows = numbered(append(rows, last))
			plan, err := w.PreviewImport(t.Context(), portal.Operator, anne, rows)
			w.ok(err)
			if told := strings.Join(plan.Warnings, " "); strings.Contains(told, "Piers Quill: Somebody") != of.held {
				t.Errorf("the preview says %q", told)
			}
			w.register(anne, rows, false)
			if r, ok := w.restricted(anne, "Piers Quill", "Ann"); ok != of.held || ok && (r.Responsibility.Barred != portal.AllRights || !r.Looks()) {
				t.Errorf("he may not %q", r.Responsibility.Barred)
			}
		})
	}
}

// Two offices that lift and set one restriction at the same moment: one of them is
// obeyed whole, the other is told to look again, on both engines and at every try.
func TestTwoOfficesAtOnce(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			w := settledIn(newWorldAt(t, func(dir string) string {
				if engine == "postgres" {
					return pgtest.Database(t)
				}
				return filepath.Join(dir, "register.db")
			}))
			l := portal.Link{PupilID: w.pupil("Ann"), ContactID: w.contact(anne, "Mr Al Lee")}
			offices := []string{w.staff(head), w.staff("lead@anne.example"), portal.Operator}
			wants := []portal.Rights{0, portal.AllRights, portal.MayDecide}
			was := portal.Rights(0)
			for round := range 12 {
				var obeyed atomic.Int32
				done := make([]error, len(offices)*2)
				now := make([]portal.Rights, len(done))
				atOnce(len(done), func(i int) {
					now[i] = wants[(i+round)%len(wants)]
					done[i] = w.Restrict(context.Background(), offices[i%len(offices)], anne, portal.RestrictForm{Link: l, Was: was, Takes: now[i], Why: fmt.Sprint("round ", round)})
					if done[i] == nil && now[i] != was {
						obeyed.Add(1)
					}
				})
				r, _ := w.restricted(anne, "Mr Al Lee", "Ann")
				is1 := r.Responsibility.Barred
				for i, err := range done {
					if err != nil && !errors.Is(err, portal.ErrConflict) || err == nil && now[i] != is1 && now[i] != was {
						t.Errorf("round %d, office %d wanted %s: %v, and it is %s", round, i, now[i], err, is1)
					}
				}
				if obeyed.Load() != 1 {
					t.Errorf("round %d: %d were obeyed", round, obeyed.Load())
				}
				for _, right := range portal.AllRights.Each() {
					if n := len(slices.Collect(inForce(r, right))); n > 1 || n == 1 != (is1&right != 0) {
						t.Errorf("round %d: to %s is taken %d times", round, right, n)
					}
				}
				was = is1
			}
			_, err := w.ledger.VerifyAll(t.Context(), w.db)
			w.ok(err)
		})
	}
}

func inForce(r portal.Restricted, right portal.Rights) func(func(portal.RestrictionRow) bool) {
	return func(yield func(portal.RestrictionRow) bool) {
		for _, d := range r.History {
			if d.InForce() && d.Takes == right && !yield(d) {
				return
			}
		}
	}
}

// A preview lists every contact of every new pupil with what they may do, and says what
// each of those who have joined gains and loses.
func TestAPreviewSaysWhatPeopleGainAndLose(t *testing.T) {
	w := settled(t)
	w.parent(anne, "Mrs Jo Lee")
	w.parent(anne, "Mr Al Lee")
	rows := change(func(r *portal.ClassListRow) bool {
		switch r.ContactName + " " + r.Forename {
		case "Mr Al Lee Ann":
			r.CourtOrder = true
		case "Mrs Jo Lee Bo":
			return false
		}
		return true
	})
	for _, name := range []string{"Mrs Jo Lee", "Mr Al Lee", "Mrs Gran Lee", "Ms New Lee"} {
		later := rows[slices.IndexFunc(rows, func(r portal.ClassListRow) bool {
			return r.Forename == "Ann" && (r.ContactName == name || name == "Ms New Lee")
		})]
		later.AdmissionNumber, later.Forename, later.Born, later.CourtOrder = "later", "Zed", "2020-02-02", false
		if name == "Ms New Lee" {
			later.ContactName, later.Email, later.Relationship, later.Parental, later.Unsaid = name, "new@example.org", "", false, portal.UnsaidParental
		}
		rows = append(rows, later)
	}
	plan, err := w.PreviewImport(t.Context(), portal.Operator, anne, numbered(rows))
	w.ok(err)
	var contacts []string
	for _, c := range plan.New[0].Contacts {
		contacts = append(contacts, c.Contact.Name+": "+c.Words())
	}
	if want := []string{"Mrs Jo Lee: Mother, may decide, has joined", "Mr Al Lee: Father, may not see, decide, be written to, has joined",
		"Mrs Gran Lee: Grandmother, may not decide", "Ms New Lee: relationship not given, not known whether they may decide"}; len(plan.New) != 1 || !slices.Equal(contacts, want) {
		t.Errorf("the new pupil's contacts:\n%q, want\n%q", contacts, want)
	}
	said := func(all []portal.Affected) (words []string) {
		for _, a := range all {
			words = append(words, a.Contact.Name+": "+a.Words)
		}
		return words
	}
	if got, want := said(plan.Takes), []string{"Mr Al Lee: They will no longer see Ann or decide.", "Mrs Jo Lee: They are not among the list's contacts, and will no longer see Bo or decide."}; !slices.Equal(got, want) {
		t.Errorf("it takes:\n%q, want\n%q", got, want)
	}
	if got, want := said(plan.Gives), []string{"Mrs Jo Lee: They will not see Zed yet: your office has to say on the page of letters that they are the same person."}; !slices.Equal(got, want) {
		t.Errorf("it gives:\n%q, want\n%q", got, want)
	}

	// And back again: whom her join covers, she sees as soon as it is saved.
	w.register(anne, change(func(r *portal.ClassListRow) bool { return r.ContactName+" "+r.Forename != "Mrs Jo Lee Bo" }), false)
	plan, err = w.PreviewImport(t.Context(), portal.Operator, anne, annesList())
	w.ok(err)
	if got, want := said(plan.Gives), []string{"Mrs Jo Lee: They will see Bo and decide."}; !slices.Equal(got, want) {
		t.Errorf("it gives:\n%q, want\n%q", got, want)
	}
}

// In a matter of their own family nobody acts for the school, however high: a head who is
// a parent neither gives themselves anything back nor takes the other's say, and a clerk
// does not vouch for whoever joined about their own child.
func TestNobodyActsInTheirOwnFamily(t *testing.T) {
	w := settled(t)
	letters := w.letters(anne)
	father, clerk := w.staff(head), w.staff("office@anne.example")
	w.ok(w.Join(t.Context(), father, letters["Mr Al Lee"].Code, annsBirthday))
	f := portal.RestrictForm{Link: portal.Link{PupilID: w.pupil("Ann")}, Takes: portal.MayDecide, Why: "I say so"}
	for _, name := range []string{"Mrs Jo Lee", "Mr Al Lee"} {
		f.Link.ContactID = w.contact(anne, name)
		is(t, w.Restrict(t.Context(), father, anne, f), portal.ErrForbidden)
	}
	f.Link = portal.Link{PupilID: w.pupil("Cat"), ContactID: w.contact(anne, "Ms Pia Poe")}
	w.ok(w.Restrict(t.Context(), father, anne, f))

	w.ok(w.Join(t.Context(), clerk, letters["Mrs Jo Lee"].Code, annsBirthday))
	is(t, w.ConfirmJoins(t.Context(), clerk, anne, w.contact(anne, "Mr Al Lee")), portal.ErrForbidden)
	w.ok(w.ConfirmJoins(t.Context(), w.staff("trust@example"), anne, w.contact(anne, "Mr Al Lee")))
	is(t, w.EndJoin(t.Context(), clerk, anne, w.contact(anne, "Mr Al Lee")), portal.ErrForbidden)
	is(t, w.ExtendJoin(t.Context(), clerk, anne, w.contact(anne, "Mrs Jo Lee"), w.pupil("Ann")), portal.ErrForbidden)
}

// A letter that somebody held when something was taken from them works no more, about
// another child either; the next is printed by somebody who has been warned.
func TestARestrictionEndsALetter(t *testing.T) {
	w := settled(t)
	l := w.letters(anne)["Mr Al Lee"]
	w.takes("Mr Al Lee", "Ann", portal.MaySee)
	wrong(t, w.Join(t.Context(), w.account("al"), l.Code, bosBirthday), "code", "born")
	i := w.invitee(anne, "Mr Al Lee")
	if i.Warning == "" || !i.Issued.IsZero() || i.Waiting() {
		t.Errorf("the office is shown: %q, issued %v", i.Warning, i.Issued)
	}
	again, err := w.Letters(t.Context(), portal.Operator, anne, i.Contact.ID)
	w.ok(err)
	w.ok(w.Join(t.Context(), w.account("al"), again[0].Code, bosBirthday))
}

// Somebody new to a family from one of whose children somebody is barred is looked at,
// by whatever name.
func TestSomebodyNewToABarredFamily(t *testing.T) {
	w := settled(t)
	w.takes("Mr Al Lee", "Ann", portal.MaySee)
	rows := annesList()
	for i, name := range []string{"Mrs Jo Lee", "Mr Karl Okoro"} {
		later := rows[0]
		later.AdmissionNumber, later.Forename, later.Born, later.ContactName = "later", "Zed", "2020-02-02", name
		if i > 0 {
			later.Email, later.Relationship = "karl@example.org", "Father"
		}
		rows = append(rows, later)
	}
	plan, err := w.PreviewImport(t.Context(), portal.Operator, anne, numbered(rows))
	w.ok(err)
	if len(plan.Warnings) != 1 || !strings.Contains(plan.Warnings[0], "Mr Karl Okoro: Somebody is barred from another child of the same family") {
		t.Errorf("the preview says %q", plan.Warnings)
	}
}
