package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"schoolgate/site"
)

func buildCommand(settings settingsFunc) *cobra.Command {
	var all bool
	var out string
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
every site is built.

With --out the sites go into a folder of their own, for another server: neither the
database nor the ledger's key is touched, and the portal goes on with the texts it has.
That server's rules are written beside them, as nginx.conf and Caddyfile: types, headers,
how long what may be kept, the page that is not there, and the compressed files.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if out != "" {
				s, err := settings()
				if err != nil {
					return err
				}
				results, err := buildElsewhere(cmd.Context(), s, out, all, newLog(cmd.ErrOrStderr()))
				return told(cmd, results, err)
			}
			app, err := openFor(cmd, settings)
			if err != nil {
				return err
			}
			defer closing(&err, app)
			results, err := app.build(cmd.Context(), extent(all))
			return told(cmd, results, err)
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "build also the sites that would come out as they are")
	cmd.Flags().StringVar(&out, "out", "", "build into this `folder`, for another server to serve, and write its rules for nginx and Caddy there")
	return cmd
}

// told prints how each site's build ended.
func told(cmd *cobra.Command, results []site.Result, err error) error {
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
}
