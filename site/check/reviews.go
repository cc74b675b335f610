package check

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

var (
	reviewLabel = regexp.MustCompile(`(?i)\b(?:next (?:policy |scheduled |planned |formal |annual |full |due for )?review(?:ed)?|review (?:date|due|on|deadline|again|period ends)|(?:dates?|due|due date) (?:of|for) (?:the )?(?:next )?review|to be (?:next )?reviewed|(?:will|shall|should|must) (?:next )?be (?:next )?(?:formally )?reviewed(?: again)?|(?:will|shall) (?:next )?review (?:it|this|the) ?(?:policy|document)?(?: again)?|next (?:due|update)|renewal date|renew by|(?:policy|document) (?:is )?(?:valid until|expir(?:y|es)(?: date| on)?)|review no later than|due for (?:review|renewal)|review (?:is )?due|to be renewed)\b|(?m:^[\s|>#-]*(?:policy )?review(?: by)?\s*[:|])|(?:for|due) review by`)
	reviewDay   = regexp.MustCompile(`(?i)^[^.;\d]{0,40}?(?:(?:(\d{1,2})(?:st|nd|rd|th)?\s+(?:of\s+)?)?\b(` + month + `)\.?,?[\s'-]+((?:20)?\d\d)\b|(\d{1,2})[/.-](\d{1,2})[/.-]((?:20)?\d\d)\b|(20\d\d)-(\d\d)-(\d\d)|\b(\d{1,2})/(20\d\d)\b|\b(autumn|spring|summer|michaelmas|lent|trinity|easter|hilary|christmas)(?:\s+term)?(?:\s+[12])?,?\s+(?:of\s+|term\s+)?((?:20)?\d\d)\b|\b(20\d\d)\s?[/–-]\s?(\d\d|20\d\d)\b|\b(20\d\d)\b)`)
	happened    = regexp.MustCompile(`(?i)\b(?:was|were|took place|completed|carried out|held|approved|adopted|ratified|last|previous|reviewed by)\b`)
)

// termEnds are the last days of terms, late enough for every council's.
var termEnds = map[string][2]int{
	"autumn": {12, 31}, "michaelmas": {12, 31}, "christmas": {12, 31}, "spring": {4, 30}, "lent": {4, 30}, "hilary": {4, 30}, "easter": {4, 30},
	"summer": {8, 31}, "trinity": {8, 31},
}

// lastDay is the last day of what a text gives as a date: a day, a month, a term, a year.
func lastDay(text string, m []int) time.Time {
	group := func(i int) string {
		if m[2*i] < 0 {
			return ""
		}
		return text[m[2*i]:m[2*i+1]]
	}
	number := func(i int) int {
		n, _ := strconv.Atoi(group(i))
		return n
	}
	year := func(i int) int {
		if n := number(i); n >= 100 {
			return n
		} else {
			return 2000 + n
		}
	}
	day := func(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC) }
	switch {
	case group(2) != "":
		of := int(months[strings.ToLower(group(2))])
		if group(1) == "" {
			return day(year(3), of+1, 0)
		}
		return day(year(3), of, number(1))
	case group(4) != "":
		return day(year(6), number(5), number(4))
	case group(7) != "":
		return day(number(7), number(8), number(9))
	case group(10) != "":
		return day(number(11), number(10)+1, 0)
	case group(12) != "":
		end := termEnds[strings.ToLower(group(12))]
		return day(year(13), end[0], end[1])
	case group(14) != "":
		return day(year(15), 8, 31)
	}
	return day(number(16), 12, 31)
}

// checkDates looks for days of review in the text that have gone by.
func (in *inspection) checkDates(p *prose) {
	report := func(line int, said string, due time.Time) {
		in.report("review", Wrong, place{file: p.file, line: line}, "Review it, have it approved, and write the new day; or take the day out, as the settings give it.",
			"the text says that a review was due by %s: %q", due.Format("2 January 2006"), clip(said))
	}
	taken := 0
	p.each("review|renew|next |until|expir", reviewLabel, func(m []int) {
		rest := p.text[m[1]:min(len(p.text), m[1]+90)]
		if i := strings.Index(rest, "\n\n"); i >= 0 {
			rest = rest[:i]
		}
		before := p.text[max(0, m[0]-12):m[0]]
		d := reviewDay.FindStringSubmatchIndex(rest)
		if d == nil || m[0] < taken || happened.MatchString(rest[:d[1]]) || happened.MatchString(before) {
			return
		}
		taken = m[1] + d[1]
		if due := lastDay(rest, d); due.Before(in.now.Truncate(24 * time.Hour)) {
			report(p.line(m[0]), p.text[m[0]:taken], due)
		}
	})
	in.checkColumns(p, report)
}

// checkColumns looks at tables with a column for the day of the next review: the last
// day in it counts, as the rows above may tell of earlier ones.
func (in *inspection) checkColumns(p *prose, report func(int, string, time.Time)) {
	column, latest, at, said := -1, time.Time{}, 0, ""
	end := func() {
		if !latest.IsZero() && latest.Before(in.now.Truncate(24*time.Hour)) {
			report(at, said, latest)
		}
		column, latest = -1, time.Time{}
	}
	above, next := "", 0
	for line := range strings.Lines(p.text) {
		start := next
		next += len(line)
		if !strings.Contains(line, "|") {
			end()
			above = ""
			continue
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		switch {
		case strings.Trim(line, "|-: \n") == "" && above != "":
			column = slices.IndexFunc(strings.Split(strings.Trim(strings.TrimSpace(above), "|"), "|"), func(cell string) bool {
				return reviewLabel.MatchString(cell) && !happened.MatchString(cell)
			})
		case column >= 0 && column < len(cells):
			if d := reviewDay.FindStringSubmatchIndex(cells[column]); d != nil {
				if day := lastDay(cells[column], d); day.After(latest) {
					latest, at, said = day, p.line(start), strings.TrimSpace(cells[column])
				}
			}
		}
		above = line
	}
	end()
}

// A staffRole is what a school has one person for, with the blank that names them.
type staffRole struct{ name, blank, needs, pattern string }

var staffRoles = []staffRole{
	{"designated safeguarding lead", "safeguarding_lead", "safeguarding|protection|dsl|cpo", `(?:designated safeguarding (?:lead|officer|person)|safeguarding lead|child protection (?:officer|coordinator|co-ordinator|lead)|DSL|CPO)`},
	{"head", "head", "head|principal", `(?:head ?teacher|principal)`},
	{"online safety lead", "online_safety_lead", "safety", `(?:(?:online|e-?|internet)[ -]?safety (?:lead|leader|officer|co-?ordinator|champion))`},
	{"SENCO", "senco", "senco|sendco|needs|inclusion", `(?:SENCO|SENDCO|special educational needs co-?ordinator|inclusion lead)`},
	{"governor for safeguarding", "link_governor", "governor", `(?:(?:link|safeguarding|child protection|online safety) governor|governor (?:for|responsible for) (?:safeguarding|child protection|online safety))`},
	{"chair of governors", "", "chair", `(?:chair(?:man|person|woman)? of (?:the )?(?:governors|governing (?:body|board)))`},
	{"Prevent lead", "prevent_lead", "prevent", `(?:prevent (?:lead|officer))`},
	{"data protection officer", "", "data|dpo", `(?:data protection (?:officer|lead)|DPO)`},
}

const (
	title     = `(?:Mr|Mrs|Ms|Miss|Mx|Dr|Revd?|Sir|Dame|Prof|Father|Sister)\.?`
	titled    = title + `(?: (?:and|&) ` + title + `)? (?:[A-Z](?:[a-z'-]+|\.)? ){0,2}[A-Z][A-Za-z'-]+`
	untitled  = `[A-Z](?:[a-z'-]+|\.) ?(?:[A-Z]\.? )?[A-Z][a-z'-]+`
	endOfName = `(?:\s*(?:\||$|[,;.()@–—-]))`
)

var (
	rolesIn   []*regexp.Regexp
	alsoNamed = regexp.MustCompile(`^\s*(?:or\b|and\b|,\s*(?:or |and )?` + title + ` )`)
	anyTitle  = regexp.MustCompile(`^` + title + ` `)
	notOurs   = regexp.MustCompile(`(?i)\b(?:deputy|deputies|assistant|acting|interim|former|previous|vice|co|executive|associate|trust|trust's|council's|county|local authority|la|second|alternate|back-?up|their|its|regional|diocesan|new|trainee)(?: \w+)?[\s/(-]*$`)
	notAName  = regexp.MustCompile(`(?i)\b(?:child|children|safeguarding|protection|online|safety|lead|officer|governor|school|primary|academy|policy|education|head|teacher|headteacher|deputy|contact|telephone|email|designated|team|trust|national|local|keeping|special|data|office|council|police|chair|board|role|name|date|year|key|internet|working|the|our|all|see|staff|prevent|part|section|september|january|first|second)\b`)
)

func init() {
	for _, r := range staffRoles {
		rolesIn = append(rolesIn, regexp.MustCompile(`(?m)(?:(?i:`+r.pattern+`)(?:\s*\([A-Z/ -]+\))?(?:'s name)?\s*(?:(?i: is| will be| at \w+ is)|[:|,–—-]|\()(?:\s*(?i:currently|our|name:|is|\||-))*\s*(?:(`+titled+`)|(`+untitled+`)`+endOfName+`)|(`+titled+`)\s*(?:(?i: is| acts as| as)|[,|(–—:-])\s*(?i:currently |the |our |school's )*\b(?i:`+r.pattern+`)\b)`))
	}
}

// checkRoles looks for one role with two names, here and there or against the settings.
// Deputies are others, and so are other places' leads.
func (in *inspection) checkRoles(all []*prose) {
	if in.school == nil {
		return
	}
	for i, r := range staffRoles {
		who, where := in.school.Blanks[r.blank], in.sources.settings
		for _, p := range all {
			if dated(p.file) || p.file == in.sources.settings {
				continue
			}
			p.each(r.needs, rolesIn[i], func(m []int) {
				from, to := max(m[2], m[4], m[6]), max(m[3], m[5], m[7])
				name := strings.TrimSpace(p.text[from:to])
				if notOurs.MatchString(p.text[max(0, m[0]-24):m[0]]) || m[6] >= 0 && notOurs.MatchString(p.text[m[7]:m[1]]) || !anyTitle.MatchString(name) && notAName.MatchString(name) || placeholderName.MatchString(name) {
					return
				}
				if alsoNamed.MatchString(p.text[to:]) {
					return // one of several who may be told
				}
				line := p.line(from)
				if who == "" {
					who, where = name, p.file
				}
				if surname := tokens(name); !strings.Contains(strings.ToLower(straightens.Replace(who)), strings.ToLower(surname[len(surname)-1].text)) {
					in.report("two-names", Doubtful, place{file: p.file, line: line}, "Write the name of whoever it is now, once, in school.toml, and the blank for it in the text.",
						"%s stands here as the %s, and %s in %s", name, r.name, who, where)
				}
			})
		}
	}
}

var placeholderName = regexp.MustCompile(`(?i)\b(?:x+|name|surname|bloggs|y|z)$`)
