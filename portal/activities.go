package portal

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// Roll picks pupils on roll: those of a year, of a registration group, or with these ids.
// Several narrow one another; the zero Roll is everybody.
type Roll struct {
	Year  *Year    `json:"year,omitempty"`
	Group string   `json:"class,omitempty"`
	IDs   []string `json:"ids,omitempty"` // nil for whoever the others pick
}

// Activity is what is planned with pupils and rests on answers: a call, a photograph, a
// visit (C2, C6). Its plan never changes: what somebody approved is what they read.
type Activity struct {
	ID, School   string
	Begins, Ends time.Time // UTC
	Plan         Plan
	Pupils       []string // ids: whom it was for when it was proposed
	Proposed     Step
	Answer       string // "", "approved" or "declined"
	Why          string // it was declined
	Decided      Step
	Done         string // what was done
	Kept         string // where a recording or pictures are kept; "" for none
	KeptUntil    Date   // by which day that is to be deleted
	Closed       Step
	Deleted      Step // what was kept
}

// Step is who did something, by their account, and when, in UTC; At is zero until then.
type Step struct {
	By string
	At time.Time
}

// Plan is what somebody proposed.
type Plan struct {
	Title       string   `json:"title"`
	Asked       []Worded `json:"asked"`
	Whom        Roll     `json:"whom"` // as the register is on the day
	With        string   `json:"with,omitempty"`
	Checked     string   `json:"checked,omitempty"` // how the other party was
	Supervision string   `json:"supervision"`
	Platform    string   `json:"platform,omitempty"` // and account
	Risk        string   `json:"risk"`               // the assessment, or where it is
	Recorded    string   `json:"recorded,omitempty"` // slug of what a recording rests on; "" where there is none
	Reason      string   `json:"reason,omitempty"`   // of the recording
}

// Worded is a purpose in the words in which it was asked when something was planned.
type Worded struct {
	Slug string `json:"slug"`
	Hash string `json:"sha256"`
}

func (x Activity) open(now time.Time) bool  { return x.Closed.At.IsZero() && now.Before(x.Ends) }
func (x Activity) waits(now time.Time) bool { return x.Answer == "" && x.open(now) }
func (x Activity) approved() bool           { return x.Answer == "approved" }
func (x Activity) unclosed(now time.Time) bool {
	return x.approved() && x.Closed.At.IsZero() && !now.Before(x.Ends)
}
func (x Activity) keeps() bool { return x.Kept != "" && x.Deleted.At.IsZero() }

// Status is how an activity stands, in words.
func (x Activity) Status(now time.Time) string {
	switch {
	case !x.Closed.At.IsZero():
		return "closed"
	case x.Answer == "declined":
		return "declined"
	case !x.open(now):
		return "over"
	case x.approved():
		return "approved"
	}
	return "waits for approval"
}

// ActivityForm is a proposal as somebody types it. Days and times are London's.
type ActivityForm struct {
	Title            string
	Purposes         []string // slugs
	On, From, To     string   // a day as [ParseDate] reads it, and "15:04"
	Group, Year      string   // one of them, or Pupils
	Pupils           []string // ids
	With, Checked    string
	Supervision      string
	Platform, Risk   string
	Recorded, Reason string
}

// CloseForm is what came of an activity.
type CloseForm struct{ Done, Kept, Until string }

const (
	maxPlanTitle = 100 // characters
	maxAhead     = 366 // days
	maxListed    = 300 // pupils picked one by one
)

// Propose puts an activity to the named roles, and answers its id. Staff propose for
// those pupils alone whom they may see. What is wrong with it is [*Invalid].
func (p *Portal) Propose(ctx context.Context, account, school string, f ActivityForm) (id string, err error) {
	err = p.store.Update(ctx, func(tx Tx) error {
		a, err := p.allowed(tx, account, ProposeActivity, Subject{School: school})
		if err != nil {
			return err
		}
		info, err := tx.School(school)
		if err != nil {
			return err
		}
		x := Activity{ID: newID(), School: school, Proposed: Step{account, p.now()}}
		var wrong Invalid
		x.Plan = f.plan(info, &wrong)
		x.Begins, x.Ends = f.times(p.now(), &wrong)
		if err := x.pick(tx, a, f, &wrong); err != nil {
			return err
		}
		if err := wrong.Or(); err != nil {
			return err
		}
		id = x.ID
		return p.putActivity(tx, account, x, ActivityProposed, map[string]any{"questions": strings.Join(f.Purposes, ", "), "pupils": len(x.Pupils)})
	})
	return id, err
}

func (p *Portal) putActivity(tx Tx, account string, x Activity, kind ActKind, details map[string]any) error {
	if err := tx.PutActivity(x); err != nil {
		return err
	}
	details["activity"] = x.ID
	return p.event(tx, account, x.School, kind, Ref{RefSchool, x.School}, details)
}

// words is one of the form's fields, without the spaces around it.
func words(wrong *Invalid, field, typed, lacks string, most int) string {
	typed = strings.TrimSpace(typed)
	switch {
	case typed == "" && lacks != "":
		wrong.Add(field, lacks)
	case utf8.RuneCountInString(typed) > most:
		wrong.Add(field, fmt.Sprintf("Write at most %d characters", most))
	}
	return typed
}

func (f ActivityForm) plan(s School, wrong *Invalid) Plan {
	x := Plan{Title: words(wrong, "title", f.Title, "Say what it is, such as: video call with the museum", maxPlanTitle)}
	asked := slices.Clone(f.Purposes)
	if f.Recorded != "" && !slices.Contains(asked, f.Recorded) {
		asked = append(asked, f.Recorded)
	}
	for _, slug := range asked {
		t, ok := s.Current(Purpose, slug)
		if !ok {
			wrong.Add("purpose", "Parents are not asked about that any more. Choose from the list")
		} else if slug == f.Recorded && t.Objected() {
			wrong.Add("recorded", "A recording needs a yes. Choose a question to which parents answer yes or no")
		}
		x.Asked = append(x.Asked, Worded{slug, t.Hash})
	}
	if len(asked) == 0 {
		wrong.Add("purpose", "Choose which of the questions to parents it rests on")
	}
	x.With = words(wrong, "with", f.With, "", MaxReason)
	need := func(when bool, lacks string) string {
		if when {
			return lacks
		}
		return ""
	}
	x.Checked = words(wrong, "checked", f.Checked, need(x.With != "", "Say how you checked who they are"), MaxReason)
	x.Supervision = words(wrong, "supervision", f.Supervision, "Say who of the staff is with the pupils", MaxReason)
	x.Platform = words(wrong, "platform", f.Platform, "", MaxReason)
	x.Risk = words(wrong, "risk", f.Risk, "Say what the risks are and what you do about them, or where the assessment is", MaxReason)
	x.Recorded, x.Reason = f.Recorded, words(wrong, "reason", f.Reason, need(f.Recorded != "", "Say why it is recorded"), MaxReason)
	return x
}

// times are when it begins and ends. An hour that the clocks leave out is no time.
func (f ActivityForm) times(now time.Time, wrong *Invalid) (begins, ends time.Time) {
	on, err := ParseDate(f.On)
	switch {
	case err != nil:
		wrong.Add("on", "Type the day as dd/mm/yyyy")
	case on < day(now):
		wrong.Add("on", "That day is over. Choose today or a later day")
	case on > day(now.AddDate(0, 0, maxAhead)):
		wrong.Add("on", "Choose a day within a year")
	}
	at := func(field, typed string) time.Time {
		const form = time.DateOnly + " 15:04"
		text := string(cmp.Or(on, day(now))) + " " + strings.TrimSpace(typed)
		t, err := time.ParseInLocation(form, text, London)
		if err != nil || t.In(London).Format(form) != text {
			wrong.Add(field, "Type a time of that day as hours and minutes, such as 13:30")
		}
		return t.UTC()
	}
	begins, ends = at("from", f.From), at("to", f.To)
	if wrong.Or() == nil && !ends.After(begins) {
		wrong.Add("to", "It has to end after it begins")
	} else if wrong.Or() == nil && !ends.After(now) {
		wrong.Add("to", "That time is over. Choose a later one")
	}
	return begins, ends
}

// pick works out whom it is for.
func (x *Activity) pick(tx Tx, a Actor, f ActivityForm, wrong *Invalid) error {
	of := Roll{Group: f.Group}
	if f.Year != "" {
		y, err := ParseYear(f.Year)
		if err != nil {
			wrong.Add("whom", "There is no such year group. Choose one from the list")
		}
		of.Year = &y
	}
	if len(f.Pupils) > 0 {
		of.IDs = slices.Compact(slices.Sorted(slices.Values(f.Pupils)))
	}
	chosen := 0
	for _, one := range []bool{of.Year != nil, of.Group != "", of.IDs != nil} {
		if one {
			chosen++
		}
	}
	if chosen != 1 || len(of.IDs) > maxListed {
		wrong.Add("whom", fmt.Sprintf("Choose a class, or a year, or up to %d pupils by name", maxListed))
		return nil
	}
	reaches, beyond := a.reach(ProposeActivity, x.School), 0
	err := tx.EachPupilOf(x.School, of, func(r *PupilFile) error {
		if !reaches(r.Pupil) {
			beyond++
		}
		x.Pupils = append(x.Pupils, r.Pupil.ID)
		return nil
	})
	switch {
	case err != nil:
		return err
	case beyond > 0:
		wrong.Add("whom", "Some of these are not in your classes. Ask the office to propose it")
	case len(x.Pupils) == 0 || of.IDs != nil && len(x.Pupils) < len(of.IDs):
		wrong.Add("whom", "Nobody is there whom you chose, or somebody has left. Choose again")
	}
	x.Plan.Whom = of
	return nil
}

// ActivityItem is an activity in a list.
type ActivityItem struct {
	Activity
	Status string
}

// ListActivities are a school's, but of those of none of whose pupils the account sees
// anything, those that begin last first.
func (p *Portal) ListActivities(ctx context.Context, account, school string) (all []ActivityItem, err error) {
	err = p.store.View(ctx, func(tx Tx) error {
		all = nil
		a, err := p.allowed(tx, account, SeeRegister, Subject{School: school})
		if err != nil {
			return err
		}
		pupils, err := tx.Pupils(school)
		if err != nil {
			return err
		}
		planned, err := tx.Activities(school)
		for _, x := range planned {
			if a.concerns(x, pupils) {
				all = append(all, ActivityItem{x, x.Status(p.now())})
			}
		}
		return err
	})
	return all, err
}

// Go is whether a pupil may take part: not why not.
type Go string

const (
	GoYes    Go = "yes"
	GoNo     Go = "no"
	GoNotYet Go = "not-yet" // to be treated as no
)

// GoSheet is who may take part, as it was at one moment.
type GoSheet struct {
	School    School
	Activity  Activity // zero for what nobody planned
	Status    string   // of the activity
	Proposer  string   // as the school knows them, as are the next two
	Decider   string
	Closer    string
	Group     string // of what nobody planned
	Made      string // what it is printed as, and then it has no [GoNotYet]; "" for a look
	At, Until time.Time
	Purposes  []GoPurpose
	Rows      []GoRow
	All       int // who may do all of it
	Gone      int // how many have left, or left the class, since it was proposed
	Come      int
	others    []GoRow // whom whoever asks does not see: a first name may be theirs, too
	Family    int     // how many of the rows are of the family of whoever asks: each is a no, whatever its parents say
}

// GoPurpose is a question that something rests on.
type GoPurpose struct {
	Text
	// Changed says that parents are not asked any more what they were when it was planned,
	// or in words that mean something else: it is a no for all.
	Changed         bool
	Yes, NotYet, No int
}

// GoRow is one pupil, with a Go for each of the purposes; All is the worst.
type GoRow struct {
	Pupil Pupil
	Goes  []Go
	All   Go
}

// sheet works out who may take part on a day, pupil by pupil, in one query of the class.
// Approved says that somebody has agreed to it.
func (p *Portal) sheet(tx Tx, a Actor, s *GoSheet, of Roll, on Date, approved bool) error {
	mark, err := counting(tx, s.School.Slug, s.At)
	if err != nil {
		return err
	}
	reaches := a.reach(SeeRegister, s.School.Slug)
	l := List{School: s.School, Reasons: s.Made == "" && a.May(SeeReasons, Subject{School: s.School.Slug}) == nil}
	own, err := a.kin(tx, s.School.Slug)
	if err != nil {
		return err
	}
	was, is := map[string]bool{}, map[string]bool{}
	for _, id := range s.Activity.Pupils {
		was[id] = true
	}
	err = tx.EachPupilOf(s.School.Slug, of, func(r *PupilFile) error {
		if is[r.Pupil.ID] = true; !reaches(r.Pupil) {
			s.others = append(s.others, GoRow{Pupil: r.Pupil, All: GoNo})
			return nil
		}
		if !was[r.Pupil.ID] {
			s.Come++
		}
		mark(r)
		if own.pupils[r.Pupil.ID] {
			s.Family++
		}
		row := GoRow{Pupil: r.Pupil, All: GoYes}
		for i := range s.Purposes {
			t := &s.Purposes[i]
			told, g := StandingNo, GoNo
			if !t.Changed && !own.pupils[r.Pupil.ID] { // of one's own a colleague is told
				told = l.told(StandingOf(r.Pupil, t.Text, on, r.Responsibilities, r.Acts))
			}
			switch {
			case told.Allowed() && approved:
				g = GoYes
				t.Yes++
			case told.Allowed() || told == StandingWaiting:
				g = GoNotYet
				t.NotYet++
			default:
				t.No++
			}
			row.Goes = append(row.Goes, g)
			if row.All != GoNo && g != GoYes {
				row.All = g
			}
		}
		if row.All == GoYes {
			s.All++
		}
		s.Rows = append(s.Rows, row)
		return nil
	})
	for _, id := range s.Activity.Pupils {
		if !is[id] {
			s.Gone++
		}
	}
	pupils := make([]Pupil, len(s.Rows))
	for i, r := range s.Rows {
		pupils[i] = r.Pupil
	}
	tellNamesakes(pupils)
	for i := range s.Rows {
		s.Rows[i].Pupil = pupils[i]
	}
	return err
}

// MayNow is who of a class may do something now: without any activity, for whoever
// sees the class. It answers [*Invalid] for a class or a purpose that is none.
func (p *Portal) MayNow(ctx context.Context, account, school, class, purpose string) (s GoSheet, err error) {
	err = p.seen(ctx, account, school, map[string]any{"page": "may", "class": class, "purpose": purpose}, func(tx Tx, a Actor) error {
		info, err := tx.School(school)
		if err != nil {
			return err
		}
		s = GoSheet{School: info, Group: class, At: p.now(), Until: p.today().after().begin()}
		t, ok := info.Current(Purpose, purpose)
		var wrong Invalid
		if !ok {
			wrong.Add("purpose", "This school does not ask about that. Choose a question from the list")
			return &wrong
		}
		s.Purposes = []GoPurpose{{Text: t}}
		if class != "" {
			err = p.sheet(tx, a, &s, Roll{Group: class}, p.today(), true)
		}
		if err == nil && len(s.Rows) == 0 {
			wrong.Add("class", "Nobody whom you may see is in that class. Choose one from the list")
			return &wrong
		}
		s.Come = 0
		return err
	})
	return s, err
}

// Sheet is an activity with who of its pupils may take part, as far as the account sees
// them: on its day, of what counts now. It answers nobody once it is over or closed, or was
// declined.
func (p *Portal) Sheet(ctx context.Context, account, school, id, made string) (s GoSheet, err error) {
	err = p.seen(ctx, account, school, map[string]any{"page": cmp.Or(made, "activity"), "activity": id}, func(tx Tx, a Actor) error {
		x, err := p.activityFor(tx, a, school, id)
		if err != nil {
			return err
		}
		s = GoSheet{Activity: x, Made: made, At: p.now(), Status: x.Status(p.now())}
		s.Until = p.today().after().begin()
		if x.Ends.Before(s.Until) {
			s.Until = x.Ends
		}
		if s.School, err = tx.School(school); err != nil {
			return err
		}
		other, err := otherWords(tx, s.School)
		if err != nil {
			return err
		}
		for _, asked := range x.Plan.Asked {
			t, ok := s.School.Current(Purpose, asked.Slug)
			if !ok {
				if t, err = tx.Text(school, asked.Hash); err != nil {
					return err
				}
			}
			then := t
			if t.Hash != asked.Hash {
				if then, err = tx.Text(school, asked.Hash); err != nil {
					return err
				}
			}
			s.Purposes = append(s.Purposes, GoPurpose{Text: t, Changed: !ok || then.Edition != t.Edition || other[asked.Hash]})
		}
		for _, step := range []struct {
			of Step
			to *string
		}{{x.Proposed, &s.Proposer}, {x.Decided, &s.Decider}, {x.Closed, &s.Closer}} {
			if *step.to, err = staffName(tx, step.of.By); err != nil {
				return err
			}
		}
		if !x.open(p.now()) || x.Answer == "declined" {
			return nil
		}
		return p.sheet(tx, a, &s, x.Plan.Whom, max(p.today(), day(x.Begins)), x.approved())
	})
	return s, err
}

// activityFor is an activity of some of whose pupils the actor sees something, or that
// they proposed; or [ErrNotFound].
func (p *Portal) activityFor(tx Tx, a Actor, school, id string) (Activity, error) {
	x, err := tx.Activity(school, id)
	if err != nil {
		return x, err
	}
	pupils, err := tx.Pupils(school)
	if err == nil && !a.concerns(x, pupils) {
		err = fmt.Errorf("activity: %w", ErrNotFound)
	}
	return x, err
}

// concerns says whether an activity is for a pupil whom the actor sees, or they see the
// whole school, or proposed it.
func (a Actor) concerns(x Activity, pupils []Pupil) bool {
	whole := func(s Staff) bool {
		return s.covers(x.School) && s.may(SeeRegister) && rights[s.Role].scope != ownClass
	}
	reaches, of := a.reach(SeeRegister, x.School), x.Plan.Whom
	return x.Proposed.By == a.AccountID || slices.ContainsFunc(a.roles(), whole) || slices.ContainsFunc(pupils, func(p Pupil) bool {
		return p.OnRoll() && (of.Year == nil || *of.Year == p.Year) && (of.Group == "" || of.Group == p.Group) && (of.IDs == nil || slices.Contains(of.IDs, p.ID)) && reaches(p)
	})
}

// seenAgain is for how long it is not put on record again that somebody looks at the same
// page about who may take part: it is loaded again and again while something goes on.
const seenAgain = 10 * time.Minute

// lookedCache is when each account's looks at such pages were put on record.
type lookedCache struct {
	mu sync.Mutex
	at map[string]time.Time
}

// seen calls f with whoever sees the register, once it is on record that they look.
func (p *Portal) seen(ctx context.Context, account, school string, what map[string]any, f func(Tx, Actor) error) error {
	read := func(tx Tx) error {
		a, err := p.allowed(tx, account, SeeRegister, Subject{School: school})
		if err != nil {
			return err
		}
		return f(tx, a)
	}
	if err := p.store.View(ctx, read); err != nil {
		return err
	}
	key, now := fmt.Sprint(account, " ", school, what), p.now()
	p.looked.mu.Lock()
	fresh := now.Sub(p.looked.at[key]) < seenAgain
	p.looked.mu.Unlock()
	if fresh {
		return nil
	}
	err := p.store.Update(ctx, func(tx Tx) error {
		return p.event(tx, account, school, ListSeen, Ref{RefSchool, school}, what)
	})
	if err != nil {
		return err
	}
	p.looked.mu.Lock()
	defer p.looked.mu.Unlock()
	for k, at := range p.looked.at {
		if now.Sub(at) >= seenAgain {
			delete(p.looked.at, k)
		}
	}
	if p.looked.at == nil {
		p.looked.at = map[string]time.Time{}
	}
	p.looked.at[key] = now
	return nil
}

// change changes an activity in one transaction, which no other can be beside.
func (p *Portal) change(ctx context.Context, account, school, id string, do func(Tx, Actor, *Activity, *Invalid) (ActKind, error)) error {
	return p.store.Update(ctx, func(tx Tx) error {
		a, err := p.allowed(tx, account, SeeRegister, Subject{School: school})
		if err != nil {
			return err
		}
		x, err := p.activityFor(tx, a, school, id)
		if err != nil {
			return err
		}
		var wrong Invalid
		kind, err := do(tx, a, &x, &wrong)
		if err != nil {
			return err
		}
		if err := wrong.Or(); err != nil {
			return err
		}
		return p.putActivity(tx, account, x, kind, map[string]any{})
	})
}

// DecideActivity approves an activity, or declines it and says why. Of two who decide at
// once the first does, and the other is told by [*Invalid]. Nobody decides on what they
// have proposed, with whichever account of theirs.
func (p *Portal) DecideActivity(ctx context.Context, account, school, id string, approve bool, why string) error {
	return p.change(ctx, account, school, id, func(tx Tx, a Actor, x *Activity, wrong *Invalid) (ActKind, error) {
		by, err := a.ownWork(tx, x.Proposed.By)
		if err != nil {
			return "", err
		}
		if err := a.May(ApproveActivity, Subject{School: school, By: by}); err != nil {
			return "", err
		}
		if x.Answer != "" {
			who, err := staffName(tx, x.Decided.By)
			wrong.Add("do", "This was "+x.Answer+" by "+who+" on "+moment(x.Decided.At)+". What you chose was not saved")
			return "", err
		}
		if !x.waits(p.now()) {
			wrong.Add("do", "It is over, so there is nothing more to decide")
		}
		x.Answer, x.Decided = map[bool]string{true: "approved", false: "declined"}[approve], Step{account, p.now()}
		if approve {
			return ActivityApproved, nil
		}
		x.Why = words(wrong, "why", why, "Say why not, so that it can be planned better", MaxReason)
		return ActivityDeclined, nil
	})
}

// ownWork is the account that did something: the actor's own, where whoever did it is the
// same member of staff, with whichever account of theirs.
func (a Actor) ownWork(tx Tx, by string) (string, error) {
	email, err := staffName(tx, by)
	if slices.ContainsFunc(a.Roles, func(s Staff) bool { return strings.EqualFold(s.Email, email) }) {
		by = a.AccountID
	}
	return by, err
}

// mayEnd answers nil for whoever may say what came of an activity: who proposed it, whoever
// approves such, and the office.
func mayEnd(a Actor, x Activity) error {
	at := Subject{School: x.School}
	if a.May(ApproveActivity, at) == nil || a.May(RunDesk, at) == nil || x.Proposed.By == a.AccountID {
		return nil
	}
	return fmt.Errorf("activity: %w", ErrForbidden)
}

// CloseActivity says what was done, where a recording or pictures are kept, and by when
// they are to be deleted.
func (p *Portal) CloseActivity(ctx context.Context, account, school, id string, f CloseForm) error {
	return p.change(ctx, account, school, id, func(_ Tx, a Actor, x *Activity, wrong *Invalid) (ActKind, error) {
		if err := mayEnd(a, *x); err != nil {
			return "", err
		}
		if !x.approved() || !x.Closed.At.IsZero() {
			wrong.Add("do", "Only what was approved, and nobody has closed, can be closed")
			return "", nil
		}
		x.Done = words(wrong, "done", f.Done, "Say what was done, or that it did not take place", MaxReason)
		x.Kept = words(wrong, "kept", f.Kept, "", MaxReason)
		if strings.TrimSpace(f.Until) != "" {
			until, err := ParseDate(f.Until)
			if err != nil || until < p.today() {
				wrong.Add("until", "Type the day as dd/mm/yyyy: today or later")
			}
			x.KeptUntil = until
		}
		if (x.Kept == "") != (x.KeptUntil == "") {
			wrong.Add("until", "Say both where something is kept and by when it is deleted, or neither")
		}
		x.Closed = Step{account, p.now()}
		return ActivityClosed, nil
	})
}

// DeleteRecording puts on record that what an activity left is deleted.
func (p *Portal) DeleteRecording(ctx context.Context, account, school, id string) error {
	return p.change(ctx, account, school, id, func(_ Tx, a Actor, x *Activity, wrong *Invalid) (ActKind, error) {
		if err := mayEnd(a, *x); err != nil {
			return "", err
		}
		if !x.keeps() {
			wrong.Add("do", "Nothing of it is kept, or somebody has said already that it is deleted")
		}
		x.Deleted = Step{account, p.now()}
		return RecordingDeleted, nil
	})
}

// FirstNames are those of a sheet who may do all of it, for somebody from outside: by
// their first names, and where two of the class share one, as much of the surname as
// tells them apart. Of two whom nothing tells apart neither is named unless both may.
func (s GoSheet) FirstNames() (names []string) {
	var pupils []Pupil
	forms := []func(Pupil) string{func(x Pupil) string { return x.Forename }}
	all := slices.Concat(s.Rows, s.others)
	for _, r := range all {
		pupils = append(pupils, r.Pupil)
		for n := len(forms); n <= utf8.RuneCountInString(r.Pupil.Surname); n++ {
			forms = append(forms, func(x Pupil) string {
				if last := []rune(x.Surname); n < len(last) {
					return x.Forename + " " + string(last[:n]) + "."
				}
				return strings.TrimSpace(x.Forename + " " + x.Surname)
			})
		}
	}
	may := map[string]bool{}
	told := tellApart(pupils, forms...)
	for i, r := range all {
		alike, known := may[fold(told[i])]
		may[fold(told[i])] = r.All == GoYes && (alike || !known)
	}
	for i := range s.Rows {
		if may[fold(told[i])] {
			names = append(names, told[i])
		}
	}
	slices.Sort(names)
	return names
}
