package check

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"schoolgate/site"
	"schoolgate/site/source"
)

// invented are telephone numbers that nobody has: Ofcom keeps them for drama.
// https://www.ofcom.org.uk/phones-and-broadband/phone-numbers/numbers-for-drama
var invented = regexp.MustCompile(`\+44(?:1632960|2079460|(?:11[3-8]|121|131|141|151|161)4960|1914980|2890180|2920180|7700900|8081570|9098790|3069990)\d{2,3}\b`)

// numberIn finds what may be a telephone number in a value.
var numberIn = regexp.MustCompile(`\+?\(?[0-9][0-9 ()./-]{7,}[0-9]`)

// checkExamples finds what still stands as the starter has it. Numbers come first in
// the report: whoever rings one for a child in danger reaches nobody. A school whose
// own address is of .example is invented as a whole, and may have invented numbers
// of its own.
func (in *inspection) checkExamples() {
	of, email := "trust", in.trust.Email
	if in.school != nil {
		of, email = "school", in.school.Email
	}
	examples := in.trust.Guide.Examples(of)
	for _, name := range in.sources.order {
		if path.Ext(name) != ".toml" || path.Dir(name) != path.Dir(in.sources.settings) {
			continue
		}
		for i, line := range strings.Split(in.sources.byName[name].raw, "\n") {
			key, value, ok := source.Assignment(line)
			if !ok || strings.HasPrefix(strings.TrimSpace(line), "#") {
				continue
			}
			if whole, _, noted := strings.Cut(value, ` # check: `); noted { // an allowance, which counts below
				value = strings.TrimSpace(whole)
			}
			call := false
			for _, number := range numberIn.FindAllString(value, -1) {
				call = call || invented.MatchString(ringing(number))
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
				case ringing(strings.Trim(value, `"'`)) != "": // somebody else's, and pages ring it
					f.rank = 2
				default:
					f.rank = 1
				}
			}
			in.note(f)
		}
	}
}

// ringing is the address that rings a number; "" for what is no number.
func ringing(number string) string {
	address, _ := site.Dial(number)
	return address
}
