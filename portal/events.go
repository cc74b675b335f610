package portal

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The kinds of event: what was done to the register or with it, by whom. An event is
// an act like a signature: added by one function, sealed in the same ledger.
const (
	LettersIssued     ActKind = "letters-issued"
	SlipsPrinted      ActKind = "slips-printed"
	AnswerWritten     ActKind = "answer-written" // down, by the office
	CodeDied          ActKind = "code-died"
	CodeTried         ActKind = "code-tried" // by another contact of the child
	Joined            ActKind = "joined"
	JoinExtended      ActKind = "join-extended"
	JoinConfirmed     ActKind = "join-confirmed"
	JoinEnded         ActKind = "join-ended"
	RestrictionSet    ActKind = "restriction-set"
	RestrictionLifted ActKind = "restriction-lifted"
	ListApplied       ActKind = "list-applied"
	ListUndone        ActKind = "list-undone"
	ListPreviewed     ActKind = "list-previewed"  // where the preview told of orders, or of other schools
	ContactChanged    ActKind = "contact-changed" // by a list: which of name, email and phone
	ContactRemoved    ActKind = "contact-removed" // from a pupil, by a list
	PupilLeft         ActKind = "pupil-left"
	PupilElsewhere    ActKind = "pupil-elsewhere" // a list has put them on roll at another school, too
	ListSeen          ActKind = "list-seen"
	ListExported      ActKind = "list-exported"
	WordingChanged    ActKind = "wording-changed"
	WordingAgreed     ActKind = "wording-agreed"
	RemindersSent     ActKind = "reminders-sent" // put into the outbox; to whom, by a hash
	AddressMarked     ActKind = "address-marked" // as one that does not work, or does
	StaffAddress      ActKind = "staff-address"  // whether a contact is the member of staff who has their address
	MailHandled       ActKind = "mail-handled"   // called back, or sent once more
	StaffSignedIn     ActKind = "staff-signed-in"
	RightsChanged     ActKind = "rights-changed"
	Erased            ActKind = "erased" // itself never erased
	KeptLonger        ActKind = "record-kept"
	DossierShown      ActKind = "record-shown"
	PicturePutBack    ActKind = "picture-put-back"
	ActivityProposed  ActKind = "activity-proposed"
	ActivityApproved  ActKind = "activity-approved"
	ActivityDeclined  ActKind = "activity-declined"
	ActivityClosed    ActKind = "activity-closed"
	RecordingDeleted  ActKind = "recording-deleted"
	SittingOpened     ActKind = "sitting-opened"
	SittingClosed     ActKind = "sitting-closed"
	SignatureTaken    ActKind = "signature-taken-back" // a pupil's that was not theirs, by a [Decision] beside it
	VisitorCame       ActKind = "visitor-came"         // who had signed before
	VisitorLeft       ActKind = "visitor-left"
	AccessGiven       ActKind = "access-given"
	AccessReviewed    ActKind = "access-reviewed"
	AccessEnded       ActKind = "access-ended"
	PictureBrought    ActKind = "picture-brought"
	PictureDeclared   ActKind = "picture-declared" // who is in it, and where it goes
	PictureSeconded   ActKind = "picture-seconded" // somebody else looked whether nobody is in it
	PictureTakenDown  ActKind = "picture-taken-down"
	PictureFetched    ActKind = "picture-fetched-back" // from wherever else it was used
	PictureDeleted    ActKind = "picture-deleted"
	PicturesReviewed  ActKind = "pictures-reviewed"
	BlanksDrafted     ActKind = "blanks-drafted" // which of them, not what
	BlanksSent        ActKind = "blanks-sent"    // to a second person, with the reason
	BlanksReturned    ActKind = "blanks-returned"
	BlanksDropped     ActKind = "blanks-dropped"
	BlanksApproved    ActKind = "blanks-approved"
	BlanksPublished   ActKind = "blanks-published"
	DecidesChanged    ActKind = "who-decides-changed"
	ClockRight        ActKind = "clock-right" // somebody has looked
	DatabaseCopied    ActKind = "database-copied"
	DatabaseRestored  ActKind = "database-restored"
	HeadsMissing      ActKind = "heads-missing" // the file of heads was not there
	KeyChanged        ActKind = "key-changed"
	RegisterHashed    ActKind = "register-sealed"  // once, or a few times in one transaction; see [CheckRegister]
	RegisterChanged   ActKind = "register-changed" // these two nobody reads
)

// event puts on record, sealed, what an account did: details are counts, filters and
// reasons, and hold the name of nobody but the operator.
func (p *Portal) event(tx Tx, account, school string, kind ActKind, subject Ref, details map[string]any) error {
	var own map[string]bool
	if subject.Kind == RefPupil || subject.Kind == RefContact {
		var err error
		if own, err = p.mayBeOwn(tx, account); err != nil {
			return fmt.Errorf("event %s: %w", kind, err)
		}
	}
	return p.eventBeside(tx, own, account, school, kind, subject, details)
}

// eventBeside is event, where what may be the account's own family is known: of an operation
// that puts hundreds of people on record it is worked out once.
func (p *Portal) eventBeside(tx Tx, own map[string]bool, account, school string, kind ActKind, subject Ref, details map[string]any) error {
	details = maps.Clone(details)
	if details == nil {
		details = map[string]any{}
	}
	if own[subject.ID] {
		details[OwnMark] = "yes"
	}
	who, way := Ref{RefAccount, account}, Online
	switch account {
	case itself:
		who, way = Ref{RefOperator, itself}, Command
	case Operator:
		who, way = Ref{RefOperator, Operator}, Command
		if p.operator != "" {
			details["operator"] = p.operator
		}
	}
	b, err := json.Marshal(details)
	if err != nil {
		return fmt.Errorf("event %s: %w", kind, err)
	}
	a := p.made(Act{Kind: kind, School: school, Party: who, Subject: subject, By: account, Way: way, Details: string(b)})
	if slices.Contains(signedKinds, kind) {
		entry, err := tx.LedgerSize()
		if err != nil {
			return err
		}
		if details["seal"], err = p.ledger.Sign(tx, SignedEvent{a, entry}.text()); err != nil {
			return fmt.Errorf("event %s: %w", kind, err)
		}
		if b, err = json.Marshal(details); err != nil {
			return fmt.Errorf("event %s: %w", kind, err)
		}
		a.Details = string(b)
	}
	return p.seal(tx, a)
}

// Mark is how an event about many people names one of them: by a hash of their id. So it
// need not go with the first of them who is erased, and tells nothing of them then.
func Mark(id string) string { return hashText("schoolgate " + id)[:16] }

// marks is the marks of people, each once.
func marks(ids []string) string {
	slices.Sort(ids)
	var all []string
	for _, id := range slices.Compact(ids) {
		all = append(all, Mark(id))
	}
	return strings.Join(all, " ")
}

// itself is the portal, where it does what nobody has asked for.
const itself = "portal"

// Look puts on record that an account is shown a page of a school's office that it may see
// for do: about a pupil, or, with "", about whoever the page is of. It comes before
// anything is shown.
func (p *Portal) Look(ctx context.Context, account, school string, do Action, page, pupil string) error {
	return p.store.Update(ctx, func(tx Tx) error {
		if _, err := p.allowed(tx, account, do, Subject{School: school}); err != nil {
			return err
		}
		about := Ref{RefSchool, school}
		if pupil != "" {
			x, err := tx.Pupil(pupil)
			if err == nil && x.School != school {
				err = fmt.Errorf("pupil: %w", ErrNotFound)
			}
			if err != nil {
				return err
			}
			about = Ref{RefPupil, pupil}
		}
		return p.event(tx, account, school, ListSeen, about, map[string]any{"page": page})
	})
}

// Note puts on record what the operator has done with the database itself, its key or what
// is kept beside it, or has found of them.
func (p *Portal) Note(ctx context.Context, kind ActKind, details map[string]any) error {
	return p.store.Update(ctx, func(tx Tx) error {
		return p.event(tx, Operator, "", kind, Ref{RefSchool, TrustWide}, details)
	})
}

// ActAs says under whose name the command line acts; it stands in the events.
func (p *Portal) ActAs(name string) { p.operator = name }

// details is a list's filter and reason, as an event keeps them.
func (f Filter) details() map[string]any {
	all := map[string]any{}
	if f.Left {
		all["left"] = "yes"
	}
	if f.Year != nil {
		all["year"] = f.Year.Code()
	}
	if len(f.Purposes) > 0 {
		all["purposes"] = strings.Join(f.Purposes, ", ")
	}
	if f.Unsigned {
		all["signed"] = "no"
	}
	for name, value := range map[string]string{"class": f.Group, "standing": string(f.Standing), "agreement": f.Agreement, "columns": strings.Join(f.Columns, ", "), "why": f.Why} {
		if value != "" {
			all[name] = value
		}
	}
	return all
}

// NoteRights notes that the settings give staff other rights than when it was last
// called, and answers whether they do.
func (p *Portal) NoteRights(ctx context.Context) (changed bool, err error) {
	said := any(p.staff)
	if len(p.demands.SecondFactor)+len(p.demands.SignAgain) > 0 {
		said = []any{p.staff, p.demands}
	}
	b, err := json.Marshal(said)
	if err != nil {
		return false, fmt.Errorf("rights: %w", err)
	}
	now := hashText(string(b))
	err = p.store.Update(ctx, func(tx Tx) error {
		changed = false
		last, err := tx.Events(EventFilter{Kind: RightsChanged, Most: 1})
		if err != nil {
			return err
		}
		was := struct{ SHA256 string }{}
		if len(last) > 0 && json.Unmarshal([]byte(last[0].Details), &was) == nil && was.SHA256 == now {
			return nil
		}
		changed = true
		return p.event(tx, Operator, "", RightsChanged, Ref{RefSchool, "*"}, map[string]any{"sha256": now, "staff": len(p.staff)})
	})
	return changed, err
}

// EventFilter narrows the events that are read.
type EventFilter struct {
	School string  // slug; "" for all
	Person string  // a pupil's, a contact's or an account's id; "" for all
	Kind   ActKind // "" for all
	Most   int     // how many, the newest first
}

// MostEvents is how many events a page shows.
const MostEvents = 1000

// Event is an act that is neither a signature nor a decision, with who and whom it is
// about in words.
type Event struct {
	Act
	Who   string // the address of a member of staff, the operator's name, or a contact's
	About string // a pupil's or a contact's name; "" for the school
}

// Events are those of a school, newest first. With a person, they are those about
// that pupil or contact or by that account, with all that were done to whole lists,
// on which the person stood, and what was printed for or about them: what a parent is answered who asks who has seen their
// child's record. It answers [ErrNotFound] for a person who is not of the school.
func (p *Portal) Events(ctx context.Context, account, school, person string) (all []Event, err error) {
	err = p.store.View(ctx, func(tx Tx) error {
		all = nil
		actor, err := p.allowed(tx, account, SeeEvents, Subject{School: school})
		if err != nil {
			return err
		}
		reasons := actor.May(SeeReasons, Subject{School: school}) == nil || actor.May(SetRestrictions, Subject{School: school}) == nil
		if _, err := tx.School(school); err != nil {
			return err
		}
		names, err := peopleOf(tx, school)
		if err != nil {
			return err
		}
		own, err := actor.kin(tx, school)
		if err != nil {
			return err
		}
		acts, err := tx.Events(EventFilter{School: school, Person: person, Most: MostEvents})
		if err != nil {
			return err
		}
		for _, a := range acts {
			if own.about(a) {
				continue // of their own family they read what every parent does
			}
			e := Event{Act: a, About: names[a.Subject.ID], Who: names[a.Party.ID]}
			if !reasons && a.Private() {
				if e.Details, err = without(a.Details, "why"); err != nil {
					return fmt.Errorf("%v: %w", a, err)
				}
			}
			switch a.Party.Kind {
			case RefAccount:
				by, err := tx.Account(a.By)
				if err != nil && !errors.Is(err, ErrNotFound) {
					return fmt.Errorf("who did %v: %w", a, err)
				}
				if e.Who = by.Identity.StaffEmail; e.Who == "" {
					if e.Who, err = actsAs(tx, a.By, names); err != nil {
						return err
					}
				}
				if e.Who == "" && a.Kind == Joined {
					e.Who = e.About // who joined is who they joined as
				}
			case RefOperator:
				var said struct{ Operator string }
				if a.Details != "" {
					if err := json.Unmarshal([]byte(a.Details), &said); err != nil {
						return fmt.Errorf("who did %v: %w", a, err)
					}
				}
				e.Who = cmp.Or(said.Operator, Operator)
			}
			all = append(all, e)
		}
		return nil
	})
	return all, err
}

// Private says whether why it was done is for those alone who look after restrictions:
// what a court or a parent has told.
func (a Act) Private() bool {
	return a.Kind == RestrictionSet || a.Kind == RestrictionLifted || a.Kind == KeptLonger
}

// Withheld says whether an event is left out of what is handed to a family about one
// person: it is about another adult, as when they joined, answered or tried the code of
// the person's letter; it tells where the child is now; or why it was done is not theirs to
// know.
func (a Act) Withheld(person string) bool {
	if a.Kind == LettersIssued || a.Kind == SlipsPrinted {
		var said struct{ To *string }
		return json.Unmarshal([]byte(a.Details), &said) != nil || said.To != nil && !strings.Contains(*said.To, Mark(person))
	}
	return a.Private() || a.Kind == CodeTried || a.Kind == PupilElsewhere || a.Subject.Kind == RefContact && a.Subject.ID != person
}

// without is an event's details but for one of them.
func without(details, name string) (string, error) {
	var all map[string]any
	if err := json.Unmarshal([]byte(details), &all); err != nil {
		return "", err
	}
	delete(all, name)
	b, err := json.Marshal(all)
	return string(b), err
}

// actsAs is the name of the contact as whom an account acts at a school, or "".
func actsAs(tx Tx, account string, names map[string]string) (string, error) {
	contacts, err := tx.AccountContacts(account)
	for _, c := range contacts {
		if name, ok := names[c.ID]; ok {
			return name, nil
		}
	}
	return "", err
}

// peopleOf is the names of a school's pupils and contacts by their ids.
func peopleOf(tx Tx, school string) (map[string]string, error) {
	names := map[string]string{}
	pupils, err := tx.Pupils(school)
	if err != nil {
		return nil, err
	}
	for _, x := range pupils {
		names[x.ID] = x.Name()
	}
	contacts, err := tx.Contacts(school)
	for _, c := range contacts {
		names[c.ID] = c.Name
	}
	return names, err
}
