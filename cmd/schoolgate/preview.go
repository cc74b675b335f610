package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/spf13/cobra"

	"schoolgate/portal/web"
	"schoolgate/site"
	"schoolgate/site/source"
	"schoolgate/themes"
)

// How long preview waits: for an editor to finish with its files, and between
// two looks at the whole folder, for disks that do not tell of changes.
const (
	settled   = 80 * time.Millisecond
	lookAgain = 2 * time.Second
)

func previewCommand(settingsFile *string) *cobra.Command {
	var folder, addr string
	cmd := &cobra.Command{
		Use:   "preview",
		Short: "Show the public sites while somebody edits them",
		Long: `Build the public sites of a content folder and serve them on this machine. When a
file is saved, the sites it belongs to are built again and the browser shows them.
What is wrong is shown above the page, with file and line; the last good page stays
below. Nothing is published, and what was built is deleted at the end.

Without --content, the folder is the one that the settings file names, or the folder
named content.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			dir, err := previewFolder(folder, *settingsFile)
			if err != nil {
				return err
			}
			host, _, err := net.SplitHostPort(addr)
			if err != nil {
				return errors.New("--addr: expected host:port, such as 127.0.0.1:1313")
			}
			if !web.Loopback(host) {
				return errors.New("--addr: what is not finished is for this machine alone: expected 127.0.0.1, localhost or [::1]")
			}
			l, err := net.Listen("tcp", addr)
			if err != nil {
				return fmt.Errorf("--addr: %w", err)
			}
			defer l.Close()
			p, err := newPreview(dir, "http://"+net.JoinHostPort(host, portOf(l)), newLog(cmd.ErrOrStderr()))
			if err != nil {
				return err
			}
			defer closing(&err, p)
			fmt.Fprintf(cmd.OutOrStdout(), "Preview of %s on %s/ until you press Ctrl+C\n", dir, p.address)
			return p.serve(cmd.Context(), l)
		},
	}
	cmd.Flags().StringVar(&folder, "content", "", "the content `folder`")
	cmd.Flags().StringVar(&addr, "addr", "127.0.0.1:1313", "the `host:port` to listen on; this machine only")
	return cmd
}

func portOf(l net.Listener) string {
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// previewFolder is the content folder that somebody means.
func previewFolder(folder, settingsFile string) (string, error) {
	if folder == "" {
		folder = "content"
		if _, err := os.Stat(settingsFile); err == nil {
			s, err := readSettings(settingsFile)
			if err != nil {
				return "", err
			}
			folder = cmp.Or(s.Content, folder)
		}
	}
	if into, begun := contentFolder(folder); begun {
		return filepath.Abs(into)
	}
	return "", fmt.Errorf("--content: %s is not a content folder, as it has no folder model: begin one with schoolgate init", folder)
}

// A preview is the sites of a folder as they are being edited.
type preview struct {
	content string // folder
	out     string // temporary folder of the built sites
	address string
	log     *slog.Logger
	watcher *fsnotify.Watcher // nil when the machine has none to give

	mu      sync.Mutex
	state   previewState
	changed chan struct{} // closed when state is replaced
}

// previewState is what browsers are shown.
type previewState struct {
	version  string   // changes with every build
	problems []string // by file and line, of all sites
	first    string   // slug of the site that / leads to when there is no overview
}

func newPreview(content, address string, log *slog.Logger) (*preview, error) {
	out, err := os.MkdirTemp("", "schoolgate-preview-")
	if err != nil {
		return nil, fmt.Errorf("make a folder to build into: %w", err)
	}
	p := &preview{content: content, out: out, address: address, log: log, changed: make(chan struct{})}
	if p.watcher, err = fsnotify.NewWatcher(); err != nil {
		log.Warn("changes are seen more slowly, as the system does not tell of them", "err", err)
		p.watcher = nil
	}
	return p, nil
}

// Close deletes what was built.
func (p *preview) Close() error {
	var err error
	if p.watcher != nil {
		err = p.watcher.Close()
	}
	return errors.Join(err, os.RemoveAll(p.out))
}

// serve builds, watches and answers requests until ctx ends.
func (p *preview) serve(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	server := &http.Server{
		Handler:           p.handler(ctx),
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          slog.NewLogLogger(p.log.Handler(), slog.LevelWarn),
	}
	watching := make(chan struct{})
	go func() {
		defer close(watching)
		p.watch(ctx)
	}()
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	var err error
	select {
	case err = <-ended:
	case <-ctx.Done():
		grace, done := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer done()
		if err = server.Shutdown(grace); err != nil {
			err = errors.Join(err, server.Close())
		}
	}
	cancel()
	<-watching // a build under way still writes into the folder
	return err
}

// A glimpse is when each file and folder of the content was last written.
type glimpse map[string]string

func (p *preview) look() glimpse {
	seen := glimpse{}
	_ = filepath.WalkDir(p.content, func(name string, e fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(p.content, name)
		if err != nil {
			seen[rel] = err.Error()
			return nil
		}
		if source.Ignored(e.Name()) && rel != "." {
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if e.IsDir() && p.watcher != nil {
			_ = p.watcher.Add(name) // again and again does no harm; without it, the next look finds out
		}
		if info, err := e.Info(); err == nil && !e.IsDir() {
			seen[filepath.ToSlash(rel)] = fmt.Sprint(info.Mode(), info.Size(), info.ModTime().UnixNano())
		} else {
			seen[filepath.ToSlash(rel)] = fmt.Sprint(e.Type())
		}
		return nil
	})
	return seen
}

// since are the names that came, went or were written since an earlier look.
func (g glimpse) since(earlier glimpse) []string {
	var names []string
	for name, now := range g {
		if then, there := earlier[name]; !there || then != now {
			names = append(names, name)
		}
	}
	for name := range earlier {
		if _, there := g[name]; !there {
			names = append(names, name)
		}
	}
	return names
}

// watch builds at once, and again whenever the content changes. What changed is
// found by looking; the system's news only say when.
func (p *preview) watch(ctx context.Context) {
	var events chan fsnotify.Event
	var failures chan error
	if p.watcher != nil {
		events, failures = p.watcher.Events, p.watcher.Errors
	}
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	quiet := time.NewTimer(0)
	defer quiet.Stop()
	b := builder{preview: p, errs: map[string]error{}}
	seen := glimpse{}
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-events:
			if e.Op != fsnotify.Chmod {
				quiet.Reset(settled)
			}
			continue
		case err := <-failures:
			p.log.Warn("watching", "err", err)
		case <-quiet.C:
		case <-tick.C:
		}
		now := p.look()
		if names := now.since(seen); len(names) > 0 {
			seen = now
			b.build(ctx, names)
		}
	}
}

// A builder remembers between builds what is still to be built and what is wrong.
type builder struct {
	*preview
	stale  []string         // slugs; all when every is set
	every  bool             // sites are to be built
	errs   map[string]error // by slug
	builds int
}

// concerns adds the sites that a file belongs to. The overview shows something of
// every school, and what is not one school's own is in all of them.
func (b *builder) concerns(name string) {
	first, rest, _ := strings.Cut(name, "/")
	slug, _, inside := strings.Cut(rest, "/")
	switch {
	case first == "schools" && inside:
		b.stale = append(b.stale, slug, site.Overview)
	case first == "trust" && strings.HasPrefix(rest, "pages/"):
		b.stale = append(b.stale, site.Overview)
	default:
		b.every = true
	}
}

func (b *builder) build(ctx context.Context, names []string) {
	for _, name := range names {
		b.concerns(name)
	}
	started := time.Now()
	b.builds++
	state := previewState{version: fmt.Sprintf("%d-%d", started.UnixNano(), b.builds)}
	trust, err := site.Load(os.DirFS(b.content))
	if err != nil {
		state.problems = lines(err)
		state.first = b.shown().first
	} else {
		// Sites hosted elsewhere are shown here too, at their place beneath this address.
		trust.URL = ""
		for _, s := range trust.Schools {
			s.URL = ""
		}
		if trust.Name == "" && len(trust.Schools) > 0 {
			state.first = trust.Schools[0].Slug
		}
		b.publish(ctx, trust)
		state.problems = b.problems()
	}
	if ctx.Err() != nil {
		return
	}
	for _, problem := range state.problems {
		b.log.Error(problem)
	}
	b.log.Info("built", "took", time.Since(started).Round(time.Millisecond), "problems", len(state.problems))
	b.show(state)
}

// publish builds the sites that are stale.
func (b *builder) publish(ctx context.Context, trust *site.Trust) {
	options := site.Options{Theme: themes.FS, Out: b.out, Address: b.address, Now: time.Now(), Upcoming: true, Kept: kept()}
	if !b.every {
		options.Only = b.stale
	}
	results, err := site.Build(ctx, trust, options)
	delete(b.errs, "")
	if len(results) == 0 && err != nil {
		b.errs[""] = err
	}
	for _, r := range results {
		delete(b.errs, r.Slug)
		if r.Err != nil {
			b.errs[r.Slug] = r.Err
		}
	}
	b.stale, b.every = nil, false

	went := func(slug string) bool {
		return slug != site.Overview && !slices.Contains(trust.Slugs(), slug)
	}
	maps.DeleteFunc(b.errs, func(slug string, _ error) bool { return slug != "" && went(slug) })
	built, _ := os.ReadDir(b.out)
	for _, e := range built {
		if e.IsDir() && went(e.Name()) {
			_ = os.RemoveAll(filepath.Join(b.out, e.Name())) // at worst an old site is shown
		}
	}
}

// problems are those of all sites, each once: what is wrong in a model page is
// wrong in every school's site.
func (b *builder) problems() []string {
	var all []string
	for _, slug := range slices.Sorted(maps.Keys(b.errs)) {
		for _, line := range lines(b.errs[slug]) {
			if !slices.Contains(all, line) {
				all = append(all, line)
			}
		}
	}
	return all
}

func lines(err error) []string { return strings.Split(strings.TrimSpace(err.Error()), "\n") }

func (p *preview) shown() previewState {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state
}

// show replaces what browsers are shown, and tells them.
func (p *preview) show(s previewState) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state = s
	close(p.changed)
	p.changed = make(chan struct{})
}

// differs waits until the version is another than the one a browser has.
func (p *preview) differs(ctx context.Context, version string) bool {
	for {
		p.mu.Lock()
		now, changed := p.state.version, p.changed
		p.mu.Unlock()
		if now != version && now != "" {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-changed:
		}
	}
}
