package portal_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"schoolgate/portal"
)

const (
	annsBirthday = portal.Date("2017-09-01")
	bosBirthday  = portal.Date("2019-03-14")
)

func TestNormalCode(t *testing.T) {
	const want = "BCDF2345GHJK"
	for _, typed := range []string{
		"BCDF-2345-GHJK", "bcdf-2345-ghjk", "BCDF2345GHJK", " bcdf 2345 ghjk ", "BCDF–2345–GHJK", "BCDF—2345—GHJK",
		"BCDF\u20112345\u2010GHJK", "BCDF\u22122345\u2212GHJK", "BCDF\u00a02345\u2009GHJK", "BCDF\t2345\r\nGHJK", "BCDF\u200b2345\ufeffGHJK", "--BCDF2345GHJK--",
		"Code: BCDF-2345-GHJK", "Код: BCDF-2345-GHJK", "Kod：bcdf 2345 ghjk", "کد: BCDF-2345-GHJK", "BCDF:2345:GHJK", "code BCDF 2345 GHJK", "BCDF.2345.GHJK", "ＢＣＤＦ－２３４５－ＧＨＪＫ", "ВСDF-2345-GНJК", "ΒCDF-2345-GΗJΚ", "BCDF-٢٣٤٥-GHJK", "BCDF-۲۳۴۵-GHJK", "BCDF-२३४५-GHJK", "BCDF-234S-GHJK",
	} {
		if got := portal.NormalCode(typed); got != want {
			t.Errorf("%q: got %q", typed, got)
		}
	}
	for _, other := range []string{"", "BCDF2345GHJ", "BCDF2345GHJKK", "BCDF2345GHJ\x00K"} {
		if portal.NormalCode(other) == want {
			t.Errorf("%q is taken for the code", other)
		}
	}
}

// What can be no code is said before a try is spent, and where to look again.
func TestCodeProblem(t *testing.T) {
	for typed, want := range map[string]string{
		"BCDF-2345-GHJK": "", "Code: bcdf 2345 ghjk": "",
		"": "Type the code", "Code:": "Type the code", "BCDF-2345": "has 12 letters and numbers, and you typed 8",
		"BCDF-2O45-GHJK": "No code has the letter or number ‘O’ in it. Look at letter or number 6 again", "BCDF-Ж345-GHJK": "No code has the letter or number ‘Ж’",
	} {
		if got := portal.CodeProblem(typed); got != want && (want == "" || !strings.Contains(got, want)) {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}

func TestLetters(t *testing.T) {
	w := settled(t)
	letters := w.letters(anne)
	for _, name := range []string{"Mrs Jo Lee", "Mr Al Lee", "Ms Pia Poe", "Mr Tom Fay"} {
		if _, ok := letters[name]; !ok {
			t.Errorf("no letter to %s", name)
		}
	}
	if len(letters) != 4 {
		t.Errorf("%d letters, want one to each contact with a say", len(letters))
	}
	jo := letters["Mrs Jo Lee"]
	if len(jo.Children) != 2 || jo.Children[0].Pupil.Forename != "Ann" || jo.School.Slug != anne || !jo.Expires.Equal(w.now.Add(portal.CodeLife)) {
		t.Errorf("the mother's letter is about %v", jo.Children)
	}
	codes := map[string]bool{}
	for _, l := range letters {
		if len(l.Code) != 14 || strings.Count(l.Code, "-") != 2 || strings.Trim(l.Code, "-23456789BCDFGHJKMNPQRTVWXYZ") != "" {
			t.Errorf("a code is written %q", l.Code)
		}
		codes[l.Code] = true
	}
	if len(codes) != len(letters) {
		t.Errorf("two letters have one code")
	}

	// One who has joined is written to no more; the others are, on request.
	w.ok(w.Join(t.Context(), w.account("jo"), jo.Code, annsBirthday))
	if _, ok := w.letters(anne)["Mrs Jo Lee"]; ok {
		t.Errorf("a letter to somebody who has joined")
	}
	cat := letters["Ms Pia Poe"].Contact.ID
	eve := w.letters(bede)["Ms Kim Roe"].Contact.ID
	some, err := w.Letters(t.Context(), w.staff("office@anne.example"), anne, cat, eve, jo.Contact.ID, "nobody")
	w.ok(err)
	if len(some) != 1 || some[0].Contact.ID != cat {
		t.Errorf("asked for one, printed %v", some)
	}

	// Unasked, only those are written to who have no letter that works.
	waiting, err := w.Letters(t.Context(), portal.Operator, anne)
	w.ok(err)
	if len(waiting) != 0 {
		t.Errorf("%d letters to people who hold one", len(waiting))
	}
	w.pass(portal.CodeLife + time.Hour)
	waiting, err = w.Letters(t.Context(), portal.Operator, anne)
	w.ok(err)
	if len(waiting) != 3 {
		t.Errorf("%d letters when three had run out", len(waiting))
	}

	for _, c := range []struct {
		who  string
		want error
	}{
		{w.staff("office@bede.example"), portal.ErrNotFound},
		{w.staff("caretaker@anne.example"), portal.ErrForbidden},
		{w.account("jo"), portal.ErrNotFound},
		{"", portal.ErrNotFound},
	} {
		got, err := w.Letters(t.Context(), c.who, anne)
		is(t, err, c.want)
		if len(got) > 0 {
			t.Errorf("letters were printed for somebody who may not")
		}
	}
	_, err = w.Letters(t.Context(), portal.Operator, "no-such-school")
	is(t, err, portal.ErrNotFound)
}

func TestJoin(t *testing.T) {
	w := settled(t)
	letters := w.letters(anne)

	// By the date of birth of whichever child, the code as it was typed.
	jo := w.account("jo")
	w.ok(w.Join(t.Context(), jo, " "+strings.ToLower(letters["Mrs Jo Lee"].Code)+" ", bosBirthday))
	family, err := w.Family(t.Context(), jo)
	w.ok(err)
	if len(family) != 2 || family[0].Child.Pupil.Forename != "Ann" || family[1].Child.Pupil.Forename != "Bo" || family[0].Child.Contact.Name != "Mrs Jo Lee" {
		t.Errorf("her children are %v", family)
	}
	if n := family[0].ToDo(); n != 4 {
		t.Errorf("there are %d things to do, want 4", n)
	}

	// The second click of the same hand, at once and the day after.
	w.ok(w.Join(t.Context(), jo, letters["Mrs Jo Lee"].Code, annsBirthday))
	w.pass(24 * time.Hour)
	w.ok(w.Join(t.Context(), jo, letters["Mrs Jo Lee"].Code, "2001-01-01"))

	// The other parent is somebody else, with an account of their own.
	wrong(t, w.Join(t.Context(), jo, letters["Mr Al Lee"].Code, annsBirthday), "code", "born")
	al := w.account("al")
	w.ok(w.Join(t.Context(), al, letters["Mr Al Lee"].Code, annsBirthday))

	// One account may be joined at two schools.
	w.ok(w.Join(t.Context(), al, w.letters(bede)["Ms Kim Roe"].Code, "2015-02-02"))
	family, err = w.Family(t.Context(), al)
	w.ok(err)
	if len(family) != 3 {
		t.Errorf("%d children, want those of both schools", len(family))
	}
	nobody, err := w.Family(t.Context(), w.account("new"))
	if err != nil || len(nobody) != 0 {
		t.Errorf("somebody who has only signed in sees %v, %v", nobody, err)
	}
	_, err = w.Family(t.Context(), "no such account")
	is(t, err, portal.ErrNotFound)
}

// Every way of failing says the same, and opens nothing.
func TestJoinFails(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(w *world, l portal.Letter) (code string, born portal.Date)
	}{
		{"no code", func(*world, portal.Letter) (string, portal.Date) { return "", annsBirthday }},
		{"a code that is none", func(*world, portal.Letter) (string, portal.Date) { return "BCDF-2345-GHJK", annsBirthday }},
		{"a megabyte of code", func(*world, portal.Letter) (string, portal.Date) { return strings.Repeat("B", 1<<20), annsBirthday }},
		{"bytes that are no text", func(*world, portal.Letter) (string, portal.Date) { return "\xff\x00", annsBirthday }},
		{"a letter short", func(_ *world, l portal.Letter) (string, portal.Date) { return l.Code[:13], annsBirthday }},
		{"the hash of the code's neighbour", func(_ *world, l portal.Letter) (string, portal.Date) { return l.Code + "B", annsBirthday }},
		{"another date", func(_ *world, l portal.Letter) (string, portal.Date) { return l.Code, "2017-09-02" }},
		{"no date", func(_ *world, l portal.Letter) (string, portal.Date) { return l.Code, "" }},
		{"a date that is none", func(_ *world, l portal.Letter) (string, portal.Date) { return l.Code, "' OR 1=1 --" }},
		{"the date of another family's child", func(_ *world, l portal.Letter) (string, portal.Date) { return l.Code, "2017-11-30" }},
		{"a used code", func(w *world, l portal.Letter) (string, portal.Date) {
			w.ok(w.Join(t.Context(), w.account("first"), l.Code, annsBirthday))
			return l.Code, annsBirthday
		}},
		{"an expired code", func(w *world, l portal.Letter) (string, portal.Date) {
			w.pass(portal.CodeLife + time.Second)
			return l.Code, annsBirthday
		}},
		{"a code that a newer letter replaced", func(w *world, l portal.Letter) (string, portal.Date) {
			w.letters(anne)
			return l.Code, annsBirthday
		}},
		{"a court order since the letter", func(w *world, l portal.Letter) (string, portal.Date) {
			w.register(anne, change(func(r *portal.ClassListRow) bool { r.CourtOrder = r.ContactName == "Mrs Jo Lee"; return true }), false)
			return l.Code, annsBirthday
		}},
		{"parental responsibility lost since the letter", func(w *world, l portal.Letter) (string, portal.Date) {
			w.register(anne, change(func(r *portal.ClassListRow) bool { r.Parental = r.ContactName != "Mrs Jo Lee"; return true }), false)
			return l.Code, annsBirthday
		}},
		{"no longer a contact", func(w *world, l portal.Letter) (string, portal.Date) {
			w.register(anne, change(func(r *portal.ClassListRow) bool { return r.ContactName != "Mrs Jo Lee" }), false)
			return l.Code, annsBirthday
		}},
		{"the children have left", func(w *world, l portal.Letter) (string, portal.Date) {
			w.register(anne, change(func(r *portal.ClassListRow) bool { return r.Surname != "Lee" }), true)
			return l.Code, annsBirthday
		}},
		{"the date of the child who has left", func(w *world, l portal.Letter) (string, portal.Date) {
			w.register(anne, change(func(r *portal.ClassListRow) bool { return r.Forename != "Ann" }), true)
			return l.Code, annsBirthday
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := settled(t)
			code, born := c.do(w, w.letters(anne)["Mrs Jo Lee"])
			guest := w.account("guest")
			err := w.Join(t.Context(), guest, code, born)
			wrong(t, err, "code", "born")
			if want := "The code and the date of birth do not go together. Look at the code in the letter. You can try 9 more times today."; err.(*portal.Invalid).Problems[0].Message != want {
				t.Errorf("it says %q", err)
			}
			family, err := w.Family(t.Context(), guest)
			if err != nil || len(family) > 0 {
				t.Errorf("it opened %v, %v", family, err)
			}
		})
	}

	t.Run("the last second of a code", func(t *testing.T) {
		w := settled(t)
		l := w.letters(anne)["Mrs Jo Lee"]
		w.pass(portal.CodeLife)
		w.ok(w.Join(t.Context(), w.account("late"), l.Code, annsBirthday))
	})
	t.Run("the date of the child who has not left", func(t *testing.T) {
		w := settled(t)
		l := w.letters(anne)["Mrs Jo Lee"]
		w.register(anne, change(func(r *portal.ClassListRow) bool { return r.Forename != "Ann" }), true)
		a := w.account("jo")
		w.ok(w.Join(t.Context(), a, l.Code, bosBirthday))
		family, err := w.Family(t.Context(), a)
		if err != nil || len(family) != 1 || family[0].Child.Pupil.Forename != "Bo" {
			t.Errorf("she sees %v, %v", family, err)
		}
	})
	t.Run("by nobody", func(t *testing.T) {
		w := settled(t)
		l := w.letters(anne)["Mrs Jo Lee"]
		for _, nobody := range []string{"", "no such account", portal.Operator} {
			if err := w.Join(t.Context(), nobody, l.Code, annsBirthday); err == nil {
				t.Errorf("%q has joined", nobody)
			}
		}
		w.ok(w.Join(t.Context(), w.account("jo"), l.Code, annsBirthday))
	})
}

// A child without a date of birth on record opens nothing to no date.
func TestJoinWithoutBirthday(t *testing.T) {
	w := newWorld(t)
	w.register(anne, change(func(r *portal.ClassListRow) bool { r.Born = ""; return true }), false)
	wrong(t, w.Join(t.Context(), w.account("jo"), w.letters(anne)["Mrs Jo Lee"].Code, ""), "code", "born")
}

func TestJoinLimitPerAccount(t *testing.T) {
	w := settled(t)
	l := w.letters(anne)["Mrs Jo Lee"]
	guesser, jo := w.account("guesser"), w.account("jo")
	start := w.now
	for i := range portal.TriesPerAccount {
		w.reopen() // a restart forgets nothing
		wrong(t, w.Join(t.Context(), guesser, fmt.Sprintf("BCDF-2345-%04d", i), annsBirthday), "code", "born")
		w.pass(time.Minute)
	}
	is(t, w.Join(t.Context(), guesser, "BCDF-2345-GHJK", annsBirthday), portal.ErrTooMany)
	w.reopen()
	is(t, w.Join(t.Context(), guesser, l.Code, annsBirthday), portal.ErrTooMany)

	// Until the first of the ten is a day old, and to the second; what was turned
	// away meanwhile did not count. Others are not kept out, and nothing was used up.
	w.pass(start.Add(portal.TriesWindow - time.Second).Sub(w.now))
	w.ok(w.Tidy(t.Context()))
	is(t, w.Join(t.Context(), guesser, l.Code, annsBirthday), portal.ErrTooMany)
	w.pass(2 * time.Second)
	wrong(t, w.Join(t.Context(), guesser, "BCDF-2345-GHJK", annsBirthday), "code", "born")
	is(t, w.Join(t.Context(), guesser, l.Code, annsBirthday), portal.ErrTooMany)
	w.ok(w.Join(t.Context(), jo, l.Code, annsBirthday))
}

// Somebody who joined with another's letter is put out again, and what the
// register says stays.
func TestEndJoin(t *testing.T) {
	w := settled(t)
	thief := w.account("thief")
	l := w.letters(anne)["Mrs Jo Lee"]
	w.ok(w.Join(t.Context(), thief, l.Code, annsBirthday))
	invitee := func() portal.Invitee {
		t.Helper()
		all, err := w.Invitees(t.Context(), w.staff("office@anne.example"), anne)
		w.ok(err)
		for _, i := range all {
			if i.Contact.ID == l.Contact.ID {
				return i
			}
		}
		t.Fatal("she is nowhere in the list")
		return portal.Invitee{}
	}
	if i := invitee(); !i.Joined.Equal(w.now) || !i.Issued.IsZero() || i.Waiting() || len(i.Children) != 2 {
		t.Errorf("after joining: joined %v, letter %v", i.Joined, i.Issued)
	}
	for _, who := range []string{thief, w.staff("office@bede.example"), ""} {
		is(t, w.EndJoin(t.Context(), who, anne, l.Contact.ID), portal.ErrNotFound)
	}
	is(t, w.EndJoin(t.Context(), w.staff("office@bede.example"), bede, l.Contact.ID), portal.ErrNotFound)
	is(t, w.EndJoin(t.Context(), w.staff("caretaker@anne.example"), anne, l.Contact.ID), portal.ErrForbidden)
	w.ok(w.EndJoin(t.Context(), w.staff("office@anne.example"), anne, l.Contact.ID))
	family, err := w.Family(t.Context(), thief)
	w.ok(err)
	if len(family) != 0 || !invitee().Waiting() {
		t.Errorf("after it was ended they see %d children", len(family))
	}
	wrong(t, w.Join(t.Context(), thief, l.Code, annsBirthday), "code", "born")
	w.ok(w.Join(t.Context(), w.account("jo"), w.letters(anne)["Mrs Jo Lee"].Code, annsBirthday))
}

// A yes that was said in another's name stops counting with the join it came
// through; a no goes on counting, and nothing is taken off the record.
func TestEndJoinTakesBack(t *testing.T) {
	w := settled(t)
	thief, office := w.parent(anne, "Mrs Jo Lee"), w.staff("office@anne.example")
	contact := w.child(thief, "Ann").Child.Contact.ID
	yes, no := w.answering("Ann", portal.Given), w.answering("Bo", portal.Refused)
	w.decide(thief, yes)
	w.decide(thief, no)
	if got := w.standing(w.pupil("Ann"), yes.Purpose); got != portal.StandingGiven {
		t.Fatalf("before: %s", got)
	}
	size := w.ledgerSize()
	w.ok(w.EndJoin(t.Context(), office, anne, contact))
	if ann, bo := w.standing(w.pupil("Ann"), yes.Purpose), w.standing(w.pupil("Bo"), no.Purpose); ann != portal.StandingWithdrawn || bo != portal.StandingRefused {
		t.Errorf("after: %s and %s", ann, bo)
	}
	all := w.decisions("Ann")
	if last := all[len(all)-1]; len(all) != 2 || last.By != office || last.Way != portal.InOffice || last.Party.ID != contact || last.Seq != 2 {
		t.Errorf("on record: %+v", all)
	}
	w.whole(size + 1)
}

func TestJoinLimitPerCode(t *testing.T) {
	w := settled(t)
	letters := w.letters(anne)
	found := letters["Mrs Jo Lee"]
	for i := range portal.TriesPerCode {
		w.reopen()
		// An account for each guess, and a day between: neither helps.
		wrong(t, w.Join(t.Context(), w.account(fmt.Sprint("guesser ", i)), found.Code, portal.Date(fmt.Sprintf("2017-01-%02d", i+1))), "code", "born")
		w.pass(25 * time.Hour)
		w.ok(w.Tidy(t.Context()))
	}
	jo := w.account("jo")
	wrong(t, w.Join(t.Context(), jo, found.Code, annsBirthday), "code", "born")
	w.pass(30 * 24 * time.Hour)
	w.ok(w.Tidy(t.Context()))
	w.reopen()
	wrong(t, w.Join(t.Context(), jo, found.Code, annsBirthday), "code", "born")

	// Another letter's code lives, and so does a new letter's.
	w.ok(w.Join(t.Context(), w.account("al"), letters["Mr Al Lee"].Code, annsBirthday))
	w.ok(w.Join(t.Context(), jo, w.letters(anne)["Mrs Jo Lee"].Code, annsBirthday))
}

// Guesses side by side are counted one by one.
func TestJoinGuessesAtOnce(t *testing.T) {
	w := settled(t)
	l := w.letters(anne)["Mrs Jo Lee"]
	const guesses = 30
	accounts := make([]string, guesses)
	for i := range accounts {
		accounts[i] = w.account(fmt.Sprint("guesser ", i))
	}
	born := func(i int) portal.Date { return portal.Date(fmt.Sprintf("2017-08-%02d", i+1)) }
	atOnce(guesses, func(i int) {
		var invalid *portal.Invalid
		if err := w.Join(context.Background(), accounts[i], l.Code, born(i)); !errors.As(err, &invalid) {
			t.Errorf("guess %d: %v", i, err)
		}
	})
	w.view(func(tx portal.Tx) error {
		total := 0
		for _, a := range accounts {
			n, err := tx.CountAttempts("account "+a, time.Time{})
			if err != nil {
				return err
			}
			total += n
		}
		if total != guesses {
			t.Errorf("%d of %d guesses were counted", total, guesses)
		}
		return nil
	})
	wrong(t, w.Join(t.Context(), w.account("jo"), l.Code, annsBirthday), "code", "born")

	// One account, many hands.
	busy := w.account("busy")
	refused := make([]error, guesses)
	atOnce(guesses, func(i int) { refused[i] = w.Join(context.Background(), busy, fmt.Sprint("NOCODE", i), annsBirthday) })
	tooMany := 0
	for _, err := range refused {
		if errors.Is(err, portal.ErrTooMany) {
			tooMany++
		}
	}
	if tooMany != guesses-portal.TriesPerAccount {
		t.Errorf("%d of %d guesses at once were let through", guesses-tooMany, guesses)
	}
}

// One code, twenty people who all know the date: one of them joins.
func TestJoinRace(t *testing.T) {
	w := settled(t)
	l := w.letters(anne)["Mrs Jo Lee"]
	accounts := make([]string, 20)
	for i := range accounts {
		accounts[i] = w.account(fmt.Sprint("finder ", i))
	}
	results := make([]error, len(accounts))
	atOnce(len(accounts), func(i int) { results[i] = w.Join(context.Background(), accounts[i], l.Code, annsBirthday) })
	joined := 0
	for i, a := range accounts {
		family, err := w.Family(t.Context(), a)
		w.ok(err)
		if (results[i] == nil) != (len(family) == 2) {
			t.Errorf("finder %d: was told %v and sees %d children", i, results[i], len(family))
		}
		if results[i] == nil {
			joined++
		}
	}
	if joined != 1 {
		t.Errorf("%d accounts joined by one letter", joined)
	}

	// And the same hand twenty times over is told each time that it worked.
	al, code := w.account("al"), w.letters(anne)["Mr Al Lee"].Code
	atOnce(20, func(int) {
		if err := w.Join(context.Background(), al, code, annsBirthday); err != nil {
			t.Error(err)
		}
	})
}

// Two parents never share an account, even where the child whose date is given
// is not the one they share.
func TestJoinAsTheOtherParentOfASibling(t *testing.T) {
	w := newWorld(t)
	rows := annesList()
	for i := range rows { // Bo's father is on record for Bo alone, and the mother for Ann and for Bo
		if rows[i].ContactName == "Mr Al Lee" && rows[i].Forename == "Ann" {
			rows[i].ContactName, rows[i].Email = "Mr Other", "other@home.example"
		}
	}
	w.register(anne, rows, false)
	letters := w.letters(anne)
	al := w.account("al")
	w.ok(w.Join(t.Context(), al, letters["Mr Al Lee"].Code, bosBirthday))
	alive := w.Join(t.Context(), al, letters["Mrs Jo Lee"].Code, annsBirthday)
	wrong(t, alive, "code", "born")
	family, err := w.Family(t.Context(), al)
	if err != nil || len(family) != 1 {
		t.Errorf("he sees %v, %v", family, err)
	}
	// He is told what he would be of a code that is none, but for the tries that are left;
	// it counts as a try, and is on record for the school, and not in hers.
	none := w.Join(t.Context(), al, "7KQM-2XWT-9HBD", annsBirthday)
	tries := regexp.MustCompile(`\d+ more times`)
	said := func(err error) string {
		invalid, _ := errors.AsType[*portal.Invalid](err)
		return tries.ReplaceAllString(fmt.Sprint(invalid.Problems), "")
	}
	if said(alive) != said(none) {
		t.Errorf("of a live code he is told %s, and of none %s", said(alive), said(none))
	}
	mother := w.contact(anne, "Mrs Jo Lee")
	events, err := w.Events(t.Context(), w.staff("lead@anne.example"), anne, mother)
	w.ok(err)
	if i := slices.IndexFunc(events, func(e portal.Event) bool { return e.Kind == portal.CodeTried }); i < 0 || events[i].Who != "Mr Al Lee" {
		t.Errorf("the lead reads %v", events)
	}
	hers, err := w.PersonDossier(t.Context(), w.staff("office@anne.example"), anne, portal.Ref{Kind: portal.RefContact, ID: mother})
	w.ok(err)
	if strings.Contains(fmt.Sprint(hers.Sections), "tried") {
		t.Errorf("her record tells of it: %v", hers.Sections)
	}
	for range portal.TriesPerAccount - 2 {
		_ = w.Join(t.Context(), al, letters["Mrs Jo Lee"].Code, annsBirthday)
	}
	is(t, w.Join(t.Context(), al, letters["Mrs Jo Lee"].Code, annsBirthday), portal.ErrTooMany)
	// The letter is not used up by it.
	w.ok(w.Join(t.Context(), w.account("jo"), letters["Mrs Jo Lee"].Code, annsBirthday))
}

// What was joined is worth only what the register says today.
func TestJoinedAndBarred(t *testing.T) {
	w := settled(t)
	jo := w.parent(anne, "Mrs Jo Lee")
	sees := func(want int) {
		t.Helper()
		family, err := w.Family(t.Context(), jo)
		w.ok(err)
		if len(family) != want {
			t.Errorf("she sees %d children, want %d", len(family), want)
		}
	}
	sees(2)
	w.register(anne, change(func(r *portal.ClassListRow) bool { return r.ContactName != "Mrs Jo Lee" }), false)
	sees(0)
	w.register(anne, annesList(), false)
	sees(2) // a contact of that name and address is the one there was
	w.register(anne, change(func(r *portal.ClassListRow) bool { return r.Surname != "Lee" }), true)
	sees(2) // who have left, and whose time is not up
	w.register(anne, annesList(), false)
	sees(2)
	w.register(anne, change(func(r *portal.ClassListRow) bool {
		r.CourtOrder = r.CourtOrder || r.ContactName == "Mrs Jo Lee" && r.Forename == "Ann"
		return true
	}), false)
	sees(1)
	_, err := w.Child(t.Context(), jo, w.pupil("Ann"))
	is(t, err, portal.ErrNotFound)

	// Left out and brought again, she has no more than before; and not even that of
	// which a list says anew that she is a contact, until somebody has looked.
	w.register(anne, change(func(r *portal.ClassListRow) bool { return r.ContactName != "Mrs Jo Lee" }), false)
	sees(0)
	w.register(anne, annesList(), false)
	sees(0)
	w.takes("Mrs Jo Lee", "Bo", 0)
	sees(1)
}

// A stolen copy of the database opens nothing: no code is in it, and no cookie.
func TestNoSecretOnDisk(t *testing.T) {
	w := settled(t)
	jo := w.account("jo")
	var secrets []string
	letters := w.letters(anne)
	for _, l := range letters {
		secrets = append(secrets, l.Code, portal.NormalCode(l.Code))
	}
	joCode := letters["Mrs Jo Lee"].Code
	wrong(t, w.Join(t.Context(), jo, joCode, "2001-01-01"), "code", "born")
	w.ok(w.Join(t.Context(), jo, joCode, annsBirthday))
	token, err := w.StartSession(t.Context(), portal.Session{AccountID: jo})
	w.ok(err)
	handshake, err := w.StartSignIn(t.Context(), portal.Handshake{Provider: "google", State: "s", Nonce: "n", Verifier: "v"}, "/portal/")
	w.ok(err)
	secrets = append(secrets, joCode, portal.NormalCode(joCode), token, token[:26], token[26:], handshake, handshake[:26])

	look := func(when string) {
		t.Helper()
		disk := bytes.ToUpper(w.onDisk())
		if !bytes.Contains(disk, []byte("MRS JO LEE")) {
			t.Fatalf("%s: this is not where the register is", when)
		}
		for _, s := range secrets {
			if bytes.Contains(disk, []byte(strings.ToUpper(s))) {
				t.Errorf("%s: a secret is in the file", when)
			}
		}
	}
	look("open")
	w.ok(w.db.Close())
	look("closed")
}

// Errors go to logs, so they name nobody.
func TestErrorsNameNobody(t *testing.T) {
	w := settled(t)
	l := w.letters(anne)["Mrs Jo Lee"]
	jo := w.account("jo")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var errs []error
	errs = append(errs, w.Join(t.Context(), jo, l.Code, "2017-09-02"), w.Join(ctx, jo, l.Code, annsBirthday))
	rows := annesList()
	rows = append(rows, rows[0])
	rows[1].Surname = "Lea"
	_, err := w.PreviewImport(t.Context(), portal.Operator, anne, rows)
	errs = append(errs, err)
	_, err = w.Child(t.Context(), jo, w.pupil("Ann"))
	errs = append(errs, err)
	_, err = w.Sign(t.Context(), jo, portal.SignForm{Pupil: w.pupil("Ann"), Name: "Jo Lee"})
	errs = append(errs, err)
	private := []string{"Lee", "Lea", "Ann", "Jo", "2017", "September", l.Code, "A1"}
	for i, err := range errs {
		if err == nil {
			t.Errorf("attempt %d did not fail", i)
		} else if slices.ContainsFunc(private, func(s string) bool { return strings.Contains(err.Error(), s) }) {
			t.Errorf("somebody is named: %v", err)
		}
	}
}

// A join covers the children that it named: one who comes to the register later is
// nobody's to see until the office has made sure that it is the same person.
func TestALaterChildIsNobodysUntilAdded(t *testing.T) {
	w := settled(t)
	jo := w.parent(anne, "Mrs Jo Lee")
	before, err := w.Family(t.Context(), jo)
	w.ok(err)
	list := annesList()
	later := list[slices.IndexFunc(list, func(r portal.ClassListRow) bool { return r.ContactName == "Mrs Jo Lee" })]
	later.UPN, later.AdmissionNumber, later.Forename = "", "later", "Zed"
	w.register(anne, numbered(append(list, later)), false)
	zed, contact := w.pupil("Zed"), w.contact(anne, "Mrs Jo Lee")

	sees := func(want bool) {
		t.Helper()
		family, err := w.Family(t.Context(), jo)
		w.ok(err)
		if _, err := w.Child(t.Context(), jo, zed); (err == nil) != want || (len(family) == len(before)+1) != want {
			t.Errorf("sees the later child: %v, with %d children of %d before", err == nil, len(family), len(before))
		}
	}
	sees(false)
	is(t, w.ExtendJoin(t.Context(), jo, anne, contact, zed), portal.ErrNotFound)
	is(t, w.ExtendJoin(t.Context(), w.staff("office@anne.example"), bede, contact, zed), portal.ErrNotFound)
	is(t, w.ExtendJoin(t.Context(), portal.Operator, anne, contact, "nobody"), portal.ErrNotFound)
	sees(false)
	w.ok(w.ExtendJoin(t.Context(), w.staff("office@anne.example"), anne, contact, zed))
	sees(true)
	events := func() int {
		all, err := w.Events(t.Context(), portal.Operator, anne, contact)
		w.ok(err)
		return len(all)
	}
	recorded := events()
	w.ok(w.ExtendJoin(t.Context(), w.staff("office@anne.example"), anne, contact, zed)) // a second click
	if n := events(); n != recorded {
		t.Errorf("a second click left %d events of %d", n, recorded)
	}
	w.ok(w.EndJoin(t.Context(), portal.Operator, anne, contact))
	is(t, w.ExtendJoin(t.Context(), portal.Operator, anne, contact, zed), portal.ErrNotFound)
}
