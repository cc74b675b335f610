package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"schoolgate/portal"
)

func TestRetentionPage(t *testing.T) {
	w := newWorld(t)
	school := fernlow
	school.Periods = portal.Periods{Records: 12, Answers: 12, Agreements: 12, Events: 24, Staff: 12}
	const path = "/portal/office/fernlow/retention"
	office := w.as(clerk)
	office.get(path).wants(t, http.StatusOK, "does not know yet how long").lacks(t, "/retention\"", "Pupils who have left</h2>")
	w.must(w.portal.SetSchools(t.Context(), []portal.School{school}))
	w.bring("fernlow", fernlowRows(true)[:5]) // Cai and Deepa leave
	office.get(path).wants(t, http.StatusOK, "Cai Pugh", "The record goes on 21 November 2027").lacks(t, "Erase what goes now")
	w.as(neighbour).get("/portal/").wants(t, http.StatusOK, "The record is erased after 21 November 2027")

	keep := url.Values{"pupil": {w.pupils["Cai"]}, "until": {"soon"}, "reason": {""}}
	w.secrets = append(w.secrets, "A dispute about a picture")
	office.post(path+"/keep", keep).wants(t, http.StatusUnprocessableEntity, `value="soon"`, "Write the last day", "Say in a sentence")
	keep = url.Values{"pupil": {w.pupils["Cai"]}, "until": {"1/12/2027"}, "reason": {"A dispute about a picture"}}
	office.post(path+"/keep", keep).wants(t, http.StatusSeeOther)
	office.get(path).wants(t, http.StatusOK, "It is kept until 1 December 2027", "A dispute about a picture", "The record goes on 2 December 2027")

	w.later(370 * 24 * time.Hour) // 26 November 2027
	office = w.as(clerk)
	office.get(path).wants(t, http.StatusOK, "Erase what goes now", "Deepa")
	for who, told := range map[string]bool{clerk: true, lead: true, teacher: false} {
		if page := w.as(who).get("/portal/office/fernlow/").wants(t, http.StatusOK); strings.Contains(page.body, "Families were told") != told {
			t.Errorf("%s is told that something is overdue: %t", who, !told)
		}
	}
	office.post(path, url.Values{}).wants(t, http.StatusUnprocessableEntity, "Tick the box")
	office.post(path, url.Values{"sure": {"yes"}}).wants(t, http.StatusUnprocessableEntity, "the server’s clock may be wrong")
	w.must(w.portal.ClockIsRight(t.Context()))
	done := office.post(path, url.Values{"sure": {"yes"}}).wants(t, http.StatusSeeOther).location()
	office.get("/portal/office/fernlow/").wants(t, http.StatusOK).lacks(t, "Families were told")
	office.get(done).wants(t, http.StatusOK, "What had its time is erased", "Cai Pugh").lacks(t, "Deepa", "Erase what goes now")
	w.later(7 * 24 * time.Hour)
	office = w.as(clerk)
	office.post(path, url.Values{"sure": {"yes"}}).wants(t, http.StatusSeeOther)
	office.get(path).wants(t, http.StatusOK, "Nobody has left whose record is still kept")
	w.as(lead).get("/portal/office/fernlow/events").wants(t, http.StatusOK, "erased", "pupils: 1")
}
