package portal_test

import (
	"slices"
	"testing"
	"time"

	"schoolgate/portal"
)

// waiting is a trust whose schools wait two days before a yes of somebody new counts.
func waiting(t *testing.T) *world {
	t.Helper()
	w := settled(t)
	w.wait = portal.YesAfter
	return w
}

// signed says whether anybody's signature for a pupil counts.
func (w *world) signed(pupil string) (all bool) {
	w.t.Helper()
	w.ok(w.ReadRegister(w.t.Context(), portal.Operator, anne, portal.Filter{}, func(portal.List) error { return nil }, func(r portal.ListRow) error {
		if r.Pupil.ID == pupil {
			all = slices.Contains(r.Signed, true)
		}
		return nil
	}))
	return all
}

func (w *world) sign(account, forename string) string {
	w.t.Helper()
	id, err := w.Sign(w.t.Context(), account, portal.SignForm{Pupil: w.pupil(forename), Agreement: "parents-aup", Hash: w.hash(anne, portal.Agreement, "parents-aup"), Name: "Jo Lee", Agreed: true, Language: "en-GB"})
	w.ok(err)
	return id
}

// A yes and a signature by somebody who has just joined count when the waiting time is
// over, and a no at once.
func TestAYesOfSomebodyNewWaits(t *testing.T) {
	w := waiting(t)
	jo := w.parent(anne, "Mrs Jo Lee")
	ann, yes := w.pupil("Ann"), w.answering("Ann", portal.Given)
	w.decide(jo, yes)
	w.sign(jo, "Ann")
	says := func(when string, want portal.Standing, signed bool) {
		t.Helper()
		if got := w.standing(ann, yes.Purpose); got != want || w.signed(ann) != signed {
			t.Errorf("%s: %s, signed %v; want %s, %v", when, got, w.signed(ann), want, signed)
		}
	}
	says("at once", portal.StandingWaiting, false)
	v := w.child(jo, "Ann")
	if !v.Waits.Equal(w.now.Add(portal.YesAfter)) || !v.Signing[0].Done() || v.ToDo() != 2 {
		t.Errorf("her page says that her yes counts from %v, with %d things to do", v.Waits, v.ToDo())
	}
	w.pass(portal.YesAfter - time.Second)
	says("a second before", portal.StandingWaiting, false)
	w.decide(jo, w.answering("Ann", portal.Refused))
	says("after a no", portal.StandingWithdrawn, false)
	w.decide(jo, yes)
	says("after a yes again", portal.StandingWithdrawn, false)
	w.pass(time.Second)
	says("after two days", portal.StandingGiven, true)
	if v := w.child(jo, "Ann"); !v.Waits.IsZero() {
		t.Errorf("her page still says that it waits until %v", v.Waits)
	}

	// What waits changes nothing before it counts: the other parent's no, and paper.
	al := w.parent(anne, "Mr Al Lee")
	w.decide(al, w.answering("Ann", portal.Refused))
	says("after a no by somebody newer", portal.StandingConflict, true)
	w.decide(al, yes)
	says("until his change of mind counts", portal.StandingConflict, true)
	w.pass(portal.YesAfter)
	says("then", portal.StandingGiven, true)
}

// Where letters are handed over in person, a yes counts at once, and the office sees
// who has joined all the same.
func TestAYesDoesNotWaitWhereTheSchoolSaysSo(t *testing.T) {
	w := waiting(t)
	w.CountYesAfter(func(school string) time.Duration {
		if school == anne {
			return 0
		}
		return portal.YesAfter
	})
	jo := w.parent(anne, "Mrs Jo Lee")
	yes := w.answering("Ann", portal.Given)
	w.decide(jo, yes)
	if got := w.standing(w.pupil("Ann"), yes.Purpose); got != portal.StandingGiven {
		t.Errorf("it is %s", got)
	}
	all, err := w.NewJoins(t.Context(), portal.Operator, anne)
	w.ok(err)
	if len(all) != 1 || all[0].Waits {
		t.Errorf("the office sees %v", all)
	}
}

// The office sees who has joined and by which letter, until it has made sure of them.
func TestTheOfficeSeesNewJoins(t *testing.T) {
	w := waiting(t)
	office := w.staff("office@anne.example")
	issued := w.now
	letters := w.letters(anne)
	w.pass(time.Hour)
	jo, al := w.account("jo"), w.account("al")
	w.ok(w.Join(t.Context(), jo, letters["Mrs Jo Lee"].Code, annsBirthday))
	w.pass(time.Hour)
	w.ok(w.Join(t.Context(), al, letters["Mr Al Lee"].Code, annsBirthday))
	see := func(want ...string) []portal.NewJoin {
		t.Helper()
		all, err := w.NewJoins(t.Context(), office, anne)
		w.ok(err)
		var names []string
		for _, j := range all {
			names = append(names, j.Contact.Name)
		}
		if !slices.Equal(names, want) {
			t.Errorf("the office sees %q, want %q", names, want)
		}
		return all
	}
	all := see("Mr Al Lee", "Mrs Jo Lee")
	if j := all[1]; !j.Issued.Equal(issued) || !j.At.Equal(w.now.Add(-time.Hour)) || len(j.Children) != 2 || j.Contact.Email == "" || !j.Waits {
		t.Errorf("of the mother it sees %#v, %+v", j, j.Join)
	}
	yes := w.answering("Ann", portal.Given)
	w.decide(jo, yes)
	contact := letters["Mrs Jo Lee"].Contact.ID

	for who, want := range map[string]error{
		jo: portal.ErrNotFound, "": portal.ErrNotFound, w.staff("office@bede.example"): portal.ErrNotFound,
		w.staff("teacher@anne.example"): portal.ErrForbidden,
	} {
		is(t, w.ConfirmJoins(t.Context(), who, anne, contact), want)
		_, err := w.NewJoins(t.Context(), who, anne)
		is(t, err, want)
	}
	is(t, w.ConfirmJoins(t.Context(), office, anne, contact, "nobody"), portal.ErrNotFound)
	is(t, w.ConfirmJoins(t.Context(), w.staff("office@bede.example"), bede, contact), portal.ErrNotFound)
	see("Mr Al Lee", "Mrs Jo Lee")
	if got := w.standing(w.pupil("Ann"), yes.Purpose); got != portal.StandingWaiting {
		t.Errorf("before anybody has made sure of her it is %s", got)
	}

	w.ok(w.ConfirmJoins(t.Context(), office, anne, contact))
	see("Mr Al Lee")
	if got := w.standing(w.pupil("Ann"), yes.Purpose); got != portal.StandingGiven {
		t.Errorf("once the office has made sure of her it is %s", got)
	}
	confirmed := func() (n int) {
		events, err := w.Events(t.Context(), portal.Operator, anne, contact)
		w.ok(err)
		for _, e := range events {
			if e.Kind == portal.JoinConfirmed && e.Who == "office@anne.example" {
				n++
			}
		}
		return n
	}
	w.ok(w.ConfirmJoins(t.Context(), office, anne, contact)) // a second click
	if n := confirmed(); n != 1 {
		t.Errorf("that it was confirmed is on record %d times", n)
	}
}

// Nobody vouches for themselves.
func TestNobodyConfirmsTheirOwnJoin(t *testing.T) {
	w := waiting(t)
	office := w.staff("office@anne.example")
	l := w.letters(anne)["Mrs Jo Lee"]
	w.ok(w.Join(t.Context(), office, l.Code, annsBirthday))
	is(t, w.ConfirmJoins(t.Context(), office, anne, l.Contact.ID), portal.ErrForbidden)
	w.ok(w.Join(t.Context(), w.account("al"), w.letters(anne)["Mr Al Lee"].Code, annsBirthday))
	all, err := w.NewJoins(t.Context(), office, anne)
	w.ok(err)
	if len(all) != 0 {
		t.Errorf("of their own family they are shown %#v", all)
	}
	w.ok(w.ConfirmJoins(t.Context(), w.staff("trust@example"), anne, l.Contact.ID))
}

// Nobody vouches for a join by a letter that they printed: another of the office does, or,
// where there is none, the lead or the head.
func TestWhoPrintedALetterDoesNotConfirmTheJoin(t *testing.T) {
	for _, other := range []string{"trust@example", "lead@anne.example", head} {
		w := waiting(t)
		office := w.staff("office@anne.example")
		jo := w.contact(anne, "Mrs Jo Lee")
		letters, err := w.Letters(t.Context(), office, anne, jo)
		w.ok(err)
		w.ok(w.Join(t.Context(), w.account("jo"), letters[0].Code, annsBirthday))
		for _, who := range []string{office, w.staff(other)} {
			all, err := w.NewJoins(t.Context(), who, anne)
			if w.ok(err); len(all) != 1 || all[0].Own != (who == office) {
				t.Errorf("new joins: %#v", all)
			}
		}
		is(t, w.ConfirmJoins(t.Context(), office, anne, jo), portal.ErrForbidden)
		twice, err := w.SignedIn(t.Context(), portal.Identity{Provider: "another", Issuer: "https://login.example", Subject: "1", StaffEmail: "Office@anne.example"})
		w.ok(err)
		is(t, w.ConfirmJoins(t.Context(), twice.ID, anne, jo), portal.ErrForbidden)
		w.ok(w.ConfirmJoins(t.Context(), w.staff(other), anne, jo))
		is(t, w.EndJoin(t.Context(), w.staff(head), anne, jo), portal.ErrForbidden) // and no more than that
	}
	w := waiting(t)
	l := w.letters(anne)["Mrs Jo Lee"]
	w.ok(w.Join(t.Context(), w.account("jo"), l.Code, annsBirthday))
	is(t, w.ConfirmJoins(t.Context(), portal.Operator, anne, l.Contact.ID), portal.ErrForbidden)
}

// Whoever finds a letter, joins and says yes in a hurry has moved nothing when the
// office ends the join, nor when they or the mother join afterwards; and she is told
// nothing of theirs as hers.
func TestAThiefInAHurry(t *testing.T) {
	w := waiting(t)
	thief, office := w.account("thief"), w.staff("office@anne.example")
	ann, yes := w.pupil("Ann"), w.answering("Ann", portal.Given)
	l := w.letters(anne)["Mrs Jo Lee"]
	w.ok(w.Join(t.Context(), thief, l.Code, annsBirthday))
	w.decide(thief, yes)
	signature := w.sign(thief, "Ann")
	no := w.answering("Ann", portal.Refused)
	no.Purpose = "video-calls"
	no.Hash = w.hash(anne, portal.Purpose, no.Purpose)
	w.decide(thief, no)
	nothing := func(when string) {
		t.Helper()
		if got := w.standing(ann, yes.Purpose); got.Allowed() || w.signed(ann) {
			t.Errorf("%s: %s, signed %v", when, got, w.signed(ann))
		}
	}
	nothing("while it waits")
	w.ok(w.EndJoin(t.Context(), office, anne, l.Contact.ID))
	nothing("once it was ended")
	w.pass(30 * 24 * time.Hour)
	nothing("a month later")
	w.reopen()
	nothing("after a restart")

	// The mother: everything is left for her to do, and her own no gets her own receipt.
	jo := w.account("jo")
	l = w.letters(anne)["Mrs Jo Lee"]
	w.ok(w.Join(t.Context(), jo, l.Code, annsBirthday))
	v := w.child(jo, "Ann")
	if v.Signing[0].Done() || v.Purpose[0].Mine.By == thief || v.Purpose[1].Mine.By == thief {
		t.Errorf("she is shown as hers: %s, %v", v.Signing[0].Signed.Record(), v.Purpose)
	}
	id := w.decide(jo, no)
	if r, err := w.Receipt(t.Context(), jo, id); err != nil || r.Act.By != jo {
		t.Errorf("the receipt of her no: %v", err)
	}
	if _, err := w.Receipt(t.Context(), jo, signature); err == nil {
		t.Error("she is given the thief's receipt")
	}
	nothing("after she has joined")

	// The thief with another letter: the clock begins anew.
	w.ok(w.EndJoin(t.Context(), office, anne, l.Contact.ID))
	l = w.letters(anne)["Mrs Jo Lee"]
	w.ok(w.Join(t.Context(), thief, l.Code, annsBirthday))
	w.decide(thief, yes)
	nothing("after the thief has joined again")
	w.pass(portal.YesAfter - time.Second)
	nothing("until the second waiting time is over")
}
