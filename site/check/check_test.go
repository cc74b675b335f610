package check

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"schoolgate/content"
	"schoolgate/site"
	"schoolgate/site/sitetest"
	"schoolgate/themes"
)

// onRoll is the register of the tests.
type onRoll []RollPupil

func (r onRoll) OnRoll(context.Context, string) ([]RollPupil, error) { return r, nil }

var testRoll = onRoll{{
	Forename: "Ottoline", Surname: "Fennimore-Drew", UPN: "B801200005001",
	Born: time.Date(2017, time.May, 14, 0, 0, 0, 0, time.UTC),
}}

// checkFixture is testdata/base.txt with files laid over it.
func checkFixture(t testing.TB, over ...txtar.File) sitetest.Fixture {
	t.Helper()
	return sitetest.Open(t, "testdata/base.txt", over...)
}

func CheckOf(t testing.TB, f sitetest.Fixture, roll Roll) *Report {
	t.Helper()
	report, err := Run(t.Context(), f.Content, Options{
		Options: site.Options{Theme: f.Theme, Address: "http://localhost:8080", Now: sitetest.Now}, Roll: roll,
	})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// short is a finding as the cases have it: severity, rule, place, words.
func short(f Finding) string {
	at := f.File
	if f.Line > 0 {
		at = fmt.Sprintf("%s:%d", f.File, f.Line)
	}
	return fmt.Sprintf("%s %s %s %s", f.Severity, f.Rule, at, f.What)
}

func shortAll(r *Report, fits func(Finding) bool) []string {
	var all []string
	for _, f := range r.Findings {
		if fits(f) {
			all = append(all, short(f))
		}
	}
	slices.Sort(all)
	return all
}

// TestRules lays each case of testdata over a sound school: what stands
// under wrong/ has to give the findings of want, and what stands under right/
// none.
func TestRules(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		id := strings.TrimSuffix(filepath.Base(file), ".txtar")
		if !slices.ContainsFunc(Rules, func(r Rule) bool { return r.ID == id }) {
			t.Errorf("%s is the case of no rule", file)
		}
	}
	for _, rule := range Rules {
		t.Run(rule.ID, func(t *testing.T) {
			archive, err := txtar.ParseFile("testdata/" + rule.ID + ".txtar")
			if err != nil {
				t.Fatal("the rule has no case:", err)
			}
			var wrong, right []txtar.File
			want := ""
			for _, f := range archive.Files {
				if name, ok := strings.CutPrefix(f.Name, "wrong/"); ok {
					wrong = append(wrong, txtar.File{Name: name, Data: f.Data})
				} else if name, ok := strings.CutPrefix(f.Name, "right/"); ok {
					right = append(right, txtar.File{Name: name, Data: f.Data})
				} else if f.Name == "want" {
					want = string(f.Data)
				}
			}
			if len(wrong) == 0 || len(right) == 0 || want == "" {
				t.Fatal("a case has wrong/, right/ and want")
			}
			report := CheckOf(t, checkFixture(t, wrong...), testRoll)
			got := shortAll(report, func(f Finding) bool { return f.Rule == rule.ID })
			if wanted := strings.Split(strings.TrimSpace(want), "\n"); !slices.Equal(got, wanted) {
				t.Errorf("wrong: got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(wanted, "\n"))
			}
			for _, f := range report.Findings {
				if f.Fix == "" {
					t.Errorf("%s does not say how to put it right", short(f))
				}
				if said := strings.ToLower(f.What + f.Fix); strings.Contains(said, "fennimore") || strings.Contains(said, "b8012") {
					t.Errorf("the report names a pupil: %s", short(f))
				}
			}
			report = CheckOf(t, checkFixture(t, right...), testRoll)
			if all := shortAll(report, func(Finding) bool { return true }); len(all) > 0 {
				t.Errorf("right: got\n%s", strings.Join(all, "\n"))
			}
		})
	}
}

// A sound school, and the product's own content, have nothing to put right.
func TestCheckFindsNothing(t *testing.T) {
	report := CheckOf(t, checkFixture(t), nil)
	if all := shortAll(report, func(Finding) bool { return true }); len(all) > 0 {
		t.Errorf("got\n%s", strings.Join(all, "\n"))
	}
	if len(report.Sites) != 1 || report.Sites[0].Pages != 6 || len(report.Sites[0].Duties) != 2 {
		t.Errorf("got %+v", report.Sites)
	}
}

func TestOwnContentIsGreen(t *testing.T) {
	report, err := Run(t.Context(), content.FS, Options{
		Options: site.Options{Theme: themes.FS, Address: "http://localhost:8080", Now: sitetest.Now.Add(48 * time.Hour)},
	})
	if err != nil {
		t.Fatal(err)
	}
	// One school's review is soon due, so that the demo shows what is said then.
	report.Findings = slices.DeleteFunc(report.Findings, func(f Finding) bool {
		return f.Rule == "review" && f.Severity == Doubtful && f.File == "schools/st-osrics-junior/school.toml"
	})
	if len(report.Findings) > 0 {
		var b bytes.Buffer
		_ = report.WriteText(&b)
		t.Errorf("got\n%s", b.String())
	}
	if len(report.Sites) != 3 {
		t.Errorf("got %d sites", len(report.Sites))
	}
}

// What several schools share is told once, and what only one has under its name.
func TestReportBySchool(t *testing.T) {
	school := func(slug string) txtar.File {
		base := checkFixture(t).Content["schools/larkfield/school.toml"].Data
		return txtar.File{Name: "schools/" + slug + "/school.toml", Data: []byte(strings.ReplaceAll(string(base), "Larkfield", strings.ToUpper(slug[:1])+slug[1:]))}
	}
	f := checkFixture(t, school("harbour"), school("upland"),
		txtar.File{Name: "schools/harbour/checklist.toml", Data: []byte("[met]\nbehaviour = \"/privacy/\"\n")},
		txtar.File{Name: "schools/upland/checklist.toml", Data: []byte("[not_applicable]\nbehaviour = \"It has no pupils yet.\"\n")},
		txtar.File{Name: "schools/upland/pages/privacy.md", Data: []byte("+++\ntitle = \"Privacy\"\n+++\n\nRing ChildLine. We tell.\n")},
		txtar.File{Name: "model/help.md", Data: []byte("+++\ntitle = \"Help\"\n+++\n\nRing ChildLine.\n")},
		txtar.File{Name: "model/privacy.md", Data: []byte(strings.Replace(string(checkFixture(t).Content["model/privacy.md"].Data), "controller", "one", 1))},
	)
	report := CheckOf(t, f, nil)
	in := map[string]string{}
	for _, f := range report.Findings {
		in[fmt.Sprintf("%s %s", f.Rule, f.File)] = strings.Join(f.Sites, " ")
	}
	for finding, sites := range map[string]string{
		"replaced model/help.md":                         "harbour larkfield upland",
		"privacy-notice model/privacy.md":                "harbour larkfield",
		"replaced schools/upland/pages/privacy.md":       "upland",
		"privacy-notice schools/upland/pages/privacy.md": "upland",
	} {
		if in[finding] != sites {
			t.Errorf("%s: in %q, want %q", finding, in[finding], sites)
		}
	}
	var text bytes.Buffer
	if err := report.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Shared by every site\n  model/help.md:5: error replaced: \"ChildLine\" is not to be used any more\n    Write https://www.childline.org.uk/ instead. It is Childline now.\n",
		"    In: harbour, larkfield\n",
		"\nUpland Primary School\n  schools/upland/pages/privacy.md:1: error privacy-notice:",
		"Upland Primary School: 7 pages, 10 problems, 0 warnings; publishes 1 of 1, 1 not applicable\n  Nobody there has confirmed 1 place of help: Childline. Look",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
	var encoded bytes.Buffer
	if err := report.WriteJSON(&encoded); err != nil {
		t.Fatal(err)
	}
	var back Report
	if err := json.Unmarshal(encoded.Bytes(), &back); err != nil || len(back.Findings) != len(report.Findings) || len(back.Sites) != 3 {
		t.Errorf("the JSON does not come back: %v\n%s", err, encoded.String())
	}
	if strings.Contains(encoded.String(), "null") {
		t.Errorf("a list is null:\n%s", encoded.String())
	}

	// One school alone: only its own allowances are judged.
	f.Write("model/help.md", "+++\ntitle = \"Help\"\n# check: review: it is new here\n+++\n\nRing Childline.\n")
	report, err := Run(t.Context(), f.Content, Options{Options: site.Options{Theme: f.Theme, Address: "http://localhost:8080", Now: sitetest.Now}, School: "larkfield"})
	if err != nil || len(report.Sites) != 1 || slices.ContainsFunc(report.Findings, func(f Finding) bool { return f.Rule == "allow" }) {
		t.Errorf("got %v, %+v", err, report)
	}
	if _, err := Run(t.Context(), f.Content, Options{Options: site.Options{Theme: f.Theme, Address: "http://localhost:8080"}, School: "nowhere"}); err == nil {
		t.Error("a school that is not there is checked")
	}
}

// Settings that cannot be read are findings too, and one school that cannot be
// built keeps none of the others from being checked.
func TestCheckOfWhatCannotBeBuilt(t *testing.T) {
	f := checkFixture(t)
	f.Write("schools/larkfield/school.toml", "name = 1\n")
	report := CheckOf(t, f, nil)
	if len(report.Findings) != 1 || short(report.Findings[0]) != `error content schools/larkfield/school.toml:1 name: expected text in "quotes"` {
		t.Errorf("got %v", report.Findings)
	}

	f = checkFixture(t)
	f.Write("schools/upland/school.toml", strings.NewReplacer(`lead = "Mrs A. Marchbank"`, "", "Larkfield", "Upland").Replace(string(f.Content["schools/larkfield/school.toml"].Data)))
	f.Write("schools/upland/checklist.toml", "[met]\nbehaviour = \"/privacy/\"\n")
	report = CheckOf(t, f, nil)
	if got := shortAll(report, func(Finding) bool { return true }); !slices.Equal(got, []string{"error blank model/_index.md:7 unfilled blank [[lead]]"}) {
		t.Errorf("got %v", got)
	}
	if len(report.Sites) != 2 || !report.Sites[0].Built || report.Sites[1].Built {
		t.Errorf("got %+v", report.Sites)
	}
}

// A check leaves nothing behind, and nothing that is served changes.
func TestCheckLeavesNothing(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	CheckOf(t, checkFixture(t), nil)
	left, err := os.ReadDir(os.TempDir())
	if err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

func TestReadingAge(t *testing.T) {
	for word, want := range map[string]int{
		"cat": 1, "make": 1, "table": 2, "little": 2, "asked": 1, "wanted": 2, "pages": 2, "likes": 1, "the": 1, "agree": 2, "people": 2,
		"information": 4, "education": 4, "being": 1, "idea": 2, "radio": 3, "school": 1, "child's": 1, "2026": 1, "–": 0,
		"use": 1, "used": 1, "be": 1, "special": 2, "technology": 4, "believe": 2,
	} {
		if got := syllables(word); got != want {
			t.Errorf("%s: %d syllables, want %d", word, got, want)
		}
	}
	easy, _ := readingAge(proseOf("The cat sat on the mat. It was warm. The dog ran to the cat.\n"))
	hard, _ := readingAge(proseOf("Notwithstanding considerable organisational difficulties, participating establishments demonstrated exceptional responsibility.\n"))
	if easy > 6 || hard < 18 {
		t.Errorf("easy %f, hard %f", easy, hard)
	}
	got := proseOf("+++\ntitle = \"No prose\"\n+++\n\n## Nor this\n\nOne [link](/a/b/) here. *Two*\nlines!\n{.lead}\n\n1. An item\n2. Mr Ash, e.g. him\n\n| a | table |\n")
	var texts []string
	for _, s := range got {
		texts = append(texts, fmt.Sprintf("%d %s", s.line, s.text))
	}
	if want := []string{"7 One link here.", "7 Two lines!", "11 An item", "12 Mr Ash, e.g. him"}; !slices.Equal(texts, want) {
		t.Errorf("got %q, want %q", texts, want)
	}
}

// FuzzReadBuilt: no page, however broken, stops the check.
func FuzzReadBuilt(f *testing.F) {
	for _, seed := range []string{
		"<main><h1>A</h1><a href=x>b</a><img src=a alt=b></main>", "</a></h1></svg></main>", "<svg><svg></svg><title>x", "<a href><h1><figcaption>",
		"<p aria-hidden=true><p></p></p><a href=y></a>", "07700 900 123 @ a@b.c x.y/z 14 May 2017 <h2>",
	} {
		f.Add(seed)
	}
	fixture := checkFixture(f)
	trust, err := site.Load(fixture.Content)
	if err != nil {
		f.Fatal(err)
	}
	drafts, err := site.Drafts(trust, site.Options{Theme: fixture.Theme, Address: "http://localhost:8080"})
	if err != nil {
		f.Fatal(err)
	}
	e := drafts[0]
	shared, err := readShared(fixture.Content)
	if err != nil {
		f.Fatal(err)
	}
	roll, err := readRoll(f.Context(), testRoll, trust)
	if err != nil {
		f.Fatal(err)
	}
	base, err := url.Parse(e.Base)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, page string) {
		in := &inspection{draft: e, trust: trust, school: trust.Schools[0], roll: roll, now: sitetest.Now, reported: map[string]bool{}, collected: map[string]bool{}}
		if in.sources, err = shared.of(fixture.Content, e); err != nil {
			t.Fatal(err)
		}
		in.vocabulary = in.newVocabulary()
		p := readBuilt([]byte(page))
		p.file, p.address = "/larkfield/x/index.html", "/x/"
		if len(p.text) > 0 && p.text[len(p.text)-1] != '\n' {
			t.Errorf("the text has no end: %q", p.text)
		}
		in.checkStructure(p)
		in.checkWords(p)
		in.checkReading(p)
		in.collect(p, base)
	})
}
