package ledger_test

import (
	"testing"
	"time"

	"schoolgate/portal/ledger"
)

// A witness cosigns heads that follow from one another, and none that does not;
// what it cosigned is still the ledger's head.
func TestWitness(t *testing.T) {
	b := newBook(t, newKey(t)).grow(3).publish()
	path := newKey(t)
	w, err := ledger.OpenWitness(path)
	if err != nil {
		t.Fatal(err)
	}
	again, err := ledger.OpenWitness(path)
	if err != nil || again.VerifierKey() != w.VerifierKey() {
		t.Fatalf("opened again: %v, another key", err)
	}
	stranger, err := ledger.OpenWitness(newKey(t))
	if err != nil {
		t.Fatal(err)
	}

	first := b.head()
	seen, err := w.Cosign(nil, first, b.keys(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if at, err := ledger.Witnessed(seen, w.VerifierKey()); err != nil || time.Since(at).Abs() > time.Minute {
		t.Errorf("witnessed at %v, %v", at, err)
	}
	for what, head := range map[string][]byte{"the bare head": first, "another's": must(stranger.Cosign(nil, first, b.keys(), nil))} {
		if _, err := ledger.Witnessed(head, w.VerifierKey()); err == nil {
			t.Errorf("%s passed for the witness's", what)
		}
	}
	if _, err := b.VerifyAll(t.Context(), b.db, seen); err != nil {
		t.Errorf("verify with a witnessed head: %v", err)
	}

	later := b.grow(70).publish().head()
	tree, err := ledger.OpenHead(later, b.keys())
	if err != nil {
		t.Fatal(err)
	}
	from, err := ledger.OpenHead(first, b.keys())
	if err != nil {
		t.Fatal(err)
	}
	proof := b.consistency(int(from.N), int(tree.N))
	if _, err := w.Cosign(seen, later, b.keys(), proof); err != nil {
		t.Errorf("the next head: %v", err)
	}
	fork := newBook(t, newKey(t)).grow(70).publish()
	for what, refused := range map[string]func() error{
		"a head without its proof": func() error { _, err := w.Cosign(seen, later, b.keys(), nil); return err },
		"an earlier head":          func() error { _, err := w.Cosign(later, first, b.keys(), proof); return err },
		"another ledger's head":    func() error { _, err := w.Cosign(seen, fork.head(), b.keys(), proof); return err },
		"another ledger's keys":    func() error { _, err := w.Cosign(seen, fork.head(), fork.keys(), proof); return err },
	} {
		if refused() == nil {
			t.Errorf("%s was cosigned", what)
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
