package roster

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
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

// sheet reads the rows of one table by their columns, and gathers what is wrong.
type sheet struct {
	*grid
	columns
	*problems
	*doubts
	now           time.Time
	today, eldest portal.Date
	fixed         bool
	monthFirst    bool            // the column of birthdays is written the American way
	clashes       map[[2]int]bool // columns that contradict each other, already reported
	notes         []string
	continued     bool // a pupil's cells stand only in the first of their rows
	above         *portal.ClassListRow
}

// shape reports what is wrong with a row as a whole, and whether its cells are
// worth reading. A row may be short, as Excel leaves out the last cells if they
// are empty, but not so short that it has no birthday's cell.
func (s *sheet) shape(l line) bool {
	ok := true
	if l.fault != "" {
		s.problems.add(s.cell(l.n, l.faultAt), l.fault)
		ok = false
	}
	if s.broken {
		for i, c := range l.cells {
			if strings.ContainsRune(c, lost) {
				s.problems.add(s.cell(l.n, i), shown(c)+" has letters that cannot be read: "+saveUTF8)
				ok = false
			}
		}
	}
	width := len(trimmed(l.cells))
	switch want := len(s.labels); {
	case !ok: // the quotation mark or the bytes are why the cells do not line up
	case l.wide || width > want:
		s.problems.add(s.grid.place(l.n), fmt.Sprintf("has more cells than the %d headings: a comma inside a cell may need quotation marks around the cell", want))
		ok = false
	case !s.fixed && len(s.pupil[born]) > 0 && width <= s.pupil[born][0].at:
		s.problems.add(s.grid.place(l.n), fmt.Sprintf("has %s for %d headings: part of the row is missing, or a line break has split it", count(width, "cell"), want))
		ok = false
	}
	return ok
}

// slashed is a day whose order of day and month only others can tell.
var slashed = regexp.MustCompile(`^(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4}|\d{2})\b`)

// profile looks over the whole column of birthdays for the order in which days
// and months are written.
func (s *sheet) profile() error {
	day, month, serial, serialLate := 0, 0, 0, 0
	hanging, repeated, who := 0, 0, ""
	err := s.body(func(l line) {
		if s.hangs(l) {
			hanging++
		} else if now := s.whose(l); now == who {
			repeated++
		} else {
			who = now
		}
		for _, c := range s.pupil[born] {
			if c.at >= len(l.cells) {
				continue
			}
			text := strings.TrimSpace(l.cells[c.at])
			if m := slashed.FindStringSubmatch(text); m != nil {
				first, _ := strconv.Atoi(m[1])
				second, _ := strconv.Atoi(m[2])
				switch {
				case first > 12 && second <= 12:
					day++
				case second > 12 && first <= 12:
					month++
				}
			} else if d, ok := s.serialDay(text); ok {
				if serial++; d.Day() > 12 {
					serialLate++
				}
			}
		}
	})
	if err != nil {
		return err
	}
	if s.monthFirst = month > 0 && day == 0; s.monthFirst {
		s.notes = append(s.notes, fmt.Sprintf("The birthdays are written with the month first, as in America (%d of them can be nothing else), and were read so.", month))
	}
	s.continued = hanging > 0 && repeated == 0 // as in reports that leave out what would stand twice, and in merged cells
	if day >= 3 && serial >= 3 && serialLate == 0 {
		s.problems.add(s.grid.head()+", column "+s.labels[s.pupil[born][0].at], "the spreadsheet took some of these days for the American order and turned day and month round, and left the others as text. Export the list again, and choose it without opening it in between")
	}
	return nil
}

// hangs says whether a row has a contact and no pupil.
func (s *sheet) hangs(l line) bool {
	if s.whose(l) != "" {
		return false
	}
	for _, c := range s.contacts {
		for _, f := range []field{contactName, contactForename, contactSurname} {
			for _, x := range c.meant[f] {
				if x.at < len(l.cells) && strings.TrimSpace(l.cells[x.at]) != "" {
					return true
				}
			}
		}
	}
	return false
}

// whose is a row's cells that are of the pupil, as one text.
func (s *sheet) whose(l line) string {
	var all strings.Builder
	for f := range contactName {
		for _, c := range s.pupil[f] {
			if c.at < len(l.cells) {
				all.WriteString(strings.TrimSpace(l.cells[c.at]))
			}
		}
	}
	return all.String()
}

var serialForm = regexp.MustCompile(`^(\d{5})(\.\d+)?$`)

// serialDay is a day as spreadsheets count it.
func (s *sheet) serialDay(text string) (time.Time, bool) {
	m := serialForm.FindStringSubmatch(text)
	if m == nil {
		return time.Time{}, false
	}
	n, _ := strconv.Atoi(m[1])
	epoch := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	if s.d1904 {
		epoch = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return epoch.AddDate(0, 0, n), true
}

// day reads a birthday.
func (s *sheet) day(text string) (portal.Date, error) {
	if t, ok := s.serialDay(text); ok {
		return portal.Date(t.Format(time.DateOnly)), nil
	}
	if m := slashed.FindStringSubmatch(text); m != nil && s.monthFirst {
		text = m[2] + "/" + m[1] + "/" + m[3] + strings.TrimPrefix(text, m[0])
	}
	return portal.ParseDate(text)
}

// read is what one row of the file says: a row for each of its contacts, or one
// with none. It is nothing if the row has problems.
func (s *sheet) read(l line) []portal.ClassListRow {
	r := reader{sheet: s, cells: l.cells, row: l.n}
	var pupil portal.ClassListRow
	if s.continued && s.hangs(l) {
		if s.above == nil { // its problems are told
			return nil
		}
		pupil = *s.above
		pupil.Row = l.n
		s.doubt("The cells of the pupil are empty, so the row was taken for one more contact of the pupil above it.")
	} else {
		pupil = r.pupil()
		s.above = nil
		if !r.bad {
			above := pupil
			s.above = &above
		}
	}
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
	where := r.grid.cell(r.row, at)
	if at < 0 {
		where = r.grid.place(r.row)
	}
	r.problems.add(where, message)
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
		if c.at >= len(r.cells) || strings.TrimSpace(r.cells[c.at]) == "" {
			continue
		}
		text, why := clean(r.cells[c.at], f)
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
	r.wrong(b, fmt.Sprintf("columns %s and %s mean the same and hold different things here: say which is which where the columns are shown (or, if one is about the contact, begin its heading with 'Contact')", letters(a), letters(b)))
}

func (r *reader) pupil() portal.ClassListRow {
	p := portal.ClassListRow{Row: r.row, Unsaid: r.unsaid, Passed: r.passed}
	if r.several {
		p.Sheet = "sheet " + quoted(r.grid.name)
	}
	m := &r.sheet.pupil
	name := func(v value) string {
		if v.text != "" && !strings.ContainsFunc(v.text, unicode.IsLetter) {
			r.wrong(v.at, shown(v.text)+noLetter)
		}
		return v.text
	}

	code, number := r.value(m, upn), r.value(m, admission)
	p.UPN, p.AdmissionNumber = strings.ToUpper(strings.ReplaceAll(code.text, " ", "")), strings.TrimSuffix(number.text, ".0")
	if p.UPN != "" && !portal.ValidUPN(p.UPN) {
		r.wrong(code.at, shown(code.text)+" is not a UPN: compare it with your school's system, where it has 13 characters and begins with a check letter")
	}
	if rounded.MatchString(number.text) {
		r.wrong(number.at, shown(number.text)+shortened)
	}
	first, last := r.value(m, forename), r.value(m, surname)
	if first.text == "." || first.text == "-" {
		first.text = ""
	}
	if last.text == "." {
		last.text = ""
	}
	p.Forename, p.Surname = name(first), name(last)
	if p.Forename+p.Surname == "" && !first.bad && !last.bad {
		whole := r.value(m, pupilName)
		p.Forename, p.Surname = parted(name(whole))
		if whole.text == "" && !whole.bad {
			r.wrong(firstOf(first.at, whole.at, last.at), "is empty: every pupil needs a name")
		}
	}
	if p.Forename == "" { // people with one name are called by it
		p.Forename, p.Surname = p.Surname, ""
	}
	if v := r.value(m, born); v.text != "" {
		day, err := r.day(v.text)
		switch {
		case err != nil:
			r.wrong(v.at, shown(v.text)+" is "+err.Error()+", a day that exists")
		case day > r.today:
			r.wrong(v.at, shown(v.text)+" is in the future")
		case day <= r.eldest:
			r.wrong(v.at, shown(v.text)+" makes the pupil older than 20")
		}
		p.Born = day
	} else if !v.bad && v.at >= 0 && !r.fixed {
		r.wrong(v.at, "is empty: every pupil needs a date of birth")
	} else {
		p.Unsaid |= portal.UnsaidBorn
	}
	if v := r.value(m, year); v.text != "" {
		y, err := portal.ParseYear(v.text)
		if err != nil {
			r.wrong(v.at, shown(v.text)+" is "+err.Error())
		}
		p.Year = y
	} else {
		p.Unsaid |= portal.UnsaidYear
		p.Year = portal.NoYear
		if y, ok := portal.YearOf(p.Born, r.now); ok {
			p.Year = y
		}
	}
	if p.Group = r.value(m, group).text; p.Group != "" && r.dayFor(p.Group) {
		r.doubt("The class is a day, such as 4 May: a spreadsheet makes one of a class such as 4/5 or 4MAY. It was left out, and the register's stays. Export the list again, and choose it without opening it in between.")
		p.Group, p.Unsaid = "", p.Unsaid|portal.UnsaidGroup
	}
	if r.classless() && r.class != "" {
		r.headed(&p)
	}
	var said bool
	if p.LookedAfter, said = r.yes(m, lookedAfter); !said {
		p.Unsaid |= portal.UnsaidLookedAfter
	}
	return p
}

// headed gives a pupil the class, or the year, that stands above them or is their sheet's.
func (r *reader) headed(p *portal.ClassListRow) {
	y, err := portal.ParseYear(r.class)
	switch isYear := err == nil && !wholeNumber.MatchString(r.class); {
	case isYear && len(r.sheet.pupil[year]) == 0:
		p.Year, p.Unsaid = y, p.Unsaid&^portal.UnsaidYear
		r.doubt("No column is of years: the one that stands above the pupils, or is the sheet's name, was taken.")
	case !isYear || !strings.HasPrefix(strings.ToLower(r.class), "y"):
		p.Group, p.Unsaid = r.class, p.Unsaid&^portal.UnsaidGroup
		r.doubt("No column is of classes: the one that stands above the pupils, or is the sheet's name, was taken.")
	}
}

// parted is the forename and the surname of a whole name: "Lee, Ann" or "Ann Lee".
func parted(whole string) (forename, surname string) {
	if last, first, ok := strings.Cut(whole, ","); ok {
		return strings.TrimSpace(first), strings.TrimSpace(last)
	}
	if i := strings.LastIndexByte(whole, ' '); i > 0 {
		return whole[:i], whole[i+1:]
	}
	return whole, ""
}

// contact reads one contact of the row into it, and reports whether there is one.
func (r *reader) contact(m *slot, into *portal.ClassListRow) bool {
	full, title := r.value(&m.meant, contactName), r.value(&m.meant, contactTitle)
	first, last := r.value(&m.meant, contactForename), r.value(&m.meant, contactSurname)
	at := firstOf(full.at, last.at, first.at)
	name := full.text
	if turned, forename, ok := strings.Cut(name, ","); ok && !strings.Contains(forename, ",") {
		name = strings.TrimSpace(forename + " " + turned)
	}
	if name == "" {
		name = strings.TrimSpace(first.text + " " + last.text)
	}
	if name != "" && title.text != "" && !strings.HasPrefix(strings.ToLower(strings.ReplaceAll(name, ".", ""))+" ", strings.ToLower(strings.TrimSuffix(title.text, "."))+" ") {
		name = title.text + " " + name
	}
	if utf8.RuneCountInString(name) > maxText {
		r.wrong(at, fmt.Sprintf("the contact's name is longer than %d characters", maxText))
	}
	if name != "" && !strings.ContainsFunc(name, unicode.IsLetter) {
		r.wrong(at, shown(name)+noLetter)
	}
	into.ContactName = name
	if into.Relationship = r.value(&m.meant, relationship).text; into.Relationship == "" {
		into.Relationship = m.relationship
	}

	address := r.value(&m.meant, email)
	into.Email = strings.TrimPrefix(address.text, "mailto:")
	if several := listOf(into.Email); len(several) > 1 {
		into.Email = several[0]
		r.doubt(r.labels[address.at] + ": there is more than one email address. The first was taken.")
	}
	if into.Email != "" {
		if why := emailProblem(into.Email); why != "" {
			r.wrong(address.at, shown(into.Email)+" "+why)
		}
	}
	line := r.value(&m.meant, phone)
	if into.Phone = dialling(line.text); rounded.MatchString(into.Phone) {
		r.wrong(line.at, shown(into.Phone)+shortened)
	}
	if order := r.value(&m.meant, priority); order.text != "" {
		n, ok := place(order.text)
		if !ok {
			r.doubt(r.labels[order.at] + ": " + shown(order.text) + " does not say in which order the contacts come, and was left out.")
		}
		into.Priority = n
	}
	var saidParental, saidOrder bool
	into.Parental, saidParental = r.yes(&m.meant, parental)
	into.CourtOrder, saidOrder = r.yes(&m.meant, courtOrder)
	for bit, unsaid := range map[portal.Unsaid]bool{
		portal.UnsaidParental: !saidParental, portal.UnsaidCourtOrder: !saidOrder, portal.UnsaidRelationship: into.Relationship == "" && len(m.meant[relationship]) == 0,
		portal.UnsaidEmail: len(m.meant[email]) == 0, portal.UnsaidPhone: len(m.meant[phone]) == 0, portal.UnsaidPriority: len(m.meant[priority]) == 0,
	} {
		if unsaid {
			into.Unsaid |= bit
		}
	}
	if name != "" {
		return true
	}
	filled := title.text != "" || into.Relationship != m.relationship || into.Email != "" || into.Phone != "" || into.Priority != 0 || into.Parental || into.CourtOrder
	if filled && !full.bad && !first.bad && !last.bad && m.named() {
		r.wrong(at, "is empty, and other cells of this contact are filled: write the contact's name, or empty those cells")
	}
	return false
}

var (
	priorityForm = regexp.MustCompile(`^(?:(?:priority|contact|parent|emergency|emergency contact|p|no|number)[ .:#]*)?0*(\d{1,2})(?:\.0+|st|nd|rd|th)?(?: (?:contact|priority|parent|choice|call))?$`)
	ordinals     = map[string]int{"first": 1, "primary": 1, "main": 1, "one": 1, "second": 2, "secondary": 2, "two": 2, "third": 3, "three": 3, "fourth": 4, "four": 4}
)

// place is a contact's priority: '2', 'Priority 2', '2nd contact', 'Second'.
func place(text string) (int, bool) {
	text = strings.ToLower(text)
	if m := priorityForm.FindStringSubmatch(text); m != nil {
		n, err := strconv.Atoi(m[1])
		return n, err == nil
	}
	first, rest, _ := strings.Cut(text, " ")
	n, ok := ordinals[first]
	return n, ok && (rest == "" || rest == "contact" || rest == "priority" || rest == "parent")
}

// days are those into which spreadsheets make the names of classes.
var days = regexp.MustCompile(`(?i)^(\d{1,2}-(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)|(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)-\d{2}|\d{1,2}/\d{1,2}/\d{4}|\d{4}-\d\d-\d\d([T ].*)?)$`)

// dayFor says whether a spreadsheet has made a day of the name of a class.
func (s *sheet) dayFor(class string) bool {
	if t, ok := s.serialDay(class); ok && s.excel {
		return t.Year() > 2000 && t.Year() < 2100
	}
	return days.MatchString(class)
}

// dialling is a telephone number with the zero that a spreadsheet took for
// nothing.
func dialling(s string) string {
	s = strings.TrimSuffix(s, ".0")
	switch {
	case !wholeNumber.MatchString(s):
	case len(s) == 10 && strings.ContainsAny(s[:1], "12378"):
		return "0" + s
	case len(s) == 12 && strings.HasPrefix(s, "44"):
		return "+" + s
	}
	return s
}

func firstOf(columns ...int) int {
	for _, at := range columns {
		if at >= 0 {
			return at
		}
	}
	return -1
}

// yes reads a tick in any of its spellings, and whether there is one or its
// opposite: an empty cell says nothing. Other words are told once and read as gives a
// family no more than a tick would: they settle nobody's responsibility, and are
// taken for an order of a court or for care (a list can only tighten).
func (r *reader) yes(m *meant, f field) (yes, said bool) {
	v := r.value(m, f)
	words := strings.ToLower(strings.TrimSuffix(v.text, ".0"))
	first, _, _ := strings.Cut(strings.NewReplacer(",", " ", ":", " ", "(", " ", ";", " ", "-", " ").Replace(words), " ")
	switch first {
	case "t", "true", "y", "yes", "1", "✓", "✔":
		return true, true
	case "f", "false", "n", "no", "0", "✗", "none", "nil", "not", "never":
		return false, !strings.HasPrefix(words, "not known") && !strings.HasPrefix(words, "not stated") && !strings.HasPrefix(words, "not recorded")
	case "previously", "formerly", "former", "post", "adopted":
		if f == lookedAfter {
			return false, true
		}
	}
	switch words {
	case "", "?", "–", "—", "unknown", "don't know", "tbc":
		return false, false
	case "n/a":
		return false, f != parental
	case "pr", "has pr", "parental responsibility", "has parental responsibility", "full", "shared", "joint":
		if f == parental {
			return true, true
		}
	case "lac", "cla", "in care", "looked after":
		if f == lookedAfter {
			return true, true
		}
	}
	if f == parental {
		r.doubt(r.labels[v.at] + ": " + shown(v.text) + " is neither yes nor no. Your office settles who holds parental responsibility there.")
		return false, false
	}
	r.doubt(r.labels[v.at] + ": " + shown(v.text) + " is neither yes nor no, and was taken for yes, so that nothing is given that may be barred.")
	return true, true
}

var (
	// rounded is a long number after a spreadsheet has put it its own way.
	rounded = regexp.MustCompile(`^\d+(\.\d+)?[Ee]\+\d+$`)
	// dialled is a telephone number in international form, which begins as a
	// formula does.
	dialled = regexp.MustCompile(`^\+[0-9][0-9 ().-]*$`)
	// guarded is how some systems keep a spreadsheet from reading a number: ="0123".
	guarded = regexp.MustCompile(`^="([0-9A-Za-z +/().-]*)"$`)
)

// clean is a cell's text in Unicode's composed form (NFC), with single spaces,
// or why it may not come in.
func clean(raw string, f field) (text, why string) {
	text = strings.TrimSpace(raw)
	if m := guarded.FindStringSubmatch(text); m != nil {
		text = strings.TrimSpace(m[1])
		raw = text
	}
	if text == "" || text == "-" && f != forename && f != surname {
		return "", ""
	}
	if lead, _ := utf8.DecodeRuneInString(text); strings.ContainsRune("=+-@\uff1d\uff0b\uff0d\uff20", lead) && !(f == phone && dialled.MatchString(text)) {
		return "", fmt.Sprintf("%s begins with '%c', as a formula does, which is dangerous in a spreadsheet: remove that character", shown(text), lead)
	}
	if raw[0] == '\t' || raw[0] == '\r' {
		return "", shown(text) + " begins with a tab or a line break, which can hide a formula: remove it"
	}
	text, stray := joined(text)
	if stray != 0 {
		return "", fmt.Sprintf("%s has a character in it that cannot be seen (U+%04X): delete the cell and type it again", shown(text), stray)
	}
	if spreadsheetError(text) {
		return "", shown(text) + " is a formula that went wrong in the spreadsheet: put it right there"
	}
	if i := strings.IndexFunc(text, func(c rune) bool { return hidden(c) && c != '\u200c' && c != '\u200d' }); i >= 0 {

		switch c, _ := utf8.DecodeRuneInString(text[i:]); c {
		case '\n', '\r', '\t', '\u2028', '\u2029':
			return "", shown(text) + " has a line break or a tab in it: put the text on one line"
		case lost:
			return "", shown(text) + " has a letter that was lost when the file was saved: " + saveUTF8
		default:
			return "", fmt.Sprintf("%s has a character in it that cannot be seen (U+%04X): delete the cell and type it again", shown(text), c)
		}
	}
	text = norm.NFC.String(strings.Join(strings.Fields(text), " "))
	if f != email && f != phone {
		if why := garbled(text); why != "" {
			return "", shown(text) + " " + why
		}
	}
	if f != email && utf8.RuneCountInString(text) > maxText {
		return "", fmt.Sprintf("%s is longer than %d characters", shown(text), maxText)
	}
	return text, ""
}

func spreadsheetError(s string) bool {
	switch s {
	case "#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!":
		return true
	}
	return false
}

// joining are the scripts in which a joiner or its opposite between two letters
// is part of the spelling.
var joining = []*unicode.RangeTable{
	unicode.Arabic, unicode.Syriac, unicode.Nko, unicode.Mongolian, unicode.Devanagari, unicode.Bengali, unicode.Gurmukhi, unicode.Gujarati, unicode.Oriya,
	unicode.Tamil, unicode.Telugu, unicode.Kannada, unicode.Malayalam, unicode.Sinhala, unicode.Khmer, unicode.Myanmar, unicode.Tibetan, unicode.Thaana,
}

// joined leaves joiners only where they belong, and takes off those at the edge
// of a word of such a script. One anywhere else is stray.
func joined(text string) (out string, stray rune) {
	if !strings.ContainsAny(text, "\u200c\u200d") {
		return text, 0
	}
	all := []rune(text)
	of := func(i int) bool { return i >= 0 && i < len(all) && unicode.In(all[i], joining...) }
	joiner := func(i int) bool { return i < len(all) && (all[i] == '\u200c' || all[i] == '\u200d') }
	var b strings.Builder
	for i, r := range all {
		switch {
		case !joiner(i):
			b.WriteRune(r)
		case of(i-1) && of(i+1):
			b.WriteRune(r)
		case of(i-1) || of(i+1): // at the edge of a word, or doubled
		default:
			return text, r
		}
	}
	return b.String(), 0
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
	case len(s) > maxEmail:
		return fmt.Sprintf("is longer than the %d characters that an email address may have", maxEmail)
	case local == "" || strings.Count(s, "@") > 1 || len(labels) < 2 || strings.ContainsAny(s, " <>()[]\\\":") || strings.HasPrefix(domain, "-"):
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
