package signin

import (
	"context"
	"net/http"
	"time"
)

const (
	// oneAnswer is how long a provider may take over one request.
	oneAnswer = 8 * time.Second
	// oneFinish is how long all the requests of one return from a provider may
	// take together, so that nobody waits longer than they would believe in.
	oneFinish = 15 * time.Second
	// mostBody is the largest answer read, in bytes. Real ones are under 32 KB.
	mostBody = 256 << 10
)

// guarded is a copy of the client that gives up in time, reads no endless
// answer and follows no redirect: a provider's endpoints answer themselves, and
// a redirect would carry the client secret and the code elsewhere.
func guarded(client *http.Client) *http.Client {
	if client == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.MaxResponseHeaderBytes = 64 << 10
		client = &http.Client{Transport: transport}
	}
	own := *client
	if own.Timeout == 0 || own.Timeout > oneAnswer {
		own.Timeout = oneAnswer
	}
	if own.Transport == nil {
		own.Transport = http.DefaultTransport
	}
	own.Transport = limited{own.Transport}
	own.Jar = nil
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}

// limited cuts off answers longer than mostBody with an error.
type limited struct{ next http.RoundTripper }

func (l limited) RoundTrip(r *http.Request) (*http.Response, error) {
	w, err := l.next.RoundTrip(r)
	if err == nil {
		w.Body = http.MaxBytesReader(nil, w.Body, mostBody)
	}
	return w, err
}

// bound gives every request the caller's context. goth's Authorize takes none
// and starts from an empty one, so it would go on after the person has left.
type bound struct {
	ctx  context.Context
	next http.RoundTripper
}

func (b bound) RoundTrip(r *http.Request) (*http.Response, error) {
	return b.next.RoundTrip(r.WithContext(b.ctx))
}
