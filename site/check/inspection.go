package check

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"schoolgate/site"
	"schoolgate/site/source"
)

// An inspection is the check of one site.
type inspection struct {
	draft      *site.Draft
	trust      *site.Trust
	school     *site.School // nil for the overview
	roll       *checkedRoll
	online     bool // outside links will be tried
	now        time.Time
	dir        string // where it was built
	sources    *siteSources
	vocabulary *vocabulary

	built     []string // files by path within the site, "a/index.html"
	pages     []*builtPage
	byAddr    map[string]*builtPage
	refused   bool // nothing was built
	found     []Finding
	duties    []Duty
	outside   []outsideLink
	reported  map[string]bool
	collected map[string]bool // links
}

// build builds the site into in.dir. What is wrong with the content is reported;
// when that left nothing to look at, refused is set.
func (in *inspection) build() error {
	for _, s := range in.trust.Schools {
		if s.Slug == in.draft.Slug {
			in.school = s
		}
	}
	in.reported, in.collected = map[string]bool{}, map[string]bool{}
	if err := os.MkdirAll(in.dir, 0o755); err != nil {
		return fmt.Errorf("make a folder to check in: %w", err)
	}
	built, err := in.draft.Build(in.dir)
	in.refused = !built
	problems, ok := errors.AsType[source.Problems](err)
	if err != nil && !ok { // Hugo's, or the disk's
		problems = source.Problems{{File: in.sources.settings, Text: err.Error()}}
	}
	for _, p := range problems {
		if f := refusal(p, in.draft.Slug); f.Rule != "ceop" || in.refused { // the page itself is looked at below
			in.note(f)
		}
	}
	in.checkExamples()
	in.checkLeftovers()
	return nil
}

// inspect holds what was built to every rule.
func (in *inspection) inspect() error {
	if in.refused {
		return nil
	}
	if err := in.readPages(); err != nil {
		return err
	}
	in.vocabulary = in.newVocabulary()
	base, err := url.Parse(in.draft.Base)
	if err != nil {
		return fmt.Errorf("public address: %w", err)
	}
	for _, p := range in.pages {
		in.checkStructure(p)
		in.checkWords(p)
		in.checkHeart(p)
		in.checkReading(p)
		in.collect(p, base)
	}
	in.checkStatement("accessibility-statement", "/accessibility/", "accessibility statement", accessibilityParts)
	in.checkStatement("privacy-notice", "/privacy/", "privacy notice", privacyParts)
	if in.school != nil {
		in.checkDuties()
		in.checkRisks()
	}
	in.checkReviews()
	in.checkPassages()
	in.checkDirectory()
	in.checkOneNumber()
	in.checkFileNames(in.built, func(name string) place { return place{file: in.file("/" + name)} })
	own := slices.DeleteFunc(slices.Clone(in.sources.order), func(name string) bool { return siteOf(name) == "" })
	in.checkFileNames(own, func(name string) place { return place{file: name} })
	return in.checkContrast()
}

// readPages reads every page of the site, in order of address.
func (in *inspection) readPages() error {
	sources := in.draft.Sources()
	in.byAddr = map[string]*builtPage{}
	built := os.DirFS(in.dir)
	return fs.WalkDir(built, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		in.built = append(in.built, name)
		if path.Ext(name) != ".html" {
			return nil
		}
		data, err := fs.ReadFile(built, name)
		if err != nil {
			return err
		}
		p := readBuilt(data)
		p.address = "/" + strings.TrimSuffix(name, "index.html")
		p.file = in.file("/" + name)
		p.source = sources[p.address]
		if m := hashedWording.FindString(p.address); m != "" {
			p.source = sources["/"+strings.Join(strings.Split(m, "/")[1:3], "/")+"/"]
		}
		if f := in.sources.byName[p.source]; f != nil {
			p.audience = matterValue(f.raw, "audience")
			if p.audience == "" {
				p.audience = matterValue(f.raw, "for")
			}
		}
		in.pages = append(in.pages, p)
		in.byAddr[p.address] = p
		return nil
	})
}

// file is how a finding names a built file.
func (in *inspection) file(name string) string { return "/" + in.draft.Slug + name }

func (in *inspection) page(address string) *builtPage { return in.byAddr[address] }

// read adds a built file to a builder.
func (in *inspection) read(name string, to *strings.Builder) error {
	data, err := os.ReadFile(filepath.Join(in.dir, filepath.FromSlash(name)))
	to.Write(data)
	to.WriteByte('\n')
	return err
}

// matterValue is what a line of front matter gives a key, without quotes.
func matterValue(file, key string) string {
	rest, ok := strings.CutPrefix(file, source.Fence+"\n")
	if !ok {
		return ""
	}
	for line := range strings.Lines(rest) {
		if strings.HasPrefix(line, source.Fence) {
			return ""
		}
		name, value, found := strings.Cut(line, "=")
		if found && strings.TrimSpace(name) == key {
			value, _, _ = strings.Cut(value, " #")
			return strings.Trim(strings.TrimSpace(value), `"'`)
		}
	}
	return ""
}

// top is the place of a finding about a page as a whole: line 1 of what it was
// made from.
func (in *inspection) top(p *builtPage) place {
	if f := in.sources.byName[p.source]; f != nil {
		return place{f.name, 1, p.address}
	}
	if p.address == site.PolicyAddress {
		for _, name := range []string{"schools/" + in.draft.Slug + "/" + site.PolicyFile, "model/" + site.PolicyFolder + "/" + site.PolicyFront} {
			if in.sources.byName[name] != nil {
				return place{name, 1, p.address}
			}
		}
	}
	return place{p.file, 0, p.address}
}

// report notes a finding; one of the same rule, place and words is noted once.
func (in *inspection) report(rule, severity string, at place, fix, format string, args ...any) {
	in.note(Finding{Rule: rule, Severity: severity, File: at.file, Line: at.line, Page: at.page, What: fmt.Sprintf(format, args...), Fix: fix})
}

// reportWhole notes a finding about a page as a whole.
func (in *inspection) reportWhole(rule, severity string, at place, fix, format string, args ...any) {
	in.note(Finding{Rule: rule, Severity: severity, File: at.file, Line: at.line, Page: at.page, What: fmt.Sprintf(format, args...), Fix: fix, whole: true})
}

func (in *inspection) note(f Finding) {
	f.Sites = []string{in.draft.Slug}
	f.What = in.redact(f.What)
	if key := fmt.Sprintf("%s\n%s\n%d\n%s", f.Rule, f.File, f.Line, f.What); !in.reported[key] {
		in.reported[key] = true
		in.found = append(in.found, f)
	}
}

var (
	upnLike = regexp.MustCompile(`\b[A-Z]\d{11}[0-9A-Z]\b`)
	dayLike = regexp.MustCompile(`\b(?:\d{1,2}(?:st|nd|rd|th)?[ /.-](?:\d{1,2}|\p{L}{3,9})[ /.-]\d{2,4}|\d{4}-\d{2}-\d{2})\b`)
	ordinal = regexp.MustCompile(`(\d)(?:st|nd|rd|th)\b`)
)

// redact takes pupils' names, numbers and dates of birth out of words that a
// report quotes from a page.
func (in *inspection) redact(words string) string {
	words = upnLike.ReplaceAllString(words, "…")
	if in.roll == nil {
		return words
	}
	words = dayLike.ReplaceAllStringFunc(words, func(day string) string {
		plain := strings.NewReplacer("/", " ", ".", " ", "-", " ").Replace(ordinal.ReplaceAllString(day, "$1"))
		for _, layout := range []string{"2 January 2006", "2 Jan 2006", "2 1 2006", "2 1 06", "2006 01 02"} {
			if t, err := time.Parse(layout, plain); err == nil && in.roll.born[t.Format(time.DateOnly)] {
				return "…"
			}
		}
		return day
	})
	all := tokens(words)
	for i := len(all) - 1; i >= 0; i-- {
		for _, ph := range in.roll.names[lower(all[i].text)] {
			if i+len(ph.words) <= len(all) && matches(ph, all[i:i+len(ph.words)]) {
				last := all[i+len(ph.words)-1]
				return in.redact(words[:all[i].at] + "…" + words[last.at+len(last.text):])
			}
		}
	}
	return words
}

// summary is how the site came out; the findings are counted later.
func (in *inspection) summary() SiteReport {
	name := in.draft.Title
	r := SiteReport{Slug: in.draft.Slug, Name: name, Built: !in.refused, Pages: len(in.pages), Duties: in.duties, Unconfirmed: []string{}}
	if in.school != nil && r.Built {
		r.Unconfirmed = append(r.Unconfirmed, in.trust.Unconfirmed(in.school, in.now)...)
	}
	return r
}

// An outsideLink is a link to another site, and where it was written.
type outsideLink struct {
	to   string
	at   place
	site string
}

// collect notes the links of a page that lead elsewhere, for [LinkChecker]. One
// that leads to a machine nobody outside can reach is wrong already.
func (in *inspection) collect(p *builtPage, base *url.URL) {
	for _, a := range p.links {
		if !strings.HasPrefix(a.href, "http://") && !strings.HasPrefix(a.href, "https://") || in.collected[a.href] && !in.online {
			continue
		}
		first := !in.collected[a.href]
		in.collected[a.href] = true
		u, err := url.Parse(a.href)
		if err != nil || u.Host == "" || u.Host == base.Host || in.ours(u) {
			continue
		}
		if private(u.Hostname()) {
			in.report("link", Wrong, in.sources.locate(p, a.href), "Link to the public address.", "the link to %s leads to a machine that readers cannot reach", a.href)
			continue
		}
		if !in.online {
			continue
		}
		at := in.sources.locate(p, a.href) // each place where somebody wrote it; of a layout's link, the first page
		if written := fmt.Sprintf("%s %s:%d", a.href, at.file, at.line); first || at.line > 0 && !in.collected[written] {
			in.collected[written] = true
			in.outside = append(in.outside, outsideLink{a.href, at, in.draft.Slug})
		}
	}
}

// ours says whether an address is the portal's, or another site's of the trust.
func (in *inspection) ours(u *url.URL) bool {
	addresses := []string{in.trust.URL}
	for _, s := range in.trust.Schools {
		addresses = append(addresses, s.URL, s.Portal)
	}
	return slices.ContainsFunc(addresses, func(a string) bool {
		own, err := url.Parse(a)
		return err == nil && own.Host != "" && own.Host == u.Host
	})
}

func private(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsUnspecified()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || strings.HasSuffix(host, ".local") || !strings.Contains(host, ".")
}
