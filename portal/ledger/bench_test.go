package ledger_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	"schoolgate/portal"
	"schoolgate/portal/ledger"
	"schoolgate/portal/store"
	"schoolgate/portal/store/pgtest"
)

// BenchmarkSign is what one answer costs from transaction to disk: decision,
// ledger entry and tree, durable on SQLite. (The tests' PostgreSQL does not wait
// for the disk.)
func BenchmarkSign(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { benchSign(b, filepath.Join(b.TempDir(), "s.db")) })
	b.Run("postgres", func(b *testing.B) { benchSign(b, pgtest.Database(b)) })
}

func benchSign(b *testing.B, address string) {
	db, err := store.Open(b.Context(), address)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	sealed, err := ledger.Open(b.Context(), db, newKey(b), noon)
	if err != nil {
		b.Fatal(err)
	}
	text := portal.Text{School: "oak", Kind: portal.Purpose, Slug: "photos", Edition: 1, Hash: hash(wording), Source: wording}
	err = db.Update(b.Context(), func(tx portal.Tx) error {
		return errors.Join(tx.PutSchool(portal.School{Slug: "oak", Texts: []portal.Text{text}}),
			tx.PutPupil(portal.Pupil{ID: "p", School: "oak"}), tx.PutContact(portal.Contact{ID: "c", School: "oak"}))
	})
	if err != nil {
		b.Fatal(err)
	}
	var n atomic.Int64
	sign := func() error {
		i := int(n.Add(1))
		d := decision(fmt.Sprintf("act-%d", i), i)
		return db.Update(b.Context(), func(tx portal.Tx) error {
			if err := tx.AddAct(d); err != nil {
				return err
			}
			return sealed.Append(tx, d.ID, d.Record(), d.At)
		})
	}
	b.Run("alone", func(b *testing.B) {
		for b.Loop() {
			if err := sign(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("side by side", func(b *testing.B) {
		b.SetParallelism(8)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if err := sign(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	})
	b.Run("prove", func(b *testing.B) {
		for b.Loop() {
			err := db.View(b.Context(), func(tx portal.Tx) error {
				_, err := sealed.Prove(tx, "act-1")
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}
