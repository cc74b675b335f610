package site

import (
	"cmp"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"schoolgate/site/source"
)

// PolicyAddress is where every school's online safety policy is published,
// within its site (requirements row P1).
const PolicyAddress = "/online-safety-policy/"

// The model policy is a folder of Markdown, model/policy: front.md says what
// stands before the first clause, and every other file is one part, in order of
// file name. A part's clauses are its headings (## Filtering {#filtering}) and
// its numbered items (1. {#filter-tests} We test …), to any depth. Every clause
// has an id that somebody wrote, which is its address for ever; its number is
// counted at every build, so that clauses can be added, moved and dropped.
//
// A school changes single clauses with the files of its folder policy (see
// policyChange), or publishes one file of its own, policy.md, instead.
const (
	PolicyFolder = "policy"
	PolicyFront  = "front.md"
	PolicyFile   = "policy.md"
)

// A policyPart is one part of the policy as lines, its front matter read.
type policyPart struct {
	id    string
	title string
	means string // what the part means for the reader, a sentence or two
	at    policyLine
	lines []policyLine
}

// A policyLine is one line of Markdown and where somebody wrote it.
type policyLine struct {
	file string
	n    int
	text string
}

type partMatter struct {
	ID    string `toml:"id"`
	Title string `toml:"title"`
	Means string `toml:"means"`
}

// frontMatter is what stands before the first clause.
type frontMatter struct {
	Title       string       `toml:"title"`
	Description string       `toml:"description"`
	Reviewed    any          `toml:"reviewed"`
	Heart       []string     `toml:"heart"` // what matters most, a line of Markdown each: the summary begins with it
	Facts       []policyFact `toml:"facts"`
	Roles       []policyRole `toml:"roles"`
}

type policyFact struct {
	Name  string `toml:"name" json:"name"`
	Value string `toml:"value" json:"value"` // Markdown, one line
}

// A policyRole is one row of the table of who is responsible.
type policyRole struct {
	Role string `toml:"role"`
	Who  string `toml:"who"`
	Does string `toml:"does"`
}

// A policyPage is one school's policy, assembled and numbered.
type policyPage struct {
	page     page
	chapters []page // a page for the whole in short, then one for each part
	clauses  []clause
	lines    []policyLine // what the clauses were read from, not yet numbered
	changes  []policyChange
	problems source.Problems
}

// policyOf assembles the policy of a school from the model and what the school
// changes or has of its own. There is none when neither has one.
func policyOf(model, changes source.Layer, own source.File, a answers) (policyPage, bool) {
	if len(model) == 0 && own.Name == "" {
		if rel, ok := first(changes); ok {
			var p policyPage
			p.problems.Add(changes[rel].Name, 0, "changes a model policy, and there is none in model/%s", PolicyFolder)
			return p, true
		}
		return policyPage{}, false
	}
	var (
		p     policyPage
		front frontMatter
		body  []policyLine
	)
	means := map[string]string{} // by part
	if src, ok := model[PolicyFront]; ok {
		front, body = readFront(src, a, &p.problems)
	} else if own.Name == "" {
		p.problems.Add("model/"+PolicyFolder+"/"+PolicyFront, 0, "is missing: it holds the policy's title and the facts shown first")
	}
	if own.Name != "" {
		if rel, ok := first(changes); ok {
			p.problems.Add(changes[rel].Name, 0, "changes the model policy, but the school has one of its own in %s: keep one or the other", own.Name)
		}
		matter, lines := readOwn(own, a, &p.problems)
		front.Title = cmp.Or(matter.Title, front.Title)
		front.Description = cmp.Or(matter.Description, front.Description)
		front.Reviewed = matter.Reviewed // a day of the model's is none of this policy's
		if matter.Facts != nil {
			front.Facts = matter.Facts
		}
		if matter.Roles != nil {
			front.Roles = matter.Roles
		}
		p.lines = lines
	} else {
		parts, hidden := readParts(model, a, &p.problems)
		p.changes = readChanges(changes, a, &p.problems)
		parts = applyChanges(parts, p.changes, hidden, &p.problems)
		p.problems = slices.DeleteFunc(p.problems, func(problem source.Problem) bool {
			line := lineGone(p.changes, problem)
			if line != nil { // nobody has to fill a blank that is dropped
				line.text = withNames(model, *line, a)
			}
			return line != nil
		})
		for _, part := range parts {
			p.lines = append(p.lines, part.combined()...)
			means[part.id] = part.means
		}
	}
	var text string
	text, p.clauses = numberClauses(p.lines, own.Name == "", &p.problems)
	p.page = front.page(text, linesOf(body), cmp.Or(own.Name, "model/"+PolicyFolder))
	if own.Name == "" {
		p.chapters = front.chapters(strings.Split(text, "\n"), p.clauses, means)
	}
	p.inspect(append(body, policyLine{}), "")
	p.inspect(p.lines, own.Name)
	return p, true
}

// lineGone is the line of the model that a problem is in, where the school
// drops or replaces that line.
func lineGone(changes []policyChange, problem source.Problem) *policyLine {
	for _, c := range changes {
		for i, l := range c.was {
			if c.applied && l.file == problem.File && l.n == problem.Line && c.file != l.file {
				return &c.was[i]
			}
		}
	}
	return nil
}

// withNames is a line of the model with the names of the blanks that the school
// does not fill in place of them.
func withNames(model source.Layer, l policyLine, a answers) string {
	lines := strings.Split(string(model[path.Base(l.file)].Data), "\n")
	if l.n < 1 || l.n > len(lines) {
		return l.text
	}
	return blankIn.ReplaceAllStringFunc(lines[l.n-1], func(blank string) string {
		name := strings.Trim(blank, "[]")
		if value, ok := a.value(name); ok {
			return value
		}
		return "(" + strings.ReplaceAll(name, "_", " ") + ")"
	})
}

func first(l source.Layer) (string, bool) {
	names := source.SortedKeys(l)
	if len(names) == 0 {
		return "", false
	}
	return names[0], true
}

// inspect holds lines to what every page is held to, and tells what is wrong
// where it was written.
func (p *policyPage) inspect(lines []policyLine, fallback string) {
	if len(lines) == 0 {
		return
	}
	links, problems := source.Inspect(fallback, linesOf(lines), 1)
	problems = append(problems, checkBoxes(fallback, linesOf(lines), 1)...)
	at := func(line int) policyLine { return lines[min(max(line, 1), len(lines))-1] }
	ids := map[string]bool{}
	for _, c := range p.clauses {
		ids[c.id] = true
	}
	for _, l := range links {
		where := at(l.Line)
		l.File, l.Line = where.file, where.n
		p.page.links = append(p.page.links, l)
		id, within := strings.CutPrefix(l.To, "#")
		if !within || id == "" || ids[id] { // a link to nowhere is a leftover, which the check tells of
			continue
		}
		if c := dropOf(p.changes, id); c != nil {
			p.problems.Add(c.file, c.line, "drops %q, which %s:%d refers to: replace that clause too", id, l.File, l.Line)
		} else {
			p.problems.Add(l.File, l.Line, "refers to clause %q, and there is none%s", id, didYouMean(id, ids))
		}
	}
	for _, problem := range problems {
		where := at(problem.Line)
		p.problems.Add(where.file, where.n, "%s", problem.Text)
	}
}

// page is the Markdown page Hugo makes of the policy.
func (f frontMatter) page(text, intro, source string) page {
	roles := make([]map[string]any, len(f.Roles))
	for i, r := range f.Roles {
		roles[i] = map[string]any{"role": r.Role, "who": r.Who, "does": r.Does}
	}
	facts := make([]map[string]any, len(f.Facts))
	for i, each := range f.Facts {
		facts[i] = map[string]any{"name": each.Name, "value": each.Value}
	}
	p := f.made(PolicyAddress, "policy", f.Title, f.Description, text, map[string]any{"facts": facts, "roles": roles, "intro": intro})
	p.source = source
	return p
}

// made is one page of the policy.
func (f frontMatter) made(address, layout, title, description, text string, params map[string]any) page {
	matter := map[string]any{"title": title, "description": description, "audience": "everyone", "layout": layout, "params": params}
	if weight, ok := params["weight"]; ok {
		matter["weight"] = weight
	}
	if f.Reviewed != nil {
		matter["reviewed"] = fmt.Sprint(f.Reviewed)
	}
	encoded, err := toml.Marshal(matter)
	if err != nil { // strings and lists of strings always encode
		panic(err)
	}
	return page{address: address, text: source.Fence + "\n" + string(encoded) + source.Fence + "\n" + text}
}

// policySummary is what its part of the address of the policy in short is.
const policySummary = "summary"

// chapters are the pages for those who do not want the whole at once: the policy in
// short, which says of each part what it means, then each part by itself. The whole
// stays at PolicyAddress, where every clause has its address; a number in a chapter
// leads there.
func (f frontMatter) chapters(lines []string, clauses []clause, means map[string]string) []page {
	pages := []page{f.made(PolicyAddress+policySummary+"/", "policy-summary", f.Title+": the summary", f.Description, "", map[string]any{"heart": f.Heart})}
	for i, c := range clauses {
		if !c.heading || c.parent >= 0 || c.quoted {
			continue
		}
		text := slices.Clone(lines[c.first+1 : c.end])
		for _, inner := range clauses[i+1:] {
			if inner.first >= c.end {
				break
			}
			if at := inner.wordsAt - c.first - 1; inner.heading && !inner.quoted {
				text[at] = strings.TrimPrefix(text[at], "#")
			}
		}
		pages = append(pages, f.made(PolicyAddress+c.id+"/", "policy-chapter", c.words, means[c.id], strings.Join(text, "\n")+"\n",
			map[string]any{"number": c.number, "part": c.id, "weight": len(pages)}))
	}
	return pages
}

// filledMatter fills one file's blanks and divides it.
func filledMatter(src source.File, a answers, v any, problems *source.Problems) (lines []policyLine, ok bool) {
	filled, found := fill(src, a)
	*problems = append(*problems, found...)
	matter, body, bodyLine, ok := source.SplitMatter(src.Name, filled, problems)
	if !ok {
		return nil, false
	}
	ok = source.DecodeTOML(src.Name, []byte(matter), v, problems)
	for i, line := range strings.Split(strings.TrimRight(body, "\n"), "\n") {
		lines = append(lines, policyLine{src.Name, bodyLine + i, line})
	}
	return lines, ok
}

func readFront(src source.File, a answers, problems *source.Problems) (frontMatter, []policyLine) {
	var f frontMatter
	lines, ok := filledMatter(src, a, &f, problems)
	if ok && strings.TrimSpace(f.Title) == "" {
		problems.Add(src.Name, 1, `the policy has no title: write title = "…" between the +++`)
	}
	if f.Reviewed != nil && !source.IsDate(f.Reviewed) {
		problems.Add(src.Name, 1, `reviewed is not a day such as "2026-09-01"`)
	}
	return f, lines
}

// readOwn reads a school's own policy, one Markdown file.
func readOwn(src source.File, a answers, problems *source.Problems) (frontMatter, []policyLine) {
	f, lines := readFront(src, a, problems)
	if len(strings.TrimSpace(linesOf(lines))) == 0 {
		problems.Add(src.Name, 1, "there is no text below the front matter")
	}
	return f, lines
}

// readParts reads the parts of the model. Hidden are the ids that stand in
// optional parts the school does not use, each with where it stands.
func readParts(model source.Layer, a answers, problems *source.Problems) (parts []policyPart, hidden map[string]policyLine) {
	hidden = map[string]policyLine{}
	shown := map[string]bool{}
	for _, rel := range source.SortedKeys(model) {
		if rel == PolicyFront {
			continue
		}
		src := model[rel]
		var m partMatter
		lines, ok := filledMatter(src, a, &m, problems)
		if !ok {
			continue
		}
		part := policyPart{id: m.ID, title: m.Title, means: m.Means, lines: lines, at: policyLine{file: src.Name, n: 1}}
		part.check(problems)
		for _, id := range idsIn(lines) {
			shown[id.text] = true
		}
		whole := strings.Split(string(src.Data), "\n")
		for i, line := range whole {
			for _, id := range idsIn([]policyLine{{src.Name, i + 1, line}}) {
				if !shown[id.text] {
					hidden[id.text] = id
				}
			}
		}
		parts = append(parts, part)
	}
	return parts, hidden
}

func (p policyPart) check(problems *source.Problems) {
	for _, required := range []struct{ key, value string }{{"id", p.id}, {"title", p.title}, {"means", p.means}} {
		if strings.TrimSpace(required.value) == "" {
			problems.Add(p.at.file, p.at.n, "the part has no %s: write %s = \"…\" between the +++", required.key, required.key)
		}
	}
	if p.id != "" && !source.SlugPattern.MatchString(p.id) {
		problems.Add(p.at.file, p.at.n, "the id %q has to be of a-z, 0-9 and single hyphens", p.id)
	}
}

// combined are the part's lines as they stand in the whole policy: beneath a
// heading of their own, every other heading one level down.
func (p policyPart) combined() []policyLine {
	at := func(text string) policyLine { return policyLine{p.at.file, p.at.n, text} }
	out := []policyLine{
		at(fmt.Sprintf("## %s {#%s}", p.title, p.id)), at(""),
		at("> **What this means for you.** " + p.means), at(""),
	}
	lines := slices.Clone(p.lines)
	for _, c := range findClauses(lines) {
		if c.heading {
			lines[c.first].text = "#" + strings.TrimLeft(lines[c.first].text, " ")
		}
	}
	return append(append(out, lines...), at(""))
}

func linesOf(lines []policyLine) string {
	texts := make([]string, len(lines))
	for i, l := range lines {
		texts[i] = l.text
	}
	return strings.Join(texts, "\n") + "\n"
}

// readPolicyFile reads a school's policy.md, if it has one.
func readPolicyFile(content fs.FS, dir string, problems *source.Problems) source.File {
	src, _ := source.ReadFile(content, path.Join(dir, PolicyFile), problems)
	return src
}

// checkPolicyLinks reports links of other pages to clauses that the school
// dropped, where it dropped them. It returns the links that are left.
func (p policyPage) checkPolicyLinks(from string, links []source.Link, problems *source.Problems) []source.Link {
	return slices.DeleteFunc(links, func(l source.Link) bool {
		u, err := url.Parse(l.To)
		if err != nil || u.Host != "" || u.Fragment == "" {
			return false
		}
		target := (&url.URL{Path: from}).ResolveReference(u)
		c := dropOf(p.changes, target.Fragment)
		if c == nil || target.Path != PolicyAddress || slices.ContainsFunc(p.clauses, func(c clause) bool { return c.id == target.Fragment }) {
			return false
		}
		problems.Add(c.file, c.line, "drops %q, which %s:%d refers to: change that page too", target.Fragment, l.File, l.Line)
		return true
	})
}
