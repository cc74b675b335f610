package document

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ledongthuc/pdf"
	"golang.org/x/text/unicode/norm"
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
	var pages [][][]glyph
	right := 0.0
	fonts := map[string]*pdfFont{}
	for n := 1; n <= r.NumPage(); n++ {
		p := r.Page(n)
		pen := pdfPen{fonts: fonts}
		pen.draw(p.V.Key("Contents"), p.Resources(), 0)
		if pen.pictures {
			d.Remarks = append(d.Remarks, Remark{Dropped, -1, fmt.Sprintf("pictures on page %d", n)})
		}
		pages = append(pages, rowsOf(pen.glyphs))
		right = max(right, edge(pages[n-1]))
	}
	for n, page := range pages {
		for i, rows := range columns(page) {
			if i%3 > 0 {
				lines = append(lines, pdfLines(rows, edge(rows), n+1)...)
			} else {
				lines = append(lines, pdfLines(rows, right, n+1)...)
			}
		}
	}
	if len(lines) == 0 {
		return nil, fmt.Errorf("there are no words in this PDF, only pictures of its %d pages: it was scanned. Import the document that it was printed from; or have a program read the pictures (\"OCR\", as in Adobe Acrobat's \"Recognise text\"), read what came out against the paper, and import that", r.NumPage())
	}
	d.Blocks = d.paragraphs(d.withoutHeads(lines))
	d.Remarks = append(d.Remarks, Remark{Unsure, -1, "a PDF holds no headings, lists or tables, only words at places: all of them are told by their look, and a table is now lines"})
	return d, nil
}

// A glyph is a letter, or letters drawn as one, on a page. Lengths are points, and y
// grows upwards.
type glyph struct {
	text          string
	x, end, y     float64
	size          float64
	bold, slanted bool
}

type pdfFont struct {
	bold, slanted bool
	code          int // bytes of one
	letters       map[string]string
	decode        func(string) string
	wide          map[int]float64 // thousandths of the size, by code
	usual         float64
}

var ligatures = regexp.MustCompile(`[\x{fb00}-\x{fb06}]`)

func readFont(f pdf.Font) *pdfFont {
	name := strings.ToLower(f.BaseFont())
	has := func(names ...string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return strings.Contains(name, n) })
	}
	out := &pdfFont{bold: has("bold", "black", "heavy"), slanted: has("italic", "oblique"), code: 1, letters: map[string]string{}, wide: map[int]float64{}, usual: 500}
	out.decode = func(s string) string { return s }
	if enc := f.Encoder(); enc != nil {
		out.decode = enc.Decode
	}
	if f.V.Key("Subtype").Name() != "Type0" {
		for i, w := range f.Widths() {
			out.wide[f.FirstChar()+i] = w
		}
		return out
	}
	out.code, out.usual = 2, 1000
	within := f.V.Key("DescendantFonts").Index(0)
	if w := within.Key("DW"); !w.IsNull() {
		out.usual = w.Float64()
	}
	for w, i := within.Key("W"), 0; i+1 < w.Len(); { // c [w w …], or from to w
		from, next := int(w.Index(i).Int64()), w.Index(i+1)
		if next.Kind() == pdf.Array {
			for j := range next.Len() {
				out.wide[from+j] = next.Index(j).Float64()
			}
			i += 2
			continue
		}
		for c := max(from, 0); c <= min(int(next.Int64()), 0xffff); c++ {
			out.wide[c] = w.Index(i + 2).Float64()
		}
		i += 3
	}
	return out
}

// An affine is a transformation [a b c d e f] as PDFs write it.
type affine [6]float64

func (m affine) then(n affine) affine {
	return affine{m[0]*n[0] + m[1]*n[2], m[0]*n[1] + m[1]*n[3], m[2]*n[0] + m[3]*n[2], m[2]*n[1] + m[3]*n[3], m[4]*n[0] + m[5]*n[2] + n[4], m[4]*n[1] + m[5]*n[3] + n[5]}
}

// A pdfPen follows what draws words on a page, of all that draws on it.
type pdfPen struct {
	glyphs   []glyph
	pictures bool
	forms    int // drawn so far: one may draw others, and they others again
	fonts    map[string]*pdfFont
	pdfState
}

type pdfState struct {
	page, line, at                        affine
	font                                  *pdfFont
	size, apart, words, wide, lead, raise float64
}

func (p *pdfPen) draw(stream, resources pdf.Value, depth int) {
	if depth == 0 {
		p.page, p.wide = affine{1, 0, 0, 1, 0, 0}, 1
	}
	var kept []pdfState
	down := func(x, y float64) {
		p.line = affine{1, 0, 0, 1, x, y}.then(p.line)
		p.at = p.line
	}
	pdf.Interpret(stream, func(stack *pdf.Stack, op string) {
		args := make([]pdf.Value, stack.Len())
		for i := len(args) - 1; i >= 0; i-- {
			args[i] = stack.Pop()
		}
		n := func(i int) float64 {
			if i < len(args) {
				return args[i].Float64()
			}
			return 0
		}
		all := func() (m affine) {
			for i := range m {
				m[i] = n(i)
			}
			return m
		}
		switch op {
		case "q":
			kept = append(kept, p.pdfState)
		case "Q":
			if last := len(kept) - 1; last >= 0 {
				p.pdfState, kept = kept[last], kept[:last]
			}
		case "cm":
			p.page = all().then(p.page)
		case "BT":
			p.line = affine{1, 0, 0, 1, 0, 0}
			p.at = p.line
		case "Tf":
			if len(args) == 2 {
				f := pdf.Font{V: resources.Key("Font").Key(args[0].Name())}
				key := f.BaseFont() + f.V.String()
				if p.fonts[key] == nil {
					p.fonts[key] = readFont(f)
				}
				p.font, p.size = p.fonts[key], n(1)
			}
		case "Tc":
			p.apart = n(0)
		case "Tw":
			p.words = n(0)
		case "Tz":
			p.wide = n(0) / 100
		case "TL":
			p.lead = n(0)
		case "Ts":
			p.raise = n(0)
		case "Tm":
			p.line = all()
			p.at = p.line
		case "TD":
			p.lead = -n(1)
			down(n(0), n(1))
		case "Td":
			down(n(0), n(1))
		case "T*":
			down(0, -p.lead)
		case "\"", "'":
			if op == "\"" {
				p.words, p.apart = n(0), n(1)
			}
			down(0, -p.lead)
			fallthrough
		case "Tj":
			if len(args) > 0 {
				p.show(args[len(args)-1].RawString())
			}
		case "TJ":
			if len(args) == 0 {
				return
			}
			for i := range args[0].Len() {
				if v := args[0].Index(i); v.Kind() == pdf.String {
					p.show(v.RawString())
				} else {
					p.at = affine{1, 0, 0, 1, -v.Float64() / 1000 * p.size * p.wide, 0}.then(p.at)
				}
			}
		case "Do":
			if len(args) == 0 {
				return
			}
			form := resources.Key("XObject").Key(args[0].Name())
			switch form.Key("Subtype").Name() {
			case "Image":
				p.pictures = true
			case "Form":
				if p.forms++; depth < 8 && p.forms < 1000 {
					before := p.pdfState
					m := affine{1, 0, 0, 1, 0, 0}
					if to := form.Key("Matrix"); to.Len() == 6 {
						for i := range m {
							m[i] = to.Index(i).Float64()
						}
					}
					p.page = m.then(p.page)
					own := form.Key("Resources")
					if own.IsNull() {
						own = resources
					}
					p.draw(form, own, depth+1)
					p.pdfState = before
				}
			}
		}
	})
}

func (p *pdfPen) show(raw string) {
	f := p.font
	if f == nil {
		return
	}
	for len(raw) > 0 && len(p.glyphs) < maxText {
		n := min(f.code, len(raw))
		code, number := raw[:n], 0
		for _, b := range []byte(code) {
			number = number<<8 | int(b)
		}
		raw = raw[n:]
		text, known := f.letters[code]
		if !known {
			text = ligatures.ReplaceAllStringFunc(f.decode(code), norm.NFKC.String)
			f.letters[code] = text
		}
		wide, known := f.wide[number]
		if !known {
			wide = f.usual
		}
		m := affine{p.size * p.wide, 0, 0, p.size, 0, p.raise}.then(p.at).then(p.page)
		step := wide/1000*p.size + p.apart
		if code == " " {
			step += p.words
		}
		size, to := math.Hypot(m[2], m[3]), affine{1, 0, 0, 1, step * p.wide, 0}.then(p.at)
		end := m[4] + wide/1000*m[0]
		if math.Abs(m[1]) < math.Abs(m[0]) && strings.TrimSpace(text) != "" && !math.IsNaN(m[4]+m[5]+end) { // what stands on edge is none of the text; spaces show in the gaps
			p.glyphs = append(p.glyphs, glyph{text, m[4], end, m[5], size, f.bold, f.slanted})
		}
		p.at = to
	}
}

// rowsOf are the rows of glyphs on a page, from top to bottom.
func rowsOf(glyphs []glyph) (rows [][]glyph) {
	slices.SortStableFunc(glyphs, func(a, b glyph) int { return cmp.Compare(math.Round(b.y), math.Round(a.y)) })
	for _, g := range glyphs {
		if n := len(rows); n > 0 && math.Abs(rows[n-1][0].y-g.y) < max(2, g.size*.35) {
			rows[n-1] = append(rows[n-1], g)
			continue
		}
		rows = append(rows, []glyph{g})
	}
	for _, r := range rows {
		slices.SortStableFunc(r, func(a, b glyph) int { return cmp.Compare(a.x, b.x) })
	}
	return rows
}

// columns divides the rows of a page where it is set in two columns: many rows on end
// leave the same place empty, and what is left of it is full, as in a table it is not.
func columns(rows [][]glyph) [][][]glyph {
	left, right := math.Inf(1), math.Inf(-1)
	for _, r := range rows {
		for _, g := range r {
			left, right = min(left, g.x), max(right, g.end)
		}
	}
	cut, from, to := 0.0, 0, 0
	for step := range 40 { // over the middle third
		at := left + (right-left)*(.35+float64(step)*.0075)
		begun, both, full := 0, 0, 0
		for i := 0; i <= len(rows); i++ {
			if i < len(rows) {
				if a, b, ok := parted(rows[i], at); ok {
					if len(a) > 0 && a[len(a)-1].end-left > (at-left)*.75 {
						full++
					}
					if len(a) > 0 && len(b) > 0 {
						both++
					}
					continue
				}
			}
			if both >= 6 && full*2 > i-begun && i-begun > to-from {
				cut, from, to = at, begun, i
			}
			begun, both, full = i+1, 0, 0
		}
	}
	if to == 0 {
		return [][][]glyph{rows}
	}
	var one, two [][]glyph
	for _, r := range rows[from:to] {
		a, b, _ := parted(r, cut)
		if len(a) > 0 {
			one = append(one, a)
		}
		if len(b) > 0 {
			two = append(two, b)
		}
	}
	return append([][][]glyph{rows[:from], one, two}, columns(rows[to:])...)
}

// parted is what of a row stands on either side of a place, if nothing stands there and
// neither side is a table's.
func parted(row []glyph, at float64) (a, b []glyph, ok bool) {
	for i, g := range row {
		switch {
		case i > 0 && g.x-row[i-1].end > 4*g.size && (g.x < at) == (row[i-1].x < at):
			return nil, nil, false
		case g.end < at-4:
			a = append(a, g)
		case g.x > at+4:
			b = append(b, g)
		default:
			return nil, nil, false
		}
	}
	return a, b, true
}

// edge is how far to the right rows go.
func edge(rows [][]glyph) (x float64) {
	for _, r := range rows {
		x = max(x, r[len(r)-1].end)
	}
	return x
}

// pdfLines are the lines of rows on one page.
func pdfLines(rows [][]glyph, right float64, page int) []textLine {
	var out []textLine
	above, usual := 0.0, pitch(rows)
	for _, row := range rows {
		var l textLine
		end := row[0].x
		for _, g := range row {
			space := ""
			if l.first == 0 && g.x-end > g.size*.16 {
				l.first = end - row[0].x
			}
			if far := g.x - end; far > g.size*1.5 && len(l.spans) > 0 {
				space = "\t"
			} else if far > g.size*.16 && len(l.spans) > 0 {
				space = " "
			}
			l.spans = appendSpan(l.spans, Span{Text: space + g.text, Bold: g.bold, Italic: g.slanted})
			end = max(end, g.end)
			l.size = max(l.size, int(math.Round(2*g.size)))
		}
		l.text = strings.TrimSpace((Block{Spans: l.spans}).Text())
		l.indent, l.page = int(20*row[0].x), page
		l.gap = above > 0 && above-row[0].y > usual*1.3
		above, l.room, l.first = row[0].y, right-end, cmp.Or(l.first, end-row[0].x)
		if l.text != "" {
			out = append(out, l)
		}
	}
	return out
}

// pitch is how far the lines of a page usually are from each other.
func pitch(rows [][]glyph) float64 {
	seen, best := map[int]int{}, 0
	for i := 1; i < len(rows); i++ {
		step := int(math.Round(rows[i-1][0].y - rows[i][0].y))
		if seen[step]++; step > 4 && seen[step] > seen[best] {
			best = step
		}
	}
	return float64(max(best, 12))
}
