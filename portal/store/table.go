package store

import (
	"database/sql/driver"
	"strconv"
	"strings"
)

// field is a column and where its value is kept: a pointer, or one of stamp, maybe,
// document and derived. It is what a query is read into and a statement written from.
type field struct {
	column string
	at     any
}

// derived is a value that the program computes and never reads back.
type derived func() any

// Value makes a derived field fit for a statement.
func (d derived) Value() (driver.Value, error) { return d(), nil }

// table says once which columns keep a T, so that a new field is a migration, a
// field of the struct and a line here.
type table[T any] struct {
	fields  func(*T) []field
	name    string
	where   string // picks a row by its key: "pupil_id = $1 AND …"
	columns string // as a query asks for them: "p.id, p.school, …"
	insert  string
	upsert  string // replaces the row of the same key
}

// newTable describes a table by its name, the letter that queries call it by, and
// the columns of its key.
func newTable[T any](name, alias, key string, fields func(*T) []field) table[T] {
	var read, columns, marks, set, where []string
	for i, f := range fields(new(T)) {
		columns, marks = append(columns, f.column), append(marks, "$"+strconv.Itoa(i+1))
		if _, ok := f.at.(derived); !ok {
			read = append(read, alias+"."+f.column)
		}
		if !strings.Contains(" "+key+",", " "+f.column+",") {
			set = append(set, f.column+" = excluded."+f.column)
		}
	}
	for i, column := range strings.Split(key, ", ") {
		where = append(where, column+" = $"+strconv.Itoa(i+1))
	}
	insert := "INSERT INTO " + name + " (" + strings.Join(columns, ", ") + ") VALUES (" + strings.Join(marks, ", ") + ")"
	return table[T]{fields, name, strings.Join(where, " AND "), strings.Join(read, ", "), insert, insert + " ON CONFLICT (" + key + ") DO UPDATE SET " + strings.Join(set, ", ")}
}

// scan is where a row's columns are read into.
func (d table[T]) scan(v *T) []any {
	fields := d.fields(v)
	at := make([]any, 0, len(fields))
	for _, f := range fields {
		if _, ok := f.at.(derived); !ok {
			at = append(at, f.at)
		}
	}
	return at
}

// key is the values by which [table.where] picks the row: those of the first columns.
func (d table[T]) key(v *T) []any { return d.values(v)[:strings.Count(d.where, "$")] }

func (d table[T]) values(v *T) []any {
	fields := d.fields(v)
	at := make([]any, len(fields))
	for i, f := range fields {
		at[i] = f.at
	}
	return at
}
