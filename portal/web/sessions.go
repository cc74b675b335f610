package web

import (
	"net/http"
	"net/netip"
	"strings"
	"time"

	"schoolgate/portal"
)

// sessionsView is where somebody is signed in.
type sessionsView struct {
	Sessions []sessionRow
	Ended    bool // one has just been ended
}

type sessionRow struct {
	Hash, Device, From string
	Since              time.Time
	Here               bool // the one that asks
}

func (s *server) getSessions(w http.ResponseWriter, r *http.Request) error {
	all, err := s.Portal.Sessions(r.Context(), account(r))
	if err != nil {
		return err
	}
	v := sessionsView{Ended: r.URL.Query().Get("after") == "end"}
	here := network(r.RemoteAddr)
	for _, x := range all {
		v.Sessions = append(v.Sessions, sessionRow{
			Hash: x.Hash, Device: x.Device, From: from(x.Network, here), Since: x.Created, Here: x.Hash == visitOf(r).who.found.Hash,
		})
	}
	return s.show(w, r, http.StatusOK, page{template: "sessions.html", title: "Where you are signed in", data: v})
}

// postSessions ends one session, or all.
func (s *server) postSessions(w http.ResponseWriter, r *http.Request) error {
	hash := r.PostForm.Get("end")
	if hash == "" {
		return portal.ErrNotFound
	}
	if hash == "all" {
		hash = ""
	}
	if err := s.Portal.EndSessions(r.Context(), account(r), hash); err != nil {
		return err
	}
	if hash == "" || hash == visitOf(r).who.found.Hash {
		return s.signedOutPage(w, r)
	}
	return seeOther(w, r, "/portal/sessions?after=end")
}

// network is where an address is, no nearer than a household or a part of a town.
func network(address string) string {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return ""
	}
	ip, bits := at.Addr().Unmap(), 24
	if ip.Is6() {
		bits = 48
	}
	p, err := ip.Prefix(bits)
	if err != nil {
		return ""
	}
	return p.String()
}

// from is a network in words, as somebody reads it who is at another or the same.
// Nobody else is asked where it is.
func from(network, here string) string {
	p, err := netip.ParsePrefix(network)
	switch {
	case err != nil:
		return "a network that we do not know"
	case network == here:
		return "the network that you are on now"
	case p.Addr().IsLoopback(), p.Addr().IsPrivate(), p.Addr().IsLinkLocalUnicast():
		return "a network inside a building, such as the school"
	}
	return "another network"
}

// device is a browser and what it runs on, in words: as much of what a browser says
// of itself as people know theirs by.
func device(agent string) string {
	name := func(otherwise string, known ...[2]string) string {
		for _, k := range known {
			if strings.Contains(agent, k[0]) {
				return k[1]
			}
		}
		return otherwise
	}
	browser := name("A browser", // the first that fits: most claim to be others too
		[2]string{"Edg", "Edge"}, [2]string{"OPR/", "Opera"}, [2]string{"SamsungBrowser/", "Samsung Internet"}, [2]string{"Firefox/", "Firefox"}, [2]string{"FxiOS/", "Firefox"},
		[2]string{"CriOS/", "Chrome"}, [2]string{"Chrome/", "Chrome"}, [2]string{"Safari/", "Safari"})
	system := name("", [2]string{"iPhone", "an iPhone"}, [2]string{"iPad", "an iPad"}, [2]string{"Android", "Android"}, [2]string{"Windows", "Windows"},
		[2]string{"CrOS", "a Chromebook"}, [2]string{"Macintosh", "a Mac"}, [2]string{"Linux", "Linux"})
	if system == "" {
		return browser
	}
	return browser + " on " + system
}
