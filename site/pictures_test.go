package site

import (
	"bytes"
	"compress/zlib"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash/crc32"
	"image"
	"image/png"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"schoolgate/site/picture"
	"schoolgate/site/picture/picturetest"
	"schoolgate/site/sitetest"
)

const imageHook = `{{- with index site.Params.pictures (lower (printf "%s/%s" (strings.TrimSuffix "/" .Page.Path) .Destination)) -}}
<img src="{{ relURL .src }}" srcset="{{ range $i, $s := .set }}{{ if $i }}, {{ end }}{{ relURL $s }}{{ end }}" width="{{ .width }}" height="{{ .height }}" alt="{{ .alt }}">{{ with .caption }}<i>{{ . }}</i>{{ end }}
{{- end -}}`

// withPictures is the fixture with a page of pictures, one of each sort.
func withPictures(t *testing.T) (f sitetest.Fixture, originals map[string][]byte) {
	f = newFixture(t)
	f.Write("theme/layouts/_markup/render-image.html", imageHook)
	f.Write("schools/larkfield/pages/fair/index.md", "+++\ntitle = \"Fair\"\n+++\n\n![](Stall_1.JPG)\n\n![](turned.jpg)\n\n![](drawn.png)\n\n![](unsaid.jpg)\n\n![](pupils.jpg)\n\n![](silent.jpg)\n")
	f.Write("schools/larkfield/pages/fair/pictures.toml", `[[picture]]
file = "Stall_1.JPG"
alt = "A stall"
nobody = true

[[picture]]
file = "turned.jpg"
alt = "Four colours"
nobody = true

[[picture]]
file = "drawn.png"
alt = "A drawing"
nobody = true

[[picture]]
file = "pupils.jpg"
alt = "Two pupils"
pupils = ["ABCDEFGHIJKLMNOPQRSTUVWXYZ"]

[[picture]]
file = "silent.jpg"
alt = "Somebody, or nobody"
`)
	var drawn bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.NoCompression}).Encode(&drawn, picturetest.Quarters(100, 60)); err != nil {
		t.Fatal(err)
	}
	text := []byte("tEXtAuthor\x00Somebody Else")
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(text)-4))
	chunk = binary.BigEndian.AppendUint32(append(chunk, text...), crc32.ChecksumIEEE(text))
	withText := append(bytes.Clone(drawn.Bytes()[:33]), append(chunk, drawn.Bytes()[33:]...)...)
	originals = map[string][]byte{
		"Stall_1.JPG": picturetest.Photo(t, picturetest.Quarters(1200, 800), 1),
		"turned.jpg":  picturetest.Photo(t, picturetest.Quarters(600, 400), 6),
		"drawn.png":   withText,
		"unsaid.jpg":  picturetest.Photo(t, picturetest.Quarters(64, 64), 1),
		"pupils.jpg":  picturetest.Photo(t, picturetest.Quarters(66, 64), 1),
		"silent.jpg":  picturetest.Photo(t, picturetest.Quarters(68, 64), 1),
		"unused.jpg":  picturetest.Photo(t, picturetest.Quarters(70, 64), 1),
	}
	for name, data := range originals {
		f.Write("schools/larkfield/pages/fair/"+name, string(data))
	}
	return f, originals
}

var publishedPicture = regexp.MustCompile(`^pictures/[0-9a-f]{16}-[0-9]+\.(jpg|png)$`)

// Of the pictures beside a page only those with nobody in them go out, as pixels
// and nothing else, upright, under names that say nothing (P15).
func TestPictures(t *testing.T) {
	f, originals := withPictures(t)
	trust, err := Load(f.Content)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	out := t.TempDir()
	build := func() Result {
		t.Helper()
		results, err := Build(t.Context(), trust, Options{Theme: f.Theme, Out: out, Address: "http://localhost:8080", Now: sitetest.Now, Log: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		return resultOf(t, results, "larkfield")
	}
	result := build()
	want := map[string]string{
		"schools/larkfield/pages/fair/unsaid.jpg": undeclared,
		"schools/larkfield/pages/fair/silent.jpg": undeclared,
		"schools/larkfield/pages/fair/pupils.jpg": "pupils are in it, and no register of consents was asked",
	}
	if len(result.Withheld) != len(want) {
		t.Errorf("got %v", result.Withheld)
	}
	for _, w := range result.Withheld {
		if want[w.File] != w.Why || !strings.Contains(log.String(), "page="+path.Dir(w.File)) || strings.Contains(log.String(), path.Base(w.File)) {
			t.Errorf("got %v; log\n%s", w, log.String())
		}
	}

	sizes := map[string]int{}
	err = fs.WalkDir(os.DirFS(out), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasSuffix(name, "current") {
			return err
		}
		data := []byte(sitetest.Read(t, out, name))
		for file, original := range originals {
			if bytes.Contains(data, original) || bytes.Contains(data, original[len(original)/2:]) || bytes.Contains(data, []byte(file)) {
				t.Errorf("%s holds %s or its name", name, file)
			}
		}
		for _, trace := range []string{"Exif", "Zyx", "Somebody Else", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "Two pupils"} {
			if bytes.Contains(data, []byte(trace)) {
				t.Errorf("%s holds %q", name, trace)
			}
		}
		if rel, err := filepath.Rel(result.Dir, filepath.Join(out, name)); err == nil && strings.HasPrefix(rel, "pictures/") {
			if !publishedPicture.MatchString(rel) {
				t.Errorf("published as %s", rel)
			}
			config, _, err := image.DecodeConfig(bytes.NewReader(data))
			if err != nil {
				t.Errorf("%s: %v", rel, err)
			}
			sizes[rel] = config.Width * config.Height
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(sizes) != 3+1+1 { // 480, 960, 1200 of the stall; 400 of the turned one; 100 of the drawing
		t.Errorf("got %v", sizes)
	}

	html := sitetest.Read(t, result.Dir, "fair", "index.html")
	if n := strings.Count(html, "<img"); n != 3 {
		t.Errorf("%d pictures on\n%s", n, html)
	}
	for _, part := range []string{`-1200.jpg" srcset="/larkfield/pictures/`, ` 480w, /larkfield/pictures/`, `width="1200" height="800" alt="A stall"`, `width="400" height="600" alt="Four colours"`} {
		if !strings.Contains(html, part) {
			t.Errorf("no %q on\n%s", part, html)
		}
	}
	// Held so that its left is up: red is then at the top right.
	turned := regexp.MustCompile(`pictures/[0-9a-f]{16}-400\.jpg`).FindString(html)
	img, _, err := image.Decode(strings.NewReader(sitetest.Read(t, result.Dir, turned)))
	if err != nil {
		t.Fatal(err)
	}
	if r, g, b, _ := img.At(350, 50).RGBA(); r < 0xf000 || g > 0x1000 || b > 0x1000 {
		t.Errorf("the top right corner is %x %x %x, not red", r, g, b)
	}

	// Kept from build to build, for as long as a page shows them.
	kept, err := os.ReadDir(filepath.Join(out, "larkfield", "pictures"))
	if err != nil || len(kept) != 5 {
		t.Errorf("kept %v, %v", kept, err)
	}
	before, err := kept[0].Info()
	if err != nil {
		t.Fatal(err)
	}
	build()
	if after, err := os.Stat(filepath.Join(out, "larkfield", "pictures", kept[0].Name())); err != nil || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("made again: %v", err)
	}
	f.Write("schools/larkfield/pages/fair/index.md", "+++\ntitle = \"Fair\"\n+++\n\nNone.\n")
	if trust, err = Load(f.Content); err != nil {
		t.Fatal(err)
	}
	if result = build(); len(result.Withheld) != 0 {
		t.Errorf("got %v", result.Withheld)
	}
	if kept, _ := os.ReadDir(filepath.Join(out, "larkfield", "pictures")); len(kept) != 0 {
		t.Errorf("kept though no page shows them: %v", kept)
	}
}

// A picture that is no picture, or too much of one, stops its school with the
// name of the file.
func TestPicturesRefused(t *testing.T) {
	good := picturetest.Photo(t, picturetest.Quarters(40, 40), 1)
	var bomb bytes.Buffer // says that it is 60,000 by 60,000 pixels
	bomb.WriteString("\x89PNG\r\n\x1a\n")
	header := append([]byte("IHDR"), 0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60, 8, 6, 0, 0, 0)
	binary.Write(&bomb, binary.BigEndian, uint32(13))
	bomb.Write(header)
	binary.Write(&bomb, binary.BigEndian, crc32.ChecksumIEEE(header))
	for _, c := range []struct {
		name, toml, body string
		files            map[string][]byte
		want             string
	}{
		{"not a picture", "[[picture]]\nfile = \"a.jpg\"\nalt = \"A\"\nnobody = true\n", "![](a.jpg)", map[string][]byte{"a.jpg": []byte("GIF89a")},
			"larkfield: schools/larkfield/pages/fair/a.jpg: is of the kind GIF: save or export it as a JPEG, or a drawing as a PNG"},
		{"bomb", "[[picture]]\nfile = \"a.png\"\nalt = \"A\"\nnobody = true\n", "![](a.png)", map[string][]byte{"a.png": bomb.Bytes()},
			"larkfield: schools/larkfield/pages/fair/a.png: is 60000 by 60000 pixels: save it with at most 50 million pixels"},
		{"damaged", "[[picture]]\nfile = \"a.jpg\"\nalt = \"A\"\nnobody = true\n", "![](a.jpg)", map[string][]byte{"a.jpg": good[:len(good)-40]},
			"larkfield: schools/larkfield/pages/fair/a.jpg: is damaged: invalid JPEG format: short Huffman data"},
		{"no alt", "[[picture]]\nfile = \"a.jpg\"\nnobody = true\n", "![](a.jpg)", map[string][]byte{"a.jpg": good},
			"larkfield: schools/larkfield/pages/fair/pictures.toml:2: a.jpg has no alt: say in a sentence what there is to see, for those who cannot see it"},
		{"a name", "[[picture]]\nfile = \"a.jpg\"\nalt = \"A\"\npupils = [\"Amy Smith\"]\n", "![](a.jpg)", map[string][]byte{"a.jpg": good},
			"larkfield: schools/larkfield/pages/fair/pictures.toml:2: a.jpg: pupils holds something that is not a reference from the portal; a name must never stand here"},
		{"both", "[[picture]]\nfile = \"a.jpg\"\nalt = \"A\"\nnobody = true\npupils = [\"ABCDEFGHIJKLMNOPQRSTUVWXYZ\"]\n", "", map[string][]byte{"a.jpg": good},
			"larkfield: schools/larkfield/pages/fair/pictures.toml:2: a.jpg says nobody = true and names pupils: only one can be so"},
		{"unknown key", "[[picture]]\nfile = \"a.jpg\"\nalt = \"A\"\nanybody = true\n", "", map[string][]byte{"a.jpg": good},
			"larkfield: schools/larkfield/pages/fair/pictures.toml:4:1: unknown key picture.anybody: there are file, alt, nobody, pupils, until"},
		{"not there", "[[picture]]\nfile = \"b.jpg\"\nalt = \"B\"\nnobody = true\n", "![](c.jpg)", map[string][]byte{"a.jpg": good},
			"larkfield: schools/larkfield/pages/fair/index.md:5: there is no picture \"c.jpg\" in this page's folder\nschools/larkfield/pages/fair/pictures.toml:2: there is no picture \"b.jpg\" in this folder"},
		{"elsewhere", "", "![](https://elsewhere.example/a.jpg) ![](/fair/a.jpg)", map[string][]byte{"a.jpg": good},
			"larkfield: schools/larkfield/pages/fair/index.md:5: the picture \"/fair/a.jpg\" has to stand in this page's own folder\nschools/larkfield/pages/fair/index.md:5: the picture \"https://elsewhere.example/a.jpg\" has to stand in this page's own folder"},
		{"capitals", "", "", map[string][]byte{"a.jpg": good, "A.jpg": good},
			"larkfield: schools/larkfield/pages/fair/a.jpg: differs from A.jpg only in capitals: rename one"},
		{"spaces", "", "", map[string][]byte{"a b.jpg": good},
			"larkfield: schools/larkfield/pages/fair/a b.jpg: a picture's name has only letters, digits, dots, hyphens and underscores: rename it, as Markdown cannot show one with spaces"},
		{"another kind", "", "", map[string][]byte{"a.heic": good},
			"larkfield: schools/larkfield/pages/fair/a.heic: " + picture.Unfit("a.heic")},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFixture(t)
			f.Write("theme/layouts/_markup/render-image.html", imageHook)
			f.Write("schools/larkfield/pages/fair/index.md", "+++\ntitle = \"Fair\"\n+++\n\n"+c.body+"\n")
			if c.toml != "" {
				f.Write("schools/larkfield/pages/fair/pictures.toml", c.toml)
			}
			for name, data := range c.files {
				f.Write("schools/larkfield/pages/fair/"+name, string(data))
			}
			before := sitetest.Worked()
			_, err := buildFixture(t, f, t.TempDir(), sitetest.Now)
			if err == nil || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
			if worked := sitetest.Worked() - before; worked > 20*time.Second {
				t.Errorf("worked for %s", worked)
			}
		})
	}
}

// Pupils are shown as long as the register says so, under a name of its own, and nothing
// of a picture that it withholds goes out: neither the picture, nor a copy of it that is
// said to show nobody, nor its file's name (P15).
func TestGate(t *testing.T) {
	f, originals := withPictures(t)
	f.Write("schools/larkfield/pages/copy/index.md", "+++\ntitle = \"Copy\"\n+++\n\n![](copied.jpg)\n")
	f.Write("schools/larkfield/pages/copy/copied.jpg", string(originals["pupils.jpg"]))
	f.Write("schools/larkfield/pages/copy/pictures.toml", "[[picture]]\nfile = \"copied.jpg\"\nalt = \"A copy\"\nnobody = true\n")
	answer := Shown{Why: "withheld"}
	var failing error
	var asked []Depicted
	out := t.TempDir()
	build := func() (Result, error) {
		t.Helper()
		trust, err := Load(f.Content)
		if err != nil {
			t.Fatal(err)
		}
		results, err := Build(t.Context(), trust, Options{
			Theme: f.Theme, Out: out, Address: "http://localhost:8080", Now: sitetest.Now,
			MayShow: func(_ context.Context, school string, pictures []Depicted) (said []Shown, err error) {
				if school == "larkfield" {
					asked = pictures
				}
				for range pictures {
					said = append(said, answer)
				}
				return said, failing
			},
		})
		return resultOf(t, results, "larkfield"), err
	}
	files := func() (names []string) {
		t.Helper()
		err := fs.WalkDir(os.DirFS(out), "larkfield/generations", func(name string, e fs.DirEntry, err error) error {
			if err == nil && !e.IsDir() && strings.Contains(name, "/pictures/asked/") {
				names = append(names, path.Base(name))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return names
	}
	copied := "schools/larkfield/pages/copy/copied.jpg"
	withheld := func(r Result, file string) string {
		for _, w := range r.Withheld {
			if w.File == file {
				return w.Why
			}
		}
		return ""
	}

	result, err := build()
	if err != nil || len(files()) > 0 || withheld(result, "schools/larkfield/pages/fair/pupils.jpg") != "withheld" || withheld(result, copied) == "" {
		t.Fatalf("withheld: %v, %v, %v", result, files(), err)
	}
	if len(asked) != 1 || asked[0].Page != "/fair/" || asked[0].Purpose != "website-pictures" || len(asked[0].Pupils) != 1 {
		t.Errorf("asked %+v", asked)
	}

	answer = Shown{Name: "JIQA2WKSMX43ENXTU2XRPBNXQK"}
	result, err = build()
	if err != nil || result.Unchanged || len(result.Asked) != 1 || withheld(result, copied) == "" {
		t.Fatalf("shown: %v, %v", result, err)
	}
	if got := files(); len(got) != 1 || AskedName("pictures/asked/"+got[0]) != answer.Name {
		t.Errorf("published as %v", got)
	}
	page := sitetest.Read(t, out, "larkfield/current/fair/index.html")
	if !strings.Contains(page, AskedFolder+answer.Name) || strings.Contains(page, "pupils.jpg") {
		t.Errorf("the page does not show it under its own name:\n%s", page)
	}
	if result, err = build(); err != nil || !result.Unchanged || len(result.Asked) != 1 {
		t.Errorf("built again for nothing: %v, %v", result, err)
	}

	answer = Shown{Why: "taken down"}
	if result, err = build(); err != nil || result.Unchanged || len(files()) > 0 {
		t.Errorf("a picture that was withdrawn stays: %v, %v, %v", result, files(), err)
	}
	failing = errors.New("the register is away")
	if _, err = build(); !errors.Is(err, failing) {
		t.Errorf("built without the register: %v", err)
	}
}

// A picture of the desk stands at the end of its page, whatever file that is made of, as long
// as the register says so; without anybody to ask, and from another answer on, nothing of it
// is there.
func TestDesk(t *testing.T) {
	f, _ := withPictures(t)
	master, err := picture.Master(picturetest.Photo(t, picturetest.Quarters(700, 500), 1))
	if err != nil {
		t.Fatal(err)
	}
	prints, err := (*picture.Cleaner)(nil).Clean(master.Data)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(master.Data)
	opens := func() ([]byte, error) { return master.Data, nil }
	broken := func() ([]byte, error) { return nil, errors.New("the file is gone") }
	at := func(page string) Brought {
		return Brought{Key: "desk 1", Page: page, Alt: "A stall", Caption: "\"Cakes\" & <b>tea</b>", SHA256: hex.EncodeToString(sum[:]), Open: opens}
	}
	yes := func(_ context.Context, _ string, pictures []Depicted) (said []Shown, err error) {
		for _, x := range pictures {
			if x.Key == "desk 1" && x.Purpose == picturesPurpose {
				said = append(said, Shown{Name: "JIQA2WKSMX43ENXTU2XRPBNXQK"})
			} else {
				said = append(said, Shown{Why: "not this one"})
			}
		}
		return said, nil
	}
	no := func(_ context.Context, _ string, pictures []Depicted) ([]Shown, error) {
		said := make([]Shown, len(pictures))
		for i := range said {
			said[i].Why = "one of them may not be shown"
		}
		return said, nil
	}
	out := t.TempDir()
	for _, c := range []struct {
		name  string
		gate  func(context.Context, string, []Depicted) ([]Shown, error)
		desk  Brought
		shown string // the page that shows it
		fails bool
	}{
		{"nobody is asked", nil, at("/fair/"), "", false},
		{"the register says no", no, at("/fair/"), "", false},
		{"the register says yes", yes, at("/fair/"), "fair/index.html", false},
		{"its file is gone", yes, Brought{Key: "desk 1", Page: "/fair/", SHA256: strings.Repeat("0", 64), Open: broken}, "fair/index.html", true},
		{"its file is another", yes, Brought{Key: "desk 1", Page: "/fair/", SHA256: strings.Repeat("0", 64), Open: opens}, "fair/index.html", true},
		{"its page is no folder, and of the model", yes, at("/policy/"), "policy/index.html", false},
		{"there is no such page", yes, at("/nowhere/"), "", false},
		{"the register says no again", no, at("/policy/"), "", false},
	} {
		trust, err := Load(f.Content)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Build(t.Context(), trust, Options{
			Theme: f.Theme, Out: out, Address: "http://localhost:8080", Now: sitetest.Now, MayShow: c.gate, Only: []string{"larkfield"},
			Desk: func(context.Context, string) ([]Brought, error) { return []Brought{c.desk}, nil },
		})
		if (err != nil) != c.fails {
			t.Errorf("%s: %v", c.name, err)
		}
		shows := map[string]bool{}
		err = fs.WalkDir(os.DirFS(filepath.Join(out, "larkfield", "current")+"/"), ".", func(name string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			data, err := fs.ReadFile(os.DirFS(filepath.Join(out, "larkfield", "current")), name)
			if bytes.Contains(data, []byte(AskedFolder)) || bytes.Contains(data, []byte("Cakes")) {
				shows[name] = true
				if !bytes.Contains(data, []byte("&#34;Cakes&#34; &amp; &lt;b&gt;tea&lt;/b&gt;")) || !bytes.Contains(data, []byte(`alt="A stall"`)) {
					t.Errorf("%s: without its words:\n%s", c.name, data)
				}
			}
			printed := slices.ContainsFunc(prints, func(p picture.Print) bool { return bytes.Equal(data, p.Data) })
			if bytes.Contains(data, []byte("desk-")) || printed && (c.shown == "" || !strings.HasPrefix(name, AskedFolder)) || bytes.Equal(data, master.Data) && !strings.HasPrefix(name, AskedFolder) {
				t.Errorf("%s: %s has something of it", c.name, name)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(shows) > 0 != (c.shown != "") || c.shown != "" && !shows[c.shown] {
			t.Errorf("%s: shown by %v", c.name, shows)
		}
	}
}

// pdf is a PDF that holds a picture, said in a way.
func pdf(said string, photo []byte) string {
	return "%PDF-1.4\n1 0 obj\n<< /Type /XObject " + said + " /Filter /DCTDecode >>\nstream\n" + string(photo) + "\nendstream\nendobj\n%%EOF\n"
}

// packed is a stream of a PDF, compressed.
func packed(text string) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return "%PDF-1.4\n1 0 obj\n<< /Filter /FlateDecode >>\nstream\n" + b.String() + "\nendstream\nendobj\n%%EOF\n"
}

// Whatever somebody tries to get a picture past the gate by, it is withheld, or the site is
// not put in place (P15). There is no register here, as for sites that another server has.
func TestLeaks(t *testing.T) {
	const pages, files = "schools/larkfield/pages/", "schools/larkfield/files/"
	scene := picturetest.Scene(7, 320, 240)
	photo := picturetest.Photo(t, scene, 1)
	part := picturetest.Photo(t, scene.SubImage(image.Rect(30, 20, 290, 220)), 1)
	another := picturetest.Photo(t, picturetest.Scene(8, 320, 240), 1)
	nobody := "[[picture]]\nfile = \"copied.jpg\"\nalt = \"A copy\"\nnobody = true\n"
	page := func(f sitetest.Fixture, matter, body string) {
		f.Write(pages+"leak/index.md", "+++\ntitle = \"Leak\"\n"+matter+"+++\n\n"+body+"\n")
	}
	copied := func(at string, data []byte) func(sitetest.Fixture) {
		return func(f sitetest.Fixture) {
			f.Write(at+"leak/index.md", "+++\ntitle = \"Leak\"\n+++\n\nA [way](https://www.ceop.police.uk/Safety-Centre/).\n\n![](copied.jpg)\n")
			f.Write(at+"leak/copied.jpg", string(data))
			f.Write(at+"leak/pictures.toml", nobody)
		}
	}
	file := func(text, said string) func(sitetest.Fixture) {
		return func(f sitetest.Fixture) {
			page(f, "", "[Letter](/files/letter.pdf)")
			f.Write(files+"letter.pdf", text)
			if said != "" {
				f.Write(files+"pictures.toml", "[[picture]]\nfile = \"letter.pdf\"\n"+said)
			}
		}
	}
	const kept, withheld, published = "keeps the site from being put in place", "withheld", "published"
	for name, c := range map[string]struct {
		leak func(sitetest.Fixture)
		want string
	}{
		"the file in the theme":        {func(f sitetest.Fixture) { f.Write("theme/static/x.jpg", string(photo)) }, kept},
		"its name in a page":           {func(f sitetest.Fixture) { page(f, "", "See `scene.jpg`.") }, kept},
		"a print that no page shows":   {func(f sitetest.Fixture) { f.Write("theme/static/pictures/asked/x-480.jpg", "x") }, kept},
		"a copy":                       {copied(pages, photo), withheld},
		"a copy that is cut":           {copied(pages, part), withheld},
		"a copy on the trust's pages":  {copied("trust/pages/", part), withheld},
		"another picture":              {copied(pages, another), published},
		"front matter's resources":     {func(f sitetest.Fixture) { page(f, "[[resources]]\nsrc = \"*.jpg\"\n", "") }, kept},
		"front matter's cascade":       {func(f sitetest.Fixture) { page(f, "[cascade.build]\npublishResources = true\n", "") }, kept},
		"raw HTML":                     {func(f sitetest.Fixture) { page(f, "", "<img src=\"../fair/scene.jpg\">") }, kept},
		"a shortcode":                  {func(f sitetest.Fixture) { page(f, "", "{{< figure src=\"/fair/scene.jpg\" >}}") }, kept},
		"an address with the picture":  {func(f sitetest.Fixture) { page(f, "", "![](data:image/jpeg;base64,/9j/4AAQ)") }, kept},
		"another page's folder":        {func(f sitetest.Fixture) { page(f, "", "![](../fair/scene.jpg)") }, kept},
		"a folder static":              {func(f sitetest.Fixture) { f.Write("schools/larkfield/static/x.jpg", string(photo)) }, kept},
		"a data file":                  {func(f sitetest.Fixture) { f.Write("schools/larkfield/data/x.json", "{}") }, kept},
		"layouts of one's own":         {func(f sitetest.Fixture) { f.Write("schools/larkfield/layouts/page.html", "x") }, kept},
		"a PDF with it":                {file(pdf("/Subtype /Image", photo), "nobody = true\n"), kept},
		"a PDF with a part of it":      {file(pdf("/Subtype /Image", part), "nobody = true\n"), kept},
		"a PDF with a picture":         {file(pdf("/Subtype /Image", another), ""), kept},
		"a PDF that hides the word":    {file(pdf("/Subtype /#49m#61ge", another), ""), kept},
		"a PDF with one in its text":   {file(packed("q BI /W 9 /H 9 ID xxx EI Q"), ""), kept},
		"a PDF that is said to":        {file(pdf("/Subtype /Image", another), "pupils = [\"ABCDEFGHIJKLMNOPQRSTUVWXYZ\"]\n"), kept},
		"a PDF with a file within":     {file("%PDF-1.4\n<< /Type /EmbeddedFile >>\n%%EOF\n", "nobody = true\n"), kept},
		"a PDF that is locked":         {file("%PDF-1.4\ntrailer << /Encrypt 5 0 R >>\n%%EOF\n", "nobody = true\n"), kept},
		"a PDF with another picture":   {file(pdf("/Subtype /Image", another), "nobody = true\n"), published},
		"a PDF with words alone":       {file(packed("BT (The BI and ID of it) Tj ET"), ""), published},
		"a PDF of which nothing is so": {file(packed("/ProcSet [/PDF /ImageB /ImageC]"), ""), published},
	} {
		t.Run(name, func(t *testing.T) {
			f, _ := withPictures(t)
			f.Write(pages+"fair/scene.jpg", string(photo))
			f.Write(pages+"fair/pictures.toml", "[[picture]]\nfile = \"scene.jpg\"\nalt = \"A pupil\"\npupils = [\"ABCDEFGHIJKLMNOPQRSTUVWXYZ\"]\n")
			c.leak(f)
			out := t.TempDir()
			trust, err := Load(f.Content)
			if err == nil {
				_, err = Build(t.Context(), trust, Options{Theme: f.Theme, Out: out, Address: "http://localhost:8080", Now: sitetest.Now})
			}
			stands := err == nil
			if (c.want == kept) == stands {
				t.Fatalf("%s: %v", c.want, err)
			}
			if !stands {
				if _, err := os.Stat(filepath.Join(out, "larkfield", "current")); err == nil {
					t.Error("the site is in place")
				}
				return
			}
			shown := 0
			for _, site := range []string{"larkfield", Overview} {
				at := os.DirFS(filepath.Join(out, site, "current") + "/")
				prints, err := fs.Glob(at, "pictures/*.*")
				if err != nil {
					t.Fatal(err)
				}
				letters, _ := fs.Glob(at, "files/letter.pdf")
				shown += len(prints) + len(letters)
			}
			if (c.want == published) != (shown > 0) {
				t.Errorf("%s, and %d files are there", c.want, shown)
			}
		})
	}
}

// What a build leaves behind that was ended, or that failed, is gone after the next, also
// where there is nothing new to build.
func TestLeftBehind(t *testing.T) {
	f, _ := withPictures(t)
	out := t.TempDir()
	mustBuild(t, f, out, sitetest.Now)
	wrong := "schools/larkfield/pages/wrong.md"
	f.Write(wrong, "+++\ntitle = \"Wrong\"\n+++\n\n[x](/nowhere/)\n")
	if _, err := buildFixture(t, f, out, sitetest.Now); err == nil {
		t.Fatal("built")
	}
	left := []string{filepath.Join(out, "larkfield", "generations", "ended", "pictures", "x.jpg"), filepath.Join(out, "larkfield", "pictures", "x-480.jpg")}
	for _, name := range left {
		if err := writeFile(name, []byte("a picture")); err != nil {
			t.Fatal(err)
		}
	}
	delete(f.Content, wrong)
	mustBuild(t, f, out, sitetest.Now)
	for _, name := range left {
		if _, err := os.Stat(name); err == nil {
			t.Errorf("%s is still there", name)
		}
	}
}
