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

// mine is somebody's own answer, as they read it.
func mine(a portal.Answer) answer {
	switch a {
	case portal.Given:
		return answer{"You said yes", "given"}
	case portal.Withdrawn:
		return answer{"You changed to no", "refused"}
	}
	return answer{"You said no", "refused"}
}

// standingWords is a standing as the office reads it.
var standingWords = map[portal.Standing]answer{
	portal.StandingGiven:     {"Yes", "given"},
	portal.StandingRefused:   {"No", "refused"},
	portal.StandingWithdrawn: {"Withdrawn", "refused"},
	portal.StandingConflict:  {"Conflict", "conflict"},
	portal.StandingWaiting:   {"No answer", "waiting"},
	portal.StandingUnread:    {"Ask the safeguarding lead", "plain"},
	portal.StandingHeld:      {"Ask social worker", "plain"},
	portal.StandingNo:        {"No", "refused"},
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
