package lists

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode"

	"schoolgate/portal"
)

func TestList(t *testing.T) {
	var out bytes.Buffer
	w := CSV(&out, portal.List{Purposes: []portal.Text{{Title: "Photographs on the website"}, {Title: `Video calls, "live"`}}, Reasons: true})
	for _, r := range []portal.ListRow{
		{Pupil: portal.Pupil{Surname: "Adeyemi", Forename: "Tolu", Year: portal.Reception, Group: "Robins"}, Standings: []portal.Standing{portal.StandingGiven, portal.StandingRefused}},
		{Pupil: portal.Pupil{Surname: "O'Neill-Şahin", Forename: "Zoë", Year: 4, Group: "4B"}, Standings: []portal.Standing{portal.StandingWithdrawn, portal.StandingConflict}},
		{Pupil: portal.Pupil{Surname: "Wójcik", Forename: "Ania", Year: portal.Nursery, Group: "Owls; mornings"}, Standings: []portal.Standing{portal.StandingWaiting, portal.StandingHeld}},
		{Pupil: portal.Pupil{Surname: "=HYPERLINK(1)", Forename: "@Sam", Year: 13, Group: "-"}, Standings: []portal.Standing{portal.StandingGiven, portal.StandingGiven}},
	} {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if out.Len() != 0 {
		t.Errorf("%d bytes written before Flush", out.Len())
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	want := strings.ReplaceAll("\ufeff"+`Surname,Forename,Year,Class,Photographs on the website,Photographs on the website: why,"Video calls, ""live""","Video calls, ""live"": why"
Adeyemi,Tolu,Reception,Robins,Yes,A parent or carer agreed,No,A parent or carer said no
O'Neill-Şahin,Zoë,Year 4,4B,No,A parent or carer took back their yes,No,One parent or carer agreed and another said no
Wójcik,Ania,Nursery,"Owls; mornings",No,No answer yet to the present wording,No,Not confirmed: ask the school office
'=HYPERLINK(1),'@Sam,Year 13,'-,Yes,A parent or carer agreed,Yes,A parent or carer agreed
`, "\n", "\r\n")
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

// What a spreadsheet would make a day or another number of stays a text.
func TestTurned(t *testing.T) {
	for cell, want := range map[string]string{
		"007": "'007", "000123": "'000123", "4-5": "'4-5", "4/5": "'4/5", "6E1": "'6E1", "4MAY": "'4MAY", "2 Jun": "'2 Jun", "Mar 4": "'Mar 4", "1234567890123": "'1234567890123",
		"4B": "4B", "5EL": "5EL", "123": "123", "1": "1", "B801200005001": "B801200005001", "Oak": "Oak", "R": "R", "Maple 4": "Maple 4",
	} {
		var out bytes.Buffer
		w := CSV(&out, portal.List{Further: []string{"Admission number"}})
		if err := errors.Join(w.Write(portal.ListRow{Pupil: portal.Pupil{Surname: "Lee", Group: cell}, Further: []string{cell}}), w.Flush()); err != nil {
			t.Fatal(err)
		}
		if got := out.String(); !strings.HasSuffix(got, "Admission number\r\nLee,,Reception,"+want+","+want+"\r\n") {
			t.Errorf("%s: %q", cell, got)
		}
	}
}

func TestEmptyListHasHeadings(t *testing.T) {
	var out bytes.Buffer
	if err := CSV(&out, portal.List{}).Flush(); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "\ufeffSurname,Forename,Year,Class\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Every standing has words, and only what is allowed is a yes; that nobody objected is not
// called one.
func TestEveryStanding(t *testing.T) {
	all := slices.Concat(portal.Standings, portal.Objections)
	slices.Sort(all)
	all = slices.Compact(all)
	if len(why) != len(all)+1 { // and no, which goes without
		t.Errorf("%d standings have words, of %d", len(why), len(all))
	}
	for _, s := range all {
		var out bytes.Buffer
		w := CSV(&out, portal.List{Purposes: []portal.Text{{Title: "Press"}}, Reasons: true})
		if err := errors.Join(w.Write(portal.ListRow{Standings: []portal.Standing{s}}), w.Flush()); err != nil {
			t.Fatal(err)
		}
		rows := parse(t, out.Bytes())
		want := "No"
		switch {
		case s == portal.StandingUnopposed:
			want = "May go ahead"
		case s.Allowed():
			want = "Yes"
		}
		if rows[1][4] != want || rows[1][5] == "" {
			t.Errorf("%s: %q", s, rows[1])
		}
	}
}

func TestWriteErrors(t *testing.T) {
	row := portal.ListRow{Pupil: portal.Pupil{ID: "p1", Surname: "Adeyemi"}, Standings: []portal.Standing{portal.StandingGiven}}
	for name, w := range map[string]*CSVWriter{
		"for 0 purposes": CSV(io.Discard, portal.List{}),
		"no words":       CSV(io.Discard, portal.List{Purposes: []portal.Text{{Title: "Press"}}, Reasons: true}),
		"disk full":      CSV(broken{}, portal.List{Purposes: []portal.Text{{Title: "Press"}}}),
	} {
		r := row
		if name == "no words" {
			r.Standings = []portal.Standing{"perhaps"}
		}
		err := errors.Join(w.Write(r), w.Flush())
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		} else if strings.Contains(err.Error(), "Adeyemi") {
			t.Errorf("%s names a pupil: %v", name, err)
		}
		if w.Write(row) == nil || w.Flush() == nil {
			t.Errorf("%s: the error was forgotten", name)
		}
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestFormulas(t *testing.T) {
	for in, want := range map[string]string{
		`Smith-Jones`:            `Smith-Jones`,
		`a+b=c@d`:                `a+b=c@d`,
		`=cmd|' /C calc'!A0`:     `'=cmd|' /C calc'!A0`,
		`+44`:                    `'+44`,
		`-1`:                     `'-1`,
		`@SUM(A1)`:               `'@SUM(A1)`,
		"\t=1":                   "\"'\t'=1\"",
		"\r=1":                   "\"'\r'=1\"",
		"\n=1":                   "\"'\n'=1\"",
		"\tplain":                "\"'\tplain\"",
		` =1`:                    ` '=1`,
		"\u00a0=1":               "\u00a0'=1",
		"\u200b=1":               "\u200b'=1",
		"\ufeff=1":               "\ufeff'=1",
		"\x00=1":                 "\x00'=1",
		"\uff1d1":                "'\uff1d1",
		`"=1`:                    `"""'=1"`,
		`Smith";=1`:              `"Smith"";'=1"`,
		`Smith;=cmd|'/C calc'`:   `"Smith;'=cmd|'/C calc'"`,
		"Smith\t=1":              "\"Smith\t'=1\"",
		"Smith\r\n=1":            "\"Smith\r\n'=1\"",
		`Smith, -1`:              `"Smith, '-1"`,
		`=`:                      `'=`,
		`==1`:                    `'==1`,
		`Élodie`:                 `Élodie`,
		`say "no"`:               `"say ""no"""`,
		"two\nlines":             "\"two\nlines\"",
		"":                       "",
		"Ab\xffcd":               "Ab\xffcd",
		"\xff=1":                 "\xff'=1",
		`'=1`:                    `'=1`,
		`Film; a "short" =`:      `"Film; a ""short"" '="`,
		`Trips (not "overseas")`: `"Trips (not ""overseas"")"`,
	} {
		if got := string(appendCell(nil, in)); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// FuzzCell holds that a cell comes back from a CSV reader with nothing but
// apostrophes added, and that no spreadsheet, whatever its separator and
// however it takes quotation marks, finds a formula in it.
func FuzzCell(f *testing.F) {
	for _, s := range []string{"=1", `a";=1`, "\t-1", `,"@`, "Zoë", " \r\n+1", "\xef\xbb=", "=", "'=", `""""=`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var out bytes.Buffer
		w := CSV(&out, portal.List{})
		row := portal.ListRow{Pupil: portal.Pupil{Surname: s, Forename: s, Group: s}}
		if err := errors.Join(w.Write(row), w.Flush()); err != nil {
			t.Fatal(err)
		}
		rows := parse(t, out.Bytes())
		if len(rows) != 2 || len(rows[1]) != 4 {
			t.Fatalf("%q became %q", s, rows)
		}
		bare := strings.NewReplacer("'", "", "\r\n", "\n")
		if got := bare.Replace(rows[1][0]); got != bare.Replace(s) {
			t.Errorf("%q came back as %q", s, got)
		}
		for _, cut := range []string{",", ";", "\t", ",;\t\"\r\n"} {
			for _, cell := range strings.FieldsFunc(out.String(), func(r rune) bool { return strings.ContainsRune(cut+"\r\n", r) }) {
				cell = strings.TrimLeftFunc(cell, func(r rune) bool {
					return r == '"' || unicode.IsSpace(r) || !unicode.IsGraphic(r) || r == unicode.ReplacementChar
				})
				if cell != "" && strings.ContainsAny(cell[:1], "=+-@") {
					t.Errorf("%q: cut at %q, a cell is %q", s, cut, cell)
				}
			}
		}
	})
}

func parse(t *testing.T, b []byte) [][]string {
	t.Helper()
	b, ok := bytes.CutPrefix(b, []byte("\ufeff"))
	if !ok {
		t.Fatal("no byte order mark")
	}
	rows, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err != nil {
		t.Fatalf("%v in %q", err, b)
	}
	return rows
}

func benchmarkRow() ([]portal.Text, portal.ListRow) {
	purposes := make([]portal.Text, 8)
	row := portal.ListRow{Pupil: portal.Pupil{Surname: "Adeyemi-Clarke", Forename: "Tolu", Year: 4, Group: "4B"}}
	for i := range purposes {
		purposes[i].Title = "Photographs on the website"
		row.Standings = append(row.Standings, portal.Standings[i%len(portal.Standings)])
	}
	return purposes, row
}

func TestWriteDoesNotAllocate(t *testing.T) {
	purposes, row := benchmarkRow()
	w := CSV(io.Discard, portal.List{Purposes: purposes})
	if n := testing.AllocsPerRun(5000, func() {
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations a row", n)
	}
}

func BenchmarkWrite(b *testing.B) {
	purposes, row := benchmarkRow()
	w := CSV(io.Discard, portal.List{Purposes: purposes})
	b.ReportAllocs()
	for b.Loop() {
		if err := w.Write(row); err != nil {
			b.Fatal(err)
		}
	}
}

// Other tables are as harmless as a consent list.
func TestTable(t *testing.T) {
	var b strings.Builder
	if err := Table(&b, [][]string{{"When", "Who"}, {"Today, at noon", "=HYPERLINK(1)"}, {" +1", "Zoë \"Z\""}}); err != nil {
		t.Fatal(err)
	}
	if want := "\ufeffWhen,Who\r\n\"Today, at noon\",'=HYPERLINK(1)\r\n '+1,\"Zoë \"\"Z\"\"\"\r\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}
