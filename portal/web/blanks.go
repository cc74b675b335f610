package web

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"schoolgate/portal"
)

// mostBlanks is how many a page asks for at once, so that a telephone does not get them all.
const mostBlanks = 8

// trustSection is the heading of what the trust answers for every school.
const trustSection = "What the trust answers"

// blanksView is what a school is asked for: how far it is, and what is drafted.
type blanksView struct {
	Base, Site string
	Draft      portal.DraftView
	Sections   []blankSection
	First      []blankField // what keeps the site from being built, where it is not much
	Changes    []blankField
	Done, Of   int
	Rest, Kept []string
	After      string
	Form       url.Values // what was typed
}

// blankSection is a part of the form that is saved by itself.
type blankSection struct {
	Base, Slug, Title string
	Next              string // slug of the one after it; "" for the last
	Trust, Switches   bool
	Open, Drafted     int
	Fields            []blankField
}

// blankField is a blank with what it says now, in the draft or in the file.
type blankField struct {
	portal.Blank
	Section          string // slug
	Value, Seen, Was string
	Drafted, Open    bool
	Clash            bool // somebody has been at the file, which says Own now
	Last             portal.LastWrite
}

// blanks are a school's blanks with its draft, in sections.
func (s *server) blanks(r *http.Request) (school portal.School, v blanksView, form portal.BlankForm, err error) {
	if school, err = s.office(r, portal.FillBlanks); err != nil {
		return school, v, form, err
	}
	v = blanksView{Base: officeLink(school.Slug), Site: school.Site, After: r.URL.Query().Get("after"), Form: url.Values{}}
	if v.Draft, err = s.Portal.Draft(r.Context(), account(r), school.Slug); err != nil {
		return school, v, form, err
	}
	if form, err = s.Blanks(school.Slug, v.Draft.Answers()); err != nil {
		return school, v, form, err
	}
	v.Rest, v.Kept = form.Rest, form.Kept
	clash := v.Draft.Clash(form.Own())
	groups := map[string][]blankField{}
	var order []string
	for _, b := range form.Blanks {
		f := blankField{Blank: b, Value: b.Own, Last: v.Draft.Last[b.Key], Open: slices.Contains(form.Open, b.Key), Clash: slices.Contains(clash, b.Key)}
		if c, ok := v.Draft.Changes[b.Key]; ok && v.Draft.State != portal.DraftApproved {
			f.Value, f.Was, f.Drafted = c.Now, c.Was, true
		}
		f.Seen = f.Value
		group := b.Group
		switch {
		case b.Trust != "":
			group = trustSection
		case b.Needed:
			v.Of++
			if !f.Open {
				v.Done++
			}
		}
		if !slices.Contains(order, group) {
			order = append(order, group)
		}
		groups[group] = append(groups[group], f)
	}
	if i := slices.Index(order, trustSection); i >= 0 { // after the school's own
		order = append(slices.Delete(order, i, i+1), trustSection)
	}
	for i, group := range order {
		fields, most := groups[group], mostBlanks
		if fields[0].Switch {
			most = len(fields) // a tick is soon seen
		}
		of := (len(fields) + most - 1) / most
		for part := range of {
			x := blankSection{Base: v.Base, Slug: fmt.Sprintf("%d-%d", i+1, part+1), Title: group, Trust: group == trustSection, Switches: fields[0].Switch}
			if of > 1 {
				x.Title = fmt.Sprintf("%s, %d of %d", group, part+1, of)
			}
			for _, f := range fields[part*most : min((part+1)*most, len(fields))] {
				f.Section = x.Slug
				if f.Open {
					x.Open++
					v.First = append(v.First, f)
				}
				if f.Drafted {
					x.Drafted++
					v.Changes = append(v.Changes, f)
				}
				x.Fields = append(x.Fields, f)
			}
			if n := len(v.Sections); n > 0 {
				v.Sections[n-1].Next = x.Slug
			}
			v.Sections = append(v.Sections, x)
		}
	}
	return school, v, form, nil
}

func (s *server) getBlanks(w http.ResponseWriter, r *http.Request) error {
	school, v, _, err := s.blanks(r)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, page{template: "blanks.html", title: "The policy’s blanks", school: &school, data: v})
}

// postBlanks does something with the draft as a whole: it is sent, sent back, approved,
// given up, or a clash in it is settled.
func (s *server) postBlanks(w http.ResponseWriter, r *http.Request) error {
	school, v, form, err := s.blanks(r)
	if err != nil {
		return err
	}
	typed, who := r.PostForm, account(r)
	do, key, _ := strings.Cut(typed.Get("do"), " ")
	seen := typed.Get("seen")
	switch do {
	case "send":
		if err = whole(form, v); err == nil {
			err = s.Portal.SendDraft(r.Context(), who, school.Slug, seen, typed.Get("why"))
		}
	case "approve":
		err = s.Portal.ApproveDraft(r.Context(), who, school.Slug, seen, typed.Get("governors"), typed.Get("minute"), s.WriteBlanks)
	case "back":
		err = s.Portal.ReturnDraft(r.Context(), who, school.Slug, seen, typed.Get("back"))
	case "drop":
		err = s.Portal.DropDraft(r.Context(), who, school.Slug, seen)
	case "ours", "file":
		err = s.Portal.SettleClash(r.Context(), who, school.Slug, key, form.Own()[key], do == "ours")
	default:
		err = errBadForm
	}
	if err != nil {
		return &rejectedForm{err, func(bool) (page, error) {
			school, v, _, err := s.blanks(r)
			v.Form = typed
			return page{template: "blanks.html", title: "The policy’s blanks", school: &school, data: v}, err
		}}
	}
	return seeOther(w, r, v.Base+"blanks?after="+do)
}

// whole says what keeps a draft from being put to a second person.
func whole(form portal.BlankForm, v blanksView) error {
	var wrong portal.Invalid
	if n := len(form.Open); n > 0 {
		wrong.Add("do", fmt.Sprintf("%d of the blanks are still to be answered. Nobody is asked to approve a part: what you have saved stays", n))
	}
	if len(v.Draft.Clash(form.Own())) > 0 {
		wrong.Add("do", "Somebody has changed the school’s file meanwhile. Choose below which words are right")
	}
	for _, key := range slices.Sorted(maps.Keys(form.Wrong)) {
		wrong.Add("do", form.Wrong[key])
	}
	for _, text := range form.Rest {
		wrong.Add("do", text)
	}
	return wrong.Or()
}

// section is one of them to be filled in, with what was typed in place of what is saved.
func (v blanksView) section(r *http.Request, school portal.School, typed url.Values) (page, blankSection, error) {
	i := slices.IndexFunc(v.Sections, func(x blankSection) bool { return x.Slug == mux.Vars(r)["section"] })
	if i < 0 {
		return page{}, blankSection{}, portal.ErrNotFound
	}
	x := v.Sections[i]
	x.Fields = slices.Clone(x.Fields)
	for i, f := range x.Fields {
		if typed == nil {
			break
		}
		x.Fields[i].Value = typed.Get(f.Key)
		if seen, ok := typed["seen."+f.Key]; ok && r.Method != http.MethodPost {
			x.Fields[i].Seen = seen[0] // as it was before they were signed out
		}
	}
	return page{template: "blank-section.html", title: x.Title, school: &school, data: x}, x, nil
}

func (s *server) getBlankSection(w http.ResponseWriter, r *http.Request) error {
	held, err := s.held(r)
	if err != nil {
		return err
	}
	school, v, _, err := s.blanks(r)
	if err != nil {
		return err
	}
	p, _, err := v.section(r, school, held)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, p)
}

// postBlankSection keeps one section's answers in the draft, once the site's own rules have
// nothing against any of them.
func (s *server) postBlankSection(w http.ResponseWriter, r *http.Request) error {
	school, v, form, err := s.blanks(r)
	if err != nil {
		return err
	}
	_, section, err := v.section(r, school, nil)
	if err != nil {
		return err
	}
	answers, typed := v.Draft.Answers(), map[string]portal.Typed{}
	for _, f := range section.Fields {
		if _, there := r.PostForm["seen."+f.Key]; !there {
			continue // not asked for when the page was made
		}
		t := portal.Typed{Seen: r.PostForm.Get("seen." + f.Key), Now: strings.Join(strings.Fields(r.PostForm.Get(f.Key)), " ")}
		typed[f.Key], answers[f.Key] = t, t.Now
	}
	checked, err := s.Blanks(school.Slug, answers)
	if err != nil {
		return err
	}
	var wrong portal.Invalid
	for _, f := range section.Fields {
		if why := checked.Wrong[f.Key]; why != "" {
			wrong.Add(f.Key, why)
		}
	}
	if err = wrong.Or(); err == nil {
		err = s.Portal.SaveDraft(r.Context(), account(r), school.Slug, form.Own(), typed)
	}
	if err != nil {
		return &rejectedForm{err, func(bool) (page, error) {
			school, v, _, err := s.blanks(r) // somebody else may have saved meanwhile
			if err != nil {
				return page{}, err
			}
			p, _, err := v.section(r, school, r.PostForm)
			return p, err
		}}
	}
	if next := section.Next; r.PostForm.Get("do") == "next" && next != "" {
		return seeOther(w, r, v.Base+"blanks/"+next)
	}
	return seeOther(w, r, v.Base+"blanks?after=save")
}
