package site

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"schoolgate/site/source"
)

// A Replaced is something that policies and pages still say and must not: an
// address, a name or a number that is dead, old or wrong. It is read from
// content/model/replaced.toml, as are the replaces of the directory of help.
type Replaced struct {
	Hosts   []string `toml:"hosts"`   // each with all that ends in .host; a path may follow
	Names   []string `toml:"names"`   // whole words, as they are spelt
	Numbers []string `toml:"numbers"` // how a telephone number begins, digits alone
	With    string   `toml:"with"`    // what to say instead; empty: nothing
	Why     string   `toml:"why"`     // a sentence
	Area    string   `toml:"area"`    // right for schools of this area, whose help.toml names it; empty: for nobody
}

var numberBegins = regexp.MustCompile(`^[0-9]{5,}$`)

// loadReplaced reads the list of what was replaced; there need not be one.
func loadReplaced(content fs.FS, name string, problems *source.Problems) []Replaced {
	var file struct {
		Replaced []Replaced `toml:"replaced"`
	}
	src, ok := source.ReadOptional(content, name, &file, problems)
	if !ok {
		return nil
	}
	for _, r := range file.Replaced {
		all := slices.Concat(r.Hosts, r.Names, r.Numbers)
		if len(all) == 0 {
			problems.Add(name, 0, "an entry has neither hosts, names nor numbers")
			continue
		}
		c := source.Checker{Src: src, Problems: problems}
		if strings.TrimSpace(r.Why) == "" {
			c.Say("why", "%s: why is missing: say in a sentence what became of it", all[0])
		}
		for _, h := range r.Hosts {
			if strings.Contains(h, "://") || !strings.Contains(h, ".") || h != strings.ToLower(h) {
				c.Say("hosts", "%q is not a host such as old.example, perhaps with a path, in small letters", h)
			}
		}
		for _, n := range r.Numbers {
			if !numberBegins.MatchString(n) {
				c.Say("numbers", "%q is not five digits or more, without spaces", n)
			}
		}
	}
	return file.Replaced
}
