package site

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/tools/txtar"

	"schoolgate/site/source"
)

// guideFile stands among the model pages and says what goes into each of their
// blanks. A trust that adds a blank to its pages describes it there.
const guideFile = "blanks.toml"

// A Guide describes what a trust and its schools are asked for. What they are
// asked for is not written here: settings are the keys of [Trust] and [School],
// and blanks are found in the pages.
type Guide struct {
	Settings []Question `toml:"setting"` // keys of trust.toml and school.toml
	Switches []Question `toml:"switch"`  // what uses may hold
	Blanks   []Question `toml:"blank"`
	Files    []Starter  `toml:"file"` // what else stands in a new school's folder
}

// A Question is one value that somebody has to give.
type Question struct {
	Name     string `toml:"name"`
	Group    string `toml:"group"`    // heading that it stands under
	What     string `toml:"what"`     // what to write, a sentence or more
	Example  any    `toml:"example"`  // text, or a list of texts
	Usual    any    `toml:"usual"`    // stands there when nothing is said
	Optional bool   `toml:"optional"` // may be left out
	Of       string `toml:"of"`       // "school" or "trust"; empty: both
	Lines    string `toml:"lines"`    // of a table: an example as it stands in the file
	Detail   bool   `toml:"detail"`   // a name, a number or an address: texts that people sign mean the same with another
}

// A Starter is a file that every new school begins with.
type Starter struct {
	Name string `toml:"name"` // path within the school's folder
	Text string `toml:"text"`
}

// loadGuide reads the guide; there need not be one.
func loadGuide(content fs.FS, problems *source.Problems) Guide {
	var g Guide
	name := "model/" + guideFile
	src, ok := source.ReadOptional(content, name, &g, problems)
	if !ok {
		return g
	}
	for kind, questions := range map[string][]Question{"setting": g.Settings, "switch": g.Switches, "blank": g.Blanks} {
		seen := map[string]bool{}
		for _, q := range questions {
			c := source.Checker{Src: src, Problems: problems, Value: q.Name}
			switch {
			case !blankName.MatchString(q.Name):
				c.Say("name", "%s %q: a name has only a-z, 0-9 and _", kind, q.Name)
			case seen[q.Name+" "+q.Of]:
				c.Say("name", "%s %q is there twice", kind, q.Name)
			case strings.TrimSpace(q.What) == "":
				c.Say("name", "%s %q does not say what to write: what = \"…\"", kind, q.Name)
			}
			seen[q.Name+" "+q.Of] = true
		}
	}
	return g
}

// details are the blanks that may be answered anew without asking anybody again.
func (g Guide) details() []string {
	names := []string{"portal", thisYear}
	for _, q := range slices.Concat(g.Settings, g.Blanks) {
		if q.Detail {
			names = append(names, q.Name)
		}
	}
	return names
}

// find is the question of a name that is asked of "school" or "trust".
func find(questions []Question, name, of string) Question {
	for _, q := range questions {
		if q.Name == name && (q.Of == "" || q.Of == of) {
			return q
		}
	}
	return Question{Name: name}
}

// or is g with the descriptions of other that it lacks.
func (g Guide) or(other Guide) Guide {
	merge := func(own, others []Question) []Question {
		merged := slices.Clone(own)
		for _, q := range others {
			if !slices.ContainsFunc(own, func(o Question) bool { return o.Name == q.Name && o.Of == q.Of }) {
				merged = append(merged, q)
			}
		}
		return merged
	}
	g.Settings = merge(g.Settings, other.Settings)
	g.Switches = merge(g.Switches, other.Switches)
	g.Blanks = merge(g.Blanks, other.Blanks)
	if len(g.Files) == 0 {
		g.Files = other.Files
	}
	return g
}

// todoMark begins a value that is still to be written.
const todoMark = "TODO"

// todo finds such values in a settings file: the key is the first group.
var todo = regexp.MustCompile(`(?m)^[ \t]*"?([A-Za-z0-9_-]+)"?[ \t]*=[ \t]*(?:\[[ \t]*)?["']` + todoMark + `\b.*$`)

// postpone divides what was found in the settings of one site: later is what is
// simply not written yet, wrong is all else. What the trust has answered need not be
// written.
func (g Guide) postpone(content fs.FS, name string, found source.Problems, answered map[string]string) (later, wrong source.Problems) {
	var unread source.Problems
	src, _ := source.ReadFile(content, name, &unread)
	of := "school"
	if path.Base(name) == "trust.toml" {
		of = "trust"
	}
	lines := map[int]bool{}
	for _, at := range todo.FindAllSubmatchIndex(src.Data, -1) {
		line := 1 + bytes.Count(src.Data[:at[0]], []byte("\n"))
		lines[line] = true
		key := string(src.Data[at[2]:at[3]])
		if _, ok := answered[key]; ok {
			continue
		}
		q := find(g.Blanks, key, of)
		if q.What == "" {
			q = find(g.Settings, key, of)
		}
		later.Add(name, line, "%s is still %s%s", key, todoMark, q.hint())
		later[len(later)-1].Blank = key
	}
	for _, p := range found {
		if p.File != name || !lines[p.Line] {
			wrong = append(wrong, p)
		}
	}
	return later, wrong
}

// finished are the schools whose settings are written: the others have no site
// yet that a family could be sent to.
func (t *Trust) finished() []*School {
	return slices.DeleteFunc(slices.Clone(t.Schools), func(s *School) bool { return s.unfinished })
}

// hint says what to write, for the end of a problem's text.
func (q Question) hint() string {
	if q.What == "" {
		return ""
	}
	text := ": write " + lowerFirst(strings.TrimSuffix(q.What, "."))
	if example := toTOML(q.Example); example != "" {
		text += ", such as " + example
	}
	return text
}

func lowerFirst(s string) string {
	first, rest, _ := strings.Cut(s, " ")
	if len(first) > 1 && strings.ToUpper(first) == first {
		return s // PE, RSHE
	}
	if first != "" {
		first = strings.ToLower(first[:1]) + first[1:]
	}
	return strings.TrimSuffix(first+" "+rest, " ")
}

// toTOML is a text or a list of texts as it stands in a TOML file; "" for none.
func toTOML(v any) string {
	switch v := v.(type) {
	case string:
		return `"` + tomlEscaper.Replace(v) + `"`
	case []string:
		items := make([]string, len(v))
		for i, item := range v {
			items[i] = toTOML(item)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case []any:
		items := make([]string, len(v))
		for i, item := range v {
			items[i] = fmt.Sprint(item)
		}
		return toTOML(items)
	case nil:
		return ""
	}
	return fmt.Sprint(v)
}

// A Start is what somebody who begins a trust or a school has said so far.
type Start struct {
	Content fs.FS          // where the model pages and texts stand, with or without a trust
	Guide   Guide          // descriptions that Content may lack
	Values  map[string]any // settings and blanks: a text, or a list of texts
}

// Questions are the settings of a school, or of the trust, in the order in which
// they stand in their file.
func (g Guide) Questions(of string) []Question {
	var questions []Question
	for _, key := range settingKeys(of) {
		questions = append(questions, find(g.Settings, key, of))
	}
	return questions
}

// ReadGuide is the guide of a content folder, with what it leaves undescribed
// taken from other.
func ReadGuide(content fs.FS, other Guide) (Guide, error) {
	var problems source.Problems
	g := loadGuide(content, &problems)
	return g.or(other), problems.Err()
}

// settingKeys are the keys of trust.toml or school.toml that are no tables.
func settingKeys(of string) []string {
	var keys []string
	for _, f := range settingFields(of) {
		if !isTable(f.Type) {
			keys = append(keys, f.Tag.Get("toml"))
		}
	}
	return keys
}

// tableKeys are the keys of trust.toml or school.toml that are tables, but for
// the blanks.
func tableKeys(of string) []string {
	var keys []string
	for _, f := range settingFields(of) {
		if key := f.Tag.Get("toml"); isTable(f.Type) && key != "blanks" {
			keys = append(keys, key)
		}
	}
	return keys
}

func settingFields(of string) []reflect.StructField {
	t := reflect.TypeFor[School]()
	if of == "trust" {
		t = reflect.TypeFor[Trust]()
	}
	var fields []reflect.StructField
	for f := range t.Fields() {
		if tag := f.Tag.Get("toml"); tag != "" && tag != "-" {
			fields = append(fields, f)
		}
	}
	return fields
}

func isTable(t reflect.Type) bool {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Kind() == reflect.Struct || t.Kind() == reflect.Map
}

// Check says what is wrong with a value that somebody gives for a setting, or ""
// when the loader will take it.
func (s Start) Check(of, key string, value any) string {
	for _, p := range s.read(of, s.settings(of, map[string]any{key: value})) {
		return p.Text
	}
	return ""
}

// read runs the loader's own checks over the text of trust.toml or school.toml.
func (s Start) read(of, text string) source.Problems {
	var problems source.Problems
	if of == "trust" {
		trust := loadTrust(Files{"trust/trust.toml": text}.FS(), &problems)
		return append(problems, trust.problems...)
	}
	loadSchool(Files{"schools/new/school.toml": text}.FS(), "schools/new", &problems)
	return problems
}

// settings is the part of trust.toml or school.toml above the blanks, with the
// guide's examples where a value is needed and none is given.
func (s Start) settings(of string, values map[string]any) string {
	var out strings.Builder
	for _, q := range s.Guide.Questions(of) {
		value, given := values[q.Name]
		if !given && !q.Optional {
			value = q.Example
		}
		if v := toTOML(value); v != "" {
			fmt.Fprintf(&out, "%s = %s\n", q.Name, v)
		}
	}
	return out.String()
}

var blankUse = regexp.MustCompile(`\[\[([a-z0-9_]+)\]\]`)

// A use is a blank that the pages have, and where.
type use struct {
	name   string
	places []string // file and line
}

// blanks are all the blanks of the pages and texts that a school is given, or
// of the overview's pages, but for those that Schoolgate fills itself; in order
// of the guide, and after those the ones it does not describe.
func (t *Trust) blanks(of string) []use {
	places := map[string][]string{}
	layers := []source.Layer{t.model, t.policy, t.agreements, t.consents}
	if of == "trust" {
		layers = []source.Layer{t.pages}
	}
	said := t.shared(nil, t.Help, "")
	for _, l := range layers {
		for _, rel := range source.SortedKeys(l) {
			for i, line := range strings.Split(string(l[rel].Data), "\n") {
				if directive.MatchString(strings.TrimSpace(line)) {
					continue
				}
				for _, name := range t.askedBut(line, said) {
					places[name] = append(places[name], fmt.Sprintf("%s:%d", l[rel].Name, i+1))
				}
			}
		}
	}
	var blanks []use
	for _, q := range t.Guide.Blanks {
		if at, used := places[q.Name]; used && (q.Of == "" || q.Of == of) {
			blanks = append(blanks, use{q.Name, at})
			delete(places, q.Name)
		}
	}
	for _, name := range source.SortedKeys(places) {
		blanks = append(blanks, use{name, places[name]})
	}
	return blanks
}

// needed are the blanks that the site cannot be built without: what a build
// would complain of if none were filled. Parts and pages that are not for this
// school ask for nothing.
func needed(w website) (map[string]bool, error) {
	names := map[string]bool{}
	_, err := w.assemble(theme{}, nil, time.Unix(0, 0).UTC())
	problems, ok := errors.AsType[source.Problems](err)
	if err != nil && !ok {
		return nil, err
	}
	for _, p := range problems {
		if p.Kind == source.Unfilled {
			names[p.Blank] = true
		}
	}
	return names, nil
}

// School is the files of a new school's folder, by path within the content
// folder. Everything that was not said stands in school.toml as TODO. The content
// folder's own problems are returned when it is not sound.
func (s Start) School(slugName string) (Files, error) {
	trust, problems := load(s.Content)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	trust.Guide = trust.Guide.or(s.Guide)
	dir := "schools/" + slugName
	var found source.Problems
	school := loadSchool(Files{dir + "/school.toml": s.settings("school", s.Values)}.FS(), dir, &found)
	school.Slug, school.Blanks = slugName, trust.forSchools
	need, err := needed(school.website(trust, Options{Address: "http://localhost", Now: time.Unix(0, 0)}))
	if err != nil {
		return nil, err
	}
	name, _ := s.Values["name"].(string)
	w := writer{start: s, guide: trust.Guide, of: "school", answered: trust.forSchools}
	w.comment(fmt.Sprintf("%s: everything that the model pages ask of this school. "+
		"What is still %s stops this school's site, and no other, until it is written. "+
		"A value may hold **bold** and [links](https://www.example.org/), and a \\ or \" in it has a \\ before it.", name, todoMark))
	w.comment("Beside this file there may be: pages/ (the school's own pages, or ones in place of " +
		"the model's of the same name), agreements/, consents/ and help.toml (local help).")
	w.settings()
	w.blanks(trust.blanks("school"), need)
	w.tables()
	files := Files{dir + "/school.toml": w.out.String()}
	for _, f := range trust.Guide.Files {
		files[path.Join(dir, f.Name)] = f.Text
	}
	if list := duties(trust.Checklist, school); list != "" {
		files[dir+"/checklist.toml"] = list
	}
	return files, s.sound(files, dir)
}

// duties is the checklist.toml of a new school: a line to be taken up for each item
// that is asked of it and that no model page meets.
func duties(items []ChecklistItem, s *School) string {
	var w writer
	w.comment("Where the school publishes what its website has to hold, beside these pages. " +
		"Take away the # and write the address: a page of this site, such as \"/governors/\", " +
		"or one that begins with https://. schoolgate check names what is missing.")
	w.line("[met]")
	wanted := 0
	for _, i := range items {
		if i.Where != "" || !i.Concerns(s) {
			continue
		}
		wanted++
		w.line("")
		w.comment(fmt.Sprintf("%s. It %s be there: %s.", i.Words, i.NeedOf(s), i.Source))
		if i.Policy != "" {
			w.comment(fmt.Sprintf("Leave it so where policies.toml has %q.", i.Policy))
		}
		w.line("# %s = %q", i.ID, "https://www.school.example/"+i.ID+"/")
	}
	w.line("")
	w.comment("What is not for this school is written here instead, each with the reason in a sentence, " +
		"such as: careers = \"Our oldest pupils are in Year 6.\"")
	w.line("[not_applicable]")
	if wanted == 0 {
		return ""
	}
	return w.out.String()
}

// Overview is trust.toml of a new trust, to stand in place of the one of Content.
func (s Start) Overview() (Files, error) {
	trust, problems := load(s.Content)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	trust.Guide = trust.Guide.or(s.Guide)
	trust.Blanks = nil
	need, err := needed(trust.website(nil, Options{Address: "http://localhost", Now: time.Unix(0, 0)}))
	if err != nil {
		return nil, err
	}
	name, _ := s.Values["name"].(string)
	w := writer{start: s, guide: trust.Guide, of: "trust"}
	w.comment(fmt.Sprintf("%s: the trust's own site stands at the root of the address. "+
		"What is still %s stops that site, and no school's, until it is written.", name, todoMark))
	w.comment("A [[blank]] of the schools' pages may be answered here for all of them, under [blanks]; " +
		"what a school.toml says of it goes first.")
	w.settings()
	w.blanks(trust.blanks("trust"), need)
	w.tables()
	files := Files{"trust/trust.toml": w.out.String()}
	return files, s.sound(files, "trust")
}

// sound holds what is about to be written to the loader's own checks.
func (s Start) sound(files Files, dir string) error {
	var found source.Problems
	m, name := files.FS(), dir+"/school.toml"
	if dir == "trust" {
		name = "trust/trust.toml"
		trust := loadTrust(m, &found)
		found = append(found, trust.problems...)
	} else {
		school := loadSchool(m, dir, &found)
		found = append(found, school.problems...)
	}
	_, wrong := s.Guide.postpone(m, name, found, nil)
	return wrong.Err()
}

// A writer writes one settings file.
type writer struct {
	start Start
	guide Guide
	of    string
	out   strings.Builder

	answered map[string]string // blanks that the trust answers for every school
}

func (w *writer) line(format string, args ...any) { fmt.Fprintf(&w.out, format+"\n", args...) }

// comment writes a paragraph of comment, in lines that fit a screen.
func (w *writer) comment(text string) {
	line := "#"
	for _, word := range strings.Fields(text) {
		if len(line)+1+len(word) > 80 && line != "#" {
			w.line("%s", line)
			line = "#"
		}
		line += " " + word
	}
	w.line("%s", line)
}

// describe writes what goes into a value.
func (w *writer) describe(q Question, more string) {
	text := strings.TrimSpace(q.What + " " + more)
	if text != "" {
		w.comment(text)
	}
	if example := toTOML(q.Example); example != "" {
		w.comment("For example: " + example)
	}
}

func (w *writer) settings() {
	for _, q := range w.guide.Questions(w.of) {
		w.line("")
		if q.Name == "uses" {
			w.switches(q)
			continue
		}
		w.describe(q, "")
		value, said := w.start.Values[q.Name]
		switch {
		case said:
			w.line("%s = %s", q.Name, toTOML(value))
		case q.Usual != nil:
			w.line("%s = %s", q.Name, toTOML(q.Usual))
		case q.Optional:
			w.line("# %s = %s", q.Name, toTOML(q.Example))
		default:
			_, list := q.Example.([]any)
			if list {
				w.line("%s = [%q]", q.Name, todoMark)
			} else {
				w.line("%s = %q", q.Name, todoMark)
			}
		}
	}
}

// switches writes uses with what each of them means.
func (w *writer) switches(q Question) {
	w.comment(q.What)
	for _, name := range Switches {
		w.line("#")
		w.comment(fmt.Sprintf("%q: %s", name, find(w.guide.Switches, name, w.of).What))
	}
	uses, _ := w.start.Values["uses"].([]string)
	w.line("uses = %s", toTOML(uses))
}

// blanks writes the table of blanks under the headings of the guide.
func (w *writer) blanks(blanks []use, need map[string]bool) {
	w.line("")
	w.comment("One line for every [[blank]] in the pages and texts.")
	w.line("[blanks]")
	group := ""
	for _, b := range blanks {
		q := find(w.guide.Blanks, b.name, w.of)
		if q.Group != group {
			group = q.Group
			w.line("\n# --- %s ---", group)
		}
		w.line("")
		value, said := w.start.Values[b.name]
		if answer, ok := w.answered[b.name]; ok && !said {
			w.describe(q, "The trust answers this for every school, in trust/trust.toml; take away the # to answer it for this one.")
			w.line("# %s = %s", b.name, toTOML(answer))
			continue
		}
		if !need[b.name] && !said {
			w.describe(q, "Not needed with the years and uses above; take away the # if that changes.")
			w.line("# %s = %q", b.name, todoMark)
			continue
		}
		w.describe(q, "It stands in "+places(b.places)+".")
		if !said {
			value = todoMark
		}
		w.line("%s = %s", b.name, toTOML(value))
	}
}

func places(all []string) string {
	switch n := len(all); {
	case n == 1:
		return all[0]
	case n == 2:
		return all[0] + " and " + all[1]
	default:
		return fmt.Sprintf("%s and %d other places", all[0], n-1)
	}
}

// tables writes an example of each table that may follow, for taking up.
func (w *writer) tables() {
	for _, key := range tableKeys(w.of) {
		q := find(w.guide.Settings, key, w.of)
		w.line("")
		w.describe(q, "")
		for line := range strings.Lines(strings.TrimSpace(q.Lines)) {
			w.line("# %s", strings.TrimRight(line, "\n"))
		}
	}
}

// Files are texts by path within the content folder.
type Files map[string]string

// Base is what a new trust begins with, out of the content inside the program:
// everything but schools. A single school begins without the trust's folder.
func Base(content fs.FS, single bool) (Files, error) {
	files := Files{}
	err := fs.WalkDir(content, ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name == "schools", name == "trust" && single:
			return fs.SkipDir
		case e.IsDir():
			return nil
		}
		data, err := fs.ReadFile(content, name)
		files[name] = string(data)
		return err
	})
	return files, err
}

// FS is the files as [Load] reads them.
func (f Files) FS() fs.FS {
	var archive txtar.Archive
	for _, name := range source.SortedKeys(f) {
		archive.Files = append(archive.Files, txtar.File{Name: name, Data: []byte(f[name])})
	}
	fsys, err := txtar.FS(&archive)
	if err != nil {
		panic(err) // a name that is no path, or one file beneath another: ours are neither
	}
	return fsys
}

// Value is what somebody typed for a setting or blank: where a list belongs, its
// items divided by commas.
func (g Guide) Value(name, typed string) any {
	i := slices.IndexFunc(g.Settings, func(q Question) bool { return q.Name == name })
	if i < 0 {
		return typed
	}
	if _, list := g.Settings[i].Example.([]any); !list {
		return typed
	}
	items := strings.Split(typed, ",")
	for i := range items {
		items[i] = strings.TrimSpace(items[i])
	}
	return items
}

// Said is the example as somebody would type it: see [Guide.Value].
func (q Question) Said() string {
	items, list := q.Example.([]any)
	if !list {
		return fmt.Sprint(q.Example)
	}
	typed := make([]string, len(items))
	for i, item := range items {
		typed[i] = fmt.Sprint(item)
	}
	return strings.Join(typed, ", ")
}

// Known says whether the site of a school or the trust asks for a value.
func (s Start) Known(of, name string) bool {
	if slices.Contains(settingKeys(of), name) {
		return true
	}
	trust, _ := load(s.Content)
	return slices.ContainsFunc(trust.blanks(of), func(u use) bool { return u.name == name })
}

// Kind is the kind of the first school that the folder has; "" where there is none.
func (s Start) Kind() string {
	trust, _ := load(s.Content)
	if len(trust.Schools) == 0 {
		return ""
	}
	return trust.Schools[0].Kind
}

// ToDo counts the values of a settings file that are still to be written.
func ToDo(text string) int { return len(todo.FindAllString(text, -1)) }

// Slug makes the name of a folder out of a school's: "st-osrics-juniors". It
// leaves one that is good as it is.
func Slug(name string) string {
	var out strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(name)) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			out.WriteRune(r)
		case unicode.Is(unicode.Mn, r) || r == '\'' || r == '’' || r == '.':
		case !strings.HasSuffix(out.String(), "-"):
			out.WriteByte('-')
		}
	}
	return strings.Trim(out.String(), "-")
}
