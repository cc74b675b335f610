package roster

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	utf16 "golang.org/x/text/encoding/unicode"
)

// lost stands for what could not be decoded.
const lost = unicode.ReplacementChar

const (
	saveAs   = " open it in your spreadsheet program, choose 'Save as', then 'Excel workbook' or 'CSV UTF-8', and choose the file that makes"
	saveUTF8 = "save the file as 'CSV UTF-8', or as an Excel workbook, from the program where its letters are right, and choose it again"
)

type kind int

const (
	isOther kind = iota
	isText
	isZip
	isXML
)

// sniff says what a file is by how it begins; of what is no class list, what it
// seems to be and what to do.
func sniff(file []byte) (kind, string) {
	head := file[:min(len(file), 4096)]
	has := func(prefix string) bool { return bytes.HasPrefix(head, []byte(prefix)) }
	text := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n"))
	begins := func(prefix string) bool { return bytes.HasPrefix(text, []byte(prefix)) }
	switch {
	case len(head) == 0:
		return isOther, "the file is empty"
	case has("PK\x03\x04"), has("PK\x05\x06"):
		return isZip, ""
	case has("\x1f\x8b"), has("7z\xbc\xaf"), has("Rar!"):
		return isOther, "this is a packed file of a kind that we do not read: unpack it, and choose the class list that is in it"
	case has("\xd0\xcf\x11\xe0"):
		return isOther, "this looks like an older Excel or Word file, or one with a password:" + saveAs
	case has("%PDF-"):
		return isOther, "this looks like a PDF: export the class list from your school's system again, as CSV or as an Excel workbook"
	case has("\x89PNG"), has("\xff\xd8\xff"), has("GIF8"):
		return isOther, "this looks like a picture: export the class list from your school's system as CSV or as an Excel workbook"
	case has("\x7fELF"), has("MZ"):
		return isOther, "this is a program, not a class list"
	case begins("{\\rtf"):
		return isOther, "this looks like a word-processed document: export the class list from your school's system as CSV or as an Excel workbook"
	case begins("<!doctype html"), begins("<html"), begins("<table"):
		return isOther, "this looks like a web page (some systems give one the name of a spreadsheet):" + saveAs
	case begins("<?xml"), begins("<ctfile"), begins("<!doctype"), bytes.HasPrefix(head, []byte("\xff\xfe<\x00?\x00")):
		return isXML, ""
	case wide(head) == "" && bytes.IndexByte(head, 0) >= 0:
		return isOther, "this is not a text file: export the class list from your school's system as CSV, or save it from your spreadsheet program as 'CSV UTF-8'"
	}
	return isText, ""
}

// wide is the byte order of text in UTF-16, by its mark or by its zeros; "" for
// other text.
func wide(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return "little"
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return "big"
	}
	head = head[:min(len(head), 512)&^1]
	var zeros [2]int
	for i, c := range head {
		if c == 0 {
			zeros[i&1]++
		}
	}
	switch half := len(head) / 2; {
	case half < 8:
	case zeros[0] == 0 && zeros[1]*10 >= half*8:
		return "little"
	case zeros[1] == 0 && zeros[0]*10 >= half*8:
		return "big"
	}
	return ""
}

// pages are the encodings that no byte tells apart, the likeliest first.
var pages = []struct {
	code, name string
	*charmap.Charmap
}{
	{"windows-1252", "Windows-1252", charmap.Windows1252},
	{"macintosh", "Macintosh", charmap.Macintosh},
	{"cp850", "DOS, Western Europe (850)", charmap.CodePage850},
	{"cp437", "DOS, America (437)", charmap.CodePage437},
	{"windows-1250", "Windows-1250 (Central Europe)", charmap.Windows1250},
	{"cp852", "DOS, Central Europe (852)", charmap.CodePage852},
	{"iso-8859-15", "ISO-8859-15 (Western Europe)", charmap.ISO8859_15},
	{"windows-1254", "Windows-1254 (Turkish)", charmap.Windows1254},
}

// Encodings are the codes that [portal.ListMapping] takes, the likeliest first.
func Encodings() (codes []string) {
	for _, p := range pages {
		codes = append(codes, p.code)
	}
	return codes
}

// decode makes text of UTF-8, of UTF-16, or else of the code page that was chosen or
// Windows-1252, and names which; the page's code where it is one. Where it answers
// broken, [lost] stands for each byte that means nothing.
//
// A file that is partly UTF-8 is not taken for Windows-1252: its names would come
// in garbled ('ZoÃ«') and nobody would be told.
func decode(b []byte, chosen string) (text, name, page string, broken bool) {
	if order := wide(b[:min(len(b), 4096)]); order != "" {
		e := utf16.LittleEndian
		if order == "big" {
			e = utf16.BigEndian
		}
		out, err := utf16.UTF16(e, utf16.UseBOM).NewDecoder().Bytes(b)
		text = string(out)
		return text, "UTF-16", "", err != nil || strings.ContainsRune(text, lost)
	}
	b, marked := bytes.CutPrefix(b, []byte("\xef\xbb\xbf"))
	switch {
	case utf8.Valid(b):
		return string(b), "UTF-8", "", bytes.ContainsRune(b, lost)
	case marked || chosen == "" && partlyUTF8(b):
		return string(bytes.ToValidUTF8(b, []byte(string(lost)))), "UTF-8", "", true
	}
	p := pages[0]
	for _, other := range pages {
		if other.code == chosen {
			p = other
		}
	}
	size := 0
	for _, c := range b {
		size += utf8.RuneLen(p.DecodeByte(c))
	}
	var out strings.Builder
	out.Grow(size)
	for _, c := range b {
		r := p.DecodeByte(c) // lost, for bytes that a code page leaves undefined
		broken = broken || r == lost || r >= 0x80 && r < 0xa0
		if r >= 0x80 && r < 0xa0 {
			r = lost
		}
		out.WriteRune(r)
	}
	return out.String(), p.name, p.code, broken
}

// wrongLetters is a word of a text whose letters came out wrong; "" where there is none.
func wrongLetters(text string) string {
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r < 0x80 && !unicode.IsLetter(r) }) {
		if strings.ContainsRune(word, lost) || garbled(word) != "" {
			return word
		}
	}
	return ""
}

func partlyUTF8(b []byte) bool {
	for len(b) > 0 {
		_, size := utf8.DecodeRune(b)
		if size > 1 {
			return true
		}
		b = b[size:]
	}
	return false
}

// twice is the encodings as which UTF-8 is mistaken.
var twice = []encoding.Encoding{charmap.Windows1252, charmap.CodePage850, charmap.CodePage437, charmap.Macintosh, charmap.Windows1250, charmap.ISO8859_1}

// garbled says why a name's letters cannot be what was typed: text of one
// encoding that was read as another, once or more often. It answers "" for a
// name as people have them.
func garbled(name string) string {
	if ascii(name) {
		return ""
	}
	for word := range strings.FieldsSeq(name) {
		if was, ok := readTwice(word); ok {
			return "is " + shown(was) + " with its letters come out wrong (UTF-8 that was read as something else): " + saveUTF8
		}
	}
	before := rune(' ')
	all := []rune(name)
	for i, c := range all {
		after := rune(' ')
		if i+1 < len(all) {
			after = all[i+1]
		}
		if c >= 0x80 && misread(before, c, after) {
			return "has a letter that came out wrong ('" + string(c) + "'): " + saveUTF8
		}
		before = c
	}
	return ""
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// readTwice undoes one reading of UTF-8 as something else.
func readTwice(word string) (string, bool) {
	for _, e := range twice {
		out, err := e.NewEncoder().Bytes([]byte(word))
		if err != nil && (e == charmap.Windows1252 || e == charmap.ISO8859_1) {
			out, err = lenient(word)
		}
		if err == nil && utf8.Valid(out) && utf8.RuneCount(out) < utf8.RuneCountInString(word) && !bytes.ContainsFunc(out, unicode.IsControl) {
			return string(out), true
		}
	}
	return "", false
}

// lenient is Windows-1252 whose undefined bytes stand for themselves.
func lenient(word string) ([]byte, error) {
	var out []byte
	for _, r := range word {
		b, ok := charmap.Windows1252.EncodeRune(r)
		if !ok {
			if r >= 0x100 {
				return nil, encoding.ErrInvalidUTF8
			}
			b = byte(r)
		}
		out = append(out, b)
	}
	return out, nil
}

// misread says whether a character is none that names have where it stands, as
// the letters of DOS, Macintosh and Central European code pages come out.
func misread(before, c, after rune) bool {
	letter := unicode.IsLetter
	switch c {
	case '\u00b4', '\u2018', '\u2019': // apostrophes, as people write them: but not at the end of one that is followed by none
		return false
	case '\u00aa', '\u00ba', '\u00ad', '\u00a0': // 'Mª'; a break; a space
		return false
	case '\u00b7': // Catalan's 'l·l'
		return !(unicode.ToLower(before) == 'l' && unicode.ToLower(after) == 'l')
	case '\u201c', '\u201d', '\u201e': // quotation marks stand at the edge of a word
		return letter(before) && letter(after) || c == '\u201e' && letter(before)
	case '\u2013', '\u2014': // a dash for a hyphen has a capital after it
		return unicode.IsLower(before) && unicode.IsLower(after)
	case '\u0152', '\u0153': // 'œ' comes before 'u' in the names that have it
		return unicode.ToLower(after) != 'u' && !(c == '\u0152' && !letter(before))
	case '\u0178', '\u0192':
		return true
	}
	if c >= 0x80 && c < 0xc0 || c == '\u00d7' || c == '\u00f7' {
		return true
	}
	if strings.ContainsRune("\u2020\u2021\u2022\u2026\u2030\u2039\u203a\u201a\u02c6\u02dc\u2122\u20ac\u221a\u2206\u2264\u2265\u2260\u221e\u2211\u220f\u222b\u03a9\u25ca\uf8ff\u2044\ufb01\ufb02", c) || c >= 0x2500 && c < 0x25a0 || c >= 0x2310 && c < 0x2330 {
		return true
	}
	// A capital with a mark in the middle of small letters.
	return unicode.IsUpper(c) && c < 0x250 && unicode.IsLower(before) && (unicode.IsLower(after) || !letter(after))
}
