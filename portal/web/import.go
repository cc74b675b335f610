package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"

	"github.com/gorilla/mux"

	"schoolgate/portal"
)

// importView is the page on which the office chooses a class list.
type importView struct {
	School  portal.School
	Base    string // the office's address
	Columns string // where the file's columns are shown, if one was read
}

// applyView is what a class list would change, before it does.
type applyView struct {
	School  portal.School
	Base    string
	ID      string // of the class list, held for an hour
	Plan    *portal.ImportPlan
	Format  string   // of the file, as it was recognised
	Ignored []string // columns that were passed over
	Changed bool     // the register has changed since the last look

	Missing   []missingClass
	Elsewhere []string   // schools, and how many of the list's pupils stand there
	Said      url.Values // what was answered before the page came back
}

// missingClass is pupils of one class who are on roll and not in the file.
type missingClass struct {
	Year   portal.Year
	Class  string
	Pupils []portal.Pupil
}

// Value is the class as a form sends it.
func (c missingClass) Value() string { return c.Year.Code() + " " + c.Class }

// Answer is what was said to a question, where the page comes back.
func (v applyView) Answer(field string) string { return v.Said.Get(field) }

// Ticked says whether a box was ticked, where the page comes back.
func (v applyView) Ticked(field, value string) bool { return slices.Contains(v.Said[field], value) }

func (s *server) getImport(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.ImportClassList)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, importPage(school))
}

func importPage(school portal.School) page {
	return page{template: "import.html", title: "Bring in a class list", school: &school, data: importView{School: school, Base: officeLink(school.Slug)}}
}

// postImport reads the file as it comes and shows what it would change.
func (s *server) postImport(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.ImportClassList)
	if err != nil {
		return err
	}
	retry := func(err error) error {
		return &rejectedForm{err, func(bool) (page, error) { return importPage(school), nil }}
	}
	file, err := uploaded(r)
	if err != nil {
		return retry(err)
	}
	b, err := io.ReadAll(file)
	if err != nil {
		return fmt.Errorf("%w: %w", errBadForm, err) // the upload broke off
	}
	f, err := s.OpenClassList(b, portal.ListMapping{})
	if err != nil {
		return retry(err)
	}
	m, remembered, err := s.Portal.ClassListMapping(r.Context(), account(r), school.Slug, f.Shape)
	if err != nil {
		return err
	}
	id, err := s.Portal.HoldClassList(r.Context(), account(r), school.Slug, b)
	if err != nil {
		return err
	}
	to := officeLink(school.Slug) + "import/" + id
	switch {
	case remembered:
		if f, err = s.OpenClassList(b, m); err != nil {
			return retry(err)
		}
		if err := s.Portal.MapClassList(r.Context(), account(r), school.Slug, id, f, m); err != nil {
			return err
		}
	case !f.Settled():
		to += "/columns"
	}
	return seeOther(w, r, to)
}

// aboutList serves pages about a file that waits to be applied: it hands over the school,
// the file and how it is to be read. Once it has been applied there is nothing more
// to say, also where a form was sent twice.
func (s *server) aboutList(h func(http.ResponseWriter, *http.Request, portal.School, portal.HeldList, portal.ListMapping) error) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		school, err := s.office(r, portal.ImportClassList)
		if err != nil {
			return err
		}
		list, err := s.Portal.HeldClassList(r.Context(), account(r), school.Slug, mux.Vars(r)["id"])
		if err != nil {
			return err
		}
		if list.Applied {
			return seeOther(w, r, applied(school))
		}
		var m portal.ListMapping
		if list.Mapping != nil {
			m = *list.Mapping
		}
		return h(w, r, school, list, m)
	}
}

// applied is where somebody goes when a list is in.
func applied(school portal.School) string { return officeLink(school.Slug) + "?after=import" }

// columnsView is what the columns of a file are taken for.
type columnsView struct {
	School portal.School
	Base   string
	ID     string
	File   portal.ListFile
}

// Wrong is what keeps the file from being read, in a sentence.
func (v columnsView) Wrong() string {
	if len(v.File.Lacks) == 0 {
		return ""
	}
	return "Say which column is " + list(v.File.Lacks)
}

func (s *server) columnsPage(r *http.Request, school portal.School, m portal.ListMapping, held portal.HeldList) (page, portal.ListFile, error) {
	f, err := s.OpenClassList(held.File, m)
	if err != nil {
		return page{}, f, err
	}
	return page{template: "columns.html", title: "Check the columns", school: &school, data: columnsView{school, officeLink(school.Slug), held.ID, f}}, f, nil
}

func (s *server) getColumns(w http.ResponseWriter, r *http.Request, school portal.School, held portal.HeldList, m portal.ListMapping) error {
	p, _, err := s.columnsPage(r, school, m, held)
	return s.showPage(w, r, p, err)
}

// postColumns keeps what somebody said the columns are, for this file and for
// the school's later ones of its shape.
func (s *server) postColumns(w http.ResponseWriter, r *http.Request, school portal.School, held portal.HeldList, was portal.ListMapping) error {
	m := portal.ListMapping{Sheet: r.PostForm.Get("sheet"), Columns: r.PostForm["column"], Guards: was.Guards, Encoding: r.PostForm.Get("encoding")}
	again := r.PostForm.Get("was") != m.Sheet || r.PostForm.Get("encoded") != m.Encoding
	if r.PostForm.Get("was") != m.Sheet { // another sheet has columns of its own
		m.Columns, m.Guards = nil, nil
	}
	p, f, err := s.columnsPage(r, school, m, held)
	if err != nil {
		return err
	}
	if lacks := p.data.(columnsView).Wrong(); lacks != "" {
		var wrong portal.Invalid
		wrong.Add("column", lacks)
		return &rejectedForm{wrong.Or(), func(bool) (page, error) { return p, nil }}
	}
	if err := s.Portal.MapClassList(r.Context(), account(r), school.Slug, held.ID, f, m); err != nil {
		return err
	}
	to := officeLink(school.Slug) + "import/" + held.ID
	if again && !f.Settled() { // to be looked at anew
		to += "/columns"
	}
	return seeOther(w, r, to)
}

// getApply shows what a held list would change.
func (s *server) getApply(w http.ResponseWriter, r *http.Request, school portal.School, held portal.HeldList, m portal.ListMapping) error {
	v, _, err := s.plan(r, school, held.ID, held.File, m)
	if err != nil {
		return &rejectedForm{err, func(bool) (page, error) {
			p := importPage(school)
			p.data = importView{school, officeLink(school.Slug), officeLink(school.Slug) + "import/" + held.ID + "/columns"}
			return p, nil
		}}
	}
	return s.show(w, r, http.StatusOK, applyPage(v))
}

// plan reads a file and works out what it would change.
func (s *server) plan(r *http.Request, school portal.School, id string, file []byte, m portal.ListMapping) (v applyView, rows []portal.ClassListRow, err error) {
	l, err := s.ReadClassList(file, m)
	if err != nil {
		return v, nil, err
	}
	v = applyView{School: school, ID: id, Format: l.Format, Ignored: l.Ignored}
	if v.Plan, err = s.Portal.PreviewImport(r.Context(), account(r), school.Slug, l.Rows); err != nil {
		return v, nil, err
	}
	v.Plan.Notes = slices.Concat(l.Notes, v.Plan.Notes)
	return v, l.Rows, s.complete(r, &v)
}

// uploaded is the file of a form, as it comes.
func uploaded(r *http.Request) (io.Reader, error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, errBadForm
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			var wrong portal.Invalid
			wrong.Add("file", "Choose a class list")
			return nil, wrong.Or()
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errBadForm, err)
		}
		if part.FormName() == "file" && part.FileName() != "" {
			return part, nil
		}
	}
}

func applyPage(v applyView) page {
	v.Base = officeLink(v.School.Slug)
	return page{template: "apply.html", title: "Check what will change", school: &v.School, data: v}
}

// complete fills in what the page tells besides the plan.
func (s *server) complete(r *http.Request, v *applyView) error {
	for _, x := range v.Plan.Missing {
		if n := len(v.Missing); n == 0 || v.Missing[n-1].Year != x.Year || v.Missing[n-1].Class != x.Group {
			v.Missing = append(v.Missing, missingClass{Year: x.Year, Class: x.Group})
		}
		c := &v.Missing[len(v.Missing)-1]
		c.Pupils = append(c.Pupils, x)
	}
	for _, c := range v.Plan.Elsewhere {
		other, err := s.Portal.School(r.Context(), c.School)
		if err != nil {
			return err
		}
		v.Elsewhere = append(v.Elsewhere, fmt.Sprintf("%s: %d", other.Name, c.Pupils))
	}
	return nil
}

// choices reads what somebody said to the questions of a plan.
func (v *applyView) choices(form url.Values) portal.ImportChoices {
	c := portal.ImportChoices{Same: map[string]bool{}, LookedAfter: form["care"], Left: form["left"], Elsewhere: form.Get("elsewhere") == "yes", PassedOver: form.Get("passed-over") == "yes"}
	for _, class := range v.Missing {
		if slices.Contains(form["left-class"], class.Value()) {
			for _, x := range class.Pupils {
				c.Left = append(c.Left, x.ID)
			}
		}
	}
	for _, m := range v.Plan.Maybe {
		if said := form.Get("same-" + m.ID); said == "yes" || said == "no" {
			c.Same[m.ID] = said == "yes"
		}
	}
	return c
}

func (s *server) postApply(w http.ResponseWriter, r *http.Request, school portal.School, held portal.HeldList, m portal.ListMapping) error {
	v, rows, err := s.plan(r, school, held.ID, held.File, m)
	if err != nil {
		return err
	}
	v.Said = r.PostForm
	_, err = s.Portal.ApplyImport(r.Context(), account(r), school.Slug, held.ID, rows, r.PostForm.Get("fingerprint"), v.choices(r.PostForm))
	_, stale := errors.AsType[*portal.ImportStale](err)
	if _, unanswered := errors.AsType[*portal.Invalid](err); stale || unanswered {
		v.Changed = stale
		return &rejectedForm{err, func(bool) (page, error) { return applyPage(v), nil }}
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, applied(school))
}
