package site

import (
	"slices"
	"strings"
	"testing"

	"schoolgate/site/source"
)

// Which purposes ship, on which basis, how long an answer lasts and what switches each on
// (C1, C3, C4, S8): the two that every school asks, and those that a school chooses.
func TestPurposes(t *testing.T) {
	trust, _ := embedded(t)
	every := slices.Concat(Switches, []string{"academy", "trust", "key_stage_2"})
	school := trust.Schools[0]
	school.Uses = Switches
	w := school.website(trust, Options{})
	type purpose struct {
		basis, lasts, only string
		fromAge            int
	}
	want := map[string]purpose{
		"website-pictures":       {"consent", "", "", 12},
		"video-calls":            {"consent", "", "", 12},
		"film-and-voice":         {"consent", "key stage", "film_and_voice", 12},
		"trust-publicity":        {"consent", "year", "trust_publicity", 12},
		"social-media-thornbook": {"consent", "year", "official_social_media", 12},
		"press":                  {"consent", "year", "press", 12},
		"press-with-name":        {"consent", "year", "press", 12},
		"print-and-newsletter":   {"consent", "key stage", "printed_pictures", 12},
		"school-photographs":     {"consent", "year", "school_photographer", 12},
		"names-and-awards":       {"consent", "year", "names_in_public", 12},
		"pupils-work":            {"consent", "key stage", "pupils_work", 12},
		"church-and-partners":    {"consent", "year", "partners", 12},
		"performances":           {"consent", "year", "filmed_performances", 12},
		"call-recording":         {"consent", "month", "call_recording", 12},
		"displays-and-records":   {"objection", "", "displays", 0},
		"learning-platform":      {"objection", "", "learning_platform", 0},
		"progress-app":           {"objection", "", "tracking_app", 0},
	}
	for _, rel := range source.SortedKeys(w.texts[Purpose]) {
		src, slug := w.texts[Purpose][rel], strings.TrimSuffix(rel, ".md")
		values := map[string]string{}
		for _, b := range trust.blanks("school") {
			values[b.name] = b.name
		}
		for name, value := range w.answers.values {
			values[name] = value
		}
		a := w.answers
		a.values, a.uses = values, every
		text, _, problems := readText(Purpose, src, a.with(w.inText[rel]))
		if len(problems) > 0 {
			t.Errorf("%s: %v", rel, problems)
		}
		got := purpose{basis: text.Basis, only: strings.Join(readForWhom(src).Only, " "), fromAge: text.FromAge}
		got.lasts = map[int]string{1: "month", 12: "year"}[text.Months]
		if text.Stage {
			got.lasts = "key stage"
		}
		if got != want[slug] {
			t.Errorf("%s is %+v, want %+v", slug, got, want[slug])
		}
		delete(want, slug)
		for _, says := range []string{"**What:**", "**Where:**", "**How long:**", "**Who sees it:**"} {
			if heart, _, _ := strings.Cut(text.Source, "\n## "); !strings.Contains(heart, says) {
				t.Errorf("%s: its heart does not say %s", slug, says)
			}
		}
		if silent := map[string]string{"consent": "If you do not answer, it is a no", "objection": "We do this unless you object"}[text.Basis]; !strings.Contains(text.Source, silent) {
			t.Errorf("%s does not say what silence means", slug)
		}
		if trust.Name != "" && !strings.Contains(text.Source, "**"+trust.Name+"** is responsible for") {
			t.Errorf("%s does not name the controller", slug)
		}
	}
	for slug := range want {
		t.Errorf("%s does not ship", slug)
	}
}

// A purpose is for the schools that its only and years fit; one for each channel is there
// as often as a channel shows pupils.
func TestWhichPurposesASchoolAsks(t *testing.T) {
	purpose := func(front string) source.File {
		return source.File{Name: "consents/x.md", Data: []byte("+++\n" + front + "\n+++\n\nText.\n")}
	}
	for _, c := range []struct {
		front string
		holds []string
		years [2]string
		want  bool
	}{
		{``, nil, [2]string{"Reception", "Year 6"}, true},
		{`only = ["press"]`, nil, [2]string{"Reception", "Year 6"}, false},
		{`only = ["press"]`, []string{"press"}, [2]string{"Reception", "Year 6"}, true},
		{`only = ["press", "displays"]`, []string{"displays"}, [2]string{"Reception", "Year 6"}, true},
		{`years = ["Year 6", "Year 9"]`, nil, [2]string{"Reception", "Year 6"}, true},
		{`years = ["Year 7", "Year 9"]`, nil, [2]string{"Reception", "Year 6"}, false},
		{"only = [\"press\"]\nyears = [\"Year 7\", \"Year 9\"]", []string{"press"}, [2]string{"Reception", "Year 6"}, false},
	} {
		if got := applies(purpose(c.front), c.holds, c.years); got != c.want {
			t.Errorf("%s, of a school with %v and %v: %v", c.front, c.holds, c.years, got)
		}
	}

	school := &School{Channels: []Channel{{Name: "One", Slug: "one"}, {Name: "Two"}, {Name: "Three", Slug: "three"}}}
	texts, blanks := school.perChannel(source.Layer{"posts.md": purpose(`each = "channel"`), "press.md": purpose("")})
	if got := source.SortedKeys(texts); !slices.Equal(got, []string{"posts-one.md", "posts-three.md", "press.md"}) || blanks["posts-three.md"]["channel"] != "Three" {
		t.Errorf("the school asks %v, with %v", got, blanks)
	}

	text, _, problems := readText(Purpose, purpose("title = \"T\"\nedition = 1\nbasis = \"objection\"\nquestion = \"q\"\ngiven = \"g\"\nrefused = \"r\"\nsummary = \"s\"\nlasts = \"key stage\"\nyears = [\"Year 7\", \"Year 9\"]"), answers{})
	if len(problems) > 0 || !text.Stage || !slices.Equal(text.Years, []string{"Year 7", "Year 8", "Year 9"}) {
		t.Errorf("read as %+v: %v", text, problems)
	}
	for _, wrong := range []string{`lasts = "for ever"`, "lasts = \"key stage\"\nmonths = 3", `years = ["Year 9", "Year 7"]`, `each = "newspaper"`, `only = ["telepathy"]`, `basis = "contract"`} {
		front := "title = \"T\"\nedition = 1\nquestion = \"q\"\ngiven = \"g\"\nrefused = \"r\"\nsummary = \"s\"\n" + wrong
		if !strings.HasPrefix(wrong, "basis") {
			front += "\nbasis = \"consent\""
		}
		if _, _, problems := readText(Purpose, purpose(front), answers{}); len(problems) == 0 {
			t.Errorf("%s is taken", wrong)
		}
	}
}

// What an agreement says for some of those alone who may sign one is checked as it is read
// (S3, S4).
func TestAgreementsForSome(t *testing.T) {
	const check = `{ question = "Sad?", answers = ["I hide it.", "I tell."], right = 2, because = "You can always tell." }`
	for lines, want := range map[string]string{
		"for = \"pupils\"\nyears = [\"Nursery\", \"Year 2\"]\nchecks = [ " + check + " ]":              "",
		"for = \"parents\"\nchecks = [ " + check + " ]":                                                "years and checks are for an agreement with pupils",
		"for = \"pupils\"\nchecks = [ " + strings.Replace(check, "= 2", "= 3", 1) + " ]":               "question 1 needs",
		"for = \"pupils\"\nchecks = [ " + strings.Replace(check, "You can always tell.", "", 1) + " ]": "question 1 needs",
		"for = \"pupils\"\nyears = [\"Year 2\", \"Nursery\"]":                                          "years holds the first and the last",
		"for = \"staff\"\nposting = true":                                                              "",
		"for = \"visitors\"\nposting = true":                                                           "posting is for an agreement with staff",
	} {
		src := source.File{Name: "agreements/some.md", Data: []byte("+++\ntitle = \"T\"\nedition = 1\nsummary = \"S\"\nstatement = \"I will.\"\n" + lines + "\n+++\n\nWords.\n")}
		text, _, problems := readText(Agreement, src, answers{})
		got := ""
		for _, p := range problems {
			got += p.Text
		}
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s:\n%q, want %q", lines, got, want)
		}
		if strings.HasPrefix(want+lines, "for = \"pupils\"\nyears = [\"Nursery") && (len(text.Checks) != 1 || len(text.Years) != 4) {
			t.Errorf("%+v", text)
		}
	}
}
