package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"schoolgate/site"
)

// policyHelp is how a school changes a policy.
const policyHelp = `The trust's model online safety policy stands in model/policy, one file a part.
Every clause in it has an id that never changes, such as filter-tests: follow the
clause's number on the policy's page, and the end of the address is its id.

A school changes a clause without copying the rest. It makes a folder policy in
its own folder, and in it one small file for each change, with any name of small
letters, digits and hyphens that ends in .md. Between two lines of +++ stands what
the file does, and why:

    +++
    replace = "filter-tests"
    why = "We test every night."
    +++

    We test our filter every night, and read the results each Monday.

To drop a clause, write drop = "its-id" and why, and nothing below. To add one,
choose an id that nobody has, and say where it goes:

    +++
    add = "toys-online"
    after = "phones-health"
    why = "Younger children bring toys that talk to the internet."
    +++

    A toy that joins the internet stays at home.

Instead of after, in = "some-id" puts it last within that clause. After a heading
comes a heading: give it title = "…", and number the clauses in it, each with an
id of its own:

    1. {#loans-agreed} A pupil may take a laptop home when a parent agrees.
    1. {#loans-back} It comes back each morning.

After a whole part comes a part, with title = "…" and means = "…", which says what
the part means for the reader. What other clauses or pages refer to cannot be
dropped before they are changed too; the build says which they are.

A school with a policy of its own writes it as one file instead, policy.md in its
folder: +++, title = "…", +++, and the text with its headings and numbered lists;
policy import makes that file of a document. All of them get numbers and addresses.
{#some-id} after a heading, or at the beginning of a numbered item, keeps an address
whatever its words become; {n="3.2.1"} there is a number that is not counted, and
{n=""} after a heading says that it has none.`

func policyCommand(settings settingsFunc) *cobra.Command {
	policy := &cobra.Command{
		Use:   "policy",
		Short: "Compare a school's online safety policy with the model",
		Long:  policyHelp,
	}
	policy.AddCommand(policyDiffCommand(settings), policyImportCommand(settings))
	return policy
}

func policyDiffCommand(settings settingsFunc) *cobra.Command {
	var asJSON bool
	diff := &cobra.Command{
		Use:   "diff SCHOOL",
		Short: "Show which clauses a school added, replaced or dropped, and what it put into the blanks",
		Long: `Show how a school's online safety policy differs from the model that the trust
keeps: the clauses that the files in schools/SCHOOL/policy add, replace or drop,
and why; the optional parts that the school does not use; and what it put into
each blank. A policy that cannot be published is an error that says why.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := settings()
			if err != nil {
				return err
			}
			trust, err := site.Load(s.content())
			if err != nil {
				return err
			}
			for _, school := range trust.Schools {
				if school.Slug != args[0] {
					continue
				}
				d, err := trust.PolicyDifferences(school, time.Now())
				if err != nil {
					return err
				}
				if asJSON {
					e := json.NewEncoder(cmd.OutOrStdout())
					e.SetIndent("", "  ")
					e.SetEscapeHTML(false)
					return e.Encode(d)
				}
				writeDifferences(cmd.OutOrStdout(), school, d)
				return nil
			}
			var slugs []string
			for _, school := range trust.Schools {
				slugs = append(slugs, school.Slug)
			}
			return fmt.Errorf("there is no school %s: there are %s", args[0], strings.Join(slugs, ", "))
		},
	}
	diff.Flags().BoolVar(&asJSON, "json", false, "write it as JSON")
	return diff
}

// writeDifferences writes what changed as people read it: what is taken out
// begins with -, what is put in with +.
func writeDifferences(w io.Writer, school *site.School, d site.PolicyDifferences) {
	review := school.Review()
	fmt.Fprintf(w, "%s: online safety policy %s, version %s, %d clauses\n", school.Name, review.Reference, review.Version, d.Clauses)
	if !review.Approved.IsZero() && !review.Next.IsZero() {
		due := map[string]string{site.ReviewSoon: " (due soon)", site.ReviewOverdue: " (overdue)"}[review.Standing(time.Now())]
		fmt.Fprintf(w, "approved %s, next review %s%s\n", review.Approved.Format("2 January 2006"), review.Next.Format("2 January 2006"), due)
	}
	switch {
	case d.Own != "":
		fmt.Fprintf(w, "\nThe school has a policy of its own, %s, which follows no model.\n", d.Own)
	case len(d.Changes) == 0:
		fmt.Fprint(w, "\nNo clause of the model is changed.\n")
	}
	for _, c := range d.Changes {
		fmt.Fprintf(w, "\n%s %s", c.Kind, c.ID)
		if c.Number != "" {
			fmt.Fprintf(w, ", clause %s", c.Number)
		}
		fmt.Fprintf(w, " (%s)\n", c.File)
		wrap(w, "  because: ", "           ", c.Why)
		for _, line := range c.Lines() {
			wrap(w, "  "+line.Mark+" ", "  "+line.Mark+" ", line.Text)
		}
	}
	if len(d.LeftOut) > 0 {
		fmt.Fprintf(w, "\nOptional parts left out: %s\n", strings.Join(d.LeftOut, ", "))
	}
	fmt.Fprint(w, "\nBlanks, with the clauses that hold them:\n")
	for _, b := range d.Blanks {
		wrap(w, "  "+b.Name+" = ", "      ", b.Value)
		if len(b.Clauses) > 0 {
			wrap(w, "      in ", "      ", strings.Join(b.Clauses, ", "))
		}
	}
}

// wrap writes words in lines of at most 80 characters, the first of which
// begins with first and the others with rest.
func wrap(w io.Writer, first, rest, words string) {
	line, empty := first, true
	for _, word := range strings.Fields(words) {
		if !empty && len([]rune(line))+1+len([]rune(word)) > 80 {
			fmt.Fprintln(w, line)
			line, empty = rest, true
		}
		if !empty {
			line += " "
		}
		line += word
		empty = false
	}
	fmt.Fprintln(w, strings.TrimRight(line, " "))
}
