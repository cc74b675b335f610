package store_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"schoolgate/portal"
	"schoolgate/portal/store"
	"schoolgate/portal/store/pgtest"
)

// BenchmarkFind looks for a name among 100,000 pupils of one school and their contacts:
// one that nobody has, so that all of them are looked at, one that many have, and one of
// many spellings.
func BenchmarkFind(b *testing.B) {
	for engine, at := range map[string]func() string{
		"sqlite":   func() string { return filepath.Join(b.TempDir(), "find.db") },
		"postgres": func() string { return pgtest.Database(b) },
	} {
		b.Run(engine, func(b *testing.B) {
			db, err := store.Open(b.Context(), at())
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			forenames := []string{"Amelia", "Oliver", "Zoë", "Mohammed", "Łucja", "Gurpreet", "Isla", "George", "Aoife", "Tomasz"}
			err = db.Update(b.Context(), func(tx portal.Tx) error {
				if err := tx.PutSchool(portal.School{Slug: "big"}); err != nil {
					return err
				}
				for i := range benchPupils {
					id := fmt.Sprintf("%08X%018d", uint32(i)*2654435761, i)
					name := fmt.Sprintf("%c%s Okonedo-%d", 'A'+i%26, strings.ToLower(forenames[i/26%10]), i*7919%benchPupils)
					if err := tx.PutPupil(portal.Pupil{ID: id, School: "big", UPN: fmt.Sprintf("X%012d", i), AdmissionNumber: fmt.Sprint(i), Forename: forenames[i%10], Surname: name, Year: 3}); err != nil {
						return err
					}
					for _, who := range []string{"M", "D"} {
						if err := tx.PutContact(portal.Contact{ID: id[:25] + who, School: "big", Name: who + "r " + name}); err != nil {
							return err
						}
						if err := tx.PutResponsibility(portal.Responsibility{PupilID: id, ContactID: id[:25] + who}); err != nil {
							return err
						}
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
			for _, words := range [][][]string{{{"nobodyatall"}}, {{"okonedo"}}, {{"lucja"}, {"edo 77"}}, {{"mohammed", "muhammad", "mohamed", "mohammad", "muhammed", "mohamad", "mohd", "md", "mo"}, {"xyz"}}} {
				b.Run(words[0][0], func(b *testing.B) {
					for b.Loop() {
						err := db.View(b.Context(), func(tx portal.Tx) error {
							_, err1 := tx.FindPupils("big", words, 1000)
							_, err2 := tx.FindContacts("big", words, 1000)
							if err1 != nil {
								return err1
							}
							return err2
						})
						if err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		})
	}
}
