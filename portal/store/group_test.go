package store

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"schoolgate/portal"
)

// crowd runs updates that all wait beside each other, in this order, while
// another has the turn, and answers what each was told.
func crowd(t *testing.T, db *DB, updates ...func(portal.Tx) error) []error {
	t.Helper()
	db.writers.turn <- struct{}{}
	told := make([]error, len(updates))
	var all sync.WaitGroup
	for i, f := range updates {
		all.Go(func() { told[i] = db.Update(t.Context(), f) })
		for db.writers.waiting.Load() != int64(i+1) {
			time.Sleep(time.Millisecond)
		}
	}
	<-db.writers.turn
	all.Wait()
	return told
}

func openTest(t *testing.T) *DB {
	t.Helper()
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "s.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func attempt(i int) func(portal.Tx) error {
	return func(tx portal.Tx) error { return tx.AddAttempt(fmt.Sprint("k", i), time.Now()) }
}

func (db *DB) attempts(t *testing.T, key string) (n int) {
	t.Helper()
	err := db.View(t.Context(), func(tx portal.Tx) (err error) {
		n, err = tx.CountAttempts(key, time.Time{})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Those who wait beside each other share one commit, and one that fails or panics
// leaves nothing of itself and takes no other with it.
func TestCommitShared(t *testing.T) {
	db := openTest(t)
	mine := errors.New("mine")
	var seen *group
	updates := []func(portal.Tx) error{attempt(0)}
	for i := 1; i < 12; i++ {
		updates = append(updates, func(tx portal.Tx) error {
			if seen == nil {
				seen = db.writers.open
			}
			if db.writers.open != seen {
				t.Errorf("update %d has a commit of its own", i)
			}
			if i > 1 && i%4 != 1 {
				if n, err := tx.CountAttempts("k0", time.Time{}); n != 1 || err != nil {
					t.Errorf("update %d does not see the first: %d, %v", i, n, err)
				}
			}
			err := attempt(i)(tx)
			switch i % 4 {
			case 1:
				return mine
			case 2:
				tx.PutSession(portal.Session{}) // breaks a CHECK
			}
			return err
		})
	}
	for i, err := range crowd(t, db, updates...) {
		want := 1
		switch {
		case i > 0 && i%4 == 1:
			want = 0
			if !errors.Is(err, mine) {
				t.Errorf("update %d was told %v", i, err)
			}
		case i%4 == 2:
			want = 0
			if err == nil || !strings.Contains(err.Error(), "constraint") {
				t.Errorf("update %d was told %v", i, err)
			}
		case err != nil:
			t.Errorf("update %d was told %v", i, err)
		}
		if n := db.attempts(t, fmt.Sprint("k", i)); n != want {
			t.Errorf("update %d left %d rows, want %d", i, n, want)
		}
	}

	func() {
		defer func() { recover() }()
		db.Update(t.Context(), func(tx portal.Tx) error { attempt(99)(tx); panic("f") })
	}()
	if err := db.Update(t.Context(), attempt(100)); err != nil || db.attempts(t, "k99") != 0 {
		t.Errorf("after a panic: %v", err)
	}
}

// A full disk fails what does not fit, says so, and keeps everything else.
func TestDiskFull(t *testing.T) {
	db := openTest(t)
	pages := func(statement string, args ...any) (n int64) {
		t.Helper()
		if err := db.write.QueryRow(fmt.Sprintf(statement, args...)).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	pages("PRAGMA max_page_count = %d", pages("PRAGMA page_count")+8)
	large := func(tx portal.Tx) error {
		for range 200 {
			if err := tx.AddAttempt(strings.Repeat("x", 4096), time.Now()); err != nil {
				return err
			}
		}
		return nil
	}
	told := crowd(t, db, attempt(0), attempt(1), large, attempt(2), attempt(3))
	for i, err := range told {
		if i == 2 {
			if err == nil || !strings.Contains(err.Error(), "full") {
				t.Errorf("what did not fit was told %v", err)
			}
		} else if err != nil {
			t.Errorf("update %d was told %v", i, err)
		}
	}
	for i := range 4 {
		if n := db.attempts(t, fmt.Sprint("k", i)); n != 1 {
			t.Errorf("update %d left %d rows", i, n)
		}
	}
	if n := db.attempts(t, strings.Repeat("x", 4096)); n != 0 {
		t.Errorf("half of what did not fit is there: %d", n)
	}
	pages("PRAGMA max_page_count = 1000000")
	if err := db.Update(t.Context(), large); err != nil {
		t.Errorf("with room again: %v", err)
	}
}

// A database that has become read-only answers, and takes no update.
func TestReadOnly(t *testing.T) {
	db := openTest(t)
	if err := db.Update(t.Context(), attempt(1)); err != nil {
		t.Fatal(err)
	}
	only := func(on string) {
		t.Helper()
		if _, err := db.write.Exec("PRAGMA query_only = " + on); err != nil {
			t.Fatal(err)
		}
	}
	only("on")
	for i, err := range crowd(t, db, attempt(1), attempt(1)) {
		if err == nil || !strings.Contains(err.Error(), "readonly") {
			t.Errorf("update %d was told %v", i, err)
		}
	}
	if n := db.attempts(t, "k1"); n != 1 {
		t.Errorf("%d rows", n)
	}
	only("off")
	if err := db.Update(t.Context(), attempt(1)); err != nil || db.attempts(t, "k1") != 2 {
		t.Errorf("writable again: %v", err)
	}
}
