package site

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"schoolgate/site/sitetest"
)

// longPolicy is a school's own policy of 70 KB: headings that repeat, numbered
// lists five deep, tables and block quotes. Extra goes before the first heading.
func longPolicy(extra string) string {
	var b strings.Builder
	b.WriteString("+++\ntitle = \"Our policy\"\n+++\n\n" + extra)
	for part := 1; b.Len() < 70<<10; part++ {
		fmt.Fprintf(&b, "## Part %s\n\n", letters(part))
		for _, heading := range []string{"Staff", "Pupils", "Staff"} {
			fmt.Fprintf(&b, "### %s\n\nWords before the list of part %s.\n\n", heading, letters(part))
			for item := range 3 {
				fmt.Fprintf(&b, "1. We look at matter %s first\n", letters(item+1))
				indent := ""
				for depth := range 4 {
					indent += "   "
					fmt.Fprintf(&b, "%s1. step %s of it\n%s2. Keep phones away.\n", indent, letters(depth+1), indent)
				}
			}
			b.WriteString("\n| Year | Rule |\n| - | - |\n| 3 | Ask |\n| 4 | Tell |\n\n> As the guidance says:\n>\n> 1. think\n> 2. act\n\n")
		}
	}
	return b.String()
}

var (
	anyAnchor = regexp.MustCompile(`\bid="([^"]*)"`)
	clauseTag = regexp.MustCompile(`<a class="n" id="([^"]*)" href="#([^"]*)" tabindex="-1" aria-label="Clause ([^"]*)">`)
)

// A long policy of a school's own: every clause has an address, no two the same,
// and one that is put in before them changes numbers and no address.
func TestLongPolicyOfItsOwn(t *testing.T) {
	f := newFixture(t)
	build := func(extra string) string {
		f.Write("schools/larkfield/policy.md", longPolicy(extra))
		return sitetest.Read(t, resultOf(t, mustBuild(t, f, t.TempDir(), sitetest.Now), "larkfield").Dir, "online-safety-policy", "index.html")
	}
	html := build("")
	if n := len(longPolicy("")); n < 70<<10 {
		t.Fatalf("the policy has only %d bytes", n)
	}
	seen := map[string]bool{}
	for _, m := range anyAnchor.FindAllStringSubmatch(html, -1) {
		if seen[m[1]] {
			t.Errorf("the id %q is there twice", m[1])
		}
		seen[m[1]] = true
	}
	before := clauseTag.FindAllStringSubmatch(html, -1)
	parts := strings.Count(longPolicy(""), "## Part ")
	if want := parts * 3 * 3 * 9; len(before) != want { // three lists of three items, each with two at four depths
		t.Errorf("%d numbered items, want %d", len(before), want)
	}
	if a, b := before[7][3], before[8][3]; a != "1.1.1(b)(ii)(B)(1)" || b != "1.1.1(b)(ii)(B)(2)" {
		t.Errorf("the deepest items are %s and %s", a, b)
	}
	if got := strings.Count(html, "<table"); got != parts*3 {
		t.Errorf("%d tables, want %d", got, parts*3)
	}
	if got := strings.Count(html, "<blockquote>"); got != parts*3 {
		t.Errorf("%d block quotes, want %d", got, parts*3)
	}

	after := clauseTag.FindAllStringSubmatch(build("## New part\n\n### Staff\n\n1. Keep phones away.\n\n"), -1)
	if len(after) != len(before)+1 {
		t.Fatalf("%d clauses after one was added to %d", len(after), len(before))
	}
	for i, m := range before {
		if after[i+1][1] != m[1] || after[i+1][3] == m[3] {
			t.Fatalf("clause %s was #%s and is now %s, #%s", m[3], m[1], after[i+1][3], after[i+1][1])
		}
	}
}

// The model that ships is whole: every part of the outline, every clause with
// an address, and the four areas of risk.
func TestModelPolicy(t *testing.T) {
	trust, opts := productContent(t)
	for _, s := range trust.Schools {
		e := s.website(trust, opts)
		p, ok := e.policy.assemble(e.answers)
		if err := p.problems.Err(); err != nil || !ok {
			t.Fatalf("%s: %v", s.Slug, err)
		}
		if words := len(strings.Fields(linesOf(p.lines))); words < 9000 {
			t.Errorf("%s: the policy has %d words, some 25 pages are more", s.Slug, words)
		}
		parts := 0
		items := 0
		ids := map[string]bool{}
		for _, c := range p.clauses {
			ids[c.id] = true
			if c.heading && c.level == 2 {
				parts++
			}
			if !c.heading {
				items++
			}
		}
		if parts != 14 || items < 450 {
			t.Errorf("%s: %d parts and %d numbered items", s.Slug, parts, items)
		}
		for _, id := range []string{"risk-content", "risk-contact", "risk-conduct", "risk-commerce"} {
			if !ids[id] {
				t.Errorf("%s: no clause %s", s.Slug, id)
			}
		}
	}
}

func TestPolicyDifferences(t *testing.T) {
	trust, _ := productContent(t)
	kinds := map[string]bool{}
	for _, s := range trust.Schools {
		d, err := trust.PolicyDifferences(s, sitetest.Now)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range d.Changes {
			kinds[c.Kind] = true
			if c.Why == "" || (c.Kind == "added") != (c.Was == "") || (c.Kind == "dropped") != (c.Is == "") || (c.Kind == "dropped") != (c.Number == "") {
				t.Errorf("%s: %+v", s.Slug, c)
			}
			if strings.Contains(c.Was+c.Is, "{#") || len(c.Lines()) == 0 {
				t.Errorf("%s: %s is not for people to read: %s%s", s.Slug, c.ID, c.Was, c.Is)
			}
		}
		found := false
		for _, b := range d.Blanks {
			if b.Name == "filtering_system" {
				found = b.Value == s.Blanks["filtering_system"] && len(b.Clauses) > 0
			}
		}
		if !found {
			t.Errorf("%s: the filter is not among the blanks", s.Slug)
		}
	}
	for _, kind := range []string{"added", "replaced", "dropped"} {
		if !kinds[kind] {
			t.Errorf("no school has %s a clause", kind)
		}
	}
}

func TestReview(t *testing.T) {
	s := &School{Blanks: map[string]string{
		"policy_reference": "X/1", "policy_version": "2", "policy_approved_by": "the governors",
		"policy_approved_on": "2026-01-09", "policy_next_review": "8 January 2027",
	}}
	r := s.Review()
	if r.Reference != "X/1" || r.Version != "2" || r.ApprovedBy != "the governors" || !r.Approved.Equal(time.Date(2026, 1, 9, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("got %+v", r)
	}
	for day, want := range map[string]string{
		"2026-11-08": ReviewDone, // 61 days before
		"2026-11-10": ReviewSoon,
		"2027-01-08": ReviewSoon, // the day itself
		"2027-01-09": ReviewOverdue,
	} {
		at, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Standing(at.Add(13 * time.Hour)); got != want {
			t.Errorf("%s: %q, want %q", day, got, want)
		}
	}
	if (&School{}).Review().Standing(sitetest.Now) != ReviewDone {
		t.Error("a school that says nothing is overdue")
	}
}

func TestPolicyDaysRefused(t *testing.T) {
	for _, c := range []struct{ blanks, want string }{
		{`policy_next_review = "soon"`, `schools/harbour/school.toml:12: blank "policy_next_review": "soon" is not a day such as "1 October 2027"`},
		{"policy_approved_on = \"1 October 2026\"\npolicy_next_review = \"1 October 2026\"", `schools/harbour/school.toml:13: the policy's next review has to come after the day it was approved`},
	} {
		f := newFixture(t)
		settings := string(f.Content["schools/harbour/school.toml"].Data)
		f.Write("schools/harbour/school.toml", settings+c.blanks+"\n")
		if _, err := buildFixture(t, f, t.TempDir(), sitetest.Now); err == nil || err.Error() != "harbour: "+c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

// productContent is the content that ships.
func productContent(t *testing.T) (*Trust, Options) {
	t.Helper()
	trust, err := Load(os.DirFS("../content"))
	if err != nil {
		t.Fatal(err)
	}
	return trust, Options{Address: "http://localhost:8080", Now: sitetest.Now}
}
