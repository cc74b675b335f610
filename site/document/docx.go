package document

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"
)

// docx reads a document of Word.
type docx struct {
	*Document
	parts   parts
	targets map[string]string // of links, by id
	styles  map[string]wordStyle
	base    wordStyle // what a paragraph without a style of its own is like
	lists   *lists
	changes Changes
	remarks map[string]string // comments by id
	fields  []wordField       // open, the innermost last
	extra   []Block           // of text boxes, to follow the paragraph they hang on
	places  []string          // begun between paragraphs
}

type wordStyle struct {
	name           string
	num            string
	level          int // in the list; -1 for none
	outline        int // 0 to 8; 9 is text, -1 not said
	size           int
	bold, italic   *bool
	hidden, struck bool
	indent         int
	symbol         bool
}

type wordField struct {
	code   strings.Builder
	result bool // its code is read, and what it shows follows
	link   string
	drop   bool
}

func readDOCX(p parts, changes Changes) (*Document, error) {
	main := "word/document.xml"
	rels, err := p.tree("_rels/.rels")
	if err != nil {
		return nil, err
	}
	if rels != nil {
		rels.each("r:Relationship", func(n *node) {
			if strings.HasSuffix(n.attr["Type"], "/officeDocument") {
				main = strings.TrimPrefix(path.Clean("/"+n.attr["Target"]), "/")
			}
		})
	}
	r := &docx{Document: &Document{Notes: map[string][]Block{}}, parts: p, targets: map[string]string{}, styles: map[string]wordStyle{}, changes: changes, remarks: map[string]string{}}
	root, err := p.tree(main)
	if err != nil {
		return nil, err
	}
	if root == nil || !root.at("w:document").has("w:body") {
		return nil, errors.New("this is no document of Word: open it where it was made and save it as .docx")
	}
	dir := path.Dir(main)
	part := map[string]*node{}
	for _, name := range []string{"styles", "numbering", "comments", "footnotes", "endnotes"} {
		if part[name], err = p.tree(dir + "/" + name + ".xml"); err != nil {
			return nil, err
		}
	}
	if err := r.relations(dir, path.Base(main)); err != nil {
		return nil, err
	}
	linked := r.readStyles(part["styles"])
	r.lists = readLists(part["numbering"], linked)
	if n := part["comments"]; n != nil {
		n.each("w:comment", func(c *node) {
			r.remarks[c.attr["w:id"]] = strings.TrimSpace(fmt.Sprintf("a comment by %s: %q", c.attr["w:author"], strings.TrimSpace(c.all())))
		})
	}
	r.attached(dir)
	if core, err := p.tree("docProps/core.xml"); err == nil && core != nil {
		core.each("dc:title", func(n *node) { r.Named = strings.TrimSpace(n.all()) })
	}
	r.Blocks = r.blocks(root.at("w:document", "w:body"), true)
	for _, kind := range []string{"footnote", "endnote"} {
		if n := part[kind+"s"]; n != nil {
			if err := r.relations(dir, kind+"s.xml"); err != nil {
				return nil, err
			}
			n.each("w:"+kind, func(note *node) {
				if t := note.attr["w:type"]; t == "" || t == "normal" {
					name := kind + note.attr["w:id"]
					r.Notes[name] = r.blocks(note, false)
				}
			})
		}
	}
	return r.Document, nil
}

// relations reads what a part refers to. Nothing outside of the file is ever opened.
func (r *docx) relations(dir, name string) error {
	r.targets = map[string]string{}
	root, err := r.parts.tree(dir + "/_rels/" + name + ".rels")
	if err != nil || root == nil {
		return err
	}
	root.each("r:Relationship", func(n *node) {
		kind, to := path.Base(n.attr["Type"]), n.attr["Target"]
		switch {
		case kind == "hyperlink":
			r.targets[n.attr["Id"]] = to
		case n.attr["TargetMode"] == "External":
			r.Remarks = append(r.Remarks, Remark{Dropped, -1, fmt.Sprintf("something from outside of the file (%s), which was not fetched: %s", kind, to)})
		}
	})
	return nil
}

// attached tells what else is in the file and stays out of the policy.
func (r *docx) attached(dir string) {
	said := map[string]bool{}
	for name := range r.parts {
		base := path.Base(name)
		switch {
		case strings.HasPrefix(base, "vbaProject"):
			r.Remarks = append(r.Remarks, Remark{Dropped, -1, "a macro, which was not run"})
		case strings.HasPrefix(name, dir+"/embeddings/") || strings.HasPrefix(name, dir+"/activeX/"):
			r.Remarks = append(r.Remarks, Remark{Dropped, -1, "an embedded file, which was not opened: " + base})
		case strings.HasPrefix(name, dir+"/header") || strings.HasPrefix(name, dir+"/footer"):
			n, err := r.parts.tree(name)
			if err != nil || n == nil {
				continue
			}
			if words := strings.Join(strings.Fields(n.all()), " "); words != "" && !said[words] {
				said[words] = true
				r.Remarks = append(r.Remarks, Remark{Dropped, -1, fmt.Sprintf("a running head or foot: %q", words)})
			}
		}
	}
}

func indentOf(pPr *node, otherwise int) int {
	ind := pPr.at("w:ind")
	for _, name := range []string{"w:left", "w:start"} {
		if v, ok := ind.attr[name]; ok {
			return number(v, otherwise)
		}
	}
	return otherwise
}

func (s wordStyle) with(pPr, rPr *node) wordStyle {
	if num := pPr.at("w:numPr"); num.name != "" {
		if id := num.val("w:numId"); id != "" {
			s.num = id
		}
		if v := num.val("w:ilvl"); v != "" {
			s.level = number(v, 0)
		}
	}
	if v := pPr.val("w:outlineLvl"); v != "" {
		s.outline = number(v, -1)
	}
	s.indent = indentOf(pPr, s.indent)
	return s.run(rPr)
}

func (s wordStyle) run(rPr *node) wordStyle {
	if v := rPr.val("w:sz"); v != "" {
		s.size = number(v, 0)
	}
	if on, known := rPr.on("w:b"); known {
		s.bold = &on
	}
	if on, known := rPr.on("w:i"); known {
		s.italic = &on
	}
	for _, name := range []string{"w:vanish", "w:webHidden"} {
		if on, known := rPr.on(name); known {
			s.hidden = on
		}
	}
	for _, name := range []string{"w:strike", "w:dstrike"} {
		if on, known := rPr.on(name); known {
			s.struck = on
		}
	}
	if fonts := rPr.at("w:rFonts"); fonts.name != "" {
		font := strings.ToLower(fonts.attr["w:ascii"])
		s.symbol = font == "symbol" || strings.HasPrefix(font, "wingdings") || font == "webdings"
	}
	return s
}

// readStyles reads the styles, each with what it has of the one it is based on, and
// answers which numbering the styles of lists name.
func (r *docx) readStyles(root *node) map[string]string {
	linked := map[string]string{}
	r.base = wordStyle{outline: -1, level: -1}
	if root == nil {
		return linked
	}
	sheet := root.at("w:styles")
	r.base = r.base.with(sheet.at("w:docDefaults", "w:pPrDefault", "w:pPr"), sheet.at("w:docDefaults", "w:rPrDefault", "w:rPr"))
	raw := map[string]*node{}
	plain := ""
	sheet.each("w:style", func(n *node) {
		id := n.attr["w:styleId"]
		raw[id] = n
		if n.attr["w:type"] == "numbering" {
			linked[id] = n.at("w:pPr", "w:numPr").val("w:numId")
		}
		if d := n.attr["w:default"]; n.attr["w:type"] == "paragraph" && (d == "1" || d == "true") {
			plain = id
		}
	})
	var resolve func(id string, depth int) wordStyle
	resolve = func(id string, depth int) wordStyle {
		if s, ok := r.styles[id]; ok {
			return s
		}
		n := raw[id]
		if n == nil || depth > 30 {
			return r.base
		}
		s := wordStyle{outline: -1, level: -1}
		if n.attr["w:type"] == "paragraph" {
			s = r.base
		}
		if based := n.val("w:basedOn"); based != "" {
			s = resolve(based, depth+1)
		}
		before := s.num
		s = s.with(n.at("w:pPr"), n.at("w:rPr"))
		if s.num != before && !n.at("w:pPr", "w:numPr").has("w:ilvl") {
			s.level = -1
		}
		s.name = strings.ToLower(n.val("w:name"))
		if m := headingStyle.FindStringSubmatch(s.name); m != nil {
			s.outline = number(m[1], 1) - 1
		}
		r.styles[id] = s
		return s
	}
	for id := range raw {
		resolve(id, 0)
	}
	if s, ok := r.styles[plain]; ok {
		r.base = s
	}
	return linked
}

var (
	headingStyle = regexp.MustCompile(`^heading ([1-9])$`)
	tocStyle     = regexp.MustCompile(`^(toc|table of figures)( |$)`)
	fieldWord    = regexp.MustCompile(`"[^"]*"|\S+`)
)

// blocks reads what stands in a body, a cell, a note or a text box.
func (r *docx) blocks(n *node, top bool) []Block {
	var out []Block
	var joined []Span // of a paragraph whose end was taken away
	for _, k := range n.kids {
		switch k.name {
		case "w:p":
			b, open := r.paragraph(k)
			if joined != nil {
				b.Spans, joined = trimSpans(append(joined, b.Spans...)), nil
			}
			if open {
				joined = b.Spans
				continue
			}
			out = append(out, b)
			out = append(out, r.extra...)
			r.extra = nil
		case "w:tbl":
			out = append(out, r.table(k)...)
		case "w:sdt":
			content := k.at("w:sdtContent")
			inner := r.blocks(content, false)
			if gallery := k.at("w:sdtPr", "w:docPartObj").val("w:docPartGallery"); gallery == "Table of Contents" {
				for i := range inner {
					inner[i].Kind = Contents
				}
			}
			out = append(out, inner...)
		case "w:ins", "w:moveTo", "w:customXml", "w:smartTag", "mc:AlternateContent", "mc:Choice":
			out = append(out, r.blocks(k, false)...)
		case "w:bookmarkStart":
			r.places = append(r.places, k.attr["w:name"])
		case "w:altChunk":
			r.tell(Dropped, "another document within this one: open it, copy its words into this one, and try again")
		}
		if top { // what is told of a block names it
			r.Blocks = out
		}
	}
	if joined != nil {
		out = append(out, Block{Spans: joined})
	}
	return out
}

// paragraph reads one. Open says that its end was deleted, so that the next goes on.
func (r *docx) paragraph(p *node) (b Block, open bool) {
	pPr := p.at("w:pPr")
	style, ok := r.styles[pPr.val("w:pStyle")]
	if !ok {
		style = r.base
	}
	own := style.with(pPr, &node{})
	mark := pPr.at("w:rPr")
	inserted, deleted := mark.has("w:ins") || mark.has("w:moveTo"), mark.has("w:del") || mark.has("w:moveFrom")
	open = deleted && r.changes != Reject || inserted && r.changes == Reject
	toc := tocStyle.MatchString(style.name) || r.inContents()
	b.Indent = own.indent
	b.Places, r.places = r.places, nil
	r.inline(p, style, "", &b)
	if open {
		return b, true
	}
	b.Spans = trimSpans(b.Spans)
	switch {
	case toc || r.inContents():
		b.Kind = Contents
	case style.name == "title":
		b.Kind = Title
	case own.outline >= 0 && own.outline < 9:
		b.Kind, b.Level = Heading, own.outline+1
	}
	if len(b.Spans) == 0 { // nothing is counted for what is not there
		return b, false
	}
	if own.num != "" && own.num != "0" && b.Kind != Contents {
		level := own.level
		if level < 0 {
			level = r.lists.levelOf(own.num, pPr.val("w:pStyle"))
		}
		if shown, at, ok := r.lists.next(own.num, level); ok {
			b.Number = shown
			if indentOf(pPr, -1) < 0 && at.indent > 0 {
				b.Indent = at.indent
			}
			if b.Kind == Paragraph && (shown != "" || at.format == "bullet") {
				b.Kind, b.Level, b.List = Item, level, r.lists.nums[own.num].kind
			}
		}
	}
	return b, false
}

func (r *docx) inContents() bool {
	for i := range r.fields {
		if r.fields[i].result && strings.HasPrefix(strings.TrimSpace(r.fields[i].code.String()), "TOC") {
			return true
		}
	}
	return false
}

// add puts words where the fields that are open let them.
func (r *docx) add(b *Block, s wordStyle, text, link string) {
	for i := range r.fields {
		f := &r.fields[i]
		if !f.result || f.drop {
			return
		}
		if f.link != "" {
			link = f.link
		}
	}
	if s.hidden {
		if strings.TrimSpace(text) != "" {
			r.tell(Dropped, "words that Word hides: %q", text)
		}
		return
	}
	if s.symbol {
		text = symbols(text)
	}
	b.Size = max(b.Size, s.size)
	span := Span{Text: text, Bold: s.bold != nil && *s.bold, Italic: s.italic != nil && *s.italic, Struck: s.struck, Link: link}
	b.Spans = appendSpan(b.Spans, span)
}

func (r *docx) inline(n *node, s wordStyle, link string, b *Block) {
	for _, k := range n.kids {
		switch k.name {
		case "w:r":
			run := s
			if id := k.at("w:rPr").val("w:rStyle"); id != "" {
				if c, ok := r.styles[id]; ok {
					run.bold, run.italic = or(c.bold, run.bold), or(c.italic, run.italic)
					run.hidden = run.hidden || c.hidden
				}
			}
			run = run.run(k.at("w:rPr"))
			if h := k.at("w:rPr").val("w:highlight"); h != "" && h != "none" && strings.TrimSpace(k.all()) != "" {
				r.tell(Unsure, "highlighted words, which may still have to be filled in: %q", strings.TrimSpace(k.all()))
			}
			r.run(k, run, link, b)
		case "w:hyperlink":
			to := r.targets[k.attr["r:id"]]
			if anchor := k.attr["w:anchor"]; anchor != "" {
				to += "#" + anchor
			}
			r.inline(k, s, to, b)
		case "w:fldSimple":
			f := wordField{result: true}
			f.code.WriteString(k.attr["w:instr"])
			r.fields = append(r.fields, f)
			r.begin()
			r.inline(k, s, link, b)
			r.fields = r.fields[:len(r.fields)-1]
		case "w:ins", "w:moveTo":
			r.change(k, "put in", r.changes != Reject, s, link, b)
		case "w:del", "w:moveFrom":
			r.change(k, "taken out", r.changes == Reject, s, link, b)
		case "w:bookmarkStart":
			b.Places = append(b.Places, k.attr["w:name"])
		case "w:commentReference":
			r.comment(k)
		case "w:smartTag", "w:customXml", "w:sdt", "w:sdtContent", "w:dir", "w:bdo", "mc:AlternateContent", "mc:Choice":
			r.inline(k, s, link, b)
		case "m:oMath", "m:oMathPara":
			r.tell(Unsure, "a formula, of which only the letters are left: %q", k.all())
			r.add(b, s, k.all(), link)
		}
	}
}

func or(a, b *bool) *bool {
	if a != nil {
		return a
	}
	return b
}

// change reads words that Word keeps as a change, and tells it.
func (r *docx) change(k *node, what string, keep bool, s wordStyle, link string, b *Block) {
	var there Block
	fields := len(r.fields)
	r.inline(k, s, link, &there)
	if words := strings.Join(strings.Fields(there.Text()), " "); words != "" && fields == len(r.fields) {
		r.tell(Changed, "%s by %s: %q", what, k.attr["w:author"], words)
		if r.changes == Open {
			r.Undecided++
		}
	}
	if keep {
		for _, span := range there.Spans {
			b.Spans = appendSpan(b.Spans, span)
		}
		b.Places, b.Size = append(b.Places, there.Places...), max(b.Size, there.Size)
	}
}

func (r *docx) comment(k *node) {
	if said, ok := r.remarks[k.attr["w:id"]]; ok {
		r.tell(Dropped, "%s", said)
	}
}

func (r *docx) run(n *node, s wordStyle, link string, b *Block) {
	for _, k := range n.kids {
		switch k.name {
		case "w:t", "w:delText":
			r.add(b, s, k.all(), link)
		case "w:tab", "w:ptab":
			r.add(b, s, "\t", link)
		case "w:br":
			if t := k.attr["w:type"]; t == "" || t == "textWrapping" {
				r.add(b, s, "\n", link)
			} else {
				r.add(b, s, " ", link)
			}
		case "w:cr":
			r.add(b, s, "\n", link)
		case "w:noBreakHyphen":
			r.add(b, s, "-", link)
		case "w:sym":
			if code, err := hexRune(k.attr["w:char"]); err == nil {
				r.add(b, s, symbols(string(code)), link)
			}
		case "w:footnoteReference", "w:endnoteReference":
			name := strings.TrimSuffix(strings.TrimPrefix(k.name, "w:"), "Reference") + k.attr["w:id"]
			b.Spans = append(b.Spans, Span{Note: name})
			r.Order = append(r.Order, name)
		case "w:commentReference":
			r.comment(k)
		case "w:fldChar":
			r.field(k, s, b)
		case "w:instrText", "w:delInstrText":
			if f := len(r.fields); f > 0 && !r.fields[f-1].result {
				r.fields[f-1].code.WriteString(k.all())
			}
		case "w:drawing", "w:pict", "w:object", "mc:AlternateContent", "mc:Choice":
			r.drawing(k)
		}
	}
}

// field follows the marks that begin, divide and end a field.
func (r *docx) field(k *node, s wordStyle, b *Block) {
	last := len(r.fields) - 1
	switch k.attr["w:fldCharType"] {
	case "begin":
		r.fields = append(r.fields, wordField{})
		if box := k.at("w:ffData", "w:checkBox"); box.name != "" {
			on, known := box.on("w:checked")
			if !known {
				on, _ = box.on("w:default")
			}
			r.fields = r.fields[:len(r.fields)-1]
			r.add(b, s, map[bool]string{true: "☑", false: "☐"}[on], "")
			r.fields = append(r.fields, wordField{})
		}
	case "separate":
		if last >= 0 {
			r.fields[last].result = true
			r.begin()
		}
	case "end":
		if last < 0 {
			return
		}
		f := &r.fields[last]
		code, result := f.code.String(), f.result
		r.fields = r.fields[:last]
		if words := strings.Fields(code); !result && len(words) > 2 && strings.EqualFold(words[0], "MACROBUTTON") {
			r.add(b, s, strings.Join(words[2:], " "), "")
		}
	}
}

// begin reads the code of the innermost field.
func (r *docx) begin() {
	f := &r.fields[len(r.fields)-1]
	words := fieldWord.FindAllString(f.code.String(), -1)
	if len(words) == 0 {
		return
	}
	switch strings.ToUpper(words[0]) {
	case "HYPERLINK":
		for i := 1; i < len(words); i++ {
			switch {
			case words[i] == `\l` && i+1 < len(words):
				f.link += "#" + strings.Trim(words[i+1], `"`)
				i++
			case (words[i] == `\o` || words[i] == `\t`) && i+1 < len(words):
				i++
			case !strings.HasPrefix(words[i], `\`) && f.link == "":
				f.link = strings.Trim(words[i], `"`)
			}
		}
	case "PAGE", "NUMPAGES", "SECTIONPAGES", "PAGEREF":
		f.drop = true
	case "REF":
		if len(words) > 1 && strings.Contains(f.code.String(), `\h`) {
			f.link = "#" + words[1]
		}
	}
}

// drawing takes the words of a text box and leaves pictures out.
func (r *docx) drawing(n *node) {
	found := false
	var walk func(*node)
	walk = func(n *node) {
		for _, k := range n.kids {
			switch k.name {
			case "w:txbxContent":
				found = true
				if boxed := r.blocks(k, false); strings.TrimSpace(textOf(boxed)) != "" {
					r.tell(Unsure, "the words of a text box now follow the paragraph beside it: %q", short(textOf(boxed)))
					r.extra = append(r.extra, boxed...)
				}
			case "mc:Fallback": // the same once more, for older programs
				if !found {
					walk(k)
				}
			default:
				walk(k)
			}
		}
	}
	walk(n)
	if found {
		return
	}
	said := ""
	n.each("docPr", func(k *node) { said = k.attr["descr"] })
	picture := false
	for _, name := range []string{"a:blip", "imagedata", "a:graphicData"} {
		n.each(name, func(*node) { picture = true })
	}
	if picture || n.name == "w:object" {
		r.tell(Dropped, "a picture or drawing%s", map[bool]string{true: ": " + said}[said != ""])
	}
}

func (r *docx) table(n *node) []Block {
	b := Block{Kind: Table}
	rows := func(n *node) (trs []*node) {
		n.each("w:tr", func(tr *node) { trs = append(trs, tr) })
		return trs
	}
	for _, tr := range rows(n) {
		trPr := tr.at("w:trPr")
		if trPr.has("w:del") || trPr.has("w:ins") {
			gone := trPr.has("w:del")
			what := map[bool]string{true: "taken out", false: "put in"}[gone]
			r.tell(Changed, "a row of a table, %s: %q", what, strings.Join(strings.Fields(tr.all()), " "))
			if r.changes == Open {
				r.Undecided++
			}
			if gone != (r.changes == Reject) {
				continue
			}
		}
		row := Row{}
		row.Header, _ = trPr.on("w:tblHeader")
		tr.each("w:tc", func(tc *node) {
			tcPr := tc.at("w:tcPr")
			merge := tcPr.at("w:vMerge")
			row.Cells = append(row.Cells, Cell{
				Blocks: filled(r.blocks(tc, false)),
				Wide:   max(1, number(tcPr.val("w:gridSpan"), 1)),
				Above:  merge.name != "" && merge.attr["w:val"] != "restart",
			})
		})
		b.Rows = append(b.Rows, row)
	}
	return framed(b)
}
