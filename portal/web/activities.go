package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"schoolgate/portal"
)

// goWords is whether a pupil may take part, in a word and a colour.
var goWords = map[portal.Go]answer{
	portal.GoYes: {"Yes", "given"}, portal.GoNo: {"No", "refused"}, portal.GoNotYet: {"Not yet: treat as no", "waiting"},
}

// statusWords is how an activity stands.
var statusWords = map[string]answer{
	"waits for approval": {"Waits for approval", "waiting"}, "approved": {"Approved", "given"}, "declined": {"Declined", "refused"}, "over": {"Over", "plain"}, "closed": {"Closed", "plain"},
}

// goView is who may take part, as a page or a sheet has it.
type goView struct {
	portal.GoSheet
	Base, Here string // the office's address, and the page's own
	When       string // the activity is
	Holds      string // until when
	State      answer
	Whom       string
	Columns    []string // headings of the answers: of each question, and of all where there are several
	Lines      []goLine
	Early      bool     // the sheet no longer holds when the activity begins
	Names      []string // of the photographer's sheet; nil on others
	Photos     bool     // it is the photographer's

	Classes, Asked           []option // of the page without an activity
	Live, MayLive            bool     // it loads itself again
	MayDecide, Own           bool     // whoever looks may approve; they have proposed it
	MayClose, MayPlan, Slips bool
	After                    string // what has just been done
	Typed                    url.Values
}

// goLine is a pupil, with an answer for each column.
type goLine struct {
	Name  string
	Cells []answer
}

// goPage fills a view with what a sheet has.
func (s *server) goPage(sheet portal.GoSheet, base string) goView {
	x := sheet.Activity
	v := goView{GoSheet: sheet, Base: base, When: s.span(x), State: statusWords[sheet.Status], Early: x.Begins.After(sheet.Until)}
	v.Holds = s.moment(sheet.Until)
	if sheet.Until.In(portal.London).Hour() == 0 {
		v.Holds = "the end of " + s.day(sheet.At)
	}
	switch of := x.Plan.Whom; {
	case of.Group != "":
		v.Whom = "Class " + of.Group
	case of.Year != nil:
		v.Whom = of.Year.String()
	default:
		v.Whom = fmt.Sprintf("%d pupils by name", len(x.Pupils))
	}
	for _, p := range sheet.Purposes {
		v.Columns = append(v.Columns, p.Title)
	}
	if len(sheet.Purposes) > 1 {
		v.Columns = append(v.Columns, "All of it")
	}
	for _, r := range sheet.Rows {
		line := goLine{Name: r.Pupil.Surname + ", " + r.Pupil.Known()}
		for i, g := range r.Goes {
			word := goWords[g]
			if g == portal.GoYes && sheet.Purposes[i].Objected() {
				word = standingWords[portal.StandingUnopposed]
			}
			line.Cells = append(line.Cells, word)
		}
		if len(sheet.Purposes) > 1 {
			line.Cells = append(line.Cells, goWords[r.All])
		}
		v.Lines = append(v.Lines, line)
	}
	return v
}

// span is the day and the times of an activity, as they are in England.
func (s *server) span(x portal.Activity) string {
	const clock = "3:04 pm"
	return s.day(x.Begins) + ", " + x.Begins.In(portal.London).Format(clock) + " to " + x.Ends.In(portal.London).Format(clock)
}

// getMay is who of a class may do something now.
func (s *server) getMay(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.SeeRegister)
	if err != nil {
		return err
	}
	class, purpose := r.URL.Query().Get("class"), r.URL.Query().Get("purpose")
	show := func(sheet portal.GoSheet) (page, error) {
		classes, _, err := s.classesAndYears(r, school, class, "")
		v := s.goPage(sheet, officeLink(school.Slug))
		v.Here, v.Classes, v.Asked = v.Base+"may", classes, purposeOptions(school, []string{purpose})
		return page{template: "may.html", title: "Who may take part now", school: &school, data: v}, err
	}
	var sheet portal.GoSheet
	if class != "" || purpose != "" {
		if sheet, err = s.Portal.MayNow(r.Context(), account(r), school.Slug, class, purpose); err != nil {
			return &rejectedForm{err, func(bool) (page, error) { return show(portal.GoSheet{}) }}
		}
	}
	p, err := show(sheet)
	return s.showPage(w, r, p, err)
}

func purposeOptions(school portal.School, chosen []string) (all []option) {
	for _, t := range school.Of(portal.Purpose) {
		all = append(all, option{t.Slug, t.Title, slices.Contains(chosen, t.Slug)})
	}
	return all
}

// classesAndYears are those of the pupils on roll whom whoever looks sees.
func (s *server) classesAndYears(r *http.Request, school portal.School, class, year string) (classes, years []option, err error) {
	pupils, err := s.Portal.Pupils(r.Context(), account(r), school.Slug)
	have := func(all []option, value string) bool {
		return slices.ContainsFunc(all, func(o option) bool { return o.Value == value })
	}
	for _, x := range pupils {
		if !x.OnRoll() {
			continue
		}
		if x.Group != "" && !have(classes, x.Group) {
			classes = append(classes, option{x.Group, x.Group, x.Group == class})
		}
		if code := x.Year.Code(); !have(years, code) {
			years = append(years, option{code, x.Year.String(), code == year})
		}
	}
	return classes, years, err
}

// activitiesView is what is planned at a school.
type activitiesView struct {
	Base string
	Rows []activityRow
	Plan bool // whoever looks may propose one
}

type activityRow struct {
	ID, Title, When string
	State           answer
	Note            string // what is kept of it
}

func (s *server) getActivities(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.SeeRegister)
	if err != nil {
		return err
	}
	all, err := s.Portal.ListActivities(r.Context(), account(r), school.Slug)
	if err != nil {
		return err
	}
	actor, err := s.Portal.Actor(r.Context(), account(r))
	if err != nil {
		return err
	}
	v := activitiesView{Base: officeLink(school.Slug), Plan: s.mayAt(actor, school.Slug)["propose"]}
	for _, x := range all {
		row := activityRow{ID: x.ID, Title: x.Plan.Title, When: s.span(x.Activity), State: statusWords[x.Status]}
		switch {
		case x.Kept != "" && x.Deleted.At.IsZero():
			row.Note = "Kept; delete it by " + x.KeptUntil.String()
		case x.Kept != "":
			row.Note = "Deleted on " + s.day(x.Deleted.At)
		case x.Status == "over" && x.Answer == "approved":
			row.Note = "Say what was done"
		}
		v.Rows = append(v.Rows, row)
	}
	return s.show(w, r, http.StatusOK, page{template: "activities.html", title: "Activities", school: &school, data: v})
}

// planView is the form of a proposal.
type planView struct {
	Base                            string
	Asked, Recorded, Classes, Years []option
	Picked                          []option // pupils, by name
	Found                           string   // what a search found, in words
	Typed                           url.Values
}

// planPage is the form, with what was typed.
func (s *server) planPage(r *http.Request, school portal.School, typed url.Values, found []portal.Pupil, searched bool) (page, error) {
	v := planView{Base: officeLink(school.Slug), Asked: purposeOptions(school, typed["purpose"]), Typed: typed}
	var err error
	if v.Classes, v.Years, err = s.classesAndYears(r, school, typed.Get("class"), typed.Get("year")); err != nil {
		return page{}, err
	}
	for _, t := range school.Of(portal.Purpose) {
		if !t.Objected() {
			v.Recorded = append(v.Recorded, option{t.Slug, t.Title, t.Slug == typed.Get("recorded")})
		}
	}
	if len(typed["pupil"]) > 0 {
		all, err := s.Portal.Pupils(r.Context(), account(r), school.Slug)
		if err != nil {
			return page{}, err
		}
		for _, x := range all {
			if slices.Contains(typed["pupil"], x.ID) {
				v.Picked = append(v.Picked, pupilOption(x, x.ID))
			}
		}
	}
	n := 0
	for _, x := range found {
		if x.OnRoll() && !slices.Contains(typed["pupil"], x.ID) {
			v.Picked = append(v.Picked, pupilOption(x, ""))
			n++
		}
	}
	switch {
	case n > 0:
		v.Found = "Tick those whom you mean. You can search again for more."
	case searched:
		v.Found = "Nobody else was found. Try less of the name: the beginning of it is enough."
	}
	return page{template: "activity-new.html", title: "Plan an activity", school: &school, data: v}, nil
}

// getPlan is an empty form, or one with the plan of an activity that there was.
func (s *server) getPlan(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.ProposeActivity)
	if err != nil {
		return err
	}
	typed := url.Values{"class": {r.URL.Query().Get("class")}}
	if from := r.URL.Query().Get("from"); from != "" {
		sheet, err := s.Portal.Sheet(r.Context(), account(r), school.Slug, from, "")
		if err != nil {
			return err
		}
		x := sheet.Activity.Plan
		typed = url.Values{"title": {x.Title}, "class": {x.Whom.Group}, "pupil": x.Whom.IDs, "with": {x.With}, "checked": {x.Checked}, "supervision": {x.Supervision},
			"platform": {x.Platform}, "risk": {x.Risk}, "recorded": {x.Recorded}, "reason": {x.Reason},
			"from": {sheet.Activity.Begins.In(portal.London).Format("15:04")}, "to": {sheet.Activity.Ends.In(portal.London).Format("15:04")}}
		if x.Whom.Year != nil {
			typed.Set("year", x.Whom.Year.Code())
		}
		for _, t := range x.Asked {
			typed.Add("purpose", t.Slug)
		}
	}
	p, err := s.planPage(r, school, typed, nil, false)
	return s.showPage(w, r, p, err)
}

// postPlan looks for pupils, or proposes what was typed.
func (s *server) postPlan(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.ProposeActivity)
	if err != nil {
		return err
	}
	typed := r.PostForm
	again := func(bool) (page, error) { return s.planPage(r, school, typed, nil, false) }
	if typed.Get("do") == "find" {
		found, err := s.Portal.Find(r.Context(), account(r), school.Slug, typed.Get("find"))
		if err != nil {
			return &rejectedForm{err, again}
		}
		p, err := s.planPage(r, school, typed, found.Pupils, true)
		return s.showPage(w, r, p, err)
	}
	id, err := s.Portal.Propose(r.Context(), account(r), school.Slug, portal.ActivityForm{
		Title: typed.Get("title"), Purposes: typed["purpose"], On: typed.Get("on"), From: typed.Get("from"), To: typed.Get("to"),
		Group: typed.Get("class"), Year: typed.Get("year"), Pupils: typed["pupil"], With: typed.Get("with"), Checked: typed.Get("checked"),
		Supervision: typed.Get("supervision"), Platform: typed.Get("platform"), Risk: typed.Get("risk"), Recorded: typed.Get("recorded"), Reason: typed.Get("reason"),
	})
	if err != nil {
		return &rejectedForm{err, again}
	}
	return seeOther(w, r, officeLink(school.Slug)+"activities/"+id+"?after=propose")
}

// liveSeconds is how often the page loads itself again, for whoever has asked it to.
const liveSeconds = 15

func (s *server) activityPage(r *http.Request, school portal.School) (p page, v goView, err error) {
	id := mux.Vars(r)["id"]
	sheet, err := s.Portal.Sheet(r.Context(), account(r), school.Slug, id, "")
	if err != nil {
		return p, v, err
	}
	actor, err := s.Portal.Actor(r.Context(), account(r))
	if err != nil {
		return p, v, err
	}
	x, may := sheet.Activity, s.mayAt(actor, school.Slug)
	v = s.goPage(sheet, officeLink(school.Slug))
	v.Here = v.Base + "activities/" + id
	v.Own = x.Proposed.By == account(r)
	v.MayPlan, v.Slips = may["propose"], may["letters"]
	v.MayDecide = may["approve"] && !v.Own && sheet.Status == "waits for approval"
	v.MayClose = may["propose"] || may["approve"]
	v.MayLive = sheet.Status == "approved"
	v.Live = v.MayLive && r.URL.Query().Get("live") == "yes"
	v.After = r.URL.Query().Get("after")
	v.Typed = r.PostForm
	return page{template: "activity.html", title: "Activity", school: &school, data: v}, v, nil
}

func (s *server) getActivity(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.SeeRegister)
	if err != nil {
		return err
	}
	p, v, err := s.activityPage(r, school)
	if err != nil {
		return err
	}
	if v.Live {
		w.Header().Set("Refresh", fmt.Sprint(liveSeconds))
	}
	return s.show(w, r, http.StatusOK, p)
}

// postActivity decides on an activity, closes it, or says that what it left is deleted.
func (s *server) postActivity(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.SeeRegister)
	if err != nil {
		return err
	}
	id, form := mux.Vars(r)["id"], r.PostForm
	do := form.Get("do")
	switch do {
	case "approve", "decline":
		err = s.Portal.DecideActivity(r.Context(), account(r), school.Slug, id, do == "approve", form.Get("why"))
	case "close":
		err = s.Portal.CloseActivity(r.Context(), account(r), school.Slug, id, portal.CloseForm{Done: form.Get("done"), Kept: form.Get("kept"), Until: form.Get("until")})
	case "delete":
		err = s.Portal.DeleteRecording(r.Context(), account(r), school.Slug, id)
	default:
		return errBadForm
	}
	if err != nil {
		return &rejectedForm{err, func(bool) (page, error) {
			p, _, err := s.activityPage(r, school)
			return p, err
		}}
	}
	return seeOther(w, r, officeLink(school.Slug)+"activities/"+id+"?after="+do)
}

// getSheet is a sheet to print: of the class, or the photographer's. There is none of
// what nobody has approved, or is over.
func (s *server) getSheet(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.SeeRegister)
	if err != nil {
		return err
	}
	id, made := mux.Vars(r)["id"], "class sheet"
	photos := r.URL.Query().Get("for") == "photographer"
	if photos {
		made = "photographer's sheet"
	}
	sheet, err := s.Portal.Sheet(r.Context(), account(r), school.Slug, id, made)
	if err != nil {
		return err
	}
	v := s.goPage(sheet, officeLink(school.Slug))
	v.Here = v.Base + "activities/" + id
	if sheet.Status != "approved" {
		return seeOther(w, r, v.Here)
	}
	if v.Photos = photos; photos {
		v.Names = sheet.FirstNames()
	}
	return s.show(w, r, http.StatusOK, page{template: "activity-sheet.html", title: strings.ToUpper(made[:1]) + made[1:], school: &school, data: v})
}
