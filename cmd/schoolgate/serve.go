package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/gorilla/mux"
	"github.com/spf13/cobra"

	"schoolgate/portal"
	"schoolgate/portal/lists"
	"schoolgate/portal/roster"
	"schoolgate/portal/signin"
	"schoolgate/portal/web"
	"schoolgate/themes"
)

func serveCommand(settings settingsFunc) *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Serve the public sites, and the portal under /portal/",
		Long: `Build the sites, then serve them and the portal until interrupted. The signal HUP
builds the sites again; a site whose build fails stays as it was.`,
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
			log := newLog(cmd.ErrOrStderr())
			h, err := openHouse(cmd.Context(), s, nil, log)
			if err != nil {
				return err
			}
			defer closing(&err, h)
			if _, err := h.build(cmd.Context(), false); err != nil {
				log.Error("some sites were not built and stay as they were", "err", err)
			}
			handler, err := h.handler(configs)
			if err != nil {
				return err
			}
			l, err := net.Listen("tcp", s.Listen)
			if err != nil {
				return fmt.Errorf("listen: %w", err)
			}
			log.Info("serving", "listen", l.Addr().String(), "address", s.Address)
			return h.serve(cmd.Context(), l, handler, hup)
		},
	}
}

// handler is everything that is served: the sites, the portal, the ledger's
// public side and /healthz.
func (h *house) handler(providers []signin.Config) (http.Handler, error) {
	desk, err := signin.New(providers, h.settings.Address, nil)
	if err != nil {
		return nil, err
	}
	css, err := stylesheet()
	if err != nil {
		return nil, err
	}
	pages, err := web.New(web.Config{
		Portal: h.portal, SignIn: desk, ReadClassList: roster.ReadCSV, WriteList: writeList,
		Stylesheet: css, Colour: h.colour, Review: h.review, Address: h.settings.Address, TrustName: h.trustName(), Log: h.log,
	})
	if err != nil {
		return nil, err
	}
	r := mux.NewRouter().UseEncodedPath()
	r.HandleFunc("/healthz", h.health).Methods(http.MethodGet, http.MethodHead)
	r.HandleFunc("/ledger/head", h.ledgerHead).Methods(http.MethodGet, http.MethodHead)
	r.HandleFunc("/ledger/key", h.ledgerKey).Methods(http.MethodGet, http.MethodHead)
	r.HandleFunc("/ledger/consistency/{from:[0-9]+}/{to:[0-9]+}", h.ledgerConsistency).Methods(http.MethodGet, http.MethodHead)
	r.PathPrefix("/portal/").Handler(pages)
	r.Path("/portal").Handler(http.RedirectHandler("/portal/", http.StatusSeeOther))
	r.PathPrefix("/").Handler(publicSites(h.sites())).Methods(http.MethodGet, http.MethodHead)
	return h.outer(r), nil
}

// outer stands before everything that is served. A request's first line may name
// any host, and a router's redirects would lead there: only path and query count.
func (h *house) outer(next http.Handler) http.Handler {
	https := strings.HasPrefix(h.settings.Address, "https://")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL = &url.URL{Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
		if https {
			w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// serve answers requests until ctx ends, then lets those under way finish.
func (h *house) serve(ctx context.Context, l net.Listener, handler http.Handler, hup <-chan os.Signal) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       2 * time.Minute, // a class list on a slow line
		WriteTimeout:      5 * time.Minute, // a long list on a slow line
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(h.log.Handler(), slog.LevelWarn),
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	upkeep := make(chan struct{})
	go func() {
		defer close(upkeep)
		h.upkeep(ctx, hup)
	}()
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	h.log.Info("stopping")
	grace, done := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer done()
	err := server.Shutdown(grace)
	<-upkeep
	if errors.Is(err, context.DeadlineExceeded) {
		err = errors.Join(fmt.Errorf("some requests did not finish: %w", err), server.Close())
	}
	return err
}

// upkeep deletes every few minutes what has had its time, and builds the sites
// again on the signal HUP.
func (h *house) upkeep(ctx context.Context, hup <-chan os.Signal) {
	tidying := time.NewTicker(5 * time.Minute)
	defer tidying.Stop()
	tidy := func() {
		if err := h.portal.Tidy(ctx); err != nil && ctx.Err() == nil {
			h.log.Error("tidying", "err", err)
		}
	}
	tidy()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tidying.C:
			tidy()
		case <-hup:
			h.rebuild(ctx)
		}
	}
}

// rebuild builds what has changed, and says how much that was.
func (h *house) rebuild(ctx context.Context) {
	results, err := h.build(ctx, false)
	var built, unchanged int
	for _, r := range results {
		switch {
		case r.Unchanged:
			unchanged++
		case r.Err == nil:
			built++
		}
	}
	if err != nil {
		h.log.Error("some sites were not built and stay as they were", "err", err)
	}
	h.log.Info("sites", "built", built, "unchanged", unchanged, "failed", len(results)-built-unchanged)
}

func writeList(w io.Writer, purposes []portal.Text) (func(portal.ListRow) error, func() error) {
	list := lists.CSV(w, purposes)
	return list.Write, list.Flush
}

// stylesheet is the theme's one stylesheet, which the portal shares.
func stylesheet() ([]byte, error) {
	css, err := themes.FS.ReadFile("schoolgate/assets/schoolgate.css")
	if err != nil {
		return nil, fmt.Errorf("theme: %w", err)
	}
	return css, nil
}
