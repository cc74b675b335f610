package store

import (
	"database/sql"
	"errors"
	"strconv"
	"strings"

	"schoolgate/portal"
)

const entryColumns = "l.idx, l.record_id, l.salt, l.record, l.at"

func entryFields(e *portal.LedgerEntry) []any {
	return []any{&e.Index, &e.RecordID, &e.Salt, &e.Record, stamp{&e.At}}
}

func (t *tx) LedgerSize() (int64, error) {
	return one(t, value[int64], "SELECT COALESCE(MAX(l.idx) + 1, 0) FROM ledger l")
}

func (t *tx) LedgerEntry(index int64) (portal.LedgerEntry, error) {
	return one(t, entryFields, "SELECT "+entryColumns+" FROM ledger l WHERE l.idx = $1", index)
}

func (t *tx) LedgerEntryOf(recordID string) (portal.LedgerEntry, error) {
	return one(t, entryFields, "SELECT "+entryColumns+" FROM ledger l WHERE l.record_id = $1", recordID)
}

func (t *tx) AppendLedger(e portal.LedgerEntry, firstHash int64, hashes [][32]byte) error {
	err := t.put("INSERT INTO ledger (idx, previous, record_id, salt, record, at) VALUES ($1, $2, $3, $4, $5, $6)",
		e.Index, before(e.Index), e.RecordID, e.Salt, string(e.Record), e.At)
	if err != nil {
		return err
	}
	for i := range hashes {
		idx := firstHash + int64(i)
		if err := t.put("INSERT INTO ledger_hashes (idx, previous, hash) VALUES ($1, $2, $3)", idx, before(idx), hashes[i][:]); err != nil {
			return err
		}
	}
	return nil
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
	size, err := t.LedgerSize()
	if err != nil {
		return err
	}
	for next := int64(0); next < size; next += sealedPage {
		last := next + sealedPage - 1
		entries, err := list(t, entryFields, "SELECT "+entryColumns+" FROM ledger l WHERE l.idx BETWEEN $1 AND $2 ORDER BY l.idx", next, last)
		if err != nil {
			return err
		}
		found, err := list(t, acts.scan, "SELECT "+acts.columns+" FROM acts a WHERE a.id IN (SELECT l.record_id FROM ledger l WHERE l.idx BETWEEN $1 AND $2)", next, last)
		if err != nil {
			return err
		}
		byID := make(map[string]portal.Act, len(found))
		for _, a := range found {
			byID[a.ID] = a
		}
		for _, e := range entries {
			if err := f(e, byID[e.RecordID]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *tx) UnsealedAct() (string, error) {
	return one(t, value[string], "SELECT a.id FROM acts a WHERE NOT EXISTS (SELECT 1 FROM ledger l WHERE l.record_id = a.id) LIMIT 1")
}
