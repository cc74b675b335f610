package site

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"schoolgate/site/source"
)

// reserved are first path elements that belong to the server.
var reserved = []string{"portal", "ledger", "healthz", "readyz", "assets", "sign-in", "leave"}

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
		problems.Add("schools", 0, "no school: add schools/<slug>/school.toml, or let schoolgate init write it")
	}
	if len(problems) > 0 { // no site is built: everything is told at once
		problems = append(problems, trust.problems...)
		for _, s := range trust.Schools {
			problems = append(problems, s.problems...)
		}
		for _, s := range trust.stopped {
			problems = append(problems, s.problems...)
		}
		return nil, problems.Err()
	}
	return trust, nil
}

// load reads a content folder that may be without schools yet.
func load(folder fs.FS) (*Trust, source.Problems) {
	var problems source.Problems
	content := &reading{FS: folder, sums: map[string]string{}}
	guide := loadGuide(content, &problems)
	trust := loadTrust(content, &problems)
	trust.Guide = guide
	later, wrong := guide.postpone(content, "trust/trust.toml", trust.problems, nil)
	trust.problems = append(wrong, later...)
	trust.unusable = slices.ContainsFunc(wrong, func(p source.Problem) bool { return p.File == "trust/trust.toml" })
	trust.checkTop(content, &problems)
	trust.model, trust.album = readPages(content, "model", &problems, "help.toml", "checklist.toml", "replaced.toml", elsewhereFile, passagesFile, languagesFile, mailsFile, guideFile, PolicyFolder)
	trust.policy = source.ReadLayer(content, "model/"+PolicyFolder, &problems)
	trust.agreements = readTexts(content, "agreements", &problems)
	trust.consents = readTexts(content, "consents", &problems)
	trust.Help, _ = loadHelp(content, "model/help.toml", &problems)
	trust.Checklist = loadChecklist(content, "model/checklist.toml", nil, &problems).Items
	trust.Replaced = loadReplaced(content, "model/replaced.toml", &problems)
	trust.Elsewhere = loadElsewhere(content, "model/"+elsewhereFile, &problems)
	trust.Passages = loadPassages(content, "model/"+passagesFile, &problems)
	trust.Languages = loadLanguages(content, "model/"+languagesFile, &problems)
	trust.Mails = loadMails(content, "model/"+mailsFile, &problems)
	trust.noShared(content, "trust/trust.toml", trust.Blanks, nil, &trust.problems)

	trust.loadSchools(content, &problems)
	for name, src := range trust.pages {
		first, _, _ := strings.Cut(strings.TrimSuffix(name, ".md"), "/")
		if slices.Contains(reserved, first) || slices.Contains(trust.Slugs(), first) {
			trust.problems.Add(src.Name, 0, "the address /%s/ is taken: choose another file name", first)
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
	problems source.Problems
}

// loadSchools reads every school's folder. Problems gets what is wrong with the
// folder of all of them.
func (t *Trust) loadSchools(content fs.FS, problems *source.Problems) {
	var found source.Problems
	entries := source.ReadDir(content, "schools", &found)
	for _, p := range found {
		if p.File == "schools" {
			*problems = append(*problems, p)
		} else {
			t.stopped = append(t.stopped, stopped{path.Base(p.File), source.Problems{p}})
		}
	}
	for _, entry := range entries {
		dir := path.Join("schools", entry.Name())
		if !entry.IsDir() {
			t.stopped = append(t.stopped, stopped{entry.Name(), source.Problems{{File: dir, Text: "unknown file: every school has a folder of its own here"}}})
			continue
		}
		t.loadSchool(content, dir)
	}
	findAlike(t.Schools)
}

// loadSchool reads one school's folder, and adds it to those that there are.
func (t *Trust) loadSchool(content fs.FS, dir string) {
	var found source.Problems
	school := loadSchool(content, dir, &found)
	t.noShared(content, dir+"/school.toml", school.Blanks, school.Help, &found)
	for _, slug := range source.SortedKeys(school.Checked) {
		if !slices.ContainsFunc(t.Help, func(o Organisation) bool { return o.Slug == slug }) {
			school.problems.Add(dir+"/help.toml", 0, "checked: %s is no entry of model/help.toml; an entry of the school's own has its checked beside it", slug)
		}
	}
	later, wrong := t.Guide.postpone(content, dir+"/school.toml", found, t.forSchools)
	school.unfinished = len(later) > 0
	school.problems = append(school.problems, later...)
	school.Checklist = loadChecklist(content, dir+"/checklist.toml", t.Checklist, &school.problems)
	if len(wrong) > 0 {
		t.stopped = append(t.stopped, stopped{school.Slug, append(wrong, school.problems...)})
		return
	}
	school.Blanks = t.answersFor(school)
	t.Schools = append(t.Schools, school)
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
	problem source.Problem
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
					a.alike = append(a.alike, alike{b.Slug, source.Problem{
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
func (t *Trust) checkTop(content fs.FS, problems *source.Problems) {
	known := []string{"trust", "model", "agreements", "consents", "schools"}
	var found source.Problems
	entries := slices.DeleteFunc(source.ReadDir(content, ".", &found), func(e fs.DirEntry) bool {
		return path.Ext(e.Name()) == ".go" // what embeds the folder
	})
	source.CheckNames(entries, ".", &found, known...)
	for _, p := range found {
		if slices.Contains(known, p.File) || p.File == "." {
			*problems = append(*problems, p)
		} else {
			t.stopped = append(t.stopped, stopped{p.File, source.Problems{p}})
		}
	}
}

// readPages reads the Markdown files under dir and finds the pictures beside them.
func readPages(fsys fs.FS, dir string, problems *source.Problems, also ...string) (source.Layer, album) {
	pictures, files := loadAlbum(fsys, dir, problems)
	return source.ReadLayer(fsys, dir, problems, append(also, files...)...), pictures
}

// earlierWording is where a school keeps a wording that it used before it had
// this site: earlier/<slug>/<day it was published>.md.
var earlierWording = regexp.MustCompile(`^earlier/([a-z0-9-]+/[0-9]{4}-[0-9]{2}-[0-9]{2}\.md)$`)

// readSchoolTexts reads a school's folder of agreements or consents, with the
// wordings it used before.
func readSchoolTexts(fsys fs.FS, dir string, problems *source.Problems) (texts, earlier source.Layer) {
	earlier = source.Layer{}
	files := source.ReadLayer(fsys, dir, problems)
	for rel, src := range files {
		if m := earlierWording.FindStringSubmatch(rel); m != nil {
			earlier[m[1]] = src
			delete(files, rel)
		}
	}
	return singleFiles(files, problems), earlier
}

// readTexts reads a folder of agreements or consents: no folders within it.
func readTexts(fsys fs.FS, dir string, problems *source.Problems) source.Layer {
	return singleFiles(source.ReadLayer(fsys, dir, problems), problems)
}

func singleFiles(files source.Layer, problems *source.Problems) source.Layer {
	for rel, src := range files {
		if !source.SlugPattern.MatchString(strings.TrimSuffix(rel, ".md")) {
			problems.Add(src.Name, 0, "every text is one file in this folder, named <slug>.md")
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
func checkAddresses(pages source.Layer, problems *source.Problems) {
	at := map[string]source.File{}
	for _, rel := range source.SortedKeys(pages) {
		src := pages[rel]
		if other, taken := at[address(rel)]; taken {
			problems.Add(src.Name, 0, "has the same address %s as %s: give both the same file name to replace it, or choose another", address(rel), other.Name)
		}
		at[address(rel)] = src
		for dir := rel; dir != "."; {
			dir = path.Dir(dir)
			index := path.Join(dir, "index.md")
			if above, ok := pages[index]; ok && rel != index {
				problems.Add(src.Name, 0, "would be lost beneath %s: name that one _index.md", above.Name)
			}
		}
	}
}
