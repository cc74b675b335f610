package portal_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"schoolgate/portal"
	"schoolgate/portal/store/pgtest"
)

// Whoever changes by hand, in the database, what is taken from whom, who acts as whom or
// what one wording has in common with another, is found by comparing with what is sealed.
func TestARegisterChangedByHandIsNoticed(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			driver, address := "sqlite3", ""
			w := newWorldAt(t, func(dir string) string {
				if address = filepath.Join(dir, "register.db"); engine == "postgres" {
					driver, address = "pgx", pgtest.Database(t)
				}
				return address
			})
			raw, err := sql.Open(driver, address)
			w.ok(err)
			defer raw.Close()
			settledIn(w)
			w.ok(w.SealRegister(t.Context()))

			// All that the portal itself does, it finds in order.
			w.wait = portal.YesAfter
			letters := w.letters(anne)
			jo, al := w.account("jo"), w.account("al")
			w.ok(w.Join(t.Context(), jo, letters["Mrs Jo Lee"].Code, annsBirthday))
			w.ok(w.Join(t.Context(), al, letters["Mr Al Lee"].Code, annsBirthday))
			w.ok(w.ConfirmJoins(t.Context(), w.staff("office@anne.example"), anne, w.contact(anne, "Mrs Jo Lee")))
			w.parent(anne, "Ms Pia Poe")
			w.ok(w.EndJoin(t.Context(), portal.Operator, anne, w.contact(anne, "Ms Pia Poe")))
			w.takes("Mr Al Lee", "Ann", portal.AllRights)
			w.pass(time.Hour)
			w.takes("Mr Al Lee", "Ann", portal.MayDecide|portal.MayBeWrittenTo)
			w.takes("Mr Max Stone", "Ann", portal.MaySee) // what a list said, looked at
			s := school(anne, 1)
			for i := range s.Texts {
				s.Texts[i].Sense = s.Texts[i].Hash
			}
			s.Texts = append(s.Texts, text(anne, portal.Purpose, "new", 1, ""))
			s.Texts[len(s.Texts)-1].Sense = "what it says"
			w.ok(w.SetSchools(t.Context(), []portal.School{s}))
			w.ok(w.CheckRegister(t.Context()))
			w.whole(0)

			link := "pupil_id = '" + w.pupil("Ann") + "' AND contact_id = '" + w.contact(anne, "Mr Al Lee") + "'"
			anns := "contact_id = '" + w.contact(anne, "Mrs Jo Lee") + "'"
			pia := w.contact(anne, "Ms Pia Poe")
			for _, c := range []struct{ name, do, undo, says string }{
				{"an order is lifted", "UPDATE restrictions SET until = since, lifted_by = set_by, lifted_why = 'x' WHERE takes = 2 AND " + link,
					"UPDATE restrictions SET until = NULL, lifted_by = '', lifted_why = '' WHERE takes = 2 AND " + link, "was lifted, and nobody is on record"},
				{"an order moves to another child", "UPDATE restrictions SET pupil_id = '" + w.pupil("Bo") + "' WHERE takes = 2 AND " + link,
					"UPDATE restrictions SET pupil_id = '" + w.pupil("Ann") + "' WHERE takes = 2 AND contact_id = '" + w.contact(anne, "Mr Al Lee") + "'", "restriction"},
				{"an order is set", "UPDATE restrictions SET until = NULL, lifted_by = '', lifted_why = '' WHERE takes = 1 AND " + link,
					"UPDATE restrictions SET until = since, lifted_by = 'x', lifted_why = 'x' WHERE takes = 1 AND " + link, "nobody is on record who set it"},
				{"why it was set", "UPDATE restrictions SET why = 'Another reason' WHERE takes = 2 AND " + link,
					"UPDATE restrictions SET why = 'As the order of 3 May says' WHERE takes = 2 AND " + link, "who set it, or why, was changed"},
				{"a join is added", "INSERT INTO account_contacts (account_id, contact_id, joined) VALUES ('" + al + "', '" + pia + "', '2026-09-07 09:00:00')",
					"DELETE FROM account_contacts WHERE account_id = '" + al + "' AND contact_id = '" + pia + "'", "nobody is on record as having joined"},
				{"a join comes back", "UPDATE account_contacts SET ended = NULL WHERE contact_id = '" + pia + "'",
					"UPDATE account_contacts SET ended = joined WHERE contact_id = '" + pia + "'", "nobody is on record as having joined"},
				{"a join is ended", "UPDATE account_contacts SET ended = joined WHERE " + anns, "UPDATE account_contacts SET ended = NULL WHERE " + anns, "nobody is on record who ended it"},
				{"a join is confirmed", "UPDATE account_contacts SET confirmed = joined WHERE account_id = '" + al + "'",
					"UPDATE account_contacts SET confirmed = NULL WHERE account_id = '" + al + "'", "nobody is on record who did it"},
				{"a yes counts sooner", "UPDATE account_contacts SET counts = joined WHERE account_id = '" + al + "'", "", "counts was changed"},
			} {
				_, err := raw.Exec(c.do)
				w.ok(err)
				if err := w.CheckRegister(t.Context()); err == nil || !strings.Contains(err.Error(), c.says) {
					t.Errorf("%s: %v", c.name, err)
				}
				if c.undo != "" {
					_, err = raw.Exec(c.undo)
					w.ok(err)
					w.ok(w.CheckRegister(t.Context()))
				}
			}
			// Nor is it sealed as it is now by the next start.
			w.ok(w.SealRegister(t.Context()))
			if w.CheckRegister(t.Context()) == nil {
				t.Error("what was changed by hand is taken for what it was")
			}
		})
	}
}
