package portal_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"schoolgate/portal"
)

// theFair is a picture of two sisters.
func (w *world) theFair() portal.Picture {
	return portal.Picture{Key: "fair", Page: "/news/fair/", Alt: "A stall", Purpose: "website-pictures", Pupils: []string{w.pupil("Ann"), w.pupil("Bo")}}
}

// declare is a build of the site with one picture.
func (w *world) declare(x portal.Picture) (name, why string) {
	w.t.Helper()
	names, whys, err := w.Declare(w.t.Context(), anne, []portal.Picture{x})
	w.ok(err)
	return names[0], whys[0]
}

func (w *world) shows(name string) bool {
	w.t.Helper()
	shown, err := w.Shows(w.t.Context(), anne, name)
	w.ok(err)
	return shown
}

// A picture is shown as long as everybody who decides for everybody in it says so, and
// from the moment that it may not be it is not, whatever stands on the site (P15).
func TestPictureIsTakenDown(t *testing.T) {
	barred := func(r *portal.ClassListRow) bool {
		r.CourtOrder = r.CourtOrder || r.ContactName == "Mrs Jo Lee" && r.Forename == "Ann"
		return true
	}
	for name, end := range map[string]func(w *world, jo, al string){
		"a yes is taken back":                             func(w *world, jo, _ string) { w.decide(jo, w.answering("Ann", portal.Refused)) },
		"the other parent says no, about the other child": func(w *world, _, al string) { w.decide(al, w.answering("Bo", portal.Refused)) },
		"an order against who said yes":                   func(w *world, _, _ string) { w.register(anne, change(barred), false) },
		"a restriction":                                   func(w *world, _, _ string) { w.takes("Mrs Jo Lee", "Ann", portal.MayDecide) },
		"she leaves": func(w *world, _, _ string) {
			w.register(anne, change(func(r *portal.ClassListRow) bool { return r.Forename != "Ann" }), true)
		},
		"a new edition": func(w *world, _, _ string) { w.ok(w.SetSchools(w.t.Context(), []portal.School{school(anne, 2)})) },
		"the purpose ends": func(w *world, _, _ string) {
			s := school(anne, 1)
			for i := range s.Texts {
				if s.Texts[i].Slug == "website-pictures" {
					s.Texts = append(s.Texts[:i], s.Texts[i+1:]...)
					break
				}
			}
			w.ok(w.SetSchools(w.t.Context(), []portal.School{s}))
		},
		"its last day": func(w *world, _, _ string) { w.pass(30 * 24 * time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			w := settled(t)
			fair := w.theFair()
			fair.Until = portal.Date(w.now.AddDate(0, 0, 3).Format(time.DateOnly))
			if _, why := w.declare(fair); why != portal.PictureRefused {
				t.Errorf("without any answer it is %q", why)
			}
			jo, al := w.parent(anne, "Mrs Jo Lee"), w.parent(anne, "Mr Al Lee")
			w.decide(jo, w.answering("Ann", portal.Given))
			if _, why := w.declare(fair); why != portal.PictureRefused {
				t.Errorf("with a yes for one of two it is %q", why)
			}
			w.decide(jo, w.answering("Bo", portal.Given))
			published, why := w.declare(fair)
			if why != "" || published == "" || !w.shows(published) {
				t.Fatalf("with a yes for both it is not shown: %q", why)
			}
			if again, _ := w.declare(fair); again != published {
				t.Error("its name changes from build to build")
			}
			w.pass(time.Minute)
			end(w, jo, al)
			if w.shows(published) {
				t.Error("it is shown on")
			}
			if _, why := w.declare(fair); why == "" {
				t.Error("the next site has it")
			}
			if w.shows(published) {
				t.Error("it is shown after the next build")
			}
		})
	}
}

// A yes again does not bring a picture back: somebody of the school does, under another
// name, and never while anybody's answer forbids it.
func TestPictureIsPutBack(t *testing.T) {
	w := settled(t)
	jo, office := w.parent(anne, "Mrs Jo Lee"), w.staff("office@anne.example")
	for _, child := range []string{"Ann", "Bo"} {
		w.decide(jo, w.answering(child, portal.Given))
	}
	fair := w.theFair()
	first, _ := w.declare(fair)
	is(t, w.PutBack(t.Context(), office, anne, first), portal.ErrNotFound)
	w.pass(time.Minute)
	no := w.decide(jo, w.answering("Ann", portal.Refused))
	r, err := w.Receipt(t.Context(), jo, no)
	if err != nil || len(r.Taken) != 1 || r.Taken[0].Page != "/news/fair/" || !r.Taken[0].Taken.Equal(r.Act.At) {
		t.Errorf("her receipt says of it %+v, %v", r.Taken, err)
	}
	var invalid *portal.Invalid
	if err := w.PutBack(t.Context(), office, anne, first); !errors.As(err, &invalid) {
		t.Errorf("put back against a no: %v", err)
	}
	w.pass(time.Minute)
	w.decide(jo, w.answering("Ann", portal.Given))
	if _, why := w.declare(fair); why != portal.PictureTaken || w.shows(first) {
		t.Errorf("a yes alone brought it back: %q", why)
	}
	all, _, err := w.Pictures(t.Context(), office, anne)
	if err != nil || len(all) != 1 || !all[0].Back || len(all[0].Names) != 2 {
		t.Fatalf("the office sees %+v, %v", all, err)
	}
	is(t, w.PutBack(t.Context(), w.staff("teacher@anne.example"), anne, first), portal.ErrForbidden)
	w.ok(w.PutBack(t.Context(), office, anne, first))
	second, why := w.declare(fair)
	if why != "" || second == first || !w.shows(second) || w.shows(first) {
		t.Errorf("it is %q, as %s after %s", why, second, first)
	}
}

// A picture of somebody who is not known, of another school's child, or of nobody, is not
// shown, and neither is one that a page no longer declares.
func TestPicturesOfStrangers(t *testing.T) {
	w := settled(t)
	jo := w.parent(anne, "Mrs Jo Lee")
	for _, child := range []string{"Ann", "Bo"} {
		w.decide(jo, w.answering(child, portal.Given))
	}
	kim := w.parent(bede, "Ms Kim Roe")
	_, err := w.Decide(t.Context(), kim, portal.DecideForm{Pupil: w.pupil("Eve"), Purpose: "website-pictures", Hash: w.hash(bede, portal.Purpose, "website-pictures"), Answer: portal.Given, Language: "en-GB"})
	w.ok(err)
	for name, pupils := range map[string][]string{
		"nobody": nil, "a stranger": {w.pupil("Ann"), "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}, "a child of another school": {w.pupil("Ann"), w.pupil("Eve")},
	} {
		x := w.theFair()
		x.Pupils = pupils
		if published, why := w.declare(x); why != portal.PictureStranger || published != "" {
			t.Errorf("%s: %q", name, why)
		}
	}
	x := w.theFair()
	x.Purpose = "nothing-like-it"
	if _, why := w.declare(x); why != portal.PictureUnasked {
		t.Errorf("of no purpose: %q", why)
	}
	published, _ := w.declare(w.theFair())
	if !w.shows(published) || w.shows("GUESSED") {
		t.Error("what is shown is not what was declared")
	}
	other, err := w.Shows(t.Context(), bede, published)
	if err != nil || other {
		t.Errorf("shown by another school: %v", err)
	}
	if _, _, err := w.Declare(t.Context(), anne, nil); err != nil || w.shows(published) {
		t.Errorf("shown when no page has it: %v", err)
	}
}

// A picture that somebody has taken down does not come back by itself because its file is
// saved anew, moved, said again in the same words, or taken away and brought again.
func TestPictureKeepsItsHistory(t *testing.T) {
	half := func(s string) string { return strings.Repeat(s, 32) }
	for name, change := range map[string]func(w *world, x *portal.Picture){
		"saved anew":           func(_ *world, x *portal.Picture) { x.Key = half("a") + half("c") },
		"moved":                func(_ *world, x *portal.Picture) { x.Key, x.Page = half("d")+half("b"), "/elsewhere/" },
		"moved and saved anew": func(_ *world, x *portal.Picture) { x.Key = half("d") + half("c") },
		"taken away and brought again": func(w *world, x *portal.Picture) {
			_, _, err := w.Declare(w.t.Context(), anne, nil)
			w.ok(err)
			x.Key, x.Alt = half("d")+half("b"), "Other words"
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := settled(t)
			jo, office := w.parent(anne, "Mrs Jo Lee"), w.staff("office@anne.example")
			w.decide(jo, w.answering("Ann", portal.Given))
			w.decide(jo, w.answering("Bo", portal.Given))
			x := w.theFair()
			x.Key = half("a") + half("b")
			if _, why := w.declare(x); why != "" {
				t.Fatal(why)
			}
			w.decide(jo, w.answering("Ann", portal.Refused))
			w.decide(jo, w.answering("Ann", portal.Given))
			change(w, &x)
			if _, why := w.declare(x); why != portal.PictureTaken {
				t.Errorf("it is %q", why)
			}
			other := x
			other.Key, other.Page, other.Alt = half("e")+half("f"), "/other/", "Another"
			if _, why, err := w.Declare(t.Context(), anne, []portal.Picture{other, x}); err != nil || why[0] != "" || why[1] != portal.PictureTaken {
				t.Errorf("beside another: %q, %v", why, err)
			}
			all, _, err := w.Pictures(t.Context(), office, anne)
			if err != nil || len(all) != 2 {
				t.Errorf("the office sees %d, %v", len(all), err)
			}
		})
	}
}
