package portal_test

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"schoolgate/portal"
)

// live says whether a cookie is worth anything now.
func (w *world) live(token string) bool {
	w.t.Helper()
	s, live, err := w.Session(w.t.Context(), token)
	if err != nil && !errors.Is(err, portal.ErrNotFound) {
		w.t.Fatal(err)
	}
	if live && (s.AccountID == "" || err != nil) {
		w.t.Errorf("a session of nobody is live")
	}
	return live
}

func TestSession(t *testing.T) {
	w := newWorld(t)
	jo := w.account("jo")
	token, err := w.StartSession(t.Context(), portal.Session{AccountID: jo})
	w.ok(err)
	other, err := w.StartSession(t.Context(), portal.Session{AccountID: jo})
	w.ok(err)
	if token == other || len(token) < 43 {
		t.Errorf("cookies of %d characters", len(token))
	}
	s, live, err := w.Session(t.Context(), token)
	if err != nil || !live || s.AccountID != jo || s.Hash == token {
		t.Errorf("a new session is %v, %v", live, err)
	}
	for _, made := range []string{"", token[:len(token)-1], token + "A", s.Hash, "no such"} {
		if _, live, err := w.Session(t.Context(), made); live || !errors.Is(err, portal.ErrNotFound) {
			t.Errorf("%q opens a session", made)
		}
	}
	w.reopen()
	if !w.live(token) {
		t.Errorf("a restart signs people out")
	}

	w.ok(w.EndSession(t.Context(), token))
	if w.live(token) || !w.live(other) {
		t.Errorf("signing out ended the wrong session")
	}
	w.ok(w.EndSession(t.Context(), token))
	w.ok(w.EndSession(t.Context(), "no such"))
	if _, err := w.StartSession(t.Context(), portal.Session{AccountID: "no such account"}); err == nil {
		t.Errorf("a session of an account that is none")
	}
	none, err := w.StartSession(t.Context(), portal.Session{AccountID: ""})
	if err == nil && w.live(none) {
		t.Errorf("a session of nobody is live")
	}
}

func TestSessionExpires(t *testing.T) {
	w := newWorld(t)
	jo := w.account("jo")
	token, err := w.StartSession(t.Context(), portal.Session{AccountID: jo})
	w.ok(err)
	w.pass(portal.SessionIdle - time.Second)
	idle, err := w.StartSession(t.Context(), portal.Session{AccountID: jo})
	w.ok(err)
	w.pass(time.Second)
	if w.live(token) {
		t.Errorf("a session lives on without a request")
	}
	if !w.live(idle) {
		t.Errorf("a session of a second ago is dead")
	}

	// It is remembered for a day, for the form that it could not send.
	s, live, err := w.Session(t.Context(), token)
	if err != nil || live || s.AccountID != jo {
		t.Errorf("an expired session is %v, %v", live, err)
	}
	w.pass(portal.HeldLife)
	w.ok(w.Tidy(t.Context()))
	if _, _, err := w.Session(t.Context(), token); err != nil {
		t.Errorf("an expired session was forgotten early: %v", err)
	}
	w.pass(time.Second)
	w.ok(w.Tidy(t.Context()))
	_, _, err = w.Session(t.Context(), token)
	is(t, err, portal.ErrNotFound)
}

func TestSessionRenews(t *testing.T) {
	w := newWorld(t)
	token, err := w.StartSession(t.Context(), portal.Session{AccountID: w.account("jo")})
	w.ok(err)
	start := w.now

	// Used every hour and a half, it lives, and never longer than its absolute life.
	for w.now.Sub(start) < portal.SessionLife-90*time.Minute {
		w.pass(90 * time.Minute)
		if !w.live(token) {
			t.Fatalf("it died after %v", w.now.Sub(start))
		}
	}
	w.pass(start.Add(portal.SessionLife - time.Second).Sub(w.now))
	if !w.live(token) {
		t.Errorf("it died before its time")
	}
	w.pass(time.Second)
	if w.live(token) {
		t.Errorf("it outlives its absolute life")
	}
	w.pass(-time.Second) // a clock put back gives no life: what is stored is the end
	s, _, err := w.Session(t.Context(), token)
	w.ok(err)
	if s.Expires.After(start.Add(portal.SessionLife)) {
		t.Errorf("it was renewed to %v", s.Expires)
	}

	// An expired one is not brought back by being used.
	dead, err := w.StartSession(t.Context(), portal.Session{AccountID: w.account("jo")})
	w.ok(err)
	w.pass(portal.SessionIdle)
	for range 3 {
		if w.live(dead) {
			t.Fatal("an expired session came back")
		}
	}
}

// A store on which somebody signs out just before a session is renewed.
type signOutFirst struct {
	portal.Store
	before func()
}

func (s *signOutFirst) Update(ctx context.Context, f func(portal.Tx) error) error {
	if before := s.before; before != nil {
		s.before = nil
		before()
	}
	return s.Store.Update(ctx, f)
}

func TestSignOutWhileRenewing(t *testing.T) {
	w := newWorld(t)
	token, err := w.StartSession(t.Context(), portal.Session{AccountID: w.account("jo")})
	w.ok(err)
	w.pass(portal.SessionIdle - time.Minute)
	between := &signOutFirst{Store: w.db}
	slow := portal.New(between, w.ledger, theStaff, func() time.Time { return w.now })
	between.before = func() { w.ok(w.EndSession(t.Context(), token)) }
	_, live, err := slow.Session(t.Context(), token)
	if live || !errors.Is(err, portal.ErrNotFound) {
		t.Errorf("a session that was ended is %v, %v", live, err)
	}
	if w.live(token) {
		t.Errorf("renewing brought a session back from the dead")
	}

	// And for real, many times over.
	for range 10 {
		token, err := w.StartSession(t.Context(), portal.Session{AccountID: w.account("jo")})
		w.ok(err)
		w.pass(portal.SessionIdle - time.Minute)
		atOnce(8, func(i int) {
			if i == 0 {
				if err := w.EndSession(context.Background(), token); err != nil {
					t.Error(err)
				}
			} else if _, _, err := w.Session(context.Background(), token); err != nil && !errors.Is(err, portal.ErrNotFound) {
				t.Error(err)
			}
		})
		if w.live(token) {
			t.Fatal("a session lives on after signing out")
		}
	}
}

func TestHandshake(t *testing.T) {
	w := newWorld(t)
	h := portal.Handshake{Provider: "google", State: "state", Nonce: "nonce", Verifier: "verifier", Session: "theirs"}
	begin := func() string {
		t.Helper()
		token, err := w.StartSignIn(t.Context(), h, "/portal/children/")
		w.ok(err)
		return token
	}

	token := begin()
	if w.live(token) {
		t.Errorf("a sign-in under way is signed in")
	}
	w.reopen()
	s, err := w.TakeHandshake(t.Context(), token)
	w.ok(err)
	if s.Handshake != h || s.ReturnTo != "/portal/children/" {
		t.Errorf("it came back as another")
	}
	_, err = w.TakeHandshake(t.Context(), token)
	is(t, err, portal.ErrNotFound)

	late := begin()
	w.pass(portal.HandshakeLife)
	_, err = w.TakeHandshake(t.Context(), late)
	is(t, err, portal.ErrNotFound)
	intime := begin()
	w.pass(portal.HandshakeLife - time.Second)
	_, err = w.TakeHandshake(t.Context(), intime)
	is(t, err, nil)

	signedIn, err := w.StartSession(t.Context(), portal.Session{AccountID: w.account("jo")})
	w.ok(err)
	for _, none := range []string{"", "no such", signedIn} {
		_, err = w.TakeHandshake(t.Context(), none)
		is(t, err, portal.ErrNotFound)
	}
	if !w.live(signedIn) {
		t.Errorf("asking for a handshake ended a session")
	}
	h.State = ""
	_, err = w.TakeHandshake(t.Context(), begin())
	is(t, err, portal.ErrNotFound)

	h.State = "state"
	token = begin()
	taken := make([]bool, 20)
	atOnce(len(taken), func(i int) {
		_, err := w.TakeHandshake(context.Background(), token)
		if err != nil && !errors.Is(err, portal.ErrNotFound) {
			t.Error(err)
		}
		taken[i] = err == nil
	})
	n := 0
	for _, ok := range taken {
		if ok {
			n++
		}
	}
	if n != 1 {
		t.Errorf("one handshake was good for %d returns", n)
	}
}

func TestHeldForm(t *testing.T) {
	w := newWorld(t)
	jo, al := w.account("jo"), w.account("al")
	const path = "/portal/children/X/agreements/parents-aup"
	form := map[string][]string{"name": {"Jo <b>Lee</b> é"}, "agreed": {"yes", "yes"}, "empty": nil}
	take := func(account, path string) map[string][]string {
		t.Helper()
		got, err := w.Held(t.Context(), account, path)
		w.ok(err)
		w.ok(w.DropHeld(t.Context(), account, path))
		return got
	}
	w.ok(w.Hold(t.Context(), jo, path, form))
	if take(al, path) != nil || take(jo, path+"/") != nil || take("", path) != nil || take("no such account", path) != nil {
		t.Errorf("a form was handed to somebody else, or elsewhere")
	}
	w.reopen()
	if got := take(jo, path); !reflect.DeepEqual(got, form) {
		t.Errorf("it came back as %v", got)
	}
	if got := take(jo, path); got != nil {
		t.Errorf("it was handed out twice: %v", got)
	}

	w.ok(w.Hold(t.Context(), jo, path, form))
	w.ok(w.Hold(t.Context(), jo, path, map[string][]string{"name": {"later"}}))
	w.ok(w.Hold(t.Context(), al, path, map[string][]string{"name": {"his"}}))
	if got := take(jo, path); got["name"][0] != "later" || len(got) != 1 {
		t.Errorf("the later form did not take the place of the earlier: %v", got)
	}
	w.pass(portal.HeldLife)
	w.ok(w.Tidy(t.Context()))
	if got := take(al, path); got == nil {
		t.Errorf("a form was forgotten early")
	}
	w.ok(w.Hold(t.Context(), al, path, form))
	w.pass(portal.HeldLife + time.Second)
	w.ok(w.Tidy(t.Context()))
	if got := take(al, path); got != nil {
		t.Errorf("a form outlived its time")
	}
	for _, nobody := range []string{"", "no such account"} {
		if err := w.Hold(t.Context(), nobody, path, form); err == nil {
			t.Errorf("a form was held for %q", nobody)
		}
	}
}

// Anybody can begin to sign in, and a provider's account is anybody's: what
// comes of neither is not kept.
func TestTidyForgetsStrangers(t *testing.T) {
	w := settled(t)
	begun, err := w.StartSignIn(t.Context(), portal.Handshake{Provider: "google", State: "s"}, "/portal/")
	w.ok(err)
	join := func(account string) string {
		t.Helper()
		l := w.letters(anne)["Mrs Jo Lee"]
		w.ok(w.Join(t.Context(), account, l.Code, annsBirthday))
		return l.Contact.ID
	}
	stranger, ended, acted, joined, office := w.account("stranger"), w.account("ended"), w.account("acted"), w.account("joined"), w.staff("office@anne.example")
	w.ok(w.EndJoin(t.Context(), portal.Operator, anne, join(ended)))
	contact := join(acted)
	_, err = w.Sign(t.Context(), acted, w.signing("Ann"))
	w.ok(err)
	w.ok(w.EndJoin(t.Context(), portal.Operator, anne, contact))
	join(joined)
	cookie, err := w.StartSession(t.Context(), portal.Session{AccountID: stranger})
	w.ok(err)

	w.pass(portal.HandshakeLife + time.Second)
	w.ok(w.Tidy(t.Context()))
	if _, _, err := w.Session(t.Context(), begun); !errors.Is(err, portal.ErrNotFound) {
		t.Errorf("a sign-in that nobody finished is kept: %v", err)
	}
	if !w.live(cookie) {
		t.Errorf("a session was tidied away")
	}
	w.pass(portal.CodeLife - time.Hour)
	w.ok(w.Tidy(t.Context()))
	if _, err := w.Actor(t.Context(), stranger); err != nil {
		t.Errorf("an account is forgotten while a letter may be on its way: %v", err)
	}
	w.pass(2 * time.Hour)
	w.ok(w.Tidy(t.Context()))
	for who, kept := range map[string]bool{stranger: false, ended: true, joined: true, acted: true, office: true} {
		if _, err := w.Actor(t.Context(), who); (err == nil) != kept {
			t.Errorf("account %s kept %v: %v", who, err == nil, err)
		}
	}
	w.whole(1)
}

// What was deleted is not left behind in the file.
func TestDeletedIsGone(t *testing.T) {
	w := settled(t)
	jo := w.account("jo")
	w.ok(w.Hold(t.Context(), jo, "/portal/x", map[string][]string{"name": {strings.Repeat("Zebedee ", 100)}}))
	w.ok(w.DropHeld(t.Context(), jo, "/portal/x"))
	w.ok(w.db.Close())
	if bytes.Contains(w.onDisk(), []byte("Zebedee")) {
		t.Error("what was deleted is still in the database's file")
	}
}

// Staff are signed out sooner than families, and somebody whom the settings make staff
// while they are signed in is staff from the next request on.
func TestStaffSessions(t *testing.T) {
	for _, x := range []struct {
		who        string
		idle, life time.Duration
	}{{"jo", portal.SessionIdle, portal.SessionLife}, {"office@anne.example", portal.StaffIdle, portal.StaffLife}} {
		w := newWorld(t)
		account := w.staff(x.who)
		left, err := w.StartSession(t.Context(), portal.Session{AccountID: account})
		w.ok(err)
		used, err := w.StartSession(t.Context(), portal.Session{AccountID: account})
		w.ok(err)
		for at := time.Duration(0); at < x.life-x.idle*3/4; at += x.idle * 3 / 4 {
			w.pass(x.idle * 3 / 4)
			if !w.live(used) {
				t.Fatalf("%s: a session in use died after %v", x.who, at)
			}
		}
		if w.live(left) {
			t.Errorf("%s: a session that nobody used lives", x.who)
		}
		w.pass(x.idle * 3 / 4)
		if w.live(used) {
			t.Errorf("%s: a session outlives %v", x.who, x.life)
		}
	}
}

// Where a school asks its staff for a second factor, they neither sign in nor stay
// signed in without one; nobody else is asked.
func TestSecondFactorIsDemanded(t *testing.T) {
	const office, far, both = "office@anne.example", "office@bede.example", "office@trust.example"
	for _, x := range []struct {
		demanded []string
		who      string
		refused  bool
	}{
		{nil, office, false},
		{[]string{anne}, office, true},
		{[]string{"*"}, office, true},
		{[]string{bede}, office, false},
		{[]string{anne}, far, false},
		{[]string{anne}, both, true}, // of every school
		{[]string{"*"}, "", false},   // a parent
	} {
		w := newWorld(t)
		p := portal.New(w.db, w.ledger, []portal.Staff{{Email: office, School: anne, Role: portal.Office}, {Email: far, School: bede, Role: portal.Office}, {Email: both, School: "*", Role: portal.Office}}, func() time.Time { return w.now })
		id := portal.Identity{Provider: "google", Issuer: "https://id.example", Subject: "x" + x.who, StaffEmail: x.who}
		a, err := p.SignedIn(t.Context(), id)
		w.ok(err)
		without, err := p.StartSession(t.Context(), portal.Session{AccountID: a.ID})
		w.ok(err)
		with, err := p.StartSession(t.Context(), portal.Session{AccountID: a.ID, SecondFactor: true})
		w.ok(err)

		p.Demand(portal.Demands{SecondFactor: x.demanded})
		if _, err := p.SignedIn(t.Context(), id); errors.Is(err, portal.ErrSecondFactor) != x.refused {
			t.Errorf("%v, %q without a second factor: %v", x.demanded, x.who, err)
		}
		if _, live, err := p.Session(t.Context(), without); live == x.refused || err != nil {
			t.Errorf("%v, %q: the session without one is live: %v, %v", x.demanded, x.who, live, err)
		}
		id.SecondFactor = true
		if _, err := p.SignedIn(t.Context(), id); err != nil {
			t.Errorf("%v, %q with a second factor: %v", x.demanded, x.who, err)
		}
		if _, live, err := p.Session(t.Context(), with); !live || err != nil {
			t.Errorf("%v, %q: the session with one: %v", x.demanded, x.who, err)
		}
	}
}

// Sessions are listed to their owner, and ended by nobody else.
func TestSessionsAreTheirOwners(t *testing.T) {
	w := newWorld(t)
	jo, other := w.account("jo"), w.account("other")
	begin := func(account, device string) string {
		token, err := w.StartSession(t.Context(), portal.Session{AccountID: account, Device: device, Network: "192.0.2.0/24"})
		w.ok(err)
		w.pass(time.Minute)
		return token
	}
	phone, tablet, theirs := begin(jo, "phone"), begin(jo, "tablet"), begin(other, "theirs")
	all, err := w.Sessions(t.Context(), jo)
	w.ok(err)
	if len(all) != 2 || all[0].Device != "tablet" || all[1].Device != "phone" || all[0].Network != "192.0.2.0/24" {
		t.Fatalf("listed are %d sessions", len(all))
	}
	w.ok(w.EndSessions(t.Context(), other, all[0].Hash))
	if !w.live(tablet) {
		t.Errorf("somebody ended another's session")
	}
	w.ok(w.EndSessions(t.Context(), jo, all[1].Hash))
	if w.live(phone) || !w.live(tablet) {
		t.Errorf("one session was to be ended")
	}
	w.ok(w.EndSessions(t.Context(), jo, ""))
	if w.live(tablet) || !w.live(theirs) {
		t.Errorf("all of one account were to be ended")
	}
	w.pass(portal.SessionIdle)
	if all, err = w.Sessions(t.Context(), other); len(all) != 0 || err != nil {
		t.Errorf("an expired session is listed: %v", err)
	}
}

// Where the school asks for it, the first yes of a session wants a fresh sign-in, and
// the next ones do not.
func TestConfirm(t *testing.T) {
	w := settled(t)
	mother := w.parent(anne, "Mrs Jo Lee")
	pupil := w.pupil("Ann")
	at := func(s portal.Session) string {
		s.AccountID = mother
		token, err := w.StartSession(t.Context(), s)
		w.ok(err)
		return token
	}
	stale, fresh, renewed := at(portal.Session{}), at(portal.Session{Authenticated: w.now}), at(portal.Session{Renewed: true})
	for _, demanded := range [][]string{nil, {bede}} {
		w.Demand(portal.Demands{SignAgain: demanded})
		w.ok(w.Confirm(t.Context(), stale, pupil))
	}
	for _, demanded := range []string{anne, "*"} {
		w.Demand(portal.Demands{SignAgain: []string{demanded}})
		is(t, w.Confirm(t.Context(), stale, pupil), portal.ErrStale)
	}
	w.ok(w.Confirm(t.Context(), stale, w.pupil("Eve"))) // no child of theirs: for the answer to say
	w.ok(w.Confirm(t.Context(), fresh, pupil))
	w.pass(portal.FreshFor)
	w.ok(w.Confirm(t.Context(), fresh, pupil))
	is(t, w.Confirm(t.Context(), renewed, pupil), portal.ErrStale)
	is(t, w.Confirm(t.Context(), at(portal.Session{Authenticated: w.now.Add(-portal.FreshFor)}), pupil), portal.ErrStale)
	w.ok(w.Confirm(t.Context(), at(portal.Session{Authenticated: w.now.Add(-portal.FreshFor + time.Second)}), pupil))
}
