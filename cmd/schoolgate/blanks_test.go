package main

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"schoolgate/portal"
	"schoolgate/portal/signin"
)

// colleague is a member of staff at their browser.
type colleague struct {
	t    *testing.T
	base string // the office's address
	as   *http.Cookie
}

// send asks for a page of the office, or, with a form, sends it there and follows.
func (c colleague) send(path string, form url.Values) (status int, page string) {
	c.t.Helper()
	method, body := http.MethodGet, ""
	if form != nil {
		method, body = http.MethodPost, form.Encode()
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.AddCookie(c.as)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if to := answer.Header.Get("Location"); form != nil && answer.StatusCode == http.StatusSeeOther {
		_, rest, _ := strings.Cut(to, c.base[strings.Index(c.base, "/portal/"):])
		return c.send(rest, nil)
	}
	return answer.StatusCode, string(text)
}

func (c colleague) expect(path string, form url.Values, status int, words ...string) string {
	c.t.Helper()
	got, page := c.send(path, form)
	for _, w := range words {
		if got != status || !strings.Contains(page, w) {
			c.t.Fatalf("%s %v: %d, and not %q in\n%s", path, form, got, w, page)
		}
	}
	return page
}

var (
	hiddenSeen = regexp.MustCompile(`name="seen" value="([0-9a-f]+)"`)
	seenField  = regexp.MustCompile(`name="seen\.([a-z_.]+)" value="([^"]*)"`)
	sections   = regexp.MustCompile(`href="[^"]*/(blanks/[0-9-]+)"`)
)

// digest is which draft a page shows.
func digest(page string) string {
	m := hiddenSeen.FindStringSubmatch(page)
	if m == nil {
		return ""
	}
	return m[1]
}

// schoolOffice serves a content folder, with its keeper, for a head and a lead.
func schoolOffice(t *testing.T, folder, school string) (app *application, site string, head, lead colleague) {
	t.Helper()
	s := Settings{Address: "http://localhost", Data: t.TempDir(), Content: folder, Staff: []StaffSetting{
		{Email: "head@fernlow.example", School: school, Role: "head"}, {Email: "lead@fernlow.example", School: school, Role: "safeguarding lead"},
	}}
	s.Database = filepath.Join(s.Data, "schoolgate.db")
	app, err := openApplication(t.Context(), s, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { app.Close() })
	_, _ = app.build(t.Context(), whatChanged) // one that is not finished fails
	handler, err := app.handler([]signin.Config{{Name: "id", Kind: "oidc", Label: "Id", Issuer: "https://id.example", ClientID: "x", Secret: "x"}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	as := func(who string) colleague {
		a, err := app.portal.SignedIn(t.Context(), portal.Identity{Provider: "id", Issuer: "https://id.example", Subject: who, StaffEmail: who + "@fernlow.example"})
		if err != nil {
			t.Fatal(err)
		}
		token, err := app.portal.StartSession(t.Context(), portal.Session{AccountID: a.ID, Authenticated: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		return colleague{t, server.URL + "/portal/office/" + school + "/", &http.Cookie{Name: "schoolgate", Value: token}}
	}
	return app, server.URL + "/" + school + "/", as("head"), as("lead")
}

// A head who never sees a file answers what a new school is asked for, part by part; the
// lead reads it in its sentences and approves; and the policy is public in those words. The
// file keeps its comments, and its history has one commit.
func TestBlanksFromFirstPageToPublic(t *testing.T) {
	const school = "new-primary"
	folder := ownContent(t)
	mustRun(t, "init", filepath.Dir(folder)+"/begun", "--trust", "T", "--school", "New Primary School", "--slug", school, "--yes")
	if err := os.CopyFS(filepath.Join(folder, "schools", school), os.DirFS(filepath.Join(filepath.Dir(folder), "begun/content/schools", school))); err != nil {
		t.Fatal(err)
	}
	git := func(args ...string) string {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), "git", append([]string{"-C", folder, "-c", "user.name=Us", "-c", "user.email=us@localhost"}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
		return string(out)
	}
	git("init", "--quiet")
	git("add", ".")
	git("commit", "--quiet", "--message", "Begun")
	app, public, head, lead := schoolOffice(t, folder, school)
	k := &keeper{application: app}
	k.build(t.Context())
	name := filepath.Join(folder, "schools", school, "school.toml")
	before, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	other, _ := os.Readlink(filepath.Join(app.sites(), "fernlow-primary/current"))

	examples := map[string]string{}
	model, err := app.blanks(school, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range model.Blanks {
		examples[b.Key] = b.Example
	}
	examples["short_name"] = "New Primary"
	first := head.expect("blanks", nil, http.StatusOK, "The policy’s blanks", "Still to answer: 8 of 8")
	if strings.Contains(first, examples["blanks.head"]) {
		t.Error("an example is taken for an answer")
	}
	var answered int
	for _, m := range sections.FindAllStringSubmatch(first, -1) {
		page := head.expect(m[1], nil, http.StatusOK, "<form")
		form := url.Values{"do": {"save"}}
		for _, seen := range seenField.FindAllStringSubmatch(page, -1) {
			if key := seen[1]; !strings.HasPrefix(key, "uses.") && !strings.Contains(page, "The trust answers these") {
				form.Set(key, examples[key])
				answered++
			}
			form.Set("seen."+seen[1], seen[2])
		}
		head.expect(m[1], form, http.StatusOK, "The policy’s blanks")
	}
	whole := head.expect("blanks", nil, http.StatusOK, "Nothing is missing")
	if answered < 60 {
		t.Errorf("only %d were asked for", answered)
	}
	head.expect("blanks", url.Values{"do": {"send"}, "seen": {digest(whole)}}, http.StatusUnprocessableEntity, "Say in a sentence")
	sent := head.expect("blanks", url.Values{"do": {"send"}, "seen": {digest(whole)}, "why": {"We open in January."}}, http.StatusOK, "waits for approval")
	if digest(sent) != "" {
		t.Error("the head may approve their own work")
	}
	shown := lead.expect("blanks", nil, http.StatusOK, "We open in January.", "It covers our <ins><span class=\"visually-hidden\">added: </span>210</ins> pupils.")
	head.expect("blanks", url.Values{"do": {"approve"}, "seen": {digest(shown)}}, http.StatusForbidden, "not allowed")
	lead.expect("blanks", url.Values{"do": {"approve"}, "seen": {digest(shown)}, "governors": {"3/11/2026"}, "minute": {"Item 7"}}, http.StatusOK, "The site is being made")

	select {
	case <-app.written:
		k.publish(t.Context())
	default:
		t.Fatal("nobody is told to build")
	}
	head.expect("blanks", nil, http.StatusOK, "is public since")
	if page := get(t, public+"online-safety-policy/"); !strings.Contains(page, "It covers our 210 pupils.") {
		t.Error("the policy is not public in those words")
	}
	if now, _ := os.Readlink(filepath.Join(app.sites(), "fernlow-primary/current")); now != other || other == "" {
		t.Errorf("another school's site was made: %q, %q", other, now)
	}
	after, err := os.ReadFile(name)
	comments := regexp.MustCompile(`(?m)^# .*\n`)
	if err != nil || strings.Join(comments.FindAllString(string(before), -1), "") != strings.Join(comments.FindAllString(string(after), -1), "") {
		t.Errorf("the comments are others: %v", err)
	}
	if log := git("log", "--format=%an %B", "-1", "--name-only"); !strings.HasPrefix(log, "head of new-primary We open in January.") || !strings.Contains(log, "Minute: Item 7") || strings.Count(log, ".toml") != 1 || git("status", "--porcelain") != "" {
		t.Errorf("the history says %q, and besides %q", log, git("status", "--porcelain"))
	}
	events, err := app.portal.Events(t.Context(), portal.Operator, school, "")
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[portal.ActKind]int{}
	for _, e := range events {
		kinds[e.Kind]++
	}
	if kinds[portal.BlanksDrafted] < 5 || kinds[portal.BlanksSent] != 1 || kinds[portal.BlanksApproved] != 1 || kinds[portal.BlanksPublished] != 1 {
		t.Errorf("the ledger tells of %v", kinds)
	}
}

// Where somebody has been at the file, nothing is overwritten; what cannot stand in a blank
// is refused at its field, and what was typed stays; and what cannot be written leaves both
// the file and the draft as they were.
func TestBlanksAgainstTheFile(t *testing.T) {
	const school = "fernlow-primary"
	folder := ownContent(t)
	app, _, head, lead := schoolOffice(t, folder, school)
	dir := filepath.Join(folder, "schools", school)
	name := filepath.Join(dir, "school.toml")
	edit := func(was, now string) {
		t.Helper()
		b, err := os.ReadFile(name)
		if err != nil || !strings.Contains(string(b), was) {
			t.Fatalf("%v: %q is not in %s", err, was, b)
		}
		writeTo(t, strings.Replace(string(b), was, now, 1), name)
	}
	section := map[string]string{} // by key
	for _, m := range sections.FindAllStringSubmatch(head.expect("blanks", nil, http.StatusOK, "Part by part"), -1) {
		for _, seen := range seenField.FindAllStringSubmatch(head.expect(m[1], nil, http.StatusOK, "<form"), -1) {
			section[seen[1]] = m[1]
		}
	}
	const key, was, now = "blanks.governor_reports", "in writing each term, and in person each summer", "each Tuesday"
	at := section[key]
	for _, c := range []struct{ name, key, was, typed, says string }{
		{"HTML", key, was, "each <b>day</b>", "HTML cannot be used"},
		{"10,000 characters", key, was, strings.Repeat("often ", 1700), "more than 2000 characters"},
		{"a blank", key, was, "each [[week]]", "holds [[ or ]]"},
		{"a sign that breaks the file", key, was, "each \x01 day", "control character"},
		{"a link out of what people sign", "blanks.homework", "reading together for ten minutes most evenings", "[reading](https://elsewhere.example/)", "leads to https://elsewhere.example/"},
		{"an address as a link", "blanks.homework", "reading together for ten minutes most evenings", "www.elsewhere.example", "leads to http://www.elsewhere.example"},
		{"words that people have signed", "blanks.filtering_check", "every Monday before school", "each Tuesday", "which people have signed"},
		{"a day that is none", "blanks.policy_next_review", "14 July 2027", "soon", "policy_next_review"},
	} {
		page := head.expect(section[c.key], url.Values{"seen." + c.key: {c.was}, c.key: {c.typed}}, http.StatusUnprocessableEntity, "Error: ", c.says)
		if kept := strings.ReplaceAll(strings.ReplaceAll(c.typed, "<", "&lt;"), ">", "&gt;"); !strings.Contains(page, strings.TrimSpace(kept)) {
			t.Errorf("%s: what was typed is lost", c.name)
		}
	}
	head.expect(at, url.Values{"seen." + key: {was}, key: {now}}, http.StatusOK, "Saved as a draft", "<ins><span class=\"visually-hidden\">added: </span>"+now)
	lead.expect(at, url.Values{"seen." + key: {was}, key: {"never"}}, http.StatusUnprocessableEntity, "Somebody else has meanwhile written here: "+now)
	sent := func() string {
		t.Helper()
		page := head.expect("blanks", nil, http.StatusOK, "Ask for approval")
		head.expect("blanks", url.Values{"do": {"send"}, "seen": {digest(page)}, "why": {"A new day."}}, http.StatusOK, "waits for approval")
		return digest(lead.expect("blanks", nil, http.StatusOK, "Do you approve it?"))
	}
	seen := sent()

	edit(was, "twice a day")
	lead.expect("blanks", url.Values{"do": {"approve"}, "seen": {seen}}, http.StatusUnprocessableEntity, "Look at both versions", "‘twice a day’", "‘"+now+"’")
	if b, err := os.ReadFile(name); err != nil || !strings.Contains(string(b), "twice a day") {
		t.Fatalf("somebody's words are overwritten: %v", err)
	}
	head.expect("blanks", url.Values{"do": {"ours " + key}}, http.StatusOK, "<del><span class=\"visually-hidden\">removed: </span>twice a day")
	seen = sent()

	edit("# One line for every", "# Ours: one line for every") // no answer
	if os.Getuid() != 0 {                                      // who may write everywhere
		if err := os.Chmod(dir, 0o555); err != nil {
			t.Fatal(err)
		}
		lead.expect("blanks", url.Values{"do": {"approve"}, "seen": {seen}}, http.StatusUnprocessableEntity, "may not write into the school’s folder", "Do you approve it?")
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	lead.expect("blanks", url.Values{"do": {"approve"}, "seen": {seen}}, http.StatusOK, "written into the school’s file")
	if b, err := os.ReadFile(name); err != nil || !strings.Contains(string(b), `governor_reports = "`+now+`"`) || !strings.Contains(string(b), "# Ours: one line") {
		t.Errorf("the file is not as it should be: %v", err)
	}
	if err := editFile(name, []byte("what it said once"), []byte("x")); !errors.Is(err, errChanged) {
		t.Errorf("somebody's save in between is overwritten: %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".school-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	<-app.written
}
