package web

import (
	"cmp"
	"net/http"
	"net/url"

	"github.com/gorilla/mux"

	"schoolgate/portal"
)

// visitorsView is who is in, for the office.
type visitorsView struct {
	portal.VisitorsPage
	Base    string
	Code    string
	Address string
	Desk    bool // whoever looks runs the desk
	In      int
}

func (s *server) getVisitors(w http.ResponseWriter, r *http.Request) error {
	p, err := s.visitorsPage(r)
	return s.showPage(w, r, p, err)
}

func (s *server) visitorsPage(r *http.Request) (page, error) {
	school, err := s.office(r, portal.SeeSigners)
	if err != nil {
		return page{}, err
	}
	all, err := s.Portal.Visitors(r.Context(), account(r), school.Slug)
	if err != nil {
		return page{}, err
	}
	_, desk := s.office(r, portal.RunDesk)
	v := visitorsView{VisitorsPage: all, Base: officeLink(school.Slug), Address: s.shortAddress(herePath), Desk: desk == nil}
	if all.Open != nil {
		v.Code = halves(all.Open.Code)
	}
	for _, x := range all.Today {
		if x.Left.IsZero() {
			v.In++
		}
	}
	name := "visitors.html"
	if r.URL.Query().Get("badges") == "yes" {
		name = "badges.html"
	}
	return page{template: name, title: "Visitors", school: &school, data: v}, nil
}

func (s *server) postVisitors(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.RunDesk)
	if err != nil {
		return err
	}
	id, who := r.PostForm.Get("visitor"), account(r)
	switch r.PostForm.Get("do") {
	case "open":
		_, err = s.Portal.OpenSitting(r.Context(), who, school.Slug, "")
	case "close":
		err = s.Portal.CloseSitting(r.Context(), who, school.Slug, "")
	case "out", "in":
		err = s.Portal.MoveVisitor(r.Context(), who, school.Slug, id, r.PostForm.Get("do") == "in")
	default:
		err = errBadForm
	}
	if err != nil {
		return &rejectedForm{err, func(bool) (page, error) { return s.visitorsPage(r) }}
	}
	return seeOther(w, r, officeLink(school.Slug)+"visitors")
}

// signersView is who of the staff has signed what.
type signersView struct {
	School portal.School
	Base   string
	Rows   []signerRow
	Left   int // people who have something left to sign
}

type signerRow struct {
	Email, Roles string
	Texts        []stands
}

func (s *server) getSigners(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.SeeSigners)
	if err != nil {
		return err
	}
	all, err := s.Portal.Signers(r.Context(), account(r), school.Slug)
	if err != nil {
		return err
	}
	v := signersView{School: school, Base: officeLink(school.Slug)}
	for _, x := range all {
		var roles []string
		for _, role := range x.Roles {
			roles = append(roles, string(role))
		}
		row, left := signerRow{Email: x.Email, Roles: list(roles)}, false
		for _, t := range x.Texts {
			row.Texts = append(row.Texts, stands{t.Text.Title, s.signedOn(t)})
			left = left || t.Signed.Seq == 0
		}
		if left {
			v.Left++
		}
		v.Rows = append(v.Rows, row)
	}
	return s.show(w, r, http.StatusOK, page{template: "signers.html", title: "Which staff have signed", school: &school, data: v})
}

// signedOn is whether something is signed, and when.
func (s *server) signedOn(t portal.Signable) answer {
	a := signedWords[t.Signed.Seq > 0]
	if !t.Signed.At.IsZero() {
		a.Word += ", " + s.day(t.Signed.At)
	}
	return a
}

// staffSignView is an agreement that somebody who works at a school reads and signs.
type staffSignView struct {
	School portal.School
	wording
	Signed  portal.Act
	Name    string
	Agreed  bool
	Changed bool
}

// staffPath is where somebody signs who works at a school.
func staffPath(school, slug string) string { return "/portal/agreements/" + school + "/" + slug }

func (s *server) getStaffSign(w http.ResponseWriter, r *http.Request) error {
	p, err := s.staffSignPage(r, nil, false)
	return s.showPage(w, r, p, err)
}

func (s *server) postStaffSign(w http.ResponseWriter, r *http.Request) error {
	form := r.PostForm
	err := s.Portal.SignOwn(r.Context(), account(r), mux.Vars(r)["school"], portal.SignForm{
		Agreement: mux.Vars(r)["slug"], Hash: form.Get("hash"), Name: form.Get("name"), Agreed: form.Get("agreed") == "yes", Language: language,
	})
	if err != nil {
		return &rejectedForm{err, func(changed bool) (page, error) { return s.staffSignPage(r, form, changed) }}
	}
	return seeOther(w, r, r.URL.Path)
}

func (s *server) staffSignPage(r *http.Request, form url.Values, changed bool) (page, error) {
	all, err := s.Portal.OwnTexts(r.Context(), account(r))
	if err != nil {
		return page{}, err
	}
	for _, t := range all {
		if t.School.Slug != mux.Vars(r)["school"] || t.Text.Slug != mux.Vars(r)["slug"] {
			continue
		}
		v := staffSignView{School: t.School, wording: s.wording(t.Text), Signed: t.Signed, Name: form.Get("name"), Agreed: !changed && form.Get("agreed") == "yes", Changed: changed}
		return page{template: "staff-sign.html", title: cmp.Or(map[bool]string{true: "You have signed: "}[t.Signed.Seq > 0], "To sign: ") + t.Text.Title, school: &t.School, data: v}, nil
	}
	return page{}, portal.ErrNotFound
}
