package check

import (
	"bytes"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"

	"schoolgate/site"
)

// A builtPage is one HTML page as its readers meet it.
type builtPage struct {
	file     string // "/larkfield/a/index.html", as findings name what has no source
	address  string // within the site, "/a/"
	source   string // name of the Markdown file it was made from; empty when there is none
	audience string // of the front matter

	// text is all words in reading order: one line for each block, then one for
	// each picture's description and for the page's own.
	text      string
	main      span // the part of text within <main>
	described int  // where in text the descriptions begin
	captions  []span
	headings  []heading
	links     []pageLink
	images    []shownPicture
	nameless  []string // drawings without a name
	ids       map[string]bool
}

// A span is part of a page's text.
type span struct{ from, to int }

type heading struct {
	level int
	text  string
}

type pageLink struct {
	href   string
	text   string // what a screen reader says
	hidden bool   // from everybody, or from those who listen
}

type shownPicture struct {
	src, alt string
	hasAlt   bool
	hidden   bool
	inMain   bool
}

// blocks are elements that do not share a line with what is beside them.
var blocks = map[string]bool{}

func init() {
	for _, name := range strings.Fields(`address article aside blockquote body br caption dd details div dl dt fieldset
		figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr li legend main nav ol option p pre section summary
		table tbody td tfoot th thead title tr ul text tspan desc`) {
		blocks[name] = true
	}
}

// readBuilt reads one built page. What is wrong with its HTML is the audit's
// business and html-validate's.
func readBuilt(data []byte) *builtPage {
	r := pageReader{
		page: &builtPage{ids: map[string]bool{}}, z: html.NewTokenizer(bytes.NewReader(data)),
		heading: -1, link: -1, caption: -1, attrs: map[string]string{},
	}
	for {
		switch kind := r.z.Next(); kind {
		case html.ErrorToken:
			return r.end()
		case html.TextToken:
			r.words(r.z.Text())
		case html.StartTagToken, html.SelfClosingTagToken:
			r.start(kind == html.StartTagToken)
		case html.EndTagToken:
			r.close()
		}
	}
}

// A pageReader is a page while its tags go by.
type pageReader struct {
	page      *builtPage
	z         *html.Tokenizer
	text      bytes.Buffer
	described []string          // what pictures and the page say of themselves
	attrs     map[string]string // of the tag that goes by

	// Where in text the open element of a kind begins; -1 where none is open.
	heading, link, caption int
	linkAlt                string // what the open link says beside its words

	svg      int    // how deep in drawings
	svgNamed bool   // the outermost of them
	hidden   string // the element that hides what is in it
	depth    int    // of that element within itself
	skip     string // an element whose words are not the page's
}

// newline ends a line of the text, unless it has just ended.
func (r *pageReader) newline() {
	if n := r.text.Len(); n > 0 && r.text.Bytes()[n-1] != '\n' {
		r.text.WriteByte('\n')
	}
}

// words adds to the text. A line of the file is no line of the page.
func (r *pageReader) words(raw []byte) {
	if r.skip != "" {
		return
	}
	for len(raw) > 0 {
		if c := raw[0]; c == '\n' || c == '\t' || c == '\r' {
			r.text.WriteByte(' ')
			raw = raw[1:]
			continue
		}
		n := bytes.IndexAny(raw, "\n\t\r")
		if n < 0 {
			n = len(raw)
		}
		r.text.Write(raw[:n])
		raw = raw[n:]
	}
}

// start is the tag that begins an element.
func (r *pageReader) start(opens bool) {
	nameBytes, more := r.z.TagName()
	name := string(nameBytes)
	clear(r.attrs)
	for more {
		var k, v []byte
		k, v, more = r.z.TagAttr()
		r.attrs[string(k)] = string(v)
	}
	if id := r.attrs["id"]; id != "" {
		r.page.ids[id] = true
	}
	if blocks[name] {
		r.newline()
	}
	if opens && !slices.Contains(voidElements, name) {
		_, hides := r.attrs["hidden"]
		switch {
		case r.hidden == name:
			r.depth++
		case r.hidden == "" && (hides || r.attrs["aria-hidden"] == "true"):
			r.hidden, r.depth = name, 1
		}
	}
	switch name {
	case "script", "style", "title":
		r.skip = name
	case "main":
		r.page.main.from = r.text.Len()
	case "meta":
		if r.attrs["name"] == "description" {
			r.described = append(r.described, r.attrs["content"])
		}
	case "h1", "h2", "h3", "h4", "h5", "h6":
		level, _ := strconv.Atoi(name[1:])
		r.page.headings = append(r.page.headings, heading{level: level})
		r.heading = r.text.Len()
	case "a":
		if href, ok := r.attrs["href"]; ok {
			r.link, r.linkAlt = r.text.Len(), r.attrs["aria-label"]
			r.page.links = append(r.page.links, pageLink{href: href, hidden: r.hidden != "" || r.attrs["tabindex"] == "-1"})
		}
	case "figcaption":
		r.caption = r.text.Len()
	case "img":
		r.image()
	case "svg":
		r.svg++
		r.svgNamed = r.svg == 1 && (r.hidden != "" || r.attrs["aria-label"] != "" || r.attrs["aria-labelledby"] != "" || r.attrs["aria-hidden"] == "true")
	}
	if name == "title" && r.svg > 0 {
		r.svgNamed, r.skip = true, ""
	}
}

func (r *pageReader) image() {
	alt, has := r.attrs["alt"]
	r.page.images = append(r.page.images, shownPicture{
		src: r.attrs["src"], alt: alt, hasAlt: has,
		hidden: r.hidden != "" || r.attrs["aria-hidden"] == "true" || r.attrs["role"] == "presentation",
		inMain: r.page.main.from > 0 && r.page.main.to == 0,
	})
	if alt != "" {
		r.described = append(r.described, alt)
		r.linkAlt += " " + alt
	}
}

// close is the tag that ends an element.
func (r *pageReader) close() {
	nameBytes, _ := r.z.TagName()
	name := string(nameBytes)
	if r.skip == name {
		r.skip = ""
	}
	if r.hidden == name {
		if r.depth--; r.depth == 0 {
			r.hidden = ""
		}
	}
	switch name {
	case "main":
		r.page.main.to = r.text.Len()
	case "h1", "h2", "h3", "h4", "h5", "h6":
		if r.heading >= 0 {
			r.page.headings[len(r.page.headings)-1].text = string(r.text.Bytes()[r.heading:])
			r.heading = -1
		}
	case "a":
		if r.link >= 0 {
			r.page.links[len(r.page.links)-1].text = r.said()
			r.link = -1
		}
	case "figcaption":
		if r.caption >= 0 {
			r.page.captions = append(r.page.captions, span{r.caption, r.text.Len()})
			r.caption = -1
		}
	case "svg":
		if r.svg--; r.svg == 0 && !r.svgNamed {
			r.page.nameless = append(r.page.nameless, "svg")
		}
	}
	if blocks[name] {
		r.newline()
	}
}

// said is what a screen reader says of the open link.
func (r *pageReader) said() string {
	said, seen := strings.TrimSpace(r.linkAlt), r.text.Bytes()[r.link:]
	if said == "" {
		return strings.Join(strings.Fields(string(seen)), " ")
	}
	if seen := strings.TrimSpace(string(seen)); seen != "" && !strings.Contains(said, seen) {
		return seen + " " + said
	}
	return said
}

// end is the page, once all of it has gone by.
func (r *pageReader) end() *builtPage {
	r.newline()
	r.page.described = r.text.Len()
	for _, d := range r.described {
		r.text.WriteString(d)
		r.text.WriteByte('\n')
	}
	r.page.text = r.text.String()
	for i := range r.page.headings {
		r.page.headings[i].text = strings.TrimSpace(r.page.headings[i].text)
	}
	return r.page
}

var voidElements = []string{"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}

// inMain is the text of <main>, or all of it on a page without one.
func (p *builtPage) inMain() string {
	if p.main.to > p.main.from {
		return p.text[p.main.from:p.main.to]
	}
	return p.text[:p.described]
}

// A token is a run of letters and digits.
type token struct {
	text string
	at   int // where it begins
}

// tokens divides a text into its words, without marks and quotes.
func tokens(text string) []token {
	var all []token
	eachToken(text, func(from, to int) { all = append(all, token{text[from:to], from}) })
	return all
}

func eachToken(text string, f func(from, to int)) {
	from := -1
	for i := 0; i < len(text); {
		c, size := rune(text[i]), 1
		word := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if c >= utf8.RuneSelf {
			c, size = utf8.DecodeRuneInString(text[i:])
			word = unicode.IsLetter(c) || unicode.IsDigit(c) || unicode.Is(unicode.M, c)
		}
		switch {
		case word && from < 0:
			from = i
		case !word && from >= 0:
			f(from, i)
			from = -1
		}
		i += size
	}
	if from >= 0 {
		f(from, len(text))
	}
}

// firstLinks is among how many links the one to CEOP has to be: the link past
// the navigation, and at most one more.
const firstLinks = 3

// checkStructure holds one page to the rules on its parts.
func (in *inspection) checkStructure(p *builtPage) {
	ceop := slices.IndexFunc(p.links, func(a pageLink) bool { return site.LeadsToCEOP(p.address, a.href, in.basePath()) && !a.hidden })
	switch {
	case ceop < 0:
		in.report("ceop", Wrong, place{p.file, 0, p.address}, "Put the link to "+site.CEOPPage+" back into the theme's baseof.html, where everybody can see it.",
			"the page has no link to CEOP that everybody can reach")
	case ceop >= firstLinks:
		in.report("ceop", Wrong, place{p.file, 0, p.address}, "Put it before the navigation in the theme's baseof.html.",
			"the link to CEOP comes after %d others", ceop)
	case !strings.Contains(strings.ToUpper(p.links[ceop].text), "CEOP"):
		in.report("ceop", Wrong, place{p.file, 0, p.address}, "Say what it is for, and name CEOP: 'Somebody asking you for pictures or to meet? Tell CEOP'.",
			"the link to CEOP does not say so: %q", p.links[ceop].text)
	}

	const headingsFix = "Use ## for the parts of a page and ### within those; the title is the only first-level heading."
	first, last := 0, 0
	for _, h := range p.headings {
		switch {
		case h.text == "":
			in.report("headings", Wrong, in.sources.locate(p, ""), headingsFix, "there is an empty heading of level %d", h.level)
		case h.level == 1:
			if first++; first > 1 {
				in.report("headings", Wrong, in.sources.locate(p, h.text), headingsFix, "there is a second first-level heading: %q", clip(h.text))
			}
		case last > 0 && h.level > last+1:
			in.report("headings", Wrong, in.sources.locate(p, h.text), headingsFix, "the heading %q is of level %d and stands under one of level %d", clip(h.text), h.level, last)
		}
		last = h.level
	}
	if first == 0 {
		in.report("headings", Wrong, in.sources.locate(p, ""), "Let the layout show the page's title as its <h1>.", "there is no first-level heading")
	}

	for _, i := range p.images {
		const fix = "Say in a few words what the picture shows, for somebody who cannot see it: ![what it shows](file)."
		at := func() place { return in.sources.locate(p, cmpOr(i.alt, "![](")) }
		switch {
		case i.hidden && i.alt == "":
		case !i.hasAlt, strings.TrimSpace(i.alt) == "" && i.inMain && in.undescribed(p) > 0: // the layouts' own may only adorn
			in.report("alt", Wrong, at(), fix, "a picture has no description")
		case fileLike.MatchString(i.alt):
			in.report("alt", Wrong, at(), fix, "the description of a picture is a file's name")
		case strings.TrimSpace(i.alt) != "" && len(tokens(i.alt)) < 2 && slices.Contains(emptyAlts, strings.ToLower(strings.TrimSpace(i.alt))):
			in.report("alt", Wrong, at(), fix, "the description of a picture says nothing: %q", i.alt)
		}
	}
	for range p.nameless {
		in.report("alt", Wrong, in.sources.locate(p, ""), "Give the drawing a <title> or an aria-label, or hide it with aria-hidden when it only adorns.", "a drawing has no name")
	}

	for _, a := range p.links {
		said := strings.ToLower(strings.Trim(strings.TrimSpace(a.text), ".:…→›»! "))
		const fix = "Let the link's own words say where it leads: [our privacy page](/privacy/)."
		switch {
		case a.hidden:
		case said == "":
			in.report("link-text", Wrong, in.sources.locate(p, strings.TrimPrefix(a.href, in.basePath())), fix, "the link to %s has no words", a.href)
		case slices.Contains(emptyLinks, said):
			in.report("link-text", Wrong, in.sources.locate(p, "["+a.text+"]("), fix, "the link %q to %s does not say where it leads", a.text, a.href)
		case strings.HasPrefix(said, "http://"), strings.HasPrefix(said, "https://"), strings.HasPrefix(said, "www."):
			in.report("link-text", Wrong, in.sources.locate(p, a.href), fix, "the link to %s shows an address, which nobody wants read aloud", a.href)
		}
	}
}

// undescribed is the line of a page's source on which a picture has no words.
func (in *inspection) undescribed(p *builtPage) int { return in.sources.byName[p.source].find("![](") }

func cmpOr(a, b string) string {
	if strings.TrimSpace(a) != "" {
		return a
	}
	return b
}

var (
	fileLike   = regexp.MustCompile(`(?i)\.(jpe?g|png|gif|webp|avif|svg|heic|tiff?|bmp)\s*$|^\s*(img|dsc|dscn|pict?|image|photo|screenshot|scan|untitled)[-_ ]?[0-9]+[-_0-9 ]*$`)
	emptyAlts  = []string{"image", "picture", "photo", "photograph", "graphic", "logo", "img", "untitled", "alt"}
	emptyLinks = []string{
		"here", "click here", "click", "this", "this link", "this page", "link", "more", "read more", "see more", "find out more",
		"learn more", "more information", "more info", "details", "info", "see here", "go", "page", "website", "download", "open",
	}
)

// basePath is the part of a link's address that belongs to the site itself.
func (in *inspection) basePath() string {
	if u, err := url.Parse(in.draft.Base); err == nil {
		return strings.TrimSuffix(u.Path, "/")
	}
	return ""
}

// clip shortens words that are quoted in a finding.
func clip(s string) string {
	const most = 60
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}
