package picture

import (
	"path"
	"slices"
	"strings"
)

// MaxSize is the largest picture file that is read, in bytes.
const MaxSize = 30 << 20

// TooLarge says what to do with a larger one.
const TooLarge = "is larger than 30 MB: save the picture smaller"

// otherPictures are the kinds of picture that are not published, by the ends of
// their names.
var otherPictures = map[string]string{
	".heic": "HEIC", ".heif": "HEIC", ".hif": "HEIC", ".avif": "AVIF", ".webp": "WebP", ".gif": "GIF", ".bmp": "BMP",
	".tif": "TIFF", ".tiff": "TIFF", ".dng": "raw", ".cr2": "raw", ".cr3": "raw", ".nef": "raw", ".arw": "raw", ".psd": "Photoshop",
}

// Unfit says what to do with a picture whose name says that it is of another kind than
// JPEG and PNG; "" for any other file.
func Unfit(name string) string {
	kind, ok := otherPictures[strings.ToLower(path.Ext(name))]
	if !ok {
		return ""
	}
	return otherPicture(kind)
}

// otherPicture says what to do with a picture of another kind than JPEG and PNG.
func otherPicture(kind string) string {
	if kind == "HEIC" {
		return "is a HEIC picture, as iPhones take them, and most browsers cannot show it: open it and save or export it as a JPEG " +
			"(an iPhone takes JPEGs when Settings, Camera, Formats says Most Compatible)"
	}
	if kind == "SVG" {
		return "is an SVG drawing, which can hold more than a picture: save or export it as a PNG"
	}
	return "is of the kind " + kind + ": save or export it as a JPEG, or a drawing as a PNG"
}

// kindOf tells a picture by how its file begins, whatever its name says; "" for
// one that is not known here.
func kindOf(file []byte) string {
	begins := func(at int, marks ...string) bool {
		return slices.ContainsFunc(marks, func(m string) bool {
			return len(file) >= at+len(m) && string(file[at:at+len(m)]) == m
		})
	}
	switch {
	case begins(0, "\xff\xd8\xff"):
		return "JPEG"
	case begins(0, "\x89PNG\r\n\x1a\n"):
		return "PNG"
	case begins(4, "ftypavif", "ftypavis"):
		return "AVIF"
	case begins(4, "ftyphei", "ftyphev", "ftypmif1", "ftypmsf1"):
		return "HEIC"
	case begins(0, "RIFF") && begins(8, "WEBP"):
		return "WebP"
	case begins(0, "GIF8"):
		return "GIF"
	case begins(0, "BM"):
		return "BMP"
	case begins(0, "II*\x00", "MM\x00*"):
		return "TIFF"
	case begins(0, "8BPS"):
		return "Photoshop"
	case begins(0, "<svg", "<?xml"):
		return "SVG"
	}
	return ""
}
