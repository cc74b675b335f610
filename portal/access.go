package portal

import (
	"slices"
	"time"
)

// Action is something that a route of the portal does for somebody.
type Action string

const (
	SeeChild        Action = "see a child"
	Sign            Action = "sign for a child"
	Decide          Action = "decide for a child"
	Refuse          Action = "say no for a child"
	SeeReceipt      Action = "see a receipt"
	SeeRegister     Action = "see the register"
	ImportClassList Action = "import a class list"
	PrintLetters    Action = "print letters"
	ConfirmJoin     Action = "make sure who has joined"
	WriteDown       Action = "write down what came on paper"
	ExportList      Action = "export a list"
	SeeReasons      Action = "see why on a list"
	SeeEvents       Action = "see who did what"
	SetRestrictions Action = "set and lift restrictions"
	EraseRecords    Action = "erase what has had its time"
	ShowDossier     Action = "show all that is held of a person"
	AgreeWording    Action = "agree to a correction"
	SendMail        Action = "send mail and see what was sent"
	ManagePictures  Action = "look after pictures of pupils"
	ProposeActivity Action = "propose an activity"
	ApproveActivity Action = "approve an activity"
	FillBlanks      Action = "fill in the school's blanks"
	ApproveBlanks   Action = "approve what others filled in"
	SeeTasks        Action = "see what needs doing"
	SeeFamilies     Action = "see who a pupil's family are"
	SignOwn         Action = "sign an agreement with staff"
	HaveSign        Action = "have a class sign"
	SeeSigners      Action = "see which staff and visitors have signed"
	RunDesk         Action = "have visitors sign, and sign them out"
	SeeAccess       Action = "see who has been given access"
	GiveAccess      Action = "give and end access"
	WaiveSignature  Action = "give access without a signature"
	ReviewAccess    Action = "look through who has access"
)

// Child is a pupil together with one contact who may speak for them.
type Child struct {
	Pupil          Pupil
	Contact        Contact
	Responsibility Responsibility
	// Since is when the contact's join began to cover the child, in UTC; zero where
	// it does not: a child who came to the register later is nobody's to see until
	// the office has added them (design: a join covers the children that it named).
	Since time.Time
	// Counts is from when a yes that is given through the join counts, in UTC; zero
	// for always.
	Counts time.Time
	// Sure says that the office has made sure that it was the contact who joined, or that its
	// letters are handed over in person, where a yes counts at once. Until then the account
	// may be anybody's who had the letter, and is shown nothing that the contact said on
	// paper, or that the school wrote to them.
	Sure bool
}

// Actor is an account with everything that its rights depend on.
type Actor struct {
	AccountID string
	Contacts  []Contact // whom the school's letters have joined to this account
	Children  []Child   // of those contacts, whatever their rights
	// Family is the children of theirs who are not among those, or who may not be: see
	// [AccountTx.AccountFamily]. It gives no right, and takes some.
	Family []Responsibility
	// Unsure is children who may be of their family by an address alone; see kin.go. It takes
	// nothing.
	Unsure []Responsibility
	Roles  []Staff // as the settings name this account now
}

// Operator stands for whoever runs the schoolgate command on the server itself.
// They hold the database, so the command line serves them as the office of every
// school. No account has this id: accounts' are random.
const Operator = "operator"

// Subject is what an action is done to: a pupil, an act about a pupil, or a school.
type Subject struct {
	School  string
	PupilID string // for actions about one child
	// ContactID is whose act it is, and By the account that gave it online, or ""
	// where it came another way; for SeeReceipt only. For ApproveActivity and ApproveBlanks,
	// By is the account that proposed it.
	ContactID string
	By        string
}

// May is the one place that decides who may do what. It answers nil, or
// [ErrNotFound] where even the existence of the subject is none of the actor's
// business, [ErrForbidden] for staff of the school who lack the role, or [ErrLeft].
//
// A parent sees, and acts for, a child for whom they hold parental responsibility, as
// far as no restriction takes that from them, under whichever of its names for them the
// register has it; who sees and may not decide is [ErrForbidden] to. Once the child has left, and until the
// record's time is up, they still see what they decided and may say no; to sign
// or to say yes is [ErrLeft]. They see their own
// receipts, never another contact's, nor those of somebody who had joined as them
// before. Staff do what the table of rights gives their roles at their own schools,
// and never sign or decide for anybody.
func (a Actor) May(do Action, to Subject) error {
	switch do {
	case SeeChild, Refuse, Sign, Decide:
		c, ok := a.childFor(to.PupilID, MaySee)
		_, decides := a.childFor(to.PupilID, MaySee|MayDecide)
		switch {
		case ok && do != SeeChild && !decides:
			return ErrForbidden
		case ok && (c.Pupil.OnRoll() || do == SeeChild || do == Refuse):
			return nil
		case ok:
			return ErrLeft
		}
	case SeeReceipt:
		for _, c := range a.Children {
			if (to.By == "" || to.By == a.AccountID) && c.Pupil.ID == to.PupilID && c.Contact.ID == to.ContactID && !c.Since.IsZero() && c.Responsibility.May(MaySee) && !a.barred(c.Pupil.ID, MaySee) {
				return nil
			}
		}
	case AgreeWording: // the office's own work is not for the office to agree to
		if a.mayStaff(ImportClassList, to.School) == nil {
			return ErrForbidden
		}
		return a.mayStaff(do, to.School)
	case ApproveActivity, ApproveBlanks: // nobody approves what they have proposed
		if err := a.mayStaff(do, to.School); err != nil || to.By == "" || to.By != a.AccountID {
			return err
		}
		return ErrForbidden
	default: // all else that there is, is for staff
		if slices.ContainsFunc(Roles, func(r Role) bool { return slices.Contains(rights[r].may, do) }) {
			return a.mayStaff(do, to.School)
		}
	}
	return ErrNotFound
}

// childFor is the child about whom this actor has the rights, with the contact as whom
// they have them.
func (a Actor) childFor(pupil string, rights Rights) (Child, bool) {
	for _, c := range a.Children {
		if c.Pupil.ID == pupil && !c.Since.IsZero() && c.Responsibility.May(rights) && !a.barred(pupil, rights) {
			return c, true
		}
	}
	return Child{}, false
}

// barred says whether a restriction takes one of these rights from this person. A
// register may hold somebody twice, and the restriction against only one of the two, whom
// a list may have dropped.
func (a Actor) barred(pupil string, rights Rights) bool {
	takes := func(r Responsibility) bool { return r.PupilID == pupil && r.Barred&rights != 0 }
	return slices.ContainsFunc(a.Children, func(c Child) bool { return takes(c.Responsibility) }) || slices.ContainsFunc(a.Family, takes)
}
