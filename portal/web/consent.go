package web

import (
	"net/http"
	"net/url"
	"time"

	"github.com/gorilla/mux"

	"schoolgate/portal"
)

// consentView is a question about one child, to answer or to answer anew.
type consentView struct {
	Child  string // first name
	School portal.School
	wording
	Held  bool      // a looked-after child: the school has to ask the social worker first
	Waits time.Time // from when a yes counts; zero where it does

	Reads bool // may see, and may not decide
	Left  bool // the child has left: a no is all that can be said

	Mine     portal.Act
	SaidYes  bool
	Receipt  string // where the receipt of Mine is
	Answered bool   // Mine is about this edition
	Said     string // where the words are that were answered, if they are others
	Earlier  bool   // Mine is about an earlier one

	Answer  string // as chosen: "given", "refused" or ""
	Changed bool   // the wording is not the one that was sent

	Objected bool   // of what goes ahead unless somebody objects: they have
	Did      string // what they said last, in words
}

// consentFields are what is held when somebody has to sign in again.
var consentFields = []string{"answer", "hash"}

func (s *server) getConsent(w http.ResponseWriter, r *http.Request) error {
	held, err := s.held(r)
	if err != nil {
		return err
	}
	p, err := s.consentPage(r, held, false)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, p)
}

func (s *server) postConsent(w http.ResponseWriter, r *http.Request) error {
	if r.PostForm.Get("answer") == string(portal.Given) {
		if err := s.confirmed(r, consentFields); err != nil {
			return err
		}
	}
	id, err := s.Portal.Decide(r.Context(), account(r), portal.DecideForm{
		Pupil: mux.Vars(r)["pupil"], Purpose: mux.Vars(r)["slug"], Hash: r.PostForm.Get("hash"),
		Answer: portal.Answer(r.PostForm.Get("answer")), Language: language, Translated: r.PostForm.Get("translated") == "yes",
	})
	if err != nil {
		return &rejectedForm{err, func(changed bool) (page, error) { return s.consentPage(r, r.PostForm, changed) }}
	}
	return seeOther(w, r, receiptLink(id))
}

// consentPage is the page filled with a form; nil for an empty one. An answer
// belongs to the wording under which it was chosen, and is not carried to another.
func (s *server) consentPage(r *http.Request, form url.Values, changed bool) (page, error) {
	child, err := s.Portal.Child(r.Context(), account(r), mux.Vars(r)["pupil"])
	if err != nil {
		return page{}, err
	}
	for _, p := range child.Purpose {
		if p.Text.Slug != mux.Vars(r)["slug"] {
			continue
		}
		same := form.Get("hash") == p.Text.Hash
		v := consentView{
			Child: child.Child.Pupil.Forename, School: child.School, wording: s.wording(p.Text),
			Held: child.Child.Pupil.LookedAfter, Waits: child.Waits, Reads: child.Reads,
			Left: !child.Child.Pupil.OnRoll(), Mine: p.Mine, SaidYes: p.Mine.Answer == portal.Given, Receipt: receiptLink(p.Mine.ID),
			Answered: p.Answered(), Said: s.public(p.Said.Path), Earlier: p.Mine.Seq > 0 && !p.Answered(),
			Changed: changed || form != nil && !same,
		}
		v.Objected, v.Did = p.Objected(), p.Text.Said(p.Mine.Answer)
		v.Translated = form.Get("translated") == "yes"
		if same {
			v.Answer = form.Get("answer")
		}
		if p.Text.Objected() {
			return page{template: "objection.html", title: "For " + isolated(v.Child) + ": " + p.Text.Title, school: &child.School, data: v}, nil
		}
		return page{template: "consent.html", title: "For " + isolated(v.Child) + ": " + p.Text.Question, school: &child.School, data: v}, nil
	}
	return page{}, portal.ErrNotFound
}
