// Package store keeps the portal's data in SQL: in a SQLite file, or in
// PostgreSQL. Every query has one text for both. What must always hold is held
// by the schema's constraints and triggers, not by the code around them.
//
// A table's columns stand in one list in the file of its matter; the tables themselves in
// migrations/, where one that has been released is never edited. Each column is declared
// twice: what it is kept of people for and how long in kept.go, and whether a change of it
// by hand is noticed in tamper.go.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"schoolgate/portal"
)

var _ portal.Store = (*DB)(nil)

// DB is an open database. It is safe for concurrent use, also by several
// processes at once.
type DB struct {
	engine  *engine
	read    *sql.DB
	write   *sql.DB // SQLite: one connection; PostgreSQL: the same pool as read
	writers writers // of SQLite
	schools schoolCache
}

// Open opens a database, made first if there is none, and brings its schema up
// to date. A database that starts with postgres:// or postgresql:// is a
// PostgreSQL address; anything else is the path of a SQLite file, which is made
// readable by its owner only. A database that a newer version of the program has
// changed is an error.
func Open(ctx context.Context, database string) (*DB, error) {
	db, err := connect(ctx, database)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	if err := db.migrate(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open the database: %w", err), db.Close())
	}
	return db, nil
}

// connect is Open without the schema.
func connect(ctx context.Context, database string) (*DB, error) {
	if strings.HasPrefix(database, "postgres://") || strings.HasPrefix(database, "postgresql://") {
		return openPostgres(database)
	}
	return openSQLite(ctx, database)
}

// Close waits for the queries under way and closes the database.
func (db *DB) Close() error {
	err := db.read.Close()
	if db.write != db.read {
		err = errors.Join(err, db.write.Close())
	}
	return err
}

// View runs f in a read-only transaction that sees one moment.
func (db *DB) View(ctx context.Context, f func(portal.Tx) error) error {
	_, err := db.run(ctx, db.read, db.engine.view, "", f)
	return err
}

// How often an update is tried on PostgreSQL, where transactions that run side
// by side can fail for each other's sake.
const tries = 10

// How often of those a constraint may be broken: by others that came between, each of
// which is done by then. Who breaks it once more breaks it whoever else is there.
const racing = 5

// Update runs f in a serializable transaction, durable once Update returns nil.
// After the first statement that fails, every other use of the Tx fails alike
// and nothing is kept, whatever f returns.
//
// On SQLite, updates that wait for each other share one durable commit. None is
// answered before it, and none takes another with it: where a commit fails, each
// is tried once more by itself.
//
// On PostgreSQL f runs again, up to [tries] times, when another transaction was
// in its way, up to [racing] of them after a broken constraint, which may have come of
// a race. If ctx ends during the commit, the update may have happened.
func (db *DB) Update(ctx context.Context, f func(portal.Tx) error) error {
	lock, broken := "", 0
	for try := 1; ; try++ {
		var again retry
		var err error
		if db.engine.grouped {
			again, err = db.together(ctx, try > 1, f)
		} else {
			again, err = db.run(ctx, db.write, db.engine.update, lock, f)
		}
		if again == once {
			broken++
		}
		if again == never || try == tries || broken > racing {
			return err
		}
		// The next try stands in a queue, so that under any load somebody gets on.
		lock = db.engine.queue
		select {
		case <-ctx.Done():
			return fmt.Errorf("store: %w", ctx.Err())
		case <-time.After(rand.N(time.Duration(try) * 4 * time.Millisecond)):
		}
	}
}

// run is one transaction, and whether another might succeed where it failed.
func (db *DB) run(ctx context.Context, pool *sql.DB, opts *sql.TxOptions, lock string, f func(portal.Tx) error) (retry, error) {
	sqltx, err := pool.BeginTx(ctx, opts)
	if err != nil {
		return db.engine.clean(ctx, "begin", err)
	}
	defer sqltx.Rollback() // after a commit it does nothing
	t := &tx{ctx: ctx, engine: db.engine, schools: &db.schools, sql: sqltx}
	if lock != "" {
		if _, err := t.exec(lock); err != nil {
			return t.again, err
		}
	}
	if err := f(t); err != nil {
		return t.again, err
	}
	if t.failed != nil {
		return t.again, t.failed
	}
	if err := sqltx.Commit(); err != nil {
		return db.engine.clean(ctx, "commit", err)
	}
	return never, nil
}
