package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"schoolgate/portal"
)

//go:embed pages/*.html
var files embed.FS

// layout is the frame and the parts that pages share; it is not a page.
const layout = "layout.html"

// lettersFile is the frame of letters that are written to a file.
const lettersFile = "letters-file.html"

// pageFiles is every page's template.
var pageFiles = []string{
	"anew.html", "apply.html", "columns.html", "consent.html", "end-join.html", "error.html", "events.html", "export.html", "go-on.html", "home.html", "import.html", "join.html", "joins.html",
	"leaving.html", "letters.html", "pictures.html", "photo.html", "letters-form.html", "office.html", "receipt.html", "dossier.html", "restrictions.html", "retention.html", "answered.html", "objection.html", "sessions.html", "settle.html", "sign.html", "sign-in.html", "slips.html", "write-down.html", "wordings.html", "mail.html", "reminders.html", "stop.html",
	"here.html", "here-own.html", "here-desk.html", "class.html", "class-sheet.html", "visitors.html", "badges.html", "signers.html", "staff-sign.html",
	"chase.html", "contact.html", "find.html", "pupil.html", "today.html", "today-all.html", "undo.html",
	"blanks.html", "blank-section.html",
	"activities.html", "activity.html", "activity-new.html", "activity-sheet.html", "may.html", "access.html", "access-new.html",
}

type templates map[string]*template.Template

// loadTemplates reads every page's template, and finds any that is missing or is
// nobody's.
func (s *server) loadTemplates() (templates, error) {
	base, err := s.newTemplate("pages/" + layout)
	if err != nil {
		return nil, err
	}
	found, err := fs.Glob(files, "pages/*.html")
	if err != nil {
		return nil, err
	}
	for _, f := range found {
		if name := strings.TrimPrefix(f, "pages/"); name != layout && name != lettersFile && !slices.Contains(pageFiles, name) {
			return nil, fmt.Errorf("template %s belongs to no page", name)
		}
	}
	out := templates{}
	for _, name := range pageFiles {
		t, err := base.Clone()
		if err == nil {
			err = parse(t, "pages/"+name)
		}
		if err != nil {
			return nil, err
		}
		if t.Lookup("main") == nil {
			return nil, fmt.Errorf("template %s does not define main", name)
		}
		out[name] = t
	}
	return out, nil
}

// newTemplate parses files with the functions that pages use.
func (s *server) newTemplate(names ...string) (*template.Template, error) {
	t := template.New(layout).Option("missingkey=error").Funcs(template.FuncMap{
		"moment":    s.moment,
		"day":       s.day,
		"clock":     func(t time.Time) string { return t.In(portal.London).Format("3:04 pm") },
		"sentence":  sentence,
		"field":     lineOf,
		"tel":       s.tel,
		"breaks":    breaks,
		"languages": func() []Language { return s.Languages },

		"mailKind":   func(k portal.MailKind) string { return mailWords[k] },
		"mailReason": mailReason,
	})
	return t, parse(t, names...)
}

// parse adds files to a template. <bdi> stands around somebody's name, which a
// browser that translates the page leaves as it is.
func parse(t *template.Template, names ...string) error {
	for _, name := range names {
		b, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		to := t
		if base := path.Base(name); base != t.Name() {
			to = t.New(base)
		}
		if _, err := to.Parse(strings.ReplaceAll(string(b), "<bdi>", `<bdi translate="no">`)); err != nil {
			return err
		}
	}
	return nil
}

// breaks lets an email address that is too long for its line break before its signs.
func breaks(name string) template.HTML {
	name = template.HTMLEscapeString(name)
	if strings.Contains(name, "@") {
		name = strings.NewReplacer("@", "<wbr>@", ".", "<wbr>.").Replace(name)
	}
	return template.HTML(name)
}

// tel is the address that rings a telephone number.
func (s *server) tel(phone string) template.URL {
	if s.Tel != nil {
		return template.URL(s.Tel(phone))
	}
	return template.URL("tel:" + strings.ReplaceAll(phone, " ", ""))
}

// page is one page to show. Its title goes into the browser's history: it may name a
// parent's own child, by first name, on the pages about that child; nobody else.
type page struct {
	template string
	title    string
	school   *portal.School // whose page it is; nil for the trust's
	problems problems
	data     any
}

// problems is what has to be put right on a page.
type problems []portal.Problem

// Of is the message about a field, or "".
func (p problems) Of(field string) string {
	for _, x := range p {
		if x.Field == field {
			return x.Message
		}
	}
	return ""
}

// Only is the message about a field, if nothing else is wrong.
func (p problems) Only(field string) string {
	if len(p) == 1 {
		return p.Of(field)
	}
	return ""
}

// In is the message about a field, for a template to show above it.
func (p problems) In(name string) formField { return formField{Name: name, Wrong: p.Of(name)} }

// formField is one line of a form, with what is wrong with it.
type formField struct {
	Name, Label, Value, Hint, Wrong string
	More                            template.HTMLAttr // attributes of the input
}

// lineOf is a line of a form for a template. More is attributes of its input, each a name
// and then a value; "hint" is what is said above it.
func lineOf(p problems, name, label string, value any, more ...string) formField {
	f := p.In(name)
	f.Label, f.Value = label, fmt.Sprint(value)
	for pair := range slices.Chunk(more, 2) {
		if pair[0] == "hint" {
			f.Hint = pair[1]
			continue
		}
		f.More += template.HTMLAttr(fmt.Sprintf(" %s=\"%s\"", pair[0], template.HTMLEscapeString(pair[1])))
	}
	return f
}

// isolated is somebody's name within a line that is not HTML, such as a title: marked
// so that a name written from right to left turns nothing else round.
func isolated(name string) string { return "\u2068" + name + "\u2069" }

// lower puts a text's headings below the one that stands above it on the page.
var lower = strings.NewReplacer("<h4", "<h5", "</h4>", "</h5>", "<h3", "<h4", "</h3>", "</h4>", "<h2", "<h3", "</h2>", "</h3>")

// wording is a text as a page shows it: its heart first, and the whole below the
// answer.
type wording struct {
	Text    portal.Text
	Heart   template.HTML
	Rest    template.HTML
	Address string // public, of this wording
	Easy    string // where the school's site tells it in easy words; "" where it does not

	Language   string // of the words, BCP 47
	Translated bool   // as ticked
}

func (s *server) wording(t portal.Text) wording {
	heart, rest := t.Parts()
	v := wording{Text: t, Heart: template.HTML(heart), Rest: template.HTML(lower.Replace(rest)), Address: s.public(t.Path), Language: language} // our own site's rendering of the school's own file
	if s.Easy != nil {
		v.Easy = s.Easy(t)
	}
	return v
}

// sentence gives words a capital to begin with.
func sentence(words string) string {
	first, size := utf8.DecodeRuneInString(words)
	return string(unicode.ToUpper(first)) + words[size:]
}

// frame is what a template is given.
type frame struct {
	Title    string
	Styles   []string
	School   *portal.School
	Schools  []portal.School // all of them, on a page that is no school's
	Brand    string
	BrandTo  string
	Initial  string // on the crest
	SignedIn bool
	Name     string // of whoever is signed in; may be empty
	Parent   bool   // has children to go to
	Staff    bool   // has offices to go to
	Problems problems
	Page     any
}

// show writes a page.
func (s *server) show(w http.ResponseWriter, r *http.Request, status int, p page) error {
	b, err := s.render(r, p)
	if err != nil {
		return err
	}
	return writePage(w, status, b)
}

// showPage writes a page that was made without an error.
func (s *server) showPage(w http.ResponseWriter, r *http.Request, p page, err error) error {
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, p)
}

func writePage(w http.ResponseWriter, status int, page []byte) error {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, err := w.Write(page)
	return err
}

func (s *server) render(r *http.Request, p page) ([]byte, error) {
	t, ok := s.templates[p.template]
	if !ok {
		return nil, fmt.Errorf("no template %q", p.template)
	}
	f := frame{Title: p.title, School: p.school, Problems: p.problems, Page: p.data}
	if len(p.problems) > 0 {
		f.Title = "Error: " + f.Title
	}
	blind := visitOf(r).offline
	if f.School == nil && !blind {
		var err error
		if f.Schools, err = s.Portal.Schools(r.Context()); err != nil {
			return nil, err
		}
		f.Schools = slices.DeleteFunc(f.Schools, func(x portal.School) bool { return len(x.Texts) == 0 }) // has no site yet
		if len(f.Schools) == 1 && s.TrustName == "" {
			f.School = &f.Schools[0]
		}
	}
	slug, short := "", s.TrustName
	f.Brand, f.BrandTo = s.TrustName, "/"
	if f.School != nil {
		slug, short = f.School.Slug, f.School.ShortName
		f.Brand, f.BrandTo = f.School.Name, f.School.Site
	}
	if f.Brand == "" {
		f.Brand, short = "Schoolgate", "Schoolgate"
	}
	f.Initial = initial(short)
	f.Styles = []string{s.stylesheet, s.colourAddress(slug)}
	if strings.HasPrefix(r.URL.Path, "/portal/office/") {
		f.Styles = append(f.Styles, s.officeSheet)
	}

	var who session
	if !blind {
		var err error
		if who, err = s.session(r); err != nil {
			return nil, err
		}
	}
	if f.SignedIn = who.account != ""; f.SignedIn {
		actor, err := s.Portal.Actor(r.Context(), who.account)
		if err != nil {
			return nil, err
		}
		f.Parent, f.Staff = len(actor.Contacts) > 0, len(actor.Roles) > 0
		switch {
		case f.Parent:
			f.Name = actor.Contacts[0].Name
		case f.Staff:
			f.Name = actor.Roles[0].Email
		}
	}

	var b bytes.Buffer
	if err := t.Execute(&b, f); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// initial is the letter on a crest.
func initial(name string) string {
	first, _ := utf8.DecodeRuneInString(name)
	return string(first)
}

// moment is a time as it is read in England: 21 November 2026 at 10:04 pm.
func (s *server) moment(t time.Time) string {
	return t.In(portal.London).Format("2 January 2006 at 3:04 pm")
}

// day is the day of a time in England: 21 November 2026.
func (s *server) day(t time.Time) string { return t.In(portal.London).Format("2 January 2006") }

// public is a public address in full, as somebody would type it.
func (s *server) public(path string) string {
	if strings.HasPrefix(path, "/") {
		return s.Address + path
	}
	return path
}

// seeOther sends the browser to a page after a form was taken, so that loading
// that page again sends nothing twice.
func seeOther(w http.ResponseWriter, r *http.Request, to string) error {
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}
