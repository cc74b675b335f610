package portal_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"schoolgate/portal"
)

// Receipts that families hold name these bytes for ever.
func TestRecordIsCanonical(t *testing.T) {
	act := portal.Act{
		ID: "ID", School: anne, Party: portal.Ref{Kind: portal.RefContact, ID: "CONTACT"}, Subject: portal.Ref{Kind: portal.RefPupil, ID: "PUPIL"}, By: "ACCOUNT",
		Way: portal.Online, TextSlug: "parents-aup", Edition: 2, TextHash: "ab12", Language: "cy", At: time.Date(2026, 9, 7, 10, 0, 0, 120000, time.FixedZone("BST", 3600)),
	}
	form := func(version int, f func(*portal.Act)) portal.Act {
		a := act
		a.Version = version
		f(&a)
		return a
	}
	sign := func(a *portal.Act) { a.Kind, a.TypedName = portal.Signature, `Siân "Jo" O'Neill <x> & د` }
	withdraw := func(a *portal.Act) { a.Kind, a.Answer = portal.Decision, portal.Withdrawn }
	for _, c := range []struct {
		act  portal.Act
		want string
	}{
		{form(1, sign),
			`{"type":"signature","id":"ID","school":"st-anne","pupil":"PUPIL","contact":"CONTACT","account":"ACCOUNT","text":"parents-aup","edition":2,"sha256":"ab12",` +
				`"typed_name":"Siân \"Jo\" O'Neill \u003cx\u003e \u0026 د","at":"2026-09-07T09:00:00.00012Z","channel":"online","language":"cy"}`},
		{form(1, withdraw),
			`{"type":"decision","id":"ID","school":"st-anne","pupil":"PUPIL","contact":"CONTACT","account":"ACCOUNT","text":"parents-aup","edition":2,"sha256":"ab12",` +
				`"answer":"withdrawn","at":"2026-09-07T09:00:00.00012Z","channel":"online","language":"cy"}`},
		{form(2, func(a *portal.Act) { withdraw(a); a.Seq, a.Until, a.Way = 3, "2027-09-01", portal.InOffice }),
			`{"version":2,"kind":"decision","id":"ID","school":"st-anne","party":{"kind":"contact","id":"CONTACT"},"subject":{"kind":"pupil","id":"PUPIL"},"by":"ACCOUNT","way":"office",` +
				`"text":{"slug":"parents-aup","edition":2,"sha256":"ab12","language":"cy"},"answer":"withdrawn","seq":3,"until":"2027-09-01","at":"2026-09-07T09:00:00.00012Z"}`},
		{portal.Act{ID: "ID", Version: 2, Kind: "export", School: anne, Party: portal.Ref{Kind: portal.RefStaff, ID: "ACCOUNT"}, Subject: portal.Ref{Kind: portal.RefSchool, ID: anne},
			By: "ACCOUNT", Way: portal.Online, At: act.At, Details: `{"rows":"3"}`},
			`{"version":2,"kind":"export","id":"ID","school":"st-anne","party":{"kind":"staff","id":"ACCOUNT"},"subject":{"kind":"school","id":"st-anne"},"by":"ACCOUNT","way":"online",` +
				`"details":{"rows":"3"},"at":"2026-09-07T09:00:00.00012Z"}`},
	} {
		if got := string(c.act.Record()); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
		back, err := portal.ParseRecord([]byte(c.want))
		c.act.At = c.act.At.UTC()
		if err != nil || back != c.act {
			t.Errorf("it does not read back as itself: %v", err)
		}
		for _, spoilt := range []string{c.want + " ", strings.Replace(c.want, ":", ": ", 1), c.want[:len(c.want)-1] + `,"more":1}`, strings.Replace(c.want, `"version":2`, `"version":9`, 1), "{}", ""} {
			if _, err := portal.ParseRecord([]byte(spoilt)); err == nil && spoilt != c.want {
				t.Errorf("read as a record: %s", spoilt)
			}
		}
	}
}

var errSealing = errors.New("the ledger cannot be written")

// brokenLedger seals nothing.
type brokenLedger struct{ portal.Ledger }

func (brokenLedger) Append(portal.Tx, string, []byte, time.Time) error { return errSealing }

// What cannot be sealed is not recorded.
func TestNothingIsRecordedUnsealed(t *testing.T) {
	w := settled(t)
	jo := w.parent(anne, "Mrs Jo Lee")
	w.Portal = portal.New(w.db, brokenLedger{w.ledger}, nil, func() time.Time { return w.now })
	_, err := w.Sign(t.Context(), jo, w.signing("Ann"))
	is(t, err, errSealing)
	_, err = w.Decide(t.Context(), jo, w.answering("Ann", portal.Given))
	is(t, err, errSealing)
	if len(w.signatures("Ann")) != 0 || len(w.decisions("Ann")) != 0 {
		t.Errorf("an act is on record that the ledger does not hold")
	}
	if v := w.child(jo, "Ann"); v.ToDo() != 4 {
		t.Errorf("%d to do", v.ToDo())
	}
	w.whole(0)
}

// twice is a store on which every update loses to another once, after it has
// run, as on PostgreSQL.
type twice struct{ portal.Store }

var errLost = errors.New("lost to another")

func (s twice) Update(ctx context.Context, f func(portal.Tx) error) error {
	err := s.Store.Update(ctx, func(tx portal.Tx) error { return errors.Join(f(tx), errLost) })
	if !errors.Is(err, errLost) {
		return err
	}
	return s.Store.Update(ctx, f)
}

func TestEveryUpdateMayRunTwice(t *testing.T) {
	w := newWorld(t)
	w.Portal = portal.New(twice{w.db}, w.ledger, theStaff, func() time.Time { return w.now })
	w.ok(w.SetSchools(t.Context(), []portal.School{school(anne, 1)}))
	w.register(anne, annesList(), true)
	if n := len(w.onRoll(anne)); n != 4 {
		t.Errorf("%d pupils", n)
	}
	letters, err := w.Letters(t.Context(), portal.Operator, anne)
	w.ok(err)
	if len(letters) != 4 {
		t.Errorf("%d letters", len(letters))
	}
	jo := w.account("jo")
	for _, l := range letters {
		if l.Contact.Name == "Mrs Jo Lee" {
			wrong(t, w.Join(t.Context(), jo, l.Code, "2001-01-01"), "code", "born")
			w.ok(w.Join(t.Context(), jo, l.Code, annsBirthday))
		}
	}
	for range portal.TriesPerAccount - 1 {
		wrong(t, w.Join(t.Context(), jo, "BCDF", annsBirthday), "code", "born")
	}
	is(t, w.Join(t.Context(), jo, "BCDF", annsBirthday), portal.ErrTooMany)
	id, err := w.Sign(t.Context(), jo, w.signing("Ann"))
	w.ok(err)
	if all := w.signatures("Ann"); len(all) != 1 || all[0].ID != id {
		t.Errorf("the id of the try that was lost was handed out")
	}
	id = w.decide(jo, w.answering("Ann", portal.Given))
	if all := w.decisions("Ann"); len(all) != 1 || all[0].ID != id || all[0].Seq != 1 {
		t.Errorf("on record is %s", answers(all))
	}
	w.whole(2)

	token, err := w.StartSignIn(t.Context(), portal.Handshake{Provider: "google", State: "s"}, "/portal/")
	w.ok(err)
	s, err := w.TakeHandshake(t.Context(), token)
	if err != nil || s.Handshake.State != "s" {
		t.Errorf("the handshake was lost: %v", err)
	}
	w.ok(w.Hold(t.Context(), jo, "/portal/", map[string][]string{"name": {"Jo"}}))
	if form, err := w.Held(t.Context(), jo, "/portal/"); err != nil || len(form) != 1 {
		t.Errorf("the form was lost: %v", err)
	}
	w.ok(w.DropHeld(t.Context(), jo, "/portal/"))
	if form, err := w.Held(t.Context(), jo, "/portal/"); err != nil || form != nil {
		t.Errorf("the form came twice: %v", err)
	}
	token, err = w.StartSession(t.Context(), portal.Session{AccountID: jo})
	w.ok(err)
	w.pass(portal.SessionIdle - time.Minute)
	if !w.live(token) {
		t.Errorf("the session was not renewed")
	}
}

func TestActor(t *testing.T) {
	w := settled(t)
	jo := w.parent(anne, "Mrs Jo Lee")
	a, err := w.Actor(t.Context(), jo)
	w.ok(err)
	if a.AccountID != jo || len(a.Contacts) != 1 || len(a.Children) != 2 || len(a.Roles) != 0 {
		t.Errorf("she is %d contacts with %d children and %d roles", len(a.Contacts), len(a.Children), len(a.Roles))
	}
	a, err = w.Actor(t.Context(), w.staff("office@anne.example"))
	if err != nil || len(a.Roles) != 1 || a.Roles[0].School != anne {
		t.Errorf("the office has %v, %v", a.Roles, err)
	}
	_, err = w.Actor(t.Context(), "no such account")
	is(t, err, portal.ErrNotFound)
}
