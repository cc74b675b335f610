// Package colour works out a school's colours, in light and in dark, and holds every two
// that stand on each other to the contrast that people need (WCAG 2.2).
package colour

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// An RGB is a colour in sRGB, each channel 0 to 1.
type RGB [3]float64

func (c RGB) String() string {
	byteOf := func(v float64) int { return int(math.Round(min(max(v, 0), 1) * 255)) }
	return fmt.Sprintf("#%02x%02x%02x", byteOf(c[0]), byteOf(c[1]), byteOf(c[2]))
}

// linear is the colour as amounts of light.
func (c RGB) linear() RGB {
	for i, v := range c {
		if v <= 0.04045 {
			c[i] = v / 12.92
		} else {
			c[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return c
}

func fromLinear(c RGB) RGB {
	for i, v := range c {
		v = min(max(v, 0), 1)
		if v <= 0.0031308 {
			c[i] = 12.92 * v
		} else {
			c[i] = 1.055*math.Pow(v, 1/2.4) - 0.055
		}
	}
	return c
}

// contrast is WCAG 2.2's ratio, 1 to 21.
// https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
func (c RGB) contrast(other RGB) float64 {
	luminance := func(c RGB) float64 {
		l := c.linear()
		return 0.2126*l[0] + 0.7152*l[1] + 0.0722*l[2]
	}
	a, b := luminance(c), luminance(other)
	return (max(a, b) + 0.05) / (min(a, b) + 0.05)
}

// oklab and fromOklab are the space in which the stylesheet mixes.
// https://www.w3.org/TR/css-color-4/#ok-lab
func (c RGB) oklab() RGB {
	x := c.linear()
	l := math.Cbrt(0.4122214708*x[0] + 0.5363325363*x[1] + 0.0514459929*x[2])
	m := math.Cbrt(0.2119034982*x[0] + 0.6806995451*x[1] + 0.1073969566*x[2])
	s := math.Cbrt(0.0883024619*x[0] + 0.2817188376*x[1] + 0.6299787005*x[2])
	return RGB{
		0.2104542553*l + 0.7936177850*m - 0.0040720468*s,
		1.9779984951*l - 2.4285922050*m + 0.4505937099*s,
		0.0259040371*l + 0.7827717662*m - 0.8086757660*s,
	}
}

func fromOklab(c RGB) RGB {
	cube := func(v float64) float64 { return v * v * v }
	l := cube(c[0] + 0.3963377774*c[1] + 0.2158037573*c[2])
	m := cube(c[0] - 0.1055613458*c[1] - 0.0638541728*c[2])
	s := cube(c[0] - 0.0894841775*c[1] - 1.2914855480*c[2])
	return fromLinear(RGB{
		4.0767416621*l - 3.3077115913*m + 0.2309699292*s,
		-1.2684380046*l + 2.6097574011*m - 0.3413193965*s,
		-0.0041960863*l - 0.7034186147*m + 1.7076147010*s,
	})
}

// A Sheet is a stylesheet's custom properties, by name without the dashes.
type Sheet map[string]string

var (
	cssComment = regexp.MustCompile(`(?s)/\*.*?\*/`)
	property   = regexp.MustCompile(`(?:^|[;{\s])--([a-z0-9-]+)\s*:\s*([^;{}]+)`)
	hexColour  = regexp.MustCompile(`^#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$`)
	variable   = regexp.MustCompile(`^var\(\s*--([a-z0-9-]+)\s*(?:,(.*))?\)$`)
	mixture    = regexp.MustCompile(`^color-mix\(\s*in (oklab|srgb)\s*,\s*(.+?)\s+([0-9.]+)%\s*,\s*(.+)\)$`)
)

// Read reads the custom properties of :root, as a browser that knows
// color-mix has them in the light and in the dark look.
func Read(css string) (light, dark Sheet) {
	light, dark = Sheet{}, Sheet{}
	var within []string // the preludes of the blocks that are open
	start := 0
	css = cssComment.ReplaceAllString(css, "")
	for i := 0; i < len(css); i++ {
		switch css[i] {
		case '{':
			prelude := css[start:i]
			if at := strings.LastIndexAny(prelude, ";"); at >= 0 {
				prelude = prelude[at+1:]
			}
			within = append(within, strings.TrimSpace(prelude))
			start = i + 1
		case '}':
			all := strings.Join(within, " ")
			if strings.HasSuffix(all, ":root") && !strings.Contains(all, "prefers-contrast") && !strings.Contains(all, "print") && !strings.Contains(all, "forced-colors") {
				for _, m := range property.FindAllStringSubmatch(css[start:i], -1) {
					value := strings.TrimSpace(m[2])
					dark[m[1]] = value
					if !strings.Contains(all, "dark") {
						light[m[1]] = value
					}
				}
			}
			if len(within) > 0 {
				within = within[:len(within)-1]
			}
			start = i + 1
		}
	}
	return light, dark
}

// of is what a property comes to; ok is false when that is no colour this knows.
func (cs Sheet) of(name string, depth int) (c RGB, ok bool) {
	value, ok := cs[name]
	c = cs.value(value, depth)
	return c, ok && !math.IsNaN(c[0])
}

var unknownColour = RGB{math.NaN(), math.NaN(), math.NaN()}

func (cs Sheet) value(value string, depth int) RGB {
	value = strings.TrimSpace(value)
	if depth > 10 {
		return unknownColour
	}
	if hexColour.MatchString(value) {
		hex := value[1:]
		if len(hex) == 3 {
			hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
		}
		n, _ := strconv.ParseUint(hex, 16, 32)
		return RGB{float64(n>>16) / 255, float64(n>>8&0xff) / 255, float64(n&0xff) / 255}
	}
	if m := variable.FindStringSubmatch(value); m != nil {
		if of, ok := cs[m[1]]; ok {
			return cs.value(of, depth+1)
		}
		return cs.value(m[2], depth+1)
	}
	if m := mixture.FindStringSubmatch(value); m != nil {
		a, b := cs.value(m[2], depth+1), cs.value(m[4], depth+1)
		share, err := strconv.ParseFloat(m[3], 64)
		if err != nil {
			return unknownColour
		}
		if m[1] == "oklab" {
			a, b = a.oklab(), b.oklab()
		}
		for i := range a {
			a[i] = a[i]*share/100 + b[i]*(1-share/100)
		}
		if m[1] == "oklab" {
			a = fromOklab(a)
		}
		return a
	}
	switch strings.ToLower(value) {
	case "white":
		return RGB{1, 1, 1}
	case "black":
		return RGB{}
	}
	return unknownColour
}

// pairs are the colours of a stylesheet that stand on each other, with the least
// contrast each needs. A setting is what a school puts right, and onIt how that is
// told; none stands where the theme alone has chosen.
var pairs = []struct {
	over, under   string
	least         float64
	what          string
	setting, onIt string
}{
	{"ink", "paper", textContrast, "the text of a page", "", ""},
	{"ink", "tint", textContrast, "text on a tinted ground", "tint", "words on it"},
	{"soft", "paper", smallContrast, "small text", "", ""},
	{"soft", "tint", smallContrast, "small text on a tinted ground", "tint", "small print on it"},
	{"link", "paper", smallContrast, "links", "colour", "links on the page"},
	{"link", "tint", smallContrast, "links on a tinted ground", "tint", "links on it"},
	{"fill-ink", "fill", smallContrast, "buttons", "colour", "words on it"},
	{"accent-ink", "accent", smallContrast, "words on the school's colour", "", ""},
	{"help-ink", "help", textContrast, "the CEOP control", "", ""},
	{"edge", "paper", edgeContrast, "the edges of fields", "", ""},
	{"edge", "tint", edgeContrast, "the edges of fields on a tinted ground", "tint", "the edges of boxes on it"},
}

// A Fault is two colours that stand on each other and cannot be told apart well enough.
type Fault struct {
	What            string // that cannot be read, such as "links"
	Over, Under     RGB
	Contrast, Least float64
	setting, onIt   string // of the pair
}

// Faults holds each pair that the stylesheet has to its contrast.
func (cs Sheet) Faults() (faults []Fault) {
	for _, pair := range pairs {
		over, ok := cs.of(pair.over, 0)
		under, ok2 := cs.of(pair.under, 0)
		if !ok || !ok2 {
			continue
		}
		if c := over.contrast(under); c < pair.least {
			faults = append(faults, Fault{pair.what, over, under, c, pair.least, pair.setting, pair.onIt})
		}
	}
	return faults
}
