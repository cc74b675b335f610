// Package check says what a school has still to put right on its public site, by file and
// line, with how. [Run] builds every site as a draft and holds its sources and its pages to
// [Rules]; a new rule, as that every poster says its day, is a line there, a
// method of the inspection, and a case in testdata that breaks it and one that does not.
//
// It looks at what package site makes, which knows nothing of it.
package check

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"schoolgate/site"
	"schoolgate/site/source"
)

// A Rule is one thing that [Run] looks at.
type Rule struct {
	ID     string // in findings, and in the allowances that silence them
	What   string // what it looks for
	Source string // where it is asked for: a row of requirements.md, a standard, a law
}

// Rules are all rules, in the order in which a page is read. Each has a case in
// testdata that breaks it and one that does not.
var Rules = []Rule{
	{"content", "settings and pages that cannot be published as they are", "P2"},
	{"blank", "a blank of the model that the school has not filled", "P2"},
	{"leftover", "what a template left behind: a placeholder, a word to its author, another school's name, a link to nowhere", "P2"},
	{"two-names", "one role with two names, in two pages or against the settings", "P2"},
	{"example", "a value that still is the starter's example, a telephone number first", "P2, P5"},
	{"ceop", "the way to CEOP on every page, among the first links, in words", "P4"},
	{"publish", "what the law and the department say a school's site must hold", "P13; content/model/checklist.toml"},
	{"accessibility-statement", "an accessibility statement with all its parts", "P13; Public Sector Bodies (Websites and Mobile Applications) Accessibility Regulations 2018"},
	{"privacy-notice", "a privacy notice with all its parts, and the 30 days in which a complaint is acknowledged", "P13; UK GDPR article 13; Data (Use and Access) Act 2025, in force for complaints since 19 June 2026"},
	{"headings", "one first-level heading, no level left out, none empty", "P13; WCAG 2.2, 1.3.1 and 2.4.6"},
	{"alt", "pictures and drawings described in words, not by a file's name", "P13; WCAG 2.2, 1.1.1"},
	{"link-text", "links that say where they lead", "P13; WCAG 2.2, 2.4.4"},
	{"contrast", "the contrast of the school's colours, light and dark", "P13; WCAG 2.2, 1.4.3 and 1.4.6"},
	{"pupil", "a pupil's name or date of birth from the register, and any unique pupil number", "P14"},
	{"picture-name", "what may be a person's name in a picture's description, caption or file name", "P14, P15"},
	{"mobile", "a mobile telephone number", "P14"},
	{"email", "an email address that is neither the school's nor an organisation's", "P14"},
	{"replaced", "an address, name or number that is dead, old or wrong", "P5; content/model/replaced.toml and the replaces of help.toml"},
	{"passage", "words of a page's own for what every page has to say alike, or a page without what it may not leave out", "P2, P7; content/model/passages.toml"},
	{"directory", "an entry of the school's directory of help that nobody has checked, or not for a year", "P5; content/model/help.toml"},
	{"one-number", "a number for local help that the settings and the directory of help do not give alike", "P5"},
	{"other-area", "a police force, partnership or board of another area, left over from a template", "P2, P5"},
	{"four-risks", "content, contact, conduct and commerce named together in the policy", "P1; Keeping children safe in education"},
	{"review", "a policy or page whose review is overdue or soon due", "P3"},
	{"heart", "an agreement or a question that does not begin, in a few words, with what, where, how long and who sees it", "S1, C3"},
	{"reading-age", "words harder than the page's readers are old", "P6, P17"},
	{"link", "a link to another site that does not lead there (with --online)", "P5"},
	{"allow", "an allowance without a reason, or one that silences nothing", "P13"},
}

// How bad a finding is.
const (
	Wrong    = "error"   // has to be put right
	Doubtful = "warning" // a person has to look
)

// A Finding is one thing that is not as a rule wants it.
type Finding struct {
	Rule     string   `json:"rule"`
	Severity string   `json:"severity"` // Wrong or Doubtful
	Sites    []string `json:"schools"`  // slugs of the sites it was found in; Overview for the trust's
	File     string   `json:"file"`     // path within the content folder, or of a built file when the theme made it
	Line     int      `json:"line"`     // 0 when the whole file is meant
	Page     string   `json:"page"`     // address of a page that shows it, within the site; or empty
	What     string   `json:"what"`     // never holds a pupil's name, number or date of birth
	Fix      string   `json:"fix"`      // how to put it right

	rank  int  // what is higher comes first, whatever its file
	whole bool // about the whole page: an allowance in the front matter silences it
}

// A Silenced finding is one that somebody gave a reason for.
type Silenced struct {
	Rule   string `json:"rule"`
	File   string `json:"file"`
	Line   int    `json:"line"` // of the allowance
	Reason string `json:"reason"`
}

// A SiteReport is how one site as a whole came out.
type SiteReport struct {
	Slug     string `json:"slug"`
	Name     string `json:"name"`
	Built    bool   `json:"built"` // false: what stopped it is among the findings, and no other rule could look
	Pages    int    `json:"pages"`
	Errors   int    `json:"errors"`
	Warnings int    `json:"warnings"`
	Duties   []Duty `json:"publishes"` // empty for the overview
	// Unconfirmed are the places of help that nobody at the school has looked at within a year.
	Unconfirmed []string `json:"unconfirmed"`
}

// A Report is what [Run] found.
type Report struct {
	At       time.Time    `json:"at"`
	Sites    []SiteReport `json:"schools"`
	Findings []Finding    `json:"findings"` // in order of file and line, numbers that reach nobody before all; one in a shared file stands once
	Silenced []Silenced   `json:"silenced"`

	building time.Duration // of the time taken, what the build took
}

// Count is the number of findings of a severity.
func (r *Report) Count(severity string) int {
	n := 0
	for _, f := range r.Findings {
		if f.Severity == severity {
			n++
		}
	}
	return n
}

// A Roll names the pupils of a school, so that a check can tell when one of them
// is named in public. Nothing it answers is ever repeated in a report.
type Roll interface {
	OnRoll(ctx context.Context, school string) ([]RollPupil, error)
}

// A RollPupil is a pupil as the register has them; each part may be empty.
type RollPupil struct {
	Forename, Surname string
	UPN               string
	Born              time.Time // the day; zero when not known
}

// Options say what to check and with what.
type Options struct {
	site.Options              // of the build; Out is not used
	School       string       // slug of the only school to check; empty: all, and the overview
	Roll         Roll         // nil: pupils' names and dates of birth are not looked for
	Online       *LinkChecker // nil: nothing is fetched
}

// Run reads a content folder as [site.Load] does, builds its sites into a folder
// that is deleted again, and holds sources and built pages to [Rules]. What is
// wrong with the content is in the report; an error is what kept it from
// looking.
func Run(ctx context.Context, content fs.FS, opts Options) (*Report, error) {
	opts.Address = strings.TrimSuffix(opts.Address, "/")
	opts.Now = cmp.Or(opts.Now, time.Now()).UTC().Truncate(time.Second)
	report := &Report{At: opts.Now}
	trust, err := site.Load(content)
	if problems, ok := errors.AsType[source.Problems](err); ok {
		for _, p := range problems {
			report.Findings = append(report.Findings, refusal(p, siteOf(p.File)))
		}
		return report.finish(nil), nil
	}
	if err != nil {
		return nil, err
	}
	if opts.School != "" && opts.School != site.Overview && !slices.Contains(trust.Slugs(), opts.School) {
		return nil, fmt.Errorf("there is no school %s in the content folder", opts.School)
	}
	shared, err := readShared(content)
	if err != nil {
		return nil, err
	}
	roll, err := readRoll(ctx, opts.Roll, trust)
	if err != nil {
		return nil, err
	}
	temp, err := os.MkdirTemp("", "schoolgate-check-")
	if err != nil {
		return nil, fmt.Errorf("make a folder to check in: %w", err)
	}
	defer os.RemoveAll(temp)

	c := &checking{
		report: report, content: content, trust: trust, shared: shared, roll: roll, temp: temp, opts: opts,
		allowances: &allowances{judged: judged(opts)},
	}
	started := time.Now()
	all, err := site.Drafts(trust, opts.Options)
	if err != nil {
		return nil, err
	}
	report.building += time.Since(started)
	for _, d := range all {
		if opts.School != "" && d.Slug != opts.School {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := c.site(d); err != nil {
			return nil, err
		}
	}
	if opts.Online != nil {
		found, err := opts.Online.check(ctx, c.outside)
		if err != nil {
			return nil, err
		}
		report.Findings = append(report.Findings, found...)
	}
	return report.finish(c.allowances), nil
}

// A checking is a check under way.
type checking struct {
	report  *Report
	content fs.FS
	trust   *site.Trust
	shared  contentSources
	roll    *checkedRoll
	temp    string // the folder it builds into
	opts    Options

	allowances *allowances
	outside    []outsideLink
}

// site checks one site, and adds what it found to the report.
func (c *checking) site(d *site.Draft) error {
	if problems, stopped := d.Stopped(); stopped {
		for _, p := range problems {
			c.report.Findings = append(c.report.Findings, refusal(p, d.Slug))
		}
		c.report.Sites = append(c.report.Sites, SiteReport{Slug: d.Slug, Name: d.Title})
		return nil
	}
	in := &inspection{draft: d, trust: c.trust, roll: c.roll, online: c.opts.Online != nil, now: c.opts.Now, dir: filepath.Join(c.temp, d.Slug)}
	var err error
	if in.sources, err = c.shared.of(c.content, d); err != nil {
		return err
	}
	started := time.Now()
	err = in.build()
	c.report.building += time.Since(started)
	if err == nil {
		err = in.inspect()
	}
	if err != nil {
		return err
	}
	if err := os.RemoveAll(in.dir); err != nil {
		return fmt.Errorf("delete what was checked: %w", err)
	}
	c.allowances.read(in.sources)
	c.report.Findings = append(c.report.Findings, in.found...)
	c.report.Sites = append(c.report.Sites, in.summary())
	c.outside = append(c.outside, in.outside...)
	return nil
}

// judged says of a rule, and of the file an allowance for it stands in, whether
// all that the allowance might silence was looked at.
func judged(opts Options) func(rule, file string) bool {
	return func(rule, file string) bool {
		switch {
		case rule == "link" && opts.Online == nil, rule == "pupil" && opts.Roll == nil:
			return false
		}
		return opts.School == "" || siteOf(file) == opts.School
	}
}

// siteOf is the site that a file of the content folder belongs to alone; empty
// when others share it.
func siteOf(file string) string {
	if rest, ok := strings.CutPrefix(file, "schools/"); ok {
		slug, _, _ := strings.Cut(rest, "/")
		return slug
	}
	if strings.HasPrefix(file, "trust/") {
		return site.Overview
	}
	return ""
}

// finish merges what several sites have in common, takes out what is allowed,
// and counts.
func (r *Report) finish(allowed *allowances) *Report {
	type key struct {
		rule, file, what string
		line             int
	}
	merged := map[key]int{}
	var findings []Finding
	for _, f := range r.Findings {
		k := key{f.Rule, f.File, f.What, f.Line}
		if i, ok := merged[k]; ok {
			for _, s := range f.Sites {
				if !slices.Contains(findings[i].Sites, s) {
					findings[i].Sites = append(findings[i].Sites, s)
				}
			}
			continue
		}
		merged[k] = len(findings)
		findings = append(findings, f)
	}
	if allowed != nil {
		findings, r.Silenced = allowed.apply(findings)
	}
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(b.rank, a.rank), cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.What, b.What))
	})
	r.Findings = findings
	for i := range r.Sites {
		for _, f := range findings {
			switch {
			case !slices.Contains(f.Sites, r.Sites[i].Slug):
			case f.Severity == Wrong:
				r.Sites[i].Errors++
			default:
				r.Sites[i].Warnings++
			}
		}
	}
	return r
}

// WriteJSON writes the report for a program to read.
func (r *Report) WriteJSON(w io.Writer) error {
	whole := *r // lists are never null
	whole.Sites = append([]SiteReport{}, r.Sites...)
	for i := range whole.Sites {
		whole.Sites[i].Duties = append([]Duty{}, whole.Sites[i].Duties...)
	}
	whole.Findings = append([]Finding{}, r.Findings...)
	for i := range whole.Findings {
		whole.Findings[i].Sites = append([]string{}, whole.Findings[i].Sites...)
	}
	whole.Silenced = append([]Silenced{}, r.Silenced...)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(whole)
}

// WriteText writes the report for a person to read: first what stands in files
// that sites share, then site by site.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	section := func(title string, mine func(Finding) bool) {
		first := true
		for _, f := range r.Findings {
			if !mine(f) {
				continue
			}
			if first {
				fmt.Fprintf(&b, "%s\n", title)
				first = false
			}
			f.write(&b, r.Sites)
		}
		if !first {
			b.WriteByte('\n')
		}
	}
	of := func(f Finding) string {
		if len(f.Sites) == 1 && siteOf(f.File) == f.Sites[0] || len(f.Sites) == 1 && strings.HasPrefix(f.File, "/") {
			return f.Sites[0]
		}
		return siteOf(f.File)
	}
	known := map[string]bool{}
	for _, s := range r.Sites {
		known[s.Slug] = true
	}
	section("Shared by every site", func(f Finding) bool { return !known[of(f)] })
	for _, s := range r.Sites {
		section(s.Name, func(f Finding) bool { return of(f) == s.Slug })
	}
	for _, s := range r.Sites {
		fmt.Fprintf(&b, "%s: ", s.Name)
		if !s.Built {
			fmt.Fprintf(&b, "cannot be built; %s\n", count(s.Errors, "problem"))
			continue
		}
		fmt.Fprintf(&b, "%s, %s, %s", count(s.Pages, "page"), count(s.Errors, "problem"), count(s.Warnings, "warning"))
		if len(s.Duties) > 0 {
			states := map[string]int{}
			for _, d := range s.Duties {
				states[d.State]++
			}
			fmt.Fprintf(&b, "; publishes %d of %d, %d not applicable", states[Met], len(s.Duties)-states[NotApplicable], states[NotApplicable])
		}
		b.WriteByte('\n')
		if n := len(s.Unconfirmed); n > 0 {
			fmt.Fprintf(&b, "  Nobody there has confirmed %s of help: %s. Look at each, ring it where you can, and write the day below [checked] in schools/%s/help.toml.\n", count(n, "place"), strings.Join(s.Unconfirmed, ", "), s.Slug)
		}
	}
	if n := len(r.Silenced); n > 0 {
		fmt.Fprintf(&b, "%s silenced, each with a reason:\n", count(n, "finding"))
		for _, s := range r.Silenced {
			fmt.Fprintf(&b, "  %s:%d: %s: %s\n", s.File, s.Line, s.Rule, s.Reason)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (f Finding) write(b *strings.Builder, all []SiteReport) {
	fmt.Fprintf(b, "  %s", f.File)
	if f.Line > 0 {
		fmt.Fprintf(b, ":%d", f.Line)
	}
	fmt.Fprintf(b, ": %s %s: %s\n", f.Severity, f.Rule, f.What)
	fmt.Fprintf(b, "    %s\n", f.Fix)
	if siteOf(f.File) == "" && len(f.Sites) > 0 && len(f.Sites) < len(all) {
		fmt.Fprintf(b, "    In: %s\n", strings.Join(f.Sites, ", "))
	}
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// refusals tell what [site.Load] and [site.Build] refuse by rule, with how to put it right.
var refusals = map[source.Kind]struct{ rule, fix string }{
	source.Ordinary:   {"content", "Put the line right; until then the site stays as it was."},
	source.OtherWords: {"content", "Put the line right; until then the site stays as it was."},
	source.Unfilled:   {"blank", "Write a line for it under [blanks] in school.toml, or in trust.toml for every school and the overview."},
	source.AsBuilt:    {"content", "The page came out of the theme like this: put the layout right."},
	source.NoCEOP:     {"ceop", "Put the link to " + site.CEOP + " back into the theme's baseof.html."},
}

func refusal(p source.Problem, slug string) Finding {
	r := refusals[p.Kind]
	f := Finding{
		Rule: r.rule, Severity: Wrong, File: p.File, Line: p.Line,
		What: strings.TrimPrefix(p.Text, "built: "), Fix: r.fix,
	}
	if slug != "" {
		f.Sites = []string{slug}
	}
	return f
}
