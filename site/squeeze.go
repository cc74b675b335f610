package site

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/andybalholm/brotli"
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

// squeeze writes each file under dir that is worth it in every encoding too. What an
// earlier generation has is not made again: few files of a site change from one to the
// next. Earlier is its folder, "" for none.
func (p *press) squeeze(dir, earlier string) error {
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !slices.Contains(squeezed, filepath.Ext(name)) {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil || len(data) < leastSqueezed {
			return err
		}
		forms := formsOf(earlier, name[len(dir):], data)
		if forms == nil {
			forms = p.forms(filepath.Ext(name), data)
		}
		for i, small := range forms {
			if len(small) >= len(data) {
				continue
			}
			if err := os.WriteFile(name+Encodings[i].Ext, small, 0o644); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	return nil
}

// formsOf are the forms of a file in an earlier generation, nil if it held other data
// there or has not all of them.
func formsOf(earlier, name string, data []byte) (forms [][]byte) {
	if earlier == "" {
		return nil
	}
	was, err := os.ReadFile(filepath.Join(earlier, name))
	if err != nil || !bytes.Equal(was, data) {
		return nil
	}
	for _, e := range Encodings {
		form, err := os.ReadFile(filepath.Join(earlier, name+e.Ext))
		if err != nil {
			return nil
		}
		forms = append(forms, form)
	}
	return forms
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
