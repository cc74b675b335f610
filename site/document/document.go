// Package document reads a policy as a school has it, out of Word or another word
// processor, a web page, a PDF or plain text, and makes the Markdown of it that a
// school's policy.md holds. Nothing is fetched, no macro runs, and whatever is left out
// or doubtful is told.
package document

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
)

// A Kind is what a block of a document is.
type Kind int

const (
	Paragraph Kind = iota
	Heading
	Item
	Table
	Title
	Contents // a line of the document's own table of contents
)

// A Span is words that look alike.
type Span struct {
	Text         string // a line break within a paragraph is \n, a tab \t
	Bold, Italic bool
	Struck       bool
	Marked       bool   // highlighted, or a field of a form that nobody filled
	Link         string // an address, or # and the name of a place in the document
	Note         string // a note of the document by this name hangs here; there is no text
}

// A Block is a paragraph, a heading, an item of a list or a table of a document.
type Block struct {
	Kind   Kind
	Level  int    // of a heading from 1; of an item within its list from 0
	List   string // which list an item belongs to
	Number string // as the document shows it, such as "3.2.1" or "(a)"; "" for none, and for a bullet
	Indent int    // of the words from the left, twentieths of a point
	Size   int    // of the largest letters, half points; 0 when unknown
	Spans  []Span
	Rows   []Row
	Places []string // names of places here that links within the document lead to

	page int // from 1, where the document tells pages apart
}

// A Row is one of a table.
type Row struct {
	Header bool
	Cells  []Cell
}

// A Cell is one of a table; Wide is over how many columns it goes.
type Cell struct {
	Blocks []Block
	Wide   int
	Above  bool // it continues the cell above it
}

// What a Remark is of.
const (
	Dropped = "left out" // it is not in the policy
	Unsure  = "unsure"   // it is, and somebody has to look whether it is right
	Changed = "changed"  // a change that Word keeps track of
)

// A Remark is what somebody ought to know of how a document was read.
type Remark struct {
	Sort string // Dropped, Unsure or Changed
	At   int    // the block it is about, from 0; -1 for the document as a whole
	Text string
}

// A Document is what was read.
type Document struct {
	Blocks    []Block
	Notes     map[string][]Block // footnotes and endnotes, by name
	Order     []string           // names of Notes
	Remarks   []Remark
	Named     string // the title that the file's properties give
	Undecided int    // changes that Word keeps track of and nobody decided on
}

func (d *Document) tell(sort string, format string, args ...any) {
	d.Remarks = append(d.Remarks, Remark{sort, len(d.Blocks), fmt.Sprintf(format, args...)})
}

// Changes decides what becomes of changes that a word processor keeps track of.
type Changes string

const (
	Open   Changes = ""       // shown as if accepted, and counted as undecided
	Accept Changes = "accept" // the text with them
	Reject Changes = "reject" // the text before them
)

const (
	// MaxFile is how large a document may be, in bytes: a policy of 400 pages with
	// pictures has some 20 MB.
	MaxFile = 64 << 20
	maxPart = 64 << 20 // of one part of a zip, unpacked
	maxText = 4 << 20  // of words; a policy of 400 pages has 1 MB
)

// Read reads a document. What it is shows in its first bytes; its name helps with text
// alone. Every error says what to do.
func Read(name string, data []byte, changes Changes) (d *Document, err error) {
	defer func() {
		if p := recover(); p != nil { // of a library: what it read is not to be trusted
			d, err = nil, errors.New("the file is damaged: open it where it was made, save it anew, and try again")
		}
		if err != nil {
			d, err = nil, fmt.Errorf("%s: %w", path.Base(strings.ReplaceAll(name, `\`, "/")), err)
		}
	}()
	ext := strings.ToLower(path.Ext(name))
	switch {
	case len(data) == 0:
		return nil, errors.New("the file is empty")
	case len(data) > MaxFile:
		return nil, fmt.Errorf("the file has more than %d MB: save it without its pictures", MaxFile>>20)
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		d, err = readZip(data, changes)
	case bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0")):
		return nil, errors.New("this is a Word document of the kind before 2007, or one locked with a password: open it in Word and save it as .docx, without a password")
	case bytes.HasPrefix(data, []byte(`{\rtf`)):
		return nil, errors.New("this is rich text (RTF): open it in a word processor and save it as .docx")
	case bytes.Contains(data[:min(len(data), 1024)], []byte("%PDF-")):
		d, err = readPDF(data)
	default:
		text, wrong := decoded(data, ext)
		if wrong != nil {
			return nil, wrong
		}
		lower := strings.ToLower(text[:min(len(text), 4096)])
		switch {
		case strings.Contains(lower, "<html") || strings.Contains(lower, "<!doctype html") || ext == ".html" || ext == ".htm":
			d, err = readHTML(text)
		case ext == ".md" || ext == ".markdown":
			d, err = readMarkdown(text)
		default:
			d, err = readText(text)
		}
	}
	if err != nil {
		return nil, err
	}
	size := 0
	for _, b := range d.Blocks {
		size += len(b.Text())
	}
	switch {
	case size == 0:
		return nil, errors.New("there are no words in it")
	case size > maxText:
		return nil, fmt.Errorf("it has more than %d MB of words, and a policy has less than 1: divide it", maxText>>20)
	}
	return d, nil
}

// decoded is a text file's words, whichever way they were saved.
func decoded(data []byte, ext string) (string, error) {
	if !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0 {
		kind := "text/plain"
		if strings.HasPrefix(ext, ".htm") {
			kind = "text/html"
		}
		r, err := charset.NewReader(bytes.NewReader(data), kind)
		if err != nil {
			return "", err
		}
		if data, err = io.ReadAll(r); err != nil {
			return "", err
		}
	}
	if bytes.IndexByte(data, 0) >= 0 {
		return "", errors.New("this is no document that can be read here: save it as .docx, .odt, .html, .md, .txt or .pdf")
	}
	text := strings.TrimPrefix(string(data), "\ufeff")
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), nil
}

// readZip reads a document that is an archive of parts.
func readZip(data []byte, changes Changes) (*Document, error) {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, errors.New("the file is damaged or was cut short: save it anew where it was made, or send it again")
	}
	p := parts{}
	for _, f := range archive.File {
		if _, twice := p[f.Name]; twice {
			return nil, fmt.Errorf("the part %.60q is in it twice, so that nobody can say which one counts: save it anew in a word processor", f.Name)
		}
		p[f.Name] = f
	}
	switch {
	case p["word/document.xml"] != nil || p["_rels/.rels"] != nil:
		return readDOCX(p, changes)
	case p["content.xml"] != nil:
		return readODT(p, changes)
	}
	return nil, errors.New("this is an archive, and no document of Word or LibreOffice: unpack it and choose the document")
}

// Text is a block's words, without its number.
func (b Block) Text() string {
	var out strings.Builder
	for _, s := range b.Spans {
		out.WriteString(s.Text)
	}
	for _, r := range b.Rows {
		for i, c := range r.Cells {
			if i > 0 {
				out.WriteString(" | ")
			}
			for j, inner := range c.Blocks {
				if j > 0 {
					out.WriteByte(' ')
				}
				if inner.Number != "" {
					out.WriteString(inner.Number + " ")
				}
				out.WriteString(inner.Text())
			}
		}
		out.WriteByte('\n')
	}
	return out.String()
}

// words is a block's text with single spaces.
func (b Block) words() string { return strings.Join(strings.Fields(b.Text()), " ") }
