package web

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"schoolgate/portal"
	"schoolgate/portal/ledger"
	"schoolgate/portal/store"
	"schoolgate/portal/store/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// world is a portal with two schools and their families, served for real.
type world struct {
	t      *testing.T
	portal *portal.Portal
	store  *store.DB
	ledger *ledger.Ledger
	server *server
	web    *httptest.Server
	log    *safeBuffer
	door   *door

	mu       sync.Mutex
	now      time.Time
	wait     time.Duration     // until a yes counts; in most tests none
	pupils   map[string]string // by forename: the pupil's id
	accounts map[string]string // by who they are: the account's id
	at       string            // the database: see pgtest.Either
	secrets  []string          // what must never be in the log
}

// safeBuffer is a log that several requests write to.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// door signs in whoever brings a code that it gave out.
type door struct {
	codes map[string]portal.Identity
	fails error
	anew  bool // whether the last who began was to prove anew who they are
}

func (d *door) Providers() []portal.Provider {
	return []portal.Provider{{Name: "thorn", Label: "Thornmail", Families: true}, {Name: "desk", Label: "your Fernlow account", Staff: true}}
}

func (d *door) Begin(_ context.Context, provider string, anew bool) (string, portal.Handshake, error) {
	if d.fails != nil {
		return "", portal.Handshake{}, d.fails
	}
	d.anew = anew
	h := portal.Handshake{Provider: provider, State: rand.Text(), Nonce: rand.Text(), Verifier: rand.Text()}
	return "https://id.example/authorize?" + url.Values{"state": {h.State}}.Encode(), h, nil
}

func (d *door) Finish(_ context.Context, h portal.Handshake, q url.Values) (portal.Identity, error) {
	if q.Get("error") != "" {
		return portal.Identity{}, fmt.Errorf("provider: %w", portal.ErrDeclined)
	}
	id, ok := d.codes[q.Get("code")]
	if !ok {
		return id, fmt.Errorf("provider %s knows no such code", h.Provider)
	}
	return id, nil
}

func text(school string, kind portal.Kind, slug, title string, edition int, body string) portal.Text {
	source := fmt.Sprintf("+++\ntitle = %q\nedition = %d\n+++\n\n%s\n", title, edition, body)
	sum := sha256.Sum256([]byte(source))
	hash := hex.EncodeToString(sum[:])
	folder := map[portal.Kind]string{portal.Agreement: "agreements", portal.Purpose: "consents"}[kind]
	t := portal.Text{
		School: school, Kind: kind, Slug: slug, Title: title, Edition: edition, Hash: hash, Source: source,
		HTML: "<p>In short: " + title + ".</p>\n<h2>In full</h2>\n<p>" + body + "</p>\n", Path: "/" + school + "/" + folder + "/" + slug + "/" + hash[:12] + "/",
		Published: time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC), Summary: "What we agree between home and school.",
	}
	if kind == portal.Agreement {
		t.Statement = "I have read this and talked it over with my child, and I agree."
	} else {
		t.Question = "May we show your child’s picture on our website?"
		t.IfGiven = "Pictures that your child is in may be shown, without a name."
		t.IfRefused = "We leave your child out of pictures on the website."
	}
	return t
}

// forWhom puts an agreement to others than parents; one with pupils has a question.
func forWhom(t portal.Text, whom portal.Audience) portal.Text {
	if t.Audience = whom; whom == portal.ForPupils {
		t.Checks = []portal.Check{{Question: "What do you do?", Answers: []string{"I hide it.", "I tell."}, Right: 1, Because: "You can always tell."}}
	}
	return t
}

func school(slug, name string, texts ...portal.Text) portal.School {
	return portal.School{
		Slug: slug, Name: name, ShortName: strings.Fields(name)[0] + " Primary", Address: []string{name, "Chapel Lane", "LX4 7RB"},
		Phone: "01632 960 101", Email: "office@" + slug + ".example", Site: "/" + slug + "/", Texts: texts,
	}
}

var (
	homeSchool = text("fernlow", portal.Agreement, "home-school", "Home and school agreement", 1, "We look after one another.")
	webPicture = text("fernlow", portal.Purpose, "website-pictures", "Pictures on our website", 1, "Pictures are kept for a year.")
	pupilsOwn  = forWhom(text("fernlow", portal.Agreement, "pupils", "My promises", 1, "I tell a grown-up."), portal.ForPupils)
	staffAUP   = forWhom(text("fernlow", portal.Agreement, "staff-aup", "Our agreement with staff", 1, "Lock the screen."), portal.ForStaff)
	visitorAUP = forWhom(text("fernlow", portal.Agreement, "visitors-aup", "Our agreement with visitors", 1, "Phones away."), portal.ForVisitors)
	fernlow    = school("fernlow", "Fernlow Church Primary School", homeSchool, webPicture, pupilsOwn, staffAUP, visitorAUP)
	osric      = school("st-osric", "St Osric’s Junior School", text("st-osric", portal.Agreement, "home-school", "Home and school agreement", 1, "Be kind."))
)

// The registers. Everybody is joined while all hold responsibility; then the
// second list says otherwise of two of them.
func fernlowRows(final bool) []portal.ClassListRow {
	asha := portal.ClassListRow{AdmissionNumber: "1", Forename: "Asha", Surname: "Okonedo", Born: "2018-03-27", Year: 4, Group: "4B"}
	ben := portal.ClassListRow{AdmissionNumber: "2", Forename: "Ben", Surname: "Okonedo", Born: "2022-01-09", Year: portal.Reception, Group: "Acorns"}
	cai := portal.ClassListRow{AdmissionNumber: "3", Forename: "Cai", Surname: "Pugh", Born: "2016-06-30", Year: 6, Group: "6A", LookedAfter: true}
	dee := portal.ClassListRow{AdmissionNumber: "4", Forename: "Deepa", Surname: "<b>Rao</b>", Born: "2018-05-05", Year: 4, Group: "4B"}
	with := func(p portal.ClassListRow, name, relationship string, parental, order bool) portal.ClassListRow {
		p.ContactName, p.Relationship, p.Parental, p.CourtOrder = name, relationship, parental, order
		p.Email = strings.ToLower(strings.ReplaceAll(name, " ", ".")) + "@mail.example"
		return p
	}
	rows := []portal.ClassListRow{
		with(asha, "Grace Okonedo", "Mother", true, false),
		with(asha, "Daniel Okonedo", "Father", true, false),
		with(asha, "Moira Vale", "Stepmother", !final, false),
		with(asha, "Tomas Reeve", "Uncle", true, final),
		with(ben, "Grace Okonedo", "Mother", true, false),
		with(cai, "Lena Pugh", "Mother", true, false),
		dee,
	}
	for i := range rows {
		rows[i].Row = i + 2
	}
	return rows
}

func osricRows() []portal.ClassListRow {
	return []portal.ClassListRow{{Row: 2, AdmissionNumber: "9", Forename: "Elin", Surname: "Hart", Born: "2017-11-11", Year: 5, Group: "5", ContactName: "Dov Hart", Relationship: "Father", Parental: true}}
}

// Who is who. Each is joined by the letter to the contact of that name.
const (
	mother     = "Grace Okonedo"
	father     = "Daniel Okonedo"
	stepmother = "Moira Vale"  // no parental responsibility
	uncle      = "Tomas Reeve" // a court order
	neighbour  = "Lena Pugh"   // another child's parent, at the same school
	farParent  = "Dov Hart"    // a parent at the other school
	stranger   = "a stranger"  // signed in, joined to nobody
	clerk      = "clerk@fernlow.example"
	farClerk   = "clerk@st-osric.example"
	trust      = "office@trust.example"
	lead       = "lead@fernlow.example"
	teacher    = "teacher@fernlow.example"
	business   = "business@fernlow.example"
	head       = "head@fernlow.example"
)

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 11, 21, 22, 4, 0, 0, time.UTC), pupils: map[string]string{}, accounts: map[string]string{}, log: &safeBuffer{}, door: &door{codes: map[string]portal.Identity{}}}
	ctx := t.Context()
	var err error
	w.at = pgtest.Either(t, t.TempDir())
	w.store, err = store.Open(ctx, w.at)
	w.must(err)
	t.Cleanup(func() { w.must(w.store.Close()) })
	w.ledger, err = ledger.Open(ctx, w.store, filepath.Join(t.TempDir(), "ledger.key"), w.now)
	w.must(err)
	staff := []portal.Staff{{Email: clerk, School: "fernlow", Role: portal.Office}, {Email: farClerk, School: "st-osric", Role: portal.Office}, {Email: trust, School: "*", Role: portal.Office},
		{Email: lead, School: "fernlow", Role: portal.Lead}, {Email: teacher, School: "fernlow", Role: portal.Teacher, Classes: []string{"no such class"}},
		{Email: business, School: "fernlow", Role: portal.Business}, {Email: head, School: "fernlow", Role: portal.Head}}
	w.portal = portal.New(w.store, w.ledger, staff, w.clock)
	w.portal.CountYesAfter(func(string) time.Duration { return w.wait })
	w.portal.UseShelf(&shelf{files: map[string][]byte{}})
	w.must(w.portal.SetSchools(ctx, []portal.School{fernlow, osric}))

	w.secrets = []string{"@mail.example", clerk, farClerk, trust, lead, teacher, business, head, "2018-03-27"}
	for _, row := range append(fernlowRows(false), osricRows()...) {
		w.secrets = append(w.secrets, row.Forename, row.Surname)
		if row.ContactName != "" {
			w.secrets = append(w.secrets, row.ContactName)
		}
	}
	t.Cleanup(w.logIsClean)
	w.bring("fernlow", fernlowRows(false))
	w.bring("st-osric", osricRows())
	born := map[string]portal.Date{neighbour: "2016-06-30", farParent: "2017-11-11"}
	for _, slug := range []string{"fernlow", "st-osric"} {
		letters, err := w.portal.Letters(ctx, portal.Operator, slug)
		w.must(err)
		for _, l := range letters {
			w.secrets = append(w.secrets, l.Code, portal.NormalCode(l.Code))
			w.accounts[l.Contact.Name] = w.account(l.Contact.Name, "")
			day, ok := born[l.Contact.Name]
			if !ok {
				day = "2018-03-27"
			}
			w.must(w.portal.Join(ctx, w.accounts[l.Contact.Name], l.Code, day))
			for _, c := range l.Children {
				w.pupils[c.Pupil.Forename] = c.Pupil.ID
			}
		}
	}
	w.bring("fernlow", fernlowRows(true))
	w.accounts[stranger] = w.account(stranger, "")
	for _, email := range []string{clerk, farClerk, trust, lead, teacher, business, head} {
		w.accounts[email] = w.account(email, email)
	}
	w.serve("http://127.0.0.1:1", nil)
	return w
}

// joinAgain ends somebody's join at Fernlow, and joins them by another letter.
func (w *world) joinAgain(name string) {
	w.t.Helper()
	all, err := w.portal.Invitees(w.t.Context(), portal.Operator, "fernlow")
	w.must(err)
	i := slices.IndexFunc(all, func(i portal.Invitee) bool { return i.Contact.Name == name })
	w.must(w.portal.EndJoin(w.t.Context(), portal.Operator, "fernlow", all[i].Contact.ID))
	letters, err := w.portal.Letters(w.t.Context(), portal.Operator, "fernlow", all[i].Contact.ID)
	w.must(err)
	w.must(w.portal.Join(w.t.Context(), w.accounts[name], letters[0].Code, letters[0].Children[0].Pupil.Born))
}

// serve starts the pages anew, with a change to their settings.
func (w *world) serve(address string, change func(*Config)) {
	w.t.Helper()
	c := Config{
		Portal: w.portal, SignIn: w.door, Stylesheet: []byte("body{margin:0}"), OfficeStyles: []byte("table{margin:0}"), Address: address, TrustName: "Thornmere Trust",
		Log:           slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		OpenClassList: openRows, ReadClassList: readRows, WriteList: writeRows, Encrypt: sealed, WriteTable: writeTable, Compare: compareSources, QR: squareOf,
		CleanPicture: cleaned, SitePages: func(string) []SitePage { return []SitePage{{"/news/fair/", "The fair"}} },
		Blanks: func(string, map[string]string) (portal.BlankForm, error) {
			return portal.BlankForm{Blanks: []portal.Blank{{Key: "blanks.head", Group: "People", What: "The head’s name.", Own: "Mrs H", Needed: true}}}, nil
		},
		WriteBlanks: func(context.Context, portal.Draft) error { return nil },
	}
	if change != nil {
		change(&c)
	}
	var err error
	w.server, err = newServer(c)
	w.must(err)
	w.web = httptest.NewServer(w.server.outer(w.server.router))
	w.t.Cleanup(w.web.Close)
}

// readRows reads the lists of these tests: "admission,forename,surname,born".
// One that begins with "?" has to be told of its columns first.
func readRows(file []byte, m portal.ListMapping) (portal.ClassList, error) {
	var rows []portal.ClassListRow
	var wrong portal.Invalid
	for i, line := range strings.Split(strings.TrimSpace(strings.TrimPrefix(string(file), "?")), "\n") {
		cells := strings.Split(line, ",")
		if len(cells) != 4 {
			wrong.Add(fmt.Sprintf("row %d, column Surname", i+1), "this row has no surname")
			continue
		}
		rows = append(rows, portal.ClassListRow{Row: i + 1, AdmissionNumber: cells[0], Forename: cells[1], Surname: cells[2], Born: portal.Date(cells[3]), Year: 3, Unsaid: portal.UnsaidContacts})
	}
	return portal.ClassList{Format: "Test list", Rows: rows, Ignored: []string{"House"}, Notes: []string{"Hidden and not read: Sheet2"}}, wrong.Or()
}

func openRows(file []byte, m portal.ListMapping) (portal.ListFile, error) {
	f := portal.ListFile{Format: "Test list", Shape: "test"}
	if strings.HasPrefix(string(file), "?") {
		f.Choices = []portal.ListChoice{{Code: "born", Group: "Pupil", Label: "Date of birth"}, {Code: "contact.email", Group: "Contact", Label: "Contact: email"}}
		f.Columns = []portal.ListColumn{{Letter: "D", Heading: "Tag", Samples: []string{"2018-03-27"}, Meaning: strings.Join(m.Columns, "")}}
		f.Encodings, f.Encoding = []portal.ListChoice{{Code: "windows-1252", Label: "Windows-1252"}, {Code: "macintosh", Label: "Macintosh"}}, cmp.Or(m.Encoding, "windows-1252")
		if len(m.Columns) == 0 || m.Columns[0] == "" {
			f.Lacks = []string{"Date of birth"}
		}
	}
	return f, nil
}

type rowWriter struct{ out io.Writer }

func writeRows(out io.Writer, format string, l portal.List) (ListWriter, error) {
	return rowWriter{out}, nil
}

func (w rowWriter) Write(r portal.ListRow) error {
	cells := []any{r.Pupil.Surname, r.Standings}
	for _, c := range r.Further {
		cells = append(cells, c)
	}
	_, err := fmt.Fprintln(w.out, cells...)
	return err
}

func (w rowWriter) Flush() error { return nil }

// sealed hides what is written, and says where it ends.
func sealed(w io.Writer, passphrase string) (io.WriteCloser, error) { return sealer{w}, nil }

type sealer struct{ w io.Writer }

func (s sealer) Write(b []byte) (int, error) { return len(b), nil }

func (s sealer) Close() error {
	_, err := io.WriteString(s.w, "sealed")
	return err
}

// cleaned takes for a picture whatever begins as a JPEG does, and drops what comes after it.
func cleaned(_ context.Context, sent []byte) ([]byte, error) {
	b, _, _ := bytes.Cut(sent, []byte("|"))
	if !bytes.HasPrefix(b, []byte("\xff\xd8\xff")) {
		var wrong portal.Invalid
		wrong.Add("pictures", "is not a picture")
		return nil, &wrong
	}
	return b, nil
}

// shelf keeps the desk's files in memory.
type shelf struct {
	mu    sync.Mutex
	files map[string][]byte
}

func (s *shelf) Put(name string, file []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files[name] = file
	return nil
}

func (s *shelf) Get(name string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b, ok := s.files[name]; ok {
		return b, nil
	}
	return nil, portal.ErrNotFound
}

func (s *shelf) Sweep(func(string) bool) error { return nil }

func compareSources(was, now portal.Text) []Passage {
	return []Passage{{Op: "removed", Kind: "p", Parts: []Part{{"removed", was.Source}}}, {Op: "added", Kind: "p", Parts: []Part{{"added", now.Source}}}}
}

func writeTable(out io.Writer, rows [][]string) error {
	for _, row := range rows {
		if _, err := fmt.Fprintln(out, strings.Join(row, ",")); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) must(err error) {
	if err != nil {
		w.t.Helper()
		w.t.Fatal(err)
	}
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) later(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// bring applies a class list as the office would.
func (w *world) bring(school string, rows []portal.ClassListRow) {
	w.t.Helper()
	plan, err := w.portal.PreviewImport(w.t.Context(), portal.Operator, school, rows)
	w.must(err)
	choice := portal.ImportChoices{}
	for _, x := range plan.Missing {
		choice.Left = append(choice.Left, x.ID)
	}
	_, err = w.portal.ApplyImport(w.t.Context(), portal.Operator, school, "", rows, plan.Fingerprint, choice)
	w.must(err)
}

func identity(who, staffEmail string) portal.Identity {
	return portal.Identity{Provider: "thorn", Issuer: "https://id.example", Subject: who, StaffEmail: staffEmail}
}

func (w *world) account(who, staffEmail string) string {
	w.t.Helper()
	a, err := w.portal.SignedIn(w.t.Context(), identity(who, staffEmail))
	w.must(err)
	return a.ID
}

// visitor is a browser: it keeps cookies, and follows a redirect only to the page
// that says what is wrong with a form.
type visitor struct {
	*world
	client *http.Client
	jar    map[string]string
}

// as is a browser that is signed in as somebody; "" is signed out.
func (w *world) as(who string) *visitor {
	w.t.Helper()
	v := &visitor{w, &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, map[string]string{}}
	if who != "" {
		id, ok := w.accounts[who]
		if !ok {
			w.t.Fatalf("nobody is called %s", who)
		}
		token, err := w.portal.StartSession(w.t.Context(), portal.Session{AccountID: id, Authenticated: w.clock()})
		w.must(err)
		w.secrets = append(w.secrets, token)
		v.jar[w.server.cookie(sessionCookie, "").Name] = token
	}
	return v
}

// reply is an answer, read.
type reply struct {
	*http.Response
	body string
}

func (v *visitor) do(r *http.Request) reply {
	v.t.Helper()
	for name, value := range v.jar {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	res, err := v.client.Do(r)
	v.must(err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	v.must(err)
	for _, c := range res.Cookies() {
		if c.Value != "" {
			v.mu.Lock()
			v.secrets = append(v.secrets, c.Value)
			v.mu.Unlock()
		}
		if c.MaxAge < 0 {
			delete(v.jar, c.Name)
		} else {
			v.jar[c.Name] = c.Value
		}
	}
	got := reply{res, string(b)}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") && res.StatusCode/100 != 3 && r.Method != http.MethodHead {
		wellMade(v.t, got)
	}
	if to := got.location(); r.Method == http.MethodPost && strings.Contains(to, "?"+againQuery+"=") {
		return v.get(to)
	}
	return got
}

func (v *visitor) get(path string) reply {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), http.MethodGet, v.web.URL+path, nil)
	v.must(err)
	return v.do(r)
}

func (v *visitor) post(path string, form url.Values) reply {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, v.web.URL+path, strings.NewReader(form.Encode()))
	v.must(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return v.do(r)
}

// unmarked is without the marks that keep a name's direction of writing to itself.
var unmarked = strings.NewReplacer(`<bdi translate="no">`, "", "</bdi>", "")

// wants is what a page says, whether or not a name in it is marked as one.
func (r reply) wants(t *testing.T, status int, parts ...string) reply {
	t.Helper()
	if r.StatusCode != status {
		t.Fatalf("%s %s: %d, wanted %d\n%s", r.Request.Method, r.Request.URL.Path, r.StatusCode, status, r.body)
	}
	for _, p := range parts {
		if !strings.Contains(r.body, p) && !strings.Contains(unmarked.Replace(r.body), p) {
			t.Errorf("%s %s: no %q in\n%s", r.Request.Method, r.Request.URL.Path, p, r.body)
		}
	}
	return r
}

func (r reply) lacks(t *testing.T, parts ...string) reply {
	t.Helper()
	for _, p := range parts {
		if strings.Contains(r.body, p) {
			t.Errorf("%s %s: %q in\n%s", r.Request.Method, r.Request.URL.Path, p, r.body)
		}
	}
	return r
}

func (r reply) location() string { return r.Header.Get("Location") }

// clock is the numbers of a log that say only when, and how long it took: a year of
// birth can stand in them by chance.
var clock = regexp.MustCompile(`"time":"[^"]*"|"took":\d+`)

// logIsClean finds nothing in the log that is anybody's.
func (w *world) logIsClean() {
	logged := clock.ReplaceAllString(w.log.String(), "")
	for _, s := range w.secrets {
		if strings.Contains(logged, s) {
			w.t.Errorf("the log has %q in it:\n%s", s, logged)
		}
	}
}

// wellMade is what every page of ours is.
func wellMade(t *testing.T, r reply) {
	t.Helper()
	wrong := func(format string, args ...any) {
		t.Helper()
		t.Errorf("%s %s: %s", r.Request.Method, r.Request.URL.Path, fmt.Sprintf(format, args...))
	}
	void := map[string]bool{"meta": true, "link": true, "input": true, "br": true, "img": true, "hr": true, "wbr": true}
	var open []string
	for z := html.NewTokenizer(strings.NewReader(r.body)); ; {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		name, _ := z.TagName()
		switch {
		case kind == html.StartTagToken && !void[string(name)]:
			open = append(open, string(name))
		case kind == html.EndTagToken && (len(open) == 0 || open[len(open)-1] != string(name)):
			wrong("</%s> closes %v", name, open)
			return
		case kind == html.EndTagToken:
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		wrong("left open: %v", open)
	}
	root, err := html.Parse(strings.NewReader(r.body))
	if err != nil {
		wrong("%v", err)
		return
	}
	if n := len(nodes(root, "h1")); n != 1 {
		wrong("%d h1", n)
	}
	if n := nodes(root, "title"); len(n) != 1 || n[0].FirstChild == nil {
		wrong("no title")
	} else {
		for _, row := range append(fernlowRows(false), osricRows()...) {
			title := n[0].FirstChild.Data
			about := strings.HasPrefix(r.Request.URL.Path, "/portal/children/") || strings.HasPrefix(r.Request.URL.Path, receiptLink(""))
			if strings.Contains(title, row.Surname) || strings.Contains(title, row.Forename) && !about {
				wrong("the title %q names a child", title)
			}
		}
	}
	ids, labels := map[string]bool{}, map[string]bool{}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if id := attr(n, "id"); id != "" {
			if ids[id] {
				wrong("two of id %s", id)
			}
			ids[id] = true
		}
		if n.Data == "label" {
			labels[attr(n, "for")] = true
		}
	}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		for _, a := range n.Attr {
			refers := map[string]bool{"aria-describedby": true, "aria-labelledby": true, "for": true}[a.Key]
			for _, id := range strings.Fields(a.Val) {
				if refers && !ids[id] {
					wrong("<%s %s=%q> refers to nothing", n.Data, a.Key, id)
				}
			}
			if a.Key == "href" && strings.HasPrefix(a.Val, "#") && !ids[a.Val[1:]] {
				wrong("a link to %s goes nowhere", a.Val)
			}
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
				wrong("<%s %s>", n.Data, a.Key)
			}
			if a.Key == "src" || a.Key == "action" || n.Data == "link" && a.Key == "href" {
				if !strings.HasPrefix(a.Val, "/portal/") {
					wrong("<%s %s=%q> is not ours", n.Data, a.Key, a.Val)
				}
			}
		}
		switch kind := attr(n, "type"); {
		case n.Data == "html" && attr(n, "lang") == "":
			wrong("no language")
		case n.Data == "script" || n.Data == "style":
			wrong("<%s>", n.Data)
		case n.Data == "img" && !slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "alt" }):
			wrong("<img> without words for it")
		case (n.Data == "input" && kind != "hidden" || n.Data == "select") && !labels[attr(n, "id")]:
			wrong("<%s name=%q> has no label", n.Data, attr(n, "name"))
		}
	}
}

// nodes are the elements of a page with a name.
func nodes(root *html.Node, name string) (found []*html.Node) {
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && n.Data == name {
			found = append(found, n)
		}
	}
	return found
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// dump is everything in the database.
func (w *world) dump(leaveOut ...string) string {
	w.t.Helper()
	return pgtest.Dump(w.t, w.at, leaveOut...)
}

// squareOf stands for a drawing: the words are what the page is about.
func squareOf(address string) (string, error) {
	return `<svg role="img" aria-label="` + address + `"></svg>`, nil
}
