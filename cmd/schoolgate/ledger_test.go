package main

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"schoolgate/portal"
)

// A database put back from an old copy is noticed before anything is served from
// it, its consequences are said, and it goes on only when somebody has said so.
func TestRestoredFromAnOldCopy(t *testing.T) {
	settings, data := installation(t, "", "")
	dir := filepath.Dir(settings)
	now := time.Now().AddDate(0, 0, -3)
	open := func() *application {
		t.Helper()
		return opened(t, settings, func() time.Time { return now })
	}
	code := portal.Invitation{ID: "i", ContactID: "c", CodeHash: "h", Issued: now, Expires: now.AddDate(0, 1, 0)}
	day := func(f func(portal.Tx) error) {
		t.Helper()
		app := open()
		now = now.AddDate(0, 0, 1)
		err := errors.Join(app.store.Update(t.Context(), f))
		if err == nil {
			_, err = app.ledger.Publish(t.Context(), app.store, now)
		}
		if err = errors.Join(err, app.keepHeads(t.Context()), app.Close()); err != nil {
			t.Fatal(err)
		}
	}
	day(func(tx portal.Tx) error {
		return errors.Join(tx.PutSchool(portal.School{Slug: "oak", Name: "Oak"}), tx.PutContact(portal.Contact{ID: "c", School: "oak"}),
			tx.PutAccount(portal.Account{ID: "a", Identity: portal.Identity{Provider: "p", Issuer: "i", Subject: "s"}, Created: now, LastSignIn: now}),
			tx.PutSession(portal.Session{Hash: "session", AccountID: "a", Created: now, Expires: now.AddDate(0, 1, 0)}), tx.PutInvitation(code))
	})
	database := filepath.Join(data, "schoolgate.db")
	old, err := os.ReadFile(database)
	if err != nil {
		t.Fatal(err)
	}
	kept := filepath.Join(dir, "data", "heads.txt")
	early := filepath.Join(dir, "early.txt")
	copyFile(t, kept, early)
	day(func(tx portal.Tx) error { return tx.UseInvitation("i", now) })
	late := filepath.Join(dir, "late.txt")
	copyFile(t, kept, late)
	if out := mustRun(t, "verify", "--settings", settings, "--head", early, "--head", late); !strings.Contains(out, "all that the 5 heads given vouched for") {
		t.Errorf("verify: %s", out)
	}
	if out := mustRun(t, "verify", "--settings", settings); !strings.Contains(out, "consistent with itself only") {
		t.Errorf("verify without a head: %s", out)
	}

	if err := os.WriteFile(database, old, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"verify", "export --school oak", "ledger rotate"} {
		if out, err := schoolgate(append(strings.Fields(command), "--settings", settings)...); !errors.Is(err, errOldCopy) {
			t.Errorf("%s: %s, %v", command, out, err)
		}
	}
	out, err := schoolgate("ledger", "restored", "--settings", settings)
	if err == nil || !strings.Contains(out, "oak") || !strings.Contains(out, "1 letters' codes work again") || !strings.Contains(out, "are barred from something") {
		t.Errorf("restored: %s, %v", out, err)
	}
	if out, err := schoolgate("verify", "--settings", settings); !errors.Is(err, errOldCopy) {
		t.Errorf("after it was only asked: %s, %v", out, err)
	}
	mustRun(t, "ledger", "restored", "--settings", settings, "--yes")
	app := open()
	defer app.Close()
	err = app.store.View(t.Context(), func(tx portal.Tx) error {
		codes, err := tx.OpenInvitations("oak")
		if err != nil || len(codes) != 0 {
			t.Errorf("codes that work: %v, %v", codes, err)
		}
		if _, err := tx.Session("session"); !errors.Is(err, portal.ErrNotFound) {
			t.Errorf("a session goes on: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	mustRun(t, "verify", "--settings", settings, "--head", early)
	if out, err := schoolgate("verify", "--settings", settings, "--head", late); err == nil || !strings.Contains(err.Error(), "lost when the database was restored") {
		t.Errorf("with a head of the lost part: %s, %v", out, err)
	}
	if lost, err := filepath.Glob(kept + ".lost-*"); err != nil || len(lost) != 1 {
		t.Errorf("the lost heads: %v, %v", lost, err)
	}
	if got := kinds(t, app); got != "key-changed database-restored" {
		t.Errorf("on record are %s", got)
	}
}

// Without the file of heads an old copy shows by those that stand in the sites, and they are
// not written over; that the file was not there is said, and on record.
func TestHeadsGone(t *testing.T) {
	settings, data := installation(t, "", "")
	now := time.Now().AddDate(0, 0, -3)
	open := func() (*application, error) {
		t.Helper()
		s, err := readSettings(settings)
		if err != nil {
			t.Fatal(err)
		}
		return openApplication(t.Context(), s, func() time.Time { return now }, slog.New(slog.DiscardHandler))
	}
	published := func() {
		t.Helper()
		app, err := open()
		if err != nil {
			t.Fatal(err)
		}
		now = now.AddDate(0, 0, 1)
		_, err = app.ledger.Publish(t.Context(), app.store, now)
		if err = errors.Join(err, app.keepHeads(t.Context()), app.Close()); err != nil {
			t.Fatal(err)
		}
	}
	site := filepath.Join(data, "sites", "oak", "current", wellKnown, "heads.txt")
	if err := os.MkdirAll(filepath.Dir(site), 0o755); err != nil {
		t.Fatal(err)
	}
	published()
	database, heads := filepath.Join(data, "schoolgate.db"), filepath.Join(data, "heads.txt")
	copyFile(t, database, database+".old")
	published()
	later, err := os.ReadFile(site)
	if err != nil {
		t.Fatal(err)
	}
	copyFile(t, database+".old", database)
	if err := os.Remove(heads); err != nil {
		t.Fatal(err)
	}
	if _, err := open(); !errors.Is(err, errOldCopy) {
		t.Errorf("an old copy is opened: %v", err)
	}
	if is, err := os.ReadFile(site); err != nil || string(is) != string(later) {
		t.Errorf("the later heads are written over: %v", err)
	}
	mustRun(t, "ledger", "restored", "--settings", settings, "--yes")
	if lost, err := filepath.Glob(heads + ".lost-*"); err != nil || len(lost) != 1 {
		t.Errorf("the lost heads: %v, %v", lost, err)
	}
	if err := os.Remove(heads); err != nil {
		t.Fatal(err)
	}
	app, err := open()
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	if got := kinds(t, app); got != "key-changed database-restored heads-missing" {
		t.Errorf("on record are %s", got)
	}
	if _, err := app.ledger.VerifyAll(t.Context(), app.store); err != nil {
		t.Error(err)
	}
}

// What the office's button erases is in the file of it, as what a command erases.
func TestTheFileOfErasures(t *testing.T) {
	settings, data := installation(t, "", "")
	app := opened(t, settings, nil)
	defer app.Close()
	err := app.store.Update(t.Context(), func(tx portal.Tx) error {
		return errors.Join(tx.PutSchool(portal.School{Slug: "oak", Name: "Oak", Periods: portal.Periods{Records: 12, Events: 12, Staff: 12}}),
			tx.PutPupil(portal.Pupil{ID: "p", School: "oak", Left: time.Now().AddDate(-3, 0, 0)}))
	})
	if err == nil {
		_, err = app.portal.Erase(t.Context(), portal.Operator, "oak")
	}
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(data, "erased.txt")); err != nil || !strings.HasSuffix(string(text), " oak, pupils 1\n") {
		t.Errorf("%s, %v", text, err)
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// The heads stand in each site, and receipts are checked against them offline.
func TestHeadsInTheSites(t *testing.T) {
	data := t.TempDir()
	s := Settings{Address: "http://localhost", Data: data, Database: filepath.Join(data, "s.db")}
	app, err := openApplication(t.Context(), s, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	site := filepath.Join(app.sites(), "oak", "current")
	if err := os.MkdirAll(site, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := app.ledger.Publish(t.Context(), app.store, time.Now().AddDate(0, 0, 1)); err != nil {
		t.Fatal(err)
	}
	if err := app.keepHeads(t.Context()); err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadFile(app.headsFile())
	if err != nil {
		t.Fatal(err)
	}
	there, err := os.ReadFile(filepath.Join(site, wellKnown, "heads.txt"))
	if err != nil || string(there) != string(kept) || strings.Count(string(kept), "schoolgate/") != 4 {
		t.Errorf("%s, %v", there, err)
	}
	out := mustRun(t, "verify", "--key", filepath.Join(site, wellKnown, "keys.txt"), "--head", app.headsFile())
	if !strings.Contains(out, "The heads hold") {
		t.Errorf("%s", out)
	}
	// A half-written file is completed, and one that somebody changed is not.
	if err := os.WriteFile(app.headsFile(), kept[:len(kept)-20], 0o600); err != nil {
		t.Fatal(err)
	}
	if err := app.keepHeads(t.Context()); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(app.headsFile(), []byte("x"+string(kept)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := app.keepHeads(t.Context()); !errors.Is(err, errOldCopy) {
		t.Errorf("a changed file: %v", err)
	}
}

// A join that somebody added in the database by hand is told by verify.
func TestVerifyComparesTheRegister(t *testing.T) {
	settings, _ := installation(t, "", "")
	app := opened(t, settings, nil)
	now := time.Now()
	err := app.store.Update(t.Context(), func(tx portal.Tx) error {
		return errors.Join(tx.PutSchool(portal.School{Slug: "oak", Name: "Oak"}), tx.PutContact(portal.Contact{ID: "c", School: "oak"}),
			tx.PutAccount(portal.Account{ID: "a", Identity: portal.Identity{Provider: "p", Issuer: "i", Subject: "s"}, Created: now, LastSignIn: now}))
	})
	if _, err2 := app.handler(nil); err != nil || err2 != nil { // as it is served: from now on it compares
		t.Fatal(err, err2)
	}
	mustRun(t, "verify", "--settings", settings)
	if err := app.store.Update(t.Context(), func(tx portal.Tx) error { return tx.PutJoin(portal.Join{AccountID: "a", ContactID: "c", At: now}) }); err != nil {
		t.Fatal(err)
	}
	if out, err := schoolgate("verify", "--settings", settings); err == nil || !strings.Contains(err.Error(), "account_contacts a c is not as it was sealed") {
		t.Errorf("verify: %s, %v", out, err)
	}
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
}
