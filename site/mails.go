package site

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"schoolgate/site/source"
)

// mailsFile stands among the model pages: what families are sent by mail. Whoever sends
// it fills its blanks.
const mailsFile = "mails.toml"

// A Mail is the words of one kind of mail.
type Mail struct {
	Kind    string `toml:"kind"`
	Subject string `toml:"subject"`
	Says    string `toml:"says"` // plain text, a paragraph a line
}

// mailBlanks are the blanks of each kind of mail that its words cannot do without; each
// may have those of anyMail besides.
var (
	mailBlanks = map[string][]string{
		"invitation": {"join", "code", "expires"}, "joined": {"when", "phone"}, "receipt": {"items"}, "changed": {"items", "portal"}, "moved": {"when", "phone"}, "reminder": {"portal", "stop"},
	}
	anyMail   = []string{"name", "school", "school_short", "phone", "portal"}
	mailBlank = regexp.MustCompile(`\[\[\s*([^\]]*?)\s*\]\]`)
)

// loadMails reads the mails; there need not be any.
func loadMails(content fs.FS, name string, problems *source.Problems) []Mail {
	var file struct {
		Mails []Mail `toml:"mail"`
	}
	src, ok := source.ReadOptional(content, name, &file, problems)
	if !ok {
		return nil
	}
	seen := map[string]bool{}
	for _, m := range file.Mails {
		c := source.Checker{Src: src, Problems: problems, Value: m.Kind}
		must, known := mailBlanks[m.Kind]
		if !known || seen[m.Kind] {
			c.Say("kind", "%q: expected one mail of each kind, which are %s", m.Kind, strings.Join(source.SortedKeys(mailBlanks), ", "))
			continue
		}
		seen[m.Kind] = true
		if strings.TrimSpace(m.Subject) == "" || strings.ContainsAny(m.Subject, "\r\n") {
			c.Say("kind", "%s: expected a subject of one line", m.Kind)
		}
		has := map[string]bool{}
		for _, found := range mailBlank.FindAllStringSubmatch(m.Says, -1) {
			has[found[1]] = true
		}
		for _, found := range mailBlank.FindAllStringSubmatch(m.Subject, -1) {
			if !slices.Contains([]string{"school", "school_short"}, found[1]) {
				c.Say("kind", "%s: a subject may have the blanks school and school_short alone: others may see it, and %s is not one", m.Kind, found[1])
			}
		}
		for _, blank := range source.SortedKeys(has) {
			if !slices.Contains(anyMail, blank) && !slices.Contains(must, blank) {
				c.Say("kind", "%s: there is no blank [[%s]] in such a mail", m.Kind, blank)
			}
		}
		for _, blank := range must {
			if !has[blank] {
				c.Say("kind", "%s: the words must have the blank [[%s]]", m.Kind, blank)
			}
		}
	}
	for _, kind := range source.SortedKeys(mailBlanks) {
		if !seen[kind] {
			(&source.Checker{Src: src, Problems: problems}).Say("mail", "there is no mail of the kind %q", kind)
		}
	}
	return file.Mails
}
