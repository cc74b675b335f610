package colour

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// Whatever colour has enough contrast with white gives a site that can be read,
// in light and in dark.
func TestEveryAcceptedColourCanBeRead(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	accepted := 0
	for range 20_000 {
		c := RGB{r.Float64(), r.Float64(), r.Float64()}
		l := Look{Colour: c.String()}
		p, err := l.palette()
		if err != nil {
			t.Fatal(err)
		}
		if white.contrast(p.accent) < smallContrast {
			continue
		}
		accepted++
		if faults := p.faults(); len(faults) > 0 {
			t.Fatalf("%s: %v", l.Colour, faults)
		}
		if c := p.darkAccent.contrast(darkPaper); c < textContrast {
			t.Fatalf("%s: in dark links have %.2f", l.Colour, c)
		}
	}
	if accepted < 5000 {
		t.Errorf("only %d colours accepted", accepted)
	}
}

// A tint is used as it is, or refused; in dark it keeps its hue and can be read.
func TestEveryAcceptedTintCanBeRead(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	accepted := 0
	for range 20_000 {
		tint := RGB{0.6 + 0.4*r.Float64(), 0.6 + 0.4*r.Float64(), 0.6 + 0.4*r.Float64()}
		p, err := Look{Colour: "#14532d", Tint: tint.String()}.palette()
		if err != nil {
			t.Fatal(err)
		}
		for _, fault := range p.faults() {
			if strings.Contains(fault, "in dark") {
				t.Fatalf("%s: %s", tint, fault)
			}
		}
		if len(p.faults()) == 0 {
			accepted++
		}
	}
	if accepted < 2000 {
		t.Errorf("only %d tints accepted", accepted)
	}
}
