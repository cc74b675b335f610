package store

import (
	"schoolgate/portal"
)

// putText keeps a wording as it first was.
func (t *tx) putText(x portal.Text) error {
	return t.put(`INSERT INTO texts (school, hash, kind, slug, title, edition, source, html, path, published, summary, statement, question, if_given, if_refused)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT (school, hash) DO NOTHING`,
		x.School, x.Hash, string(x.Kind), x.Slug, x.Title, x.Edition, x.Source, x.HTML, x.Path, orNull(x.Published),
		x.Summary, x.Statement, x.Question, x.IfGiven, x.IfRefused)
}

func (t *tx) Text(school, hash string) (portal.Text, error) {
	return one(t, func(x *portal.Text) []any {
		return []any{&x.School, &x.Hash, &x.Kind, &x.Slug, &x.Title, &x.Edition, &x.Source, &x.HTML, &x.Path, stamp{&x.Published},
			&x.Summary, &x.Statement, &x.Question, &x.IfGiven, &x.IfRefused}
	}, `SELECT school, hash, kind, slug, title, edition, source, html, path, published, summary, statement, question, if_given, if_refused
		FROM texts WHERE school = $1 AND hash = $2`, school, hash)
}

const actColumns = "id, school, pupil_id, contact_id, account_id, text_slug, edition, text_hash, at, channel, language"

func actFields(a *portal.Act) []any {
	return []any{&a.ID, &a.School, &a.PupilID, &a.ContactID, &a.AccountID, &a.TextSlug, &a.Edition, &a.TextHash, stamp{&a.At}, &a.Channel, &a.Language}
}

func actValues(a portal.Act) []any {
	return []any{a.ID, a.School, a.PupilID, a.ContactID, a.AccountID, a.TextSlug, a.Edition, a.TextHash, a.At, string(a.Channel), a.Language}
}

func signatureFields(s *portal.Signature) []any { return append(actFields(&s.Act), &s.TypedName) }

func (t *tx) AddSignature(s portal.Signature) error {
	return t.put("INSERT INTO signatures ("+actColumns+", typed_name, packed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
		append(actValues(s.Act), s.TypedName, packSignature(s))...)
}

func (t *tx) Signature(id string) (portal.Signature, error) {
	return one(t, signatureFields, "SELECT "+actColumns+", typed_name FROM signatures WHERE id = $1", id)
}

func (t *tx) PupilSignatures(pupil string) ([]portal.Signature, error) {
	return list(t, signatureFields, "SELECT "+actColumns+", typed_name FROM signatures WHERE pupil_id = $1 ORDER BY at, id", pupil)
}

func decisionFields(d *portal.Decision) []any { return append(actFields(&d.Act), &d.Answer, &d.Seq) }

func (t *tx) AddDecision(d portal.Decision) error {
	return t.put("INSERT INTO decisions ("+actColumns+", answer, seq, packed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
		append(actValues(d.Act), string(d.Answer), d.Seq, packDecision(d))...)
}

func (t *tx) Decision(id string) (portal.Decision, error) {
	return one(t, decisionFields, "SELECT "+actColumns+", answer, seq FROM decisions WHERE id = $1", id)
}

func (t *tx) PupilDecisions(pupil string) ([]portal.Decision, error) {
	return list(t, decisionFields, "SELECT "+actColumns+", answer, seq FROM decisions WHERE pupil_id = $1 ORDER BY at, seq, id", pupil)
}
