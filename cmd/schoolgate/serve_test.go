package main

import (
	"bufio"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"schoolgate/portal/signin"
)

// servedHouse is all that is served at an address, with its sites built.
func servedHouse(t *testing.T, address string) *httptest.Server {
	t.Helper()
	data := t.TempDir()
	app, err := openApplication(t.Context(), Settings{Address: address, Data: data, Database: filepath.Join(data, "schoolgate.db")}, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := app.build(t.Context(), whatChanged); err != nil {
		t.Fatal(err)
	}
	handler, err := app.handler([]signin.Config{{Name: "id", Kind: "oidc", Label: "Id", Issuer: "https://id.example", ClientID: "x", Secret: "y"}})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s
}

// A redirect never leads to a host that a request named, however it is written,
// and no address leads out of the sites' folders.
func TestNoWayOut(t *testing.T) {
	s := servedHouse(t, "https://safe.example")
	ask := func(target string) *http.Response {
		t.Helper()
		c, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: safe.example\r\nX-Forwarded-Host: evil.example\r\nConnection: close\r\n\r\n", target)
		w, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatalf("%s: %v", target, err)
		}
		return w
	}
	redirects := 0
	for _, target := range []string{
		"//evil.example/x", "//evil.example/..", "//evil.example/%2e%2e", "/%2f%2fevil.example/", "/%5cevil.example", "/\\evil.example",
		"http://safe.example//x", "http://safe.example/portal", "http://safe.example/fernlow-primary", "http://safe.example/portal/sign-in/",
		"http://safe.example/portal/office/fernlow-primary", "http://user@safe.example/portal/office/fernlow-primary",
		"http://evil.example/portal/x/../", "/portal/%2e%2e/%2f%2fevil.example/", "/portal/..%2f..%2f%2fevil.example",
		"//fernlow-primary", "/%2ffernlow-primary", "/fernlow-primary/current/..", "/fernlow-primary/current/%2e%2e",
	} {
		w := ask(target)
		to, err := url.Parse(w.Header.Get("Location"))
		if err != nil || to.Host != "" || to.Scheme != "" || strings.HasPrefix(to.Path, "//") {
			t.Errorf("%s leads to %s, %v", target, to, err)
		}
		if to.Path != "" {
			redirects++
		}
	}
	if redirects < 10 {
		t.Errorf("%d redirects were looked at", redirects)
	}
	for _, target := range []string{
		"/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2f..%2f..%2fetc%2fpasswd", "/_trust/", "/_trust/current/index.html", "/.lock", "/..%2fledger.key",
		"/fernlow-primary%2f..%2f_trust%2f", "/fernlow-primary/..%2f..%2f..%2fschoolgate.db", "/fernlow-primary/..%2f..%2f..%2fledger.key",
		"/fernlow-primary/current/index.html", "/fernlow-primary/generations/", "/fernlow-primary%00", "/%00", "/portal%2f",
	} {
		if w := ask(target); w.StatusCode != http.StatusNotFound {
			t.Errorf("%s answers %s", target, w.Status)
		}
	}
}

func TestAlwaysHTTPS(t *testing.T) {
	for address, want := range map[string]string{"https://safe.example": "max-age=31536000; includeSubDomains", "http://localhost:8080": ""} {
		s := servedHouse(t, address)
		for _, path := range []string{"/", "/fernlow-primary/", "/nowhere", "/ledger/head", "/healthz", "/portal/sign-in"} {
			r, err := http.NewRequest(http.MethodGet, s.URL+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Host = strings.TrimPrefix(strings.TrimPrefix(address, "https://"), "http://")
			w, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			w.Body.Close()
			if got := w.Header.Get("Strict-Transport-Security"); got != want {
				t.Errorf("%s%s: Strict-Transport-Security %q", address, path, got)
			}
		}
	}
}

// A school on its own has no overview: the address alone leads to the school.
func TestOneSchoolAlone(t *testing.T) {
	sites := t.TempDir()
	first := filepath.Join(sites, "fernlow-primary", "current")
	ask := func() *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		publicSites(sites).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		return w
	}
	if w := ask(); w.Code != http.StatusServiceUnavailable {
		t.Errorf("with nothing built: %d", w.Code)
	}
	for _, dir := range []string{first, filepath.Join(sites, "other-school", "current")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		want, location := http.StatusFound, "/fernlow-primary/"
		if dir != first {
			want, location = http.StatusServiceUnavailable, ""
		}
		if w := ask(); w.Code != want || w.Header().Get("Location") != location {
			t.Errorf("with %s built: %d to %q", dir, w.Code, w.Header().Get("Location"))
		}
	}
}

// answer is what a handler answers to a GET with some headers.
func answer(h http.Handler, path string, header http.Header) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for name, values := range header {
		r.Header[name] = values
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// A slip in the name of a school would ask nothing of anybody.
func TestSecurityNamesSchools(t *testing.T) {
	data := t.TempDir()
	app, err := openApplication(t.Context(), Settings{Address: "http://localhost:8080", Data: data, Database: filepath.Join(data, "s.db")}, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	for _, x := range []struct {
		security SecuritySettings
		ok       bool
	}{
		{SecuritySettings{SecondFactor: []string{"*"}, SignAgain: []string{"fernlow-primary"}}, true},
		{SecuritySettings{SecondFactor: []string{"fernlow"}}, false},
		{SecuritySettings{SignAgain: []string{"fernlow-primary", "st-osric"}}, false},
	} {
		app.settings.Security = x.security
		_, err := app.handler([]signin.Config{{Name: "id", Kind: "oidc", Label: "Id", Issuer: "https://id.example", ClientID: "x", Secret: "y"}})
		if (err == nil) != x.ok {
			t.Errorf("%+v: %v", x.security, err)
		}
	}
}
