package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fontSet is the fonts of some people's machine. Tests choose the fonts, as a
// layout that is right in those of one machine may be wrong in the next's.
type fontSet struct {
	name              string
	folders           []string // of Debian's packages, under /usr/share/fonts/truetype
	sans, serif, mono string
}

// dejaVu is most Linux desktops', and the widest.
var dejaVu = fontSet{"DejaVu", []string{"dejavu"}, "DejaVu Sans", "DejaVu Serif", "DejaVu Sans Mono"}

var liberation = fontSet{"Liberation", []string{"liberation"}, "Liberation Sans", "Liberation Serif", "Liberation Mono"}

// fontSets are four kinds of machine: a desktop, one with an office program, a
// telephone, and one with letters for every script.
var fontSets = []fontSet{
	dejaVu,
	liberation,
	{"Roboto", []string{"roboto"}, "Roboto", "Roboto", "Roboto"},
	{"Noto", []string{"noto"}, "Noto Sans", "Noto Serif", "Noto Sans Mono"},
}

// fontPackages are where all of them are.
const fontPackages = "fonts-dejavu-core, fonts-liberation, fonts-roboto-unhinted, fonts-noto-core"

// need writes fontconfig's settings for the set, and answers the environment of a
// browser that is to have no other fonts.
func (f fontSet) need(t *testing.T) (env string) {
	t.Helper()
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\"?>\n<!DOCTYPE fontconfig SYSTEM \"fonts.dtd\">\n<fontconfig>\n<cachedir>/var/cache/fontconfig</cachedir>\n")
	for _, folder := range f.folders {
		folder = filepath.Join("/usr/share/fonts/truetype", folder)
		if _, err := os.Stat(folder); err != nil {
			missing(t, "the fonts in "+folder+" (Debian's "+fontPackages+")")
		}
		fmt.Fprintf(&b, "<dir>%s</dir>\n", folder)
	}
	for _, is := range [][2]string{{"sans-serif", f.sans}, {"system-ui", f.sans}, {"serif", f.serif}, {"monospace", f.mono}} {
		fmt.Fprintf(&b, "<alias binding=\"strong\"><family>%s</family><prefer><family>%s</family></prefer></alias>\n", is[0], is[1])
	}
	// What no rule names is the sans-serif, as on a machine set up by hand.
	fmt.Fprintf(&b, "<match target=\"pattern\"><edit name=\"family\" mode=\"append_last\"><string>%s</string></edit></match>\n</fontconfig>\n", f.sans)
	file := filepath.Join(t.TempDir(), "fonts.conf")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return "FONTCONFIG_FILE=" + file
}
