package picture

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"schoolgate/site/picture/picturetest"
	"schoolgate/site/sitetest"
)

// Every way a camera can be held.
func TestOrientation(t *testing.T) {
	red, green, blue, blank := color.RGBA{255, 0, 0, 255}, color.RGBA{0, 255, 0, 255}, color.RGBA{0, 0, 255, 255}, color.RGBA{255, 255, 255, 255}
	// What is at the top left and the top right of the picture set upright.
	for orientation, want := range map[uint16][2]color.RGBA{
		1: {red, green}, 2: {green, red}, 3: {blue, blank}, 4: {blank, blue},
		5: {red, blank}, 6: {blank, red}, 7: {blue, green}, 8: {green, blue},
		0: {red, green}, 9: {red, green},
	} {
		var c *Cleaner
		made, err := c.Clean(picturetest.Photo(t, picturetest.Quarters(60, 40), orientation))
		if err != nil {
			t.Fatal(err)
		}
		img, err := jpeg.Decode(bytes.NewReader(made[0].Data))
		if err != nil {
			t.Fatal(err)
		}
		size := img.Bounds().Size()
		if turned := orientation >= 5 && orientation <= 8; turned != (size == image.Pt(40, 60)) || made[0].Width != size.X || made[0].Height != size.Y {
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

// A picture that was made to keep a build busy is refused in time.
func TestPictureThatTakesTooLong(t *testing.T) {
	defer func(was time.Duration) { decodeTime = was }(decodeTime)
	decodeTime = 200 * time.Millisecond
	slow := slowJPEG(20_000)
	before := sitetest.Worked()
	_, err := (*Cleaner)(nil).Clean(slow)
	if worked := sitetest.Worked() - before; err == nil || !strings.Contains(err.Error(), "takes longer than 200ms to read") || worked > 10*time.Second {
		t.Errorf("worked for %v, %v", worked, err)
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
		if _, err := (*Cleaner)(nil).Clean([]byte(begin)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", begin, err, want)
		}
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
	c := NewCleaner(t.TempDir(), nil)
	prints, err := c.Clean(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for _, pr := range prints {
		img, err := png.Decode(bytes.NewReader(pr.Data))
		if err != nil {
			t.Fatal(err)
		}
		b := img.Bounds()
		for y := b.Min.Y; y < b.Max.Y; y++ {
			for x := b.Min.X; x < b.Max.X; x++ {
				if p, ok := img.At(x, y).(color.NRGBA); ok && p.A == 0 && (p.R|p.G|p.B) != 0 {
					t.Fatalf("%s still has colour under its transparency at %d,%d", pr.Name, x, y)
				}
			}
		}
	}
}

// A picture that two sites of a build show is made once, and stays the second's when the
// first shows it no more.
func TestSitesShareWhatTheyShow(t *testing.T) {
	var file bytes.Buffer
	if err := png.Encode(&file, image.NewNRGBA(image.Rect(0, 0, 600, 400))); err != nil {
		t.Fatal(err)
	}
	first, second, beside := filepath.Join(t.TempDir(), "pictures"), filepath.Join(t.TempDir(), "pictures"), &Beside{}
	made, err := NewCleaner(first, beside).Clean(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	shared, err := NewCleaner(second, beside).Clean(file.Bytes())
	if err != nil || len(shared) != len(made) {
		t.Fatalf("%d prints and %d, %v", len(made), len(shared), err)
	}
	for i, pr := range shared {
		one, err1 := os.Stat(filepath.Join(first, pr.Name))
		other, err2 := os.Stat(filepath.Join(second, pr.Name))
		if err1 != nil || err2 != nil || !os.SameFile(one, other) || !bytes.Equal(pr.Data, made[i].Data) {
			t.Errorf("%s was made twice, %v, %v", pr.Name, err1, err2)
		}
	}
	if err := NewCleaner(first, beside).Prune(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(second, shared[0].Name)); err != nil {
		t.Error(err)
	}
}

// What somebody sends to be kept is a picture of one of four kinds, upright, in its first
// frame, and nothing else: whatever it is called, whatever is hidden in it.
func TestMaster(t *testing.T) {
	photo := picturetest.Photo(t, picturetest.Quarters(600, 300), 6)
	var frames bytes.Buffer
	palette := color.Palette{color.RGBA{255, 0, 0, 255}, color.RGBA{0, 0, 255, 255}}
	film := &gif.GIF{}
	for i := range 50 {
		frame := image.NewPaletted(image.Rect(0, 0, 40, 30), palette)
		for j := range frame.Pix {
			frame.Pix[j] = uint8(min(i, 1))
		}
		film.Image, film.Delay = append(film.Image, frame), append(film.Delay, 1)
	}
	if err := gif.EncodeAll(&frames, film); err != nil {
		t.Fatal(err)
	}
	dot, err := base64.StdEncoding.DecodeString("UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAwA0JaQAA3AA/vuUAAA=")
	if err != nil {
		t.Fatal(err)
	}
	var huge bytes.Buffer
	if err := png.Encode(&huge, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		t.Fatal(err)
	}
	header := huge.Bytes()
	binary.BigEndian.PutUint32(header[16:], 10_000)
	binary.BigEndian.PutUint32(header[20:], 10_000)
	binary.BigEndian.PutUint32(header[29:], crc32.ChecksumIEEE(header[12:29]))

	for name, c := range map[string]struct {
		sent          []byte
		kind          string
		width, height int
		refused       string
	}{
		"a photograph":            {photo, "JPEG", 300, 600, ""},
		"one that is also a ZIP":  {append(bytes.Clone(photo), "PK\x03\x04 secret"...), "JPEG", 300, 600, ""},
		"one that is also HTML":   {append(bytes.Clone(photo), "<script>secret</script>"...), "JPEG", 300, 600, ""},
		"a film":                  {frames.Bytes(), "PNG", 40, 30, ""},
		"a WebP":                  {dot, "JPEG", 1, 1, ""},
		"half a photograph":       {photo[:len(photo)/2], "", 0, 0, "is damaged"},
		"nothing":                 {nil, "", 0, 0, "is not a JPEG"},
		"a page":                  {[]byte("<!doctype html>"), "", 0, 0, "is not a JPEG"},
		"100 megapixels":          {header, "", 0, 0, "at most 50 million pixels"},
		"an iPhone’s":             {[]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00"), "", 0, 0, "an iPhone takes JPEGs when Settings, Camera, Formats says Most Compatible"},
		"an SVG":                  {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), "", 0, 0, "an SVG drawing"},
		"a PNG that says it is a": {append([]byte("\xff\xd8\xff"), header...), "", 0, 0, "is damaged"},
	} {
		made, err := Master(c.sent)
		if c.refused != "" {
			if _, ok := err.(Refused); !ok || !strings.Contains(err.Error(), c.refused) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil || kindOf(made.Data) != c.kind || made.Width != c.width || made.Height != c.height {
			t.Errorf("%s: %s of %d by %d, %v", name, kindOf(made.Data), made.Width, made.Height, err)
		}
		for _, hidden := range []string{"Zyx", "Exif", "secret", "PK\x03\x04"} {
			if bytes.Contains(made.Data, []byte(hidden)) {
				t.Errorf("%s: %q is left", name, hidden)
			}
		}
		if img, _, err := image.Decode(bytes.NewReader(made.Data)); name == "a film" && (err != nil || color.NRGBAModel.Convert(img.At(0, 0)).(color.NRGBA).B != 0) {
			t.Errorf("the film is not at its first frame: %v", err)
		}
	}
}
