package roster

import (
	"archive/zip"
	"bytes"
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
		return openWorkbook(file, m)
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
func openWorkbook(file []byte, m portal.ListMapping) (*book, error) {
	damaged := invalid("file", "the workbook is damaged, has a password, or was saved half-way: open it in your spreadsheet program, save it again without a password, and choose it again")
	x, err := excelize.OpenReader(bytes.NewReader(file), excelize.Options{UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: inMemory})
	if err != nil {
		return nil, damaged
	}
	b := &book{done: x.Close}
	props, err := x.GetWorkbookProps()
	d1904 := err == nil && props.Date1904 != nil && *props.Date1904
	var all []*grid
	var hidden []string
	for _, name := range x.GetSheetList() {
		if visible, err := x.GetSheetVisible(name); err == nil && !visible {
			hidden = append(hidden, quoted(name))
			continue
		}
		g := &grid{name: name, excel: true, d1904: d1904}
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
