package check

import (
	"fmt"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"schoolgate/site"
	"schoolgate/site/colour"
	"schoolgate/site/source"
)

// How a school stands to an item.
const (
	Met           = "met"
	Missing       = "missing"
	NotApplicable = "not applicable"
)

// A Duty is an item of the checklist as a school meets it.
type Duty struct {
	ID     string `json:"id"`
	Words  string `json:"words"`
	Need   string `json:"need"`
	State  string `json:"state"` // Met, Missing or NotApplicable
	Where  string `json:"where,omitempty"`
	Reason string `json:"reason,omitempty"`
	Source string `json:"source"`
}

// checkDuties goes through the checklist.
func (in *inspection) checkDuties() {
	s := in.school
	items := slices.Clone(in.trust.Checklist)
	for _, own := range s.Checklist.Items {
		if i := slices.IndexFunc(items, func(i site.ChecklistItem) bool { return i.ID == own.ID }); i >= 0 {
			items[i] = own
		} else {
			items = append(items, own)
		}
	}
	file := "schools/" + s.Slug + "/checklist.toml"
	line := func(id string) int {
		if f := in.sources.byName[file]; f != nil {
			return source.Checker{Src: source.File{Name: file, Data: []byte(f.raw)}}.Line(id)
		}
		return 0
	}
	for _, item := range items {
		if !item.Concerns(s) {
			continue
		}
		item.Need = item.NeedOf(s)
		d := Duty{ID: item.ID, Words: item.Words, Need: item.Need, Source: item.Source, State: Missing}
		fix := fmt.Sprintf("Write where it is under [met] in %s, as %s = \"…\", or why it is not for this school under [not_applicable].", file, item.ID)
		if item.Need == "should" && s.Kind == "academy" {
			fix += " The trust's funding agreement may make it a must."
		}
		where, said := s.Checklist.Met[item.ID]
		if said && item.Policy != "" && slices.ContainsFunc(s.Documents, func(d site.Document) bool { return d.Slug == item.Policy }) {
			in.report("publish", Wrong, place{file, line(item.ID), ""}, "Take the line out, and write the address in policies.toml as the policy's page: families are told there to ask for a copy, or are led elsewhere.", "%s: where it is stands here and in policies.toml, which disagree", item.Words)
		}
		if reason := s.Checklist.NotApplicable[item.ID]; reason != "" {
			d.State, d.Reason = NotApplicable, reason
		} else if said {
			d.Where = where
			switch {
			case item.Trusts && in.trust.Name != "" && strings.HasPrefix(where, "/"):
				in.report("publish", severityOf(item.Need), place{file, line(item.ID), ""}, "Write the address of the page on the trust's website, which begins with https://.", "%s: %s is a page of this site", item.Words, where)
			case !strings.HasPrefix(where, "/"):
				d.State = Met
				in.outside = append(in.outside, outsideLink{where, place{file: file, line: line(item.ID)}, in.draft.Slug})
			case in.exists(where):
				d.State = Met
			default:
				fix = "Correct the address, or publish the page."
				in.report("publish", severityOf(item.Need), place{file, line(item.ID), ""}, fix, "%s: there is no page %s in this site", item.Words, where)
			}
		} else if i := slices.IndexFunc(s.Documents, func(d site.Document) bool { return item.Policy != "" && d.Slug == item.Policy }); i >= 0 {
			d.State, d.Where = Met, cmpOr(s.Documents[i].Page, "/files/"+s.Documents[i].File)
			if strings.HasPrefix(d.Where, "https://") {
				in.outside = append(in.outside, outsideLink{d.Where, in.at("schools/"+s.Slug+"/policies.toml", "slug", s.Documents[i].Slug), in.draft.Slug})
			}
			if s.Documents[i].Page == "" && s.Documents[i].File == "" {
				d.State, d.Where = Missing, ""
				fix = "Give the policy a file or a page in policies.toml: on paper alone it is not published."
			}
		} else if item.Where != "" && in.exists(item.Where) {
			d.State, d.Where = Met, item.Where
		}
		if d.State == Missing && !said {
			in.report("publish", severityOf(item.Need), place{file, 0, ""}, fix, "%s: the site %s publish this, and nothing says where it is (%s)", item.Words, item.Need, item.ID)
		}
		in.duties = append(in.duties, d)
	}
}

func severityOf(need string) string {
	if need == "must" {
		return Wrong
	}
	return Doubtful
}

// exists says whether the site has a page or file at an address, with the part
// that a fragment names.
func (in *inspection) exists(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	name := u.Path
	if strings.HasSuffix(name, "/") {
		name += "index.html"
	}
	if !slices.Contains(in.built, strings.TrimPrefix(name, "/")) {
		return false
	}
	if u.Fragment == "" {
		return true
	}
	p := in.page(strings.TrimSuffix(name, "index.html"))
	return p != nil && p.ids[u.Fragment]
}

// A part is something that a statement has to say, as its words show.
type part struct {
	name string
	says *regexp.Regexp
	fix  string
}

func says(pattern string) *regexp.Regexp { return regexp.MustCompile(`(?is)` + pattern) }

const someDay = `[0-9]{1,2}(st|nd|rd|th)? (january|february|march|april|may|june|july|august|september|october|november|december) 20[0-9]{2}`

// accessibilityParts are what the regulations of 2018 and the model statement
// that goes with them ask for.
var accessibilityParts = []part{
	{"what it covers", says(`this (accessibility )?statement|statement (covers|applies)|covers? (this|the|our) (website|site|pages)|overview site`), "Say which site the statement is about: 'This statement covers …'."},
	{"how far the standard is met", says(`web content accessibility guidelines|wcag`), "Say which standard you aim at and whether you meet it fully, in part or not."},
	{"what is known to be wrong", says(`what we know|known (problems|issues|faults)|not (yet )?(fully )?accessible|(may|are|is) (be )?hard(er)? to use|do(es)? not (yet )?work with|problems we know`), "List what you know is hard to use; if nothing is, say that you know of nothing."},
	{"other ways to get it", says(`another way|large print|other format|different format|on paper|alternative`), "Say how to get the same another way: on paper, in large print, read aloud."},
	{"whom to tell", says(`@|\b0[0-9]{2,4}[ 0-9]{6,}`), "Give the email address or telephone to ask or complain to."},
	{"how soon you answer", says(`within [a-z0-9]+ (school |working |calendar )?(days?|weeks?)`), "Say within how many days you answer."},
	{"who enforces the rules", says(`equality and human rights commission|equality advisory`), "Name the Equality and Human Rights Commission, and the Equality Advisory and Support Service."},
	{"how it was tested", says(`\b(test(ed|s|ing)?|looked at these pages|checked)\b`), "Say how the pages were tested, and by whom."},
	{"when", says(someDay), "Give the day of the last test or review."},
}

// privacyParts are what article 13 of the UK GDPR asks a notice to say, with the
// way to complain that the Act of 2025 adds.
var privacyParts = []part{
	{"who is the controller", says(`controller`), "Say who decides what is kept and why: '… is the controller'."},
	{"what it is for", says(`\bwhy\b|\bpurposes?\b|so that|in order to|\bbecause\b`), "Say for what you use each kind of information."},
	{"the lawful basis", says(`public task|lawful basis|legal obligation|legitimate interest|rely on (your )?consent`), "Say on which basis of the law you rely for each purpose."},
	{"how long it is kept", says(`how long|until (one|your|replaced|the)|we keep|kept for|days|months`), "Say how long you keep it."},
	{"what rights people have", says(`your rights|(right|ask|able) to (see|have|a copy|be given|access)|ask (us )?(for|to see)`), "Say that people may see, correct and in some cases remove what you hold."},
	{"how to complain", says(`complain|unhappy with how`), "Say how to complain to you about how information was handled."},
	{"the 30 days", says(`(30|thirty) days`), "Say that you acknowledge a complaint within 30 days, and answer it without undue delay."},
	{"the Information Commissioner", says(`information commissioner|\bICO\b`), "Name the Information Commissioner's Office, to which people may complain too."},
}

// checkStatement holds one page to the parts it has to have.
func (in *inspection) checkStatement(rule, address, name string, parts []part) {
	p := in.page(address)
	if p == nil {
		in.report(rule, Wrong, place{in.sources.settings, 0, address}, "Publish one: the model's page does, unless a page of the school replaces it.", "the site has no %s at %s", name, address)
		return
	}
	text := p.inMain()
	for _, part := range parts {
		if !part.says.MatchString(text) {
			in.reportWhole(rule, Wrong, in.top(p), part.fix, "the %s does not say %s", name, part.name)
		}
	}
}

// risks are the four areas of online risk, as Keeping children safe in education
// has named them since 2021.
var risks = []string{"content", "contact", "conduct", "commerce"}

// together is within how many words the four have to stand.
const together = 250

// checkRisks looks for the four areas of risk in the policy.
func (in *inspection) checkRisks() {
	p := in.page(site.PolicyAddress)
	const fix = "Name all four in one place: content (with misinformation and conspiracy theories), contact, conduct and commerce."
	if p == nil {
		in.report("four-risks", Wrong, place{in.sources.settings, 0, site.PolicyAddress}, "Publish one: the model has a policy.", "the site has no online safety policy at %s", site.PolicyAddress)
		return
	}
	if at := in.top(p); slices.ContainsFunc(in.found, func(f Finding) bool { return f.Rule == "four-risks" && f.File == at.file }) {
		return // told already, where three of them stand
	}
	last := map[string]int{}
	n, found := 0, false
	text := p.inMain()
	eachToken(text, func(from, to int) {
		n++
		if to-from < 7 || to-from > 8 {
			return
		}
		word := lower(text[from:to])
		if !slices.Contains(risks, word) {
			return
		}
		last[word] = n
		for _, r := range risks {
			if at, ok := last[r]; !ok || n-at > together {
				return
			}
		}
		found = true
	})
	if found {
		return
	}
	var missing []string
	for _, r := range risks {
		if _, ok := last[r]; !ok {
			missing = append(missing, r)
		}
	}
	if len(missing) > 0 {
		in.reportWhole("four-risks", Wrong, in.top(p), fix, "the policy does not name %s among the areas of risk", strings.Join(missing, " and "))
	} else {
		in.reportWhole("four-risks", Wrong, in.top(p), fix, "the policy does not name the four areas of risk together")
	}
}

// checkDirectory says which entries of the school's own directory of help nobody has
// looked at, or not for a year. Readers are not told: it is for the school to do.
func (in *inspection) checkDirectory() {
	if in.school == nil {
		return
	}
	file := "schools/" + in.school.Slug + "/help.toml"
	for _, o := range in.school.Help {
		at := in.at(file, "slug", o.Slug)
		if someNights.MatchString(o.Hours) {
			in.report("directory", Wrong, at, "Write the hours of its own number, and then: at all other times on …", "%s has another number for some hours, and nobody is told whom to ring between them", o.Name)
		}
		day, err := site.ReadDay(o.Checked)
		switch {
		case err != nil:
			in.report("directory", Doubtful, at, `Look at its source, put right what has changed, and write checked = "…" with the day on which you looked.`, "nobody has checked %s", o.Name)
		case in.now.Sub(day) > site.Stale:
			in.report("directory", Doubtful, at, "Look at its source again, put right what has changed, and write today's day.", "%s was last checked on %s, over a year ago", o.Name, day.Format("2 January 2006"))
		}
	}
}

// someNights finds hours that give another number for nights or weekends, so that each
// evening there are hours of neither.
var someNights = regexp.MustCompile(`(?i)\b(nights?|weekends?|evenings?|holidays?)\b[^;]*\b0[0-9]{2}`)

// at is the line of a file where a key stands, with a value if one is given.
func (in *inspection) at(file, key, value string) place {
	f := in.sources.byName[file]
	if f == nil {
		return place{file: file}
	}
	return place{file: file, line: source.Checker{Src: source.File{Name: file, Data: []byte(f.raw)}, Value: value}.Line(key)}
}

// localHelp is the group of the blanks that tell of the bodies near a school.
const localHelp = "Local help"

// checkOneNumber holds the numbers that the settings give of bodies near the school
// against its directory of help: somebody who reads two of them for one body, in a
// hurry, may ring the wrong one.
func (in *inspection) checkOneNumber() {
	if in.school == nil || len(in.school.Help) == 0 {
		return
	}
	listed := map[string]bool{}
	for _, o := range in.school.Help {
		for _, number := range append(numberIn.FindAllString(o.Hours+" "+o.Text+" "+o.What, -1), o.Phone) {
			listed[ringing(number)] = true
		}
	}
	for _, q := range in.trust.Guide.Blanks {
		if q.Group != localHelp {
			continue
		}
		for _, number := range numberIn.FindAllString(in.school.Blanks[q.Name], -1) {
			if call := ringing(number); call == "" || listed[call] {
				continue
			}
			in.report("one-number", Wrong, in.at(in.sources.settings, q.Name, ""),
				"Find out which number is right and write it once: in schools/"+in.school.Slug+"/help.toml, with the name of the body.",
				"%s gives %s, and no entry of the school's directory of help has that number", q.Name, number)
		}
	}
}

// checkReviews says what is overdue (P3). Families are never told: what is shown
// is only the day of the last review.
func (in *inspection) checkReviews() {
	due := func(what string, r site.Review, at place) {
		const fix = "Review it, have it approved, and write the new days."
		switch day := r.Next.Format("2 January 2006"); r.Standing(in.now) {
		case site.ReviewOverdue:
			in.report("review", Wrong, at, fix, "the review of %s was due on %s", what, day)
		case site.ReviewSoon:
			in.report("review", Doubtful, at, fix, "the review of %s is due on %s", what, day)
		}
	}
	if in.school != nil {
		review := in.school.Review()
		if review.Next.IsZero() && in.page(site.PolicyAddress) != nil {
			in.report("review", Doubtful, place{file: in.sources.settings}, `Write policy_next_review = "1 October 2027" under [blanks], with the real day.`, "nothing says when the online safety policy is reviewed next")
		}
		due("the online safety policy", review, in.at(in.sources.settings, "policy_next_review", ""))
		for _, d := range in.school.Documents {
			next, _ := site.ReadDay(d.Review)
			due(d.Title, site.Review{Next: next}, in.at("schools/"+in.school.Slug+"/policies.toml", "slug", d.Slug))
		}
	}
	for _, p := range in.pages {
		f := in.sources.byName[p.source]
		if f == nil {
			continue
		}
		day, err := site.ReadDay(matterValue(f.raw, "reviewed"))
		if err != nil {
			continue
		}
		at := in.at(f.name, "reviewed", "")
		at.page = p.address
		switch {
		case in.now.Sub(day) > site.Stale:
			in.report("review", Doubtful, at, "Read the page again, put right what has changed, and write today's day.", "the page was last reviewed on %s, over a year ago", day.Format("2 January 2006"))
		case day.After(in.now):
			in.report("review", Wrong, at, "Write the day it was really reviewed.", "the page says it was reviewed on %s, which is still to come", day.Format("2 January 2006"))
		}
	}
}

// checkContrast works out the colours that the built stylesheets come to, light
// and dark, and holds each pair to its contrast.
func (in *inspection) checkContrast() error {
	var css strings.Builder
	for _, name := range in.built { // the school's own sheet comes last on a page
		if path.Ext(name) == ".css" && !strings.HasPrefix(path.Base(name), "school.") {
			if err := in.read(name, &css); err != nil {
				return err
			}
		}
	}
	for _, name := range in.built {
		if path.Ext(name) == ".css" && strings.HasPrefix(path.Base(name), "school.") {
			if err := in.read(name, &css); err != nil {
				return err
			}
		}
	}
	light, dark := colour.Read(css.String())
	at := in.sources.settings
	f := in.sources.byName[at]
	line := source.Checker{Src: source.File{Name: at, Data: []byte(f.raw)}}.Line("colour")
	for _, look := range []struct {
		name    string
		colours colour.Sheet
	}{{"light", light}, {"dark", dark}} {
		for _, f := range look.colours.Faults() {
			in.report("contrast", Wrong, place{at, line, ""}, "Choose a darker or a lighter colour in the school's settings; if it is the theme's own, put schoolgate.css right.",
				"in the %s look %s have a contrast of %.2f, and %s is needed (%s on %s)", look.name, f.What, f.Contrast, strconv.FormatFloat(f.Least, 'f', -1, 64), f.Over, f.Under)
		}
	}
	return nil
}
