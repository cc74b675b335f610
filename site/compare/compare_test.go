package compare

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"schoolgate/site/sitetest"
)

// Whatever two texts are, each can be read out of their comparison again.
func TestComparisonLosesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	some := func() (out []Block) {
		for range r.IntN(8) {
			p := Block{Kind: []string{"p", "item", "heading"}[r.IntN(3)]}
			for range 1 + r.IntN(9) {
				p.Words = append(p.Words, fmt.Sprint(r.IntN(6)))
			}
			out = append(out, p)
		}
		return out
	}
	words := func(ps []Block) (out []string) {
		for _, p := range ps {
			out = append(out, p.Words...)
		}
		return out
	}
	for range 3000 {
		before, after := some(), some()
		var old, fresh []string
		for _, c := range Blocks(before, after) {
			for _, part := range c.Parts {
				if part.Op != Added {
					old = append(old, part.Words...)
				}
				if part.Op != Removed {
					fresh = append(fresh, part.Words...)
				}
			}
		}
		if !slices.Equal(old, words(before)) || !slices.Equal(fresh, words(after)) {
			t.Fatalf("%v\n%v\ncompare as\n%v", before, after, Blocks(before, after))
		}
	}
}

// Long texts with nothing in common take no more than moments.
func TestComparisonOfLongTexts(t *testing.T) {
	long := func(word string) (out []Block) {
		for i := range 3000 {
			out = append(out, Block{Kind: "p", Words: []string{fmt.Sprint(word, i)}})
		}
		return append(out, Block{Kind: "p", Words: strings.Fields(strings.Repeat(word+" ", 30_000))})
	}
	before := sitetest.Worked()
	if c := Blocks(long("a"), long("b")); len(c) != 2*3001 {
		t.Errorf("got %d passages", len(c))
	}
	if worked := sitetest.Worked() - before; worked > 5*time.Second {
		t.Errorf("worked for %s", worked)
	}
}
