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

// ImportPlan is what applying a class list would change. Nothing has been saved.
type ImportPlan struct {
	School    string
	New       []PlannedPupil
	Changed   []PlannedPupil
	Unchanged int
	Missing   []Pupil // on roll, and not in the file
	// Warnings are what nobody must overlook: told before all else.
	Warnings []string
	// PassedOver is the kinds of columns of the file that keep a child from harm and are not
	// read: "court order, looked after". It is not applied until somebody has said that this
	// is right.
	PassedOver string
	// Held is what of the list is of the family of whoever brings it in, and so is left as
	// it is: nobody acts for the school in their own family. A colleague brings it in.
	Held []string
	// Takes is what the list takes from people who have joined, and Gives what it gives.
	Takes, Gives []Affected
	// Maybe is who may be one person, or one pupil. The list is not applied until
	// somebody has said of each whether they are.
	Maybe []Maybe
	// Elsewhere is at which other schools of the trust pupils of the list stand.
	// It is not applied until somebody has said that this is right.
	Elsewhere []SchoolCount
	Alike     []string // contacts of one name who may be one person; kept apart
	Notes     []string // what somebody should know of how the list was read
	// Unsettled is how many contacts the list brings without saying whether they
	// hold parental responsibility.
	Unsettled int
	// LookedAfterUnsaid says that the list does not say who is looked after. Those
	// of the register whom it has stay so; of the new ones somebody is asked.
	LookedAfterUnsaid bool
	LookedAfter       int // of the list's pupils, by list or register
	// Fingerprint is the same for the same changes, so that what was shown can
	// be told from what would now be applied.
	Fingerprint string

	have    register // before
	wrong   Invalid
	puts    []Pupil
	people  []Contact
	links   []Responsibility // with what they are to be barred from
	unlinks []Responsibility
	others  []Pupil         // on roll at other schools, who are new here
	takes   map[Link]Rights // what restrictions take before
	because map[Link]string // why it is to be more, for the record
}

// PlannedPupil is one pupil whom an import would add or change.
type PlannedPupil struct {
	Key      string // tells the new pupils of one plan apart
	Pupil    Pupil
	Moved    string           // the class they leave for another; "" for anybody else
	Changes  []string         // in words: "Year: Year 3 to Year 4"
	Contacts []PlannedContact // of a new pupil all, of another those who are new to them
}

// PlannedContact is a contact whom an import joins to a pupil.
type PlannedContact struct {
	Contact        Contact
	Responsibility Responsibility
	Known          bool // on the register before
	Joined         bool // and has an account
}

// Words says what the contact is to the pupil and may do: "Mother, may decide, has joined".
func (c PlannedContact) Words() string {
	r := c.Responsibility
	words := cmp.Or(r.Relationship, "relationship not given")
	switch {
	case r.Barred != 0:
		words += ", may not " + r.Barred.String()
	case r.Unsettled:
		words += ", not known whether they may decide"
	case r.Decides():
		words += ", may decide"
	default:
		words += ", may not decide"
	}
	if c.Joined {
		words += ", has joined"
	}
	return words
}

// Affected is what an import takes from somebody who has joined, or gives them.
type Affected struct {
	Contact Contact
	Pupil   Pupil
	Words   string // what becomes of it: "They will no longer see Ania."
}

// Maybe is two entries that may be of one person: one on the register, and one
// of the list by another name or number.
type Maybe struct {
	ID     string // for the answer
	Pupil  Pupil  // the child in common; of two pupils, the one on the register
	Held   string // as the register has them
	Listed string // as the list has them
	Place  string // where the list has them
	Why    []string
	Joined bool // whoever is on the register has an account
	Person bool // a contact, not a pupil
	// Stands is which noes go on counting, though nobody can change them any more, if the
	// two are not one: "" for none.
	Stands string
}

// SchoolCount is a school of the trust, and how many pupils.
type SchoolCount struct {
	School string
	Pupils int
}

// ImportChoices is what somebody said to what a plan asks.
type ImportChoices struct {
	Left        []string        // ids of those missing who have left
	Same        map[string]bool // by the id of a Maybe
	LookedAfter []string        // keys of new pupils
	Elsewhere   bool            // pupils who stand at another school belong here
	PassedOver  bool            // the columns that keep a child from harm are rightly not read
}

// Empty says whether applying the plan would change nothing; leavers apart.
func (p *ImportPlan) Empty() bool { return len(p.New)+len(p.Changed)+len(p.Maybe) == 0 }

// ManyMissing says whether so many are missing that the list may not be of the
// whole school.
func (p *ImportPlan) ManyMissing() bool {
	met := len(p.Changed) + p.Unchanged
	return len(p.Missing) >= 5 && len(p.Missing)*5 > len(p.Missing)+met
}

// unanswered is what a plan asks and nobody has said.
func (p *ImportPlan) unanswered(c ImportChoices) error {
	var wrong Invalid
	for _, m := range p.Maybe {
		if _, ok := c.Same[m.ID]; !ok {
			wrong.Add("same-"+m.ID, "Say whether "+m.Listed+" and "+m.Held+" are one person")
		}
	}
	if p.PassedOver != "" && !c.PassedOver {
		wrong.Add("passed-over", "Columns that keep children from harm are not read: "+p.PassedOver+". Say that this is right, or say what the columns are")
	}
	if len(p.Elsewhere) > 0 && !c.Elsewhere {
		wrong.Add("elsewhere", "Pupils of this list are on roll at another school of the trust. Say whether the list is this school's")
	}
	return wrong.Or()
}

// maxSharers is how many names may share an email address, as a household does,
// for it to help tell who is who.
const maxSharers = 3

// register is a school's register as an import needs it.
type register struct {
	pupils       []Pupil
	contacts     []Contact
	links        []Responsibility
	restrictions []Restriction
	elsewhere    []Barred               // at other schools
	joined       map[string]time.Time   // by contact
	covered      map[Link]time.Time     // whom their joins cover
	noes         map[[2]string][]string // by pupil and contact: the purposes to which their last answer is no
	own          kin                    // of whoever brings the list in
	staff        map[string]bool        // addresses of those who work at the school
}

// stands says which refusals outlive a responsibility, as no list turns a no into a yes:
// the office has to see that, once the list is in, a named person has to settle them.
func (g register) stands(was Responsibility) string {
	no := g.noes[[2]string{was.PupilID, was.ContactID}]
	if len(no) == 0 || was.Barred&EarlierNo != 0 {
		return ""
	}
	return "their no still counts, until the safeguarding lead or the head has settled it: " + strings.Join(no, ", ")
}

// planner works out what a list would change.
type planner struct {
	*ImportPlan
	choice ImportChoices
	random func() string
	minted map[string]int // ids made afresh, by how many were before them

	byUPN, byAdmission, byZeros map[string]Pupil
	byName                      map[string][]Pupil
	contacts                    map[string]Contact          // by id
	addressed                   map[string][]string         // name and email → ids
	linked                      map[string][]Responsibility // by pupil
	sharers                     map[string][]string         // names by email, up to one more than maxSharers
	settled                     map[string]bool             // contacts met in this list
	watch                       watch
	turned                      map[string]bool // contacts whose new name is that of somebody barred
}

// plan works out what the rows would change. Pupils are matched by UPN, else by
// admission number, else by name and birthday where no number speaks against it.
// A contact is the one of that name whom the pupil already has; else the one in
// the school or the file with the same name and the same email address; else a
// new one: names alone never make two people one, nor does an address that many
// have, as where an office writes one for 'none'. Names are compared as [fold]
// leaves them. A temporary UPN gives way to the one that replaces it.
func plan(school string, rows []ClassListRow, have register, choice ImportChoices, random func() string) *ImportPlan {
	p := &planner{ImportPlan: &ImportPlan{School: school, takes: inForce(have.restrictions), because: map[Link]string{}, have: have}, choice: choice, random: random, minted: map[string]int{}, settled: map[string]bool{}, turned: map[string]bool{}}
	if p.PassedOver = passedOver(rows); p.PassedOver != "" {
		p.Warnings = append(p.Warnings, "The file has columns that keep children from harm, and they are not read: "+p.PassedOver+". Whoever is barred by them alone is not barred by this list. Go back and say what these columns are, unless you know that they are wrong.")
	}
	all := byPupil(rows)
	p.index(all)

	was := p.match(all)
	claimed := map[string]int{} // pupils of the register met in the list, and by which of it
	for i := range all {
		if was[i].ID == "" {
			continue
		}
		if first, twice := claimed[was[i].ID]; twice {
			p.wrong.Add(all[i].Place(), "this is the pupil of "+all[first].Place()+": give both rows the same UPN and admission number")
			was[i].ID = "twice"
			continue
		}
		claimed[was[i].ID] = i
	}
	waiting := map[string]bool{} // pupils of the register who may be one of the list
	for i := range all {
		l := &all[i]
		if was[i].ID == "twice" {
			continue
		}
		if p.ownFamily(l, was[i], claimed) {
			p.Held = append(p.Held, strings.TrimSpace(l.Forename+" "+l.Surname)+", "+l.Place())
			continue
		}
		if was[i].ID == "" {
			if held, ok := p.maybePupil(l, claimed); ok {
				id := fmt.Sprintf("p-%s-%d", held.ID, i)
				p.Maybe = append(p.Maybe, Maybe{
					ID: id, Pupil: held, Held: held.Name() + " (" + numbers(held.UPN, held.AdmissionNumber) + ")", Listed: strings.TrimSpace(l.Forename+" "+l.Surname) + " (" + numbers(l.UPN, l.AdmissionNumber) + ")",
					Place: l.Place(), Why: p.alikePupils(l, held),
				})
				same, said := p.choice.Same[id]
				if !said {
					waiting[held.ID] = true
					for _, r := range l.contacts {
						p.asked(*r, Contact{})
					}
					continue
				}
				if same {
					was[i] = held
					claimed[held.ID] = i
				}
			}
		}
		p.pupil(l, was[i])
	}
	for _, x := range have.pupils {
		switch _, met := claimed[x.ID]; {
		case !x.OnRoll() || met || waiting[x.ID]:
		case p.have.own.pupils[x.ID]:
			p.Held = append(p.Held, x.Name()+", who is on roll and not matched with the file")
		default:
			p.Missing = append(p.Missing, x)
		}
	}
	p.turn()
	p.Alike = alike(p.contacts)
	p.Fingerprint = p.fingerprint()
	return p.ImportPlan
}

// ownFamily says whether a pupil of the list is, or may be, a child of whoever brings it
// in, or has a contact who is one of such a child: what becomes of that contact here would
// reach their own family.
func (p *planner) ownFamily(l *listed, was Pupil, claimed map[string]int) bool {
	if maybe, ok := p.maybePupil(l, claimed); p.have.own.pupils[was.ID] || ok && p.have.own.pupils[maybe.ID] {
		return true
	}
	if slices.ContainsFunc(p.linked[was.ID], func(r Responsibility) bool { return p.have.own.contacts[r.ContactID] }) {
		return true
	}
	for id := range p.have.own.contacts {
		c := p.contacts[id]
		if slices.ContainsFunc(l.contacts, func(r *ClassListRow) bool {
			return samePerson(c.Name, r.ContactName) || sameEmail(c.Email, r.Email) && len(p.sharers[strings.ToLower(r.Email)]) <= maxSharers
		}) {
			return true
		}
	}
	return false
}

func numbers(upn, admission string) string {
	switch {
	case upn != "" && admission != "":
		return upn + ", " + admission
	case upn+admission == "":
		return "without a number"
	}
	return upn + admission
}

func (p *planner) newID() string {
	id := p.random()
	p.minted[id] = len(p.minted)
	return id
}

// index makes ready what pupils and contacts are looked up by.
func (p *planner) index(all []listed) {
	p.byUPN, p.byAdmission, p.byZeros, p.byName = map[string]Pupil{}, map[string]Pupil{}, map[string]Pupil{}, map[string][]Pupil{}
	put := func(m map[string]Pupil, key string, x Pupil) {
		if other, taken := m[key]; key != "" && (!taken || !other.OnRoll()) {
			m[key] = x // somebody on roll before a leaver of that number
		}
	}
	for _, x := range p.have.pupils {
		put(p.byUPN, x.UPN, x)
		put(p.byAdmission, x.AdmissionNumber, x)
		put(p.byZeros, strings.TrimLeft(x.AdmissionNumber, "0"), x)
		if x.Born != "" {
			key := string(x.Born) + pupilName(x.Forename, x.Surname)
			p.byName[key] = append(p.byName[key], x)
		}
	}
	p.sharers = map[string][]string{}
	shares := func(name, email string) {
		if email = strings.ToLower(email); email == "" {
			return
		}
		if names := p.sharers[email]; len(names) <= maxSharers && !slices.Contains(names, sameName(name)) {
			p.sharers[email] = append(names, sameName(name))
		}
	}
	p.watch = watchOf(p.have.restrictions, p.have.contacts, p.have.elsewhere)
	for _, c := range p.have.contacts {
		shares(c.Name, c.Email)
	}
	for i := range all {
		for _, r := range all[i].contacts {
			shares(r.ContactName, r.Email)
			if r.CourtOrder { // also where it is new with this list
				p.watch.here = append(p.watch.here, watching(Barred{Contact{Name: r.ContactName, Email: r.Email, Phone: r.Phone}, always}))
			}
		}
	}
	p.contacts, p.addressed = map[string]Contact{}, map[string][]string{}
	for _, c := range p.have.contacts {
		p.contacts[c.ID] = c
		p.address(c)
	}
	p.linked = map[string][]Responsibility{}
	for _, l := range p.have.links {
		p.linked[l.PupilID] = append(p.linked[l.PupilID], l)
	}
	for _, ls := range p.linked { // a plan says the same things in the same order
		slices.SortFunc(ls, func(a, b Responsibility) int {
			return cmp.Or(a.Priority-b.Priority, cmp.Compare(p.contacts[a.ContactID].Name, p.contacts[b.ContactID].Name), cmp.Compare(a.ContactID, b.ContactID))
		})
	}
}

// address lets a contact be found by name and email, if their email tells them
// from others.
func (p *planner) address(c Contact) {
	email := strings.ToLower(c.Email)
	if n := len(p.sharers[email]); email == "" || n > maxSharers {
		return
	}
	key := sameName(c.Name) + "\n" + email
	if !slices.Contains(p.addressed[key], c.ID) {
		p.addressed[key] = append(p.addressed[key], c.ID)
	}
}

// match finds the pupils of the register whom a list's are beyond doubt; the
// zero Pupil is nobody.
func (p *planner) match(all []listed) []Pupil {
	was := make([]Pupil, len(all))
	taken := map[string]bool{}
	for i := range all {
		l := &all[i]
		x, ok := p.byUPN[l.UPN]
		if !ok || l.UPN == "" {
			x, ok = p.byAdmission[l.AdmissionNumber]
			ok = ok && l.AdmissionNumber != "" && (x.UPN == "" || l.UPN == "" || x.UPN == l.UPN || temporaryUPN(x.UPN))
		}
		if ok {
			was[i] = x
			taken[x.ID] = true
		}
	}
	for i := range all {
		l := &all[i]
		if was[i].ID != "" {
			continue
		}
		if x, ok := p.byZeros[strings.TrimLeft(l.AdmissionNumber, "0")]; ok && l.AdmissionNumber != "" && !taken[x.ID] && agree(l.UPN, x.UPN) && p.namesake(l, x) {
			was[i] = x
			taken[x.ID] = true
			p.Notes = append(p.Notes, fmt.Sprintf("%s: %s has the admission number %s, and the register has %s: taken for the same pupil, as the name and the birthday are the same. The spreadsheet seems to have dropped the zeros.", l.Place(), x.Name(), l.AdmissionNumber, x.AdmissionNumber))
			l.change(func(first *ClassListRow) { first.AdmissionNumber = x.AdmissionNumber })
			continue
		}
		var found []Pupil
		for _, x := range p.byName[string(l.Born)+pupilName(l.Forename, l.Surname)] {
			if !taken[x.ID] && agree(l.UPN, x.UPN) && agree(l.AdmissionNumber, x.AdmissionNumber) {
				found = append(found, x)
			}
		}
		if len(found) == 1 {
			was[i] = found[0]
			taken[found[0].ID] = true
		}
	}
	return was
}

// agree says whether two numbers do not speak against each other.
func agree(a, b string) bool { return a == "" || b == "" || a == b }

func (p *planner) namesake(l *listed, x Pupil) bool {
	return x.Born == l.Born && pupilName(x.Forename, x.Surname) == pupilName(l.Forename, l.Surname)
}

// maybePupil is somebody on roll whom the list does not have, of the name and
// birthday of somebody new.
func (p *planner) maybePupil(l *listed, claimed map[string]int) (Pupil, bool) {
	for _, x := range p.byName[string(l.Born)+pupilName(l.Forename, l.Surname)] {
		if _, met := claimed[x.ID]; !met && x.OnRoll() {
			return x, true
		}
	}
	return Pupil{}, false
}

func (p *planner) alikePupils(l *listed, x Pupil) []string {
	why := []string{"the same name", "the same birthday"}
	for _, link := range p.linked[x.ID] {
		for _, r := range l.contacts {
			if samePerson(p.contacts[link.ContactID].Name, r.ContactName) {
				return append(why, "the same contact")
			}
		}
	}
	return why
}

// pupil plans one pupil of the list, who is one of the register or the zero Pupil.
func (p *planner) pupil(l *listed, was Pupil) {
	known := was.ID != ""
	is := Pupil{
		ID: was.ID, School: p.School, UPN: l.UPN, AdmissionNumber: l.AdmissionNumber, Forename: l.Forename, Surname: l.Surname,
		Born: l.Born, Year: l.Year, Group: l.Group, LookedAfter: l.LookedAfter,
	}
	planned := PlannedPupil{}
	if l.Unsaid.Has(UnsaidLookedAfter) {
		p.LookedAfterUnsaid = true
	}
	if known {
		// A report without one of the two numbers does not say that it has gone.
		is.UPN, is.AdmissionNumber = cmp.Or(is.UPN, was.UPN), cmp.Or(is.AdmissionNumber, was.AdmissionNumber)
		is.Forename, is.Surname = spelt(was.Forename, is.Forename), spelt(was.Surname, is.Surname)
		if l.Unsaid.Has(UnsaidBorn) {
			is.Born = was.Born
		}
		if l.Unsaid.Has(UnsaidYear) {
			is.Year = was.Year
		}
		if l.Unsaid.Has(UnsaidGroup) {
			is.Group = was.Group
		}
		if l.Unsaid.Has(UnsaidLookedAfter) {
			is.LookedAfter = is.LookedAfter || was.LookedAfter
		}
		if is.Group != was.Group && was.Group != "" && was.OnRoll() {
			planned.Moved = was.Group
		}
	} else {
		is.ID = p.newID()
		planned.Key = fmt.Sprint(len(p.New))
		is.LookedAfter = is.LookedAfter || slices.Contains(p.choice.LookedAfter, planned.Key)
	}
	if is.LookedAfter {
		p.LookedAfter++
	}
	if len(l.classes) > 1 {
		p.Notes = append(p.Notes, fmt.Sprintf("%s: the rows of %s name %d classes: %s is taken, the first. If that is not the registration class, add it as a column 'Registration form'.", l.Place(), is.Name(), len(l.classes), l.classes[0]))
	}
	planned.Pupil = is
	planned.Changes = pupilChanges(was, is, known)
	if !l.Unsaid.Has(UnsaidContacts) {
		p.contactsOf(l, &planned, known)
	}
	switch {
	case !known:
		p.New = append(p.New, planned)
		p.puts = append(p.puts, is)
	case len(planned.Changes) > 0:
		p.Changed = append(p.Changed, planned)
		p.puts = append(p.puts, is)
	default:
		p.Unchanged++
	}
}

// contactsOf plans a pupil's contacts.
func (p *planner) contactsOf(l *listed, planned *PlannedPupil, known bool) {
	pupil := planned.Pupil
	held := p.linked[pupil.ID]
	ids, waiting := p.matchContacts(l, pupil, held)
	for i, r := range l.contacts {
		if ids[i] == "wait" {
			continue
		}
		now, old := p.listed(*r, ids[i], planned)
		ids[i] = now.ID
		j := slices.IndexFunc(held, func(l Responsibility) bool { return l.ContactID == now.ID })
		if j < 0 && p.have.staff[mailbox(now.Email)] {
			p.ofStaff(*r, now)
		}
		var was Responsibility
		if j >= 0 {
			was = held[j]
		}
		had := was
		if p.turned[now.ID] { // it is somebody else who would have it
			had = Responsibility{}
		}
		link, why := p.watch.extend(p.contacts[now.ID], old, had, p.link(*r, pupil.ID, now.ID, was, j >= 0))
		if why == "" && j < 0 && link.Barred&AllRights != AllRights {
			if why = p.unknown(*r, now, old, ids, held, pupil, link.Relationship); why != "" {
				link.Barred = AllRights
			}
		}
		if why != "" {
			p.withheld(r.Place(), now.Name, why, pupil, link)
		}
		p.affects(now, pupil, was, link)
		switch {
		case j < 0:
			if known {
				planned.Changes = append(planned.Changes, "New contact: "+now.Name+", "+linkWords(link))
			}
			if link.Unsettled {
				p.Unsettled++
			}
			_, joined := p.have.joined[now.ID]
			planned.Contacts = append(planned.Contacts, PlannedContact{Contact: p.contacts[now.ID], Responsibility: link, Known: old, Joined: joined})
			p.links = append(p.links, link)
		case was != link:
			words := fmt.Sprintf("%s: %s to %s", now.Name, linkWords(was), linkWords(link))
			if was.Decides() && !link.Decides() {
				words += after("; ", p.have.stands(was))
			}
			planned.Changes = append(planned.Changes, words)
			p.links = append(p.links, link)
		}
	}
	for _, l := range held {
		if slices.Contains(ids, l.ContactID) || waiting[l.ContactID] {
			continue
		}
		c := p.contacts[l.ContactID]
		planned.Changes = append(planned.Changes, "No longer a contact: "+c.Name+after("; ", p.have.stands(l)))
		p.affects(c, pupil, l, Responsibility{})
		p.unlinks = append(p.unlinks, l)
	}
}

// listed is who a contact of the list is from now on: one of the register by their id,
// or somebody new; old says which.
func (p *planner) listed(r ClassListRow, id string, planned *PlannedPupil) (now Contact, old bool) {
	c, old := p.contacts[id]
	now = Contact{ID: id, School: p.School, Name: r.ContactName, Email: r.Email, Phone: r.Phone}
	if old {
		now.Name = spelt(c.Name, now.Name)
		if r.Unsaid.Has(UnsaidEmail) {
			now.Email = c.Email
		}
		if r.Unsaid.Has(UnsaidPhone) {
			now.Phone = c.Phone
		}
	} else {
		now.ID = p.newID()
		p.contacts[now.ID] = now
		p.address(now)
	}
	if now != c && !p.settled[now.ID] { // the file's first row about somebody is the one that counts
		p.contacts[now.ID] = now
		p.address(now)
		if old {
			planned.Changes = append(planned.Changes, contactChange(c, now))
			p.corrected(r, c, now)
			if mailbox(now.Email) != mailbox(c.Email) && p.have.staff[mailbox(now.Email)] {
				p.ofStaff(r, now)
			}
		}
		p.people = append(p.people, now)
	}
	p.settled[now.ID] = true
	return now, old
}

// unknown says why somebody new to a pupil may be somebody who is barred, so that nothing
// is given to them; where that is less likely, it only warns.
func (p *planner) unknown(r ClassListRow, now Contact, old bool, ids []string, held []Responsibility, pupil Pupil, relationship string) string {
	why := p.newcomer(ids, held, pupil, now.ID, relationship)
	if why != "" || old {
		return why
	}
	why, same := p.newToFamily(ids, pupil, relationship)
	if !same && why != "" {
		p.Warnings = append(p.Warnings, fmt.Sprintf("%s: %s: %s Look whether it is they, before you print a letter.", r.Place(), now.Name, why))
		return ""
	}
	return why
}

// after is words behind what joins them to others, or nothing.
func after(join, words string) string {
	if words == "" {
		return ""
	}
	return join + words
}

// affects notes what somebody who has joined loses or gains about a pupil.
func (p *planner) affects(c Contact, pupil Pupil, was, is Responsibility) {
	if _, joined := p.have.joined[c.ID]; !joined {
		return
	}
	saw, sees, name := was.May(MaySee), is.May(MaySee), pupil.Forename
	_, covered := p.have.covered[Link{PupilID: pupil.ID, ContactID: c.ID}]
	say := func(list *[]Affected, words string) { *list = append(*list, Affected{c, pupil, words}) }
	switch {
	case saw && is.ContactID == "":
		say(&p.Takes, "They are not among the list's contacts, and will no longer see "+name+" or decide.")
	case saw && !sees:
		say(&p.Takes, "They will no longer see "+name+" or decide.")
	case was.Decides() && !is.Decides():
		say(&p.Takes, "They will no longer decide for "+name+".")
	case !saw && sees && !covered:
		say(&p.Gives, "They will not see "+name+" yet: your office has to say on the page of letters that they are the same person.")
	case !saw && sees && is.Decides():
		say(&p.Gives, "They will see "+name+" and decide.")
	case !saw && sees:
		say(&p.Gives, "They will see "+name+".")
	case !was.Decides() && is.Decides():
		say(&p.Gives, "They will decide for "+name+".")
	}
}

// withheld warns that all that a list would give somebody about a pupil is withheld.
func (p *planner) withheld(place, name, why string, pupil Pupil, link Responsibility) {
	p.because[Link{link.PupilID, link.ContactID}] = heldBack
	p.Warnings = append(p.Warnings, fmt.Sprintf("%s: %s: %s They will not see %s, decide or get a letter until the safeguarding lead or the head has looked.", place, name, why, pupil.Name()))
}

// asked warns of a contact about whom the plan has a question before it comes to what
// they may do: where they, or whoever of the register they may be, may be barred.
func (p *planner) asked(r ClassListRow, held Contact) {
	listed := Contact{Name: r.ContactName, Email: r.Email, Phone: r.Phone}
	if p.watch.warningNew(listed) != "" || held.ID != "" && p.watch.warning(held) != "" {
		p.Warnings = append(p.Warnings, fmt.Sprintf("%s: %s: Somebody who may be this person is barred from a child. Whatever you answer below, nothing is given to them until the safeguarding lead or the head has looked.", r.Place(), r.ContactName))
	}
}

// corrected looks at what a list makes of a contact. Who has become the namesake of
// somebody barred is somebody else from now on, and keeps nothing of what they had about
// any child; an address or a number may be a household's, and is only told of.
func (p *planner) corrected(r ClassListRow, was, is Contact) {
	switch {
	case p.watch.warning(is) != "" && p.watch.warning(was) == "":
		p.turned[is.ID] = true
	case p.watch.warningNew(is) != "" && p.watch.warningNew(was) == "":
		p.Warnings = append(p.Warnings, fmt.Sprintf("%s: the email address or the telephone number of %s is now that of somebody from whom something about a child is taken. Look whose it is, before you print a letter.", r.Place(), is.Name))
	}
}

// ofStaff warns that a contact has the address of somebody who works at the school.
func (p *planner) ofStaff(r ClassListRow, c Contact) {
	p.Warnings = append(p.Warnings, fmt.Sprintf("%s: the email address of %s is that of somebody who works here. Is it the same person? Once you have saved, the safeguarding lead or the head is asked.", r.Place(), c.Name))
}

// turn withholds what a contact who is now somebody else had about pupils of whom the
// list did not speak.
func (p *planner) turn() {
	if len(p.turned) == 0 {
		return
	}
	names, planned := map[string]Pupil{}, map[Link]bool{}
	for _, x := range p.have.pupils {
		names[x.ID] = x
	}
	for _, x := range slices.Concat(p.links, p.unlinks) {
		planned[Link{x.PupilID, x.ContactID}] = true
	}
	for _, l := range p.have.links {
		if !p.turned[l.ContactID] || planned[Link{l.PupilID, l.ContactID}] {
			continue
		}
		if is, why := p.watch.extend(p.contacts[l.ContactID], true, Responsibility{}, l); why != "" {
			p.links = append(p.links, is)
			p.withheld("the register", p.contacts[l.ContactID].Name, why, names[l.PupilID], is)
		}
	}
}

// newcomer says why somebody new to a pupil may be a barred person by another name: one
// who is barred from the pupil is none of their contacts any more; or one who is or was
// barred is the same to them.
func (p *planner) newcomer(ids []string, held []Responsibility, pupil Pupil, contact, relationship string) string {
	for _, r := range p.have.restrictions {
		if r.Link.PupilID != pupil.ID || r.Link.ContactID == contact {
			continue
		}
		linked := slices.IndexFunc(held, func(h Responsibility) bool { return h.ContactID == r.Link.ContactID })
		switch {
		case r.InForce() && !slices.Contains(ids, r.Link.ContactID):
			return "Somebody who is barred from this child is no longer among their contacts, and this person is new to them."
		case linked >= 0 && relationship != "" && fold(held[linked].Relationship) == fold(relationship):
			return "Somebody who is the same to this child is or was barred from them, and this person is new to them."
		}
	}
	return ""
}

// newToFamily says so where one of these contacts is also another pupil's, from whom
// somebody is barred; same is where that one is to the other what the new one is to this.
func (p *planner) newToFamily(contacts []string, pupil Pupil, relationship string) (why string, same bool) {
	for l := range p.ImportPlan.takes {
		if l.PupilID == pupil.ID || slices.Contains(contacts, l.ContactID) || !slices.ContainsFunc(p.linked[l.PupilID], func(r Responsibility) bool { return slices.Contains(contacts, r.ContactID) }) {
			continue
		}
		why = "Somebody is barred from another child of the same family, and this person is new to it."
		i := slices.IndexFunc(p.linked[l.PupilID], func(r Responsibility) bool { return r.ContactID == l.ContactID })
		same = same || i < 0 || fold(p.linked[l.PupilID][i].Relationship) == fold(relationship)
	}
	return why, same
}

// link is what a list makes of a responsibility. It lifts no restriction, and undoes
// nothing that the office has settled. An order of which the list before said nothing
// takes all rights until somebody has looked at it.
func (p *planner) link(r ClassListRow, pupil, contact string, was Responsibility, known bool) Responsibility {
	link := Responsibility{PupilID: pupil, ContactID: contact, Relationship: r.Relationship, Priority: r.Priority, Parental: r.Parental, OrderListed: r.CourtOrder, Barred: p.ImportPlan.takes[Link{PupilID: pupil, ContactID: contact}]}
	if r.CourtOrder && !was.OrderListed {
		link.Barred = AllRights
	}
	unsaid := r.Unsaid.Has(UnsaidParental)
	if !known {
		link.Unsettled = unsaid
		return link
	}
	if r.Unsaid.Has(UnsaidRelationship) {
		link.Relationship = was.Relationship
	}
	if r.Unsaid.Has(UnsaidPriority) {
		link.Priority = was.Priority
	}
	if unsaid || was.SettledBy != "" {
		if !unsaid && was.Parental != r.Parental {
			p.Notes = append(p.Notes, fmt.Sprintf("%s: the list and your office do not agree on whether %s holds parental responsibility. What your office settled stays.", r.Place(), p.contacts[contact].Name))
		}
		link.Parental, link.Unsettled, link.SettledBy = was.Parental, was.Unsettled, was.SettledBy
	}
	switch {
	case r.Unsaid.Has(UnsaidCourtOrder):
		link.OrderListed = was.OrderListed
	case was.Barred != 0 && !r.CourtOrder:
		p.Notes = append(p.Notes, fmt.Sprintf("%s: the list says that there is no court order against %s, and the register has a restriction. It stays: no list lifts one.", r.Place(), p.contacts[contact].Name))
	}
	return link
}

// matchContacts finds who each contact of a list's pupil is: an id of the
// register or of this list, "" for somebody new, or "wait" for somebody who may
// be one of those waiting, until somebody says.
func (p *planner) matchContacts(l *listed, pupil Pupil, held []Responsibility) (ids []string, waiting map[string]bool) {
	ids, waiting = make([]string, len(l.contacts)), map[string]bool{}
	free := func(id string) bool { return !slices.Contains(ids, id) }
	// By name among the pupil's own: first where the email is the same too, so
	// that two of one name stay two, then whoever is left.
	for _, sure := range []bool{true, false} {
		for i, r := range l.contacts {
			if ids[i] != "" {
				continue
			}
			for _, link := range held {
				c := p.contacts[link.ContactID]
				if free(c.ID) && samePerson(c.Name, r.ContactName) && (!sure || sameEmail(c.Email, r.Email)) {
					ids[i] = c.ID
					break
				}
			}
		}
	}
	for i, r := range l.contacts {
		if ids[i] != "" {
			continue
		}
		for _, id := range p.addressed[sameName(r.ContactName)+"\n"+strings.ToLower(r.Email)] {
			if free(id) && r.Email != "" && samePerson(p.contacts[id].Name, r.ContactName) {
				ids[i] = id
				break
			}
		}
	}
	for i, r := range l.contacts {
		if ids[i] != "" {
			continue
		}
		for _, link := range held {
			c := p.contacts[link.ContactID]
			if !free(c.ID) || waiting[c.ID] {
				continue
			}
			var why []string
			if sameEmail(c.Email, r.Email) {
				why = append(why, "the same email address")
			}
			if sharePhone(c.Phone, r.Phone) {
				why = append(why, "the same telephone number")
			}
			if len(why) == 0 {
				continue
			}
			_, joined := p.have.joined[c.ID]
			m := Maybe{ID: "c-" + c.ID + "-" + pupil.ID, Pupil: pupil, Held: c.Name, Listed: r.ContactName, Place: r.Place(), Why: append(why, "the same child"), Joined: joined, Person: true, Stands: p.have.stands(link)}
			p.Maybe = append(p.Maybe, m)
			same, said := p.choice.Same[m.ID]
			if said && same {
				ids[i] = c.ID
			} else if !said {
				ids[i] = "wait"
				waiting[c.ID] = true
				p.asked(*r, c)
			}
			break
		}
	}
	return ids, waiting
}

// temporaryUPN says whether a number was only lent until the pupil's own is known.
func temporaryUPN(s string) bool { return ValidUPN(s) && s[len(s)-1] >= 'A' }

func pupilChanges(was, is Pupil, known bool) []string {
	if !known {
		return nil
	}
	var out []string
	differ := func(what, a, b string) {
		if a != b {
			out = append(out, fmt.Sprintf("%s: %s to %s", what, cmp.Or(a, "none"), cmp.Or(b, "none")))
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
			what = append(what, fmt.Sprintf("%s %s to %s", f.name, cmp.Or(f.a, "none"), cmp.Or(f.b, "none")))
		}
	}
	return is.Name + ": " + strings.Join(what, ", ")
}

func linkWords(r Responsibility) string {
	w := cmp.Or(r.Relationship, "relationship not given")
	switch {
	case r.Unsettled:
		w += ", parental responsibility not known"
	case r.Parental:
		w += ", parental responsibility"
	}
	if r.OrderListed {
		w += ", court order"
	}
	if r.Barred != 0 {
		w += ", may not " + r.Barred.String()
	}
	if r.Priority > 0 {
		w += fmt.Sprintf(", priority %d", r.Priority)
	}
	return w
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
func (p *planner) fingerprint() string {
	id := func(s string) string {
		if n, made := p.minted[s]; made {
			return fmt.Sprintf("new %d", n)
		}
		return s
	}
	sum := sha256.New()
	write := json.NewEncoder(sum)
	note := func(v any) {
		if err := write.Encode(v); err != nil {
			panic(fmt.Sprintf("portal: a plan of plain strings did not marshal: %v", err))
		}
	}
	note(p.School)
	for _, x := range p.puts {
		x.ID = id(x.ID)
		note(x)
	}
	for _, c := range p.people {
		c.ID = id(c.ID)
		note(c)
	}
	for _, list := range [][]Responsibility{p.links, p.unlinks} {
		note(len(list))
		for _, l := range list {
			l.PupilID, l.ContactID = id(l.PupilID), id(l.ContactID)
			note(l)
		}
	}
	note(p.Held)
	for _, x := range p.Missing {
		note(x.ID)
	}
	for _, x := range p.Changed {
		note(x.Changes)
	}
	for _, m := range p.Maybe {
		note([]string{m.Held, m.Listed, m.Place, m.Stands})
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

// apply writes the plan.
func (p *ImportPlan) apply(tx Tx, left []string, now time.Time) error {
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
	for _, x := range p.Missing {
		if !slices.Contains(left, x.ID) {
			continue
		}
		x.Left = now
		if err := tx.PutPupil(x); err != nil {
			return fmt.Errorf("%v: %w", x, err)
		}
	}
	return nil
}
