package site

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"

	"schoolgate/site/source"
)

// A clause is a heading or a numbered item of a policy: what has a number in
// the margin and an address of its own.
type clause struct {
	id      string
	heading bool
	level   int    // of a heading 1 to 6; of an item its depth, from 1
	number  string // in full: "9.3.4(a)"
	label   string // what the margin shows: "9.3.4", or "(a)" further in
	words   string // of a heading its text; of an item its first paragraph, Markdown

	first, end int // its lines [first, end), those of the clauses in it included
	parent     int // index of the clause it stands in, -1 for none

	offset   int     // bytes before its words in its line
	wordsAt  int     // the line of them
	typed    string  // the number somebody wrote before them
	given    *string // the number of n="…", which stands whatever it is; "" for none
	wordsEnd int     // line after the words
	start    int     // of an item: what its list begins with
	quoted   bool    // within a block quote or a list: it gets an address, no number
	underset bool    // a heading underlined instead of marked with #
}

var (
	headingID   = regexp.MustCompile(`[ \t]*\{` + idAndNumber + `\}[ \t]*#*[ \t]*$`)
	itemID      = regexp.MustCompile(`^\{` + idAndNumber + `\}[ \t]*`)
	anyID       = regexp.MustCompile(`^[ \t]*(?:#+.*|(?:[0-9]+[.)][ \t]+))\{#([^}\s]*)(?: n="[^"]*")?\}`)
	typedNumber = regexp.MustCompile(`^(\d+(?:\.\d+)*)\.?[ \t]+`)
	typedClause = regexp.MustCompile(`^(\d+(?:\.\d+)+)\.?[ \t]+`)
)

// idAndNumber are an id, a number that a document gives its clause, or both.
const idAndNumber = `(?:#([^}\s"]*)|(n="[^"]*")|#([^}\s"]*) (n="[^"]*"))`

// take reads what somebody wrote in braces: {#filter-tests}, {n="3.2.1"} or
// {#filter-tests n="3.2.1"}.
func (c *clause) take(m []string) {
	c.id = m[1] + m[3]
	if n, ok := strings.CutPrefix(m[2]+m[4], "n="); ok {
		n = strings.Trim(n, `"`)
		c.given = &n
	}
}

// pageIDs are ids that the policy's page has besides its clauses'.
var pageIDs = []string{"main", "contents", "who-is-responsible", "about-this-policy", "ways", policySummary}

// idsIn are the ids that lines give to clauses, each as the text of a line.
func idsIn(lines []policyLine) []policyLine {
	var ids []policyLine
	for _, l := range lines {
		if m := anyID.FindStringSubmatch(l.text); m != nil {
			ids = append(ids, policyLine{l.file, l.n, m[1]})
		}
	}
	return ids
}

// findClauses parses lines of Markdown and returns their clauses in order, with
// the ids that are written and without numbers.
func findClauses(lines []policyLine) []clause {
	f := clauseFinder{lines: lines, data: []byte(linesOf(lines)), starts: []int{0}}
	for i, b := range f.data {
		if b == '\n' {
			f.starts = append(f.starts, i+1)
		}
	}
	f.walk(source.Markdown.Parse(text.NewReader(f.data)), clausePlace{within: -1})
	nestHeadings(f.found, lines)
	return f.found
}

// A clauseFinder walks through parsed Markdown.
type clauseFinder struct {
	lines  []policyLine
	data   []byte
	starts []int // offset of each line
	found  []clause
}

// A clausePlace is where a part of the text stands.
type clausePlace struct {
	depth  int  // numbered lists around it
	within int  // index of the clause that it belongs to, -1 for none
	quoted bool // in a block quote
}

func (f *clauseFinder) lineAt(offset int) int {
	i, exact := slices.BinarySearch(f.starts, offset)
	if !exact {
		i--
	}
	return min(i, len(f.lines))
}

// end of a block is where the next one begins, less empty lines.
func (f *clauseFinder) end(n ast.Node) int {
	last := len(f.lines)
	for at := n; at != nil; at = at.Parent() {
		if next := at.NextSibling(); next != nil && next.Pos() >= 0 {
			last = f.lineAt(next.Pos())
			break
		}
	}
	for last > f.lineAt(n.Pos())+1 && strings.TrimSpace(f.lines[last-1].text) == "" {
		last--
	}
	return last
}

// add notes a clause whose words are those of a node, without the part of them that
// strip takes off: an id, or a number that somebody typed.
func (f *clauseFinder) add(c clause, n ast.Node, strip func(*clause)) {
	segments := n.Lines()
	begin, stop := segments.At(0).Start, segments.At(segments.Len()-1).Stop
	c.wordsAt = f.lineAt(begin)
	c.offset = begin - f.starts[c.wordsAt]
	c.wordsEnd = f.lineAt(max(begin, stop-1)) + 1
	c.words = strings.TrimSpace(string(segments.Value(f.data)))
	strip(&c)
	f.found = append(f.found, c)
}

func (f *clauseFinder) walk(parent ast.Node, at clausePlace) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.Heading:
			if n.Lines().Len() > 0 && f.heading(n, at) {
				at.within = len(f.found) - 1
			}
		case *ast.List:
			for item := n.FirstChild(); item != nil; item = item.NextSibling() {
				f.item(n, item, at)
			}
		case *ast.Paragraph:
			f.paragraph(n, at)
		case *ast.Blockquote:
			f.walk(n, clausePlace{at.depth, at.within, true})
		}
	}
}

// heading adds a heading, and says whether what follows belongs to it.
func (f *clauseFinder) heading(n *ast.Heading, at clausePlace) bool {
	c := clause{heading: true, level: n.Level, parent: -1, first: f.lineAt(n.Pos()), end: f.end(n), quoted: at.quoted || at.depth > 0}
	f.add(c, n, func(c *clause) {
		c.underset = !strings.HasPrefix(strings.TrimLeft(f.lines[c.wordsAt].text, " >"), "#")
		if m := headingID.FindStringSubmatch(f.lines[c.wordsEnd-1].text); m != nil {
			c.take(m)
			c.words = strings.TrimSpace(headingID.ReplaceAllString(c.words, ""))
		}
	})
	return !c.quoted
}

// item adds one of a numbered list, and what stands in it.
func (f *clauseFinder) item(list *ast.List, item ast.Node, at clausePlace) {
	inner := at
	_, isText := item.FirstChild().(*ast.TextBlock)
	_, isParagraph := item.FirstChild().(*ast.Paragraph)
	if list.IsOrdered() && !at.quoted && (isText || isParagraph) {
		c := clause{level: at.depth + 1, parent: at.within, first: f.lineAt(item.Pos()), end: f.end(item), start: list.Start}
		f.add(c, item.FirstChild(), func(c *clause) {
			if m := itemID.FindStringSubmatch(c.words); m != nil {
				c.take(m)
				c.words = c.words[len(m[0]):]
			}
		})
		inner.within = len(f.found) - 1
	}
	if list.IsOrdered() {
		inner.depth++
	}
	f.walk(item, inner)
}

// paragraph adds "7.3.1 Staff keep …", as lists come out of a word processor.
func (f *clauseFinder) paragraph(n *ast.Paragraph, at clausePlace) {
	m := typedClause.FindStringSubmatch(string(n.Lines().Value(f.data)))
	if m == nil || at.depth > 0 || at.quoted {
		return
	}
	c := clause{level: 1, parent: at.within, first: f.lineAt(n.Pos()), end: f.end(n), typed: m[1]}
	f.add(c, n, func(c *clause) { c.words = c.words[len(m[0]):] })
}

// nestHeadings makes a heading hold what follows, down to the next of its level or
// above.
func nestHeadings(found []clause, lines []policyLine) {
	for i := range found {
		c := &found[i]
		if !c.heading || c.quoted {
			continue
		}
		c.end = len(lines)
		for j := i + 1; j < len(found); j++ {
			if next := found[j]; next.heading && !next.quoted && next.level <= c.level {
				c.end = next.first
				break
			}
		}
		for j := i - 1; j >= 0; j-- {
			if above := found[j]; above.heading && !above.quoted && above.level < c.level {
				c.parent = j
				break
			}
		}
		for c.end > c.first+1 && strings.TrimSpace(lines[c.end-1].text) == "" {
			c.end--
		}
	}
}

// numberClauses counts the clauses and returns the Markdown in which each
// carries its number and address. With written, a clause without an id is a
// problem; otherwise it gets one of its first words, which stays the same
// wherever it moves beneath its heading.
func numberClauses(lines []policyLine, written bool, problems *source.Problems) (string, []clause) {
	clauses := findClauses(lines)
	top := 6 // the highest heading there is becomes an h2, as the page's title is the h1
	for _, c := range clauses {
		if c.heading && !c.quoted {
			top = min(top, c.level)
		}
	}
	counts := map[int]int{} // of the clauses numbered in each, -1 for the whole
	taken := map[string]int{}
	for _, id := range pageIDs {
		taken[id] = -1
	}
	for i := range clauses {
		c := &clauses[i]
		line := lines[c.first]
		if c.id != "" {
			if !source.SlugPattern.MatchString(c.id) {
				problems.Add(line.file, line.n, "the id %q has to be of a-z, 0-9 and single hyphens", c.id)
			}
			if other, twice := taken[c.id]; twice && other < 0 {
				problems.Add(line.file, line.n, "the id %q belongs to the page around the policy: choose another", c.id)
			} else if twice {
				problems.Add(line.file, line.n, "the id %q is there twice: also at %s:%d", c.id, lines[clauses[other].first].file, lines[clauses[other].first].n)
			}
			taken[c.id] = i
		} else if written && !c.quoted {
			what := "item: write 1. {#some-id} before its words"
			if c.heading {
				what = "heading: write {#some-id} after its words"
			}
			problems.Add(line.file, line.n, "the clause has no id that links and schools can hold on to. Give one to this %s", what)
		}
		if c.given != nil && (!numberSigns.MatchString(*c.given) || *c.given == "" && !c.heading) {
			problems.Add(line.file, line.n, "the number %q has to be of 1 to 24 letters, digits, spaces, full stops, hyphens and brackets", *c.given)
		}
		c.count(clauses, counts)
	}
	for i := range clauses {
		c := &clauses[i]
		if c.id == "" {
			c.id = idFromWords(*c, clauses, taken)
			taken[c.id] = i
		}
	}
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = l.text
	}
	for _, c := range clauses {
		c.mark(out, 2-top)
	}
	return strings.Join(out, "\n") + "\n", clauses
}

// count gives the clause its number: 4, 4.2, 4.2.1 for headings and the items
// beneath them, then (a), (i), (A), (1) further in. A number that somebody
// wrote stands.
func (c *clause) count(clauses []clause, counts map[int]int) {
	if c.quoted {
		return
	}
	above := ""
	if c.parent >= 0 {
		above = clauses[c.parent].number
	}
	if c.given != nil {
		c.numberAs(*c.given, above)
		if n, err := strconv.Atoi(strings.Trim(c.label[strings.LastIndexByte(c.label, '.')+1:], "()")); err == nil {
			counts[c.parent] = max(counts[c.parent], n)
		}
		return
	}
	if c.heading {
		if m := typedNumber.FindStringSubmatch(c.words); m != nil {
			c.typed, c.words = m[1], c.words[len(m[0]):]
		}
	}
	if c.typed != "" {
		c.number, c.label = c.typed, c.typed
		if last, err := strconv.Atoi(c.typed[strings.LastIndexByte(c.typed, '.')+1:]); err == nil {
			counts[c.parent] = max(counts[c.parent], last)
		}
		return
	}
	if c.start > counts[c.parent]+1 {
		counts[c.parent] = c.start - 1
	}
	counts[c.parent]++
	n := counts[c.parent]
	c.label = strconv.Itoa(n)
	switch {
	case c.heading || c.level == 1:
		if above != "" {
			c.label = above + "." + c.label
		}
		c.number = c.label
		return
	case c.level == 2:
		c.label = "(" + letters(n) + ")"
	case c.level == 3:
		c.label = "(" + roman(n) + ")"
	case c.level == 4:
		c.label = "(" + strings.ToUpper(letters(n)) + ")"
	default:
		c.label = "(" + c.label + ")"
	}
	c.number = above + c.label
}

// numberAs gives a clause the number that its document has: 3.2.1 says all of it,
// (a) or iv. is one within the clause above.
func (c *clause) numberAs(n, above string) {
	c.label, c.number = n, strings.TrimRight(n, ".")
	if core := strings.Trim(n, "()."); !c.heading && above != "" && core != "" && !strings.Contains(core, ".") {
		c.number = above + "(" + core + ")"
	}
	if c.number == "" {
		c.number = above
	}
}

// numberSigns are those that a document's own number may have.
var numberSigns = regexp.MustCompile(`^[\pL\pN.()\- ]{0,24}$`)

// mark writes number and id into the lines, for the theme to set: a heading as
// "## 4.2 Filtering {#filtering}", an item with a link to itself, which hugo.go
// renders. Headings move down by as many levels as given.
func (c clause) mark(out []string, down int) {
	if c.heading && c.quoted {
		if c.underset {
			return // no room for an id of its own; Hugo makes one
		}
		line := headingID.ReplaceAllString(out[c.wordsAt], "")
		out[c.wordsAt] = strings.TrimRight(line, " #") + " {#" + c.id + "}"
		return
	}
	if c.heading {
		for i := c.wordsAt; i < c.wordsEnd; i++ {
			out[i] = ""
		}
		if c.underset && c.wordsEnd < len(out) {
			out[c.wordsEnd] = ""
		}
		number, attribute := c.number, ""
		if c.given != nil {
			number, attribute = c.label, fmt.Sprintf(" data-n=%q", c.label)
		}
		out[c.wordsAt] = strings.Repeat("#", min(max(c.level+down, 2), 6)) + " " +
			strings.TrimSpace(number+" "+strings.Join(strings.Fields(c.words), " ")) + " {#" + c.id + attribute + "}"
		return
	}
	line := out[c.wordsAt]
	rest := line[c.offset:]
	if c.typed != "" {
		rest = typedClause.ReplaceAllString(rest, "")
	} else {
		rest = itemID.ReplaceAllString(rest, "")
	}
	out[c.wordsAt] = fmt.Sprintf("%s[%s](#%s %q) %s", line[:c.offset], c.label, c.id, clauseTitle+c.number, rest)
}

// clauseTitle begins the title of a link that is a clause's own number.
const clauseTitle = "Clause "

// idFromWords makes an id of a clause's first words beneath the id of the
// heading it stands under, always of both, so that no clause added elsewhere
// changes it. Where one heading has the same words twice, the clause between
// tells them apart, and at last a number.
func idFromWords(c clause, clauses []clause, taken map[string]int) string {
	limit := 6
	if c.heading {
		limit = 10
	}
	id := wordsID(c.words, limit)
	heading := c.parent
	for heading >= 0 && !clauses[heading].heading {
		heading = clauses[heading].parent
	}
	under := ""
	if heading >= 0 {
		under = clauses[heading].id + "-"
	}
	tries := []string{under + id}
	if c.parent >= 0 && c.parent != heading {
		tries = append(tries, under+wordsID(clauses[c.parent].words, 3)+"-"+id)
	}
	for _, try := range tries {
		if _, used := taken[try]; !used {
			return try
		}
	}
	for n := 2; ; n++ {
		numbered := under + id + "-" + strconv.Itoa(n)
		if _, used := taken[numbered]; !used {
			return numbered
		}
	}
}

// wordsID writes the first words of a text as an id.
func wordsID(text string, limit int) string {
	var words []string
	for _, word := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' && r != '’'
	}) {
		word = strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, word)
		if word != "" && len(words) < limit {
			words = append(words, word)
		}
	}
	if len(words) == 0 {
		return "clause"
	}
	return strings.Join(words, "-")
}

// letters counts a, b … z, aa, ab …
func letters(n int) string {
	s := ""
	for ; n > 0; n = (n - 1) / 26 {
		s = string(rune('a'+(n-1)%26)) + s
	}
	return s
}

func roman(n int) string {
	var s strings.Builder
	for _, each := range []struct {
		value int
		sign  string
	}{{100, "c"}, {90, "xc"}, {50, "l"}, {40, "xl"}, {10, "x"}, {9, "ix"}, {5, "v"}, {4, "iv"}, {1, "i"}} {
		for ; n >= each.value; n -= each.value {
			s.WriteString(each.sign)
		}
	}
	return s.String()
}

// didYouMean names the id nearest to one that there is not, when one is near.
func didYouMean(id string, ids map[string]bool) string {
	best, least := "", len(id)/3+2
	for _, each := range source.SortedKeys(ids) {
		if d := distance(id, each); d < least {
			best, least = each, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// distance is how many letters have to change to make one word of another.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
