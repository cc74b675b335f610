package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"schoolgate/portal"
	"schoolgate/portal/roster"
	"schoolgate/portal/web"
	"schoolgate/site/draw"
)

func lettersCommand(settings settingsFunc) *cobra.Command {
	var school string
	cmd := &cobra.Command{
		Use:   "letters --school SLUG FILE",
		Short: "Write the invitation letters that are still to be sent, as a page to print",
		Long: `Write letters for the contacts of a school who have neither joined nor a letter that
works, as a page to print. The codes in it open families' accounts: the file is made
anew, and nobody but you can read it. Print it, then delete it.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			app, err := openFor(cmd, settings)
			if err != nil {
				return err
			}
			defer closing(&err, app)
			return named(school, app.printLetters(cmd, school, args[0]))
		},
	}
	cmd.Flags().StringVar(&school, "school", "", "the school's folder `name`")
	cmd.MarkFlagRequired("school")
	return cmd
}

// importing is what import was told on the command line.
type importing struct {
	school, letters, sheet, encoding string
	apply, leavers                   bool
	say                              answers
}

func importCommand(settings settingsFunc) *cobra.Command {
	var i importing
	cmd := &cobra.Command{
		Use:   "import --school SLUG FILE",
		Short: "Import a class list: show what would change, or apply it",
		Long: `Read a class list and show what it would change in the school's register. It may
be CSV, an Excel workbook, OneRoster 1.1 in a zip or a common transfer file, as
the school's system exports it. What its columns are taken for is as the office
said at its pages, or else as their headings are understood. Nothing is saved without --apply. If anything in
the file is wrong, every problem is listed by row and column and nothing is saved.

With --letters, invitation letters for the contacts who have neither joined nor a
letter that works are written as a page to print. The office's pages print a new
letter for anybody whose letter went astray.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if i.letters != "" && !i.apply {
				return errors.New("--letters needs --apply: letters are for the people in the register")
			}
			app, err := openFor(cmd, settings)
			if err != nil {
				return err
			}
			defer closing(&err, app)
			return i.run(cmd, app, args[0])
		},
	}
	cmd.Flags().StringVar(&i.school, "school", "", "the school's folder `name`")
	cmd.Flags().StringVar(&i.sheet, "sheet", "", "read this `sheet` of a workbook, or this school of an archive")
	cmd.Flags().StringVar(&i.encoding, "encoding", "", "how text that is not Unicode was saved: "+strings.Join(roster.Encodings(), ", "))
	cmd.Flags().BoolVar(&i.apply, "apply", false, "save the changes")
	cmd.Flags().BoolVar(&i.leavers, "leavers", false, "pupils whom the list does not name have left")
	cmd.Flags().BoolVar(&i.say.same, "same", false, "whoever may be one person, as the preview shows, is")
	cmd.Flags().BoolVar(&i.say.apart, "apart", false, "whoever may be one person is two")
	cmd.Flags().BoolVar(&i.say.elsewhere, "elsewhere", false, "pupils who are on roll at another school of the trust belong to this one")
	cmd.Flags().BoolVar(&i.say.passed, "passed-over", false, "columns of court orders, parental responsibility or care are rightly not read")
	cmd.MarkFlagsMutuallyExclusive("same", "apart")
	cmd.Flags().StringVar(&i.letters, "letters", "", "write invitation letters to this `file`, a page to print")
	cmd.MarkFlagRequired("school")
	return cmd
}

// run shows what the list in a file would change, and applies it where that was asked.
func (i importing) run(cmd *cobra.Command, app *application, name string) error {
	if i.encoding != "" && !slices.Contains(roster.Encodings(), i.encoding) {
		return fmt.Errorf("--encoding %s is not known: use one of %s", i.encoding, strings.Join(roster.Encodings(), ", "))
	}
	defer debug.SetGCPercent(debug.SetGCPercent(20)) // a list is held whole, and little of what is made on the way
	file, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	m, err := app.mapping(cmd, i.school, file, portal.ListMapping{Sheet: i.sheet, Encoding: i.encoding})
	if err != nil {
		return listed(name, named(i.school, err))
	}
	list, err := roster.Read(file, m)
	if err != nil {
		return listed(name, err)
	}
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "Format: %s\n", list.Format)
	for _, n := range list.Notes {
		fmt.Fprintf(out, "Note: %s\n", n)
	}
	if len(list.Ignored) > 0 {
		fmt.Fprintf(out, "Columns not used: %s\n", strings.Join(list.Ignored, ", "))
	}
	plan, err := app.portal.PreviewImport(cmd.Context(), portal.Operator, i.school, list.Rows)
	if err != nil {
		return listed(name, named(i.school, err))
	}
	printPlan(out, plan, i.leavers)
	if !i.apply {
		fmt.Fprintln(out, "\nNothing has been saved. To save it, run the same command with --apply.")
		return nil
	}
	choice, err := i.say.choices(plan, i.leavers)
	if err != nil {
		return err
	}
	shown := plan.Fingerprint
	plan = nil // it is as large as the one that is worked out again
	if _, err := app.portal.ApplyImport(cmd.Context(), portal.Operator, i.school, "", list.Rows, shown, choice); err != nil {
		return listed(name, err)
	}
	fmt.Fprintln(out, "\nSaved.")
	if i.letters == "" {
		return nil
	}
	return app.printLetters(cmd, i.school, i.letters)
}

// mapping is how a file is to be read: as the school's office said of files of
// its shape.
func (app *application) mapping(cmd *cobra.Command, school string, file []byte, m portal.ListMapping) (portal.ListMapping, error) {
	f, err := roster.Open(file, m)
	if err != nil {
		return m, err
	}
	said, found, err := app.portal.ClassListMapping(cmd.Context(), portal.Operator, school, f.Shape)
	if found && (m.Sheet == "" || m.Sheet == said.Sheet) {
		said.Encoding = cmp.Or(m.Encoding, said.Encoding)
		m = said
	}
	return m, err
}

// answers is what the command line says to the questions of a plan, of all alike.
type answers struct{ same, apart, elsewhere, passed bool }

// choices is the answers to a plan, or what is unanswered and how to answer it.
func (a answers) choices(plan *portal.ImportPlan, leavers bool) (portal.ImportChoices, error) {
	c := portal.ImportChoices{Same: map[string]bool{}, Elsewhere: a.elsewhere, PassedOver: a.passed}
	for _, x := range plan.Missing {
		if leavers {
			c.Left = append(c.Left, x.ID)
		}
	}
	for _, m := range plan.Maybe {
		c.Same[m.ID] = a.same
	}
	switch {
	case plan.PassedOver != "" && !a.passed:
		return c, fmt.Errorf("nothing has been saved: columns of this file that keep children from harm are not read: %s. Say what they are at the office's pages; or, if they are wrong, say so with --passed-over", plan.PassedOver)
	case len(plan.Maybe) > 0 && !a.same && !a.apart:
		return c, errors.New("nothing has been saved: say with --same or --apart whether those who may be one person are. To answer each alone, bring the list in at the office's pages")
	case len(plan.Elsewhere) > 0 && !a.elsewhere:
		return c, errors.New("nothing has been saved: pupils of this list are on roll at another school of the trust. If it is this school's list, say so with --elsewhere")
	}
	return c, nil
}

// printLetters writes the letters of a school to a file that only its owner can
// read: the codes in it open families' accounts.
func (app *application) printLetters(cmd *cobra.Command, school, file string) error {
	css, err := stylesheet("schoolgate", "office")
	if err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("letters: %w", err)
	}
	all, err := app.portal.Letters(cmd.Context(), portal.Operator, school)
	if err == nil {
		err = web.WriteLetters(f, all, app.settings.Address, app.languages(), css, draw.QR)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		if all == nil { // nothing of it is anybody's
			err = errors.Join(err, os.Remove(file))
		}
		return fmt.Errorf("letters: %w", err)
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%d letters are in %s. Print it, then delete it.\n", len(all), file)
	return nil
}

// listed writes problems of a file a line each.
func listed(file string, err error) error {
	invalid, ok := errors.AsType[*portal.Invalid](err)
	if !ok {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s was not imported. Nothing has been saved. Put these right:", file)
	for _, p := range invalid.Problems {
		fmt.Fprintf(&b, "\n  %s: %s", p.Field, p.Message)
	}
	return errors.New(b.String())
}

// named says which school a command could not find.
func named(school string, err error) error {
	if errors.Is(err, portal.ErrNotFound) {
		return fmt.Errorf("there is no school %q: use the name of its folder, and run schoolgate build first", school)
	}
	return err
}

func printPlan(w io.Writer, plan *portal.ImportPlan, leavers bool) {
	for _, warning := range plan.Warnings {
		fmt.Fprintf(w, "LOOK BEFORE YOU SAVE: %s\n", warning)
	}
	for _, list := range []struct {
		does string
		all  []portal.Affected
	}{{"takes something from", plan.Takes}, {"gives something to", plan.Gives}} {
		if len(list.all) > 0 {
			fmt.Fprintf(w, "This list %s people who have joined:\n", list.does)
		}
		for _, t := range list.all {
			fmt.Fprintf(w, "  %s, about %s: %s\n", t.Contact.Name, t.Pupil.Name(), t.Words)
		}
	}
	fmt.Fprintf(w, "New pupils: %d\n", len(plan.New))
	for _, p := range plan.New {
		fmt.Fprintf(w, "  %s, %v, %s\n", p.Pupil.Name(), p.Pupil.Year, p.Pupil.Group)
		for _, c := range p.Contacts {
			fmt.Fprintf(w, "    %s: %s\n", c.Contact.Name, c.Words())
		}
	}
	fmt.Fprintf(w, "Changed: %d\n", len(plan.Changed))
	for _, p := range plan.Changed {
		fmt.Fprintf(w, "  %s, %v, %s\n", p.Pupil.Name(), p.Pupil.Year, p.Pupil.Group)
		for _, c := range p.Changes {
			fmt.Fprintf(w, "    %s\n", c)
		}
	}
	fmt.Fprintf(w, "Unchanged: %d\n", plan.Unchanged)
	if len(plan.Maybe) > 0 {
		fmt.Fprintf(w, "Maybe one person: %d\n", len(plan.Maybe))
	}
	for _, m := range plan.Maybe {
		fmt.Fprintf(w, "  %s on the register, and %s in the list (%s): %s%s\n", m.Held, m.Listed, m.Place, strings.Join(m.Why, ", "), map[bool]string{true: "; has joined"}[m.Joined])
	}
	fate := "they stay on roll unless you add --leavers"
	if leavers {
		fate = "they leave the roll"
	}
	fmt.Fprintf(w, "On roll and not in this list: %d", len(plan.Missing))
	if len(plan.Missing) > 0 {
		fmt.Fprintf(w, " (%s)", fate)
	}
	fmt.Fprintln(w)
	if plan.ManyMissing() {
		fmt.Fprintln(w, "  That is many: check that this is the list of the whole school.")
	}
	for _, p := range plan.Missing {
		fmt.Fprintf(w, "  %s, %v, %s\n", p.Name(), p.Year, p.Group)
	}
	for _, c := range plan.Elsewhere {
		fmt.Fprintf(w, "On roll at %s already: %d of this list's new pupils\n", c.School, c.Pupils)
	}
	if plan.LookedAfterUnsaid {
		fmt.Fprintf(w, "The list does not say who is looked after: the register's stay so (%d). Say of new pupils at the office's pages.\n", plan.LookedAfter)
	}
	if plan.Unsettled > 0 {
		fmt.Fprintf(w, "Contacts of whom the list does not say whether they hold parental responsibility: %d. They decide nothing until the office settles it.\n", plan.Unsettled)
	}
	for _, n := range plan.Notes {
		fmt.Fprintf(w, "Note: %s\n", n)
	}
	if len(plan.Alike) > 0 {
		fmt.Fprintf(w, "Contacts of one name, kept apart; look whether they are one person:\n  %s\n", strings.Join(plan.Alike, "\n  "))
	}
}
