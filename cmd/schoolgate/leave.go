package main

import (
	"io"
	"net/http"
	"strings"
	"time"
)

// neutral is where somebody goes who leaves in a hurry: a page that anybody might
// be looking at.
const neutral = "https://www.bbc.co.uk/weather"

// privatePages are the first elements of addresses, within a school's site, of
// pages that somebody may not want to be seen reading. No browser keeps a copy.
var privatePages = []string{"worried", "report-a-concern", "help", "ceop", "easy-read", "a-to-z"}

func private(name string) bool {
	for _, p := range privatePages {
		if name == p || strings.HasPrefix(name, p+"/") {
			return true
		}
	}
	return false
}

// leaving is the cookie of somebody who left in a hurry. It says that and no more.
const (
	leaving     = "left"
	leavingLife = time.Hour
)

// away is what stands on the screen as soon as somebody leaves, however long the page
// that they go on to takes to come.
const away = `<!doctype html><html lang="en-GB"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Weather</title><p><a href="` + neutral + `">Weather</a></p></html>`

// leave sends somebody away at once. Without a script the pages before it cannot be
// taken out of the browser's history; what can be done is that the way back no
// longer shows them (see leftBefore).
func leave(https bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for _, h := range publicHeaders {
			w.Header().Set(h[0], h[1])
		}
		http.SetCookie(w, &http.Cookie{Name: leaving, Value: "1", Path: "/", MaxAge: int(leavingLife.Seconds()), HttpOnly: true, Secure: https, SameSite: http.SameSiteLaxMode})
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Set("Refresh", "0; url="+neutral) // which takes the place of this page in the history
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, away)
	}
}

// leftBefore says whether a page is asked for by the way back of somebody who left
// in a hurry, and not by a person who follows a link: a browser says of those that
// there is a user behind them, and which page they come from. Of an address that was
// typed it says the same when it goes back there, so that neither is let in at once:
// the first page, which both are shown, leads on. Whoever comes back on purpose is let
// in, and so is a browser that says nothing about its requests.
func leftBefore(w http.ResponseWriter, r *http.Request) bool {
	if _, err := r.Cookie(leaving); err != nil || r.Header.Get("Sec-Fetch-Mode") != "navigate" {
		return false
	}
	if r.Header.Get("Sec-Fetch-User") == "" || r.Header.Get("Sec-Fetch-Site") == "none" {
		return true
	}
	http.SetCookie(w, &http.Cookie{Name: leaving, Path: "/", MaxAge: -1, HttpOnly: true})
	return false
}
