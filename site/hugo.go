package site

import (
	"bytes"
	"context"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"

	"github.com/bep/logg"
	"github.com/gohugoio/hugo/common/loggers"
	"github.com/gohugoio/hugo/config"
	"github.com/gohugoio/hugo/config/allconfig"
	"github.com/gohugoio/hugo/deps"
	"github.com/gohugoio/hugo/hugofs"
	"github.com/gohugoio/hugo/hugolib"
	"github.com/spf13/afero"
)

// Where the source files stand in the memory that Hugo reads, and the site in that it
// writes.
const (
	workingDir = "/site"
	publishDir = "/public"
)

// A rendering is what Hugo needs to make one site.
type rendering struct {
	title  string
	base   string            // public address of the site, with a slash at the end
	params map[string]any    // site.Params
	mounts [][2]string       // folder of files → Hugo's content, layouts, assets …
	files  map[string][]byte // by path
}

// config is Hugo's configuration in Go values: no file, and nothing from the
// environment. Hugo may not start programs, fetch anything or read variables.
func (r rendering) config() map[string]any {
	mounts := make([]map[string]any, len(r.mounts))
	for i, m := range r.mounts {
		mounts[i] = map[string]any{"source": m[0], "target": m[1]}
	}
	return map[string]any{
		"baseURL":                    r.base,
		"title":                      r.title,
		"locale":                     "en-GB",
		"params":                     r.params,
		"module":                     map[string]any{"mounts": mounts},
		"disableKinds":               []string{"taxonomy", "term", "rss"},
		"disableAliases":             true,
		"disableHugoGeneratorInject": true,
		"noBuildLock":                true,
		"pagination":                 map[string]any{"disableAliases": true},
		"markup": map[string]any{"goldmark": map[string]any{
			"renderer":   map[string]any{"unsafe": false},
			"extensions": map[string]any{"taskList": false}, // its boxes have no name; an earlier wording shows what was typed
			"parser": map[string]any{
				"attribute":                          map[string]any{"block": true},
				"wrapStandAloneImageWithinParagraph": false, // so that a picture withheld leaves nothing behind
			},
		}},
		"security": map[string]any{
			"allowContent":           []string{"^text/markdown$"},
			"enableInlineShortcodes": false,
			"exec":                   map[string]any{"allow": []string{"none"}, "osEnv": []string{"none"}},
			"funcs":                  map[string]any{"getenv": []string{"none"}},
			"http":                   map[string]any{"urls": []string{"none"}, "methods": []string{"none"}},
		},
	}
}

// renderLink makes links of Markdown. It is here and not in the theme, as the
// HTML of a text is part of what somebody signs: /a/b/ leads within the site,
// whatever address that has, and from a text by the whole address, as the
// portal shows it too. A clause's number in a policy is a link to itself, and
// carries the clause's address. It is out of the order of the Tab key, as there are
// hundreds; the theme shows the link beside it to those who ask.
//
// A telephone number rings from abroad too: see [Dial].
const renderLink = `
{{- $to := .Destination -}}
{{- if and .Title (hasPrefix .Title "Clause ") (hasPrefix $to "#") (in (slice "policy" "policy-chapter") .Page.Layout) -}}
  {{- $id := strings.TrimPrefix "#" $to -}}
  {{- if ne .Page.Layout "policy" }}{{ $to = printf "%s%s" (relURL "online-safety-policy/") $to }}{{ end -}}
  {{- $to = safeURL $to -}}
<a class="n{{ if gt (strings.RuneCount .Text) 9 }} wide{{ end }}" id="{{ $id }}" href="{{ $to }}" tabindex="-1" aria-label="{{ .Title }}">{{ .Text }}</a><a class="clause-link" href="{{ $to }}" aria-label="Link to {{ replace .Title "Clause" "clause" }}">#</a>
{{- else -}}
{{- if hasPrefix $to "/" -}}
  {{- $to = strings.TrimPrefix "/" $to -}}
  {{- if eq .Page.Type "text" }}{{ $to = absURL $to }}{{ else }}{{ $to = relURL $to }}{{ end -}}
{{- else if hasPrefix $to "tel:" -}}
  {{- $to = replaceRE "[(]0[)]|%280%29|%20|%28|%29|[ ().-]" "" $to | replaceRE "^tel:00" "tel:+" | replaceRE "^tel:0" "tel:+44" | replaceRE "^tel:[+]440" "tel:+44" -}}
{{- else if and (hasPrefix $to "#") (eq .Page.Layout "policy-chapter") -}}
  {{- $to = printf "%s%s" (relURL "online-safety-policy/") $to -}}
{{- end -}}
<a href="{{ $to | safeURL }}"{{ with .Title }} title="{{ . }}"{{ end }}>{{ .Text }}</a>
{{- end -}}
{{- /**/ -}}
`

// render has Hugo make the site, in memory. It returns the site's files by path, and
// the HTML of each text's body, by the page's address within the site. A warning is
// an error. Hugo keeps a logger for the whole process, so only one rendering may run
// at a time.
func render(r rendering) (files map[string][]byte, bodies map[string]string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("hugo: panic: %v", p)
		}
	}()
	cache, err := os.MkdirTemp("", "schoolgate-hugo-")
	if err != nil {
		return nil, nil, fmt.Errorf("make a cache folder: %w", err)
	}
	defer os.RemoveAll(cache)

	source, made := afero.NewMemMapFs(), afero.NewMemMapFs()
	for name, data := range r.files {
		if err := afero.WriteFile(source, path.Join(workingDir, name), data, 0o644); err != nil {
			return nil, nil, fmt.Errorf("copy %s: %w", name, err)
		}
	}
	flags := config.New()
	for key, value := range r.config() {
		flags.Set(key, value)
	}
	flags.Set("workingDir", workingDir)
	flags.Set("publishDir", publishDir)
	flags.Set("cacheDir", cache)

	var log bytes.Buffer
	logger := loggers.New(loggers.Options{
		Level:         logg.LevelWarn,
		DistinctLevel: logg.LevelWarn,
		StdOut:        io.Discard,
		StdErr:        &log,
	})
	configs, err := allconfig.LoadConfig(allconfig.ConfigSourceDescriptor{
		Fs:          source,
		Flags:       flags,
		Logger:      logger,
		Environment: "production",
		Environ:     []string{"SCHOOLGATE=1"}, // with none, Hugo takes the process's own
	})
	if err != nil {
		return nil, nil, hugoError(err, &log)
	}
	sites, err := hugolib.NewHugoSites(deps.DepsCfg{
		Configs:  configs,
		Fs:       hugofs.NewFromSourceAndDestination(source, made, flags),
		LogLevel: logg.LevelWarn,
		StdOut:   io.Discard,
		StdErr:   &log,
	})
	if err != nil {
		return nil, nil, hugoError(err, &log)
	}
	defer func() {
		if e := sites.Close(); e != nil && err == nil {
			err = fmt.Errorf("hugo: close: %w", e)
		}
	}()
	if err := sites.Build(hugolib.BuildCfg{}); err != nil {
		return nil, nil, hugoError(err, &log)
	}
	if warned(logger) || warned(sites.Log) {
		return nil, nil, hugoError(nil, &log)
	}
	bodies = map[string]string{}
	for _, p := range sites.Pages() {
		if p.Type() != textType {
			continue
		}
		content, err := p.Content(context.Background())
		if err != nil {
			return nil, nil, hugoError(err, &log)
		}
		if html, ok := content.(template.HTML); ok {
			bodies[strings.TrimSuffix(p.Path(), "/")+"/"] = string(html)
		}
	}
	files = map[string][]byte{}
	err = afero.Walk(made, publishDir, func(name string, info fs.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		files[strings.TrimPrefix(name, publishDir+"/")], err = afero.ReadFile(made, name)
		return err
	})
	return files, bodies, err
}

func warned(l loggers.Logger) bool {
	return l.LoggCount(logg.LevelWarn)+l.LoggCount(logg.LevelError) > 0
}

var logPrefix = regexp.MustCompile(`(?m)^(WARN|ERROR)\s+`)

// hugoError tells what Hugo said, with files named as in the content folder.
func hugoError(err error, log *bytes.Buffer) error {
	said := strings.TrimSpace(logPrefix.ReplaceAllString(log.String(), ""))
	if err != nil {
		said = strings.TrimSpace(said + "\n" + err.Error())
	}
	return fmt.Errorf("hugo: %s", strings.NewReplacer(
		workingDir+"/content/", "",
		workingDir+"/", "",
	).Replace(said))
}
