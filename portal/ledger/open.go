package ledger

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"schoolgate/portal"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Open opens the ledger of a database, whose secret key is in the file at path. A
// new database gets a ledger with a name and a key of its own, and its first head.
//
// The key belongs to the database, which knows the public half: a key that is
// missing, strange or second is refused, and never replaced. Several processes may
// open one ledger at once, if they share the file.
func Open(ctx context.Context, store portal.Store, path string, now time.Time) (*Ledger, error) {
	if err := finishRotation(ctx, store, path); err != nil {
		return nil, err
	}
	// The record first: a key is saved before it is put on record, so whoever finds
	// it there finds the file too, also while another server is starting.
	known, size, err := onRecord(ctx, store)
	if err != nil {
		return nil, err
	}
	key, err := loaded(path)
	if err != nil {
		return nil, err
	}
	made := false
	switch {
	case known == nil && key == nil && size > 0:
		return nil, fmt.Errorf("ledger key: the database holds a ledger, and %s is missing: put it back from a copy", path)
	case known == nil && key == nil:
		if key, err = NewKey("schoolgate/" + strings.ToLower(rand.Text()[:16])); err != nil {
			return nil, err
		}
		made = true
		if err := key.Save(path); err != nil {
			if key, err = loaded(path); err != nil || key == nil { // another process was quicker
				return nil, errors.Join(err, fmt.Errorf("ledger key: %s cannot be made", path))
			}
			made = false
		}
		fallthrough
	case known == nil:
		l := &Ledger{key, 24 * time.Hour}
		if err := l.begin(ctx, store, now); err != nil && !errors.Is(err, portal.ErrConflict) {
			return nil, err
		}
		if known, _, err = onRecord(ctx, store); err != nil {
			return nil, err
		}
	}
	last := known[len(known)-1].public
	switch {
	case key == nil:
		return nil, fmt.Errorf("ledger key: %s is missing, and nothing else can sign for this database's ledger: put it back from a copy; another server on this database needs the same file", path)
	case key.VerifierKey() == last:
		return &Ledger{key, 24 * time.Hour}, nil
	case made:
		return nil, errors.Join(fmt.Errorf("ledger key: another server has begun this database's ledger at the same moment: copy its key to %s", path), os.Remove(path))
	}
	for _, p := range known {
		if key.VerifierKey() == p.public {
			return nil, fmt.Errorf("ledger key: %s was handed over to a newer key since: put that one in its place", path)
		}
	}
	return nil, fmt.Errorf("ledger key: %s is not the key of this database's ledger, %s: put that one in its place; a strange key is never taken", path, known[0].verifier.Name())
}

// onRecord is the ledger's public keys and how many records it has.
func onRecord(ctx context.Context, store portal.Store) (known keys, size int64, err error) {
	err = store.View(ctx, func(tx portal.Tx) error {
		if size, err = tx.LedgerSize(); err != nil {
			return err
		}
		text, err := keysText(tx)
		if err != nil || text == "" {
			return err
		}
		known, err = parseKeys(text)
		return err
	})
	return known, size, err
}

// begin puts the first key on record, and the head of what is there.
func (l *Ledger) begin(ctx context.Context, store portal.Store, now time.Time) error {
	return store.Update(ctx, func(tx portal.Tx) error {
		if err := tx.AddLedgerKey(0, l.key.VerifierKey()+"\n", now); err != nil {
			return err
		}
		size, err := tx.LedgerLeaves()
		if err != nil {
			return err
		}
		root, err := tlog.TreeHash(size, stored(tx))
		if err != nil {
			return err
		}
		return l.sign(tx, 0, tlog.Tree{N: size, Hash: root}, now)
	})
}

// nextSuffix is of the file in which the next key waits until the database knows it.
const nextSuffix = ".next"

// Rotate hands the ledger over to a new key, which it writes to the file at path,
// and publishes a head that the new key has signed. Programs that have the ledger
// open must be started again before they publish another head.
func (l *Ledger) Rotate(ctx context.Context, store portal.Store, path string, now time.Time) error {
	next, err := loaded(path + nextSuffix)
	if err == nil && next == nil {
		if next, err = NewKey(l.key.Name()); err == nil {
			err = next.Save(path + nextSuffix)
		}
	}
	if err != nil {
		return err
	}
	err = store.Update(ctx, func(tx portal.Tx) error {
		if err := l.Mine(tx); err != nil {
			return err
		}
		last, err := tx.LedgerHead()
		if err != nil {
			return err
		}
		known, err := keysOf(tx)
		if err != nil {
			return err
		}
		tree, err := known.openHead([]byte(last.Head))
		if err != nil {
			return err
		}
		over, err := note.Sign(&note.Note{Text: handOverText(l.key.Name(), tree.N, next.VerifierKey())}, l.key, next)
		if err != nil {
			return err
		}
		if err := tx.AddLedgerKey(int64(len(known)), string(over), now); err != nil {
			return err
		}
		return (&Ledger{next, l.Every}).sign(tx, last.N+1, tree, now)
	})
	if err != nil {
		return fmt.Errorf("ledger: hand over: %w", err)
	}
	return finishRotation(ctx, store, path)
}

// finishRotation puts the next key in its place once the database knows it, also
// after a rotation that was cut short.
func finishRotation(ctx context.Context, store portal.Store, path string) error {
	next, err := loaded(path + nextSuffix)
	if err != nil || next == nil {
		return err
	}
	known, _, err := onRecord(ctx, store)
	if err != nil || known == nil || known[len(known)-1].public != next.VerifierKey() {
		return err
	}
	if err := os.Rename(path+nextSuffix, path); err != nil {
		return fmt.Errorf("ledger key: %w", err)
	}
	return nil
}
