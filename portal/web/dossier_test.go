package web

import (
	"net/http"
	"testing"

	"schoolgate/portal"
)

func TestRecordPages(t *testing.T) {
	w := newWorld(t)
	w.wait = portal.YesAfter
	w.joinAgain(mother)
	w.as(mother).get("/portal/record").wants(t, http.StatusOK, "once it has made sure that it was you").lacks(t, "grace.okonedo@mail.example")
	w.must(w.portal.ConfirmJoins(t.Context(), w.accounts[lead], "fernlow", w.contact(mother)))
	w.as(mother).get("/portal/").wants(t, http.StatusOK, `href="/portal/record"`)
	w.as(mother).get("/portal/record").wants(t, http.StatusOK, "<h1>What this portal holds about you</h1>", "court orders and safeguarding notes", `href="tel:01632960101"`, "grace.okonedo@mail.example", "Asha Okonedo").lacks(t, "Daniel", "Tomas", "Moira")
	if got := w.as(mother).get("/portal/record?format=json").wants(t, http.StatusOK, `"value": "Grace Okonedo"`).lacks(t, "Daniel"); got.Header.Get("Content-Type") != "application/json" {
		t.Error("not JSON")
	}
	w.as(uncle).get("/portal/record").wants(t, http.StatusOK, "Tomas Reeve").lacks(t, "Asha", "Grace")
	path := "/portal/office/fernlow/record/pupil/" + w.pupils["Asha"]
	pupil := "/portal/office/fernlow/pupil/" + w.pupils["Asha"]
	w.as(clerk).get("/portal/office/fernlow/").wants(t, http.StatusOK, pupil)
	w.as(clerk).get(pupil).wants(t, http.StatusOK, path, "Asha Okonedo", mother, "Holds parental responsibility, and decides", "not answered")
	w.as(clerk).get(path).wants(t, http.StatusOK, "27 March 2018", "Records of their contacts", "Grace Okonedo")
	w.as(clerk).get(path+"?format=json").wants(t, http.StatusOK, "27 March 2018").lacks(t, "Grace", "Daniel")
	w.as(teacher).get("/portal/office/fernlow/").wants(t, http.StatusOK).lacks(t, "/record/")
}
