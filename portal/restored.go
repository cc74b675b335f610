package portal

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"
)

// Restored is what a database that was put back from an old copy may have brought with
// it. Only the operator asks for it, while nothing serves.
type Restored struct {
	Last    time.Time // of the last head that this copy knows
	Schools []RestoredSchool
}

// RestoredSchool counts what holds again at one school, whatever became of it since.
type RestoredSchool struct {
	Slug    string
	Letters int // whose codes work
	Joined  int // contacts
	Barred  int // from something about a child
	Shown   int // pictures on the website
}

// Restored says what the database has that may have ended since the copy was made.
func (p *Portal) Restored(ctx context.Context) (r Restored, err error) {
	err = p.store.View(ctx, func(tx Tx) error {
		last, err := tx.LedgerHead()
		if err != nil {
			return err
		}
		r = Restored{Last: last.At}
		schools, err := tx.Schools()
		if err != nil {
			return err
		}
		for _, s := range schools {
			codes, err := tx.OpenInvitations(s.Slug)
			if err != nil {
				return err
			}
			joined, err := tx.JoinedContacts(s.Slug)
			if err != nil {
				return err
			}
			links, err := tx.Responsibilities(s.Slug)
			if err != nil {
				return err
			}
			pictures, err := tx.Pictures(s.Slug)
			if err != nil {
				return err
			}
			found := RestoredSchool{Slug: s.Slug, Letters: len(codes), Joined: len(joined)}
			for _, l := range links {
				if l.Barred != 0 {
					found.Barred++
				}
			}
			for _, x := range pictures {
				if x.onSite() {
					found.Shown++
				}
			}
			r.Schools = append(r.Schools, found)
		}
		return nil
	})
	return r, err
}

// EndAccess ends every session and every letter's code, and takes every picture off the
// website: after a database was put back from an old copy nobody knows which of them had
// ended, and who has said no since. The office puts pictures back one by one.
func (p *Portal) EndAccess(ctx context.Context) error {
	return p.store.Update(ctx, func(tx Tx) error {
		if err := tx.DeleteSessionsBefore(p.now().AddDate(100, 0, 0)); err != nil {
			return err
		}
		schools, err := tx.Schools()
		if err != nil {
			return err
		}
		for _, s := range schools {
			pictures, err := tx.Pictures(s.Slug)
			if err != nil {
				return err
			}
			for _, x := range pictures {
				if !x.onSite() {
					continue
				}
				x.Taken = p.now()
				if err := tx.PutPicture(x); err != nil {
					return err
				}
			}
			codes, err := tx.OpenInvitations(s.Slug)
			if err != nil {
				return err
			}
			for _, i := range codes {
				if err := tx.UseInvitation(i.ID, p.now()); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// Erasure is one transaction of a run that erased what had had its time.
type Erasure struct {
	At     time.Time // UTC
	School string    // or [TrustWide]
	Of     Tally
}

// Erasures is what was ever erased, the oldest first. A database that was restored from
// an old copy does not know the later ones.
func (p *Portal) Erasures(ctx context.Context) (all []Erasure, err error) {
	err = p.store.View(ctx, func(tx Tx) error {
		all = nil
		acts, err := tx.Events(EventFilter{Kind: Erased, Most: math.MaxInt32})
		if err != nil {
			return err
		}
		for _, a := range slices.Backward(acts) {
			n, err := erasedTally(a)
			if err != nil {
				return err
			}
			all = append(all, Erasure{At: a.At.UTC(), School: a.School, Of: n})
		}
		return nil
	})
	return all, err
}

// erasedTally is how many of which kind an event says were erased.
func erasedTally(a Act) (Tally, error) {
	var said map[string]any
	if err := json.Unmarshal([]byte(a.Details), &said); err != nil {
		return nil, fmt.Errorf("%v: %w", a, err)
	}
	of := Tally{}
	for _, kind := range KeptKinds {
		if n, ok := said[kind].(float64); ok {
			of[kind] = int(n)
		}
	}
	return of, nil
}
