package roster

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/text/encoding/htmlindex"
)

// relationships is the codes of the common transfer file for what a contact is
// to the pupil (Department for Education, CBDS).
var relationships = map[string]string{
	"MTH": "Mother", "MOT": "Mother", "FTH": "Father", "FAT": "Father", "PAR": "Parent", "PAM": "Mother", "PAF": "Father", "STM": "Stepmother", "STF": "Stepfather", "SPM": "Stepmother", "SPF": "Stepfather", "SMT": "Stepmother", "SFT": "Stepfather",
	"FOM": "Foster mother", "FOF": "Foster father", "FST": "Foster carer", "CAR": "Carer", "GDN": "Guardian", "GRD": "Guardian", "GPR": "Grandparent", "GRP": "Grandparent", "GRM": "Grandmother", "GRF": "Grandfather",
	"FAM": "Other family member", "OFM": "Other family member", "REL": "Other relative", "CHM": "Childminder", "SWR": "Social worker", "DOC": "Doctor", "HTC": "Head teacher", "TCH": "Teacher", "RLG": "Religious contact", "NOK": "Next of kin", "OTH": "Other contact", "FRI": "Friend", "NBR": "Neighbour", "SIB": "Brother or sister", "AUN": "Aunt", "UNC": "Uncle",
}

// openTransfer reads a common transfer file (CTF) of the Department for
// Education. It has the pupils' details and contacts, and no classes and no
// admission numbers. Elements are known by their own names, wherever a version
// of the format puts them.
func openTransfer(file []byte) (*book, error) {
	d := xml.NewDecoder(bytes.NewReader(file))
	d.CharsetReader = func(label string, in io.Reader) (io.Reader, error) {
		e, err := htmlindex.Get(label)
		if err != nil {
			return nil, errors.New("an encoding that we do not know")
		}
		return e.NewDecoder().Reader(in), nil
	}
	var f transferFile
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			at, _ := d.InputPos()
			return nil, invalid(fmt.Sprintf("line %d", at), "the XML is damaged here, was saved half-way, or holds what a common transfer file may not (such as an entity of its own): export the file again")
		}
		switch t := token.(type) {
		case xml.StartElement:
			if err := f.start(strings.ToLower(t.Name.Local)); err != nil {
				return nil, err
			}
		case xml.CharData:
			if f.text.Len()+len(t) <= 4096 {
				f.text.Write(t)
			}
		case xml.EndElement:
			f.end()
		}
	}
	if len(f.rows) == 0 {
		return nil, invalid("file", "the common transfer file has no pupils in it")
	}
	without := append([]int{atAdmission}, unfilled(f.rows, atGroup, atCare, atParental, atOrder, atPriority)...)
	g := written("", "pupil", f.rows, f.numbers, without...)
	return &book{format: "Common transfer file (CTF)", grids: []*grid{g}, fixed: true, notes: []string{"A common transfer file has no admission numbers and may have no classes: those of the register stay."}}, nil
}

// details are what is said of somebody, by element; the first to say it counts.
type details map[string]string

func (d details) put(key, value string) {
	if d != nil && d[key] == "" {
		d[key] = value
	}
}

// transferFile is a common transfer file while its elements go by. Those that are not
// open are nil.
type transferFile struct {
	rows    [][]string
	numbers []int // of the pupils whom the rows are about

	begun                 bool
	path                  []string // of open elements
	text                  strings.Builder
	pupils                int
	pupil, contact, phone details
	contacts              []details // of the pupil
}

func (f *transferFile) start(name string) error {
	if !f.begun && name != "ctfile" {
		return invalid("file", "this XML is not a common transfer file: export the class list from your school's system as CSV, as an Excel workbook, or as a CTF")
	}
	f.begun = true
	if f.path = append(f.path, name); len(f.path) > 100 {
		return invalid("file", "this XML is nested deeper than a common transfer file is")
	}
	f.text.Reset()
	switch name {
	case "pupil":
		if f.pupils++; f.pupils > MaxRows {
			return invalid("file", "there are more pupils than a class list has")
		}
		f.pupil, f.contacts = details{}, nil
	case "contact":
		f.contact = details{}
	case "phone":
		f.phone = details{}
	}
	return nil
}

// end is the end of the innermost open element.
func (f *transferFile) end() {
	name := f.path[len(f.path)-1]
	f.path = f.path[:len(f.path)-1]
	value := strings.TrimSpace(f.text.String())
	f.text.Reset()
	switch {
	case name == "pupil" && f.pupil != nil:
		f.rows, f.numbers = transferred(f.rows, f.numbers, f.pupil, f.contacts, f.pupils)
		f.pupil = nil
	case name == "contact" && f.contact != nil:
		if len(f.contact) > 0 && f.pupil != nil {
			f.contacts = append(f.contacts, f.contact)
		}
		f.contact = nil
	case name == "phone" && f.phone != nil:
		if len(f.phone) == 0 {
			f.contact.put("phone", value)
		} else if strings.HasPrefix(strings.ToUpper(f.phone["telephonetype"]), "M") {
			f.contact.put("mobile", f.phone["phoneno"])
		} else {
			f.contact.put("phone", f.phone["phoneno"])
		}
		f.phone = nil
	case value == "":
	case f.phone != nil:
		f.phone.put(strings.ReplaceAll(strings.ReplaceAll(name, "phonetype", "telephonetype"), "teletelephonetype", "telephonetype"), value)
	case f.contact != nil:
		f.contact.put(name, value)
	case f.pupil != nil && !slices.ContainsFunc(f.path, historical):
		f.pupil.put(name, value)
	}
}

// historical says whether an element is of what once was: other schools, other
// names, and assessments have years and names of their own.
func historical(element string) bool {
	switch element {
	case "schoolhistory", "stageassessments", "namehistory", "upnhistory", "attendance", "attendances", "senhistory", "exclusions", "assessments", "nawdetails", "address", "addresses":
		return true
	}
	return false
}

// transferred writes a pupil's rows, one for each contact.
func transferred(rows [][]string, numbers []int, p details, contacts []details, n int) ([][]string, []int) {
	first := func(m details, names ...string) string {
		for _, name := range names {
			if m[name] != "" {
				return m[name]
			}
		}
		return ""
	}
	r := make([]string, len(canonical))
	r[atUPN], r[atForename], r[atSurname] = p["upn"], first(p, "forename", "legalforename", "givenname"), first(p, "surname", "legalsurname", "familyname")
	r[atPreferredForename], r[atPreferredSurname] = p["preferredforename"], p["preferredsurname"]
	r[atBorn], r[atYear] = first(p, "dob", "dateofbirth"), first(p, "ncyearactual", "ncyear")
	r[atGroup] = first(p, "registrationgroup", "reggroup", "class")
	r[atCare] = first(p, "incare", "lookedafter")
	if len(contacts) == 0 {
		return append(rows, r), append(numbers, n)
	}
	for _, c := range contacts {
		x := slices.Clone(r)
		x[atTitle], x[atContactForename], x[atContactSurname] = c["title"], first(c, "forename", "givenname"), first(c, "surname", "familyname")
		x[atRelationship] = c["relationship"]
		if words, ok := relationships[strings.ToUpper(c["relationship"])]; ok {
			x[atRelationship] = words
		}
		x[atPriority] = first(c, "order", "priority")
		x[atEmail], x[atMobile], x[atPhone] = first(c, "email", "emailaddress"), first(c, "mobile", "mobilephone"), first(c, "phone", "telephone", "phoneno")
		x[atParental], x[atOrder] = first(c, "responsibility", "parentalresponsibility"), c["courtorder"]
		rows, numbers = append(rows, x), append(numbers, n)
	}
	return rows, numbers
}
