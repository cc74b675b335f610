package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"schoolgate/portal"
)

// querier is a [sql.Tx], or a connection on which a transaction was begun.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// tx is one transaction. It is used by one goroutine.
type tx struct {
	ctx     context.Context
	engine  *engine
	schools *schoolCache
	sql     querier
	shared  bool  // with others: see [tx.begin]
	failed  error // of the first statement that failed; there is no going on after it
	again   retry
	changed map[portal.RowHash]int // how many more rows of each hash there are than at first
}

func (t *tx) fail(query string, err error) error {
	t.again, t.failed = t.engine.clean(t.ctx, subject(query), err)
	return t.failed
}

var subjectForm = regexp.MustCompile(`(INSERT INTO|UPDATE|DELETE FROM|LOCK TABLE|FROM) [a-z_]+`)

// subject is what a query is about, for the text of an error.
func subject(query string) string { return strings.ToLower(subjectForm.FindString(query)) }

// errUnstorable is text that PostgreSQL cannot hold. SQLite could, so it is
// refused before either sees it.
var errUnstorable = &portal.Invalid{Problems: []portal.Problem{
	{Message: "There is a character in this that cannot be kept. Type it again"},
}}

// bind makes arguments what both drivers take: what a pointer points to, and a
// type's plain value. Times are UTC, to the microsecond, as PostgreSQL keeps them.
func bind(args []any) error {
	for i, a := range args {
		v, err := driver.DefaultParameterConverter.ConvertValue(a)
		if err != nil {
			panic(fmt.Sprintf("store: an argument of type %T", a))
		}
		switch x := v.(type) {
		case string:
			if strings.IndexByte(x, 0) >= 0 || !utf8.ValidString(x) {
				return errUnstorable
			}
		case time.Time:
			v = x.UTC().Truncate(time.Microsecond)
		}
		args[i] = v
	}
	return nil
}

// stamp reads and writes a time; NULL is the zero time.
type stamp struct{ at *time.Time }

func (s stamp) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*s.at = time.Time{}
	case time.Time:
		*s.at = v.UTC()
	case string: // SQLite's, where an expression has no type of its own
		at, err := time.Parse("2006-01-02 15:04:05.999999999-07:00", v)
		*s.at = at.UTC()
		return err
	default:
		return errors.New("not a time")
	}
	return nil
}

// Value is the time as a statement takes it.
func (s stamp) Value() (driver.Value, error) {
	if s.at.IsZero() {
		return nil, nil
	}
	return *s.at, nil
}

// maybe reads and writes a text; NULL is the empty one.
type maybe struct{ text *string }

func (m maybe) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*m.text = ""
	case string:
		*m.text = v
	case []byte:
		*m.text = string(v)
	default:
		return errors.New("not a text")
	}
	return nil
}

// Value is the text as a statement takes it.
func (m maybe) Value() (driver.Value, error) {
	if *m.text == "" {
		return nil, nil
	}
	return *m.text, nil
}

// document reads and writes a value as JSON text.
type document struct{ value any }

func (d document) Scan(v any) error {
	s, ok := v.(string)
	if !ok {
		return errors.New("not a text")
	}
	return json.Unmarshal([]byte(s), d.value)
}

// Value is the JSON as a statement takes it.
func (d document) Value() (driver.Value, error) {
	b, err := json.Marshal(d.value)
	return string(b), err
}

// begin is the context of a statement, or the error of a transaction that has
// failed or whose ctx has ended. SQLite ends a whole transaction when a statement
// in it is interrupted; so where the transaction is shared, none is.
func (t *tx) begin(query string) (context.Context, error) {
	if t.failed == nil && t.ctx.Err() != nil {
		t.fail(query, t.ctx.Err())
	}
	if t.shared {
		return context.WithoutCancel(t.ctx), t.failed
	}
	return t.ctx, t.failed
}

// exec runs a statement and answers how many rows it changed.
func (t *tx) exec(query string, args ...any) (int64, error) {
	ctx, err := t.begin(query)
	if err != nil {
		return 0, err
	}
	if err := bind(args); err != nil {
		return 0, err
	}
	result, err := t.sql.ExecContext(ctx, t.engine.text(query), args...)
	if err != nil {
		return 0, t.fail(query, err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return 0, t.fail(query, err)
	}
	return n, nil
}

// put runs a statement whose count of rows is of no interest.
func (t *tx) put(query string, args ...any) error {
	_, err := t.exec(query, args...)
	return err
}

// rows runs a query and calls f on each row. What no database can hold is in
// none: a search for it finds nothing.
func (t *tx) rows(query string, args []any, f func(*sql.Rows) error) error {
	ctx, err := t.begin(query)
	if err != nil {
		return err
	}
	if bind(args) != nil {
		return nil
	}
	rows, err := t.sql.QueryContext(ctx, t.engine.text(query), args...)
	if err != nil {
		return t.fail(query, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows); err != nil {
			return t.fail(query, err)
		}
	}
	if err := rows.Err(); err != nil {
		return t.fail(query, err)
	}
	return nil
}

// one reads the only row of a query, or answers [portal.ErrNotFound].
func one[T any](t *tx, fields func(*T) []any, query string, args ...any) (T, error) {
	all, err := list(t, fields, query, args...)
	if err == nil && len(all) == 0 {
		err = portal.ErrNotFound
	}
	if err != nil {
		var none T
		return none, err
	}
	return all[0], nil
}

// list reads every row of a query.
func list[T any](t *tx, fields func(*T) []any, query string, args ...any) ([]T, error) {
	var all []T
	err := t.rows(query, args, func(rows *sql.Rows) error {
		var v T
		if err := rows.Scan(fields(&v)...); err != nil {
			return err
		}
		all = append(all, v)
		return nil
	})
	return all, err
}

// value is the field of a query that answers one number.
func value[T any](v *T) []any { return []any{v} }
