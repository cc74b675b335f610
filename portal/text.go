package portal

import (
	"fmt"
	"slices"
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
// site.Signers, a migration of the CHECK on texts.audience, a heading in the theme's
// layouts/texts.html, how they sign in its _partials/signing.html, and a reading age in
// site/check/reading.go; if they sign themselves, also a [RefKind].
type Audience string

const (
	ForParents  Audience = "parents"
	ForPupils   Audience = "pupils"
	ForStaff    Audience = "staff"
	ForVisitors Audience = "visitors"
)

// Basis is the lawful basis of a purpose. The two are never told alike: what a school
// may do as its public task is not agreed to, and silence about it is no yes.
type Basis string

const (
	Consent   Basis = "consent"   // only where somebody said yes
	Objection Basis = "objection" // unless somebody objected
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
	// Stage says that an answer lasts until the pupil's key stage ends.
	Stage bool
	// Years are the year groups that it is asked for; empty for all.
	Years []Year
	// Checks are what a pupil answers before they sign it, to show that they understood.
	Checks []Check
	// Posting says of an agreement with staff that it is for those alone who post in the
	// school's name.
	Posting bool

	Summary   string // a sentence on what it is
	Statement string // of an agreement: the words beside the tick
	Question  string // of a purpose: what is asked
	IfGiven   string // of a purpose: what a yes leads to
	IfRefused string // of a purpose: what a no leads to
}

// Check is a question of an agreement, with answers to choose from.
type Check struct {
	Question string
	Answers  []string
	Right    int    // the place in Answers, from 0
	Because  string // what whoever chose another is told, in kind words
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

// Said is what somebody said of a text, as they read it.
func (t Text) Said(a Answer) string {
	switch {
	case t.Kind == Agreement && a == Withdrawn:
		return "Taken back by the school: it was somebody else’s"
	case t.Kind == Agreement:
		return "You signed"
	case t.Objected() && a == Given:
		return "You took back your objection"
	case t.Objected():
		return "You objected"
	case a == Given:
		return "You said yes"
	case a == Withdrawn:
		return "You changed your answer to no"
	}
	return "You said no"
}

// act is the kind of act that answers the text.
func (t Text) act() ActKind {
	if t.Kind == Agreement {
		return Signature
	}
	return Decision
}

// Objected says whether silence about it is not a no.
func (t Text) Objected() bool { return t.Kind == Purpose && t.Basis == Objection }

// Asks says whether it is asked about a pupil at all.
func (t Text) Asks(p Pupil) bool { return len(t.Years) == 0 || slices.Contains(t.Years, p.Year) }

// AsksPupil says whether a pupil is asked beside their parents on a day: from the
// birthday on, which of somebody born on 29 February is 1 March in other years.
func (t Text) AsksPupil(p Pupil, on Date) bool {
	return t.FromAge > 0 && p.Born != "" && p.Born.months(12*t.FromAge) <= on
}

// withoutYear is how long an answer lasts, in months, that lasts a key stage, of a pupil
// who is in none.
const withoutYear = 12

// until is the last day on which what was said about a pupil on a day counts; "" for
// always. Days are England's, so that it ends at midnight there whatever the clocks do.
func (t Text) until(p Pupil, said Date) Date {
	months := t.Months
	if t.Stage {
		if end := stageEnd(p.yearOn(said), said); end != "" {
			return end
		}
		months = withoutYear
	}
	if months == 0 {
		return ""
	}
	return said.months(months)
}

// lastOfStage are the year groups with which the key stages end (National curriculum in
// England: the early years, key stages 1 to 4, and sixteen to nineteen).
var lastOfStage = []Year{Reception, 2, 6, 9, 11, lastYear}

// yearOn is the year group of a pupil on a day. In September, until the new class list is
// in, a register has last year's.
func (p Pupil) yearOn(on Date) Year {
	if by, ok := YearOf(p.Born, on.begin()); ok && by == p.Year+1 && on.begin().In(London).Month() == time.September {
		return by
	}
	return p.Year
}

// stageEnd is the last day of the key stage of who is in this year group on a day: a 31
// August. It is "" for [NoYear].
func stageEnd(y Year, on Date) Date {
	t, err := time.Parse(time.DateOnly, string(on))
	i, _ := slices.BinarySearch(lastOfStage, y)
	if err != nil || i == len(lastOfStage) {
		return ""
	}
	ends := t.Year() + int(lastOfStage[i]-y)
	if t.Month() >= time.September {
		ends++
	}
	return Date(fmt.Sprintf("%d-08-31", ends))
}

// stands says whether an act still is what the text, as it is in force, asks for: to
// these words, and within its time.
func (t Text) stands(a Act, on Date) bool {
	return a.Seq > 0 && a.Edition == t.Edition && !a.Other && !a.lapsed(on)
}
