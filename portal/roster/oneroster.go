package roster

import (
	"archive/zip"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"schoolgate/portal"
)

// canonical is the headings of a table that we write ourselves, of a format
// that says what everything in it means.
var canonical = []string{"UPN", "Admission number", "Legal forename", "Legal surname", "Preferred forename", "Preferred surname", "Date of birth", "Year group", "Registration form", "Looked after",
	"Contact title", "Contact forename", "Contact surname", "Relationship", "Contact priority", "Email", "Mobile", "Telephone", "Parental responsibility", "Court order"}

// The places of canonical headings.
const (
	atUPN = iota
	atAdmission
	atForename
	atSurname
	atPreferredForename
	atPreferredSurname
	atBorn
	atYear
	atGroup
	atCare
	atTitle
	atContactForename
	atContactSurname
	atRelationship
	atPriority
	atEmail
	atMobile
	atPhone
	atParental
	atOrder
)

// written is a table of our own making.
func written(name, unit string, rows [][]string, numbers []int, without ...int) *grid {
	g := &grid{name: name, unit: unit, heads: slices.Clone(canonical)}
	for _, at := range without {
		g.heads[at] = "-" // the format has no place for it
	}
	g.lines = func(yield func(line) bool) error {
		for i, cells := range rows {
			if !yield(line{n: numbers[i], cells: cells}) {
				break
			}
		}
		return nil
	}
	g.cols = newColumns(g.heads, nil, nil)
	g.samples = make([][]string, len(g.heads))
	return g
}

// table is a CSV file of an archive, by its headings.
type table struct {
	name string
	at   map[string]int
	in   *records
}

// openTable opens a CSV file of an archive; nil where it is not there.
func openTable(f *zip.File) (*table, error) {
	if f == nil {
		return nil, nil
	}
	damaged := invalid(cleanName(f.Name), "this file of the archive is damaged: export the archive again")
	r, err := f.Open()
	if err != nil {
		return nil, damaged
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, maxPart*4))
	if err != nil {
		return nil, damaged
	}
	text, _, _, _ := decode(b, "")
	t := &table{name: cleanName(f.Name), at: map[string]int{}, in: &records{s: text, comma: ','}}
	for t.in.next() && blank(t.in.cells) {
	}
	for i, h := range t.in.cells {
		t.at[strings.TrimPrefix(squash(h), "metadata")] = i
	}
	return t, nil
}

func cleanName(name string) string { return visible(name[strings.LastIndexByte(name, '/')+1:]) }

// next goes on to the next row that is not blank.
func (t *table) next() bool {
	if t == nil {
		return false
	}
	for t.in.next() {
		if !blank(t.in.cells) {
			return true
		}
	}
	return false
}

// get is a cell by any of its headings.
func (t *table) get(headings ...string) string {
	for _, h := range headings {
		if i, ok := t.at[h]; ok && i < len(t.in.cells) {
			if v := strings.TrimSpace(t.in.cells[i]); v != "" && !strings.EqualFold(v, "null") {
				return v
			}
		}
	}
	return ""
}

// gone says whether a row is one that its system has deleted.
func (t *table) gone() bool {
	s := strings.ToLower(t.get("status"))
	return s == "tobedeleted" || s == "inactive"
}

// person is somebody of users.csv.
type person struct {
	row                                   int
	id, given, family, preferred          string
	upn, number, email, mobile, phone     string
	grade, born, role, preferredFamily    string
	agents, orgs                          []string
	group                                 string
	care, parental, order, title, relates string
}

// rosterArchive is an archive of OneRoster as it is read.
type rosterArchive struct {
	files             map[string]*zip.File
	people            map[string]*person // by their sourcedId
	order             []*person          // as users.csv has them
	deleted, disabled int                // left out
}

// openOneRoster reads OneRoster 1.1 as CSV in a zip (1EdTech): pupils and their
// agents of users.csv, birthdays of demographics.csv, and the registration class
// by the enrolments.
func openOneRoster(files map[string]*zip.File, m portal.ListMapping) (*book, error) {
	b := &book{format: "OneRoster (zip of CSV files)", fixed: true}
	o := &rosterArchive{files: files, people: map[string]*person{}}
	for _, read := range []func() error{o.users, o.roles, o.birthdays, o.enrol} {
		if err := read(); err != nil {
			return nil, err
		}
	}
	schools, err := schoolNames(files["orgs.csv"])
	if err != nil {
		return nil, err
	}
	if err := b.chooseSchool(o.order, schools, m); err != nil {
		return nil, err
	}
	agents := o.agents()
	var rows [][]string
	var numbers []int
	unknown, dated := 0, false
	for _, p := range o.order {
		if p.role != "student" || m.Sheet != "" && !slices.ContainsFunc(p.orgs, func(o string) bool { return schools[o] == m.Sheet }) {
			continue
		}
		dated = dated || p.born != ""
		for _, r := range o.rowsOf(p, agents[p.id], &unknown) {
			rows, numbers = append(rows, r), append(numbers, p.row)
		}
	}
	if len(rows) == 0 {
		return nil, invalid("users.csv", "there is nobody in it whose role is student")
	}
	if o.deleted+o.disabled > 0 {
		b.notes = append(b.notes, fmt.Sprintf("Left out of users.csv: %d to be deleted, %d not enabled.", o.deleted, o.disabled))
	}
	if unknown > 0 {
		b.notes = append(b.notes, fmt.Sprintf("%d of the pupils' agents are not parents, guardians or relatives in users.csv, and were left out.", unknown))
	}
	without := append([]int{atPriority}, unfilled(rows, atGroup, atCare, atParental, atOrder)...)
	if !dated {
		without = append(without, atBorn)
		b.notes = append(b.notes, "The archive has no birthdays (demographics.csv). Nobody can join for a new pupil until a list brings one.")
	}
	g := written("users.csv", "", rows, numbers, without...)
	g.several = true
	b.grids = []*grid{g}
	return b, nil
}

// unfilled are those columns of which no row says anything.
func unfilled(rows [][]string, columns ...int) []int {
	return slices.DeleteFunc(columns, func(at int) bool {
		return slices.ContainsFunc(rows, func(r []string) bool { return r[at] != "" })
	})
}

// users reads everybody of users.csv who is not to be left out.
func (o *rosterArchive) users() error {
	users, err := openTable(o.files["users.csv"])
	if err != nil {
		return err
	}
	for _, need := range []string{"sourcedid", "role", "givenname", "familyname"} {
		if _, ok := users.at[need]; !ok && !(need == "role" && o.files["roles.csv"] != nil) {
			return invalid("users.csv, row 1", "this is not OneRoster's users.csv: a heading is missing (sourcedId, role, givenName or familyName)")
		}
	}
	for users.next() {
		p := &person{
			row: users.in.row, id: users.get("sourcedid"), given: users.get("givenname"), family: users.get("familyname"),
			preferred: users.get("preferredfirstname", "preferredgivenname"), preferredFamily: users.get("preferredlastname", "preferredfamilyname"),
			email: users.get("email"), mobile: users.get("sms", "mobile"), phone: users.get("phone"), grade: users.get("grades", "grade"), role: strings.ToLower(users.get("role")),
			agents: listOf(users.get("agentsourcedids", "agents")), orgs: listOf(users.get("orgsourcedids", "primaryorgsourcedid", "orgs")),
			upn: users.get("upn", "uniquepupilnumber"), number: users.get("admissionnumber", "admno", "adno"), born: users.get("birthdate", "dateofbirth", "dob"),
			group: users.get("registrationform", "reggroup", "registrationgroup", "tutorgroup"), care: users.get("lookedafter", "incare"), parental: users.get("parentalresponsibility"), order: users.get("courtorder"),
			title: users.get("title"), relates: users.get("relationship"),
		}
		if users.in.fault != "" {
			return invalid(fmt.Sprintf("users.csv, row %d", p.row), users.in.fault)
		}
		if users.gone() {
			o.deleted++
			continue
		}
		if strings.EqualFold(users.get("enableduser"), "false") {
			o.disabled++
			continue
		}
		identify(p, users.get("identifier"), users.get("userids"))
		if o.people[p.id] == nil {
			o.people[p.id] = p
			o.order = append(o.order, p)
		}
	}
	return nil
}

// roles reads what somebody is, and at which schools, where OneRoster 1.2 keeps it apart.
func (o *rosterArchive) roles() error {
	roles, err := openTable(o.files["roles.csv"])
	if err != nil {
		return err
	}
	for roles.next() {
		p := o.people[roles.get("usersourcedid")]
		if p == nil || roles.gone() {
			continue
		}
		if p.role == "" || roles.get("roletype") == "primary" {
			p.role = strings.ToLower(roles.get("role"))
		}
		if org := roles.get("orgsourcedid"); org != "" && !slices.Contains(p.orgs, org) {
			p.orgs = append(p.orgs, org)
		}
	}
	return nil
}

func (o *rosterArchive) birthdays() error {
	demographics, err := openTable(o.files["demographics.csv"])
	if err != nil {
		return err
	}
	for demographics.next() {
		if p := o.people[demographics.get("sourcedid", "usersourcedid")]; p != nil && !demographics.gone() {
			p.born = cmp.Or(p.born, demographics.get("birthdate"))
		}
	}
	return nil
}

// agents are whom each pupil's adults are said to be, by their ids: by the pupil or, in
// some systems, by the adults.
func (o *rosterArchive) agents() map[string][]string {
	agents := map[string][]string{}
	for _, p := range o.order {
		if p.role == "student" {
			agents[p.id] = append(agents[p.id], p.agents...)
		}
	}
	for _, p := range o.order {
		if !isAgent(p.role) {
			continue
		}
		for _, id := range p.agents {
			if child := o.people[id]; child != nil && child.role == "student" && !slices.Contains(agents[id], p.id) {
				agents[id] = append(agents[id], p.id)
			}
		}
	}
	return agents
}

// rowsOf writes a pupil's rows, one for each agent. Unknown counts those who are no
// parent, guardian or relative.
func (o *rosterArchive) rowsOf(p *person, agents []string, unknown *int) (rows [][]string) {
	pupil := make([]string, len(canonical))
	pupil[atUPN], pupil[atAdmission], pupil[atForename], pupil[atSurname], pupil[atPreferredForename], pupil[atPreferredSurname] = p.upn, p.number, p.given, p.family, p.preferred, p.preferredFamily
	pupil[atBorn], pupil[atYear], pupil[atGroup], pupil[atCare] = p.born, firstGrade(p.grade), p.group, p.care
	if p.upn == "" && p.number == "" && p.born == "" {
		pupil[atAdmission] = p.id
	}
	for _, id := range agents {
		a := o.people[id]
		if a == nil || !isAgent(a.role) {
			*unknown++
			continue
		}
		r := slices.Clone(pupil)
		r[atTitle], r[atContactForename], r[atContactSurname], r[atEmail], r[atMobile], r[atPhone] = a.title, a.given, a.family, a.email, a.mobile, a.phone
		r[atRelationship] = cmp.Or(a.relates, strings.ToUpper(a.role[:1])+a.role[1:])
		r[atParental], r[atOrder] = a.parental, a.order
		rows = append(rows, r)
	}
	if len(rows) == 0 {
		return [][]string{pupil}
	}
	return rows
}

func isAgent(role string) bool { return role == "parent" || role == "guardian" || role == "relative" }

// listOf is the parts of a list in one cell.
func listOf(s string) (all []string) {
	for _, x := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ';' }) {
		if x = strings.TrimSpace(x); x != "" {
			all = append(all, x)
		}
	}
	return all
}

// firstGrade is the first of a user's grades, of which there may be several.
func firstGrade(s string) string {
	if all := listOf(s); len(all) > 0 {
		return all[0]
	}
	return ""
}

// identify finds the UPN and the admission number among a user's identifiers:
// "{UPN:B801200005001},{MIS:1234}".
func identify(p *person, identifier, userIDs string) {
	take := func(kind, value string) {
		value = strings.TrimSpace(value)
		switch code := strings.ToUpper(strings.ReplaceAll(value, " ", "")); {
		case value == "":
		case portal.ValidUPN(code):
			p.upn = cmp.Or(p.upn, code)
		case strings.Contains(kind, "adm") || strings.Contains(kind, "adno") || kind == "identifier":
			p.number = cmp.Or(p.number, value)
		}
	}
	take("identifier", identifier)
	for _, id := range strings.Split(userIDs, ",") {
		if kind, value, ok := strings.Cut(strings.Trim(strings.TrimSpace(id), "{}"), ":"); ok {
			take(squash(kind), value)
		}
	}
}

// enrol gives each pupil their registration class: of the classes that they are
// enrolled in, the homeroom; or the only one.
func (o *rosterArchive) enrol() error {
	classes, err := openTable(o.files["classes.csv"])
	if err != nil {
		return err
	}
	type class struct {
		name     string
		homeroom bool
	}
	all := map[string]class{}
	for classes.next() {
		if !classes.gone() {
			all[classes.get("sourcedid")] = class{cmp.Or(classes.get("title"), classes.get("classcode")), strings.EqualFold(classes.get("classtype"), "homeroom")}
		}
	}
	enrolments, err := openTable(o.files["enrollments.csv"])
	if err != nil {
		return err
	}
	of := map[*person][]class{}
	for enrolments.next() {
		p, c := o.people[enrolments.get("usersourcedid")], all[enrolments.get("classsourcedid")]
		if p != nil && p.role == "student" && c.name != "" && !enrolments.gone() && !slices.Contains(of[p], c) {
			of[p] = append(of[p], c)
		}
	}
	for p, list := range of {
		if i := slices.IndexFunc(list, func(c class) bool { return c.homeroom }); i >= 0 {
			p.group = cmp.Or(p.group, list[i].name)
		} else if len(list) == 1 {
			p.group = cmp.Or(p.group, list[0].name)
		}
	}
	return nil
}

func schoolNames(f *zip.File) (map[string]string, error) {
	orgs, err := openTable(f)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for orgs.next() {
		if strings.EqualFold(orgs.get("type"), "school") && !orgs.gone() {
			names[orgs.get("sourcedid")] = cmp.Or(visible(orgs.get("name")), "school "+visible(orgs.get("sourcedid")))
		}
	}
	return names, nil
}

// chooseSchool asks which school is meant, where pupils of several are in it.
func (b *book) chooseSchool(order []*person, schools map[string]string, m portal.ListMapping) error {
	pupils := map[string]int{}
	for _, p := range order {
		for _, o := range p.orgs {
			if name := schools[o]; name != "" && p.role == "student" {
				pupils[name]++
			}
		}
	}
	if len(pupils) < 2 {
		return nil
	}
	for name := range pupils {
		b.sheets = append(b.sheets, name)
	}
	slices.Sort(b.sheets)
	if m.Sheet == "" {
		b.undecided = true
		return nil
	}
	if pupils[m.Sheet] == 0 {
		return invalid("file", "the school that was chosen has no pupils in this archive")
	}
	return nil
}
