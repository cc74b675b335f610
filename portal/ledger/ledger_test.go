package ledger_test

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"schoolgate/portal"
	"schoolgate/portal/ledger"
	"schoolgate/portal/store"
)

var noon = time.Date(2026, 9, 1, 12, 0, 0, 123456000, time.UTC)

// book is a ledger over a SQLite store, with a family that signs and decides.
type book struct {
	*ledger.Ledger
	t          testing.TB
	db         *store.DB
	path, file string // of the database and the key
	n          int    // acts
	days       int    // that have passed, each with a head
}

const wording = "# Photographs\n\nMay we show your child's picture? Ünïcödé <b>&amp;</b>\n"

// newBook is a ledger of its own on a new database, whose key is in the file.
func newBook(t testing.TB, file string) *book {
	t.Helper()
	b := &book{t: t, file: file, path: filepath.Join(t.TempDir(), "s.db")}
	var err error
	if b.db, err = store.Open(t.Context(), b.path); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.db.Close() })
	b.open()
	text := portal.Text{School: "oak", Kind: portal.Purpose, Slug: "photos", Edition: 1, Hash: hash(wording), Source: wording}
	b.update(func(tx portal.Tx) error {
		return errors.Join(tx.PutSchool(portal.School{Slug: "oak", Texts: []portal.Text{text}}),
			tx.PutPupil(portal.Pupil{ID: "p", School: "oak"}), tx.PutContact(portal.Contact{ID: "c", School: "oak"}))
	})
	return b
}

func (b *book) open() {
	b.t.Helper()
	var err error
	if b.Ledger, err = ledger.Open(b.t.Context(), b.db, b.file, b.today()); err != nil {
		b.t.Fatal(err)
	}
}

func newKey(t testing.TB) string { return filepath.Join(t.TempDir(), "key") }

func (b *book) today() time.Time { return noon.AddDate(0, 0, b.days) }

// publish lets a day pass, and publishes its head.
func (b *book) publish() *book {
	b.t.Helper()
	b.days++
	if done, err := b.Publish(b.t.Context(), b.db, b.today()); err != nil || !done {
		b.t.Fatalf("published: %v, %v", done, err)
	}
	return b
}

func (b *book) keys() (text string) {
	b.t.Helper()
	b.see(func(tx portal.Tx) error {
		keys, err := b.Keys(tx)
		text = string(keys)
		return err
	})
	return text
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func (b *book) update(f func(portal.Tx) error) {
	b.t.Helper()
	if err := b.db.Update(b.t.Context(), f); err != nil {
		b.t.Fatal(err)
	}
}

func (b *book) see(f func(portal.Tx) error) {
	b.t.Helper()
	if err := b.db.View(b.t.Context(), f); err != nil {
		b.t.Fatal(err)
	}
}

func id(n int) string { return fmt.Sprintf("act-%03d", n) }

func decision(id string, seq int) portal.Act {
	return portal.Act{ID: id, Version: portal.RecordVersion, Kind: portal.Decision, School: "oak", Party: portal.Ref{Kind: portal.RefContact, ID: "c"},
		Subject: portal.Ref{Kind: portal.RefPupil, ID: "p"}, By: "a", Way: portal.Online, TextSlug: "photos", Edition: 1, TextHash: hash(wording),
		Language: "pl", At: noon, Answer: portal.Given, Seq: seq}
}

// add makes the next act, a signature the first time and decisions after it.
func (b *book) add() {
	b.t.Helper()
	act := decision(id(b.n), b.n)
	act.At = noon.Add(time.Duration(b.n) * time.Second)
	if b.n == 0 {
		act.Kind, act.Answer, act.Seq, act.TypedName = portal.Signature, "", 1, "Zoë <O'Ash> & Łucja"
	}
	b.update(func(tx portal.Tx) error {
		return errors.Join(tx.AddAct(act), b.Append(tx, act.ID, act.Record(), act.At))
	})
	b.n++
}

func (b *book) grow(to int) *book {
	for b.n < to {
		b.add()
	}
	return b
}

func (b *book) head() (head []byte) {
	b.t.Helper()
	b.see(func(tx portal.Tx) (err error) {
		head, err = b.Head(tx)
		return err
	})
	return head
}

func (b *book) consistency(from, to int) (text []byte) {
	b.t.Helper()
	b.see(func(tx portal.Tx) (err error) {
		text, err = b.Consistency(tx, int64(from), int64(to))
		return err
	})
	return text
}

func (b *book) receipt(n int) []byte {
	b.t.Helper()
	var p portal.Proof
	b.see(func(tx portal.Tx) (err error) {
		p, err = b.Prove(tx, id(n))
		return err
	})
	p.Text = wording
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		b.t.Fatal(err)
	}
	return append(text, '\n')
}

func (b *book) check(receipt, head, consistency []byte) error {
	_, err := ledger.CheckReceipt(receipt, b.keys(), head, consistency)
	return err
}

// tampered runs SQL behind the store's back, with the triggers that forbid it gone.
func (b *book) tampered(statements ...string) {
	b.t.Helper()
	open(b.t, b.path, func(db *sql.DB) {
		for _, s := range statements {
			result, err := db.Exec(s)
			if err != nil {
				b.t.Fatalf("%s: %v", s, err)
			}
			if n, err := result.RowsAffected(); err != nil || n == 0 {
				b.t.Fatalf("%s changed nothing", s)
			}
		}
	})
}

// open opens a database file without the store, its foreign keys or its triggers.
func open(t testing.TB, path string, f func(*sql.DB)) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+path+"?_foreign_keys=off")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, table := range []string{"acts", "texts", "ledger", "ledger_hashes", "ledger_leaves", "ledger_heads", "ledger_keys"} {
		for _, what := range []string{"no_update", "no_delete", "only_erase", "only_erased"} {
			if _, err := db.Exec("DROP TRIGGER IF EXISTS " + table + "_" + what); err != nil {
				t.Fatal(err)
			}
		}
	}
	f(db)
}

func TestReceipts(t *testing.T) {
	b := newBook(t, newKey(t))
	heads := [][]byte{b.head()}
	const most = 6
	var receipts [][]byte
	for n := range most {
		b.add()
		// A promise at once, and the proof once the day's head is out.
		rec, err := ledger.CheckReceipt(b.receipt(n), b.keys(), nil, nil)
		if err != nil || rec.Proved || rec.ID != id(n) || !rec.Due.Equal(rec.At.Add(48*time.Hour)) {
			t.Fatalf("a receipt at once is of %v, proved %v, due %v: %v", rec.Act, rec.Proved, rec.Due, err)
		}
		if err := b.check(b.receipt(n), b.head(), nil); err == nil || !strings.Contains(err.Error(), "promise alone") {
			t.Errorf("a promise against a head: %v", err)
		}
		b.publish()
		receipts, heads = append(receipts, b.receipt(n)), append(heads, b.head())
	}
	for n, receipt := range receipts {
		rec, err := ledger.CheckReceipt(receipt, b.keys()+"\n", nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		if rec.ID != id(n) || rec.Subject.ID != "p" || rec.Language != "pl" || !rec.Proved {
			t.Errorf("receipt %d is of %+v", n, rec)
		}
		for k, head := range heads {
			from, to := 64*min(k, n+1), 64*max(k, n+1)
			if err := b.check(receipt, head, b.consistency(from, to)); err != nil {
				t.Errorf("receipt of %d against head of %d: %v", n+1, k, err)
			}
			windows := bytes.ReplaceAll(bytes.TrimRight(head, "\n"), []byte("\n"), []byte("\r\n"))
			if err := b.check(receipt, windows, b.consistency(from, to)); err != nil {
				t.Errorf("a pasted head: %v", err)
			}
			if err := b.check(receipt, head, nil); (err == nil) != (from == to || from == 0) {
				t.Errorf("receipt of %d against head of %d without proof: %v", n+1, k, err)
			}
		}
	}
	for from := range heads {
		for to := range heads {
			if from > to {
				if err := ledger.CheckHeads(heads[from], heads[to], b.keys(), nil); err == nil || !strings.Contains(err.Error(), "taken away") {
					t.Errorf("from %d to %d: %v", from, to, err)
				}
				continue
			}
			if err := ledger.CheckHeads(heads[from], heads[to], b.keys(), b.consistency(64*from, 64*to)); err != nil {
				t.Errorf("from %d to %d: %v", from, to, err)
			}
		}
	}

	// One line, or indented; nothing else.
	var line bytes.Buffer
	if err := json.Compact(&line, receipts[0]); err != nil {
		t.Fatal(err)
	}
	if err := b.check(line.Bytes(), nil, nil); err != nil {
		t.Errorf("on one line: %v", err)
	}
	if err := b.check(bytes.ReplaceAll(receipts[0], []byte("\n"), []byte("\r\n")), nil, nil); err == nil {
		t.Error("a receipt with other line ends was taken")
	}
	if err := b.check(receipts[0], nil, b.consistency(64, 128)); err == nil {
		t.Error("a proof without a head was taken")
	}
	if _, err := ledger.CheckReceipt(receipts[0], "nonsense", nil, nil); err == nil {
		t.Error("a public key that is none was taken")
	}
}

func TestProveErrors(t *testing.T) {
	b := newBook(t, newKey(t)).grow(3).publish()
	b.see(func(tx portal.Tx) error {
		if _, err := b.Prove(tx, "act-none"); !errors.Is(err, portal.ErrNotFound) {
			t.Errorf("an unknown record: %v", err)
		}
		for _, x := range [][2]int64{{-1, 2}, {2, 1}, {1, 65}} {
			if _, err := b.Consistency(tx, x[0], x[1]); err == nil {
				t.Errorf("a proof from %d to %d", x[0], x[1])
			}
		}
		return nil
	})
	err := b.db.Update(t.Context(), func(tx portal.Tx) error { return b.Append(tx, id(1), []byte("{}"), noon) })
	if !errors.Is(err, portal.ErrConflict) {
		t.Errorf("a record sealed twice: %v", err)
	}
	b.tampered("UPDATE ledger SET record = NULL, salt = NULL WHERE idx = 1")
	b.see(func(tx portal.Tx) error {
		if _, err := b.Prove(tx, id(1)); !errors.Is(err, portal.ErrNotFound) {
			t.Errorf("an erased record: %v", err)
		}
		return nil
	})
}

// No byte of a receipt, a head or a consistency proof can be changed.
func TestEveryByte(t *testing.T) {
	b := newBook(t, newKey(t)).grow(3)
	promised := b.receipt(0)
	receipt := b.publish().receipt(0)
	head := b.grow(4).publish().head()
	consistency := b.consistency(64, 128)
	if err := b.check(receipt, head, consistency); err != nil {
		t.Fatal(err)
	}
	for what, x := range map[string]struct {
		whole []byte
		check func([]byte) error
	}{
		"promise":     {promised, func(r []byte) error { return b.check(r, nil, nil) }},
		"receipt":     {receipt, func(r []byte) error { return b.check(r, nil, nil) }},
		"head":        {head, func(h []byte) error { return b.check(receipt, h, consistency) }},
		"consistency": {consistency, func(c []byte) error { return b.check(receipt, head, c) }},
	} {
		t.Run(what, func(t *testing.T) {
			refused := func(how string, at int, bad []byte) {
				t.Helper()
				if bytes.Equal(bad, x.whole) {
					return
				}
				if err := x.check(bad); err == nil {
					t.Fatalf("%s at byte %d of %q was taken", how, at, bad)
				}
			}
			last := len(x.whole) - 1 // the line end, which may be lost
			for i := range x.whole {
				for _, c := range []byte{x.whole[i] ^ 1, x.whole[i] ^ 2, x.whole[i] ^ 4, x.whole[i] ^ 0x10, x.whole[i] ^ 0x20, x.whole[i] ^ 0x80, 0, ' ', '\t', '\n', '"', 'A', '='} {
					if i == last && c == '\n' {
						continue
					}
					bad := bytes.Clone(x.whole)
					bad[i] = c
					refused("a changed byte", i, bad)
				}
				if i < last {
					refused("a lost byte", i, append(bytes.Clone(x.whole[:i]), x.whole[i+1:]...))
					refused("an added byte", i, append(append(bytes.Clone(x.whole[:i]), ' '), x.whole[i:]...))
				}
			}
		})
	}
}

func TestReceiptErrors(t *testing.T) {
	key := newKey(t)
	b := newBook(t, key).grow(5).publish()
	fork := newBook(t, key).grow(9).publish().publish()
	stranger := newBook(t, newKey(t)).grow(5).publish()
	receipt := b.receipt(2)
	var p portal.Proof
	if err := json.Unmarshal(receipt, &p); err != nil {
		t.Fatal(err)
	}
	changed := func(f func(*portal.Proof)) []byte {
		p := p
		f(&p)
		text, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	for _, x := range []struct {
		name                       string
		receipt, head, consistency []byte
		want                       string
	}{
		{"another wording", changed(func(p *portal.Proof) { p.Text += "!" }), nil, nil, "the wording in the receipt is not the one on record"},
		{"another record", changed(func(p *portal.Proof) { p.Record = strings.Replace(p.Record, "given", "refused", 1) }), nil, nil, "the promise is not about this record"},
		{"another place", changed(func(p *portal.Proof) { p.Index ^= 1 }), nil, nil, "not in the ledger at the place"},
		{"a place beyond", changed(func(p *portal.Proof) { p.Index = 64 }), nil, nil, "number 64, and its head is of 64 records"},
		{"no proof", changed(func(p *portal.Proof) { p.Inclusion = nil }), nil, nil, "not in the ledger at the place"},
		{"half a hash", changed(func(p *portal.Proof) { p.Inclusion = [][]byte{{1}} }), nil, nil, "not a hash"},
		{"a record of another form", changed(func(p *portal.Proof) { p.Record = "{}" }), nil, nil, "not written as records are"},
		{"signed anew", changed(func(p *portal.Proof) { p.Head = string(stranger.head()) }), nil, nil, "not signed with the ledger's key"},
		{"a stranger's ledger", stranger.receipt(2), nil, nil, "the promise was not signed with the ledger's key"},
		{"another's promise", changed(func(p *portal.Proof) { p.Promise = promise(b, 3) }), nil, nil, "the promise is not about this record"},
		{"nothing but the record", changed(func(p *portal.Proof) { p.Promise, p.Head, p.Inclusion, p.Index = "", "", nil, -1 }), nil, nil, "the promise was not signed"},
		{"a place and no head", changed(func(p *portal.Proof) { p.Head = "" }), nil, nil, "and has no head"},
		{"a published head of a stranger", receipt, stranger.head(), nil, "the published head: the head was not signed"},
		{"a fork of the same size", receipt, newBook(t, key).grow(5).publish().head(), nil, "forked or rewritten"},
		{"a fork that went on", receipt, fork.head(), fork.consistency(64, 128), "forked or rewritten"},
		{"the wrong proof", receipt, fork.head(), fork.consistency(63, 128), "is from 63 to 128"},
		{"no proof to a later head", receipt, fork.head(), nil, "a consistency proof from 64 to 128 is needed"},
		{"nothing", nil, nil, nil, "not a receipt"},
		{"an array", []byte("[]"), nil, nil, "not a receipt"},
		{"an unknown field", []byte(`{"more":1,` + string(receipt[1:])), nil, nil, "not written as the portal writes it"},
	} {
		t.Run(x.name, func(t *testing.T) {
			if err := b.check(x.receipt, x.head, x.consistency); err == nil || !strings.Contains(err.Error(), x.want) {
				t.Errorf("got %v, want %q", err, x.want)
			}
		})
	}
}

func promise(b *book, n int) string {
	var p portal.Proof
	if err := json.Unmarshal(b.receipt(n), &p); err != nil {
		b.t.Fatal(err)
	}
	return p.Promise
}

func TestVerifyAll(t *testing.T) {
	key := newKey(t)
	stranger := newBook(t, newKey(t)).publish()
	const n = 11 // of which the last has no place yet
	for _, x := range []struct {
		name   string
		tamper []string
		want   string // "" where nothing is wrong
	}{
		{"untouched", nil, ""},
		{"an erased act", []string{"UPDATE ledger SET record = NULL, salt = NULL WHERE idx = 4", "DELETE FROM acts WHERE id = 'act-004'"}, "entry 4 of the ledger has no record, and nobody is on record as having erased it"},
		{"an erased record", []string{"UPDATE ledger SET record = NULL, salt = NULL WHERE idx = 4"}, "entry 4, of record act-004, is erased, and the act is still on record"},
		{"a changed answer", []string{"UPDATE acts SET answer = 'refused' WHERE id = 'act-003'"}, "entry 3, of record act-003: the register differs from what was sealed, in: answer"},
		{"a changed answer that waits", []string{"UPDATE acts SET answer = 'refused' WHERE id = 'act-010'"}, "entry 10, of record act-010: the register differs from what was sealed, in: answer"},
		{"a changed name", []string{"UPDATE acts SET typed_name = 'X', language = 'en' WHERE kind = 'signature'"}, "entry 0, of record act-000: the register differs from what was sealed, in: text, typed_name"},
		{"a changed time", []string{"UPDATE acts SET at = '2026-09-01 12:00:03.123457+00:00' WHERE id = 'act-003'"}, "entry 3, of record act-003: the register differs from what was sealed, in: at"},
		{"a changed time of sealing", []string{"UPDATE ledger SET at = '2026-09-01 12:00:03.123457+00:00' WHERE idx = 3"}, "entry 3, of record act-003: the ledger says another time"},
		{"a deleted act", []string{"DELETE FROM acts WHERE id = 'act-003'"}, "entry 3, of record act-003: the register has no such"},
		{"an added act", []string{"INSERT INTO acts (id, record_version, kind, school, party_kind, party_id, subject_kind, subject_id, entered_by, way, text_slug, edition, text_hash, language, at, until, typed_name, answer, seq, details) SELECT 'act-new', record_version, kind, school, party_kind, party_id, subject_kind, subject_id, entered_by, way, text_slug, edition, text_hash, language, at, until, typed_name, answer, 99, details FROM acts WHERE id = 'act-003'"},
			"act act-new is in the register, and the ledger does not seal it"},
		{"a changed act and record", []string{"UPDATE acts SET answer = 'refused' WHERE id = 'act-003'", "UPDATE ledger SET record = replace(record, 'given', 'refused') WHERE idx = 3"},
			"its record or salt is not what was sealed"},
		{"a changed salt", []string{"UPDATE ledger SET salt = randomblob(32) WHERE idx = 7"}, "its record or salt is not what was sealed"},
		{"a changed padding", []string{"UPDATE ledger_leaves SET padding = randomblob(32) WHERE padding IS NOT NULL"}, "its record or salt is not what was sealed"},
		{"a changed leaf", []string{"UPDATE ledger_hashes SET hash = randomblob(32) WHERE idx = 0"}, "leaf 0: its record or salt"},
		{"a changed node", []string{"UPDATE ledger_hashes SET hash = randomblob(32) WHERE idx = 6"}, "the stored hash over leaves 0 to 3 is not"},
		{"a lost hash", []string{"DELETE FROM ledger_hashes WHERE idx = 6"}, "a stored hash is missing"},
		{"a hash too many", []string{"INSERT INTO ledger_hashes (idx, previous, hash) SELECT max(idx) + 1, max(idx), randomblob(32) FROM ledger_hashes"}, "is stored, and no entry makes it"},
		{"a lost entry", []string{"DELETE FROM ledger WHERE idx = 5"}, "has lost its entry"},
		{"a lost entry that waits", []string{"DELETE FROM ledger WHERE idx = 10"}, "act act-010 is in the register, and the ledger does not seal it"},
		{"an act passed off as nothing", []string{"DELETE FROM ledger WHERE idx = 5", "DELETE FROM acts WHERE id = 'act-005'", "UPDATE ledger_leaves SET idx = NULL, padding = randomblob(32) WHERE idx = 5"}, "its record or salt is not what was sealed"},
		{"a place taken away", []string{"UPDATE ledger_leaves SET idx = NULL, padding = randomblob(32) WHERE idx = 5"}, "its record or salt is not what was sealed"},
		{"a lost leaf", []string{"DELETE FROM ledger_leaves WHERE leaf = 5"}, "leaf 5 is missing: leaf 6 stands in its place"},
		{"another order", []string{"UPDATE ledger_leaves SET idx = -idx WHERE idx IN (5, 6)", "UPDATE ledger_leaves SET idx = 11 + idx WHERE idx < 0"}, "its record or salt is not what was sealed"},
		{"a changed head", []string{"UPDATE ledger_heads SET head = replace(head, '64', '65') WHERE n = 1"}, "the ledger's head 1: the signature under the head does not fit it"},
		{"a lost head", []string{"DELETE FROM ledger_heads WHERE n = 2"}, "the ledger's last head is of 64 records, and its tree has 128"},
		{"a changed key", []string{"UPDATE ledger_keys SET public = replace(public, 'a', 'b')"}, "public key"},
	} {
		t.Run(x.name, func(t *testing.T) {
			b := newBook(t, key).grow(6).publish().grow(n - 1).publish().grow(n)
			if x.tamper != nil {
				b.tampered(x.tamper...)
			}
			v, err := b.VerifyAll(t.Context(), b.db)
			if x.want == "" {
				if err != nil || v.Records != n || v.Waiting != 1 || v.Leaves != 128 || v.Erased != 0 || !bytes.Equal(v.Head, b.head()) {
					t.Errorf("%+v, error %v", v, err)
				}
			} else if err == nil || !strings.Contains(err.Error(), x.want) {
				t.Errorf("got %v, want %q", err, x.want)
			}
		})
	}

	t.Run("published heads", func(t *testing.T) {
		b := newBook(t, key)
		heads := [][]byte{b.head()}
		for range 3 {
			b.add()
			heads = append(heads, b.publish().head())
		}
		if v, err := b.VerifyAll(t.Context(), b.db, heads...); err != nil || v.Records != 3 {
			t.Errorf("%+v, error %v", v, err)
		}
		if _, err := b.VerifyAll(t.Context(), b.db, stranger.head()); err == nil {
			t.Error("a stranger's head was taken")
		}
		fork := newBook(t, key).grow(3).publish().publish().publish()
		if _, err := fork.VerifyAll(t.Context(), fork.db, heads[0], heads[2]); err == nil || !strings.Contains(err.Error(), "a head of 128 records was published") {
			t.Errorf("a fork: %v", err)
		}
		// Taken away whole: entry, act, leaves, hashes and head. Only who kept the
		// head can tell.
		b.tampered("DELETE FROM ledger WHERE idx = 2", "DELETE FROM ledger_leaves WHERE leaf >= 128", "DELETE FROM ledger_hashes WHERE idx >= 255",
			"DELETE FROM ledger_heads WHERE n = 3", "DELETE FROM acts WHERE id = 'act-002'")
		if v, err := b.VerifyAll(t.Context(), b.db); err != nil || v.Records != 2 {
			t.Errorf("%+v, error %v", v, err)
		}
		if _, err := b.VerifyAll(t.Context(), b.db, heads[3]); err == nil || !strings.Contains(err.Error(), "entries were taken away") {
			t.Errorf("a ledger cut short: %v", err)
		}
	})

	t.Run("many pages", func(t *testing.T) {
		b := newBook(t, key)
		b.update(func(tx portal.Tx) error {
			for i := range 1500 {
				d := decision(fmt.Sprintf("many-%04d", i), i+1)
				if err := errors.Join(tx.AddAct(d), b.Append(tx, d.ID, d.Record(), d.At)); err != nil {
					return err
				}
			}
			return nil
		})
		for _, leaves := range []int64{0, 1536} {
			if v, err := b.VerifyAll(t.Context(), b.db); err != nil || v.Records != 1500 || v.Leaves != leaves {
				t.Errorf("%+v, error %v", v, err)
			}
			b.publish()
		}
	})
}

func TestRotate(t *testing.T) {
	b := newBook(t, newKey(t)).grow(2).publish()
	receipt, before, old := b.receipt(0), b.head(), b.Ledger
	if err := b.Rotate(t.Context(), b.db, b.file, b.today()); err != nil {
		t.Fatal(err)
	}
	if _, err := old.Publish(t.Context(), b.db, b.today().AddDate(0, 0, 1)); err == nil || !strings.Contains(err.Error(), "start it again") {
		t.Errorf("a head by the old key: %v", err)
	}
	b.open()
	after := b.head()
	b.add()
	late := b.publish().receipt(2)
	for what, err := range map[string]error{
		"a receipt of before":               b.check(receipt, before, nil),
		"against the new key's head":        b.check(receipt, after, nil),
		"against a later head":              b.check(receipt, b.head(), b.consistency(64, 128)),
		"a receipt since":                   b.check(late, b.head(), nil),
		"both heads, of the same tree":      ledger.CheckHeads(before, after, b.keys(), nil),
		"the whole ledger, with both heads": func() error { _, err := b.VerifyAll(t.Context(), b.db, before, after); return err }(),
	} {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	// Who trusts the first key alone trusts nothing that is signed later; who has
	// the text from it on can follow.
	first, _, _ := strings.Cut(b.keys(), "\n")
	if _, err := ledger.OpenHead(after, first); err == nil {
		t.Error("the first key alone opens a later head")
	}
	if _, err := ledger.OpenHead(after, strings.Replace(b.keys(), "after 64", "after 65", 1)); err == nil || !strings.Contains(err.Error(), "key 2: it is not handed over") {
		t.Errorf("a changed hand-over: %v", err)
	}
	if _, err := ledger.OpenHead(after, b.keys()[:len(b.keys())-100]); err == nil {
		t.Error("half a hand-over was taken")
	}

	// What was cut short is finished by whoever opens the ledger next.
	next, err := os.ReadFile(b.file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(b.file, b.file+".next"); err != nil {
		t.Fatal(err)
	}
	b.open()
	if now, err := os.ReadFile(b.file); err != nil || !bytes.Equal(now, next) {
		t.Errorf("the key's file: %v", err)
	}
}

// The key belongs to the database: whatever else is in its place is refused, and
// never replaced.
func TestOpen(t *testing.T) {
	b := newBook(t, newKey(t)).grow(1).publish()
	content, err := os.ReadFile(b.file)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(b.file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if files, err := os.ReadDir(filepath.Dir(b.file)); err != nil || len(files) != 1 {
		t.Errorf("left behind: %v, %v", files, err)
	}
	refused := func(what, path, want string) {
		t.Helper()
		_, err := ledger.Open(t.Context(), b.db, path, noon)
		if err == nil || strings.Contains(err.Error(), "PRIVATE") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	dir := t.TempDir()
	other := filepath.Join(dir, "other")
	refused("none, on a second server", other, "is missing")
	if _, err := os.Stat(other); err == nil {
		t.Error("a key was made for a database that has one")
	}
	for _, content := range []string{"", "nonsense", "PRIVATE+KEY+x+00000000+AAAA"} {
		if err := os.WriteFile(other, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		refused("a file that is no key", other, "it is not a secret key")
	}
	refused("a folder", dir, "is not a key file")
	strange := newBook(t, newKey(t))
	refused("another ledger's", strange.file, "is not the key of this database's ledger")
	for _, mode := range []os.FileMode{0o640, 0o604, 0o620} {
		if err := os.Chmod(b.file, mode); err != nil {
			t.Fatal(err)
		}
		refused("mode "+mode.String(), b.file, "chmod 600")
	}
	if err := os.Chmod(b.file, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := b.Rotate(t.Context(), b.db, b.file, b.today()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(other, content, 0o600); err != nil {
		t.Fatal(err)
	}
	refused("one that was handed over", other, "handed over to a newer key")

	// A database that has records and never had a key in it keeps the one it was
	// made with, and nothing else.
	first := newBook(t, newKey(t)).grow(2)
	first.tampered("DELETE FROM ledger_keys", "DELETE FROM ledger_heads")
	if _, err := ledger.Open(t.Context(), first.db, filepath.Join(dir, "none"), noon); err == nil || !strings.Contains(err.Error(), "put it back") {
		t.Errorf("a first database without its key: %v", err)
	}
	first.open()
	first.publish()

	// Several servers that start at once share a file and a key, or all but one are refused.
	for _, shared := range []bool{true, false} {
		db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "s.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		dir := t.TempDir()
		var wg sync.WaitGroup
		var opened atomic.Int64
		for i := range 6 {
			wg.Go(func() {
				file := filepath.Join(dir, "key")
				if !shared {
					file += fmt.Sprint(i)
				}
				l, err := ledger.Open(t.Context(), db, file, noon)
				if err == nil {
					opened.Add(1)
					if _, err := l.VerifyAll(t.Context(), db); err != nil {
						t.Error(err)
					}
				} else if shared {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := opened.Load(); !shared && n != 1 {
			t.Errorf("%d servers with keys of their own have one ledger open", n)
		}
	}
}

// given is a receipt that was given once, and what was published later.
func given(t testing.TB) (receipt, head, consistency []byte, verifier string) {
	t.Helper()
	read := func(name string) []byte {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	return read("receipt.json"), read("head.txt"), read("consistency.txt"), string(read("verifier.txt"))
}

// What was given to a parent holds for ever, whatever becomes of this code.
func TestOldReceipt(t *testing.T) {
	receipt, head, consistency, verifier := given(t)
	rec, err := ledger.CheckReceipt(receipt, verifier, head, consistency)
	if err != nil || rec.ID != id(1) || rec.Answer != portal.Given {
		t.Errorf("%+v, %v", rec, err)
	}
}

func FuzzCheckReceipt(f *testing.F) {
	receipt, head, consistency, verifier := given(f)
	var was portal.Proof
	if err := json.Unmarshal(receipt, &was); err != nil {
		f.Fatal(err)
	}
	f.Add(receipt, head, consistency)
	f.Add(receipt, []byte(nil), []byte(nil))
	f.Add([]byte("{}"), []byte("x\n"), []byte("schoolgate consistency v1\nfrom 1\nto 2\n"))
	f.Fuzz(func(t *testing.T, r, h, c []byte) {
		rec, err := ledger.CheckReceipt(r, verifier, h, c)
		if err != nil {
			return
		}
		var is portal.Proof
		if json.Unmarshal(r, &is) != nil || !reflect.DeepEqual(was, is) || rec.ID != id(1) {
			t.Fatalf("a receipt that was never given holds: %q", r)
		}
	})
}

// A keyed hash takes the secret key: another key, use or text makes another, and it
// says under which key it was made.
func TestKeyed(t *testing.T) {
	b := newBook(t, newKey(t))
	mark := func(s string) string { m, _, _ := strings.Cut(s, ":"); return m }
	got := b.Keyed("codes", "text")
	if got != b.Keyed("codes", "text") || got == b.Keyed("codes", "texts") || got == b.Keyed("else", "text") || mark(got) != mark(b.Keyed("else", "")) {
		t.Errorf("a keyed hash is %s", got)
	}
	other := newBook(t, newKey(t)).Keyed("codes", "text")
	if mark(other) == mark(got) || strings.TrimPrefix(other, mark(other)) == strings.TrimPrefix(got, mark(got)) {
		t.Error("another key makes the same")
	}
}
