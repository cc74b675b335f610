package site

import (
	"path/filepath"
	"time"

	"schoolgate/site/source"
)

// A Draft is a website as it would be published now, for whoever looks at it before
// anybody reads it.
type Draft struct {
	Slug  string // the school's, or Overview
	Title string
	Base  string // public address, with a slash at the end

	website website
	theme   theme
	now     time.Time
}

// Drafts are the trust's overview and every school. Out, HandOver and All of the
// options are not used.
func Drafts(trust *Trust, opts Options) ([]*Draft, error) {
	t, err := readTheme(opts.Theme)
	if err != nil {
		return nil, err
	}
	var all []*Draft
	for _, w := range websites(trust, opts) {
		all = append(all, &Draft{Slug: w.slug, Title: w.title, Base: w.base, website: w, theme: t, now: opts.Now})
	}
	return all, nil
}

// Stopped answers the problems of a site that nothing can be made of; ok is false for
// any other.
func (d *Draft) Stopped() (problems source.Problems, ok bool) {
	return d.website.problems, d.website.stopped
}

// Build makes the site in a folder, without the wordings that were published before.
// The error is [source.Problems] where the content is to blame. With it, built says
// whether the pages were made all the same, and can be looked at.
func (d *Draft) Build(dir string) (built bool, err error) {
	m, err := d.website.assemble(d.theme, nil, d.now)
	if err != nil {
		return false, err
	}
	files, _, err := d.website.produce(m, d.theme)
	for name, data := range files {
		if err := writeFile(filepath.Join(dir, filepath.FromSlash(name)), data); err != nil {
			return false, err
		}
	}
	if err == nil {
		err = d.website.publishFiles(dir)
	}
	return files != nil, err
}

// Sources are the files of pages, agreements and purposes, and of a policy of the
// school's own, by the address at which each is published.
func (d *Draft) Sources() map[string]string {
	at := map[string]string{}
	for rel, src := range d.website.pages {
		at[address(rel)] = src.Name
	}
	for kind, texts := range d.website.texts {
		for rel, src := range texts {
			at["/"+folders[kind]+address(rel)] = src.Name
		}
	}
	if p := d.website.policy; p != nil && p.own.Name != "" {
		at[PolicyAddress] = p.own.Name
	}
	return at
}

// Fill is a file with this site's answers in its blanks.
func (d *Draft) Fill(src source.File) string {
	filled, _ := fill(src, d.website.answers)
	return filled
}

// Says is what a passage, or a number of the directory of help, says in this site;
// "" where it has none of that name.
func (d *Draft) Says(passage string) string { return d.website.answers.shared[passage] }
