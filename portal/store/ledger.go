package store

import (
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"time"

	"schoolgate/portal"
)

// An entry with its place, or a place with its entry; either may be missing.
const entryColumns = "COALESCE(l.idx, -1), COALESCE(x.leaf, -1), COALESCE(l.record_id, ''), COALESCE(l.salt, x.padding), l.record, l.at"

func entryFields(e *portal.LedgerEntry) []any {
	return []any{&e.Index, &e.Leaf, &e.RecordID, &e.Salt, &e.Record, stamp{&e.At}}
}

const entries = "SELECT " + entryColumns + " FROM ledger l LEFT JOIN ledger_leaves x ON x.idx = l.idx WHERE "

func (t *tx) LedgerSize() (int64, error) {
	return one(t, value[int64], "SELECT COALESCE(MAX(l.idx) + 1, 0) FROM ledger l")
}

func (t *tx) AppendLedger(e portal.LedgerEntry) error {
	return t.put("INSERT INTO ledger (idx, previous, record_id, salt, record, at) VALUES ($1, $2, $3, $4, $5, $6)",
		e.Index, before(e.Index), e.RecordID, e.Salt, string(e.Record), e.At)
}

func (t *tx) LedgerEntryOf(recordID string) (portal.LedgerEntry, error) {
	return one(t, entryFields, entries+"l.record_id = $1", recordID)
}

func (t *tx) LedgerWaiting() ([]portal.LedgerEntry, error) {
	return list(t, entryFields, entries+"l.idx > (SELECT COALESCE(MAX(y.idx), -1) FROM ledger_leaves y) ORDER BY l.idx")
}

func (t *tx) LedgerLeaves() (int64, error) {
	return one(t, value[int64], "SELECT COALESCE(MAX(x.leaf) + 1, 0) FROM ledger_leaves x")
}

func (t *tx) PlaceLedger(size int64, leaves []portal.LedgerLeaf, firstHash int64, hashes [][32]byte) error {
	for i, leaf := range leaves {
		var entry, padding any
		if leaf.Entry >= 0 {
			entry = leaf.Entry
		} else {
			padding = leaf.Padding
		}
		n := size + int64(i)
		if err := t.put("INSERT INTO ledger_leaves (leaf, previous, idx, padding) VALUES ($1, $2, $3, $4)", n, before(n), entry, padding); err != nil {
			return err
		}
	}
	for i := range hashes {
		n := firstHash + int64(i)
		if err := t.put("INSERT INTO ledger_hashes (idx, previous, hash) VALUES ($1, $2, $3)", n, before(n), hashes[i][:]); err != nil {
			return err
		}
	}
	return nil
}

func headFields(h *portal.LedgerHead) []any { return []any{&h.N, &h.Head, stamp{&h.At}} }

func (t *tx) LedgerHead() (portal.LedgerHead, error) {
	return one(t, headFields, "SELECT h.n, h.head, h.at FROM ledger_heads h ORDER BY h.n DESC LIMIT 1")
}

func (t *tx) LedgerHeads() ([]portal.LedgerHead, error) {
	return list(t, headFields, "SELECT h.n, h.head, h.at FROM ledger_heads h ORDER BY h.n")
}

func (t *tx) AddLedgerHead(h portal.LedgerHead) error {
	return t.put("INSERT INTO ledger_heads (n, previous, head, at) VALUES ($1, $2, $3, $4)", h.N, before(h.N), h.Head, h.At)
}

func (t *tx) LedgerKeys() ([]string, error) {
	return list(t, value[string], "SELECT k.public FROM ledger_keys k ORDER BY k.n")
}

func (t *tx) AddLedgerKey(n int64, public string, at time.Time) error {
	return t.put("INSERT INTO ledger_keys (n, previous, public, at) VALUES ($1, $2, $3, $4)", n, before(n), public, at)
}

// before is the index before this one; the first has none.
func before(idx int64) any {
	if idx == 0 {
		return nil
	}
	return idx - 1
}

// A query asks for so many hashes at most.
const hashPage = 512

func (t *tx) LedgerHashes(indexes []int64) ([][32]byte, error) {
	found := make(map[int64][32]byte, len(indexes))
	for left := indexes; len(left) > 0; {
		part := left[:min(len(left), hashPage)]
		left = left[len(part):]
		query, args := hashQuery(part)
		err := t.rows(query, args, func(rows *sql.Rows) error {
			var idx int64
			var hash sql.RawBytes
			if err := rows.Scan(&idx, &hash); err != nil {
				return err
			}
			if len(hash) != 32 {
				return errors.New("not a hash")
			}
			found[idx] = [32]byte(hash)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	hashes := make([][32]byte, len(indexes))
	for i, idx := range indexes {
		h, ok := found[idx]
		if !ok {
			return nil, portal.ErrNotFound
		}
		hashes[i] = h
	}
	return hashes, nil
}

// hashQuery asks for a run of hashes by its ends, and for others one by one.
func hashQuery(indexes []int64) (string, []any) {
	const columns = "SELECT h.idx, h.hash FROM ledger_hashes h WHERE h.idx "
	first, last := indexes[0], indexes[len(indexes)-1]
	run := last-first == int64(len(indexes)-1)
	var marks strings.Builder
	args := make([]any, len(indexes))
	for i, idx := range indexes {
		run = run && idx == first+int64(i)
		if i > 0 {
			marks.WriteString(", ")
		}
		marks.WriteString("$" + strconv.Itoa(i+1))
		args[i] = idx
	}
	if run {
		return columns + "BETWEEN $1 AND $2", []any{first, last}
	}
	return columns + "IN (" + marks.String() + ")", args
}

// So many entries are read before f is called on them, with no query open, so
// that f may use the transaction.
const sealedPage = 512

func (t *tx) EachSealed(f func(portal.LedgerEntry, portal.Act) error) error {
	for _, x := range []struct{ size, from string }{
		{"SELECT COALESCE(MAX(x.leaf) + 1, 0) FROM ledger_leaves x", "FROM ledger_leaves x LEFT JOIN ledger l ON l.idx = x.idx WHERE x.leaf BETWEEN $1 AND $2"},
		{"SELECT COALESCE(MAX(l.idx) + 1, 0) FROM ledger l", "FROM ledger l LEFT JOIN ledger_leaves x ON x.idx = l.idx WHERE x.leaf IS NULL AND l.idx BETWEEN $1 AND $2"},
	} {
		size, err := one(t, value[int64], x.size)
		if err != nil {
			return err
		}
		for next := int64(0); next < size; next += sealedPage {
			last := next + sealedPage - 1
			page, err := list(t, entryFields, "SELECT "+entryColumns+" "+x.from+" ORDER BY x.leaf, l.idx", next, last)
			if err != nil {
				return err
			}
			found, err := list(t, acts.scan, "SELECT "+acts.columns+" FROM acts a WHERE a.id IN (SELECT l.record_id "+x.from+")", next, last)
			if err != nil {
				return err
			}
			byID := make(map[string]portal.Act, len(found))
			for _, a := range found {
				byID[a.ID] = a
			}
			for _, e := range page {
				if err := f(e, byID[e.RecordID]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (t *tx) UnsealedAct() (string, error) {
	return one(t, value[string], "SELECT a.id FROM acts a WHERE NOT EXISTS (SELECT 1 FROM ledger l WHERE l.record_id = a.id) LIMIT 1")
}
