package web

import (
	"crypto/rand"
	"net/http"
	"sync"
	"time"
)

// Limits of what is kept: pages, of one account each; bytes of a page; and time.
const (
	againMost = 500
	againSize = 256 << 10
	againLife = time.Hour
)

// againQuery, in the address of a form, asks for the page that said what was wrong
// with it.
const againQuery = "again"

// pagesAgain are the pages that said what was wrong with a form, each account's
// last. A page that answers a POST, and that no cache may hold, cannot be gone
// back to: the browser shows an error of its own. So the browser is sent to an
// address that has the page for a while. They are in memory alone, as they hold
// what was typed.
type pagesAgain struct {
	mu    sync.Mutex
	pages map[string]pageAgain // by account
}

type pageAgain struct {
	token, path string
	status      int
	body        []byte
	at          time.Time
}

// showAgain answers a form that was not taken with the page that says why.
func (s *server) showAgain(w http.ResponseWriter, r *http.Request, status int, p page) error {
	body, err := s.render(r, p)
	if err != nil {
		return err
	}
	if r.Method != http.MethodPost || account(r) == "" || s.wayBack(r) != r.URL.Path || len(body) > againSize {
		return writePage(w, status, body)
	}
	token := s.again.put(account(r), pageAgain{path: r.URL.Path, status: status, body: body})
	q := r.URL.Query() // what the form goes on with, such as the questions in turn
	q.Set(againQuery, token)
	return seeOther(w, r, r.URL.Path+"?"+q.Encode())
}

// showPageAgain answers a request for a page that is kept. One that is no longer kept
// is the form as it begins.
func (s *server) showPageAgain(w http.ResponseWriter, r *http.Request) (shown bool) {
	token := r.URL.Query().Get(againQuery)
	if token == "" || r.Method == http.MethodPost {
		return false
	}
	p, ok := s.again.get(account(r))
	if !ok || p.token != token || p.path != r.URL.Path {
		return false
	}
	_ = writePage(w, p.status, p.body) // whoever asked has gone
	return true
}

func (k *pagesAgain) put(account string, p pageAgain) (token string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	p.token, p.at = rand.Text(), time.Now()
	if k.pages == nil {
		k.pages = map[string]pageAgain{}
	}
	delete(k.pages, account)
	oldest := ""
	for who, q := range k.pages {
		if p.at.Sub(q.at) > againLife {
			delete(k.pages, who)
		} else if oldest == "" || q.at.Before(k.pages[oldest].at) {
			oldest = who
		}
	}
	if len(k.pages) >= againMost {
		delete(k.pages, oldest)
	}
	k.pages[account] = p
	return p.token
}

func (k *pagesAgain) get(account string) (pageAgain, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	p, ok := k.pages[account]
	return p, ok && time.Since(p.at) <= againLife
}
