package web

import (
	"bytes"
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
	School portal.School
	Base   string // the office's address
}

// applyView is what a class list would change, before it does.
type applyView struct {
	School  portal.School
	Base    string
	ID      string // of the class list, held for an hour
	Plan    *portal.ImportPlan
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
	return page{template: "import.html", title: "Bring in a class list", school: &school, data: importView{school, officeLink(school.Slug)}}
}

// postImport reads the file as it comes and shows what it would change.
func (s *server) postImport(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.ImportClassList)
	if err != nil {
		return err
	}
	retry := func(err error) error {
		return &again{err, func(bool) (page, error) { return importPage(school), nil }}
	}
	file, err := uploaded(r)
	if err != nil {
		return retry(err)
	}
	b, err := io.ReadAll(file)
	if err != nil {
		return fmt.Errorf("%w: %w", errBadForm, err) // the upload broke off
	}
	rows, ignored, err := s.ReadClassList(bytes.NewReader(b))
	if err != nil {
		return retry(err)
	}
	plan, err := s.Portal.PreviewImport(r.Context(), account(r), school.Slug, rows)
	if err != nil {
		return retry(err)
	}
	id, err := s.Portal.HoldClassList(r.Context(), account(r), school.Slug, b)
	if err != nil {
		return err
	}
	v := applyView{School: school, ID: id, Plan: plan, Ignored: ignored}
	if err := s.complete(r, &v); err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, applyPage(v))
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
	c := portal.ImportChoices{Same: map[string]bool{}, LookedAfter: form["care"], Left: form["left"], Elsewhere: form.Get("elsewhere") == "yes"}
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

func (s *server) postApply(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.ImportClassList)
	if err != nil {
		return err
	}
	done := officeLink(school.Slug) + "?after=import"
	id := mux.Vars(r)["id"]
	held, err := s.Portal.HeldClassList(r.Context(), account(r), school.Slug, id)
	if err != nil {
		return err
	}
	if held.Applied { // the form was sent twice
		return seeOther(w, r, done)
	}
	rows, ignored, err := s.ReadClassList(bytes.NewReader(held.File))
	if err != nil {
		return err
	}
	now, err := s.Portal.PreviewImport(r.Context(), account(r), school.Slug, rows)
	if err != nil {
		return err
	}
	v := applyView{School: school, ID: id, Plan: now, Ignored: ignored, Said: r.PostForm}
	if err := s.complete(r, &v); err != nil {
		return err
	}
	_, err = s.Portal.ApplyImport(r.Context(), account(r), school.Slug, id, rows, r.PostForm.Get("fingerprint"), v.choices(r.PostForm))
	_, stale := errors.AsType[*portal.ImportStale](err)
	if _, unanswered := errors.AsType[*portal.Invalid](err); stale || unanswered {
		v.Changed = stale
		return &again{err, func(bool) (page, error) { return applyPage(v), nil }}
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, done)
}
