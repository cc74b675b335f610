package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"schoolgate/cmd/schoolgate/demo"
	"schoolgate/content"
	"schoolgate/portal"
	"schoolgate/portal/signin"
	"schoolgate/portal/signin/demoidp"
	"schoolgate/portal/web"
)

func demoCommand(settingsFile *string) *cobra.Command {
	var address, data string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run an invented trust with two schools on this machine",
		Long: `Make an invented trust with two schools and 660 pupils, and serve it on this
machine, with an identity provider inside the program as whose people you sign in.
What you do is kept from run to run in the data folder; delete it to begin again.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDemo(cmd, *settingsFile, address, data)
		},
	}
	cmd.Flags().StringVar(&address, "addr", "127.0.0.1:8080", "the `host:port` to listen on; this machine only")
	cmd.Flags().StringVar(&data, "data", ".demo", "the `folder` to keep everything in")
	return cmd
}

func runDemo(cmd *cobra.Command, settingsFile, addr, data string) (err error) {
	ctx := cmd.Context()
	s, err := demoSettings(settingsFile, addr, data)
	if err != nil {
		return err
	}
	empty, err := newDemo(s)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("--addr: %w", err)
	}
	defer l.Close()
	if _, port, _ := net.SplitHostPort(l.Addr().String()); strings.HasSuffix(s.Address, ":0") {
		s.Address = strings.TrimSuffix(s.Address, "0") + port
	}

	if err := ownWords(s.Content); err != nil {
		return err
	}
	var seeding atomic.Pointer[time.Time] // the clock, while the past is being made
	clock := func() time.Time {
		if t := seeding.Load(); t != nil {
			return *t
		}
		return time.Now()
	}
	app, err := openApplication(ctx, s, clock, newLog(cmd.ErrOrStderr()))
	if err != nil {
		return err
	}
	defer closing(&err, app)
	out := cmd.OutOrStdout()
	if empty { // what families answered in September was published before
		start := demo.SchoolYear(time.Now())
		seeding.Store(&start)
	}
	fmt.Fprintln(out, "Building the sites of an invented trust …")
	if _, err := app.build(ctx, whatChanged); err != nil {
		return err
	}
	issuer := s.Address + "/demo-identity"
	if empty {
		fmt.Fprintln(out, "Inviting the families of 660 invented pupils; this is done once …")
		if err := app.fill(ctx, issuer, func(t time.Time) { seeding.Store(&t) }); err != nil {
			return err
		}
		seeding.Store(nil)
		if err := app.draftBlanks(ctx, issuer); err != nil {
			return err
		}
		if err := demo.Pictures(ctx, app.portal, issuer, cleanPicture); err != nil {
			return err
		}
		if _, err := app.build(ctx, whatChanged); err != nil {
			return err
		}
	}

	handler, err := app.demoHandler(issuer)
	if err != nil {
		return err
	}
	if err := app.keepSettings(); err != nil {
		return err
	}
	if err := app.welcome(ctx, out); err != nil {
		return err
	}
	return app.serve(ctx, l, handler, nil, nil)
}

// demoSettings refuses to stand anywhere but on this machine, or beside a real
// way to sign in: the demo's identity provider asks nobody for a password.
func demoSettings(file, addr, data string) (Settings, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return Settings{}, fmt.Errorf("--addr: expected host:port, such as 127.0.0.1:8080")
	}
	if !web.Loopback(host) {
		return Settings{}, fmt.Errorf("--addr: the demo lets anybody sign in without a password, so it runs on this machine alone: expected 127.0.0.1, localhost or [::1]")
	}
	if _, err := os.Stat(file); err == nil {
		if real, err := readSettings(file); err != nil {
			return Settings{}, err
		} else if len(real.SignIn) > 0 {
			return Settings{}, fmt.Errorf("%s configures a real way to sign in, and the demo does not run beside one: run it from another folder", file)
		}
	}
	if data, err = filepath.Abs(data); err != nil {
		return Settings{}, fmt.Errorf("--data: %w", err)
	}
	s := Settings{
		Address: "http://localhost:" + port, Listen: addr, Data: data, Database: filepath.Join(data, "schoolgate.db"), Content: filepath.Join(data, "content"),
	}
	for _, p := range demo.Staff() {
		s.Staff = append(s.Staff, StaffSetting{Email: p.Email, School: p.School, Role: string(p.Role), Classes: p.Classes})
	}
	return s, nil
}

// filled is the file that says a folder holds a demo, whole.
const filled = "demo"

// newDemo says whether a demo's folder has yet to be filled. It refuses a folder
// that holds the data of something else, or half a demo.
func newDemo(s Settings) (bool, error) {
	if _, err := os.Stat(filepath.Join(s.Data, filled)); err == nil {
		return false, nil
	}
	if in, err := os.ReadDir(s.Data); err == nil && len(in) > 0 {
		return false, fmt.Errorf("--data: %s holds something that is no demo, or a demo that was interrupted while it was made: if it is a demo, delete the folder; otherwise name another", s.Data)
	}
	return true, nil
}

// fill gives an empty demo its past.
func (app *application) fill(ctx context.Context, issuer string, clock func(time.Time)) error {
	err := demo.Fill(ctx, app.portal, clock, issuer, time.Now())
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(app.settings.Data, filled), nil, 0o600)
}

// ownWords puts the words inside the program into a folder that the portal may write in.
// What a school has answered since stays.
func ownWords(folder string) error {
	return fs.WalkDir(content.FS, ".", func(name string, e fs.DirEntry, err error) error {
		at := filepath.Join(folder, filepath.FromSlash(name))
		if err != nil || e.IsDir() {
			return errors.Join(err, os.MkdirAll(at, 0o700))
		}
		if _, err := os.Stat(at); err == nil && path.Base(name) == "school.toml" {
			return nil
		}
		words, err := fs.ReadFile(content.FS, name)
		if err != nil {
			return err
		}
		return os.WriteFile(at, words, 0o600)
	})
}

// draftBlanks has Fernlow's head begin on a change: an optional part, and two new answers.
func (app *application) draftBlanks(ctx context.Context, issuer string) error {
	const school = "fernlow-primary"
	i := slices.IndexFunc(demo.People(), func(p demo.Person) bool { return p.Role == portal.Head })
	head := demo.People()[i]
	a, err := app.portal.SignedIn(ctx, portal.Identity{Provider: demo.Provider, Issuer: issuer, Subject: head.Subject, Name: head.Name, StaffEmail: head.Email})
	if err != nil {
		return err
	}
	form, err := app.blanks(school, nil)
	if err != nil {
		return err
	}
	typed, own := map[string]portal.Typed{}, form.Own()
	for key, now := range map[string]string{"uses.live_lessons": "yes", "blanks.lead_meets_governor": "twice each half term", "blanks.governor_reports": "in writing twice a term"} {
		typed[key] = portal.Typed{Seen: own[key], Now: now}
	}
	return app.portal.SaveDraft(ctx, a.ID, school, own, typed)
}

// demoHandler is what a real server serves, with the demo's identity provider beside it.
func (app *application) demoHandler(issuer string) (http.Handler, error) {
	var people []demoidp.Person
	domains := map[string]bool{}
	for _, p := range demo.People() {
		people = append(people, demoidp.Person{Subject: p.Subject, Name: p.Name, Email: p.Email, EmailVerified: true, SecondFactor: p.Staff, Hint: p.Hint})
		if p.Staff {
			_, domain, _ := strings.Cut(p.Email, "@")
			domains[domain] = true
		}
	}
	config := signin.Config{Name: demo.Provider, Kind: "oidc", Label: "the demo’s people", Issuer: issuer, ClientID: "schoolgate-demo", Secret: rand.Text()}
	for d := range domains {
		config.StaffDomains = append(config.StaffDomains, d)
	}
	served, err := app.handler([]signin.Config{config})
	if err != nil {
		return nil, err
	}
	css, err := stylesheet("schoolgate")
	if err != nil {
		return nil, err
	}
	idp, err := demoidp.New(issuer, config.ClientID, config.Secret, app.settings.Address+signin.CallbackPath(demo.Provider), people, web.StylesheetPath(css))
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(issuer)
	if err != nil {
		return nil, err
	}
	all := http.NewServeMux()
	all.Handle(u.Path+"/", idp)
	all.Handle("/", served)
	return all, nil
}

// keepSettings leaves a settings file in the demo's folder, so that the other
// commands can be tried on it. It names no way to sign in, so serve refuses it.
func (app *application) keepSettings() error {
	text := fmt.Sprintf("# The demo's, for import, export and verify.\naddress = %q\ndata = \".\"\ncontent = \"content\"\n", app.settings.Address)
	return os.WriteFile(filepath.Join(app.settings.Data, "schoolgate.toml"), []byte(text), 0o600)
}

// welcome prints where to go and whom to sign in as, with a fresh letter for
// those of the named people who have not used theirs.
func (app *application) welcome(ctx context.Context, out io.Writer) error {
	fmt.Fprintf(out, "\nSchoolgate's demo is at %s/\n\n", app.settings.Address)
	schools, err := app.portal.Schools(ctx)
	if err != nil {
		return err
	}
	for _, s := range schools {
		fmt.Fprintf(out, "  %-28s %s\n", s.ShortName, s.Site)
	}
	fmt.Fprintf(out, "  %-28s %s/portal/\n\nSign in to the portal as:\n", "The portal", app.settings.Address)
	for _, p := range demo.People() {
		fmt.Fprintf(out, "  %-28s %s\n", p.Name, p.Hint)
	}
	for _, s := range schools {
		if err := app.freshLetters(ctx, out, s.Slug); err != nil {
			return err
		}
	}
	fmt.Fprintln(out, "\nStop it with Ctrl+C.")
	return nil
}

// freshLetters prints what the letters say to those of the named parents of a
// school who have not used theirs.
func (app *application) freshLetters(ctx context.Context, out io.Writer, school string) error {
	named := map[string]bool{}
	for _, p := range demo.People() {
		named[p.ContactName] = !p.Staff
	}
	all, err := app.portal.Invitees(ctx, portal.Operator, school)
	var waiting []string
	for _, to := range all {
		if named[to.Contact.Name] && to.Joined.IsZero() {
			waiting = append(waiting, to.Contact.ID)
		}
	}
	if err != nil || len(waiting) == 0 {
		return err
	}
	letters, err := app.portal.Letters(ctx, portal.Operator, school, waiting...)
	for _, l := range letters {
		fmt.Fprintf(out, "\nThe letter to %s: code %s, %s born %s\n", l.Contact.Name, l.Code, l.Children[0].Pupil.Forename, l.Children[0].Pupil.Born)
	}
	return err
}
