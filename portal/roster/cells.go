package roster

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"schoolgate/portal"
)

const (
	maxText  = 100 // runes
	maxEmail = 254 // bytes (RFC 5321)
	maxShown = 40  // runes of a cell that a problem quotes
)

const (
	noLetter  = " has no letter in it, so it is not a name"
	shortened = " is a number that the spreadsheet has shortened: export the list again, and save it without opening it in between"
)

// sheet reads rows by their columns, and gathers what is wrong.
type sheet struct {
	columns
	problems
	today, eldest portal.Date
	clashes       map[[2]int]bool // columns that contradict each other, already reported
}

func (s *sheet) place(row, at int) string {
	label := letters(at)
	if at < len(s.labels) {
		label = s.labels[at]
	}
	return fmt.Sprintf("row %d, column %s", row, label)
}

// read is what one row of the file says: a row for each of its contacts, or one
// with none. It is nothing if the row has problems.
func (s *sheet) read(cells []string, row int) []portal.ClassListRow {
	r := reader{sheet: s, cells: cells, row: row}
	pupil := r.pupil()
	var rows []portal.ClassListRow
	for i := range s.contacts {
		with := pupil
		if r.contact(&s.contacts[i], &with) {
			rows = append(rows, with)
		}
	}
	switch {
	case r.bad:
		return nil
	case len(rows) == 0:
		return []portal.ClassListRow{pupil}
	}
	return rows
}

// reader reads the cells of one row.
type reader struct {
	*sheet
	cells []string
	row   int
	bad   bool
}

func (r *reader) wrong(at int, message string) {
	r.problems.add(r.place(r.row, at), message)
	r.bad = true
}

// value is what a row says of a field.
type value struct {
	text string
	at   int  // its column; the first of the field's where none is filled; -1 where there is none
	bad  bool // and reported
}

func (r *reader) value(m *meant, f field) value {
	v := value{at: -1}
	rank := 0
	for _, c := range m[f] {
		if v.at < 0 {
			v.at = c.at
		}
		raw := r.cells[c.at]
		if strings.TrimSpace(raw) == "" {
			continue
		}
		text, why := clean(raw, f)
		switch {
		case v.text == "" && why != "":
			r.wrong(c.at, why)
			return value{at: c.at, bad: true}
		case v.text == "":
			v.text, v.at, rank = text, c.at, c.rank
		case c.rank == rank && text != v.text:
			r.clash(v.at, c.at)
		}
	}
	return v
}

// clash reports, once, two columns that cannot both be believed.
func (r *reader) clash(a, b int) {
	pair := [2]int{a, b}
	if r.clashes[pair] {
		return
	}
	if r.clashes == nil {
		r.sheet.clashes = map[[2]int]bool{}
	}
	r.clashes[pair] = true
	r.wrong(b, fmt.Sprintf("columns %s and %s mean the same and hold different things here: rename or delete one (if it is about the contact, begin its heading with 'Contact')", letters(a), letters(b)))
}

func (r *reader) pupil() portal.ClassListRow {
	p := portal.ClassListRow{Row: r.row}
	m := &r.sheet.pupil
	need := func(f field, what string) value {
		v := r.value(m, f)
		if v.text == "" && !v.bad {
			r.wrong(v.at, "is empty: every pupil needs "+what)
		}
		return v
	}
	name := func(v value) string {
		if v.text != "" && !strings.ContainsFunc(v.text, unicode.IsLetter) {
			r.wrong(v.at, shown(v.text)+noLetter)
		}
		return v.text
	}

	code, number := r.value(m, upn), r.value(m, admission)
	p.UPN, p.AdmissionNumber = strings.ToUpper(strings.ReplaceAll(code.text, " ", "")), number.text
	if p.UPN != "" && !portal.ValidUPN(p.UPN) {
		r.wrong(code.at, shown(code.text)+" is not a UPN: compare it with your school's system, where it has 13 characters and begins with a check letter")
	}
	if rounded.MatchString(number.text) {
		r.wrong(number.at, shown(number.text)+shortened)
	}
	if p.UPN == "" && p.AdmissionNumber == "" && !code.bad && !number.bad {
		r.wrong(firstOf(code.at, number.at), "is empty: every pupil needs a UPN or an admission number")
	}
	p.Forename = name(need(forename, "a forename"))
	p.Surname = name(need(surname, "a surname"))
	if v := need(born, "a date of birth"); v.text != "" {
		day, err := portal.ParseDate(midnight.ReplaceAllString(v.text, ""))
		switch {
		case err != nil:
			r.wrong(v.at, shown(v.text)+" is "+err.Error()+", a day that exists")
		case day > r.today:
			r.wrong(v.at, shown(v.text)+" is in the future")
		case day <= r.eldest:
			r.wrong(v.at, shown(v.text)+" makes the pupil older than 20")
		}
		p.Born = day
	}
	if v := need(year, "a year group"); v.text != "" {
		y, err := portal.ParseYear(v.text)
		if err != nil {
			r.wrong(v.at, shown(v.text)+" is "+err.Error())
		}
		p.Year = y
	}
	p.Group = r.value(m, group).text
	p.LookedAfter = r.yes(m, lookedAfter)
	return p
}

// contact reads one contact of the row into it, and reports whether there is one.
func (r *reader) contact(m *meant, into *portal.ClassListRow) bool {
	full, title := r.value(m, contactName), r.value(m, contactTitle)
	first, last := r.value(m, contactForename), r.value(m, contactSurname)
	at := firstOf(full.at, last.at, first.at)
	name := full.text
	if name == "" {
		name = strings.TrimSpace(first.text + " " + last.text)
	}
	if name != "" && title.text != "" && !strings.HasPrefix(name+" ", title.text+" ") {
		name = title.text + " " + name
	}
	if utf8.RuneCountInString(name) > maxText {
		r.wrong(at, fmt.Sprintf("the contact's name is longer than %d characters", maxText))
	}
	if name != "" && !strings.ContainsFunc(name, unicode.IsLetter) {
		r.wrong(at, shown(name)+noLetter)
	}
	into.ContactName = name
	into.Relationship = r.value(m, relationship).text

	address := r.value(m, email)
	if into.Email = address.text; into.Email != "" {
		if why := emailProblem(into.Email); why != "" {
			r.wrong(address.at, shown(into.Email)+" "+why)
		}
	}
	line := r.value(m, phone)
	if into.Phone = line.text; rounded.MatchString(into.Phone) {
		r.wrong(line.at, shown(into.Phone)+shortened)
	}
	if order := r.value(m, priority); order.text != "" {
		n, err := strconv.Atoi(order.text)
		if err != nil || n < 0 || n > 99 {
			r.wrong(order.at, shown(order.text)+" is not a contact's priority: write a whole number from 1 to 99, or leave it empty")
		}
		into.Priority = n
	}
	into.Parental = r.yes(m, parental)
	into.CourtOrder = r.yes(m, courtOrder)

	if name != "" {
		return true
	}
	filled := title.text != "" || into.Relationship != "" || into.Email != "" || into.Phone != "" || into.Priority != 0 || into.Parental || into.CourtOrder
	if filled && !full.bad && !first.bad && !last.bad {
		r.wrong(at, "is empty, and other cells of this contact are filled: write the contact's name, or empty those cells")
	}
	return false
}

func firstOf(columns ...int) int {
	for _, at := range columns {
		if at >= 0 {
			return at
		}
	}
	return -1
}

// yes reads a tick in any of its spellings; an empty cell is a no.
func (r *reader) yes(m *meant, f field) bool {
	v := r.value(m, f)
	switch strings.ToLower(v.text) {
	case "t", "true", "y", "yes", "1":
		return true
	case "", "f", "false", "n", "no", "0":
	default:
		r.wrong(v.at, shown(v.text)+" is neither yes nor no: write Yes, No, Y, N, T, F, 1 or 0, or leave it empty for no")
	}
	return false
}

var (
	// midnight is the time that some systems put after a date.
	midnight = regexp.MustCompile(`[ T]00:00(:00(\.0+)?)?Z?$`)
	// rounded is a long number after a spreadsheet has put it its own way.
	rounded = regexp.MustCompile(`^\d+(\.\d+)?[Ee]\+\d+$`)
	// dialled is a telephone number in international form, which begins as a
	// formula does.
	dialled = regexp.MustCompile(`^\+[0-9][0-9 ().-]*$`)
)

// clean is a cell's text in Unicode's composed form (NFC), with single spaces,
// or why it may not come in.
func clean(raw string, f field) (text, why string) {
	text = strings.TrimSpace(raw)
	if text == "" {
		return "", ""
	}
	if lead, _ := utf8.DecodeRuneInString(text); strings.ContainsRune("=+-@\uff1d\uff0b\uff0d\uff20", lead) && !(f == phone && dialled.MatchString(text)) {
		return "", fmt.Sprintf("%s begins with '%c', as a formula does, which is dangerous in a spreadsheet: remove that character", shown(text), lead)
	}
	if raw[0] == '\t' || raw[0] == '\r' {
		return "", shown(text) + " begins with a tab or a line break, which can hide a formula: remove it"
	}
	if i := strings.IndexFunc(text, hidden); i >= 0 {
		switch c, _ := utf8.DecodeRuneInString(text[i:]); c {
		case '\n', '\r', '\t', '\u2028', '\u2029':
			return "", shown(text) + " has a line break or a tab in it: put the text on one line"
		case lost:
			return "", shown(text) + " has a character that was lost when the file was saved: write it again, and save the file as 'CSV UTF-8'"
		default:
			return "", fmt.Sprintf("%s has a character in it that cannot be seen (U+%04X): delete the cell and type it again", shown(text), c)
		}
	}
	text = norm.NFC.String(strings.Join(strings.Fields(text), " "))
	if f != email && utf8.RuneCountInString(text) > maxText {
		return "", fmt.Sprintf("%s is longer than %d characters", shown(text), maxText)
	}
	return text, ""
}

// hidden is what a person cannot see or tell from nothing: controls, zero-width
// and direction marks, fillers, and the sign for what was lost.
func hidden(c rune) bool {
	switch c {
	case lost, '\u034f', '\u115f', '\u1160', '\u2800', '\u3164', '\uffa0':
		return true
	}
	return !unicode.IsGraphic(c) || unicode.In(c, unicode.Variation_Selector)
}

// emailProblem says what is wrong with an address. It is loose: only a message
// that arrives proves one.
func emailProblem(s string) string {
	local, domain, _ := strings.Cut(s, "@")
	labels := strings.Split(domain, ".")
	switch {
	case strings.Count(s, "@") > 1 || strings.ContainsAny(s, ";,"):
		return "is more than one email address: keep one"
	case len(s) > maxEmail:
		return fmt.Sprintf("is longer than the %d characters that an email address may have", maxEmail)
	case local == "" || len(labels) < 2 || strings.ContainsAny(s, " <>()[]\\\":") || strings.HasPrefix(domain, "-"):
		return "is not an email address: write one such as name@example.org, or leave it empty"
	}
	for _, l := range labels {
		if l == "" {
			return "is not an email address: write one such as name@example.org, or leave it empty"
		}
	}
	return ""
}

// shown quotes a cell, cut short, with what cannot be seen made visible.
func shown(cell string) string { return "'" + visible(cell) + "'" }

func visible(s string) string {
	var b strings.Builder
	n := 0
	for _, c := range s {
		if n++; n > maxShown {
			b.WriteString("…")
			break
		}
		if hidden(c) {
			fmt.Fprintf(&b, "<U+%04X>", c)
		} else {
			b.WriteRune(c)
		}
	}
	return b.String()
}
