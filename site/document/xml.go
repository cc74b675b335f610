package document

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/html/charset"
)

// parts are the files in a zip.
type parts map[string]*zip.File

// read unpacks one part, and never more of it than a document has: what a zip says of
// its own size is not believed.
func (p parts) read(name string) ([]byte, error) {
	f := p[name]
	if f == nil {
		return nil, nil
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("%s cannot be unpacked: save it anew in a word processor", name)
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, maxPart+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s cannot be unpacked: save it anew in a word processor", name)
	case len(data) > maxPart:
		return nil, fmt.Errorf("%s is larger than %d MB unpacked, which no policy is: nothing of it was read", name, maxPart>>20)
	}
	return data, nil
}

// A node is an element of XML, or text, which has no name.
type node struct {
	name string // prefix:local, whatever prefix the file itself uses
	attr map[string]string
	kids []*node
	text string
}

const (
	maxDepth = 200
	maxNodes = 3_000_000
)

// prefixes are the usual ones of namespaces, by what tells them: of Word's in either of
// its two spellings.
var prefixes = []struct {
	sign   *regexp.Regexp
	prefix string
}{
	{regexp.MustCompile(`opendocument:xmlns:drawing:`), "draw"},
	{regexp.MustCompile(`opendocument:xmlns:xsl-fo-`), "fo"},
	{regexp.MustCompile(`opendocument:xmlns:svg-`), "svg"},
	{regexp.MustCompile(`opendocument:xmlns:(\w+):`), "$1"},
	{regexp.MustCompile(`wordprocessingml.*main$`), "w"},
	{regexp.MustCompile(`/relationships$`), "r"},
	{regexp.MustCompile(`/math$`), "m"},
	{regexp.MustCompile(`markup-compatibility`), "mc"},
	{regexp.MustCompile(`drawingml/(?:2006/)?main$`), "a"},
	{regexp.MustCompile(`:loext:`), "loext"},
	{regexp.MustCompile(`xlink`), "xlink"},
	{regexp.MustCompile(`purl\.org/dc`), "dc"},
}

func prefix(space string) string {
	for _, p := range prefixes {
		if m := p.sign.FindStringSubmatch(space); m != nil {
			return strings.ReplaceAll(p.prefix, "$1", m[len(m)-1])
		}
	}
	return ""
}

// tree reads one part as XML: nil when there is none. A document type, which could
// define entities or name other files, is refused.
func (p parts) tree(name string) (*node, error) {
	data, err := p.read(name)
	if data == nil {
		return nil, err
	}
	wrong := func(err error) error {
		return fmt.Errorf("%s is damaged (%v): open it in a word processor, save it anew, and try again", name, err)
	}
	names, made := map[xml.Name]string{}, 0
	called := func(n xml.Name) string {
		s, ok := names[n]
		if !ok {
			if s = n.Local; prefix(n.Space) != "" {
				s = prefix(n.Space) + ":" + n.Local
			}
			names[n] = s
		}
		return s
	}
	decoder := xml.NewDecoder(bytes.NewReader(data))
	decoder.CharsetReader = charset.NewReaderLabel
	root := &node{}
	open := []*node{root}
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return root, nil
		}
		if err != nil {
			return nil, wrong(err)
		}
		top := open[len(open)-1]
		switch t := token.(type) {
		case xml.StartElement:
			if made++; made > maxNodes || len(open) > maxDepth {
				return nil, fmt.Errorf("%s is nested or divided more than any policy is: nothing of it was read", name)
			}
			n := &node{name: called(t.Name)}
			if len(t.Attr) > 0 {
				n.attr = make(map[string]string, len(t.Attr))
			}
			for _, a := range t.Attr {
				n.attr[called(a.Name)] = a.Value
			}
			top.kids = append(top.kids, n)
			open = append(open, n)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 1 {
				top.kids = append(top.kids, &node{text: string(t)})
			}
		case xml.Directive:
			return nil, fmt.Errorf("%s defines entities or names another file, which no word processor does: nothing of it was read", name)
		}
	}
}

// at is the first element along a path of names; never nil.
func (n *node) at(path ...string) *node {
	for _, name := range path {
		var next *node
		if n != nil {
			for _, k := range n.kids {
				if k.name == name {
					next = k
					break
				}
			}
		}
		if next == nil {
			return &node{}
		}
		n = next
	}
	return n
}

func (n *node) has(name string) bool { return n.at(name).name != "" }

// val is the attribute w:val of an element within.
func (n *node) val(path ...string) string { return n.at(path...).attr["w:val"] }

// on says whether a property is there and not switched off; known, whether it is there.
func (n *node) on(name string) (on, known bool) {
	p := n.at(name)
	v := p.attr["w:val"]
	return p.name != "" && v != "0" && v != "false" && v != "off" && v != "none", p.name != ""
}

// each walks through the elements below that have a name, not into those found.
func (n *node) each(name string, f func(*node)) {
	if n == nil {
		return
	}
	for _, k := range n.kids {
		if k.name == name {
			f(k)
		} else {
			k.each(name, f)
		}
	}
}

// all is the text below.
func (n *node) all() string {
	if n.name == "" && len(n.kids) == 0 {
		return n.text
	}
	var out strings.Builder
	for _, k := range n.kids {
		switch k.name {
		case "w:instrText", "mc:Fallback":
			continue
		case "w:tab", "text:tab", "text:s":
			out.WriteByte(' ')
		}
		out.WriteString(k.all())
		if k.name == "w:p" || k.name == "text:p" {
			out.WriteByte(' ')
		}
	}
	return out.String()
}

func number(s string, otherwise int) int {
	if n, err := strconv.Atoi(s); err == nil {
		return n
	}
	return otherwise
}
