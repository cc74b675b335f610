package site

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"schoolgate/site/source"
)

// A Kept is one row of what a privacy notice says is kept, as whoever keeps it
// declares it; its cells may hold blanks.
type Kept struct{ What, Why, HowLong string }

// keptBlank is the blank for the table of what is kept.
const keptBlank = "what_we_keep"

// keepNames are the periods that keep in trust.toml and school.toml may set, and what
// they are where nobody does (facts of the field, consent in law: retention). Each
// is a blank too, [[keep_answers]], so that no page can promise another.
var keepNames = map[string]string{
	"records":    "one year", // after the child has left
	"answers":    "one year", // after the child has left
	"agreements": "one year", // after the child has left
	"replaced":   "at once",  // of an agreement that was signed again
	"events":     "two years",
	"pictures":   "three months", // of the picture desk, after they were brought or were on the website
	"staff":      "one year",     // after they signed in last
}

func keepBlank(name string) string { return "keep_" + name }

var (
	period      = regexp.MustCompile(`^([a-z]+|[0-9]{1,3}) (month|year)s?$`)
	numberWords = []string{"", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"}
)

// periodMonths reads a period: "one year", "18 months", or "at once", which is none.
func periodMonths(words string) (int, bool) {
	if words == "at once" {
		return 0, true
	}
	m := period.FindStringSubmatch(words)
	if m == nil {
		return 0, false
	}
	n := slices.Index(numberWords, m[1])
	if n < 1 {
		n, _ = strconv.Atoi(m[1])
	}
	if m[2] == "year" {
		n *= 12
	}
	return n, n > 0 && n <= 12*100
}

// checkKeep checks the periods that a settings file says.
func checkKeep(c source.Checker, said map[string]string) {
	for _, name := range source.SortedKeys(said) {
		n, ok := periodMonths(said[name])
		switch _, known := keepNames[name]; {
		case !known:
			c.Say(name, "keep: unknown period %q; there are %s", name, strings.Join(source.SortedKeys(keepNames), ", "))
		case !ok, n == 0 && name != "replaced":
			c.Say(name, `keep: %s is not a period such as "one year" or "18 months"`, name)
		}
	}
}

// keeps are the school's periods, in words: its own, or the trust's, or the usual ones.
func (t *Trust) keeps(s *School) map[string]string {
	all := maps.Clone(keepNames)
	maps.Copy(all, t.Keep)
	if s != nil {
		maps.Copy(all, s.Keep)
	}
	return all
}

// Keeps are for how many months a school keeps what, by the names of [keep] in its
// settings.
func (t *Trust) Keeps(s *School) map[string]int {
	all := map[string]int{}
	for name, words := range t.keeps(s) {
		all[name], _ = periodMonths(words)
	}
	return all
}

// keepBlanks are the blanks that say how long what is kept.
func (t *Trust) keepBlanks(s *School) map[string]string {
	blanks := map[string]string{}
	for name, words := range t.keeps(s) {
		switch {
		case name == "replaced" && words == "at once": // the run of the night does it
			words = "the next night"
		case name == "replaced":
			words = "after " + words
		}
		blanks[keepBlank(name)] = words
	}
	return blanks
}

// keptTable is what is kept as a table in Markdown.
func keptTable(rows []Kept) string {
	var b strings.Builder
	b.WriteString("| What we keep | Why | How long |\n| --- | --- | --- |")
	cell := strings.NewReplacer("|", "\\|", "\n", " ")
	for _, r := range rows {
		fmt.Fprintf(&b, "\n| %s | %s | %s |", cell.Replace(r.What), cell.Replace(r.Why), cell.Replace(r.HowLong))
	}
	return b.String()
}
