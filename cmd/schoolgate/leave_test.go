package main

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

// No browser keeps a page of worries, and after leaving in a hurry the way back
// leads to the first page, until somebody asks for a worry on purpose.
func TestLeavingQuickly(t *testing.T) {
	sites := t.TempDir()
	for _, page := range []string{"fernlow-primary/current/worried", "fernlow-primary/current/pupils", "fernlow-primary/current/a-to-z", "_trust/current/help"} {
		dir := filepath.Join(sites, filepath.FromSlash(page))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "index.html"), []byte("<h1>A page</h1>"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	site := publicSites(sites)
	away := answer(leave(true), "/leave", nil).Result()
	if away.StatusCode != http.StatusOK || away.Header.Get("Refresh") != "0; url="+neutral || away.Header.Get("Referrer-Policy") != "no-referrer" || len(away.Cookies()) != 1 || !away.Cookies()[0].Secure {
		t.Fatalf("leaving: %d to %q, %v", away.StatusCode, away.Header.Get("Refresh"), away.Cookies())
	}
	left := "left=" + away.Cookies()[0].Value
	for _, c := range []struct {
		name, path string
		header     http.Header
		want       int
		to, cache  string
	}{
		{"a worry", "/fernlow-primary/worried/", nil, http.StatusOK, "", "no-store"},
		{"another page", "/fernlow-primary/pupils/", nil, http.StatusOK, "", "public, max-age=60"},
		{"the way back", "/fernlow-primary/worried/", http.Header{"Cookie": {left}, "Sec-Fetch-Mode": {"navigate"}}, http.StatusSeeOther, "/fernlow-primary/", ""},
		{"the way back to the trust's", "/help/", http.Header{"Cookie": {left}, "Sec-Fetch-Mode": {"navigate"}}, http.StatusSeeOther, "/", ""},
		{"another page after leaving", "/fernlow-primary/pupils/", http.Header{"Cookie": {left}, "Sec-Fetch-Mode": {"navigate"}}, http.StatusOK, "", "public, max-age=60"},
		{"the way back to an address that was typed", "/fernlow-primary/worried/", http.Header{"Cookie": {left}, "Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Site": {"none"}, "Sec-Fetch-User": {"?1"}}, http.StatusSeeOther, "/fernlow-primary/", ""},
		{"on purpose", "/fernlow-primary/worried/", http.Header{"Cookie": {left}, "Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Site": {"same-origin"}, "Sec-Fetch-User": {"?1"}}, http.StatusOK, "", "no-store"},
		{"the index of words", "/fernlow-primary/a-to-z/", nil, http.StatusOK, "", "no-store"},
		{"a browser that says nothing", "/fernlow-primary/worried/", http.Header{"Cookie": {left}}, http.StatusOK, "", "no-store"},
	} {
		w := answer(site, c.path, c.header)
		if w.Code != c.want || w.Header().Get("Location") != c.to || w.Header().Get("Cache-Control") != c.cache {
			t.Errorf("%s: %d to %q, %q", c.name, w.Code, w.Header().Get("Location"), w.Header().Get("Cache-Control"))
		}
	}
}
