package check

import (
	"regexp"
	"strings"
	"testing"

	"schoolgate/content"
	"schoolgate/site"
	"schoolgate/themes"
)

// What pupils read is for a reader of eight, page by page, in lists as in sentences,
// and in words that a child of eight knows. Whoever helps them is told of in such
// words too.
func TestPupilsCanReadIt(t *testing.T) {
	hard := regexp.MustCompile(`(?i)\b(anonym\w*|harass\w*|nudes?|hate crimes?|mutes?|monitor\w*|volunteers?|national crime agency|confidential\w*|emergency|evidence|urgent\w*|incidents?|appropriate\w*|inappropriate\w*|personal information|misinformation|extremis\w*|sexual\w*|offend\w*|illegal|legal\w*|authorit\w*|disclos\w*|picked on|out there|put it right|told off|telling tales|turns? up|nasty|catch people out|hands off)\b`)
	trust, err := site.Load(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	shared, err := readShared(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	pages := map[string]bool{}
	drafts, err := site.Drafts(trust, site.Options{Theme: themes.FS, Address: "http://localhost:8080"})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range drafts {
		sources, err := shared.of(content.FS, d)
		if err != nil {
			t.Fatal(err)
		}
		for name, f := range sources.byName {
			text := f.text()
			front := matterOf(text)
			easy := strings.HasPrefix(name, "model/easy-read/")
			if !easy && front["audience"] != "pupils" && !site.ForYoung(front) || strings.Contains(name, "/earlier/") {
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
	helpers := matterOf(shared["model/help/pupils.md"])
	told := map[any]bool{}
	for _, h := range helpers["helpers"].([]any) {
		told[h.(map[string]any)["slug"]] = true
	}
	for name, text := range shared {
		if !strings.HasPrefix(name, "model/") || strings.HasPrefix(name, "model/policy/") {
			continue
		}
		front := matterOf(text)
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
