package site

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/tools/txtar"

	"schoolgate/site/sitetest"
	"schoolgate/site/source"
)

// newFixture is testdata/fixture/base.txtar with files laid over it.
func newFixture(t testing.TB, over ...txtar.File) sitetest.Fixture {
	t.Helper()
	return sitetest.Open(t, "testdata/fixture/base.txtar", over...)
}

// build loads and builds the fixture into out.
func buildFixture(t testing.TB, f sitetest.Fixture, out string, at time.Time) ([]Result, error) {
	t.Helper()
	trust, err := Load(f.Content)
	if err != nil {
		return nil, err
	}
	return Build(t.Context(), trust, Options{Theme: f.Theme, Out: out, Address: "http://localhost:8080", Now: at})
}

func mustBuild(t testing.TB, f sitetest.Fixture, out string, at time.Time) []Result {
	t.Helper()
	results, err := buildFixture(t, f, out, at)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

func resultOf(t testing.TB, results []Result, slug string) Result {
	t.Helper()
	i := slices.IndexFunc(results, func(r Result) bool { return r.Slug == slug })
	if i < 0 {
		t.Fatalf("no result for %s", slug)
	}
	return results[i]
}

// TestCases builds every testdata/*.txtar over the fixture. Its want files
// say what has to come out:
//
//	want/error             the whole error, but for the order of its lines
//	want/error/<slug>      the error of one school
//	want/<slug>/<path>     lines that the published file holds
//	want-not/<slug>/<path> lines that it does not hold
func TestCases(t *testing.T) {
	cases, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(cases) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var input, want []txtar.File
			for _, f := range archive.Files {
				if strings.HasPrefix(f.Name, "want") {
					want = append(want, f)
				} else {
					input = append(input, f)
				}
			}
			out := t.TempDir()
			results, err := buildFixture(t, newFixture(t, input...), out, sitetest.Now)
			failed := false
			for _, w := range want {
				if slug, ok := strings.CutPrefix(w.Name, "want/error"); ok {
					failed = true
					got := err
					if slug != "" {
						got = resultOf(t, results, slug[1:]).Err
					}
					compareError(t, got, string(w.Data))
					continue
				}
				kind, name, _ := strings.Cut(w.Name, "/")
				slug, name, _ := strings.Cut(name, "/")
				page := sitetest.Read(t, out, slug, "current", name)
				for line := range strings.Lines(string(w.Data)) {
					if line = strings.TrimSpace(line); strings.Contains(page, line) != (kind == "want") {
						t.Errorf("%s: %s: %s\nin:\n%s", name, kind, line, page)
					}
				}
			}
			if err != nil && !failed {
				t.Error(err)
			}
		})
	}
}

var siteName = regexp.MustCompile(`^(_trust|[a-z-]+): `)

func compareError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	sorted := func(s string) []string {
		lines := strings.Split(strings.TrimSpace(s), "\n")
		for i := range lines { // whose it is, is the file's to say
			lines[i] = siteName.ReplaceAllString(lines[i], "")
		}
		slices.Sort(lines)
		return lines
	}
	got, wanted := sorted(err.Error()), sorted(want)
	for _, line := range got {
		if !slices.Contains(wanted, line) {
			t.Errorf("not expected: %s", line)
		}
	}
	for _, line := range wanted {
		if !slices.Contains(got, line) {
			t.Errorf("missing: %s", line)
		}
	}
}

func TestLoadRefusesFiles(t *testing.T) {
	long := "+++\ntitle = \"Long\"\n+++\n" + strings.Repeat("word ", 1<<18)
	for _, c := range []struct{ name, data, want string }{
		{"model/latin.md", "+++\ntitle = \"x\"\n+++\n\ncaf\xe9\n", "model/latin.md:5: is not UTF-8: save the file as UTF-8"},
		{"model/bell.md", "+++\ntitle = \"x\"\n+++\na\ab\n", "model/bell.md:4: holds the control character U+0007"},
		{"model/long.md", long, "model/long.md: is larger than 256 KB: divide it"},
	} {
		f := newFixture(t)
		f.Write(c.name, c.data)
		if _, err := Load(f.Content); err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
}

func TestSymbolicLinkRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, newFixture(t).Content); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/hostname", filepath.Join(dir, "model", "host.md")); err != nil {
		t.Skip(err)
	}
	_, err := Load(os.DirFS(dir))
	problems, ok := errors.AsType[source.Problems](err)
	if !ok || len(problems) != 1 || problems[0].File != "model/host.md" {
		t.Errorf("got %v", err)
	}
}

func TestWindowsFilesReadAlike(t *testing.T) {
	f := newFixture(t)
	before := resultOf(t, mustBuild(t, f, t.TempDir(), sitetest.Now), "larkfield")
	for name, file := range f.Content {
		if strings.HasSuffix(name, ".md") {
			f.Write(name, "\ufeff"+strings.ReplaceAll(string(file.Data), "\n", "\r\n"))
		}
	}
	after := resultOf(t, mustBuild(t, f, t.TempDir(), sitetest.Now), "larkfield")
	if before.Texts[0].Hash != after.Texts[0].Hash {
		t.Error("line ends and byte-order marks change the hash of a text")
	}
}

func TestSchoolWithoutTrust(t *testing.T) {
	f := newFixture(t)
	for name := range f.Content {
		if strings.HasPrefix(name, "trust/") || strings.HasPrefix(name, "schools/harbour/") {
			delete(f.Content, name)
		}
	}
	results := mustBuild(t, f, t.TempDir(), sitetest.Now)
	if len(results) != 1 || results[0].Slug != "larkfield" {
		t.Errorf("got %v", results)
	}
}

func TestBuildRefusesOptions(t *testing.T) {
	f := newFixture(t)
	trust, err := Load(f.Content)
	if err != nil {
		t.Fatal(err)
	}
	good := Options{Theme: f.Theme, Out: t.TempDir(), Address: "http://localhost:8080"}
	for name, change := range map[string]func(*Options){
		"relative folder": func(o *Options) { o.Out = "out" },
		"half an address": func(o *Options) { o.Address = "localhost" },
		"no theme":        func(o *Options) { o.Theme = nil },
		"not a theme":     func(o *Options) { o.Theme = fs.FS(fstest.MapFS{"schoolgate/layouts/x.html": {}}) },
	} {
		o := good
		change(&o)
		if _, err := Build(context.Background(), trust, o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
