package site

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"schoolgate/site/compare"
	"schoolgate/site/source"
)

// How like two clauses have to be, 0 to 1, to be called the same thing in other words,
// and to be worth a look. They were found on policies of schools: a person corrects them.
const (
	ClauseAlike = 0.45
	ClauseNear  = 0.22
)

// A PolicyMatch is a policy of a school's own beside the trust's model.
type PolicyMatch struct {
	Published map[int]string  // what the margin shows of the school's own, by line of its file
	Passages  []PolicyPassage // what the school's own says, in order
	Model     []MatchedClause // every clause of the model, in order
	Besides   []int           // the passages that no clause of the model is like
	Blanks    []string        // names of the model's blanks that the school has not filled
	Problems  source.Problems // what keeps the school's own from being published
}

// A PolicyPassage is one paragraph or clause.
type PolicyPassage struct {
	Number string // of the clause it is, or stands below
	Words  string
}

// A MatchedClause is one of the model, and what of the school's own is most like it.
type MatchedClause struct {
	Number, ID, Words string
	Near              compare.Near // At is an index of Passages
	Corrected         bool         // somebody said so
}

// MatchPolicy lays a policy of a school's own, one Markdown file, beside the model
// (requirements row P2). Somebody may know better which clause is which: corrections are
// numbers of the school's clauses by ids of the model's, and "none" for one it lacks.
func (t *Trust) MatchPolicy(s *School, own source.File, corrections map[string]string, now time.Time) (PolicyMatch, error) {
	e := s.website(t, Options{Address: "http://localhost", Now: now})
	model, _ := policyOf(e.policy.model, nil, source.File{}, e.answers)
	mine, _ := policyOf(e.policy.model, e.policy.changes, own, e.answers)
	m := PolicyMatch{Published: map[int]string{}}
	for _, p := range mine.problems {
		if p.File == own.Name || slices.ContainsFunc(source.SortedKeys(e.policy.changes), func(rel string) bool { return e.policy.changes[rel].Name == p.File }) {
			m.Problems = append(m.Problems, p)
		}
	}
	for _, c := range mine.clauses {
		number := c.label
		if c.given == nil {
			number = cmp.Or(number, c.number)
		}
		m.Published[mine.lines[c.first].n] = number
	}
	m.Passages = mine.passages()
	var words, passages []string
	for _, p := range m.Passages {
		if len(strings.Fields(p.Words)) < 4 { // a word or two are like anything
			p.Words = ""
		}
		passages = append(passages, p.Words)
	}
	for _, c := range model.clauses {
		if !c.heading && len(strings.Fields(c.words)) > 3 {
			m.Model = append(m.Model, MatchedClause{Number: c.number, ID: c.id, Words: plainMarks.ReplaceAllString(c.words, "$1")})
			words = append(words, m.Model[len(m.Model)-1].Words)
		}
	}
	for i, near := range compare.Nearest(words, passages) {
		m.Model[i].Near = near
	}
	said := map[int]bool{}
	for _, id := range source.SortedKeys(corrections) {
		number, near := corrections[id], compare.Near{At: -1}
		i := slices.IndexFunc(m.Model, func(c MatchedClause) bool { return c.ID == id })
		if i < 0 {
			return m, fmt.Errorf("the model has no clause %s: its id is at the end of its address", id)
		}
		if number != "none" {
			near = compare.Near{At: slices.IndexFunc(m.Passages, func(p PolicyPassage) bool { return p.Number == number }), Likeness: 1}
			if said[near.At] = true; near.At < 0 {
				return m, fmt.Errorf("the document has no clause %s to stand beside %s", number, id)
			}
		}
		m.Model[i].Near, m.Model[i].Corrected = near, true
	}
	for i, near := range compare.Nearest(passages, words) {
		if near.Likeness < ClauseNear && passages[i] != "" && !said[i] {
			m.Besides = append(m.Besides, i)
		}
	}
	blanks, _ := (&policySources{model: e.policy.model}).blanks(model, e.answers)
	for _, b := range blanks {
		if v := s.Blanks[b.Name]; v == "" || strings.Contains(v, "TODO") {
			m.Blanks = append(m.Blanks, b.Name)
		}
	}
	for _, p := range model.problems {
		if p.Blank != "" && !slices.Contains(m.Blanks, p.Blank) {
			m.Blanks = append(m.Blanks, p.Blank)
		}
	}
	return m, nil
}

// plainMarks are the signs of a link or of emphasis, around words that stay.
var plainMarks = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)

var passageMark = regexp.MustCompile(`^\s*(?:#+|[-*+]|[0-9]+[.)]|\|)?\s*(?:\{[^}]*\}\s*)?`)

// passages are a policy's paragraphs, clauses and rows of tables.
func (p policyPage) passages() []PolicyPassage {
	var out []PolicyPassage
	number, next := "", 0
	for i, l := range p.lines {
		heading := false
		for next < len(p.clauses) && p.clauses[next].first <= i {
			number, heading = p.clauses[next].number, p.clauses[next].heading
			next++
		}
		words := strings.NewReplacer("**", "", "==", "", `\`, "", " | ", " ").Replace(plainMarks.ReplaceAllString(passageMark.ReplaceAllString(l.text, ""), "$1"))
		if words = strings.TrimSpace(strings.Trim(words, "| ")); !heading && strings.Trim(words, "-| ") != "" {
			out = append(out, PolicyPassage{number, words})
		}
	}
	return out
}
