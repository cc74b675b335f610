package web

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/gorilla/mux"
)

// The largest bodies that are read, in bytes.
const (
	formLimit     = 64 << 10
	uploadLimit   = 25 << 20
	picturesLimit = 60 << 20 // of several pictures, which are read one after the other
)

// A handler answers one request, or says why it could not.
type handler func(w http.ResponseWriter, r *http.Request) error

// visit is what is known of one request on its way through.
type visit struct {
	id      string
	route   string // the template; never the path, which a stranger may have filled with anything
	looked  bool   // whether the session has been looked up
	who     session
	school  string // whose office is at work
	offline bool   // the portal is not to be asked: it may be what is at fault
}

type visitKey struct{}

func visitOf(r *http.Request) *visit { return r.Context().Value(visitKey{}).(*visit) }

// response notes what has been answered.
type response struct {
	http.ResponseWriter
	status int // 0 until the header is written
}

func (w *response) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *response) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// outer stands round the router: the log and the recovery of panics outermost,
// then the headers, then the refusal of what another site sends.
func (s *server) outer(next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	// A proxy may have changed the Host that Origin is compared with.
	if err := cross.AddTrustedOrigin(s.Address); err != nil {
		panic(fmt.Sprintf("portal/web: newServer let the address %q through: %v", s.Address, err))
	}
	cross.SetDenyHandler(s.handle(func(http.ResponseWriter, *http.Request) error { return errCrossOrigin }))
	return s.logged(s.headers(cross.Handler(next)))
}

// logged gives each request an id, writes one line about it without anything
// that a person sent, and answers a panic as the fault of ours that it is.
func (s *server) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		v := &visit{id: rand.Text()[:16], route: "none"}
		r = r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
		w := &response{ResponseWriter: rw}
		w.Header().Set("X-Request-Id", v.id)
		start := time.Now()
		defer func() {
			fault := recover()
			if fault != nil && fault != http.ErrAbortHandler {
				what := fmt.Sprintf("%T", fault) // its text may be anybody's name
				if err, ok := fault.(runtime.Error); ok {
					what = err.Error()
				}
				s.Log.Error("panic", "request", v.id, "route", v.route, "fault", what, "stack", string(debug.Stack()))
				if w.status == 0 {
					s.showFault(w, r)
					fault = nil
				} else {
					fault = http.ErrAbortHandler
				}
			}
			line := []slog.Attr{slog.String("request", v.id), slog.String("method", method(r)), slog.String("route", v.route),
				slog.Int("status", w.status), slog.Duration("took", time.Since(start)), slog.Bool("aborted", fault != nil)}
			if v.school != "" { // a register was opened, so it has to be known by whom
				line = append(line, slog.String("school", v.school), slog.String("account", v.who.account))
			}
			s.Log.LogAttrs(r.Context(), slog.LevelInfo, "request", line...)
			if fault != nil {
				panic(fault)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// method is the request's, or "other" for a word that a stranger made up.
func method(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return r.Method
	}
	return "other"
}

// headers are on every answer. There is no "Referrer-Policy: no-referrer": it
// makes browsers send "Origin: null" with our own forms.
func (s *server) headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if s.https {
			h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		next.ServeHTTP(w, r)
	})
}

// named notes which route was taken, for the log.
func (s *server) named(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if route := mux.CurrentRoute(r); route != nil {
			if t, err := route.GetPathTemplate(); err == nil {
				visitOf(r).route = t
			}
		}
		next.ServeHTTP(w, r)
	})
}

// handle runs a handler and gives its error to errors.go.
func (s *server) handle(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			s.fail(w, r, err)
		}
	})
}

// limit refuses a body of more than n bytes. A form is read here; an upload is
// left for its handler to read as it comes, so that it is never put on disk.
func limit(n int64, h handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		whole := r.Body
		r.Body = http.MaxBytesReader(w, whole, n)
		var err error
		if n == formLimit {
			if err = r.ParseForm(); err != nil {
				if _, ok := errors.AsType[*http.MaxBytesError](err); !ok {
					err = errBadForm
				}
			}
		}
		if err == nil {
			err = h(w, r)
		}
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge || err != nil && n != formLimit {
			// A browser that is still sending never reads an answer.
			drain(whole)
		}
		return err
	}
}
