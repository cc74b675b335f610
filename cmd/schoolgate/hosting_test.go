package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"schoolgate/site"
)

// Sites built for another server are made without a database and a key, and nginx and
// Caddy serve them by the rules beside them as this program does.
func TestHostedElsewhere(t *testing.T) {
	t.Parallel()
	port, dir := freePort(t), t.TempDir()
	address := "http://localhost:" + port
	settings := filepath.Join(dir, "schoolgate.toml")
	writeTo(t, fmt.Sprintf("address = %q\n", address), settings)
	out := filepath.Join(dir, "out")
	mustRun(t, "build", "--settings", settings, "--out", out)
	if made, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(made) != 2 {
		t.Errorf("besides the settings and the sites there are %q, %v", made, err)
	}
	if again := mustRun(t, "build", "--settings", settings, "--out", out); !strings.Contains(again, "unchanged") {
		t.Errorf("built again: %s", again)
	}

	t.Run("nginx", func(t *testing.T) {
		nginx := need(t, "nginx", "/usr/sbin/nginx")
		conf := filepath.Join(dir, "nginx.conf")
		writeTo(t, fmt.Sprintf(`daemon off; worker_processes 1; pid %[1]s/nginx.pid; error_log stderr warn; %[3]s
events {}
http { access_log off; client_body_temp_path %[1]s; proxy_temp_path %[1]s; fastcgi_temp_path %[1]s; uwsgi_temp_path %[1]s; scgi_temp_path %[1]s; include %[2]s/nginx.conf; }
`, dir, out, asRoot()), conf)
		if said, err := exec.CommandContext(t.Context(), nginx, "-t", "-c", conf).CombinedOutput(); err != nil || strings.Contains(string(said), "warn") {
			t.Fatalf("nginx -t: %v\n%s", err, said)
		}
		servedAlike(t, out, address, start(t, nginx, "-c", conf), "gzip")
	})
	t.Run("Caddy", func(t *testing.T) {
		caddy := need(t, "caddy", "/usr/bin/caddy")
		rules := filepath.Join(out, "Caddyfile")
		if said, err := exec.CommandContext(t.Context(), caddy, "validate", "--adapter", "caddyfile", "--config", rules).CombinedOutput(); err != nil {
			t.Fatalf("caddy validate: %v\n%s", err, said)
		}
		conf := filepath.Join(dir, "Caddyfile")
		writeTo(t, "{\n\tadmin off\n}\nimport "+rules+"\n", conf)
		servedAlike(t, out, address, start(t, caddy, "run", "--adapter", "caddyfile", "--config", conf), "gzip", "br")
	})
}

// need is where a program is, which servers' packages put where not everybody looks.
func need(t *testing.T, program, otherwise string) string {
	t.Helper()
	if at, err := exec.LookPath(program); err == nil {
		return at
	}
	if _, err := os.Stat(otherwise); err != nil {
		missing(t, program)
	}
	return otherwise
}

// asRoot keeps nginx from giving up the rights that a test's folders ask for.
func asRoot() string {
	if os.Getuid() == 0 {
		return "user root;"
	}
	return ""
}

// oneOfEach is a file of each ending in a folder.
func oneOfEach(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			files[path.Ext(name)] = name
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// servedAlike compares what another server answers with what this one does.
func servedAlike(t *testing.T, out, address string, log *lockedBuffer, encodings ...string) {
	t.Helper()
	for range 100 {
		if r, err := http.Get(address + "/"); err == nil {
			r.Body.Close()
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	ours := http.NewServeMux()
	ours.Handle("/", publicSites(out))
	ours.HandleFunc("/leave", leave(false))
	left := header("Cookie", leaving+"=1", "Sec-Fetch-Mode", "navigate")
	onPurpose := header("Cookie", leaving+"=1", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Site", "same-origin", "Sec-Fetch-User", "?1")
	typed := header("Cookie", leaving+"=1", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Site", "none", "Sec-Fetch-User", "?1")
	_, home := ask(t, address+"/fernlow-primary/", header())
	type visit struct {
		path string
		with http.Header
	}
	visits := []visit{
		{"/", nil}, {"/fernlow-primary/", nil}, {"/fernlow-primary", nil}, {"/fernlow-primary/parents", nil}, {"/policies/", nil},
		{"/fernlow-primary/favicon.svg", nil}, {stylesheetLink.FindStringSubmatch(string(home))[1], nil},
		{"/fernlow-primary/worried/asked-for-something/", nil}, {"/fernlow-primary/ceop/", nil}, {"/ceop/", nil}, {"/fernlow-primary/help/parents/", nil},
		{"/fernlow-primary/nowhere/", nil}, {"/nowhere", nil}, {"/fernlow-primary/pictures/", nil}, {"/fernlow-primary/school.000000000000.css", nil},
		{"/fernlow-primary/index.html.gz", nil}, {"/fernlow-primary/index.html.br", nil}, {"/fernlow-primary/built.json", nil}, {"/_trust/", nil},
		{"/leave", nil}, {"/fernlow-primary/worried/asked-for-something/", left}, {"/fernlow-primary/worried/asked-for-something/", onPurpose}, {"/fernlow-primary/worried/asked-for-something/", typed}, {"/fernlow-primary/parents/", left},
	}
	for ext, name := range oneOfEach(t, filepath.Join(out, "fernlow-primary", "current")) {
		if _, known := contentTypes[ext]; !known && ext != ".br" && ext != ".gz" {
			t.Errorf("of what type is %s?", name)
		}
		visits = append(visits, visit{"/fernlow-primary/" + name, nil})
	}
	for _, c := range visits {
		want := answer(ours, c.path, c.with)
		got, body := ask(t, address+c.path, maps.Collect(maps.All(c.with)))
		moved := want.Code/100 == 3
		status := got.StatusCode
		if status == http.StatusPermanentRedirect {
			status = http.StatusMovedPermanently // the same to whoever only reads
		}
		if status != want.Code || !moved && !bytes.Equal(body, want.Body.Bytes()) {
			t.Errorf("%s %v: %s with %d bytes, want %d with %d", c.path, c.with, got.Status, len(body), want.Code, want.Body.Len())
		}
		headers := []string{"Location", "Set-Cookie", "Refresh"}
		if !moved {
			headers = append(headers, "Content-Type", "Cache-Control")
			for _, h := range publicHeaders {
				headers = append(headers, h[0])
			}
		}
		for _, name := range headers {
			if has, shall := strings.Join(got.Header.Values(name), ", "), strings.Join(want.Header().Values(name), ", "); has != shall {
				t.Errorf("%s %v: %s is %q, want %q", c.path, c.with, name, has, shall)
			}
		}
	}
	for _, encoding := range encodings {
		for _, path := range []string{"/fernlow-primary/", "/fernlow-primary/nowhere/"} {
			w, body := ask(t, address+path, header("Accept-Encoding", encoding))
			if w.Header.Get("Content-Encoding") != encoding || !strings.Contains(w.Header.Get("Vary"), "Accept-Encoding") || !strings.Contains(string(plain(t, encoding, body)), "</html>") {
				t.Errorf("%s as %s: %s", path, encoding, w.Header)
			}
		}
	}
	if w, _ := ask(t, address+"/fernlow-primary/", header("Accept-Encoding", "zstd, x-strange")); w.Header.Get("Content-Encoding") != "" {
		t.Errorf("an encoding that there is not: %s", w.Header)
	}
	if t.Failed() {
		t.Logf("the server says\n%s", log)
	}
}

// A school with an address of its own is another host; one that was never built is none.
func TestHostsOf(t *testing.T) {
	dir := t.TempDir()
	for _, slug := range []string{"_trust", "oak", "elm"} {
		writeTo(t, "", dir, slug, "current", "index.html")
	}
	trust := &site.Trust{Schools: []*site.School{{Slug: "oak"}, {Slug: "elm", URL: "https://elm.example/safe"}, {Slug: "ash"}}}
	hosts, err := hostsOf(trust, "https://trust.example", dir)
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, h := range hosts {
		got += h.Origin + " " + h.Name + ":" + h.Port
		for _, s := range h.Sites {
			got += " " + s.Path + "=" + strings.TrimPrefix(s.Dir, dir)
		}
		got += " " + h.Only() + "\n"
	}
	if want := "https://trust.example trust.example:80 /oak/=/oak/current /=/_trust/current \nhttps://elm.example elm.example:80 /safe/=/elm/current /safe/\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
