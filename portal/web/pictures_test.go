package web

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"schoolgate/portal"
)

// The office reads of each picture who is in it and whether it is shown, puts one back
// that was taken down, and nothing tells it whose answer it was.
func TestPictures(t *testing.T) {
	w := newWorld(t)
	w.later(portal.YesAfter)
	const path = "/portal/office/fernlow/pictures"
	office := w.as(clerk)
	picture := portal.Picture{Key: "k", Page: "/news/fair/", Alt: "A stall", Purpose: webPicture.Slug, Until: "2030-07-31", Pupils: []string{w.pupils["Ben"]}}
	declare := func() string {
		t.Helper()
		names, _, err := w.portal.Declare(t.Context(), "fernlow", []portal.Picture{picture})
		w.must(err)
		return names[0]
	}
	decide := func(answer portal.Answer) {
		t.Helper()
		w.later(time.Minute)
		_, err := w.portal.Decide(t.Context(), w.accounts[mother], portal.DecideForm{Pupil: w.pupils["Ben"], Purpose: webPicture.Slug, Hash: webPicture.Hash, Answer: answer, Language: "en-GB"})
		w.must(err)
	}
	declare()
	office.get(path+"?class=Acorns").wants(t, http.StatusOK, "A stall", "Ben", "Not shown").lacks(t, "Put it back")
	decide(portal.Given)
	published := declare()
	office.get(path).wants(t, http.StatusOK, "Shown</strong> since", "until 31 July 2030").lacks(t, "Put it back")
	decide(portal.Refused)
	office.get(path).wants(t, http.StatusOK, "Not shown", "Taken down on").lacks(t, "Put it back")
	office.post(path, url.Values{"picture": {published}}).wants(t, http.StatusUnprocessableEntity, "cannot be put back")
	decide(portal.Given)
	office.get(path).wants(t, http.StatusOK, "Put it back")
	office.post(path, url.Values{"picture": {published}}).wants(t, http.StatusSeeOther)
	office.get(path).wants(t, http.StatusOK, "Shown</strong> since")
	if again := declare(); again == "" || again == published {
		t.Errorf("it is published as %q, after %q", again, published)
	}
}

// sent is a form with files, as a browser sends them.
func sent(files ...string) (contentType string, body *bytes.Buffer) {
	body = &bytes.Buffer{}
	form := multipart.NewWriter(body)
	for _, f := range files {
		name, data, _ := strings.Cut(f, ":")
		w, _ := form.CreateFormFile("pictures", name)
		_, _ = io.WriteString(w, data)
	}
	form.Close()
	return form.FormDataContentType(), body
}

// bring sends files to the picture desk.
func (v *visitor) bring(files ...string) reply {
	v.t.Helper()
	kind, body := sent(files...)
	r, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, v.web.URL+"/portal/office/fernlow/pictures/upload", body)
	v.must(err)
	r.Header.Set("Content-Type", kind)
	return v.do(r)
}

// The office brings pictures, is told which of them cannot be taken and why, says who is in
// one by choosing from a class or by a part of a name, and takes it down; a picture of nobody
// waits for a second person. Nothing of the file's name is kept.
func TestPictureDesk(t *testing.T) {
	w := newWorld(t)
	w.later(portal.YesAfter)
	const path, jpeg = "/portal/office/fernlow/pictures", "\xff\xd8\xff"
	office, safe := w.as(clerk), w.as(lead)
	office.get(path).wants(t, http.StatusOK, "Up to 20 at once", "up to 60 MB", `accept="image/jpeg`)
	office.bring().wants(t, http.StatusUnprocessableEntity, "Choose one or more pictures")
	office.bring("a.jpg:"+jpeg+"one", "asha okonedo.html:<html>", "empty.jpg:").wants(t, http.StatusUnprocessableEntity, "Picture 2 (asha okonedo.html): is not a picture", "Picture 3 (empty.jpg): is empty", "A picture without words")
	many := slices.Repeat([]string{"x.jpg:" + jpeg + "one"}, 21)
	office.bring(many...).wants(t, http.StatusUnprocessableEntity, "Only the first 20 were taken")
	one := office.bring("asha okonedo.jpg:"+jpeg+"two|GPS").wants(t, http.StatusSeeOther).location()

	if got := office.get(one + "/picture"); got.body != jpeg+"two" || got.Header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("the picture is %q, %s", got.body, got.Header.Get("Content-Type"))
	}
	office.get(one).wants(t, http.StatusOK, "It is not shown", "somebody has to say who is in it", "Look again", "The fair (/news/fair/)").lacks(t, "asha okonedo", "Is really nobody in it?")
	form := url.Values{"do": {"find"}, "version": {"1"}, "who": {"pupils"}, "alt": {"A girl who paints"}, "page": {"/news/fair/"}, "class": {"Acorns"}, "until": {"31/07/2030"}}
	office.post(one, form).wants(t, http.StatusOK, "Ben", `value="A girl who paints"`).lacks(t, "Pugh", "Rao")
	form["class"], form["find"], form["pupil"] = nil, []string{"pu"}, []string{w.pupils["Ben"]}
	office.post(one, form).wants(t, http.StatusOK, "Pugh", `value="`+w.pupils["Ben"]+`" checked`).lacks(t, "Rao")
	form["do"], form["alt"] = []string{"save"}, []string{"Ben paints"}
	office.post(one, form).wants(t, http.StatusUnprocessableEntity, "These words name a pupil", `value="Ben paints"`, `value="`+w.pupils["Ben"]+`" checked`)
	form["alt"] = []string{"A girl who paints"}
	office.post(one, form).wants(t, http.StatusSeeOther)
	office.post(one, form).wants(t, http.StatusConflict, "Somebody else changed this")
	office.get(path).wants(t, http.StatusOK, "A girl who paints", "Not shown")
	w.later(time.Minute)
	_, err := w.portal.Decide(t.Context(), w.accounts[mother], portal.DecideForm{Pupil: w.pupils["Ben"], Purpose: webPicture.Slug, Hash: webPicture.Hash, Answer: portal.Given, Language: "en-GB"})
	w.must(err)
	office.post(one, url.Values{"do": {"save"}, "version": {"2"}, "who": {"pupils"}, "pupil": {w.pupils["Ben"]}, "alt": {"A girl who paints"}, "page": {"/news/fair/"}, "elsewhere": {"A leaflet"}}).wants(t, http.StatusSeeOther)
	shown := office.get(path).wants(t, http.StatusOK, "Shown</strong> since", "Take it down now").body
	id := regexp.MustCompile(`value="down ([A-Z2-7]{26})"`).FindStringSubmatch(shown)
	if id == nil {
		t.Fatal("no button takes it down")
	}
	office.post(path+"/do", url.Values{"do": {"down " + id[1]}}).wants(t, http.StatusSeeOther)
	office.get(path).wants(t, http.StatusOK, "Take it down by hand", "A leaflet", "Put it back").lacks(t, "Take it down now")
	safe.get("/portal/office/fernlow/today").wants(t, http.StatusOK, "picture was taken down here, and is still used elsewhere")
	_, photo, _ := strings.Cut(one, "pictures/")
	office.post(path+"/do", url.Values{"do": {"fetched " + photo}}).wants(t, http.StatusSeeOther)
	office.get(path).lacks(t, "A leaflet")

	nobody := office.bring("b.jpg:" + jpeg + "three").location()
	office.post(nobody, url.Values{"do": {"save"}, "version": {"1"}, "who": {"nobody"}, "alt": {"The pond"}, "page": {"/news/fair/"}}).wants(t, http.StatusSeeOther)
	office.get(nobody).wants(t, http.StatusOK, "a second person has to see").lacks(t, "Is really nobody in it?")
	safe.get("/portal/office/fernlow/today").wants(t, http.StatusOK, "picture waits for a second person")
	safe.get(nobody).wants(t, http.StatusOK, "Is really nobody in it?")
	safe.post(nobody, url.Values{"do": {"nobody"}, "version": {"2"}}).wants(t, http.StatusSeeOther)
	office.get(nobody).wants(t, http.StatusOK, "It may be shown")
	office.post(path+"/do", url.Values{"do": {"reviewed"}}).wants(t, http.StatusSeeOther)
	office.get(path).wants(t, http.StatusOK, "Somebody last did on")
	office.post(nobody, url.Values{"do": {"delete"}}).wants(t, http.StatusSeeOther)
	office.get(nobody).wants(t, http.StatusNotFound)
}
