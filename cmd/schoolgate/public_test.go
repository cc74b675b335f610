package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
)

func header(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Add(pairs[i], pairs[i+1])
	}
	return h
}

// ask asks a server for a page and answers it as it went over the wire.
func ask(t *testing.T, address string, h http.Header) (*http.Response, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = h
	if h.Get("Accept-Encoding") == "" {
		r.Header.Set("Accept-Encoding", "identity") // or the client asks for gzip by itself
	}
	w, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	body, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return w, body
}

func plain(t *testing.T, encoding string, body []byte) []byte {
	t.Helper()
	var r io.Reader = bytes.NewReader(body)
	switch encoding {
	case "br":
		r = brotli.NewReader(r)
	case "gzip":
		z, err := gzip.NewReader(r)
		if err != nil {
			t.Fatal(err)
		}
		r = z
	}
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// The public site is served well. One application is enough to see all of it.
func TestServedWell(t *testing.T) {
	s := servedHouse(t, "http://localhost:8080")
	for name, see := range map[string]func(*testing.T, *httptest.Server){
		"compressed": compressedPages, "the portal is not": plainPortal, "validators": validators,
		"ranges": ranges, "12 KB": homePage, "styles": styles,
	} {
		t.Run(name, func(t *testing.T) { see(t, s) })
	}
}

// Pages, stylesheets and texts go out in the best form that a browser can read.
func compressedPages(t *testing.T, s *httptest.Server) {
	page := s.URL + "/fernlow-primary/"
	_, whole := ask(t, page, header())
	for accept, want := range map[string]string{
		"gzip, deflate, br, zstd": "br",
		"gzip":                    "gzip",
		"GZIP;q=0.5":              "gzip",
		"br;q=0, gzip":            "gzip",
		"*":                       "br",
		"*, br;q=0":               "gzip",
		"zstd":                    "",
		"compress, x-strange":     "",
		"identity":                "",
		"br;q=0, gzip;q=0.0":      "",
		"br;q=mine":               "",
		";;,=,":                   "",
	} {
		w, body := ask(t, page, header("Accept-Encoding", accept))
		if got := w.Header.Get("Content-Encoding"); got != want {
			t.Errorf("%q is answered with %q, want %q", accept, got, want)
			continue
		}
		if !bytes.Equal(plain(t, want, body), whole) {
			t.Errorf("%q: another page", accept)
		}
		if got := w.Header.Get("Vary"); !strings.Contains(got, "Accept-Encoding") {
			t.Errorf("%q: Vary is %q", accept, got)
		}
		if got := w.Header.Get("Content-Length"); got != strconv.Itoa(len(body)) {
			t.Errorf("%q: Content-Length is %q of %d", accept, got, len(body))
		}
	}
	if w, body := ask(t, page+"nowhere/", header("Accept-Encoding", "br")); w.StatusCode != http.StatusNotFound || w.Header.Get("Content-Encoding") != "br" ||
		!bytes.Contains(plain(t, "br", body), []byte("</html>")) {
		t.Errorf("the page that is not there: %s, %s", w.Status, w.Header)
	}
	for _, form := range []string{"index.html.br", "index.html.gz"} {
		if w, _ := ask(t, page+form, header()); w.StatusCode != http.StatusNotFound {
			t.Errorf("%s answers %s", form, w.Status)
		}
	}
}

// Nothing of the portal is compressed: it holds what a stranger sent together with
// what a stranger must not learn.
func plainPortal(t *testing.T, s *httptest.Server) {
	for _, path := range []string{"/portal/sign-in", "/portal/nowhere", "/ledger/key"} {
		if w, _ := ask(t, s.URL+path, header("Accept-Encoding", "br, gzip")); w.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s goes out as %s", path, w.Header.Get("Content-Encoding"))
		}
	}
}

// A validator is made of what is sent: each form has its own, and it is the same after
// the site was built again as it is.
func validators(t *testing.T, s *httptest.Server) {
	page := s.URL + "/fernlow-primary/parents/"
	seen := map[string]string{}
	for _, encoding := range []string{"identity", "gzip", "br"} {
		w, _ := ask(t, page, header("Accept-Encoding", encoding))
		tag := w.Header.Get("ETag")
		if other, twice := seen[tag]; tag == "" || strings.HasPrefix(tag, "W/") || twice {
			t.Errorf("%s has the validator %q, as has %s", encoding, tag, other)
		}
		seen[tag] = encoding
		if w.Header.Get("Last-Modified") != "" {
			t.Error("a time is no validator: clocks are set back")
		}
		again, body := ask(t, page, header("Accept-Encoding", encoding, "If-None-Match", tag))
		if again.StatusCode != http.StatusNotModified || len(body) > 0 || !strings.Contains(again.Header.Get("Vary"), "Accept-Encoding") {
			t.Errorf("%s: %s with %d bytes", encoding, again.Status, len(body))
		}
	}
	other := servedHouse(t, "http://localhost:8080")
	for tag, encoding := range seen {
		w, _ := ask(t, other.URL+"/fernlow-primary/parents/", header("Accept-Encoding", encoding))
		if got := w.Header.Get("ETag"); got != tag {
			t.Errorf("%s: built again, the same page has %s instead of %s", encoding, got, tag)
		}
	}
}

// A range of a page is one of the form that is sent: RFC 9110 §14.1.2.
func ranges(t *testing.T, s *httptest.Server) {
	page := s.URL + "/fernlow-primary/parents/"
	for _, encoding := range []string{"identity", "gzip", "br"} {
		first, whole := ask(t, page, header("Accept-Encoding", encoding))
		w, body := ask(t, page, header("Accept-Encoding", encoding, "Range", "bytes=100-299"))
		if w.StatusCode != http.StatusPartialContent || !bytes.Equal(body, whole[100:300]) || w.Header.Get("Content-Encoding") != first.Header.Get("Content-Encoding") ||
			w.Header.Get("Content-Range") != fmt.Sprintf("bytes 100-299/%d", len(whole)) || w.Header.Get("ETag") != first.Header.Get("ETag") {
			t.Errorf("%s: %s, %s", encoding, w.Status, w.Header)
		}
		w, body = ask(t, page, header("Accept-Encoding", encoding, "Range", "bytes=100-299", "If-Range", `"another"`))
		if w.StatusCode != http.StatusOK || !bytes.Equal(body, whole) {
			t.Errorf("%s: a range of a page that changed answers %s", encoding, w.Status)
		}
		if w, _ := ask(t, page, header("Accept-Encoding", encoding, "Range", "bytes=9999999-")); w.StatusCode != http.StatusRequestedRangeNotSatisfiable {
			t.Errorf("%s: a range beyond the end answers %s", encoding, w.Status)
		}
	}
}

var stylesheetLink = regexp.MustCompile(`<link rel="stylesheet" href="([^"]+)">`)

// The first visit to a school's home page: all that a browser fetches for it, as it
// goes over the wire.
func homePage(t *testing.T, s *httptest.Server) {
	br := header("Accept-Encoding", "br")
	w, body := ask(t, s.URL+"/fernlow-primary/", br.Clone())
	if w.StatusCode != http.StatusOK {
		t.Fatal(w.Status)
	}
	html := string(plain(t, "br", body))
	total := len(body)
	fetched := []string{fmt.Sprintf("%d the page", len(body))}
	for _, m := range regexp.MustCompile(`<(?:link rel="(?:stylesheet|icon)"|img)[^>]* (?:href|src)="([^"]+)"`).FindAllStringSubmatch(html, -1) {
		w, body := ask(t, s.URL+m[1], br.Clone())
		if w.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", m[1], w.Status)
		}
		total += len(body)
		fetched = append(fetched, fmt.Sprintf("%d %s", len(body), m[1]))
	}
	t.Logf("%d bytes:\n%s", total, strings.Join(fetched, "\n"))
	if len(fetched) < 4 {
		t.Errorf("only %q were fetched", fetched)
	}
	if total > 12_000 {
		t.Errorf("%d bytes, and 12,000 are allowed:\n%s", total, strings.Join(fetched, "\n"))
	}
}

// Styles that few pages need are on those alone, and whatever may be kept for ever
// has a name made of what is in it.
func styles(t *testing.T, s *httptest.Server) {
	for path, want := range map[string]string{
		"":                   "schoolgate school",
		"print/help-pupils/": "schoolgate school sheets",
		"parents/":           "schoolgate school",

		"agreements/parents-aup/changes/": "schoolgate school compared",
	} {
		_, html := ask(t, s.URL+"/fernlow-primary/"+path, header())
		var names []string
		for _, m := range stylesheetLink.FindAllStringSubmatch(string(html), -1) {
			name, _, _ := strings.Cut(filepath.Base(m[1]), ".")
			names = append(names, name)
			w, _ := ask(t, s.URL+m[1], header())
			if got := w.Header.Get("Cache-Control"); got != forEver || !hashedNames.MatchString(m[1]) {
				t.Errorf("%s: Cache-Control is %q", m[1], got)
			}
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("/%s is styled by %s, want %s", path, got, want)
		}
	}
	for path, want := range map[string]string{"": forShort, "favicon.svg": forShort, "help/": "no-store"} {
		if w, _ := ask(t, s.URL+"/fernlow-primary/"+path, header()); w.Header.Get("Cache-Control") != want {
			t.Errorf("/%s: Cache-Control is %q, want %q", path, w.Header.Get("Cache-Control"), want)
		}
	}
}

// A folder that somebody was at by hand still serves what it can.
func TestFormWithoutItsFile(t *testing.T) {
	sites := t.TempDir()
	writeTo(t, "<p>whole</p>", sites, "oak/current/index.html")
	if err := os.Mkdir(filepath.Join(sites, "oak/current/index.html.br"), 0o755); err != nil {
		t.Fatal(err)
	}
	if w := answer(publicSites(sites), "/oak/", header("Accept-Encoding", "br")); w.Code != http.StatusOK || w.Body.String() != "<p>whole</p>" || w.Header().Get("Content-Encoding") != "" {
		t.Errorf("got %d %q", w.Code, w.Body)
	}
}
