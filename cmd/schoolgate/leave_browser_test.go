package main

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// In a real browser the way back after leaving leads to the school's first page, by
// the button, by the list of what was visited and in another tab; and whoever comes
// back on purpose finds the worry. What leaving cannot do is what the control says: the
// other tab stands until somebody goes on from it.
func TestLeavingQuicklyInABrowser(t *testing.T) {
	browser := needBrowser(t)
	sites := t.TempDir()
	for name, html := range map[string]string{
		"": "<title>First page</title><a href=worried/>Worries</a>", "worried": "<title>A worry</title><h1>A worry</h1><a href=/leave>Leave this page</a>",
	} {
		dir := filepath.Join(sites, "fernlow-primary", "current", name)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "index.html"), []byte("<!doctype html><html lang=en>"+html), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/leave": // as it is, but for where it leads to: no test leaves this machine
			away := answer(leave(false), "/leave", nil)
			maps.Copy(w.Header(), away.Header())
			w.Header().Set("Refresh", "0; url=/elsewhere")
			w.Write(away.Body.Bytes())
		case "/elsewhere":
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, "<!doctype html><title>Elsewhere</title><p id=elsewhere>")
		default:
			publicSites(sites).ServeHTTP(w, r)
		}
	}))
	t.Cleanup(s.Close)

	v := browser.open(t, "", s.URL)
	ctx, stop := chromedp.NewContext(v.ctx) // another tab of the same browser
	t.Cleanup(stop)
	other := &visitor{t: t, ctx: ctx, address: s.URL}
	shown := func(v *visitor, what, want string) {
		t.Helper()
		if got := v.text(`document.title`); got != want {
			t.Errorf("%s: the window shows %q, want %q", what, got, want)
		}
	}
	shows := func(what, want string) { t.Helper(); shown(v, what, want) }
	for _, tab := range []*visitor{other, v} {
		tab.do(chromedp.Navigate(s.URL + "/fernlow-primary/"))
		tab.follow(chromedp.Click(`//a[.="Worries"]`))
		shown(tab, "a worry", "A worry")
	}
	visited, err := chromedp.Run(v.ctx, chromedp.NavigationEntries())
	if err != nil {
		t.Fatal(err)
	}
	worry := visited.Entries[len(visited.Entries)-1].ID
	v.follow(chromedp.Click(`//a[.="Leave this page"]`))
	v.do(chromedp.WaitReady(`#elsewhere`))
	shown(other, "the other tab, which leaving cannot close", "A worry")
	other.do(chromedp.Navigate(s.URL + "/elsewhere"))
	other.do(chromedp.NavigateBack())
	shown(other, "the way back in the other tab", "First page")
	v.do(chromedp.NavigateToHistoryEntry(worry))
	shows("the way back by the list of what was visited", "First page")
	v.do(chromedp.Navigate(s.URL + "/fernlow-primary/"))
	v.follow(chromedp.Click(`//a[.="Worries"]`))
	shows("coming back on purpose", "A worry")
	v.do(chromedp.Navigate(s.URL + "/fernlow-primary/worried/"))
	shows("an address that is typed", "A worry")
	v.follow(chromedp.Click(`//a[.="Leave this page"]`))
	v.do(chromedp.WaitReady(`#elsewhere`))
	v.do(chromedp.NavigateBack())
	shows("the way back to an address that was typed", "First page")
}
