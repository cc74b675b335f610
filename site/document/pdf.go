package document

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/ledongthuc/pdf"
)

const (
	maxPages = 600
	pdfTime  = 20 * time.Second
)

// readPDF reads the words of a PDF by where they stand on its pages.
func readPDF(data []byte) (*Document, error) {
	type answer struct {
		d   *Document
		err error
	}
	done := make(chan answer, 1)
	go func() { // a PDF made to be hard to read would take for ever
		defer func() {
			if p := recover(); p != nil {
				done <- answer{nil, errors.New("the PDF is damaged, or made in a way that cannot be read here: save it anew, or import the document that it was made from")}
			}
		}()
		d, err := pdfPages(data)
		done <- answer{d, err}
	}()
	select {
	case a := <-done:
		return a.d, a.err
	case <-time.After(pdfTime):
		return nil, fmt.Errorf("the PDF was not read within %v: import the document that it was made from", pdfTime)
	}
}

func pdfPages(data []byte) (*Document, error) {
	r, err := pdf.NewReader(bytes.NewReader(data), int64(len(data)))
	if errors.Is(err, pdf.ErrInvalidPassword) {
		return nil, errors.New("the PDF is locked with a password: save it without one")
	}
	if err != nil {
		return nil, errors.New("the PDF is damaged: save it anew, or import the document that it was made from")
	}
	if r.NumPage() > maxPages {
		return nil, fmt.Errorf("the PDF has %d pages, and at most %d are read: divide it", r.NumPage(), maxPages)
	}
	d := &Document{}
	var lines []textLine
	for n := 1; n <= r.NumPage(); n++ {
		p := r.Page(n)
		if p.V.IsNull() {
			continue
		}
		if names := p.Resources().Key("XObject").Keys(); len(names) > 0 {
			d.Remarks = append(d.Remarks, Remark{Dropped, -1, fmt.Sprintf("pictures on page %d", n)})
		}
		lines = append(lines, pdfLines(p.Content().Text, n)...)
	}
	if len(lines) == 0 {
		return nil, fmt.Errorf("there are no words in this PDF, only pictures of its %d pages: it was scanned. Import the document that it was printed from; or have a program read the pictures (\"OCR\", as in Adobe Acrobat's \"Recognise text\"), read what came out against the paper, and import that", r.NumPage())
	}
	d.Blocks = paragraphs(d.withoutHeads(lines))
	d.Remarks = append(d.Remarks, Remark{Unsure, -1, "a PDF holds no headings, lists or tables, only words at places: all of them are told by their look, and a table is now lines"})
	return d, nil
}

// pdfLines are the lines of one page, from top to bottom.
func pdfLines(texts []pdf.Text, page int) []textLine {
	texts = slices.DeleteFunc(texts, func(t pdf.Text) bool { return t.S == "" || t.S == "\n" || math.IsNaN(t.X) || math.IsNaN(t.Y) })
	slices.SortStableFunc(texts, func(a, b pdf.Text) int { return cmp.Compare(math.Round(b.Y), math.Round(a.Y)) })
	var rows [][]pdf.Text
	for _, t := range texts {
		if n := len(rows); n > 0 && math.Abs(rows[n-1][0].Y-t.Y) < max(2, t.FontSize*.35) {
			rows[n-1] = append(rows[n-1], t)
			continue
		}
		rows = append(rows, []pdf.Text{t})
	}
	var out []textLine
	above, usual := 0.0, pitch(rows)
	for _, row := range rows {
		slices.SortStableFunc(row, func(a, b pdf.Text) int { return cmp.Compare(a.X, b.X) })
		var l textLine
		from, end := row[0].X, row[0].X
		for _, t := range row {
			wide, a, much := t.W, .16, 1.5
			if wide <= 0 { // of some fonts nothing is known; their words come with spaces of their own
				wide, a, much = t.FontSize*advance(t.S), .5, 2
				if end > t.X && t.X == from {
					end += wide
				}
			}
			space := ""
			if far := t.X - end; far > t.FontSize*much && len(l.spans) > 0 {
				space = "\t"
			} else if far > t.FontSize*a && len(l.spans) > 0 {
				space = " "
			}
			font := strings.ToLower(t.Font)
			l.spans = appendSpan(l.spans, Span{Text: space + t.S, Bold: strings.Contains(font, "bold") || strings.Contains(font, "black") || strings.Contains(font, "heavy"),
				Italic: strings.Contains(font, "italic") || strings.Contains(font, "oblique")})
			if from, end = t.X, max(end, t.X+wide); t.W > 0 {
				end = t.X + wide
			}
			l.size = max(l.size, int(math.Round(2*t.FontSize)))
		}
		l.text = strings.TrimSpace((Block{Spans: l.spans}).Text())
		l.indent, l.page = int(20*row[0].X), page
		l.gap = above > 0 && above-row[0].Y > usual*1.3
		above = row[0].Y
		if l.text != "" {
			out = append(out, l)
		}
	}
	return out
}

// pitch is how far the lines of a page usually are from each other.
func pitch(rows [][]pdf.Text) float64 {
	seen, best := map[int]int{}, 0
	for i := 1; i < len(rows); i++ {
		step := int(math.Round(rows[i-1][0].Y - rows[i][0].Y))
		if seen[step]++; step > 4 && seen[step] > seen[best] {
			best = step
		}
	}
	return float64(max(best, 12))
}

// advance is how wide words are, near enough, as a share of the size of their letters.
func advance(s string) (em float64) {
	for _, r := range s {
		switch {
		case unicode.IsUpper(r):
			em += .68
		case strings.ContainsRune("iljtfrI.,;:'|()- ", r):
			em += .3
		default:
			em += .48
		}
	}
	return em
}
