package store

import (
	"cmp"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"
	"time"

	"schoolgate/portal"
)

var texts = newTable("texts", "t", "school, hash", func(x *portal.Text) []field {
	return []field{
		{"school", &x.School}, {"hash", &x.Hash}, {"kind", &x.Kind}, {"slug", &x.Slug}, {"title", &x.Title}, {"edition", &x.Edition},
		{"source", &x.Source}, {"html", &x.HTML}, {"path", &x.Path}, {"published", stamp{&x.Published}},
		{"audience", &x.Audience}, {"basis", &x.Basis}, {"from_age", &x.FromAge}, {"months", &x.Months}, {"stage", &x.Stage}, {"years", yearCodes{&x.Years}}, {"checks", checks{&x.Checks}}, {"posting", &x.Posting},
		{"summary", &x.Summary}, {"statement", &x.Statement}, {"question", &x.Question}, {"if_given", &x.IfGiven}, {"if_refused", &x.IfRefused},
	}
})

// yearCodes reads and writes year groups as one text.
type yearCodes struct{ at *[]portal.Year }

func (y yearCodes) Scan(v any) error {
	s, ok := v.(string)
	if !ok {
		return errors.New("not a text")
	}
	*y.at = nil
	for _, code := range strings.Fields(s) {
		year, err := portal.ParseYear(code)
		if err != nil {
			return err
		}
		*y.at = append(*y.at, year)
	}
	return nil
}

// Value is the codes as a statement takes them.
func (y yearCodes) Value() (driver.Value, error) {
	var codes []string
	for _, year := range *y.at {
		codes = append(codes, year.Code())
	}
	return strings.Join(codes, " "), nil
}

// checks reads and writes the questions of an agreement as JSON; none is no text.
type checks struct{ at *[]portal.Check }

func (c checks) Scan(v any) error {
	if s, ok := v.(string); ok && s == "" {
		*c.at = nil
		return nil
	}
	return document{c.at}.Scan(v)
}

// Value is the text as a statement takes it.
func (c checks) Value() (driver.Value, error) {
	if len(*c.at) == 0 {
		return "", nil
	}
	return document{c.at}.Value()
}

// putText keeps a wording as it first was.
func (t *tx) putText(x portal.Text) error {
	once, key := " ON CONFLICT (school, hash) DO NOTHING", []any{x.School, x.Hash}
	if err := t.change("texts", texts.where, key, func() error { return t.put(texts.insert+once, texts.values(&x)...) }); err != nil {
		return err
	}
	return t.change("wordings", texts.where, key, func() error {
		return t.put("INSERT INTO wordings (school, hash, sense, corrects, because) VALUES ($1, $2, $3, $4, $5)"+once, x.School, x.Hash, x.Sense, x.Corrects, x.Because)
	})
}

func (t *tx) Wordings(school string) ([]portal.Text, error) {
	fields := func(x *portal.Text) []any {
		return []any{&x.School, &x.Hash, &x.Kind, &x.Slug, &x.Edition, stamp{&x.Published}, maybe{&x.Sense}, maybe{&x.Corrects}, maybe{&x.Because}}
	}
	return list(t, fields, `SELECT t.school, t.hash, t.kind, t.slug, t.edition, t.published, w.sense, w.corrects, w.because
		FROM texts t LEFT JOIN wordings w ON w.school = t.school AND w.hash = t.hash WHERE t.school = $1 ORDER BY t.published, t.hash`, school)
}

func (t *tx) ActsOn(school, hash string) ([]portal.Act, error) {
	return list(t, acts.scan, "SELECT "+acts.columns+" FROM acts a WHERE a.school = $1 AND a.text_hash = $2 ORDER BY a.at, a.seq, a.id", school, hash)
}

func (t *tx) Text(school, hash string) (portal.Text, error) {
	return one(t, texts.scan, "SELECT "+texts.columns+" FROM texts t WHERE t.school = $1 AND t.hash = $2", school, hash)
}

var acts = newTable("acts", "a", "id", func(a *portal.Act) []field {
	return []field{
		{"id", &a.ID}, {"record_version", &a.Version}, {"kind", &a.Kind}, {"school", &a.School},
		{"party_kind", &a.Party.Kind}, {"party_id", &a.Party.ID}, {"subject_kind", &a.Subject.Kind}, {"subject_id", &a.Subject.ID},
		{"entered_by", &a.By}, {"way", &a.Way},
		{"text_slug", &a.TextSlug}, {"edition", &a.Edition}, {"text_hash", maybe{&a.TextHash}}, {"language", &a.Language},
		{"at", stamp{&a.At}}, {"until", &a.Until},
		{"typed_name", &a.TypedName}, {"answer", &a.Answer}, {"seq", &a.Seq}, {"details", &a.Details},
	}
})

func (t *tx) EachText(f func(school, hash, source string) error) error {
	var stopped error
	err := t.rows("SELECT t.school, t.hash, t.source FROM texts t", nil, func(rows *sql.Rows) error {
		var school, hash, source string
		if err := rows.Scan(&school, &hash, &source); err != nil {
			return err
		}
		stopped = f(school, hash, source)
		return stopped
	})
	return cmp.Or(stopped, err)
}

func (t *tx) AddAct(a portal.Act) error { return t.put(acts.insert, acts.values(&a)...) }

func (t *tx) Act(id string) (portal.Act, error) {
	return one(t, acts.scan, "SELECT "+acts.columns+" FROM acts a WHERE a.id = $1", id)
}

func (t *tx) PupilActs(pupil string) ([]portal.Act, error) {
	return list(t, acts.scan, "SELECT "+acts.columns+" FROM acts a WHERE a.pupil_id = $1 ORDER BY a.at, a.seq, a.id", pupil)
}

// signedAt picks the acts of the index acts_school.
const signedAt = "a.kind = 'signature' AND a.subject_kind = 'school'"

func (t *tx) SchoolSigned(school string, by portal.RefKind, from time.Time, longer portal.Date) ([]portal.Act, error) {
	return list(t, acts.scan, "SELECT "+acts.columns+" FROM acts a WHERE a.school = $1 AND "+signedAt+
		" AND a.party_kind = $2 AND (a.at >= $3 OR $4 <> '' AND a.until >= $4) ORDER BY a.at, a.id", school, by, from, longer)
}

func (t *tx) StaffSigned(account string) ([]portal.Act, error) {
	return list(t, acts.scan, "SELECT "+acts.columns+" FROM acts a WHERE a.entered_by = $1 AND "+signedAt+" AND a.party_kind = 'staff' AND a.party_id = $1 ORDER BY a.at, a.id", account)
}

func (t *tx) EventsSince(school string, kinds []portal.ActKind, from time.Time) ([]portal.Act, error) {
	return list(t, acts.scan, "SELECT "+acts.columns+" FROM acts a WHERE a.school = $1 AND a.at >= $2 AND "+events+" AND a.kind IN ("+quoted(kinds)+") ORDER BY a.at, a.id", school, from)
}

func (t *tx) NoesLeft(school string) ([]portal.Act, error) {
	return list(t, acts.scan, "SELECT "+acts.columns+` FROM acts a JOIN pupils p ON p.id = a.pupil_id
		WHERE a.school = $1 AND a.answer IN ('refused', 'withdrawn') AND a.contact_id IS NOT NULL AND p.left_at IS NULL
		AND NOT EXISTS (SELECT 1 FROM responsibilities r WHERE r.pupil_id = a.pupil_id AND r.contact_id = a.contact_id AND r.parental)
		AND NOT EXISTS (SELECT 1 FROM acts b WHERE b.pupil_id = a.pupil_id AND b.contact_id = a.contact_id AND b.kind = a.kind AND b.text_slug = a.text_slug AND b.seq > a.seq)
		ORDER BY a.pupil_id, a.contact_id, a.text_slug`, school)
}

func (t *tx) FirstAnswers(school string) (map[string]time.Time, error) {
	type first struct {
		pupil string
		at    time.Time
	}
	all, err := list(t, func(f *first) []any { return []any{&f.pupil, stamp{&f.at}} },
		"SELECT p.id, MIN(a.at) FROM pupils p JOIN acts a ON a.pupil_id = p.id WHERE p.school = $1 AND a.contact_id IS NOT NULL AND p.left_at IS NULL GROUP BY p.id", school)
	by := make(map[string]time.Time, len(all))
	for _, f := range all {
		by[f.pupil] = f.at
	}
	return by, err
}

func (t *tx) ActsNotCounted(school string, now time.Time) ([]portal.Act, error) {
	return list(t, acts.scan, "SELECT "+acts.columns+` FROM contacts c JOIN account_contacts j ON j.contact_id = c.id JOIN acts a ON a.entered_by = j.account_id AND a.contact_id = c.id
		WHERE c.school = $1 AND (j.counts > $2 OR j.ended IS NOT NULL) AND a.way = 'online' AND (a.kind = 'signature' OR a.answer = 'given')`, school, now)
}

func (t *tx) Events(f portal.EventFilter) ([]portal.Act, error) {
	return list(t, acts.scan, "SELECT "+acts.columns+` FROM acts a JOIN ledger l ON l.record_id = a.id WHERE `+events+` AND ($1 = a.kind OR $1 = '' AND a.kind NOT IN ('`+string(portal.RegisterHashed)+`', '`+string(portal.RegisterChanged)+`'))
		AND ($2 = '' OR a.school IN ($2, '', '*')) AND ($3 = '' OR a.subject_kind = 'school' AND a.details NOT LIKE '%"to":%' OR a.subject_id = $3 OR a.party_id = $3 OR a.entered_by = $3 OR a.details LIKE '%' || $3 || '%' OR a.details LIKE '%' || $5 || '%')
		ORDER BY l.idx DESC LIMIT $4`, f.Kind, f.School, f.Person, f.Most, portal.Mark(f.Person))
}

func (t *tx) EventsOf(kinds []portal.ActKind) ([]portal.Act, error) {
	return list(t, acts.scan, "SELECT "+acts.columns+" FROM acts a JOIN ledger l ON l.record_id = a.id WHERE a.kind IN ("+quoted(kinds)+") ORDER BY l.idx")
}

// quoted is kinds as a query names them; they are words of the program's own.
func quoted(kinds []portal.ActKind) string {
	var words []string
	for _, k := range kinds {
		words = append(words, "'"+string(k)+"'")
	}
	return strings.Join(words, ", ")
}

func (t *tx) EraseAct(id string) (int64, error) {
	entry, err := one(t, value[int64], "UPDATE ledger SET record = NULL, salt = NULL WHERE record_id = $1 RETURNING idx", id)
	if err != nil {
		return 0, err
	}
	n, err := t.exec("DELETE FROM acts WHERE id = $1", id)
	if err == nil && n == 0 {
		err = portal.ErrNotFound
	}
	return entry, err
}
