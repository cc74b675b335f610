package web

import (
	"net/http"
	"time"

	"schoolgate/portal"
)

// homeView is a person's first page: their children, and the schools whose
// office they work in.
type homeView struct {
	Children []childCard
	Schools  []portal.School
	Work     bool      // they work at a school, whatever they may see there
	ToSign   []toDo    // agreements with staff that they have not signed
	Signed   []decided // and that they have
	// Joined is somebody whom a letter has joined to a school, whether or not
	// there is a child for whom they may speak now.
	Joined bool
}

// childCard is one child: what is left to do, then what was decided.
type childCard struct {
	Name   string // first
	School portal.School
	Held   bool      // the school has to ask the social worker first
	Turns  string    // where the questions begin, one after another; "" where there are not several
	Left   string    // the day on which they left, in words; "" while on roll
	Erased string    // from which day on the record is erased, in words
	Waits  time.Time // from when a yes or signature counts that was given; zero where it does
	Reads  bool      // may see, and may not decide
	ToDo   []toDo
	Done   []decided
	Own    []decided // what the child has signed
	// Unasked is what the school does unless somebody objects: nothing is left to do about it.
	Unasked []decided
}

// toDo is one thing left to do.
type toDo struct {
	Do   string // a link's words
	Link string
	Why  string // it was done before, and is asked again
}

// decided is one thing done.
type decided struct {
	What   string
	Answer answer
	On     string // in words
	Link   string
	Label  string // the link's words
	// Receipt is where an answer's receipt is, where the link leads elsewhere.
	Receipt string
	Child   string // about whom; "" where that needs no saying
}

func (s *server) getHome(w http.ResponseWriter, r *http.Request) error {
	who, err := s.session(r)
	if err != nil {
		return err
	}
	if who.account == "" {
		return s.showSignIn(w, r, signInView{Expired: who.lapsed != ""})
	}
	actor, err := s.Portal.Actor(r.Context(), who.account)
	if err != nil {
		return err
	}
	family, err := s.Portal.Family(r.Context(), who.account)
	if err != nil {
		return err
	}
	v := homeView{Joined: len(actor.Contacts) > 0}
	for _, c := range family {
		v.Children = append(v.Children, s.card(c))
	}
	schools, err := s.Portal.Schools(r.Context())
	if err != nil {
		return err
	}
	for _, school := range schools {
		if actor.May(portal.SeeRegister, portal.Subject{School: school.Slug}) == nil {
			v.Schools = append(v.Schools, school)
		}
	}
	own, err := s.Portal.OwnTexts(r.Context(), who.account)
	if err != nil {
		return err
	}
	for _, t := range own {
		if link := staffPath(t.School.Slug, t.Text.Slug); t.Signed.Seq > 0 {
			v.Signed = append(v.Signed, decided{What: t.Text.Title, Answer: answer{"You signed", "given"}, On: s.day(t.Signed.At) + ", " + t.School.ShortName, Link: link, Label: "See"})
		} else {
			v.ToSign = append(v.ToSign, toDo{Do: "Read and sign ‘" + t.Text.Title + "’", Link: link, Why: t.School.ShortName})
		}
	}
	v.Work = len(own) > 0
	p := page{template: "home.html", title: "My children", data: v}
	switch {
	case len(v.Children) == 0 && len(v.Schools) > 0:
		p.title = "School office"
	case len(v.Children) == 0 && v.Work:
		p.title = "Your work at school"
	case len(v.Children) == 0:
		p.title = "No child is shown here"
		if !v.Joined {
			p.title = "Add your child"
		}
	case sameSchool(family):
		p.school = &family[0].School
	}
	return s.show(w, r, http.StatusOK, p)
}

func sameSchool(family []portal.ChildView) bool {
	for _, c := range family {
		if c.School.Slug != family[0].School.Slug {
			return false
		}
	}
	return true
}

func (s *server) card(c portal.ChildView) childCard {
	card := childCard{Name: c.Child.Pupil.Forename, School: c.School, Held: c.Child.Pupil.LookedAfter, Reads: c.Reads}
	left := !c.Child.Pupil.OnRoll()
	if left {
		card.Left, card.Erased = s.day(c.Child.Pupil.Left), c.Erased().String()
	}
	for _, a := range c.Signing {
		switch {
		case !a.Done() && c.Reads:
			card.Done = append(card.Done, decided{What: a.Text.Title, Answer: answer{"Not signed", "waiting"}, Link: textLink(c, a.Text), Label: "See"})
			continue
		case !a.Done():
			card.ToDo = append(card.ToDo, toDo{Do: "Read and sign ‘" + a.Text.Title + "’", Link: textLink(c, a.Text)})
			continue
		}
		card.Waits = c.Waits
		card.Done = append(card.Done, decided{
			What: a.Text.Title, Answer: answer{"You signed", "given"}, On: s.day(a.Signed.At),
			Link: receiptLink(a.Signed.ID), Label: "Receipt",
		})
	}
	for _, p := range c.Purpose {
		if p.Text.Objected() {
			if !left {
				card.Unasked = append(card.Unasked, unasked(c, p, s.day(p.Mine.At)))
			}
			continue
		}
		switch {
		case c.Reads && p.Mine.Seq == 0:
			card.Done = append(card.Done, decided{What: p.Text.Question, Answer: answer{"No answer", "waiting"}, Link: textLink(c, p.Text), Label: "See"})
			continue
		case left && p.Mine.Seq == 0:
			card.Done = append(card.Done, decided{What: p.Text.Question, Answer: answer{"No answer", "waiting"}, Link: textLink(c, p.Text), Label: "Say no"})
			continue
		case !left && !c.Reads && !p.Answered():
			card.ToDo = append(card.ToDo, toDo{Do: p.Text.Question, Link: textLink(c, p.Text), Why: askedAgain(p)})
			continue
		}
		if p.Mine.Answer == portal.Given {
			card.Waits = c.Waits
		}
		label := "Change"
		if c.Reads || left && p.Mine.Answer != portal.Given {
			label = "See"
		}
		card.Done = append(card.Done, decided{
			What: p.Text.Question, Answer: mine(p.Text, p.Mine.Answer), On: s.day(p.Mine.At) + ends(p),
			Link: textLink(c, p.Text), Label: label, Receipt: receiptLink(p.Mine.ID),
		})
	}
	for _, t := range c.Own {
		if t.Signed.Seq > 0 {
			card.Own = append(card.Own, decided{What: t.Text.Title, Answer: answer{"Your child signed", "given"}, On: s.day(t.Signed.At), Link: s.public(t.Text.Path), Label: "Read"})
		}
	}
	for _, part := range [][]decided{card.Done, card.Unasked} {
		for i := range part {
			part[i].Child = card.Name
		}
	}
	if !left && !c.Reads && len(questions(c, "")) > 1 {
		card.Turns = questions(c, "")[0]
	}
	return card
}

// questions is where the questions are answered that a contact still has before them, in
// turn; those after one of them, or all for "".
func questions(c portal.ChildView, after string) (links []string) {
	passed := after == ""
	for _, p := range c.Purpose {
		if passed && p.Asks() {
			links = append(links, textLink(c, p.Text)+"?turn=yes")
		}
		passed = passed || p.Text.Slug == after
	}
	return links
}

// askedAgain is why a question comes again that was answered; "" where it was not.
func askedAgain(p portal.PurposeView) string {
	switch last := p.Lapsed(); {
	case last != "":
		return "Your answer counted until " + last.String() + ", so we are asking again."
	case p.Mine.Seq > 0:
		return "We changed the wording, so we are asking again."
	}
	return ""
}

// ends is until when a yes counts, to stand behind its day.
func ends(p portal.PurposeView) string {
	switch last, near := p.Ends(); {
	case near:
		return ". It counts until " + last.String() + ", which is soon. Then we ask again."
	case last != "":
		return ". It counts until " + last.String() + "."
	}
	return ""
}

// unasked is what goes ahead unless somebody objects, and what this contact said of it
// on a day, if they did.
func unasked(c portal.ChildView, p portal.PurposeView, on string) decided {
	d := decided{What: p.Text.Title, Link: textLink(c, p.Text), Label: "Read, or object"}
	switch {
	case c.Reads:
		d.Label = "See"
	case p.Objected():
		d.Label = "Change"
	}
	if p.Mine.Seq > 0 {
		d.Answer, d.On = mine(p.Text, p.Mine.Answer), on
	}
	return d
}

// textLink is where somebody signs or decides about a child.
func textLink(c portal.ChildView, t portal.Text) string {
	folder := "/consents/"
	if t.Kind == portal.Agreement {
		folder = "/agreements/"
	}
	return "/portal/children/" + c.Child.Pupil.ID + folder + t.Slug
}

func receiptLink(id string) string { return "/portal/receipts/" + id }
