package site

import (
	"strings"
	"testing"

	"schoolgate/site/source"
)

func TestPeriods(t *testing.T) {
	for words, want := range map[string]int{
		"one year": 12, "two years": 24, "18 months": 18, "six months": 6, "1 month": 1, "at once": 0,
		"": -1, "a while": -1, "0 months": -1, "two": -1, "one day": -1, "One year": -1, "zero years": -1, "1 year ": -1, "101 years": -1,
	} {
		n, ok := periodMonths(words)
		if ok != (want >= 0) || ok && n != want {
			t.Errorf("%q is %d, %v; want %d", words, n, ok, want)
		}
	}
	for name, words := range keepNames {
		if n, ok := periodMonths(words); !ok || n == 0 && name != "replaced" {
			t.Errorf("the usual period of %s is none: %q", name, words)
		}
	}
}

// A school's period goes before the trust's, and that before the usual one; pages
// say the same.
func TestKeeps(t *testing.T) {
	trust := &Trust{Keep: map[string]string{"events": "three years", "answers": "18 months"}}
	s := &School{Keep: map[string]string{"answers": "two years"}}
	got := trust.Keeps(s)
	for name, want := range map[string]int{"answers": 24, "events": 36, "records": 12, "replaced": 0} {
		if got[name] != want {
			t.Errorf("%s: %d months, want %d", name, got[name], want)
		}
	}
	if b := trust.keepBlanks(s); b["keep_answers"] != "two years" || b["keep_events"] != "three years" {
		t.Errorf("pages say %v", b)
	}
	for file, want := range map[string]int{"records = \"at once\"": 1, "answers = \"for ever\"": 1, "holidays = \"one year\"": 1, "replaced = \"at once\"": 0} {
		var problems source.Problems
		name, words, _ := cutSetting(file)
		checkKeep(source.Checker{Src: source.File{Name: "school.toml", Data: []byte("[keep]\n" + file + "\n")}, Problems: &problems}, map[string]string{name: words})
		if len(problems) != want || want > 0 && problems[0].Line != 2 {
			t.Errorf("%s: %v", file, problems)
		}
	}
}

func cutSetting(line string) (name, words string, ok bool) {
	name, words, ok = strings.Cut(line, " = ")
	return name, strings.Trim(words, `"`), ok
}
