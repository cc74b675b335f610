package check

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"schoolgate/site"
	"schoolgate/site/sitetest"
)

// quick is a checker with a test's patience.
func quick() *LinkChecker {
	return &LinkChecker{
		Timeout: 250 * time.Millisecond, Slow: 60 * time.Millisecond, Pause: time.Millisecond,
		Retries: 2, Backoff: 5 * time.Millisecond, MaxWait: 2 * time.Second, InFlight: 3,
	}
}

// linksSaid is what a checker says of addresses, in their order; "" of good ones.
func linksSaid(t *testing.T, c *LinkChecker, addresses ...string) []string {
	t.Helper()
	var links []outsideLink
	for i, a := range addresses {
		links = append(links, outsideLink{a, place{file: "x.md", line: i + 1}, "larkfield"})
	}
	findings, err := c.check(t.Context(), links)
	if err != nil {
		t.Fatal(err)
	}
	all := make([]string, len(addresses))
	for _, f := range findings {
		if f.Rule != "link" || f.Fix == "" || f.File != "x.md" || !slices.Equal(f.Sites, []string{"larkfield"}) {
			t.Errorf("got %+v", f)
		}
		all[f.Line-1] = f.Severity + ": " + strings.TrimPrefix(f.What, "the link to "+addresses[f.Line-1]+" ")
	}
	return all
}

func TestLinkChecker(t *testing.T) {
	var flaky, busy, agents sync.Map
	hits := func(m *sync.Map, key string) int64 {
		n, _ := m.LoadOrStore(key, new(atomic.Int64))
		return n.(*atomic.Int64).Add(1)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/good", func(w http.ResponseWriter, r *http.Request) { agents.Store(r.UserAgent(), true) })
	mux.HandleFunc("/head-refused", func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			w.WriteHeader(http.StatusMethodNotAllowed)
		}
	})
	mux.HandleFunc("/head-wrong", func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			w.WriteHeader(http.StatusNotFound)
		}
	})
	mux.HandleFunc("/gone", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) })
	mux.HandleFunc("/refused", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	mux.HandleFunc("/bad", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadRequest) })
	mux.HandleFunc("/slow", func(http.ResponseWriter, *http.Request) { time.Sleep(100 * time.Millisecond) })
	mux.HandleFunc("/stuck", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/broken", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	mux.HandleFunc("/flaky", func(w http.ResponseWriter, _ *http.Request) {
		if hits(&flaky, "flaky") < 4 { // a HEAD and a GET at each of the first tries
			w.WriteHeader(http.StatusBadGateway)
		}
	})
	mux.HandleFunc("/cut", func(w http.ResponseWriter, _ *http.Request) {
		if hits(&flaky, "cut") == 1 {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				conn.Close()
			}
		}
	})
	mux.HandleFunc("/busy", func(w http.ResponseWriter, _ *http.Request) {
		if hits(&busy, "busy") == 1 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
		}
	})
	mux.HandleFunc("/busy-all-day", func(w http.ResponseWriter, _ *http.Request) {
		hits(&busy, "all day")
		w.Header().Set("Retry-After", time.Now().Add(24*time.Hour).UTC().Format(http.TimeFormat))
		w.WriteHeader(http.StatusTooManyRequests)
	})
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/good", http.StatusMovedPermanently)
	})
	mux.HandleFunc("/lent", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/moved", http.StatusFound) })
	mux.HandleFunc("/slash", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/slash/", http.StatusMovedPermanently)
	})
	mux.HandleFunc("/slash/", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/moved-and-gone", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/gone", http.StatusMovedPermanently)
	})
	mux.HandleFunc("/circle", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/round", http.StatusFound) })
	mux.HandleFunc("/round", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/circle", http.StatusFound) })
	mux.HandleFunc("/on/{n}", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/on/1"+r.PathValue("n"), http.StatusFound)
	})
	mux.HandleFunc("/odd", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "ftp://files.example/")
		w.WriteHeader(http.StatusFound)
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	secure := httptest.NewUnstartedServer(mux) // whose certificate nobody vouches for
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + closed.Addr().String()
	closed.Close()

	cases := [][2]string{
		{server.URL + "/good", ""},
		{server.URL + "/good#part", ""},
		{server.URL + "/head-refused", ""},
		{server.URL + "/head-wrong", ""},
		{server.URL + "/nowhere", "error: is gone (404)"},
		{server.URL + "/gone", "error: is gone (410)"},
		{server.URL + "/bad", "error: does not work (400)"},
		{server.URL + "/refused", "warning: could not be tried: the site lets no program in (403)"},
		{server.URL + "/slow", "warning: is slow: the answer took 100ms"},
		{server.URL + "/stuck", "error: did not answer within 250ms"},
		{server.URL + "/broken", "error: does not work: the site answers with a fault of its own (500)"},
		{server.URL + "/flaky", ""},
		{server.URL + "/cut", ""},
		{server.URL + "/busy", ""},
		{server.URL + "/busy-all-day", "warning: could not be tried: the site asks to be left alone for now (429)"},
		{server.URL + "/moved", "warning: has moved for good, to " + server.URL + "/good"},
		{server.URL + "/lent", ""},
		{server.URL + "/slash", ""},
		{server.URL + "/moved-and-gone", "error: is gone (410)"},
		{server.URL + "/circle", "error: leads round in a circle"},
		{server.URL + "/on/1", "error: leads on and on, through more than 10 addresses"},
		{server.URL + "/odd", `error: leads on to "ftp://files.example/", which is not a web address`},
		{secure.URL + "/good", "error: has a broken certificate: browsers warn against it"},
		{nobody + "/", "error: cannot be reached"},
	}
	var addresses []string
	for _, c := range cases {
		addresses = append(addresses, c[0])
	}
	started := time.Now()
	for i, got := range linksSaid(t, quick(), addresses...) {
		if got != cases[i][1] && !(strings.Contains(cases[i][1], "slow") && strings.HasPrefix(got, "warning: is slow")) {
			t.Errorf("%s: got %q, want %q", cases[i][0], got, cases[i][1])
		}
	}
	if time.Since(started) < time.Second {
		t.Error("Retry-After: 1 was not waited for")
	}
	if n := hits(&busy, "all day"); n != 2 {
		t.Errorf("a site that wants a day's rest was asked %d times", n-1)
	}
	if _, ok := agents.Load("Schoolgate/1.0 (link check of a school's website)"); !ok {
		t.Error("the product does not say its name")
	}
	dns := &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.DNSError{Err: "no such host", Name: "nowhere.example", IsNotFound: true}
	}}}
	c := quick()
	c.Client = dns
	if got := linksSaid(t, c, "https://nowhere.example/"); got[0] != "error: leads to a site that does not exist" {
		t.Errorf("got %q", got)
	}
}

// One host is asked one thing at a time, with a pause; all hosts together never
// more than InFlight.
func TestLinkCheckerIsPolite(t *testing.T) {
	const hosts, each = 6, 4
	var inFlight, most atomic.Int64
	var servers []*httptest.Server
	var addresses []string
	for range hosts {
		var here atomic.Int64
		var mu sync.Mutex
		var last time.Time
		s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			if n := here.Add(1); n > 1 {
				t.Errorf("%d requests at once to one host", n)
			}
			mu.Lock()
			if gap := time.Since(last); gap < 8*time.Millisecond {
				t.Errorf("a pause of only %s", gap)
			}
			mu.Unlock()
			n := inFlight.Add(1)
			for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
			}
			time.Sleep(5 * time.Millisecond)
			inFlight.Add(-1)
			mu.Lock()
			last = time.Now()
			mu.Unlock()
			here.Add(-1)
		}))
		defer s.Close()
		servers = append(servers, s)
	}
	for i, s := range servers {
		for j := range each {
			addresses = append(addresses, fmt.Sprintf("%s/%d-%d", s.URL, i, j))
		}
	}
	c := quick()
	c.Pause, c.InFlight, c.Slow = 10*time.Millisecond, 2, time.Second
	for i, got := range linksSaid(t, c, addresses...) {
		if got != "" {
			t.Errorf("%s: %s", addresses[i], got)
		}
	}
	if most.Load() > 2 {
		t.Errorf("%d requests at once", most.Load())
	}
}

// A check that is stopped stops.
func TestLinkCheckerStops(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer s.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	c := quick()
	c.Timeout = time.Minute
	started := time.Now()
	if _, err := c.check(ctx, []outsideLink{{to: s.URL + "/a"}, {to: s.URL + "/b"}}); err == nil {
		t.Error("no error")
	}
	if time.Since(started) > 5*time.Second {
		t.Error("it went on")
	}
}

// With Online, a check tries the links of the pages and of the checklist.
func TestCheckOnline(t *testing.T) {
	var asked sync.Map
	client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		asked.Store(r.URL.String(), true)
		status := http.StatusOK
		if r.URL.Host == "www.larkfield.example" {
			status = http.StatusNotFound
		}
		return &http.Response{StatusCode: status, Body: http.NoBody, Header: http.Header{}, Request: r}, nil
	})}
	c := quick()
	c.Client = client
	f := checkFixture(t)
	report, err := Run(t.Context(), f.Content, Options{
		Options: site.Options{Theme: f.Theme, Address: "http://localhost:8080", Now: sitetest.Now}, Online: c,
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"error link schools/larkfield/checklist.toml:2 the link to https://www.larkfield.example/behaviour/ is gone (404)"}
	if got := shortAll(report, func(Finding) bool { return true }); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if _, ok := asked.Load(site.CEOP); !ok {
		t.Error("the link to CEOP was not tried")
	}
	if _, ok := asked.Load("http://localhost:8080/larkfield/"); ok {
		t.Error("the site asks itself")
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
