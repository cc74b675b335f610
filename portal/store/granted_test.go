package store_test

import (
	"errors"
	"testing"
	"time"

	"schoolgate/portal"
)

// A grant is kept whole; the same is not given twice while it lasts, and goes with the pupil.
func TestGrantsOfAccess(t *testing.T) {
	onBoth(t, func(t *testing.T, f *fixture) {
		f.must(register)
		g := portal.Grant{ID: "g", School: "oak", Holder: portal.Ref{Kind: portal.RefPupil, ID: "p-ann"}, What: "device", Item: "Tablet 1", Given: portal.Step{By: "a-1", At: noon},
			Rests: []portal.Rested{{Act: "s-1", By: portal.RefPupil, Slug: "pupils", Title: "Ours", Edition: 2, Hash: "x", Seq: 1, Party: "p-ann", On: "2026-11-21"}}}
		other := g
		other.ID, other.Holder, other.Why, other.Given.At = "h", portal.Ref{Kind: portal.RefStaff, ID: "a@oak.example"}, "New", noon.Add(time.Hour)
		f.must(func(tx portal.Tx) error { return errors.Join(tx.PutGrant(other), tx.PutGrant(g)) })
		again := g
		again.ID = "again"
		if err := f.update(func(tx portal.Tx) error { return tx.PutGrant(again) }); !errors.Is(err, portal.ErrConflict) {
			t.Errorf("given twice: %v", err)
		}
		g.Reviewed, g.Ended = portal.Step{By: "a-2", At: noon}, portal.Step{By: "a-3", At: noon}
		f.must(func(tx portal.Tx) error { return errors.Join(tx.PutGrant(g), tx.PutGrant(again)) })
		f.see(func(tx portal.Tx) error {
			all, err := tx.Grants("oak")
			same(t, all, err, []portal.Grant{again, g, other})
			all, err = tx.Grants("elm")
			same(t, all, err, nil)
			return nil
		})
		f.must(func(tx portal.Tx) error { return errors.Join(tx.EraseGrant("again"), tx.ErasePupil("p-ann")) })
		f.see(func(tx portal.Tx) error {
			all, err := tx.Grants("oak")
			same(t, all, err, []portal.Grant{other})
			return nil
		})
	})
}
