package site

import (
	"strings"
	"testing"
	"testing/fstest"

	"schoolgate/site/source"
)

func TestMails(t *testing.T) {
	good := `
[[mail]]
kind = "invitation"
subject = "[[school_short]]: a code"
says = "[[join]] [[code]] [[expires]]"
[[mail]]
kind = "joined"
subject = "s"
says = "[[when]] [[phone]]"
[[mail]]
kind = "receipt"
subject = "s"
says = "[[items]]"
[[mail]]
kind = "changed"
subject = "s"
says = "[[items]] [[portal]]"
[[mail]]
kind = "moved"
subject = "s"
says = "[[when]] [[phone]]"
[[mail]]
kind = "reminder"
subject = "s"
says = "[[portal]] [[stop]]"
`
	for was, x := range map[string]struct{ now, want string }{
		"":                         {"", ""},
		"[[stop]]":                 {"", "must have the blank [[stop]]"},
		"[[items]] [[portal]]":     {"[[items]] [[portal]] [[code]]", "there is no blank [[code]] in such a mail"},
		"[[school_short]]: a code": {"[[name]]: a code", "name is not one"},
		`kind = "joined"`:          {`kind = "joint"`, "there is no mail of the kind \"joined\""},
		`kind = "receipt"`:         {`kind = "joined"`, "expected one mail of each kind"},
		`subject = "s"`:            {`subject = ""`, "expected a subject of one line"},
	} {
		var problems source.Problems
		all := loadMails(fstest.MapFS{"mails.toml": {Data: []byte(strings.Replace(good, was, x.now, 1))}}, "mails.toml", &problems)
		said := ""
		for _, p := range problems {
			said += p.Text + "\n"
		}
		if x.want == "" && (said != "" || len(all) != 6) || !strings.Contains(said, x.want) {
			t.Errorf("%q for %q: %q", x.now, was, said)
		}
	}
}
