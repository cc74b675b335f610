package document

import (
	"fmt"
	"regexp"
	"strings"
)

// A look is what a style, or what stands over it, says of words and paragraphs.
type look struct {
	style          string // names of the style and of those it is based on, in small letters, with a bar after each
	list           string // the numbering; "0" for none after all
	level          int    // in it, from 0; -1 for none said
	outline        int    // of a heading from 1; 0 for text
	indent, size   int
	bold, italic   bool
	hidden, struck bool
	marked, symbol bool
}

// A reader reads documents of a word processor, and tells what it leaves out.
type reader struct {
	*Document
	parts   parts
	changes Changes
	base    look
	styles  map[string]look
	defined map[string]*node
	over    func(look, *node) look // what a style says over the one it is based on
	tallys  map[string]*tally
}

func newReader(p parts, changes Changes) reader {
	return reader{Document: &Document{Notes: map[string][]Block{}}, parts: p, changes: changes, base: look{level: -1}, styles: map[string]look{}, defined: map[string]*node{}, tallys: map[string]*tally{}}
}

// look is a style with what it has of those it is based on.
func (r *reader) look(id string, above func(*node) (string, bool)) look {
	if s, ok := r.styles[id]; ok {
		return s
	}
	n := r.defined[id]
	if n == nil {
		return r.base
	}
	r.styles[id] = r.base // for one that is based on itself
	s := r.base
	if from, ok := above(n); ok {
		s = r.look(from, above)
	}
	r.styles[id] = r.over(s, n)
	return r.styles[id]
}

// kind is what a paragraph of a look is.
func (l look) kind() (Kind, int) {
	switch {
	case contentsStyle.MatchString(l.style):
		return Contents, 0
	case titleStyle.MatchString(l.style):
		return Title, 0
	case l.outline > 0 && l.outline < 10:
		return Heading, l.outline
	}
	return Paragraph, 0
}

var (
	contentsStyle = regexp.MustCompile(`(?:^|\|)(?:toc|table of figures|contents)(?: [^|]*)?\|`)
	titleStyle    = regexp.MustCompile(`(?:^|\|)(?:sub)?title\|$`)
)

// add puts words into a block.
func (r *reader) add(b *Block, l look, text, link string) {
	if l.hidden {
		if strings.TrimSpace(text) != "" {
			r.tell(Dropped, "words that are hidden: %q", text)
		}
		return
	}
	if l.symbol {
		text = symbols(text)
	}
	b.Size = max(b.Size, l.size)
	b.Spans = appendSpan(b.Spans, Span{Text: text, Bold: l.bold, Italic: l.italic, Struck: l.struck, Marked: l.marked, Link: link})
}

// note hangs a note on a block.
func (r *reader) note(b *Block, name string) {
	b.Spans = append(b.Spans, Span{Note: name})
	r.Order = append(r.Order, name)
}

// head tells a running head or foot, once.
func (r *reader) head(n *node) {
	words := strings.Join(strings.Fields(n.all()), " ")
	said := Remark{Dropped, -1, fmt.Sprintf("a running head or foot: %q", words)}
	for _, before := range r.Remarks {
		if before == said {
			return
		}
	}
	if words != "" {
		r.Remarks = append(r.Remarks, said)
	}
}

func (r *reader) whole(sort, format string, args ...any) {
	r.Remarks = append(r.Remarks, Remark{sort, -1, fmt.Sprintf(format, args...)})
}

// change tells one that the word processor keeps track of.
func (r *reader) change(format string, args ...any) {
	r.tell(Changed, format, args...)
	if r.changes == Open {
		r.Undecided++
	}
}

// boxed tells of the words of a text box.
func (r *reader) boxed(blocks []Block) []Block {
	if blocks = filled(blocks); len(blocks) > 0 {
		r.tell(Unsure, "the words of a text box now follow the paragraph beside it: %q", short(textOf(blocks)))
	}
	return blocks
}

func (r *reader) picture(said string) {
	r.tell(Dropped, "%s", strings.TrimSuffix("a picture or drawing: "+strings.TrimSpace(said), ": "))
}

// title reads what the file's properties call the document.
func (r *reader) title(part string) {
	if n, err := r.parts.tree(part); err == nil && n != nil {
		n.each("dc:title", func(n *node) { r.Named = strings.TrimSpace(n.all()) })
	}
}

// tally is that of one list.
func (r *reader) tally(name string) *tally {
	if r.tallys[name] == nil {
		r.tallys[name] = &tally{}
	}
	return r.tallys[name]
}
