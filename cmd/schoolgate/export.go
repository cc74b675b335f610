package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"filippo.io/age"
	"github.com/spf13/cobra"

	"schoolgate/portal"
	"schoolgate/portal/lists"
)

func exportCommand(settings settingsFunc) *cobra.Command {
	var school, year, format, signed, passphrase string
	var f portal.Filter
	cmd := &cobra.Command{
		Use:   "export --school SLUG",
		Short: "Export a consent list",
		Long: `Write a school's consent list to standard output: each pupil on roll (or, with --left, who has
left and whose record is still kept), by year and class, and for each purpose Yes only where the register says it may go ahead.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if !slices.Contains(lists.Formats, format) {
				return fmt.Errorf("--format %s is not known: use one of %s", format, strings.Join(lists.Formats, ", "))
			}
			if year != "" {
				y, err := portal.ParseYear(year)
				if err != nil {
					return fmt.Errorf("--year %s is %w", year, err)
				}
				f.Year = &y
			}
			if f.Unsigned = signed == "no"; signed != "yes" && signed != "no" || signed == "no" && f.Agreement == "" {
				return errors.New("--signed is yes or no, of the --agreement")
			}
			app, err := openFor(cmd, settings)
			if err != nil {
				return err
			}
			defer closing(&err, app)
			out := bufio.NewWriterSize(cmd.OutOrStdout(), 64<<10)
			var to io.Writer = out
			end := func() error { return nil }
			if passphrase != "" {
				words, err := os.ReadFile(passphrase)
				if err != nil {
					return fmt.Errorf("--passphrase-file: %w", err)
				}
				sealed, err := encrypt(out, strings.TrimSpace(string(words)))
				if err != nil {
					return fmt.Errorf("--passphrase-file: %w", err)
				}
				to, end = sealed, sealed.Close
			}
			var list lists.Writer
			err = app.portal.Export(cmd.Context(), portal.Operator, school, f,
				func(l portal.List) (err error) { list, err = lists.New(to, format, l); return err },
				func(r portal.ListRow) error { return list.Write(r) })
			if invalid, ok := errors.AsType[*portal.Invalid](err); ok {
				return fmt.Errorf("--%s: %s", invalid.Problems[0].Field, invalid.Problems[0].Message)
			} else if err != nil {
				return named(school, err)
			}
			return errors.Join(list.Flush(), end(), out.Flush())
		},
	}
	cmd.Flags().StringVar(&school, "school", "", "the school's folder `name`")
	cmd.Flags().StringSliceVar(&f.Purposes, "purpose", nil, "a `purpose`, by the name of its file; may be given more than once (default all)")
	cmd.Flags().StringVar(&year, "year", "", "only this year `group`, such as \"Year 4\"")
	cmd.Flags().StringVar(&f.Group, "class", "", "only this `class`")
	cmd.Flags().BoolVar(&f.Left, "left", false, "pupils who have left, instead of those on roll")
	cmd.Flags().StringVar(&f.Agreement, "agreement", "", "only pupils of whom this `agreement` is signed, by the name of its file; see --signed")
	cmd.Flags().StringVar(&signed, "signed", "yes", "with --agreement: `yes`, or no for those of whom it is not signed")
	cmd.Flags().StringSliceVar(&f.Columns, "column", nil, "a further `column`: "+strings.Join(portal.ListColumns, ", ")+"; may be given more than once")
	cmd.Flags().StringVar(&passphrase, "passphrase-file", "", "encrypt the list with age to the passphrase in this `file`")
	cmd.Flags().StringVar(&format, "format", "csv", "the list's `format`: "+strings.Join(lists.Formats, ", "))
	cmd.MarkFlagRequired("school")
	return cmd
}

// encrypt encrypts what is written, until it is closed, for whoever has the passphrase.
func encrypt(w io.Writer, passphrase string) (io.WriteCloser, error) {
	to, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return nil, err
	}
	return age.Encrypt(w, to)
}
