package site

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"schoolgate/site/sitetest"
	"schoolgate/themes"
)

// BenchmarkBuild builds forty schools of about ninety pages each from the
// product's own content and theme, and then has the hugo command make the very
// same sites, one run a site, from files on the disk. It reports the
// seconds each takes, of the clock and of the processors, and hugo's divided by
// ours, which has all the checks in it; then, as a share of the whole, a build where
// nothing was edited, and a build where one page was, as a multiple of that school's own.
//
// SCHOOLGATE_HUGO is the path of a hugo of the version in go.mod:
//
//	go build -o /tmp/hugo github.com/gohugoio/hugo
//	SCHOOLGATE_HUGO=/tmp/hugo go test -run '^$' -bench BenchmarkBuild ./site/
func BenchmarkBuild(b *testing.B) {
	hugo := os.Getenv("SCHOOLGATE_HUGO")
	if hugo == "" {
		b.Skip("SCHOOLGATE_HUGO does not name a hugo to compare with")
	}
	content := sitetest.FortySchools(b)
	trust, err := Load(content)
	if err != nil {
		b.Fatal(err)
	}
	look := themes.FS
	opts := Options{Theme: look, Out: b.TempDir(), Address: "http://localhost:8080", Now: sitetest.Now, All: true}
	sites := onDisk(b, trust, opts)
	if _, err := Build(b.Context(), trust, opts); err != nil { // texts are archived once
		b.Fatal(err)
	}

	var ours, theirs, oursCPU, theirsCPU, nothing, edited, alone time.Duration
	var pages int
	for b.Loop() {
		started, used := time.Now(), cpu(b, syscall.RUSAGE_SELF)
		results, err := Build(b.Context(), trust, opts)
		ours += time.Since(started)
		oursCPU += cpu(b, syscall.RUSAGE_SELF) - used
		if err != nil {
			b.Fatal(err)
		}
		pages = 0
		for _, r := range results {
			pages += r.Pages
		}

		again := func(change func(*Options)) time.Duration {
			o := opts
			change(&o)
			started := time.Now()
			trust, err := Load(content) // as a signal has it
			if err == nil {
				_, err = Build(b.Context(), trust, o)
			}
			if err != nil {
				b.Fatal(err)
			}
			return time.Since(started)
		}
		nothing += again(func(o *Options) { o.All = false })
		alone += again(func(o *Options) { o.Only = []string{"school-07"} })
		content["schools/school-07/pages/edited.md"] = &fstest.MapFile{Data: fmt.Appendf(nil, "+++\ntitle = \"Edited\"\ndescription = \"Edited.\"\n+++\n\nWords, %s.\n", started)}
		edited += again(func(o *Options) { o.All = false })
		delete(content, "schools/school-07/pages/edited.md")
		again(func(o *Options) { o.All = false })

		out := b.TempDir()
		started, used = time.Now(), cpu(b, syscall.RUSAGE_CHILDREN)
		for _, dir := range sites {
			cmd := exec.CommandContext(b.Context(), hugo, "--quiet", "--destination", filepath.Join(out, filepath.Base(dir)))
			cmd.Dir = dir
			if said, err := cmd.CombinedOutput(); err != nil {
				b.Fatalf("%s: %v\n%s", dir, err, said)
			}
		}
		theirs += time.Since(started)
		theirsCPU += cpu(b, syscall.RUSAGE_CHILDREN) - used
		if got := countPages(b, out); got != pages {
			b.Fatalf("hugo made %d pages, Build %d", got, pages)
		}
	}
	b.ReportMetric(0, "ns/op")
	n := float64(b.N)
	b.ReportMetric(ours.Seconds()/n, "s/Build")
	b.ReportMetric(theirs.Seconds()/n, "s/hugo")
	b.ReportMetric(theirs.Seconds()/ours.Seconds(), "hugo/Build")
	b.ReportMetric(oursCPU.Seconds()/n, "cpu-s/Build")
	b.ReportMetric(theirsCPU.Seconds()/n, "cpu-s/hugo")
	b.ReportMetric(theirsCPU.Seconds()/oursCPU.Seconds(), "cpu-hugo/Build")
	b.ReportMetric(nothing.Seconds()/ours.Seconds(), "unedited/Build")
	b.ReportMetric(edited.Seconds()/alone.Seconds(), "edited/one-school")
	b.ReportMetric(float64(pages), "pages")
}

// cpu is the time that this process, or those it ran, had of the processors:
// the measure that other work on the machine disturbs least.
func cpu(b *testing.B, who int) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(who, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// onDisk writes every site of the trust as a plain Hugo project and returns
// their folders.
func onDisk(b *testing.B, trust *Trust, opts Options) []string {
	b.Helper()
	look, err := readTheme(opts.Theme)
	if err != nil {
		b.Fatal(err)
	}
	root := b.TempDir()
	var dirs []string
	for _, e := range websites(trust, opts) {
		m, err := e.assemble(look, nil, opts.Now)
		if err != nil {
			b.Fatal(err)
		}
		files := m.rendering.files
		for name, data := range look.static {
			files["static/"+name] = data
		}
		for _, t := range m.wordings {
			files["static"+t.wording()+"text.md"] = []byte(t.Source)
		}
		m.rendering.mounts = append(m.rendering.mounts, [2]string{"static", "static"})
		if files["hugo.json"], err = json.Marshal(m.rendering.config()); err != nil {
			b.Fatal(err)
		}
		dir := filepath.Join(root, e.slug)
		for name, data := range files {
			if err := writeFile(filepath.Join(dir, filepath.FromSlash(name)), data); err != nil {
				b.Fatal(err)
			}
		}
		dirs = append(dirs, dir)
	}
	return dirs
}

func countPages(b *testing.B, dir string) int {
	b.Helper()
	pages := 0
	err := filepath.WalkDir(dir, func(name string, _ fs.DirEntry, err error) error {
		if filepath.Ext(name) == ".html" {
			pages++
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return pages
}
