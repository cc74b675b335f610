package roster

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// field is what a column means.
type field int

const (
	upn field = iota
	admission
	forename
	surname
	born
	year
	group
	lookedAfter
	contactName
	contactTitle
	contactForename
	contactSurname
	relationship
	email
	phone
	priority
	parental
	courtOrder
	fields
)

// understood names the fields that have to be there, with the commonest headings.
var understood = map[field]string{
	upn:         "UPN (or Unique pupil number)",
	admission:   "Admission number (or Adno)",
	forename:    "Forename (or First name, Preferred forename, Legal forename)",
	surname:     "Surname (or Last name, Preferred surname, Legal surname)",
	born:        "Date of birth (or DOB)",
	year:        "Year (or Year group, NC year)",
	lookedAfter: "Looked after (or In care; leave its cells empty if no pupil is)",
	contactName: "Contact name (or Contact title, Contact forename and Contact surname; or Parent or Guardian in place of Contact)",
	parental:    "Parental responsibility (or Legal guardian)",
	courtOrder:  "Court order (leave its cells empty if there is none)",
}

// meaning is a field and, where several headings may stand for it, which of them
// comes first: the lowest rank that is filled in.
type meaning struct {
	field field
	rank  int
}

// The headings of SIMS, Arbor, Bromcom, ScholarPack and the NHS's class lists, as
// [squash] leaves them; 'pupil', 'student', 'child' and 'learner' before them are
// taken off first.
var pupilHeadings = headings(
	words(upn, 0, "upn uniquepupilnumber upnnumber"),
	words(admission, 0, "adno admno admissionno admissionnumber admissionsnumber admnumber admissionnum"),
	words(forename, 0, "preferredforename preferredfirstname preferredgivenname chosenforename chosenfirstname knownas"),
	words(forename, 1, "forename firstname givenname"),
	words(forename, 2, "legalforename legalfirstname legalgivenname"),
	words(surname, 0, "preferredsurname preferredlastname preferredfamilyname chosensurname chosenlastname"),
	words(surname, 1, "surname lastname familyname"),
	words(surname, 2, "legalsurname legallastname legalfamilyname"),
	words(born, 0, "dob dateofbirth birthdate birthday"),
	words(year, 0, "year yeargroup yr yrgroup ncyear ncyeargroup ncy nationalcurriculumyear nationalcurriculumyeargroup curriculumyear actualncyear currentyeargroup"),
	words(year, 1, "yeartaughtin"),
	words(group, 0, "reg regn registration registrationform registrationgroup registrationclass reggroup regform regclass tutorgroup tutorgroupname form formgroup formname"),
	words(group, 1, "class classname classgroup"),
	words(lookedAfter, 0, "lookedafter islookedafter currentlylookedafter lookedafterchild lac cla incare incareflag inlacare inleacare inlocalauthoritycare"),
)

// The headings of contacts after 'contact', 'parent', 'guardian' or 'carer', and
// a number where there is one.
var contactHeadings = headings(
	words(contactName, 0, "name fullname"),
	words(contactTitle, 0, "title"),
	words(contactForename, 0, "preferredforename preferredfirstname"),
	words(contactForename, 1, "forename firstname givenname"),
	words(contactForename, 2, "legalforename legalfirstname"),
	words(contactSurname, 0, "preferredsurname preferredlastname"),
	words(contactSurname, 1, "surname lastname familyname"),
	words(contactSurname, 2, "legalsurname legallastname"),
	words(phone, 2, "number"),
	words(priority, 0, "order"),
)

// The headings of contacts that need no such word before them.
var contactOnly = headings(
	words(relationship, 0, "relationship relation relationshiptype relationshiptopupil relationshiptostudent relationshiptochild relationshiptolearner"),
	words(email, 0, "primaryemail primaryemailaddress mainemail mainemailaddress defaultemail defaultemailaddress emaildefault"),
	words(email, 1, "email emailaddress"),
	words(email, 2, "homeemail homeemailaddress personalemail personalemailaddress"),
	words(email, 3, "workemail workemailaddress"),
	words(phone, 0, "mobile mobilephone mobilenumber mobileno mobiletelephone mobilephonenumber mobiletelephonenumber mobiletel"),
	words(phone, 1, "maintelephone mainphone maintelephonenumber mainphonenumber primarytelephone primaryphone primarytelephonenumber primaryphonenumber"),
	words(phone, 2, "phone telephone phonenumber telephonenumber phoneno telephoneno telno tel"),
	words(phone, 3, "hometelephone homephone hometelephonenumber homephonenumber hometel"),
	words(phone, 4, "worktelephone workphone worktelephonenumber workphonenumber worktel"),
	words(priority, 0, "priority contactpriority priorityorder"),
	words(parental, 0, "parentalresponsibility hasparentalresponsibility parentresponsibility parentalresp parentresp pr responsibility legalguardian islegalguardian"),
	words(courtOrder, 0, "courtorder courtorders hascourtorder courtorderinplace"),
)

type vocabulary map[string]meaning

func words(f field, rank int, list string) vocabulary {
	v := vocabulary{}
	for _, w := range strings.Fields(list) {
		v[w] = meaning{f, rank}
	}
	return v
}

func headings(lists ...vocabulary) vocabulary {
	all := vocabulary{}
	for _, v := range lists {
		for w, m := range v {
			if _, twice := all[w]; twice {
				panic("roster: the heading " + w + " has two meanings")
			}
			all[w] = m
		}
	}
	return all
}

var (
	pupilNouns   = []string{"pupil", "student", "child", "learner"}
	contactNouns = []string{"parentorcarer", "parentcarer", "parentorguardian", "parentguardian", "primaryguardian", "guardian", "contact", "parent", "carer"}
)

// squash leaves a heading's letters and digits, in lower case; of what is too
// long for a heading, nothing.
func squash(heading string) string {
	if len(heading) > 4*maxText {
		return ""
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, heading)
}

// meaningOf is what a heading means, and of which numbered contact, 0 being the
// one without a number.
func meaningOf(heading string) (m meaning, contact int, ok bool) {
	w := squash(heading)
	if m, ok = pupilHeadings[w]; ok {
		return m, 0, true
	}
	if m, ok = contactOnly[w]; ok {
		return m, 0, true
	}
	for _, noun := range pupilNouns {
		if rest, found := strings.CutPrefix(w, noun); found {
			m, ok = pupilHeadings[strings.TrimPrefix(rest, "s")]
			if !ok {
				m, ok = pupilHeadings[rest]
			}
			return m, 0, ok
		}
	}
	for _, noun := range contactNouns {
		rest, found := strings.CutPrefix(w, noun)
		if !found {
			continue
		}
		if rest != "" && rest[0] >= '1' && rest[0] <= '9' {
			contact, rest = int(rest[0]-'0'), rest[1:]
		}
		if rest == "" {
			return meaning{contactName, 0}, contact, true
		}
		if m, ok = contactHeadings[rest]; !ok {
			m, ok = contactOnly[rest]
		}
		return m, contact, ok
	}
	return meaning{}, 0, false
}

func (f field) ofContact() bool { return f >= contactName }

// column is one column of the file.
type column struct {
	at   int // from 0
	rank int
}

// meant is the columns of each field, lowest rank first.
type meant [fields][]column

func (m *meant) add(f field, c column) {
	m[f] = append(m[f], c)
	slices.SortStableFunc(m[f], func(a, b column) int { return a.rank - b.rank })
}

func (m *meant) named() bool {
	return len(m[contactName])+len(m[contactForename])+len(m[contactSurname]) > 0
}

func (m *meant) empty() bool {
	return !slices.ContainsFunc(m[:], func(c []column) bool { return len(c) > 0 })
}

// columns is what the headings say about the file.
type columns struct {
	labels   []string // as problems name the columns
	pupil    meant
	contacts []meant
}

// readHeadings finds the row of headings, what separates its cells, and what
// they mean. The records it answers go on below the headings.
func readHeadings(text string) (in *records, cols columns, ignored []string, err error) {
	separators := ",;\t"
	if first, rest, _ := strings.Cut(text, "\n"); len(first) >= 5 && first[:4] == "sep=" && strings.Trim(first[4:], separators+"\r") == "" {
		separators, text = first[4:5], rest // Excel's own first line, which it does not show as a row
	}
	most, widest := -1, 0
	for i := range len(separators) {
		try := &records{s: text, comma: separators[i]}
		for try.next() && blank(try.cells) {
		}
		known := 0
		for _, h := range try.cells {
			if _, _, ok := meaningOf(h); ok {
				known++
			}
		}
		if known > most || known == most && len(try.cells) > widest {
			most, widest, in = known, len(try.cells), try
		}
	}
	place := fmt.Sprintf("row %d", in.row)
	switch {
	case in.wide:
		return nil, cols, nil, invalid(place, fmt.Sprintf("there are more than %d columns: check that this is a class list", maxColumns))
	case in.fault != "":
		return nil, cols, nil, invalid(place+", column "+letters(in.faultAt), in.fault)
	case most == 0:
		return nil, cols, nil, invalid(place, "none of these headings is understood: the first row has to be the headings, with no title above them. "+needed(missing(columns{})))
	}
	cols, ignored = newColumns(in.cells)
	if without := missing(cols); len(without) > 0 {
		return nil, cols, nil, invalid(place, needed(without))
	}
	return in, cols, ignored, nil
}

func newColumns(cells []string) (cols columns, ignored []string) {
	for len(cells) > 0 && strings.TrimSpace(cells[len(cells)-1]) == "" {
		cells = cells[:len(cells)-1]
	}
	times := map[string]int{}
	for _, h := range cells {
		times[squash(h)]++
	}
	var slots [10]meant
	use := map[int]int{} // column to the contact it is about; -1 for the pupil
	for i, h := range cells {
		label := visible(strings.TrimSpace(h))
		if label == "" {
			label = letters(i)
		} else if times[squash(h)] > 1 {
			label += " (" + letters(i) + ")"
		}
		cols.labels = append(cols.labels, label)
		switch m, contact, ok := meaningOf(h); {
		case !ok:
		case m.field.ofContact():
			slots[contact].add(m.field, column{i, m.rank})
			use[i] = contact
		default:
			cols.pupil.add(m.field, column{i, m.rank})
			use[i] = -1
		}
	}
	if slices.ContainsFunc(slots[1:], func(m meant) bool { return m.named() }) && !slots[0].named() {
		// A plain 'Email' beside 'Parent 1 email' is the child's, or nobody's.
		slots[0] = meant{}
		for i, contact := range use {
			if contact == 0 {
				delete(use, i)
			}
		}
	}
	for _, m := range slots {
		if !m.empty() {
			cols.contacts = append(cols.contacts, m)
		}
	}
	for i, h := range cells {
		if _, used := use[i]; !used && strings.TrimSpace(h) != "" {
			ignored = append(ignored, cols.labels[i])
		}
	}
	return cols, ignored
}

// missing lists, for people, the columns that a class list cannot do without.
//
// 'Looked after', 'Parental responsibility' and 'Court order' are among them
// because a file without the column says the same as one that says no for
// everybody: to import it would lift every court order and every hold that the
// school has on record.
func missing(cols columns) (out []string) {
	if len(cols.pupil[upn])+len(cols.pupil[admission]) == 0 {
		out = append(out, understood[upn]+" or "+understood[admission])
	}
	for _, f := range []field{forename, surname, born, year, lookedAfter} {
		if len(cols.pupil[f]) == 0 {
			out = append(out, understood[f])
		}
	}
	contacts := cols.contacts
	if len(contacts) == 0 {
		contacts = []meant{{}}
	}
	lacks := func(has func(meant) bool, f field) {
		if !slices.ContainsFunc(contacts, func(m meant) bool { return !has(m) }) {
			return
		}
		name := understood[f]
		if len(contacts) > 1 {
			name += ", for each of the contacts"
		}
		out = append(out, name)
	}
	lacks(func(m meant) bool { return m.named() }, contactName)
	lacks(func(m meant) bool { return len(m[parental]) > 0 }, parental)
	lacks(func(m meant) bool { return len(m[courtOrder]) > 0 }, courtOrder)
	return out
}

func needed(missing []string) string {
	if len(missing) == 1 {
		return "a column is missing: " + missing[0]
	}
	return "columns are missing: " + strings.Join(missing, "; ")
}

// letters is a column as a spreadsheet names it: A to Z, AA and on.
func letters(at int) string {
	if at < 26 {
		return string(rune('A' + at))
	}
	return letters(at/26-1) + string(rune('A'+at%26))
}
