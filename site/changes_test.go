package site

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"schoolgate/site/sitetest"
)

// TestComparisons builds every testdata/changes/*.txtar twice: with the files of
// before, and with those of after laid over them. The file want is the readable
// comparison of the two wordings of the one agreement that they change, a passage
// a line: [-removed-] and {+added+}.
func TestComparisons(t *testing.T) {
	cases, err := filepath.Glob("testdata/changes/*.txtar")
	if err != nil || len(cases) == 0 {
		t.Fatal("no cases", err)
	}
	look, err := os.ReadFile("../themes/schoolgate/layouts/_partials/compared.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			f, out := newFixture(t), t.TempDir()
			f.Write("theme/layouts/_partials/compared.html", string(look))
			f.Write("theme/layouts/changes/page.html", `<!doctype html>
<html lang="en-GB">
<head><title>{{ .Title }}</title></head>
<body>
<p><a href="https://www.ceop.police.uk/Safety-Centre/">CEOP</a></p>
{{ range .Params.versions }}<p><a href="{{ relURL (strings.TrimPrefix "/" .path) }}">{{ .hash }}</a>{{ if .in_force }} in force{{ end }}{{ with .since }} <a href="{{ relURL (strings.TrimPrefix "/" .) }}">since</a>{{ end }}</p>
{{ end }}{{ range .Params.runs }}{{ if .folded }}<p>{{ len .blocks }} the same</p>
{{ else }}{{ partial "compared.html" .blocks }}{{ end }}{{ end }}
</body>
</html>`)
			var want string
			for i, stage := range []string{"before/", "after/"} {
				for _, each := range archive.Files {
					if name, ok := strings.CutPrefix(each.Name, stage); ok {
						f.Write(name, string(each.Data))
					}
					if each.Name == "want" {
						want = string(each.Data)
					}
				}
				mustBuild(t, f, out, sitetest.Now.Add(time.Duration(i)*48*time.Hour))
			}
			pairs, err := filepath.Glob(filepath.Join(out, "larkfield", "current", "agreements", "internet", "changes", "*-*", "index.html"))
			if err != nil || len(pairs) != 1 {
				t.Fatal(pairs, err)
			}
			if got := heard(sitetest.Read(t, pairs[0])); got != strings.TrimSpace(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			list := sitetest.Read(t, out, "larkfield", "current", "agreements", "internet", "changes", "index.html")
			if strings.Count(list, "in force") != 1 || strings.Count(list, "since</a>") != 1 || strings.Index(list, "in force") > strings.Index(list, "since</a>") {
				t.Errorf("the list of wordings is not newest first:\n%s", list)
			}
		})
	}
}

// heard is a comparison as somebody without a screen hears it, with the words
// that only they are told written as brackets.
func heard(html string) string {
	_, body, _ := strings.Cut(html, "CEOP</a></p>")
	body, _, _ = strings.Cut(body, "</body>")
	body = strings.NewReplacer(
		`<ins><span class="visually-hidden">added: </span>`, "{+", "</ins>", "+}",
		`<del><span class="visually-hidden">removed: </span>`, "[-", "</del>", "-]",
		"<b>", "", "</b>", "", "</p>", "", "</h2>", "", "&rsquo;", "’", "&#34;", `"`, "&#39;", "'",
	).Replace(body)
	var lines []string
	for line := range strings.Lines(body) {
		if _, words, ok := strings.Cut(line, ">"); ok && strings.HasPrefix(line, "<") {
			kind, _, _ := strings.Cut(line[1:], " ")
			mark := ""
			switch {
			case kind == "h2":
				mark = "## "
			case strings.Contains(line, "is-item"):
				mark = "- "
			}
			lines = append(lines, mark+strings.TrimSpace(words))
		}
	}
	return strings.Join(lines, "\n")
}

// A wording from before the site stands beside the one in force, and once it has
// been published it stays even if its file goes.
func TestEarlierWordingFromPaper(t *testing.T) {
	f, out := newFixture(t), t.TempDir()
	const name = "schools/larkfield/agreements/earlier/internet/2025-09-01.md"
	f.Write("agreements/internet.md", strings.Replace(string(f.Content["agreements/internet.md"].Data), "edition = 1", "edition = 2", 1))
	f.Write(name, "+++\ntitle = \"The internet\"\nedition = 1\nfor = \"parents\"\nsummary = \"How.\"\nstatement = \"I have read this.\"\n+++\n\nAsk anybody.\n")
	for i := range 2 {
		result := resultOf(t, mustBuild(t, f, out, sitetest.Now.Add(time.Duration(i)*time.Hour)), "larkfield")
		found, err := filepath.Glob(filepath.Join(result.Dir, "agreements", "internet", "*", "text.md"))
		if err != nil || len(found) != 2 {
			t.Fatalf("build %d: got %v, %v", i, found, err)
		}
		html := sitetest.Read(t, result.Dir, "agreements", "internet", "changes", "index.html")
		if !strings.Contains(html, "The internet") && !strings.Contains(html, "Using the internet") {
			t.Errorf("got\n%s", html)
		}
		for _, text := range found {
			if page := sitetest.Read(t, filepath.Dir(text), "index.html"); strings.Contains(page, "Ask anybody") && !strings.Contains(page, "first published 1 September 2025") {
				t.Errorf("got\n%s", page)
			}
		}
		delete(f.Content, name)
	}
}
