package check

import (
	"fmt"
	"regexp"
	"slices"
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
	// Each page about a worry tells of what no child may miss.
	worries := map[string]bool{}
	for name := range shared {
		if address, ok := strings.CutPrefix(name, "model/worried/"); ok && address != "_index.md" {
			worries["/worried/"+strings.TrimSuffix(address, ".md")+"/"] = true
		}
	}
	for _, p := range trust.Passages {
		if slices.Contains([]string{"child_not_fault", "child_nobody", "child_grown_ups"}, p.Name) {
			for address := range worries {
				if !slices.Contains(p.On, address) || p.Danger == "" {
					t.Errorf("%s may be without %s", address, p.Name)
				}
			}
		}
	}
	// What cannot wait sends no child to a box, which is opened on school days.
	for _, name := range []string{"a-private-picture", "asked-for-something", "hurting-myself", "about-a-friend"} {
		if matterOf(shared["model/worried/"+name+".md"])["urgent"] != true {
			t.Errorf("%s can wait, as it says", name)
		}
	}
	if index := matterOf(shared["model/worried/_index.md"]); index["urgent"] != "[[child_no_box]]" || strings.Contains(fmt.Sprint(index["tell"]), "worry_place") {
		t.Errorf("what cannot wait is said to wait: %v, %v", index["urgent"], index["tell"])
	}
	// Whatever word a child looks for, A to Z leads to a page for a child.
	found := map[string]bool{}
	for name, text := range shared {
		front := matterOf(text)
		words, _ := front["find"].([]any)
		for _, word := range words {
			if front["audience"] == "pupils" || name == "model/ceop.md" {
				found[strings.ToLower(word.(string))] = true
			}
		}
	}
	for word := range strings.SplitSeq("picture, photo, pics, asked for a picture, I sent a picture, die, kill myself, cutting, mean, unkind, horrible, scared, sad, crying, threat, money, wants money, gift card, police, trouble, Minecraft, Discord, Instagram, anxious, anorexia", ", ") {
		if !found[strings.ToLower(word)] {
			t.Errorf("a child who looks for %q finds no page for children", word)
		}
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

// What was once said to children or families, or is said by many schools, and is not
// safe to follow: a page with such words is found, and what may be said is not.
func TestPassagesFindWhatHarms(t *testing.T) {
	trust, err := site.Load(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	for said, want := range map[string]string{
		"The grown-up will listen.":                                  "child_grown_ups",
		"They will not be cross with you.":                           "child_grown_ups",
		"Nobody will be cross.":                                      "child_grown_ups",
		"Nobody here will laugh at you.":                             "child_grown_ups",
		"The grown-up will not ask to see the picture.":              "child_no_look",
		"We will tell you first.":                                    "child_told_first",
		"They will tell you first.":                                  "child_told_first",
		"We will talk with you about that first.":                    "child_told_first",
		"If you are safe, it can stay between us.":                   "child_secrets",
		"We will keep it secret.":                                    "child_secrets",
		"Delete the messages and block them.":                        "child_keep",
		"Block them, then delete it.":                                "child_keep",
		"Any already there come off by the end of the next day.":     "pictures_off",
		"We take those already there off our website within a week.": "pictures_off",
		"Most grown-ups listen. Some look cross.":                    "",
		"You can always tell me, and I will not be cross.":           "",
		"We try to tell you before we tell anybody else.":            "",
		"Do not delete anything. Leave the messages where they are.": "",
	} {
		got := false
		for _, p := range trust.Passages {
			if len(p.OwnWords(said)) > 0 {
				got = got || p.Name == want && p.Danger != ""
				if want == "" {
					t.Errorf("%q is taken for other words of %s", said, p.Name)
				}
			}
		}
		if want != "" && !got {
			t.Errorf("%q is not found as %s", said, want)
		}
	}
}
