package web

import (
	"fmt"
	"net/http"
	"net/url"

	"schoolgate/portal"
)

// chaseView is who has not answered, by class, with what was sent and when.
type chaseView struct {
	School  portal.School
	Base    string
	Class   string
	Choices []option
	Classes []chaseClass
	People  int
	Export  bool // whoever looks may download it
	Address string
}

type chaseClass struct {
	Name string
	Rows []chaseRow
}

type chaseRow struct {
	portal.Chased
	Sent string // what was sent and when, in words
}

// sent says how far somebody has come.
func (s *server) sent(c portal.Chased) string {
	words := "Nothing sent yet"
	switch {
	case c.Mute:
		words = "Not written to: a restriction says so"
	case !c.Letter.IsZero():
		words = "Letter of " + s.day(c.Letter)
	case !c.Joined.IsZero():
		words = "Has joined"
	}
	switch {
	case c.Joined.IsZero():
		return words + ", has not joined"
	case c.Child.Since.IsZero():
		return words + ", joined on " + s.day(c.Joined) + ", but does not see this child"
	}
	return words + ", joined on " + s.day(c.Joined)
}

func (s *server) getChase(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.PrintLetters)
	if err != nil {
		return err
	}
	v := chaseView{School: school, Base: officeLink(school.Slug), Class: r.URL.Query().Get("class")}
	groups, all, err := s.Portal.Chase(r.Context(), account(r), school.Slug, v.Class)
	if err != nil {
		return err
	}
	_, export := s.office(r, portal.ExportList)
	v.People, v.Export = len(all), export == nil
	v.Address = v.Base + "chase?" + url.Values{"class": {v.Class}}.Encode()
	for _, g := range groups {
		v.Choices = append(v.Choices, option{g, g, g == v.Class})
	}
	for _, c := range all {
		name := c.Child.Pupil.Group
		if name == "" {
			name = c.Child.Pupil.Year.String()
		}
		if n := len(v.Classes); n == 0 || v.Classes[n-1].Name != name {
			v.Classes = append(v.Classes, chaseClass{Name: name})
		}
		to := &v.Classes[len(v.Classes)-1]
		to.Rows = append(to.Rows, chaseRow{c, s.sent(c)})
	}
	return s.show(w, r, http.StatusOK, page{template: "chase.html", title: "Who has not answered", school: &school, data: v})
}

// postChase is the list as a file.
func (s *server) postChase(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.ExportList)
	if err != nil {
		return err
	}
	all, err := s.Portal.ExportChase(r.Context(), account(r), school.Slug, r.PostForm.Get("class"))
	if err != nil {
		return err
	}
	table := [][]string{{"Class", "Year", "Pupil", "Contact", "Relationship", "Not answered", "Of", "What was sent"}}
	for _, c := range all {
		table = append(table, []string{c.Child.Pupil.Group, c.Child.Pupil.Year.String(), c.Child.Pupil.Name(), c.Child.Contact.Name, c.Child.Responsibility.Relationship, fmt.Sprint(c.Left), fmt.Sprint(c.Of), s.sent(c)})
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s-not-answered.csv"`, school.Slug))
	return s.WriteTable(w, table)
}
