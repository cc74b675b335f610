package site

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/mail"
	"net/url"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
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

	Schools []*School      `toml:"-"` // by slug
	Help    []Organisation `toml:"-"` // the national directory of help
	Guide   Guide          `toml:"-"` // what settings and blanks ask for

	Checklist []ChecklistItem `toml:"-"` // what a school's site must hold
	Replaced  []Replaced      `toml:"-"` // what must not be said any more
	Passages  []Passage       `toml:"-"` // what is said in the same words everywhere

	crest                                      *badge
	ownAlbum, album                            album // pictures of the overview, and of the model
	pages, model, policy, agreements, consents layer
	problems                                   Problems // stop the overview; reported by Build
	unusable                                   bool     // trust.toml is wrong: nothing further is looked at
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
	Address   []string          `toml:"address"` // one entry a line
	URL       string            `toml:"url"`     // public address when hosted elsewhere; empty: <server>/<slug>/
	Portal    string            `toml:"portal"`  // address of the portal; empty: <server>/portal/
	Uses      []string          `toml:"uses"`    // some of Switches
	Blanks    map[string]string `toml:"blanks"`  // fills the model's blanks

	SearchTools []SearchTool `toml:"search_tool"`
	Channels    []Channel    `toml:"channel"`

	Help      []Organisation `toml:"-"` // local organisations, from the school's help.toml
	Documents []Document     `toml:"-"` // linked policies, from the school's policies.toml
	Checklist Checklist      `toml:"-"` // where it publishes what it must, from its checklist.toml

	files  []string // names in the school's files folder
	folder fs.FS    // the school's own folder

	crest, ceop                        *badge
	album                              album // pictures beside its pages
	pages, agreements, consents        layer
	policy                             layer    // changes to the model policy
	ownPolicy                          source   // or a policy of its own
	earlierAgreements, earlierConsents layer    // <slug>/<day>.md
	problems                           Problems // in its own folder; reported by Build
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

// Audiences that the directory of help is divided by.
var Audiences = []string{"pupils", "parents", "staff"}

// YearGroups in order, as school.toml's years names them.
var YearGroups = []string{
	"Nursery", "Reception",
	"Year 1", "Year 2", "Year 3", "Year 4", "Year 5", "Year 6", "Year 7",
	"Year 8", "Year 9", "Year 10", "Year 11", "Year 12", "Year 13",
}

func (t *Trust) look() look  { return look{t.Colour, t.Tint, t.Typeface} }
func (s *School) look() look { return look{s.Colour, s.Tint, s.Typeface} }

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
func loadTrust(content fs.FS, problems *Problems) *Trust {
	trust := &Trust{}
	entries := readDir(content, "trust", problems)
	if len(entries) == 0 {
		return trust
	}
	own := &trust.problems
	var found Problems
	src, ok := readSettings(content, "trust/trust.toml", trust, &found)
	if !ok {
		*problems = append(*problems, found...)
		return trust
	}
	c := checker{src: src, problems: &found}
	c.contact(trust.Name, trust.ShortName, trust.Colour, trust.Email, trust.Phone, trust.Address)
	if c.nameless("name", trust.Name) || c.nameless("short_name", trust.ShortName) {
		*problems = append(*problems, found...)
		return trust
	}
	*own, c.problems = append(*own, found...), own
	c.look(trust.look())
	trust.crest = c.loadCrest(content, "trust", trust.Crest)
	c.address("url", trust.URL)
	trust.forSchools = c.blanks(trust.Blanks)
	c.policyDays(trust.Blanks)
	checkNames(entries, "trust", own, "trust.toml", "pages", trust.Crest)
	trust.pages, trust.ownAlbum = readPages(content, "trust/pages", own)
	return trust
}

// loadSchool reads a school's folder. Problems gets what is wrong with its
// settings; all else is kept with the school.
func loadSchool(content fs.FS, dir string, problems *Problems) *School {
	school := &School{Slug: path.Base(dir)}
	own := &school.problems
	switch {
	case !slug.MatchString(school.Slug):
		problems.add(dir, 0, "a school's folder name has only a-z, 0-9 and single hyphens")
	case slices.Contains(reserved, school.Slug):
		problems.add(dir, 0, "the name %s is reserved: choose another", school.Slug)
	}
	if src, ok := readSettings(content, dir+"/school.toml", school, problems); ok {
		c := checker{src: src, problems: problems}
		c.contact(school.Name, school.ShortName, school.Colour, school.Email, school.Phone, school.Address)
		c.look(school.look())
		school.crest = c.loadCrest(content, dir, school.Crest)
		c.oneOf("kind", school.Kind, []string{"academy", "maintained"})
		c.oneOf("phase", school.Phase, Phases)
		c.years(school.Years)
		for _, use := range school.Uses {
			c.oneOf("uses", use, Switches)
		}
		c.address("url", school.URL)
		c.address("portal", school.Portal)
		c.blanks(school.Blanks)
		c.policyDays(school.Blanks)
		c.tools(school)
	}
	checkNames(readDir(content, dir, own), dir, own, "school.toml", "pages", "agreements", "consents", "help.toml", "policies.toml", "checklist.toml", "files", "ceop.svg", "ceop.png", school.Crest, policyFolder, policyOwn)
	school.ceop = loadCEOP(content, dir, own)
	school.files = loadFiles(content, dir+"/files", own)
	school.Documents = loadDocuments(content, dir, school.files, own)
	if sub, err := fs.Sub(content, dir); err == nil {
		school.folder = sub
	}
	school.Help = loadHelp(content, dir+"/help.toml", own)
	for i := range school.Help {
		school.Help[i].Local = true
	}
	school.pages, school.album = readPages(content, dir+"/pages", own)
	school.policy = readLayer(content, dir+"/"+policyFolder, own)
	school.ownPolicy = readPolicyFile(content, dir, own)
	school.agreements, school.earlierAgreements = readSchoolTexts(content, dir+"/agreements", own)
	school.consents, school.earlierConsents = readSchoolTexts(content, dir+"/consents", own)
	return school
}

// loadHelp reads a directory of help; there need not be one.
func loadHelp(content fs.FS, name string, problems *Problems) []Organisation {
	if _, err := fs.Stat(content, name); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var file struct {
		Organisations []Organisation `toml:"organisation"`
	}
	src, ok := readSettings(content, name, &file, problems)
	if !ok {
		return nil
	}
	seen := map[string]bool{}
	for _, o := range file.Organisations {
		c := checker{src: src, problems: problems, value: o.Slug}
		switch {
		case !slug.MatchString(o.Slug):
			c.say("slug", "%q: a slug has only a-z, 0-9 and single hyphens (organisation %q)", o.Slug, o.Name)
		case seen[o.Slug]:
			c.say("slug", "%q is there twice", o.Slug)
		}
		seen[o.Slug] = true
		for _, required := range []struct{ key, value string }{{"name", o.Name}, {"what", o.What}} {
			if strings.TrimSpace(required.value) == "" {
				c.say("slug", "%s has no %s", o.Slug, required.key)
			}
		}
		if len(o.For) == 0 {
			c.say("slug", "%s does not say whom it is for: for = [%s]", o.Slug, strings.Join(Audiences, ", "))
		}
		for _, a := range o.For {
			if !slices.Contains(Audiences, a) {
				c.say("slug", "%s: for %q is not one of %s", o.Slug, a, strings.Join(Audiences, ", "))
			}
		}
		if o.Phone != "" && dial(o.Phone) == "" {
			c.say("slug", "%s: phone %q is not a telephone number: write %s", o.Slug, o.Phone, phoneExample)
		}
		if o.URL != "" && !strings.HasPrefix(o.URL, "https://") {
			c.say("slug", "%s: url %q does not begin with https://", o.Slug, o.URL)
		}
		if o.Checked != "" && !isDate(o.Checked) {
			c.say("slug", `%s: checked is not a day such as "2026-09-01"`, o.Slug)
		}
	}
	return file.Organisations
}

// helpOf is the directory as one school publishes it: the national one, with
// the school's own entries added or put in place of those of the same slug.
func helpOf(national, local []Organisation) []Organisation {
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

func checkNames(entries []fs.DirEntry, dir string, problems *Problems, known ...string) {
	known = slices.DeleteFunc(known, func(name string) bool { return name == "" })
	for _, e := range entries {
		if !slices.Contains(known, e.Name()) {
			problems.add(path.Join(dir, e.Name()), 0, "unknown file or folder: there are %s", strings.Join(known, ", "))
		}
	}
}

// readSettings reads a TOML file into v; ok is false when nothing sensible
// could be read.
func readSettings(content fs.FS, name string, v any, problems *Problems) (src source, ok bool) {
	before := len(*problems)
	src, ok = readFile(content, name, problems)
	if !ok {
		if len(*problems) == before {
			problems.add(name, 0, "is missing")
		}
		return src, false
	}
	return src, decodeTOML(src.name, src.data, v, problems)
}

// decodeTOML decodes strictly: an unknown key is a problem.
func decodeTOML(name string, data []byte, v any, problems *Problems) bool {
	err := toml.NewDecoder(strings.NewReader(string(data))).DisallowUnknownFields().Decode(v)
	if err == nil {
		return true
	}
	if strict, ok := errors.AsType[*toml.StrictMissingError](err); ok {
		for _, e := range strict.Errors {
			line, column := e.Position()
			*problems = append(*problems, Problem{File: name, Line: line, Column: column, Text: fmt.Sprintf("unknown key %s: there are %s",
				strings.Join(e.Key(), "."), strings.Join(keysBeside(reflect.TypeOf(v), e.Key()), ", "))})
		}
		return true
	}
	*problems = append(*problems, tomlProblem(name, data, v, err))
	return false
}

// keysBeside are the keys that may stand where an unknown one was found.
func keysBeside(t reflect.Type, key toml.Key) []string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	var keys []string
	for field := range t.Fields() {
		switch tag := field.Tag.Get("toml"); {
		case tag == "" || tag == "-":
		case len(key) > 1 && tag == key[0]:
			return keysBeside(field.Type, key[1:])
		default:
			keys = append(keys, tag)
		}
	}
	return keys
}

// tomlProblem tells an error of decoding into v in the words of the file, not of Go.
func tomlProblem(name string, data []byte, v any, err error) Problem {
	problem := Problem{File: name, Text: err.Error()}
	if e, ok := errors.AsType[*toml.DecodeError](err); ok {
		problem.Line, problem.Column = e.Position()
		problem.Text = strings.TrimPrefix(e.Error(), "toml: ")
		var anything map[string]any
		if toml.Unmarshal(data, &anything) == nil { // sound TOML, of another kind than belongs there
			problem.Text = fmt.Sprintf("%s: expected %s", strings.Join(e.Key(), "."), expected(reflect.TypeOf(v), e.Key()))
		} else if text, column := strayMark(lineOf(string(data), problem.Line), problem.Column); text != "" {
			problem.Text, problem.Column = text, column
		}
	}
	return problem
}

// curly are the marks that word processors and telephones make of straight quotes.
const curly = "“”„‟‘’‚‛«»‹›＂＇′″`´"

// strayMark names the character that a line of TOML stumbles over at a column, and
// says what to type and in which column it stands; "" for a character of plain TOML.
// At the end of a line, a text was not closed: its last mark was meant to.
func strayMark(line string, column int) (text string, at int) {
	i := max(column-1, 0)
	if i >= len(line) {
		if i = strings.LastIndexAny(line, curly); i < 0 {
			return "", 0
		}
	}
	return markText(line[i:]), i + 1
}

// markText says what to type for the character that a text begins with.
func markText(text string) string {
	r, _ := utf8.DecodeRuneInString(text)
	mark := fmt.Sprintf("%c (%U)", r, r)
	if !unicode.IsGraphic(r) || unicode.IsSpace(r) {
		mark = fmt.Sprintf("%U", r)
	}
	switch {
	case strings.ContainsRune(curly, r):
		return mark + ` is not a straight quote: text begins and ends with ", as in title = "Words"`
	case r < utf8.RuneSelf:
		return ""
	case unicode.IsSpace(r) || unicode.Is(unicode.Cf, r):
		return "a character that cannot be seen, " + mark + ", stands here: delete it, and press the space bar where a space belongs"
	case unicode.Is(unicode.Pd, r):
		return mark + " is not a hyphen: type -"
	}
	return mark + ` cannot stand here: text begins and ends with ", as in title = "Words"`
}

// expected says in words what a value looks like in TOML, at a key of a type.
func expected(t reflect.Type, key toml.Key) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if len(key) > 0 {
		switch t.Kind() {
		case reflect.Slice, reflect.Map:
			if t.Kind() == reflect.Map {
				key = key[1:]
			}
			return expected(t.Elem(), key)
		case reflect.Struct:
			for field := range t.Fields() {
				if field.Tag.Get("toml") == key[0] {
					return expected(field.Type, key[1:])
				}
			}
		}
	}
	switch t.Kind() {
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Struct {
			return "tables, each under [[double brackets]]"
		}
		return `a list such as ["one", "two"]`
	case reflect.Map, reflect.Struct:
		return "a table"
	case reflect.Int:
		return "a whole number"
	case reflect.Bool:
		return "true or false"
	}
	return `text in "quotes"`
}

// A checker reports what is wrong with the values of one settings file, at the
// line where the key stands.
type checker struct {
	src      source
	problems *Problems
	value    string // when set, the key's line is the one that holds this value
}

func (c checker) say(key, format string, args ...any) {
	c.problems.add(c.src.name, c.line(key), format, args...)
}

func (c checker) line(key string) int {
	pattern := `(?m)^[ \t]*"?` + regexp.QuoteMeta(key) + `"?[ \t]*=`
	if c.value != "" {
		pattern += `[ \t]*["']` + regexp.QuoteMeta(c.value) + `["']`
	}
	at := regexp.MustCompile(pattern).FindIndex(c.src.data)
	if at == nil {
		return 0
	}
	return 1 + strings.Count(string(c.src.data[:at[0]]), "\n")
}

// contact checks what every school and the trust have to say of themselves.
func (c checker) contact(name, shortName, colour, email, phone string, address []string) {
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
			c.say(r.key, "%s is missing: write %s = %s", r.key, r.key, r.example)
		}
	}
	for _, text := range append([]string{name, shortName}, address...) {
		if strings.ContainsAny(text, "<>\n") {
			c.say("name", "%q: < and > and line ends cannot be used in names and addresses", text)
		}
	}
	if email != "" && !isEmail(email) {
		c.say("email", "email %q is not an email address", email)
	}
	if phone != "" && dial(phone) == "" {
		c.say("phone", "phone %q is not a telephone number: write %s", phone, phoneExample)
	}
}

const phoneExample = `digits and spaces with the area code, such as "01632 960 101" or "01632 960 101 ext 23"`

func (c checker) oneOf(key, value string, allowed []string) {
	if !slices.Contains(allowed, value) {
		c.say(key, "%s %q is not one of %s", key, value, strings.Join(allowed, ", "))
	}
}

func (c checker) years(years []string) {
	if len(years) == 0 {
		return
	}
	for _, y := range years {
		c.oneOf("years", y, YearGroups)
	}
	if len(years) != 2 || slices.Index(YearGroups, years[0]) > slices.Index(YearGroups, years[1]) {
		c.say("years", `years holds the first and the last year group: years = ["Reception", "Year 6"]`)
	}
}

func (c checker) address(key, value string) {
	if value == "" {
		return
	}
	u, err := url.Parse(value)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		c.say(key, `%s %q is not a web address such as "https://www.school.example/"`, key, value)
	}
}

// blanks checks what stands in blanks, and returns what may stand there.
func (c checker) blanks(blanks map[string]string) (good map[string]string) {
	good = map[string]string{}
	for name, value := range blanks {
		before := len(*c.problems)
		switch {
		case !blankName.MatchString(name):
			c.say(name, "blank %q: a name has only a-z, 0-9 and _", name)
		case slices.Contains(builtIn, name):
			c.say(name, "blank %q is filled by Schoolgate itself: leave it out", name)
		case strings.TrimSpace(value) == "":
			c.say(name, "blank %q is empty", name)
		case strings.ContainsAny(value, "\n\r"):
			c.say(name, "blank %q has more than one line", name)
		case strings.Contains(value, "[[") || strings.Contains(value, "]]"):
			c.say(name, "blank %q holds [[ or ]]", name)
		default:
			_, problems := inspect(c.src.name, value, 0)
			for _, p := range problems {
				c.say(name, "blank %q: %s", name, p.Text)
			}
		}
		if len(*c.problems) == before && !strings.HasPrefix(value, todoMark) {
			good[name] = value
		}
	}
	return good
}

// nameless says whether every site would show a name that cannot be shown.
func (c checker) nameless(key, name string) bool {
	if strings.HasPrefix(name, todoMark) {
		c.say(key, "%s is still %s: every school's pages show it", key, todoMark)
		return true
	}
	return strings.TrimSpace(name) == "" || strings.ContainsAny(name, "<>\n")
}

func isEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && a.Name == ""
}

// isDate accepts a TOML date or a string such as 2026-09-01.
func isDate(v any) bool {
	switch v := v.(type) {
	case toml.LocalDate, toml.LocalDateTime, time.Time:
		return true
	case string:
		_, err := time.Parse(time.DateOnly, v)
		return err == nil
	}
	return false
}

func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}
