package store_test

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"schoolgate/portal"
	"schoolgate/portal/store"
	"schoolgate/portal/store/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// fixture is one open database of one engine.
type fixture struct {
	*store.DB
	t       *testing.T
	address string
	driver  string
}

// onBoth runs a test on a new database of each engine.
func onBoth(t *testing.T, f func(*testing.T, *fixture)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		f(t, open(t, "sqlite3", filepath.Join(t.TempDir(), "school gate?#%41.db")))
	})
	t.Run("postgres", func(t *testing.T) {
		f(t, open(t, "pgx", pgtest.Database(t)))
	})
}

func open(t *testing.T, driver, address string) *fixture {
	t.Helper()
	db, err := store.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return &fixture{db, t, address, driver}
}

// raw is the database without the store in between.
func (f *fixture) raw() *sql.DB {
	f.t.Helper()
	address := f.address
	if f.driver == "sqlite3" {
		address = "file:" + strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(address) + "?_foreign_keys=on"
	}
	db, err := sql.Open(f.driver, address)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { db.Close() })
	return db
}

// in is the fixture within a subtest.
func (f *fixture) in(t *testing.T) *fixture { return &fixture{f.DB, t, f.address, f.driver} }

func (f *fixture) update(u func(portal.Tx) error) error {
	f.t.Helper()
	return f.Update(f.t.Context(), u)
}

func (f *fixture) must(u func(portal.Tx) error) {
	f.t.Helper()
	if err := f.update(u); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) see(v func(portal.Tx) error) {
	f.t.Helper()
	if err := f.View(f.t.Context(), v); err != nil {
		f.t.Fatal(err)
	}
}

// refused checks that an update fails as it should.
func (f *fixture) refused(want error, u func(portal.Tx) error) {
	f.t.Helper()
	if err := f.update(u); !errors.Is(err, want) {
		f.t.Fatalf("got error %v, want %v", err, want)
	}
}

func same[T any](t *testing.T, got T, err error, want T) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got\n%#v\nwant\n%#v", got, want)
	}
}

func missing[T any](t *testing.T, got T, err error) {
	t.Helper()
	if !errors.Is(err, portal.ErrNotFound) {
		t.Fatalf("got %v, error %v; want not found", got, err)
	}
}

var noon = time.Date(2026, 9, 1, 12, 0, 0, 123456000, time.UTC)

func text(slug string, kind portal.Kind, edition int) portal.Text {
	source := fmt.Sprintf("# %s, edition %d\n", slug, edition)
	sum := sha256.Sum256([]byte(source))
	return portal.Text{School: "oak", Kind: kind, Slug: slug, Title: strings.ToUpper(slug), Edition: edition, Hash: hex.EncodeToString(sum[:]),
		Source: source, HTML: "<h1>" + slug + "</h1>", Path: "/agreements/" + slug, Published: noon,
		Summary: "sum", Statement: "I agree", Question: "May we?", IfGiven: "we do", IfRefused: "we do not"}
}

var (
	aup    = text("home-aup", portal.Agreement, 1)
	photos = text("photos", portal.Purpose, 1)
	oak    = portal.School{Slug: "oak", Name: "Oak Junior School", ShortName: "Oak", Address: []string{"1 Lane", "Derby"},
		Phone: "01332 000000", Email: "office@oak.example", Site: "https://oak.example/", Texts: []portal.Text{aup, photos}}
	ann = portal.Pupil{ID: "p-ann", School: "oak", UPN: "B801200005001", AdmissionNumber: "17", Forename: "Ann", Surname: "Ash",
		Born: "2017-09-01", Year: 4, Group: "4A"}
	ben = portal.Pupil{ID: "p-ben", School: "oak", AdmissionNumber: "18", Forename: "Ben", Surname: "Ash",
		Born: "2015-01-31", Year: 6, Group: "6B", LookedAfter: true}
	mum     = portal.Contact{ID: "c-mum", School: "oak", Name: "Ms M Ash", Email: "m@example.org", Phone: "07700 900000"}
	dad     = portal.Contact{ID: "c-dad", School: "oak", Name: "Mr D Ash"}
	annMum  = portal.Responsibility{PupilID: "p-ann", ContactID: "c-mum", Relationship: "Mother", Priority: 1, Parental: true}
	annDad  = portal.Responsibility{PupilID: "p-ann", ContactID: "c-dad", Relationship: "Step father", OrderListed: true}
	benMum  = portal.Responsibility{PupilID: "p-ben", ContactID: "c-mum", Relationship: "Mother", Priority: 2, Parental: true}
	account = portal.Account{ID: "a-1", Identity: portal.Identity{Provider: "google", Issuer: "https://i", Subject: "s", Name: "M", StaffEmail: "m@oak.example"},
		Created: noon, LastSignIn: noon.Add(time.Hour)}
)

// register fills a database with the family above.
func register(tx portal.Tx) error {
	err := tx.PutSchool(oak)
	for _, p := range []portal.Pupil{ann, ben} {
		err = errors.Join(err, tx.PutPupil(p))
	}
	for _, c := range []portal.Contact{mum, dad} {
		err = errors.Join(err, tx.PutContact(c))
	}
	for _, r := range []portal.Responsibility{annMum, annDad, benMum} {
		err = errors.Join(err, tx.PutResponsibility(r))
	}
	return errors.Join(err, tx.PutAccount(account))
}

func act(id string) portal.Act {
	return portal.Act{ID: id, Version: portal.RecordVersion, School: "oak", Party: portal.Ref{Kind: portal.RefContact, ID: "c-mum"},
		Subject: portal.Ref{Kind: portal.RefPupil, ID: "p-ann"}, By: "a-1", Way: portal.Online, TextSlug: aup.Slug, Edition: 1,
		TextHash: aup.Hash, Language: "en-GB", At: noon}
}

func signature(id string) portal.Act {
	a := act(id)
	a.Kind, a.TypedName, a.Seq = portal.Signature, "M Ash", 1
	return a
}

func decision(id string, seq int, answer portal.Answer) portal.Act {
	a := act(id)
	a.Kind, a.Answer, a.Seq = portal.Decision, answer, seq
	a.TextSlug, a.TextHash = photos.Slug, photos.Hash
	a.At = noon.Add(time.Duration(seq) * time.Second)
	return a
}

func TestSchools(t *testing.T) {
	onBoth(t, func(t *testing.T, f *fixture) {
		f.see(func(tx portal.Tx) error {
			s, err := tx.School("oak")
			missing(t, s, err)
			all, err := tx.Schools()
			if err != nil || len(all) != 0 {
				t.Fatalf("schools of an empty database: %v, %v", all, err)
			}
			return nil
		})
		elm := portal.School{Slug: "elm", Name: "Elm"}
		f.must(func(tx portal.Tx) error { return errors.Join(tx.PutSchool(oak), tx.PutSchool(elm)) })
		for range 2 { // once from the database, once remembered
			f.see(func(tx portal.Tx) error {
				got, err := tx.School("oak")
				same(t, got, err, oak)
				got.Texts[0].Title, got.Address[0] = "changed", "changed"
				all, err := tx.Schools()
				same(t, all, err, []portal.School{elm, oak})
				return nil
			})
		}

		// A new wording replaces the current one; the old one is kept as it was.
		now := oak
		next := text(aup.Slug, portal.Agreement, 2)
		shown := photos
		shown.HTML = "<h1>rendered anew</h1>"
		now.Texts = []portal.Text{shown, next}
		f.must(func(tx portal.Tx) error { return tx.PutSchool(now) })
		f.see(func(tx portal.Tx) error {
			got, err := tx.School("oak")
			same(t, got, err, now)
			for _, x := range []portal.Text{aup, photos, next} {
				got, err := tx.Text("oak", x.Hash)
				same(t, got, err, x)
			}
			x, err := tx.Text("elm", aup.Hash)
			missing(t, x, err)
			return nil
		})

		// What an update that failed put there is not remembered.
		lost := oak
		lost.Name = "Never"
		boom := errors.New("boom")
		f.refused(boom, func(tx portal.Tx) error {
			if err := tx.PutSchool(lost); err != nil {
				return err
			}
			got, err := tx.School("oak")
			same(t, got.Name, err, "Never")
			return boom
		})
		f.see(func(tx portal.Tx) error {
			got, err := tx.School("oak")
			same(t, got.Name, err, oak.Name)
			return nil
		})
	})
}

func TestRegister(t *testing.T) {
	onBoth(t, func(t *testing.T, f *fixture) {
		f.must(register)
		f.see(func(tx portal.Tx) error {
			p, err := tx.Pupil("p-ann")
			same(t, p, err, ann)
			p, err = tx.Pupil("p-nobody")
			missing(t, p, err)
			ps, err := tx.Pupils("oak")
			same(t, ps, err, []portal.Pupil{ann, ben})
			ps, err = tx.Pupils("elm")
			same(t, ps, err, nil)
			cs, err := tx.Contacts("oak")
			same(t, cs, err, []portal.Contact{dad, mum})
			rs, err := tx.Responsibilities("oak")
			same(t, rs, err, []portal.Responsibility{annDad, annMum, benMum})
			kids, err := tx.ContactPupils("c-mum")
			same(t, kids, err, []portal.Child{{Pupil: ben, Contact: mum, Responsibility: benMum}, {Pupil: ann, Contact: mum, Responsibility: annMum}})
			return nil
		})

		left, court := ann, annDad
		left.Left, left.Forename, left.UPN = noon, "Anne", ""
		court.Parental, court.Priority = true, 3
		moved := mum
		moved.Phone = ""
		f.must(func(tx portal.Tx) error {
			return errors.Join(tx.PutPupil(left), tx.PutContact(moved), tx.PutResponsibility(court),
				tx.DeleteResponsibility("p-ann", "c-mum"), tx.DeleteResponsibility("p-ann", "c-mum"))
		})
		f.see(func(tx portal.Tx) error {
			p, err := tx.Pupil("p-ann")
			same(t, p, err, left)
			rs, err := tx.Responsibilities("oak")
			same(t, rs, err, []portal.Responsibility{court, benMum})
			kids, err := tx.ContactPupils("c-mum")
			same(t, kids, err, []portal.Child{{Pupil: ben, Contact: moved, Responsibility: benMum}})
			return nil
		})

		twin := ben
		twin.ID, twin.UPN = "p-twin", ann.UPN
		f.must(func(tx portal.Tx) error { return tx.PutPupil(ann) })
		f.refused(portal.ErrConflict, func(tx portal.Tx) error { return tx.PutPupil(twin) })
		twin.UPN = "" // many have none
		f.must(func(tx portal.Tx) error { return tx.PutPupil(twin) })
		stray := ben
		stray.ID, stray.School = "p-stray", "elm"
		f.refused(portal.ErrConflict, func(tx portal.Tx) error { return tx.PutPupil(stray) })
		f.refused(portal.ErrConflict, func(tx portal.Tx) error {
			return tx.PutResponsibility(portal.Responsibility{PupilID: "p-ann", ContactID: "c-nobody"})
		})
	})
}

// A name is found by the beginnings of its words, and failing that by what stands in
// them; as it is now, and not when it has gone.
func TestFind(t *testing.T) {
	onBoth(t, func(t *testing.T, f *fixture) {
		f.must(register)
		f.must(func(tx portal.Tx) error {
			zoe := portal.Pupil{ID: "p-zoe", School: "oak", AdmissionNumber: "19", Forename: "Zoë Ann", Surname: "O’Neill-MacBride", Year: 2}
			return errors.Join(tx.PutPupil(zoe), tx.PutPupil(portal.Pupil{ID: "p-zoe", School: "oak", AdmissionNumber: "19", Forename: "Zoë", Surname: "O’Neill-MacBride", Year: 2}),
				tx.PutSchool(portal.School{Slug: "elm"}), tx.PutPupil(portal.Pupil{ID: "p-far", School: "elm", Forename: "Zoe", Surname: "Far", Year: 2}))
		})
		f.see(func(tx portal.Tx) error {
			for _, c := range []struct {
				looked [][]string
				want   string
			}{
				{[][]string{{"ash"}}, "p-ann p-ben"}, {[][]string{{"ash"}, {"be"}}, "p-ben"}, {[][]string{{"ash", "oneill"}, {"zoe", "ben"}}, "p-ben p-zoe"},
				{[][]string{{"ann"}}, "p-ann"}, {[][]string{{"eil"}}, "p-zoe"}, {[][]string{{"oneillmcb"}}, "p-zoe"}, {[][]string{{"mcbride"}}, "p-zoe"},
				{[][]string{{"far"}}, ""}, {[][]string{{"nobody"}}, ""}, {[][]string{{"ash"}, {"nobody"}}, ""},
			} {
				all, err := tx.FindPupils("oak", c.looked, 9)
				if err != nil {
					return err
				}
				var ids []string
				for _, p := range all {
					ids = append(ids, p.ID)
				}
				slices.Sort(ids)
				same(t, strings.Join(ids, " "), nil, c.want)
			}
			one, err := tx.FindPupils("oak", [][]string{{"ash"}}, 1)
			same(t, len(one), err, 1)
			kids, err := tx.FindContacts("oak", [][]string{{"ash"}, {"ms"}}, 9)
			same(t, kids, err, []portal.Child{{Pupil: ben, Contact: mum, Responsibility: benMum}, {Pupil: ann, Contact: mum, Responsibility: annMum}})
			kids, err = tx.PupilContacts("p-ann")
			same(t, kids, err, []portal.Child{{Pupil: ann, Contact: mum, Responsibility: annMum}, {Pupil: ann, Contact: dad, Responsibility: annDad}})
			for _, number := range []string{ann.UPN, ann.AdmissionNumber} {
				numbered, err := tx.PupilsNumbered("oak", number)
				same(t, numbered, err, []portal.Pupil{ann})
			}
			return nil
		})
		f.must(func(tx portal.Tx) error { return tx.ErasePupil("p-zoe") })
		f.see(func(tx portal.Tx) error {
			gone, err := tx.FindPupils("oak", [][]string{{"mcbride"}}, 9)
			same(t, gone, err, nil)
			return nil
		})
	})
}

// What it takes to take back a list is of the school's last, and goes with anybody of it.
func TestListUndos(t *testing.T) {
	onBoth(t, func(t *testing.T, f *fixture) {
		f.must(register)
		first := portal.ListUndo{School: "oak", At: noon, Before: portal.ListBefore{Pupils: []portal.Pupil{ann}, NewLinks: []portal.Link{{PupilID: "p-ann", ContactID: "c-mum"}}}}
		last := portal.ListUndo{School: "oak", At: noon.Add(time.Hour), Before: portal.ListBefore{NewContacts: []string{"c-dad"}, After: "a"}}
		is := func(want portal.ListUndo) {
			t.Helper()
			f.see(func(tx portal.Tx) error {
				u, err := tx.ListUndo("oak")
				if want.School == "" {
					missing(t, u, err)
				} else {
					same(t, u, err, want)
				}
				return nil
			})
		}
		put := func(u portal.ListUndo) {
			t.Helper()
			f.must(func(tx portal.Tx) error { return tx.PutListUndo(u) })
		}
		put(first)
		is(first)
		put(last)
		is(last)
		f.must(func(tx portal.Tx) error { return tx.DeleteListUndosBefore(last.At) })
		is(last)
		f.must(func(tx portal.Tx) error { return tx.DeleteListUndosBefore(last.At.Add(time.Second)) })
		is(portal.ListUndo{})
		for name, goes := range map[string]func(portal.Tx) error{
			"itself":  func(tx portal.Tx) error { return tx.DeleteListUndo("oak") },
			"a pupil": func(tx portal.Tx) error { return tx.ErasePupil("p-ben") },
			"a contact": func(tx portal.Tx) error {
				return errors.Join(tx.DeleteResponsibility("p-ann", "c-dad"), tx.EraseContact("c-dad"))
			},
		} {
			t.Log(name)
			put(last)
			f.must(goes)
			is(portal.ListUndo{})
		}
	})
}

func TestClassLists(t *testing.T) {
	onBoth(t, func(t *testing.T, f *fixture) {
		f.must(register)
		m := portal.ListMapping{Sheet: "Żaneta", Columns: []string{"upn", ""}}
		l := portal.HeldList{ID: "i-1", School: "oak", AccountID: portal.Operator, At: noon, File: []byte("a\x00\xff"), Mapping: &m}
		older := portal.HeldList{ID: "i-0", School: "oak", At: noon.Add(-time.Microsecond), File: []byte("b")}
		f.must(func(tx portal.Tx) error { return errors.Join(tx.PutHeldList(l), tx.PutHeldList(older)) })
		f.must(func(tx portal.Tx) error {
			got, err := tx.HeldList("i-1")
			same(t, got, err, l)
			got, err = tx.HeldList("i-0")
			same(t, got, err, older)
			if err := tx.DeleteHeldListsBefore(noon); err != nil {
				return err
			}
			got, err = tx.HeldList("i-0")
			missing(t, got, err)
			l.File, l.Applied = nil, true
			if err := tx.PutHeldList(l); err != nil {
				return err
			}
			got, err = tx.HeldList("i-1")
			same(t, got, err, l)
			return nil
		})
		f.must(func(tx portal.Tx) error { return tx.PutListMapping("oak", "s", portal.ListMapping{}) })
		f.must(func(tx portal.Tx) error { return tx.PutListMapping("oak", "s", m) })
		f.must(func(tx portal.Tx) error {
			got, err := tx.ListMapping("oak", "s")
			same(t, got, err, m)
			got, err = tx.ListMapping("oak", "t")
			missing(t, got, err)
			return nil
		})
		trip := portal.SavedList{Name: "Trip", Asked: "?year=4"}
		f.must(func(tx portal.Tx) error {
			return errors.Join(tx.PutSavedList("oak", trip), tx.PutSavedList("oak", portal.SavedList{Name: "Fête", Asked: "?"}), tx.PutSavedList("oak", portal.SavedList{Name: "Fête", Asked: "?class=4B"}), tx.PutSavedList("oak", portal.SavedList{Name: "X", Asked: "?"}), tx.DeleteSavedList("oak", "X"))
		})
		f.must(func(tx portal.Tx) error {
			got, err := tx.SavedLists("oak")
			same(t, got, err, []portal.SavedList{{Name: "Fête", Asked: "?class=4B"}, trip})
			return nil
		})
		f.must(func(tx portal.Tx) error {
			for _, c := range []struct {
				school, upn string
				born        portal.Date
				want        int
			}{{"elm", ann.UPN, "", 1}, {"oak", ann.UPN, ann.Born, 0}, {"elm", "", ann.Born, 1}, {"elm", "", "", 0}} {
				got, err := tx.PupilsElsewhere(c.school, c.upn, c.born)
				if err != nil || len(got) != c.want {
					t.Errorf("%+v: %v, %v", c, got, err)
				}
			}
			return nil
		})
	})
}

func TestAccounts(t *testing.T) {
	onBoth(t, func(t *testing.T, f *fixture) {
		f.must(register)
		f.must(func(tx portal.Tx) error {
			a, err := tx.Account("a-1")
			same(t, a, err, account)
			a, err = tx.AccountByIdentity("google", "https://i", "s")
			same(t, a, err, account)
			a, err = tx.AccountByIdentity("google", "https://i", "S")
			missing(t, a, err)
			a, err = tx.Account("a-2")
			missing(t, a, err)
			return errors.Join(tx.PutJoin(portal.Join{AccountID: "a-1", ContactID: "c-mum", At: noon}), tx.PutJoin(portal.Join{AccountID: "a-1", ContactID: "c-mum", At: noon}))
		})
		f.see(func(tx portal.Tx) error {
			cs, err := tx.AccountContacts("a-1")
			same(t, cs, err, []portal.Contact{mum})
			kids, err := tx.AccountChildren("a-1")
			same(t, kids, err, []portal.Child{{Pupil: ben, Contact: mum, Responsibility: benMum, Sure: true}, {Pupil: ann, Contact: mum, Responsibility: annMum, Sure: true}})
			covered, err := tx.JoinedChildren("oak")
			same(t, covered, err, map[portal.Link]time.Time{})
			joined, err := tx.JoinedContacts("oak")
			same(t, joined, err, map[string]time.Time{"c-mum": noon})
			joined, err = tx.JoinedContacts("elm")
			same(t, joined, err, map[string]time.Time{})
			return nil
		})
		f.must(func(tx portal.Tx) error {
			return errors.Join(tx.JoinChild("c-mum", ann.ID, noon), tx.JoinChild("c-mum", ann.ID, noon.Add(time.Hour)))
		})
		f.see(func(tx portal.Tx) error { // a join covers the children that it names
			kids, err := tx.AccountChildren("a-1")
			same(t, kids, err, []portal.Child{{Pupil: ben, Contact: mum, Responsibility: benMum, Sure: true}, {Pupil: ann, Contact: mum, Responsibility: annMum, Since: noon, Sure: true}})
			covered, err := tx.JoinedChildren("oak")
			same(t, covered, err, map[portal.Link]time.Time{{PupilID: ann.ID, ContactID: "c-mum"}: noon})
			return nil
		})
		again := account
		again.LastSignIn, again.Identity.Name = time.Time{}, ""
		f.must(func(tx portal.Tx) error { return tx.PutAccount(again) })
		f.see(func(tx portal.Tx) error {
			a, err := tx.Account("a-1")
			same(t, a, err, again)
			return nil
		})
		other := account
		other.ID = "a-2"
		f.refused(portal.ErrConflict, func(tx portal.Tx) error { return tx.PutAccount(other) })
		f.refused(portal.ErrConflict, func(tx portal.Tx) error {
			return tx.PutJoin(portal.Join{AccountID: "a-2", ContactID: "c-mum", At: noon})
		})
	})
}

func TestInvitations(t *testing.T) {
	onBoth(t, func(t *testing.T, f *fixture) {
		f.must(register)
		first := portal.Invitation{ID: "i-1", ContactID: "c-mum", CodeHash: "h1", Issued: noon, Expires: noon.Add(time.Hour)}
		second := portal.Invitation{ID: "i-2", ContactID: "c-mum", CodeHash: "h2", Issued: noon.Add(time.Minute), Expires: noon.Add(time.Hour)}
		f.must(func(tx portal.Tx) error { return errors.Join(tx.PutInvitation(first), tx.PutInvitation(second)) })
		f.must(func(tx portal.Tx) error {
			ended := first
			ended.Used = second.Issued
			got, err := tx.InvitationByCode("h1")
			same(t, got, err, ended)
			got, err = tx.InvitationByCode("h2")
			same(t, got, err, second)
			got, err = tx.InvitationByCode("h3")
			missing(t, got, err)
			return errors.Join(tx.EndInvitation("i-2", noon.Add(time.Minute)), tx.UseInvitation("i-2", noon.Add(2*time.Minute)))
		})
		f.see(func(tx portal.Tx) error {
			used := second
			used.Used, used.Died = noon.Add(2*time.Minute), noon.Add(time.Minute)
			got, err := tx.InvitationByCode("h2")
			same(t, got, err, used)
			return nil
		})
		f.refused(portal.ErrConflict, func(tx portal.Tx) error { return tx.UseInvitation("i-2", noon) })
		f.refused(portal.ErrNotFound, func(tx portal.Tx) error { return tx.UseInvitation("i-3", noon) })
		reused := second
		reused.ID, reused.ContactID = "i-4", "c-dad"
		f.refused(portal.ErrConflict, func(tx portal.Tx) error { return tx.PutInvitation(reused) })

		// The index, not the method, keeps a contact at one open invitation.
		raw := f.raw()
		insert := "INSERT INTO invitations (id, contact_id, code_hash, issued, expires) VALUES ('%s', 'c-dad', '%[1]s', '2026-01-01', '2026-01-01')"
		if _, err := raw.Exec(fmt.Sprintf(insert, "r1")); err != nil {
			t.Fatal(err)
		}
		if _, err := raw.Exec(fmt.Sprintf(insert, "r2")); err == nil {
			t.Fatal("two open invitations for one contact")
		}
	})
}

func TestAttempts(t *testing.T) {
	onBoth(t, func(t *testing.T, f *fixture) {
		f.must(func(tx portal.Tx) error {
			for i := range 3 {
				if err := tx.AddAttempt("account a", noon.Add(time.Duration(i)*time.Second)); err != nil {
					return err
				}
			}
			return tx.AddAttempt("account b", noon)
		})
		count := func(key string, since time.Time, want int) {
			t.Helper()
			f.see(func(tx portal.Tx) error {
				n, err := tx.CountAttempts(key, since)
				same(t, n, err, want)
				return nil
			})
		}
		count("account a", time.Time{}, 3)
		count("account a", noon, 3)
		count("account a", noon.Add(time.Microsecond), 2)
		count("account c", time.Time{}, 0)
		f.must(func(tx portal.Tx) error { return tx.DeleteAttemptsBefore(noon.Add(2 * time.Second)) })
		f = f.reopen()
		count("account a", time.Time{}, 1)
		count("account b", time.Time{}, 0)
	})
}

// reopen is the same database after a restart.
func (f *fixture) reopen() *fixture {
	f.t.Helper()
	if err := f.Close(); err != nil {
		f.t.Fatal(err)
	}
	return open(f.t, f.driver, f.address)
}

func TestSessions(t *testing.T) {
	onBoth(t, func(t *testing.T, f *fixture) {
		f.must(register)
		waiting := portal.Session{Hash: "h", Handshake: portal.Handshake{Provider: "google", State: "s", Nonce: "n", Verifier: "v", Session: `{"a":"b"}`},
			ReturnTo: "/children", Created: noon, Expires: noon.Add(time.Hour)}
		f.must(func(tx portal.Tx) error { return tx.PutSession(waiting) })
		live := portal.Session{Hash: "h", AccountID: "a-1", Created: noon, Expires: noon.Add(2 * time.Hour)}
		f.must(func(tx portal.Tx) error {
			s, err := tx.Session("h")
			same(t, s, err, waiting)
			s, _, err = tx.SessionAccount("h")
			missing(t, s, err)
			return tx.PutSession(live)
		})
		f = f.reopen()
		f.must(func(tx portal.Tx) error {
			s, err := tx.Session("h")
			same(t, s, err, live)
			s, a, err := tx.SessionAccount("h")
			same(t, s, err, live)
			want, err := tx.Account("a-1")
			same(t, a, err, want)
			if err := tx.DeleteSessionsBefore(live.Expires); err != nil {
				return err
			}
			s, err = tx.Session("h")
			same(t, s, err, live)
			return tx.DeleteSessionsBefore(live.Expires.Add(time.Microsecond))
		})
		f.must(func(tx portal.Tx) error {
			s, err := tx.Session("h")
			missing(t, s, err)
			return errors.Join(tx.PutSession(live), tx.DeleteSession("h"), tx.DeleteSession("h"))
		})
		f.see(func(tx portal.Tx) error {
			s, err := tx.Session("h")
			missing(t, s, err)
			return nil
		})
		live.AccountID = "a-nobody"
		f.refused(portal.ErrConflict, func(tx portal.Tx) error { return tx.PutSession(live) })
	})
}

func TestHeldForms(t *testing.T) {
	onBoth(t, func(t *testing.T, f *fixture) {
		f.must(register)
		h := portal.HeldForm{AccountID: "a-1", Path: "/sign", Form: map[string][]string{"name": {"Zoë", "a\x00b"}, "none": {}}, At: noon}
		newer := h
		newer.Form, newer.At = map[string][]string{"name": {"Z"}}, noon.Add(time.Minute)
		f.must(func(tx portal.Tx) error { return tx.PutHeld(h) })
		f.must(func(tx portal.Tx) error {
			for range 2 {
				got, err := tx.Held("a-1", "/sign")
				same(t, got, err, h)
			}
			err := errors.Join(tx.DropHeld("a-2", "/sign"), tx.DropHeld("a-1", "/other"), tx.DropHeld("a-1", "/sign"))
			got, err2 := tx.Held("a-1", "/sign")
			missing(t, got, err2)
			return errors.Join(err, tx.PutHeld(h), tx.PutHeld(newer))
		})
		f.must(func(tx portal.Tx) error {
			got, err := tx.Held("a-1", "/sign")
			same(t, got, err, newer)
			return errors.Join(tx.PutHeld(h), tx.DeleteHeldBefore(newer.At))
		})
		f.must(func(tx portal.Tx) error {
			got, err := tx.Held("a-1", "/sign")
			missing(t, got, err)
			return nil
		})
	})
}

func TestActs(t *testing.T) {
	onBoth(t, func(t *testing.T, f *fixture) {
		f.must(register)
		s, d1, d2 := signature("s-1"), decision("d-1", 1, portal.Given), decision("d-2", 2, portal.Withdrawn)
		f.must(func(tx portal.Tx) error {
			return errors.Join(tx.AddAct(s), tx.AddAct(d1), tx.AddAct(d2))
		})
		f = f.reopen()
		f.see(func(tx portal.Tx) error {
			got, err := tx.Act("s-1")
			same(t, got, err, s)
			got, err = tx.Act("d-2")
			same(t, got, err, d2)
			got, err = tx.Act("d-9")
			missing(t, got, err)
			all, err := tx.PupilActs("p-ann")
			same(t, all, err, []portal.Act{s, d1, d2})
			all, err = tx.PupilActs("p-ben")
			same(t, all, err, nil)
			return nil
		})
		for name, add := range map[string]func(portal.Tx) error{
			"the same id": func(tx portal.Tx) error {
				x := signature("s-1")
				x.Subject.ID = "p-ben"
				return tx.AddAct(x)
			},
			"the same wording":   func(tx portal.Tx) error { return tx.AddAct(signature("s-2")) },
			"the same number":    func(tx portal.Tx) error { return tx.AddAct(decision("d-3", 2, portal.Given)) },
			"an unknown pupil":   func(tx portal.Tx) error { x := signature("s-2"); x.Subject.ID = "p"; return tx.AddAct(x) },
			"an unknown contact": func(tx portal.Tx) error { x := signature("s-2"); x.Party.ID = "c"; return tx.AddAct(x) },
			"an unknown wording": func(tx portal.Tx) error { x := signature("s-2"); x.TextHash = "h"; return tx.AddAct(x) },
			"an unknown wording ": func(tx portal.Tx) error {
				x := decision("d-3", 3, portal.Given)
				x.School = "elm"
				return tx.AddAct(x)
			},
		} {
			t.Run(name, func(t *testing.T) { f.in(t).refused(portal.ErrConflict, add) })
		}
		for name, add := range map[string]func(portal.Tx) error{
			"an unknown answer":  func(tx portal.Tx) error { return tx.AddAct(decision("d-3", 3, "maybe")) },
			"no number":          func(tx portal.Tx) error { return tx.AddAct(decision("d-3", 0, portal.Given)) },
			"an unknown channel": func(tx portal.Tx) error { x := signature("s-2"); x.Way = "fax"; return tx.AddAct(x) },
			"a slug of two words": func(tx portal.Tx) error {
				x := decision("d-3", 1, portal.Given)
				x.TextSlug = "two words"
				return tx.AddAct(x)
			},
		} {
			t.Run(name, func(t *testing.T) {
				if err := f.in(t).update(add); err == nil || errors.Is(err, portal.ErrConflict) {
					t.Fatalf("got error %v, want one that is not a conflict", err)
				}
			})
		}
	})
}

// Events are read apart from what people say, the latest sealed first, by school and
// by person; what was done to a whole school is about each of its people.
func TestEvents(t *testing.T) {
	onBoth(t, func(t *testing.T, f *fixture) {
		f.must(register)
		event := func(id string, kind portal.ActKind, school string, about portal.Ref) portal.Act {
			return portal.Act{ID: id, Version: portal.RecordVersion, Kind: kind, School: school, Party: portal.Ref{Kind: portal.RefAccount, ID: "a-1"},
				Subject: about, By: "a-1", Way: portal.Online, At: noon, Details: `{"n":1}`}
		}
		all := []portal.Act{
			event("e-z", portal.ListSeen, "oak", portal.Ref{Kind: portal.RefSchool, ID: "oak"}),
			event("e-b", portal.Joined, "oak", portal.Ref{Kind: portal.RefContact, ID: "c-mum"}),
			signature("s-1"),
			event("e-a", portal.ListSeen, "elm", portal.Ref{Kind: portal.RefSchool, ID: "elm"}),
			event("e-c", portal.RightsChanged, "", portal.Ref{Kind: portal.RefSchool, ID: "*"}),
		}
		f.must(func(tx portal.Tx) error {
			for i, a := range all {
				e := portal.LedgerEntry{Index: int64(i), RecordID: a.ID, Salt: make([]byte, 32), Record: a.Record(), At: noon}
				if err := errors.Join(tx.AddAct(a), tx.AppendLedger(e)); err != nil {
					return err
				}
			}
			return nil
		})
		for _, c := range []struct {
			of   portal.EventFilter
			want string
		}{
			{portal.EventFilter{Most: 9}, "e-c e-a e-b e-z"},
			{portal.EventFilter{Most: 2}, "e-c e-a"},
			{portal.EventFilter{School: "oak", Most: 9}, "e-c e-b e-z"},
			{portal.EventFilter{School: "oak", Person: "c-mum", Most: 9}, "e-c e-b e-z"},
			{portal.EventFilter{School: "oak", Person: "c-dad", Most: 9}, "e-c e-z"},
			{portal.EventFilter{Kind: portal.Joined, Most: 9}, "e-b"},
		} {
			f.see(func(tx portal.Tx) error {
				got, err := tx.Events(c.of)
				var ids []string
				for _, a := range got {
					ids = append(ids, a.ID)
				}
				same(t, strings.Join(ids, " "), err, c.want)
				return nil
			})
		}
	})
}

// A record that is read again has the same canonical JSON, or no receipt would
// ever hold.
func TestTimesRoundTrip(t *testing.T) {
	onBoth(t, func(t *testing.T, f *fixture) {
		f.must(register)
		zone := time.FixedZone("BST", 3600)
		times := []time.Time{
			noon, noon.Truncate(time.Second), noon.Truncate(time.Hour), time.Date(2026, 7, 1, 0, 30, 0, 100_000_000, zone),
			time.Date(2026, 3, 29, 1, 30, 0, 1000, time.UTC), time.Date(1999, 12, 31, 23, 59, 59, 999_999_000, time.UTC), time.Unix(0, 0),
			time.Date(9999, 1, 1, 0, 0, 0, 10_000, time.UTC),
		}
		for i, at := range times {
			d := decision(fmt.Sprintf("d-%02d", i), i+1, portal.Given)
			d.At = at
			f.must(func(tx portal.Tx) error { return tx.AddAct(d) })
			f.see(func(tx portal.Tx) error {
				got, err := tx.Act(d.ID)
				if err != nil {
					return err
				}
				if got.At.Location() != time.UTC {
					t.Errorf("%v was read in zone %v", at, got.At.Location())
				}
				same(t, string(got.Record()), nil, string(d.Record()))
				return nil
			})
		}
		// Order is that of time, whatever the digits.
		f.see(func(tx portal.Tx) error {
			ds, err := tx.PupilActs("p-ann")
			if err != nil {
				return err
			}
			if !slices.IsSortedFunc(ds, func(a, b portal.Act) int { return a.At.Compare(b.At) }) || len(ds) != len(times) {
				t.Errorf("decisions are not oldest first")
			}
			return nil
		})
		fine := decision("d-fine", 99, portal.Given)
		fine.At = noon.Add(999 * time.Nanosecond)
		f.must(func(tx portal.Tx) error { return tx.AddAct(fine) })
		f.see(func(tx portal.Tx) error {
			got, err := tx.Act("d-fine")
			same(t, got.At, err, noon)
			return nil
		})
	})
}

func TestText(t *testing.T) {
	onBoth(t, func(t *testing.T, f *fixture) {
		f.must(register)
		for name, forename := range map[string]string{
			"Arabic and Urdu":         "محمد اُردُو",
			"Panjabi, Bengali, Tamil": "ਗੁਰਪ੍ਰੀਤ প্রিয়া தமிழ்",
			"Polish and Vietnamese":   "Łucja Nguyễn",
			"outside the plane":       "𠮷野 👩‍👧",
			"combining":               "Zoe\u0308",
			"quotes":                  `O'Brien "Bobby'); DROP TABLE pupils;--`,
			"control":                 "a\tb\r\n\x7f",
			"empty":                   "",
			"long":                    strings.Repeat("Ж", 10_000),
		} {
			t.Run(name, func(t *testing.T) {
				f := f.in(t)
				p := ann
				p.Forename, p.Surname, p.Group = forename, forename, forename
				r := annMum
				r.Relationship = forename
				s := signature("s-" + name)
				s.TypedName, s.Subject.ID = forename, "p-ben"
				s.Party.ID = "c-" + strings.ReplaceAll(name, " ", "-")
				f.must(func(tx portal.Tx) error {
					return errors.Join(tx.PutPupil(p), tx.PutResponsibility(r), tx.PutContact(portal.Contact{ID: s.Party.ID, School: "oak"}), tx.AddAct(s))
				})
				f.see(func(tx portal.Tx) error {
					got, err := tx.Pupil(p.ID)
					same(t, got, err, p)
					sig, err := tx.Act(s.ID)
					same(t, sig, err, s)
					return tx.EachPupil("oak", false, func(rec *portal.PupilFile) error {
						if rec.Pupil.ID == p.ID {
							same(t, rec.Pupil, nil, p)
							if !slices.Contains(rec.Responsibilities, r) {
								t.Errorf("a relationship was not read as written")
							}
						}
						return nil
					})
				})
			})
		}
		// What PostgreSQL cannot hold neither engine takes, and nobody has.
		for name, bad := range map[string]string{"NUL": "a\x00b", "not UTF-8": "a\xffb"} {
			t.Run(name, func(t *testing.T) {
				f := f.in(t)
				var invalid *portal.Invalid
				p := ann
				p.Forename = bad
				if err := f.update(func(tx portal.Tx) error { return tx.PutPupil(p) }); !errors.As(err, &invalid) {
					t.Errorf("put: got %v, want invalid", err)
				}
				f.see(func(tx portal.Tx) error {
					got, err := tx.Pupil(bad)
					missing(t, got, err)
					all, err := tx.Pupils(bad)
					same(t, all, err, nil)
					n, err := tx.CountAttempts(bad, time.Time{})
					same(t, n, err, 0)
					return nil
				})
			})
		}
	})
}

func TestOrder(t *testing.T) {
	onBoth(t, func(t *testing.T, f *fixture) {
		f.must(register)
		var want []string
		f.must(func(tx portal.Tx) error {
			for i, p := range []portal.Pupil{
				{Year: portal.Nursery, Group: "N", Surname: "Zed", Forename: "A"},
				{Year: portal.Reception, Group: "RB", Surname: "Abel", Forename: "A"},
				{Year: 1, Group: "", Surname: "Zed", Forename: "A"},
				{Year: 1, Group: "1A", Surname: "", Forename: "Zed"},
				{Year: 1, Group: "1A", Surname: "Ash", Forename: "Zed"},
				{Year: 1, Group: "1A", Surname: "Ashby", Forename: "Ann"},
				{Year: 1, Group: "1A", Surname: "de Souza", Forename: "Ann"},
				{Year: 1, Group: "1A", Surname: "Dean", Forename: "Ann"},
				{Year: 1, Group: "1A", Surname: "Óscar", Forename: "Ann"},
				{Year: 1, Group: "1A", Surname: "Oscar", Forename: "Ben"},
				{Year: 1, Group: "1A", Surname: "smith", Forename: "Ann"},
				{Year: 1, Group: "1A", Surname: "Smith", Forename: "Ben"},
				{Year: 1, Group: "1A", Surname: "Łucki", Forename: "Ann"},
				{Year: 1, Group: "1B", Surname: "Ash", Forename: "Ann"},
				{Year: 10, Group: "1A", Surname: "Ash", Forename: "Ann"},
			} {
				p.ID, p.School = fmt.Sprintf("o-%02d", 99-i), "elm"
				want = append(want, p.Surname)
				if i == 0 {
					if err := tx.PutSchool(portal.School{Slug: "elm"}); err != nil {
						return err
					}
				}
				if err := tx.PutPupil(p); err != nil {
					return err
				}
			}
			return nil
		})
		var pupils, each []string
		f.see(func(tx portal.Tx) error {
			all, err := tx.Pupils("elm")
			for _, p := range all {
				pupils = append(pupils, p.Surname)
			}
			return errors.Join(err, tx.EachPupil("elm", false, func(r *portal.PupilFile) error {
				each = append(each, r.Pupil.Surname)
				return nil
			}))
		})
		t.Log(pupils)
		same(t, each, nil, pupils)
		if len(pupils) != len(want) || pupils[0] != "Zed" || pupils[1] != "Abel" || pupils[len(pupils)-1] != "Ash" {
			t.Errorf("year and group do not come first: %q", pupils)
		}
		for _, pair := range [][2]string{{"Ash", "Ashby"}, {"Ashby", "Dean"}, {"Dean", "smith"}, {"Óscar", "smith"}, {"Łucki", "smith"}, {"de Souza", "smith"}} {
			if slices.Index(pupils, pair[0]) > slices.Index(pupils, pair[1]) {
				t.Errorf("%s comes after %s: %q", pair[0], pair[1], pupils)
			}
		}
	})
}

func TestEachPupil(t *testing.T) {
	onBoth(t, func(t *testing.T, f *fixture) {
		f.must(register)
		byDad := signature("s-1")
		byDad.Party.ID, byDad.Until = "c-dad", "2027-09-01"
		f.must(func(tx portal.Tx) error {
			return errors.Join(tx.AddAct(signature("s-2")), tx.AddAct(byDad),
				tx.AddAct(decision("d-1", 1, portal.Given)), tx.AddAct(decision("d-2", 2, portal.Withdrawn)))
		})
		// More than fits a page, some of the same name, and a leaver.
		const more = 700
		f.must(func(tx portal.Tx) error {
			for i := range more {
				p := portal.Pupil{ID: fmt.Sprintf("x-%03d", i), School: "oak", Year: 7, Group: "7A", Surname: fmt.Sprintf("Same %d", i%3), Forename: "Same"}
				if err := errors.Join(tx.PutPupil(p), tx.PutResponsibility(portal.Responsibility{PupilID: p.ID, ContactID: "c-dad", Parental: true})); err != nil {
					return err
				}
			}
			gone := ben
			gone.Left = noon
			return tx.PutPupil(gone)
		})
		n := 0
		f.see(func(tx portal.Tx) error {
			all, err := tx.Pupils("oak")
			if err != nil {
				return err
			}
			all = slices.DeleteFunc(all, func(p portal.Pupil) bool { return !p.OnRoll() })
			return tx.EachPupil("oak", false, func(r *portal.PupilFile) error {
				if r.Pupil != all[n] {
					t.Fatalf("pupil %d is %v, want %v", n, r.Pupil, all[n])
				}
				n++
				// The transaction is free while f runs.
				if p, err := tx.Pupil(r.Pupil.ID); err != nil || p != r.Pupil {
					t.Fatalf("pupil %v: %v, %v", r.Pupil, p, err)
				}
				if r.Pupil.ID != "p-ann" {
					if len(r.Responsibilities) != 1 || len(r.Acts) != 0 {
						t.Fatalf("%v has somebody else's records", r.Pupil)
					}
					return nil
				}
				dads := annDad
				dads.OrderListed = false // what a standing is not computed from
				if len(r.Responsibilities) != 2 || !slices.Contains(r.Responsibilities, annMum) || !slices.Contains(r.Responsibilities, dads) {
					t.Errorf("responsibilities: %v", r.Responsibilities)
				}
				slices.SortFunc(r.Acts, func(a, b portal.Act) int {
					return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Party.ID, b.Party.ID), a.Seq-b.Seq)
				})
				var want []portal.Act
				for _, a := range []portal.Act{decision("", 1, portal.Given), decision("", 2, portal.Withdrawn), byDad, signature("")} {
					want = append(want, portal.Act{Kind: a.Kind, School: a.School, Party: a.Party, Subject: a.Subject, TextSlug: a.TextSlug, Edition: 1, Answer: a.Answer, Seq: a.Seq, Until: a.Until})
				}
				same(t, r.Acts, nil, want)
				return nil
			})
		})
		if n != more+1 {
			t.Errorf("%d pupils, want %d", n, more+1)
		}
		var gone []portal.Pupil
		f.see(func(tx portal.Tx) error {
			return tx.EachPupil("oak", true, func(r *portal.PupilFile) error {
				gone = append(gone, r.Pupil)
				return nil
			})
		})
		left := ben
		left.Left = noon
		same(t, gone, nil, []portal.Pupil{left})
		stop := errors.New("stop")
		if err := f.View(t.Context(), func(tx portal.Tx) error {
			return tx.EachPupil("oak", false, func(*portal.PupilFile) error { return stop })
		}); !errors.Is(err, stop) {
			t.Errorf("got error %v, want the callback's", err)
		}
	})
}

func TestLedger(t *testing.T) {
	onBoth(t, func(t *testing.T, f *fixture) {
		f.must(register)
		hash := func(n byte) [32]byte { return sha256.Sum256([]byte{n}) }
		entry := func(i int64) portal.LedgerEntry {
			salt := hash(byte(i))
			return portal.LedgerEntry{Index: i, Leaf: -1, RecordID: fmt.Sprintf("s-%d", i), Salt: salt[:], Record: []byte(`{"n":"\u0000"}`), At: noon}
		}
		f.must(func(tx portal.Tx) error {
			n, err := tx.LedgerSize()
			same(t, n, err, 0)
			leaves, err := tx.LedgerLeaves()
			same(t, leaves, err, 0)
			h, err := tx.LedgerHead()
			missing(t, h, err)
			padding := hash(9)
			return errors.Join(tx.AppendLedger(entry(0)), tx.AppendLedger(entry(1)),
				tx.PlaceLedger(0, []portal.LedgerLeaf{{Entry: 1}, {Entry: -1, Padding: padding[:]}, {Entry: 0}}, 0, [][32]byte{hash(0), hash(1), hash(2)}),
				tx.AppendLedger(entry(2)), tx.AddLedgerKey(0, "key", noon), tx.AddLedgerKey(1, "next", noon),
				tx.AddLedgerHead(portal.LedgerHead{N: 0, Head: "first", At: noon}), tx.AddLedgerHead(portal.LedgerHead{N: 1, Head: "second", At: noon}))
		})
		f = f.reopen()
		f.must(func(tx portal.Tx) error {
			n, err := tx.LedgerSize()
			same(t, n, err, 3)
			n, err = tx.LedgerLeaves()
			same(t, n, err, 3)
			placed := entry(0)
			placed.Leaf = 2
			e, err := tx.LedgerEntryOf("s-0")
			same(t, e, err, placed)
			waiting, err := tx.LedgerWaiting()
			same(t, waiting, err, []portal.LedgerEntry{entry(2)})
			h, err := tx.LedgerHead()
			same(t, h, err, portal.LedgerHead{N: 1, Head: "second", At: noon})
			all, err := tx.LedgerHeads()
			same(t, all, err, []portal.LedgerHead{{N: 0, Head: "first", At: noon}, h})
			keys, err := tx.LedgerKeys()
			same(t, keys, err, []string{"key", "next"})
			e, err = tx.LedgerEntryOf("s-9")
			missing(t, e, err)
			hs, err := tx.LedgerHashes([]int64{2, 0})
			same(t, hs, err, [][32]byte{hash(2), hash(0)})
			hs, err = tx.LedgerHashes([]int64{0, 1, 2})
			same(t, hs, err, [][32]byte{hash(0), hash(1), hash(2)})
			hs, err = tx.LedgerHashes(nil)
			same(t, hs, err, [][32]byte{})
			hs, err = tx.LedgerHashes([]int64{1, 3})
			missing(t, hs, err)
			return nil
		})
		for name, add := range map[string]func(portal.Tx) error{
			"an index again":   func(tx portal.Tx) error { e := entry(1); e.RecordID = "x"; return tx.AppendLedger(e) },
			"a record again":   func(tx portal.Tx) error { e := entry(3); e.RecordID = "s-0"; return tx.AppendLedger(e) },
			"a gap":            func(tx portal.Tx) error { return tx.AppendLedger(entry(4)) },
			"a leaf again":     func(tx portal.Tx) error { return tx.PlaceLedger(2, []portal.LedgerLeaf{{Entry: 2}}, 3, nil) },
			"a leaf too far":   func(tx portal.Tx) error { return tx.PlaceLedger(4, []portal.LedgerLeaf{{Entry: 2}}, 3, nil) },
			"a place again":    func(tx portal.Tx) error { return tx.PlaceLedger(3, []portal.LedgerLeaf{{Entry: 1}}, 3, nil) },
			"a place for none": func(tx portal.Tx) error { return tx.PlaceLedger(3, []portal.LedgerLeaf{{Entry: 9}}, 3, nil) },
			"a hash again":     func(tx portal.Tx) error { return tx.PlaceLedger(3, nil, 2, [][32]byte{hash(1)}) },
			"a hash too far":   func(tx portal.Tx) error { return tx.PlaceLedger(3, nil, 4, [][32]byte{hash(1)}) },
			"a head again":     func(tx portal.Tx) error { return tx.AddLedgerHead(portal.LedgerHead{N: 1, Head: "x", At: noon}) },
			"a head too far":   func(tx portal.Tx) error { return tx.AddLedgerHead(portal.LedgerHead{N: 3, Head: "x", At: noon}) },
			"a key again":      func(tx portal.Tx) error { return tx.AddLedgerKey(0, "x", noon) },
		} {
			t.Run(name, func(t *testing.T) { f.in(t).refused(portal.ErrConflict, add) })
		}
		short := entry(3)
		short.Salt = short.Salt[:31]
		if err := f.update(func(tx portal.Tx) error { return tx.AppendLedger(short) }); err == nil {
			t.Error("a short salt was taken")
		}

		// With the acts themselves.
		f.see(func(tx portal.Tx) error {
			id, err := tx.UnsealedAct()
			missing(t, id, err)
			return nil
		})
		f.must(func(tx portal.Tx) error {
			return errors.Join(tx.AddAct(signature("s-1")), tx.AddAct(decision("s-7", 1, portal.Given)))
		})
		f.see(func(tx portal.Tx) error {
			id, err := tx.UnsealedAct()
			same(t, id, err, "s-7")
			var seen []string
			err = tx.EachSealed(func(e portal.LedgerEntry, act portal.Act) error {
				seen = append(seen, e.RecordID)
				if e.RecordID == "s-1" {
					same(t, act, nil, signature("s-1"))
				} else {
					same(t, act, nil, portal.Act{})
				}
				_, err := tx.LedgerSize() // the transaction is free
				return err
			})
			same(t, seen, err, []string{"s-1", "", "s-0", "s-2"})
			return nil
		})
	})
}

func TestRollback(t *testing.T) {
	onBoth(t, func(t *testing.T, f *fixture) {
		boom := errors.New("boom")
		put := func(tx portal.Tx) error { return tx.PutSchool(oak) }
		f.refused(boom, func(tx portal.Tx) error { return errors.Join(put(tx), boom) })
		func() {
			defer func() {
				if recover() != boom {
					t.Error("the panic did not come through")
				}
			}()
			f.update(func(tx portal.Tx) error {
				if err := put(tx); err != nil {
					return err
				}
				panic(boom)
			})
		}()
		f.see(func(tx portal.Tx) error {
			s, err := tx.School("oak")
			missing(t, s, err)
			return nil
		})

		// A statement that failed has failed the whole, though f says nothing of it.
		f.must(register)
		f.refused(portal.ErrConflict, func(tx portal.Tx) error {
			if err := tx.AddAttempt("k", noon); err != nil {
				return err
			}
			tx.PutSession(portal.Session{Hash: "h", AccountID: "a-nobody", Created: noon, Expires: noon})
			if _, err := tx.Pupil("p-ann"); !errors.Is(err, portal.ErrConflict) {
				t.Errorf("after a failure: %v", err)
			}
			return nil
		})
		var after portal.Tx
		f.must(func(tx portal.Tx) error {
			after = tx
			n, err := tx.CountAttempts("k", time.Time{})
			same(t, n, err, 0)
			return nil
		})
		if err := after.AddAttempt("k", noon); err == nil {
			t.Error("a transaction was used after its end")
		}
		if err := f.View(t.Context(), func(tx portal.Tx) error { return tx.AddAttempt("k", noon) }); err == nil {
			t.Error("a view wrote")
		}
	})
}

func TestOneMoment(t *testing.T) {
	onBoth(t, func(t *testing.T, f *fixture) {
		f.must(register)
		f.see(func(tx portal.Tx) error {
			before, err := tx.Pupils("oak")
			if err != nil {
				return err
			}
			f.must(func(tx portal.Tx) error {
				p := ann
				p.ID, p.UPN = "p-new", ""
				return tx.PutPupil(p)
			})
			now, err := tx.Pupils("oak")
			same(t, now, err, before)
			return nil
		})
	})
}

// Appenders side by side leave no gap and lose nothing.
func TestConcurrentUpdates(t *testing.T) {
	onBoth(t, func(t *testing.T, f *fixture) {
		f.must(register)
		second := open(t, f.driver, f.address) // another process, as far as the database knows
		const writers, each = 50, 4
		var wg sync.WaitGroup
		errs := make(chan error, writers)
		for w := range writers {
			wg.Go(func() {
				db := f.DB
				if w%2 == 1 {
					db = second.DB
				}
				for i := range each {
					id := fmt.Sprintf("r-%d-%d", w, i)
					err := db.Update(t.Context(), func(tx portal.Tx) error {
						n, err := tx.LedgerSize()
						if err != nil {
							return err
						}
						if err := tx.AddAttempt("k", noon); err != nil {
							return err
						}
						return tx.AppendLedger(portal.LedgerEntry{Index: n, RecordID: id, Salt: make([]byte, 32), Record: []byte("{}"), At: noon})
					})
					if err != nil {
						errs <- err
						return
					}
				}
			})
		}
		wg.Wait()
		close(errs)
		for err := range errs {
			t.Error(err)
		}
		f.see(func(tx portal.Tx) error {
			n, err := tx.LedgerSize()
			same(t, n, err, writers*each)
			tries, err := tx.CountAttempts("k", time.Time{})
			same(t, tries, err, writers*each)
			at := int64(0)
			return tx.EachSealed(func(e portal.LedgerEntry, _ portal.Act) error {
				if e.Index != at {
					t.Errorf("entry %d stands at %d", e.Index, at)
				}
				at++
				return nil
			})
		})
	})
}

// Two who find nothing and both insert: one wins, the other sees what won.
func TestRace(t *testing.T) {
	onBoth(t, func(t *testing.T, f *fixture) {
		f.must(register)
		for round := range 10 {
			a := text(fmt.Sprintf("race-%d", round), portal.Agreement, 1)
			f.must(func(tx portal.Tx) error {
				s := oak
				s.Texts = []portal.Text{a}
				return tx.PutSchool(s)
			})
			var wg sync.WaitGroup
			ids := make([]string, 8)
			for i := range ids {
				wg.Go(func() {
					err := f.Update(t.Context(), func(tx portal.Tx) error {
						all, err := tx.PupilActs("p-ann")
						if err != nil {
							return err
						}
						for _, s := range all {
							if s.TextHash == a.Hash {
								ids[i] = s.ID
								return nil
							}
						}
						s := signature(fmt.Sprintf("s-%d-%d", round, i))
						s.TextSlug, s.TextHash = a.Slug, a.Hash
						ids[i] = s.ID
						return tx.AddAct(s)
					})
					if err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if len(slices.Compact(ids)) != 1 {
				t.Fatalf("a signature was made more than once: %v", ids)
			}
		}
	})
}

func TestCancel(t *testing.T) {
	onBoth(t, func(t *testing.T, f *fixture) {
		f.must(register)
		ctx, cancel := context.WithCancel(t.Context())
		err := f.Update(ctx, func(tx portal.Tx) error {
			if err := tx.AddAttempt("k", noon); err != nil {
				return err
			}
			cancel()
			return tx.AddAttempt("k", noon)
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("update: got %v, want cancelled", err)
		}
		if err := f.Update(ctx, func(portal.Tx) error { t.Error("ran"); return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("update: got %v, want cancelled", err)
		}
		if err := f.View(ctx, func(portal.Tx) error { t.Error("ran"); return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("view: got %v, want cancelled", err)
		}
		// One that waits for its turn gives up with its context.
		release, started, waited := make(chan bool), make(chan bool), make(chan error)
		go f.Update(t.Context(), func(tx portal.Tx) error {
			err := tx.PutSession(portal.Session{Hash: "h", Created: noon, Expires: noon})
			started <- true
			<-release
			return err
		})
		<-started
		short, stop := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer stop()
		go func() {
			waited <- f.Update(short, func(tx portal.Tx) error {
				return tx.PutSession(portal.Session{Hash: "h", Created: noon, Expires: noon})
			})
		}()
		if err := <-waited; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a waiting update: got %v, want deadline exceeded", err)
		}
		close(release)
		f.must(func(tx portal.Tx) error {
			n, err := tx.CountAttempts("k", time.Time{})
			same(t, n, err, 0)
			return nil
		})
	})
}

func TestAppendOnly(t *testing.T) {
	onBoth(t, func(t *testing.T, f *fixture) {
		f.must(register)
		f.must(func(tx portal.Tx) error {
			return errors.Join(tx.AddAct(signature("s-1")), tx.AddAct(decision("d-1", 1, portal.Given)),
				tx.AppendLedger(portal.LedgerEntry{RecordID: "s-1", Salt: make([]byte, 32), Record: []byte("{}"), At: noon}),
				tx.PlaceLedger(0, []portal.LedgerLeaf{{Entry: 0}}, 0, [][32]byte{{1}}),
				tx.AddLedgerHead(portal.LedgerHead{Head: "x", At: noon}), tx.AddLedgerKey(0, "x", noon))
		})
		raw := f.raw()
		refused := []string{
			"UPDATE acts SET typed_name = 'X'", "UPDATE acts SET id = id", "DELETE FROM acts", "DELETE FROM acts WHERE id = 'd-1'",
			"UPDATE texts SET source = 'X'", "DELETE FROM texts",
			"UPDATE ledger_hashes SET hash = hash", "DELETE FROM ledger_hashes", "DELETE FROM ledger",
			"UPDATE ledger_leaves SET idx = idx", "DELETE FROM ledger_leaves", "UPDATE ledger_heads SET head = 'y'", "DELETE FROM ledger_heads",
			"UPDATE ledger_keys SET public = 'y'", "DELETE FROM ledger_keys",
			"UPDATE ledger SET record = 'X'", "UPDATE ledger SET record = NULL", "UPDATE ledger SET salt = NULL",
			"UPDATE ledger SET idx = 1, previous = 0, record = NULL, salt = NULL", "UPDATE ledger SET record_id = 'x', record = NULL, salt = NULL",
			"UPDATE ledger SET at = '2020-01-01', record = NULL, salt = NULL",
			"INSERT INTO acts (id, record_version, kind, school, party_kind, party_id, subject_kind, subject_id, entered_by, way, text_slug, edition, text_hash, language, at, until, typed_name, answer, seq, details) SELECT id, record_version, kind, school, party_kind, party_id, subject_kind, subject_id, entered_by, way, text_slug, edition, text_hash, language, at, until, typed_name, answer, seq, details FROM acts", "INSERT INTO ledger_hashes (idx, previous, hash) SELECT 5, 4, hash FROM ledger_hashes",
		}
		if f.driver == "pgx" {
			refused = append(refused, "TRUNCATE acts", "TRUNCATE texts CASCADE", "TRUNCATE ledger CASCADE", "TRUNCATE ledger_hashes", "TRUNCATE ledger_leaves", "TRUNCATE ledger_heads", "TRUNCATE ledger_keys")
		}
		for _, statement := range refused {
			if _, err := raw.Exec(statement); err == nil {
				t.Errorf("%s was allowed", statement)
			}
		}
		if _, err := raw.Exec("UPDATE ledger SET record = NULL, salt = NULL"); err != nil {
			t.Errorf("erase: %v", err)
		}
		if _, err := raw.Exec("UPDATE ledger SET record = '{}', salt = (SELECT hash FROM ledger_hashes)"); err == nil {
			t.Error("an erased record was written again")
		}
		f.see(func(tx portal.Tx) error {
			e, err := tx.LedgerEntryOf("s-1")
			same(t, e, err, portal.LedgerEntry{RecordID: "s-1", At: noon})
			s, err := tx.Act("s-1")
			same(t, s, err, signature("s-1"))
			return nil
		})
		// Now the act may go, and no other.
		if _, err := raw.Exec("DELETE FROM acts"); err == nil {
			t.Error("an act was deleted that the ledger still seals")
		}
		f.must(func(tx portal.Tx) error { return erased(tx, "s-1") })
		f.refused(portal.ErrNotFound, func(tx portal.Tx) error { return erased(tx, "s-1") })
		f.see(func(tx portal.Tx) error {
			s, err := tx.Act("s-1")
			missing(t, s, err)
			all, err := tx.PupilActs("p-ann")
			same(t, all, err, []portal.Act{decision("d-1", 1, portal.Given)})
			return nil
		})
	})
}

// A driver's words can quote what was written; an error of the store never does.
func TestErrorsSayNoNames(t *testing.T) {
	onBoth(t, func(t *testing.T, f *fixture) {
		f.must(register)
		const secret = "Sekretna"
		for name, u := range map[string]func(portal.Tx) error{
			"unique": func(tx portal.Tx) error {
				a := account
				a.ID, a.Identity.Subject = "a-2", secret
				b := a
				b.ID = "a-3"
				return errors.Join(tx.PutAccount(a), tx.PutAccount(b))
			},
			"reference": func(tx portal.Tx) error {
				s := signature("s-1")
				s.TextHash, s.TypedName = secret, secret
				return tx.AddAct(s)
			},
			"check": func(tx portal.Tx) error {
				return tx.AddAct(decision("d-1", 1, secret))
			},
			"NUL": func(tx portal.Tx) error {
				p := ann
				p.Surname = secret + "\x00"
				return tx.PutPupil(p)
			},
		} {
			err := f.update(u)
			if err == nil || strings.Contains(fmt.Sprintf("%+v %#v", err, err), secret) {
				t.Errorf("%s: %v", name, err)
			}
			t.Log(err)
		}
	})
}

func TestOpenAtOnce(t *testing.T) {
	for name, address := range map[string]func(*testing.T) string{
		"sqlite":   func(t *testing.T) string { return filepath.Join(t.TempDir(), "new.db") },
		"postgres": func(t *testing.T) string { return pgtest.Database(t) },
	} {
		t.Run(name, func(t *testing.T) {
			at := address(t)
			var wg sync.WaitGroup
			for range 6 {
				wg.Go(func() {
					db, err := store.Open(t.Context(), at)
					if err != nil {
						t.Error(err)
						return
					}
					defer db.Close()
					if err := db.Update(t.Context(), func(tx portal.Tx) error { return tx.AddAttempt("k", noon) }); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			db, err := store.Open(t.Context(), at)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if err := db.View(t.Context(), func(tx portal.Tx) error {
				n, err := tx.CountAttempts("k", time.Time{})
				same(t, n, err, 6)
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestNewerDatabase(t *testing.T) {
	onBoth(t, func(t *testing.T, f *fixture) {
		if _, err := f.raw().Exec("INSERT INTO schema_version (version_id, is_applied) VALUES (999, TRUE)"); err != nil {
			t.Fatal(err)
		}
		db, err := store.Open(t.Context(), f.address)
		if err == nil {
			db.Close()
			t.Fatal("a newer database was opened")
		}
		if !strings.Contains(err.Error(), "newer version") || !strings.Contains(err.Error(), "999") {
			t.Error(err)
		}
	})
}

func TestFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "s.db")
	f := open(t, "sqlite3", path)
	f.must(register)
	files, err := os.ReadDir(dir)
	if err != nil || len(files) < 2 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, e := range files {
		info, err := e.Info()
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, %v", e.Name(), info.Mode(), err)
		}
	}
	for pragma, want := range map[string]string{"journal_mode": "wal"} {
		var got string
		if err := f.raw().QueryRow("PRAGMA " + pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %s, %v; want %s", pragma, got, err, want)
		}
	}
	for _, bad := range []string{"", filepath.Join(dir, "none", "s.db"), dir, "postgres://%zz", "postgres:///x?host=" + dir} {
		if db, err := store.Open(t.Context(), bad); err == nil {
			db.Close()
			t.Errorf("%q was opened", bad)
		} else {
			t.Log(err)
		}
	}
}

// A join is kept when it ends; and what was given online through one that is new or
// has ended is told from what counts.
func TestJoins(t *testing.T) {
	onBoth(t, func(t *testing.T, f *fixture) {
		f.must(register)
		letter := portal.Invitation{ID: "i-1", ContactID: "c-mum", CodeHash: "h", Issued: noon.Add(-time.Hour), Expires: noon.Add(time.Hour)}
		join := portal.Join{AccountID: "a-1", ContactID: "c-mum", InvitationID: "i-1", At: noon, Counts: noon.Add(time.Hour)}
		act := func(id string, kind portal.ActKind, by string, way portal.Way, answer portal.Answer, seq int) portal.Act {
			a := portal.Act{ID: id, Version: 2, Kind: kind, School: "oak", Party: portal.Ref{Kind: portal.RefContact, ID: "c-mum"}, Subject: portal.Ref{Kind: portal.RefPupil, ID: ann.ID},
				By: by, Way: way, TextSlug: photos.Slug, Edition: 1, TextHash: photos.Hash, Language: "en-GB", At: noon, Answer: answer, Seq: seq}
			if kind == portal.Signature {
				a.TextSlug, a.TextHash = aup.Slug, aup.Hash
			}
			return a
		}
		yes, signed := act("yes", portal.Decision, "a-1", portal.Online, portal.Given, 1), act("signed", portal.Signature, "a-1", portal.Online, "", 1)
		f.must(func(tx portal.Tx) error {
			return errors.Join(tx.PutInvitation(letter), tx.PutJoin(join), tx.JoinChild("c-mum", ann.ID, noon), tx.AddAct(yes), tx.AddAct(signed),
				tx.AddAct(act("no", portal.Decision, "a-1", portal.Online, portal.Refused, 2)), tx.AddAct(act("paper", portal.Decision, "a-1", portal.Paper, portal.Given, 3)),
				tx.AddAct(act("another's", portal.Decision, "a-2", portal.Online, portal.Given, 4)))
		})
		see := func(at time.Time, want ...portal.Act) {
			t.Helper()
			f.see(func(tx portal.Tx) error {
				got, err := tx.ActsNotCounted("oak", at)
				slices.SortFunc(got, func(a, b portal.Act) int { return strings.Compare(b.ID, a.ID) })
				same(t, got, err, want)
				got, err = tx.ActsNotCounted("elm", at)
				same(t, got, err, nil)
				return nil
			})
		}
		f.see(func(tx portal.Tx) error {
			got, err := tx.Joins("oak")
			stands := join
			stands.Issued = letter.Issued
			same(t, got, err, []portal.Join{stands})
			kids, err := tx.AccountChildren("a-1")
			if err != nil || len(kids) != 2 || !kids[0].Counts.Equal(join.Counts) {
				t.Errorf("%v, %v", kids, err)
			}
			return nil
		})
		see(noon, yes, signed)
		see(join.Counts)
		f.must(func(tx portal.Tx) error { return tx.LeaveContact("c-mum", noon) })
		see(join.Counts, yes, signed)
		f.see(func(tx portal.Tx) error {
			got, err := tx.Joins("oak")
			same(t, got, err, nil)
			contacts, err := tx.AccountContacts("a-1")
			same(t, contacts, err, nil)
			kids, err := tx.AccountChildren("a-1")
			same(t, kids, err, nil)
			covered, err := tx.JoinedChildren("oak")
			same(t, covered, err, map[portal.Link]time.Time{})
			return nil
		})
		join.Counts = noon.Add(2 * time.Hour)
		f.must(func(tx portal.Tx) error { return tx.PutJoin(join) }) // again, by another letter
		see(noon.Add(time.Hour), yes, signed)
		see(join.Counts)
	})
}

// Restrictions are kept when they are lifted; each takes one right, and none is in force
// twice. What is in force stands beside the responsibility wherever it is read.
func TestRestrictions(t *testing.T) {
	onBoth(t, func(t *testing.T, f *fixture) {
		f.must(register)
		one := func(id string, takes portal.Rights) portal.Restriction {
			return portal.Restriction{ID: id, Link: portal.Link{PupilID: ann.ID, ContactID: mum.ID}, Takes: takes, Since: noon, SetBy: "a-1", Why: "an order"}
		}
		see, write := one("r-1", portal.MaySee), one("r-2", portal.MayBeWrittenTo)
		f.must(func(tx portal.Tx) error {
			return errors.Join(tx.PutRestriction(see), tx.PutRestriction(write), tx.PutJoin(portal.Join{AccountID: "a-1", ContactID: mum.ID, At: noon}))
		})
		barred := func(want portal.Rights, all ...portal.Restriction) {
			t.Helper()
			r := annMum
			r.Barred = want
			f.see(func(tx portal.Tx) error {
				got, err := tx.Restrictions("oak")
				same(t, got, err, all)
				got, err = tx.Restrictions("elm")
				same(t, got, err, nil)
				links, err := tx.Responsibilities("oak")
				same(t, links, err, []portal.Responsibility{annDad, r, benMum})
				kids, err := tx.AccountChildren("a-1")
				same(t, kids, err, []portal.Child{{Pupil: ben, Contact: mum, Responsibility: benMum, Sure: true}, {Pupil: ann, Contact: mum, Responsibility: r, Sure: true}})
				kids, err = tx.ContactPupils(mum.ID)
				same(t, kids, err, []portal.Child{{Pupil: ben, Contact: mum, Responsibility: benMum}, {Pupil: ann, Contact: mum, Responsibility: r}})
				elsewhere, err := tx.RestrictedElsewhere("elm")
				var bars []portal.Barred
				for _, r := range all {
					if r.InForce() {
						bars = append(bars, portal.Barred{Contact: mum, Since: r.Since})
					}
				}
				same(t, elsewhere, err, bars)
				elsewhere, err = tx.RestrictedElsewhere("oak")
				same(t, elsewhere, err, nil)
				return tx.EachPupil("oak", false, func(p *portal.PupilFile) error {
					unread := slices.ContainsFunc(all, func(r portal.Restriction) bool { return r.InForce() && r.Why == "" })
					if p.Pupil.Unread != (unread && p.Pupil.ID == ann.ID) {
						t.Errorf("%v: nobody has read it: %v", p.Pupil, p.Pupil.Unread)
					}
					for _, x := range p.Responsibilities {
						if bars := map[bool]portal.Rights{true: want}[p.Pupil.ID == ann.ID && x.ContactID == mum.ID]; x.Barred != bars {
							t.Errorf("%v of %v: may not %s, want %s", x, p.Pupil, x.Barred, bars)
						}
					}
					return nil
				})
			})
		}
		barred(portal.MaySee|portal.MayBeWrittenTo, see, write)
		f.refused(portal.ErrConflict, func(tx portal.Tx) error { return tx.PutRestriction(one("r-3", portal.MaySee)) })
		f.must(func(tx portal.Tx) error { // nor does what a list says change it
			return tx.PutResponsibility(annMum)
		})
		barred(portal.MaySee|portal.MayBeWrittenTo, see, write)
		see.Until, see.LiftedBy, see.LiftedWhy = noon.Add(time.Hour), "a-2", "a mistake"
		f.must(func(tx portal.Tx) error { return tx.PutRestriction(see) })
		barred(portal.MayBeWrittenTo, see, write)
		again := one("r-4", portal.MaySee)
		f.must(func(tx portal.Tx) error { return tx.PutRestriction(again) })
		barred(portal.MaySee|portal.MayBeWrittenTo, see, write, again)
		earlier := one("r-6", portal.EarlierNo)
		earlier.Why = "" // a class list said so
		f.must(func(tx portal.Tx) error { return tx.PutRestriction(earlier) })
		barred(portal.MaySee|portal.MayBeWrittenTo|portal.EarlierNo, see, write, again, earlier)
		both := one("r-5", portal.MayDecide|portal.MaySee)
		if err := f.Update(t.Context(), func(tx portal.Tx) error { return tx.PutRestriction(both) }); err == nil {
			t.Error("one restriction takes two rights")
		}
	})
}

func erased(tx portal.Tx, id string) error {
	_, err := tx.EraseAct(id)
	return err
}
