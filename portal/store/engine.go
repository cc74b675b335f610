package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/mattn/go-sqlite3"
	"github.com/pressly/goose/v3/database"

	"schoolgate/portal"
)

// engine is what differs between SQLite and PostgreSQL.
type engine struct {
	name    string           // the folder of its own migrations
	dialect database.Dialect // goose's name for it
	view    *sql.TxOptions
	update  *sql.TxOptions
	queue   string // a statement that lets updates pass one at a time
	columns string // a query for a table's columns, without those that the database makes
	numbers bool   // placeholders are ?1, not $1
	grouped bool   // updates share a commit; see [writers]
	failure func(error) (failure, bool)
}

var sqliteEngine = &engine{
	name:    "sqlite",
	dialect: database.DialectSQLite3,
	numbers: true,
	grouped: true,
	columns: "SELECT c.name FROM pragma_table_xinfo($1) c WHERE c.hidden = 0 ORDER BY c.cid",
	failure: sqliteFailure,
}

var postgresEngine = &engine{
	name:    "postgres",
	dialect: database.DialectPostgres,
	view:    &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true},
	update:  &sql.TxOptions{Isolation: sql.LevelSerializable},
	// LOCK takes no snapshot, so what follows it sees all that went before.
	queue:   "LOCK TABLE queue IN EXCLUSIVE MODE",
	columns: "SELECT c.column_name FROM information_schema.columns c WHERE c.table_schema = current_schema() AND c.table_name = $1 AND c.is_generated = 'NEVER' ORDER BY c.ordinal_position",
	failure: postgresFailure,
}

// creating keeps one Open from closing a new file while another already has it
// open: closing any handle of a file drops all of the process's locks on it.
var creating sync.Mutex

// sqliteDriver is go-sqlite3 with what it has no setting for: what SQLite puts aside while
// it sorts or holds a savepoint stays in memory. In a file it would cost each signature
// dozens of writes, and leave pages with names in a folder for temporary files.
const sqliteDriver = "schoolgate-sqlite3"

func init() {
	sql.Register(sqliteDriver, &sqlite3.SQLiteDriver{ConnectHook: func(c *sqlite3.SQLiteConn) error {
		_, err := c.Exec("PRAGMA temp_store = MEMORY", nil)
		return err
	}})
}

func openSQLite(ctx context.Context, path string) (*DB, error) {
	if path == "" {
		return nil, errors.New("no path given")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := create(path); err != nil {
		return nil, err
	}
	file := "file:" + (&url.URL{Path: path}).EscapedPath()
	both := url.Values{
		"_busy_timeout":    {"10000"}, // milliseconds; for other processes: ours queue in Go
		"_foreign_keys":    {"on"},
		"_stmt_cache_size": {"128"},
		"_cache_size":      {"-16384"}, // KiB a connection; a list of 100,000 pupils is no faster with more
	}.Encode()
	db := &DB{engine: sqliteEngine, writers: writers{turn: make(chan struct{}, 1)}}
	if db.write, err = sql.Open(sqliteDriver, file+"?"+both+"&_txlock=immediate&_journal_mode=WAL&_synchronous=FULL&_recursive_triggers=on&_secure_delete=on"); err != nil {
		return nil, err
	}
	db.write.SetMaxOpenConns(1)
	if db.read, err = sql.Open(sqliteDriver, file+"?"+both+"&_txlock=deferred&_query_only=on"); err != nil {
		return nil, err
	}
	readers := max(4, runtime.GOMAXPROCS(0))
	db.read.SetMaxOpenConns(readers)
	db.read.SetMaxIdleConns(readers)

	// Changing a new file to WAL does not wait for another process that does the same.
	for deadline := time.Now().Add(10 * time.Second); ; {
		err := db.write.PingContext(ctx)
		if err == nil {
			return db, nil
		}
		var e sqlite3.Error
		if !errors.As(err, &e) || e.Code != sqlite3.ErrBusy || time.Now().After(deadline) {
			return nil, errors.Join(err, db.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), db.Close())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// create makes the file if there is none. SQLite gives its companions (-wal,
// -shm) the same permissions.
func create(path string) error {
	creating.Lock()
	defer creating.Unlock()
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	} else if err != nil {
		return err
	}
	return f.Close()
}

func openPostgres(address string) (*DB, error) {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, err // without the password
	}
	config.RuntimeParams["timezone"] = "UTC"
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "schoolgate"
	}
	pool := stdlib.OpenDB(*config)
	pool.SetMaxOpenConns(16)
	pool.SetMaxIdleConns(16)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	return &DB{engine: postgresEngine, read: pool, write: pool}, nil
}

var rewritten sync.Map // of queries, for SQLite

// text is a query as the engine wants it. SQLite numbers $1 by where it first
// stands, so there it has to be ?1, which means what it says. The plus, which does
// nothing to a value, keeps SQLite from planning by what is bound: where it did, the
// driver, which clears all bindings before it binds, would have a statement of its cache
// prepared anew each time, which takes several times as long as running it.
func (e *engine) text(query string) string {
	if !e.numbers {
		return query
	}
	if q, ok := rewritten.Load(query); ok {
		return q.(string)
	}
	q := strings.ReplaceAll(query, "$", "+?")
	rewritten.Store(query, q)
	return q
}

// retry says what good another try would do after a failure.
type retry int

const (
	never retry = iota
	once        // a constraint was broken, perhaps in a race: see [racing]
	again       // another transaction was in the way
)

// failure is a database's error without any value it may quote.
type failure struct {
	what string
	kind error // one that [portal] knows, or nil
	retry
}

func sqliteFailure(err error) (failure, bool) {
	var e sqlite3.Error
	if !errors.As(err, &e) {
		return failure{}, false
	}
	f := failure{what: "sqlite " + strconv.Itoa(int(e.ExtendedCode)) + ": " + e.Code.Error()}
	switch {
	case e.Code == sqlite3.ErrConstraint:
		f.what = "sqlite " + strconv.Itoa(int(e.ExtendedCode)) + ": " + e.Error() // names columns, never values
		switch e.ExtendedCode {
		case sqlite3.ErrConstraintUnique, sqlite3.ErrConstraintPrimaryKey, sqlite3.ErrConstraintForeignKey:
			f.kind = portal.ErrConflict
		}
	case e.Code == sqlite3.ErrBusy || e.Code == sqlite3.ErrLocked:
		f.kind = portal.ErrConflict
	}
	return f, true
}

func postgresFailure(err error) (failure, bool) {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return failure{}, false
	}
	f := failure{what: "postgresql " + e.Code}
	if e.ConstraintName != "" {
		f.what += ", constraint " + e.ConstraintName
	}
	switch e.Code {
	case "40001", "40P01": // serialization failure, deadlock
		f.kind, f.retry = portal.ErrConflict, again
	case "23505", "23503": // unique, foreign key
		f.kind, f.retry = portal.ErrConflict, once
	case "42501": // insufficient privilege
		f.kind = portal.ErrNoRight
	}
	return f, true
}

// clean is an error fit for a log: drivers quote values, which may be somebody's
// name, so their words go no further.
func (e *engine) clean(ctx context.Context, op string, err error) (retry, error) {
	if f, ok := e.failure(err); ok {
		if ctx.Err() != nil && f.kind == nil {
			return never, fmt.Errorf("store: %s: %w", op, ctx.Err())
		}
		if f.kind != nil {
			return f.retry, fmt.Errorf("store: %s: %s: %w", op, f.what, f.kind)
		}
		return never, fmt.Errorf("store: %s: %s", op, f.what)
	}
	for _, known := range []error{context.Canceled, context.DeadlineExceeded, sql.ErrTxDone, sql.ErrConnDone} {
		if errors.Is(err, known) {
			if ctx.Err() != nil {
				known = ctx.Err()
			}
			return never, fmt.Errorf("store: %s: %w", op, known)
		}
	}
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) {
		return never, fmt.Errorf("store: %s: %w", op, connect) // host, user and database, no password
	}
	return never, fmt.Errorf("store: %s: failed with a %T", op, err)
}
