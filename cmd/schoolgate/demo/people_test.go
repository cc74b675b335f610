package demo

import (
	"bytes"
	"encoding/csv"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"schoolgate/content"
	"schoolgate/portal"
	"schoolgate/portal/roster"
)

var today = time.Date(2026, time.November, 22, 10, 0, 0, 0, time.UTC)

func rowsOf(t *testing.T, school string, today time.Time) []portal.ClassListRow {
	t.Helper()
	l, err := roster.Read(classList(school, today), portal.ListMapping{})
	rows, ignored := l.Rows, l.Ignored
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(ignored, []string{"Contact Note"}) {
		t.Errorf("%s: ignored columns %q", school, ignored)
	}
	return rows
}

// pupilsOf is the first row of each pupil.
func pupilsOf(rows []portal.ClassListRow) []portal.ClassListRow {
	return slices.CompactFunc(slices.Clone(rows), func(a, b portal.ClassListRow) bool { return a.AdmissionNumber == b.AdmissionNumber })
}

func TestDemoClassLists(t *testing.T) {
	numbers := map[string]bool{}
	for _, test := range []struct {
		school string
		pupils int
		years  []portal.Year
	}{
		{"fernlow-primary", 420, []portal.Year{-1, 0, 1, 2, 3, 4, 5, 6}},
		{"st-osrics-junior", 240, []portal.Year{3, 4, 5, 6}},
	} {
		rows := rowsOf(t, test.school, today)
		pupils := pupilsOf(rows)
		if len(pupils) != test.pupils {
			t.Errorf("%s: %d pupils, want %d", test.school, len(pupils), test.pupils)
		}
		t.Logf("%s: %d pupils, %d rows", test.school, len(pupils), len(rows))
		groups := map[portal.Year]map[string]int{}
		for _, p := range pupils {
			if groups[p.Year] == nil {
				groups[p.Year] = map[string]int{}
			}
			groups[p.Year][p.Group]++
			from := 2026 - 5 - int(p.Year)
			if p.Born < portal.Date(time.Date(from, 9, 1, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)) || p.Born >= portal.Date(time.Date(from+1, 9, 1, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)) {
				t.Errorf("%v: born %s in %v", p, p.Born, p.Year)
			}
			if p.UPN != "" && (!portal.ValidUPN(p.UPN) || p.UPN[1:4] != "000" || numbers[p.UPN]) {
				t.Errorf("%v: UPN %s", p, p.UPN)
			}
			if id := test.school + p.AdmissionNumber; p.AdmissionNumber == "" || numbers[id] {
				t.Errorf("%v: admission number %s", p, p.AdmissionNumber)
			} else {
				numbers[p.UPN], numbers[id] = p.UPN != "", true
			}
		}
		if len(groups) != len(test.years) {
			t.Errorf("%s: %d years, want %d", test.school, len(groups), len(test.years))
		}
		for _, y := range test.years {
			if len(groups[y]) != 2 {
				t.Errorf("%s: groups of %v: %v, want two", test.school, y, groups[y])
			}
		}
	}
}

func TestDemoClassListIsTheSameAllYear(t *testing.T) {
	day := func(s string) time.Time {
		d, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, s := range schools {
		list := classList(s.slug, today)
		if !bytes.Equal(list, classList(s.slug, day("2026-09-01"))) || !bytes.Equal(list, classList(s.slug, day("2027-08-31"))) {
			t.Errorf("%s: the list differs within one school year", s.slug)
		}
		if bytes.Equal(list, classList(s.slug, day("2027-09-01"))) {
			t.Errorf("%s: the next school year has the same list", s.slug)
		}
		if !bytes.HasPrefix(list, []byte("\ufeff")) {
			t.Errorf("%s: no byte order mark", s.slug)
		}
	}
}

// TestDemoIsInvented keeps out telephone numbers that could ring, and addresses
// that could be somebody's.
func TestDemoIsInvented(t *testing.T) {
	phone := regexp.MustCompile(`^(07700 900|01632 960)\d{3}$`)
	email := regexp.MustCompile(`^[a-z]+([.-][a-z]+)*\d*@[a-z-]+\.example$`)
	contacts := map[string]string{} // email to name
	phones := map[string]string{}
	for _, s := range schools {
		for _, r := range rowsOf(t, s.slug, today) {
			if r.ContactName == "" {
				continue
			}
			if !phone.MatchString(r.Phone) {
				t.Errorf("telephone number %q", r.Phone)
			}
			if other, ok := phones[r.Phone]; ok && other != r.ContactName {
				t.Errorf("%s is both %s's and %s's", r.Phone, other, r.ContactName)
			}
			phones[r.Phone] = r.ContactName
			if r.Email == "" {
				continue
			}
			if !email.MatchString(r.Email) {
				t.Errorf("email address %q", r.Email)
			}
			if other, ok := contacts[r.Email]; ok && other != r.ContactName {
				t.Errorf("%s is both %s's and %s's", r.Email, other, r.ContactName)
			}
			contacts[r.Email] = r.ContactName
		}
	}
	subjects := map[string]bool{}
	for _, p := range People() {
		if subjects[p.Subject] || p.Name == "" || p.Hint == "" || !email.MatchString(p.Email) {
			t.Errorf("%q: a subject of their own, a name, a hint and an address are needed", p.Subject)
		}
		subjects[p.Subject] = true
		if !p.Staff && contacts[p.Email] != p.ContactName {
			t.Errorf("%s is %q in the class lists, want %q", p.Email, contacts[p.Email], p.ContactName)
		}
		if _, err := fs.Stat(content.FS, "consents/"+p.refuses+".md"); p.refuses != "" && err != nil {
			t.Errorf("%s refuses what nobody asks: %v", p.Subject, err)
		}
	}
}

// TestDemoHasEveryCase is the list of what the demonstration has to show.
func TestDemoHasEveryCase(t *testing.T) {
	lists := map[string][]portal.ClassListRow{}
	var rows, pupils []portal.ClassListRow
	children := map[string][]portal.ClassListRow{} // by the address of a contact
	contacts := map[string][]portal.ClassListRow{} // by school and pupil
	named, inClass := map[string]map[string]bool{}, map[string]int{}
	for _, s := range schools {
		lists[s.slug] = rowsOf(t, s.slug, today)
		rows, pupils = append(rows, lists[s.slug]...), append(pupils, pupilsOf(lists[s.slug])...)
		for _, r := range lists[s.slug] {
			contacts[s.slug+r.AdmissionNumber] = append(contacts[s.slug+r.AdmissionNumber], r)
			if r.Email != "" {
				children[r.Email] = append(children[r.Email], r)
				if named[r.ContactName] == nil {
					named[r.ContactName] = map[string]bool{}
				}
				named[r.ContactName][s.slug+r.Email] = true
			}
		}
	}
	for _, p := range pupils {
		inClass[p.Forename+" "+p.Surname+" "+p.Group]++
	}
	pupil := func(f func(p portal.ClassListRow) bool) func() bool {
		return func() bool { return slices.ContainsFunc(pupils, f) }
	}
	row := func(f func(p portal.ClassListRow) bool) func() bool {
		return func() bool { return slices.ContainsFunc(rows, f) }
	}
	family := func(f func(all []portal.ClassListRow) bool) func() bool {
		return func() bool {
			for _, all := range contacts {
				if f(all) {
					return true
				}
			}
			return false
		}
	}
	siblings := func(f func(a, b portal.ClassListRow) bool) func() bool {
		return func() bool {
			for _, all := range children {
				for i, a := range all {
					if slices.ContainsFunc(all[i+1:], func(b portal.ClassListRow) bool { return f(a, b) }) {
						return true
					}
				}
			}
			return false
		}
	}
	across := func(a, b portal.ClassListRow) bool {
		return a.UPN != "" && b.UPN != "" && a.UPN[1:8] != b.UPN[1:8]
	}
	script := func(from, to rune) func(portal.ClassListRow) bool {
		return func(p portal.ClassListRow) bool {
			return strings.ContainsFunc(p.Forename, func(c rune) bool { return c >= from && c <= to })
		}
	}
	for name, present := range map[string]func() bool{
		"an apostrophe":         pupil(func(p portal.ClassListRow) bool { return p.Surname == "O'Dowd" }),
		"another apostrophe":    pupil(func(p portal.ClassListRow) bool { return p.Surname == "D'Souza" }),
		"a hyphen":              pupil(func(p portal.ClassListRow) bool { return strings.Contains(p.Surname, "-") }),
		"Zoë":                   pupil(func(p portal.ClassListRow) bool { return p.Forename == "Zoë" }),
		"Łukasz":                pupil(func(p portal.ClassListRow) bool { return p.Forename == "Łukasz" }),
		"Nuñez":                 pupil(func(p portal.ClassListRow) bool { return p.Surname == "Nuñez" }),
		"Ukrainian letters":     pupil(script('а', 'я')),
		"Arabic letters":        pupil(script('ا', 'ي')),
		"Chinese characters":    pupil(script('一', '鿿')),
		"a very long name":      pupil(func(p portal.ClassListRow) bool { return len(p.Forename+p.Surname) > 50 }),
		"a very short name":     pupil(func(p portal.ClassListRow) bool { return len(p.Forename+p.Surname) == 4 }),
		"no UPN yet":            pupil(func(p portal.ClassListRow) bool { return p.UPN == "" }),
		"a temporary UPN":       pupil(func(p portal.ClassListRow) bool { return strings.HasSuffix(p.UPN, "A") }),
		"no contact":            pupil(func(p portal.ClassListRow) bool { return p.ContactName == "" }),
		"looked after":          pupil(func(p portal.ClassListRow) bool { return p.LookedAfter }),
		"one name in one class": func() bool { return slices.Max(slices.Collect(maps.Values(inClass))) > 1 },
		"two contacts of one name": func() bool {
			return slices.ContainsFunc(slices.Collect(maps.Values(named)), func(m map[string]bool) bool { return len(m) > 1 })
		},
		"no email": row(func(p portal.ClassListRow) bool { return p.Parental && p.Email == "" }),
		"the court order": row(func(p portal.ClassListRow) bool {
			return p.ContactName == "Mr Craig Hallett" && p.CourtOrder && p.Parental
		}),
		"a grandmother": row(func(p portal.ClassListRow) bool { return p.Relationship == "Grandmother" && !p.Parental }),
		"a single parent": family(func(all []portal.ClassListRow) bool {
			return len(all) == 1 && all[0].Parental
		}),
		"two homes": family(func(all []portal.ClassListRow) bool {
			return len(all) == 2 && all[0].Parental && all[1].Parental && all[0].Email != "" && all[1].Email != "" && !strings.HasSuffix(all[0].ContactName, strings.Fields(all[1].ContactName)[2])
		}),
		"foster carer and social worker": family(func(all []portal.ClassListRow) bool {
			return len(all) == 2 && all[0].LookedAfter && all[0].Relationship == "Foster carer" && !all[0].Parental && all[1].Relationship == "Social worker"
		}),
		"grandparents alone to ring": family(func(all []portal.ClassListRow) bool {
			return all[0].Relationship == "Grandmother" && !all[0].Parental && all[1].Relationship == "Grandfather"
		}),
		"twins": siblings(func(a, b portal.ClassListRow) bool {
			return a.Born == b.Born && a.Forename != b.Forename && !across(a, b)
		}),
		"siblings":           siblings(func(a, b portal.ClassListRow) bool { return a.Year != b.Year && !across(a, b) }),
		"across the schools": siblings(func(a, b portal.ClassListRow) bool { return across(a, b) && a.ContactName == b.ContactName }),
	} {
		if !present() {
			t.Errorf("not in the class lists: %s", name)
		}
	}
	orders := 0
	for _, r := range rows {
		if r.CourtOrder {
			orders++
		}
	}
	if orders != 1 {
		t.Errorf("%d court orders, want 1", orders)
	}
	if all := children["amina.rahman@postbox.example"]; len(all) != 2 || !across(all[0], all[1]) {
		t.Errorf("Amina Rahman has %d children in the lists, want one at each school", len(all))
	}
	r := csv.NewReader(bytes.NewReader(classList("fernlow-primary", today)))
	if all, err := r.ReadAll(); err != nil || !slices.ContainsFunc(all, func(c []string) bool { return c[2] == "Daryna" && c[3] == "Дарина" }) {
		t.Errorf("no legal name beside the preferred one: %v", err)
	}
}
