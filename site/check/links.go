package check

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"schoolgate/site/source"
)

// A LinkChecker tries the links that lead to other sites, politely: it asks one
// host one thing at a time with a pause between, waits when it is told to, and
// gives up soon. The zero value has the settings named here.
type LinkChecker struct {
	Client   *http.Client  // its redirects and timeout are not used; nil: the usual one
	Timeout  time.Duration // for one answer; 0: 20 s
	Slow     time.Duration // an answer that takes longer is reported; 0: 8 s
	Pause    time.Duration // between two requests to one host; 0: 1 s
	Retries  int           // after the first try, when a site is busy or does not answer; 0: 2
	Backoff  time.Duration // before the first retry, doubled at each; 0: 2 s
	MaxWait  time.Duration // the longest a site may ask to wait with Retry-After; 0: 1 min
	InFlight int           // requests under way at once; 0: 6
	Agent    string        // User-Agent; empty: Schoolgate's
}

// maxHops is how many redirects in a row are followed.
const maxHops = 10

func (c LinkChecker) withDefaults() LinkChecker {
	c.Timeout = cmp.Or(c.Timeout, 20*time.Second)
	c.Slow = cmp.Or(c.Slow, 8*time.Second)
	c.Pause = cmp.Or(c.Pause, time.Second)
	c.Retries = cmp.Or(c.Retries, 2)
	c.Backoff = cmp.Or(c.Backoff, 2*time.Second)
	c.MaxWait = cmp.Or(c.MaxWait, time.Minute)
	c.InFlight = cmp.Or(c.InFlight, 6)
	c.Agent = cmp.Or(c.Agent, "Schoolgate/1.0 (link check of a school's website)")
	client := http.Client{}
	if c.Client != nil {
		client = *c.Client
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client.Timeout, client.Jar = 0, nil
	c.Client = &client
	return c
}

// A linkRun is one run over all links.
type linkRun struct {
	LinkChecker
	slots chan struct{}
	mu    sync.Mutex
	hosts map[string]*politeHost
}

// A politeHost lets one request through at a time, each some time after the last.
type politeHost struct {
	mu   sync.Mutex
	next time.Time // before then nothing is asked
}

// check tries every link once, whichever pages it stands on.
func (c *LinkChecker) check(ctx context.Context, links []outsideLink) ([]Finding, error) {
	run := &linkRun{LinkChecker: c.withDefaults(), hosts: map[string]*politeHost{}}
	run.slots = make(chan struct{}, run.InFlight)
	places := map[string][]outsideLink{}
	byHost := map[string][]string{}
	for _, l := range links {
		u, err := url.Parse(l.to)
		if err != nil || u.Host == "" {
			continue
		}
		u.Fragment = ""
		to := u.String()
		if places[to] == nil {
			byHost[u.Host] = append(byHost[u.Host], to)
		}
		places[to] = append(places[to], l)
	}
	var (
		wg       sync.WaitGroup
		mu       sync.Mutex
		findings []Finding
	)
	for _, host := range source.SortedKeys(byHost) {
		wg.Go(func() {
			for _, to := range byHost[host] {
				said, severity, fix := run.try(ctx, to)
				if said == "" {
					continue
				}
				mu.Lock()
				for _, l := range places[to] {
					findings = append(findings, Finding{
						Rule: "link", Severity: severity, Sites: []string{l.site}, File: l.at.file, Line: l.at.line, Page: l.at.page,
						What: "the link to " + l.to + " " + said, Fix: fix,
					})
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return findings, ctx.Err()
}

const (
	goneFix  = "Find where the page is now, or take the link out; help.toml holds the addresses of organisations."
	lookFix  = "Open it in a browser: if it works there, silence this line with that as the reason."
	laterFix = "Try again later; if it stays like this, find another page or take the link out."
)

// try says what is wrong with a link; nothing when it leads there.
func (r *linkRun) try(ctx context.Context, to string) (said, severity, fix string) {
	seen := map[string]bool{}
	at, permanent := to, true // all redirects so far are for good
	for hop := 0; ; hop++ {
		if seen[at] {
			return "leads round in a circle", Wrong, goneFix
		}
		if hop > maxHops {
			return fmt.Sprintf("leads on and on, through more than %d addresses", maxHops), Wrong, goneFix
		}
		seen[at] = true
		a, err := r.answer(ctx, at)
		if err != nil {
			return r.failed(at, to, err)
		}
		next := a.location
		switch {
		case a.status >= 300 && a.status < 400 && next != "":
			permanent = permanent && (a.status == http.StatusMovedPermanently || a.status == http.StatusPermanentRedirect)
			u, err := url.Parse(at)
			if err == nil {
				u, err = u.Parse(next)
			}
			if err != nil || u.Scheme != "http" && u.Scheme != "https" {
				return fmt.Sprintf("leads on to %q, which is not a web address", next), Wrong, goneFix
			}
			u.Fragment = ""
			at = u.String()
		case a.status == http.StatusNotFound || a.status == http.StatusGone:
			return fmt.Sprintf("is gone (%d)", a.status), Wrong, goneFix
		case a.status == http.StatusTooManyRequests:
			return "could not be tried: the site asks to be left alone for now (429)", Doubtful, laterFix
		case a.status == http.StatusUnauthorized || a.status == http.StatusForbidden || a.status == http.StatusNotAcceptable || a.status == 451 || a.status == 999:
			return fmt.Sprintf("could not be tried: the site lets no program in (%d)", a.status), Doubtful, lookFix
		case a.status >= 500:
			return fmt.Sprintf("does not work: the site answers with a fault of its own (%d)", a.status), Wrong, laterFix
		case a.status >= 400:
			return fmt.Sprintf("does not work (%d)", a.status), Wrong, goneFix
		case hop > 0 && permanent && !sameButForSlash(to, at):
			return "has moved for good, to " + at, Doubtful, "Link to the new address."
		case a.took > r.Slow:
			return fmt.Sprintf("is slow: the answer took %s", a.took.Round(100*time.Millisecond)), Doubtful, laterFix
		default:
			return "", "", ""
		}
	}
}

// sameButForSlash says whether two addresses differ in no more than a slash at
// the end.
func sameButForSlash(a, b string) bool {
	return strings.TrimSuffix(a, "/") == strings.TrimSuffix(b, "/")
}

// failed says why there was no answer.
func (r *linkRun) failed(at, to string, err error) (said, severity, fix string) {
	by := ""
	if at != to {
		by = ", after it led on to " + at
	}
	var (
		dns         *net.DNSError
		unknown     x509.UnknownAuthorityError
		hostname    x509.HostnameError
		invalid     x509.CertificateInvalidError
		certificate *tls.CertificateVerificationError
		timeout     interface{ Timeout() bool }
	)
	switch {
	case errors.Is(err, context.Canceled):
		return "was not tried: the check was stopped" + by, Doubtful, laterFix
	case errors.As(err, &certificate), errors.As(err, &unknown), errors.As(err, &hostname), errors.As(err, &invalid):
		return "has a broken certificate: browsers warn against it" + by, Wrong, goneFix
	case errors.As(err, &dns) && dns.IsNotFound:
		return "leads to a site that does not exist" + by, Wrong, goneFix
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("did not answer within %s%s", r.Timeout, by), Wrong, laterFix
	}
	return "cannot be reached" + by, Wrong, laterFix
}

// An answer is what a site said of one address.
type answer struct {
	status   int
	location string
	took     time.Duration
	wait     time.Duration // as Retry-After asks; 0 when it does not
}

// answer asks for one address, first for its head alone, and again when the site
// is busy.
func (r *linkRun) answer(ctx context.Context, to string) (a answer, err error) {
	u, err := url.Parse(to)
	if err != nil {
		return a, err
	}
	backoff := r.Backoff
	for try := 0; ; try++ {
		a, err = r.ask(ctx, u, http.MethodHead)
		if err == nil && a.status >= 400 && a.status != http.StatusTooManyRequests && a.status != http.StatusServiceUnavailable {
			a, err = r.ask(ctx, u, http.MethodGet) // many sites answer HEAD wrongly
		}
		again := err != nil && passing(err) || err == nil && (a.status == http.StatusTooManyRequests || a.status >= 500)
		if !again || try == r.Retries || ctx.Err() != nil {
			return a, err
		}
		wait := max(backoff+rand.N(backoff/4+1), a.wait)
		if a.wait > r.MaxWait {
			return a, err
		}
		r.host(u.Host).hold(wait)
		backoff *= 2
	}
}

// passing says whether an error may be gone at the next try.
func passing(err error) bool {
	var (
		certificate *tls.CertificateVerificationError
		dns         *net.DNSError
	)
	return !errors.As(err, &certificate) && !(errors.As(err, &dns) && dns.IsNotFound) && !errors.Is(err, context.Canceled)
}

func (r *linkRun) host(name string) *politeHost {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.hosts[name] == nil {
		r.hosts[name] = &politeHost{}
	}
	return r.hosts[name]
}

// hold lets nothing through for a while.
func (h *politeHost) hold(wait time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if until := time.Now().Add(wait); until.After(h.next) {
		h.next = until
	}
}

// ask sends one request, in its host's turn.
func (r *linkRun) ask(ctx context.Context, u *url.URL, method string) (answer, error) {
	h := r.host(u.Host)
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := sleepUntil(ctx, h.next); err != nil {
		return answer{}, err
	}
	select {
	case r.slots <- struct{}{}:
	case <-ctx.Done():
		return answer{}, ctx.Err()
	}
	defer func() {
		<-r.slots
		h.next = time.Now().Add(r.Pause)
	}()
	ctx, cancel := context.WithTimeout(ctx, r.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, u.String(), nil)
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("User-Agent", r.Agent)
	req.Header.Set("Accept", "text/html,*/*;q=0.5")
	started := time.Now()
	resp, err := r.Client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode, location: resp.Header.Get("Location"), took: time.Since(started), wait: retryAfter(resp.Header.Get("Retry-After"))}
	_, _ = io.CopyN(io.Discard, resp.Body, 16<<10) // so that the connection can be used again
	return a, nil
}

// retryAfter reads the header, in seconds or as a time.
func retryAfter(value string) time.Duration {
	if seconds, err := strconv.Atoi(strings.TrimSpace(value)); err == nil && seconds > 0 {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}

func sleepUntil(ctx context.Context, t time.Time) error {
	wait := time.Until(t)
	if wait <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
