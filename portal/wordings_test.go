package portal_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"schoolgate/portal"
)

const question = "Pictures on the website"

// pictures is a wording of the question about pictures: what is asked, and what its
// details are filled with. Sense is that of the question, as the site works it out.
func pictures(asked, telephone string) portal.Text {
	t := text(anne, portal.Purpose, "website-pictures", 1, "")
	t.Source = fmt.Sprintf("+++\ntitle = %q\nedition = 1\n+++\n\nWe keep them for a year.\n\nRing us on %s and ask.\n", asked, telephone)
	t.Hash, t.Question = sha(t.Source), asked
	t.Sense = sha(fmt.Sprintf("+++\ntitle = %q\nedition = 1\n+++\n\nWe keep them for a year.\n\nRing us on [] and ask.\n", asked))
	return t
}

func sha(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// put has St Anne's ask this instead.
func (w *world) put(t portal.Text) {
	w.t.Helper()
	s := school(anne, 1)
	i := slices.IndexFunc(s.Texts, func(x portal.Text) bool { return x.Slug == t.Slug })
	s.Texts[i] = t
	w.ok(w.SetSchools(w.t.Context(), []portal.School{s}))
}

func (w *world) answer(account, pupil string, t portal.Text, answer portal.Answer) {
	w.t.Helper()
	_, err := w.Decide(w.t.Context(), account, portal.DecideForm{Pupil: pupil, Purpose: t.Slug, Hash: t.Hash, Answer: answer, Language: "en-GB"})
	w.ok(err)
}

// waitingFor is the corrections that somebody at St Anne's may agree to.
func (w *world) waitingFor(account string) []portal.Correction {
	w.t.Helper()
	all, err := w.Corrections(w.t.Context(), account, anne)
	w.ok(err)
	return all
}

// A yes to one question never becomes a yes to another, whichever way the words are
// changed under one edition; where only a telephone number changed, it stands.
func TestAYesIsToItsWords(t *testing.T) {
	was := pictures(question, "01632 960 101")
	const attack = "May we sell pictures of your child, with their name?"
	with := func(t portal.Text, change func(*portal.Text)) portal.Text {
		change(&t)
		t.Hash = sha(t.Source)
		return t
	}
	sameSense := func(t *portal.Text) { t.Sense = was.Sense } // a blank that was marked as a detail
	replaced := func(old, new string) func(*portal.Text) {
		return func(t *portal.Text) { t.Source = strings.Replace(t.Source, old, new, 1) }
	}
	for _, x := range []struct {
		name   string
		now    portal.Text
		counts bool
		waits  bool // for somebody to agree
	}{
		{"the same", was, true, false},
		{"another telephone number", pictures(question, "01632 960 177"), true, false},
		{"another telephone number and a name", pictures(question, "01632 960 177 (Mrs Judith Amberley)"), true, false},
		{"an address and a page", pictures(question, "office@quillmere.example or at https://quillmere.example/office"), true, false},
		{"other words in the file", pictures(attack, "01632 960 101"), false, false},
		{"other words that say what they correct", with(pictures(attack, "01632 960 101"), func(t *portal.Text) { t.Corrects, t.Because = was.Hash, "A slip." }), false, true},
		{"other words where a blank was, marked as a detail", with(pictures(attack, "01632 960 101"), sameSense), false, true},
		{"other words in a detail", pictures(question, "01632 960 101; we may also sell pictures of your child"), false, true},
		{"other words in a detail, as a question", pictures(question, "May We Sell Pictures Of Your Child?"), false, true},
		{"more than a detail holds", pictures(question, strings.Repeat("Judith Amberley ", 7)), false, true},
		{"a line more", with(was, func(t *portal.Text) { t.Source += "\nWe may sell them.\n" }), false, true},
		{"words taken out of a line", with(was, replaced("for a year", "")), true, false}, // two, and no more than a name
		{"a line less", with(was, replaced("We keep them for a year.\n\n", "")), false, true},
		{"a sentence that tells less", with(was, replaced("Ring us on 01632 960 101 and ask.", "Ask.")), false, true},
		{"words of a program that knew no sense", with(pictures(attack, ""), func(t *portal.Text) { t.Sense = "" }), false, false},
		{"a correction of what never was", with(pictures(attack, ""), func(t *portal.Text) { t.Corrects = strings.Repeat("0", 64) }), false, false},
	} {
		t.Run(x.name, func(t *testing.T) {
			w := settled(t)
			w.put(was)
			mother := w.parent(anne, "Mrs Jo Lee")
			father := w.parent(anne, "Mr Al Lee")
			ann, bo := w.pupil("Ann"), w.pupil("Bo")
			w.pass(portal.YesAfter)
			w.answer(mother, ann, was, portal.Given)
			w.answer(father, bo, was, portal.Refused)
			w.put(x.now)

			want := map[bool]portal.Standing{true: portal.StandingGiven, false: portal.StandingWaiting}[x.counts]
			if got := w.standing(ann, "website-pictures"); got != want {
				t.Errorf("after a yes to %q it is %s", question, got)
			}
			if got := w.standing(bo, "website-pictures"); got != portal.StandingRefused {
				t.Errorf("after a no it is %s", got)
			}
			child, err := w.Child(t.Context(), mother, ann)
			w.ok(err)
			i := slices.IndexFunc(child.Purpose, func(p portal.PurposeView) bool { return p.Text.Slug == was.Slug })
			mine := child.Purpose[i]
			if mine.Answered() != x.counts || mine.Mine.TextHash != was.Hash || (mine.Said.Hash == was.Hash) == (x.now.Hash == was.Hash) {
				t.Errorf("she is shown answered %v, of %s", mine.Answered(), mine.Said.Source)
			}
			waiting := w.waitingFor(w.staff("lead@anne.example"))
			if (len(waiting) == 1) != x.waits || x.waits && (waiting[0].Was.Source != was.Source || waiting[0].Now.Hash != x.now.Hash) {
				t.Errorf("%d wait for somebody to agree", len(waiting))
			}
			w.put(was) // the first words again are the words that were answered
			if got := w.standing(ann, "website-pictures"); got != portal.StandingGiven {
				t.Errorf("under the first words it is %s", got)
			}
		})
	}
}

// An answer counts for a correction once a second person has agreed, and for no other
// words; and whoever runs the office does not agree to their own.
func TestAgree(t *testing.T) {
	w := settled(t)
	was := pictures(question, "01632 960 101")
	w.put(was)
	mother := w.parent(anne, "Mrs Jo Lee")
	ann := w.pupil("Ann")
	w.pass(portal.YesAfter)
	w.answer(mother, ann, was, portal.Given)
	_, err := w.Sign(t.Context(), mother, portal.SignForm{Pupil: ann, Agreement: "parents-aup", Hash: w.hash(anne, portal.Agreement, "parents-aup"), Name: "Jo", Agreed: true, Language: "en-GB"})
	w.ok(err)

	now := pictures("Pictures on our website", "01632 960 101")
	now.Corrects, now.Because = was.Hash, "It is ours."
	w.put(now)
	standing := func(want portal.Standing) {
		t.Helper()
		if got := w.standing(ann, "website-pictures"); got != want {
			t.Errorf("it is %s, want %s", got, want)
		}
	}
	standing(portal.StandingWaiting)

	lead := w.staff("lead@anne.example")
	is(t, w.Agree(t.Context(), w.staff("office@anne.example"), anne, was.Hash, now.Hash), portal.ErrForbidden)
	is(t, w.Agree(t.Context(), w.staff("trust@example"), anne, was.Hash, now.Hash), portal.ErrForbidden)
	is(t, w.Agree(t.Context(), w.staff("teacher@anne.example"), anne, was.Hash, now.Hash), portal.ErrForbidden)
	is(t, w.Agree(t.Context(), portal.Operator, anne, was.Hash, now.Hash), portal.ErrForbidden)
	is(t, w.Agree(t.Context(), mother, anne, was.Hash, now.Hash), portal.ErrNotFound)
	both := portal.New(w.db, w.ledger, []portal.Staff{{Email: "lead@anne.example", School: anne, Role: portal.Lead}, {Email: "lead@anne.example", School: "*", Role: portal.Office}}, func() time.Time { return w.now })
	is(t, both.Agree(t.Context(), lead, anne, was.Hash, now.Hash), portal.ErrForbidden)
	if _, err := w.Corrections(t.Context(), w.staff("office@anne.example"), anne); !errors.Is(err, portal.ErrForbidden) {
		t.Errorf("the office sees what it may not agree to: %v", err)
	}
	for _, p := range [][2]string{{now.Hash, was.Hash}, {was.Hash, was.Hash}, {"", ""}, {was.Hash, strings.Repeat("0", 64)}} {
		is(t, w.Agree(t.Context(), lead, anne, p[0], p[1]), portal.ErrNotFound)
	}
	standing(portal.StandingWaiting)

	w.ok(w.Agree(t.Context(), lead, anne, was.Hash, now.Hash))
	standing(portal.StandingGiven)
	is(t, w.Agree(t.Context(), lead, anne, was.Hash, now.Hash), portal.ErrNotFound) // it waits no more
	if len(w.waitingFor(lead)) != 0 {
		t.Error("it waits still")
	}

	// Both are on record, sealed: that the words changed, and who agreed.
	events, err := w.Events(t.Context(), lead, anne, "")
	w.ok(err)
	var kinds []portal.ActKind
	for _, e := range events {
		if e.Kind == portal.WordingAgreed || e.Kind == portal.WordingChanged {
			kinds = append(kinds, e.Kind)
			if e.Subject.ID != now.Hash && e.Subject.ID != was.Hash || !strings.Contains(e.Details, "website-pictures") {
				t.Errorf("%s: %+v", e.Kind, e.Subject)
			}
		}
	}
	if !slices.Equal(kinds, []portal.ActKind{portal.WordingAgreed, portal.WordingChanged, portal.WordingChanged}) {
		t.Errorf("on record are %v", kinds)
	}

	// What was agreed to stands when a telephone number changes after it, and helps no
	// other words.
	w.put(pictures("Pictures on our website", "01632 960 177"))
	standing(portal.StandingGiven)
	third := pictures("May we sell pictures of your child?", "01632 960 177")
	third.Corrects, third.Because = now.Hash, "A slip."
	w.put(third)
	standing(portal.StandingWaiting)
	if n := len(w.waitingFor(lead)); n != 1 {
		t.Errorf("%d wait", n)
	}
	later := pictures("Pictures on our website", "01632 960 177")
	later.Edition, later.Source = 2, later.Source+"Edition 2.\n"
	later.Hash, later.Sense = sha(later.Source), now.Sense
	w.put(later)
	standing(portal.StandingWaiting)
}

// A signature is under the words that were read, as an answer is to them.
func TestASignatureIsUnderItsWords(t *testing.T) {
	w := settled(t)
	mother, ann := w.parent(anne, "Mrs Jo Lee"), w.pupil("Ann")
	w.pass(portal.YesAfter)
	was := text(anne, portal.Agreement, "parents-aup", 1, "")
	sign := func(hash string) string {
		id, err := w.Sign(t.Context(), mother, portal.SignForm{Pupil: ann, Agreement: "parents-aup", Hash: hash, Name: "Jo Lee", Agreed: true, Language: "en-GB"})
		w.ok(err)
		return id
	}
	first := sign(was.Hash)
	now := text(anne, portal.Agreement, "parents-aup", 1, ", and give us your house")
	now.Corrects, now.Because = was.Hash, "A slip."
	w.put(now)
	signed := func() (act portal.Act, listed bool) {
		child, err := w.Child(t.Context(), mother, ann)
		w.ok(err)
		i := slices.IndexFunc(child.Signing, func(s portal.SigningView) bool { return s.Text.Slug == "parents-aup" })
		err = w.ReadRegister(t.Context(), portal.Operator, anne, portal.Filter{}, func(portal.List) error { return nil }, func(r portal.ListRow) error {
			if r.Pupil.ID == ann {
				listed = slices.Contains(r.Signed, true)
			}
			return nil
		})
		w.ok(err)
		return child.Signing[i].Signed, listed
	}
	if act, listed := signed(); act.ID != "" || listed {
		t.Errorf("her signature is shown under other words: %v, listed %v", act.ID, listed)
	}
	w.ok(w.Agree(t.Context(), w.staff("lead@anne.example"), anne, was.Hash, now.Hash))
	if act, listed := signed(); act.ID != first || act.TextHash != was.Hash || !listed {
		t.Errorf("once agreed to, her signature is %v, listed %v", act.ID, listed)
	}
	if sign(now.Hash) == first {
		t.Error("she may not sign the corrected words")
	}
}
