package site

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
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

// maxDepth is how many folders pages may stand within each other.
const maxDepth = 8

// slugs names what may stand in an address; pageFile adds Hugo's own names.
var (
	slug     = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	pageFile = regexp.MustCompile(`^([a-z0-9]+(-[a-z0-9]+)*|_?index)\.md$`)
)

// reserved are first path elements that belong to the server.
var reserved = []string{"portal", "ledger", "healthz", "assets", "sign-in"}

// A source is one file as it was read: LF line ends, no byte-order mark.
type source struct {
	name string // path within the content folder
	data []byte
}

// A layer is a folder of Markdown files by path relative to the folder.
type layer map[string]source

// over returns l with the files of base that l does not have itself.
func (l layer) over(base layer) layer {
	merged := make(layer, len(l)+len(base))
	for _, each := range []layer{base, l} {
		for name, src := range each {
			merged[name] = src
		}
	}
	return merged
}

// only returns the files of l that fit.
func (l layer) only(fits func(source) bool) layer {
	left := make(layer, len(l))
	for name, src := range l {
		if fits(src) {
			left[name] = src
		}
	}
	return left
}

// Load reads a content folder: the trust, its schools with their settings, the
// model pages and the texts people sign. Everything wrong with settings and
// with shared files is reported together, as [Problems]; what is wrong in one
// school's own pages, or still TODO in its settings, is kept for [Build], where it
// stops only that school.
//
// Files are held in memory, so that a build sees one state of the folder.
func Load(content fs.FS) (*Trust, error) {
	if _, err := fs.ReadDir(content, "."); err != nil {
		return nil, fmt.Errorf("read the content folder: %w", err)
	}
	trust, problems := load(content)
	if len(trust.Schools) == 0 {
		problems.add("schools", 0, "no school: add schools/<slug>/school.toml, or let schoolgate init write it")
	}
	if err := problems.err(); err != nil {
		return nil, err
	}
	return trust, nil
}

// load reads a content folder that may be without schools yet.
func load(content fs.FS) (*Trust, Problems) {
	var problems, found Problems
	checkTop(content, &problems)
	guide := loadGuide(content, &problems)
	trust := loadTrust(content, &found)
	trust.Guide = guide
	trust.problems = guide.postpone(content, "trust/trust.toml", found, &problems)
	trust.model, trust.album = readPages(content, "model", &problems, "help.toml", "checklist.toml", "replaced.toml", guideFile, policyFolder)
	trust.policy = readLayer(content, "model/"+policyFolder, &problems)
	trust.agreements = readTexts(content, "agreements", &problems)
	trust.consents = readTexts(content, "consents", &problems)
	trust.Help = loadHelp(content, "model/help.toml", &problems)
	trust.Checklist = loadChecklist(content, "model/checklist.toml", nil, &problems).Items
	trust.Replaced = loadReplaced(content, "model/replaced.toml", &problems)

	for _, entry := range readDir(content, "schools", &problems) {
		dir := path.Join("schools", entry.Name())
		if !entry.IsDir() {
			problems.add(dir, 0, "unknown file: every school has a folder of its own here")
			continue
		}
		var found Problems
		school := loadSchool(content, dir, &found)
		later := guide.postpone(content, dir+"/school.toml", found, &problems)
		school.unfinished = len(later) > 0
		school.problems = append(school.problems, later...)
		school.Checklist = loadChecklist(content, dir+"/checklist.toml", trust.Checklist, &problems)
		trust.Schools = append(trust.Schools, school)
	}
	checkAlike(trust.Schools, &problems)
	for name, src := range trust.pages {
		first, _, _ := strings.Cut(strings.TrimSuffix(name, ".md"), "/")
		if slices.Contains(reserved, first) || slices.ContainsFunc(trust.Schools, func(s *School) bool { return s.Slug == first }) {
			problems.add(src.name, 0, "the address /%s/ is taken: choose another file name", first)
		}
	}
	return trust, problems
}

// checkAlike reports schools that families could not tell apart, or that would
// be published over each other.
func checkAlike(schools []*School, problems *Problems) {
	seen := map[string]string{}
	for _, s := range schools {
		dir := "schools/" + s.Slug
		for _, same := range []struct{ file, what, value string }{
			{"", "name of the folder, but for capital letters,", s.Slug},
			{"/school.toml", "short_name", s.ShortName},
			{"/school.toml", "url", strings.TrimSuffix(s.URL, "/")},
		} {
			key := same.what + "\x00" + strings.ToLower(same.value)
			if same.value == "" || strings.HasPrefix(same.value, todoMark) {
				continue
			}
			if other, taken := seen[key]; taken {
				problems.add(dir+same.file, 0, "has the same %s as %s: %s", same.what, other, same.value)
			}
			seen[key] = dir + same.file
		}
	}
}

// checkTop names what does not belong at the top of the content folder.
func checkTop(content fs.FS, problems *Problems) {
	entries := slices.DeleteFunc(readDir(content, ".", problems), func(e fs.DirEntry) bool {
		return path.Ext(e.Name()) == ".go" // what embeds the folder
	})
	checkNames(entries, ".", problems, "trust", "model", "agreements", "consents", "schools")
}

// skipped says whether a name is hidden: editors and file managers leave such
// files behind, and nothing of them is ever published.
func skipped(name string) bool { return strings.HasPrefix(name, ".") || strings.HasSuffix(name, "~") }

// readDir lists the folders and plain files of a folder, without hidden ones; a
// folder that is not there is empty. Links are never followed: one could bring
// any file of the machine into a public page.
func readDir(fsys fs.FS, dir string, problems *Problems) []fs.DirEntry {
	if info, err := fs.Lstat(fsys, dir); err == nil && info.Mode().Type() == fs.ModeSymlink && dir != "." {
		problems.add(dir, 0, linkOrDevice)
		return nil
	}
	entries, err := fs.ReadDir(fsys, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		problems.add(dir, 0, "cannot be read: %v", err)
		return nil
	}
	return slices.DeleteFunc(entries, func(e fs.DirEntry) bool {
		if skipped(e.Name()) {
			return true
		}
		if plain := e.IsDir() || e.Type().IsRegular(); !plain {
			problems.add(path.Join(dir, e.Name()), 0, linkOrDevice)
			return true
		}
		return false
	})
}

const linkOrDevice = "is a link or a device: put the file itself here"

// readFile reads one text file; ok is false when it is not there or a problem
// was reported. Only a plain file is opened, as opening a named pipe would wait
// for ever, and no more of it is read than may be used.
func readFile(fsys fs.FS, name string, problems *Problems) (src source, ok bool) {
	info, err := fs.Lstat(fsys, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return source{}, false
	case err == nil && info.IsDir():
		problems.add(name, 0, "is a folder: a file of this name is expected")
		return source{}, false
	case err == nil && !info.Mode().IsRegular():
		problems.add(name, 0, linkOrDevice)
		return source{}, false
	}
	var data []byte
	if err == nil {
		data, err = readAtMost(fsys, name, maxFile+1)
	}
	if err != nil {
		problems.add(name, 0, "cannot be read: %v", err)
		return source{}, false
	}
	if len(data) > maxFile {
		problems.add(name, 0, "is larger than 256 KB: divide it")
		return source{}, false
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	for i, line := range bytes.Split(data, []byte("\n")) {
		if !utf8.Valid(line) {
			problems.add(name, i+1, "is not UTF-8: save the file as UTF-8")
			return source{}, false
		}
		if bytes.IndexByte(line, '\r') >= 0 {
			problems.add(name, i+1, "ends its lines with a carriage return alone: save the file with line ends LF or CRLF")
			return source{}, false
		}
		if c := bytes.IndexFunc(line, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }); c >= 0 {
			problems.add(name, i+1, "holds the control character %U", line[c])
			return source{}, false
		}
	}
	return source{name: name, data: data}, true
}

func readAtMost(fsys fs.FS, name string, limit int64) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit))
}

// readLayer reads the Markdown files under dir; other names than those in also
// are reported.
func readLayer(fsys fs.FS, dir string, problems *Problems, also ...string) layer {
	files := layer{}
	var walk func(string)
	walk = func(folder string) {
		for _, e := range readDir(fsys, folder, problems) {
			name := path.Join(folder, e.Name())
			rel := strings.TrimPrefix(name, dir+"/")
			switch {
			case slices.Contains(also, rel):
			case e.IsDir() && strings.Count(rel, "/") == maxDepth:
				problems.add(name, 0, "is more than %d folders deep: nobody finds a page there", maxDepth)
			case e.IsDir() && slug.MatchString(e.Name()):
				walk(name)
			case e.IsDir():
				problems.add(name, 0, "folder names have only a-z, 0-9 and single hyphens")
			case path.Ext(name) != ".md":
				problems.add(name, 0, "unknown file: only Markdown (.md) is read here")
			case !pageFile.MatchString(e.Name()):
				problems.add(name, 0, "file names have only a-z, 0-9 and single hyphens, then .md")
			default:
				if src, ok := readFile(fsys, name, problems); ok {
					files[rel] = src
				}
			}
		}
	}
	walk(dir)
	return files
}

// readPages reads the Markdown files under dir and finds the pictures beside them.
func readPages(fsys fs.FS, dir string, problems *Problems, also ...string) (layer, album) {
	pictures, files := loadAlbum(fsys, dir, problems)
	return readLayer(fsys, dir, problems, append(also, files...)...), pictures
}

// earlierWording is where a school keeps a wording that it used before it had
// this site: earlier/<slug>/<day it was published>.md.
var earlierWording = regexp.MustCompile(`^earlier/([a-z0-9-]+/[0-9]{4}-[0-9]{2}-[0-9]{2}\.md)$`)

// readSchoolTexts reads a school's folder of agreements or consents, with the
// wordings it used before.
func readSchoolTexts(fsys fs.FS, dir string, problems *Problems) (texts, earlier layer) {
	earlier = layer{}
	files := readLayer(fsys, dir, problems)
	for rel, src := range files {
		if m := earlierWording.FindStringSubmatch(rel); m != nil {
			earlier[m[1]] = src
			delete(files, rel)
		}
	}
	return singleFiles(files, problems), earlier
}

// readTexts reads a folder of agreements or consents: no folders within it.
func readTexts(fsys fs.FS, dir string, problems *Problems) layer {
	return singleFiles(readLayer(fsys, dir, problems), problems)
}

func singleFiles(files layer, problems *Problems) layer {
	for rel, src := range files {
		if !slug.MatchString(strings.TrimSuffix(rel, ".md")) {
			problems.add(src.name, 0, "every text is one file in this folder, named <slug>.md")
			delete(files, rel)
		}
	}
	return files
}

// address is where a page file is published, with a slash at both ends:
// "a/b.md", "a/b/index.md" and "a/b/_index.md" are all at /a/b/.
func address(rel string) string {
	dir, base := path.Split(strings.TrimSuffix(rel, ".md"))
	if base == "index" || base == "_index" {
		return "/" + dir
	}
	return "/" + dir + base + "/"
}

// checkAddresses reports files that would be published at one address, and
// pages that Hugo would swallow as attachments of the index.md above them.
func checkAddresses(pages layer, problems *Problems) {
	at := map[string]source{}
	for _, rel := range sortedKeys(pages) {
		src := pages[rel]
		if other, taken := at[address(rel)]; taken {
			problems.add(src.name, 0, "has the same address %s as %s: give both the same file name to replace it, or choose another", address(rel), other.name)
		}
		at[address(rel)] = src
		for dir := rel; dir != "."; {
			dir = path.Dir(dir)
			index := path.Join(dir, "index.md")
			if above, ok := pages[index]; ok && rel != index {
				problems.add(src.name, 0, "would be lost beneath %s: name that one _index.md", above.name)
			}
		}
	}
}
