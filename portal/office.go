package portal

import (
	"context"
	"fmt"
	"time"
)

// ImportLife is how long a class list that was shown and not applied is kept.
const ImportLife = time.Hour

// ReadRegister gives the office its list: the columns to begin, then each pupil
// whom the filter keeps, in order of year, class and name. A row must not be kept.
// An unknown purpose is [*Invalid].
func (p *Portal) ReadRegister(ctx context.Context, account, school string, f Filter, begin func(List) error, each func(ListRow) error) error {
	return p.list(ctx, account, SeeRegister, school, f, begin, each)
}

// Export is [Portal.ReadRegister] for a list that leaves the portal.
func (p *Portal) Export(ctx context.Context, account, school string, f Filter, begin func(List) error, each func(ListRow) error) error {
	return p.list(ctx, account, ExportList, school, f, begin, each)
}

// PreviewImport works out what a class list would change, saving nothing of it
// but the rows themselves, under the id it answers, for an hour.
func (p *Portal) PreviewImport(ctx context.Context, account, school string, rows []ClassListRow) (id string, planned *ImportPlan, err error) {
	if err := (&Invalid{CheckClassList(rows)}).Or(); err != nil {
		return "", nil, err
	}
	id = newID()
	err = p.store.Update(ctx, func(tx Tx) error {
		if planned, err = p.planImport(tx, account, school, rows); err != nil {
			return err
		}
		if err := tx.DeleteImportsBefore(p.now().Add(-ImportLife)); err != nil {
			return err
		}
		return tx.PutImport(PendingImport{ID: id, School: school, AccountID: account, Rows: rows, At: p.now()})
	})
	return id, planned, err
}

// ImportStale is a class list whose changes are no longer those that were shown,
// because the register has changed meanwhile. Nothing was saved; Now is what
// the same list would change now.
type ImportStale struct{ Now *ImportPlan }

func (e *ImportStale) Error() string { return "the register changed since the class list was read" }

// ApplyImport applies a class list that was previewed under id, if it would
// change what the fingerprint says was shown. With leavers, pupils on roll whom
// it does not name leave the roll. It answers [ErrNotFound] for a preview that
// has expired or is somebody else's, and [*ImportStale].
func (p *Portal) ApplyImport(ctx context.Context, account, school, id, fingerprint string, leavers bool) (planned *ImportPlan, err error) {
	err = p.store.Update(ctx, func(tx Tx) error {
		pending, err := tx.Import(id)
		if err != nil {
			return err
		}
		if pending.School != school || pending.AccountID != account || p.now().Sub(pending.At) > ImportLife {
			return fmt.Errorf("import: %w", ErrNotFound)
		}
		if planned, err = p.planImport(tx, account, school, pending.Rows); err != nil {
			return err
		}
		if planned.Fingerprint != fingerprint {
			return &ImportStale{Now: planned}
		}
		if err := planned.apply(tx, leavers, p.now()); err != nil {
			return err
		}
		return tx.DeleteImport(id)
	})
	return planned, err
}

func (p *Portal) planImport(tx Tx, account, school string, rows []ClassListRow) (*ImportPlan, error) {
	if _, err := p.allowed(tx, account, ImportClassList, Subject{School: school}); err != nil {
		return nil, err
	}
	info, err := tx.School(school)
	if err != nil {
		return nil, err
	}
	have := register{noes: map[[2]string][]string{}}
	if have.pupils, err = tx.Pupils(school); err != nil {
		return nil, err
	}
	if have.contacts, err = tx.Contacts(school); err != nil {
		return nil, err
	}
	if have.links, err = tx.Responsibilities(school); err != nil {
		return nil, err
	}
	err = tx.EachPupil(school, func(r *PupilRecord) error {
		for _, l := range r.Responsibilities {
			for _, t := range info.Of(Purpose) {
				if d := latest(r.Decisions, l.PupilID, l.ContactID, t.Slug); d.Seq > 0 && d.Answer != Given {
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
	planned := plan(school, rows, have, newID)
	return planned, planned.wrong.Or()
}
