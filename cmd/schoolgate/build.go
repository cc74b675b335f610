package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

func buildCommand(settings settingsFunc) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "build",
		Short: "Build every school's public site",
		Long: `Build every school's public site into the data folder, each afresh, and put it
in the place of the old one only when all of it is sound. A school whose build
fails keeps its old site; the others are not held up. The agreements and purposes
of the new sites are what the portal asks families from then on: the two change
together or not at all.

A site that would come out as it is stands, and is not built: nothing of what it is
made of has changed, neither words nor settings, pictures, the program or, where a
page shows it, the day; and nobody has been at its published folder. With --all,
every site is built.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			h, err := openFor(cmd, settings)
			if err != nil {
				return err
			}
			defer closing(&err, h)
			results, err := h.build(cmd.Context(), all)
			failed := 0
			for _, r := range results {
				if r.Err != nil {
					failed++
					continue
				}
				unchanged := ""
				if r.Unchanged {
					unchanged = ", unchanged"
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s: %d pages, %d texts%s\n", r.Slug, r.Pages, len(r.Texts), unchanged)
				for _, w := range r.Withheld { // here and not in the log, as a file's name may be a child's
					fmt.Fprintf(cmd.OutOrStdout(), "  not published: %s: %s\n", w.File, w.Why)
				}
			}
			if failed > 0 {
				return errors.Join(err, fmt.Errorf("%d of %d sites were not built and stay as they were", failed, len(results)))
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "build also the sites that would come out as they are")
	return cmd
}
