package store_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"schoolgate/portal"
	"schoolgate/portal/store"
	"schoolgate/portal/store/pgtest"
)

// A role that may not change or delete what is signed is enough to serve.
func TestGrants(t *testing.T) {
	address := pgtest.Database(t)
	owner := open(t, "pgx", address).raw()
	const role, quoted = `serving"role`, `"serving""role"`
	for _, statement := range []string{"CREATE ROLE " + quoted + " LOGIN", store.Grants(role)} {
		if _, err := owner.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	t.Cleanup(func() {
		if _, err := owner.Exec("DROP OWNED BY " + quoted + "; DROP ROLE " + quoted); err != nil {
			t.Error(err)
		}
	})
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	query.Set("user", role)
	u.RawQuery = query.Encode()
	serving := open(t, "pgx", u.String())

	// An ordinary day: a build, a list, a sign-in, an act with its seal, a head.
	for range 2 {
		serving.must(register)
	}
	serving.must(func(tx portal.Tx) error {
		return errors.Join(
			tx.PutSession(portal.Session{Hash: "h", AccountID: account.ID, Created: noon, Expires: noon}), tx.DeleteSession("h"),
			tx.AddAct(signature("s-1")),
			tx.AppendLedger(portal.LedgerEntry{RecordID: "s-1", Salt: make([]byte, 32), Record: []byte("{}"), At: noon}),
			tx.PlaceLedger(0, []portal.LedgerLeaf{{Entry: 0}}, 0, [][32]byte{{1}}),
			tx.AddLedgerHead(portal.LedgerHead{Head: "x", At: noon}), tx.AddLedgerKey(0, "x", noon),
		)
	})
	if _, err := serving.raw().Exec("BEGIN; LOCK TABLE queue IN EXCLUSIVE MODE; COMMIT"); err != nil {
		t.Errorf("updates cannot queue: %v", err)
	}

	of, _ := open(t, "pgx", address).backup()
	if backup, _ := serving.backup(); sorted(backup) != sorted(of) {
		t.Error("the role that serves backs up something else than the owner does")
	}

	raw := serving.raw()
	for table, column := range map[string]string{
		"texts": "title", "wordings": "sense", "acts": "typed_name", "ledger": "record", "ledger_leaves": "idx", "ledger_hashes": "hash",
		"ledger_heads": "head", "ledger_keys": "public", "schema_version": "version_id",
	} {
		for _, statement := range []string{
			"UPDATE " + table + " SET " + column + " = NULL", "DELETE FROM " + table, "TRUNCATE " + table + " CASCADE",
			"ALTER TABLE " + table + " DISABLE TRIGGER ALL", "DROP TABLE " + table + " CASCADE",
		} {
			if _, err := raw.Exec(statement); err == nil || !strings.Contains(err.Error(), "42501") {
				t.Errorf("%s: %v, want it refused for want of a right", statement, err)
			}
		}
	}
	// Who owns the schema erases.
	if err := serving.update(func(tx portal.Tx) error { return erased(tx, "s-1") }); !errors.Is(err, portal.ErrNoRight) {
		t.Errorf("the role that serves erases an act: %v", err)
	}
	if err := serving.Scrub(t.Context()); !errors.Is(err, portal.ErrTraces) {
		t.Errorf("the role that serves rewrites tables: %v", err)
	}
}
