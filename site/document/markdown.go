package document

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"schoolgate/site/source"
)

var (
	address = regexp.MustCompile(`(?:https?://|www\.|mailto:)[^\s<>"*\\|\[\]{}]+|[\pL\pN._%+-]+@[\pL\pN-]+\.[\pL\pN.-]+`)
	sign    = regexp.MustCompile("[\\\\`*_{}\\[\\]<>|~&!=^]|^[#+:-]|^\\d+[.)]")
	ours    = regexp.MustCompile(`\[[ xX]\]|\{|<[\pL/!?]|!$`)
	single  = strings.NewReplacer("[[", "[", "]]", "]", "{{", "{", "}}", "}")
	typed   = regexp.MustCompile(`^\d+((?:\.\d+)+\.?[ \t])`) // a number before a paragraph, which a page would take for a clause's
)

// escape puts backslashes so that Markdown reads words as they are: before what the site
// itself would read, or, where all is said, before every sign that is not in an address.
func escape(s string, start, all bool) string {
	if m := typed.FindStringSubmatchIndex(s); start && m != nil {
		return s[:m[2]] + `\` + s[m[2]:m[2]+1] + escape(s[m[2]+1:], false, all)
	}
	if !all {
		return ours.ReplaceAllString(s, `\$0`)
	}
	plain := func(s string) string {
		return sign.ReplaceAllStringFunc(s, func(m string) string { return m[:len(m)-1] + `\` + m[len(m)-1:] })
	}
	var out strings.Builder
	last := 0
	for _, at := range append(address.FindAllStringIndex(s, -1), []int{len(s), len(s)}) {
		token := s[at[0]:at[1]]
		if strings.Contains(token, "`") || strings.ContainsAny(token, "_~&") && !strings.Contains(token, "://") {
			token = plain(token)
		}
		out.WriteString(plain(s[last:at[0]]) + token)
		last = at[1]
	}
	return out.String()
}

// A writer writes spans as Markdown.
type writer struct {
	ids   map[string]string // of places within the document; of those that have none, ""
	notes map[string]int    // the numbers of notes
	lost  func(format string, args ...any)
}

// inline writes spans. Plain words are those of a heading: without emphasis. What
// would not be read back word for word is written with backslashes, or else without
// emphasis, too.
func (w writer) inline(spans []Span, plain, cell bool) (out string) {
	spans = slices.Clone(spans)
	for i, s := range spans {
		if spans[i].Text = single.Replace(s.Text); spans[i].Text != s.Text {
			w.lost("double brackets, with which this program marks blanks of its own, are now single: %q", short(s.Text))
		}
	}
	want := strings.Join(strings.Fields((Block{Spans: spans}).Text()), " ")
	for _, way := range []struct{ plain, all bool }{{plain, false}, {plain, true}, {true, true}} {
		if out = w.spans(spans, way.plain, cell, way.all); strings.ReplaceAll(readBack(out), "==", "") == strings.ReplaceAll(want, "==", "") {
			return out
		}
	}
	w.lost("these words may not read as they did: %q", short(want))
	return out
}

func (w writer) spans(spans []Span, plain, cell, all bool) string {
	var out strings.Builder
	for i := 0; i < len(spans); i++ {
		s := spans[i]
		if s.Note != "" {
			if n := w.notes[s.Note]; n > 0 && !plain {
				fmt.Fprintf(&out, "[^%d]", n)
			}
			continue
		}
		text := s.Text
		if plain || cell {
			text = strings.ReplaceAll(text, "\n", " ")
		}
		text = strings.ReplaceAll(text, "\t", " ")
		core := strings.TrimSpace(text)
		if core == "" {
			out.WriteString(text)
			continue
		}
		before, after := text[:strings.Index(text, core)], text[strings.Index(text, core)+len(core):]
		to := w.target(s.Link, core)
		md := core
		lines := strings.Split(core, "\n")
		for j, line := range lines {
			lines[j] = escape(strings.TrimSpace(line), j > 0 || out.Len() == 0, all)
		}
		md = strings.Join(lines, "\\\n")
		if cell {
			md = strings.ReplaceAll(md, "|", `\|`)
		}
		if !plain {
			if s.Struck {
				md = "~~" + md + "~~"
			}
			if s.Italic {
				md = "*" + md + "*"
			}
			if s.Bold {
				md = "**" + md + "**"
			}
		}
		if s.Marked {
			md = "==" + md + "=="
		}
		if to != "" {
			md = "[" + md + "](" + to + ")"
		}
		before = strings.ReplaceAll(before, "\n", " ")
		if strings.Contains(after, "\n") && !plain && !cell && i+1 < len(spans) {
			after = "\\\n"
		}
		out.WriteString(before + md + after)
	}
	return strings.TrimSpace(doubled.ReplaceAllString(out.String(), " "))
}

var doubled = regexp.MustCompile(` {2,}`)

// target is where a link leads, as Markdown writes it; "" when it leads nowhere that
// a reader of a web page gets to, which is told.
func (w writer) target(link, words string) string {
	link = strings.TrimSpace(link)
	if link == "" {
		return ""
	}
	if name, within := strings.CutPrefix(link, "#"); within {
		if id := w.ids[name]; id != "" {
			return "#" + id
		}
		w.lost("a link that leads nowhere within the document; its words stay: %q", short(words))
		return ""
	}
	u, err := url.Parse(strings.ReplaceAll(link, `\`, "/"))
	if err != nil || u.User != nil {
		w.lost("a link that nobody can follow (%s); its words stay: %q", link, short(words))
		return ""
	}
	switch u.Scheme {
	case "http", "https":
		if u.Host == "" {
			w.lost("a link without an address (%s); its words stay: %q", link, short(words))
			return ""
		}
	case "mailto", "tel":
	default:
		w.lost("a link to a file or place that a reader cannot get to (%s); its words stay: %q", link, short(words))
		return ""
	}
	if strings.TrimSuffix(strings.TrimPrefix(link, "mailto:"), "/") == strings.TrimSuffix(words, "/") {
		return "" // it becomes a link by itself
	}
	return strings.NewReplacer("(", "%28", ")", "%29", " ", "%20", "<", "%3C", ">", "%3E", "[", "%5B", "]", "%5D", "{", "%7B", "}", "%7D", "\n", "", "\t", "").Replace(u.String())
}

// readBack is what a reader sees of Markdown, with single spaces.
func readBack(md string) string {
	data := []byte(md)
	var out strings.Builder
	_ = ast.Walk(source.Markdown.Parse(text.NewReader(data)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.Text:
			if entering {
				out.Write(util.ResolveEntityNames(util.ResolveNumericReferences(util.UnescapePunctuations(n.Segment.Value(data)))))
				if n.SoftLineBreak() || n.HardLineBreak() {
					out.WriteByte(' ')
				}
			}
		case *ast.String:
			if entering {
				out.Write(n.Value)
			}
		case *ast.AutoLink:
			if entering {
				out.Write(n.Label(data))
			}
		case *extast.FootnoteLink, *extast.FootnoteBacklink:
			return ast.WalkSkipChildren, nil
		}
		if !entering && n.Type() == ast.TypeBlock {
			out.WriteByte(' ')
		}
		return ast.WalkContinue, nil
	})
	read := regexpNote.ReplaceAllString(out.String(), "")
	return strings.Join(strings.Fields(read), " ")
}

// regexpNote is a note's mark where the note itself is not beside it.
var regexpNote = regexp.MustCompile(`\[\^\d+\]`)

// rows writes a table; its first row is what the columns are called.
func (w writer) rows(b Block) []string {
	columns := 0
	for _, r := range b.Rows {
		n := 0
		for _, c := range r.Cells {
			n += c.Wide
		}
		columns = max(columns, min(n, 60))
	}
	grid := make([][]string, len(b.Rows))
	for i, r := range b.Rows {
		grid[i] = make([]string, columns)
		at := 0
		for _, c := range r.Cells {
			if at >= columns {
				break
			}
			if c.Above && i > 0 {
				grid[i][at] = grid[i-1][at]
			} else {
				grid[i][at] = w.cell(c)
			}
			at += c.Wide
		}
	}
	head := 0
	for head < len(b.Rows) && b.Rows[head].Header {
		head++
	}
	for i := 1; i < head && head < len(grid); i++ { // rows of names, one below the other
		over := ""
		for c := range grid[0] {
			if over = cmp.Or(grid[0][c], over); grid[i][c] != "" && grid[i][c] != over {
				grid[0][c] = strings.TrimPrefix(over+": "+grid[i][c], ": ")
			}
		}
	}
	var out []string
	if head == 0 && columns == 2 && !bold(b.Rows[0]) { // what is on the left is the name of what is on the right
		for _, r := range grid {
			switch {
			case r[0] == "" || r[1] == "":
				out = append(out, "- "+r[0]+r[1])
			case strings.HasSuffix(r[0], "**") || strings.ContainsAny(r[0][len(r[0])-1:], ".!?;,"):
				out = append(out, "- "+r[0]+" "+r[1])
			default:
				out = append(out, "- "+strings.TrimSuffix(r[0], ":")+": "+r[1])
			}
		}
		return out
	}
	if head == 0 && !bold(b.Rows[0]) {
		w.lost("the first row of a table is taken for the names of its columns: %q", short(strings.Join(grid[0], " | ")))
	}
	for i, r := range grid {
		if i > 0 && i < head && head < len(grid) {
			continue
		}
		if i == 0 {
			for c := range r { // what is bold by its place needs no stars
				r[c] = strings.ReplaceAll(r[c], "**", "")
			}
		}
		out = append(out, "| "+strings.Join(r, " | ")+" |")
		if i == 0 {
			out = append(out, "|"+strings.Repeat(" --- |", columns))
		}
	}
	return out
}

func bold(r Row) bool {
	seen := false
	for _, c := range r.Cells {
		for _, b := range c.Blocks {
			if !allBold(b.Spans) && b.Kind != Heading {
				return false
			}
			seen = true
		}
	}
	return seen
}

// cell is what stands in a cell, on one line.
func (w writer) cell(c Cell) string {
	var out strings.Builder
	for i, b := range c.Blocks {
		if b.Kind == Table {
			w.lost("a table within a table is now words of one cell: %q", short(b.Text()))
			b = Block{Spans: []Span{{Text: strings.ReplaceAll(strings.TrimSpace(b.Text()), "\n", "; ")}}}
		}
		words := w.inline(b.Spans, false, true)
		if i > 0 && out.Len() > 0 {
			if before := out.String(); strings.ContainsRune(".:;,?!", rune(before[len(before)-1])) {
				out.WriteByte(' ')
			} else {
				out.WriteString("; ")
			}
		}
		if b.Number != "" {
			out.WriteString(b.Number + " ")
		}
		out.WriteString(words)
	}
	return out.String()
}

// allBold says whether every word is.
func allBold(spans []Span) bool {
	seen := false
	for _, s := range spans {
		if strings.TrimSpace(s.Text) != "" && !s.Bold {
			return false
		}
		seen = seen || s.Bold
	}
	return seen
}
