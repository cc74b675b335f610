package site

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"schoolgate/site/source"
)

// The two kinds of text, with the folders they are published in.
const (
	Agreement = "agreement" // signed; published under /agreements/
	Purpose   = "purpose"   // decided on; published under /consents/
)

var folders = map[string]string{Agreement: "agreements", Purpose: "consents"}

// textType is the page type, and so the layout, of agreements and purposes.
const textType = "text"

// A Text is one wording of an agreement or of a purpose, as it was published.
type Text struct {
	Kind      string // Agreement or Purpose
	Slug      string
	Title     string
	Edition   int       // 1 or more; put up when the meaning changes
	Hash      string    // SHA-256 of Source in lower-case hexadecimal
	Published time.Time // when this wording was first published, UTC, to the second
	Source    string    // the canonical text: the whole file, blanks filled, UTF-8, LF, ending in LF
	HTML      string    // the body as the public page shows it; links are whole addresses
	Path      string    // address of this wording for ever, from the server's root: "/larkfield/agreements/acceptable-use/0123456789ab/"
	URL       string    // the same with scheme and host
	Summary   string    // a sentence on what it is
	Sense     string    // SHA-256 of Source with its details left blank: the same for wordings that differ in details alone
	Form      string    // SHA-256 of the file with no blank filled: the same at every school that has it from the trust
	Corrects  string    // Hash of an earlier wording of this edition that this one says again in better words; "" for none
	Because   string    // of a correction: why

	For    string   // whom it is put to; one of Signers
	Months int      // how long a signature or an answer lasts; 0 for as long as the edition
	Stage  bool     // of a purpose: an answer lasts until the pupil's key stage ends
	Years  []string // the year groups that it is asked for, or whose pupils sign it; empty for all

	Checks  []Check // of an agreement with pupils: what they answer to show that they understood
	Posting bool    // of an agreement with staff: for those alone who post in the school's name

	Statement string // of an agreement: the words beside the tick

	Basis    string // of a purpose: the lawful basis; one of Bases
	FromAge  int    // of a purpose: from which age a pupil is asked too; 0 for never
	Question string // of a purpose: what is asked
	Given    string // of a purpose: what a yes leads to
	Refused  string // of a purpose: what a no leads to
}

// Check is a question with answers to choose from. What whoever chooses another answer
// than Right reads is Because.
type Check struct {
	Question string   `toml:"question"`
	Answers  []string `toml:"answers"`
	Right    int      `toml:"right"` // the place of the right answer, from 1
	Because  string   `toml:"because"`
}

// Signers are the people a text may be for (S1-S4); a purpose that does not say is
// for parents.
var Signers = []string{"parents", "pupils", "staff", "visitors"}

// Bases are the lawful bases of a purpose.
//
// What stands on consent goes ahead only where a parent said yes; what a school may do
// as its public task, unless a parent objects.
var Bases = []string{"consent", "objection"}

// lastsStage is what lasts says of an answer that is asked for again in each key stage.
const lastsStage = "key stage"

// eachChannel is what each says of a text that is put to families once for every channel
// of their school that shows pupils.
const eachChannel = "channel"

// What a text's numbers may be at most: ten years, and the age at which pupils leave.
const (
	mostMonths = 120
	mostAge    = 19
)

// agreementMatter and purposeMatter are all that front matter may hold.
type agreementMatter struct {
	Title     string   `toml:"title"`
	Edition   int      `toml:"edition"`
	Corrects  string   `toml:"corrects"`
	Because   string   `toml:"because"`
	Weight    int      `toml:"weight"`
	Summary   string   `toml:"summary"`
	For       string   `toml:"for"`
	Months    int      `toml:"months"`
	Statement string   `toml:"statement"`
	Only      []string `toml:"only"`    // some of Conditions: for schools where one of them holds
	Years     []string `toml:"years"`   // with pupils: the first and the last year group that signs it
	Checks    []Check  `toml:"checks"`  // with pupils
	Posting   bool     `toml:"posting"` // with staff
}

type purposeMatter struct {
	Title    string   `toml:"title"`
	Edition  int      `toml:"edition"`
	Corrects string   `toml:"corrects"`
	Because  string   `toml:"because"`
	Weight   int      `toml:"weight"`
	Summary  string   `toml:"summary"`
	For      string   `toml:"for"`
	Months   int      `toml:"months"`
	Basis    string   `toml:"basis"`
	FromAge  int      `toml:"from_age"`
	Question string   `toml:"question"`
	Given    string   `toml:"given"`
	Refused  string   `toml:"refused"`
	Only     []string `toml:"only"`  // as of an agreement
	Years    []string `toml:"years"` // the first and the last year group that it is asked for
	Lasts    string   `toml:"lasts"` // lastsStage, or nothing
	Each     string   `toml:"each"`  // eachChannel, or nothing
}

// address is where the wording in force is found, within the school's site.
func (t Text) address() string { return "/" + folders[t.Kind] + "/" + t.Slug + "/" }

// EasyWords is where the page is, within a school's site, that tells a text in easy
// words; "" for none.
func (t *Trust) EasyWords(s *School, kind, slug string) string {
	at := "easy-read/" + folders[kind] + "/" + slug
	if _, ok := s.pages.Over(t.model)[at+".md"]; ok {
		return at + "/"
	}
	return ""
}

// wording is where this very wording stays for ever, within the school's site.
func (t Text) wording() string { return t.address() + t.Hash[:12] + "/" }

// readText fills one agreement or purpose and checks it.
func readText(kind string, src source.File, a answers) (t Text, links []source.Link, problems source.Problems) {
	t = Text{Kind: kind, Slug: strings.TrimSuffix(path.Base(src.Name), ".md")}
	t.Source, problems = fill(src, a)
	t.Hash = sum(t.Source)
	sense, _ := fill(src, a.withoutDetails())
	t.Sense, t.Form = sum(sense), sum(string(src.Data))

	matter, body, bodyLine, ok := source.SplitMatter(src.Name, t.Source, &problems)
	if !ok {
		return t, nil, problems
	}
	c := source.Checker{Src: source.File{Name: src.Name, Data: []byte(matter)}, Problems: &problems}
	var required map[string]string
	if kind == Agreement {
		var m agreementMatter
		ok = source.DecodeTOML(src.Name, []byte(matter), &m, &problems)
		t.Title, t.Edition, t.Summary, t.For, t.Months, t.Statement, t.Corrects, t.Because = m.Title, m.Edition, m.Summary, m.For, m.Months, m.Statement, m.Corrects, m.Because
		required = map[string]string{"title": t.Title, "summary": t.Summary, "statement": t.Statement}
		if ok {
			c.OneOf("for", t.For, Signers)
			for _, condition := range m.Only {
				c.OneOf("only", condition, Conditions)
			}
			t.Checks, t.Posting = m.Checks, m.Posting
			if checkYears(c, m.Years); len(m.Years) == 2 {
				t.Years = yearsBetween(m.Years[0], m.Years[1])
			}
			t.checkSigners(c)
		}
	} else {
		var m purposeMatter
		ok = source.DecodeTOML(src.Name, []byte(matter), &m, &problems)
		t.Title, t.Edition, t.Summary, t.Question, t.Given, t.Refused, t.Corrects, t.Because = m.Title, m.Edition, m.Summary, m.Question, m.Given, m.Refused, m.Corrects, m.Because
		t.For, t.Months, t.Basis, t.FromAge, t.Stage = cmp.Or(m.For, Signers[0]), m.Months, m.Basis, m.FromAge, m.Lasts == lastsStage
		required = map[string]string{"title": t.Title, "summary": t.Summary, "question": t.Question, "given": t.Given, "refused": t.Refused}
		if ok {
			c.OneOf("basis", t.Basis, Bases)
			c.OneOf("for", t.For, Signers)
			for _, condition := range m.Only {
				c.OneOf("only", condition, Conditions)
			}
			if checkYears(c, m.Years); len(m.Years) == 2 {
				t.Years = yearsBetween(m.Years[0], m.Years[1])
			}
			if m.Lasts != "" {
				c.OneOf("lasts", m.Lasts, []string{lastsStage})
			}
			if m.Each != "" {
				c.OneOf("each", m.Each, []string{eachChannel})
			}
			if m.Lasts != "" && m.Months > 0 {
				problems.Add(src.Name, c.Line("months"), "months and lasts say two things: leave one out")
			}
			if t.FromAge < 0 || t.FromAge > mostAge {
				problems.Add(src.Name, c.Line("from_age"), "from_age is an age in years, up to %d", mostAge)
			}
		}
	}
	if ok {
		for _, key := range source.SortedKeys(required) {
			if strings.TrimSpace(required[key]) == "" {
				problems.Add(src.Name, max(1, c.Line(key)), "%s is missing", key)
			}
		}
		if t.Edition < 1 {
			problems.Add(src.Name, max(1, c.Line("edition")), "edition has to be a whole number from 1 up")
		}
	}
	if t.Months < 0 || t.Months > mostMonths {
		problems.Add(src.Name, c.Line("months"), "months is how long an answer lasts, up to %d", mostMonths)
	}
	if strings.TrimSpace(body) == "" {
		problems.Add(src.Name, bodyLine, "there is no text below the front matter")
	}
	links, more := source.Inspect(src.Name, body, bodyLine)
	for _, image := range imagesOf(src.Name, body, bodyLine) {
		more.Add(image.File, image.Line, "pictures cannot stand in a text that people sign or answer")
	}
	for _, l := range links {
		if !strings.HasPrefix(l.To, "/") && !strings.HasPrefix(l.To, "#") && !strings.Contains(l.To, ":") {
			problems.Add(src.Name, l.Line, "the link %q has to begin with / here, as the text is shown at several addresses", l.To)
		}
	}
	return t, links, append(append(problems, smuggled(src, links, a)...), more...)
}

// smuggled tells of links to other hosts that a text has from what somebody put into its
// blanks: a text that people sign leads where whoever wrote it meant it to.
func smuggled(src source.File, links []source.Link, a answers) (problems source.Problems) {
	for _, l := range links {
		_, host, elsewhere := strings.Cut(l.To, "//")
		if !elsewhere || strings.HasPrefix(l.To, "mailto:") {
			continue
		}
		for _, name := range source.SortedKeys(a.values) {
			if !slices.Contains(builtIn, name) && strings.Contains(a.values[name], host) {
				problems.Add(src.Name, l.Line, "blank %q leads to %s: what people sign leads to another host only where the text itself does", name, l.To)
				problems[len(problems)-1].Blank = name
			}
		}
	}
	return problems
}

// checkSigners checks what an agreement says for some of those alone who may sign one.
func (t Text) checkSigners(c source.Checker) {
	if (len(t.Years) > 0 || len(t.Checks) > 0) && t.For != "pupils" {
		c.Say("for", "years and checks are for an agreement with pupils")
	}
	if t.Posting && t.For != "staff" {
		c.Say("posting", "posting is for an agreement with staff")
	}
	for i, q := range t.Checks {
		if strings.TrimSpace(q.Question) == "" || strings.TrimSpace(q.Because) == "" || len(q.Answers) < 2 || q.Right < 1 || q.Right > len(q.Answers) {
			c.Say("checks", "question %d needs a question, at least two answers, right = the number of the right one, and because = what is said, in kind words, to whoever chose another", i+1)
		}
	}
}

func sum(text string) string {
	h := sha256.Sum256([]byte(text))
	return hex.EncodeToString(h[:])
}

// checkEdition holds a text against the wordings that were published before it
// under the same edition. Other words than theirs, details apart, would make an
// answer to one question count for another: the text has to say which of them it
// corrects, by the beginning of its Form, and why; or it has to be a new edition
// (S7, C5). Corrects becomes that wording's hash.
func (t *Text) checkEdition(src source.File, kept []Text, problems *source.Problems) {
	if t.Corrects == "" && slices.ContainsFunc(kept, func(k Text) bool { return k.Kind == t.Kind && k.Slug == t.Slug && k.Hash == t.Hash }) {
		return // the words that stand
	}
	var last Text
	corrects, same := "", false
	for _, k := range kept {
		if k.Kind != t.Kind || k.Slug != t.Slug {
			continue
		}
		if was, _, _ := readText(k.Kind, source.File{Name: src.Name, Data: []byte(k.Source)}, answers{}); was.Edition != t.Edition {
			continue
		}
		same = same || k.Hash == t.Hash || k.Sense == t.Sense
		if last.Hash == "" || k.Published.After(last.Published) {
			last = k
		}
		if len(t.Corrects) >= 12 && strings.HasPrefix(k.Form, t.Corrects) {
			corrects = k.Hash
		}
	}
	c := source.Checker{Src: src, Problems: problems}
	switch {
	case same || last.Hash == "":
	case t.Corrects == "":
		problems.AddKind(source.OtherWords, src.Name, max(1, c.Line("edition")), "these are other words than those of %s, under the same edition, and some people have answered those. If they now mean something else, put edition up by one, and everybody is asked again. If they mean the same, say which wording this corrects, and why: corrects = %q and because = \"…\"; earlier answers count again once a second person has agreed", last.Published.Format("2 January 2006"), last.form())
		return
	case corrects == "":
		problems.Add(src.Name, c.Line("corrects"), "no earlier wording of this edition begins with %q; the last one is %q", t.Corrects, last.form())
	case strings.TrimSpace(t.Because) == "":
		problems.Add(src.Name, c.Line("corrects"), "say why the wording was corrected: because = \"…\"")
	}
	t.Corrects = corrects
}

// form is how a correction names the wording.
func (t Text) form() string { return t.Form[:12] }

// readEarlier reads the wordings that a school used before it had this site, but
// for those that are in the archive already. They are kept as they were, so they
// have no blanks.
func readEarlier(kind string, files source.Layer, kept []Text, now time.Time) (earlier []Text, problems source.Problems) {
	for _, rel := range source.SortedKeys(files) {
		src := files[rel]
		if i := strings.Index(string(src.Data), "[["); i >= 0 {
			problems.Add(src.Name, 1+strings.Count(string(src.Data[:i]), "\n"), "an earlier wording is kept as it was: write out what stood in the blank")
			continue
		}
		t, _, found := readText(kind, src, answers{})
		problems = append(problems, found...)
		var err error
		t.Slug = path.Dir(rel)
		t.Published, err = time.Parse(time.DateOnly, strings.TrimSuffix(path.Base(rel), ".md"))
		switch {
		case err != nil:
			problems.Add(src.Name, 0, "is not named for a day, such as 2025-09-01.md")
		case t.Published.After(now):
			problems.Add(src.Name, 0, "is named for a day that is still to come")
		case !slices.ContainsFunc(kept, func(k Text) bool { return k.Kind == t.Kind && k.Slug == t.Slug && k.Hash == t.Hash }):
			earlier = append(earlier, t)
		}
	}
	return earlier, problems
}

// forWhom is what the front matter of a text of either kind says of the schools that it
// is for.
type forWhom struct {
	Only  []string `toml:"only"`
	Years []string `toml:"years"`
	Each  string   `toml:"each"`
}

func readForWhom(src source.File) (m forWhom) {
	var none source.Problems
	if matter, _, _, ok := source.SplitMatter(src.Name, string(src.Data), &none); ok && toml.Unmarshal([]byte(matter), &m) != nil {
		return forWhom{}
	}
	return m
}

// applies says whether a text is one for a school that has these year groups, first and
// last, and where these conditions hold. What cannot be read applies, so that [readText]
// tells what is wrong.
func applies(src source.File, holds []string, has [2]string) bool {
	m := readForWhom(src)
	if len(m.Years) == 2 && !slices.ContainsFunc(yearsBetween(m.Years[0], m.Years[1]), func(year string) bool {
		return slices.Contains(yearsBetween(has[0], has[1]), year)
	}) {
		return false
	}
	return len(m.Only) == 0 || slices.ContainsFunc(m.Only, func(condition string) bool {
		return slices.Contains(holds, condition) || !slices.Contains(Conditions, condition)
	})
}

// yearsBetween are the year groups from one to another; none where they are not two of
// YearGroups in order.
func yearsBetween(first, last string) []string {
	from, to := slices.Index(YearGroups, first), slices.Index(YearGroups, last)
	if from < 0 || to < from {
		return nil
	}
	return YearGroups[from : to+1]
}

// perChannel puts, in place of a purpose that is asked for each channel, one for each
// channel of the school that shows pupils. The file is the same: what it says of the
// channel stands in blanks, of which it answers those of each text by its path.
func (s *School) perChannel(texts source.Layer) (source.Layer, map[string]map[string]string) {
	out, blanks := source.Layer{}, map[string]map[string]string{}
	for rel, src := range texts {
		if readForWhom(src).Each != eachChannel {
			out[rel] = src
			continue
		}
		for _, c := range s.Channels {
			if c.Slug == "" {
				continue
			}
			one := strings.TrimSuffix(rel, ".md") + "-" + c.Slug + ".md"
			out[one] = src
			blanks[one] = map[string]string{
				"channel": c.Name, "channel_address": c.URL, "channel_purpose": c.Purpose, "channel_run_by": c.RunBy, "channel_for": c.For,
			}
		}
	}
	return out, blanks
}

// ForYoung says whether an agreement is for nobody above Year 6, so that its page
// is set large and plain.
func ForYoung(front map[string]any) bool {
	only, _ := front["only"].([]any)
	return front["for"] == "pupils" && len(only) > 0 && !slices.ContainsFunc(only, func(condition any) bool {
		return !slices.Contains([]any{"early_years", "key_stage_1", "key_stage_2"}, condition)
	})
}

// textWays are what a text's page leads to, within the site; each may be empty.
type textWays struct {
	currentPath string // the wording in force
	changesPath string // the list of all wordings
	sincePath   string // the comparison with the wording in force
}

// textPage is the Markdown file that Hugo makes a text's page of.
func textPage(t Text, current bool, ways textWays, listed bool) (string, error) {
	var none source.Problems
	matter, body, _, ok := source.SplitMatter(t.Slug, t.Source, &none)
	if !ok {
		return "", none.Err()
	}
	front := map[string]any{}
	if err := toml.Unmarshal([]byte(matter), &front); err != nil {
		return "", err
	}
	front["type"] = textType
	front["description"] = front["summary"]
	if ForYoung(front) {
		front["audience"] = "pupils"
	}
	if !listed {
		front["build"] = map[string]any{"list": "never"}
	}
	front["params"] = map[string]any{
		"kind":         t.Kind,
		"slug":         t.Slug,
		"edition":      front["edition"],
		"hash":         t.Hash,
		"published":    t.Published,
		"current":      current,
		"current_path": ways.currentPath,
		"text_path":    t.wording() + "text.md",
		"changes_path": ways.changesPath,
		"since_path":   ways.sincePath,
	}
	encoded, err := toml.Marshal(front)
	if err != nil {
		return "", err
	}
	return source.Fence + "\n" + string(encoded) + source.Fence + "\n" + body, nil
}

// An archive is the folder that keeps every wording a school ever published,
// outside the generations. Files are added, never changed:
//
//	<folder>/<slug>/<hash>.md    the canonical text
//	<folder>/<slug>/<hash>.date  when it was first published, RFC 3339
//	<folder>/<slug>/<hash>.sense its Sense and Form
type archive string

var hashed = regexp.MustCompile(`^[0-9a-f]{64}$`)

// read returns every wording, and an error when a file is no longer what its
// name says.
func (a archive) read() ([]Text, error) {
	var texts []Text
	for _, kind := range []string{Agreement, Purpose} {
		files, err := filepath.Glob(filepath.Join(string(a), folders[kind], "*", "*.md"))
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			t := Text{
				Kind: kind,
				Slug: filepath.Base(filepath.Dir(file)),
				Hash: strings.TrimSuffix(filepath.Base(file), ".md"),
			}
			if !hashed.MatchString(t.Hash) {
				continue
			}
			source, err := os.ReadFile(file)
			if err != nil {
				return nil, fmt.Errorf("read an archived text: %w", err)
			}
			t.Source = string(source)
			if is := sum(t.Source); is != t.Hash {
				return nil, fmt.Errorf("the archived text %s was changed: its SHA-256 is now %s; put back the file from a backup", file, is)
			}
			sense, err := os.ReadFile(a.file(t, ".sense"))
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, fmt.Errorf("read an archived text: %w", err)
			}
			t.Sense, t.Form = t.Hash, t.Hash // where nobody wrote them down
			if hashes := strings.Fields(string(sense)); len(hashes) == 2 {
				t.Sense, t.Form = hashes[0], hashes[1]
			}
			if t.Published, err = a.published(t); err != nil {
				return nil, err
			}
			texts = append(texts, t)
		}
	}
	return texts, nil
}

func (a archive) file(t Text, ext string) string {
	return filepath.Join(string(a), folders[t.Kind], t.Slug, t.Hash+ext)
}

func (a archive) published(t Text) (time.Time, error) {
	data, err := os.ReadFile(a.file(t, ".date"))
	if err != nil {
		return time.Time{}, fmt.Errorf("read when an archived text was published: %w", err)
	}
	at, err := time.Parse(time.RFC3339, strings.TrimSpace(string(data)))
	if err != nil {
		return time.Time{}, fmt.Errorf("%s: %w", a.file(t, ".date"), err)
	}
	return at, nil
}

// keep adds a wording, through to the disk; one that is there already stays as
// it is, and is not added. The text is written last, so that a text that is there has
// its date and sense.
func (a archive) keep(t Text) (added bool, err error) {
	if _, err := os.Lstat(a.file(t, ".md")); err == nil {
		return false, nil
	}
	folder := filepath.Dir(a.file(t, ".md"))
	err = os.MkdirAll(folder, 0o755)
	if err == nil {
		err = addFile(a.file(t, ".date"), t.Published.Format(time.RFC3339)+"\n")
	}
	if err == nil {
		err = addFile(a.file(t, ".sense"), t.Sense+" "+t.Form+"\n")
	}
	if err == nil {
		err = addFile(a.file(t, ".md"), t.Source)
	}
	if err == nil {
		err = syncDir(folder)
	}
	if err != nil {
		return false, fmt.Errorf("archive a text: %w", err)
	}
	return true, nil
}

// forget takes out wordings that were added and then not published.
func (a archive) forget(texts []Text) error {
	var all error
	for _, t := range texts {
		all = errors.Join(all, os.Remove(a.file(t, ".md")), os.Remove(a.file(t, ".sense")), os.Remove(a.file(t, ".date")))
	}
	return all
}

// addFile writes a file in one step, unless it exists.
func addFile(name, data string) (err error) {
	if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".new-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.WriteString(data)
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// syncDir puts a folder's list of names on to the disk.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
