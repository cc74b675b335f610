package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"schoolgate/portal"
)

// RetentionSettings is whether serve erases by itself what has had its time.
type RetentionSettings struct {
	Run string `toml:"run"` // [daily], or "" where somebody runs the command
}

// daily is after midnight in London.
const daily = "daily"

func retentionCommand(settings settingsFunc) *cobra.Command {
	var school string
	var run, clock bool
	cmd := &cobra.Command{
		Use:   "retention",
		Short: "Show what has had its time and when the rest will have, or erase it",
		Long: `Show for each school how many pupils, contacts, answers, signatures and events have
had their time, by the periods of its settings ([keep] in school.toml or trust.toml),
and when the next will have. With --run, erase them: a pupil whole or not at all. The
ledger goes on to verify, and keeps how many of which kind were erased, when, under
which rule and by whom. A run that was broken off is taken up by the next.

What families were told is true only if it is run every night: by serve, where the
settings say run = "daily" under [retention], or by cron. On PostgreSQL it takes the
tables' owner, and writes anew those that hold something of people, while others wait.

Where the clock has gone forward by more than two weeks between two heads of the ledger,
or since the last, or has gone back, nothing is erased: it may be wrong. Look at it and at
what is due, and then say --clock-is-right, once; that is on record, too.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			app, err := openFor(cmd, settings)
			if err != nil {
				return err
			}
			defer closing(&err, app)
			if clock {
				if err := app.portal.ClockIsRight(cmd.Context()); err != nil {
					return err
				}
			}
			err = app.retention(cmd.Context(), cmd.OutOrStdout(), school, run)
			if errors.Is(err, portal.ErrClock) {
				err = fmt.Errorf("%w. If the clock is right, as where the server stood still for some weeks: schoolgate retention --run --clock-is-right", err)
			}
			return err
		},
	}
	cmd.Flags().StringVar(&school, "school", "", "the school's folder `name` (default all, and what is kept of staff)")
	cmd.Flags().BoolVar(&run, "run", false, "erase what has had its time")
	cmd.Flags().BoolVar(&clock, "clock-is-right", false, "you have looked at the clock, though it has jumped")
	return cmd
}

// retention shows, or erases, what has had its time at one school; or at all of them,
// and what is kept of staff.
func (app *application) retention(ctx context.Context, w io.Writer, school string, run bool) (err error) {
	if run {
		defer func() {
			if err == nil {
				err = app.passed(ctx)
			}
		}()
	}
	erased := 0
	slugs := []string{school}
	if school == "" {
		slugs = nil
		schools, err := app.portal.Schools(ctx)
		if err != nil {
			return err
		}
		for _, s := range schools {
			slugs = append(slugs, s.Slug)
		}
		slugs = append(slugs, portal.TrustWide)
	}
	for _, slug := range slugs {
		r, err := app.portal.Retention(ctx, portal.Operator, slug)
		if err != nil {
			return named(slug, err)
		}
		name := slug
		if slug == portal.TrustWide {
			name = "Staff and the portal itself"
		}
		fmt.Fprintf(w, "%s, on %s\n", name, r.On)
		if len(r.Due) == 0 {
			fmt.Fprintln(w, "  The portal does not know yet how long to keep things: run schoolgate build. Nothing is erased.")
			continue
		}
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "  due now\tlater\tnext\tof\tkept")
		for _, d := range r.Due {
			fmt.Fprintf(table, "  %d\t%d\t%s\t%s\t%s\n", d.Now, d.Later, cmp.Or(d.Next.String(), "-"), d.Kind, d.Period())
		}
		if err := table.Flush(); err != nil {
			return err
		}
		if !run {
			continue
		}
		n, err := app.portal.Erase(ctx, portal.Operator, slug)
		for _, kind := range portal.KeptKinds {
			if n[kind] > 0 {
				fmt.Fprintf(w, "  Erased: %s %d\n", kind, n[kind])
			}
		}
		if err != nil {
			return err
		}
		if erased += n.Sum(); n.Sum() == 0 {
			fmt.Fprintln(w, "  Nothing was erased.")
		}
	}
	switch {
	case !run:
		fmt.Fprintln(w, "Nothing was erased. To erase what is due now, add --run.")
	case erased > 0:
		fmt.Fprintln(w, "Backups from before still hold what was erased: delete them.")
	}
	return nil
}

// passed publishes a head, if one is due, after a run that believed the clock: where nothing
// serves, it shows the next run that time has passed as it does.
func (app *application) passed(ctx context.Context) error {
	_, err := app.ledger.Publish(ctx, app.store, app.now())
	return errors.Join(err, app.keepHeads(ctx))
}
