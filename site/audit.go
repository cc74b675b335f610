package site

import (
	"bytes"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"schoolgate/site/source"
)

// CEOP is the address of the CEOP Safety Centre, and CEOPPage that of the site's
// own page on what it is for, one step before it. Every page links to one of them,
// and CEOPPage itself to the Safety Centre.
const (
	CEOP     = "https://www.ceop.police.uk/Safety-Centre/"
	CEOPPage = "/ceop/"
)

// An output is what was built: the files, and what the pages refer to.
type output struct {
	base  *url.URL
	files map[string]bool            // by path within the site, "/a/b/index.html"
	ids   map[string]map[string]bool // ids of a page, by the file's path
	refs  []reference
	twice []reference // ids that a page has more than once, as fragments
	leads map[string]lead
	pages int
}

// A reference is from one built page to another place in the same site.
type reference struct{ from, path, fragment string }

// audit reads everything that was built and holds it to what the product
// promises of every page: the way to CEOP, no script, nothing from elsewhere,
// nothing left unfilled.
func audit(files map[string][]byte, base string) (*output, source.Problems, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, nil, fmt.Errorf("public address: %w", err)
	}
	out := &output{base: u, files: map[string]bool{}, ids: map[string]map[string]bool{}, leads: map[string]lead{}}
	var problems source.Problems
	for _, name := range source.SortedKeys(files) {
		out.files["/"+name] = true
		switch path.Ext(name) {
		case ".html":
			out.page("/"+name, files[name], &problems)
		case ".css", ".svg":
			checkStyle("/"+name, files[name], &problems)
		}
	}
	return out, problems, nil
}

var outside = regexp.MustCompile(`(?i)(?:url\(|@import|\bhref=)\s*["']?\s*(?:https?:)?//|<script`)

func checkStyle(name string, data []byte, problems *source.Problems) {
	if !bytes.Contains(data, []byte("//")) && !bytes.Contains(data, []byte("<")) {
		return // the expression would take long to say so of a stylesheet
	}
	if m := outside.Find(data); m != nil {
		problems.AddKind(source.AsBuilt, name, 0, "built: refers to something outside the site: %s", m)
	}
}

// page audits one HTML file.
func (o *output) page(file string, data []byte, problems *source.Problems) {
	o.pages++
	ids := map[string]bool{}
	o.ids[file] = ids
	report := func(format string, args ...any) { problems.AddKind(source.AsBuilt, file, 0, "built: "+format, args...) }
	if _, after, found := bytes.Cut(data, []byte("[[")); found {
		line, _, _ := bytes.Cut(after, []byte("\n"))
		report("a blank is left over: [[%.40s", line)
	}
	ceop, page := false, strings.TrimSuffix(file, "index.html")
	z := html.NewTokenizer(bytes.NewReader(data))
	for {
		switch z.Next() {
		case html.ErrorToken: // the end; the tokenizer accepts anything else
			if !ceop {
				problems.AddKind(source.NoCEOP, file, 0, "built: has no link to CEOP, at %s or first at the site's own page %s", CEOP, CEOPPage)
			}
			return
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			tag := string(name)
			if slices.Contains(forbidden, tag) {
				report("has a <%s>", tag)
			}
			for more {
				var k, v []byte
				k, v, more = z.TagAttr()
				key, value := string(k), string(v)
				switch {
				case key == "id":
					if ids[value] {
						o.twice = append(o.twice, reference{from: file, fragment: value})
					}
					ids[value] = true
				case key == "style" || strings.HasPrefix(key, "on"):
					report("has %s= on a <%s>", key, tag)
				case slices.Contains(addressAttributes, key):
					ceop = ceop || tag == "a" && LeadsToCEOP(page, value, o.base.Path)
					o.refer(file, tag, value, report)
				case key == "srcset":
					for candidate := range strings.SplitSeq(value, ",") {
						o.refer(file, tag, candidate, report)
					}
				case key == "http-equiv":
					report("has a <meta http-equiv=%q>", value)
				}
			}
		}
	}
}

// LeadsToCEOP says whether a link on a page of a site that stands at base leads to
// the Safety Centre, or to the site's own page on it.
func LeadsToCEOP(page, href, base string) bool {
	return href == CEOP || page != CEOPPage && href == strings.TrimSuffix(base, "/")+CEOPPage
}

// forbidden elements run, style or load what the page's own files do not hold.
var forbidden = []string{"script", "style", "iframe", "object", "embed", "base"}

// addressAttributes hold one address, in HTML and SVG.
var addressAttributes = []string{"href", "src", "action", "formaction", "poster", "data", "background"}

// A lead is what an address on a page leads to.
type lead struct {
	as, to *url.URL // as it is written, and whole
	err    error
}

// follow says where an address on a page leads. One that is alike on all pages, as most
// are, is looked at once.
func (o *output) follow(file, value string) lead {
	if l, ok := o.leads[value]; ok {
		return l
	}
	u, err := url.Parse(value)
	if err != nil {
		return lead{err: err}
	}
	if u.Scheme == "" && !strings.HasPrefix(value, "/") {
		return lead{as: u, to: o.base.JoinPath(strings.TrimSuffix(file, "index.html")).ResolveReference(u)}
	}
	l := lead{as: u, to: o.base.ResolveReference(u)}
	o.leads[value] = l
	return l
}

// refer looks at one address on a page: a plain link may lead anywhere, all
// else has to be of this site.
func (o *output) refer(file, tag, value string, report func(string, ...any)) {
	value, _, _ = strings.Cut(strings.TrimSpace(value), " ") // without a srcset's width
	l := o.follow(file, value)
	if l.err != nil {
		report("<%s> refers to %q, which is not an address", tag, value)
		return
	}
	plain := tag == "a" || tag == "area"
	if plain && l.as.Scheme != "" && !slices.Contains(schemes, strings.ToLower(l.as.Scheme)) {
		report("links to %q", value)
		return
	}
	inside := l.to.Scheme == o.base.Scheme && l.to.Host == o.base.Host
	if !inside && !plain {
		report("<%s> refers to another host: %s", tag, value)
	}
	if rest, within := strings.CutPrefix(l.to.Path, o.base.Path); inside && within {
		o.refs = append(o.refs, reference{file, "/" + rest, l.to.Fragment})
	}
}

// exists says whether the site has a page or file at an address within it, and
// in that page the place a fragment names.
func (o *output) exists(address, fragment string) bool {
	if strings.HasSuffix(address, "/") {
		address += "index.html"
	}
	return o.files[address] && (fragment == "" || o.ids[address] == nil || o.ids[address][fragment])
}

// deadEnds reports references of built pages to what is not there, each target
// once; except leaves out those of pages and to targets that do not count.
func (o *output) deadEnds(except func(reference) bool) source.Problems {
	var problems source.Problems
	seen := map[reference]int{}
	for _, r := range o.refs {
		if o.exists(r.path, r.fragment) || except(r) {
			continue
		}
		to := reference{path: r.path, fragment: r.fragment}
		if seen[to]++; seen[to] == 1 {
			at := (&url.URL{Path: r.path, Fragment: r.fragment}).String()
			problems.AddKind(source.AsBuilt, r.from, 0, "built: refers to %s, which is not there", at)
		}
	}
	return problems
}
