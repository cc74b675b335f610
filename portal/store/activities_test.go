package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"schoolgate/portal"
)

// An activity is kept whole; those of a school come with what begins last first.
func TestActivities(t *testing.T) {
	onBoth(t, func(t *testing.T, f *fixture) {
		f.must(register)
		year := portal.Year(4)
		x := portal.Activity{ID: "x", School: "oak", Begins: noon, Ends: noon.Add(time.Hour), Pupils: []string{"p-ann"}, Proposed: portal.Step{By: "a-1", At: noon},
			Plan: portal.Plan{Title: "A call", Asked: []portal.Worded{{Slug: photos.Slug, Hash: photos.Hash}}, Whom: portal.Roll{Year: &year}, Supervision: "Somebody", Risk: "Low"}}
		later := x
		later.ID, later.Begins, later.Ends, later.Plan.Whom = "y", noon.Add(time.Hour), noon.Add(2*time.Hour), portal.Roll{IDs: []string{"p-ann"}}
		f.must(func(tx portal.Tx) error { return errors.Join(tx.PutActivity(x), tx.PutActivity(later)) })
		later.Answer, later.Decided, later.Done, later.Kept, later.KeptUntil = "approved", portal.Step{By: "a-1", At: noon}, "Done", "There", "2026-12-01"
		later.Closed, later.Deleted = portal.Step{By: "a-1", At: noon}, portal.Step{By: "a-1", At: noon}
		f.must(func(tx portal.Tx) error { return tx.PutActivity(later) })
		f.see(func(tx portal.Tx) error {
			all, err := tx.Activities("oak")
			same(t, all, err, []portal.Activity{later, x})
			one, err := tx.Activity("oak", "y")
			same(t, one, err, later)
			all, err = tx.Activities("elm")
			same(t, all, err, nil)
			one, err = tx.Activity("elm", "y")
			missing(t, one, err)
			return nil
		})
		f.must(func(tx portal.Tx) error { return tx.EraseActivity("y") })
		f.see(func(tx portal.Tx) error {
			all, err := tx.Activities("oak")
			same(t, all, err, []portal.Activity{x})
			return nil
		})
	})
}

// A roll picks of those on roll alone, by year, class and id together; each with all that
// a standing is computed from.
func TestEachPupilOf(t *testing.T) {
	onBoth(t, func(t *testing.T, f *fixture) {
		f.must(register)
		left := ann
		left.ID, left.UPN, left.Left = "p-gone", "", noon
		f.must(func(tx portal.Tx) error {
			return errors.Join(tx.PutPupil(left), tx.AddAct(decision("d-1", 1, portal.Given)))
		})
		year, other := ann.Year, portal.Year(13)
		for _, c := range []struct {
			of   portal.Roll
			want string
		}{
			{portal.Roll{IDs: []string{"p-ann"}}, "p-ann 2 1"},
			{portal.Roll{IDs: []string{"p-ann", "p-gone", "nobody"}}, "p-ann 2 1"},
			{portal.Roll{IDs: []string{}}, ""},
			{portal.Roll{Group: ann.Group, IDs: []string{"p-ann"}}, "p-ann 2 1"},
			{portal.Roll{Year: &year, Group: ann.Group, IDs: []string{"p-ann"}}, "p-ann 2 1"},
			{portal.Roll{Year: &other}, ""},
			{portal.Roll{Group: "no such class"}, ""},
		} {
			f.see(func(tx portal.Tx) error {
				var got []string
				err := tx.EachPupilOf("oak", c.of, func(r *portal.PupilFile) error {
					got = append(got, fmt.Sprintf("%s %d %d", r.Pupil.ID, len(r.Responsibilities), len(r.Acts)))
					return nil
				})
				if err != nil || strings.Join(got, ", ") != c.want {
					t.Errorf("%v: %q, %v, wanted %q", c.of, got, err, c.want)
				}
				return err
			})
		}
	})
}
