package store_test

import (
	"errors"
	"testing"
	"time"

	"schoolgate/portal"
)

func TestDeleteHandshakes(t *testing.T) {
	onBoth(t, func(t *testing.T, f *fixture) {
		f.must(register)
		f.must(func(tx portal.Tx) error {
			return errors.Join(
				tx.PutSession(portal.Session{Hash: "begun", Created: noon, Expires: noon.Add(-time.Microsecond)}),
				tx.PutSession(portal.Session{Hash: "begun since", Created: noon, Expires: noon}),
				tx.PutSession(portal.Session{Hash: "signed in", AccountID: "a-1", Created: noon, Expires: noon.Add(-time.Hour)}),
				tx.DeleteHandshakesBefore(noon),
			)
		})
		f.see(func(tx portal.Tx) error {
			s, err := tx.Session("begun")
			missing(t, s, err)
			_, err1 := tx.Session("begun since")
			_, err2 := tx.Session("signed in")
			return errors.Join(err1, err2)
		})
	})
}

// An account stays while anything in the database is its own.
func TestDeleteStrangers(t *testing.T) {
	for name, keeps := range map[string]func(portal.Tx) error{
		"": func(portal.Tx) error { return nil },
		"a join": func(tx portal.Tx) error {
			return tx.PutJoin(portal.Join{AccountID: "a-2", ContactID: "c-mum", At: noon})
		},
		"a session": func(tx portal.Tx) error {
			return tx.PutSession(portal.Session{Hash: "h", AccountID: "a-2", Created: noon, Expires: noon})
		},
		"a held form": func(tx portal.Tx) error { return tx.PutHeld(portal.HeldForm{AccountID: "a-2", Path: "/", At: noon}) },
		"a signature": func(tx portal.Tx) error { s := signature("s-2"); s.By = "a-2"; return tx.AddAct(s) },
		"a decision": func(tx portal.Tx) error {
			d := decision("d-2", 1, portal.Given)
			d.By = "a-2"
			return tx.AddAct(d)
		},
		"a role":       func(tx portal.Tx) error { return tx.PutAccount(stranger(noon.Add(-time.Hour), "office@oak.example")) },
		"a later time": func(tx portal.Tx) error { return tx.PutAccount(stranger(noon, "")) },
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, f *fixture) {
				f.must(register)
				f.must(func(tx portal.Tx) error {
					return errors.Join(tx.PutAccount(stranger(noon.Add(-time.Hour), "")), keeps(tx))
				})
				f.must(func(tx portal.Tx) error { return tx.DeleteStrangersBefore(noon) })
				f.see(func(tx portal.Tx) error {
					_, err := tx.Account("a-2")
					if kept := err == nil; kept != (name != "") {
						t.Errorf("kept %v for its sake: %v", kept, err)
					}
					return nil
				})
			})
		})
	}
}

func stranger(last time.Time, staff string) portal.Account {
	return portal.Account{ID: "a-2", Identity: portal.Identity{Provider: "google", Issuer: "https://i", Subject: "other", StaffEmail: staff}, Created: noon.Add(-time.Hour), LastSignIn: last}
}

// How a session was begun is kept with it, and an account's own are listed alone.
func TestAccountSessions(t *testing.T) {
	onBoth(t, func(t *testing.T, f *fixture) {
		f.must(register)
		first := portal.Session{Hash: "h-1", AccountID: "a-1", Created: noon, Expires: noon.Add(time.Hour), Device: "Chrome on Android", Network: "192.0.2.0/24"}
		second := portal.Session{Hash: "h-2", AccountID: "a-1", Created: noon.Add(time.Minute), Expires: noon.Add(time.Hour),
			SecondFactor: true, Authenticated: noon.Add(-time.Hour), Renewed: true, Confirmed: noon.Add(time.Second)}
		other := portal.Session{Hash: "h-3", AccountID: "a-2", Created: noon, Expires: noon}
		f.must(func(tx portal.Tx) error {
			account := portal.Account{ID: "a-2", Identity: portal.Identity{Provider: "p", Issuer: "i", Subject: "another"}, Created: noon, LastSignIn: noon}
			return errors.Join(tx.PutAccount(account), tx.PutSession(first), tx.PutSession(second), tx.PutSession(other), tx.PutSession(portal.Session{Hash: "begun", Created: noon, Expires: noon}))
		})
		f.see(func(tx portal.Tx) error {
			got, err := tx.AccountSessions("a-1")
			same(t, got, err, []portal.Session{second, first})
			got, err = tx.AccountSessions("")
			same(t, got, err, nil)
			return nil
		})
	})
}

// What was first said of a wording stands, as its words do; and the acts on it are told
// from those on others.
func TestWordings(t *testing.T) {
	onBoth(t, func(t *testing.T, f *fixture) {
		f.must(register)
		corrected := photos
		corrected.Hash, corrected.Source, corrected.Sense, corrected.Corrects, corrected.Because = "other", "other", "sense", photos.Hash, "A slip."
		corrected.Published = photos.Published.Add(time.Hour)
		again := corrected
		again.Sense, again.Corrects, again.Because = "", "", "another reason"
		for _, x := range []portal.Text{corrected, again} {
			f.must(func(tx portal.Tx) error { return tx.PutSchool(portal.School{Slug: "oak", Texts: []portal.Text{x}}) })
		}
		act := portal.Act{ID: "yes", Version: 2, Kind: portal.Decision, School: "oak", Party: portal.Ref{Kind: portal.RefContact, ID: "c-mum"}, Subject: portal.Ref{Kind: portal.RefPupil, ID: ann.ID},
			By: "a-1", Way: portal.Online, TextSlug: photos.Slug, Edition: 1, TextHash: photos.Hash, Language: "en-GB", At: noon, Answer: portal.Given, Seq: 1}
		f.must(func(tx portal.Tx) error { return tx.AddAct(act) })
		f.see(func(tx portal.Tx) error {
			all, err := tx.Wordings("oak")
			if err != nil {
				return err
			}
			found := 0
			for _, x := range all {
				switch x.Hash {
				case "other":
					found++
					if x.Sense != "sense" || x.Corrects != photos.Hash || x.Because != "A slip." || x.Slug != photos.Slug || x.Kind != photos.Kind || x.Edition != photos.Edition || x.Source != "" {
						t.Errorf("of the corrected wording was said %+v", x)
					}
				case photos.Hash:
					found++
				}
			}
			if found != 2 {
				t.Errorf("%d of two wordings in %d", found, len(all))
			}
			on, err := tx.ActsOn("oak", photos.Hash)
			same(t, on, err, []portal.Act{act})
			for _, x := range [][2]string{{"oak", "other"}, {"elm", photos.Hash}} {
				on, err = tx.ActsOn(x[0], x[1])
				same(t, on, err, nil)
			}
			return nil
		})
	})
}
