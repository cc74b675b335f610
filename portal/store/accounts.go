package store

import (
	"time"

	"schoolgate/portal"
)

const accountColumns = "id, provider, issuer, subject, name, staff_email, created, last_sign_in"

func accountFields(a *portal.Account) []any {
	return []any{&a.ID, &a.Identity.Provider, &a.Identity.Issuer, &a.Identity.Subject, &a.Identity.Name, &a.Identity.StaffEmail, stamp{&a.Created}, stamp{&a.LastSignIn}}
}

func (t *tx) Account(id string) (portal.Account, error) {
	return one(t, accountFields, "SELECT "+accountColumns+" FROM accounts WHERE id = $1", id)
}

func (t *tx) AccountByIdentity(provider, issuer, subject string) (portal.Account, error) {
	return one(t, accountFields, "SELECT "+accountColumns+" FROM accounts WHERE provider = $1 AND issuer = $2 AND subject = $3", provider, issuer, subject)
}

func (t *tx) PutAccount(a portal.Account) error {
	return t.put(`INSERT INTO accounts (id, provider, issuer, subject, name, staff_email, created, last_sign_in) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (id) DO UPDATE SET provider = excluded.provider, issuer = excluded.issuer, subject = excluded.subject, name = excluded.name,
			staff_email = excluded.staff_email, created = excluded.created, last_sign_in = excluded.last_sign_in`,
		a.ID, a.Identity.Provider, a.Identity.Issuer, a.Identity.Subject, a.Identity.Name, a.Identity.StaffEmail, a.Created, orNull(a.LastSignIn))
}

func (t *tx) DeleteStrangersBefore(at time.Time) error {
	return t.put(`DELETE FROM accounts WHERE last_sign_in < $1 AND staff_email = ''
		AND id NOT IN (SELECT account_id FROM account_contacts)
		AND id NOT IN (SELECT account_id FROM sessions WHERE account_id IS NOT NULL)
		AND id NOT IN (SELECT account_id FROM held_forms)
		AND id NOT IN (SELECT account_id FROM signatures)
		AND id NOT IN (SELECT account_id FROM decisions)`, at)
}

func (t *tx) AccountContacts(account string) ([]portal.Contact, error) {
	return list(t, contactFields, "SELECT "+contactColumns+" FROM account_contacts a JOIN contacts c ON c.id = a.contact_id WHERE a.account_id = $1 ORDER BY c.id", account)
}

const childColumns = pupilColumns + ", " + contactColumns + ", " + responsibilityColumns

// A child without a date of birth comes last.
const childOrder = " ORDER BY CASE p.born WHEN '' THEN 1 ELSE 0 END, p.born, p.sort_key, p.id, c.id"

func childFields(c *portal.Child) []any {
	return append(append(pupilFields(&c.Pupil), contactFields(&c.Contact)...), responsibilityFields(&c.Responsibility)...)
}

func (t *tx) AccountChildren(account string) ([]portal.Child, error) {
	return list(t, childFields, "SELECT "+childColumns+` FROM account_contacts a JOIN contacts c ON c.id = a.contact_id
		JOIN responsibilities r ON r.contact_id = c.id JOIN pupils p ON p.id = r.pupil_id WHERE a.account_id = $1`+childOrder, account)
}

func (t *tx) ContactPupils(contact string) ([]portal.Child, error) {
	return list(t, childFields, "SELECT "+childColumns+` FROM contacts c
		JOIN responsibilities r ON r.contact_id = c.id JOIN pupils p ON p.id = r.pupil_id WHERE c.id = $1`+childOrder, contact)
}

func (t *tx) JoinContact(account, contact string, at time.Time) error {
	return t.put("INSERT INTO account_contacts (account_id, contact_id, joined) VALUES ($1, $2, $3) ON CONFLICT (account_id, contact_id) DO NOTHING", account, contact, at)
}

func (t *tx) LeaveContact(contact string) error {
	return t.put("DELETE FROM account_contacts WHERE contact_id = $1", contact)
}

func (t *tx) JoinedContacts(school string) (map[string]time.Time, error) {
	type join struct {
		contact string
		at      time.Time
	}
	joins, err := list(t, func(j *join) []any { return []any{&j.contact, stamp{&j.at}} },
		"SELECT c.id, a.joined FROM contacts c JOIN account_contacts a ON a.contact_id = c.id WHERE c.school = $1 ORDER BY a.joined DESC", school)
	if err != nil {
		return nil, err
	}
	first := make(map[string]time.Time, len(joins))
	for _, j := range joins {
		first[j.contact] = j.at
	}
	return first, nil
}

const invitationColumns = "i.id, i.contact_id, i.code_hash, i.issued, i.expires, i.used"

func invitationFields(i *portal.Invitation) []any {
	return []any{&i.ID, &i.ContactID, &i.CodeHash, stamp{&i.Issued}, stamp{&i.Expires}, stamp{&i.Used}}
}

func (t *tx) OpenInvitations(school string) (map[string]portal.Invitation, error) {
	all, err := list(t, invitationFields, "SELECT "+invitationColumns+" FROM invitations i JOIN contacts c ON c.id = i.contact_id WHERE c.school = $1 AND i.used IS NULL", school)
	if err != nil {
		return nil, err
	}
	open := make(map[string]portal.Invitation, len(all))
	for _, i := range all {
		open[i.ContactID] = i
	}
	return open, nil
}

func (t *tx) PutInvitation(i portal.Invitation) error {
	if err := t.put("UPDATE invitations SET used = $1 WHERE contact_id = $2 AND used IS NULL", i.Issued, i.ContactID); err != nil {
		return err
	}
	return t.put("INSERT INTO invitations (id, contact_id, code_hash, issued, expires, used) VALUES ($1, $2, $3, $4, $5, $6)",
		i.ID, i.ContactID, i.CodeHash, i.Issued, i.Expires, orNull(i.Used))
}

func (t *tx) InvitationByCode(codeHash string) (portal.Invitation, error) {
	return one(t, invitationFields, "SELECT "+invitationColumns+" FROM invitations i WHERE i.code_hash = $1", codeHash)
}

func (t *tx) UseInvitation(id string, at time.Time) error {
	n, err := t.exec("UPDATE invitations SET used = $1 WHERE id = $2 AND used IS NULL", at, id)
	if err != nil || n == 1 {
		return err
	}
	if _, err := one(t, value[string], "SELECT id FROM invitations WHERE id = $1", id); err != nil {
		return err
	}
	return portal.ErrConflict
}

func (t *tx) AddAttempt(key string, at time.Time) error {
	return t.put("INSERT INTO attempts (attempt_key, at) VALUES ($1, $2)", key, at)
}

func (t *tx) CountAttempts(key string, since time.Time) (int, error) {
	n, err := list(t, value[int], "SELECT COUNT(*) FROM attempts WHERE attempt_key = $1 AND at >= $2", key, since)
	if err != nil || len(n) == 0 {
		return 0, err
	}
	return n[0], nil
}

func (t *tx) DeleteAttemptsBefore(at time.Time) error {
	return t.put("DELETE FROM attempts WHERE at < $1", at)
}

func (t *tx) Session(hash string) (portal.Session, error) {
	return one(t, func(s *portal.Session) []any {
		return []any{&s.Hash, maybe{&s.AccountID}, document{&s.Handshake}, &s.ReturnTo, stamp{&s.Created}, stamp{&s.Expires}}
	}, "SELECT hash, account_id, handshake, return_to, created, expires FROM sessions WHERE hash = $1", hash)
}

func (t *tx) PutSession(s portal.Session) error {
	handshake, err := document{s.Handshake}.text()
	if err != nil {
		return err
	}
	return t.put(`INSERT INTO sessions (hash, account_id, handshake, return_to, created, expires) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (hash) DO UPDATE SET account_id = excluded.account_id, handshake = excluded.handshake, return_to = excluded.return_to,
			created = excluded.created, expires = excluded.expires`,
		s.Hash, textOrNull(s.AccountID), handshake, s.ReturnTo, s.Created, s.Expires)
}

func (t *tx) DeleteSession(hash string) error {
	return t.put("DELETE FROM sessions WHERE hash = $1", hash)
}

func (t *tx) DeleteHandshakesBefore(at time.Time) error {
	return t.put("DELETE FROM sessions WHERE account_id IS NULL AND expires < $1", at)
}

func (t *tx) DeleteSessionsBefore(at time.Time) error {
	return t.put("DELETE FROM sessions WHERE expires < $1", at)
}

func (t *tx) PutHeld(h portal.HeldForm) error {
	form, err := document{h.Form}.text()
	if err != nil {
		return err
	}
	return t.put(`INSERT INTO held_forms (account_id, path, form, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (account_id, path) DO UPDATE SET form = excluded.form, at = excluded.at`,
		h.AccountID, h.Path, form, h.At)
}

func (t *tx) TakeHeld(account, path string) (portal.HeldForm, error) {
	return one(t, func(h *portal.HeldForm) []any {
		return []any{&h.AccountID, &h.Path, document{&h.Form}, stamp{&h.At}}
	}, "DELETE FROM held_forms WHERE account_id = $1 AND path = $2 RETURNING account_id, path, form, at", account, path)
}

func (t *tx) DeleteHeldBefore(at time.Time) error {
	return t.put("DELETE FROM held_forms WHERE at < $1", at)
}
