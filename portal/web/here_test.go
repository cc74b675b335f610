package web

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// codeOn is the code that stands on a page of whoever opened a sitting.
func codeOn(t *testing.T, page reply) string {
	t.Helper()
	m := regexp.MustCompile(`<p class="letter-code" translate="no">([0-9A-Z]{3}-[0-9A-Z]{3})</p>`).FindStringSubmatch(page.body)
	if m == nil {
		t.Fatal("the page shows no code")
	}
	return m[1]
}

// A head has a class sign on one device: the children see first names of that class, and
// nothing else is at hand, not even what the head had open on it.
func TestClassOnOneDevice(t *testing.T) {
	w := newWorld(t)
	asha, deepa := w.pupils["Asha"], ""
	class := "/portal/office/fernlow/class"
	staff := w.as(head)
	staff.post(class, url.Values{"do": {"open"}, "class": {""}}).wants(t, http.StatusNotFound)
	staff.post(class, url.Values{"do": {"open"}, "class": {"4B"}}).wants(t, http.StatusSeeOther)
	code := codeOn(t, staff.get(class+"?class=4B").wants(t, http.StatusOK))
	w.secrets = append(w.secrets, strings.ReplaceAll(code, "-", ""))

	device := w.as(head) // somebody is signed in on it
	wrong := device.post("/portal/here", url.Values{"code": {"BBB-BBB"}}).wants(t, http.StatusUnprocessableEntity)
	if !strings.Contains(wrong.body, "Nobody has opened that code now") {
		t.Error("a wrong code is not told of")
	}
	device.post("/portal/here", url.Values{"code": {strings.ToLower(code)}}).wants(t, http.StatusSeeOther)
	device.get(class).wants(t, http.StatusSeeOther) // to sign in
	names := device.get("/portal/here").wants(t, http.StatusOK)
	for _, m := range regexp.MustCompile(`href="/portal/here/([^"]+)"><bdi translate="no">([^<]+)<`).FindAllStringSubmatch(names.body, -1) {
		if m[2] == "Deepa" {
			deepa = m[1]
		}
	}
	if deepa == "" || !strings.Contains(names.body, "Asha") {
		t.Fatal("the names are not on the page")
	}
	for _, secret := range []string{"Okonedo", "Rao", "Ben", "Cai", "Grace", "2018"} {
		if strings.Contains(names.body, secret) {
			t.Errorf("the device shows %s", secret)
		}
	}
	device.get("/portal/here/"+w.pupils["Ben"]).wants(t, http.StatusSeeOther) // of another class

	own := "/portal/here/" + asha
	page := device.get(own).wants(t, http.StatusOK)
	for _, words := range []string{"I tell a grown-up.", "What do you do?", pupilsOwn.Hash} {
		if !strings.Contains(page.body, words) {
			t.Errorf("the page lacks %q", words)
		}
	}
	form := url.Values{"hash": {pupilsOwn.Hash}, "check-0": {"0"}, "name": {"Deepa"}}
	again := device.post(own, form).wants(t, http.StatusUnprocessableEntity)
	for _, words := range []string{"Not quite yet. You can always tell. Try again.", "That is not the name you picked"} {
		if !strings.Contains(again.body, words) {
			t.Errorf("she is not told %q", words)
		}
	}
	form.Set("check-0", "1")
	form.Set("name", "asha")
	form.Set("hash", strings.Repeat("0", 64))
	if got := device.post(own, form).wants(t, http.StatusConflict); !strings.Contains(got.body, "The words have changed") {
		t.Error("she signs words that she was not shown")
	}
	form.Set("hash", pupilsOwn.Hash)
	device.post(own, form).wants(t, http.StatusSeeOther)
	device.get(own).wants(t, http.StatusSeeOther) // her name is gone
	device.post("/portal/here/"+deepa, url.Values{"hash": {pupilsOwn.Hash}, "check-0": {"1"}, "picture": {"moon"}}).wants(t, http.StatusSeeOther)
	if got := device.get("/portal/here").wants(t, http.StatusOK); !strings.Contains(got.body, "Everybody has signed") {
		t.Error("somebody is still to sign")
	}

	if got := w.as(mother).get("/portal/").wants(t, http.StatusOK); !strings.Contains(got.body, "Your child signed") {
		t.Error("her mother does not see what Asha signed")
	}

	// It was not Deepa: she does not know of the moon.
	staff.get(class+"?class=4B").wants(t, http.StatusOK, "Picture: moon, ", "Typed the name, ")
	staff.post(class, url.Values{"do": {"back"}, "class": {"4B"}, "pupil": {deepa}, "text": {"pupils"}}).wants(t, http.StatusSeeOther)
	if got := device.get("/portal/here").wants(t, http.StatusOK); !strings.Contains(got.body, "Deepa") {
		t.Error("whose signature was taken back cannot sign again")
	}
	staff.post(class, url.Values{"do": {"paper"}, "class": {"4B"}}).wants(t, http.StatusUnprocessableEntity)
	staff.get(class+"?class=4B&paper=yes").wants(t, http.StatusOK)
	staff.post(class, url.Values{"do": {"paper"}, "class": {"4B"}, "pupil": {deepa}}).wants(t, http.StatusSeeOther)
	if got := w.as(lead).get("/portal/office/fernlow/pupil/"+deepa).wants(t, http.StatusOK); !strings.Contains(got.body, "My promises, by the pupil") {
		t.Error("the pupil's page does not say what the pupil signed")
	}
	// A code that nobody typed where tries are limited opens nothing.
	guess := w.as("")
	guess.jar[w.server.cookie(hereCookie, "").Name] = code
	if got := guess.get("/portal/here").wants(t, http.StatusOK); strings.Contains(got.body, "Deepa") || strings.Contains(got.body, "Who are you?") {
		t.Error("a code that was made up as a cookie is tried")
	}
	// Nor does a child become whoever is still signed in at the provider on that device.
	if device.post("/portal/sign-in/thorn", url.Values{}).wants(t, http.StatusOK); !w.door.anew {
		t.Error("the provider may answer for whoever lent the device")
	}
	staff.post(class, url.Values{"do": {"close"}, "class": {"4B"}}).wants(t, http.StatusSeeOther)
	if got := device.get("/portal/here").wants(t, http.StatusOK); !strings.Contains(got.body, "This has ended") || strings.Contains(got.body, "Deepa") {
		t.Error("the device shows a class that is closed")
	}
	device.post("/portal/here", url.Values{"code": {code}}).wants(t, http.StatusUnprocessableEntity)
}

// Visitors sign on the tablet at the desk, which tells them nothing of anybody.
func TestVisitorsDesk(t *testing.T) {
	w := newWorld(t)
	visitors, desk := "/portal/office/fernlow/visitors", w.as(clerk)
	desk.post(visitors, url.Values{"do": {"open"}}).wants(t, http.StatusSeeOther)
	tablet := w.as("")
	tablet.post("/portal/here", url.Values{"code": {codeOn(t, desk.get(visitors))}}).wants(t, http.StatusSeeOther)
	form := url.Values{"hash": {visitorAUP.Hash}, "name": {"Asha Okonedo"}, "from": {"Thorn Boilers"}}
	if got := tablet.post("/portal/here/visitor", form).wants(t, http.StatusUnprocessableEntity); !strings.Contains(got.body, "Tick the box") || !strings.Contains(got.body, "Thorn Boilers") {
		t.Error("what was typed is lost, or nothing is said of the tick")
	}
	form.Set("agreed", "yes")
	form.Set("often", "yes")
	tablet.post("/portal/here/visitor", form).wants(t, http.StatusSeeOther)
	if got := tablet.get("/portal/here?done=yes").wants(t, http.StatusOK); strings.Contains(got.body, "Okonedo") || strings.Contains(got.body, "pupil") {
		t.Error("the tablet tells of who has signed")
	}
	tablet.get("/portal/here/"+w.pupils["Asha"]).wants(t, http.StatusSeeOther)
	page := desk.get(visitors).wants(t, http.StatusOK)
	if !strings.Contains(page.body, "A pupil has this name") {
		t.Error("the office is not told that the visitor has a pupil's name")
	}
	if got := desk.get(visitors+"?badges=yes").wants(t, http.StatusOK); !strings.Contains(got.body, "Thorn Boilers") {
		t.Error("there is no badge")
	}
	id := regexp.MustCompile(`name="visitor" value="([^"]+)"`).FindStringSubmatch(page.body)[1]
	desk.post(visitors, url.Values{"do": {"out"}, "visitor": {id}}).wants(t, http.StatusSeeOther)
	if got := desk.get(visitors); !strings.Contains(got.body, "No visitor is in now") || !strings.Contains(got.body, "21 November 2027") {
		t.Error("who was signed out is in, or the year for which they signed is not told")
	}
	w.later(time.Minute)
	desk.post(visitors, url.Values{"do": {"in"}, "visitor": {id}}).wants(t, http.StatusSeeOther)
	desk.post(visitors, url.Values{"do": {"close"}}).wants(t, http.StatusSeeOther)
	tablet.post("/portal/here/visitor", form).wants(t, http.StatusSeeOther)
	if got := desk.get(visitors); strings.Count(got.body, "Asha Okonedo</bdi>") != 2 { // in the row, and on its button
		t.Error("a closed desk takes signatures")
	}
}

// Staff find on their first page what they have to sign, and sign it there.
func TestStaffSignOnTheirFirstPage(t *testing.T) {
	w := newWorld(t)
	v, own := w.as(teacher), staffPath("fernlow", "staff-aup")
	if got := v.get("/portal/").wants(t, http.StatusOK); !strings.Contains(got.body, own) || !strings.Contains(got.body, "For you to sign") {
		t.Error("the first page does not say what is to be signed")
	}
	form := url.Values{"hash": {staffAUP.Hash}, "name": {"Tess Teacher"}}
	if got := v.post(own, form).wants(t, http.StatusUnprocessableEntity); !strings.Contains(got.body, "Tick the box") {
		t.Error("nothing is said of the tick")
	}
	form.Set("agreed", "yes")
	v.post(own, form).wants(t, http.StatusSeeOther)
	if got := v.get("/portal/").wants(t, http.StatusOK); strings.Contains(got.body, "For you to sign") || !strings.Contains(got.body, "You signed") {
		t.Error("what is signed is still to be signed")
	}
	if got := w.as(lead).get("/portal/office/fernlow/staff").wants(t, http.StatusOK); strings.Count(got.body, "Signed, 21 November 2026") != 1 {
		t.Error("the lead does not see who has signed")
	}
	if got := w.as(mother).get("/portal/").wants(t, http.StatusOK); strings.Contains(got.body, "For you to sign") {
		t.Error("a parent is asked to sign the agreement with staff")
	}
}
