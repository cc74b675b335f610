package site

import (
	"io/fs"
	"slices"
	"strings"

	"schoolgate/site/source"
)

// A ChecklistItem is one thing that a school's site must or should hold (P13).
// The items are content/model/checklist.toml; a school adds items, or changes
// one of the same id, in its own checklist.toml.
type ChecklistItem struct {
	ID     string   `toml:"id"`
	Words  string   `toml:"words"`      // what it is, as a line of a list
	Need   string   `toml:"need"`       // must or should
	Should []string `toml:"should_for"` // kinds of school that only should, where the others must
	Kinds  []string `toml:"kinds"`      // of school: academy, maintained; empty: both
	Phases []string `toml:"phases"`     // some of Phases; empty: all
	Years  []string `toml:"years"`      // first and last year group it is about; empty: whatever the school has
	Where  string   `toml:"where"`      // page of the model that holds it
	Policy string   `toml:"policy"`     // slug in a school's policies.toml that meets it
	Trusts bool     `toml:"trusts"`     // on the site of the trust, where there is one, and not on the school's
	Source string   `toml:"source"`     // where it is asked for
}

// A Checklist is a school's answer to it, schools/<slug>/checklist.toml.
type Checklist struct {
	Items         []ChecklistItem   `toml:"item"`
	Met           map[string]string `toml:"met"`            // by id: a page of the site, or an address elsewhere
	NotApplicable map[string]string `toml:"not_applicable"` // by id: the reason
}

// loadChecklist reads a checklist; there need not be one. Items that the model
// has are known to a school's.
func loadChecklist(content fs.FS, name string, model []ChecklistItem, problems *source.Problems) Checklist {
	var list Checklist
	src, ok := source.ReadOptional(content, name, &list, problems)
	if !ok {
		return list
	}
	known := map[string]bool{}
	for _, i := range model {
		known[i.ID] = true
	}
	for _, i := range list.Items {
		c := source.Checker{Src: src, Problems: problems, Value: i.ID}
		known[i.ID] = true
		if !source.SlugPattern.MatchString(i.ID) {
			c.Say("id", "%q: an id has only a-z, 0-9 and single hyphens", i.ID)
		}
		if strings.TrimSpace(i.Words) == "" {
			c.Say("id", "%s has no words", i.ID)
		}
		if i.Need != "must" && i.Need != "should" {
			c.Say("id", `%s: need is "must" or "should"`, i.ID)
		}
		for _, k := range slices.Concat(i.Kinds, i.Should) {
			if k != "academy" && k != "maintained" {
				c.Say("id", "%s: kind %q is not one of academy, maintained", i.ID, k)
			}
		}
		for _, p := range i.Phases {
			if !slices.Contains(Phases, p) {
				c.Say("id", "%s: phase %q is not one of %s", i.ID, p, strings.Join(Phases, ", "))
			}
		}
		c.Value = ""
		checkYears(c, i.Years)
	}
	c := source.Checker{Src: src, Problems: problems}
	for id, where := range list.Met {
		switch {
		case !known[id]:
			c.Say(id, "%s is no item of the checklist", id)
		case !strings.HasPrefix(where, "/") && !strings.HasPrefix(where, "https://"):
			c.Say(id, "%s: %q is neither a page of this site such as \"/privacy/\" nor an address that begins with https://", id, where)
		case list.NotApplicable[id] != "":
			c.Say(id, "%s is both met and not applicable: leave one out", id)
		}
	}
	for id, reason := range list.NotApplicable {
		switch {
		case !known[id]:
			c.Say(id, "%s is no item of the checklist", id)
		case len(strings.Fields(reason)) < 3:
			c.Say(id, "%s: write the reason in a sentence", id)
		}
	}
	return list
}

// NeedOf is what an item is for a school of this kind: must or should.
func (i ChecklistItem) NeedOf(s *School) string {
	if slices.Contains(i.Should, s.Kind) {
		return "should"
	}
	return i.Need
}

// Concerns says whether an item is for a school of this kind.
func (i ChecklistItem) Concerns(s *School) bool {
	if len(i.Kinds) > 0 && !slices.Contains(i.Kinds, s.Kind) || len(i.Phases) > 0 && !slices.Contains(i.Phases, s.Phase) {
		return false
	}
	if len(i.Years) != 2 {
		return true
	}
	ours := s.yearGroups()
	return slices.Index(YearGroups, i.Years[0]) <= slices.Index(YearGroups, ours[1]) &&
		slices.Index(YearGroups, i.Years[1]) >= slices.Index(YearGroups, ours[0])
}
