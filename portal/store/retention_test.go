package store_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"schoolgate/portal"
)

// Nothing is erased that something else refers to, and nothing of what is erased is left.
func TestErasure(t *testing.T) {
	onBoth(t, func(t *testing.T, f *fixture) {
		f.must(register)
		event := portal.Act{ID: "e-1", Version: portal.RecordVersion, Kind: portal.Joined, School: "oak", Party: portal.Ref{Kind: portal.RefAccount, ID: "x-1"},
			Subject: portal.Ref{Kind: portal.RefContact, ID: "c-mum"}, By: "x-1", Way: portal.Online, At: noon, Details: `{"pupil":"p-ann"}`}
		proof := event
		proof.ID, proof.Kind, proof.Subject, proof.At, proof.Details, proof.By = "e-2", portal.Erased, portal.Ref{Kind: portal.RefSchool, ID: "oak"}, noon.Add(-time.Hour), "", portal.Operator
		kept := portal.Keeping{PupilID: "p-ann", Until: "2027-01-01", Reason: "a dispute", By: "x-1", At: noon}
		account := portal.Account{ID: "x-1", Identity: portal.Identity{Provider: "p", Issuer: "i", Subject: "s"}, Created: noon, LastSignIn: noon}
		staff := portal.Account{ID: "x-2", Identity: portal.Identity{Provider: "p", Issuer: "i", Subject: "t", StaffEmail: "a@oak.example"}, Created: noon, LastSignIn: noon}
		f.must(func(tx portal.Tx) error {
			return errors.Join(tx.PutAccount(account), tx.PutAccount(staff), tx.PutJoin(portal.Join{AccountID: "x-1", ContactID: "c-mum", At: noon}), tx.JoinChild("c-mum", "p-ann", noon),
				tx.PutSession(portal.Session{Hash: "h", AccountID: "x-1", Created: noon, Expires: noon}),
				tx.PutInvitation(portal.Invitation{ID: "i", ContactID: "c-mum", CodeHash: "h", Issued: noon, Expires: noon}),
				tx.PutKeeping(kept), tx.AddAct(signature("s-1")), tx.AddAct(event), tx.AddAct(proof),
				tx.AppendLedger(portal.LedgerEntry{RecordID: "s-1", Salt: make([]byte, 32), Record: []byte("{}"), At: noon}),
				tx.AppendLedger(portal.LedgerEntry{Index: 1, RecordID: "e-1", Salt: make([]byte, 32), Record: []byte("{}"), At: noon}))
		})
		unneeded := func(want ...string) {
			t.Helper()
			f.see(func(tx portal.Tx) error {
				all, err := tx.UnneededContacts("oak")
				var ids []string
				for _, u := range all {
					ids = append(ids, u.ContactID)
				}
				same(t, ids, err, want)
				return nil
			})
		}
		unneeded()
		f.see(func(tx portal.Tx) error {
			all, err := tx.Keepings("oak")
			same(t, all, err, []portal.Keeping{kept})
			for _, id := range []string{"c-mum", "x-1", "p-ann"} {
				found, err := tx.EventsNaming("oak", id)
				same(t, found, err, []portal.Act{event})
			}
			found, err := tx.EventsOf([]portal.ActKind{portal.JoinEnded, portal.Joined})
			same(t, found, err, []portal.Act{event})
			found, err = tx.EventsBefore("oak", noon.Add(time.Second), 10) // a join goes with whom it names
			same(t, found, err, nil)
			n, err := tx.CountEvents("oak", noon.Add(time.Second))
			same(t, n, err, 0)
			joined, err := tx.ContactAccounts("c-mum")
			same(t, joined, err, []portal.Account{account})
			idle, err := tx.IdleStaff(noon.Add(time.Second))
			same(t, idle, err, []portal.Account{staff})
			idle, err = tx.IdleStaff(noon)
			same(t, idle, err, nil)
			return nil
		})
		f.refused(portal.ErrConflict, func(tx portal.Tx) error { return tx.ErasePupil("p-ann") })   // there is a signature about them
		f.refused(portal.ErrConflict, func(tx portal.Tx) error { return tx.EraseContact("c-mum") }) // and by her
		f.must(func(tx portal.Tx) error {
			gone, err := tx.EraseAccount("x-1")
			same(t, gone, err, false)
			s, err := tx.Session("h")
			same(t, s.AccountID, err, "x-1")
			return nil
		})
		f.must(func(tx portal.Tx) error {
			return errors.Join(erased(tx, "s-1"), erased(tx, "e-1"), tx.ErasePupil("p-ann"), tx.ErasePupil("p-ben"))
		})
		unneeded("c-dad", "c-mum")
		since := func(want time.Time) {
			t.Helper()
			f.see(func(tx portal.Tx) error {
				all, err := tx.UnneededContacts("oak")
				same(t, all[0], err, portal.Unneeded{ContactID: "c-dad", Since: want})
				return nil
			})
		}
		since(time.Time{})
		for _, at := range []time.Time{noon, noon.Add(time.Hour)} { // the first counts
			f.must(func(tx portal.Tx) error { return tx.MarkUnneeded("oak", at) })
			since(noon)
		}
		f.must(func(tx portal.Tx) error { // needed for a while
			cy := portal.Pupil{ID: "p-cy", School: "oak"}
			return errors.Join(tx.PutPupil(cy), tx.PutResponsibility(portal.Responsibility{PupilID: "p-cy", ContactID: "c-dad"}), tx.MarkUnneeded("oak", noon),
				tx.DeleteResponsibility("p-cy", "c-dad"), tx.MarkUnneeded("oak", noon.Add(time.Hour)))
		})
		since(noon.Add(time.Hour))
		f.must(func(tx portal.Tx) error {
			if err := tx.EraseContact("c-mum"); err != nil {
				return err
			}
			gone, err := tx.EraseAccount("x-1")
			same(t, gone, err, true)
			_, err = tx.Session("h")
			missing(t, 0, err)
			_, err = tx.InvitationByCode("h")
			missing(t, 0, err)
			_, err = tx.Pupil("p-ann")
			missing(t, 0, err)
			all, err := tx.Keepings("oak")
			same(t, all, err, nil)
			_, err = tx.Account("x-2")
			return err
		})
		if !f.onDisk(mum.Name) {
			t.Fatal("the test does not find what is erased before it is")
		}
		if err := f.Scrub(t.Context()); err != nil {
			t.Error(err)
		}
		if f.onDisk(mum.Name) {
			t.Error("what was erased is left in a file of the database's")
		}
	})
}

// onDisk says whether a text stands in the files of the database's contacts, or of all
// its tables where they are one; PostgreSQL's log is not among them.
func (f *fixture) onDisk(text string) bool {
	f.t.Helper()
	pattern := f.address + "*"
	if f.driver == "pgx" {
		if err := f.raw().QueryRow("SELECT current_setting('data_directory') || '/' || pg_relation_filepath('contacts')").Scan(&pattern); err != nil {
			f.t.Fatal(err)
		}
		if _, err := f.raw().Exec("CHECKPOINT"); err != nil {
			f.t.Fatal(err)
		}
	}
	files, err := filepath.Glob(strings.NewReplacer("?", `\?`).Replace(pattern))
	if err != nil || len(files) == 0 {
		f.t.Fatal("no files", err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.t.Fatal(err)
		}
		if bytes.Contains(b, []byte(text)) {
			return true
		}
	}
	return false
}
