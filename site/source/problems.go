package source

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Problem is one thing wrong in the content, told to the person who can put
// it right.
type Problem struct {
	File   string // path within the content folder; "/a/b/index.html" is a built page
	Line   int    // 1 is the first line; 0 when the whole file is meant
	Column int    // 1 is the first byte of the line; 0 when unknown
	Text   string // what is wrong and what is expected

	Kind  Kind
	Blank string // the name of a blank that is not filled
}

// A Kind is what kind of thing a problem is about, for those who have more to say of
// some kinds.
type Kind int

const (
	Ordinary   Kind = iota
	Unfilled        // a blank without an answer
	OtherWords      // a text that people have answered, in other words under the same edition
	AsBuilt         // a page as it came out of the theme
	NoCEOP          // the same, without the way to CEOP
)

func (p Problem) Error() string {
	file := p.File
	if strings.ContainsFunc(file, func(r rune) bool { return !unicode.IsPrint(r) }) || !utf8.ValidString(file) {
		file = strconv.QuoteToASCII(file) // a name may hold line ends, or marks that turn the text round
	}
	switch {
	case p.Line == 0:
		return file + ": " + p.Text
	case p.Column == 0:
		return fmt.Sprintf("%s:%d: %s", file, p.Line, p.Text)
	}
	return fmt.Sprintf("%s:%d:%d: %s", file, p.Line, p.Column, p.Text)
}

// Problems is everything found wrong in one go, in order of file and line.
type Problems []Problem

func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Add notes what is wrong in a line of a file, from 1; 0 means the whole file.
func (ps *Problems) Add(file string, line int, format string, args ...any) {
	*ps = append(*ps, Problem{File: file, Line: line, Text: fmt.Sprintf(format, args...)})
}

// AddKind is Add for a kind of problem.
func (ps *Problems) AddKind(what Kind, file string, line int, format string, args ...any) {
	ps.Add(file, line, format, args...)
	(*ps)[len(*ps)-1].Kind = what
}

// Err is nil when nothing is wrong; otherwise the problems, sorted, each once.
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	sorted := slices.Clone(ps)
	slices.SortFunc(sorted, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(a.File, b.File),
			cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Text, b.Text),
		)
	})
	return slices.Compact(sorted)
}
