package site

import (
	"bytes"
	"strings"
	"testing"
	"testing/fstest"

	"schoolgate/site/source"
)

// What a school publishes as it is must hold nothing that a program could run,
// wherever it stands in the file.
func TestCEOPPictureAsItIs(t *testing.T) {
	const open, shape = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">`, `<rect width="9" height="9"/></svg>`
	for name, c := range map[string]struct {
		svg  string
		says string // "" when it is taken
	}{
		"plain":               {open + shape, ""},
		"an XML declaration":  {`<?xml version="1.0"?>` + open + shape, ""},
		"a foreign script":    {open + `<h:script xmlns:h="http://www.w3.org/1999/xhtml">alert(1)</h:script>` + shape, "<script>"},
		"a script in passing": {open + `<metadata><script>alert(1)</script></metadata>` + shape, "<metadata>"},
		"an attribute list":   {`<!DOCTYPE svg [<!ATTLIST svg onload CDATA "alert(3)">]>` + open + shape, "declares"},
		"an instruction":      {`<?xml-stylesheet href="a.css"?>` + open + shape, "instructions"},
		"a foreign attribute": {`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" xmlns:x="urn:x" x:onload="a()">` + shape, "onload="},
		"an escaped address":  {open + `<rect fill="u\72l(https://evil.example/a#b)" width="9" height="9"/></svg>`, "outside"},
		"an image set":        {open + `<rect mask="image-set('https://evil.example/m' 1x)" width="9" height="9"/></svg>`, "outside"},
	} {
		t.Run(name, func(t *testing.T) {
			var problems source.Problems
			found := loadCEOP(fstest.MapFS{"ceop.svg": {Data: []byte(c.svg)}}, ".", &problems)
			switch {
			case c.says == "" && (found == nil || !bytes.Equal(found.data, []byte(c.svg))):
				t.Errorf("was not taken as it is: %v", problems)
			case c.says != "" && (found != nil || !strings.Contains(problems.Error(), c.says)):
				t.Errorf("got %v, %v", found, problems)
			}
		})
	}
}

func TestCalendarTextStaysInItsLine(t *testing.T) {
	if got := icsText.Replace("Hall\rURL:x\r\nBEGIN:VALARM\n;"); strings.ContainsAny(got, "\r\n") {
		t.Errorf("got %q", got)
	}
}
