package site

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"schoolgate/site/picture"
	"schoolgate/site/source"
)

// A reading is a content folder that remembers what was read of it: the SHA-256 of
// every file, so that what a site is made of can be told apart from what it was made
// of before. It is asked of no loader, so that none can forget it.
type reading struct {
	fs.FS
	mu   sync.Mutex
	sums map[string]string // by path within the folder
}

func (r *reading) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(r.FS, name) }
func (r *reading) Stat(name string) (fs.FileInfo, error)      { return fs.Stat(r.FS, name) }
func (r *reading) Lstat(name string) (fs.FileInfo, error)     { return fs.Lstat(r.FS, name) }
func (r *reading) ReadLink(name string) (string, error)       { return fs.ReadLink(r.FS, name) }

func (r *reading) Open(name string) (fs.File, error) {
	f, err := r.FS.Open(name)
	if err != nil {
		return nil, err
	}
	return &readingFile{File: f, of: r, name: name, sum: sha256.New()}, nil
}

// note adds what a file held. One that was read twice and was not the same has a
// sum that no file has.
func (r *reading) note(name string, sum []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := hex.EncodeToString(sum)
	if before, ok := r.sums[name]; ok && before != now {
		now = before + "," + now
	}
	r.sums[name] = now
}

type readingFile struct {
	fs.File
	of   *reading
	name string
	sum  hash.Hash
}

func (f *readingFile) Read(p []byte) (int, error) {
	n, err := f.File.Read(p)
	f.sum.Write(p[:n])
	return n, err
}

func (f *readingFile) Close() error {
	f.of.note(f.name, f.sum.Sum(nil))
	return f.File.Close()
}

// A calendar tells pages and layouts the day in London, and remembers that it was
// asked: a site that shows nothing of the day is not built again because the day is
// another. There is no other way to the day.
type calendar struct {
	day   string // 2026-11-27
	asked atomic.Int32
}

func newCalendar(now time.Time) *calendar { return &calendar{day: Day(now)} }

// Day is the day in London, "2026-11-27".
func Day(now time.Time) string { return now.In(london).Format(time.DateOnly) }

// Today is the day, "2026-11-27"; layouts have it as site.Params.calendar.Today.
func (c *calendar) Today() string {
	c.asked.Store(int32(len(c.day)))
	return c.day
}

// waits says whether a day, "2026-12-01", is still to come.
func (c *calendar) waits(day string) bool { return day > c.day && day > c.Today() }

// year is the year of the day, "2026".
func (c *calendar) year() string {
	const digits = len("2026")
	c.asked.CompareAndSwap(0, int32(digits))
	return c.day[:digits]
}

// shown is as much of the day as somebody asked for: all of it, the year, or nothing.
func (c *calendar) shown() string { return c.day[:c.asked.Load()] }

// program is the SHA-256 of the program itself, which is an input of every site.
var program = sync.OnceValues(func() (string, error) {
	f, err := os.Open("/proc/self/exe") // there even when a newer one has taken its place
	if err != nil {
		var name string
		if name, err = os.Executable(); err == nil {
			f, err = os.Open(name)
		}
	}
	if err != nil {
		return "", fmt.Errorf("read the program itself: %w", err)
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", fmt.Errorf("read the program itself: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
})

// originals are the sums of the files that are published from the disk, pictures and
// PDFs, as this build met them first.
type originals struct {
	mu   sync.Mutex
	sums map[string]string // by path within the content folder
}

// sum reads a file, once in a build.
func (o *originals) sum(folder fs.FS, at, name string) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if sum, ok := o.sums[name]; ok {
		return sum, nil
	}
	data, err := source.ReadAtMost(folder, at, picture.MaxSize+1)
	if err != nil {
		return "", source.Problems{{File: name, Text: fmt.Sprintf("cannot be read: %v", err)}}
	}
	sum := sha256.Sum256(data)
	o.sums[name] = hex.EncodeToString(sum[:])
	return o.sums[name], nil
}

// knows notes a sum that is known without reading.
func (o *originals) knows(name, sum string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sums[name] = sum
}

// same says that a file which is published now is the one whose sum was taken:
// somebody may be copying a newer one into its place, and half of it must not go out.
func (o *originals) same(name string, data []byte) error {
	if o == nil {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	sum := sha256.Sum256(data)
	if was, ok := o.sums[name]; ok && was != hex.EncodeToString(sum[:]) {
		return source.Problems{{File: name, Text: "changed while the site was built: build again"}}
	}
	return nil
}

// reads says whether a site is made of a file of the content folder. The overview
// shows of its schools what their settings say, and their policies.
func (w website) reads(name string) bool {
	rest, ofSchool := strings.CutPrefix(name, "schools/")
	if !ofSchool {
		return w.slug == Overview || !strings.HasPrefix(name, "trust/pages/")
	}
	slug, file, _ := strings.Cut(rest, "/")
	if w.slug == Overview {
		return file == "school.toml" || file == PolicyFile || strings.HasPrefix(file, PolicyFolder+"/")
	}
	return slug == w.slug
}

// inputs is one hash of everything the site is made of but the day and the wordings
// that were published before: the files, what the settings and other schools add to
// them, the pictures with what says that they may be shown, the theme and the program.
func (w website) inputs(t theme, read map[string]string, opts Options) (string, error) {
	made, err := program()
	if err != nil {
		return "", err
	}
	type picture struct{ Alt, Why, Sum, Name, Caption string }
	of := struct {
		Program, Theme, Slug, Title, Base, Address string
		Upcoming                                   bool
		Values                                     map[string]string
		Uses                                       []string
		Params                                     map[string]any
		Files                                      map[string]string
		Pictures                                   map[string]picture
	}{
		made, t.sum, w.slug, w.title, w.base, opts.Address, opts.Upcoming,
		w.answers.values, w.answers.uses, w.params, map[string]string{}, map[string]picture{},
	}
	for name, sum := range read {
		if w.reads(name) {
			of.Files[name] = sum
		}
	}
	for _, name := range w.files {
		sum, err := w.originals.sum(w.folder, "files/"+name, w.fileName(name))
		if err != nil {
			return "", err
		}
		of.Files[w.fileName(name)] = sum
	}
	for _, p := range w.album {
		if p.desk != nil && p.why != "" {
			continue // it is as good as not there
		}
		sum, err := w.originals.sum(p.folder, p.name, p.name)
		if err != nil {
			return "", err
		}
		caption := ""
		if p.desk != nil {
			caption = p.desk.Caption
		}
		of.Pictures[p.name] = picture{p.alt, p.why, sum, p.shownAs, caption}
	}
	return sumOf(of)
}

// sumOf is the SHA-256 of a value as JSON, whose maps are in order.
func sumOf(v any) (string, error) {
	sum := sha256.New()
	if err := json.NewEncoder(sum).Encode(v); err != nil {
		return "", fmt.Errorf("sum up what the site is made of: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// A record is what is known of the site that is served: what it was made of, and
// what its files looked like when it was put in place.
type record struct {
	Inputs     string // see website.inputs, with the archive's wordings
	Day        string // as much of the day as its pages show: see calendar.shown
	Generation string
	Files      string // see listing
	Pages      int
	Withheld   map[string]string // why, by the hash of the file's name, as that may be a child's
	Texts      []Text
	Asked      []string // see [Result.Asked]
}

// result is the result of a build that had nothing to do.
func (r record) result(w website, dir string) Result {
	result := Result{
		Slug: w.slug, Dir: filepath.Join(dir, "generations", r.Generation), Unchanged: true, Pages: r.Pages, Texts: r.Texts, Asked: r.Asked,
	}
	for _, rel := range source.SortedKeys(w.album) {
		if why, ok := r.Withheld[sum(w.album[rel].name)]; ok {
			result.Withheld = append(result.Withheld, Withheld{w.album[rel].name, why})
		}
	}
	return result
}

func recordFile(dir string) string { return filepath.Join(dir, "built.json") }

// served reads the record of the site that is served, and says whether that is as it was
// put in place. A published folder that somebody was at by hand is not: names, sizes and
// times of its files tell.
func served(dir string) (r record, sound bool) {
	data, err := os.ReadFile(recordFile(dir))
	if err != nil || json.Unmarshal(data, &r) != nil {
		return r, false // there is none, or half of one: building anew makes a whole one
	}
	current, err := os.Readlink(filepath.Join(dir, "current"))
	if err != nil || current != filepath.Join("generations", r.Generation) {
		return r, false
	}
	files, err := listing(filepath.Join(dir, current))
	return r, err == nil && files == r.Files
}

// same says whether a site of these inputs, built today, would be the one of the record.
func (r record) same(inputs, today string) bool {
	return r.Inputs == inputs && strings.HasPrefix(today, r.Day)
}

// keep writes the record in one step. It need not reach the disk at once: half a
// record is none.
func (r record) keep(dir string) error {
	data, err := json.Marshal(r)
	fresh := filepath.Join(dir, ".built.json")
	if err == nil {
		err = os.WriteFile(fresh, data, 0o600)
	}
	if err == nil {
		err = os.Rename(fresh, recordFile(dir))
	}
	if err != nil {
		return fmt.Errorf("record what was built: %w", err)
	}
	return nil
}

// WellKnown is the folder of a published site that is no part of it: whoever serves the site
// may put files there, and the site stands as it was.
const WellKnown = ".well-known"

// listing is one hash of the names, kinds, sizes and times of the files of a folder, but
// for those of [WellKnown].
func listing(dir string) (string, error) {
	var all bytes.Buffer
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err == nil && e.IsDir() && name == filepath.Join(dir, WellKnown) {
			return fs.SkipDir
		}
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			fmt.Fprintf(&all, "%s\x00%v %d %d %d\n", name[len(dir):], info.Mode(), info.Size(), info.ModTime().UnixNano(), changed(info))
		}
		return err
	})
	sum := sha256.Sum256(all.Bytes())
	return hex.EncodeToString(sum[:]), err
}
