package source_test

import (
	"strings"
	"testing"

	"schoolgate/site/source"
)

// What is not the value that was meant stays as it was, to the byte.
func TestSetLeavesTheRestAsItIs(t *testing.T) {
	const file = "# Ours\nname   = \"A = B\"   # the name\nuses = [\n  \"press\", # asked\n]\n\n[blanks]\n# The head's name.\n# head = \"TODO\"\n\n\"talk_to\" = 'Mr A'\n\n[[search_tool]]\nname = \"S\"\nhead = \"no blank\"\n"
	for _, c := range []struct{ name, key, value, was, now string }{
		{"a value of the top", "name", `"C"`, `"A = B"`, `"C"`},
		{"a list over several lines", "uses", `["press", "partners"]`, "[\n  \"press\", # asked\n]", `["press", "partners"]`},
		{"in a table, its key in quotes", "blanks.talk_to", `"Mrs \"B\""`, `'Mr A'`, `"Mrs \"B\""`},
		{"in place of its comment", "blanks.head", `"Mrs H"`, `# head = "TODO"`, `head = "Mrs H"`},
		{"at the end of its table", "blanks.senco", `"Ms S"`, "'Mr A'\n", "'Mr A'\nsenco = \"Ms S\"\n"},
		{"at the end of the top", "colour", `"#123456"`, "]\n\n[blanks]", "]\ncolour = \"#123456\"\n\n[blanks]"},
		{"a table that was not there", "keep.records", `"one year"`, "no blank\"\n", "no blank\"\n\n[keep]\nrecords = \"one year\"\n"},
		{"taken out", "blanks.talk_to", "", `"talk_to" =`, `# "talk_to" =`},
		{"taken out, and was not there", "blanks.senco", "", "", ""},
	} {
		for _, form := range []struct{ before, nl string }{{"", "\n"}, {"\xef\xbb\xbf", "\r\n"}} {
			in := func(text string) string { return form.before + replace(text, "\n", form.nl) }
			got, err := source.Set([]byte(in(file)), c.key, c.value)
			want := in(replace(file, c.was, c.now))
			if err != nil || string(got) != want {
				t.Errorf("%s: got %q, %v\nwant %q", c.name, got, err, want)
			}
		}
	}
}

func replace(text, was, now string) string {
	if was == "" {
		return text
	}
	return strings.ReplaceAll(text, was, now)
}
