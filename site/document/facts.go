package document

import (
	"regexp"
	"strings"
	"time"
)

var dayIn = regexp.MustCompile(`(?i)\b(\d{1,2})(?:st|nd|rd|th)?[ \-/.]+(\d{1,2}|[a-z]{3,9})[ ,\-/.]+(\d{4}|\d{2})\b`)

// ReadDay reads a day as people write it in Britain, and answers it as 2006-01-02; ""
// for what is no whole day, such as "May 2024".
func ReadDay(s string) string {
	m := dayIn.FindStringSubmatch(s)
	if m == nil {
		return ""
	}
	month, year := strings.ToLower(m[2]), m[3]
	if month[0] > '9' {
		month = strings.ToUpper(month[:1]) + month[1:3]
	}
	if month == "Sep" || len(month) > 3 {
		month = month[:3]
	}
	if len(year) == 2 {
		year = "20" + year
	}
	for _, layout := range []string{"2 Jan 2006", "2 1 2006"} {
		if t, err := time.Parse(layout, strings.TrimLeft(m[1], "0")+" "+strings.TrimLeft(month, "0")+" "+year); err == nil {
			return t.Format(time.DateOnly)
		}
	}
	return ""
}

// A Setting is what a document says that a school's settings ask for: a suggestion,
// which somebody has to look at.
type Setting struct {
	Blank string // its name in school.toml
	Value string
	From  string // the words it was found in
}

const personName = `((?:Mr|Mrs|Miss|Ms|Mx|Dr|Rev\.?|Revd|Sister|Father|Prof\.?)\.? (?:[A-Z][\pL'’.-]*)(?: [A-Z][\pL'’-]+){0,2})`

type asked struct {
	blank string
	fact  *regexp.Regexp // the name of a line of the front
	text  *regexp.Regexp // a sentence; its first group is the answer
}

// who finds the people and things that blanks ask for, by how policies name them.
var who = func() (all []asked) {
	for _, each := range []struct{ blank, role string }{
		{"deputy_safeguarding_leads", `deputy (?:designated )?safeguarding leads?(?: \(d?dsls?\))?|deputy dsls?|ddsls?`},
		{"safeguarding_lead", `(?:designated )?safeguarding lead(?: \(dsl\))?|dsl`},
		{"online_safety_lead", `(?:online|e-?|internet) ?-?safety (?:lead|leader|co-?ordinator|officer)`},
		{"link_governor", `(?:named |link |nominated |designated )?(?:(?:online safety|e-?safety|safeguarding)(?: link)?|link) (?:governor|trustee)(?: for (?:online safety|safeguarding))?`},
		{"head", `(?:executive |acting )?head ?teacher|principal|head of school`},
		{"senco", `(?:senco|special educational needs co-?ordinator)(?: \(senco\))?`},
		{"data_protection_officer", `data protection officer(?: \(dpo\))?|dpo`},
	} {
		all = append(all, asked{each.blank, regexp.MustCompile(`(?i)^(?:named |school )?(?:` + each.role + `)$`),
			regexp.MustCompile(`(?:^|[^\pL])(?i:(?:` + each.role + `))(?: in (?:this|our) school)?(?: is|:|,| -| –|\s*\()\s*(?:currently )?` + personName)})
	}
	for _, each := range []struct{ blank, text string }{
		{"internet_provider", `(?i:(?:broadband|internet (?:connection|access|service))[^.]{0,40}? (?:is |are )?(?:provided|supplied|delivered) (?:by|through)) ([A-Z][\w&’'-]*(?: [A-Z][\w&’'-]*){0,3})`},
		{"filtering_system", `(?i:filter(?:ing|ed)?(?: system| software| service| product)?[^.]{0,30}? (?:is|by|using|called|uses|provided by|through|with)) ([A-Z][\w&’'-]*(?: [A-Z][\w&’'-]*){0,3})`},
		{"local_partnership", `\b((?:[A-Z]\w+ ){1,4}Safeguarding (?:Children )?(?:Partnership|Board)(?: \([A-Z]+\))?)`},
		{"local_police", `\b((?:[A-Z]\w+ ){1,2}(?:Police|Constabulary))\b`},
	} {
		all = append(all, asked{blank: each.blank, text: regexp.MustCompile(each.text)})
	}
	return all
}()

// otherRole ends the words before a role that make it another: a deputy's is not the head's.
var otherRole = regexp.MustCompile(`(?i)\b(?:deputy|assistant|vice)$`)

// Settings are what the document says that settings ask for, each blank once.
func (p *Policy) Settings() []Setting {
	var out []Setting
	seen := map[string]bool{}
	add := func(blank, value, from string) {
		if value = strings.Trim(value, " .,;"); !seen[blank] && value != "" && !strings.ContainsAny(value, "[]<>{}_") {
			seen[blank] = true
			out = append(out, Setting{blank, value, short(from)})
		}
	}
	for _, f := range p.Facts {
		from := f.Name + ": " + f.Value
		switch kind := factKind(f.Name); kind {
		case "policy_approved_on", "policy_next_review":
			if day, err := time.Parse(time.DateOnly, ReadDay(f.Value)); err == nil {
				add(kind, day.Format("2 January 2006"), from)
			}
		case "policy_approved_by", "policy_version", "policy_reference":
			add(kind, f.Value, from)
		}
		for _, w := range who {
			if w.fact != nil && w.fact.MatchString(f.Name) {
				add(w.blank, f.Value, from)
			}
		}
	}
	for _, piece := range p.Pieces {
		words := strings.Join(strings.Fields(piece.Was), " ")
		for _, w := range who {
			m := w.text.FindStringSubmatchIndex(words)
			if m == nil || piece.Became == Dropped || piece.Became == "front matter" || otherRole.MatchString(words[:m[0]]) {
				continue
			}
			if name := words[m[2]:m[3]]; len(name) > 3 { // a word that only begins a sentence is no name
				add(w.blank, name, piece.Number+" "+words)
			}
		}
	}
	return out
}

// ReadMarkdown is what a reader sees of Markdown that Arrange made, with single spaces and
// without the numbers of clauses.
func ReadMarkdown(md string) string {
	inset := len(md) - len(strings.TrimLeft(md, " "))
	lines := strings.Split(md, "\n")
	for i, l := range lines {
		lines[i] = l[min(inset, len(l)-len(strings.TrimLeft(l, " "))):]
	}
	return readBack(numberMark.ReplaceAllString(strings.Join(lines, "\n"), ""))
}

var numberMark = regexp.MustCompile(`\{(?:#[a-z0-9-]+ )?n="[^"]*"\} ?`)
