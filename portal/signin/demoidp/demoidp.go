// Package demoidp is an OpenID provider for the demonstration: it lets whoever
// sits at this machine sign in as one of a few invented people, without a
// password, and so refuses to stand anywhere but on this machine. What it
// answers is real: signed ID tokens, PKCE and codes that work once.
package demoidp

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Person is an invented person somebody may sign in as.
type Person struct {
	Subject       string // unique among the people
	Name          string
	Email         string // may be empty
	EmailVerified bool
	SecondFactor  bool   // whether they are said to have shown one
	Hint          string // the heading they are listed under, such as "Parents and carers"
}

const (
	codeLife  = time.Minute
	tokenLife = 5 * time.Minute
	// mostCodes bounds what is kept for people who never return.
	mostCodes = 1000
	mostForm  = 64 << 10 // bytes
)

// Provider is the demonstration's identity provider: a handler for every path
// under its issuer's.
type Provider struct {
	issuer      *url.URL
	clientID    string
	secret      string
	redirect    *url.URL
	stylesheets []string
	people      []Person
	signer      jose.Signer
	keys        jose.JSONWebKeySet
	mux         *http.ServeMux

	mu    sync.Mutex
	codes map[string]grant // by code
}

// grant is what a code stands for until it is redeemed.
type grant struct {
	person    Person
	scopes    []string
	nonce     string
	challenge string
	chosen    time.Time
	expires   time.Time
}

// New makes a provider with a signing key of its own, for one client. Mount it
// at the issuer's path without stripping it. The stylesheets are paths on the
// same server. Issuer and redirectURI have to be this machine's: 127.0.0.0/8,
// ::1 or localhost.
func New(issuer, clientID, secret, redirectURI string, people []Person, stylesheets ...string) (*Provider, error) {
	at, err := here(issuer)
	if err != nil {
		return nil, fmt.Errorf("the demonstration's issuer: %w", err)
	}
	back, err := here(redirectURI)
	if err != nil {
		return nil, fmt.Errorf("the demonstration's redirect URI: %w", err)
	}
	if clientID == "" || secret == "" {
		return nil, errors.New("the demonstration's client needs an ID and a secret")
	}
	known := map[string]bool{}
	for _, p := range people {
		if p.Subject == "" || p.Name == "" || known[p.Subject] {
			return nil, errors.New("the demonstration's people each need a subject of their own and a name")
		}
		known[p.Subject] = true
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	private := jose.JSONWebKey{Key: key, KeyID: rand.Text(), Algorithm: string(jose.ES256), Use: "sig"}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: private},
		(&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return nil, err
	}
	p := &Provider{
		issuer:      at,
		clientID:    clientID,
		secret:      secret,
		redirect:    back,
		stylesheets: stylesheets,
		people:      slices.Clone(people),
		signer:      signer,
		keys:        jose.JSONWebKeySet{Keys: []jose.JSONWebKey{private.Public()}},
		mux:         http.NewServeMux(),
		codes:       map[string]grant{},
	}
	base := strings.TrimSuffix(at.Path, "/")
	p.mux.HandleFunc("GET "+base+"/.well-known/openid-configuration", p.discovery)
	p.mux.HandleFunc("GET "+base+"/keys", p.jwks)
	p.mux.HandleFunc("GET "+base+"/authorize", p.choose)
	p.mux.HandleFunc("POST "+base+"/authorize", p.chosen)
	p.mux.HandleFunc("POST "+base+"/token", p.token)
	return p, nil
}

// String and LogValue keep the client secret out of logs.
func (p *Provider) String() string       { return "demonstration identity provider at " + p.issuer.String() }
func (p *Provider) LogValue() slog.Value { return slog.StringValue(p.String()) }

// here parses an address of this machine.
func here(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%q is not a plain http address", address)
	}
	if ip := net.ParseIP(u.Hostname()); u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("%q is not on this machine: anybody could sign in as anybody; use 127.0.0.1 or localhost", address)
	}
	return u, nil
}

// ServeHTTP answers only by the issuer's own name, so that no page elsewhere
// can reach the demonstration through a name of its own that leads here.
func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Host != p.issuer.Host {
		http.Error(w, "This demonstration is at "+p.issuer.Host+".", http.StatusMisdirectedRequest)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, mostForm)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	p.mux.ServeHTTP(w, r)
}

func (p *Provider) at(path string) string {
	return strings.TrimSuffix(p.issuer.String(), "/") + path
}

func (p *Provider) discovery(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{
		"issuer":                                         p.issuer.String(),
		"authorization_endpoint":                         p.at("/authorize"),
		"token_endpoint":                                 p.at("/token"),
		"jwks_uri":                                       p.at("/keys"),
		"response_types_supported":                       []string{"code"},
		"response_modes_supported":                       []string{"query"},
		"grant_types_supported":                          []string{"authorization_code"},
		"subject_types_supported":                        []string{"public"},
		"id_token_signing_alg_values_supported":          []string{"ES256"},
		"scopes_supported":                               []string{"openid", "profile", "email"},
		"claims_supported":                               []string{"iss", "sub", "aud", "exp", "iat", "nonce", "at_hash", "auth_time", "amr", "name", "email", "email_verified"},
		"prompt_values_supported":                        []string{"select_account", "login"},
		"code_challenge_methods_supported":               []string{"S256"},
		"token_endpoint_auth_methods_supported":          []string{"client_secret_basic", "client_secret_post"},
		"authorization_response_iss_parameter_supported": true,
	})
}

func (p *Provider) jwks(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, p.keys) }

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// The status has gone out: a connection that breaks now has nobody to tell.
	_ = json.NewEncoder(w).Encode(v)
}

// asked are the parameters of an authorization request that are answered to;
// the page carries them through its form.
var asked = []string{"response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge", "code_challenge_method"}

// request reads and checks an authorization request. It answers a wrong one
// itself and returns false: with a page if it is not the client's, else by the
// client's redirect URI (RFC 6749, 4.1.2.1).
func (p *Provider) request(w http.ResponseWriter, r *http.Request, q url.Values) bool {
	for _, name := range asked {
		if len(q[name]) > 1 {
			http.Error(w, "The sign-in request repeats "+name+".", http.StatusBadRequest)
			return false
		}
	}
	if q.Get("client_id") != p.clientID || q.Get("redirect_uri") != p.redirect.String() {
		http.Error(w, "The sign-in request is not from this demonstration.", http.StatusBadRequest)
		return false
	}
	var wrong, why string
	switch {
	case q.Get("response_type") != "code":
		wrong, why = "unsupported_response_type", "response_type has to be code"
	case !slices.Contains(strings.Fields(q.Get("scope")), "openid"):
		wrong, why = "invalid_scope", "scope has to contain openid"
	case q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != base64.RawURLEncoding.EncodedLen(sha256.Size):
		wrong, why = "invalid_request", "an S256 code_challenge is required"
	case q.Get("prompt") == "none":
		wrong, why = "interaction_required", "nobody stays signed in here"
	default:
		return true
	}
	p.sendBack(w, r, q, url.Values{"error": {wrong}, "error_description": {why}})
	return false
}

// sendBack redirects to the client, with its state and this issuer (RFC 9207).
func (p *Provider) sendBack(w http.ResponseWriter, r *http.Request, q, with url.Values) {
	if state := q.Get("state"); state != "" {
		with.Set("state", state)
	}
	with.Set("iss", p.issuer.String())
	to := *p.redirect
	to.RawQuery = with.Encode()
	http.Redirect(w, r, to.String(), http.StatusSeeOther)
}

//go:embed choose.html
var chooseHTML string

var choosePage = template.Must(template.New("choose").Parse(chooseHTML))

type group struct {
	Hint   string
	People []Person
}

// choose shows the people to sign in as.
func (p *Provider) choose(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if !p.request(w, r, q) {
		return
	}
	data := struct {
		Stylesheets []string
		Action      string
		Hidden      url.Values
		Groups      []group
	}{Stylesheets: p.stylesheets, Action: p.at("/authorize"), Hidden: url.Values{}}
	for _, name := range asked {
		if q.Has(name) {
			data.Hidden.Set(name, q.Get(name))
		}
	}
	for _, person := range p.people {
		i := slices.IndexFunc(data.Groups, func(g group) bool { return g.Hint == person.Hint })
		if i < 0 {
			i, data.Groups = len(data.Groups), append(data.Groups, group{Hint: person.Hint})
		}
		data.Groups[i].People = append(data.Groups[i].People, person)
	}
	// Browsers hold a form's redirect to form-action too.
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' "+
		p.redirect.Scheme+"://"+p.redirect.Host+"; frame-ancestors 'none'; base-uri 'none'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := choosePage.Execute(w, data); err != nil {
		slog.WarnContext(r.Context(), "demonstration sign-in page", "error", err)
	}
}

// chosen sends somebody back as the person they chose.
func (p *Provider) chosen(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, "The form could not be read.", http.StatusBadRequest)
		return
	}
	q := r.PostForm
	if !p.request(w, r, q) {
		return
	}
	i := slices.IndexFunc(p.people, func(o Person) bool { return o.Subject == q.Get("person") })
	if i < 0 {
		p.sendBack(w, r, q, url.Values{"error": {"access_denied"}})
		return
	}
	code := p.grant(grant{
		person:    p.people[i],
		scopes:    strings.Fields(q.Get("scope")),
		nonce:     q.Get("nonce"),
		challenge: q.Get("code_challenge"),
		chosen:    time.Now(),
		expires:   time.Now().Add(codeLife),
	})
	p.sendBack(w, r, q, url.Values{"code": {code}})
}

func (p *Provider) grant(g grant) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	for code, g := range p.codes {
		if !now.Before(g.expires) || len(p.codes) >= mostCodes {
			delete(p.codes, code)
		}
	}
	code := rand.Text()
	p.codes[code] = g
	return code
}

// redeem returns what a code stands for, once.
func (p *Provider) redeem(code string) (grant, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	g, ok := p.codes[code]
	delete(p.codes, code)
	return g, ok && time.Now().Before(g.expires)
}

// token redeems a code (RFC 6749, 4.1.3; RFC 7636, 4.6).
func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		refuse(w, http.StatusBadRequest, "invalid_request")
		return
	}
	f := r.PostForm
	if !p.client(r, f) {
		w.Header().Set("WWW-Authenticate", `Basic realm="demonstration"`)
		refuse(w, http.StatusUnauthorized, "invalid_client")
		return
	}
	if f.Get("grant_type") != "authorization_code" {
		refuse(w, http.StatusBadRequest, "unsupported_grant_type")
		return
	}
	g, ok := p.redeem(f.Get("code"))
	sum := sha256.Sum256([]byte(f.Get("code_verifier")))
	challenge := base64.RawURLEncoding.EncodeToString(sum[:])
	if !ok || f.Get("redirect_uri") != p.redirect.String() || !same(challenge, g.challenge) {
		refuse(w, http.StatusBadRequest, "invalid_grant")
		return
	}
	// Required by OAuth; there is no endpoint here that would take it.
	access := rand.Text()
	idToken, err := p.idToken(g, access)
	if err != nil {
		refuse(w, http.StatusInternalServerError, "server_error")
		return
	}
	answer(w, http.StatusOK, map[string]any{
		"access_token": access,
		"token_type":   "Bearer",
		"expires_in":   int(tokenLife / time.Second),
		"scope":        strings.Join(g.scopes, " "),
		"id_token":     idToken,
	})
}

func refuse(w http.ResponseWriter, status int, code string) {
	answer(w, status, map[string]string{"error": code})
}

// client says whether the client showed its secret, in the header or the form
// (RFC 6749, 2.3.1), but not both.
func (p *Provider) client(r *http.Request, f url.Values) bool {
	id, secret, basic := r.BasicAuth()
	if !basic {
		return same(f.Get("client_id"), p.clientID) && same(f.Get("client_secret"), p.secret)
	}
	id, err1 := url.QueryUnescape(id)
	secret, err2 := url.QueryUnescape(secret)
	return err1 == nil && err2 == nil && !f.Has("client_secret") && same(id, p.clientID) && same(secret, p.secret)
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func (p *Provider) idToken(g grant, access string) (string, error) {
	now := time.Now()
	half := sha256.Sum256([]byte(access))
	methods := []string{"pwd"}
	if g.person.SecondFactor {
		methods = append(methods, "otp", "mfa")
	}
	c := map[string]any{
		"iss":     p.issuer.String(),
		"sub":     g.person.Subject,
		"aud":     p.clientID,
		"iat":     now.Unix(),
		"amr":     methods,
		"exp":     now.Add(tokenLife).Unix(),
		"at_hash": base64.RawURLEncoding.EncodeToString(half[:len(half)/2]),
	}
	c["auth_time"] = g.chosen.Unix() // nobody stays signed in here
	if g.nonce != "" {
		c["nonce"] = g.nonce
	}
	if slices.Contains(g.scopes, "profile") {
		c["name"] = g.person.Name
	}
	if slices.Contains(g.scopes, "email") && g.person.Email != "" {
		c["email"], c["email_verified"] = g.person.Email, g.person.EmailVerified
	}
	payload, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	signed, err := p.signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}
