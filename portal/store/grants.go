package store

import (
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// evidence is the tables whose rows are what somebody signed, or prove it.
var evidence = []string{"texts", "wordings", "acts", "ledger", "ledger_leaves", "ledger_hashes", "ledger_heads", "ledger_keys"}

// Grants is the SQL that lets a PostgreSQL role serve and no more: it adds to what
// is signed and never changes or deletes of it, nor the schema. The database's
// owner runs it after every change of the schema; erasing what has had its time is
// the owner's too.
func Grants(role string) string {
	to := pgx.Identifier{role}.Sanitize()
	return strings.Join([]string{
		"GRANT USAGE ON SCHEMA public TO " + to,
		"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO " + to,
		fmt.Sprintf("REVOKE UPDATE, DELETE, TRUNCATE ON %s FROM %s", strings.Join(evidence, ", "), to),
		"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON schema_version FROM " + to,
	}, ";\n") + ";\n"
}
