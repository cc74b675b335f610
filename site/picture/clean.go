// Package picture makes of an original what may be published: upright, in sensible sizes,
// and with nothing in it but what can be seen.
package picture

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/bep/imagemeta"
	"github.com/gohugoio/gift"
	"golang.org/x/image/webp"
)

// What a published picture is like. Whoever changes how pictures are made puts
// recipe up, so that none from before is taken out of the cache.
const (
	recipe    = "2"
	quality   = 82         // of a JPEG
	maxPixels = 50_000_000 // of an original: more is a mistake, or meant to fill the memory
	longest   = 20_000     // side of an original, in pixels
)

// decodeTime is how long an original may take to read; a camera's of 50 million
// pixels takes two seconds. One that was made to goes over its pixels again with
// every few bytes.
var decodeTime = 20 * time.Second

var errTooLong = errors.New("takes too long to read")

// An untilReader reads until a moment, and fails after it.
type untilReader struct {
	io.Reader
	until time.Time
}

func (r *untilReader) Read(p []byte) (int, error) {
	if time.Now().After(r.until) {
		return 0, errTooLong
	}
	return r.Reader.Read(p[:min(len(p), 512)]) // few bytes, as each may cost much time
}

// widths that a picture is published in, in pixels; none is wider than the
// original, but for what its own width is.
var widths = []int{480, 960, 1600}

// A Print is one published file of a picture.
type Print struct {
	Name          string // file name: letters of a hash, the width, and the kind
	Width, Height int    // pixels
	Data          []byte
}

// A Cleaner makes what may be published of pictures. Its folder keeps results
// from build to build and is never served; it may be deleted at any time. A nil
// cleaner keeps nothing.
type Cleaner struct {
	folder string
	used   map[string]bool // by file name, in this build
	beside *Beside
}

// Beside is where the sites of one build keep their prints, so that a picture that many
// of them show, as those of the model are, is made once.
type Beside struct {
	mu sync.Mutex
	at map[string]string // the whole path of a print, by its name
}

// NewCleaner is a cleaner for one build of a site, beside those of others; nil is alone.
func NewCleaner(folder string, beside *Beside) *Cleaner {
	return &Cleaner{folder: folder, used: map[string]bool{}, beside: beside}
}

// note remembers where a print is.
func (b *Beside) note(name, at string) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.at == nil {
		b.at = map[string]string{}
	}
	b.at[name] = at
}

// link has another site's print be this one's too.
func (b *Beside) link(name, to string) bool {
	if b == nil {
		return false
	}
	b.mu.Lock()
	at, ok := b.at[name]
	b.mu.Unlock()
	return ok && os.MkdirAll(filepath.Dir(to), 0o700) == nil && os.Link(at, to) == nil
}

// Refused says what is wrong with an original, and what to do.
type Refused string

func (r Refused) Error() string { return string(r) }

// Clean returns the prints of an original, smallest first: turned upright, and with
// nothing in them but pixels. A camera writes down where and when a picture was taken,
// and sometimes by whom; none of that is left. The error is a [Refused] where
// the original is to blame.
func (c *Cleaner) Clean(original []byte) ([]Print, error) {
	return c.clean(original, "JPEG", "PNG")
}

// Master is the one print that is kept of a picture which somebody sends, as [Cleaner.Clean]
// makes it: of a JPEG, PNG or WebP, or of the first frame of a GIF.
func Master(sent []byte) (Print, error) {
	prints, err := (*Cleaner)(nil).clean(sent, "JPEG", "PNG", "WebP", "GIF")
	if err != nil {
		return Print{}, err
	}
	return prints[len(prints)-1], nil
}

// clean makes the prints of an original of one of these kinds.
func (c *Cleaner) clean(original []byte, kinds ...string) ([]Print, error) {
	wrong := func(format string, args ...any) ([]Print, error) {
		return nil, Refused(fmt.Sprintf(format, args...))
	}
	if len(original) > MaxSize {
		return wrong(TooLarge)
	}
	switch kind := kindOf(original); {
	case slices.Contains(kinds, kind):
	case kind == "":
		return wrong("is not a JPEG or PNG picture, whatever its name says: save it as a JPEG")
	default:
		return wrong("%s", otherPicture(kind))
	}
	until := time.Now().Add(decodeTime)
	config, kind, err := image.DecodeConfig(&untilReader{bytes.NewReader(original), until})
	if err != nil {
		return wrong("is damaged: %v", err)
	}
	if config.Width < 1 || config.Height < 1 || config.Width > longest || config.Height > longest || config.Width*config.Height > maxPixels {
		return wrong("is %d by %d pixels: save it with at most %d million pixels", config.Width, config.Height, maxPixels/1_000_000)
	}
	turn := orientation(original, kind)
	width, height := config.Width, config.Height
	if turn >= 5 {
		width, height = height, width
	}
	decode := map[string]func(io.Reader) (image.Image, error){"jpeg": jpeg.Decode, "png": png.Decode, "webp": webp.Decode, "gif": gif.Decode}[kind]
	if kind == "gif" || kind == "webp" && config.ColorModel != color.YCbCrModel { // it may be clear in places
		kind = "png"
	} else if kind == "webp" {
		kind = "jpeg"
	}
	sum := sha256.Sum256(append([]byte(recipe+"\n"), original...))
	prints := plan(hex.EncodeToString(sum[:8]), kind, width, height)
	if c.recall(prints) {
		return prints, nil
	}
	img, err := decode(&untilReader{bytes.NewReader(original), until})
	if errors.Is(err, errTooLong) {
		return wrong("takes longer than %v to read, as no picture of a camera does: open it and save it again as a JPEG", decodeTime)
	}
	if err != nil {
		return wrong("is damaged: %v", err)
	}
	for i, pr := range slices.Backward(prints) { // the larger serves the smaller
		w, h := pr.Width, pr.Height
		if turn >= 5 {
			w, h = h, w
		}
		small := gift.New(gift.Resize(w, h, gift.LanczosResampling))
		sized := canvas(kind, small.Bounds(img.Bounds()))
		small.Draw(sized, img)
		img = sized
		upright := gift.New(turns[turn]...)
		final := canvas(kind, upright.Bounds(sized.Bounds()))
		upright.Draw(final, sized)
		forgetErased(final)
		var out bytes.Buffer
		if kind == "png" {
			err = png.Encode(&out, final)
		} else {
			err = jpeg.Encode(&out, final, &jpeg.Options{Quality: quality})
		}
		if err != nil {
			return wrong("cannot be made smaller: %v", err)
		}
		prints[i].Data = out.Bytes()
	}
	return prints, c.keep(prints)
}

// forgetErased takes away the colour under pixels that are wholly transparent:
// whoever rubs out a face in a drawing program often leaves it there.
func forgetErased(img draw.Image) {
	if p, ok := img.(*image.NRGBA); ok {
		for i := 0; i+3 < len(p.Pix); i += 4 {
			if p.Pix[i+3] == 0 {
				p.Pix[i], p.Pix[i+1], p.Pix[i+2] = 0, 0, 0
			}
		}
	}
}

// plan is the prints of a picture without their pixels.
func plan(key, kind string, width, height int) []Print {
	ext := map[string]string{"jpeg": ".jpg", "png": ".png"}[kind]
	var prints []Print
	for _, w := range widths {
		w = min(w, width)
		prints = append(prints, Print{
			Name:   fmt.Sprintf("%s-%d%s", key, w, ext),
			Width:  w,
			Height: max(1, (w*height+width/2)/width),
		})
		if w == width {
			break
		}
	}
	return prints
}

func canvas(kind string, r image.Rectangle) draw.Image {
	if kind == "png" {
		return image.NewNRGBA(r)
	}
	return image.NewRGBA(r)
}

// turns are what sets a picture of each EXIF orientation upright. Gift turns
// anticlockwise.
var turns = [9][]gift.Filter{
	2: {gift.FlipHorizontal()},
	3: {gift.Rotate180()},
	4: {gift.FlipVertical()},
	5: {gift.Transpose()},
	6: {gift.Rotate270()},
	7: {gift.Transverse()},
	8: {gift.Rotate90()},
}

// orientation is how the camera was held, 1 to 8 as EXIF has it; 1, upright,
// where the picture does not say so in a way that can be read.
func orientation(original []byte, kind string) int {
	format := map[string]imagemeta.ImageFormat{"jpeg": imagemeta.JPEG, "png": imagemeta.PNG, "webp": imagemeta.WebP}[kind]
	if format == 0 {
		return 1
	}
	turn := 1
	_, err := imagemeta.Decode(imagemeta.Options{
		R:               bytes.NewReader(original),
		ImageFormat:     format,
		Sources:         imagemeta.EXIF,
		Timeout:         5 * time.Second,
		ShouldHandleTag: func(tag imagemeta.TagInfo) bool { return tag.Namespace == "IFD0" && tag.Tag == "Orientation" },
		HandleTag: func(tag imagemeta.TagInfo) error {
			if n, ok := tag.Value.(uint16); ok && n >= 1 && n <= 8 {
				turn = int(n)
			}
			return imagemeta.ErrStopWalking
		},
	})
	if err != nil {
		return 1
	}
	return turn
}

// recall fills prints from the folder; false when one is not there.
func (c *Cleaner) recall(prints []Print) bool {
	if c == nil {
		return false
	}
	for i, pr := range prints {
		at := filepath.Join(c.folder, pr.Name)
		data, err := os.ReadFile(at)
		if err != nil && c.beside.link(pr.Name, at) {
			data, err = os.ReadFile(at)
		}
		if err != nil {
			return false
		}
		prints[i].Data = data
		c.used[pr.Name] = true
		c.beside.note(pr.Name, at)
	}
	return true
}

// keep adds prints to the folder, each in one step and through to the disk.
func (c *Cleaner) keep(prints []Print) error {
	if c == nil {
		return nil
	}
	err := os.MkdirAll(c.folder, 0o700)
	for _, pr := range prints {
		if err != nil {
			break
		}
		at := filepath.Join(c.folder, pr.Name)
		if err = writeWhole(at, pr.Data); err == nil {
			c.beside.note(pr.Name, at)
		}
		c.used[pr.Name] = true
	}
	if err != nil {
		return fmt.Errorf("keep a picture: %w", err)
	}
	return nil
}

// writeWhole writes a file so that it is there whole or not at all.
func writeWhole(name string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// Prune deletes what no page shows any more.
func (c *Cleaner) Prune() error {
	entries, err := os.ReadDir(c.folder)
	if os.IsNotExist(err) {
		return nil
	}
	for _, e := range entries {
		if !c.used[e.Name()] && err == nil {
			err = os.Remove(filepath.Join(c.folder, e.Name()))
		}
	}
	return err
}
