package signin

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"golang.org/x/oauth2"

	"schoolgate/portal"
)

// The ways a sign-in can fail, beside portal.ErrDeclined, which is somebody who
// turned back at their provider, and portal.ErrNotFound. Every error of Begin
// and Finish is one of the four; its text is for the log, names no person and
// holds no token, code or secret.
var (
	// ErrRefused is an answer that did not verify: forged, stale, replayed, meant
	// for somebody else, or simply the back button. They may start again.
	ErrRefused = errors.New("sign-in could not be verified")
	// ErrUnavailable is a provider that cannot be reached, is unwell, or does not
	// accept the client ID and secret. The other providers are not affected.
	ErrUnavailable = errors.New("sign-in provider is not available")
)

// failure is one of those errors with its cause, in words only: the causes
// come from libraries and strangers, and are not kept.
type failure struct {
	kind     error
	provider string
	reason   string
}

func (f *failure) Error() string { return f.provider + ": " + f.kind.Error() + ": " + f.reason }
func (f *failure) Unwrap() error { return f.kind }

func (p *provider) fail(kind error, reason string) error {
	return &failure{kind: kind, provider: p.Name, reason: reason}
}

// mostReason is the longest reason kept, in bytes: some libraries quote what
// the other side sent.
const mostReason = 240

// brief is an error's text, cut and on one line.
func brief(err error) string {
	s := strings.ToValidUTF8(err.Error(), "?")
	if len(s) > mostReason {
		s = strings.ToValidUTF8(s[:mostReason], "") + " …"
	}
	return strings.Join(strings.Fields(s), " ")
}

// plainCode is the form of OAuth's error codes; anything else is not repeated.
var plainCode = regexp.MustCompile(`^[a-z_]{1,48}$`)

// turnedBack are the errors with which a provider says that the person did not
// do what it asked (RFC 6749, 4.1.2.1; OpenID Connect Core, 3.1.2.6).
var turnedBack = map[string]bool{
	"access_denied":              true,
	"login_required":             true,
	"interaction_required":       true,
	"consent_required":           true,
	"account_selection_required": true,
}

// answered turns a provider's error parameter into an error. Its description is
// left out: anybody can write one into a link.
func (p *provider) answered(code string) error {
	switch {
	case turnedBack[code]:
		return p.fail(portal.ErrDeclined, code)
	case code == "server_error" || code == "temporarily_unavailable":
		return p.fail(ErrUnavailable, code)
	case !plainCode.MatchString(code):
		code = "an error code that is none"
	}
	return p.fail(ErrRefused, "the provider answered "+code)
}

// exchangeFailed sorts what came of redeeming a code. The text of an
// oauth2.RetrieveError can hold the whole answer, tokens and all, so only its
// status and code are looked at.
func (p *provider) exchangeFailed(err error) error {
	var answer *oauth2.RetrieveError
	if !errors.As(err, &answer) {
		return p.fail(ErrUnavailable, "redeeming the code: "+brief(err))
	}
	code := answer.ErrorCode
	if !plainCode.MatchString(code) {
		code = "no error code"
	}
	status := answer.Response.StatusCode
	reason := fmt.Sprintf("the token endpoint answered %d, %s", status, code)
	switch {
	case code == "invalid_client" || code == "unauthorized_client":
		return p.fail(ErrUnavailable, reason+": check the client ID and secret, which may have expired")
	case status < 400 || status >= 500 || status == http.StatusTooManyRequests:
		return p.fail(ErrUnavailable, reason)
	}
	return p.fail(ErrRefused, reason)
}
