package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"schoolgate/portal"
)

// askMore makes Fernlow ask three questions, and do one thing unless a parent objects.
func (w *world) askMore(t *testing.T) (film, calls, walls portal.Text) {
	t.Helper()
	film = text("fernlow", portal.Purpose, "film", "Film and voice", 1, "Films.")
	film.Question, film.Months = "May we film your child?", 1
	calls = text("fernlow", portal.Purpose, "calls", "Calls", 1, "Calls.")
	calls.Question = "May your child be in calls?"
	walls = text("fernlow", portal.Purpose, "walls", "Pictures on our walls", 1, "Walls.")
	walls.Basis, walls.IfGiven, walls.IfRefused = portal.Objection, "We hang them up.", "We take them down."
	s := fernlow
	s.Texts = []portal.Text{homeSchool, webPicture, film, calls, walls}
	w.must(w.portal.SetSchools(t.Context(), []portal.School{s}))
	return film, calls, walls
}

// A parent answers all questions about a child one after another, each a press of its own,
// and looks them over at the end; for a sibling, what was said before is said again by a
// press, and never filled in.
func TestQuestionsInTurn(t *testing.T) {
	w := newWorld(t)
	film, calls, _ := w.askMore(t)
	grace := w.as(mother)
	home := grace.get("/portal/").wants(t, http.StatusOK, "Answer one after another", "May we film your child?")
	turn := "/portal/children/" + w.pupils["Asha"] + "/consents/website-pictures?turn=yes"
	if !strings.Contains(home.body, turn) {
		t.Fatalf("the first page does not lead to the first question, %s", turn)
	}
	answer := func(of portal.Text, said string) url.Values {
		return url.Values{"hash": {of.Hash}, "answer": {said}}
	}
	asha := "/portal/children/" + w.pupils["Asha"] + "/consents/"
	grace.get(turn).wants(t, http.StatusOK, "Question 1 of 3", `href="`+asha+`film?turn=yes">Not now`).lacks(t, "checked", "Say yes for")
	wrong := grace.post(turn, url.Values{"hash": {webPicture.Hash}}).wants(t, http.StatusUnprocessableEntity, "Choose yes or no", "Question 1 of 3")
	turn = wrong.Request.URL.RequestURI() // put right where it was wrong, the questions go on
	next := grace.post(turn, answer(webPicture, "given")).wants(t, http.StatusSeeOther).location()
	if next != asha+"film?turn=yes&saved=website-pictures" {
		t.Errorf("after the first question it goes on at %s", next)
	}
	grace.get(next).wants(t, http.StatusOK, "<title>Question 2 of 3. For ", `role="status">Saved: You said yes to ‘Pictures on our website’.`, "May we film your child?")
	if next = grace.post(next, answer(film, "given")).wants(t, http.StatusSeeOther).location(); next != asha+"calls?turn=yes&saved=film" {
		t.Errorf("after the second question it goes on at %s", next)
	}
	if next = grace.post(next, answer(calls, "refused")).wants(t, http.StatusSeeOther).location(); next != asha+"?saved=calls" {
		t.Errorf("after the last question it goes on at %s", next)
	}
	ben := "/portal/children/" + w.pupils["Ben"] + "/consents/"
	summary := grace.get(next).wants(t, http.StatusOK, "What you said for", "Saved: You said no to ‘Calls’.", ">Receipt<", "You said yes", "You said no", ". It counts until 21 December 2026, which is soon.", "Pictures on our walls", ben+"website-pictures?turn=yes")
	grace.get(link(t, summary, "Change")) // in two taps

	// For Ben nothing is filled in; what she said for Asha is a press away.
	grace.get(ben+"calls?turn=yes").wants(t, http.StatusOK, `For <bdi translate="no">Asha</bdi> you said no.`, ">Say no for").lacks(t, "checked")
	grace.post(ben+"calls?turn=yes", answer(calls, "refused")).wants(t, http.StatusSeeOther)
	// Nobody else's answer is offered: the father has answered nothing.
	w.as(father).get(asha+"calls").wants(t, http.StatusOK).lacks(t, "you said")

	// A month later the film is asked about again, and the page says why.
	w.later(32 * 24 * time.Hour)
	grace = w.as(mother)
	grace.get("/portal/").wants(t, http.StatusOK, "Your answer counted until 21 December 2026, so we are asking again.")
	grace.get(asha+"film").wants(t, http.StatusOK, "and that counted until 21 December 2026. So we are asking again.")
}

// What a school does unless somebody objects is nothing that is left to do; its buttons,
// its words and its counts are not those of a consent.
func TestObjecting(t *testing.T) {
	w := newWorld(t)
	_, _, walls := w.askMore(t)
	grace, office := w.as(mother), w.as(lead)
	page := "/portal/children/" + w.pupils["Ben"] + "/consents/walls"
	home := grace.get("/portal/").wants(t, http.StatusOK, "What we do unless you object", "Read, or object")
	if todo, _, _ := strings.Cut(home.body, "What we do unless you object"); strings.Contains(todo, "walls") {
		t.Error("it stands among what is left to do")
	}
	grace.get(page).wants(t, http.StatusOK, "I object", "I do not object", "If you do nothing: We hang them up.", walls.IfRefused).lacks(t, `type="radio"`, ">Yes<", ">No<", "it is a no")
	base := "/portal/office/fernlow/"
	office.get(base+"?purpose=walls&standing=unopposed").wants(t, http.StatusOK, "What goes ahead unless somebody objects", "May go ahead", "nobody has objected", "Okonedo, Ben")
	office.get(base+"?purpose=walls&standing=given").wants(t, http.StatusUnprocessableEntity, "There is no such answer")

	receipt := grace.post(page, url.Values{"hash": {walls.Hash}, "answer": {"refused"}}).wants(t, http.StatusSeeOther).location()
	grace.get(receipt).wants(t, http.StatusOK, "You objected", walls.IfRefused).lacks(t, "You said no", "yes counts")
	grace.get(page).wants(t, http.StatusOK, "You objected", "Take back my objection")
	office.get(base+"?purpose=walls&standing=objected").wants(t, http.StatusOK, "Objection", "Okonedo, Ben")
	w.as(father).get("/portal/children/"+w.pupils["Asha"]+"/consents/walls").wants(t, http.StatusOK, "I object").lacks(t, "You objected")
	grace.post(page, url.Values{"hash": {walls.Hash}, "answer": {"given"}}).wants(t, http.StatusSeeOther)
	grace.get("/portal/").wants(t, http.StatusOK, "You took back your objection")
	office.get(base+"?purpose=walls&standing=objected").wants(t, http.StatusOK).lacks(t, "Okonedo, Ben")
}
