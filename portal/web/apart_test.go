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
					if c.wait > 0 && !strings.Contains(got.body, "The school waits until ") && page == receipts[1] {
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
