package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"schoolgate/portal"
)

// writeDownView is where the office writes down what came on paper, by telephone or in
// person: several slips by what stands on them, or all that one child's contacts may
// be asked.
type writeDownView struct {
	School  portal.School
	Base    string
	Pupils  []option
	Classes []option
	Pupil   string // whose slips are listed, by id; "" for an empty form
	Rows    []writeDownRow
	Ways    []option
	On      string           // as typed
	Rang    bool             // ticked: they were rung back
	InCare  bool             // the social worker is asked, too
	Worker  string           // as typed
	Written []portal.Written // just now
}

// writeDownRow is one slip as the form has it: of a listed child, or with nothing known.
type writeDownRow struct {
	portal.Slip
	Field      string
	N          int    // from 1
	Typed      string // the reference
	Answers    []option
	NewContact bool // the first of their slips
}

// writeDownRows is how many slips one form takes.
const writeDownRows = 12

var ways = []option{{Value: string(portal.Paper), Label: "On paper"}, {Value: string(portal.Telephone), Label: "By telephone"}, {Value: string(portal.InPerson), Label: "In person"}}

func (s *server) getWriteDown(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.WriteDown)
	if err != nil {
		return err
	}
	p, err := s.writeDownPage(r, school, nil)
	return s.showPage(w, r, p, err)
}

// postWriteDown writes down what stands in the form, all of it or nothing.
func (s *server) postWriteDown(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.WriteDown)
	if err != nil {
		return err
	}
	f := portal.SlipForm{Way: portal.Way(r.PostForm.Get("way")), RangBack: r.PostForm.Get("rang-back") == "yes", Language: language, Worker: r.PostForm.Get("worker")}
	var wrong portal.Invalid
	if f.On, err = portal.ParseDate(r.PostForm.Get("on")); err != nil {
		wrong.Add("on", "Type the day on which it was signed or said, as dd/mm/yyyy")
	}
	for n, field := range writeDownFields(r.PostForm) {
		ref, answer := strings.TrimSpace(r.PostForm.Get("ref-"+field)), r.PostForm.Get("answer-"+field)
		switch {
		case answer == "" && (ref == "" || r.URL.Query().Has("pupil")): // left empty
		case answer == "":
			wrong.Add(field, fmt.Sprintf("Row %d: choose what stands on the slip", n+1))
		case ref == "":
			wrong.Add(field, fmt.Sprintf("Row %d: type the letters and numbers of the slip", n+1))
		default:
			f.Answers = append(f.Answers, portal.SlipAnswer{Field: field, Ref: ref, Answer: answers[answer]})
		}
	}
	var written []portal.Written
	if err = wrong.Or(); err == nil {
		written, err = s.Portal.WriteDown(r.Context(), account(r), school.Slug, f)
	}
	if err != nil {
		return &rejectedForm{err, func(bool) (page, error) { return s.writeDownPage(r, school, r.PostForm) }}
	}
	p, err := s.writeDownPage(r, school, nil, written...)
	return s.showPage(w, r, p, err)
}

// answers is what the form's answers are.
var answers = map[string]portal.Answer{"yes": portal.Given, "signed": portal.Given, "no": portal.Refused, "objects": portal.Refused, "back": portal.Given}

// writeDownFields is the names of the form's rows, in order, from "told-0" on.
func writeDownFields(form url.Values) (all []string) {
	for {
		field := fmt.Sprintf("told-%d", len(all))
		if !form.Has("answer-" + field) {
			return all
		}
		all = append(all, field)
	}
}

// writeDownPage is the form, filled with what was typed, nil for an empty one, below what has
// just been written down.
func (s *server) writeDownPage(r *http.Request, school portal.School, typed url.Values, written ...portal.Written) (page, error) {
	v := writeDownView{School: school, Base: officeLink(school.Slug), Pupil: r.URL.Query().Get("pupil"), On: typed.Get("on"), Rang: typed.Get("rang-back") == "yes", Worker: typed.Get("worker"), Written: written}
	for _, way := range ways {
		way.Chosen = way.Value == typed.Get("way")
		v.Ways = append(v.Ways, way)
	}
	if v.Pupil != "" {
		if err := s.Portal.Look(r.Context(), account(r), school.Slug, portal.WriteDown, "answers", v.Pupil); err != nil {
			return page{}, err
		}
	}
	classes := map[string]bool{}
	pupils, rows, err := s.Portal.Slips(r.Context(), account(r), school.Slug, v.Pupil)
	if err != nil {
		return page{}, err
	}
	for _, x := range pupils {
		v.Pupils = append(v.Pupils, pupilOption(x, v.Pupil))
		if x.Group != "" && !classes[x.Group] {
			classes[x.Group] = true
			v.Classes = append(v.Classes, option{Value: x.Group, Label: x.Group})
		}
	}
	if v.Pupil == "" {
		rows = make([]portal.Slip, writeDownRows) // empty ones
	}
	for n, slip := range rows {
		row := writeDownRow{Slip: slip, Field: fmt.Sprintf("told-%d", n), N: n + 1, Typed: slip.Ref}
		row.NewContact = n == 0 || rows[n-1].Party != slip.Party
		v.InCare = v.InCare || slip.Party.Kind == portal.RefWorker
		if slip.Ref == "" {
			row.Typed = typed.Get("ref-" + row.Field)
		}
		row.Answers = row.choices(typed.Get("answer-" + row.Field))
		v.Rows = append(v.Rows, row)
	}
	return page{template: "write-down.html", title: "Answers on paper", school: &school, data: v}, nil
}

// choices is what may be written down, as far as the form knows the slip.
func (row writeDownRow) choices(chosen string) (all []option) {
	known := row.Ref != ""
	for _, c := range []struct {
		value, label string
		fits         bool
	}{
		{"", "Nothing", true},
		{"yes", "Yes", !known || row.Text.Kind == portal.Purpose && !row.Text.Objected()},
		{"no", "No", !known || row.Text.Kind == portal.Purpose && !row.Text.Objected()},
		{"signed", "Signed", !known || row.Text.Kind == portal.Agreement},
		{"objects", "Objects", !known || row.Text.Objected()},
		{"back", "Takes back an objection", known && row.Text.Objected()},
	} {
		if c.fits {
			all = append(all, option{c.value, c.label, chosen == c.value})
		}
	}
	return all
}

// slipsView is slips to be printed, a sheet for each contact and child.
type slipsView struct {
	School portal.School
	Base   string
	Sheets []sheet
}

type sheet struct {
	School  portal.School
	Initial string // on the crest
	Pile    string // as of a letter
	Child   portal.Child
	Slips   []paperSlip
}

// paperSlip is one slip as it reads.
type paperSlip struct {
	Ref string
	wording
}

// postSlips prints what has not been answered, for a class or for all.
func (s *server) postSlips(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.WriteDown)
	if err != nil {
		return err
	}
	all, err := s.Portal.PrintSlips(r.Context(), account(r), school.Slug, portal.SlipFilter{Group: r.PostForm.Get("class"), Pupil: r.PostForm.Get("pupil")})
	if err != nil {
		return err
	}
	v := slipsView{School: school, Base: officeLink(school.Slug)}
	var second []bool
	for i, slip := range all {
		if i == 0 || slip.Child.Pupil.ID != all[i-1].Child.Pupil.ID || slip.Child.Contact.ID != all[i-1].Child.Contact.ID {
			v.Sheets = append(v.Sheets, sheet{School: school, Initial: initial(school.ShortName), Child: slip.Child})
			second = append(second, slip.Second)
		}
		on := &v.Sheets[len(v.Sheets)-1]
		on.Slips = append(on.Slips, paperSlip{slip.Ref, s.wording(slip.Text)})
	}
	for i, begins := range piles(second) {
		v.Sheets[i].Pile = begins
	}
	return s.show(w, r, http.StatusOK, page{template: "slips.html", title: "Slips to answer on paper", school: &school, data: v})
}
