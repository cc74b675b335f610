package web

import (
	"cmp"
	"net/http"
	"net/url"

	"schoolgate/portal"
)

// accessWords is what there is to give, in words, and accessShows which rows of the record
// there are to see.
var (
	accessWords = map[string]string{"device": "Device", "network": "Network login", "email": "Email account", "platform": "Platform or app"}
	accessShows = map[string]string{"": "Everybody who has access", "left": "Have left, and still have access", "lacking": "Without a signature that stands", "review": "Not looked through this term", "ended": "Access that has ended"}
)

// grantTags is how a row stands, as a tag shows it.
var grantTags = map[string]string{portal.GrantStands: "given", portal.GrantNewer: "given", portal.GrantWaived: "waiting", portal.GrantLacks: "refused"}

// accessView is the record of who has been given access.
type accessView struct {
	portal.AccessPage
	Base                  string
	Filter                portal.AccessFilter
	Shows, Whats, Classes []option
	Lines                 []accessLine
	MayGive, MayReview    bool
}

type accessLine struct {
	portal.GrantRow
	What, Of string
	State    answer
}

func (s *server) getAccess(w http.ResponseWriter, r *http.Request) error {
	p, err := s.accessPage(r, r.URL.Query())
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, p)
}

func accessFilter(q url.Values) portal.AccessFilter {
	return portal.AccessFilter{Show: q.Get("show"), What: q.Get("what"), Group: q.Get("class")}
}

func (s *server) accessPage(r *http.Request, q url.Values) (page, error) {
	school, err := s.office(r, portal.SeeAccess)
	if err != nil {
		return page{}, err
	}
	v := accessView{Base: officeLink(school.Slug), Filter: accessFilter(q)}
	if v.AccessPage, err = s.Portal.AccessRecord(r.Context(), account(r), school.Slug, v.Filter); err != nil {
		return page{}, err
	}
	if v.Classes, _, err = s.classesAndYears(r, school, v.Filter.Group, ""); err != nil {
		return page{}, err
	}
	for _, show := range portal.AccessShows {
		v.Shows = append(v.Shows, option{show, accessShows[show], show == v.Filter.Show})
	}
	v.Whats = accessOptions(v.Filter.What)
	for _, row := range v.Rows {
		x := accessLine{GrantRow: row, What: accessWords[row.What], State: answer{row.Now(), grantTags[row.State]}}
		switch {
		case row.Holder.Kind == portal.RefStaff && row.Left:
			x.Of = "Staff, works here no more"
		case row.Holder.Kind == portal.RefStaff:
			x.Of = "Staff"
		case row.Left:
			x.Of = "Has left"
		default:
			x.Of = cmp.Or(row.Pupil.Group, row.Pupil.Year.String())
		}
		v.Lines = append(v.Lines, x)
	}
	_, give := s.office(r, portal.GiveAccess)
	_, review := s.office(r, portal.ReviewAccess)
	v.MayGive, v.MayReview = give == nil, review == nil
	return page{template: "access.html", title: "Who has access", school: &school, data: v}, nil
}

func accessOptions(chosen string) (all []option) {
	for _, what := range portal.Accesses {
		all = append(all, option{what, accessWords[what], what == chosen})
	}
	return all
}

// postAccess notes that rows were looked through, or have ended, and comes back to the
// same list.
func (s *server) postAccess(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.SeeAccess)
	if err != nil {
		return err
	}
	do := r.PostForm.Get("do")
	if do != "end" && do != "review" {
		return errBadForm
	}
	if err := s.Portal.ChangeAccess(r.Context(), account(r), school.Slug, r.PostForm["row"], do == "end"); err != nil {
		return &rejectedForm{err, func(bool) (page, error) { return s.accessPage(r, r.PostForm) }}
	}
	f := accessFilter(r.PostForm)
	return seeOther(w, r, officeLink(school.Slug)+"access?"+url.Values{"show": {f.Show}, "what": {f.What}, "class": {f.Group}}.Encode())
}

// postAccessList is the record as a file.
func (s *server) postAccessList(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.SeeAccess)
	if err != nil {
		return err
	}
	name := func(l portal.List) string {
		return school.Slug + "-access-" + l.At.In(portal.London).Format("2006-01-02-1504")
	}
	return s.sendList(w, r.PostForm.Get("format"), "", name, func(begin func(portal.List) error, each func(portal.ListRow) error) error {
		return s.Portal.ExportAccess(r.Context(), account(r), school.Slug, accessFilter(r.PostForm), begin, each)
	})
}

// giveView is the form by which access is given, and what came of it.
type giveView struct {
	Base                         string
	Whats, Classes, Years, Staff []option
	Pupil                        *option // somebody chosen by name
	Typed                        url.Values
	MayWaive                     bool
	Done                         *portal.Giving
}

func (s *server) getGive(w http.ResponseWriter, r *http.Request) error {
	p, err := s.givePage(r, r.URL.Query(), nil)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, p)
}

func (s *server) postGive(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.GiveAccess)
	if err != nil {
		return err
	}
	q := r.PostForm
	done, err := s.Portal.GiveAccess(r.Context(), account(r), school.Slug, portal.GiveForm{What: q.Get("what"), Item: q.Get("item"), Group: q.Get("class"), Year: q.Get("year"), Pupil: q.Get("pupil"), Staff: q.Get("staff"), Why: q.Get("why")})
	if err != nil {
		return &rejectedForm{err, func(bool) (page, error) { return s.givePage(r, q, nil) }}
	}
	p, err := s.givePage(r, q, &done)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, p)
}

func (s *server) givePage(r *http.Request, q url.Values, done *portal.Giving) (page, error) {
	school, err := s.office(r, portal.GiveAccess)
	if err != nil {
		return page{}, err
	}
	v := giveView{Base: officeLink(school.Slug), Whats: accessOptions(q.Get("what")), Done: done, Typed: q}
	_, waive := s.office(r, portal.WaiveSignature)
	v.MayWaive = waive == nil
	if v.Classes, v.Years, err = s.classesAndYears(r, school, q.Get("class"), q.Get("year")); err != nil {
		return page{}, err
	}
	staff, err := s.Portal.WorksHere(r.Context(), account(r), school.Slug)
	if err != nil {
		return page{}, err
	}
	for _, email := range staff {
		v.Staff = append(v.Staff, option{email, email, email == q.Get("staff")})
	}
	if id := q.Get("pupil"); id != "" {
		all, err := s.Portal.Pupils(r.Context(), account(r), school.Slug)
		if err != nil {
			return page{}, err
		}
		for _, x := range all {
			if x.ID == id {
				o := pupilOption(x, id)
				v.Pupil = &o
			}
		}
	}
	return page{template: "access-new.html", title: "Give access", school: &school, data: v}, nil
}
