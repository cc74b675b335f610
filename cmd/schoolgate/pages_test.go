package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"schoolgate/content"
	"schoolgate/site"
	"schoolgate/themes"
)

// starter is the starter's sites, built and served once for all tests.
var starter = sync.OnceValues(func() (built builtSites, err error) {
	if built.out, err = os.MkdirTemp(shared(), "starter"); err != nil {
		return built, err
	}
	built.address = httptest.NewServer(publicSites(built.out)).URL // until the tests end
	trust, err := site.Load(content.FS)
	if err != nil {
		return built, err
	}
	results, err := site.Build(context.Background(), trust, site.Options{Theme: themes.FS, Out: built.out, Address: built.address, Kept: kept()})
	for _, r := range results {
		root := "/" + r.Slug + "/"
		if r.Slug == site.Overview {
			root = "/"
		}
		err = errors.Join(err, fs.WalkDir(os.DirFS(r.Dir), ".", func(name string, e fs.DirEntry, err error) error {
			if path.Ext(name) == ".html" {
				built.pages = append(built.pages, root+strings.TrimSuffix(name, "index.html"))
			}
			return err
		}))
	}
	return built, err
})

// builtSites are sites in a folder, at an address, with the path of every page there.
type builtSites struct {
	address, out string
	pages        []string
}

// twin is the same page at the other school, "" where that has none.
func (b builtSites) twin(at string) string {
	other := strings.NewReplacer("/fernlow-primary/", "/st-osrics-junior/", "/st-osrics-junior/", "/fernlow-primary/").Replace(at)
	if other == at || !slices.Contains(b.pages, other) {
		return ""
	}
	return other
}

func builtPages(t *testing.T) builtSites {
	t.Helper()
	built, err := starter()
	if err != nil {
		t.Fatal(err)
	}
	return built
}

// look is the width of a window and a colour scheme.
type look struct {
	width  int64
	scheme string
}

// Every page of both schools and of the trust, on a phone and on a desk, in light and
// in dark: axe-core finds nothing, nothing is wider than the window, and no page asks
// another host for anything. A page is seen in two looks that differ in both, one at each
// school where both have it, by turns in all four; and one of each kind, in all.
func TestEveryPageIsAccessible(t *testing.T) {
	t.Parallel()
	axe := needAxe(t)
	browser := needBrowser(t)
	built := builtPages(t)
	all := []look{{360, "light"}, {1280, "dark"}, {360, "dark"}, {1280, "light"}}
	looks := map[string][]look{}
	for k, at := range built.pages {
		a, b := all[k%4], all[k%4^1] // which differ in both
		twin := built.twin(at)
		switch {
		case oneOfAKind.MatchString(at):
			looks[at] = all
		case twin == "":
			looks[at] = []look{a, b}
		case looks[at] == nil:
			looks[at], looks[twin] = []look{a}, []look{b}
		}
	}
	for some := range slices.Chunk(built.pages, 16) {
		t.Run(some[0], func(t *testing.T) {
			t.Parallel()
			v := browser.open(t, axe, built.address)
			for _, at := range some {
				v.accessible(at, looks[at])
			}
			v.quiet()
		})
	}
	t.Logf("%d pages", len(built.pages))
}

// accessible opens a page and checks it in some looks. The page stays open, as
// everything it has answers to a change of width and scheme at once.
func (v *visitor) accessible(at string, looks []look) {
	v.t.Helper()
	v.do(chromedp.Navigate(v.address + at))
	v.text(v.axe + "\n;''")
	for _, look := range looks {
		v.look(look.width, look.scheme)
		found := v.text(`axe.run({resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then(r =>
			r.violations.map(v => v.id + ": " + v.nodes.map(n => n.html + " " + n.failureSummary).join("; ")).join("\n"))`)
		if found != "" {
			v.t.Errorf("axe-core at %d pixels, %s, on %s:\n%s", look.width, look.scheme, at, found)
		}
		if wide := v.text(`String(document.documentElement.scrollWidth - innerWidth)`); !strings.HasPrefix(wide, "-") && wide != "0" {
			v.t.Errorf("%s is %s pixels wider than %d", at, wide, look.width)
		}
	}
}

// Every page is HTML as the standard has it.
func TestEveryPageIsValid(t *testing.T) {
	tools := filepath.Join("..", "..", ".ci", "tools")
	program, err := filepath.Abs(filepath.Join(tools, "node_modules", ".bin", "html-validate"))
	if _, err2 := os.Stat(program); err != nil || err2 != nil {
		missing(t, "html-validate (make test installs it where there is npm)")
	}
	config, err := filepath.Abs(filepath.Join(tools, ".htmlvalidate.json"))
	if err != nil {
		t.Fatal(err)
	}
	t.Parallel()
	built := builtPages(t)
	files := 0
	report := filepath.Join(t.TempDir(), "report.json") // to a pipe it writes only the first 64 KB
	args := []string{"--config", config, "--formatter", "json=" + report}
	err = filepath.WalkDir(built.out, func(name string, e fs.DirEntry, err error) error {
		if filepath.Ext(name) == ".html" {
			files++
			args = append(args, name)
		}
		return err
	})
	if err != nil || files != len(built.pages) {
		t.Fatalf("%d files, %d pages, %v", files, len(built.pages), err)
	}
	cmd := exec.CommandContext(t.Context(), program, args...)
	said, err := cmd.CombinedOutput()
	var found []struct {
		FilePath string
		Messages []struct {
			RuleID, Message, Selector string
			Line                      int
		}
	}
	if wrong := json.Unmarshal([]byte(readFile(t, report)), &found); wrong != nil {
		t.Fatalf("html-validate: %v, %v\n%s", err, wrong, said)
	}
	told := map[string]int{}
	for _, file := range found {
		for _, m := range file.Messages {
			if told[m.RuleID+m.Message]++; told[m.RuleID+m.Message] <= 3 {
				t.Errorf("%s:%d: %s: %s (%s)", strings.TrimPrefix(file.FilePath, built.out), m.Line, m.RuleID, m.Message, m.Selector)
			}
		}
	}
	if err != nil && len(told) == 0 {
		t.Errorf("html-validate: %v", err)
	}
}

// firstVisit is what a first visit to a home page may weigh in bytes, compressed
// and without photographs.
const firstVisit = 20_000

var partOfPage = regexp.MustCompile(`(?:<link rel="(?:stylesheet|icon)" href|<img [^>]*src)="?([^" >]+)"?`)

func TestFirstVisitIsLight(t *testing.T) {
	address := builtPages(t).address
	fetch := func(at string) []byte {
		response, err := http.Get(at)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		var body bytes.Buffer
		if _, err := body.ReadFrom(response.Body); err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s, %v", at, response.Status, err)
		}
		return body.Bytes()
	}
	weight := func(body []byte) int {
		var out bytes.Buffer
		z := gzip.NewWriter(&out)
		z.Write(body)
		z.Close()
		return out.Len()
	}
	for _, home := range []string{"/", "/fernlow-primary/", "/st-osrics-junior/"} {
		page := fetch(address + home)
		total := weight(page)
		var parts []string
		for _, m := range partOfPage.FindAllSubmatch(page, -1) {
			if ext := path.Ext(string(m[1])); ext == ".css" || ext == ".svg" {
				n := weight(fetch(address + string(m[1])))
				total += n
				parts = append(parts, fmt.Sprintf("%s %d", path.Base(string(m[1])), n))
			}
		}
		if t.Logf("%s: %d bytes: page %d, %s", home, total, weight(page), strings.Join(parts, ", ")); total > firstVisit || len(parts) < 3 {
			t.Errorf("a first visit to %s weighs %d bytes compressed (%v); at most %d", home, total, parts, firstVisit)
		}
	}
}
