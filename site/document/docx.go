package document

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"

	"schoolgate/site/source"
)

// docx reads a document of Word.
type docx struct {
	reader
	targets map[string]string // of links, by id
	linked  map[string]string // the numbering that a style of lists names
	lists   *lists
	remarks map[string]string // comments by id
	fields  []wordField       // open, the innermost last
	extra   []Block           // of text boxes, to follow the paragraph they hang on
	places  []string          // begun between paragraphs
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
	rels.each("r:Relationship", func(n *node) {
		if strings.HasSuffix(n.attr["Type"], "/officeDocument") {
			main = strings.TrimPrefix(path.Clean("/"+n.attr["Target"]), "/")
		}
	})
	r := &docx{reader: newReader(p, changes), linked: map[string]string{}, remarks: map[string]string{}}
	r.over = r.style
	root, err := p.tree(main)
	if err != nil {
		return nil, err
	}
	if !root.at("w:document").has("w:body") {
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
	r.readStyles(part["styles"].at("w:styles"))
	r.lists = readLists(part["numbering"], r.linked)
	part["comments"].each("w:comment", func(c *node) {
		r.remarks[c.attr["w:id"]] = fmt.Sprintf("a comment by %s: %q", c.attr["w:author"], strings.TrimSpace(c.all()))
	})
	r.attached(dir)
	r.title("docProps/core.xml")
	r.Blocks = r.blocks(root.at("w:document", "w:body"), true)
	for _, kind := range []string{"footnote", "endnote"} {
		if err := r.relations(dir, kind+"s.xml"); err != nil {
			return nil, err
		}
		part[kind+"s"].each("w:"+kind, func(note *node) {
			if t := note.attr["w:type"]; t == "" || t == "normal" {
				r.Notes[kind+note.attr["w:id"]] = r.blocks(note, false)
			}
		})
	}
	return r.Document, nil
}

// relations reads what a part refers to. Nothing outside of the file is ever opened.
func (r *docx) relations(dir, name string) error {
	r.targets = map[string]string{}
	root, err := r.parts.tree(dir + "/_rels/" + name + ".rels")
	root.each("r:Relationship", func(n *node) {
		kind, to := path.Base(n.attr["Type"]), n.attr["Target"]
		switch {
		case kind == "hyperlink":
			r.targets[n.attr["Id"]] = to
		case n.attr["TargetMode"] == "External":
			r.whole(Dropped, "something from outside of the file (%s), which was not fetched: %s", kind, to)
		}
	})
	return err
}

// attached tells what else is in the file and stays out of the policy.
func (r *docx) attached(dir string) {
	for _, name := range source.SortedKeys(r.parts) {
		base := path.Base(name)
		switch {
		case strings.HasPrefix(base, "vbaProject"):
			r.whole(Dropped, "a macro, which was not run")
		case strings.HasPrefix(name, dir+"/embeddings/") || strings.HasPrefix(name, dir+"/activeX/"):
			r.whole(Dropped, "an embedded file, which was not opened: %s", base)
		case strings.HasPrefix(name, dir+"/header") || strings.HasPrefix(name, dir+"/footer"):
			if n, err := r.parts.tree(name); err == nil {
				r.head(n)
			}
		}
	}
}

func indentOf(pPr *node, otherwise int) int {
	ind := pPr.at("w:ind")
	return number(ind.attr["w:left"], number(ind.attr["w:start"], otherwise))
}

// set changes a property if an element within says so.
func (n *node) set(name string, to *bool) {
	if on, known := n.on(name); known {
		*to = on
	}
}

func (l look) word(pPr, rPr *node) look {
	if num := pPr.at("w:numPr"); num.name != "" {
		if id := num.val("w:numId"); id != "" && id != l.list {
			l.list, l.level = id, -1
		}
		l.level = number(num.val("w:ilvl"), l.level)
	}
	l.outline = number(pPr.val("w:outlineLvl"), l.outline-1) + 1
	l.indent = indentOf(pPr, l.indent)
	l.size = number(rPr.val("w:sz"), l.size)
	rPr.set("w:b", &l.bold)
	rPr.set("w:i", &l.italic)
	rPr.set("w:vanish", &l.hidden)
	rPr.set("w:webHidden", &l.hidden)
	rPr.set("w:strike", &l.struck)
	rPr.set("w:dstrike", &l.struck)
	rPr.set("w:highlight", &l.marked)
	if fill := rPr.at("w:shd").attr["w:fill"]; fill == "FFFF00" {
		l.marked = true
	}
	if fonts := rPr.at("w:rFonts"); fonts.name != "" {
		font := strings.ToLower(fonts.attr["w:ascii"])
		l.symbol = font == "symbol" || strings.HasPrefix(font, "wingdings") || font == "webdings"
	}
	return l
}

// readStyles reads the styles, and which numbering the styles of lists name.
func (r *docx) readStyles(sheet *node) {
	r.base = r.base.word(sheet.at("w:docDefaults", "w:pPrDefault", "w:pPr"), sheet.at("w:docDefaults", "w:rPrDefault", "w:rPr"))
	plain := ""
	sheet.each("w:style", func(n *node) {
		id := n.attr["w:styleId"]
		r.defined[id] = n
		if n.attr["w:type"] == "numbering" {
			r.linked[id] = n.at("w:pPr", "w:numPr").val("w:numId")
		}
		if d := n.attr["w:default"]; n.attr["w:type"] == "paragraph" && (d == "1" || d == "true") {
			plain = id
		}
	})
	r.base = r.look(plain, wordAbove)
}

func wordAbove(n *node) (string, bool) {
	id := n.val("w:basedOn")
	return id, id != ""
}

func (r *docx) style(l look, n *node) look {
	l = l.word(n.at("w:pPr"), n.at("w:rPr"))
	name := strings.ToLower(n.val("w:name"))
	l.style += name + "|"
	if m := headingStyle.FindStringSubmatch(name); m != nil {
		l.outline = number(m[1], 1)
	}
	return l
}

var (
	headingStyle = regexp.MustCompile(`^heading ([1-9])$`)
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
	style := r.look(pPr.val("w:pStyle"), wordAbove)
	own := style.word(pPr, &node{})
	mark := pPr.at("w:rPr")
	inserted, deleted := mark.has("w:ins") || mark.has("w:moveTo"), mark.has("w:del") || mark.has("w:moveFrom")
	open = deleted && r.changes != Reject || inserted && r.changes == Reject
	contents := r.inContents()
	b.Indent = own.indent
	b.Places, r.places = r.places, nil
	r.inline(p, style, "", &b)
	if open {
		return b, true
	}
	b.Spans = trimSpans(b.Spans)
	if b.Kind, b.Level = own.kind(); contents || r.inContents() {
		b.Kind = Contents
	}
	if own.list != "" && own.list != "0" && b.Kind != Contents {
		level := own.level
		if level < 0 {
			level = r.lists.levelOf(own.list, pPr.val("w:pStyle"))
		}
		if shown, at, ok := r.lists.next(&r.reader, own.list, level); ok {
			b.Number = shown
			if said := indentOf(pPr, -1); said < 0 && (pPr.has("w:numPr") || own.indent == r.base.indent) {
				b.Indent = at.indent // what the list says is over the style, and under the paragraph itself
			}
			if b.Kind == Paragraph && (shown != "" || at.format == "bullet") {
				b.Kind, b.Level, b.List = Item, level, r.lists.nums[own.list].kind
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

// put puts words where the fields that are open let them.
func (r *docx) put(b *Block, l look, text, link string) {
	for i := range r.fields {
		f := &r.fields[i]
		if !f.result || f.drop {
			return
		}
		if f.link != "" {
			link = f.link
		}
	}
	r.add(b, l, text, link)
}

func (r *docx) inline(n *node, s look, link string, b *Block) {
	for _, k := range n.kids {
		switch k.name {
		case "w:r":
			run := s
			if c := r.defined[k.at("w:rPr").val("w:rStyle")]; c != nil {
				run = run.word(&node{}, c.at("w:rPr"))
			}
			r.run(k, run.word(&node{}, k.at("w:rPr")), link, b)
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
			r.changed(k, "put in", r.changes != Reject, s, link, b)
		case "w:del", "w:moveFrom":
			r.changed(k, "taken out", r.changes == Reject, s, link, b)
		case "w:bookmarkStart":
			b.Places = append(b.Places, k.attr["w:name"])
		case "w:commentReference":
			r.comment(k)
		case "w:smartTag", "w:customXml", "w:sdt", "w:sdtContent", "w:dir", "w:bdo", "mc:AlternateContent", "mc:Choice":
			inner := s
			inner.marked = s.marked || k.at("w:sdtPr").has("w:showingPlcHdr") // nobody filled it
			r.inline(k, inner, link, b)
		case "m:oMath", "m:oMathPara":
			r.tell(Unsure, "a formula, of which only the letters are left: %q", k.all())
			r.put(b, s, k.all(), link)
		}
	}
}

// changed reads words that Word keeps as a change, and tells it.
func (r *docx) changed(k *node, what string, keep bool, s look, link string, b *Block) {
	var there Block
	fields := len(r.fields)
	r.inline(k, s, link, &there)
	if words := there.words(); words != "" && fields == len(r.fields) {
		r.change("%s by %s: %q", what, k.attr["w:author"], words)
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

func (r *docx) run(n *node, s look, link string, b *Block) {
	for _, k := range n.kids {
		switch k.name {
		case "w:t", "w:delText":
			r.put(b, s, k.all(), link)
		case "w:tab", "w:ptab":
			r.put(b, s, "\t", link)
		case "w:br":
			if t := k.attr["w:type"]; t == "" || t == "textWrapping" {
				r.put(b, s, "\n", link)
			} else {
				r.put(b, s, " ", link)
			}
		case "w:cr":
			r.put(b, s, "\n", link)
		case "w:noBreakHyphen":
			r.put(b, s, "-", link)
		case "w:sym":
			if code, err := hexRune(k.attr["w:char"]); err == nil {
				r.put(b, s, symbols(string(code)), link)
			}
		case "w:footnoteReference", "w:endnoteReference":
			name := strings.TrimSuffix(strings.TrimPrefix(k.name, "w:"), "Reference") + k.attr["w:id"]
			r.note(b, name)
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
func (r *docx) field(k *node, s look, b *Block) {
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
			r.put(b, s, map[bool]string{true: "☑", false: "☐"}[on], "")
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
			r.put(b, s, strings.Join(words[2:], " "), "")
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
				r.extra = append(r.extra, r.boxed(r.blocks(k, false))...)
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
		r.picture(said)
	}
}

func (r *docx) table(n *node) []Block {
	b := Block{Kind: Table}
	n.each("w:tr", func(tr *node) {
		trPr := tr.at("w:trPr")
		if gone := trPr.has("w:del"); gone || trPr.has("w:ins") {
			r.change("a row of a table, %s: %q", map[bool]string{true: "taken out", false: "put in"}[gone], strings.Join(strings.Fields(tr.all()), " "))
			if gone != (r.changes == Reject) {
				return
			}
		}
		row := Row{}
		trPr.set("w:tblHeader", &row.Header)
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
	})
	return framed(b)
}
