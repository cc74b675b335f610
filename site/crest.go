package site

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"image/png"
	"io/fs"
	"path"
	"regexp"

	"schoolgate/site/picture"
	"schoolgate/site/source"
)

// A badge is a small picture that stands on every page: a school's crest, or the
// NCA's own picture for the CEOP control.
type badge struct {
	name          string // file name it is published under
	width, height int    // pixels, or their proportion
	data          []byte
}

const (
	maxCrest = 60 << 10  // bytes; everybody fetches it once
	maxCEOP  = 200 << 10 // bytes
)

var crestFile = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*\.svg$`)

// loadCrest reads the crest that a settings file names, from the folder that it
// stands in, and cleans it.
func loadCrest(c source.Checker, folder fs.FS, dir, file string) *badge {
	if file == "" {
		return nil
	}
	if !crestFile.MatchString(file) {
		c.Say("crest", `crest %q has to be an SVG file in this folder, such as "crest.svg"`, file)
		return nil
	}
	src, ok := source.ReadFile(folder, path.Join(dir, file), c.Problems)
	if !ok {
		if _, err := fs.Stat(folder, path.Join(dir, file)); errors.Is(err, fs.ErrNotExist) {
			c.Say("crest", "crest: there is no file %s in this folder", file)
		}
		return nil
	}
	if len(src.Data) > maxCrest {
		c.Problems.Add(src.Name, 0, "is larger than 60 KB: everybody waits for it on every first visit; save it simpler")
		return nil
	}
	clean, width, height, ok := picture.CleanSVG(src, c.Problems)
	if !ok {
		return nil
	}
	return newBadge("crest", ".svg", width, height, clean)
}

// ceopFiles are the names under which a school keeps the NCA's picture.
var ceopFiles = []string{"ceop.svg", "ceop.png"}

// loadCEOP reads the NCA's own picture for the CEOP control, which a school may
// have in its folder. It is published as it is, to the byte, or not at all
// (P4): what could run or fetch is refused, not taken out.
func loadCEOP(folder fs.FS, dir string, problems *source.Problems) *badge {
	var found *badge
	for _, file := range ceopFiles {
		name := path.Join(dir, file)
		info, err := fs.Lstat(folder, name)
		if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
			continue // readDir has reported what is no plain file
		}
		var data []byte
		if err == nil {
			data, err = source.ReadAtMost(folder, name, maxCEOP+1)
		}
		switch {
		case err != nil:
			problems.Add(name, 0, "cannot be read: %v", err)
			continue
		case len(data) > maxCEOP:
			problems.Add(name, 0, "is larger than 200 KB: take the smaller picture of the NCA's pack")
			continue
		case found != nil:
			problems.Add(name, 0, "stands beside another picture for the CEOP control: keep one")
			continue
		}
		if path.Ext(file) == ".png" {
			config, err := png.DecodeConfig(bytes.NewReader(data))
			if err != nil || config.Width < 1 || config.Height < 1 || config.Width > 4000 || config.Height > 4000 {
				problems.Add(name, 0, "is not a PNG picture of at most 4000 by 4000 pixels")
				continue
			}
			found = newBadge("ceop", ".png", config.Width, config.Height, data)
			continue
		}
		before := len(*problems)
		width, height, ok := picture.CheckSVG(source.File{Name: name, Data: data}, problems)
		if ok && len(*problems) == before {
			found = newBadge("ceop", ".svg", width, height, data)
		}
	}
	return found
}

func newBadge(what, ext string, width, height int, data []byte) *badge {
	sum := sha256.Sum256(data)
	return &badge{what + "." + hex.EncodeToString(sum[:6]) + ext, width, height, data}
}

// badges adds a crest and the CEOP picture to what is published, and tells
// layouts of them.
func (w website) badges(m *assembly) {
	for what, b := range map[string]*badge{"crest": w.crest, "ceop": w.ceop} {
		if b != nil {
			m.beside[b.name] = b.data
			m.rendering.params[what+"_picture"] = map[string]any{"src": b.name, "width": b.width, "height": b.height}
		}
	}
}
