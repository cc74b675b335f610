package store_test

import (
	"strings"
	"testing"

	"schoolgate/portal/store"
)

// The privacy notice is made of what is declared here, so every column of the
// database is declared, once, and nothing that is none.
func TestEveryColumnIsDeclared(t *testing.T) {
	declared := map[string]int{}
	for _, k := range store.KeptOfPeople {
		if k.What == "" || k.Why == "" || k.HowLong == "" {
			t.Errorf("%q lacks its why or how long", k.What)
		}
		for _, c := range k.Columns {
			declared[c]++
		}
	}
	for _, c := range store.Impersonal {
		declared[c]++
	}
	onBoth(t, func(t *testing.T, f *fixture) {
		query := "SELECT m.name || '.' || c.name FROM sqlite_schema m JOIN pragma_table_xinfo(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
		if f.driver == "pgx" {
			query = "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public'"
		}
		rows, err := f.raw().QueryContext(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		there := map[string]bool{"queue.*": true} // on PostgreSQL alone
		for rows.Next() {
			var column string
			if err := rows.Scan(&column); err != nil {
				t.Fatal(err)
			}
			table, _, _ := strings.Cut(column, ".")
			there[column], there[table+".*"] = true, true
			if n := declared[column] + declared[table+".*"]; n != 1 {
				t.Errorf("%s is declared %d times: say in kept.go what it is for and how long it is kept", column, n)
			}
		}
		for column := range declared {
			if !there[column] {
				t.Errorf("%s is declared, and there is no such column", column)
			}
		}
	})
}
