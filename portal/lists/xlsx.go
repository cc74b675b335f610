package lists

import (
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"schoolgate/portal"
)

// workbook is a consent list as XLSX. It holds no row for longer than a sheet of the
// size of excelize's buffer takes; what is more waits in temporary files.
type workbook struct {
	w       io.Writer
	list    portal.List
	byClass bool
	file    *excelize.File
	heads   []any
	styles  struct{ head, yes, no, wrap int }
	sheets  map[string]*sheet // by registration group, or all under ""
	order   []*sheet
	named   map[string]bool // names of sheets, folded: Excel takes none twice, and never "History"
	err     error
}

type sheet struct {
	*excelize.StreamWriter
	name string
	rows int
}

// XLSX begins a list like that of [CSV] as a workbook: a first sheet that says what it
// is and how long it is true, then one sheet, or with byClass one for each
// registration group. Answers have a colour and the word. Cells are texts, so that no
// spreadsheet takes a name for a date or a formula. Nothing reaches w before Flush.
func XLSX(w io.Writer, l portal.List, byClass bool) Writer {
	b := &workbook{w: w, list: l, byClass: byClass, file: excelize.NewFile(), sheets: map[string]*sheet{}, named: map[string]bool{"history": true}}
	b.heads = []any{"Surname", "Forename", "Year", "Class"}
	taken := map[string]bool{"surname": true, "forename": true, "year": true, "class": true}
	for _, heading := range l.Further {
		b.heads = append(b.heads, unique(heading, 250, taken))
	}
	for _, p := range l.Purposes {
		b.heads = append(b.heads, unique(p.Title, 250, taken))
		if l.Reasons {
			b.heads = append(b.heads, unique(p.Title+": why", 250, taken))
		}
	}
	fill := func(colour string) excelize.Fill {
		return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colour}}
	}
	top := &excelize.Alignment{Vertical: "top", WrapText: true}
	for _, s := range []struct {
		id    *int
		style excelize.Style
	}{
		{&b.styles.head, excelize.Style{Font: &excelize.Font{Bold: true}, Alignment: top, Fill: fill("E6E9EF")}},
		{&b.styles.yes, excelize.Style{Font: &excelize.Font{Color: "0B4A1E"}, Fill: fill("D7F0DD")}},
		{&b.styles.no, excelize.Style{Font: &excelize.Font{Bold: true, Color: "7A1010"}, Fill: fill("FBE0DE")}},
		{&b.styles.wrap, excelize.Style{Alignment: top}},
	} {
		if b.err == nil {
			*s.id, b.err = b.file.NewStyle(&s.style)
		}
	}
	if b.err == nil {
		b.err = b.about()
	}
	if b.err == nil && !byClass {
		b.err = b.begin("", "Pupils") // also where there are none
	}
	return b
}

// about writes the first sheet.
func (b *workbook) about() error {
	const name = "About this list"
	if err := b.file.SetSheetName("Sheet1", name); err != nil {
		return err
	}
	b.named[strings.ToLower(name)] = true
	lines := []string{
		"Consent list of " + b.list.School.Name,
		"Made on " + b.list.At.In(portal.London).Format("Monday 2 January 2006 at 3:04 pm") + ".",
		"It was true at that moment. Families can change an answer at any time: make a new list each time you need one.",
		"Yes means that it may go ahead. No means that it may not. An empty cell means No.",
		"It holds children’s names. Keep it on the school’s own equipment, and delete it when you have finished with it.",
	}
	if b.list.Own > 0 {
		lines = append(lines, "It leaves out pupils of the family of whoever made it. A colleague’s list has them. Who is in no list has said No.")
	}
	for i, line := range lines {
		if err := b.file.SetCellStr(name, "A"+strconv.Itoa(i+1), line); err != nil {
			return err
		}
	}
	if err := b.file.SetColWidth(name, "A", "A", 90); err != nil {
		return err
	}
	if err := b.file.SetCellStyle(name, "A1", "A1", b.styles.head); err != nil {
		return err
	}
	return b.file.SetCellStyle(name, "A2", "A"+strconv.Itoa(len(lines)), b.styles.wrap)
}

// begin makes the sheet of a registration group.
func (b *workbook) begin(group, name string) error {
	name = strings.Trim(strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`:\/?*[]`, r) {
			return ' '
		}
		return r
	}, name), " '")
	name = unique(cmp.Or(name, "Class"), excelize.MaxSheetNameLength, b.named)
	if _, err := b.file.NewSheet(name); err != nil {
		return err
	}
	if err := b.file.SetPageLayout(name, &excelize.PageLayoutOptions{Orientation: new("landscape"), FitToWidth: new(1), FitToHeight: new(0)}); err != nil {
		return err
	}
	if err := b.file.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: "'" + strings.ReplaceAll(name, "'", "''") + "'!$1:$1", Scope: name}); err != nil {
		return err
	}
	w, err := b.file.NewStreamWriter(name)
	if err != nil {
		return err
	}
	s := &sheet{w, name, 1}
	b.sheets[group] = s
	b.order = append(b.order, s)
	if err := w.SetColWidth(1, 4, 16); err != nil {
		return err
	}
	if n := len(b.heads); n > 4 {
		if err := w.SetColWidth(5, n, 24); err != nil {
			return err
		}
	}
	if err := w.SetPanes(&excelize.Panes{Freeze: true, XSplit: 2, YSplit: 1, TopLeftCell: "C2", ActivePane: "bottomRight"}); err != nil {
		return err
	}
	heads := make([]any, len(b.heads))
	for i, h := range b.heads {
		heads[i] = excelize.Cell{StyleID: b.styles.head, Value: h}
	}
	return w.SetRow("A1", heads)
}

// Write adds a pupil, as [CSVWriter.Write] does.
func (b *workbook) Write(row portal.ListRow) error {
	if b.err == nil {
		b.err = b.add(row)
	}
	return b.err
}

func (b *workbook) add(row portal.ListRow) error {
	if err := fits(row, len(b.list.Purposes)); err != nil {
		return err
	}
	group := ""
	if b.byClass {
		group = row.Pupil.Group
		if b.sheets[group] == nil {
			if err := b.begin(group, cmp.Or(group, "No class")); err != nil {
				return err
			}
		}
	}
	s := b.sheets[group]
	s.rows++
	cells := append(make([]any, 0, len(b.heads)), row.Pupil.Surname, row.Pupil.Known(), row.Pupil.Year.String(), row.Pupil.Group)
	for _, cell := range row.Further {
		cells = append(cells, cell)
	}
	for _, standing := range row.Standings {
		words, ok := why[standing]
		if !ok {
			return noWords(row, standing)
		}
		style := b.styles.no
		switch {
		case standing == portal.StandingUnopposed:
			style = b.styles.wrap // and not the colour of a yes
		case standing.Allowed():
			style = b.styles.yes
		}
		if cells = append(cells, excelize.Cell{StyleID: style, Value: answer(standing)}); b.list.Reasons {
			cells = append(cells, words)
		}
	}
	return s.SetRow("A"+strconv.Itoa(s.rows), cells)
}

// Flush writes the workbook.
func (b *workbook) Flush() error {
	defer b.file.Close()
	for i, s := range b.order {
		if b.err != nil {
			break
		}
		last, err := excelize.CoordinatesToCellName(len(b.heads), max(s.rows, 2))
		if err == nil { // with buttons to filter by
			err = s.AddTable(&excelize.Table{Range: "A1:" + last, Name: "List" + strconv.Itoa(i+1), StyleName: "TableStyleLight1", ShowRowStripes: new(false)})
		}
		if err == nil {
			err = s.StreamWriter.Flush()
		}
		b.err = err
	}
	if b.err == nil {
		_, b.err = b.file.WriteTo(b.w)
	}
	if b.err != nil {
		b.err = fmt.Errorf("consent list: %w", b.err)
	}
	return b.err
}

// unique cuts a name to so many characters, and numbers it where it is taken.
func unique(name string, most int, taken map[string]bool) string {
	cut := func(n int) string {
		for utf8.RuneCountInString(name) > n {
			_, size := utf8.DecodeLastRuneInString(name)
			name = name[:len(name)-size]
		}
		return strings.TrimRight(name, " '")
	}
	whole := cut(most)
	for i := 2; taken[strings.ToLower(whole)]; i++ {
		number := " (" + strconv.Itoa(i) + ")"
		whole = cut(most-len(number)) + number
	}
	taken[strings.ToLower(whole)] = true
	return whole
}
