package lists

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"schoolgate/portal"
)

// written is a list as a workbook, opened again.
func written(t *testing.T, l portal.List, byClass bool, rows ...portal.ListRow) *excelize.File {
	t.Helper()
	var out bytes.Buffer
	w := XLSX(&out, l, byClass)
	for _, r := range rows {
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
	f, err := excelize.OpenReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func pupil(surname string, year portal.Year, group string, s ...portal.Standing) portal.ListRow {
	return portal.ListRow{Pupil: portal.Pupil{Surname: surname, Forename: "Ada", Year: year, Group: group}, Standings: s}
}

func sheetRows(t *testing.T, f *excelize.File, name string) (all []string) {
	t.Helper()
	rows, err := f.GetRows(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		all = append(all, strings.Join(r, "|"))
	}
	return all
}

func TestXLSX(t *testing.T) {
	l := portal.List{School: portal.School{Name: "Fernlow Primary School"}, At: time.Date(2026, 6, 5, 13, 4, 0, 0, time.UTC),
		Purposes: []portal.Text{{Title: "Press"}, {Title: "Press"}}}
	l.Further = []string{"Admission number"}
	further := written(t, l, false, portal.ListRow{Pupil: portal.Pupil{Surname: "Lee", Group: "4-5"}, Standings: []portal.Standing{portal.StandingGiven, portal.StandingNo}, Further: []string{"007"}})
	if got := sheetRows(t, further, "Pupils"); !slices.Equal(got, []string{"Surname|Forename|Year|Class|Admission number|Press|Press (2)", "Lee||Reception|4-5|007|Yes|No"}) {
		t.Errorf("with a further column: %q", got)
	}
	l.Further = nil
	f := written(t, l, false,
		pupil("1/2", 4, "4B", portal.StandingGiven, portal.StandingRefused),
		pupil(`=HYPERLINK("x")`, 4, "4E5", portal.StandingConflict, portal.StandingWaiting),
		pupil("007", portal.Reception, "-", portal.StandingHeld, portal.StandingGiven),
	)
	if got := f.GetSheetList(); !slices.Equal(got, []string{"About this list", "Pupils"}) {
		t.Errorf("sheets %q", got)
	}
	if about := sheetRows(t, f, "About this list"); !strings.Contains(about[0], "Fernlow Primary School") || !strings.Contains(about[1], "Friday 5 June 2026 at 2:04 pm") {
		t.Errorf("about: %q", about)
	}
	want := []string{"Surname|Forename|Year|Class|Press|Press (2)", "1/2|Ada|Year 4|4B|Yes|No", `=HYPERLINK("x")|Ada|Year 4|4E5|No|No`, "007|Ada|Reception|-|No|Yes"}
	if got := sheetRows(t, f, "Pupils"); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	colours := map[string]string{}
	for row := 2; row <= 4; row++ {
		for col := 1; col <= 6; col++ {
			at, _ := excelize.CoordinatesToCellName(col, row)
			kind, err := f.GetCellType("Pupils", at)
			if err != nil || kind != excelize.CellTypeInlineString && kind != excelize.CellTypeSharedString {
				t.Errorf("%s is of type %v, %v: only a text stays as it is", at, kind, err)
			}
			if formula, err := f.GetCellFormula("Pupils", at); err != nil || formula != "" {
				t.Errorf("%s is a formula: %q, %v", at, formula, err)
			}
			if col < 5 {
				continue
			}
			id, err := f.GetCellStyle("Pupils", at)
			if err != nil {
				t.Fatal(err)
			}
			style, err := f.GetStyle(id)
			if err != nil {
				t.Fatal(err)
			}
			word, _ := f.GetCellValue("Pupils", at)
			colours[word] = style.Fill.Color[0]
		}
	}
	if len(colours) != 2 || colours["Yes"] == colours["No"] {
		t.Errorf("colours %v", colours)
	}
	if p, err := f.GetPanes("Pupils"); err != nil || !p.Freeze || p.YSplit != 1 {
		t.Errorf("panes %+v, %v", p, err)
	}
	if tables, err := f.GetTables("Pupils"); err != nil || len(tables) != 1 || tables[0].Range != "A1:F4" {
		t.Errorf("filters %+v, %v", tables, err)
	}

	l.Reasons = true
	got := sheetRows(t, written(t, l, false, pupil("A", 1, "1A", portal.StandingGiven, portal.StandingConflict)), "Pupils")
	if want := []string{"Surname|Forename|Year|Class|Press|Press: why|Press (2)|Press: why (2)",
		"A|Ada|Year 1|1A|Yes|A parent or carer agreed|No|One parent or carer agreed and another said no"}; !slices.Equal(got, want) {
		t.Errorf("with reasons: %q", got)
	}
	if got := sheetRows(t, written(t, l, false), "Pupils"); len(got) != 1 {
		t.Errorf("of nobody: %q", got)
	}
}

// A class of two years is on one sheet, and any class has a name that Excel takes.
func TestXLSXByClass(t *testing.T) {
	long := strings.Repeat("é", 40)
	var rows []portal.ListRow
	for i, group := range []string{"Acorns", "", "history", "4/5 [am]: 'x'", long, "''"} {
		rows = append(rows, pupil(string(rune('A'+i)), 1, group))
	}
	rows = append(rows, pupil("Y", 2, "Acorns"), pupil("Z", 2, "ACORNS"), pupil("X", 2, long+"2"))
	f := written(t, portal.List{}, true, rows...)
	want := []string{"About this list", "Acorns", "No class", "history (2)", "4 5  am   'x", strings.Repeat("é", 31), "Class", "ACORNS (2)", strings.Repeat("é", 27) + " (2)"}
	if got := f.GetSheetList(); !slices.Equal(got, want) {
		t.Errorf("sheets\n%q, want\n%q", got, want)
	}
	if got := sheetRows(t, f, "Acorns"); len(got) != 3 || !strings.HasPrefix(got[2], "Y|") {
		t.Errorf("Acorns: %q", got)
	}
	if got := sheetRows(t, written(t, portal.List{}, true), "About this list"); len(got) == 0 {
		t.Error("a list of nobody has no first sheet")
	}
}

func TestXLSXErrors(t *testing.T) {
	w := XLSX(io.Discard, portal.List{Purposes: []portal.Text{{Title: "Press"}}}, false)
	err := w.Write(portal.ListRow{Pupil: portal.Pupil{ID: "p1", Surname: "Adeyemi"}})
	if err == nil || strings.Contains(err.Error(), "Adeyemi") || w.Write(pupil("A", 1, "1A", portal.StandingGiven)) == nil || w.Flush() == nil {
		t.Errorf("a row too short: %v", err)
	}
	w = XLSX(broken{}, portal.List{}, false)
	if err := errors.Join(w.Write(pupil("A", 1, "1A")), w.Flush()); err == nil {
		t.Error("a full disk was not told of")
	}
}

// BenchmarkXLSX prints how long a workbook of 100,000 pupils and 10 purposes takes, as a
// multiple of excelize alone writing the same words to one sheet, and how far the heap
// of it grew.
func BenchmarkXLSX(b *testing.B) {
	const pupils, purposes = 100_000, 10
	l := portal.List{School: portal.School{Name: "Bench"}, Purposes: make([]portal.Text, purposes)}
	row := portal.ListRow{Standings: make([]portal.Standing, purposes)}
	words := make([]any, 4+purposes)
	for i := range purposes {
		l.Purposes[i].Title, row.Standings[i], words[4+i] = "Purpose "+strconv.Itoa(i), portal.StandingGiven, "Yes"
	}
	number := func(i int) (surname, forename, year, group string) {
		return "Surname" + strconv.Itoa(i), "Forename" + strconv.Itoa(i%997), "Year 4", strconv.Itoa(i%7) + "A"
	}
	var ratios []float64
	var grown uint64
	for range b.N {
		begin := time.Now()
		w := XLSX(io.Discard, l, false)
		for i := range pupils {
			row.Pupil.Surname, row.Pupil.Forename, _, row.Pupil.Group = number(i)
			row.Pupil.Year = 4
			if err := w.Write(row); err != nil {
				b.Fatal(err)
			}
			if i%10_000 == 0 {
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				grown = max(grown, m.HeapInuse)
			}
		}
		if err := w.Flush(); err != nil {
			b.Fatal(err)
		}
		ours := time.Since(begin)

		begin = time.Now()
		f := excelize.NewFile()
		alone, err := f.NewStreamWriter("Sheet1")
		if err != nil {
			b.Fatal(err)
		}
		for i := range pupils {
			words[0], words[1], words[2], words[3] = number(i)
			if err := alone.SetRow("A"+strconv.Itoa(i+1), words); err != nil {
				b.Fatal(err)
			}
		}
		if err := alone.Flush(); err != nil {
			b.Fatal(err)
		}
		if _, err := f.WriteTo(io.Discard); err != nil {
			b.Fatal(err)
		}
		ratios = append(ratios, ours.Seconds()/time.Since(begin).Seconds())
		f.Close()
	}
	slices.Sort(ratios)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(ratios[len(ratios)/2], "time/excelize")
	b.ReportMetric(float64(grown)/(1<<20), "heap-MB")
}
