package signin

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// claims are what a provider says of somebody, by name. A map and not a struct:
// encoding/json matches a struct's names without regard to case, and would let
// a custom claim "Email" stand for "email".
type claims map[string]any

// text is a claim that is a string; "" for every other.
func (c claims) text(name string) string {
	s, _ := c[name].(string)
	return s
}

// isTrue is a claim that is literally true; some providers send "true", or 1,
// for what they have not checked.
func (c claims) isTrue(name string) bool {
	b, ok := c[name].(bool)
	return ok && b
}

// longestName is the longest name kept for a greeting, in characters.
const longestName = 80

// name is what to greet somebody by: one line of ordinary characters. Those
// that turn the writing direction are not graphic and go with the rest.
func (c claims) name() string {
	s := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsGraphic(r) || r == utf8.RuneError:
			return -1
		}
		return r
	}, c.text("name"))
	runes := []rune(strings.Join(strings.Fields(s), " "))
	return string(runes[:min(len(runes), longestName)])
}

// addressForm is an address as schools give them out. What is cleverer than
// this (quotes, comments, guests' "#EXT#", any letter beyond ASCII) is nobody's
// at a school.
var addressForm = regexp.MustCompile(`^[a-z0-9_+'-]+(\.[a-z0-9_+'-]+)*@([a-z0-9.-]+)$`)

// time is a claim that is a time, in seconds since 1970; ok is false for one that
// is there and is none.
func (c claims) time(name string) (at time.Time, ok bool) {
	if c[name] == nil {
		return time.Time{}, true
	}
	seconds, ok := c[name].(float64)
	if !ok || seconds < 1 || seconds > 1<<40 {
		return time.Time{}, false
	}
	return time.Unix(int64(seconds), 0).UTC(), true
}

// The kinds of proof that amr's values stand for (RFC 8176): what somebody knows, has
// and is. What is not here, such as "geo", "rba", "user" or "mca", is no proof.
var kindOfProof = map[string]string{
	"pwd": "knows", "pin": "knows", "kba": "knows",
	"otp": "has", "hwk": "has", "swk": "has", "sms": "has", "tel": "has", "sc": "has", "pop": "has",
	"fpt": "is", "face": "is", "iris": "is", "retina": "is", "vbm": "is",
}

// manyFactors are the acr values that mean more than one factor: of OpenID's PAPE, of
// the research federations, and of Microsoft.
var manyFactors = []string{
	"http://schemas.openid.net/pape/policies/2007/06/multi-factor", "https://refeds.org/profile/mfa", "http://schemas.microsoft.com/claims/multipleauthn",
}

// secondFactor says whether the provider tells of more than one kind of proof.
func (c claims) secondFactor() bool {
	if slices.Contains(manyFactors, c.text("acr")) {
		return true
	}
	kinds := map[string]bool{}
	methods, _ := c["amr"].([]any)
	for _, m := range methods {
		name, _ := m.(string)
		if name == "mfa" {
			return true
		}
		if kind := kindOfProof[name]; kind != "" {
			kinds[kind] = true
		}
	}
	return len(kinds) > 1
}

// staffEmail is the address that one of the provider's staff domains vouches
// for, in lower case, or "". The claims have been verified to be the issuer's.
func (c Config) staffEmail(says claims) string {
	if len(c.StaffDomains) == 0 {
		return ""
	}
	address := says.text("email")
	switch c.Kind {
	case google:
		// Anybody can have a Google account with any address they once received
		// mail at; hd is there only if the domain's own organisation holds it.
		if !says.isTrue("email_verified") || !slices.Contains(c.StaffDomains, lowerASCII(says.text("hd"))) {
			return ""
		}
	case microsoft:
		// The issuer is the school's own tenant, whose user names only its
		// administrators give out, but guests of the tenant sign in there too.
		if says.guest(c) {
			return ""
		}
		if name := says.text("preferred_username"); name != "" {
			address = name
		}
	default:
		if !says.isTrue("email_verified") {
			return ""
		}
	}
	address = lowerASCII(address)
	parts := addressForm.FindStringSubmatch(address)
	if parts == nil || !slices.Contains(c.StaffDomains, parts[2]) {
		return ""
	}
	return address
}

// guest says whether a Microsoft token marks somebody as invited to the tenant
// from elsewhere, by either of the two claims that do.
func (c claims) guest(of Config) bool {
	if a, ok := c["acct"]; ok && a != float64(0) && a != "0" {
		return true
	}
	idp := c.text("idp")
	return idp != "" && idp != of.Issuer && idp != "https://sts.windows.net/"+of.Tenant+"/"
}
