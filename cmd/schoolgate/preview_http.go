package main

import (
	"bytes"
	"context"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"strconv"
	"strings"

	"schoolgate/portal/web"
)

// previewPath is where preview's own files are; no site has a name with _.
const previewPath = "/_preview/"

// reloadJS is the only script of the whole program. It stands in no site, and
// nothing but preview serves it.
const reloadJS = `const here = new URL(document.currentScript.src);
new EventSource("/_preview/events" + here.search).onmessage = () => location.reload();
`

const previewCSS = `.schoolgate-preview { position: sticky; bottom: 0; z-index: 1000; max-height: 70vh; overflow: auto;
  padding: 1rem; background: #fff4f2; color: #3b0a05; border-top: .5rem solid #a3200d; font: 1rem/1.5 ui-monospace, monospace; }
.schoolgate-preview details, .schoolgate-preview summary { all: revert; color: inherit; background: none; }
.schoolgate-preview summary { font-weight: bold; cursor: pointer; }
.schoolgate-preview li { overflow-wrap: anywhere; }
`

// overlay is what preview adds to the end of every page. It needs no script to
// show what is wrong, nor to be folded away.
var overlay = template.Must(template.New("").Parse(`
<link rel="stylesheet" href="/_preview/preview.css">
{{- with .Problems }}
<section class="schoolgate-preview" role="alert" aria-label="Preview">
<details open>
<summary>{{ len . }} to put right. {{ if $.Whole }}Nothing could be built yet.{{ else }}This page is as it was before.{{ end }}</summary>
<ul>
{{- range . }}
<li>{{ . }}</li>
{{- end }}
</ul>
</details>
</section>
{{- end }}
<script src="/_preview/reload.js?seen={{ .Version }}"></script>
`))

// bare is the page where there is none to show yet.
const bare = `<!doctype html>
<html lang="en-GB">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Preview</title></head>
<body><h1>Preview</h1><p>%s</p></body>
</html>
`

// handler serves the sites as they are being edited, with the overlay in every
// page. It answers requests to this machine's own names only, so that no page on
// the web can read what is not published by a name that leads here.
func (p *preview) handler(ctx context.Context) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+previewPath+"events", func(w http.ResponseWriter, r *http.Request) { p.events(ctx, w, r) })
	mux.HandleFunc("GET "+previewPath+"reload.js", asset("text/javascript; charset=utf-8", reloadJS))
	mux.HandleFunc("GET "+previewPath+"preview.css", asset("text/css; charset=utf-8", previewCSS))
	mux.HandleFunc("GET /portal/", func(w http.ResponseWriter, r *http.Request) {
		p.page(w, http.StatusNotFound, fmt.Appendf(nil, bare, "The portal is not part of the preview. schoolgate serve and schoolgate demo have it."))
	})
	sites := publicSites(p.out)
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		if first := p.shown().first; first != "" && r.URL.Path == "/" {
			http.Redirect(w, r, "/"+first+"/", http.StatusSeeOther)
			return
		}
		r.Header.Del("If-Modified-Since") // a page changes with what is wrong, whatever its file says
		r.Header.Del("If-None-Match")
		r.Header.Del("Range")
		r.Header.Del("Accept-Encoding")
		held := held{header: http.Header{}, status: http.StatusOK}
		sites.ServeHTTP(&held, r)
		body := held.body.Bytes()
		switch kind := held.header.Get("Content-Type"); {
		case held.status == http.StatusServiceUnavailable:
			p.page(w, held.status, fmt.Appendf(nil, bare, "This site has not been built yet."))
		case strings.HasPrefix(kind, "text/html"):
			p.page(w, held.status, body)
		default:
			for name, values := range held.header {
				w.Header()[name] = values
			}
			w.Header().Set("Cache-Control", "no-store")
			w.WriteHeader(held.status)
			w.Write(body)
		}
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		if !web.Loopback(strings.Trim(host, "[]")) {
			http.Error(w, "The preview is for this machine alone.", http.StatusForbidden)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func asset(kind, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Cache-Control", "no-store")
		w.Write([]byte(text))
	}
}

// page answers with a page and the overlay before its end.
func (p *preview) page(w http.ResponseWriter, status int, body []byte) {
	state := p.shown()
	var added bytes.Buffer
	_ = overlay.Execute(&added, map[string]any{ // into memory: nothing in it can fail
		"Problems": state.problems, "Version": state.version, "Whole": status == http.StatusServiceUnavailable,
	})
	at := bytes.LastIndex(body, []byte("</body>"))
	if at < 0 {
		at = len(body)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("Content-Length", strconv.Itoa(len(body)+added.Len()))
	w.WriteHeader(status)
	w.Write(body[:at])
	w.Write(added.Bytes())
	w.Write(body[at:])
}

// events is a stream of server-sent events: one as soon as there is another
// build than the one that the browser shows.
// https://html.spec.whatwg.org/multipage/server-sent-events.html
func (p *preview) events(ctx context.Context, w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(r.Context(), cancel)()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	control := http.NewResponseController(w)
	fmt.Fprint(w, "retry: 500\n\n")
	seen := r.URL.Query().Get("seen")
	for control.Flush() == nil && p.differs(ctx, seen) {
		seen = p.shown().version
		fmt.Fprintf(w, "data: %s\n\n", seen)
	}
}

// held keeps an answer, for adding to it.
type held struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (h *held) Header() http.Header         { return h.header }
func (h *held) WriteHeader(status int)      { h.status = status }
func (h *held) Write(b []byte) (int, error) { return h.body.Write(b) }
