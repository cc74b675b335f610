package document

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

var (
	manyLabel  = regexp.MustCompile(`^\(?(\d{1,3}(?:\.\d{1,3}){1,7})[.):]?(?:\s+|$)`)
	oneLabel   = regexp.MustCompile(`^(\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{2,6})[.)])(?:\s+|$)`)
	bareLabel  = regexp.MustCompile(`^(\d{1,2})(?:\t\s*|[ ]+[-–—][ ]+|[ ]+)`)
	namedLabel = regexp.MustCompile(`^((?i:appendix|annexe?|section|part|schedule|chapter)\s+(?:[A-Z]|\d{1,2}(?:\.\d{1,2})*|[IVX]{1,5}))(?:\s*[:.–—-]\s*|\s+|$)`)
	dotLabel   = regexp.MustCompile(`^(?:[•·▪◦●○■□»➢➤❖§\x{f0b7}\x{f0a7}]\s*|[-–—*]\s+|o\t\s*)`)
	gluedLabel = regexp.MustCompile(`^(?:(\d{1,2}(?:\.\d{1,2})*[.)]?)\p{Lu}[\p{Ll} ]|(\([a-z]{1,4}\)|[a-z]\))\pL)`)
	noLabel    = regexp.MustCompile(`^\(?\d+\.\d+[.)]?\s+(?:(?:a|p)\.?m\b|hours?\b|%|per\b|km\b|kg\b|miles\b)`)
	plainLabel = regexp.MustCompile(`^[\pL\pN.()\- ]{1,24}$`)
)

// A typist finds numbers and bullets that somebody typed before the words, where the
// word processor was not asked to.
type typist struct {
	last   map[string]int // what was counted last, by the look of the label
	bullet bool           // the block before has one
}

// take finds what is typed before a block's words: a number as it is shown, or a
// bullet. Class is the look of a label, the same for all of one list.
func (t *typist) take(b *Block) (class string, ok bool) {
	defer func() { t.bullet = strings.HasPrefix(class, "bullet") }()
	text, glued := b.Text(), 0
	cut := func(n int, number, class string) (string, bool) {
		rest := cutSpans(b.Spans, n-glued)
		if len(rest) == 0 {
			return "", false
		}
		b.Number, b.Spans = number, rest
		return class, true
	}
	if b.Kind == Heading || b.Kind == Title {
		if m := namedLabel.FindStringSubmatch(text); m != nil {
			return cut(len(m[0]), m[1], "named")
		}
	}
	if m := gluedLabel.FindStringSubmatch(text); m != nil && (b.Kind == Heading || strings.HasSuffix(m[1], ".") || m[2] != "") { // nothing between
		n := len(m[1] + m[2])
		text, glued = text[:n]+" "+text[n:], 1
	}
	if m := manyLabel.FindStringSubmatch(text); m != nil && !noLabel.MatchString(text) {
		return cut(len(m[0]), m[1], "many")
	}
	if m := oneLabel.FindStringSubmatch(text); m != nil {
		for _, read := range readings(m[1]) {
			if class, value := read.class, read.value; value == 1 || value == t.last[class]+1 || strings.Contains(class, "1") {
				if class, ok := cut(len(m[0]), m[1], class); ok {
					t.last[class] = value
					return class, true
				}
			}
		}
	}
	if m := bareLabel.FindStringSubmatch(text); m != nil && (b.Kind == Heading || strings.Contains(m[0], "\t")) {
		return cut(len(m[0]), m[1], "bare")
	}
	m := dotLabel.FindString(text)
	if t.bullet && strings.HasPrefix(text, "o ") {
		m = "o "
	}
	if m != "" && b.Kind != Heading {
		if rest := cutSpans(b.Spans, len(m)); len(rest) > 0 {
			b.Spans = rest
			sign, _ := utf8.DecodeRuneInString(m)
			return "bullet" + string(sign), true
		}
	}
	return "", false
}

type reading struct {
	class string
	value int
}

// readings are what a label may count: "(i)" is the first of one list, or the ninth
// of another.
func readings(label string) []reading {
	core := strings.Trim(label, "(.)")
	look := func(sign string) string { return strings.Replace(label, core, sign, 1) }
	lower := strings.ToLower(core)
	var out []reading
	if n := number(core, -1); n >= 0 {
		return []reading{{look("1"), n}}
	}
	sign := func(s string) string {
		if core != lower {
			return strings.ToUpper(s)
		}
		return s
	}
	if len(core) == 1 {
		out = append(out, reading{look(sign("a")), int(lower[0]-'a') + 1})
	}
	for n := 1; n < 60; n++ {
		if roman(n) == lower {
			out = append(out, reading{look(sign("i")), n})
			if n == 1 { // (i) is far more often the first of the romans
				out[0], out[len(out)-1] = out[len(out)-1], out[0]
			}
		}
	}
	return out
}

// depth is how many counts a number has: 3 of 3.2.1; 0 of anything else.
func depth(number string) int {
	number = strings.TrimRight(number, ".)")
	for part := range strings.SplitSeq(number, ".") {
		if part == "" || strings.Trim(part, "0123456789") != "" {
			return 0
		}
	}
	return strings.Count(number, ".") + 1
}

// asShown is a number as the policy writes it: no full stop behind several counts or
// in a heading, and nothing that would not fit the margin.
func asShown(n string, heading bool) (string, bool) {
	n = strings.Join(strings.Fields(n), " ")
	if heading || depth(n) > 1 {
		n = strings.TrimRight(n, ".:) -–—")
		if strings.Count(n, "(") > strings.Count(n, ")") {
			n += ")"
		}
	}
	n = strings.NewReplacer(":", "", "–", "-", "—", "-").Replace(n)
	return n, n == "" || plainLabel.MatchString(n)
}
