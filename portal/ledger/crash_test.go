package ledger_test

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
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

var kills = flag.Int("kills", 15, "how often TestKilled kills the program, on each engine")

// crashing names the database and the key of a program that is there to be killed.
const crashing = "SCHOOLGATE_TEST_CRASH"

func TestMain(m *testing.M) {
	if where := os.Getenv(crashing); where != "" {
		address, file, _ := strings.Cut(where, "\n")
		if err := underLoad(address, file); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	pgtest.Main(m)
}

// underLoad adds and seals acts, and publishes heads, until it is killed. It says
// each act's id once it has been told that the act is on record, and each head.
func underLoad(address, file string) error {
	ctx := context.Background()
	db, err := store.Open(ctx, address)
	if err != nil {
		return err
	}
	sealed, err := ledger.Open(ctx, db, file, noon)
	if err != nil {
		return err
	}
	sealed.Every = time.Millisecond
	var say sync.Mutex
	failed := make(chan error)
	for w := range 8 {
		go func() {
			for i := 0; ; i++ {
				d := decision(fmt.Sprintf("act-%d-%d-%d", os.Getpid(), w, i), 1)
				d.TextSlug = fmt.Sprintf("photos-%d-%d-%d", os.Getpid(), w, i)
				err := db.Update(ctx, func(tx portal.Tx) error {
					return errors.Join(tx.AddAct(d), sealed.Append(tx, d.ID, d.Record(), d.At))
				})
				if err != nil {
					if errors.Is(err, portal.ErrConflict) {
						continue
					}
					failed <- err
					return
				}
				say.Lock()
				fmt.Println(d.ID)
				say.Unlock()
			}
		}()
	}
	go func() {
		for {
			time.Sleep(20 * time.Millisecond)
			if _, err := sealed.Publish(ctx, db, time.Now()); err != nil && !errors.Is(err, portal.ErrConflict) {
				failed <- err
				return
			}
		}
	}()
	return <-failed
}

// Killed at any moment under load, the program loses no act that it has said is on
// record, keeps none by half, and the ledger holds.
func TestKilled(t *testing.T) {
	if testing.Short() {
		*kills = min(*kills, 3)
	}
	for engine, address := range map[string]func() string{
		"sqlite":   func() string { return filepath.Join(t.TempDir(), "s.db") },
		"postgres": func() string { return pgtest.Database(t) },
	} {
		t.Run(engine, func(t *testing.T) {
			where, file := address(), newKey(t)
			db, err := store.Open(t.Context(), where)
			if err != nil {
				t.Fatal(err)
			}
			text := portal.Text{School: "oak", Kind: portal.Purpose, Slug: "photos", Edition: 1, Hash: hash(wording), Source: wording}
			err = db.Update(t.Context(), func(tx portal.Tx) error {
				return errors.Join(tx.PutSchool(portal.School{Slug: "oak", Texts: []portal.Text{text}}),
					tx.PutPupil(portal.Pupil{ID: "p", School: "oak"}), tx.PutContact(portal.Contact{ID: "c", School: "oak"}))
			})
			if err = errors.Join(err, db.Close()); err != nil {
				t.Fatal(err)
			}
			told, heads := 0, [][]byte(nil)
			for range *kills {
				said := killed(t, where, file)
				told += len(said)
				db, err := store.Open(t.Context(), where)
				if err != nil {
					t.Fatal(err)
				}
				sealed, err := ledger.Open(t.Context(), db, file, noon)
				if err != nil {
					t.Fatal(err)
				}
				v, err := sealed.VerifyAll(t.Context(), db, heads...)
				if err != nil {
					t.Fatal(err)
				}
				heads = append(heads[max(0, len(heads)-1):], v.Head)
				err = db.View(t.Context(), func(tx portal.Tx) error {
					for _, id := range said {
						_, err1 := tx.Act(id)
						_, err2 := tx.LedgerEntryOf(id)
						if err := errors.Join(err1, err2); err != nil {
							return fmt.Errorf("%s was said to be on record: %w", id, err)
						}
					}
					return nil
				})
				if err = errors.Join(err, db.Close()); err != nil {
					t.Fatal(err)
				}
			}
			if told < *kills {
				t.Errorf("only %d acts were ever on record", told)
			}
			t.Logf("%d kills, %d acts", *kills, told)
		})
	}
}

// killed runs the program and kills it after a while, and answers what it said.
func killed(t *testing.T, where, file string) []string {
	t.Helper()
	program := exec.Command(os.Args[0])
	program.Env = append(os.Environ(), crashing+"="+where+"\n"+file)
	var errs strings.Builder
	program.Stderr = &errs
	out, err := program.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	lines := make(chan []string)
	began := make(chan bool, 1)
	go func() {
		var all []string
		for s := bufio.NewScanner(out); s.Scan(); {
			if all = append(all, s.Text()); len(all) == 1 {
				began <- true
			}
		}
		lines <- all
	}()
	select {
	case <-began:
		time.Sleep(time.Duration(rand.IntN(int(150 * time.Millisecond))))
	case <-time.After(20 * time.Second):
	}
	program.Process.Kill()
	said := <-lines
	program.Wait()
	if errs.Len() > 0 {
		t.Fatalf("the program failed by itself: %s", &errs)
	}
	// A line that was cut short says nothing.
	return slices.DeleteFunc(said, func(id string) bool { return strings.Count(id, "-") != 3 })
}
