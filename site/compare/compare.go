// Package compare says how one text became another: which paragraphs stayed, came or
// went, and which words of those that changed. Nothing of either text is lost in it.
package compare

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"schoolgate/site/source"
)

// A Block is what a comparison takes as one piece: a paragraph, a heading, an
// item of a list, a row of a table.
type Block struct {
	Kind  string // "p", "heading", "item", "quote" or "row"
	Label string // what a sentence of the front matter is: "Title"
	Words []string
}

func (b Block) equal(c Block) bool {
	return b.Kind == c.Kind && b.Label == c.Label && slices.Equal(b.Words, c.Words)
}

// attributes is the line by which Markdown gives the block above it a class.
var attributes = regexp.MustCompile(`\s*\{[.#][^{}\n]*\}\s*$`)

// Markdown takes Markdown apart. Emphasis is left out, and a link's address
// stands in brackets after its words, as on paper: where a link leads is part of
// what was agreed.
func Markdown(body string) (blocks []Block) {
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
			blocks = append(blocks, Block{Kind: kind, Words: fields})
		}
	}
	_ = ast.Walk(source.Markdown.Parse(text.NewReader(data)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
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
	Same    = "same"
	Added   = "added"
	Removed = "removed"
)

// A Stretch is words of which the same became: they stayed, came or went.
type Stretch struct {
	Op    string
	Words []string
}

// A Change is a block: one of the new text, or one that was taken out of the old.
type Change struct {
	Block
	Op    string // same, added, removed, or "changed" when the parts differ
	Parts []Stretch
}

// tooMany is how many pairs of things are compared before a comparison gives up
// looking for what stayed: 4 million take some 50 ms.
const tooMany = 4_000_000

// Blocks lines up two texts block by block: alike blocks in order, then those
// that have words in common, word by word.
func Blocks(before, after []Block) []Change {
	alike := func(i, j int) float64 {
		a, b := before[i], after[j]
		if a.equal(b) {
			return 1
		}
		if a.Kind != b.Kind || a.Label != b.Label {
			return 0
		}
		if a.Label != "" {
			return 0.9
		}
		if s := likeness(a.Words, b.Words); s >= 0.5 {
			return s * 0.9 // so that an equal block is always the better partner
		}
		return 0
	}
	var out []Change
	whole := func(b Block, op string) {
		out = append(out, Change{b, op, []Stretch{{op, b.Words}}})
	}
	align(len(before), len(after), alike, func(i, j int) {
		switch {
		case j < 0:
			whole(before[i], Removed)
		case i < 0:
			whole(after[j], Added)
		case before[i].equal(after[j]):
			whole(after[j], Same)
		default:
			out = append(out, Change{after[j], "changed", compareWords(before[i].Words, after[j].Words)})
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

func compareWords(before, after []string) []Stretch {
	var parts []Stretch
	put := func(op, word string) {
		if n := len(parts); n > 0 && parts[n-1].Op == op {
			parts[n-1].Words = append(parts[n-1].Words, word)
			return
		}
		parts = append(parts, Stretch{op, []string{word}})
	}
	// What was removed at one place is told before what was added there.
	var gone, come []string
	flush := func() {
		for _, w := range gone {
			put(Removed, w)
		}
		for _, w := range come {
			put(Added, w)
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
			put(Same, after[j])
		}
	})
	flush()
	return joinIslands(parts)
}

// joinIslands takes a single short word that stayed between changes on both
// sides into them, as nobody can read a sentence changed word by word.
func joinIslands(parts []Stretch) []Stretch {
	var out []Stretch
	var gone, come []string
	flush := func() {
		if len(gone) > 0 {
			out = append(out, Stretch{Removed, gone})
		}
		if len(come) > 0 {
			out = append(out, Stretch{Added, come})
		}
		gone, come = nil, nil
	}
	for i, p := range parts {
		switch {
		case p.Op == Removed:
			gone = append(gone, p.Words...)
		case p.Op == Added:
			come = append(come, p.Words...)
		case i > 0 && i < len(parts)-1 && len(p.Words) == 1 && len(p.Words[0]) < 5 && len(gone) > 0 && len(come) > 0:
			gone, come = append(gone, p.Words...), append(come, p.Words...)
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

// Runs divides a comparison into what is shown and what folds away, as the
// layout takes it.
func Runs(blocks []Change) []map[string]any {
	visible := make([]bool, len(blocks))
	for i, b := range blocks {
		for k := max(0, i-shown); k <= min(i+shown, len(blocks)-1); k++ {
			visible[k] = visible[k] || b.Op != Same
		}
	}
	var out []map[string]any
	for start := 0; start < len(blocks); {
		end := start
		var shownBlocks []map[string]any
		for ; end < len(blocks) && visible[end] == visible[start]; end++ {
			b := blocks[end]
			parts := make([]map[string]any, len(b.Parts))
			for i, p := range b.Parts {
				parts[i] = map[string]any{"op": p.Op, "text": strings.Join(p.Words, " ")}
			}
			shownBlocks = append(shownBlocks, map[string]any{"kind": b.Kind, "label": b.Label, "op": b.Op, "parts": parts})
		}
		out = append(out, map[string]any{"folded": !visible[start], "blocks": shownBlocks})
		start = end
	}
	return out
}

// Tally counts the blocks by what happened to them.
func Tally(blocks []Change) map[string]any {
	count := map[string]int{"changed": 0, Added: 0, Removed: 0, Same: 0}
	for _, b := range blocks {
		count[b.Op]++
	}
	out := map[string]any{}
	for op, n := range count {
		out[op] = n
	}
	return out
}
