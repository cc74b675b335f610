package picture

import (
	"bytes"
	"image"
	"math"
	"math/bits"
	"time"
)

// Looks is what a picture looks like, far enough to know it again after somebody has saved it
// in another size, form or tone, turned it, mirrored it, put it into a larger one, or cut a
// part out of it: some three fifths of its width and of its height at least.
type Looks struct {
	grey  *greySums // the picture as it is
	parts []part    // of it
	ways  [8]whole  // the picture turned and mirrored in every way
}

type part struct {
	x, y, w, h uint8
	signs
}

type whole struct {
	fields shades
	signs
}

// signs are, of 112 places in a picture, whether each is brighter than the one to its right
// or below it, and which of them are not too close to say so.
type signs struct{ brighter, clear [2]uint64 }

const (
	fine      = 96   // points on a side of the grey picture that looks are taken of
	fields    = 16   // on a side of a part, to be compared by how bright each is
	leastFar  = 2    // by how much brightness has to differ, of 255
	leastSaw  = 40   // places that have to be clear, or there is too little to go by
	leastLike = 0.85 // how far the fields have to go together; of unrelated photographs it is below 0.8
)

// LooksOf is what an original looks like; false where that cannot be said, as of a picture with
// too little in it, or where it cannot be read.
func LooksOf(original []byte) (*Looks, bool) {
	until := time.Now().Add(decodeTime)
	config, _, err := image.DecodeConfig(&untilReader{bytes.NewReader(original), until})
	if err != nil || config.Width < 1 || config.Height < 1 || config.Width > longest || config.Height > longest || config.Width*config.Height > maxPixels {
		return nil, false
	}
	img, _, err := image.Decode(&untilReader{bytes.NewReader(original), until})
	if err != nil {
		return nil, false
	}
	points := greyOf(img)
	l := Looks{grey: points.sums(false, false, false)}
	for i := range l.ways {
		grey := points.sums(i&1 != 0, i&2 != 0, i&4 != 0)
		l.ways[i] = whole{grey.fields(0, 0, fine, fine), grey.signs(0, 0, fine, fine)}
	}
	const step = fine / 16
	for w := fine; w >= fine*9/16; w -= step {
		for h := fine; h >= fine*9/16; h -= step {
			for x := 0; x+w <= fine; x += step {
				for y := 0; y+h <= fine; y += step {
					l.parts = append(l.parts, part{uint8(x), uint8(y), uint8(w), uint8(h), l.grey.signs(x, y, w, h)})
				}
			}
		}
	}
	return &l, bits.OnesCount64(l.ways[0].clear[0])+bits.OnesCount64(l.ways[0].clear[1]) >= leastSaw
}

// Like says whether one of two pictures is, or is a part of, the other.
func (l *Looks) Like(other *Looks) bool { return l.within(other) || other.within(l) }

func (l *Looks) within(larger *Looks) bool {
	for _, way := range l.ways {
		for _, p := range larger.parts {
			if way.near(p.signs) && together(way.fields, larger.grey.fields(int(p.x), int(p.y), int(p.w), int(p.h))) >= leastLike {
				return true
			}
		}
	}
	return false
}

// near allows for one place in five to differ, of those that are clear in both.
func (s signs) near(other signs) bool {
	n, differ := 0, 0
	for i := range s.clear {
		both := s.clear[i] & other.clear[i]
		n += bits.OnesCount64(both)
		differ += bits.OnesCount64((s.brighter[i] ^ other.brighter[i]) & both)
	}
	return n >= leastSaw && differ*5 <= n
}

// together is the correlation of how bright the fields of two pictures are.
func together(a, b shades) float64 {
	var sumA, sumB, aa, bb, ab float64
	for i := range a {
		sumA, sumB = sumA+a[i], sumB+b[i]
		aa, bb, ab = aa+a[i]*a[i], bb+b[i]*b[i], ab+a[i]*b[i]
	}
	n := float64(len(a))
	return (ab - sumA*sumB/n) / math.Sqrt(max((aa-sumA*sumA/n)*(bb-sumB*sumB/n), 1))
}

// shades is how bright each field of a picture, or of a part of one, is.
type shades [fields * fields]float64

// greyPoints is a picture in grey, of few points.
type greyPoints [fine][fine]float32

// greyOf is a picture in grey. Sixteen places of each point are enough, and of a large picture
// far fewer than all.
func greyOf(img image.Image) *greyPoints {
	var points greyPoints
	b := img.Bounds()
	for y := range fine {
		for x := range fine {
			for i := range 16 {
				c := img.At(b.Min.X+((x*4+i%4)*2+1)*b.Dx()/(fine*8), b.Min.Y+((y*4+i/4)*2+1)*b.Dy()/(fine*8))
				r, g, bl, _ := c.RGBA()
				points[y][x] += (0.299*float32(r) + 0.587*float32(g) + 0.114*float32(bl)) / 257 / 16
			}
		}
	}
	return &points
}

// greySums is, at each corner of a square of points, the brightness of all that is above and
// to the left of it.
type greySums [fine + 1][fine + 1]float32

// sums are those of the points, mirrored and turned as is said.
func (points *greyPoints) sums(across, down, turn bool) *greySums {
	var s greySums
	for y := range fine {
		for x := range fine {
			atX, atY := x, y
			if turn {
				atX, atY = y, x
			}
			if across {
				atX = fine - 1 - atX
			}
			if down {
				atY = fine - 1 - atY
			}
			s[y+1][x+1] = points[atY][atX] + s[y][x+1] + s[y+1][x] - s[y][x]
		}
	}
	return &s
}

// fields is how bright each field of a part is.
func (s *greySums) fields(x, y, w, h int) (out shades) {
	for i := range out {
		row, col := i/fields, i%fields
		x0, x1, y0, y1 := x+col*w/fields, x+(col+1)*w/fields, y+row*h/fields, y+(row+1)*h/fields
		out[i] = float64(s[y1][x1]-s[y0][x1]-s[y1][x0]+s[y0][x0]) / float64((x1-x0)*(y1-y0))
	}
	return out
}

func (s *greySums) signs(x, y, w, h int) (out signs) {
	var coarse [8][8]float64
	for i, v := range s.fields(x, y, w, h) {
		coarse[i/fields/2][i%fields/2] += v / 4
	}
	sign := func(way, bit int, d float64) {
		if d > leastFar {
			out.brighter[way] |= 1 << bit
		}
		if math.Abs(d) > leastFar {
			out.clear[way] |= 1 << bit
		}
	}
	for a := range 8 {
		for b := range 7 {
			sign(0, a*7+b, coarse[a][b]-coarse[a][b+1])
			sign(1, a*7+b, coarse[b][a]-coarse[b+1][a])
		}
	}
	return out
}
