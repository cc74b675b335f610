package site

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"schoolgate/site/sitetest"
	"schoolgate/site/source"
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
	here, there := website{slug: "larkfield", base: "http://localhost/"}, website{slug: "larkfield", base: "https://larkfield.example/"}
	a, b := dated{address: "/events/a/", title: "A"}, dated{address: "/events/a/", title: "Another", begins: sitetest.Now}
	if here.eventID(a) != there.eventID(b) {
		t.Error("the event's name changed")
	}
	if got := here.eventID(a); len(got) != 36 || got[14] != '5' || !strings.ContainsRune("89ab", rune(got[19])) {
		t.Errorf("%s is not a name-based UUID", got)
	}
	if here.eventID(a) == here.eventID(dated{address: "/events/b/"}) || here.eventID(a) == (website{slug: "harbour"}).eventID(a) {
		t.Error("two events share a name")
	}
}

// The feed can be read back, newest first.
func TestNewsIsXML(t *testing.T) {
	e := website{title: "A & B", base: "http://localhost/"}
	out, err := e.newsRSS([]dated{
		{address: "/news/a/", title: "Old <1>", begins: sitetest.Now.AddDate(0, 0, -2)},
		{address: "/news/b/", title: "New", begins: sitetest.Now},
	})
	if err != nil {
		t.Fatal(err)
	}
	var feed struct {
		Titles []string `xml:"channel>item>title"` // HTML, as readers take them
	}
	if err := xml.Unmarshal(out, &feed); err != nil || len(feed.Titles) != 2 || feed.Titles[0] != "New" || feed.Titles[1] != "Old &lt;1&gt;" {
		t.Errorf("got %q, %v", feed.Titles, err)
	}
}

// News waits for its day in London, which comes before UTC's in summer; whoever is
// writing it sees it at once. A link to it is told for what it is.
func TestNewsWaitsForItsDay(t *testing.T) {
	f := newFixture(t)
	f.Write("schools/larkfield/pages/news/later.md", "+++\ntitle = \"Later\"\ndescription = \"x\"\nday = \"2027-06-01\"\n+++\n")
	published := func(at time.Time, upcoming bool) bool {
		t.Helper()
		trust, err := Load(f.Content)
		if err != nil {
			t.Fatal(err)
		}
		out := t.TempDir()
		if _, err := Build(t.Context(), trust, Options{Theme: f.Theme, Out: out, Address: "http://localhost:8080", Now: at, Upcoming: upcoming, Only: []string{"larkfield"}}); err != nil {
			t.Fatal(err)
		}
		_, page := os.Stat(filepath.Join(out, "larkfield/current/news/later/index.html"))
		_, feed := os.Stat(filepath.Join(out, "larkfield/current", newsFeed))
		if (page == nil) != (feed == nil) {
			t.Errorf("at %v the page is there: %v, and the feed: %v", at, page == nil, feed == nil)
		}
		return page == nil
	}
	eve := time.Date(2027, time.May, 31, 22, 59, 0, 0, time.UTC)
	if published(eve, false) || !published(eve.Add(time.Minute), false) || !published(eve, true) {
		t.Error("the day is not London's, or nobody sees it before")
	}
	f.Write("schools/larkfield/pages/x.md", "+++\ntitle = \"x\"\n+++\n\n[Soon](/news/later/)\n")
	const want = `larkfield: schools/larkfield/pages/x.md:5: the link "/news/later/" leads to news that is published on 1 June 2027: link to it from then on`
	if _, err := buildFixture(t, f, t.TempDir(), eve); err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

// Events in the two nights in which the clocks change have a length, and a moment
// that every calendar understands alike.
func TestEventsWhenClocksChange(t *testing.T) {
	for _, c := range []struct{ day, starts, ends, want string }{
		{"2026-03-29", "00:30", "00:45", "20260329T003000Z 20260329T004500Z"},
		{"2026-03-29", "01:30", "02:30", "20260329T013000Z 20260329T023000Z"}, // there is no 01:30
		{"2026-03-29", "01:00", "01:30", "20260329T010000Z 20260329T013000Z"},
		{"2026-03-29", "01:59", "02:00", "20260329T015900Z 20260329T020000Z"},
		{"2026-03-29", "00:30", "02:00", "20260329T003000Z 20260329T010000Z"},
		{"2026-03-29", "18:00", "19:00", "20260329T170000Z 20260329T180000Z"},
		{"2026-10-25", "00:30", "01:30", "20261024T233000Z 20261025T003000Z"}, // 01:30 comes twice
		{"2026-10-25", "01:30", "01:45", "20261025T003000Z 20261025T004500Z"},
		{"2026-10-25", "01:30", "02:30", "20261025T003000Z 20261025T023000Z"},
		{"2026-10-25", "18:00", "19:00", "20261025T180000Z 20261025T190000Z"},
	} {
		var problems source.Problems
		p := page{address: "/events/x/", matter: pageMatter{Title: "x", Description: "x", Day: c.day, Starts: c.starts, Ends: c.ends}}
		d, ok := readDated("events/x.md", p, source.Checker{Problems: &problems})
		if got := icsTime(d.begins) + " " + icsTime(d.ends); !ok || got != c.want {
			t.Errorf("%s %s to %s: %s, want %s; %v", c.day, c.starts, c.ends, got, c.want, problems)
		}
	}
}
