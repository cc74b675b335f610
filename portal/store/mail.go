package store

import (
	"time"

	"schoolgate/portal"
)

var outbox = newTable("outbox", "m", "id", func(m *portal.Mail) []field {
	return []field{
		{"id", &m.ID}, {"school", &m.School}, {"kind", &m.Kind}, {"contact_id", &m.ContactID}, {"asked_by", &m.By},
		{"queued", stamp{&m.Queued}}, {"due", stamp{&m.Due}}, {"since", stamp{&m.Since}}, {"tries", &m.Tries}, {"state", &m.State},
		{"lease", stamp{&m.Lease}}, {"ended", stamp{&m.Ended}}, {"reason", &m.Reason}, {"sent_to", &m.To},
	}
})

func (t *tx) AddMail(m portal.Mail) error {
	return t.put(outbox.insert+" ON CONFLICT DO NOTHING", outbox.values(&m)...)
}

func (t *tx) PutMail(m portal.Mail) error { return t.put(outbox.upsert, outbox.values(&m)...) }

func (t *tx) Mail(id string) (portal.Mail, error) {
	return one(t, outbox.scan, "SELECT "+outbox.columns+" FROM outbox m WHERE m.id = $1", id)
}

func (t *tx) NextMail(now time.Time) (portal.Mail, error) {
	return one(t, outbox.scan, "SELECT "+outbox.columns+" FROM outbox m WHERE m.ended IS NULL AND m.due <= $1 AND (m.lease IS NULL OR m.lease < $1) ORDER BY m.due, m.id LIMIT 1", now)
}

func (t *tx) Mails(school string) ([]portal.Mail, error) {
	return list(t, outbox.scan, "SELECT "+outbox.columns+" FROM outbox m WHERE m.school = $1 ORDER BY m.queued DESC, m.id", school)
}

func (t *tx) DeleteMailsEndedBefore(at time.Time) error {
	return t.put("DELETE FROM outbox WHERE ended < $1", at)
}

var mailings = newTable("mailings", "g", "contact_id", func(m *portal.Mailing) []field {
	return []field{{"contact_id", &m.ContactID}, {"mailing_key", &m.Key}, {"bad", &m.Bad}, {"bad_since", stamp{&m.BadSince}}, {"declined", stamp{&m.Declined}}, {"staff", &m.Staff}, {"not_staff", &m.NotStaff}, {"changed", stamp{&m.Changed}}}
})

func (t *tx) PutMailing(m portal.Mailing) error {
	return t.put(mailings.upsert, mailings.values(&m)...)
}

const mailingsOf = " FROM mailings g JOIN contacts c ON c.id = g.contact_id WHERE "

func mailingFields(m *portal.Mailing) []any { return append(mailings.scan(m), &m.School) }

func (t *tx) MailingByKey(key string) (portal.Mailing, error) {
	return one(t, mailingFields, "SELECT "+mailings.columns+", c.school"+mailingsOf+"g.mailing_key = $1", key)
}

func (t *tx) Mailings(school string) ([]portal.Mailing, error) {
	return list(t, mailingFields, "SELECT "+mailings.columns+", c.school"+mailingsOf+"c.school = $1", school)
}
