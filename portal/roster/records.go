package roster

import "strings"

// records cuts text into rows of cells. It is here, and not encoding/csv,
// because that neither counts rows as a spreadsheet does (blank lines count, a
// line break within a cell does not) nor goes on after a fault to find the rest,
// nor takes a bare CR for the end of a row.
type records struct {
	s     string
	pos   int
	comma byte

	row     int      // of the cells, from 1
	cells   []string // reused; at most maxColumns
	wide    bool     // there are filled cells beyond maxColumns
	fault   string   // what is wrong with the quotation marks
	faultAt int      // in which cell, from 0
}

// next reads one row, and reports whether there was one.
func (r *records) next() bool {
	if r.pos >= len(r.s) {
		return false
	}
	r.row++
	r.cells, r.wide, r.fault = r.cells[:0], false, ""
	for n := 0; ; n++ {
		cell, fault := r.cell()
		if fault != "" && r.fault == "" {
			r.fault, r.faultAt = fault, n
		}
		if n < maxColumns {
			r.cells = append(r.cells, cell)
		} else if cell != "" {
			r.wide = true
		}
		if r.pos >= len(r.s) {
			return true
		}
		c := r.s[r.pos]
		r.pos++
		if c == r.comma {
			continue
		}
		if c == '\r' && r.pos < len(r.s) && r.s[r.pos] == '\n' {
			r.pos++
		}
		return true
	}
}

// cell reads up to the comma or line end after a cell.
func (r *records) cell() (text, fault string) {
	if !strings.HasPrefix(r.s[r.pos:], `"`) {
		return r.bare(), ""
	}
	r.pos++
	start := r.pos
	var parts strings.Builder // of a cell that has quotation marks within
	for {
		i := strings.IndexByte(r.s[r.pos:], '"')
		if i < 0 {
			parts.WriteString(r.s[start:])
			r.pos = len(r.s)
			return parts.String(), "a quotation mark is opened here and never closed, so the rest of the file is one cell"
		}
		r.pos += i + 1
		if !strings.HasPrefix(r.s[r.pos:], `"`) {
			break
		}
		parts.WriteString(r.s[start:r.pos])
		r.pos++
		start = r.pos
	}
	text = r.s[start : r.pos-1]
	if parts.Len() > 0 {
		parts.WriteString(text)
		text = parts.String()
	}
	if after := r.bare(); strings.TrimSpace(after) != "" {
		return text + after, "there is text after the closing quotation mark: a quotation mark within a cell is written twice"
	}
	return text, ""
}

func (r *records) bare() string {
	start := r.pos
	for r.pos < len(r.s) && r.s[r.pos] != r.comma && r.s[r.pos] != '\n' && r.s[r.pos] != '\r' {
		r.pos++
	}
	return r.s[start:r.pos]
}
