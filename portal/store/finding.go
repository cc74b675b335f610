package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/pressly/goose/v3"

	"schoolgate/portal"
)

// words is the statement that adds somebody's words, and its arguments; "" for a name
// without any.
func words(school string, kind portal.RefKind, id, name string) (insert string, args []any) {
	args = []any{school, kind, id}
	var rows []string
	for _, w := range portal.SearchWords(name) {
		args = append(args, []byte(w[:min(len(w), 200)])) // an index holds only so much
		rows = append(rows, fmt.Sprintf("($1, $2, $%d, $3)", len(args)))
	}
	if len(rows) == 0 {
		return "", nil
	}
	return "INSERT INTO name_words (school, kind, word, person_id) VALUES " + strings.Join(rows, ", ") + " ON CONFLICT DO NOTHING", args
}

func (t *tx) putWords(school string, kind portal.RefKind, id, name string) error {
	if err := t.put("DELETE FROM name_words WHERE person_id = $1", id); err != nil {
		return err
	}
	insert, args := words(school, kind, id, name)
	if insert == "" {
		return nil
	}
	return t.put(insert, args...)
}

// So many words at most are looked through for what stands within one of them.
const mostWithin = 60_000

// named is a query for the ids of those of a kind at a school ($1, $2) of whose words one
// begins with each that is looked for, or, within, has it anywhere; or is another spelling
// of it. It asks for $3 at most.
func named(looked [][]string, within bool, args []any) (string, []any) {
	from := "name_words n"
	if within {
		from = fmt.Sprintf("(SELECT w.school, w.kind, w.word, w.person_id FROM name_words w WHERE w.school = $1 AND w.kind = $2 LIMIT %d) n", mostWithin)
	}
	var all []string
	for _, spellings := range looked {
		var forms []string
		for i, s := range spellings {
			switch {
			case i > 0: // another spelling is a whole word
				args = append(args, []byte(s))
				forms = append(forms, fmt.Sprintf("n.word = $%d", len(args)))
			case within:
				args = append(args, []byte("%"+s+"%")) // letters and digits: nothing that LIKE reads
				forms = append(forms, fmt.Sprintf("n.word LIKE $%d", len(args)))
			default:
				args = append(args, []byte(s), []byte(s+"\xff")) // which no word holds
				forms = append(forms, fmt.Sprintf("n.word >= $%d AND n.word < $%d", len(args)-1, len(args)))
			}
		}
		all = append(all, "SELECT n.person_id FROM "+from+" WHERE n.school = $1 AND n.kind = $2 AND ("+strings.Join(forms, " OR ")+")")
	}
	return strings.Join(all, " INTERSECT ") + " LIMIT $3", args
}

// find reads who is named so by a query that ends in "IN (", with the rest behind it.
func find[T any](t *tx, fields func(*T) []any, query, rest, school string, kind portal.RefKind, looked [][]string, most int) ([]T, error) {
	for _, within := range []bool{false, true} {
		ids, args := named(looked, within, []any{school, kind, most})
		all, err := list(t, fields, query+ids+rest, args...)
		if err != nil || len(all) > 0 {
			return all, err
		}
	}
	return nil, nil
}

func (t *tx) FindPupils(school string, looked [][]string, most int) ([]portal.Pupil, error) {
	return find(t, pupils.scan, "SELECT "+pupils.columns+" FROM pupils p WHERE p.id IN (", ")", school, portal.RefPupil, looked, most)
}

func (t *tx) FindContacts(school string, looked [][]string, most int) ([]portal.Child, error) {
	return find(t, childFields, "SELECT "+childColumns+" FROM contacts c JOIN responsibilities r ON r.contact_id = c.id JOIN pupils p ON p.id = r.pupil_id WHERE c.id IN (", ")"+childOrder, school, portal.RefContact, looked, most)
}

func (t *tx) PupilsNumbered(school, number string) ([]portal.Pupil, error) {
	return list(t, pupils.scan, "SELECT "+pupils.columns+" FROM pupils p WHERE p.school = $1 AND p.upn = $2 UNION SELECT "+pupils.columns+" FROM pupils p WHERE p.school = $1 AND p.admission_number = $2", school, number)
}

// fillNameWords is the migration that finds the words of the names that were there before.
func (db *DB) fillNameWords() *goose.Migration {
	return goose.NewGoMigration(131, &goose.GoFunc{RunTx: func(ctx context.Context, sqltx *sql.Tx) error {
		type named struct{ school, kind, id, name string }
		var all []named
		rows, err := sqltx.QueryContext(ctx, "SELECT school, 'pupil', id, forename || ' ' || surname FROM pupils UNION ALL SELECT school, 'contact', id, name FROM contacts")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var n named
			if err := rows.Scan(&n.school, &n.kind, &n.id, &n.name); err != nil {
				return err
			}
			all = append(all, n)
		}
		if err := rows.Err(); err != nil {
			return err
		}
		for _, n := range all {
			insert, args := words(n.school, portal.RefKind(n.kind), n.id, n.name)
			if insert == "" {
				continue
			}
			if err := bind(args); err != nil {
				return err
			}
			if _, err := sqltx.ExecContext(ctx, db.engine.text(insert), args...); err != nil {
				return err
			}
		}
		return nil
	}}, nil)
}
