package ledger

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"schoolgate/portal"

	"golang.org/x/mod/sumdb/note"
)

// keys is a ledger's public keys, in the order in which they signed for it. Its
// text is the first one, and for each of the others a blank line and the note by
// which the key before handed over to it:
//
//	schoolgate key v1
//	<the ledger's name>
//	after 128
//	<the next public key>
//
//	— <name> <signature by the key before>
//	— <name> <signature by the next key>
//
// The key before signed for no more than so many records. Who has trusted any one
// of the keys can follow the others from it: a text may begin with any of them.
type keys []period

// period is a key, and the size of the tree after which it signed.
type period struct {
	verifier note.Verifier
	public   string
	after    int64
}

const handOverTitle = "schoolgate key v1"

func handOverText(name string, after int64, next string) string {
	return fmt.Sprintf("%s\n%s\nafter %d\n%s\n", handOverTitle, name, after, next)
}

// parseKeys reads keys, and checks each hand-over.
func parseKeys(text string) (keys, error) {
	first, rest, _ := strings.Cut(strings.TrimSpace(text), "\n")
	verifier, err := note.NewVerifier(strings.TrimSpace(first))
	if err != nil {
		return nil, errors.New("the ledger's public key is not one: it looks like name+8 hexadecimal digits+base64")
	}
	all := keys{{verifier, strings.TrimSpace(first), 0}}
	if rest = strings.Trim(rest, "\n"); rest == "" {
		return all, nil
	}
	parts := strings.Split(rest, "\n\n")
	for i := 0; i+1 < len(parts); i += 2 {
		if all, err = all.handedOver(parts[i] + "\n\n" + parts[i+1] + "\n"); err != nil {
			return nil, fmt.Errorf("key %d: %w", len(all)+1, err)
		}
	}
	if len(parts)%2 != 0 {
		return nil, errors.New("the ledger's public keys are cut short")
	}
	return all, nil
}

// handedOver is the keys with the next one, which a note names.
func (k keys) handedOver(signed string) (keys, error) {
	last := k[len(k)-1]
	wrong := errors.New("it is not handed over by the key before it")
	var next period
	text, _, _ := strings.Cut(signed, "\n\n")
	lines := strings.Split(text, "\n")
	if len(lines) != 4 {
		return k, wrong
	}
	var err1, err2 error
	next.public = lines[3]
	next.verifier, err1 = note.NewVerifier(next.public)
	next.after, err2 = strconv.ParseInt(strings.TrimPrefix(lines[2], "after "), 10, 64)
	if err1 != nil || err2 != nil || next.after < last.after || next.verifier.Name() != last.verifier.Name() ||
		slices.ContainsFunc(k, func(p period) bool { return p.verifier.KeyHash() == next.verifier.KeyHash() }) {
		return k, wrong
	}
	n, err := note.Open([]byte(signed), note.VerifierList(last.verifier, next.verifier))
	if err != nil || len(n.Sigs) != 2 || n.Text != handOverText(last.verifier.Name(), next.after, next.public) {
		return k, wrong
	}
	return append(k, next), nil
}

// known are all keys, for opening a note that one of them has signed.
func (k keys) known() note.Verifiers {
	var all []note.Verifier
	for _, p := range k {
		all = append(all, p.verifier)
	}
	return note.VerifierList(all...)
}

// vouches says whether the key that made a signature signed for a tree of this size.
func (k keys) vouches(hash uint32, size int64) error {
	i := slices.IndexFunc(k, func(p period) bool { return p.verifier.KeyHash() == hash })
	switch {
	case i < 0:
		return errors.New("the head was not signed with the ledger's key")
	case size < k[i].after:
		return fmt.Errorf("the head is of %d records, and its key signed only from %d on", size, k[i].after)
	case i+1 < len(k) && size > k[i+1].after:
		return fmt.Errorf("the head is of %d records, and its key signed only up to %d: what came after was lost when the database was restored from an old copy, or the key was used by somebody else", size, k[i+1].after)
	}
	return nil
}

// signer is which of the keys has signed a text, as [Ledger.Sign] does.
func (k keys) signer(text, signature string) (int, error) {
	hash, data, _ := strings.Cut(signature, ":")
	for i, p := range k {
		if hash != fmt.Sprintf("%08x", p.verifier.KeyHash()) {
			continue
		}
		if b, err := base64.StdEncoding.DecodeString(data); err == nil && p.verifier.Verify([]byte(text), b) {
			return i, nil
		}
	}
	return 0, errors.New("it is not signed with the ledger's key: it was put in or changed by hand")
}

// keysText is the ledger's public keys as the database has them.
func keysText(tx portal.LedgerTx) (string, error) {
	rows, err := tx.LedgerKeys()
	if err != nil {
		return "", fmt.Errorf("ledger: keys: %w", err)
	}
	return strings.Join(rows, "\n"), nil
}

// keysOf is the ledger's public keys as it has them on record.
func keysOf(tx portal.LedgerTx) (keys, error) {
	text, err := keysText(tx)
	if err != nil {
		return nil, err
	}
	return parseKeys(text)
}
