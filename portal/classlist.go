package portal

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// ClassListRow is one row of a class list: a pupil and one of their contacts.
// A pupil with three contacts has three rows, and one with none has one row
// whose contact is empty.
type ClassListRow struct {
	Sheet           string // of a workbook, or file of an archive; "" where there is but one
	Row             int    // in the file as a spreadsheet numbers it: the header is 1
	Unsaid          Unsaid
	Passed          Unsaid // what a column of the file says, and somebody has it not read
	UPN             string
	AdmissionNumber string
	Forename        string // or the one name of a pupil who has one
	Surname         string
	Born            Date
	Year            Year
	Group           string
	LookedAfter     bool

	ContactName  string
	Relationship string
	Email        string
	Phone        string // several are parted by semicolons
	Priority     int
	Parental     bool
	CourtOrder   bool
}

// Unsaid is what a list does not say, as a set. Of a pupil or a contact whom the
// register has, it then keeps what it has; and nothing is granted or lifted.
type Unsaid uint16

const (
	UnsaidBorn Unsaid = 1 << iota
	UnsaidYear        // Year is worked out from the date of birth
	UnsaidGroup
	UnsaidLookedAfter
	UnsaidRelationship
	UnsaidEmail
	UnsaidPhone
	UnsaidPriority
	UnsaidParental
	UnsaidCourtOrder
	UnsaidContacts // the list is of pupils alone
)

// protects is which columns keep a child from harm, in the order in which to name them. That
// one of them is not read is never remembered, and somebody has to say that it is right.
var protects = []struct {
	bit  Unsaid
	name string
}{{UnsaidCourtOrder, "court order"}, {UnsaidParental, "parental responsibility"}, {UnsaidLookedAfter, "looked after"}}

// passedOver is the kinds of those columns that a list has, and that are not read.
func passedOver(rows []ClassListRow) string {
	var all Unsaid
	for i := range rows {
		all |= rows[i].Passed
	}
	var names []string
	for _, x := range protects {
		if all.Has(x.bit) {
			names = append(names, x.name)
		}
	}
	return strings.Join(names, ", ")
}

// Has says whether all of these are among what is not said.
func (u Unsaid) Has(these Unsaid) bool { return u&these == these }

// String keeps the people out of logs.
func (r ClassListRow) String() string { return fmt.Sprintf("row %d", r.Row) }

// Place is where the row stands, for whoever has to find it.
func (r ClassListRow) Place() string {
	if r.Sheet == "" {
		return fmt.Sprintf("row %d", r.Row)
	}
	return fmt.Sprintf("%s, row %d", r.Sheet, r.Row)
}

// key tells the pupils of one list apart.
func (r ClassListRow) key() string {
	switch {
	case r.UPN != "":
		return "upn " + r.UPN
	case r.AdmissionNumber != "":
		return "adm " + r.AdmissionNumber
	}
	return "born " + string(r.Born) + " " + pupilName(r.Forename, r.Surname)
}

// CheckClassList finds what is wrong between rows that are each well formed: one
// UPN or admission number for two pupils. Rows of one pupil may name several
// classes, as a report with a row for each teaching class does.
func CheckClassList(rows []ClassListRow) []Problem {
	var problems Invalid
	upns, admissions := map[string]int{}, map[string]int{} // the first row of each
	samePupil := func(a, b ClassListRow) bool {
		return a.Born == b.Born && a.Year == b.Year && a.UPN == b.UPN && a.AdmissionNumber == b.AdmissionNumber &&
			(a.Forename == b.Forename && a.Surname == b.Surname || pupilName(a.Forename, a.Surname) == pupilName(b.Forename, b.Surname))
	}
	once := func(seen map[string]int, id, column string, i int) {
		if id == "" {
			return
		}
		if first, ok := seen[id]; !ok {
			seen[id] = i
		} else if !samePupil(rows[first], rows[i]) {
			problems.Add(rows[i].Place()+", column "+column, fmt.Sprintf("%s has the same %s with other details: a name, a date of birth, a year or the other number differs", rows[first].Place(), column))
		}
	}
	for i, r := range rows {
		once(upns, r.UPN, "UPN", i)
		once(admissions, r.AdmissionNumber, "Admission number", i)
	}
	return problems.Problems
}

// listed is one pupil as a list has them.
type listed struct {
	*ClassListRow                 // the first row of theirs; rows are many, so they are copied only where they change
	classes       []string        // all that their rows name, if several
	contacts      []*ClassListRow // each person once
}

// byPupil gathers rows by pupil, in the order of the list.
func byPupil(rows []ClassListRow) []listed {
	var all []listed
	place := make(map[string]int, len(rows)/2)
	for n := range rows {
		key := rows[n].key()
		i, ok := place[key]
		if !ok {
			i = len(all)
			place[key] = i
			all = append(all, listed{ClassListRow: &rows[n]})
		}
		all[i].add(&rows[n])
	}
	return all
}

// add puts a further row to a pupil's. Anything that holds a child back counts
// whichever row says it.
func (l *listed) add(r *ClassListRow) {
	if r.LookedAfter && !l.LookedAfter {
		l.change(func(first *ClassListRow) { first.LookedAfter = true })
	}
	if r.Group != l.Group && !slices.Contains(l.classes, r.Group) {
		if len(l.classes) == 0 {
			l.classes = []string{l.Group}
		}
		l.classes = append(l.classes, r.Group)
	}
	if r.ContactName == "" {
		return
	}
	for i := range l.contacts {
		if oneContact(*l.contacts[i], *r) {
			merged := *l.contacts[i]
			c := &merged
			l.contacts[i] = c
			c.Email, c.Relationship = cmp.Or(c.Email, r.Email), cmp.Or(c.Relationship, r.Relationship)
			c.Phone = withPhones(c.Phone, r.Phone)
			if c.Priority == 0 || r.Priority > 0 && r.Priority < c.Priority {
				c.Priority = r.Priority
			}
			switch {
			case r.Unsaid.Has(UnsaidParental):
			case c.Unsaid.Has(UnsaidParental):
				c.Parental, c.Unsaid = r.Parental, c.Unsaid&^UnsaidParental
			default:
				c.Parental = c.Parental && r.Parental
			}
			c.CourtOrder = c.CourtOrder || r.CourtOrder
			if !r.Unsaid.Has(UnsaidCourtOrder) {
				c.Unsaid &^= UnsaidCourtOrder
			}
			return
		}
	}
	l.contacts = append(l.contacts, r)
}

// change makes another row of a pupil's first, which is the list's own.
func (l *listed) change(f func(*ClassListRow)) {
	first := *l.ClassListRow
	f(&first)
	l.ClassListRow = &first
}

// oneContact says whether two contacts of one pupil in one list are one person:
// of one name, and not told apart by email or by what they are to the child.
func oneContact(a, b ClassListRow) bool {
	if !samePerson(a.ContactName, b.ContactName) {
		return false
	}
	if a.Email != "" && b.Email != "" {
		return sameEmail(a.Email, b.Email)
	}
	return a.Relationship == "" || b.Relationship == "" || fold(a.Relationship) == fold(b.Relationship)
}

// ListFile is what a reader recognised in the file of a class list.
type ListFile struct {
	Format  string   // in words: "SIMS report (CSV)"
	Shape   string   // the same for files of one format with the same headings
	Sheets  []string // of a workbook, or schools of an archive, to choose from; nil where there is no choice
	Sheet   string   // the one that was chosen; "" where nobody has
	Columns []ListColumn
	Choices []ListChoice // what a column may be taken for
	// Encodings is how the file may have been saved, where its bytes do not say so by
	// themselves; and Encoding the code of the one by which it was read.
	Encodings []ListChoice
	Encoding  string
	Notes     []string // what was left out, and how the rest is read
	Lacks     []string // what no column is taken for, and a list cannot do without
}

// Settled says whether the file needs nobody to say what its columns mean.
func (f ListFile) Settled() bool { return len(f.Columns) == 0 && len(f.Lacks) == 0 }

// ListColumn is a column of a file, and what it is taken for.
type ListColumn struct {
	Letter  string // as spreadsheets name it
	Heading string
	Samples []string // up to three values, cut short
	Meaning string   // the code of a ListChoice; "" for nothing
	// Guards is the code of what its heading says, or somebody said before, where that keeps
	// a child from harm: a court order, parental responsibility, care; else "".
	Guards string
}

// ListChoice is what a column may be taken for.
type ListChoice struct{ Code, Group, Label string }

// ClassList is a class list that has been read.
type ClassList struct {
	Format  string
	Rows    []ClassListRow
	Ignored []string // headings of columns that are taken for nothing, in order
	Notes   []string
}
