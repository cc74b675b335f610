package main

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"schoolgate/portal/signin"
)

// One installation looks on at another's ledger day by day, and notices when it is
// no longer the one that it was.
func TestWitnessAnotherInstallation(t *testing.T) {
	now := time.Now()
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	installation := func(address string) string {
		settings := filepath.Join(t.TempDir(), "schoolgate.toml")
		if err := os.WriteFile(settings, fmt.Appendf(nil, "address = %q\n", address), 0o600); err != nil {
			t.Fatal(err)
		}
		return settings
	}
	// day serves an installation as it stands a day later.
	day := func(settings string) {
		t.Helper()
		s, err := readSettings(settings)
		if err != nil {
			t.Fatal(err)
		}
		app, err := openApplication(t.Context(), s, func() time.Time { return now }, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { app.Close() })
		now = now.AddDate(0, 0, 1)
		if _, err := app.ledger.Publish(t.Context(), app.store, now); err != nil {
			t.Fatal(err)
		}
		if handler, err = app.handler([]signin.Config{{Name: "id", Kind: "oidc", Label: "Id", Issuer: "https://id.example", ClientID: "x", Secret: "y"}}); err != nil {
			t.Fatal(err)
		}
	}
	watched, rewritten, ours := installation(server.URL), installation(server.URL), installation("http://localhost:8080")
	seen := filepath.Join(t.TempDir(), "seen")
	look := func() (string, error) {
		return schoolgate("ledger", "witness", server.URL, seen, "--settings", ours)
	}

	var key string
	for range 2 {
		day(watched)
		out, err := look()
		if err != nil {
			t.Fatal(out, err)
		}
		_, key, _ = strings.Cut(strings.TrimSpace(out), "public key: ")
	}
	if out, err := look(); err != nil || !strings.Contains(out, "Nothing new") {
		t.Errorf("a second look on the same day: %s, %v", out, err)
	}
	heads := filepath.Join(seen, "heads.txt")
	if out := mustRun(t, "verify", "--settings", watched, "--head", heads, "--witness", key); !strings.Contains(out, "2 heads") {
		t.Errorf("verify: %s", out)
	}
	if out, err := schoolgate("verify", "--settings", watched, "--head", filepath.Join(filepath.Dir(watched), "data", "heads.txt"), "--witness", key); err == nil {
		t.Errorf("heads that nobody has seen passed for seen: %s", out)
	}

	day(rewritten)
	if out, err := look(); err == nil {
		t.Errorf("another ledger at the same address was cosigned: %s", out)
	}
}
