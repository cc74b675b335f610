package portal_test

import (
	"database/sql"
	"errors"
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
	"schoolgate/portal/store/pgtest"
)

var changes = flag.Int("changes", 200, "how many random changes TestRandomChanges makes")

// Whatever somebody changes by hand, in any table and column that [store.Unhashed] does not
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
		if store.Unhashed[table+".*"] != "" {
			continue
		}
		for _, column := range texts(t, raw, "SELECT name || ' ' || type FROM pragma_table_info('"+table+"')") { // without those that are computed
			if name, _, _ := strings.Cut(column, " "); store.Unhashed[table+"."+name] == "" {
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
	w.ok(w.SaveList(t.Context(), portal.Operator, anne, portal.SavedList{Name: "Trip", Asked: "?year=4"}))
	w.ok(w.SaveDraft(t.Context(), w.staff(head), anne, nil, map[string]portal.Typed{"lead": {Now: "Ms Ann Other"}}))
	w.ok(w.EndJoin(t.Context(), portal.Operator, anne, w.contact(anne, "Ms Pia Poe")))
	w.ok(w.KeepLonger(t.Context(), portal.Operator, anne, w.pupil("Cat"), "2027-12-01", "a dispute"))
	w.declare(w.theFair())
	w.proposes(w.aCall(), true)
	w.UseShelf(memory{})
	_, err := w.AddPhoto(t.Context(), w.staff("office@anne.example"), anne, []byte(drawn))
	w.ok(err)
	_, err = w.GiveAccess(t.Context(), w.staff(head), anne, portal.GiveForm{What: "network", Pupil: w.pupil("Ann"), Why: "She came today"})
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

// Whoever changes by hand, in the database, what is taken from whom, who acts as whom or
// what one wording has in common with another, is found by comparing with what is sealed.
func TestARegisterChangedByHandIsNoticed(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			driver, address := "sqlite3", ""
			w := newWorldAt(t, func(dir string) string {
				if address = filepath.Join(dir, "register.db"); engine == "postgres" {
					driver, address = "pgx", pgtest.Database(t)
				}
				return address
			})
			raw, err := sql.Open(driver, address)
			w.ok(err)
			defer raw.Close()
			settledIn(w)
			// All that the portal itself does, it finds in order.
			w.wait = portal.YesAfter
			letters := w.letters(anne)
			jo, al := w.account("jo"), w.account("al")
			w.ok(w.Join(t.Context(), jo, letters["Mrs Jo Lee"].Code, annsBirthday))
			w.ok(w.Join(t.Context(), al, letters["Mr Al Lee"].Code, annsBirthday))
			w.ok(w.ConfirmJoins(t.Context(), w.staff("office@anne.example"), anne, w.contact(anne, "Mrs Jo Lee")))
			w.parent(anne, "Ms Pia Poe")
			w.ok(w.EndJoin(t.Context(), portal.Operator, anne, w.contact(anne, "Ms Pia Poe")))
			w.takes("Mr Al Lee", "Ann", portal.AllRights)
			w.pass(time.Hour)
			w.takes("Mr Al Lee", "Ann", portal.MayDecide|portal.MayBeWrittenTo)
			w.takes("Mr Max Stone", "Ann", portal.MaySee) // what a list said, looked at
			s := school(anne, 1)
			for i := range s.Texts {
				s.Texts[i].Sense = s.Texts[i].Hash
			}
			s.Texts = append(s.Texts, text(anne, portal.Purpose, "new", 1, ""))
			s.Texts[len(s.Texts)-1].Sense = "what it says"
			w.ok(w.SetSchools(t.Context(), []portal.School{s}))
			w.whole(0)

			link := "pupil_id = '" + w.pupil("Ann") + "' AND contact_id = '" + w.contact(anne, "Mr Al Lee") + "'"
			anns := "contact_id = '" + w.contact(anne, "Mrs Jo Lee") + "'"
			pia := w.contact(anne, "Ms Pia Poe")
			for _, c := range []struct{ name, do, undo, says string }{
				{"an order is lifted", "UPDATE restrictions SET until = since, lifted_by = set_by, lifted_why = 'x' WHERE takes = 2 AND " + link,
					"UPDATE restrictions SET until = NULL, lifted_by = '', lifted_why = '' WHERE takes = 2 AND " + link, "is not as it was sealed"},
				{"an order moves to another child", "UPDATE restrictions SET pupil_id = '" + w.pupil("Bo") + "' WHERE takes = 2 AND " + link,
					"UPDATE restrictions SET pupil_id = '" + w.pupil("Ann") + "' WHERE takes = 2 AND contact_id = '" + w.contact(anne, "Mr Al Lee") + "'", "is not as it was sealed"},
				{"an order is set", "INSERT INTO restrictions (id, pupil_id, contact_id, takes, since, set_by, why, lifted_by, lifted_why) SELECT 'by-hand', pupil_id, contact_id, 8, since, set_by, why, '', '' FROM restrictions WHERE takes = 2 AND " + link,
					"DELETE FROM restrictions WHERE id = 'by-hand'", "restrictions by-hand is not as it was sealed"},
				{"who lifted one", "UPDATE restrictions SET lifted_by = 'x' WHERE takes = 1 AND " + link, "UPDATE restrictions SET lifted_by = '" + w.staff(head) + "' WHERE takes = 1 AND " + link, "is not as it was sealed"},
				{"parental responsibility", "UPDATE responsibilities SET parental = FALSE WHERE " + link, "UPDATE responsibilities SET parental = TRUE WHERE " + link, "responsibilities " + w.pupil("Ann")},
				{"in care", "UPDATE pupils SET looked_after = TRUE WHERE forename = 'Bo'", "UPDATE pupils SET looked_after = FALSE WHERE forename = 'Bo'", "pupils " + w.pupil("Bo")},
				{"whose account", "UPDATE accounts SET subject = 'jo2' WHERE subject = 'jo'", "UPDATE accounts SET subject = 'jo' WHERE subject = 'jo2'", "accounts " + jo},
				{"who printed a letter", "UPDATE invitations SET issued_by = 'x' WHERE " + anns, "UPDATE invitations SET issued_by = 'operator' WHERE " + anns, "invitations"},
				{"what the next rows refer to", "INSERT INTO contacts (id, school, name, email, phone) VALUES ('by-hand', 'st-anne', '', '', '')", "DELETE FROM contacts WHERE id = 'by-hand'", "contacts by-hand"},
				{"why it was set", "UPDATE restrictions SET why = 'Another reason' WHERE takes = 2 AND " + link,
					"UPDATE restrictions SET why = 'As the order of 3 May says' WHERE takes = 2 AND " + link, "is not as it was sealed"},
				{"a join is added", "INSERT INTO account_contacts (account_id, contact_id, joined) VALUES ('" + al + "', '" + pia + "', '2026-09-07 09:00:00')",
					"DELETE FROM account_contacts WHERE account_id = '" + al + "' AND contact_id = '" + pia + "'", "is not as it was sealed"},
				{"a join comes back", "UPDATE account_contacts SET ended = NULL WHERE contact_id = '" + pia + "'",
					"UPDATE account_contacts SET ended = joined WHERE contact_id = '" + pia + "'", "is not as it was sealed"},
				{"a join is ended", "UPDATE account_contacts SET ended = joined WHERE " + anns, "UPDATE account_contacts SET ended = NULL WHERE " + anns, "is not as it was sealed"},
				{"a join is confirmed", "UPDATE account_contacts SET confirmed = joined WHERE account_id = '" + al + "'",
					"UPDATE account_contacts SET confirmed = NULL WHERE account_id = '" + al + "'", "is not as it was sealed"},
				{"a yes counts sooner", "UPDATE account_contacts SET counts = joined WHERE account_id = '" + al + "'", "", "is not as it was sealed"},
			} {
				_, err := raw.Exec(c.do)
				w.ok(err)
				if _, err := w.ledger.VerifyAll(t.Context(), w.db); err == nil || !strings.Contains(err.Error(), c.says) {
					t.Errorf("%s: %v", c.name, err)
				}
				if c.undo != "" {
					_, err = raw.Exec(c.undo)
					w.ok(err)
					w.whole(0)
				}
			}
			// Nor is it sealed as it is now by the next start, or by the next change of the row.
			w.ok(w.HashRegister(t.Context()))
			w.ok(w.EndJoin(t.Context(), portal.Operator, anne, w.contact(anne, "Mr Al Lee")))
			if _, err := w.ledger.VerifyAll(t.Context(), w.db); err == nil {
				t.Error("what was changed by hand is taken for what it was")
			}
		})
	}
}

// An act that is erased by hand, with its record, is none that was erased because its time
// was up: the ledger says which those are, in events that take its key to sign.
func TestErasedByHand(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			driver, address := "sqlite3", filepath.Join(t.TempDir(), "register.db")
			if engine == "postgres" {
				driver, address = "pgx", pgtest.Database(t)
			}
			w := &world{t: t, dir: t.TempDir(), now: theFirstOfTerm}
			var err error
			w.db, err = store.Open(t.Context(), address)
			w.ok(err)
			defer w.db.Close()
			w.use()
			raw, err := sql.Open(driver, address)
			w.ok(err)
			defer raw.Close()
			noticed := func(what, says string) {
				t.Helper()
				if _, err := w.ledger.VerifyAll(t.Context(), w.db); err == nil || !strings.Contains(err.Error(), says) {
					t.Errorf("%s: %v, want %q", what, err, says)
				}
			}
			found := func() portal.RegisterChecked {
				t.Helper()
				v, err := w.ledger.VerifyAll(t.Context(), w.db)
				w.ok(err)
				return v.Register
			}
			// As a program did from before erasures were sealed: an event that has gone, with how many.
			event := func(id string, kind portal.ActKind, details string) {
				t.Helper()
				a := portal.Act{ID: id, Version: portal.RecordVersion, Kind: kind, School: anne, Party: portal.Ref{Kind: portal.RefOperator, ID: "o"},
					Subject: portal.Ref{Kind: portal.RefSchool, ID: anne}, By: "o", Way: portal.Command, Details: details, At: w.now}
				w.ok(w.db.Update(t.Context(), func(tx portal.Tx) error {
					return errors.Join(tx.AddAct(a), w.ledger.Append(tx, a.ID, a.Record(), a.At))
				}))
			}
			byHand := func(id string) {
				t.Helper()
				for _, statement := range []string{"UPDATE ledger SET record = NULL, salt = NULL WHERE record_id = '" + id + "'", "DELETE FROM acts WHERE id = '" + id + "'"} {
					_, err := raw.Exec(statement)
					w.ok(err)
				}
			}
			event("old-1", portal.ListSeen, "{}")
			event("old-2", portal.ListSeen, "{}")
			byHand("old-1")
			noticed("before anything is sealed, an act too many", "entry 0 of the ledger has no record")
			event("old-3", portal.Erased, `{"events":1,"rule":"so"}`)
			if got := found(); got.ErasedBefore != 1 || !got.Since.IsZero() {
				t.Errorf("of before it is found %+v", got)
			}
			w.keeps(usualKeep)
			if got := found(); got.ErasedBefore != 1 || got.Since != w.now || got.Rows < 10 {
				t.Errorf("found %+v", got)
			}
			w.register(anne, annesList(), false)
			w.leesAndPoe(t)
			w.leesLeave()
			w.publish()
			w.pass(366 * 24 * time.Hour)
			if n := w.erase(anne); n[portal.KeptAnswers] != 2 {
				t.Errorf("erased %v", n)
			}
			if got := found(); got.ErasedBefore != 1 {
				t.Errorf("found %+v", got)
			}

			// By hand: the event that says so is there, and signed by nobody, or for another entry.
			last := func(kind portal.ActKind) (id, details string) {
				t.Helper()
				w.ok(raw.QueryRow("SELECT id, details FROM acts WHERE kind = '"+string(kind)+"' ORDER BY at DESC LIMIT 1").Scan(&id, &details))
				return id, details
			}
			id, _ := last(portal.ListApplied)
			entry := ""
			w.ok(raw.QueryRow("SELECT CAST(idx AS TEXT) FROM ledger WHERE record_id = '" + id + "'").Scan(&entry))
			byHand(id)
			noticed("an act of now", "entry "+entry+" of the ledger has no record, and nobody is on record as having erased it")
			_, details := last(portal.Erased)
			event("forged", portal.Erased, `{"entries":"`+entry+`","events":1}`)
			noticed("an event that is not signed", "forged (erased) is not signed")
			byHand("forged")
			event("again", portal.Erased, details)
			noticed("an event that was signed for another place", "again (erased): it is not signed with the ledger's key")
			byHand("again")
			if first, _ := last(portal.RegisterHashed); first != "" {
				byHand(first)
			}
			noticed("the first seal", "first seal was taken out")
			w.use()
			if err := w.HashRegister(t.Context()); err == nil || !strings.Contains(err.Error(), "first seal was taken out") {
				t.Errorf("it is sealed anew as it is now: %v", err)
			}
		})
	}
}
