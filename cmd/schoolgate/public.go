package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"schoolgate/portal"
)

// publicSites serves the built sites: the trust's at / and each school's under
// its slug. It reads the current generation anew at each request, so that a new
// one is served as soon as it has been put in place.
func publicSites(sites string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "strict-origin-when-cross-origin")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")

		clean := path.Clean(r.URL.Path)
		slug, rest, _ := strings.Cut(strings.TrimPrefix(clean, "/"), "/")
		dir, name := filepath.Join(sites, slug, "current"), rest
		if _, err := os.Stat(dir); slug == "" || strings.HasPrefix(slug, "_") || err != nil {
			dir, name = filepath.Join(sites, "_trust", "current"), strings.TrimPrefix(clean, "/")
		}
		root, err := os.OpenRoot(dir)
		if only := onlySchool(sites); err != nil && clean == "/" && only != "" {
			http.Redirect(w, r, "/"+only+"/", http.StatusFound)
			return
		}
		if err != nil {
			http.Error(w, "This site has not been built yet. Try again in a minute.", http.StatusServiceUnavailable)
			return
		}
		defer root.Close()
		if private(name) && leftBefore(w, r) {
			http.Redirect(w, r, strings.TrimSuffix(clean, name), http.StatusSeeOther)
			return
		}
		servePublic(w, r, root, name)
	})
}

// onlySchool is the slug of the one school that was built, where there is no
// trust and no other.
func onlySchool(sites string) string {
	built, err := filepath.Glob(filepath.Join(sites, "*", "current"))
	if err != nil || len(built) != 1 {
		return ""
	}
	return filepath.Base(filepath.Dir(built[0]))
}

// servePublic serves one file, or a folder's index.html, or the site's 404 page.
func servePublic(w http.ResponseWriter, r *http.Request, root *os.Root, name string) {
	if name == "" {
		name = "."
	}
	info, err := root.Stat(name)
	if err == nil && info.IsDir() {
		if !strings.HasSuffix(r.URL.Path, "/") {
			w.Header().Set("Location", path.Clean(r.URL.Path)+"/")
			w.WriteHeader(http.StatusMovedPermanently)
			return
		}
		name = path.Join(name, "index.html")
	}
	status := http.StatusOK
	f, err := root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		name, status = "404.html", http.StatusNotFound
		f, err = root.Open(name)
	}
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer f.Close()
	if info, err = f.Stat(); err != nil || info.IsDir() {
		http.NotFound(w, r)
		return
	}
	kind := cmp.Or(mime.TypeByExtension(path.Ext(name)), "application/octet-stream")
	switch path.Ext(name) {
	case ".md":
		kind = "text/plain; charset=utf-8" // an agreement's exact wording, to be read as it is
	case ".ics":
		kind = "text/calendar; charset=utf-8" // not every machine knows it
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "public, max-age=60")
	if private(name) {
		w.Header().Set("Cache-Control", "no-store")
	}
	if status != http.StatusOK {
		w.WriteHeader(status)
		if r.Method != http.MethodHead {
			io.Copy(w, f)
		}
		return
	}
	http.ServeContent(w, r, name, info.ModTime(), f)
}

// alive answers as long as the program runs. It costs nothing and waits for nothing, so
// that whoever restarts the program by it does not do so when the database is slow.
func alive(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok\n") }

// ready answers whether requests can be served: the database answers, and the sites
// have been built, or stood before.
func (h *house) ready(w http.ResponseWriter, r *http.Request) {
	if err := h.answers(r.Context()); err != nil {
		h.log.Error("not ready", "err", err)
		say(w, http.StatusServiceUnavailable, "the database does not answer\n")
		return
	}
	if !h.built.Load() {
		say(w, http.StatusServiceUnavailable, "the sites are being built\n")
		return
	}
	say(w, http.StatusOK, "ok\n")
}

// answers asks the database for one number.
func (h *house) answers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return h.store.View(ctx, func(tx portal.Tx) error {
		_, err := tx.LedgerSize()
		return err
	})
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	io.WriteString(w, text)
}

// plain answers a public text about the ledger.
func (h *house) plain(w http.ResponseWriter, r *http.Request, text func(portal.Tx) ([]byte, error)) {
	var b []byte
	err := h.store.View(r.Context(), func(tx portal.Tx) (err error) {
		b, err = text(tx)
		return err
	})
	if errors.Is(err, portal.ErrNotFound) {
		http.NotFound(w, r)
		return
	} else if err != nil {
		h.log.Error("ledger", "err", err)
		http.Error(w, "The ledger cannot be read at the moment. Try again in a minute.", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-cache")
	w.Write(b)
}
