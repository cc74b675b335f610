package portal_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"schoolgate/portal"
	"schoolgate/portal/ledger"
	"schoolgate/portal/store"
	"schoolgate/portal/store/pgtest"
)

// world is a trust of two schools on a database and a ledger of its own, with
// a clock that stands still until it is moved.
type world struct {
	*portal.Portal
	t      *testing.T
	dir    string // of the ledger's key, and of SQLite's file
	at     string // the database: see pgtest.Either
	db     *store.DB
	ledger *ledger.Ledger

	mu   sync.Mutex
	now  time.Time
	wait time.Duration // until a yes counts; in most tests none
	tick time.Duration // by which the clock goes on whenever it is read
}

const (
	anne = "st-anne" // a primary school
	bede = "st-bede" // a junior school
)

// The staff of the settings; "caretaker@" has a role that this version does not know.
var theStaff = []portal.Staff{
	{Email: "office@anne.example", School: anne, Role: portal.Office},
	{Email: "office@bede.example", School: bede, Role: portal.Office},
	{Email: "caretaker@anne.example", School: anne, Role: "caretaker"},
	{Email: "lead@anne.example", School: anne, Role: portal.Lead},
	{Email: "business@anne.example", School: anne, Role: portal.Business},
	{Email: head, School: anne, Role: portal.Head},
	{Email: "teacher@anne.example", School: anne, Role: portal.Teacher, Classes: []string{"2M"}, Years: []portal.Year{3}},
	{Email: "trust@example", School: "*", Role: portal.Office},
}

// newWorld is a trust whose schools have their texts and nobody in them.
func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldAt(t, func(dir string) string { return pgtest.Either(t, dir) })
}

// newWorldAt is newWorld on a database that is made for it.
func newWorldAt(t *testing.T, at func(dir string) string) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), now: theFirstOfTerm}
	w.at = at(w.dir)
	w.open()
	t.Cleanup(func() { w.db.Close() })
	w.ok(w.SetSchools(t.Context(), []portal.School{school(anne, 1), school(bede, 1)}))
	return w
}

func (w *world) open() {
	w.t.Helper()
	var err error
	if w.db, err = store.Open(w.t.Context(), w.at); err != nil {
		w.t.Fatal(err)
	}
	w.use()
}

var theFirstOfTerm = time.Date(2026, 9, 7, 9, 0, 0, 0, time.UTC)

// use puts the portal on the world's database.
func (w *world) use() {
	var err error
	w.ledger, err = ledger.Open(w.t.Context(), w.db, filepath.Join(w.dir, "ledger.key"), w.now)
	w.ok(err)
	w.Portal = portal.New(w.db, w.ledger, theStaff, func() time.Time {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.now = w.now.Add(w.tick)
		return w.now
	})
	w.CountYesAfter(func(string) time.Duration { return w.wait })
}

// reopen is a restart of the program.
func (w *world) reopen() {
	w.t.Helper()
	w.ok(w.db.Close())
	w.open()
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// school is a school whose texts are all of one edition.
func school(slug string, edition int) portal.School {
	return portal.School{
		Slug: slug, Name: "School " + slug, Site: "https://" + slug + ".example/",
		Texts: []portal.Text{
			text(slug, portal.Agreement, "parents-aup", edition, ""),
			text(slug, portal.Agreement, "home-school-agreement", edition, ""),
			text(slug, portal.Purpose, "video-calls", edition, ""),
			text(slug, portal.Purpose, "website-pictures", edition, ""),
		},
	}
}

func text(school string, kind portal.Kind, slug string, edition int, correction string) portal.Text {
	source := fmt.Sprintf("%s %s of %s, edition %d%s\n", kind, slug, school, edition, correction)
	sum := sha256.Sum256([]byte(source))
	return portal.Text{
		School: school, Kind: kind, Slug: slug, Title: "Title of " + slug, Edition: edition, Source: source,
		Hash: hex.EncodeToString(sum[:]), Path: "/" + slug + "/", Published: time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC),
	}
}

// hash is that of a text's current wording.
func (w *world) hash(school string, kind portal.Kind, slug string) string {
	w.t.Helper()
	s, err := w.School(w.t.Context(), school)
	w.ok(err)
	x, ok := s.Current(kind, slug)
	if !ok {
		w.t.Fatalf("%s has no %s %s", school, kind, slug)
	}
	return x.Hash
}

// account signs somebody in with a provider for families.
func (w *world) account(name string) string {
	w.t.Helper()
	a, err := w.SignedIn(w.t.Context(), portal.Identity{Provider: "google", Issuer: "https://accounts.google.example", Subject: name, Name: name})
	w.ok(err)
	return a.ID
}

// staff signs somebody in with their school's own tenant.
func (w *world) staff(email string) string {
	w.t.Helper()
	a, err := w.SignedIn(w.t.Context(), portal.Identity{Provider: "tenant", Issuer: "https://login.example", Subject: email, StaffEmail: email})
	w.ok(err)
	return a.ID
}

// The families of St Anne's: Ann and Bo Lee, whose parents live apart, with a
// grandmother who has no say and a stepfather whom a court keeps away; Cat Poe;
// and Dee Fay, who is in care. People of one name are on purpose.
func annesList() []portal.ClassListRow {
	pupil := func(adm, forename, surname string, born portal.Date, year portal.Year, group string) portal.ClassListRow {
		return portal.ClassListRow{AdmissionNumber: adm, Forename: forename, Surname: surname, Born: born, Year: year, Group: group}
	}
	with := func(r portal.ClassListRow, name, relationship string, parental, order bool) portal.ClassListRow {
		r.ContactName, r.Relationship, r.Parental, r.CourtOrder = name, relationship, parental, order
		r.Email = strings.ToLower(strings.ReplaceAll(name, " ", ".")) + "@home.example"
		return r
	}
	ann := pupil("A1", "Ann", "Lee", "2017-09-01", 4, "4K")
	bo := pupil("A2", "Bo", "Lee", "2019-03-14", 2, "2M")
	cat := pupil("A3", "Cat", "Poe", "2017-11-30", 4, "4K")
	dee := pupil("A4", "Dee", "Fay", "2018-05-05", 3, "3H")
	dee.LookedAfter = true
	rows := []portal.ClassListRow{
		with(ann, "Mrs Jo Lee", "Mother", true, false), with(ann, "Mr Al Lee", "Father", true, false),
		with(ann, "Mrs Gran Lee", "Grandmother", false, false), with(ann, "Mr Max Stone", "Stepfather", true, true),
		with(bo, "Mrs Jo Lee", "Mother", true, false), with(bo, "Mr Al Lee", "Father", true, false),
		with(cat, "Ms Pia Poe", "Mother", true, false),
		with(dee, "Mr Tom Fay", "Father", true, false),
	}
	return numbered(rows)
}

func bedesList() []portal.ClassListRow {
	return numbered([]portal.ClassListRow{
		{AdmissionNumber: "B1", Forename: "Eve", Surname: "Roe", Born: "2015-02-02", Year: 6, Group: "6R", ContactName: "Ms Kim Roe", Relationship: "Mother", Email: "kim@home.example", Parental: true},
	})
}

func numbered(rows []portal.ClassListRow) []portal.ClassListRow {
	for i := range rows {
		rows[i].Row = i + 2
	}
	return rows
}

// register imports class lists as the operator.
func (w *world) register(school string, rows []portal.ClassListRow, leavers bool) {
	w.t.Helper()
	plan, err := w.PreviewImport(w.t.Context(), portal.Operator, school, rows)
	w.ok(err)
	_, err = w.ApplyImport(w.t.Context(), portal.Operator, school, "", rows, plan.Fingerprint, agreed(plan, leavers))
	w.ok(err)
}

// agreed is an office that says yes to all that a plan asks: who may be one
// person is, and with leavers, whoever is missing has left.
func agreed(plan *portal.ImportPlan, leavers bool) portal.ImportChoices {
	c := portal.ImportChoices{Elsewhere: true, Same: map[string]bool{}}
	for _, m := range plan.Maybe {
		c.Same[m.ID] = true
	}
	for _, x := range plan.Missing {
		if leavers {
			c.Left = append(c.Left, x.ID)
		}
	}
	return c
}

// settled is a trust with its families on the register.
func settled(t *testing.T) *world { return settledIn(newWorld(t)) }

func settledIn(w *world) *world {
	w.t.Helper()
	w.register(anne, annesList(), false)
	w.register(bede, bedesList(), false)
	w.takes("Mr Max Stone", "Ann", portal.AllRights) // somebody has looked at his order
	return w
}

// change is St Anne's class list with some rows changed or left out.
func change(f func(*portal.ClassListRow) bool) []portal.ClassListRow {
	var kept []portal.ClassListRow
	for _, r := range annesList() {
		if f(&r) {
			kept = append(kept, r)
		}
	}
	return numbered(kept)
}

// contact is the id of a school's contact of that name.
func (w *world) contact(school, name string) (id string) {
	w.t.Helper()
	w.view(func(tx portal.Tx) error {
		all, err := tx.Contacts(school)
		if i := slices.IndexFunc(all, func(c portal.Contact) bool { return c.Name == name }); i >= 0 {
			id = all[i].ID
		}
		return err
	})
	return id
}

// pupil is the id of the pupil of that forename.
func (w *world) pupil(forename string) string {
	w.t.Helper()
	var id string
	w.view(func(tx portal.Tx) error {
		for _, s := range []string{anne, bede} {
			all, err := tx.Pupils(s)
			if err != nil {
				return err
			}
			for _, p := range all {
				if p.Forename == forename {
					id = p.ID
				}
			}
		}
		return nil
	})
	if id == "" {
		w.t.Fatalf("no pupil called %s", forename)
	}
	return id
}

func (w *world) view(f func(portal.Tx) error) {
	w.t.Helper()
	w.ok(w.db.View(w.t.Context(), f))
}

// letters prints a letter to everybody of a school who has not joined, and
// answers them by the contact's name.
func (w *world) letters(school string) map[string]portal.Letter {
	w.t.Helper()
	by := map[string]portal.Letter{}
	invitees, err := w.Invitees(w.t.Context(), portal.Operator, school)
	w.ok(err)
	if len(invitees) == 0 {
		return by
	}
	var ids []string
	for _, i := range invitees {
		ids = append(ids, i.Contact.ID)
	}
	all, err := w.Letters(w.t.Context(), portal.Operator, school, ids...)
	w.ok(err)
	for _, l := range all {
		by[l.Contact.Name] = l
	}
	return by
}

// parent is the account of somebody who has joined with their letter.
func (w *world) parent(school, name string) string {
	w.t.Helper()
	l, ok := w.letters(school)[name]
	if !ok {
		w.t.Fatalf("no letter to %s", name)
	}
	a := w.account(name)
	w.ok(w.Join(w.t.Context(), a, l.Code, l.Children[0].Pupil.Born))
	return a
}

// ledgerSize is how many signatures and decisions the ledger seals, beside the events.
func (w *world) ledgerSize() (n int64) {
	w.t.Helper()
	w.view(func(tx portal.Tx) error {
		n = 0
		return tx.EachSealed(func(_ portal.LedgerEntry, a portal.Act) error {
			if a.Kind == portal.Signature || a.Kind == portal.Decision {
				n++
			}
			return nil
		})
	})
	return n
}

// publish publishes the head of the day after.
func (w *world) publish() {
	w.t.Helper()
	if done, err := w.ledger.Publish(w.t.Context(), w.db, w.now.AddDate(0, 0, 1)); err != nil || !done {
		w.t.Fatalf("published: %v, %v", done, err)
	}
}

// keys is the ledger's public keys.
func (w *world) keys() string {
	w.t.Helper()
	keys, err := w.LedgerKeys(w.t.Context())
	w.ok(err)
	return string(keys)
}

// whole checks the ledger from end to end, with so many signatures and decisions.
func (w *world) whole(entries int64) {
	w.t.Helper()
	_, err := w.ledger.VerifyAll(w.t.Context(), w.db)
	w.ok(err)
	if n := w.ledgerSize(); n != entries {
		w.t.Errorf("the ledger seals %d signatures and decisions, want %d", n, entries)
	}
}

func (w *world) standing(pupil, purpose string) (s portal.Standing) {
	w.t.Helper()
	s = "not on the list"
	err := w.Export(w.t.Context(), portal.Operator, anne, portal.Filter{Purposes: []string{purpose}}, func(portal.List) error { return nil }, func(r portal.ListRow) error {
		if r.Pupil.ID == pupil {
			s = r.Standings[0]
		}
		return nil
	})
	w.ok(err)
	return s
}

// wrong checks that an error is input that has to be put right, in these fields.
func wrong(t *testing.T, err error, fields ...string) {
	t.Helper()
	var invalid *portal.Invalid
	if !errors.As(err, &invalid) {
		t.Fatalf("got %v, want *portal.Invalid about %v", err, fields)
	}
	var got []string
	for _, p := range invalid.Problems {
		got = append(got, p.Field)
		if p.Message == "" {
			t.Errorf("nothing is said about %s", p.Field)
		}
	}
	if strings.Join(got, ",") != strings.Join(fields, ",") {
		t.Errorf("problems with %v, want %v", got, fields)
	}
}

func is(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

func TestSetSchoolsKeepsEveryWording(t *testing.T) {
	w := newWorld(t)
	var wordings []portal.Text
	for edition := 1; edition <= 3; edition++ {
		s := school(anne, edition)
		w.ok(w.SetSchools(t.Context(), []portal.School{s}))
		wordings = append(wordings, s.Texts...)
	}
	s := school(anne, 3)
	s.Texts[0] = text(anne, portal.Agreement, "parents-aup", 3, ", a slip of the pen put right")
	s.Texts = s.Texts[:3] // and one purpose is asked about no more
	w.ok(w.SetSchools(t.Context(), []portal.School{s}))
	wordings = append(wordings, s.Texts[0])
	w.reopen()

	w.view(func(tx portal.Tx) error {
		for _, x := range wordings {
			got, err := tx.Text(anne, x.Hash)
			if err != nil {
				t.Errorf("%s, edition %d: %v", x.Slug, x.Edition, err)
			} else if got.Source != x.Source || got.Edition != x.Edition || got.Kind != x.Kind || got.Title != x.Title {
				t.Errorf("%s, edition %d: came back as %+v", x.Slug, x.Edition, got)
			}
			if _, err := tx.Text(bede, x.Hash); !errors.Is(err, portal.ErrNotFound) {
				t.Errorf("%s: another school has it: %v", x.Slug, err)
			}
		}
		return nil
	})
	now, err := w.School(t.Context(), anne)
	w.ok(err)
	if len(now.Texts) != 3 || now.Texts[0].Hash != s.Texts[0].Hash {
		t.Errorf("the texts in force are %+v", now.Texts)
	}
	all, err := w.Schools(t.Context())
	w.ok(err)
	if len(all) != 2 || all[1].Slug != bede || len(all[1].Texts) != 4 {
		t.Errorf("the school that was not named is no longer as it was")
	}
}

func TestSetSchoolsRefuses(t *testing.T) {
	for name, spoil := range map[string]func(*portal.Text){
		"another source":              func(x *portal.Text) { x.Source += "and your house" },
		"no hash":                     func(x *portal.Text) { x.Hash = "" },
		"a hash in capitals":          func(x *portal.Text) { x.Hash = strings.ToUpper(x.Hash) },
		"another edition of the same": func(x *portal.Text) { x.Edition++ },
		"another slug":                func(x *portal.Text) { x.Slug = "staff-aup" },
		"another kind":                func(x *portal.Text) { x.Kind = portal.Purpose },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			good, bad := school(bede, 2), school(anne, 1)
			spoil(&bad.Texts[0])
			if err := w.SetSchools(t.Context(), []portal.School{good, bad}); err == nil {
				t.Error("was taken")
			}
			if s, err := w.School(t.Context(), bede); err != nil || s.Texts[0].Edition != 2 {
				t.Errorf("one school's fault held up another: %v", err)
			}
			w.view(func(tx portal.Tx) error {
				x, err := tx.Text(anne, bad.Texts[0].Hash)
				if err == nil && (x.Source == bad.Texts[0].Source && x.Slug == bad.Texts[0].Slug && x.Edition == bad.Texts[0].Edition && x.Kind == bad.Texts[0].Kind) {
					t.Errorf("it was kept: %+v", x)
				}
				return nil
			})
		})
	}
}

// What is handed out is a copy: a page that spoils it spoils nobody else's.
func TestSchoolsAreCopies(t *testing.T) {
	w := newWorld(t)
	given := school(anne, 2)
	w.ok(w.SetSchools(t.Context(), []portal.School{given}))
	given.Texts[0].Hash = "spoilt"
	for range 2 {
		s, err := w.School(t.Context(), anne)
		w.ok(err)
		if s.Texts[0].Hash == "spoilt" {
			t.Fatal("the portal shares its texts with whoever asks")
		}
		s.Texts[0].Hash = "spoilt"
	}
}

func TestSignedIn(t *testing.T) {
	w := newWorld(t)
	id := portal.Identity{Provider: "google", Issuer: "https://issuer", Subject: "1", Name: "Jo"}
	first, err := w.SignedIn(t.Context(), id)
	w.ok(err)
	w.pass(time.Hour)
	id.Name = "Joanna"
	again, err := w.SignedIn(t.Context(), id)
	w.ok(err)
	if again.ID != first.ID || again.Identity.Name != "" || !again.LastSignIn.After(first.LastSignIn) || !again.Created.Equal(first.Created) {
		t.Errorf("the account came back as something else: %v, %v", first, again)
	}
	for _, other := range []portal.Identity{
		{Provider: "google", Issuer: "https://issuer", Subject: "2"},
		{Provider: "google", Issuer: "https://other", Subject: "1"},
		{Provider: "microsoft", Issuer: "https://issuer", Subject: "1"},
		{Provider: "google", Issuer: "https://issuer", Subject: "1 "},
	} {
		a, err := w.SignedIn(t.Context(), other)
		w.ok(err)
		if a.ID == first.ID {
			t.Errorf("two identities have one account")
		}
	}
	for _, none := range []portal.Identity{{}, {Provider: "google", Issuer: "https://issuer"}, {Provider: "google", Subject: "1"}, {Issuer: "https://issuer", Subject: "1"}} {
		if _, err := w.SignedIn(t.Context(), none); err == nil {
			t.Errorf("somebody without an identity was let in")
		}
	}

	// The first sign-in, in twenty tabs at once.
	ids := make([]string, 20)
	atOnce(len(ids), func(i int) {
		a, err := w.SignedIn(context.Background(), portal.Identity{Provider: "google", Issuer: "https://issuer", Subject: "tabs"})
		if err != nil {
			t.Error(err)
		}
		ids[i] = a.ID
	})
	for _, id := range ids {
		if id != ids[0] {
			t.Fatal("one person has several accounts")
		}
	}
}

// atOnce runs f in n goroutines that start together.
func atOnce(n int, f func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			f(i)
		})
	}
	close(start)
	wg.Wait()
}

// Staff are whom the settings name, by the address that their school vouches
// for, and only while both say so.
func TestStaffRoles(t *testing.T) {
	w := settled(t)
	may := func(account string) error {
		return w.ReadRegister(t.Context(), account, anne, portal.Filter{}, func(portal.List) error { return nil }, func(portal.ListRow) error { return nil })
	}
	is(t, may(w.staff("office@anne.example")), nil)
	is(t, may(w.staff("OFFICE@Anne.example")), nil)
	is(t, may(w.staff("trust@example")), nil)
	is(t, may(w.staff("office@bede.example")), portal.ErrNotFound)
	is(t, may(w.staff("caretaker@anne.example")), portal.ErrForbidden)
	is(t, may(w.staff("office@anne.example.org")), portal.ErrNotFound)
	is(t, may(w.account("office@anne.example")), portal.ErrNotFound)
	is(t, may("no such account"), portal.ErrNotFound)
	is(t, may(""), portal.ErrNotFound)
	is(t, may(portal.Operator), nil)

	// A name, an address or a subject that looks like a member of staff is none.
	a, err := w.SignedIn(t.Context(), portal.Identity{Provider: "google", Issuer: "i", Subject: "office@anne.example", Name: "office@anne.example"})
	w.ok(err)
	is(t, may(a.ID), portal.ErrNotFound)

	// The tenant vouches no longer.
	id := portal.Identity{Provider: "tenant", Issuer: "i", Subject: "leaver", StaffEmail: "office@anne.example"}
	a, err = w.SignedIn(t.Context(), id)
	w.ok(err)
	is(t, may(a.ID), nil)
	id.StaffEmail = ""
	_, err = w.SignedIn(t.Context(), id)
	w.ok(err)
	is(t, may(a.ID), portal.ErrNotFound)

	// Settings that forget an address name nobody, least of all everybody.
	jo := w.account("jo")
	w.Portal = portal.New(w.db, w.ledger, []portal.Staff{{School: "*", Role: portal.Office}}, nil)
	is(t, may(jo), portal.ErrNotFound)

	// The settings name them no longer.
	still := w.staff("office@anne.example")
	w.Portal = portal.New(w.db, w.ledger, nil, nil)
	is(t, may(still), portal.ErrNotFound)
}

// onDisk is everything in the database, and in its folder.
func (w *world) onDisk() []byte {
	w.t.Helper()
	all := []byte(pgtest.Dump(w.t, w.at))
	files, err := os.ReadDir(w.dir)
	w.ok(err)
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(w.dir, f.Name()))
		w.ok(err)
		all = append(all, b...)
	}
	return all
}
