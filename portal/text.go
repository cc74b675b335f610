package portal

import "time"

// Kind tells the two sorts of text apart: an agreement is signed, a purpose is
// decided on. Signing and consenting are separate acts, and neither is a
// condition of the other (UK GDPR, article 7).
type Kind string

const (
	Agreement Kind = "agreement"
	Purpose   Kind = "purpose"
)

// Text is one wording of an agreement or a purpose, as the public site
// publishes it. The portal keeps every wording for ever.
type Text struct {
	School string
	Kind   Kind
	Slug   string
	Title  string
	// Edition goes up when the meaning changes, and then everybody is asked
	// again (S7). A correction keeps the edition and has a hash of its own.
	Edition   int
	Hash      string // SHA-256 of Source, hexadecimal
	Source    string // the canonical text: UTF-8, LF, blanks filled
	HTML      string // Source as the public site renders it
	Path      string // the public address of this wording, for ever
	Published time.Time

	Summary   string // a sentence on what it is
	Statement string // of an agreement: the words beside the tick
	Question  string // of a purpose: what is asked
	IfGiven   string // of a purpose: what a yes leads to
	IfRefused string // of a purpose: what a no leads to
}
