package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"schoolgate/portal"
)

// What a stranger may have us remember while they sign in is no more than an
// address of ours.
func TestReturnToIsShort(t *testing.T) {
	for _, to := range []string{"/portal/?" + strings.Repeat("a", longestPath), "/portal/\xff"} {
		if got := localPath(to); got != "/portal/" {
			t.Errorf("%.20q… leads to %.20q…", to, got)
		}
	}
	if to := "/portal/children/JIQA2WKSMX43ENXTU2XRPBNXQK/agreements/home-school?kept=1"; localPath(to) != to {
		t.Errorf("%s is too long", to)
	}
	w := newWorld(t)
	w.as("").post("/portal/sign-in/thorn", url.Values{"return_to": {"/portal/?" + strings.Repeat("flood", 10_000)}}).wants(t, http.StatusOK)
	if strings.Contains(w.dump(), "flood") {
		t.Error("a stranger fills the database")
	}
}

// Of an expired session nothing is held but a text that is put to its account
// about a child of its own, and no more of it than a person types.
func TestExpiredSessionFillsNothing(t *testing.T) {
	w := newWorld(t)
	grace := w.as(mother)
	asha := "/portal/children/" + w.pupils["Asha"]
	w.later(portal.SessionIdle + time.Minute)
	form := url.Values{"name": {"flood"}, "answer": {"flood"}, "hash": {"flood"}}
	for _, path := range []string{
		"/portal/children/nobody/agreements/home-school", asha + "/agreements/nothing", asha + "/consents/" + strings.Repeat("x", 1000),
		"/portal/children/" + w.pupils["Cai"] + "/agreements/home-school",
	} {
		grace.post(path, form).wants(t, http.StatusUnauthorized, "do the last step once more")
	}
	grace.post(asha+"/agreements/home-school", url.Values{"name": {strings.Repeat("flood", 10_000)}}).wants(t, http.StatusUnauthorized)
	if strings.Contains(w.dump(), "flood") {
		t.Error("an expired session fills the database")
	}
}
