package web

import (
	"net/http"
	"net/url"
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
