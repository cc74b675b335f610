package site

import (
	"slices"
	"strings"

	"schoolgate/site/source"
)

// choices are settings that say which of a few: an example is a good answer.
var choices = []string{"kind", "phase", "years", "uses", "colour", "tint", "typeface", "crest"}

// Examples are the lines that the guide shows: what goes into settings and blanks,
// and of the tables and files that it begins a school with the names, numbers and
// addresses.
func (g Guide) Examples(of string) map[string]bool {
	lines := map[string]bool{}
	show := func(key, value string) { lines[key+" = "+value] = true }
	held := func(text string) {
		for line := range strings.Lines(text) {
			key, value, ok := source.Assignment(line)
			if ok && (key == "phone" || key == "name" || strings.Contains(value, ".example")) {
				show(key, value)
			}
		}
	}
	for _, q := range append(g.Questions(of), g.Blanks...) {
		if value := toTOML(q.Example); value != "" && q.Usual == nil && !slices.Contains(choices, q.Name) && (q.Of == "" || q.Of == of) {
			show(q.Name, value)
		}
	}
	for _, q := range g.Settings {
		held(q.Lines)
	}
	for _, f := range g.Files {
		held(f.Text)
	}
	return lines
}
