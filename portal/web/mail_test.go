package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"schoolgate/portal"
)

// send sends all that is due, and answers the last.
func (w *world) send(d portal.Delivery) (last portal.Message) {
	w.t.Helper()
	for {
		m, err := w.portal.NextMail(w.t.Context())
		if errors.Is(err, portal.ErrNotFound) {
			return last
		}
		w.must(err)
		w.must(w.portal.MailDone(w.t.Context(), m, d))
		last = m
	}
}

func TestMailPages(t *testing.T) {
	w := newWorld(t)
	const base = "/portal/office/fernlow/"
	office := w.as(clerk)
	office.get(base).wants(t, http.StatusOK).lacks(t, "Mail and reminders")
	office.get(base+"mail").wants(t, http.StatusOK, "No mail is sent from here").lacks(t, "<form method=\"post\" action=\"/portal/office/fernlow/mail\"")
	office.get(base+"reminders").wants(t, http.StatusOK, "No mail is sent from here")
	w.portal.SendMail(portal.MailRules{Every: 7, Most: 1})
	w.later(8 * 24 * time.Hour)
	office = w.as(clerk)
	page := office.get(base+"reminders").wants(t, http.StatusOK, "Remind ", mother, "Asha")
	office.post(base+"reminders", url.Values{"fingerprint": {"another"}}).wants(t, http.StatusUnprocessableEntity, "The list has changed")
	_, fingerprint, _ := strings.Cut(page.body, `name="fingerprint" value="`)
	fingerprint, _, _ = strings.Cut(fingerprint, `"`)
	done := office.post(base+"reminders", url.Values{"fingerprint": {fingerprint}}).wants(t, http.StatusSeeOther).location()
	office.get(done).wants(t, http.StatusOK, "The reminders wait to be sent", "Written to lately", "Nobody is to be reminded now")
	office.get(base+"mail").wants(t, http.StatusOK, "Waiting to be sent", "Do not send")

	// What fails is shown, with what to do; and the server's words are not.
	failed := w.send(portal.Delivery{Outcome: portal.Turned, Reason: "550 5.1.1", BadAddress: true})
	office.get(base).wants(t, http.StatusOK, "mails did not arrive, or addresses do not work", "Mail and reminders")
	office.get(base+"mail").wants(t, http.StatusOK, "There is no such address (the mail server said 550 5.1.1)", "Nothing is sent to these people", "works "+failed.ContactID)
	office.post(base+"mail", url.Values{"do": {"works " + failed.ContactID}}).wants(t, http.StatusSeeOther)
	office.post(base+"mail", url.Values{"do": {"retry " + failed.ID}}).wants(t, http.StatusSeeOther)
	sent := w.send(portal.Delivery{})
	if sent.ID != failed.ID {
		t.Fatal("it is not sent again")
	}
	office.get(base+"mail").wants(t, http.StatusOK, "bad "+failed.ContactID)
	office.post(base+"mail", url.Values{"do": {"bad " + failed.ContactID}}).wants(t, http.StatusSeeOther)
	office.get(base+"mail").wants(t, http.StatusOK, "works "+failed.ContactID)
	office.post(base+"mail", url.Values{"do": {"cancel nothing"}}).wants(t, http.StatusNotFound)

	// Whoever has the mail stops reminders, signed in or not; to look at it stops nothing.
	stop := remindersPath + sent.Key
	w.as("").get(stop).wants(t, http.StatusOK, "Send me no reminders").lacks(t, mother, "Asha")
	stopped := func() bool {
		_, is, err := w.portal.RemindersBy(t.Context(), sent.Key)
		w.must(err)
		return is
	}
	if stopped() {
		t.Error("opening the page has stopped them")
	}
	w.as("").post(stop, url.Values{"List-Unsubscribe": {"One-Click"}}).wants(t, http.StatusNoContent)
	if !stopped() {
		t.Error("a mail program cannot stop them")
	}
	w.as("").get(stop).wants(t, http.StatusOK, "You get no more reminders")
	w.as("").post(stop, url.Values{"do": {"start"}}).wants(t, http.StatusSeeOther)
	if stopped() {
		t.Error("they cannot be had again")
	}
	w.as("").get(remindersPath+"NOBODYS").wants(t, http.StatusNotFound)
	w.as(lead).get(base+"events").wants(t, http.StatusOK, "reminders sent", "address marked", "mail handled")
}
