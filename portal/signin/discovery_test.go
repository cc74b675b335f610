package signin

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

// TestDiscoveryIsTriedAgain moves the provider's own notes of the time, as the
// waits are longer than a test.
func TestDiscoveryIsTriedAgain(t *testing.T) {
	var up atomic.Bool
	var asked atomic.Int32
	var server *httptest.Server
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		if !up.Load() {
			http.Error(w, "back soon", http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"issuer":%[1]q,"authorization_endpoint":%[1]q,"token_endpoint":%[1]q,"jwks_uri":%[1]q}`, server.URL)
	}))
	defer server.Close()
	d, err := New([]Config{{Name: "x", Kind: "oidc", Label: "X", Issuer: server.URL, ClientID: "id", Secret: "s"}}, "https://portal.example", nil)
	if err != nil {
		t.Fatal(err)
	}
	p := d.provider("x")
	begin := func(want error, requests int32) {
		t.Helper()
		before := asked.Load()
		_, _, err := d.Begin(t.Context(), "x", false)
		if !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
		if n := asked.Load() - before; n != requests {
			t.Errorf("asked %d times, want %d", n, requests)
		}
	}
	begin(ErrUnavailable, 1)
	up.Store(true)
	begin(ErrUnavailable, 0) // it is left alone for a moment
	p.failedAt = p.failedAt.Add(-rest)
	begin(nil, 1)
	begin(nil, 0)

	grownOld := func() {
		old := *p.found.Load()
		old.at = old.at.Add(-rediscover)
		p.found.Store(&old)
	}
	grownOld()
	begin(nil, 1)
	up.Store(false)
	grownOld()
	begin(nil, 1) // what was known serves on
	begin(nil, 0)
	if p.failed == nil || time.Since(p.failedAt) > time.Minute {
		t.Error("the failure was not noted")
	}
}
