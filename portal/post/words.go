package post

import (
	"fmt"
	"html"
	"regexp"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"schoolgate/portal"
)

// Words is what is said in a kind of mail, as content/model/mails.toml has it, with its
// blanks in double square brackets.
type Words struct{ Subject, Says string }

// compose writes a mail. It has the same Message-ID at every try.
func (s *Sender) compose(m portal.Message) (*mail.Msg, error) {
	words, blanks := s.Words(m.Kind), s.blanks(m)
	text := blanks.Replace(words.Says)
	if words.Says == "" {
		return nil, fmt.Errorf("there are no words for the kind %q", m.Kind)
	}
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := msg.FromFormat(m.School.Name, s.Server.From); err != nil {
		return nil, err
	}
	if err := msg.To(m.To.Email); err != nil {
		return nil, err
	}
	if m.School.Email != "" {
		if err := msg.ReplyTo(m.School.Email); err != nil {
			return nil, err
		}
	}
	_, host, _ := strings.Cut(s.Server.From, "@")
	msg.SetMessageIDWithValue(m.ID + "@" + host)
	msg.SetDateWithValue(time.Now())
	msg.Subject(line(blanks.Replace(words.Subject)))
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no answering machine answers
	if m.Kind == portal.ReminderMail {
		msg.SetGenHeader(mail.HeaderListUnsubscribe, "<"+s.Links.Reminders+m.Key+">")
		msg.SetGenHeader(mail.HeaderListUnsubscribePost, "List-Unsubscribe=One-Click") // RFC 8058
	}
	msg.SetBodyString(mail.TypeTextPlain, text)
	msg.AddAlternativeString(mail.TypeTextHTML, page(m.School.Name, text))
	return msg, nil
}

// line is somebody's words on one line.
func line(words string) string { return strings.Join(strings.Fields(words), " ") }

// blanks is what stands in the blanks of a mail. What somebody wrote can fill no other.
func (s *Sender) blanks(m portal.Message) *strings.Replacer {
	var items []string
	for _, i := range m.Items {
		item := "- " + line(i.Title)
		if i.Receipt != "" {
			item += ": " + s.Links.Receipt + i.Receipt
		}
		items = append(items, item)
	}
	return strings.NewReplacer(
		"[[name]]", line(m.To.Name), "[[school]]", line(m.School.Name), "[[school_short]]", line(m.School.ShortName), "[[phone]]", line(m.School.Phone),
		"[[portal]]", s.Links.Portal, "[[join]]", s.Links.Join+m.Code, "[[code]]", m.Code,
		"[[expires]]", m.Expires.In(portal.London).Format("2 January 2006"), "[[when]]", m.Queued.In(portal.London).Format("2 January 2006 at 3:04 pm"),
		"[[items]]", strings.Join(items, "\n"), "[[stop]]", s.Links.Reminders+m.Key,
	)
}

var address = regexp.MustCompile(`https?://[^\s<>"]+[^\s<>".,;:)]`)

// page is a mail's words as HTML, with the same in it and nothing besides: no picture, no
// style from elsewhere, nothing that tells anybody that it was opened.
func page(title, text string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<!DOCTYPE html>\n<html lang=\"en-GB\"><head><meta charset=\"utf-8\"><title>%s</title></head>\n<body style=\"font: 17px/1.5 sans-serif; max-width: 38em\">\n", html.EscapeString(title))
	for paragraph := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		lines := strings.Split(strings.TrimSpace(paragraph), "\n")
		for i, l := range lines {
			lines[i] = address.ReplaceAllString(html.EscapeString(strings.TrimPrefix(l, "- ")), `<a href="$0">$0</a>`)
		}
		if strings.HasPrefix(strings.TrimSpace(paragraph), "- ") {
			fmt.Fprintf(&b, "<ul>\n<li>%s</li>\n</ul>\n", strings.Join(lines, "</li>\n<li>"))
		} else {
			fmt.Fprintf(&b, "<p>%s</p>\n", strings.Join(lines, "<br>\n"))
		}
	}
	b.WriteString("</body></html>\n")
	return b.String()
}
