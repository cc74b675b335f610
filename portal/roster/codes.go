package roster

import (
	"fmt"
	"strconv"
	"strings"

	"schoolgate/portal"
)

// fieldNames is each field's code, which forms and the register keep, and its
// name for people.
var fieldNames = [fields]struct{ code, label string }{
	upn:             {"upn", "UPN"},
	admission:       {"admission", "Admission number"},
	forename:        {"forename", "Forename"},
	surname:         {"surname", "Surname"},
	born:            {"born", "Date of birth"},
	year:            {"year", "Year group"},
	group:           {"class", "Class (registration form)"},
	lookedAfter:     {"care", "Looked after"},
	pupilName:       {"pupil", "Whole name"},
	contactName:     {"name", "whole name"},
	contactTitle:    {"title", "title"},
	contactForename: {"first", "forename"},
	contactSurname:  {"last", "surname"},
	relationship:    {"relationship", "relationship"},
	email:           {"email", "email"},
	phone:           {"phone", "telephone"},
	priority:        {"priority", "priority"},
	parental:        {"parental", "parental responsibility"},
	courtOrder:      {"order", "court order"},
}

// chosen is the contacts' numbers that a page offers.
var chosen = []struct {
	number int
	prefix string
	name   string
}{
	{unnumbered, "contact", "Contact, a row each"}, {1, "contact1", "Contact 1"}, {2, "contact2", "Contact 2"}, {3, "contact3", "Contact 3"}, {4, "contact4", "Contact 4"},
	{theMother, "mother", "Mother"}, {theFather, "father", "Father"},
	{5, "contact5", "Contact 5"}, {6, "contact6", "Contact 6"}, {7, "contact7", "Contact 7"}, {8, "contact8", "Contact 8"}, {9, "contact9", "Contact 9"},
}

// code is what a column is taken for, as a form sends it; "" for nothing.
func (u use) code() string {
	switch {
	case !u.used:
		return ""
	case !u.field.ofContact():
		return fieldNames[u.field].code
	}
	for _, c := range chosen {
		if c.number == u.contact {
			return c.prefix + "." + fieldNames[u.field].code
		}
	}
	panic("roster: a contact without a code: " + strconv.Itoa(u.contact))
}

func meaningOfCode(code string) (told, bool) {
	prefix, name, ofContact := strings.Cut(code, ".")
	if !ofContact {
		name = code
	}
	for f, x := range fieldNames {
		if x.code != name || field(f).ofContact() != ofContact {
			continue
		}
		if !ofContact {
			return told{meaning: meaning{field: field(f)}}, true
		}
		for _, c := range chosen {
			if c.prefix == prefix {
				return told{meaning: meaning{field: field(f)}, contact: c.number}, true
			}
		}
	}
	return told{}, false
}

// choices is what a column may be taken for.
func choices() (all []portal.ListChoice) {
	for f, x := range fieldNames {
		if !field(f).ofContact() {
			all = append(all, portal.ListChoice{Code: x.code, Group: "Pupil", Label: x.label})
		}
	}
	for _, c := range chosen[:7] {
		for f, x := range fieldNames {
			if field(f).ofContact() {
				all = append(all, portal.ListChoice{Code: c.prefix + "." + x.code, Group: c.name, Label: fmt.Sprintf("%s: %s", c.name, x.label)})
			}
		}
	}
	return all
}
