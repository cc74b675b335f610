package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"schoolgate/content"
	"schoolgate/portal"
	"schoolgate/portal/store"
	"schoolgate/site"
	"schoolgate/site/check"
	"schoolgate/themes"
)

// errChecked is the end of a check that found something: the report says what.
var errChecked = errors.New("the check found something to put right")

func checkCommand(settings settingsFunc) *cobra.Command {
	var school, folder string
	var asJSON, online, strict, rules bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Say what is wrong with the public sites, before anybody reads them",
		Long: `Build every site into a folder that is deleted again, hold pages and sources to
the rules (--rules lists them), and report what is wrong, by school, with file and
line and how to put it right. Nothing that is served changes.

The exit code is 0 when nothing is wrong and 1 otherwise. Warnings, which a person
has to judge, count only with --strict.

With --content, a folder is checked that no settings name. Where settings name a
database, its register is used to find pupils' names on public pages; the report
says where, and never whose.

What is right although a rule says otherwise is silenced where it stands, with a
reason. In settings and in front matter, at the end of the line or on the line
above:   # check: review: the governors meet on Friday
In the text of a page, with an empty line above, for the paragraph that follows:
         [//]: # "check: mobile: the trip's own telephone"`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if rules {
				return listRules(cmd)
			}
			opts := check.Options{
				Options: site.Options{Theme: themes.FS, Address: "http://localhost:8080", Now: time.Now(), Kept: kept()},
				School:  school,
			}
			if online {
				opts.Online = &check.LinkChecker{}
			}
			what := fs.FS(content.FS)
			s, err := settings()
			switch {
			case err == nil:
				opts.Address = s.Address
				if s.Content != "" {
					what = os.DirFS(s.Content)
				}
				db, err := openRegister(cmd.Context(), s)
				if err != nil {
					return err
				}
				if db != nil {
					defer closing(&err, db)
					opts.Roll = roll{portal.New(db, nil, nil, nil)} // it reads, and seals nothing
				}
			case folder == "" || cmd.Flags().Changed("settings"):
				return err
			}
			if folder != "" {
				what = os.DirFS(folder)
			}
			report, err := check.Run(cmd.Context(), what, opts)
			if err != nil {
				return err
			}
			if asJSON {
				err = report.WriteJSON(cmd.OutOrStdout())
			} else {
				err = report.WriteText(cmd.OutOrStdout())
			}
			if err == nil && (report.Count(check.Wrong) > 0 || strict && report.Count(check.Doubtful) > 0) {
				err = errChecked
			}
			return err
		},
	}
	cmd.Flags().StringVar(&school, "school", "", "check only the school of this folder `name`")
	cmd.Flags().StringVar(&folder, "content", "", "check this `folder` instead of the one the settings name")
	cmd.Flags().BoolVar(&asJSON, "json", false, "write the report as JSON")
	cmd.Flags().BoolVar(&online, "online", false, "also try every link to another site")
	cmd.Flags().BoolVar(&strict, "strict", false, "warnings count too")
	cmd.Flags().BoolVar(&rules, "rules", false, "list the rules instead")
	return cmd
}

func listRules(cmd *cobra.Command) error {
	w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	for _, r := range check.Rules {
		fmt.Fprintf(w, "%s\t%s\t%s\n", r.ID, r.What, r.Source)
	}
	return w.Flush()
}

// openRegister opens the database of the settings; nil where there is none yet,
// as a check makes nothing.
func openRegister(ctx context.Context, s Settings) (*store.DB, error) {
	if !s.postgres() {
		if _, err := os.Stat(s.Database); errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
	}
	db, err := store.Open(ctx, s.Database)
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	return db, nil
}

// A roll is the register as the check asks it.
type roll struct{ *portal.Portal }

// OnRoll answers the pupils of a school, those who have left too: a page may
// name them still.
func (r roll) OnRoll(ctx context.Context, school string) (pupils []check.RollPupil, err error) {
	all, err := r.Pupils(ctx, portal.Operator, school)
	for _, p := range all {
		born, _ := time.Parse(time.DateOnly, string(p.Born)) // the zero time is no date
		pupils = append(pupils, check.RollPupil{Forename: p.Forename, Surname: p.Surname, UPN: p.UPN, Born: born})
	}
	return pupils, err
}
