package site

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/bep/imagemeta"
	"github.com/gohugoio/gift"
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

// A rendition is one published file of a picture.
type rendition struct {
	name          string // file name: letters of a hash, the width, and the kind
	width, height int    // pixels
	data          []byte
}

// A cleaner makes what may be published of pictures. Its folder keeps results
// from build to build and is never served; it may be deleted at any time. A nil
// cleaner keeps nothing.
type cleaner struct {
	folder string
	used   map[string]bool // by file name, in this build
}

// clean reads an original and returns its prints, smallest first: turned
// upright, and with nothing in them but pixels. A camera writes down where and
// when a picture was taken, and sometimes by whom; none of that is left.
func (c *cleaner) clean(p photograph, read *originals) ([]rendition, error) {
	wrong := func(format string, args ...any) ([]rendition, error) {
		return nil, Problems{{File: p.name, Text: fmt.Sprintf(format, args...)}}
	}
	original, err := readAtMost(p.folder, p.name, maxPicture+1)
	if err != nil {
		return wrong("cannot be read: %v", err)
	}
	if err := read.same(p.name, original); err != nil {
		return nil, err
	}
	if len(original) > maxPicture {
		return wrong("is larger than 30 MB: save the picture smaller")
	}
	switch kind := kindOf(original); kind {
	case "JPEG", "PNG":
	case "":
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
	sum := sha256.Sum256(append([]byte(recipe+"\n"), original...))
	prints := plan(hex.EncodeToString(sum[:8]), kind, width, height)
	if c.recall(prints) {
		return prints, nil
	}
	decode := jpeg.Decode
	if kind == "png" {
		decode = png.Decode
	}
	img, err := decode(&untilReader{bytes.NewReader(original), until})
	if errors.Is(err, errTooLong) {
		return wrong("takes longer than %v to read, as no picture of a camera does: open it and save it again as a JPEG", decodeTime)
	}
	if err != nil {
		return wrong("is damaged: %v", err)
	}
	for i, pr := range slices.Backward(prints) { // the larger serves the smaller
		w, h := pr.width, pr.height
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
		prints[i].data = out.Bytes()
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
func plan(key, kind string, width, height int) []rendition {
	ext := map[string]string{"jpeg": ".jpg", "png": ".png"}[kind]
	var prints []rendition
	for _, w := range widths {
		w = min(w, width)
		prints = append(prints, rendition{
			name:   fmt.Sprintf("%s-%d%s", key, w, ext),
			width:  w,
			height: max(1, (w*height+width/2)/width),
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
	format := map[string]imagemeta.ImageFormat{"jpeg": imagemeta.JPEG, "png": imagemeta.PNG}[kind]
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
func (c *cleaner) recall(prints []rendition) bool {
	if c == nil {
		return false
	}
	for i, pr := range prints {
		data, err := os.ReadFile(filepath.Join(c.folder, pr.name))
		if err != nil {
			return false
		}
		prints[i].data = data
		c.used[pr.name] = true
	}
	return true
}

// keep adds prints to the folder, each in one step.
func (c *cleaner) keep(prints []rendition) error {
	if c == nil {
		return nil
	}
	if err := os.MkdirAll(c.folder, 0o700); err != nil {
		return fmt.Errorf("keep a picture: %w", err)
	}
	for _, pr := range prints {
		if err := addFile(filepath.Join(c.folder, pr.name), string(pr.data)); err != nil {
			return fmt.Errorf("keep a picture: %w", err)
		}
		c.used[pr.name] = true
	}
	return nil
}

// prune deletes what no page shows any more.
func (c *cleaner) prune() error {
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

// picturesFolder is where prints are published, within the site.
const picturesFolder = "pictures"

// frame cleans every picture that is shown and adds the files to publish. It
// returns what layouts get to know, by address of the page and file name, in small
// letters as Hugo's params are.
func (g *gallery) frame(c *cleaner, read *originals, files map[string][]byte) (params map[string]any, problems Problems, err error) {
	params = map[string]any{}
	made := map[string]map[string]any{} // by name of the original
	for _, at := range sortedKeys(g.shown) {
		p := g.shown[at]
		if made[p.name] == nil {
			prints, err := c.clean(p, read)
			if found, ok := err.(Problems); ok {
				problems = append(problems, found...)
				continue
			} else if err != nil {
				return nil, nil, err
			}
			var set []string
			for _, pr := range prints {
				files[picturesFolder+"/"+pr.name] = pr.data
				set = append(set, fmt.Sprintf("%s %dw", picturesFolder+"/"+pr.name, pr.width))
			}
			widest := prints[len(prints)-1]
			made[p.name] = map[string]any{
				"src": picturesFolder + "/" + widest.name, "set": set,
				"width": widest.width, "height": widest.height, "alt": p.alt,
			}
		}
		params[strings.ToLower(at)] = made[p.name]
	}
	return params, problems, nil
}
