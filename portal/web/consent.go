package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
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

	Lapsed string // the last day on which Mine counted, where it had its time
	Ends   string // until when it counts, to stand behind its day

	Turn  bool   // the questions come one after another
	Saved string // what was said to the one before
	N, Of int    // in turn: which question it is, of how many
	Next  string
	Same  []sameAnswer

	Answer  string // as chosen: "given", "refused" or ""
	Changed bool   // the wording is not the one that was sent

	Objected bool   // of what goes ahead unless somebody objects: they have
	Did      string // what they said last, in words
}

// sameAnswer is what was said to the same words for another child, to be said again for
// this one by a press of its own.
type sameAnswer struct {
	Child, Word, Value string
}

// consentFields are what is held when somebody has to sign in again.
var consentFields = []string{"answer", "hash"}

func (s *server) getConsent(w http.ResponseWriter, r *http.Request) error {
	held, err := s.held(r)
	if err != nil {
		return err
	}
	p, err := s.consentPage(r, held, false)
	return s.showPage(w, r, p, err)
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
	if r.URL.Query().Has("turn") {
		child, err := s.Portal.Child(r.Context(), account(r), mux.Vars(r)["pupil"])
		if err != nil {
			return err
		}
		return seeOther(w, r, after(child, mux.Vars(r)["slug"], mux.Vars(r)["slug"]))
	}
	return seeOther(w, r, receiptLink(id))
}

// after is where it goes on from a question when they come in turn: the next that is not
// answered, or what was said to all of them. The page there tells of the answer that was
// saved, to the question of that name.
func after(c portal.ChildView, slug, saved string) string {
	to := answersLink(c) + "?"
	if links := questions(c, slug); len(links) > 0 {
		to = links[0] + "&"
	}
	if saved == "" {
		return strings.TrimRight(to, "?&")
	}
	return to + url.Values{"saved": {saved}}.Encode()
}

// saved is what was said last, in a sentence, where an address names the question.
func (s *server) saved(r *http.Request, c portal.ChildView) string {
	for _, p := range c.Purpose {
		if slug := r.URL.Query().Get("saved"); p.Text.Slug == slug && p.Answered() {
			return mine(p.Text, p.Mine.Answer).Word + " to ‘" + p.Text.Title + "’"
		}
	}
	return ""
}

func answersLink(c portal.ChildView) string {
	return "/portal/children/" + c.Child.Pupil.ID + "/consents/"
}

// answeredView is what somebody said to all questions about one child, to be looked over.
type answeredView struct {
	Child  string // first name
	School string
	Card   childCard
	Saved  string // what was said last
	Others []toDo // where another child's questions begin
}

// getAnswers is the summary at the end of the questions.
func (s *server) getAnswers(w http.ResponseWriter, r *http.Request) error {
	child, err := s.Portal.Child(r.Context(), account(r), mux.Vars(r)["pupil"])
	if err != nil {
		return err
	}
	family, err := s.Portal.Family(r.Context(), account(r))
	if err != nil {
		return err
	}
	v := answeredView{Child: child.Child.Pupil.Forename, School: child.School.Name, Card: s.card(child), Saved: s.saved(r, child)}
	for _, c := range family {
		if links := questions(c, ""); c.Child.Pupil.ID != child.Child.Pupil.ID && c.Child.Pupil.OnRoll() && !c.Reads && len(links) > 0 {
			v.Others = append(v.Others, toDo{Do: c.Child.Pupil.Forename, Link: links[0]})
		}
	}
	return s.show(w, r, http.StatusOK, page{template: "answered.html", title: "What you said for " + isolated(v.Child), school: &child.School, data: v})
}

// inTurn fills in where a question stands among the others about the child.
func (v *consentView) inTurn(c portal.ChildView, slug string) {
	v.Turn, v.Next = true, after(c, slug, "")
	for _, p := range c.Purpose {
		if p.Text.Objected() {
			continue
		}
		v.Of++
		if p.Text.Slug == slug {
			v.N = v.Of
		}
	}
}

// saidBefore is what this contact said to the same words for their other children.
func saidBefore(family []portal.ChildView, of portal.ChildView, t portal.Text) (all []sameAnswer) {
	for _, c := range family {
		for _, p := range c.Purpose {
			if c.Child.Pupil.ID == of.Child.Pupil.ID || c.Reads || p.Text.Hash != t.Hash || c.School.Slug != of.School.Slug || !p.Answered() {
				continue
			}
			x := sameAnswer{c.Child.Pupil.Forename, "no", string(portal.Refused)}
			if p.Mine.Answer == portal.Given {
				x.Word, x.Value = "yes", string(portal.Given)
			}
			all = append(all, x)
		}
	}
	return all
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
		v.Lapsed, v.Ends = p.Lapsed().String(), ends(p)
		if r.URL.Query().Has("turn") && !p.Text.Objected() {
			v.inTurn(child, p.Text.Slug)
			v.Saved = s.saved(r, child)
		}
		if p.Asks() && !v.Left && !v.Reads {
			family, err := s.Portal.Family(r.Context(), account(r))
			if err != nil {
				return page{}, err
			}
			v.Same = saidBefore(family, child, p.Text)
		}
		v.Translated = form.Get("translated") == "yes"
		if same {
			v.Answer = form.Get("answer")
		}
		if p.Text.Objected() {
			return page{template: "objection.html", title: "For " + isolated(v.Child) + ": " + p.Text.Title, school: &child.School, data: v}, nil
		}
		place := ""
		if v.Turn {
			place = fmt.Sprintf("Question %d of %d. ", v.N, v.Of)
		}
		return page{template: "consent.html", title: place + "For " + isolated(v.Child) + ": " + p.Text.Question, school: &child.School, data: v}, nil
	}
	return page{}, portal.ErrNotFound
}
