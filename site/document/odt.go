package document

import (
	"errors"
	"fmt"
	"strings"
)

// odt reads a document of LibreOffice.
type odt struct {
	*Document
	styles  map[string]odtStyle
	lists   map[string]*[10]numbered
	outline [10]numbered
	tallys  map[string]*tally
	last    map[string]string // the list that a numbering was used in last, by style
	changes Changes
	changed map[string]*node // what is kept as a change, by id
	within  map[string]bool  // insertions that are open
	notes   int
	names   int
}

type odtStyle struct {
	parent, name, list string
	bold, italic       *bool
	size, indent       int
	outline            int
	hidden, struck     bool
}

func readODT(p parts, changes Changes) (*Document, error) {
	r := &odt{Document: &Document{Notes: map[string][]Block{}}, styles: map[string]odtStyle{}, lists: map[string]*[10]numbered{}, tallys: map[string]*tally{}, last: map[string]string{}, changes: changes, changed: map[string]*node{}, within: map[string]bool{}}
	if m, err := p.tree("META-INF/manifest.xml"); err == nil && m != nil {
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
		if root == nil {
			continue
		}
		root.each("text:outline-style", func(n *node) { r.outline = odtLevels(n, "text:outline-level-style") })
		root.each("text:list-style", func(n *node) {
			levels := odtLevels(n, "text:list-level-style-number", "text:list-level-style-bullet", "text:list-level-style-image")
			r.lists[n.attr["style:name"]] = &levels
		})
		root.each("style:style", r.style)
		for _, name := range []string{"style:header", "style:footer"} {
			root.each(name, func(n *node) {
				if words := strings.Join(strings.Fields(n.all()), " "); words != "" && !pageNumber.MatchString(words) {
					r.Remarks = append(r.Remarks, Remark{Dropped, -1, fmt.Sprintf("a running head or foot: %q", words)})
				}
			})
		}
	}
	for name := range p {
		switch {
		case strings.HasPrefix(name, "Basic/") && strings.HasSuffix(name, ".xml") && !strings.Contains(name, "script-l"):
			r.Remarks = append(r.Remarks, Remark{Dropped, -1, "a macro, which was not run: " + name})
		case strings.HasPrefix(name, "Object ") && strings.HasSuffix(name, "/content.xml"):
			r.Remarks = append(r.Remarks, Remark{Dropped, -1, "an embedded file, which was not opened: " + name})
		}
	}
	body.each("text:changed-region", func(n *node) {
		id := n.attr["text:id"]
		if id == "" {
			id = n.attr["xml:id"]
		}
		r.changed[id] = n
		who := ""
		n.each("dc:creator", func(c *node) { who = " by " + c.all() })
		if gone := n.at("text:deletion"); gone.name != "" {
			r.count("taken out%s: %q", who, short(odtWords(gone)))
		} else if n.has("text:insertion") {
			r.count("put in%s", who)
		}
	})
	if meta, err := p.tree("meta.xml"); err == nil && meta != nil {
		meta.each("dc:title", func(n *node) { r.Named = strings.TrimSpace(n.all()) })
	}
	r.Blocks = r.blocks(body, true, "", 0)
	return r.Document, nil
}

func (r *odt) count(format string, args ...any) {
	r.Remarks = append(r.Remarks, Remark{Changed, -1, fmt.Sprintf(format, args...)})
	if r.changes == Open {
		r.Undecided++
	}
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

func odtLevels(n *node, names ...string) [10]numbered {
	var levels [10]numbered
	for i := range levels {
		levels[i].restart = -1
	}
	for _, name := range names {
		n.each(name, func(l *node) {
			at := number(l.attr["text:level"], 0) - 1
			if at < 0 || at > 9 {
				return
			}
			level := numbered{start: number(l.attr["text:start-value"], 1), restart: -1, format: l.attr["style:num-format"]}
			l.each("style:list-level-label-alignment", func(a *node) { level.indent = int(20 * points(a.attr["fo:margin-left"])) })
			if level.indent == 0 {
				l.each("style:list-level-properties", func(a *node) { level.indent = int(20 * points(a.attr["text:space-before"])) })
			}
			switch {
			case !strings.HasSuffix(name, "number") && name != "text:outline-level-style":
				level.format = "bullet"
			case l.attr["loext:num-list-format"] != "" && strings.Contains(l.attr["loext:num-list-format"], "%"):
				level.text = l.attr["loext:num-list-format"]
				for i := 1; i < 10; i++ {
					level.text = strings.ReplaceAll(level.text, fmt.Sprintf("%%%d%%", i), fmt.Sprintf("%%%d", i))
				}
			case level.format != "":
				shown := number(l.attr["text:display-levels"], 1)
				var each []string
				for i := max(1, at+2-shown); i <= at+1; i++ {
					each = append(each, fmt.Sprintf("%%%d", i))
				}
				level.text = l.attr["style:num-prefix"] + strings.Join(each, ".") + l.attr["style:num-suffix"]
			}
			if level.format == "1" {
				level.format = "decimal"
			}
			levels[at] = level
		})
	}
	return levels
}

func (r *odt) style(n *node) {
	s := odtStyle{parent: n.attr["style:parent-style-name"], name: n.attr["style:display-name"], list: n.attr["style:list-style-name"], outline: number(n.attr["style:default-outline-level"], 0)}
	if s.name == "" {
		s.name = n.attr["style:name"]
	}
	t := n.at("style:text-properties")
	if w := t.attr["fo:font-weight"]; w != "" {
		on := w == "bold" || w >= "600" && w <= "900"
		s.bold = &on
	}
	if w := t.attr["fo:font-style"]; w != "" {
		on := w != "normal"
		s.italic = &on
	}
	s.size = int(2 * points(t.attr["fo:font-size"]))
	s.hidden = t.attr["text:display"] == "none"
	s.struck = t.attr["style:text-line-through-style"] != "" && t.attr["style:text-line-through-style"] != "none"
	s.indent = int(20 * points(n.at("style:paragraph-properties").attr["fo:margin-left"]))
	r.styles[n.attr["style:name"]] = s
}

// look is a style with what it has of those above it, and their names.
func (r *odt) look(name string) (s odtStyle, names []string) {
	for depth := 0; name != "" && depth < 30; depth++ {
		each, ok := r.styles[name]
		if !ok {
			break
		}
		names = append(names, strings.ToLower(each.name))
		s.bold, s.italic = or(s.bold, each.bold), or(s.italic, each.italic)
		if s.size == 0 {
			s.size = each.size
		}
		if s.indent == 0 {
			s.indent = each.indent
		}
		if s.list == "" {
			s.list = each.list
		}
		if s.outline == 0 {
			s.outline = each.outline
		}
		s.hidden, s.struck = s.hidden || each.hidden, s.struck || each.struck
		name = each.parent
	}
	return s, names
}

func (r *odt) blocks(n *node, top bool, list string, level int) []Block {
	var out []Block
	for _, k := range n.kids {
		switch k.name {
		case "text:p", "text:h":
			out = append(out, r.paragraph(k)...)
		case "text:list":
			out = append(out, r.list(k, list, "", level)...)
		case "text:section", "text:index-body", "office:text":
			out = append(out, r.blocks(k, false, list, level)...)
		case "text:table-of-content", "text:alphabetical-index", "text:user-index", "text:illustration-index":
			for _, b := range r.blocks(k.at("text:index-body"), false, "", 0) {
				b.Kind = Contents
				out = append(out, b)
			}
		case "text:index-title":
			out = append(out, r.blocks(k, false, list, level)...)
		case "table:table":
			out = append(out, r.table(k)...)
		case "text:change-start", "text:change-end", "text:change":
			var b Block
			r.inline(&node{kids: []*node{k}}, odtStyle{}, "", &b)
			if len(b.Spans) > 0 {
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
	s, names := r.look(p.attr["text:style-name"])
	b := Block{Indent: s.indent}
	var boxes []Block
	p.each("draw:frame", func(f *node) { boxes = append(boxes, r.frame(f)...) })
	p.each("draw:custom-shape", func(f *node) { boxes = append(boxes, r.frame(f)...) })
	r.inline(p, s, "", &b)
	b.Spans = trimSpans(b.Spans)
	for _, name := range names {
		switch {
		case name == "title":
			b.Kind = Title
		case strings.HasPrefix(name, "contents "):
			b.Kind = Contents
		}
	}
	if p.name == "text:h" && len(b.Spans) > 0 {
		level := max(1, number(p.attr["text:outline-level"], 1))
		b.Kind, b.Level = Heading, level
		if at := level - 1; at < 10 && r.outline[at].text != "" && p.attr["text:is-list-header"] != "true" {
			b.Number = r.tally("outline").next(r.outline, at)
		}
	}
	return append([]Block{b}, boxes...)
}

func (r *odt) tally(name string) *tally {
	if r.tallys[name] == nil {
		r.tallys[name] = &tally{}
	}
	return r.tallys[name]
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
	key := style
	if level == 0 {
		id := n.attr["xml:id"]
		goesOn := n.attr["text:continue-numbering"] == "true" || n.attr["text:continue-list"] != ""
		if !goesOn {
			r.names++
			r.last[style] = fmt.Sprint(style, " ", r.names, id)
			headings := false
			n.each("text:h", func(*node) { headings = true })
			if headings {
				r.last[style] = style
			}
		}
	}
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
				if first && (b.Kind == Paragraph || b.Kind == Heading) && len(b.Spans) > 0 {
					first = false
					if v := item.attr["text:start-value"]; v != "" {
						r.tally(key).begun[at], levels[at].start = false, number(v, 1)
					}
					if levels[at].format != "bullet" {
						b.Number = r.tally(key).next(*levels, at)
					}
					if b.Kind == Paragraph && (b.Number != "" || levels[at].format == "bullet") {
						b.Kind, b.Level, b.List = Item, level, root
						b.Indent = max(levels[at].indent, 1)
					}
				}
				out = append(out, b)
			}
		}
	}
	return out
}

func (r *odt) inline(n *node, s odtStyle, link string, b *Block) {
	add := func(text string) {
		for id := range r.within {
			if r.within[id] && r.changes == Reject {
				return
			}
		}
		if s.hidden {
			if strings.TrimSpace(text) != "" {
				r.tell(Dropped, "words that are hidden: %q", text)
			}
			return
		}
		b.Size = max(b.Size, s.size)
		b.Spans = appendSpan(b.Spans, Span{Text: text, Bold: s.bold != nil && *s.bold, Italic: s.italic != nil && *s.italic, Struck: s.struck, Link: link})
	}
	for _, k := range n.kids {
		switch k.name {
		case "":
			add(spaces.ReplaceAllString(k.text, " "))
		case "text:s":
			add(strings.Repeat(" ", min(number(k.attr["text:c"], 1), 100)))
		case "text:tab":
			add("\t")
		case "text:line-break":
			add("\n")
		case "text:a":
			r.inline(k, s, k.attr["xlink:href"], b)
		case "text:span":
			own, _ := r.look(k.attr["text:style-name"])
			own.bold, own.italic = or(own.bold, s.bold), or(own.italic, s.italic)
			if own.size == 0 {
				own.size = s.size
			}
			own.hidden, own.struck = own.hidden || s.hidden, own.struck || s.struck
			r.inline(k, own, link, b)
		case "text:bookmark", "text:bookmark-start", "text:reference-mark-start":
			b.Places = append(b.Places, k.attr["text:name"])
		case "text:note":
			r.notes++
			name := fmt.Sprint("note", r.notes)
			r.Order = append(r.Order, name)
			b.Spans = append(b.Spans, Span{Note: name})
			r.Notes[name] = r.blocks(k.at("text:note-body"), false, "", 0)
		case "text:page-number", "text:page-count", "text:bibliography-mark", "text:soft-page-break", "text:tracked-changes":
		case "office:annotation":
			who := k.at("dc:creator").all()
			r.tell(Dropped, "a comment by %s: %q", who, short(odtWords(k)))
		case "text:change-start":
			r.within[k.attr["text:change-id"]] = r.changed[k.attr["text:change-id"]] != nil && r.changed[k.attr["text:change-id"]].has("text:insertion")
		case "text:change-end":
			delete(r.within, k.attr["text:change-id"])
		case "text:change":
			if c := r.changed[k.attr["text:change-id"]]; c != nil && c.has("text:deletion") && r.changes == Reject {
				add(odtWords(c.at("text:deletion")))
			}
		case "draw:frame", "draw:custom-shape", "office:annotation-end", "text:ruby-text":
		default:
			r.inline(k, s, link, b)
		}
	}
}

// frame is the words of a text box; a picture is left out.
func (r *odt) frame(n *node) []Block {
	var out []Block
	n.each("draw:text-box", func(box *node) { out = append(out, filled(r.blocks(box, false, "", 0))...) })
	if n.name == "draw:custom-shape" {
		out = filled(r.blocks(n, false, "", 0))
	}
	if len(out) > 0 {
		r.tell(Unsure, "the words of a text box now follow the paragraph beside it: %q", short(textOf(out)))
		return out
	}
	said := n.at("svg:desc").all() + n.at("svg:title").all()
	r.tell(Dropped, "a picture or drawing%s", map[bool]string{true: ": " + said}[said != ""])
	return nil
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
				row := Row{Header: head}
				for _, c := range k.kids {
					switch c.name {
					case "table:table-cell":
						row.Cells = append(row.Cells, Cell{Blocks: filled(r.blocks(c, false, "", 0)), Wide: max(1, number(c.attr["table:number-columns-spanned"], 1))})
					case "table:covered-table-cell": // of a cell above; those beside are part of a wide one
						covered := 0
						for _, before := range row.Cells {
							covered += before.Wide
						}
						if at := position(k, c); at >= covered {
							row.Cells = append(row.Cells, Cell{Wide: 1, Above: true})
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

// position is which column of its row a cell stands in.
func position(row, cell *node) int {
	at := 0
	for _, k := range row.kids {
		if k == cell {
			return at
		}
		if k.name == "table:table-cell" || k.name == "table:covered-table-cell" {
			at++
		}
	}
	return at
}
