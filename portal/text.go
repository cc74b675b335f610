package portal

import (
	"strings"
	"time"
)

// Kind tells the two sorts of text apart: an agreement is signed, a purpose is
// decided on. Signing and consenting are separate acts, and neither is a
// condition of the other (UK GDPR, article 7).
type Kind string

const (
	Agreement Kind = "agreement"
	Purpose   Kind = "purpose"
)

// Audience is whom a text is put to. A new one is a constant here, a word of
// site.Signers, a migration of what acts may hold, and a heading in the theme's
// layouts/texts.html; if they sign themselves, also a [RefKind].
type Audience string

const (
	ForParents  Audience = "parents"
	ForPupils   Audience = "pupils"
	ForStaff    Audience = "staff"
	ForVisitors Audience = "visitors"
)

// Basis is the lawful basis of a purpose.
type Basis string

const (
	Consent   Basis = "consent"   // only where somebody said yes
	Objection Basis = "objection" // unless somebody said no
)

// Text is one wording of an agreement or a purpose, as the public site
// publishes it. The portal keeps every wording for ever.
type Text struct {
	School string
	Kind   Kind
	Slug   string
	Title  string
	// Edition goes up when the meaning changes, and then everybody is asked
	// again (S7). A correction keeps the edition and has a hash of its own: whether
	// earlier answers count for it is said in wordings.go.
	Edition int
	Hash    string // SHA-256 of Source, hexadecimal
	Source  string // the canonical text: UTF-8, LF, blanks filled
	HTML    string // Source as the public site renders it
	Path    string // the public address of this wording, for ever
	// Sense is the SHA-256 of the text without its details, such as a telephone number:
	// the same for wordings that differ in those alone. Empty where nobody said.
	Sense     string
	Corrects  string // Hash of an earlier wording of this edition that this one says again in better words
	Because   string // of a correction: why
	Published time.Time
	Audience  Audience
	Basis     Basis // of a purpose
	// FromAge is from which age a pupil is asked beside their parents; 0 for never.
	FromAge int
	// Months is how long an answer or a signature lasts; 0 for as long as the edition.
	Months int

	Summary   string // a sentence on what it is
	Statement string // of an agreement: the words beside the tick
	Question  string // of a purpose: what is asked
	IfGiven   string // of a purpose: what a yes leads to
	IfRefused string // of a purpose: what a no leads to
}

// forParents says whether it is put to parents, as every text was that an earlier
// version of the program kept without an audience.
func (t Text) forParents() bool { return t.Audience == ForParents || t.Audience == "" }

// Parts is the HTML in two: the heart of the text, which is all that stands before
// its first heading, and the rest. Either may be empty.
func (t Text) Parts() (heart, rest string) {
	i := strings.Index(t.HTML, "<h2")
	if i < 0 {
		return t.HTML, ""
	}
	return strings.TrimSpace(t.HTML[:i]), t.HTML[i:]
}

// act is the kind of act that answers the text.
func (t Text) act() ActKind {
	if t.Kind == Agreement {
		return Signature
	}
	return Decision
}

// until is the last day on which an act of now counts; "" for always.
func (t Text) until(now time.Time) Date {
	if t.Months == 0 {
		return ""
	}
	return day(now.AddDate(0, t.Months, 0))
}
