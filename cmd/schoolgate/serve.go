package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gorilla/mux"
	"github.com/spf13/cobra"

	"schoolgate/portal"
	"schoolgate/portal/lists"
	"schoolgate/portal/roster"
	"schoolgate/portal/signin"
	"schoolgate/portal/web"
	"schoolgate/site"
	"schoolgate/site/draw"
	"schoolgate/themes"
)

func serveCommand(settings settingsFunc) *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Serve the public sites, and the portal under /portal/",
		Long: `Serve the sites that stand, and the portal, until interrupted; build beside that
whatever has changed. A site whose build fails stays as it was. When the database is
away during a build, neither site nor portal changes, and the build is repeated until
both have. Sites that show the day are built again after midnight in London.

The signal HUP reads the settings again, and then builds what has changed. Another
address, listen, data or database takes a restart.

/healthz answers as long as the program runs; /readyz when the database answers and
the first build is over.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			s, err := settings()
			if err != nil {
				return err
			}
			configs, err := s.providers()
			if err != nil {
				return err
			}
			hup := make(chan os.Signal, 1) // before the first build, which it must not end
			signal.Notify(hup, syscall.SIGHUP)
			defer signal.Stop(hup)
			l, err := net.Listen("tcp", s.Listen) // before anything is touched: another may be running
			if err != nil {
				return fmt.Errorf("listen: %w", err)
			}
			defer l.Close()
			log := newLog(cmd.ErrOrStderr())
			app, err := openApplication(cmd.Context(), s, nil, log)
			if err != nil {
				return err
			}
			defer closing(&err, app)
			handler, err := app.handler(configs)
			if err != nil {
				return err
			}
			if strings.HasPrefix(s.Address, "https://") && len(s.Proxies) == 0 {
				log.Warn("no proxies are set, so whoever comes by one is nobody's address: sign-ins and forms are limited by account alone")
			}
			log.Info("serving", "listen", l.Addr().String(), "address", s.Address)
			return app.serve(cmd.Context(), l, handler, hup, func(app *application) (*application, http.Handler, error) {
				s, err := settings()
				if err != nil {
					return nil, nil, err
				}
				configs, err := s.providers()
				if err != nil {
					return nil, nil, err
				}
				next := app.with(s)
				handler, err := next.handler(configs)
				return next, handler, err
			})
		},
	}
}

// handler is everything that is served: the sites, the portal, the ledger's
// public side, /healthz and /readyz.
func (app *application) handler(providers []signin.Config) (http.Handler, error) {
	if err := app.read(); err != nil { // told by the build too; until it is mended, the portal has no name and no colour
		app.log.Error("the content folder cannot be used", "err", err)
	} else if app.stands() {
		app.built.Store(true)
	}
	if err := app.knowsSchools(); err != nil {
		return nil, err
	}
	if _, err := app.mailSender(); err != nil {
		return nil, err
	}
	if _, err := app.portal.NoteRights(context.Background()); err != nil {
		return nil, err
	}
	if err := app.portal.HashRegister(context.Background()); err != nil {
		return nil, err
	}
	desk, err := signin.New(providers, app.settings.Address, nil)
	if err != nil {
		return nil, err
	}
	css, err := stylesheet("schoolgate")
	if err != nil {
		return nil, err
	}
	office, err := stylesheet("office", "compared")
	if err != nil {
		return nil, err
	}
	pages, err := web.New(web.Config{
		Portal: app.portal, SignIn: desk, OpenClassList: roster.Open, ReadClassList: roster.Read, WriteList: writeList, Encrypt: encrypt, WriteTable: lists.Table, Compare: compareWordings, QR: draw.QR,
		CleanPicture: cleanPicture, SitePages: app.sitePages, Blanks: app.blanks, WriteBlanks: app.writeBlanks,
		Stylesheet: css, OfficeStyles: office, Colour: app.colour, Review: app.review, Unconfirmed: app.unconfirmed, Tel: telephone, Languages: app.languages(), Easy: app.easy, Address: app.settings.Address, TrustName: app.trustName(), Log: app.log,
	})
	if err != nil {
		return nil, err
	}
	r := mux.NewRouter().UseEncodedPath()
	r.HandleFunc("/healthz", alive).Methods(http.MethodGet, http.MethodHead)
	r.HandleFunc("/readyz", app.ready).Methods(http.MethodGet, http.MethodHead)
	r.HandleFunc("/ledger/head", app.ledgerHead).Methods(http.MethodGet, http.MethodHead)
	r.HandleFunc("/ledger/key", app.ledgerKey).Methods(http.MethodGet, http.MethodHead)
	r.HandleFunc("/ledger/consistency/{from:[0-9]+}/{to:[0-9]+}", app.ledgerConsistency).Methods(http.MethodGet, http.MethodHead)
	r.PathPrefix("/portal/").Handler(pages)
	r.Path("/portal").Handler(http.RedirectHandler("/portal/", http.StatusSeeOther))
	r.HandleFunc("/leave", leave(strings.HasPrefix(app.settings.Address, "https://"))).Methods(http.MethodGet, http.MethodHead)
	r.PathPrefix("/").Handler(onlyShown(app.portal.Shows, publicSites(app.sites()))).Methods(http.MethodGet, http.MethodHead)
	gate, err := newGate(app.settings, app.limits)
	if err != nil {
		return nil, err
	}
	return app.outer(gate.before(r)), nil
}

// knowsSchools is the error of a school that what is asked of people names and that
// is none: a slip there would ask nothing of anybody.
func (app *application) knowsSchools() error {
	trust := app.trust.Load()
	if trust == nil {
		return nil
	}
	s := app.settings.Security
	for _, slug := range slices.Concat(s.SecondFactor, s.SignAgain) {
		if slug != "*" && !slices.Contains(trust.Slugs(), slug) {
			return fmt.Errorf(`security: %q is no school: expected "*" or one of %q`, slug, trust.Slugs())
		}
	}
	return nil
}

// outer stands before everything that is served. A request's first line may name
// any host, and a router's redirects would lead there: only path and query count.
func (app *application) outer(next http.Handler) http.Handler {
	https := strings.HasPrefix(app.settings.Address, "https://")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL = &url.URL{Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
		if https {
			w.Header().Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		next.ServeHTTP(w, r)
	})
}

// serve answers requests until ctx ends, then lets those under way finish. On hup,
// renew makes the application and what it serves anew.
func (app *application) serve(ctx context.Context, l net.Listener, handler http.Handler, hup <-chan os.Signal, renew renewal) error {
	var current atomic.Pointer[http.Handler]
	current.Store(&handler)
	server := &http.Server{
		Handler:           http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*current.Load()).ServeHTTP(w, r) }),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       2 * time.Minute, // a class list on a slow line
		WriteTimeout:      5 * time.Minute, // a long list on a slow line
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(app.log.Handler(), slog.LevelWarn),
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	upkeep := make(chan struct{})
	go func() {
		defer close(upkeep)
		var heads sync.WaitGroup
		heads.Go(func() { app.publishHeads(ctx) })
		k := keeper{application: app, renew: renew, show: func(next http.Handler) { current.Store(&next) }}
		k.keep(ctx, hup)
		heads.Wait()
	}()
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	app.log.Info("stopping")
	grace, done := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer done()
	err := server.Shutdown(grace)
	<-upkeep
	if errors.Is(err, context.DeadlineExceeded) {
		err = errors.Join(fmt.Errorf("some requests did not finish: %w", err), server.Close())
	}
	return err
}

// compareWordings is how the public site compares two wordings.
func compareWordings(was, now portal.Text) (out []web.Passage) {
	for _, c := range site.Compare(was.Source, now.Source) {
		p := web.Passage{Label: c.Label, Op: c.Op, Kind: c.Kind}
		for _, x := range c.Parts {
			p.Parts = append(p.Parts, web.Part{Op: x.Op, Text: strings.Join(x.Words, " ")})
		}
		out = append(out, p)
	}
	return out
}

// telephone is how the public site dials a number too.
func telephone(number string) string {
	address, _ := site.Dial(number) // "" for what is no number: a link that does nothing
	return address
}

func writeList(w io.Writer, format string, l portal.List) (web.ListWriter, error) {
	return lists.New(w, format, l)
}

// stylesheet is some of the theme's in one, which the portal shares.
func stylesheet(names ...string) (all []byte, err error) {
	for _, name := range names {
		css, err := fs.ReadFile(themes.FS, "assets/"+name+".css")
		if err != nil {
			return nil, fmt.Errorf("theme: %w", err)
		}
		all = append(all, css...)
	}
	return all, nil
}
