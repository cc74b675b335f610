package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gorilla/mux"

	"schoolgate/portal"
)

// What another site sends in somebody's name is refused, on every route.
func TestOtherSitesAreRefused(t *testing.T) {
	w := newWorld(t)
	before := ""
	w.must(w.server.router.Walk(func(route *mux.Route, _ *mux.Router, _ []*mux.Route) error {
		template, err := route.GetPathTemplate()
		w.must(err)
		methods, err := route.GetMethods()
		w.must(err)
		for _, method := range methods {
			if method != http.MethodPost {
				continue
			}
			row := table[method+" "+template]
			for _, headers := range []map[string]string{
				{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://elsewhere.example"}, {"Origin": "null"},
			} {
				grace := w.as(mother)
				form := url.Values{}
				if row.form != nil {
					form = row.form(w)
				}
				r, err := http.NewRequestWithContext(t.Context(), method, w.web.URL+row.path(w, mother), strings.NewReader(form.Encode()))
				w.must(err)
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				for k, v := range headers {
					r.Header.Set(k, v)
				}
				before = w.dump()
				grace.do(r).wants(t, http.StatusForbidden, "That came from another site")
				if w.dump() != before {
					t.Errorf("%s: what another site sent was taken", template)
				}
			}
		}
		return nil
	}))
	grace := w.as(mother)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.web.URL+"/portal/sign-out", nil)
	w.must(err)
	r.Header.Set("Origin", w.server.Address)
	grace.do(r).wants(t, http.StatusSeeOther)
}

func TestHeaders(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/portal/", "/portal/nowhere", w.server.stylesheet} {
		h := w.as(mother).get(path).Header
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
			"X-Content-Type-Options":  "nosniff", "Referrer-Policy": "same-origin", "Strict-Transport-Security": "",
		} {
			if h.Get(name) != want {
				t.Errorf("%s: %s: %q", path, name, h.Get(name))
			}
		}
		if h.Get("X-Request-Id") == "" || h.Get("Permissions-Policy") == "" {
			t.Errorf("%s: %v", path, h)
		}
	}
	css := w.as("").get(w.server.stylesheet).wants(t, http.StatusOK)
	if css.body != "body{margin:0}" || css.Header.Get("Cache-Control") != forEver {
		t.Errorf("the stylesheet: %q %v", css.body, css.Header)
	}
	w.as("").get("/portal/assets/schoolgate.0000000000000000.css").wants(t, http.StatusNotFound)
	w.as("").get(w.server.officeSheet).wants(t, http.StatusOK, "table{margin:0}")
	w.as(clerk).get("/portal/office/fernlow/").wants(t, http.StatusOK, w.server.stylesheet, w.server.officeSheet)
	w.as(mother).get("/portal/").wants(t, http.StatusOK, w.server.stylesheet).lacks(t, w.server.officeSheet)
	w.as("").get("/portal/assets/colour-14532d.css").wants(t, http.StatusOK, "--accent:#14532d;--accent-ink:#fff")
	w.as("").get("/portal/assets/colour-ffee00.css").wants(t, http.StatusOK, "--accent-ink:#000")

	w.serve("https://schools.example", nil)
	got := w.as("").post("/portal/sign-in/thorn", nil).wants(t, http.StatusOK)
	c := got.Cookies()[0]
	if !strings.HasPrefix(c.Name, "__Host-schoolgate-sign-in-") || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
		t.Errorf("the cookie: %v", c)
	}
	if got.Header.Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS with https")
	}
}

func TestWrongMethod(t *testing.T) {
	w := newWorld(t)
	for path, want := range map[string]string{"/portal/sign-out": "POST", "/portal/join": "GET, HEAD, POST", "/portal/": "GET, HEAD"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, w.web.URL+path, nil)
		w.must(err)
		got := w.as(mother).do(r).wants(t, http.StatusMethodNotAllowed)
		if got.Header.Get("Allow") != want {
			t.Errorf("%s allows %q, wanted %q", path, got.Header.Get("Allow"), want)
		}
	}
}

// A fault of ours shows a number, and nothing of the inside, even where the
// database is what failed.
func TestFault(t *testing.T) {
	w := newWorld(t)
	w.serve(w.server.Address, func(c *Config) {
		c.WriteList = func(io.Writer, string, portal.List) (ListWriter, error) { panic("secret wiring") }
	})
	got := w.as(clerk).post("/portal/office/fernlow/export", url.Values{"format": {"csv"}}).wants(t, http.StatusInternalServerError).lacks(t, "secret", "wiring", "goroutine")
	if !strings.Contains(got.body, got.Header.Get("X-Request-Id")) || !strings.Contains(w.log.String(), got.Header.Get("X-Request-Id")) {
		t.Error("no request number on the page or in the log")
	}
	w.serve(w.server.Address, func(c *Config) {
		c.WriteList = func(io.Writer, string, portal.List) (ListWriter, error) {
			return nil, fmt.Errorf("erase: %w", portal.ErrNoRight)
		}
	})
	w.as(clerk).post("/portal/office/fernlow/export", url.Values{"format": {"csv"}}).wants(t, http.StatusForbidden, "Nothing was changed", "schoolgate retention --run")
	grace := w.as(mother)
	w.must(w.store.Close())
	grace.get("/portal/").wants(t, http.StatusInternalServerError, "Something went wrong on our side").lacks(t, "sql", "database")
}

func TestSettings(t *testing.T) {
	w := newWorld(t)
	good := w.server.Config
	for name, change := range map[string]func(*Config){
		"no portal":         func(c *Config) { c.Portal = nil },
		"no stylesheet":     func(c *Config) { c.Stylesheet = nil },
		"http far away":     func(c *Config) { c.Address = "http://schools.example" },
		"a path":            func(c *Config) { c.Address = "https://schools.example/portal" },
		"no scheme":         func(c *Config) { c.Address = "schools.example" },
		"not of the web":    func(c *Config) { c.Address = "ftp://schools.example" },
		"no log":            func(c *Config) { c.Log = nil },
		"no class list":     func(c *Config) { c.ReadClassList = nil },
		"no list":           func(c *Config) { c.WriteList = nil },
		"no table":          func(c *Config) { c.WriteTable = nil },
		"nobody to sign in": func(c *Config) { c.SignIn = nil },
	} {
		c := good
		change(&c)
		if _, err := New(c); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if _, err := New(good); err != nil {
		t.Error(err)
	}
}

func TestSignIn(t *testing.T) {
	w := newWorld(t)
	w.door.codes["open-sesame"] = identity(mother, "")
	w.secrets = append(w.secrets, "open-sesame")
	begin := func(v *visitor, to string) (state string) {
		got := v.post("/portal/sign-in/thorn", url.Values{"return_to": {to}}).wants(t, http.StatusOK, "Go on to Thornmail")
		_, provider, ok := strings.Cut(got.Header.Get("Refresh"), "0; url=")
		u, err := url.Parse(provider)
		if !ok || err != nil || u.Host != "id.example" {
			t.Fatalf("goes on to %q", got.Header.Get("Refresh"))
		}
		w.secrets = append(w.secrets, u.Query().Get("state"))
		return u.Query().Get("state")
	}
	callback := func(v *visitor, state, rest string) reply {
		return v.get("/portal/callback/thorn?state=" + url.QueryEscape(state) + rest)
	}

	v := w.as("")
	state := begin(v, "/portal/join")
	if to := callback(v, state, "&code=open-sesame").wants(t, http.StatusSeeOther).location(); to != "/portal/join" {
		t.Errorf("signing in leads to %s", to)
	}
	v.get("/portal/").wants(t, http.StatusOK, ">Asha</h2>")
	callback(v, state, "&code=open-sesame").wants(t, http.StatusBadRequest, "Start signing in again")

	// A new sign-in has a new session, and the old one is over.
	old := v.jar[sessionCookie]
	callback(v, begin(v, ""), "&code=open-sesame").wants(t, http.StatusSeeOther)
	if v.jar[sessionCookie] == old {
		t.Error("the session's value stayed the same")
	}
	if _, _, err := w.portal.Session(t.Context(), old); !errors.Is(err, portal.ErrNotFound) {
		t.Errorf("the old session: %v", err)
	}

	// Begun in two tabs, in whatever order they come to their end.
	v = w.as("")
	one, two := begin(v, "/portal/join"), begin(v, "")
	callback(v, one, "&code=open-sesame").wants(t, http.StatusSeeOther)
	if to := callback(v, two, "&code=open-sesame").wants(t, http.StatusSeeOther).location(); to != "/portal/" {
		t.Errorf("the second tab ends at %s", to)
	}
	if len(v.jar) != 1 {
		t.Errorf("cookies are left behind: %d", len(v.jar))
	}

	v = w.as("")
	begin(v, "")
	callback(v, "another", "&code=open-sesame").wants(t, http.StatusBadRequest, "Start signing in again")
	state = begin(v, "")
	v.get("/portal/callback/desk?code=open-sesame&state="+state).wants(t, http.StatusBadRequest)
	callback(v, begin(v, ""), "&error=access_denied").wants(t, http.StatusBadRequest, "You did not finish signing in")
	callback(v, begin(v, ""), "&code=wrong").wants(t, http.StatusBadGateway, "Signing in did not work")
	state = begin(v, "")
	w.later(portal.HandshakeLife)
	callback(v, state, "&code=open-sesame").wants(t, http.StatusBadRequest, "Start signing in again")
	v.get("/portal/join").wants(t, http.StatusSeeOther)

	v.post("/portal/sign-in/nobody", nil).wants(t, http.StatusNotFound)
	w.door.fails = errors.New("the provider is away")
	v.post("/portal/sign-in/thorn", nil).wants(t, http.StatusBadGateway).lacks(t, "away")

	for to, want := range map[string]string{
		"/portal/join": "/portal/join", "/portal/office/x/?year=4": "/portal/office/x/?year=4", "": "/portal/", "https://elsewhere.example/portal/": "/portal/",
		"//elsewhere.example/portal/": "/portal/", `/portal/\elsewhere.example`: "/portal/", "/portal/../fernlow/": "/portal/", "/fernlow/": "/portal/",
		"/portal/\r\nSet-Cookie: a=b": "/portal/", "/portal/callback/thorn?state=x": "/portal/", "/portal/%2e%2e/x": "/portal/",
	} {
		if got := localPath(to); got != want {
			t.Errorf("%q leads to %q, wanted %q", to, got, want)
		}
	}
}

func TestWords(t *testing.T) {
	for want, words := range map[string][]string{"": nil, "Asha": {"Asha"}, "Asha and Ben": {"Asha", "Ben"}, "Asha, Ben and Cai": {"Asha", "Ben", "Cai"}} {
		if got := list(words); got != want {
			t.Errorf("%q, wanted %q", got, want)
		}
	}
	for _, s := range portal.Standings {
		if standingWords[s].Word == "" {
			t.Errorf("%s has no word", s)
		}
	}
}

// Back to a page that said what was wrong finds it again, for whoever filled it in
// and for nobody else; what is no longer kept is the empty form.
func TestWrongFormIsThereAgain(t *testing.T) {
	w := newWorld(t)
	asker, other := w.as(stranger), w.as(clerk)
	wrong := asker.post("/portal/join", url.Values{"code": {"WXYZ-2345-6789"}}).wants(t, http.StatusUnprocessableEntity, "7KQM-2XWT-9HBD")
	at := wrong.Request.URL.RequestURI()
	asker.get(at).wants(t, http.StatusUnprocessableEntity, "WXYZ-2345-6789", `href="#field-born"`)
	other.get(at).wants(t, http.StatusOK, "Enter the code").lacks(t, "WXYZ-2345-6789")
	w.as("").get(at).wants(t, http.StatusSeeOther)
	asker.get("/portal/join").wants(t, http.StatusOK).lacks(t, "WXYZ-2345-6789")
	asker.post("/portal/join", nil).wants(t, http.StatusUnprocessableEntity)
	asker.get(at).wants(t, http.StatusOK).lacks(t, "WXYZ-2345-6789")
}
