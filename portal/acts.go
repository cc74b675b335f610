package portal

import "time"

// Way is how an act reached the school. All count the same (S9).
type Way string

const (
	Online    Way = "online"    // by the party, signed in
	InClass   Way = "in class"  // by a pupil, with a teacher
	Paper     Way = "paper"     // signed on paper, entered by staff
	Telephone Way = "telephone" // said to staff, who entered it
	InPerson  Way = "in person" // said to staff, who entered it
	InOffice  Way = "office"    // the school's own doing
	Command   Way = "command"   // at the server's command line
)

// Ref names somebody or something by kind and opaque id.
type Ref struct {
	Kind RefKind `json:"kind"`
	ID   string  `json:"id"`
}

// RefKind is what a [Ref] names. Those who sign or answer differ in their first letter: by
// that alone the store tells them apart where it reads many.
type RefKind string

const (
	RefContact RefKind = "contact"
	RefPupil   RefKind = "pupil"
	RefStaff   RefKind = "staff" // an account of somebody who works at a school
	RefVisitor RefKind = "visitor"
	// RefWorker is the social worker of a pupil in care, who stands in no register: ID is
	// the pupil's, and the act says by name who it was.
	RefWorker   RefKind = "worker"
	RefOperator RefKind = "operator" // whoever runs the command line
	RefSchool   RefKind = "school"
	RefText     RefKind = "text"
	RefAccount  RefKind = "account"
)

// ActKind tells signatures, decisions and events apart.
type ActKind string

const (
	// Signature is a typed name under an agreement, with a deliberate act: a valid
	// simple electronic signature in England (Law Commission, 2019).
	Signature ActKind = "signature"
	// Decision is a party's answer about a purpose. The latest by the same party
	// counts; the earlier ones stay on record (C5).
	Decision ActKind = "decision"
)

// Answer is what somebody decided about a purpose.
type Answer string

const (
	Given     Answer = "given"
	Refused   Answer = "refused"
	Withdrawn Answer = "withdrawn" // a no that follows the same party's yes
)

// Act is one thing that somebody did and that stays on record: who spoke, about
// whom, who entered it and how, on which exact wording. Acts are added and sealed
// by one function and never changed; see [ActTx] for when one may be erased.
type Act struct {
	ID      string
	Version int // of the form of its sealed record
	Kind    ActKind
	School  string // slug
	Party   Ref    // who spoke
	Subject Ref    // about whom or what
	By      string // the account that entered it, or [Operator]
	Way     Way

	// The wording, and the language in which it was read (BCP 47); empty for an event.
	TextSlug string
	Edition  int
	TextHash string
	Language string

	At        time.Time
	Until     Date   // the last day on which it counts; empty for always
	TypedName string // of a signature; of a social worker's answer, their name
	Answer    Answer // of a decision
	Seq       int    // 1 for this party's first about this subject and text
	// Details is a JSON object without anybody's name: of an event, its counts, filters
	// and reasons; of a signature or decision, how it was read.
	Details string

	// Waits says of a signature or a yes that it does not count yet, or no longer: the
	// join that it came through is new, or has ended. It is no part of the record;
	// [eachPupil] alone works it out.
	Waits bool
	// Other says that it is about other words than those in force, though of the same
	// edition, and does not count for them; see wordings.go. It is no part of the record.
	Other bool
}

// translatedDetails are those of an act by somebody for whom the words were put into
// another language.
const translatedDetails = `{"translated":true}`

// Translated says whether whoever spoke told us that somebody or something had
// translated the words for them. What they signed or answered is the wording itself.
func (a Act) Translated() bool { return a.Details == translatedDetails }

// lapsed says whether its time was up before a day.
func (a Act) lapsed(on Date) bool { return a.Until != "" && a.Until < on }

// Standing is what the school may do, computed from the decisions.
type Standing string

const (
	// StandingGiven and StandingUnopposed are the only standings under which anything goes
	// ahead: the first of what stands on consent, the other of what a school does as its
	// public task.
	StandingGiven     Standing = "given"
	StandingUnopposed Standing = "unopposed" // nobody has objected
	StandingRefused   Standing = "refused"   // somebody said no, and nobody yes
	StandingWithdrawn Standing = "withdrawn" // a yes was taken back, and nobody else says yes
	StandingConflict  Standing = "conflict"  // one says yes and another no: it is a no
	StandingWaiting   Standing = "waiting"   // nobody has answered, or only an earlier edition, or too long ago: it is a no
	StandingObjected  Standing = "objected"  // somebody objected to what else might go ahead
	StandingPupil     Standing = "pupil"     // the pupil said no, which stops whatever anybody else said
	StandingNotAsked  Standing = "unasked"   // it is not asked for the pupil's year group: it is a no
	// StandingHeld is for a looked-after child, whatever anybody else answered, until
	// the social worker confirms.
	StandingHeld Standing = "held"
	// StandingUnread is a yes for a child about whom somebody is barred by what nobody at
	// the school has looked at yet: an order may be there to hide the child.
	StandingUnread Standing = "unread"
	// StandingNo is each of the others for who may not read why it is a no.
	StandingNo Standing = "no"
)

// Allowed says whether the thing may go ahead: where it stands on consent, no answer
// means no.
func (s Standing) Allowed() bool { return s == StandingGiven || s == StandingUnopposed }

// Standings is every standing that [StandingOf] answers for what stands on consent, in the
// order in which lists and counts show them, and Objections for what goes ahead unless
// somebody objects.
var (
	Standings  = []Standing{StandingGiven, StandingRefused, StandingWithdrawn, StandingConflict, StandingPupil, StandingWaiting, StandingHeld, StandingUnread, StandingNotAsked}
	Objections = []Standing{StandingUnopposed, StandingObjected, StandingPupil, StandingHeld, StandingUnread, StandingNotAsked}
)

// StandingOf works out one pupil's standing for one purpose on a day (C1, C3, C5).
//
// What stands on consent is given only if somebody who holds parental responsibility said yes to
// this edition and nobody who held it when they spoke last said no: all hold equal say. A
// no to an earlier edition is still a no; a yes to an earlier edition, or one whose time
// is up, is no longer a yes.
//
// A yes counts as long as its giver decides for the child. A no outlives that: whoever a
// restriction keeps from deciding, whom a class list leaves out or says to hold no
// responsibility, had a say when they said it, and no list or order turns a no into a yes.
// A named person does, once they have asked ([EarlierNo]). A yes that waits changes
// nothing before it counts: the word before it stands, a no among them.
//
// What a school does as its public task goes ahead unless one of them has objected, which
// is kept as a no, and outlasts editions and time.
//
// For a looked-after child nothing goes ahead before the social worker has confirmed it,
// to this edition and within its time; then the council speaks as one more who holds
// parental responsibility. A pupil's own no stops everything, and their yes does
// nothing: it is never a consent in a parent's place. From the age the text says they are
// asked; a no that is on record counts at any.
//
// Responsibilities and acts may belong to other pupils, parties and purposes, which
// are passed over; acts may come in any order.
func StandingOf(p Pupil, purpose Text, on Date, rs []Responsibility, acts []Act) Standing {
	if !purpose.Asks(p) {
		return StandingNotAsked
	}
	var yes, no, withdrew bool
	take := func(d Act, yesCounts, noCounts bool) {
		switch {
		case d.Seq == 0:
		case d.Answer == Given:
			yes = yes || yesCounts && purpose.stands(d, on)
		case noCounts:
			no = true
			withdrew = withdrew || d.Answer == Withdrawn
		}
	}
	if p.LookedAfter {
		worker := latest(acts, Decision, p.ID, Ref{RefWorker, p.ID}, purpose.Slug)
		if worker.Seq == 0 || worker.Answer == Given && !purpose.stands(worker, on) {
			return StandingHeld
		}
		take(worker, true, true)
	}
	if purpose.FromAge > 0 {
		if own := latest(acts, Decision, p.ID, Ref{RefPupil, p.ID}, purpose.Slug); own.Seq > 0 && own.Answer != Given {
			return StandingPupil
		}
	}
	for i := range acts {
		if acts[i].TextSlug != purpose.Slug || acts[i].Party.Kind != RefContact {
			continue
		}
		var r Responsibility
		for _, x := range rs {
			if x.PupilID == p.ID && x.ContactID == acts[i].Party.ID {
				r = x
			}
		}
		take(latest(acts, Decision, p.ID, acts[i].Party, purpose.Slug), r.Decides(), r.Decides() || r.Barred&EarlierNo == 0)
	}
	switch objection := purpose.Basis == Objection; {
	case objection && no:
		return StandingObjected
	case yes && no:
		return StandingConflict
	case (yes || objection) && p.Unread:
		return StandingUnread
	case objection:
		return StandingUnopposed
	case yes:
		return StandingGiven
	case withdrew:
		return StandingWithdrawn
	case no:
		return StandingRefused
	}
	return StandingWaiting
}

// latest is a party's last act of a kind about a pupil and text that does not wait;
// its Seq is 0 where there is none.
func latest(acts []Act, kind ActKind, pupil string, party Ref, text string) Act {
	last := -1
	for i := range acts {
		a := &acts[i]
		if a.Kind == kind && a.Subject.ID == pupil && a.Party == party && a.TextSlug == text && !a.Waits && a.Subject.Kind == RefPupil && (last < 0 || a.Seq > acts[last].Seq) {
			last = i
		}
	}
	if last < 0 {
		return Act{}
	}
	return acts[last]
}
