package ledger

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	cosignature "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
)

// Witness vouches for another installation's heads, by C2SP tlog-cosignature: that
// at such a time it had seen this head, and none that contradicts it.
type Witness struct {
	signer   *cosignature.Signer
	verifier string
}

// OpenWitness reads a witness's key from its file, which is made if there is none.
func OpenWitness(path string) (*Witness, error) {
	key, err := loaded(path)
	if err == nil && key == nil {
		if key, err = NewKey("schoolgate-witness/" + strings.ToLower(rand.Text()[:16])); err == nil {
			err = key.Save(path)
		}
	}
	if err != nil {
		return nil, err
	}
	w := new(Witness)
	if w.signer, err = cosignature.NewSignerForCosignatureV1(key.secret); err == nil {
		w.verifier, err = cosignature.VKeyToCosignatureV1(key.verifier)
	}
	if err != nil {
		return nil, fmt.Errorf("ledger key: %s: %w", path, err)
	}
	return w, nil
}

// VerifierKey is the public key by which [Witnessed] knows the witness.
func (w *Witness) VerifierKey() string { return w.verifier }

// Cosign adds the witness's line to a head, once it has seen that the head was
// signed by the ledger and extends the one that it cosigned before. The first time
// there is none; see [CheckHeads] for the rest.
func (w *Witness) Cosign(before, head []byte, publicKeys string, consistency []byte) ([]byte, error) {
	known, err := parseKeys(publicKeys)
	if err != nil {
		return nil, err
	}
	if _, err = known.openHead(head); err == nil && before != nil {
		err = CheckHeads(before, head, publicKeys, consistency)
	}
	if err != nil {
		return nil, err
	}
	n, err := note.Open(head, known.known())
	if err != nil {
		return nil, err
	}
	n.UnverifiedSigs = nil // other witnesses' lines are theirs to hand on
	return note.Sign(n, w.signer)
}

// Witnessed says when a witness cosigned a head, or that it did not.
func Witnessed(head []byte, verifierKey string) (at time.Time, err error) {
	verifier, err := cosignature.NewVerifierForCosignatureV1(strings.TrimSpace(verifierKey))
	if err != nil {
		return at, errors.New("the witness's public key is not one: it looks like name+8 hexadecimal digits+base64")
	}
	n, err := note.Open(lineEnds(head), note.VerifierList(verifier))
	if err != nil || len(n.Sigs) != 1 {
		return at, fmt.Errorf("the head was not seen by the witness %s", verifier.Name())
	}
	return cosignature.CoSigV1Timestamp(n.Sigs[0])
}
