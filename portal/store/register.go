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

const responsibilityColumns = "r.pupil_id, r.contact_id, r.relationship, r.priority, r.parental, r.court_order"

func responsibilityFields(r *portal.Responsibility) []any {
	return []any{&r.PupilID, &r.ContactID, &r.Relationship, &r.Priority, &r.Parental, &r.CourtOrder}
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
	return t.put(`INSERT INTO responsibilities (pupil_id, contact_id, relationship, priority, parental, court_order, packed) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (pupil_id, contact_id) DO UPDATE SET relationship = excluded.relationship, priority = excluded.priority,
			parental = excluded.parental, court_order = excluded.court_order, packed = excluded.packed`,
		r.PupilID, r.ContactID, r.Relationship, r.Priority, r.Parental, r.CourtOrder, packResponsibility(r))
}

func (t *tx) DeleteResponsibility(pupil, contact string) error {
	return t.put("DELETE FROM responsibilities WHERE pupil_id = $1 AND contact_id = $2", pupil, contact)
}

func (t *tx) PutImport(p portal.PendingImport) error {
	rows, err := document{p.Rows}.text()
	if err != nil {
		return err
	}
	return t.put(`INSERT INTO imports (id, school, account_id, list_rows, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (id) DO UPDATE SET school = excluded.school, account_id = excluded.account_id, list_rows = excluded.list_rows, at = excluded.at`,
		p.ID, p.School, p.AccountID, rows, p.At)
}

func (t *tx) Import(id string) (portal.PendingImport, error) {
	return one(t, func(p *portal.PendingImport) []any {
		return []any{&p.ID, &p.School, &p.AccountID, document{&p.Rows}, stamp{&p.At}}
	}, "SELECT id, school, account_id, list_rows, at FROM imports WHERE id = $1", id)
}

func (t *tx) DeleteImport(id string) error {
	return t.put("DELETE FROM imports WHERE id = $1", id)
}

func (t *tx) DeleteImportsBefore(at time.Time) error {
	return t.put("DELETE FROM imports WHERE at < $1", at)
}
