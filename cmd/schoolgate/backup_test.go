package main

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"schoolgate/portal"
	"schoolgate/portal/store/pgtest"
)

// installation is a folder with settings, for one database.
func installation(t testing.TB, database, more string) (settings, data string) {
	t.Helper()
	dir := t.TempDir()
	settings = filepath.Join(dir, "schoolgate.toml")
	if err := os.WriteFile(settings, []byte("address = \"http://localhost:8080\"\ndatabase = \""+database+"\"\n"+more), 0o600); err != nil {
		t.Fatal(err)
	}
	return settings, filepath.Join(dir, "data")
}

func opened(t testing.TB, settings string, now func() time.Time) *application {
	t.Helper()
	s, err := readSettings(settings)
	if err != nil {
		t.Fatal(err)
	}
	app, err := openApplication(t.Context(), s, now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return app
}

// identity is a new age identity's file, and its public key.
func identity(t *testing.T) (file, public string) {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "identity.txt")
	if err := os.WriteFile(file, []byte(id.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file, id.Recipient().String()
}

// A backup of one engine is restored into the other: the ledger holds, what the past
// brings back is ended or said, and those who were erased since are due again.
func TestBackupAndRestore(t *testing.T) {
	opens, public := identity(t)
	for name, engines := range map[string][2]string{
		"from SQLite to PostgreSQL": {"data/s.db", pgtest.Database(t)},
		"from PostgreSQL to SQLite": {pgtest.Database(t), "data/s.db"},
	} {
		t.Run(name, func(t *testing.T) {
			from, data := installation(t, engines[0], "[backup]\nrecipients = [\""+public+"\"]\n")
			left := time.Now().AddDate(-3, 0, 0)
			app := opened(t, from, nil)
			err := app.store.Update(t.Context(), func(tx portal.Tx) error {
				return errors.Join(
					tx.PutSchool(portal.School{Slug: "oak", Name: "Oak", Periods: portal.Periods{Records: 12, Answers: 12, Agreements: 12, Replaced: 12, Events: 12, Staff: 12}}),
					tx.PutPupil(portal.Pupil{ID: "p", School: "oak", Forename: "Anselm", Surname: "Ash", Left: left}),
					tx.PutContact(portal.Contact{ID: "c", School: "oak"}), tx.PutResponsibility(portal.Responsibility{PupilID: "p", ContactID: "c"}),
					tx.PutInvitation(portal.Invitation{ID: "i", ContactID: "c", CodeHash: "h", Issued: left, Expires: time.Now().AddDate(1, 0, 0)}))
			})
			if err != nil {
				t.Fatal(err)
			}
			picture := onDesk(t, app)
			if _, err = app.portal.NoteRights(t.Context()); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "monday.age")
			if out := mustRun(t, "backup", file, "--settings", from); !strings.Contains(out, "its keys") {
				t.Error(out)
			}
			if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%v, %v", info, err)
			}
			if _, err := schoolgate("backup", file, "--settings", from); err == nil || !strings.Contains(err.Error(), "already") {
				t.Errorf("over another: %v", err)
			}
			if left, _ := os.ReadDir(filepath.Dir(file)); len(left) != 1 {
				t.Errorf("beside it stand %v", left)
			}

			// Then the pupil is erased, and the machine burns down but for the copies elsewhere.
			if err := app.Close(); err != nil {
				t.Fatal(err)
			}
			if out := mustRun(t, "retention", "--run", "--settings", from); !strings.Contains(out, "Erased: pupils 1") || !strings.Contains(out, "Backups from before") {
				t.Error(out)
			}
			to, restored := installation(t, engines[1], "")
			if err := os.MkdirAll(restored, 0o700); err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"heads.txt", "erased.txt"} {
				copyFile(t, filepath.Join(data, name), filepath.Join(restored, name))
			}
			out := mustRun(t, "restore", file, "--identity", opens, "--settings", to)
			for _, says := range []string{"The ledger holds: 3 records", "The register holds: 7 rows", "all that the 1 heads given vouched for", "1 letters' codes", "not in force", "Erased after the backup was made, and back now:\n  20", "oak, pupils 1, contacts 1\n", "  1        0      -", "1 pictures of pupils were on the website"} {
				if !strings.Contains(strings.ReplaceAll(out, "NOT in", "not in"), says) {
					t.Errorf("it does not say %q:\n%s", says, out)
				}
			}
			mustRun(t, "verify", "--settings", to)
			again := opened(t, to, nil)
			defer again.Close()
			// Its picture is there and not shown: somebody may have said no since.
			if shown, err := again.portal.Shows(t.Context(), "oak", "shown"); err != nil || shown {
				t.Errorf("its picture comes back by itself: %v, %v", shown, err)
			}
			if b, err := shelf(filepath.Join(restored, "pictures")).Get(picture); err != nil || string(b) != "a picture" {
				t.Errorf("its picture: %q, %v", b, err)
			}
			err = again.store.View(t.Context(), func(tx portal.Tx) error {
				p, err := tx.Pupil("p")
				if err != nil || p.Forename != "Anselm" {
					t.Errorf("%v, %v", p, err)
				}
				codes, err := tx.OpenInvitations("oak")
				if err != nil || len(codes) != 0 {
					t.Errorf("codes that work: %v, %v", codes, err)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if out := mustRun(t, "retention", "--run", "--settings", to); !strings.Contains(out, "Erased: pupils 1") {
				t.Error(out)
			}
			if _, err := schoolgate("restore", file, "--identity", opens, "--settings", to); err == nil || !strings.Contains(err.Error(), "not empty") {
				t.Errorf("into a database that is in use: %v", err)
			}

			// That it was restored is on record, as the backup is in it.
			if got := kinds(t, again); !strings.Contains(got, "database-copied database-restored") {
				t.Errorf("on record are %s", got)
			}

			// Moved by hand, with nothing done since, codes go on: the old server's heads, and what it
			// erased, have to say so.
			moved, there := installation(t, "data/moved.db", "")
			if err := os.MkdirAll(there, 0o700); err != nil {
				t.Fatal(err)
			}
			for _, says := range []string{"--moved is not shown", "something was erased after"} {
				if _, err := schoolgate("restore", file, "--identity", opens, "--moved", "--settings", moved); err == nil || !strings.Contains(err.Error(), says) {
					t.Errorf("moved: %v, want %q", err, says)
				}
				copyFile(t, filepath.Join(data, "erased.txt"), filepath.Join(there, "erased.txt"))
			}
			copyFile(t, filepath.Join(data, "heads.txt"), filepath.Join(there, "heads.txt"))
			if err := os.Remove(filepath.Join(there, "erased.txt")); err != nil {
				t.Fatal(err)
			}
			mustRun(t, "restore", file, "--identity", opens, "--moved", "--settings", moved)
			app = opened(t, moved, nil)
			defer app.Close()
			err = app.store.View(t.Context(), func(tx portal.Tx) error {
				codes, err := tx.OpenInvitations("oak")
				if len(codes) != 1 {
					t.Errorf("codes that work: %v", codes)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

// onDesk puts a picture onto a desk, and onto the site, and answers the name of its file.
func onDesk(t *testing.T, app *application) string {
	t.Helper()
	const name = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	now := time.Now().UTC().Truncate(time.Second)
	err := shelf(filepath.Join(app.settings.Data, "pictures")).Put(name, []byte("a picture"))
	if err == nil {
		err = app.store.Update(t.Context(), func(tx portal.Tx) error {
			x := portal.Photo{ID: name, School: "oak", Brought: now}
			return errors.Join(tx.PutPhoto(x), tx.PutPicture(portal.Picture{ID: "shown", School: "oak", Key: x.SiteKey(), Page: "/", Purpose: "website-pictures", Nobody: true, Shown: now}))
		})
	}
	shown := false
	if err == nil {
		shown, err = app.portal.Shows(t.Context(), "oak", "shown")
	}
	if err != nil || !shown {
		t.Fatalf("it is not shown: %v", err)
	}
	return name
}

// kinds is the kinds of an installation's events that are of no school, oldest first.
func kinds(t *testing.T, app *application) string {
	t.Helper()
	var all []string
	err := app.store.View(t.Context(), func(tx portal.Tx) error {
		events, err := tx.Events(portal.EventFilter{Most: portal.MostEvents})
		for _, e := range slices.Backward(events) {
			if e.School == "" {
				all = append(all, string(e.Kind))
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, " ")
}

// Whatever is wrong with a backup, its key or where it goes is said, and leaves nothing.
func TestRestoreRefuses(t *testing.T) {
	opens, public := identity(t)
	strange, _ := identity(t)
	from, data := installation(t, "data/s.db", "")
	app := opened(t, from, func() time.Time { return time.Now().AddDate(0, 0, -2) })
	dir := t.TempDir()
	file := filepath.Join(dir, "whole.age")
	mustRun(t, "backup", file, "--settings", from, "--to", public)
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := app.ledger.Publish(t.Context(), app.store, time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(app.keepHeads(t.Context()), app.Close()); err != nil {
		t.Fatal(err)
	}
	for i := range 3 { // who may read it, and where it is altered
		if bytes.Contains(whole, []byte("PRIVATE")) || bytes.Contains(whole, []byte("schoolgate")) {
			t.Fatal("it is not encrypted")
		}
		altered := slices.Clone(whole)
		altered[len(whole)*(2*i+1)/6] ^= 1
		if err := os.WriteFile(filepath.Join(dir, "altered.age"), altered, 0o600); err != nil {
			t.Fatal(err)
		}
		refuses(t, "altered", "was altered", filepath.Join(dir, "altered.age"), opens)
	}
	for name, x := range map[string]struct {
		content        []byte
		identity, says string
	}{
		"another's key":      {whole, strange, "this identity does not open it"},
		"no key":             {whole, file, "is not an identity"},
		"cut short":          {whole[:len(whole)-1], opens, "cut short"},
		"cut at a chunk":     {whole[:len(whole)-16], opens, "cut short"},
		"nothing":            {nil, opens, "is not a backup"},
		"something else":     {[]byte("SQLite format 3\x00"), opens, "is not a backup"},
		"something we write": {encrypted(t, public, "PK\x03\x04"), opens, "is not a backup"},
	} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, x.content, 0o600); err != nil {
			t.Fatal(err)
		}
		refuses(t, name, x.says, file, x.identity)
	}

	// A ledger with another key in the way; and heads that the backup does not have.
	to, restored := installation(t, "data/s.db", "")
	if err := os.MkdirAll(restored, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(restored, "ledger.key"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := schoolgate("restore", file, "--identity", opens, "--settings", to); err == nil || !strings.Contains(err.Error(), "not the backup's") {
		t.Errorf("beside another key: %v", err)
	}
	if err := os.Remove(filepath.Join(restored, "ledger.key")); err != nil {
		t.Fatal(err)
	}
	copyFile(t, filepath.Join(data, "heads.txt"), filepath.Join(restored, "heads.txt"))
	if out, err := schoolgate("restore", file, "--identity", opens, "--settings", to); !errors.Is(err, errOldCopy) || !strings.Contains(out, "is restored") {
		t.Errorf("behind the heads: %s, %v", out, err)
	}
	mustRun(t, "ledger", "restored", "--yes", "--settings", to)
	mustRun(t, "verify", "--settings", to)
}

func refuses(t *testing.T, what, says, file, identity string) {
	t.Helper()
	to, data := installation(t, "data/s.db", "")
	_, err := schoolgate("restore", file, "--identity", identity, "--settings", to)
	if err == nil || !strings.Contains(err.Error(), says) || !strings.HasPrefix(err.Error(), "nothing was restored") {
		t.Errorf("%s: %v", what, err)
	}
	if left, _ := os.ReadDir(data); len(left) != 0 {
		t.Errorf("%s left %v", what, left)
	}
}

func encrypted(t *testing.T, public, text string) []byte {
	t.Helper()
	to, err := recipients([]string{public})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w, err := age.Encrypt(&b, to...)
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
