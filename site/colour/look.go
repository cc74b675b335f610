package colour

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"schoolgate/site/source"
)

// The theme's own colours that a school's have to get on with: schoolgate.css
// sets them under these names.
var (
	white, black = RGB{1, 1, 1}, RGB{}

	lightPaper, lightInk, lightSoft, lightEdge = mustColour("#fdfbf6"), mustColour("#211d18"), mustColour("#4d463d"), mustColour("#7b7266")
	darkPaper, darkInk, darkSoft, darkEdge     = mustColour("#191714"), mustColour("#f3eee4"), mustColour("#cfc6b8"), mustColour("#978d7f")
	lightTint                                  = mustColour("#f8f2e5")
)

// What WCAG 2.2, and this site beyond it, ask of contrast: of text to be read, of all other
// text, and of the edges of controls.
// https://www.w3.org/TR/WCAG22/#contrast-minimum
const (
	textContrast  = 7.0
	smallContrast = 4.5
	edgeContrast  = 3.0
)

// parseColour reads #rrggbb.
func parse(s string) (RGB, error) {
	digits, found := strings.CutPrefix(s, "#")
	n, err := strconv.ParseUint(digits, 16, 32)
	if !found || len(digits) != 6 || err != nil {
		return RGB{}, errors.New(`write # and six hexadecimal digits, such as "#14532d"`)
	}
	return RGB{float64(n>>16&0xff) / 255, float64(n>>8&0xff) / 255, float64(n&0xff) / 255}, nil
}

func mustColour(s string) RGB {
	c, err := parse(s)
	if err != nil {
		panic(s)
	}
	return c
}

// towards mixes c with so much of another colour, 0 to 1, as the stylesheet does,
// and rounds it as it will be written down: what was measured is what is shown.
func (c RGB) towards(other RGB, share float64) RGB {
	a, b := c.oklab(), other.oklab()
	for i := range a {
		a[i] = a[i]*(1-share) + b[i]*share
	}
	return mustColour(fromOklab(a).String())
}

// until mixes c with another colour, as little as will do for it to stand out
// from every ground by a contrast.
func (c RGB) until(other RGB, least float64, grounds ...RGB) RGB {
	for step := range 100 {
		mixed := c.towards(other, float64(step)/100)
		enough := true
		for _, ground := range grounds {
			enough = enough && mixed.contrast(ground) >= least
		}
		if enough {
			return mixed
		}
	}
	return other
}

// Typefaces that school.toml may choose for headings and the school's name, with
// the fonts that readers' own machines have for them: nothing is downloaded.
var typefaces = map[string]string{
	"book":     `Charter,"Bitstream Charter","Sitka Text",Cambria,Georgia,serif`,
	"plain":    `system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Liberation Sans",Arial,sans-serif`,
	"humanist": `Seravek,"Gill Sans Nova",Ubuntu,Calibri,"DejaVu Sans",source-sans-pro,sans-serif`,
	"round":    `ui-rounded,"Hiragino Maru Gothic ProN",Quicksand,Comfortaa,Manjari,"Arial Rounded MT Bold",Calibri,sans-serif`,
	"slab":     `Rockwell,"Rockwell Nova","Roboto Slab","DejaVu Serif","Sitka Small",serif`,
}

// A Look is what a school chose of how its site looks.
type Look struct {
	Colour   string // #rrggbb
	Tint     string // #rrggbb; empty: the theme's own with a breath of the colour
	Typeface string // a key of typefaces; empty: book
}

// A palette is every colour that follows from a look.
type palette struct {
	accent     RGB // as the school chose it: a ground for white words
	tint, link RGB // in light
	darkTint   RGB
	darkAccent RGB // in dark: links, and a ground for dark words
}

// palette works out the colours, for light and for dark.
func (l Look) palette() (p palette, err error) {
	if p.accent, err = parse(l.Colour); err != nil {
		return p, err
	}
	own := p.accent
	p.tint = lightTint.towards(p.accent, 0.05)
	if l.Tint != "" {
		if own, err = parse(l.Tint); err != nil {
			return p, err
		}
		p.tint = own
	}
	p.link = p.accent.until(black, smallContrast, lightPaper, p.tint, white)
	// In dark the tint keeps its hue and gives up its light, and the colour is
	// made lighter until it can be read as text on every ground.
	p.darkTint = darkPaper.towards(own, 0.3)
	for step := 30; step > 0 && darkInk.contrast(p.darkTint) < 10; step-- {
		p.darkTint = darkPaper.towards(own, float64(step)/100)
	}
	p.darkAccent = p.accent.until(white, textContrast, darkPaper, p.darkTint)
	return p, nil
}

// sheets are the theme's colours with the palette's in their places, in light and in
// dark: as much of the stylesheet as a school's colours touch.
func (p palette) sheets() (light, dark Sheet) {
	return Sheet{
			"paper": lightPaper.String(), "ink": lightInk.String(), "soft": lightSoft.String(), "edge": lightEdge.String(),
			"tint": p.tint.String(), "link": p.link.String(), "fill": p.accent.String(), "fill-ink": white.String(),
		}, Sheet{
			"paper": darkPaper.String(), "ink": darkInk.String(), "soft": darkSoft.String(), "edge": darkEdge.String(),
			"tint": p.darkTint.String(), "link": p.darkAccent.String(), "fill": p.darkAccent.String(), "fill-ink": darkPaper.String(),
		}
}

// faults says which of the school's colours cannot be read, in light and in dark.
// Each begins with the setting that is to blame.
func (p palette) faults() []string {
	var faults []string
	light, dark := p.sheets()
	for _, look := range []struct {
		in      string
		colours Sheet
	}{{"", light}, {", in dark", dark}} {
		for _, f := range look.colours.Faults() {
			if f.setting != "" {
				faults = append(faults, fmt.Sprintf("%s%s: %s have a contrast of %.2f and need %.1f", f.setting, look.in, f.onIt, f.Contrast, f.Least))
			}
		}
	}
	return faults
}

// CSS is the school's own stylesheet, which schoolgate.css builds upon.
func (l Look) CSS() (string, error) {
	p, err := l.palette()
	if err != nil {
		return "", err
	}
	typeface := l.Typeface
	if typeface == "" {
		typeface = "book"
	}
	return fmt.Sprintf(":root{--accent:%s;--accent-ink:#fff;--own-tint:%s;--own-link:%s;--dark-accent:%s;--dark-tint:%s;--headings:%s}\n",
		p.accent, p.tint, p.link, p.darkAccent, p.darkTint, typefaces[typeface]), nil
}

// Check reports what is wrong with what a school chose of how its site looks.
func Check(c source.Checker, l Look) {
	if l.Typeface != "" {
		c.OneOf("typeface", l.Typeface, source.SortedKeys(typefaces))
	}
	if l.Colour == "" {
		return // reported as missing
	}
	for _, each := range []struct{ key, value string }{{"colour", l.Colour}, {"tint", l.Tint}} {
		if _, err := parse(each.value); each.value != "" && err != nil {
			c.Say(each.key, "%s %q: %v", each.key, each.value, err)
			return
		}
	}
	p, err := l.palette()
	if err != nil {
		return
	}
	if ratio := white.contrast(p.accent); ratio < smallContrast {
		c.Say("colour", "colour %q is too light: its contrast with white is %.2f and has to be 4.5 or more", l.Colour, ratio)
		return
	}
	for _, fault := range p.faults() {
		key, _, _ := strings.Cut(strings.ReplaceAll(fault, ",", ":"), ":")
		c.Say(key, "%s", fault)
	}
}
