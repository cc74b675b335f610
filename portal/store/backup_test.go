package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"schoolgate/portal"
	"schoolgate/portal/store"
	"schoolgate/portal/store/pgtest"
)

// fresh is where a new database of the driver may be made.
func fresh(t *testing.T, driver string) string {
	if driver == "pgx" {
		return pgtest.Database(t)
	}
	return filepath.Join(t.TempDir(), "restored #%41.db")
}

func (f *fixture) backup() (string, int) {
	f.t.Helper()
	var b bytes.Buffer
	n, err := f.Backup(f.t.Context(), &b, func(portal.Tx) error { return nil })
	if err != nil {
		f.t.Fatal(err)
	}
	return b.String(), n
}

// sorted is a backup's lines in one order: engines sort as they like.
func sorted(backup string) string {
	lines := strings.Split(backup, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// A backup that was made while others wrote goes into either engine, with all that was
// on record when it began, and is the same when it is made again there.
func TestBackup(t *testing.T) {
	onBoth(t, func(t *testing.T, f *fixture) {
		f.must(register)
		corrected := photos
		corrected.Hash, corrected.Sense, corrected.Corrects, corrected.Because = strings.Repeat("e", 64), "s", photos.Hash, "a slip"
		odd := oak
		odd.Slug, odd.Texts = "elm", []portal.Text{corrected}
		odd.Texts[0].School = "elm"
		left := ben
		left.Left, left.Surname = noon.Add(7*time.Microsecond), "Ó Súilleabháin <\u2028\"\\>"
		f.must(func(tx portal.Tx) error {
			return errors.Join(tx.PutSchool(odd), tx.PutPupil(left),
				tx.PutListUndo(portal.ListUndo{School: "oak", At: noon, Before: portal.ListBefore{Pupils: []portal.Pupil{left}}}),
				tx.PutMailing(portal.Mailing{ContactID: "c-mum", Key: "k", Bad: "a@b.example", BadSince: noon}),
				tx.PutListMapping("oak", "s", portal.ListMapping{Sheet: "Żaneta"}), tx.PutSavedList("oak", portal.SavedList{Name: "Trip", Asked: "?year=4"}),
				tx.PutRestriction(portal.Restriction{ID: "r", Link: portal.Link{PupilID: "p-ann", ContactID: "c-dad"}, Takes: portal.MayDecide, Since: noon, Why: "order"}),
				tx.PutMailing(portal.Mailing{ContactID: "c-mum", Key: "m", Bad: "a@b.example", BadSince: noon}),
				tx.PutPicture(portal.Picture{ID: "x", School: "oak", Key: "k", Pupils: []string{"p-ann"}, Shown: noon}),
				tx.PutDraft(portal.Draft{School: "oak", State: portal.DraftOpen, Changes: map[string]portal.Change{"blanks.head": {Now: "Mrs A", By: "a-1", At: noon}}}),
				tx.PutActivity(portal.Activity{ID: "x", School: "oak", Begins: noon, Ends: noon, Pupils: []string{"p-ann"}, Proposed: portal.Step{By: "a-1", At: noon}}),
				tx.PutGrant(portal.Grant{ID: "x", School: "oak", Holder: portal.Ref{Kind: portal.RefPupil, ID: "p-ann"}, What: "network", Given: portal.Step{By: "a-1", At: noon}}),
				tx.PutPhoto(portal.Photo{ID: "x", School: "oak", SHA256: "s", Secret: "0f", Who: portal.InPupils, Pupils: []string{"p-ann"}, Brought: noon, Version: 2}),
				tx.PutKeeping(portal.Keeping{PupilID: "p-ben", Until: "2030-01-01", Reason: "a dispute", By: "a-1", At: noon}),
				tx.PutInvitation(portal.Invitation{ID: "i", ContactID: "c-mum", CodeHash: "h", Issued: noon, Expires: noon}),
				tx.PutJoin(portal.Join{AccountID: "a-1", ContactID: "c-mum", InvitationID: "i", At: noon}), tx.JoinChild("c-mum", "p-ann", noon),
				tx.PutSession(portal.Session{Hash: "h", AccountID: "a-1", Created: noon, Expires: noon}),
				tx.AddAct(signature("s-1")), tx.AddAct(decision("d-1", 1, portal.Refused)),
				tx.AppendLedger(portal.LedgerEntry{RecordID: "s-1", Salt: make([]byte, 32), Record: []byte("{}"), At: noon}),
				tx.AppendLedger(portal.LedgerEntry{Index: 1, RecordID: "d-1", Salt: bytes.Repeat([]byte{0xff}, 32), Record: []byte("{}"), At: noon}),
				tx.PlaceLedger(0, []portal.LedgerLeaf{{Entry: 0}, {Entry: -1, Padding: make([]byte, 32)}}, 0, [][32]byte{{1}, {2}}),
				tx.AddLedgerHead(portal.LedgerHead{Head: "x", At: noon}), tx.AddLedgerKey(0, "x", noon))
		})
		stop, stopped := make(chan struct{}), make(chan struct{})
		var told atomic.Int64
		go func() {
			defer close(stopped)
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				err := f.Update(t.Context(), func(tx portal.Tx) error {
					return errors.Join(tx.AddAttempt(fmt.Sprintf("w-%d", i), noon), tx.AddAttempt(fmt.Sprintf("w-%d too", i), noon))
				})
				if err != nil {
					t.Error(err)
					return
				}
				told.Store(int64(i + 1))
			}
		}()
		for told.Load() < 20 {
			time.Sleep(time.Millisecond)
		}
		before := told.Load()
		backup, rows := f.backup()
		close(stop)
		<-stopped
		if n := strings.Count(backup, "\n["); n != rows || n < 40 {
			t.Errorf("%d rows, and it says %d", n, rows)
		}
		for i := range before {
			if !strings.Contains(backup, fmt.Sprintf(`["w-%d",`, i)) {
				t.Errorf("update %d had been told, and is not there", i)
			}
		}
		if strings.Count(backup, `["w-`) != 2*strings.Count(backup, ` too",`) {
			t.Error("some update is there by half")
		}
		for _, line := range strings.Split(backup, "\n{") {
			if strings.Count(line, "\n[") == 0 && !strings.HasPrefix(line, `{"schoolgate backup":1`) {
				t.Errorf("the test has no row of the table %s", line)
			}
		}

		for _, driver := range []string{"sqlite3", "pgx"} {
			address := fresh(t, driver)
			closedUntilDone := func() {
				t.Helper()
				if db, err := store.Open(t.Context(), address); err == nil || !strings.Contains(err.Error(), "broken off") {
					t.Errorf("%s: half a restored database opens: %v, %v", driver, db, err)
				}
			}
			half := &atHalf{Reader: strings.NewReader(backup), half: len(backup) / 2, f: closedUntilDone}
			err := store.Restore(t.Context(), address, half, func(db *store.DB) error {
				closedUntilDone()
				return db.View(t.Context(), func(tx portal.Tx) error {
					s, err := tx.Act("s-1")
					same(t, s, err, signature("s-1"))
					p, err := tx.Pupil("p-ben")
					same(t, p, err, left)
					_, err = tx.Session("h")
					missing(t, 0, err)
					return nil
				})
			})
			if err != nil {
				t.Fatalf("into %s: %v", driver, err)
			}
			restored := open(t, driver, address)
			if again, _ := restored.backup(); sorted(again) != sorted(backup) {
				t.Errorf("into %s: a backup of what was restored differs:\n%s\nwas\n%s", driver, again, backup)
			}
			restored.must(func(tx portal.Tx) error { return tx.AddAct(decision("d-2", 2, portal.Given)) })
			err = store.Restore(t.Context(), address, strings.NewReader(backup), nil)
			if err == nil || !strings.Contains(err.Error(), "not empty") {
				t.Errorf("into a %s that is in use: %v", driver, err)
			}
		}
	})
}

// atHalf calls f once half of the bytes have been read.
type atHalf struct {
	io.Reader
	half int
	f    func()
}

func (h *atHalf) Read(p []byte) (int, error) {
	n, err := h.Reader.Read(p[:min(len(p), 512)])
	if was := h.half; was > 0 {
		if h.half -= n; h.half <= 0 {
			h.f()
		}
	}
	return n, err
}

// A backup of an older version's goes into its own schema, which is then brought up to
// date; one of a newer version, and what is no backup, leave nothing.
func TestRestoreVersions(t *testing.T) {
	const first = `{"schoolgate backup":1,"schema":2}
{"table":"schools","columns":["slug","content_hash","content"]}
["oak","h","{}"]
{"table":"pupils","columns":["id","school","upn","admission_number","forename","surname","born","school_year","reg_group","looked_after","left_at","sort_key"]}
["p","oak","","1","Ann","Ash","",4,"4A",false,null,"AAE="]
{"table":"contacts","columns":["id","school","name","email","phone"]}
["c","oak","Mr Ash","",""]
{"table":"responsibilities","columns":["pupil_id","contact_id","relationship","priority","parental","court_order","packed"]}
["p","c","Father",1,true,true,"c 1 1 1 6 Father"]
`
	for _, driver := range []string{"sqlite3", "pgx"} {
		t.Run(driver, func(t *testing.T) {
			address := fresh(t, driver)
			if err := store.Restore(t.Context(), address, strings.NewReader(first), func(*store.DB) error { return nil }); err != nil {
				t.Fatal(err)
			}
			open(t, driver, address).see(func(tx portal.Tx) error {
				all, err := tx.Restrictions("oak")
				if err != nil || len(all) != 3 {
					t.Errorf("a court order of before: %v, %v", all, err)
				}
				return nil
			})

		})
	}

	for name, x := range map[string]struct{ backup, says string }{
		"a newer schema":    {`{"schoolgate backup":1,"schema":9999}`, "newer version"},
		"a newer form":      {`{"schoolgate backup":2,"schema":2}`, "form is 2"},
		"something else":    {"PK\x03\x04", "not a backup"},
		"nothing":           {"", "not a backup"},
		"cut short":         {first[:len(first)-9], "cannot be read"},
		"a row too short":   {strings.Replace(first, `"h",`, "", 1), "line 3"},
		"a row of no table": {strings.Replace(first, `{"table":"schools","columns":["slug","content_hash","content"]}`+"\n", "", 1), "line 2"},
		"another's SQL":     {strings.Replace(first, `"schools"`, `"schools; --"`, 1), "line 2"},
		"a row twice":       {strings.Replace(first, "{\"table\":\"pupils\"", "[\"oak\",\"h\",\"{}\"]\n{\"table\":\"pupils\"", 1), "into schools"},
		"what is refused":   {first, "refused"},
	} {
		t.Run(name, func(t *testing.T) {
			address := fresh(t, "sqlite3")
			err := store.Restore(t.Context(), address, strings.NewReader(x.backup), func(*store.DB) error { return errors.New("refused") })
			if err == nil || !strings.Contains(err.Error(), x.says) || strings.Contains(err.Error(), "Ann") {
				t.Errorf("%v", err)
			}
			if left, _ := filepath.Glob(filepath.Join(filepath.Dir(address), "*")); len(left) != 0 {
				t.Errorf("it left %v", left)
			}
		})
	}
	address := fresh(t, "pgx")
	err := store.Restore(t.Context(), address, strings.NewReader(first[:len(first)-9]), nil)
	if _, err2 := store.Open(t.Context(), address); err == nil || err2 == nil || !strings.Contains(err2.Error(), "broken off") {
		t.Errorf("what was cut short, on PostgreSQL: %v, and then it opens: %v", err, err2)
	}
}

// Every table is in a backup, but those that are named here.
func TestBackupHasEveryTable(t *testing.T) {
	without := []string{"schema_version", "queue", "sessions", "held_forms", "held_lists", "sittings", "outbox"}
	onBoth(t, func(t *testing.T, f *fixture) {
		query := "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
		if f.driver == "pgx" {
			query = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
		}
		backup, _ := f.backup()
		rows, err := f.raw().QueryContext(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var table string
			if err := rows.Scan(&table); err != nil {
				t.Fatal(err)
			}
			if in := strings.Contains(backup, `{"table":"`+table+`",`); in == slices.Contains(without, table) {
				t.Errorf("%s: is it in a backup? %t", table, in)
			}
		}
	})
}
