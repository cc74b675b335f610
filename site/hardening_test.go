package site

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"
	"testing/fstest"
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
			var problems Problems
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

// A face that was rubbed out in a drawing program does not go out under the
// transparency.
func TestErasedPixelsAreForgotten(t *testing.T) {
	original := image.NewNRGBA(image.Rect(0, 0, 500, 300))
	for y := range 300 {
		for x := range 500 {
			c := color.NRGBA{200, 30, 90, 255}
			if x < 200 {
				c.A = 0
			}
			original.SetNRGBA(x, y, c)
		}
	}
	var file bytes.Buffer
	if err := png.Encode(&file, original); err != nil {
		t.Fatal(err)
	}
	c := &cleaner{folder: t.TempDir(), used: map[string]bool{}}
	prints, err := c.clean(photograph{folder: fstest.MapFS{"a.png": {Data: file.Bytes()}}, name: "a.png"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, pr := range prints {
		img, err := png.Decode(bytes.NewReader(pr.data))
		if err != nil {
			t.Fatal(err)
		}
		b := img.Bounds()
		for y := b.Min.Y; y < b.Max.Y; y++ {
			for x := b.Min.X; x < b.Max.X; x++ {
				if p, ok := img.At(x, y).(color.NRGBA); ok && p.A == 0 && (p.R|p.G|p.B) != 0 {
					t.Fatalf("%s still has colour under its transparency at %d,%d", pr.name, x, y)
				}
			}
		}
	}
}

func TestCalendarTextStaysInItsLine(t *testing.T) {
	if got := icsText.Replace("Hall\rURL:x\r\nBEGIN:VALARM\n;"); strings.ContainsAny(got, "\r\n") {
		t.Errorf("got %q", got)
	}
}

func TestRedact(t *testing.T) {
	in := &inspection{}
	if got := in.redact("of B801200005001 said"); strings.Contains(got, "B801") {
		t.Errorf("got %q", got)
	}
	in.roll = &checkedRoll{born: map[string]bool{"2017-11-14": true}}
	for _, said := range []string{"born 14 November 2017", "born 14th November 2017", "14/11/2017", "2017-11-14", "14.11.17"} {
		if got := in.redact(said); strings.Contains(got, "14") {
			t.Errorf("%q became %q", said, got)
		}
	}
	if got := in.redact("due on 8 January 2027"); got != "due on 8 January 2027" {
		t.Errorf("got %q", got)
	}
}
