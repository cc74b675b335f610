package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"schoolgate/content"
	"schoolgate/portal"
	"schoolgate/portal/ledger"
	"schoolgate/portal/store"
	"schoolgate/portal/web"
	"schoolgate/site"
	"schoolgate/themes"
)

// application is the parts that commands work with, put together from the settings:
// here the site and the portal meet.
type application struct {
	settings Settings
	store    *store.DB
	ledger   *ledger.Ledger
	portal   *portal.Portal
	now      func() time.Time
	trust    atomic.Pointer[site.Trust] // as last read
	built    atomic.Bool                // the sites stand, as far as they can be built
	limits   *limits                    // what was sent lately, and by whom
	written  chan struct{}              // a school's file was written, for the keeper to build
	log      *slog.Logger
}

// openApplication opens the database and the ledger. Now is the clock; nil is the real
// one. A database that is not what it was when it was last open is an error.
func openApplication(ctx context.Context, s Settings, now func() time.Time, log *slog.Logger) (*application, error) {
	app, err := openDatabase(ctx, s, now, log)
	if err != nil {
		return nil, err
	}
	if err := app.keepHeads(ctx); err != nil {
		return nil, errors.Join(err, app.Close())
	}
	return app, nil
}

// openDatabase is openApplication without the comparison with the heads that are kept.
func openDatabase(ctx context.Context, s Settings, now func() time.Time, log *slog.Logger) (*application, error) {
	if err := os.MkdirAll(s.Data, 0o700); err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	if !s.postgres() {
		for _, suffix := range []string{"", "-wal", "-shm"} {
			if err := ownerOnly(s.Database + suffix); err != nil {
				return nil, fmt.Errorf("database: %w", err)
			}
		}
	}
	db, err := store.Open(ctx, s.Database)
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	app, err := newApplication(ctx, s, db, now, log)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return app, nil
}

// newApplication is openDatabase for one that is open.
func newApplication(ctx context.Context, s Settings, db *store.DB, now func() time.Time, log *slog.Logger) (app *application, err error) {
	if now == nil {
		now = time.Now
	}
	app = &application{settings: s, store: db, now: now, limits: new(limits), written: make(chan struct{}, 1), log: log}
	if err := app.openLedger(ctx); err != nil {
		return nil, err
	}
	return app, nil
}

// openLedger opens the ledger with the key that there is now, and the portal on it.
func (app *application) openLedger(ctx context.Context) (err error) {
	if app.ledger, err = ledger.Open(ctx, app.store, app.keyFile(), app.now()); err != nil {
		return err
	}
	app.ledger.Every = cmp.Or(app.settings.Ledger.every(), app.ledger.Every)
	app.portal = app.newPortal(app.settings)
	return nil
}

// newPortal is the portal as the settings want it.
func (app *application) newPortal(s Settings) *portal.Portal {
	p := portal.New(app.store, app.ledger, s.staff(), app.now)
	p.CountYesAfter(s.Joining.wait)
	p.Demand(portal.Demands(s.Security))
	p.AfterErasing(app.keepErasures)
	p.UseShelf(shelf(filepath.Join(s.Data, "pictures")))
	if s.Mail.Server != "" {
		p.SendMail(s.Mail.rules(func(string, string) {})) // check has seen to it
	}
	if who, err := user.Current(); err == nil {
		p.ActAs(who.Username)
	}
	return p
}

// keyFile is the file of the ledger's secret key.
func (app *application) keyFile() string { return filepath.Join(app.settings.Data, "ledger.key") }

// headsFile is the file of published heads, to be copied elsewhere.
func (app *application) headsFile() string {
	return cmp.Or(app.settings.Ledger.Heads, filepath.Join(app.settings.Data, "heads.txt"))
}

// with is the application with other settings: staff, ways to sign in, content. What it is
// built on cannot change while it stands.
func (app *application) with(s Settings) *application {
	was := app.settings
	for _, fixed := range []struct {
		name     string
		was, now *string
	}{
		{"address", &was.Address, &s.Address}, {"listen", &was.Listen, &s.Listen},
		{"data", &was.Data, &s.Data}, {"database", &was.Database, &s.Database},
	} {
		if *fixed.was != *fixed.now {
			app.log.Warn("this setting takes a restart", "setting", fixed.name)
			*fixed.now = *fixed.was
		}
	}
	next := &application{settings: s, store: app.store, ledger: app.ledger, portal: app.newPortal(s), now: app.now, limits: app.limits, written: app.written, log: app.log}
	next.trust.Store(app.trust.Load())
	next.built.Store(app.built.Load())
	return next
}

// openFor is openApplication for a command, with its settings and its log.
func openFor(cmd *cobra.Command, settings settingsFunc) (*application, error) {
	s, err := settings()
	if err != nil {
		return nil, err
	}
	return openApplication(cmd.Context(), s, nil, newLog(cmd.ErrOrStderr()))
}

// Close closes the database.
func (app *application) Close() error { return app.store.Close() }

// content is the folder of the settings, or the starter inside the program.
func (s Settings) content() fs.FS {
	if s.Content == "" {
		return content.FS
	}
	return os.DirFS(s.Content)
}

// sites is where the built sites stand.
func (app *application) sites() string { return filepath.Join(app.settings.Data, "sites") }

// extent is which of the sites are built.
type extent bool

const (
	whatChanged extent = false // those whose inputs are others than at the last build
	everySite   extent = true
)

// build builds the schools' sites; with only, those of these slugs.
// Each is put in place once the portal has its texts: the two change together, or, when
// the database is away, not at all. It answers the results also where some failed.
func (app *application) build(ctx context.Context, which extent, only ...string) ([]site.Result, error) {
	if err := app.read(); err != nil {
		return nil, err
	}
	wrote, unfinished := app.finishDrafts(ctx)
	if wrote {
		if err := app.read(); err != nil {
			return nil, err
		}
	}
	trust := app.trust.Load()
	schools := map[string]*site.School{}
	for _, s := range trust.Schools {
		schools[s.Slug] = s
	}
	results, err := site.Build(ctx, trust, site.Options{
		Theme: themes.FS, Out: app.sites(), Address: app.settings.Address, Now: app.now(), Log: app.log, All: which == everySite, Only: only, Kept: kept(),
		MayShow: app.mayShowPictures, Desk: app.deskPictures,
		HandOver: func(ctx context.Context, r site.Result) error {
			if err := app.portal.SetSchools(ctx, []portal.School{app.school(schools[r.Slug], r)}); err != nil {
				return fmt.Errorf("%w: %w", errNotHandedOver, err)
			}
			return nil
		},
	})
	return results, errors.Join(err, unfinished, app.published(ctx, results), app.keepHeads(ctx))
}

// mayShowPictures asks the register which pictures of pupils a school's site may show.
func (app *application) mayShowPictures(ctx context.Context, school string, all []site.Depicted) ([]site.Shown, error) {
	pictures := make([]portal.Picture, len(all))
	for i, d := range all {
		pictures[i] = portal.Picture{Key: d.Key, Page: d.Page, Alt: d.Alt, Purpose: d.Purpose, Until: portal.Date(d.Until), Pupils: d.Pupils}
	}
	names, why, err := app.portal.Declare(ctx, school, pictures)
	shown := make([]site.Shown, len(all))
	for i := range names {
		shown[i] = site.Shown{Name: names[i], Why: why[i]}
	}
	return shown, err
}

// read reads the content folder.
func (app *application) read() error {
	trust, err := site.Load(app.settings.content())
	if err != nil {
		return err
	}
	app.trust.Store(trust)
	return nil
}

// stands says whether every school has a site from an earlier build.
func (app *application) stands() bool {
	return !slices.ContainsFunc(app.trust.Load().Slugs(), func(slug string) bool {
		_, err := os.Stat(filepath.Join(app.sites(), slug, "current"))
		return err != nil
	})
}

// errNotHandedOver is why a site that was sound was not put in place.
var errNotHandedOver = errors.New("the portal could not take over its texts")

// school is a school of the site as the portal knows it.
func (app *application) school(s *site.School, r site.Result) portal.School {
	out := portal.School{
		Slug: s.Slug, Name: s.Name, ShortName: s.ShortName, Address: s.Address, Phone: s.Phone, Email: s.Email,
		Site: s.URL, Periods: keeps(app.trust.Load().Keeps(s)),
	}
	if out.Site == "" {
		out.Site = app.settings.Address + "/" + s.Slug + "/"
	}
	for _, t := range r.Texts {
		out.Texts = append(out.Texts, portal.Text{
			School: s.Slug, Kind: portal.Kind(t.Kind), Slug: t.Slug, Title: t.Title, Edition: t.Edition, Hash: t.Hash,
			Source: string(t.Source), HTML: string(t.HTML), Path: t.Path, Published: t.Published,
			Sense: t.Sense, Corrects: t.Corrects, Because: t.Because,
			Audience: portal.Audience(t.For), Basis: portal.Basis(t.Basis), FromAge: t.FromAge, Months: t.Months, Stage: t.Stage, Years: years(t.Years),
			Checks: checks(t.Checks), Posting: t.Posting,
			Summary: t.Summary, Statement: t.Statement, Question: t.Question, IfGiven: t.Given, IfRefused: t.Refused,
		})
	}
	return out
}

// checks is questions as the portal knows them.
func checks(all []site.Check) (out []portal.Check) {
	for _, c := range all {
		out = append(out, portal.Check{Question: c.Question, Answers: c.Answers, Right: c.Right - 1, Because: c.Because})
	}
	return out
}

// years is year groups as the portal knows them: the site has read their names.
func years(named []string) (all []portal.Year) {
	for _, name := range named {
		if y, err := portal.ParseYear(name); err == nil {
			all = append(all, y)
		}
	}
	return all
}

// kept is what the database holds of people, for the sites' privacy notices.
func kept() (rows []site.Kept) {
	for _, k := range store.KeptOfPeople {
		rows = append(rows, site.Kept{What: k.What, Why: k.Why, HowLong: k.HowLong})
	}
	return rows
}

// keeps is a school's periods as the portal knows them.
func keeps(months map[string]int) portal.Periods {
	return portal.Periods{
		Records: months["records"], Answers: months["answers"], Agreements: months["agreements"],
		Replaced: months["replaced"], Events: months["events"], Pictures: months["pictures"], Staff: months["staff"],
	}
}

// colour is a school's own colour, or the trust's for no school; "" where it is
// not known yet.
func (app *application) colour(school string) string {
	trust, s := app.schoolNamed(school)
	switch {
	case s != nil:
		return s.Colour
	case trust != nil:
		return trust.Colour
	}
	return ""
}

// languages are those in which families are asked to tell us theirs.
func (app *application) languages() (all []web.Language) {
	if trust := app.trust.Load(); trust != nil {
		for _, l := range trust.Languages {
			all = append(all, web.Language{Tag: l.Tag, Dir: l.Dir(), Name: l.Name, Says: l.Says})
		}
	}
	return all
}

// easy is where a school's site tells a text in easy words; "" for nowhere.
func (app *application) easy(t portal.Text) string {
	if trust, s := app.schoolNamed(t.School); s != nil {
		return trust.EasyWords(s, string(t.Kind), t.Slug)
	}
	return ""
}

// trustName is whose portal it is; "" for a school on its own.
func (app *application) trustName() string {
	if trust := app.trust.Load(); trust != nil {
		return trust.Name
	}
	return ""
}

// review is when a school's online safety policy is reviewed next, and whether
// that is soon or overdue.
func (app *application) review(school string) (time.Time, string) {
	if _, s := app.schoolNamed(school); s != nil {
		r := s.Review()
		return r.Next, r.Standing(app.now())
	}
	return time.Time{}, ""
}

// unconfirmed are the places of help that nobody at a school has looked at lately.
func (app *application) unconfirmed(school string) []string {
	if trust, s := app.schoolNamed(school); s != nil {
		return trust.Unconfirmed(s, app.now())
	}
	return nil
}

// schoolNamed is a school of the trust by its slug; nil for none.
func (app *application) schoolNamed(slug string) (*site.Trust, *site.School) {
	trust := app.trust.Load()
	if trust != nil {
		for _, s := range trust.Schools {
			if s.Slug == slug {
				return trust, s
			}
		}
	}
	return trust, nil
}
