package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
)

//go:embed migrations
var migrations embed.FS

// layered is several folders seen as one.
type layered []fs.FS

func (l layered) Open(name string) (fs.File, error) {
	for _, f := range l {
		file, err := f.Open(name)
		if !errors.Is(err, fs.ErrNotExist) {
			return file, err
		}
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

func (l layered) ReadDir(name string) ([]fs.DirEntry, error) {
	var all []fs.DirEntry
	for _, f := range l {
		entries, err := fs.ReadDir(f, name)
		if err != nil {
			return nil, err
		}
		all = append(all, entries...)
	}
	slices.SortFunc(all, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return all, nil
}

// versions is the table of the migrations that have run. A migration and its row
// are one transaction, and no version stands there twice: two processes that
// start at once cannot both run one.
type versions struct{ database.Store }

func (v versions) CreateVersionTable(ctx context.Context, db database.DBTxConn) error {
	if err := v.Store.CreateVersionTable(ctx, db); err != nil {
		return err
	}
	_, err := db.ExecContext(ctx, "CREATE UNIQUE INDEX schema_version_once ON schema_version (version_id)")
	return err
}

// schema is the migrations, and the table of those that have run. They run in their
// order, unless told otherwise.
func (db *DB) schema(inAnyOrder bool) (*goose.Provider, versions, error) {
	common, err1 := fs.Sub(migrations, "migrations/common")
	own, err2 := fs.Sub(migrations, "migrations/"+db.engine.name)
	table, err3 := database.NewStore(db.engine.dialect, "schema_version")
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, versions{}, err
	}
	p, err := goose.NewProvider("", db.write, layered{common, own},
		goose.WithStore(versions{table}), goose.WithGoMigrations(db.fillNameWords()), goose.WithDisableGlobalRegistry(true), goose.WithAllowOutofOrder(inAnyOrder))
	return p, versions{table}, err
}

// migrate brings the schema up to date.
func (db *DB) migrate(ctx context.Context) error {
	p, _, err := db.schema(false)
	if err != nil {
		return err
	}
	// One that loses a race to another process finds the work done when it looks
	// again. A migration that is really broken stays broken.
	for try := 1; ; try++ {
		has, knows, err := p.GetVersions(ctx)
		if err == nil && has == underRestore {
			return errHalf
		}
		if err == nil && has > knows {
			return fmt.Errorf("the database was last changed by a newer version of Schoolgate (its schema is %d, this program knows %d): use the newer program", has, knows)
		}
		if err == nil && has == knows {
			return nil
		}
		if err == nil {
			_, err = p.Up(ctx)
		}
		if err != nil && (try == len(p.ListSources())+3 || ctx.Err() != nil) {
			_, err = db.engine.clean(ctx, "bring the schema up to date", err)
			return err
		}
	}
}
