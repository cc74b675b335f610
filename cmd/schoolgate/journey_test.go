package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"schoolgate/portal/signin/dextest"
)

const journeyList = `UPN,Admission number,Forename,Surname,Date of birth,Year,Class,Contact name,Relationship,Email,Phone,Priority,Parental responsibility,Court order,Looked after
B801200005001,1001,Zoë,O'Dowd,05/10/2017,Year 4,Oak,Mrs Mary O'Dowd,Mother,mary@home.example,07700 900001,1,Yes,No,No
B801200005001,1001,Zoë,O'Dowd,05/10/2017,Year 4,Oak,Mr Pat O'Dowd,Father,pat@home.example,07700 900002,2,Yes,Yes,No
,1002,=,Short,06/11/2018,Year 3,Elm,Mr Lee Short,Father,,07700 900004,1,Yes,No,No
`

// classmates come with the second list.
const classmates = `,1003,Ama,Boateng,07/07/2018,Year 4,Oak,Ms Efua Boateng,Mother,,07700 900005,1,Yes,No,No
,1004,Ned,Fox,08/08/2018,Year 4,Oak,Ms Fay Fox,Mother,,07700 900006,1,Yes,No,No
`

// wholeText is the words of an agreement: its heart, and the rest that stands below
// the answer.
const wholeText = `[...document.querySelectorAll('.prose')].map(p => p.innerText.trim()).join('\n\n')`

// TestJourney is the main job from end to end, in a real browser, through a real
// OpenID provider: a family reads the school's pages; the office brings in the
// class list; a parent joins with the letter's code, signs, consents and takes a
// consent back; the office exports the list; the ledger and the receipt hold.
// Every page passed is checked by axe-core and asks no other host for anything.
func TestJourney(t *testing.T) {
	t.Parallel()
	browser, axe := needBrowser(t), needAxe(t)
	port := freePort(t)
	address := "http://localhost:" + port
	dex := dextest.Start(t, address+"/portal/callback/dex",
		dextest.Person{UserID: "mary", Name: "Mary", Email: "mary@home.example", EmailVerified: true},
		dextest.Person{UserID: "stranger", Name: "Stranger", Email: "pat@home.example", EmailVerified: true},
		dextest.Person{UserID: "office", Name: "The Office", Email: "office@fernlow.example", EmailVerified: true},
		dextest.Person{UserID: "teacher", Name: "The Teacher", Email: "teacher@fernlow.example", EmailVerified: true},
		dextest.Person{UserID: "lead", Name: "The Lead", Email: "lead@fernlow.example", EmailVerified: true},
	)
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	write("secret", dex.Secret+"\n")
	settings := write("schoolgate.toml", fmt.Sprintf(`
address = %q
listen = "127.0.0.1:%s"
[joining]
wait = "0h"
[[sign_in]]
name = "dex"
kind = "oidc"
label = "Dex"
issuer = %q
client_id = %q
client_secret_file = "secret"
anew_unproven = true
staff_domains = ["fernlow.example"]
[[staff]]
email = "office@fernlow.example"
school = "fernlow-primary"
role = "office"
[[staff]]
email = "lead@fernlow.example"
school = "fernlow-primary"
role = "safeguarding lead"
[[staff]]
email = "teacher@fernlow.example"
school = "fernlow-primary"
role = "teacher"
classes = ["Oak"]
`, address, port, dex.Issuer, dex.ClientID))

	log := startServer(t, address, "serve", "--settings", settings)

	// The office's list has a mistake; put right, it goes in, and letters come out.
	if out, err := schoolgate("import", "--settings", settings, "--school", "fernlow-primary", "--apply", write("class.csv", journeyList)); err == nil || !strings.Contains(err.Error(), "row 4, column Forename") {
		t.Fatalf("a formula for a name was taken: %v\n%s", err, out)
	}
	letters := filepath.Join(dir, "letters.html")
	mustRun(t, "import", "--settings", settings, "--school", "fernlow-primary", "--apply", "--letters", letters,
		write("class.csv", strings.Replace(journeyList, ",=,", ",Sam,", 1)))
	code := letterCode(t, letters, "Mrs Mary O")

	parent := browser.open(t, axe, address, dex.Issuer)

	// A family reads the public site.
	parent.visit("/")
	parent.visit("/fernlow-primary/")
	if first := parent.text(`document.activeElement ? [...document.querySelectorAll('a[href]')][1].textContent.trim() : ''`); !strings.HasSuffix(first, "Tell CEOP") {
		t.Errorf("after the skip link comes %q, want what CEOP is for", first)
	}
	for _, path := range []string{"online-safety-policy/", "report-a-concern/", "ceop/", "help/", "parents/", "pupils/", "privacy/", "accessibility/", "agreements/", "consents/", "agreements/parents-aup/", "consents/video-calls/"} {
		parent.visit("/fernlow-primary/" + path)
	}
	parent.visit("/fernlow-primary/agreements/parents-aup/")
	published := parent.text(wholeText)

	// She signs in, and the letter joins her to her child.
	parent.visit("/portal/")
	parent.signIn("mary@home.example")
	parent.click("Enter the code from your letter")
	parent.sees("Sign in again to go on") // as dex does not say when she did
	parent.signIn("mary@home.example")
	parent.fill("field-code", "KKKK-KKKK-KKKK")
	parent.fillDate("field-born", "5", "10", "2017")
	parent.submit("Show me my child")
	if got := parent.text(`document.activeElement.className`); got != "error-summary" {
		t.Errorf("after a wrong code the focus is on %q, want the error summary", got)
	}
	parent.fill("field-code", strings.ToLower(code))
	parent.submit("Show me my child")
	parent.sees("Zoë")

	// She signs the very text of the public page.
	parent.clickPart("agreements/parents-aup")
	if got := parent.text(wholeText); got != published {
		t.Errorf("the portal's wording is not the public page's:\n%s\n\nwant:\n%s", got, published)
	}
	parent.fill("field-name", "Mary O'Dowd")
	parent.submit("I agree and sign")
	parent.sees("Tick the box")
	if got := parent.text(`document.getElementById('field-name').value`); got != "Mary O'Dowd" {
		t.Errorf("the name that was typed became %q", got)
	}
	parent.press("field-agreed", " ")
	parent.submit("I agree and sign")
	parent.sees("Your receipt is below")
	if got := parent.text(`document.title + '|' + document.querySelector('h1').innerText`); strings.Count(strings.NewReplacer("\u2068", "", "\u2069", "").Replace(got), "You have signed for Zoë: Using technology") != 2 {
		t.Errorf("the receipt's title and heading do not name the child and what happened: %s", got)
	}
	receipt := write("receipt.json", parent.fetch(parent.href("Download the receipt file")))

	// She consents to one thing, and takes it back.
	parent.visit("/portal/")
	parent.clickPart("consents/website-pictures")
	parent.submit("Send my answer")
	parent.sees("Choose yes or no")
	parent.press("field-answer", " ")
	parent.submit("Send my answer")
	parent.sees("Your receipt is below")
	// It does not count before somebody named has read the order of which the list speaks.
	if got := export(t, settings, "website-pictures"); !strings.Contains(got, "Zoë,Year 4,Oak,No,Not confirmed: ask the safeguarding lead") {
		t.Errorf("while nobody has read the order the list says:\n%s", got)
	}
	lead := browser.open(t, axe, address, dex.Issuer)
	lead.visit("/portal/office/fernlow-primary/restrictions")
	lead.signIn("lead@fernlow.example")
	lead.visit("/portal/office/fernlow-primary/restrictions")
	lead.fill(lead.text(`document.querySelector('input[name=why]').id`), "The order of 3 May, which I have read")
	lead.submit("Save what Mr Pat O'Dowd may do, for Zoë O'Dowd")
	lead.sees("Sign in again to go on")
	lead.signIn("lead@fernlow.example")
	lead.submit("Go on")
	lead.sees("Saved. It counts from now.")
	if got := export(t, settings, "website-pictures"); !strings.Contains(got, "Zoë,Year 4,Oak,Yes") {
		t.Errorf("after a yes the list says:\n%s", got)
	}
	parent.visit("/portal/")
	parent.clickPart("consents/website-pictures")
	parent.submit("Change my answer to no")
	parent.sees("Your receipt is below")

	// Somebody else with an account and a used code, and the father under a court
	// order, get nowhere.
	stranger := browser.open(t, axe, address, dex.Issuer)
	stranger.visit("/portal/join")
	stranger.signIn("pat@home.example")
	stranger.fill("field-code", code)
	stranger.fillDate("field-born", "5", "10", "2017")
	stranger.submit("Show me my child")
	stranger.sees("do not go together")
	if status := stranger.status(receiptPath(t, receipt)); status != http.StatusNotFound {
		t.Errorf("a stranger asked for the receipt and was answered %d", status)
	}
	if strings.Contains(readFile(t, letters), "Pat O") {
		t.Error("a contact under a court order was sent a letter")
	}

	// The office sees it, and exports the list.
	office := browser.open(t, axe, address, dex.Issuer)
	office.visit("/portal/office/fernlow-primary/")
	office.signIn("office@fernlow.example")
	office.sees("O’Dowd", "O'Dowd")
	office.visit("/portal/office/fernlow-primary/import")
	office.upload("field-file", write("again.csv", strings.Replace(journeyList, ",=,", ",Samuel,", 1)+classmates))
	office.submit("Show what would change")
	office.sees("What each column is taken for")
	office.submit("Show what would change")
	office.sees("Sam to Samuel")
	office.submit("Save these changes")
	office.sees("Sign in again to go on")
	office.signIn("office@fernlow.example")
	office.submit("Go on")
	office.sees("The class list is in")
	for _, page := range []string{"letters", "today", "chase", "find", "pictures?class=Oak"} {
		office.visit("/portal/office/fernlow-primary/" + page)
	}
	office.visit("/portal/office/fernlow-primary/export")
	office.sees("Download a list")
	office.visit("/portal/sessions")
	office.sees("Chrome on Linux (this one)")
	list := office.send("/portal/office/fernlow-primary/export", url.Values{"format": {"csv"}})
	if !strings.Contains(list, "O'Dowd,Zoë,Year 4,Oak,May go ahead,No,May go ahead,No,No,No") || strings.Contains(list, "Yes") {
		t.Errorf("after the withdrawal the office's list says:\n%s", list)
	}
	if status := office.status("/portal/office/st-osrics-junior/"); status != http.StatusNotFound {
		t.Errorf("another school's office page answered %d", status)
	}
	parent.submit("Sign out")
	parent.sees("You have signed out")

	// A class of three signs on one device, which its teacher has opened.
	teacher, device := browser.open(t, axe, address, dex.Issuer), browser.open(t, axe, address)
	teacher.visit("/portal/office/fernlow-primary/class?class=Oak")
	teacher.signIn("teacher@fernlow.example")
	teacher.submit("Open for this class")
	device.visit("/portal/here")
	device.fill("field-code", teacher.text(`document.querySelector('.letter-code').innerText`))
	device.submit("Go on")
	for _, name := range []string{"Ama", "Ned", "Zoë"} {
		device.click(name)
		device.press("check-0-1", " ")
		device.press("field-check-1", " ")
		if name == "Zoë" {
			device.press("picture-star", " ")
		} else {
			device.fill("field-name", name)
		}
		device.submit("I sign")
		device.sees("Thank you. You have signed.")
	}
	device.sees("Everybody has signed")
	teacher.click("See who has signed now")
	teacher.sees("All 3 have signed")
	teacher.submit("Close it")
	device.visit("/portal/here")
	device.sees("This has ended")

	// The ledger holds, and so does the promise in the receipt.
	if out := mustRun(t, "verify", "--settings", settings); !strings.Contains(out, "records, each as it was sealed") || !strings.Contains(out, "wait") {
		t.Errorf("verify: %s", out)
	}
	key := write("key", get(t, address+"/.well-known/schoolgate/keys.txt"))
	if out := mustRun(t, "verify", "--receipt", receipt, "--key", key); !strings.Contains(out, "The promise holds") {
		t.Errorf("verify --receipt: %s", out)
	}

	parent.quiet()
	stranger.quiet()
	device.quiet()
	office.quiet()
	for _, secret := range []string{"O'Dowd", "Mary", "Zoë", "home.example", "fernlow.example", code, strings.ReplaceAll(code, "-", ""), dex.Secret, "B801200005001"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

// lockedBuffer is written by the server and read by the test.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// startServer runs the program until the test ends, waits until it answers, and
// answers its log.
func startServer(t *testing.T, address string, args ...string) *lockedBuffer {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	log := &lockedBuffer{}
	cmd := command()
	cmd.SetArgs(args)
	cmd.SetOut(log)
	cmd.SetErr(log)
	ended := make(chan error, 1)
	go func() { ended <- cmd.ExecuteContext(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the server ended with: %v", err)
		}
		if t.Failed() {
			t.Logf("the server's log:\n%s", log)
		}
	})
	for range 3000 {
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("the server did not start: %v\n%s", err, log)
		case <-time.After(100 * time.Millisecond):
		}
		if r, err := http.Get(address + "/readyz"); err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return log
			}
		}
	}
	t.Fatalf("the server does not answer:\n%s", log)
	return nil
}

// schoolgate runs a command of the program and answers what it printed.
func schoolgate(args ...string) (string, error) {
	var out bytes.Buffer
	cmd := command()
	cmd.SetArgs(args)
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	err := cmd.Execute()
	return out.String(), err
}

func mustRun(t *testing.T, args ...string) string {
	t.Helper()
	out, err := schoolgate(args...)
	if err != nil {
		t.Fatalf("schoolgate %s: %v\n%s", args[0], err, out)
	}
	return out
}

func export(t *testing.T, settings, purpose string) string {
	t.Helper()
	return mustRun(t, "export", "--settings", settings, "--school", "fernlow-primary", "--purpose", purpose, "--format", "csv")
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func get(t *testing.T, address string) string {
	t.Helper()
	r, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %v", address, r.Status, err)
	}
	return string(b)
}

func readFile(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var codeForm = regexp.MustCompile(`[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}`)

// letterCode is the code on the letter to somebody.
func letterCode(t *testing.T, file, name string) string {
	t.Helper()
	_, letter, found := strings.Cut(readFile(t, file), `Dear <bdi translate="no">`+name)
	code := codeForm.FindString(letter)
	if !found || code == "" {
		t.Fatalf("there is no letter to %s", name)
	}
	return code
}

// receiptPath is the address of the act that a receipt proves.
func receiptPath(t *testing.T, file string) string {
	t.Helper()
	var receipt struct{ Record string }
	var record struct{ ID string }
	if err := json.Unmarshal([]byte(readFile(t, file)), &receipt); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(receipt.Record), &record); err != nil {
		t.Fatal(err)
	}
	return "/portal/receipts/" + record.ID
}
