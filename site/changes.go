package site

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"schoolgate/site/compare"
	"schoolgate/site/source"
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
	for _, address := range source.SortedKeys(byText) {
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
				blocks := compare.Blocks(p[0].blocks(), p[1].blocks())
				err := m.addGenerated(from, map[string]any{
					"title":  fmt.Sprintf("%s: from %s to %s", title, day(p[0].Published), day(p[1].Published)),
					"type":   changesType,
					"build":  map[string]any{"list": "never"},
					"params": map[string]any{"name": title, "kind": t.Kind, "of": address, "in_force": inForce != "", "old": p[0].version(inForce), "new": p[1].version(inForce), "runs": compare.Runs(blocks), "tally": compare.Tally(blocks)},
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
	m.rendering.files["generated/content"+strings.TrimSuffix(address, "/")+".md"] = []byte(source.Fence + "\n" + string(encoded) + source.Fence + "\n")
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

// Compare lines up the sources of two wordings of one text, as its page of changes does.
func Compare(was, now string) []compare.Change {
	return compare.Blocks(Text{Source: was}.blocks(), Text{Source: now}.blocks())
}

// matter is a wording's front matter, which was good when it was published.
func (t Text) matter() map[string]any {
	var none source.Problems
	front := map[string]any{}
	if matter, _, _, ok := source.SplitMatter(t.Slug, t.Source, &none); ok {
		_ = toml.Unmarshal([]byte(matter), &front)
	}
	return front
}

// said are the sentences of front matter that people read, with their labels.
var said = [][2]string{
	{"title", "Title"}, {"summary", "In a sentence"}, {"statement", "What is signed"},
	{"question", "What is asked"}, {"given", "If the answer is yes"}, {"refused", "If the answer is no"},
}

// blocks are all words of a text that people read, in order.
func (t Text) blocks() []compare.Block {
	var (
		none   source.Problems
		blocks []compare.Block
	)
	front := t.matter()
	for _, s := range said {
		if words, ok := front[s[0]].(string); ok {
			blocks = append(blocks, compare.Block{Kind: "p", Label: s[1], Words: strings.Fields(words)})
		}
	}
	_, body, _, _ := source.SplitMatter(t.Slug, t.Source, &none)
	return append(blocks, compare.Markdown(body)...)
}
