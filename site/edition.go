package site

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An edition is one site about to be built: a school's, or the overview.
type edition struct {
	slug     string
	title    string
	base     string // public address, with a slash at the end
	colour   string
	answers  answers
	params   map[string]any
	pages    layer
	texts    map[string]layer  // by kind
	problems Problems          // found by Load
	others   func(string) bool // whether a first path element belongs to another site
}

// editions are the sites of a trust in the order they are built.
func editions(t *Trust, opts Options) []edition {
	var all []edition
	if t.Name != "" {
		all = append(all, t.edition(opts))
	}
	for _, s := range t.Schools {
		all = append(all, s.edition(t, opts))
	}
	return all
}

// edition is the trust's overview.
func (t *Trust) edition(opts Options) edition {
	portal := opts.Address + "/portal/"
	schools := make([]map[string]any, len(t.Schools))
	for i, s := range t.Schools {
		schools[i] = map[string]any{
			"name": s.Name, "short_name": s.ShortName, "url": s.base(opts),
			"address": s.Address, "phone": s.Phone, "email": s.Email,
		}
	}
	params := t.params(opts)
	params["is_trust"] = true
	params["schools"] = schools
	params["portal"] = portal
	params["help"] = helpParams(t.Help)
	params["school"] = map[string]any{ // layouts show whose site it is by this
		"name": t.Name, "short_name": t.ShortName, "email": t.Email, "phone": t.Phone,
		"address": t.Address, "colour": t.Colour, "blanks": t.Blanks,
	}
	values := t.values(opts)
	maps.Copy(values, t.Blanks)
	maps.Copy(values, map[string]string{
		"email": t.Email, "phone": t.Phone, "address": strings.Join(t.Address, ", "), "portal": portal,
	})
	return edition{
		slug:    Overview,
		title:   t.Name,
		base:    t.base(opts),
		colour:  t.Colour,
		answers: answers{values: values},
		params:  params,
		pages:   t.pages,
		others: func(first string) bool {
			return slices.Contains(reserved, first) ||
				slices.ContainsFunc(t.Schools, func(s *School) bool { return s.Slug == first })
		},
	}
}

// edition is the school's site.
func (s *School) edition(t *Trust, opts Options) edition {
	portal := slashed(cmp.Or(s.Portal, opts.Address+"/portal"))
	params := t.params(opts)
	params["is_trust"] = false
	params["portal"] = portal
	params["help"] = helpParams(helpOf(t.Help, s.Help))
	params["school"] = map[string]any{
		"slug": s.Slug, "name": s.Name, "short_name": s.ShortName, "kind": s.Kind, "phase": s.Phase, "years": s.Years,
		"email": s.Email, "phone": s.Phone, "address": s.Address, "colour": s.Colour, "uses": s.Uses, "blanks": s.Blanks,
	}
	values := t.values(opts)
	maps.Copy(values, s.Blanks)
	maps.Copy(values, map[string]string{
		"school": s.Name, "school_short": s.ShortName, "email": s.Email, "phone": s.Phone,
		"address": strings.Join(s.Address, ", "), "portal": portal,
	})
	return edition{
		slug:    s.Slug,
		title:   s.Name,
		base:    s.base(opts),
		colour:  s.Colour,
		answers: answers{values: values, uses: s.Uses},
		params:  params,
		pages:   s.pages.over(t.model),
		texts: map[string]layer{
			Agreement: s.agreements.over(t.agreements),
			Purpose:   s.consents.over(t.consents),
		},
		problems: s.problems,
		others:   func(string) bool { return false },
	}
}

// params are the site params that every site of the trust has alike.
func (t *Trust) params(opts Options) map[string]any {
	trust := map[string]any{"name": t.Name, "short_name": t.ShortName, "url": ""}
	if t.Name != "" {
		trust["url"] = t.base(opts)
	}
	return map[string]any{"trust": trust, "built": opts.Now.Format(time.RFC3339)}
}

// values are the blanks that every site of the trust fills alike.
func (t *Trust) values(opts Options) map[string]string {
	values := map[string]string{"this_year": strconv.Itoa(opts.Now.Year())}
	if t.Name != "" {
		values["trust"], values["trust_short"] = t.Name, t.ShortName
	}
	return values
}

func (t *Trust) base(opts Options) string { return slashed(cmp.Or(t.URL, opts.Address)) }

func (s *School) base(opts Options) string { return slashed(cmp.Or(s.URL, opts.Address+"/"+s.Slug)) }

func slashed(address string) string { return strings.TrimSuffix(address, "/") + "/" }

func helpParams(organisations []Organisation) []map[string]any {
	params := make([]map[string]any, len(organisations))
	for i, o := range organisations {
		params[i] = map[string]any{
			"slug": o.Slug, "name": o.Name, "url": o.URL, "phone": o.Phone, "text": o.Text, "email": o.Email,
			"hours": o.Hours, "what": o.What, "for": o.For, "worries": o.Worries, "local": o.Local,
			"checked": o.Checked, "source": o.Source, "replaces": o.Replaces,
		}
	}
	return params
}

// A manuscript is an edition with its blanks filled and every source checked.
type manuscript struct {
	rendering rendering
	links     map[string][]link // by address of the page they stand on
	texts     []Text            // in force, not yet rendered
	wordings  []Text            // every one, those in force and those of the archive
	archived  map[string]bool   // addresses of pages that show an earlier wording
}

// write fills and checks what the edition consists of. All problems are
// returned together.
func (e edition) write(t theme, kept []Text, now time.Time) (*manuscript, error) {
	problems := slices.Clone(e.problems)
	m := &manuscript{
		rendering: rendering{title: e.title, base: e.base, params: e.params, files: map[string][]byte{}},
		links:     map[string][]link{},
		archived:  map[string]bool{},
	}
	for name, data := range t.source {
		m.rendering.files[name] = data
	}
	m.rendering.files["generated/assets/school.css"] = fmt.Appendf(nil, ":root{--accent:%s;--accent-ink:#fff}\n", e.colour)
	m.rendering.mounts = [][2]string{
		{"theme/layouts", "layouts"}, {"theme/assets", "assets"},
		{"generated/content", "content"}, {"generated/assets", "assets"},
	}

	mounted := map[string]bool{}
	all := layer{}
	for _, rel := range sortedKeys(e.pages) {
		src := e.pages[rel]
		all[rel] = src
		p, found := readPage(rel, src, e.answers)
		problems = append(problems, found...)
		m.rendering.files["content/"+src.name] = []byte(p.text)
		m.links[p.address] = p.links
		if root := "content/" + strings.TrimSuffix(src.name, "/"+rel); !mounted[root] {
			mounted[root] = true
			m.rendering.mounts = append(m.rendering.mounts, [2]string{root, "content"})
		}
	}
	for _, kind := range []string{Agreement, Purpose} {
		for _, rel := range sortedKeys(e.texts[kind]) {
			src := e.texts[kind][rel]
			text, links, found := readText(kind, src, e.answers)
			problems = append(problems, found...)
			text.Published = now
			m.links[text.address()] = links
			m.texts = append(m.texts, text)
			if other, taken := all[folders[kind]+"/"+rel]; taken {
				problems.add(other.name, 0, "the address %s belongs to %s", text.address(), src.name)
			}
			all[folders[kind]+"/"+rel] = src
		}
	}
	checkAddresses(all, &problems)
	if err := problems.err(); err != nil {
		return nil, err
	}
	return m, m.addTexts(kept)
}

// addTexts adds a page for every text in force and for every wording ever
// published.
func (m *manuscript) addTexts(kept []Text) error {
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
			file, err := textPage(t, current, currentPath, place.listed)
			if err != nil {
				return fmt.Errorf("%s: %w", place.address, err)
			}
			m.rendering.files["generated/content"+strings.TrimSuffix(place.address, "/")+".md"] = []byte(file)
		}
	}
	return nil
}
