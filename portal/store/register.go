package store

import (
	"time"

	"schoolgate/portal"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
)

var pupils = newTable("pupils", "p", "id", func(p *portal.Pupil) []field {
	return []field{
		{"id", &p.ID}, {"school", &p.School}, {"upn", &p.UPN}, {"admission_number", &p.AdmissionNumber},
		{"forename", &p.Forename}, {"surname", &p.Surname}, {"born", &p.Born}, {"school_year", &p.Year}, {"reg_group", &p.Group},
		{"looked_after", &p.LookedAfter}, {"left_at", stamp{&p.Left}},
		{"sort_key", derived(func() any { return sortKey(*p) })},
	}
})

var contacts = newTable("contacts", "c", "id", func(c *portal.Contact) []field {
	return []field{{"id", &c.ID}, {"school", &c.School}, {"name", &c.Name}, {"email", &c.Email}, {"phone", &c.Phone}}
})

var responsibilities = newTable("responsibilities", "r", "pupil_id, contact_id", func(r *portal.Responsibility) []field {
	return []field{
		{"pupil_id", &r.PupilID}, {"contact_id", &r.ContactID}, {"relationship", &r.Relationship}, {"priority", &r.Priority},
		{"parental", &r.Parental}, {"order_listed", &r.OrderListed}, {"unsettled", &r.Unsettled}, {"settled_by", &r.SettledBy},
	}
})

// barred is what the restrictions in force take, beside responsibilities r: each is a
// bit, and none is in force twice.
const barred = ", (SELECT COALESCE(SUM(x.takes), 0) FROM restrictions x WHERE x.pupil_id = r.pupil_id AND x.contact_id = r.contact_id AND x.until IS NULL)"

func responsibilityFields(r *portal.Responsibility) []any {
	return append(responsibilities.scan(r), &r.Barred)
}

var restrictions = newTable("restrictions", "x", "id", func(r *portal.Restriction) []field {
	return []field{
		{"id", &r.ID}, {"pupil_id", &r.Link.PupilID}, {"contact_id", &r.Link.ContactID}, {"takes", &r.Takes},
		{"since", stamp{&r.Since}}, {"set_by", &r.SetBy}, {"why", &r.Why},
		{"until", stamp{&r.Until}}, {"lifted_by", &r.LiftedBy}, {"lifted_why", &r.LiftedWhy},
	}
})

func (t *tx) PutRestriction(r portal.Restriction) error {
	return put(t, restrictions, &r)
}

func (t *tx) Restrictions(school string) ([]portal.Restriction, error) {
	return list(t, restrictions.scan, "SELECT "+restrictions.columns+" FROM pupils p JOIN restrictions x ON x.pupil_id = p.id WHERE p.school = $1 ORDER BY x.since, x.id", school)
}

func (t *tx) RestrictedElsewhere(school string) ([]portal.Barred, error) {
	fields := func(b *portal.Barred) []any { return append(contacts.scan(&b.Contact), stamp{&b.Since}) }
	return list(t, fields, "SELECT "+contacts.columns+", x.since FROM contacts c JOIN restrictions x ON x.contact_id = c.id WHERE c.school <> $1 AND x.until IS NULL ORDER BY c.id, x.id", school)
}

var heldLists = newTable("held_lists", "l", "id", func(l *portal.HeldList) []field {
	return []field{
		{"id", &l.ID}, {"school", &l.School}, {"account_id", &l.AccountID}, {"content", &l.File}, {"mapping", document{&l.Mapping}},
		{"applied", &l.Applied}, {"at", stamp{&l.At}},
	}
})

func (t *tx) Pupil(id string) (portal.Pupil, error) {
	return one(t, pupils.scan, "SELECT "+pupils.columns+" FROM pupils p WHERE p.id = $1", id)
}

func (t *tx) Pupils(school string) ([]portal.Pupil, error) {
	return list(t, pupils.scan, "SELECT "+pupils.columns+" FROM pupils p WHERE p.school = $1 ORDER BY p.school_year, p.sort_key, p.id", school)
}

func (t *tx) Contacts(school string) ([]portal.Contact, error) {
	return list(t, contacts.scan, "SELECT "+contacts.columns+" FROM contacts c WHERE c.school = $1 ORDER BY c.id", school)
}

func (t *tx) Responsibilities(school string) ([]portal.Responsibility, error) {
	return list(t, responsibilityFields, "SELECT "+responsibilities.columns+barred+" FROM pupils p JOIN responsibilities r ON r.pupil_id = p.id WHERE p.school = $1 ORDER BY r.pupil_id, r.contact_id", school)
}

func (t *tx) PutPupil(p portal.Pupil) error {
	if err := put(t, pupils, &p); err != nil {
		return err
	}
	return t.putWords(p.School, portal.RefPupil, p.ID, p.Name())
}

func (t *tx) PutContact(c portal.Contact) error {
	if err := put(t, contacts, &c); err != nil {
		return err
	}
	return t.putWords(c.School, portal.RefContact, c.ID, c.Name)
}

func (t *tx) PutResponsibility(r portal.Responsibility) error {
	return put(t, responsibilities, &r)
}

// sortKey orders a year's pupils by group, surname and forename as an English
// dictionary would, accents and all, and the same on both engines, whose own
// collations differ. Very long names are ordered by how they begin: an index
// holds only so much.
func sortKey(p portal.Pupil) []byte {
	english := collate.New(language.BritishEnglish)
	var buf collate.Buffer
	var key []byte
	for _, name := range []string{p.Group, p.Surname, p.Forename} {
		const most = 250
		k := english.KeyFromString(&buf, name)
		key = append(key, k[:min(len(k), most)]...)
		key = append(key, 0, 0) // less than any letter's weight
		buf.Reset()
	}
	return key
}

func (t *tx) DeleteResponsibility(pupil, contact string) error {
	return t.remove("responsibilities", responsibilities.where, pupil, contact)
}

func (t *tx) PupilsElsewhere(school, upn string, born portal.Date) ([]portal.Pupil, error) {
	return list(t, pupils.scan, "SELECT "+pupils.columns+" FROM pupils p WHERE p.school <> $1 AND p.left_at IS NULL AND ((p.upn = $2 AND p.upn <> '') OR (p.born = $3 AND p.born <> '')) ORDER BY p.id", school, upn, born)
}

func (t *tx) PutHeldList(l portal.HeldList) error {
	return t.put(heldLists.upsert, heldLists.values(&l)...)
}

func (t *tx) HeldList(id string) (portal.HeldList, error) {
	return one(t, heldLists.scan, "SELECT "+heldLists.columns+" FROM held_lists l WHERE l.id = $1", id)
}

func (t *tx) DeleteHeldListsBefore(at time.Time) error {
	return t.put("DELETE FROM held_lists WHERE at < $1", at)
}

var listUndos = newTable("list_undos", "u", "school", func(u *portal.ListUndo) []field {
	return []field{{"school", &u.School}, {"at", stamp{&u.At}}, {"content", document{&u.Before}}}
})

func (t *tx) PutListUndo(u portal.ListUndo) error {
	return put(t, listUndos, &u)
}

func (t *tx) ListUndo(school string) (portal.ListUndo, error) {
	return one(t, listUndos.scan, "SELECT "+listUndos.columns+" FROM list_undos u WHERE u.school = $1", school)
}

func (t *tx) DeleteListUndo(school string) error {
	return t.remove("list_undos", "school = $1", school)
}

func (t *tx) DeleteListUndosBefore(at time.Time) error {
	return t.remove("list_undos", "at < $1", at)
}

func (t *tx) PutListMapping(school, shape string, m portal.ListMapping) error {
	return t.change("list_mappings", "school = $1 AND shape = $2", []any{school, shape}, func() error {
		return t.put("INSERT INTO list_mappings (school, shape, mapping) VALUES ($1, $2, $3) ON CONFLICT (school, shape) DO UPDATE SET mapping = excluded.mapping", school, shape, document{m})
	})
}

func (t *tx) PutSavedList(school string, l portal.SavedList) error {
	return t.change("saved_lists", "school = $1 AND name = $2", []any{school, l.Name}, func() error {
		return t.put("INSERT INTO saved_lists (school, name, asked) VALUES ($1, $2, $3) ON CONFLICT (school, name) DO UPDATE SET asked = excluded.asked", school, l.Name, l.Asked)
	})
}

func (t *tx) SavedLists(school string) ([]portal.SavedList, error) {
	return list(t, func(l *portal.SavedList) []any { return []any{&l.Name, &l.Asked} }, "SELECT name, asked FROM saved_lists WHERE school = $1 ORDER BY name", school)
}

func (t *tx) DeleteSavedList(school, name string) error {
	return t.change("saved_lists", "school = $1 AND name = $2", []any{school, name}, func() error {
		return t.put("DELETE FROM saved_lists WHERE school = $1 AND name = $2", school, name)
	})
}

func (t *tx) ListMapping(school, shape string) (portal.ListMapping, error) {
	return one(t, func(m *portal.ListMapping) []any { return []any{document{m}} }, "SELECT mapping FROM list_mappings WHERE school = $1 AND shape = $2", school, shape)
}
