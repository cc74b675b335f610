package portal

import (
	"slices"
	"time"
)

// Barred is somebody from whom a restriction in force takes something about a child.
type Barred struct {
	Contact Contact
	Since   time.Time
}

// watch is who is barred from something about any child of the trust, as a school may
// know of it. Whatever gives a person something about a child asks it first (see
// [watch.extend]): what is taken from somebody about one child is not left behind with
// another, until a named person has looked.
type watch struct {
	here, elsewhere []watched
	// looked is when a named person last gave back something about a link.
	looked map[Link]time.Time
}

// watched is somebody who is barred, with their name made ready for comparing.
type watched struct {
	Barred
	name spelling
}

func watching(b Barred) watched { return watched{b, spellingOf(b.Contact.Name)} }

// always is since when those are barred of whom nobody can have looked yet.
var always = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

func watchOf(history []Restriction, contacts []Contact, elsewhere []Barred) watch {
	w := watch{looked: map[Link]time.Time{}}
	for _, b := range elsewhere {
		w.elsewhere = append(w.elsewhere, watching(b))
	}
	named := byID(contacts)
	for _, r := range history {
		switch {
		case r.InForce():
			w.here = append(w.here, watching(Barred{named[r.Link.ContactID], r.Since}))
		case r.Until.After(w.looked[r.Link]):
			w.looked[r.Link] = r.Until
		}
	}
	return w
}

func readWatch(tx Tx, school string) (watch, error) {
	history, err := tx.Restrictions(school)
	if err != nil {
		return watch{}, err
	}
	contacts, err := tx.Contacts(school)
	if err != nil {
		return watch{}, err
	}
	elsewhere, err := tx.RestrictedElsewhere(school)
	return watchOf(history, contacts, elsewhere), err
}

// The words for whoever is warned. Of another school nothing else is told.
const (
	barredHere = "A court order or another restriction about a child is recorded against this person, or somebody very like them. Ask the safeguarding lead before you go on."
	barredFar  = "Somebody of this name has an order against them at another school of the trust. Ask the trust’s lead before you go on."
)

// warning says of a contact that somebody who may be they is barred from a child; "" where
// nothing is known.
func (w watch) warning(c Contact) string { return w.since(c, true, time.Time{}) }

// warningNew is warning of somebody new, of whom the email address and the telephone
// count, too.
func (w watch) warningNew(c Contact) string { return w.since(c, false, time.Time{}) }

// since is warning about what was set after a named person last looked.
func (w watch) since(c Contact, known bool, looked time.Time) string {
	if len(w.here)+len(w.elsewhere) == 0 {
		return ""
	}
	name := spellingOf(c.Name)
	for _, x := range []struct {
		all   []watched
		words string
	}{{w.here, barredHere}, {w.elsewhere, barredFar}} {
		if slices.ContainsFunc(x.all, func(b watched) bool { return b.Since.After(looked) && b.alike(c, name, known) }) {
			return x.words
		}
	}
	return ""
}

// extend is what comes of it if a contact is to have is about a child, and had was: as it
// is, or, where that would give them something and somebody who may be they is barred
// from a child, with all of it withheld, and the warning.
func (w watch) extend(c Contact, known bool, was, is Responsibility) (_ Responsibility, warning string) {
	if is.Barred&AllRights == AllRights || was.ContactID != "" && is.rights()&^was.rights() == 0 {
		return is, ""
	}
	if warning = w.since(c, known, w.looked[Link{is.PupilID, is.ContactID}]); warning != "" {
		is.Barred = AllRights
	}
	return is, warning
}

// rights is all that the contact may do about the child.
func (r Responsibility) rights() Rights {
	if !r.Parental {
		return 0
	}
	return AllRights &^ r.Barred
}

// alike says whether a contact, of that name, may be the one who is barred: the same, or
// of that name; or, of somebody new, of that email or telephone.
func (b watched) alike(c Contact, name spelling, known bool) bool {
	return b.Contact.ID == c.ID && c.ID != "" || b.name.maybe(name) || !known && (sameEmail(b.Contact.Email, c.Email) || sharePhone(b.Contact.Phone, c.Phone))
}

// Why something was taken, for the record, where nobody has said it.
const (
	heldBack = "somebody very like them is barred from a child"
	listSaid = "a class list"
)

// withhold bars a contact from a child until a named person has looked.
func (p *Portal) withhold(tx Tx, account, school string, was, is Responsibility) error {
	return p.restrict(tx, account, school, Link{is.PupilID, is.ContactID}, is.Barred&^was.Barred, "", heldBack)
}
