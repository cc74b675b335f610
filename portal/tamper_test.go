package portal_test

import (
	"database/sql"
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"schoolgate/portal"
	"schoolgate/portal/ledger"
	"schoolgate/portal/store"
)

var changes = flag.Int("changes", 200, "how many random changes TestRandomChanges makes")

// Whatever somebody changes by hand, in any table and column that [store.Unsealed] does not
// name, is noticed by who has two heads that were published.
func TestRandomChanges(t *testing.T) {
	w, address := lived(t)
	heads, err := w.LedgerHeads(t.Context())
	w.ok(err)
	all, err := ledger.Heads(heads)
	w.ok(err)
	two := [][]byte{all[1], all[len(all)-1]}
	raw, err := sql.Open("sqlite3", "file:"+address+"?_foreign_keys=off&_busy_timeout=10000")
	w.ok(err)
	defer raw.Close()
	raw.SetMaxOpenConns(1)
	for _, trigger := range texts(t, raw, "SELECT name FROM sqlite_master WHERE type = 'trigger'") {
		_, err := raw.Exec("DROP TRIGGER " + trigger)
		w.ok(err)
	}
	cells := map[string][]string{}
	var tables []string
	for _, table := range texts(t, raw, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name") {
		if store.Unsealed[table+".*"] != "" {
			continue
		}
		for _, column := range texts(t, raw, "SELECT name || ' ' || type FROM pragma_table_info('"+table+"')") { // without those that are computed
			if name, _, _ := strings.Cut(column, " "); store.Unsealed[table+"."+name] == "" {
				cells[table] = append(cells[table], column)
			}
		}
		if n := texts(t, raw, "SELECT CAST(count(*) AS TEXT) FROM "+table); n[0] == "0" {
			t.Fatalf("%s has no row to change", table)
		}
		tables = append(tables, table)
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	made := map[string]int{}
	for done := 0; done < *changes; {
		table := tables[r.IntN(len(tables))]
		names := cells[table]
		column := names[r.IntN(len(names))]
		row := texts(t, raw, fmt.Sprintf("SELECT CAST(rowid AS TEXT) FROM %s ORDER BY random() LIMIT 1", table))[0]
		change, undo := changed(t, raw, r, table, column, row)
		result, err := raw.Exec(change)
		if err != nil { // the schema itself forbids it
			continue
		}
		if n, _ := result.RowsAffected(); n == 0 {
			continue
		}
		done++
		made[table]++
		if _, err := w.ledger.VerifyAll(t.Context(), w.db, two...); err == nil {
			t.Errorf("not noticed: %s", change)
		}
		if _, err := raw.Exec(undo); err != nil {
			t.Fatalf("%s: %v", undo, err)
		}
	}
	_, err = w.ledger.VerifyAll(t.Context(), w.db, two...)
	w.ok(err)
	t.Logf("changes: %v", made)
}

// lived is a trust whose every table has something in it, with a ledger of several heads
// and keys, and the file that it is in.
func lived(t *testing.T) (w *world, address string) {
	w = newWorldAt(t, func(dir string) string { address = filepath.Join(dir, "register.db"); return address })
	w.keeps(usualKeep)
	settledIn(w)
	w.leesAndPoe(t)
	w.publish()
	w.ok(w.ledger.Rotate(t.Context(), w.db, filepath.Join(w.dir, "ledger.key"), w.now))
	w.use()
	w.takes("Mr Al Lee", "Ann", portal.MayDecide)
	w.takes("Mr Al Lee", "Ann", 0)
	w.letters(anne)
	w.ok(w.MapClassList(t.Context(), portal.Operator, anne, w.heldList(), portal.ListFile{Shape: "shape"}, portal.ListMapping{Sheet: "one"}))
	w.ok(w.EndJoin(t.Context(), portal.Operator, anne, w.contact(anne, "Ms Pia Poe")))
	w.ok(w.KeepRecord(t.Context(), portal.Operator, anne, w.pupil("Cat"), "2027-12-01", "a dispute"))
	w.declare(w.theFair())
	w.proposes(w.aCall(), true)
	w.KeepPhotos(memory{})
	_, err := w.AddPhoto(t.Context(), w.staff("office@anne.example"), anne, []byte(drawn))
	w.ok(err)
	w.pass(24 * time.Hour)
	w.decide(w.account("Mrs Jo Lee"), w.answering("Ann", portal.Refused))
	w.publish() // until it is under a head, an act has no more than its promise
	w.whole(4)
	return w, address
}

// heldList is the id of a class list that the operator is looking at.
func (w *world) heldList() string {
	w.t.Helper()
	id, err := w.HoldClassList(w.t.Context(), portal.Operator, anne, []byte("x"))
	w.ok(err)
	return id
}

// changed is SQL that changes a row at random, and what undoes it.
func changed(t *testing.T, raw *sql.DB, r *rand.Rand, table, column, row string) (change, undo string) {
	name, kind, _ := strings.Cut(column, " ")
	where := " WHERE rowid = " + row
	undo = "UPDATE " + table + " SET " + name + " = " + texts(t, raw, "SELECT quote("+name+") FROM "+table+where)[0] + where
	to := map[string]string{
		"INTEGER": name + " + 1", "BIGINT": name + " + 1", "BYTEA": "randomblob(32)", "BOOLEAN": "NOT " + name, "TIMESTAMP": "'2026-10-01 12:00:00+00:00'",
	}[kind]
	if to == "" {
		to = []string{"''", name + " || 'x'", "substr(" + name + ", 2)", "replace(" + name + ", 'a', 'b')"}[r.IntN(4)]
	}
	switch r.IntN(8) {
	case 0:
		names := strings.Join(texts(t, raw, "SELECT name FROM pragma_table_info('"+table+"')"), ", ")
		values := texts(t, raw, "SELECT quote("+strings.ReplaceAll(names, ", ", ") || ', ' || quote(")+") FROM "+table+where)[0]
		return "DELETE FROM " + table + where, "INSERT INTO " + table + " (rowid, " + names + ") VALUES (" + row + ", " + values + ")"
	case 1:
		return "UPDATE " + table + " SET " + name + " = NULL" + where + " AND COALESCE(" + name + ", '') <> ''", undo
	}
	return "UPDATE " + table + " SET " + name + " = " + to + where + " AND COALESCE(" + name + ", '') IS NOT COALESCE(" + to + ", '')", undo
}

// texts is the first column of a query's rows.
func texts(t *testing.T, raw *sql.DB, query string) (all []string) {
	t.Helper()
	rows, err := raw.Query(query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	return all
}
