package check

import (
	"strings"
	"testing"
)

func TestRedact(t *testing.T) {
	in := &inspection{}
	if got := in.redact("of B801200005001 said"); strings.Contains(got, "B801") {
		t.Errorf("got %q", got)
	}
	in.roll = &checkedRoll{born: map[string]bool{"2017-11-14": true}}
	for _, said := range []string{"born 14 November 2017", "born 14th November 2017", "14/11/2017", "2017-11-14", "14.11.17"} {
		if got := in.redact(said); strings.Contains(got, "14") {
			t.Errorf("%q became %q", said, got)
		}
	}
	if got := in.redact("due on 8 January 2027"); got != "due on 8 January 2027" {
		t.Errorf("got %q", got)
	}
}
