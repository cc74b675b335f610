package portal

import "context"

// Anybody may read what the ledger publishes, and check the ledger by it: nothing of it
// is about a person. So these operations ask no right of anybody.

// LedgerHead is the head that was published last, a signed note.
func (p *Portal) LedgerHead(ctx context.Context) ([]byte, error) {
	return p.published(ctx, p.ledger.Head)
}

// LedgerHeads is every head that was published, oldest first, an empty line between them.
func (p *Portal) LedgerHeads(ctx context.Context) ([]byte, error) {
	return p.published(ctx, p.ledger.Published)
}

// LedgerKeys is the ledger's public keys: the first, and each hand-over to the next.
func (p *Portal) LedgerKeys(ctx context.Context) ([]byte, error) {
	return p.published(ctx, p.ledger.Keys)
}

// LedgerConsistency proves that the tree of one size is the beginning of the tree of
// another. It answers [ErrNotFound] for sizes that no head vouches for together.
func (p *Portal) LedgerConsistency(ctx context.Context, from, to int64) ([]byte, error) {
	return p.published(ctx, func(tx LedgerTx) ([]byte, error) { return p.ledger.Consistency(tx, from, to) })
}

func (p *Portal) published(ctx context.Context, read func(LedgerTx) ([]byte, error)) (text []byte, err error) {
	err = p.store.View(ctx, func(tx Tx) error {
		text, err = read(tx)
		return err
	})
	return text, err
}
