package site

import (
	"cmp"
	"slices"
	"strings"

	"schoolgate/site/source"
)

// A policyChange is one file of a school's folder policy: it adds, replaces or
// drops one clause of the model by its id, and says why.
//
//	+++
//	replace = "filter-tests"
//	why = "Our provider tests every night."
//	+++
//
//	We test our filter every night, and read the results each Monday.
//
// With add, after = "…" or in = "…" says where: after another clause, or last
// within one. Where a heading or a whole part belongs, title gives its words,
// and a part has means too. The clauses in the text of a heading are numbered
// items with ids, as in the model. With drop there is no text.
type policyChange struct {
	Add     string `toml:"add"`
	Replace string `toml:"replace"`
	Drop    string `toml:"drop"`
	After   string `toml:"after"`
	In      string `toml:"in"`
	Title   string `toml:"title"`
	Means   string `toml:"means"`
	Why     string `toml:"why"`

	file    string
	line    int // of add, replace or drop
	where   int // of after or in
	lines   []policyLine
	was     []policyLine // what a replaced or dropped clause said
	applied bool
}

func (c policyChange) id() string { return cmp.Or(c.Add, c.Replace, c.Drop) }

// dropOf is the change that took the clause of an id away.
func dropOf(changes []policyChange, id string) *policyChange {
	for i, c := range changes {
		if c.applied && c.Add == "" && slices.ContainsFunc(idsIn(c.was), func(l policyLine) bool { return l.text == id }) {
			return &changes[i]
		}
	}
	return nil
}

// readChanges reads and checks each file for itself.
func readChanges(files source.Layer, a answers, problems *source.Problems) []policyChange {
	var changes []policyChange
	by := map[string]string{} // file by id
	for _, rel := range source.SortedKeys(files) {
		src := files[rel]
		c := policyChange{file: src.Name}
		before := len(*problems)
		lines, ok := filledMatter(src, a, &c, problems)
		if !ok {
			continue
		}
		k := source.Checker{Src: source.File{Name: src.Name, Data: src.Data}, Problems: problems}
		c.line = max(1, k.Line("add"), k.Line("replace"), k.Line("drop"))
		c.where = max(1, k.Line("after"), k.Line("in"))
		c.lines = trimLines(lines)

		given := 0
		for _, id := range []string{c.Add, c.Replace, c.Drop} {
			if id != "" {
				given++
			}
		}
		empty := len(c.lines) == 0
		switch {
		case given != 1:
			problems.Add(src.Name, 1, `say what the file does, one thing only: add = "new-id", replace = "id" or drop = "id"`)
		case !source.SlugPattern.MatchString(c.id()):
			problems.Add(src.Name, c.line, "the id %q has to be of a-z, 0-9 and single hyphens", c.id())
		case c.Add != "" && (c.After == "") == (c.In == ""):
			problems.Add(src.Name, c.line, `say where the clause goes: after = "id" or in = "id", one of them`)
		case c.Add == "" && c.After+c.In != "":
			problems.Add(src.Name, c.where, "after and in go with add only")
		case c.Drop != "" && !empty:
			problems.Add(src.Name, c.lines[0].n, "a file that drops a clause has no text below the +++: say why in why = \"…\"")
		case c.Drop == "" && empty:
			problems.Add(src.Name, c.line, "there is no text below the +++ for the clause")
		}
		if strings.TrimSpace(c.Why) == "" {
			problems.Add(src.Name, 1, `say why, for governors and the trust: why = "…"`)
		}
		if other, twice := by[c.id()]; twice && given == 1 {
			problems.Add(src.Name, c.line, "%q is changed by %s too: keep one of them", c.id(), other)
		}
		by[c.id()] = src.Name
		if len(*problems) == before {
			changes = append(changes, c)
		}
	}
	return changes
}

func trimLines(lines []policyLine) []policyLine {
	for len(lines) > 0 && strings.TrimSpace(lines[0].text) == "" {
		lines = lines[1:]
	}
	for len(lines) > 0 && strings.TrimSpace(lines[len(lines)-1].text) == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// applyChanges makes every change: what is replaced first, then what is added,
// so that a clause can be put after one that goes, then what is dropped.
func applyChanges(parts []policyPart, changes []policyChange, hidden map[string]policyLine, problems *source.Problems) []policyPart {
	e := policyEditor{parts: parts, changes: changes, hidden: hidden, problems: problems}
	for i := range changes {
		if changes[i].Replace != "" {
			e.replace(&changes[i])
		}
	}
	e.addAll()
	for i := range changes {
		if changes[i].Drop != "" {
			e.drop(&changes[i])
		}
	}
	return e.parts
}

type policyEditor struct {
	parts    []policyPart
	changes  []policyChange
	hidden   map[string]policyLine
	problems *source.Problems
}

// find returns the part and, unless the id is the part's own, the clause.
func (e *policyEditor) find(id string) (part int, c *clause, all []clause) {
	for i, p := range e.parts {
		if p.id == id {
			return i, nil, nil
		}
		if !slices.ContainsFunc(p.lines, func(l policyLine) bool { return strings.Contains(l.text, "{#"+id+"}") }) {
			continue // to parse it takes long
		}
		all := findClauses(p.lines)
		for j := range all {
			if all[j].id == id {
				return i, &all[j], all
			}
		}
	}
	return -1, nil, nil
}

// unknown reports an id that no clause has, at a line of the change.
func (e *policyEditor) unknown(c *policyChange, line int, id string) {
	if at, ok := e.hidden[id]; ok {
		e.problems.Add(c.file, line, "clause %q is in an optional part that this school does not use (%s:%d): see uses in school.toml", id, at.file, at.n)
		return
	}
	ids := map[string]bool{}
	for _, p := range e.parts {
		ids[p.id] = true
		for _, each := range idsIn(p.lines) {
			ids[each.text] = true
		}
	}
	for _, other := range e.changes {
		if other.applied && other.Replace != "" && slices.ContainsFunc(idsIn(other.was), func(l policyLine) bool { return l.text == id }) {
			e.problems.Add(c.file, line, "clause %q is gone: %s replaces the one it stood in", id, other.file)
			return
		}
	}
	e.problems.Add(c.file, line, "the model has no clause %q%s", id, didYouMean(id, ids))
}

func (e *policyEditor) replace(c *policyChange) {
	i, at, _ := e.find(c.Replace)
	switch {
	case i < 0:
		e.unknown(c, c.line, c.Replace)
		return
	case at == nil:
		p := &e.parts[i]
		c.was = append([]policyLine{{p.at.file, p.at.n, "# " + p.title + " {#" + p.id + "}"}, {}}, p.lines...)
		p.title, p.means = cmp.Or(c.Title, p.title), cmp.Or(c.Means, p.means)
		p.at, p.lines = policyLine{file: c.file, n: c.line}, c.lines
	case !at.heading && c.Title != "":
		e.problems.Add(c.file, c.line, "%q is a numbered item and has no title: leave title out", c.Replace)
		return
	default:
		p := &e.parts[i]
		c.was = slices.Clone(p.lines[at.first:at.end])
		p.lines = slices.Replace(slices.Clone(p.lines), at.first, at.end, e.written(c, *at, p.lines)...)
	}
	c.applied = true
}

// written are the lines of a change's clause in the place, and of the kind, of
// another.
func (e *policyEditor) written(c *policyChange, like clause, lines []policyLine) []policyLine {
	if like.heading {
		title := cmp.Or(c.Title, like.words)
		head := policyLine{c.file, c.line, strings.Repeat("#", like.level) + " " + title + " {#" + c.id() + "}"}
		return append([]policyLine{{c.file, c.line, ""}, head, {c.file, c.line, ""}}, c.lines...)
	}
	indent := len(lines[like.first].text) - len(strings.TrimLeft(lines[like.first].text, " "))
	return c.item(strings.Repeat(" ", indent))
}

// item are the change's lines as a numbered item.
func (c *policyChange) item(indent string) []policyLine {
	var out []policyLine
	for i, l := range c.lines {
		switch {
		case i == 0:
			l.text = indent + "1. {#" + c.id() + "} " + l.text
		case strings.TrimSpace(l.text) != "":
			l.text = indent + "   " + l.text
		}
		out = append(out, l)
	}
	return out
}

// addAll adds in an order that lets one addition stand after another. Those
// after the same clause come out in the order of their files.
func (e *policyEditor) addAll() {
	var waiting []*policyChange
	for i := range e.changes {
		if e.changes[i].Add != "" {
			waiting = append(waiting, &e.changes[i])
		}
	}
	for len(waiting) > 0 {
		var later []*policyChange
		for i := len(waiting) - 1; i >= 0; i-- {
			c := waiting[i]
			if at, _, _ := e.find(cmp.Or(c.After, c.In)); at < 0 {
				later = append(later, c)
				continue
			}
			e.add(c)
		}
		slices.Reverse(later)
		if len(later) == len(waiting) {
			for _, c := range later {
				e.unknown(c, c.where, cmp.Or(c.After, c.In))
			}
			return
		}
		waiting = later
	}
}

func (e *policyEditor) add(c *policyChange) {
	if i, at, _ := e.find(c.Add); i >= 0 {
		taken := e.parts[i].at
		if at != nil {
			taken = e.parts[i].lines[at.first]
		}
		e.problems.Add(c.file, c.line, "the id %q is taken by %s:%d: choose another, or write replace", c.Add, taken.file, taken.n)
		return
	}
	if at, ok := e.hidden[c.Add]; ok {
		e.problems.Add(c.file, c.line, "the id %q is taken by %s:%d, in an optional part: choose another", c.Add, at.file, at.n)
		return
	}
	i, at, all := e.find(cmp.Or(c.After, c.In))
	p := &e.parts[i]
	insert := func(where int, lines []policyLine) {
		p.lines = slices.Insert(slices.Clone(p.lines), where, lines...)
	}
	wrong := func(text string) { e.problems.Add(c.file, c.line, "%s", text) }
	switch {
	case at == nil && c.After != "": // a whole part
		if c.Title == "" || c.Means == "" {
			wrong(`after a part comes a part: give it title = "…" and means = "…"`)
			return
		}
		part := policyPart{id: c.Add, title: c.Title, means: c.Means, lines: c.lines, at: policyLine{file: c.file, n: c.line}}
		e.parts = slices.Insert(e.parts, i+1, part)
	case at == nil: // the last heading of a part
		if c.Title == "" {
			wrong(`in a part stand headings: give it title = "…"`)
			return
		}
		insert(len(p.lines), e.written(c, clause{heading: true, level: 2}, nil))
	case at.heading && c.After != "":
		if c.Title == "" {
			wrong(`after a heading's clauses comes a heading: give it title = "…", or write in = "` + c.After + `"`)
			return
		}
		insert(at.end, e.written(c, *at, p.lines))
	case c.Title != "":
		wrong("a numbered item has no title: leave it out, or put the heading after another heading")
		return
	case c.After != "":
		insert(at.end, e.written(c, *at, p.lines))
	default: // the last item of a heading or of another item
		where, indent := at.end, strings.Repeat(" ", at.offset)
		if at.heading {
			indent = ""
		}
		for _, each := range all {
			if at.heading && each.heading && each.first > at.first && each.first < where {
				where = each.first
			}
		}
		for _, each := range all {
			if each.parent >= 0 && all[each.parent].id == at.id && !each.heading {
				line := p.lines[each.first].text
				indent = line[:len(line)-len(strings.TrimLeft(line, " "))]
				where = each.end
			}
		}
		lines := c.item(indent)
		if at.heading && !strings.HasPrefix(p.lines[where-1].text, "1.") {
			lines = append([]policyLine{{c.file, c.line, ""}}, append(lines, policyLine{c.file, c.line, ""})...)
		}
		insert(where, lines)
	}
	c.applied = true
}

func (e *policyEditor) drop(c *policyChange) {
	i, at, _ := e.find(c.Drop)
	if i < 0 {
		e.unknown(c, c.line, c.Drop)
		return
	}
	p := &e.parts[i]
	gone := p.lines
	if at != nil {
		gone = p.lines[at.first:at.end]
	}
	for _, id := range idsIn(gone) {
		for _, other := range e.changes {
			if other.applied && other.Drop == "" && other.id() == id.text {
				e.problems.Add(c.file, c.line, "drops %q with clause %q in it, which %s adds or replaces: drop one or change the other", c.Drop, id.text, other.file)
				return
			}
		}
	}
	c.was = slices.Clone(gone)
	if at == nil {
		c.was = append([]policyLine{{p.at.file, p.at.n, "# " + p.title + " {#" + p.id + "}"}, {}}, c.was...)
		e.parts = slices.Delete(e.parts, i, i+1)
	} else {
		p.lines = slices.Delete(slices.Clone(p.lines), at.first, at.end)
	}
	c.applied = true
}
