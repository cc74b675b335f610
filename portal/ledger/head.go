package ledger

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// headText is what a head signs: origin, size and root, a line each.
func headText(origin string, tree tlog.Tree) string {
	return fmt.Sprintf("%s\n%d\n%s\n", origin, tree.N, tree.Hash)
}

// OpenHead reads a signed head that was signed by one of the ledger's keys (see
// [Ledger.Keys] for their text), while that key signed for the ledger. Below its
// signature there may be those of witnesses, which are not looked at here.
func OpenHead(head []byte, publicKeys string) (tlog.Tree, error) {
	var none tlog.Tree
	known, err := parseKeys(publicKeys)
	if err != nil {
		return none, err
	}
	return known.openHead(head)
}

func (k keys) openHead(head []byte) (tlog.Tree, error) {
	var none tlog.Tree
	n, err := note.Open(head, k.known())
	if err != nil {
		var invalid *note.InvalidSignatureError
		var unverified *note.UnverifiedNoteError
		switch {
		case errors.As(err, &invalid):
			return none, errors.New("the signature under the head does not fit it: the head was changed after it was signed")
		case errors.As(err, &unverified):
			return none, errors.New("the head was not signed with the ledger's key")
		}
		return none, errors.New("the head is not a signed note")
	}
	if len(n.Sigs) != 1 {
		return none, errors.New("the head must have one signature of the ledger")
	}
	if !sole(string(head), n) {
		return none, errors.New("the head is not written as the ledger writes it")
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 {
		return none, errors.New("the head does not have the three lines of one: origin, size and root")
	}
	var tree tlog.Tree
	tree.N, err = strconv.ParseInt(lines[1], 10, 64)
	if err == nil {
		tree.Hash, err = tlog.ParseHash(lines[2])
	}
	if err != nil || tree.N < 0 || n.Text != headText(n.Sigs[0].Name, tree) {
		return none, errors.New("the head does not say the ledger's name, a size and a root")
	}
	return tree, k.vouches(n.Sigs[0].Hash, tree.N)
}

// sole says whether what the ledger signed is written in the one way that it
// writes: a note can be written in several that mean the same, and then some byte
// of it could be changed. Lines of witnesses may follow.
func sole(signed string, n *note.Note) bool {
	raw, err := base64.StdEncoding.DecodeString(n.Sigs[0].Base64)
	if err != nil {
		return false
	}
	rest, ok := strings.CutPrefix(signed, n.Text+"\n— "+n.Sigs[0].Name+" "+base64.StdEncoding.EncodeToString(raw)+"\n")
	return ok && (rest == "") == (len(n.UnverifiedSigs) == 0)
}

// Heads are the signed heads in a text that holds one or more, a blank line
// between them, as the ledger publishes them.
func Heads(text []byte) ([][]byte, error) {
	parts := strings.Split(strings.Trim(string(lineEnds(text)), "\n"), "\n\n")
	if len(parts)%2 != 0 {
		return nil, errors.New("this is not a file of signed heads, or it is cut short")
	}
	var heads [][]byte
	for i := 0; i < len(parts); i += 2 {
		heads = append(heads, []byte(parts[i]+"\n\n"+parts[i+1]+"\n"))
	}
	return heads, nil
}

// Consistency is a proof that a tree of size From is the beginning of one of
// size To. Its text is three lines and the proof's hashes in base64, a line each:
//
//	schoolgate consistency v1
//	from 5
//	to 9
//	kCmMmCMsfXOn0TPTVHvzNDKAkbUBQBcNzr0pTNP3w5o=
type Consistency struct {
	From, To int64
	Proof    tlog.TreeProof
}

const consistencyTitle = "schoolgate consistency v1"

func (c Consistency) text() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nfrom %d\nto %d\n", consistencyTitle, c.From, c.To)
	for _, h := range c.Proof {
		b.WriteString(h.String() + "\n")
	}
	return []byte(b.String())
}

// ParseConsistency reads a consistency proof.
func ParseConsistency(text []byte) (Consistency, error) {
	var c Consistency
	malformed := errors.New("the consistency proof is not written as the ledger writes it")
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if len(lines) < 3 || lines[0] != consistencyTitle {
		return c, malformed
	}
	var err1, err2 error
	c.From, err1 = strconv.ParseInt(strings.TrimPrefix(lines[1], "from "), 10, 64)
	c.To, err2 = strconv.ParseInt(strings.TrimPrefix(lines[2], "to "), 10, 64)
	if err1 != nil || err2 != nil || c.From < 0 || c.From > c.To {
		return c, malformed
	}
	for _, line := range lines[3:] {
		h, err := tlog.ParseHash(line)
		if err != nil {
			return c, malformed
		}
		c.Proof = append(c.Proof, h)
	}
	if string(c.text()) != string(text) {
		return c, malformed
	}
	return c, nil
}

// extends checks that the later tree begins with the earlier one.
func extends(earlier, later tlog.Tree, consistency []byte) error {
	switch {
	case earlier.N > later.N:
		return fmt.Errorf("the later tree has %d records and the earlier one %d: records were taken away", later.N, earlier.N)
	case earlier.N == later.N:
		if earlier.Hash != later.Hash {
			return fmt.Errorf("two heads of %d records have different roots: the ledger was forked or rewritten", earlier.N)
		}
		return nil
	case earlier.N == 0:
		if empty, err := tlog.TreeHash(0, nil); err != nil || earlier.Hash != empty {
			return errors.New("a head of no records has the root of some")
		}
		return nil
	case len(consistency) == 0:
		return fmt.Errorf("the heads are of %d and %d records: a consistency proof from %d to %d is needed to compare them", earlier.N, later.N, earlier.N, later.N)
	}
	c, err := ParseConsistency(consistency)
	if err != nil {
		return err
	}
	if c.From != earlier.N || c.To != later.N {
		return fmt.Errorf("the consistency proof is from %d to %d, and the heads are of %d and %d records", c.From, c.To, earlier.N, later.N)
	}
	if err := tlog.CheckTree(c.Proof, later.N, later.Hash, earlier.N, earlier.Hash); err != nil {
		return fmt.Errorf("the tree of %d records does not begin with the tree of %d: the ledger was forked or rewritten", later.N, earlier.N)
	}
	return nil
}

// CheckHeads checks that the later of two signed heads extends the earlier one:
// that nothing the earlier vouched for was changed or taken away. Where their
// sizes differ it needs the consistency proof from the one to the other.
func CheckHeads(earlier, later []byte, publicKeys string, consistency []byte) error {
	a, err := OpenHead(earlier, publicKeys)
	if err != nil {
		return fmt.Errorf("the earlier head: %w", err)
	}
	b, err := OpenHead(later, publicKeys)
	if err != nil {
		return fmt.Errorf("the later head: %w", err)
	}
	return extends(a, b, consistency)
}
