package site

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"schoolgate/site/source"
)

// passagesFile stands among the model pages: what every page says in the same
// words.
const passagesFile = "passages.toml"

// A Passage is a fact, a step or a rule that is written once, so that no two
// pages can disagree. Pages, agreements and consents write [[name]] where it
// belongs; a school cannot change it.
type Passage struct {
	Name   string   `toml:"name"`
	Says   string   `toml:"says"`   // a line of Markdown, which may hold blanks and numbers but no other passage
	When   string   `toml:"when"`   // one of Conditions, or "not " and one; the first of a name that holds is said
	Source string   `toml:"source"` // where it was found, and the day
	Own    []string `toml:"own"`    // patterns of other words for it, by which a check finds a page that has words of its own
	Danger string   `toml:"danger"` // what other words may do to somebody; empty: pages would only disagree
	On     []string `toml:"on"`     // addresses of pages that must not be without it; "/worried/*" for every page below
	Along  []string `toml:"along"`  // passages one of which has to be on every page that has this one
	Before []string `toml:"before"` // passages that come after this one on a page that has both

	own []*regexp.Regexp
}

// loadPassages reads the passages; there need not be any.
func loadPassages(content fs.FS, name string, problems *source.Problems) []Passage {
	var file struct {
		Passages []Passage `toml:"passage"`
	}
	src, ok := source.ReadOptional(content, name, &file, problems)
	if !ok {
		return nil
	}
	names := map[string]bool{}
	for _, p := range file.Passages {
		names[p.Name] = true
	}
	for i := range file.Passages {
		p := &file.Passages[i]
		c := source.Checker{Src: src, Problems: problems, Value: p.Name}
		switch {
		case !blankName.MatchString(p.Name) || slices.Contains(builtIn, p.Name):
			c.Say("name", "%q: a passage's name has only a-z, 0-9 and _, and is none that Schoolgate fills itself", p.Name)
		case strings.TrimSpace(p.Says) == "" || strings.Contains(p.Says, "\n"):
			c.Say("name", "%s: says is a line of text", p.Name)
		}
		if when := strings.TrimPrefix(p.When, "not "); when != "" && !slices.Contains(Conditions, when) {
			c.Say("name", "%s: when %q is not one of %s", p.Name, p.When, strings.Join(Conditions, ", "))
		}
		for key, others := range map[string][]string{"along": p.Along, "before": p.Before} {
			for _, name := range others {
				if !names[name] {
					c.Say("name", "%s: %s names no passage, %s", p.Name, key, name)
				}
			}
		}
		fillLine(p.Says, func(blank string) (string, bool) {
			if names[blank] {
				c.Say("name", "%s: a passage cannot hold another, %s", p.Name, blank)
			}
			return "", true
		}, func(format string, args ...any) { c.Say("name", p.Name+": "+format, args...) })
		for _, words := range p.Own {
			found, err := regexp.Compile(`(?is)\b(?:` + strings.ReplaceAll(words, " ", `\s+`) + `)`)
			if err != nil {
				c.Say("name", "%s: own: %v", p.Name, err)
				continue
			}
			p.own = append(p.own, found)
		}
	}
	return file.Passages
}

// shared is what is said alike on every page of a site where these conditions
// hold: the passages, and of each organisation of its directory of help the
// number, by slug: [[childline_phone]] for the number alone, [[childline_call]]
// for one that can be pressed, [[childline_hours]] for when it is answered. So is
// [[school_call]] of whose site it is.
func (t *Trust) shared(holds []string, help []Organisation, phone string) map[string]string {
	said := map[string]string{"school_call": pressed(phone)}
	for _, o := range help {
		if o.Phone != "" {
			name := strings.ReplaceAll(o.Slug, "-", "_")
			said[name+"_phone"] = o.Phone
			said[name+"_call"] = pressed(o.Phone)
			if hours := o.ownHours(); hours != "" {
				said[name+"_hours"] = hours
			}
		}
	}
	for _, p := range t.Passages {
		when, negated := strings.CutPrefix(p.When, "not ")
		if _, taken := said[p.Name]; !taken && (when == "" || slices.Contains(holds, when) != negated) {
			said[p.Name] = p.Says
		}
	}
	return said
}

// ownHours are the hours of the entry's own number: what the directory says of
// another number to ring at other times is left out.
func (o Organisation) ownHours() string {
	parts := slices.DeleteFunc(strings.Split(o.Hours, ";"), func(part string) bool {
		return within.MatchString(part) || otherTimes.MatchString(part)
	})
	return strings.TrimSpace(strings.Join(parts, ";"))
}

// otherTimes is what an entry's hours say of the rest of the day.
var otherTimes = regexp.MustCompile(`(?i)\bat (all |any )?other times?\b`)

// noShared reports blanks that are not a school's to fill.
func (t *Trust) noShared(content fs.FS, file string, blanks map[string]string, local []Organisation, problems *source.Problems) {
	var unread source.Problems
	src, _ := source.ReadFile(content, file, &unread)
	said := t.shared(nil, HelpOf(t.Help, local), "")
	for _, p := range t.Passages {
		said[p.Name] = p.Says
	}
	for _, name := range source.SortedKeys(blanks) {
		if _, taken := said[name]; taken {
			source.Checker{Src: source.File{Name: file, Data: src.Data}, Problems: problems}.Say(name, "blank %q is said alike for every school, in model/%s or the directory of help: leave it out", name, passagesFile)
		}
	}
}

// callable is the blank whose number [[name]] makes pressable: a name that ends in
// _call stands for the one that ends in _phone.
func callable(name string) (blank string, ok bool) {
	stem, ok := strings.CutSuffix(name, "_call")
	return stem + "_phone", ok
}

// pressed is a number as a link that dials it.
func pressed(number string) string {
	if address, ok := Dial(number); ok {
		return "[" + number + "](" + address + ")"
	}
	return number
}

// within finds a number of the United Kingdom in a sentence.
var within = regexp.MustCompile(`\b0[0-9]{2,4}(?: [0-9]{3,4}){1,2}\b`)

// pressedIn is a line of Markdown with the numbers in it as links that dial them.
func pressedIn(line string) string { return within.ReplaceAllStringFunc(line, pressed) }

// asked are the blanks that a line asks a school to fill, those in its passages
// too.
func (t *Trust) asked(line string) []string { return t.askedBut(line, t.shared(nil, t.Help, "")) }

// askedBut is asked, where it is known what is said everywhere.
func (t *Trust) askedBut(line string, said map[string]string) []string {
	var names []string
	for _, m := range blankUse.FindAllStringSubmatch(line, -1) {
		passage := false
		for _, p := range t.Passages {
			if p.Name == m[1] {
				passage = true
				names = append(names, t.askedBut(p.Says, said)...)
			}
		}
		if _, number := said[m[1]]; passage || number || slices.Contains(builtIn, m[1]) {
			continue
		}
		if blank, ok := callable(m[1]); ok {
			names = append(names, blank)
		} else {
			names = append(names, m[1])
		}
	}
	return names
}

// OwnWords finds the places in a text that say in other words what the passage says,
// each as its first byte and the byte after it.
func (p Passage) OwnWords(text string) (found [][]int) {
	for _, pattern := range p.own {
		found = append(found, pattern.FindAllStringIndex(text, -1)...)
	}
	return found
}
