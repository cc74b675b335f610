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
