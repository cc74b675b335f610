package document

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// A webPage reads HTML, as Word, LibreOffice and Google Docs save it too.
type webPage struct {
	*Document
	out     []Block
	now     Block // that words go into
	classes map[string]string
	lists   []*webList
	made    int
	dropped map[string]bool
	anchors map[string]string        // where the link leads that has a name, by name
	notes   map[string]bool          // begun by a mark in the text
	note    string                   // that the words now are of
	counted map[string]*[10]numbered // lists that a style sheet numbers
	tallys  map[string]*tally
}

type webList struct {
	id      string
	ordered bool
	format  string
	count   int
}

type webLook struct {
	Span
	pre    bool
	size   int
	indent int
}

var (
	classRule = regexp.MustCompile(`\.([\w-]+)\s*(?:,[^{]*)?\{([^}]*)\}`)
	msoList   = regexp.MustCompile(`mso-list:\s*(l\d+) level(\d+) (lfo\d+)`)
	kixList   = regexp.MustCompile(`lst-(kix_\w+)-(\d)`)
	kixRule   = regexp.MustCompile(`\.lst-(kix_\w+)-(\d)\s*>\s*li:before\s*\{content:([^}]*counter[^}]*)\}`)
	kixPart   = regexp.MustCompile(`"([^"]*)"|counter\(lst-ctn-kix_\w+-(\d),([\w-]+)\)`)
)

func readHTML(text string) (*Document, error) {
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		return nil, err
	}
	p := &webPage{Document: &Document{Notes: map[string][]Block{}}, classes: map[string]string{}, dropped: map[string]bool{}, anchors: map[string]string{}, notes: map[string]bool{}, counted: map[string]*[10]numbered{}, tallys: map[string]*tally{}}
	depth := 0
	var styles func(*html.Node)
	styles = func(n *html.Node) {
		if depth++; depth > 500 {
			return
		}
		if n.DataAtom == atom.Style && n.FirstChild != nil {
			for _, m := range classRule.FindAllStringSubmatch(n.FirstChild.Data, -1) {
				p.classes[m[1]] += m[2] + ";"
			}
			for _, m := range kixRule.FindAllStringSubmatch(n.FirstChild.Data, -1) {
				p.count(m[1], number(m[2], 0), m[3])
			}
		}
		if n.DataAtom == atom.A {
			p.anchors[attr(n, "name")+attr(n, "id")] = attr(n, "href")
		}
		if n.DataAtom == atom.Title && n.FirstChild != nil {
			p.Named = strings.Join(strings.Fields(n.FirstChild.Data), " ")
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			styles(c)
		}
		depth--
	}
	styles(root)
	p.walk(root, webLook{}, 0)
	p.flush()
	p.Blocks = p.out
	return p.Document, nil
}

// count takes in how a style sheet of Google's numbers a level of a list.
func (p *webPage) count(list string, level int, content string) {
	if p.counted[list] == nil {
		p.counted[list], p.tallys[list] = &[10]numbered{}, &tally{}
	}
	l := &p.counted[list][level]
	l.start, l.restart = 1, -1
	for _, m := range kixPart.FindAllStringSubmatch(content, -1) {
		if l.text += m[1]; m[2] != "" {
			l.text += fmt.Sprintf("%%%d", number(m[2], 0)+1)
			l.format = m[3] // its own comes last
		}
	}
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func (p *webPage) flush() {
	p.now.Spans = trimSpans(p.now.Spans)
	switch {
	case len(p.now.Spans) == 0:
	case p.note != "":
		p.Notes[p.note] = append(p.Notes[p.note], p.now)
	default:
		p.out = append(p.out, p.now)
	}
	p.now, p.note = Block{}, ""
}

func (p *webPage) drop(what string) {
	if !p.dropped[what] {
		p.dropped[what] = true
		p.Remarks = append(p.Remarks, Remark{Dropped, len(p.out), what})
	}
}

// declared is what style sheet and attribute say of a property.
func (p *webPage) declared(n *html.Node) map[string]string {
	all := ""
	for class := range strings.FieldsSeq(attr(n, "class")) {
		all += p.classes[class] + ";"
	}
	said := map[string]string{}
	for each := range strings.SplitSeq(all+attr(n, "style"), ";") {
		if name, value, ok := strings.Cut(each, ":"); ok {
			said[strings.ToLower(strings.TrimSpace(name))] = strings.ToLower(strings.TrimSpace(value))
		}
	}
	return said
}

// points is a length of CSS in points.
func points(s string) float64 {
	for unit, factor := range map[string]float64{"pt": 1, "px": .75, "in": 72, "cm": 28.35, "em": 12} {
		if v, ok := strings.CutSuffix(s, unit); ok {
			f, _ := strconv.ParseFloat(strings.TrimSpace(v), 64)
			return f * factor
		}
	}
	return 0
}

// coloured says whether a background is a mark on words: a hue, not a shade of grey.
func coloured(s string) bool {
	switch {
	case len(s) == 7 && s[0] == '#':
		return s[1:3] != s[3:5] || s[3:5] != s[5:]
	case len(s) == 4 && s[0] == '#':
		return s[1] != s[2] || s[2] != s[3]
	}
	return strings.HasPrefix(s, "yellow") || s == "lime" || s == "aqua" || s == "fuchsia" || s == "red"
}

func (p *webPage) walk(n *html.Node, look webLook, depth int) {
	if depth > 400 {
		return
	}
	if n.Type == html.TextNode {
		text := n.Data
		if !look.pre {
			text = spaces.ReplaceAllString(text, " ")
		}
		s := look.Span
		s.Text = text
		p.now.Spans = appendSpan(p.now.Spans, s)
		if strings.TrimSpace(text) != "" {
			p.now.Size, p.now.Indent = max(p.now.Size, look.size), max(p.now.Indent, look.indent)
		}
		return
	}
	if n.Type != html.ElementNode && n.Type != html.DocumentNode {
		return
	}
	said := p.declared(n)
	if said["display"] == "none" || said["mso-hide"] == "all" || said["mso-element"] == "comment-list" {
		if strings.TrimSpace(webText(n)) != "" {
			p.Remarks = append(p.Remarks, Remark{Dropped, len(p.out), fmt.Sprintf("words that the page hides: %q", short(webText(n)))})
		}
		return
	}
	switch w := said["font-weight"]; {
	case w == "normal" || w == "400":
		look.Bold = false
	case w != "" && (w[0] == 'b' || w >= "600" && w <= "900"):
		look.Bold = true
	}
	switch said["font-style"] {
	case "italic":
		look.Italic = true
	case "normal":
		look.Italic = false
	}
	if v := points(said["font-size"]); v > 0 {
		look.size = int(2 * v)
	}
	if v := points(said["margin-left"]); v > 0 {
		look.indent += int(20 * v)
	}
	block := false
	switch n.DataAtom {
	case atom.Script, atom.Iframe, atom.Object, atom.Embed, atom.Form, atom.Audio, atom.Video, atom.Svg, atom.Canvas:
		p.drop("what is no text, and was not run or fetched: <" + n.Data + ">")
		return
	case atom.Style, atom.Head, atom.Template, atom.Noscript:
		return
	case atom.Nav:
		p.drop(fmt.Sprintf("links for finding one's way: %q", short(webText(n))))
		return
	case atom.Img:
		p.Remarks = append(p.Remarks, Remark{Dropped, len(p.out), strings.TrimSuffix("a picture: "+attr(n, "alt"), ": ")})
		return
	case atom.Br:
		s := look.Span
		s.Text = "\n"
		p.now.Spans = appendSpan(p.now.Spans, s)
		return
	case atom.B, atom.Strong:
		look.Bold = said["font-weight"] != "normal"
	case atom.I, atom.Em:
		look.Italic = true
	case atom.Mark:
		look.Marked = true
	case atom.Span, atom.Font:
		if v := cmp.Or(said["background-color"], said["background"]); v != "" {
			look.Marked = coloured(v)
		}
	case atom.S, atom.Strike:
		look.Struck = true
	case atom.Del, atom.Ins:
		p.Remarks = append(p.Remarks, Remark{Changed, len(p.out), fmt.Sprintf("%s: %q", map[bool]string{true: "taken out", false: "put in"}[n.DataAtom == atom.Del], short(webText(n)))})
		if n.DataAtom == atom.Del {
			return
		}
	case atom.A:
		if name := attr(n, "name") + attr(n, "id"); name != "" {
			to := strings.TrimPrefix(attr(n, "href"), "#")
			switch { // a note's mark and the note lead to each other
			case to == "" || p.anchors[to] != "#"+name:
			case p.notes[name]:
				p.note = name
				return
			default:
				p.notes[to] = true
				p.Order = append(p.Order, to)
				p.now.Spans = append(p.now.Spans, Span{Note: to})
				return
			}
			p.now.Places = append(p.now.Places, name)
		}
		look.Link = attr(n, "href")
		if u, err := url.Parse(look.Link); err == nil && strings.HasSuffix(u.Host, ".google.com") && u.Path == "/url" {
			look.Link = cmp.Or(u.Query().Get("q"), look.Link) // Google counts who follows it
		}
	case atom.Pre:
		look.pre = true
		block = true
	case atom.Table:
		p.flush()
		p.table(n, look, depth)
		return
	case atom.Ul, atom.Ol:
		p.flush()
		p.list(n, look, depth)
		return
	case atom.P, atom.Div, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Li, atom.Dd, atom.Dt, atom.Blockquote, atom.Section, atom.Article,
		atom.Header, atom.Footer, atom.Main, atom.Address, atom.Figure, atom.Figcaption, atom.Hr, atom.Body, atom.Center, atom.Fieldset, atom.Aside, atom.Details, atom.Summary:
		block = true
	}
	if !block {
		if strings.Contains(attr(n, "style"), "mso-list:Ignore") || strings.Contains(attr(n, "style"), "mso-list: Ignore") {
			s := look.Span
			s.Text = strings.TrimSpace(strings.ReplaceAll(webText(n), "\u00a0", " ")) + "\t"
			p.now.Spans = appendSpan(p.now.Spans, s)
			return
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			p.walk(c, look, depth+1)
		}
		return
	}
	p.flush()
	begun := len(p.out)
	if id := attr(n, "id"); id != "" {
		p.now.Places = append(p.now.Places, id)
	}
	class := strings.ToLower(attr(n, "class"))
	kind, level := Paragraph, 0
	switch {
	case strings.HasPrefix(class, "msotoc"):
		kind = Contents
	case class == "msotitle" || class == "title":
		kind = Title
	case len(n.Data) == 2 && n.Data[0] == 'h' && n.Data[1] >= '1' && n.Data[1] <= '6':
		kind, level = Heading, int(n.Data[1]-'0')
	case class == "msoheader" || class == "msofooter":
		p.Remarks = append(p.Remarks, Remark{Dropped, len(p.out), fmt.Sprintf("a running head or foot: %q", short(webText(n)))})
		return
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		p.walk(c, look, depth+1)
	}
	p.flush()
	for i := begun; i < len(p.out); i++ {
		b := &p.out[i]
		if b.Kind == Paragraph && kind != Paragraph {
			b.Kind, b.Level = kind, level
		}
		if m := msoList.FindStringSubmatch(attr(n, "style")); m != nil && i == begun {
			b.List, b.Level = "mso "+m[1], number(m[2], 1)-1
			if kind == Heading {
				b.List, b.Level = "", level
			}
		}
	}
}

var spaces = regexp.MustCompile(`[ \t\r\n]+`)

func webText(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var out strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		out.WriteString(webText(c))
	}
	return out.String()
}

func (p *webPage) list(n *html.Node, look webLook, depth int) {
	p.made++
	l := &webList{id: fmt.Sprint("list ", p.made), ordered: n.DataAtom == atom.Ol, format: attr(n, "type"), count: number(attr(n, "start"), 1) - 1}
	if t := p.declared(n)["list-style-type"]; t != "" {
		l.format = t
	}
	level := len(p.lists)
	m := kixList.FindStringSubmatch(attr(n, "class"))
	if m != nil { // Google Docs: one list, its levels apart
		if l.id, level = m[1], number(m[2], 0); strings.HasSuffix(attr(n, "class"), " start") && p.tallys[l.id] != nil {
			p.tallys[l.id].begun[level] = false
		}
	}
	p.lists = append(p.lists, l)
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.DataAtom != atom.Li {
			p.walk(c, look, depth+1)
			continue
		}
		l.count = number(attr(c, "value"), l.count+1)
		begun := len(p.out)
		p.walk(c, look, depth+1)
		p.flush()
		for i := begun; i < len(p.out); i++ {
			b := &p.out[i]
			b.Indent = max(b.Indent, 360*(level+1))
			if i > begun || b.Kind != Paragraph && b.Kind != Heading {
				continue
			}
			if b.Kind == Paragraph {
				b.Kind, b.List, b.Level, b.Indent = Item, l.id, level, 360*(level+1)
				if level > 0 && len(p.lists) > 1 && m == nil {
					b.List = p.lists[0].id
				}
			}
			if levels := p.counted[l.id]; l.ordered && levels != nil && levels[level].text != "" {
				b.Number = p.tallys[l.id].next(*levels, level)
			} else if l.ordered {
				b.Number = count(cmp.Or(l.format, "decimal"), l.count) + "."
			}
		}
	}
	p.lists = p.lists[:len(p.lists)-1]
}

func (p *webPage) table(n *html.Node, look webLook, depth int) {
	b := Block{Kind: Table}
	down := map[int]int{} // rows that a cell of a column goes on for
	var rows func(*html.Node, bool)
	rows = func(n *html.Node, head bool) {
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			switch c.DataAtom {
			case atom.Thead:
				rows(c, true)
			case atom.Tbody, atom.Tfoot:
				rows(c, false)
			case atom.Caption:
				p.walk(c, look, depth+1)
				p.flush()
			case atom.Tr:
				row, at, ths := Row{Header: head}, 0, 0
				above := func() {
					for down[at] > 0 {
						down[at]--
						row.Cells = append(row.Cells, Cell{Wide: 1, Above: true})
						at++
					}
				}
				for td := c.FirstChild; td != nil; td = td.NextSibling {
					if td.DataAtom != atom.Td && td.DataAtom != atom.Th {
						continue
					}
					above()
					inner := *p
					inner.out, inner.now, inner.lists = nil, Block{}, nil
					for k := td.FirstChild; k != nil; k = k.NextSibling {
						inner.walk(k, look, depth+2)
					}
					inner.flush()
					p.made = inner.made
					if td.DataAtom == atom.Th {
						ths++
					}
					wide := min(max(1, number(attr(td, "colspan"), 1)), 60)
					for i := range wide {
						down[at+i] = min(max(1, number(attr(td, "rowspan"), 1)), 1000) - 1
					}
					row.Cells = append(row.Cells, Cell{Blocks: inner.out, Wide: wide})
					at += wide
				}
				above()
				row.Header = row.Header || ths > 0 && ths == len(row.Cells)
				if len(row.Cells) > 0 {
					b.Rows = append(b.Rows, row)
				}
			}
		}
	}
	rows(n, false)
	p.out = append(p.out, framed(b)...)
}
