package portal_test

import (
	"slices"
	"testing"

	"schoolgate/portal"
)

// The parents of a child who has left still read what they decided and say no; they
// sign nothing and give no new yes. A no of theirs counts in the list of leavers.
func TestParentsOfLeavers(t *testing.T) {
	w := settled(t)
	jo, al := w.parent(anne, "Mrs Jo Lee"), w.parent(anne, "Mr Al Lee")
	ann, pictures := w.pupil("Ann"), w.hash(anne, portal.Purpose, "website-pictures")
	form := func(a portal.Answer) portal.DecideForm {
		return portal.DecideForm{Pupil: ann, Purpose: "website-pictures", Hash: pictures, Answer: a, Language: "en-GB"}
	}
	_, err := w.Decide(t.Context(), jo, form(portal.Given))
	w.ok(err)
	signed, err := w.Sign(t.Context(), jo, portal.SignForm{Pupil: ann, Agreement: "parents-aup", Hash: w.hash(anne, portal.Agreement, "parents-aup"), Name: "Jo Lee", Agreed: true})
	w.ok(err)
	standing := func(left bool) (all []portal.Standing) {
		w.ok(w.ReadRegister(t.Context(), portal.Operator, anne, portal.Filter{Left: left, Purposes: []string{"website-pictures"}}, func(portal.List) error { return nil }, func(r portal.ListRow) error {
			if r.Pupil.ID == ann {
				all = append(all, r.Standings[0])
			}
			return nil
		}))
		return all
	}
	stands := func(got []portal.Standing, want ...portal.Standing) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("stands %v, want %v", got, want)
		}
	}
	stands(standing(false), portal.StandingGiven)
	stands(standing(true))

	w.register(anne, change(func(r *portal.ClassListRow) bool { return r.Surname != "Lee" }), true)
	stands(standing(false))
	stands(standing(true), portal.StandingGiven)

	// Another edition is not put to them: they see the words that they had.
	w.ok(w.SetSchools(t.Context(), []portal.School{school(anne, 2)}))
	v, err := w.Child(t.Context(), jo, ann)
	w.ok(err)
	if v.ToDo() != 0 || len(v.Signing) != 1 || v.Signing[0].Signed.ID != signed || v.Signing[0].Text.Edition != 1 {
		t.Errorf("%d to do, signed %v", v.ToDo(), v.Signing)
	}
	if p := v.Purpose[1]; p.Text.Slug != "website-pictures" || p.Text.Hash != pictures || p.Mine.Answer != portal.Given {
		t.Errorf("the purpose is of edition %d", p.Text.Edition)
	}

	_, err = w.Sign(t.Context(), jo, portal.SignForm{Pupil: ann, Agreement: "home-school-agreement", Hash: w.hash(anne, portal.Agreement, "home-school-agreement"), Name: "Jo Lee", Agreed: true})
	is(t, err, portal.ErrLeft)
	_, err = w.Decide(t.Context(), al, form(portal.Given))
	is(t, err, portal.ErrLeft)
	_, err = w.Decide(t.Context(), jo, form(portal.Refused))
	w.ok(err)
	stands(standing(true), portal.StandingWithdrawn)
	_, err = w.Decide(t.Context(), al, form(portal.Refused)) // who had not answered before
	w.ok(err)
	_, err = w.Decide(t.Context(), jo, form(portal.Given))
	is(t, err, portal.ErrLeft)

	// Whoever is barred stays barred.
	w.ok(w.db.Update(t.Context(), func(tx portal.Tx) error {
		return tx.PutRestriction(portal.Restriction{ID: "r", Link: portal.Link{PupilID: ann, ContactID: w.contact(anne, "Mr Al Lee")}, Takes: portal.MaySee, Since: w.now})
	}))
	_, err = w.Child(t.Context(), al, ann)
	is(t, err, portal.ErrNotFound)
	_, err = w.Decide(t.Context(), al, form(portal.Refused))
	is(t, err, portal.ErrNotFound)
}
