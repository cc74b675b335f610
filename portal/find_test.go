package portal_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"schoolgate/portal"
)

// found is whom somebody finds, by name.
func (w *world) found(account, query string) string {
	w.t.Helper()
	f, err := w.Find(w.t.Context(), account, anne, query)
	w.ok(err)
	var names []string
	for _, x := range f.Pupils {
		names = append(names, x.Name())
	}
	for _, c := range f.Contacts {
		names = append(names, c.Contact.Name)
	}
	return strings.Join(names, ", ")
}

func TestFind(t *testing.T) {
	w := settled(t)
	w.register(anne, append(annesList(), numbered([]portal.ClassListRow{
		{AdmissionNumber: "F1", Forename: "Zoë", Surname: "O’Neill-MacDonald", Born: "2016-05-05", Year: 5, Group: "5Z", ContactName: "Mrs Katherine van der Bergh", Relationship: "Mother", Parental: true},
		{AdmissionNumber: "F2", UPN: "B801200005001", Forename: "Mohammed", Surname: "Łuczak", Born: "2016-05-06", Year: 5, Group: "5Z"},
	})...), false)
	office, teacher := w.staff("office@anne.example"), w.staff("teacher@anne.example")
	zoe, kate, mo := "Zoë O’Neill-MacDonald", "Mrs Katherine van der Bergh", "Mohammed Łuczak"
	for query, want := range map[string]string{
		"zoe": zoe, "ZOE": zoe, "O'Neill": zoe, "oneill": zoe, "o neill": zoe, "mcdon": zoe, "Mac Donald": zoe, "neill-macd": zoe, "eill": zoe, "macdonald, zoe": zoe,
		"van der bergh": kate, "VanDerBergh": kate, "kate bergh": kate, "Catherine B": kate, "luczak": mo, "muhammad": mo, "b801200005001": mo, "F2": mo, "zoe luczak": "", "roe": "",
	} {
		if got := w.found(office, query); got != want {
			t.Errorf("%q finds %q, wanted %q", query, got, want)
		}
	}
	for _, query := range []string{"", "z", " ’ ", "…", strings.Repeat("zoe ", 9)} {
		_, err := w.Find(t.Context(), office, anne, query)
		if wrong, ok := errors.AsType[*portal.Invalid](err); !ok || wrong.Problems[0].Field != "find" {
			t.Errorf("%q: %v", query, err)
		}
	}
	// A teacher finds those of their classes, by name alone, and no contact.
	for query, want := range map[string]string{"zoe": "", "bergh": "", "lee": "Bo Lee", "A2": ""} {
		if got := w.found(teacher, query); got != want {
			t.Errorf("the teacher finds %q by %q, wanted %q", got, query, want)
		}
	}
	if _, err := w.Find(t.Context(), w.staff("office@bede.example"), anne, "zoe"); !errors.Is(err, portal.ErrNotFound) {
		t.Errorf("another school's office: %v", err)
	}
	all, err := w.Events(t.Context(), portal.Operator, anne, "")
	w.ok(err)
	i := slices.IndexFunc(all, func(e portal.Event) bool { return e.Kind == portal.ListSeen && strings.Contains(e.Details, "search") })
	if i < 0 || strings.Contains(strings.ToLower(all[i].Details), "lee") {
		t.Errorf("a search is not on record, or with what for: %v", all)
	}
}

// The page of a pupil tells each role what it may know, and that somebody looked is on
// record; nobody sees their own family so.
func TestPersonPages(t *testing.T) {
	w := settled(t)
	jo, al := w.parent(anne, "Mrs Jo Lee"), w.parent(anne, "Mr Al Lee")
	w.decide(jo, w.answering("Ann", portal.Given))
	w.decide(al, w.answering("Ann", portal.Refused))
	ann, his := w.pupil("Ann"), w.contact(anne, "Mr Al Lee")
	office, lead, teacher := w.staff("office@anne.example"), w.staff("lead@anne.example"), w.staff("teacher@anne.example")

	said := func(account string) (standing portal.Standing, ties int, answer portal.Answer) {
		t.Helper()
		v, err := w.PupilPage(t.Context(), account, anne, ann)
		w.ok(err)
		i := slices.IndexFunc(v.List.Purposes, func(x portal.Text) bool { return x.Slug == w.answering("Ann", "").Purpose })
		for _, tie := range v.Ties {
			for _, s := range tie.Said {
				if tie.Child.Contact.ID == his && s.Text.Slug == v.List.Purposes[i].Slug {
					if answer = s.Act.Answer; !s.Answered {
						t.Error("his answer is not there")
					}
				}
			}
		}
		return v.Standings[i], len(v.Ties), answer
	}
	if standing, ties, answer := said(lead); standing != portal.StandingConflict || ties < 2 || answer != portal.Refused {
		t.Errorf("the lead: %s, %d, %q", standing, ties, answer)
	}
	if standing, ties, answer := said(office); standing != portal.StandingNo || ties < 2 || answer != "" {
		t.Errorf("the office learns who said no: %s, %d, %q", standing, ties, answer)
	}
	if v, err := w.PupilPage(t.Context(), teacher, anne, w.pupil("Bo")); err != nil || v.Families || v.Ties != nil {
		t.Errorf("the teacher of her brother: %v, %v", v.Ties, err)
	}
	c, err := w.ContactPage(t.Context(), office, anne, his)
	if w.ok(err); len(c.Joins) != 1 || len(c.Letters) != 2 || c.Letters[0].Joined == c.Letters[1].Joined || c.MayHaveLetter() || c.Ties[0].Said != nil || c.Ties[0].Of == 0 || c.Ties[0].Bars != nil {
		t.Errorf("his page: %d joins, %d letters", len(c.Joins), len(c.Letters))
	}
	for _, x := range []struct {
		account, id string
		want        error
	}{{teacher, his, portal.ErrForbidden}, {w.staff("office@bede.example"), his, portal.ErrNotFound}, {office, w.contact(bede, "Ms Kim Roe"), portal.ErrNotFound}} {
		if _, err := w.ContactPage(t.Context(), x.account, anne, x.id); !errors.Is(err, x.want) {
			t.Errorf("a contact: %v, wanted %v", err, x.want)
		}
	}
	for _, account := range []string{jo, teacher, w.staff("office@bede.example")} {
		if _, err := w.PupilPage(t.Context(), account, anne, ann); !errors.Is(err, portal.ErrNotFound) {
			t.Errorf("a pupil: %v", err)
		}
	}
	seen := func(person string) bool {
		return slices.Contains(w.happened(lead, anne, person), string(portal.DossierShown))
	}
	if !seen(ann) || !seen(his) {
		t.Error("that somebody looked is not on record")
	}
}
