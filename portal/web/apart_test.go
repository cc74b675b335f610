package web

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"schoolgate/portal"
)

// Every route there is, as the table of them has it, is the same for one parent whatever
// the other does, or is done about them; also for a parent who works at the school. What a
// page shows grows by the looks at it alone.
func TestEveryRouteIsTheSameWhateverTheOtherDoes(t *testing.T) {
	for _, works := range []string{"", clerk, business, lead} {
		t.Run(fmt.Sprintf("she works as %q", works), func(t *testing.T) {
			w, ctx := newWorld(t), t.Context()
			w.portal.SendMail(portal.MailRules{Every: 7, Most: 1})
			if works != "" {
				w.account(mother, works)
			}
			base, asha, him := "/portal/office/fernlow/", "/portal/children/"+w.pupils["Asha"], w.contact(father)
			var pages []string
			for name, row := range table {
				if path, is := strings.CutPrefix(name, "GET "); is && !strings.Contains(path, "callback") {
					pages = append(pages, row.path(w, mother))
				}
			}
			for _, page := range []string{"may?class=4B&purpose=" + webPicture.Slug, "answers?pupil=" + w.pupils["Asha"], "restrictions?pupil=" + w.pupils["Asha"], "class?class=4B", "?class=4B", "record/contact/" + him} {
				pages = append(pages, base+page)
			}
			link := portal.Link{PupilID: w.pupils["Asha"], ContactID: him}
			w.must(w.portal.Restrict(ctx, portal.Operator, "fernlow", portal.RestrictForm{Link: portal.Link{PupilID: w.pupils["Ben"], ContactID: w.contact(mother)}, Takes: portal.MayBeWrittenTo, Why: "A number that is not nought"}))
			hers, his := w.as(mother), w.as(father)
			fetch := func() map[string]map[string]int {
				all := map[string]map[string]int{}
				keep := func(name string, got reply) {
					lines := map[string]int{fmt.Sprint(got.StatusCode, got.location()): 1}
					for name, values := range got.Header {
						if name != "X-Request-Id" && name != "Date" && name != "Content-Length" { // its own looks lengthen a page
							lines[fmt.Sprint(name, values)]++
						}
					}
					for line := range strings.Lines(got.body) {
						lines[line]++
					}
					all[name] = lines
				}
				for _, page := range pages {
					keep(page, hers.get(page))
				}
				for name, form := range map[string]url.Values{"find": lookFor(w), "export": asCSV(w), "slips": {"class": {"4B"}}} {
					keep("POST "+name, hers.post(base+name, form))
				}
				return all
			}
			grown := func(was, is map[string]int) map[string]int {
				by := map[string]int{}
				for line := range is {
					by[line] = is[line] - was[line]
				}
				for line := range was {
					by[line] = is[line] - was[line]
				}
				maps.DeleteFunc(by, func(_ string, n int) bool { return n == 0 })
				return by
			}
			says := func(answer string) {
				his.post(asha+"/consents/"+webPicture.Slug, url.Values{"answer": {answer}, "hash": {webPicture.Hash}}).wants(t, http.StatusSeeOther)
			}
			restrict := func(was, takes portal.Rights) {
				w.must(w.portal.Restrict(ctx, portal.Operator, "fernlow", portal.RestrictForm{Link: link, Was: was, Takes: takes, Why: "Seen"}))
			}
			fetch() // which leaves cookies
			was, is := fetch(), fetch()
			quiet := map[string]map[string]int{}
			for page := range is {
				quiet[page] = grown(was[page], is[page])
			}
			for _, act := range []struct {
				what string
				do   func()
			}{
				{"signs, and says no", func() {
					his.post(asha+"/agreements/home-school", signed(w)).wants(t, http.StatusSeeOther)
					says("refused")
				}},
				{"says yes, reads his record and tries a wrong code", func() {
					says("given")
					his.get("/portal/record").wants(t, http.StatusOK)
					his.post("/portal/join", url.Values{"code": {"7KQM-2XWT-9HBD"}, "born-day": {"1"}, "born-month": {"2"}, "born-year": {"2018"}}).wants(t, http.StatusUnprocessableEntity)
				}},
				{"is barred", func() { restrict(0, portal.MaySee|portal.MayBeWrittenTo) }},
				{"is barred no more", func() { restrict(portal.MaySee|portal.MayBeWrittenTo, 0) }},
				{"has lost his account", func() { w.must(w.portal.EndJoin(ctx, portal.Operator, "fernlow", him)) }},
				{"has a letter", func() {
					_, err := w.portal.Letters(ctx, portal.Operator, "fernlow", him)
					w.must(err)
				}},
				{"joins, and his address does not work", func() {
					letters, err := w.portal.Letters(ctx, portal.Operator, "fernlow", him)
					w.must(err)
					w.must(w.portal.Join(ctx, w.accounts[father], letters[0].Code, "2018-03-27"))
					w.send(portal.Delivery{Outcome: portal.Turned, Reason: "550 5.1.1", BadAddress: true})
				}},
			} {
				act.do()
				was, is = is, fetch()
				for page := range is {
					got := grown(was[page], is[page])
					if !maps.Equal(got, quiet[page]) {
						t.Errorf("he %s, and %s says so: %v; it would have said %v", act.what, page, got, quiet[page])
					}
				}
			}
		})
	}
}

// Nothing that one parent can fetch, of the portal or of the ledger, tells whether
// the other has acted: it is the same to the byte, until the next head at its set
// time, whose size and order say nothing either.
func TestParentsAreApart(t *testing.T) {
	for _, c := range []struct {
		first string
		wait  time.Duration // she has just joined, and a yes waits so long
	}{{"given", 0}, {"refused", 0}, {"given", 48 * time.Hour}} {
		first := c.first
		t.Run(fmt.Sprint("hers is ", first, ", which waits ", c.wait), func(t *testing.T) {
			w := newWorld(t)
			if w.wait = c.wait; c.wait > 0 {
				w.joinAgain(mother)
			}
			asha := "/portal/children/" + w.pupils["Asha"]
			hers, his := w.as(mother), w.as(father)
			answer := func(v *visitor, answer string) string {
				return v.post(asha+"/consents/"+webPicture.Slug, url.Values{"answer": {answer}, "hash": {webPicture.Hash}}).wants(t, http.StatusSeeOther).location()
			}
			receipts := []string{
				hers.post(asha+"/agreements/home-school", url.Values{"name": {"M. Okonedo"}, "agreed": {"yes"}, "hash": {homeSchool.Hash}}).wants(t, http.StatusSeeOther).location(),
				answer(hers, first),
			}
			fetch := func() map[string]string {
				t.Helper()
				all := map[string]string{}
				pages := []string{"/portal/", "/portal/join", asha + "/agreements/home-school", asha + "/consents/" + webPicture.Slug, receipts[0], receipts[1]}
				for _, r := range receipts {
					pages = append(pages, r+"/receipt.json")
				}
				for _, page := range pages {
					got := hers.get(page).wants(t, http.StatusOK)
					got.Header.Del("X-Request-Id")
					got.Header.Del("Date")
					all[page] = got.body
					if c.wait > 0 && !strings.Contains(got.body, "starts to use it on ") && page == receipts[1] {
						t.Error("her receipt does not say that her yes waits")
					}
					for _, name := range slices.Sorted(maps.Keys(got.Header)) {
						all[page] += "\n" + name + ": " + strings.Join(got.Header[name], ", ")
					}
				}
				for _, read := range []func(context.Context) ([]byte, error){w.portal.LedgerHead, w.portal.LedgerHeads, w.portal.LedgerKeys} {
					text, err := read(t.Context())
					w.must(err)
					all["the ledger"] += string(text)
				}
				return all
			}
			same := func(when string, before map[string]string) {
				t.Helper()
				for page, now := range fetch() {
					if now != before[page] {
						t.Errorf("%s, %s is not what it was:\n%s\nand was:\n%s", when, page, now, before[page])
					}
				}
			}
			publish := func() {
				t.Helper()
				w.later(24 * time.Hour)
				if done, err := w.ledger.Publish(t.Context(), w.store, w.clock()); err != nil || !done {
					t.Fatalf("published: %v, %v", done, err)
				}
				hers, his = w.as(mother), w.as(father)
			}
			for range 2 { // while hers wait for a head, and once they are under one
				before := fetch()
				for _, his1 := range []string{"refused", "given", "refused"} {
					answer(his, his1)
					same("he has said "+his1, before)
				}
				publish()
			}

			// A day in which he acts makes a tree as large as one in which he does not.
			size := func() (n int64) {
				w.must(w.store.View(t.Context(), func(tx portal.Tx) (err error) {
					n, err = tx.LedgerLeaves()
					return err
				}))
				return n
			}
			was := size()
			publish()
			quiet := size() - was
			answer(his, "given")
			publish()
			if busy := size() - was - quiet; busy != quiet {
				t.Errorf("a quiet day adds %d leaves, and one on which he acted %d", quiet, busy)
			}
		})
	}
}
