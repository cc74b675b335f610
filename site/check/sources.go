package check

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"schoolgate/site"
	"schoolgate/site/source"
)

// A checkedFile is one source of a site: as it was written, and as it is with
// this site's answers in the blanks. Both have the same lines.
type checkedFile struct {
	name   string
	raw    string
	fill   func(source.File) string // this site's answers into the blanks
	filled string                   // made when first needed, as the tokens of it are
	tokens []token
}

// text is the file with the blanks filled.
func (f *checkedFile) text() string {
	switch {
	case f.filled != "":
	case path.Ext(f.name) == ".md" && strings.Contains(f.raw, "[["):
		f.filled = f.fill(source.File{Name: f.name, Data: []byte(f.raw)})
	default:
		f.filled = f.raw
	}
	return f.filled
}

// A contentSources is every Markdown and settings file of a content folder by
// name, so that what is found on a page can be told by file and line.
type contentSources map[string]string

// readShared reads the files that sites share: all but those of schools and of
// the overview.
func readShared(content fs.FS) (contentSources, error) {
	files := contentSources{}
	for _, dir := range []string{"model", "agreements", "consents", "trust/trust.toml"} {
		if err := files.walk(content, dir); err != nil {
			return nil, err
		}
	}
	return files, nil
}

func (files contentSources) walk(content fs.FS, dir string) error {
	err := fs.WalkDir(content, dir, func(name string, e fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist) && name == dir:
			return nil
		case err != nil:
			return err
		case source.Ignored(e.Name()) && e.IsDir():
			return fs.SkipDir
		case source.Ignored(e.Name()) || !e.Type().IsRegular():
			return nil
		}
		if ext := path.Ext(name); ext != ".md" && ext != ".toml" {
			files[name] = "" // its name is all that is looked at
			return nil
		}
		var told source.Problems // by Load
		if src, ok := source.ReadFile(content, name, &told); ok {
			files[name] = string(src.Data)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read what is to be checked: %w", err)
	}
	return nil
}

// of are the sources of one site: its own, and the shared ones that its own
// do not replace.
func (files contentSources) of(content fs.FS, d *site.Draft) (*siteSources, error) {
	dir := "schools/" + d.Slug
	if d.Slug == site.Overview {
		dir = "trust"
	}
	own := contentSources{}
	if err := own.walk(content, dir); err != nil {
		return nil, err
	}
	s := &siteSources{byName: map[string]*checkedFile{}, settings: dir + "/school.toml"}
	if d.Slug == site.Overview {
		s.settings = dir + "/trust.toml"
	}
	used := map[string]bool{}
	for _, name := range d.Sources() {
		used[name] = true
	}
	add := func(name, raw string) { s.byName[name] = &checkedFile{name: name, raw: raw, fill: d.Fill} }
	for name, raw := range own {
		add(name, raw)
	}
	for name, raw := range files {
		if replaced := dir + "/pages/" + strings.TrimPrefix(name, "model/"); d.Slug != site.Overview && own[replaced] != "" && !used[name] {
			continue
		}
		if _, theirs := own[dir+"/"+site.PolicyFile]; theirs && strings.HasPrefix(name, "model/"+site.PolicyFolder+"/") && path.Base(name) != site.PolicyFront {
			continue // the school has a policy of its own
		}
		if d.Slug != site.Overview || used[name] || path.Ext(name) == ".toml" {
			add(name, raw)
		}
	}
	s.order = source.SortedKeys(s.byName)
	slices.SortStableFunc(s.order, func(a, b string) int { return s.rank(a) - s.rank(b) })
	return s, nil
}

// A siteSources is the sources of one site, in the order they are searched.
type siteSources struct {
	byName   map[string]*checkedFile
	order    []string
	settings string // school.toml or trust.toml
}

// rank puts first what a school can change by itself.
func (s *siteSources) rank(name string) int {
	switch {
	case name == s.settings:
		return 0
	case siteOf(name) != "" && siteOf(name) == siteOf(s.settings):
		return 1
	case path.Ext(name) == ".md":
		return 2
	}
	return 3
}

// A place is where a finding is: in a source, or in a built page.
type place struct {
	file string
	line int
	page string
}

// locate finds where words of a page were written: in the page's own source, in
// the settings that fill its blanks, or in whatever other source it is made of.
func (s *siteSources) locate(p *builtPage, words string) place {
	at := place{file: p.file, page: p.address}
	own := s.byName[p.source]
	if own != nil {
		if line := own.find(words); line > 0 {
			at.file, at.line = own.name, line
			if written := source.LineOf(own.raw, line); written != source.LineOf(own.text(), line) && !contains(written, words) {
				if line := s.byName[s.settings].find(words); line > 0 {
					at.file, at.line = s.settings, line
				}
			}
			return at
		}
		at.file = own.name
	}
	order := s.order
	if p.address == site.PolicyAddress { // its parts come before the settings that fill them
		order = slices.Clone(order)
		slices.SortStableFunc(order, func(a, b string) int { return policyRank(a) - policyRank(b) })
	}
	for _, name := range order {
		if line := s.byName[name].find(words); line > 0 {
			at.file, at.line = name, line
			return at
		}
	}
	return at
}

// policyRank puts first what a policy is made of.
func policyRank(name string) int {
	if strings.Contains(name, "/"+site.PolicyFolder+"/") || path.Base(name) == site.PolicyFile {
		return 0
	}
	return 1
}

func contains(text, words string) bool {
	f := checkedFile{raw: text}
	return f.find(words) > 0
}

// find is the line on which words stand, exactly or but for marks and quotes
// between them; 0 when they do not.
func (f *checkedFile) find(words string) int {
	if f == nil || words == "" {
		return 0
	}
	text := f.text()
	if i := strings.Index(text, words); i >= 0 {
		return 1 + strings.Count(text[:i], "\n")
	}
	wanted := tokens(words)
	if len(wanted) == 0 || strings.Contains(words, "](") { // Markdown is looked for as it is
		return 0
	}
	if f.tokens == nil {
		f.tokens = tokens(text)
	}
	for i := range f.tokens {
		if i+len(wanted) > len(f.tokens) {
			return 0
		}
		if !slices.EqualFunc(f.tokens[i:i+len(wanted)], wanted, func(a, b token) bool { return a.text == b.text }) {
			continue
		}
		return 1 + strings.Count(text[:f.tokens[i].at], "\n")
	}
	return 0
}

// An allowance silences what one rule finds in one place. It is written where it
// counts, with its reason:
//
//   - in front matter and in settings, as a comment at the end of the line or on
//     the line above: # check: reading-age: the law's own words. In front matter
//     it also stands for what is found of the page as a whole.
//   - in the body of a page, as Markdown's comment, with an empty line above; it
//     stands for the paragraph, list or table that follows:
//     [//]: # "check: mobile: the trip's own telephone"
type allowance struct {
	rule, reason string
	file         string
	line         int // where it is written
	from, to     int // the lines it stands for
	whole        bool
	wrong        string // why it is no allowance
}

var (
	settingsAllowance = regexp.MustCompile(`(?:^|[ \t])#[ \t]*check:[ \t]*(.*)$`)
	bodyAllowance     = regexp.MustCompile(`^\[//\]:[ \t]+#[ \t]+["'(]check:`)
	bodyReason        = regexp.MustCompile(`^\[//\]:[ \t]+#[ \t]+"check:[ \t]*([^"]*)"[ \t]*$`)
)

// readAllowances finds every allowance of one file.
func readAllowances(f *checkedFile) []allowance {
	if !strings.Contains(f.raw, "check:") {
		return nil
	}
	var found []allowance
	lines := strings.Split(f.raw, "\n")
	settings := path.Ext(f.name) == ".toml"
	matter := !settings && lines[0] == source.Fence
	for i, line := range lines {
		if i > 0 && matter && line == source.Fence {
			matter = false
			continue
		}
		a := allowance{file: f.name, line: i + 1}
		switch {
		case settings || matter:
			m := settingsAllowance.FindStringSubmatchIndex(line)
			if m == nil || strings.Count(strings.ReplaceAll(line[:m[0]], `\"`, ""), `"`)%2 == 1 {
				continue
			}
			a.parse(line[m[2]:m[3]])
			a.from, a.to, a.whole = i+1, i+1, matter
			if strings.TrimSpace(line[:m[0]]) == "" {
				a.to++
			}
		case bodyAllowance.MatchString(line):
			m := bodyReason.FindStringSubmatch(line)
			switch {
			case m == nil:
				a.wrong = `is not written as [//]: # "check: rule: reason", with no quotes within the reason, and may stand on the page`
			case i > 0 && strings.TrimSpace(lines[i-1]) != "" && lines[i-1] != source.Fence && !strings.HasPrefix(lines[i-1], "[//]:"):
				a.wrong = "needs an empty line above it, or it stands on the page"
			default:
				a.parse(m[1])
				a.from, a.to = i+1, block(lines, i+1)
			}
		default:
			continue
		}
		found = append(found, a)
	}
	return found
}

// block is the number of the last line of what follows lines[:from].
func block(lines []string, from int) int {
	for from < len(lines) && (strings.TrimSpace(lines[from]) == "" || strings.HasPrefix(lines[from], "[//]:")) {
		from++
	}
	for from < len(lines) && strings.TrimSpace(lines[from]) != "" {
		from++
	}
	return from
}

func (a *allowance) parse(text string) {
	rule, reason, _ := strings.Cut(text, ":")
	a.rule, a.reason = strings.TrimSpace(rule), strings.TrimSpace(reason)
	switch {
	case !slices.ContainsFunc(Rules, func(r Rule) bool { return r.ID == a.rule }):
		a.wrong = fmt.Sprintf("names no rule: %q", a.rule)
	case slices.Contains([]string{"content", "blank", "ceop", "allow"}, a.rule):
		a.wrong = fmt.Sprintf("cannot silence %s: what it finds is never published", a.rule)
	case len(strings.Fields(a.reason)) < 2:
		a.wrong = "gives no reason for silencing " + a.rule
	}
}

// allowances are those of every source that was checked, each once.
type allowances struct {
	all    []allowance
	seen   map[string]bool
	judged func(rule, file string) bool
}

func (as *allowances) read(s *siteSources) {
	if as.seen == nil {
		as.seen = map[string]bool{}
	}
	for _, name := range s.order {
		if !as.seen[name] {
			as.seen[name] = true
			as.all = append(as.all, readAllowances(s.byName[name])...)
		}
	}
}

// apply takes out what is allowed, and adds what is wrong with the allowances
// themselves.
func (as *allowances) apply(findings []Finding) (left []Finding, silenced []Silenced) {
	used := make([]bool, len(as.all))
	for _, f := range findings {
		i := slices.IndexFunc(as.all, func(a allowance) bool {
			return a.wrong == "" && a.rule == f.Rule && a.file == f.File &&
				(a.from <= f.Line && f.Line <= a.to || a.whole && f.whole)
		})
		if i < 0 {
			left = append(left, f)
			continue
		}
		used[i] = true
		silenced = append(silenced, Silenced{f.Rule, f.File, as.all[i].line, as.all[i].reason})
	}
	for i, a := range as.all {
		f := Finding{Rule: "allow", Severity: Wrong, File: a.file, Line: a.line}
		switch {
		case a.wrong != "":
			f.What, f.Fix = "the allowance "+a.wrong, "Write the rule, a colon and the reason in a few words, or take the allowance out."
		case !used[i] && as.judged(a.rule, a.file):
			f.What, f.Fix = "the allowance for "+a.rule+" silences nothing", "Take it out: what it was written for is gone, or stands elsewhere."
		default:
			continue
		}
		if slug := siteOf(a.file); slug != "" {
			f.Sites = []string{slug}
		}
		left = append(left, f)
	}
	slices.SortStableFunc(silenced, func(a, b Silenced) int {
		return strings.Compare(fmt.Sprintf("%s %06d %s", a.File, a.Line, a.Rule), fmt.Sprintf("%s %06d %s", b.File, b.Line, b.Rule))
	})
	return left, slices.Compact(silenced)
}
