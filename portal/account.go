package portal

import (
	"fmt"
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

	// Of this one sign-in, and kept with its session alone:

	SecondFactor bool // their provider says, or sees to it, that one password was not enough
	// Authenticated is when they last proved who they are, as their provider says;
	// zero where it does not.
	Authenticated time.Time
	// Renewed says that they come from a sign-in that was asked to be made anew, where
	// that may help, and that their provider does not say whether it was.
	Renewed bool
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
	Verifier string    // PKCE (RFC 7636)
	Anew     time.Time // when it was asked for, if they were to prove anew who they are; otherwise zero
	Session  string    // the provider library's own state
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

	Name          string // as whom, as the provider names them; may be empty
	Device        string // in words: "Chrome on Windows"
	Network       string // where from, no nearer than 256 addresses: "192.0.2.0/24"
	SecondFactor  bool
	Authenticated time.Time // as in [Identity], with Renewed
	Renewed       bool
	Confirmed     time.Time // when its first yes or signature was let through; see [Portal.Confirm]
}

// Live says whether the session is signed in and has not expired.
func (s Session) Live(now time.Time) bool { return s.AccountID != "" && now.Before(s.Expires) }

// FreshFor is how long somebody counts as having just proved who they are.
const FreshFor = 15 * time.Minute

// ProvedBy is on whose word somebody counts as having just proved who they are.
type ProvedBy int

const (
	// ByReturning: their provider's, or that they have just come back from a provider that
	// was asked to have it proved and says nothing about it.
	ByReturning ProvedBy = iota
	// ByProvider: their provider's alone.
	ByProvider
)

// fresh says whether somebody has just proved who they are.
func (s Session) fresh(now time.Time, by ProvedBy) bool {
	at := s.Authenticated
	if by == ByReturning && s.Renewed && s.Created.After(at) {
		at = s.Created
	}
	return !at.IsZero() && now.Sub(at) < FreshFor
}

// Invitation lets one contact join their account to the register, once.
type Invitation struct {
	ID        string
	ContactID string
	CodeHash  string // see [Portal.hashCode]; the code exists only on the letter, or in the mail
	Issued    time.Time
	IssuedBy  string // who printed the letter: an account, or the operator with their name; "" where it was not kept
	Mailed    bool   // the code went by mail, and not in a letter
	Expires   time.Time
	Used      time.Time // zero until used or replaced
	Died      time.Time // of too many wrong dates of birth; zero otherwise
}

// codeAlphabet has no vowels, so no words, and none of the characters people
// mistake for one another on paper.
const codeAlphabet = "23456789BCDFGHJKMNPQRTVWXYZ"

const codeLength = 12

// NormalCode is a code as it was printed, whatever people, keyboards and word
// processors made of it: without spaces, dashes of every kind, 'Code:' in any language
// and lower case; with our own letter or figure for a full-width one, for the figures of
// another script, and for a Cyrillic or Greek letter that looks the same.
func NormalCode(s string) string {
	s = strings.Map(func(r rune) rune {
		if r >= '！' && r <= '～' { // full width
			r -= '！' - '!'
		}
		if unicode.IsSpace(r) || unicode.In(r, unicode.Pd, unicode.Cf) || strings.ContainsRune("\u2212.#", r) {
			return -1
		}
		r = unicode.ToUpper(r)
		for _, zero := range zeros {
			if r >= zero && r <= zero+9 {
				return r - zero + '0'
			}
		}
		if same, ok := lookalikes[r]; ok {
			return same
		}
		return r
	}, s)
	before, after, colon := strings.Cut(s, ":")
	if colon && strings.ContainsFunc(before, func(r rune) bool { return !strings.ContainsRune(codeAlphabet, r) }) {
		s = after
	}
	return strings.TrimPrefix(strings.ReplaceAll(s, ":", ""), "CODE") // no code has an O or an E
}

// zeros are those of the scripts in which families read figures: Arabic, Persian
// and Urdu, Devanagari, Bengali, Panjabi, Gujarati, Tamil.
var zeros = []rune{0x660, 0x6f0, 0x966, 0x9e6, 0xa66, 0xae6, 0xbe6}

// lookalikes are what stands on a keyboard, or is read, where a code has another.
var lookalikes = map[rune]rune{
	'В': 'B', 'С': 'C', 'Н': 'H', 'К': 'K', 'М': 'M', 'Р': 'P', 'Т': 'T', 'Х': 'X', 'У': 'Y', // Cyrillic
	'Β': 'B', 'Η': 'H', 'Κ': 'K', 'Μ': 'M', 'Ν': 'N', 'Ρ': 'P', 'Τ': 'T', 'Χ': 'X', 'Υ': 'Y', 'Ζ': 'Z', // Greek
	'S': '5', // no code has an S
}

// CodeProblem says why what was typed cannot be the code of any letter, or "". To
// ask it costs no try.
func CodeProblem(typed string) string {
	code := []rune(NormalCode(typed))
	for i, r := range code {
		if !strings.ContainsRune(codeAlphabet, r) {
			return fmt.Sprintf("No code has the letter or number ‘%c’ in it. Look at letter or number %d again", r, i+1)
		}
	}
	switch {
	case len(code) == 0:
		return "Type the code from your letter"
	case len(code) != codeLength:
		return fmt.Sprintf("The code has %d letters and numbers, and you typed %d. Look at the letter again", codeLength, len(code))
	}
	return ""
}
