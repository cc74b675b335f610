package signin_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"schoolgate/portal"
	"schoolgate/portal/signin"
)

// logged is everything any package logged in these tests.
var logged = &buffer{}

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.NewTextHandler(logged, &slog.HandlerOptions{Level: slog.LevelDebug})))
	log.SetOutput(logged)
	os.Exit(m.Run())
}

type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *buffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *buffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// idp is a provider that does what a test tells it to: real HTTP, real keys,
// real tokens, and every rule up for breaking.
type idp struct {
	t      *testing.T
	server *httptest.Server
	issuer string
	key    *ecdsa.PrivateKey

	patience time.Duration // our client's, with this provider; 0 for the usual

	document func(map[string]any)                                // alters the discovery document
	claims   func(map[string]any)                                // alters the ID token's claims
	sign     func(payload []byte) string                         // instead of signing with key
	answer   func(map[string]any)                                // alters the token endpoint's answer
	info     map[string]any                                      // what userinfo says
	handle   map[string]func(http.ResponseWriter, *http.Request) // instead of an endpoint, by its last path element

	mu       sync.Mutex
	codes    map[string]url.Values // the authorization request, by code
	secrets  []string              // every token and code given out
	requests map[string]int        // by last path element
}

func newIDP(t *testing.T) *idp {
	p := bareIDP(t)
	p.server = httptest.NewServer(p)
	p.issuer = p.server.URL
	t.Cleanup(p.server.Close)
	return p
}

func bareIDP(t *testing.T) *idp {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &idp{t: t, key: key, codes: map[string]url.Values{}, requests: map[string]int{},
		handle: map[string]func(http.ResponseWriter, *http.Request){}}
}

// elsewhere is an idp that stands where the world believes the issuer to be,
// and a client whose connections all lead to it.
func elsewhere(t *testing.T, issuer string) (*idp, *http.Client) {
	p := bareIDP(t)
	p.server = httptest.NewTLSServer(p)
	p.issuer = issuer
	t.Cleanup(p.server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(p.server.Certificate())
	return p, &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, p.server.Listener.Addr().String())
		},
		TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "example.com"},
	}}
}

func (p *idp) config(name string) signin.Config {
	return signin.Config{Name: name, Kind: "oidc", Label: name, Issuer: p.issuer, ClientID: "our client", Secret: "our secret"}
}

func (p *idp) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	end := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	p.mu.Lock()
	p.requests[end]++
	p.mu.Unlock()
	if h := p.handle[end]; h != nil {
		h(w, r)
		return
	}
	switch end {
	case "openid-configuration":
		d := map[string]any{
			"issuer":                                p.issuer,
			"authorization_endpoint":                p.issuer + "/authorize",
			"token_endpoint":                        p.issuer + "/token",
			"jwks_uri":                              p.issuer + "/keys",
			"userinfo_endpoint":                     p.issuer + "/userinfo",
			"id_token_signing_alg_values_supported": []string{"ES256", "none", "HS256"},
		}
		if p.document != nil {
			p.document(d)
		}
		p.write(w, d)
	case "keys":
		p.write(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p.key.Public(), KeyID: "k", Algorithm: "ES256", Use: "sig"}}})
	case "token":
		p.token(w, r)
	case "userinfo":
		if !p.given(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")) {
			http.Error(w, "no token", http.StatusUnauthorized)
			return
		}
		p.write(w, p.info)
	default:
		http.NotFound(w, r)
	}
}

func (p *idp) write(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	b, err := json.Marshal(v)
	if err != nil {
		p.t.Error(err)
	}
	w.Write(b) // whoever finds it too long hangs up
}

func (p *idp) given(secret string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.secrets {
		if s == secret {
			return true
		}
	}
	return false
}

func (p *idp) secretly(s string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.secrets = append(p.secrets, s)
	return s
}

// approve is somebody signing in: it returns what their browser brings back.
func (p *idp) approve(redirect string) url.Values {
	p.t.Helper()
	u, err := url.Parse(redirect)
	if err != nil {
		p.t.Fatal(err)
	}
	if !strings.HasPrefix(redirect, p.issuer+"/authorize?") {
		p.t.Errorf("sent to %s://%s%s", u.Scheme, u.Host, u.Path)
	}
	code := p.secretly("code-" + rand.Text())
	p.mu.Lock()
	p.codes[code] = u.Query()
	p.mu.Unlock()
	return url.Values{"state": {u.Query().Get("state")}, "code": {code}}
}

func (p *idp) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	asked, ok := p.codes[r.PostFormValue("code")]
	delete(p.codes, r.PostFormValue("code"))
	p.mu.Unlock()
	id, secret, _ := r.BasicAuth()
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if id != "our+client" || secret != "our+secret" ||
		base64.RawURLEncoding.EncodeToString(sum[:]) != asked.Get("code_challenge") || asked.Get("code_challenge_method") != "S256" ||
		r.PostFormValue("redirect_uri") != asked.Get("redirect_uri") {
		ok = false
	}
	if !ok {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error":"invalid_grant"}`)
		return
	}
	claims := map[string]any{
		"iss": p.issuer, "sub": "subject-1", "aud": "our client", "nonce": asked.Get("nonce"), "name": "Morwenna Hale",
		"iat": time.Now().Unix(), "exp": time.Now().Add(5 * time.Minute).Unix(),
	}
	if p.claims != nil {
		p.claims(claims)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		p.t.Error(err)
	}
	sign := p.sign
	if sign == nil {
		sign = func(b []byte) string { return signed(p.t, jose.ES256, p.key, "k", b) }
	}
	answer := map[string]any{
		"access_token": p.secretly("access-" + rand.Text()),
		"token_type":   "Bearer",
		"expires_in":   300,
		"id_token":     p.secretly(sign(payload)),
	}
	if p.answer != nil {
		p.answer(answer)
	}
	p.write(w, answer)
}

func signed(t *testing.T, alg jose.SignatureAlgorithm, key any, id string, payload []byte) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: id}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	text, err := s.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// quiet checks that nothing given out, and nothing of the handshake, is in an
// error or in any log.
func (p *idp) quiet(err error, h portal.Handshake) {
	p.t.Helper()
	p.mu.Lock()
	secrets := append([]string{"our secret", "our+secret", h.State, h.Nonce, h.Verifier}, p.secrets...)
	p.mu.Unlock()
	for _, s := range secrets {
		parts := []string{s}
		if strings.Count(s, ".") == 2 { // a token's payload and signature, apart
			parts = append(parts, strings.Split(s, ".")[1:]...)
		}
		for _, part := range parts {
			if len(part) < 8 {
				continue
			}
			if err != nil && strings.Contains(err.Error(), part) {
				p.t.Errorf("the error holds a secret: %v", err)
			}
			if strings.Contains(logged.String(), part) {
				p.t.Error("the log holds a secret")
			}
		}
	}
}

// through goes the whole way to a provider and back.
func through(t *testing.T, p *idp, configs ...signin.Config) (portal.Identity, error) {
	t.Helper()
	if configs == nil {
		configs = []signin.Config{p.config("hostile")}
	}
	d, err := signin.New(configs, address, &http.Client{Timeout: p.patience})
	if err != nil {
		t.Fatal(err)
	}
	to, h, err := d.Begin(t.Context(), configs[0].Name, false)
	if err != nil {
		p.quiet(err, h)
		return portal.Identity{}, err
	}
	got, err := d.Finish(t.Context(), h, p.approve(to))
	slog.Info("finished", "identity", got, "handshake", h, "error", err)
	p.quiet(err, h)
	return got, err
}

func TestGood(t *testing.T) {
	p := newIDP(t)
	got, err := through(t, p)
	if err != nil {
		t.Fatal(err)
	}
	if want := (portal.Identity{Provider: "hostile", Issuer: p.issuer, Subject: "subject-1", Name: "Morwenna Hale"}); got != want {
		t.Errorf("got %+v", got)
	}
	if p.requests["userinfo"] != 0 {
		t.Error("userinfo was asked for somebody whose address is not needed")
	}
}

func TestBegin(t *testing.T) {
	p := newIDP(t)
	p.document = func(d map[string]any) { d["prompt_values_supported"] = []string{"login", "select_account"} }
	d := newDesk(t, p.config("hostile"))
	seen := map[string]bool{}
	for range 3 {
		to, h, err := d.Begin(t.Context(), "hostile", false)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(to)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256([]byte(h.Verifier))
		for name, want := range map[string]string{
			"response_type": "code", "client_id": "our client", "scope": "openid profile",
			"redirect_uri": address + signin.CallbackPath("hostile"),
			"state":        h.State, "nonce": h.Nonce, "prompt": "select_account",
			"code_challenge":        base64.RawURLEncoding.EncodeToString(sum[:]),
			"code_challenge_method": "S256", "response_mode": "",
		} {
			if got := u.Query().Get(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		for _, secret := range []string{h.State, h.Nonce, h.Verifier} {
			if len(secret) < 26 || seen[secret] { // 26 of base 32 are 128 bits
				t.Errorf("%q is too short or not new", secret)
			}
			seen[secret] = true
		}
		if strings.Contains(h.Session, h.Verifier) || strings.Contains(to, h.Verifier) {
			t.Error("the verifier leaves the server")
		}
	}
	if p.requests["openid-configuration"] != 1 {
		t.Errorf("discovered %d times", p.requests["openid-configuration"])
	}
	if _, _, err := d.Begin(t.Context(), "nobody", false); !errors.Is(err, portal.ErrNotFound) {
		t.Errorf("a provider that is not set up: %v", err)
	}
}

// TestHostile has one way to cheat in each row.
func TestHostile(t *testing.T) {
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	set := func(name string, value any) func(*idp) {
		return func(p *idp) { p.claims = func(c map[string]any) { c[name] = value } }
	}
	unset := func(name string) func(*idp) {
		return func(p *idp) { p.claims = func(c map[string]any) { delete(c, name) } }
	}
	sign := func(f func(p *idp, payload []byte) string) func(*idp) {
		return func(p *idp) { p.sign = func(b []byte) string { return f(p, b) } }
	}
	answer := func(name string, value any) func(*idp) {
		return func(p *idp) { p.answer = func(a map[string]any) { a[name] = value } }
	}
	endpoint := func(name string, h func(http.ResponseWriter, *http.Request)) func(*idp) {
		return func(p *idp) { p.handle[name] = h }
	}
	slowly := func(name string, h func(http.ResponseWriter, *http.Request)) func(*idp) {
		return func(p *idp) { p.handle[name], p.patience = h, 2*time.Second }
	}
	// All that is wrong with the huge answers is their size.
	huge := strings.Repeat("a", 600<<10)
	slow := func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		for {
			select {
			case <-r.Context().Done():
				return
			case <-time.After(20 * time.Millisecond):
				fmt.Fprint(w, " ")
				w.(http.Flusher).Flush()
			}
		}
	}
	silent := func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) // only then does the server notice who left
		<-r.Context().Done()
	}
	redirect := func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	}

	for _, test := range []struct {
		name  string
		cheat func(*idp)
		want  error
	}{
		{"a signature of garbage", sign(func(p *idp, b []byte) string {
			s := signed(t, jose.ES256, p.key, "k", b)
			return s[:strings.LastIndex(s, ".")+1] + b64(strings.Repeat("garbage!", 8))
		}), signin.ErrRefused},
		{"no signature", sign(func(p *idp, b []byte) string {
			s := signed(t, jose.ES256, p.key, "k", b)
			return s[:strings.LastIndex(s, ".")+1]
		}), signin.ErrRefused},
		{"another payload under a signature", sign(func(p *idp, b []byte) string {
			s := strings.Split(signed(t, jose.ES256, p.key, "k", b), ".")
			return s[0] + "." + b64(strings.Replace(string(b), "subject-1", "subject-2", 1)) + "." + s[2]
		}), signin.ErrRefused},
		{"another key with our key's name", sign(func(_ *idp, b []byte) string { return signed(t, jose.ES256, other, "k", b) }), signin.ErrRefused},
		{"another key", sign(func(_ *idp, b []byte) string { return signed(t, jose.ES256, other, "other", b) }), signin.ErrRefused},
		{"another key, brought along", sign(func(_ *idp, b []byte) string {
			signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: other}, &jose.SignerOptions{EmbedJWK: true})
			if err != nil {
				t.Fatal(err)
			}
			s, err := signer.Sign(b)
			if err != nil {
				t.Fatal(err)
			}
			text, _ := s.CompactSerialize()
			return text
		}), signin.ErrRefused},
		{"alg none, though the document states it", sign(func(_ *idp, b []byte) string {
			return b64(`{"alg":"none"}`) + "." + b64(string(b)) + "."
		}), signin.ErrRefused},
		{"alg HS256 with the client secret, though the document states it", sign(func(_ *idp, b []byte) string {
			return signed(t, jose.HS256, []byte(strings.Repeat("our secret", 4)), "k", b)
		}), signin.ErrRefused},
		{"alg HS256 with the public key", sign(func(p *idp, b []byte) string {
			public, err := x509.MarshalPKIXPublicKey(p.key.Public())
			if err != nil {
				t.Fatal(err)
			}
			return signed(t, jose.HS256, public, "k", b)
		}), signin.ErrRefused},
		{"an algorithm the document does not state", func(p *idp) {
			p.handle["keys"] = func(w http.ResponseWriter, _ *http.Request) {
				p.write(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: crypto.PublicKey(&rsaKey.PublicKey), KeyID: "r"}}})
			}
			p.sign = func(b []byte) string { return signed(t, jose.RS256, rsaKey, "r", b) }
		}, signin.ErrRefused},
		{"not a token at all", sign(func(*idp, []byte) string { return "no.such.token" }), signin.ErrRefused},
		{"wrong nonce", set("nonce", "another"), signin.ErrRefused},
		{"a nonce that is no string", set("nonce", 5), signin.ErrRefused},
		{"no nonce", unset("nonce"), signin.ErrRefused},
		{"empty nonce", set("nonce", ""), signin.ErrRefused},
		{"wrong audience", set("aud", "another client"), signin.ErrRefused},
		{"no audience", unset("aud"), signin.ErrRefused},
		{"one audience too many", set("aud", []string{"our client", "another client"}), signin.ErrRefused},
		{"given to another client", set("azp", "another client"), signin.ErrRefused},
		{"wrong issuer", set("iss", "https://accounts.google.com"), signin.ErrRefused},
		{"no issuer", unset("iss"), signin.ErrRefused},
		{"expired", set("exp", time.Now().Add(-time.Minute).Unix()), signin.ErrRefused},
		{"no expiry", unset("exp"), signin.ErrRefused},
		{"from the future", set("nbf", time.Now().Add(time.Hour).Unix()), signin.ErrRefused},
		{"no subject", unset("sub"), signin.ErrRefused},
		{"empty subject", set("sub", ""), signin.ErrRefused},
		{"an endless subject", set("sub", strings.Repeat("s", 256)), signin.ErrRefused},
		{"another's access token", set("at_hash", b64("sixteen bytes...")), signin.ErrRefused},
		{"no ID token", answer("id_token", nil), signin.ErrRefused},
		{"an ID token that is no string", answer("id_token", 5), signin.ErrRefused},
		{"no access token", answer("access_token", ""), signin.ErrRefused},

		{"huge discovery document", func(p *idp) { p.document = func(d map[string]any) { d["padding"] = huge } }, signin.ErrUnavailable},
		{"huge answer to the code", answer("padding", huge), signin.ErrRefused}, // the library asks again, and the code is spent
		{"huge keys", func(p *idp) {
			p.handle["keys"] = func(w http.ResponseWriter, _ *http.Request) {
				p.write(w, map[string]any{"padding": huge, "keys": []any{jose.JSONWebKey{Key: p.key.Public(), KeyID: "k"}}})
			}
		}, signin.ErrRefused},
		{"discovery that trickles", slowly("openid-configuration", slow), signin.ErrUnavailable},
		{"discovery that says nothing", slowly("openid-configuration", silent), signin.ErrUnavailable},
		{"a token endpoint that trickles", slowly("token", slow), signin.ErrUnavailable},
		{"a token endpoint that says nothing", slowly("token", silent), signin.ErrUnavailable},
		{"keys that trickle", slowly("keys", slow), signin.ErrRefused},
		{"a token endpoint that sends our secret on", endpoint("token", redirect), signin.ErrUnavailable},
		{"a token endpoint that is unwell", endpoint("token", func(w http.ResponseWriter, r *http.Request) {
			// Tokens in an error: its text must not come through.
			w.WriteHeader(http.StatusInternalServerError)
			fmt.Fprintf(w, "debug: %s", r.PostFormValue("code_verifier")+r.PostFormValue("code"))
		}), signin.ErrUnavailable},
		{"another issuer's document", func(p *idp) {
			p.document = func(d map[string]any) { d["issuer"] = "https://accounts.google.com" }
		}, signin.ErrUnavailable},
		{"a token endpoint in the clear", func(p *idp) {
			p.document = func(d map[string]any) { d["token_endpoint"] = "http://id.fernlow.example/token" }
		}, signin.ErrUnavailable},
		{"a script for an authorization endpoint", func(p *idp) {
			p.document = func(d map[string]any) { d["authorization_endpoint"] = "javascript:alert(1)" }
		}, signin.ErrUnavailable},
		{"no way of signing that can be verified", func(p *idp) {
			p.document = func(d map[string]any) {
				d["id_token_signing_alg_values_supported"] = []string{"none", "HS256"}
			}
		}, signin.ErrUnavailable},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := newIDP(t)
			test.cheat(p)
			started := time.Now()
			refused(t, test.want)(through(t, p))
			if took := time.Since(started); took > time.Minute { // who waits for the provider waits for ever
				t.Errorf("took %v", took)
			}
			if p.requests["elsewhere"] != 0 {
				t.Error("a redirect was followed")
			}
		})
	}
}

// TestCallback has one forged callback in each row.
func TestCallback(t *testing.T) {
	p := newIDP(t)
	d := newDesk(t, p.config("hostile"))
	for _, test := range []struct {
		name  string
		forge func(q url.Values, h *portal.Handshake)
		want  error
	}{
		{"no state", func(q url.Values, _ *portal.Handshake) { q.Del("state") }, signin.ErrRefused},
		{"empty state", func(q url.Values, _ *portal.Handshake) { q.Set("state", "") }, signin.ErrRefused},
		{"another's state", func(q url.Values, _ *portal.Handshake) { q.Set("state", rand.Text()) }, signin.ErrRefused},
		{"two states", func(q url.Values, _ *portal.Handshake) { q.Add("state", "another") }, signin.ErrRefused},
		{"empty state, nothing under way", func(q url.Values, h *portal.Handshake) {
			q.Set("state", "")
			*h = portal.Handshake{Provider: "hostile"}
		}, signin.ErrRefused},
		{"no handshake", func(_ url.Values, h *portal.Handshake) { *h = portal.Handshake{} }, signin.ErrRefused},
		{"a provider that has been taken out", func(_ url.Values, h *portal.Handshake) { h.Provider = "gone" }, signin.ErrRefused},
		{"a handshake without a nonce, and a token", func(_ url.Values, h *portal.Handshake) {
			h.Nonce = ""
			p.claims = func(c map[string]any) { delete(c, "nonce") }
		}, signin.ErrRefused},
		{"a handshake without a verifier", func(_ url.Values, h *portal.Handshake) { h.Verifier = "" }, signin.ErrRefused},
		{"a handshake without a session", func(_ url.Values, h *portal.Handshake) { h.Session = "" }, signin.ErrRefused},
		{"no code", func(q url.Values, _ *portal.Handshake) { q.Del("code") }, signin.ErrRefused},
		{"two codes", func(q url.Values, _ *portal.Handshake) { q.Add("code", "another") }, signin.ErrRefused},
		{"a code made up", func(q url.Values, _ *portal.Handshake) { q.Set("code", "guess") }, signin.ErrRefused},
		{"another issuer's answer", func(q url.Values, _ *portal.Handshake) { q.Set("iss", "https://accounts.google.com") }, signin.ErrRefused},
		{"two issuers", func(q url.Values, _ *portal.Handshake) { q["iss"] = []string{p.issuer, "https://accounts.google.com"} }, signin.ErrRefused},
		{"empty issuer", func(q url.Values, _ *portal.Handshake) { q.Set("iss", "") }, signin.ErrRefused},
		{"turned back", func(q url.Values, _ *portal.Handshake) { q.Del("code"); q.Set("error", "access_denied") }, portal.ErrDeclined},
		{"turned back, in a forged link", func(q url.Values, _ *portal.Handshake) {
			q.Del("code")
			q.Del("state")
			q.Set("error", "access_denied")
		}, signin.ErrRefused},
		{"the provider is unwell", func(q url.Values, _ *portal.Handshake) { q.Set("error", "temporarily_unavailable") }, signin.ErrUnavailable},
		{"an error with words for the log", func(q url.Values, _ *portal.Handshake) {
			q.Set("error", "x\nlevel=ERROR msg=forged")
			q.Set("error_description", "call 01632 960 000 for help")
		}, signin.ErrRefused},
	} {
		t.Run(test.name, func(t *testing.T) {
			to, h, err := d.Begin(t.Context(), "hostile", false)
			if err != nil {
				t.Fatal(err)
			}
			q := p.approve(to)
			p.claims = nil
			test.forge(q, &h)
			got, err := d.Finish(t.Context(), h, q)
			refused(t, test.want)(got, err)
			p.quiet(err, h)
			if strings.ContainsAny(err.Error(), "\n") || strings.Contains(err.Error(), "01632") {
				t.Errorf("a stranger's words are in the error: %v", err)
			}
		})
	}

	p.claims = nil
	t.Run("a callback cannot move the redirect URI", func(t *testing.T) {
		to, h, err := d.Begin(t.Context(), "hostile", false)
		if err != nil {
			t.Fatal(err)
		}
		q := p.approve(to)
		q.Set("redirect_uri", "https://evil.example/")
		q.Set("code_verifier", "another")
		if _, err := d.Finish(t.Context(), h, q); err != nil {
			t.Error(err)
		}
	})
	t.Run("replayed", func(t *testing.T) {
		to, h, err := d.Begin(t.Context(), "hostile", false)
		if err != nil {
			t.Fatal(err)
		}
		q := p.approve(to)
		if _, err := d.Finish(t.Context(), h, q); err != nil {
			t.Fatal(err)
		}
		refused(t, signin.ErrRefused)(d.Finish(t.Context(), h, q))
	})
	t.Run("somebody who leaves is not waited for", func(t *testing.T) {
		slow := newIDP(t)
		ctx, leave := context.WithCancel(t.Context())
		slow.handle["token"] = func(_ http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			leave()
			<-r.Context().Done()
		}
		d := newDesk(t, slow.config("hostile"))
		to, h, err := d.Begin(t.Context(), "hostile", false)
		if err != nil {
			t.Fatal(err)
		}
		got, err := d.Finish(ctx, h, slow.approve(to))
		refused(t, signin.ErrUnavailable)(got, err)
		if err == nil || !strings.Contains(err.Error(), context.Canceled.Error()) {
			t.Errorf("it ended for another reason: %v", err)
		}
	})
}

// TestMixUp is one provider passing another's answers on as its own.
func TestMixUp(t *testing.T) {
	a, b := newIDP(t), newIDP(t)
	d := newDesk(t, a.config("a"), b.config("b"))
	begin := func(name string) (string, portal.Handshake) {
		to, h, err := d.Begin(t.Context(), name, false)
		if err != nil {
			t.Fatal(err)
		}
		return to, h
	}

	toA, _ := begin("a")
	_, hB := begin("b")
	answer := a.approve(toA)
	refused(t, signin.ErrRefused)(d.Finish(t.Context(), hB, answer))

	// The attacker has put b's state in: b is asked for a's code. With iss, which
	// a honest a adds, the code is not even sent there.
	answer.Set("state", hB.State)
	refused(t, signin.ErrRefused)(d.Finish(t.Context(), hB, answer))
	asked := b.requests["token"]
	answer.Set("iss", a.issuer)
	refused(t, signin.ErrRefused)(d.Finish(t.Context(), hB, answer))
	if b.requests["token"] != asked {
		t.Error("a's code was sent to b")
	}

	// b signs with a's name.
	b.claims = func(c map[string]any) { c["iss"] = a.issuer }
	toB, hB := begin("b")
	refused(t, signin.ErrRefused)(d.Finish(t.Context(), hB, b.approve(toB)))

	// b promises to name itself in every answer, and does not.
	c := newIDP(t)
	c.document = func(d map[string]any) { d["authorization_response_iss_parameter_supported"] = true }
	refused(t, signin.ErrRefused)(through(t, c))
}

func TestUserInfo(t *testing.T) {
	for _, test := range []struct {
		name   string
		claims map[string]any
		info   map[string]any
		broken bool
		staff  string
		asked  int
		want   error
	}{
		{name: "the token has no address", info: map[string]any{"sub": "subject-1", "email": "Head@Fernlow.example", "email_verified": true}, staff: "head@fernlow.example", asked: 1},
		{name: "not verified", info: map[string]any{"sub": "subject-1", "email": "head@fernlow.example", "email_verified": false}, asked: 1},
		{name: "verified as a word", info: map[string]any{"sub": "subject-1", "email": "head@fernlow.example", "email_verified": "true"}, asked: 1},
		{name: "the token verifies another address", claims: map[string]any{"email_verified": true}, info: map[string]any{"sub": "subject-1", "email": "head@fernlow.example"}, asked: 1},
		{name: "somebody else", info: map[string]any{"sub": "subject-2", "email": "head@fernlow.example", "email_verified": true}, asked: 1, want: signin.ErrRefused},
		{name: "nobody", info: map[string]any{"email": "head@fernlow.example", "email_verified": true}, asked: 1, want: signin.ErrRefused},
		{name: "broken", broken: true, asked: 1, want: signin.ErrUnavailable},
		{name: "the token has an address", claims: map[string]any{"email": "clerk@fernlow.example", "email_verified": true},
			info: map[string]any{"sub": "subject-1", "email": "head@fernlow.example", "email_verified": true}, staff: "clerk@fernlow.example"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newIDP(t)
			p.claims = func(c map[string]any) { maps.Copy(c, test.claims) }
			p.info = test.info
			if test.broken {
				p.handle["userinfo"] = func(w http.ResponseWriter, _ *http.Request) {
					http.Error(w, "head@fernlow.example is not well", http.StatusInternalServerError)
				}
			}
			c := p.config("hostile")
			c.StaffDomains = []string{"fernlow.example"}
			got, err := through(t, p, c)
			if !errors.Is(err, test.want) || got.StaffEmail != test.staff {
				t.Errorf("got %q, %v", got.StaffEmail, err)
			}
			if err != nil && strings.Contains(err.Error(), "fernlow") {
				t.Errorf("the error names somebody: %v", err)
			}
			if p.requests["userinfo"] != test.asked {
				t.Errorf("asked %d times", p.requests["userinfo"])
			}
		})
	}
}

func TestKeysChange(t *testing.T) {
	p := newIDP(t)
	d := newDesk(t, p.config("hostile"))
	finish := func() (portal.Identity, error) {
		to, h, err := d.Begin(t.Context(), "hostile", false)
		if err != nil {
			t.Fatal(err)
		}
		return d.Finish(t.Context(), h, p.approve(to))
	}
	old := p.key
	if _, err := finish(); err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p.key = key
	if _, err := finish(); err != nil {
		t.Errorf("the provider's new key: %v", err)
	}
	p.sign = func(b []byte) string { return signed(t, jose.ES256, old, "k", b) }
	refused(t, signin.ErrRefused)(finish())
}

func TestUnavailable(t *testing.T) {
	down, up := newIDP(t), newIDP(t)
	down.handle["openid-configuration"] = func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "back soon", http.StatusServiceUnavailable)
	}
	d := newDesk(t, down.config("down"), up.config("up"))
	if got, want := d.Providers(), []portal.Provider{{Name: "down", Label: "down", Families: true}, {Name: "up", Label: "up", Families: true}}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("providers %v", got)
	}
	if _, _, err := d.Begin(t.Context(), "down", false); !errors.Is(err, signin.ErrUnavailable) {
		t.Errorf("a provider that is down: %v", err)
	}
	if _, _, err := d.Begin(t.Context(), "up", false); err != nil {
		t.Errorf("a provider that is up: %v", err)
	}
}

// TestKnownKinds is Google and Microsoft as they answer, from stand-ins at
// their own addresses.
func TestKnownKinds(t *testing.T) {
	const tenant = "1f0c7a52-3c0e-4d8e-9b53-0c5d1f1f2a3b"
	for _, test := range []struct {
		name   string
		config signin.Config
		issuer string
		claims map[string]any
		staff  string
	}{
		{"google", signin.Config{Kind: "google", StaffDomains: []string{"fernlow.example"}}, "https://accounts.google.com",
			map[string]any{"iss": "accounts.google.com", "azp": "our client", "hd": "fernlow.example", "email": "head@fernlow.example", "email_verified": true}, "head@fernlow.example"},
		{"google for families", signin.Config{Kind: "google"}, "https://accounts.google.com",
			map[string]any{"hd": "fernlow.example", "email": "head@fernlow.example", "email_verified": true}, ""},
		{"microsoft", signin.Config{Kind: "microsoft", Tenant: strings.ToUpper(tenant), StaffDomains: []string{"Fernlow.example"}}, "https://login.microsoftonline.com/" + tenant + "/v2.0",
			map[string]any{"tid": tenant, "preferred_username": "Head@fernlow.example"}, "head@fernlow.example"},
		{"consumers", signin.Config{Kind: "microsoft", Tenant: "consumers"}, "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0",
			map[string]any{"preferred_username": "head@fernlow.example"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, client := elsewhere(t, test.issuer)
			p.claims = func(c map[string]any) { maps.Copy(c, test.claims) }
			c := test.config
			c.Name, c.ClientID, c.Secret = "known", "our client", "our secret"
			d, err := signin.New([]signin.Config{c}, address, client)
			if err != nil {
				t.Fatal(err)
			}
			if l := d.Providers()[0]; l.Label == "" || l.Staff != (len(c.StaffDomains) > 0) || l.Families == (c.Kind == "microsoft" && l.Staff) {
				t.Errorf("offered as %+v", l)
			}
			to, h, err := d.Begin(t.Context(), "known", false)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(to, "prompt=select_account") {
				t.Error("the account is not asked for")
			}
			got, err := d.Finish(t.Context(), h, p.approve(to))
			if err != nil {
				t.Fatal(err)
			}
			if want := (portal.Identity{Provider: "known", Issuer: test.issuer, Subject: "subject-1", Name: "Morwenna Hale", StaffEmail: test.staff, Renewed: c.Kind == "google"}); got != want {
				t.Errorf("got %+v %q %q", got, got.Issuer, got.StaffEmail)
			}

			// The tenant next door has keys of its own and the same endpoints.
			p.claims = func(c map[string]any) { c["iss"] = "https://login.microsoftonline.com/common/v2.0" }
			to, h, err = d.Begin(t.Context(), "known", false)
			if err != nil {
				t.Fatal(err)
			}
			refused(t, signin.ErrRefused)(d.Finish(t.Context(), h, p.approve(to)))
		})
	}
}
