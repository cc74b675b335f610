package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gorilla/mux"

	"schoolgate/portal"
)

// herePath is what a teacher says, or the office: the pages on a device of the school on
// which people sign who have no account. They show first names of one class, until each
// has signed, and nothing else of anybody.
const herePath = "/portal/here"

// hereCookie holds the code of the sitting that a device is in, with the proof that it was
// typed: made up, codes could be tried by it without any limit. It opens nothing once
// that has ended.
const hereCookie = "schoolgate-here"

// hereView is the first page of such a device.
type hereView struct {
	Open    bool // it is in a sitting
	Class   string
	Names   []portal.Classmate
	Done    bool // somebody has just signed
	Typed   string
	Missing bool // there was a sitting, which has ended
}

// deskView is what a visitor fills in.
type deskView struct {
	School portal.School
	wording
	Name, From string
	Regular    bool
	Agreed     bool
	Changed    bool
}

// ownView is what a pupil reads and answers.
type ownView struct {
	School portal.School
	wording
	Child   string
	Checks  []checkView
	Marks   []option
	Name    string
	Changed bool
}

type checkView struct {
	Field    string
	Question string
	Answers  []option
}

// hereCode is the code of the sitting that a device is in; "" while somebody is signed in on
// it, whose portal no child is to have at hand.
func (s *server) hereCode(r *http.Request) (string, error) {
	who, err := s.session(r)
	if err != nil || who.account != "" {
		return "", err
	}
	return s.Portal.EntryCode(s.cookieValue(r, hereCookie)), nil
}

// here is that sitting; [portal.ErrNotFound] for none.
func (s *server) here(r *http.Request) (portal.Here, error) {
	code, err := s.hereCode(r)
	if err != nil {
		return portal.Here{}, err
	}
	return s.Portal.Here(r.Context(), code)
}

func (s *server) getHere(w http.ResponseWriter, r *http.Request) error {
	h, err := s.here(r)
	if account(r) != "" && s.showPageAgain(w, r) {
		return nil
	}
	switch {
	case errors.Is(err, portal.ErrNotFound):
		return s.show(w, r, http.StatusOK, page{template: "here.html", title: "Sign here", data: hereView{Missing: s.cookieValue(r, hereCookie) != ""}})
	case err != nil:
		return err
	case h.Group == "" && r.URL.Query().Get("done") == "":
		return s.show(w, r, http.StatusOK, s.deskPage(h, nil, false))
	}
	v := hereView{Open: true, Class: h.Group, Names: h.Waiting, Done: r.URL.Query().Get("done") != ""}
	return s.show(w, r, http.StatusOK, page{template: "here.html", title: "Sign here", school: &h.School, data: v})
}

// postHere takes the code. Whoever is signed in on the device is signed out: a child is
// not to have a teacher's portal at hand.
func (s *server) postHere(w http.ResponseWriter, r *http.Request) error {
	typed := r.PostForm.Get("code")
	h, err := s.Portal.Here(r.Context(), typed)
	if errors.Is(err, portal.ErrNotFound) {
		var wrong portal.Invalid
		wrong.Add("code", "Nobody has opened that code now. Look at each letter and number again, or ask for a new code")
		return &rejectedForm{&wrong, func(bool) (page, error) {
			return page{template: "here.html", title: "Sign here", data: hereView{Typed: typed}}, nil
		}}
	} else if err != nil {
		return err
	}
	if token := s.cookieValue(r, sessionCookie); token != "" {
		if err := s.Portal.EndSession(r.Context(), token); err != nil {
			return err
		}
		http.SetCookie(w, s.cookie(sessionCookie, ""))
	}
	http.SetCookie(w, s.cookie(hereCookie, s.Portal.Entry(h.Code)))
	return seeOther(w, r, herePath)
}

func (s *server) getOwn(w http.ResponseWriter, r *http.Request) error {
	p, err := s.ownPage(r, nil, false)
	if errors.Is(err, portal.ErrNotFound) { // it has ended, or they have signed
		return seeOther(w, r, herePath)
	} else if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, p)
}

func (s *server) postOwn(w http.ResponseWriter, r *http.Request) error {
	f := portal.OwnSigning{Pupil: mux.Vars(r)["pupil"], Hash: r.PostForm.Get("hash"), Name: r.PostForm.Get("name"), Picture: r.PostForm.Get("picture"), Language: language}
	for i := range mostChecks {
		n, err := strconv.Atoi(r.PostForm.Get(fmt.Sprintf("check-%d", i)))
		if err != nil {
			n = -1
		}
		f.Answers = append(f.Answers, n)
	}
	code, err := s.hereCode(r)
	if err == nil {
		err = s.Portal.SignInClass(r.Context(), code, f)
	}
	if errors.Is(err, portal.ErrNotFound) {
		return seeOther(w, r, herePath)
	} else if err != nil {
		return &rejectedForm{err, func(changed bool) (page, error) { return s.ownPage(r, r.PostForm, changed) }}
	}
	return seeOther(w, r, herePath+"?done=yes")
}

// mostChecks is how many questions of a form are read.
const mostChecks = 10

func (s *server) ownPage(r *http.Request, form url.Values, changed bool) (page, error) {
	h, err := s.here(r)
	if err != nil {
		return page{}, err
	}
	for _, c := range h.Waiting {
		if c.Pupil.ID != mux.Vars(r)["pupil"] {
			continue
		}
		v := ownView{School: h.School, wording: s.wording(c.Left()[0]), Child: c.Name, Name: form.Get("name"), Changed: changed}
		for i, q := range v.Text.Checks {
			field := fmt.Sprintf("check-%d", i)
			check := checkView{Field: field, Question: q.Question}
			for n, a := range q.Answers {
				check.Answers = append(check.Answers, option{strconv.Itoa(n), a, !changed && form.Get(field) == strconv.Itoa(n)})
			}
			v.Checks = append(v.Checks, check)
		}
		for _, m := range portal.Marks {
			v.Marks = append(v.Marks, option{m, sentence(m), form.Get("picture") == m})
		}
		return page{template: "here-own.html", title: "Read and sign", school: &h.School, data: v}, nil
	}
	return page{}, portal.ErrNotFound
}

func (s *server) postVisit(w http.ResponseWriter, r *http.Request) error {
	form := r.PostForm
	code, err := s.hereCode(r)
	if err == nil {
		err = s.Portal.SignVisitor(r.Context(), code, portal.VisitForm{
			Name: form.Get("name"), From: form.Get("from"), Regular: form.Get("often") == "yes", Agreed: form.Get("agreed") == "yes", Hash: form.Get("hash"), Language: language,
		})
	}
	if errors.Is(err, portal.ErrNotFound) {
		return seeOther(w, r, herePath)
	} else if err != nil {
		return &rejectedForm{err, func(changed bool) (page, error) {
			h, err := s.here(r)
			return s.deskPage(h, form, changed), err
		}}
	}
	return seeOther(w, r, herePath+"?done=yes")
}

func (s *server) deskPage(h portal.Here, form url.Values, changed bool) page {
	v := deskView{School: h.School, wording: s.wording(h.Text), Name: form.Get("name"), From: form.Get("from"), Regular: form.Get("often") == "yes", Agreed: !changed && form.Get("agreed") == "yes", Changed: changed}
	return page{template: "here-desk.html", title: "Visitors: sign in", school: &h.School, data: v}
}

// classView is a class as whoever has it sign sees it.
type classView struct {
	portal.ClassPage
	Base    string
	Choices []option
	Code    string // in two halves, as it is read out
	Address string // that is typed on a device
	Left    int
	Texts   []wording // of the class, each once
	Paper   bool      // the sheet to print
}

// halves writes a code as it is read out.
func halves(code string) string { return code[:len(code)/2] + "-" + code[len(code)/2:] }

// shortAddress is a page's address as it is typed.
func (s *server) shortAddress(path string) string {
	_, bare, _ := strings.Cut(s.Address, "://")
	return bare + path
}

func (s *server) getClass(w http.ResponseWriter, r *http.Request) error {
	p, err := s.classPage(r, r.URL.Query().Get("class"))
	return s.showPage(w, r, p, err)
}

func (s *server) classPage(r *http.Request, class string) (page, error) {
	school, err := s.office(r, portal.HaveSign)
	if err != nil {
		return page{}, err
	}
	all, err := s.Portal.ClassPage(r.Context(), account(r), school.Slug, class)
	if err != nil {
		return page{}, err
	}
	v := classView{ClassPage: all, Base: officeLink(school.Slug), Address: s.shortAddress(herePath), Paper: r.URL.Query().Get("paper") == "yes"}
	for _, g := range all.Groups {
		v.Choices = append(v.Choices, option{g, g, g == class})
	}
	if all.Open != nil {
		v.Code = halves(all.Open.Code)
	}
	known := map[string]bool{}
	for _, c := range all.Class {
		if len(c.Left()) > 0 {
			v.Left++
		}
		for _, t := range c.Texts {
			if !known[t.Text.Hash] {
				known[t.Text.Hash] = true
				v.Texts = append(v.Texts, s.wording(t.Text))
			}
		}
	}
	name := "class.html"
	if v.Paper && class != "" {
		name = "class-sheet.html"
	}
	return page{template: name, title: "Pupils sign", school: &school, data: v}, nil
}

func (s *server) postClass(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.HaveSign)
	if err != nil {
		return err
	}
	form, who, ctx := r.PostForm, account(r), r.Context()
	class := form.Get("class")
	switch form.Get("do") {
	case "open":
		if class == "" { // that would be the desk
			err = portal.ErrNotFound
		} else {
			_, err = s.Portal.OpenSitting(ctx, who, school.Slug, class)
		}
	case "close":
		err = s.Portal.CloseSitting(ctx, who, school.Slug, class)
	case "paper":
		err = s.Portal.SignedOnPaper(ctx, who, school.Slug, class, form["pupil"])
	case "back":
		err = s.Portal.TakeBack(ctx, who, school.Slug, form.Get("pupil"), form.Get("text"))
	default:
		err = errBadForm
	}
	if err != nil {
		return &rejectedForm{err, func(bool) (page, error) { return s.classPage(r, class) }}
	}
	return seeOther(w, r, officeLink(school.Slug)+"class?"+url.Values{"class": {class}}.Encode())
}
