package roster

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"schoolgate/portal"
)

// What an archive may hold at most, unpacked: of a workbook's sheets, and of
// anything else, which is read into memory.
const (
	maxUnpacked = 512 << 20
	maxPart     = 64 << 20
	maxParts    = 2000
	// A sheet larger than this is unpacked to a file that only we can read and
	// that is deleted at once, so that memory does not grow with it.
	inMemory = 16 << 20
)

// openZip tells workbooks and OneRoster archives apart.
func openZip(file []byte, m portal.ListMapping) (*book, error) {
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, invalid("file", "the file is damaged, or was saved half-way: save or export it again")
	}
	var total uint64
	names := map[string]*zip.File{}
	for _, f := range z.File {
		name := strings.ToLower(path.Base(strings.ReplaceAll(f.Name, `\`, "/")))
		if strings.HasPrefix(f.Name, "/") || strings.Contains(f.Name, "..") || strings.Contains(f.Name, ":") {
			return nil, invalid("file", "there is a name in this archive that leads out of it. Do not open it elsewhere, and tell whoever sent it")
		}
		total += f.UncompressedSize64
		sheet := strings.HasPrefix(f.Name, "xl/worksheets/") || f.Name == "xl/sharedStrings.xml" || strings.HasSuffix(name, ".csv")
		if total > maxUnpacked || !sheet && f.UncompressedSize64 > maxPart || len(z.File) > maxParts {
			return nil, invalid("file", fmt.Sprintf("the file unpacks to more than %d MB, which no class list does: check that it is the right file", maxUnpacked>>20))
		}
		if names[name] == nil {
			names[name] = f
		}
	}
	switch {
	case names["workbook.xml"] != nil:
		return openWorkbook(z, file, m)
	case names["users.csv"] != nil:
		return openOneRoster(names, m)
	case names["content.xml"] != nil && names["mimetype"] != nil:
		return nil, invalid("file", "this looks like an OpenDocument file:"+saveAs)
	case names["document.xml"] != nil:
		return nil, invalid("file", "this looks like a Word document: export the class list from your school's system as CSV or as an Excel workbook")
	}
	return nil, invalid("file", "this zip file holds no class list that we know: a OneRoster archive has a users.csv in it. Unpack it, and choose the class list that is in it")
}

// openWorkbook opens the visible sheets of an Excel workbook.
func openWorkbook(z *zip.Reader, file []byte, m portal.ListMapping) (*book, error) {
	damaged := invalid("file", "the workbook is damaged, has a password, or was saved half-way: open it in your spreadsheet program, save it again without a password, and choose it again")
	x, err := excelize.OpenReader(bytes.NewReader(file), excelize.Options{UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: inMemory})
	if err != nil {
		return nil, damaged
	}
	b := &book{done: x.Close}
	props, err := x.GetWorkbookProps()
	d1904 := err == nil && props.Date1904 != nil && *props.Date1904
	parts := sheetParts(z)
	var all []*grid
	var hidden []string
	for _, name := range x.GetSheetList() {
		if visible, err := x.GetSheetVisible(name); err == nil && !visible {
			hidden = append(hidden, quoted(name))
			continue
		}
		g := &grid{name: name, excel: true, d1904: d1904, resultless: resultless(z, parts[name])}
		g.lines = func(yield func(line) bool) error {
			if err := sheetLines(x, name, yield); err != nil {
				return damaged
			}
			return nil
		}
		all = append(all, g)
	}
	if len(all) == 0 {
		b.close()
		return nil, invalid("file", "the workbook has no sheet that is not hidden")
	}
	if len(hidden) > 0 {
		b.notes = append(b.notes, "Hidden and not read: "+strings.Join(hidden, ", ")+".")
	}
	if err := b.choose(all, m); err != nil {
		b.close()
		return nil, err
	}
	b.format = system(b.grids[0].heads) + " (Excel workbook)"
	return b, nil
}

// sheetParts is where an archive holds the sheets of a workbook, by their names.
func sheetParts(z *zip.Reader) map[string]string {
	var book struct {
		Sheets []struct {
			Name string `xml:"name,attr"`
			ID   string `xml:"http://schemas.openxmlformats.org/officeDocument/2006/relationships id,attr"`
		} `xml:"sheets>sheet"`
	}
	var rels struct {
		All []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	for name, into := range map[string]any{"xl/workbook.xml": &book, "xl/_rels/workbook.xml.rels": &rels} {
		if f, err := z.Open(name); err == nil {
			_ = xml.NewDecoder(f).Decode(into) // what is wrong with it was found when it was opened
			f.Close()
		}
	}
	parts := map[string]string{}
	for _, s := range book.Sheets {
		for _, r := range rels.All {
			if r.ID == s.ID {
				parts[s.Name] = path.Join("xl", r.Target)
				if strings.HasPrefix(r.Target, "/") {
					parts[s.Name] = r.Target[1:]
				}
			}
		}
	}
	return parts
}

var cellName = regexp.MustCompile(`\br="([A-Z]{1,3})(\d{1,7})"`)

// resultless looks through a sheet for formulas without results, and answers the first
// row of each column that has one. A text may be empty; a number is not.
func resultless(z *zip.Reader, part string) map[int]int {
	f, err := z.Open(part)
	if err != nil {
		return nil
	}
	defer f.Close()
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<20)
	in.Split(func(data []byte, end bool) (int, []byte, error) {
		if i := bytes.Index(data, []byte("<c ")); i >= 0 {
			return i + 3, data[:i], nil
		}
		if len(data) > 0 && (end || len(data) > 1<<19) { // no cell is as long
			return len(data), data, nil
		}
		return 0, nil, nil
	})
	found := map[int]int{}
	for in.Scan() {
		cell := in.Bytes()
		if !bytes.Contains(cell, []byte("<f")) {
			continue
		}
		_, value, ok := bytes.Cut(cell, []byte("<v"))
		if text := bytes.Contains(cell, []byte(` t="str"`)); ok && (text || len(value) > 1 && value[0] == '>' && value[1] != '<') {
			continue
		}
		if m := cellName.FindSubmatch(cell); m != nil {
			column, _ := excelize.ColumnNameToNumber(string(m[1]))
			row, _ := strconv.Atoi(string(m[2]))
			if found[column-1] == 0 {
				found[column-1] = row
			}
		}
	}
	return found
}

var (
	wholeNumber = regexp.MustCompile(`^\d+$`)
	longNumber  = regexp.MustCompile(`^\d+(\.\d+)?[Ee]\+?\d+$`)
)

// sheetLines gives the rows of a sheet, each cell as it is stored; but a number
// that is shown with zeros before it, as admission numbers and telephones are,
// keeps them. Formulas have the values that they had when the file was saved.
func sheetLines(x *excelize.File, name string, yield func(line) bool) (err error) {
	defer func() { // the library reads what strangers made
		if fault := recover(); fault != nil {
			err = fmt.Errorf("workbook: %T", fault)
		}
	}()
	raw, err := x.Rows(name)
	if err != nil {
		return err
	}
	defer raw.Close()
	formatted, err := x.Rows(name)
	if err != nil {
		return err
	}
	defer formatted.Close()
	n := 0
	for raw.Next() && formatted.Next() {
		n++
		cells, err := raw.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return err
		}
		shown, err := formatted.Columns()
		if err != nil {
			return err
		}
		l := line{n: n, cells: cells}
		for i := range cells {
			if i < len(shown) && shown[i] != cells[i] && wholeNumber.MatchString(cells[i]) && wholeNumber.MatchString(shown[i]) && strings.TrimLeft(shown[i], "0") == cells[i] {
				cells[i] = shown[i]
			}
			if longNumber.MatchString(cells[i]) {
				if f, err := strconv.ParseFloat(cells[i], 64); err == nil && f == math.Trunc(f) && f < 1<<53 {
					cells[i] = strconv.FormatFloat(f, 'f', -1, 64)
				}
			}
		}
		if len(cells) > maxColumns {
			l.wide = !blank(cells[maxColumns:])
			l.cells = cells[:maxColumns]
		}
		if !yield(l) {
			return nil
		}
	}
	return raw.Error()
}
