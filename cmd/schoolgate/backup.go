package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/spf13/cobra"

	"schoolgate/portal"
	"schoolgate/portal/ledger"
	"schoolgate/portal/store"
)

// BackupSettings is who can open a backup.
type BackupSettings struct {
	Recipients []string `toml:"recipients"` // public keys of age
}

// recipients are public keys of age; there is at least one.
func recipients(keys []string) ([]age.Recipient, error) {
	if len(keys) == 0 {
		return nil, errors.New(`expected a public key of age, such as "age1…": age-keygen makes one, with the identity that opens what is encrypted to it`)
	}
	all, err := age.ParseRecipients(strings.NewReader(strings.Join(keys, "\n")))
	if err != nil {
		return nil, errors.New(`expected public keys of age, such as "age1…"`) // what was given may be the secret one
	}
	return all, nil
}

func backupCommand(settings settingsFunc) *cobra.Command {
	var to []string
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write the database and its keys to an encrypted file, also while it is served",
		Long: `Write all that is in the database at this moment, the pictures of the picture desks, and
the keys in the data folder, to a new FILE, encrypted with age to the public keys under [backup] in the settings, or to
those given with --to. Whoever has one of the identities can restore it, with any
engine; nobody else can read it, nor can this machine. FILE is there whole or not at all.

Make the keys elsewhere, and keep the identity there:

	age-keygen -o schoolgate-identity.txt

Every night, from cron:

	30 2 * * *  cd /srv/schoolgate && schoolgate backup "backups/$(date +\%F).age"

Not in it: the settings, their secrets and the content folder, which change by hand; the
sites, which are built; sessions, and what is held for a day at most.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			app, err := openFor(cmd, settings)
			if err != nil {
				return err
			}
			defer closing(&err, app)
			if len(to) == 0 {
				to = app.settings.Backup.Recipients
			}
			keys, err := recipients(to)
			if err != nil {
				return fmt.Errorf("backup.recipients, or --to: %w", err)
			}
			rows, err := app.backup(cmd.Context(), args[0], keys)
			if err != nil {
				return fmt.Errorf("no backup was made: %w", err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s has the database (%d rows), its pictures and its keys.\n", args[0], rows)
			return nil
		},
	}
	cmd.Flags().StringSliceVar(&to, "to", nil, "a public `key` of age, instead of those in the settings; may be given more than once")
	return cmd
}

// backupFiles is the first line of what is encrypted. A line for each picture of the desks
// follows, and an empty one for none; [store.Restore] reads the others.
type backupFiles struct {
	Made     time.Time         `json:"made"`
	Files    map[string]string `json:"files"`    // of the data folder, by name
	Pictures bool              `json:"pictures"` // there are lines of pictures; in a backup from before there was a desk, not
}

// backupPicture is a picture's file, encrypted under a key that stands in the database.
type backupPicture struct {
	Name   string `json:"picture"`
	Sealed []byte `json:"sealed"`
}

// keyFiles are the files of the data folder that cannot be made anew; an installation
// that is nobody's witness has the first alone.
var keyFiles = []string{"ledger.key", "witness.key"}

// backup writes a backup to a new file and answers how many rows it has.
func (app *application) backup(ctx context.Context, name string, to []age.Recipient) (rows int, err error) {
	if _, err := os.Lstat(name); err == nil {
		return 0, fmt.Errorf("%s is there already", name)
	}
	// On record before anything leaves, and in the backup itself.
	if err := app.portal.Note(ctx, portal.DatabaseCopied, map[string]any{"keys that open it": len(to)}); err != nil {
		return 0, err
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".backup-*") // 0600
	if err != nil {
		return 0, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	sealed, err := age.Encrypt(f, to...)
	if err != nil {
		return 0, err
	}
	packed := gzip.NewWriter(sealed)
	first := backupFiles{Made: app.now().UTC(), Files: map[string]string{}, Pictures: true}
	for _, file := range keyFiles {
		text, err := orNone(os.ReadFile(filepath.Join(app.settings.Data, file)))
		if err != nil {
			return 0, err
		}
		if text != nil {
			first.Files[file] = string(text)
		}
	}
	rows, err = app.store.Backup(ctx, packed, func(tx portal.Tx) error {
		// The key was read before: it is the one of this moment, or this says so.
		if err := app.ledger.Mine(tx); err != nil {
			return err
		}
		out := json.NewEncoder(packed)
		if err := out.Encode(first); err != nil {
			return err
		}
		if err := app.portal.PhotoFiles(tx, func(name string, sealed []byte) error { return out.Encode(backupPicture{name, sealed}) }); err != nil {
			return err
		}
		return out.Encode(backupPicture{})
	})
	for _, end := range []func() error{packed.Close, sealed.Close, f.Sync, f.Close} {
		if err == nil { // what was not ended well cannot be opened
			err = end()
		}
	}
	if err != nil {
		return 0, err
	}
	return rows, os.Rename(f.Name(), name)
}

func restoreCommand(settings settingsFunc) *cobra.Command {
	var identity string
	var moved bool
	cmd := &cobra.Command{
		Use:   "restore FILE --identity FILE",
		Short: "Put a backup into a new database, and say what follows from it",
		Long: `Put a backup into the database of the settings, which must be new and empty, of either
engine, and its keys into the data folder. The file is read to its end before anything
is touched, and nothing opens the database until the ledger in it has been checked.

First put your copies of heads.txt and erased.txt, which you keep elsewhere, into the
data folder: they show what is missing, and whether it is your backup at all, as anybody
can encrypt to a public key.

A backup is the past: what was ended, lifted or erased since comes back. So letters'
codes are ended, and what else has to be done before you start the server is said.
With --moved, where the server was stopped before the backup was made, nothing came
since, and codes go on. It takes the heads.txt of that server, as it is at its end: no
head may have been published since. That it was restored, and how, is on record.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := settings()
			if err != nil {
				return err
			}
			b, err := openBackup(args[0], identity)
			if err != nil {
				return fmt.Errorf("nothing was restored: %w", err)
			}
			defer b.Close()
			return b.restore(cmd, s, moved)
		},
	}
	cmd.Flags().StringVar(&identity, "identity", "", "the `file` of an identity that opens the backup, as age-keygen writes it")
	cmd.Flags().BoolVar(&moved, "moved", false, "nothing was done since the backup was made")
	if err := cmd.MarkFlagRequired("identity"); err != nil {
		panic(err)
	}
	return cmd
}

// backup is a backup's file, that has been read to its end once.
type backup struct {
	*os.File
	identities []age.Identity
	backupFiles
}

func openBackup(name, identity string) (b *backup, err error) {
	text, err := os.Open(identity)
	if err != nil {
		return nil, err
	}
	defer text.Close()
	b = &backup{}
	if b.identities, err = age.ParseIdentities(text); err != nil {
		return nil, fmt.Errorf("%s is not an identity as age-keygen writes it; one with a passphrase has to be opened with age first", identity)
	}
	if b.File, err = os.Open(name); err != nil {
		return nil, err
	}
	rows, err := b.rows(nil)
	if err == nil {
		if _, err = io.Copy(io.Discard, rows); err != nil {
			err = fmt.Errorf("%s is cut short or was altered: %w", name, err)
		}
	}
	if err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// rows reads the file from its beginning: its first line and its pictures, each of which is
// told to pictured, if that is not nil; and what is after that.
func (b *backup) rows(pictured func(backupPicture) error) (io.Reader, error) {
	if _, err := b.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	var line []byte
	var in *bufio.Reader
	opened, err := age.Decrypt(b.File, b.identities...)
	if _, ok := errors.AsType[*age.NoIdentityMatchError](err); ok {
		return nil, fmt.Errorf("%s was encrypted to other keys: this identity does not open it", b.Name())
	}
	if err == nil {
		if opened, err = gzip.NewReader(opened); err == nil {
			in = bufio.NewReader(opened)
			line, err = in.ReadBytes('\n')
		}
	}
	if err == nil {
		err = json.Unmarshal(line, &b.backupFiles)
	}
	for more := err == nil && b.Pictures; more; {
		var x backupPicture
		if line, err = in.ReadBytes('\n'); err == nil {
			err = json.Unmarshal(line, &x)
		}
		more = err == nil && x.Name != ""
		if more && pictured != nil {
			if err := pictured(x); err != nil {
				return nil, err
			}
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s is not a backup, or its beginning is cut short or was altered: %w", b.Name(), err)
	}
	return in, nil
}

// putPictures puts the pictures into the folder of the desks; undo takes them away again.
func (b *backup) putPictures(s Settings) (undo func() error, err error) {
	to := shelf(filepath.Join(s.Data, "pictures"))
	var put []string
	_, err = b.rows(func(x backupPicture) error {
		put = append(put, filepath.Join(string(to), x.Name))
		return to.Put(x.Name, x.Sealed)
	})
	return func() (err error) {
		for _, name := range put {
			if gone := os.Remove(name); !errors.Is(gone, fs.ErrNotExist) {
				err = errors.Join(err, gone)
			}
		}
		return err
	}, err
}

// restore puts the backup into the settings' database and data folder.
func (b *backup) restore(cmd *cobra.Command, s Settings, moved bool) (err error) {
	ctx, out, log := cmd.Context(), cmd.OutOrStdout(), newLog(cmd.ErrOrStderr())
	if err := os.MkdirAll(s.Data, 0o700); err != nil {
		return err
	}
	missing := map[string]string{}
	for _, name := range keyFiles {
		text, path := b.Files[name], filepath.Join(s.Data, name)
		was, err := orNone(os.ReadFile(path))
		switch {
		case err != nil:
			return err
		case was == nil && text != "":
			missing[path] = text
		case text != "" && string(was) != text:
			return fmt.Errorf("nothing was restored: %s is there, and is not the backup's: move it away, and keep it", path)
		}
	}
	rows, err := b.rows(nil)
	if err != nil {
		return err
	}
	err = store.Restore(ctx, s.Database, rows, func(db *store.DB) (err error) {
		for path, text := range missing {
			if err := saveNew(path, text); err != nil {
				return err
			}
			defer func() {
				if err != nil {
					err = errors.Join(err, os.Remove(path))
				}
			}()
		}
		undo, err := b.putPictures(s)
		defer func() {
			if err != nil {
				err = errors.Join(err, undo())
			}
		}()
		if err != nil {
			return err
		}
		app, err := newApplication(ctx, s, db, nil, log)
		if err != nil {
			return err
		}
		kept, same, err := app.headsBeside(ctx)
		if err != nil {
			return err
		}
		erased, err := app.erasedSince(ctx)
		if err != nil {
			return err
		}
		if moved && len(erased) > 0 {
			return fmt.Errorf("--moved is not so: by %s something was erased after the backup was made. Make another, or leave --moved out", app.erasedFile())
		}
		if moved && !same {
			return fmt.Errorf("--moved is not shown: put the heads.txt of the server that you move from beside the key, as %s. If it is there, a head was published there since the backup was made: make another, or leave --moved out", app.headsFile())
		}
		v, err := app.ledger.VerifyAll(ctx, db, kept...)
		if err != nil {
			return fmt.Errorf("the ledger in the backup does not hold: %w", err)
		}
		fmt.Fprintf(out, "The backup of %s is restored.\n", b.Made.Format("2 January 2006, 15:04 UTC"))
		holds(out, v, len(kept))
		if err := app.portal.Note(ctx, portal.DatabaseRestored, map[string]any{"backup of": b.Made.UTC().Format(time.RFC3339), "moved": moved, "heads given": len(kept)}); err != nil {
			return err
		}
		if moved {
			return nil
		}
		fmt.Fprintln(out)
		if err := app.consequences(ctx, out); err != nil {
			return err
		}
		if err := app.portal.EndAccess(ctx); err != nil {
			return err
		}
		if len(erased) > 0 {
			fmt.Fprintf(out, "Erased after the backup was made, and back now:\n  %s\n", strings.Join(erased, "  "))
		}
		if err := app.retention(ctx, out, "", false); err != nil {
			return err
		}
		fmt.Fprintln(out, "\nBefore you start the server: set again the restrictions that were set since, bring the\nlatest class lists in, and run schoolgate retention --run.")
		return nil
	})
	if err != nil {
		return fmt.Errorf("nothing was restored: %w", err)
	}
	app, err := openApplication(ctx, s, nil, log)
	if err != nil {
		return fmt.Errorf("the backup is restored, and does not open yet: %w", err)
	}
	return app.Close()
}

// headsBeside is the heads in the file of heads that the database knows, too, and whether they
// are all that it knows, and the file has no others.
func (app *application) headsBeside(ctx context.Context) (both [][]byte, same bool, err error) {
	kept, err := orNone(os.ReadFile(app.headsFile()))
	if err != nil {
		return nil, false, err
	}
	heads, err := app.portal.LedgerHeads(ctx)
	if err != nil || !bytes.HasPrefix(kept, heads) && !bytes.HasPrefix(heads, kept) || len(kept) == 0 {
		return nil, false, err // whose they are is said once the database is opened
	}
	both, err = ledger.Heads(heads[:min(len(heads), len(kept))])
	return both, bytes.Equal(kept, heads), err
}

// saveNew writes a new file that its owner alone may read.
func saveNew(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Sync(), f.Close())
}

// erasedFile is what was erased when, without anybody's name: kept with the heads, as a
// backup from before does not know it.
func (app *application) erasedFile() string {
	return filepath.Join(filepath.Dir(app.headsFile()), "erased.txt")
}

// erasures is what was erased, a transaction a line, the oldest first.
func (app *application) erasures(ctx context.Context) (lines []string, err error) {
	all, err := app.portal.Erasures(ctx)
	for _, e := range all {
		line := e.At.Format(time.RFC3339Nano) + " " + e.School
		for _, kind := range portal.KeptKinds {
			if e.Of[kind] > 0 {
				line += fmt.Sprintf(", %s %d", kind, e.Of[kind])
			}
		}
		lines = append(lines, line+"\n")
	}
	return lines, err
}

// keepErasures adds to the file what was erased since.
func (app *application) keepErasures(ctx context.Context) error {
	lines, err := app.erasures(ctx)
	if err != nil || len(lines) == 0 {
		return err
	}
	return addTo(app.erasedFile(), func(kept []byte) ([]byte, error) {
		return []byte(strings.Join(without(lines, strings.SplitAfter(string(kept), "\n")), "")), nil
	})
}

// erasedSince is the lines of the file that the database does not know.
func (app *application) erasedSince(ctx context.Context) ([]string, error) {
	kept, err := orNone(os.ReadFile(app.erasedFile()))
	if err != nil {
		return nil, err
	}
	lines, err := app.erasures(ctx)
	return without(strings.SplitAfter(string(kept), "\n"), append(lines, "")), err
}

// without is the lines that are not among those others.
func without(lines, others []string) []string {
	return slices.DeleteFunc(lines, func(line string) bool { return slices.Contains(others, line) })
}
