package main

import (
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"
	"github.com/spf13/cobra"

	"schoolgate/portal"
	"schoolgate/portal/ledger"
)

func verifyCommand(settings settingsFunc) *cobra.Command {
	var receipt, key, head, consistency string
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check the whole ledger, or one receipt",
		Long: `Check that every signature and decision in the database is the one that was
sealed, and that nothing was taken out or put in; with --head, a head that was
published earlier, also that nothing was cut off the end since.

With --receipt, check one downloaded receipt instead, offline, needing no
settings: --key is the ledger's public key (a file, or the key itself) and --head
the ledger's signed head, as published at /ledger/key and /ledger/head. Where the
head is of a later day than the receipt, --consistency is the proof between the
two, from /ledger/consistency/FROM/TO.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if receipt != "" {
				return verifyReceipt(cmd, receipt, key, head, consistency)
			}
			s, err := settings()
			if err != nil {
				return err
			}
			h, err := openHouse(cmd.Context(), s, nil, newLog(cmd.ErrOrStderr()))
			if err != nil {
				return err
			}
			defer closing(&err, h)
			var published [][]byte
			if head != "" {
				b, err := os.ReadFile(head)
				if err != nil {
					return err
				}
				published = append(published, b)
			}
			size, _, err := h.ledger.VerifyAll(cmd.Context(), h.store, published...)
			if err != nil {
				return fmt.Errorf("the ledger does not hold: %w", err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "The ledger holds: %d records, each as it was sealed.\n", size)
			return nil
		},
	}
	cmd.Flags().StringVar(&receipt, "receipt", "", "check this receipt `file`")
	cmd.Flags().StringVar(&key, "key", "", "the ledger's public `key`, or a file that holds it")
	cmd.Flags().StringVar(&head, "head", "", "a `file` with the published head")
	cmd.Flags().StringVar(&consistency, "consistency", "", "a `file` with the proof from the receipt's head to a later one")
	cmd.MarkFlagsRequiredTogether("receipt", "key")
	return cmd
}

func verifyReceipt(cmd *cobra.Command, receipt, key, head, consistency string) error {
	read := func(file string) ([]byte, error) {
		if file == "" {
			return nil, nil
		}
		return os.ReadFile(file)
	}
	r, err := read(receipt)
	if err != nil {
		return err
	}
	published, err := read(head)
	if err != nil {
		return err
	}
	proof, err := read(consistency)
	if err != nil {
		return err
	}
	if b, err := os.ReadFile(key); err == nil {
		key = strings.TrimSpace(string(b))
	}
	act, err := ledger.CheckReceipt(r, key, published, proof)
	if err != nil {
		return fmt.Errorf("the receipt does not hold: %w", err)
	}
	what := "the signature of " + act.TypedName + " under"
	if act.Kind == portal.Decision {
		what = "the answer “" + string(act.Answer) + "” to"
	}
	fmt.Fprintf(cmd.OutOrStdout(), "The receipt holds: %s %s, edition %d, on %s, is in the ledger.\n", what, act.TextSlug, act.Edition, act.At.Format(time.RFC3339Nano))
	if head == "" {
		fmt.Fprintln(cmd.OutOrStdout(), "It was checked against the head it carries. To check it against the published one, add --head.")
	}
	return nil
}

func (h *house) ledgerHead(w http.ResponseWriter, r *http.Request) {
	h.plain(w, r, func(tx portal.Tx) ([]byte, error) { return h.ledger.Head(tx) })
}

func (h *house) ledgerKey(w http.ResponseWriter, r *http.Request) {
	h.plain(w, r, func(portal.Tx) ([]byte, error) { return []byte(h.key.VerifierKey() + "\n"), nil })
}

func (h *house) ledgerConsistency(w http.ResponseWriter, r *http.Request) {
	h.plain(w, r, func(tx portal.Tx) ([]byte, error) {
		from, err := strconv.ParseInt(mux.Vars(r)["from"], 10, 64)
		to, err2 := strconv.ParseInt(mux.Vars(r)["to"], 10, 64)
		size, err3 := tx.LedgerSize()
		if err3 != nil {
			return nil, err3
		}
		if err != nil || err2 != nil || from > to || to > size {
			return nil, fmt.Errorf("a proof between sizes that the ledger never had: %w", portal.ErrNotFound)
		}
		return h.ledger.Consistency(tx, from, to)
	})
}
