package portal

import (
	"errors"
	"strings"
)

// The ways an operation can fail that are not a fault of ours. Adapters match
// them with errors.Is and errors.As; every other error is internal.
var (
	// ErrNotFound covers both what does not exist and what this account may not
	// know to exist, so that strangers learn nothing.
	ErrNotFound = errors.New("not found")
	// ErrForbidden is for staff who are known and lack the role, or whose own family it is
	// about, and for a parent who may see a child and not decide.
	ErrForbidden = errors.New("not allowed")
	// ErrLeft is a signature or a yes for a child who has left the school.
	ErrLeft = errors.New("the child has left")
	// ErrTooMany is a limit on attempts that has been reached.
	ErrTooMany = errors.New("too many attempts")
	// ErrWithheld is what would have given something to somebody who may be barred from a
	// child. It is on record, and waits for a named person to look.
	ErrWithheld = errors.New("held back until a named person has looked")
	// ErrNoRight is what the database does not let this program's role do: to erase, where
	// the role may only add to what is signed.
	ErrNoRight = errors.New("the database's role may not do this: its owner's may")
	// ErrTraces is an erasure that was made, and left something in the database's files.
	ErrTraces = errors.New("what was erased may still stand in the database's files")
	// ErrClock is a clock that has jumped, so that nobody knows what has had its time.
	ErrClock = errors.New("the server’s clock may be wrong")
	// ErrConflict is a write that lost to another; the stores retry it.
	ErrConflict = errors.New("conflict")
	// ErrSecondFactor is staff of a school that asks for a second factor, who have
	// signed in without one as far as their provider says.
	ErrSecondFactor = errors.New("signed in without a second factor")
	// ErrStale is an act for which somebody has to prove anew who they are.
	ErrStale = errors.New("signed in too long ago for this")
	// ErrDeclined is somebody who turned back at their sign-in provider. Nothing
	// was changed.
	ErrDeclined = errors.New("sign-in declined")
)

// Problem is one thing a person can put right. Field names the form field, or
// the place in a file ("row 12, column Date of birth").
type Problem struct {
	Field   string
	Message string
}

// Invalid is input that has to be put right before anything is saved.
type Invalid struct{ Problems []Problem }

func (e *Invalid) Error() string {
	var b strings.Builder
	for i, p := range e.Problems {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(p.Field + ": " + p.Message)
	}
	return b.String()
}

// Add notes a problem.
func (e *Invalid) Add(field, message string) {
	e.Problems = append(e.Problems, Problem{field, message})
}

// Or is nil when there are no problems, and the error otherwise.
func (e *Invalid) Or() error {
	if len(e.Problems) == 0 {
		return nil
	}
	return e
}

// TextChanged is an attempt to sign or decide on a wording that has since been
// replaced. Nothing was recorded; Now is what has to be read first.
type TextChanged struct{ Now Text }

func (e *TextChanged) Error() string { return "the wording changed: " + e.Now.Slug }
