package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/gorilla/mux"
	"github.com/spf13/cobra"

	"schoolgate/portal"
	"schoolgate/portal/ledger"
)

func verifyCommand(settings settingsFunc) *cobra.Command {
	var receipt, key, consistency, witness string
	var heads []string
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check the whole ledger, or one receipt",
		Long: `Check that every act in the database is the one that was sealed, and that nothing
was taken out or put in; that each record that was erased is on record as erased; and
that the register (who is who, who may decide, restrictions, joins, letters, texts and how
long what is kept) is as it was sealed, so that nothing was changed by hand. With --head, a file of heads that were published earlier and
kept elsewhere, also that nothing was rewritten since: without one, a ledger can only
be consistent with itself. --head may be given more than once. With --witness, the
public key of another installation that looks on (schoolgate ledger witness), each head
given must be one that it has seen.

With --receipt, check one downloaded receipt instead, offline, needing no settings:
--key is the ledger's public keys (a file, or the key itself), and --head its heads, as
published in each site at /.well-known/schoolgate/keys.txt and heads.txt. Where no head
is the receipt's own, --consistency is the proof between the two, from
/ledger/consistency/FROM/TO.

With --key and two heads alone, check offline that the later one, given second, holds
all that the earlier one vouched for.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			published, err := readHeads(heads)
			if err != nil {
				return err
			}
			if err := witnessed(published, witness); err != nil {
				return err
			}
			if b, err := os.ReadFile(key); err == nil {
				key = string(b)
			}
			proof, err := readIf(consistency)
			if err != nil {
				return err
			}
			switch {
			case receipt != "":
				return verifyReceipt(cmd.OutOrStdout(), receipt, key, published, proof)
			case key != "" && len(published) == 2:
				if err := ledger.CheckHeads(published[0], published[1], key, proof); err != nil {
					return err
				}
				fmt.Fprintln(cmd.OutOrStdout(), "The heads hold: the later one has all that the earlier one vouched for.")
				return nil
			case key != "":
				return errors.New("--key is for a --receipt, or for two heads")
			}
			app, err := openFor(cmd, settings)
			if err != nil {
				return err
			}
			defer closing(&err, app)
			v, err := app.ledger.VerifyAll(cmd.Context(), app.store, published...)
			if err != nil {
				return fmt.Errorf("the ledger does not hold: %w", err)
			}
			holds(cmd.OutOrStdout(), v, len(published))
			return nil
		},
	}
	cmd.Flags().StringVar(&receipt, "receipt", "", "check this receipt `file`")
	cmd.Flags().StringVar(&key, "key", "", "the ledger's public `keys`, or a file that holds them")
	cmd.Flags().StringArrayVar(&heads, "head", nil, "a `file` with published heads")
	cmd.Flags().StringVar(&witness, "witness", "", "the public `key` of a witness that has seen each head")
	cmd.Flags().StringVar(&consistency, "consistency", "", "a `file` with the proof from one head to a later one")
	return cmd
}

// holds says what was found, where everything is as it was sealed, and against how many
// heads that were kept.
func holds(w io.Writer, v ledger.Verified, heads int) {
	r := v.Register
	fmt.Fprintf(w, "The ledger holds: %d records, each as it was sealed; %d wait for the next head.\n", v.Records, v.Waiting)
	if named := v.Erased - int64(r.ErasedBefore); named > 0 {
		fmt.Fprintf(w, "%d of them were erased since, and for each it is on record when, by whom and under which rule.\n", named)
	}
	if r.ErasedBefore > 0 {
		fmt.Fprintf(w, "%d of them were erased before erasures were sealed: as many as are on record, but not which.\n", r.ErasedBefore)
	}
	if r.Since.IsZero() {
		fmt.Fprintln(w, "The register was never sealed, so nothing is known of changes by hand: it is once the server is started.")
	} else {
		fmt.Fprintf(w, "The register holds: %d rows, each as it was sealed since %s: who is who, who may decide, who joined, and how long what is kept.\n", r.Rows, r.Since.Format("2 January 2006, 15:04 UTC"))
	}
	if heads == 0 {
		fmt.Fprintln(w, "All this is consistent with itself only. To know that nothing was rewritten, give heads that you kept elsewhere, with --head.")
	} else {
		fmt.Fprintf(w, "It has all that the %d heads given vouched for.\n", heads)
	}
}

func readIf(file string) ([]byte, error) {
	if file == "" {
		return nil, nil
	}
	return os.ReadFile(file)
}

// readHeads reads the heads in all of the files.
func readHeads(files []string) (all [][]byte, err error) {
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		heads, err := ledger.Heads(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		all = append(all, heads...)
	}
	return all, nil
}

// witnessed checks that a witness, if one is named, has seen every head.
func witnessed(heads [][]byte, witness string) error {
	if witness == "" {
		return nil
	}
	if len(heads) == 0 {
		return errors.New("--witness needs --head, a file of heads that it has seen")
	}
	for i, head := range heads {
		if _, err := ledger.Witnessed(head, witness); err != nil {
			return fmt.Errorf("head %d: %w", i+1, err)
		}
	}
	return nil
}

func verifyReceipt(w io.Writer, receipt, key string, published [][]byte, consistency []byte) error {
	if key == "" {
		return errors.New("--receipt needs --key, the ledger's public keys")
	}
	r, err := os.ReadFile(receipt)
	if err != nil {
		return err
	}
	var head []byte
	for _, head = range published { // the receipt's own, or else the last
		if checked, err := ledger.CheckReceipt(r, key, head, nil); err == nil && checked.Proved {
			break
		}
	}
	checked, err := ledger.CheckReceipt(r, key, head, consistency)
	if err != nil {
		return fmt.Errorf("the receipt does not hold: %w", err)
	}
	what := "the signature of " + checked.TypedName + " under"
	if checked.Kind == portal.Decision {
		what = "the answer “" + string(checked.Answer) + "” to"
	}
	what = fmt.Sprintf("%s %s, edition %d, on %s,", what, checked.TextSlug, checked.Edition, checked.At.Format(time.RFC3339Nano))
	switch {
	case !checked.Proved:
		fmt.Fprintf(w, "The promise holds: the ledger has signed that %s will be in it by %s.\nDownload the receipt again then: it will hold the proof.\n", what, checked.Due.Format(time.RFC3339))
	case head == nil:
		fmt.Fprintf(w, "The receipt holds: %s is in the ledger.\nIt was checked against the head it carries. To check it against the published one, add --head.\n", what)
	default:
		fmt.Fprintf(w, "The receipt holds: %s is in the ledger, under a head that was published.\n", what)
	}
	return nil
}

func (app *application) ledgerHead(w http.ResponseWriter, r *http.Request) {
	app.plain(w, r, app.portal.LedgerHead)
}

func (app *application) ledgerKey(w http.ResponseWriter, r *http.Request) {
	app.plain(w, r, app.portal.LedgerKeys)
}

// ledgerConsistency proves one size to be the beginning of another. The tree has
// only the sizes of heads, so a proof tells nothing that they do not.
func (app *application) ledgerConsistency(w http.ResponseWriter, r *http.Request) {
	from, err := strconv.ParseInt(mux.Vars(r)["from"], 10, 64)
	to, err2 := strconv.ParseInt(mux.Vars(r)["to"], 10, 64)
	if err != nil || err2 != nil {
		http.NotFound(w, r)
		return
	}
	app.plain(w, r, func(ctx context.Context) ([]byte, error) {
		return app.portal.LedgerConsistency(ctx, from, to)
	})
}
