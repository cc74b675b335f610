package web

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"schoolgate/portal"
)

// A family's whole way: the letter, the home page, a signature, a yes, a no.
func TestJourney(t *testing.T) {
	w := newWorld(t)
	office := w.as(clerk)
	office.post("/portal/office/fernlow/letters", nil).wants(t, http.StatusOK, "0 letters", "nobody to write to")

	rows := append(fernlowRows(true), portal.ClassListRow{Row: 20, AdmissionNumber: "20", Forename: "Gwenno", Surname: "Quill", Born: "2019-04-09", Year: 2, Group: "2", ContactName: "Ifan Quill", Parental: true})
	w.secrets = append(w.secrets, "Gwenno", "Quill", "Ifan", "Q. Uill", "2019")
	w.bring("fernlow", rows)
	page := office.post("/portal/office/fernlow/letters", nil).wants(t, http.StatusOK, "1 letter<", "Dear Ifan Quill", "http://127.0.0.1:1/portal/join", "20 January 2027")
	_, after, _ := strings.Cut(page.body, `<p class="letter-code" translate="no">`)
	code, _, _ := strings.Cut(after, "<")
	if len(portal.NormalCode(code)) != 12 {
		t.Fatalf("the letter's code is %q", code)
	}
	w.secrets = append(w.secrets, code, portal.NormalCode(code))

	w.accounts["Ifan Quill"] = w.account("Ifan Quill", "")
	ifan := w.as("Ifan Quill")
	ifan.get("/portal/").wants(t, http.StatusOK, "you need the letter", `href="/portal/join"`).lacks(t, "child-card")
	join := func(code, day, month, year string) reply {
		return ifan.post("/portal/join", url.Values{"code": {code}, "born-day": {day}, "born-month": {month}, "born-year": {year}})
	}
	join("", "", "", "").wants(t, http.StatusUnprocessableEntity, "<title>Error: ", "Type the code from your letter", "Type your child’s date of birth", `href="#field-code"`, `href="#field-born"`, "autofocus")
	join(code, "9", "", "2019").wants(t, http.StatusUnprocessableEntity, "must have a month", `value="`+code+`"`, `value="2019"`)
	join(code, "31", "2", "2019").wants(t, http.StatusUnprocessableEntity, "must be a real date")
	join(code, "28", "травень", "2019").wants(t, http.StatusUnprocessableEntity, "Type the month as a number, such as 5")
	join(code, "05", "28", "2019").wants(t, http.StatusUnprocessableEntity, "Day first, then month.")
	join(code, "9", "4", "19").wants(t, http.StatusUnprocessableEntity, "four figures")
	wrong := join(code, "10", "4", "2019").wants(t, http.StatusUnprocessableEntity, "The code and the date of birth do not go together. Look at the code in the letter. You can try 9 more times today.", "It is not in the letter", `href="#field-code"`, `href="#field-born"`)
	if n := strings.Count(wrong.body, "field-wrong"); n != 2 {
		t.Errorf("%d groups are marked", n)
	}
	join("Код: "+strings.ToLower(strings.ReplaceAll(code, "-", " ")), "09", "April", "2019").wants(t, http.StatusSeeOther)

	home := ifan.get("/portal/").wants(t, http.StatusOK, `<bdi translate="no">Gwenno</bdi></h2>`, "Left to do", "Read and sign ‘Home and school agreement’", "May we show your child’s picture on our website?").lacks(t, "What you decided")
	sign := link(t, home, "Read and sign ‘Home and school agreement’")
	heartFirst(t, homeSchool, ifan.get(sign).wants(t, http.StatusOK, "<title>Agreement to sign, for \u2068Gwenno\u2069: Home and school agreement – ", `<h1>Agreement to sign, for <bdi translate="no">Gwenno</bdi>: Home and school agreement</h1>`, "I agree and sign</button>", "The whole agreement</h2>", homeSchool.Statement, "http://127.0.0.1:1"+homeSchool.Path, homeSchool.Hash[:12], "1 September 2026").lacks(t, "checked"))

	form := url.Values{"name": {"  Q.  Uill "}, "agreed": {"yes"}, "hash": {homeSchool.Hash}}
	first := ifan.post(sign, form).wants(t, http.StatusSeeOther).location()
	w.later(3 * time.Second)
	if second := ifan.post(sign, form).wants(t, http.StatusSeeOther).location(); second != first {
		t.Errorf("a second click made a second signature: %s and %s", first, second)
	}
	receipt := ifan.get(first).wants(t, http.StatusOK, "<title>You have signed for \u2068Gwenno\u2069: Home and school agreement – ", `<h1>You have signed for <bdi translate="no">Gwenno</bdi>: Home and school agreement</h1>`, "21 November 2026 at 10:04 pm", "Q. Uill", `Next, for <bdi translate="no">Gwenno</bdi>`, homeSchool.Hash, ">The exact words, edition 1</a>", "<summary>Long numbers", "Is something wrong? Call <a href=\"tel:").lacks(t, "ingerprint")
	ifan.get(sign).wants(t, http.StatusOK, "You signed this for Gwenno on 21 November 2026 at 10:04 pm").lacks(t, "<form method=\"post\" novalidate>")

	file := ifan.get(first+"/receipt.json").wants(t, http.StatusOK)
	var proof portal.Proof
	w.must(json.Unmarshal([]byte(file.body), &proof))
	if proof.Text != homeSchool.Source || !strings.Contains(proof.Record, `"typed_name":"Q. Uill"`) {
		t.Errorf("the receipt file is not of this signature: %s", file.body)
	}
	if got := file.Header.Get("Content-Type") + " " + file.Header.Get("Content-Disposition"); !strings.HasPrefix(got, "application/json attachment;") {
		t.Errorf("the receipt file comes as %s", got)
	}

	consent := link(t, receipt, "May we show your child’s picture on our website?")
	heartFirst(t, webPicture, ifan.get(consent).wants(t, http.StatusOK, "<title>For \u2068Gwenno\u2069: May we show", webPicture.IfGiven, webPicture.IfRefused).lacks(t, "checked"))
	ifan.post(consent, url.Values{"hash": {webPicture.Hash}}).wants(t, http.StatusUnprocessableEntity, "Choose yes or no", `href="#field-answer"`, "<title>Error: ")
	yes := ifan.post(consent, url.Values{"hash": {webPicture.Hash}, "answer": {"given"}}).wants(t, http.StatusSeeOther).location()
	ifan.get(yes).wants(t, http.StatusOK, "<title>You said yes for \u2068Gwenno\u2069: May we show", `<h1>You said yes for <bdi translate="no">Gwenno</bdi>: May we show`, webPicture.IfGiven, "Back to my children").lacks(t, "Still to do")
	ifan.get(consent).wants(t, http.StatusOK, "You said yes</strong> on 21 November 2026", "Change my answer to no").lacks(t, "checked", `type="radio"`)
	no := ifan.post(consent, url.Values{"hash": {webPicture.Hash}, "answer": {"refused"}}).wants(t, http.StatusSeeOther).location()
	ifan.get(no).wants(t, http.StatusOK, "You changed your answer to no", webPicture.IfRefused)
	ifan.get("/portal/").wants(t, http.StatusOK, `Nothing is left to do for <bdi translate="no">Gwenno`, "You changed to no", "You signed")
	ifan.get(consent).wants(t, http.StatusOK, "You said no</strong>", "Change my answer to yes")

	// A no takes one tap and nothing to read; a yes comes after what it is a yes to, in
	// whatever language, and says whether it was translated.
	change := ifan.get(consent)
	heart, _ := webPicture.Parts()
	at := 0
	for _, part := range []string{heart, "You answer the English words.", `name="translated"`, ">Change my answer to yes<"} {
		next := strings.Index(change.body, part)
		if next < at {
			t.Errorf("%q does not stand above what should follow it", part)
		}
		at = next
	}
	again := ifan.post(consent, url.Values{"hash": {webPicture.Hash}, "answer": {"given"}, "translated": {"yes"}}).wants(t, http.StatusSeeOther).location()
	ifan.get(again).wants(t, http.StatusOK, "Somebody or something translated this for you")

	out := ifan.post("/portal/sign-out", nil).wants(t, http.StatusSeeOther).location()
	ifan.get(out).wants(t, http.StatusOK, "<title>You have signed out – ", "<h1>You have signed out</h1>")
	if len(ifan.jar) != 0 {
		t.Errorf("after signing out the browser still has %v", ifan.jar)
	}
	ifan.get(first).wants(t, http.StatusSeeOther)
}

// heartFirst is that a text's heart stands above the answer, and the whole below it.
func heartFirst(t *testing.T, text portal.Text, r reply) {
	t.Helper()
	heart, rest := text.Parts()
	if heart == "" || rest == "" || strings.ReplaceAll(text.HTML, "\n", "") != strings.ReplaceAll(heart+rest, "\n", "") {
		t.Fatalf("%s is not a heart and the rest: %q, %q", text.Slug, heart, rest)
	}
	at := -1
	for _, part := range []string{heart, `href="#whole"`, `<button class="button">`, `id="whole"`, strings.NewReplacer("<h2", "<h3", "</h2>", "</h3>").Replace(rest)} {
		next := strings.LastIndex(r.body, part)
		if next <= at {
			t.Errorf("%s: %q does not come after what should stand before it", text.Slug, part)
		}
		at = next
	}
}

// link is where the link with these words goes.
func link(t *testing.T, r reply, words string) string {
	t.Helper()
	before, _, ok := strings.Cut(r.body, ">"+words+"<")
	i := strings.LastIndex(before, `href="`)
	if !ok || i < 0 {
		t.Fatalf("no link %q in\n%s", words, r.body)
	}
	to, _, _ := strings.Cut(before[i+len(`href="`):], `"`)
	return to
}

// Whoever reads it in another language signs the English words: the page says so, in
// words that can be read by them, and keeps it on record.
func TestSigningInTranslation(t *testing.T) {
	w := newWorld(t)
	w.serve("http://127.0.0.1:1", func(c *Config) {
		c.Easy = func(t portal.Text) string { return "easy-read/" + t.Slug + "/" }
		c.Languages = []Language{{Tag: "ur", Dir: "rtl", Name: "اردو", Says: "ہمیں بتائیں۔"}, {Tag: "pl", Dir: "ltr", Name: "Polski", Says: "Powiedz nam."}}
	})
	grace := w.as(mother)
	line := `<li lang="ur" dir="rtl">ہمیں بتائیں۔</li>`
	for path, says := range map[string]string{
		"/agreements/home-school": "You sign the English words. We will explain them in your language: ", "/consents/website-pictures": "You answer the English words.",
	} {
		path = "/portal/children/" + w.pupils["Asha"] + path
		grace.get(path).wants(t, http.StatusOK, says, line, `<a href="tel:01632960101" translate="no">01632 960 101</a>`, "I used a translation, or somebody translated this for me", `lang="en-GB" dir="auto"`, `/">Read it in easy words first</a>`).lacks(t, "checked")
		form := url.Values{"hash": {homeSchool.Hash}, "name": {"Gr. Okon"}, "translated": {"yes"}}
		if strings.Contains(path, "consents") {
			form = url.Values{"hash": {webPicture.Hash}, "translated": {"yes"}}
		}
		grace.post(path, form).wants(t, http.StatusUnprocessableEntity, `name="translated" value="yes" checked`)
		form.Set("agreed", "yes")
		form.Set("answer", "given")
		receipt := grace.post(path, form).wants(t, http.StatusSeeOther).location()
		grace.get(receipt).wants(t, http.StatusOK, "Somebody or something translated this for you")
		if file := grace.get(receipt + "/receipt.json"); !strings.Contains(file.body, `\"details\":{\"translated\":true}`) {
			t.Errorf("the receipt does not keep it: %s", file.body)
		}
	}
	contact := []string{"<summary>Tell us your language <span translate=\"no\"><span lang=\"ur\" dir=\"rtl\">اردو</span> · <span lang=\"pl\" dir=\"ltr\">Polski</span></span></summary>", `Fernlow Primary</span>: <a href="tel:01632960101"`, "mailto:"}
	for _, page := range []string{"/portal/join", "/portal/"} {
		w.as(stranger).get(page).wants(t, http.StatusOK, append(contact, line)...)
	}
	w.as("").get("/portal/sign-in").wants(t, http.StatusOK, append(contact, line)...)
}

func TestSigningWrongly(t *testing.T) {
	w := newWorld(t)
	grace := w.as(mother)
	path := "/portal/children/" + w.pupils["Asha"] + "/agreements/home-school"
	send := func(name, agreed, hash string) reply {
		return grace.post(path, url.Values{"name": {name}, "agreed": {agreed}, "hash": {hash}})
	}
	untouched := w.dump()
	long := strings.Repeat("é", 10_000)
	send("Gr. Okon", "", homeSchool.Hash).wants(t, http.StatusUnprocessableEntity, "Tick the box to say that you agree", `value="Gr. Okon"`, `href="#field-agreed"`, `aria-invalid="true"`, "<title>Error: ")
	send("  ", "yes", homeSchool.Hash).wants(t, http.StatusUnprocessableEntity, "Type your full name", "checked", `aria-describedby="hint-name error-name"`)
	send(long, "yes", homeSchool.Hash).wants(t, http.StatusUnprocessableEntity, "200 characters or fewer", long)
	send("Gr\x00ace", "yes", homeSchool.Hash).wants(t, http.StatusUnprocessableEntity)
	send(`"><script>alert(1)</script>`, "", homeSchool.Hash).wants(t, http.StatusUnprocessableEntity).lacks(t, "<script>")
	send("Gr. Okon", "yes", strings.Repeat("0", 64)).wants(t, http.StatusConflict, "The wording has changed", `value="Gr. Okon"`, homeSchool.Hash).lacks(t, "checked")
	send("Zed Asha", "yes", homeSchool.Hash).wants(t, http.StatusUnprocessableEntity, "That is your child’s name")
	// The child's own name is asked about, once: what was typed and ticked is kept, and a second press signs.
	send("Asha Okonedo", "yes", homeSchool.Hash).wants(t, http.StatusUnprocessableEntity, "That is your child’s name", `value="Asha Okonedo"`, `name="asked" value="Asha Okonedo"`, "checked")
	send("Asha Okonedo", "yes", strings.Repeat("0", 64)).wants(t, http.StatusConflict, `value="Asha Okonedo"`, `name="asked" value=""`)
	send(strings.Repeat("x", 70<<10), "yes", homeSchool.Hash).wants(t, http.StatusRequestEntityTooLarge, "too large")
	grace.post("/portal/children/"+w.pupils["Asha"]+"/agreements/nothing", url.Values{"hash": {"x"}}).wants(t, http.StatusNotFound)
	grace.post("/portal/children/"+w.pupils["Cai"]+"/agreements/home-school", signed(w)).wants(t, http.StatusNotFound)
	grace.post("/portal/children/"+w.pupils["Asha"]+"/consents/website-pictures", url.Values{"hash": {webPicture.Hash}, "answer": {"withdrawn"}}).wants(t, http.StatusUnprocessableEntity)
	if w.dump() != untouched {
		t.Error("a form that was not taken left something behind")
	}
}

// Somebody who presses the button many times signs once.
func TestManyClicksAreOneSignature(t *testing.T) {
	w := newWorld(t)
	path := "/portal/children/" + w.pupils["Asha"] + "/agreements/home-school"
	var clicks sync.WaitGroup
	where := make([]string, 8)
	for i := range where {
		v := w.as(mother)
		clicks.Go(func() { where[i] = v.post(path, signed(w)).location() })
	}
	clicks.Wait()
	for _, to := range where {
		if to == "" || to != where[0] {
			t.Errorf("the clicks lead to %v", where)
			break
		}
	}
}

// The text changes while a parent has the page open.
func TestTextChanges(t *testing.T) {
	w := newWorld(t)
	grace := w.as(mother)
	consent := "/portal/children/" + w.pupils["Asha"] + "/consents/website-pictures"
	grace.post(consent, answered(w)).wants(t, http.StatusSeeOther)

	changed := fernlow
	picture := text("fernlow", portal.Purpose, "website-pictures", "Pictures on our website", 2, "Pictures are kept for five years.")
	changed.Texts = []portal.Text{homeSchool, picture}
	w.must(w.portal.SetSchools(t.Context(), []portal.School{changed}))

	grace.post(consent, url.Values{"answer": {"given"}, "hash": {webPicture.Hash}}).wants(t, http.StatusConflict, "kept for five years", "Nothing has been recorded", picture.Hash).lacks(t, "checked")
	grace.get(consent).wants(t, http.StatusOK, "You said yes to an earlier wording", `type="radio"`)
	grace.get("/portal/").wants(t, http.StatusOK, "We changed the wording, so we are asking again")

	// A no is never lost to a change: it is recorded against the wording she read.
	grace.post(consent, url.Values{"answer": {"refused"}, "hash": {webPicture.Hash}}).wants(t, http.StatusSeeOther)
	grace.get(consent).wants(t, http.StatusOK, "You said no to an earlier wording")
}

// A parent learns nothing of what another says: every page of hers is the same, to
// the byte, before and after.
func TestDisagreement(t *testing.T) {
	w := newWorld(t)
	grace, daniel := w.as(mother), w.as(father)
	consent := "/portal/children/" + w.pupils["Asha"] + "/consents/website-pictures"
	receipt := grace.post(consent, answered(w)).wants(t, http.StatusSeeOther).location()
	before := map[string]string{}
	for _, page := range []string{"/portal/", consent, receipt} {
		before[page] = grace.get(page).wants(t, http.StatusOK, "You said yes").body
	}
	for _, answer := range []string{"refused", "given", "refused"} {
		daniel.post(consent, url.Values{"answer": {answer}, "hash": {webPicture.Hash}}).wants(t, http.StatusSeeOther)
		for page, was := range before {
			if is := grace.get(page).wants(t, http.StatusOK).body; is != was {
				t.Errorf("%s changed when the other parent said %s:\n%s\nwas\n%s", page, answer, is, was)
			}
		}
	}
	daniel.get(consent).wants(t, http.StatusOK, "You said no").lacks(t, "Grace")
	daniel.get(receipt).wants(t, http.StatusNotFound)

	lena := w.as(neighbour)
	consent = "/portal/children/" + w.pupils["Cai"] + "/consents/website-pictures"
	lena.get(consent).wants(t, http.StatusOK, "has to ask Cai’s social worker first")
	receipt = lena.post(consent, answered(w)).wants(t, http.StatusSeeOther).location()
	lena.get(receipt).wants(t, http.StatusOK, "has to ask Cai’s social worker first")
}

func TestJoinHasALimit(t *testing.T) {
	w := newWorld(t)
	v := w.as(stranger)
	guess := url.Values{"code": {"2222-2222-2222"}, "born-day": {"27"}, "born-month": {"3"}, "born-year": {"2018"}}
	w.secrets = append(w.secrets, "2222-2222-2222", "222222222222")
	for range portal.TriesPerAccount {
		v.post("/portal/join", guess).wants(t, http.StatusUnprocessableEntity)
	}
	v.post("/portal/join", guess).wants(t, http.StatusTooManyRequests, "Try again tomorrow")
}

// Somebody comes back to a form after their session has expired.
func TestExpiredSessionKeepsWhatWasTyped(t *testing.T) {
	w := newWorld(t)
	grace := w.as(mother)
	path := "/portal/children/" + w.pupils["Asha"] + "/agreements/home-school"
	form := url.Values{"name": {"Gr. Okon"}, "agreed": {"yes"}, "hash": {homeSchool.Hash}}
	w.secrets = append(w.secrets, "Gr. Okon")
	w.later(portal.SessionIdle + time.Minute)

	if to := grace.get(path).wants(t, http.StatusSeeOther).location(); to != "/portal/sign-in?after=expired&return_to="+url.QueryEscape(path) {
		t.Errorf("a page sends somebody to %s", to)
	}
	page := grace.post(path, form).wants(t, http.StatusUnauthorized, "You were signed out", "is kept for a day")
	if strings.Contains(page.body, "Gr. Okon") {
		t.Error("what was typed is shown to whoever has the browser now")
	}
	kept := path + "?kept=1"
	back := grace.get(strings.ReplaceAll(link(t, page, "Sign in"), "&amp;", "&")).wants(t, http.StatusOK)
	if !strings.Contains(back.body, `value="`+kept+`"`) {
		t.Errorf("signing in does not lead back to %s:\n%s", kept, back.body)
	}

	w.as(father).get(kept).wants(t, http.StatusOK).lacks(t, "Gr. Okon", "We have kept")
	again := w.as(mother)
	again.get(kept).wants(t, http.StatusOK, `value="Gr. Okon"`, "We have kept what you typed").lacks(t, "checked") // a tick is made by whoever signs
	again.get(kept).wants(t, http.StatusOK, "Gr. Okon")                                                            // to look at it does not lose it
	again.post(kept, form).wants(t, http.StatusSeeOther)
	again.get(kept).lacks(t, "Gr. Okon")

	// An answer is chosen again, by whoever has the browser now.
	stale := url.Values{"answer": {"given"}, "hash": {strings.Repeat("0", 64)}}
	path = "/portal/children/" + w.pupils["Asha"] + "/consents/website-pictures"
	grace.post(path, stale).wants(t, http.StatusUnauthorized, "do the last step once more")
	w.as(mother).get(path+"?kept=1").wants(t, http.StatusOK).lacks(t, "checked")

	// A code is never held.
	grace.post("/portal/join", url.Values{"code": {"2222-2222-2222"}}).wants(t, http.StatusUnauthorized, "do the last step once more")
	if strings.Contains(w.dump(), "2222-2222") || strings.Contains(w.dump(), strings.Repeat("2", 12)) {
		t.Error("the database holds a letter's code")
	}
	w.later(portal.HeldLife)
	w.must(w.portal.Tidy(t.Context()))
	w.as("").post(path, stale).wants(t, http.StatusUnauthorized, "Nothing was sent")
}

// The office sees who has joined, prints again for whom it chooses, and ends a
// wrong join.
func TestLetters(t *testing.T) {
	w := newWorld(t)
	office, daniel := w.as(clerk), w.as(father)
	const letters = "/portal/office/fernlow/letters"
	daniel.get("/portal/").wants(t, http.StatusOK, "Asha")
	office.get(letters).wants(t, http.StatusOK, "Everybody has joined or has a letter", father, "Remove access").lacks(t, `type="checkbox"`, stepmother, uncle)
	end := fathersJoin(w)
	office.post("/portal/office/fernlow/joins", url.Values{"end": end["end"]}).wants(t, http.StatusOK, "Remove this person’s access?", "Each yes that was given online in this name is taken back")
	daniel.get("/portal/").wants(t, http.StatusOK, "Asha")
	office.post("/portal/office/fernlow/joins", url.Values{"end": {"nobody"}}).wants(t, http.StatusNotFound)
	office.post("/portal/office/fernlow/joins", end).wants(t, http.StatusSeeOther)
	daniel.get("/portal/").wants(t, http.StatusOK, "you need the letter").lacks(t, "Asha")
	waiting := office.get(letters+"?after=end").wants(t, http.StatusOK, "no longer sees or decides", "Print 1 letter<", "No letter</td>", `type="checkbox"`)
	_, after, _ := strings.Cut(waiting.body, `name="contact" value="`)
	contact, _, _ := strings.Cut(after, `"`)

	first := office.post(letters, nil).wants(t, http.StatusOK, "1 letter<", "Dear "+father)
	office.get(letters).wants(t, http.StatusOK, "Letter of 21 November 2026, works until 20 January 2027")
	office.post(letters, nil).wants(t, http.StatusOK, "0 letters")
	office.post(letters, url.Values{"for": {"chosen"}}).wants(t, http.StatusUnprocessableEntity, "Tick the people you want to print a letter for", `href="#field-contact"`)
	again := office.post(letters, url.Values{"for": {"chosen"}, "contact": {contact}}).wants(t, http.StatusOK, "1 letter<", "Dear "+father)
	for _, printed := range []reply{first, again} {
		_, after, _ := strings.Cut(printed.body, `<p class="letter-code" translate="no">`)
		code, _, _ := strings.Cut(after, "<")
		w.secrets = append(w.secrets, code)
		status := http.StatusUnprocessableEntity
		if printed.body == again.body {
			status = http.StatusSeeOther
		}
		daniel.post("/portal/join", url.Values{"code": {code}, "born-day": {"27"}, "born-month": {"3"}, "born-year": {"2018"}}).wants(t, status)
	}
}

// Somebody at two schools has a page of one for each.
func TestTwoSchools(t *testing.T) {
	w := newWorld(t)
	letters, err := w.portal.Letters(t.Context(), portal.Operator, "st-osric")
	w.must(err)
	if len(letters) != 0 {
		t.Fatalf("%d letters", len(letters))
	}
	rows := append(osricRows(), portal.ClassListRow{Row: 3, AdmissionNumber: "10", Forename: "Huw", Surname: "Okonedo", Born: "2016-02-02", Year: 6, ContactName: "Mrs G Okonedo", Parental: true})
	w.bring("st-osric", rows)
	letters, err = w.portal.Letters(t.Context(), portal.Operator, "st-osric")
	w.must(err)
	grace := w.as(mother)
	grace.post("/portal/join", url.Values{"code": {letters[0].Code}, "born-day": {"2"}, "born-month": {"2"}, "born-year": {"2016"}}).wants(t, http.StatusSeeOther)
	w.secrets = append(w.secrets, letters[0].Code)
	var file strings.Builder
	w.must(WriteLetters(&file, letters, "https://schools.example", []Language{{Tag: "pl", Dir: "ltr", Name: "Polski", Says: "Powiedz nam."}}, []byte("p{margin:0}"), squareOf))
	for _, part := range []string{letters[0].Code, `Dear <bdi translate="no">Mrs G Okonedo</bdi>`, "https://schools.example/portal/join", "<style>p{margin:0}</style>", `<li lang="pl" dir="ltr">Powiedz nam.</li>`, "<li><strong>01632 960 101</strong></li>"} {
		if !strings.Contains(file.String(), part) {
			t.Errorf("no %s in the file of letters:\n%s", part, &file)
		}
	}
	grace.get("/portal/").wants(t, http.StatusOK, ">Asha</h2>", ">Ben</h2>", ">Huw</h2>", "St Osric’s Junior School", "Thornmere Trust</span>")
}

func TestHomeOf(t *testing.T) {
	w := newWorld(t)
	w.as("").get("/portal/").wants(t, http.StatusOK, "<h1>Sign in</h1>", "Sign in with Thornmail")
	w.as(clerk).get("/portal/").wants(t, http.StatusOK, `href="/portal/office/fernlow/"`).lacks(t, "/portal/office/st-osric/")
	w.as(trust).get("/portal/").wants(t, http.StatusOK, `href="/portal/office/fernlow/"`, `href="/portal/office/st-osric/"`)
	w.as(uncle).get("/portal/").wants(t, http.StatusOK, "no child for whom you can sign").lacks(t, "Asha", "court")
}

// A child who has left: what was decided can be read, a yes can become a no, and
// nothing else can be said.
func TestLeaver(t *testing.T) {
	w := newWorld(t)
	v := w.as(neighbour)
	consent := "/portal/children/" + w.pupils["Cai"] + "/consents/website-pictures"
	v.post(consent, url.Values{"answer": {"given"}, "hash": {webPicture.Hash}}).wants(t, http.StatusSeeOther)
	w.bring("fernlow", fernlowRows(true)[:5])
	v.get("/portal/").wants(t, http.StatusOK, "Cai left on 21 November 2026", "change a yes to a no", "You said yes").lacks(t, "Left to do", "Read and sign")
	v.get("/portal/children/"+w.pupils["Cai"]+"/agreements/home-school").wants(t, http.StatusNotFound)
	v.post("/portal/children/"+w.pupils["Cai"]+"/agreements/home-school", signed(w)).wants(t, http.StatusForbidden, "This child has left the school")
	v.get(consent).wants(t, http.StatusOK, "Cai has left the school", "Change my answer to no").lacks(t, "Change my answer to yes", `type="radio"`)
	receipt := v.post(consent, url.Values{"answer": {"refused"}, "hash": {webPicture.Hash}}).wants(t, http.StatusSeeOther).location()
	v.get(receipt).wants(t, http.StatusOK, "You changed your answer to no").lacks(t, "change your answer</a> at any time")
	v.get(consent).wants(t, http.StatusOK, "You said no").lacks(t, "<button class=\"button\" name")
	v.post(consent, url.Values{"answer": {"given"}, "hash": {webPicture.Hash}}).wants(t, http.StatusForbidden, "Nothing was signed and nothing was changed")
	w.as(clerk).get("/portal/office/fernlow/?left=yes").wants(t, http.StatusOK, "2 of 2 pupils", "Pugh, Cai")
	// Whoever the school has barred, or never asked, sees nothing of a leaver either.
	for _, other := range []string{mother, uncle, stepmother} {
		w.as(other).get(consent).wants(t, http.StatusNotFound)
	}
}

// The square on a letter spares typing the code: its address holds the code once, the
// browser keeps it while its owner signs in, and it opens nothing without the date.
func TestTheSquareOfALetter(t *testing.T) {
	w := newWorld(t)
	w.bring("st-osric", append(osricRows(), portal.ClassListRow{Row: 3, AdmissionNumber: "10", Forename: "Huw", Surname: "Okonedo", Born: "2016-02-02", Year: 6, ContactName: "Mrs G Okonedo", Parental: true}))
	letters, err := w.portal.Letters(t.Context(), portal.Operator, "st-osric")
	w.must(err)
	w.secrets = append(w.secrets, letters[0].Code, portal.NormalCode(letters[0].Code)) // in no log
	printed, err := readable(letters[:1], "https://schools.example", squareOf)
	w.must(err)
	if want := `aria-label="https://schools.example/portal/join/` + letters[0].Code + `"`; !strings.Contains(string(printed[0].QR), want) {
		t.Fatalf("the square is %s, without %s", printed[0].QR, want)
	}
	out := w.as("")
	if to := out.get("/portal/join/"+letters[0].Code).wants(t, http.StatusSeeOther).location(); to != joinPath {
		t.Errorf("it leads to %s", to)
	}
	b := w.as(stranger) // the same browser, signed in since
	maps.Copy(b.jar, out.jar)
	// The next person at this browser may be another: it says that a code is kept, and not which.
	for _, got := range []reply{b.get(joinPath).wants(t, http.StatusOK), b.post(joinPath, url.Values{"code": {""}}).wants(t, http.StatusUnprocessableEntity, "date of birth")} {
		got.wants(t, got.StatusCode, "A letter was scanned with this browser").lacks(t, portal.NormalCode(letters[0].Code), "Type the code")
	}
	w.as(stranger).get(joinPath).lacks(t, "A letter was scanned")
	// A link may be another's letter, or the session another's: it says whose would join.
	id := identity(stranger, "")
	id.Name, id.Authenticated = "Ifan <Quill>", w.clock()
	c := w.as("")
	c.signIn(id, url.Values{"return_to": {joinPath}})
	for _, got := range []reply{c.get(joinPath).wants(t, http.StatusOK), c.post(joinPath, nil).wants(t, http.StatusUnprocessableEntity)} {
		got.wants(t, got.StatusCode, "You are signed in with Thornmail as", "Ifan &lt;Quill&gt;", `action="/portal/sign-out"`)
	}
	b.post("/portal/sign-out", nil)
	if len(b.jar) > 0 {
		t.Errorf("signed out, the browser still has %v", b.jar)
	}
	parent := w.as(stranger)
	maps.Copy(parent.jar, out.jar)
	if to := parent.post(joinPath, url.Values{"code": {""}, "born-day": {"2"}, "born-month": {"2"}, "born-year": {"2016"}}).wants(t, http.StatusSeeOther).location(); to != "/portal/" {
		t.Errorf("whose letter it was is sent to %s", to)
	}
	if nothing := w.as(""); nothing.get("/portal/join/not-a-code").wants(t, http.StatusSeeOther).location() != joinPath || len(nothing.jar) > 0 {
		t.Error("what is no code was kept")
	}
}
