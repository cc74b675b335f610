package site

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// An assignment is a line of a settings file, as it stands or as a comment holds it
// up for taking over.
var assignment = regexp.MustCompile(`^[ \t]*(?:# )?"?([a-z0-9_]+)"?[ \t]*=[ \t]*(.*?)[ \t]*$`)

// invented are telephone numbers that nobody has: Ofcom keeps them for drama.
// https://www.ofcom.org.uk/phones-and-broadband/phone-numbers/numbers-for-drama
var invented = regexp.MustCompile(`\+44(?:1632960|2079460|(?:11[3-8]|121|131|141|151|161)4960|1914980|2890180|2920180|7700900|8081570|9098790|3069990)\d{2,3}\b`)

// numberIn finds what may be a telephone number in a value.
var numberIn = regexp.MustCompile(`\+?\(?[0-9][0-9 ()./-]{7,}[0-9]`)

// choices are settings that say which of a few: an example is a good answer.
var choices = []string{"kind", "phase", "years", "uses", "colour", "tint", "typeface", "crest"}

// examples are the lines that the guide shows: what goes into settings and blanks,
// and of the tables and files that it begins a school with the names, numbers and
// addresses.
func (g Guide) examples(of string) map[string]bool {
	lines := map[string]bool{}
	show := func(key, value string) { lines[key+" = "+value] = true }
	held := func(text string) {
		for line := range strings.Lines(text) {
			m := assignment.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
			if m != nil && (m[1] == "phone" || m[1] == "name" || strings.Contains(m[2], ".example")) {
				show(m[1], m[2])
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

// checkExamples finds what still stands as the starter has it. Numbers come first in
// the report: whoever rings one for a child in danger reaches nobody. A school whose
// own address is of .example is invented as a whole, and may have invented numbers
// of its own.
func (in *inspection) checkExamples() {
	of, email := "trust", in.trust.Email
	if in.school != nil {
		of, email = "school", in.school.Email
	}
	examples := in.trust.Guide.examples(of)
	for _, name := range in.sources.order {
		if path.Ext(name) != ".toml" || path.Dir(name) != path.Dir(in.sources.settings) {
			continue
		}
		for i, line := range strings.Split(in.sources.byName[name].raw, "\n") {
			m := assignment.FindStringSubmatch(line)
			if m == nil || strings.HasPrefix(strings.TrimSpace(line), "#") {
				continue
			}
			key, value := m[1], m[2]
			if whole, _, noted := strings.Cut(value, ` # check: `); noted { // an allowance, which counts below
				value = strings.TrimSpace(whole)
			}
			call := false
			for _, number := range numberIn.FindAllString(value, -1) {
				call = call || invented.MatchString(dial(number))
			}
			what := ""
			switch {
			case examples[key+" = "+value]:
				what = fmt.Sprintf("%s is still the example that the starter gives: %s", key, value)
			case call && !strings.HasSuffix(email, ".example"):
				what = fmt.Sprintf("%s holds a telephone number that nobody has, of those kept for films and examples: %s", key, value)
			default:
				continue
			}
			f := Finding{Rule: "example", Severity: Doubtful, File: name, Line: i + 1, What: what, Fix: "Write your own; if it is right as it is, say so with # check: example: and the reason."}
			if call {
				f.Severity, f.Fix = Wrong, "Write the real number, and ring it once to be sure: whoever needs help reaches nobody on this one."
				switch {
				case name == in.sources.settings && key == "phone": // the office's own, which families know
				case dial(strings.Trim(value, `"'`)) != "": // somebody else's, and pages ring it
					f.rank = 2
				default:
					f.rank = 1
				}
			}
			in.note(f)
		}
	}
}
