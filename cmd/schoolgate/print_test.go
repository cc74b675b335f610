package main

import (
	"context"
	"fmt"
	"io/fs"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"schoolgate/content"
	"schoolgate/site"
	"schoolgate/themes"
)

// Every page under /print/ fills exactly one sheet of the paper it says, in
// black that can be read, for both demo schools and for a secondary school, in
// every font (row P8). Whether its words are longer than the sheet is asked in every font;
// printed is each in the widest and in one of the others by turns.
func TestSheetsArePrintedOnOnePage(t *testing.T) {
	t.Parallel()
	for _, fonts := range fontSets {
		fonts.need(t)
	}
	sites := printedSites(t)
	for i, fonts := range fontSets {
		t.Run(fonts.name, func(t *testing.T) {
			t.Parallel()
			needBrowserIn(t, fonts).open(t, "", "http://").oneSheetEach(sites, func(sheet int) bool { return i == 0 || sheet%3 == i-1 })
		})
	}
}

func (v *visitor) oneSheetEach(sites []printedSite, prints func(sheet int) bool) {
	t := v.t
	t.Helper()
	seen := 0
	for _, s := range sites {
		sheets, err := filepath.Glob(filepath.Join(s.dir, "print", "*", "index.html"))
		if err != nil || len(sheets) < 6 {
			t.Fatalf("%s has %d sheets: %v", s.address, len(sheets), err)
		}
		for _, sheet := range sheets {
			name := filepath.Base(filepath.Dir(sheet))
			v.do(chromedp.Navigate(s.address + "print/" + name + "/"))
			if over := v.text(`(() => { const p = document.querySelector('.poster-in'); return String(p.scrollHeight - p.clientHeight) })()`); over != "0" {
				t.Errorf("%s/%s: its words are %s pixels longer than the sheet", s.slug, name, over)
			}
			if seen++; !prints(seen) {
				continue
			}
			wide, high := 210.0, 297.0
			if strings.HasSuffix(name, "-a3") {
				wide, high = 297, 420
			}
			pages, size := countSheets(t, v.pdf())
			if pages != 1 {
				t.Errorf("%s/%s: %d pages", s.slug, name, pages)
			}
			if d := max(size[0]-wide, wide-size[0], size[1]-high, high-size[1]); d > 1 {
				t.Errorf("%s/%s: %.0f by %.0f mm, not %.0f by %.0f", s.slug, name, size[0], size[1], wide, high)
			}
		}
	}
}

type printedSite struct{ slug, dir, address string }

// printedSites are the demo's schools and a made-up secondary school beside
// them, built and served.
func printedSites(t *testing.T) []printedSite {
	t.Helper()
	all := fstest.MapFS{}
	err := fs.WalkDir(content.FS, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := fs.ReadFile(content.FS, name)
		all[name] = &fstest.MapFile{Data: data}
		if rest, ok := strings.CutPrefix(name, "schools/fernlow-primary/"); ok && (rest == "school.toml" || rest == "help.toml") {
			data := strings.NewReplacer(`"primary"`, `"secondary"`, `years = ["Nursery", "Year 6"]`, `years = ["Year 7", "Year 11"]`,
				`short_name = "Fernlow Primary"`, `short_name = "Fernlow High"`).Replace(string(data))
			data = regexp.MustCompile(`(?m)^crest = .*$`).ReplaceAllString(data, "")
			all["schools/fernlow-high/"+rest] = &fstest.MapFile{Data: []byte(data)}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	trust, err := site.Load(all)
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	server := httptest.NewServer(publicSites(out))
	t.Cleanup(server.Close)
	results, err := site.Build(t.Context(), trust, site.Options{Theme: themes.FS, Out: out, Address: server.URL, Kept: kept()})
	if err != nil {
		t.Fatal(err)
	}
	var sites []printedSite
	for _, r := range results {
		if r.Slug != site.Overview {
			sites = append(sites, printedSite{r.Slug, r.Dir, server.URL + "/" + r.Slug + "/"})
		}
	}
	return sites
}

// pdf is the page that is open as the browser prints it, on the paper that the
// page asks for.
func (v *visitor) pdf() []byte {
	v.t.Helper()
	var data []byte
	v.do(func(ctx context.Context, _ *chromedp.Target) (chromedp.Void, error) {
		yes := true
		r, err := chromedp.Call(ctx, page.PrintToPDF, page.PrintToPDFParams{PreferCSSPageSize: &yes, PrintBackground: &yes})
		if err == nil {
			data = r.Data
		}
		return chromedp.Void{}, err
	})
	return data
}

var pdfSaid = regexp.MustCompile(`(?s)Pages:\s+(\d+)\n.*Page size:\s+([0-9.]+) x ([0-9.]+) pts`)

// countSheets counts the pages of a PDF and says how large the first is, in
// millimetres.
func countSheets(t *testing.T, pdf []byte) (pages int, size [2]float64) {
	t.Helper()
	pdfinfo, err := exec.LookPath("pdfinfo")
	if err != nil {
		missing(t, "pdfinfo (Debian's poppler-utils)")
	}
	file := filepath.Join(t.TempDir(), "sheet.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	said, err := exec.CommandContext(t.Context(), pdfinfo, file).Output()
	if err != nil {
		t.Fatal(err)
	}
	m := pdfSaid.FindSubmatch(said)
	if m == nil {
		t.Fatalf("pdfinfo says\n%s", said)
	}
	fmt.Sscan(string(m[1]), &pages)
	for i := range size {
		fmt.Sscan(string(m[i+2]), &size[i])
		size[i] *= 25.4 / 72
	}
	return pages, size
}
