package portal_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"schoolgate/portal"
	"schoolgate/portal/ledger"
)

// signing is a form that is right in every way.
func (w *world) signing(pupil string) portal.SignForm {
	w.t.Helper()
	return portal.SignForm{
		Pupil: w.pupil(pupil), Agreement: "parents-aup", Hash: w.hash(anne, portal.Agreement, "parents-aup"),
		Name: "Jo Lee", Agreed: true, Language: "en-GB",
	}
}

func (w *world) answering(pupil string, a portal.Answer) portal.DecideForm {
	w.t.Helper()
	return portal.DecideForm{
		Pupil: w.pupil(pupil), Purpose: "website-pictures", Hash: w.hash(anne, portal.Purpose, "website-pictures"), Answer: a, Language: "en-GB",
	}
}

func (w *world) decide(account string, f portal.DecideForm) string {
	w.t.Helper()
	id, err := w.Decide(w.t.Context(), account, f)
	w.ok(err)
	return id
}

func (w *world) child(account, pupil string) portal.ChildView {
	w.t.Helper()
	v, err := w.Child(w.t.Context(), account, w.pupil(pupil))
	w.ok(err)
	return v
}

// acts are those of one kind about a pupil, as the store has them.
func (w *world) acts(kind portal.ActKind, pupil string) (all []portal.Act) {
	w.t.Helper()
	w.view(func(tx portal.Tx) (err error) {
		all, err = tx.PupilActs(w.pupil(pupil))
		return err
	})
	return slices.DeleteFunc(all, func(a portal.Act) bool { return a.Kind != kind })
}

func (w *world) signatures(pupil string) []portal.Act { return w.acts(portal.Signature, pupil) }
func (w *world) decisions(pupil string) []portal.Act  { return w.acts(portal.Decision, pupil) }

func answers(ds []portal.Act) string {
	var out []string
	for _, d := range ds {
		out = append(out, fmt.Sprintf("%s(%d)", d.Answer, d.Edition))
	}
	return strings.Join(out, " ")
}

func TestSign(t *testing.T) {
	w := settled(t)
	jo, al := w.parent(anne, "Mrs Jo Lee"), w.parent(anne, "Mr Al Lee")
	if v := w.child(jo, "Ann"); v.ToDo() != 4 || v.Signing[0].Done() || v.Signing[0].Text.Slug != "parents-aup" || v.School.Slug != anne {
		t.Errorf("before: %d to do", v.ToDo())
	}
	f := w.signing("Ann")
	f.Name = "  Jo\t Lee\n"
	id, err := w.Sign(t.Context(), jo, f)
	w.ok(err)
	at := w.now

	w.pass(time.Minute)
	again, err := w.Sign(t.Context(), jo, w.signing("Ann"))
	w.ok(err)
	if again != id {
		t.Errorf("the second click signed again")
	}
	f.Name = "Somebody Else"
	if again, err = w.Sign(t.Context(), jo, f); err != nil || again != id {
		t.Errorf("a second name was put over the first: %v", err)
	}
	all := w.signatures("Ann")
	if len(all) != 1 {
		t.Fatalf("%d signatures", len(all))
	}
	s := all[0]
	if s.ID != id || s.TypedName != "Jo Lee" || s.By != jo || s.School != anne || s.Subject.ID != w.pupil("Ann") || s.TextSlug != "parents-aup" ||
		s.Edition != 1 || s.TextHash != f.Hash || s.Way != portal.Online || s.Language != "en-GB" || !s.At.Equal(at) || s.At.Location() != time.UTC {
		t.Errorf("on record is %s", s.Record())
	}
	v := w.child(jo, "Ann")
	if !v.Signing[0].Done() || v.Signing[1].Done() || v.ToDo() != 3 || v.Signing[0].Signed.ID != id {
		t.Errorf("after: %d to do", v.ToDo())
	}

	// It is hers and Ann's alone, and says nothing of consent.
	if w.child(al, "Ann").Signing[0].Done() || w.child(jo, "Bo").Signing[0].Done() {
		t.Errorf("one signature stands for another")
	}
	for _, p := range v.Purpose {
		if p.Answered() || w.standing(w.pupil("Ann"), p.Text.Slug).Allowed() {
			t.Errorf("a signature was taken for a consent to %s", p.Text.Slug)
		}
	}
	other, err := w.Sign(t.Context(), al, w.signing("Ann"))
	w.ok(err)
	sibling, err := w.Sign(t.Context(), jo, w.signing("Bo"))
	w.ok(err)
	if other == id || sibling == id {
		t.Errorf("two signatures have one id")
	}
	w.whole(3)
	w.reopen()
	w.whole(3)
}

// A name that may not be the parent's own is asked about once, and then taken; the
// tick and the translation stay on record as they were given.
func TestSignAsOneself(t *testing.T) {
	for _, c := range []struct {
		name  string
		asked bool
	}{
		{"Ann Lee", true}, {"lee, ANN", true}, {"Ann", true}, {"Änn  Lée", true}, {"Ann Coe", true}, {"COE Ännie Ann", true}, {"J", true}, {"J.", true},
		{"Jo", false}, {"Jo Ann Lee", false}, {"Mrs J Lee", false}, {"李龙", false},
	} {
		w := settled(t)
		jo := w.parent(anne, "Mrs Jo Lee")
		f := w.signing("Ann")
		f.Name, f.Asked, f.Translated = c.name, "Ann Poe", true // asked about another name is not asked about this
		if _, err := w.Sign(t.Context(), jo, f); c.asked {
			wrong(t, err, "name")
		} else {
			w.ok(err)
		}
		if n := len(w.signatures("Ann")); c.asked == (n == 1) {
			t.Fatalf("%s: %d signatures", c.name, n)
		}
		f.Asked = " " + f.Name
		_, err := w.Sign(t.Context(), jo, f)
		w.ok(err)
		if s := w.signatures("Ann")[0]; s.TypedName != strings.Join(strings.Fields(c.name), " ") || !s.Translated() || !strings.Contains(string(s.Record()), `"details":{"translated":true}`) {
			t.Errorf("%s: on record is %s", c.name, s.Record())
		}
	}
	w := settled(t)
	f := w.answering("Ann", portal.Given)
	f.Translated = true
	jo := w.parent(anne, "Mrs Jo Lee")
	w.decide(jo, f)
	f = w.answering("Ann", portal.Refused)
	w.decide(jo, f)
	if d := w.decisions("Ann"); len(d) != 2 || !d[0].Translated() || d[1].Translated() || d[1].Details != "" {
		t.Errorf("the answers do not keep how they were read: %+v", d)
	}
	w.whole(2)
}

func TestSignInvalid(t *testing.T) {
	w := settled(t)
	jo := w.parent(anne, "Mrs Jo Lee")
	for _, c := range []struct {
		name   string
		change func(*portal.SignForm)
		fields []string
	}{
		{"no tick", func(f *portal.SignForm) { f.Agreed = false }, []string{"agreed"}},
		{"no name", func(f *portal.SignForm) { f.Name = "" }, []string{"name"}},
		{"neither", func(f *portal.SignForm) { f.Name, f.Agreed = "", false }, []string{"name", "agreed"}},
		{"a name of spaces", func(f *portal.SignForm) { f.Name = " \t\u00a0\u2003\n" }, []string{"name"}},
		{"a name of 201 characters", func(f *portal.SignForm) { f.Name = strings.Repeat("é", 201) }, []string{"name"}},
		{"a name of 10,000 characters", func(f *portal.SignForm) { f.Name = strings.Repeat("Jo Lee ", 1429)[:10000] }, []string{"name"}},
		{"a name of a million, and no tick", func(f *portal.SignForm) { f.Name, f.Agreed = strings.Repeat("x", 1_000_000), false }, []string{"name", "agreed"}},
		{"digits", func(f *portal.SignForm) { f.Name = "12345" }, []string{"name"}},
		{"signs", func(f *portal.SignForm) { f.Name = "--- *** ✔" }, []string{"name"}},
		{"a zero byte", func(f *portal.SignForm) { f.Name = "Jo\x00Lee" }, []string{"name"}},
		{"an escape", func(f *portal.SignForm) { f.Name = "Jo\x1b[31mLee" }, []string{"name"}},
		{"a backspace", func(f *portal.SignForm) { f.Name = "Jo Lee\b\b\bPoe" }, []string{"name"}},
		{"text turned round", func(f *portal.SignForm) { f.Name = "Jo \u202eeeL\u202c" }, []string{"name"}},
		{"text in isolation", func(f *portal.SignForm) { f.Name = "Jo \u2067eeL\u2069" }, []string{"name"}},
		{"bytes that are no text", func(f *portal.SignForm) { f.Name = "Jo \xff Lee" }, []string{"name"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := w.signing("Ann")
			c.change(&f)
			_, err := w.Sign(t.Context(), jo, f)
			wrong(t, err, c.fields...)
		})
	}
	if n := len(w.signatures("Ann")); n != 0 || w.ledgerSize() != 0 {
		t.Errorf("%d signatures were kept", n)
	}
	for _, name := range []string{"Jo Lee", "Siân O’Neill-Łukasz", "D'Arcy", "محمد علی", "علی\u200cرضا", "李小龙", "Нина", "தமிழ்", "Jo Lee (Mrs)", "Jo Lee 2nd", strings.Repeat("é", 200)} {
		w := settled(t)
		jo := w.parent(anne, "Mrs Jo Lee")
		f := w.signing("Ann")
		f.Name = name
		if _, err := w.Sign(t.Context(), jo, f); err != nil {
			t.Errorf("%q cannot sign: %v", name, err)
		} else if got := w.signatures("Ann")[0].TypedName; got != name {
			t.Errorf("%q is on record as %q", name, got)
		}
	}
}

func TestTextChanged(t *testing.T) {
	w := settled(t)
	jo := w.parent(anne, "Mrs Jo Lee")
	sign, yes := w.signing("Ann"), w.answering("Ann", portal.Given)
	next := school(anne, 2)
	w.ok(w.SetSchools(t.Context(), []portal.School{next}))

	stale := func(err error, now portal.Text) {
		t.Helper()
		var changed *portal.TextChanged
		if !errors.As(err, &changed) {
			t.Fatalf("got %v, want *portal.TextChanged", err)
		}
		if changed.Now.Hash != now.Hash || changed.Now.Source != now.Source {
			t.Errorf("it shows %s, edition %d", changed.Now.Slug, changed.Now.Edition)
		}
	}
	_, err := w.Sign(t.Context(), jo, sign)
	stale(err, next.Texts[0])
	_, err = w.Decide(t.Context(), jo, yes)
	stale(err, next.Texts[3])
	for _, hash := range []string{"", strings.ToUpper(next.Texts[0].Hash), next.Texts[0].Hash[:63], w.hash(bede, portal.Agreement, "parents-aup"), next.Texts[1].Hash} {
		f := w.signing("Ann")
		f.Hash = hash
		_, err := w.Sign(t.Context(), jo, f)
		stale(err, next.Texts[0])
	}
	if w.ledgerSize() != 0 {
		t.Errorf("something was recorded")
	}
	_, err = w.Sign(t.Context(), jo, w.signing("Ann"))
	w.ok(err)
	w.decide(jo, w.answering("Ann", portal.Given))
	w.whole(2)
}

// Whoever may not is told that there is nothing there, of whatever they ask.
func TestOthersMayNot(t *testing.T) {
	w := settled(t)
	jo := w.parent(anne, "Mrs Jo Lee")
	kim := w.parent(bede, "Ms Kim Roe")
	tom := w.parent(anne, "Mr Tom Fay")
	w.register(anne, change(func(r *portal.ClassListRow) bool {
		r.CourtOrder = r.CourtOrder || r.ContactName == "Mr Tom Fay"
		return true
	}), false)
	for _, c := range []struct {
		name, account, pupil string
	}{
		{"a parent of another child", jo, "Cat"},
		{"a parent at another school", kim, "Ann"},
		{"a parent under a court order", tom, "Dee"},
		{"somebody who has only signed in", w.account("new"), "Ann"},
		{"the office", w.staff("office@anne.example"), "Ann"},
		{"the trust", w.staff("trust@example"), "Ann"},
		{"the operator", portal.Operator, "Ann"},
		{"nobody", "", "Ann"},
		{"an account that is none", "no such account", "Ann"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := w.Child(t.Context(), c.account, w.pupil(c.pupil))
			is(t, err, portal.ErrNotFound)
			_, err = w.Sign(t.Context(), c.account, w.signing(c.pupil))
			is(t, err, portal.ErrNotFound)
			_, err = w.Decide(t.Context(), c.account, w.answering(c.pupil, portal.Given))
			is(t, err, portal.ErrNotFound)
			// With a form that is wrong in every other way they learn no more.
			_, err = w.Sign(t.Context(), c.account, portal.SignForm{Pupil: w.pupil(c.pupil), Agreement: "parents-aup"})
			is(t, err, portal.ErrNotFound)
			_, err = w.Decide(t.Context(), c.account, portal.DecideForm{Pupil: w.pupil(c.pupil), Purpose: "website-pictures"})
			is(t, err, portal.ErrNotFound)
		})
	}
	for _, pupil := range []string{"", "no such pupil", "' OR 1=1 --", "\x00"} {
		f := w.signing("Ann")
		f.Pupil = pupil
		_, err := w.Sign(t.Context(), jo, f)
		is(t, err, portal.ErrNotFound)
	}
	for _, slug := range []string{"", "website-pictures", "no-such-agreement"} {
		f := w.signing("Ann")
		f.Agreement = slug
		_, err := w.Sign(t.Context(), jo, f)
		is(t, err, portal.ErrNotFound)
	}
	for _, slug := range []string{"", "parents-aup", "no-such-purpose"} {
		f := w.answering("Ann", portal.Given)
		f.Purpose = slug
		_, err := w.Decide(t.Context(), jo, f)
		is(t, err, portal.ErrNotFound)
	}
	if w.ledgerSize() != 0 {
		t.Errorf("something was recorded")
	}
}

func TestSignDoubleClickAtOnce(t *testing.T) {
	w := settled(t)
	jo := w.parent(anne, "Mrs Jo Lee")
	f := w.signing("Ann")
	ids := make([]string, 20)
	atOnce(len(ids), func(i int) {
		id, err := w.Sign(context.Background(), jo, f)
		if err != nil {
			t.Error(err)
		}
		ids[i] = id
	})
	for _, id := range ids {
		if id == "" || id != ids[0] {
			t.Fatalf("the clicks were given %q", ids)
		}
	}
	if n := len(w.signatures("Ann")); n != 1 {
		t.Errorf("%d signatures", n)
	}
	w.whole(1)
}

func TestDecideDoubleClickAtOnce(t *testing.T) {
	w := settled(t)
	jo, al := w.parent(anne, "Mrs Jo Lee"), w.parent(anne, "Mr Al Lee")
	yes := w.answering("Ann", portal.Given)
	ids := make([]string, 20)
	atOnce(len(ids), func(i int) {
		id, err := w.Decide(context.Background(), jo, yes)
		if err != nil {
			t.Error(err)
		}
		ids[i] = id
	})
	for _, id := range ids {
		if id == "" || id != ids[0] {
			t.Fatalf("the clicks were given %q", ids)
		}
	}
	if got := answers(w.decisions("Ann")); got != "given(1)" {
		t.Errorf("on record is %s", got)
	}
	w.whole(1)

	// Both parents, both answers, all at once: whatever comes last counts, each
	// contact's are numbered without a gap, and each is sealed.
	no := w.answering("Ann", portal.Refused)
	atOnce(24, func(i int) {
		who, f := jo, yes
		if i%2 == 1 {
			who = al
		}
		if i%4 >= 2 {
			f = no
		}
		if _, err := w.Decide(context.Background(), who, f); err != nil {
			t.Error(err)
		}
	})
	seq, last := map[string]int{}, map[string]portal.Answer{}
	all := w.decisions("Ann")
	for _, d := range all {
		if d.Seq != seq[d.Party.ID]+1 {
			t.Errorf("after number %d comes %d", seq[d.Party.ID], d.Seq)
		}
		if d.Answer == last[d.Party.ID] {
			t.Errorf("%s twice running", d.Answer)
		}
		seq[d.Party.ID], last[d.Party.ID] = d.Seq, d.Answer
	}
	yeses := 0
	for _, a := range last {
		if a == portal.Given {
			yeses++
		}
	}
	if got := w.standing(w.pupil("Ann"), "website-pictures"); got.Allowed() != (yeses == 2) {
		t.Errorf("the standing is %s when %d of 2 said yes last", got, yeses)
	}
	w.whole(int64(len(all)))
}

func TestDecide(t *testing.T) {
	w := settled(t)
	jo, al := w.parent(anne, "Mrs Jo Lee"), w.parent(anne, "Mr Al Lee")
	ann := w.pupil("Ann")
	step := func(what, want string, standing portal.Standing) {
		t.Helper()
		w.pass(time.Minute)
		if got := answers(w.decisions("Ann")); got != want {
			t.Errorf("%s: on record is %s, want %s", what, got, want)
		}
		if got := w.standing(ann, "website-pictures"); got != standing {
			t.Errorf("%s: the office reads %s, want %s", what, got, standing)
		}
	}
	yes, no := w.answering("Ann", portal.Given), w.answering("Ann", portal.Refused)

	step("before", "", portal.StandingWaiting)
	first := w.decide(jo, no)
	step("no", "refused(1)", portal.StandingRefused)
	if w.decide(jo, no) != first {
		t.Errorf("no twice is two answers")
	}
	w.decide(jo, yes)
	step("yes", "refused(1) given(1)", portal.StandingGiven)
	w.decide(jo, no)
	step("taken back", "refused(1) given(1) withdrawn(1)", portal.StandingWithdrawn)
	back := w.decisions("Ann")[2].ID
	if w.decide(jo, no) != back {
		t.Errorf("taking back twice is two answers")
	}
	w.decide(jo, yes)
	step("given again", "refused(1) given(1) withdrawn(1) given(1)", portal.StandingGiven)
	w.decide(al, no)
	step("the other says no", "refused(1) given(1) withdrawn(1) given(1) refused(1)", portal.StandingConflict)
	w.decide(al, yes)
	step("the other says yes", "refused(1) given(1) withdrawn(1) given(1) refused(1) given(1)", portal.StandingGiven)

	// A sibling and another purpose were not asked by it.
	if got := w.standing(w.pupil("Bo"), "website-pictures"); got != portal.StandingWaiting {
		t.Errorf("the sibling's standing is %s", got)
	}
	if got := w.standing(ann, "video-calls"); got != portal.StandingWaiting {
		t.Errorf("the other purpose's standing is %s", got)
	}

	// A child in care waits for the social worker, whatever is answered.
	tom := w.parent(anne, "Mr Tom Fay")
	w.decide(tom, w.answering("Dee", portal.Given))
	if got := w.standing(w.pupil("Dee"), "website-pictures"); got != portal.StandingHeld {
		t.Errorf("in care it is %s", got)
	}

	for _, a := range []portal.Answer{"", "yes", portal.Withdrawn, "GIVEN"} {
		f := yes
		f.Answer = a
		_, err := w.Decide(t.Context(), jo, f)
		wrong(t, err, "answer")
	}
	w.whole(7)
}

func TestNewEditionAsksAgain(t *testing.T) {
	w := settled(t)
	jo, al := w.parent(anne, "Mrs Jo Lee"), w.parent(anne, "Mr Al Lee")
	ann := w.pupil("Ann")
	oldSign, err := w.Sign(t.Context(), jo, w.signing("Ann"))
	w.ok(err)
	w.decide(jo, w.answering("Ann", portal.Given))
	if got := w.standing(ann, "website-pictures"); got != portal.StandingGiven {
		t.Fatalf("it is %s", got)
	}

	// A slip put right asks nobody again, once somebody has agreed that it is one.
	slip := school(anne, 1)
	for i, kind := range map[int]portal.Kind{0: portal.Agreement, 3: portal.Purpose} {
		was := slip.Texts[i]
		slip.Texts[i] = text(anne, kind, was.Slug, 1, ", put right")
		slip.Texts[i].Corrects, slip.Texts[i].Because = was.Hash, "A slip."
	}
	w.ok(w.SetSchools(t.Context(), []portal.School{slip}))
	lead := w.staff("lead@anne.example")
	for _, c := range w.waitingFor(lead) {
		w.ok(w.Agree(t.Context(), lead, anne, c.Was.Hash, c.Now.Hash))
	}
	v := w.child(jo, "Ann")
	if !v.Signing[0].Done() || !v.Purpose[1].Answered() || !w.standing(w.pupil("Ann"), v.Purpose[1].Text.Slug).Allowed() {
		t.Errorf("a correction took a signature or a consent away")
	}

	// A new edition asks everybody.
	w.ok(w.SetSchools(t.Context(), []portal.School{school(anne, 2)}))
	v = w.child(jo, "Ann")
	if v.Signing[0].Done() || v.Purpose[1].Answered() || v.ToDo() != 4 {
		t.Errorf("a new edition asks nobody")
	}
	if v.Purpose[1].Mine.Answer != portal.Given {
		t.Errorf("the earlier answer is not shown")
	}
	if got := w.standing(ann, "website-pictures"); got != portal.StandingWaiting {
		t.Errorf("it is %s", got)
	}
	newSign, err := w.Sign(t.Context(), jo, w.signing("Ann"))
	w.ok(err)
	if newSign == oldSign {
		t.Errorf("the new edition cannot be signed")
	}
	w.decide(jo, w.answering("Ann", portal.Given))
	if got := w.standing(ann, "website-pictures"); got != portal.StandingGiven {
		t.Errorf("it is %s", got)
	}

	// A no lives through a new edition, and stops the other's yes to it.
	w.decide(al, w.answering("Ann", portal.Refused))
	w.ok(w.SetSchools(t.Context(), []portal.School{school(anne, 3)}))
	if got := w.standing(ann, "website-pictures"); got != portal.StandingRefused {
		t.Errorf("it is %s", got)
	}
	w.decide(jo, w.answering("Ann", portal.Given))
	if got := w.standing(ann, "website-pictures"); got != portal.StandingConflict {
		t.Errorf("it is %s", got)
	}
	w.decide(al, w.answering("Ann", portal.Given))
	if got := w.standing(ann, "website-pictures"); got != portal.StandingGiven {
		t.Errorf("it is %s", got)
	}
	// A yes to an earlier edition that is then refused under this was taken back.
	w.ok(w.SetSchools(t.Context(), []portal.School{school(anne, 4)}))
	w.decide(al, w.answering("Ann", portal.Refused))
	if got := w.standing(ann, "website-pictures"); got != portal.StandingWithdrawn {
		t.Errorf("it is %s", got)
	}
	w.whole(8)
}

func TestReceipt(t *testing.T) {
	w := settled(t)
	jo, al := w.parent(anne, "Mrs Jo Lee"), w.parent(anne, "Mr Al Lee")
	signed, err := w.Sign(t.Context(), jo, w.signing("Ann"))
	w.ok(err)
	source := w.mustText(w.signing("Ann").Hash).Source
	w.pass(time.Hour)
	decided := w.decide(jo, w.answering("Ann", portal.Given))
	w.decide(al, w.answering("Ann", portal.Refused))

	r, err := w.Receipt(t.Context(), jo, signed)
	w.ok(err)
	if r.Act.TypedName != "Jo Lee" || r.Act.Answer != "" || r.Act.ID != signed || r.Text.Source != source || r.School.Slug != anne || r.Child.Pupil.Forename != "Ann" || r.Child.Contact.Name != "Mrs Jo Lee" {
		t.Errorf("the receipt is about %s", r.Text.Slug)
	}
	d, err := w.Receipt(t.Context(), jo, decided)
	w.ok(err)
	if d.Act.Answer != portal.Given || d.Act.TypedName != "" || d.Text.Slug != "website-pictures" {
		t.Errorf("the receipt is about %s", d.Text.Slug)
	}

	var head []byte
	check := func(p portal.Proof) (ledger.Checked, error) {
		t.Helper()
		file, err := json.Marshal(p)
		w.ok(err)
		return ledger.CheckReceipt(file, w.keys(), head, nil)
	}
	// A promise at once, and proof by the next head.
	if rec, err := check(r.Proof); err != nil || rec.Proved || rec.ID != signed {
		t.Errorf("the promise is of %+v: %v", rec, err)
	}
	w.publish()
	w.view(func(tx portal.Tx) (err error) {
		head, err = w.ledger.Head(tx)
		return err
	})
	r, err = w.Receipt(t.Context(), jo, signed)
	w.ok(err)
	d, err = w.Receipt(t.Context(), jo, decided)
	w.ok(err)
	rec, err := check(r.Proof)
	w.ok(err)
	if rec.ID != signed || rec.TypedName != "Jo Lee" || rec.TextHash != r.Act.TextHash || rec.Subject.ID != w.pupil("Ann") {
		t.Errorf("the proof is of %+v", rec)
	}
	if rec, err = check(d.Proof); err != nil || rec.Answer != portal.Given {
		t.Errorf("the proof is of %+v: %v", rec, err)
	}
	for name, spoil := range map[string]func(*portal.Proof){
		"another name":   func(p *portal.Proof) { p.Record = strings.Replace(p.Record, "Jo Lee", "Al Lee", 1) },
		"another time":   func(p *portal.Proof) { p.Record = strings.Replace(p.Record, "2026", "2025", 1) },
		"another text":   func(p *portal.Proof) { p.Text += "and your house\n" },
		"another salt":   func(p *portal.Proof) { p.Salt = bytes.Repeat([]byte{1}, 32) },
		"another place":  func(p *portal.Proof) { p.Index++ },
		"another record": func(p *portal.Proof) { p.Record = d.Proof.Record },
		"no head":        func(p *portal.Proof) { p.Head = "" },
	} {
		p := r.Proof
		spoil(&p)
		if _, err := check(p); err == nil {
			t.Errorf("%s: the receipt still proves something", name)
		}
	}
	// A receipt holds what its owner typed, and nothing else of the family's.
	for _, private := range []string{"Ann", "Mrs", "2017-09-01", "home.example"} {
		if strings.Contains(r.Proof.Record+r.Proof.Text, private) {
			t.Errorf("the receipt file holds %q", private)
		}
	}

	// Nobody else's, not even the other parent's of the same child.
	for _, who := range []string{al, w.parent(anne, "Ms Pia Poe"), w.account("new"), w.staff("office@anne.example"), w.staff("trust@example"), portal.Operator, ""} {
		_, err := w.Receipt(t.Context(), who, signed)
		is(t, err, portal.ErrNotFound)
		_, err = w.Receipt(t.Context(), who, decided)
		is(t, err, portal.ErrNotFound)
	}
	for _, id := range []string{"", "no such act", strings.ToLower(signed), "\x00", w.pupil("Ann")} {
		_, err := w.Receipt(t.Context(), jo, id)
		is(t, err, portal.ErrNotFound)
	}

	// The wording is the one that was signed, whatever has come since.
	w.ok(w.SetSchools(t.Context(), []portal.School{school(anne, 2)}))
	w.reopen()
	if r, err = w.Receipt(t.Context(), jo, signed); err != nil || r.Text.Source != source || r.Text.Edition != 1 {
		t.Errorf("after a new edition: %v", err)
	}
	w.view(func(tx portal.Tx) (err error) {
		head, err = w.ledger.Head(tx)
		return err
	})
	// Once the child has left, the receipts are still the parent's.
	w.register(anne, change(func(r *portal.ClassListRow) bool { return r.Surname != "Lee" }), true)
	if r, err = w.Receipt(t.Context(), jo, signed); err != nil {
		t.Errorf("after leaving: %v", err)
	} else if _, err := check(r.Proof); err != nil {
		t.Errorf("after leaving: %v", err)
	}
	_, err = w.Sign(t.Context(), jo, portal.SignForm{Pupil: r.Act.Subject.ID, Agreement: "parents-aup", Hash: w.hash(anne, portal.Agreement, "parents-aup"), Name: "Jo Lee", Agreed: true})
	is(t, err, portal.ErrLeft)
	// A court order takes them away from whoever is barred.
	w.register(anne, change(func(r *portal.ClassListRow) bool {
		r.CourtOrder = r.CourtOrder || r.ContactName == "Mrs Jo Lee"
		return true
	}), false)
	_, err = w.Receipt(t.Context(), jo, signed)
	is(t, err, portal.ErrNotFound)
}

func (w *world) mustText(hash string) (x portal.Text) {
	w.t.Helper()
	w.view(func(tx portal.Tx) (err error) {
		x, err = tx.Text(anne, hash)
		return err
	})
	return x
}
