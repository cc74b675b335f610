package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"schoolgate/site"
	"schoolgate/themes"
)

// buildElsewhere builds the sites into a folder that another server is to serve, and
// writes that server's rules beside them. It takes neither the database nor the key:
// what families sign is not asked of them by these sites, but by the portal.
func buildElsewhere(ctx context.Context, s Settings, dir string, all bool, log *slog.Logger) ([]site.Result, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("--out: %w", err)
	}
	trust, err := site.Load(s.content())
	if err != nil {
		return nil, err
	}
	results, err := site.Build(ctx, trust, site.Options{Theme: themes.FS, Out: dir, Address: s.Address, Log: log, All: all, Kept: kept()})
	if err != nil && len(results) == 0 {
		return nil, err
	}
	hosts, wrong := hostsOf(trust, s.Address, dir)
	for name, text := range map[string]*template.Template{"nginx.conf": nginxRules, "Caddyfile": caddyRules} {
		var b bytes.Buffer
		wrong = cmp.Or(wrong, text.Execute(&b, rules{
			hosts, publicHeaders, contentTypes, strings.Join(privatePages, "|"), hashedName, forEver, forShort,
			neutral, away, (&http.Cookie{Name: leaving, Value: "1", Path: "/", MaxAge: int(leavingLife.Seconds()), HttpOnly: true}).String(),
			(&http.Cookie{Name: leaving, Path: "/", MaxAge: -1, HttpOnly: true}).String(),
		}))
		if wrong == nil {
			wrong = os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o644)
		}
	}
	if wrong != nil {
		wrong = fmt.Errorf("the rules for a server: %w", wrong)
	}
	return results, errors.Join(err, wrong)
}

// rules are what publicSites does, for another server's own language.
type rules struct {
	Hosts             []host
	Headers           [][2]string
	Types             map[string]string // by ending
	Private, Hashed   string            // regular expressions: see privatePages, hashedName
	ForEver, ForShort string
	Neutral, Away     string
	Left, Returned    string // cookies: see leave
}

// A host is one name with its sites.
type host struct {
	Origin string // https://safe.trust.example
	Name   string // safe.trust.example
	Port   string // to listen on
	Sites  []hosted
}

// A hosted site is where it stands: below a path, which begins and ends with a slash,
// in a folder.
type hosted struct{ Path, Dir string }

// HTTPS says whether the host's address has TLS.
func (h host) HTTPS() bool { return strings.HasPrefix(h.Origin, "https://") }

// Only is the path of a host's one site, where that is not the host's own address.
func (h host) Only() string {
	if len(h.Sites) == 1 && h.Sites[0].Path != "/" {
		return h.Sites[0].Path
	}
	return ""
}

// hostsOf sorts the sites that stand in a folder by the names that they are served under.
func hostsOf(trust *site.Trust, address, dir string) (hosts []host, err error) {
	add := func(slug, base string) {
		current := filepath.Join(dir, slug, "current")
		u, wrong := url.Parse(strings.TrimSuffix(base, "/") + "/")
		if _, missing := os.Stat(current); missing != nil || wrong != nil {
			err = cmp.Or(err, wrong)
			return // a site that was never built is not served
		}
		origin := u.Scheme + "://" + u.Host
		i := slices.IndexFunc(hosts, func(h host) bool { return h.Origin == origin })
		if i < 0 {
			i, hosts = len(hosts), append(hosts, host{origin, u.Hostname(), cmp.Or(u.Port(), "80"), nil})
		}
		hosts[i].Sites = append(hosts[i].Sites, hosted{u.Path, current})
	}
	for _, s := range trust.Schools {
		add(s.Slug, cmp.Or(s.URL, address+"/"+s.Slug))
	}
	add(site.Overview, cmp.Or(trust.URL, address))
	return hosts, err
}

var inRules = template.FuncMap{
	"quote": regexp.QuoteMeta,
	"mime":  func(kind string) string { kind, _, _ = strings.Cut(kind, ";"); return kind },
	"texts": texts,
	"bare":  func(path string) string { return strings.TrimSuffix(path, "/") },
}

// texts are the types of files whose letters are UTF-8, but for HTML, which nginx knows of.
func texts() (types []string) {
	for _, kind := range contentTypes {
		if kind, _, text := strings.Cut(kind, "; charset="); text && kind != "text/html" {
			types = append(types, kind)
		}
	}
	slices.Sort(types)
	return slices.Compact(types)
}

var nginxRules = template.Must(template.New("nginx").Funcs(inRules).Parse(`# How nginx serves the sites beside this file. schoolgate build --out writes it anew.
# Link to it from where nginx looks for servers, such as /etc/nginx/conf.d. For an https
# address, add to its server: listen 443 ssl, and the lines of its certificate. Where
# nginx has the brotli module, add: brotli_static on.

map $uri $schoolgate_kept {
	volatile; # another for the page that is shown where there is none
	default "{{.ForShort}}";
	"~^({{range $i, $h := .Hosts}}{{range $j, $s := $h.Sites}}{{if or $i $j}}|{{end}}{{quote $s.Path}}{{end}}{{end}})({{.Private}})(/|$)" "no-store";
	"~{{.Hashed}}" "{{.ForEver}}";
}

# Whoever left in a hurry does not come back to a page about a worry by the Back button,
# and whoever comes on purpose does.
map "$schoolgate_kept $cookie_left $http_sec_fetch_mode $http_sec_fetch_site $http_sec_fetch_user" $schoolgate_left {
	default "";
	"~^no-store 1 navigate (.* |none .*)$" 1;
}
map "$schoolgate_left $schoolgate_kept $cookie_left $http_sec_fetch_mode $http_sec_fetch_user" $schoolgate_returned {
	default "";
	"~^ no-store 1 navigate ." "{{.Returned}}";
}
{{- range $h := .Hosts}}

server {
	listen {{.Port}};
	server_name {{.Name}};
	absolute_redirect off;
	index index.html;
	gzip_static on;
	gzip_vary on;

	types {
{{- range $ext, $kind := $.Types}}
		{{mime $kind}} {{slice $ext 1}};
{{- end}}
	}
	default_type application/octet-stream;
	charset utf-8;
	charset_types{{range texts}} {{.}}{{end}};
{{range $.Headers}}
	add_header {{index . 0}} "{{index . 1}}" always;
{{- end}}
	add_header Cache-Control $schoolgate_kept always;
	add_header Set-Cookie $schoolgate_returned always;
{{- if .HTTPS}}
	add_header Strict-Transport-Security "max-age=31536000" always;
{{- end}}

	location = /leave {
		add_header Set-Cookie "{{$.Left}}{{if .HTTPS}}; Secure{{end}}; SameSite=Lax";
		add_header Cache-Control "no-store";
		add_header Refresh "0; url={{$.Neutral}}";
{{- range $.Headers}}
		add_header {{index . 0}} "{{if eq (index . 0) "Referrer-Policy"}}no-referrer{{else}}{{index . 1}}{{end}}";
{{- end}}
		types { }
		default_type text/html;
		return 200 '{{$.Away}}';
	}
{{- with .Only}}
	location = / {
		return 302 {{.}};
	}
{{- end}}
{{- range .Sites}}
{{- if ne .Path "/"}}
	location = {{bare .Path}} {
		return 301 {{.Path}};
	}
{{- end}}
	location {{.Path}} {
		alias {{.Dir}}/;
		error_page 403 404 =404 {{.Path}}404.html;
		if ($schoolgate_left) {
			return 303 {{.Path}};
		}
		location ~ \.(br|gz)$ {
			return 404;
		}
	}
{{- end}}
}
{{- end}}
`))

var caddyRules = template.Must(template.New("Caddy").Funcs(inRules).Parse(`# How Caddy serves the sites beside this file. schoolgate build --out writes it anew.
# Import it from your own Caddyfile, or run: caddy run --config Caddyfile
{{- range $h := .Hosts}}

{{.Origin}} {
	map {path} {kept} {
		` + "`~^({{range $i, $s := .Sites}}{{if $i}}|{{end}}{{quote $s.Path}}{{end}})({{$.Private}})(/|$)`" + ` "no-store"
		` + "`~{{$.Hashed}}`" + ` "{{$.ForEver}}"
		default "{{$.ForShort}}"
	}
	header {
		Cache-Control {kept}
{{- range $.Headers}}
		{{index . 0}} "{{index . 1}}"
{{- end}}
{{- if .HTTPS}}
		Strict-Transport-Security "max-age=31536000"
{{- end}}
	}
{{- range $ext, $kind := $.Types}}
	@{{slice $ext 1}} path *{{$ext}}
	header @{{slice $ext 1}} Content-Type "{{$kind}}"
{{- end}}

	handle /leave {
		header Set-Cookie "{{$.Left}}{{if .HTTPS}}; Secure{{end}}; SameSite=Lax"
		header Cache-Control "no-store"
		header Referrer-Policy "no-referrer"
		header Refresh "0; url={{$.Neutral}}"
		header Content-Type "{{index $.Types ".html"}}"
		respond ` + "`{{$.Away}}`" + ` 200
	}
{{- with .Only}}
	redir / {{.}} 302
{{- end}}
{{- range $i, $s := .Sites}}
{{- if ne .Path "/"}}
	redir {{bare .Path}} {{.Path}} 301
{{- end}}
	handle_path {{.Path}}* {
		# Whoever left in a hurry does not come back to a page about a worry by the Back
		# button, and whoever comes on purpose does.
		@left{{$i}} {
			path_regexp ^/({{$.Private}})(/|$)
			header Cookie *left=1*
			header Sec-Fetch-Mode navigate
			not {
				header Sec-Fetch-User *
				not header Sec-Fetch-Site none
			}
		}
		redir @left{{$i}} {{.Path}} 303
		@returned{{$i}} {
			path_regexp ^/({{$.Private}})(/|$)
			header Cookie *left=1*
			header Sec-Fetch-Mode navigate
			header Sec-Fetch-User *
			not header Sec-Fetch-Site none
		}
		header @returned{{$i}} Set-Cookie "{{$.Returned}}"
		root * {{.Dir}}
		file_server {
			precompressed br gzip
			hide *.br *.gz
		}
	}
{{- end}}
	handle_errors {
		header Cache-Control "{{$.ForShort}}"
		header Content-Type "{{index $.Types ".html"}}"
{{- range .Sites}}
		handle_path {{.Path}}* {
			root * {{.Dir}}
			rewrite * /404.html
			file_server {
				precompressed br gzip
			}
		}
{{- end}}
	}
}
{{- end}}
`))
