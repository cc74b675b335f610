package roster

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	utf16 "golang.org/x/text/encoding/unicode"
)

// lost stands for what could not be decoded.
const lost = unicode.ReplacementChar

const saveAsCSV = " open it in your spreadsheet program, choose 'Save as', then 'CSV UTF-8', and upload the file that makes"

// looksLike says what a file that is not a class list seems to be and what to
// do; it answers "" for text.
func looksLike(head []byte) string {
	has := func(prefix string) bool { return bytes.HasPrefix(head, []byte(prefix)) }
	text := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n"))
	begins := func(prefix string) bool { return bytes.HasPrefix(text, []byte(prefix)) }
	switch {
	case len(head) == 0:
		return "the file is empty"
	case has("PK\x03\x04") && bytes.Contains(head, []byte("opendocument.spreadsheet")):
		return "this looks like an OpenDocument spreadsheet, not a CSV file:" + saveAsCSV
	case has("PK\x03\x04") && bytes.Contains(head, []byte("word/")):
		return "this looks like a Word document, not a CSV file: export the class list from your school's system as CSV"
	case has("PK\x03\x04") && (bytes.Contains(head, []byte("xl/")) || bytes.Contains(head, []byte("[Content_Types].xml"))):
		return "this looks like an Excel workbook, not a CSV file:" + saveAsCSV
	case has("PK\x03\x04"), has("PK\x05\x06"), has("\x1f\x8b"):
		return "this looks like a zip file, not a CSV file: unpack it, and upload the class list that is in it, saved as CSV"
	case has("\xd0\xcf\x11\xe0"):
		return "this looks like an older Excel or Word file, not a CSV file:" + saveAsCSV
	case has("%PDF-"):
		return "this looks like a PDF, not a CSV file: export the class list from your school's system again, as CSV"
	case has("\x89PNG"), has("\xff\xd8\xff"), has("GIF8"):
		return "this looks like a picture, not a CSV file: export the class list from your school's system as CSV"
	case begins("{\\rtf"):
		return "this looks like a word-processed document, not a CSV file: export the class list from your school's system as CSV"
	case begins("<!doctype html"), begins("<html"), begins("<table"):
		return "this looks like a web page, not a CSV file (some systems give one the name of a spreadsheet):" + saveAsCSV
	case begins("<?xml"):
		return "this looks like an XML file, such as a common transfer file, not a CSV file: export the class list from your school's system as CSV"
	case !has("\xff\xfe") && !has("\xfe\xff") && bytes.IndexByte(head, 0) >= 0:
		return "this is not a text file: export the class list from your school's system as CSV, or save it from your spreadsheet program as 'CSV UTF-8'"
	}
	return ""
}

// decode makes text of UTF-8, of UTF-16 with its mark, or else of Windows-1252.
// Where it answers broken, [lost] stands for each byte that means nothing.
//
// A file that is partly UTF-8 is not taken for Windows-1252: its names would come
// in garbled ('ZoÃ«') and nobody would be told.
func decode(b []byte) (text string, broken bool) {
	if bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff")) {
		out, err := utf16.UTF16(utf16.LittleEndian, utf16.UseBOM).NewDecoder().Bytes(b)
		text = string(out)
		return text, err != nil || strings.ContainsRune(text, lost)
	}
	b, marked := bytes.CutPrefix(b, []byte("\xef\xbb\xbf"))
	switch {
	case utf8.Valid(b):
		return string(b), false
	case marked || partlyUTF8(b):
		return string(bytes.ToValidUTF8(b, []byte(string(lost)))), true
	}
	size := 0
	for _, c := range b {
		size += utf8.RuneLen(charmap.Windows1252.DecodeByte(c))
	}
	var out strings.Builder
	out.Grow(size)
	for _, c := range b {
		r := charmap.Windows1252.DecodeByte(c) // lost, for the five bytes that the code page leaves undefined
		broken = broken || r == lost
		out.WriteRune(r)
	}
	return out.String(), broken
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
