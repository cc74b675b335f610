// Package demo is the invented people of schoolgate demo: two schools' families and
// staff, and what they did since September. Who they are is in people.go, what they do
// in seed.go; [Fill] has them do it through the portal's operations alone.
package demo

import (
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
	"schoolgate/portal/roster"
)

// Provider is the name of the identity provider that vouches for the demonstration's people.
const Provider = "demo"

// chance is a number from 0 to 1: always the same for one key, so that what
// people do depends on nobody else and on no order.
func chance(key string) float64 {
	h := fnv.New64a()
	_, _ = io.WriteString(h, key) // never fails
	return rand.New(rand.NewPCG(h.Sum64(), 960)).Float64()
}

// parent is a parent and the letters they hold.
type parent struct {
	Person
	letters []portal.Letter
}

// answer is what the parent says to a text: yes, no, or nothing. Classes differ
// in how many say no.
func (d *parent) answer(c portal.Child, t portal.Text) portal.Answer {
	key := d.about(c, t)
	named, purpose := d.ContactName != "", t.Kind == portal.Purpose
	switch {
	case d.undone == c.Pupil.School, !named && chance("left "+key) < 0.12:
		return ""
	case d.refuses == t.Slug, !named && purpose && chance("no "+key) < 0.03+0.3*chance(t.Slug+c.Pupil.Group):
		return portal.Refused
	}
	return portal.Given
}

// secondThought is what the parent says later: no, or nothing more.
func (d *parent) secondThought(c portal.Child, t portal.Text) portal.Answer {
	if t.Kind == portal.Purpose && chance("again "+d.about(c, t)) < 0.5 {
		return portal.Refused
	}
	return ""
}

func (d *parent) about(c portal.Child, t portal.Text) string {
	return d.Subject + " " + c.Pupil.AdmissionNumber + " " + t.Slug
}

// seeding is a portal whose clock is ours.
type seeding struct {
	*portal.Portal
	issuer string
	clock  func(time.Time)
	now    time.Time
	pause  time.Duration // between one thing that somebody does and the next
}

// at moves the clock on to t, or by a pause if it is there already.
func (s *seeding) at(t time.Time) {
	if s.now = s.now.Add(s.pause); s.now.Before(t) {
		s.now = t
	}
	s.clock(s.now)
}

// event is something that somebody does in the demonstration's past.
type event struct {
	at time.Time
	do func() error
}

// Fill fills an empty portal as a school's autumn would, through nothing but the
// portal's operations: the class lists come in and letters go out on 1 September,
// about six families in ten answer before today, some think again, and last a court
// order is entered. It sets the portal's clock, which only moves on, and not beyond
// today. Parents sign in at [Provider], under the issuer.
func Fill(ctx context.Context, p *portal.Portal, clock func(time.Time), issuer string, today time.Time) error {
	start, end := SchoolYear(today).Add(8*time.Hour), today.Add(-6*time.Hour)
	if latest := today.AddDate(0, 0, -1); start.After(latest) {
		start = latest
	}
	s := &seeding{p, issuer, clock, start, min(end.Sub(start)/20_000, 30*time.Second)}
	var events []event
	parents := map[string]*parent{}
	for _, school := range schools {
		list, err := roster.Read(classList(school.slug, today), portal.ListMapping{})
		if err != nil {
			return fmt.Errorf("class list of %s: %w", school.slug, err)
		}
		if err := s.invite(ctx, school.slug, start, list.Rows, parents); err != nil {
			return err
		}
		events = append(events, event{end, func() error { return s.importList(ctx, school.slug, list.Rows) }})
	}
	for _, key := range slices.Sorted(maps.Keys(parents)) {
		events = append(events, s.visits(ctx, parents[key], key, start, end)...)
	}
	slices.SortStableFunc(events, func(a, b event) int { return a.at.Compare(b.at) })
	for _, e := range events {
		s.at(e.at)
		if err := e.do(); err != nil {
			return fmt.Errorf("the demo's past: %w", err)
		}
	}
	return s.plan(ctx)
}

// plan has the office propose two activities: the lead has approved the one of tomorrow,
// and the other waits for them.
func (s *seeding) plan(ctx context.Context) error {
	const school = "fernlow-primary"
	as := map[portal.Role]string{}
	for _, p := range People() {
		if !p.Staff || p.School != school || as[p.Role] != "" {
			continue
		}
		s.at(s.now)
		a, err := s.SignedIn(ctx, portal.Identity{Provider: Provider, Issuer: s.issuer, Subject: p.Subject, StaffEmail: p.Email, SecondFactor: true})
		if err != nil {
			return err
		}
		as[p.Role] = a.ID
	}
	on := func(days int) string { return s.now.In(portal.London).AddDate(0, 0, days).Format("02/01/2006") }
	fair := portal.ActivityForm{Title: "Pictures of the garden stall", Purposes: []string{"website-pictures"}, On: on(1), From: "10:00", To: "11:30", Group: "Maple",
		With: "Quayside Photographs", Checked: "The head rang the number on their website, and saw their certificate", Supervision: "The class teacher and a teaching assistant", Risk: "Low: on the school's own field. Assessment 14"}
	call := portal.ActivityForm{Title: "Video call with the author Ida Fenn", Purposes: []string{"video-calls"}, On: on(6), From: "13:30", To: "14:15", Group: "Larch",
		With: "Ida Fenn", Checked: "Through her publisher, by telephone", Supervision: "The class teacher, in the room all the time", Platform: "The school's own account, with a waiting room", Risk: "Nobody can join but those invited. Assessment 17"}
	for _, f := range []portal.ActivityForm{fair, call} {
		s.at(s.now)
		id, err := s.Propose(ctx, as[""], school, f)
		if err != nil {
			return fmt.Errorf("the demo's activities: %w", err)
		}
		if f.Title != fair.Title {
			continue
		}
		s.at(s.now)
		if err := s.DecideActivity(ctx, as[portal.Lead], school, id, true, ""); err != nil {
			return fmt.Errorf("the demo's activities: %w", err)
		}
	}
	return s.give(ctx, school, as)
}

// give has half of a class sign on paper, all of it be given a login, of whom the others are
// left out, and the head give one of those a device all the same.
func (s *seeding) give(ctx context.Context, school string, as map[portal.Role]string) error {
	s.at(s.now)
	class, err := s.ClassPage(ctx, as[portal.Head], school, "Maple")
	if err != nil {
		return fmt.Errorf("the demo's access: %w", err)
	}
	var half []string
	for _, c := range class.Class[:len(class.Class)/2] {
		half = append(half, c.Pupil.ID)
	}
	err = s.SignedOnPaper(ctx, as[portal.Head], school, "Maple", half)
	for _, f := range []portal.GiveForm{
		{What: "network", Group: "Maple"},
		{What: "device", Item: "Chromebook 14", Pupil: half[0]},
		{What: "device", Item: "Talking tablet", Pupil: class.Class[len(half)].Pupil.ID, Why: "Needs it to speak; the family signs on Monday"},
	} {
		if err == nil {
			s.at(s.now)
			_, err = s.GiveAccess(ctx, as[portal.Head], school, f)
		}
	}
	if err != nil {
		return fmt.Errorf("the demo's access: %w", err)
	}
	return nil
}

// invite takes a school's class list in as it was before the court order, and sorts
// the letters under the parents who get them, each by a key of their own.
func (s *seeding) invite(ctx context.Context, school string, start time.Time, rows []portal.ClassListRow, parents map[string]*parent) error {
	before := slices.Clone(rows)
	for i := range before {
		before[i].CourtOrder = false
	}
	s.at(start)
	if err := s.importList(ctx, school, before); err != nil {
		return err
	}
	letters, err := s.Letters(ctx, portal.Operator, school)
	if err != nil {
		return err
	}
	named := map[string]Person{}
	for _, d := range People() {
		named[d.Email] = d
	}
	for _, l := range letters {
		key := cmp.Or(l.Contact.Email, l.Contact.Name+" "+l.Contact.Phone)
		if parents[key] == nil {
			parents[key] = &parent{Person: named[l.Contact.Email]}
		}
		parents[key].letters = append(parents[key].letters, l)
	}
	return nil
}

// visits are when a parent comes between start and end, if at all.
func (s *seeding) visits(ctx context.Context, d *parent, key string, start, end time.Time) []event {
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
		return nil
	}
	// Rather sooner than later, while the letter is good, between 8 and 21 o'clock.
	days := chance("day "+key) * chance("sooner "+key) * min(end.Sub(start)-13*time.Hour, 50*24*time.Hour).Hours() / 24
	first := start.AddDate(0, 0, int(days)).Add(time.Duration(chance("hour "+key) * float64(13*time.Hour)))
	events := []event{{first, func() error { return s.join(ctx, d) }}}
	if d.ContactName == "" && chance("thinks again "+key) < 0.08 {
		later := time.Duration(chance("later "+key) * float64(end.Sub(first)))
		events = append(events, event{first.Add(later), func() error { return s.thinkAgain(ctx, d) }})
	}
	return events
}

func (s *seeding) importList(ctx context.Context, school string, rows []portal.ClassListRow) error {
	plan, err := s.PreviewImport(ctx, portal.Operator, school, rows)
	if err != nil {
		return err
	}
	_, err = s.ApplyImport(ctx, portal.Operator, school, "", rows, plan.Fingerprint, portal.ImportChoices{Elsewhere: true})
	return err
}

func (s *seeding) signIn(ctx context.Context, d *parent) (portal.Account, error) {
	return s.SignedIn(ctx, portal.Identity{Provider: Provider, Issuer: s.issuer, Subject: d.Subject, Name: d.Name})
}

// join is a parent's first visit: they sign in, join with each letter, and answer.
func (s *seeding) join(ctx context.Context, d *parent) error {
	a, err := s.signIn(ctx, d)
	if err != nil {
		return err
	}
	for _, l := range d.letters {
		s.at(s.now)
		if err := s.Join(ctx, a.ID, l.Code, l.Children[0].Pupil.Born); err != nil {
			return err
		}
		if d.ContactName == "" {
			continue
		}
		// The office knows those whom the demonstration is about, so that they do not wait;
		// whoever makes sure of them is not who printed their letters.
		s.ActAs("the office")
		if err := s.ConfirmJoins(ctx, portal.Operator, l.School.Slug, l.Contact.ID); err != nil {
			return err
		}
	}
	return s.say(ctx, a.ID, d, d.answer)
}

// thinkAgain is a later visit, in which a parent takes some answers back.
func (s *seeding) thinkAgain(ctx context.Context, d *parent) error {
	a, err := s.signIn(ctx, d)
	if err != nil {
		return err
	}
	return s.say(ctx, a.ID, d, d.secondThought)
}

// say is what a parent answers to each text about each of their children.
func (s *seeding) say(ctx context.Context, account string, d *parent, answer func(portal.Child, portal.Text) portal.Answer) error {
	family, err := s.Family(ctx, account)
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
			said := answer(v.Child, t)
			if said == "" || t.Objected() && said == portal.Given { // who does not object says nothing
				continue
			}
			s.at(s.now)
			if t.Kind == portal.Agreement {
				_, err = s.Sign(ctx, account, portal.SignForm{Pupil: v.Child.Pupil.ID, Agreement: t.Slug, Hash: t.Hash, Name: d.Name, Agreed: true, Language: "en-GB"})
			} else {
				_, err = s.Decide(ctx, account, portal.DecideForm{Pupil: v.Child.Pupil.ID, Purpose: t.Slug, Hash: t.Hash, Answer: said, Language: "en-GB"})
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}
