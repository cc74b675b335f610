package portal

import (
	"time"
)

// Channel is how an act reached the school.
type Channel string

const (
	Online Channel = "online"
	Paper  Channel = "paper" // counts the same (S9)
)

// Act is what every signature and decision has in common: who spoke for which
// child, on which exact wording, when and how. Acts are added and never changed.
type Act struct {
	ID        string
	School    string
	PupilID   string
	ContactID string
	AccountID string // who was signed in
	TextSlug  string
	Edition   int
	TextHash  string
	At        time.Time
	Channel   Channel
	Language  string // BCP 47, in which the text was read
}

// Signature is a typed name under an agreement, with a deliberate act: a valid
// simple electronic signature in England (Law Commission, 2019).
type Signature struct {
	Act
	TypedName string
}

// Answer is what a contact decided about a purpose.
type Answer string

const (
	Given     Answer = "given"
	Refused   Answer = "refused"
	Withdrawn Answer = "withdrawn" // a no that follows the same contact's yes
)

// Decision is one contact's answer about one pupil and one purpose. The latest
// by the same contact counts; the earlier ones stay on record (C5).
type Decision struct {
	Act
	Answer Answer
	Seq    int // 1 for this contact's first answer about this pupil and purpose
}

// Standing is what the school may do, computed from the decisions.
type Standing string

const (
	// StandingGiven is the only standing under which anything goes ahead.
	StandingGiven     Standing = "given"
	StandingRefused   Standing = "refused"   // somebody said no, and nobody yes
	StandingWithdrawn Standing = "withdrawn" // a yes was taken back, and nobody else says yes
	StandingConflict  Standing = "conflict"  // one says yes and another no: it is a no
	StandingWaiting   Standing = "waiting"   // nobody has answered, or only an earlier edition: it is a no
	// StandingHeld is for a looked-after child, whatever anybody answered, until
	// the social worker confirms.
	StandingHeld Standing = "held"
)

// Allowed says whether the thing may go ahead: no answer means no.
func (s Standing) Allowed() bool { return s == StandingGiven }

// Standings is every standing, in the order in which lists and counts show them.
var Standings = []Standing{StandingGiven, StandingRefused, StandingWithdrawn, StandingConflict, StandingWaiting, StandingHeld}

// StandingOf works out one pupil's standing for one purpose (C1, C3, C5).
//
// It is given only if somebody who holds parental responsibility said yes to
// this edition and nobody who holds it last said no: all hold equal say. A no to
// an earlier edition is still a no; a yes to an earlier edition is no longer a
// yes. Contacts without parental responsibility, or limited by a court order, do
// not count either way.
//
// Responsibilities and decisions may belong to other pupils and purposes, which
// are passed over; decisions may come in any order.
func StandingOf(p Pupil, purpose string, edition int, rs []Responsibility, ds []Decision) Standing {
	if p.LookedAfter {
		return StandingHeld
	}
	var yes, no, withdrew bool
	for _, r := range rs {
		if r.PupilID != p.ID || !r.Decides() {
			continue
		}
		switch d := latest(ds, p.ID, r.ContactID, purpose); {
		case d.Seq == 0:
		case d.Answer != Given:
			no = true
			withdrew = withdrew || d.Answer == Withdrawn
		case d.Edition == edition:
			yes = true
		}
	}
	switch {
	case yes && no:
		return StandingConflict
	case yes:
		return StandingGiven
	case withdrew:
		return StandingWithdrawn
	case no:
		return StandingRefused
	}
	return StandingWaiting
}

// latest is a contact's last answer about a pupil and purpose; its Seq is 0
// where there is none.
func latest(ds []Decision, pupil, contact, purpose string) Decision {
	var last Decision
	for _, d := range ds {
		if d.PupilID == pupil && d.ContactID == contact && d.TextSlug == purpose && d.Seq > last.Seq {
			last = d
		}
	}
	return last
}
