package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"schoolgate/portal"
)

// asOf is a browser that was signed in a while ago, or otherwise.
func (w *world) asOf(who string, s portal.Session) *visitor {
	w.t.Helper()
	v := w.as(who)
	s.AccountID = w.accounts[who]
	token, err := w.portal.StartSession(w.t.Context(), s)
	w.must(err)
	w.secrets = append(w.secrets, token)
	v.jar[w.server.cookie(sessionCookie, "").Name] = token
	return v
}

// A phone left lying, signed in, is not enough for what matters: neither a parent's nor
// that of somebody who works at the school. Whose word is taken differs.
func TestFreshSignIn(t *testing.T) {
	w := newWorld(t)
	ago := portal.Session{Authenticated: w.clock().Add(-portal.FreshFor)}
	now := portal.Session{Authenticated: w.clock()}
	renewed := portal.Session{Renewed: true}
	for _, x := range []struct {
		route, who string
		by         portal.ProvedBy
	}{
		{"GET /portal/join", stranger, portal.ByReturning},
		{"POST /portal/join", stranger, portal.ByReturning},
		{"GET /portal/record", mother, portal.ByReturning},
		{"POST " + office + "/import/{id:[A-Za-z0-9_-]+}", clerk, portal.ByProvider},
		{"POST " + office + "/settle", clerk, portal.ByProvider},
		{"GET " + office + "/export", lead, portal.ByProvider},
		{"POST " + office + "/export", lead, portal.ByProvider},
		{"POST " + office + "/letters", clerk, portal.ByProvider},
		{"POST " + office + "/undo", clerk, portal.ByProvider},
		{"POST " + office + "/restrictions", lead, portal.ByProvider},
		{"POST " + office + "/joins", clerk, portal.ByProvider},
		{"POST " + office + "/retention/keep", clerk, portal.ByProvider},
		{"POST " + office + "/wordings", lead, portal.ByProvider},
	} {
		method, _, _ := strings.Cut(x.route, " ")
		row := table[x.route]
		path, form := row.path(w, x.who), url.Values{}
		if row.form != nil {
			form = row.form(w)
		}
		send := func(s portal.Session) reply {
			if v := w.asOf(x.who, s); method == http.MethodPost {
				return v.post(path, form)
			} else {
				return v.get(path)
			}
		}
		for name, s := range map[string]portal.Session{"long ago": ago, "never, as far as is told": {}} {
			before := w.dump("sessions", "held_forms")
			got := send(s).wants(t, http.StatusForbidden, "Sign in again to go on", "Nothing was changed")
			if w.dump("sessions", "held_forms") != before {
				t.Errorf("%s: something was done for somebody who signed in %s", x.route, name)
			}
			got.wants(t, http.StatusForbidden, `action="/portal/sign-in/thorn"`, `name="anew" value="yes"`)
		}
		if got := send(now); got.StatusCode == http.StatusForbidden {
			t.Errorf("%s: refused to somebody who has just signed in", x.route)
		}
		got := send(renewed)
		if x.by == portal.ByProvider {
			got.wants(t, http.StatusForbidden, "did not tell us when you last proved who you are").lacks(t, "<button class=\"button\">Sign in")
		} else if got.StatusCode == http.StatusForbidden {
			t.Errorf("%s: refused to somebody who has just come back from their provider", x.route)
		}
	}
}

// back goes through a fresh sign-in from the page that asks for it, and answers where
// it leads.
func (v *visitor) back(asked reply, id portal.Identity) string {
	v.t.Helper()
	_, rest, ok := strings.Cut(asked.body, `name="return_to" value="`)
	to, _, _ := strings.Cut(rest, `"`)
	if !ok {
		v.t.Fatal("nobody is asked to sign in again")
	}
	return v.signIn(id, url.Values{"return_to": {strings.ReplaceAll(to, "&amp;", "&")}, "anew": {"yes"}})
}

// signIn goes to the provider and comes back as somebody.
func (v *visitor) signIn(id portal.Identity, form url.Values) string {
	v.t.Helper()
	leaving := v.post("/portal/sign-in/thorn", form).wants(v.t, http.StatusOK)
	_, to, _ := strings.Cut(leaving.Header.Get("Refresh"), "url=")
	u, err := url.Parse(to)
	v.must(err)
	v.door.codes["again"] = id
	return v.get("/portal/callback/thorn?"+url.Values{"state": {u.Query().Get("state")}, "code": {"again"}}.Encode()).wants(v.t, http.StatusSeeOther).location()
}

// Whoever has to sign in again comes back to what they had typed, and one button sends
// it: nothing is sent by coming back.
func TestTypedIsKeptOverAFreshSignIn(t *testing.T) {
	w := newWorld(t)
	v := w.asOf(lead, portal.Session{})
	asked := v.post("/portal/office/fernlow/restrictions", url.Values{"link": {"x y"}, "why": {"seen \"in\" court"}}).wants(t, http.StatusForbidden, "What you typed is kept")
	id := identity(lead, lead)
	id.Authenticated = w.clock()
	to := v.back(asked, id)
	before := w.dump()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodHead, w.web.URL+to, nil)
	w.must(err)
	v.do(r).wants(t, http.StatusOK)
	v.get(to).wants(t, http.StatusOK, `action="/portal/office/fernlow/restrictions?kept=1"`, `name="link" value="x y"`, "seen &#34;in&#34; court", ">Go on</button>")
	if w.dump() != before {
		t.Error("coming back did something")
	}
	v.post("/portal/office/fernlow/restrictions?kept=1", url.Values{"link": {"x y"}, "why": {"seen \"in\" court"}}).wants(t, http.StatusNotFound)
	if got := v.get(to); got.StatusCode != http.StatusSeeOther {
		t.Errorf("what was typed is there twice: %d", got.StatusCode)
	}

	// Another who signs in instead finds nothing of it.
	v = w.asOf(lead, portal.Session{})
	asked = v.post("/portal/office/fernlow/restrictions", url.Values{"link": {"x y"}, "why": {"a secret reason"}})
	id = identity(clerk, clerk)
	id.Authenticated = w.clock()
	if got := v.get(v.back(asked, id)); strings.Contains(got.body, "a secret reason") || got.StatusCode != http.StatusSeeOther {
		t.Errorf("another finds what was typed: %d", got.StatusCode)
	}
	// A code is kept nowhere.
	v = w.asOf(stranger, portal.Session{})
	v.post("/portal/join", url.Values{"code": {"BCDF-GHJK-MNPQ"}}).wants(t, http.StatusForbidden).lacks(t, "is kept")
	if strings.Contains(w.dump(), "BCDF-GHJK") {
		t.Error("a code was kept")
	}
	// A file does not come by itself.
	asked = w.asOf(lead, portal.Session{}).get("/portal/office/fernlow/record/pupil/"+w.pupils["Asha"]+"?format=json&year=4").wants(t, http.StatusForbidden)
	asked.wants(t, http.StatusForbidden, `value="/portal/office/fernlow/record/pupil/`+w.pupils["Asha"]+`?year=4"`)
}

// The school may ask a parent for a fresh sign-in before the first yes or signature of
// a session; never before a no.
func TestFirstYesOfASession(t *testing.T) {
	w := newWorld(t)
	w.portal.Demand(portal.Demands{SignAgain: []string{"fernlow"}})
	child := "/portal/children/" + w.pupils["Asha"]
	no := url.Values{"answer": {"refused"}, "hash": {webPicture.Hash}}
	v := w.asOf(mother, portal.Session{})
	v.post(child+"/consents/website-pictures", no).wants(t, http.StatusSeeOther)
	asked := v.post(child+"/agreements/home-school", url.Values{"name": {"Grace O"}, "agreed": {"yes"}, "hash": {homeSchool.Hash}}).wants(t, http.StatusForbidden, "Sign in again to go on")
	id := identity(mother, "")
	id.Renewed = true // by a provider that says nothing of it
	v.get(v.back(asked, id)).wants(t, http.StatusOK, `value="Grace O"`).lacks(t, "checked")

	v = w.asOf(father, portal.Session{})
	asked = v.post(child+"/consents/website-pictures", answered(w)).wants(t, http.StatusForbidden)
	id = identity(father, "")
	id.Authenticated = w.clock()
	v.get(v.back(asked, id)).wants(t, http.StatusOK, webPicture.Question, "checked")
	v.post(child+"/consents/website-pictures", answered(w)).wants(t, http.StatusSeeOther)
	w.later(portal.FreshFor)
	v.post(child+"/agreements/home-school", signed(w)).wants(t, http.StatusSeeOther)
}

// The sign-in itself: staff without a second factor where it is asked for, and whoever
// was let through without being asked anew.
func TestRefusedSignIns(t *testing.T) {
	w := newWorld(t)
	w.portal.Demand(portal.Demands{SecondFactor: []string{"fernlow"}})
	v := w.as("")
	leaving := v.post("/portal/sign-in/thorn", nil)
	_, to, _ := strings.Cut(leaving.Header.Get("Refresh"), "url=")
	u, err := url.Parse(to)
	w.must(err)
	w.door.codes["one"] = identity(clerk, clerk)
	v.get("/portal/callback/thorn?"+url.Values{"state": {u.Query().Get("state")}, "code": {"one"}}.Encode()).wants(t, http.StatusForbidden, "Your school asks for a second step")
	v.get("/portal/office/fernlow/").wants(t, http.StatusSeeOther)
	id := identity(clerk, clerk)
	id.SecondFactor = true
	v.signIn(id, nil)
	v.get("/portal/office/fernlow/").wants(t, http.StatusOK)
	// A session from before the school asked for it is at its end.
	w.as(lead).get("/portal/office/fernlow/").wants(t, http.StatusSeeOther)
}

// A person sees where they are signed in, and signs out one device or all.
func TestSessionsPage(t *testing.T) {
	w := newWorld(t)
	v := w.asOf(mother, portal.Session{Device: "Chrome on Android", Network: "203.0.113.0/24"})
	w.later(time.Minute)
	other := w.asOf(mother, portal.Session{Device: "Safari on an iPad", Network: "127.0.0.0/24"})
	page := other.get("/portal/sessions").wants(t, http.StatusOK, "Chrome on Android", "Safari on an iPad</strong> (this one)", "from another network", "from the network that you are on now", "21 November 2026 at 10:05")
	page.lacks(t, "203.0.113", father)
	mine, err := w.portal.Sessions(t.Context(), w.accounts[mother])
	w.must(err)
	theirs, err := w.portal.Sessions(t.Context(), w.accounts[mother])
	w.must(err)
	var phone string
	for _, s := range mine {
		if s.Device == "Chrome on Android" {
			phone = s.Hash
		}
	}
	w.as(father).post("/portal/sessions", url.Values{"end": {phone}}).wants(t, http.StatusSeeOther)
	if v.get("/portal/sessions").StatusCode != http.StatusOK {
		t.Error("another parent signed her out")
	}
	other.post("/portal/sessions", url.Values{}).wants(t, http.StatusNotFound)
	other.get("/portal/sessions?end=all")
	if now, err := w.portal.Sessions(t.Context(), w.accounts[mother]); err != nil || len(now) != len(theirs) {
		t.Errorf("a GET ended sessions: %v", err)
	}
	other.post("/portal/sessions", url.Values{"end": {phone}}).wants(t, http.StatusSeeOther)
	v.get("/portal/sessions").wants(t, http.StatusSeeOther)
	other.get("/portal/sessions?after=end").wants(t, http.StatusOK, "has been signed out").lacks(t, "Chrome on Android")

	for _, path := range []string{"/portal/sign-out", "/portal/sessions"} {
		got := w.as(mother).post(path, url.Values{"end": {"all"}}).wants(t, http.StatusSeeOther)
		if got.Header.Get("Clear-Site-Data") != `"cache", "storage"` || !strings.HasPrefix(got.location(), "/portal/sign-in") {
			t.Errorf("%s: %q, to %s", path, got.Header.Get("Clear-Site-Data"), got.location())
		}
	}
	other.get("/portal/sessions").wants(t, http.StatusSeeOther)
}

func TestDevice(t *testing.T) {
	for agent, want := range map[string]string{
		"": "A browser", "curl/8.5": "A browser",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36":                            "Chrome on Windows",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0":                  "Edge on Windows",
		"Mozilla/5.0 (Linux; Android 16; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36":                            "Chrome on Android",
		"Mozilla/5.0 (Linux; Android 16; SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36": "Samsung Internet on Android",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Mobile/15E148 Safari/604.1":    "Safari on an iPhone",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0 Mobile/15E148 Safari/604.1":     "Chrome on an iPhone",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) Gecko/20100101 Firefox/145.0":                                                       "Firefox on a Mac",
		"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36":                             "Chrome on a Chromebook",
		"Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0":                                                                     "Firefox on Linux",
		"<script>alert(1)</script>": "A browser",
	} {
		if got := device(agent); got != want {
			t.Errorf("%s: %s, want %s", agent, got, want)
		}
	}
	for address, want := range map[string]string{
		"203.0.113.77:443": "203.0.113.0/24", "[2001:db8:1:2::3]:0": "2001:db8:1::/48", "[::ffff:203.0.113.77]:9": "203.0.113.0/24", "": "", "nowhere": "",
	} {
		if got := network(address); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}
