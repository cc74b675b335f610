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
	p := &builtPage{ids: map[string]bool{}}
	var (
		text      bytes.Buffer
		described []string
		open      = struct{ heading, link, caption int }{-1, -1, -1}
		svg       struct {
			depth int
			named bool
		}
		hidden  string // the element that hides what is in it
		depth   int    // of that element within itself
		skip    string // an element whose words are not the page's
		linkAlt string
		attrs   = map[string]string{}
	)
	newline := func() {
		if n := text.Len(); n > 0 && text.Bytes()[n-1] != '\n' {
			text.WriteByte('\n')
		}
	}
	z := html.NewTokenizer(bytes.NewReader(data))
	for {
		switch kind := z.Next(); kind {
		case html.ErrorToken:
			newline()
			p.described = text.Len()
			for _, d := range described {
				text.WriteString(d)
				text.WriteByte('\n')
			}
			p.text = text.String()
			for i := range p.headings {
				p.headings[i].text = strings.TrimSpace(p.headings[i].text)
			}
			return p
		case html.TextToken:
			if skip != "" {
				continue
			}
			raw := z.Text()
			for len(raw) > 0 { // a line of the file is no line of the page
				c := raw[0]
				if c == '\n' || c == '\t' || c == '\r' {
					text.WriteByte(' ')
					raw = raw[1:]
					continue
				}
				n := bytes.IndexAny(raw, "\n\t\r")
				if n < 0 {
					n = len(raw)
				}
				text.Write(raw[:n])
				raw = raw[n:]
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			nameBytes, more := z.TagName()
			name := string(nameBytes)
			clear(attrs)
			for more {
				var k, v []byte
				k, v, more = z.TagAttr()
				attrs[string(k)] = string(v)
			}
			if id := attrs["id"]; id != "" {
				p.ids[id] = true
			}
			if blocks[name] {
				newline()
			}
			if kind == html.StartTagToken && !slices.Contains(voidElements, name) {
				_, hides := attrs["hidden"]
				switch {
				case hidden == name:
					depth++
				case hidden == "" && (hides || attrs["aria-hidden"] == "true"):
					hidden, depth = name, 1
				}
			}
			switch name {
			case "script", "style", "title":
				skip = name
			case "main":
				p.main.from = text.Len()
			case "meta":
				if attrs["name"] == "description" {
					described = append(described, attrs["content"])
				}
			case "h1", "h2", "h3", "h4", "h5", "h6":
				level, _ := strconv.Atoi(name[1:])
				p.headings = append(p.headings, heading{level: level})
				open.heading = text.Len()
			case "a":
				if href, ok := attrs["href"]; ok {
					open.link, linkAlt = text.Len(), attrs["aria-label"]
					p.links = append(p.links, pageLink{href: href, hidden: hidden != "" || attrs["tabindex"] == "-1"})
				}
			case "figcaption":
				open.caption = text.Len()
			case "img":
				alt, has := attrs["alt"]
				p.images = append(p.images, shownPicture{attrs["src"], alt, has, hidden != "" || attrs["aria-hidden"] == "true" || attrs["role"] == "presentation", p.main.from > 0 && p.main.to == 0})
				if alt != "" {
					described = append(described, alt)
					linkAlt += " " + alt
				}
			case "svg":
				svg.depth++
				svg.named = svg.depth == 1 && (hidden != "" || attrs["aria-label"] != "" || attrs["aria-labelledby"] != "" || attrs["aria-hidden"] == "true")
			}
			if name == "title" && svg.depth > 0 {
				svg.named, skip = true, ""
			}
		case html.EndTagToken:
			nameBytes, _ := z.TagName()
			name := string(nameBytes)
			if skip == name {
				skip = ""
			}
			if hidden == name {
				if depth--; depth == 0 {
					hidden = ""
				}
			}
			switch name {
			case "main":
				p.main.to = text.Len()
			case "h1", "h2", "h3", "h4", "h5", "h6":
				if open.heading >= 0 && len(p.headings) > 0 {
					p.headings[len(p.headings)-1].text = string(text.Bytes()[open.heading:])
					open.heading = -1
				}
			case "a":
				if open.link >= 0 {
					said := strings.TrimSpace(linkAlt)
					if said == "" {
						said = strings.Join(strings.Fields(string(text.Bytes()[open.link:])), " ")
					} else if seen := strings.TrimSpace(string(text.Bytes()[open.link:])); seen != "" && !strings.Contains(said, seen) {
						said = seen + " " + said
					}
					p.links[len(p.links)-1].text = said
					open.link = -1
				}
			case "figcaption":
				if open.caption >= 0 {
					p.captions = append(p.captions, span{open.caption, text.Len()})
					open.caption = -1
				}
			case "svg":
				if svg.depth--; svg.depth == 0 && !svg.named {
					p.nameless = append(p.nameless, "svg")
				}
			}
			if blocks[name] {
				newline()
			}
		}
	}
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
