package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"schoolgate/portal"
	"schoolgate/portal/store"
)

func ledgerCommand(settings settingsFunc) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "ledger",
		Short: "Look after the ledger's key, and after a database that was restored",
	}
	cmd.AddCommand(rotateCommand(settings), restoredCommand(settings), witnessCommand(settings), grantsCommand())
	return cmd
}

func rotateCommand(settings settingsFunc) *cobra.Command {
	return &cobra.Command{
		Use:   "rotate",
		Short: "Hand the ledger over to a new key",
		Long: `Make a new key, which the one before signs for; receipts and heads of before stay
good. The codes on letters that nobody has used yet are dead: print those again. Stop
the server first, start it after, and copy the new ledger.key to where you keep the old
one.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			app, err := openFor(cmd, settings)
			if err != nil {
				return err
			}
			defer closing(&err, app)
			if err := app.rotate(cmd.Context()); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "The ledger has a new key. Copy %s to where you keep the old one, and start the server again.\n", app.keyFile())
			return nil
		},
	}
}

// rotate hands over to a new key and keeps the head that it signed. The event that says so
// is the first that it seals: from there on no seal by the key before counts.
func (app *application) rotate(ctx context.Context) error {
	if err := app.ledger.Rotate(ctx, app.store, app.keyFile(), app.now()); err != nil {
		return err
	}
	if err := app.openLedger(ctx); err != nil {
		return err
	}
	return errors.Join(app.portal.Note(ctx, portal.KeyChanged, nil), app.keepHeads(ctx))
}

func grantsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "grants ROLE",
		Short: "Print the SQL that lets a PostgreSQL role serve, and change nothing that is signed",
		Long: `Print the SQL that lets a PostgreSQL role do all that serving needs, and neither change
nor delete what is signed. Run it as the database's owner, again after each upgrade:

	schoolgate ledger grants schoolgate_web | psql DATABASE

Then serve with that role in the settings' database address. Commands that erase need
the owner's.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			_, err := io.WriteString(cmd.OutOrStdout(), store.Grants(args[0]))
			return err
		},
	}
}

func restoredCommand(settings settingsFunc) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "restored",
		Short: "Say what follows from a database that was restored from an old copy, and go on from it",
		Long: `Where the database is behind the heads that were published from it, no other
command opens it. This one says what may have come back from the past. With --yes,
it ends every session and every letter's code, as some had ended before; hands the
ledger over to a new key, so that the heads of the lost part stand out as such; and
keeps the file of heads under another name.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			s, err := settings()
			if err != nil {
				return err
			}
			app, err := openDatabase(cmd.Context(), s, nil, newLog(cmd.ErrOrStderr()))
			if err != nil {
				return err
			}
			defer closing(&err, app)
			if err := app.keepHeads(cmd.Context()); err == nil {
				fmt.Fprintln(cmd.OutOrStdout(), "The database has every head that was published. There is nothing to do.")
				return nil
			} else if !errors.Is(err, errOldCopy) {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), "This database is older than the last head that was published.")
			if err := app.consequences(cmd.Context(), cmd.OutOrStdout()); err != nil {
				return err
			}
			if !yes {
				return errors.New("nothing was changed: run it again with --yes to go on from this copy, or put a newer copy of the database back")
			}
			return app.goOn(cmd.Context(), cmd.OutOrStdout())
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "go on from this copy")
	return cmd
}

// consequences says what an old copy may have brought back.
func (app *application) consequences(ctx context.Context, w io.Writer) error {
	r, err := app.portal.Restored(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "Its last head is of %s.\n", r.Last.Format("2 January 2006, 15:04 UTC"))
	fmt.Fprintf(w, "What was signed, answered, imported and changed since is not in it. Families who hold a receipt can prove what is missing.\n\n")
	for _, s := range r.Schools {
		fmt.Fprintf(w, "%s\n", s.Slug)
		fmt.Fprintf(w, "  %d letters' codes work again, also of letters that were used or replaced since. They will be ended: print new letters.\n", s.Letters)
		fmt.Fprintf(w, "  %d contacts are joined, also those whose access was ended since, and not those who joined since. Go through them.\n", s.Joined)
		fmt.Fprintf(w, "  %d contacts are barred from something about a child, also where it was lifted since; and what was set since is NOT in force. Set it again before you start the server.\n", s.Barred)
		if s.Shown > 0 {
			fmt.Fprintf(w, "  %d pictures of pupils were on the website. They will be taken down, as families may have said no since: the office puts each back, once it knows. A picture that was put into the content folder since is judged by the old answers: look through those.\n", s.Shown)
		}
	}
	fmt.Fprintln(w)
	return nil
}

// goOn ends what may have come back, and continues the ledger under a new key.
func (app *application) goOn(ctx context.Context, w io.Writer) error {
	if err := app.portal.EndAccess(ctx); err != nil {
		return err
	}
	heads := app.headsFile()
	lost := heads + ".lost-" + app.now().UTC().Format(time.DateOnly)
	if _, err := os.Stat(lost); err == nil {
		return fmt.Errorf("%s is there already: move it away, and keep it", lost)
	}
	if err := app.loseHeads(lost); err != nil {
		return err
	}
	if err := app.rotate(ctx); err != nil {
		return errors.Join(err, os.Rename(lost, heads))
	}
	if err := app.portal.Note(ctx, portal.DatabaseRestored, map[string]any{"went on": "from an old copy"}); err != nil {
		return err
	}
	fmt.Fprintf(w, "Every session and every code has ended. The ledger goes on under a new key, %s; copy it to where you keep the old one.\nThe heads of the lost part are in %s: keep them.\n", app.keyFile(), filepath.Base(lost))
	return nil
}

// loseHeads moves away the heads that the database does not know: the file of them, or, where
// that is not there, those of a site. The next are kept in a new file.
func (app *application) loseHeads(lost string) error {
	dirs, err := app.headsInSites()
	if err != nil {
		return err
	}
	files := []string{app.headsFile()}
	for _, dir := range dirs {
		files = append(files, filepath.Join(dir, "heads.txt"))
	}
	moved := false
	for _, name := range files {
		err := error(nil)
		if moved {
			err = os.Remove(name)
		} else {
			err = os.Rename(name, lost)
			moved = err == nil
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return os.WriteFile(app.headsFile(), nil, 0o644)
}
