package main

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"schoolgate/content"
)

// startPreview previews a copy of the demo's content until the test ends.
func startPreview(t *testing.T) (dir string, p *preview) {
	t.Helper()
	dir = t.TempDir()
	if err := os.CopyFS(dir, content.FS); err != nil {
		t.Fatal(err)
	}
	save(t, "+++\ntitle = \"The pond\"\n+++\n\nFrogs.\n", dir, "schools", "fernlow-primary", "pages", "pond.md")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p, err = newPreview(dir, "http://"+l.Addr().String(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil { // also where a browser that listens is waited for
			t.Errorf("stopping: %v", err)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(p.out); !os.IsNotExist(err) {
			t.Errorf("what was built is left behind in %s", p.out)
		}
	})
	return dir, p
}

// get answers a page's status and text.
func (p *preview) get(t *testing.T, path string) (int, string, http.Header) {
	t.Helper()
	r, err := http.Get(p.address + path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(body), r.Header
}

// listen connects as a browser that shows a version, and answers a function that
// waits for the next event.
func (p *preview) listen(t *testing.T, seen string) (next func() string) {
	t.Helper()
	r, err := http.Get(p.address + "/_preview/events?seen=" + seen)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Body.Close() })
	if kind := r.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Fatalf("got %s", kind)
	}
	data := make(chan string, 16)
	go func() {
		lines := bufio.NewScanner(r.Body)
		for lines.Scan() {
			if version, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				data <- version
			}
		}
	}()
	return func() string {
		t.Helper()
		select {
		case version := <-data:
			return version
		case <-time.After(2 * time.Minute):
			t.Fatal("no event")
			return ""
		}
	}
}

func save(t *testing.T, text string, elem ...string) {
	t.Helper()
	// As editors do: a file beside it, put in its place.
	name := filepath.Join(elem...)
	if err := os.WriteFile(name+".tmp~", []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(name+".tmp~", name); err != nil {
		t.Fatal(err)
	}
}

// built is the generation of a site that is served.
func (p *preview) built(slug string) string {
	generation, _ := os.Readlink(filepath.Join(p.out, slug, "current"))
	return generation
}

// Somebody edits: the browser is told and shows it; a mistake is shown with file
// and line above the page as it was, until it is mended.
func TestPreviewFollowsAnEditor(t *testing.T) {
	dir, p := startPreview(t)
	next := p.listen(t, "")
	first := next()

	const page = "/fernlow-primary/pond/"
	file := []string{dir, "schools", "fernlow-primary", "pages", "pond.md"}
	original, err := os.ReadFile(filepath.Join(file...))
	if err != nil {
		t.Fatal(err)
	}
	status, html, header := p.get(t, page)
	if status != http.StatusOK || !strings.Contains(html, `<script src="/_preview/reload.js?seen=`+first+`"></script>`) || strings.Contains(html, "schoolgate-preview") {
		t.Fatalf("got %d\n%s", status, html)
	}
	if csp := header.Get("Content-Security-Policy"); !strings.Contains(csp, "script-src 'self'") || header.Get("Cache-Control") != "no-store" {
		t.Errorf("got %v", header)
	}
	output, err := os.ReadFile(filepath.Join(p.out, "fernlow-primary", "current", "pond", "index.html"))
	if err != nil || strings.Contains(string(output), "<script") {
		t.Errorf("the built page has a script, or %v", err)
	}

	other := p.built("st-osrics-junior")
	saved := time.Now()
	save(t, string(original)+"\nA new line about badgers.\n", file...)
	second := next()
	t.Logf("from saving to the event: %v", time.Since(saved))
	if _, html, _ = p.get(t, page); second == first || !strings.Contains(html, "A new line about badgers.") {
		t.Errorf("the edit is not shown:\n%s", html)
	}
	if p.built("st-osrics-junior") != other {
		t.Error("another school was built too")
	}

	save(t, string(original)+"\nA <b>broken</b> line & [[nothing]].\n", file...)
	next()
	_, html, _ = p.get(t, page)
	for _, want := range []string{"A new line about badgers.", "schools/fernlow-primary/pages/pond.md:", "HTML cannot be used in pages: &lt;b&gt;", "unfilled blank [[nothing]]"} {
		if !strings.Contains(html, want) {
			t.Errorf("not shown: %s", want)
		}
	}

	save(t, string(original), file...)
	next()
	if _, html, _ = p.get(t, page); strings.Contains(html, "schoolgate-preview") || strings.Contains(html, "badgers") {
		t.Errorf("mended, and still shown:\n%s", html)
	}

	// Settings that cannot be read stop all sites, which stay as they were.
	settings := []string{dir, "schools", "fernlow-primary", "school.toml"}
	good, err := os.ReadFile(filepath.Join(settings...))
	if err != nil {
		t.Fatal(err)
	}
	save(t, "nmae = 1\n"+string(good), settings...)
	next()
	if _, html, _ = p.get(t, "/"); !strings.Contains(html, "schools/fernlow-primary/school.toml:1:1: unknown key nmae") || !strings.Contains(html, "Our schools") {
		t.Errorf("got\n%s", html)
	}
	save(t, string(good), settings...)
	next()
	if _, html, _ = p.get(t, "/"); strings.Contains(html, "unknown key") {
		t.Errorf("got\n%s", html)
	}

	// A new folder and a new page in it; then a shared page, which is in every site.
	if err := os.MkdirAll(filepath.Join(dir, "schools", "fernlow-primary", "pages", "clubs"), 0o755); err != nil {
		t.Fatal(err)
	}
	next()
	save(t, "+++\ntitle = \"Chess club\"\n+++\n\nOn Fridays.\n", dir, "schools", "fernlow-primary", "pages", "clubs", "chess.md")
	next()
	if status, _, _ := p.get(t, "/fernlow-primary/clubs/chess/"); status != http.StatusOK {
		t.Errorf("the new page is %d", status)
	}
	ceop, err := os.ReadFile(filepath.Join(dir, "model", "ceop.md"))
	if err != nil {
		t.Fatal(err)
	}
	other = p.built("st-osrics-junior")
	save(t, string(ceop)+"\nMore.\n", dir, "model", "ceop.md")
	next()
	if p.built("st-osrics-junior") == other {
		t.Error("a model page changed and a school was not built")
	}
	if err := os.RemoveAll(filepath.Join(dir, "schools", "st-osrics-junior")); err != nil {
		t.Fatal(err)
	}
	next()
	if status, _, _ := p.get(t, "/st-osrics-junior/"); status != http.StatusNotFound {
		t.Errorf("a school that is gone is %d", status)
	}
}

// A browser that missed a build while it was loading the page is told at once.
func TestPreviewTellsLateBrowsers(t *testing.T) {
	_, p := startPreview(t)
	first := p.listen(t, "")()
	if got := p.listen(t, "an-earlier-run")(); got != first {
		t.Errorf("got %s, want %s", got, first)
	}
}

func TestPreviewIsForThisMachine(t *testing.T) {
	_, p := startPreview(t)
	p.listen(t, "")()
	r, err := http.NewRequest(http.MethodGet, p.address+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "rebound.example"
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusForbidden {
		t.Errorf("got %d", answer.StatusCode)
	}
	if status, html, _ := p.get(t, "/portal/"); status != http.StatusNotFound || !strings.Contains(html, "not part of the preview") {
		t.Errorf("got %d\n%s", status, html)
	}
	if status, _, header := p.get(t, "/fernlow-primary/favicon.svg"); status != http.StatusOK || header.Get("Content-Type") != "image/svg+xml" {
		t.Errorf("got %d, %v", status, header)
	}
}

// In a real browser the page that is open follows the editor by itself, and axe
// finds nothing wrong with what is laid over it.
func TestPreviewReloadsABrowser(t *testing.T) {
	browser, axe := needBrowser(t), needAxe(t)
	dir, p := startPreview(t)
	p.listen(t, "")()
	v := browser.open(t, axe, p.address)
	v.do(chromedp.Navigate(p.address + "/fernlow-primary/pond/"))
	v.sees("Frogs.")
	until := func(words string) {
		t.Helper()
		for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
			// While the page is being loaded anew there is nothing to ask.
			text, err := chromedp.Run(v.ctx, chromedp.Evaluate[string](`document.readyState == "complete" ? document.body.innerText : ""`))
			if err == nil && strings.Contains(text, words) {
				return
			}
		}
		t.Fatalf("the browser never shows %q", words)
	}
	pond := filepath.Join(dir, "schools", "fernlow-primary", "pages", "pond.md")
	save(t, "+++\ntitle = \"The pond\"\n+++\n\nNewts.\n", pond)
	until("Newts.")
	save(t, "+++\ntitle = \"The pond\"\n+++\n\n[Toads](/toads/)\n", pond)
	until(`pages/pond.md:5: the link "/toads/" leads nowhere`)
	v.sees("Newts.")
	v.check()
	save(t, "+++\ntitle = \"The pond\"\n+++\n\nToads.\n", pond)
	until("Toads.")
	if strings.Contains(v.text(`document.body.innerText`), "leads nowhere") {
		t.Error("mended, and still shown")
	}
	v.quiet()
}
