package site

import (
	"bytes"
	"fmt"
	"io/fs"
	"net/url"
	"os"
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
	pages int
}

// A reference is from one built page to another place in the same site.
type reference struct{ from, path, fragment string }

// audit reads everything that was built and holds it to what the product
// promises of every page: the way to CEOP, no script, nothing from elsewhere,
// nothing left unfilled.
func audit(dir, base string) (*output, source.Problems, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, nil, fmt.Errorf("public address: %w", err)
	}
	out := &output{base: u, files: map[string]bool{}, ids: map[string]map[string]bool{}}
	var problems source.Problems
	built := os.DirFS(dir)
	err = fs.WalkDir(built, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		out.files["/"+name] = true
		var check func(string, []byte, *source.Problems)
		switch path.Ext(name) {
		case ".html":
			check = out.page
		case ".css", ".svg":
			check = checkStyle
		default:
			return nil
		}
		data, err := fs.ReadFile(built, name)
		if err == nil {
			check("/"+name, data, &problems)
		}
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("audit: %w", err)
	}
	return out, problems, nil
}

var outside = regexp.MustCompile(`(?i)(?:url\(|@import|\bhref=)\s*["']?\s*(?:https?:)?//|<script`)

func checkStyle(name string, data []byte, problems *source.Problems) {
	if m := outside.Find(data); m != nil {
		problems.AddKind(source.AsBuilt, name, 0, "built: refers to something outside the site: %s", m)
	}
}

// page audits one HTML file.
func (o *output) page(name string, data []byte, problems *source.Problems) {
	o.pages++
	ids := map[string]bool{}
	o.ids[name] = ids
	report := func(format string, args ...any) { problems.AddKind(source.AsBuilt, name, 0, "built: "+format, args...) }
	if _, after, found := bytes.Cut(data, []byte("[[")); found {
		line, _, _ := bytes.Cut(after, []byte("\n"))
		report("a blank is left over: [[%.40s", line)
	}
	ceop, page := false, strings.TrimSuffix(name, "index.html")
	z := html.NewTokenizer(bytes.NewReader(data))
	for {
		switch z.Next() {
		case html.ErrorToken: // the end; the tokenizer accepts anything else
			if !ceop {
				problems.AddKind(source.NoCEOP, name, 0, "built: has no link to CEOP, at %s or first at the site's own page %s", CEOP, CEOPPage)
			}
			return
		case html.StartTagToken, html.SelfClosingTagToken:
			tag := z.Token()
			if slices.Contains(forbidden, tag.Data) {
				report("has a <%s>", tag.Data)
			}
			for _, a := range tag.Attr {
				switch {
				case a.Key == "id":
					if ids[a.Val] {
						o.twice = append(o.twice, reference{from: name, fragment: a.Val})
					}
					ids[a.Val] = true
				case a.Key == "style" || strings.HasPrefix(a.Key, "on"):
					report("has %s= on a <%s>", a.Key, tag.Data)
				case slices.Contains(addressAttributes, a.Key):
					ceop = ceop || tag.Data == "a" && LeadsToCEOP(page, a.Val, o.base.Path)
					o.refer(name, tag.Data, a.Val, report)
				case a.Key == "srcset":
					for candidate := range strings.SplitSeq(a.Val, ",") {
						o.refer(name, tag.Data, candidate, report)
					}
				case a.Key == "http-equiv":
					report("has a <meta http-equiv=%q>", a.Val)
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

// refer looks at one address on a page: a plain link may lead anywhere, all
// else has to be of this site.
func (o *output) refer(name, tag, value string, report func(string, ...any)) {
	value, _, _ = strings.Cut(strings.TrimSpace(value), " ") // without a srcset's width
	u, err := url.Parse(value)
	if err != nil {
		report("<%s> refers to %q, which is not an address", tag, value)
		return
	}
	plain := tag == "a" || tag == "area"
	if plain && u.Scheme != "" && !slices.Contains(schemes, strings.ToLower(u.Scheme)) {
		report("links to %q", value)
		return
	}
	at := o.base.JoinPath(strings.TrimSuffix(name, "index.html"))
	target := at.ResolveReference(u)
	inside := target.Scheme == o.base.Scheme && target.Host == o.base.Host
	if !inside && !plain {
		report("<%s> refers to another host: %s", tag, value)
	}
	if rest, within := strings.CutPrefix(target.Path, o.base.Path); inside && within {
		o.refs = append(o.refs, reference{name, "/" + rest, target.Fragment})
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
