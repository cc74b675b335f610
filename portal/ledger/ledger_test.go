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
	"testing"
	"time"

	"schoolgate/portal"
	"schoolgate/portal/ledger"
	"schoolgate/portal/store"
)

const name = "schoolgate.example.org/ledger"

var noon = time.Date(2026, 9, 1, 12, 0, 0, 123456000, time.UTC)

// book is a ledger over a SQLite store, with a family that signs and decides.
type book struct {
	*ledger.Ledger
	t    testing.TB
	db   *store.DB
	path string
	key  *ledger.Key
	n    int
}

const wording = "# Photographs\n\nMay we show your child's picture? Ünïcödé <b>&amp;</b>\n"

func newBook(t testing.TB, key *ledger.Key) *book {
	t.Helper()
	b := &book{Ledger: ledger.New(key), t: t, key: key, path: filepath.Join(t.TempDir(), "s.db")}
	var err error
	if b.db, err = store.Open(t.Context(), b.path); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.db.Close() })
	text := portal.Text{School: "oak", Kind: portal.Purpose, Slug: "photos", Edition: 1, Hash: hash(wording), Source: wording}
	b.update(func(tx portal.Tx) error {
		return errors.Join(tx.PutSchool(portal.School{Slug: "oak", Texts: []portal.Text{text}}),
			tx.PutPupil(portal.Pupil{ID: "p", School: "oak"}), tx.PutContact(portal.Contact{ID: "c", School: "oak"}))
	})
	return b
}

func newKey(t testing.TB) *ledger.Key {
	t.Helper()
	key, err := ledger.LoadOrCreateKey(filepath.Join(t.TempDir(), "key"), name)
	if err != nil {
		t.Fatal(err)
	}
	return key
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
	_, err := ledger.CheckReceipt(receipt, b.key.VerifierKey(), head, consistency)
	return err
}

// tampered runs SQL behind the store's back, with the triggers that forbid it gone.
func (b *book) tampered(statements ...string) {
	b.t.Helper()
	db, err := sql.Open("sqlite3", "file:"+b.path+"?_foreign_keys=off")
	if err != nil {
		b.t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, table := range []string{"acts", "texts", "ledger", "ledger_hashes"} {
		for _, what := range []string{"no_update", "no_delete", "only_erase", "only_erased"} {
			if _, err := db.Exec("DROP TRIGGER IF EXISTS " + table + "_" + what); err != nil {
				b.t.Fatal(err)
			}
		}
	}
	for _, s := range statements {
		result, err := db.Exec(s)
		if err != nil {
			b.t.Fatalf("%s: %v", s, err)
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 && !strings.HasPrefix(s, "CREATE") {
			b.t.Fatalf("%s changed nothing", s)
		}
	}
}

func TestReceipts(t *testing.T) {
	b := newBook(t, newKey(t))
	var receipts, heads [][]byte
	const most = 20
	heads = append(heads, b.head())
	for n := range most {
		b.add()
		receipts, heads = append(receipts, b.receipt(n)), append(heads, b.head())
	}
	for n, receipt := range receipts {
		rec, err := ledger.CheckReceipt(receipt, b.key.VerifierKey()+"\n", nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		if rec.ID != id(n) || rec.Subject.ID != "p" || rec.Language != "pl" {
			t.Errorf("receipt %d is of %+v", n, rec)
		}
		for size, head := range heads {
			from, to := min(size, n+1), max(size, n+1)
			if err := b.check(receipt, head, b.consistency(from, to)); err != nil {
				t.Errorf("receipt of %d against head of %d: %v", n+1, size, err)
			}
			windows := bytes.ReplaceAll(bytes.TrimRight(head, "\n"), []byte("\n"), []byte("\r\n"))
			if err := b.check(receipt, windows, b.consistency(from, to)); err != nil {
				t.Errorf("a pasted head: %v", err)
			}
			if err := b.check(receipt, head, nil); (err == nil) != (from == to || from == 0) {
				t.Errorf("receipt of %d against head of %d without proof: %v", n+1, size, err)
			}
		}
	}
	for from := range heads {
		for to := range heads {
			if from > to {
				if err := ledger.CheckHeads(heads[from], heads[to], b.key.VerifierKey(), nil); err == nil || !strings.Contains(err.Error(), "taken away") {
					t.Errorf("from %d to %d: %v", from, to, err)
				}
				continue
			}
			if err := ledger.CheckHeads(heads[from], heads[to], b.key.VerifierKey(), b.consistency(from, to)); err != nil {
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
	if err := b.check(receipts[0], nil, b.consistency(1, 2)); err == nil {
		t.Error("a proof without a head was taken")
	}
	if _, err := ledger.CheckReceipt(receipts[0], "nonsense", nil, nil); err == nil {
		t.Error("a public key that is none was taken")
	}
}

func TestProveErrors(t *testing.T) {
	b := newBook(t, newKey(t)).grow(3)
	b.see(func(tx portal.Tx) error {
		if _, err := b.Prove(tx, "act-none"); !errors.Is(err, portal.ErrNotFound) {
			t.Errorf("an unknown record: %v", err)
		}
		for _, x := range [][2]int64{{-1, 2}, {2, 1}, {1, 4}} {
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
	b := newBook(t, newKey(t)).grow(7)
	receipt := b.receipt(0)
	head := b.grow(13).head()
	consistency := b.consistency(7, 13)
	if err := b.check(receipt, head, consistency); err != nil {
		t.Fatal(err)
	}
	for what, x := range map[string]struct {
		whole []byte
		check func([]byte) error
	}{
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
	b := newBook(t, key).grow(5)
	fork := newBook(t, key).grow(9)
	stranger := newBook(t, newKey(t)).grow(5)
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
		{"another record", changed(func(p *portal.Proof) { p.Record = strings.Replace(p.Record, "given", "refused", 1) }), nil, nil, "not in the ledger at the place"},
		{"another place", changed(func(p *portal.Proof) { p.Index++ }), nil, nil, "not in the ledger at the place"},
		{"a place beyond", changed(func(p *portal.Proof) { p.Index = 5 }), nil, nil, "number 5, and its head is of 5 records"},
		{"no proof", changed(func(p *portal.Proof) { p.Inclusion = nil }), nil, nil, "not in the ledger at the place"},
		{"half a hash", changed(func(p *portal.Proof) { p.Inclusion = [][]byte{{1}} }), nil, nil, "not a hash"},
		{"a record of another form", changed(func(p *portal.Proof) { p.Record = "{}" }), nil, nil, "not written as records are"},
		{"signed anew", changed(func(p *portal.Proof) { p.Head = string(stranger.head()) }), nil, nil, "not signed with the ledger's key"},
		{"a stranger's ledger", stranger.receipt(2), nil, nil, "not signed with the ledger's key"},
		{"a published head of a stranger", receipt, stranger.head(), nil, "the published head: the head was not signed"},
		{"a fork of the same size", receipt, newBook(t, key).grow(5).head(), nil, "forked or rewritten"},
		{"a fork that went on", receipt, fork.head(), fork.consistency(5, 9), "forked or rewritten"},
		{"a fork cut short", receipt, newBook(t, key).grow(3).head(), b.consistency(3, 5), "forked or rewritten"},
		{"the wrong proof", receipt, newBook(t, key).grow(9).head(), fork.consistency(4, 9), "is from 4 to 9"},
		{"no proof to a later head", receipt, fork.head(), nil, "a consistency proof from 5 to 9 is needed"},
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

func TestVerifyAll(t *testing.T) {
	key := newKey(t)
	stranger := newBook(t, newKey(t)).grow(4)
	const n = 11
	for _, x := range []struct {
		name   string
		tamper []string
		want   string // "" where nothing is wrong
	}{
		{"untouched", nil, ""},
		{"an erased act", []string{"UPDATE ledger SET record = NULL, salt = NULL WHERE idx = 4", "DELETE FROM acts WHERE id = 'act-004'"}, ""},
		{"an erased record", []string{"UPDATE ledger SET record = NULL, salt = NULL WHERE idx = 4"}, "entry 4, of record act-004, is erased, and the act is still on record"},
		{"a changed answer", []string{"UPDATE acts SET answer = 'refused' WHERE id = 'act-003'"}, "entry 3, of record act-003: the register differs from what was sealed, in: answer"},
		{"a changed name", []string{"UPDATE acts SET typed_name = 'X', language = 'en' WHERE kind = 'signature'"}, "entry 0, of record act-000: the register differs from what was sealed, in: text, typed_name"},
		{"a changed time", []string{"UPDATE acts SET at = '2026-09-01 12:00:03.123457+00:00' WHERE id = 'act-003'"}, "entry 3, of record act-003: the register differs from what was sealed, in: at"},
		{"a deleted act", []string{"DELETE FROM acts WHERE id = 'act-003'"}, "entry 3, of record act-003: the register has no such"},
		{"an added act", []string{"INSERT INTO acts (id, record_version, kind, school, party_kind, party_id, subject_kind, subject_id, entered_by, way, text_slug, edition, text_hash, language, at, until, typed_name, answer, seq, details) SELECT 'act-new', record_version, kind, school, party_kind, party_id, subject_kind, subject_id, entered_by, way, text_slug, edition, text_hash, language, at, until, typed_name, answer, 99, details FROM acts WHERE id = 'act-003'"},
			"act act-new is in the register, and the ledger does not seal it"},
		{"a changed act and record", []string{"UPDATE acts SET answer = 'refused' WHERE id = 'act-003'", "UPDATE ledger SET record = replace(record, 'given', 'refused') WHERE idx = 3"},
			"entry 3: its record or salt is not what was sealed"},
		{"a changed salt", []string{"UPDATE ledger SET salt = randomblob(32) WHERE idx = 7"}, "entry 7: its record or salt is not what was sealed"},
		{"a changed leaf", []string{"UPDATE ledger_hashes SET hash = randomblob(32) WHERE idx = 0"}, "entry 0: its record or salt"},
		{"a changed node", []string{"UPDATE ledger_hashes SET hash = randomblob(32) WHERE idx = 6"}, "the stored hash over entries 0 to 3 is not"},
		{"a changed leaf of an erased record", []string{"UPDATE ledger SET record = NULL, salt = NULL WHERE idx = 4", "DELETE FROM acts WHERE id = 'act-004'", "UPDATE ledger_hashes SET hash = randomblob(32) WHERE idx = 7"}, "the stored hash over entries 4 to 5"},
		{"a lost hash", []string{"DELETE FROM ledger_hashes WHERE idx = 6"}, "a stored hash is missing"},
		{"a hash too many", []string{"INSERT INTO ledger_hashes (idx, previous, hash) SELECT max(idx) + 1, max(idx), randomblob(32) FROM ledger_hashes"}, "is stored, and no entry makes it"},
		{"a lost entry", []string{"DELETE FROM ledger WHERE idx = 5"}, "entry 5 is missing: entry 6 stands in its place"},
		{"a lost beginning", []string{"DELETE FROM ledger WHERE idx = 0"}, "entry 0 is missing"},
		{"a lost end", []string{"DELETE FROM ledger WHERE idx = 10"}, "is stored, and no entry makes it"},
		{"another order", []string{"UPDATE ledger SET record_id = record_id || 'x' WHERE idx IN (5, 6)", "CREATE TEMP TABLE was AS SELECT * FROM ledger",
			"UPDATE ledger SET (record_id, salt, record) = (SELECT rtrim(was.record_id, 'x'), was.salt, was.record FROM was WHERE was.idx = 11 - ledger.idx) WHERE idx IN (5, 6)"},
			"entry 5: its record or salt is not what was sealed"},
	} {
		t.Run(x.name, func(t *testing.T) {
			b := newBook(t, key).grow(n)
			if x.tamper != nil {
				b.tampered(x.tamper...)
			}
			size, head, err := b.VerifyAll(t.Context(), b.db)
			if x.want == "" {
				if err != nil || size != n || !bytes.Equal(head, b.head()) {
					t.Errorf("size %d, error %v", size, err)
				}
			} else if err == nil || !strings.Contains(err.Error(), x.want) {
				t.Errorf("got %v, want %q", err, x.want)
			}
		})
	}

	t.Run("published heads", func(t *testing.T) {
		b := newBook(t, key)
		heads := [][]byte{b.head()}
		for range n {
			b.add()
			heads = append(heads, b.head())
		}
		if size, _, err := b.VerifyAll(t.Context(), b.db, heads...); err != nil || size != n {
			t.Errorf("size %d, error %v", size, err)
		}
		if _, _, err := b.VerifyAll(t.Context(), b.db, stranger.head()); err == nil {
			t.Error("a stranger's head was taken")
		}
		fork := newBook(t, key).grow(n)
		if _, _, err := fork.VerifyAll(t.Context(), fork.db, heads[0], heads[4]); err == nil || !strings.Contains(err.Error(), "a head of 4 records was published") {
			t.Errorf("a fork: %v", err)
		}
		// Taken away whole: entry, hashes and act.
		b.tampered("DELETE FROM ledger WHERE idx = 10", "DELETE FROM ledger_hashes WHERE idx >= 18", "DELETE FROM acts WHERE id = 'act-010'")
		if size, _, err := b.VerifyAll(t.Context(), b.db); err != nil || size != n-1 {
			t.Errorf("size %d, error %v", size, err)
		}
		if _, _, err := b.VerifyAll(t.Context(), b.db, heads[n]); err == nil || !strings.Contains(err.Error(), "entries were taken away") {
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
		if size, head, err := b.VerifyAll(t.Context(), b.db); err != nil || size != 1500 || !bytes.Equal(head, b.head()) {
			t.Errorf("size %d, error %v", size, err)
		}
	})
}

func TestKey(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "key")
	keys := make([]string, 8)
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() {
			key, err := ledger.LoadOrCreateKey(path, name)
			if err != nil {
				t.Error(err)
				return
			}
			keys[i] = key.VerifierKey()
			if s := fmt.Sprintf("%v %s", key, key); strings.Contains(s, "PRIVATE") {
				t.Error("a key prints itself")
			}
		})
	}
	wg.Wait()
	for _, k := range keys {
		if k != keys[0] || !strings.HasPrefix(k, name+"+") {
			t.Errorf("keys differ: %q", keys)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("left behind: %v, %v", files, err)
	}
	refused := func(what, path, name string) {
		t.Helper()
		_, err := ledger.LoadOrCreateKey(path, name)
		if err == nil || strings.Contains(err.Error(), "PRIVATE") {
			t.Errorf("%s: %v", what, err)
		}
		t.Log(err)
	}
	refused("another name", path, "other.example.org")
	for _, mode := range []os.FileMode{0o640, 0o604, 0o620} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		refused("mode "+mode.String(), path, name)
	}
	for _, content := range []string{"", "nonsense", "PRIVATE+KEY+" + name + "+00000000+AAAA"} {
		other := filepath.Join(dir, "other")
		if err := os.WriteFile(other, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		refused("a file that is no key", other, name)
	}
	refused("a folder", dir, name)
	refused("no folder", filepath.Join(dir, "none", "key"), name)
	refused("a name with a space", filepath.Join(dir, "new"), "two words")
	refused("a name with a plus", filepath.Join(dir, "new"), "a+b")
	refused("no name", filepath.Join(dir, "new"), "")
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
