package site

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"path"
	"regexp"
	"strconv"
	"sync"

	"schoolgate/site/picture"
	"schoolgate/site/source"
)

// looksKnown is what pictures look like, by the sum of each, so that none is read twice while
// the program runs; one without a sum is not kept. Of one with too little in it, it is nil.
var looksKnown struct {
	sync.Mutex
	of map[string]*picture.Looks
}

func looksOf(sum string, open func() ([]byte, error)) (*picture.Looks, error) {
	looksKnown.Lock()
	known, ok := looksKnown.of[sum]
	looksKnown.Unlock()
	if ok && sum != "" {
		return known, nil
	}
	data, err := open()
	if err != nil {
		return nil, err
	}
	looks, ok := picture.LooksOf(data)
	if !ok {
		looks = nil
	}
	if sum == "" {
		return looks, nil
	}
	looksKnown.Lock()
	defer looksKnown.Unlock()
	if looksKnown.of == nil {
		looksKnown.of = map[string]*picture.Looks{}
	}
	looksKnown.of[sum] = looks
	return looks, nil
}

// A depicting is a picture in which pupils can be seen, or may be: no copy of it goes out as
// one of nobody, wherever in the trust that stands.
type depicting struct {
	photograph
	sum string
}

// depictingPictures are those of all schools' content folders, and of the trust's.
func depictingPictures(all []website) (shown map[string]photograph) {
	shown = map[string]photograph{}
	for _, w := range all {
		for _, p := range w.album {
			if len(p.pupils) > 0 {
				shown[p.name] = p
			}
		}
	}
	return shown
}

// depicted is depictingPictures with those of the school's own picture desk.
func (w website) depicted() (all []depicting, err error) {
	for _, name := range source.SortedKeys(w.depicting) {
		p := w.depicting[name]
		sum, err := w.originals.sum(p.folder, p.name, p.name)
		if err != nil {
			return nil, err
		}
		all = append(all, depicting{p, sum})
	}
	for _, name := range source.SortedKeys(w.album) {
		if p := w.album[name]; p.desk != nil && !p.desk.Nobody {
			all = append(all, depicting{p, p.desk.SHA256})
		}
	}
	return all, nil
}

// copyOf is which of the pictures that show pupils another is, or is a part of; "" for none.
// It may be saved anew, smaller, turned or cut.
func copyOf(all []depicting, sum string, open func() ([]byte, error)) (name string, err error) {
	for _, d := range all {
		if d.sum == sum {
			return d.name, nil
		}
	}
	looks, err := looksOf(sum, open)
	if err != nil || looks == nil {
		return "", err
	}
	for _, d := range all {
		other, err := looksOf(d.sum, d.open())
		if err != nil {
			return "", source.Problems{{File: d.name, Text: fmt.Sprintf("cannot be read: %v", err)}}
		}
		if other != nil && looks.Like(other) {
			return d.name, nil
		}
	}
	return "", nil
}

// withholdCopies withholds whatever is said to show nobody and looks like a picture that
// shows pupils.
func (w website) withholdCopies() error {
	all, err := w.depicted()
	if err != nil || len(all) == 0 {
		return err
	}
	for _, rel := range source.SortedKeys(w.album) {
		p := w.album[rel]
		if p.why != "" || len(p.pupils) > 0 || p.desk != nil {
			continue
		}
		sum, err := w.originals.sum(p.folder, p.name, p.name)
		if err != nil {
			return err
		}
		of, err := copyOf(all, sum, p.open())
		if err != nil {
			return err
		}
		if of != "" {
			p.why = "the same picture shows pupils, as is said of " + path.Dir(of)
			w.album[rel] = p
		}
	}
	return nil
}

// What a PDF has of these its dictionaries name in plain letters, or, for a picture within
// its text, the text does.
var (
	pdfPicture  = regexp.MustCompile(`/Image[\s/<>\[\]()%]|(?:^|\s)BI\s*/[^\x00-\x08\x7f-\xff]{0,400}?\sID\s`)
	pdfAttached = regexp.MustCompile(`/EmbeddedFiles?[\s/<>\[\]()%]`)
	pdfLocked   = regexp.MustCompile(`/Encrypt[\s/<>\[\]()%]`)
	pdfHex      = regexp.MustCompile(`#[0-9A-Fa-f]{2}`)
	pdfStream   = regexp.MustCompile(`stream\r?\n`)
)

// maxInflated is how much a PDF may hold, in bytes, once it is unpacked.
const maxInflated = 64 << 20

// pdfParts is a PDF as it is, and each part of it that is packed; false where that is more
// than anybody reads.
func pdfParts(data []byte) (parts [][]byte, ok bool) {
	parts = [][]byte{data}
	left := int64(maxInflated)
	for _, at := range pdfStream.FindAllIndex(data, -1) {
		r, err := zlib.NewReader(bytes.NewReader(data[at[1]:]))
		if err != nil {
			continue
		}
		part, _ := io.ReadAll(io.LimitReader(r, left)) // as far as it can be read
		if left -= int64(len(part)); left <= 0 {
			return nil, false
		}
		parts = append(parts, part)
	}
	return parts, true
}

// checkFile says what keeps a PDF from being published: what nobody can look into, and
// pictures that nobody has said anything of, or that show pupils. A PDF cannot be taken back
// from whoever has it, nor made again without one of its pictures.
func (w website) checkFile(name string, data []byte, all []depicting) (why string, err error) {
	parts, ok := pdfParts(data)
	if !ok {
		return "holds more than 64 MB once it is unpacked: save it smaller", nil
	}
	pictured := false
	for _, part := range parts {
		plain := pdfHex.ReplaceAllFunc(part, func(b []byte) []byte {
			n, _ := strconv.ParseUint(string(b[1:]), 16, 8)
			return []byte{byte(n)}
		})
		switch {
		case pdfAttached.Match(plain):
			return "holds another file within it: save it without attachments", nil
		case pdfLocked.Match(plain):
			return "is locked, so nobody can tell what is in it: save it without a password", nil
		}
		pictured = pictured || pdfPicture.Match(plain)
		for rest := part; len(all) > 0; {
			i := bytes.Index(rest, []byte("\xff\xd8\xff"))
			if i < 0 {
				break
			}
			photo := rest[i:]
			of, err := copyOf(all, "", func() ([]byte, error) { return photo, nil })
			if err != nil {
				return "", err
			}
			if of != "" {
				return "holds a picture that shows pupils, as is said of " + path.Dir(of) + ": make it without", nil
			}
			rest = rest[i+3:]
		}
	}
	if pictured && !w.nobodyIn[name] {
		return "holds pictures: if nobody can be seen in them, say so in files/" + picturesFile + ", as file = \"" + name + "\" with nobody = true. Pictures of pupils go onto a page instead, where they can be taken down", nil
	}
	return "", nil
}

// checkFiles is checkFile of all that a school publishes.
func (w website) checkFiles() (problems source.Problems, err error) {
	all, err := w.depicted()
	if err != nil {
		return nil, err
	}
	for _, name := range w.files {
		data, err := source.ReadAtMost(w.folder, "files/"+name, maxDocument+1)
		if err != nil {
			return nil, fmt.Errorf("read a file: %w", err)
		}
		why, err := w.checkFile(name, data, all)
		if err != nil {
			return nil, err
		}
		if why != "" {
			problems.Add(w.fileName(name), 0, "%s", why)
		}
	}
	return problems, nil
}
