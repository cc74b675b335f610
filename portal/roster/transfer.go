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
	"MTH": "Mother", "FTH": "Father", "PAR": "Parent", "PAM": "Mother", "PAF": "Father", "STM": "Stepmother", "STF": "Stepfather", "SMT": "Stepmother", "SFT": "Stepfather",
	"FOM": "Foster mother", "FOF": "Foster father", "FST": "Foster carer", "CAR": "Carer", "GDN": "Guardian", "GRD": "Guardian", "GPR": "Grandparent", "GRP": "Grandparent", "GRM": "Grandmother", "GRF": "Grandfather",
	"FAM": "Other family member", "REL": "Other relative", "CHM": "Childminder", "SWR": "Social worker", "DOC": "Doctor", "HTC": "Head teacher", "TCH": "Teacher", "RLG": "Religious contact", "NOK": "Next of kin", "OTH": "Other contact", "FRI": "Friend", "NBR": "Neighbour", "SIB": "Brother or sister", "AUN": "Aunt", "UNC": "Uncle",
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
	var rows [][]string
	var numbers []int
	var path []string
	var pupil, contact, phone map[string]string
	var contacts []map[string]string
	var text strings.Builder
	pupils, root := 0, ""
	put := func(m map[string]string, key, value string) {
		if m != nil && m[key] == "" {
			m[key] = value
		}
	}
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
			name := strings.ToLower(t.Name.Local)
			if root == "" {
				if root = name; root != "ctfile" {
					return nil, invalid("file", "this XML is not a common transfer file: export the class list from your school's system as CSV, as an Excel workbook, or as a CTF")
				}
			}
			if path = append(path, name); len(path) > 100 {
				return nil, invalid("file", "this XML is nested deeper than a common transfer file is")
			}
			text.Reset()
			switch name {
			case "pupil":
				if pupils++; pupils > MaxRows {
					return nil, invalid("file", "there are more pupils than a class list has")
				}
				pupil, contacts = map[string]string{}, nil
			case "contact":
				contact = map[string]string{}
			case "phone":
				phone = map[string]string{}
			}
		case xml.CharData:
			if text.Len()+len(t) <= 4096 {
				text.Write(t)
			}
		case xml.EndElement:
			name := path[len(path)-1]
			path = path[:len(path)-1]
			value := strings.TrimSpace(text.String())
			text.Reset()
			switch {
			case name == "pupil" && pupil != nil:
				rows, numbers = transferred(rows, numbers, pupil, contacts, pupils)
				pupil = nil
			case name == "contact" && contact != nil:
				if len(contact) > 0 && pupil != nil {
					contacts = append(contacts, contact)
				}
				contact = nil
			case name == "phone" && phone != nil:
				if len(phone) == 0 {
					put(contact, "phone", value)
				} else if number := phone["phoneno"]; strings.HasPrefix(strings.ToUpper(phone["telephonetype"]), "M") {
					put(contact, "mobile", number)
				} else {
					put(contact, "phone", number)
				}
				phone = nil
			case value == "":
			case phone != nil:
				put(phone, strings.ReplaceAll(strings.ReplaceAll(name, "phonetype", "telephonetype"), "teletelephonetype", "telephonetype"), value)
			case contact != nil:
				put(contact, name, value)
			case pupil != nil && !slices.ContainsFunc(path, historical):
				put(pupil, name, value)
			}
		}
	}
	if root == "" || len(rows) == 0 {
		return nil, invalid("file", "the common transfer file has no pupils in it")
	}
	without := []int{atAdmission, atGroup}
	for _, at := range []int{atGroup, atCare, atParental, atOrder, atPriority} {
		if !slices.ContainsFunc(rows, func(r []string) bool { return r[at] != "" }) {
			without = append(without, at)
		} else if at == atGroup {
			without = without[:1]
		}
	}
	g := written("", "pupil", rows, numbers, without...)
	return &book{format: "Common transfer file (CTF)", grids: []*grid{g}, fixed: true, notes: []string{"A common transfer file has no admission numbers and may have no classes: those of the register stay."}}, nil
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
func transferred(rows [][]string, numbers []int, p map[string]string, contacts []map[string]string, n int) ([][]string, []int) {
	first := func(m map[string]string, names ...string) string {
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
