package portal_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"schoolgate/portal"
)

// child is a row about one of the families of these tests; edits change it.
func child(edits ...func(*portal.ClassListRow)) portal.ClassListRow {
	r := portal.ClassListRow{
		UPN: "U801200018001", AdmissionNumber: "17", Forename: "Ania", Surname: "Wójcik", Born: "2017-11-14", Year: 4, Group: "4B",
		ContactName: "Mrs Kasia Wójcik", Relationship: "Mother", Email: "kasia@home.example", Phone: "07700 900123", Priority: 1, Parental: true,
	}
	for _, e := range edits {
		e(&r)
	}
	return r
}

// sibling makes a row about Ania's brother.
func sibling(r *portal.ClassListRow) {
	r.UPN, r.AdmissionNumber, r.Forename, r.Born, r.Year, r.Group = "U801200019002", "18", "Jan", "2019-03-14", 2, "2M"
}

// father makes a row's contact the father.
func father(r *portal.ClassListRow) {
	r.ContactName, r.Relationship, r.Email, r.Phone, r.Priority = "Mr Piotr Wójcik", "Father", "piotr@home.example", "", 2
}

func noContact(r *portal.ClassListRow) {
	r.ContactName, r.Relationship, r.Email, r.Phone, r.Priority, r.Parental, r.CourtOrder = "", "", "", "", 0, false, false
}

// entries is a school's register, a line for each pupil and each of their
// contacts, in order, without ids; contacts are told apart by number.
func (w *world) entries(school string) []string {
	w.t.Helper()
	var lines []string
	w.view(func(tx portal.Tx) error {
		pupils, err := tx.Pupils(school)
		w.ok(err)
		contacts, err := tx.Contacts(school)
		w.ok(err)
		links, err := tx.Responsibilities(school)
		w.ok(err)
		slices.SortFunc(contacts, func(a, b portal.Contact) int {
			return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Email, b.Email))
		})
		slices.SortFunc(links, func(a, b portal.Responsibility) int { return cmp.Compare(a.Priority, b.Priority) })
		for _, p := range pupils {
			line := fmt.Sprintf("%s %s %s %v %s", cmp.Or(p.UPN, "-"), cmp.Or(p.AdmissionNumber, "-"), p.Forename, p.Year, p.Group)
			if p.LookedAfter {
				line += ", looked after"
			}
			if !p.OnRoll() {
				line += ", left"
			}
			for _, l := range links {
				if l.PupilID == p.ID {
					i := slices.IndexFunc(contacts, func(c portal.Contact) bool { return c.ID == l.ContactID })
					line += fmt.Sprintf("; %d %s", i, contacts[i].Name)
					if !l.Decides() {
						line += " may not decide"
					}
				}
			}
			lines = append(lines, line)
		}
		return nil
	})
	return lines
}

func (w *world) expect(want ...string) {
	w.t.Helper()
	if got := w.entries(anne); !slices.Equal(got, want) {
		w.t.Errorf("the register is\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// plan previews a class list of St Anne's.
func (w *world) plan(rows ...portal.ClassListRow) *portal.ImportPlan {
	w.t.Helper()
	p, err := w.PreviewImport(w.t.Context(), portal.Operator, anne, numbered(rows))
	w.ok(err)
	return p
}

func (w *world) imports(rows ...portal.ClassListRow) {
	w.t.Helper()
	w.register(anne, numbered(rows), false)
}

// changes checks what a class list would change of the pupils on the register.
func (w *world) changes(rows []portal.ClassListRow, want ...string) {
	w.t.Helper()
	p := w.plan(rows...)
	var got []string
	for _, c := range p.Changed {
		for _, words := range c.Changes {
			got = append(got, c.Pupil.Forename+": "+words)
		}
	}
	if len(p.New) > 0 || !slices.Equal(got, want) {
		w.t.Errorf("%d new, changed\n\t%s\nwant\n\t%s", len(p.New), strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// A class list applied twice changes nothing the second time, whatever is in it.
func TestImportTwice(t *testing.T) {
	for name, rows := range map[string][]portal.ClassListRow{
		"one":                  {child()},
		"two contacts":         {child(), child(father)},
		"siblings":             {child(), child(sibling), child(father), child(sibling, father)},
		"no contact":           {child(noContact)},
		"no contact, and one":  {child(noContact), child()},
		"no UPN":               {child(func(r *portal.ClassListRow) { r.UPN = "" })},
		"no admission number":  {child(func(r *portal.ClassListRow) { r.AdmissionNumber = "" })},
		"looked after":         {child(func(r *portal.ClassListRow) { r.LookedAfter = true })},
		"court order":          {child(func(r *portal.ClassListRow) { r.CourtOrder = true })},
		"no email":             {child(func(r *portal.ClassListRow) { r.Email = "" }), child(sibling, func(r *portal.ClassListRow) { r.Email = "" })},
		"case of an email":     {child(), child(sibling, func(r *portal.ClassListRow) { r.Email = "Kasia@Home.Example" })},
		"case of a name":       {child(), child(sibling, func(r *portal.ClassListRow) { r.ContactName = "MRS KASIA WÓJCIK" })},
		"two telephones":       {child(), child(sibling, func(r *portal.ClassListRow) { r.Phone = "01632 960001" })},
		"one email of two":     {child(), child(father, func(r *portal.ClassListRow) { r.Email = "kasia@home.example" })},
		"a first email, later": {child(func(r *portal.ClassListRow) { r.Email = "" }), child(sibling)},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			first := w.plan(rows...)
			if first.Empty() || len(first.Changed) > 0 || first.Unchanged > 0 {
				t.Errorf("at first: %d new, %d changed, %d unchanged", len(first.New), len(first.Changed), first.Unchanged)
			}
			w.imports(rows...)
			before := w.entries(anne)
			second := w.plan(rows...)
			if !second.Empty() || second.Unchanged != len(first.New) || len(second.Missing) > 0 {
				t.Errorf("again: %d new, %d unchanged, %d missing, changed %q", len(second.New), second.Unchanged, len(second.Missing), second.Changed)
			}
			w.imports(rows...)
			if after := w.entries(anne); !slices.Equal(before, after) {
				t.Errorf("the register was\n\t%s\nand is\n\t%s", strings.Join(before, "\n\t"), strings.Join(after, "\n\t"))
			}
		})
	}
}

// Names alone never make two people one.
func TestContactsMatched(t *testing.T) {
	another := func(r *portal.ClassListRow) { r.Email = "another.kasia@home.example" }
	nowhere := func(r *portal.ClassListRow) { r.Email = "" }
	t.Run("in one file", func(t *testing.T) {
		w := newWorld(t)
		w.imports(child(), child(sibling))
		w.expect("U801200019002 18 Jan Year 2 2M; 0 Mrs Kasia Wójcik", "U801200018001 17 Ania Year 4 4B; 0 Mrs Kasia Wójcik")
	})
	t.Run("of one name with two addresses", func(t *testing.T) {
		w := newWorld(t)
		p := w.plan(child(), child(sibling, another))
		if want := []string{"Mrs Kasia Wójcik (2 contacts)"}; !slices.Equal(p.Alike, want) {
			t.Errorf("alike: %q, want %q", p.Alike, want)
		}
		w.imports(child(), child(sibling, another))
		w.expect("U801200019002 18 Jan Year 2 2M; 0 Mrs Kasia Wójcik", "U801200018001 17 Ania Year 4 4B; 1 Mrs Kasia Wójcik")
	})
	t.Run("of one name without an address", func(t *testing.T) {
		w := newWorld(t)
		w.imports(child(), child(sibling, nowhere))
		w.expect("U801200019002 18 Jan Year 2 2M; 0 Mrs Kasia Wójcik", "U801200018001 17 Ania Year 4 4B; 1 Mrs Kasia Wójcik")
		if p := w.plan(child(nowhere), child(sibling, nowhere)); len(p.Alike) != 1 {
			t.Errorf("alike: %q", p.Alike)
		}
	})
	t.Run("of one address with two names", func(t *testing.T) {
		w := newWorld(t)
		w.imports(child(), child(father, func(r *portal.ClassListRow) { r.Email = "kasia@home.example" }))
		w.expect("U801200018001 17 Ania Year 4 4B; 1 Mrs Kasia Wójcik; 0 Mr Piotr Wójcik")
	})
	t.Run("with the register", func(t *testing.T) {
		w := newWorld(t)
		w.imports(child())
		w.changes([]portal.ClassListRow{child(func(r *portal.ClassListRow) { r.ContactName = "mrs kasia  wójcik" })},
			"Ania: mrs kasia  wójcik: name Mrs Kasia Wójcik to mrs kasia  wójcik")
		w.changes([]portal.ClassListRow{child(another)},
			"Ania: Mrs Kasia Wójcik: email kasia@home.example to another.kasia@home.example")
		w.imports(child(another))
		w.imports(child(another), child(sibling, another))
		w.expect("U801200019002 18 Jan Year 2 2M; 0 Mrs Kasia Wójcik", "U801200018001 17 Ania Year 4 4B; 0 Mrs Kasia Wójcik")
	})
	t.Run("a new name, with nothing in common, is a new person", func(t *testing.T) {
		w := newWorld(t)
		w.imports(child())
		w.changes([]portal.ClassListRow{child(another, func(r *portal.ClassListRow) { r.ContactName, r.Phone = "Mrs Kasia Nowak", "07700 900999" })},
			"Ania: New contact: Mrs Kasia Nowak, Mother, parental responsibility, priority 1",
			"Ania: No longer a contact: Mrs Kasia Wójcik")
	})
	t.Run("across schools", func(t *testing.T) {
		w := newWorld(t)
		w.imports(child())
		p, err := w.PreviewImport(t.Context(), portal.Operator, bede, numbered([]portal.ClassListRow{child()}))
		w.ok(err)
		if len(p.New) != 1 {
			t.Errorf("%d new pupils", len(p.New))
		}
		w.register(bede, numbered([]portal.ClassListRow{child()}), false)
		w.expect("U801200018001 17 Ania Year 4 4B; 0 Mrs Kasia Wójcik")
	})
	t.Run("the first row about somebody counts", func(t *testing.T) {
		w := newWorld(t)
		w.imports(child(), child(sibling))
		w.changes([]portal.ClassListRow{child(func(r *portal.ClassListRow) { r.Phone = "1" }), child(sibling, func(r *portal.ClassListRow) { r.Phone = "2" })},
			"Ania: Mrs Kasia Wójcik: phone 07700 900123 to 1")
	})
}

func TestChanges(t *testing.T) {
	w := newWorld(t)
	w.imports(child(), child(father))
	edit := func(f func(*portal.ClassListRow)) []portal.ClassListRow {
		return []portal.ClassListRow{child(f), child(father, f)}
	}
	w.changes(edit(func(r *portal.ClassListRow) { r.Year, r.Group = 5, "5C" }), "Ania: Year: Year 4 to Year 5", "Ania: Class: 4B to 5C")
	w.changes(edit(func(r *portal.ClassListRow) { r.Forename, r.Surname, r.Born = "Anna", "Nowak", "2017-11-15" }),
		"Anna: Forename: Ania to Anna", "Anna: Surname: Wójcik to Nowak", "Anna: Date of birth: 14 November 2017 to 15 November 2017")
	w.changes(edit(func(r *portal.ClassListRow) { r.Group = "" }), "Ania: Class: 4B to none")
	w.changes(edit(func(r *portal.ClassListRow) { r.LookedAfter = true }), "Ania: Now looked after")
	w.changes([]portal.ClassListRow{child()}, "Ania: No longer a contact: Mr Piotr Wójcik")
	w.changes([]portal.ClassListRow{child(noContact)}, "Ania: No longer a contact: Mrs Kasia Wójcik", "Ania: No longer a contact: Mr Piotr Wójcik")
	w.changes([]portal.ClassListRow{child(), child(father, func(r *portal.ClassListRow) { r.CourtOrder = true })},
		"Ania: Mr Piotr Wójcik: Father, parental responsibility, priority 2 to Father, parental responsibility, court order, may not see, decide, be written to, priority 2")
	w.changes([]portal.ClassListRow{child(), child(father, func(r *portal.ClassListRow) { r.Parental, r.Relationship, r.Priority = false, "", 0 })},
		"Ania: Mr Piotr Wójcik: Father, parental responsibility, priority 2 to relationship not given")

	// No list lifts an order.
	barred := func(r *portal.ClassListRow) { r.CourtOrder = true }
	w.imports(child(), child(father, barred))
	w.changes([]portal.ClassListRow{child(), child(father)},
		"Ania: Mr Piotr Wójcik: Father, parental responsibility, court order, may not see, decide, be written to, priority 2 to Father, parental responsibility, may not see, decide, be written to, priority 2")
	if notes := w.plan(child(), child(father)).Notes; len(notes) != 1 || !strings.Contains(notes[0], "no list lifts one") {
		t.Errorf("the notes are %q", notes)
	}
	w.changes([]portal.ClassListRow{child(), child(father, func(r *portal.ClassListRow) { r.Parental = false })},
		"Ania: Mr Piotr Wójcik: Father, parental responsibility, court order, may not see, decide, be written to, priority 2 to Father, may not see, decide, be written to, priority 2")
	w.imports(child(), child(father))

	w.imports(child(func(r *portal.ClassListRow) { r.Year, r.Group, r.LookedAfter = 5, "5C", true }))
	w.expect("U801200018001 17 Ania Year 5 5C, looked after; 1 Mrs Kasia Wójcik")
	w.changes([]portal.ClassListRow{child(func(r *portal.ClassListRow) { r.Year, r.Group = 5, "5C" })}, "Ania: No longer looked after")
}

func TestCourtOrder(t *testing.T) {
	w := newWorld(t)
	kept := func(r *portal.ClassListRow) { father(r); r.CourtOrder = true }
	// An order limits one contact's part in one child's life, where the register has him
	// for the other already.
	w.imports(child(), child(father), child(sibling), child(sibling, father))
	w.imports(child(), child(kept), child(sibling), child(sibling, father))
	w.expect("U801200019002 18 Jan Year 2 2M; 1 Mrs Kasia Wójcik; 0 Mr Piotr Wójcik", "U801200018001 17 Ania Year 4 4B; 1 Mrs Kasia Wójcik; 0 Mr Piotr Wójcik may not decide")
	w.imports(child(), child(father), child(sibling), child(sibling, kept))
	w.expect("U801200019002 18 Jan Year 2 2M; 1 Mrs Kasia Wójcik; 0 Mr Piotr Wójcik may not decide", "U801200018001 17 Ania Year 4 4B; 1 Mrs Kasia Wójcik; 0 Mr Piotr Wójcik may not decide")
}

func TestPupilsMatched(t *testing.T) {
	without := func(upn, admission bool) func(*portal.ClassListRow) {
		return func(r *portal.ClassListRow) {
			if upn {
				r.UPN = ""
			}
			if admission {
				r.AdmissionNumber = ""
			}
		}
	}
	t.Run("a report without one of the numbers takes neither away", func(t *testing.T) {
		w := newWorld(t)
		w.imports(child())
		w.changes([]portal.ClassListRow{child(without(true, false))})
		w.changes([]portal.ClassListRow{child(without(false, true))})
		w.imports(child(without(true, false), func(r *portal.ClassListRow) { r.Group = "4C" }))
		w.imports(child(without(false, true)))
		w.expect("U801200018001 17 Ania Year 4 4B; 0 Mrs Kasia Wójcik")
	})
	t.Run("a number that comes later", func(t *testing.T) {
		w := newWorld(t)
		w.imports(child(without(true, false)))
		w.changes([]portal.ClassListRow{child()}, "Ania: UPN: none to U801200018001")
		w.imports(child())
		w.expect("U801200018001 17 Ania Year 4 4B; 0 Mrs Kasia Wójcik")
	})
	t.Run("a temporary UPN gives way", func(t *testing.T) {
		w := newWorld(t)
		w.imports(child(func(r *portal.ClassListRow) { r.UPN = "C80120002000A" }))
		w.changes([]portal.ClassListRow{child()}, "Ania: UPN: C80120002000A to U801200018001")
		w.imports(child())
		w.expect("U801200018001 17 Ania Year 4 4B; 0 Mrs Kasia Wójcik")
	})
	t.Run("an admission number does not outweigh a UPN", func(t *testing.T) {
		w := newWorld(t)
		w.imports(child())
		p := w.plan(child(sibling, func(r *portal.ClassListRow) { r.AdmissionNumber = "17" }))
		if len(p.New) != 1 || len(p.Changed) != 0 || len(p.Missing) != 1 {
			t.Errorf("%d new, %d changed, %d missing", len(p.New), len(p.Changed), len(p.Missing))
		}
	})
	t.Run("somebody on roll before a leaver", func(t *testing.T) {
		w := newWorld(t)
		w.imports(child(sibling))
		w.register(anne, numbered([]portal.ClassListRow{child(func(r *portal.ClassListRow) { r.AdmissionNumber = "18" })}), true)
		w.changes([]portal.ClassListRow{child(func(r *portal.ClassListRow) { r.UPN, r.AdmissionNumber, r.Group = "", "18", "4C" })}, "Ania: Class: 4B to 4C")
	})
	t.Run("two rows about one pupil of the register", func(t *testing.T) {
		w := newWorld(t)
		w.imports(child())
		_, err := w.PreviewImport(t.Context(), portal.Operator, anne, numbered([]portal.ClassListRow{child(without(false, true)), child(without(true, false), father)}))
		wrong(t, err, "row 3")
	})
}

func TestLeavers(t *testing.T) {
	w := newWorld(t)
	w.imports(child(), child(sibling))
	p := w.plan(child())
	if len(p.Missing) != 1 || p.Missing[0].Forename != "Jan" || !p.Empty() {
		t.Errorf("missing %v", p.Missing)
	}
	w.imports(child()) // without leavers
	w.expect("U801200019002 18 Jan Year 2 2M; 0 Mrs Kasia Wójcik", "U801200018001 17 Ania Year 4 4B; 0 Mrs Kasia Wójcik")
	w.register(anne, numbered([]portal.ClassListRow{child()}), true)
	w.expect("U801200019002 18 Jan Year 2 2M, left; 0 Mrs Kasia Wójcik", "U801200018001 17 Ania Year 4 4B; 0 Mrs Kasia Wójcik")
	if p := w.plan(child()); len(p.Missing) != 0 || !p.Empty() {
		t.Errorf("somebody who has left is missing: %v", p.Missing)
	}
	w.changes([]portal.ClassListRow{child(), child(sibling)}, "Jan: Back on roll")
	w.imports(child(), child(sibling))
	w.expect("U801200019002 18 Jan Year 2 2M; 0 Mrs Kasia Wójcik", "U801200018001 17 Ania Year 4 4B; 0 Mrs Kasia Wójcik")
}

// What would be applied is told from what was shown by every detail, those of
// new pupils' contacts included.
func TestFingerprint(t *testing.T) {
	w := newWorld(t)
	rows := []portal.ClassListRow{child(), child(father)}
	first := w.plan(rows...).Fingerprint
	if again := w.plan(rows...).Fingerprint; again != first {
		t.Error("the same list of new pupils has two fingerprints")
	}
	seen := map[string]string{first: "nothing"}
	for what, edit := range map[string]func(*portal.ClassListRow){
		"class":          func(r *portal.ClassListRow) { r.Group = "4C" },
		"looked after":   func(r *portal.ClassListRow) { r.LookedAfter = true },
		"contact":        func(r *portal.ClassListRow) { r.ContactName += " Nowak" },
		"relationship":   func(r *portal.ClassListRow) { r.Relationship = "Aunt" },
		"email":          func(r *portal.ClassListRow) { r.Email = "x@home.example" },
		"phone":          func(r *portal.ClassListRow) { r.Phone = "1" },
		"priority":       func(r *portal.ClassListRow) { r.Priority = 9 },
		"responsibility": func(r *portal.ClassListRow) { r.Parental = false },
		"court order":    func(r *portal.ClassListRow) { r.CourtOrder = true },
	} {
		f := w.plan(child(edit), child(father, edit)).Fingerprint
		if other, taken := seen[f]; taken {
			t.Errorf("a change of %s looks like one of %s", what, other)
		}
		seen[f] = what
	}
	// A contact who is on the register already is not a new one of that name.
	w.imports(child(sibling))
	if w.plan(rows...).Fingerprint == first {
		t.Error("a contact of the register looks like a new one")
	}
}

func TestCheckClassList(t *testing.T) {
	for name, c := range map[string]struct {
		rows []portal.ClassListRow
		want []string
	}{
		"nothing":            {},
		"family":             {rows: []portal.ClassListRow{child(), child(father), child(sibling), child(sibling, father)}},
		"no contact, twice":  {rows: []portal.ClassListRow{child(noContact), child(noContact)}},
		"numbers left empty": {rows: []portal.ClassListRow{child(func(r *portal.ClassListRow) { r.UPN = "" }), child(sibling, func(r *portal.ClassListRow) { r.UPN = "" })}},
		"one UPN for two":    {rows: []portal.ClassListRow{child(), child(sibling, father, func(r *portal.ClassListRow) { r.UPN = "U801200018001" })}, want: []string{"row 3, column UPN"}},
		"one number for two": {rows: []portal.ClassListRow{child(), child(sibling, func(r *portal.ClassListRow) { r.AdmissionNumber = "17" })}, want: []string{"row 3, column Admission number"}},
		"a class in one row": {rows: []portal.ClassListRow{child(), child(father, func(r *portal.ClassListRow) { r.Group = "4C" })}},
		"care in one row":    {rows: []portal.ClassListRow{child(), child(father, func(r *portal.ClassListRow) { r.LookedAfter = true })}},
		"born on two days":   {rows: []portal.ClassListRow{child(), child(father, func(r *portal.ClassListRow) { r.Born = "2017-11-15" })}, want: []string{"row 3, column UPN", "row 3, column Admission number"}},
		"contact twice":      {rows: []portal.ClassListRow{child(), child(father), child(func(r *portal.ClassListRow) { r.ContactName = "MRS  Kasia WÓJCIK" })}},
	} {
		var got []string
		for _, p := range portal.CheckClassList(numbered(c.rows)) {
			got = append(got, p.Field)
			if strings.Contains(p.Message, "Wójcik") {
				t.Errorf("%s: %s names somebody", name, p.Message)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// Whatever a keyboard or an export does to a name, it stays the same person's.
func TestNamesFolded(t *testing.T) {
	named := func(name string) func(*portal.ClassListRow) {
		return func(r *portal.ClassListRow) { r.ContactName, r.Email, r.Phone = name, "", "" }
	}
	for was, spellings := range map[string][]string{
		"Mrs Siân O'Neill":   {"Mrs Siân O’Neill", "Mrs Siân O`Neill", "Mrs Siân Oʼneill", "Mrs Siân O′Neill", "Mrs Sian O'Neill", "Mrs. Siân O'Neill", "MRS SIÂN O'NEILL", "Mrs  Siân  O'Neill", "Siân O'Neill", "O'Neill, Siân", "Dr Siân O'Neill", "Ms Sian ONeill"},
		"Ms Ann-Marie Łuć":   {"Ms Ann–Marie Luc", "Ms Ann Marie Łuć", "Ms Ann‑Marie Łuć", "Ms AnnMarie Łuc"},
		"Mr Nguyễn Văn Đức":  {"Mr Nguyen Van Duc", "Nguyễn Văn Đức"},
		"علی\u200cرضا موسوی": {"علی رضا موسوی", "علیرضا موسوی"},
		"Mr Weiß":            {"Mr Weiss"},
		"Suharto":            {"SUHARTO", "Mr Suharto"},
		"Mrs J. P. Smith":    {"Mrs JP Smith", "Mrs J.P. Smith"},
		"Mr Jørgen Ångström": {"Mr Jorgen Angstrom"},
	} {
		for _, is := range spellings {
			w := newWorld(t)
			w.imports(child(named(was)))
			p := w.plan(child(named(is)))
			if p.Unchanged+len(p.Changed) != 1 || len(p.Maybe)+len(p.Missing)+len(p.New) > 0 {
				t.Errorf("%s, then %s: %d unchanged, %d changed", was, is, p.Unchanged, len(p.Changed))
			}
			for _, c := range p.Changed {
				if len(c.Changes) != 1 || !strings.Contains(c.Changes[0], ": name ") {
					t.Errorf("%s, then %s: %q", was, is, c.Changes)
				}
			}
		}
	}
	for _, two := range [][2]string{{"Mr Lee", "Mrs Lee"}, {"Mr Al Lee", "Mr Alan Lee"}, {"Mrs Testley", "Mrs Kasia Testley"}, {"Dr Sam Lee", "Dr Pat Lee"}} {
		w := newWorld(t)
		p := w.plan(child(named(two[0])), child(named(two[1])))
		if n := len(p.New[0].Contacts); n != 2 {
			t.Errorf("%s and %s are %d person", two[0], two[1], n)
		}
	}
	// What differs by nothing but its marks is no change.
	w := newWorld(t)
	w.imports(child(named("Mrs Siân O'Neill")))
	for _, is := range []string{"Mrs Siân O’Neill", "Mrs. Siân O'Neill", "Mrs Sian O'Neill"} {
		if p := w.plan(child(named(is))); p.Unchanged != 1 {
			t.Errorf("%s is a change: %q", is, p.Changed[0].Changes)
		}
	}
}

// One email address or telephone number and a child in common is asked about:
// nothing is taken away before somebody has said.
func TestMaybeOnePerson(t *testing.T) {
	renamed := func(r *portal.ClassListRow) { r.ContactName = "Mrs Kasia Nowak" }
	for name, edit := range map[string]func(*portal.ClassListRow){
		"email":     func(r *portal.ClassListRow) { r.Phone = "07700 900999" },
		"telephone": func(r *portal.ClassListRow) { r.Email, r.Phone = "new@home.example", "+44 7700 900 123" },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.imports(child())
			rows := numbered([]portal.ClassListRow{child(renamed, edit)})
			p := w.plan(rows...)
			if len(p.Maybe) != 1 || p.Maybe[0].Held != "Mrs Kasia Wójcik" || p.Maybe[0].Listed != "Mrs Kasia Nowak" || !slices.Contains(p.Maybe[0].Why, "the same child") || len(p.Changed) > 0 {
				t.Fatalf("asked %+v; changed %v", p.Maybe, p.Changed)
			}
			_, err := w.ApplyImport(t.Context(), portal.Operator, anne, "", rows, p.Fingerprint, portal.ImportChoices{})
			wrong(t, err, "same-"+p.Maybe[0].ID)
			w.expect("U801200018001 17 Ania Year 4 4B; 0 Mrs Kasia Wójcik")
			_, err = w.ApplyImport(t.Context(), portal.Operator, anne, "", rows, p.Fingerprint, portal.ImportChoices{Same: map[string]bool{p.Maybe[0].ID: true}})
			w.ok(err)
			w.expect("U801200018001 17 Ania Year 4 4B; 0 Mrs Kasia Nowak")
			if p := w.plan(rows...); !p.Empty() {
				t.Errorf("asks again: %v", p.Maybe)
			}
		})
	}
	t.Run("two people", func(t *testing.T) {
		w := newWorld(t)
		w.imports(child())
		rows := numbered([]portal.ClassListRow{child(renamed)})
		p := w.plan(rows...)
		_, err := w.ApplyImport(t.Context(), portal.Operator, anne, "", rows, p.Fingerprint, portal.ImportChoices{Same: map[string]bool{p.Maybe[0].ID: false}})
		w.ok(err)
		w.expect("U801200018001 17 Ania Year 4 4B; 0 Mrs Kasia Nowak")
		w.view(func(tx portal.Tx) error {
			if all, err := tx.Contacts(anne); err != nil || len(all) != 2 {
				t.Errorf("%d contacts, %v", len(all), err)
			}
			return nil
		})
	})
}

// One parent on two rows is one contact with two telephones; two parents of one
// name are told apart by email.
func TestOneNameOnTwoRows(t *testing.T) {
	w := newWorld(t)
	w.imports(child(), child(func(r *portal.ClassListRow) { r.Phone = "01632 960111" }))
	w.expect("U801200018001 17 Ania Year 4 4B; 0 Mrs Kasia Wójcik")
	w.view(func(tx portal.Tx) error {
		if all, err := tx.Contacts(anne); err != nil || len(all) != 1 || all[0].Phone != "07700 900123; 01632 960111" {
			t.Errorf("%d contacts, %v", len(all), err)
		}
		return nil
	})
	w = newWorld(t)
	two := []portal.ClassListRow{child(), child(func(r *portal.ClassListRow) { r.Email, r.Priority = "z@home.example", 2 })}
	w.imports(two...)
	w.expect("U801200018001 17 Ania Year 4 4B; 0 Mrs Kasia Wójcik; 1 Mrs Kasia Wójcik")
	slices.Reverse(two)
	if p := w.plan(two...); p.Unchanged != 1 {
		t.Errorf("in another order they change: %q", p.Changed[0].Changes)
	}
	// A grandfather and his son of one name are two people.
	w = newWorld(t)
	senior := func(r *portal.ClassListRow) {
		father(r)
		r.Relationship, r.Email, r.Priority = "Grandfather", "zz@home.example", 3
	}
	w.imports(child(father), child(senior))
	w.expect("U801200018001 17 Ania Year 4 4B; 0 Mr Piotr Wójcik; 1 Mr Piotr Wójcik")
}

func TestLostZeros(t *testing.T) {
	w := newWorld(t)
	numbered := func(n string) func(*portal.ClassListRow) {
		return func(r *portal.ClassListRow) { r.UPN, r.AdmissionNumber = "", n }
	}
	w.imports(child(numbered("003592")))
	p := w.plan(child(numbered("3592")))
	if p.Unchanged != 1 || len(p.New)+len(p.Missing) > 0 || len(p.Notes) != 1 || !strings.Contains(p.Notes[0], "dropped the zeros") {
		t.Errorf("%d unchanged, %d new, %d missing, notes %q", p.Unchanged, len(p.New), len(p.Missing), p.Notes)
	}
	// Another number altogether is asked about.
	p = w.plan(child(numbered("77")))
	if len(p.New)+len(p.Missing) > 0 || len(p.Maybe) != 1 || !slices.Equal(p.Maybe[0].Why, []string{"the same name", "the same birthday", "the same contact"}) {
		t.Errorf("%d new, %d missing, asked %+v", len(p.New), len(p.Missing), p.Maybe)
	}
	// No number at all says nothing against name and birthday.
	if p = w.plan(child(numbered(""))); p.Unchanged != 1 {
		t.Errorf("without a number: %d unchanged", p.Unchanged)
	}
	twin := child(numbered("3592"), func(r *portal.ClassListRow) { r.Forename = "Ola" })
	if p = w.plan(twin); len(p.New) != 1 || len(p.Missing) != 1 {
		t.Errorf("another name: %d new, %d missing", len(p.New), len(p.Missing))
	}
}

// What a list does not say changes nothing, grants nothing and lifts nothing.
func TestUnsaid(t *testing.T) {
	const nothing = portal.UnsaidLookedAfter | portal.UnsaidParental | portal.UnsaidCourtOrder | portal.UnsaidEmail | portal.UnsaidPhone | portal.UnsaidPriority | portal.UnsaidRelationship | portal.UnsaidGroup | portal.UnsaidYear | portal.UnsaidBorn
	silent := func(r *portal.ClassListRow) {
		*r = portal.ClassListRow{Unsaid: nothing, UPN: r.UPN, AdmissionNumber: r.AdmissionNumber, Forename: r.Forename, Surname: r.Surname, Year: 9, ContactName: r.ContactName}
	}
	w := newWorld(t)
	held := func(r *portal.ClassListRow) { r.LookedAfter = true }
	barred := func(r *portal.ClassListRow) { r.CourtOrder = true }
	w.imports(child(held), child(father, held, barred))
	p := w.plan(child(silent), child(father, silent))
	if p.Unchanged != 1 || !p.LookedAfterUnsaid || p.LookedAfter != 1 {
		t.Errorf("%d unchanged, %d looked after: %q", p.Unchanged, p.LookedAfter, p.Changed)
	}
	// Of somebody new nobody knows.
	w = newWorld(t)
	rows := numbered([]portal.ClassListRow{child(silent), child(father, silent)})
	p = w.plan(rows...)
	if p.Unsettled != 2 || len(p.New) != 1 || len(p.New[0].Contacts) != 2 || !p.New[0].Contacts[0].Responsibility.Unsettled {
		t.Errorf("%d to settle, %v", p.Unsettled, p.New)
	}
	_, err := w.ApplyImport(t.Context(), portal.Operator, anne, "", rows, p.Fingerprint, portal.ImportChoices{LookedAfter: []string{p.New[0].Key}})
	w.ok(err)
	if got := w.entries(anne); len(got) != 1 || !strings.Contains(got[0], "looked after") || strings.Count(got[0], "may not decide") != 2 {
		t.Errorf("the register is %q", got)
	}
	// Said later by a list, it is settled.
	w.imports(child(), child(father))
	w.expect("U801200018001 17 Ania Year 4 4B; 1 Mrs Kasia Wójcik; 0 Mr Piotr Wójcik")
	// A list of pupils alone keeps their contacts.
	if p := w.plan(child(noContact, func(r *portal.ClassListRow) { r.Unsaid = portal.UnsaidContacts })); p.Unchanged != 1 {
		t.Errorf("pupils alone: %q", p.Changed[0].Changes)
	}
}

// A list that stands at another school is asked about.
func TestListOfAnotherSchool(t *testing.T) {
	w := newWorld(t)
	rows := []portal.ClassListRow{child(), child(sibling)}
	for i := range 8 {
		rows = append(rows, child(func(r *portal.ClassListRow) {
			r.UPN, r.AdmissionNumber, r.Forename = "", fmt.Sprint("m", i), "Pupil"+string(rune('A'+i))
		}))
	}
	numbered(rows)
	w.imports(rows...)
	// Where a few pupils are is not told; of a whole list, whose it is.
	for n, school := range map[int]string{2: "", 9: "", 10: anne} {
		p, err := w.PreviewImport(t.Context(), portal.Operator, bede, rows[:n])
		w.ok(err)
		if school == "" && len(p.Elsewhere) == 0 {
			continue
		}
		if len(p.Elsewhere) != 1 || p.Elsewhere[0] != (portal.SchoolCount{School: school, Pupils: n}) {
			t.Errorf("%d elsewhere: %v", n, p.Elsewhere)
		}
	}
	events, err := w.Events(t.Context(), portal.Operator, bede, "")
	if w.ok(err); len(events) < 1 || events[0].Kind != portal.ListPreviewed || !strings.Contains(events[0].Details, `"pupils of other schools":10`) {
		t.Error("that it was told is not on record")
	}
	p, err := w.PreviewImport(t.Context(), portal.Operator, bede, rows)
	w.ok(err)
	_, err = w.ApplyImport(t.Context(), portal.Operator, bede, "", rows, p.Fingerprint, portal.ImportChoices{})
	wrong(t, err, "elsewhere")
	_, err = w.ApplyImport(t.Context(), portal.Operator, bede, "", rows, p.Fingerprint, portal.ImportChoices{Elsewhere: true})
	w.ok(err)
	if p := w.plan(rows...); len(p.Elsewhere) > 0 {
		t.Error("asks about pupils who are not new")
	}
}

// What an import takes from somebody who has joined is told, by name.
func TestTakesFromJoined(t *testing.T) {
	w := settled(t)
	w.parent(anne, "Mr Al Lee")
	p := w.plan(change(func(r *portal.ClassListRow) bool {
		return r.ContactName != "Mr Al Lee" && r.ContactName != "Ms Pia Poe"
	})...)
	if len(p.Takes) != 2 {
		t.Fatalf("takes %d", len(p.Takes))
	}
	for _, x := range p.Takes {
		if x.Contact.Name != "Mr Al Lee" {
			t.Errorf("takes from %s, who has not joined", x.Contact.Name)
		}
	}
	p = w.plan(change(func(r *portal.ClassListRow) bool {
		r.CourtOrder = r.CourtOrder || r.ContactName == "Mr Al Lee"
		return true
	})...)
	if len(p.Takes) != 2 || !strings.Contains(p.Takes[0].Words, "no longer see") {
		t.Errorf("takes %v", p.Takes)
	}
}

func TestManyMissing(t *testing.T) {
	w := newWorld(t)
	var rows []portal.ClassListRow
	for i := range 20 {
		rows = append(rows, child(func(r *portal.ClassListRow) { r.UPN, r.AdmissionNumber = "", fmt.Sprint(100+i) }))
	}
	w.imports(rows...)
	if w.plan(rows[:16]...).ManyMissing() || !w.plan(rows[:15]...).ManyMissing() {
		t.Error("a fifth is many")
	}
}

// Nobody of unknown responsibility decides until the office has said; what it
// said no later list undoes.
func settle(_ int, err error) error { return err }

func TestSettle(t *testing.T) {
	w := newWorld(t)
	unsaid := func(r *portal.ClassListRow) { r.Unsaid, r.Parental = portal.UnsaidParental, false }
	w.imports(child(unsaid), child(father, unsaid))
	office := w.staff("office@anne.example")
	all, err := w.Unsettled(t.Context(), office, anne)
	w.ok(err)
	if len(all) != 2 || len(all[0].Children) != 1 {
		t.Fatalf("%d groups", len(all))
	}
	link := func(relationship string) []portal.Link {
		for _, g := range all {
			if g.Relationship == relationship {
				return []portal.Link{{PupilID: g.Children[0].Pupil.ID, ContactID: g.Children[0].Contact.ID}}
			}
		}
		return nil
	}
	is(t, settle(w.Settle(t.Context(), w.account("jo"), anne, link("Mother"), true)), portal.ErrNotFound)
	is(t, settle(w.Settle(t.Context(), w.staff("office@bede.example"), bede, link("Mother"), true)), portal.ErrNotFound)
	w.ok(settle(w.Settle(t.Context(), office, anne, link("Mother"), true)))
	hers := w.staff("trust@example") // of the office too, and from here on Ania's mother
	w.ok(w.Join(t.Context(), hers, w.letters(anne)["Mrs Kasia Wójcik"].Code, "2017-11-14"))
	is(t, settle(w.Settle(t.Context(), hers, anne, link("Father"), false)), portal.ErrForbidden)
	for who, want := range map[string]int{hers: 0, office: 1} { // nor does she see, or count, who waits
		all, err := w.Unsettled(t.Context(), who, anne)
		w.ok(err)
		tasks, err := w.Tasks(t.Context(), who, anne)
		w.ok(err)
		counted := slices.ContainsFunc(tasks, func(x portal.Task) bool { return x.Kind == portal.TaskSettle })
		if len(all) != want || counted != (want > 0) {
			t.Errorf("%d groups are to be settled, counted %v; want %d", len(all), counted, want)
		}
	}
	w.ok(settle(w.Settle(t.Context(), office, anne, link("Father"), false)))
	is(t, settle(w.Settle(t.Context(), office, anne, link("Mother"), false)), portal.ErrNotFound)
	const settled = "U801200018001 17 Ania Year 4 4B; 1 Mrs Kasia Wójcik; 0 Mr Piotr Wójcik may not decide"
	w.expect(settled)
	w.imports(child(unsaid), child(father, unsaid))
	w.imports(child(func(r *portal.ClassListRow) { r.Parental = false }), child(father))
	w.expect(settled)
	if p := w.plan(child(), child(father)); len(p.Notes) != 1 || !strings.Contains(p.Notes[0], "What your office settled stays") {
		t.Errorf("notes %q", p.Notes)
	}
	if all, err := w.Unsettled(t.Context(), office, anne); err != nil || len(all) > 0 {
		t.Errorf("%d wait, %v", len(all), err)
	}
}
