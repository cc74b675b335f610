package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"schoolgate/portal"

	"golang.org/x/mod/sumdb/tlog"
)

// VerifyAll checks the whole ledger against itself and against the register, at
// one moment: that every entry is in its place, that every stored hash is what
// the sealed records make it, that each entry seals exactly the act that is on record, and that no act is
// unsealed. It answers the ledger's size and signed head, or the first thing that
// is wrong, naming only entries, ids and fields.
//
// An entry whose record was erased is taken at its stored hash, which the tree
// vouches for. A ledger that lost its end together with its acts is whole in
// itself: to notice, give heads that were published earlier, which this one must
// extend.
func (l *Ledger) VerifyAll(ctx context.Context, store portal.Store, published ...[]byte) (size int64, head []byte, err error) {
	earlier := make([]tlog.Tree, len(published))
	for i, p := range published {
		if earlier[i], err = OpenHead(lineEnds(p), l.key.VerifierKey()); err != nil {
			return 0, nil, fmt.Errorf("published head %d: %w", i+1, err)
		}
	}
	err = store.View(ctx, func(tx portal.Tx) error {
		v := verification{tx: tx, earlier: earlier}
		if err := v.run(); err != nil {
			return err
		}
		size = v.tree.n
		head, err = l.sign(tlog.Tree{N: size, Hash: v.tree.root()})
		return err
	})
	if err != nil {
		return 0, nil, err
	}
	return size, head, nil
}

// verification is one pass over a ledger.
type verification struct {
	tx      portal.Tx
	earlier []tlog.Tree
	tree    grown
	// expected is hashes that the tree should have stored, from index first on,
	// not yet compared with what it has.
	expected []tlog.Hash
	first    int64
}

func (v *verification) run() error {
	size, err := v.tx.LedgerSize()
	if err != nil {
		return fmt.Errorf("ledger: size: %w", err)
	}
	if err := v.heads(); err != nil {
		return err
	}
	if err := v.tx.EachSealed(v.entry); err != nil {
		return err
	}
	if err := v.compare(); err != nil {
		return err
	}
	switch {
	case v.tree.n != size:
		return fmt.Errorf("entry %d is missing", v.tree.n)
	default:
		_, err := v.tx.LedgerHashes([]int64{v.first})
		if err == nil {
			return fmt.Errorf("hash %d is stored, and no entry makes it", v.first)
		}
		if !errors.Is(err, portal.ErrNotFound) {
			return fmt.Errorf("ledger: hashes: %w", err)
		}
	}
	for _, e := range v.earlier {
		if e.N > size {
			return fmt.Errorf("a head of %d records was published, and the ledger has %d: entries were taken away", e.N, size)
		}
	}
	id, err := v.tx.UnsealedAct()
	if err == nil {
		return fmt.Errorf("act %s is in the register, and the ledger does not seal it", id)
	}
	if !errors.Is(err, portal.ErrNotFound) {
		return fmt.Errorf("ledger: unsealed acts: %w", err)
	}
	return nil
}

func (v *verification) entry(e portal.LedgerEntry, act portal.Act) error {
	n := v.tree.n
	if e.Index != n {
		return fmt.Errorf("entry %d is missing: entry %d stands in its place", n, e.Index)
	}
	var leaf tlog.Hash
	if e.Record == nil && act.ID != "" {
		return fmt.Errorf("entry %d, of record %s, is erased, and the act is still on record", n, e.RecordID)
	} else if e.Record == nil {
		found, err := v.tx.LedgerHashes([]int64{tlog.StoredHashIndex(0, n)})
		if errors.Is(err, portal.ErrNotFound) {
			return fmt.Errorf("entry %d: its hash is missing", n)
		} else if err != nil {
			return fmt.Errorf("ledger: hash of entry %d: %w", n, err)
		}
		leaf = found[0]
	} else {
		if err := sameAct(e, act); err != nil {
			return fmt.Errorf("entry %d, of record %s: %w", n, e.RecordID, err)
		}
		leaf = leafHash(e.Salt, e.Record)
	}
	v.expected = append(v.expected, v.tree.add(leaf)...)
	if len(v.expected) >= 1024 {
		if err := v.compare(); err != nil {
			return err
		}
	}
	return v.heads()
}

// sameAct checks that a sealed record is what is on record now.
func sameAct(e portal.LedgerEntry, now portal.Act) error {
	if now.ID == "" {
		return errors.New("the register has no such act")
	}
	if bytes.Equal(now.Record(), e.Record) {
		return nil
	}
	sealed, err := portal.ParseRecord(e.Record)
	if err != nil {
		return err
	}
	var was, is map[string]json.RawMessage
	if err := errors.Join(json.Unmarshal(sealed.Record(), &was), json.Unmarshal(now.Record(), &is)); err != nil {
		return err
	}
	var fields []string
	for name := range was {
		if !bytes.Equal(was[name], is[name]) {
			fields = append(fields, name)
		}
	}
	for name := range is {
		if _, ok := was[name]; !ok {
			fields = append(fields, name)
		}
	}
	slices.Sort(fields)
	return fmt.Errorf("the register differs from what was sealed, in: %s", strings.Join(fields, ", "))
}

// compare checks the expected hashes against the stored ones.
func (v *verification) compare() error {
	if len(v.expected) == 0 {
		return nil
	}
	indexes := make([]int64, len(v.expected))
	for i := range indexes {
		indexes[i] = v.first + int64(i)
	}
	found, err := v.tx.LedgerHashes(indexes)
	if errors.Is(err, portal.ErrNotFound) {
		return fmt.Errorf("a stored hash is missing, between hash %d and hash %d", indexes[0], indexes[len(indexes)-1])
	} else if err != nil {
		return fmt.Errorf("ledger: hashes: %w", err)
	}
	for i, want := range v.expected {
		if found[i] == want {
			continue
		}
		level, n := tlog.SplitStoredHashIndex(indexes[i])
		if level == 0 {
			return fmt.Errorf("entry %d: its record or salt is not what was sealed: the stored hash differs", n)
		}
		return fmt.Errorf("the stored hash over entries %d to %d is not what their records make it", n<<level, (n+1)<<level-1)
	}
	v.first += int64(len(v.expected))
	v.expected = v.expected[:0]
	return nil
}

// heads checks the tree as it has grown so far against the published heads of
// that size.
func (v *verification) heads() error {
	for _, e := range v.earlier {
		if e.N == v.tree.n && e.Hash != v.tree.root() {
			return fmt.Errorf("a head of %d records was published, and its root is not this ledger's: entries before %d were changed, or the ledger was forked", e.N, e.N)
		}
	}
	return nil
}

// grown is a tree as entries are added to it: the roots of its complete
// subtrees, largest first.
type grown struct {
	n     int64
	roots []tlog.Hash
}

// add adds a leaf and answers the hashes it brings, in tlog's order of storage.
func (g *grown) add(leaf tlog.Hash) []tlog.Hash {
	brings := []tlog.Hash{leaf}
	h := leaf
	for level := 0; g.n>>level&1 == 1; level++ {
		h = tlog.NodeHash(g.roots[len(g.roots)-1], h)
		g.roots = g.roots[:len(g.roots)-1]
		brings = append(brings, h)
	}
	g.roots = append(g.roots, h)
	g.n++
	return brings
}

func (g *grown) root() tlog.Hash {
	if g.n == 0 {
		empty, err := tlog.TreeHash(0, nil)
		if err != nil {
			panic(fmt.Sprintf("ledger: the root of nothing: %v", err))
		}
		return empty
	}
	h := g.roots[len(g.roots)-1]
	for i := len(g.roots) - 2; i >= 0; i-- {
		h = tlog.NodeHash(g.roots[i], h)
	}
	return h
}
