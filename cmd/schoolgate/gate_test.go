package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func gateOf(t *testing.T, s Settings) http.Handler {
	t.Helper()
	g, err := newGate(s, new(limits))
	if err != nil {
		t.Fatal(err)
	}
	return g.before(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) }))
}

func sent(gate http.Handler, method, target, peer string, change func(*http.Request)) int {
	r := httptest.NewRequest(method, target, nil)
	r.RemoteAddr = peer + ":1234"
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	gate.ServeHTTP(w, r)
	return w.Code
}

func TestUnknownHosts(t *testing.T) {
	for _, x := range []struct {
		address, target string
		want            int
	}{
		{"https://safe.example", "https://safe.example/", 204},
		{"https://safe.example", "https://SAFE.example:443/", 204},
		{"https://safe.example", "https://evil.example/", 421},
		{"https://safe.example", "https://safe.example:8443/", 421},
		{"https://safe.example", "https://safe.example.evil.example/", 421},
		{"https://safe.example", "http://127.0.0.1/portal/", 421},
		{"https://safe.example", "http://127.0.0.1:8080/healthz", 204},
		{"http://localhost:8080", "http://127.0.0.1:9999/", 204},
		{"http://localhost:8080", "http://[::1]:8080/", 204},
		{"http://localhost:8080", "http://rebound.example:8080/", 421},
	} {
		if got := sent(gateOf(t, Settings{Address: x.address}), http.MethodGet, x.target, "192.0.2.1", nil); got != x.want {
			t.Errorf("%s at %s: %d, want %d", x.target, x.address, got, x.want)
		}
	}
}

// Each address and each account has its own allowance; behind a proxy of the
// settings it is the address that the proxy was told, and nobody can make one up.
func TestTooOften(t *testing.T) {
	const much = 1000
	until := func(gate http.Handler, path, peer string, change func(*http.Request)) int {
		for n := range much {
			if sent(gate, http.MethodPost, "https://safe.example"+path, peer, change) == http.StatusTooManyRequests {
				return n
			}
		}
		return much
	}
	told := func(addresses string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("X-Forwarded-For", addresses) }
	}
	s := Settings{Address: "https://safe.example", Proxies: []string{"10.0.0.0/8"}}
	for _, x := range []struct {
		path string
		most int
	}{{"/portal/sign-in/google", 110}, {"/portal/join", 45}, {"/portal/children/x/consents/y", 450}} {
		gate := gateOf(t, s)
		if n := until(gate, x.path, "192.0.2.1", nil); n < 40 || n > x.most {
			t.Errorf("%s: %d went through", x.path, n)
		}
		if got := sent(gate, http.MethodPost, "https://safe.example"+x.path, "192.0.2.2", nil); got != 204 {
			t.Errorf("%s, from another address: %d", x.path, got)
		}
		if n := until(gate, x.path, "10.1.2.3", told("203.0.113.9, 192.0.2.7")); n > x.most {
			t.Errorf("%s, behind the proxy: %d went through", x.path, n)
		}
		if got := sent(gate, http.MethodPost, "https://safe.example"+x.path, "10.1.2.3", told("203.0.113.10, 192.0.2.7")); got != 429 {
			t.Errorf("%s, behind the proxy, with an address made up: %d", x.path, got)
		}
		if got := sent(gate, http.MethodPost, "https://safe.example"+x.path, "10.1.2.3", told("192.0.2.8")); got != 204 {
			t.Errorf("%s, behind the proxy, another: %d", x.path, got)
		}
		if n := until(gate, x.path, "192.0.2.20", told("198.51.100.1")); n > x.most {
			t.Errorf("%s, from one who is no proxy: %d went through", x.path, n)
		}
	}
	six, through := gateOf(t, s), 0 // each from a household of its own, of one IPv6 site
	for n := range much {
		if sent(six, http.MethodPost, "https://safe.example/portal/here", "10.1.2.3", told(fmt.Sprintf("2001:db8:7:%x::1", n))) != http.StatusTooManyRequests {
			through++
		}
	}
	if through < 40 || through > sitesShare*45 {
		t.Errorf("a whole IPv6 site: %d went through", through)
	}
	gate := gateOf(t, s)
	cookie := func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "__Host-schoolgate", Value: "token"}) }
	if n := until(gate, "/portal/children/x/consents/y", "192.0.2.1", cookie); n > 45 {
		t.Errorf("one account: %d went through", n)
	}
	if got := sent(gate, http.MethodPost, "https://safe.example/portal/children/x/consents/y", "192.0.2.99", cookie); got != 429 {
		t.Errorf("one account, from another address: %d", got)
	}
	if n := until(gateOf(t, s), "/portal/children/x/consents/y", "127.0.0.1", cookie); n > 45 {
		t.Errorf("one account, by a proxy that nobody set: %d went through", n)
	}
	if n := until(gateOf(t, s), "/portal/sign-in/google", "127.0.0.1", nil); n < much {
		t.Errorf("everybody, by a proxy that nobody set: %d went through", n)
	}
	if got := sent(gate, http.MethodGet, "https://safe.example/portal/", "192.0.2.1", cookie); got != 204 {
		t.Errorf("reading: %d", got)
	}
	if _, err := newGate(Settings{Address: "https://safe.example", Proxies: []string{"the proxy"}}, new(limits)); err == nil || !strings.Contains(err.Error(), "proxies[1]") {
		t.Errorf("a proxy that is no address: %v", err)
	}
}

// Nobody fills what is remembered with cookies made up, so that others are refused.
func TestCookiesMadeUp(t *testing.T) {
	var l limits
	for i := range 2000 {
		r := httptest.NewRequest(http.MethodPost, "https://safe.example/portal/children/x/consents/y", nil)
		for j := range 100 {
			r.AddCookie(&http.Cookie{Name: "schoolgate", Value: fmt.Sprint(i, "-", j)})
			r.AddCookie(&http.Cookie{Name: "x-schoolgate", Value: fmt.Sprint(i, "-", j)})
		}
		l.allow(netip.MustParseAddr("192.0.2.1"), r)
	}
	if n := len(l.recent); n > 1000 {
		t.Errorf("one address has %d entries", n)
	}
}

// More addresses than can be remembered share what is left.
func TestTooMany(t *testing.T) {
	was := mostRemembered
	mostRemembered = 50
	defer func() { mostRemembered = was }()
	var l limits
	let := 0
	for i := range 5000 {
		if l.take(strings.Repeat("x", i%2500), joinsOfAddress) {
			let++
		}
	}
	if len(l.recent) > 50 || let < 1000 || let > 3000 {
		t.Errorf("%d remembered, %d let through", len(l.recent), let)
	}
}

// What is behind the gate is told whose request it is, and not by which proxy it came.
func TestWhoseRequest(t *testing.T) {
	g, err := newGate(Settings{Address: "https://safe.example", Proxies: []string{"10.0.0.0/8"}}, new(limits))
	if err != nil {
		t.Fatal(err)
	}
	var got string
	gate := g.before(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.RemoteAddr }))
	for _, x := range []struct{ peer, told, want string }{
		{"10.0.0.7", "203.0.113.9", "203.0.113.9:0"},
		{"10.0.0.7", "198.51.100.1, 203.0.113.9", "203.0.113.9:0"},
		{"192.0.2.1", "203.0.113.9", "192.0.2.1:0"},
		{"192.0.2.1", "", "192.0.2.1:0"},
	} {
		sent(gate, http.MethodGet, "https://safe.example/portal/", x.peer, func(r *http.Request) { r.Header.Set("X-Forwarded-For", x.told) })
		if got != x.want {
			t.Errorf("from %s, which was told %q: %s, want %s", x.peer, x.told, got, x.want)
		}
	}
}

func TestPrivateFiles(t *testing.T) {
	dir := t.TempDir()
	for mode, ok := range map[os.FileMode]bool{0o600: true, 0o640: true, 0o644: false, 0o660: false, 0o604: false} {
		name := filepath.Join(dir, mode.String())
		if err := os.WriteFile(name, nil, mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
		if err := ownerOnly(name); (err == nil) != ok {
			t.Errorf("%v: %v", mode, err)
		}
	}
	s := Settings{Address: "http://localhost:8080", Data: dir, Database: filepath.Join(dir, "s.db")}
	if err := os.WriteFile(s.Database, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := openApplication(t.Context(), s, nil, nil); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a database that others may read: %v", err)
	}
	s.SignIn = []SignIn{{Name: "x", ClientSecretFile: filepath.Join(dir, os.FileMode(0o644).String())}}
	if _, err := s.providers(); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a secret that others may read: %v", err)
	}
}
