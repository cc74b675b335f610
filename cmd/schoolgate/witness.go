package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"schoolgate/portal/ledger"
)

func witnessCommand(settings settingsFunc) *cobra.Command {
	return &cobra.Command{
		Use:   "witness ADDRESS FOLDER",
		Short: "Vouch for another installation's ledger",
		Long: `Fetch the latest head of the ledger at another installation's ADDRESS, check that it
holds all that the head before vouched for, cosign it (C2SP tlog-cosignature) and add it
to heads.txt in FOLDER, beside the ledger's keys. Run it daily. Whoever runs the other
installation cannot then rewrite its ledger unnoticed: give the file to its verify with
--head, and this witness's public key, which is printed, with --witness.

The first time, the keys at ADDRESS are taken as they are: compare them by another way.`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := settings()
			if err != nil {
				return err
			}
			if err := os.MkdirAll(s.Data, 0o700); err != nil {
				return err
			}
			w, err := ledger.OpenWitness(filepath.Join(s.Data, "witness.key"))
			if err != nil {
				return err
			}
			return witness(cmd.Context(), cmd.OutOrStdout(), w, strings.TrimSuffix(args[0], "/"), args[1])
		},
	}
}

// witness looks at a ledger once, and keeps in dir what it has seen of it.
func witness(ctx context.Context, out io.Writer, w *ledger.Witness, address, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	keysFile, headsFile := filepath.Join(dir, "keys.txt"), filepath.Join(dir, "heads.txt")
	known, err := orNone(os.ReadFile(keysFile))
	if err != nil {
		return err
	}
	kept, err := orNone(os.ReadFile(headsFile))
	if err != nil {
		return err
	}
	keys, err := fetch(ctx, address+"/ledger/key")
	if err != nil {
		return err
	}
	if !strings.HasPrefix(string(keys), string(known)) {
		return fmt.Errorf("the ledger at %s has not the keys in %s: it is another one, or its past was rewritten", address, keysFile)
	}
	head, err := fetch(ctx, address+"/ledger/head")
	if err != nil {
		return err
	}
	var before, proof []byte
	if len(kept) > 0 {
		heads, err := ledger.Heads(kept)
		if err != nil {
			return fmt.Errorf("%s: %w", headsFile, err)
		}
		before = heads[len(heads)-1]
		from, err := ledger.OpenHead(before, string(keys))
		if err != nil {
			return fmt.Errorf("%s: %w", headsFile, err)
		}
		to, err := ledger.OpenHead(head, string(keys))
		if err != nil {
			return err
		}
		if from == to {
			fmt.Fprintf(out, "Nothing new: the head of %d leaves is the one in %s.\n", to.N, headsFile)
			return nil
		}
		if from.N > 0 && from.N < to.N {
			if proof, err = fetch(ctx, fmt.Sprintf("%s/ledger/consistency/%d/%d", address, from.N, to.N)); err != nil {
				return err
			}
		}
	}
	seen, err := w.Cosign(before, head, string(keys), proof)
	if err != nil {
		return fmt.Errorf("the ledger at %s does not hold: %w", address, err)
	}
	if err := replaceFile(keysFile, keys); err != nil {
		return err
	}
	if len(kept) > 0 {
		seen = append(append(kept, '\n'), seen...)
	}
	if err := addHeads(headsFile, seen); err != nil {
		return err
	}
	fmt.Fprintf(out, "The ledger holds, and its head was added to %s.\nThis witness's public key: %s\n", headsFile, w.VerifierKey())
	return nil
}

// orNone is a file's content, nothing where there is no file.
func orNone(content []byte, err error) ([]byte, error) {
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return content, err
}

// fetch gets a text of the size that keys, heads and proofs have.
func fetch(ctx context.Context, address string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", address, resp.Status)
	}
	const most = 1 << 20
	text, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	if err == nil && len(text) > most {
		err = fmt.Errorf("%s answers more than a ledger's head or proof has", address)
	}
	return text, err
}
