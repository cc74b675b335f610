package document

import (
	"strconv"
	"strings"
	"unicode"
)

// appendSpan adds words to those before them that look alike.
func appendSpan(spans []Span, s Span) []Span {
	if s.Note == "" && s.Text == "" {
		return spans
	}
	if n := len(spans); n > 0 && s.Note == "" && spans[n-1].Note == "" {
		last := spans[n-1]
		last.Text = s.Text
		if last == s {
			spans[n-1].Text += s.Text
			return spans
		}
	}
	return append(spans, s)
}

// trimSpans takes space off both ends, and everything that cannot be seen.
func trimSpans(spans []Span) []Span {
	var out []Span
	for _, s := range spans {
		s.Text = strings.Map(func(r rune) rune {
			switch {
			case r == '\u00a0' || r == '\u202f' || r == '\u2007':
				return ' '
			case r == '\u2011':
				return '-'
			case r == '\n' || r == '\t':
				return r
			case r == '\v' || r == '\u2028':
				return '\n'
			case unicode.IsControl(r) || r == '\u00ad' || r == '\ufeff' || r == '\u200b' || r >= 0x202a && r <= 0x202e || r == unicode.ReplacementChar:
				return -1
			}
			return r
		}, s.Text)
		out = appendSpan(out, s)
	}
	for len(out) > 0 && out[0].Note == "" {
		if out[0].Text = strings.TrimLeftFunc(out[0].Text, unicode.IsSpace); out[0].Text != "" {
			break
		}
		out = out[1:]
	}
	for len(out) > 0 && out[len(out)-1].Note == "" {
		last := &out[len(out)-1]
		if last.Text = strings.TrimRightFunc(last.Text, unicode.IsSpace); last.Text != "" {
			break
		}
		out = out[:len(out)-1]
	}
	return out
}

// cutSpans takes so many bytes of text off the beginning.
func cutSpans(spans []Span, n int) []Span {
	var out []Span
	for _, s := range spans {
		cut := min(n, len(s.Text))
		n -= cut
		s.Text = s.Text[cut:]
		out = appendSpan(out, s)
	}
	return trimSpans(out)
}

func hexRune(s string) (rune, error) {
	n, err := strconv.ParseUint(s, 16, 24)
	return rune(n), err
}

// symbols are the signs of the fonts Symbol and Wingdings as everybody has them.
func symbols(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 0xf000 && r <= 0xf0ff {
			r -= 0xf000
		}
		switch r {
		case 0xb7, 0xa7, 0x6c, 0x6e, 0x76, 0xd8, 0x9f, 0x77:
			return '•'
		case 0xfc, 0x50:
			return '✓'
		case 0xfb, 0x4f:
			return '✗'
		case 0xfe, 0x52:
			return '☑'
		case 0xa8, 0x6f, 0x71, 0xa3:
			return '☐'
		case 0xe0, 0xae:
			return '→'
		case 0x28, 0x29, 0x2a: // a telephone, a letter
			return -1
		}
		if r > 0x7e && r <= 0xff {
			return '•'
		}
		return r
	}, text)
}

func textOf(blocks []Block) string {
	var out strings.Builder
	for _, b := range blocks {
		out.WriteString(b.Text() + " ")
	}
	return strings.Join(strings.Fields(out.String()), " ")
}

// short is the beginning of words, for telling which are meant.
func short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 80 {
		return string(r[:77]) + " …"
	}
	return s
}

// filled are the blocks that have words.
func filled(blocks []Block) []Block {
	var out []Block
	for _, b := range blocks {
		if strings.TrimSpace(b.Text()) != "" || b.Number != "" {
			out = append(out, b)
		}
	}
	return out
}

// framed is what a table holds where it is no table but a frame around paragraphs:
// one column alone. A table in a cell is words of the cell.
func framed(b Block) []Block {
	wide := 0
	for _, r := range b.Rows {
		wide = max(wide, len(r.Cells))
	}
	if wide == 0 {
		return nil
	}
	if wide > 1 {
		return []Block{b}
	}
	var out []Block
	for _, r := range b.Rows {
		for _, c := range r.Cells {
			out = append(out, c.Blocks...)
		}
	}
	return out
}
