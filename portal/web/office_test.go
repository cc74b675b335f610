package web

import (
	"bytes"
	"errors"
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

// upload sends a file as a browser does.
func (v *visitor) upload(path, field string, content io.Reader) reply {
	v.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	part, err := m.CreateFormFile(field, "class list.csv")
	v.must(err)
	_, err = io.Copy(part, content)
	v.must(err)
	v.must(m.Close())
	r, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, v.web.URL+path, &b)
	v.must(err)
	r.Header.Set("Content-Type", m.FormDataContentType())
	return v.do(r)
}

// looks has the head look at what a class list took from a contact, and leave it so.
func (w *world) looks(contact, forename string) {
	w.t.Helper()
	w.must(w.portal.Restrict(w.t.Context(), portal.Operator, "fernlow", portal.RestrictForm{
		Link: portal.Link{PupilID: w.pupils[forename], ContactID: w.contact(contact)}, Was: portal.AllRights, Takes: portal.AllRights, Why: "Read"}))
}

// contact is the id of Fernlow's contact of that name.
func (w *world) contact(name string) (id string) {
	w.t.Helper()
	w.must(w.store.View(w.t.Context(), func(tx portal.Tx) error {
		all, err := tx.Contacts("fernlow")
		id = all[slices.IndexFunc(all, func(c portal.Contact) bool { return c.Name == name })].ID
		return err
	}))
	return id
}

func TestRegister(t *testing.T) {
	w := newWorld(t)
	w.as(mother).post("/portal/children/"+w.pupils["Asha"]+"/consents/website-pictures", answered(w)).wants(t, http.StatusSeeOther)
	w.as(mother).post("/portal/children/"+w.pupils["Ben"]+"/agreements/home-school", signed(w)).wants(t, http.StatusSeeOther)
	const base = "/portal/office/fernlow/"
	w.as(lead).get(base).wants(t, http.StatusOK, "Ask the safeguarding lead") // nobody has looked at the uncle's order
	w.as(clerk).get(base+"?purpose=website-pictures&standing=given").lacks(t, "Okonedo, Asha")
	w.looks(uncle, "Asha")
	office := w.as(lead)
	page := office.get(base).wants(t, http.StatusOK, "4 of 4 pupils", "Okonedo, Asha", "&lt;b&gt;Rao&lt;/b&gt;, Deepa", "Ask social worker").lacks(t, "<b>Rao", "Elin")
	if n := strings.Count(page.body, "<tr>"); n != 1+1+1+1+1+4 {
		t.Errorf("%d rows of tables", n)
	}
	office.get(base+"?year=4").wants(t, http.StatusOK, "2 of 2 pupils", "Asha", "Deepa").lacks(t, "Cai,")
	office.get(base+"?class=Acorns").wants(t, http.StatusOK, "1 of 1 pupils: class Acorns", "Okonedo, Ben")
	office.get(base+"?purpose=website-pictures&standing=given").wants(t, http.StatusOK, "1 of 4 pupils", "Okonedo, Asha", `aria-current="true"`, `value="given" selected`).lacks(t, "Okonedo, Ben")
	office.get(base+"?purpose=website-pictures&standing=held").wants(t, http.StatusOK, "1 of 4 pupils", "Pugh, Cai")
	office.get(base+"?agreement=home-school&signed=no").wants(t, http.StatusOK, "3 of 4 pupils: ‘Home and school agreement’ not signed", `name="signed" value="no"`).lacks(t, "Okonedo, Ben")
	office.get(base+"?year=4&class=Acorns").wants(t, http.StatusOK, "No pupil fits")
	for _, bad := range []string{"?year=99", "?standing=given", "?standing=perhaps&purpose=website-pictures", "?purpose=nothing"} {
		office.get(base+bad).wants(t, http.StatusUnprocessableEntity, "<title>Error: ", "4 of 4 pupils")
	}
	// Why it is a no, and who is in care, the lead alone is told: not by a filter, a count
	// or a word either.
	w.as(clerk).get(base).wants(t, http.StatusOK, "4 of 4 pupils", ">Yes</th>", ">No</th>").lacks(t, "Ask social worker", "Conflict", "Withdrawn", "No answer", "standing=held", "standing=waiting")
	w.as(clerk).get(base+"?purpose=website-pictures&standing=no").wants(t, http.StatusOK, "3 of 4 pupils", "Pugh, Cai", "Rao")
	for _, s := range portal.Standings[1:] {
		w.as(clerk).get(base+"?purpose=website-pictures&standing="+string(s)).wants(t, http.StatusUnprocessableEntity, "There is no such answer", "4 of 4 pupils")
	}
	w.as(trust).get("/portal/office/st-osric/").wants(t, http.StatusOK, "Hart, Elin").lacks(t, "Asha")
	w.as(trust).get("/portal/office/nowhere/").wants(t, http.StatusNotFound)
}

func TestImport(t *testing.T) {
	w := newWorld(t)
	office := w.as(clerk)
	const path = "/portal/office/fernlow/import"
	office.get(path).wants(t, http.StatusOK, `type="file"`)
	before := w.dump()
	office.upload(path, "other", strings.NewReader("x")).wants(t, http.StatusUnprocessableEntity, "Choose a class list", `href="#field-file"`)
	office.get(office.upload(path, "file", strings.NewReader("1,Asha\n2,Ben,Okonedo,2022-01-09\n3\n")).wants(t, http.StatusSeeOther).location()).wants(t, http.StatusUnprocessableEntity, "/columns\"", "what has to be put right", "Row 1, column Surname", "Row 3, column Surname", "this row has no surname", "Nothing was saved")
	office.upload(path, "file", io.LimitReader(zeros{}, uploadLimit+1)).wants(t, http.StatusRequestEntityTooLarge, "up to 20 MB")
	w.must(w.store.Update(t.Context(), func(tx portal.Tx) error { return tx.DeleteHeldListsBefore(w.clock().Add(time.Hour)) }))
	if w.dump() != before {
		t.Error("a file that was not taken left something behind")
	}

	const file = "1,Asha,Okonedo,2018-03-27\n50,Nia,Rowe,2019-01-01\n"
	w.secrets = append(w.secrets, "Nia", "Rowe")
	page := office.get(office.upload(path, "file", strings.NewReader(file)).wants(t, http.StatusSeeOther).location()).wants(t, http.StatusOK, "Nothing has been saved yet", "Test list", "Hidden and not read", "Nia Rowe", "House", "On roll, and not in the file", "Ben Okonedo</bdi> has left", "Cai Pugh</bdi> has left").lacks(t, "checked", "Asha Okonedo</bdi> has left")
	apply, print := value(t, page, `action="`), value(t, page, `name="fingerprint" value="`)

	w.as(trust).post(apply, url.Values{"fingerprint": {print}}).wants(t, http.StatusNotFound)
	w.bring("fernlow", fernlowRows(true)[:6]) // Deepa leaves meanwhile
	stale := office.post(apply, url.Values{"fingerprint": {print}, "left": {w.pupils["Ben"]}}).wants(t, http.StatusConflict, "The register has changed since you looked", w.pupils["Ben"]+`" checked`).lacks(t, "Deepa")
	print = value(t, stale, `name="fingerprint" value="`)
	to := office.post(apply, url.Values{"fingerprint": {print}}).wants(t, http.StatusSeeOther).location()
	office.get(to).wants(t, http.StatusOK, "The class list is in", "Rowe, Nia", "Okonedo, Ben")
	// Sent twice, it says again that it is in.
	if again := office.post(apply, url.Values{"fingerprint": {print}}).wants(t, http.StatusSeeOther).location(); again != to {
		t.Errorf("sent twice, it leads to %s", again)
	}

	page = office.get(office.upload(path, "file", strings.NewReader(file)).wants(t, http.StatusSeeOther).location()).wants(t, http.StatusOK, "On roll, and not in the file")
	left := url.Values{"fingerprint": {value(t, page, `name="fingerprint" value="`)}, "left": {w.pupils["Cai"]}}
	office.post(value(t, page, `action="`+path), left).wants(t, http.StatusNotFound)
	office.post(path+value(t, page, `action="`+path), left).wants(t, http.StatusSeeOther)
	// Only whoever was ticked has left.
	office.get("/portal/office/fernlow/").wants(t, http.StatusOK, "3 of 3 pupils", "Okonedo, Ben").lacks(t, "Pugh, Cai")
	office.get("/portal/office/fernlow/?left=yes").wants(t, http.StatusOK, "2 of 2 pupils", "Pugh, Cai", "Rao").lacks(t, "Okonedo, Ben")
	office.post("/portal/office/fernlow/export", url.Values{"format": {"csv"}, "left": {"yes"}}).wants(t, http.StatusOK, "Pugh").lacks(t, "Okonedo")
	w.as(neighbour).get("/portal/").wants(t, http.StatusOK, `<bdi translate="no">Cai</bdi> left on 21 November 2026`)
}

// A file whose columns are in doubt is shown first; what the office says of them
// is remembered for its later files of that shape.
func TestColumns(t *testing.T) {
	w := newWorld(t)
	office := w.as(clerk)
	const path, file = "/portal/office/fernlow/import", "?1,Asha,Okonedo,2018-03-27"
	to := office.upload(path, "file", strings.NewReader(file)).wants(t, http.StatusSeeOther).location()
	office.get(to).wants(t, http.StatusOK, `D: <bdi translate="no">Tag</bdi>`, "2018-03-27", "Say which column is Date of birth", `<option value="born">Date of birth</option>`)
	office.post(to, url.Values{"column": {""}}).wants(t, http.StatusUnprocessableEntity, "Say which column is Date of birth")
	preview := office.post(to, url.Values{"column": {"born"}}).wants(t, http.StatusSeeOther).location()
	office.get(preview).wants(t, http.StatusOK, "Nothing has been saved yet")
	office.get(to).wants(t, http.StatusOK, `<option value="born" selected>`)
	again := office.upload(path, "file", strings.NewReader(file)).wants(t, http.StatusSeeOther).location()
	if strings.Contains(again, "columns") {
		t.Errorf("asks again: %s", again)
	}
	office.get(again+"/columns").wants(t, http.StatusOK, `<option value="born" selected>`)
	// So is how the file was saved, and its columns are shown again as they come then.
	office.get(to).wants(t, http.StatusOK, `<option value="windows-1252" selected>`)
	said := url.Values{"column": {"born"}, "encoding": {"macintosh"}, "encoded": {"windows-1252"}}
	if to := office.post(to, said).wants(t, http.StatusSeeOther).location(); !strings.HasSuffix(to, "/columns") {
		t.Errorf("the columns are not shown again: %s", to)
	}
	office.get(office.upload(path, "file", strings.NewReader(file)).wants(t, http.StatusSeeOther).location()+"/columns").wants(t, http.StatusOK, `<option value="macintosh" selected>`)
	w.as(trust).get(to).wants(t, http.StatusNotFound)
	other := w.as(trust).upload("/portal/office/st-osric/import", "file", strings.NewReader(file)).wants(t, http.StatusSeeOther).location()
	if !strings.HasSuffix(other, "/columns") {
		t.Error("another school's answer was taken")
	}
}

func TestSettle(t *testing.T) {
	w := newWorld(t)
	rows := fernlowRows(true)
	for i := range rows {
		rows[i].AdmissionNumber += "0"
		rows[i].Forename += "x"
		if rows[i].ContactName != "" {
			rows[i].ContactName += " Again"
			rows[i].Unsaid, rows[i].Parental, rows[i].Relationship = portal.UnsaidParental, false, "Carer"
		}
	}
	w.bring("fernlow", rows)
	w.secrets = append(w.secrets, "Again")
	const path = "/portal/office/fernlow/settle"
	p := w.as(clerk).get(path).wants(t, http.StatusOK, "Carer", "Again").lacks(t, "checked")
	w.as(clerk).get(path+"?tick=Carer").wants(t, http.StatusOK, "checked")
	link := value(t, p, `name="link" value="`)
	w.as(clerk).post(path, url.Values{"link": {link}}).wants(t, http.StatusUnprocessableEntity, "Tick who is meant")
	w.as(clerk).post(path, url.Values{"link": {link}, "parental": {"yes"}}).wants(t, http.StatusSeeOther)
	w.as(clerk).get(path).wants(t, http.StatusOK).lacks(t, `value="`+link+`"`)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}

// value is what stands between a mark in the main part of a page and the next quote.
func value(t *testing.T, r reply, mark string) string {
	t.Helper()
	_, main, _ := strings.Cut(r.body, "<main")
	_, after, ok := strings.Cut(main, mark)
	if !ok {
		t.Fatalf("no %s in\n%s", mark, r.body)
	}
	got, _, _ := strings.Cut(after, `"`)
	return got
}

// A list may have several questions, and what was chosen is kept under a name for the school.
func TestSavedLists(t *testing.T) {
	w := newWorld(t)
	w.askMore(t)
	const path = "/portal/office/fernlow/export"
	w.as(clerk).post(path, url.Values{"format": {"csv"}, "purpose": {"website-pictures", "film"}}).wants(t, http.StatusOK, "Okonedo [no no]")
	w.as(clerk).post(path, url.Values{"format": {"csv"}, "purpose": {"website-pictures", "film"}, "standing": {"no"}}).wants(t, http.StatusUnprocessableEntity, "Choose the one question")
	choices := url.Values{"do": {"save"}, "name": {" Trips  and <visits> "}, "format": {"csv"}, "purpose": {"website-pictures", "film"}, "year": {""}, "class": {"4B"}, "passphrase": {"four words of my own"}}
	kept := w.as(clerk).post(path, choices).wants(t, http.StatusSeeOther).location()
	if kept != path+"?class=4B&format=csv&purpose=website-pictures&purpose=film" {
		t.Errorf("a saved list leads to %s", kept)
	}
	w.as(business).get(kept).wants(t, http.StatusOK, ">Trips and &lt;visits&gt;</a>", `value="film" checked`, `value="csv" selected`, `value="4B" selected`)
	w.as(clerk).post(path, url.Values{"do": {"save"}, "name": {" "}}).wants(t, http.StatusUnprocessableEntity, "Give the list a name")
	w.as(business).post(path, url.Values{"do": {"delete"}, "name": {"Trips and <visits>"}}).wants(t, http.StatusSeeOther)
	w.as(clerk).get(path).lacks(t, "Saved lists")
}

func TestExport(t *testing.T) {
	w := newWorld(t)
	const path = "/portal/office/fernlow/export"
	w.as(clerk).get(path).wants(t, http.StatusOK, ">Download</button>")
	got := w.as(lead).post(path, url.Values{"format": {"csv"}, "purpose": {"website-pictures"}, "standing": {"waiting"}, "year": {"4"}}).wants(t, http.StatusOK, "<b>Rao</b> [waiting]\nOkonedo [waiting]\n").lacks(t, "Pugh")
	if d := got.Header.Get("Content-Disposition"); !strings.HasPrefix(d, `attachment; filename="fernlow-website-pictures-waiting-year-4-2`) {
		t.Errorf("the list comes as %s", d)
	}
	w.as(lead).get(path+"?purpose=website-pictures&standing=held").wants(t, http.StatusOK, `value="held" selected`)
	// With columns to choose, and sealed for whoever has the passphrase, which is kept nowhere.
	w.as(clerk).post(path, url.Values{"format": {"csv"}, "column": {"admission", "agreements"}}).wants(t, http.StatusOK, "Okonedo [no] 1 Not signed")
	w.as(clerk).get(path+"?column=upn").wants(t, http.StatusOK, `value="upn" checked`)
	w.as(business).get(path).wants(t, http.StatusOK, `value="admission"`).lacks(t, `value="upn"`)
	w.as(business).post(path, url.Values{"format": {"csv"}, "column": {"upn"}}).wants(t, http.StatusUnprocessableEntity, "Your role does not take out UPNs")
	w.as(clerk).post(path, url.Values{"format": {"csv"}, "passphrase": {"too short"}}).wants(t, http.StatusUnprocessableEntity, "at least 15 characters")
	w.as(clerk).post(path, url.Values{"format": {"csv"}, "sealed": {"yes"}}).wants(t, http.StatusUnprocessableEntity, "Type the passphrase again")
	shut := w.as(clerk).post(path, url.Values{"format": {"csv"}, "passphrase": {"four words of my own"}}).wants(t, http.StatusOK, "sealed").lacks(t, "Okonedo")
	if d := shut.Header.Get("Content-Disposition"); !strings.HasSuffix(d, `.csv.age"`) || strings.Contains(w.dump(), "four words") {
		t.Errorf("the sealed list comes as %s", d)
	}
	exported := func() string {
		return strings.Join(regexp.MustCompile(`list-exported[^\n]*`).FindAllString(w.dump(), -1), "\n")
	}
	before := exported()
	for _, bad := range []string{"format=doc", "", "format=csv&year=q", "format=csv&purpose=nothing", "format=csv&class=Words+of+my+own", "format=csv&standing=given",
		"format=csv&purpose=website-pictures&standing=held", "format=csv&purpose=website-pictures&standing=conflict", "format=csv&why=" + strings.Repeat("x", 201)} {
		form, err := url.ParseQuery(bad)
		w.must(err)
		w.as(clerk).post(path, form).wants(t, http.StatusUnprocessableEntity, "<title>Error: ", ">Download</button>")
	}
	// A link makes no file, and puts nobody's words on record.
	w.as(clerk).get(path+"?format=csv&why=Words+of+my+own").wants(t, http.StatusOK, ">Download</button>").lacks(t, "Okonedo")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.web.URL+path, strings.NewReader("format=csv&why=Words+of+my+own"))
	w.must(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	w.as(clerk).do(r).wants(t, http.StatusForbidden, "That came from another site")
	if exported() != before || strings.Contains(w.dump(), "of my own") {
		t.Error("a list that nobody has had is on record")
	}
}

// A list that breaks off halfway is no list at all: the connection ends without
// the end of the answer.
func TestExportNeverLooksWhole(t *testing.T) {
	w := newWorld(t)
	const path = "/portal/office/fernlow/export"
	for _, rows := range []int{1, 0} {
		w.serve(w.server.Address, func(c *Config) {
			c.WriteList = func(out io.Writer, _ string, _ portal.List) (ListWriter, error) { return &brokenList{out, rows}, nil }
		})
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.web.URL+path, strings.NewReader("format=csv"))
		w.must(err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		v := w.as(clerk)
		for name, value := range v.jar {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		res, err := v.client.Do(r)
		w.must(err)
		_, err = io.ReadAll(res.Body)
		res.Body.Close()
		switch {
		case rows > 0 && !errors.Is(err, io.ErrUnexpectedEOF):
			t.Errorf("a list cut short ends with %v", err)
		case rows == 0 && (err != nil || res.StatusCode != http.StatusInternalServerError || res.Header.Get("Content-Disposition") != ""):
			t.Errorf("a list that never began: %d, %v, %v", res.StatusCode, res.Header, err)
		}
	}
}

// brokenList fails after so many rows.
type brokenList struct {
	out  io.Writer
	left int
}

func (b *brokenList) Write(portal.ListRow) error {
	if b.left--; b.left < 0 {
		return errors.New("the disk is full")
	}
	_, err := io.WriteString(b.out, strings.Repeat("row,", 10_000))
	return err
}

func (*brokenList) Flush() error { return nil }

// The office alone is told which places of help nobody has looked at.
func TestPlacesOfHelpToConfirm(t *testing.T) {
	w := newWorld(t)
	places := []string{"Childline", "The Boathouse"}
	w.serve("http://127.0.0.1:1", func(c *Config) { c.Unconfirmed = func(string) []string { return places } })
	page := w.as(clerk).get("/portal/office/fernlow/").wants(t, http.StatusOK, "<b>2</b> places of help on your site wait to be looked at", `<li translate="no">The Boathouse</li>`,
		`Signed in as <bdi translate="no">clerk<wbr>@fernlow<wbr>.example</bdi>`)
	if strings.Index(page.body, `class="notice`) < strings.Index(page.body, "<h1>") {
		t.Error("a notice stands above the heading")
	}
	w.as(mother).get("/portal/").wants(t, http.StatusOK).lacks(t, "looked at", "Boathouse")
	places = nil
	w.as(clerk).get("/portal/office/fernlow/").wants(t, http.StatusOK).lacks(t, "looked at")
}

// The office is told when the school's policy is to be reviewed; nobody else is.
func TestReviewDue(t *testing.T) {
	for standing, says := range map[string]string{"": "", "soon": "online safety policy is due by 8 January 2027", "overdue": "is overdue: it was due by 8 January 2027"} {
		w := newWorld(t)
		w.serve("http://127.0.0.1:1", func(c *Config) {
			c.Review = func(string) (time.Time, string) { return time.Date(2027, 1, 8, 0, 0, 0, 0, time.UTC), standing }
		})
		page := w.as(clerk).get("/portal/office/fernlow/").wants(t, http.StatusOK, says)
		if standing == "" && strings.Contains(page.body, "online safety policy") {
			t.Error("the office is told of a review that is not due")
		}
		w.as(mother).get("/portal/").wants(t, http.StatusOK).lacks(t, "review", "overdue")
	}
}

// The safeguarding lead reads who did what, and takes it away as a file; a teacher
// is offered only what they may do.
func TestEvents(t *testing.T) {
	w := newWorld(t)
	w.as(clerk).post("/portal/office/fernlow/export", url.Values{"format": {"csv"}, "why": {"the farm"}}).wants(t, http.StatusOK)
	w.as(lead).get("/portal/office/fernlow/").wants(t, http.StatusOK, "/portal/office/fernlow/events")
	w.as(lead).get("/portal/office/fernlow/events").wants(t, http.StatusOK, clerk, "list exported", "why: the farm", "joined", mother)
	w.as(lead).get("/portal/office/fernlow/events?person=nobody").wants(t, http.StatusOK, "list exported").lacks(t, "joined")
	w.as(lead).get("/portal/office/fernlow/events?format=csv").wants(t, http.StatusOK, "When,Who,What,About,Details", "list exported")
	w.as(teacher).get("/portal/office/fernlow/").wants(t, http.StatusOK).lacks(t, "Asha", "/import", "/letters", "/events", "/export")
}

// The office is told who has joined, whom to ring and at what number, and either says
// that it was they or takes the access away. The parent is told when a yes counts.
func TestNewJoinsAreLookedAt(t *testing.T) {
	w := newWorld(t)
	w.wait = 48 * time.Hour
	w.joinAgain(mother)
	office, hers := w.as(clerk), w.as(mother)
	office.get("/portal/office/fernlow/").wants(t, 200, "people have joined</a>")
	page := office.get("/portal/office/fernlow/joins").wants(t, 200, mother, "grace.okonedo@mail.example", "Asha Okonedo", "by the letter of 21 November 2026", "A yes counts from 23 November 2026 at 10:04 pm")
	id := regexp.MustCompile(`id="confirm-([A-Z0-9]+)".*It is <bdi translate="no">` + mother).FindStringSubmatch(page.body)[1]
	hers.get("/portal/").wants(t, 200).lacks(t, "starts to use it") // she has answered nothing
	to := hers.post("/portal/children/"+w.pupils["Asha"]+"/consents/website-pictures", answered(w)).wants(t, 303).location()
	hers.get(to).wants(t, 200, "Your answer is saved.", "starts to use it on 23 November 2026.")
	hers.get("/portal/").wants(t, 200, "The school has what you signed or said yes to. It first makes sure that it was you, and starts to use it on 23 November 2026.", "A no works now")

	office.post("/portal/office/fernlow/joins", url.Values{"do": {"confirm"}}).wants(t, 422, "Tick the people")
	office.post("/portal/office/fernlow/joins", url.Values{"end": {id}}).wants(t, 200, "Remove this person’s access?")
	to = office.post("/portal/office/fernlow/joins", url.Values{"do": {"confirm"}, "confirm": {id}}).wants(t, 303).location()
	if got := office.get(to).wants(t, 200, "A yes by these people counts now"); strings.Contains(got.body, mother) {
		t.Error("she is still on the list")
	}
	if got := hers.get("/portal/").wants(t, 200); strings.Contains(got.body, "The school waits") {
		t.Error("her page still says that a yes waits")
	}
}

// A letter's code that died is shown to the office with what to do about it.
func TestADeadCodeIsShownToTheOffice(t *testing.T) {
	w := newWorld(t)
	all, err := w.portal.Invitees(t.Context(), portal.Operator, "fernlow")
	w.must(err)
	i := slices.IndexFunc(all, func(i portal.Invitee) bool { return i.Contact.Name == mother })
	w.must(w.portal.EndJoin(t.Context(), portal.Operator, "fernlow", all[i].Contact.ID))
	letters, err := w.portal.Letters(t.Context(), portal.Operator, "fernlow", all[i].Contact.ID)
	w.must(err)
	office := w.as(clerk)
	office.get("/portal/office/fernlow/").wants(t, 200).lacks(t, "is dead")
	for range portal.TriesPerCode {
		w.as(stranger).post("/portal/join", url.Values{"code": {letters[0].Code}, "born-day": {"1"}, "born-month": {"2"}, "born-year": {"2017"}}).wants(t, 422).lacks(t, "dead")
	}
	office.get("/portal/office/fernlow/").wants(t, 200, "letter’s code is dead", "/portal/office/fernlow/joins#dead")
	office.get("/portal/office/fernlow/letters").wants(t, 200, "Its code is dead since 21 November 2026")
	office.get("/portal/office/fernlow/joins").wants(t, 200, mother, "dead since 21 November 2026", "Print another letter")
	office.post("/portal/office/fernlow/letters", url.Values{"for": {"chosen"}, "contact": {all[i].Contact.ID}}).wants(t, 200, mother)
	office.get("/portal/office/fernlow/").wants(t, 200).lacks(t, "is dead")
	w.as(lead).get("/portal/office/fernlow/events").wants(t, 200, "code died", "not known")
}

// The lead takes and gives back each right on one form, for a reason; whoever still sees
// and may not decide reads, and is told so; two people's changes are never mixed.
func TestRestrictionsPage(t *testing.T) {
	w := newWorld(t)
	page := w.as(lead).get("/portal/office/fernlow/restrictions").wants(t, 200, uncle, "A class list says that there is a court order").lacks(t, mother)
	w.as(lead).get("/portal/office/fernlow/").wants(t, 200, `<a href="/portal/office/fernlow/restrictions"><b>1</b> contact waits for somebody to look</a>`)
	w.as(clerk).get("/portal/office/fernlow/").wants(t, 200, "Tell the safeguarding lead or the head").lacks(t, "/restrictions\"")
	w.as(lead).get("/portal/office/fernlow/restrictions?pupil="+w.pupils["Asha"]).wants(t, 200, mother, father, stepmother, uncle)

	link := func(page reply, name string) string {
		return regexp.MustCompile(`name="link" value="([A-Z0-9 ]+)">[^\n]*\n<fieldset>\n<legend><bdi translate="no">` + name).FindStringSubmatch(page.body)[1]
	}
	all := w.as(lead).get("/portal/office/fernlow/restrictions?pupil=" + w.pupils["Asha"])
	to := "/portal/office/fernlow/restrictions"
	form := url.Values{"link": {link(all, mother)}, "was": {""}, "see": {"yes"}, "write": {"yes"}, "why": {""}}
	w.as(lead).post(to, form).wants(t, 422, "Say in a sentence what you have seen")
	form.Set("why", "The order of 3 May")
	w.as(lead).get(w.as(lead).post(to, form).wants(t, 303).location()).wants(t, 200, "Saved", mother, "The order of 3 May", lead)
	w.as(lead).post(to, form).wants(t, 409, "Somebody else changed this")

	hers, asha := w.as(mother), "/portal/children/"+w.pupils["Asha"]
	hers.get("/portal/").wants(t, 200, "may not take an answer", "Asha", "Not signed")
	hers.get(asha+"/consents/website-pictures").wants(t, 200, "may not take an answer").lacks(t, "Send my answer")
	hers.get(asha+"/agreements/home-school").wants(t, 200, "may not take an answer").lacks(t, "Type your full name")
	hers.post(asha+"/consents/website-pictures", answered(w)).wants(t, 403)
	hers.post(asha+"/agreements/home-school", signed(w)).wants(t, 403)

	w.as(lead).post(to, url.Values{"link": {link(page, uncle)}, "was": {"see decide write"}, "decide": {"yes"}, "why": {"It bars contact"}}).wants(t, 303)
	w.as(lead).get("/portal/office/fernlow/").wants(t, 200).lacks(t, "waits for somebody to look")
	w.as(lead).get("/portal/office/fernlow/events").wants(t, 200, "restriction set", "restriction lifted", "may again: decide", "It bars contact")

	// The file goes to a parent, who learns nothing of the others; the page does not.
	his := strings.Fields(link(all, uncle))[1]
	w.as(lead).get("/portal/office/fernlow/events?format=csv&person="+his).wants(t, 200, "list seen").lacks(t, "restriction", "It bars contact")
	hers.get("/portal/")
	w.as(lead).get("/portal/office/fernlow/events?person="+w.pupils["Asha"]).wants(t, 200, "restriction set", "The order of 3 May")
	w.as(lead).get("/portal/office/fernlow/events?format=csv&person="+w.pupils["Asha"]).wants(t, 200, "list seen").lacks(t, "restriction", mother, uncle, "The order of 3 May", "It bars contact")
}

// A yes to a question is not a yes to other words under the same edition, until the
// lead has seen the two compared and agreed; then she reads which words she answered.
func TestCorrectedWordings(t *testing.T) {
	w := newWorld(t)
	grace := w.as(mother)
	consent := "/portal/children/" + w.pupils["Asha"] + "/consents/website-pictures"
	grace.post(consent, answered(w)).wants(t, http.StatusSeeOther)
	now := text("fernlow", portal.Purpose, "website-pictures", "Pictures on our website", 1, "May we sell pictures of your child, with their name?")
	now.Corrects, now.Because = webPicture.Hash, "A slip of the pen."
	changed := school("fernlow", "Fernlow Church Primary School", homeSchool, now)
	w.must(w.portal.SetSchools(t.Context(), []portal.School{changed}))

	grace.get(consent).wants(t, http.StatusOK, "You said yes to an earlier wording", "Until you answer, it is a no")
	grace.get("/portal/").wants(t, http.StatusOK, now.Question).lacks(t, "You said yes")
	page := w.as(lead).get("/portal/office/fernlow/wordings").wants(t, http.StatusOK, "A slip of the pen.", "<del>", "Pictures are kept for a year.", "May we sell pictures of your child, with their name?", ">Agree that they mean the same")
	page.lacks(t, mother)
	w.as(clerk).get("/portal/office/fernlow/").wants(t, http.StatusOK).lacks(t, "/wordings")
	form := url.Values{"was": {webPicture.Hash}, "now": {now.Hash}}
	for who, want := range map[string]int{clerk: 403, trust: 403, teacher: 403, farClerk: 404, mother: 404, "": 401} {
		w.as(who).post("/portal/office/fernlow/wordings", form).wants(t, want)
	}
	grace.get(consent).wants(t, http.StatusOK, "You said yes to an earlier wording")

	to := w.as(lead).post("/portal/office/fernlow/wordings", form).wants(t, http.StatusSeeOther).location()
	w.as(lead).get(to).wants(t, http.StatusOK, "Your agreement is on record", "No correction waits")
	grace.get(consent).wants(t, http.StatusOK, "<strong>You said yes</strong>", `<a href="http://127.0.0.1:1`+webPicture.Path+`">words that differ a little</a>`)
	w.as(lead).get("/portal/office/fernlow/events").wants(t, http.StatusOK, "wording changed", "wording agreed", lead).lacks(t, now.Hash, webPicture.Hash)
}

// The office prints slips, types what came back, and is told row by row what is wrong;
// the parent finds the answer, and how it came.
func TestAnswersOnPaper(t *testing.T) {
	w := newWorld(t)
	o := w.as(clerk)
	printed := o.post("/portal/office/fernlow/slips", url.Values{"pupil": {w.pupils["Asha"]}}).wants(t, http.StatusOK, "What we ask you about", "☐ <strong>Yes.</strong>", webPicture.Title)
	listed := o.get("/portal/office/fernlow/answers?pupil="+w.pupils["Asha"]).wants(t, http.StatusOK, mother, webPicture.Title)
	ref := regexp.MustCompile(`name="ref-told-(\d+)" value="(....-....)"`)
	_, hers, _ := strings.Cut(listed.body, "<h3><bdi translate=\"no\">"+mother)
	hers, _, _ = strings.Cut(hers, webPicture.Title)
	all := ref.FindAllStringSubmatch(hers, -1)
	slip := all[len(all)-1][2]
	printed.wants(t, http.StatusOK, slip)

	form := url.Values{"way": {"paper"}, "on": {"01/09/2026"}, "ref-told-0": {slip}, "answer-told-0": {"yes"}, "ref-told-1": {"2222-2222"}, "answer-told-1": {"no"}, "ref-told-2": {slip}, "answer-told-2": {""}}
	o.post("/portal/office/fernlow/answers", form).wants(t, http.StatusUnprocessableEntity, "Row 3: choose what stands on the slip", `value="`+slip+`"`, `<option value="yes" selected>`)
	form.Set("ref-told-2", "")
	o.post("/portal/office/fernlow/answers", form).wants(t, http.StatusUnprocessableEntity, "There is no slip ‘2222-2222’", `href="#field-told-1"`)
	form.Set("ref-told-1", "")
	form.Set("answer-told-1", "")
	form.Set("on", w.clock().Format("2/1/2006"))
	o.post("/portal/office/fernlow/answers", form).wants(t, http.StatusOK, "1 answer is on record", "<strong>Yes</strong>")
	o.post("/portal/office/fernlow/answers", form).wants(t, http.StatusOK, "It was there already")
	w.as(mother).get("/portal/children/"+w.pupils["Asha"]+"/consents/"+webPicture.Slug).wants(t, http.StatusOK, "You said yes", "on paper. The school office wrote it down on")
	w.as(uncle).get("/portal/").lacks(t, "on paper")
}

// A lead whose child says No somewhere still has their register, without that child.
func TestRegisterOfAParent(t *testing.T) {
	w := newWorld(t)
	asha := w.pupils["Asha"]
	w.as(mother).post("/portal/children/"+asha+"/consents/"+webPicture.Slug, url.Values{"answer": {"refused"}, "hash": {webPicture.Hash}}).wants(t, http.StatusSeeOther)
	all, err := w.portal.Invitees(t.Context(), portal.Operator, "fernlow")
	w.must(err)
	i := slices.IndexFunc(all, func(i portal.Invitee) bool { return i.Contact.Name == father })
	w.must(w.portal.EndJoin(t.Context(), portal.Operator, "fernlow", all[i].Contact.ID))
	letters, err := w.portal.Letters(t.Context(), portal.Operator, "fernlow", all[i].Contact.ID)
	w.must(err)
	w.must(w.portal.Join(t.Context(), w.accounts[lead], letters[0].Code, "2018-03-27"))
	v := w.as(lead)
	for _, path := range []string{"", "?class=2M", "export"} {
		v.get("/portal/office/fernlow/"+path).wants(t, http.StatusOK).lacks(t, ">Asha")
	}
	v.get("/portal/office/fernlow/").wants(t, http.StatusOK, "of your own family")
	v.get("/portal/office/fernlow/pupil/"+asha).wants(t, http.StatusOK, "of your own family", "A colleague looks after them").lacks(t, "Where answers stand", "history")
	v.post("/portal/office/fernlow/export", url.Values{"format": {"csv"}}).wants(t, http.StatusOK).lacks(t, "Asha")
}

// The log says who opened a school's register, and when; of families it says nothing.
func TestLogSaysWhoseOffice(t *testing.T) {
	w := newWorld(t)
	w.as(clerk).post("/portal/office/fernlow/export", url.Values{"format": {"csv"}}).wants(t, http.StatusOK)
	want := `"school":"fernlow","account":"` + w.accounts[clerk] + `"`
	if log := w.log.String(); !strings.Contains(log, want) {
		t.Errorf("no %s in the log:\n%s", want, log)
	}
	w.as(mother).get("/portal/").wants(t, http.StatusOK)
	w.as(mother).get("/portal/office/fernlow/").wants(t, http.StatusNotFound)
	if strings.Contains(w.log.String(), w.accounts[mother]) {
		t.Error("the log follows a parent")
	}
}
