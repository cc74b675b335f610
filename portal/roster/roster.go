// Package roster reads class lists as school offices export them, and says of
// every cell that cannot be taken as it is where it stands and what to do.
package roster

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"schoolgate/portal"
)

// What a class list may hold at most.
const (
	MaxBytes = 20 << 20
	MaxRows  = 50_000 // rows below the headings that are not blank
)

const (
	maxColumns  = 500
	maxProblems = 500 // listed; the rest are counted
)

// ReadCSV reads a class list: one row for each pupil and contact, or one for
// each pupil with numbered columns for the contacts ('Parent 1 name'), which
// become several rows of one number. It takes UTF-8, UTF-16 and Windows-1252;
// commas, semicolons and tabs; and the headings of the common systems.
//
// Ignored are the headings of columns that mean nothing to us, in order.
// Rows that repeat an earlier row in all that is read, as a report with one row
// for each teaching class does, are left out.
//
// Two columns of one meaning are taken together: a preferred name comes before
// a plain one and that before a legal one, a mobile before other telephones,
// and so on. Two of the same standing ('Surname' twice) are taken if no row has
// different things in them; otherwise nobody can tell which is whose, and both
// are named as a problem.
//
// What has to be put right first is [*portal.Invalid], with every problem of
// every row, those of [portal.CheckClassList] included, up to 500. Any other
// error is r's.
func ReadCSV(r io.Reader) (rows []portal.ClassListRow, ignored []string, err error) {
	return read(r, time.Now())
}

func read(r io.Reader, now time.Time) (rows []portal.ClassListRow, ignored []string, err error) {
	text, broken, err := readText(r)
	if err != nil {
		return nil, nil, err
	}
	in, cols, ignored, err := readHeadings(text)
	if err != nil {
		return nil, nil, err
	}
	s := &sheet{columns: cols, today: portal.Date(now.Format(time.DateOnly)), eldest: portal.Date(now.AddDate(-21, 0, 0).Format(time.DateOnly))}
	seen := map[portal.ClassListRow]bool{}
	data := 0
	for in.next() {
		if blank(in.cells) && !in.faulty() {
			continue
		}
		if data++; data > MaxRows {
			return nil, nil, invalid("file", fmt.Sprintf("the file has more than %d rows: upload one school's class list, or split it by year", MaxRows))
		}
		if !s.shape(in, broken) {
			continue
		}
		for _, row := range s.read(in.cells, in.row) {
			key := row
			key.Row = 0
			if !seen[key] {
				seen[key] = true
				rows = append(rows, row)
			}
		}
	}
	if data == 0 {
		return nil, nil, invalid("file", "the file has headings and no pupils below them")
	}
	for _, p := range portal.CheckClassList(rows) {
		s.problems.add(p.Field, p.Message)
	}
	if err := s.problems.or(); err != nil {
		return nil, nil, err
	}
	return rows, ignored, nil
}

// readText is the whole file as text. Where broken, U+FFFD stands for what could
// not be read.
func readText(r io.Reader) (text string, broken bool, err error) {
	in := bufio.NewReaderSize(r, 1<<16)
	head, err := in.Peek(4096)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", false, fmt.Errorf("class list: %w", err)
	}
	if what := looksLike(head); what != "" {
		return "", false, invalid("file", what)
	}
	b, err := io.ReadAll(io.LimitReader(in, MaxBytes+1))
	if err != nil {
		return "", false, fmt.Errorf("class list: %w", err)
	}
	if len(b) > MaxBytes {
		return "", false, invalid("file", fmt.Sprintf("the file is larger than %d MB, which no class list is: check that it is the right file", MaxBytes>>20))
	}
	text, broken = decode(b)
	if strings.TrimSpace(text) == "" {
		return "", false, invalid("file", "the file is empty")
	}
	return text, broken, nil
}

// shape reports what is wrong with a row as a whole, and whether its cells are
// worth reading.
func (s *sheet) shape(in *records, broken bool) bool {
	ok := true
	if in.fault != "" {
		s.problems.add(s.place(in.row, in.faultAt), in.fault)
		ok = false
	}
	if broken {
		for i, cell := range in.cells {
			if strings.ContainsRune(cell, lost) {
				s.problems.add(s.place(in.row, i), shown(cell)+" has characters that cannot be read: save the file as 'CSV UTF-8' and upload it again")
				ok = false
			}
		}
	}
	width := len(in.cells)
	for width > len(s.labels) && strings.TrimSpace(in.cells[width-1]) == "" {
		width--
	}
	switch want := len(s.labels); {
	case !ok: // the quotation mark or the bytes are why the cells do not line up
	case in.wide || width > want:
		s.problems.add(fmt.Sprintf("row %d", in.row), fmt.Sprintf("has more cells than the %d headings: a comma inside a cell may need quotation marks around the cell", want))
		ok = false
	case width < want:
		s.problems.add(fmt.Sprintf("row %d", in.row), fmt.Sprintf("has %s for %d headings: part of the row is missing, or a line break has split it", count(width, "cell"), want))
		ok = false
	}
	return ok
}

func blank(cells []string) bool {
	for _, c := range cells {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return true
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
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
