package portal_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"schoolgate/portal"
)

const (
	thisEdition = 2
	somePurpose = "website-pictures"
)

var theChild = portal.Pupil{ID: "child", School: "st-anne"}

// The ways in which a contact may stand to the child, and whether a yes and a no of
// theirs count.
var statuses = []struct {
	name     string
	parental bool
	barred   portal.Rights
	yes, no  bool
}{
	{"parental responsibility", true, 0, true, true},
	{"parental responsibility under a court order", true, portal.AllRights, false, true},
	{"the same, and their earlier no is taken too", true, portal.AllRights | portal.EarlierNo, false, false},
	{"parental responsibility when they spoke, and no more", false, 0, false, true},
	{"the same, and a court order", false, portal.AllRights, false, true},
	{"the same, and their earlier no is taken", false, portal.MayDecide | portal.EarlierNo, false, false},
}

// barred is what an order takes.
func barred(order bool) portal.Rights {
	if order {
		return portal.AllRights
	}
	return 0
}

type answered struct {
	answer  portal.Answer
	edition int
}

// What a contact may have answered over time, and what their last word says now.
var histories = []struct {
	name    string
	answers []answered
	word    string // "yes", "no", "took back", or "" for nothing that counts
}{
	{"never answered", nil, ""},
	{"given", []answered{{portal.Given, 2}}, "yes"},
	{"refused", []answered{{portal.Refused, 2}}, "no"},
	{"given, withdrawn", []answered{{portal.Given, 2}, {portal.Withdrawn, 2}}, "took back"},
	{"given, withdrawn, given", []answered{{portal.Given, 2}, {portal.Withdrawn, 2}, {portal.Given, 2}}, "yes"},
	{"refused, given", []answered{{portal.Refused, 2}, {portal.Given, 2}}, "yes"},
	{"given to an earlier edition", []answered{{portal.Given, 1}}, ""},
	{"refused to an earlier edition", []answered{{portal.Refused, 1}}, "no"},
	{"withdrawn under an earlier edition", []answered{{portal.Given, 1}, {portal.Withdrawn, 1}}, "took back"},
	{"given to an earlier edition, withdrawn under this", []answered{{portal.Given, 1}, {portal.Withdrawn, 2}}, "took back"},
	{"refused to an earlier edition, given to this", []answered{{portal.Refused, 1}, {portal.Given, 2}}, "yes"},
}

// thePurpose is somePurpose in its present edition.
var thePurpose = portal.Text{Slug: somePurpose, Edition: thisEdition, Basis: portal.Consent}

const theDay = portal.Date("2026-09-07")

func spoken(pupil, contact, purpose string, a portal.Answer, edition, seq int) portal.Act {
	return portal.Act{Kind: portal.Decision, Party: portal.Ref{Kind: portal.RefContact, ID: contact}, Subject: portal.Ref{Kind: portal.RefPupil, ID: pupil},
		TextSlug: purpose, Edition: edition, Answer: a, Seq: seq}
}

func decisionsOf(pupil, contact, purpose string, answers []answered) []portal.Act {
	var out []portal.Act
	for i, a := range answers {
		d := spoken(pupil, contact, purpose, a.answer, a.edition, i+1)
		d.ID = fmt.Sprint(contact, i)
		out = append(out, d)
	}
	return out
}

// said is promise 2 told backwards, from what the people with a say last said.
func said(lookedAfter bool, words ...string) portal.Standing {
	has := func(w string) bool { return slices.Contains(words, w) }
	switch against := has("no") || has("took back"); {
	case lookedAfter:
		return portal.StandingHeld
	case against && has("yes"):
		return portal.StandingConflict
	case has("took back"):
		return portal.StandingWithdrawn
	case against:
		return portal.StandingRefused
	case has("yes"):
		return portal.StandingGiven
	}
	return portal.StandingWaiting
}

// TestStandingOfEveryCase walks through all that two contacts can be and can
// have answered, for a child in care and not.
func TestStandingOfEveryCase(t *testing.T) {
	cases := 0
	for _, s1 := range statuses {
		for _, s2 := range statuses {
			for _, h1 := range histories {
				for _, h2 := range histories {
					for _, care := range []bool{false, true} {
						cases++
						pupil := theChild
						pupil.LookedAfter = care
						rs := []portal.Responsibility{
							{PupilID: "child", ContactID: "one", Parental: s1.parental, Barred: s1.barred},
							{PupilID: "child", ContactID: "two", Parental: s2.parental, Barred: s2.barred},
						}
						ds := append(decisionsOf("child", "one", somePurpose, h1.answers), decisionsOf("child", "two", somePurpose, h2.answers)...)
						words := []string{"", ""}
						for i, of := range []struct {
							yes, no bool
							word    string
						}{{s1.yes, s1.no, h1.word}, {s2.yes, s2.no, h2.word}} {
							if of.word == "yes" && of.yes || of.word != "yes" && of.no {
								words[i] = of.word
							}
						}
						got := portal.StandingOf(pupil, thePurpose, theDay, rs, ds)
						if want := said(care, words...); got != want {
							t.Errorf("%s: %s; %s: %s; in care %v: standing is %q, want %q", s1.name, h1.name, s2.name, h2.name, care, got, want)
						}
						// The promise in its own words.
						mayGoAhead := !care && slices.Contains(words, "yes") && !slices.Contains(words, "no") && !slices.Contains(words, "took back")
						if got.Allowed() != mayGoAhead {
							t.Errorf("%s: %s; %s: %s; in care %v: allowed is %v", s1.name, h1.name, s2.name, h2.name, care, got.Allowed())
						}
					}
				}
			}
		}
	}
	if want := len(statuses) * len(statuses) * len(histories) * len(histories) * 2; cases != want {
		t.Errorf("walked through %d cases, want %d", cases, want)
	}
}

func TestStandingOf(t *testing.T) {
	mother := portal.Responsibility{PupilID: "child", ContactID: "mother", Parental: true}
	father := portal.Responsibility{PupilID: "child", ContactID: "father", Parental: true}
	grandma := portal.Responsibility{PupilID: "child", ContactID: "grandma"}
	barred := portal.Responsibility{PupilID: "child", ContactID: "father", Parental: true, Barred: portal.AllRights}
	settled := portal.Responsibility{PupilID: "child", ContactID: "father", Parental: true, Barred: portal.MayDecide | portal.EarlierNo}
	deciding := portal.Responsibility{PupilID: "child", ContactID: "father", Parental: true, Barred: portal.MaySee}
	both := []portal.Responsibility{mother, father, grandma}
	yes, no := answered{portal.Given, 2}, answered{portal.Refused, 2}
	back, oldYes, oldNo := answered{portal.Withdrawn, 2}, answered{portal.Given, 1}, answered{portal.Refused, 1}

	for _, c := range []struct {
		name string
		rs   []portal.Responsibility
		said map[string][]answered
		want portal.Standing
	}{
		{"nobody has answered", both, nil, portal.StandingWaiting},
		{"the child has no contact", nil, nil, portal.StandingWaiting},
		{"one yes is enough", both, map[string][]answered{"mother": {yes}}, portal.StandingGiven},
		{"both say yes", both, map[string][]answered{"mother": {yes}, "father": {yes}}, portal.StandingGiven},
		{"one no stops it", both, map[string][]answered{"mother": {yes}, "father": {no}}, portal.StandingConflict},
		{"a no alone", both, map[string][]answered{"father": {no}}, portal.StandingRefused},
		{"a yes taken back", both, map[string][]answered{"mother": {yes, back}}, portal.StandingWithdrawn},
		{"a yes taken back while another yes stands", both, map[string][]answered{"mother": {yes, back}, "father": {yes}}, portal.StandingConflict},
		{"taken back by one and refused by another", both, map[string][]answered{"mother": {yes, back}, "father": {no}}, portal.StandingWithdrawn},
		{"given again", both, map[string][]answered{"mother": {yes, back, yes}}, portal.StandingGiven},
		{"a changed mind, from no to yes", both, map[string][]answered{"mother": {no, yes}}, portal.StandingGiven},
		{"grandmother's yes does not count", both, map[string][]answered{"grandma": {yes}}, portal.StandingWaiting},
		{"a grandmother whom the register once had as somebody who decides: her no stands", both, map[string][]answered{"mother": {yes}, "grandma": {no}}, portal.StandingConflict},
		{"a barred father's yes does not count", []portal.Responsibility{mother, barred}, map[string][]answered{"father": {yes}}, portal.StandingWaiting},
		{"to bar a father turns no no of his into a yes", []portal.Responsibility{mother, barred}, map[string][]answered{"mother": {yes}, "father": {no}}, portal.StandingConflict},
		{"a barred father's yes taken back is a no, too", []portal.Responsibility{mother, barred}, map[string][]answered{"mother": {yes}, "father": {yes, back}}, portal.StandingConflict},
		{"a barred father's no alone", []portal.Responsibility{mother, barred}, map[string][]answered{"father": {no}}, portal.StandingRefused},
		{"a barred father who had changed his no to a yes", []portal.Responsibility{mother, barred}, map[string][]answered{"mother": {yes}, "father": {no, yes}}, portal.StandingGiven},
		{"a barred father's no, which a named person has taken", []portal.Responsibility{mother, settled}, map[string][]answered{"mother": {yes}, "father": {no}}, portal.StandingGiven},
		{"his yes counts no more for that", []portal.Responsibility{mother, settled}, map[string][]answered{"father": {yes}}, portal.StandingWaiting},
		{"who may not see still decides", []portal.Responsibility{mother, deciding}, map[string][]answered{"father": {yes}}, portal.StandingGiven},
		{"a yes to an earlier edition has run out", both, map[string][]answered{"mother": {oldYes}}, portal.StandingWaiting},
		{"a no to an earlier edition is still a no", both, map[string][]answered{"mother": {oldNo}}, portal.StandingRefused},
		{"a no to an earlier edition stops a yes to this", both, map[string][]answered{"mother": {oldNo}, "father": {yes}}, portal.StandingConflict},
		{"an earlier no, answered anew with a yes", both, map[string][]answered{"mother": {oldNo, yes}}, portal.StandingGiven},
		{"a yes from somebody who is not the child's contact", []portal.Responsibility{mother}, map[string][]answered{"stranger": {yes}}, portal.StandingWaiting},
		{"a no from a contact the child no longer has stands", []portal.Responsibility{mother}, map[string][]answered{"mother": {yes}, "father": {no}}, portal.StandingConflict},
		{"and so does a yes that they took back", []portal.Responsibility{mother}, map[string][]answered{"mother": {yes}, "father": {yes, back}}, portal.StandingConflict},
		{"a barred father's no stands when a list drops him", []portal.Responsibility{mother, {PupilID: "child", ContactID: "father", Barred: portal.AllRights}}, map[string][]answered{"mother": {yes}, "father": {no}}, portal.StandingConflict},
		{"until a named person has taken it", []portal.Responsibility{mother, {PupilID: "child", ContactID: "father", Barred: portal.MayDecide | portal.EarlierNo}}, map[string][]answered{"mother": {yes}, "father": {no}}, portal.StandingGiven},
	} {
		t.Run(c.name, func(t *testing.T) {
			var ds []portal.Act
			for contact, answers := range c.said {
				ds = append(ds, decisionsOf("child", contact, somePurpose, answers)...)
			}
			if got := portal.StandingOf(theChild, thePurpose, theDay, c.rs, ds); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			unread := theChild
			unread.Unread = true
			if got := portal.StandingOf(unread, thePurpose, theDay, c.rs, ds); got != c.want && !(c.want == portal.StandingGiven && got == portal.StandingUnread) || got.Allowed() {
				t.Errorf("with an order that nobody has read: got %q, want %q or held", got, c.want)
			}
			care := theChild
			care.LookedAfter = true
			if got := portal.StandingOf(care, thePurpose, theDay, c.rs, ds); got != portal.StandingHeld {
				t.Errorf("in care: got %q, want %q", got, portal.StandingHeld)
			}
		})
	}
}

// A yes to an edition that is yet to come, as after a text was put back, is none.
func TestStandingOfLaterEdition(t *testing.T) {
	rs := []portal.Responsibility{{PupilID: "child", ContactID: "one", Parental: true}}
	ds := decisionsOf("child", "one", somePurpose, []answered{{portal.Given, 3}})
	if got := portal.StandingOf(theChild, thePurpose, theDay, rs, ds); got != portal.StandingWaiting {
		t.Errorf("got %q, want %q", got, portal.StandingWaiting)
	}
}

// An answer that nobody knows how to read is a no, never a yes.
func TestStandingOfUnknownAnswer(t *testing.T) {
	rs := []portal.Responsibility{{PupilID: "child", ContactID: "one", Parental: true}, {PupilID: "child", ContactID: "two", Parental: true}}
	for _, a := range []portal.Answer{"", "GIVEN", "maybe"} {
		ds := append(decisionsOf("child", "one", somePurpose, []answered{{a, 2}}), decisionsOf("child", "two", somePurpose, []answered{{portal.Given, 2}})...)
		if got := portal.StandingOf(theChild, thePurpose, theDay, rs, ds); got.Allowed() {
			t.Errorf("answer %q: got %q", a, got)
		}
	}
}

func TestOnlyGivenAndUnopposedAreAllowed(t *testing.T) {
	for _, s := range slices.Concat([]portal.Standing{"", "yes", "Given"}, portal.Standings, portal.Objections) {
		if s.Allowed() != (s == "given" || s == "unopposed") {
			t.Errorf("%q: allowed is %v", s, s.Allowed())
		}
	}
}

// FuzzStanding draws a register and its answers from a seed, and holds the
// properties that no table shows: what must never matter, and what must never
// turn a no into a yes.
func FuzzStanding(f *testing.F) {
	for seed := range uint64(2000) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 1))
		pick := func(of ...string) string { return of[r.IntN(len(of))] }
		pupil := portal.Pupil{ID: "child", LookedAfter: r.IntN(8) == 0}
		var rs []portal.Responsibility
		holds, refuses := map[string]bool{}, map[string]bool{"a": true, "b": true, "c": true, "d": true}
		for _, c := range []string{"a", "b", "c", "d"}[:r.IntN(5)] {
			x := portal.Responsibility{PupilID: "child", ContactID: c, Parental: r.IntN(4) > 0, Barred: portal.Rights(max(0, r.IntN(20)-4))}
			if x.Barred&portal.MayDecide == 0 {
				x.Barred &^= portal.EarlierNo // which is never taken alone
			}
			holds[c] = x.Parental && x.Barred&portal.MayDecide == 0
			refuses[c] = holds[c] || x.Barred&portal.EarlierNo == 0
			rs = append(rs, x)
		}
		seq := map[[3]string]int{}
		answer := func(pupil, contact, purpose string, a portal.Answer, edition int) portal.Act {
			k := [3]string{pupil, contact, purpose}
			seq[k]++
			return spoken(pupil, contact, purpose, a, edition, seq[k])
		}
		drawn := func() portal.Answer { return portal.Answer(pick("given", "given", "refused", "withdrawn")) }
		var ds []portal.Act
		for range r.IntN(12) {
			ds = append(ds, answer("child", pick("a", "b", "c", "d"), somePurpose, drawn(), 1+r.IntN(2)))
		}
		of := func(rs []portal.Responsibility, ds []portal.Act) portal.Standing {
			return portal.StandingOf(pupil, thePurpose, theDay, rs, ds)
		}
		was := of(rs, ds)
		if !slices.Contains(portal.Standings, was) {
			t.Fatalf("%q is no standing", was)
		}

		mixed := slices.Clone(ds)
		r.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		turned := slices.Clone(rs)
		slices.Reverse(turned)
		if got := of(turned, mixed); got != was {
			t.Errorf("in another order it is %q, was %q", got, was)
		}

		// Other children, other purposes, and people without a say.
		noise := slices.Clone(ds)
		for range 1 + r.IntN(6) {
			switch r.IntN(3) {
			case 0:
				noise = append(noise, answer("sibling", pick("a", "b", "c", "d"), somePurpose, drawn(), 2))
			case 1:
				noise = append(noise, answer("child", pick("a", "b", "c", "d"), "video-calls", drawn(), 2))
			case 2:
				if who := pick("a", "b", "c", "d"); !refuses[who] {
					noise = append(noise, answer("child", who, somePurpose, drawn(), 2))
				}
			}
		}
		others := append(slices.Clone(rs), portal.Responsibility{PupilID: "sibling", ContactID: "stranger", Parental: true})
		if got := of(others, noise); got != was {
			t.Errorf("with what is none of the matter it is %q, was %q", got, was)
		}

		// Any no by somebody with a say, or who had one, stops everything, under whatever
		// edition.
		for who, say := range refuses {
			if !say {
				continue
			}
			for _, a := range []portal.Answer{portal.Refused, portal.Withdrawn} {
				for edition := 1; edition <= 2; edition++ {
					d := answer("child", who, somePurpose, a, edition)
					if got := of(rs, append(slices.Clone(ds), d)); got.Allowed() {
						t.Errorf("after %s said %s it is %q", who, a, got)
					}
					seq[[3]string{"child", who, somePurpose}]--
				}
			}
		}

		// No list turns a no into a yes: it drops somebody, or takes their responsibility.
		for i := range rs {
			without := slices.Clone(rs)
			without[i].Parental = false
			if got := of(without, ds); got.Allowed() && !was.Allowed() {
				t.Errorf("once a list has dropped %s it is %q, was %q", rs[i].ContactID, got, was)
			}
		}

		// Whoever loses their say, or never had an answer, makes no yes out of
		// nothing: what goes ahead has a yes to this edition by a holder.
		if was.Allowed() {
			var theirs []portal.Act
			for _, d := range ds {
				if holds[d.Party.ID] && d.Answer == portal.Given && d.Edition == thisEdition {
					theirs = append(theirs, d)
				}
			}
			if len(theirs) == 0 || pupil.LookedAfter {
				t.Errorf("it is given, and nobody who may gave it")
			}
		}
	})
}

func BenchmarkStandingOf(b *testing.B) {
	rs := []portal.Responsibility{{PupilID: "child", ContactID: "one", Parental: true}, {PupilID: "child", ContactID: "two", Parental: true}}
	var ds []portal.Act
	for i := range 8 {
		ds = append(ds, decisionsOf("child", "one", fmt.Sprint("purpose-", i), histories[4].answers)...)
		ds = append(ds, decisionsOf("child", "two", fmt.Sprint("purpose-", i), histories[1].answers)...)
	}
	for b.Loop() {
		portal.StandingOf(theChild, portal.Text{Slug: "purpose-7", Edition: 2}, theDay, rs, ds)
	}
}
