package portal_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"schoolgate/portal"
)

// access is the record as somebody reads it: "Bo Lee network stands, …".
func (w *world) access(account, show string) string {
	w.t.Helper()
	v, err := w.AccessRecord(w.t.Context(), account, anne, portal.AccessFilter{Show: show})
	w.ok(err)
	var all []string
	for _, r := range v.Rows {
		all = append(all, r.Name+" "+r.What+" "+r.State)
	}
	return strings.Join(all, ", ")
}

func gave(g portal.Giving) string {
	s := strings.Join(g.Given, ", ")
	for _, x := range g.Left {
		s += "; " + x.Name + ": " + x.Why
	}
	return s
}

// Row S5: a class is given a login. Who has not signed is named and left out, and the head
// alone gives it all the same, and says why.
func TestAccessRestsOnSignatures(t *testing.T) {
	w, ctx := signers(t), t.Context()
	office, teacher := w.staff("office@anne.example"), w.staff("teacher@anne.example")
	give := func(account string, f portal.GiveForm) string {
		t.Helper()
		g, err := w.GiveAccess(ctx, account, anne, f)
		if err != nil {
			return problemsOf(err)
		}
		return gave(g)
	}
	class := portal.GiveForm{What: "network", Group: "2M"}
	amir, bo := w.pupil("Amir"), w.pupil("Bo")
	w.ok(w.SignedOnPaper(ctx, teacher, anne, "2M", []string{bo}))
	if got := give(office, class); !strings.HasPrefix(got, "Bo Lee; ") || strings.Count(got, "not signed: ‘Title of pupils-ks2’") != 3 {
		t.Errorf("a class of which one has signed: %q", got)
	}
	if got := give(office, class); !strings.HasPrefix(got, "; ") || !strings.Contains(got, "Bo Lee: has it already") {
		t.Errorf("given again: %q", got)
	}
	one := portal.GiveForm{What: "device", Item: "Tablet 7", Pupil: amir, Why: "Speaks through it"}
	for _, who := range []string{"office@anne.example", "business@anne.example"} {
		_, err := w.GiveAccess(ctx, w.staff(who), anne, one)
		is(t, err, portal.ErrForbidden)
	}
	if got := give(w.staff(head), one); !strings.HasPrefix(got, "Amir ") {
		t.Errorf("the head gives it without a signature: %q", got)
	}
	for _, f := range []portal.GiveForm{{What: "network"}, {What: "gold", Group: "2M"}, {What: "network", Group: "2M", Year: "3"}, {What: "device", Group: "2M"}, {What: "network", Group: "9Z"}, {What: "network", Staff: "nobody@anne.example"}} {
		if g, err := w.GiveAccess(ctx, office, anne, f); problemsOf(err) == "" {
			t.Errorf("%+v: %v", f, g)
		}
	}

	// Of staff, too; who has never signed in is left out.
	if got := give(office, portal.GiveForm{What: "email", Staff: "teacher@anne.example"}); !strings.Contains(got, "not signed: ‘Title of staff-aup’") {
		t.Errorf("a teacher who has not signed: %q", got)
	}
	w.ok(w.SignOwn(ctx, teacher, anne, portal.SignForm{Agreement: "staff-aup", Hash: w.ownSigning("", "staff-aup", "").Hash, Name: "Tea Cher", Agreed: true, Language: "en-GB"}))
	if got := give(office, portal.GiveForm{What: "email", Staff: "Teacher@anne.example"}); got != "teacher@anne.example" {
		t.Errorf("one who has: %q", got)
	}
	if got := give(office, portal.GiveForm{What: "email", Staff: "office@anne.example"}); !strings.Contains(got, "a colleague") {
		t.Errorf("to oneself: %q", got)
	}
	if got := w.access(office, ""); got != "teacher@anne.example email stands, Bo Lee network stands, Amir Kay device waived" && got != "teacher@anne.example email stands, Bo Lee network stands, Amir Khan device waived" {
		t.Errorf("the record: %q", got)
	}
	var file []string
	var head []string
	w.ok(w.ExportAccess(ctx, office, anne, portal.AccessFilter{What: "email"}, func(l portal.List) error { head = l.Further; return nil }, func(r portal.ListRow) error {
		file = append(append(file, r.Pupil.Surname), r.Further...)
		return nil
	}))
	if got := strings.Join(file, "|"); got != "teacher@anne.example|email||5 October 2026|office@anne.example|Title of staff-aup, edition 1, signed on 5 October 2026|Stands|||" || len(head) != 9 {
		t.Errorf("the file has %q under %q", got, head)
	}
	record, err := w.PersonDossier(ctx, w.staff("lead@anne.example"), anne, portal.Ref{Kind: portal.RefPupil, ID: bo})
	w.ok(err)
	if b, err := json.Marshal(record); err != nil || !strings.Contains(string(b), "Devices and logins") || strings.Contains(string(b), "office@") {
		t.Errorf("what is held of a pupil says of it %s, %v", b, err)
	}
}

// Rows S5, S7: a signature that is taken back, and a wording that comes in another edition,
// leave in the record what access rested on and say that it no longer stands; a new
// signature makes it stand again.
func TestAccessAfterASignature(t *testing.T) {
	w, ctx := signers(t), t.Context()
	office, teacher := w.staff("office@anne.example"), w.staff("teacher@anne.example")
	bo := w.pupil("Bo")
	sign := func() { w.ok(w.SignedOnPaper(ctx, teacher, anne, "2M", []string{bo})) }
	sign()
	g, err := w.GiveAccess(ctx, office, anne, portal.GiveForm{What: "network", Pupil: bo})
	if err != nil || gave(g) != "Bo Lee" {
		t.Fatal(gave(g), err)
	}
	for _, step := range []struct {
		name  string
		do    func()
		state string
		basis int // signatures it rested on that still stand
	}{
		{"as it was given", func() {}, portal.GrantStands, 1},
		{"taken back", func() { w.ok(w.TakeBack(ctx, teacher, anne, bo, "pupils-ks1")) }, portal.GrantLacks, 0},
		{"signed anew", sign, portal.GrantNewer, 0},
		{"another edition", func() {
			s, err := w.School(ctx, anne)
			w.ok(err)
			i := slices.IndexFunc(s.Texts, func(t portal.Text) bool { return t.Slug == "pupils-ks1" })
			s.Texts[i] = own("pupils-ks1", portal.ForPupils, 2, portal.Reception, 1, 2)
			w.ok(w.SetSchools(ctx, []portal.School{s}))
		}, portal.GrantLacks, 0},
		{"signed late", sign, portal.GrantNewer, 0},
	} {
		w.pass(time.Hour)
		step.do()
		v, err := w.AccessRecord(ctx, office, anne, portal.AccessFilter{})
		w.ok(err)
		r, stand := v.Rows[0], 0
		for _, x := range r.Rests {
			if x.Stands {
				stand++
			}
		}
		if r.State != step.state || stand != step.basis || !strings.HasPrefix(r.Basis(), "Title of pupils-ks1, edition 1, signed on 5 October 2026") {
			t.Errorf("%s: %q, %d stand: %s", step.name, r.State, stand, r.Basis())
		}
	}
	// Of the youngest, who sign nothing, it rests on a parent's.
	jo := w.parent(anne, "Mrs Jo Lee")
	s, err := w.School(ctx, anne)
	w.ok(err)
	s.Texts = slices.DeleteFunc(s.Texts, func(t portal.Text) bool { return t.Slug == "pupils-ks1" })
	w.ok(w.SetSchools(ctx, []portal.School{s}))
	if got := w.access(office, "lacking"); got != "Bo Lee network lacks" {
		t.Errorf("nobody has signed for the youngest: %q", got)
	}
	w.sign(jo, "Bo")
	if got := w.access(office, ""); got != "Bo Lee network newer" {
		t.Errorf("a parent has: %q", got)
	}
}

// Rows S5, S6: what those who have left still have is a list to work through; each term
// somebody looks, who does not give access by the same role alone; what has ended goes in time.
func TestAccessIsLookedThrough(t *testing.T) {
	w, ctx := signers(t), t.Context()
	office, lead, business := w.staff("office@anne.example"), w.staff("lead@anne.example"), w.staff("business@anne.example")
	w.ok(w.SignedOnPaper(ctx, w.staff("teacher@anne.example"), anne, "2M", []string{w.pupil("Bo"), w.pupil("Zoë")}))
	_, err := w.GiveAccess(ctx, office, anne, portal.GiveForm{What: "network", Group: "2M"})
	w.ok(err)
	_, err = w.GiveAccess(ctx, w.staff(head), anne, portal.GiveForm{What: "email", Staff: "lead@anne.example", Why: "Begins tomorrow"})
	w.ok(err)
	ids := func(show string) (all []string) {
		v, err := w.AccessRecord(ctx, office, anne, portal.AccessFilter{Show: show})
		w.ok(err)
		for _, r := range v.Rows {
			all = append(all, r.ID)
		}
		return all
	}
	if got := w.waits(lead, portal.TaskAccess); got != 0 {
		t.Errorf("in the term in which it was given %d wait to be looked through", got)
	}
	w.now = time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	if got := w.waits(lead, portal.TaskAccess); got != 3 {
		t.Errorf("in the next term %d wait", got)
	}
	is(t, w.ChangeAccess(ctx, office, anne, ids("review"), false), portal.ErrForbidden)
	if got := problemsOf(w.ChangeAccess(ctx, lead, anne, ids("review"), false)); !strings.Contains(got, "your own") || len(ids("review")) != 3 {
		t.Errorf("the lead looks through their own: %q", got)
	}
	w.ok(w.ChangeAccess(ctx, business, anne, ids("review"), false))
	if got := w.waits(lead, portal.TaskAccess); got != 0 {
		t.Errorf("once looked through %d wait", got)
	}
	is(t, w.ChangeAccess(ctx, business, anne, []string{"nothing"}, false), portal.ErrNotFound)

	rows := change(func(r *portal.ClassListRow) bool { return r.Forename != "Bo" })
	w.register(anne, rows, true)
	if got, n := w.access(office, "left"), w.waits(office, portal.TaskGone); n != 2 || got != "Zoë O’Dowd network lacks, Bo Lee network lacks" && got != "Bo Lee network lacks, Zoë O’Dowd network lacks" {
		t.Errorf("two have left: %q, %d wait", got, n)
	}
	w.ok(w.ChangeAccess(ctx, office, anne, ids("left"), true))
	if n := w.waits(office, portal.TaskGone); n != 0 || len(ids("ended")) != 2 {
		t.Errorf("taken back, %d wait and %d have ended", n, len(ids("ended")))
	}
	w.ok(w.ChangeAccess(ctx, office, anne, ids(""), true))
	w.now = w.now.AddDate(0, usualKeep.Events+1, 0)
	s, err := w.School(ctx, anne)
	w.ok(err)
	s.Periods = usualKeep
	w.ok(w.SetSchools(ctx, []portal.School{s}))
	w.ok(w.ClockIsRight(ctx))
	gone, err := w.Erase(ctx, portal.Operator, anne)
	if err != nil || gone[portal.KeptAccess] != 3 || len(ids("ended")) != 0 {
		t.Errorf("erased %v, %v; %d are left", gone, err, len(ids("ended")))
	}
	if got := fmt.Sprint(portal.Grant{ID: "x", Holder: portal.Ref{ID: "lead@anne.example"}}); strings.Contains(got, "lead@") {
		t.Errorf("a log would have %s", got)
	}
}
