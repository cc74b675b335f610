package store

import (
	"cmp"
	"crypto/sha256"
	"database/sql"
	"slices"
	"strconv"
	"strings"
	"time"

	"schoolgate/portal"
)

// hashed is what a table's rows are hashed by: its columns, of which the first few are
// the key.
type hashed struct {
	key     int
	columns []string
}

func hashedBy(key int, columns string) hashed { return hashed{key, strings.Split(columns, ", ")} }

// hashedTables is the tables that say who is who, who may decide and how long what is
// kept, with every column that counts. A row that is written by hand, and not by this
// program, is told by them: see [portal.CheckRegister]. A column that is added later is
// left out of a row's hash where it holds nothing, so rows from before keep theirs.
//
// Left out are what lives for a day at most, what acts and the ledger seal themselves, and
// the columns in [Unhashed].
var hashedTables = map[string]hashed{
	"schools":          hashedBy(1, "slug, content_hash, content"),
	"texts":            hashedBy(2, "school, hash, kind, slug, title, edition, source, html, path, published, summary, statement, question, if_given, if_refused, audience, basis, from_age, months, stage, years, checks, posting"),
	"wordings":         hashedBy(2, "school, hash, sense, corrects, because"),
	"list_mappings":    hashedBy(2, "school, shape, mapping"),
	"saved_lists":      hashedBy(2, "school, name, asked"),
	"pupils":           hashedBy(1, "id, school, upn, admission_number, forename, surname, born, school_year, reg_group, looked_after, left_at"),
	"contacts":         hashedBy(1, "id, school, name, email, phone"),
	"responsibilities": hashedBy(2, "pupil_id, contact_id, relationship, priority, parental, order_listed, unsettled, settled_by"),
	"restrictions":     hashedBy(1, "id, pupil_id, contact_id, takes, since, set_by, why, until, lifted_by, lifted_why"),
	"accounts":         hashedBy(1, "id, provider, issuer, subject, name, staff_email, created"),
	"account_contacts": hashedBy(2, "account_id, contact_id, joined, invitation_id, counts, confirmed, ended"),
	"joined_children":  hashedBy(3, "account_id, contact_id, pupil_id, since"),
	"invitations":      hashedBy(1, "id, contact_id, code_hash, issued, expires, used, died, issued_by, mailed"),
	"list_undos":       hashedBy(1, "school, at, content"),
	"drafts":           hashedBy(1, "school, content"),
	"keepings":         hashedBy(1, "pupil_id, until, reason, kept_by, at"),
	"pictures":         hashedBy(2, "school, declared, id, page, alt, purpose, pupils, until, shown, taken, nobody"),
	"photos":           hashedBy(1, "id, school, digest, secret, page, alt, caption, who, pupils, until, elsewhere, fetched, brought_by, brought, said_by, looked_by, version"),
	"access_grants":    hashedBy(1, "id, school, holder_kind, holder_id, what, item, rests, why, given_by, given, reviewed_by, reviewed, ended_by, ended"),
	"activities":       hashedBy(1, "id, school, begins, ends, plan, pupils, proposed_by, proposed, answer, why, decided_by, decided, done, kept, kept_until, closed_by, closed, deleted_by, deleted"),
}

// Unhashed is the columns, or whole tables ("sessions.*"), in which no hash notices a
// change by hand, and why that is borne.
var Unhashed = map[string]string{
	"accounts.last_sign_in":   "changes with every sign-in; it says when an account that nobody uses goes",
	"contacts.unneeded_since": "found anew by each run that erases",
	"pupils.sort_key":         "in which order they are shown, worked out from their names",
	"name_words.*":            "by what they are found, worked out from their names",
	"sessions.*":              "lives for a day at most; whoever has the database can be anybody for as long",
	"attempts.*":              "counts tries, for some weeks",
	"held_forms.*":            "lives for a day", "held_lists.*": "lives for an hour, and is looked at before it counts",
	"sittings.*": "lives for a day at most; that it was opened is an event",
	"outbox.*":   "what is sent, and was: whoever keeps a mail back by hand changes nothing of what anybody said", "mailings.*": "as outbox",
	"queue.*": "holds nothing", "schema_version.*": "says which program made the tables",
	"ledger_heads.at": "the set time; what was signed is in the head", "ledger_keys.at": "what was signed is in the key",
}

// eachHashed calls f for each row of a table that a condition picks.
func (t *tx) eachHashed(table, where string, args []any, f func(portal.RowHash, string) error) error {
	s := hashedTables[table]
	row, at := make([]any, len(s.columns)), make([]any, len(s.columns))
	for i := range row {
		at[i] = &row[i]
	}
	var stopped error // f's own, and not the database's
	err := t.rows("SELECT "+strings.Join(s.columns, ", ")+" FROM "+table+" WHERE "+where, slices.Clone(args), func(rows *sql.Rows) error {
		if err := rows.Scan(at...); err != nil {
			return err
		}
		stopped = f(s.hash(table, row))
		return stopped
	})
	return cmp.Or(stopped, err)
}

// hash is a row's, and what the row is called by its table and its key. What a column
// that holds nothing is called by is not in it.
func (s hashed) hash(table string, row []any) (portal.RowHash, string) {
	b, name := []byte(table), table
	for i, v := range row {
		text := cell(v)
		if i < s.key {
			name += " " + text
		}
		if text != "" {
			b = append(append(b, ' '), s.columns[i]...)
			b = strconv.AppendQuote(append(b, '='), text)
		}
	}
	sum := sha256.Sum256(b)
	return portal.RowHash(sum[:len(portal.RowHash{})]), name
}

// cell is a value as both engines have it; nothing, no and 0 are "".
func cell(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []byte:
		return string(v)
	case int64:
		if v != 0 {
			return strconv.FormatInt(v, 10)
		}
	case bool:
		if v {
			return "yes"
		}
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	}
	return ""
}

// change runs a write, and notes what it makes of those rows of a hashed table that a
// condition picks, which are all that it writes to.
func (t *tx) change(table, where string, args []any, write func() error) error {
	if _, ok := hashedTables[table]; !ok {
		return write()
	}
	if t.changed == nil {
		t.changed = map[portal.RowHash]int{}
	}
	note := func(n int) error {
		return t.eachHashed(table, where, args, func(hash portal.RowHash, _ string) error {
			t.changed[hash] += n
			return nil
		})
	}
	if err := note(-1); err != nil {
		return err
	}
	if err := write(); err != nil {
		return err
	}
	return note(+1)
}

// put replaces the row of the same key, or adds one.
func put[T any](t *tx, d table[T], v *T) error {
	return t.change(d.name, d.where, d.key(v), func() error { return t.put(d.upsert, d.values(v)...) })
}

func (t *tx) Changed() (gone, come []portal.RowHash) {
	for hash, n := range t.changed {
		for ; n < 0; n++ {
			gone = append(gone, hash)
		}
		for ; n > 0; n-- {
			come = append(come, hash)
		}
	}
	return gone, come
}

func (t *tx) EachRow(f func(portal.RowHash, string) error) error {
	for table := range hashedTables {
		if err := t.eachHashed(table, "TRUE", nil, f); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) SignedEvents() ([]portal.SignedEvent, error) {
	fields := func(s *portal.SignedEvent) []any { return append(acts.scan(&s.Act), &s.Index) }
	return list(t, fields, "SELECT "+acts.columns+", l.idx FROM acts a JOIN ledger l ON l.record_id = a.id WHERE "+events+" AND a.kind IN ("+quoted(portal.SignedKinds())+") ORDER BY l.idx")
}

func (t *tx) FirstHashed() (bool, error) {
	all, err := list(t, value[string], "SELECT a.id FROM acts a WHERE a.school = '' AND "+events+" AND a.kind = '"+string(portal.RegisterHashed)+"' AND a.details LIKE '%\"seal\":%' ORDER BY a.at LIMIT 1")
	return len(all) > 0, err
}

func (t *tx) LedgerErased() ([]int64, error) {
	return list(t, value[int64], "SELECT l.idx FROM ledger l WHERE l.record IS NULL ORDER BY l.idx")
}

// events is what an index of acts is made of.
const events = "a.kind NOT IN ('signature', 'decision')"
