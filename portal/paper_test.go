package portal_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"schoolgate/portal"
)

// slip is what is put to a contact of St Anne's about a child.
func (w *world) slip(contact, forename, slug string) portal.Slip {
	w.t.Helper()
	_, all, err := w.Slips(w.t.Context(), w.staff("trust@example"), anne, w.pupil(forename))
	w.ok(err)
	i := slices.IndexFunc(all, func(s portal.Slip) bool { return s.Child.Contact.Name == contact && s.Text.Slug == slug })
	if i < 0 {
		w.t.Fatalf("no slip of %s for %s about %s", contact, slug, forename)
	}
	return all[i]
}

// writes is one answer written down at the office, on paper, as of a day.
func (w *world) writes(on portal.Date, told ...portal.SlipAnswer) ([]portal.Written, error) {
	w.t.Helper()
	return w.WriteDown(w.t.Context(), w.staff("office@anne.example"), anne, portal.SlipForm{Way: portal.Paper, On: on, Answers: told, Language: "en-GB"})
}

// today is the day of the world's clock.
func (w *world) today() portal.Date { return portal.Date(w.now.In(portal.London).Format("2006-01-02")) }

func (w *world) dayBefore(days int) portal.Date {
	return portal.Date(w.now.In(portal.London).AddDate(0, 0, -days).Format("2006-01-02"))
}

// S9: paper counts the same. A contact who never joined answers on paper; the record
// says who answered, how, and who entered it; and they find it when they join.
func TestPaperCountsTheSame(t *testing.T) {
	w := settled(t)
	ann := w.pupil("Ann")
	pictures, aup := w.slip("Mrs Jo Lee", "Ann", "website-pictures"), w.slip("Mrs Jo Lee", "Ann", "parents-aup")
	on := w.dayBefore(3)
	typed := strings.ToLower(strings.ReplaceAll(pictures.Ref, "-", " ")) // as people type
	written, err := w.writes(on, portal.SlipAnswer{Field: "a", Ref: typed, Answer: portal.Given}, portal.SlipAnswer{Field: "b", Ref: aup.Ref, Answer: portal.Given})
	w.ok(err)
	if len(written) != 2 || written[0].Again || written[0].Child.Contact.Name != "Mrs Jo Lee" {
		t.Fatalf("written: %v", written)
	}
	if got := w.standing(ann, "website-pictures"); got != portal.StandingGiven {
		t.Errorf("on paper she said yes, and it is %s", got)
	}
	if !w.signed(ann) {
		t.Error("her signature on paper does not count")
	}
	acts := append(w.decisions("Ann"), w.signatures("Ann")...)
	for _, a := range acts {
		if a.Way != portal.Paper || a.By != w.staff("office@anne.example") || a.Party.ID != w.contact(anne, "Mrs Jo Lee") || a.SaidOn() != on || a.Details != `{"on":"`+string(on)+`"}` {
			t.Errorf("the record says %+v", a)
		}
	}
	w.whole(2)

	again, err := w.writes(on, portal.SlipAnswer{Field: "a", Ref: pictures.Ref, Answer: portal.Given})
	w.ok(err)
	if !again[0].Again || len(w.decisions("Ann")) != 1 {
		t.Errorf("a slip entered twice: %v, %d decisions", again, len(w.decisions("Ann")))
	}

	jo := w.parent(anne, "Mrs Jo Lee")
	v := w.child(jo, "Ann")
	i := slices.IndexFunc(v.Purpose, func(p portal.PurposeView) bool { return p.Text.Slug == "website-pictures" })
	if mine := v.Purpose[i].Mine; mine.Answer != portal.Given || mine.SaidOn() != on {
		t.Errorf("she reads %+v", mine)
	}
	if _, err := w.Receipt(t.Context(), jo, v.Purpose[i].Mine.ID); err != nil {
		t.Errorf("she has no receipt for paper: %v", err)
	}
	w.decide(jo, w.answering("Ann", portal.Refused))
	if _, err := w.writes(on, portal.SlipAnswer{Field: "a", Ref: w.slip("Mrs Jo Lee", "Ann", w.answering("Ann", portal.Given).Purpose).Ref, Answer: portal.Given}); !says(err, "a", "answered again since") {
		t.Errorf("an old slip over her newer answer: %v", err)
	}
}

// says says whether an error is about a field, in these words.
func says(err error, field, words string) bool {
	wrong, ok := errors.AsType[*portal.Invalid](err)
	return ok && slices.ContainsFunc(wrong.Problems, func(p portal.Problem) bool {
		return p.Field == field && strings.Contains(p.Message, words)
	})
}

// What cannot be written down is said by row, and nothing of the form is taken.
func TestWhatCannotBeWrittenDown(t *testing.T) {
	w := settled(t)
	pia := w.slip("Ms Pia Poe", "Cat", "video-calls")
	al := w.slip("Mr Al Lee", "Bo", "website-pictures")
	jo := w.slip("Mrs Jo Lee", "Ann", "website-pictures")
	replaced := w.slip("Ms Pia Poe", "Cat", "website-pictures")
	aup := w.slip("Ms Pia Poe", "Cat", "parents-aup")

	w.takes("Mr Al Lee", "Bo", portal.MayDecide)
	w.ok(w.SetSchools(t.Context(), []portal.School{reworded(anne, "website-pictures", 2)}))
	yes := func(ref string) portal.SlipAnswer {
		return portal.SlipAnswer{Field: "x", Ref: ref, Answer: portal.Given}
	}
	no := func(ref string) portal.SlipAnswer {
		return portal.SlipAnswer{Field: "x", Ref: ref, Answer: portal.Refused}
	}
	good := portal.SlipAnswer{Field: "good", Ref: pia.Ref, Answer: portal.Given}
	for name, c := range map[string]struct {
		on    portal.Date
		told  portal.SlipAnswer
		field string
		words string
	}{
		"no slip":              {w.today(), yes("2222-2222"), "x", "There is no slip"},
		"nothing typed":        {w.today(), yes(""), "x", "There is no slip"},
		"a whole letter typed": {w.today(), yes(strings.Repeat("dear office ", 40)), "x", "dear office …"},
		"no answer":            {w.today(), portal.SlipAnswer{Field: "x", Ref: jo.Ref}, "x", "choose what stands"},
		"a no to an agreement": {w.today(), no(aup.Ref), "x", "choose what stands"},
		"who may not decide":   {w.today(), no(al.Ref), "x", "may not decide"},
		"a yes to older words": {w.today(), yes(replaced.Ref), "x", "words have changed"},
		"tomorrow":             {w.dayBefore(-1), yes(pia.Ref), "on", "has not come"},
		"years ago":            {w.dayBefore(400), yes(pia.Ref), "on", "more than a year"},
		"no day":               {"", yes(pia.Ref), "on", "on which day"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := w.writes(c.on, good, c.told); !says(err, c.field, c.words) {
				t.Errorf("%v, want %q of %q", err, c.words, c.field)
			}
		})
	}
	if all := w.decisions("Cat"); len(all) > 0 {
		t.Errorf("half of a form was taken: %v", all)
	}
	if _, err := w.writes(w.today(), no(replaced.Ref)); err != nil {
		t.Errorf("a no to earlier words is still a no: %v", err)
	}
	if _, err := w.WriteDown(t.Context(), w.staff("lead@anne.example"), anne, portal.SlipForm{Way: portal.Paper, On: w.today(), Answers: []portal.SlipAnswer{good}}); !errors.Is(err, portal.ErrForbidden) {
		t.Errorf("the lead writes down: %v", err)
	}
	if _, err := w.WriteDown(t.Context(), w.staff("office@bede.example"), bede, portal.SlipForm{Way: portal.Paper, On: w.today(), Answers: []portal.SlipAnswer{good}}); !says(err, "good", "There is no slip") {
		t.Errorf("another school's slip: %v", err)
	}

	// Once Cat has left, a no alone is taken.
	w.register(anne, change(func(r *portal.ClassListRow) bool { return r.Forename != "Cat" }), true)
	if _, err := w.writes(w.today(), good); !says(err, "good", "has left") {
		t.Errorf("a yes for a leaver: %v", err)
	}
	if _, err := w.writes(w.today(), no(pia.Ref)); err != nil {
		t.Errorf("a no for a leaver: %v", err)
	}
}

// reworded is a school one of whose texts has gone on to another edition.
func reworded(slug, changed string, edition int) portal.School {
	s := school(slug, 1)
	for i := range s.Texts {
		if s.Texts[i].Slug == changed {
			s.Texts[i] = text(slug, s.Texts[i].Kind, changed, edition, "")
		}
	}
	return s
}

// Slips to print leave out what has been answered, whoever is not written to, and
// whoever may not decide; that they were printed is on record.
func TestSlipsToPrint(t *testing.T) {
	w := settled(t)
	office := w.staff("office@anne.example")
	count := func(f portal.SlipFilter) map[string]int {
		t.Helper()
		all, err := w.PrintSlips(t.Context(), office, anne, f)
		w.ok(err)
		n := map[string]int{}
		for _, s := range all {
			n[s.Child.Contact.Name+" for "+s.Child.Pupil.Forename]++
		}
		return n
	}
	if got := count(portal.SlipFilter{Group: "4K"}); len(got) != 3 || got["Mrs Jo Lee for Ann"] != 4 || got["Mr Al Lee for Ann"] != 4 || got["Ms Pia Poe for Cat"] != 4 {
		t.Errorf("class 4K: %v", got)
	}
	if _, err := w.writes(w.today(), portal.SlipAnswer{Field: "x", Ref: w.slip("Ms Pia Poe", "Cat", "video-calls").Ref, Answer: portal.Refused}); err != nil {
		t.Fatal(err)
	}
	w.takes("Mr Al Lee", "Ann", portal.MayBeWrittenTo)
	if got := count(portal.SlipFilter{Group: "4K"}); len(got) != 2 || got["Ms Pia Poe for Cat"] != 3 {
		t.Errorf("after an answer and a restriction: %v", got)
	}
	if got := w.happened(w.staff("lead@anne.example"), anne, ""); !slices.ContainsFunc(got, func(e string) bool { return strings.Contains(e, "slips-printed") }) {
		t.Errorf("nothing says that slips were printed: %v", got)
	}
}

// Nobody writes down what concerns their own family.
func TestNobodyWritesDownForTheirOwnFamily(t *testing.T) {
	w := settled(t)
	office := w.staff("office@anne.example")
	w.ok(w.Join(t.Context(), office, w.letters(anne)["Mr Al Lee"].Code, "2017-09-01"))
	s := w.slip("Mrs Jo Lee", "Ann", "website-pictures")
	if _, err := w.writes(w.today(), portal.SlipAnswer{Field: "x", Ref: s.Ref, Answer: portal.Given}); !says(err, "x", "your own family") {
		t.Errorf("he writes down her yes: %v", err)
	}
}

// What somebody new said online, who may be anybody with the letter, neither stands in
// the way of what comes on paper nor takes its place.
func TestPaperBesideSomebodyNew(t *testing.T) {
	w := waiting(t)
	yes := w.answering("Ann", portal.Given)
	pictures, aup := w.slip("Mrs Jo Lee", "Ann", yes.Purpose), w.slip("Mrs Jo Lee", "Ann", "parents-aup")
	on := w.dayBefore(2)
	if _, err := w.writes(on, portal.SlipAnswer{Field: "a", Ref: aup.Ref, Answer: portal.Given}); err != nil {
		t.Fatal(err)
	}
	impostor := w.parent(anne, "Mrs Jo Lee")
	if v := w.child(impostor, "Ann"); v.Signing[0].Done() {
		t.Error("somebody new reads what she signed on paper")
	}
	w.decide(impostor, yes)
	w.sign(impostor, "Ann")
	written, err := w.writes(on, portal.SlipAnswer{Field: "a", Ref: pictures.Ref, Answer: portal.Refused}, portal.SlipAnswer{Field: "b", Ref: aup.Ref, Answer: portal.Given})
	w.ok(err)
	if written[0].Again || !written[1].Again {
		t.Errorf("her no on paper was there already: %v; her signature was not: %v", written[0].Again, written[1].Again)
	}
	w.pass(2 * portal.YesAfter)
	if got := w.standing(w.pupil("Ann"), yes.Purpose); got.Allowed() {
		t.Errorf("once the impostor's time is over it is %s", got)
	}
}

// Whoever hands out what was printed, class by class, gives no child what is for both
// parents: all of one person come together, and each child's other contacts after all.
func TestPrintedByPerson(t *testing.T) {
	w := settled(t)
	office := w.staff("office@anne.example")
	w.register(anne, change(func(r *portal.ClassListRow) bool {
		r.Priority = map[string]int{"Mrs Jo Lee": 2, "Mr Al Lee": 1}[r.ContactName]
		return true
	}), false)
	slips, err := w.PrintSlips(t.Context(), office, anne, portal.SlipFilter{})
	w.ok(err)
	letters, err := w.Letters(t.Context(), office, anne)
	w.ok(err)
	var people, second, dear []string
	for _, s := range slips {
		if n := len(people); n == 0 || people[n-1] != s.Child.Contact.Name {
			people = append(people, s.Child.Contact.Name)
			if s.Second {
				second = append(second, s.Child.Contact.Name)
			}
		}
	}
	for _, l := range letters {
		dear = append(dear, l.Contact.Name)
		if l.Second != (l.Contact.Name == "Mrs Jo Lee") {
			t.Errorf("the letter to %s is of the second pile: %v", l.Contact.Name, l.Second)
		}
	}
	for _, got := range [][]string{people, dear} {
		if want := "Mr Al Lee, Ms Pia Poe, Mr Tom Fay, Mrs Jo Lee"; len(got) != 4 || got[3] != "Mrs Jo Lee" || len(strings.Join(got, ", ")) != len(want) {
			t.Errorf("they come as %q", got)
		}
	}
	if !slices.Equal(second, []string{"Mrs Jo Lee"}) {
		t.Errorf("in the second pile are %q", second)
	}
}

// A yes in place of a no is nothing for the telephone, whoever rings; and what was
// written down, by whom and in place of what, is on record for the lead.
func TestAYesByTelephone(t *testing.T) {
	w := settled(t)
	office := w.staff("office@anne.example")
	s := w.slip("Ms Pia Poe", "Cat", "website-pictures")
	back := true
	rings := func(a portal.Answer) error {
		_, err := w.WriteDown(t.Context(), office, anne, portal.SlipForm{Way: portal.Telephone, RangBack: back, On: w.today(), Answers: []portal.SlipAnswer{{Field: "x", Ref: s.Ref, Answer: a}}, Language: "en-GB"})
		return err
	}
	if err := rings(portal.Given); !says(err, "x", "no telephone number of theirs") {
		t.Errorf("a yes of somebody whom nobody can ring back: %v", err)
	}
	w.register(anne, change(func(r *portal.ClassListRow) bool { r.Phone = "01632 960 144"; return true }), false)
	back = false
	if err := rings(portal.Given); !says(err, "x", "Ring them back") || w.standing(w.pupil("Cat"), "website-pictures").Allowed() {
		t.Errorf("a yes of whoever rings: %v", err)
	}
	aup := w.slip("Ms Pia Poe", "Cat", "parents-aup")
	_, err := w.WriteDown(t.Context(), office, anne, portal.SlipForm{Way: portal.Telephone, On: w.today(), Answers: []portal.SlipAnswer{{Field: "x", Ref: aup.Ref, Answer: portal.Given}}, Language: "en-GB"})
	if !says(err, "x", "Ring them back") {
		t.Errorf("a signature of whoever rings: %v", err)
	}
	back = true
	w.ok(rings(portal.Given))
	if got := w.decisions("Cat"); len(got) != 1 || !strings.Contains(got[0].Details, `"rang_back":true`) || !w.standing(w.pupil("Cat"), "website-pictures").Allowed() {
		t.Errorf("rung back she said yes, and the record has %+v", got)
	}
	back = false // a no needs no such thing
	w.ok(rings(portal.Refused))
	back = true
	if err := rings(portal.Given); !says(err, "x", "not taken by telephone") {
		t.Errorf("a yes in place of a no by telephone: %v", err)
	}
	if _, err := w.writes(w.today(), portal.SlipAnswer{Field: "x", Ref: s.Ref, Answer: portal.Given}); err != nil {
		t.Errorf("and on paper: %v", err)
	}
	all, err := w.Events(t.Context(), w.staff("lead@anne.example"), anne, "")
	w.ok(err)
	var told []string
	for _, e := range all {
		if e.Kind == portal.AnswerWritten {
			told = append(told, e.Who+" "+e.About+" "+e.Details)
		}
	}
	if len(told) != 3 || !strings.Contains(told[0], `"instead of a no":true`) || !strings.Contains(told[0], `"way":"paper"`) || !strings.HasPrefix(told[1], "office@anne.example Ms Pia Poe") || !strings.Contains(told[1], `"instead of a no":false`) {
		t.Errorf("on record: %q", told)
	}
}
