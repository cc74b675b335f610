package site

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"schoolgate/site/sitetest"
)

const tidyPage = "+++\ntitle = \"x\"\n+++\n\nGood.\n"

// Whatever a folder on the disk holds, Larkfield's site is either built or stays
// as it was, with an error that names the file, and the line where there is one.
// A case whose want is empty is accepted.
func TestHostileFolders(t *testing.T) {
	base := newFixture(t).Content
	out := t.TempDir()
	mustBuild(t, newFixture(t), out, sitetest.Now)
	served := func() string {
		t.Helper()
		generation, err := os.Readlink(filepath.Join(out, "larkfield", "current"))
		if err != nil {
			t.Fatal(err)
		}
		return generation
	}
	outside := filepath.Join(t.TempDir(), "secret.md")
	if err := os.WriteFile(outside, []byte(tidyPage), 0o600); err != nil {
		t.Fatal(err)
	}
	const school, pages = "schools/larkfield/school.toml", "schools/larkfield/pages/"
	settings := string(base[school].Data)
	write := func(name, text string) func(string) error {
		return func(dir string) error { return writeFile(filepath.Join(dir, name), []byte(text)) }
	}
	link := func(name, to string) func(string) error {
		return func(dir string) error {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
				return err
			}
			if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
				return err
			}
			return os.Symlink(to, filepath.Join(dir, name))
		}
	}
	pipe := func(name string) func(string) error {
		return func(dir string) error {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
				return err
			}
			if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
				return err
			}
			return syscall.Mkfifo(filepath.Join(dir, name), 0o600)
		}
	}
	huge := func(name string, size int64) func(string) error { // of holes: it takes no room on the disk
		return func(dir string) error {
			if err := writeFile(filepath.Join(dir, name), nil); err != nil {
				return err
			}
			return os.Truncate(filepath.Join(dir, name), size)
		}
	}
	remove := func(name string) func(string) error {
		return func(dir string) error { return os.RemoveAll(filepath.Join(dir, name)) }
	}
	deep := pages + strings.Repeat("a/", 9)

	for name, c := range map[string]struct {
		change func(dir string) error
		want   string // the error's first line begins so, after the name of a site
	}{
		"unknown key":              {write(school, "nickname = \"x\"\n"+settings), school + ":1:1: unknown key nickname: there are name, short_name, "},
		"wrong type":               {write(school, strings.Replace(settings, `"Larkfield"`, "7", 1)), school + ":2:14: short_name: expected text in \"quotes\""},
		"list for text":            {write(school, strings.Replace(settings, `"Larkfield"`, `["Larkfield"]`, 1)), school + ":2:"},
		"text for list":            {write(school, strings.Replace(settings, `["Chapel Lane", "Larkfield"]`, `"Chapel Lane"`, 1)), school + ":9:11: address: expected a list such as"},
		"key twice":                {write(school, "name = \"x\"\n"+settings), school + ":2:"},
		"not TOML":                 {write(school, settings+"}{\n"), school + ":14:1: "},
		"settings of arrays":       {write(school, "years = "+strings.Repeat("[", 100_000)), school + ":1:"},
		"settings of 10 MB":        {huge(school, 10<<20), school + ": is larger than 256 KB: divide it"},
		"settings are a pipe":      {pipe(school), school + ": is a link or a device: put the file itself here"},
		"settings are a folder":    {func(dir string) error { return os.Mkdir(filepath.Join(dir, school)+".d", 0o755) }, school + ".d: unknown file or folder"},
		"no settings":              {remove(school), school + ": is missing"},
		"settings linked":          {link(school, outside), school + ": is a link or a device"},
		"help linked":              {link("schools/larkfield/help.toml", "/etc/hostname"), "schools/larkfield/help.toml: is a link or a device"},
		"help is a pipe":           {pipe("model/help.toml"), "model/help.toml: is a link or a device"},
		"empty school":             {func(dir string) error { return os.Mkdir(filepath.Join(dir, "schools/tarn"), 0o755) }, "schools/tarn/school.toml: is missing"},
		"schools linked":           {link("schools", "/etc"), "schools: is a link or a device"},
		"school linked":            {link("schools/tarn", "larkfield"), "schools/tarn: is a link or a device"},
		"no schools":               {remove("schools"), "schools: no school: add schools/<slug>/school.toml"},
		"slug in capitals":         {write("schools/LARKFIELD/school.toml", settings), "schools/LARKFIELD: a school's folder name has only a-z"},
		"two of one name":          {write("schools/larkfield-2/school.toml", settings), "schools/larkfield-2/school.toml: has the same short_name as schools/larkfield/school.toml: Larkfield"},
		"slug with dots":           {write("schools/..larkfield/school.toml", settings), ""}, // hidden
		"slug of other letters":    {write("schools/lаrkfield/school.toml", strings.Replace(settings, `"Larkfield"`, `"L"`, 1)), "schools/lаrkfield: a school's folder name has only a-z"},
		"a file for a school":      {write("schools/tarn", ""), "schools/tarn: unknown file: every school has a folder of its own here"},
		"page linked out":          {link(pages+"secret.md", outside), pages + "secret.md: is a link or a device: put the file itself here"},
		"page linked within":       {link(pages+"again.md", "../../../model/policy.md"), pages + "again.md: is a link or a device"},
		"page linked nowhere":      {link(pages+"none.md", "none"), pages + "none.md: is a link or a device"},
		"pages linked":             {link("schools/larkfield/pages", "/"), "schools/larkfield/pages: is a link or a device"},
		"folder of pages linked":   {link(pages+"etc", "/etc"), pages + "etc: is a link or a device"},
		"model page linked":        {link("model/secret.md", outside), "model/secret.md: is a link or a device"},
		"agreement linked":         {link("agreements/secret.md", outside), "agreements/secret.md: is a link or a device"},
		"page is a pipe":           {pipe(pages + "pipe.md"), pages + "pipe.md: is a link or a device"},
		"page is a socket":         {func(dir string) error { return socket(filepath.Join(dir, "model", "s.md")) }, "model/s.md: is a link or a device"},
		"page is a folder":         {func(dir string) error { return os.MkdirAll(filepath.Join(dir, pages, "x.md"), 0o755) }, pages + "x.md: folder names have only a-z"},
		"page of 200 MB":           {huge(pages+"long.md", 200<<20), pages + "long.md: is larger than 256 KB: divide it"},
		"not UTF-8":                {write(pages+"x.md", tidyPage+"\n\ncaf\xe9\n"), pages + "x.md:8: is not UTF-8: save the file as UTF-8"},
		"UTF-16":                   {write(pages+"x.md", "\xff\xfe+\x00+\x00+\x00"), pages + "x.md:1: is not UTF-8"},
		"NUL":                      {write(pages+"x.md", tidyPage+"\x00"), pages + "x.md:6: holds the control character U+0000"},
		"byte-order mark and CRLF": {write(pages+"x.md", "\ufeff"+strings.ReplaceAll(tidyPage, "\n", "\r\n")), ""},
		"line ends CR":             {write(pages+"x.md", strings.ReplaceAll(tidyPage, "\n", "\r")), pages + "x.md:1: ends its lines with a carriage return alone"},
		"settings with CRLF":       {write(school, "\ufeff"+strings.ReplaceAll(settings, "\n", "\r\n")), ""},
		"no newline at the end":    {write(pages+"x.md", strings.TrimSuffix(tidyPage, "\n")), ""},
		"empty page":               {write(pages+"x.md", ""), pages + "x.md:1: the first line has to be +++"},
		"front matter left open":   {write(pages+"x.md", "+++\ntitle = \"x\"\n\nGood.\n"), pages + "x.md:1: the +++ of the first line is never closed"},
		"front matter not TOML":    {write(pages+"x.md", "+++\ntitle: x\n+++\n"), pages + "x.md:2:"},
		"raw HTML":                 {write(pages+"x.md", tidyPage+"\n<iframe src=\"//x.example\"></iframe>\n"), pages + "x.md:7: HTML cannot be used in pages"},
		"script":                   {write(pages+"x.md", tidyPage+"\nSee <script>alert(1)</script>.\n"), pages + "x.md:7: HTML cannot be used in pages: </script>"},
		"script by a blank":        {write(school, strings.Replace(settings, "Mrs A.", "<script>x</script>", 1)), school + ":13: blank \"lead\": HTML cannot be used in pages: <script>"},
		"script by a link":         {write(pages+"x.md", tidyPage+"\n[x](javascript:alert(1))\n"), pages + "x.md:7: the link \"javascript:alert(1)\" has to begin with"},
		"link to no page":          {write(pages+"x.md", tidyPage+"\n[x](/nowhere/)\n"), pages + "x.md:7: the link \"/nowhere/\" leads nowhere"},
		"name in capitals":         {write(pages+"Clubs.md", tidyPage), pages + "Clubs.md: file names have only a-z"},
		"name of other letters":    {write(pages+"сlubs.md", tidyPage), pages + "сlubs.md: file names have only a-z"},
		"name with two dots":       {write(pages+"a..b.md", tidyPage), pages + "a..b.md: file names have only a-z"},
		"name that turns round":    {write(pages+"a\u202edm.exe", tidyPage), `"` + pages + `a\u202edm.exe": unknown file`},
		"name with a line end":     {write(pages+"a\nb.md", tidyPage), `"` + pages + `a\nb.md": file names have only a-z`},
		"name that is not UTF-8":   {write(pages+"caf\xe9.md", tidyPage), `"` + pages + `caf\xe9.md": file names have only a-z`},
		"hidden and left-over files": {func(dir string) error {
			return lay(dir, pages+".x.md", pages+"x.md~", "model/.DS_Store", ".git/config")
		}, ""},
		"a web page among pages":     {write(pages+"x.html", "<script></script>"), pages + "x.html: unknown file"},
		"folders in folders":         {write(deep+"x.md", tidyPage), strings.TrimSuffix(deep, "/") + ": is more than 8 folders deep"},
		"quotes in quotes":           {write(pages+"x.md", tidyPage+"\n"+strings.Repeat("> ", 50_000)+"\n"), pages + "x.md:7: quotes or lists are nested more than 20 deep"},
		"lists in lists":             {write(pages+"x.md", tidyPage+"\n"+strings.Repeat("1. ", 50_000)+"\n"), pages + "x.md:7: quotes or lists are nested more than 20 deep"},
		"five lists in lists":        {write(pages+"x.md", tidyPage+"\n1. a\n   1. b\n      1. c\n         1. d\n            1. e\n"), ""},
		"something else at the top":  {write("notes.txt", ""), "notes.txt: unknown file or folder"},
		"an address of the server":   {write("schools/ledger/school.toml", strings.Replace(settings, `"Larkfield"`, `"L"`, 1)), "schools/ledger: the name ledger is reserved"},
		"trust without its settings": {remove("trust/trust.toml"), "trust/trust.toml: is missing"},
		"model linked":               {link("model", "/usr/share"), "model: is a link or a device"},
		"something still to be said": {write(school, strings.Replace(settings, "Mrs A. Example", "TODO", 1)), school + ":13: lead is still TODO"},
		"something that begins so":   {write(school, strings.Replace(settings, "Mrs A. Example", "TODOR Example", 1)), ""},
		"contact still to be said":   {write(school, strings.Replace(settings, "01632 960 101", "TODO: ask", 1)), school + ":8: phone is still TODO"},
		"file linked out":            {link("schools/larkfield/files/x.pdf", outside), "schools/larkfield/files/x.pdf: is a link or a device"},
		"file is a pipe":             {pipe("schools/larkfield/files/x.pdf"), "schools/larkfield/files/x.pdf: is a link or a device"},
		"file of 200 MB":             {huge("schools/larkfield/files/x.pdf", 200<<20), "schools/larkfield/files/x.pdf: is larger than 5 MB"},
		"picture linked out":         {link(pages+"trip/gate.jpg", "/etc/hostname"), pages + "trip/gate.jpg: is a link or a device"},
		"picture is a pipe":          {pipe(pages + "trip/gate.jpg"), pages + "trip/gate.jpg: is a link or a device"},
		"two published at one address": {func(dir string) error {
			other := strings.Replace(settings, `"Larkfield"`, `"Tarn"`, 1)
			return errors.Join(
				write(school, "url = \"https://safe.example\"\n"+settings)(dir),
				write("schools/tarn/school.toml", "url = \"https://SAFE.example/\"\n"+other)(dir))
		}, "schools/tarn/school.toml: has the same url as schools/larkfield/school.toml: https://SAFE.example"},
		"no model": {remove("model"), "agreements/internet.md:9: the link "},
	} {
		t.Run(name, func(t *testing.T) {
			dir, before := t.TempDir(), served()
			if err := os.CopyFS(dir, base); err != nil {
				t.Fatal(err)
			}
			if err := c.change(dir); err != nil {
				t.Skip(err) // a disk that cannot hold such a thing
			}
			var was, is runtime.MemStats
			runtime.ReadMemStats(&was)
			began := sitetest.Worked()
			results, err := buildFrom(t, newFixture(t).Theme, os.DirFS(dir), out, sitetest.Now)
			runtime.ReadMemStats(&is)
			if worked := sitetest.Worked() - began; worked > 10*time.Second {
				t.Errorf("worked for %v", worked)
			}
			if c.want == "" {
				if err != nil || served() == before {
					t.Errorf("not built: %v", err)
				}
				return
			}
			if err == nil {
				t.Fatal("accepted")
			}
			if grown := is.TotalAlloc - was.TotalAlloc; results == nil && grown > 40<<20 {
				t.Errorf("reading took %d MB", grown>>20)
			}
			said := err.Error()
			if results != nil { // whose fault it is stands first
				_, said, _ = strings.Cut(said, ": ")
			}
			if !strings.HasPrefix(said, c.want) {
				t.Errorf("got\n%.500s\nwant\n%s", said, c.want)
			}
			stays := true
			for _, r := range results {
				stays = stays && (r.Slug != "larkfield" || r.Err != nil)
			}
			if (served() == before) != stays {
				t.Errorf("Larkfield's site stays: %v, and has to: %v", served() == before, stays)
			}
		})
	}
}

func buildFrom(t *testing.T, theme, content fs.FS, out string, at time.Time) ([]Result, error) {
	trust, err := Load(content)
	if err != nil {
		return nil, err
	}
	return Build(t.Context(), trust, Options{Theme: theme, Out: out, Address: "http://localhost:8080", Now: at, All: true})
}

// lay writes files that nobody should read.
func lay(dir string, names ...string) error {
	for _, name := range names {
		if err := writeFile(filepath.Join(dir, name), []byte("<script>\xff")); err != nil {
			return err
		}
	}
	return nil
}

func socket(name string) error {
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: name, Net: "unix"})
	if err != nil {
		return err
	}
	l.SetUnlinkOnClose(false)
	return l.Close()
}
