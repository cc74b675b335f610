package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"schoolgate/portal"
)

// officeView is a school's register, with where each pupil stands.
type officeView struct {
	School  portal.School
	Filter  officeFilter
	Years   []option
	Classes []option
	Asked   []option // purposes
	States  []option // standings

	Own        int // pupils who are left out, as of the family of whoever looks
	Listed     int // pupils of the chosen year and class: on roll, or those who have left
	Questions  []purposeGroup
	purposes   []*purposeCount // those of all groups, as the list has them
	Agreements []agreementCount
	Columns    []string
	Rows       []officeRow
	Showing    string // whom the rows are of, in words; "" for everybody
	Meanings   []meaning

	Base    string          // the office's address
	Export  string          // the list on show, as a download
	May     map[string]bool // what else whoever looks may do here; see [server.mayAt]
	Applied bool            // a class list has just been applied
	Undone  bool            // or taken back
	Tasks   []task          // what waits for whoever looks
}

// option is one choice of a select.
type option struct {
	Value, Label string
	Chosen       bool
}

// pupilOption is a pupil to choose by year, name and class.
func pupilOption(p portal.Pupil, chosen string) option {
	return option{p.ID, p.Year.String() + ": " + strings.TrimSuffix(p.Name()+", "+p.Group, ", "), p.ID == chosen}
}

// count is a number of pupils, and the list of them.
type count struct {
	Number  int
	Label   string // who they are, in words
	About   string // the text's title
	Link    string
	Current bool // the list on show
}

type purposeCount struct {
	Text      portal.Text
	Counts    []count // in the order of the standings
	standings []portal.Standing
}

// purposeGroup is the purposes of one lawful basis, which are never counted together
// with those of another.
type purposeGroup struct {
	ID, Caption string
	Purposes    []*purposeCount
}

// meaning is a word of the list, and a sentence that explains it.
type meaning struct {
	Answer answer
	Says   string
}

type agreementCount struct {
	Text        portal.Text
	Signed, Not count
}

type officeRow struct {
	ID, Name, Year, Class string
	Cells                 []answer
}

// officeFilter is what the office's address asks for.
type officeFilter struct {
	Year, Class, Purpose, Standing string
	Agreement, Signed              string // Signed is "yes" or "no"
	Left                           string // "yes" for those who have left, instead of those on roll
}

// Query is the filter as an address has it.
func (f officeFilter) Query() string {
	q := url.Values{}
	for _, p := range [][2]string{{"year", f.Year}, {"class", f.Class}, {"purpose", f.Purpose}, {"standing", f.Standing}, {"agreement", f.Agreement}, {"signed", f.Signed}, {"left", f.Left}} {
		if p[1] != "" {
			q.Set(p[0], p[1])
		}
	}
	return "?" + q.Encode()
}

// readOfficeFilter reads a filter from an address's query or a form, and as the portal
// takes it. What is wrong with it is [*portal.Invalid].
func readOfficeFilter(q url.Values, school portal.School) (f officeFilter, wanted portal.Filter, err error) {
	f = officeFilter{
		Year: q.Get("year"), Class: q.Get("class"), Purpose: q.Get("purpose"), Standing: q.Get("standing"),
		Agreement: q.Get("agreement"), Signed: q.Get("signed"), Left: q.Get("left"),
	}
	wanted.Group, wanted.Left = f.Class, f.Left == "yes"
	var wrong portal.Invalid
	if f.Year != "" {
		year, err := portal.ParseYear(f.Year)
		if err != nil {
			wrong.Add("year", "There is no such year group. Choose one from the list.")
		}
		wanted.Year, f.Year = &year, year.Code()
	}
	for _, purpose := range q["purpose"] {
		if purpose == "" {
			continue
		}
		if _, ok := school.Current(portal.Purpose, purpose); !ok {
			wrong.Add("purpose", "This school does not ask about that. Choose a question from the list.")
		}
		wanted.Purposes = append(wanted.Purposes, purpose)
	}
	if f.Standing != "" {
		wanted.Standing = portal.Standing(f.Standing)
		if len(wanted.Purposes) != 1 {
			wrong.Add("purpose", "Choose the one question that the answer is to.")
		}
	}
	return f, wanted, wrong.Or()
}

// office is the school in a request's address, if whoever asks may do this there.
func (s *server) office(r *http.Request, do portal.Action) (portal.School, error) {
	actor, err := s.Portal.Actor(r.Context(), account(r))
	if err != nil {
		return portal.School{}, err
	}
	slug := mux.Vars(r)["school"]
	if err := actor.May(do, portal.Subject{School: slug}); err != nil {
		return portal.School{}, err
	}
	school, err := s.Portal.School(r.Context(), slug)
	visitOf(r).school = school.Slug
	return school, err
}

// mayAt is what somebody may do at a school, by the names of the office's pages.
func (s *server) mayAt(actor portal.Actor, school string) map[string]bool {
	may := map[string]bool{}
	for name, do := range map[string]portal.Action{
		"import": portal.ImportClassList, "letters": portal.PrintLetters, "joins": portal.ConfirmJoin, "mail": portal.SendMail, "answers": portal.WriteDown, "export": portal.ExportList, "events": portal.SeeEvents,
		"restrictions": portal.SetRestrictions, "retention": portal.EraseRecords, "record": portal.ShowDossier, "wordings": portal.AgreeWording, "tasks": portal.SeeTasks, "pictures": portal.ManagePictures, "propose": portal.ProposeActivity, "approve": portal.ApproveActivity,
		"blanks": portal.FillBlanks, "class": portal.HaveSign, "signers": portal.SeeSigners, "access": portal.SeeAccess, "give": portal.GiveAccess,
	} {
		may[name] = actor.May(do, portal.Subject{School: school}) == nil
	}
	may["mail"] = may["mail"] && s.Portal.SendsMail()
	return may
}

func officeLink(school string) string { return "/portal/office/" + school + "/" }

func (s *server) getOffice(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.SeeRegister)
	if err != nil {
		return err
	}
	f, wanted, wrong := readOfficeFilter(r.URL.Query(), school)
	if wrong != nil {
		f, wanted = officeFilter{}, portal.Filter{}
	}
	v, err := s.readOffice(r, school, f, wanted)
	if invalid, ok := errors.AsType[*portal.Invalid](err); ok { // what only the portal can tell
		wrong = invalid
		v, err = s.readOffice(r, school, officeFilter{}, portal.Filter{})
	}
	if err != nil {
		return err
	}
	actor, err := s.Portal.Actor(r.Context(), account(r))
	if err != nil {
		return err
	}
	v.May = s.mayAt(actor, school.Slug)
	if v.Tasks, err = s.waiting(r, actor, school); err != nil {
		return err
	}
	v.Applied, v.Undone = r.URL.Query().Get("after") == "import", r.URL.Query().Get("after") == "undo"
	p := page{template: "office.html", title: "School office: " + school.ShortName, school: &school, data: v}
	if wrong != nil {
		return &rejectedForm{wrong, func(bool) (page, error) { return p, nil }}
	}
	return s.show(w, r, http.StatusOK, p)
}

// readOffice reads the register once: the choices from all of it, the counts
// from the chosen year and class, and the rows from what is left.
func (s *server) readOffice(r *http.Request, school portal.School, f officeFilter, wanted portal.Filter) (officeView, error) {
	base := officeLink(school.Slug)
	v := officeView{School: school, Filter: f, Base: base, Export: base + "export" + officeFilter{Year: f.Year, Class: f.Class, Purpose: f.Purpose, Standing: f.Standing, Left: f.Left}.Query()}
	o := officeReader{view: &v, wanted: wanted, years: map[portal.Year]bool{}, classes: map[string]bool{}}
	err := s.Portal.ReadRegister(r.Context(), account(r), school.Slug, portal.Filter{Left: wanted.Left}, o.begin, o.row)
	v.Showing = f.words(wanted, o.columns)
	return v, err
}

// officeReader fills the office's view from the register, pupil by pupil.
type officeReader struct {
	view                 *officeView
	wanted               portal.Filter
	columns              portal.List
	purposes, agreements []int // the places of those columns that are shown
	years                map[portal.Year]bool
	classes              map[string]bool
}

func (o *officeReader) begin(l portal.List) error {
	v, f := o.view, o.view.Filter
	o.columns, v.Own = l, l.Own
	states := v.heads(l, f)
	if f.Standing != "" && !slices.Contains(states, o.wanted.Standing) {
		var wrong portal.Invalid
		wrong.Add("standing", "There is no such answer. Choose one from the list.")
		return wrong.Or()
	}
	for _, standing := range states {
		v.States = append(v.States, option{string(standing), standingWords[standing].Word, string(standing) == f.Standing})
		v.Meanings = append(v.Meanings, meaning{standingWords[standing], standingSays[standing]})
	}
	o.purposes, o.agreements = chosen(l.Purposes, f.Purpose), chosen(l.Agreements, f.Agreement)
	switch { // one column was asked for
	case f.Purpose != "" && f.Agreement == "":
		o.agreements = nil
	case f.Agreement != "" && f.Purpose == "":
		o.purposes = nil
	}
	for _, i := range o.purposes {
		v.Columns = append(v.Columns, l.Purposes[i].Title)
	}
	for _, i := range o.agreements {
		v.Columns = append(v.Columns, l.Agreements[i].Title)
	}
	return nil
}

func (o *officeReader) row(row portal.ListRow) error {
	v, f, p := o.view, o.view.Filter, row.Pupil
	if !o.years[p.Year] {
		o.years[p.Year] = true
		v.Years = append(v.Years, option{p.Year.Code(), p.Year.String(), p.Year.Code() == f.Year})
	}
	if !o.classes[p.Group] && p.Group != "" {
		o.classes[p.Group] = true
		v.Classes = append(v.Classes, option{p.Group, p.Group, p.Group == f.Class})
	}
	if o.wanted.Year != nil && p.Year != *o.wanted.Year || o.wanted.Group != "" && p.Group != o.wanted.Group {
		return nil
	}
	v.Listed++
	if !o.count(row) {
		return nil
	}
	out := officeRow{ID: p.ID, Name: p.Surname + ", " + p.Known(), Year: p.Year.String(), Class: p.Group}
	for _, i := range o.purposes {
		out.Cells = append(out.Cells, standingWords[row.Standings[i]])
	}
	for _, i := range o.agreements {
		if row.Signed[i] {
			out.Cells = append(out.Cells, answer{"Signed", "given"})
		} else {
			out.Cells = append(out.Cells, answer{"Not signed", "waiting"})
		}
	}
	v.Rows = append(v.Rows, out)
	return nil
}

// count counts a pupil under each text, and says whether they are among those asked for.
func (o *officeReader) count(row portal.ListRow) bool {
	v, f, keep := o.view, o.view.Filter, true
	for i, standing := range row.Standings {
		v.purposes[i].Counts[slices.Index(v.purposes[i].standings, standing)].Number++
		if o.columns.Purposes[i].Slug == f.Purpose && o.wanted.Standing != "" && standing != o.wanted.Standing {
			keep = false
		}
	}
	for i, signed := range row.Signed {
		if signed {
			v.Agreements[i].Signed.Number++
		} else {
			v.Agreements[i].Not.Number++
		}
		if o.columns.Agreements[i].Slug == f.Agreement && f.Signed != "" && signed != (f.Signed == "yes") {
			keep = false
		}
	}
	return keep
}

// words is the filter as a sentence has it.
func (f officeFilter) words(wanted portal.Filter, l portal.List) string {
	var parts []string
	if wanted.Year != nil {
		parts = append(parts, wanted.Year.String())
	}
	if f.Class != "" {
		parts = append(parts, "class "+f.Class)
	}
	for _, i := range chosen(l.Purposes, f.Purpose) {
		if f.Purpose != "" && f.Standing != "" {
			parts = append(parts, "‘"+standingWords[wanted.Standing].Word+"’ to ‘"+l.Purposes[i].Title+"’")
		}
	}
	for _, i := range chosen(l.Agreements, f.Agreement) {
		switch {
		case f.Agreement == "":
		case f.Signed == "yes":
			parts = append(parts, "‘"+l.Agreements[i].Title+"’ signed")
		case f.Signed != "":
			parts = append(parts, "‘"+l.Agreements[i].Title+"’ not signed")
		}
	}
	return strings.Join(parts, ", ")
}

// heads makes a line of counts for each text, each count a link to its list. It answers
// the standings that the chosen question may have, or all of them.
func (v *officeView) heads(l portal.List, f officeFilter) (states []portal.Standing) {
	groups := map[bool]*purposeGroup{false: {ID: "purposes", Caption: "Questions: how many pupils"}, true: {ID: "objections", Caption: "What goes ahead unless somebody objects: how many pupils"}}
	for _, t := range l.Purposes {
		c := &purposeCount{Text: t, standings: l.StandingsOf(t)}
		for _, standing := range c.standings {
			if !slices.Contains(states, standing) && (f.Purpose == "" || f.Purpose == t.Slug) {
				states = append(states, standing)
			}
			to := officeFilter{Year: f.Year, Class: f.Class, Purpose: t.Slug, Standing: string(standing), Left: f.Left}
			c.Counts = append(c.Counts, count{Label: standingWords[standing].Word, About: t.Title, Link: v.Base + to.Query(), Current: to == f})
		}
		v.purposes = append(v.purposes, c)
		groups[t.Objected()].Purposes = append(groups[t.Objected()].Purposes, c)
		v.Asked = append(v.Asked, option{t.Slug, t.Title, t.Slug == f.Purpose})
	}
	for _, objected := range []bool{false, true} {
		if g := groups[objected]; len(g.Purposes) > 0 {
			v.Questions = append(v.Questions, *g)
		}
	}
	for _, t := range l.Agreements {
		yes := officeFilter{Year: f.Year, Class: f.Class, Agreement: t.Slug, Signed: "yes", Left: f.Left}
		no := yes
		no.Signed = "no"
		v.Agreements = append(v.Agreements, agreementCount{t,
			count{Label: "Signed", About: t.Title, Link: v.Base + yes.Query(), Current: yes == f}, count{Label: "Not signed", About: t.Title, Link: v.Base + no.Query(), Current: no == f}})
	}
	return states
}

// chosen is the places of the texts with a slug, or of all for "".
func chosen(texts []portal.Text, slug string) (places []int) {
	for i, t := range texts {
		if slug == "" || t.Slug == slug {
			places = append(places, i)
		}
	}
	return places
}
