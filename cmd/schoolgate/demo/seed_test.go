package demo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"schoolgate/content"
	"schoolgate/portal"
	"schoolgate/portal/ledger"
	"schoolgate/portal/store"
)

// countingStore counts what has been made durable.
type countingStore struct {
	portal.Store
	updates int
}

func (s *countingStore) Update(ctx context.Context, f func(portal.Tx) error) error {
	s.updates++
	return s.Store.Update(ctx, f)
}

// textsOf are as many texts as the starter has, under its slugs, each for whom
// the starter has it.
func textsOf(t *testing.T, school string) (texts []portal.Text) {
	for _, from := range []struct {
		dir  string
		kind portal.Kind
	}{{"agreements", portal.Agreement}, {"consents", portal.Purpose}} {
		files, err := fs.Glob(content.FS, from.dir+"/*.md")
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			text, err := fs.ReadFile(content.FS, f)
			if err != nil {
				t.Fatal(err)
			}
			if from.kind == portal.Purpose && strings.Contains(string(text), "\nonly = ") {
				continue // not asked at every school
			}
			audience := portal.ForParents
			if _, after, ok := strings.Cut(string(text), "\nfor = \""); ok {
				who, _, _ := strings.Cut(after, "\"")
				audience = portal.Audience(who)
			}
			slug := strings.TrimSuffix(filepath.Base(f), ".md")
			sum := sha256.Sum256([]byte(school + f))
			texts = append(texts, portal.Text{
				School: school, Kind: from.kind, Audience: audience, Slug: slug, Title: slug, Edition: 1, Hash: hex.EncodeToString(sum[:]), Source: school + f,
				HTML: "<p>", Path: "/" + school + "/" + slug + "/", Published: today.AddDate(0, -6, 0), Summary: "s", Statement: "s", Question: "q", IfGiven: "g", IfRefused: "r",
			})
		}
	}
	return texts
}

// seededDemo is a portal after [Fill], and its figures.
func seededDemo(t *testing.T, today time.Time) (p *portal.Portal, updates int, times []time.Time) {
	t.Helper()
	ctx := t.Context()
	db, err := store.Open(ctx, filepath.Join(t.TempDir(), "demo.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	sealed, err := ledger.Open(ctx, db, filepath.Join(t.TempDir(), "ledger.key"), today)
	if err != nil {
		t.Fatal(err)
	}
	now := today
	counted := &countingStore{Store: db}
	p = portal.New(counted, sealed, Staff(), func() time.Time { return now })
	var all []portal.School
	for _, s := range schools {
		all = append(all, portal.School{Slug: s.slug, Name: s.slug, ShortName: s.slug, Texts: textsOf(t, s.slug)})
	}
	if err := p.SetSchools(ctx, all); err != nil {
		t.Fatal(err)
	}
	counted.updates = 0
	began := time.Now()
	err = Fill(ctx, p, func(at time.Time) { now, times = at, append(times, at) }, "http://localhost/demo-identity", today)
	if err != nil {
		t.Fatal(err)
	}
	now, updates = today, counted.updates
	t.Logf("%s: %d durable operations in %v", today.Format(time.DateOnly), updates, time.Since(began).Round(time.Millisecond))
	return p, updates, times
}

func TestSeedDemo(t *testing.T) {
	p, updates, times := seededDemo(t, today)
	ctx := t.Context()
	if updates > 3000 {
		t.Errorf("%d durable operations, want at most 3000", updates)
	}
	if !slices.IsSortedFunc(times, time.Time.Compare) || times[0].Before(time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)) || times[len(times)-1].After(today) {
		t.Errorf("the clock went from %v to %v, and has to move on from 1 September to today", times[0], times[len(times)-1])
	}

	// The office's list: every standing, the classes unlike each other.
	for _, s := range schools {
		counts, waiting := map[portal.Standing]int{}, map[string]int{}
		var all, answered int
		err := p.ReadRegister(ctx, portal.Operator, s.slug, portal.Filter{}, func(portal.List) error { return nil }, func(r portal.ListRow) error {
			all++
			for _, standing := range r.Standings {
				counts[standing]++
			}
			if slices.Contains(r.Signed, true) || slices.ContainsFunc(r.Standings, func(s portal.Standing) bool { return s != portal.StandingWaiting }) {
				answered++
			}
			if r.Standings[0] == portal.StandingWaiting {
				waiting[r.Pupil.Group]++
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d of %d pupils answered for; %v; waiting for the first: %v", s.slug, answered, all, counts, waiting)
		if share := float64(answered) / float64(all); share < 0.5 || share > 0.7 {
			t.Errorf("%s: %.0f%% of pupils are answered for, want about 60%%", s.slug, 100*share)
		}
		for _, standing := range portal.Standings {
			if only := map[portal.Standing]string{portal.StandingHeld: "st-osrics-junior", portal.StandingUnread: "fernlow-primary", portal.StandingPupil: "nowhere", portal.StandingNotAsked: "nowhere"}[standing]; counts[standing] == 0 && (only == "" || only == s.slug) {
				t.Errorf("%s: nobody is %s", s.slug, standing)
			}
		}
		few, many := 100, 0
		for _, n := range waiting {
			few, many = min(few, n), max(many, n)
		}
		if len(waiting) != len(strings.Fields(s.groups)) || many-few < 4 {
			t.Errorf("%s: the classes are too much alike: %v", s.slug, waiting)
		}
	}

	checkDemoPeople(t, p)
}

// checkDemoPeople holds what the README says there is to see as each parent.
func checkDemoPeople(t *testing.T, p *portal.Portal) {
	t.Helper()
	ctx := t.Context()
	forParents := 0
	for _, t := range textsOf(t, "") {
		if t.Audience == portal.ForParents {
			forParents++
		}
	}
	for _, d := range People() {
		if d.Staff {
			continue
		}
		a, err := p.SignedIn(ctx, portal.Identity{Provider: Provider, Issuer: "http://localhost/demo-identity", Subject: d.Subject, Name: d.Name})
		if err != nil {
			t.Fatal(err)
		}
		who, err := p.Actor(ctx, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		family, err := p.Family(ctx, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		todo := map[string]int{}
		standings, list := map[string]portal.Standing{}, portal.List{}
		for _, v := range family {
			todo[v.School.Slug] = v.ToDo()
			err := p.Export(ctx, portal.Operator, v.School.Slug, portal.Filter{}, func(l portal.List) error { list = l; return nil }, func(r portal.ListRow) error {
				if r.Pupil.ID == v.Child.Pupil.ID {
					for i, text := range list.Purposes {
						standings[text.Slug] = r.Standings[i]
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		ok := false
		switch d.Subject {
		case "amina-rahman":
			ok = len(family) == 2 && todo["fernlow-primary"] == 0 && todo["st-osrics-junior"] == forParents
		case "olena-kovalenko":
			ok = len(who.Contacts) == 0
		case "beth-cawley", "daniel-reyes":
			ok = len(family) == 1 && todo["fernlow-primary"] == 0 && standings["website-pictures"] == portal.StandingConflict
		case "stuart-pell":
			ok = len(family) == 1 && standings["video-calls"] != portal.StandingGiven
		case "craig-hallett":
			ok = len(family) == 0 && len(who.Contacts) == 1
		}
		if !ok {
			t.Errorf("%s: joined to %d contacts, sees %d children, to do %v, standings %v", d.Subject, len(who.Contacts), len(family), todo, standings)
		}
	}
}

// TestSeedDemoAnyDay seeds at the edges of the school year, and twice alike.
func TestSeedDemoAnyDay(t *testing.T) {
	if testing.Short() {
		t.Skip("seeds several demonstrations")
	}
	registers := map[string][]string{}
	for _, day := range []string{"2026-09-01T00:05:00Z", "2026-09-01T00:05:00Z", "2027-08-31T23:59:00Z"} {
		today, err := time.Parse(time.RFC3339, day)
		if err != nil {
			t.Fatal(err)
		}
		p, _, times := seededDemo(t, today)
		if last := times[len(times)-1]; last.After(today) || !slices.IsSortedFunc(times, time.Time.Compare) {
			t.Errorf("today %v: the clock ends at %v", today, last)
		}
		checkDemoPeople(t, p)
		register := []string{fmt.Sprint(times)}
		for _, s := range schools {
			err := p.ReadRegister(t.Context(), portal.Operator, s.slug, portal.Filter{}, func(portal.List) error { return nil }, func(r portal.ListRow) error {
				register = append(register, fmt.Sprint(s.slug, r.Pupil.AdmissionNumber, r.Standings, r.Signed))
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		slices.Sort(register) // two of one name in one class come in either order
		if was, ok := registers[day]; ok && !slices.Equal(was, register) {
			t.Error("two demonstrations of one day differ")
		}
		registers[day] = register
	}
}
