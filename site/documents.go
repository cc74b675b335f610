package site

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"schoolgate/site/source"
)

// maxDocument is the largest file that a school may publish, in bytes.
const maxDocument = 5 << 20

// A Document is a policy of the school's beside its online safety policy, as
// policies.toml lists it (row P12).
type Document struct {
	Slug     string `toml:"slug"`
	Title    string `toml:"title"`
	About    string `toml:"about"`    // what it says, a sentence
	Owner    string `toml:"owner"`    // who looks after it, by role
	Approved string `toml:"approved"` // the day it was approved
	Review   string `toml:"review"`   // the day it is to be looked at again
	File     string `toml:"file"`     // a PDF in the school's files folder
	Page     string `toml:"page"`     // or a page of the site, "/anti-bullying/", or of the school's other site, https://; neither: on paper
}

// A SearchTool is a way to look things up that the school has chosen for some
// of its pupils (row P9).
type SearchTool struct {
	Years string `toml:"years"` // "Years 3 and 4"
	Name  string `toml:"name"`
	URL   string `toml:"url"` // may be empty
	How   string `toml:"how"` // how pupils use it, a sentence
}

// A Channel is an official social media channel of the school's (row P10).
type Channel struct {
	Name    string `toml:"name"` // where it is and what it is called there
	URL     string `toml:"url"`
	Purpose string `toml:"purpose"` // a sentence
	RunBy   string `toml:"run_by"`  // who posts and who watches, by role
	For     string `toml:"for"`     // whom it is meant for

	// Slug is of a channel that shows pupils, or their work with their names: a question
	// of its own is put to each family, at /consents/<text>-<slug>/.
	Slug string `toml:"slug"`
}

var documentFile = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*\.pdf$`)

// loadDocuments reads policies.toml, which need not be there, and looks at the
// files it may name.
func loadDocuments(content fs.FS, dir string, files []string, problems *source.Problems) []Document {
	name := dir + "/policies.toml"
	var file struct {
		Policies []Document `toml:"policy"`
	}
	src, ok := source.ReadOptional(content, name, &file, problems)
	if !ok {
		return nil
	}
	seen := map[string]bool{}
	for _, d := range file.Policies {
		c := source.Checker{Src: src, Problems: problems, Value: d.Slug}
		checkEntry(c, seen, d.Slug, "policy", d.Title, [2]string{"title", d.Title}, [2]string{"about", d.About}, [2]string{"owner", d.Owner})
		for _, day := range []struct{ key, value string }{{"approved", d.Approved}, {"review", d.Review}} {
			if !source.IsDate(day.value) {
				c.Say("slug", `%s: %s is not a day such as "2026-09-01"`, d.Slug, day.key)
			}
		}
		switch {
		case d.File != "" && d.Page != "":
			c.Say("slug", "%s has a file and a page: choose one", d.Slug)
		case d.File != "" && !slices.Contains(files, d.File):
			c.Say("slug", "%s: there is no file %s/files/%s", d.Slug, dir, d.File)
		case d.Page != "" && !strings.HasPrefix(d.Page, "/") && !strings.HasPrefix(d.Page, "https://"):
			c.Say("slug", `%s: page %q has to begin with / or https://`, d.Slug, d.Page)
		}
	}
	return file.Policies
}

// documentLinks are the pages that policies.toml leads to, to be followed like
// every link that somebody wrote.
func (s *School) documentLinks() []source.Link {
	var links []source.Link
	for _, d := range s.Documents {
		if d.Page != "" {
			links = append(links, source.Link{File: "schools/" + s.Slug + "/policies.toml", Line: 0, To: d.Page})
		}
	}
	return links
}

// loadFiles lists a school's files folder, and of which of them it says that nobody can be
// seen in their pictures. The files themselves are read when
// they are published: forty schools' would not fit into memory.
func loadFiles(content fs.FS, dir string, problems *source.Problems) (files []string, nobodyIn map[string]bool) {
	nobodyIn = map[string]bool{}
	for _, e := range source.ReadDir(content, dir, problems) {
		name := path.Join(dir, e.Name())
		if e.Name() == picturesFile {
			for file, d := range readDeclared(content, name, documentFile, problems) {
				nobodyIn[file] = d.Nobody && len(d.Pupils) == 0
			}
			continue
		}
		if e.IsDir() || !documentFile.MatchString(e.Name()) {
			problems.Add(name, 0, "only PDF files stand here, named with a-z, 0-9 and single hyphens, then .pdf")
			continue
		}
		if info, err := e.Info(); err != nil {
			problems.Add(name, 0, "cannot be read: %v", err)
			continue
		} else if info.Size() > maxDocument {
			problems.Add(name, 0, "is larger than 5 MB: families on a telephone cannot wait for it; make it smaller")
			continue
		}
		files = append(files, e.Name())
	}
	return files, nobodyIn
}

// publishFiles copies a school's files, as they are, to /files/.
func (w website) publishFiles(dir string) error {
	for _, name := range w.files {
		data, err := source.ReadAtMost(w.folder, "files/"+name, maxDocument+1)
		if err != nil {
			return fmt.Errorf("read a file: %w", err)
		}
		if err := w.originals.same(w.fileName(name), data); err != nil {
			return err
		}
		if !bytes.HasPrefix(data, []byte("%PDF-")) || len(data) > maxDocument {
			return source.Problems{{File: w.fileName(name), Text: "is not a PDF of at most 5 MB, whatever its name says"}}
		}
		if err := writeFile(filepath.Join(dir, "files", name), data); err != nil {
			return err
		}
	}
	return nil
}

// fileName is the path of a school's file within the content folder.
func (w website) fileName(name string) string { return "schools/" + w.slug + "/files/" + name }

// namedFiles are the files that policies.toml names.
func (s *School) namedFiles() map[string]bool {
	named := map[string]bool{}
	for _, d := range s.Documents {
		named[d.File] = true
	}
	return named
}

// unreached is the files that no page leads to. Nobody meant to publish them, so
// they stop the site: a draft, or a letter that was scanned into the wrong folder.
func (w website) unreached(out *output) (problems source.Problems) {
	for _, name := range w.files {
		if !w.named[name] && !slices.ContainsFunc(out.refs, func(r reference) bool { return r.path == "/files/"+name }) {
			problems.Add("schools/"+w.slug+"/files/"+name, 0, "no page leads to this file: name it in policies.toml or link to it, or take it away")
		}
	}
	return problems
}

// checkTools checks the search tools and channels of school.toml.
func checkTools(c source.Checker, s *School) {
	address := func(key, name, value string) {
		if value != "" && !strings.HasPrefix(value, "https://") {
			c.Say(key, "%s: url %q does not begin with https://", name, value)
		}
	}
	for _, t := range s.SearchTools {
		c.Value = t.Name
		if t.Years == "" || t.Name == "" || t.How == "" {
			c.Say("name", "search_tool %q needs years, name and how", t.Name)
		}
		address("name", t.Name, t.URL)
	}
	slugs := map[string]bool{}
	for _, ch := range s.Channels {
		c.Value = ch.Name
		if ch.Name == "" || ch.Purpose == "" || ch.RunBy == "" || ch.For == "" || ch.URL == "" {
			c.Say("name", "channel %q needs name, url, purpose, run_by and for", ch.Name)
		}
		address("name", ch.Name, ch.URL)
		if ch.Slug != "" && !source.SlugPattern.MatchString(ch.Slug) {
			c.Say("slug", "channel %q: a slug has only a-z, 0-9 and single hyphens", ch.Name)
		}
		if ch.Slug != "" && slugs[ch.Slug] {
			c.Say("slug", "channel %q: there is another with the slug %s", ch.Name, ch.Slug)
		}
		slugs[ch.Slug] = true
	}
	c.Value = ""
	if used := slices.Contains(s.Uses, "official_social_media"); used != (len(s.Channels) > 0) {
		c.Say("uses", "official_social_media in uses and the [[channel]] tables go together: there is only one of them")
	}
}
