package site

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// quarters is a picture of four colours: red, green, blue and white, clockwise
// from the top left corner.
func quarters(w, h int) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{255, 0, 0, 255}
			switch {
			case x >= w/2 && y < h/2:
				c = color.RGBA{0, 255, 0, 255}
			case x >= w/2:
				c = color.RGBA{0, 0, 255, 255}
			case y >= h/2:
				c = color.RGBA{255, 255, 255, 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	return img
}

// photo is a JPEG as a camera writes it: with the way it was held, its maker, and
// the place.
func photo(t *testing.T, img image.Image, orientation uint16) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	be := binary.BigEndian
	entry := func(tag, kind uint16, n uint32, value []byte) []byte {
		e := be.AppendUint32(be.AppendUint16(be.AppendUint16(nil, tag), kind), n)
		return append(e, append(value, 0, 0, 0, 0)[:4]...)
	}
	tiff := append([]byte("MM\x00*\x00\x00\x00\x08"), 0, 3)
	tiff = append(tiff, entry(0x10f, 2, 4, []byte("Zyx\x00"))...)                 // Make
	tiff = append(tiff, entry(0x112, 3, 1, be.AppendUint16(nil, orientation))...) // Orientation
	tiff = append(tiff, entry(0x8825, 4, 1, be.AppendUint32(nil, 50))...)         // GPS IFD
	tiff = append(tiff, 0, 0, 0, 0, 0, 1)
	tiff = append(tiff, entry(1, 2, 2, []byte("N\x00"))...)
	tiff = append(tiff, 0, 0, 0, 0)
	body := append([]byte("Exif\x00\x00"), tiff...)
	app1 := append(be.AppendUint16([]byte{0xff, 0xe1}, uint16(len(body)+2)), body...)
	return append(append(b.Bytes()[:2:2], app1...), b.Bytes()[2:]...)
}

const imageHook = `{{- with index site.Params.pictures (lower (printf "%s/%s" (strings.TrimSuffix "/" .Page.Path) .Destination)) -}}
<img src="{{ relURL .src }}" srcset="{{ range $i, $s := .set }}{{ if $i }}, {{ end }}{{ relURL $s }}{{ end }}" width="{{ .width }}" height="{{ .height }}" alt="{{ .alt }}">
{{- end -}}`

// withPictures is the fixture with a page of pictures, one of each sort.
func withPictures(t *testing.T) (f fixture, originals map[string][]byte) {
	f = newFixture(t)
	f.write("theme/layouts/_markup/render-image.html", imageHook)
	f.write("schools/larkfield/pages/fair/index.md", "+++\ntitle = \"Fair\"\n+++\n\n![](Stall_1.JPG)\n\n![](turned.jpg)\n\n![](drawn.png)\n\n![](unsaid.jpg)\n\n![](pupils.jpg)\n\n![](silent.jpg)\n")
	f.write("schools/larkfield/pages/fair/pictures.toml", `[[picture]]
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
	if err := (&png.Encoder{CompressionLevel: png.NoCompression}).Encode(&drawn, quarters(100, 60)); err != nil {
		t.Fatal(err)
	}
	text := []byte("tEXtAuthor\x00Somebody Else")
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(text)-4))
	chunk = binary.BigEndian.AppendUint32(append(chunk, text...), crc32.ChecksumIEEE(text))
	withText := append(bytes.Clone(drawn.Bytes()[:33]), append(chunk, drawn.Bytes()[33:]...)...)
	originals = map[string][]byte{
		"Stall_1.JPG": photo(t, quarters(1200, 800), 1),
		"turned.jpg":  photo(t, quarters(600, 400), 6),
		"drawn.png":   withText,
		"unsaid.jpg":  photo(t, quarters(64, 64), 1),
		"pupils.jpg":  photo(t, quarters(66, 64), 1),
		"silent.jpg":  photo(t, quarters(68, 64), 1),
		"unused.jpg":  photo(t, quarters(70, 64), 1),
	}
	for name, data := range originals {
		f.write("schools/larkfield/pages/fair/"+name, string(data))
	}
	return f, originals
}

var publishedPicture = regexp.MustCompile(`^pictures/[0-9a-f]{16}-[0-9]+\.(jpg|png)$`)

// Of the pictures beside a page only those with nobody in them go out, as pixels
// and nothing else, upright, under names that say nothing (P15).
func TestPictures(t *testing.T) {
	f, originals := withPictures(t)
	trust, err := Load(f.content)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	out := t.TempDir()
	build := func() Result {
		t.Helper()
		results, err := Build(t.Context(), trust, Options{Theme: f.theme, Out: out, Address: "http://localhost:8080", Now: now, Log: slog.New(slog.NewTextHandler(&log, nil))})
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
		data := []byte(read(t, out, name))
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

	html := read(t, result.Dir, "fair", "index.html")
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
	img, _, err := image.Decode(strings.NewReader(read(t, result.Dir, turned)))
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
	f.write("schools/larkfield/pages/fair/index.md", "+++\ntitle = \"Fair\"\n+++\n\nNone.\n")
	if trust, err = Load(f.content); err != nil {
		t.Fatal(err)
	}
	if result = build(); len(result.Withheld) != 0 {
		t.Errorf("got %v", result.Withheld)
	}
	if kept, _ := os.ReadDir(filepath.Join(out, "larkfield", "pictures")); len(kept) != 0 {
		t.Errorf("kept though no page shows them: %v", kept)
	}
}

// Every way a camera can be held.
func TestOrientation(t *testing.T) {
	red, green, blue, blank := color.RGBA{255, 0, 0, 255}, color.RGBA{0, 255, 0, 255}, color.RGBA{0, 0, 255, 255}, color.RGBA{255, 255, 255, 255}
	// What is at the top left and the top right of the picture set upright.
	for orientation, want := range map[uint16][2]color.RGBA{
		1: {red, green}, 2: {green, red}, 3: {blue, blank}, 4: {blank, blue},
		5: {red, blank}, 6: {blank, red}, 7: {blue, green}, 8: {green, blue},
		0: {red, green}, 9: {red, green},
	} {
		f := newFixture(t)
		f.write("a.jpg", string(photo(t, quarters(60, 40), orientation)))
		var c *cleaner
		made, err := c.clean(photograph{folder: f.content, name: "a.jpg"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		img, err := jpeg.Decode(bytes.NewReader(made[0].data))
		if err != nil {
			t.Fatal(err)
		}
		size := img.Bounds().Size()
		if turned := orientation >= 5 && orientation <= 8; turned != (size == image.Pt(40, 60)) || made[0].width != size.X || made[0].height != size.Y {
			t.Errorf("%d: is %v", orientation, size)
		}
		for i, at := range []image.Point{{5, 5}, {size.X - 6, 5}} {
			r, g, b, _ := img.At(at.X, at.Y).RGBA()
			wr, wg, wb, _ := want[i].RGBA()
			for _, d := range []int{int(r) - int(wr), int(g) - int(wg), int(b) - int(wb)} {
				if max(d, -d) > 0x2000 {
					t.Errorf("%d: corner %d is %x %x %x", orientation, i, r, g, b)
					break
				}
			}
		}
	}
}

// A picture that is no picture, or too much of one, stops its school with the
// name of the file.
func TestPicturesRefused(t *testing.T) {
	good := photo(t, quarters(40, 40), 1)
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
			"larkfield: schools/larkfield/pages/fair/pictures.toml:4:1: unknown key picture.anybody: there are file, alt, nobody, pupils"},
		{"not there", "[[picture]]\nfile = \"b.jpg\"\nalt = \"B\"\nnobody = true\n", "![](c.jpg)", map[string][]byte{"a.jpg": good},
			"larkfield: schools/larkfield/pages/fair/index.md:5: there is no picture \"c.jpg\" in this page's folder\nschools/larkfield/pages/fair/pictures.toml:2: there is no picture \"b.jpg\" in this folder"},
		{"elsewhere", "", "![](https://elsewhere.example/a.jpg) ![](/fair/a.jpg)", map[string][]byte{"a.jpg": good},
			"larkfield: schools/larkfield/pages/fair/index.md:5: the picture \"/fair/a.jpg\" has to stand in this page's own folder\nschools/larkfield/pages/fair/index.md:5: the picture \"https://elsewhere.example/a.jpg\" has to stand in this page's own folder"},
		{"capitals", "", "", map[string][]byte{"a.jpg": good, "A.jpg": good},
			"larkfield: schools/larkfield/pages/fair/a.jpg: differs from A.jpg only in capitals: rename one"},
		{"spaces", "", "", map[string][]byte{"a b.jpg": good},
			"larkfield: schools/larkfield/pages/fair/a b.jpg: a picture's name has only letters, digits, dots, hyphens and underscores: rename it, as Markdown cannot show one with spaces"},
		{"another kind", "", "", map[string][]byte{"a.heic": good},
			"larkfield: schools/larkfield/pages/fair/a.heic: " + otherPicture("HEIC")},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFixture(t)
			f.write("theme/layouts/_markup/render-image.html", imageHook)
			f.write("schools/larkfield/pages/fair/index.md", "+++\ntitle = \"Fair\"\n+++\n\n"+c.body+"\n")
			if c.toml != "" {
				f.write("schools/larkfield/pages/fair/pictures.toml", c.toml)
			}
			for name, data := range c.files {
				f.write("schools/larkfield/pages/fair/"+name, string(data))
			}
			started := time.Now()
			_, err := f.build(t, t.TempDir(), now)
			if err == nil || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
			if took := time.Since(started); took > 20*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

// slowJPEG is a picture that goes over all its pixels again every 60 bytes: a
// progressive one of many scans, each of nothing.
func slowJPEG(scans int) []byte {
	be := binary.BigEndian
	segment := func(mark byte, body ...byte) []byte {
		return append(be.AppendUint16([]byte{0xff, mark}, uint16(len(body)+2)), body...)
	}
	const side = 7000
	size := be.AppendUint16(be.AppendUint16(nil, side), side)
	file := append([]byte{0xff, 0xd8}, segment(0xc2, append(append([]byte{8}, size...), 1, 1, 0x11, 0)...)...)
	quant := make([]byte, 65)
	for i := range quant[1:] {
		quant[i+1] = 1
	}
	file = append(file, segment(0xdb, quant...)...)
	table := func(class, value byte) []byte { // one code, the bit 0
		return segment(0xc4, append([]byte{class << 4, 1}, append(make([]byte, 15), value)...)...)
	}
	file = append(append(file, table(0, 0)...), table(1, 0xe0)...) // no difference; no more of the next 2^14 blocks and some
	blocks := (side + 7) / 8 * ((side + 7) / 8)
	var bits []byte
	n := 0
	put := func(bit byte) {
		if n%8 == 0 {
			bits = append(bits, 0)
		}
		bits[len(bits)-1] |= bit << (7 - n%8)
		n++
	}
	for left := blocks; left > 0; left -= 1 << 14 {
		for range 15 { // the code, then 14 bits that add nothing
			put(0)
		}
	}
	for range scans {
		file = append(append(file, segment(0xda, 1, 1, 0, 1, 63, 0)...), bits...)
	}
	return append(file, 0xff, 0xd9)
}

// A picture that was made to keep a build busy is refused in time.
func TestPictureThatTakesTooLong(t *testing.T) {
	defer func(was time.Duration) { decodeTime = was }(decodeTime)
	decodeTime = 200 * time.Millisecond
	folder := fstest.MapFS{"slow.jpg": {Data: slowJPEG(20_000)}}
	started := time.Now()
	_, err := (*cleaner)(nil).clean(photograph{folder: folder, name: "slow.jpg"}, nil)
	if took := time.Since(started); err == nil || !strings.Contains(err.Error(), "takes longer than 200ms to read") || took > 10*time.Second {
		t.Errorf("took %v, %v", took, err)
	}
}

// Other kinds of picture are named, also under a name that says otherwise.
func TestOtherPicturesAreNamed(t *testing.T) {
	for begin, want := range map[string]string{
		"\x00\x00\x00\x18ftypheic": "is a HEIC picture, as iPhones take them",
		"\x00\x00\x00\x18ftypmif1": "is a HEIC picture",
		"\x00\x00\x00\x1cftypavif": "is of the kind AVIF",
		"RIFF\x00\x00\x00\x00WEBP": "is of the kind WebP: save or export it as a JPEG",
		"GIF89a":                   "is of the kind GIF",
		"II*\x00":                  "is of the kind TIFF",
		"%PDF-1.7":                 "is not a JPEG or PNG picture",
		"\xff\xd8\xff\xe0":         "is damaged",
		"":                         "is not a JPEG or PNG picture",
	} {
		folder := fstest.MapFS{"a.jpg": {Data: []byte(begin)}}
		if _, err := (*cleaner)(nil).clean(photograph{folder: folder, name: "a.jpg"}, nil); err == nil || !strings.HasPrefix(err.Error(), "a.jpg: "+want) {
			t.Errorf("%q: %v, want %s", begin, err, want)
		}
	}
}
