package portal_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"schoolgate/portal"
	"schoolgate/portal/store/pgtest"
)

// What people do at one moment comes out as if one had done it after the other: on
// SQLite, which lets one writer in at a time, and on PostgreSQL, which does not.
func TestAtOneMoment(t *testing.T) {
	for name, at := range map[string]func(t *testing.T, dir string) string{
		"sqlite":   func(_ *testing.T, dir string) string { return filepath.Join(dir, "register.db") },
		"postgres": func(t *testing.T, _ string) string { return pgtest.Database(t) },
	} {
		t.Run(name, func(t *testing.T) {
			families := func(t *testing.T) *world {
				w := newWorldAt(t, func(dir string) string { return at(t, dir) })
				w.register(anne, annesList(), false)
				return w
			}

			t.Run("a double click is one signature", func(t *testing.T) {
				w := families(t)
				jo, form := w.parent(anne, "Mrs Jo Lee"), w.signing("Ann")
				ids := make([]string, 12)
				atOnce(len(ids), func(i int) {
					var err error
					if ids[i], err = w.Sign(context.Background(), jo, form); err != nil {
						t.Error(err)
					}
				})
				for _, id := range ids {
					if id != ids[0] {
						t.Fatalf("signed as %v", ids)
					}
				}
				w.whole(1)
			})

			t.Run("one code lets one account in", func(t *testing.T) {
				w := families(t)
				l := w.letters(anne)["Mrs Jo Lee"]
				accounts, errs := []string{w.account("one"), w.account("two"), w.account("three"), w.account("four")}, make([]error, 4)
				atOnce(len(accounts), func(i int) { errs[i] = w.Join(context.Background(), accounts[i], l.Code, l.Children[0].Pupil.Born) })
				in := 0
				for i, account := range accounts {
					seen, err := w.Family(t.Context(), account)
					w.ok(err)
					if joined := len(seen) > 0; joined != (errs[i] == nil) {
						t.Errorf("account %d: sees %d children, and was told %v", i, len(seen), errs[i])
					} else if joined {
						in++
					}
				}
				if in != 1 {
					t.Errorf("%d accounts are in", in)
				}
			})

			// The mother takes a yes back and signs, the father says yes, in as many
			// windows as they like: her last word is no, and nothing is lost.
			t.Run("a yes is taken back during a signature", func(t *testing.T) {
				w := families(t)
				letters := w.letters(anne)
				jo, al := w.account("jo"), w.account("al")
				w.ok(w.Join(t.Context(), jo, letters["Mrs Jo Lee"].Code, annsBirthday))
				w.ok(w.Join(t.Context(), al, letters["Mr Al Lee"].Code, annsBirthday))
				w.decide(jo, w.answering("Ann", portal.Given))
				back, yes, form := w.answering("Ann", portal.Refused), w.answering("Ann", portal.Given), w.signing("Ann")
				atOnce(9, func(i int) {
					var err error
					switch i % 3 {
					case 0:
						_, err = w.Decide(context.Background(), jo, back)
					case 1:
						_, err = w.Sign(context.Background(), jo, form)
					default:
						_, err = w.Decide(context.Background(), al, yes)
					}
					if err != nil {
						t.Error(err)
					}
				})
				if len(w.signatures("Ann")) != 1 || answers(w.decisions("Ann")) == "" {
					t.Errorf("signed %d times, answered %s", len(w.signatures("Ann")), answers(w.decisions("Ann")))
				}
				if s := w.standing(w.pupil("Ann"), "website-pictures"); s == portal.StandingGiven {
					t.Errorf("it stands as %s", s)
				}
				if _, err := w.ledger.VerifyAll(t.Context(), w.db); err != nil {
					t.Error(err)
				}
			})

			// The head takes his say from the father while he signs: the signature was
			// there before, or is refused; after it nothing of his is taken any more.
			t.Run("a right is taken during a signature", func(t *testing.T) {
				for range 4 {
					w := families(t)
					al, form := w.parent(anne, "Mr Al Lee"), w.signing("Ann")
					form.Name = "Al Lee"
					lead := w.staff(head)
					takes := portal.RestrictForm{Link: portal.Link{PupilID: w.pupil("Ann"), ContactID: w.contact(anne, "Mr Al Lee")}, Takes: portal.AllRights, Why: "As the order of 3 May says"}
					signed := make([]error, 6)
					atOnce(len(signed)+1, func(i int) {
						if i == len(signed) {
							if err := w.Restrict(context.Background(), lead, anne, takes); err != nil {
								t.Error(err)
							}
							return
						}
						_, signed[i] = w.Sign(context.Background(), al, form)
					})
					there := len(w.signatures("Ann"))
					for _, err := range signed {
						if err != nil && !errors.Is(err, portal.ErrNotFound) {
							t.Error(err)
						}
						if err == nil && there != 1 {
							t.Errorf("told that it was signed, and %d signatures are there", there)
						}
					}
					if _, err := w.Sign(t.Context(), al, form); !errors.Is(err, portal.ErrNotFound) {
						t.Errorf("afterwards: %v", err)
					}
					w.whole(int64(there))
				}
			})
		})
	}
}
