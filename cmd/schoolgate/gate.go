package main

import (
	"crypto/sha256"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"schoolgate/portal/web"
)

// gate stands before everything that is served: it refuses hosts that are not the
// settings', and what comes too often.
type gate struct {
	host    string // with its port, where that is not the scheme's own
	local   bool   // the address is of this machine alone, by whatever name
	proxies []netip.Prefix
	limits  *limits
}

// newGate makes the gate of these settings; l is what was sent so far.
func newGate(s Settings, l *limits) (*gate, error) {
	u, err := url.Parse(s.Address)
	if err != nil {
		return nil, fmt.Errorf("address: %w", err)
	}
	g := &gate{host: plainHost(u.Host), local: web.Loopback(u.Hostname()), limits: l}
	for i, p := range s.Proxies {
		prefix, err := proxyPrefix(p)
		if err != nil {
			return nil, fmt.Errorf("proxies[%d]: %w", i+1, err)
		}
		g.proxies = append(g.proxies, prefix)
	}
	return g, nil
}

// proxyPrefix reads an address, or a range of them as 10.0.0.0/8.
func proxyPrefix(s string) (netip.Prefix, error) {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Masked(), nil
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("expected an address, or a range such as 10.0.0.0/8, and found %q", s)
	}
	return netip.PrefixFrom(a, a.BitLen()), nil
}

func plainHost(host string) string {
	host = strings.ToLower(host)
	return strings.TrimSuffix(strings.TrimSuffix(host, ":443"), ":80")
}

// known says whether a request is for the address of the settings.
func (g *gate) known(host string) bool {
	if g.local {
		name, _, err := net.SplitHostPort(host)
		if err != nil {
			name = host
		}
		return web.Loopback(strings.Trim(name, "[]"))
	}
	return plainHost(host) == g.host
}

// client is whose request it is: the peer's, or, where the peer is one of the
// proxies, the last address that is not a proxy's of those they were told.
func (g *gate) client(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	client := peer.Addr().Unmap()
	told := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(told) - 1; i >= 0 && g.trusts(client); i-- {
		next, err := netip.ParseAddr(strings.TrimSpace(told[i]))
		if err != nil {
			break
		}
		client = next.Unmap()
	}
	return client
}

func (g *gate) trusts(a netip.Addr) bool {
	for _, p := range g.proxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

func (g *gate) before(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		probe := r.URL.Path == "/healthz" || r.URL.Path == "/readyz" // by address, from beside us
		if !probe && !g.known(r.Host) {
			http.Error(w, "There is no such site here.", http.StatusMisdirectedRequest)
			return
		}
		client := g.client(r)
		if client.IsValid() { // for whoever asks further in: see where somebody is signed in
			r = r.WithContext(r.Context())
			r.RemoteAddr = netip.AddrPortFrom(client, 0).String()
		}
		if !g.limits.allow(client, r) {
			w.Header().Set("Retry-After", "60")
			http.Error(w, "That was too often, from this connection or this account. Nothing was changed. Wait a minute, and try again.", http.StatusTooManyRequests)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// How often something may come: so many a second, and so many at once. A school's
// whole staff room, and a parents' evening, may share one address.
var (
	signInsOfAddress = allowance{5, 100}
	joinsOfAddress   = allowance{2, 40}
	formsOfAddress   = allowance{20, 400}
	formsOfAccount   = allowance{1, 40}
	mostRemembered   = 20_000
	forgottenAfter   = 15 * time.Minute
	formsOfEverybody = allowance{200, 2000} // those who are too many to be remembered
)

type allowance struct {
	rate  rate.Limit
	burst int
}

// limits remembers who has sent what. Addresses are kept in memory only, and only
// for as long as they count.
type limits struct {
	mu     sync.Mutex
	recent map[string]*recent
	crowd  *rate.Limiter
}

type recent struct {
	*rate.Limiter
	last time.Time
}

// allow says whether a request may go on. Only what changes something is counted. A
// peer on this machine, where no proxy is set, stands for everybody: of its forms only
// those of one account are counted.
func (l *limits) allow(client netip.Addr, r *http.Request) bool {
	callback := strings.HasPrefix(r.URL.Path, "/portal/callback/")
	if r.Method != http.MethodPost && !callback {
		return true
	}
	// The address comes first: one that sends a new cookie each time is to be stopped
	// before it has filled what is remembered, at everybody's cost.
	return l.allowAddress(client, r, callback) && l.allowAccount(r)
}

// allowAccount counts by the cookie that the portal goes by, and by no other: each may
// be there many times, with anything in it.
func (l *limits) allowAccount(r *http.Request) bool {
	for _, name := range []string{"schoolgate", "__Host-schoolgate"} {
		c, err := r.Cookie(name)
		if err != nil {
			continue
		}
		sum := sha256.Sum256([]byte(c.Value))
		if !l.take("a "+string(sum[:]), formsOfAccount) {
			return false
		}
	}
	return true
}

func (l *limits) allowAddress(client netip.Addr, r *http.Request, callback bool) bool {
	if !client.IsValid() || client.IsLoopback() {
		return true
	}
	if !client.Is6() {
		return l.allowNetwork(client.String(), r, callback, 1)
	}
	household, _ := client.Prefix(64) // has so many of them,
	site, _ := client.Prefix(48)      // and whoever asks for one has so many households
	return l.allowNetwork(household.String(), r, callback, 1) && l.allowNetwork(site.String(), r, callback, sitesShare)
}

// sitesShare is of how many households the share is that a whole IPv6 site may send.
const sitesShare = 4

func (l *limits) allowNetwork(of string, r *http.Request, callback bool, times int) bool {
	take := func(kind string, a allowance) bool {
		return l.take(kind+" "+of, allowance{a.rate * rate.Limit(times), a.burst * times})
	}
	switch {
	case callback || strings.HasPrefix(r.URL.Path, "/portal/sign-in"):
		return take("s", signInsOfAddress)
	case (r.URL.Path == "/portal/join" || r.URL.Path == "/portal/here") && !take("j", joinsOfAddress):
		return false
	}
	return take("f", formsOfAddress)
}

func (l *limits) take(key string, a allowance) bool {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.recent == nil {
		l.recent, l.crowd = map[string]*recent{}, rate.NewLimiter(formsOfEverybody.rate, formsOfEverybody.burst)
	}
	who, ok := l.recent[key]
	if !ok {
		if len(l.recent) >= mostRemembered {
			for k, r := range l.recent {
				if now.Sub(r.last) > forgottenAfter {
					delete(l.recent, k)
				}
			}
		}
		if len(l.recent) >= mostRemembered {
			return l.crowd.AllowN(now, 1)
		}
		who = &recent{Limiter: rate.NewLimiter(a.rate, a.burst)}
		l.recent[key] = who
	}
	who.last = now
	return who.AllowN(now, 1)
}

// ownerOnly is the error of a file that others on the machine may read or change.
func ownerOnly(name string) error {
	info, err := os.Stat(name)
	if os.IsNotExist(err) {
		return nil
	} else if err != nil {
		return err
	}
	if info.Mode().Perm()&0o027 != 0 {
		return fmt.Errorf("others on this machine may read or change %s: chmod 600 it", name)
	}
	return nil
}
