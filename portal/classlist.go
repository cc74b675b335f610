package portal

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ClassListRow is one row of a class list: a pupil and one of their contacts.
// A pupil with three contacts has three rows, and one with none has one row
// whose contact is empty.
type ClassListRow struct {
	Row             int // in the file as a spreadsheet numbers it: the header is 1
	UPN             string
	AdmissionNumber string
	Forename        string
	Surname         string
	Born            Date
	Year            Year
	Group           string
	LookedAfter     bool

	ContactName  string
	Relationship string
	Email        string
	Phone        string
	Priority     int
	Parental     bool
	CourtOrder   bool
}

// String keeps the people out of logs.
func (r ClassListRow) String() string { return fmt.Sprintf("row %d", r.Row) }

// key tells the pupils of one school apart.
func (r ClassListRow) key() string { return pupilKey(r.UPN, r.AdmissionNumber) }

func pupilKey(upn, admission string) string {
	if upn != "" {
		return "upn " + upn
	}
	return "adm " + admission
}

// CheckClassList finds what is wrong between rows that are each well formed:
// one UPN or admission number for two pupils, and one contact twice for a pupil.
func CheckClassList(rows []ClassListRow) []Problem {
	var problems Invalid
	upns, admissions := map[string]ClassListRow{}, map[string]ClassListRow{}
	contacts := map[[2]string]int{}
	samePupil := func(a, b ClassListRow) bool {
		return a.Forename == b.Forename && a.Surname == b.Surname && a.Born == b.Born && a.Year == b.Year &&
			a.Group == b.Group && a.LookedAfter == b.LookedAfter && a.UPN == b.UPN && a.AdmissionNumber == b.AdmissionNumber
	}
	once := func(seen map[string]ClassListRow, id, column string, r ClassListRow) {
		if id == "" {
			return
		}
		if first, ok := seen[id]; !ok {
			seen[id] = r
		} else if !samePupil(first, r) {
			problems.Add(fmt.Sprintf("row %d, column %s", r.Row, column), fmt.Sprintf("row %d has the same %s with other details: a name, a date of birth, a year, a class, the other number or 'looked after' differs", first.Row, column))
		}
	}
	for _, r := range rows {
		once(upns, r.UPN, "UPN", r)
		once(admissions, r.AdmissionNumber, "Admission number", r)
		if r.ContactName == "" {
			continue
		}
		k := [2]string{r.key(), sameName(r.ContactName)}
		if first, ok := contacts[k]; ok {
			problems.Add(fmt.Sprintf("row %d, column Contact name", r.Row), fmt.Sprintf("row %d already has this contact for this pupil", first))
		} else {
			contacts[k] = r.Row
		}
	}
	return problems.Problems
}

// sameName is a name as two rows of one file spell it alike: case and spaces apart.
func sameName(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// ImportPlan is what applying a class list would change. Nothing has been saved.
type ImportPlan struct {
	School    string
	New       []PlannedPupil
	Changed   []PlannedPupil
	Unchanged int
	Missing   []Pupil  // on roll, and not in the file
	Alike     []string // contacts of one name who may be one person; kept apart
	// Fingerprint is the same for the same changes, so that what was shown can
	// be told from what would now be applied.
	Fingerprint string

	wrong   Invalid
	puts    []Pupil
	people  []Contact
	links   []Responsibility
	unlinks []Responsibility
}

// PlannedPupil is one pupil whom an import would add or change.
type PlannedPupil struct {
	Pupil   Pupil
	Changes []string // in words: "Year: Year 3 to Year 4"
}

// Empty says whether applying the plan would change nothing; leavers apart.
func (p *ImportPlan) Empty() bool { return len(p.New)+len(p.Changed) == 0 }

// maxSharers is how many names may share an email address, as a household does,
// for it to help tell who is who.
const maxSharers = 3

// register is a school's register as an import needs it.
type register struct {
	pupils   []Pupil
	contacts []Contact
	links    []Responsibility
	noes     map[[2]string][]string // by pupil and contact: the purposes to which their last answer is no
}

// silenced says which refusals stop counting with a responsibility: a yes by
// somebody else may then stand alone, which the office has to see coming.
func (g register) silenced(was Responsibility) string {
	no := g.noes[[2]string{was.PupilID, was.ContactID}]
	if len(no) == 0 || !was.Decides() {
		return ""
	}
	return "; their no will stop counting: " + strings.Join(no, ", ")
}

// plan works out what the rows would change. Pupils are matched by UPN, else by
// admission number. A contact is the one of that name whom the pupil already
// has; else the one in the school or the file with the same name and the same
// email address; else a new one: names alone never make two people one, nor does
// an address that many have, as where an office writes one for 'none'. A
// temporary UPN gives way to the one that replaces it.
func plan(school string, rows []ClassListRow, have register, random func() string) *ImportPlan {
	p := &ImportPlan{School: school}
	minted := map[string]string{}
	newID := func() string {
		id := random()
		minted[id] = fmt.Sprintf("new %d", len(minted))
		return id
	}
	byUPN, byAdmission := map[string]Pupil{}, map[string]Pupil{}
	for _, x := range have.pupils {
		if x.UPN != "" {
			byUPN[x.UPN] = x
		}
		if other, taken := byAdmission[x.AdmissionNumber]; x.AdmissionNumber != "" && (!taken || !other.OnRoll()) {
			byAdmission[x.AdmissionNumber] = x // somebody on roll before a leaver of that number
		}
	}
	sharers := map[string]map[string]bool{} // names by email
	shares := func(name, email string) {
		if sharers[strings.ToLower(email)] == nil {
			sharers[strings.ToLower(email)] = map[string]bool{}
		}
		sharers[strings.ToLower(email)][sameName(name)] = true
	}
	for _, c := range have.contacts {
		shares(c.Name, c.Email)
	}
	for _, r := range rows {
		shares(r.ContactName, r.Email)
	}
	identifies := func(email string) bool {
		return email != "" && len(sharers[strings.ToLower(email)]) <= maxSharers
	}
	contacts := map[string]Contact{} // by id
	addressed := map[string]string{} // name and email → id
	for _, c := range have.contacts {
		contacts[c.ID] = c
		if identifies(c.Email) {
			addressed[sameName(c.Name)+"\n"+strings.ToLower(c.Email)] = c.ID
		}
	}
	linked := map[string][]Responsibility{} // by pupil id
	for _, l := range have.links {
		linked[l.PupilID] = append(linked[l.PupilID], l)
	}
	for _, ls := range linked { // a plan says the same things in the same order
		slices.SortFunc(ls, func(a, b Responsibility) int {
			return cmp.Or(a.Priority-b.Priority, cmp.Compare(contacts[a.ContactID].Name, contacts[b.ContactID].Name), cmp.Compare(a.ContactID, b.ContactID))
		})
	}

	order, grouped := []string{}, map[string][]ClassListRow{}
	for _, r := range rows {
		if _, ok := grouped[r.key()]; !ok {
			order = append(order, r.key())
		}
		grouped[r.key()] = append(grouped[r.key()], r)
	}

	seen, settled := map[string]int{}, map[string]bool{} // pupils (in which row) and contacts met in this file
	for _, key := range order {
		rows := grouped[key]
		r := rows[0]
		was, known := byUPN[r.UPN]
		if !known || r.UPN == "" {
			was, known = byAdmission[r.AdmissionNumber]
			known = known && r.AdmissionNumber != "" && (was.UPN == "" || r.UPN == "" || was.UPN == r.UPN || temporaryUPN(was.UPN))
		}
		is := Pupil{
			School: school, UPN: r.UPN, AdmissionNumber: r.AdmissionNumber, Forename: r.Forename, Surname: r.Surname,
			Born: r.Born, Year: r.Year, Group: r.Group, LookedAfter: r.LookedAfter,
		}
		if known {
			is.ID = was.ID
			// A report without one of the two numbers does not say that it has gone.
			is.UPN, is.AdmissionNumber = cmp.Or(is.UPN, was.UPN), cmp.Or(is.AdmissionNumber, was.AdmissionNumber)
		} else {
			was, is.ID = Pupil{}, newID()
		}
		if first, twice := seen[is.ID]; twice {
			p.wrong.Add(fmt.Sprintf("row %d", r.Row), fmt.Sprintf("this is the pupil of row %d: give both rows the same UPN and admission number", first))
			continue
		}
		seen[is.ID] = r.Row
		changes := pupilChanges(was, is, known)

		still := map[string]bool{}
		for _, r := range rows {
			if r.ContactName == "" {
				continue
			}
			c, old := matchContact(r, linked[is.ID], contacts, addressed)
			now := Contact{ID: c.ID, School: school, Name: r.ContactName, Email: r.Email, Phone: r.Phone}
			if !old {
				now.ID = newID()
			}
			if identifies(now.Email) {
				addressed[sameName(now.Name)+"\n"+strings.ToLower(now.Email)] = now.ID
			}
			link := Responsibility{PupilID: is.ID, ContactID: now.ID, Relationship: r.Relationship, Priority: r.Priority, Parental: r.Parental, CourtOrder: r.CourtOrder}
			if now != c && !settled[now.ID] { // the file's first row about somebody is the one that counts
				contacts[now.ID] = now
				if old {
					changes = append(changes, contactChange(c, now))
				}
				p.people = append(p.people, now)
			}
			settled[now.ID] = true
			still[now.ID] = true
			i := slices.IndexFunc(linked[is.ID], func(l Responsibility) bool { return l.ContactID == now.ID })
			switch {
			case i < 0:
				if known {
					changes = append(changes, "New contact: "+now.Name+", "+linkWords(link))
				}
				p.links = append(p.links, link)
			case linked[is.ID][i] != link:
				words := fmt.Sprintf("%s: %s to %s", now.Name, linkWords(linked[is.ID][i]), linkWords(link))
				if !link.Decides() {
					words += have.silenced(linked[is.ID][i])
				} else if linked[is.ID][i].CourtOrder {
					words += "; the court order ends: they will see this child and decide again"
				}
				changes = append(changes, words)
				p.links = append(p.links, link)
			}
		}
		for _, l := range linked[is.ID] {
			if !still[l.ContactID] {
				changes = append(changes, "No longer a contact: "+contacts[l.ContactID].Name+have.silenced(l))
				p.unlinks = append(p.unlinks, l)
			}
		}

		switch {
		case !known:
			p.New = append(p.New, PlannedPupil{is, changes})
			p.puts = append(p.puts, is)
		case len(changes) > 0:
			p.Changed = append(p.Changed, PlannedPupil{is, changes})
			p.puts = append(p.puts, is)
		default:
			p.Unchanged++
		}
	}
	for _, x := range have.pupils {
		if _, met := seen[x.ID]; x.OnRoll() && !met {
			p.Missing = append(p.Missing, x)
		}
	}
	p.Alike = alike(contacts)
	p.Fingerprint = p.fingerprint(minted)
	return p
}

// temporaryUPN says whether a number was only lent until the pupil's own is known.
func temporaryUPN(s string) bool { return ValidUPN(s) && s[len(s)-1] >= 'A' }

func matchContact(r ClassListRow, links []Responsibility, contacts map[string]Contact, addressed map[string]string) (Contact, bool) {
	for _, l := range links {
		if c := contacts[l.ContactID]; sameName(c.Name) == sameName(r.ContactName) {
			return c, true
		}
	}
	if r.Email != "" {
		if id, ok := addressed[sameName(r.ContactName)+"\n"+strings.ToLower(r.Email)]; ok {
			return contacts[id], true
		}
	}
	return Contact{}, false
}

func pupilChanges(was, is Pupil, known bool) []string {
	if !known {
		return nil
	}
	var out []string
	differ := func(what, a, b string) {
		if a != b {
			out = append(out, fmt.Sprintf("%s: %s to %s", what, orNone(a), orNone(b)))
		}
	}
	differ("Forename", was.Forename, is.Forename)
	differ("Surname", was.Surname, is.Surname)
	differ("Date of birth", was.Born.String(), is.Born.String())
	differ("Year", was.Year.String(), is.Year.String())
	differ("Class", was.Group, is.Group)
	differ("UPN", was.UPN, is.UPN)
	differ("Admission number", was.AdmissionNumber, is.AdmissionNumber)
	if was.LookedAfter != is.LookedAfter {
		out = append(out, map[bool]string{true: "Now looked after", false: "No longer looked after"}[is.LookedAfter])
	}
	if !was.OnRoll() {
		out = append(out, "Back on roll")
	}
	return out
}

func contactChange(was, is Contact) string {
	var what []string
	for _, f := range []struct{ name, a, b string }{{"name", was.Name, is.Name}, {"email", was.Email, is.Email}, {"phone", was.Phone, is.Phone}} {
		if f.a != f.b {
			what = append(what, fmt.Sprintf("%s %s to %s", f.name, orNone(f.a), orNone(f.b)))
		}
	}
	return is.Name + ": " + strings.Join(what, ", ")
}

func linkWords(r Responsibility) string {
	w := r.Relationship
	if w == "" {
		w = "relationship not given"
	}
	if r.Parental {
		w += ", parental responsibility"
	}
	if r.CourtOrder {
		w += ", court order"
	}
	if r.Priority > 0 {
		w += fmt.Sprintf(", priority %d", r.Priority)
	}
	return w
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// alike lists the names that more than one contact has.
func alike(contacts map[string]Contact) []string {
	count, name := map[string]int{}, map[string]string{}
	for _, c := range contacts {
		k := sameName(c.Name)
		count[k]++
		if name[k] == "" || c.Name < name[k] {
			name[k] = c.Name
		}
	}
	var out []string
	for k, n := range count {
		if n > 1 {
			out = append(out, fmt.Sprintf("%s (%d contacts)", name[k], n))
		}
	}
	slices.Sort(out)
	return out
}

// fingerprint covers all that apply would write and all that was shown. The ids
// of what is new are made afresh each time, so their places stand for them.
func (p *ImportPlan) fingerprint(minted map[string]string) string {
	id := func(s string) string { return cmp.Or(minted[s], s) }
	var all struct {
		School         string
		Pupils         []Pupil
		People         []Contact
		Links, Unlinks []Responsibility
		Missing        []string
		Words          [][]string
	}
	all.School = p.School
	for _, x := range p.puts {
		x.ID = id(x.ID)
		all.Pupils = append(all.Pupils, x)
	}
	for _, c := range p.people {
		c.ID = id(c.ID)
		all.People = append(all.People, c)
	}
	renamed := func(list []Responsibility) (out []Responsibility) {
		for _, l := range list {
			l.PupilID, l.ContactID = id(l.PupilID), id(l.ContactID)
			out = append(out, l)
		}
		return out
	}
	all.Links, all.Unlinks = renamed(p.links), renamed(p.unlinks)
	for _, x := range p.Missing {
		all.Missing = append(all.Missing, x.ID)
	}
	for _, x := range p.Changed {
		all.Words = append(all.Words, x.Changes)
	}
	b, err := json.Marshal(all)
	if err != nil {
		panic(fmt.Sprintf("portal: a plan of plain strings did not marshal: %v", err))
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}

// apply writes the plan.
func (p *ImportPlan) apply(tx Tx, leavers bool, now time.Time) error {
	for _, x := range p.puts {
		if err := tx.PutPupil(x); err != nil {
			return fmt.Errorf("%v: %w", x, err)
		}
	}
	for _, c := range p.people {
		if err := tx.PutContact(c); err != nil {
			return fmt.Errorf("%v: %w", c, err)
		}
	}
	for _, l := range p.links {
		if err := tx.PutResponsibility(l); err != nil {
			return fmt.Errorf("responsibility of contact %s: %w", l.ContactID, err)
		}
	}
	for _, l := range p.unlinks {
		if err := tx.DeleteResponsibility(l.PupilID, l.ContactID); err != nil {
			return fmt.Errorf("responsibility of contact %s: %w", l.ContactID, err)
		}
	}
	if leavers {
		for _, x := range p.Missing {
			x.Left = now
			if err := tx.PutPupil(x); err != nil {
				return fmt.Errorf("%v: %w", x, err)
			}
		}
	}
	return nil
}
