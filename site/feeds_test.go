package site

import (
	"encoding/xml"
	"strings"
	"testing"
	"unicode/utf8"
)

// Every line of a calendar ends in CRLF and has at most 75 octets, no character
// is divided, and unfolding brings back what was folded.
func FuzzFoldLine(f *testing.F) {
	for _, seed := range []string{"", "SUMMARY:x", strings.Repeat("é", 90), "a" + strings.Repeat("–", 60), strings.Repeat("😀", 50)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) || strings.ContainsAny(s, "\r\n") {
			t.Skip()
		}
		folded := foldLine(s)
		for line := range strings.SplitSeq(strings.TrimSuffix(folded, "\r\n"), "\r\n") {
			if len(line) > 75 || !utf8.ValidString(line) {
				t.Errorf("%q has a line of %d octets: %q", s, len(line), line)
			}
		}
		if got := strings.TrimSuffix(strings.ReplaceAll(folded, "\r\n ", ""), "\r\n"); got != s {
			t.Errorf("%q came back as %q", s, got)
		}
	})
}

// An event keeps its name in people's calendars when its words, its day or the
// server's address change, and no two events share one.
func TestEventKeepsItsID(t *testing.T) {
	here, there := edition{slug: "larkfield", base: "http://localhost/"}, edition{slug: "larkfield", base: "https://larkfield.example/"}
	a, b := dated{address: "/events/a/", title: "A"}, dated{address: "/events/a/", title: "Another", begins: now}
	if here.eventID(a) != there.eventID(b) {
		t.Error("the event's name changed")
	}
	if got := here.eventID(a); len(got) != 36 || got[14] != '5' || !strings.ContainsRune("89ab", rune(got[19])) {
		t.Errorf("%s is not a name-based UUID", got)
	}
	if here.eventID(a) == here.eventID(dated{address: "/events/b/"}) || here.eventID(a) == (edition{slug: "harbour"}).eventID(a) {
		t.Error("two events share a name")
	}
}

// The feed can be read back, newest first.
func TestNewsIsXML(t *testing.T) {
	e := edition{title: "A & B", base: "http://localhost/"}
	out, err := e.newsRSS([]dated{
		{address: "/news/a/", title: "Old <1>", begins: now.AddDate(0, 0, -2)},
		{address: "/news/b/", title: "New", begins: now},
	})
	if err != nil {
		t.Fatal(err)
	}
	var feed struct {
		Titles []string `xml:"channel>item>title"`
	}
	if err := xml.Unmarshal(out, &feed); err != nil || len(feed.Titles) != 2 || feed.Titles[0] != "New" || feed.Titles[1] != "Old <1>" {
		t.Errorf("got %q, %v", feed.Titles, err)
	}
}
