package portal_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"schoolgate/portal"
)

// Receipts that families hold name these bytes for ever.
func TestRecordIsCanonical(t *testing.T) {
	act := portal.Act{
		ID: "ID", School: anne, PupilID: "PUPIL", ContactID: "CONTACT", AccountID: "ACCOUNT", TextSlug: "parents-aup", Edition: 2, TextHash: "ab12",
		At: time.Date(2026, 9, 7, 10, 0, 0, 120000, time.FixedZone("BST", 3600)), Channel: portal.Online, Language: "cy",
	}
	for _, c := range []struct {
		record portal.Record
		want   string
	}{
		{portal.Signature{Act: act, TypedName: `Siân "Jo" O'Neill <x> & د`}.Record(),
			`{"type":"signature","id":"ID","school":"st-anne","pupil":"PUPIL","contact":"CONTACT","account":"ACCOUNT","text":"parents-aup","edition":2,"sha256":"ab12",` +
				`"typed_name":"Siân \"Jo\" O'Neill \u003cx\u003e \u0026 د","at":"2026-09-07T09:00:00.00012Z","channel":"online","language":"cy"}`},
		{portal.Decision{Act: act, Answer: portal.Withdrawn, Seq: 3}.Record(),
			`{"type":"decision","id":"ID","school":"st-anne","pupil":"PUPIL","contact":"CONTACT","account":"ACCOUNT","text":"parents-aup","edition":2,"sha256":"ab12",` +
				`"answer":"withdrawn","at":"2026-09-07T09:00:00.00012Z","channel":"online","language":"cy"}`},
	} {
		if got := string(c.record.Canonical()); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
		var back portal.Record
		if err := json.Unmarshal(c.record.Canonical(), &back); err != nil || back != c.record {
			t.Errorf("it does not read back as itself: %v", err)
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
			wrong(t, w.Join(t.Context(), jo, l.Code, "2001-01-01"), "code")
			w.ok(w.Join(t.Context(), jo, l.Code, annsBirthday))
		}
	}
	for range portal.TriesPerAccount - 1 {
		wrong(t, w.Join(t.Context(), jo, "BCDF", annsBirthday), "code")
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
	if form, err := w.TakeHeld(t.Context(), jo, "/portal/"); err != nil || len(form) != 1 {
		t.Errorf("the form was lost: %v", err)
	}
	if form, err := w.TakeHeld(t.Context(), jo, "/portal/"); err != nil || form != nil {
		t.Errorf("the form came twice: %v", err)
	}
	token, err = w.StartSession(t.Context(), jo)
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
