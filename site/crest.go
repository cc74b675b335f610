package site

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
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
func (c checker) loadCrest(folder fs.FS, dir, file string) *badge {
	if file == "" {
		return nil
	}
	if !crestFile.MatchString(file) {
		c.say("crest", `crest %q has to be an SVG file in this folder, such as "crest.svg"`, file)
		return nil
	}
	src, ok := readFile(folder, path.Join(dir, file), c.problems)
	if !ok {
		if _, err := fs.Stat(folder, path.Join(dir, file)); errors.Is(err, fs.ErrNotExist) {
			c.say("crest", "crest: there is no file %s in this folder", file)
		}
		return nil
	}
	if len(src.data) > maxCrest {
		c.problems.add(src.name, 0, "is larger than 60 KB: everybody waits for it on every first visit; save it simpler")
		return nil
	}
	clean, width, height, ok := cleanSVG(src, false, c.problems)
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
func loadCEOP(folder fs.FS, dir string, problems *Problems) *badge {
	var found *badge
	for _, file := range ceopFiles {
		name := path.Join(dir, file)
		info, err := fs.Lstat(folder, name)
		if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
			continue // readDir has reported what is no plain file
		}
		var data []byte
		if err == nil {
			data, err = readAtMost(folder, name, maxCEOP+1)
		}
		switch {
		case err != nil:
			problems.add(name, 0, "cannot be read: %v", err)
			continue
		case len(data) > maxCEOP:
			problems.add(name, 0, "is larger than 200 KB: take the smaller picture of the NCA's pack")
			continue
		case found != nil:
			problems.add(name, 0, "stands beside another picture for the CEOP control: keep one")
			continue
		}
		if path.Ext(file) == ".png" {
			config, err := png.DecodeConfig(bytes.NewReader(data))
			if err != nil || config.Width < 1 || config.Height < 1 || config.Width > 4000 || config.Height > 4000 {
				problems.add(name, 0, "is not a PNG picture of at most 4000 by 4000 pixels")
				continue
			}
			found = newBadge("ceop", ".png", config.Width, config.Height, data)
			continue
		}
		before := len(*problems)
		_, width, height, ok := cleanSVG(source{name, data}, true, problems)
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

const svgSpace = "http://www.w3.org/2000/svg"

// svgElements and svgAttributes draw, and do nothing else. Attributes that may
// refer to a part of the same drawing are checked for leading nowhere else.
var (
	svgElements = words(`svg g defs symbol use title desc path rect circle ellipse line polyline polygon
		text tspan linearGradient radialGradient stop clipPath mask pattern marker`)
	svgAttributes = words(`id class x y x1 y1 x2 y2 cx cy r rx ry fx fy d points width height viewBox
		preserveAspectRatio transform fill fill-opacity fill-rule stroke stroke-width stroke-linecap stroke-linejoin
		stroke-miterlimit stroke-dasharray stroke-dashoffset stroke-opacity opacity color clip-path clip-rule mask
		display visibility overflow offset stop-color stop-opacity gradientUnits gradientTransform spreadMethod href
		clipPathUnits maskUnits maskContentUnits patternUnits patternContentUnits patternTransform markerUnits
		markerWidth markerHeight refX refY orient marker-start marker-mid marker-end version role
		font-family font-size font-weight font-style text-anchor letter-spacing dominant-baseline dx dy rotate
		vector-effect paint-order mix-blend-mode isolation shape-rendering aria-label aria-hidden`)
)

func words(list string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(list) {
		set[w] = true
	}
	return set
}

// cleanSVG reads a drawing and writes it out again with only what draws. What
// drawing programs add of their own goes; what could run, or fetch something
// from elsewhere, is a problem. When the drawing is published as it is, and not
// as written here, whatever would have been left out is a problem too. Width and
// height are the drawing's proportion.
func cleanSVG(src source, asItIs bool, problems *Problems) (clean []byte, width, height int, ok bool) {
	before := len(*problems)
	d := xml.NewDecoder(bytes.NewReader(src.data))
	d.Entity = map[string]string{}
	var out strings.Builder
	depth, skipping := 0, 0
	say := func(format string, args ...any) {
		line, _ := d.InputPos()
		problems.add(src.name, line, format, args...)
	}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			say("is not a sound SVG drawing: %v", err)
			return nil, 0, 0, false
		}
		switch t := token.(type) {
		case xml.Directive:
			if bytes.ContainsAny(t, "[") || bytes.Contains(t, []byte("ENTITY")) {
				say("declares entities or attributes: save the drawing as a plain SVG")
			}
		case xml.ProcInst:
			if asItIs && t.Target != "xml" {
				say("has instructions for programs (<?%s): use the PNG of the same picture", t.Target)
			}
		case xml.StartElement:
			depth++
			name := t.Name.Local
			switch {
			case skipping > 0:
			case depth == 1 && (name != "svg" || t.Name.Space != svgSpace):
				say("is not an SVG drawing: it has to begin with <svg xmlns=%q>", svgSpace)
				return nil, 0, 0, false
			case t.Name.Space != svgSpace || name == "metadata":
				skipping = depth // a drawing program's own
				if asItIs {
					say("has a <%s>, which draws nothing: use the PNG of the same picture", name)
				}
			case !svgElements[name]:
				say("has a <%s>: a crest is made of shapes and words only", name)
				skipping = depth
			}
			if skipping > 0 {
				continue
			}
			if depth == 1 {
				if width, height = svgSize(t.Attr); width == 0 {
					say("does not say how large it is: save the drawing with a viewBox")
				}
				out.WriteString(`<svg xmlns="` + svgSpace + `"`)
			} else {
				out.WriteString("<" + name)
			}
			writeAttributes(&out, t.Attr, asItIs, say)
			out.WriteString(">")
		case xml.EndElement:
			if skipping == 0 {
				out.WriteString("</" + t.Name.Local + ">")
			}
			if skipping == depth {
				skipping = 0
			}
			depth--
		case xml.CharData:
			if skipping == 0 && depth > 0 && len(bytes.TrimSpace(t)) > 0 {
				_ = xml.EscapeText(&out, t)
			}
		}
	}
	if out.Len() == 0 {
		problems.add(src.name, 0, "is not an SVG drawing")
	}
	return []byte(out.String()), width, height, len(*problems) == before
}

// writeAttributes writes those that draw. A style is taken apart into them.
func writeAttributes(out *strings.Builder, attributes []xml.Attr, asItIs bool, say func(string, ...any)) {
	var flat []xml.Attr
	for _, a := range attributes {
		if a.Name.Space == "" && a.Name.Local == "style" {
			for declaration := range strings.SplitSeq(a.Value, ";") {
				key, value, _ := strings.Cut(declaration, ":")
				flat = append(flat, xml.Attr{Name: xml.Name{Local: strings.TrimSpace(key)}, Value: strings.TrimSpace(value)})
			}
			continue
		}
		flat = append(flat, a)
	}
	for _, a := range flat {
		name := a.Name.Local
		declares := a.Name.Space == "xmlns" || a.Name.Space == "" && name == "xmlns" || a.Name.Space == "http://www.w3.org/XML/1998/namespace"
		links := a.Name.Space == "http://www.w3.org/1999/xlink" && name == "href"
		if a.Name.Space != "" && !links {
			if asItIs && !declares {
				say("has %s=, which draws nothing: use the PNG of the same picture", name)
			}
			continue // a drawing program's own
		}
		value := strings.TrimSpace(a.Value)
		lower := strings.ToLower(value)
		switch {
		case strings.HasPrefix(strings.ToLower(name), "on"):
			say("has %s=: a drawing cannot run anything", name)
		case name == "href" && !strings.HasPrefix(value, "#"),
			strings.Contains(lower, "url(") && !localURL.MatchString(lower),
			strings.ContainsRune(value, '\\') || strings.Contains(lower, "image(") || strings.Contains(lower, "image-set(") || strings.Contains(lower, "src("),
			strings.Contains(lower, "javascript:"):
			say("refers to something outside the drawing: %s=%q", name, value)
		case asItIs && !svgAttributes[name] && !declares && !strings.HasPrefix(name, "data-"):
			say("has %s=, which draws nothing: use the PNG of the same picture", name)
		case svgAttributes[name]:
			out.WriteString(" " + name + `="`)
			_ = xml.EscapeText(out, []byte(value))
			out.WriteString(`"`)
		}
	}
}

var localURL = regexp.MustCompile(`^[^()]*url\(\s*["']?#[^()]*\)[^()]*$`)

// svgSize is a drawing's width and height, of its viewBox or its own; 0 when it
// has neither.
func svgSize(attributes []xml.Attr) (width, height int) {
	value := func(name string) string {
		i := slices.IndexFunc(attributes, func(a xml.Attr) bool { return a.Name.Space == "" && a.Name.Local == name })
		if i < 0 {
			return ""
		}
		return attributes[i].Value
	}
	size := strings.Fields(strings.ReplaceAll(value("viewBox"), ",", " "))
	if len(size) != 4 {
		size = []string{"", "", strings.TrimSuffix(value("width"), "px"), strings.TrimSuffix(value("height"), "px")}
	}
	w, err := strconv.ParseFloat(size[2], 64)
	h, err2 := strconv.ParseFloat(size[3], 64)
	if err != nil || err2 != nil || w <= 0 || h <= 0 || w > 1e6 || h > 1e6 {
		return 0, 0
	}
	scale := 100 / h
	return max(1, int(w*scale+0.5)), 100
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
