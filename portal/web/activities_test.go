package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"schoolgate/portal"
)

// From the plan to the sheets: what was typed stays through a search and a mistake, the
// second who decides is told of the first, and a withdrawal shows on the next load (C6).
func TestActivity(t *testing.T) {
	w := newWorld(t)
	w.later(portal.YesAfter)
	office := w.as(clerk)
	const at = "/portal/office/fernlow/activities"
	plan := url.Values{"title": {"Call with the museum"}, "purpose": {webPicture.Slug}, "on": {w.now.AddDate(0, 0, 1).Format("02/01/2006")}, "from": {"10:00"}, "to": {"11:00"},
		"supervision": {"Ms Quist"}, "risk": {"Folder 3"}, "do": {"find"}, "find": {"ben"}}
	office.post(at+"/new", plan).wants(t, http.StatusOK, "Call with the museum", "Ms Quist", `value="`+w.pupils["Ben"]+`"`).lacks(t, "Asha")
	plan.Set("pupil", w.pupils["Ben"])
	plan.Set("do", "propose")
	plan.Set("to", "09:00")
	office.post(at+"/new", plan).wants(t, http.StatusUnprocessableEntity, "It has to end after it begins", `value="`+w.pupils["Ben"]+`" checked`)
	plan.Set("to", "11:00")
	page := office.post(at+"/new", plan).wants(t, http.StatusSeeOther).location()
	page, _, _ = strings.Cut(page, "?")

	office.get(page).wants(t, http.StatusOK, "Waits for approval", "Nobody has approved this yet").lacks(t, `value="approve"`)
	office.get(page+"/sheet").wants(t, http.StatusSeeOther)
	w.as(lead).get(at).wants(t, http.StatusOK, "Call with the museum")
	w.as(lead).get("/portal/office/fernlow/today").wants(t, http.StatusOK, "activity waits for approval")
	w.as(head).post(page, url.Values{"do": {"approve"}}).wants(t, http.StatusSeeOther)
	w.as(lead).post(page, url.Values{"do": {"decline"}, "why": {"No"}}).wants(t, http.StatusUnprocessableEntity, "This was approved by "+head, "not saved")

	says := func(answer portal.Answer) {
		_, err := w.portal.Decide(t.Context(), w.accounts[mother], portal.DecideForm{Pupil: w.pupils["Ben"], Purpose: webPicture.Slug, Hash: webPicture.Hash, Answer: answer, Language: language})
		w.must(err)
	}
	const yes, no = `<span class="tag tag-given">Yes</span>`, `<span class="tag tag-refused">No</span>`
	says(portal.Given)
	office.get(page).wants(t, http.StatusOK, "Okonedo, Ben", yes)
	office.get(page+"/sheet?for=photographer").wants(t, http.StatusOK, "You may photograph", `<bdi translate="no">Ben</bdi>`, "This is no sheet for the day")
	says(portal.Refused)
	office.get(page).wants(t, http.StatusOK, no)
	office.get(page+"/sheet?for=photographer").wants(t, http.StatusOK, "Nobody.").lacks(t, "Ben")
	office.get(page+"/sheet").wants(t, http.StatusOK, "As of ", "until the end of ", "Blank, struck out or not on this sheet means no", no)
	office.get("/portal/office/fernlow/may?class=Acorns&purpose="+webPicture.Slug).wants(t, http.StatusOK, "Okonedo, Ben", no)

	if got := office.get(page).Header.Get("Refresh"); got != "" {
		t.Errorf("it loads itself again unasked: %q", got)
	}
	if got := office.get(page + "?live=yes").Header.Get("Refresh"); got != "15" {
		t.Errorf("asked to, it loads itself again after %q", got)
	}
	office.post(page, url.Values{"do": {"close"}, "kept": {"Drive 3"}}).wants(t, http.StatusUnprocessableEntity, "Say what was done", "Drive 3")
	until := w.now.AddDate(0, 0, 7).Format("02/01/2006")
	office.post(page, url.Values{"do": {"close"}, "done": {"We met"}, "kept": {"Drive 3"}, "until": {until}}).wants(t, http.StatusSeeOther)
	office.get(page).wants(t, http.StatusOK, "We met", "Delete it by", `value="delete"`)
	office.post(page, url.Values{"do": {"delete"}}).wants(t, http.StatusSeeOther)
	office.get(at).wants(t, http.StatusOK, "Deleted on ")
	office.get(at+"/new?from="+page[strings.LastIndexByte(page, '/')+1:]).wants(t, http.StatusOK, "Call with the museum", `value="10:00"`, `value="`+w.pupils["Ben"]+`" checked`)
	office.post(page, url.Values{"do": {"something"}}).wants(t, http.StatusBadRequest)
}
