package site

import (
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
)

// picturesFile stands in a page's folder and says who is in its pictures.
const picturesFile = "pictures.toml"

// maxPicture is the largest picture file that is read, in bytes.
const maxPicture = 30 << 20

var (
	originalFile = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*\.(?i:jpe?g|png)$`)
	pictureKind  = regexp.MustCompile(`(?i)\.(?:jpe?g|png)$`)
	pupilRef     = regexp.MustCompile(`^[A-Z2-7]{26}$`) // as the portal makes them
)

// otherPictures are the kinds of picture that are not published, by the ends of
// their names.
var otherPictures = map[string]string{
	".heic": "HEIC", ".heif": "HEIC", ".hif": "HEIC", ".avif": "AVIF", ".webp": "WebP", ".gif": "GIF", ".bmp": "BMP",
	".tif": "TIFF", ".tiff": "TIFF", ".dng": "raw", ".cr2": "raw", ".cr3": "raw", ".nef": "raw", ".arw": "raw", ".psd": "Photoshop",
}

// otherPicture says what to do with a picture of another kind than JPEG and PNG.
func otherPicture(kind string) string {
	if kind == "HEIC" {
		return "is a HEIC picture, as iPhones take them, and most browsers cannot show it: open it and save or export it as a JPEG " +
			"(an iPhone takes JPEGs when Settings, Camera, Formats says Most Compatible)"
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
	}
	return ""
}

// A photograph is one file beside a page. It is read only when a page that shows it
// is built, as forty schools' photographs would not fit into memory.
type photograph struct {
	folder fs.FS
	name   string // path within the content folder
	alt    string // what there is to see, for those who cannot see it
	why    string // why it is withheld; empty: nobody is in it and it may be published
}

// An album is the pictures of a folder of pages, by path relative to it.
type album map[string]photograph

// over returns a with the pictures of base that a does not have itself.
func (a album) over(base album) album {
	merged := maps.Clone(base)
	if merged == nil {
		merged = album{}
	}
	maps.Copy(merged, a)
	return merged
}

// A Withheld is a picture that a page shows and that was not published, as
// nothing says that it may be (P15).
type Withheld struct {
	File string // path within the content folder
	Why  string
}

// declared is what pictures.toml says of one picture.
type declared struct {
	File   string   `toml:"file"`
	Alt    string   `toml:"alt"`
	Nobody bool     `toml:"nobody"` // no pupil can be seen in it
	Pupils []string `toml:"pupils"` // the portal's references of those who can
}

const undeclared = picturesFile + " does not say who is in it: write nobody = true when no pupil is"

// loadAlbum finds the pictures among the pages under dir, and what is said of
// them. It returns the names of all these files too, which are no pages.
func loadAlbum(fsys fs.FS, dir string, problems *Problems) (pictures album, files []string) {
	pictures = album{}
	var walk func(string)
	walk = func(folder string) {
		said := map[string]declared{}
		here := map[string]string{} // names in lower case
		isPage := false
		for _, e := range readDir(fsys, folder, problems) {
			name := path.Join(folder, e.Name())
			rel := strings.TrimPrefix(name, dir+"/")
			switch {
			case e.IsDir():
				if slug.MatchString(e.Name()) && strings.Count(rel, "/") < maxDepth {
					walk(name)
				}
			case e.Name() == "index.md" || e.Name() == "_index.md":
				isPage = true
			case e.Name() == picturesFile:
				files = append(files, rel)
				said = readDeclared(fsys, name, problems)
			case otherPictures[strings.ToLower(path.Ext(e.Name()))] != "":
				files = append(files, rel)
				problems.add(name, 0, "%s", otherPicture(otherPictures[strings.ToLower(path.Ext(e.Name()))]))
			case pictureKind.MatchString(e.Name()) && !originalFile.MatchString(e.Name()):
				files = append(files, rel)
				problems.add(name, 0, "a picture's name has only letters, digits, dots, hyphens and underscores: rename it, as Markdown cannot show one with spaces")
			case originalFile.MatchString(e.Name()):
				files = append(files, rel)
				lower := strings.ToLower(e.Name())
				if other, taken := here[lower]; taken {
					problems.add(name, 0, "differs from %s only in capitals: rename one", other)
				}
				here[lower] = e.Name()
				if info, err := e.Info(); err != nil {
					problems.add(name, 0, "cannot be read: %v", err)
				} else if info.Size() > maxPicture {
					problems.add(name, 0, "is larger than 30 MB: save the picture smaller")
				}
				pictures[rel] = photograph{folder: fsys, name: name, why: undeclared}
			}
		}
		for _, file := range sortedKeys(here) {
			if !isPage {
				problems.add(path.Join(folder, here[file]), 0, "belongs to no page: a page with pictures is a folder that holds index.md and the pictures")
			}
		}
		for file, d := range said {
			rel := strings.TrimPrefix(path.Join(folder, file), dir+"/")
			p, ok := pictures[rel]
			if !ok {
				c := checker{src: source{name: path.Join(folder, picturesFile)}, problems: problems}
				if src, ok := readFile(fsys, c.src.name, problems); ok {
					c.src, c.value = src, file
				}
				c.say("file", "there is no picture %q in this folder", file)
				continue
			}
			p.alt = d.Alt
			switch {
			case d.Nobody:
				p.why = ""
			case len(d.Pupils) > 0:
				p.why = "pupils are in it, and no register of consents was asked"
			}
			pictures[rel] = p
		}
	}
	walk(dir)
	return pictures, files
}

// readDeclared reads one pictures.toml, by file.
func readDeclared(fsys fs.FS, name string, problems *Problems) map[string]declared {
	var file struct {
		Pictures []declared `toml:"picture"`
	}
	said := map[string]declared{}
	src, ok := readSettings(fsys, name, &file, problems)
	if !ok {
		return said
	}
	for _, d := range file.Pictures {
		c := checker{src: src, problems: problems, value: d.File}
		if _, twice := said[d.File]; twice {
			c.say("file", "%q is there twice", d.File)
		}
		if !originalFile.MatchString(d.File) {
			c.say("file", "file %q is not the name of a picture in this folder, such as \"garden.jpg\"", d.File)
			continue
		}
		if strings.TrimSpace(d.Alt) == "" {
			c.say("file", "%s has no alt: say in a sentence what there is to see, for those who cannot see it", d.File)
		}
		if d.Nobody && len(d.Pupils) > 0 {
			c.say("file", "%s says nobody = true and names pupils: only one can be so", d.File)
		}
		for _, ref := range d.Pupils {
			if !pupilRef.MatchString(ref) {
				c.say("file", "%s: pupils holds something that is not a reference from the portal; a name must never stand here", d.File)
			}
		}
		said[d.File] = d
	}
	return said
}

// imagesOf are the pictures that a body of Markdown shows.
func imagesOf(name, body string, first int) (images []link) {
	if !strings.Contains(body, "![") {
		return nil
	}
	data := []byte(body)
	_ = ast.Walk(markdown.Parse(text.NewReader(data)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if image, ok := n.(*ast.Image); ok && entering {
			images = append(images, link{name, first + lineAbove(n, body), string(image.Destination)})
		}
		return ast.WalkContinue, nil
	})
	return images
}

// A gallery is the pictures that a site's pages show.
type gallery struct {
	shown    map[string]photograph // by address of the page and file name: "/news/fair/stall.jpg"
	withheld []Withheld
}

// addShown finds the pictures that the page of a file shows. They stand in the
// page's own folder, and nothing from anywhere else is a picture.
func (g *gallery) addShown(rel string, p page, pictures album, problems *Problems) {
	var none Problems
	_, body, bodyLine, ok := splitMatter(p.source, p.text, &none)
	if !ok {
		return
	}
	folder, base := path.Split(rel)
	for _, image := range imagesOf(p.source, body, bodyLine) {
		file := image.to
		switch {
		case strings.ContainsAny(file, "/:"):
			problems.add(image.file, image.line, "the picture %q has to stand in this page's own folder", image.to)
			continue
		case base != "index.md" && base != "_index.md":
			problems.add(image.file, image.line, "a page with pictures is a folder: make it %s/index.md and put %s beside it", strings.TrimSuffix(rel, ".md"), image.to)
			continue
		}
		it, ok := pictures[folder+file]
		switch {
		case !ok:
			problems.add(image.file, image.line, "there is no picture %q in this page's folder", file)
		case it.why != "":
			w := Withheld{it.name, it.why}
			if !slices.Contains(g.withheld, w) {
				g.withheld = append(g.withheld, w)
			}
		default:
			g.shown[p.address+file] = it
		}
	}
}
