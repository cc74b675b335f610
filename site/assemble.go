package site

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"schoolgate/site/draw"
	"schoolgate/site/source"
)

// An assembly is a website with its blanks filled and every source checked.
type assembly struct {
	website   website
	rendering rendering
	links     map[string][]source.Link // by address of the page they stand on
	texts     []Text                   // in force, not yet rendered
	earlier   []Text                   // published before the site was, and new to the archive
	wordings  []Text                   // every one, those in force and those of the archive
	gallery   gallery                  // the pictures on its pages
	awaited   map[string]time.Time     // the day of news that is not published yet, by address
	beside    map[string][]byte        // files that Hugo does not make, by path within the site
	archived  map[string]bool          // addresses of pages that show an earlier wording
	feeds     map[string][]byte        // by path within the site

	news, events []dated
	sources      source.Layer // what is published at each address, by the path of a page
	problems     source.Problems
}

// assemble fills and checks what the website consists of. Kept are the wordings of
// the archive. All problems are returned together.
func (w website) assemble(t theme, kept []Text, now time.Time) (*assembly, error) {
	m := &assembly{
		website:   w,
		rendering: rendering{title: w.title, base: w.base, params: w.params, files: maps.Clone(t.source)},
		links:     map[string][]source.Link{},
		archived:  map[string]bool{},
		awaited:   map[string]time.Time{},
		gallery:   gallery{shown: map[string]photograph{}},
		beside:    map[string][]byte{},
		feeds:     map[string][]byte{},
		sources:   source.Layer{},
		problems:  slices.Clone(w.problems),
	}
	if m.rendering.files == nil {
		m.rendering.files = map[string][]byte{}
	}
	css, err := w.look.CSS()
	if err != nil && len(m.problems) == 0 { // otherwise it is among them
		return nil, fmt.Errorf("colour: %w", err)
	}
	m.rendering.files["generated/assets/school.css"] = []byte(css)
	m.rendering.mounts = [][2]string{
		{"theme/layouts", "layouts"}, {"theme/assets", "assets"},
		{"generated/content", "content"}, {"generated/assets", "assets"},
	}
	if err := m.addPages(); err != nil {
		return nil, err
	}
	m.addTextsInForce(kept, now)
	m.addPolicy()
	var made map[string]map[string]any
	if w.made != nil {
		made = w.made()
	}
	for _, address := range source.SortedKeys(made) {
		m.sources[pageAt(address)] = source.File{Name: "the page that Schoolgate makes"}
	}
	checkAddresses(m.sources, &m.problems)
	pictures, found, err := m.gallery.frame(w.cleaner, w.originals, m.beside)
	if err != nil {
		return nil, err
	}
	m.problems = append(m.problems, found...)
	if err := m.problems.Err(); err != nil {
		return nil, err
	}
	for address, matter := range made {
		if err := m.addGenerated(address, matter); err != nil {
			return nil, err
		}
	}
	m.links["/"] = append(m.links["/"], w.written...)
	if err := w.addFeeds(m, now); err != nil {
		return nil, err
	}
	m.rendering.params["pictures"] = pictures
	w.badges(m)
	return m, m.addTexts(slices.Concat(kept, m.earlier))
}

// pageAt is the path of the page that is published at an address, "a/b.md".
func pageAt(address string) string { return strings.Trim(address, "/") + ".md" }

// claim notes what is published at an address. Another source that is there already
// is told that it cannot be: why is a sentence about the address.
func (m *assembly) claim(page string, src source.File, why string, args ...any) {
	if other, taken := m.sources[page]; taken {
		m.problems.Add(other.Name, 0, why, args...)
	}
	m.sources[page] = src
}

// addPages adds the pages that people wrote, but for news whose day is to come.
func (m *assembly) addPages() error {
	w := m.website
	mounted := map[string]bool{}
	for _, rel := range source.SortedKeys(w.pages) {
		src := w.pages[rel]
		m.sources[rel] = src
		p, found := readPage(rel, src, w.answers)
		m.problems = append(m.problems, found...)
		if p.hidden {
			continue
		}
		if p.isNews() && !w.upcoming && w.today.waits(p.matter.Day) {
			m.awaited[p.address] = p.dated.begins
			continue
		}
		m.rendering.files["content/"+src.Name] = []byte(p.text + m.gallery.addBrought(p, w.album))
		m.links[p.address] = p.links
		m.gallery.addShown(rel, p, w.album, &m.problems)
		if err := w.draw(m, p); err != nil {
			return err
		}
		switch {
		case !p.isDated:
		case p.isNews():
			m.news = append(m.news, p.dated)
		default:
			m.events = append(m.events, p.dated)
		}
		if root := "content/" + strings.TrimSuffix(src.Name, "/"+rel); !mounted[root] {
			mounted[root] = true
			m.rendering.mounts = append(m.rendering.mounts, [2]string{root, "content"})
		}
	}
	return nil
}

// addTextsInForce reads the agreements and purposes, with the wordings that a school
// used before it had this site.
func (m *assembly) addTextsInForce(kept []Text, now time.Time) {
	w := m.website
	for _, kind := range []string{Agreement, Purpose} {
		earlier, found := readEarlier(kind, w.earlier[kind], kept, now)
		m.problems = append(m.problems, found...)
		m.earlier = append(m.earlier, earlier...)
		for _, rel := range source.SortedKeys(w.texts[kind]) {
			src := w.texts[kind][rel]
			text, links, found := readText(kind, src, w.answers.with(w.inText[rel]))
			text.Slug = strings.TrimSuffix(rel, ".md") // of a file that several texts are made of, its own
			m.problems = append(m.problems, found...)
			if _, body, line, ok := source.SplitMatter(src.Name, text.Source, &source.Problems{}); ok {
				m.problems = append(m.problems, checkMarks(src.Name, body, line)...)
			}
			if len(found)+len(w.problems) == 0 {
				text.checkEdition(src, slices.Concat(kept, earlier), &m.problems)
			}
			text.Published = now
			m.links[text.address()] = links
			m.texts = append(m.texts, text)
			m.claim(folders[kind]+"/"+rel, src, "the address %s belongs to %s", text.address(), src.Name)
		}
	}
}

// addPolicy adds the school's online safety policy, if it has one: a page for the
// whole and one for each part.
func (m *assembly) addPolicy() {
	p, ok := m.website.policy.assemble(m.website.answers)
	if !ok {
		return
	}
	m.problems = append(m.problems, p.problems...)
	for from, links := range m.links {
		m.links[from] = p.checkPolicyLinks(from, links, &m.problems)
	}
	m.links[p.page.address] = p.page.links
	m.rendering.files["generated/content"+p.page.address+"_index.md"] = []byte(p.page.text)
	for _, chapter := range p.chapters {
		m.rendering.files["generated/content/"+pageAt(chapter.address)] = []byte(chapter.text)
		m.claim(pageAt(chapter.address), source.File{Name: p.page.source}, "the address %s belongs to a part of the policy", chapter.address)
	}
	m.claim(pageAt(PolicyAddress), source.File{Name: p.page.source}, "the address %s belongs to the policy: change its clauses in the school's folder %s, or put one of your own in %s", PolicyAddress, PolicyFolder, PolicyFile)
}

// draw makes the pictures that a page asks for: assets that its layout finds by
// the page's own path.
func (w website) draw(m *assembly, p page) error {
	name := strings.TrimSuffix(p.address, "/")
	if len(p.matter.Flow) > 0 {
		id := "flow" + strings.ReplaceAll(name, "/", "-")
		m.rendering.files["generated/assets/flow"+name+".svg"] = w.chart(p.matter.Title, id, p.matter.Flow)
	}
	if p.matter.QR != "" {
		svg, err := draw.QR(w.base + strings.TrimPrefix(p.matter.QR, "/"))
		if err != nil {
			return err
		}
		m.rendering.files["generated/assets/qr"+name+".svg"] = []byte(svg)
	}
	return nil
}

// chart draws a flow once for all the sites that have it in the same words.
func (w website) chart(title, id string, flow []draw.Step) []byte {
	what := fmt.Sprintf("%q %q %#v", title, id, flow)
	if w.charts != nil {
		if drawn, ok := w.charts.Load(what); ok {
			return drawn.([]byte)
		}
	}
	drawn := []byte(draw.Flow(title, id, flow))
	if w.charts != nil {
		w.charts.Store(what, drawn)
	}
	return drawn
}

// addFeeds adds the news as RSS and the events as a calendar, where there are
// any; layouts see which in site.Params.feeds.
func (w website) addFeeds(m *assembly, now time.Time) error {
	if len(m.news) > 0 {
		rss, err := w.newsRSS(m.news)
		if err != nil {
			return err
		}
		m.feeds[newsFeed] = rss
	}
	if ics := w.eventsICS(m.events, now); ics != nil {
		m.feeds[eventsFeed] = ics
	}
	m.rendering.params = maps.Clone(m.rendering.params)
	m.rendering.params["feeds"] = map[string]any{"news": len(m.news) > 0, "events": len(m.events) > 0}
	return nil
}

// addTexts adds a page for every text in force and for every wording ever
// published.
func (m *assembly) addTexts(kept []Text) error {
	inForce := map[string]int{} // index in m.texts by address
	for i, t := range m.texts {
		if j := slices.IndexFunc(kept, func(k Text) bool { return k.Kind == t.Kind && k.Slug == t.Slug && k.Hash == t.Hash }); j >= 0 {
			m.texts[i].Published = kept[j].Published
		}
		inForce[t.address()] = i
	}
	m.wordings = slices.Clone(m.texts)
	for _, k := range kept {
		if i, ok := inForce[k.address()]; !ok || m.texts[i].Hash != k.Hash {
			m.wordings = append(m.wordings, k)
		}
	}
	several := map[string]int{} // how many wordings a text has
	for _, t := range m.wordings {
		several[t.address()]++
	}
	taken := map[string]bool{}
	for _, t := range m.wordings {
		i, exists := inForce[t.address()]
		current := exists && m.texts[i].Hash == t.Hash
		currentPath := ""
		if exists {
			currentPath = t.address()
		}
		if taken[t.wording()] {
			return fmt.Errorf("two wordings of %s have the same address %s: change a word", t.address(), t.wording())
		}
		taken[t.wording()] = true
		if !current {
			m.archived[t.wording()] = true
		}
		for _, place := range []struct {
			address string
			listed  bool
		}{{t.address(), true}, {t.wording(), false}} {
			if place.listed && !current {
				continue
			}
			ways := textWays{currentPath: currentPath}
			if several[t.address()] > 1 {
				ways.changesPath = t.changes()
			}
			if exists && !current {
				ways.sincePath = t.since(m.texts[i])
			}
			file, err := textPage(t, current, ways, place.listed)
			if err != nil {
				return fmt.Errorf("%s: %w", place.address, err)
			}
			m.rendering.files["generated/content"+strings.TrimSuffix(place.address, "/")+".md"] = []byte(file)
		}
	}
	return m.addChanges()
}
