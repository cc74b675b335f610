package site

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// changesType is the page type, and so the layout, of comparisons.
const changesType = "changes"

// changes is where every wording of a text is listed, within the school's site.
func (t Text) changes() string { return t.address() + "changes/" }

// since is where a wording is compared with a later one of the same text.
func (t Text) since(later Text) string {
	return t.changes() + t.Hash[:12] + "-" + later.Hash[:12] + "/"
}

// inOrder are the wordings of one text as they followed each other. The one in
// force comes last, even when it is an old one that was taken up again.
func inOrder(wordings []Text, inForce string) []Text {
	sorted := slices.Clone(wordings)
	slices.SortFunc(sorted, func(a, b Text) int {
		last := func(t Text) int {
			if t.Hash == inForce {
				return 1
			}
			return 0
		}
		return cmp.Or(cmp.Compare(last(a), last(b)), a.Published.Compare(b.Published), cmp.Compare(a.Hash, b.Hash))
	})
	return sorted
}

// addChanges adds, for every text with two wordings or more, the list of its
// wordings and a readable comparison of each with the one before it and with
// the newest (S7).
func (m *assembly) addChanges() error {
	byText := map[string][]Text{}
	for _, t := range m.wordings {
		byText[t.address()] = append(byText[t.address()], t)
	}
	for _, address := range sortedKeys(byText) {
		wordings := byText[address]
		if len(wordings) < 2 {
			continue
		}
		inForce := ""
		for _, t := range m.texts {
			if t.address() == address {
				inForce = t.Hash
			}
		}
		wordings = inOrder(wordings, inForce)
		newest := wordings[len(wordings)-1]
		title := newest.matter()["title"]
		var versions []map[string]any
		compared := map[string]bool{}
		for i, t := range wordings {
			v := t.version(inForce)
			pairs := [][2]Text{}
			if i > 0 {
				pairs = append(pairs, [2]Text{wordings[i-1], t})
				v["changed"] = wordings[i-1].since(t)
			}
			if t.Hash != newest.Hash {
				pairs = append(pairs, [2]Text{t, newest})
				v["since"] = t.since(newest)
			}
			for _, p := range pairs {
				from := p[0].since(p[1])
				if compared[from] {
					continue
				}
				compared[from] = true
				blocks := compare(p[0].blocks(), p[1].blocks())
				err := m.addGenerated(from, map[string]any{
					"title":  fmt.Sprintf("%s: from %s to %s", title, day(p[0].Published), day(p[1].Published)),
					"type":   changesType,
					"build":  map[string]any{"list": "never"},
					"params": map[string]any{"name": title, "kind": t.Kind, "of": address, "in_force": inForce != "", "old": p[0].version(inForce), "new": p[1].version(inForce), "runs": runs(blocks), "tally": tally(blocks)},
				})
				if err != nil {
					return err
				}
			}
			versions = append(versions, v)
		}
		slices.Reverse(versions)
		err := m.addGenerated(newest.changes(), map[string]any{
			"title":  fmt.Sprintf("%s: every wording", title),
			"type":   changesType,
			"build":  map[string]any{"list": "never"},
			"params": map[string]any{"name": title, "kind": newest.Kind, "of": address, "in_force": inForce != "", "versions": versions},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// addGenerated adds a page that nobody wrote.
func (m *assembly) addGenerated(address string, matter map[string]any) error {
	encoded, err := toml.Marshal(matter)
	if err != nil {
		return fmt.Errorf("%s: %w", address, err)
	}
	m.rendering.files["generated/content"+strings.TrimSuffix(address, "/")+".md"] = []byte(fence + "\n" + string(encoded) + fence + "\n")
	return nil
}

// version is what a comparison says of a wording.
func (t Text) version(inForce string) map[string]any {
	return map[string]any{
		"path": t.wording(), "text_path": t.wording() + "text.md", "hash": t.Hash[:12],
		"edition": t.matter()["edition"], "published": t.Published, "in_force": t.Hash == inForce,
	}
}

func day(t time.Time) string { return t.Format("2 January 2006") }

// matter is a wording's front matter, which was good when it was published.
func (t Text) matter() map[string]any {
	var none Problems
	front := map[string]any{}
	if matter, _, _, ok := splitMatter(t.Slug, t.Source, &none); ok {
		_ = toml.Unmarshal([]byte(matter), &front)
	}
	return front
}

// A passage is what a comparison takes as one piece: a paragraph, a heading, an
// item of a list, a row of a table.
type passage struct {
	kind  string // "p", "heading", "item", "quote" or "row"
	label string // what a sentence of the front matter is: "Title"
	words []string
}

func (b passage) equal(c passage) bool {
	return b.kind == c.kind && b.label == c.label && slices.Equal(b.words, c.words)
}

// said are the sentences of front matter that people read, with their labels.
var said = [][2]string{
	{"title", "Title"}, {"summary", "In a sentence"}, {"statement", "What is signed"},
	{"question", "What is asked"}, {"given", "If the answer is yes"}, {"refused", "If the answer is no"},
}

// blocks are all words of a text that people read, in order.
func (t Text) blocks() []passage {
	var (
		none   Problems
		blocks []passage
	)
	front := t.matter()
	for _, s := range said {
		if words, ok := front[s[0]].(string); ok {
			blocks = append(blocks, passage{kind: "p", label: s[1], words: strings.Fields(words)})
		}
	}
	_, body, _, _ := splitMatter(t.Slug, t.Source, &none)
	return append(blocks, bodyBlocks(body)...)
}

// attributes is the line by which Markdown gives the block above it a class.
var attributes = regexp.MustCompile(`\s*\{[.#][^{}\n]*\}\s*$`)

// bodyBlocks takes Markdown apart. Emphasis is left out, and a link's address
// stands in brackets after its words, as on paper: where a link leads is part of
// what was agreed.
func bodyBlocks(body string) (blocks []passage) {
	data := []byte(body)
	add := func(n ast.Node, words string) {
		kind := "p"
		for at := n; at != nil; at = at.Parent() {
			switch at.Kind() {
			case ast.KindHeading:
				kind = "heading"
			case ast.KindListItem:
				kind = "item"
			case ast.KindBlockquote:
				kind = "quote"
			case extast.KindTableRow, extast.KindTableHeader:
				kind = "row"
			default:
				continue
			}
			break
		}
		if fields := strings.Fields(attributes.ReplaceAllString(words, "")); len(fields) > 0 {
			blocks = append(blocks, passage{kind: kind, words: fields})
		}
	}
	_ = ast.Walk(markdown.Parse(text.NewReader(data)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch {
		case !entering || n.Type() != ast.TypeBlock:
			return ast.WalkContinue, nil
		case n.Kind() == extast.KindTableRow || n.Kind() == extast.KindTableHeader:
			var cells []string
			for c := n.FirstChild(); c != nil; c = c.NextSibling() {
				cells = append(cells, inlineWords(c, data))
			}
			add(n, strings.Join(cells, " · "))
			return ast.WalkSkipChildren, nil
		case n.Kind() == ast.KindCodeBlock || n.Kind() == ast.KindFencedCodeBlock:
			add(n, string(n.Lines().Value(data)))
			return ast.WalkSkipChildren, nil
		case n.FirstChild() != nil && n.FirstChild().Type() == ast.TypeInline:
			add(n, inlineWords(n, data))
			return ast.WalkSkipChildren, nil
		}
		return ast.WalkContinue, nil
	})
	return blocks
}

// unescape is Markdown's plain text as it is read: no backslashes, no entities.
func unescape(raw []byte) []byte {
	return util.ResolveEntityNames(util.ResolveNumericReferences(util.UnescapePunctuations(raw)))
}

func inlineWords(n ast.Node, data []byte) string {
	var out strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.Text:
			if entering {
				out.Write(unescape(n.Segment.Value(data)))
				if n.SoftLineBreak() || n.HardLineBreak() {
					out.WriteByte('\n')
				}
			}
		case *ast.String:
			if entering {
				out.Write(n.Value)
			}
		case *ast.AutoLink:
			if entering {
				out.Write(n.Label(data))
			}
		case *ast.Link:
			if !entering {
				fmt.Fprintf(&out, " (%s)", n.Destination)
			}
		case *extast.TaskCheckBox:
			if entering {
				out.WriteString(map[bool]string{true: "☑ ", false: "☐ "}[n.IsChecked])
			}
		}
		return ast.WalkContinue, nil
	})
	return out.String()
}

// The three things that can have happened to words.
const (
	same    = "same"
	added   = "added"
	removed = "removed"
)

// A stretch is words that shared a fate.
type stretch struct {
	op    string
	words []string
}

// A changed block is one of the new text, or one that was taken out of the old.
type changed struct {
	passage
	op    string // same, added, removed, or "changed" when the parts differ
	parts []stretch
}

// tooMany is how many pairs of things are compared before a comparison gives up
// looking for what stayed: 4 million take some 50 ms.
const tooMany = 4_000_000

// compare lines up two texts block by block: alike blocks in order, then those
// that have words in common, word by word.
func compare(before, after []passage) []changed {
	alike := func(i, j int) float64 {
		a, b := before[i], after[j]
		if a.equal(b) {
			return 1
		}
		if a.kind != b.kind || a.label != b.label {
			return 0
		}
		if a.label != "" {
			return 0.9
		}
		if s := likeness(a.words, b.words); s >= 0.5 {
			return s * 0.9 // so that an equal block is always the better partner
		}
		return 0
	}
	var out []changed
	whole := func(b passage, op string) {
		out = append(out, changed{b, op, []stretch{{op, b.words}}})
	}
	align(len(before), len(after), alike, func(i, j int) {
		switch {
		case j < 0:
			whole(before[i], removed)
		case i < 0:
			whole(after[j], added)
		case before[i].equal(after[j]):
			whole(after[j], same)
		default:
			out = append(out, changed{after[j], "changed", compareWords(before[i].words, after[j].words)})
		}
	})
	return out
}

// likeness is the share of words that two blocks have in common, 0 to 1.
func likeness(a, b []string) float64 {
	count := map[string]int{}
	for _, w := range a {
		count[w]++
	}
	common := 0
	for _, w := range b {
		if count[w] > 0 {
			count[w]--
			common++
		}
	}
	return 2 * float64(common) / float64(len(a)+len(b))
}

func compareWords(before, after []string) []stretch {
	var parts []stretch
	put := func(op, word string) {
		if n := len(parts); n > 0 && parts[n-1].op == op {
			parts[n-1].words = append(parts[n-1].words, word)
			return
		}
		parts = append(parts, stretch{op, []string{word}})
	}
	// What was removed at one place is told before what was added there.
	var gone, come []string
	flush := func() {
		for _, w := range gone {
			put(removed, w)
		}
		for _, w := range come {
			put(added, w)
		}
		gone, come = nil, nil
	}
	alike := func(i, j int) float64 {
		if before[i] == after[j] {
			return 1
		}
		return 0
	}
	align(len(before), len(after), alike, func(i, j int) {
		switch {
		case j < 0:
			gone = append(gone, before[i])
		case i < 0:
			come = append(come, after[j])
		default:
			flush()
			put(same, after[j])
		}
	})
	flush()
	return joinIslands(parts)
}

// joinIslands takes a single short word that stayed between changes on both
// sides into them, as nobody can read a sentence changed word by word.
func joinIslands(parts []stretch) []stretch {
	var out []stretch
	var gone, come []string
	flush := func() {
		if len(gone) > 0 {
			out = append(out, stretch{removed, gone})
		}
		if len(come) > 0 {
			out = append(out, stretch{added, come})
		}
		gone, come = nil, nil
	}
	for i, p := range parts {
		switch {
		case p.op == removed:
			gone = append(gone, p.words...)
		case p.op == added:
			come = append(come, p.words...)
		case i > 0 && i < len(parts)-1 && len(p.words) == 1 && len(p.words[0]) < 5 && len(gone) > 0 && len(come) > 0:
			gone, come = append(gone, p.words...), append(come, p.words...)
		default:
			flush()
			out = append(out, p)
		}
	}
	flush()
	return out
}

// align pairs the items of two lists in order so that the pairs' likeness adds
// up to the most, and tells each pair and each item left over (the other index
// is -1) from the first to the last.
func align(n, m int, alike func(i, j int) float64, tell func(i, j int)) {
	start := 0
	for start < n && start < m && alike(start, start) == 1 {
		tell(start, start)
		start++
	}
	end := 0
	for end < n-start && end < m-start && alike(n-1-end, m-1-end) == 1 {
		end++
	}
	rows, columns := n-start-end, m-start-end
	if rows*columns > tooMany {
		for i := range rows {
			tell(start+i, -1)
		}
		for j := range columns {
			tell(-1, start+j)
		}
	} else {
		alignMiddle(rows, columns,
			func(i, j int) float64 { return alike(start+i, start+j) },
			func(i, j int) {
				if i >= 0 {
					i += start
				}
				if j >= 0 {
					j += start
				}
				tell(i, j)
			})
	}
	for k := end; k > 0; k-- {
		tell(n-k, m-k)
	}
}

func alignMiddle(rows, columns int, alike func(i, j int) float64, tell func(i, j int)) {
	width := columns + 1
	best := make([]float32, (rows+1)*width) // of what is left from (i, j) on
	like := make([]float32, rows*columns)
	for i := rows - 1; i >= 0; i-- {
		for j := columns - 1; j >= 0; j-- {
			s := float32(alike(i, j))
			like[i*columns+j] = s
			best[i*width+j] = max(best[(i+1)*width+j], best[i*width+j+1])
			if s > 0 {
				best[i*width+j] = max(best[i*width+j], s+best[(i+1)*width+j+1])
			}
		}
	}
	i, j := 0, 0
	for i < rows && j < columns {
		here := best[i*width+j]
		switch s := like[i*columns+j]; {
		case s > 0 && here == s+best[(i+1)*width+j+1]:
			tell(i, j)
			i, j = i+1, j+1
		case here == best[(i+1)*width+j]:
			tell(i, -1)
			i++
		default:
			tell(-1, j)
			j++
		}
	}
	for ; i < rows; i++ {
		tell(i, -1)
	}
	for ; j < columns; j++ {
		tell(-1, j)
	}
}

// shown is how many blocks that stayed are shown beside a change; the rest of
// them folds away.
const shown = 1

// runs divides a comparison into what is shown and what folds away, as the
// layout takes it.
func runs(blocks []changed) []map[string]any {
	visible := make([]bool, len(blocks))
	for i, b := range blocks {
		for k := max(0, i-shown); k <= min(i+shown, len(blocks)-1); k++ {
			visible[k] = visible[k] || b.op != same
		}
	}
	var out []map[string]any
	for start := 0; start < len(blocks); {
		end := start
		var shownBlocks []map[string]any
		for ; end < len(blocks) && visible[end] == visible[start]; end++ {
			b := blocks[end]
			parts := make([]map[string]any, len(b.parts))
			for i, p := range b.parts {
				parts[i] = map[string]any{"op": p.op, "text": strings.Join(p.words, " ")}
			}
			shownBlocks = append(shownBlocks, map[string]any{"kind": b.kind, "label": b.label, "op": b.op, "parts": parts})
		}
		out = append(out, map[string]any{"folded": !visible[start], "blocks": shownBlocks})
		start = end
	}
	return out
}

// tally counts the blocks by what happened to them.
func tally(blocks []changed) map[string]any {
	count := map[string]int{"changed": 0, added: 0, removed: 0, same: 0}
	for _, b := range blocks {
		count[b.op]++
	}
	out := map[string]any{}
	for op, n := range count {
		out[op] = n
	}
	return out
}
