// Package lists writes consent lists, and other tables, as files that spreadsheets open: what
// they say and who may have it is the portal's (list.go there), how it looks in a file is here.
package lists

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode"

	"schoolgate/portal"
)

// why is each standing in words, for whoever holds the list in their hand.
var why = map[portal.Standing]string{
	portal.StandingGiven:     "A parent or carer agreed",
	portal.StandingUnopposed: "Nobody has objected",
	portal.StandingObjected:  "A parent or carer objected",
	portal.StandingPupil:     "The pupil said no",
	portal.StandingNotAsked:  "Not asked for this year group",
	portal.StandingRefused:   "A parent or carer said no",
	portal.StandingWithdrawn: "A parent or carer took back their yes",
	portal.StandingConflict:  "One parent or carer agreed and another said no",
	portal.StandingWaiting:   "No answer yet to the present wording",
	portal.StandingUnread:    "Not confirmed: ask the safeguarding lead",
	portal.StandingHeld:      "Not confirmed: ask the school office", // the list goes from hand to hand, and who is in care is nobody else's to read
	portal.StandingNo:        "",                                     // of a list without reasons
}

// answer is a standing as whoever holds the list acts on it. That nobody objected is no
// yes, and is not called one.
func answer(s portal.Standing) string {
	switch {
	case s == portal.StandingUnopposed:
		return "May go ahead"
	case s.Allowed():
		return "Yes"
	}
	return "No"
}

// fits is the error of a row that has too few standings for its list, or too many.
func fits(row portal.ListRow, purposes int) error {
	if len(row.Standings) != purposes {
		return fmt.Errorf("consent list: %v has %d standings for %d purposes", row.Pupil, len(row.Standings), purposes)
	}
	return nil
}

func noWords(row portal.ListRow, s portal.Standing) error {
	return fmt.Errorf("consent list: %v has the standing %q, which has no words", row.Pupil, s)
}

const flushAt = 32 << 10

// Writer writes a consent list, a row for each pupil, and keeps nothing of a row. It
// is not safe for concurrent use. After an error every call answers the same one.
type Writer interface {
	Write(portal.ListRow) error
	Flush() error
}

// Formats are how a list may be written: the last with a sheet for each class.
var Formats = []string{"csv", "xlsx", "xlsx-classes"}

// New begins a list in one of the [Formats].
func New(w io.Writer, format string, l portal.List) (Writer, error) {
	switch format {
	case "csv":
		return CSV(w, l), nil
	case "xlsx", "xlsx-classes":
		return XLSX(w, l, format == "xlsx-classes"), nil
	}
	return nil, fmt.Errorf("a list has no format %q", format)
}

// CSVWriter is a [Writer] of CSV.
type CSVWriter struct {
	w        io.Writer
	buf      []byte
	purposes int
	cells    map[portal.Standing]string // yes or no, and why, as written
	years    map[portal.Year]string
	err      error
}

// CSV begins a list of what may be done with or for each pupil: surname,
// forename (with what tells two of one name apart), year and class; then, for each purpose, 'Yes' or 'No' under its
// title, and the reason in words where the list has reasons. Nothing reaches w before [CSVWriter.Flush],
// or before enough rows are written.
//
// It is UTF-8 with a byte order mark and CRLF, which is what Excel needs to show
// every name rightly, quoted as RFC 4180 says. An apostrophe goes before
// whatever a spreadsheet could take for a formula, and before a class or a number of
// which it would make a day or another number.
func CSV(w io.Writer, l portal.List) *CSVWriter {
	c := &CSVWriter{w: w, purposes: len(l.Purposes), cells: map[portal.Standing]string{}, years: map[portal.Year]string{}}
	for standing, words := range why {
		cell := []byte("," + answer(standing))
		if l.Reasons {
			cell = appendCell(append(cell, ','), words)
		}
		c.cells[standing] = string(cell)
	}
	c.buf = append(make([]byte, 0, flushAt+4096), "\ufeffSurname,Forename,Year,Class"...)
	for _, heading := range l.Further {
		c.buf = appendCell(append(c.buf, ','), heading)
	}
	for _, p := range l.Purposes {
		c.buf = appendCell(append(c.buf, ','), p.Title)
		if l.Reasons {
			c.buf = appendCell(append(c.buf, ','), p.Title+": why")
		}
	}
	c.buf = append(c.buf, "\r\n"...)
	return c
}

// Write adds a pupil, whose standings are in the order of the purposes.
func (c *CSVWriter) Write(row portal.ListRow) error {
	if c.err != nil {
		return c.err
	}
	if c.err = fits(row, c.purposes); c.err != nil {
		return c.err
	}
	year, ok := c.years[row.Pupil.Year]
	if !ok {
		year = row.Pupil.Year.String()
		c.years[row.Pupil.Year] = year
	}
	b := appendCell(c.buf, row.Pupil.Surname)
	b = appendCell(append(b, ','), row.Pupil.Known())
	b = appendCell(append(b, ','), year)
	b = appendCell(append(b, ','), kept(row.Pupil.Group))
	for _, cell := range row.Further {
		b = appendCell(append(b, ','), kept(cell))
	}
	for _, s := range row.Standings {
		cells, ok := c.cells[s]
		if !ok {
			c.err = noWords(row, s)
			return c.err
		}
		b = append(b, cells...)
	}
	c.buf = append(b, "\r\n"...)
	if len(c.buf) >= flushAt {
		return c.Flush()
	}
	return nil
}

// Flush writes what is still held back.
func (c *CSVWriter) Flush() error {
	if c.err != nil {
		return c.err
	}
	if _, err := c.w.Write(c.buf); err != nil {
		c.err = fmt.Errorf("consent list: %w", err)
	}
	c.buf = c.buf[:0]
	return c.err
}

// turned is what spreadsheets make numbers or days of, and what was written is lost.
var turned = regexp.MustCompile(`(?i)^(0\d+|\d{12,}|\d+e\d+|\d{1,4}[-/ ]\d{1,2}([-/ ]\d{2,4})?|\d{1,2}[-/ ]?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*([-/ ]?\d{2,4})?|(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[-/ ]?\d{1,4})$`)

// kept is a text that stays one: an apostrophe goes before what would be turned.
func kept(s string) string {
	if len(s) < 2 || len(s) > 20 || !strings.ContainsAny(s, "0123456789") || !turned.MatchString(s) {
		return s
	}
	return "'" + s
}

// Table writes rows of words as [CSV] writes a list: for what is no consent list and
// small, as it is put together before any of it is written.
func Table(w io.Writer, rows [][]string) error {
	b := []byte("\ufeff")
	for _, row := range rows {
		for i, cell := range row {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendCell(b, cell)
		}
		b = append(b, "\r\n"...)
	}
	if _, err := w.Write(b); err != nil {
		return fmt.Errorf("table: %w", err)
	}
	return nil
}

// A cell without these, and whose first byte is not one of [careful], is written
// as it is.
const quoted = ",;\"\t\r\n"

func careful(first byte) bool {
	return first <= ' ' || first >= 0x80 || first == '=' || first == '+' || first == '-' || first == '@'
}

// appendCell writes one cell.
//
// A formula is looked for not only at the beginning, and not only behind white
// space and what cannot be seen, but after every mark at which some spreadsheet,
// set to another country's separators, would begin a new cell.
func appendCell(b []byte, s string) []byte {
	mark := strings.ContainsAny(s, quoted)
	if s == "" || !mark && !careful(s[0]) {
		return append(b, s...)
	}
	if mark {
		b = append(b, '"')
	}
	begins, from := true, 0
	for i, r := range s {
		switch {
		case strings.ContainsRune(quoted, r):
			if i == 0 && r != '"' && r != ',' && r != ';' {
				b = append(b, '\'')
			}
			if r == '"' {
				b = append(append(b, s[from:i]...), '"')
				from = i
			}
			begins = true
		case begins && strings.ContainsRune("=+-@\uff1d\uff0b\uff0d\uff20", r):
			b = append(append(b, s[from:i]...), '\'')
			from, begins = i, false
		case begins:
			begins = unicode.IsSpace(r) || !unicode.IsGraphic(r) || r == unicode.ReplacementChar
		}
	}
	b = append(b, s[from:]...)
	if mark {
		b = append(b, '"')
	}
	return b
}
