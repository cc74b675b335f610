package roster

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"schoolgate/portal"
)

// archive is a zip of files, given by name and content in turn.
func archive(t testing.TB, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err == nil {
			_, err = w.Write([]byte(files[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// workbook is an Excel workbook of sheets, by name and rows.
func workbook(t testing.TB, edit func(*excelize.File), sheets ...any) []byte {
	t.Helper()
	x := excelize.NewFile()
	defer x.Close()
	for i := 0; i < len(sheets); i += 2 {
		name := sheets[i].(string)
		if _, err := x.NewSheet(name); err != nil {
			t.Fatal(err)
		}
		for n, row := range sheets[i+1].([][]any) {
			if err := x.SetSheetRow(name, fmt.Sprintf("A%d", n+1), &row); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(sheets) > 0 {
		if err := x.DeleteSheet("Sheet1"); err != nil {
			t.Fatal(err)
		}
	}
	if edit != nil {
		edit(x)
	}
	b, err := x.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// counts is how many pupils and contacts a file has, read as it is recognised.
func counts(t *testing.T, file []byte, m portal.ListMapping) (l portal.ClassList, pupils, contacts int) {
	t.Helper()
	l, err := read(file, m, today)
	if err != nil {
		t.Fatalf("%.1500v", err)
	}
	seen := map[string]bool{}
	for _, r := range l.Rows {
		seen[r.UPN+r.AdmissionNumber+r.Forename+r.Surname+string(r.Born)] = true
		if r.ContactName != "" {
			contacts++
		}
	}
	return l, len(seen), contacts
}

func TestShapes(t *testing.T) {
	wide := [][]any{
		{"Class list of Fernlow Primary"}, {"Printed on 23/11/2026"}, {},
		{"", "", "", "", "", "Contact 1", "", "", "", "Contact 2", "", "", ""},
		{"Adno", "Surname", "Forename", "DOB", "Year", "Name", "Relationship", "Mobile", "Parental responsibility", "Name", "Relationship", "Mobile", "Parental responsibility"},
		{3412, "Wójcik", "Ania", 43053, "4", "Mrs Kasia Wójcik", "Mother", 7700900123, true, "Mr Piotr Wójcik", "Father", 447700900456, false},
		{3413, "Lee", "Bo", 43053.0, "R", "Ms Jo Lee", "Mother", "07700 900789", "T"},
		{}, {"Total", "", 2},
	}
	for name, c := range map[string]struct {
		file             []byte
		format           string
		pupils, contacts int
		sheet            string
		check            func(t *testing.T, l portal.ClassList)
	}{
		"workbook, contacts in columns": {
			file: workbook(t, func(x *excelize.File) {
				x.SetActiveSheet(1)
				if err := errors.Join(x.MergeCell("Pupils", "F4", "I4"), x.MergeCell("Pupils", "J4", "M4"), x.SetSheetVisible("Old", false)); err != nil {
					t.Fatal(err)
				}
			}, "Old", [][]any{{"Forename", "Surname", "DOB"}, {"Gone", "Child", "01/02/2018"}}, "Pupils", wide),
			format: "Excel workbook", pupils: 2, contacts: 3,
			check: func(t *testing.T, l portal.ClassList) {
				a, b := l.Rows[0], l.Rows[1]
				if a.Born != "2017-11-14" || a.Phone != "07700900123" || !a.Parental || a.Row != 6 || b.ContactName != "Mr Piotr Wójcik" || b.Phone != "+447700900456" || b.Parental || b.Unsaid.Has(portal.UnsaidParental) || !b.Unsaid.Has(portal.UnsaidCourtOrder|portal.UnsaidLookedAfter) {
					t.Errorf("%+v", []any{a.Born, a.Phone, a.Parental, a.Row, b.ContactName, b.Phone, b.Unsaid})
				}
				if !strings.Contains(strings.Join(l.Notes, " "), "Hidden and not read: ‘Old’") {
					t.Errorf("notes %q", l.Notes)
				}
			},
		},
		"workbook, a sheet a class": {
			file:   workbook(t, nil, "4B", [][]any{{"Forename", "Surname", "DOB", "Class"}, {"Ann", "Lee", "14.11.2017", "4B"}}, "5C", [][]any{{"Forename", "Surname", "DOB", "Class"}, {"Bo", "Lee", "14-Nov-16", "5C"}, {"Cy", "Roe", "2016-11-14T00:00:00", "5C"}}),
			format: "Excel workbook", pupils: 3,
		},
		"zeros that are shown": {
			file: workbook(t, func(x *excelize.File) {
				format := "000000"
				style, err := x.NewStyle(&excelize.Style{CustomNumFmt: &format})
				if err != nil || x.SetCellStyle("P", "A2", "A2", style) != nil {
					t.Fatal(err)
				}
			}, "P", [][]any{{"Admission number", "Forename", "Surname", "DOB"}, {3592, "Ann", "Lee", 43053}}),
			format: "Excel workbook", pupils: 1,
			check: func(t *testing.T, l portal.ClassList) {
				if l.Rows[0].AdmissionNumber != "003592" || l.Rows[0].Year != 4 || !l.Rows[0].Unsaid.Has(portal.UnsaidYear) {
					t.Errorf("%s, %v", l.Rows[0].AdmissionNumber, l.Rows[0].Year)
				}
			},
		},
		"doubled headings, contact by row": {
			file:   []byte("Adno,Surname,Forename,DOB,Year,Reg,Title,Surname,Forename,Relationship,Priority,Telephone\n1,Lee,Ann,14/11/2017,4,4B,Mrs,Roe,Jo,Mother,1,07700 900123\n1,Lee,Ann,14/11/2017,4,4B,Mr,Lee,Al,Father,2,\n2,Poe,Cat,14/11/2017,4,4B,Ms,Poe,Pia,Mother,1,\n"),
			format: "CSV", pupils: 2, contacts: 3,
			check: func(t *testing.T, l portal.ClassList) {
				if l.Rows[0].ContactName != "Mrs Jo Roe" || l.Rows[0].Surname != "Lee" {
					t.Errorf("%s of %s", l.Rows[0].ContactName, l.Rows[0].Surname)
				}
			},
		},
		"doubled headings, contacts in columns": {
			file:   []byte("UPN;Forename;Surname;DOB;Email;Contact name;Relationship;Email;Contact name;Relationship;Email\nU801200018001;Ania;W;14/11/2017;ania@pupils.example;Jo W;Mother;jo@h.example;Al W;Father;al@h.example\n"),
			format: "semicolons", pupils: 1, contacts: 2,
			check: func(t *testing.T, l portal.ClassList) {
				if l.Rows[0].Email != "jo@h.example" || l.Rows[1].Email != "al@h.example" || l.Rows[1].Relationship != "Father" {
					t.Errorf("%s, %s", l.Rows[0].Email, l.Rows[1].Email)
				}
			},
		},
		"NHS, without a number": {
			file:   []byte("CHILD_FIRST_NAME,CHILD_LAST_NAME,CHILD_DATE_OF_BIRTH,CHILD_YEAR_GROUP,CHILD_REGISTRATION,CHILD_POSTCODE,PARENT_1_NAME,PARENT_1_RELATIONSHIP,PARENT_1_EMAIL,PARENT_1_PHONE,PARENT_2_NAME,PARENT_2_RELATIONSHIP,PARENT_2_EMAIL,PARENT_2_PHONE\nAnn,Lee,2017-11-14,4,4B,X,Jo Lee,Mum,jo@h.example,07700900123,Al Lee,Dad,,\nBo,Lee,2017-11-14,,4B,X,Jo Lee,Mum,jo@h.example,07700900123\n"),
			format: "NHS class list", pupils: 2, contacts: 3,
		},
		"by what they are": {
			file:   []byte("Pupil name,Date of birth,Class,Mother's name,Mother's email,Father name,Father mobile\n\"Lee, Ann\",14/11/2017,4B,Jo Lee,jo@h.example,Al Lee,7700900123\n"),
			format: "CSV", pupils: 1, contacts: 2,
			check: func(t *testing.T, l portal.ClassList) {
				if r := l.Rows[1]; r.Forename != "Ann" || r.Relationship != "Father" || r.Phone != "07700900123" {
					t.Errorf("%s, %s, %s", r.Forename, r.Relationship, r.Phone)
				}
			},
		},
		"OneRoster": {
			file:   oneRoster(t, ""),
			format: "OneRoster", pupils: 2, contacts: 3,
			check: func(t *testing.T, l portal.ClassList) {
				r := l.Rows[0]
				if r.UPN != "U801200018001" || r.Born != "2017-11-14" || r.Group != "4B" || r.Year != 4 || r.ContactName != "Jo Lee" || r.Relationship != "Guardian" || r.Phone != "07700900123" || !r.Unsaid.Has(portal.UnsaidParental|portal.UnsaidCourtOrder|portal.UnsaidLookedAfter|portal.UnsaidPriority) {
					t.Errorf("%s %s %s %v %s %s %s %v", r.UPN, string(r.Born), r.Group, r.Year, r.ContactName, r.Relationship, r.Phone, r.Unsaid)
				}
			},
		},
		"OneRoster of two schools": {file: oneRoster(t, "s2"), sheet: "Fernlow", format: "OneRoster", pupils: 1, contacts: 2},
		"CTF": {
			file: []byte(`<?xml version="1.0" encoding="UTF-8"?><CTfile><Header><DocumentName>Common Transfer File</DocumentName></Header><CTFpupilData>
<Pupil><UPN>U801200018001</UPN><Surname>Lee</Surname><Forename>Ann</Forename><DOB>2017-11-14</DOB><BasicDetails><PreferredForename>Annie</PreferredForename><NCyearActual>4</NCyearActual></BasicDetails><LookedAfter><InCare>true</InCare></LookedAfter>
<Contacts><Contact><Order>1</Order><Title>Mrs</Title><Surname>Lee</Surname><Forename>Jo</Forename><Relationship>MTH</Relationship><Responsibility>true</Responsibility><Phones><Phone><TelephoneType>H</TelephoneType><PhoneNo>01632 960111</PhoneNo></Phone><Phone><TelephoneType>M</TelephoneType><PhoneNo>07700 900123</PhoneNo></Phone></Phones><Email>jo@h.example</Email></Contact>
<Contact><Order>2</Order><Surname>Lee</Surname><Forename>Al</Forename><Relationship>FTH</Relationship></Contact></Contacts><SchoolHistory><School><NCyearActual>3</NCyearActual></School></SchoolHistory></Pupil>
<Pupil><UPN>V801200020003</UPN><Surname>Roe</Surname><Forename>Bo</Forename><DOB>2020-02-29</DOB></Pupil></CTFpupilData></CTfile>`),
			format: "CTF", pupils: 2, contacts: 2,
			check: func(t *testing.T, l portal.ClassList) {
				r := l.Rows[0]
				if r.Forename != "Annie" || r.Year != 4 || !r.LookedAfter || r.ContactName != "Mrs Jo Lee" || r.Relationship != "Mother" || r.Phone != "07700 900123" || !r.Parental || l.Rows[1].Unsaid&portal.UnsaidParental == 0 || l.Rows[2].Unsaid&portal.UnsaidLookedAfter == 0 || l.Rows[2].Year != 2 {
					t.Errorf("%s %v %v %s %s %s %v", r.Forename, r.Year, r.LookedAfter, r.ContactName, r.Relationship, r.Phone, r.Parental)
				}
			},
		},
		"American days": {file: []byte("Forename,Surname,DOB\nAnn,Lee,11/14/2017\nBo,Lee,04/05/2017\n"), format: "CSV", pupils: 2, check: func(t *testing.T, l portal.ClassList) {
			if l.Rows[0].Born != "2017-11-14" || l.Rows[1].Born != "2017-04-05" || len(l.Notes) != 1 {
				t.Errorf("%s, notes %q", string(l.Rows[1].Born), l.Notes)
			}
		}},
		"one name, joiners, a guarded number": {file: []byte("Adno,Forename,Surname,DOB\n=\"003401\",Suharto,,14/11/2017\n2,علی\u200cرضا,موسوی,14/11/2017\n3,ශ්\u200dරී,Perera,14/11/2017\n4,,Suharto,15/11/2017\n"), format: "CSV", pupils: 4, check: func(t *testing.T, l portal.ClassList) {
			if l.Rows[0].AdmissionNumber != "003401" || l.Rows[1].Forename != "علی\u200cرضا" || l.Rows[3].Forename != "Suharto" || l.Rows[3].Surname != "" {
				t.Errorf("%q %q %q", l.Rows[0].AdmissionNumber, l.Rows[1].Forename, l.Rows[3].Forename)
			}
		}},
		"what stands once": {file: []byte("Forename,Surname,DOB,Contact name,Relationship\nAnn,Lee,14/11/2017,Jo Lee,Mother\n,,,Al Lee,Father\nBo,Lee,15/11/2017,Jo Lee,Mother\n"), format: "CSV", pupils: 2, contacts: 3, check: func(t *testing.T, l portal.ClassList) {
			if r := l.Rows[1]; r.Forename != "Ann" || r.ContactName != "Al Lee" || r.Row != 3 || len(l.Notes) != 1 {
				t.Errorf("%s, %s, row %d, notes %q", r.Forename, r.ContactName, r.Row, l.Notes)
			}
		}},
		"classes above their pupils": {file: []byte("Class list of Fernlow\nForename,Surname,DOB,Contact name\nClass: 4KP,,,\nAnn,Lee,14/11/2017,Jo Lee\nTotal in class: 1,,,\nYear 2,,,\nBo,Lee,15/11/2019,\n"), format: "CSV", pupils: 2, contacts: 1, check: func(t *testing.T, l portal.ClassList) {
			if a, b := l.Rows[0], l.Rows[1]; a.Group != "4KP" || b.Year != 2 || b.Group != "" || a.Unsaid.Has(portal.UnsaidGroup) || len(l.Notes) != 2 {
				t.Errorf("%s, %s, %v, notes %q", a.Group, b.Group, b.Year, l.Notes)
			}
		}},
		"sheets named as classes": {
			file:   workbook(t, nil, "4KP", [][]any{{"Forename", "Surname", "DOB"}, {"Ann", "Lee", 43053}}, "Sheet2", [][]any{{"Forename", "Surname", "DOB"}, {"Bo", "Lee", 43053}}),
			format: "Excel workbook", pupils: 2, check: func(t *testing.T, l portal.ClassList) {
				if l.Rows[0].Group != "4KP" || l.Rows[1].Group != "" {
					t.Errorf("%s, %s", l.Rows[0].Group, l.Rows[1].Group)
				}
			},
		},
		"all in one column": {file: workbook(t, nil, "P", [][]any{{"Forename;Surname;DOB;Contact name"}, {"Ann;\"Lee; Poe\";14/11/2017;Jo Lee"}}), format: "Excel workbook", pupils: 1, contacts: 1},
		"a class made a day": {file: workbook(t, nil, "P", [][]any{{"Forename", "Surname", "DOB", "Class"}, {"Ann", "Lee", 43053, time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC)}}), format: "Excel workbook", pupils: 1, check: func(t *testing.T, l portal.ClassList) {
			if r := l.Rows[0]; r.Group != "" || !r.Unsaid.Has(portal.UnsaidGroup) || len(l.Notes) != 1 {
				t.Errorf("%q, notes %q", r.Group, l.Notes)
			}
		}},
		"lines of Arbor": {file: []byte("Legal First Name,Legal Last Name,Date of birth,Guardian 1 - Full name,Guardian 1 - Default email address,Guardian 1 - Default mobile telephone,Guardian 1 - Work telephone number\nAnn,Lee,14/11/2017,Jo Lee,jo@h.example,07700900123,01632960111\n"), format: "Arbor", pupils: 1, contacts: 1, check: func(t *testing.T, l portal.ClassList) {
			if r := l.Rows[0]; r.Phone != "07700900123" || r.Email != "jo@h.example" {
				t.Errorf("%s, %s", r.Phone, r.Email)
			}
		}},
		"short rows": {file: []byte(head + "U801200018001,17,Ania,Wójcik,14/11/2017,4\n"), format: "CSV", pupils: 1},
	} {
		t.Run(name, func(t *testing.T) {
			l, pupils, contacts := counts(t, c.file, portal.ListMapping{Sheet: c.sheet})
			if pupils != c.pupils || contacts != c.contacts || !strings.Contains(l.Format, c.format) {
				t.Errorf("%s: %d pupils, %d contacts; want %s, %d, %d", l.Format, pupils, contacts, c.format, c.pupils, c.contacts)
			}
			if c.check != nil {
				c.check(t, l)
			}
		})
	}
}

// oneRoster is an archive of two pupils; second is the school of the second of them.
func oneRoster(t testing.TB, second string) []byte {
	if second == "" {
		second = "s1"
	}
	return archive(t, "manifest.csv", "propertyName,value\noneroster.version,1.1\n",
		"orgs.csv", "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\nd,active,,Trust,district,,\ns1,active,,Fernlow,school,,d\ns2,active,,Osric,school,,d\n",
		"users.csv", "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password\n"+
			"p1,active,,true,s1,student,a,{UPN:U801200018001},Ann,Lee,,A17,,,,\"g1,g2\",04,\np2,active,,true,"+second+",student,b,,Bo,Roe,,18,,,,g3,R,\np3,tobedeleted,,true,s1,student,c,,Gone,Child,,19,,,,,R,\n"+
			"g1,active,,true,s1,guardian,g,,Jo,Lee,,,jo@h.example,07700900123,,p1,,\ng2,active,,true,s1,parent,h,,Al,Lee,,,al@h.example,,01632960111,p1,,\ng3,active,,true,s2,relative,i,,Gran,Roe,,,,,,p2,,\nt1,active,,true,s1,teacher,t,,Miss,Teach,,,,,,,,\n",
		"demographics.csv", "sourcedId,status,dateLastModified,birthDate,sex\np1,active,,2017-11-14,female\np2,active,,2021-12-03,male\n",
		"classes.csv", "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods\nc1,active,,4B,,x,,homeroom,,s1,,,,\nc2,active,,Maths 4,,x,,scheduled,,s1,,,,\n",
		"enrollments.csv", "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate\ne1,active,,c2,s1,p1,student,,,\ne2,active,,c1,s1,p1,student,,,\n")
}

// Letters that came out wrong are found by cell, whatever made them so.
func TestGarbled(t *testing.T) {
	for _, name := range []string{"ZoÃ«", "Zo‰", "Jos‚", "Jos\u017d", "Bj”rn", "M\u0178ller", "Sta\u00b3owski", "\u0152wi\u00b9tek", "Ra\u0153l", "Zo√´", "Zo├½", "WÃ³jcik", "OÃ¢â‚¬â„¢Neill", "Oâ€™Neill", "ZoĂ«", "Nu–ez"} {
		if garbled(name) == "" {
			t.Errorf("%s is taken", name)
		}
	}
	for _, name := range []string{"Zoë", "José", "O’Neill", "O‘Neill", "O´Neill", "d’souza", "Wójcik", "Łukasz", "Šárka Žižková", "Lebœuf", "Œuvrard", "Ann–Marie", "José “Pepe” Lee", "Mª José", "Gal·la", "Nguyễn Văn Đức", "Ångström", "Þór", "علی\u200cرضا", "李小龍", "Ольга", "MacDonald", "İbrahim", "Ñuñez", "Ó Súilleabháin", "NÚÑEZ"} {
		if why := garbled(name); why != "" {
			t.Errorf("%s %s", name, why)
		}
	}
	wantProblems(t, head+strings.Replace(strings.ReplaceAll(row("Forename", "Zo#"), "ó", "o"), "#", "\x89", 1),
		"row 2, column Forename: 'Zo‰' has a letter that came out wrong ('‰'): "+saveUTF8)
}

// What is no class list, or one made to do harm, is refused with a word on what
// to do; nothing of a file's cells is told at length.
func TestHostileFiles(t *testing.T) {
	big := archive(t, "xl/workbook.xml", "<x/>", "xl/styles.xml", strings.Repeat("a", maxPart+1))
	good := workbook(t, nil, "P", [][]any{{"Forename", "Surname", "DOB"}, {"Ann", "Lee", 43053}})
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"bomb":         {big, "unpacks to more than"},
		"a way out":    {archive(t, "../users.csv", "x"), "leads out of it"},
		"no list":      {archive(t, "readme.txt", "x"), "no class list"},
		"half a book":  {good[:len(good)/2], "half-way"},
		"entities":     {[]byte(`<?xml version="1.0"?><!DOCTYPE CTfile [<!ENTITY a "b">]><CTfile><CTFpupilData><Pupil><Surname>&a;</Surname></Pupil></CTFpupilData></CTfile>`), "entity"},
		"other XML":    {[]byte(`<?xml version="1.0"?><html/>`), "not a common transfer file"},
		"half an XML":  {[]byte(`<?xml version="1.0"?><CTfile><CTFpupilData><Pupil>`), "half-way"},
		"two schools":  {oneRoster(t, "s2"), "which school's list"},
		"no result":    {formula(t), "column Forename: is a formula whose result is not in the file"},
		"hanging":      {[]byte("Forename,Surname,DOB,Contact name\nAnn,Lee,14/11/2017,Jo Lee\nAnn,Lee,14/11/2017,Al Lee\n,,,Mo Lee\n"), "row 4, column Forename: is empty"},
		"error cell":   {[]byte("Forename,Surname,DOB\nAnn,#REF!,14/11/2017\n"), "went wrong in the spreadsheet"},
		"mixed orders": {[]byte("Forename,Surname,DOB\nAnn,Lee,14/11/2017\nBo,Lee,11/14/2017\n"), "is not a date"},
	} {
		_, err := read(c.file, portal.ListMapping{}, today)
		var wrong *portal.Invalid
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %.300v, want %q", name, err, c.want)
		}
	}
}

// formula is a workbook with a formula that nothing has worked out.
func formula(t testing.TB) []byte {
	return workbook(t, func(x *excelize.File) {
		if err := x.SetCellFormula("P", "A2", `="A"&"nn"`); err != nil {
			t.Fatal(err)
		}
	}, "P", [][]any{{"Forename", "Surname", "DOB"}, {nil, "Lee", 43053}})
}

// How the file was saved is asked where no byte says it, and remembered with the shape.
func TestEncodingIsChosen(t *testing.T) {
	file := []byte("Forename,Surname,DOB,Caf\x8e\nZo\x91,Lee,14/11/2017,x\n")
	f, err := Open(file, portal.ListMapping{})
	if err != nil || len(f.Encodings) < 5 || f.Encoding != "windows-1252" || len(f.Notes) != 1 {
		t.Fatalf("%v, %v, %q, notes %q", err, f.Encodings, f.Encoding, f.Notes)
	}
	m := portal.ListMapping{Encoding: "macintosh"}
	g, err := Open(file, m)
	if err != nil || g.Shape != f.Shape || g.Encoding != "macintosh" || len(g.Notes) > 0 {
		t.Errorf("%v, %q, notes %q", err, g.Encoding, g.Notes)
	}
	if l, _, _ := counts(t, file, m); l.Rows[0].Forename != "Zoë" || !strings.Contains(l.Format, "Macintosh") {
		t.Errorf("%s, %s", l.Rows[0].Forename, l.Format)
	}
	// A later file of the shape that says what it is goes by what it says.
	if l, _, _ := counts(t, []byte("Forename,Surname,DOB,Café\nZoë,Lee,14/11/2017,x\n"), m); l.Rows[0].Forename != "Zoë" {
		t.Errorf("%s of UTF-8", l.Rows[0].Forename)
	}
	for _, code := range Encodings() {
		if g, err := Open(file, portal.ListMapping{Encoding: code}); err != nil || g.Encoding != code {
			t.Errorf("%s: %q, %v", code, g.Encoding, err)
		}
	}
}

// What the office says of the columns goes before what their headings say.
func TestMapping(t *testing.T) {
	file := []byte("Tag,Family,Given,DOB,Who\n17,Lee,Ann,14/11/2017,Jo Lee\n")
	f, err := Open(file, portal.ListMapping{})
	if err != nil || len(f.Lacks) != 1 || len(f.Columns) != 5 || f.Columns[4].Samples[0] != "Jo Lee" || f.Columns[3].Meaning != "born" {
		t.Fatalf("%v, lacks %q, %d columns", err, f.Lacks, len(f.Columns))
	}
	m := portal.ListMapping{Columns: []string{"admission", "surname", "forename", "born", "contact.name"}}
	l, pupils, contacts := counts(t, file, m)
	if r := l.Rows[0]; pupils != 1 || contacts != 1 || r.AdmissionNumber != "17" || r.Forename != "Ann" || r.ContactName != "Jo Lee" {
		t.Errorf("%d pupils, %d contacts", pupils, contacts)
	}
	g, err := Open(file, m)
	if err != nil || g.Shape != f.Shape || len(g.Lacks) > 0 || g.Columns[0].Meaning != "admission" {
		t.Errorf("%v: shapes %s and %s, lacks %q", err, f.Shape, g.Shape, g.Lacks)
	}
	for _, c := range choices() {
		if _, ok := meaningOfCode(c.Code); !ok {
			t.Errorf("the code %s means nothing", c.Code)
		}
	}
}

// A column that keeps a child from harm is passed over by nobody unnoticed: neither one that
// its heading gives away, nor one of which somebody had said it, for its contact.
func TestColumnsThatProtect(t *testing.T) {
	const order, pr, care = portal.UnsaidCourtOrder, portal.UnsaidParental, portal.UnsaidLookedAfter
	one := "Forename,Surname,DOB,Contact name,Court order,PR,In care,Notes\nAnn,Lee,14/11/2017,Al Lee,Yes,Yes,No,No\n"
	two := "Forename,Surname,DOB,Father name,Father court order,Mother name,X\nAnn,Lee,14/11/2017,Al Lee,Yes,Jo Lee,Yes\n"
	for name, c := range map[string]struct {
		file   string
		said   map[int]string
		before map[int]string
		passed portal.Unsaid
		guards map[int]string
	}{
		"as it comes":                       {file: one, guards: map[int]string{4: "contact.order", 5: "contact.parental", 6: "care"}},
		"not used":                          {file: one, said: map[int]string{4: "", 5: "", 6: ""}, passed: order | pr | care, guards: map[int]string{4: "contact.order", 6: "care"}},
		"an innocent column instead":        {file: one, said: map[int]string{4: "", 7: "contact.order"}, passed: order, guards: map[int]string{4: "contact.order", 7: "contact.order"}},
		"taken for something else":          {file: one, said: map[int]string{4: "contact.priority"}, passed: order},
		"the father's taken for the mother": {file: two, said: map[int]string{4: "mother.order"}, passed: order, guards: map[int]string{4: "father.order"}},
		"a contact who is nobody":           {file: two, said: map[int]string{4: "contact9.order"}, passed: order},
		"said before":                       {file: two, said: map[int]string{6: ""}, before: map[int]string{6: "mother.order"}, passed: order, guards: map[int]string{6: "mother.order"}},
		"said now":                          {file: two, said: map[int]string{6: "mother.order"}, guards: map[int]string{6: "mother.order"}},
		"of another contact by name":        {file: one, said: map[int]string{3: "contact1.name", 4: "contact1.order", 5: "contact1.parental"}, guards: map[int]string{4: "contact1.order"}},
	} {
		f, err := Open([]byte(c.file), portal.ListMapping{})
		if err != nil {
			t.Fatal(err)
		}
		m := portal.ListMapping{Guards: make([]string, len(f.Columns))}
		for i, x := range f.Columns {
			code, said := c.said[i]
			if !said {
				code = x.Meaning
			}
			m.Columns, m.Guards[i] = append(m.Columns, code), c.before[i]
		}
		l, err := Read([]byte(c.file), m)
		if err != nil || l.Rows[0].Passed != c.passed {
			t.Errorf("%s: %v, passed over %b, want %b", name, err, l.Rows[0].Passed, c.passed)
		}
		if f, err = Open([]byte(c.file), m); err != nil {
			t.Fatal(err)
		}
		for i, want := range c.guards {
			if got := f.Columns[i].Guards; got != want {
				t.Errorf("%s: column %s guards %q, want %q", name, f.Columns[i].Letter, got, want)
			}
		}
	}
}

// FuzzRead holds that no file of any format makes the reader panic, or fail with
// anything but problems to put right.
func FuzzRead(f *testing.F) {
	f.Add(workbook(f, nil, "P", [][]any{{"Forename", "Surname", "DOB"}, {"Ann", "Lee", 43053}}))
	f.Add(oneRoster(f, ""))
	f.Add([]byte(`<?xml version="1.0"?><CTfile><CTFpupilData><Pupil><Surname>Lee</Surname><DOB>2017-11-14</DOB></Pupil></CTFpupilData></CTfile>`))
	if b, err := os.ReadFile("testdata/sims.csv"); err == nil {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var wrong *portal.Invalid
		if _, err := Open(b, portal.ListMapping{Columns: []string{"upn", "contact9.name"}}); err != nil && !errors.As(err, &wrong) {
			t.Fatal(err)
		}
		l, err := read(b, portal.ListMapping{}, time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC))
		if err != nil && (!errors.As(err, &wrong) || l.Rows != nil) {
			t.Fatal(err)
		}
	})
}
