// Package sitetest holds what the tests of site and of its checks share: content folders
// that a test may change.
package sitetest

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/tools/txtar"

	"schoolgate/content"
)

// Now is when the tests build.
var Now = time.Date(2026, time.November, 21, 9, 30, 0, 0, time.UTC)

// A Fixture is a content folder and a theme that a test may change.
type Fixture struct{ Content, Theme fstest.MapFS }

// Open is the content and the theme of a txtar file, with files laid over it. Names below
// theme/ are the theme's.
func Open(t testing.TB, name string, over ...txtar.File) Fixture {
	t.Helper()
	base, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	f := Fixture{fstest.MapFS{}, fstest.MapFS{}}
	for _, file := range append(base.Files, over...) {
		f.Write(file.Name, string(file.Data))
	}
	return f
}

// Write puts a file in, or another in its place.
func (f Fixture) Write(name, data string) {
	if inTheme, ok := strings.CutPrefix(name, "theme/"); ok {
		f.Theme[inTheme] = &fstest.MapFile{Data: []byte(data)}
		return
	}
	f.Content[name] = &fstest.MapFile{Data: []byte(data)}
}

// Worked is the processor time of this program so far. A limit of it holds however busy
// the machine is with other things, where one of time on the clock does not.
func Worked() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err) // it fails for a bad address alone
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func Read(t testing.TB, elem ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(elem...))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// FortySchools is the product's content with one of its schools forty times
// over, each under a name of its own.
func FortySchools(b *testing.B) fstest.MapFS {
	b.Helper()
	forty := fstest.MapFS{}
	err := fs.WalkDir(content.FS, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := fs.ReadFile(content.FS, name)
		rest, isSchool := strings.CutPrefix(name, "schools/")
		if !isSchool {
			forty[name] = &fstest.MapFile{Data: data}
			return err
		}
		if rest, ok := strings.CutPrefix(rest, "fernlow-primary/"); ok {
			for i := range 40 {
				own := data
				if rest == "school.toml" {
					text := strings.Replace(string(data), `short_name = "`, fmt.Sprintf(`short_name = "%d `, i+1), 1)
					own = []byte(strings.Replace(text, `name = "`, fmt.Sprintf(`name = "%d `, i+1), 1))
				}
				forty[fmt.Sprintf("schools/school-%02d/%s", i+1, rest)] = &fstest.MapFile{Data: own}
			}
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return forty
}
