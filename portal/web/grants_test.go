package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Row S5, at the desk: a class is given a login, who has not signed is named, the head says
// why one has it all the same, and the record can be looked through and taken out.
func TestAccessPages(t *testing.T) {
	w := newWorld(t)
	const at = "/portal/office/fernlow/access"
	w.must(w.portal.SignedOnPaper(t.Context(), w.accounts[clerk], "fernlow", "4B", []string{w.pupils["Asha"]}))
	form := url.Values{"what": {"device"}, "class": {"4B"}}
	w.as(clerk).post(at+"/new", form).wants(t, http.StatusUnprocessableEntity, "Say which device", `<option value="4B" selected>`)
	form.Set("item", "Chromebook 14")
	w.as(clerk).post(at+"/new", form).wants(t, http.StatusOK, "Given to 1; 1 left out", "Deepa", "not signed: ‘", "Only the head can")
	form.Set("why", "She needs it to speak")
	w.as(clerk).post(at+"/new", form).wants(t, http.StatusForbidden)
	w.as(head).post(at+"/new", form).wants(t, http.StatusOK, "Given to 1", "has it already")

	page := w.as(business).get(at).wants(t, http.StatusOK, "Asha", "Deepa", "Chromebook 14", "Stands", "Without a signature", "She needs it to speak", "Those marked are right", `value="end"`)
	w.as(lead).get(at+"?show=lacking").wants(t, http.StatusOK, "Deepa").lacks(t, "Asha", `value="end"`)
	_, row, _ := strings.Cut(page.body, `name="row" value="`)
	row, _, _ = strings.Cut(row, `"`)
	w.as(business).post(at, url.Values{"do": {"review"}, "class": {"4B"}}).wants(t, http.StatusUnprocessableEntity, "Mark at least one row")
	back := w.as(business).post(at, url.Values{"do": {"review"}, "row": {row}, "class": {"4B"}}).wants(t, http.StatusSeeOther).location()
	w.as(business).get(back).wants(t, http.StatusOK, "21 November 2026, <bdi")
	got := w.as(lead).post(at+"/list", url.Values{"format": {"csv"}}).wants(t, http.StatusOK, "Okonedo", "Chromebook 14", "without a signature: She needs it to speak")
	if name := got.Header.Get("Content-Disposition"); !strings.Contains(name, "fernlow-access-2026-11-21") {
		t.Errorf("the file is called %q", name)
	}
	w.as(lead).get("/portal/office/fernlow/events").wants(t, http.StatusOK, "access given", "without a signature: 1", "access reviewed")
}
