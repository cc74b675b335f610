package portal_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"schoolgate/portal"
)

// A person's record holds all that is theirs, and nothing of anybody else's: not the
// other parent's name, address or answer; not a child whom they may not see.
func TestDossiers(t *testing.T) {
	w := waiting(t)
	jo, al := w.parent(anne, "Mrs Jo Lee"), w.parent(anne, "Mr Al Lee")
	f := w.signing("Ann")
	_, err := w.Sign(t.Context(), jo, f)
	w.ok(err)
	w.decide(jo, w.answering("Ann", portal.Given))
	w.decide(al, w.answering("Ann", portal.Refused))
	read := func(d portal.Dossier, err error) string {
		t.Helper()
		w.ok(err)
		b, err := json.Marshal(d)
		w.ok(err)
		return string(b)
	}
	office := w.staff("office@anne.example")
	if _, err := w.writes(w.today(), portal.SlipAnswer{Field: "x", Ref: w.slip("Mrs Jo Lee", "Ann", "home-school-agreement").Ref, Answer: portal.Given}); err != nil {
		t.Fatal(err)
	}
	of := func(kind portal.RefKind, id string) string {
		t.Helper()
		return read(w.PersonDossier(t.Context(), office, anne, portal.Ref{Kind: kind, ID: id}))
	}
	w.ok(w.Restrict(t.Context(), w.staff("lead@anne.example"), anne, portal.RestrictForm{Link: portal.Link{PupilID: w.pupil("Ann"), ContactID: w.contact(anne, "Mr Al Lee")}, Takes: portal.MayBeWrittenTo, Why: "the mother asked"}))
	w.ok(w.ConfirmJoins(t.Context(), w.staff("lead@anne.example"), anne, w.contact(anne, "Mrs Jo Lee")))
	gran, max := w.contact(anne, "Mrs Gran Lee"), w.contact(anne, "Mr Max Stone")
	for name, c := range map[string]struct {
		is         string
		has, lacks []string
	}{
		"her own": {read(w.OwnDossier(t.Context(), jo)), []string{"Mrs Jo Lee", "mrs.jo.lee@", "Ann Lee", "Bo Lee", `"You said yes"`, "Jo Lee", "google", "joined", `"you"`}, []string{"Al Lee", "al.lee", "You said no", "Gran", "Stone", "office@"}},
		"his own, of whom the office has not made sure": {read(w.OwnDossier(t.Context(), al)), []string{"Mr Al Lee", `"You said no"`, "made sure that it was you"}, []string{"al.lee@", "Jo Lee", "jo.lee", "You said yes", "parents-aup", "restriction", "What was done", "Letters with a code", "Mail to"}},
		"hers, by the office":                           {of(portal.RefContact, w.contact(anne, "Mrs Jo Lee")), []string{"Mrs Jo Lee", "Ann Lee", `"You said yes"`}, []string{"Al Lee", "You said no", "Stone", "office@"}},
		"a grandmother's":                               {of(portal.RefContact, gran), []string{"Mrs Gran Lee", "gran.lee@"}, []string{"Jo Lee", "Al Lee", "You said"}},
		"a barred man's":                                {of(portal.RefContact, max), []string{"Mr Max Stone"}, []string{"Ann Lee", "Jo Lee", "4K", "You said", "restriction"}},
		"the child's":                                   {of(portal.RefPupil, w.pupil("Ann")), []string{"Ann", "1 September 2017", "4K", "A1"}, []string{"Jo Lee", "Al Lee", "Stone", "You said", "@home", "restriction", "one more child was added", "answer written"}},
		"of a stranger's own":                           {read(w.OwnDossier(t.Context(), w.account("nobody"))), []string{"google"}, []string{"Lee"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, s := range c.has {
				if !strings.Contains(c.is, s) {
					t.Errorf("no %s in %s", s, c.is)
				}
			}
			for _, s := range c.lacks {
				if strings.Contains(c.is, s) {
					t.Errorf("%s in %s", s, c.is)
				}
			}
		})
	}
	// Who may, and that it is on record.
	ann := portal.Ref{Kind: portal.RefPupil, ID: w.pupil("Ann")}
	for account, want := range map[string]error{w.staff("teacher@anne.example"): portal.ErrForbidden, w.staff("office@bede.example"): portal.ErrNotFound, jo: portal.ErrNotFound, w.staff("lead@anne.example"): nil} {
		_, err := w.PersonDossier(t.Context(), account, anne, ann)
		is(t, err, want)
	}
	_, err = w.PersonDossier(t.Context(), w.staff("office@bede.example"), bede, ann)
	is(t, err, portal.ErrNotFound)
	_, err = w.PersonDossier(t.Context(), office, anne, portal.Ref{Kind: portal.RefAccount, ID: jo})
	is(t, err, portal.ErrNotFound)
	events, err := w.Events(t.Context(), portal.Operator, anne, ann.ID)
	w.ok(err)
	if n := len(slices.DeleteFunc(events, func(e portal.Event) bool { return e.Kind != portal.DossierShown })); n != 2 {
		t.Errorf("%d events say that it was shown", n)
	}
}
