package web

import (
	"strings"

	"schoolgate/portal"
)

// answer is a state in a word, and which of the theme's tags shows it.
type answer struct {
	Word string
	Tag  string // given, refused, waiting, conflict or plain
}

// mine is somebody's own answer, as they read it. An objection has no colour of a no.
func mine(t portal.Text, a portal.Answer) answer {
	switch {
	case t.Objected():
		return answer{t.Said(a), "plain"}
	case a == portal.Given:
		return answer{"You said yes", "given"}
	case a == portal.Withdrawn:
		return answer{"You changed to no", "refused"}
	}
	return answer{"You said no", "refused"}
}

// standingWords is a standing as the office reads it.
var standingWords = map[portal.Standing]answer{
	portal.StandingGiven:     {"Yes", "given"},
	portal.StandingUnopposed: {"May go ahead", "plain"},
	portal.StandingObjected:  {"Objection", "plain"},
	portal.StandingPupil:     {"Pupil said no", "refused"},
	portal.StandingNotAsked:  {"Not asked", "plain"},
	portal.StandingRefused:   {"No", "refused"},
	portal.StandingWithdrawn: {"Withdrawn", "refused"},
	portal.StandingConflict:  {"Conflict", "conflict"},
	portal.StandingWaiting:   {"No answer", "waiting"},
	portal.StandingUnread:    {"Ask the safeguarding lead", "plain"},
	portal.StandingHeld:      {"Ask social worker", "plain"},
	portal.StandingNo:        {"No", "refused"},
}

// standingSays is what each standing means, in a sentence for staff.
var standingSays = map[portal.Standing]string{
	portal.StandingGiven:     "It may go ahead: somebody who decides for the child said yes, and nobody said no.",
	portal.StandingUnopposed: "It may go ahead: it is part of what the school is there for, and nobody has objected.",
	portal.StandingObjected:  "It may not go ahead: somebody who decides for the child has objected.",
	portal.StandingRefused:   "It may not go ahead: somebody who decides for the child said no.",
	portal.StandingWithdrawn: "It may not go ahead: somebody said yes and took it back.",
	portal.StandingConflict:  "It may not go ahead: one who decides for the child said yes, and another said no.",
	portal.StandingPupil:     "It may not go ahead: the pupil does not want it, whatever anybody else said.",
	portal.StandingWaiting:   "It may not go ahead: nobody has answered, or the answer was to other words or has had its time.",
	portal.StandingHeld:      "It may not go ahead: a council looks after the child, and the social worker has not confirmed it.",
	portal.StandingUnread:    "It may not go ahead yet: there may be an order about the child, which the safeguarding lead has to read first.",
	portal.StandingNotAsked:  "It may not go ahead: this is not asked for the child’s year group.",
	portal.StandingNo:        "It may not go ahead. Whoever has not answered is among these, too. Why, only the safeguarding lead can see.",
}

// list joins words as a sentence does: "Asha, Ben and Cai".
func list(words []string) string {
	switch n := len(words); n {
	case 0:
		return ""
	case 1:
		return words[0]
	default:
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
}
