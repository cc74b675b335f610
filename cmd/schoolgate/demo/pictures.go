package demo

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"slices"

	"schoolgate/portal"
)

// Pictures brings three drawn pictures to Fernlow's picture desk: one of two pupils of whom
// everybody says yes, one with a pupil of whom somebody does not, and one of nobody at which
// a second person has to look. Clean makes of a picture what is kept of it.
func Pictures(ctx context.Context, p *portal.Portal, issuer string, clean func(context.Context, []byte) ([]byte, error)) error {
	const school, purpose, page = "fernlow-primary", "website-pictures", "/acorn-room/"
	people := People()
	office := people[slices.IndexFunc(people, func(x Person) bool { return x.Staff && x.School == school })]
	a, err := p.SignedIn(ctx, portal.Identity{Provider: Provider, Issuer: issuer, Subject: office.Subject, Name: office.Name, StaffEmail: office.Email, SecondFactor: true})
	if err != nil {
		return err
	}
	var yes, no []string
	err = p.ReadRegister(ctx, portal.Operator, school, portal.Filter{Purposes: []string{purpose}}, func(portal.List) error { return nil }, func(r portal.ListRow) error {
		switch r.Standings[0] {
		case portal.StandingGiven:
			yes = append(yes, r.Pupil.ID)
		case portal.StandingConflict:
			no = append(no, r.Pupil.ID)
		}
		return nil
	})
	if err != nil || len(yes) < 3 || len(no) == 0 {
		return err
	}
	for i, f := range []portal.PhotoForm{
		{Who: portal.InPupils, Pupils: yes[:2], Alt: "Two children beside a red tent", Caption: "Camp day on the field"},
		{Who: portal.InPupils, Pupils: []string{yes[2], no[0]}, Alt: "Two children beside a blue tent"},
		{Who: portal.InNobody, Alt: "A green tent on the field"},
	} {
		var file bytes.Buffer
		if err := png.Encode(&file, scene(i, len(f.Pupils))); err != nil {
			return err
		}
		made, err := clean(ctx, file.Bytes())
		if err != nil {
			return err
		}
		id, err := p.AddPhoto(ctx, a.ID, school, made)
		if err != nil {
			return err
		}
		f.Page, f.Version = page, 1
		if err := p.SayOfPhoto(ctx, a.ID, school, id, f, []string{page}); err != nil {
			return err
		}
	}
	return nil
}

// scene is a tent on a field, and some people as a child draws them.
func scene(nth, people int) image.Image {
	const w, h = 960, 640
	tent := []color.RGBA{{200, 60, 50, 255}, {50, 90, 190, 255}, {60, 140, 80, 255}}[nth]
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{uint8(150 + y/8), uint8(200 + y/20), 240, 255}
			if y > 400 {
				c = color.RGBA{110, uint8(190 - y/12), 80, 255}
			}
			if dx := x - 300; y > 200 && y < 500 && max(dx, -dx) < (y-200)*2/3 {
				c = tent
			}
			for i := range people {
				dx, dy := x-560-180*i, y-300
				body := dy > 50 && dy < 230 && max(dx, -dx) < 30+dy/6
				if dx*dx+dy*dy < 50*50 || body {
					c = color.RGBA{uint8(240 - 90*i), uint8(190 - 50*i), 90, 255}
				}
			}
			img.SetRGBA(x, y, c)
		}
	}
	return img
}
