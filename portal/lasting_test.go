package portal_test

import (
	"slices"
	"testing"
	"time"

	"schoolgate/portal"
)

// What a governor may want to know of one purpose and one child, case by case: what was
// said, and whether it may go ahead. Asha is in Year 4 and has two parents who decide.
func TestWhatMayGoAhead(t *testing.T) {
	asha := portal.Pupil{ID: "child", School: "st-anne", Born: "2014-09-07", Year: 4}
	inCare := asha
	inCare.LookedAfter = true
	unread := asha
	unread.Unread = true
	both := []portal.Responsibility{{PupilID: "child", ContactID: "mother", Parental: true}, {PupilID: "child", ContactID: "father", Parental: true}, {PupilID: "child", ContactID: "grandma"}}

	consent := portal.Text{Kind: portal.Purpose, Slug: somePurpose, Edition: 2, Basis: portal.Consent, FromAge: 12}
	objection := consent
	objection.Basis = portal.Objection
	stage := consent
	stage.Stage = true
	infants := consent
	infants.Years = []portal.Year{portal.Reception, 1, 2}

	mother, father, grandma := portal.Ref{Kind: portal.RefContact, ID: "mother"}, portal.Ref{Kind: portal.RefContact, ID: "father"}, portal.Ref{Kind: portal.RefContact, ID: "grandma"}
	herself, worker := portal.Ref{Kind: portal.RefPupil, ID: "child"}, portal.Ref{Kind: portal.RefWorker, ID: "child"}
	type said struct {
		who    portal.Ref
		answer portal.Answer
		until  portal.Date
		before bool // to an earlier edition
	}
	yes := func(who portal.Ref) said { return said{who: who, answer: portal.Given} }
	no := func(who portal.Ref) said { return said{who: who, answer: portal.Refused} }

	for _, c := range []struct {
		name  string
		pupil portal.Pupil
		text  portal.Text
		said  []said
		want  portal.Standing
	}{
		{"nobody answered: no", asha, consent, nil, portal.StandingWaiting},
		{"one parent said yes: yes", asha, consent, []said{yes(mother)}, portal.StandingGiven},
		{"a yes on its last day: yes", asha, consent, []said{{mother, portal.Given, theDay, false}}, portal.StandingGiven},
		{"a yes whose time was up yesterday: no", asha, consent, []said{{mother, portal.Given, "2026-09-06", false}}, portal.StandingWaiting},
		{"a no outlasts its time", asha, consent, []said{{mother, portal.Refused, "2025-09-06", false}}, portal.StandingRefused},
		{"a yes until the key stage ends: yes", asha, stage, []said{{mother, portal.Given, "2029-08-31", false}}, portal.StandingGiven},
		{"a yes until a key stage that ended a week ago: no", asha, stage, []said{{mother, portal.Given, "2026-08-31", false}}, portal.StandingWaiting},

		{"nobody objected: it may go ahead", asha, objection, nil, portal.StandingUnopposed},
		{"one parent objected: no", asha, objection, []said{no(father)}, portal.StandingObjected},
		{"one objected and the other did not mind: no", asha, objection, []said{yes(mother), no(father)}, portal.StandingObjected},
		{"an objection to an earlier wording: no", asha, objection, []said{{father, portal.Refused, "", true}}, portal.StandingObjected},
		{"an objection that was taken back", asha, objection, []said{no(father), yes(father)}, portal.StandingUnopposed},
		{"grandmother objected while she had a say: no", asha, objection, []said{no(grandma)}, portal.StandingObjected},
		{"nobody objected, and there may be an order to hide the child: no", unread, objection, nil, portal.StandingUnread},

		{"the parents said yes and the pupil no: no", asha, consent, []said{yes(mother), yes(father), no(herself)}, portal.StandingPupil},
		{"the pupil said no and then yes, a parent yes: yes", asha, consent, []said{yes(mother), no(herself), yes(herself)}, portal.StandingGiven},
		{"the pupil alone said yes: no", asha, consent, []said{yes(herself)}, portal.StandingWaiting},
		{"the pupil's yes turns no parent's no", asha, consent, []said{no(mother), yes(herself)}, portal.StandingRefused},
		{"nobody objected but the pupil: no", asha, objection, []said{no(herself)}, portal.StandingPupil},

		{"in care, the parents said yes: no", inCare, consent, []said{yes(mother), yes(father)}, portal.StandingHeld},
		{"in care, the social worker confirmed it: yes", inCare, consent, []said{yes(worker)}, portal.StandingGiven},
		{"in care, confirmed, and a parent said no: no", inCare, consent, []said{yes(worker), no(mother)}, portal.StandingConflict},
		{"in care, confirmed, and the pupil said no: no", inCare, consent, []said{yes(worker), no(herself)}, portal.StandingPupil},
		{"in care, the social worker said no: no", inCare, consent, []said{no(worker)}, portal.StandingRefused},
		{"in care, confirmed to an earlier wording: no", inCare, consent, []said{{worker, portal.Given, "", true}}, portal.StandingHeld},
		{"in care, confirmed a year and a day ago: no", inCare, consent, []said{{worker, portal.Given, "2026-09-06", false}}, portal.StandingHeld},
		{"in care, nobody objected: no", inCare, objection, nil, portal.StandingHeld},
		{"in care, the social worker does not object: it may go ahead", inCare, objection, []said{yes(worker)}, portal.StandingUnopposed},
		{"no longer in care: what the social worker said counts no more", asha, consent, []said{yes(worker)}, portal.StandingWaiting},

		{"not asked for this year group: no", asha, infants, []said{yes(mother)}, portal.StandingNotAsked},
	} {
		var acts []portal.Act
		seq := map[portal.Ref]int{}
		for _, s := range c.said {
			seq[s.who]++
			a := spoken("child", s.who.ID, somePurpose, s.answer, 2, seq[s.who])
			a.Party, a.Until = s.who, s.until
			if s.before {
				a.Edition = 1
			}
			acts = append(acts, a)
		}
		got := portal.StandingOf(c.pupil, c.text, theDay, both, acts)
		if got != c.want {
			t.Errorf("%s: it is %q, want %q", c.name, got, c.want)
		}
		of := portal.Standings
		if c.text.Objected() {
			of = portal.Objections
		}
		if !slices.Contains(of, got) {
			t.Errorf("%s: lists of this purpose have no %q", c.name, got)
		}
	}
}

// How long an answer lasts, by England's calendar: the clocks are an hour ahead of UTC
// from the last Sunday of March to that of October.
func TestHowLongAnAnswerLasts(t *testing.T) {
	for _, c := range []struct {
		name, at string // RFC 3339
		text     portal.Text
		year     portal.Year
		until    portal.Date
		last     string // a moment at which it counts
		over     string // a moment at which it does not
	}{
		{"for good", "2026-09-07T10:00:00Z", portal.Text{}, 4, "", "2036-09-07T10:00:00Z", ""},
		{"a year", "2026-09-07T10:00:00Z", portal.Text{Months: 12}, 4, "2027-09-07", "2027-09-07T22:59:00Z", "2027-09-07T23:00:00Z"},
		{"said half an hour after midnight, in summer", "2027-07-31T23:30:00Z", portal.Text{Months: 6}, 4, "2028-02-01", "2028-02-01T23:59:00Z", "2028-02-02T00:00:00Z"},
		{"over on the night on which the clocks go forward", "2026-09-27T10:00:00Z", portal.Text{Months: 6}, 4, "2027-03-27", "2027-03-27T23:59:59Z", "2027-03-28T00:00:00Z"},
		{"over on the day on which they do, an hour of which there is not", "2026-09-28T10:00:00Z", portal.Text{Months: 6}, 4, "2027-03-28", "2027-03-28T22:59:59Z", "2027-03-28T23:00:00Z"},
		{"over on the day on which they go back, an hour of which comes twice", "2026-10-31T10:00:00Z", portal.Text{Months: 12}, 4, "2027-10-31", "2027-10-31T23:59:59Z", "2027-11-01T00:00:00Z"},
		{"a year from a 29 February", "2028-02-29T10:00:00Z", portal.Text{Months: 12}, 4, "2029-03-01", "2029-03-01T23:59:59Z", "2029-03-02T00:00:00Z"},
		{"the key stage, from its last year", "2026-09-01T10:00:00Z", portal.Text{Stage: true}, 2, "2027-08-31", "2027-08-31T22:59:59Z", "2027-08-31T23:00:00Z"},
		{"the key stage, on its last day", "2027-08-31T22:00:00Z", portal.Text{Stage: true}, 6, "2027-08-31", "2027-08-31T22:59:59Z", "2027-08-31T23:00:00Z"},
		{"the key stage, of a child in Year 5 by age, while the register has last year's", "2027-09-03T10:00:00Z", portal.Text{Stage: true}, 4, "2029-08-31", "2029-08-31T22:59:59Z", "2029-08-31T23:00:00Z"},
		{"the key stage, from its first year", "2026-12-31T10:00:00Z", portal.Text{Stage: true}, 3, "2030-08-31", "2030-08-31T22:59:59Z", "2030-08-31T23:00:00Z"},
		{"the key stage, of a child in no year group", "2026-12-31T10:00:00Z", portal.Text{Stage: true}, portal.NoYear, "2027-12-31", "2027-12-31T23:59:59Z", "2028-01-01T00:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			at := func(moment string) {
				var err error
				w.now, err = time.Parse(time.RFC3339, moment)
				w.ok(err)
			}
			at(c.at)
			s := school(anne, 1)
			for i := range s.Texts {
				s.Texts[i].Months, s.Texts[i].Stage = c.text.Months, c.text.Stage
			}
			w.ok(w.SetSchools(t.Context(), []portal.School{s}))
			row := annesList()[:1] // Ann and her mother
			row[0].Year = c.year
			w.register(anne, row, false)
			jo := w.parent(anne, "Mrs Jo Lee")
			w.decide(jo, w.answering("Ann", portal.Given))
			all := w.decisions("Ann")
			if got := all[len(all)-1].Until; got != c.until {
				t.Errorf("it counts until %q, want %q", got, c.until)
			}
			if at(c.last); !w.standing(w.pupil("Ann"), "website-pictures").Allowed() {
				t.Errorf("at %s it does not count", c.last)
			}
			if c.over == "" {
				return
			}
			if at(c.over); w.standing(w.pupil("Ann"), "website-pictures").Allowed() {
				t.Errorf("at %s it still counts", c.over)
			}
			if v, err := w.Child(t.Context(), jo, w.pupil("Ann")); err != nil || v.Purpose[1].Answered() {
				t.Errorf("at %s she is not asked again: %v", c.over, err)
			}
		})
	}
}

// From a birthday on, by England's calendar, a pupil is asked too.
func TestFromWhichDayAPupilIsAsked(t *testing.T) {
	for _, c := range []struct {
		born, on portal.Date
		age      int
		want     bool
	}{
		{"2014-09-07", "2026-09-06", 12, false},
		{"2014-09-07", "2026-09-07", 12, true},
		{"2012-02-29", "2025-02-28", 13, false},
		{"2012-02-29", "2025-03-01", 13, true},
		{"", "2026-09-07", 12, false},
		{"2000-01-01", "2026-09-07", 0, false},
	} {
		if got := (portal.Text{FromAge: c.age}).AsksPupil(portal.Pupil{Born: c.born}, c.on); got != c.want {
			t.Errorf("born %s, from %d, on %s: %v", c.born, c.age, c.on, got)
		}
	}
}
