package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"schoolgate/portal"

	"golang.org/x/mod/sumdb/tlog"
)

// Checked is a receipt that holds.
type Checked struct {
	portal.Act
	// Proved says that the record is under a published head. Where it is not yet,
	// the ledger has promised that it will be, by Due.
	Proved bool
	Due    time.Time
}

// CheckReceipt checks a receipt (the JSON of a [portal.Proof]) without any
// server: that the record is in the ledger whose public keys are given, or was
// promised to be, and that the wording in the receipt is the one the record is
// about. An error says in plain words what does not hold.
//
// Given a signed head from anywhere else, such as the public site, it checks as
// well that both are of one ledger. Where their sizes differ that takes the
// consistency proof from the smaller to the larger; without one it is an error.
//
// The receipt has to be byte for byte as the portal writes it: on one line, or
// indented by two spaces, with or without a line end. A published head may have
// lost or changed its line ends on its way.
func CheckReceipt(receipt []byte, publicKeys string, head, consistency []byte) (Checked, error) {
	var none Checked
	proof, err := parseReceipt(receipt)
	if err != nil {
		return none, err
	}
	known, err := parseKeys(publicKeys)
	if err != nil {
		return none, err
	}
	act, err := portal.ParseRecord([]byte(proof.Record))
	if err != nil {
		return none, fmt.Errorf("the record in the receipt: %w", err)
	}
	sum := sha256.Sum256([]byte(proof.Text))
	if got := hex.EncodeToString(sum[:]); got != act.TextHash {
		return none, fmt.Errorf("the wording in the receipt is not the one on record: its SHA-256 is %s, and the record names %s", got, act.TextHash)
	}
	checked := Checked{Act: act, Proved: proof.Head != ""}
	leaf := leafHash(proof.Salt, []byte(proof.Record))
	if proof.Promise != "" || !checked.Proved {
		if checked.Due, err = known.openPromise(proof.Promise, leaf, act.At); err != nil {
			return none, err
		}
	}
	if !checked.Proved {
		switch {
		case proof.Index != -1 || proof.Inclusion != nil:
			return none, errors.New("the receipt says where the record is, and has no head")
		case len(head) > 0 || len(consistency) > 0:
			return none, fmt.Errorf("the receipt holds the ledger's promise alone, which no head proves: download it again after the next head, at the latest on %s", checked.Due.Format("2 January 2006"))
		}
		return checked, nil
	}
	tree, err := known.openHead([]byte(proof.Head))
	if err != nil {
		return none, fmt.Errorf("the head in the receipt: %w", err)
	}
	if proof.Index < 0 || proof.Index >= tree.N {
		return none, fmt.Errorf("the receipt says the record is number %d, and its head is of %d records", proof.Index, tree.N)
	}
	path := make(tlog.RecordProof, len(proof.Inclusion))
	for i, h := range proof.Inclusion {
		if len(h) != tlog.HashSize {
			return none, errors.New("the inclusion proof in the receipt holds something that is not a hash")
		}
		path[i] = tlog.Hash(h)
	}
	if err := tlog.CheckRecord(path, tree.N, tree.Hash, proof.Index, leaf); err != nil {
		return none, errors.New("the record is not in the ledger at the place the receipt says: the record, its salt, its place or the inclusion proof was changed")
	}
	if len(head) == 0 {
		if len(consistency) > 0 {
			return none, errors.New("a consistency proof was given without the published head that it leads to or from")
		}
		return checked, nil
	}
	published, err := known.openHead(lineEnds(head))
	if err != nil {
		return none, fmt.Errorf("the published head: %w", err)
	}
	earlier, later := tree, published
	if earlier.N > later.N {
		earlier, later = later, earlier
	}
	if err := extends(earlier, later, lineEnds(consistency)); err != nil {
		return none, fmt.Errorf("the receipt against the published head: %w", err)
	}
	return checked, nil
}

// parseReceipt takes a receipt only as the portal writes it: JSON can say one
// thing in many ways, and a check that took them all would take changed bytes.
func parseReceipt(receipt []byte) (portal.Proof, error) {
	var p portal.Proof
	if err := json.Unmarshal(receipt, &p); err != nil {
		return p, errors.New("this is not a receipt: it is not the JSON of one")
	}
	line, err := json.Marshal(p)
	if err != nil {
		return p, errors.New("this is not a receipt")
	}
	indented, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return p, errors.New("this is not a receipt")
	}
	if body := bytes.TrimSuffix(receipt, []byte("\n")); !bytes.Equal(body, line) && !bytes.Equal(body, indented) {
		return p, errors.New("the receipt is not written as the portal writes it: check the file that was downloaded, not a copy that another program has saved")
	}
	return p, nil
}

// lineEnds puts right what copying and pasting does to a text's line ends.
func lineEnds(text []byte) []byte {
	if len(text) == 0 {
		return nil
	}
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	return append(bytes.TrimRight(text, "\n"), '\n')
}
