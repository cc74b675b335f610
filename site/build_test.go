package site

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/andybalholm/brotli"

	"schoolgate/site/sitetest"
	"schoolgate/site/source"
)

// One text: what is served as text.md is what the hash is taken of, and the
// HTML handed on is what the page shows.
func TestTextIsWhatIsServed(t *testing.T) {
	result := resultOf(t, mustBuild(t, newFixture(t), t.TempDir(), sitetest.Now), "larkfield")
	if len(result.Texts) != 2 {
		t.Fatalf("got %d texts", len(result.Texts))
	}
	for _, text := range result.Texts {
		within := strings.TrimPrefix(text.Path, "/larkfield/")
		served := sitetest.Read(t, result.Dir, within, "text.md")
		if sum := sha256.Sum256([]byte(served)); hex.EncodeToString(sum[:]) != text.Hash || served != text.Source {
			t.Errorf("%s: text.md is not the canonical text", text.Slug)
		}
		for _, page := range []string{within, filepath.Dir(filepath.Clean(within))} {
			html := sitetest.Read(t, result.Dir, page, "index.html")
			if !strings.Contains(html, "<main>"+text.HTML+"</main>") {
				t.Errorf("%s: the page's body is not the text's HTML %q", page, text.HTML)
			}
			if !strings.Contains(html, text.Hash) {
				t.Errorf("%s: shows no hash", page)
			}
		}
		if text.URL != "http://localhost:8080"+text.Path || !text.Published.Equal(sitetest.Now) {
			t.Errorf("got %s, %s", text.URL, text.Published)
		}
	}
	agreement, purpose := result.Texts[0], result.Texts[1]
	if agreement.Kind != Agreement || agreement.Edition != 1 || agreement.For != "parents" || agreement.Statement != "I have read this." ||
		agreement.Summary != "How children use the internet at Larkfield." {
		t.Errorf("got %+v", agreement)
	}
	if purpose.Kind != Purpose || purpose.Basis != "consent" || purpose.Question == "" || purpose.Given == "" || purpose.Refused == "" {
		t.Errorf("got %+v", purpose)
	}
	if !strings.Contains(agreement.HTML, `href="http://localhost:8080/larkfield/policy/#who-helps"`) {
		t.Errorf("links of a text are not whole: %s", agreement.HTML)
	}
}

// Every wording that was published stays at its address with its date, even
// when the text, or what it links to, is gone.
func TestEarlierWordingsStay(t *testing.T) {
	f, out := newFixture(t), t.TempDir()
	first := resultOf(t, mustBuild(t, f, out, sitetest.Now), "larkfield").Texts[0]

	agreement := string(f.Content["agreements/internet.md"].Data)
	f.Write("agreements/internet.md", strings.NewReplacer("Ask", "Always ask", "edition = 1", "edition = 2").Replace(agreement))
	result := resultOf(t, mustBuild(t, f, out, sitetest.Now.Add(48*time.Hour)), "larkfield")
	second := result.Texts[0]
	if second.Hash == first.Hash || second.Path == first.Path {
		t.Fatal("an edit does not change hash and address")
	}
	earlier := func(r Result) string {
		t.Helper()
		within := strings.TrimPrefix(first.Path, "/larkfield/")
		if got := sitetest.Read(t, r.Dir, within, "text.md"); got != first.Source {
			t.Error("the earlier wording's text.md changed")
		}
		html := sitetest.Read(t, r.Dir, within, "index.html")
		if !strings.Contains(html, "<main>"+first.HTML+"</main>") || !strings.Contains(html, "first published 21 November 2026") {
			t.Errorf("the earlier wording's page changed:\n%s", html)
		}
		return html
	}
	if html := earlier(result); !strings.Contains(html, `Earlier wording: <a href="/larkfield/agreements/internet/">`) {
		t.Errorf("no way to the wording in force:\n%s", html)
	}
	if html := sitetest.Read(t, result.Dir, "agreements/internet/index.html"); !strings.Contains(html, "first published 23 November 2026") {
		t.Errorf("got\n%s", html)
	}

	f.Write("agreements/internet.md", agreement)
	again := resultOf(t, mustBuild(t, f, out, sitetest.Now.Add(72*time.Hour)), "larkfield").Texts[0]
	if again.Hash != first.Hash || !again.Published.Equal(first.Published) {
		t.Error("a wording that comes back has lost its date")
	}

	delete(f.Content, "agreements/internet.md")
	f.Write("model/_index.md", "+++\ntitle = \"Welcome\"\n+++\n")
	delete(f.Content, "model/policy.md")
	if html := earlier(resultOf(t, mustBuild(t, f, out, sitetest.Now.Add(96*time.Hour)), "larkfield")); !strings.Contains(html, "No longer in use") {
		t.Errorf("got\n%s", html)
	}
}

// A yes must not outlive its question: under one edition only details may change,
// unless the text says which wording it corrects, and why (S7, C5).
func TestOtherWordsUnderOneEdition(t *testing.T) {
	f, out := newFixture(t), t.TempDir()
	first := resultOf(t, mustBuild(t, f, out, sitetest.Now), "larkfield").Texts[0]
	was := string(f.Content["agreements/internet.md"].Data)
	school := string(f.Content["schools/larkfield/school.toml"].Data)
	edit := func(lines, from, to string) {
		f.Write("agreements/internet.md", strings.Replace(strings.Replace(was, "edition = 1\n", "edition = 1\n"+lines, 1), from, to, 1))
	}
	for _, c := range []struct{ name, lines, from, to, want string }{
		{"other words", "", "Ask", "Never ask", `agreements/internet.md:3: these are other words than those of 21 November 2026, under the same edition`},
		{"other statement", "", "I ", "I do not ", `agreements/internet.md:3: these are other words`},
		{"nobody's wording", "corrects = \"0123456789ab\"\nbecause = \"x\"\n", "Ask", "Do ask", `agreements/internet.md:4: no earlier wording of this edition begins with "0123456789ab"`},
		{"too little of its hash", "corrects = \"" + first.Form[:4] + "\"\nbecause = \"x\"\n", "Ask", "Do ask", `agreements/internet.md:4: no earlier wording`},
		{"no reason", "corrects = \"" + first.Form[:12] + "\"\n", "Ask", "Do ask", `agreements/internet.md:4: say why the wording was corrected`},
	} {
		edit(c.lines, c.from, c.to)
		if _, err := buildFixture(t, f, out, sitetest.Now.Add(time.Hour)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v", c.name, err)
		}
	}

	edit("corrects = \""+first.Form[:12]+"\"\nbecause = \"A spelling mistake.\"\n", "Ask", "Do ask")
	corrected := resultOf(t, mustBuild(t, f, out, sitetest.Now.Add(2*time.Hour)), "larkfield").Texts[0]
	if corrected.Corrects != first.Hash || corrected.Because != "A spelling mistake." || corrected.Sense == first.Sense {
		t.Errorf("got %+v", corrected)
	}
	f.Write("schools/larkfield/school.toml", strings.Replace(school, "Mrs A. Example", "Ms Z. Example", 1))
	detail := resultOf(t, mustBuild(t, f, out, sitetest.Now.Add(3*time.Hour)), "larkfield").Texts[0]
	if detail.Hash == corrected.Hash || detail.Sense != corrected.Sense {
		t.Errorf("another name is another meaning: %+v", detail)
	}
}

// Nobody can change an archived wording unnoticed.
func TestChangedArchiveStopsTheSite(t *testing.T) {
	f, out := newFixture(t), t.TempDir()
	text := resultOf(t, mustBuild(t, f, out, sitetest.Now), "larkfield").Texts[0]
	file := filepath.Join(out, "larkfield", "texts", "agreements", "internet", text.Hash+".md")
	if err := os.WriteFile(file, []byte(text.Source+"And more.\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	results, err := buildFixture(t, f, out, sitetest.Now)
	if err == nil || !strings.Contains(err.Error(), "was changed") || !strings.Contains(err.Error(), file) {
		t.Errorf("got %v", err)
	}
	if r := resultOf(t, results, "harbour"); r.Err != nil {
		t.Errorf("another school is stopped: %v", r.Err)
	}
}

// A site that fails stays as it was, and the others go on.
func TestFailureLeavesTheSiteUp(t *testing.T) {
	f, out := newFixture(t), t.TempDir()
	before := resultOf(t, mustBuild(t, f, out, sitetest.Now), "larkfield")
	harbour := resultOf(t, mustBuild(t, f, out, sitetest.Now), "harbour")
	served, err := os.Readlink(filepath.Join(out, "larkfield", "current"))
	if err != nil {
		t.Fatal(err)
	}

	f.Write("schools/larkfield/pages/new.md", "+++\ntitle = \"New\"\n+++\n\n[[unknown]]\n")
	results, err := buildFixture(t, f, out, sitetest.Now.Add(time.Hour))
	if err == nil {
		t.Fatal("no error")
	}
	failed := resultOf(t, results, "larkfield")
	problems, ok := errors.AsType[source.Problems](failed.Err)
	if !ok || len(problems) != 1 || problems[0].Line != 5 || failed.Dir != "" {
		t.Errorf("got %v, %q", failed.Err, failed.Dir)
	}
	if now, _ := os.Readlink(filepath.Join(out, "larkfield", "current")); now != served {
		t.Errorf("current was %s and is %s", served, now)
	}
	sitetest.Read(t, out, "larkfield", "current", "index.html")
	if r := resultOf(t, results, "harbour"); r.Err != nil || r.Dir != harbour.Dir || !r.Unchanged {
		t.Errorf("the other school does not stand: %+v", r)
	}

	// Once Hugo has run: the unfinished generation goes.
	delete(f.Content, "schools/larkfield/pages/new.md")
	f.Write("schools/larkfield/pages/dead.md", "+++\ntitle = \"Dead\"\n+++\n\n[end](/end/)\n")
	if _, err := buildFixture(t, f, out, sitetest.Now.Add(time.Hour)); err == nil {
		t.Fatal("no error")
	}
	generations, err := os.ReadDir(filepath.Join(out, "larkfield", "generations"))
	if err != nil || len(generations) != 1 || filepath.Join("generations", generations[0].Name()) != served {
		t.Errorf("got %v, %v; want only %s", generations, err, served)
	}
	if before.Pages == 0 {
		t.Error("no pages counted")
	}
}

func TestBuildStopsBetweenSites(t *testing.T) {
	f := newFixture(t)
	trust, err := Load(f.Content)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	results, err := Build(ctx, trust, Options{Theme: f.Theme, Out: t.TempDir(), Address: "http://localhost:8080"})
	if !errors.Is(err, context.Canceled) || len(results) != 3 || !errors.Is(results[2].Err, context.Canceled) {
		t.Errorf("got %v, %v", results, err)
	}
}

// Builds of one folder wait for each other: both end well, and what is served is whole
// and of the second.
func TestConcurrentBuilds(t *testing.T) {
	out := t.TempDir()
	build := func(word string, handOver func()) {
		f := newFixture(t)
		f.Write("schools/larkfield/pages/trees.md", "+++\ntitle = \"Trees\"\n+++\n\n"+strings.Repeat(word+". ", 300)+"\n")
		trust, err := Load(f.Content)
		if err == nil {
			_, err = Build(t.Context(), trust, Options{Theme: f.Theme, Out: out, Address: "http://localhost:8080", Now: sitetest.Now, HandOver: func(context.Context, Result) error {
				handOver()
				return nil
			}})
		}
		if err != nil {
			t.Error(err)
		}
	}
	second := make(chan bool, 9)
	var begin sync.Once
	var wg sync.WaitGroup
	build("Oak", func() {
		begin.Do(func() {
			wg.Go(func() { build("Elm", func() { second <- true }) })
			select {
			case <-second:
				t.Error("the second did not wait")
			case <-time.After(time.Second / 2):
			}
		})
	})
	wg.Wait()
	for _, slug := range []string{Overview, "larkfield", "harbour"} {
		if generations, err := os.ReadDir(filepath.Join(out, slug, "generations")); err != nil || len(generations) != 1 {
			t.Errorf("%s: got %v, %v", slug, generations, err)
		}
		if _, sound := served(filepath.Join(out, slug)); !sound {
			t.Errorf("%s is not as its record says", slug)
		}
	}
	page := sitetest.Read(t, out, "larkfield", "current", "trees", "index.html")
	small := brotli.NewReader(strings.NewReader(sitetest.Read(t, out, "larkfield", "current", "trees", "index.html.br")))
	if whole, err := io.ReadAll(small); err != nil || string(whole) != page || !strings.Contains(page, "Elm. Elm.") {
		t.Errorf("%v, got\n%s\nand\n%s", err, page, whole)
	}
}

// What is in the environment changes nothing that is published.
func TestEnvironmentIsIgnored(t *testing.T) {
	t.Setenv("HUGO_BASEURL", "https://elsewhere.example/")
	t.Setenv("HUGO_PARAMS_PORTAL", "https://elsewhere.example/")
	f := newFixture(t)
	f.Write("model/policy.md", "+++\ntitle = \"Policy\"\n+++\n\n## Who helps\n\n[In](/policy/)\n")
	result := resultOf(t, mustBuild(t, f, t.TempDir(), sitetest.Now), "larkfield")
	if html := sitetest.Read(t, result.Dir, "policy/index.html"); !strings.Contains(html, `<a href="/larkfield/policy/">In</a>`) {
		t.Errorf("got\n%s", html)
	}
}
