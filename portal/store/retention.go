package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"schoolgate/portal"
)

var keepings = newTable("keepings", "k", "pupil_id", func(k *portal.Keeping) []field {
	return []field{{"pupil_id", &k.PupilID}, {"until", &k.Until}, {"reason", &k.Reason}, {"kept_by", &k.By}, {"at", stamp{&k.At}}}
})

func (t *tx) PutKeeping(k portal.Keeping) error {
	return put(t, keepings, &k)
}

func (t *tx) DeleteKeeping(pupil string) error {
	return t.remove("keepings", "pupil_id = $1", pupil)
}

func (t *tx) Keepings(school string) ([]portal.Keeping, error) {
	return list(t, keepings.scan, "SELECT "+keepings.columns+" FROM pupils p JOIN keepings k ON k.pupil_id = p.id WHERE p.school = $1", school)
}

func (t *tx) ErasePupil(id string) error {
	for _, table := range []string{"keepings", "joined_children", "restrictions", "responsibilities"} {
		if err := t.remove(table, "pupil_id = $1", id); err != nil {
			return err
		}
	}
	if err := t.remove("access_grants", "holder_kind = 'pupil' AND holder_id = $1", id); err != nil {
		return err
	}
	if err := t.forgetNamed("pupils", id); err != nil {
		return err
	}
	return t.remove("pupils", "id = $1", id)
}

// remove deletes the rows of a table that a condition picks.
func (t *tx) remove(table, where string, args ...any) error {
	return t.change(table, where, args, func() error { return t.put("DELETE FROM "+table+" WHERE "+where, slices.Clone(args)...) })
}

func (t *tx) EraseContact(id string) error {
	for _, table := range []string{"joined_children", "account_contacts", "invitations", "outbox", "mailings"} {
		if err := t.remove(table, "contact_id = $1", id); err != nil {
			return err
		}
	}
	if err := t.forgetNamed("contacts", id); err != nil {
		return err
	}
	return t.remove("contacts", "id = $1", id)
}

// forgetNamed deletes what else holds the name of a pupil or a contact.
func (t *tx) forgetNamed(table, id string) error {
	if err := t.put("DELETE FROM name_words WHERE person_id = $1", id); err != nil {
		return err
	}
	return t.remove("list_undos", "school = (SELECT school FROM "+table+" WHERE id = $1)", id)
}

// Whoever is restricted stays known as that. So does, as long as a pupil whom they could
// see is on record, whoever somebody joined as: a contact may be made up, to look, and be
// dropped again. The event of it goes with that pupil.
const unneeded = "NOT EXISTS (SELECT 1 FROM responsibilities r WHERE r.contact_id = contacts.id) AND NOT EXISTS (SELECT 1 FROM restrictions s WHERE s.contact_id = contacts.id) AND NOT EXISTS (SELECT 1 FROM acts a WHERE a.contact_id = contacts.id)" +
	" AND NOT EXISTS (SELECT 1 FROM acts a WHERE a.kind = 'join-extended' AND a.subject_id = contacts.id)"

func (t *tx) MarkUnneeded(school string, at time.Time) error {
	if err := t.put("UPDATE contacts SET unneeded_since = NULL WHERE school = $1 AND unneeded_since IS NOT NULL AND NOT ("+unneeded+")", school); err != nil {
		return err
	}
	return t.put("UPDATE contacts SET unneeded_since = $2 WHERE school = $1 AND unneeded_since IS NULL AND "+unneeded, school, at)
}

func (t *tx) UnneededContacts(school string) ([]portal.Unneeded, error) {
	return list(t, func(u *portal.Unneeded) []any { return []any{&u.ContactID, stamp{&u.Since}} },
		"SELECT contacts.id, contacts.unneeded_since FROM contacts WHERE contacts.school = $1 AND "+unneeded+" ORDER BY contacts.id", school)
}

func (t *tx) ContactAccounts(contact string) ([]portal.Account, error) {
	return list(t, accounts.scan, "SELECT "+accounts.columns+" FROM account_contacts j JOIN accounts a ON a.id = j.account_id WHERE j.contact_id = $1 ORDER BY a.id", contact)
}

func (t *tx) IdleStaff(before time.Time) ([]portal.Account, error) {
	return list(t, accounts.scan, "SELECT "+accounts.columns+" FROM accounts a WHERE a.staff_email <> '' AND a.last_sign_in < $1 ORDER BY a.id", before)
}

func (t *tx) EraseAccount(id string) (bool, error) {
	const unneeded = ` AND NOT EXISTS (SELECT 1 FROM account_contacts j WHERE j.account_id = $1) AND NOT EXISTS (SELECT 1 FROM acts a WHERE a.entered_by = $1)`
	for table, column := range map[string]string{"sessions": "account_id", "held_forms": "account_id", "held_lists": "account_id", "sittings": "opened_by"} {
		if err := t.put("DELETE FROM "+table+" WHERE "+column+" = $1"+unneeded, id); err != nil {
			return false, err
		}
	}
	var n int64
	err := t.change("accounts", "id = $1", []any{id}, func() (err error) {
		n, err = t.exec("DELETE FROM accounts WHERE id = $1"+unneeded, id)
		return err
	})
	return n > 0, err
}

// What was erased is itself on record for good, and so is that two wordings mean the
// same: answers count by it.
var anEvent = events + " AND a.kind NOT IN (" + quoted(append(portal.SignedKinds(), portal.WordingAgreed)) + ")"

// aged is an event that goes when it is old enough, whomever it names.
var aged = anEvent + " AND a.kind NOT IN (" + quoted(portal.HeldEvents()) + ")"

func (t *tx) EventsNaming(school, id string) ([]portal.Act, error) {
	return list(t, acts.scan, "SELECT "+acts.columns+" FROM acts a WHERE a.school = $1 AND "+anEvent+
		" AND (a.subject_id = $2 OR a.party_id = $2 OR a.details LIKE '%' || $2 || '%') ORDER BY a.at, a.id", school, id)
}

func (t *tx) EventsBefore(school string, at time.Time, most int) ([]portal.Act, error) {
	return list(t, acts.scan, "SELECT "+acts.columns+" FROM acts a WHERE a.school = $1 AND "+aged+" AND a.at < $2 ORDER BY a.at, a.id LIMIT $3", school, at, most)
}

func (t *tx) CountEvents(school string, before time.Time) (int, error) {
	return one(t, value[int], "SELECT COUNT(*) FROM acts a WHERE a.school = $1 AND "+aged+" AND a.at < $2", school, before)
}

// Scrub sees to it that what was erased is left in no file of the database's, as far
// as the engine can. SQLite overwrites what is deleted, but its log holds pages as they
// were until it is emptied. PostgreSQL leaves rows in their pages until others take the
// room: so the tables that hold something of people are written anew, to other files,
// while their readers wait. Its log is the server's own to throw away.
func (db *DB) Scrub(ctx context.Context) error {
	if db.write == db.read {
		return db.rewrite(ctx)
	}
	var busy, pages, moved int
	if err := db.write.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved); err != nil {
		_, err = db.engine.clean(ctx, "empty the log", err)
		return err
	}
	if busy != 0 {
		return fmt.Errorf("store: %w", errBusyLog)
	}
	return nil
}

var (
	errBusyLog = fmt.Errorf("%w, in its log, as somebody was reading it: that is emptied when the server is stopped", portal.ErrTraces)
	errPages   = fmt.Errorf("%w, until its pages are written over: have the owner of the tables run VACUUM (FULL) in a quiet hour", portal.ErrTraces)
)

// rewrite writes PostgreSQL's tables of people anew. It does not wait for long for who
// reads them, as everybody after it would wait too.
func (db *DB) rewrite(ctx context.Context) error {
	var tables []string
	for _, kept := range KeptOfPeople {
		for _, column := range kept.Columns {
			table, _, _ := strings.Cut(column, ".")
			tables = append(tables, table)
		}
	}
	slices.Sort(tables)
	tables = slices.Compact(tables)
	conn, err := db.write.Conn(ctx)
	if err != nil {
		_, err = db.engine.clean(ctx, "rewrite", err)
		return err
	}
	defer conn.Close()
	owner := false
	err = conn.QueryRowContext(ctx, "SELECT bool_and(pg_has_role(c.relowner, 'USAGE')) FROM pg_class c WHERE c.oid = ANY($1::text[]::regclass[])", tables).Scan(&owner)
	if err == nil && !owner { // it would be skipped with a warning
		return fmt.Errorf("store: %w", errPages)
	}
	if err == nil {
		_, err = conn.ExecContext(ctx, "SET lock_timeout = '10s'")
	}
	if err == nil {
		_, err = conn.ExecContext(ctx, "VACUUM (FULL) "+strings.Join(tables, ", "))
		_, err2 := conn.ExecContext(context.WithoutCancel(ctx), "RESET lock_timeout")
		err = errors.Join(err, err2)
	}
	if err != nil {
		_, err = db.engine.clean(ctx, "rewrite", err)
		return fmt.Errorf("%w: %w", err, errPages)
	}
	return nil
}

func (t *tx) ContactActs(contact string) ([]portal.Act, error) {
	return list(t, acts.scan, "SELECT "+acts.columns+" FROM acts a WHERE a.contact_id = $1 ORDER BY a.at, a.seq, a.id", contact)
}

func (t *tx) ContactInvitations(contact string) ([]portal.Invitation, error) {
	return list(t, invitations.scan, "SELECT "+invitations.columns+" FROM invitations i WHERE i.contact_id = $1 ORDER BY i.issued, i.id", contact)
}
