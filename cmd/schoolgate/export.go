package main

import (
	"bufio"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"schoolgate/portal"
	"schoolgate/portal/lists"
)

func exportCommand(settings settingsFunc) *cobra.Command {
	var school, year, format string
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
			app, err := openFor(cmd, settings)
			if err != nil {
				return err
			}
			defer closing(&err, app)
			out := bufio.NewWriterSize(cmd.OutOrStdout(), 64<<10)
			var list lists.Writer
			err = app.portal.Export(cmd.Context(), portal.Operator, school, f,
				func(l portal.List) (err error) { list, err = lists.New(out, format, l); return err },
				func(r portal.ListRow) error { return list.Write(r) })
			if invalid, ok := errors.AsType[*portal.Invalid](err); ok {
				return fmt.Errorf("--%s: %s", invalid.Problems[0].Field, invalid.Problems[0].Message)
			} else if err != nil {
				return named(school, err)
			}
			return errors.Join(list.Flush(), out.Flush())
		},
	}
	cmd.Flags().StringVar(&school, "school", "", "the school's folder `name`")
	cmd.Flags().StringSliceVar(&f.Purposes, "purpose", nil, "a `purpose`, by the name of its file; may be given more than once (default all)")
	cmd.Flags().StringVar(&year, "year", "", "only this year `group`, such as \"Year 4\"")
	cmd.Flags().StringVar(&f.Group, "class", "", "only this `class`")
	cmd.Flags().BoolVar(&f.Left, "left", false, "pupils who have left, instead of those on roll")
	cmd.Flags().StringVar(&format, "format", "csv", "the list's `format`: "+strings.Join(lists.Formats, ", "))
	cmd.MarkFlagRequired("school")
	return cmd
}
