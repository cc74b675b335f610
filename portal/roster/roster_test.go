package roster

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	utf16 "golang.org/x/text/encoding/unicode"

	"schoolgate/portal"
)

// readAll reads a file as it is recognised.
func readAll(r io.Reader, now time.Time) ([]portal.ClassListRow, []string, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, nil, err
	}
	l, err := read(b, portal.ListMapping{}, now)
	return l.Rows, l.Ignored, err
}

var today = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// The families whom all but one of the files in testdata describe.
var families = []portal.ClassListRow{
	{UPN: "U801200018001", AdmissionNumber: "003412", Forename: "Ania", Surname: "Wójcik", Born: "2017-11-14", Year: 4, Group: "4B", ContactName: "Mrs Katarzyna Wójcik", Relationship: "Mother", Email: "k.wojcik@example.org", Phone: "+44 7700 900123", Priority: 1, Parental: true},
	{UPN: "U801200018001", AdmissionNumber: "003412", Forename: "Ania", Surname: "Wójcik", Born: "2017-11-14", Year: 4, Group: "4B", ContactName: "Mr Piotr Wójcik", Relationship: "Father", Phone: "07700 900456", Priority: 2, Parental: true, CourtOrder: true},
	{UPN: "U801200019002", AdmissionNumber: "003440", Forename: "Tolu", Surname: "Adeyemi-Clarke", Born: "2021-12-03", Year: portal.Reception, Group: "Robins", ContactName: "Ms Folake Adeyemi", Relationship: "Mother", Email: "folake@example.com", Phone: "07700 900789", Priority: 1, Parental: true},
	{UPN: "V801200020003", AdmissionNumber: "003377", Forename: "Zoë", Surname: "O'Neill", Born: "2020-02-29", Year: 1, Group: "1 Kestrel", LookedAfter: true},
	{UPN: "C80120002000A", AdmissionNumber: "003501", Forename: "Siân", Surname: "D'Souza", Born: "2017-09-01", Year: 4, Group: "4B", ContactName: "Mr José D'Souza", Relationship: "Foster carer", Priority: 1, Parental: true},
	{AdmissionNumber: "003502", Forename: "Maya", Surname: "Hussain", Born: "2023-06-30", Year: portal.Nursery, ContactName: "Mrs Noor Hussain", Relationship: "Grandmother", Email: "noor.hussain@example.net", Phone: "01632 960 111 (evenings)", Priority: 3},
}

func TestFiles(t *testing.T) {
	for file, c := range map[string]struct {
		ignored []string
		rows    []int // the number of each row, where not 2 and on
		but     func(*portal.ClassListRow)
	}{
		"sims.csv":  {ignored: []string{"Gender", "Address Block"}},
		"arbor.csv": {ignored: []string{"Student email"}},
		"bromcom.csv": {but: func(r *portal.ClassListRow) { // a landline only where there is no mobile
			if r.UPN == "U801200018001" && r.Phone == "" {
				r.Phone = "01632 960 999"
			}
		}},
		"scholarpack-windows-1252.csv": {},
		"nhs.csv":                      {rows: []int{2, 2, 3, 4, 5, 6}, but: func(r *portal.ClassListRow) { r.Priority = 0 }},
	} {
		t.Run(file, func(t *testing.T) {
			f, err := os.Open("testdata/" + file)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			rows, ignored, err := readAll(f, today)
			if err != nil {
				t.Fatal(err)
			}
			want := slices.Clone(families)
			for i := range want {
				if want[i].Row = i + 2; c.rows != nil {
					want[i].Row = c.rows[i]
				}
				if c.but != nil {
					c.but(&want[i])
				}
			}
			if !slices.Equal(ignored, c.ignored) {
				t.Errorf("ignored %q, want %q", ignored, c.ignored)
			}
			for i := range max(len(rows), len(want)) {
				if i >= len(rows) || i >= len(want) {
					t.Fatalf("%d rows, want %d", len(rows), len(want))
				}
				type plain portal.ClassListRow // whose fields print
				rows[i].Unsaid = 0
				if rows[i] != want[i] {
					t.Errorf("got  %+v\nwant %+v", plain(rows[i]), plain(want[i]))
				}
			}
		})
	}
}

// A report with a row for each teaching class too repeats pupils and contacts.
func TestRepeatedRows(t *testing.T) {
	f, err := os.Open("testdata/teaching-classes.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, ignored, err := readAll(f, today)
	if err != nil {
		t.Fatal(err)
	}
	var numbers []int
	for _, r := range rows {
		numbers = append(numbers, r.Row)
		if strings.Contains(r.Group, "/") {
			t.Errorf("row %d: the class is %q, not the registration form", r.Row, r.Group)
		}
	}
	if want := []int{2, 4, 6, 8}; !slices.Equal(numbers, want) || ignored != nil {
		t.Errorf("rows %v ignoring %q, want %v", numbers, ignored, want)
	}
}

const head = "UPN,Adno,Forename,Surname,DOB,Year,Class,In care,Contact name,Relationship,Priority,Email,Mobile,Parental responsibility,Court order\n"

// row is a good row with the cells named replaced.
func row(changes ...string) string {
	names := strings.Split(strings.TrimSpace(head), ",")
	cells := []string{"U801200018001", "17", "Ania", "Wójcik", "14/11/2017", "4", "4B", "F", "Kasia Wójcik", "Mother", "1", "k@example.org", "07700 900123", "T", "F"}
	for i := 0; i < len(changes); i += 2 {
		at := slices.Index(names, changes[i])
		if at < 0 {
			panic("no column " + changes[i])
		}
		cells[at] = changes[i+1]
	}
	var b strings.Builder
	w := csv.NewWriter(&b)
	if err := w.Write(cells); err != nil {
		panic(err)
	}
	w.Flush()
	return b.String()
}

func TestEncodingsSeparatorsAndLineEnds(t *testing.T) {
	plain := head + row("Forename", "Zoë") + row("Contact name", "José \"Pepe\" Wójcik", "Adno", "17", "Class", "4B")
	encode := func(e interface{ String(string) (string, error) }, s string) string {
		out, err := e.String(s)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	plain = strings.Replace(plain, "Zoë", "Ania", 1)
	want, _, err := readAll(strings.NewReader(plain), today)
	if err != nil || len(want) != 2 || want[1].ContactName != `José "Pepe" Wójcik` {
		t.Fatal(want, err)
	}
	for name, text := range map[string]string{
		"byte order mark":        "\ufeff" + plain,
		"UTF-16LE":               encode(utf16.UTF16(utf16.LittleEndian, utf16.UseBOM).NewEncoder(), plain),
		"UTF-16BE":               encode(utf16.UTF16(utf16.BigEndian, utf16.UseBOM).NewEncoder(), plain),
		"Windows-1252":           encode(charmap.Windows1252.NewEncoder(), plain),
		"CRLF":                   strings.ReplaceAll(plain, "\n", "\r\n"),
		"CR":                     strings.ReplaceAll(plain, "\n", "\r"),
		"no last line end":       strings.TrimRight(plain, "\n"),
		"semicolons":             strings.ReplaceAll(plain, ",", ";"),
		"tabs":                   strings.ReplaceAll(plain, ",", "\t"),
		"sep":                    "sep=;\r\n" + strings.ReplaceAll(plain, ",", ";"),
		"trailing empty cells":   strings.ReplaceAll(plain, "\n", ",,,\n"),
		"headings written oddly": strings.ReplaceAll(plain, "Contact name", " CONTACT__name: "),
		"decomposed accents":     strings.ReplaceAll(strings.ReplaceAll(plain, "ó", "o\u0301"), "é", "e\u0301"),
		"odd spaces":             strings.ReplaceAll(plain, "Kasia ", "\u00a0Kasia \u2003"),
	} {
		got, _, err := readAll(strings.NewReader(text), today)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, %v", name, err, got)
		}
	}
}

// Rows are numbered as a spreadsheet numbers them.
func TestRowNumbers(t *testing.T) {
	text := "\n" + head + // heading in row 2
		row("Year", "15") + // 3
		"\n" + strings.Repeat(",", 14) + "\n" + // 4 and 5, blank
		row("Class", "4B\n4C", "Year", "15") + // 6, with a line break in it
		row("Year", "16") // 7
	wantProblems(t, text,
		"row 3, column Year: '15' is not a year group: write Nursery, Reception, or Year 1 to Year 14, or X for none",
		"row 6, column Year: '15' is not a year group: write Nursery, Reception, or Year 1 to Year 14, or X for none",
		"row 6, column Class: '4B<U+000A>4C' has a line break or a tab in it: put the text on one line",
		"row 7, column Year: '16' is not a year group: write Nursery, Reception, or Year 1 to Year 14, or X for none",
	)
}

func wantProblems(t *testing.T, text string, want ...string) {
	t.Helper()
	rows, _, err := readAll(strings.NewReader(text), today)
	var wrong *portal.Invalid
	if !errors.As(err, &wrong) {
		t.Errorf("no problems but %v, want %q", err, want)
		return
	}
	if rows != nil {
		t.Error("rows and problems")
	}
	var got []string
	for _, p := range wrong.Problems {
		got = append(got, p.Field+": "+p.Message)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

func TestCells(t *testing.T) {
	const remove = ", as a formula does, which is dangerous in a spreadsheet: remove that character"
	for _, c := range []struct{ column, cell, want string }{
		{"UPN", "X801200018001", "'X801200018001' is not a UPN: compare it with your school's system, where it has 13 characters and begins with a check letter"},
		{"UPN", "8.01E+11", "'8.01E+11' is not a UPN: compare it with your school's system, where it has 13 characters and begins with a check letter"},
		{"Adno", "1.23457E+11", "'1.23457E+11'" + shortened},
		{"Forename", "?", "'?'" + noLetter},
		{"Surname", "=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0' begins with '='" + remove},
		{"Surname", "+Smith", "'+Smith' begins with '+'" + remove},
		{"Surname", "-", "'-' begins with '-'" + remove},
		{"Surname", " @Smith", "'@Smith' begins with '@'" + remove},
		{"Surname", "\uff1d1", "'\uff1d1' begins with '\uff1d'" + remove},
		{"Surname", "\tSmith", "'Smith' begins with a tab or a line break, which can hide a formula: remove it"},
		{"Surname", "\rSmith", "'Smith' begins with a tab or a line break, which can hide a formula: remove it"},
		{"Surname", "Smith\u202egnp", "'Smith<U+202E>gnp' has a character in it that cannot be seen (U+202E): delete the cell and type it again"},
		{"Surname", "Smi\u200bth", "'Smi<U+200B>th' has a character in it that cannot be seen (U+200B): delete the cell and type it again"},
		{"Surname", "Smi\x07th", "'Smi<U+0007>th' has a character in it that cannot be seen (U+0007): delete the cell and type it again"},
		{"Surname", "Smi\ufffdth", "'Smi<U+FFFD>th' has letters that cannot be read: " + saveUTF8},
		{"Surname", strings.Repeat("ż", 101), "'" + strings.Repeat("ż", 40) + "…' is longer than 100 characters"},
		{"DOB", "31/02/2017", "'31/02/2017' is not a date: write it as dd/mm/yyyy, a day that exists"},
		{"DOB", "24/11/2026", "'24/11/2026' is in the future"},
		{"DOB", "23/11/2005", "'23/11/2005' makes the pupil older than 20"},
		{"DOB", "", "is empty: every pupil needs a date of birth"},
		{"Year", "Year 15", "'Year 15' is not a year group: write Nursery, Reception, or Year 1 to Year 14, or X for none"},
		{"Class", "@4B", "'@4B' begins with '@'" + remove},
		{"Contact name", "", "is empty, and other cells of this contact are filled: write the contact's name, or empty those cells"},
		{"Contact name", "12", "'12'" + noLetter},
		{"Email", "kasia", "'kasia' is not an email address: write one such as name@example.org, or leave it empty"},
		{"Email", "k@example", "'k@example' is not an email address: write one such as name@example.org, or leave it empty"},
		{"Email", "k@example..org", "'k@example..org' is not an email address: write one such as name@example.org, or leave it empty"},
		{"Email", "a@b@c.org", "'a@b@c.org' is not an email address: write one such as name@example.org, or leave it empty"},
		{"Email", strings.Repeat("k", 250) + "@b.org", "'" + strings.Repeat("k", 40) + "…' is longer than the 254 characters that an email address may have"},
		{"Mobile", "=07700900123", "'=07700900123' begins with '='" + remove},
		{"Mobile", "+cmd|'/C calc'!A0", "'+cmd|'/C calc'!A0' begins with '+'" + remove},
		{"Mobile", "4.47701E+11", "'4.47701E+11'" + shortened},
	} {
		wantProblems(t, head+row(c.column, c.cell), "row 2, column "+c.column+": "+c.want)
	}
	wantProblems(t, head+row("Forename", "", "Surname", ""), "row 2, column Forename: is empty: every pupil needs a name")
	// One bad cell does not hide another.
	wantProblems(t, head+row("Forename", "?", "DOB", "never", "Email", "x"),
		"row 2, column Forename: '?'"+noLetter,
		"row 2, column DOB: 'never' is not a date: write it as dd/mm/yyyy, a day that exists",
		"row 2, column Email: 'x' is not an email address: write one such as name@example.org, or leave it empty")
}

func TestCellsTaken(t *testing.T) {
	for _, c := range []struct {
		column, cell string
		get          func(portal.ClassListRow) any
		want         any
	}{
		{"UPN", " u80 1200018001", func(r portal.ClassListRow) any { return r.UPN }, "U801200018001"},
		{"DOB", "2017-11-14", func(r portal.ClassListRow) any { return r.Born }, portal.Date("2017-11-14")},
		{"DOB", "1/9/2017 00:00:00", func(r portal.ClassListRow) any { return r.Born }, portal.Date("2017-09-01")},
		{"DOB", "2017-09-01T00:00:00Z", func(r portal.ClassListRow) any { return r.Born }, portal.Date("2017-09-01")},
		{"DOB", "23/11/2026", func(r portal.ClassListRow) any { return r.Born }, portal.Date("2026-11-23")},
		{"DOB", "24/11/2005", func(r portal.ClassListRow) any { return r.Born }, portal.Date("2005-11-24")},
		{"Year", "Yr 4", func(r portal.ClassListRow) any { return r.Year }, portal.Year(4)},
		{"Class", " 4B  blue ", func(r portal.ClassListRow) any { return r.Group }, "4B blue"},
		{"Class", "", func(r portal.ClassListRow) any { return r.Group }, ""},
		{"Surname", strings.Repeat("ż", 100), func(r portal.ClassListRow) any { return r.Surname }, strings.Repeat("ż", 100)},
		{"Surname", "Smith-Jones=+@", func(r portal.ClassListRow) any { return r.Surname }, "Smith-Jones=+@"},
		{"Mobile", "+44 (0)7700 900-123", func(r portal.ClassListRow) any { return r.Phone }, "+44 (0)7700 900-123"},
		{"Mobile", "07700900123", func(r portal.ClassListRow) any { return r.Phone }, "07700900123"},
		{"Priority", "0", func(r portal.ClassListRow) any { return r.Priority }, 0},
		{"Priority", "Second", func(r portal.ClassListRow) any { return r.Priority }, 2},
		{"Priority", "Priority 3", func(r portal.ClassListRow) any { return r.Priority }, 3},
		{"Priority", "2nd contact", func(r portal.ClassListRow) any { return r.Priority }, 2},
		{"Priority", "Main contact", func(r portal.ClassListRow) any { return r.Priority }, 1},
		{"Priority", "by day", func(r portal.ClassListRow) any { return r.Priority }, 0},
		{"Priority", "100", func(r portal.ClassListRow) any { return r.Priority }, 0},
		{"Email", "a@b.org; c@d.org", func(r portal.ClassListRow) any { return r.Email }, "a@b.org"},
		{"Class", "04-May", func(r portal.ClassListRow) any { return r.Group }, ""},
		{"Class", "Mar-04", func(r portal.ClassListRow) any { return r.Unsaid.Has(portal.UnsaidGroup) }, true},
		{"Class", "4KP", func(r portal.ClassListRow) any { return r.Unsaid.Has(portal.UnsaidGroup) }, false},
		{"Class", "-", func(r portal.ClassListRow) any { return r.Group }, ""},
		// Odd words settle nothing; what may bar somebody does.
		{"Parental responsibility", "Yes - full", func(r portal.ClassListRow) any { return r.Parental }, true},
		{"Parental responsibility", "Parental Responsibility", func(r portal.ClassListRow) any { return r.Parental }, true},
		{"Parental responsibility", "No (see file)", func(r portal.ClassListRow) any { return r.Unsaid.Has(portal.UnsaidParental) }, false},
		{"Parental responsibility", "perhaps", func(r portal.ClassListRow) any { return r.Parental }, false},
		{"Parental responsibility", "x", func(r portal.ClassListRow) any { return r.Unsaid.Has(portal.UnsaidParental) }, true},
		{"Parental responsibility", "Not known", func(r portal.ClassListRow) any { return r.Unsaid.Has(portal.UnsaidParental) }, true},
		{"Court order", "Prohibited steps", func(r portal.ClassListRow) any { return r.CourtOrder }, true},
		{"Court order", "None", func(r portal.ClassListRow) any { return r.CourtOrder }, false},
		{"In care", "Section 20", func(r portal.ClassListRow) any { return r.LookedAfter }, true},
		{"In care", "Previously", func(r portal.ClassListRow) any { return r.LookedAfter }, false},
		{"In care", "?", func(r portal.ClassListRow) any { return r.Unsaid.Has(portal.UnsaidLookedAfter) }, true},
		{"Email", "", func(r portal.ClassListRow) any { return r.Email }, ""},
	} {
		rows, _, err := readAll(strings.NewReader(head+row(c.column, c.cell)), today)
		if err != nil {
			t.Errorf("%s %q: %v", c.column, c.cell, err)
		} else if got := c.get(rows[0]); got != c.want {
			t.Errorf("%s %q: %v, want %v", c.column, c.cell, got, c.want)
		}
	}
	for word, want := range map[string]bool{"T": true, "true": true, "Yes": true, "y": true, "1": true, "F": false, "FALSE": false, "no": false, "N": false, "0": false, "": false} {
		rows, _, err := readAll(strings.NewReader(head+row("In care", word, "Parental responsibility", word, "Court order", word)), today)
		if err != nil || rows[0].LookedAfter != want || rows[0].Parental != want || rows[0].CourtOrder != want {
			t.Errorf("%q: %v", word, err)
		}
	}
	rows, _, err := readAll(strings.NewReader(head+row("Contact name", "", "Relationship", "", "Priority", "", "Email", "", "Mobile", "", "Parental responsibility", "F")), today)
	if err != nil || len(rows) != 1 || rows[0].ContactName != "" {
		t.Errorf("no contact: %v, %v", rows, err)
	}
}

func TestBetweenRows(t *testing.T) {
	wantProblems(t, head+row()+row("Forename", "Anna", "Contact name", "Jan Wójcik"),
		"row 3, column UPN: row 2 has the same UPN with other details: a name, a date of birth, a year or the other number differs",
		"row 3, column Admission number: row 2 has the same Admission number with other details: a name, a date of birth, a year or the other number differs")
	// A bad row is not compared with the others.
	wantProblems(t, head+row()+row("Forename", "=", "Contact name", "Jan Wójcik"),
		"row 3, column Forename: '=' begins with '=', as a formula does, which is dangerous in a spreadsheet: remove that character")
}

func TestShape(t *testing.T) {
	good := row()
	wantProblems(t, head+good+"U801200018001,17\n"+strings.TrimSpace(good)+",more\n",
		"row 3: has 2 cells for 15 headings: part of the row is missing, or a line break has split it",
		"row 4: has more cells than the 15 headings: a comma inside a cell may need quotation marks around the cell")
	wantProblems(t, head+strings.Replace(good, "Ania", `"Ania" Maria`, 1),
		"row 2, column Forename: there is text after the closing quotation mark: a quotation mark within a cell is written twice")
	wantProblems(t, head+good+strings.Replace(good, "Ania", `"Ania`, 1)+good,
		"row 3, column Forename: a quotation mark is opened here and never closed, so the rest of the file is one cell")
	wantProblems(t, head+good+strings.Repeat("x,", maxColumns)+"x",
		"row 3: has more cells than the 15 headings: a comma inside a cell may need quotation marks around the cell")
	for _, b := range []string{"\x81", "\x8d", "\x8f", "\x90", "\x9d"} {
		wantProblems(t, head+strings.Replace(strings.Replace(good, "Ania", "Ani"+b, 1), "ó", "o", -1),
			"row 2, column Forename: 'Ani<U+FFFD>' has letters that cannot be read: "+saveUTF8)
	}
	wantProblems(t, head+strings.Replace(good, "Ania", "Zo\xeb", 1),
		"row 2, column Forename: 'Zo<U+FFFD>' has letters that cannot be read: "+saveUTF8)
	wantProblems(t, "\ufeff"+head+strings.Replace(good, "4B", "4\xe9", 1),
		"row 2, column Class: '4<U+FFFD>' has letters that cannot be read: "+saveUTF8)
	wantProblems(t, head, "file: the file has headings and no pupils below them")
	wantProblems(t, head+"\n,,,\n", "file: the file has headings and no pupils below them")
	wantProblems(t, " \r\n\t", "file: the file is empty")
	wantProblems(t, "", "file: the file is empty")
}

func TestHeadings(t *testing.T) {
	wantProblems(t, "Class list 4B\nForename,Surname\n", "row 2: a column is missing: Date of birth (or DOB)")
	wantProblems(t, "Class list 4B\nA,B\n", "row 1: none of the headings is understood. A class list has a row of headings, such as Forename, Surname, Date of birth and Year, with the pupils below it")
	wantProblems(t, strings.Replace(head, "DOB", "Age", 1)+row(), "row 1: a column is missing: Date of birth (or DOB)")
	wantProblems(t, strings.Repeat("Forename,", 600)+"\n", "row 1: there are more than 500 columns: check that this is a class list")
	wantProblems(t, `Forename,"Surname`+"\n", "row 1, column B: a quotation mark is opened here and never closed, so the rest of the file is one cell")

	for heading, want := range map[string]string{
		"Former UPN": "-", "Title": "contactTitle", "Name": "pupilName", "Pupil name": "pupilName", "Pupil email": "-", "Student mobile": "-", "Address": "-", "": "-", "Parents' evening": "-",
		"Unique Pupil Number": "upn", "Adm. No.": "admission", "Pupil's forename": "forename", "Known as": "forename", "Learner Surname": "surname",
		"Birth date": "born", "NC Year": "year", "Yr": "year", "Reg.": "group", "Tutor Group": "group", "Child in care": "lookedAfter", "Looked after?": "lookedAfter",
		"Contact": "contactName", "Parent/Carer": "contactName", "Guardian Full Name": "contactName", "Contact Title": "contactTitle", "Parent Surname": "contactSurname", "Carer first name": "contactForename",
		"Relationship to pupil": "relationship", "Home email": "email", "Contact's email": "email", "Contact Email": "email", "Contact number": "phone", "Main Telephone": "phone",
		"Contact Priority": "priority", "Parental Resp.": "parental", "Court Order?": "courtOrder", "Parent 1 Name": "contactName 1", "CONTACT_2_MOBILE": "phone 2", "Guardian 3: legal guardian": "parental 3", "Parent 12 name": "-",
	} {
		names := [fields]string{"upn", "admission", "forename", "surname", "born", "year", "group", "lookedAfter", "pupilName", "contactName", "contactTitle", "contactForename", "contactSurname", "relationship", "email", "phone", "priority", "parental", "courtOrder"}
		got := "-"
		if m, ok := meaningOf(heading); ok {
			if got = names[m.field]; m.contact > 0 {
				got += fmt.Sprint(" ", m.contact)
			}
		}
		if got != want {
			t.Errorf("%q means %s, want %s", heading, got, want)
		}
	}
}

func TestSeveralColumnsOfOneMeaning(t *testing.T) {
	const head = "UPN,Legal forename,Preferred forename,Surname,Surname,DOB,Year,In care,Contact title,Contact forename,Contact surname,Home telephone,Mobile,Email,Parental responsibility,Court order\n"
	rows, _, err := readAll(strings.NewReader(head+
		"U801200018001,Anna,Ania,Wójcik,,14/11/2017,4,,Mrs,Kasia,Wójcik,01632 960001,07700 900123,,T,\n"+
		"U801200019002,Toluwani,,Clarke,Clarke,14/11/2017,4,,Ms,,Adeyemi,01632 960002,,,T,\n"), today)
	if err != nil {
		t.Fatal(err)
	}
	a, b := rows[0], rows[1]
	if a.Forename != "Ania" || a.Surname != "Wójcik" || a.ContactName != "Mrs Kasia Wójcik" || a.Phone != "07700 900123" {
		t.Errorf("first row: %q %q %q %q", a.Forename, a.Surname, a.ContactName, a.Phone)
	}
	if b.Forename != "Toluwani" || b.Surname != "Clarke" || b.ContactName != "Ms Adeyemi" || b.Phone != "01632 960002" {
		t.Errorf("second row: %q %q %q %q", b.Forename, b.Surname, b.ContactName, b.Phone)
	}

	// SIMS lets a report call the pupil's and the contact's surname alike.
	wantProblems(t, head+
		"U801200018001,Anna,,Wójcik,Wójcik,14/11/2017,4,,,Kasia,Wójcik,,,,T,\n"+
		"U801200019002,Tolu,,Clarke,Adeyemi,14/11/2017,4,,,Folake,Adeyemi,,,,T,\n"+
		"V801200020003,Zoë,,O'Neill,Hart,14/11/2019,2,,,Una,Hart,,,,T,\n",
		"row 3, column Surname (E): columns D and E mean the same and hold different things here: say which is which where the columns are shown (or, if one is about the contact, begin its heading with 'Contact')")
}

func TestNumberedContacts(t *testing.T) {
	const head = "UPN,Forename,Surname,DOB,Year,In care,Email,Parent 1 name,Parent 1 parental responsibility,Parent 1 court order,Parent 2 name,Parent 2 email,Parent 2 parental responsibility,Parent 2 court order\n"
	rows, ignored, err := readAll(strings.NewReader(head+
		"U801200018001,Ania,Wójcik,14/11/2017,4,,ania@pupils.example.org,Kasia Wójcik,Y,,Piotr Wójcik,p@example.org,Y,Y\n"+
		"U801200019002,Tolu,Clarke,14/11/2017,4,,,,,,Folake Adeyemi,,Y,\n"), today)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(ignored, []string{"Email"}) || len(rows) != 3 {
		t.Fatalf("%d rows, ignoring %q", len(rows), ignored)
	}
	if r := rows[1]; r.Row != 2 || r.ContactName != "Piotr Wójcik" || r.Email != "p@example.org" || !r.CourtOrder {
		t.Errorf("second contact: %q %q", r.ContactName, r.Email)
	}
	if r := rows[2]; r.Row != 3 || r.ContactName != "Folake Adeyemi" || r.CourtOrder {
		t.Errorf("third contact: %q", r.ContactName)
	}
	wantProblems(t, head+"U801200018001,Ania,Wójcik,14/11/2017,4,,,Kasia Wójcik,Y,,,p@example.org,Y,Y\n",
		"row 2, column Parent 2 name: is empty, and other cells of this contact are filled: write the contact's name, or empty those cells")
}

func TestWrongFiles(t *testing.T) {
	for content, want := range map[string]string{
		"PK\x03\x04\x14\x00\x06\x00\x08\x00[Content_Types].xml": "damaged",
		"\x1f\x8b\x08\x00":                 "packed file",
		"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "older Excel",
		"%PDF-1.7\n%\xe2\xe3":              "PDF",
		"\x89PNG\r\n\x1a\n":                "picture",
		"\xff\xd8\xff\xe0":                 "picture",
		"{\\rtf1\\ansi":                    "word-processed document",
		"\ufeff\r\n<!DOCTYPE html><table>": "web page",
		"Forename\x00,\x00S\x00":           "not a text file",
		"\x7fELF\x02\x01":                  "a program",
	} {
		_, _, err := readAll(strings.NewReader(content), today)
		var wrong *portal.Invalid
		if !errors.As(err, &wrong) || len(wrong.Problems) != 1 || wrong.Problems[0].Field != "file" || !strings.Contains(wrong.Problems[0].Message, want) {
			t.Errorf("%.20q: %v, want %q", content, err, want)
		}
	}
}

// noise gives n bytes that are no CSV.
type noise struct {
	n     int
	alike byte // every byte, or all of them in turn where it is 0
}

func (r *noise) Read(p []byte) (int, error) {
	if r.n == 0 {
		return 0, io.EOF
	}
	p = p[:min(len(p), r.n)]
	for i := range p {
		if p[i] = r.alike; r.alike == 0 {
			p[i] = byte((r.n - i) * 131 >> 3)
		}
	}
	r.n -= len(p)
	return len(p), nil
}

func TestNoise(t *testing.T) {
	for _, c := range []struct {
		name string
		in   io.Reader
	}{
		{"bytes", &noise{n: 50 << 20}},
		{"letters", &noise{n: 50 << 20, alike: 'a'}},
		{"quotation marks", &noise{n: (20 << 20), alike: '"'}},
		{"commas", &noise{n: (20 << 20), alike: ','}},
		{"line ends", &noise{n: (20 << 20) - 1, alike: '\n'}},
		{"semicolons below headings", io.MultiReader(strings.NewReader(head), &noise{n: (20 << 20) - len(head), alike: ';'})},
		{"commas below headings", io.MultiReader(strings.NewReader(head), &noise{n: (20 << 20) - len(head), alike: ','})},
		{"line ends below headings", io.MultiReader(strings.NewReader(head), &noise{n: (20 << 20) - len(head), alike: '\n'})},
		{"Windows-1252", &noise{n: (20 << 20), alike: 0x80}},
		{"undefined", io.MultiReader(strings.NewReader(head), &noise{n: (20 << 20) - len(head), alike: 0x81})},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			_, _, err := readAll(c.in, today)
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			var wrong *portal.Invalid
			if !errors.As(err, &wrong) || len(wrong.Problems) != 1 {
				t.Fatalf("%.200v", err)
			}
			if len(wrong.Problems[0].Message) > 1000 {
				t.Errorf("a message of %d bytes", len(wrong.Problems[0].Message))
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 400<<20 {
				t.Errorf("%d MB allocated", used>>20)
			}
			t.Logf("%v, %d MB: %.100v", took.Round(time.Millisecond), (after.TotalAlloc-before.TotalAlloc)>>20, err)
		})
	}
}

func TestLimits(t *testing.T) {
	var b strings.Builder
	b.WriteString(head)
	for range 600 {
		b.WriteString(row("Year", "99"))
	}
	_, _, err := readAll(strings.NewReader(b.String()), today)
	var wrong *portal.Invalid
	if !errors.As(err, &wrong) || len(wrong.Problems) != 501 || wrong.Problems[500] != (portal.Problem{Field: "file", Message: "and 100 more"}) {
		t.Errorf("600 problems: %d listed", len(wrong.Problems))
	}

	// As many rows as there may be: pupils of one contact each.
	b.Reset()
	b.WriteString(head)
	const most = 50_000
	for i := range most {
		fmt.Fprintf(&b, ",%d,Ania,Wójcik,14/11/2017,4,4B,,Kasia %d,,1,,,T,\n", i, i)
	}
	start := time.Now()
	rows, _, err := readAll(strings.NewReader(b.String()), today)
	if err != nil || len(rows) != most {
		t.Errorf("%d rows: %d read, %v", most, len(rows), err)
	}
	t.Logf("%d rows in %v", most, time.Since(start).Round(time.Millisecond))
}

func TestLetters(t *testing.T) {
	for at, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 51: "AZ", 52: "BA", 701: "ZZ", 702: "AAA"} {
		if got := letters(at); got != want {
			t.Errorf("%d: %s, want %s", at, got, want)
		}
	}
}

// FuzzReadCSV holds that nothing makes the reader panic, that it fails only with
// problems to put right, and that what it takes is fit to keep.
func FuzzReadCSV(f *testing.F) {
	for _, name := range []string{"sims.csv", "arbor.csv", "bromcom.csv", "scholarpack-windows-1252.csv", "nhs.csv", "teaching-classes.csv"} {
		b, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(head + row("Surname", "=1") + row("Forename", "\u202e")))
	f.Add([]byte("sep=\t\nUPN"))
	f.Fuzz(func(t *testing.T, b []byte) {
		rows, _, err := readAll(bytes.NewReader(b), today)
		var wrong *portal.Invalid
		if err != nil {
			if !errors.As(err, &wrong) || len(wrong.Problems) == 0 || len(wrong.Problems) > maxProblems+1 || rows != nil {
				t.Fatalf("%v", err)
			}
			for _, p := range wrong.Problems {
				if p.Field == "" || p.Message == "" || !utf8.ValidString(p.Field+p.Message) || strings.ContainsFunc(p.Field+p.Message, hidden) {
					t.Fatalf("problem %q: %q", p.Field, p.Message)
				}
			}
			return
		}
		if len(rows) == 0 {
			t.Fatal("no rows and no error")
		}
		for _, r := range rows {
			if r.Row < 2 || r.UPN == "" && r.AdmissionNumber == "" || r.Forename == "" || r.Surname == "" || r.UPN != "" && !portal.ValidUPN(r.UPN) {
				t.Fatalf("%+v", r)
			}
			for _, s := range []string{r.AdmissionNumber, r.Forename, r.Surname, r.Group, r.ContactName, r.Relationship, r.Email} {
				if s != "" && strings.ContainsAny(s[:1], "=+-@") || strings.ContainsFunc(s, hidden) || utf8.RuneCountInString(s) > maxEmail {
					t.Fatalf("row %d kept %q", r.Row, s)
				}
			}
		}
		if p := portal.CheckClassList(rows); p != nil {
			t.Fatal(p)
		}
	})
}

// FuzzRecords holds that where encoding/csv takes a file, rows and cells are the same.
func FuzzRecords(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "\"a\"\"b\",\"c\nd\"\n\n,\n", "a\n\"\"\nb", ",,,", "\"a,b\"", "é,\"\"\"\"\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if strings.ContainsRune(s, '\r') || strings.Count(s, ",") > maxColumns {
			t.Skip()
		}
		std := csv.NewReader(strings.NewReader(s))
		std.FieldsPerRecord = -1
		want, err := std.ReadAll()
		if err != nil {
			t.Skip()
		}
		var got [][]string
		for in := (&records{s: s, comma: ','}); in.next(); {
			if in.fault != "" || in.wide {
				t.Fatalf("%q: %s", s, in.fault)
			}
			got = append(got, slices.Clone(in.cells))
		}
		empty := func(cells []string) bool { return len(cells) == 1 && cells[0] == "" }
		got, want = slices.DeleteFunc(got, empty), slices.DeleteFunc(want, empty)
		if len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	})
}
