package web

import (
	"errors"
	"net/http"
	"strings"

	"schoolgate/portal"
)

// retentionView is what a school keeps of whom, and until when.
type retentionView struct {
	portal.Retention
	Base   string
	Erased bool   // a run has just been made
	Pupil  string // whose form was sent, to keep a record
	Until  string // as typed
	Reason string
}

func (s *server) retentionPage(r *http.Request, school portal.School) (page, error) {
	if err := s.Portal.Look(r.Context(), account(r), school.Slug, portal.EraseRecords, "retention", ""); err != nil {
		return page{}, err
	}
	all, err := s.Portal.Retention(r.Context(), account(r), school.Slug)
	if err != nil {
		return page{}, err
	}
	return page{template: "retention.html", title: "What has had its time", school: &school, data: retentionView{
		Retention: all, Base: officeLink(school.Slug), Erased: r.URL.Query().Get("after") == "erase",
		Pupil: r.PostForm.Get("pupil"), Until: r.PostForm.Get("until"), Reason: r.PostForm.Get("reason"),
	}}, nil
}

func (s *server) getRetention(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.EraseRecords)
	if err != nil {
		return err
	}
	p, err := s.retentionPage(r, school)
	return s.showPage(w, r, p, err)
}

// postErase erases what has had its time.
func (s *server) postErase(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.EraseRecords)
	if err != nil {
		return err
	}
	form := func(bool) (page, error) { return s.retentionPage(r, school) }
	if r.PostForm.Get("sure") != "yes" {
		var wrong portal.Invalid
		wrong.Add("sure", "Tick the box to say that you have looked at what goes")
		return &rejectedForm{wrong.Or(), form}
	}
	_, err = s.Portal.Erase(r.Context(), account(r), school.Slug)
	if errors.Is(err, portal.ErrTraces) { // for whoever runs the server: it is erased
		s.Log.Warn("erased", "request", visitOf(r).id, "error", err)
		err = nil
	}
	if errors.Is(err, portal.ErrClock) {
		s.Log.Warn("nothing was erased", "request", visitOf(r).id, "error", err)
		var wrong portal.Invalid
		wrong.Add("sure", "Nothing was erased: the server’s clock may be wrong, and then nobody knows what has had its time. Ask whoever runs the server to look")
		err = wrong.Or()
	}
	if err != nil {
		return &rejectedForm{err, form}
	}
	return seeOther(w, r, officeLink(school.Slug)+"retention?after=erase")
}

// postKeep keeps one pupil's record until a day, for a reason.
func (s *server) postKeep(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.EraseRecords)
	if err != nil {
		return err
	}
	until, _ := portal.ParseDate(strings.TrimSpace(r.PostForm.Get("until")))
	if err := s.Portal.KeepLonger(r.Context(), account(r), school.Slug, r.PostForm.Get("pupil"), until, r.PostForm.Get("reason")); err != nil {
		return &rejectedForm{err, func(bool) (page, error) { return s.retentionPage(r, school) }}
	}
	return seeOther(w, r, officeLink(school.Slug)+"retention")
}
