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

// house is the parts that commands work with, put together from the settings:
// here the site and the portal meet.
type house struct {
	settings Settings
	store    *store.DB
	ledger   *ledger.Ledger
	portal   *portal.Portal
	now      func() time.Time
	trust    atomic.Pointer[site.Trust] // as last read
	built    atomic.Bool                // the sites stand, as far as they can be built
	limits   *limits                    // what was sent lately, and by whom
	log      *slog.Logger
}

// openHouse opens the database and the ledger. Now is the clock; nil is the real
// one. A database that is not what it was when it was last open is an error.
func openHouse(ctx context.Context, s Settings, now func() time.Time, log *slog.Logger) (*house, error) {
	h, err := openDatabase(ctx, s, now, log)
	if err != nil {
		return nil, err
	}
	if err := h.keepHeads(ctx); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

// openDatabase is openHouse without the comparison with the heads that are kept.
func openDatabase(ctx context.Context, s Settings, now func() time.Time, log *slog.Logger) (*house, error) {
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
	if now == nil {
		now = time.Now
	}
	h := &house{settings: s, store: db, now: now, limits: new(limits), log: log}
	if h.ledger, err = ledger.Open(ctx, db, h.keyFile(), now()); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	h.ledger.Every = cmp.Or(s.Ledger.every(), h.ledger.Every)
	h.portal = h.newPortal(s)
	return h, nil
}

// newPortal is the portal as the settings want it.
func (h *house) newPortal(s Settings) *portal.Portal {
	p := portal.New(h.store, h.ledger, s.staff(), h.now)
	p.CountYesAfter(s.Joining.wait)
	p.Demand(portal.Demands(s.Security))
	if who, err := user.Current(); err == nil {
		p.ActAs(who.Username)
	}
	return p
}

// keyFile is the file of the ledger's secret key.
func (h *house) keyFile() string { return filepath.Join(h.settings.Data, "ledger.key") }

// headsFile is the file of published heads, to be copied elsewhere.
func (h *house) headsFile() string {
	return cmp.Or(h.settings.Ledger.Heads, filepath.Join(h.settings.Data, "heads.txt"))
}

// with is the house with other settings: staff, ways to sign in, content. What it is
// built on cannot change while it stands.
func (h *house) with(s Settings) *house {
	was := h.settings
	for _, fixed := range []struct {
		name     string
		was, now *string
	}{
		{"address", &was.Address, &s.Address}, {"listen", &was.Listen, &s.Listen},
		{"data", &was.Data, &s.Data}, {"database", &was.Database, &s.Database},
	} {
		if *fixed.was != *fixed.now {
			h.log.Warn("this setting takes a restart", "setting", fixed.name)
			*fixed.now = *fixed.was
		}
	}
	next := &house{settings: s, store: h.store, ledger: h.ledger, portal: h.newPortal(s), now: h.now, limits: h.limits, log: h.log}
	next.trust.Store(h.trust.Load())
	next.built.Store(h.built.Load())
	return next
}

// openFor is openHouse for a command, with its settings and its log.
func openFor(cmd *cobra.Command, settings settingsFunc) (*house, error) {
	s, err := settings()
	if err != nil {
		return nil, err
	}
	return openHouse(cmd.Context(), s, nil, newLog(cmd.ErrOrStderr()))
}

// Close closes the database.
func (h *house) Close() error { return h.store.Close() }

// content is the folder of the settings, or the starter inside the program.
func (s Settings) content() fs.FS {
	if s.Content == "" {
		return content.FS
	}
	return os.DirFS(s.Content)
}

// sites is where the built sites stand.
func (h *house) sites() string { return filepath.Join(h.settings.Data, "sites") }

// build builds the schools' sites, all of them or those whose inputs have changed.
// Each is put in place once the portal has its texts: the two change together, or, when
// the database is away, not at all. It answers the results also where some failed.
func (h *house) build(ctx context.Context, all bool) ([]site.Result, error) {
	if err := h.read(); err != nil {
		return nil, err
	}
	trust := h.trust.Load()
	schools := map[string]*site.School{}
	for _, s := range trust.Schools {
		schools[s.Slug] = s
	}
	results, err := site.Build(ctx, trust, site.Options{
		Theme: themes.FS, Out: h.sites(), Address: h.settings.Address, Now: h.now(), Log: h.log, All: all, Kept: kept(),
		HandOver: func(ctx context.Context, r site.Result) error {
			if err := h.portal.SetSchools(ctx, []portal.School{h.school(schools[r.Slug], r)}); err != nil {
				return fmt.Errorf("%w: %w", errNotHandedOver, err)
			}
			return nil
		},
	})
	return results, errors.Join(err, h.keepHeads(ctx))
}

// read reads the content folder.
func (h *house) read() error {
	trust, err := site.Load(h.settings.content())
	if err != nil {
		return err
	}
	h.trust.Store(trust)
	return nil
}

// stands says whether every school has a site from an earlier build.
func (h *house) stands() bool {
	return !slices.ContainsFunc(h.trust.Load().Slugs(), func(slug string) bool {
		_, err := os.Stat(filepath.Join(h.sites(), slug, "current"))
		return err != nil
	})
}

// errNotHandedOver is why a site that was sound was not put in place.
var errNotHandedOver = errors.New("the portal could not take over its texts")

// school is a school of the site as the portal knows it.
func (h *house) school(s *site.School, r site.Result) portal.School {
	out := portal.School{
		Slug: s.Slug, Name: s.Name, ShortName: s.ShortName, Address: s.Address, Phone: s.Phone, Email: s.Email,
		Site: s.URL, Keep: keeps(h.trust.Load().Keeps(s)),
	}
	if out.Site == "" {
		out.Site = h.settings.Address + "/" + s.Slug + "/"
	}
	for _, t := range r.Texts {
		out.Texts = append(out.Texts, portal.Text{
			School: s.Slug, Kind: portal.Kind(t.Kind), Slug: t.Slug, Title: t.Title, Edition: t.Edition, Hash: t.Hash,
			Source: string(t.Source), HTML: string(t.HTML), Path: t.Path, Published: t.Published,
			Sense: t.Sense, Corrects: t.Corrects, Because: t.Because,
			Audience: portal.Audience(t.For), Basis: portal.Basis(t.Basis), FromAge: t.FromAge, Months: t.Months,
			Summary: t.Summary, Statement: t.Statement, Question: t.Question, IfGiven: t.Given, IfRefused: t.Refused,
		})
	}
	return out
}

// kept is what the database holds of people, for the sites' privacy notices.
func kept() (rows []site.Kept) {
	for _, k := range store.KeptOfPeople {
		rows = append(rows, site.Kept{What: k.What, Why: k.Why, HowLong: k.HowLong})
	}
	return rows
}

// keeps is a school's periods as the portal knows them.
func keeps(months map[string]int) portal.Keep {
	return portal.Keep{
		Records: months["records"], Answers: months["answers"], Agreements: months["agreements"],
		Replaced: months["replaced"], Events: months["events"], Staff: months["staff"],
	}
}

// colour is a school's own colour, or the trust's for no school; "" where it is
// not known yet.
func (h *house) colour(school string) string {
	trust, s := h.schoolNamed(school)
	switch {
	case s != nil:
		return s.Colour
	case trust != nil:
		return trust.Colour
	}
	return ""
}

// languages are those in which families are asked to tell us theirs.
func (h *house) languages() (all []web.Language) {
	if trust := h.trust.Load(); trust != nil {
		for _, l := range trust.Languages {
			all = append(all, web.Language{Tag: l.Tag, Dir: l.Dir(), Name: l.Name, Says: l.Says})
		}
	}
	return all
}

// trustName is whose portal it is; "" for a school on its own.
func (h *house) trustName() string {
	if trust := h.trust.Load(); trust != nil {
		return trust.Name
	}
	return ""
}

// review is when a school's online safety policy is reviewed next, and whether
// that is soon or overdue.
func (h *house) review(school string) (time.Time, string) {
	if _, s := h.schoolNamed(school); s != nil {
		r := s.Review()
		return r.Next, r.Standing(h.now())
	}
	return time.Time{}, ""
}

// unconfirmed are the places of help that nobody at a school has looked at lately.
func (h *house) unconfirmed(school string) []string {
	if trust, s := h.schoolNamed(school); s != nil {
		return trust.Unconfirmed(s, h.now())
	}
	return nil
}

// schoolNamed is a school of the trust by its slug; nil for none.
func (h *house) schoolNamed(slug string) (*site.Trust, *site.School) {
	trust := h.trust.Load()
	if trust != nil {
		for _, s := range trust.Schools {
			if s.Slug == slug {
				return trust, s
			}
		}
	}
	return trust, nil
}
