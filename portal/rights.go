package portal

import (
	"fmt"
	"slices"
)

// Staff says what somebody who works at a school may do there.
type Staff struct {
	Email   string // as their school's own domain or tenant vouches for it
	School  string // slug, or "*" for every school of the trust
	Role    Role
	Years   []Year   // with Classes, whom the role is for; both empty for the whole school
	Classes []string // registration groups
	Posts   bool     `json:",omitempty"` // in the school's name, on its official channels
}

// Role is a part played at a school.
type Role string

const (
	Office     Role = "office"            // runs the register
	Business   Role = "business manager"  // sees that it is run as it should be
	Lead       Role = "safeguarding lead" // reads everything
	Head       Role = "head"
	Teacher    Role = "teacher" // of their own classes
	TrustStaff Role = "trust"   // reads across schools
	Colleague  Role = "staff"   // everybody else who works there, and signs its agreement alone
	Governor   Role = "governor"
	operator   Role = "operator"
)

// scope is how far a role reaches at least: what its entry in the settings must say.
type scope int

const (
	anySchool scope = iota // one school, or every one
	ownClass               // classes or years of a school
	everySchool
)

// rights is the one table of what each role may do (least privilege). Who may act
// for a child is no matter of a role; see [Actor.May].
var rights = map[Role]struct {
	scope scope
	may   []Action
}{
	Office:     {anySchool, []Action{SeeRegister, SeeTasks, SeeFamilies, ExportList, ImportClassList, PrintLetters, ConfirmJoin, WriteDown, SendMail, EraseRecords, ShowDossier, ManagePictures, ProposeActivity, SignOwn, HaveSign, SeeSigners, RunDesk, SeeAccess, GiveAccess, FillBlanks}},
	Business:   {anySchool, []Action{SeeRegister, SeeTasks, ExportList, SeeEvents, SignOwn, SeeAccess, GiveAccess, ReviewAccess}},
	Lead:       {anySchool, []Action{SeeRegister, SeeTasks, SeeFamilies, ConfirmJoin, ExportList, SeeEvents, SetRestrictions, SeeReasons, EraseRecords, ShowDossier, AgreeWording, ManagePictures, ProposeActivity, ApproveActivity, SignOwn, HaveSign, SeeSigners, SeeAccess, ReviewAccess, FillBlanks, ApproveBlanks}},
	Head:       {anySchool, []Action{SeeRegister, SeeTasks, SeeFamilies, ConfirmJoin, SeeEvents, SetRestrictions, EraseRecords, AgreeWording, ManagePictures, ApproveActivity, SignOwn, HaveSign, SeeSigners, SeeAccess, GiveAccess, WaiveSignature, ReviewAccess, FillBlanks, ApproveBlanks}},
	Teacher:    {ownClass, []Action{SeeRegister, ProposeActivity, SignOwn, HaveSign}},
	TrustStaff: {everySchool, []Action{SeeRegister, SeeTasks, SignOwn, FillBlanks}},
	Colleague:  {anySchool, []Action{SignOwn}},
	Governor:   {anySchool, []Action{SignOwn}},
	operator:   {everySchool, []Action{SeeRegister, SeeTasks, SeeFamilies, ExportList, ImportClassList, PrintLetters, ConfirmJoin, SendMail, SeeEvents, SetRestrictions, SeeReasons, EraseRecords, ShowDossier}},
}

// Roles are those that the settings may give, in the order in which to name them.
var Roles = []Role{Office, Business, Lead, Head, Teacher, TrustStaff, Colleague, Governor}

// Check says what is wrong with an entry of the settings, by the name of the setting.
func (s Staff) Check() error {
	var wrong Invalid
	limited := len(s.Years)+len(s.Classes) > 0
	switch known := slices.Contains(Roles, s.Role); {
	case s.School == "":
		wrong.Add("school", `expected a school's folder name, or "*" for every school`)
	case !known:
		wrong.Add("role", fmt.Sprintf("expected one of %q", Roles))
	case rights[s.Role].scope == ownClass && (!limited || s.School == "*"):
		wrong.Add("classes", fmt.Sprintf("expected the classes or years of a %s, at one school", s.Role))
	case rights[s.Role].scope != ownClass && limited:
		wrong.Add("classes", fmt.Sprintf("expected no classes and no years for %q, who sees the whole school", s.Role))
	case rights[s.Role].scope == everySchool && s.School != "*":
		wrong.Add("school", fmt.Sprintf(`expected "*" for %q, who reads across schools`, s.Role))
	}
	return wrong.Or()
}

// covers says whether the entry is about a school at all.
func (s Staff) covers(school string) bool { return s.School == school || s.School == "*" }

// reaches says whether the entry is about a pupil of its school.
func (s Staff) reaches(p Pupil) bool {
	return rights[s.Role].scope != ownClass || slices.Contains(s.Years, p.Year) || slices.Contains(s.Classes, p.Group)
}

// may says whether the entry's role may do this.
func (s Staff) may(do Action) bool { return slices.Contains(rights[s.Role].may, do) }

// roles is the account's entries, and the operator's one.
func (a Actor) roles() []Staff {
	if a.AccountID == Operator {
		return []Staff{{School: "*", Role: operator}}
	}
	return a.Roles
}

// Demands is what schools ask of those who sign in, each by its slug or "*" for all.
type Demands struct {
	SecondFactor []string // of staff
	SignAgain    []string // of parents, before the first yes or signature of a session
}

// factor says whether a second factor is asked of whoever has these roles.
func (d Demands) factor(roles []Staff) bool {
	return slices.ContainsFunc(roles, func(s Staff) bool {
		return covers(d.SecondFactor, s.School) || s.School == "*" && len(d.SecondFactor) > 0
	})
}

func covers(schools []string, school string) bool {
	return slices.Contains(schools, school) || slices.Contains(schools, "*")
}

// mayStaff decides for staff.
func (a Actor) mayStaff(do Action, school string) error {
	err := ErrNotFound
	for _, s := range a.roles() {
		if !s.covers(school) {
			continue
		}
		if s.may(do) {
			return nil
		}
		err = ErrForbidden
	}
	return err
}

// reached is a pupil of a school with whom somebody may do this; [ErrNotFound] for any other.
func (a Actor) reached(tx Tx, do Action, school, id string) (Pupil, error) {
	x, err := tx.Pupil(id)
	if err == nil && (x.School != school || !a.reach(do, school)(x)) {
		err = ErrNotFound
	}
	if err != nil {
		return Pupil{}, fmt.Errorf("pupil: %w", err)
	}
	return x, nil
}

// reach is which pupils of a school somebody may do this with.
func (a Actor) reach(do Action, school string) func(Pupil) bool {
	return func(p Pupil) bool {
		return slices.ContainsFunc(a.roles(), func(s Staff) bool { return s.covers(school) && s.may(do) && s.reaches(p) })
	}
}
