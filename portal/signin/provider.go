package signin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/markbates/goth/providers/openidConnect"
	"golang.org/x/oauth2"
)

const (
	// rediscover is how long a discovery document is believed.
	rediscover = 24 * time.Hour
	// rest is how long a provider that could not be discovered is left alone, so
	// that one that hangs does not hold up everybody who presses its button.
	rest = 5 * time.Second
)

// provider is one configured provider, discovered when it is first needed.
type provider struct {
	Config
	callback string
	client   *http.Client

	found atomic.Pointer[discovered]

	asking   sync.Mutex // held during discovery: others wait for the same answer
	failed   error
	failedAt time.Time
}

// discovered is what a provider's discovery document leads to.
type discovered struct {
	goth     *openidConnect.Provider
	oidc     *oidc.Provider
	verifier *oidc.IDTokenVerifier
	at       time.Time
	// choosesAccount says that prompt=select_account is understood.
	choosesAccount bool
	// asksAnew says that prompt=login is understood. Google refuses it.
	asksAnew bool
	// namesItself says that every answer carries iss (RFC 9207).
	namesItself bool
}

// discover returns what is known of the provider, asking it first if need be.
// A document that has grown old serves on while a newer one cannot be had.
func (p *provider) discover(ctx context.Context) (*discovered, error) {
	if d := p.found.Load(); d != nil && time.Since(d.at) < rediscover {
		return d, nil
	}
	p.asking.Lock()
	defer p.asking.Unlock()
	old := p.found.Load()
	if old != nil && time.Since(old.at) < rediscover {
		return old, nil
	}
	if p.failed == nil || time.Since(p.failedAt) >= rest {
		// One person leaving does not undo what others are waiting for.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), oneAnswer)
		defer cancel()
		d, err := p.ask(ctx)
		if err == nil {
			p.found.Store(d)
			p.failed = nil
			return d, nil
		}
		p.failed, p.failedAt = p.fail(ErrUnavailable, "discovery: "+brief(err)), time.Now()
	}
	if old != nil {
		return old, nil
	}
	return nil, p.failed
}

// signingAlgorithms are those an ID token may be signed with, if its provider
// states them: public-key ones only, so neither "none" nor a shared secret.
var signingAlgorithms = []string{
	oidc.RS256, oidc.RS384, oidc.RS512,
	oidc.ES256, oidc.ES384, oidc.ES512,
	oidc.PS256, oidc.PS384, oidc.PS512,
	oidc.EdDSA,
}

func (p *provider) ask(ctx context.Context) (*discovered, error) {
	// The issuer in the document has to be the one configured, to the letter.
	op, err := oidc.NewProvider(oidc.ClientContext(ctx, p.client), p.Issuer)
	if err != nil {
		return nil, err
	}
	var says struct {
		Keys        string   `json:"jwks_uri"`
		Algorithms  []string `json:"id_token_signing_alg_values_supported"`
		Prompts     []string `json:"prompt_values_supported"`
		NamesItself bool     `json:"authorization_response_iss_parameter_supported"`
	}
	if err := op.Claims(&says); err != nil {
		return nil, err
	}
	ends := op.Endpoint()
	for _, end := range []struct{ name, address string }{
		{"authorization_endpoint", ends.AuthURL},
		{"token_endpoint", ends.TokenURL},
		{"jwks_uri", says.Keys},
		{"userinfo_endpoint", op.UserInfoEndpoint()},
	} {
		if end.address == "" && end.name == "userinfo_endpoint" {
			continue
		}
		if u, err := url.Parse(end.address); err != nil || !secure(u) {
			return nil, fmt.Errorf("%s is not an https address", end.name)
		}
	}
	algorithms := []string{oidc.RS256} // what every provider has to support
	if len(says.Algorithms) > 0 {
		algorithms = slices.DeleteFunc(slices.Clone(says.Algorithms), func(a string) bool {
			return !slices.Contains(signingAlgorithms, a)
		})
		if len(algorithms) == 0 {
			return nil, errors.New("it signs ID tokens in no way that can be verified with a public key")
		}
	}
	scopes := []string{oidc.ScopeOpenID, oidc.ScopeProfile}
	if len(p.StaffDomains) > 0 {
		// Nothing else is done with an address, so nobody else is asked for theirs.
		scopes = append(scopes, oidc.ScopeEmail)
	}
	g, err := openidConnect.NewCustomisedURL(p.ClientID, p.Secret, p.callback,
		ends.AuthURL, ends.TokenURL, p.Issuer, op.UserInfoEndpoint(), "", scopes...)
	if err != nil {
		return nil, err
	}
	g.SetName(p.Name)
	return &discovered{
		at:             time.Now(),
		goth:           g,
		oidc:           op,
		verifier:       op.Verifier(&oidc.Config{ClientID: p.ClientID, SupportedSigningAlgs: algorithms}),
		choosesAccount: p.Kind != oidcKind || slices.Contains(says.Prompts, "select_account"),
		asksAnew:       p.Kind == microsoft || p.Kind == oidcKind && (len(says.Prompts) == 0 || slices.Contains(says.Prompts, "login")),
		namesItself:    says.NamesItself,
	}, nil
}

// exchange redeems a code for a session with tokens in it.
func (p *provider) exchange(ctx context.Context, d *discovered, session, code, verifier string) (s *openidConnect.Session, err error) {
	// goth asserts that id_token is a string; a provider can send anything.
	defer func() {
		if recover() != nil {
			s, err = nil, p.fail(ErrRefused, "the token endpoint's answer is malformed")
		}
	}()
	began, err := d.goth.UnmarshalSession(session)
	if err != nil {
		return nil, p.fail(ErrRefused, "the handshake does not hold a session")
	}
	ctx, cancel := context.WithTimeout(ctx, p.client.Timeout) // bound takes the place of the client's own
	defer cancel()
	client := *p.client
	client.Transport = bound{ctx, p.client.Transport}
	// A copy, for this request's client; what it points at is shared and safe.
	g := *d.goth
	g.HTTPClient = &client
	// Only these two: goth would let a redirect_uri in here override ours.
	_, err = began.Authorize(&g, url.Values{"code": {code}, "code_verifier": {verifier}})
	if err != nil {
		return nil, p.exchangeFailed(err)
	}
	return began.(*openidConnect.Session), nil
}

// userInfo asks the provider's userinfo endpoint about somebody whose ID token
// has been verified.
func (p *provider) userInfo(ctx context.Context, d *discovered, s *openidConnect.Session, subject string) (claims, error) {
	info, err := d.oidc.UserInfo(oidc.ClientContext(ctx, p.client),
		oauth2.StaticTokenSource(&oauth2.Token{AccessToken: s.AccessToken}))
	if err != nil {
		// Its text can quote the answer, which is about a person.
		return nil, p.fail(ErrUnavailable, "the userinfo endpoint did not answer as it should")
	}
	if info.Subject != subject {
		return nil, p.fail(ErrRefused, "userinfo is about somebody else")
	}
	var c claims
	if err := info.Claims(&c); err != nil {
		return nil, p.fail(ErrUnavailable, "the userinfo endpoint did not answer as it should")
	}
	return c, nil
}
