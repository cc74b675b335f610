package site

import (
	"bytes"
	"fmt"
	"image/png"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"schoolgate/content"
	"schoolgate/site/picture/picturetest"
	"schoolgate/site/sitetest"
	"schoolgate/themes"
)

// A school's own crest, letters and tint, and the NCA's picture, to the byte.
func TestSchoolsOwnLook(t *testing.T) {
	var picture bytes.Buffer
	if err := png.Encode(&picture, picturetest.Quarters(120, 48)); err != nil {
		t.Fatal(err)
	}
	f := newFixture(t)
	settings := string(f.Content["schools/larkfield/school.toml"].Data)
	f.Write("schools/larkfield/school.toml", strings.Replace(settings, "colour =", "crest = \"crest.svg\"\ntypeface = \"slab\"\ntint = \"#fdf0e3\"\ncolour =", 1))
	f.Write("schools/larkfield/crest.svg", `<?xml version="1.0"?>
<!-- drawn by hand -->
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:ink="http://ink.example/" width="40" height="50" viewBox="0,0 40 50" ink:version="1">
<metadata><ink:author>Somebody Else</ink:author></metadata>
<ink:view zoom="2"><path d="M0 0"/></ink:view>
<defs><linearGradient id="a"><stop offset="0" style="stop-color:#fff; -ink-x: 1"/></linearGradient></defs>
<path d="M0 0h40v50H0z" style="fill:url(#a)" data-x="1"/><use xlink:href="#a"/><title>A &amp; B</title>
</svg>`)
	f.Write("schools/larkfield/ceop.png", picture.String())
	page := string(f.Theme["layouts/all.html"].Data)
	f.Write("theme/layouts/all.html", strings.Replace(page, "<h1>", `{{ with site.Params.crest_picture }}<img src="{{ relURL .src }}" width="{{ .width }}" height="{{ .height }}">{{ end }}{{ with site.Params.ceop_picture }}<img src="{{ relURL .src }}" width="{{ .width }}" height="{{ .height }}" alt="Click CEOP">{{ end }}<h1>`, 1))
	results := mustBuild(t, f, t.TempDir(), sitetest.Now)
	result := resultOf(t, results, "larkfield")
	html := sitetest.Read(t, result.Dir, "index.html")
	var crest, ceop, hash string
	if n, err := fmt.Sscanf(html[max(0, strings.Index(html, `<img src="/larkfield/crest`)):], `<img src="/larkfield/crest.%12s.svg" width="80" height="100">`, &crest); n != 1 {
		t.Fatalf("%v\n%s", err, html)
	}
	if n, err := fmt.Sscanf(html[max(0, strings.Index(html, `<img src="/larkfield/ceop`)):], `<img src="/larkfield/ceop.%12s.png" width="120" height="48" alt="Click`, &ceop); n != 1 {
		t.Fatalf("%v\n%s", err, html)
	}
	if got := sitetest.Read(t, result.Dir, "ceop."+ceop+".png"); got != picture.String() {
		t.Error("the NCA's picture was changed")
	}
	const want = `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="50" viewBox="0,0 40 50"><defs><linearGradient id="a"><stop offset="0" stop-color="#fff"></stop></linearGradient></defs><path d="M0 0h40v50H0z" fill="url(#a)"></path><use href="#a"></use><title>A &amp; B</title></svg>`
	if got := sitetest.Read(t, result.Dir, "crest."+crest+".svg"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	_, hash, _ = strings.Cut(html, "/larkfield/school.")
	hash, _, _ = strings.Cut(hash, `"`)
	css := sitetest.Read(t, result.Dir, "school."+hash)
	for _, part := range []string{"--accent:#14532d;", "--own-tint:#fdf0e3;", "--headings:Rockwell,"} {
		if !strings.Contains(css, part) {
			t.Errorf("no %s in %s", part, css)
		}
	}
	if other := resultOf(t, results, "harbour"); strings.Contains(sitetest.Read(t, other.Dir, "index.html"), "<img") {
		t.Error("another school shows them")
	}
}

// Whatever id a layout writes, a heading of the same words gets another, so that no
// page has two: the words of a page are a school's own.
func TestHeadingsKeepClearOfLayouts(t *testing.T) {
	written := regexp.MustCompile(`\bid="([a-z-]+)"`)
	err := fs.WalkDir(themes.FS, "layouts", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := fs.ReadFile(themes.FS, name)
		if strings.Contains(string(data), "tel:{{") {
			t.Errorf("%s: makes a telephone link of a number: it has to be the tel beside it", name)
		}
		for _, m := range written.FindAllStringSubmatch(string(data), -1) {
			if !slices.Contains(layoutIDs, m[1]) {
				t.Errorf("%s: the id %s is not among layoutIDs", name, m[1])
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	const page = "+++\ntitle = \"x\"\ndescription = \"x\"\naudience = \"parents\"\n+++\n\n## Main\n\na\n\n## Contents\n\nb\n\n## Contents\n\nc\n\n## Third {#third}\n\nd\n"
	dir, out := t.TempDir(), t.TempDir()
	if err := os.CopyFS(dir, content.FS); err != nil {
		t.Fatal(err)
	}
	put(t, dir, Files{"schools/fernlow-primary/pages/x.md": page})
	trust, err := Load(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	build := func() error {
		_, err := Build(t.Context(), trust, Options{Theme: themes.FS, Out: out, Address: "http://localhost:8080", Now: sitetest.Now, Only: []string{"fernlow-primary"}})
		return err
	}
	if err := build(); err != nil {
		t.Fatal(err)
	}
	html := sitetest.Read(t, out, "fernlow-primary/current/x/index.html")
	for _, want := range []string{`<main id="main"`, `id="main_"`, `id="contents_"`, `id="contents-1"`, `<a href="#main_">Main</a>`, `<a href="#contents_">Contents</a>`, `<a href="#contents-1">Contents</a>`, `<a href="#third">Third</a>`} {
		if strings.Count(html, want) != 1 {
			t.Errorf("%s stands there %d times", want, strings.Count(html, want))
		}
	}

	// A page says that it was reviewed where somebody is named who did, and only there;
	// and the number of a body near the school is the one of its directory.
	for page, want := range map[string]string{"child-protection": "Mr Tobias Adeyinka last reviewed this page on 22 September 2026", "whistleblowing": "01632 960 186"} {
		html := sitetest.Read(t, out, "fernlow-primary/current/"+page+"/index.html")
		if !strings.Contains(html, want) || strings.Contains(html, "last reviewed") != (page == "child-protection") {
			t.Errorf("%s: not %q, or reviewed by nobody", page, want)
		}
	}

	// What a layout makes of data may still meet a heading: that is told.
	put(t, dir, Files{"schools/fernlow-primary/pages/help/parents-all.md": "+++\ntitle = \"Help\"\ndescription = \"x\"\naudience = \"parents\"\nlayout = \"help-all\"\n+++\n\n## NSPCC\n"})
	if trust, err = Load(os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := build(); err == nil || !strings.Contains(err.Error(), `pages/help/parents-all.md:8: two parts of the page have the id "nspcc"`) {
		t.Errorf("got %v", err)
	}
}
