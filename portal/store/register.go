package store

import (
	"time"

	"schoolgate/portal"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
)

const pupilColumns = "p.id, p.school, p.upn, p.admission_number, p.forename, p.surname, p.born, p.school_year, p.reg_group, p.looked_after, p.left_at"

func pupilFields(p *portal.Pupil) []any {
	return []any{&p.ID, &p.School, &p.UPN, &p.AdmissionNumber, &p.Forename, &p.Surname, &p.Born, &p.Year, &p.Group, &p.LookedAfter, stamp{&p.Left}}
}

const contactColumns = "c.id, c.school, c.name, c.email, c.phone"

func contactFields(c *portal.Contact) []any {
	return []any{&c.ID, &c.School, &c.Name, &c.Email, &c.Phone}
}

const responsibilityColumns = "r.pupil_id, r.contact_id, r.relationship, r.priority, r.parental, r.court_order, r.unsettled, r.settled_by"

func responsibilityFields(r *portal.Responsibility) []any {
	return []any{&r.PupilID, &r.ContactID, &r.Relationship, &r.Priority, &r.Parental, &r.CourtOrder, &r.Unsettled, &r.SettledBy}
}

func (t *tx) Pupil(id string) (portal.Pupil, error) {
	return one(t, pupilFields, "SELECT "+pupilColumns+" FROM pupils p WHERE p.id = $1", id)
}

func (t *tx) Pupils(school string) ([]portal.Pupil, error) {
	return list(t, pupilFields, "SELECT "+pupilColumns+" FROM pupils p WHERE p.school = $1 ORDER BY p.school_year, p.sort_key, p.id", school)
}

func (t *tx) Contacts(school string) ([]portal.Contact, error) {
	return list(t, contactFields, "SELECT "+contactColumns+" FROM contacts c WHERE c.school = $1 ORDER BY c.id", school)
}

func (t *tx) Responsibilities(school string) ([]portal.Responsibility, error) {
	return list(t, responsibilityFields, "SELECT "+responsibilityColumns+" FROM pupils p JOIN responsibilities r ON r.pupil_id = p.id WHERE p.school = $1 ORDER BY r.pupil_id, r.contact_id", school)
}

func (t *tx) PupilResponsibilities(pupil string) ([]portal.Responsibility, error) {
	return list(t, responsibilityFields, "SELECT "+responsibilityColumns+" FROM responsibilities r WHERE r.pupil_id = $1 ORDER BY CASE r.priority WHEN 0 THEN 1 ELSE 0 END, r.priority, r.contact_id", pupil)
}

func (t *tx) PutPupil(p portal.Pupil) error {
	return t.put(`INSERT INTO pupils (id, school, upn, admission_number, forename, surname, born, school_year, reg_group, looked_after, left_at, sort_key)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT (id) DO UPDATE SET school = excluded.school, upn = excluded.upn, admission_number = excluded.admission_number,
			forename = excluded.forename, surname = excluded.surname, born = excluded.born, school_year = excluded.school_year,
			reg_group = excluded.reg_group, looked_after = excluded.looked_after, left_at = excluded.left_at, sort_key = excluded.sort_key`,
		p.ID, p.School, p.UPN, p.AdmissionNumber, p.Forename, p.Surname, string(p.Born), int(p.Year), p.Group, p.LookedAfter, orNull(p.Left), sortKey(p))
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

func (t *tx) PutContact(c portal.Contact) error {
	return t.put(`INSERT INTO contacts (id, school, name, email, phone) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (id) DO UPDATE SET school = excluded.school, name = excluded.name, email = excluded.email, phone = excluded.phone`,
		c.ID, c.School, c.Name, c.Email, c.Phone)
}

func (t *tx) PutResponsibility(r portal.Responsibility) error {
	return t.put(`INSERT INTO responsibilities (pupil_id, contact_id, relationship, priority, parental, court_order, packed, unsettled, settled_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (pupil_id, contact_id) DO UPDATE SET relationship = excluded.relationship, priority = excluded.priority,
			parental = excluded.parental, court_order = excluded.court_order, packed = excluded.packed,
			unsettled = excluded.unsettled, settled_by = excluded.settled_by`,
		r.PupilID, r.ContactID, r.Relationship, r.Priority, r.Parental, r.CourtOrder, packResponsibility(r), r.Unsettled, r.SettledBy)
}

func (t *tx) DeleteResponsibility(pupil, contact string) error {
	return t.put("DELETE FROM responsibilities WHERE pupil_id = $1 AND contact_id = $2", pupil, contact)
}

func (t *tx) PupilsElsewhere(school, upn string, born portal.Date) ([]portal.Pupil, error) {
	return list(t, pupilFields, "SELECT "+pupilColumns+" FROM pupils p WHERE p.school <> $1 AND p.left_at IS NULL AND ((p.upn = $2 AND p.upn <> '') OR (p.born = $3 AND p.born <> '')) ORDER BY p.id", school, upn, string(born))
}

func (t *tx) PutHeldList(l portal.HeldList) error {
	mapping, err := document{l.Mapping}.text()
	if err != nil {
		return err
	}
	return t.put(`INSERT INTO held_lists (id, school, account_id, content, mapping, applied, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (id) DO UPDATE SET content = excluded.content, mapping = excluded.mapping, applied = excluded.applied`,
		l.ID, l.School, l.AccountID, l.File, mapping, l.Applied, l.At)
}

func (t *tx) HeldList(id string) (portal.HeldList, error) {
	return one(t, func(l *portal.HeldList) []any {
		return []any{&l.ID, &l.School, &l.AccountID, &l.File, document{&l.Mapping}, &l.Applied, stamp{&l.At}}
	}, "SELECT id, school, account_id, content, mapping, applied, at FROM held_lists WHERE id = $1", id)
}

func (t *tx) DeleteHeldListsBefore(at time.Time) error {
	return t.put("DELETE FROM held_lists WHERE at < $1", at)
}

func (t *tx) PutListMapping(school, shape string, m portal.ListMapping) error {
	mapping, err := document{m}.text()
	if err != nil {
		return err
	}
	return t.put("INSERT INTO list_mappings (school, shape, mapping) VALUES ($1, $2, $3) ON CONFLICT (school, shape) DO UPDATE SET mapping = excluded.mapping", school, shape, mapping)
}

func (t *tx) ListMapping(school, shape string) (portal.ListMapping, error) {
	return one(t, func(m *portal.ListMapping) []any { return []any{document{m}} }, "SELECT mapping FROM list_mappings WHERE school = $1 AND shape = $2", school, shape)
}
