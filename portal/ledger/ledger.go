// Package ledger proves that nothing on record was changed or taken away. It
// seals each act as a leaf of a Merkle tree (RFC 6962, through golang.org/x/mod's
// tlog), whose signed head the public site prints; a receipt is checked against
// any copy of such a head, offline.
package ledger

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"time"

	"schoolgate/portal"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

var _ portal.Ledger = (*Ledger)(nil)

// Ledger seals records and proves them. It keeps no state of its own, and is
// safe for concurrent use.
type Ledger struct {
	key *Key
}

// New makes a ledger whose heads are signed by key. The key's name is the
// ledger's origin: the first line of every head.
func New(key *Key) *Ledger { return &Ledger{key} }

// leafHash is the tree's leaf for a record. The salt keeps anybody from guessing
// a record by its hash, and from knowing it once record and salt are erased.
func leafHash(salt, record []byte) tlog.Hash {
	h := sha256.New()
	h.Write(salt)
	h.Write(record)
	return tlog.RecordHash(h.Sum(nil))
}

// stored reads a transaction's tree hashes.
func stored(tx portal.LedgerTx) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found, err := tx.LedgerHashes(indexes)
		if err != nil {
			return nil, err
		}
		hashes := make([]tlog.Hash, len(found))
		for i := range found {
			hashes[i] = found[i]
		}
		return hashes, nil
	})
}

// Append seals a record within tx. A record id that is there already is
// [portal.ErrConflict].
func (l *Ledger) Append(tx portal.Tx, recordID string, record []byte, at time.Time) error {
	size, err := tx.LedgerSize()
	if err != nil {
		return fmt.Errorf("ledger: size: %w", err)
	}
	salt := make([]byte, 32)
	rand.Read(salt)
	hashes, err := tlog.StoredHashesForRecordHash(size, leafHash(salt, record), stored(tx))
	if err != nil {
		return fmt.Errorf("ledger: hashes of entry %d: %w", size, err)
	}
	plain := make([][32]byte, len(hashes))
	for i := range hashes {
		plain[i] = hashes[i]
	}
	e := portal.LedgerEntry{Index: size, RecordID: recordID, Salt: salt, Record: record, At: at}
	if err := tx.AppendLedger(e, tlog.StoredHashIndex(0, size), plain); err != nil {
		return fmt.Errorf("ledger: entry %d: %w", size, err)
	}
	return nil
}

// Prove is the proof that a record is in the ledger as it stands in tx; its Text
// is left to the caller. It answers [portal.ErrNotFound] for a record that was
// never sealed or has been erased.
func (l *Ledger) Prove(tx portal.Tx, recordID string) (portal.Proof, error) {
	e, err := tx.LedgerEntryOf(recordID)
	if err != nil {
		return portal.Proof{}, fmt.Errorf("ledger: entry: %w", err)
	}
	if e.Record == nil {
		return portal.Proof{}, fmt.Errorf("ledger: entry %d is erased: %w", e.Index, portal.ErrNotFound)
	}
	size, err := tx.LedgerSize()
	if err != nil {
		return portal.Proof{}, fmt.Errorf("ledger: size: %w", err)
	}
	path, err := tlog.ProveRecord(size, e.Index, stored(tx))
	if err != nil {
		return portal.Proof{}, fmt.Errorf("ledger: proof of entry %d: %w", e.Index, err)
	}
	head, err := l.head(tx, size)
	if err != nil {
		return portal.Proof{}, err
	}
	inclusion := make([][]byte, len(path))
	for i := range path {
		inclusion[i] = path[i][:]
	}
	return portal.Proof{Record: string(e.Record), Salt: e.Salt, Index: e.Index, Inclusion: inclusion, Head: string(head)}, nil
}

// Head is the ledger's signed head as it stands in tx: a signed note of origin,
// size and root (C2SP tlog-checkpoint).
func (l *Ledger) Head(tx portal.LedgerTx) ([]byte, error) {
	size, err := tx.LedgerSize()
	if err != nil {
		return nil, fmt.Errorf("ledger: size: %w", err)
	}
	return l.head(tx, size)
}

func (l *Ledger) head(tx portal.LedgerTx, size int64) ([]byte, error) {
	root, err := tlog.TreeHash(size, stored(tx))
	if err != nil {
		return nil, fmt.Errorf("ledger: root of %d: %w", size, err)
	}
	return l.sign(tlog.Tree{N: size, Hash: root})
}

func (l *Ledger) sign(tree tlog.Tree) ([]byte, error) {
	head, err := note.Sign(&note.Note{Text: headText(l.key.Name(), tree)}, l.key)
	if err != nil {
		return nil, fmt.Errorf("ledger: sign head of %d: %w", tree.N, err)
	}
	return head, nil
}

// Consistency proves that the tree of size to holds the tree of size from,
// unchanged, as its beginning; see [ParseConsistency] for its text. Sizes run
// from 0 to the ledger's.
func (l *Ledger) Consistency(tx portal.LedgerTx, from, to int64) ([]byte, error) {
	size, err := tx.LedgerSize()
	if err != nil {
		return nil, fmt.Errorf("ledger: size: %w", err)
	}
	if from < 0 || from > to || to > size {
		return nil, fmt.Errorf("ledger: no proof from size %d to %d in a ledger of size %d", from, to, size)
	}
	c := Consistency{From: from, To: to}
	if from > 0 {
		if c.Proof, err = tlog.ProveTree(to, from, stored(tx)); err != nil {
			return nil, fmt.Errorf("ledger: proof from size %d to %d: %w", from, to, err)
		}
	}
	return c.text(), nil
}
