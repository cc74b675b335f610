package web

import (
	"net/http"

	"schoolgate/portal"
)

// Passage is a paragraph, a heading or an item of two wordings that are compared.
type Passage struct {
	Label string // what a sentence beside the text is: "What is asked"; or ""
	Op    string // "same", "added", "removed", or "changed" when the parts differ
	Kind  string // "p", "heading", "item", "quote" or "row"
	Parts []Part
}

// Part is some words of a passage: "same", "added" or "removed".
type Part struct{ Op, Text string }

// wordingsView is the corrections that wait for a second person.
type wordingsView struct {
	Base        string
	Corrections []correction
	Agreed      bool // one has just been agreed to
}

type correction struct {
	portal.Correction
	WasAt, NowAt string // public
	Passages     []Passage
}

func (s *server) getWordings(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.AgreeWording)
	if err != nil {
		return err
	}
	all, err := s.Portal.Corrections(r.Context(), account(r), school.Slug)
	if err != nil {
		return err
	}
	v := wordingsView{Base: officeLink(school.Slug), Agreed: r.URL.Query().Get("after") == "agree"}
	for _, c := range all {
		v.Corrections = append(v.Corrections, correction{c, s.public(c.Was.Path), s.public(c.Now.Path), s.Compare(c.Was, c.Now)})
	}
	return s.show(w, r, http.StatusOK, page{template: "wordings.html", title: "Corrected wordings", school: &school, data: v})
}

// postWordings agrees to one correction.
func (s *server) postWordings(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.AgreeWording)
	if err != nil {
		return err
	}
	if err := s.Portal.Agree(r.Context(), account(r), school.Slug, r.PostForm.Get("was"), r.PostForm.Get("now")); err != nil {
		return err
	}
	return seeOther(w, r, officeLink(school.Slug)+"wordings?after=agree")
}
