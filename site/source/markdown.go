package source

import (
	"regexp"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// Fence opens and closes front matter.
const Fence = "+++"

// SplitMatter divides a file into its front matter, with an empty line in
// place of the fence so that line numbers hold, and its body, which begins at
// line bodyLine.
func SplitMatter(name, file string, problems *Problems) (matter, body string, bodyLine int, ok bool) {
	rest, found := strings.CutPrefix(file, Fence+"\n")
	if !found {
		problems.Add(name, 1, "the first line has to be +++, with title = \"…\" and another +++ below it")
		return "", "", 0, false
	}
	matter, body, found = strings.Cut("\n"+rest, "\n"+Fence+"\n")
	if !found {
		problems.Add(name, 1, "the +++ of the first line is never closed by another +++ on a line of its own")
		return "", "", 0, false
	}
	return matter + "\n", body, strings.Count(matter, "\n") + 3, true
}

// DecodeMatter decodes the keys v knows and leaves others alone.
func DecodeMatter(name, matter string, v any, problems *Problems) bool {
	if err := toml.Unmarshal([]byte(matter), v); err != nil {
		*problems = append(*problems, tomlProblem(name, []byte(matter), v, err))
		return false
	}
	return true
}

// A Link is what Markdown refers to, and where it does so.
type Link struct {
	File string
	Line int
	To   string
}

// Markdown parses as the site does: GitHub's extensions, definition lists,
// footnotes, attributes. What Hugo adds beyond these makes no HTML or links.
var Markdown = goldmark.New(
	goldmark.WithExtensions(extension.GFM, extension.DefinitionList, extension.Footnote),
	goldmark.WithParserOptions(parser.WithAttribute()),
).Parser()

// maxNesting is how many quotes and lists may begin within each other on a line.
const maxNesting = 20

var (
	marker  = regexp.MustCompile(`>|[-+*](?:[ \t]|$)|[0-9]{1,9}[.)](?:[ \t]|$)`)
	nesting = regexp.MustCompile(`^(?:[ \t]*(?:>|[-+*](?:[ \t]|$)|[0-9]{1,9}[.)](?:[ \t]|$)))+`)
)

// Inspect parses one body, which begins at line first of its file. It returns
// what the body refers to, and refuses what is not plain Markdown: Hugo would
// drop HTML with no more than a warning, and run its shortcodes.
func Inspect(name, body string, first int) (links []Link, problems Problems) {
	for i, line := range strings.Split(body, "\n") {
		if markers := nesting.FindString(line); len(marker.FindAllString(markers, -1)) > maxNesting {
			problems.Add(name, first+i, "quotes or lists are nested more than %d deep", maxNesting)
		}
	}
	if len(problems) > 0 {
		return nil, problems // not parsed: the time that takes grows without measure
	}
	data := []byte(body)
	_ = ast.Walk(Markdown.Parse(text.NewReader(data)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		line := func() int { return first + LineAbove(n, body) }
		html := func(raw []byte) {
			start, _, _ := strings.Cut(strings.TrimSpace(string(raw)), "\n")
			problems.Add(name, line(), "HTML cannot be used in pages: %.40s", start)
		}
		switch n := n.(type) {
		case *ast.HTMLBlock:
			html(n.Lines().Value(data))
		case *ast.RawHTML:
			html(n.Segments.Value(data))
		case *ast.Link:
			links = append(links, Link{name, line(), string(n.Destination)})
		case *ast.AutoLink:
			if n.AutoLinkType == ast.AutoLinkURL {
				links = append(links, Link{name, line(), string(n.URL(data))})
			}
		}
		return ast.WalkContinue, nil
	})
	for i, line := range strings.Split(body, "\n") {
		if strings.Contains(line, "{{<") || strings.Contains(line, "{{%") {
			problems.Add(name, first+i, "Hugo shortcodes cannot be used in pages")
		}
	}
	return links, problems
}

// LineAbove is how many lines of a body stand above a part of it.
func LineAbove(n ast.Node, body string) int {
	for n.Pos() < 0 && n.Parent() != nil {
		n = n.Parent()
	}
	return strings.Count(body[:max(n.Pos(), 0)], "\n")
}
