package portal

import (
	"fmt"
	"log/slog"
)

// Whatever holds somebody's name, address, answer or secret prints as opaque ids
// alone, in fmt (GoString is %#v) and in slog (whose JSON would otherwise open
// the fields of what it is given). Types that are printed as themselves in an
// error have their String where they are declared.

func (p Pupil) GoString() string        { return p.String() }
func (c Contact) GoString() string      { return c.String() }
func (i Identity) GoString() string     { return i.String() }
func (a Account) GoString() string      { return a.String() }
func (h Handshake) GoString() string    { return h.String() }
func (l Letter) GoString() string       { return l.String() }
func (r ClassListRow) GoString() string { return r.String() }

func (l Letter) LogValue() slog.Value       { return slog.StringValue(l.String()) }
func (r ClassListRow) LogValue() slog.Value { return slog.StringValue(r.String()) }

func (r Responsibility) String() string       { return "contact " + r.ContactID + " of pupil " + r.PupilID }
func (r Responsibility) GoString() string     { return r.String() }
func (r Responsibility) LogValue() slog.Value { return slog.StringValue(r.String()) }

func (c Child) String() string       { return c.Contact.String() + " of " + c.Pupil.String() }
func (c Child) GoString() string     { return c.String() }
func (c Child) LogValue() slog.Value { return slog.StringValue(c.String()) }

func (a Actor) String() string       { return "account " + a.AccountID }
func (a Actor) GoString() string     { return a.String() }
func (a Actor) LogValue() slog.Value { return slog.StringValue(a.String()) }

func (i Invitee) String() string       { return "invitee " + i.Contact.ID }
func (i Invitee) GoString() string     { return i.String() }
func (i Invitee) LogValue() slog.Value { return slog.StringValue(i.String()) }

func (j NewJoin) String() string       { return "join as " + j.Contact.String() }
func (j NewJoin) GoString() string     { return j.String() }
func (j NewJoin) LogValue() slog.Value { return slog.StringValue(j.String()) }

func (r Restriction) String() string       { return "restriction " + r.ID }
func (r Restriction) GoString() string     { return r.String() }
func (r Restriction) LogValue() slog.Value { return slog.StringValue(r.String()) }

func (b Barred) String() string       { return b.Contact.String() }
func (b Barred) GoString() string     { return b.String() }
func (b Barred) LogValue() slog.Value { return slog.StringValue(b.String()) }

func (d RestrictionRow) String() string       { return d.Restriction.String() }
func (d RestrictionRow) GoString() string     { return d.String() }
func (d RestrictionRow) LogValue() slog.Value { return slog.StringValue(d.String()) }

func (f RestrictForm) String() string       { return "restriction of contact " + f.Link.ContactID }
func (f RestrictForm) GoString() string     { return f.String() }
func (f RestrictForm) LogValue() slog.Value { return slog.StringValue(f.String()) }

func (r Restricted) String() string       { return r.Child.String() }
func (r Restricted) GoString() string     { return r.String() }
func (r Restricted) LogValue() slog.Value { return slog.StringValue(r.String()) }

func (m Mail) GoString() string     { return m.String() } // of a Message and an OutboxRow, too
func (m Mail) LogValue() slog.Value { return slog.StringValue(m.String()) }

func (x Picture) String() string       { return "picture " + x.ID } // of a PictureView, too
func (x Picture) GoString() string     { return x.String() }
func (x Picture) LogValue() slog.Value { return slog.StringValue(x.String()) }

func (r Reference) String() string       { return "pupil " + r.ID }
func (r Reference) GoString() string     { return r.String() }
func (r Reference) LogValue() slog.Value { return slog.StringValue(r.String()) }

func (m Mailing) String() string       { return "mail to contact " + m.ContactID }
func (m Mailing) GoString() string     { return m.String() }
func (m Mailing) LogValue() slog.Value { return slog.StringValue(m.String()) }

func (o Outbox) String() string       { return "an outbox" }
func (o Outbox) GoString() string     { return o.String() }
func (o Outbox) LogValue() slog.Value { return slog.StringValue(o.String()) }

func (r Reminder) String() string       { return "reminder to " + r.Contact.String() }
func (r Reminder) GoString() string     { return r.String() }
func (r Reminder) LogValue() slog.Value { return slog.StringValue(r.String()) }

func (r Reminders) String() string       { return "reminders" }
func (r Reminders) GoString() string     { return r.String() }
func (r Reminders) LogValue() slog.Value { return slog.StringValue(r.String()) }

func (s Staff) String() string       { return string(s.Role) + " of " + s.School }
func (s Staff) GoString() string     { return s.String() }
func (s Staff) LogValue() slog.Value { return slog.StringValue(s.String()) }

func (a Act) String() string         { return "act " + a.ID }
func (a Act) GoString() string       { return a.String() }
func (e Event) String() string       { return e.Act.String() }
func (e Event) GoString() string     { return e.String() }
func (e Event) LogValue() slog.Value { return slog.StringValue(e.String()) }

func (a Act) LogValue() slog.Value { return slog.StringValue(a.String()) }

func (e LedgerEntry) String() string       { return fmt.Sprintf("entry %d", e.Index) }
func (e LedgerEntry) GoString() string     { return e.String() }
func (e LedgerEntry) LogValue() slog.Value { return slog.StringValue(e.String()) }

func (p Proof) String() string       { return fmt.Sprintf("proof of entry %d", p.Index) }
func (p Proof) GoString() string     { return p.String() }
func (p Proof) LogValue() slog.Value { return slog.StringValue(p.String()) }

func (r Receipt) String() string       { return "receipt of " + r.Act.String() }
func (r Receipt) GoString() string     { return r.String() }
func (r Receipt) LogValue() slog.Value { return slog.StringValue(r.String()) }

func (f SignForm) String() string       { return "signature for pupil " + f.Pupil }
func (f SignForm) GoString() string     { return f.String() }
func (f SignForm) LogValue() slog.Value { return slog.StringValue(f.String()) }

func (f DecideForm) String() string       { return "answer for pupil " + f.Pupil }
func (f DecideForm) GoString() string     { return f.String() }
func (f DecideForm) LogValue() slog.Value { return slog.StringValue(f.String()) }

func (v ChildView) String() string       { return v.Child.String() }
func (v ChildView) GoString() string     { return v.String() }
func (v ChildView) LogValue() slog.Value { return slog.StringValue(v.String()) }

func (v SigningView) String() string       { return v.Signed.String() }
func (v SigningView) GoString() string     { return v.String() }
func (v SigningView) LogValue() slog.Value { return slog.StringValue(v.String()) }

func (v PurposeView) String() string       { return v.Mine.String() }
func (v PurposeView) GoString() string     { return v.String() }
func (v PurposeView) LogValue() slog.Value { return slog.StringValue(v.String()) }

func (r ListRow) String() string       { return "row of " + r.Pupil.String() }
func (r ListRow) GoString() string     { return r.String() }
func (r ListRow) LogValue() slog.Value { return slog.StringValue(r.String()) }

func (r PupilFile) String() string       { return "record of " + r.Pupil.String() }
func (r PupilFile) GoString() string     { return r.String() }
func (r PupilFile) LogValue() slog.Value { return slog.StringValue(r.String()) }

func (p PlannedPupil) String() string       { return p.Pupil.String() }
func (p PlannedPupil) GoString() string     { return p.String() }
func (p PlannedPupil) LogValue() slog.Value { return slog.StringValue(p.String()) }

func (p ImportPlan) String() string       { return "import plan " + p.Fingerprint }
func (p ImportPlan) GoString() string     { return p.String() }
func (p ImportPlan) LogValue() slog.Value { return slog.StringValue(p.String()) }

func (l HeldList) String() string       { return "class list " + l.ID }
func (l HeldList) GoString() string     { return l.String() }
func (l HeldList) LogValue() slog.Value { return slog.StringValue(l.String()) }

func (t Affected) String() string       { return "taken from " + t.Contact.String() }
func (t Affected) GoString() string     { return t.String() }
func (t Affected) LogValue() slog.Value { return slog.StringValue(t.String()) }

func (m Maybe) String() string       { return "question about " + m.Pupil.String() }
func (m Maybe) GoString() string     { return m.String() }
func (m Maybe) LogValue() slog.Value { return slog.StringValue(m.String()) }

func (c PlannedContact) String() string       { return c.Contact.String() }
func (c PlannedContact) GoString() string     { return c.String() }
func (c PlannedContact) LogValue() slog.Value { return slog.StringValue(c.String()) }

func (f HeldForm) String() string       { return "form held for account " + f.AccountID }
func (f HeldForm) GoString() string     { return f.String() }
func (f HeldForm) LogValue() slog.Value { return slog.StringValue(f.String()) }

func (s Session) String() string       { return "session of account " + s.AccountID }
func (s Session) GoString() string     { return s.String() }
func (s Session) LogValue() slog.Value { return slog.StringValue(s.String()) }

func (i Invitation) String() string       { return "invitation " + i.ID }
func (i Invitation) GoString() string     { return i.String() }
func (i Invitation) LogValue() slog.Value { return slog.StringValue(i.String()) }

func (l ClassList) String() string       { return fmt.Sprintf("class list of %d rows", len(l.Rows)) }
func (l ClassList) GoString() string     { return l.String() }
func (l ClassList) LogValue() slog.Value { return slog.StringValue(l.String()) }

func (f ListFile) String() string       { return "file of a class list" }
func (f ListFile) GoString() string     { return f.String() }
func (f ListFile) LogValue() slog.Value { return slog.StringValue(f.String()) }

func (c ListColumn) String() string       { return "column of a class list" }
func (c ListColumn) GoString() string     { return c.String() }
func (c ListColumn) LogValue() slog.Value { return slog.StringValue(c.String()) }

func (t ToSettle) String() string       { return fmt.Sprintf("%d contacts to settle", len(t.Children)) }
func (t ToSettle) GoString() string     { return t.String() }
func (t ToSettle) LogValue() slog.Value { return slog.StringValue(t.String()) }

func (k Keeping) String() string       { return "keeping of pupil " + k.PupilID }
func (k Keeping) GoString() string     { return k.String() }
func (k Keeping) LogValue() slog.Value { return slog.StringValue(k.String()) }

func (l Leaver) String() string       { return l.Pupil.String() }
func (l Leaver) GoString() string     { return l.String() }
func (l Leaver) LogValue() slog.Value { return slog.StringValue(l.String()) }

func (r Retention) String() string       { return fmt.Sprintf("retention of %d leavers", len(r.Leavers)) }
func (r Retention) GoString() string     { return r.String() }
func (r Retention) LogValue() slog.Value { return slog.StringValue(r.String()) }

func (d Dossier) String() string       { return "dossier of " + d.Of.ID }
func (d Dossier) GoString() string     { return d.String() }
func (d Dossier) LogValue() slog.Value { return slog.StringValue(d.String()) }

func (s Section) String() string       { return fmt.Sprintf("section of %d entries", len(s.Entries)) }
func (s Section) GoString() string     { return s.String() }
func (s Section) LogValue() slog.Value { return slog.StringValue(s.String()) }

func (f Fact) String() string       { return "fact" }
func (f Fact) GoString() string     { return f.String() }
func (f Fact) LogValue() slog.Value { return slog.StringValue(f.String()) }

func (s Slip) String() string       { return "slip" }
func (s Slip) GoString() string     { return s.String() }
func (s Slip) LogValue() slog.Value { return slog.StringValue(s.String()) }

func (f SlipFilter) String() string       { return "filter of slips" }
func (f SlipFilter) GoString() string     { return f.String() }
func (f SlipFilter) LogValue() slog.Value { return slog.StringValue(f.String()) }

func (t SlipAnswer) String() string       { return "answer on paper" }
func (t SlipAnswer) GoString() string     { return t.String() }
func (t SlipAnswer) LogValue() slog.Value { return slog.StringValue(t.String()) }

func (f SlipForm) String() string       { return "answers on paper" }
func (f SlipForm) GoString() string     { return f.String() }
func (f SlipForm) LogValue() slog.Value { return slog.StringValue(f.String()) }

func (w Written) String() string       { return "answer on paper" }
func (w Written) GoString() string     { return w.String() }
func (w Written) LogValue() slog.Value { return slog.StringValue(w.String()) }

func (v PupilPage) String() string       { return "page of " + v.Pupil.String() }
func (v PupilPage) GoString() string     { return v.String() }
func (v PupilPage) LogValue() slog.Value { return slog.StringValue(v.String()) }

func (v ContactPage) String() string       { return "page of " + v.Contact.String() }
func (v ContactPage) GoString() string     { return v.String() }
func (v ContactPage) LogValue() slog.Value { return slog.StringValue(v.String()) }

func (t Tie) String() string       { return t.Child.String() }
func (t Tie) GoString() string     { return t.String() }
func (t Tie) LogValue() slog.Value { return slog.StringValue(t.String()) }

func (s Said) String() string       { return s.Act.String() }
func (s Said) GoString() string     { return s.String() }
func (s Said) LogValue() slog.Value { return slog.StringValue(s.String()) }

func (i Issued) String() string       { return i.Invitation.String() }
func (i Issued) GoString() string     { return i.String() }
func (i Issued) LogValue() slog.Value { return slog.StringValue(i.String()) }

func (f Found) String() string       { return fmt.Sprintf("%d found", len(f.Pupils)+len(f.Contacts)) }
func (f Found) GoString() string     { return f.String() }
func (f Found) LogValue() slog.Value { return slog.StringValue(f.String()) }

func (f FoundContact) String() string       { return f.Contact.String() }
func (f FoundContact) GoString() string     { return f.String() }
func (f FoundContact) LogValue() slog.Value { return slog.StringValue(f.String()) }

func (u UndoPlan) String() string       { return "undo" }
func (u UndoPlan) GoString() string     { return u.String() }
func (u UndoPlan) LogValue() slog.Value { return slog.StringValue(u.String()) }

func (u ListUndo) String() string       { return "undo of " + u.School }
func (u ListUndo) GoString() string     { return u.String() }
func (u ListUndo) LogValue() slog.Value { return slog.StringValue(u.String()) }

func (b ListBefore) String() string       { return "what a list changed" }
func (b ListBefore) GoString() string     { return b.String() }
func (b ListBefore) LogValue() slog.Value { return slog.StringValue(b.String()) }

func (c Chased) String() string       { return c.Child.String() }
func (c Chased) GoString() string     { return c.String() }
func (c Chased) LogValue() slog.Value { return slog.StringValue(c.String()) }

func (x Activity) String() string       { return "activity " + x.ID }
func (x Activity) GoString() string     { return x.String() }
func (x Activity) LogValue() slog.Value { return slog.StringValue(x.String()) }

func (g Grant) String() string       { return "grant " + g.ID }
func (g Grant) GoString() string     { return g.String() }
func (g Grant) LogValue() slog.Value { return slog.StringValue(g.String()) }

func (r GrantRow) String() string       { return r.Grant.String() }
func (r GrantRow) GoString() string     { return r.String() }
func (r GrantRow) LogValue() slog.Value { return slog.StringValue(r.String()) }

func (v AccessPage) String() string       { return fmt.Sprintf("%d grants", len(v.Rows)) }
func (v AccessPage) GoString() string     { return v.String() }
func (v AccessPage) LogValue() slog.Value { return slog.StringValue(v.String()) }

func (g Giving) String() string       { return fmt.Sprintf("given to %d", len(g.Given)) }
func (g Giving) GoString() string     { return g.String() }
func (g Giving) LogValue() slog.Value { return slog.StringValue(g.String()) }

func (l LeftOut) String() string       { return "somebody left out" }
func (l LeftOut) GoString() string     { return l.String() }
func (l LeftOut) LogValue() slog.Value { return slog.StringValue(l.String()) }

func (f GiveForm) String() string       { return "giving of access" }
func (f GiveForm) GoString() string     { return f.String() }
func (f GiveForm) LogValue() slog.Value { return slog.StringValue(f.String()) }

func (x Plan) String() string       { return "plan of an activity" }
func (x Plan) GoString() string     { return x.String() }
func (x Plan) LogValue() slog.Value { return slog.StringValue(x.String()) }

func (f ActivityForm) String() string       { return "proposal of an activity" }
func (f ActivityForm) GoString() string     { return f.String() }
func (f ActivityForm) LogValue() slog.Value { return slog.StringValue(f.String()) }

func (f CloseForm) String() string       { return "end of an activity" }
func (f CloseForm) GoString() string     { return f.String() }
func (f CloseForm) LogValue() slog.Value { return slog.StringValue(f.String()) }

func (s GoSheet) String() string       { return fmt.Sprintf("sheet of %d pupils", len(s.Rows)) }
func (s GoSheet) GoString() string     { return s.String() }
func (s GoSheet) LogValue() slog.Value { return slog.StringValue(s.String()) }

func (r GoRow) String() string       { return r.Pupil.String() }
func (r GoRow) GoString() string     { return r.String() }
func (r GoRow) LogValue() slog.Value { return slog.StringValue(r.String()) }

func (r Roll) String() string       { return "roll" }
func (r Roll) GoString() string     { return r.String() }
func (r Roll) LogValue() slog.Value { return slog.StringValue(r.String()) }

func (s Sitting) String() string       { return "sitting at " + s.School } // of Here, too
func (s Sitting) GoString() string     { return s.String() }
func (s Sitting) LogValue() slog.Value { return slog.StringValue(s.String()) }

func (s Signable) String() string       { return "agreement " + s.Signed.ID } // of OwnText, too
func (s Signable) GoString() string     { return s.String() }
func (s Signable) LogValue() slog.Value { return slog.StringValue(s.String()) }

func (c Classmate) String() string       { return c.Pupil.String() }
func (c Classmate) GoString() string     { return c.String() }
func (c Classmate) LogValue() slog.Value { return slog.StringValue(c.String()) }

func (c ClassPage) String() string       { return fmt.Sprintf("class of %d", len(c.Class)) }
func (c ClassPage) GoString() string     { return c.String() }
func (c ClassPage) LogValue() slog.Value { return slog.StringValue(c.String()) }

func (f OwnSigning) String() string       { return "signing" }
func (f OwnSigning) GoString() string     { return f.String() }
func (f OwnSigning) LogValue() slog.Value { return slog.StringValue(f.String()) }

func (s Signer) String() string       { return "somebody who works here" }
func (s Signer) GoString() string     { return s.String() }
func (s Signer) LogValue() slog.Value { return slog.StringValue(s.String()) }

func (v Visit) String() string       { return "visit " + v.ID }
func (v Visit) GoString() string     { return v.String() }
func (v Visit) LogValue() slog.Value { return slog.StringValue(v.String()) }

func (f VisitForm) String() string       { return "form of a visitor" }
func (f VisitForm) GoString() string     { return f.String() }
func (f VisitForm) LogValue() slog.Value { return slog.StringValue(f.String()) }

func (v VisitorsPage) String() string       { return fmt.Sprintf("%d visitors", len(v.Today)) }
func (v VisitorsPage) GoString() string     { return v.String() }
func (v VisitorsPage) LogValue() slog.Value { return slog.StringValue(v.String()) }

func (x Photo) GoString() string     { return x.String() }
func (x Photo) LogValue() slog.Value { return slog.StringValue(x.String()) }

func (f PhotoForm) String() string       { return "what is said of a photo" }
func (f PhotoForm) GoString() string     { return f.String() }
func (f PhotoForm) LogValue() slog.Value { return slog.StringValue(f.String()) }

func (b Blank) String() string       { return "blank" }
func (b Blank) GoString() string     { return b.String() }
func (b Blank) LogValue() slog.Value { return slog.StringValue(b.String()) }

func (f BlankForm) String() string       { return "blanks" }
func (f BlankForm) GoString() string     { return f.String() }
func (f BlankForm) LogValue() slog.Value { return slog.StringValue(f.String()) }

func (x Draft) String() string       { return "draft of " + x.School } // of a DraftView, too
func (x Draft) GoString() string     { return x.String() }
func (x Draft) LogValue() slog.Value { return slog.StringValue(x.String()) }

func (c Change) String() string       { return "a change" }
func (c Change) GoString() string     { return c.String() }
func (c Change) LogValue() slog.Value { return slog.StringValue(c.String()) }

func (w LastWrite) String() string       { return "somebody" }
func (w LastWrite) GoString() string     { return w.String() }
func (w LastWrite) LogValue() slog.Value { return slog.StringValue(w.String()) }

func (t Typed) String() string       { return "an answer" }
func (t Typed) GoString() string     { return t.String() }
func (t Typed) LogValue() slog.Value { return slog.StringValue(t.String()) }
