package site

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"

	"schoolgate/site/picture"
	"schoolgate/site/source"
)

// picturesFile stands in a page's folder and says who is in its pictures.
const picturesFile = "pictures.toml"

var (
	originalFile = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*\.(?i:jpe?g|png)$`)
	pictureKind  = regexp.MustCompile(`(?i)\.(?:jpe?g|png)$`)
	pupilRef     = regexp.MustCompile(`^[A-Z2-7]{26}$`) // as the portal makes them
)

// A photograph is one file beside a page. It is read only when a page that shows it
// is built, as forty schools' photographs would not fit into memory.
type photograph struct {
	folder fs.FS
	name   string // path within the content folder
	alt    string // what there is to see, for those who cannot see it
	why    string // why it is withheld; empty: it may be published

	pupils  []string // the portal's references of those who can be seen
	until   string   // the last day; "" for no last one
	shownAs string   // what the register calls it, where pupils are in it

	desk *Brought // of the picture desk; nil for one that stands in the content folder
}

// A Brought is a picture that came by the register's picture desk: who is in it, and whether
// it may be shown, the register knows. It stands at the end of its page.
type Brought struct {
	Key     string // as [Depicted] has it
	Page    string // within the site: "/news/fair/"
	Alt     string
	Caption string
	SHA256  string // of the picture, hexadecimal
	Nobody  bool   // as two people have said; of any other, no copy goes out
	Open    func() ([]byte, error)
}

// file is what the picture is called within its page.
func (b *Brought) file() string { return "desk-" + b.SHA256[:16] + ".jpg" }

// bring adds what the picture desk has for a school to its album.
func (w *website) bring(ctx context.Context, desk func(context.Context, string) ([]Brought, error)) error {
	if desk == nil || w.slug == Overview {
		return nil
	}
	all, err := desk(ctx, w.slug)
	if err != nil {
		return fmt.Errorf("ask for the pictures of the desk: %w", err)
	}
	w.album = maps.Clone(w.album)
	if w.album == nil {
		w.album = album{}
	}
	for _, b := range all {
		p := photograph{name: "//desk" + b.Page + b.file(), alt: b.Alt, why: unasked, desk: &b}
		w.originals.knows(p.name, b.SHA256)
		w.album[p.name] = p // which no file of the content folder is called
	}
	return nil
}

// addBrought shows the desk's pictures of a page, and answers what to add to its text.
func (g *gallery) addBrought(p page, pictures album) string {
	var text strings.Builder
	for _, name := range source.SortedKeys(pictures) {
		if it := pictures[name]; it.desk != nil && it.desk.Page == p.address && it.why == "" {
			g.shown[p.address+it.desk.file()] = it
			fmt.Fprintf(&text, "\n\n![](%s)\n", it.desk.file())
		}
	}
	return text.String()
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

	Until string `toml:"until"` // the last day on which it is shown
}

// picturesPurpose is what parents are asked about pictures on their school's site. No other
// yes is enough for one: what somebody says of displays in school is no word about this.
const picturesPurpose = "website-pictures"

const (
	undeclared = picturesFile + " does not say who is in it: write nobody = true when no pupil is"
	unasked    = "pupils are in it, and no register of consents was asked"
)

// A Depicted is a picture in which pupils can be seen, as a register of consents is
// asked about it.
type Depicted struct {
	Key     string   // 32 letters of the SHA-256 of where it stands, and 32 of that of its file, hexadecimal
	Page    string   // the page it stands beside, within the site: "/news/fair/"
	Alt     string   // what there is to see
	Purpose string   // slug
	Until   string   // the last day on which it is shown, "2027-07-31"; "" for no last one
	Pupils  []string // references, as the register gives them
}

// A Shown is what a register answers: under which name a picture is published, which
// holds for it alone and cannot be guessed, or why it is not.
type Shown struct{ Name, Why string }

// loadAlbum finds the pictures among the pages under dir, and what is said of
// them. It returns the names of all these files too, which are no pages.
func loadAlbum(fsys fs.FS, dir string, problems *source.Problems) (pictures album, files []string) {
	pictures = album{}
	var walk func(string)
	walk = func(folder string) {
		said := map[string]declared{}
		here := map[string]string{} // names in lower case
		isPage := false
		for _, e := range source.ReadDir(fsys, folder, problems) {
			name := path.Join(folder, e.Name())
			rel := strings.TrimPrefix(name, dir+"/")
			switch {
			case e.IsDir():
				if source.SlugPattern.MatchString(e.Name()) && strings.Count(rel, "/") < source.MaxDepth {
					walk(name)
				}
			case e.Name() == "index.md" || e.Name() == "_index.md":
				isPage = true
			case e.Name() == picturesFile:
				files = append(files, rel)
				said = readDeclared(fsys, name, originalFile, problems)
			case picture.Unfit(e.Name()) != "":
				files = append(files, rel)
				problems.Add(name, 0, "%s", picture.Unfit(e.Name()))
			case pictureKind.MatchString(e.Name()) && !originalFile.MatchString(e.Name()):
				files = append(files, rel)
				problems.Add(name, 0, "a picture's name has only letters, digits, dots, hyphens and underscores: rename it, as Markdown cannot show one with spaces")
			case originalFile.MatchString(e.Name()):
				files = append(files, rel)
				lower := strings.ToLower(e.Name())
				if other, taken := here[lower]; taken {
					problems.Add(name, 0, "differs from %s only in capitals: rename one", other)
				}
				here[lower] = e.Name()
				if info, err := e.Info(); err != nil {
					problems.Add(name, 0, "cannot be read: %v", err)
				} else if info.Size() > picture.MaxSize {
					problems.Add(name, 0, "%s", picture.TooLarge)
				}
				pictures[rel] = photograph{folder: fsys, name: name, why: undeclared}
			}
		}
		for _, file := range source.SortedKeys(here) {
			if !isPage {
				problems.Add(path.Join(folder, here[file]), 0, "belongs to no page: a page with pictures is a folder that holds index.md and the pictures")
			}
		}
		for file, d := range said {
			rel := strings.TrimPrefix(path.Join(folder, file), dir+"/")
			p, ok := pictures[rel]
			if !ok {
				c := source.Checker{Src: source.File{Name: path.Join(folder, picturesFile)}, Problems: problems}
				if src, ok := source.ReadFile(fsys, c.Src.Name, problems); ok {
					c.Src, c.Value = src, file
				}
				c.Say("file", "there is no picture %q in this folder", file)
				continue
			}
			p.alt = d.Alt
			switch {
			case d.Nobody:
				p.why = ""
			case len(d.Pupils) > 0:
				p.why, p.pupils, p.until = unasked, d.Pupils, d.Until
			}
			pictures[rel] = p
		}
	}
	walk(dir)
	return pictures, files
}

// readDeclared reads one pictures.toml, by file; of which kind is what a file's name fits.
func readDeclared(fsys fs.FS, name string, kind *regexp.Regexp, problems *source.Problems) map[string]declared {
	var file struct {
		Pictures []declared `toml:"picture"`
	}
	said := map[string]declared{}
	src, ok := source.ReadSettings(fsys, name, &file, problems)
	if !ok {
		return said
	}
	for _, d := range file.Pictures {
		c := source.Checker{Src: src, Problems: problems, Value: d.File}
		if _, twice := said[d.File]; twice {
			c.Say("file", "%q is there twice", d.File)
		}
		if !kind.MatchString(d.File) {
			example := map[bool]string{true: "garden.jpg", false: "letter.pdf"}[kind == originalFile]
			c.Say("file", "file %q is not the name of a picture in this folder, such as %q", d.File, example)
			continue
		}
		if kind == originalFile && strings.TrimSpace(d.Alt) == "" {
			c.Say("file", "%s has no alt: say in a sentence what there is to see, for those who cannot see it", d.File)
		}
		if d.Nobody && len(d.Pupils) > 0 {
			c.Say("file", "%s says nobody = true and names pupils: only one can be so", d.File)
		}
		for _, ref := range d.Pupils {
			if !pupilRef.MatchString(ref) {
				c.Say("file", "%s: pupils holds something that is not a reference from the portal; a name must never stand here", d.File)
			}
		}
		if _, err := time.Parse(time.DateOnly, d.Until); d.Until != "" && err != nil {
			c.Say("until", "%s: until is a day, written as 2027-07-31", d.File)
		}
		said[d.File] = d
	}
	return said
}

// ask asks the register about every picture of a school in which pupils can be seen,
// before anything is made of it (P15). A copy that is said to show nobody is withheld,
// whether there is a register or not.
func (w website) ask(ctx context.Context, mayShow func(context.Context, string, []Depicted) ([]Shown, error)) error {
	if mayShow == nil || w.slug == Overview {
		return w.withholdCopies()
	}
	var files []string
	var all []Depicted
	for _, rel := range source.SortedKeys(w.album) {
		p := w.album[rel]
		original, err := w.originals.sum(p.folder, p.name, p.name)
		if err != nil {
			return err
		}
		if p.desk != nil {
			files = append(files, rel)
			all = append(all, Depicted{Key: p.desk.Key, Page: p.desk.Page, Alt: p.alt, Purpose: picturesPurpose})
			continue
		}
		if len(p.pupils) == 0 {
			continue
		}
		files = append(files, rel)
		all = append(all, Depicted{Key: sum(p.name)[:32] + original[:32], Page: "/" + path.Dir(rel) + "/", Alt: p.alt, Purpose: picturesPurpose, Until: p.until, Pupils: p.pupils})
	}
	shown, err := mayShow(ctx, w.slug, all)
	if err != nil {
		return fmt.Errorf("ask whether pictures may be shown: %w", err)
	}
	for i, rel := range files {
		p := w.album[rel]
		p.why, p.shownAs = shown[i].Why, shown[i].Name
		w.album[rel] = p
	}
	return w.withholdCopies()
}

// imagesOf are the pictures that a body of Markdown shows.
func imagesOf(name, body string, first int) (images []source.Link) {
	if !strings.Contains(body, "![") {
		return nil
	}
	data := []byte(body)
	_ = ast.Walk(source.Markdown.Parse(text.NewReader(data)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if image, ok := n.(*ast.Image); ok && entering {
			images = append(images, source.Link{File: name, Line: first + source.LineAbove(n, body), To: string(image.Destination)})
		}
		return ast.WalkContinue, nil
	})
	return images
}

// open is how the original is read.
func (p photograph) open() func() ([]byte, error) {
	if p.desk != nil {
		return p.desk.Open
	}
	return func() ([]byte, error) { return source.ReadAtMost(p.folder, p.name, picture.MaxSize+1) }
}

// clean returns what may be published of a picture.
func (p photograph) clean(c *picture.Cleaner, read *originals) ([]picture.Print, error) {
	original, err := p.open()()
	if err != nil {
		return nil, source.Problems{{File: p.name, Text: fmt.Sprintf("cannot be read: %v", err)}}
	}
	if err := read.same(p.name, original); err != nil {
		return nil, err
	}
	made, err := c.Clean(original)
	if why, ok := errors.AsType[picture.Refused](err); ok {
		return nil, source.Problems{{File: p.name, Text: string(why)}}
	}
	return made, err
}

// A gallery is the pictures that a site's pages show.
type gallery struct {
	shown    map[string]photograph // by address of the page and file name: "/news/fair/stall.jpg"
	withheld []Withheld
	prints   []string // paths within the site
}

// asked are the register's names of the pictures that are shown.
func (g *gallery) asked() (names []string) {
	for _, p := range g.shown {
		if p.shownAs != "" && !slices.Contains(names, p.shownAs) {
			names = append(names, p.shownAs)
		}
	}
	slices.Sort(names)
	return names
}

// addShown finds the pictures that the page of a file shows. They stand in the
// page's own folder, and nothing from anywhere else is a picture.
func (g *gallery) addShown(rel string, p page, pictures album, problems *source.Problems) {
	var none source.Problems
	_, body, bodyLine, ok := source.SplitMatter(p.source, p.text, &none)
	if !ok {
		return
	}
	folder, base := path.Split(rel)
	for _, image := range imagesOf(p.source, body, bodyLine) {
		file := image.To
		switch {
		case strings.ContainsAny(file, "/:"):
			problems.Add(image.File, image.Line, "the picture %q has to stand in this page's own folder", image.To)
			continue
		case base != "index.md" && base != "_index.md":
			problems.Add(image.File, image.Line, "a page with pictures is a folder: make it %s/index.md and put %s beside it", strings.TrimSuffix(rel, ".md"), image.To)
			continue
		}
		it, ok := pictures[folder+file]
		switch {
		case !ok:
			problems.Add(image.File, image.Line, "there is no picture %q in this page's folder", file)
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

// picturesFolder is where prints are published, within the site.
const picturesFolder = "pictures"

// AskedFolder is where the prints of pictures are published in which pupils can be
// seen. Whoever serves them asks the register before each, by the name that it gave;
// nobody keeps them without asking again.
const AskedFolder = picturesFolder + "/asked/"

// AskedName is the register's name for a picture, of the file's path within the site;
// "" for a file of another kind.
func AskedName(file string) string {
	rest, asked := strings.CutPrefix(file, AskedFolder)
	name, _, _ := strings.Cut(rest, "-")
	if !asked {
		return ""
	}
	return cmp.Or(name, "-") // which no picture is called
}

// publishedAs is the path of a print within the site.
func (p photograph) publishedAs(pr picture.Print) string {
	if p.shownAs == "" {
		return picturesFolder + "/" + pr.Name
	}
	_, size, _ := strings.Cut(pr.Name, "-")
	return AskedFolder + p.shownAs + "-" + size
}

// frame cleans every picture that is shown and adds the files to publish. It
// returns what layouts get to know, by address of the page and file name, in small
// letters as Hugo's params are.
func (g *gallery) frame(c *picture.Cleaner, read *originals, files map[string][]byte) (params map[string]any, problems source.Problems, err error) {
	params = map[string]any{}
	made := map[string]map[string]any{} // by name of the original
	for _, at := range source.SortedKeys(g.shown) {
		p := g.shown[at]
		if made[p.name] == nil {
			prints, err := p.clean(c, read)
			if found, ok := errors.AsType[source.Problems](err); ok {
				problems = append(problems, found...)
				continue
			} else if err != nil {
				return nil, nil, err
			}
			var set []string
			for _, pr := range prints {
				files[p.publishedAs(pr)] = pr.Data
				g.prints = append(g.prints, p.publishedAs(pr))
				set = append(set, fmt.Sprintf("%s %dw", p.publishedAs(pr), pr.Width))
			}
			widest := prints[len(prints)-1]
			made[p.name] = map[string]any{
				"src": p.publishedAs(widest), "set": set,
				"width": widest.Width, "height": widest.Height, "alt": p.alt,
			}
			if p.desk != nil {
				made[p.name]["caption"] = p.desk.Caption
			}
		}
		params[strings.ToLower(at)] = made[p.name]
	}
	return params, problems, nil
}

// leaked looks, before a site is put in place, for what must not be in it: a withheld
// picture under whichever name, a print of which nobody asked for, and the name of the
// file of a picture that shows pupils, which may be a child's.
func (w website) leaked(m *assembly, files map[string][]byte) (problems source.Problems) {
	prints, names := map[string]bool{}, map[string]string{}
	for _, p := range m.gallery.prints {
		prints[p] = true
	}
	secret := map[string]string{} // sums of originals that must not go out: where they stand
	for _, p := range w.album {
		if p.why != "" || p.shownAs != "" && p.desk == nil { // the desk's are clean as they come
			names[path.Base(p.name)] = p.name
			if w.originals != nil {
				secret[w.originals.sums[p.name]] = p.name
			}
		}
	}
	for _, name := range source.SortedKeys(files) {
		data := files[name]
		if strings.HasPrefix(name, picturesFolder+"/") && (pictureKind.MatchString(name) || AskedName(name) != "") && !prints[name] {
			problems.AddKind(source.AsBuilt, name, 0, "built: no page shows this picture")
		}
		if len(secret) > 0 {
			if from, ok := secret[sum(string(data))]; ok {
				problems.AddKind(source.AsBuilt, name, 0, "built: it is the picture %s, as it came", path.Dir(from))
			}
		}
		for own, from := range names {
			if strings.Contains(name, own) || pictureKind.MatchString(own) && !pictureKind.MatchString(name) && bytes.Contains(data, []byte(own)) {
				problems.AddKind(source.AsBuilt, name, 0, "built: it names the file of a picture beside %s that shows pupils, or is withheld: nothing may lead to it", path.Dir(from))
			}
		}
	}
	return problems
}

// A PicturePage is a page of a school's site that a picture of the desk can stand on.
type PicturePage struct{ Address, Title string }

// PicturePages are those that people wrote, by address; not what families sign.
func (t *Trust) PicturePages(s *School, now time.Time) (all []PicturePage) {
	w := s.website(t, Options{Now: now, Address: "https://localhost"})
	for _, rel := range source.SortedKeys(w.pages) {
		if p, _ := readPage(rel, w.pages[rel], w.answers); !p.hidden {
			all = append(all, PicturePage{p.address, p.matter.Title})
		}
	}
	slices.SortFunc(all, func(a, b PicturePage) int { return strings.Compare(a.Address, b.Address) })
	return all
}
