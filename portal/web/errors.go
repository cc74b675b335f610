package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/gorilla/mux"

	"schoolgate/portal"
)

// Ways to fail that only requests have.
var (
	errNoRoute     = errors.New("no such address")
	errMethod      = errors.New("no such method at this address")
	errCrossOrigin = errors.New("sent from another site")
	errBadForm     = errors.New("not a form")
	errNoHandshake = errors.New("no sign-in under way")
)

// signedOut is somebody who has to sign in first.
type signedOut struct {
	back   string // where to go afterwards
	lapsed bool   // they were signed in a while ago
	kept   bool   // what they typed is held for them
}

func (*signedOut) Error() string { return "signed out" }

// signInFailed is a sign-in that broke at the provider's end or ours.
type signInFailed struct{ err error }

func (e *signInFailed) Error() string { return "sign-in: " + e.err.Error() }
func (e *signInFailed) Unwrap() error { return e.err }

// rejectedForm is a form that was not taken, with the page that shows it once more,
// holding what was typed. Changed says that what the form was about has changed.
type rejectedForm struct {
	err  error
	page func(changed bool) (page, error)
}

func (e *rejectedForm) Error() string { return e.err.Error() }
func (e *rejectedForm) Unwrap() error { return e.err }

// errorPage says what is wrong, and what to do about it.
type errorPage struct {
	Lines    []string
	Problems []portal.Problem
	Do       string // where to go next, and what the way there is called
	DoLabel  string
	Request  string // its id, for a fault of ours
}

// refusals are the errors after which a person is told what to do next, each with its
// page; the first that fits counts.
var refusals = []struct {
	err     error
	status  int
	heading string
	errorPage
}{
	{portal.ErrNotFound, http.StatusNotFound, "We cannot find that page", notFound},
	{errNoRoute, http.StatusNotFound, "We cannot find that page", notFound},
	{portal.ErrForbidden, http.StatusForbidden, "Your account is not allowed to do that", errorPage{Lines: []string{
		"If you work in the school office, ask whoever looks after Schoolgate for your school to add your account.",
	}}},
	{portal.ErrWithheld, http.StatusConflict, "This person is held back", errorPage{Lines: []string{
		"A court order or another restriction about a child is recorded against them, or somebody very like them. So nothing was added, and they see nothing of this child until the safeguarding lead or the head has looked.",
		"Tell the safeguarding lead now.",
	}}},
	{portal.ErrLeft, http.StatusForbidden, "This child has left the school", errorPage{Lines: []string{
		"Nothing was signed and nothing was changed: there is nothing more to sign, and no new yes.",
		"You can still see what you decided, and change a yes to a no.",
	}}},
	{portal.ErrTooMany, http.StatusTooManyRequests, "That is too many tries for today", errorPage{Lines: []string{
		"To keep children safe, only a few tries are allowed. Nothing was changed.",
		"Try again tomorrow. If you are not sure of the code or the date of birth, ask the school office.",
	}}},
	{portal.ErrConflict, http.StatusConflict, "Somebody else changed this at the same moment", errorPage{Lines: []string{
		"Your change was not saved. Go back, look at what it says now, and try again.",
	}}},
	{portal.ErrNoRight, http.StatusForbidden, "That cannot be done from a page", errorPage{Lines: []string{
		"Nothing was changed. These pages may add to what is signed, and never take anything away: whoever runs the server has set it up so.",
		"To erase what has had its time, ask them to run “schoolgate retention --run” as the owner of the database.",
	}}},
	{errMethod, http.StatusMethodNotAllowed, "That cannot be done here", errorPage{Lines: []string{
		"This address belongs to a button. Go to the first page and find your way from there.",
	}}},
	{errCrossOrigin, http.StatusForbidden, "That came from another site", errorPage{Lines: []string{
		"A page that is not ours tried to send something in your name. We did not take it, and nothing was changed.",
	}}},
	{errBadForm, http.StatusBadRequest, "We could not read that", errorPage{Lines: []string{
		"What your browser sent was not a form of ours. Nothing was changed. Go back, load the page again and try once more.",
	}}},
	{errNoHandshake, http.StatusBadRequest, "Start signing in again", errorPage{
		Lines: []string{"That sign-in was not started in this browser, took longer than a quarter of an hour, or was used before. Nothing was changed."},
		Do:    "/portal/sign-in", DoLabel: "Sign in",
	}},
	{portal.ErrDeclined, http.StatusBadRequest, "You did not finish signing in", errorPage{
		Lines: []string{"You turned back before the end, so you are not signed in. Nothing was changed."},
		Do:    "/portal/sign-in", DoLabel: "Try again",
	}},
	{portal.ErrStale, http.StatusForbidden, "You were not asked who you are", errorPage{
		Lines: []string{"For this you have to prove once more that it is you, and your account’s provider let you through without asking. Nothing was changed.", "Sign out of that account there, and try again."},
	}},
	{portal.ErrSecondFactor, http.StatusForbidden, "Your school asks for a second step", errorPage{
		Lines: []string{"People who work at your school sign in with a second step besides a password, such as a code from a phone. Your account did not say that it asked you for one, so you are not signed in.", "Turn the second step on for your account, and sign in again. If you have one, tell whoever looks after Schoolgate for your school."},
		Do:    "/portal/sign-in", DoLabel: "Sign in",
	}},
}

var notFound = errorPage{Lines: []string{
	"The page may have moved, the address may have a mistake in it, or the page may be for somebody else.",
	"If you signed in another way last time, sign out, and sign in that way again.",
}}

// fail answers a request that could not be done. It alone turns errors into
// statuses and pages.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if rw, ok := w.(*response); ok && rw.status != 0 {
		// Half of the answer has gone out. To end it properly would make it look whole.
		s.Log.Error("answer cut short", "request", visitOf(r).id, "route", visitOf(r).route, "error", err)
		panic(http.ErrAbortHandler)
	}
	w.Header().Del("Content-Disposition")
	if fault := s.refuse(w, r, err); fault != nil {
		s.Log.Error("fault", "request", visitOf(r).id, "route", visitOf(r).route, "error", fault)
		s.showFault(w, r)
	}
}

// refuse shows the page of an error that is not a fault of ours; a fault it answers.
func (s *server) refuse(w http.ResponseWriter, r *http.Request, err error) error {
	if out, ok := errors.AsType[*signedOut](err); ok {
		return s.refuseSignedOut(w, r, out)
	}
	if old, ok := errors.AsType[*stale](err); ok {
		return s.showStale(w, r, old)
	}
	if handled, fault := s.refuseForm(w, r, err); handled {
		return fault
	}
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		w.Header().Set("Connection", "close")
		return s.showError(w, r, http.StatusRequestEntityTooLarge, "That is too large", errorPage{Lines: []string{
			"A class list may be up to 20 MB, and what is typed into a form up to 64 KB. Nothing was changed.",
			"If it is a spreadsheet, save only the sheet with the class list, as CSV, and choose that file.",
		}})
	}
	for _, known := range refusals {
		if errors.Is(err, known.err) {
			switch known.err {
			case errMethod:
				w.Header().Set("Allow", strings.Join(s.allowed(r), ", "))
			case portal.ErrNoRight: // it may be a right that serving needs
				s.Log.Error("a right that the database's role has not", "request", visitOf(r).id, "route", visitOf(r).route, "error", err)
			}
			return s.showError(w, r, known.status, known.heading, known.errorPage)
		}
	}
	if _, failed := errors.AsType[*signInFailed](err); failed {
		s.Log.Error("sign-in failed", "request", visitOf(r).id, "route", visitOf(r).route, "error", err)
		return s.showError(w, r, http.StatusBadGateway, "Signing in did not work", errorPage{
			Lines: []string{"The fault is not yours, and nothing was changed.", "Try again, or choose another way to sign in. If it goes on, tell the school office."},
			Do:    "/portal/sign-in", DoLabel: "Try again",
		})
	}
	if r.Context().Err() != nil { // whoever asked has gone
		return nil
	}
	return err
}

// refuseForm shows once more a form that was not taken, with what was typed and what
// is wrong with it; or what is wrong alone, where no page goes with the error.
func (s *server) refuseForm(w http.ResponseWriter, r *http.Request, err error) (handled bool, fault error) {
	form, isForm := errors.AsType[*rejectedForm](err)
	invalid, isInvalid := errors.AsType[*portal.Invalid](err)
	_, textChanged := errors.AsType[*portal.TextChanged](err)
	_, importStale := errors.AsType[*portal.ImportStale](err)
	changed := textChanged || importStale
	switch {
	case isForm && (isInvalid || changed):
		p, err := form.page(!isInvalid)
		if err != nil {
			return true, err
		}
		status := http.StatusConflict
		if isInvalid {
			status, p.problems = http.StatusUnprocessableEntity, invalid.Problems
		}
		return true, s.showAgain(w, r, status, p)
	case isInvalid:
		return true, s.showError(w, r, http.StatusUnprocessableEntity, "Something has to be put right", errorPage{Problems: invalid.Problems})
	}
	return false, nil
}

// refuseSignedOut leads somebody to sign in, and back.
func (s *server) refuseSignedOut(w http.ResponseWriter, r *http.Request, out *signedOut) error {
	to := url.Values{"return_to": {out.back}}
	if r.Method != http.MethodPost {
		if out.lapsed {
			to.Set("after", "expired")
		}
		http.Redirect(w, r, "/portal/sign-in?"+to.Encode(), http.StatusSeeOther)
		return nil
	}
	e := errorPage{Do: "/portal/sign-in?" + to.Encode(), DoLabel: "Sign in"}
	switch {
	case out.kept:
		e.Lines = []string{"Nothing has been sent yet.", "What you typed is kept for a day. Sign in again, in the same way as before, and you will find the page as you left it."}
	case out.lapsed:
		e.Lines = []string{"You had been away for too long, so nothing was sent and nothing was changed.", "Sign in again and do the last step once more."}
	default:
		e.Lines = []string{"Nothing was sent and nothing was changed.", "Sign in, and do the last step once more."}
	}
	return s.showError(w, r, http.StatusUnauthorized, "You were signed out", e)
}

func (s *server) showError(w http.ResponseWriter, r *http.Request, status int, heading string, e errorPage) error {
	if e.Do == "" {
		e.Do, e.DoLabel = "/portal/", "Go to the first page"
	}
	return s.show(w, r, status, page{template: "error.html", title: heading, data: e})
}

// showFault is the page for a fault of ours. It asks nothing of the portal, which
// may be what is at fault.
func (s *server) showFault(w http.ResponseWriter, r *http.Request) {
	visitOf(r).offline = true
	err := s.showError(w, r, http.StatusInternalServerError, "Something went wrong on our side", errorPage{
		Lines:   []string{"What you did last may not have been saved. Look at the first page to see whether it was.", "If it happens again, tell the school office and give them this number:"},
		Request: visitOf(r).id,
	})
	if err != nil {
		s.Log.Error("no page for a fault", "request", visitOf(r).id, "error", err)
		http.Error(w, fmt.Sprintf("Something went wrong on our side. Request %s.", visitOf(r).id), http.StatusInternalServerError)
	}
}

// allowed is the methods that the address has.
func (s *server) allowed(r *http.Request) (methods []string) {
	for _, m := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
		asked := r.Clone(r.Context())
		asked.Method = m
		var match mux.RouteMatch
		if s.router.Match(asked, &match) && match.MatchErr == nil {
			methods = append(methods, m)
		}
	}
	return methods
}
