package web

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/gorilla/mux"

	"schoolgate/portal"
)

// stale is somebody who has to prove anew who they are.
type stale struct {
	back     string // where to go afterwards
	kept     bool   // what they typed is held for them
	unproven bool   // they have, as far as can be seen, and their provider does not say so
}

func (*stale) Error() string { return portal.ErrStale.Error() }
func (*stale) Unwrap() error { return portal.ErrStale }

// anew lets only somebody through who is signed in and has just proved who they are:
// a phone that was left lying is not enough. What was typed into a form is held, and
// after signing in again one button sends it; a code is stored nowhere, and is typed
// again.
func (s *server) anew(by portal.ProvedBy, h handler) handler {
	return s.signedIn(func(w http.ResponseWriter, r *http.Request) error {
		who := visitOf(r).who.found
		err := s.Portal.Fresh(who, by)
		if err == nil {
			return h(w, r)
		}
		out := &stale{back: r.URL.Path, unproven: by == portal.ByProvider && s.Portal.Fresh(who, portal.ByReturning) == nil}
		switch q := r.URL.Query(); {
		case r.Method != http.MethodPost:
			q.Del("format") // a file would come with nothing round it to say so
			if len(q) > 0 {
				out.back += "?" + q.Encode()
			}
		case r.URL.Path != joinPath:
			if err := s.hold(r, who.AccountID, slices.Collect(maps.Keys(r.PostForm))); err != nil {
				return err
			}
			out.back, out.kept = "/portal/go-on?"+url.Values{"to": {r.URL.Path}}.Encode(), true
		}
		return out
	})
}

// confirmed lets somebody say yes or sign, where the school asks them first to prove
// anew who they are; the named fields are held for the page that they are on.
func (s *server) confirmed(r *http.Request, keep []string) error {
	err := s.Portal.Confirm(r.Context(), visitOf(r).who.token, mux.Vars(r)["pupil"])
	if !errors.Is(err, portal.ErrStale) {
		return err
	}
	if err := s.hold(r, account(r), keep); err != nil {
		return err
	}
	return &stale{back: r.URL.Path + "?" + keptQuery, kept: true}
}

// staleView asks somebody to sign in again.
type staleView struct {
	Provider portal.Provider
	ReturnTo string
	Kept     bool
	Unproven bool
}

func (s *server) showStale(w http.ResponseWriter, r *http.Request, e *stale) error {
	a, err := s.Portal.Account(r.Context(), account(r))
	if err != nil {
		return err
	}
	v := staleView{ReturnTo: e.back, Kept: e.kept, Unproven: e.unproven}
	for _, p := range s.SignIn.Providers() {
		if p.Name == a.Identity.Provider {
			v.Provider = p
		}
	}
	return s.show(w, r, http.StatusForbidden, page{template: "anew.html", title: "Sign in again to go on", data: v})
}

// goOnView is a form to be sent again, by one button.
type goOnView struct {
	To     string
	Send   string // where the form goes; it says that what was held is sent
	Fields []field
}

type field struct{ Name, Value string }

// getGoOn is where somebody comes back to whose form was held.
func (s *server) getGoOn(w http.ResponseWriter, r *http.Request) error {
	to := localPath(r.URL.Query().Get("to"))
	form, err := s.Portal.Held(r.Context(), account(r), to)
	if err != nil {
		return err
	}
	if form == nil {
		return seeOther(w, r, "/portal/")
	}
	v := goOnView{To: to, Send: to + "?" + keptQuery}
	for _, name := range slices.Sorted(maps.Keys(form)) {
		for _, value := range form[name] {
			v.Fields = append(v.Fields, field{name, value})
		}
	}
	return s.show(w, r, http.StatusOK, page{template: "go-on.html", title: "You have signed in again", data: v})
}
