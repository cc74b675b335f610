package signin

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"regexp"
	"strings"
)

// Config is one way to sign in, as an administrator sets it up.
type Config struct {
	// Name is the provider's name in addresses and in accounts: 1 to 32 lower-case
	// letters, digits and hyphens. Accounts are lost to their owners if it changes.
	Name string
	// Kind is "google", "microsoft" or "oidc".
	Kind string
	// Label is what the button says. Google and Microsoft have one of their own.
	Label string
	// Issuer is the issuer's address, exactly as the provider's discovery document
	// states it. Only for kind "oidc": those of Google and Microsoft are known.
	Issuer   string
	ClientID string
	Secret   string `json:"-"`
	// Tenant is the directory (tenant) ID of a school's Microsoft organisation, or
	// "consumers" for personal Microsoft accounts. "common" and "organizations"
	// cannot be used: each answers for thousands of issuers, so none can be checked.
	Tenant string
	// StaffDomains are the mail domains whose addresses this provider vouches for.
	// Nobody's address is taken from a provider that has none.
	StaffDomains []string
	// SecondFactor says that the organisation lets nobody of the staff domains in
	// with a password alone, whether or not its tokens say so: Google's never do.
	SecondFactor bool
	// AnewUnproven takes a sign-in that was asked to be made anew for one that was,
	// where the provider does not say when somebody last proved who they are.
	AnewUnproven bool
}

// String and LogValue keep the client secret out of logs.
func (c Config) String() string       { return "sign-in provider " + c.Name }
func (c Config) GoString() string     { return c.String() }
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// forFamilies says whether anybody may have an account with the provider: all
// but a school's own Microsoft organisation.
func (c Config) forFamilies() bool { return c.Kind != microsoft || c.Tenant == personalTenant }

const (
	google    = "google"
	microsoft = "microsoft"
	oidcKind  = "oidc"

	googleIssuer = "https://accounts.google.com"
	// personalTenant stands for every personal Microsoft account; "consumers" is
	// its name, but tokens and discovery state the number.
	personalTenant = "9188040d-6c67-4c5b-b112-36a304b66dad"
)

var (
	nameForm   = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)
	tenantForm = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	domainForm = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$`)
)

// checked returns the configuration with its presets filled in, or every wrong
// setting with what it should be.
func (c Config) checked() (Config, error) {
	var wrong []error
	bad := func(setting, expected string) {
		wrong = append(wrong, fmt.Errorf("sign-in provider %q: %s: %s", c.Name, setting, expected))
	}
	if !nameForm.MatchString(c.Name) {
		bad("name", "expected 1 to 32 lower-case letters, digits and hyphens, such as google")
	}
	if c.ClientID == "" || c.ClientID != strings.TrimSpace(c.ClientID) {
		bad("client ID", "expected the identifier the provider gave when the school was registered there, without spaces around it")
	}
	if c.Secret == "" || c.Secret != strings.TrimSpace(c.Secret) {
		bad("secret", "expected the client secret the provider gave, without spaces around it")
	}
	domains := make([]string, 0, len(c.StaffDomains))
	for _, d := range c.StaffDomains {
		d = lowerASCII(d)
		if !domainForm.MatchString(d) {
			bad("staff domains", fmt.Sprintf("%q is not a mail domain: expected one such as school.example, without @; write an international name in its xn-- form", d))
		}
		domains = append(domains, d)
	}
	c.StaffDomains = domains

	if c.Kind != oidcKind && c.Issuer != "" {
		bad("issuer", `leave it out: it is only for kind "oidc"`)
	}
	if c.Kind != microsoft && c.Tenant != "" {
		bad("tenant", `leave it out: it is only for kind "microsoft"`)
	}
	switch c.Kind {
	case google:
		c.Issuer = googleIssuer
		if c.Label == "" {
			c.Label = "Google"
		}
	case microsoft:
		tenant := lowerASCII(c.Tenant)
		switch {
		case tenant == "consumers":
			tenant = personalTenant
		case !tenantForm.MatchString(tenant):
			bad("tenant", `expected the directory (tenant) ID from Microsoft Entra, such as 1f0c7a52-3c0e-4d8e-9b53-0c5d1f1f2a3b, or "consumers" for personal accounts; "common" and "organizations" cannot be checked and are refused`)
		}
		if tenant == personalTenant && len(c.StaffDomains) > 0 {
			bad("staff domains", "leave them out: a personal Microsoft account cannot vouch for a school's address; use the school's own tenant")
		}
		c.Tenant = tenant
		c.Issuer = "https://login.microsoftonline.com/" + tenant + "/v2.0"
		if c.Label == "" {
			c.Label = "Microsoft"
		}
	case oidcKind:
		if u, err := url.Parse(c.Issuer); err != nil || !secure(u) || u.RawQuery != "" || u.Fragment != "" {
			bad("issuer", "expected the https address that the provider's discovery document states, such as https://id.example.org (http only for this machine, 127.0.0.1 or localhost)")
		}
		if c.Label == "" {
			bad("label", "expected what the button should say, such as the provider's name")
		}
	default:
		bad("kind", `expected "google", "microsoft" or "oidc"`)
	}
	return c, errors.Join(wrong...)
}

// secure says whether what is sent to an address cannot be read on the way:
// https, or http that does not leave this machine.
func secure(u *url.URL) bool {
	if u == nil || u.Hostname() == "" || u.User != nil || u.Opaque != "" {
		return false
	}
	if u.Scheme == "https" {
		return true
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}

// lowerASCII leaves everything but A to Z alone, so that no other letter can
// turn into one of theirs (the Kelvin sign is a k to strings.ToLower).
func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
