package web

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/gorilla/mux"

	"schoolgate/portal"
)

// signInView is the page on which somebody chooses how to sign in.
type signInView struct {
	Families []portal.Provider
	Staff    []portal.Provider // empty where all of them are families' too
	StaffToo bool              // staff sign in with those of families
	ReturnTo string            // where to go afterwards
	Expired  bool              // they were signed in a while ago
	Left     bool              // they have just signed out
	ForPage  bool              // they asked for a page that needs it
}

// joinPath is where the code of a letter is typed.
const joinPath = "/portal/join"

// dossierPath is what is held of whoever is signed in.
const dossierPath = "/portal/record"

func (s *server) getSignIn(w http.ResponseWriter, r *http.Request) error {
	who, err := s.session(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	to := localPath(q.Get("return_to"))
	if who.account != "" {
		return seeOther(w, r, to)
	}
	return s.showSignIn(w, r, signInView{
		ReturnTo: to, Expired: q.Get("after") == "expired", Left: q.Get("after") == "sign-out", ForPage: to != "/portal/",
	})
}

func (s *server) showSignIn(w http.ResponseWriter, r *http.Request, v signInView) error {
	for _, p := range s.SignIn.Providers() {
		if p.Staff {
			v.Staff = append(v.Staff, p)
		}
		if p.Families {
			v.Families = append(v.Families, p)
		}
	}
	if len(v.Staff) > 0 && !slices.ContainsFunc(v.Staff, func(p portal.Provider) bool { return !p.Families }) {
		v.Staff, v.StaffToo = nil, true
	}
	title := "Sign in"
	if v.Left {
		title = "You have signed out"
	}
	return s.show(w, r, http.StatusOK, page{template: "sign-in.html", title: title, data: v})
}

// leavingView is the page between this site and a provider.
type leavingView struct {
	Label string
	To    string
}

// postSignIn answers a page that goes on to the provider by itself, not a
// redirect: a form's redirects, the provider's own among them, would each have to
// be named in form-action, and who can know where a provider sends people next.
func (s *server) postSignIn(w http.ResponseWriter, r *http.Request) error {
	providers := s.SignIn.Providers()
	i := slices.IndexFunc(providers, func(p portal.Provider) bool { return p.Name == mux.Vars(r)["provider"] })
	if i < 0 {
		return fmt.Errorf("provider: %w", portal.ErrNotFound)
	}
	back := localPath(r.PostForm.Get("return_to"))
	// Whoever comes to type a code, or to their record, would be asked again as soon as they are back.
	// On a device on which people have signed, the provider may know whoever lent it, still.
	anew := r.PostForm.Get("anew") == "yes" || back == joinPath || back == dossierPath || s.cookieValue(r, hereCookie) != ""
	to, handshake, err := s.SignIn.Begin(r.Context(), providers[i].Name, anew)
	if err != nil {
		return &signInFailed{err}
	}
	if u, err := url.Parse(to); err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || s.https) {
		return &signInFailed{errors.New("the provider's address is not one of the web's")}
	}
	token, err := s.Portal.StartSignIn(r.Context(), handshake, back)
	if err != nil {
		return err
	}
	c := s.cookie(signInName(handshake.State), token)
	c.MaxAge = int(portal.HandshakeLife.Seconds())
	http.SetCookie(w, c)
	w.Header().Set("Refresh", "0; url="+to)
	return s.show(w, r, http.StatusOK, page{template: "leaving.html", title: "Going to " + providers[i].Label, data: leavingView{providers[i].Label, to}})
}

func (s *server) getCallback(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	name := signInName(q.Get("state"))
	token := s.cookieValue(r, name)
	if token == "" {
		return errNoHandshake
	}
	http.SetCookie(w, s.cookie(name, ""))
	under, err := s.Portal.TakeHandshake(r.Context(), token)
	if errors.Is(err, portal.ErrNotFound) {
		return errNoHandshake
	} else if err != nil {
		return err
	}
	if under.Handshake.Provider != mux.Vars(r)["provider"] ||
		subtle.ConstantTimeCompare([]byte(under.Handshake.State), []byte(q.Get("state"))) != 1 {
		return errNoHandshake
	}
	identity, err := s.SignIn.Finish(r.Context(), under.Handshake, q)
	if err != nil {
		return &signInFailed{err}
	}
	signedIn, err := s.Portal.SignedIn(r.Context(), identity)
	if errors.Is(err, portal.ErrSecondFactor) {
		return &signInFailed{err}
	}
	if err != nil {
		return err
	}
	if old := s.cookieValue(r, sessionCookie); old != "" {
		if err := s.Portal.EndSession(r.Context(), old); err != nil {
			return err
		}
	}
	of := portal.Session{
		AccountID: signedIn.ID, Name: identity.Name, Device: device(r.UserAgent()), Network: network(r.RemoteAddr),
		SecondFactor: identity.SecondFactor, Authenticated: identity.Authenticated, Renewed: identity.Renewed,
	}
	if token, err = s.Portal.StartSession(r.Context(), of); err != nil {
		return err
	}
	http.SetCookie(w, s.cookie(sessionCookie, token))
	return seeOther(w, r, localPath(under.ReturnTo))
}

func (s *server) postSignOut(w http.ResponseWriter, r *http.Request) error {
	if token := s.cookieValue(r, sessionCookie); token != "" {
		if err := s.Portal.EndSession(r.Context(), token); err != nil {
			return err
		}
	}
	return s.signedOutPage(w, r)
}

// signedOutPage has the browser forget what it showed. Its cookie is taken back by
// name: the header's "cookies" would take those of the whole domain.
func (s *server) signedOutPage(w http.ResponseWriter, r *http.Request) error {
	http.SetCookie(w, s.cookie(sessionCookie, ""))
	http.SetCookie(w, s.cookie(letterCookie, ""))
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	return seeOther(w, r, "/portal/sign-in?after=sign-out")
}
