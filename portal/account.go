package portal

import (
	"log/slog"
	"strings"
	"time"
	"unicode"
)

// Identity is somebody whom a sign-in provider has vouched for. An account is
// known by provider, issuer and subject: never by an email address, which
// providers recycle and do not always check.
type Identity struct {
	Provider string // the provider's name in the settings
	Issuer   string
	Subject  string
	Name     string // for greeting only; may be empty
	// StaffEmail is the address that a school's own domain or tenant vouches for,
	// in lower case; empty for everybody who signed in any other way.
	StaffEmail string
}

// String and LogValue keep the person out of logs.
func (i Identity) String() string       { return "identity at " + i.Provider }
func (i Identity) LogValue() slog.Value { return slog.StringValue(i.String()) }

// Account is somebody who has signed in.
type Account struct {
	ID         string
	Identity   Identity
	Created    time.Time // UTC
	LastSignIn time.Time // UTC
}

// String and LogValue keep the person out of logs.
func (a Account) String() string       { return "account " + a.ID }
func (a Account) LogValue() slog.Value { return slog.StringValue(a.String()) }

// Handshake is what a sign-in under way has to remember between sending
// somebody to their provider and their return. It is kept on the server.
type Handshake struct {
	Provider string
	State    string
	Nonce    string
	Verifier string // PKCE (RFC 7636)
	Session  string // the provider library's own state
}

// String and LogValue keep its secrets out of logs.
func (h Handshake) String() string       { return "handshake with " + h.Provider }
func (h Handshake) LogValue() slog.Value { return slog.StringValue(h.String()) }

// Provider is a way to sign in, as a person chooses it.
type Provider struct {
	Name     string // in addresses: "google"
	Label    string // on the button: "Google"
	Families bool   // offered to parents and carers: anybody may have an account there
	Staff    bool   // offered to people who work at a school
}

// Session is one browser's signed-in time.
type Session struct {
	Hash      string // SHA-256 of the cookie's value, hexadecimal; the value itself is never stored
	AccountID string // "" until sign-in is finished
	Handshake Handshake
	ReturnTo  string // a path of the portal to go to after sign-in
	Created   time.Time
	Expires   time.Time
}

// Live says whether the session is signed in and has not expired.
func (s Session) Live(now time.Time) bool { return s.AccountID != "" && now.Before(s.Expires) }

// Invitation lets one contact join their account to the register, once.
type Invitation struct {
	ID        string
	ContactID string
	CodeHash  string // SHA-256 of the normalised code; the code exists only on the letter
	Issued    time.Time
	Expires   time.Time
	Used      time.Time // zero until used or replaced
}

// codeAlphabet has no vowels, so no words, and none of the characters people
// mistake for one another on paper.
const codeAlphabet = "23456789BCDFGHJKMNPQRTVWXYZ"

const codeLength = 12

// NormalCode strips what people and their word processors add when they copy a
// code from a letter: spaces, hyphens and dashes of every kind, and lower case.
func NormalCode(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.In(r, unicode.Pd, unicode.Cf) || r == '\u2212' {
			return -1
		}
		return r
	}, strings.ToUpper(s))
}

// Staff says what somebody who works at a school may do there.
type Staff struct {
	Email  string // as their school's own domain or tenant vouches for it
	School string // slug, or "*" for every school of the trust
	Role   Role
}

// Role is a part played at a school.
type Role string

// Office runs the register: imports class lists, prints letters, reads and exports lists.
const Office Role = "office"
