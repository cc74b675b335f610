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
	missed := []string{"child_not_fault", "child_not_trouble", "child_nobody", "child_grown_ups"}
	for _, p := range trust.Passages {
		if i := slices.Index(missed, p.Name); i >= 0 && slices.Contains(p.On, "/worried/*") && p.Danger != "" {
			missed = slices.Delete(missed, i, i+1)
		}
	}
	if len(missed) > 0 {
		t.Errorf("a page about a worry may be without %s", missed)
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
	for word := range strings.SplitSeq("picture, photo, pics, asked for a picture, I sent a picture, die, want to die, self-harm, suicide, overdose, hit, touched, hurt, abuse, gang, drugs, knife, mean, unkind, horrible, scared, sad, crying, threat, money, wants money, gift card, police, trouble, Minecraft, Discord, Instagram, anxious, anorexia", ", ") {
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
		"Mute and block the person. Tell your teacher.":              "child_tell",
		"Block them and tell a grown-up.":                            "child_tell",
		"If anybody asks to see it, say no.":                         "child_no_look",
		"You can use [[worry_place]].":                               "child_box",
		"We open the box every day after lunch.":                     "child_box",
		"Does home not feel safe? Tell us.":                          "child_home_not_safe",
		"We hide it the same day, and keep a copy.":                  "platform_hide",
		"We do ring them. We do not call other schools.":             "other_schools",
		"In an emergency you ring school.":                           "away_overnight",
		"If you are worried, write to [[email]].":                    "tell_us",
		"[[council_out_of_hours_call]] at night and at weekends":     "front_door",
		"We talk with parents and carers first, unless it harms.":    "families_told",
		"Smart watches are put in school mode.":                      "phones_all_day",
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
