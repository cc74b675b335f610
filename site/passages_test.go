package site

import (
	"slices"
	"testing"

	"schoolgate/site/source"
)

// A passage is the first of its name that fits the school; what it asks a school
// to fill is asked for, and a number is written once.
func TestPassages(t *testing.T) {
	trust := &Trust{Passages: []Passage{
		{Name: "controller", When: "maintained", Says: "[[school]]"},
		{Name: "controller", When: "trust", Says: "[[trust]]"},
		{Name: "controller", Says: "[[academy_trust]]"},
		{Name: "closed", Says: "Call [[night_call]]."},
		{Name: "listens", Says: "Call [[child_line_call]]."},
	}}
	help := []Organisation{{Slug: "child-line", Phone: "+44 800 1111"}}
	for _, c := range []struct {
		line   string
		holds  []string
		want   string
		needed []string
	}{
		{"[[controller]]", []string{"academy", "trust"}, "The Trust", []string{"academy_trust"}},
		{"[[controller]]", []string{"maintained", "trust"}, "The School", []string{"academy_trust"}},
		{"[[controller]]", []string{"academy"}, "", []string{"academy_trust"}},
		{"[[closed]]", nil, "Call [01632 960 181](tel:+441632960181).", []string{"night_phone"}},
		{"[[listens]]", nil, "Call [+44 800 1111](tel:+448001111).", nil},
		{"[[school_call]]", nil, "[01632 960 101](tel:+441632960101)", nil},
		{"[[child_line_phone]] [[child_line_call]]", nil, "+44 800 1111 [+44 800 1111](tel:+448001111)", nil},
	} {
		a := answers{
			values: map[string]string{"school": "The School", "trust": "The Trust", "night_phone": "01632 960 181"},
			shared: trust.shared(c.holds, help, "01632 960 101"),
		}
		got, problems := fill(source.File{Name: "a.md", Data: []byte(c.line)}, a)
		if got != c.want+"\n" {
			t.Errorf("%s for %v: got %q, want %q", c.line, c.holds, got, c.want)
		}
		if c.want == "" && (len(problems) != 1 || problems[0].Text != "unfilled blank [[academy_trust]]") {
			t.Errorf("%s for %v: got problems %v", c.line, c.holds, problems)
		}
		withHelp := *trust
		withHelp.Help = help
		if asked := withHelp.asked(c.line); !slices.Equal(asked, c.needed) {
			t.Errorf("%s: asks for %v, want %v", c.line, asked, c.needed)
		}
	}
}
