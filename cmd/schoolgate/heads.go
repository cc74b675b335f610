package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"schoolgate/portal"
	"schoolgate/portal/ledger"
	"schoolgate/site"
)

// Where the ledger's public keys and published heads stand in each site.
const wellKnown = site.WellKnown + "/schoolgate"

// errOldCopy is a database that is behind the heads that were published from it.
var errOldCopy = errors.New("it was restored from an old copy, or records were taken away. " +
	"Nothing is opened until somebody has looked: schoolgate ledger restored says what follows from it")

// publishHeads publishes a head at each set time, and at once where one was missed,
// until ctx ends.
func (app *application) publishHeads(ctx context.Context) {
	for {
		done, err := app.ledger.Publish(ctx, app.store, app.now())
		if err == nil {
			err = app.keepHeads(ctx)
		}
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			app.log.Error("publishing a head", "err", err)
		case done:
			app.log.Info("published a head")
		}
		wait := min(app.ledger.Next(app.now()).Sub(app.now()), time.Minute) // a clock may be set meanwhile
		select {
		case <-ctx.Done():
			return
		case <-time.After(max(wait, time.Second)):
		}
	}
}

// keepHeads adds the heads published since to the file that is to be copied
// elsewhere, and puts all of them into the built sites. A file with heads that the
// database does not know, there or in a site, is an error: the database is not what it was.
// That the file was not there, though heads were published, is put on record and said.
func (app *application) keepHeads(ctx context.Context) error {
	err := app.keepTheseHeads(ctx)
	if errors.Is(err, errOldCopy) { // or another process has published one since they were read
		err = app.keepTheseHeads(ctx)
	}
	return err
}

func (app *application) keepTheseHeads(ctx context.Context) error {
	heads, err := app.portal.LedgerHeads(ctx)
	if err != nil {
		return err
	}
	keys, err := app.portal.LedgerKeys(ctx)
	if err != nil {
		return err
	}
	dirs, err := app.headsInSites()
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		name := filepath.Join(dir, "heads.txt")
		kept, err := orNone(os.ReadFile(name))
		if err == nil {
			_, err = since(name, kept, heads)
		}
		if err != nil {
			return fmt.Errorf("heads: %w", err)
		}
	}
	if err := app.missesHeads(ctx, heads); err != nil {
		return err
	}
	if err := addHeads(app.headsFile(), heads); err != nil {
		return err
	}
	for _, dir := range dirs {
		err := os.MkdirAll(dir, 0o755)
		if err == nil {
			err = replaceFile(filepath.Join(dir, "heads.txt"), heads)
		}
		if err == nil {
			err = replaceFile(filepath.Join(dir, "keys.txt"), keys)
		}
		if err != nil {
			return fmt.Errorf("heads: %w", err)
		}
	}
	return nil
}

// headsInSites is the folders of the built sites in which heads stand.
func (app *application) headsInSites() (dirs []string, err error) {
	sites, err := filepath.Glob(filepath.Join(app.sites(), "*", "current"))
	for _, site := range sites {
		dirs = append(dirs, filepath.Join(site, wellKnown))
	}
	return dirs, err
}

// missesHeads says, and puts on record, that the file of heads is not there: without it
// nobody would notice an old copy of the database.
func (app *application) missesHeads(ctx context.Context, heads []byte) error {
	all, err := ledger.Heads(heads)
	if err != nil || len(all) < 2 { // the first is of when the database was made
		return err
	}
	if _, err := os.Stat(app.headsFile()); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	app.log.Error("the file of published heads is not there, so nothing here shows whether this database is an old copy; it is made anew from the database. Compare it with your copy of it: schoolgate verify --head FILE", "file", app.headsFile())
	return app.portal.Note(ctx, portal.HeadsMissing, map[string]any{"heads in the database": len(all)})
}

// since is the heads that a file, which holds these, has not yet.
func since(name string, kept, heads []byte) ([]byte, error) {
	missing, ok := bytes.CutPrefix(heads, kept)
	switch {
	case bytes.HasPrefix(kept, heads) && !ok:
		return nil, fmt.Errorf("%s has heads that were published after the database's last: %w", name, errOldCopy)
	case !ok:
		return nil, fmt.Errorf("%s is not of this database's ledger: %w", name, errOldCopy)
	}
	return missing, nil
}

// addHeads adds to a file of heads those that it has not.
func addHeads(name string, heads []byte) error {
	err := addTo(name, func(kept []byte) ([]byte, error) { return since(name, kept, heads) })
	if err != nil {
		return fmt.Errorf("heads: %w", err)
	}
	return nil
}

// addTo adds to a file, made first if there is none, what more answers to what is in it.
func addTo(name string, more func(kept []byte) ([]byte, error)) error {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("lock %s: %w", name, err)
	}
	kept, err := io.ReadAll(f)
	if err != nil {
		return err
	}
	missing, err := more(kept)
	if err != nil || len(missing) == 0 {
		return err
	}
	_, err = f.Write(missing)
	return errors.Join(err, f.Sync())
}

// replaceFile puts a file in place whole.
func replaceFile(name string, content []byte) error {
	if was, err := os.ReadFile(name); err == nil && bytes.Equal(was, content) {
		return nil
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(content)
	if err = errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
