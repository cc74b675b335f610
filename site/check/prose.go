package check

import (
	"html"
	"regexp"
	"slices"
	"strings"

	"schoolgate/site/source"
)

// A prose is a source as its readers read it: without front matter's keys, Markdown's
// marks, code and the school's blanks.
type prose struct {
	file  string
	text  string // what rules find is taken out of it, so that nothing is told twice
	lower string // the same in small letters, byte for byte
	links []writtenLink

	starts []int // where in text each line of the source begins
}

// A writtenLink is a link as somebody wrote it, whether or not it leads anywhere.
type writtenLink struct {
	words, to string
	line      int
}

var (
	codeSpan    = regexp.MustCompile("`+[^`\n]+`+")
	codeFence   = regexp.MustCompile("^[ \t>]*(```+|~~~+)")
	aside       = regexp.MustCompile(`(?m)^[ \t]*\[(?://|[^\]\n]+)\]:[ \t].*$`) // an allowance, or what a link or footnote refers to
	escaped     = regexp.MustCompile(`\\([!-/:-@\[-` + "`" + `{-~])`)
	marked      = regexp.MustCompile(`\[([^\[\]]*)\]\{\.(?:mark|highlight)[^}\n]*\}`)
	ownBlank    = regexp.MustCompile(`\[\[\s*(?:(?:if|end)\b[^\]\n]*|[a-z0-9_]+)\s*\]\]`)
	attributes  = regexp.MustCompile(`\{[ \t]*[#.][^}\n]*\}|\{[a-z]+="[^}\n]*\}`)
	autolink    = regexp.MustCompile(`<(?:[a-z]+:[^<>\s]+|[^<>\s@]+@[^<>\s@]+)>`)
	linkInText  = regexp.MustCompile(`!?\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(([^()\n]*(?:\([^()\n]*\)[^()\n]*)*)\)`)
	linkTitle   = regexp.MustCompile(`[ \t]+(?:"[^"]*"|'[^']*')$`)
	footnote    = regexp.MustCompile(`\[\^[^\]\n]+\]`)
	referred    = regexp.MustCompile(`\[([^\[\]\n]+)\]\[[^\[\]\n]*\]`)
	strong      = regexp.MustCompile(`\*+|~~`)
	underlined  = regexp.MustCompile(`(^|[^\w_])_{1,2}([^_\s](?:[^_\n]*[^_\s])?)_{1,2}($|[^\w_])`)
	straightens = strings.NewReplacer("’", "'", "‘", "'", "\u00a0", " ", "\u2011", "-", "\u200b", "")
)

// proseFrom reads a source, a page or settings.
func proseFrom(f *checkedFile) *prose {
	p := &prose{file: f.name}
	matter, body := f.raw, ""
	if strings.HasSuffix(f.name, ".md") {
		matter = ""
		if rest, ok := strings.CutPrefix(f.raw, source.Fence+"\n"); ok {
			if m, b, closed := strings.Cut(rest, "\n"+source.Fence+"\n"); closed {
				matter, body = "\n"+m+"\n\n", b
			}
		}
	}
	body = escaped.ReplaceAllStringFunc(hideCode(body), func(s string) string { return string(rune(0xE000) + rune(s[1])) })
	body = aside.ReplaceAllString(body, "")
	body = p.unlink(stringsOf(matter) + body)
	for _, step := range []struct {
		pattern *regexp.Regexp
		with    string
	}{{attributes, ""}, {autolink, ""}, {footnote, ""}, {referred, "$1"}, {strong, ""}, {underlined, "$1$2$3"}} {
		body = step.pattern.ReplaceAllString(body, step.with)
	}
	body = html.UnescapeString(strings.Map(func(r rune) rune {
		if r >= 0xE000 && r < 0xE080 {
			return r - 0xE000
		}
		return r
	}, body))
	p.join(straightens.Replace(body), strings.Count(matter, "\n"))
	p.lower = strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, p.text)
	return p
}

var (
	ownLine = regexp.MustCompile(`^[ \t]*(?:$|[-*+•|#=]|(?:\d+(?:\.\d+)*[.)]?|[A-Za-z][.)])[ \t])`) // begins a line of the page, too
	endLine = regexp.MustCompile(`(?:^[ \t]*(?:[|#].*)?|  |\||:[ \t]*)$`)                           // nothing is joined to it
)

// join puts into one line what only the source has on several, but for the first so
// many lines, which are settings.
func (p *prose) join(text string, settings int) {
	var out strings.Builder
	quote := func(line string) bool { return strings.HasPrefix(strings.TrimSpace(line), ">") }
	above := ""
	for i, line := range strings.Split(text, "\n") {
		switch {
		case i == 0:
		case i > settings && !endLine.MatchString(above) && !ownLine.MatchString(strings.TrimLeft(line, "> ")) && quote(above) == quote(line) &&
			!contentsLine.MatchString(above) && !contentsLine.MatchString(line):
			out.WriteByte(' ')
			p.starts = append(p.starts, out.Len())
			out.WriteString(strings.TrimLeft(line, "> \t"))
			above = line
			continue
		default:
			out.WriteByte('\n')
		}
		p.starts = append(p.starts, out.Len())
		out.WriteString(line)
		above = line
	}
	p.text = out.String()
}

// unlink puts links' words in place of links, and notes where they lead.
func (p *prose) unlink(text string) string {
	text = ownBlank.ReplaceAllString(marked.ReplaceAllString(text, "==$1=="), "·")
	var out strings.Builder
	line, at := 1, 0
	for _, m := range linkInText.FindAllStringSubmatchIndex(text, -1) {
		to := strings.Trim(linkTitle.ReplaceAllString(strings.TrimSpace(text[m[4]:m[5]]), ""), "<>")
		if strings.Contains(to, " ") && !windowsPath.MatchString(to) {
			continue // [words] (and what stands in brackets after them)
		}
		line += strings.Count(text[at:m[0]], "\n")
		words := text[m[2]:m[3]]
		p.links = append(p.links, writtenLink{strings.Join(strings.Fields(words), " "), to, line})
		out.WriteString(text[at:m[0]])
		out.WriteString(words)
		line += strings.Count(words, "\n")
		at = m[1]
	}
	return out.String() + text[at:]
}

// hideCode empties code, whose brackets are meant.
func hideCode(body string) string {
	lines, fence := strings.Split(body, "\n"), ""
	for i, line := range lines {
		m := codeFence.FindStringSubmatch(line)
		switch {
		case fence != "" && m != nil && strings.HasPrefix(m[1], fence):
			fence, lines[i] = "", ""
		case fence == "" && m != nil:
			fence, lines[i] = m[1], ""
		case fence != "":
			lines[i] = ""
		}
	}
	return codeSpan.ReplaceAllString(strings.Join(lines, "\n"), " ")
}

// stringsOf is what stands in quotes in TOML, on its lines.
func stringsOf(toml string) string {
	var out strings.Builder
	for i := 0; i < len(toml); i++ {
		switch c := toml[i]; c {
		case '\n':
			out.WriteByte(c)
		case '#':
			for i+1 < len(toml) && toml[i+1] != '\n' {
				i++
			}
		case '"', '\'':
			quote := string(c)
			if strings.HasPrefix(toml[i:], strings.Repeat(quote, 3)) {
				quote = strings.Repeat(quote, 3)
			}
			for i += len(quote); i < len(toml) && !strings.HasPrefix(toml[i:], quote); i++ {
				if toml[i] == '\\' && c == '"' && i+1 < len(toml) {
					i++
				}
				out.WriteByte(toml[i])
			}
			out.WriteByte(' ')
			i += len(quote) - 1
		}
	}
	return out.String()
}

// each calls f for every place where a pattern fits, paragraph by paragraph, in those
// that hold one of some words in small letters, divided by bars.
func (p *prose) each(needs string, pattern *regexp.Regexp, f func(m []int)) {
	any := strings.Split(needs, "|")
	for from := 0; from < len(p.text); {
		to := len(p.text)
		if i := strings.Index(p.lower[from:], "\n\n"); i >= 0 {
			to = from + i
		}
		if slices.ContainsFunc(any, func(need string) bool { return strings.Contains(p.lower[from:to], need) }) {
			for _, m := range pattern.FindAllStringSubmatchIndex(p.text[from:to], -1) {
				for i := range m {
					if m[i] >= 0 {
						m[i] += from
					}
				}
				f(m)
			}
		}
		from = to + 2
	}
}

// line is that of a place in the text, from 1.
func (p *prose) line(at int) int {
	i, exact := slices.BinarySearch(p.starts, at)
	if exact {
		i++
	}
	return i
}

// take takes out what a rule has told of.
func (p *prose) take(from, to int) {
	gone := strings.Map(func(r rune) rune {
		if r == '\n' {
			return r
		}
		return ' '
	}, p.text[from:to])
	p.text = p.text[:from] + gone + strings.Repeat(" ", to-from-len(gone)) + p.text[to:]
}

// quoted says whether a place stands within quotation marks in its paragraph.
func (p *prose) quoted(at int) bool {
	before := p.text[max(strings.LastIndex(p.text[:at], "\n\n"), at-600, 0):at]
	return strings.LastIndex(before, "“") > strings.LastIndex(before, "”") || strings.Count(before, `"`)%2 == 1
}
