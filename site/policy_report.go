package site

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"schoolgate/site/compare"
	"schoolgate/site/source"
)

// ReviewNotice is how long before a policy's review is due the people who must
// act are told (requirements row P3).
const ReviewNotice = 60 * 24 * time.Hour

// A Review is what a school says of its online safety policy's approval: the
// blanks policy_… of school.toml (row P1).
type Review struct {
	Reference  string
	Version    string
	ApprovedBy string
	Approved   time.Time // the day, UTC; zero when not said
	Next       time.Time // the day by which it is reviewed again; zero when not said
}

// Standings of a review.
const (
	ReviewDone    = ""        // nothing to do yet
	ReviewSoon    = "soon"    // due within ReviewNotice
	ReviewOverdue = "overdue" // the day has passed
)

// Review is what the school says of its policy's approval. Load has seen to it
// that days which are given can be read.
func (s *School) Review() Review {
	approved, _ := ReadDay(s.Blanks["policy_approved_on"])
	next, _ := ReadDay(s.Blanks["policy_next_review"])
	return Review{
		Reference: s.Blanks["policy_reference"], Version: s.Blanks["policy_version"], ApprovedBy: s.Blanks["policy_approved_by"],
		Approved: approved, Next: next,
	}
}

// Standing is ReviewDone, ReviewSoon or ReviewOverdue at a time, by the day in London. The day of the
// review itself is not overdue. A policy without a day is nobody's to chase.
func (r Review) Standing(now time.Time) string { return r.standingOn(newCalendar(now)) }

func (r Review) standingOn(day *calendar) string {
	if r.Next.IsZero() {
		return ReviewDone
	}
	today, _ := time.Parse(time.DateOnly, day.Today())
	switch {
	case r.Next.Before(today):
		return ReviewOverdue
	case r.Next.Before(today.Add(ReviewNotice)):
		return ReviewSoon
	}
	return ReviewDone
}

// ReadDay reads a day as people write it, "1 October 2027", or as 2027-10-01.
func ReadDay(s string) (time.Time, error) {
	if t, err := time.Parse("2 January 2006", strings.TrimSpace(s)); err == nil {
		return t, nil
	}
	return time.Parse(time.DateOnly, strings.TrimSpace(s))
}

// checkPolicyDays checks the days among the blanks that Review reads.
func checkPolicyDays(c source.Checker, blanks map[string]string) {
	for _, name := range []string{"policy_approved_on", "policy_next_review"} {
		if value, ok := blanks[name]; ok {
			if _, err := ReadDay(value); err != nil {
				c.Say(name, "blank %q: %q is not a day such as \"1 October 2027\"", name, value)
			}
		}
	}
	approved, err := ReadDay(blanks["policy_approved_on"])
	next, missing := ReadDay(blanks["policy_next_review"])
	if err == nil && missing == nil && !next.After(approved) {
		c.Say("policy_next_review", "the policy's next review has to come after the day it was approved")
	}
}

// PolicyDifferences are what a school made of the model policy (row P2).
type PolicyDifferences struct {
	School  string         `json:"school"` // slug
	Own     string         `json:"own"`    // the file of a policy of its own, which follows no model; else empty
	Clauses int            `json:"clauses"`
	Changes []PolicyChange `json:"changes"`  // added, then replaced, then dropped; each in order of file
	Blanks  []PolicyBlank  `json:"blanks"`   // in the order the policy has them
	LeftOut []string       `json:"left_out"` // optional parts the school does not use
}

// A PolicyChange is one clause that a school added, replaced or dropped.
type PolicyChange struct {
	Kind   string `json:"kind"` // added, replaced or dropped
	ID     string `json:"id"`
	Number string `json:"number"` // in the school's policy; empty for a dropped clause
	Why    string `json:"why"`
	File   string `json:"file"`
	Was    string `json:"was"` // Markdown, blanks filled; empty for an added clause
	Is     string `json:"is"`  // likewise; empty for a dropped one

	blocks []compare.Change
}

// A PolicyBlank is one blank of the policy and what the school put into it.
type PolicyBlank struct {
	Name    string   `json:"name"`
	Value   string   `json:"value"`   // Markdown
	Clauses []string `json:"clauses"` // numbers of those that hold it; none: only what stands before the first
}

// PolicyDifferences says how a school's policy differs from the model. The
// error is that of a policy that cannot be published. Nothing differs where
// there is no policy.
func (t *Trust) PolicyDifferences(s *School, now time.Time) (PolicyDifferences, error) {
	e := s.website(t, Options{Address: "http://localhost", Now: now})
	p, _ := e.policy.assemble(e.answers)
	if err := p.problems.Err(); err != nil {
		return PolicyDifferences{}, err
	}
	return e.differences(p), nil
}

// policySources are the files that one school's policy is made of. It is made
// once, for the school's own site and for the trust's page on it.
type policySources struct {
	model, changes source.Layer
	own            source.File

	once   sync.Once
	page   policyPage
	exists bool
}

// assemble makes the policy; there need not be one.
func (s *policySources) assemble(a answers) (policyPage, bool) {
	if s == nil {
		return policyPage{}, false
	}
	s.once.Do(func() { s.page, s.exists = policyOf(s.model, s.changes, s.own, a) })
	return s.page, s.exists
}

func (w website) differences(p policyPage) PolicyDifferences {
	d := PolicyDifferences{School: w.slug, Own: w.policy.own.Name, Clauses: len(p.clauses)}
	kinds := []string{"added", "replaced", "dropped"}
	for _, c := range p.changes {
		change := PolicyChange{ID: c.id(), Why: c.Why, File: c.file, Was: clauseWords(c.was), Is: clauseWords(c.lines)}
		switch {
		case c.Add != "":
			change.Kind = kinds[0]
		case c.Replace != "":
			change.Kind = kinds[1]
		default:
			change.Kind = kinds[2]
		}
		for _, clause := range p.clauses {
			if clause.id == change.ID {
				change.Number = clause.number
			}
		}
		is := change.Is
		if title := c.Title; title != "" {
			is = "## " + title + "\n\n" + is
		} else if heading, rest, ok := strings.Cut(change.Was, "\n"); ok && is != "" && strings.HasPrefix(heading, "#") {
			is = heading + "\n" + rest[:len(rest)-len(strings.TrimLeft(rest, "\n"))] + is
		}
		change.Is = is
		change.blocks = compare.Blocks(withoutMarker(change.Was), withoutMarker(is))
		d.Changes = append(d.Changes, change)
	}
	slices.SortStableFunc(d.Changes, func(a, b PolicyChange) int {
		return slices.Index(kinds, a.Kind) - slices.Index(kinds, b.Kind)
	})
	d.Blanks, d.LeftOut = w.policy.blanks(p, w.answers)
	return d
}

var writtenID = regexp.MustCompile(`[ \t]?\{` + idAndNumber + `\}`)

// clauseWords are the lines of a clause as a person reads them: no ids, and no
// deeper than they have to be.
func clauseWords(lines []policyLine) string {
	least := -1
	var texts []string
	for _, l := range trimLines(lines) {
		text := writtenID.ReplaceAllString(l.text, "")
		if indent := len(text) - len(strings.TrimLeft(text, " ")); strings.TrimSpace(text) != "" && (least < 0 || indent < least) {
			least = indent
		}
		texts = append(texts, text)
	}
	for i, text := range texts {
		texts[i] = text[min(max(least, 0), len(text)):]
	}
	return strings.Join(texts, "\n")
}

// withoutMarker takes a clause apart to be compared. The marker of its own item
// goes, so that it is compared with words that have none.
func withoutMarker(markdown string) []compare.Block {
	lines := strings.Split(markdown, "\n")
	if m := itemMarker.FindString(lines[0]); m != "" {
		for i, l := range lines {
			lines[i] = l[min(len(m), len(l)-len(strings.TrimLeft(l, " "))):]
		}
		lines[0] = strings.TrimPrefix(lines[0], m)
	}
	return compare.Markdown(strings.Join(lines, "\n"))
}

var itemMarker = regexp.MustCompile(`^[0-9]+[.)][ \t]+`)

var blankIn = regexp.MustCompile(`\[\[([a-z0-9_]+)\]\]`)

// blanks finds which blanks the policy has, in which clauses, and which
// optional parts it leaves out.
func (s *policySources) blanks(p policyPage, a answers) (blanks []PolicyBlank, leftOut []string) {
	raw := map[string][]string{}
	for _, src := range s.all() {
		raw[src.Name] = strings.Split(string(src.Data), "\n")
		for _, line := range raw[src.Name] {
			m := directive.FindStringSubmatch(strings.TrimSpace(line))
			if m == nil || m[1] != "if" || src.Name == s.own.Name {
				continue
			}
			name := strings.TrimSpace(m[2])
			said := strings.ReplaceAll(name, "_", " ")
			if slices.Contains(Switches, name) && !slices.Contains(a.uses, name) && !slices.Contains(leftOut, said) {
				leftOut = append(leftOut, said)
			}
		}
	}
	at := map[string]int{} // index in blanks by name
	var note func(text, number string)
	note = func(text, number string) {
		for _, m := range blankIn.FindAllStringSubmatch(text, -1) {
			name := m[1]
			note(a.shared[name], number)
			value, ok := a.value(name)
			if !ok || slices.Contains(builtIn, name) {
				continue
			}
			i, seen := at[name]
			if !seen {
				i = len(blanks)
				at[name] = i
				blanks = append(blanks, PolicyBlank{Name: name, Value: value, Clauses: []string{}})
			}
			if number != "" && !slices.Contains(blanks[i].Clauses, number) {
				blanks[i].Clauses = append(blanks[i].Clauses, number)
			}
		}
	}
	if src, ok := s.model[PolicyFront]; ok {
		note(string(src.Data), "")
	}
	number, next := "", 0
	for i, line := range p.lines {
		for next < len(p.clauses) && p.clauses[next].first <= i {
			number = p.clauses[next].number
			next++
		}
		if lines := raw[line.file]; line.n >= 1 && line.n <= len(lines) && strings.TrimSpace(line.text) != "" {
			note(lines[line.n-1], number)
		}
	}
	return blanks, leftOut
}

// all are the files, in order.
func (s *policySources) all() []source.File {
	var all []source.File
	if s.own.Name != "" {
		return []source.File{s.own}
	}
	for _, l := range []source.Layer{s.model, s.changes} {
		for _, rel := range source.SortedKeys(l) {
			all = append(all, l[rel])
		}
	}
	return all
}

// policyParams are what the trust's overview shows of a school's policy.
func (s *School) policyParams(school website, today *calendar) map[string]any {
	review := s.Review()
	params := map[string]any{
		"reference": review.Reference, "version": review.Version, "approved_by": review.ApprovedBy,
		"standing": review.standingOn(today), "path": "/policies/" + s.Slug + "/", "url": school.base + strings.TrimPrefix(PolicyAddress, "/"),
	}
	for name, day := range map[string]time.Time{"approved": review.Approved, "next": review.Next} {
		if !day.IsZero() {
			params[name] = day.Format(time.DateOnly)
		}
	}
	return params
}

// policyPages are the trust's pages on its schools' policies: for each school
// that has one, how it differs from the model. They go into the params of the
// schools too, for the overview's lists.
func (t *Trust) policyPages(schools []map[string]any, of []website, today *calendar) map[string]map[string]any {
	pages := map[string]map[string]any{}
	for i, s := range t.finished() {
		at := slices.IndexFunc(of, func(e website) bool { return e.slug == s.Slug })
		if at < 0 {
			continue
		}
		e := of[at]
		p, ok := e.policy.assemble(e.answers)
		if !ok {
			continue
		}
		params := s.policyParams(e, today)
		schools[i]["policy"] = params
		if len(p.problems) > 0 { // told when the school itself is built
			params["path"] = ""
			continue
		}
		d := e.differences(p)
		counts := map[string]int{}
		var changes []map[string]any
		for _, c := range d.Changes {
			counts[c.Kind]++
			changes = append(changes, map[string]any{
				"kind": c.Kind, "id": c.ID, "number": c.Number, "why": c.Why, "file": path.Base(c.File), "blocks": shownBlocks(c.blocks),
				"url": e.base + strings.TrimPrefix(PolicyAddress, "/") + "#" + c.ID,
			})
		}
		var blanks []map[string]any
		for _, b := range d.Blanks {
			blanks = append(blanks, map[string]any{
				"name": b.Name, "value": inSite(b.Value, e.base), "clauses": strings.Join(b.Clauses, ", "),
			})
		}
		params["own"] = d.Own != ""
		for _, kind := range []string{"added", "replaced", "dropped"} {
			params[kind] = counts[kind]
		}
		pages[params["path"].(string)] = map[string]any{
			"title":       fmt.Sprintf("The online safety policy of %s", s.ShortName),
			"description": fmt.Sprintf("How the online safety policy of %s differs from the model.", s.Name),
			"layout":      "trust-policy",
			"params": map[string]any{
				"school": s.Name, "policy": params, "changes": changes, "blanks": blanks, "left_out": d.LeftOut, "clauses": d.Clauses,
			},
		}
	}
	return pages
}

// shownBlocks are a comparison's passages as layouts take them.
func shownBlocks(blocks []compare.Change) []map[string]any {
	var all []map[string]any
	for _, run := range compare.Runs(blocks) {
		all = append(all, run["blocks"].([]map[string]any)...)
	}
	return all
}

// inSite makes the links of a school's Markdown lead to its own site.
func inSite(markdown, base string) string {
	return strings.NewReplacer("](/", "]("+base, "](#", "]("+base+strings.TrimPrefix(PolicyAddress, "/")+"#").Replace(markdown)
}

// A DifferenceLine is one line of a change as people read it: Mark is "-" for
// words that went, "+" for those that came and " " for those that stayed.
type DifferenceLine struct{ Mark, Text string }

// Lines are the passages of the clause, those that went and those that came in
// place of them one after the other.
func (c PolicyChange) Lines() []DifferenceLine {
	var lines []DifferenceLine
	for _, b := range c.blocks {
		without := func(op string) string {
			var words []string
			for _, p := range b.Parts {
				if p.Op != op {
					words = append(words, p.Words...)
				}
			}
			return strings.Join(words, " ")
		}
		switch b.Op {
		case compare.Same:
			lines = append(lines, DifferenceLine{" ", without("")})
		case compare.Added:
			lines = append(lines, DifferenceLine{"+", without("")})
		case compare.Removed:
			lines = append(lines, DifferenceLine{"-", without("")})
		default:
			lines = append(lines, DifferenceLine{"-", without(compare.Added)}, DifferenceLine{"+", without(compare.Removed)})
		}
	}
	return lines
}
