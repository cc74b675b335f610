package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"schoolgate/portal"
	"schoolgate/site"
)

// publicSites serves the built sites: the trust's at / and each school's under
// its slug. It reads the current generation anew at each request, so that a new
// one is served as soon as it has been put in place.
func publicSites(sites string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, h := range publicHeaders {
			w.Header().Set(h[0], h[1])
		}

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

// onlyShown stands before the public sites. A picture in which pupils can be seen goes
// out only while the register says so, which is asked at each request: the page that
// leads to it may be of a moment before. Caches are told to forget one that may not.
func onlyShown(shows func(ctx context.Context, school, picture string) (bool, error), next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		school, file, _ := strings.Cut(strings.TrimPrefix(path.Clean(r.URL.Path), "/"), "/")
		if picture := site.AskedName(file); picture != "" {
			shown, err := shows(r.Context(), school, picture)
			if err != nil || !shown {
				w.Header().Set("Clear-Site-Data", `"cache"`)
			}
			switch {
			case err != nil:
				say(w, http.StatusServiceUnavailable, "This picture cannot be shown at the moment. Try again in a minute.\n")
				return
			case !shown:
				say(w, http.StatusGone, "This picture is not shown.\n")
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// publicHeaders go with everything of the public sites, whoever serves them.
var publicHeaders = [][2]string{
	{"Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
	{"X-Content-Type-Options", "nosniff"},
	{"Referrer-Policy", "strict-origin-when-cross-origin"},
	{"Cross-Origin-Opener-Policy", "same-origin"},
	{"Permissions-Policy", "camera=(), geolocation=(), microphone=()"},
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
	if err == nil && slices.ContainsFunc(site.Encodings, func(e site.Encoding) bool { return path.Ext(name) == e.Ext }) {
		f.Close() // the smaller forms of files have no addresses of their own
		err = fs.ErrNotExist
	}
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
	header := w.Header()
	header.Set("Content-Type", contentType(name))
	header.Set("Cache-Control", caching(name))
	header.Add("Vary", "Accept-Encoding")
	if small, encoding := smaller(root, name, r); small != nil {
		defer small.Close()
		f = small
		header.Set("Content-Encoding", encoding)
	}
	sum := sha256.New()
	size, err := io.Copy(sum, f)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		http.Error(w, "This page cannot be read at the moment. Try again in a minute.", http.StatusServiceUnavailable)
		return
	}
	header.Set("Content-Length", strconv.FormatInt(size, 10))
	if status != http.StatusOK {
		w.WriteHeader(status)
		if r.Method != http.MethodHead {
			io.Copy(w, f)
		}
		return
	}
	// Made of what is sent, so that it is another for each encoding, and the same from
	// build to build; a time would go back with the clock.
	header.Set("ETag", `"`+hex.EncodeToString(sum.Sum(nil)[:16])+`"`)
	http.ServeContent(w, r, name, time.Time{}, f)
}

// contentType is what a file is, on every machine: not each knows all of them.
func contentType(name string) string {
	ext := path.Ext(name)
	if kind, ok := contentTypes[ext]; ok {
		return kind
	}
	return cmp.Or(mime.TypeByExtension(ext), "application/octet-stream")
}

// contentTypes are the kinds of file that a site holds, by ending.
var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".svg":  "image/svg+xml",
	".xml":  "application/xml; charset=utf-8",
	".md":   "text/plain; charset=utf-8", // an agreement's exact wording, to be read as it is
	".txt":  "text/plain; charset=utf-8",
	".ics":  "text/calendar; charset=utf-8",
	".jpg":  "image/jpeg",
	".png":  "image/png",
	".pdf":  "application/pdf",
}

// How long a file may be kept: for ever, where its name holds a hash of what is in it.
const (
	forEver  = "public, max-age=31536000, immutable"
	forShort = "public, max-age=60"
)

// hashedName is the names that change with what is in them: those of stylesheets,
// crests and pictures.
const hashedName = `(\.[0-9a-f]{12,64}\.(css|svg|png)|/?pictures/[0-9a-f]{16}-[0-9]+\.(jpg|png))$`

var hashedNames = regexp.MustCompile(hashedName)

func caching(name string) string {
	switch {
	case private(name):
		return "no-store"
	case site.AskedName(name) != "":
		return "private, no-cache" // asked for each time
	case hashedNames.MatchString(name):
		return forEver
	}
	return forShort
}

// smaller is the form of a file that was made smaller when the site was built, the best
// that the browser can read; nil where it reads none, or where there is none.
func smaller(root *os.Root, name string, r *http.Request) (f *os.File, encoding string) {
	accepted := accepts(r.Header.Values("Accept-Encoding"))
	for _, e := range site.Encodings {
		if accepted(e.Name) {
			f, err := root.Open(name + e.Ext)
			if err != nil {
				continue
			}
			if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
				return f, e.Name
			}
			f.Close()
		}
	}
	return nil, ""
}

// accepts reads an Accept-Encoding, RFC 9110 §12.5.3: a name with a weight of nought,
// or no name and no asterisk, is not wanted.
func accepts(fields []string) func(encoding string) bool {
	wanted := map[string]bool{}
	for field := range strings.SplitSeq(strings.Join(fields, ","), ",") {
		name, parameters, _ := strings.Cut(field, ";")
		weight := 1.0
		if key, value, ok := strings.Cut(parameters, "="); ok && strings.EqualFold(strings.TrimSpace(key), "q") {
			weight, _ = strconv.ParseFloat(strings.TrimSpace(value), 64)
		}
		wanted[strings.ToLower(strings.TrimSpace(name))] = weight > 0
	}
	return func(encoding string) bool {
		want, named := wanted[encoding]
		return want || !named && wanted["*"]
	}
}

// alive answers as long as the program runs. It costs nothing and waits for nothing, so
// that whoever restarts the program by it does not do so when the database is slow.
func alive(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok\n") }

// ready answers whether requests can be served: the database answers, and the sites
// have been built, or stood before.
func (app *application) ready(w http.ResponseWriter, r *http.Request) {
	if err := app.answers(r.Context()); err != nil {
		app.log.Error("not ready", "err", err)
		say(w, http.StatusServiceUnavailable, "the database does not answer\n")
		return
	}
	if !app.built.Load() {
		say(w, http.StatusServiceUnavailable, "the sites are being built\n")
		return
	}
	say(w, http.StatusOK, "ok\n")
}

// answers asks the database for one row.
func (app *application) answers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	_, err := app.portal.LedgerHead(ctx)
	return err
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	io.WriteString(w, text)
}

// plain answers a public text about the ledger.
func (app *application) plain(w http.ResponseWriter, r *http.Request, text func(context.Context) ([]byte, error)) {
	b, err := text(r.Context())
	if errors.Is(err, portal.ErrNotFound) {
		http.NotFound(w, r)
		return
	} else if err != nil {
		app.log.Error("ledger", "err", err)
		http.Error(w, "The ledger cannot be read at the moment. Try again in a minute.", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-cache")
	w.Write(b)
}
