package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"schoolgate/portal"
)

// chance is a number from 0 to 1: always the same for one key, so that what
// people do depends on nobody else and on no order.
func chance(key string) float64 {
	h := fnv.New64a()
	_, _ = io.WriteString(h, key) // never fails
	return rand.New(rand.NewPCG(h.Sum64(), 960)).Float64()
}

// demoParent is a parent and the letters they hold.
type demoParent struct {
	demoPerson
	letters []portal.Letter
}

// answer is what the parent says to a text: yes, no, or nothing. Classes differ
// in how many say no.
func (d *demoParent) answer(c portal.Child, t portal.Text, again bool) portal.Answer {
	key := d.Subject + " " + c.Pupil.AdmissionNumber + " " + t.Slug
	named, purpose := d.ContactName != "", t.Kind == portal.Purpose
	switch {
	case again && purpose && chance("again "+key) < 0.5:
		return portal.Refused
	case again, d.undone == c.Pupil.School, !named && chance("left "+key) < 0.12:
		return ""
	case d.refuses == t.Slug, !named && purpose && chance("no "+key) < 0.03+0.3*chance(t.Slug+c.Pupil.Group):
		return portal.Refused
	}
	return portal.Given
}

// demoSeed is a portal whose clock is ours.
type demoSeed struct {
	*portal.Portal
	issuer string
	clock  func(time.Time)
	now    time.Time
	pause  time.Duration // between one thing that somebody does and the next
}

// at moves the clock on to t, or by a pause if it is there already.
func (s *demoSeed) at(t time.Time) {
	if s.now = s.now.Add(s.pause); s.now.Before(t) {
		s.now = t
	}
	s.clock(s.now)
}

// seedDemo fills an empty portal as a school's autumn would, through nothing but
// the portal's operations: the class lists come in and letters go out on
// 1 September, about six families in ten answer before today, some think again,
// and last a court order is entered. It sets the portal's clock, which only moves
// on, and not beyond today.
func seedDemo(ctx context.Context, p *portal.Portal, clock func(time.Time), issuer string, roster func(io.Reader) ([]portal.ClassListRow, error), today time.Time) error {
	start, end := schoolYear(today).Add(8*time.Hour), today.Add(-6*time.Hour)
	if latest := today.AddDate(0, 0, -1); start.After(latest) {
		start = latest
	}
	span := end.Sub(start)
	s := &demoSeed{p, issuer, clock, start, min(span/20_000, 30*time.Second)}
	type event struct {
		at time.Time
		do func() error
	}
	var events []event
	parents, named := map[string]*demoParent{}, map[string]demoPerson{}
	for _, d := range demoPeople() {
		named[d.Email] = d
	}
	for _, school := range demoSchools {
		rows, err := roster(bytes.NewReader(demoClassList(school.slug, today)))
		if err != nil {
			return fmt.Errorf("class list of %s: %w", school.slug, err)
		}
		before := slices.Clone(rows)
		for i := range before {
			before[i].CourtOrder = false
		}
		s.at(start)
		if err := s.importList(ctx, school.slug, before); err != nil {
			return err
		}
		events = append(events, event{end, func() error { return s.importList(ctx, school.slug, rows) }})
		letters, err := p.Letters(ctx, portal.Operator, school.slug)
		if err != nil {
			return err
		}
		for _, l := range letters {
			key := cmp.Or(l.Contact.Email, l.Contact.Name+" "+l.Contact.Phone)
			if parents[key] == nil {
				parents[key] = &demoParent{demoPerson: named[l.Contact.Email]}
			}
			parents[key].letters = append(parents[key].letters, l)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(parents)) {
		d := parents[key]
		byNumber := func(a, b portal.Child) int { return cmp.Compare(a.Pupil.AdmissionNumber, b.Pupil.AdmissionNumber) }
		for _, l := range d.letters {
			slices.SortFunc(l.Children, byNumber)
		}
		slices.SortFunc(d.letters, func(a, b portal.Letter) int {
			return cmp.Or(cmp.Compare(a.School.Slug, b.School.Slug), byNumber(a.Children[0], b.Children[0]))
		})
		if d.Subject == "" {
			c := d.letters[0].Children[0]
			d.Subject = key
			_, d.Name, _ = strings.Cut(c.Contact.Name, " ")
			family := chance(c.Pupil.School+c.Pupil.AdmissionNumber) < 0.34+0.6*chance(c.Pupil.Group)
			d.joins = family && (c.Responsibility.Priority == 1 || chance("second "+key) < 0.25)
		}
		if !d.joins {
			continue
		}
		// Rather sooner than later, while the letter is good, between 8 and 21 o'clock.
		days := chance("day "+key) * chance("sooner "+key) * min(span-13*time.Hour, 50*24*time.Hour).Hours() / 24
		first := start.AddDate(0, 0, int(days)).Add(time.Duration(chance("hour "+key) * float64(13*time.Hour)))
		events = append(events, event{first, func() error { return s.visit(ctx, d, false) }})
		if d.ContactName == "" && chance("thinks again "+key) < 0.08 {
			later := time.Duration(chance("later "+key) * float64(end.Sub(first)))
			events = append(events, event{first.Add(later), func() error { return s.visit(ctx, d, true) }})
		}
	}
	slices.SortStableFunc(events, func(a, b event) int { return a.at.Compare(b.at) })
	for _, e := range events {
		s.at(e.at)
		if err := e.do(); err != nil {
			return fmt.Errorf("the demo's past: %w", err)
		}
	}
	return nil
}

func (s *demoSeed) importList(ctx context.Context, school string, rows []portal.ClassListRow) error {
	plan, err := s.PreviewImport(ctx, portal.Operator, school, rows)
	if err != nil {
		return err
	}
	_, err = s.ApplyImport(ctx, portal.Operator, school, "", rows, plan.Fingerprint, portal.ImportChoices{Elsewhere: true})
	return err
}

// visit is a parent's, who signs in, joins with each letter, and answers; or who
// comes back to take some answers back.
func (s *demoSeed) visit(ctx context.Context, d *demoParent, again bool) error {
	a, err := s.SignedIn(ctx, portal.Identity{Provider: demoProvider, Issuer: s.issuer, Subject: d.Subject, Name: d.Name})
	if err != nil {
		return err
	}
	for _, l := range d.letters {
		if again {
			break
		}
		s.at(s.now)
		if err := s.Join(ctx, a.ID, l.Code, l.Children[0].Pupil.Born); err != nil {
			return err
		}
		if d.ContactName == "" {
			continue
		}
		// The office knows those whom the demonstration is about, so that they do not wait.
		if err := s.ConfirmJoins(ctx, portal.Operator, l.School.Slug, l.Contact.ID); err != nil {
			return err
		}
	}
	family, err := s.Family(ctx, a.ID)
	if err != nil {
		return err
	}
	slices.SortFunc(family, func(a, b portal.ChildView) int { // twins, too, in one order
		x, y := a.Child.Pupil, b.Child.Pupil
		return cmp.Or(cmp.Compare(x.Born, y.Born), cmp.Compare(x.AdmissionNumber, y.AdmissionNumber))
	})
	for _, v := range family {
		var texts []portal.Text // that are put to parents
		for _, x := range v.Signing {
			texts = append(texts, x.Text)
		}
		for _, x := range v.Purpose {
			texts = append(texts, x.Text)
		}
		for _, t := range texts {
			answer := d.answer(v.Child, t, again)
			if answer == "" {
				continue
			}
			s.at(s.now)
			if t.Kind == portal.Agreement {
				_, err = s.Sign(ctx, a.ID, portal.SignForm{Pupil: v.Child.Pupil.ID, Agreement: t.Slug, Hash: t.Hash, Name: d.Name, Agreed: true, Language: "en-GB"})
			} else {
				_, err = s.Decide(ctx, a.ID, portal.DecideForm{Pupil: v.Child.Pupil.ID, Purpose: t.Slug, Hash: t.Hash, Answer: answer, Language: "en-GB"})
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}
