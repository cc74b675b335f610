package site

import (
	"bytes"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/pelletier/go-toml/v2"
	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"

	"schoolgate/site/draw"
	"schoolgate/site/source"
)

// A page is one file with its blanks filled, ready for Hugo.
type page struct {
	source  string // path within the content folder
	address string // within the site, "/a/b/"
	text    string // the whole file, blanks filled
	links   []source.Link
	matter  pageMatter
	hidden  bool  // not for this school: see pageMatter.Only
	dated   dated // of news and events
	isDated bool
}

// foreign are Hugo's front-matter keys that would move, hide or multiply a
// page behind the back of the checks made here.
var foreign = []string{
	"aliases", "build", "_build", "cascade", "content", "date", "draft", "expirydate", "headless",
	"isCJKLanguage", "kind", "lang", "lastmod", "linktitle", "markup", "menu", "menus", "modified",
	"outputs", "path", "publishdate", "published", "pubdate", "resources", "sites", "sitemap", "slug",
	"translationkey", "unpublishdate", "url",
}

// pageMatter is what a page's front matter has to look like. Other keys are
// the layouts' own.
type pageMatter struct {
	Title       string   `toml:"title"`
	Description string   `toml:"description"`
	Audience    string   `toml:"audience"`
	Weight      int      `toml:"weight"`
	Reviewed    any      `toml:"reviewed"`
	Layout      string   `toml:"layout"`
	Type        string   `toml:"type"`
	Keywords    []string `toml:"keywords"`

	Only    []string    `toml:"only"`  // some of Conditions: published where one of them holds
	Doors   []string    `toml:"doors"` // some of Audiences: whose page lists this one
	Shelf   string      `toml:"shelf"` // under which heading there
	Flow    []draw.Step `toml:"flow"`
	QR      string      `toml:"qr"` // a page of the site that a printed one leads to
	Day     string      `toml:"day"`
	LastDay string      `toml:"last_day"`
	Starts  string      `toml:"starts"`
	Ends    string      `toml:"ends"`
	Place   string      `toml:"place"`
}

// readPage fills the blanks of one page and checks it.
func readPage(rel string, src source.File, a answers) (page, source.Problems) {
	filled, problems := fill(src, a)
	p := page{source: src.Name, address: address(rel), text: filled}
	matter, body, bodyLine, ok := source.SplitMatter(src.Name, filled, &problems)
	if !ok {
		return p, problems
	}
	known := &p.matter
	if source.DecodeMatter(src.Name, matter, known, &problems) {
		c := source.Checker{Src: source.File{Name: src.Name, Data: []byte(matter)}, Problems: &problems}
		if strings.TrimSpace(known.Title) == "" {
			problems.Add(src.Name, 1, `the page has no title: write title = "…" between the +++`)
		}
		if known.Audience != "" {
			c.OneOf("audience", known.Audience, append([]string{"everyone"}, Audiences...))
		}
		if known.Reviewed != nil && !source.IsDate(known.Reviewed) {
			c.Say("reviewed", `reviewed is not a day such as "2026-09-01"`)
		}
		own := len(problems)
		for _, condition := range known.Only {
			c.OneOf("only", condition, Conditions)
		}
		p.hidden = len(known.Only) > 0 && !slices.ContainsFunc(known.Only, func(o string) bool { return slices.Contains(a.uses, o) })
		if p.hidden {
			return p, problems[own:] // what it would need of this school is nobody's business
		}
		for _, door := range known.Doors {
			c.OneOf("doors", door, Audiences)
		}
		draw.CheckFlow(c.Src, known.Flow, &problems)
		p.dated, p.isDated = readDated(rel, p, c)
		if known.Type == textType {
			c.Say("type", "type %q belongs to agreements and consents", textType)
		}
		var all map[string]any
		if toml.Unmarshal([]byte(matter), &all) == nil {
			for key := range all {
				if slices.ContainsFunc(foreign, func(f string) bool { return strings.EqualFold(f, key) }) {
					c.Say(key, "%s cannot be set here: a page's address is its file's, and every page is published", key)
				}
			}
		}
	}
	links, more := source.Inspect(src.Name, body, bodyLine)
	more = append(more, checkMarks(src.Name, body, bodyLine)...)
	p.links = links
	if p.matter.QR != "" {
		p.links = append(p.links, source.Link{File: src.Name, Line: 1, To: p.matter.QR})
	}
	return p, append(problems, more...)
}

// layoutIDs are ids that layouts give to parts of a page. A heading of the same
// words gets another, in render-heading.html.
var layoutIDs = []string{
	"main", "contents", "talk", "new", "coming", "past", "kinds", "always", "steps", "who", "near", "country", "by-worry", "by-year",
	"answers", "statement", "wording", "who-is-responsible", "left-out", "blanks", "grown-ups", "pages", "channels", "notes", "poster", "more",
	"about-this-policy", "all", "clause-links", "chapters", "ways", "tell", "then", "for-pupils", "agreed", "worries", "tonight",
}

var (
	writtenIDs = regexp.MustCompile(`\{[^{}\n]*#[^{}\n]*\}`)
	blockID    = regexp.MustCompile(`^[ \t]*\{[^{}]*#([^\s{}.#]+)[^{}]*\}[ \t]*$`) // Hugo's attributes, below what they belong to
	tickBox    = regexp.MustCompile(`(?m)^[ \t>]*(?:[-+*]|[0-9]{1,9}[.)])[ \t]+\[[ xX]\][ \t]`)
)

// checkMarks refuses what a body that was written for this site may not hold: an
// id that another part of the page has, and boxes that nobody can tick.
func checkMarks(name, body string, first int) source.Problems {
	return append(checkIDs(name, body, first), checkBoxes(name, body, first)...)
}

func checkIDs(name, body string, first int) (problems source.Problems) {
	if !writtenIDs.MatchString(body) {
		return nil // headings alone get different ones
	}
	data := []byte(body)
	taken := map[string]int{} // line by id
	give := func(id string, line int) {
		if other, twice := taken[id]; twice {
			problems.Add(name, line, "the id %q is that of line %d too: choose another", id, other)
		} else if slices.Contains(layoutIDs, id) {
			problems.Add(name, line, "the id %q belongs to the page around these words: choose another", id)
		}
		taken[id] = line
	}
	_ = ast.Walk(source.Markdown.Parse(text.NewReader(data)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			line := first + source.LineAbove(n, body)
			if id, written := n.AttributeString("id"); written {
				give(string(id.([]byte)), line)
				break
			}
			id, more := headingWords(n, data), 0
			for base := id; taken[id] != 0; id = fmt.Sprintf("%s-%d", base, more) {
				more++
			}
			taken[id] = line
		case *ast.Paragraph:
			for i := range n.Lines().Len() {
				segment := n.Lines().At(i)
				if m := blockID.FindSubmatch(bytes.TrimRight(segment.Value(data), "\n")); m != nil {
					give(string(m[1]), first+strings.Count(body[:segment.Start], "\n"))
				}
			}
		}
		return ast.WalkContinue, nil
	})
	return problems
}

func checkBoxes(name, body string, first int) (problems source.Problems) {
	if !strings.Contains(body, "[") || !tickBox.MatchString(body) {
		return nil
	}
	_ = ast.Walk(source.Markdown.Parse(text.NewReader([]byte(body))), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if _, box := n.(*extast.TaskCheckBox); box && entering {
			problems.Add(name, first+source.LineAbove(n, body), "nobody can tick a box on a page, and it has no name: write a plain list, with - and the words")
		}
		return ast.WalkContinue, nil
	})
	return problems
}

// headingWords is the id that the site makes of a heading's words.
func headingWords(n ast.Node, data []byte) string {
	var words strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.Text:
			if entering {
				words.Write(n.Value(data))
			}
		case *ast.String:
			if entering {
				words.Write(n.Value)
			}
		}
		return ast.WalkContinue, nil
	})
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.Is(unicode.M, r), r == '-', r == '_':
			return unicode.ToLower(r)
		case r == ' ':
			return '-'
		}
		return -1
	}, strings.TrimSpace(words.String()))
}

// schemes that a link to somewhere else may have.
var schemes = []string{"https", "http", "mailto", "tel", "sms"}

// checkLink says what is wrong with a link of the page at from; an empty string
// when nothing is. It asks exists about places within the site.
func checkLink(from, to string, exists func(path, fragment string) bool) string {
	u, err := url.Parse(to)
	switch {
	case err != nil:
		return fmt.Sprintf("the link %q is not an address", to)
	case u.Scheme != "" && !slices.Contains(schemes, strings.ToLower(u.Scheme)):
		return fmt.Sprintf("the link %q has to begin with / or https://", to)
	case strings.EqualFold(u.Scheme, "tel"):
		number, err := url.PathUnescape(u.Opaque)
		number = strings.Replace(number, ";ext=", " ext ", 1)
		if _, ok := Dial(number); err != nil || !ok {
			return fmt.Sprintf("the link %q is not to a telephone number: write tel: and the digits, such as tel:01632960101", to)
		}
		return ""
	case u.Scheme != "":
		return ""
	case u.Host != "":
		return fmt.Sprintf("the link %q has to begin with https://", to)
	}
	target := (&url.URL{Path: from}).ResolveReference(u)
	if !exists(target.Path, u.Fragment) {
		return fmt.Sprintf("the link %q leads nowhere: no such page or part of a page in this site", to)
	}
	return ""
}
