// Package picturetest draws the pictures that tests bring.
package picturetest

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"testing"
)

// Quarters is a picture of four colours: red, green, blue and white, clockwise
// from the top left corner.
func Quarters(w, h int) image.Image {
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

// Scene is a picture with as much in it as a photograph has, another for each seed.
func Scene(seed uint64, w, h int) *image.RGBA {
	r := rand.New(rand.NewPCG(seed, 1))
	var spots [60][4]float64
	for i := range spots {
		spots[i] = [4]float64{r.Float64(), r.Float64(), 0.02 + 0.12*r.Float64(), 255 * r.Float64()}
	}
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			v := 128.0
			for _, s := range spots {
				if dx, dy := float64(x)/float64(w)-s[0], float64(y)/float64(h)-s[1]; dx*dx+dy*dy < s[2]*s[2] {
					v = s[3]
				}
			}
			img.SetRGBA(x, y, color.RGBA{uint8(v), uint8(v / 2), uint8(255 - v/4), 255})
		}
	}
	return img
}

// Photo is a JPEG as a camera writes it: with the way it was held, its maker, and
// the place.
func Photo(t *testing.T, img image.Image, orientation uint16) []byte {
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
