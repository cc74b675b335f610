// Package signin lets people sign in at an identity provider they already use:
// Google, Microsoft or any OpenID Connect provider.
//
// It is built on goth's Provider and Session, and adds what goth's openidConnect
// leaves out: the ID token's signature is verified and its nonce checked, and a
// PKCE challenge is sent (RFC 7636). gothic is not used: it keeps a store of its
// own and believes the state in the address.
package signin

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/markbates/goth/providers/openidConnect"
	"golang.org/x/oauth2"

	"schoolgate/portal"
)

// Desk is where people sign in: every provider that is set up. Its methods are
// safe to call at the same time.
type Desk struct {
	providers []*provider
}

// New checks the settings and returns a desk for them, in their order. address
// is the portal's own, such as https://portal.school.example. It asks no
// provider anything: each is discovered when somebody first chooses it, so that
// one that is down stops nobody from using the others. The client may be nil;
// its transport is used, within limits of time and size.
//
// The error names every wrong setting and says what is expected.
func New(configs []Config, address string, client *http.Client) (*Desk, error) {
	var wrong []error
	home, err := url.Parse(address)
	if err != nil || !secure(home) || home.Path != "" || home.RawQuery != "" || home.Fragment != "" {
		wrong = append(wrong, fmt.Errorf("address: %q: expected the portal's own address, such as https://portal.school.example, with nothing after it (http only for this machine, 127.0.0.1 or localhost)", address))
	}
	client = guarded(client)
	d := &Desk{}
	for _, c := range configs {
		c, err := c.checked()
		if err != nil {
			wrong = append(wrong, err)
		}
		if d.provider(c.Name) != nil {
			wrong = append(wrong, fmt.Errorf("sign-in provider %q: name: there are two of this name; accounts are known by it", c.Name))
		}
		d.providers = append(d.providers, &provider{
			Config:   c,
			callback: address + CallbackPath(c.Name),
			client:   client,
		})
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, err
	}
	return d, nil
}

// String and LogValue keep the client secrets out of logs.
func (d *Desk) String() string       { return fmt.Sprintf("sign-in with %d providers", len(d.providers)) }
func (d *Desk) GoString() string     { return d.String() }
func (d *Desk) LogValue() slog.Value { return slog.StringValue(d.String()) }

// CallbackPath is the path to which a provider sends people back. Each has its
// own, so that no provider can pass on another's answer as its own.
func CallbackPath(name string) string { return "/portal/callback/" + name }

// Providers lists the ways to sign in, in the order of the settings.
func (d *Desk) Providers() []portal.Provider {
	list := make([]portal.Provider, len(d.providers))
	for i, p := range d.providers {
		list[i] = portal.Provider{Name: p.Name, Label: p.Label, Families: p.forFamilies(), Staff: len(p.StaffDomains) > 0}
	}
	return list
}

func (d *Desk) provider(name string) *provider {
	for _, p := range d.providers {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// Begin returns where to send somebody who chose a provider, and the handshake
// to keep, on the server and for their browser alone, until they return. Anew has
// them prove there once more who they are, even if they are signed in.
//
// It returns portal.ErrNotFound for a name that is not set up and
// ErrUnavailable for a provider that cannot be reached now.
func (d *Desk) Begin(ctx context.Context, name string, anew bool) (redirect string, h portal.Handshake, err error) {
	p := d.provider(name)
	if p == nil {
		return "", portal.Handshake{}, fmt.Errorf("sign-in provider: %w", portal.ErrNotFound)
	}
	known, err := p.discover(ctx)
	if err != nil {
		return "", portal.Handshake{}, err
	}
	h = portal.Handshake{
		Provider: name,
		State:    rand.Text(),
		Nonce:    rand.Text(),
		Verifier: oauth2.GenerateVerifier(),
	}
	began, err := known.goth.BeginAuth(h.State)
	if err != nil {
		return "", portal.Handshake{}, p.fail(ErrUnavailable, brief(err))
	}
	session := began.(*openidConnect.Session)
	to, err := url.Parse(session.AuthURL)
	if err != nil {
		return "", portal.Handshake{}, p.fail(ErrUnavailable, brief(err))
	}
	q := to.Query()
	q.Set("nonce", h.Nonce)
	q.Set("code_challenge", oauth2.S256ChallengeFromVerifier(h.Verifier))
	q.Set("code_challenge_method", "S256")
	if anew {
		h.Anew = time.Now().UTC().Truncate(time.Second) // as tokens tell the time
		q.Set("max_age", "0")
	}
	switch {
	case anew && known.asksAnew:
		q.Set("prompt", "login")
	case known.choosesAccount:
		// Families share phones: without this, whoever used it last is signed in.
		q.Set("prompt", "select_account")
	}
	to.RawQuery = q.Encode()
	session.AuthURL = to.String()
	h.Session = session.Marshal()
	return session.AuthURL, h, nil
}

// Finish verifies what somebody brought back from their provider, q, against
// the handshake with which they left, and says who they are. Three things are
// the caller's: to have found h by this browser's own session, to have deleted
// it first, so that no answer is used twice, and to refuse a callback whose path
// (see CallbackPath) is not of h.Provider.
//
// It returns portal.ErrDeclined, portal.ErrStale for somebody who was not asked anew
// who they are, ErrRefused or ErrUnavailable.
func (d *Desk) Finish(ctx context.Context, h portal.Handshake, q url.Values) (portal.Identity, error) {
	p := d.provider(h.Provider)
	if p == nil {
		return portal.Identity{}, fmt.Errorf("the handshake is with no provider that is set up: %w", ErrRefused)
	}
	if h.State == "" || h.Nonce == "" || h.Verifier == "" {
		return portal.Identity{}, p.fail(ErrRefused, "there is no sign-in under way")
	}
	if state, ok := one(q, "state"); !ok || subtle.ConstantTimeCompare([]byte(state), []byte(h.State)) != 1 {
		return portal.Identity{}, p.fail(ErrRefused, "the state is not the one sent")
	}
	ctx, cancel := context.WithTimeout(ctx, oneFinish)
	defer cancel()
	known, err := p.discover(ctx)
	if err != nil {
		return portal.Identity{}, err
	}
	// RFC 9207: another provider's answer says so.
	if iss, ok := one(q, "iss"); ok && iss != p.Issuer || !ok && (q.Has("iss") || known.namesItself) {
		return portal.Identity{}, p.fail(ErrRefused, "the answer is not this issuer's")
	}
	if q.Has("error") {
		return portal.Identity{}, p.answered(q.Get("error"))
	}
	code, ok := one(q, "code")
	if !ok {
		return portal.Identity{}, p.fail(ErrRefused, "there is no code")
	}
	session, err := p.exchange(ctx, known, h.Session, code, h.Verifier)
	if err != nil {
		return portal.Identity{}, err
	}
	return p.identity(ctx, known, session, h)
}

// skew is how far a provider's clock may be from ours.
const skew = 2 * time.Minute

// one is a parameter that is there once and not empty; RFC 6749, 3.1 forbids
// repeating one, and which of two is meant cannot be known.
func one(q url.Values, name string) (string, bool) {
	v := q[name]
	if len(v) != 1 || v[0] == "" {
		return "", false
	}
	return v[0], true
}

// identity verifies a session's ID token and reads who it is about. goth's
// FetchUser is passed over: it believes a token without looking at its signature.
func (p *provider) identity(ctx context.Context, known *discovered, s *openidConnect.Session, h portal.Handshake) (portal.Identity, error) {
	token, err := known.verifier.Verify(ctx, s.IDToken)
	if err != nil {
		if ctx.Err() != nil {
			return portal.Identity{}, p.fail(ErrUnavailable, "verifying the ID token: "+brief(err))
		}
		return portal.Identity{}, p.fail(ErrRefused, "the ID token: "+brief(err))
	}
	var says claims
	if err := token.Claims(&says); err != nil {
		return portal.Identity{}, p.fail(ErrRefused, "the ID token's claims cannot be read")
	}
	subject := says.text("sub")
	authenticated, told := says.time("auth_time")
	now := time.Now()
	refuse := func(reason string) (portal.Identity, error) {
		return portal.Identity{}, p.fail(ErrRefused, reason)
	}
	switch {
	case subtle.ConstantTimeCompare([]byte(says.text("nonce")), []byte(h.Nonce)) != 1:
		return refuse("the ID token's nonce is not the one sent")
	case !told || authenticated.After(now.Add(skew)):
		return refuse("the ID token's auth_time is no time, or has yet to come")
	case !h.Anew.IsZero() && !authenticated.IsZero() && authenticated.Before(h.Anew.Add(-skew)):
		return portal.Identity{}, p.fail(portal.ErrStale, "max_age was passed over")
	// OpenID Connect Core, 3.1.3.7: a token that is for others too is not for us.
	case len(token.Audience) != 1:
		return refuse("the ID token is for others too")
	case says["azp"] != nil && says.text("azp") != p.ClientID:
		return refuse("the ID token was given to another client")
	case subject == "" || len(subject) > 255:
		return refuse("the ID token is about nobody")
	case token.AccessTokenHash != "" && token.VerifyAccessToken(s.AccessToken) != nil:
		return refuse("the access token does not belong to the ID token")
	}
	if p.Kind == oidcKind && len(p.StaffDomains) > 0 && says["email"] == nil && known.oidc.UserInfoEndpoint() != "" {
		info, err := p.userInfo(ctx, known, s, subject)
		if err != nil {
			return portal.Identity{}, err
		}
		// The two belong together: verified says nothing about another's email.
		says["email"], says["email_verified"] = info["email"], info["email_verified"]
	}
	// Google passes max_age over: to be sent there twice would prove no more than once.
	untold := authenticated.IsZero() && (!h.Anew.IsZero() || p.Kind == google)
	if untold && p.AnewUnproven && !h.Anew.IsZero() {
		authenticated, untold = now.UTC(), false
	}
	staff := p.staffEmail(says)
	return portal.Identity{
		Provider: p.Name,
		// As configured: Google may leave the scheme out, and an account is known by it.
		Issuer:     p.Issuer,
		Subject:    subject,
		Name:       says.name(),
		StaffEmail: staff,

		SecondFactor:  says.secondFactor() || p.SecondFactor && staff != "",
		Authenticated: authenticated,
		Renewed:       untold,
	}, nil
}
