package web

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gorilla/mux"

	"schoolgate/portal"
)

// session is who is asking.
type session struct {
	token   string
	account string // "" when signed out
	lapsed  string // the account of a session that has expired lately
	found   portal.Session
}

// The cookies. With https their names have the __Host- prefix, which browsers
// let nobody but this very host set.
const (
	sessionCookie = "schoolgate"
	signInCookie  = "schoolgate-sign-in" // a sign-in under way; see signInName
)

func (s *server) cookie(name, value string) *http.Cookie {
	if s.https {
		name = "__Host-" + name
	}
	c := &http.Cookie{Name: name, Value: value, Path: "/", Secure: s.https, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if value == "" {
		c.MaxAge = -1
	}
	return c
}

// signInName is the cookie of one sign-in under way, named by its state: somebody
// may have begun to sign in in two tabs, and each of them is to come to its end.
func signInName(state string) string {
	sum := sha256.Sum256([]byte(state))
	return signInCookie + "-" + hex.EncodeToString(sum[:8])
}

func (s *server) cookieValue(r *http.Request, name string) string {
	c, err := r.Cookie(s.cookie(name, "").Name)
	if err != nil {
		return ""
	}
	return c.Value
}

// session looks up who is asking, once in a request.
func (s *server) session(r *http.Request) (session, error) {
	v := visitOf(r)
	if v.looked {
		return v.who, nil
	}
	token := s.cookieValue(r, sessionCookie)
	if token != "" {
		found, live, err := s.Portal.Session(r.Context(), token)
		switch {
		case errors.Is(err, portal.ErrNotFound):
		case err != nil:
			return session{}, err
		case live:
			v.who = session{token: token, account: found.AccountID, found: found}
		default:
			v.who = session{token: token, lapsed: found.AccountID}
		}
	}
	v.looked = true
	return v.who, nil
}

// account is who is signed in; only for handlers within signedIn.
func account(r *http.Request) string { return visitOf(r).who.account }

// signedIn lets only somebody through who is signed in. A form that comes with a
// session lately expired has the named fields held, for the same account's next
// session; with [everyField], all of them.
func (s *server) signedIn(h handler, keep ...string) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		who, err := s.session(r)
		if err != nil {
			return err
		}
		if who.account != "" {
			if s.showPageAgain(w, r) {
				return nil
			}
			if r.Method == http.MethodPost && r.URL.RawQuery == keptQuery { // it is being sent
				if err := s.Portal.DropHeld(r.Context(), who.account, r.URL.Path); err != nil {
					return err
				}
			}
			return h(w, r)
		}
		out := &signedOut{back: r.URL.RequestURI(), lapsed: who.lapsed != ""}
		if r.Method == http.MethodPost {
			out.back = s.wayBack(r)
			hold, err := s.mayHold(r, who.lapsed)
			if err != nil {
				return err
			}
			if slices.Equal(keep, []string{everyField}) {
				keep = slices.Collect(maps.Keys(r.PostForm))
			}
			if hold && len(keep) > 0 {
				if err := s.hold(r, who.lapsed, keep); err != nil {
					return err
				}
				out.kept, out.back = true, r.URL.Path+"?"+keptQuery
			}
		}
		return out
	}
}

// hold keeps the named fields of a form for an account.
func (s *server) hold(r *http.Request, account string, keep []string) error {
	form := map[string][]string{}
	for _, name := range keep {
		if name == "passphrase" { // is kept nowhere: whoever had typed one is asked for it again
			if r.PostForm.Get(name) != "" {
				form["sealed"] = []string{"yes"}
			}
			continue
		}
		for _, v := range r.PostForm[name] {
			if v != "" && len(v) <= heldLimit {
				form[name] = append(form[name], strings.ReplaceAll(strings.ToValidUTF8(v, ""), "\x00", ""))
			}
		}
	}
	return s.Portal.Hold(r.Context(), account, r.URL.Path, form)
}

// everyField is all fields of a form that is held.
const everyField = "*"

// heldLimit is the longest value that is held, in bytes: a name of the greatest
// length in any script, with room for slips.
const heldLimit = 8 * portal.MaxName

// mayHold says whether the account of an expired session still has the form it
// sent: a text that is put to it about a child of its own. Nothing else is kept
// for somebody who is not signed in.
func (s *server) mayHold(r *http.Request, account string) (bool, error) {
	pupil, slug := mux.Vars(r)["pupil"], mux.Vars(r)["slug"]
	if account == "" || pupil == "" {
		return false, nil
	}
	child, err := s.Portal.Child(r.Context(), account, pupil)
	if errors.Is(err, portal.ErrNotFound) {
		return false, nil
	}
	_, agreement := child.School.Current(portal.Agreement, slug)
	_, purpose := child.School.Current(portal.Purpose, slug)
	return agreement || purpose, err
}

// keptQuery, in the address of a form, has it shown with what was held, and forgets
// that once it is sent. To look at it changes nothing.
const keptQuery = "kept=1"

// held is what was typed into this page's form before its session expired; nil
// for nothing.
func (s *server) held(r *http.Request) (url.Values, error) {
	if r.URL.RawQuery != keptQuery {
		return nil, nil
	}
	form, err := s.Portal.Held(r.Context(), account(r), r.URL.Path)
	return form, err
}

// wayBack is the page that a form was on.
func (s *server) wayBack(r *http.Request) string {
	if slices.Contains(s.allowed(r), http.MethodGet) {
		return r.URL.Path
	}
	return "/portal/"
}

// longestPath is longer than any address of ours. What a stranger may have us
// remember while they sign in is no longer.
const longestPath = 512

// localPath is a path of the portal that somebody asked to be sent to; anything
// else is the first page.
func localPath(to string) string {
	u, err := url.Parse(to)
	if err != nil || len(to) > longestPath || !utf8.ValidString(to) || u.IsAbs() || u.Host != "" || u.User != nil || strings.ContainsAny(to, "\\\r\n\t") ||
		!strings.HasPrefix(to, "/portal/") || strings.HasPrefix(u.Path, "/portal/callback/") ||
		!strings.HasPrefix(path.Clean(u.Path)+"/", "/portal/") {
		return "/portal/"
	}
	return to
}

// drain reads what a browser is still sending, within reason.
func drain(body io.Reader) { _, _ = io.CopyN(io.Discard, body, 2*uploadLimit) }
