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

	"schoolgate/site/source"

	"golang.org/x/tools/txtar"
)

var now = time.Date(2026, time.November, 21, 9, 30, 0, 0, time.UTC)

// A fixture is a content folder and a theme that a test may change.
type fixture struct{ content, theme fstest.MapFS }

// newFixture is testdata/fixture/base.txtar with files laid over it.
func newFixture(t testing.TB, over ...txtar.File) fixture {
	t.Helper()
	base, err := txtar.ParseFile("testdata/fixture/base.txtar")
	if err != nil {
		t.Fatal(err)
	}
	f := fixture{fstest.MapFS{}, fstest.MapFS{}}
	for _, file := range append(base.Files, over...) {
		f.write(file.Name, string(file.Data))
	}
	return f
}

func (f fixture) write(name, data string) {
	if inTheme, ok := strings.CutPrefix(name, "theme/"); ok {
		f.theme[inTheme] = &fstest.MapFile{Data: []byte(data)}
		return
	}
	f.content[name] = &fstest.MapFile{Data: []byte(data)}
}

// build loads and builds the fixture into out.
func (f fixture) build(t testing.TB, out string, at time.Time) ([]Result, error) {
	t.Helper()
	trust, err := Load(f.content)
	if err != nil {
		return nil, err
	}
	return Build(t.Context(), trust, Options{Theme: f.theme, Out: out, Address: "http://localhost:8080", Now: at})
}

func mustBuild(t testing.TB, f fixture, out string, at time.Time) []Result {
	t.Helper()
	results, err := f.build(t, out, at)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

func read(t testing.TB, elem ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(elem...))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
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
			results, err := newFixture(t, input...).build(t, out, now)
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
				page := read(t, out, slug, "current", name)
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
		f.write(c.name, c.data)
		if _, err := Load(f.content); err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
}

// Whatever is wrong in one school's folder, or in the trust's, stops that site
// alone, which stays as it was; so does what belongs to nobody. The trust's list
// goes on as families know it.
func TestOneMistakeStopsOneSite(t *testing.T) {
	const school = "schools/larkfield/school.toml"
	with := func(old, new string) func(fixture) {
		return func(f fixture) { f.write(school, strings.Replace(string(f.content[school].Data), old, new, 1)) }
	}
	file := func(name, data string) func(fixture) { return func(f fixture) { f.write(name, data) } }
	settings := func(f fixture) string { return string(f.content[school].Data) }
	for name, c := range map[string]struct {
		change func(fixture)
		site   string // that is not built
		want   string // the first line of its error, or how that begins
	}{
		"a stray file":             {file("schools/larkfield/notes.txt", "x"), "larkfield", "schools/larkfield/notes.txt: unknown file or folder"},
		"a stray file among pages": {file("schools/larkfield/pages/notes.docx", "x"), "larkfield", "schools/larkfield/pages/notes.docx: unknown file"},
		"a letter in files":        {file("schools/larkfield/files/letter.docx", "x"), "larkfield", "schools/larkfield/files/letter.docx: only PDF files"},
		"TOML":                     {with(`"Larkfield"`, `"Larkfield`), "larkfield", school + ":2:"},
		"a key":                    {with("short_name", "shortname"), "larkfield", school + ": short_name is missing"},
		"a colour":                 {with("#14532d", "#ffff00"), "larkfield", school + ":6: colour \"#ffff00\" is too light"},
		"a phase":                  {with(`"primary"`, `"middle"`), "larkfield", school + ":4: phase \"middle\" is not one of"},
		"a telephone":              {with("01632 960 101", "ring us"), "larkfield", school + ":8: phone \"ring us\""},
		"a year":                   {with("Nursery", "Year 14"), "larkfield", school + ":5: years \"Year 14\""},
		"a blank":                  {with("Mrs A.", "<b>A.</b>"), "larkfield", school + ":13: blank \"lead\""},
		"no settings":              {func(f fixture) { delete(f.content, school); f.write("schools/larkfield/pages/x.md", tidyPage) }, "larkfield", school + ": is missing"},
		"help":                     {file("schools/larkfield/help.toml", "[[organisation]]\nslug = 7\n"), "larkfield", "schools/larkfield/help.toml:2:"},
		"policies":                 {file("schools/larkfield/policies.toml", "[[policy]\n"), "larkfield", "schools/larkfield/policies.toml:1:"},
		"checklist":                {file("schools/larkfield/checklist.toml", "[met]\nmoon = \"/\"\n"), "larkfield", "schools/larkfield/checklist.toml:2: moon is no item"},
		"a CEOP picture":           {file("schools/larkfield/ceop.svg", "<svg/>"), "larkfield", "schools/larkfield/ceop.svg:1: is not an SVG"},
		"a page that is not UTF-8": {file("schools/larkfield/pages/x.md", "caf\xe9"), "larkfield", "schools/larkfield/pages/x.md:1: is not UTF-8"},
		"a change to the policy":   {file("schools/larkfield/policy/x.txt", "x"), "larkfield", "schools/larkfield/policy/x.txt: unknown file"},
		"a consent":                {file("schools/larkfield/consents/x.md", "x"), "larkfield", "schools/larkfield/consents/x.md:1: the first line"},
		"a new school's name":      {func(f fixture) { f.write("schools/aaa/school.toml", settings(f)) }, "aaa", "schools/aaa/school.toml: has the same short_name as " + school},
		"a new school's folder":    {func(f fixture) { f.write("schools/New School/school.toml", settings(f)) }, "New School", "schools/New School: a school's folder name"},
		"a file for a school":      {file("schools/readme.md", "x"), "readme.md", "schools/readme.md: unknown file: every school has a folder of its own here"},
		"a file for nobody":        {file("leaflet.pdf", "x"), "leaflet.pdf", "leaflet.pdf: unknown file or folder"},
		"the trust's colour":       {file("trust/trust.toml", strings.Replace(string(newFixture(t).content["trust/trust.toml"].Data), "#1f3a5f", "blue", 1)), Overview, "trust/trust.toml:3: colour \"blue\""},
		"the trust's file":         {file("trust/notes.txt", "x"), Overview, "trust/notes.txt: unknown file or folder"},
		"the trust's page":         {file("trust/pages/x.md", "x"), Overview, "trust/pages/x.md:1: the first line"},
		"the trust's address":      {file("trust/pages/larkfield.md", tidyPage), Overview, "trust/pages/larkfield.md: the address /larkfield/ is taken"},
		"the portal's address":     {file("trust/pages/portal/x.md", tidyPage), Overview, "trust/pages/portal/x.md: the address /portal/ is taken"},
	} {
		t.Run(name, func(t *testing.T) {
			f, out := newFixture(t), t.TempDir()
			before := map[string]string{}
			for _, r := range mustBuild(t, f, out, now) {
				before[r.Slug], _ = os.Readlink(filepath.Join(out, r.Slug, "current"))
			}
			c.change(f)
			f.write("theme/static/new.svg", "<svg/>") // so that every other site is built again
			results, err := f.build(t, out, now.Add(time.Hour))
			if err == nil {
				t.Fatal("accepted")
			}
			if got := resultOf(t, results, c.site).Err; got == nil || !strings.HasPrefix(got.Error(), c.want) {
				t.Errorf("got %v, want %s", got, c.want)
			}
			for slug, was := range before {
				is, _ := os.Readlink(filepath.Join(out, slug, "current"))
				if (is == was) != (slug == c.site) {
					t.Errorf("%s: was %s and is %s", slug, was, is)
				}
			}
			if html := read(t, out, Overview, "current", "index.html"); !strings.Contains(html, `<a href="http://localhost:8080/larkfield/">Larkfield Primary School</a>`) {
				t.Errorf("the trust does not list the school any more:\n%s", html)
			}
			report := f.check(t, nil)
			if report.Count(Wrong) == 0 || !slices.ContainsFunc(report.Sites, func(s SiteReport) bool { return s.Slug == c.site && !s.Built }) {
				t.Errorf("check does not say so: %+v", report)
			}
			if !slices.ContainsFunc(report.Sites, func(s SiteReport) bool { return s.Slug == "harbour" && s.Built }) {
				t.Errorf("check does not look at the others: %+v", report.Sites)
			}
		})
	}
}

// What systems and editors leave behind is as good as not there, wherever it is.
func TestLeftBehindFilesAreIgnored(t *testing.T) {
	f := newFixture(t)
	for _, folder := range []string{"", "model/", "model/policy/", "agreements/", "schools/", "schools/larkfield/", "schools/larkfield/pages/", "schools/larkfield/files/", "trust/", "trust/pages/"} {
		for _, name := range []string{"Thumbs.db", "thumbs.db", "desktop.ini", "Desktop.ini", ".DS_Store", "._page.md", "~$page.docx", "page.md~", "#page.md#", ".page.md.swp", "page.md.swp", "page.md.bak", "~WRL0001.tmp", ".~lock.page.odt#", "Icon\r"} {
			f.write(folder+name, "<script>\xff")
		}
		f.write(folder+"__MACOSX/page.md", "<script>\xff")
	}
	delete(f.content, "model/policy/__MACOSX/page.md")
	mustBuild(t, f, t.TempDir(), now)
	for _, finding := range f.check(t, nil).Findings {
		if strings.Contains(finding.What, "unknown") || strings.Contains(finding.File, "~") {
			t.Errorf("%+v", finding)
		}
	}
	for _, name := range []string{"page.md", "fair", "Thumbs.md", "desktop", "a-b.md", "policy.toml"} {
		if source.Ignored(name) {
			t.Errorf("%s is ignored", name)
		}
	}
}

func TestSymbolicLinkRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, newFixture(t).content); err != nil {
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
	before := resultOf(t, mustBuild(t, f, t.TempDir(), now), "larkfield")
	for name, file := range f.content {
		if strings.HasSuffix(name, ".md") {
			f.write(name, "\ufeff"+strings.ReplaceAll(string(file.Data), "\n", "\r\n"))
		}
	}
	after := resultOf(t, mustBuild(t, f, t.TempDir(), now), "larkfield")
	if before.Texts[0].Hash != after.Texts[0].Hash {
		t.Error("line ends and byte-order marks change the hash of a text")
	}
}

func TestSchoolWithoutTrust(t *testing.T) {
	f := newFixture(t)
	for name := range f.content {
		if strings.HasPrefix(name, "trust/") || strings.HasPrefix(name, "schools/harbour/") {
			delete(f.content, name)
		}
	}
	results := mustBuild(t, f, t.TempDir(), now)
	if len(results) != 1 || results[0].Slug != "larkfield" {
		t.Errorf("got %v", results)
	}
}

func TestBuildRefusesOptions(t *testing.T) {
	f := newFixture(t)
	trust, err := Load(f.content)
	if err != nil {
		t.Fatal(err)
	}
	good := Options{Theme: f.theme, Out: t.TempDir(), Address: "http://localhost:8080"}
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
