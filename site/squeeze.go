package site

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sync"

	"github.com/andybalholm/brotli"

	"schoolgate/site/source"
)

// An Encoding is a form that files are published in beside their own, for whoever
// can read it: FILE.br beside FILE. They are in the order in which they are better.
type Encoding struct {
	Name string // as HTTP has it: RFC 9110 §8.4.1
	Ext  string // what its files end in
}

// Encodings are made once, when a site is built, and not for each visitor.
var Encodings = []Encoding{{"br", ".br"}, {"gzip", ".gz"}}

// squeezed are the endings of files that are made smaller; pictures and PDFs are
// small already.
var squeezed = []string{".html", ".css", ".svg", ".xml", ".md", ".ics", ".txt"}

// leastSqueezed is the smallest file, in bytes, that is worth it: a smaller one fills
// no more than one packet as it is.
const leastSqueezed = 600

// How hard files are pressed. A stylesheet is the same at forty schools and is
// pressed once; pages are pressed at each build, where more work saves next to nothing.
const (
	forPages  = 5
	forAssets = 11
)

// A press makes files smaller; it remembers assets, by their own sum.
type press struct {
	mu     sync.Mutex
	assets map[[sha256.Size]byte][][]byte // one for each of Encodings
}

// publish writes files, by path, into a folder, and each that is worth it in every
// encoding too. What an earlier generation has is not made again but is the same file
// in both: few files of a site change from one to the next. Earlier is its folder, ""
// for none.
func (p *press) publish(files map[string][]byte, dir, earlier string) error {
	for _, name := range source.SortedKeys(files) {
		data, to, was := files[name], filepath.Join(dir, name), filepath.Join(earlier, name)
		same := earlier != "" && holds(was, data)
		err := os.MkdirAll(filepath.Dir(to), 0o755)
		if err == nil && (!same || os.Link(was, to) != nil) {
			err = os.WriteFile(to, data, 0o644)
		}
		var forms [][]byte
		for i, e := range Encodings {
			if err != nil || len(data) < leastSqueezed || !slices.Contains(squeezed, path.Ext(name)) ||
				same && os.Link(was+e.Ext, to+e.Ext) == nil {
				continue
			}
			if forms == nil {
				forms = p.forms(path.Ext(name), data)
			}
			if len(forms[i]) < len(data) {
				err = os.WriteFile(to+e.Ext, forms[i], 0o644)
			}
		}
		if err != nil {
			return fmt.Errorf("publish: %w", err)
		}
	}
	return nil
}

// holds says whether a file has some data in it.
func holds(name string, data []byte) bool {
	was, err := os.ReadFile(name)
	return err == nil && bytes.Equal(was, data)
}

// forms is some data in every encoding.
func (p *press) forms(ext string, data []byte) [][]byte {
	if ext != ".css" {
		return [][]byte{brotlied(data, forPages), gzipped(data)}
	}
	sum := sha256.Sum256(data)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.assets[sum] == nil {
		if p.assets == nil {
			p.assets = map[[sha256.Size]byte][][]byte{}
		}
		p.assets[sum] = [][]byte{brotlied(data, forAssets), gzipped(data)}
	}
	return p.assets[sum]
}

var (
	brotlis = sync.Pool{New: func() any { return brotli.NewWriterLevel(io.Discard, forPages) }}
	gzips   = sync.Pool{New: func() any { return gzip.NewWriter(io.Discard) }}
)

func brotlied(data []byte, level int) []byte {
	var out bytes.Buffer
	w := brotli.NewWriterLevel(&out, level)
	if level == forPages {
		w = brotlis.Get().(*brotli.Writer)
		defer brotlis.Put(w)
		w.Reset(&out)
	}
	w.Write(data) // into memory: neither can fail
	w.Close()
	return out.Bytes()
}

func gzipped(data []byte) []byte {
	var out bytes.Buffer
	w := gzips.Get().(*gzip.Writer)
	defer gzips.Put(w)
	w.Reset(&out)
	w.Write(data)
	w.Close()
	return out.Bytes()
}
