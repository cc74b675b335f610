package web

import (
	"net/http"
	"time"

	"schoolgate/portal"
)

// undoView is what taking back the last class list would do.
type undoView struct {
	School portal.School
	Base   string
	Plan   portal.UndoPlan
	List   string // which list it is, as the form sends it back
}

func (s *server) getUndo(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.ImportClassList)
	if err != nil {
		return err
	}
	plan, err := s.Portal.PlanUndo(r.Context(), account(r), school.Slug)
	if err != nil {
		return err
	}
	v := undoView{school, officeLink(school.Slug), plan, plan.At.Format(time.RFC3339Nano)}
	return s.show(w, r, http.StatusOK, page{template: "undo.html", title: "Take back the last class list", school: &school, data: v})
}

func (s *server) postUndo(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.ImportClassList)
	if err != nil {
		return err
	}
	at, err := time.Parse(time.RFC3339Nano, r.PostForm.Get("list"))
	if err != nil {
		return portal.ErrNotFound
	}
	if err := s.Portal.UndoImport(r.Context(), account(r), school.Slug, at); err != nil {
		return err
	}
	return seeOther(w, r, officeLink(school.Slug)+"?after=undo")
}
