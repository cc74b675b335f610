package site

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"io/fs"
	"schoolgate/content"
	"schoolgate/themes"
)

func embedded(t testing.TB) (*Trust, Guide) {
	t.Helper()
	trust, err := Load(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	return trust, trust.Guide
}

// Somebody who fills in a school is told of every blank, setting and switch what
// to write, and of none that is not there.
func TestGuideDescribesWhatIsAsked(t *testing.T) {
	trust, guide := embedded(t)
	for _, of := range []string{"school", "trust"} {
		for _, b := range trust.blanks(of) {
			q := find(guide.Blanks, b.name, of)
			if q.What == "" || toTOML(q.Example) == "" || q.Group == "" {
				t.Errorf("model/blanks.toml: [[blank]] %s of %s, asked in %s, has no what, example or group", b.name, of, b.places[0])
			}
		}
		for _, q := range guide.Questions(of) {
			if q.What == "" || toTOML(q.Example) == "" {
				t.Errorf("model/blanks.toml: [[setting]] %s of %s has no what or example", q.Name, of)
			}
		}
		for _, key := range tableKeys(of) {
			if q := find(guide.Settings, key, of); q.What == "" || q.Lines == "" {
				t.Errorf("model/blanks.toml: [[setting]] %s of %s has no what or lines", key, of)
			}
		}
	}
	for _, name := range Switches {
		if find(guide.Switches, name, "school").What == "" {
			t.Errorf("model/blanks.toml: [[switch]] %s is not described", name)
		}
	}
	asked := func(name string) bool {
		return slices.ContainsFunc(append(trust.blanks("school"), trust.blanks("trust")...), func(u use) bool { return u.name == name })
	}
	for _, q := range guide.Blanks {
		if !asked(q.Name) {
			t.Errorf("model/blanks.toml: [[blank]] %s: no page asks for it", q.Name)
		}
	}
	keys := slices.Concat(settingKeys("school"), settingKeys("trust"), tableKeys("school"), tableKeys("trust"))
	for _, q := range guide.Settings {
		if !slices.Contains(keys, q.Name) {
			t.Errorf("model/blanks.toml: [[setting]] %s: there is no such key", q.Name)
		}
	}
	for _, q := range guide.Switches {
		if !slices.Contains(Switches, q.Name) {
			t.Errorf("model/blanks.toml: [[switch]] %s: there is no such switch", q.Name)
		}
	}
}

// put writes files below a folder, over those that are there.
func put(t testing.TB, dir string, files Files) {
	t.Helper()
	for name, text := range files {
		if err := writeFile(filepath.Join(dir, filepath.FromSlash(name)), []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
}

// fillIn does what a school does: it reads the comment above each TODO and
// writes something there; here, the guide's example.
func fillIn(t testing.TB, guide Guide, of, text string) string {
	t.Helper()
	return todo.ReplaceAllStringFunc(text, func(line string) string {
		key := todo.FindStringSubmatch(line)[1]
		q := find(guide.Blanks, key, of)
		if q.Name == "" || q.Example == nil {
			q = find(guide.Settings, key, of)
		}
		if q.Example == nil {
			t.Fatalf("nothing tells what to write for %s", key)
		}
		return key + " = " + toTOML(q.Example)
	})
}

func schoolgateTheme(t testing.TB) fs.FS {
	t.Helper()
	theme, err := fs.Sub(themes.FS, "schoolgate")
	if err != nil {
		t.Fatal(err)
	}
	return theme
}

// What pupils read is for a reader of eight, page by page, in lists as in sentences,
// and in words that a child of eight knows. Whoever helps them is told of in such
// words too.
func TestPupilsCanReadIt(t *testing.T) {
	hard := regexp.MustCompile(`(?i)\b(anonym\w*|harass\w*|nudes?|hate crimes?|mutes?|monitor\w*|volunteers?|national crime agency|confidential\w*|emergency|evidence|urgent\w*|incidents?|appropriate\w*|inappropriate\w*|personal information|misinformation|extremis\w*|sexual\w*|offend\w*|illegal|legal\w*|authorit\w*|disclos\w*|picked on|out there|put it right|told off|telling tales|turns? up|nasty|catch people out|hands off)\b`)
	trust, _ := embedded(t)
	shared, err := readShared(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	pages := map[string]bool{}
	for _, w := range websites(trust, Options{Address: "http://localhost:8080"}) {
		sources, err := shared.of(content.FS, w)
		if err != nil {
			t.Fatal(err)
		}
		for name, f := range sources.byName {
			text := f.text()
			front := matterOf(text)
			easy := strings.HasPrefix(name, "model/easy-read/")
			if !easy && front["audience"] != "pupils" && !forYoung(front) || strings.Contains(name, "/earlier/") {
				continue
			}
			pages[name] = true
			read := append(proseOf(text), listed(text)...)
			if age, words := readingAge(read); age >= 9 && words > 0 {
				t.Errorf("%s: %d words for readers of %.1f", name, words, age)
			}
			for _, s := range read {
				if word := hard.FindString(s.text); word != "" && !easy {
					t.Errorf("%s:%d: a child of eight does not know %q: %s", name, s.line, word, s.text)
				}
			}
		}
	}
	if len(pages) < 25 {
		t.Errorf("only %d pages are for pupils", len(pages))
	}
	helpers := matterOf(string(trust.model["help/pupils.md"].Data))
	told := map[any]bool{}
	for _, h := range helpers["helpers"].([]any) {
		told[h.(map[string]any)["slug"]] = true
	}
	for name, src := range trust.model {
		front := matterOf(string(src.Data))
		shown, _ := front["help"].([]any)
		if first, ok := front["first"].([]any); ok {
			shown = append(shown, first...)
		}
		for _, slug := range shown {
			if !told[slug] {
				t.Errorf("%s shows children %s, of which help/pupils.md says nothing in a child's words", name, slug)
			}
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
	_, guide := embedded(t)
	start := Start{Content: disk, Guide: guide, Values: map[string]any{
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
	put(t, dir, files)
	settings := files["schools/quillmere-hill/school.toml"]
	for _, line := range []string{`tracking_app = "TODO"`, `# call_platform = "TODO"`, `head = "Mrs \"Jude\" Amberley"`, `email = "TODO"`, `address = ["TODO"]`, `# years = ["Nursery", "Year 6"]`} {
		if !strings.Contains(settings, "\n"+line+"\n") {
			t.Errorf("school.toml has no line %s", line)
		}
	}

	build := func() ([]Result, error) {
		trust, err := Load(disk)
		if err != nil {
			t.Fatal(err)
		}
		return Build(t.Context(), trust, Options{Theme: schoolgateTheme(t), Out: out, Address: "http://localhost:8080", Now: now})
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
	said := strings.Split(resultOf(t, results, "quillmere-hill").Err.Error(), "\n")
	if want := len(todo.FindAllString(settings, -1)); len(said) != want {
		t.Errorf("%d TODOs and %d problems:\n%s", want, len(said), strings.Join(said, "\n"))
	}
	for _, line := range said {
		if !regexp.MustCompile(`^schools/quillmere-hill/school\.toml:\d+: \w+ is still TODO: write .*, such as .*$`).MatchString(line) {
			t.Errorf("not helpful: %s", line)
		}
	}
	if strings.Contains(read(t, out, Overview, "current", "index.html"), "Quillmere") {
		t.Error("the trust sends families to a school that has no site")
	}

	put(t, dir, Files{"schools/quillmere-hill/school.toml": fillIn(t, guide, "school", settings)})
	if _, err := build(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(read(t, out, Overview, "current", "index.html"), "Quillmere Hill") {
		t.Error("the trust does not list its new school")
	}
	if html := read(t, out, "quillmere-hill", "current", "staff", "index.html"); !strings.Contains(html, "Mr Owen Thackeray") {
		t.Error("the answers do not stand in the pages")
	}

	// The check names what the school has yet to say about its website, and is
	// content when that is said too.
	check := func() *Report {
		report, err := Check(t.Context(), disk, CheckOptions{Options: Options{Theme: schoolgateTheme(t), Address: "http://localhost:8080", Now: now}, School: "quillmere-hill"})
		if err != nil {
			t.Fatal(err)
		}
		return report
	}
	list := files["schools/quillmere-hill/checklist.toml"]
	met := regexp.MustCompile(`(?m)^# ([a-z-]+ = "https://)`)
	duties := 0
	for _, f := range check().Findings {
		if f.Rule == "publish" {
			duties++
		}
	}
	if lines := len(met.FindAllString(list, -1)); duties != lines {
		t.Errorf("the checklist has %d lines to take up, and the check finds %d", lines, duties)
	}
	put(t, dir, Files{"schools/quillmere-hill/checklist.toml": met.ReplaceAllString(list, "$1")})
	report := check()
	if f := report.Findings[0]; f.Rule != "example" || f.Severity != Wrong || !strings.Contains(f.What, "council_front_door_phone") {
		t.Errorf("an invented number for children in danger is not told first: %+v", f)
	}
	for _, f := range report.Findings {
		if f.Rule == "example" {
			continue
		}
		t.Errorf("not green: %s:%d: %s", f.File, f.Line, f.What)
	}
}

// A trust, and a school on its own, begun from nothing.
func TestBeginnings(t *testing.T) {
	_, guide := embedded(t)
	for _, single := range []bool{true, false} {
		t.Run(fmt.Sprint("single=", single), func(t *testing.T) {
			files, err := Base(content.FS, single)
			if err != nil {
				t.Fatal(err)
			}
			start := Start{Content: files.FS(), Guide: guide, Values: map[string]any{"name": "Quillmere Schools Trust"}}
			if !single {
				overview, err := start.Overview()
				if err != nil {
					t.Fatal(err)
				}
				files["trust/trust.toml"] = fillIn(t, guide, "trust", overview["trust/trust.toml"])
			}
			start.Values = map[string]any{"name": "Quillmere Hill Primary School", "phase": "infant", "kind": "maintained"}
			school, err := start.School("quillmere-hill")
			if err != nil {
				t.Fatal(err)
			}
			for name, text := range school {
				files[name] = text
			}
			files["schools/quillmere-hill/school.toml"] = fillIn(t, guide, "school", files["schools/quillmere-hill/school.toml"])
			for name, text := range files {
				if strings.Contains(text, "Fernlow") || strings.Contains(text, "Osric") || strings.Contains(text, "Thornmere") {
					t.Errorf("%s: speaks of the demo's trust", name)
				}
			}
			trust, err := Load(files.FS())
			if err != nil {
				t.Fatal(err)
			}
			results, err := Build(t.Context(), trust, Options{Theme: schoolgateTheme(t), Out: t.TempDir(), Address: "http://localhost:8080", Now: now})
			if err != nil {
				t.Fatal(err)
			}
			if want := 2; !single && len(results) != want || single && len(results) != 1 {
				t.Errorf("%d sites", len(results))
			}
		})
	}
}

// What is said by flag or at the terminal is held to the loader's own checks.
func TestStartChecksAnswers(t *testing.T) {
	_, guide := embedded(t)
	start := Start{Content: content.FS, Guide: guide}
	for _, c := range []struct {
		of, key string
		value   any
		want    string
	}{
		{"school", "email", "office@school.example", ""},
		{"school", "email", "office at school", "is not an email address"},
		{"school", "phone", "ring us", "is not a telephone number"},
		{"school", "colour", "#ffff00", "too light"},
		{"school", "phase", "middle", "not one of infant"},
		{"school", "kind", "free", "not one of academy"},
		{"school", "years", []string{"Year 6", "Year 1"}, "first and the last"},
		{"school", "uses", []string{"telepathy"}, "not one of videoconferencing"},
		{"school", "name", "<b>School</b>", "cannot be used"},
		{"school", "name", "A \"good\" \\ school", ""},
		{"school", "url", "here", "is not a web address"},
		{"trust", "phone", "01632 960 100", ""},
		{"trust", "colour", "blue", "hexadecimal"},
	} {
		got := start.Check(c.of, c.key, c.value)
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s %s %v: %q, want %q", c.of, c.key, c.value, got, c.want)
		}
	}
}

// What a trust answers once counts for every school, in its policy too; a school's
// own answer goes first, and what is wrong with the trust's fills nothing.
func TestTrustAnswersForEverySchool(t *testing.T) {
	f := newFixture(t)
	trust := string(f.content["trust/trust.toml"].Data)
	school := string(f.content["schools/larkfield/school.toml"].Data)
	welcome := func(slug string) string {
		t.Helper()
		out := t.TempDir()
		results, err := f.build(t, out, now)
		if r := resultOf(t, results, slug); r.Err != nil {
			return r.Err.Error()
		} else if err != nil && slug == "larkfield" {
			t.Fatal(err)
		}
		return read(t, out, slug, "current", "index.html")
	}
	f.write("trust/trust.toml", trust+"\n[blanks]\nlead = \"Ms Trust\"\npolicy_next_review = \"1 October 2027\"\n")
	f.write("schools/larkfield/school.toml", strings.Replace(school, `lead = "Mrs A. Example"`, "", 1))
	if html := welcome("larkfield"); !strings.Contains(html, "Ask Ms Trust,") {
		t.Errorf("got\n%s", html)
	}
	if html := welcome("harbour"); !strings.Contains(html, "Ask Mr B. Example,") {
		t.Errorf("the school's own answer does not go first:\n%s", html)
	}
	loaded, err := Load(f.content)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range loaded.Schools {
		if s.Review().Next.IsZero() {
			t.Errorf("%s: the trust's day of review does not count", s.Slug)
		}
	}
	f.write("schools/larkfield/school.toml", strings.Replace(school, "Mrs A. Example", "TODO", 1))
	if html := welcome("larkfield"); !strings.Contains(html, "Ask Ms Trust,") {
		t.Errorf("what the trust answered has to be written all the same:\n%s", html)
	}
	f.write("schools/larkfield/school.toml", strings.Replace(school, `lead = "Mrs A. Example"`, "", 1))
	for _, answer := range []string{"TODO", "", "<b>Ms</b> Trust"} {
		f.write("trust/trust.toml", trust+"\n[blanks]\nlead = \""+answer+"\"\n")
		if got := welcome("larkfield"); !strings.Contains(got, "model/_index.md:5: unfilled blank [[lead]]") {
			t.Errorf("%q fills the blank: %s", answer, got)
		}
	}

	// A new school is not asked again.
	dir := t.TempDir()
	if err := os.CopyFS(dir, content.FS); err != nil {
		t.Fatal(err)
	}
	put(t, dir, Files{"trust/trust.toml": read(t, dir, "trust/trust.toml") + "internet_provider = \"Trustlink\"\n"})
	_, guide := embedded(t)
	start := Start{Content: os.DirFS(dir), Guide: guide, Values: map[string]any{"name": "Quillmere Hill School", "short_name": "Quillmere Hill", "kind": "academy", "phase": "primary"}}
	files, err := start.School("quillmere-hill")
	if err != nil {
		t.Fatal(err)
	}
	if settings := files["schools/quillmere-hill/school.toml"]; !strings.Contains(settings, "\n# internet_provider = \"Trustlink\"\n") {
		t.Error("school.toml asks for what the trust has answered")
	}
	if start.Kind() != "academy" {
		t.Errorf("the first school is of the kind %q", start.Kind())
	}
}
