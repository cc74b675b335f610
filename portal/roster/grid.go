package roster

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// line is one row of a table.
type line struct {
	n       int      // as a spreadsheet numbers it, from 1
	cells   []string // reused from one line to the next
	wide    bool     // there are filled cells beyond maxColumns
	fault   string   // what is wrong with the quotation marks
	faultAt int      // in which cell, from 0
}

func (l line) faulty() bool { return l.fault != "" || l.wide }

// grid is a table: a CSV file, or a sheet.
type grid struct {
	name    string // of the sheet
	several bool   // there are other sheets, so places name this one
	unit    string // what a line is called; "row"
	excel   bool   // whole numbers may be days
	d1904   bool   // counted from 1904
	broken  bool   // U+FFFD stands for what could not be read
	// resultless is the first row of each column that has a formula without its result,
	// as programs write that are no spreadsheets.
	resultless map[int]int
	// lines gives the table from its first line on, until yield answers false;
	// its error is about the file, for whoever brought it.
	lines func(yield func(line) bool) error

	// Where no column is of classes or years, what a sheet's name or a line alone above
	// its pupils says of them.
	alone, class string

	top     int      // the number of the line of headings
	heads   []string // the headings
	known   int      // how many of them are understood
	cols    columns
	samples [][]string
}

const (
	maxTitles  = 40 // lines above the headings
	maxSamples = 3
	sampled    = 300 // lines looked at for samples
)

func (g *grid) place(n int) string {
	unit := "row"
	if g.unit != "" {
		unit = g.unit
	}
	if g.several && g.name != "" {
		return fmt.Sprintf("sheet %s, %s %d", quoted(g.name), unit, n)
	}
	return fmt.Sprintf("%s %d", unit, n)
}

func (g *grid) head() string { return g.place(g.top) }

// cell is the place of a cell.
func (g *grid) cell(n, at int) string {
	label := letters(at)
	if at < len(g.cols.labels) {
		label = g.cols.labels[at]
	}
	return g.place(n) + ", column " + label
}

func quoted(name string) string { return "‘" + visible(name) + "’" }

// find finds the line of headings: of the first lines, the one with most that
// are understood. A line above it whose few cells stand over several, as merged
// cells do, gives each of them its words.
func (g *grid) find() error {
	var above []string
	looked := 0
	var bad error
	err := g.lines(func(l line) bool {
		if blank(l.cells) && !l.faulty() {
			return true
		}
		if looked++; looked > maxTitles {
			return false
		}
		heads := slices.Clone(l.cells)
		for len(heads) > 0 && strings.TrimSpace(heads[len(heads)-1]) == "" {
			heads = heads[:len(heads)-1]
		}
		known := understood(heads)
		if joined := under(above, heads); joined != nil {
			if n := understood(joined); n > known {
				heads, known = joined, n
			}
		}
		if known > g.known || g.top == 0 {
			g.top, g.heads, g.known = l.n, heads, known
			switch bad = nil; {
			case l.wide:
				bad = invalid(g.place(l.n), fmt.Sprintf("there are more than %d columns: check that this is a class list", maxColumns))
			case l.fault != "":
				bad = invalid(g.place(l.n)+", column "+letters(l.faultAt), l.fault)
			}
		}
		above = slices.Clone(l.cells)
		return true
	})
	if err != nil {
		return err
	}
	if looked == 0 {
		return nil
	}
	return bad
}

// split makes cells of a table that has all of a row in one, as where a file with
// semicolons was opened in a spreadsheet that expected commas.
func (g *grid) split() error {
	whole := g.lines
	for _, comma := range []byte(";\t|,") {
		parted := &grid{lines: func(yield func(line) bool) error {
			return whole(func(l line) bool {
				if len(trimmed(l.cells)) == 1 {
					in := &records{s: l.cells[0], comma: comma}
					in.next()
					l.cells, l.wide, l.fault, l.faultAt = in.cells, in.wide, in.fault, in.faultAt
				}
				return yield(l)
			})
		}}
		if err := parted.find(); err != nil {
			return err
		}
		if parted.known > g.known {
			g.lines, g.top, g.heads, g.known = parted.lines, parted.top, parted.heads, parted.known
		}
	}
	return nil
}

// unworked reports columns that are read and whose formulas have no results.
func (g *grid) unworked(p *problems) {
	for i, u := range g.cols.uses {
		if row := g.resultless[i]; u.used && row > g.top {
			p.add(g.cell(row, i), "is a formula whose result is not in the file: open it in a spreadsheet program, save it there, and choose it again")
		}
	}
}

// understood counts the headings that mean something to us, each meaning once.
func understood(heads []string) (n int) {
	seen := map[told]bool{}
	for _, h := range heads {
		if t, ok := meaningOf(h); ok && !seen[t] {
			seen[t] = true
			n++
		}
	}
	return n
}

// under is headings with the words that stand above them, or nil where nothing
// does. Words reach to the right over empty cells, up to the next.
func under(above, heads []string) []string {
	reach, any := "", false
	out := slices.Clone(heads)
	for i := range heads {
		if i < len(above) && strings.TrimSpace(above[i]) != "" {
			reach = strings.TrimSpace(above[i])
		}
		if _, ok := contactMeaning(squash(reach)); reach != "" && ok && strings.TrimSpace(heads[i]) != "" {
			out[i] = reach + " " + strings.TrimSpace(heads[i])
			any = true
		}
	}
	if !any {
		return nil
	}
	return out
}

// sample takes up to three values of each column.
func (g *grid) sample() error {
	g.samples = make([][]string, len(g.cols.labels))
	looked := 0
	return g.lines(func(l line) bool {
		if l.n <= g.top || blank(l.cells) {
			return true
		}
		for i := range min(len(l.cells), len(g.samples)) {
			if v := visible(strings.TrimSpace(l.cells[i])); v != "" && len(g.samples[i]) < maxSamples && !slices.Contains(g.samples[i], v) {
				g.samples[i] = append(g.samples[i], v)
			}
		}
		looked++
		return looked < sampled
	})
}

// aside is what reports write above, between and below the pupils.
var aside = regexp.MustCompile(`(?i)^\W*((sub|grand)[ -]?totals?\b|totals?\b|count\b|sum\b|average\b|(total )?(number|no\.?|count) of (pupils|students|children|learners|records|rows|contacts)\b|(pupils|students|children|learners|records|rows|boys|girls|contacts)( (listed|found|shown|in (class|group|total)))?\s*[:=]?\s*\d+\W*$|\d+ (pupils|students|children|learners|records|rows|contacts|boys|girls)\b|end of (report|list|file)\b|(report|list) (created|generated|printed|produced|run|title|name|date)\b|(created|generated|printed|produced|exported|run|report run|extracted) (on|by|at|from)?\b|page \d+|confidential\b|(class|year|year group|form|reg|registration group|tutor group|group)\s*[:=])`)

// section is the name of a class that stands alone above its pupils.
var section = regexp.MustCompile(`(?i)^(class|year|year group|form|reg|registration(?: group| form| class)?|tutor group|group)\b\s*[:=-]?\s*(.*)$`)

// sectionOf says whether a line stands above the pupils of a class, and of which where
// it says so.
func sectionOf(cells []string) (class string, ok bool) {
	var filled []string
	for _, c := range cells {
		if c = strings.TrimSpace(c); c != "" {
			filled = append(filled, c)
		}
	}
	if len(filled) == 0 || len(filled) > 2 || len(filled) == 2 && !strings.ContainsAny(filled[0], ":=") {
		return "", false
	}
	m := section.FindStringSubmatch(strings.Join(filled, " "))
	if m == nil {
		return "", false
	}
	if !className.MatchString(m[2]) || title.MatchString(m[2]) {
		return "", true
	}
	if strings.HasPrefix(strings.ToLower(m[1]), "year") && wholeNumber.MatchString(m[2]) {
		return "Year " + m[2], true
	}
	return m[2], true
}

var (
	className = regexp.MustCompile(`^[\pL\pN][\pL\pN'’&./-]*( [\pL\pN'’&./-]+){0,2}$`)
	title     = regexp.MustCompile(`(?i)\b(lists?|register|report|details|contacts?|of|for|totals?|term|autumn|spring|summer|pupils|students|children|school|sheet|tab|page|data|table|all)(\b|\d)`)
)

// body gives the lines below the headings that are of pupils: not the blank
// ones, not the headings again as at the top of a page, and not titles and totals.
func (g *grid) body(each func(line)) error {
	heads := squashed(g.heads)
	total, bad := 0, error(nil)
	g.class = g.alone
	var held []line // sparse lines: notes, if no pupil follows
	give := func() {
		for _, l := range held {
			each(l)
		}
		held = nil
	}
	err := g.lines(func(l line) bool {
		if total++; total > MaxRows {
			bad = invalid("file", fmt.Sprintf("the file has more than %d rows: upload one school's class list, or split it by year", MaxRows))
			return false
		}
		if blank(l.cells) && !l.faulty() {
			return true
		}
		if class, ok := sectionOf(l.cells); ok && l.fault == "" && class != "" && !g.dated(l) {
			g.class = class
			return true
		}
		if l.n <= g.top || l.fault == "" && slices.Equal(squashed(trimmed(l.cells)), heads) {
			return true
		}
		filled, first := 0, ""
		for _, c := range l.cells {
			if c = strings.TrimSpace(c); c != "" {
				if filled++; filled == 1 {
					first = c[:min(len(c), maxText)]
				}
			}
		}
		if l.fault == "" && !g.dated(l) && (aside.MatchString(first) || filled == 1 && section.MatchString(first)) {
			return true
		}
		if filled == 1 && l.fault == "" && len(g.heads) > 3 && len(held) < 10 {
			held = append(held, line{n: l.n, cells: slices.Clone(l.cells)})
			return true
		}
		give()
		each(l)
		return true
	})
	if err == nil && bad == nil && len(held) > 0 && !g.lastNote(held) {
		give()
	}
	if err == nil {
		err = bad
	}
	return err
}

// lastNote says whether lone cells below the last pupil are somebody's remark:
// words in a column that does not hold names, numbers or contacts alone.
func (g *grid) lastNote(held []line) bool {
	for _, l := range held {
		for i, c := range l.cells {
			if strings.TrimSpace(c) != "" && i < len(g.cols.uses) && g.cols.uses[i].used && g.cols.uses[i].field.ofContact() {
				return false
			}
		}
		if !strings.ContainsAny(strings.TrimSpace(strings.Join(l.cells, " ")), " :") {
			return false
		}
	}
	return true
}

// dated says whether a line has something in its column of birthdays.
func (g *grid) dated(l line) bool {
	for _, c := range g.cols.pupil[born] {
		if c.at >= len(l.cells) {
			continue
		}
		text := strings.TrimSpace(l.cells[c.at])
		text = text[:min(len(text), maxText)]
		if len(text) > 4 && strings.ContainsAny(text, "0123456789") && !aside.MatchString(text) {
			return true
		}
	}
	return false
}

func trimmed(cells []string) []string {
	for len(cells) > 0 && strings.TrimSpace(cells[len(cells)-1]) == "" {
		cells = cells[:len(cells)-1]
	}
	return cells
}

func blank(cells []string) bool {
	for _, c := range cells {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return true
}
