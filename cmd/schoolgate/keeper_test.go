package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/lockedfile"

	"schoolgate/content"
	"schoolgate/portal"
)

// ownContent is a content folder with one school that a test may write in.
func ownContent(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "content")
	if err := os.CopyFS(dir, content.FS); err != nil {
		t.Fatal(err)
	}
	schools, err := filepath.Glob(filepath.Join(dir, "schools", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, school := range schools {
		if filepath.Base(school) != "fernlow-primary" {
			if err := os.RemoveAll(school); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.Remove(filepath.Join(dir, "embed.go")); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return dir
}

func writeTo(t *testing.T, text string, elem ...string) {
	t.Helper()
	name := filepath.Join(elem...)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// serveSettings writes a settings file that serve accepts.
func serveSettings(t *testing.T, port, folder, more string) string {
	t.Helper()
	file := filepath.Join(filepath.Dir(folder), "schoolgate.toml")
	writeTo(t, fmt.Sprintf(`address = "http://localhost:%s"
listen = "127.0.0.1:%s"
content = %q

[[sign_in]]
name = "id"
kind = "oidc"
label = "Id"
issuer = "https://id.example"
client_id = "x"
%s`, port, port, folder, more), file)
	t.Setenv("SCHOOLGATE_SECRET_ID", "secret")
	return file
}

// shows waits until a page of a server holds some words.
func shows(t *testing.T, address, words string) {
	t.Helper()
	var last string
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if last = get(t, address); strings.Contains(last, words) {
			return
		}
	}
	t.Fatalf("%s does not show %q:\n%s", address, words, last)
}

// Where another program listens, nothing is made or changed.
func TestServeTouchesNothingIfItsPortIsTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	settings := serveSettings(t, port, ownContent(t), "")
	if out, err := schoolgate("serve", "--settings", settings); err == nil || !strings.Contains(err.Error(), "listen") {
		t.Errorf("got %v\n%s", err, out)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(settings), "data")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the data folder was made: %v", err)
	}
}

// A server answers with the sites that stand while it builds, and the signal HUP
// brings new pages and new settings.
func TestServeBuildsBeside(t *testing.T) {
	folder, port := ownContent(t), freePort(t)
	settings := serveSettings(t, port, folder, "")
	address := "http://localhost:" + port
	page := address + "/fernlow-primary/new/"
	write := func(words string) {
		writeTo(t, "+++\ntitle = \"New\"\n+++\n\n"+words+"\n", folder, "schools/fernlow-primary/pages/new.md")
	}
	write("The first words.")
	mustRun(t, "build", "--settings", settings)
	sites := filepath.Join(filepath.Dir(settings), "data/sites")
	unlock, err := lockedfile.MutexAt(filepath.Join(sites, ".lock")).Lock() // as if another build were under way
	if err != nil {
		t.Fatal(err)
	}
	write("The second words.")
	log := startServer(t, address, "serve", "--settings", settings)
	if html := get(t, page); !strings.Contains(html, "The first words.") {
		t.Errorf("while it builds, it does not serve the site that stands:\n%s", html)
	}
	unlock()
	shows(t, page, "The second words.")

	other := ownContent(t)
	writeTo(t, "+++\ntitle = \"New\"\n+++\n\nOf another folder.\n", other, "schools/fernlow-primary/pages/new.md")
	if err := os.WriteFile(settings, []byte("address = 7"), 0o600); err != nil {
		t.Fatal(err)
	}
	write("The third words.")
	hup(t)
	shows(t, page, "The third words.") // though the settings were wrong
	if !strings.Contains(log.String(), "settings were not read again") {
		t.Errorf("the log does not say so:\n%s", log)
	}
	renewed := serveSettings(t, port, other, "\n[[sign_in]]\nname = \"second\"\nkind = \"oidc\"\nlabel = \"Second way\"\nissuer = \"https://id2.example\"\nclient_id = \"x\"\n")
	t.Setenv("SCHOOLGATE_SECRET_SECOND", "secret")
	if err := os.Rename(renewed, settings); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(settings)
	if err != nil {
		t.Fatal(err)
	}
	data := fmt.Sprintf("data = %q\n", filepath.Dir(sites))
	if err := os.WriteFile(settings, []byte(data+string(text)), 0o600); err != nil {
		t.Fatal(err)
	}
	hup(t)
	shows(t, page, "Of another folder.")
	if html := get(t, address+"/portal/sign-in"); !strings.Contains(html, "Second way") {
		t.Errorf("the new way to sign in is not offered:\n%s", html)
	}
}

func hup(t *testing.T) {
	t.Helper()
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
}

// unsteady is a store whose writes fail while it is away.
type unsteady struct {
	portal.Store
	away bool
}

func (u *unsteady) Update(ctx context.Context, f func(portal.Tx) error) error {
	if u.away {
		return errors.New("the database is away")
	}
	return u.Store.Update(ctx, f)
}

// builtKeeper keeps an application of one school, built, at a time that a test may change.
func builtKeeper(t *testing.T, folder string, now *time.Time) (*keeper, *unsteady, *lockedBuffer) {
	t.Helper()
	data, log := t.TempDir(), &lockedBuffer{}
	s := Settings{Address: "http://localhost:8080", Data: data, Database: filepath.Join(data, "schoolgate.db"), Content: folder}
	app, err := openApplication(t.Context(), s, func() time.Time { return *now }, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	})
	store := &unsteady{Store: app.store}
	app.portal = portal.New(store, app.ledger, nil, app.now)
	k := &keeper{application: app}
	k.build(t.Context())
	return k, store, log
}

func (k *keeper) title(t *testing.T, of string) (site, asked string) {
	t.Helper()
	html, err := os.ReadFile(filepath.Join(k.sites(), "fernlow-primary/current/consents", of, "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	_, site, _ = strings.Cut(string(html), "<title>")
	site, _, _ = strings.Cut(site, " – ")
	school, err := k.application.portal.School(t.Context(), "fernlow-primary")
	if err != nil {
		t.Fatal(err)
	}
	text, _ := school.Current(portal.Purpose, of)
	return site, text.Title
}

// While the database is away, neither site nor portal changes, and the log does not
// say that anything was built; when it is back, both do.
func TestDatabaseAwayDuringABuild(t *testing.T) {
	folder, now := ownContent(t), time.Now()
	k, store, log := builtKeeper(t, folder, &now)
	name := filepath.Join(folder, "consents/video-calls.md")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	before, asked := k.title(t, "video-calls")
	if before == "" || before != asked {
		t.Fatalf("the site shows %q and the portal asks %q", before, asked)
	}
	changed := strings.Replace(string(text), "title = \"", "title = \"Again: ", 1)
	changed = regexp.MustCompile(`edition = \d+`).ReplaceAllString(changed, "edition = 99")
	writeTo(t, changed, name)

	store.away = true
	already := len(log.String())
	k.build(t.Context())
	if site, asked := k.title(t, "video-calls"); site != before || asked != before {
		t.Errorf("while it is away the site shows %q and the portal asks %q", site, asked)
	}
	if said := log.String()[already:]; strings.Contains(said, "site built") && strings.Contains(said, "site=fernlow-primary pages") || !strings.Contains(said, "could not take over") {
		t.Errorf("the log says\n%s", said)
	}
	k.look(t.Context())
	if site, _ := k.title(t, "video-calls"); site != before {
		t.Error("it did not wait")
	}
	store.away = false
	k.again = time.Now()
	k.look(t.Context())
	if site, asked := k.title(t, "video-calls"); site != "Again: "+before || asked != site {
		t.Errorf("when it is back the site shows %q and the portal asks %q", site, asked)
	}
	if k.wait != 0 {
		t.Error("it goes on building")
	}
}

// What shows the day is built again after midnight in London, without anybody asking.
func TestSitesKnowTheDay(t *testing.T) {
	now := time.Date(2026, time.June, 30, 22, 30, 0, 0, time.UTC)
	k, _, _ := builtKeeper(t, ownContent(t), &now)
	sheet := func() string {
		html, err := os.ReadFile(filepath.Join(k.sites(), "fernlow-primary/current/print/help-pupils/index.html"))
		if err != nil {
			t.Fatal(err)
		}
		return string(html)
	}
	if html := sheet(); !strings.Contains(html, "30 June 2026") {
		t.Fatalf("the sheet has no day:\n%s", html)
	}
	now = now.Add(time.Hour)
	k.look(t.Context())
	if html := sheet(); !strings.Contains(html, "1 July 2026") {
		t.Errorf("after midnight the sheet is of another day:\n%s", html)
	}
}

// Alive is not ready: whoever restarts a program that is not alive must not do so
// because the database is away.
func TestAliveIsNotReady(t *testing.T) {
	data := t.TempDir()
	app, err := openApplication(t.Context(), Settings{Address: "http://localhost:8080", Data: data, Database: filepath.Join(data, "schoolgate.db")}, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	handler, err := app.handler(nil)
	if err != nil {
		t.Fatal(err)
	}
	is := func(when string, alive, ready int) {
		t.Helper()
		for path, want := range map[string]int{"/healthz": alive, "/readyz": ready} {
			if got := answer(handler, path, nil).Code; got != want {
				t.Errorf("%s, %s answers %d, want %d", when, path, got, want)
			}
		}
	}
	is("before the first build", http.StatusOK, http.StatusServiceUnavailable)
	app.built.Store(true)
	is("after it", http.StatusOK, http.StatusOK)
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	is("without the database", http.StatusOK, http.StatusServiceUnavailable)
}

// Where the settings say so, what has had its time is erased once a day.
func TestErasedByNight(t *testing.T) {
	settings, data := installation(t, "data/s.db", "")
	now := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	app := opened(t, settings, func() time.Time { return now })
	defer app.Close()
	k := &keeper{application: app}
	leaver := func(id string) {
		t.Helper()
		err := app.store.Update(t.Context(), func(tx portal.Tx) error {
			return tx.PutPupil(portal.Pupil{ID: id, School: "oak", Left: now.AddDate(-2, 0, 0)})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	tidied := func(want int) {
		t.Helper()
		k.tidy(t.Context())
		left, err := app.portal.Retention(t.Context(), portal.Operator, "oak")
		if err != nil || left.Now() != want {
			t.Errorf("%d are overdue, wanted %d: %v", left.Now(), want, err)
		}
	}
	keep := portal.Periods{Records: 12, Answers: 12, Agreements: 12, Replaced: 12, Events: 12, Staff: 12}
	if err := app.portal.SetSchools(t.Context(), []portal.School{{Slug: "oak", Name: "Oak", Periods: keep}}); err != nil {
		t.Fatal(err)
	}
	leaver("p-1")
	tidied(1) // nobody has said so
	app.settings.Retention.Run = daily
	tidied(0)
	leaver("p-2")
	tidied(1)
	now = now.Add(13 * time.Hour)
	tidied(0)
	if kept, err := os.ReadFile(filepath.Join(data, "erased.txt")); err != nil || strings.Count(string(kept), " oak, pupils 1\n") != 2 {
		t.Errorf("what was erased is noted as %q, %v", kept, err)
	}
}
