package site_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"schoolgate/content"
	"schoolgate/site"
	"schoolgate/site/check"
	"schoolgate/site/sitetest"
	"schoolgate/site/source"
	"schoolgate/themes"
)

// Whatever is wrong in one school's folder, or in the trust's, stops that site
// alone, which stays as it was; so does what belongs to nobody. The trust's list
// goes on as families know it.
func TestOneMistakeStopsOneSite(t *testing.T) {
	const school = "schools/larkfield/school.toml"
	with := func(old, new string) func(sitetest.Fixture) {
		return func(f sitetest.Fixture) {
			f.Write(school, strings.Replace(string(f.Content[school].Data), old, new, 1))
		}
	}
	file := func(name, data string) func(sitetest.Fixture) {
		return func(f sitetest.Fixture) { f.Write(name, data) }
	}
	settings := func(f sitetest.Fixture) string { return string(f.Content[school].Data) }
	for name, c := range map[string]struct {
		change func(sitetest.Fixture)
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
		"no settings": {func(f sitetest.Fixture) {
			delete(f.Content, school)
			f.Write("schools/larkfield/pages/x.md", site.TidyPage)
		}, "larkfield", school + ": is missing"},
		"help":                     {file("schools/larkfield/help.toml", "[[organisation]]\nslug = 7\n"), "larkfield", "schools/larkfield/help.toml:2:"},
		"policies":                 {file("schools/larkfield/policies.toml", "[[policy]\n"), "larkfield", "schools/larkfield/policies.toml:1:"},
		"checklist":                {file("schools/larkfield/checklist.toml", "[met]\nmoon = \"/\"\n"), "larkfield", "schools/larkfield/checklist.toml:2: moon is no item"},
		"a CEOP picture":           {file("schools/larkfield/ceop.svg", "<svg/>"), "larkfield", "schools/larkfield/ceop.svg:1: is not an SVG"},
		"a page that is not UTF-8": {file("schools/larkfield/pages/x.md", "caf\xe9"), "larkfield", "schools/larkfield/pages/x.md:1: is not UTF-8"},
		"a change to the policy":   {file("schools/larkfield/policy/x.txt", "x"), "larkfield", "schools/larkfield/policy/x.txt: unknown file"},
		"a consent":                {file("schools/larkfield/consents/x.md", "x"), "larkfield", "schools/larkfield/consents/x.md:1: the first line"},
		"a new school's name":      {func(f sitetest.Fixture) { f.Write("schools/aaa/school.toml", settings(f)) }, "aaa", "schools/aaa/school.toml: has the same short_name as " + school},
		"a new school's folder":    {func(f sitetest.Fixture) { f.Write("schools/New School/school.toml", settings(f)) }, "New School", "schools/New School: a school's folder name"},
		"a file for a school":      {file("schools/readme.md", "x"), "readme.md", "schools/readme.md: unknown file: every school has a folder of its own here"},
		"a file for nobody":        {file("leaflet.pdf", "x"), "leaflet.pdf", "leaflet.pdf: unknown file or folder"},
		"the trust's colour":       {file("trust/trust.toml", strings.Replace(string(site.NewFixture(t).Content["trust/trust.toml"].Data), "#1f3a5f", "blue", 1)), site.Overview, "trust/trust.toml:3: colour \"blue\""},
		"the trust's file":         {file("trust/notes.txt", "x"), site.Overview, "trust/notes.txt: unknown file or folder"},
		"the trust's page":         {file("trust/pages/x.md", "x"), site.Overview, "trust/pages/x.md:1: the first line"},
		"the trust's address":      {file("trust/pages/larkfield.md", site.TidyPage), site.Overview, "trust/pages/larkfield.md: the address /larkfield/ is taken"},
		"the portal's address":     {file("trust/pages/portal/x.md", site.TidyPage), site.Overview, "trust/pages/portal/x.md: the address /portal/ is taken"},
	} {
		t.Run(name, func(t *testing.T) {
			f, out := site.NewFixture(t), t.TempDir()
			before := map[string]string{}
			for _, r := range site.MustBuild(t, f, out, sitetest.Now) {
				before[r.Slug], _ = os.Readlink(filepath.Join(out, r.Slug, "current"))
			}
			c.change(f)
			f.Write("theme/static/new.svg", "<svg/>") // so that every other site is built again
			results, err := site.BuildFixture(t, f, out, sitetest.Now.Add(time.Hour))
			if err == nil {
				t.Fatal("accepted")
			}
			if got := site.ResultOf(t, results, c.site).Err; got == nil || !strings.HasPrefix(got.Error(), c.want) {
				t.Errorf("got %v, want %s", got, c.want)
			}
			for slug, was := range before {
				is, _ := os.Readlink(filepath.Join(out, slug, "current"))
				if (is == was) != (slug == c.site) {
					t.Errorf("%s: was %s and is %s", slug, was, is)
				}
			}
			if html := sitetest.Read(t, out, site.Overview, "current", "index.html"); !strings.Contains(html, `<a href="http://localhost:8080/larkfield/">Larkfield Primary School</a>`) {
				t.Errorf("the trust does not list the school any more:\n%s", html)
			}
			report := checked(t, f)
			if report.Count(check.Wrong) == 0 || !slices.ContainsFunc(report.Sites, func(s check.SiteReport) bool { return s.Slug == c.site && !s.Built }) {
				t.Errorf("check does not say so: %+v", report)
			}
			if !slices.ContainsFunc(report.Sites, func(s check.SiteReport) bool { return s.Slug == "harbour" && s.Built }) {
				t.Errorf("check does not look at the others: %+v", report.Sites)
			}
		})
	}
}

// checked is what the rules find in a fixture.
func checked(t testing.TB, f sitetest.Fixture) *check.Report {
	t.Helper()
	report, err := check.Run(t.Context(), f.Content, check.Options{
		Options: site.Options{Theme: f.Theme, Address: "http://localhost:8080", Now: sitetest.Now},
	})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// What systems and editors leave behind is as good as not there, wherever it is.
func TestLeftBehindFilesAreIgnored(t *testing.T) {
	f := site.NewFixture(t)
	for _, folder := range []string{"", "model/", "model/policy/", "agreements/", "schools/", "schools/larkfield/", "schools/larkfield/pages/", "schools/larkfield/files/", "trust/", "trust/pages/"} {
		for _, name := range []string{"Thumbs.db", "thumbs.db", "desktop.ini", "Desktop.ini", ".DS_Store", "._page.md", "~$page.docx", "page.md~", "#page.md#", ".page.md.swp", "page.md.swp", "page.md.bak", "~WRL0001.tmp", ".~lock.page.odt#", "Icon\r"} {
			f.Write(folder+name, "<script>\xff")
		}
		f.Write(folder+"__MACOSX/page.md", "<script>\xff")
	}
	delete(f.Content, "model/policy/__MACOSX/page.md")
	site.MustBuild(t, f, t.TempDir(), sitetest.Now)
	for _, finding := range checked(t, f).Findings {
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

// A third school joins the demo's trust: as it begins, it alone is not built,
// and every TODO is told by file and line with what to write; filled in within its
// own folder, it is published, and the trust lists it.
func TestSchoolJoinsATrust(t *testing.T) {
	dir, out := t.TempDir(), t.TempDir()
	if err := os.CopyFS(dir, content.FS); err != nil {
		t.Fatal(err)
	}
	disk := os.DirFS(dir)
	_, guide := site.Embedded(t)
	start := site.Start{Content: disk, Guide: guide, Values: map[string]any{
		"name": "Quillmere Hill Primary School", "short_name": "Quillmere Hill", "kind": "academy", "phase": "primary",
		"uses": []string{"tracking_app"}, "head": `Mrs "Jude" Amberley`,
	}}
	files, err := start.School("quillmere-hill")
	if err != nil {
		t.Fatal(err)
	}
	for name := range files {
		if !strings.HasPrefix(name, "schools/quillmere-hill/") {
			t.Errorf("%s is not in the school's own folder", name)
		}
	}
	site.Put(t, dir, files)
	settings := files["schools/quillmere-hill/school.toml"]
	for _, line := range []string{`tracking_app = "TODO"`, `# call_platform = "TODO"`, `head = "Mrs \"Jude\" Amberley"`, `email = "TODO"`, `address = ["TODO"]`, `# years = ["Nursery", "Year 6"]`} {
		if !strings.Contains(settings, "\n"+line+"\n") {
			t.Errorf("school.toml has no line %s", line)
		}
	}

	build := func() ([]site.Result, error) {
		trust, err := site.Load(disk)
		if err != nil {
			t.Fatal(err)
		}
		return site.Build(t.Context(), trust, site.Options{Theme: themes.FS, Out: out, Address: "http://localhost:8080", Now: sitetest.Now})
	}
	results, err := build()
	if err == nil {
		t.Fatal("a school with TODOs is built")
	}
	for _, r := range results {
		if (r.Slug == "quillmere-hill") != (r.Err != nil) {
			t.Errorf("%s: %v", r.Slug, r.Err)
		}
	}
	said := strings.Split(site.ResultOf(t, results, "quillmere-hill").Err.Error(), "\n")
	if want := len(site.Todo.FindAllString(settings, -1)); len(said) != want {
		t.Errorf("%d TODOs and %d problems:\n%s", want, len(said), strings.Join(said, "\n"))
	}
	for _, line := range said {
		if !regexp.MustCompile(`^schools/quillmere-hill/school\.toml:\d+: \w+ is still TODO: write .*, such as .*$`).MatchString(line) {
			t.Errorf("not helpful: %s", line)
		}
	}
	if strings.Contains(sitetest.Read(t, out, site.Overview, "current", "index.html"), "Quillmere") {
		t.Error("the trust sends families to a school that has no site")
	}

	site.Put(t, dir, site.Files{"schools/quillmere-hill/school.toml": site.FillIn(t, guide, "school", settings)})
	if _, err := build(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(sitetest.Read(t, out, site.Overview, "current", "index.html"), "Quillmere Hill") {
		t.Error("the trust does not list its new school")
	}
	if html := sitetest.Read(t, out, "quillmere-hill", "current", "staff", "index.html"); !strings.Contains(html, "Mr Owen Thackeray") {
		t.Error("the answers do not stand in the pages")
	}

	// The check names what the school has yet to say about its website, and is
	// content when that is said too.
	held := func() *check.Report {
		report, err := check.Run(t.Context(), disk, check.Options{Options: site.Options{Theme: themes.FS, Address: "http://localhost:8080", Now: sitetest.Now}, School: "quillmere-hill"})
		if err != nil {
			t.Fatal(err)
		}
		return report
	}
	list := files["schools/quillmere-hill/checklist.toml"]
	met := regexp.MustCompile(`(?m)^# ([a-z-]+ = "https://)`)
	duties := 0
	for _, f := range held().Findings {
		if f.Rule == "publish" {
			duties++
		}
	}
	if lines := len(met.FindAllString(list, -1)); duties != lines {
		t.Errorf("the checklist has %d lines to take up, and the check finds %d", lines, duties)
	}
	site.Put(t, dir, site.Files{"schools/quillmere-hill/checklist.toml": met.ReplaceAllString(list, "$1")})
	report := held()
	if f := report.Findings[0]; f.Rule != "example" || f.Severity != check.Wrong || !strings.Contains(f.What, "council_front_door_phone") {
		t.Errorf("an invented number for children in danger is not told first: %+v", f)
	}
	for _, f := range report.Findings {
		if f.Rule == "example" {
			continue
		}
		t.Errorf("not green: %s:%d: %s", f.File, f.Line, f.What)
	}
}
