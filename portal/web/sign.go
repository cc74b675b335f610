package web

import (
	"net/http"
	"net/url"

	"github.com/gorilla/mux"

	"schoolgate/portal"
)

// language is that of every text so far.
const language = "en-GB"

// signFields are what is held when a session has expired: what was typed, never
// the tick, as a box must be ticked by whoever signs.
var signFields = []string{"name", "hash"}

// signView is an agreement to read and sign for one child.
type signView struct {
	Child  string // first name
	School portal.School
	wording
	Reads   bool // may see, and may not sign
	Signed  portal.Act
	Said    string // where the words are that were signed, if they are others
	Receipt string // where the receipt of Signed is
	Name    string // as typed
	Asked   string // the name about which we ask whether it is theirs
	Agreed  bool
	Changed bool // the wording is not the one that was sent
	Kept    bool // the form is filled with what was held
}

func (s *server) getSign(w http.ResponseWriter, r *http.Request) error {
	held, err := s.held(r)
	if err != nil {
		return err
	}
	p, err := s.signPage(r, held, false)
	return s.showPage(w, r, p, err)
}

func (s *server) postSign(w http.ResponseWriter, r *http.Request) error {
	if err := s.confirmed(r, signFields); err != nil {
		return err
	}
	id, err := s.Portal.Sign(r.Context(), account(r), portal.SignForm{
		Pupil: mux.Vars(r)["pupil"], Agreement: mux.Vars(r)["slug"], Hash: r.PostForm.Get("hash"),
		Name: r.PostForm.Get("name"), Asked: r.PostForm.Get("asked"),
		Agreed: r.PostForm.Get("agreed") == "yes", Language: language, Translated: r.PostForm.Get("translated") == "yes",
	})
	if err != nil {
		return &rejectedForm{err, func(changed bool) (page, error) { return s.signPage(r, r.PostForm, changed) }}
	}
	return seeOther(w, r, receiptLink(id))
}

// signPage is the page filled with a form; nil for an empty one. A tick belongs
// to the wording beside which it was made, and is not carried to another.
func (s *server) signPage(r *http.Request, form url.Values, changed bool) (page, error) {
	child, err := s.Portal.Child(r.Context(), account(r), mux.Vars(r)["pupil"])
	if err != nil {
		return page{}, err
	}
	for _, a := range child.Signing {
		if a.Text.Slug != mux.Vars(r)["slug"] {
			continue
		}
		same := form.Get("hash") == a.Text.Hash
		v := signView{
			Child: child.Child.Pupil.Forename, School: child.School, wording: s.wording(a.Text),
			Reads: child.Reads, Signed: a.Signed, Said: s.public(a.Said.Path), Receipt: receiptLink(a.Signed.ID),
			Name: form.Get("name"), Agreed: same && form.Get("agreed") == "yes",
			Changed: changed || form != nil && !same, Kept: form != nil && r.Method != http.MethodPost,
		}
		v.Translated = form.Get("translated") == "yes"
		if r.Method == http.MethodPost && !changed {
			v.Asked = v.Name
		}
		title := "Agreement to sign, for "
		switch {
		case a.Done():
			title = "You have signed for "
		case v.Reads:
			title = "For "
		}
		return page{template: "sign.html", title: title + isolated(v.Child) + ": " + a.Text.Title, school: &child.School, data: v}, nil
	}
	return page{}, portal.ErrNotFound
}
