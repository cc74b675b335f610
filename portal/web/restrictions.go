package web

import (
	"net/http"
	"net/url"
	"strings"

	"schoolgate/portal"
)

// restrictionsView is who may see, decide and be written to about which child, for who
// may change it.
type restrictionsView struct {
	School portal.School
	Base   string
	Pupils []option // whose contacts may be chosen
	Pupil  string   // whose contacts are shown, by id; "" for everybody from whom something is taken
	People []restrictedPerson
	Saved  bool
	Kin    []portal.Invitee // who may be a member of staff, by their address
	Own    bool             // whoever looks is of the family of whom is asked for
	Others []string         // who looks after those then
}

// restrictedPerson is one contact of one pupil, with a form.
type restrictedPerson struct {
	portal.Restricted
	Key    string // of the link, as the form sends it
	ID     string // of the form's fields
	Rights []rightBox
	Why    string // as typed
}

// rightBox is one of the rights, with a box that is ticked where they have it.
type rightBox struct {
	Name, Label string
	Held        bool
}

// theRights are all of them, as the form names them.
var theRights = []struct {
	right       portal.Rights
	name, label string
}{
	{portal.MaySee, "see", "May see the child’s pages here"},
	{portal.MayDecide, "decide", "May sign, and say yes and no: their word counts"},
	{portal.MayBeWrittenTo, "write", "May be written to"},
	{portal.EarlierNo, "earlier", "A no from before still counts, when they may not decide"},
}

func (s *server) restrictionsPage(r *http.Request, school portal.School, form url.Values) (page, error) {
	v := restrictionsView{School: school, Base: officeLink(school.Slug), Pupil: r.URL.Query().Get("pupil"), Saved: r.URL.Query().Get("after") == "save"}
	// Of what it was for the event says nothing: it may be handed to a parent.
	if err := s.Portal.Look(r.Context(), account(r), school.Slug, portal.SetRestrictions, "contacts", v.Pupil); err != nil {
		return page{}, err
	}
	pupils, all, err := s.Portal.Restrictions(r.Context(), account(r), school.Slug, v.Pupil)
	if err != nil {
		return page{}, err
	}
	if v.Others, v.Own, err = s.Portal.Withheld(r.Context(), account(r), school.Slug, v.Pupil); err != nil {
		return page{}, err
	}
	if v.Kin, err = s.Portal.Kin(r.Context(), account(r), school.Slug); err != nil {
		return page{}, err
	}
	for _, x := range all {
		p := restrictedPerson{Restricted: x, Key: x.Pupil.ID + " " + x.Contact.ID, ID: x.Pupil.ID + "-" + x.Contact.ID}
		typed := form.Get("link") == p.Key
		for _, t := range theRights {
			held := x.Responsibility.Barred&t.right == 0
			if typed {
				held = form.Get(t.name) == "yes"
			}
			p.Rights = append(p.Rights, rightBox{t.name, t.label, held})
		}
		if typed {
			p.Why = form.Get("why")
		}
		v.People = append(v.People, p)
	}
	for _, x := range pupils {
		v.Pupils = append(v.Pupils, pupilOption(x, v.Pupil))
	}
	return page{template: "restrictions.html", title: "Restrictions", school: &school, data: v}, nil
}

func (s *server) getRestrictions(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.SetRestrictions)
	if err != nil {
		return err
	}
	p, err := s.restrictionsPage(r, school, nil)
	return s.showPage(w, r, p, err)
}

// postRestrictions sets and lifts what is taken from one contact about one pupil.
func (s *server) postRestrictions(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.SetRestrictions)
	if err != nil {
		return err
	}
	if do, contact, ok := strings.Cut(r.PostForm.Get("kin"), " "); ok && (do == "same" || do == "other") {
		if err := s.Portal.SettleKin(r.Context(), account(r), school.Slug, contact, do == "same"); err != nil {
			return err
		}
		return seeOther(w, r, officeLink(school.Slug)+"restrictions?after=save")
	}
	pupil, contact, _ := strings.Cut(r.PostForm.Get("link"), " ")
	f := portal.RestrictForm{Link: portal.Link{PupilID: pupil, ContactID: contact}, Why: r.PostForm.Get("why")}
	for _, t := range theRights {
		if r.PostForm.Get(t.name) != "yes" {
			f.Takes |= t.right
		}
		if strings.Contains(r.PostForm.Get("was"), t.name) {
			f.Was |= t.right
		}
	}
	if err := s.Portal.Restrict(r.Context(), account(r), school.Slug, f); err != nil {
		return &rejectedForm{err, func(bool) (page, error) { return s.restrictionsPage(r, school, r.PostForm) }}
	}
	return seeOther(w, r, officeLink(school.Slug)+"restrictions?after=save")
}

// Was is what is taken, as the form sends it back.
func (p restrictedPerson) Was() string {
	var names []string
	for _, t := range theRights {
		if p.Responsibility.Barred&t.right != 0 {
			names = append(names, t.name)
		}
	}
	return strings.Join(names, " ")
}
