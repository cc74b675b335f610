package site

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"schoolgate/site/picture"
	"schoolgate/site/source"
)

// A Form is what a school is asked for, as a page shows it to whoever answers: every setting
// and blank that its site needs, with what its own file says now, and what the same file
// would be with other answers. It is made by the loader's own rules and by no others.
type Form struct {
	Blanks []Blank
	Open   []string          // keys that are still to be answered before the site is built
	Wrong  map[string]string // by key: what the loader says against an answer
	Rest   []string          // what is wrong besides, in words with file and line
	Kept   []string          // what the file holds and this form does not show

	File, Edited []byte // the school's file as it stands, and with the answers
}

// A Blank is one answer, by the key at which it stands in school.toml: "email",
// "blanks.head", "uses.press".
type Blank struct {
	Key, Group    string
	What, Example string
	Own           string   // what the school's file says; "" for nothing
	Trust         string   // what the trust answers for every school
	Before, After string   // the sentence of the model around it, without Markdown
	Where         string   // title of the page or part that it is from
	Switch        bool     // an optional part: Own is "yes" or ""
	Adds          []string // titles of what the optional part adds to
	Needed        bool     // the site is not built without an answer
}

const (
	blankKey  = "blanks."
	switchKey = "uses."
	switchOn  = "yes"
)

// schoolGroup and trustGroup are the headings of what is no blank of the guide's own groups.
const (
	schoolGroup = "The school itself"
	partsGroup  = "Optional parts"
	otherGroup  = "Other blanks"
)

// instead is a folder in which one file holds other words.
type instead struct {
	fs.FS
	name string
	data string
}

func (f instead) Open(name string) (fs.File, error) {
	if name == f.name {
		return Files{name: f.data}.FS().Open(name)
	}
	return f.FS.Open(name)
}

func (f instead) Lstat(name string) (fs.FileInfo, error) {
	if name == f.name {
		return fs.Stat(Files{name: f.data}.FS(), name)
	}
	return fs.Lstat(f.FS, name)
}

func (f instead) ReadLink(name string) (string, error) { return fs.ReadLink(f.FS, name) }

// FillIn is the form of a school with some answers, by key, in place of those of its file,
// which is read anew. An empty answer takes one out. The error is a file that cannot be
// read, or not be written in the form that it has.
func (t *Trust) FillIn(content fs.FS, slug string, draft map[string]string, opts Options) (*Form, error) {
	name := path.Join("schools", slug, "school.toml")
	if !source.SlugPattern.MatchString(slug) {
		return nil, fmt.Errorf("%q: %w", slug, fs.ErrNotExist)
	}
	raw, err := fs.ReadFile(content, name)
	if err != nil {
		return nil, err
	}
	f := &Form{File: raw, Wrong: map[string]string{}}
	var own map[string]string
	if own, f.Kept, err = t.says(raw); err != nil {
		return nil, err
	}
	if f.Edited, err = t.edit(raw, own, draft); err != nil {
		return nil, err
	}
	school, holder, found := t.alone(instead{content, name, string(f.Edited)}, slug)
	needs := map[string]bool{}
	var holds []string
	var said answers
	if school != nil {
		opts.Now = cmp.Or(opts.Now, time.Now()).UTC()
		w := school.website(holder, opts)
		said, holds = w.answers, w.answers.uses
		dir := filepath.Join(opts.Out, slug)
		w.cleaner = picture.NewCleaner(filepath.Join(dir, "pictures"), &picture.Beside{})
		w.originals = &originals{sums: map[string]string{}}
		kept, err := archive(filepath.Join(dir, "texts")).read()
		if err != nil {
			return nil, err
		}
		later := w.problems
		w.problems = nil // a blank that waits hides nothing else
		_, err = w.assemble(theme{}, kept, opts.Now)
		problems, ok := errors.AsType[source.Problems](err)
		if err != nil && !ok {
			return nil, err
		}
		found = append(later, t.signed(f, problems, draft, own)...)
		bare := *school
		bare.Blanks, bare.problems = nil, nil
		unanswered := bare.website(holder, opts)
		unanswered.album = nil // pictures ask nothing, and take long
		if needs, err = needed(unanswered); err != nil {
			return nil, err
		}
	}
	f.tell(found, name, slices.Concat(slices.Collect(maps.Keys(draft)), slices.Collect(maps.Keys(own))))
	f.Blanks = t.ask(own, needs, said, holds)
	for i := range f.Blanks {
		f.Blanks[i].Needed = f.Blanks[i].Needed || slices.Contains(f.Open, f.Blanks[i].Key)
	}
	return f, nil
}

// signed lays it at the answers that are changed where a text that people have signed would
// come in other words: nobody who fills in blanks makes a new edition. The rest is answered.
func (t *Trust) signed(f *Form, found source.Problems, draft, own map[string]string) (rest source.Problems) {
	all := t.layers()
	for _, p := range found {
		src, ok := all[p.File]
		if p.Kind != source.OtherWords || !ok {
			rest = append(rest, p)
			continue
		}
		laid := false
		for _, key := range source.SortedKeys(draft) {
			name := key[strings.Index(key, ".")+1:]
			stands := regexp.MustCompile(`\[\[(?:if (?:not )?)?` + regexp.QuoteMeta(name) + `\]\]`)
			if draft[key] != own[key] && stands.Match(src.Data) {
				f.Wrong[key] = fmt.Sprintf("it stands in ‘%s’, which people have signed or answered. Other words need a new edition of that text: ask whoever looks after it", titleOf(src))
				laid = true
			}
		}
		if !laid {
			rest = append(rest, p)
		}
	}
	return rest
}

// alone is one school of a folder, read anew, with a trust that has no other; nil and what
// is wrong where it cannot be used.
func (t *Trust) alone(content fs.FS, slug string) (*School, *Trust, source.Problems) {
	one := *t
	one.Schools, one.stopped = nil, nil
	one.loadSchool(content, path.Join("schools", slug))
	if len(one.Schools) == 0 {
		return nil, &one, one.stopped[0].problems
	}
	return one.Schools[0], &one, nil
}

// says are the answers of a school's file by key, and what it holds besides.
func (t *Trust) says(file []byte) (own map[string]string, besides []string, err error) {
	var all map[string]any
	if err := toml.Unmarshal([]byte(strings.TrimPrefix(string(file), "\xef\xbb\xbf")), &all); err != nil {
		return nil, nil, fmt.Errorf("school.toml is not TOML now: %w", err)
	}
	own = map[string]string{}
	put := func(key string, v any) {
		text, ok := v.(string)
		if items, list := v.([]any); list {
			var parts []string
			for _, item := range items {
				parts = append(parts, fmt.Sprint(item))
			}
			text, ok = strings.Join(parts, ", "), !slices.ContainsFunc(parts, func(s string) bool { return strings.Contains(s, ",") })
		}
		if !ok {
			besides = append(besides, key)
		} else if !strings.HasPrefix(text, todoMark) {
			own[key] = text
		}
	}
	for _, key := range source.SortedKeys(all) {
		switch v := all[key].(type) {
		case map[string]any:
			if key != "blanks" {
				besides = append(besides, key)
				continue
			}
			for _, name := range source.SortedKeys(v) {
				put(blankKey+name, v[name])
			}
		case []any:
			if key == "uses" {
				for _, use := range v {
					own[switchKey+fmt.Sprint(use)] = switchOn
				}
				continue
			}
			put(key, v)
		default:
			put(key, v)
		}
	}
	questions := t.Guide.formSettings()
	for _, key := range source.SortedKeys(own) {
		if !strings.Contains(key, ".") && !slices.ContainsFunc(questions, func(q Question) bool { return q.Name == key }) {
			besides = append(besides, key)
		}
	}
	slices.Sort(besides)
	return own, besides, nil
}

// formSettings are the settings of a school that everybody has to answer.
func (g Guide) formSettings() []Question {
	return slices.DeleteFunc(g.Questions("school"), func(q Question) bool { return q.Optional || q.What == "" })
}

// edit is a school's file with other answers.
func (t *Trust) edit(file []byte, own, draft map[string]string) (edited []byte, err error) {
	edited = file
	uses, switched := []string{}, false
	for _, use := range Switches {
		now, asked := draft[switchKey+use]
		if !asked {
			now = own[switchKey+use]
		}
		switched = switched || now != own[switchKey+use]
		if now != "" {
			uses = append(uses, use)
		}
	}
	if switched {
		if edited, err = source.Set(edited, "uses", toTOML(uses)); err != nil {
			return nil, err
		}
	}
	for _, key := range source.SortedKeys(draft) {
		value := draft[key]
		if strings.HasPrefix(key, switchKey) || value == own[key] {
			continue
		}
		literal := ""
		if value != "" {
			var v any = value
			if name, blank := strings.CutPrefix(key, blankKey); !blank {
				v = t.Guide.Value(name, value)
			}
			literal = toTOML(v)
		}
		if edited, err = source.Set(edited, key, literal); err != nil {
			return nil, err
		}
	}
	return edited, nil
}

// tell sorts what was found by the answer that it is about.
func (f *Form) tell(found source.Problems, name string, keys []string) {
	at := map[int]string{} // line of the edited file
	c := source.Checker{Src: source.File{Name: name, Data: f.Edited}}
	for _, key := range keys {
		at[c.Line(key[strings.Index(key, ".")+1:])] = key
	}
	delete(at, 0)
	named := func(blank string) string {
		if slices.Contains(settingKeys("school"), blank) {
			return blank
		}
		return blankKey + blank
	}
	for _, p := range found {
		switch key := at[p.Line]; {
		case p.Blank != "" && (p.Kind == source.Unfilled || p.File == name):
			if key := named(p.Blank); !slices.Contains(f.Open, key) {
				f.Open = append(f.Open, key)
			}
		case p.Blank != "":
			f.Wrong[named(p.Blank)] = p.Text
		case p.File == name && key != "":
			f.Wrong[key] = p.Text
		default:
			if text := p.Error(); !slices.Contains(f.Rest, text) {
				f.Rest = append(f.Rest, text)
			}
		}
	}
}

// ask is what a school is asked for, in the order of the guide.
func (t *Trust) ask(own map[string]string, needs map[string]bool, said answers, holds []string) (all []Blank) {
	for _, q := range t.Guide.formSettings() {
		all = append(all, Blank{Key: q.Name, Group: schoolGroup, What: q.What, Example: q.Said(), Own: own[q.Name], Needed: q.Usual == nil})
	}
	for _, u := range t.blanks("school") {
		key := blankKey + u.name
		b := Blank{Key: key, Own: own[key], Trust: t.forSchools[u.name], Needed: needs[u.name]}
		if !b.Needed && b.Own == "" {
			continue
		}
		q := find(t.Guide.Blanks, u.name, "school")
		b.Group, b.What = cmp.Or(q.Group, otherGroup), cmp.Or(q.What, strings.ReplaceAll(u.name, "_", " "))
		if q.Example != nil {
			b.Example = q.Said()
		}
		b.Before, b.After, b.Where = t.sentence(u, said, holds)
		all = append(all, b)
	}
	for _, name := range Switches {
		b := Blank{Key: switchKey + name, Group: partsGroup, Switch: true, Own: own[switchKey+name]}
		b.What = cmp.Or(find(t.Guide.Switches, name, "school").What, strings.ReplaceAll(name, "_", " "))
		b.Adds = t.adds(name)
		all = append(all, b)
	}
	return all
}

// layers are all files that a school's site is made of by the trust, by path.
func (t *Trust) layers() source.Layer {
	all := source.Layer{}
	for _, l := range []source.Layer{t.model, t.policy, t.agreements, t.consents} {
		for _, src := range l {
			all[src.Name] = src
		}
	}
	return all
}

// titleOf is what a file says is its title.
func titleOf(src source.File) string {
	var m struct{ Title string }
	if matter, _, _, ok := source.SplitMatter(src.Name, string(src.Data), &source.Problems{}); ok {
		_ = toml.Unmarshal([]byte(matter), &m) // the loader tells what is wrong with it
	}
	return m.Title
}

// adds are the titles of what an optional part adds to.
func (t *Trust) adds(use string) (titles []string) {
	all := t.layers()
	for _, name := range source.SortedKeys(all) {
		src := all[name]
		mentioned := slices.Contains(readForWhom(src).Only, use)
		for line := range strings.Lines(string(src.Data)) {
			m := directive.FindStringSubmatch(strings.TrimSpace(line))
			mentioned = mentioned || m != nil && m[2] == use
		}
		if !mentioned {
			continue
		}
		if title := titleOf(src); title != "" && !strings.Contains(title, "[[") && !slices.Contains(titles, title) {
			titles = append(titles, title)
		}
	}
	return titles
}

var (
	listMark = regexp.MustCompile(`^[ \t]*(?:[-+*>#|]+|[0-9]+[.)]|:)[ \t]+`)
	anchor   = regexp.MustCompile(`[ \t]*\{[#.][^}]*\}[ \t]*`)
	linked   = regexp.MustCompile(`\[([^\][]*)\]\([^)]*\)`)
	keyed    = regexp.MustCompile(`^[ \t{]*[a-z_]+ = "`)
	ends     = regexp.MustCompile(`[.?!]["”’)]*[ \t]+`)
)

// sentence is the words of the model around a blank, the policy's before others', with what
// the school says in the other blanks of it; and the title of what it is from.
func (t *Trust) sentence(u use, said answers, holds []string) (before, after, where string) {
	const here = "\x00"
	all := t.layers()
	best := -1
	for _, place := range u.places {
		name, at, _ := strings.Cut(place, ":")
		src := all[name]
		var n int
		_, _ = fmt.Sscan(at, &n)
		line, matter := source.LineOf(string(src.Data), n), false
		if _, _, body, ok := source.SplitMatter(name, string(src.Data), &source.Problems{}); ok {
			matter = n < body
		}
		worth := 0
		for _, good := range []bool{shownIn(string(src.Data), n, holds), !matter, strings.HasPrefix(name, "model/"+PolicyFolder)} {
			worth *= 2
			if good {
				worth++
			}
		}
		if worth <= best {
			continue
		}
		var value func(string) (string, bool)
		value = func(name string) (string, bool) {
			if passage, ok := said.shared[name]; ok {
				return fillLine(passage, value, func(string, ...any) {}), true
			}
			if name == u.name {
				return here, true
			}
			return cmp.Or(said.said(name, func(string) {}), "…"), true
		}
		if line = fillLine(line, value, func(string, ...any) {}); !strings.Contains(line, here) { // its number to press
			continue
		}
		line = anchor.ReplaceAllString(listMark.ReplaceAllString(line, ""), "")
		if matter {
			line = strings.TrimRight(keyed.ReplaceAllString(line, ""), `"},`)
		}
		line = strings.NewReplacer("**", "", "`", "").Replace(linked.ReplaceAllString(line, "$1"))
		before, after, _ = strings.Cut(line, here)
		after = strings.ReplaceAll(after, here, "…")
		if cut := ends.FindAllStringIndex(before, -1); len(cut) > 0 {
			before = before[cut[len(cut)-1][1]:]
		}
		if cut := ends.FindStringIndex(after); cut != nil {
			after = strings.TrimRight(after[:cut[1]], " \t")
		}
		best, where = worth, titleOf(src)
	}
	if strings.Contains(where, "[[") {
		where = ""
	}
	return before, after, where
}

// shownIn says whether a line of a file stands outside every part that is left out.
func shownIn(file string, n int, holds []string) bool {
	shown, i := true, 0
	for line := range strings.Lines(file) {
		if i++; i == n {
			break
		}
		if m := directive.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
			name, negated := strings.CutPrefix(m[2], "not ")
			shown = m[1] == "end" || slices.Contains(holds, name) != negated
		}
	}
	return shown
}
