package web

import (
	"net/http"
	"slices"

	"github.com/gorilla/mux"

	"schoolgate/portal"
)

// findView is whom somebody looked for. What they typed is in no address: an address
// stands in logs and histories.
type findView struct {
	School portal.School
	Base   string
	Typed  string
	Asked  bool
	portal.Found
	Families bool // whether contacts are looked for, and numbers
}

func (s *server) getFind(w http.ResponseWriter, r *http.Request) error {
	p, err := s.findPage(r, "", false)
	return s.showPage(w, r, p, err)
}

func (s *server) postFind(w http.ResponseWriter, r *http.Request) error {
	typed := r.PostForm.Get("find")
	p, err := s.findPage(r, typed, true)
	if err != nil {
		return &rejectedForm{err, func(bool) (page, error) { return s.findPage(r, typed, false) }}
	}
	return s.show(w, r, http.StatusOK, p)
}

func (s *server) findPage(r *http.Request, typed string, look bool) (page, error) {
	school, err := s.office(r, portal.SeeRegister)
	if err != nil {
		return page{}, err
	}
	_, families := s.office(r, portal.SeeFamilies)
	v := findView{School: school, Base: officeLink(school.Slug), Typed: typed, Asked: look, Families: families == nil}
	if look {
		if v.Found, err = s.Portal.Find(r.Context(), account(r), school.Slug, typed); err != nil {
			return page{}, err
		}
	}
	return page{template: "find.html", title: "Find a pupil or a contact", school: &school, data: v}, nil
}

// pupilView is one pupil, with what may be done about them.
type pupilView struct {
	portal.PupilPage
	School  portal.School
	Base    string
	May     map[string]bool // see [server.mayAt]
	Asked   []stands
	Signed  []stands
	Ties    []tieView
	Unknown bool // of somebody it waits to be said whether they hold parental responsibility
	Events  []eventRow
}

// stands is one text, and where it stands.
type stands struct {
	Title string
	answer
}

// tieView is what is between a contact and a child, in words.
type tieView struct {
	portal.Tie
	School string
	Says   string // whether they decide
	Said   []stands
}

// contactView is one contact.
type contactView struct {
	portal.ContactPage
	School  portal.School
	Base    string
	May     map[string]bool
	Ties    []tieView
	Letters []letterView
	Events  []eventRow
}

type letterView struct {
	portal.Issued
	Now answer
}

func (s *server) getPupil(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.SeeRegister)
	if err != nil {
		return err
	}
	x, err := s.Portal.PupilPage(r.Context(), account(r), school.Slug, mux.Vars(r)["id"])
	if err != nil {
		return err
	}
	v := pupilView{PupilPage: x, School: school, Base: officeLink(school.Slug)}
	actor, err := s.Portal.Actor(r.Context(), account(r))
	if err != nil {
		return err
	}
	v.May = s.mayAt(actor, school.Slug)
	for i, t := range x.List.Purposes {
		v.Asked = append(v.Asked, stands{t.Title, standingWords[x.Standings[i]]})
	}
	for i, t := range x.List.Agreements {
		v.Signed = append(v.Signed, stands{t.Title, signedWords[x.Signed[i]]})
	}
	for _, t := range x.ForSelf {
		v.Signed = append(v.Signed, stands{t.Text.Title + ", by the pupil", s.signedOn(t)})
	}
	for _, t := range x.Ties {
		v.Ties = append(v.Ties, s.tieView(t))
		v.Unknown = v.Unknown || t.Child.Responsibility.Unsettled
	}
	if v.Events, err = s.eventsOf(r, school, x.Pupil.ID, v.May); err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, page{template: "pupil.html", title: "One pupil", school: &school, data: v})
}

func (s *server) getContact(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.SeeFamilies)
	if err != nil {
		return err
	}
	x, err := s.Portal.ContactPage(r.Context(), account(r), school.Slug, mux.Vars(r)["id"])
	if err != nil {
		return err
	}
	v := contactView{ContactPage: x, School: school, Base: officeLink(school.Slug)}
	actor, err := s.Portal.Actor(r.Context(), account(r))
	if err != nil {
		return err
	}
	v.May = s.mayAt(actor, school.Slug)
	for _, t := range x.Ties {
		v.Ties = append(v.Ties, s.tieView(t))
	}
	for _, l := range x.Letters {
		now := answer{"Replaced or ended", "plain"}
		switch {
		case l.Joined:
			now = answer{"Used to join", "given"}
		case l.Alive(x.List.At):
			now = answer{"Works until " + s.day(l.Expires), "waiting"}
		case !l.Died.IsZero():
			now = answer{"Dead since " + s.day(l.Died), "refused"}
		case l.Used.IsZero():
			now = answer{"Ran out on " + s.day(l.Expires), "plain"}
		}
		v.Letters = append(v.Letters, letterView{l, now})
	}
	if v.Events, err = s.eventsOf(r, school, x.Contact.ID, v.May); err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, page{template: "contact.html", title: "One contact", school: &school, data: v})
}

var signedWords = map[bool]answer{true: {"Signed", "given"}, false: {"Not signed", "waiting"}}

// tieView says what a contact is to a child, and what they said.
func (s *server) tieView(t portal.Tie) tieView {
	v := tieView{Tie: t}
	switch r := t.Child.Responsibility; {
	case r.Unsettled:
		v.Says = "Nobody has said whether they hold parental responsibility, so they decide nothing"
	case !r.Parental:
		v.Says = "Does not hold parental responsibility, and decides nothing"
	case r.Decides():
		v.Says = "Holds parental responsibility, and decides"
	default:
		v.Says = "Holds parental responsibility, and does not decide"
	}
	if barred := t.Child.Responsibility.Barred; barred != 0 {
		v.Says += ". A restriction: may not " + barred.String()
	}
	for _, said := range t.Said {
		yes, objected := said.Act.Answer == portal.Given, said.Text.Objected()
		a := answer{"Not answered", "waiting"}
		switch {
		case objected && said.Act.Seq == 0:
			continue // nobody waits for it
		case objected && yes:
			a = answer{"Took back an objection", "given"}
		case objected:
			a = answer{"Objected", "refused"}
		case !said.Answered:
		case said.Text.Kind == portal.Agreement:
			a = signedWords[true]
		case yes:
			a = answer{"Said yes", "given"}
		case said.Act.Answer == portal.Withdrawn:
			a = answer{"Changed to no", "refused"}
		default:
			a = answer{"Said no", "refused"}
		}
		if said.Act.Seq > 0 {
			a.Word += ", " + s.day(said.Act.At) + map[portal.Way]string{portal.Paper: ", on paper", portal.Telephone: ", by telephone", portal.InPerson: ", in person", portal.InOffice: ", by the office"}[said.Act.Way]
		}
		v.Said = append(v.Said, stands{said.Text.Title, a})
	}
	return v
}

// mostPersonEvents is how much of somebody's history stands on their own page.
const mostPersonEvents = 20

// eventsOf is the latest of what was done about somebody, not to lists on which they
// stood; nothing for whoever may not see events.
func (s *server) eventsOf(r *http.Request, school portal.School, person string, may map[string]bool) (rows []eventRow, err error) {
	if !may["events"] {
		return nil, nil
	}
	all, err := s.Portal.Events(r.Context(), account(r), school.Slug, person)
	for _, e := range all {
		if e.About != "" && len(rows) < mostPersonEvents {
			rows = append(rows, s.eventRow(e))
		}
	}
	return slices.Clip(rows), err
}
