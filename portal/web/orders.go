package web

import (
	"net/http"
	"strings"

	"schoolgate/portal"
)

// ordersView is the contacts with a court order against them, for who may end a bar.
type ordersView struct {
	Base   string
	Orders []portal.Child
}

func (s *server) ordersPage(r *http.Request, school portal.School) (page, error) {
	all, err := s.Portal.Orders(r.Context(), account(r), school.Slug)
	return page{template: "orders.html", title: "Court orders", school: &school, data: ordersView{officeLink(school.Slug), all}}, err
}

func (s *server) getOrders(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.LiftRestriction)
	if err != nil {
		return err
	}
	p, err := s.ordersPage(r, school)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, p)
}

// postLift ends a court order's bar, for a reason.
func (s *server) postLift(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.LiftRestriction)
	if err != nil {
		return err
	}
	pupil, contact, _ := strings.Cut(r.PostForm.Get("link"), " ")
	err = s.Portal.LiftOrder(r.Context(), account(r), school.Slug, portal.Link{PupilID: pupil, ContactID: contact}, r.PostForm.Get("reason"))
	if err != nil {
		return &again{err, func(bool) (page, error) { return s.ordersPage(r, school) }}
	}
	return seeOther(w, r, officeLink(school.Slug)+"orders")
}
