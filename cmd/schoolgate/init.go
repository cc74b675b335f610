package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"schoolgate/content"
	"schoolgate/site"
)

// beginning is what init was told on the command line.
type beginning struct {
	trust, school, slug string
	single, yes         bool
	settings            map[string]*string // of the school, by key
	set                 []string           // name=value
}

func initCommand() *cobra.Command {
	b := beginning{settings: map[string]*string{}}
	cmd := &cobra.Command{
		Use:   "init DIR",
		Short: "Begin the content of a trust or of one school, or add a school",
		Long: `Write what a trust of several schools, or a school on its own, begins with: the
model pages, the texts people sign, the directory of help, a folder for the first
school, and a settings file. In a folder that is begun already, add a school, by
writing its folder and nothing else. A file that is there is never overwritten.

What is not given by flags is asked, unless --yes says not to. What is not answered
stands as TODO in school.toml, below a comment that says what to write; the school's
site is not built until none is left.`,
		Example: `  schoolgate init ourtrust --trust "The Quillmere Schools Trust"
  schoolgate init ourtrust --school "Quillmere Hill Primary School" --phase primary
  schoolgate init ourschool --single --yes --school "Tarn View School" --kind maintained --phase special`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return b.run(cmd, args[0])
		},
	}
	f := cmd.Flags()
	f.StringVar(&b.trust, "trust", "", "begin a trust of this `name`")
	f.BoolVar(&b.single, "single", false, "begin a school that belongs to no trust")
	f.StringVar(&b.school, "school", "", "the school's `name` in full")
	f.StringVar(&b.slug, "slug", "", "the school's `folder` and address; made of its short name otherwise")
	for _, s := range []struct{ key, usage string }{
		{"short_name", "what people call the school"},
		{"kind", "academy or maintained"},
		{"phase", strings.Join(site.Phases, ", ")},
		{"email", "the office's email `address`"},
		{"phone", "the office's telephone `number`"},
		{"address", "the postal address, its `lines` divided by commas"},
		{"colour", "the school's colour, such as `#1f4e5f`"},
		{"uses", "what the school uses, divided by commas: " + strings.Join(site.Switches, ", ")},
	} {
		b.settings[s.key] = f.String(strings.ReplaceAll(s.key, "_", "-"), "", s.usage)
	}
	f.StringArrayVar(&b.set, "set", nil, "any setting or blank of school.toml as `name=value`, or of trust.toml as trust.name=value; may be repeated")
	f.BoolVar(&b.yes, "yes", false, "ask no questions")
	cmd.MarkFlagsMutuallyExclusive("trust", "single")
	return cmd
}

// run writes what a folder begins with, or another school, and says what is left to do.
func (b beginning) run(cmd *cobra.Command, dir string) error {
	ask := asker{in: bufio.NewReader(cmd.InOrStdin()), out: cmd.OutOrStdout(), silent: b.yes}
	into, begun := contentFolder(dir)
	files, assumed, err := b.files(ask, into, begun)
	if err != nil {
		return err
	}
	if err := write(into, files); err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "Wrote %d files in %s\n", len(files), into)
	if begun && assumed != "" {
		fmt.Fprintf(out, "Its kind is %q, as the first school's: change it in school.toml if it is another\n", assumed)
	}
	if !begun {
		if err := writeBeside(out, dir); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if left := site.ToDo(files[name]); left > 0 && path.Ext(name) == ".toml" {
			fmt.Fprintf(out, "Still to be written, marked TODO: %d in %s\n", left, filepath.Join(into, filepath.FromSlash(name)))
		}
	}
	fmt.Fprintf(out, "See the pages while you write: schoolgate preview --content %s\n", into)
	return nil
}

// files is what to write into a content folder, which may be begun already. Assumed is
// the school's kind, where nobody said it.
func (b beginning) files(ask asker, into string, begun bool) (files site.Files, assumed string, err error) {
	whole, err := site.Load(content.FS)
	if err != nil {
		return nil, "", err
	}
	school, trust, err := b.said(whole.Guide)
	if err != nil {
		return nil, "", err
	}
	files = site.Files{}
	var start site.Start
	if begun {
		if start, err = b.join(into, whole.Guide); err == nil {
			assumed = start.Kind()
		}
	} else {
		start, files, assumed, err = b.begin(ask, whole.Guide, trust)
	}
	if err != nil {
		return nil, "", err
	}
	if _, said := school["kind"]; said {
		assumed = ""
	} else if assumed != "" {
		school["kind"] = assumed
	}
	if start.Values, err = ask.settings(start, "school", school); err != nil {
		return nil, "", err
	}
	slug, err := b.folder(start)
	if err != nil {
		return nil, "", err
	}
	if begun && there(into, slug) {
		return nil, "", fmt.Errorf("%s is there already, and nothing was written: choose another with --slug", filepath.Join(into, "schools", slug))
	}
	own, err := start.School(slug)
	if err != nil && begun {
		err = fmt.Errorf("nothing was written, as the folder has to be sound first:\n%w", err)
	}
	maps.Copy(files, own)
	return files, assumed, err
}

// join starts a school in a content folder that is begun.
func (b beginning) join(into string, known site.Guide) (start site.Start, err error) {
	if b.trust != "" || b.single {
		return start, fmt.Errorf("%s is begun already: add a school to it with --school", into)
	}
	start.Content = os.DirFS(into)
	start.Guide, err = site.ReadGuide(start.Content, known)
	return start, err
}

// begin starts a content folder: the files of the starter, those of the trust if
// there is to be one, and the kind its first school has if nothing is said.
func (b beginning) begin(ask asker, guide site.Guide, trust map[string]any) (start site.Start, files site.Files, kind string, err error) {
	start.Guide = guide
	name := b.trust
	if name == "" && !b.single {
		if name, err = ask.trust(); err != nil {
			return start, nil, "", err
		}
	}
	if files, err = site.Base(content.FS, name == ""); err != nil {
		return start, nil, "", err
	}
	start.Content = files.FS()
	if name == "" {
		return start, files, "", nil
	}
	trust["name"] = name
	if start.Values, err = ask.settings(start, "trust", trust); err != nil {
		return start, nil, "", err
	}
	overview, err := start.Overview()
	maps.Copy(files, overview)
	start.Content = files.FS() // what the demo's trust answers is no answer of this one
	return start, files, "academy", err
}

// folder is the name of the school's folder: what was said, or one made of its
// short name.
func (b beginning) folder(start site.Start) (string, error) {
	slug := b.slug
	if slug == "" {
		short, _ := start.Values["short_name"].(string)
		slug = site.Slug(short)
	}
	if slug == "" || site.Slug(slug) != slug {
		return "", fmt.Errorf("--slug: %q: expected a-z, 0-9 and single hyphens, such as quillmere-hill", slug)
	}
	return slug, nil
}

// writeBeside writes what stands beside the content folder, but for what is there
// already.
func writeBeside(out io.Writer, dir string) error {
	for _, file := range []struct{ name, text, note string }{
		{"schoolgate.toml", firstSettings, ""},
		{".gitignore", keptOut, "see that it keeps data, keys and secrets out: /data/, *.db, *.key, *.secret, *.csv"},
	} {
		err := write(dir, site.Files{file.name: file.text})
		switch {
		case err == nil:
			fmt.Fprintf(out, "Wrote %s\n", filepath.Join(dir, file.name))
		case !errors.Is(err, fs.ErrExist):
			return err
		case file.note != "":
			fmt.Fprintf(out, "%s is there already: %s\n", filepath.Join(dir, file.name), file.note)
		}
	}
	return nil
}

// contentFolder is where the content stands, or is to stand, and whether it is
// begun: in the folder itself or in its folder named content.
func contentFolder(dir string) (into string, begun bool) {
	for _, into := range []string{dir, filepath.Join(dir, "content")} {
		if info, err := os.Stat(filepath.Join(into, "model")); err == nil && info.IsDir() {
			return into, true
		}
	}
	return filepath.Join(dir, "content"), false
}

// there says whether a school has this folder, on disks too that take capital
// letters for small ones.
func there(into, slug string) bool {
	entries, err := os.ReadDir(filepath.Join(into, "schools"))
	return err == nil && slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return strings.EqualFold(e.Name(), slug) })
}

// said is what the flags say of the school and of the trust.
func (b beginning) said(guide site.Guide) (school, trust map[string]any, err error) {
	school, trust = map[string]any{}, map[string]any{}
	if b.school != "" {
		school["name"] = b.school
	}
	for key, value := range b.settings {
		if *value != "" {
			school[key] = guide.Value(key, *value)
		}
	}
	for _, pair := range b.set {
		name, value, found := strings.Cut(pair, "=")
		if !found || value == "" {
			return nil, nil, fmt.Errorf("--set %s: expected name=value", pair)
		}
		if name, of := strings.CutPrefix(name, "trust."); of {
			trust[name] = guide.Value(name, value)
		} else {
			school[name] = guide.Value(name, value)
		}
	}
	return school, trust, nil
}

// write writes files below dir, all or none. An error wraps fs.ErrExist when one
// of them is there.
func write(dir string, files site.Files) (err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer closing(&err, root)
	var written []string
	defer func() {
		if err != nil {
			for _, name := range written {
				err = errors.Join(err, root.Remove(name))
			}
		}
	}()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
			return err
		}
		f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("%s is there already, and nothing was written: %w", filepath.Join(dir, filepath.FromSlash(name)), fs.ErrExist)
		} else if err != nil {
			return err
		}
		written = append(written, name)
		_, err = io.WriteString(f, files[name])
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
	return nil
}

// An asker asks somebody at a terminal, a line for a line.
type asker struct {
	in     *bufio.Reader
	out    io.Writer
	silent bool // takes what is usual, and leaves the rest for later
}

// line reads one answer.
func (a asker) line() (string, error) {
	fmt.Fprint(a.out, "> ")
	line, err := a.in.ReadString('\n')
	if line = strings.TrimSpace(line); line != "" || err == nil {
		return line, nil
	}
	fmt.Fprintln(a.out)
	return "", errors.New("there was no answer, and nothing was written: answer the questions, or give flags and --yes")
}

// trust asks for the name of the trust; "" for a school on its own.
func (a asker) trust() (string, error) {
	if a.silent {
		return "", errors.New(`expected --trust "Name" for a trust of several schools, or --single for a school on its own`)
	}
	fmt.Fprintln(a.out, "The name of your trust, in full. Press Enter if your school belongs to none.")
	return a.line()
}

// settings is what was said with what is asked on top: the settings that have to
// be given, and what the school uses. Flags and answers are checked alike.
func (a asker) settings(start site.Start, of string, said map[string]any) (map[string]any, error) {
	values := maps.Clone(said)
	for _, q := range start.Guide.Questions(of) {
		if value, ok := values[q.Name]; ok {
			if wrong := start.Check(of, q.Name, value); wrong != "" {
				return nil, fmt.Errorf("--%s: %s", strings.ReplaceAll(q.Name, "_", "-"), wrong)
			}
			continue
		}
		usual := q.Usual
		if name, ok := values["name"].(string); ok && q.Name == "short_name" {
			usual = strings.TrimSuffix(name, " School")
		}
		switch {
		case a.silent && q.Name == "name":
			return nil, errors.New(`expected --school "Name", as --yes asks nothing`)
		case a.silent && q.Name == "short_name":
			values[q.Name] = usual
		case a.silent:
		case q.Name == "uses":
			uses, err := a.uses(start.Guide)
			if err != nil {
				return nil, err
			}
			values[q.Name] = uses
		case !q.Optional:
			value, err := a.one(start, of, q, usual)
			if err != nil {
				return nil, err
			}
			if value != nil {
				values[q.Name] = value
			}
		}
	}
	for name := range values {
		if !start.Known(of, name) {
			return nil, fmt.Errorf("--set %s: neither a setting nor a blank of %s.toml", name, of)
		}
	}
	return values, nil
}

// one asks for one setting until the answer will do; nil leaves it for later.
func (a asker) one(start site.Start, of string, q site.Question, usual any) (any, error) {
	fmt.Fprintf(a.out, "\n%s\n", q.What)
	if usual != nil {
		fmt.Fprintf(a.out, "Enter for: %v\n", usual)
	} else {
		fmt.Fprintf(a.out, "For example: %s\n", q.Said())
	}
	if _, list := q.Example.([]any); list {
		fmt.Fprintln(a.out, "Put commas between.")
	}
	for {
		line, err := a.line()
		switch {
		case err != nil:
			return nil, err
		case line == "" && usual != nil:
			return usual, nil
		case line == "" && q.Name != "name":
			return nil, nil
		case line == "":
			continue
		}
		value := start.Guide.Value(q.Name, line)
		wrong := start.Check(of, q.Name, value)
		if wrong == "" {
			return value, nil
		}
		fmt.Fprintln(a.out, wrong)
	}
}

// uses asks for each switch.
func (a asker) uses(guide site.Guide) ([]string, error) {
	uses := []string{}
	for _, name := range site.Switches {
		what := name
		if i := slices.IndexFunc(guide.Switches, func(q site.Question) bool { return q.Name == name }); i >= 0 {
			what = guide.Switches[i].What
			if guide.Switches[i].Optional {
				continue
			}
		}
		fmt.Fprintf(a.out, "\n%s Is that so? y or n\n", what)
		for {
			line, err := a.line()
			if err != nil {
				return nil, err
			}
			answer := strings.ToLower(line)
			if answer == "y" || answer == "yes" {
				uses = append(uses, name)
			} else if answer != "" && answer != "n" && answer != "no" {
				continue
			}
			break
		}
	}
	return uses, nil
}

// keptOut is a .gitignore: what must never leave the machine with the words.
const keptOut = `# What must never be published with the words: keys, databases, secrets, and lists
# that name children.

# The data folder: the built sites, the ledger's key, the database
/data/
*.db
*.db-*
*.db.*
*.sqlite*
*.sql
*.dump

# Keys and secrets
*.key
*.pem
*.p12
*.secret
.env
.env.*

# Class lists, consent lists and letters
*.csv
*.xls
*.xlsx
*.ods
letters*.html
`

// firstSettings is a settings file that builds and serves on this machine, with
// all that may be set.
const firstSettings = `# Settings of the program. What people read is in the folder content.
# Files and folders in here are relative to this file.

# The public address. Anything but http://localhost has to be https://.
address = "http://localhost:8080"

# Where the program listens. Put a web server that ends TLS in front of it.
listen = "127.0.0.1:8080"
# The addresses of that proxy, whose X-Forwarded-For is believed: who sends too much
# is told by their own address, too.
# proxies = ["127.0.0.1"]

# The built sites, the ledger's key and the database. Back up this folder.
data = "data"

# The database: a file, or "postgres://user@host/name".
# database = "data/schoolgate.db"

# The folder that schoolgate init wrote.
content = "content"

# What schools ask of those who sign in; each by its folder, or "*" for all.
#
# [security]
# second_factor = ["*"]               # staff: a second step, or they are not let in
# sign_again = ["first-primary"]      # parents: once more, before a session's first yes or signature

# When the ledger's heads are published: whole hours, from "1h" to "168h".
#
# [ledger]
# every = "24h"

# How long after somebody has joined by a letter a yes of theirs begins to count:
# whole hours, up to "720h". A no counts at once, and so does a yes once the office
# has made sure who it is.
#
# [joining]
# wait = "48h"
# schools = { first-primary = "0h" }  # where letters are handed over in person

# Every night what has had its time is erased, as families were told. Without this,
# somebody runs schoolgate retention --run.
[retention]
run = "daily"

# The mail server, by which families are told and reminded; without it, there is paper. The
# password stands in a file of its own, or in the variable SCHOOLGATE_SECRET_MAIL.
#
# [mail]
# server = "smtp.quillmere.example:587"
# security = "starttls"               # or "tls", as at port 465
# user = "schoolgate"
# password_file = "mail.secret"
# from = "no-reply@quillmere.example" # answers go to the school's own address
# every = 7                           # days at least between two mails that ask the same person
# most = 3                            # reminders to one person in a school year
# quiet = "19:00-08:00"               # nobody is asked for anything
# holidays = { "*" = ["2026-12-19/2027-01-03"] } # nor then; by school, or all

# Who can open what schoolgate backup writes: public keys of age, as age-keygen prints them.
#
# [backup]
# recipients = ["age1…"]

# How people sign in: at least one way, or nobody can reach the portal. The secret
# stands in a file of its own, or in the variable SCHOOLGATE_SECRET_<NAME>.
#
# [[sign_in]]
# name = "google"                     # a-z and hyphens; part of an address
# kind = "google"                     # google, microsoft or oidc
# label = "Google"                    # on the button
# issuer = ""                         # of oidc: https://…
# tenant = ""                         # of microsoft: a tenant's id, or consumers
# client_id = ""
# client_secret_file = "google.secret"
# staff_domains = ["quillmere.example"] # whose addresses may be staff
# second_factor = false               # staff never come in without one, though it is not told
# anew_unproven = false               # who was sent to sign in anew is taken to have, though it is not told

# Who may import class lists and export consent lists.
#
# [[staff]]
# email = "office@quillmere-hill.example"
# school = "quillmere-hill"            # the school's folder, or "*" for every school
# role = "office"
#
# [[staff]]
# email = "teacher@quillmere-hill.example"
# school = "quillmere-hill"
# role = "teacher"                     # only of the classes and years that are named
# classes = ["4K"]
# years = ["Year 4"]
#
# [[staff]]
# email = "assistant@quillmere-hill.example"
# school = "quillmere-hill"
# role = "staff"                       # or "governor": signs the agreement with staff, and sees nothing
# posts = false                        # on the school's official channels
`
