package check

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"schoolgate/site"
)

// denied is a sentence that says not to do what follows.
var denied = regexp.MustCompile(`(?i)\b(not|never|no|nobody|nor|neither|without|don[’']t|instead of|rather than)\b`)

// checkPassages looks for pages that say in words of their own what has to be the
// same everywhere, and for pages that lack what may not be missing there: a school
// that puts a page in place of the model's may keep an old sentence.
func (in *inspection) checkPassages() {
	for _, p := range in.trust.Passages {
		if in.draft.Says(p.Name) != p.Says {
			continue // not for a school of this kind
		}
		severity, why := Doubtful, "Pages would come to disagree."
		if p.Danger != "" {
			severity, why = Wrong, p.Danger
		}
		fix := why + " Write [[" + p.Name + "]], which says: " + p.Says
		for _, name := range in.sources.order {
			if !speaks(name) {
				continue
			}
			raw := in.sources.byName[name].raw
			for _, at := range p.OwnWords(raw) {
				if denied.MatchString(raw[sentenceStart(raw, at[0]):at[0]]) {
					continue
				}
				line := 1 + strings.Count(raw[:at[0]], "\n")
				in.report("passage", severity, place{file: name, line: line}, fix,
					"%q says in words of its own what every page has to say alike (%s)", strings.Join(strings.Fields(raw[at[0]:at[1]]), " "), p.Name)
			}
		}
		for _, name := range in.sources.order {
			raw := in.sources.byName[name].raw
			writes := func(name string) bool { return strings.Contains(raw, "[["+name+"]]") }
			// The policy is one page in many files, and says at its end who helps.
			if len(p.Along) == 0 || !speaks(name) || strings.Contains(name, "/"+site.PolicyFolder+"/") || !writes(p.Name) || slices.ContainsFunc(p.Along, writes) {
				continue
			}
			line := 1 + strings.Count(raw[:strings.Index(raw, "[["+p.Name+"]]")], "\n")
			in.report("passage", severity, place{file: name, line: line}, p.Danger+" Write [["+strings.Join(p.Along, "]] or [[")+"]] as well.",
				"a page that says %s has to say this too (%s)", p.Name, strings.Join(p.Along, " or "))
		}
		for _, name := range in.sources.order {
			raw := in.sources.byName[name].raw
			at := strings.Index(raw, "[["+p.Name+"]]")
			for _, later := range p.Before {
				if first := strings.Index(raw, "[["+later+"]]"); first >= 0 && first < at && speaks(name) {
					line := 1 + strings.Count(raw[:first], "\n")
					in.report("passage", severity, place{file: name, line: line}, why+" Write [["+p.Name+"]] above it.", "%s comes before %s here, and has to come after it", later, p.Name)
				}
			}
		}
		for _, page := range in.pages {
			if !slices.ContainsFunc(p.On, page.isAt) {
				continue
			}
			if f := in.sources.byName[page.source]; f != nil && !strings.Contains(f.raw, "[["+p.Name+"]]") {
				in.reportWhole("passage", severity, in.top(page), fix, "the page does not say what it may not leave out (%s)", p.Name)
			}
		}
	}
	in.checkOwnNumbers()
}

// isAt says whether a page stands at an address, or below one that ends in *.
func (p *builtPage) isAt(address string) bool {
	below, many := strings.CutSuffix(address, "*")
	return p.address == address || many && p.address != below && strings.HasPrefix(p.address, below)
}

// checkOwnNumbers looks for numbers of the directory of help that a page has written
// out: when one changes, the page would not.
func (in *inspection) checkOwnNumbers() {
	help := in.trust.Help
	if in.school != nil {
		help = site.HelpOf(help, in.school.Help)
	}
	for _, o := range help {
		digit := strings.Split(digits(o.Phone), "")
		if len(digit) < 6 {
			continue // 111 may be anything
		}
		pattern := regexp.MustCompile(`(?:^|[^0-9])(` + strings.Join(digit, `[ -]?`) + `)(?:[^0-9]|$)`)
		for _, name := range in.sources.order {
			if path.Ext(name) != ".md" {
				continue
			}
			f := in.sources.byName[name]
			for _, at := range pattern.FindAllStringSubmatchIndex(f.raw, -1) {
				line := 1 + strings.Count(f.raw[:at[2]], "\n")
				call := "[[" + strings.ReplaceAll(o.Slug, "-", "_") + "_call]]"
				in.report("passage", Doubtful, place{file: name, line: line},
					"Write "+call+" for the number to be pressed, or "+strings.Replace(call, "_call", "_phone", 1)+" for it alone: it is in the directory of help.",
					"the number of %s is written out", o.Name)
			}
		}
	}
}

// speaks says whether a source is read by families: a page, a text, or the settings
// that fill its blanks.
func speaks(name string) bool {
	return path.Ext(name) == ".md" || slices.Contains([]string{"school.toml", "trust.toml"}, path.Base(name))
}

// sentenceStart is where the sentence begins that holds a place.
func sentenceStart(text string, at int) int {
	return 1 + max(strings.LastIndexAny(text[:at], ".:;?!\"|"), strings.LastIndex(text[:at], "\n\n"), strings.LastIndex(text[:at], "\n- "), strings.LastIndex(text[:at], "\n1. "))
}
