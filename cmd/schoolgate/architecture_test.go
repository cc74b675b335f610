package main

import (
	"cmp"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestDependenciesPointInward holds the architecture of the README: portal
// imports the standard library alone; a folder under portal imports portal and
// none of its siblings; a folder under site imports none of the others but site/source,
// to read with, and site/check alone looks at what site makes; site and portal do not
// know each other; one file names hugolib.
func TestDependenciesPointInward(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "schoolgate/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	ours := func(p string) bool { return strings.HasPrefix(p, "schoolgate/") }
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		from, imports := fields[0], fields[1:]
		room, inPortal := strings.CutPrefix(from, "schoolgate/portal/")
		room, _, _ = strings.Cut(room, "/")
		for _, to := range imports {
			switch {
			case from == "schoolgate/portal":
				if strings.Contains(to, ".") || ours(to) {
					t.Errorf("portal imports %s: it may import the standard library only", to)
				}
			case inPortal && ours(to):
				if to != "schoolgate/portal" && !strings.HasPrefix(to+"/", "schoolgate/portal/"+room+"/") {
					t.Errorf("%s imports %s: it may import portal, and none of its siblings", from, to)
				}
			case strings.HasPrefix(from, "schoolgate/site/") && from != "schoolgate/site/sitetest" && ours(to):
				if to != "schoolgate/site/source" && !(from == "schoolgate/site/check" && (to == "schoolgate/site" || to == "schoolgate/site/colour")) {
					t.Errorf("%s imports %s: it may import site/source, and neither site nor its siblings", from, to)
				}
			case strings.HasPrefix(from, "schoolgate/site") && strings.HasPrefix(to, "schoolgate/portal"):
				t.Errorf("%s imports %s: they meet in cmd/schoolgate", from, to)
			case (from == "schoolgate/content" || from == "schoolgate/themes") && ours(to):
				t.Errorf("%s imports %s: it holds files alone", from, to)
			}
		}
	}

	out, err = exec.Command("grep", "-rl", "--include=*.go", `"github.com/gohugoio/`+`hugo/`, "../../cmd", "../../portal", "../../site").Output()
	if err != nil {
		t.Fatal(err)
	}
	files := strings.Fields(string(out))
	if want := []string{filepath.Join("..", "..", "site", "hugo.go")}; !slices.Equal(files, want) {
		t.Errorf("files that import Hugo: %v, want %v", files, want)
	}
}

// Every test that the page on security gives as evidence is there.
func TestEvidenceIsThere(t *testing.T) {
	page, err := os.ReadFile("../../.github/SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	err = filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && strings.HasPrefix(d.Name(), ".") && d.Name() != ".." {
			return cmp.Or(err, fs.SkipDir)
		}
		if d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		source, err := os.ReadFile(path)
		for _, m := range declared.FindAllSubmatch(source, -1) {
			there[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`\b(?:Test|Fuzz)[A-Z]\w+`).FindAllString(string(page), -1)
	if len(named) < 50 {
		t.Errorf("the page names %d tests", len(named))
	}
	for _, name := range named {
		if !there[name] {
			t.Errorf("there is no %s", name)
		}
	}
}
