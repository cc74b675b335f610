package site

import (
	"cmp"
	"io/fs"
	"net/mail"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"schoolgate/site/colour"
	"schoolgate/site/source"
)

// A Trust is a content folder that was read and found sound: the trust's own
// details, its schools, and what they share. A school on its own has no
// content/trust folder; then Name is empty and no overview is built.
type Trust struct {
	Name      string            `toml:"name"`
	ShortName string            `toml:"short_name"`
	Colour    string            `toml:"colour"`   // #rrggbb, at least 4.5:1 against white
	Tint      string            `toml:"tint"`     // #rrggbb, a light ground; empty: the theme's
	Typeface  string            `toml:"typeface"` // of headings: one of typefaces; empty: book
	Crest     string            `toml:"crest"`    // an SVG file in the same folder; empty: a drawn shield
	Email     string            `toml:"email"`
	Phone     string            `toml:"phone"`
	Address   []string          `toml:"address"` // one entry a line
	URL       string            `toml:"url"`     // public address of the overview; empty: the server's own
	Blanks    map[string]string `toml:"blanks"`
	Keep      map[string]string `toml:"keep"` // how long what is kept, where a school says no other: see keepNames

	Schools []*School      `toml:"-"` // by slug
	Help    []Organisation `toml:"-"` // the national directory of help
	Guide   Guide          `toml:"-"` // what settings and blanks ask for

	Checklist []ChecklistItem `toml:"-"` // what a school's site must hold
	Replaced  []Replaced      `toml:"-"` // what must not be said any more
	Elsewhere Elsewhere       `toml:"-"` // what belongs to other places
	Passages  []Passage       `toml:"-"` // what is said in the same words everywhere
	Languages []Language      `toml:"-"` // in which families are asked to tell us theirs
	Mails     []Mail          `toml:"-"` // what families are sent by mail

	crest                                      *badge
	ownAlbum, album                            album // pictures of the overview, and of the model
	pages, model, policy, agreements, consents source.Layer
	problems                                   source.Problems // stop the overview; reported by Build
	unusable                                   bool            // trust.toml is wrong: nothing further is looked at
	stopped                                    []stopped
	forSchools                                 map[string]string // the blanks that every school has unless it says otherwise
	read                                       map[string]string // the SHA-256 of every file that was read, by path
}

// A School is one school's settings, from schools/<slug>/school.toml.
type School struct {
	Slug      string            `toml:"-"`    // the folder's name, first part of its addresses
	Name      string            `toml:"name"` // in full, as on letters
	ShortName string            `toml:"short_name"`
	Kind      string            `toml:"kind"`     // academy or maintained
	Phase     string            `toml:"phase"`    // one of Phases
	Years     []string          `toml:"years"`    // first and last of YearGroups; empty: not said
	Colour    string            `toml:"colour"`   // #rrggbb, at least 4.5:1 against white
	Tint      string            `toml:"tint"`     // #rrggbb, a light ground; empty: the theme's
	Typeface  string            `toml:"typeface"` // of headings: one of typefaces; empty: book
	Crest     string            `toml:"crest"`    // an SVG file in the same folder; empty: a drawn shield
	Email     string            `toml:"email"`
	Phone     string            `toml:"phone"`
	Address   []string          `toml:"address"`         // one entry a line
	URL       string            `toml:"url"`             // public address when hosted elsewhere; empty: <server>/<slug>/
	Portal    string            `toml:"portal"`          // address of the portal; empty: <server>/portal/
	Uses      []string          `toml:"uses"`            // some of Switches
	Authority string            `toml:"local_authority"` // the council's area, "Kent"; empty: as its local_ blanks say
	Known     []string          `toml:"known_schools"`   // schools and trusts that its pages may name
	Blanks    map[string]string `toml:"blanks"`          // fills the model's blanks
	Keep      map[string]string `toml:"keep"`            // how long what is kept: see keepNames

	SearchTools []SearchTool `toml:"search_tool"`
	Channels    []Channel    `toml:"channel"`

	Help      []Organisation    `toml:"-"` // local organisations, from the school's help.toml
	Checked   map[string]string `toml:"-"` // by slug: the day on which the school looked at a national one
	Documents []Document        `toml:"-"` // linked policies, from the school's policies.toml
	Checklist Checklist         `toml:"-"` // where it publishes what it must, from its checklist.toml

	files    []string        // names in the school's files folder
	nobodyIn map[string]bool // see website.nobodyIn
	folder   fs.FS           // the school's own folder

	crest, ceop                        *badge
	album                              album // pictures beside its pages
	pages, agreements, consents        source.Layer
	policy                             source.Layer    // changes to the model policy
	ownPolicy                          source.File     // or a policy of its own
	earlierAgreements, earlierConsents source.Layer    // <slug>/<day>.md
	problems                           source.Problems // in its own folder; reported by Build
	alike                              []alike
	unfinished                         bool // school.toml holds a TODO: not in the trust's list yet
}

// An Organisation is one entry of the directory of help.
type Organisation struct {
	Slug     string   `toml:"slug"`
	Name     string   `toml:"name"`
	URL      string   `toml:"url"` // https
	Phone    string   `toml:"phone"`
	Text     string   `toml:"text"` // how to send a text message
	Email    string   `toml:"email"`
	Hours    string   `toml:"hours"`
	What     string   `toml:"what"`     // what it does, a sentence
	For      []string `toml:"for"`      // some of Audiences
	Worries  []string `toml:"worries"`  // what somebody may be worried about, as slugs
	Checked  string   `toml:"checked"`  // the day these facts were last checked
	Source   string   `toml:"source"`   // where they were checked
	Replaces []string `toml:"replaces"` // old addresses and names that must not be used any more

	Local bool `toml:"-"` // from the school's own help.toml
}

// Phases of school that school.toml may name.
var Phases = []string{"infant", "junior", "primary", "secondary", "all-through", "special"}

// Audiences are whom a page and the parts of the directory of help are for. Who signs a
// text is another matter: see [Signers].
var Audiences = []string{"pupils", "parents", "staff"}

// YearGroups in order, as school.toml's years names them.
var YearGroups = []string{
	"Nursery", "Reception",
	"Year 1", "Year 2", "Year 3", "Year 4", "Year 5", "Year 6", "Year 7",
	"Year 8", "Year 9", "Year 10", "Year 11", "Year 12", "Year 13",
}

func (t *Trust) look() colour.Look {
	return colour.Look{Colour: t.Colour, Tint: t.Tint, Typeface: t.Typeface}
}
func (s *School) look() colour.Look {
	return colour.Look{Colour: s.Colour, Tint: s.Tint, Typeface: s.Typeface}
}

// yearGroups are the first and the last year group: those the school says, or
// the usual ones of its phase.
func (s *School) yearGroups() [2]string {
	if len(s.Years) == 2 {
		return [2]string(s.Years)
	}
	switch s.Phase {
	case "infant":
		return [2]string{"Reception", "Year 2"}
	case "junior":
		return [2]string{"Year 3", "Year 6"}
	case "primary":
		return [2]string{"Reception", "Year 6"}
	case "secondary":
		return [2]string{"Year 7", "Year 11"}
	}
	return [2]string{YearGroups[0], YearGroups[len(YearGroups)-1]}
}

// loadTrust reads the trust's own folder. Problems gets what stops every site, as
// all of them show the trust's name; all else is the overview's alone.
func loadTrust(content fs.FS, problems *source.Problems) *Trust {
	trust := &Trust{}
	entries := source.ReadDir(content, "trust", problems)
	if len(entries) == 0 {
		return trust
	}
	own := &trust.problems
	var found source.Problems
	src, ok := source.ReadSettings(content, "trust/trust.toml", trust, &found)
	if !ok {
		*problems = append(*problems, found...)
		return trust
	}
	c := source.Checker{Src: src, Problems: &found}
	checkContact(c, trust.Name, trust.ShortName, trust.Colour, trust.Email, trust.Phone, trust.Address)
	if nameless(c, "name", trust.Name) || nameless(c, "short_name", trust.ShortName) {
		*problems = append(*problems, found...)
		return trust
	}
	*own, c.Problems = append(*own, found...), own
	colour.Check(c, trust.look())
	trust.crest = loadCrest(c, content, "trust", trust.Crest)
	checkAddress(c, "url", trust.URL)
	trust.forSchools = checkBlanks(c, trust.Blanks)
	checkPolicyDays(c, trust.Blanks)
	checkKeep(c, trust.Keep)
	source.CheckNames(entries, "trust", own, "trust.toml", "pages", trust.Crest)
	trust.pages, trust.ownAlbum = readPages(content, "trust/pages", own)
	return trust
}

// loadSchool reads a school's folder. Problems gets what is wrong with its
// settings; all else is kept with the school.
func loadSchool(content fs.FS, dir string, problems *source.Problems) *School {
	school := &School{Slug: path.Base(dir)}
	own := &school.problems
	switch {
	case !source.SlugPattern.MatchString(school.Slug):
		problems.Add(dir, 0, "a school's folder name has only a-z, 0-9 and single hyphens")
	case slices.Contains(reserved, school.Slug):
		problems.Add(dir, 0, "the name %s is reserved: choose another", school.Slug)
	}
	if src, ok := source.ReadSettings(content, dir+"/school.toml", school, problems); ok {
		c := source.Checker{Src: src, Problems: problems}
		checkContact(c, school.Name, school.ShortName, school.Colour, school.Email, school.Phone, school.Address)
		colour.Check(c, school.look())
		school.crest = loadCrest(c, content, dir, school.Crest)
		c.OneOf("kind", school.Kind, []string{"academy", "maintained"})
		c.OneOf("phase", school.Phase, Phases)
		checkYears(c, school.Years)
		for _, use := range school.Uses {
			c.OneOf("uses", use, Switches)
		}
		checkAddress(c, "url", school.URL)
		checkAddress(c, "portal", school.Portal)
		checkBlanks(c, school.Blanks)
		checkPolicyDays(c, school.Blanks)
		checkKeep(c, school.Keep)
		checkTools(c, school)
	}
	source.CheckNames(source.ReadDir(content, dir, own), dir, own, "school.toml", "pages", "agreements", "consents", "help.toml", "policies.toml", "checklist.toml", "files", "ceop.svg", "ceop.png", school.Crest, PolicyFolder, PolicyFile)
	school.ceop = loadCEOP(content, dir, own)
	school.files, school.nobodyIn = loadFiles(content, dir+"/files", own)
	school.Documents = loadDocuments(content, dir, school.files, own)
	if sub, err := fs.Sub(content, dir); err == nil {
		school.folder = sub
	}
	school.Help, school.Checked = loadHelp(content, dir+"/help.toml", own)
	for i := range school.Help {
		school.Help[i].Local = true
	}
	school.pages, school.album = readPages(content, dir+"/pages", own)
	school.policy = source.ReadLayer(content, dir+"/"+PolicyFolder, own)
	school.ownPolicy = readPolicyFile(content, dir, own)
	school.agreements, school.earlierAgreements = readSchoolTexts(content, dir+"/agreements", own)
	school.consents, school.earlierConsents = readSchoolTexts(content, dir+"/consents", own)
	return school
}

// checkEntry holds an entry of a list to what all lists ask of theirs: a slug that no
// other has, and nothing required that is empty.
func checkEntry(c source.Checker, seen map[string]bool, slug, what, name string, required ...[2]string) {
	switch {
	case !source.SlugPattern.MatchString(slug):
		c.Say("slug", "%q: a slug has only a-z, 0-9 and single hyphens (%s %q)", slug, what, name)
	case seen[slug]:
		c.Say("slug", "%q is there twice", slug)
	}
	seen[slug] = true
	for _, r := range required {
		if strings.TrimSpace(r[1]) == "" {
			c.Say("slug", "%s has no %s", slug, r[0])
		}
	}
}

// loadHelp reads a directory of help; there need not be one. Of a school's, it reads
// also on which day the school looked at entries of the national one, by slug.
func loadHelp(content fs.FS, name string, problems *source.Problems) (all []Organisation, checked map[string]string) {
	var file struct {
		Organisations []Organisation    `toml:"organisation"`
		Checked       map[string]string `toml:"checked"`
	}
	src, ok := source.ReadOptional(content, name, &file, problems)
	if !ok {
		return nil, nil
	}
	for _, slug := range source.SortedKeys(file.Checked) {
		if !source.IsDate(file.Checked[slug]) {
			source.Checker{Src: src, Problems: problems}.Say(slug, `checked: %s: %q is not a day such as "2026-09-01"`, slug, file.Checked[slug])
		}
	}
	seen := map[string]bool{}
	for _, o := range file.Organisations {
		c := source.Checker{Src: src, Problems: problems, Value: o.Slug}
		checkEntry(c, seen, o.Slug, "organisation", o.Name, [2]string{"name", o.Name}, [2]string{"what", o.What})
		if len(o.For) == 0 {
			c.Say("slug", "%s does not say whom it is for: for = [%s]", o.Slug, strings.Join(Audiences, ", "))
		}
		for _, a := range o.For {
			if !slices.Contains(Audiences, a) {
				c.Say("slug", "%s: for %q is not one of %s", o.Slug, a, strings.Join(Audiences, ", "))
			}
		}
		if o.Phone != "" && dial(o.Phone) == "" {
			c.Say("slug", "%s: phone %q is not a telephone number: write %s", o.Slug, o.Phone, phoneExample)
		}
		if o.URL != "" && !strings.HasPrefix(o.URL, "https://") {
			c.Say("slug", "%s: url %q does not begin with https://", o.Slug, o.URL)
		}
		if o.Checked != "" && !source.IsDate(o.Checked) {
			c.Say("slug", `%s: checked is not a day such as "2026-09-01"`, o.Slug)
		}
	}
	return file.Organisations, file.Checked
}

// HelpOf is the directory as one school publishes it: the national one, with
// the school's own entries added or put in place of those of the same slug.
func HelpOf(national, local []Organisation) []Organisation {
	merged := slices.Clone(national)
	for _, o := range local {
		if i := slices.IndexFunc(merged, func(n Organisation) bool { return n.Slug == o.Slug }); i >= 0 {
			merged[i] = o
		} else {
			merged = append(merged, o)
		}
	}
	return merged
}

// directory is the school's directory of help, each entry with the day on which the
// school, or whoever wrote it, last looked at it.
func (s *School) directory(national []Organisation) []Organisation {
	all := HelpOf(national, s.Help)
	for i := range all {
		all[i].Checked = cmp.Or(s.Checked[all[i].Slug], all[i].Checked)
	}
	return all
}

// Stale is how long after it was last looked at a page, or a place of help, is to be
// looked at again.
const Stale = 366 * 24 * time.Hour

// Unconfirmed are the names of the entries of a school's directory of help that nobody
// has looked at within a year: the school's to ring and to look at, and never told to
// readers.
func (t *Trust) Unconfirmed(s *School, now time.Time) (names []string) {
	for _, o := range s.directory(t.Help) {
		if day, err := ReadDay(o.Checked); err != nil || now.Sub(day) > Stale {
			names = append(names, o.Name)
		}
	}
	return names
}

// checkContact checks what every school and the trust have to say of themselves.
func checkContact(c source.Checker, name, shortName, colour, email, phone string, address []string) {
	required := []struct{ key, value, example string }{
		{"name", name, `"Larkfield Primary School"`},
		{"short_name", shortName, `"Larkfield"`},
		{"colour", colour, `"#14532d"`},
		{"email", email, `"office@school.example"`},
		{"phone", phone, `"01632 960 101"`},
		{"address", strings.Join(address, ""), `["Chapel Lane", "Larkfield", "LX1 2AB"]`},
	}
	for _, r := range required {
		if strings.TrimSpace(r.value) == "" {
			c.Say(r.key, "%s is missing: write %s = %s", r.key, r.key, r.example)
		}
	}
	for _, text := range append([]string{name, shortName}, address...) {
		if strings.ContainsAny(text, "<>\n") {
			c.Say("name", "%q: < and > and line ends cannot be used in names and addresses", text)
		}
	}
	if email != "" && !isEmail(email) {
		c.Say("email", "email %q is not an email address", email)
	}
	if phone != "" && dial(phone) == "" {
		c.Say("phone", "phone %q is not a telephone number: write %s", phone, phoneExample)
	}
}

const phoneExample = `digits and spaces with the area code, such as "01632 960 101" or "01632 960 101 ext 23"`

func checkYears(c source.Checker, years []string) {
	if len(years) == 0 {
		return
	}
	for _, y := range years {
		c.OneOf("years", y, YearGroups)
	}
	if len(years) != 2 || slices.Index(YearGroups, years[0]) > slices.Index(YearGroups, years[1]) {
		c.Say("years", `years holds the first and the last year group: years = ["Reception", "Year 6"]`)
	}
}

func checkAddress(c source.Checker, key, value string) {
	if value == "" {
		return
	}
	u, err := url.Parse(value)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		c.Say(key, `%s %q is not a web address such as "https://www.school.example/"`, key, value)
	}
}

// mostInBlank is how long an answer may be, in characters: some four times the longest seen.
const mostInBlank = 2000

// checkBlanks checks what stands in blanks, and returns what may stand there.
func checkBlanks(c source.Checker, blanks map[string]string) (good map[string]string) {
	good = map[string]string{}
	for name, value := range blanks {
		before := len(*c.Problems)
		switch {
		case !blankName.MatchString(name):
			c.Say(name, "blank %q: a name has only a-z, 0-9 and _", name)
		case slices.Contains(builtIn, name):
			c.Say(name, "blank %q is filled by Schoolgate itself: leave it out", name)
		case strings.TrimSpace(value) == "":
			c.Say(name, "blank %q is empty", name)
		case utf8.RuneCountInString(value) > mostInBlank:
			c.Say(name, "blank %q has more than %d characters: it is a part of a sentence", name, mostInBlank)
		case strings.ContainsAny(value, "\n\r"):
			c.Say(name, "blank %q has more than one line", name)
		case strings.Contains(value, "[[") || strings.Contains(value, "]]"):
			c.Say(name, "blank %q holds [[ or ]]", name)
		default:
			_, problems := source.Inspect(c.Src.Name, value, 0)
			for _, p := range problems {
				c.Say(name, "blank %q: %s", name, p.Text)
			}
		}
		if len(*c.Problems) == before && !strings.HasPrefix(value, todoMark) {
			good[name] = value
		}
	}
	return good
}

// nameless says whether every site would show a name that cannot be shown.
func nameless(c source.Checker, key, name string) bool {
	if strings.HasPrefix(name, todoMark) {
		c.Say(key, "%s is still %s: every school's pages show it", key, todoMark)
		return true
	}
	return strings.TrimSpace(name) == "" || strings.ContainsAny(name, "<>\n")
}

func isEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && a.Name == ""
}
