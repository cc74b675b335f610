package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"

	"github.com/gorilla/websocket"
	"golang.org/x/text/unicode/norm"
)

// engine is a browser of another make than Chromium.
type engine interface {
	visit(t *testing.T, address string)
	text(script string) (string, error)      // what an expression answers
	act(t *testing.T, source map[string]any) // what a keyboard or a finger does: WebDriver's actions
	print(t *testing.T) []byte               // as a PDF, on A4
}

// Keys as both protocols have them.
const (
	tabKey   = "\ue004"
	enterKey = "\ue007"
)

// A family's way in Firefox and in WebKit: the home page fits a phone, the keyboard
// leads past what every page begins with, a parent signs in, answers, signs, and goes
// back; what is printed fills as many sheets as it should.
func TestOtherBrowsers(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(*testing.T) engine{"Firefox": firefox, "WebKit": webkit} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := open(t)
			port, data := freePort(t), filepath.Join(t.TempDir(), "demo")
			address := "http://localhost:" + port
			startServer(t, address, "demo", "--addr", "127.0.0.1:"+port, "--data", data)
			w := window{t, e, address}

			w.visit("/fernlow-primary/")
			w.says(`String(innerWidth)`, "360")
			w.says(`String(document.documentElement.scrollWidth <= innerWidth)`, "true")
			w.keys(tabKey)
			w.says(`document.activeElement.className`, "skip")
			w.keys(tabKey)
			w.says(`document.activeElement.className`, "ceop")
			w.keys(enterKey)
			w.until(`location.pathname`, "/fernlow-primary/ceop/")

			w.visit("/portal/sign-in")
			w.tap(`form[action="/portal/sign-in/demo"] button`)
			w.until(`String(!!document.querySelector('[value=amina-rahman]'))`, "true")
			w.tap(`[value=amina-rahman]`)
			w.until(`document.querySelector("h1")?.textContent`, "My children")

			w.visit(w.text(`document.querySelector('.todo a[href*="/consents/"]').pathname`))
			form := w.text(`location.href`)
			w.tap(`main button`)
			w.until(`document.activeElement?.className`, "error-summary")
			e.visit(t, form)
			w.tap(`#field-answer`)
			w.tap(`main button`)
			w.until(`String(location.pathname.startsWith("/portal/receipts/"))`, "true")
			w.visit("/portal/")
			w.visit(w.text(`document.querySelector('.todo a[href*="/agreements/"]').pathname`))
			form = w.text(`location.href`)
			w.tap(`#field-name`)
			w.keys("Amina Rahman")
			w.tap(`#field-agreed`)
			w.tap(`main button`)
			w.until(`String(location.pathname.startsWith("/portal/receipts/"))`, "true")
			w.sheets("a receipt", 1)
			w.text(`setTimeout(() => history.back(), 0), ""`)
			time.Sleep(time.Second) // for the page to go
			w.until(`String(location.href.startsWith(`+fmt.Sprintf("%q", form)+`) && document.querySelector("h1") !== null)`, "true")

			w.visit("/fernlow-primary/print/help-parents/")
			w.sheets("a sheet", 1)
			w.visit("/fernlow-primary/online-safety-policy/")
			w.clauses()
			letters := filepath.Join(t.TempDir(), "letters.html")
			mustRun(t, "import", "--settings", filepath.Join(data, "schoolgate.toml"), "--school", "st-osrics-junior", "--apply", "--letters", letters, layoutFile(t))
			e.visit(t, "file://"+letters)
			w.sheets("letters", strings.Count(readFile(t, letters), `<article class="letter"`))
		})
	}
}

// window is a page that is open.
type window struct {
	t       *testing.T
	engine  engine
	address string
}

func (w window) visit(path string) { w.engine.visit(w.t, w.address+path) }

func (w window) text(script string) string {
	w.t.Helper()
	s, err := w.engine.text(script)
	if err != nil {
		w.t.Fatalf("%s: %v", script, err)
	}
	return s
}

func (w window) says(script, want string) {
	w.t.Helper()
	if got := w.text(script); got != want {
		w.t.Fatalf("%s is %q, want %q, on %s", script, got, want, w.text(`location.pathname + "\n" + document.body.innerText`))
	}
}

// until waits for a page that is on its way.
func (w window) until(script, want string) {
	w.t.Helper()
	for range 1200 {
		if got, err := w.engine.text(script); err == nil && got == want {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	w.says(script, want)
}

// keys types into what has the focus.
func (w window) keys(keys string) {
	w.t.Helper()
	var strokes []map[string]any
	for _, k := range keys {
		strokes = append(strokes, map[string]any{"type": "keyDown", "value": string(k)}, map[string]any{"type": "keyUp", "value": string(k)})
	}
	w.engine.act(w.t, map[string]any{"type": "key", "id": "keyboard", "actions": strokes})
}

// tap touches the middle of something.
func (w window) tap(selector string) {
	w.t.Helper()
	var x, y int
	at := w.text(fmt.Sprintf(`(e => { e.scrollIntoView({block: "center", behavior: "instant"}); const b = e.getBoundingClientRect(); return Math.round(b.left + b.width / 2) + " " + Math.round(b.top + b.height / 2); })(document.querySelector(%q))`, selector))
	if _, err := fmt.Sscan(at, &x, &y); err != nil {
		w.t.Fatalf("%s is at %q", selector, at)
	}
	w.engine.act(w.t, map[string]any{"type": "pointer", "id": "finger", "parameters": map[string]any{"pointerType": "mouse"}, "actions": []map[string]any{
		{"type": "pointerMove", "x": x, "y": y, "duration": 0}, {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0},
	}})
}

// sheets fails unless the page prints on so many.
func (w window) sheets(what string, want int) {
	w.t.Helper()
	if got, _ := countSheets(w.t, w.engine.print(w.t)); got != want {
		w.t.Errorf("%s: printed on %d sheets, want %d", what, got, want)
	}
}

// clauses fails unless the policy that is open prints with the heading of each clause.
func (w window) clauses() {
	w.t.Helper()
	said := exec.CommandContext(w.t.Context(), "pdftotext", "-", "-")
	said.Stdin = bytes.NewReader(w.engine.print(w.t))
	printed, err := said.Output()
	if err != nil {
		w.t.Fatal(err)
	}
	letters := func(s string) string { // which a line's end or a ligature does not change
		return strings.Map(func(r rune) rune {
			if !unicode.IsLetter(r) {
				return -1
			}
			return r
		}, norm.NFKC.String(s))
	}
	headings := strings.Split(w.text(`[...document.querySelectorAll("main h3")].map(h => h.textContent).join("\n")`), "\n")
	if len(headings) < 30 {
		w.t.Errorf("the policy has the headings %q", headings)
	}
	for _, h := range headings {
		if !strings.Contains(letters(string(printed)), letters(h)) {
			w.t.Errorf("printed, the policy has no %q", h)
		}
	}
}

// start runs a program, with the fonts that every browser here has, until the test
// ends, and answers what it says.
func start(t *testing.T, name string, args ...string) *lockedBuffer {
	t.Helper()
	said := &lockedBuffer{}
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), dejaVu.need(t), "HOME="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // to end what it starts too
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = said, said, time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		cmd.Wait()
	})
	return said
}

// bidi speaks WebDriver BiDi: https://www.w3.org/TR/webdriver-bidi/.
type bidi struct {
	conn *websocket.Conn
	page string
	last int
}

var bidiAddress = regexp.MustCompile(`WebDriver BiDi listening on (ws://\S+)`)

func firefox(t *testing.T) engine {
	program, err := exec.LookPath("firefox-esr")
	if err != nil {
		missing(t, "firefox-esr")
	}
	said := start(t, program, "--headless", "--no-remote", "--remote-debugging-port=0", "--profile", t.TempDir(), "about:blank")
	var at []string
	for range 600 {
		if at = bidiAddress.FindStringSubmatch(said.String()); at != nil {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if at == nil {
		t.Fatalf("Firefox does not listen:\n%s", said)
	}
	conn, _, err := websocket.DefaultDialer.Dial(at[1]+"/session", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	b := &bidi{conn: conn}
	var tree struct{ Contexts []struct{ Context string } }
	b.must(t, "session.new", map[string]any{"capabilities": map[string]any{}}, nil)
	b.must(t, "browsingContext.getTree", map[string]any{}, &tree)
	b.page = tree.Contexts[0].Context
	b.must(t, "browsingContext.setViewport", map[string]any{"context": b.page, "viewport": map[string]any{"width": 360, "height": 780}}, nil)
	return b
}

func (b *bidi) call(method string, params map[string]any, answer any) error {
	b.last++
	if err := b.conn.WriteJSON(map[string]any{"id": b.last, "method": method, "params": params}); err != nil {
		return err
	}
	for {
		var r struct {
			ID             int
			Result         json.RawMessage
			Error, Message string
		}
		if err := b.conn.ReadJSON(&r); err != nil {
			return err
		}
		switch {
		case r.ID != b.last: // an event
		case r.Error != "":
			return fmt.Errorf("%s: %s: %s", method, r.Error, r.Message)
		case answer == nil:
			return nil
		default:
			return json.Unmarshal(r.Result, answer)
		}
	}
}

func (b *bidi) must(t *testing.T, method string, params map[string]any, answer any) {
	t.Helper()
	if err := b.call(method, params, answer); err != nil {
		t.Fatal(err)
	}
}

func (b *bidi) visit(t *testing.T, address string) {
	t.Helper()
	b.must(t, "browsingContext.navigate", map[string]any{"context": b.page, "url": address, "wait": "complete"}, nil)
}

func (b *bidi) text(script string) (string, error) {
	var r struct {
		Result           struct{ Value string }
		ExceptionDetails struct{ Text string }
	}
	err := b.call("script.evaluate", map[string]any{"expression": script, "target": map[string]any{"context": b.page}, "awaitPromise": false}, &r)
	if err == nil && r.ExceptionDetails.Text != "" {
		err = errors.New(r.ExceptionDetails.Text)
	}
	return r.Result.Value, err
}

func (b *bidi) act(t *testing.T, source map[string]any) {
	t.Helper()
	b.must(t, "input.performActions", map[string]any{"context": b.page, "actions": []any{source}}, nil)
}

func (b *bidi) print(t *testing.T) []byte {
	t.Helper()
	var r struct{ Data []byte }
	b.must(t, "browsingContext.print", map[string]any{"context": b.page, "background": true, "page": map[string]any{"width": 21.0, "height": 29.7}, "margin": map[string]any{"top": 0, "bottom": 0, "left": 0, "right": 0}}, &r)
	return r.Data
}

// driver speaks WebDriver over HTTP: https://www.w3.org/TR/webdriver2/.
type driver struct{ session string }

func webkit(t *testing.T) engine {
	for _, program := range []string{"WebKitWebDriver", "xvfb-run"} {
		if _, err := exec.LookPath(program); err != nil {
			missing(t, program+" (Debian's webkit2gtk-driver and xvfb)")
		}
	}
	if exec.Command("/usr/bin/python3", "-c", `import gi; gi.require_version("WebKit2", "4.1")`).Run() != nil {
		missing(t, "WebKit for Python, which prints (Debian's python3-gi and gir1.2-webkit2-4.1)")
	}
	browsers, err := filepath.Glob("/usr/lib/*/webkit2gtk-4.*/MiniBrowser")
	if err != nil || len(browsers) == 0 {
		missing(t, "WebKit's MiniBrowser")
	}
	port := freePort(t)
	said := start(t, "xvfb-run", "-a", "-s", "-screen 0 360x780x24", "WebKitWebDriver", "-p", port) // a phone: no window with a frame is as narrow
	d := &driver{"http://127.0.0.1:" + port + "/session"}
	var s struct{ SessionID string }
	wanted := map[string]any{"webkitgtk:browserOptions": map[string]any{"binary": browsers[0], "args": []string{"--automation", "--full-screen"}}}
	for range 600 {
		err = d.call(http.MethodPost, "", map[string]any{"capabilities": map[string]any{"alwaysMatch": wanted}}, &s)
		if err == nil || !errors.Is(err, syscall.ECONNREFUSED) {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if err != nil {
		t.Fatalf("WebKit: %v\n%s", err, said)
	}
	d.session += "/" + s.SessionID
	if err := d.call(http.MethodPost, "/window/rect", map[string]any{"width": 360, "height": 780}, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.call(http.MethodDelete, "", nil, nil) })
	return d
}

func (d *driver) call(method, path string, params, answer any) error {
	body, err := json.Marshal(params)
	if err != nil {
		return err
	}
	r, err := http.NewRequest(method, d.session+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	// WebKit never answers what was asked of a page while another took its place.
	w, err := (&http.Client{Timeout: 30 * time.Second}).Do(r)
	if err != nil {
		return err
	}
	defer w.Body.Close()
	var said struct{ Value json.RawMessage }
	if err := json.NewDecoder(w.Body).Decode(&said); err != nil {
		return err
	}
	if w.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", path, said.Value)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(said.Value, answer)
}

func (d *driver) visit(t *testing.T, address string) {
	t.Helper()
	if err := d.call(http.MethodPost, "/url", map[string]any{"url": address}, nil); err != nil {
		t.Fatal(err)
	}
}

func (d *driver) text(script string) (answer string, err error) {
	err = d.call(http.MethodPost, "/execute/sync", map[string]any{"script": "return " + script, "args": []any{}}, &answer)
	return answer, err
}

func (d *driver) act(t *testing.T, source map[string]any) {
	t.Helper()
	if err := d.call(http.MethodPost, "/actions", map[string]any{"actions": []any{source}}, nil); err != nil {
		t.Fatal(err)
	}
}

// WebKit's driver has no command for it, so the page that is open is handed to another
// window of WebKit that prints it. Its fonts are Liberation's, as WebKitGTK 2.50 crashes
// when it prints a sheet in DejaVu's or Noto's.
func (d *driver) print(t *testing.T) []byte {
	t.Helper()
	page, err := d.text(`"<!doctype html>" + document.documentElement.outerHTML`)
	if err != nil {
		t.Fatal(err)
	}
	address, err := d.text(`location.href`)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file, out := filepath.Join(dir, "page.html"), filepath.Join(dir, "page.pdf")
	writeTo(t, page, file)
	cmd := exec.CommandContext(t.Context(), "xvfb-run", "-a", "/usr/bin/python3", "testdata/print-webkit.py", file, address, out)
	cmd.Env = append(os.Environ(), liberation.need(t), "HOME="+dir)
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("WebKit prints %s: %v\n%s", address, err, said)
	}
	return []byte(readFile(t, out))
}
