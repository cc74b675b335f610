package main

import (
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"schoolgate/site"
	"schoolgate/site/document"
	"schoolgate/site/source"
)

// policyImport is what policy import was told on the command line.
type policyImport struct {
	school, content, beside, changes string
	replace                          bool
	match                            map[string]string
}

func policyImportCommand(settings settingsFunc) *cobra.Command {
	var i policyImport
	cmd := &cobra.Command{
		Use:   "import --school SLUG FILE",
		Short: "Make a school's own policy.md of the document that it has",
		Long: `Read a policy as a school has it, a document of Word (.docx) or LibreOffice (.odt),
a web page, Markdown, text, or a PDF with text in it, and write it as policy.md into
the school's folder: headings, numbers as the document has them, lists, tables, links
and notes. What its title page and tables at the front say goes into the front matter.
Nothing is fetched, and no macro runs.

What was left out, and what somebody has to look at, is listed. --beside writes a page
that shows the document and what was made of it paragraph by paragraph, and the trust's
model beside it: which of its clauses the document has in its own words, which it
lacks, what it has besides, and what settings could take over from it. Where that is
wrong, --match filter-tests=3.2.1 says which clause of the document the model's is, and
--match filter-tests=none that it has none.

Changes that a word processor keeps track of are never published unseen: nothing is
written until they were decided there, or --changes says accept or reject. A policy.md
that is there stays, unless --replace says otherwise.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if i.content == "" {
				s, err := settings()
				if err != nil {
					return err
				}
				if i.content = s.Content; i.content == "" {
					return errors.New("the settings name no content folder of yours to write into: say --content DIR")
				}
			}
			return i.run(cmd.OutOrStdout(), args[0], time.Now())
		},
	}
	cmd.Flags().StringVar(&i.school, "school", "", "the school's folder `name`")
	cmd.Flags().StringVar(&i.content, "content", "", "write into this content `folder` instead of the one the settings name")
	cmd.Flags().StringVar(&i.beside, "beside", "", "write the comparison to this `file`, a page for a browser")
	cmd.Flags().StringVar(&i.changes, "changes", "", "accept or reject the changes that the word processor keeps track of")
	cmd.Flags().StringToStringVar(&i.match, "match", nil, "`ID=NUMBER`: the model's clause with this id is the document's with this number, or none")
	cmd.Flags().BoolVar(&i.replace, "replace", false, "replace the policy.md that is there")
	cmd.MarkFlagRequired("school")
	return cmd
}

// besidePage is what the page of --beside shows.
type besidePage struct {
	School, File, Title string
	Policy              *document.Policy
	Rows                []besideRow
	Match               site.PolicyMatch
	Settings            []document.Setting
	Has, Perhaps, Lacks int
}

// A besideRow is one block of the document and what became of it, as the site reads
// what was written.
type besideRow struct {
	document.Piece
	Shown, Words string // number and words on the page
}

func (i policyImport) run(out io.Writer, name string, now time.Time) error {
	if i.changes != "" && i.changes != string(document.Accept) && i.changes != string(document.Reject) {
		return fmt.Errorf("--changes %s: say accept or reject", i.changes)
	}
	trust, err := site.Load(os.DirFS(i.content))
	if trust == nil {
		return err
	}
	at := slices.IndexFunc(trust.Schools, func(s *site.School) bool { return s.Slug == i.school })
	if at < 0 && slices.Contains(trust.Slugs(), i.school) {
		return err // what is wrong in its settings
	}
	if at < 0 {
		return fmt.Errorf("there is no school %s: there are %s", i.school, strings.Join(trust.Slugs(), ", "))
	}
	school := trust.Schools[at]
	target := filepath.Join(i.content, "schools", i.school, site.PolicyFile)
	if _, err := os.Lstat(target); err == nil && !i.replace {
		return fmt.Errorf("%s is there already, and nothing was written: --replace puts the new one in its place", target)
	}
	if entries, err := os.ReadDir(filepath.Join(i.content, "schools", i.school, site.PolicyFolder)); err == nil && len(entries) > 0 {
		return fmt.Errorf("%s changes the trust's policy clause by clause in its folder %s, and a policy of its own follows no model: keep one or the other, and move that folder away first", i.school, site.PolicyFolder)
	}
	data, err := readDocument(name)
	if err != nil {
		return err
	}
	d, err := document.Read(name, data, document.Changes(i.changes))
	if err != nil {
		return err
	}
	page := besidePage{School: school.Name, File: filepath.Base(name), Policy: document.Arrange(d)}
	if err := page.lay(trust, school, i.match, now); err != nil {
		return err
	}
	page.tell(out)
	if i.beside != "" {
		var html strings.Builder
		if err := besideTemplate.Execute(&html, page); err != nil {
			return err
		}
		if err := replaceFile(i.beside, []byte(html.String())); err != nil {
			return err
		}
		fmt.Fprintf(out, "\nWrote %s: open it in a browser\n", i.beside)
	}
	if d.Undecided > 0 {
		return fmt.Errorf("%s was not written: the document keeps %d changes that nobody decided on. Accept or reject them where it was written, or say --changes accept or --changes reject", target, d.Undecided)
	}
	if len(page.Policy.Text) > 256<<10 {
		return fmt.Errorf("%s was not written: the text has %d KB, and a policy may have 256: divide the document", target, len(page.Policy.Text)>>10)
	}
	if i.replace {
		err = replaceFile(target, []byte(page.Policy.Text))
	} else {
		err = write(filepath.Dir(target), site.Files{site.PolicyFile: page.Policy.Text})
	}
	if err != nil {
		return fmt.Errorf("nothing was written: %w", err)
	}
	fmt.Fprintf(out, "\nWrote %s. Now run schoolgate check --school %s, and read the page\n", target, i.school)
	return nil
}

// readDocument reads a file whole, and no more of it than may be read.
func readDocument(name string) ([]byte, error) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is no file", name)
	case info.Size() > document.MaxFile:
		return nil, fmt.Errorf("%s has more than %d MB: save it without its pictures", name, document.MaxFile>>20)
	}
	return source.ReadAtMost(os.DirFS(filepath.Dir(name)), filepath.Base(name), document.MaxFile)
}

// lay reads what was made as the site reads it, and lays it beside the document and
// the model.
func (p *besidePage) lay(trust *site.Trust, school *site.School, corrections map[string]string, now time.Time) (err error) {
	file := "schools/" + school.Slug + "/" + site.PolicyFile
	p.Title = p.Policy.Title
	if p.Match, err = trust.MatchPolicy(school, source.File{Name: file, Data: []byte(p.Policy.Text)}, corrections, now); err != nil {
		return err
	}
	lines := strings.Split(p.Policy.Text, "\n")
	for _, piece := range p.Policy.Pieces {
		row := besideRow{Piece: piece}
		if piece.Was == "" && len(piece.Remarks) == 0 {
			continue
		}
		if piece.Line > 0 {
			row.Shown = p.Match.Published[piece.Line]
			row.Words = document.ReadMarkdown(strings.Join(lines[piece.Line-1:piece.Line-1+piece.Lines], "\n"))
			if want := strings.TrimRight(piece.Number, ".:"); want != "" && piece.Became != "bullet" && strings.TrimRight(row.Shown, ".:") != want {
				row.Remarks = append(row.Remarks, document.Remark{Sort: document.Unsure, Text: fmt.Sprintf("the document's number is %s, and the page shows %s", want, cmp.Or(row.Shown, "none"))})
			}
		}
		p.Rows = append(p.Rows, row)
	}
	for _, c := range p.Match.Model {
		switch {
		case c.Near.Likeness >= site.ClauseAlike:
			p.Has++
		case c.Near.Likeness >= site.ClauseNear:
			p.Perhaps++
		default:
			p.Lacks++
		}
	}
	for _, s := range p.Policy.Settings() {
		if school.Blanks[s.Blank] != s.Value {
			p.Settings = append(p.Settings, s)
		}
	}
	return nil
}

// tell writes what became of the document.
func (p *besidePage) tell(out io.Writer) {
	count := map[string]int{}
	for _, r := range p.Rows {
		count[r.Became]++
	}
	fmt.Fprintf(out, "%s: %q\n", p.File, p.Title)
	fmt.Fprintf(out, "%d headings, %d numbered clauses, %d bullets, %d paragraphs, %d tables, %d lines of front matter; %d left out\n",
		count["heading"], count["clause"], count["bullet"], count["paragraph"], count["table"], len(p.Policy.Facts), count[document.Dropped])
	said := map[string][]string{}
	above := "at the front" // the heading or clause
	for i := 0; i < len(p.Rows); i++ {
		r := p.Rows[i]
		if r.Line > 0 && (r.Became == "heading" || r.Shown != "") {
			above = strings.TrimSpace("at " + r.Shown + " " + shortly(r.Words))
		}
		same := 1
		for ; r.Why != "" && i+1 < len(p.Rows) && p.Rows[i+1].Why == r.Why; i++ {
			r.Remarks = append(r.Remarks, p.Rows[i+1].Remarks...)
			same++
		}
		switch {
		case same > 1:
			said[r.Became] = append(said[r.Became], fmt.Sprintf("%d × %s, the first: %q (%s)", same, r.Why, shortly(r.Was), above))
		case r.Why != "":
			said[r.Became] = append(said[r.Became], fmt.Sprintf("%s: %q (%s)", r.Why, shortly(r.Was), above))
		}
		for _, each := range r.Remarks {
			if each.Sort == document.Unsure {
				each.Text += ": " + shortly(r.Was)
			}
			said[each.Sort] = append(said[each.Sort], each.Text+" ("+above+")")
		}
	}
	for _, r := range p.Policy.Remarks {
		said[r.Sort] = append(said[r.Sort], r.Text)
	}
	for _, problem := range p.Match.Problems {
		said["problem"] = append(said["problem"], problem.Error())
	}
	for _, list := range []struct{ what, head string }{{document.Dropped, "Left out"}, {document.Changed, "Changes that the word processor keeps track of"},
		{document.Unsure, "Look at these"}, {"problem", "To put right before the school's site is built"}} {
		for i, text := range said[list.what] {
			if i == 0 {
				fmt.Fprintf(out, "\n%s:\n", list.head)
			}
			wrap(out, "  - ", "    ", text)
		}
	}
	fmt.Fprintf(out, "\nBeside the trust's model, of whose %d clauses it has %d in its own words, %d perhaps, and lacks %d; %d of its paragraphs have no like there.\n",
		len(p.Match.Model), p.Has, p.Perhaps, p.Lacks, len(p.Match.Besides))
	if len(p.Settings) > 0 {
		fmt.Fprint(out, "\nFor school.toml, if they are right; nothing of it was taken over:\n")
	}
	for _, s := range p.Settings {
		fmt.Fprintf(out, "  %s = %q   # %s\n", s.Blank, s.Value, s.From)
	}
}

// shortly is the beginning of words.
func shortly(s string) string {
	words := strings.Fields(s)
	if len(words) > 9 {
		return strings.Join(words[:9], " ") + " …"
	}
	return strings.Join(words, " ")
}

//go:embed policy_beside.html
var besideHTML string

var besideTemplate = template.Must(template.New("beside").Funcs(template.FuncMap{
	"percent": func(f float64) string { return fmt.Sprintf("%.0f%%", 100*f) },
	"standing": func(f float64) string {
		switch {
		case f >= site.ClauseAlike:
			return "has"
		case f >= site.ClauseNear:
			return "perhaps"
		}
		return "lacks"
	},
	"passage": func(m site.PolicyMatch, i int) site.PolicyPassage { return m.Passages[i] },
}).Parse(besideHTML))
