package store

import (
	"context"
	"database/sql"
	"fmt"
	"sync/atomic"

	"schoolgate/portal"
)

// So many updates share one commit at most, so that the first does not wait for
// ever behind a crowd.
const groupSize = 128

// writers are the updates of an SQLite database. They run one after another, and
// those that wait beside each other share one durable commit: each in a savepoint
// of its own, and nobody is answered before the disk has all of them.
type writers struct {
	turn    chan struct{} // holds one while somebody has it
	open    *group        // of whoever has the turn; nil between commits
	waiting atomic.Int64  // for the turn
}

// group is updates that are committed together.
type group struct {
	conn    *sql.Conn // in a transaction begun by hand: of a sql.Tx each query has a goroutine wait for its end
	members int
	broken  error         // of a statement that took the whole transaction with it
	done    chan struct{} // closed once err is known
	err     error
}

// together runs f in a savepoint of the group that is open, and answers when the
// group is committed. An update that asks to be alone shares its commit with
// nobody. Whether f failed or not, what it saw is committed when it is told so.
func (db *DB) together(ctx context.Context, alone bool, f func(portal.Tx) error) (retry, error) {
	w := &db.writers
	w.waiting.Add(1)
	select {
	case w.turn <- struct{}{}:
		w.waiting.Add(-1)
	case <-ctx.Done():
		go func() { // somebody may have left the group open for this one to end
			w.turn <- struct{}{}
			w.waiting.Add(-1)
			w.pass()
		}()
		return never, fmt.Errorf("store: %w", ctx.Err())
	}
	if alone {
		w.end()
	}
	if w.open == nil {
		conn, err := db.begin()
		if err != nil {
			w.pass()
			return db.engine.clean(ctx, "begin", err)
		}
		w.open = &group{conn: conn, done: make(chan struct{})}
	}
	g := w.open
	failed := func() error {
		defer func() { // also when f panics
			if alone {
				w.end()
			}
			w.pass()
		}()
		g.members++
		return db.member(ctx, g, f)
	}()
	<-g.done
	if g.err == nil {
		return never, failed
	}
	again, err := db.engine.clean(ctx, "commit", g.err)
	if g.members > 1 {
		// It may have been another's fault, which says nothing about this one.
		return once, err
	}
	if failed != nil {
		err = failed // what broke it says more than that it broke
	}
	return again, err
}

// begin opens a transaction for a group. That is nobody's own: it goes on when one of its
// members gives up.
func (db *DB) begin() (*sql.Conn, error) {
	conn, err := db.write.Conn(context.Background())
	if err != nil {
		return nil, err
	}
	if _, err := conn.ExecContext(context.Background(), "BEGIN IMMEDIATE"); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// member runs f in a savepoint, and leaves nothing of it where it failed.
func (db *DB) member(ctx context.Context, g *group, f func(portal.Tx) error) (err error) {
	if ctx.Err() != nil {
		return fmt.Errorf("store: %w", ctx.Err())
	}
	savepoint := func(statement string) {
		if g.broken == nil {
			_, g.broken = g.conn.ExecContext(context.WithoutCancel(ctx), statement)
		}
	}
	if savepoint("SAVEPOINT member"); g.broken != nil {
		_, err = db.engine.clean(ctx, "savepoint", g.broken)
		return err
	}
	t := &tx{ctx: ctx, engine: db.engine, schools: &db.schools, sql: g.conn, shared: true}
	whole := false
	defer func() {
		if !whole {
			// Where a failure has ended the transaction there is no savepoint any more.
			savepoint("ROLLBACK TO member")
		}
		savepoint("RELEASE member")
	}()
	if err = f(t); err == nil {
		err = t.failed
	}
	whole = err == nil
	return err
}

// pass hands the turn on. Where nobody waits, or nobody else fits in, the group ends.
func (w *writers) pass() {
	if g := w.open; w.waiting.Load() == 0 || g != nil && (g.broken != nil || g.members == groupSize) {
		w.end()
	}
	<-w.turn
}

// end commits the group that is open, or gives it up where it is broken.
func (w *writers) end() {
	g := w.open
	if g == nil {
		return
	}
	w.open = nil
	if g.err = g.broken; g.err == nil {
		_, g.err = g.conn.ExecContext(context.Background(), "COMMIT")
	}
	if g.err != nil { // what broke it may have ended it already
		_, _ = g.conn.ExecContext(context.Background(), "ROLLBACK")
	}
	_ = g.conn.Close() // which hands the connection back
	close(g.done)
}
