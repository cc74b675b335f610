// Package ledger proves that nothing on record was changed or taken away. Each act
// gets at once a signed promise; when the next head is published, at its set time,
// the acts since the last one become leaves of a Merkle tree (RFC 6962, through
// golang.org/x/mod's tlog), whose signed head the public site prints. A receipt is
// checked against any copy of such a head, offline.
//
// The tree grows by whole chunks, filled up with leaves that seal nothing, and
// what came since the last head takes its places in no order: so neither a head's
// size nor a record's place tells anybody when somebody else acted, or whether.
package ledger

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"strings"
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
	// Every is how far apart the heads are: a day unless it is set before use. They
	// are published at whole multiples of it since midnight UTC.
	Every time.Duration
}

// Keyed is HMAC-SHA-256 under a key of the ledger's secret one, derived for the use.
func (l *Ledger) Keyed(use, text string) string {
	key, err := hkdf.Key(sha256.New, []byte(l.key.secret), nil, "schoolgate "+use, sha256.Size)
	if err != nil {
		panic(fmt.Sprintf("ledger: no HKDF: %v", err))
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return fmt.Sprintf("%08x:%x", l.key.KeyHash(), mac.Sum(nil))
}

// chunk is what a tree's size is a multiple of.
const chunk = 64

// padding is what a leaf seals that seals no record.
const padding = "padding"

// within is what a promise promises: one head may be missed.
func (l *Ledger) within() time.Duration { return 2 * l.Every }

// leafHash is the tree's leaf for a record. The salt keeps anybody from guessing
// a record by its hash, and from knowing it once record and salt are erased.
func leafHash(salt, record []byte) tlog.Hash {
	h := sha256.New()
	h.Write(salt)
	h.Write(record)
	return tlog.RecordHash(h.Sum(nil))
}

func newSalt() []byte {
	salt := make([]byte, 32)
	rand.Read(salt)
	return salt
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

// Append seals a record within tx: it is there for good, and the next head gives
// it its place. A record id that is there already is [portal.ErrConflict].
func (l *Ledger) Append(tx portal.Tx, recordID string, record []byte, at time.Time) error {
	size, err := tx.LedgerSize()
	if err != nil {
		return fmt.Errorf("ledger: size: %w", err)
	}
	e := portal.LedgerEntry{Index: size, RecordID: recordID, Salt: newSalt(), Record: record, At: at}
	if err := tx.AppendLedger(e); err != nil {
		return fmt.Errorf("ledger: entry %d: %w", size, err)
	}
	return nil
}

// Prove is the promise about a record and, once a head has been published since
// it was sealed, the proof against the last one. Its Text is left to the caller.
// It answers [portal.ErrNotFound] for a record that was never sealed or has been
// erased.
func (l *Ledger) Prove(tx portal.Tx, recordID string) (portal.Proof, error) {
	var p portal.Proof
	e, err := tx.LedgerEntryOf(recordID)
	if err != nil {
		return p, fmt.Errorf("ledger: entry: %w", err)
	}
	if e.Record == nil {
		return p, fmt.Errorf("ledger: entry %d is erased: %w", e.Index, portal.ErrNotFound)
	}
	p.Record, p.Salt, p.Index = string(e.Record), e.Salt, e.Leaf
	if p.Promise, err = l.promise(leafHash(e.Salt, e.Record), e.At); err != nil || e.Leaf < 0 {
		return p, err
	}
	size, err := tx.LedgerLeaves()
	if err != nil {
		return p, fmt.Errorf("ledger: size: %w", err)
	}
	path, err := tlog.ProveRecord(size, e.Leaf, stored(tx))
	if err != nil {
		return p, fmt.Errorf("ledger: proof of leaf %d: %w", e.Leaf, err)
	}
	for i := range path {
		p.Inclusion = append(p.Inclusion, path[i][:])
	}
	head, err := l.Head(tx)
	p.Head = string(head)
	return p, err
}

// Sign signs a text with the ledger's key, if it is still the one that signs: the key's
// hash, hexadecimal, and the signature, base64.
func (l *Ledger) Sign(tx portal.LedgerTx, text string) (string, error) {
	if err := l.Mine(tx); err != nil {
		return "", err
	}
	signature, err := l.key.Sign([]byte(text))
	if err != nil {
		return "", fmt.Errorf("ledger: sign: %w", err)
	}
	return fmt.Sprintf("%08x:%s", l.key.KeyHash(), base64.StdEncoding.EncodeToString(signature)), nil
}

// Head is the head that was published last: a signed note of the ledger's name,
// the tree's size and its root (C2SP tlog-checkpoint).
func (l *Ledger) Head(tx portal.LedgerTx) ([]byte, error) {
	last, err := tx.LedgerHead()
	if err != nil {
		return nil, fmt.Errorf("ledger: head: %w", err)
	}
	return []byte(last.Head), nil
}

// Published is every head that was published, oldest first, as [Heads] reads them.
func (l *Ledger) Published(tx portal.LedgerTx) ([]byte, error) {
	all, err := tx.LedgerHeads()
	if err != nil {
		return nil, fmt.Errorf("ledger: heads: %w", err)
	}
	var text strings.Builder
	for i, h := range all {
		if i > 0 {
			text.WriteString("\n")
		}
		text.WriteString(h.Head)
	}
	return []byte(text.String()), nil
}

// Keys is the ledger's public keys: the first, and each hand-over to the next. It
// is what anybody needs to check a head or a receipt, and is made to be published.
func (l *Ledger) Keys(tx portal.LedgerTx) ([]byte, error) {
	text, err := keysText(tx)
	return []byte(text), err
}

// Next is when the next head is due, at the earliest.
func (l *Ledger) Next(now time.Time) time.Time { return now.Truncate(l.Every).Add(l.Every) }

// Publish publishes a head where one is due: where none has been since the last
// set time. It answers whether it did.
func (l *Ledger) Publish(ctx context.Context, store portal.Store, now time.Time) (published bool, err error) {
	err = store.Update(ctx, func(tx portal.Tx) error {
		published = false
		last, err := tx.LedgerHead()
		if err != nil {
			return fmt.Errorf("ledger: head: %w", err)
		}
		// Not "later than": a clock that was ahead for a while must not stop the heads.
		if now.Truncate(l.Every).Equal(last.At.Truncate(l.Every)) {
			return nil
		}
		if err := l.Mine(tx); err != nil {
			return err
		}
		published = true
		return l.publish(tx, last.N+1, now)
	})
	return published, err
}

// Mine checks that the ledger's key is still the one that signs.
func (l *Ledger) Mine(tx portal.LedgerTx) error {
	known, err := keysOf(tx)
	if err != nil {
		return err
	}
	if known[len(known)-1].public != l.key.VerifierKey() {
		return errors.New("ledger: its key was changed since this program started: start it again")
	}
	return nil
}

// publish gives every waiting entry its place, and signs what has become of the
// tree. The time that it notes is the set one: nothing else is to be told by it.
func (l *Ledger) publish(tx portal.Tx, n int64, now time.Time) error {
	size, err := tx.LedgerLeaves()
	if err != nil {
		return fmt.Errorf("ledger: size: %w", err)
	}
	waiting, err := tx.LedgerWaiting()
	if err != nil {
		return fmt.Errorf("ledger: waiting entries: %w", err)
	}
	leaves := make([]portal.LedgerLeaf, (size+int64(len(waiting)))/chunk*chunk+chunk-size)
	hashes := make([]tlog.Hash, len(leaves))
	for i := range leaves {
		if i < len(waiting) {
			leaves[i].Entry = waiting[i].Index
			if waiting[i].Record != nil {
				hashes[i] = leafHash(waiting[i].Salt, waiting[i].Record)
				continue
			}
		}
		// Nothing, or what was erased before it had a place.
		leaves[i] = portal.LedgerLeaf{Entry: -1, Padding: newSalt()}
		hashes[i] = leafHash(leaves[i].Padding, []byte(padding))
	}
	if err := shuffle(len(leaves), func(i, j int) {
		leaves[i], leaves[j], hashes[i], hashes[j] = leaves[j], leaves[i], hashes[j], hashes[i]
	}); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	tree, err := frontierOf(tx, size)
	if err != nil {
		return fmt.Errorf("ledger: tree of %d: %w", size, err)
	}
	var brought [][32]byte
	for _, leaf := range hashes {
		for _, h := range tree.add(leaf) {
			brought = append(brought, h)
		}
	}
	if err := tx.PlaceLedger(size, leaves, tlog.StoredHashIndex(0, size), brought); err != nil {
		return fmt.Errorf("ledger: leaves from %d on: %w", size, err)
	}
	return l.sign(tx, n, tlog.Tree{N: tree.n, Hash: tree.root()}, now)
}

func (l *Ledger) sign(tx portal.Tx, n int64, tree tlog.Tree, now time.Time) error {
	head, err := note.Sign(&note.Note{Text: headText(l.key.Name(), tree)}, l.key)
	if err != nil {
		return fmt.Errorf("ledger: sign head of %d: %w", tree.N, err)
	}
	if err := tx.AddLedgerHead(portal.LedgerHead{N: n, Head: string(head), At: now.Truncate(l.Every)}); err != nil {
		return fmt.Errorf("ledger: head %d: %w", n, err)
	}
	return nil
}

// shuffle is a shuffle that nobody can guess.
func shuffle(n int, swap func(i, j int)) error {
	for i := n - 1; i > 0; i-- {
		j, err := rand.Int(rand.Reader, big.NewInt(int64(i+1)))
		if err != nil {
			return err
		}
		swap(i, int(j.Int64()))
	}
	return nil
}

// Consistency proves that the tree of size to holds the tree of size from,
// unchanged, as its beginning; see [ParseConsistency] for its text. Sizes run
// from 0 to the last published head's; others are [portal.ErrNotFound].
func (l *Ledger) Consistency(tx portal.LedgerTx, from, to int64) ([]byte, error) {
	size, err := tx.LedgerLeaves()
	if err != nil {
		return nil, fmt.Errorf("ledger: size: %w", err)
	}
	if from < 0 || from > to || to > size {
		return nil, fmt.Errorf("ledger: no proof from size %d to %d in a ledger of size %d: %w", from, to, size, portal.ErrNotFound)
	}
	c := Consistency{From: from, To: to}
	if from > 0 {
		if c.Proof, err = tlog.ProveTree(to, from, stored(tx)); err != nil {
			return nil, fmt.Errorf("ledger: proof from size %d to %d: %w", from, to, err)
		}
	}
	return c.text(), nil
}
