package site

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"schoolgate/site/colour"
	"schoolgate/site/picture"
	"schoolgate/site/source"
)

// A website is one site about to be built: a school's, or the overview.
type website struct {
	slug      string
	title     string
	base      string // public address, with a slash at the end
	look      colour.Look
	crest     *badge // nil: a drawn shield
	ceop      *badge // the NCA's own picture; nil: a button in words
	answers   answers
	params    map[string]any
	today     *calendar
	pages     source.Layer
	album     album                            // the pictures beside its pages
	depicting map[string]photograph            // those of all sites in which pupils can be seen, by name
	cleaner   *picture.Cleaner                 // of pictures; nil keeps nothing
	charts    *sync.Map                        // flow charts that were drawn, also for other sites; nil keeps none
	originals *originals                       // sums of what is published from the disk; nil: none were taken
	texts     map[string]source.Layer          // by kind
	inText    map[string]map[string]string     // what stands in the blanks of a single text, by its path
	policy    *policySources                   // nil for the overview
	made      func() map[string]map[string]any // pages that nobody wrote: front matter by address; may be nil
	earlier   map[string]source.Layer          // by kind: wordings from before the site, <slug>/<day>.md
	problems  source.Problems                  // found by Load
	others    func(string) bool                // whether a first path element belongs to another site
	stopped   bool                             // no site can be made of it; problems say why
	listed    map[string]any                   // how the trust's overview lists the school; nil for the overview

	upcoming bool            // news of days to come is published too
	written  []source.Link   // links in the school's data, beside those of its pages
	named    map[string]bool // of its files, those that policies.toml names
	files    []string        // to be published from folder's files
	nobodyIn map[string]bool // of its files, those whose pictures are said to show nobody
	folder   fs.FS
}

// websites are the sites of a trust in the order they are built, and after them
// what no site can be made of.
func websites(t *Trust, opts Options) []website {
	var all []website
	for _, s := range t.Schools {
		e := s.website(t, opts)
		for _, a := range s.alike { // the one that families know already goes on
			if !standing(opts.Out, s.Slug) || standing(opts.Out, a.other) {
				e.problems = append(e.problems, a.problem)
				e.stopped = true
			}
		}
		all = append(all, e)
	}
	if t.Name != "" {
		all = slices.Insert(all, 0, t.website(slices.Clone(all), opts))
	}
	files := &originals{sums: map[string]string{}}
	depicting := depictingPictures(all)
	for i := range all {
		all[i].originals, all[i].depicting = files, depicting
	}
	for _, s := range t.stopped {
		all = append(all, website{slug: s.name, title: s.name, problems: s.problems, stopped: true})
	}
	return all
}

// standing says whether a site was published in the folder of the sites.
func standing(out, slug string) bool {
	_, err := os.Stat(filepath.Join(out, slug, "current"))
	return out != "" && err == nil
}

// listedFile is where a school's entry in the trust's overview is kept, in the
// folder of its site: while its settings cannot be used, it is listed as before.
const listedFile = "listed.json"

// listed is the school as the trust's overview lists it.
func (s *School) listed(opts Options) map[string]any {
	return map[string]any{
		"name": s.Name, "short_name": s.ShortName, "url": s.base(opts), "address": s.Address,
		"phone": s.Phone, "tel": dial(s.Phone), "email": s.Email,
	}
}

// listedBefore are the entries of schools that have a site and whose settings
// cannot be used now.
func (t *Trust) listedBefore(out string) (before []map[string]any) {
	for _, s := range t.stopped {
		var entry map[string]any
		data, err := os.ReadFile(filepath.Join(out, s.name, listedFile))
		if out != "" && err == nil && json.Unmarshal(data, &entry) == nil && standing(out, s.name) {
			before = append(before, entry)
		}
	}
	return before
}

// website is the trust's overview, which tells of its schools' websites.
func (t *Trust) website(of []website, opts Options) website {
	portal := opts.Address + "/portal/"
	var schools []map[string]any
	for _, s := range t.finished() {
		schools = append(schools, s.listed(opts))
	}
	today := newCalendar(opts.Now)
	params := t.params(opts, today)
	own := slices.Clone(schools)
	schools = append(schools, t.listedBefore(opts.Out)...)
	slices.SortStableFunc(schools, func(a, b map[string]any) int {
		return strings.Compare(fmt.Sprint(a["url"]), fmt.Sprint(b["url"]))
	})
	params["is_trust"] = true
	params["schools"] = schools
	params["portal"] = portal
	params["help"] = helpParams(t.Help)
	params["school"] = map[string]any{ // layouts show whose site it is by this
		"name": t.Name, "short_name": t.ShortName, "email": t.Email, "phone": t.Phone, "tel": dial(t.Phone),
		"address": t.Address, "colour": t.Colour, "blanks": t.Blanks,
	}
	values := t.values(opts)
	maps.Copy(values, t.Blanks)
	maps.Copy(values, t.keepBlanks(nil))
	maps.Copy(values, map[string]string{
		"email": t.Email, "phone": t.Phone, "address": strings.Join(t.Address, ", "), "portal": portal,
	})
	return website{
		slug:     Overview,
		title:    t.Name,
		base:     t.base(opts),
		look:     t.look(),
		crest:    t.crest,
		answers:  answers{values: values, shared: t.said(opts, t.condition(), t.Help, t.Phone), uses: t.condition(), today: today},
		upcoming: opts.Upcoming,
		params:   params,
		pages:    t.pages,
		problems: t.problems,
		stopped:  t.unusable,
		album:    t.ownAlbum,
		today:    today,
		made:     func() map[string]map[string]any { return t.policyPages(own, of, today) },
		others: func(first string) bool {
			return slices.Contains(reserved, first) || slices.Contains(t.Slugs(), first)
		},
	}
}

// website is the school's site.
func (s *School) website(t *Trust, opts Options) website {
	portal := slashed(cmp.Or(s.Portal, opts.Address+"/portal"))
	today := newCalendar(opts.Now)
	params := t.params(opts, today)
	params["is_trust"] = false
	params["portal"] = portal
	params["help"] = helpParams(s.directory(t.Help))
	params["school"] = map[string]any{
		"slug": s.Slug, "name": s.Name, "short_name": s.ShortName, "kind": s.Kind, "phase": s.Phase, "years": s.Years,
		"email": s.Email, "phone": s.Phone, "tel": dial(s.Phone), "address": s.Address, "colour": s.Colour, "uses": s.Uses, "blanks": s.Blanks,
		"search_tools": toolParams(s.SearchTools), "channels": channelParams(s.Channels), "policies": documentParams(s.Documents),
	}
	values := t.values(opts)
	maps.Copy(values, s.Blanks)
	maps.Copy(values, t.keepBlanks(s))
	maps.Copy(values, map[string]string{
		"school": s.Name, "school_short": s.ShortName, "email": s.Email, "phone": s.Phone,
		"address": strings.Join(s.Address, ", "), "portal": portal,
	})
	consents, inText := s.perChannel(s.consents.Over(t.consents))
	holds := slices.Concat([]string{s.Kind}, s.stages(), s.Uses, t.condition(), frontDoor(values, s.Help))
	return website{
		slug:     s.Slug,
		title:    s.Name,
		base:     s.base(opts),
		look:     s.look(),
		crest:    s.crest,
		ceop:     s.ceop,
		answers:  answers{values: values, shared: t.said(opts, holds, s.directory(t.Help), s.Phone), uses: holds, details: t.Guide.details(), today: today},
		upcoming: opts.Upcoming,
		params:   params,
		today:    today,
		pages:    s.pages.Over(t.model),
		album:    s.album.over(t.album),
		policy:   &policySources{model: t.policy, changes: s.policy, own: s.ownPolicy},
		texts: map[string]source.Layer{
			Agreement: s.agreements.Over(t.agreements).Only(func(src source.File) bool { return applies(src, holds, s.yearGroups()) }),
			Purpose:   consents.Only(func(src source.File) bool { return applies(src, holds, s.yearGroups()) }),
		},
		inText:   inText,
		earlier:  map[string]source.Layer{Agreement: s.earlierAgreements, Purpose: s.earlierConsents},
		problems: s.problems,
		others:   func(string) bool { return false },
		written:  s.documentLinks(),
		files:    s.files,
		nobodyIn: s.nobodyIn,
		listed:   s.listed(opts),
		named:    s.namedFiles(),
		folder:   s.folder,
	}
}

// said is what is said alike on the pages of a site, and the table of what is kept.
func (t *Trust) said(opts Options, holds []string, help []Organisation, phone string) map[string]string {
	said := t.shared(holds, help, phone)
	said[keptBlank] = keptTable(opts.Kept)
	return said
}

// params are the site params that every site of the trust has alike.
func (t *Trust) params(opts Options, today *calendar) map[string]any {
	trust := map[string]any{"name": t.Name, "short_name": t.ShortName, "url": ""}
	if t.Name != "" {
		trust["url"] = t.base(opts)
	}
	return map[string]any{"trust": trust, "calendar": today, "leave": opts.Address + "/leave", "layout_ids": layoutIDs, "languages": languageParams(t.Languages)}
}

// values are the blanks that every site of the trust fills alike.
func (t *Trust) values(opts Options) map[string]string {
	values := map[string]string{}
	if t.Name != "" {
		values["trust"], values["trust_short"] = t.Name, t.ShortName
	}
	return values
}

// condition is the one of Conditions that holds where there is a trust.
func (t *Trust) condition() []string {
	if t.Name == "" {
		return nil
	}
	return []string{"trust"}
}

// frontDoor is oneFrontDoor where the council's number for the night is the one for
// the day, which stands in the directory or in a blank.
func frontDoor(blanks map[string]string, local []Organisation) []string {
	day := blanks["council_front_door_phone"]
	for _, o := range local {
		if o.Slug == "council-front-door" {
			day = o.Phone
		}
	}
	address, ok := Dial(day)
	if night, _ := Dial(blanks["council_out_of_hours_phone"]); !ok || night != address {
		return nil
	}
	return []string{oneFrontDoor}
}

func (t *Trust) base(opts Options) string { return slashed(cmp.Or(t.URL, opts.Address)) }

func (s *School) base(opts Options) string { return slashed(cmp.Or(s.URL, opts.Address+"/"+s.Slug)) }

func slashed(address string) string { return strings.TrimSuffix(address, "/") + "/" }

func helpParams(organisations []Organisation) []map[string]any {
	params := make([]map[string]any, len(organisations))
	for i, o := range organisations {
		params[i] = map[string]any{
			"slug": o.Slug, "name": o.Name, "url": o.URL, "phone": o.Phone, "tel": dial(o.Phone), "text": o.Text, "sms": texting(o.Text), "email": o.Email,
			"hours": o.Hours, "open": pressedIn(o.Hours), "what": o.What, "for": o.For, "worries": o.Worries, "local": o.Local,
			"checked": o.Checked, "source": o.Source, "replaces": o.Replaces,
		}
	}
	return params
}

func languageParams(languages []Language) []map[string]any {
	params := make([]map[string]any, len(languages))
	for i, l := range languages {
		params[i] = map[string]any{"tag": l.Tag, "dir": l.Dir(), "name": l.Name, "says": l.Says}
	}
	return params
}

func toolParams(tools []SearchTool) []map[string]any {
	params := make([]map[string]any, len(tools))
	for i, t := range tools {
		params[i] = map[string]any{"years": t.Years, "name": t.Name, "url": t.URL, "how": t.How}
	}
	return params
}

func channelParams(channels []Channel) []map[string]any {
	params := make([]map[string]any, len(channels))
	for i, c := range channels {
		params[i] = map[string]any{"name": c.Name, "url": c.URL, "purpose": c.Purpose, "run_by": c.RunBy, "for": c.For}
	}
	return params
}

func documentParams(documents []Document) []map[string]any {
	params := make([]map[string]any, len(documents))
	for i, d := range documents {
		params[i] = map[string]any{
			"slug": d.Slug, "title": d.Title, "about": d.About, "owner": d.Owner,
			"approved": d.Approved, "review": d.Review, "file": d.File, "page": d.Page,
		}
	}
	return params
}

// stages are those of Conditions that the school's year groups make true.
func (s *School) stages() []string {
	years := s.yearGroups()
	first, last := slices.Index(YearGroups, years[0]), slices.Index(YearGroups, years[1])
	var stages []string
	for _, stage := range []struct{ name, from, to string }{
		{"early_years", "Nursery", "Reception"},
		{"key_stage_1", "Year 1", "Year 2"},
		{"key_stage_2", "Year 3", "Year 6"},
		{"key_stage_3", "Year 7", "Year 13"},
	} {
		if first <= slices.Index(YearGroups, stage.to) && last >= slices.Index(YearGroups, stage.from) {
			stages = append(stages, stage.name)
		}
	}
	return stages
}
