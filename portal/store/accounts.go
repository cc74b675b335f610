package store

import (
	"slices"
	"time"

	"schoolgate/portal"
)

var accounts = newTable("accounts", "a", "id", func(a *portal.Account) []field {
	i := &a.Identity
	return []field{
		{"id", &a.ID}, {"provider", &i.Provider}, {"issuer", &i.Issuer}, {"subject", &i.Subject}, {"name", &i.Name}, {"staff_email", &i.StaffEmail},
		{"created", stamp{&a.Created}}, {"last_sign_in", stamp{&a.LastSignIn}},
	}
})

func (t *tx) Account(id string) (portal.Account, error) {
	return one(t, accounts.scan, "SELECT "+accounts.columns+" FROM accounts a WHERE a.id = $1", id)
}

func (t *tx) AccountByIdentity(provider, issuer, subject string) (portal.Account, error) {
	return one(t, accounts.scan, "SELECT "+accounts.columns+" FROM accounts a WHERE a.provider = $1 AND a.issuer = $2 AND a.subject = $3", provider, issuer, subject)
}

func (t *tx) PutAccount(a portal.Account) error {
	return put(t, accounts, &a)
}

func (t *tx) DeleteStrangersBefore(at time.Time) error {
	const strangers = `last_sign_in < $1 AND staff_email = ''
		AND id NOT IN (SELECT account_id FROM account_contacts)
		AND id NOT IN (SELECT account_id FROM sessions WHERE account_id IS NOT NULL)
		AND id NOT IN (SELECT account_id FROM held_forms)
		AND id NOT IN (SELECT entered_by FROM acts)`
	return t.change("accounts", strangers, []any{at}, func() error { return t.put("DELETE FROM accounts WHERE "+strangers, at) })
}

func (t *tx) AccountContacts(account string) ([]portal.Contact, error) {
	return list(t, contacts.scan, "SELECT "+contacts.columns+" FROM account_contacts a JOIN contacts c ON c.id = a.contact_id WHERE a.account_id = $1 AND a.ended IS NULL ORDER BY c.id", account)
}

var childColumns = pupils.columns + ", " + contacts.columns + ", " + responsibilities.columns + barred

// A child without a date of birth comes last.
const childOrder = " ORDER BY CASE p.born WHEN '' THEN 1 ELSE 0 END, p.born, p.sort_key, p.id, c.id"

func childFields(c *portal.Child) []any {
	return slices.Concat(pupils.scan(&c.Pupil), contacts.scan(&c.Contact), responsibilityFields(&c.Responsibility))
}

func (t *tx) AccountChildren(account string) ([]portal.Child, error) {
	fields := func(c *portal.Child) []any { return append(childFields(c), stamp{&c.Since}, stamp{&c.Counts}, &c.Sure) }
	return list(t, fields, "SELECT "+childColumns+`, j.since, a.counts, a.confirmed IS NOT NULL OR a.counts IS NULL OR a.counts <= a.joined FROM account_contacts a JOIN contacts c ON c.id = a.contact_id
		JOIN responsibilities r ON r.contact_id = c.id JOIN pupils p ON p.id = r.pupil_id
		LEFT JOIN joined_children j ON j.account_id = a.account_id AND j.contact_id = c.id AND j.pupil_id = p.id
		WHERE a.account_id = $1 AND a.ended IS NULL`+childOrder, account)
}

func (t *tx) AccountFamily(account, email string) ([]portal.Responsibility, error) {
	const mine = "(SELECT a.contact_id FROM account_contacts a WHERE a.account_id = $1 AND a.ended IS NULL)"
	fields := func(r *portal.Responsibility) []any { return []any{&r.PupilID, &r.ContactID, &r.Barred, &r.Unsettled} }
	return list(t, fields, "SELECT r.pupil_id, r.contact_id"+barred+`, FALSE FROM (
			SELECT j.pupil_id, j.contact_id FROM joined_children j WHERE j.account_id = $1 AND j.contact_id IN `+mine+`
			UNION SELECT s.pupil_id, s.contact_id FROM restrictions s WHERE s.until IS NULL AND s.contact_id IN `+mine+`
		) r WHERE NOT EXISTS (SELECT 1 FROM responsibilities l WHERE l.pupil_id = r.pupil_id AND l.contact_id = r.contact_id)
		UNION ALL SELECT r.pupil_id, r.contact_id, 0, COALESCE(g.staff, '') NOT LIKE $2 || ' %' || r.pupil_id || '%' FROM contacts c JOIN responsibilities r ON r.contact_id = c.id
			LEFT JOIN mailings g ON g.contact_id = c.id WHERE COALESCE(g.not_staff, '') <> $2 AND LOWER(c.email) = $2 AND $2 <> ''
			AND (SELECT COUNT(DISTINCT x.name) FROM contacts x WHERE LOWER(x.email) = $2) <= 3`, account, email)
}

func (t *tx) ContactPupils(contact string) ([]portal.Child, error) {
	return list(t, childFields, "SELECT "+childColumns+` FROM contacts c
		JOIN responsibilities r ON r.contact_id = c.id JOIN pupils p ON p.id = r.pupil_id WHERE c.id = $1`+childOrder, contact)
}

func (t *tx) PupilContacts(pupil string) ([]portal.Child, error) {
	return list(t, childFields, "SELECT "+childColumns+` FROM responsibilities r JOIN contacts c ON c.id = r.contact_id
		JOIN pupils p ON p.id = r.pupil_id WHERE r.pupil_id = $1 ORDER BY CASE r.priority WHEN 0 THEN 1 ELSE 0 END, r.priority, c.id`, pupil)
}

var joins = newTable("account_contacts", "j", "account_id, contact_id", func(j *portal.Join) []field {
	return []field{
		{"account_id", &j.AccountID}, {"contact_id", &j.ContactID}, {"invitation_id", maybe{&j.InvitationID}},
		{"joined", stamp{&j.At}}, {"counts", stamp{&j.Counts}}, {"confirmed", stamp{&j.Confirmed}}, {"ended", stamp{&j.Ended}},
	}
})

func (t *tx) PutJoin(j portal.Join) error { return put(t, joins, &j) }

func (t *tx) Joins(school string) ([]portal.Join, error) {
	fields := func(j *portal.Join) []any { return append(joins.scan(j), stamp{&j.Issued}, &j.IssuedBy) }
	return list(t, fields, "SELECT "+joins.columns+`, i.issued, COALESCE(i.issued_by, '') FROM contacts c JOIN account_contacts j ON j.contact_id = c.id
		LEFT JOIN invitations i ON i.id = j.invitation_id WHERE c.school = $1 AND j.ended IS NULL ORDER BY j.joined, c.id`, school)
}

func (t *tx) JoinChild(contact, pupil string, at time.Time) error {
	return t.change("joined_children", "contact_id = $1 AND pupil_id = $2", []any{contact, pupil}, func() error {
		return t.put(`INSERT INTO joined_children (account_id, contact_id, pupil_id, since)
			SELECT account_id, contact_id, $2, $3 FROM account_contacts WHERE contact_id = $1 AND ended IS NULL
			ON CONFLICT (account_id, contact_id, pupil_id) DO NOTHING`, contact, pupil, at)
	})
}

func (t *tx) JoinedChildren(school string) (map[portal.Link]time.Time, error) {
	type join struct {
		portal.Link
		since time.Time
	}
	all, err := list(t, func(j *join) []any { return []any{&j.ContactID, &j.PupilID, stamp{&j.since}} },
		"SELECT j.contact_id, j.pupil_id, j.since FROM contacts c JOIN joined_children j ON j.contact_id = c.id WHERE c.school = $1", school)
	out := make(map[portal.Link]time.Time, len(all))
	for _, j := range all {
		out[j.Link] = j.since
	}
	return out, err
}

func (t *tx) LeaveContact(contact string, at time.Time) error {
	if err := t.remove("joined_children", "contact_id = $1", contact); err != nil {
		return err
	}
	return t.change("account_contacts", "contact_id = $1", []any{contact}, func() error {
		return t.put("UPDATE account_contacts SET ended = $1 WHERE contact_id = $2 AND ended IS NULL", at, contact)
	})
}

func (t *tx) JoinedContacts(school string) (map[string]time.Time, error) {
	all, err := t.Joins(school)
	if err != nil {
		return nil, err
	}
	first := make(map[string]time.Time, len(all))
	for _, j := range slices.Backward(all) {
		first[j.ContactID] = j.At
	}
	return first, nil
}

var invitations = newTable("invitations", "i", "id", func(i *portal.Invitation) []field {
	return []field{
		{"id", &i.ID}, {"contact_id", &i.ContactID}, {"code_hash", &i.CodeHash},
		{"issued", stamp{&i.Issued}}, {"issued_by", &i.IssuedBy}, {"mailed", &i.Mailed}, {"expires", stamp{&i.Expires}}, {"used", stamp{&i.Used}}, {"died", stamp{&i.Died}},
	}
})

func (t *tx) OpenInvitations(school string) (map[string]portal.Invitation, error) {
	all, err := list(t, invitations.scan, "SELECT "+invitations.columns+" FROM invitations i JOIN contacts c ON c.id = i.contact_id WHERE c.school = $1 AND i.used IS NULL", school)
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
	return t.change("invitations", "contact_id = $1", []any{i.ContactID}, func() error {
		if err := t.put("UPDATE invitations SET used = $1 WHERE contact_id = $2 AND used IS NULL", i.Issued, i.ContactID); err != nil {
			return err
		}
		return t.put(invitations.insert, invitations.values(&i)...)
	})
}

func (t *tx) InvitationByCode(codeHash string) (portal.Invitation, error) {
	return one(t, invitations.scan, "SELECT "+invitations.columns+" FROM invitations i WHERE i.code_hash = $1", codeHash)
}

func (t *tx) UseInvitation(id string, at time.Time) error {
	var n int64
	err := t.change("invitations", "id = $1", []any{id}, func() (err error) {
		n, err = t.exec("UPDATE invitations SET used = $1 WHERE id = $2 AND used IS NULL", at, id)
		return err
	})
	if err != nil || n == 1 {
		return err
	}
	if _, err := one(t, value[string], "SELECT id FROM invitations WHERE id = $1", id); err != nil {
		return err
	}
	return portal.ErrConflict
}

func (t *tx) EndInvitation(id string, at time.Time) error {
	return t.change("invitations", "id = $1", []any{id}, func() error { return t.put("UPDATE invitations SET died = $1 WHERE id = $2", at, id) })
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

var sessions = newTable("sessions", "s", "hash", func(s *portal.Session) []field {
	return []field{
		{"hash", &s.Hash}, {"account_id", maybe{&s.AccountID}}, {"handshake", document{&s.Handshake}}, {"return_to", &s.ReturnTo},
		{"created", stamp{&s.Created}}, {"expires", stamp{&s.Expires}},
		{"name", &s.Name}, {"device", &s.Device}, {"network", &s.Network}, {"second_factor", &s.SecondFactor},
		{"authenticated", stamp{&s.Authenticated}}, {"renewed", &s.Renewed}, {"confirmed", stamp{&s.Confirmed}},
	}
})

func (t *tx) SessionAccount(hash string) (portal.Session, portal.Account, error) {
	type both struct {
		session portal.Session
		account portal.Account
	}
	b, err := one(t, func(b *both) []any { return append(sessions.scan(&b.session), accounts.scan(&b.account)...) },
		"SELECT "+sessions.columns+", "+accounts.columns+" FROM sessions s JOIN accounts a ON a.id = s.account_id WHERE s.hash = $1", hash)
	return b.session, b.account, err
}

func (t *tx) AccountSessions(account string) ([]portal.Session, error) {
	return list(t, sessions.scan, "SELECT "+sessions.columns+" FROM sessions s WHERE s.account_id = $1 ORDER BY s.created DESC, s.hash", account)
}

func (t *tx) Session(hash string) (portal.Session, error) {
	return one(t, sessions.scan, "SELECT "+sessions.columns+" FROM sessions s WHERE s.hash = $1", hash)
}

func (t *tx) PutSession(s portal.Session) error {
	return t.put(sessions.upsert, sessions.values(&s)...)
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

var held = newTable("held_forms", "h", "account_id, path", func(h *portal.HeldForm) []field {
	return []field{{"account_id", &h.AccountID}, {"path", &h.Path}, {"form", document{&h.Form}}, {"at", stamp{&h.At}}}
})

func (t *tx) PutHeld(h portal.HeldForm) error { return t.put(held.upsert, held.values(&h)...) }

func (t *tx) Held(account, path string) (portal.HeldForm, error) {
	return one(t, held.scan, "SELECT "+held.columns+" FROM held_forms h WHERE h.account_id = $1 AND h.path = $2", account, path)
}

func (t *tx) DropHeld(account, path string) error {
	return t.put("DELETE FROM held_forms WHERE account_id = $1 AND path = $2", account, path)
}

func (t *tx) DeleteHeldBefore(at time.Time) error {
	return t.put("DELETE FROM held_forms WHERE at < $1", at)
}
