package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"schoolgate/portal"

	"golang.org/x/mod/sumdb/tlog"
)

// Verified is what a check of the whole ledger found, where everything holds.
type Verified struct {
	Records int64  // on record, each as it was sealed
	Erased  int64  // of those, whose time was up
	Waiting int64  // of those, not yet under a head
	Leaves  int64  // of the tree, those that seal nothing among them
	Head    []byte // that was published last

	Register portal.RegisterChecked // what stands beside the acts, each row as it was sealed
}

// VerifyAll checks the whole ledger against itself and against the register, at
// one moment: that each entry seals exactly the act that is on record, and no act
// is unsealed; that every leaf and every stored hash is what the sealed records
// make it; that every head that the database holds was signed by the key of its
// time, and is of this tree; that each key was named by the one before; and that
// each wording is the one that its hash names; and that the register, and what was
// erased, is as the ledger has it (see [portal.CheckRegister]). It answers the first thing that is wrong, naming only entries, ids and fields.
//
// An entry whose record was erased is taken at its stored hash, which the tree
// vouches for. A ledger that was rewritten whole by somebody who has its key is
// whole in itself: to notice, give heads that were published earlier and kept
// elsewhere, which this one must extend.
func (l *Ledger) VerifyAll(ctx context.Context, store portal.Store, published ...[]byte) (Verified, error) {
	var v verification
	err := store.View(ctx, func(tx portal.Tx) error {
		if err := l.Mine(tx); err != nil {
			return err
		}
		known, err := keysOf(tx)
		if err != nil {
			return err
		}
		v = verification{tx: tx, keys: known}
		for i, p := range published {
			tree, err := known.openHead(lineEnds(p))
			if err != nil {
				return fmt.Errorf("published head %d: %w", i+1, err)
			}
			v.earlier = append(v.earlier, tree)
		}
		heads, err := tx.LedgerHeads()
		if err != nil {
			return fmt.Errorf("ledger: heads: %w", err)
		}
		for i, h := range heads {
			tree, err := known.openHead([]byte(h.Head))
			if err == nil && h.N != int64(i) {
				err = errors.New("it is missing")
			}
			if err == nil && i == len(heads)-1 {
				_, err = known[len(known)-1:].openHead([]byte(h.Head)) // each hand-over published one
			}
			if err != nil {
				return fmt.Errorf("the ledger's head %d: %w", i, err)
			}
			v.earlier = append(v.earlier, tree)
			v.found.Head, v.last = []byte(h.Head), tree.N
		}
		return v.run()
	})
	return v.found, err
}

// verification is one pass over a ledger.
type verification struct {
	tx      portal.Tx
	keys    keys
	earlier []tlog.Tree
	last    int64 // the size of the head published last
	tree    frontier
	seen    []bool // which entries have come by
	placed  int64  // the last of those that have a place
	first   int64  // the stored hash from which on those expected are
	// expected is hashes that the tree should have stored, not yet compared with
	// what it has.
	expected []tlog.Hash
	found    Verified
}

func (v *verification) run() error {
	size, err := v.tx.LedgerSize()
	if err != nil {
		return fmt.Errorf("ledger: size: %w", err)
	}
	v.seen = make([]bool, size)
	if err := v.heads(); err != nil {
		return err
	}
	if err := v.tx.EachSealed(v.entry); err != nil {
		return err
	}
	if err := v.compare(); err != nil {
		return err
	}
	if i := slices.Index(v.seen, false); i >= 0 {
		return fmt.Errorf("entry %d is missing", i)
	}
	if _, err := v.tx.LedgerHashes([]int64{v.first}); err == nil {
		return fmt.Errorf("hash %d is stored, and no entry makes it", v.first)
	} else if !errors.Is(err, portal.ErrNotFound) {
		return fmt.Errorf("ledger: hashes: %w", err)
	}
	for _, e := range v.earlier {
		if e.N > v.tree.n {
			return fmt.Errorf("a head of %d records was published, and the ledger has %d: entries were taken away", e.N, v.tree.n)
		}
	}
	if v.last != v.tree.n {
		return fmt.Errorf("the ledger's last head is of %d records, and its tree has %d: a head was taken away", v.last, v.tree.n)
	}
	if err := v.tx.EachText(func(school, hash, source string) error {
		if sum := sha256.Sum256([]byte(source)); hex.EncodeToString(sum[:]) != hash {
			return fmt.Errorf("the wording %s of %s is not the one that its hash names", hash, school)
		}
		return nil
	}); err != nil {
		return err
	}
	id, err := v.tx.UnsealedAct()
	if err == nil {
		return fmt.Errorf("act %s is in the register, and the ledger does not seal it", id)
	}
	if !errors.Is(err, portal.ErrNotFound) {
		return fmt.Errorf("ledger: unsealed acts: %w", err)
	}
	v.found.Records, v.found.Leaves = size, v.tree.n
	v.found.Register, err = portal.CheckRegister(v.tx, v.keys.signer)
	return err
}

// entry is the next leaf, or the next entry that has no place.
func (v *verification) entry(e portal.LedgerEntry, act portal.Act) error {
	n := v.tree.n
	switch {
	case e.Leaf >= 0 && e.Leaf != n:
		return fmt.Errorf("leaf %d is missing: leaf %d stands in its place", n, e.Leaf)
	case e.Index < 0 && len(e.Salt) == 0:
		return fmt.Errorf("leaf %d has lost its entry", n)
	case e.Index < 0:
		return v.grow(leafHash(e.Salt, []byte(padding)))
	case e.Index >= int64(len(v.seen)) || v.seen[e.Index]:
		return fmt.Errorf("entry %d is there twice", e.Index)
	}
	v.seen[e.Index] = true
	var leaf tlog.Hash
	if e.Record == nil {
		if act.ID != "" {
			return fmt.Errorf("entry %d, of record %s, is erased, and the act is still on record", e.Index, e.RecordID)
		}
		v.found.Erased++
		if e.Leaf < 0 {
			return nil
		}
		found, err := v.tx.LedgerHashes([]int64{tlog.StoredHashIndex(0, n)})
		if errors.Is(err, portal.ErrNotFound) {
			return fmt.Errorf("entry %d: its hash is missing", e.Index)
		} else if err != nil {
			return fmt.Errorf("ledger: hash of entry %d: %w", e.Index, err)
		}
		leaf = found[0]
	} else {
		if err := sameAct(e, act); err != nil {
			return fmt.Errorf("entry %d, of record %s: %w", e.Index, e.RecordID, err)
		}
		leaf = leafHash(e.Salt, e.Record)
	}
	if e.Leaf < 0 {
		if e.Index < v.placed {
			return fmt.Errorf("entry %d, of record %s, has lost its place", e.Index, e.RecordID)
		}
		v.found.Waiting++
		return nil
	}
	v.placed = max(v.placed, e.Index)
	return v.grow(leaf)
}

// grow adds a leaf to the tree.
func (v *verification) grow(leaf tlog.Hash) error {
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
	if now.Details != "" && !json.Valid([]byte(now.Details)) { // of which there is no record
		return errors.New("the register differs from what was sealed, in: details")
	}
	if name := beside(now); name != "" {
		return fmt.Errorf("the register has something that was not sealed, in: %s", name)
	}
	if bytes.Equal(now.Record(), e.Record) {
		if !e.At.Equal(now.At) {
			return errors.New("the ledger says another time")
		}
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

// beside is what an act has that its form of record leaves out, where it was always empty.
func beside(a portal.Act) string {
	first := a.Version == 1
	switch {
	case a.TextHash == "" && (a.TextSlug != "" || a.Edition != 0 || a.Language != ""):
		return "text"
	case first && (a.Until != "" || a.Details != ""):
		return "until, details"
	case first && (a.Party.Kind != portal.RefContact || a.Subject.Kind != portal.RefPupil):
		return "party, subject"
	}
	return ""
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
			return fmt.Errorf("leaf %d: its record or salt is not what was sealed: the stored hash differs", n)
		}
		return fmt.Errorf("the stored hash over leaves %d to %d is not what their records make it", n<<level, (n+1)<<level-1)
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
			if err := v.compare(); err != nil { // it may say which
				return err
			}
			return fmt.Errorf("a head of %d records was published, and its root is not this ledger's: entries before %d were changed, or the ledger was forked", e.N, e.N)
		}
	}
	return nil
}

// frontier is a tree as entries are added to it: the roots of its complete
// subtrees, largest first.
type frontier struct {
	n     int64
	roots []tlog.Hash
}

// frontierOf is the tree of a size, from its stored hashes.
func frontierOf(tx portal.LedgerTx, size int64) (*frontier, error) {
	g := &frontier{n: size}
	var indexes []int64
	for level, rest := 62, size; level >= 0; level-- {
		if whole := int64(1) << level; rest&whole != 0 {
			indexes = append(indexes, tlog.StoredHashIndex(level, (size-rest)>>level))
			rest -= whole
		}
	}
	var err error
	if len(indexes) > 0 {
		g.roots, err = stored(tx).ReadHashes(indexes)
	}
	return g, err
}

// add adds a leaf and answers the hashes it brings, in tlog's order of storage.
func (g *frontier) add(leaf tlog.Hash) []tlog.Hash {
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

func (g *frontier) root() tlog.Hash {
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
