package site

import (
	"io/fs"
	"slices"
	"strings"

	"schoolgate/site/source"
)

// Elsewhere is what belongs to other places, and stands in a school's pages where a
// template was passed on: the areas of England with the bodies of each, and schools and
// trusts that anybody may name. It is read from content/model/elsewhere.toml.
type Elsewhere struct {
	Areas     []string `toml:"areas"`     // councils' areas, as their bodies' names begin
	Everybody []string `toml:"everybody"` // names in the shape of a school's that are no school's
	More      []Area   `toml:"area"`
}

// An Area is what is known of one area beside its name.
type Area struct {
	Name    string   `toml:"name"`    // one of Areas
	Bodies  []string `toml:"bodies"`  // names of bodies that do not begin with the area's, and initials
	Numbers []string `toml:"numbers"` // digits alone, as dialled within the country
	Hosts   []string `toml:"hosts"`   // each with all that ends in .host
	Source  string   `toml:"source"`
}

// elsewhereFile is its name within the model.
const elsewhereFile = "elsewhere.toml"

// loadElsewhere reads the list; there need not be one.
func loadElsewhere(content fs.FS, name string, problems *source.Problems) (e Elsewhere) {
	src, ok := source.ReadOptional(content, name, &e, problems)
	if !ok {
		return e
	}
	for _, a := range e.More {
		c := source.Checker{Src: src, Problems: problems, Value: a.Name}
		switch {
		case !slices.Contains(e.Areas, a.Name):
			c.Say("name", "%q is not one of areas", a.Name)
		case len(a.Bodies)+len(a.Numbers)+len(a.Hosts) == 0:
			c.Say("name", "%s has neither bodies, numbers nor hosts", a.Name)
		}
		for _, n := range a.Numbers {
			if !numberBegins.MatchString(n) || !strings.HasPrefix(n, "0") {
				c.Say("name", "%s: %q is not a telephone number of digits alone, from 0", a.Name, n)
			}
		}
	}
	return e
}
