package document

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"schoolgate/site/source"
)

// odt reads a document of LibreOffice.
type odt struct {
	reader
	lists   map[string]*[10]numbered
	outline [10]numbered
	last    map[string]string // the list that a numbering was used in last, by style
	changed map[string]*node  // what is kept as a change, by id
	within  map[string]bool   // insertions that are open
	notes   int
	names   int
}

func readODT(p parts, changes Changes) (*Document, error) {
	r := &odt{reader: newReader(p, changes), lists: map[string]*[10]numbered{}, last: map[string]string{}, changed: map[string]*node{}, within: map[string]bool{}}
	r.over = odtStyle
	if m, err := p.tree("META-INF/manifest.xml"); err == nil {
		locked := false
		m.each("manifest:encryption-data", func(*node) { locked = true })
		if locked {
			return nil, errors.New("the document is locked with a password: save it without one")
		}
	}
	sheet, err := p.tree("styles.xml")
	if err != nil {
		return nil, err
	}
	content, err := p.tree("content.xml")
	if err != nil {
		return nil, err
	}
	body := content.at("office:document-content", "office:body", "office:text")
	if body.name == "" {
		return nil, errors.New("this is a document of LibreOffice, but no text: save the text as .odt or .docx")
	}
	for _, root := range []*node{sheet, content} {
		root.each("text:outline-style", func(n *node) { r.outline = odtLevels(n) })
		root.each("text:list-style", func(n *node) {
			levels := odtLevels(n)
			r.lists[n.attr["style:name"]] = &levels
		})
		root.each("style:style", func(n *node) { r.defined[n.attr["style:name"]] = n })
		root.each("style:default-style", func(n *node) {
			if n.attr["style:family"] == "paragraph" {
				r.base = odtStyle(r.base, n)
			}
		})
		root.each("style:header", r.head)
		root.each("style:footer", r.head)
	}
	for _, name := range source.SortedKeys(p) {
		switch {
		case strings.HasPrefix(name, "Basic/") && strings.HasSuffix(name, ".xml") && !strings.Contains(name, "script-l"):
			r.whole(Dropped, "a macro, which was not run: %s", name)
		case strings.HasPrefix(name, "Object ") && strings.HasSuffix(name, "/content.xml"):
			r.whole(Dropped, "an embedded file, which was not opened: %s", name)
		}
	}
	body.each("text:changed-region", func(n *node) {
		id := n.attr["text:id"]
		if id == "" {
			id = n.attr["xml:id"]
		}
		r.changed[id] = n
	})
	r.title("meta.xml")
	r.Blocks = r.blocks(body, true, "", 0)
	return r.Document, nil
}

// odtWords are the words of what was taken out, or of a comment, without who did so.
func odtWords(n *node) string {
	var out strings.Builder
	for _, k := range n.kids {
		if k.name == "text:p" || k.name == "text:h" || k.name == "text:list" || k.name == "table:table" {
			out.WriteString(k.all())
		}
	}
	return out.String()
}

func odtLevels(n *node) [10]numbered {
	var levels [10]numbered
	for i := range levels {
		levels[i].restart = -1
	}
	for _, l := range n.kids {
		at := number(l.attr["text:level"], 0) - 1
		if at < 0 || at > 9 {
			continue
		}
		level := numbered{start: number(l.attr["text:start-value"], 1), restart: -1, format: l.attr["style:num-format"]}
		properties := l.at("style:list-level-properties")
		level.indent = length(properties.at("style:list-level-label-alignment").attr["fo:margin-left"])
		if level.indent == 0 {
			level.indent = length(properties.attr["text:space-before"])
		}
		switch shown := l.attr["loext:num-list-format"]; {
		case l.name != "text:outline-level-style" && l.name != "text:list-level-style-number":
			level.format = "bullet"
		case strings.Contains(shown, "%"):
			for i := 1; i < 11; i++ {
				shown = strings.ReplaceAll(shown, fmt.Sprintf("%%%d%%", i), fmt.Sprintf("%%%d", i))
			}
			level.text = shown
		case level.format != "":
			var each []string
			for i := max(1, at+2-number(l.attr["text:display-levels"], 1)); i <= at+1; i++ {
				each = append(each, fmt.Sprintf("%%%d", i))
			}
			level.text = l.attr["style:num-prefix"] + strings.Join(each, ".") + l.attr["style:num-suffix"]
		}
		levels[at] = level
	}
	return levels
}

// length is one of CSS in twentieths of a point.
func length(s string) int { return int(20 * points(s)) }

func odtAbove(n *node) (string, bool) {
	id := n.attr["style:parent-style-name"]
	return id, id != ""
}

// automatic are names of what somebody set over a style.
var automatic = regexp.MustCompile(`^P\d+$`)

func odtStyle(l look, n *node) look {
	name := n.attr["style:display-name"]
	if name == "" {
		name = n.attr["style:name"]
	}
	if n.attr["style:display-name"] != "" || n.attr["style:parent-style-name"] == "" || !automatic.MatchString(name) {
		l.style += strings.ToLower(name) + "|"
	}
	if list, said := n.attr["style:list-style-name"]; said {
		l.list = list
		if list == "" {
			l.list = "0"
		}
	}
	if v := length(n.at("style:paragraph-properties").attr["fo:margin-left"]); v != 0 {
		l.indent = v
	}
	return l.odtWords(n)
}

// odtWords is a look with what a style says of words.
func (l look) odtWords(n *node) look {
	t := n.at("style:text-properties").attr
	if w := t["fo:font-weight"]; w != "" {
		l.bold = w == "bold" || w >= "600" && w <= "900"
	}
	if w := t["fo:font-style"]; w != "" {
		l.italic = w != "normal"
	}
	if size := points(t["fo:font-size"]); size > 0 {
		l.size = int(2 * size)
	}
	if w := t["text:display"]; w != "" {
		l.hidden = w == "none"
	}
	if w := t["style:text-line-through-style"]; w != "" {
		l.struck = w != "none"
	}
	if w := t["fo:background-color"]; w != "" {
		l.marked = coloured(w)
	}
	return l
}

func (r *odt) blocks(n *node, top bool, list string, level int) []Block {
	var out []Block
	for _, k := range n.kids {
		switch k.name {
		case "text:p", "text:h":
			out = append(out, r.paragraph(k)...)
		case "text:list":
			out = append(out, r.list(k, list, "", level)...)
		case "text:section", "text:index-body", "office:text", "text:index-title":
			out = append(out, r.blocks(k, false, list, level)...)
		case "text:table-of-content", "text:alphabetical-index", "text:user-index", "text:illustration-index":
			for _, b := range r.blocks(k.at("text:index-body"), false, "", 0) {
				b.Kind = Contents
				out = append(out, b)
			}
		case "table:table":
			out = append(out, r.table(k)...)
		case "text:change-start", "text:change-end", "text:change":
			var b Block
			if r.inline(&node{kids: []*node{k}}, r.base, "", &b); len(b.Spans) > 0 {
				out = append(out, b)
			}
		case "draw:frame", "draw:custom-shape", "draw:rect", "draw:g":
			out = append(out, r.frame(k)...)
		}
		if top {
			r.Blocks = out
		}
	}
	return out
}

// paragraph reads one, and the text boxes that hang on it.
func (r *odt) paragraph(p *node) []Block {
	s := r.look(p.attr["text:style-name"], odtAbove)
	b := Block{Indent: s.indent}
	var boxes []Block
	p.each("draw:frame", func(f *node) { boxes = append(boxes, r.frame(f)...) })
	p.each("draw:custom-shape", func(f *node) { boxes = append(boxes, r.frame(f)...) })
	r.inline(p, s, "", &b)
	b.Spans = trimSpans(b.Spans)
	if b.Kind, _ = s.kind(); b.Kind == Heading {
		b.Kind = Paragraph
	}
	if p.name == "text:h" && len(b.Spans) > 0 {
		b.Kind, b.Level = Heading, max(1, number(p.attr["text:outline-level"], 1))
		if at := b.Level - 1; at < 10 && r.outline[at].text != "" && p.attr["text:is-list-header"] != "true" && s.list != "0" {
			b.Number = r.tally("outline").next(r.outline, at)
		}
	}
	return append([]Block{b}, boxes...)
}

// list reads one, which stands in the outermost one named root.
func (r *odt) list(n *node, style, root string, level int) []Block {
	if s := n.attr["text:style-name"]; s != "" {
		style = s
	}
	levels := r.lists[style]
	if levels == nil {
		levels = &[10]numbered{}
		for i := range levels {
			levels[i] = numbered{format: "bullet", restart: -1}
		}
	}
	if level == 0 && n.attr["text:continue-numbering"] != "true" && n.attr["text:continue-list"] == "" {
		r.names++
		r.last[style] = fmt.Sprint(style, " ", r.names)
		n.each("text:h", func(*node) { r.last[style] = style }) // headings count on
	}
	key := style
	if r.last[style] != "" {
		key = r.last[style]
	}
	if root == "" {
		root = key
	}
	at := min(level, 9)
	var out []Block
	for _, item := range n.kids {
		if item.name != "text:list-item" && item.name != "text:list-header" {
			continue
		}
		first := item.name == "text:list-item"
		for _, k := range item.kids {
			if k.name == "text:list" {
				out = append(out, r.list(k, style, root, level+1)...)
				continue
			}
			for _, b := range r.blocks(&node{kids: []*node{k}}, false, style, level) {
				if first && (b.Kind == Paragraph || b.Kind == Heading) {
					first = false
					if v := item.attr["text:start-value"]; v != "" {
						r.tally(key).begun[at], levels[at].start = false, number(v, 1)
					}
					if levels[at].format != "bullet" {
						b.Number = r.tally(key).next(*levels, at)
					}
					if b.Kind == Paragraph && (b.Number != "" || levels[at].format == "bullet") {
						b.Kind, b.Level, b.List = Item, level, root
					}
				}
				b.Indent = max(levels[at].indent, 1)
				out = append(out, b)
			}
		}
	}
	return out
}

func (r *odt) inline(n *node, s look, link string, b *Block) {
	put := func(text string) {
		for _, open := range r.within {
			if open && r.changes == Reject {
				return
			}
		}
		r.add(b, s, text, link)
	}
	for _, k := range n.kids {
		switch k.name {
		case "":
			put(spaces.ReplaceAllString(k.text, " "))
		case "text:s":
			put(strings.Repeat(" ", min(number(k.attr["text:c"], 1), 100)))
		case "text:tab":
			put("\t")
		case "text:line-break":
			put("\n")
		case "text:a":
			r.inline(k, s, k.attr["xlink:href"], b)
		case "text:span":
			own := s
			if style := r.defined[k.attr["text:style-name"]]; style != nil {
				if above := r.defined[style.attr["style:parent-style-name"]]; above != nil {
					own = own.odtWords(above)
				}
				own = own.odtWords(style)
			}
			r.inline(k, own, link, b)
		case "text:bookmark", "text:bookmark-start", "text:reference-mark-start":
			b.Places = append(b.Places, k.attr["text:name"])
		case "text:note":
			r.notes++
			name := fmt.Sprint("note", r.notes)
			r.note(b, name)
			r.Notes[name] = r.blocks(k.at("text:note-body"), false, "", 0)
		case "text:placeholder":
			inner := s
			inner.marked = true
			r.inline(k, inner, link, b)
		case "office:annotation":
			r.tell(Dropped, "a comment by %s: %q", k.at("dc:creator").all(), short(odtWords(k)))
		case "text:change-start":
			id := k.attr["text:change-id"]
			if c := r.changed[id]; c.has("text:insertion") {
				r.within[id] = true
				r.change("put in%s", by(c))
			}
		case "text:change-end":
			delete(r.within, k.attr["text:change-id"])
		case "text:change":
			if c := r.changed[k.attr["text:change-id"]]; c.has("text:deletion") {
				gone := odtWords(c.at("text:deletion"))
				r.change("taken out%s: %q", by(c), short(gone))
				if r.changes == Reject {
					put(gone)
				}
			}
		case "text:page-number", "text:page-count", "text:bibliography-mark", "text:soft-page-break", "text:tracked-changes", "draw:frame", "draw:custom-shape", "office:annotation-end", "text:ruby-text":
		default:
			r.inline(k, s, link, b)
		}
	}
}

// by says who made a change.
func by(change *node) (who string) {
	change.each("dc:creator", func(c *node) { who = " by " + c.all() })
	return who
}

// frame is the words of a text box; a picture is left out.
func (r *odt) frame(n *node) []Block {
	var out []Block
	n.each("draw:text-box", func(box *node) { out = append(out, r.blocks(box, false, "", 0)...) })
	if n.name == "draw:custom-shape" {
		out = r.blocks(n, false, "", 0)
	}
	if out = r.boxed(out); len(out) == 0 {
		r.picture(n.at("svg:desc").all() + n.at("svg:title").all())
	}
	return out
}

func (r *odt) table(n *node) []Block {
	b := Block{Kind: Table}
	var rows func(*node, bool)
	rows = func(n *node, head bool) {
		for _, k := range n.kids {
			switch k.name {
			case "table:table-header-rows":
				rows(k, true)
			case "table:table-rows", "table:table-row-group":
				rows(k, head)
			case "table:table-row":
				row, at, covered := Row{Header: head}, 0, 0 // covered by a wide cell beside
				for _, c := range k.kids {
					switch c.name {
					case "table:table-cell":
						wide := max(1, number(c.attr["table:number-columns-spanned"], 1))
						row.Cells = append(row.Cells, Cell{Blocks: filled(r.blocks(c, false, "", 0)), Wide: wide})
						covered = at + wide
						at++
					case "table:covered-table-cell":
						for range max(1, number(c.attr["table:number-columns-repeated"], 1)) {
							if at >= covered {
								row.Cells = append(row.Cells, Cell{Wide: 1, Above: true})
							}
							at++
						}
					}
				}
				b.Rows = append(b.Rows, row)
			}
		}
	}
	rows(n, false)
	return framed(b)
}
