package roster

import (
	"slices"
	"strings"
	"unicode"

	"schoolgate/portal"
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
	pupilName // in one column
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
	words(upn, 0, "upn uniquepupilnumber upnnumber currentupn"),
	words(admission, 0, "adno admno admissionno admissionnumber admissionsnumber admnumber admissionnum admission admissionid admissionref mispupilid pupilid studentid pupilnumber studentnumber arborstudentid bromcomid"),
	words(forename, 0, "preferredforename preferredfirstname preferredgivenname chosenforename chosenfirstname knownas knownasfirstname"),
	words(forename, 1, "forename firstname givenname"),
	words(forename, 2, "legalforename legalfirstname legalgivenname"),
	words(surname, 0, "preferredsurname preferredlastname preferredfamilyname chosensurname chosenlastname"),
	words(surname, 1, "surname lastname familyname"),
	words(surname, 2, "legalsurname legallastname legalfamilyname"),
	words(born, 0, "dob dateofbirth birthdate birthday birthdt dobirth datebirth dobddmmyyyy dateofbirthddmmyyyy"),
	words(year, 0, "year yeargroup yr yrgroup ncyear ncyeargroup ncy ncyearactual yeargrp yeargroupname yearname currentyear currentncyear ncyeargroupname nationalcurriculumyear nationalcurriculumyeargroup curriculumyear actualncyear currentyeargroup"),
	words(year, 1, "yeartaughtin"),
	words(group, 0, "reg regn registration registrationform registrationgroup registrationclass reggroup regform regclass tutorgroup tutorgroupname form formgroup formname registrationformname registrationgroupname reggroupname tutor tutorgrp homeroom"),
	words(group, 1, "class classname classgroup classroom currentclass mainclass primaryclass teachinggroup set"),
	words(lookedAfter, 0, "lookedafter islookedafter currentlylookedafter lookedafterchild lac cla incare incareflag inlacare inleacare inlocalauthoritycare lookedafterstatus incarestatus childlookedafter isincare lookedafterindicator inlacareflag currentlyincare childincare"),
)

// The headings of contacts after 'contact', 'parent', 'guardian' or 'carer', and
// a number where there is one.
var contactHeadings = headings(
	words(contactName, 0, "name fullname names displayname"),
	words(contactTitle, 0, "title"),
	words(contactForename, 0, "preferredforename preferredfirstname"),
	words(contactForename, 1, "forename firstname givenname"),
	words(contactForename, 2, "legalforename legalfirstname"),
	words(contactSurname, 0, "preferredsurname preferredlastname"),
	words(contactSurname, 1, "surname lastname familyname"),
	words(contactSurname, 2, "legalsurname legallastname"),
	words(phone, 2, "number numbers"),
	words(priority, 0, "order rank"),
)

// The headings that are the pupil's or a contact's, as it falls.
var bareHeadings = headings(
	words(pupilName, 0, "name fullname namefull"),
	words(contactTitle, 0, "title"),
)

// The headings of contacts that need no such word before them.
var contactOnly = headings(
	words(relationship, 0, "relationship relation relationshiptype relationshiptopupil relationshiptostudent relationshiptochild relationshiptolearner relationshipname relationshipdescription relationtopupil relationtostudent relationtochild contactrelationship contacttype"),
	words(phone, 1, "maincontactnumber contactnumber contactnumbers"),
	words(priority, 0, "priority contactpriority priorityorder contactorder callorder prioritynumber"),
	words(parental, 0, "parentalresponsibility hasparentalresponsibility parentresponsibility parentalresp parentresp pr responsibility legalguardian islegalguardian parentalresponsibilityflag haspr parentalresponsibilities legalresponsibility"),
	words(courtOrder, 0, "courtorder courtorders hascourtorder courtorderinplace iscourtorder courtorderflag subjecttocourtorder"),
)

// reaching are the words of headings for telephones and email addresses, which every
// system puts together its own way: 'Default mobile telephone', 'Phone (home)', 'Tel no'.
// Longer ones come before those that they begin with.
var reaching = []string{"telephones", "telephone", "phones", "phone", "tel", "mobiles", "mobile", "cell", "landline", "emails", "email",
	"addresses", "address", "numbers", "number", "nos", "no", "preferred", "primary", "default", "main", "home", "personal", "work", "business", "daytime", "evening"}

// reach is what such a heading means, as far as it has no other words.
func reach(w string) (meaning, bool) {
	said := map[string]bool{}
next:
	for w != "" {
		for _, part := range reaching {
			if rest, ok := strings.CutPrefix(w, part); ok {
				said[strings.TrimSuffix(part, "s")], w = true, rest
				continue next
			}
		}
		return meaning{}, false
	}
	best, work := said["preferred"] || said["primary"] || said["default"] || said["main"], said["work"] || said["business"]
	line := said["telephone"] || said["phone"] || said["tel"] || said["landline"]
	switch {
	case said["email"] && (line || said["mobile"]):
		return meaning{}, false
	case said["email"] && best:
		return meaning{email, 0}, true
	case said["email"] && work:
		return meaning{email, 3}, true
	case said["email"] && (said["home"] || said["personal"]):
		return meaning{email, 2}, true
	case said["email"]:
		return meaning{email, 1}, true
	case said["mobile"] || said["cell"] && line:
		return meaning{phone, 0}, true
	case line && best:
		return meaning{phone, 1}, true
	case line && work:
		return meaning{phone, 4}, true
	case line && (said["home"] || said["landline"]):
		return meaning{phone, 3}, true
	}
	return meaning{phone, 2}, line
}

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
	contactNouns = []string{"parentorcarer", "parentcarer", "parentorguardian", "parentguardian", "parentsguardian", "nextofkin", "guardian", "contact", "parent", "carer"}
	// parents are nouns that say what the contact is to the child as well.
	parents = []string{"mother", "mum", "father", "dad"}
	// qualifiers stand before a contact's noun and say no more than which of them.
	qualifiers = []string{"emergency", "main", "priority", "legal", "key"}
	places     = []string{"primary", "first", "1st", "secondary", "second", "2nd", "third", "3rd", "fourth", "4th"}
)

// The numbers of the contacts that a heading is about: none, 1 to 9, and those
// who are named by what they are.
const (
	unnumbered = 0
	theMother  = 10
	theFather  = 11
	contacts   = 12
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

// told is what a heading says by itself.
type told struct {
	meaning
	contact int  // of the numbers above
	bare    bool // a name, without a word that says whose
}

// meaningOf is what a heading means by itself.
func meaningOf(heading string) (told, bool) {
	w := squash(heading)
	if t, ok := plainMeaning(w); ok {
		return t, true
	}
	for _, prefix := range []string{"is", "has"} {
		if rest, ok := strings.CutPrefix(w, prefix); ok {
			if t, ok := plainMeaning(rest); ok {
				return t, true
			}
		}
	}
	// A number behind it: 'Email 2', 'Contact name 2', 'Surname.1'.
	if n := len(w); n > 1 && w[n-1] >= '1' && w[n-1] <= '9' {
		if t, ok := plainMeaning(w[:n-1]); ok && t.contact == unnumbered && (t.field.ofContact() || t.bare) {
			if t.contact = int(w[n-1] - '0'); t.bare {
				t.contact = unnumbered
			}
			return t, true
		}
	}
	return told{}, false
}

func plainMeaning(w string) (told, bool) {
	if m, ok := pupilHeadings[w]; ok {
		return told{meaning: m, bare: m.rank == 1 && (m.field == forename || m.field == surname)}, true
	}
	if m, ok := bareHeadings[w]; ok {
		return told{meaning: m, bare: true}, true
	}
	if m, ok := ofContacts(w); ok {
		return told{meaning: m}, true
	}
	for _, noun := range pupilNouns {
		if rest, found := strings.CutPrefix(w, noun); found {
			for _, rest := range []string{rest, strings.TrimPrefix(rest, "s")} {
				if m, ok := pupilHeadings[rest]; ok {
					return told{meaning: m}, true
				}
			}
			if rest == "" || rest == "name" || rest == "fullname" {
				return told{meaning: meaning{pupilName, 0}}, true
			}
			return told{}, false
		}
	}
	return contactMeaning(w)
}

func ofContacts(w string) (meaning, bool) {
	if m, ok := contactOnly[w]; ok {
		return m, true
	}
	return reach(w)
}

// contactMeaning reads 'Parent 1 name', 'Contact1Email', 'Second contact mobile',
// 'Name of parent 2', "Mother's email".
func contactMeaning(w string) (told, bool) {
	if i := strings.Index(w, "of"); i > 0 {
		if t, ok := contactMeaning(w[i+2:] + w[:i]); ok {
			return t, true
		}
	}
	number := unnumbered
	for again := true; again; {
		again = false
		for _, q := range qualifiers {
			if rest, ok := strings.CutPrefix(w, q); ok && rest != "" {
				w, again = rest, true
			}
		}
		for i, q := range places {
			if rest, ok := strings.CutPrefix(w, q); ok && rest != "" {
				w, again = rest, true
				if q != "primary" {
					number = []int{1, 1, 1, 2, 2, 2, 3, 3, 4, 4}[i]
				}
			}
		}
	}
	rest, who := "", ""
	for i, noun := range slices.Concat(contactNouns, parents) {
		if after, ok := strings.CutPrefix(w, noun); ok {
			rest, who = after, noun
			if i >= len(contactNouns) {
				number = map[string]int{"mother": theMother, "mum": theMother, "father": theFather, "dad": theFather}[noun]
			}
			break
		}
	}
	if who == "" {
		return told{}, false
	}
	if rest != "" && rest[0] >= '1' && rest[0] <= '9' {
		number, rest = int(rest[0]-'0'), rest[1:]
		if rest != "" && rest[0] >= '0' && rest[0] <= '9' {
			return told{}, false
		}
	}
	for _, cut := range []string{"", "s", "is", "has", "shas"} {
		after, ok := strings.CutPrefix(rest, cut)
		if !ok {
			continue
		}
		if after == "" && cut == "" {
			return told{meaning: meaning{contactName, 0}, contact: number}, true
		}
		m, ok := contactHeadings[after]
		if !ok {
			m, ok = ofContacts(after)
		}
		if ok {
			return told{meaning: m, contact: number}, true
		}
	}
	return told{}, false
}

func (f field) ofContact() bool { return f >= contactName }

// use is what a column is taken for.
type use struct {
	told
	used bool
}

// understand says what each heading of a row is taken for. A heading that stands
// there twice is the pupil's first and a contact's then; contacts that are not
// numbered are told apart by where their headings begin again.
func understand(cells []string) []use {
	all := make([]use, len(cells))
	for i, h := range cells {
		t, ok := meaningOf(h)
		all[i] = use{t, ok}
	}
	nameContacts(all)
	numberContacts(all, cells)
	placeTitles(all)
	return all
}

// nameContacts takes bare names for a contact's where the list has contacts and no
// heading that names them: those that come a second time, or after a contact began.
func nameContacts(all []use) {
	anyContact, firstContact := false, len(all)
	explicit := map[field]bool{} // of the pupil's, headings that can be nobody else's
	for i, u := range all {
		if u.used && u.field.ofContact() && u.field != contactTitle {
			anyContact, firstContact = true, min(firstContact, i)
			if u.field.names() {
				return
			}
		}
		explicit[u.field] = explicit[u.field] || u.used && !u.bare
	}
	if !anyContact {
		return
	}
	contactOf := map[field]field{forename: contactForename, surname: contactSurname, pupilName: contactName}
	seen := map[field]bool{}
	for i := range all {
		u := &all[i]
		of, name := contactOf[u.field]
		if !u.used || !u.bare || !name {
			continue
		}
		pupils := u.field == pupilName && (seen[forename] || seen[surname] || explicit[forename] || explicit[surname])
		if seen[u.field] || pupils || explicit[u.field] && i > firstContact {
			u.field, u.rank, u.bare = of, 1, false
		}
		seen[u.field] = true
	}
}

// numberContacts tells several contacts in one row apart, whose headings repeat: each
// begins with the heading that comes first of those that are there for all of them.
func numberContacts(all []use, cells []string) {
	count := 0 // of the contacts by their names
	times, firsts := map[string]int{}, map[string]int{}
	for i, u := range all {
		if u.used && u.field.ofContact() && u.contact == unnumbered {
			key := strings.TrimRight(squash(cells[i]), "0123456789")
			if times[key]++; times[key] == 1 {
				firsts[key] = i
			}
			if u.field.names() || u.field == contactName {
				count = max(count, times[key])
			}
		}
	}
	if count < 2 {
		return
	}
	start, begin := len(cells), ""
	for key, n := range times {
		if n == count && firsts[key] < start {
			start, begin = firsts[key], key
		}
	}
	block := 0
	for i := range all {
		u := &all[i]
		if !u.used || !u.field.ofContact() || u.contact != unnumbered {
			continue
		}
		if strings.TrimRight(squash(cells[i]), "0123456789") == begin {
			block++
		}
		if u.contact = block; block == 0 {
			u.used = false // before the first contact: the pupil's own, or nobody's
		}
	}
}

// placeTitles gives a bare title to the contact's name to its right; of the pupil's it
// says nothing to us.
func placeTitles(all []use) {
	for i := range all {
		u := &all[i]
		if !u.used || u.field != contactTitle || !u.bare {
			continue
		}
		u.used = false
		for _, next := range all[i+1 : min(len(all), i+5)] {
			if next.used && next.field.names() {
				u.used, u.contact = true, next.contact
				break
			}
		}
	}
}

func (f field) names() bool {
	return f == contactName || f == contactForename || f == contactSurname
}

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

// slot is the columns of one contact of each row.
type slot struct {
	meant
	relationship string // where the headings say it
}

// columns is what the headings say about the file.
type columns struct {
	labels   []string // as problems name the columns
	uses     []use
	pupil    meant
	contacts []slot
	unsaid   portal.Unsaid
	guards   []string      // see [portal.ListColumn.Guards]
	passed   portal.Unsaid // what of them is not read
}

// protecting is the fields that keep a child from harm.
var protecting = map[field]portal.Unsaid{lookedAfter: portal.UnsaidLookedAfter, parental: portal.UnsaidParental, courtOrder: portal.UnsaidCourtOrder}

// serves says whether a column that is taken for now still says what it said as u: of the
// contact whom that named, if it named one.
func (u use) serves(now use) bool {
	return now.used && now.field == u.field && (!u.field.ofContact() || u.contact == unnumbered || u.contact == now.contact)
}

// guard finds what of the columns keeps a child from harm, by their headings or by what
// somebody said before, and what of that is not read.
func (c *columns) guard(understood []use, before []string) {
	c.guards = make([]string, len(c.uses))
	for i, now := range c.uses {
		was := understood[i]
		if i < len(before) && before[i] != "" {
			was.told, was.used = meaningOfCode(before[i])
		}
		bit := protecting[was.field]
		switch {
		case was.used && bit != 0 && !was.serves(now):
			c.guards[i], c.passed = was.code(), c.passed|bit
		case now.used && protecting[now.field] != 0:
			c.guards[i] = now.code()
		}
	}
}

// newColumns gathers the columns by what they are taken for: as understood, or
// as the codes say; guards is what was guarded before.
func newColumns(cells, codes, guards []string) (cols columns) {
	for len(cells) > 0 && strings.TrimSpace(cells[len(cells)-1]) == "" {
		cells = cells[:len(cells)-1]
	}
	times := map[string]int{}
	for _, h := range cells {
		times[squash(h)]++
	}
	for i, h := range cells {
		label := visible(strings.TrimSpace(h))
		if label == "" {
			label = letters(i)
		} else if times[squash(h)] > 1 {
			label += " (" + letters(i) + ")"
		}
		cols.labels = append(cols.labels, label)
	}
	understood := understand(cells)
	cols.uses = slices.Clone(understood)
	for i, code := range codes[:min(len(codes), len(cells))] {
		if code == cols.uses[i].code() {
			continue
		}
		cols.uses[i] = use{}
		if t, ok := meaningOfCode(code); ok {
			t.rank = 20 + i // of two, the first that is filled in
			cols.uses[i] = use{t, true}
		}
	}
	var slots [contacts]slot
	for i, u := range cols.uses {
		switch {
		case !u.used:
		case u.field.ofContact():
			slots[u.contact].add(u.field, column{i, u.rank})
		default:
			cols.pupil.add(u.field, column{i, u.rank})
		}
	}
	var named []int
	for i := range slots {
		if slots[i].named() {
			named = append(named, i)
		}
	}
	for i := range slots {
		switch {
		case slots[i].named() || slots[i].empty():
		case len(named) == 1 && i != unnumbered: // 'Phone 1' and 'Phone 2' of one contact
			for f, list := range slots[i].meant {
				for _, c := range list {
					slots[named[0]].add(field(f), column{c.at, c.rank + 10*i})
				}
			}
			slots[i] = slot{}
		case len(named) > 0: // a plain 'Email' beside 'Parent 1 email' is the child's, or nobody's
			for f := range slots[i].meant {
				for _, c := range slots[i].meant[f] {
					cols.uses[c.at].used = false
				}
			}
			slots[i] = slot{}
		}
	}
	slots[theMother].relationship, slots[theFather].relationship = "Mother", "Father"
	for _, i := range []int{0, theMother, theFather, 1, 2, 3, 4, 5, 6, 7, 8, 9} {
		if !slots[i].empty() {
			cols.contacts = append(cols.contacts, slots[i])
		}
	}
	cols.unsaid = cols.silence()
	cols.guard(understood, guards)
	return cols
}

// silence is what a file of these columns does not say.
func (c *columns) silence() (u portal.Unsaid) {
	for f, bit := range map[field]portal.Unsaid{born: portal.UnsaidBorn, group: portal.UnsaidGroup} {
		if len(c.pupil[f]) == 0 {
			u |= bit
		}
	}
	if !slices.ContainsFunc(c.contacts, func(s slot) bool { return s.named() }) {
		u |= portal.UnsaidContacts
	}
	return u
}

// classless says whether no column is of classes: a sheet's name may be one then.
func (c *columns) classless() bool { return len(c.pupil[group]) == 0 }

// ignored is the headings that are taken for nothing.
func (c *columns) ignored() (out []string) {
	for i, u := range c.uses {
		if !u.used && c.labels[i] != letters(i) {
			out = append(out, c.labels[i])
		}
	}
	return out
}

// missing lists, for people, the columns that a class list cannot do without.
func (c *columns) missing() (out []string) {
	if len(c.pupil[forename])+len(c.pupil[surname])+len(c.pupil[pupilName]) == 0 {
		out = append(out, "the pupil's name (Forename and Surname, or Name)")
	}
	if len(c.pupil[born]) == 0 {
		out = append(out, "Date of birth (or DOB)")
	}
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
