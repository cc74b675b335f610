package portal

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// OwnText is an agreement that somebody who works at a school is to sign for themselves.
type OwnText struct {
	School School
	Signable
}

// OfStaff is the agreements with staff that somebody with this entry of the settings
// signs: all who work here, but for one that is for those alone who post (S4).
func (s School) OfStaff(entry Staff) (all []Text) {
	for _, t := range s.Texts {
		if t.Kind == Agreement && t.Audience == ForStaff && entry.covers(s.Slug) && entry.may(SignOwn) && (!t.Posting || entry.Posts) {
			all = append(all, t)
		}
	}
	return all
}

// OwnTexts is what an account is to sign at each school where it works.
func (p *Portal) OwnTexts(ctx context.Context, account string) (all []OwnText, err error) {
	err = p.store.View(ctx, func(tx Tx) error {
		a, err := p.actor(tx, account)
		if err != nil || len(a.Roles) == 0 {
			return err
		}
		schools, err := tx.Schools()
		if err != nil {
			return err
		}
		for _, s := range schools {
			acts, err := signedByStaff(tx, s)
			if err != nil {
				return err
			}
			for _, t := range s.signableBy(a.Roles, acts, p.today(), account) {
				all = append(all, OwnText{s, t})
			}
		}
		return nil
	})
	return all, err
}

// signedByStaff is what staff have signed at a school.
func signedByStaff(tx Tx, school School) ([]Act, error) {
	acts, err := tx.SchoolSigned(school.Slug, RefStaff, time.Time{}, "")
	if err != nil {
		return nil, err
	}
	return acts, markOther(tx, school, acts)
}

// signableBy is what somebody with these entries signs at a school, and what they have
// signed with any of their accounts.
func (s School) signableBy(entries []Staff, acts []Act, on Date, accounts ...string) (all []Signable) {
	for _, entry := range entries {
		for _, t := range s.OfStaff(entry) {
			if slices.ContainsFunc(all, func(x Signable) bool { return x.Text.Slug == t.Slug }) {
				continue
			}
			of := Signable{Text: t}
			for _, a := range acts {
				if a.TextSlug == t.Slug && slices.Contains(accounts, a.Party.ID) && t.stands(a, on) {
					of.Signed = a
				}
			}
			all = append(all, of)
		}
	}
	return all
}

// SignOwn records that somebody who works at a school signed an agreement with its staff,
// and seals it. Of the form it reads all but the pupil. Sending it twice signs once. It
// answers errors as [Portal.Sign] does.
func (p *Portal) SignOwn(ctx context.Context, account, school string, f SignForm) error {
	f.Name = strings.Join(strings.Fields(f.Name), " ")
	return p.store.Update(ctx, func(tx Tx) error {
		a, err := p.allowed(tx, account, SignOwn, Subject{School: school})
		if err != nil {
			return err
		}
		info, err := tx.School(school)
		if err != nil {
			return err
		}
		acts, err := signedByStaff(tx, info)
		if err != nil {
			return err
		}
		all := info.signableBy(a.Roles, acts, p.today(), account)
		i := slices.IndexFunc(all, func(t Signable) bool { return t.Text.Slug == f.Agreement })
		switch {
		case i < 0:
			return fmt.Errorf("agreement: %w", ErrNotFound)
		case all[i].Text.Hash != f.Hash:
			return &TextChanged{Now: all[i].Text}
		case all[i].Signed.Seq > 0:
			return nil
		}
		wrong := typedName(f.Name)
		if !f.Agreed {
			wrong.Add("agreed", "Tick the box to say that you agree")
		}
		if err := wrong.Or(); err != nil {
			return err
		}
		t := all[i].Text
		s := Act{Kind: Signature, School: school, Party: Ref{RefStaff, account}, Subject: Ref{RefSchool, school}, By: account, Way: Online,
			TextSlug: t.Slug, Edition: t.Edition, TextHash: t.Hash, Language: f.Language, TypedName: f.Name, Seq: 1}
		if t.Months > 0 {
			s.Until = p.today().months(t.Months)
		}
		for _, x := range acts {
			if x.Party == s.Party && x.TextSlug == t.Slug {
				s.Seq = max(s.Seq, x.Seq+1)
			}
		}
		_, err = p.add(tx, s)
		return err
	})
}

// Signer is somebody whom the settings name at a school, and what they are to sign.
type Signer struct {
	Email string
	Roles []Role
	Texts []Signable
}

// Signers is who of those whom the settings name at a school has signed what, in their
// order. That somebody looked is on record.
func (p *Portal) Signers(ctx context.Context, account, school string) (all []Signer, err error) {
	err = p.store.Update(ctx, func(tx Tx) error {
		if _, err := p.allowed(tx, account, SeeSigners, Subject{School: school}); err != nil {
			return err
		}
		info, err := tx.School(school)
		if err != nil {
			return err
		}
		if all, err = p.signers(tx, info); err != nil {
			return err
		}
		return p.event(tx, account, school, ListSeen, Ref{RefSchool, school}, map[string]any{"page": "staff"})
	})
	return all, err
}

// signers is [Portal.Signers] for whoever may see it, by work address in small letters.
func (p *Portal) signers(tx Tx, info School) (all []Signer, err error) {
	acts, err := signedByStaff(tx, info)
	if err != nil {
		return nil, err
	}
	accounts, err := tx.IdleStaff(p.now().AddDate(1, 0, 0)) // all of them
	if err != nil {
		return nil, err
	}
	emails, entries := p.worksAt(info.Slug)
	for _, email := range emails {
		x := Signer{Email: email}
		var ids []string
		for _, a := range accounts {
			if strings.EqualFold(a.Identity.StaffEmail, email) {
				ids = append(ids, a.ID)
			}
		}
		for _, s := range entries[email] {
			if !slices.Contains(x.Roles, s.Role) {
				x.Roles = append(x.Roles, s.Role)
			}
		}
		x.Texts = info.signableBy(entries[email], acts, p.today(), ids...)
		all = append(all, x)
	}
	return all, nil
}

// worksAt is whom the settings name at a school, in their order, by work address in small
// letters; and the entries of each.
func (p *Portal) worksAt(school string) (emails []string, entries map[string][]Staff) {
	entries = map[string][]Staff{}
	for _, s := range p.staff {
		if !s.covers(school) {
			continue
		}
		email := strings.ToLower(s.Email)
		if entries[email] == nil {
			emails = append(emails, email)
		}
		entries[email] = append(entries[email], s)
	}
	return emails, entries
}
