package web

import (
	"html/template"
	"io"
	"net/http"
	"time"

	"schoolgate/portal"
)

// lettersFormView is the page from which invitation letters are printed.
type lettersFormView struct {
	School portal.School
	Base   string // the office's address
}

// lettersView is the letters, one a sheet. Their codes are on this page and
// nowhere else.
type lettersView struct {
	School  portal.School
	Base    string
	Letters []letter
}

// letter is one letter as it reads.
type letter struct {
	portal.Letter
	Children string // first names, as a sentence has them
	One      bool   // one child
	Initial  string // on the crest
	Issued   time.Time
	Join     string // the address to type
}

func (s *server) getLetters(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.PrintLetters)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, page{template: "letters-form.html", title: "Print invitation letters", school: &school, data: lettersFormView{school, officeLink(school.Slug)}})
}

func (s *server) postLetters(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.PrintLetters)
	if err != nil {
		return err
	}
	letters, err := s.Portal.Letters(r.Context(), account(r), school.Slug)
	if err != nil {
		return err
	}
	v := lettersView{School: school, Base: officeLink(school.Slug), Letters: readable(letters, s.Address)}
	return s.show(w, r, http.StatusOK, page{template: "letters.html", title: "Invitation letters", school: &school, data: v})
}

// readable is letters as they read, for a portal at a public address.
func readable(letters []portal.Letter, address string) []letter {
	var out []letter
	for _, l := range letters {
		var names []string
		for _, c := range l.Children {
			names = append(names, c.Pupil.Forename)
		}
		out = append(out, letter{
			Letter: l, Children: list(names), One: len(names) == 1, Initial: initial(l.School.ShortName),
			Issued: l.Expires.Add(-portal.CodeLife), Join: address + "/portal/join",
		})
	}
	return out
}

// WriteLetters writes letters as a page in itself, to be opened from a file and
// printed, one a sheet. Address is the portal's public one, without a path.
func WriteLetters(w io.Writer, letters []portal.Letter, address string, stylesheet []byte) error {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		return err
	}
	s := &server{london: london}
	t, err := s.newTemplate("pages/"+layout, "pages/letters.html", "pages/"+lettersFile)
	if err != nil {
		return err
	}
	return t.ExecuteTemplate(w, "file", struct {
		Style   template.CSS // the theme's own
		Letters []letter
	}{template.CSS(stylesheet), readable(letters, address)})
}
