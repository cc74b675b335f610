package web

import (
	"net/http"
	"strings"

	"schoolgate/portal"
)

// settleView is who waits for the office to say whether they hold parental
// responsibility.
type settleView struct {
	School portal.School
	Base   string
	Groups []settleGroup
	Held   bool // what was just given is withheld of some
}

// settleGroup is people of one relationship, each with a box.
type settleGroup struct {
	portal.ToSettle
	Ticked bool // the relationship makes it plain, or whoever looks asked for it
	Number int
	More   int // who do not fit on the page
}

// maxSettled is how many are settled at once: what a form can hold.
const maxSettled = 500

// Plain is the relationship in words.
func (g settleGroup) Plain() string {
	if g.Relationship == "" {
		return "Relationship not given"
	}
	return g.Relationship
}

// settlePage shows everybody. Of mothers the boxes are ticked to begin with: a
// birth mother always holds responsibility. For others the office asks for it.
func (s *server) settlePage(r *http.Request, school portal.School) (page, error) {
	if err := s.Portal.Look(r.Context(), account(r), school.Slug, portal.ImportClassList, "settle", ""); err != nil {
		return page{}, err
	}
	all, err := s.Portal.Unsettled(r.Context(), account(r), school.Slug)
	if err != nil {
		return page{}, err
	}
	v := settleView{School: school, Base: officeLink(school.Slug), Held: r.URL.Query().Get("after") == "held"}
	for i, g := range all {
		x := settleGroup{ToSettle: g, Number: i + 1, Ticked: strings.EqualFold(g.Relationship, "mother") || r.URL.Query().Get("tick") == g.Relationship && r.URL.Query().Has("tick")}
		if n := len(x.Children); n > maxSettled {
			x.Children, x.Warned, x.More = x.Children[:maxSettled], x.Warned[:maxSettled], n-maxSettled
		}
		v.Groups = append(v.Groups, x)
	}
	return page{template: "settle.html", title: "Who holds parental responsibility", school: &school, data: v}, nil
}

func (s *server) getSettle(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.ImportClassList)
	if err != nil {
		return err
	}
	p, err := s.settlePage(r, school)
	return s.showPage(w, r, p, err)
}

func (s *server) postSettle(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.ImportClassList)
	if err != nil {
		return err
	}
	var links []portal.Link
	for _, v := range r.PostForm["link"] {
		pupil, contact, _ := strings.Cut(v, " ")
		links = append(links, portal.Link{PupilID: pupil, ContactID: contact})
	}
	answer := r.PostForm.Get("parental")
	if answer != "yes" && answer != "no" || len(links) == 0 {
		var wrong portal.Invalid
		wrong.Add("link", "Tick who is meant, then say whether they hold parental responsibility")
		return &rejectedForm{wrong.Or(), func(bool) (page, error) { return s.settlePage(r, school) }}
	}
	held, err := s.Portal.Settle(r.Context(), account(r), school.Slug, links, answer == "yes")
	if err != nil {
		return err
	}
	to := officeLink(school.Slug) + "settle"
	if held > 0 {
		to += "?after=held"
	}
	return seeOther(w, r, to)
}
