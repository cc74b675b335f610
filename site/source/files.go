// Package source reads what people wrote: folders of Markdown, settings in TOML, and
// the front matter and links of a page. Whatever is wrong is a [Problem] with file, line
// and what to do; problems are collected, so that one run tells them all.
//
// It knows nothing of schools, pages or how a site is made of them.
package source

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxFile is the largest Markdown or TOML file that is read, in bytes: three
// times the longest policy seen. The Markdown parser's time grows with the square
// of some crooked inputs, so that a megabyte of them would hold up every build.
const maxFile = 256 << 10

// MaxDepth is how many folders pages may stand within each other.
const MaxDepth = 8

// SlugPattern is what may stand in an address; pageFile adds Hugo's own names.
var (
	SlugPattern = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	pageFile    = regexp.MustCompile(`^([a-z0-9]+(-[a-z0-9]+)*|_?index)\.md$`)
)

// A File is one file as it was read: LF line ends, no byte-order mark.
type File struct {
	Name string // path within the content folder
	Data []byte
}

// A Layer is a folder of Markdown files by path relative to the folder.
type Layer map[string]File

// Over returns l with the files of base that l does not have itself.
func (l Layer) Over(base Layer) Layer {
	merged := make(Layer, len(l)+len(base))
	for _, each := range []Layer{base, l} {
		for name, src := range each {
			merged[name] = src
		}
	}
	return merged
}

// Only returns the files of l that fit.
func (l Layer) Only(fits func(File) bool) Layer {
	left := make(Layer, len(l))
	for name, src := range l {
		if fits(src) {
			left[name] = src
		}
	}
	return left
}

// leftBehind are names, in small letters, of what systems and their file managers
// put into every folder that somebody opened.
var leftBehind = []string{
	"thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "icon\r", // Windows, macOS
	"$recycle.bin", "system volume information", "__macosx", "lost+found", "@eadir", "#recycle", "#snapshot", // disks and network stores
}

// Ignored says whether a file or folder of this name is as good as not there:
// hidden ones, and those that editors, file managers and disks leave behind.
// Nothing of them is ever published, and none of them stops a build.
func Ignored(name string) bool {
	lower := strings.ToLower(name)
	switch {
	case strings.HasPrefix(name, "."), strings.HasPrefix(name, "~"), strings.HasSuffix(name, "~"): // ._page.md, ~$page.docx, page.md~
		return true
	case strings.HasPrefix(name, "#") && strings.HasSuffix(name, "#"): // Emacs
		return true
	case slices.Contains(leftBehind, lower):
		return true
	}
	return slices.Contains([]string{".swp", ".swo", ".swx", ".bak", ".tmp", ".orig", ".lnk", ".crdownload", ".part"}, path.Ext(lower))
}

// ReadDir lists the folders and plain files of a folder, without hidden ones; a
// folder that is not there is empty. Links are never followed: one could bring
// any file of the machine into a public page.
func ReadDir(fsys fs.FS, dir string, problems *Problems) []fs.DirEntry {
	if info, err := fs.Lstat(fsys, dir); err == nil && info.Mode().Type() == fs.ModeSymlink && dir != "." {
		problems.Add(dir, 0, linkOrDevice)
		return nil
	}
	entries, err := fs.ReadDir(fsys, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		problems.Add(dir, 0, "cannot be read: %v", err)
		return nil
	}
	return slices.DeleteFunc(entries, func(e fs.DirEntry) bool {
		if Ignored(e.Name()) {
			return true
		}
		if plain := e.IsDir() || e.Type().IsRegular(); !plain {
			problems.Add(path.Join(dir, e.Name()), 0, linkOrDevice)
			return true
		}
		return false
	})
}

const linkOrDevice = "is a link or a device: put the file itself here"

// ReadFile reads one text file; ok is false when it is not there or a problem
// was reported. Only a plain file is opened, as opening a named pipe would wait
// for ever, and no more of it is read than may be used.
func ReadFile(fsys fs.FS, name string, problems *Problems) (src File, ok bool) {
	info, err := fs.Lstat(fsys, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return File{}, false
	case err == nil && info.IsDir():
		problems.Add(name, 0, "is a folder: a file of this name is expected")
		return File{}, false
	case err == nil && !info.Mode().IsRegular():
		problems.Add(name, 0, linkOrDevice)
		return File{}, false
	}
	var data []byte
	if err == nil {
		data, err = ReadAtMost(fsys, name, maxFile+1)
	}
	if err != nil {
		problems.Add(name, 0, "cannot be read: %v", err)
		return File{}, false
	}
	if len(data) > maxFile {
		problems.Add(name, 0, "is larger than 256 KB: divide it")
		return File{}, false
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	for i, line := range bytes.Split(data, []byte("\n")) {
		if !utf8.Valid(line) {
			problems.Add(name, i+1, "is not UTF-8: save the file as UTF-8")
			return File{}, false
		}
		if bytes.IndexByte(line, '\r') >= 0 {
			problems.Add(name, i+1, "ends its lines with a carriage return alone: save the file with line ends LF or CRLF")
			return File{}, false
		}
		if c := bytes.IndexFunc(line, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }); c >= 0 {
			problems.Add(name, i+1, "holds the control character %U", line[c])
			return File{}, false
		}
	}
	return File{Name: name, Data: data}, true
}

// ReadAtMost reads a file up to so many bytes.
func ReadAtMost(fsys fs.FS, name string, limit int64) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit))
}

// ReadLayer reads the Markdown files under dir; other names than those in also
// are reported.
func ReadLayer(fsys fs.FS, dir string, problems *Problems, also ...string) Layer {
	files := Layer{}
	var walk func(string)
	walk = func(folder string) {
		for _, e := range ReadDir(fsys, folder, problems) {
			name := path.Join(folder, e.Name())
			rel := strings.TrimPrefix(name, dir+"/")
			switch {
			case slices.Contains(also, rel):
			case e.IsDir() && strings.Count(rel, "/") == MaxDepth:
				problems.Add(name, 0, "is more than %d folders deep: nobody finds a page there", MaxDepth)
			case e.IsDir() && SlugPattern.MatchString(e.Name()):
				walk(name)
			case e.IsDir():
				problems.Add(name, 0, "folder names have only a-z, 0-9 and single hyphens")
			case path.Ext(name) != ".md":
				problems.Add(name, 0, "unknown file: only Markdown (.md) is read here")
			case !pageFile.MatchString(e.Name()):
				problems.Add(name, 0, "file names have only a-z, 0-9 and single hyphens, then .md")
			default:
				if src, ok := ReadFile(fsys, name, problems); ok {
					files[rel] = src
				}
			}
		}
	}
	walk(dir)
	return files
}

// CheckNames reports entries of a folder that are not among those known; empty names
// among them count for nothing.
func CheckNames(entries []fs.DirEntry, dir string, problems *Problems, known ...string) {
	known = slices.DeleteFunc(known, func(name string) bool { return name == "" })
	for _, e := range entries {
		if !slices.Contains(known, e.Name()) {
			problems.Add(path.Join(dir, e.Name()), 0, "unknown file or folder: there are %s", strings.Join(known, ", "))
		}
	}
}

// SortedKeys are the keys of a map in order.
func SortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}

// LineOf is line n of a text, from 1; "" when there is none.
func LineOf(text string, n int) string {
	for line := range strings.SplitSeq(text, "\n") {
		if n--; n == 0 {
			return line
		}
	}
	return ""
}
