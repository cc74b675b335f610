package signin_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"schoolgate/portal/signin"
)

func TestNewRefuses(t *testing.T) {
	good := signin.Config{Name: "google", Kind: "google", ClientID: "id", Secret: "hush-hush"}
	ms := signin.Config{Name: "microsoft", Kind: "microsoft", ClientID: "id", Secret: "hush-hush", Tenant: "consumers"}
	other := signin.Config{Name: "other", Kind: "oidc", Label: "Other", Issuer: "https://id.example", ClientID: "id", Secret: "hush-hush"}
	with := func(c signin.Config, f func(*signin.Config)) []signin.Config { f(&c); return []signin.Config{c} }
	for _, test := range []struct {
		name    string
		configs []signin.Config
		address string
		says    string // "" for settings that are right
	}{
		{"all three", []signin.Config{good, ms, other}, address, ""},
		{"none yet", nil, address, ""},
		{"this machine", with(other, func(c *signin.Config) { c.Issuer = "http://127.0.0.1:5556/dex" }), "http://localhost:8080", ""},
		{"tenant in capitals", with(ms, func(c *signin.Config) { c.Tenant = "1F0C7A52-3C0E-4D8E-9B53-0C5D1F1F2A3B" }), address, ""},

		{"address in the clear", nil, "http://portal.school.example", "address: "},
		{"address with a path", nil, "https://school.example/", "address: "},
		{"no address", nil, "", "address: "},
		{"two of a name", []signin.Config{good, good}, address, `"google": name: there are two`},
		{"no name", with(good, func(c *signin.Config) { c.Name = "" }), address, "name: expected"},
		{"a name for no address", with(good, func(c *signin.Config) { c.Name = "Google/.." }), address, "name: expected"},
		{"no kind", with(good, func(c *signin.Config) { c.Kind = "" }), address, `kind: expected "google"`},
		{"no client ID", with(good, func(c *signin.Config) { c.ClientID = "" }), address, "client ID: expected"},
		{"no secret", with(good, func(c *signin.Config) { c.Secret = "" }), address, "secret: expected"},
		{"secret with a line end", with(good, func(c *signin.Config) { c.Secret += "\n" }), address, "secret: expected"},
		{"google with an issuer", with(good, func(c *signin.Config) { c.Issuer = "https://id.example" }), address, "issuer: leave it out"},
		{"google with a tenant", with(good, func(c *signin.Config) { c.Tenant = "consumers" }), address, "tenant: leave it out"},
		{"a domain with @", with(good, func(c *signin.Config) { c.StaffDomains = []string{"@school.example"} }), address, "staff domains: "},
		{"an empty domain", with(good, func(c *signin.Config) { c.StaffDomains = []string{""} }), address, "staff domains: "},
		{"a top level", with(good, func(c *signin.Config) { c.StaffDomains = []string{"example"} }), address, "staff domains: "},
		{"a domain in letters beyond ASCII", with(good, func(c *signin.Config) { c.StaffDomains = []string{"schöol.example"} }), address, "xn--"},
		{"no tenant", with(ms, func(c *signin.Config) { c.Tenant = "" }), address, "tenant: expected"},
		{"every tenant", with(ms, func(c *signin.Config) { c.Tenant = "common" }), address, "tenant: expected"},
		{"every organisation", with(ms, func(c *signin.Config) { c.Tenant = "organizations" }), address, "tenant: expected"},
		{"a tenant by domain", with(ms, func(c *signin.Config) { c.Tenant = "school.onmicrosoft.com" }), address, "tenant: expected"},
		{"staff by personal accounts", with(ms, func(c *signin.Config) { c.StaffDomains = []string{"school.example"} }), address, "personal Microsoft account"},
		{"personal accounts by number", with(ms, func(c *signin.Config) {
			c.Tenant, c.StaffDomains = "9188040d-6c67-4c5b-b112-36a304b66dad", []string{"school.example"}
		}), address, "personal Microsoft account"},
		{"no issuer", with(other, func(c *signin.Config) { c.Issuer = "" }), address, "issuer: expected"},
		{"issuer in the clear", with(other, func(c *signin.Config) { c.Issuer = "http://id.example" }), address, "issuer: expected"},
		{"issuer with a query", with(other, func(c *signin.Config) { c.Issuer = "https://id.example/?x=1" }), address, "issuer: expected"},
		{"issuer with a password", with(other, func(c *signin.Config) { c.Issuer = "https://a:b@id.example" }), address, "issuer: expected"},
		{"no label", with(other, func(c *signin.Config) { c.Label = "" }), address, "label: expected"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := signin.New(test.configs, test.address, nil)
			if (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, want one with %q", err, test.says)
			}
			if err != nil && strings.Contains(err.Error(), "hush-hush") {
				t.Error("the error holds the secret")
			}
		})
	}
	_, err := signin.New([]signin.Config{{Name: "x", Kind: "oidc"}}, address, nil)
	if err == nil || strings.Count(err.Error(), "\n") != 3 {
		t.Errorf("not every wrong setting is named at once: %v", err)
	}
}

func TestSecretsStayOut(t *testing.T) {
	c := signin.Config{Name: "google", Kind: "google", ClientID: "id", Secret: "hush-hush"}
	d := newDesk(t, c)
	var b strings.Builder
	for _, l := range []*slog.Logger{slog.New(slog.NewTextHandler(&b, nil)), slog.New(slog.NewJSONHandler(&b, nil))} {
		l.Info("x", "config", c, "pointer", &c, "desk", d, "list", []signin.Config{c}, "map", map[string]any{"c": c, "d": d})
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		fmt.Fprintf(&b, verb+verb+verb, c, &c, d)
	}
	j, err := json.Marshal([]any{c, d})
	if err != nil {
		t.Fatal(err)
	}
	b.Write(j)
	if strings.Contains(b.String(), "hush") {
		t.Errorf("the secret is in %s", b.String())
	}
}
