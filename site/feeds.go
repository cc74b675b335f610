package site

import (
	"bytes"
	"cmp"
	"crypto/sha1"
	"encoding/xml"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // schools' clocks, also where the machine knows no zones
	"unicode/utf8"

	"schoolgate/site/source"
)

// Pages in these two folders are dated, and go out as feeds too (row P11).
const (
	newsFolder   = "news/"
	eventsFolder = "events/"
	newsFeed     = newsFolder + "feed.xml"
	eventsFeed   = eventsFolder + "events.ics"
)

// london is the zone of the times that an event's page gives.
var london = func() *time.Location {
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic(err) // time/tzdata holds it
	}
	return zone
}()

// inLondon is the moment at which London's clocks show what t does in UTC. Of an
// hour that they show twice it is the first; an hour that they skip is counted on
// from before: RFC 5545 §3.3.5.
func inLondon(t time.Time) time.Time {
	offset := func(near time.Time) time.Duration {
		_, seconds := near.In(london).Zone()
		return time.Duration(seconds) * time.Second
	}
	first := t.Add(-offset(t.Add(-12 * time.Hour))).In(london)
	second := t.Add(-offset(t.Add(12 * time.Hour))).In(london)
	const shown = "2006-01-02 15:04"
	if first.Format(shown) != t.Format(shown) && second.Format(shown) == t.Format(shown) {
		return second
	}
	return first
}

// isNews says whether a page is an item of news.
func (p page) isNews() bool {
	return p.isDated && strings.HasPrefix(p.address, "/"+newsFolder)
}

// A dated page is an item of news or an event.
type dated struct {
	address, title, description, place string

	begins, ends time.Time // ends is zero when it is not known
	allDay       bool      // then ends is the last day itself
}

var clock = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`)

// readDated checks what a page in one of the two folders says of its time.
func readDated(rel string, p page, c source.Checker) (d dated, ok bool) {
	m := p.matter
	event := strings.HasPrefix(rel, eventsFolder)
	if !event && !strings.HasPrefix(rel, newsFolder) || strings.HasSuffix(rel, "_index.md") {
		return d, false
	}
	d = dated{address: p.address, title: m.Title, description: m.Description, place: m.Place, allDay: m.Starts == ""}
	ok = true
	say := func(key, format string, args ...any) {
		ok = false
		c.Problems.Add(c.Src.Name, max(1, c.Line(key)), format, args...)
	}
	at := func(key, day, hour string) (shown, moment time.Time) {
		shown, err := time.Parse("2006-01-02 15:04", day+" "+cmp.Or(hour, "00:00"))
		if err != nil && (hour == "" || clock.MatchString(hour)) {
			say(key, `%s is not a day such as "2026-09-01"`, key)
		}
		return shown, inLondon(shown)
	}
	if m.Description == "" {
		say("description", "description is missing: the feed shows it below the title")
	}
	var from, to time.Time // as clocks show them
	from, d.begins = at("day", m.Day, m.Starts)
	switch {
	case !event && (m.Starts != "" || m.Ends != "" || m.LastDay != "" || m.Place != ""):
		say("day", "news has a day; starts, ends, last_day and place belong to events")
	case m.Starts != "" && !clock.MatchString(m.Starts):
		say("starts", `starts is not a time such as "18:30"`)
	case m.Ends != "" && (m.Starts == "" || !clock.MatchString(m.Ends)):
		say("ends", `ends is a time such as "20:00", beside starts`)
	case m.Ends != "":
		to, d.ends = at("last_day", cmp.Or(m.LastDay, m.Day), m.Ends)
	case m.LastDay != "":
		to, d.ends = at("last_day", m.LastDay, "")
	}
	if to.After(from) && !d.ends.After(d.begins) { // the night in which the clocks skip an hour
		d.ends = d.begins.Add(to.Sub(from))
	}
	if ok && !d.ends.IsZero() && d.ends.Before(d.begins) {
		say("day", "the event ends before it begins")
	}
	return d, ok
}

// newsRSS is the news as RSS 2.0, newest first.
// https://www.rssboard.org/rss-specification
func (w website) newsRSS(news []dated) ([]byte, error) {
	type guid struct {
		Permanent bool   `xml:"isPermaLink,attr"`
		Address   string `xml:",chardata"`
	}
	type item struct {
		Title       string `xml:"title"`
		Link        string `xml:"link"`
		GUID        guid   `xml:"guid"`
		Published   string `xml:"pubDate"`
		Description string `xml:"description"`
	}
	type self struct {
		Address string `xml:"href,attr"`
		Rel     string `xml:"rel,attr"`
		Type    string `xml:"type,attr"`
	}
	var feed struct {
		XMLName xml.Name `xml:"rss"`
		Version string   `xml:"version,attr"`
		Atom    string   `xml:"xmlns:atom,attr"`
		Channel struct {
			Title       string `xml:"title"`
			Link        string `xml:"link"`
			Description string `xml:"description"`
			Language    string `xml:"language"`
			Self        self   `xml:"atom:link"`
			Items       []item `xml:"item"`
		} `xml:"channel"`
	}
	feed.Version, feed.Atom = "2.0", "http://www.w3.org/2005/Atom"
	c := &feed.Channel
	c.Title = html.EscapeString("News from " + w.title) // readers take the words of a feed for HTML
	c.Link = w.base + newsFolder
	c.Description = html.EscapeString("What is new about staying safe online at " + w.title + ".")
	c.Language = "en-gb"
	c.Self = self{w.base + newsFeed, "self", "application/rss+xml"}
	slices.SortFunc(news, func(a, b dated) int {
		return cmp.Or(b.begins.Compare(a.begins), cmp.Compare(a.address, b.address))
	})
	for _, n := range news {
		address := w.base + strings.TrimPrefix(n.address, "/")
		published := n.begins.Add(9 * time.Hour) // the hour school begins, so that it is the same day nearly everywhere
		c.Items = append(c.Items, item{
			html.EscapeString(n.title), address, guid{true, address}, published.Format(time.RFC1123Z), html.EscapeString(n.description),
		})
	}
	out, err := xml.MarshalIndent(feed, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("news feed: %w", err)
	}
	return append([]byte(xml.Header), append(out, '\n')...), nil
}

// eventsICS is the events as an iCalendar object, in order of time. It is nil
// when there is none, as a calendar may not be empty.
// https://www.rfc-editor.org/rfc/rfc5545
func (w website) eventsICS(events []dated, now time.Time) []byte {
	if len(events) == 0 {
		return nil
	}
	slices.SortFunc(events, func(a, b dated) int {
		return cmp.Or(a.begins.Compare(b.begins), cmp.Compare(a.address, b.address))
	})
	var out bytes.Buffer
	line := func(name, value string) { out.WriteString(foldLine(name + ":" + value)) }
	line("BEGIN", "VCALENDAR")
	line("VERSION", "2.0")
	line("PRODID", "-//Schoolgate//Events//EN")
	line("METHOD", "PUBLISH")
	line("X-WR-CALNAME", icsText.Replace(w.title))
	for _, v := range events {
		line("BEGIN", "VEVENT")
		line("UID", w.eventID(v))
		line("DTSTAMP", icsTime(now))
		switch {
		case v.allDay:
			line("DTSTART;VALUE=DATE", v.begins.Format("20060102"))
			if !v.ends.IsZero() { // the day after the last: §3.6.1
				line("DTEND;VALUE=DATE", v.ends.AddDate(0, 0, 1).Format("20060102"))
			}
		default:
			line("DTSTART", icsTime(v.begins))
			if !v.ends.IsZero() {
				line("DTEND", icsTime(v.ends))
			}
		}
		line("SUMMARY", icsText.Replace(v.title))
		line("DESCRIPTION", icsText.Replace(v.description))
		if v.place != "" {
			line("LOCATION", icsText.Replace(v.place))
		}
		line("URL", w.base+strings.TrimPrefix(v.address, "/"))
		line("END", "VEVENT")
	}
	line("END", "VCALENDAR")
	return out.Bytes()
}

// eventID names an event for ever, so that a calendar that has it already
// changes it instead of showing it twice: by school and page, whatever the
// server's address (a name-based UUID, RFC 9562 §5.5).
func (w website) eventID(d dated) string {
	sum := sha1.Sum([]byte("schoolgate event\n" + w.slug + "\n" + d.address))
	sum[6] = sum[6]&0x0f | 0x50
	sum[8] = sum[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

func icsTime(t time.Time) string { return t.UTC().Format("20060102T150405Z") }

// icsText escapes a value of the type TEXT: RFC 5545 §3.3.11. A bare carriage
// return, which some readers take for the end of a line, becomes a space.
var icsText = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r\n", `\n`, "\n", `\n`, "\r", " ")

// foldLine ends a content line, and divides it where it is longer than 75
// octets, never within a character: RFC 5545 §3.1.
func foldLine(s string) string {
	var out strings.Builder
	room := 75
	for len(s) > room {
		cut := room
		for !utf8.RuneStart(s[cut]) {
			cut--
		}
		out.WriteString(s[:cut] + "\r\n ")
		s, room = s[cut:], 74
	}
	return out.String() + s + "\r\n"
}
