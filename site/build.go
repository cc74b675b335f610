// Package site makes the public websites of a trust and its schools out of
// Markdown, with Hugo as a library.
//
// [Load] reads a content folder and [Build] publishes it. A school's site is
// the model pages with its own answers in the blanks, its own pages beside or
// over them, and the texts that families sign or decide on. Only hugo.go knows
// Hugo; what Hugo is given has been filled and checked before, and what it
// makes is audited before anybody sees it.
//
// The folder of one school:
//
//	<slug>/current       → generations/<id>, put in place in one step
//	<slug>/generations/  the one that is served; older ones are deleted
//	<slug>/texts/        every wording ever published; only added to
//	<slug>/pictures/     cleaned pictures, so that a build need not clean them again
//	<slug>/listed.json   how the trust's overview lists the school
package site

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/lockedfile"

	"schoolgate/site/picture"
	"schoolgate/site/source"
)

// Overview is the folder of the trust's own site, where a school has its slug.
const Overview = "_trust"

// Options say where and how [Build] publishes.
type Options struct {
	Theme   fs.FS        // the theme's own folder: layouts, assets, static
	Out     string       // absolute path of the folder that holds the sites
	Address string       // of the server, such as "http://localhost:8080"
	Now     time.Time    // the zero time is the present
	Log     *slog.Logger // nil says nothing
	Only    []string     // slugs, and Overview, of the sites to build; none: all of them
	All     bool         // build also what would come out as it is

	Kept     []Kept // what the portal keeps of people, for [[what_we_keep]]
	Upcoming bool   // publish news of days to come too, for whoever is writing it

	// MayShow is asked which pictures of a school may be shown in which pupils can be seen,
	// before its site is made of them; it answers one for each, in their order. On an error
	// the old site stays. Nil withholds them all. Calls may come at the same time.
	MayShow func(ctx context.Context, school string, pictures []Depicted) ([]Shown, error)

	// Desk answers the pictures that came by a school's picture desk. They are asked about
	// like all others: see MayShow. On an error the old site stays. Nil has none.
	Desk func(ctx context.Context, school string) ([]Brought, error)

	// HandOver is told of each school's site, before a new one is put in place and also
	// of one that stays as it is, so that whoever goes by its texts changes with it. On an
	// error the old site stays. Nil tells nobody. Calls may come at the same time.
	HandOver func(context.Context, Result) error

	press    *press          // of this build
	pictures *picture.Beside // of all its sites
	charts   *sync.Map       // flow charts of all its sites, by what is drawn
}

// A Result is how the build of one site ended.
type Result struct {
	Slug      string     // the school's, or Overview
	Dir       string     // the generation that is served now; empty when Err is set
	Unchanged bool       // nothing it is made of has changed, so that it was not built again
	Pages     int        // HTML pages in it
	Withheld  []Withheld // pictures that pages show and that were not published
	Texts     []Text     // wordings in force: agreements, then purposes, by slug
	Asked     []string   // names that the register gave to pictures that are published
	Err       error      // why the site stayed as it was
}

// rendering runs one at a time: see render.
var renderingMutex sync.Mutex

// Build publishes the trust's overview and every school. A site that would come out
// as it is stays in place: see [Result.Unchanged]. A site that fails stays as it was
// and does not stop the others: its Result holds the error, which is also part of the
// joined error returned. When ctx is done, the sites not yet begun fail with its error.
//
// Builds into the same folder wait for each other, in this process and across
// processes.
func Build(ctx context.Context, trust *Trust, opts Options) ([]Result, error) {
	opts.Address = strings.TrimSuffix(opts.Address, "/")
	opts.press, opts.pictures, opts.charts = &press{}, &picture.Beside{}, &sync.Map{}
	opts.Now = cmp.Or(opts.Now, time.Now()).UTC().Truncate(time.Second)
	opts.Log = cmp.Or(opts.Log, slog.New(slog.DiscardHandler))
	if !filepath.IsAbs(opts.Out) {
		return nil, fmt.Errorf("the folder to build into has to be an absolute path: %q", opts.Out)
	}
	if u, err := url.Parse(opts.Address); err != nil || u.Host == "" {
		return nil, fmt.Errorf("the server's address has to be a whole one, such as http://localhost:8080: %q", opts.Address)
	}
	theme, err := readTheme(opts.Theme)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(opts.Out, 0o755); err != nil {
		return nil, fmt.Errorf("make the folder to build into: %w", err)
	}
	unlock, err := lockedfile.MutexAt(filepath.Join(opts.Out, ".lock")).Lock()
	if err != nil {
		return nil, fmt.Errorf("lock the folder to build into: %w", err)
	}
	defer unlock()
	defer collectSeldom()()

	all := slices.DeleteFunc(websites(trust, opts), func(e website) bool {
		return len(opts.Only) > 0 && !slices.Contains(opts.Only, e.slug)
	})
	results := make([]Result, len(all))
	errs := make([]error, len(all))
	var building sync.WaitGroup
	turns := make(chan struct{}, runtime.GOMAXPROCS(0)+1) // Hugo renders one, the others are read or audited
	for i, e := range all {
		turns <- struct{}{}
		building.Go(func() {
			defer func() { <-turns }()
			started := time.Now()
			result := Result{Slug: e.slug}
			if result.Err = ctx.Err(); result.Err == nil {
				result = e.publish(ctx, theme, trust.read, opts)
			}
			switch {
			case result.Err != nil:
				opts.Log.Error("site not built", "site", e.slug, "err", result.Err)
				errs[i] = fmt.Errorf("%s: %w", e.slug, result.Err)
			case !result.Unchanged:
				opts.Log.Info("site built", "site", e.slug, "pages", result.Pages, "took", time.Since(started).Round(time.Millisecond))
			}
			results[i] = result
		})
	}
	building.Wait()
	return results, errors.Join(errs...)
}

// A theme is its files by path, as Hugo reads them and as they are copied, and a
// hash of them all.
type theme struct {
	source, static map[string][]byte
	sum            string
}

func readTheme(fsys fs.FS) (theme, error) {
	t := theme{source: map[string][]byte{}, static: map[string][]byte{}}
	if fsys == nil {
		return t, errors.New("no theme was given")
	}
	err := fs.WalkDir(fsys, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || source.Ignored(e.Name()) {
			return err
		}
		data, err := fs.ReadFile(fsys, name)
		switch top, rest, _ := strings.Cut(name, "/"); top {
		case "static":
			t.static[rest] = data
		case "layouts", "assets":
			t.source["theme/"+name] = data
		}
		return err
	})
	if err != nil {
		return t, fmt.Errorf("read the theme: %w", err)
	}
	if _, err := fs.Stat(fsys, "layouts"); err != nil {
		return t, fmt.Errorf("the theme has no layouts; give the theme's own folder: %w", err)
	}
	t.source["theme/layouts/_markup/render-link.html"] = []byte(renderLink)
	t.sum, err = sumOf([]map[string][]byte{t.source, t.static})
	return t, err
}

// publish builds the website into a fresh generation and puts it in place of
// the one before, unless that is the same. Nothing that is served changes on an error.
func (w website) publish(ctx context.Context, t theme, read map[string]string, opts Options) Result {
	fail := func(err error) Result { return Result{Slug: w.slug, Err: err} }
	handOver := func(r Result) error {
		if opts.HandOver == nil || w.slug == Overview {
			return nil
		}
		return opts.HandOver(ctx, r)
	}
	if w.stopped {
		return fail(w.problems.Err())
	}
	dir := filepath.Join(opts.Out, w.slug)
	past := archive(filepath.Join(dir, "texts"))
	kept, err := past.read()
	if err != nil {
		return fail(err)
	}
	if err := w.bring(ctx, opts.Desk); err != nil {
		return fail(err)
	}
	if err := w.ask(ctx, opts.MayShow); err != nil {
		return fail(err)
	}
	inputs, err := w.inputs(t, read, opts)
	if err != nil {
		return fail(err)
	}
	whole, err := sumOf([]any{inputs, kept})
	if err != nil {
		return fail(err)
	}
	r, sound := served(dir)
	if sound && r.same(whole, w.today.day) && !opts.All && len(w.problems) == 0 {
		result := r.result(w, dir)
		if err := handOver(result); err != nil {
			return fail(err)
		}
		return result
	}
	// From here on something may be left behind, if the program is ended: without a record of
	// what is served the next build makes the site anew, and clears that away.
	if err := os.Remove(recordFile(dir)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fail(fmt.Errorf("begin a build: %w", err))
	}
	w.cleaner, w.charts = picture.NewCleaner(filepath.Join(dir, "pictures"), opts.pictures), opts.charts
	m, err := w.assemble(t, kept, opts.Now)
	if err != nil {
		return fail(err)
	}
	for _, hidden := range m.gallery.withheld { // by its page: a picture's own name may be a child's
		opts.Log.Warn("picture withheld", "site", w.slug, "page", path.Dir(hidden.File), "why", hidden.Why)
	}
	files, pages, err := w.produce(m, t)
	if err != nil {
		return fail(err)
	}
	id := opts.Now.Format("20060102-150405-") + strings.ToLower(rand.Text()[:8])
	generation := filepath.Join(dir, "generations", id)
	if err := os.MkdirAll(generation, 0o755); err != nil {
		return fail(fmt.Errorf("make a generation: %w", err))
	}
	earlier := ""
	if sound {
		earlier = filepath.Join(dir, "generations", r.Generation)
	}
	if err = opts.press.publish(files, generation, earlier); err == nil {
		err = w.publishFiles(generation)
	}
	result := Result{Slug: w.slug, Dir: generation, Pages: pages, Texts: m.texts, Withheld: m.gallery.withheld, Asked: m.gallery.asked()}
	var added []Text
	for _, text := range slices.Concat(m.earlier, m.texts) {
		fresh := false
		if err == nil {
			fresh, err = past.keep(text)
		}
		if fresh {
			added = append(added, text)
		}
	}
	if err == nil {
		err = w.keepListed(dir)
	}
	if err == nil {
		err = swap(dir, id, func() error { return handOver(result) })
	}
	if err != nil {
		return fail(errors.Join(err, past.forget(added), os.RemoveAll(generation)))
	}
	// Pruning touches the files that both generations have, and the record says when they were touched.
	if err := errors.Join(prune(dir, id), w.record(past, inputs, dir, id, result), w.cleaner.Prune()); err != nil {
		opts.Log.Warn("something old was left behind", "site", w.slug, "err", err)
	}
	return result
}

// record writes down what was put in place, so that the next build can tell.
func (w website) record(past archive, inputs, dir, id string, result Result) error {
	kept, err := past.read()
	if err != nil {
		return err
	}
	whole, err := sumOf([]any{inputs, kept})
	if err != nil {
		return err
	}
	files, err := listing(result.Dir)
	if err != nil {
		return fmt.Errorf("record what was built: %w", err)
	}
	withheld := map[string]string{}
	for _, hidden := range result.Withheld {
		withheld[sum(hidden.File)] = hidden.Why
	}
	return record{whole, w.today.shown(), id, files, result.Pages, withheld, result.Texts, result.Asked}.keep(dir)
}

// produce renders an assembly, adds the files that Hugo does not make, and audits the
// whole. It returns the files by path within the site, also with an error that pages
// were found wrong by.
func (w website) produce(m *assembly, t theme) (files map[string][]byte, pages int, err error) {
	renderingMutex.Lock()
	files, bodies, err := render(m.rendering)
	renderingMutex.Unlock()
	if err != nil {
		return nil, 0, err
	}
	for _, more := range []map[string][]byte{t.static, m.beside, m.feeds} {
		maps.Copy(files, more)
	}
	for _, text := range m.wordings {
		files[strings.TrimPrefix(text.wording(), "/")+"text.md"] = []byte(text.Source)
	}
	out, problems, err := audit(files, w.base)
	if err != nil {
		return nil, 0, err
	}
	for _, name := range w.files {
		out.files["/files/"+name] = true
	}
	within, err := w.checkFiles()
	if err != nil {
		return nil, 0, err
	}
	problems = append(problems, within...)
	problems = append(problems, w.unreached(out)...)
	problems = append(problems, w.leaked(m, files)...)
	problems = append(problems, w.doubled(m, out.twice)...)
	if err := w.checkLinks(m, out, problems); err != nil {
		return files, 0, err
	}
	for i := range m.texts {
		text := &m.texts[i]
		text.HTML = bodies[text.address()]
		text.Path = path.Join(out.base.Path, text.wording()) + "/"
		text.URL = w.base + strings.TrimPrefix(text.wording(), "/")
	}
	return files, out.pages, nil
}

// doubled tells of ids that a page has twice, where a heading got one that the
// layout gives too. An earlier wording cannot be changed any more.
func (w website) doubled(m *assembly, twice []reference) (problems source.Problems) {
	sources := map[string]source.File{}
	for rel, src := range w.pages {
		sources[address(rel)] = src
	}
	for kind, texts := range w.texts {
		for rel, src := range texts {
			sources["/"+folders[kind]+address(rel)] = src
		}
	}
	for _, r := range twice {
		at := strings.TrimSuffix(r.from, "index.html")
		if m.archived[at] {
			continue
		}
		src, known := sources[at]
		if !known {
			problems.AddKind(source.AsBuilt, r.from, 0, "built: two parts have the id %q", r.fragment)
			continue
		}
		line := 1
		for i, text := range strings.Split(string(src.Data), "\n") {
			if strings.HasPrefix(text, "#") && Slug(strings.TrimLeft(text, "# ")) == r.fragment {
				line = i + 1
			}
		}
		problems.Add(src.Name, line, "two parts of the page have the id %q: give the heading one of its own, as in ## Words {#other-id}", r.fragment)
	}
	return problems
}

// checkLinks follows every link that somebody wrote, to tell file and line, and
// only when all of them are good adds to what the audit found whatever else the
// pages refer to in vain. An earlier wording keeps its links even when what
// they led to is gone.
func (w website) checkLinks(m *assembly, out *output, audited source.Problems) error {
	elsewhere := func(address string) bool {
		first, _, _ := strings.Cut(strings.TrimPrefix(address, "/"), "/")
		return w.others(first)
	}
	var written source.Problems
	for from, links := range m.links {
		for _, l := range links {
			var waits time.Time
			wrong := checkLink(from, l.To, func(address, fragment string) bool {
				waits = m.awaited[slashed(address)]
				return elsewhere(address) || out.exists(address, fragment)
			})
			if !waits.IsZero() {
				wrong = fmt.Sprintf("the link %q leads to news that is published on %s: link to it from then on", l.To, waits.Format("2 January 2006"))
			}
			if wrong != "" {
				written.Add(l.File, l.Line, "%s", wrong)
			}
		}
	}
	if len(written) > 0 {
		return written.Err()
	}
	return append(audited, out.deadEnds(func(r reference) bool {
		return elsewhere(r.path) || m.archived[strings.TrimSuffix(r.from, "index.html")]
	})...).Err()
}

func writeFile(name string, data []byte) error {
	err := os.MkdirAll(filepath.Dir(name), 0o755)
	if err == nil {
		err = os.WriteFile(name, data, 0o644)
	}
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	return nil
}

// swap makes current lead to a generation, in one step, when before has agreed: that
// comes as late as can be, when next to nothing can go wrong any more.
func swap(dir, id string, before func() error) error {
	fresh := filepath.Join(dir, ".current-"+id)
	err := os.Symlink(filepath.Join("generations", id), fresh)
	if err == nil {
		err = before()
	}
	if err == nil {
		err = os.Rename(fresh, filepath.Join(dir, "current"))
	}
	if err != nil {
		_ = os.Remove(fresh)
		return fmt.Errorf("put the new generation in place: %w", err)
	}
	return nil
}

// keepListed keeps the school's entry in the trust's overview: see listedFile.
func (w website) keepListed(dir string) error {
	if w.listed == nil {
		return nil
	}
	data, err := json.Marshal(w.listed)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, listedFile), append(data, '\n'), 0o644)
	}
	return err
}

// prune deletes every generation but the one that is served, also those that a
// killed process left unfinished.
func prune(dir, id string) error {
	generations, err := os.ReadDir(filepath.Join(dir, "generations"))
	if err != nil {
		return err
	}
	for _, g := range generations {
		if g.Name() != id {
			err = errors.Join(err, os.RemoveAll(filepath.Join(dir, "generations", g.Name())))
		}
	}
	return err
}
