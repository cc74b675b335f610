package site

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// The theme's own colours that a school's have to get on with: schoolgate.css
// sets them under these names.
var (
	white, black = rgb{1, 1, 1}, rgb{}

	lightPaper, lightInk, lightSoft, lightEdge = mustColour("#fdfbf6"), mustColour("#211d18"), mustColour("#4d463d"), mustColour("#7b7266")
	darkPaper, darkInk, darkSoft, darkEdge     = mustColour("#191714"), mustColour("#f3eee4"), mustColour("#cfc6b8"), mustColour("#978d7f")
	lightTint                                  = mustColour("#f8f2e5")
)

// What WCAG 2.2 and the house ask of contrast: of text to be read, of all other
// text, and of the edges of controls.
// https://www.w3.org/TR/WCAG22/#contrast-minimum
const (
	textContrast  = 7.0
	smallContrast = 4.5
	edgeContrast  = 3.0
)

// parseColour reads #rrggbb.
func parseColour(s string) (rgb, error) {
	digits, found := strings.CutPrefix(s, "#")
	n, err := strconv.ParseUint(digits, 16, 32)
	if !found || len(digits) != 6 || err != nil {
		return rgb{}, errors.New(`write # and six hexadecimal digits, such as "#14532d"`)
	}
	return rgb{float64(n>>16&0xff) / 255, float64(n>>8&0xff) / 255, float64(n&0xff) / 255}, nil
}

func mustColour(s string) rgb {
	c, err := parseColour(s)
	if err != nil {
		panic(s)
	}
	return c
}

// towards mixes c with so much of another colour, 0 to 1, as the stylesheet does,
// and rounds it as it will be written down: what was measured is what is shown.
func (c rgb) towards(other rgb, share float64) rgb {
	a, b := c.oklab(), other.oklab()
	for i := range a {
		a[i] = a[i]*(1-share) + b[i]*share
	}
	return mustColour(fromOklab(a).String())
}

// until mixes c with another colour, as little as will do for it to stand out
// from every ground by a contrast.
func (c rgb) until(other rgb, least float64, grounds ...rgb) rgb {
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

// A look is what a school chose of how its site looks.
type look struct {
	colour   string // #rrggbb
	tint     string // #rrggbb; empty: the theme's own with a breath of the colour
	typeface string // a key of typefaces; empty: book
}

// A palette is every colour that follows from a look.
type palette struct {
	accent     rgb // as the school chose it: a ground for white words
	tint, link rgb // in light
	darkTint   rgb
	darkAccent rgb // in dark: links, and a ground for dark words
}

// palette works out the colours, for light and for dark.
func (l look) palette() (p palette, err error) {
	if p.accent, err = parseColour(l.colour); err != nil {
		return p, err
	}
	own := p.accent
	p.tint = lightTint.towards(p.accent, 0.05)
	if l.tint != "" {
		if own, err = parseColour(l.tint); err != nil {
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

// faults says which colours cannot be read on which, in light and in dark.
func (p palette) faults() []string {
	var faults []string
	for _, pair := range []struct {
		what         string
		front, under rgb
		least        float64
	}{
		{"colour: white words on it", white, p.accent, smallContrast},
		{"tint: words on it", lightInk, p.tint, textContrast},
		{"tint: small print on it", lightSoft, p.tint, smallContrast},
		{"tint: the edges of boxes on it", lightEdge, p.tint, edgeContrast},
		{"tint: links on it", p.link, p.tint, smallContrast},
		{"colour: links on the page", p.link, lightPaper, smallContrast},
		{"tint, in dark: words on it", darkInk, p.darkTint, textContrast},
		{"tint, in dark: small print on it", darkSoft, p.darkTint, smallContrast},
		{"tint, in dark: the edges of boxes on it", darkEdge, p.darkTint, edgeContrast},
		{"tint, in dark: links on it", p.darkAccent, p.darkTint, smallContrast},
		{"colour, in dark: links on the page", p.darkAccent, darkPaper, smallContrast},
		{"colour, in dark: words on it", darkPaper, p.darkAccent, smallContrast},
	} {
		if ratio := pair.front.contrast(pair.under); ratio < pair.least {
			faults = append(faults, fmt.Sprintf("%s have a contrast of %.2f and need %.1f", pair.what, ratio, pair.least))
		}
	}
	return faults
}

// css is the school's own stylesheet, which schoolgate.css builds upon.
func (l look) css() (string, error) {
	p, err := l.palette()
	if err != nil {
		return "", err
	}
	typeface := l.typeface
	if typeface == "" {
		typeface = "book"
	}
	return fmt.Sprintf(":root{--accent:%s;--accent-ink:#fff;--own-tint:%s;--own-link:%s;--dark-accent:%s;--dark-tint:%s;--headings:%s}\n",
		p.accent, p.tint, p.link, p.darkAccent, p.darkTint, typefaces[typeface]), nil
}

// look checks what a school chose of how its site looks.
func (c checker) look(l look) {
	if l.typeface != "" {
		c.oneOf("typeface", l.typeface, sortedKeys(typefaces))
	}
	if l.colour == "" {
		return // reported as missing
	}
	for _, each := range []struct{ key, value string }{{"colour", l.colour}, {"tint", l.tint}} {
		if _, err := parseColour(each.value); each.value != "" && err != nil {
			c.say(each.key, "%s %q: %v", each.key, each.value, err)
			return
		}
	}
	p, err := l.palette()
	if err != nil {
		return
	}
	if ratio := white.contrast(p.accent); ratio < smallContrast {
		c.say("colour", "colour %q is too light: its contrast with white is %.2f and has to be 4.5 or more", l.colour, ratio)
		return
	}
	for _, fault := range p.faults() {
		key, _, _ := strings.Cut(strings.ReplaceAll(fault, ",", ":"), ":")
		c.say(key, "%s", fault)
	}
}
