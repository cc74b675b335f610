package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"schoolgate/portal/signin/dextest"
)

// missing skips the test for want of a program, or fails it where skipping is forbidden.
func missing(t *testing.T, program string) {
	t.Helper()
	if os.Getenv("SCHOOLGATE_NO_SKIP") == "1" {
		t.Fatalf("%s is not here", program)
	}
	t.Skipf("SKIPPED for want of %s", program)
}

func needAxe(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", ".ci", "tools", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		missing(t, "axe-core (make test installs it where there is npm)")
	}
	return string(b)
}

// chrome is a running browser.
type chrome struct {
	ctx     context.Context
	checked map[string]bool // pages that axe-core has seen in it
}

func needBrowser(t *testing.T) chrome {
	t.Helper()
	return needBrowserIn(t, dejaVu)
}

// needBrowserIn is a browser on a machine with a set of fonts and no others.
func needBrowserIn(t *testing.T, fonts fontSet) chrome {
	t.Helper()
	env := fonts.need(t)
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		options := append(chromedp.DefaultExecAllocatorOptions[:],
			chromedp.ExecPath(path), chromedp.Env(env), chromedp.Flag("no-sandbox", true), chromedp.Flag("disable-quic", true))
		ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
		t.Cleanup(stop)
		ctx, stop = chromedp.NewContext(ctx)
		t.Cleanup(stop)
		if err := chromedp.Do(ctx); err != nil {
			t.Fatal(err)
		}
		return chrome{ctx, map[string]bool{}}
	}
	missing(t, "chromium")
	return chrome{}
}

// visitor is somebody with a browser of their own: its cookies are theirs alone.
type visitor struct {
	t       *testing.T
	ctx     context.Context
	axe     string
	address string
	checked map[string]bool // the browser's

	mu     sync.Mutex
	faults []string // errors on pages, and requests to hosts that are not ours
}

// open gives somebody a browser for a site at an address; others are hosts that
// they will also be sent to.
func (c chrome) open(t *testing.T, axe, address string, others ...string) *visitor {
	t.Helper()
	v := &visitor{t: t, axe: axe, address: address, checked: c.checked}
	// Chromium draws the clock of a field for a time itself, and asks nobody for it.
	known := append([]string{address, "data:image/svg+xml;base64,"}, others...)
	ctx, stop := chromedp.NewContext(c.ctx, chromedp.WithNewBrowserContext(), chromedp.WithListener(func(event any) {
		v.mu.Lock()
		defer v.mu.Unlock()
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			if !slices.ContainsFunc(known, func(k string) bool { return strings.HasPrefix(e.Request.URL, k) }) {
				v.faults = append(v.faults, "asked for "+e.Request.URL)
			}
		case *runtime.EventExceptionThrown:
			v.faults = append(v.faults, e.ExceptionDetails.Text)
		}
	}))
	t.Cleanup(stop)
	v.ctx, stop = context.WithTimeout(ctx, 20*time.Minute) // as good as for ever, on a busy machine too
	t.Cleanup(stop)
	v.do(func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.Call(ctx, network.Enable, network.EnableParams{})
		return chromedp.Void{}, err
	})
	v.look(360, "light")
	return v
}

func (v *visitor) do(steps ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	if err := chromedp.Do(v.ctx, steps...); err != nil {
		at, _ := chromedp.Run(v.ctx, chromedp.Evaluate[string](`location.pathname + "\n" + document.body.innerText`))
		v.t.Fatalf("%v\nat %s", err, at)
	}
}

// text is what a JavaScript expression answers.
func (v *visitor) text(expression string) string {
	v.t.Helper()
	s, err := chromedp.Run(v.ctx, chromedp.Evaluate[string](expression, await))
	if err != nil {
		v.t.Fatalf("%s: %v", expression[:min(80, len(expression))], err)
	}
	return s
}

func await(p *runtime.EvaluateParams) {
	yes := true
	p.AwaitPromise = &yes
}

// look sets the width of the window and the colour scheme.
func (v *visitor) look(width int64, scheme string) {
	v.t.Helper()
	v.do(func(ctx context.Context, _ *chromedp.Target) (chromedp.Void, error) {
		if _, err := chromedp.Call(ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
			Width: width, Height: 780, DeviceScaleFactor: 1, Mobile: width < 500,
		}); err != nil {
			return chromedp.Void{}, err
		}
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return chromedp.Void{}, err
	})
}

// check looks at the page that is open, on a phone in light and on a desk in
// dark: axe-core finds nothing, and nothing is wider than the window.
func (v *visitor) check() {
	v.t.Helper()
	at := v.text(`document.title + location.pathname`)
	if v.checked[at] {
		return
	}
	v.checked[at] = true
	v.text(v.axe + "\n;''")
	for _, look := range []struct {
		width  int64
		scheme string
	}{{1280, "dark"}, {360, "light"}} {
		v.look(look.width, look.scheme)
		found := v.text(`axe.run({resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then(r =>
			r.violations.map(v => v.id + ": " + v.nodes.map(n => n.html + " " + n.failureSummary).join("; ")).join("\n"))`)
		if found != "" {
			v.t.Errorf("axe-core at %d pixels, %s, on %s:\n%s", look.width, look.scheme, at, found)
		}
		// A phone's window grows with a page that is too wide, so its own width says nothing.
		if wide := v.text(fmt.Sprintf(`String(document.documentElement.scrollWidth - %d)`, look.width)); !strings.HasPrefix(wide, "-") && wide != "0" {
			v.t.Errorf("%s is %s pixels wider than %d", at, wide, look.width)
		}
	}
}

func (v *visitor) visit(path string) {
	v.t.Helper()
	v.do(chromedp.Navigate(v.address + path))
	if strings.HasPrefix(path, "/portal/") { // TestEveryPageIsAccessible looks at the others
		v.check()
	}
}

// follow does something that loads another page.
func (v *visitor) follow(step chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	if _, err := chromedp.RunResponse(v.ctx, step); err != nil {
		v.t.Fatalf("%v\nat %s", err, v.text(`location.pathname + "\n" + document.body.innerText`))
	}
}

// click follows the link with these words.
func (v *visitor) click(words string) {
	v.t.Helper()
	v.follow(chromedp.Click(fmt.Sprintf(`//a[normalize-space()=%q]`, words)))
	v.check()
}

// clickPart follows the first link whose address contains part.
func (v *visitor) clickPart(part string) {
	v.t.Helper()
	v.follow(chromedp.Click(chromedp.CSS(fmt.Sprintf(`main a[href*=%q]`, part))))
	v.check()
}

// submit presses a button as a keyboard does.
func (v *visitor) submit(button string) {
	v.t.Helper()
	v.follow(chromedp.SendKeys(fmt.Sprintf(`//button[normalize-space()=%q]`, button), "\r"))
	v.check()
}

func (v *visitor) fill(id, text string) {
	v.t.Helper()
	v.do(chromedp.Clear(chromedp.CSS("#"+id)), chromedp.SendKeys(chromedp.CSS("#"+id), text))
}

func (v *visitor) fillDate(id, day, month, year string) {
	v.t.Helper()
	v.fill(id, day)
	v.fill(id+"-month", month)
	v.fill(id+"-year", year)
}

func (v *visitor) press(id, key string) {
	v.t.Helper()
	v.do(chromedp.SendKeys(chromedp.CSS("#"+id), key))
}

func (v *visitor) upload(id, file string) {
	v.t.Helper()
	v.do(chromedp.SetUploadFiles(chromedp.CSS("#"+id), []string{file}))
}

// signIn goes from the portal's sign-in page through dex and back. The page in
// between goes on by itself, and has a link for browsers that do not.
func (v *visitor) signIn(email string) {
	v.t.Helper()
	v.do(chromedp.SendKeys(`//button[starts-with(normalize-space(), "Sign in") and contains(., "with Dex")]`, "\r"), chromedp.WaitVisible(chromedp.CSS("#login")))
	v.fill("login", email)
	v.fill("password", dextest.Password)
	v.follow(chromedp.SendKeys(chromedp.CSS("#password"), "\r"))
	v.check()
}

// sees fails unless the page says one of the words.
func (v *visitor) sees(words ...string) {
	v.t.Helper()
	text := v.text(`document.body.innerText`)
	if !slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) }) {
		v.t.Fatalf("%s does not say %q:\n%s", v.text(`location.pathname`), words, text)
	}
}

// href is the path that the link with these words leads to.
func (v *visitor) href(words string) string {
	v.t.Helper()
	u, err := url.Parse(v.text(fmt.Sprintf(`[...document.querySelectorAll('a')].find(a => a.textContent.trim() === %q).href`, words)))
	if err != nil {
		v.t.Fatal(err)
	}
	return u.Path
}

// fetch is what an address answers to this visitor.
func (v *visitor) fetch(path string) string {
	v.t.Helper()
	_, body := v.ask(path, nil)
	return body
}

// send is what a form is answered that this visitor sends to an address.
func (v *visitor) send(path string, form url.Values) string {
	v.t.Helper()
	_, body := v.ask(path, form)
	return body
}

func (v *visitor) status(path string) int {
	v.t.Helper()
	status, _ := v.ask(path, nil)
	return status
}

// ask asks with the visitor's cookies, from outside the page; with a form it sends that.
func (v *visitor) ask(path string, form url.Values) (int, string) {
	v.t.Helper()
	cookies, err := chromedp.Call(v.ctx, network.GetCookies, network.GetCookiesParams{URLs: []string{v.address + "/portal/"}})
	if err != nil {
		v.t.Fatal(err)
	}
	method := http.MethodGet
	if form != nil {
		method = http.MethodPost
	}
	r, err := http.NewRequest(method, v.address+path, strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, c := range cookies.Cookies {
		r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return response.StatusCode, string(b)
}

// quiet fails if a page asked another host for anything, or threw an error.
func (v *visitor) quiet() {
	v.t.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, f := range v.faults {
		v.t.Error(f)
	}
}
