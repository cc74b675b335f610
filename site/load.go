package site

import (
	"bytes"
	"errors"
	"fmt"
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

// maxDepth is how many folders pages may stand within each other.
const maxDepth = 8

// slugs names what may stand in an address; pageFile adds Hugo's own names.
var (
	slug     = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	pageFile = regexp.MustCompile(`^([a-z0-9]+(-[a-z0-9]+)*|_?index)\.md$`)
)

// reserved are first path elements that belong to the server.
var reserved = []string{"portal", "ledger", "healthz", "readyz", "assets", "sign-in", "leave"}

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
// model pages and the texts people sign. Everything wrong with what every site is
// made of is reported together, as [Problems]; what is wrong in one school's own
// folder, in the trust's, or with a file that belongs to neither, is kept for
// [Build], where it stops that site alone.
//
// Files are held in memory, so that a build sees one state of the folder.
func Load(content fs.FS) (*Trust, error) {
	if _, err := fs.ReadDir(content, "."); err != nil {
		return nil, fmt.Errorf("read the content folder: %w", err)
	}
	trust, problems := load(content)
	if len(trust.Schools)+len(trust.stopped) == 0 {
		problems.add("schools", 0, "no school: add schools/<slug>/school.toml, or let schoolgate init write it")
	}
	if len(problems) > 0 { // no site is built: everything is told at once
		problems = append(problems, trust.problems...)
		for _, s := range trust.Schools {
			problems = append(problems, s.problems...)
		}
		for _, s := range trust.stopped {
			problems = append(problems, s.problems...)
		}
		return nil, problems.err()
	}
	return trust, nil
}

// load reads a content folder that may be without schools yet.
func load(folder fs.FS) (*Trust, Problems) {
	var problems Problems
	content := &reading{FS: folder, sums: map[string]string{}}
	guide := loadGuide(content, &problems)
	trust := loadTrust(content, &problems)
	trust.Guide = guide
	later, wrong := guide.postpone(content, "trust/trust.toml", trust.problems, nil)
	trust.problems = append(wrong, later...)
	trust.unusable = slices.ContainsFunc(wrong, func(p Problem) bool { return p.File == "trust/trust.toml" })
	trust.checkTop(content, &problems)
	trust.model, trust.album = readPages(content, "model", &problems, "help.toml", "checklist.toml", "replaced.toml", passagesFile, guideFile, policyFolder)
	trust.policy = readLayer(content, "model/"+policyFolder, &problems)
	trust.agreements = readTexts(content, "agreements", &problems)
	trust.consents = readTexts(content, "consents", &problems)
	trust.Help = loadHelp(content, "model/help.toml", &problems)
	trust.Checklist = loadChecklist(content, "model/checklist.toml", nil, &problems).Items
	trust.Replaced = loadReplaced(content, "model/replaced.toml", &problems)
	trust.Passages = loadPassages(content, "model/"+passagesFile, &problems)
	trust.noShared(content, "trust/trust.toml", trust.Blanks, nil, &trust.problems)

	trust.loadSchools(content, &problems)
	for name, src := range trust.pages {
		first, _, _ := strings.Cut(strings.TrimSuffix(name, ".md"), "/")
		if slices.Contains(reserved, first) || slices.Contains(trust.Slugs(), first) {
			trust.problems.add(src.name, 0, "the address /%s/ is taken: choose another file name", first)
		}
	}
	trust.read = maps.Clone(content.sums)
	return trust, problems
}

// A stopped site is a name in the content folder that no site can be made of: a
// school whose settings cannot be used, or a file where none belongs. It holds up
// nothing else.
type stopped struct {
	name     string
	problems Problems
}

// loadSchools reads every school's folder. Problems gets what is wrong with the
// folder of all of them.
func (t *Trust) loadSchools(content fs.FS, problems *Problems) {
	var found Problems
	entries := readDir(content, "schools", &found)
	for _, p := range found {
		if p.File == "schools" {
			*problems = append(*problems, p)
		} else {
			t.stopped = append(t.stopped, stopped{path.Base(p.File), Problems{p}})
		}
	}
	for _, entry := range entries {
		dir := path.Join("schools", entry.Name())
		if !entry.IsDir() {
			t.stopped = append(t.stopped, stopped{entry.Name(), Problems{{File: dir, Text: "unknown file: every school has a folder of its own here"}}})
			continue
		}
		var found Problems
		school := loadSchool(content, dir, &found)
		t.noShared(content, dir+"/school.toml", school.Blanks, school.Help, &found)
		later, wrong := t.Guide.postpone(content, dir+"/school.toml", found, t.forSchools)
		school.unfinished = len(later) > 0
		school.problems = append(school.problems, later...)
		school.Checklist = loadChecklist(content, dir+"/checklist.toml", t.Checklist, &school.problems)
		if len(wrong) > 0 {
			t.stopped = append(t.stopped, stopped{school.Slug, append(wrong, school.problems...)})
			continue
		}
		school.Blanks = t.answersFor(school)
		t.Schools = append(t.Schools, school)
	}
	findAlike(t.Schools)
}

// answersFor are the trust's answers for every school, and the school's own over
// them.
func (t *Trust) answersFor(s *School) map[string]string {
	answers := map[string]string{}
	maps.Copy(answers, t.forSchools)
	for name, value := range s.Blanks {
		if _, answered := answers[name]; !answered || !strings.HasPrefix(value, todoMark) {
			answers[name] = value
		}
	}
	return answers
}

// Slugs are the names of all schools' folders, also of those whose settings cannot
// be used.
func (t *Trust) Slugs() []string {
	var slugs []string
	for _, s := range t.Schools {
		slugs = append(slugs, s.Slug)
	}
	for _, s := range t.stopped {
		slugs = append(slugs, s.name)
	}
	return slugs
}

// An alike is another school that a school cannot be told apart from.
type alike struct {
	other   string // slug
	problem Problem
}

// findAlike notes which schools families could not tell apart, or would be
// published over each other.
func findAlike(schools []*School) {
	for i, s := range schools {
		for _, other := range schools[:i] {
			for _, same := range []struct{ what, here, there string }{
				{"short_name", s.ShortName, other.ShortName},
				{"url", strings.TrimSuffix(s.URL, "/"), strings.TrimSuffix(other.URL, "/")},
			} {
				if same.here == "" || strings.HasPrefix(same.here, todoMark) || !strings.EqualFold(same.here, same.there) {
					continue
				}
				note := func(a, b *School, value string) {
					a.alike = append(a.alike, alike{b.Slug, Problem{
						File: "schools/" + a.Slug + "/school.toml",
						Text: fmt.Sprintf("has the same %s as schools/%s/school.toml: %s", same.what, b.Slug, value),
					}})
				}
				note(s, other, same.here)
				note(other, s, same.there)
			}
		}
	}
}

// checkTop names what does not belong at the top of the content folder. What is
// wrong with a folder that does goes to problems.
func (t *Trust) checkTop(content fs.FS, problems *Problems) {
	known := []string{"trust", "model", "agreements", "consents", "schools"}
	var found Problems
	entries := slices.DeleteFunc(readDir(content, ".", &found), func(e fs.DirEntry) bool {
		return path.Ext(e.Name()) == ".go" // what embeds the folder
	})
	checkNames(entries, ".", &found, known...)
	for _, p := range found {
		if slices.Contains(known, p.File) || p.File == "." {
			*problems = append(*problems, p)
		} else {
			t.stopped = append(t.stopped, stopped{p.File, Problems{p}})
		}
	}
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
		if Ignored(e.Name()) {
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
