package web

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"schoolgate/portal"
)

// eventsView is who did what at a school, for those who look after it.
type eventsView struct {
	School portal.School
	Base   string
	Person string // whom it is about, by id; "" for everybody
	Rows   []eventRow
	File   string // the same as a file
	Most   int    // where there may be more than these; 0 where there are not
}

// eventRow is one event in words.
type eventRow struct {
	At              string
	Who, What, Note string
	About, Link     string // whom it is about, and the list of all that is about them
}

func (s *server) getEvents(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.SeeEvents)
	if err != nil {
		return err
	}
	person := r.URL.Query().Get("person")
	all, err := s.Portal.Events(r.Context(), account(r), school.Slug, person)
	if err != nil {
		return err
	}
	file := r.URL.Query().Get("format") == "csv"
	v := eventsView{School: school, Base: officeLink(school.Slug), Person: person}
	v.File = v.Base + "events?format=csv&person=" + person
	if len(all) == portal.MostEvents {
		v.Most = portal.MostEvents
	}
	for _, e := range all {
		if file && person != "" && e.Withheld(person) {
			continue // it goes to a parent, who learns nothing of the other, or of what the other said
		}
		if file && person != "" {
			if e.Details, err = e.ForFamily(); err != nil {
				return err
			}
		}
		row := s.eventRow(e)
		if e.About != "" {
			row.Link = v.Base + "events?person=" + e.Subject.ID
		}
		v.Rows = append(v.Rows, row)
	}
	if file {
		return s.writeEvents(w, school, v.Rows)
	}
	return s.show(w, r, http.StatusOK, page{template: "events.html", title: "Who did what", school: &school, data: v})
}

// eventRow is an event in words.
func (s *server) eventRow(e portal.Event) eventRow {
	return eventRow{At: s.moment(e.At), Who: cmp.Or(e.Who, "not known"), What: strings.ReplaceAll(string(e.Kind), "-", " "), Note: said(e.Details), About: e.About}
}

// said is an event's details in words, in the order of their names: not the ids in
// them, and not what its other cells say.
func said(details string) string {
	var all map[string]any
	if details == "" || json.Unmarshal([]byte(details), &all) != nil {
		return ""
	}
	var parts []string
	for name, value := range all {
		switch name {
		case "operator", "sha256", "pupil", "account", "was", "now", "sense", "corrects", "counts", "to", "about", "entries", "seal":
		default:
			parts = append(parts, fmt.Sprintf("%s: %v", name, value))
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, "; ")
}

// writeEvents is what a parent is given who asks who has seen their child's record.
func (s *server) writeEvents(w http.ResponseWriter, school portal.School, rows []eventRow) error {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s-events.csv"`, school.Slug))
	table := [][]string{{"When", "Who", "What", "About", "Details"}}
	for _, row := range rows {
		table = append(table, []string{row.At, row.Who, row.What, row.About, row.Note})
	}
	return s.WriteTable(w, table)
}
