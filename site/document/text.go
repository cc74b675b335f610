package document

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"

	"schoolgate/site/source"
)

// readMarkdown reads Markdown as the web page it makes. Front matter is read as lines
// that say what the document is.
func readMarkdown(text string) (*Document, error) {
	matter := ""
	for _, fence := range []string{"+++", "---"} {
		if rest, ok := strings.CutPrefix(text, fence+"\n"); ok {
			if before, after, closed := strings.Cut(rest, "\n"+fence+"\n"); closed {
				for line := range strings.SplitSeq(before, "\n") {
					key, value, ok := strings.Cut(strings.NewReplacer(" = ", ": ", `"`, "").Replace(line), ": ")
					if ok {
						matter += strings.ReplaceAll(key, "_", " ") + ": " + value + "\n\n"
					}
				}
				text = after
			}
		}
	}
	var page bytes.Buffer
	if err := goldmark.New(goldmark.WithParser(source.Markdown), goldmark.WithExtensions(extension.GFM, extension.DefinitionList)).Convert([]byte(matter+text), &page); err != nil {
		return nil, err
	}
	return readHTML(page.String())
}

var hardSpace = regexp.MustCompile(`[\x{00a0}\x{202f}]`)

// readText reads plain text, as it is copied out of a word processor or a PDF: a
// paragraph is a line, or lines of one width with an empty one between paragraphs.
func readText(text string) (*Document, error) {
	d := &Document{}
	var lines []textLine
	page := 0
	if strings.Contains(text, "\f") {
		page = 1
	}
	for line := range strings.SplitSeq(text, "\n") {
		for i, part := range strings.Split(line, "\f") {
			if i > 0 {
				page++
			}
			part = hardSpace.ReplaceAllString(part, " ")
			trimmed := strings.TrimLeft(part, " \t")
			lines = append(lines, textLine{text: strings.TrimRight(trimmed, " \t"), indent: indentation(part[:len(part)-len(trimmed)]), page: page})
		}
	}
	d.Blocks = d.paragraphs(d.withoutHeads(lines))
	return d, nil
}

// withoutHeads takes away what stands on half of all pages, and tells it once.
func (d *Document) withoutHeads(lines []textLine) []textLine {
	digits := regexp.MustCompile(`\d+`)
	key := func(l textLine) string { return digits.ReplaceAllString(strings.ToLower(l.text), "#") }
	pages, last := map[string]map[int]bool{}, 0
	for _, l := range lines {
		if pages[key(l)] == nil {
			pages[key(l)] = map[int]bool{}
		}
		pages[key(l)][l.page] = true
		last = max(last, l.page)
	}
	told := map[string]bool{}
	return slices.DeleteFunc(lines, func(l textLine) bool {
		k := key(l)
		head := last > 2 && len(k) > 0 && len(k) < 120 && len(pages[k]) > 2 && len(pages[k])*2 >= last && !labelled.MatchString(l.text)
		if head && !told[k] {
			told[k] = true
			d.Remarks = append(d.Remarks, Remark{Dropped, -1, fmt.Sprintf("a running head or foot: %q", l.text)})
		}
		return head
	})
}

func indentation(space string) int { return 120 * len(strings.ReplaceAll(space, "\t", "      ")) }

// A textLine is a line of text as it stands on a page.
type textLine struct {
	text   string
	indent int // twentieths of a point, or near it
	page   int
	size   int
	spans  []Span // where more is known than the text
	gap    bool   // there is more space above it than between lines
	// Of what is drawn: how wide its first word is, and how much would still go into it.
	first, room float64
}

// labelled are lines that begin something of their own.
var labelled = regexp.MustCompile(`^(?:[•·▪◦●○■□»➢➤❖\x{f0b7}\x{f0a7}]|[-–*]\s|o\s|\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{2,5})[.)]\s|\d{1,3}(?:\.\d{1,3})+\.?\s)`)

var (
	divided = regexp.MustCompile(`([\pL’'-]*\pL)[-\x{00ad}\x{2010}]$`)
	joined  = regexp.MustCompile(`^(?i:e|anti|non|self|co|well|cyber|one|two|three|multi|peer|pre|re|on|off|up|follow|full|part|long|short|day|face|to|of|in)$`)
)

// paragraphs joins lines that were broken at the edge of the page.
func (d *Document) paragraphs(lines []textLine) []Block {
	known := map[string]bool{}
	width, long, filled, full := 0, 0, 0, 0
	for _, l := range lines {
		if n := len([]rune(l.text)); n > 130 {
			long++
		} else {
			width = max(width, n)
		}
	}
	for _, l := range lines {
		for w := range strings.FieldsSeq(strings.ToLower(l.text)) {
			known[strings.Trim(w, ".,;:()‘’“”'\"")] = true
		}
		n := len([]rune(l.text))
		if n > 0 {
			filled++
		}
		if n <= 130 && n*5 > width*4 {
			full++
		}
	}
	// Lines that were broken are mostly full; else every line is a paragraph, however long.
	wrapped := long*100 <= filled && full > 2 && full*8 > filled
	var out []Block
	var last textLine
	fresh := true
	for _, l := range lines {
		if l.text == "" {
			fresh = true
			continue
		}
		n := len(out)
		lower := l.text[0] >= 'a' && l.text[0] <= 'z' || l.text[0] == '('
		brimful := l.first > last.room || last.spans == nil && len([]rune(last.text))*4 > width*3
		ended := strings.HasSuffix(last.text, ".") || strings.HasSuffix(last.text, ":") || strings.HasSuffix(last.text, "?")
		goesOn := n > 0 && (wrapped || l.spans != nil) && !labelled.MatchString(l.text) && last.size == l.size && !pageNumber.MatchString(l.text) && !pageNumber.MatchString(last.text) &&
			!pageAfter.MatchString(last.text) && (!fresh && !l.gap && brimful || (fresh || l.gap) && lower && brimful && !ended && l.page != last.page || !fresh && !l.gap && lower && !ended && len(last.text) > 30)
		spans := l.spans
		if spans == nil {
			spans = []Span{{Text: l.text}}
		}
		if goesOn {
			b := &out[n-1]
			b.Spans = trimSpans(b.Spans)
			if m := divided.FindStringSubmatch(last.text); m != nil && lower {
				rest := strings.ToLower(strings.Trim(strings.Fields(l.text)[0], ".,;:()‘’“”'\""))
				if word := strings.ToLower(m[1]) + rest; known[word] || !known[strings.ToLower(m[1])+"-"+rest] && !joined.MatchString(m[1]) {
					s := &b.Spans[len(b.Spans)-1]
					s.Text = strings.TrimRight(s.Text, "-\u00ad\u2010")
					if !known[word] {
						d.Remarks = append(d.Remarks, Remark{Unsure, n - 1, fmt.Sprintf("a word that was divided at the end of a line is now one: %q", word)})
					}
				}
			} else {
				b.Spans = appendSpan(b.Spans, Span{Text: " "})
			}
			for _, s := range spans {
				b.Spans = appendSpan(b.Spans, s)
			}
		} else {
			out = append(out, Block{Spans: trimSpans(spans), Indent: l.indent, Size: l.size, page: l.page})
		}
		last, fresh = l, false
	}
	return out
}
