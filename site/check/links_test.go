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
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"schoolgate/site"
	"schoolgate/site/sitetest"
)

// wires joins clients and servers without the machine's network, so that a test of
// them has a clock of its own (testing/synctest) on which nothing takes time but what
// waits. It holds the servers by host and port.
type wires map[string]wire

// wire is what a server hears.
type wire chan net.Conn

// serve answers for a host until the test ends.
func (all wires) serve(t *testing.T, host string, h http.Handler) {
	w, stopped := make(wire), make(chan struct{})
	all[host+":80"] = w
	server := &http.Server{Handler: h}
	go func() {
		defer close(stopped)
		server.Serve(w)
	}()
	t.Cleanup(func() {
		server.Close()
		<-stopped
	})
}

// checker is a link checker with the usual settings that reaches these servers alone.
func (all wires) checker(t *testing.T) *LinkChecker {
	transport := &http.Transport{DialContext: func(ctx context.Context, _, host string) (net.Conn, error) {
		w, there := all[host]
		if !there {
			return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
		}
		ours, theirs := net.Pipe()
		select {
		case w <- theirs:
			return ours, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &LinkChecker{Client: &http.Client{Transport: transport}}
}

func (w wire) Accept() (net.Conn, error) {
	c, open := <-w
	if !open {
		return nil, net.ErrClosed
	}
	return c, nil
}

func (w wire) Close() error {
	close(w)
	return nil
}

func (w wire) Addr() net.Addr { return &net.UnixAddr{Name: "wire"} }

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

func TestLinkChecker(t *testing.T) { synctest.Test(t, testLinkChecker) }

func testLinkChecker(t *testing.T) {
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
	mux.HandleFunc("/slow", func(http.ResponseWriter, *http.Request) { time.Sleep(9 * time.Second) })
	mux.HandleFunc("/brisk", func(http.ResponseWriter, *http.Request) { time.Sleep(8 * time.Second) })
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
	var told time.Time
	mux.HandleFunc("/busy", func(w http.ResponseWriter, _ *http.Request) {
		if hits(&busy, "busy") > 1 {
			if waited := time.Since(told); waited < 50*time.Second {
				t.Errorf("a site that asked for 50 seconds' rest was asked after %s", waited)
			}
		} else {
			told = time.Now()
			w.Header().Set("Retry-After", "50")
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
	all := wires{}
	all.serve(t, "school.example", mux)
	const school, nobody = "http://school.example", "http://nobody.example"

	cases := [][2]string{
		{school + "/good", ""},
		{school + "/good#part", ""},
		{school + "/head-refused", ""},
		{school + "/head-wrong", ""},
		{school + "/nowhere", "error: is gone (404)"},
		{school + "/gone", "error: is gone (410)"},
		{school + "/bad", "error: does not work (400)"},
		{school + "/refused", "warning: could not be tried: the site lets no program in (403)"},
		{school + "/slow", "warning: is slow: the answer took 9s"},
		{school + "/brisk", ""},
		{school + "/stuck", "error: did not answer within 20s"},
		{school + "/broken", "error: does not work: the site answers with a fault of its own (500)"},
		{school + "/flaky", ""},
		{school + "/cut", ""},
		{school + "/busy", ""},
		{school + "/busy-all-day", "warning: could not be tried: the site asks to be left alone for now (429)"},
		{school + "/moved", "warning: has moved for good, to " + school + "/good"},
		{school + "/lent", ""},
		{school + "/slash", ""},
		{school + "/moved-and-gone", "error: is gone (410)"},
		{school + "/circle", "error: leads round in a circle"},
		{school + "/on/1", "error: leads on and on, through more than 10 addresses"},
		{school + "/odd", `error: leads on to "ftp://files.example/", which is not a web address`},
		{nobody + "/", "error: cannot be reached"},
	}
	var addresses []string
	for _, c := range cases {
		addresses = append(addresses, c[0])
	}
	for i, got := range linksSaid(t, all.checker(t), addresses...) {
		if got != cases[i][1] {
			t.Errorf("%s: got %q, want %q", cases[i][0], got, cases[i][1])
		}
	}
	if n := hits(&busy, "all day"); n != 2 {
		t.Errorf("a site that wants a day's rest was asked %d times", n-1)
	}
	if _, ok := agents.Load("Schoolgate/1.0 (link check of a school's website)"); !ok {
		t.Error("the product does not say its name")
	}
	c := &LinkChecker{Client: &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
		return nil, &net.DNSError{Err: "no such host", Name: "nowhere.example", IsNotFound: true}
	})}}
	if got := linksSaid(t, c, "https://nowhere.example/"); got[0] != "error: leads to a site that does not exist" {
		t.Errorf("got %q", got)
	}
}

// A certificate that nobody vouches for is told of.
func TestLinkCheckerReadsCertificates(t *testing.T) {
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	defer s.Close()
	if got := linksSaid(t, &LinkChecker{}, s.URL+"/"); got[0] != "error: has a broken certificate: browsers warn against it" {
		t.Errorf("got %q", got)
	}
}

// One host is asked one thing at a time, with a pause; all hosts together never
// more than InFlight.
func TestLinkCheckerIsPolite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const hosts, each = 6, 4
		var inFlight, most atomic.Int64
		var addresses []string
		all := wires{}
		for i := range hosts {
			var here atomic.Int64
			var last time.Time
			host := fmt.Sprintf("school%d.example", i)
			all.serve(t, host, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
				if n := here.Add(1); n > 1 {
					t.Errorf("%d requests at once to one host", n)
				}
				if gap := time.Since(last); gap < time.Second {
					t.Errorf("a pause of only %s", gap)
				}
				n := inFlight.Add(1)
				for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
				}
				time.Sleep(5 * time.Second)
				inFlight.Add(-1)
				last = time.Now()
				here.Add(-1)
			}))
			for j := range each {
				addresses = append(addresses, fmt.Sprintf("http://%s/%d", host, j))
			}
		}
		c := all.checker(t)
		c.InFlight = 2
		for i, got := range linksSaid(t, c, addresses...) {
			if got != "" {
				t.Errorf("%s: %s", addresses[i], got)
			}
		}
		if most.Load() != 2 {
			t.Errorf("%d requests at once, want 2", most.Load())
		}
	})
}

// A check that is stopped stops.
func TestLinkCheckerStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := wires{}
		all.serve(t, "school.example", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		started := time.Now()
		if _, err := all.checker(t).check(ctx, []outsideLink{{to: "http://school.example/a"}, {to: "http://school.example/b"}}); err == nil {
			t.Error("no error")
		}
		if went := time.Since(started); went != 5*time.Second {
			t.Errorf("it went on for %s", went)
		}
	})
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
	f := checkFixture(t)
	report, err := Run(t.Context(), f.Content, Options{
		Options: site.Options{Theme: f.Theme, Address: "http://localhost:8080", Now: sitetest.Now}, Online: &LinkChecker{Client: client, Pause: time.Nanosecond},
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
