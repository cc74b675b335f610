package portal_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"schoolgate/portal"
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
	for takes := portal.Rights(0); takes <= portal.AllRights; takes++ {
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
			standing := portal.StandingWaiting
			if decide {
				standing = portal.StandingRefused
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
		n, err := w.RestrictionsToLook(t.Context(), w.staff("office@anne.example"), anne)
		if w.ok(err); n != want {
			t.Errorf("%d to look at, want %d", n, want)
		}
	}
	toLook(1) // the stepfather's
	list(true)
	barred("when a list says so", portal.AllRights, true)
	toLook(2)
	w.pass(time.Hour)
	w.takes("Mr Al Lee", "Ann", portal.MaySee)
	r := barred("once the head has looked", portal.MaySee, false)
	toLook(1)
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
