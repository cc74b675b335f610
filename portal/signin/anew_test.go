package signin_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"schoolgate/portal"
	"schoolgate/portal/signin"
)

// What a provider answers that was asked to have somebody prove anew who they are:
// only its own word that they did, since they left us, is taken for proof.
func TestAnew(t *testing.T) {
	ago := func(d time.Duration) any { return time.Now().Add(-d).Unix() }
	for _, x := range []struct {
		name     string
		authTime any // nil: none
		anew     bool
		believed bool // the settings take it on trust
		proven   bool
		renewed  bool
		want     error
	}{
		{"just now", ago(0), true, false, true, false, nil},
		{"a minute ago, by a clock that is behind", ago(time.Minute), true, false, true, false, nil},
		{"in a minute, by a clock that is ahead", ago(-time.Minute), true, false, true, false, nil},
		{"an hour ago: max_age was passed over", ago(time.Hour), true, false, false, false, portal.ErrStale},
		{"three minutes ago", ago(3 * time.Minute), true, false, false, false, portal.ErrStale},
		{"an hour ago, whatever the settings say", ago(time.Hour), true, true, false, false, portal.ErrStale},
		{"an hour ahead", ago(-time.Hour), true, false, false, false, signin.ErrRefused},
		{"not told", nil, true, false, false, true, nil},
		{"not told, and believed", nil, true, true, true, false, nil},
		{"not told, nor asked", nil, false, true, false, false, nil},
		{"an hour ago, and nobody asked", ago(time.Hour), false, false, true, false, nil},
		{"a word", "today", true, false, false, false, signin.ErrRefused},
		{"a number in a string", strconv.FormatInt(time.Now().Unix(), 10), true, true, false, false, signin.ErrRefused},
		{"nought", 0, true, true, false, false, signin.ErrRefused},
		{"before everything", -5, true, true, false, false, signin.ErrRefused},
		{"a list", []any{time.Now().Unix()}, false, false, false, false, signin.ErrRefused},
	} {
		t.Run(x.name, func(t *testing.T) {
			p := newIDP(t)
			p.claims = func(c map[string]any) {
				if x.authTime != nil {
					c["auth_time"] = x.authTime
				}
			}
			config := p.config("hostile")
			config.AnewUnproven = x.believed
			d := newDesk(t, config)
			to, h, err := d.Begin(t.Context(), "hostile", x.anew)
			if err != nil {
				t.Fatal(err)
			}
			got, err := d.Finish(t.Context(), h, p.approve(to))
			if !errors.Is(err, x.want) || got.Authenticated.IsZero() == x.proven || got.Renewed != x.renewed {
				t.Errorf("authenticated %v, renewed %v, %v", got.Authenticated, got.Renewed, err)
			}
		})
	}
}

// How each kind of provider is asked. Google knows no prompt=login, and is not sent it.
func TestAskedAnew(t *testing.T) {
	for _, x := range []struct {
		prompts []string
		anew    bool
		prompt  string
		maxAge  string
	}{
		{nil, true, "login", "0"},
		{[]string{"login", "select_account"}, true, "login", "0"},
		{[]string{"select_account"}, true, "select_account", "0"},
		{[]string{"login", "select_account"}, false, "select_account", ""},
	} {
		p := newIDP(t)
		p.document = func(d map[string]any) {
			if x.prompts != nil {
				d["prompt_values_supported"] = x.prompts
			}
		}
		to, h, err := newDesk(t, p.config("hostile")).Begin(t.Context(), "hostile", x.anew)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(to)
		if err != nil {
			t.Fatal(err)
		}
		if got := u.Query(); got.Get("prompt") != x.prompt || got.Get("max_age") != x.maxAge || h.Anew.IsZero() == x.anew {
			t.Errorf("%v, anew %v: prompt %q, max_age %q", x.prompts, x.anew, got.Get("prompt"), got.Get("max_age"))
		}
	}
}

// A provider of which the settings say that staff never come in with a password alone
// is believed about staff, and about nobody else.
func TestSecondFactorIsSeenTo(t *testing.T) {
	p := newIDP(t)
	config := p.config("hostile")
	config.SecondFactor, config.StaffDomains = true, []string{"fernlow.example"}
	for _, x := range []struct {
		email string
		amr   []string
		want  bool
	}{
		{"head@fernlow.example", nil, true}, {"head@elsewhere.example", nil, false}, {"", nil, false}, {"head@elsewhere.example", []string{"mfa"}, true},
	} {
		p.claims = func(c map[string]any) { c["email"], c["email_verified"], c["amr"] = x.email, true, x.amr }
		if got, err := through(t, p, config); err != nil || got.SecondFactor != x.want {
			t.Errorf("%q, %v: %v, %v", x.email, x.amr, got.SecondFactor, err)
		}
	}
}

// anywhere answers each discovery document as a provider of that address would.
type anywhere struct{}

func (anywhere) RoundTrip(r *http.Request) (*http.Response, error) {
	issuer := strings.TrimSuffix(r.URL.String(), "/.well-known/openid-configuration")
	body := fmt.Sprintf(`{"issuer": %q, "authorization_endpoint": "%s/authorize", "token_endpoint": "%s/token", "jwks_uri": "%s/keys"}`, issuer, issuer, issuer, issuer)
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// Whoever has to prove anew who they are is sent to each kind of provider with max_age,
// and with prompt=login where the kind knows it: Google refuses that.
func TestEachKindIsAskedAnew(t *testing.T) {
	for kind, x := range map[string]struct {
		config signin.Config
		prompt string
	}{
		"google":    {signin.Config{}, "select_account"},
		"microsoft": {signin.Config{Tenant: "11111111-2222-3333-4444-555555555555"}, "login"},
		"oidc":      {signin.Config{Label: "Ours", Issuer: "https://id.school.example"}, "login"},
	} {
		c := x.config
		c.Name, c.Kind, c.ClientID, c.Secret = kind, kind, "our client", "our secret"
		d, err := signin.New([]signin.Config{c}, "https://schools.example", &http.Client{Transport: anywhere{}})
		if err != nil {
			t.Fatal(err)
		}
		to, h, err := d.Begin(t.Context(), kind, true)
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		u, err := url.Parse(to)
		if err != nil {
			t.Fatal(err)
		}
		if q := u.Query(); q.Get("max_age") != "0" || q.Get("prompt") != x.prompt || h.Anew.IsZero() {
			t.Errorf("%s is asked with max_age %q and prompt %q", kind, q.Get("max_age"), q.Get("prompt"))
		}
	}
}
