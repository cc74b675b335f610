package picture

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"schoolgate/site/source"
)

const svgSpace = "http://www.w3.org/2000/svg"

// svgElements and svgAttributes draw, and do nothing else. Attributes that may
// refer to a part of the same drawing are checked for leading nowhere else.
var (
	svgElements = setOf(`svg g defs symbol use title desc path rect circle ellipse line polyline polygon
		text tspan linearGradient radialGradient stop clipPath mask pattern marker`)
	svgAttributes = setOf(`id class x y x1 y1 x2 y2 cx cy r rx ry fx fy d points width height viewBox
		preserveAspectRatio transform fill fill-opacity fill-rule stroke stroke-width stroke-linecap stroke-linejoin
		stroke-miterlimit stroke-dasharray stroke-dashoffset stroke-opacity opacity color clip-path clip-rule mask
		display visibility overflow offset stop-color stop-opacity gradientUnits gradientTransform spreadMethod href
		clipPathUnits maskUnits maskContentUnits patternUnits patternContentUnits patternTransform markerUnits
		markerWidth markerHeight refX refY orient marker-start marker-mid marker-end version role
		font-family font-size font-weight font-style text-anchor letter-spacing dominant-baseline dx dy rotate
		vector-effect paint-order mix-blend-mode isolation shape-rendering aria-label aria-hidden`)
)

func setOf(list string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(list) {
		set[w] = true
	}
	return set
}

// CleanSVG reads a drawing and writes it out again with only what draws. What
// drawing programs add of their own goes; what could run, or fetch something
// from elsewhere, is a problem. Width and height are the drawing's proportion.
func CleanSVG(src source.File, problems *source.Problems) (clean []byte, width, height int, ok bool) {
	return rewriteSVG(src, tidied, problems)
}

// CheckSVG reads a drawing that is published as it is: whatever CleanSVG would leave
// out is a problem.
func CheckSVG(src source.File, problems *source.Problems) (width, height int, ok bool) {
	_, width, height, ok = rewriteSVG(src, asItIs, problems)
	return width, height, ok
}

// publishing is what becomes of a drawing: it is published as rewritten, or as it is, and
// then nothing may be in it that a rewriting would leave out.
type publishing bool

const (
	tidied publishing = false
	asItIs publishing = true
)

func rewriteSVG(src source.File, as publishing, problems *source.Problems) (clean []byte, width, height int, ok bool) {
	before := len(*problems)
	d := xml.NewDecoder(bytes.NewReader(src.Data))
	d.Entity = map[string]string{}
	var out strings.Builder
	depth, skipping := 0, 0
	say := func(format string, args ...any) {
		line, _ := d.InputPos()
		problems.Add(src.Name, line, format, args...)
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
			if as == asItIs && t.Target != "xml" {
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
				if as == asItIs {
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
			writeAttributes(&out, t.Attr, as, say)
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
		problems.Add(src.Name, 0, "is not an SVG drawing")
	}
	return []byte(out.String()), width, height, len(*problems) == before
}

// writeAttributes writes those that draw. A style is taken apart into them.
func writeAttributes(out *strings.Builder, attributes []xml.Attr, as publishing, say func(string, ...any)) {
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
			if as == asItIs && !declares {
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
		case as == asItIs && !svgAttributes[name] && !declares && !strings.HasPrefix(name, "data-"):
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
