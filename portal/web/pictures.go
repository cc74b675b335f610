package web

import (
	"net/http"

	"schoolgate/portal"
)

// picturesView is the pictures of a school's site in which pupils can be seen.
type picturesView struct {
	Base, Site string
	Pictures   []portal.PictureView
	Back       bool // one has just been put back

	Choices    []option // registration groups
	Group      string   // whose references are shown
	References []portal.Reference
}

func (s *server) getPictures(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.KeepPictures)
	if err != nil {
		return err
	}
	v := picturesView{Base: officeLink(school.Slug), Site: school.Site, Back: r.URL.Query().Get("after") == "back", Group: r.URL.Query().Get("class")}
	if v.Pictures, err = s.Portal.Pictures(r.Context(), account(r), school.Slug); err != nil {
		return err
	}
	var groups []string
	if v.References, groups, err = s.Portal.References(r.Context(), account(r), school.Slug, v.Group); err != nil {
		return err
	}
	for _, g := range groups {
		v.Choices = append(v.Choices, option{g, g, g == v.Group})
	}
	return s.show(w, r, http.StatusOK, page{template: "pictures.html", title: "Pictures of pupils", school: &school, data: v})
}

// postPictures puts a picture back that was taken down.
func (s *server) postPictures(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.KeepPictures)
	if err != nil {
		return err
	}
	if err := s.Portal.PutBack(r.Context(), account(r), school.Slug, r.PostForm.Get("picture")); err != nil {
		return err
	}
	return seeOther(w, r, officeLink(school.Slug)+"pictures?after=back")
}
