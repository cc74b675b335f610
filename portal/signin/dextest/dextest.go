// Package dextest runs a real OpenID provider, dex, for tests: started on this
// machine, kept in memory, with one client and a few people who have passwords.
// The binary is built by the module in .ci/tools; see [Start].
package dextest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// Password is everybody's.
const Password = "correct horse battery staple"

// passwordHash is Password's, by bcrypt at dex's lowest cost.
const passwordHash = "$2a$10$ti4nAIwU.lixY3z0M3xkC.oPM80bv4Z2H8EZ8mbWXtuJwfxqC0ZUi"

// Person is somebody with an account at the provider.
type Person struct {
	UserID        string
	Name          string
	Email         string // what they sign in with
	EmailVerified bool
}

// Server is a running dex, and what its one client needs to know.
type Server struct {
	Issuer   string
	ClientID string
	Secret   string

	redirectURI string
}

// startWithin is how long dex may take to answer for the first time.
const startWithin = 20 * time.Second

// Start runs dex until the test ends, for a client that takes its answers at
// redirectURI. The binary is $SCHOOLGATE_DEX or .ci/tools/bin/dex, built with
//
//	go -C .ci/tools build -o bin/ github.com/dexidp/dex/cmd/dex
//
// Without one the test is skipped, or fails if $SCHOOLGATE_NO_SKIP is 1.
func Start(tb testing.TB, redirectURI string, people ...Person) *Server {
	tb.Helper()
	bin := binary(tb)
	// The port is free when it is picked and may be taken when dex asks for it.
	for range 3 {
		if s := start(tb, bin, redirectURI, people); s != nil {
			return s
		}
	}
	tb.Fatal("dex did not start; its log is above")
	return nil
}

func binary(tb testing.TB) string {
	tb.Helper()
	if bin := os.Getenv("SCHOOLGATE_DEX"); bin != "" {
		return bin
	}
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for {
		bin := filepath.Join(dir, ".ci", "tools", "bin", "dex")
		if _, err := os.Stat(bin); err == nil {
			return bin
		}
		up := filepath.Dir(dir)
		if up == dir {
			break
		}
		dir = up
	}
	const missing = "dex is not built: go -C .ci/tools build -o bin/ github.com/dexidp/dex/cmd/dex, or set SCHOOLGATE_DEX"
	if os.Getenv("SCHOOLGATE_NO_SKIP") == "1" {
		tb.Fatal(missing)
	}
	tb.Skip(missing)
	return ""
}

// start returns nil if dex ended before it answered.
func start(tb testing.TB, bin, redirectURI string, people []Person) *Server {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()

	s := &Server{
		Issuer:      "http://" + address + "/dex",
		ClientID:    "schoolgate",
		Secret:      "a secret for dex and this test only",
		redirectURI: redirectURI,
	}
	config := filepath.Join(tb.TempDir(), "dex.json") // YAML reads JSON
	if err := os.WriteFile(config, s.config(tb, address, people), 0o600); err != nil {
		tb.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, bin, "serve", config)
	var log safeBuffer
	cmd.Stdout, cmd.Stderr = &log, &log
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		stop()
		tb.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // it is always killed
		close(ended)
	}()
	tb.Cleanup(func() {
		stop()
		<-ended
		if tb.Failed() {
			tb.Logf("dex:\n%s", log.String())
		}
	})
	for deadline := time.Now().Add(startWithin); time.Now().Before(deadline); {
		select {
		case <-ended:
			tb.Logf("dex ended:\n%s", log.String())
			return nil
		case <-time.After(50 * time.Millisecond):
		}
		r, err := http.Get(s.Issuer + "/.well-known/openid-configuration")
		if err != nil {
			continue
		}
		r.Body.Close()
		if r.StatusCode == http.StatusOK {
			return s
		}
	}
	tb.Logf("dex does not answer:\n%s", log.String())
	return nil
}

func (s *Server) config(tb testing.TB, address string, people []Person) []byte {
	tb.Helper()
	passwords := make([]map[string]any, len(people))
	for i, p := range people {
		passwords[i] = map[string]any{
			"userID":        p.UserID,
			"username":      p.Name,
			"email":         p.Email,
			"emailVerified": p.EmailVerified,
			"hash":          passwordHash,
		}
	}
	b, err := json.Marshal(map[string]any{
		"issuer":           s.Issuer,
		"storage":          map[string]any{"type": "memory"},
		"web":              map[string]any{"http": address},
		"logger":           map[string]any{"level": "info", "format": "text"},
		"oauth2":           map[string]any{"skipApprovalScreen": true, "responseTypes": []string{"code"}},
		"enablePasswordDB": true,
		"staticPasswords":  passwords,
		"staticClients": []map[string]any{{
			"id":           s.ClientID,
			"secret":       s.Secret,
			"name":         "Schoolgate",
			"redirectURIs": []string{s.redirectURI},
		}},
	})
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

var loginForm = regexp.MustCompile(`<form method="post" action="([^"]+)"`)

// SignIn does what a person with a browser does at dex, from the address that
// an authorization request sends them to, and returns the query with which dex
// sends them back.
func (s *Server) SignIn(tb testing.TB, authURL, email string) url.Values {
	tb.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		tb.Fatal(err)
	}
	arrived := errors.New("back at the client")
	var back *url.URL
	browser := &http.Client{
		Jar:     jar,
		Timeout: 20 * time.Second,
		CheckRedirect: func(r *http.Request, _ []*http.Request) error {
			if strings.HasPrefix(r.URL.String(), s.redirectURI) {
				back = r.URL
				return arrived
			}
			return nil
		},
	}
	page := func(r *http.Response, err error) (*url.URL, string) {
		if errors.Is(err, arrived) {
			return nil, ""
		}
		if err != nil {
			tb.Fatal(err)
		}
		defer r.Body.Close()
		b, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		if err != nil {
			tb.Fatal(err)
		}
		return r.Request.URL, string(b)
	}
	at, text := page(browser.Get(authURL))
	if back == nil {
		form := loginForm.FindStringSubmatch(text)
		if form == nil {
			tb.Fatalf("dex shows no login form:\n%s", text)
		}
		to, err := at.Parse(html.UnescapeString(form[1]))
		if err != nil {
			tb.Fatal(err)
		}
		_, text = page(browser.PostForm(to.String(), url.Values{"login": {email}, "password": {Password}}))
	}
	if back == nil {
		tb.Fatalf("dex did not send %s back:\n%s", email, text)
	}
	return back.Query()
}

// safeBuffer is written by the process and read by the test.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
