// Package roster reads class lists as school offices export them, and says of
// every cell that cannot be taken as it is where it stands and what to do.
//
// Every format becomes a table with headings: a CSV file and the sheets of a
// workbook are ones as they come, an archive (OneRoster) and a transfer file
// (CTF) are written as ones. What follows is the same for all. A new column is a heading in
// headings.go, a cell in cells.go and a code in codes.go; what it means, and that silence
// changes nothing, is the portal's.
package roster

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"time"

	"schoolgate/portal"
)

// What a class list may hold at most.
const (
	MaxBytes = 64 << 20  // of the file
	MaxRows  = 1_000_000 // of a table, blank ones included
)

const (
	maxColumns  = 500
	maxProblems = 500 // listed; the rest are counted
	maxNotes    = 30  // of what is doubted, likewise
)

// Open says what a file seems to be, and what its columns would be taken for:
// as the mapping says, or else as their headings are understood. What cannot be
// read at all is [*portal.Invalid].
func Open(file []byte, m portal.ListMapping) (portal.ListFile, error) {
	b, err := open(file, m)
	if err != nil {
		return portal.ListFile{}, err
	}
	defer b.close()
	f := portal.ListFile{Format: b.format, Sheets: b.sheets, Sheet: m.Sheet, Notes: b.notes}
	g := b.grids[0]
	f.Shape = b.shape()
	f.Lacks = b.lacks()
	if f.Encoding = b.page; b.page != "" {
		for _, p := range pages {
			f.Encodings = append(f.Encodings, portal.ListChoice{Code: p.code, Label: p.name})
		}
	}
	if b.fixed {
		return f, nil
	}
	f.Choices = choices()
	for i, u := range g.cols.uses {
		f.Columns = append(f.Columns, portal.ListColumn{Letter: letters(i), Heading: visible(strings.TrimSpace(g.heads[i])), Samples: g.samples[i], Meaning: u.code(), Guards: g.cols.guards[i]})
	}
	return f, nil
}

// Read reads a class list: CSV (UTF-8, UTF-16 or Windows-1252; commas,
// semicolons or tabs), an Excel workbook, OneRoster 1.1 in a zip, or the common
// transfer file of the Department for Education. A table has a row for each pupil
// and contact, or one for each pupil with columns for several contacts.
//
// Two columns of one meaning are taken together: a preferred name comes before
// a plain one and that before a legal one, a mobile before other telephones,
// and so on. Two of the same standing are taken if no row has different things
// in them; otherwise nobody can tell which is whose, and both are named as a
// problem. Rows that repeat an earlier row in all that is read are left out, and
// so are titles above the headings and totals below the pupils.
//
// What has to be put right first is [*portal.Invalid], with every problem of
// every row, those of [portal.CheckClassList] included, up to 500.
func Read(file []byte, m portal.ListMapping) (portal.ClassList, error) {
	return read(file, m, time.Now())
}

func read(file []byte, m portal.ListMapping, now time.Time) (portal.ClassList, error) {
	none := portal.ClassList{}
	b, err := open(file, m)
	if err != nil {
		return none, err
	}
	defer b.close()
	if without := b.lacks(); b.undecided {
		return none, invalid("file", "say which school's list it is: the file holds those of "+strings.Join(b.sheets, ", "))
	} else if len(without) > 0 {
		return none, invalid(b.grids[0].head(), needed(without))
	}
	list := portal.ClassList{Format: b.format, Notes: b.notes, Ignored: b.grids[0].cols.ignored()}
	if b.fixed {
		list.Ignored = nil
	}
	var wrong problems
	for _, g := range b.grids {
		g.unworked(&wrong)
	}
	if err := wrong.or(); err != nil { // what follows from it need not be told
		return none, err
	}
	var unsure doubts
	seen := map[uint64]int{} // where rows stand in the list, by their hash
	seed := maphash.MakeSeed()
	for _, g := range b.grids {
		s := &sheet{grid: g, columns: g.cols, problems: &wrong, doubts: &unsure, now: now, fixed: b.fixed}
		s.today, s.eldest = portal.Date(now.Format(time.DateOnly)), portal.Date(now.AddDate(-21, 0, 0).Format(time.DateOnly))
		if err := s.profile(); err != nil {
			return none, err
		}
		err := g.body(func(l line) {
			if !s.shape(l) {
				s.above = nil
				return
			}
			for _, row := range s.read(l) {
				key := row
				key.Row = 0
				sum := maphash.Comparable(seed, key)
				if at, ok := seen[sum]; ok {
					key.Row = list.Rows[at].Row
					if key == list.Rows[at] {
						continue
					}
				}
				seen[sum] = len(list.Rows)
				list.Rows = append(list.Rows, row)
			}
		})
		if err != nil {
			return none, err
		}
		list.Notes = append(list.Notes, s.notes...)
	}
	list.Notes = append(list.Notes, unsure.told()...)
	if len(list.Rows) == 0 && len(wrong.Problems) == 0 {
		return none, invalid("file", "the file has headings and no pupils below them")
	}
	for _, p := range portal.CheckClassList(list.Rows) {
		wrong.add(p.Field, p.Message)
	}
	if err := wrong.or(); err != nil {
		return none, err
	}
	return list, nil
}

// book is an opened file.
type book struct {
	format string
	sheets []string // to choose from
	grids  []*grid  // to be read, of one shape; at least one
	fixed  bool     // the format says what its columns mean
	// undecided says that one of the sheets has to be chosen first.
	undecided bool
	page      string // how text was saved that does not say so; "" where it does
	notes     []string
	done      func() error
}

func (b *book) close() {
	if b.done != nil {
		_ = b.done() // of a reader, whose errors came with what was read
	}
}

// lacks is what no column of the book is taken for.
func (b *book) lacks() []string {
	if b.undecided {
		return []string{"the school whose list it is"}
	}
	if b.fixed { // what a format has no place for is asked about later
		return nil
	}
	return b.grids[0].cols.missing()
}

// shape is the same for files of one format with the same headings.
func (b *book) shape() string {
	heads := []string{strings.SplitN(b.format, " (", 2)[0]}
	for _, h := range b.grids[0].heads {
		heads = append(heads, strings.Map(func(r rune) rune { // however their other letters came out
			if r >= 0x80 {
				return -1
			}
			return r
		}, squash(h)))
	}
	sum := sha256.Sum256([]byte(strings.Join(heads, "\n")))
	return hex.EncodeToString(sum[:])
}

// open recognises a file and finds its tables.
func open(file []byte, m portal.ListMapping) (*book, error) {
	if len(file) > MaxBytes {
		return nil, invalid("file", fmt.Sprintf("the file is larger than %d MB, which no class list is: check that it is the right file", MaxBytes>>20))
	}
	var b *book
	var err error
	switch kind, what := sniff(file); kind {
	case isZip:
		b, err = openZip(file, m)
	case isXML:
		b, err = openTransfer(file)
	case isText:
		b, err = openText(file, m)
	default:
		err = invalid("file", what)
	}
	if err != nil {
		return nil, err
	}
	return b, nil
}

// choose keeps the tables that can be read together: those of the sheet that was
// chosen, or else of the best headings and of others alike.
func (b *book) choose(all []*grid, m portal.ListMapping) error {
	var best *grid
	for _, g := range all {
		if err := g.find(); err != nil {
			return err
		}
		if len(g.heads) == 1 && g.known == 0 {
			if err := g.split(); err != nil {
				return err
			}
		}
		if m.Sheet != "" && g.name != m.Sheet {
			continue
		}
		if best == nil || g.known > best.known {
			best = g
		}
	}
	if best == nil {
		return invalid("file", "the sheet that was chosen is not in this file")
	}
	if best.known < 1 {
		return invalid(best.place(max(best.top, 1)), "none of the headings is understood. A class list has a row of headings, such as Forename, Surname, Date of birth and Year, with the pupils below it")
	}
	var alike []*grid
	for _, g := range all {
		switch {
		case g == best || m.Sheet == "" && g.known == best.known && slices.Equal(squashed(g.heads), squashed(best.heads)):
			alike = append(alike, g)
		case m.Sheet == "" && g.known >= 3:
			b.notes = append(b.notes, fmt.Sprintf("Sheet %s was not read: its headings are not those of %s.", quoted(g.name), quoted(best.name)))
		}
	}
	if len(all) > 1 {
		for _, g := range all {
			b.sheets = append(b.sheets, g.name)
		}
	}
	if len(alike) > 1 {
		b.notes = append(b.notes, fmt.Sprintf("%d sheets of the same headings were read as one list.", len(alike)))
	}
	for _, g := range alike {
		g.cols = newColumns(g.heads, m.Columns, m.Guards)
		if len(alike) > 1 && g.cols.classless() && className.MatchString(g.name) && !title.MatchString(g.name) {
			g.alone = g.name
		}
		if err := g.sample(); err != nil {
			return err
		}
		g.several = len(all) > 1
	}
	b.grids = alike
	return nil
}

func squashed(heads []string) (out []string) {
	for _, h := range heads {
		out = append(out, squash(h))
	}
	return out
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// doubts is what is told once for all rows of which it is so.
type doubts struct {
	rows  map[string]int
	order []string
}

func (d *doubts) doubt(words string) {
	if d.rows == nil {
		d.rows = map[string]int{}
	}
	if d.rows[words]++; d.rows[words] == 1 {
		d.order = append(d.order, words)
	}
}

func (d *doubts) told() (notes []string) {
	for i, words := range d.order {
		if i == maxNotes {
			return append(notes, fmt.Sprintf("And %d more of this kind.", len(d.order)-i))
		}
		notes = append(notes, words+" ("+count(d.rows[words], "row")+")")
	}
	return notes
}

// problems is the first of the problems, and how many more there are.
type problems struct {
	portal.Invalid
	more int
}

func (p *problems) add(field, message string) {
	if len(p.Problems) == maxProblems {
		p.more++
		return
	}
	p.Add(field, message)
}

func (p *problems) or() error {
	if p.more > 0 {
		p.Add("file", fmt.Sprintf("and %d more", p.more))
	}
	return p.Or()
}

func invalid(field, message string) error {
	return &portal.Invalid{Problems: []portal.Problem{{Field: field, Message: message}}}
}
