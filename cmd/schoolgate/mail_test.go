package main

import (
	"slices"
	"strings"
	"testing"

	"schoolgate/content"
	"schoolgate/portal"
	"schoolgate/site"
)

// The starter has words for every kind of mail, and of none that is not; no mail says
// what somebody answered.
func TestMailWords(t *testing.T) {
	trust, err := site.Load(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, k := range portal.MailKinds {
		kinds = append(kinds, string(k))
		if w := new(application).mailWords(k); w.Says == "" || w.Subject == "" {
			t.Errorf("the starter says nothing in a mail of the kind %s", k)
		}
	}
	for _, m := range trust.Mails {
		if !slices.Contains(kinds, m.Kind) {
			t.Errorf("no mail is of the kind %s", m.Kind)
		}
		for line := range strings.Lines(m.Says) {
			for sentence := range strings.SplitSeq(line, ". ") {
				if words := len(strings.Fields(sentence)); words > 25 {
					t.Errorf("%s: a sentence of %d words: %s", m.Kind, words, sentence)
				}
			}
		}
	}
}
