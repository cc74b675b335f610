package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/pressly/goose/v3/database"

	"schoolgate/portal"
)

// backedUp is the tables of a backup, each after those that its rows refer to. Not in
// it is what lives for a day at most: sessions, and forms and lists that are held; and the
// outbox, as a mail of an old copy may have been sent since.
var backedUp = []string{
	"schools", "list_mappings", "saved_lists", "texts", "wordings", "pupils", "contacts", "name_words", "list_undos", "responsibilities", "restrictions", "keepings", "pictures", "activities", "photos", "drafts", "access_grants",
	"accounts", "invitations", "account_contacts", "joined_children", "mailings", "attempts", "acts",
	"ledger", "ledger_leaves", "ledger_hashes", "ledger_heads", "ledger_keys",
}

// backupHead is the first line of a backup. Each table follows as a [backupTable] and
// its rows, arrays in the order of its columns: times as RFC 3339 in UTC, bytes as
// base64. It is the same from both engines, and goes into either.
type backupHead struct {
	Backup int   `json:"schoolgate backup"`
	Schema int64 `json:"schema"`
}

type backupTable struct {
	Table   string   `json:"table"`
	Columns []string `json:"columns"`
}

const backupForm = 1

// Backup writes to w what is in the database at one moment, while others go on, and
// answers how many rows that are. First it calls before, at the same moment.
func (db *DB) Backup(ctx context.Context, w io.Writer, before func(portal.Tx) error) (rows int, err error) {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	_, err = db.run(ctx, db.read, db.engine.view, "", func(p portal.Tx) error {
		t := p.(*tx)
		schema, err := one(t, value[int64], "SELECT MAX(v.version_id) FROM schema_version v")
		if err != nil {
			return err
		}
		if err := before(t); err != nil {
			return err
		}
		if err := out.Encode(backupHead{backupForm, schema}); err != nil {
			return err
		}
		for _, table := range backedUp {
			n, err := t.backUp(out, table)
			if err != nil {
				return fmt.Errorf("back up %s: %w", table, err)
			}
			rows += n
		}
		return nil
	})
	return rows, err
}

func (t *tx) backUp(out *json.Encoder, table string) (n int, err error) {
	columns, err := list(t, value[string], t.engine.columns, table)
	if err != nil {
		return 0, err
	}
	if err := out.Encode(backupTable{table, columns}); err != nil {
		return 0, err
	}
	row, at := make([]any, len(columns)), make([]any, len(columns))
	for i := range row {
		at[i] = &row[i]
	}
	var written error // not the database's, so it may be told as it is
	// In the order of the key: the rows of the ledger refer to those before them.
	err = t.rows("SELECT "+strings.Join(columns, ", ")+" FROM "+table+" ORDER BY 1", nil, func(rows *sql.Rows) error {
		if err := rows.Scan(at...); err != nil {
			return err
		}
		n++
		written = out.Encode(row)
		return written
	})
	return n, cmp.Or(written, err)
}

// underRestore stands among the versions of a schema while a backup is put into it:
// no program knows it, so none opens what is there by half.
const underRestore = 1 << 40

var (
	errNotEmpty = errors.New("the database is not empty: a backup goes into a new one only. Move it away, or name another in the settings")
	errHalf     = errors.New("a backup was being put into this database, and it was broken off: delete the database, make it anew, and begin again")
)

// Restore puts a backup into a database that has nothing in it, and brings its schema
// up to date. The rows come in one transaction. Until finish, which is given what was
// restored, has answered nil, nothing opens the database. Where anything fails, a file of
// SQLite's is deleted if it was not there before.
func Restore(ctx context.Context, address string, backup io.Reader, finish func(*DB) error) (err error) {
	in := json.NewDecoder(backup)
	var head backupHead
	if err := in.Decode(&head); err != nil || head.Backup == 0 {
		return errors.New("this is not a backup of Schoolgate")
	}
	if head.Backup != backupForm {
		return fmt.Errorf("the backup's form is %d, and this program knows %d: use the program that made it, or a newer one", head.Backup, backupForm)
	}
	_, there := os.Stat(address)
	db, err := connect(ctx, address)
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	defer func() {
		err = errors.Join(err, db.Close())
		if err != nil && errors.Is(there, os.ErrNotExist) && db.engine == sqliteEngine {
			for _, suffix := range []string{"", "-wal", "-shm"} {
				if gone := os.Remove(address + suffix); !errors.Is(gone, os.ErrNotExist) {
					err = errors.Join(err, gone)
				}
			}
		}
	}()
	schema, table, err := db.schema(true)
	if err != nil {
		return err
	}
	has, knows, err := schema.GetVersions(ctx)
	switch {
	case err != nil:
		_, err = db.engine.clean(ctx, "look at the schema", err)
		return err
	case has == underRestore:
		return errHalf
	case has != 0:
		return errNotEmpty
	case head.Schema > knows:
		return fmt.Errorf("the backup was made by a newer version of Schoolgate (its schema is %d, this program knows %d): use the newer program", head.Schema, knows)
	}
	if err := table.Insert(ctx, db.write, database.InsertRequest{Version: underRestore}); err != nil {
		_, err = db.engine.clean(ctx, "begin", err)
		return err
	}
	if _, err := schema.UpTo(ctx, head.Schema); err != nil {
		_, err = db.engine.clean(ctx, "make the schema", err)
		return err
	}
	if _, err := db.run(ctx, db.write, db.engine.update, "", func(p portal.Tx) error { return p.(*tx).load(in) }); err != nil {
		return err
	}
	if _, err := schema.Up(ctx); err != nil {
		_, err = db.engine.clean(ctx, "bring the schema up to date", err)
		return err
	}
	if err := finish(db); err != nil {
		return err
	}
	if err := table.Delete(ctx, db.write, underRestore); err != nil {
		_, err = db.engine.clean(ctx, "finish", err)
		return err
	}
	return nil
}

// cells is where a value of each type of column is read into, by the names that the two
// engines have for it; nil is NULL.
var cells = map[string]func() any{
	"TEXT": func() any { return new(*string) }, "BYTEA": func() any { return new([]byte) },
	"BOOLEAN": func() any { return new(*bool) }, "BOOL": func() any { return new(*bool) },
	"INTEGER": func() any { return new(*int64) }, "INT4": func() any { return new(*int64) },
	"BIGINT": func() any { return new(*int64) }, "INT8": func() any { return new(*int64) },
	"TIMESTAMP": func() any { return new(*time.Time) },
}

var namesForm = regexp.MustCompile(`^[a-z_]+(, [a-z_]+)+$`)

// load adds the rows of a backup.
func (t *tx) load(in *json.Decoder) error {
	var table backupTable
	var insert string
	var types []string
	for n := 2; ; n++ { // the head is the first line
		var line json.RawMessage
		if err := in.Decode(&line); err == io.EOF {
			return nil
		} else if err != nil {
			return fmt.Errorf("the backup cannot be read: %w", err)
		}
		if line[0] == '{' {
			table = backupTable{}
			err := json.Unmarshal(line, &table)
			columns := strings.Join(table.Columns, ", ")
			if err != nil || !namesForm.MatchString(table.Table+", "+columns) {
				return fmt.Errorf("line %d of the backup names no table and its columns", n)
			}
			if types, err = t.types("SELECT " + columns + " FROM " + table.Table + " WHERE FALSE"); err != nil {
				return err
			}
			marks := "$1"
			for i := range types[1:] {
				marks += fmt.Sprintf(", $%d", i+2)
			}
			insert = "INSERT INTO " + table.Table + " (" + columns + ") VALUES (" + marks + ")"
			continue
		}
		args := make([]any, len(types))
		for i, name := range types {
			cell, ok := cells[name]
			if !ok {
				return fmt.Errorf("%s.%s is of the type %s, which no backup holds", table.Table, table.Columns[i], name)
			}
			args[i] = cell()
		}
		// The error does not quote the row: it is somebody's.
		if err := json.Unmarshal(line, &args); err != nil || len(args) != len(types) {
			return fmt.Errorf("line %d of the backup, a row of %s, is not written as a backup is", n, table.Table)
		}
		if err := t.put(insert, args...); err != nil {
			return err
		}
	}
}

// types is the types of a query's columns.
func (t *tx) types(query string) (names []string, err error) {
	rows, err := t.sql.QueryContext(t.ctx, query)
	if err != nil {
		return nil, t.fail(query, err)
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, t.fail(query, err)
	}
	for _, c := range types {
		names = append(names, c.DatabaseTypeName())
	}
	return names, rows.Err()
}
