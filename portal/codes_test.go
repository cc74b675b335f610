package portal_test

import (
	"bytes"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"schoolgate/portal"
)

// stretched is a code as the first version of the program stored it.
func stretched(t *testing.T, code string) string {
	t.Helper()
	key, err := pbkdf2.Key(sha256.New, portal.NormalCode(code), []byte("schoolgate invitation"), 2000, sha256.Size)
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(key)
}

func (w *world) invitee(school, name string) portal.Invitee {
	w.t.Helper()
	all, err := w.Invitees(w.t.Context(), portal.Operator, school)
	w.ok(err)
	i := slices.IndexFunc(all, func(i portal.Invitee) bool { return i.Contact.Name == name })
	if i < 0 {
		w.t.Fatalf("%s is nobody's to write to", name)
	}
	return all[i]
}

// Whoever has the database alone has nothing to try codes against.
func TestCodesAreKeptUnderTheKey(t *testing.T) {
	w := settled(t)
	for _, l := range w.letters(anne) {
		if bytes.Contains(w.onDisk(), []byte(stretched(t, l.Code))) {
			t.Error("a code can be tried without the key")
		}
	}
}

// A letter from before codes were kept under a key still works.
func TestALetterFromBeforeTheKey(t *testing.T) {
	w := settled(t)
	to := w.invitee(anne, "Mrs Jo Lee")
	const code = "BCDF-2345-GHJK"
	w.ok(w.db.Update(t.Context(), func(tx portal.Tx) error {
		return tx.PutInvitation(portal.Invitation{ID: "old", ContactID: to.Contact.ID, CodeHash: stretched(t, code), Issued: w.now, Expires: w.now.Add(portal.CodeLife)})
	}))
	if w.invitee(anne, "Mrs Jo Lee").Waiting() {
		t.Error("it is not shown as working")
	}
	w.ok(w.Join(t.Context(), w.account("jo"), code, annsBirthday))
}

// Once the ledger has been handed over to a new key, as when somebody has seen the old
// one, the codes under it are dead, and the office is told to print again.
func TestCodesEndWithTheirKey(t *testing.T) {
	w := settled(t)
	l := w.letters(anne)["Mrs Jo Lee"]
	w.ok(w.ledger.Rotate(t.Context(), w.db, filepath.Join(w.dir, "ledger.key"), w.now))
	w.reopen()
	wrong(t, w.Join(t.Context(), w.account("jo"), l.Code, annsBirthday), "code", "born")
	if !w.invitee(anne, "Mrs Jo Lee").Waiting() {
		t.Error("she is not shown as waiting for a letter")
	}
	w.ok(w.Join(t.Context(), w.account("jo"), w.letters(anne)["Mrs Jo Lee"].Code, annsBirthday))
}

// A code that wrong dates of birth have ended is shown to the office, which prints
// another only when somebody asks for it; and it is on record, with at whose hands.
func TestADeadCodeIsShown(t *testing.T) {
	for _, before := range []bool{false, true} { // the program noted no death before
		t.Run(fmt.Sprint("from before ", before), func(t *testing.T) {
			w := settled(t)
			letters := w.letters(anne)
			al, found := w.account("al"), letters["Mrs Jo Lee"]
			w.ok(w.Join(t.Context(), al, letters["Mr Al Lee"].Code, annsBirthday))
			var inv portal.Invitation
			w.view(func(tx portal.Tx) error {
				open, err := tx.OpenInvitations(anne)
				inv = open[found.Contact.ID]
				return err
			})
			guesses := portal.TriesPerCode
			if before {
				guesses = 1
				w.ok(w.db.Update(t.Context(), func(tx portal.Tx) (err error) {
					for range portal.TriesPerCode {
						err = tx.AddAttempt("invitation "+inv.ID, w.now)
					}
					return err
				}))
			}
			for i := range guesses {
				if !w.invitee(anne, "Mrs Jo Lee").Died.IsZero() {
					t.Errorf("dead after %d guesses", i)
				}
				wrong(t, w.Join(t.Context(), al, found.Code, portal.Date(fmt.Sprintf("2016-01-%02d", i+1))), "code", "born")
			}
			died := w.now
			w.pass(time.Hour)
			wrong(t, w.Join(t.Context(), al, found.Code, annsBirthday), "code", "born")
			if i := w.invitee(anne, "Mrs Jo Lee"); !i.Died.Equal(died) || !i.Issued.IsZero() || i.Waiting() {
				t.Errorf("the office is shown: died %v, issued %v, waiting %v", i.Died, i.Issued, i.Waiting())
			}
			if all, err := w.Letters(t.Context(), portal.Operator, anne); err != nil || len(all) > 0 {
				t.Errorf("unasked, %d letters were printed: %v", len(all), err)
			}
			events, err := w.Events(t.Context(), portal.Operator, anne, found.Contact.ID)
			w.ok(err)
			var who []string
			for _, e := range events {
				if e.Kind == portal.CodeDied {
					who = append(who, e.Who+" of "+e.About)
				}
			}
			if !slices.Equal(who, []string{"Mr Al Lee of Mrs Jo Lee"}) {
				t.Errorf("on record: %q", who)
			}
			again, err := w.Letters(t.Context(), portal.Operator, anne, found.Contact.ID)
			w.ok(err)
			if i := w.invitee(anne, "Mrs Jo Lee"); !i.Died.IsZero() || i.Issued.IsZero() {
				t.Error("after another letter the code is still shown as dead")
			}
			w.ok(w.Join(t.Context(), w.account("jo"), again[0].Code, annsBirthday))
		})
	}
}
