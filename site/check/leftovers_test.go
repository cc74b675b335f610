package check

import (
	"io/fs"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/tools/txtar"

	"schoolgate/content"
	"schoolgate/site"
	"schoolgate/site/sitetest"
	"schoolgate/site/source"
	"schoolgate/themes"
)

// leftIn is what the rules on leftovers find in one school of a content folder, without
// a build. With as, files of other folders are read as if they were the school's own.
func leftIn(t testing.TB, content, theme fs.FS, slug string, as map[string]string) []Finding {
	t.Helper()
	trust, err := site.Load(content)
	if err != nil {
		t.Fatal(err)
	}
	drafts, err := site.Drafts(trust, site.Options{Theme: theme, Address: "http://localhost:8080"})
	if err != nil {
		t.Fatal(err)
	}
	shared, err := readShared(content)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range drafts {
		if d.Slug != slug {
			continue
		}
		in := &inspection{draft: d, trust: trust, now: sitetest.Now, reported: map[string]bool{}}
		for _, s := range trust.Schools {
			if s.Slug == slug {
				in.school = s
			}
		}
		if in.sources, err = shared.of(content, d); err != nil {
			t.Fatal(err)
		}
		for name, raw := range as {
			in.sources.byName[name] = &checkedFile{name: name, raw: raw}
			in.sources.order = append(in.sources.order, name)
		}
		in.checkLeftovers()
		return in.found
	}
	t.Fatalf("no site %s", slug)
	return nil
}

// withElsewhere is the fixture with the product's own list of what belongs elsewhere.
func withElsewhere(t testing.TB, over ...txtar.File) fstest.MapFS {
	t.Helper()
	f := checkFixture(t, over...).Content
	data, err := fs.ReadFile(content.FS, "model/elsewhere.toml")
	if err != nil {
		t.Fatal(err)
	}
	f["model/elsewhere.toml"] = &fstest.MapFile{Data: data}
	return f
}

// Every line of leftovers.txt is found, where it stands, and none of innocent.txt.
func TestLeftoverLines(t *testing.T) {
	for _, c := range []struct {
		file string
		left bool
	}{{"leftovers.txt", true}, {"innocent.txt", false}} {
		lines := strings.Split(strings.TrimSpace(sitetest.Read(t, "testdata", c.file)), "\n")
		page := txtar.File{Name: "schools/larkfield/pages/trip.md", Data: []byte("+++\ntitle = \"Trip\"\n+++\n\n" + strings.Join(lines, "\n\n"))}
		at := map[int][]string{}
		for _, found := range leftIn(t, withElsewhere(t, page), themes.FS, "larkfield", nil) {
			at[found.Line] = append(at[found.Line], short(found))
		}
		for i, line := range lines {
			if got := at[5+2*i]; (len(got) > 0) != c.left {
				t.Errorf("%s:%d: %q: got %v", c.file, i+1, line, got)
			}
		}
	}
}

// The model's own pages, texts and policy, read as if a school had written them, hold
// nothing that is taken for a leftover.
func TestModelHasNoLeftovers(t *testing.T) {
	as := map[string]string{}
	err := fs.WalkDir(content.FS, ".", func(name string, e fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(name, ".md") && !strings.HasPrefix(name, "schools/") {
			data, err := fs.ReadFile(content.FS, name)
			as["schools/fernlow-primary/pages/"+name] = string(data)
			return err
		}
		return err
	})
	if err != nil || len(as) < 60 {
		t.Fatal(len(as), err)
	}
	for _, slug := range []string{"fernlow-primary", "st-osrics-junior", site.Overview} {
		for _, found := range leftIn(t, content.FS, themes.FS, slug, as) {
			t.Errorf("%s: %s", slug, short(found))
		}
		as = nil
	}
}

// Two policies of the kinds that are passed on from school to school, half filled in. Each
// line begins with how many leftovers were planted in it, counted by hand: as many are
// found there, and nothing is laid at the model's door.
func TestPassedOn(t *testing.T) {
	planted := 0
	for _, name := range []string{"passed-on-2018.txt", "passed-on-2023.txt"} {
		var policy strings.Builder
		want := []int{0}
		for line := range strings.Lines(sitetest.Read(t, "testdata", name)) {
			count, words, _ := strings.Cut(line, "\t")
			n, err := strconv.Atoi(count)
			if err != nil {
				t.Fatal(err)
			}
			want, planted = append(want, n), planted+n
			policy.WriteString(words)
		}
		const file = "schools/larkfield/policy.md"
		content := withElsewhere(t, txtar.File{Name: file, Data: []byte(policy.String())})
		got, told := make([]int, len(want)), make([][]string, len(want))
		for _, f := range leftIn(t, content, themes.FS, "larkfield", nil) {
			if f.File != file {
				t.Errorf("%s: %s", name, short(f))
				continue
			}
			got[f.Line]++
			told[f.Line] = append(told[f.Line], f.Rule+": "+f.What)
		}
		for line := range want {
			if got[line] != want[line] {
				t.Errorf("%s:%d: found %d, planted %d: %q %q", name, line, got[line], want[line], source.LineOf(policy.String(), line), told[line])
			}
		}
	}
	if planted < 120 {
		t.Errorf("only %d were planted", planted)
	}
}

// However an edition of the statutory guidance is written, it is found.
func TestEditionsAreFound(t *testing.T) {
	trust, err := site.Load(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range trust.Passages {
		for _, words := range []string{"KCSIE 2021", "Keeping Children Safe in Education (September 2018)", "‘Keeping children safe in education’ (DfE, September 2016)", "Keeping Children Safe in Education, Department for Education, 2019"} {
			if p.Name == "kcsie_edition" && len(p.OwnWords(words)) == 0 {
				t.Errorf("%q is not found", words)
			}
		}
	}
}
