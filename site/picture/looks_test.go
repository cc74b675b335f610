package picture

import (
	"bytes"
	"image"
	"image/draw"
	"image/png"
	"testing"

	"schoolgate/site/picture/picturetest"
)

// A picture is known again however somebody has saved it anew, and no other is taken for it.
func TestLooks(t *testing.T) {
	scene := picturetest.Scene(1, 400, 300)
	mirrored, turned, framed := image.NewRGBA(scene.Rect), image.NewRGBA(image.Rect(0, 0, 300, 400)), image.NewRGBA(image.Rect(0, 0, 457, 343))
	for y := range 300 {
		for x := range 400 {
			mirrored.Set(399-x, y, scene.At(x, y))
			turned.Set(299-y, x, scene.At(x, y))
		}
	}
	draw.Draw(framed, image.Rect(29, 21, 429, 321), scene, image.Point{}, draw.Src)
	var drawn bytes.Buffer
	if err := png.Encode(&drawn, scene); err != nil {
		t.Fatal(err)
	}
	was, ok := LooksOf(picturetest.Photo(t, scene, 1))
	if !ok {
		t.Fatal("it says nothing of a photograph")
	}
	for name, c := range map[string]struct {
		data []byte
		like bool
	}{
		"as a PNG":               {drawn.Bytes(), true},
		"smaller":                {picturetest.Photo(t, picturetest.Scene(1, 160, 120), 1), true},
		"mirrored":               {picturetest.Photo(t, mirrored, 1), true},
		"turned":                 {picturetest.Photo(t, turned, 1), true},
		"a part of it":           {picturetest.Photo(t, scene.SubImage(image.Rect(60, 20, 360, 260)), 1), true},
		"within a larger one":    {picturetest.Photo(t, framed, 1), true},
		"another":                {picturetest.Photo(t, picturetest.Scene(2, 400, 300), 1), false},
		"a part of another":      {picturetest.Photo(t, picturetest.Scene(3, 400, 300).SubImage(image.Rect(0, 0, 300, 240)), 1), false},
		"one with nothing in it": {picturetest.Photo(t, picturetest.Quarters(400, 300), 1), false},
		"no picture":             {[]byte("\xff\xd8\xff no picture"), false},
	} {
		looks, ok := LooksOf(c.data)
		if got := ok && looks.Like(was); got != c.like {
			t.Errorf("%s: like it is %v", name, got)
		}
	}
}
