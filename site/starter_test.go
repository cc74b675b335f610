package site

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"schoolgate/content"
	"schoolgate/site/sitetest"
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
				start.Content = files.FS()
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
			results, err := Build(t.Context(), trust, Options{Theme: themes.FS, Out: t.TempDir(), Address: "http://localhost:8080", Now: sitetest.Now})
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
	trust := string(f.Content["trust/trust.toml"].Data)
	school := string(f.Content["schools/larkfield/school.toml"].Data)
	welcome := func(slug string) string {
		t.Helper()
		out := t.TempDir()
		results, err := buildFixture(t, f, out, sitetest.Now)
		if r := resultOf(t, results, slug); r.Err != nil {
			return r.Err.Error()
		} else if err != nil && slug == "larkfield" {
			t.Fatal(err)
		}
		return sitetest.Read(t, out, slug, "current", "index.html")
	}
	f.Write("trust/trust.toml", trust+"\n[blanks]\nlead = \"Ms Trust\"\npolicy_next_review = \"1 October 2027\"\n")
	f.Write("schools/larkfield/school.toml", strings.Replace(school, `lead = "Mrs A. Example"`, "", 1))
	if html := welcome("larkfield"); !strings.Contains(html, "Ask Ms Trust,") {
		t.Errorf("got\n%s", html)
	}
	if html := welcome("harbour"); !strings.Contains(html, "Ask Mr B. Example,") {
		t.Errorf("the school's own answer does not go first:\n%s", html)
	}
	loaded, err := Load(f.Content)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range loaded.Schools {
		if s.Review().Next.IsZero() {
			t.Errorf("%s: the trust's day of review does not count", s.Slug)
		}
	}
	f.Write("schools/larkfield/school.toml", strings.Replace(school, "Mrs A. Example", "TODO", 1))
	if html := welcome("larkfield"); !strings.Contains(html, "Ask Ms Trust,") {
		t.Errorf("what the trust answered has to be written all the same:\n%s", html)
	}
	f.Write("schools/larkfield/school.toml", strings.Replace(school, `lead = "Mrs A. Example"`, "", 1))
	for _, answer := range []string{"TODO", "", "<b>Ms</b> Trust"} {
		f.Write("trust/trust.toml", trust+"\n[blanks]\nlead = \""+answer+"\"\n")
		if got := welcome("larkfield"); !strings.Contains(got, "model/_index.md:5: unfilled blank [[lead]]") {
			t.Errorf("%q fills the blank: %s", answer, got)
		}
	}

	// A new school is not asked again.
	dir := t.TempDir()
	if err := os.CopyFS(dir, content.FS); err != nil {
		t.Fatal(err)
	}
	put(t, dir, Files{"trust/trust.toml": sitetest.Read(t, dir, "trust/trust.toml") + "internet_provider = \"Trustlink\"\n"})
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
