package site

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/andybalholm/brotli"

	"schoolgate/site/sitetest"
)

// built are the slugs of the sites that a build made anew.
func built(results []Result) string {
	var slugs []string
	for _, r := range results {
		if !r.Unchanged && r.Err == nil {
			slugs = append(slugs, r.Slug)
		}
	}
	return strings.Join(slugs, " ")
}

const everySite = "_trust harbour larkfield"

func sorted(words string) string {
	fields := strings.Fields(words)
	slices.Sort(fields)
	return strings.Join(fields, " ")
}

// A site is built again when something that it is made of has changed, and only then.
func TestUnchangedSitesStand(t *testing.T) {
	page := func(name string) func(sitetest.Fixture) {
		return func(f sitetest.Fixture) { f.Write(name, "+++\ntitle = \"New\"\n+++\n\nWords.\n") }
	}
	for _, c := range []struct {
		what   string
		change func(sitetest.Fixture)
		again  string
	}{
		{"nothing", func(sitetest.Fixture) {}, ""},
		{"a hidden file", page("schools/larkfield/pages/.new.md"), ""},
		{"a page of one school", page("schools/larkfield/pages/new.md"), "larkfield"},
		{"a page of the trust", page("trust/pages/new.md"), "_trust"},
		{"a page of the model", page("model/new.md"), everySite},
		{"a school's settings", func(f sitetest.Fixture) {
			const name = "schools/harbour/school.toml"
			f.Write(name, string(f.Content[name].Data)+"# \n")
		}, "_trust harbour"},
		{"the theme", func(f sitetest.Fixture) { f.Write("theme/static/new.svg", "<svg/>") }, everySite},
	} {
		t.Run(c.what, func(t *testing.T) {
			f, out := newFixture(t), t.TempDir()
			first := mustBuild(t, f, out, sitetest.Now)
			if got := sorted(built(first)); got != everySite {
				t.Fatalf("at first %q were built", got)
			}
			c.change(f)
			again := mustBuild(t, f, out, sitetest.Now.Add(time.Hour))
			if got := sorted(built(again)); got != c.again {
				t.Errorf("built again: %q, want %q", got, c.again)
			}
			for i, r := range again {
				if was := first[i]; r.Unchanged && (r.Dir != was.Dir || r.Pages != was.Pages || len(r.Texts) != len(was.Texts)) {
					t.Errorf("%s stands as %+v, and was %+v", r.Slug, r, was)
				}
			}
		})
	}
}

func TestAllBuildsEverything(t *testing.T) {
	f, out := newFixture(t), t.TempDir()
	mustBuild(t, f, out, sitetest.Now)
	trust, err := Load(f.Content)
	if err != nil {
		t.Fatal(err)
	}
	results, err := Build(t.Context(), trust, Options{Theme: f.Theme, Out: out, Address: "http://localhost:8080", Now: sitetest.Now, All: true})
	if got := sorted(built(results)); err != nil || got != everySite {
		t.Errorf("built %q, %v", got, err)
	}
}

// Another address of the server is another portal to link to.
func TestAnotherAddressIsBuilt(t *testing.T) {
	f, out := newFixture(t), t.TempDir()
	mustBuild(t, f, out, sitetest.Now)
	trust, err := Load(f.Content)
	if err != nil {
		t.Fatal(err)
	}
	results, err := Build(t.Context(), trust, Options{Theme: f.Theme, Out: out, Address: "http://localhost:8081", Now: sitetest.Now})
	if got := sorted(built(results)); err != nil || got != everySite {
		t.Errorf("built %q, %v", got, err)
	}
}

// Who shows the day is built again when London has another, also after the clock was
// set back; who shows the year, when the year is another; nobody else.
func TestTheDayIsAnInput(t *testing.T) {
	f, out := newFixture(t), t.TempDir()
	f.Write("schools/larkfield/pages/new.md", "+++\ntitle = \"New\"\n+++\n\nIn [[this_year]].\n")
	f.Write("schools/harbour/pages/today.md", "+++\ntitle = \"Today\"\nlayout = \"today\"\n+++\n")
	f.Write("theme/layouts/today.html", `<!doctype html><html lang="en-GB"><title>Today</title><p><a href="`+CEOP+`">CEOP</a></p><h1>On {{ site.Params.calendar.Today }}.</h1>`)
	for _, c := range []struct{ at, again string }{
		{"2026-06-30T22:59:00Z", everySite},
		{"2026-06-30T22:59:30Z", ""},
		{"2026-06-30T23:01:00Z", "harbour"}, // midnight in London
		{"2026-06-30T22:00:00Z", "harbour"},
		{"2026-07-01T00:00:00Z", "harbour"},
		{"2027-01-01T00:00:00Z", "harbour larkfield"},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		results := mustBuild(t, f, out, at)
		if got := sorted(built(results)); got != c.again {
			t.Errorf("%s: built %q, want %q", c.at, got, c.again)
		}
		if html := sitetest.Read(t, out, "harbour/current/today/index.html"); !strings.Contains(html, "On "+at.In(london).Format(time.DateOnly)+".") {
			t.Errorf("%s: got\n%s", c.at, html)
		}
	}
}

// Whoever was at a published folder by hand finds it as it was after the next build.
func TestDamagedSiteIsBuiltAgain(t *testing.T) {
	home := func(dir string) string { return filepath.Join(dir, "index.html") }
	for what, damage := range map[string]func(dir string) error{
		"a page edited":     func(dir string) error { return os.WriteFile(home(dir), []byte("mine"), 0o644) },
		"a page deleted":    func(dir string) error { return os.Remove(home(dir)) },
		"a file added":      func(dir string) error { return os.WriteFile(filepath.Join(dir, "more.html"), nil, 0o644) },
		"the folder gone":   os.RemoveAll,
		"the link gone":     func(dir string) error { return os.Remove(filepath.Join(dir, "../../current")) },
		"another's folder":  func(dir string) error { return os.Rename(dir, dir+"x") },
		"the record gone":   func(dir string) error { return os.Remove(recordFile(filepath.Join(dir, "../.."))) },
		"half of a record":  func(dir string) error { return os.Truncate(recordFile(filepath.Join(dir, "../..")), 100) },
		"an edit of a byte": func(dir string) error { return flipByte(home(dir)) },
		"an edit of a byte, and its time set back": func(dir string) error {
			info, err := os.Stat(home(dir))
			if err != nil {
				return err
			}
			return errors.Join(flipByte(home(dir)), os.Chtimes(home(dir), info.ModTime(), info.ModTime()))
		},
	} {
		t.Run(what, func(t *testing.T) {
			f, out := newFixture(t), t.TempDir()
			result := resultOf(t, mustBuild(t, f, out, sitetest.Now), "larkfield")
			was := sitetest.Read(t, home(result.Dir))
			if err := damage(result.Dir); err != nil {
				t.Fatal(err)
			}
			results := mustBuild(t, f, out, sitetest.Now)
			if got := built(results); got != "larkfield" {
				t.Errorf("built %q", got)
			}
			if sitetest.Read(t, out, "larkfield/current/index.html") != was {
				t.Error("the page is not as it was")
			}
		})
	}
}

// Whatever of a site is built again, its compressed files are those of its pages, also
// where somebody was at one of them by hand.
func TestCompressedFilesFollowTheirPages(t *testing.T) {
	f, out := newFixture(t), t.TempDir()
	long := func(name, word string) {
		f.Write("schools/larkfield/pages/"+name+".md", "+++\ntitle = \"Long\"\n+++\n\n"+strings.Repeat(word+" is a word. ", 100)+"\n")
	}
	small := func(name string) string { return filepath.Join(out, "larkfield/current", name, "index.html.br") }
	sound := func(what string) {
		t.Helper()
		mustBuild(t, f, out, sitetest.Now)
		for _, name := range []string{"stays", "changes"} {
			whole, err := io.ReadAll(brotli.NewReader(strings.NewReader(sitetest.Read(t, small(name)))))
			if err != nil || string(whole) != sitetest.Read(t, strings.TrimSuffix(small(name), ".br")) {
				t.Errorf("%s: the compressed form of %s is another page, %v", what, name, err)
			}
		}
		if got := built(mustBuild(t, f, out, sitetest.Now)); got != "" {
			t.Errorf("%s: built again for nothing: %q", what, got)
		}
	}
	long("stays", "Oak")
	long("changes", "Oak")
	sound("at first")
	long("changes", "Elm")
	sound("a page edited")
	if err := flipByte(small("stays")); err != nil {
		t.Fatal(err)
	}
	long("changes", "Ash")
	sound("a compressed file damaged and a page edited")
}

func flipByte(name string) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	data[0] ^= 1
	return os.WriteFile(name, data, 0o644)
}

// A picture or a PDF that is being copied while a build runs is never published by half.
func TestFileChangesDuringABuild(t *testing.T) {
	f, out := newFixture(t), t.TempDir()
	f.Write("schools/larkfield/policies.toml", "[[policy]]\nslug = \"behaviour\"\ntitle = \"Behaviour\"\nabout = \"How.\"\nowner = \"The head\"\napproved = \"2026-09-01\"\nreview = \"2027-09-01\"\nfile = \"behaviour.pdf\"\n")
	f.Write("schools/larkfield/files/behaviour.pdf", "%PDF-1.7 whole")
	mustBuild(t, f, out, sitetest.Now)
	f.Write("schools/larkfield/files/behaviour.pdf", "%PDF-1.7 newer")
	folder := &halfWritten{MapFS: f.Content, name: "schools/larkfield/files/behaviour.pdf"}
	trust, err := Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	opts := Options{Theme: f.Theme, Out: out, Address: "http://localhost:8080", Now: sitetest.Now}
	results, err := Build(t.Context(), trust, opts)
	if err == nil || !strings.Contains(err.Error(), "behaviour.pdf: changed while the site was built: build again") {
		t.Fatalf("got %v", err)
	}
	if got := built(results); got != "" {
		t.Errorf("built %q", got)
	}
	if got := sitetest.Read(t, out, "larkfield/current/files/behaviour.pdf"); got != "%PDF-1.7 whole" {
		t.Errorf("published %q", got)
	}
	mustBuild(t, f, out, sitetest.Now)
	if got := sitetest.Read(t, out, "larkfield/current/files/behaviour.pdf"); got != "%PDF-1.7 newer" {
		t.Errorf("published %q", got)
	}
}

// halfWritten shows half of a file from the second time it is read.
type halfWritten struct {
	fstest.MapFS
	name  string
	times int
}

func (h *halfWritten) Open(name string) (fs.File, error) {
	if name == h.name {
		if h.times++; h.times > 1 {
			half := fstest.MapFS{name: {Data: h.MapFS[name].Data[:10]}}
			return half.Open(name)
		}
	}
	return h.MapFS.Open(name)
}

// Whoever goes by a site's texts is told before the site changes; when that fails the
// site does not change, and the wording counts as never published.
func TestSiteAndTextsChangeTogether(t *testing.T) {
	f, out := newFixture(t), t.TempDir()
	mustBuild(t, f, out, sitetest.Now)
	const name = "agreements/internet.md"
	f.Write(name, strings.NewReplacer("Ask", "Always ask", "edition = 1", "edition = 2").Replace(string(f.Content[name].Data)))
	trust, err := Load(f.Content)
	if err != nil {
		t.Fatal(err)
	}
	current := filepath.Join(out, "larkfield", "current")
	before, err := os.Readlink(current)
	if err != nil {
		t.Fatal(err)
	}
	archived := func() int {
		files, err := filepath.Glob(filepath.Join(out, "larkfield/texts/agreements/internet/*"))
		if err != nil {
			t.Fatal(err)
		}
		return len(files)
	}
	kept := archived()
	away := errors.New("away")
	opts := Options{Theme: f.Theme, Out: out, Address: "http://localhost:8080", Now: sitetest.Now}
	opts.HandOver = func(_ context.Context, r Result) error {
		if r.Slug == "larkfield" {
			return away
		}
		return nil
	}
	results, err := Build(t.Context(), trust, opts)
	if !errors.Is(err, away) || !errors.Is(resultOf(t, results, "larkfield").Err, away) || resultOf(t, results, "harbour").Err != nil {
		t.Fatalf("got %v", err)
	}
	if now, _ := os.Readlink(current); now != before {
		t.Error("the site changed alone")
	}
	if got := archived(); got != kept {
		t.Errorf("%d files are archived, and %d were", got, kept)
	}

	var telling sync.Mutex
	var told []string
	opts.HandOver = func(_ context.Context, r Result) error {
		telling.Lock()
		defer telling.Unlock()
		if link, _ := os.Readlink(current); r.Slug == "larkfield" && link != before {
			t.Error("told after the site changed")
		}
		told = append(told, r.Slug)
		return nil
	}
	results, err = Build(t.Context(), trust, opts)
	if err != nil || resultOf(t, results, "larkfield").Unchanged {
		t.Fatalf("got %v", err)
	}
	if got := sorted(strings.Join(told, " ")); got != "harbour larkfield" {
		t.Errorf("told of %q, also of the one that stands", got)
	}
}
