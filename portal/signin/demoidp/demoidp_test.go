package demoidp_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"schoolgate/portal"
	"schoolgate/portal/signin"
	"schoolgate/portal/signin/demoidp"
)

var people = []demoidp.Person{
	{Subject: "p1", Name: "Morwenna Hale", Email: "morwenna@home.example", EmailVerified: true, Hint: "Parents and carers"},
	{Subject: "s1", Name: "Joan <Office> & Sons", Email: "office@fernlow.example", EmailVerified: true, SecondFactor: true, Hint: "People who work at a school"},
	{Subject: "s2", Name: "Idris Poole", Email: "poole@fernlow.example", EmailVerified: false, Hint: "People who work at a school"},
	{Subject: "p2", Name: "Agnes Roe", Hint: "Parents and carers"},
}

// demo is a portal's server with the provider in it, and the desk that uses it.
type demo struct {
	address string
	desk    *signin.Desk
	browser *http.Client // follows no redirect
}

func newDemo(t *testing.T) demo {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + listener.Addr().String()
	issuer := address + "/demo-identity"
	p, err := demoidp.New(issuer, "the client", "a secret: of 100%", address+signin.CallbackPath("demo"), people, "/look.css", "/colour.css")
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/demo-identity/", p)
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: mux}}
	// The desk is made before the server answers, as in the demonstration.
	desk, err := signin.New([]signin.Config{{
		Name: "demo", Kind: "oidc", Label: "The demonstration", Issuer: issuer,
		ClientID: "the client", Secret: "a secret: of 100%", StaffDomains: []string{"fernlow.example"},
	}}, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	server.Start()
	t.Cleanup(server.Close)
	return demo{address, desk, &http.Client{
		Timeout:       10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func (d demo) do(t *testing.T, method, address string, form url.Values) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w, err := d.browser.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	b, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return w, string(b)
}

var (
	hidden = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)
	action = regexp.MustCompile(`<form method="post" action="([^"]+)">`)
)

// fill reads the page's form, as a browser would.
func fill(t *testing.T, page string) (string, url.Values) {
	t.Helper()
	to := action.FindStringSubmatch(page)
	if to == nil {
		t.Fatalf("there is no form:\n%s", page)
	}
	form := url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(page, -1) {
		form.Set(m[1], html.UnescapeString(m[2]))
	}
	return html.UnescapeString(to[1]), form
}

// choose goes from Begin to the address that brings somebody back.
func (d demo) choose(t *testing.T, person string) (portal.Handshake, url.Values) {
	t.Helper()
	to, h, err := d.desk.Begin(t.Context(), "demo", false)
	if err != nil {
		t.Fatal(err)
	}
	_, page := d.do(t, "GET", to, nil)
	post, form := fill(t, page)
	form.Set("person", person)
	w, _ := d.do(t, "POST", post, form)
	back, err := w.Location()
	if err != nil || w.StatusCode != http.StatusSeeOther {
		t.Fatalf("%s, %v", w.Status, err)
	}
	if !strings.HasPrefix(back.String(), d.address+signin.CallbackPath("demo")+"?") {
		t.Errorf("sent back to %s", back)
	}
	return h, back.Query()
}

func TestSignIn(t *testing.T) {
	d := newDemo(t)
	for _, test := range []struct{ person, name, staff string }{
		{"p1", "Morwenna Hale", ""},
		{"p2", "Agnes Roe", ""},
		{"s1", "Joan <Office> & Sons", "office@fernlow.example"},
		{"s2", "Idris Poole", ""}, // not verified
	} {
		h, q := d.choose(t, test.person)
		if q.Get("iss") != d.address+"/demo-identity" {
			t.Errorf("iss is %q", q.Get("iss"))
		}
		got, err := d.desk.Finish(t.Context(), h, q)
		if err != nil {
			t.Fatal(err)
		}
		want := portal.Identity{Provider: "demo", Issuer: d.address + "/demo-identity", Subject: test.person, Name: test.name, StaffEmail: test.staff, SecondFactor: test.staff != ""}
		if since := time.Since(got.Authenticated); since < 0 || since > time.Minute {
			t.Errorf("%s: authenticated %v ago", test.person, since)
		}
		got.Authenticated = time.Time{}
		if got != want {
			t.Errorf("%s: got %q %q %q, second factor %v", test.person, got.Subject, got.Name, got.StaffEmail, got.SecondFactor)
		}
		if _, err := d.desk.Finish(t.Context(), h, q); !errors.Is(err, signin.ErrRefused) {
			t.Errorf("a code worked twice: %v", err)
		}
	}

	h, q := d.choose(t, "")
	if _, err := d.desk.Finish(t.Context(), h, q); !errors.Is(err, portal.ErrDeclined) {
		t.Errorf("somebody who went back: %v", err)
	}
	h, q = d.choose(t, "nobody of ours")
	if _, err := d.desk.Finish(t.Context(), h, q); !errors.Is(err, portal.ErrDeclined) {
		t.Errorf("a person who is not there: %v", err)
	}
	h, q = d.choose(t, "p1")
	q.Del("iss")
	if _, err := d.desk.Finish(t.Context(), h, q); !errors.Is(err, signin.ErrRefused) {
		t.Errorf("an answer without iss: %v", err)
	}
	h, q = d.choose(t, "p1")
	h.Verifier = strings.Repeat("x", 43)
	if _, err := d.desk.Finish(t.Context(), h, q); !errors.Is(err, signin.ErrRefused) {
		t.Errorf("another verifier: %v", err)
	}
	h, q = d.choose(t, "p1")
	h.Nonce = "another"
	if _, err := d.desk.Finish(t.Context(), h, q); !errors.Is(err, signin.ErrRefused) {
		t.Errorf("another nonce: %v", err)
	}
}

func TestPage(t *testing.T) {
	d := newDemo(t)
	to, _, err := d.desk.Begin(t.Context(), "demo", false)
	if err != nil {
		t.Fatal(err)
	}
	w, page := d.do(t, "GET", to, nil)
	csp := w.Header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "form-action 'self' " + d.address + ";", "frame-ancestors 'none'", "base-uri 'none'"} {
		if !strings.Contains(csp, want) {
			t.Errorf("the policy %q lacks %s", csp, want)
		}
	}
	if strings.Contains(csp, "unsafe") || strings.Contains(page, "<script") || strings.Contains(page, "style=") {
		t.Error("the page asks for more than a form needs")
	}
	for _, want := range []string{
		`<html lang="en-GB">`, `<title>`, `<h1>`, `href="/look.css"`, `href="/colour.css"`,
		`<h2 id="group-0">Parents and carers</h2>`, `<h2 id="group-1">People who work at a school</h2>`,
		`Joan &lt;Office&gt; &amp; Sons`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Index(page, "Agnes Roe") > strings.Index(page, "group-1") {
		t.Error("people are not under their heading")
	}
	if w.Header.Get("Cache-Control") != "no-store" {
		t.Error("the page may be kept")
	}
}

func TestAuthorizeRefuses(t *testing.T) {
	d := newDemo(t)
	good, _, err := d.desk.Begin(t.Context(), "demo", false)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, value string
		back        string // the error sent to the client, or "" for a page
	}{
		{"client_id", "another", ""},
		{"redirect_uri", "https://evil.example/", ""},
		{"redirect_uri", d.address + signin.CallbackPath("demo") + "/", ""},
		{"redirect_uri", "", ""},
		{"response_type", "token", "unsupported_response_type"},
		{"scope", "profile", "invalid_scope"},
		{"code_challenge", "", "invalid_request"},
		{"code_challenge_method", "plain", "invalid_request"},
		{"code_challenge_method", "", "invalid_request"},
		{"prompt", "none", "interaction_required"},
	} {
		u, err := url.Parse(good)
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		q.Set(test.name, test.value)
		u.RawQuery = q.Encode()
		post := *u
		post.RawQuery = ""
		q.Set("person", "p1")
		for _, ask := range []func() (*http.Response, string){
			func() (*http.Response, string) { return d.do(t, "GET", u.String(), nil) },
			func() (*http.Response, string) { return d.do(t, "POST", post.String(), q) },
		} {
			w, _ := ask()
			back, err := w.Location()
			switch {
			case test.back == "":
				if w.StatusCode != http.StatusBadRequest || err == nil {
					t.Errorf("%s=%q: %s", test.name, test.value, w.Status)
				}
			case err != nil || back.Query().Get("error") != test.back || back.Query().Has("code") || back.Query().Get("state") != q.Get("state"):
				t.Errorf("%s=%q: sent back with %v", test.name, test.value, back)
			}
		}
	}
	u, err := url.Parse(good)
	if err != nil {
		t.Fatal(err)
	}
	if w, _ := d.do(t, "GET", good+"&state=two", nil); w.StatusCode != http.StatusBadRequest {
		t.Errorf("a repeated parameter: %s", w.Status)
	}
	if w, _ := d.do(t, "POST", strings.TrimSuffix(u.String(), "?"+u.RawQuery), url.Values{"person": {strings.Repeat("x", 1<<20)}}); w.StatusCode != http.StatusBadRequest {
		t.Errorf("a huge form: %s", w.Status)
	}
}

func TestTokenRefuses(t *testing.T) {
	d := newDemo(t)
	end := d.address + "/demo-identity/token"
	for _, test := range []struct {
		name   string
		change func(url.Values, portal.Handshake)
		status int
		want   string
	}{
		{"as it should be", func(url.Values, portal.Handshake) {}, 200, ""},
		{"wrong secret", func(f url.Values, _ portal.Handshake) { f.Set("client_secret", "guess") }, 401, "invalid_client"},
		{"no secret", func(f url.Values, _ portal.Handshake) { f.Del("client_secret") }, 401, "invalid_client"},
		{"another client", func(f url.Values, _ portal.Handshake) { f.Set("client_id", "another") }, 401, "invalid_client"},
		{"another grant", func(f url.Values, _ portal.Handshake) { f.Set("grant_type", "password") }, 400, "unsupported_grant_type"},
		{"no verifier", func(f url.Values, _ portal.Handshake) { f.Del("code_verifier") }, 400, "invalid_grant"},
		{"the challenge for a verifier", func(f url.Values, h portal.Handshake) { f.Set("code_verifier", h.State) }, 400, "invalid_grant"},
		{"another redirect URI", func(f url.Values, _ portal.Handshake) { f.Set("redirect_uri", "http://127.0.0.1/") }, 400, "invalid_grant"},
		{"a code made up", func(f url.Values, _ portal.Handshake) { f.Set("code", "guess") }, 400, "invalid_grant"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h, q := d.choose(t, "p1")
			form := url.Values{
				"grant_type": {"authorization_code"}, "code": {q.Get("code")}, "redirect_uri": {d.address + signin.CallbackPath("demo")},
				"code_verifier": {h.Verifier}, "client_id": {"the client"}, "client_secret": {"a secret: of 100%"},
			}
			test.change(form, h)
			w, body := d.do(t, "POST", end, form)
			var says struct{ Error string }
			if err := json.Unmarshal([]byte(body), &says); err != nil || w.StatusCode != test.status || says.Error != test.want {
				t.Errorf("%s, %q, %v", w.Status, says.Error, err)
			}
			if w.Header.Get("Cache-Control") != "no-store" {
				t.Error("the answer may be kept")
			}
		})
	}
}

// TestCodesAge runs against the bubble's clock.
func TestCodesAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const home = "http://localhost:8080"
		verifier := strings.Repeat("v", 43)
		p, err := demoidp.New(home+"/id", "c", "s", home+"/back", people, "/look.css", "/colour.css")
		if err != nil {
			t.Fatal(err)
		}
		post := func(path string, form url.Values) *httptest.ResponseRecorder {
			r := httptest.NewRequest("POST", home+"/id"+path, strings.NewReader(form.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			p.ServeHTTP(w, r)
			return w
		}
		for _, test := range []struct {
			after  time.Duration
			status int
		}{{59 * time.Second, http.StatusOK}, {time.Minute, http.StatusBadRequest}} {
			w := post("/authorize", url.Values{
				"response_type": {"code"}, "client_id": {"c"}, "redirect_uri": {home + "/back"}, "scope": {"openid"}, "person": {"p1"},
				"code_challenge": {oauth2.S256ChallengeFromVerifier(verifier)}, "code_challenge_method": {"S256"},
			})
			back, err := w.Result().Location()
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(test.after)
			w = post("/token", url.Values{
				"grant_type": {"authorization_code"}, "code": {back.Query().Get("code")}, "redirect_uri": {home + "/back"},
				"code_verifier": {verifier}, "client_id": {"c"}, "client_secret": {"s"},
			})
			if w.Code != test.status {
				t.Errorf("after %v: %d", test.after, w.Code)
			}
		}
	})
}

func TestOnlyHere(t *testing.T) {
	for issuer, ok := range map[string]bool{
		"http://localhost:8080/id": true, "http://127.0.0.1:8080/id": true, "http://127.8.9.10/id": true, "http://[::1]:8080/id": true, "https://localhost/id": true,
		"http://demo.school.example/id": false, "http://localhost.evil.example/id": false, "http://192.168.0.10/id": false, "http://0.0.0.0:8080/id": false,
		"http://[::]:8080/id": false, "http://127.0.0.1.nip.example/id": false, "http://localhost@evil.example/id": false, "http://2130706433/id": false,
		"http:///id": false, "localhost:8080/id": false, "": false, "http://localhost/id?x=1": false,
	} {
		if _, err := demoidp.New(issuer, "c", "s", "http://localhost:8080/back", people, ""); (err == nil) != ok {
			t.Errorf("issuer %q: %v", issuer, err)
		}
		if _, err := demoidp.New("http://localhost:8080/id", "c", "s", issuer, people, ""); (err == nil) != ok {
			t.Errorf("redirect URI %q: %v", issuer, err)
		}
	}
	p, err := demoidp.New("http://localhost:8080/id", "c", "hush-hush", "http://localhost:8080/back", people, "")
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]int{"localhost:8080": http.StatusOK, "rebound.evil.example:8080": http.StatusMisdirectedRequest, "127.0.0.1:8080": http.StatusMisdirectedRequest} {
		w := httptest.NewRecorder()
		p.ServeHTTP(w, httptest.NewRequest("GET", "http://"+host+"/id/.well-known/openid-configuration", nil))
		if w.Code != want {
			t.Errorf("%s: %d", host, w.Code)
		}
	}
	if s := fmt.Sprintf("%v %+v %s", p, p, p); strings.Contains(s, "hush") {
		t.Error("the secret shows")
	}
}

func TestPeopleRefused(t *testing.T) {
	for name, people := range map[string][]demoidp.Person{
		"two of a subject": {{Subject: "a", Name: "A"}, {Subject: "a", Name: "B"}},
		"no subject":       {{Name: "A"}},
		"no name":          {{Subject: "a"}},
	} {
		if _, err := demoidp.New("http://localhost/id", "c", "s", "http://localhost/back", people, ""); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
