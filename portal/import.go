package portal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ImportLife is how long a class list that was shown and not applied is kept.
const ImportLife = time.Hour

// HoldClassList keeps an uploaded file, as it came, while somebody looks at what
// it would change: for an hour, and for nobody but them.
func (p *Portal) HoldClassList(ctx context.Context, account, school string, file []byte) (id string, err error) {
	id = newID()
	err = p.store.Update(ctx, func(tx Tx) error {
		if _, err := p.allowed(tx, account, ImportClassList, Subject{School: school}); err != nil {
			return err
		}
		if err := tx.DeleteHeldListsBefore(p.now().Add(-ImportLife)); err != nil {
			return err
		}
		return tx.PutHeldList(HeldList{ID: id, School: school, AccountID: account, File: file, At: p.now()})
	})
	return id, err
}

// HeldClassList is a file that is held for this account, or [ErrNotFound].
func (p *Portal) HeldClassList(ctx context.Context, account, school, id string) (held HeldList, err error) {
	err = p.store.View(ctx, func(tx Tx) error {
		held, err = p.heldList(tx, account, school, id)
		return err
	})
	return held, err
}

func (p *Portal) heldList(tx Tx, account, school, id string) (HeldList, error) {
	if _, err := p.allowed(tx, account, ImportClassList, Subject{School: school}); err != nil {
		return HeldList{}, err
	}
	held, err := tx.HeldList(id)
	if err == nil && (held.School != school || held.AccountID != account || p.now().Sub(held.At) > ImportLife) {
		err = fmt.Errorf("class list: %w", ErrNotFound)
	}
	return held, err
}

// MapClassList says how a held file, of which the reader recognised f with this mapping, is
// to be read, and remembers it for the school's later files of that shape: but never that a
// column is not read that keeps a child from harm.
func (p *Portal) MapClassList(ctx context.Context, account, school, id string, f ListFile, m ListMapping) error {
	return p.store.Update(ctx, func(tx Tx) error {
		held, err := p.heldList(tx, account, school, id)
		if err != nil {
			return err
		}
		earlier, err := tx.ListMapping(school, f.Shape)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		now := m
		now.Guards = make([]string, len(f.Columns))
		kept := now
		kept.Columns = slices.Clone(m.Columns)
		for i, c := range f.Columns {
			if now.Guards[i] = c.Guards; c.Guards == "" && i < len(earlier.Guards) {
				now.Guards[i] = earlier.Guards[i]
			}
			if now.Guards[i] != "" && i < len(kept.Columns) {
				kept.Columns[i] = now.Guards[i]
			}
		}
		held.Mapping = &now
		return errors.Join(tx.PutHeldList(held), tx.PutListMapping(school, f.Shape, kept))
	})
}

// ClassListMapping is how a school's files of a shape are read; found is false
// where nobody has said.
func (p *Portal) ClassListMapping(ctx context.Context, account, school, shape string) (m ListMapping, found bool, err error) {
	err = p.store.View(ctx, func(tx Tx) error {
		if _, err := p.allowed(tx, account, ImportClassList, Subject{School: school}); err != nil {
			return err
		}
		m, err = tx.ListMapping(school, shape)
		if found = err == nil; errors.Is(err, ErrNotFound) {
			return nil
		}
		return err
	})
	return m, found, err
}

// PreviewImport works out what a class list would change, and saves nothing. A list can
// be made up to learn against whom there are orders, or at which school a child is: a
// preview that tells of either is on record before it is shown.
func (p *Portal) PreviewImport(ctx context.Context, account, school string, rows []ClassListRow) (planned *ImportPlan, err error) {
	if err := (&Invalid{CheckClassList(rows)}).Or(); err != nil {
		return nil, err
	}
	err = p.store.View(ctx, func(tx Tx) error {
		planned, err = p.planImport(tx, account, school, rows, ImportChoices{})
		return err
	})
	if err != nil || len(planned.Warnings)+len(planned.Elsewhere) == 0 {
		return planned, err
	}
	elsewhere := 0
	for _, c := range planned.Elsewhere {
		elsewhere += c.Pupils
	}
	err = p.store.Update(ctx, func(tx Tx) error {
		return p.event(tx, account, school, ListPreviewed, Ref{RefSchool, school}, passing(map[string]any{"warnings": len(planned.Warnings), "pupils of other schools": elsewhere}, planned))
	})
	if err != nil {
		return nil, err
	}
	return planned, nil
}

// noteListed puts on record of each person what a list has changed of them, by the names of
// the fields; and tells the other schools at which new pupils of the list are on roll.
func (p *Portal) noteListed(tx Tx, account string, planned *ImportPlan, left []string) error {
	own, err := p.mayBeOwn(tx, account)
	if err != nil {
		return err
	}
	note := func(kind ActKind, about Ref, details map[string]any) error {
		return p.eventBeside(tx, own, account, planned.School, kind, about, details)
	}
	if err := p.noteContacts(tx, account, planned.School, planned.have.contacts, planned.people); err != nil {
		return err
	}
	for _, l := range planned.unlinks {
		if err := note(ContactRemoved, Ref{RefContact, l.ContactID}, map[string]any{"pupil": l.PupilID}); err != nil {
			return err
		}
	}
	for _, x := range planned.Missing {
		if slices.Contains(left, x.ID) {
			if err := note(PupilLeft, Ref{RefPupil, x.ID}, nil); err != nil {
				return err
			}
		}
	}
	for _, x := range planned.others {
		if err := p.eventBeside(tx, own, account, x.School, PupilElsewhere, Ref{RefPupil, x.ID}, map[string]any{"at": planned.School}); err != nil {
			return err
		}
	}
	return nil
}

// noteContacts puts on record what becomes of contacts, by the names of the fields.
func (p *Portal) noteContacts(tx Tx, account, school string, have, become []Contact) error {
	was := byID(have)
	for _, c := range become {
		old, known := was[c.ID]
		if !known {
			continue
		}
		var fields []string
		for _, f := range []struct{ name, a, b string }{{"name", old.Name, c.Name}, {"email", old.Email, c.Email}, {"phone", old.Phone, c.Phone}} {
			if f.a != f.b {
				fields = append(fields, f.name)
			}
		}
		if err := p.event(tx, account, school, ContactChanged, Ref{RefContact, c.ID}, map[string]any{"changed": strings.Join(fields, ", ")}); err != nil {
			return err
		}
		if err := p.moved(tx, school, old, c); err != nil {
			return err
		}
	}
	return nil
}

// passing adds to an event which columns were passed over.
func passing(details map[string]any, planned *ImportPlan) map[string]any {
	if planned.PassedOver != "" {
		details["columns passed over"] = planned.PassedOver
	}
	return details
}

// ImportStale is a class list whose changes are no longer those that were shown,
// because the register has changed meanwhile. Nothing was saved; Now is what
// the same list would change now.
type ImportStale struct{ Now *ImportPlan }

func (e *ImportStale) Error() string { return "the register changed since the class list was read" }

// ApplyImport applies a class list, if it would change what the fingerprint says
// was shown, and forgets the held file it is of, whose id may be "". It answers
// [*ImportStale], and [*Invalid] where a question of the plan is unanswered. What is of
// the account's own family is held for a colleague; see [ImportPlan]. A list that was applied already is not applied again, and the plan is then nil.
func (p *Portal) ApplyImport(ctx context.Context, account, school, id string, rows []ClassListRow, fingerprint string, choice ImportChoices) (planned *ImportPlan, err error) {
	if err := (&Invalid{CheckClassList(rows)}).Or(); err != nil {
		return nil, err
	}
	err = p.store.Update(ctx, func(tx Tx) error {
		planned = nil
		began := p.now() // all that the list does comes after it; see import_undo.go
		var held HeldList
		if id != "" {
			if held, err = p.heldList(tx, account, school, id); err != nil || held.Applied {
				return err
			}
		}
		if planned, err = p.planImport(tx, account, school, rows, ImportChoices{}); err != nil {
			return err
		}
		if planned.Fingerprint != fingerprint {
			return &ImportStale{Now: planned}
		}
		if err := planned.unanswered(choice); err != nil {
			return err
		}
		if len(choice.Same)+len(choice.LookedAfter) > 0 {
			if planned, err = p.planImport(tx, account, school, rows, choice); err != nil {
				return err
			}
		}
		unlinks := make([]Link, len(planned.unlinks))
		for i, l := range planned.unlinks {
			unlinks[i] = Link{l.PupilID, l.ContactID}
		}
		if err := p.listDecides(tx, account, school, planned.puts, planned.links, unlinks); err != nil {
			return err
		}
		if err := planned.apply(tx, choice.Left, p.now()); err != nil {
			return err
		}
		for _, l := range planned.links {
			to := Link{PupilID: l.PupilID, ContactID: l.ContactID}
			if err := p.restrict(tx, account, school, to, l.Barred&^planned.takes[to], "", cmp.Or(planned.because[to], listSaid)); err != nil {
				return err
			}
		}
		if err := p.noteListed(tx, account, planned, choice.Left); err != nil {
			return err
		}
		stay := 0 // who is missing from the list, and of whom nobody said that they left
		for _, x := range planned.Missing {
			if !slices.Contains(choice.Left, x.ID) {
				stay++
			}
		}
		if err := p.event(tx, account, school, ListApplied, Ref{RefSchool, school}, passing(map[string]any{"new": len(planned.New), "changed": len(planned.Changed), "left": len(choice.Left), "stay": stay, "held for a colleague": len(planned.Held)}, planned)); err != nil {
			return err
		}
		if err := p.keepUndo(tx, planned, choice.Left, began); err != nil {
			return err
		}
		if id == "" {
			return nil
		}
		held.Applied, held.File = true, nil
		return tx.PutHeldList(held)
	})
	return planned, err
}

func (p *Portal) planImport(tx Tx, account, school string, rows []ClassListRow, choice ImportChoices) (*ImportPlan, error) {
	a, err := p.allowed(tx, account, ImportClassList, Subject{School: school})
	if err != nil {
		return nil, err
	}
	info, err := tx.School(school)
	if err != nil {
		return nil, err
	}
	have := register{noes: map[[2]string][]string{}, staff: p.staffAt(school)}
	if have.pupils, err = tx.Pupils(school); err != nil {
		return nil, err
	}
	if have.contacts, err = tx.Contacts(school); err != nil {
		return nil, err
	}
	if have.links, err = tx.Responsibilities(school); err != nil {
		return nil, err
	}
	if have.own, err = a.kin(tx, school); err != nil {
		return nil, err
	}
	if have.restrictions, err = tx.Restrictions(school); err != nil {
		return nil, err
	}
	if have.elsewhere, err = tx.RestrictedElsewhere(school); err != nil {
		return nil, err
	}
	if have.joined, err = tx.JoinedContacts(school); err != nil {
		return nil, err
	}
	if have.covered, err = tx.JoinedChildren(school); err != nil {
		return nil, err
	}
	err = p.eachPupil(tx, school, false, func(r *PupilFile) error {
		for _, l := range r.Responsibilities {
			for _, t := range info.Of(Purpose) {
				if d := latest(r.Acts, Decision, l.PupilID, Ref{RefContact, l.ContactID}, t.Slug); d.Seq > 0 && d.Answer != Given {
					k := [2]string{l.PupilID, l.ContactID}
					have.noes[k] = append(have.noes[k], t.Title)
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	planned := plan(school, rows, have, choice, newID)
	if planned.Elsewhere, planned.others, err = elsewhere(tx, school, planned.New); err != nil {
		return nil, err
	}
	return planned, planned.wrong.Or()
}

// maxElsewhere is how many new pupils are looked for at the trust's other
// schools: enough to tell whose list it is.
const maxElsewhere = 300

// fewElsewhere is of how many pupils it is told at which school they are: enough that the
// list may be that school's. Of fewer nothing is said: it would tell anybody with a list of
// their making where a child is. The other school's lead reads it, once the list is in.
const fewElsewhere = 10

// elsewhere counts new pupils who are on roll at other schools, and answers who they are there.
func elsewhere(tx Tx, school string, all []PlannedPupil) (counts []SchoolCount, there []Pupil, err error) {
	for _, x := range all[:min(len(all), maxElsewhere)] {
		others, err := tx.PupilsElsewhere(school, x.Pupil.UPN, x.Pupil.Born)
		if err != nil {
			return nil, nil, err
		}
		for _, other := range others {
			if same := other.UPN != "" && other.UPN == x.Pupil.UPN; !same && (!agree(other.UPN, x.Pupil.UPN) || other.Born != x.Pupil.Born || !samePupilName(other, x.Pupil)) {
				continue
			}
			there = append(there, other)
			i := slices.IndexFunc(counts, func(c SchoolCount) bool { return c.School == other.School })
			if i < 0 {
				i = len(counts)
				counts = append(counts, SchoolCount{School: other.School})
			}
			counts[i].Pupils++
		}
	}
	counts = slices.DeleteFunc(counts, func(c SchoolCount) bool { return c.Pupils < fewElsewhere })
	slices.SortFunc(counts, func(a, b SchoolCount) int { return cmp.Compare(a.School, b.School) })
	return counts, there, nil
}
