package site

import (
	"strings"
	"testing"

	"schoolgate/site/source"
)

// Whatever a file holds, filling keeps its lines, and either says what is
// wrong or leaves no blank.
func FuzzFill(f *testing.F) {
	for _, seed := range []string{
		"", "+++\ntitle = \"[[lead]]\"\n+++\n\n[[lead]]\n", "[[if work_phones]]\na\n[[end]]\n", "[[if not tracking_app]]\n[[x]]\n[[end]]",
		"[[[lead]]]", "[[\n]]", "[[if]]", "[[end]]", "[[ lead ]]", "]][[", "[[if work_phones]]\n+++\n",
	} {
		f.Add(seed)
	}
	a := answers{values: map[string]string{"lead": `Mrs "A"`}, uses: []string{"tracking_app"}}
	f.Fuzz(func(t *testing.T, text string) {
		out, problems := fill(source.File{Name: "x.md", Data: []byte(text)}, a)
		lines := strings.Count(strings.TrimSuffix(text, "\n"), "\n") + 1
		if got := strings.Count(out, "\n"); got != lines || !strings.HasSuffix(out, "\n") {
			t.Errorf("%q has %d lines, filled %d", text, lines, got)
		}
		if len(problems) == 0 && strings.Contains(out, "[[") {
			t.Errorf("%q: a blank is left in %q", text, out)
		}
		for _, p := range problems {
			if p.Line < 1 || p.Line > lines {
				t.Errorf("%q: %v is outside the file", text, p)
			}
		}
	})
}
