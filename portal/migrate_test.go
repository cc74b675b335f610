package portal_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"
	"time"

	"schoolgate/portal"
	"schoolgate/portal/ledger"
	"schoolgate/portal/store"
	"schoolgate/portal/store/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// A database that the first version of the program made, in which signatures and
// decisions had a table each, opens with every act, wording and proof as it was.
// testdata/first holds it as SQL, with a receipt that was given out.
func TestFirstDatabase(t *testing.T) {
	read := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join("testdata", "first", name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			dir := t.TempDir()
			driver, address := "sqlite3", filepath.Join(dir, "register.db")
			if engine == "postgres" {
				driver, address = "pgx", pgtest.Database(t)
			}
			raw, err := sql.Open(driver, address)
			if err != nil {
				t.Fatal(err)
			}
			defer raw.Close()
			if _, err := raw.Exec(string(read(engine + ".sql"))); err != nil {
				t.Fatal(err)
			}
			keyFile := filepath.Join(dir, "ledger.key")
			if err := os.WriteFile(keyFile, read("ledger.key"), 0o600); err != nil {
				t.Fatal(err)
			}
			w := &world{t: t, dir: dir, now: theFirstOfTerm.Add(time.Hour)}
			w.db, err = store.Open(t.Context(), address)
			w.ok(err)
			defer w.db.Close()
			w.use()
			w.whole(5)

			if got := answers(w.decisions("Ann")); got != "given(1) given(1) withdrawn(2)" {
				t.Errorf("about Ann it was decided: %s", got)
			}
			signed := w.signatures("Ann")
			if len(signed) != 1 || signed[0].TypedName != "Jo Lee" || signed[0].Version != 1 || signed[0].Seq != 1 {
				t.Fatalf("signed: %v", signed)
			}
			// A court order took everything; the head is asked which of it the order bars.
			if r, _ := w.restricted(anne, "Mr Max Stone", "Ann"); r.Responsibility.Barred != portal.AllRights || !r.Looks() || len(r.History) != 3 {
				t.Errorf("the stepfather may not %s: %+v", r.Responsibility.Barred, r.History)
			}
			if _, all, err := w.Restrictions(t.Context(), portal.Operator, anne, ""); err != nil || len(all) != 1 {
				t.Errorf("something is taken from %d contacts: %v", len(all), err)
			}

			receipt := read(engine + ".receipt.json")
			if act, err := ledger.CheckReceipt(receipt, w.keys(), nil, nil); err != nil || act.ID != signed[0].ID {
				t.Errorf("a receipt that was given out is of %v: %v", act, err)
			}
			r, err := w.Receipt(t.Context(), signed[0].By, signed[0].ID)
			if err != nil || r.Text.Source != w.mustText(signed[0].TextHash).Source || r.Text.Edition != 1 {
				t.Errorf("her receipt now: %v", err)
			}

			// What follows is sealed in today's form, in the same tree.
			w.decide(signed[0].By, w.answering("Ann", portal.Given))
			w.whole(6)
			all := w.decisions("Ann")
			if last := all[len(all)-1]; last.Version != portal.RecordVersion || last.Seq != 2 {
				t.Errorf("on record is %s", last.Record())
			}
		})
	}
}
