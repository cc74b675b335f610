package portal

import (
	"context"
	"time"
)

// Chased is somebody who decides for a child and has not answered all of what they are
// asked.
type Chased struct {
	Child  Child
	Left   int // of what they are asked, how much they have not answered
	Of     int
	Letter time.Time // when the letter was printed that they joined by, or whose code would still work; zero for none
	Joined time.Time // zero until they have
	Mute   bool      // a restriction keeps the school from writing to them
}

// Chase is who has not answered at a school, or of one registration group, in order of
// year, group and name, and the groups there are; of the account's own family nobody. That
// somebody looked is on record.
func (p *Portal) Chase(ctx context.Context, account, school, group string) (groups []string, all []Chased, err error) {
	return p.chase(ctx, account, PrintLetters, ListSeen, school, group)
}

// ExportChase is [Portal.Chase] for a list that leaves the portal.
func (p *Portal) ExportChase(ctx context.Context, account, school, group string) (all []Chased, err error) {
	_, all, err = p.chase(ctx, account, ExportList, ListExported, school, group)
	return all, err
}

func (p *Portal) chase(ctx context.Context, account string, do Action, kind ActKind, school, group string) (groups []string, all []Chased, err error) {
	err = p.store.Update(ctx, func(tx Tx) error {
		groups, all = nil, nil
		a, err := p.allowed(tx, account, PrintLetters, Subject{School: school})
		if err == nil {
			err = a.May(do, Subject{School: school})
		}
		if err != nil {
			return err
		}
		info, err := tx.School(school)
		if err != nil {
			return err
		}
		contacts, err := tx.Contacts(school)
		if err != nil {
			return err
		}
		own, err := a.kin(tx, school)
		if err != nil {
			return err
		}
		joins, err := tx.Joins(school)
		if err != nil {
			return err
		}
		open, err := tx.OpenInvitations(school)
		if err != nil {
			return err
		}
		covered, err := tx.JoinedChildren(school)
		if err != nil {
			return err
		}
		named, by, today := byID(contacts), map[string]Join{}, p.today()
		for _, j := range joins {
			by[j.ContactID] = j
		}
		err = p.eachPupilAt(tx, school, false, afterAllWaits(p.now()), func(r *PupilFile) error {
			if n := len(groups); r.Pupil.Group != "" && (n == 0 || groups[n-1] != r.Pupil.Group) {
				groups = append(groups, r.Pupil.Group)
			}
			if group != "" && r.Pupil.Group != group || own.pupils[r.Pupil.ID] {
				return nil
			}
			for _, l := range r.Responsibilities {
				if !l.Decides() || own.contacts[l.ContactID] {
					continue
				}
				c := Chased{Child: Child{Pupil: r.Pupil, Contact: named[l.ContactID], Responsibility: l, Since: covered[Link{l.PupilID, l.ContactID}]}, Of: len(info.asks(r.Pupil)), Mute: !l.May(MaySee | MayBeWrittenTo)}
				left, _ := undone(info, today, r.Pupil, l.ContactID, r.Acts)
				c.Left = len(left)
				if j, ok := by[l.ContactID]; ok {
					c.Joined, c.Letter = j.At, j.Issued
				} else if inv, ok := open[l.ContactID]; ok && inv.Died.IsZero() && p.keeps(inv) && p.now().Before(inv.Expires) {
					c.Letter = inv.Issued
				}
				if c.Left > 0 {
					all = append(all, c)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		details := map[string]any{"chase": "yes", "people": len(all)}
		if group != "" {
			details["class"] = group
		}
		return p.event(tx, account, school, kind, Ref{RefSchool, school}, details)
	})
	return groups, all, err
}
