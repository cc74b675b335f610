package web

import (
	"fmt"
	"html/template"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"schoolgate/portal"
)

// lettersFormView is everybody who may have a letter, and how far they have come.
type lettersFormView struct {
	School  portal.School
	Base    string // the office's address
	People  []invitee
	Waiting int // have neither joined nor a letter that works
	Holding int // have a letter that works
	Joined  int
	Dead    int  // have a letter whose code died
	Ended   bool // a join has just been ended
}

// JoinedTag is how a join is shown.
func (lettersFormView) JoinedTag() answer { return answer{"Joined", "given"} }

// invitee is one of them as the office reads it.
type invitee struct {
	ID, Name string
	Children []string // name and class
	Later    []later  // children whom their join does not cover
	Joined   time.Time
	Issued   time.Time
	Expires  time.Time
	Died     time.Time
	Mute     bool   // not written to
	Own      bool   // of the family of whoever looks
	Warning  string // why no letter goes to them unasked
}

// lettersView is the letters, one a sheet. Their codes are on this page and
// nowhere else.
type lettersView struct {
	School  portal.School
	Base    string
	Letters []letter
	Classes []lettersOfClass
}

// lettersOfClass is the letters that a class takes home, below a sheet with a line for
// each: of somebody with several children, the eldest's class.
type lettersOfClass struct {
	School  portal.School
	Initial string
	Pile    string // where a pile begins with it
	Name    string
	Printed time.Time
	Letters []letter
}

// byClass is letters in the order in which a school hands them out.
func byClass(letters []letter) (all []lettersOfClass) {
	place := map[string]int{}
	for _, l := range letters {
		x := l.Letter.Children[0].Pupil
		name := x.Year.String()
		if x.Group != "" {
			name += ", class " + x.Group
		}
		if l.Second {
			name += ", second pile"
		}
		i, ok := place[name]
		if !ok {
			i = len(all)
			place[name] = i
			all = append(all, lettersOfClass{School: l.School, Initial: l.Initial, Pile: l.Pile, Name: name, Printed: l.Issued})
		}
		all[i].Letters = append(all[i].Letters, l)
	}
	return all
}

// letter is one letter as it reads.
type letter struct {
	portal.Letter
	Children template.HTML // first names, as a sentence has them
	One      bool          // one child
	Initial  string        // on the crest
	Pile     string        // on the sheet before it, where a pile begins: "first" or "second"
	Issued   time.Time
	Join     string        // the address to type
	QR       template.HTML // of the address that spares typing the code
}

// later is a child who came to the register after somebody joined.
type later struct{ ID, Name string }

func (s *server) getLetters(w http.ResponseWriter, r *http.Request) error {
	p, err := s.lettersForm(r)
	return s.showPage(w, r, p, err)
}

func (s *server) lettersForm(r *http.Request) (page, error) {
	school, err := s.office(r, portal.PrintLetters)
	if err != nil {
		return page{}, err
	}
	if err := s.Portal.Look(r.Context(), account(r), school.Slug, portal.PrintLetters, "letters", ""); err != nil {
		return page{}, err
	}
	all, err := s.Portal.Invitees(r.Context(), account(r), school.Slug)
	if err != nil {
		return page{}, err
	}
	v := lettersFormView{School: school, Base: officeLink(school.Slug), Ended: r.URL.Query().Get("after") == "end"}
	for _, i := range all {
		switch {
		case i.Waiting():
			v.Waiting++
		case !i.Died.IsZero():
			v.Dead++
		case !i.Joined.IsZero():
			v.Joined++
		case !i.Issued.IsZero():
			v.Holding++
		}
		v.People = append(v.People, newInvitee(i))
	}
	return page{template: "letters-form.html", title: "Invitation letters", school: &school, data: v}, nil
}

func newInvitee(i portal.Invitee) invitee {
	to := invitee{ID: i.Contact.ID, Name: i.Contact.Name, Joined: i.Joined, Issued: i.Issued, Expires: i.Expires, Died: i.Died, Mute: i.Mute, Warning: i.Warning}
	for _, c := range i.Children {
		to.Children = append(to.Children, strings.TrimSuffix(c.Pupil.Name()+", "+c.Pupil.Group, ", "))
		if !i.Joined.IsZero() && c.Since.IsZero() {
			to.Later = append(to.Later, later{c.Pupil.ID, c.Pupil.Name()})
		}
	}
	return to
}

// postLetters prints letters for those who are ticked, or for all who wait for one.
func (s *server) postLetters(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.PrintLetters)
	if err != nil {
		return err
	}
	chosen := r.PostForm["contact"]
	if r.PostForm.Get("for") == "chosen" && len(chosen) == 0 {
		var wrong portal.Invalid
		wrong.Add("contact", "Tick the people you want to print a letter for")
		return &rejectedForm{&wrong, func(bool) (page, error) { return s.lettersForm(r) }}
	}
	letters, err := s.Portal.Letters(r.Context(), account(r), school.Slug, chosen...)
	if err != nil {
		return err
	}
	v := lettersView{School: school, Base: officeLink(school.Slug)}
	if v.Letters, err = readable(letters, s.Address, s.QR); err != nil {
		return err
	}
	if len(v.Letters) > 1 {
		v.Classes = byClass(v.Letters)
	}
	return s.show(w, r, http.StatusOK, page{template: "letters.html", title: "Invitation letters", school: &school, data: v})
}

// joinsView is who has joined and of whom the office has not made sure.
type joinsView struct {
	School portal.School
	Base   string
	New    []portal.NewJoin
	Dead   []portal.Invitee // whose letter's code has died
	Done   bool             // some have just been confirmed
	Prints bool             // whoever looks prints letters, and takes access away
}

func (s *server) joinsPage(r *http.Request, school portal.School) (page, error) {
	if err := s.Portal.Look(r.Context(), account(r), school.Slug, portal.ConfirmJoin, "joins", ""); err != nil {
		return page{}, err
	}
	all, err := s.Portal.NewJoins(r.Context(), account(r), school.Slug)
	if err != nil {
		return page{}, err
	}
	v := joinsView{School: school, Base: officeLink(school.Slug), New: all, Done: r.URL.Query().Get("after") == "confirm"}
	if _, err := s.office(r, portal.PrintLetters); err == nil {
		v.Prints = true
		if v.Dead, err = s.deadCodes(r, school); err != nil {
			return page{}, err
		}
	}
	return page{template: "joins.html", title: "Who has joined", school: &school, data: v}, nil
}

// deadCodes is whose letter's code has died of wrong dates of birth.
func (s *server) deadCodes(r *http.Request, school portal.School) ([]portal.Invitee, error) {
	all, err := s.Portal.Invitees(r.Context(), account(r), school.Slug)
	return slices.DeleteFunc(all, func(i portal.Invitee) bool { return i.Died.IsZero() }), err
}

func (s *server) getJoins(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.ConfirmJoin)
	if err != nil {
		return err
	}
	p, err := s.joinsPage(r, school)
	return s.showPage(w, r, p, err)
}

// endJoinView asks whether somebody's access is to be removed.
type endJoinView struct {
	invitee
	Base string
}

// postJoins takes a contact from the account that joined as them, after asking; or
// adds to their join a child who came to the register later; or says of some who have
// joined that it was they.
func (s *server) postJoins(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.ConfirmJoin)
	if err != nil {
		return err
	}
	if contact, pupil, ok := strings.Cut(r.PostForm.Get("add"), " "); ok {
		if err := s.Portal.ExtendJoin(r.Context(), account(r), school.Slug, contact, pupil); err != nil {
			return err
		}
		return seeOther(w, r, officeLink(school.Slug)+"letters#people")
	}
	if r.PostForm.Get("do") == "confirm" {
		contacts := r.PostForm["confirm"]
		if len(contacts) == 0 {
			var wrong portal.Invalid
			wrong.Add("confirm", "Tick the people whom you have spoken to")
			return &rejectedForm{&wrong, func(bool) (page, error) { return s.joinsPage(r, school) }}
		}
		if err := s.Portal.ConfirmJoins(r.Context(), account(r), school.Slug, contacts...); err != nil {
			return err
		}
		return seeOther(w, r, officeLink(school.Slug)+"joins?after=confirm")
	}
	contact := r.PostForm.Get("end")
	if r.PostForm.Get("sure") != "yes" {
		all, err := s.Portal.Invitees(r.Context(), account(r), school.Slug)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(i portal.Invitee) bool { return i.Contact.ID == contact && !i.Joined.IsZero() })
		if i < 0 {
			return portal.ErrNotFound
		}
		v := endJoinView{newInvitee(all[i]), officeLink(school.Slug)}
		return s.show(w, r, http.StatusOK, page{template: "end-join.html", title: "Remove access", school: &school, data: v})
	}
	if err := s.Portal.EndJoin(r.Context(), account(r), school.Slug, contact); err != nil {
		return err
	}
	s.Log.Info("access removed by the office", "school", school.Slug, "contact", contact, "account", account(r))
	return seeOther(w, r, officeLink(school.Slug)+"letters?after=end")
}

// piles says before which sheets a pile begins, and which, where there is more than one
// person's: of each sheet it is told whether it is of the second.
func piles(second []bool) []string {
	begin := make([]string, len(second))
	if i := slices.Index(second, true); i >= 0 && len(second) > 1 {
		begin[0], begin[i] = "first", "second"
	}
	return begin
}

// readable is letters as they read, for a portal at a public address.
func readable(letters []portal.Letter, address string, qr func(string) (string, error)) (out []letter, err error) {
	second := make([]bool, len(letters))
	for i, l := range letters {
		second[i] = l.Second
	}
	begin := piles(second)
	for _, l := range letters {
		var names []string
		for _, c := range l.Children {
			names = append(names, `<bdi translate="no">`+template.HTMLEscapeString(c.Pupil.Forename)+"</bdi>")
		}
		square, err := qr(address + joinPath + "/" + l.Code)
		if err != nil {
			return nil, fmt.Errorf("%v: %w", l, err)
		}
		out = append(out, letter{
			Letter: l, Pile: begin[len(out)], Children: template.HTML(list(names)), One: len(names) == 1, Initial: initial(l.School.ShortName),
			Issued: l.Expires.Add(-portal.CodeLife), Join: address + joinPath, QR: template.HTML(square), // our own drawing
		})
	}
	return out, nil
}

// WriteLetters writes letters as a page in itself, to be opened from a file and
// printed, one a sheet. Address is the portal's public one, without a path; languages are
// those in which a letter asks to be told whose it needs; qr is as in [Config].
func WriteLetters(w io.Writer, letters []portal.Letter, address string, languages []Language, stylesheet []byte, qr func(string) (string, error)) error {
	t, err := (&server{Config: Config{Languages: languages}}).newTemplate("pages/"+layout, "pages/letters.html", "pages/"+lettersFile)
	if err != nil {
		return err
	}
	all, err := readable(letters, address, qr)
	if err != nil {
		return err
	}
	return t.ExecuteTemplate(w, "file", struct {
		Style   template.CSS // the theme's own
		Letters []letter
	}{template.CSS(stylesheet), all})
}
