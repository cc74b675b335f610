package web

import (
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"schoolgate/portal"
)

// todayView is what waits at a school, and how far it has come.
type todayView struct {
	School   portal.School
	Base     string // the office's address
	Tasks    []task
	Pupils   int // on roll
	Days     []portal.DayCount
	Chart    template.HTML
	Register bool
}

// everyTodayView is what waits at each school of the trust.
type everyTodayView struct{ Schools []todayView }

// task is one sort of work in words.
type task struct {
	Count  int
	Label  string
	Note   string
	Link   string   // where it is done; "" for whoever only sees that it waits
	Who    string   // who does it, where it is not whoever looks
	Places []string // which they are, where they have names
	Tell   bool     // it cannot wait, and whoever sees it tells them
}

// taskPages is how the portal's tasks read, and where each is done. The label is for one
// and for many.
var taskPages = map[portal.TaskKind]struct{ path, one, many, note, who string }{
	portal.TaskOrders:    {"restrictions", "contact waits for somebody to look", "contacts wait for somebody to look", "A class list speaks of a court order, or somebody very like them is barred from another child, and until then they are held back; or a no of theirs stands, and they are no longer a contact who decides.", "the safeguarding lead or the head"},
	portal.TaskKin:       {"restrictions#kin", "address in the register is that of a member of staff", "addresses in the register are those of members of staff", "Say whether it is the same person. Until then what they do to that child is marked.", "the safeguarding lead or the head, whose address it is not"},
	portal.TaskSettle:    {"settle", "contact to settle", "contacts to settle", "Nobody has said whether they hold parental responsibility. Until then they decide nothing.", "the office"},
	portal.TaskJoins:     {"joins", "person has joined", "people have joined", "Make sure that it is they: a yes of theirs counts at once then.", "the office or the safeguarding lead"},
	portal.TaskDead:      {"joins#dead", "letter’s code is dead", "letters’ codes are dead", "Somebody typed wrong dates of birth.", "the office"},
	portal.TaskLetters:   {"letters", "person has no letter yet", "people have no letter yet", "They cannot join without one.", "the office"},
	portal.TaskLeavers:   {"import", "pupil was not in the last class list", "pupils were not in the last class list", "They are still on roll. Bring in a newer list, and say of each whether they have left.", "the office"},
	portal.TaskConflicts: {"#purposes", "pupil about whom those who decide do not agree", "pupils about whom those who decide do not agree", "It is a no until they agree.", "the safeguarding lead"},
	portal.TaskLapsing:   {"chase", "pupil has a yes that ends soon", "pupils have a yes that ends soon", fmt.Sprintf("It ends within %d days. The portal asks again from then on.", portal.LapsingDays), "the office"},
	portal.TaskWordings:  {"wordings", "corrected wording waits for a second person", "corrected wordings wait for a second person", "Earlier answers do not count for it until somebody has agreed that it means the same.", "the safeguarding lead or the head"},
	portal.TaskBlanks:    {"blanks", "answer for the website waits for approval", "answers for the website wait for approval", "A colleague drafted them. They are public once somebody else approves.", "the safeguarding lead or the head"},
	portal.TaskMail:      {"mail#trouble", "mail did not arrive, or an address does not work", "mails did not arrive, or addresses do not work", "Send a letter instead, or put the address right.", "the office"},
	portal.TaskApprove:   {"activities", "activity waits for approval", "activities wait for approval", "Until somebody approves it, no pupil takes part.", "the safeguarding lead or the head"},
	portal.TaskUnclosed:  {"activities", "activity is over and not closed", "activities are over and not closed", "Say what was done, and what is kept of it.", "the office or whoever planned it"},
	portal.TaskKept:      {"activities", "recording or set of pictures is to be deleted", "recordings or sets of pictures are to be deleted", "Families were told that it is deleted by now. Delete it, and say so.", "the office or whoever planned it"},
	portal.TaskSecond:    {"pictures", "picture waits for a second person", "pictures wait for a second person", "Somebody says that nobody is in it. It is shown once another person has looked, too.", "the office, the safeguarding lead or the head"},
	portal.TaskElsewhere: {"pictures", "picture was taken down here, and is still used elsewhere", "pictures were taken down here, and are still used elsewhere", "Take them down there by hand, and say so.", "the office, the safeguarding lead or the head"},
	portal.TaskReview:    {"pictures", "picture on the website to look through", "pictures on the website to look through", "Nobody has looked through them for a year.", "the office, the safeguarding lead or the head"},
	portal.TaskGone:      {"access?show=left", "device or login of somebody who has left", "devices and logins of people who have left", "Take it back or close it, and say so.", "the office, the business manager or the head"},
	portal.TaskAccess:    {"access?show=review", "device or login that nobody has looked at this term", "devices and logins that nobody has looked at this term", "Look through who has access, and say that it is right.", "the business manager, the safeguarding lead or the head"},
	portal.TaskOver:      {"retention", "record has had its time", "records have had their time", "Families were told that it is erased then.", "the office, the safeguarding lead or the head"},
}

// tasksAt is all that waits at a school: of the portal's, and of its site's.
func (s *server) tasksAt(r *http.Request, school portal.School) (all []task, err error) {
	waiting, err := s.Portal.Tasks(r.Context(), account(r), school.Slug)
	if err != nil {
		return nil, err
	}
	base := officeLink(school.Slug)
	for _, t := range waiting {
		p := taskPages[t.Kind]
		x := task{Count: t.Count, Label: p.many, Note: p.note, Who: p.who, Tell: t.Kind == portal.TaskOrders}
		if t.Count == 1 {
			x.Label = p.one
		}
		if t.May {
			x.Link, x.Who = base+p.path, ""
		}
		all = append(all, x)
	}
	if s.Review != nil {
		if due, when := s.Review(school.Slug); when != "" {
			x := task{Count: 1, Label: "review of the online safety policy is due by " + s.day(due), Note: "Tell the safeguarding lead. Families do not see this.", Link: school.Site + "online-safety-policy/"}
			if when == "overdue" {
				x.Label = "review of the online safety policy is overdue: it was due by " + s.day(due)
			}
			all = append(all, x)
		}
	}
	if s.Unconfirmed != nil {
		if places := s.Unconfirmed(school.Slug); len(places) > 0 {
			x := task{Count: len(places), Label: "places of help on your site wait to be looked at", Link: school.Site + "help/staff-all/"}
			if len(places) == 1 {
				x.Label = "place of help on your site waits to be looked at"
			}
			x.Note, x.Places = "Nobody at the school has looked within a year. Ring each number and follow each link. Tell whoever keeps the website what is right, and on which day you looked.", places
			all = append(all, x)
		}
	}
	return all, nil
}

// waiting is what waits for whoever looks themselves, and what they must tell of.
func (s *server) waiting(r *http.Request, actor portal.Actor, school portal.School) ([]task, error) {
	if actor.May(portal.SeeTasks, portal.Subject{School: school.Slug}) != nil {
		return nil, nil
	}
	all, err := s.tasksAt(r, school)
	return slices.DeleteFunc(all, func(t task) bool { return t.Link == "" && !t.Tell }), err
}

// progressDays is how many days the chart has: from a letter to half-term.
const progressDays = 56

func (s *server) getToday(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.SeeTasks)
	if err != nil {
		return err
	}
	v := todayView{School: school, Base: officeLink(school.Slug)}
	if v.Tasks, err = s.tasksAt(r, school); err != nil {
		return err
	}
	if v.Days, v.Pupils, err = s.Portal.Progress(r.Context(), account(r), school.Slug, progressDays); err != nil {
		return err
	}
	v.Chart = chart(v.Days, v.Pupils)
	slices.Reverse(v.Days)
	return s.show(w, r, http.StatusOK, page{template: "today.html", title: "The office’s day: " + school.ShortName, school: &school, data: v})
}

// getEveryToday is what waits at every school at which whoever looks may see it.
func (s *server) getEveryToday(w http.ResponseWriter, r *http.Request) error {
	actor, err := s.Portal.Actor(r.Context(), account(r))
	if err != nil {
		return err
	}
	schools, err := s.Portal.Schools(r.Context())
	if err != nil {
		return err
	}
	var v everyTodayView
	for _, school := range schools {
		if actor.May(portal.SeeTasks, portal.Subject{School: school.Slug}) != nil {
			continue
		}
		x := todayView{School: school, Base: officeLink(school.Slug)}
		if x.Tasks, err = s.tasksAt(r, school); err != nil {
			return err
		}
		v.Schools = append(v.Schools, x)
	}
	if len(v.Schools) == 0 {
		return portal.ErrNotFound
	}
	return s.show(w, r, http.StatusOK, page{template: "today-all.html", title: "What needs doing", data: v})
}

// The chart's frame, in its own units: room for the numbers at the left and the days
// below.
const (
	chartLeft, chartTop     = 56, 12
	chartWide, chartHigh    = 640, 220
	chartRight, chartBottom = chartLeft + chartWide, chartTop + chartHigh
)

// chart draws how far a school has come, as two lines over the days. Its numbers stand in
// the table beside it.
func chart(days []portal.DayCount, pupils int) template.HTML {
	if len(days) < 2 {
		return ""
	}
	top := max(pupils, days[len(days)-1].Answered, days[len(days)-1].Joined, 1)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="chart" viewBox="0 0 %d %d" role="img" aria-label="Pupils answered for, and people who have joined, day by day. The numbers are in the table below.">`, chartRight+8, chartBottom+36)
	high := func(n int) int { return chartBottom - n*chartHigh/top }
	for _, n := range []int{0, top / 2, top} {
		fmt.Fprintf(&b, `<path class="chart-rule" d="M%d %dH%d"/><text x="%d" y="%d" text-anchor="end">%d</text>`, chartLeft, high(n), chartRight, chartLeft-8, high(n)+5, n)
	}
	line := func(class string, of func(portal.DayCount) int) {
		fmt.Fprintf(&b, `<polyline class="%s" points="`, class)
		for i, d := range days {
			fmt.Fprintf(&b, "%d,%d ", chartLeft+i*chartWide/(len(days)-1), high(of(d)))
		}
		b.WriteString(`"/>`)
	}
	line("chart-answered", func(d portal.DayCount) int { return d.Answered })
	line("chart-joined", func(d portal.DayCount) int { return d.Joined })
	fmt.Fprintf(&b, `<text x="%d" y="%d">%s</text><text x="%d" y="%d" text-anchor="end">%s</text></svg>`, chartLeft, chartBottom+26, days[0].Day, chartRight, chartBottom+26, days[len(days)-1].Day)
	return template.HTML(b.String()) // numbers and days alone
}
