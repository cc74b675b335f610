package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"

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
}

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
	rows, ignored, err := s.ReadClassList(file)
	if _, ok := errors.AsType[*portal.Invalid](err); err != nil && !ok {
		return fmt.Errorf("%w: %w", errBadForm, err) // the upload broke off
	}
	if err != nil {
		return retry(err)
	}
	id, plan, err := s.Portal.PreviewImport(r.Context(), account(r), school.Slug, rows)
	if err != nil {
		return retry(err)
	}
	return s.show(w, r, http.StatusOK, applyPage(applyView{School: school, ID: id, Plan: plan, Ignored: ignored}))
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

func (s *server) postApply(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.ImportClassList)
	if err != nil {
		return err
	}
	id := mux.Vars(r)["id"]
	_, err = s.Portal.ApplyImport(r.Context(), account(r), school.Slug, id, r.PostForm.Get("fingerprint"), r.PostForm.Get("leavers") == "yes")
	if stale, ok := errors.AsType[*portal.ImportStale](err); ok {
		return &again{err, func(bool) (page, error) {
			return applyPage(applyView{School: school, ID: id, Plan: stale.Now, Changed: true}), nil
		}}
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, officeLink(school.Slug)+"?after=import")
}
