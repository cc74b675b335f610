package portal

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// TaskKind is a sort of work that waits for somebody at a school.
type TaskKind string

const (
	TaskOrders    TaskKind = "orders"    // contacts held back, whom nobody has looked at
	TaskKin       TaskKind = "kin"       // contacts who may be members of staff, by their address
	TaskSettle    TaskKind = "settle"    // contacts of whom nobody has said whether they hold parental responsibility
	TaskJoins     TaskKind = "joins"     // joins to make sure of
	TaskDead      TaskKind = "dead"      // letters whose code has died
	TaskLetters   TaskKind = "letters"   // contacts with neither a letter nor a join
	TaskLeavers   TaskKind = "leavers"   // pupils whom the last class list left out, and of whom nobody said that they left
	TaskConflicts TaskKind = "conflicts" // pupils about whom those who decide do not agree
	TaskLapsing   TaskKind = "lapsing"   // pupils about whom a yes lapses within [LapsingDays]
	TaskWordings  TaskKind = "wordings"  // corrections that wait for a second person
	TaskBlanks    TaskKind = "blanks"    // answers for the website that somebody else drafted
	TaskMail      TaskKind = "mail"      // mails that did not arrive, and addresses that do not work
	TaskApprove   TaskKind = "approve"   // activities that somebody else proposed
	TaskUnclosed  TaskKind = "unclosed"  // activities that are over, of which nobody said what was done
	TaskKept      TaskKind = "kept"      // recordings and pictures of activities that are to be deleted
	TaskSecond    TaskKind = "second"    // pictures of nobody that wait for a second person
	TaskElsewhere TaskKind = "elsewhere" // pictures that were taken down and are still used elsewhere
	TaskReview    TaskKind = "review"    // pictures on the site, which nobody has looked through for a year
	TaskGone      TaskKind = "gone"      // access of those who have left
	TaskAccess    TaskKind = "access"    // access through which nobody has looked this term
	TaskOver      TaskKind = "over"      // records that have had their time
)

// LapsingDays is how long before a yes lapses the office is told.
const LapsingDays = 30

// Task is how much of a sort of work waits at a school.
type Task struct {
	Kind  TaskKind
	Count int
	May   bool // whoever looks does it; others see how much there is, and not of whom
}

// tasks is the one table of what may wait, in the order in which to do it: who does it,
// and how it is counted.
var tasks = []struct {
	kind  TaskKind
	do    Action
	count func(*desk) (int, error)
}{
	{TaskOrders, SetRestrictions, func(d *desk) (int, error) { return toLook(d, d.school, d.own) }},
	{TaskKin, SetRestrictions, func(d *desk) (int, error) {
		all, err := d.p.kin(d, d.actor, d.school)
		return len(slices.DeleteFunc(all, func(k Invitee) bool { return k.Own })), err
	}},
	{TaskSettle, ImportClassList, func(d *desk) (int, error) {
		all, err := linked(d, d.school, d.own, unsettled)
		return len(all), err
	}},
	{TaskJoins, ConfirmJoin, func(d *desk) (int, error) {
		all, err := d.p.newJoins(d, d.actor, d.school)
		return len(all), err
	}},
	{TaskDead, PrintLetters, func(d *desk) (int, error) { return d.inviteesWho(func(i Invitee) bool { return !i.Died.IsZero() }) }},
	{TaskLetters, PrintLetters, func(d *desk) (int, error) { return d.inviteesWho(Invitee.Waiting) }},
	{TaskLeavers, ImportClassList, (*desk).leftOut},
	{TaskConflicts, SeeReasons, func(d *desk) (int, error) { return d.conflicts, nil }},
	{TaskLapsing, PrintLetters, func(d *desk) (int, error) { return d.lapsing, nil }},
	{TaskWordings, AgreeWording, func(d *desk) (int, error) {
		all, err := corrections(d, d.school)
		return len(all), err
	}},
	{TaskBlanks, ApproveBlanks, func(d *desk) (int, error) {
		x, err := draftOf(d, d.school)
		if err != nil || x.State != DraftSent || x.writtenBy(d.actor.AccountID) {
			return 0, err
		}
		return len(x.Changes), nil
	}},
	{TaskMail, SendMail, (*desk).mailTrouble},
	{TaskApprove, ApproveActivity, func(d *desk) (int, error) {
		return d.activitiesWho(func(x Activity) bool {
			return x.waits(d.p.now()) && x.Proposed.By != d.actor.AccountID
		})
	}},
	{TaskUnclosed, ProposeActivity, func(d *desk) (int, error) {
		return d.activitiesWho(func(x Activity) bool { return x.unclosed(d.p.now()) })
	}},
	{TaskKept, ProposeActivity, func(d *desk) (int, error) {
		return d.activitiesWho(func(x Activity) bool { return x.keeps() && x.KeptUntil <= d.p.today() })
	}},
	{TaskSecond, ManagePictures, func(d *desk) (int, error) {
		return d.picturesWho(func(v PictureView) (bool, error) {
			if v.Photo == nil || v.Why != PhotoSecond {
				return false, nil
			}
			return maySecond(d, d.actor, *v.Photo)
		})
	}},
	{TaskElsewhere, ManagePictures, func(d *desk) (int, error) {
		return d.picturesWho(func(v PictureView) (bool, error) { return v.Elsewhere(), nil })
	}},
	{TaskReview, ManagePictures, (*desk).review},
	{TaskGone, GiveAccess, (*desk).gone},
	{TaskAccess, ReviewAccess, func(d *desk) (int, error) {
		return d.grantsWho(func(g Grant) bool { return g.due(d.p.today()) })
	}},
	{TaskOver, EraseRecords, func(d *desk) (int, error) {
		kept, err := d.p.reckon(d, d.school)
		return kept.Now(), err
	}},
}

// desk is a school's register while several things are worked out from it at one moment:
// each of its lists is read once. Of the actor's own family nothing is counted: what is
// more than the page behind a number shows would be what the other parent did.
type desk struct {
	Tx
	p      *Portal
	actor  Actor
	own    kin
	school string

	pupils   []Pupil
	contacts []Contact
	links    []Responsibility
	bars     []Restriction
	invited  []Invitee
	planned  []Activity
	pictures []PictureView
	granted  []Grant

	conflicts, lapsing int // pupils; see stand
}

// once is a list as it was read first, for whoever asks for it to change as they like.
func once[T any](at *[]T, read func() ([]T, error)) ([]T, error) {
	if *at == nil {
		all, err := read()
		if err != nil {
			return nil, err
		}
		*at = append([]T{}, all...)
	}
	return slices.Clone(*at), nil
}

func (d *desk) Pupils(school string) ([]Pupil, error) {
	return once(&d.pupils, func() ([]Pupil, error) { return d.Tx.Pupils(school) })
}

func (d *desk) Contacts(school string) ([]Contact, error) {
	return once(&d.contacts, func() ([]Contact, error) { return d.Tx.Contacts(school) })
}

func (d *desk) Responsibilities(school string) ([]Responsibility, error) {
	return once(&d.links, func() ([]Responsibility, error) { return d.Tx.Responsibilities(school) })
}

func (d *desk) Restrictions(school string) ([]Restriction, error) {
	return once(&d.bars, func() ([]Restriction, error) { return d.Tx.Restrictions(school) })
}

func (d *desk) inviteesWho(are func(Invitee) bool) (n int, err error) {
	all, err := once(&d.invited, func() ([]Invitee, error) { return d.p.invitees(d, d.school) })
	for _, i := range leaveOwn(all, d.own) {
		if are(i) {
			n++
		}
	}
	return n, err
}

func (d *desk) activitiesWho(are func(Activity) bool) (n int, err error) {
	all, err := once(&d.planned, func() ([]Activity, error) { return d.Activities(d.school) })
	for _, x := range all {
		if are(x) {
			n++
		}
	}
	return n, err
}

func (d *desk) picturesWho(are func(PictureView) (bool, error)) (n int, err error) {
	all, err := once(&d.pictures, func() ([]PictureView, error) { return d.p.pictureViews(d, d.actor, d.school) })
	for _, v := range all {
		is, wrong := are(v)
		if wrong != nil {
			return n, wrong
		}
		if is {
			n++
		}
	}
	return n, err
}

// review is how many pictures are shown, once one of them has been so for a year and nobody
// has looked through them within it.
func (d *desk) review() (int, error) {
	before := d.p.now().AddDate(-1, 0, 0)
	old := false
	n, err := d.picturesWho(func(v PictureView) (bool, error) {
		old = old || v.Why == "" && v.Shown.Before(before)
		return v.Why == "", nil
	})
	if err != nil || !old {
		return 0, err
	}
	last, err := d.Events(EventFilter{School: d.school, Kind: PicturesReviewed, Most: 1})
	if err != nil || len(last) > 0 && last[0].At.After(before) {
		return 0, err
	}
	return n, nil
}

// mailTrouble is how many mails have failed, or nobody knows about, and how many addresses
// do not work.
func (d *desk) mailTrouble() (n int, err error) {
	if d.p.mail == nil {
		return 0, nil
	}
	to, err := readPostal(d, d.school)
	if err != nil {
		return 0, err
	}
	for _, m := range to.bad() {
		if !d.own.contacts[m.ContactID] {
			n++
		}
	}
	mails, err := d.Mails(d.school)
	for _, m := range mails {
		if m.troubles() && !d.own.contacts[m.ContactID] {
			n++
		}
	}
	return n, err
}

// leftOut is of whom the last class list said nothing, and nobody that they left.
func (d *desk) leftOut() (int, error) {
	last, err := d.Events(EventFilter{School: d.school, Kind: ListApplied, Most: 1})
	if err != nil || len(last) == 0 {
		return 0, err
	}
	var said struct {
		Stay int `json:"stay"`
	}
	if err := json.Unmarshal([]byte(last[0].Details), &said); err != nil {
		return 0, fmt.Errorf("%v: %w", last[0], err)
	}
	return said.Stay, nil
}

// stand counts the pupils about whom those who decide do not agree, and of whom a yes
// will have lapsed soon; but for the actor's own children: a parent who has said yes
// would read in the first what the other said.
func (d *desk) stand() error {
	info, err := d.School(d.school)
	if err != nil {
		return err
	}
	today, purposes := d.p.today(), info.Of(Purpose)
	soon := day(today.begin().AddDate(0, 0, LapsingDays))
	return d.p.eachPupil(d, d.school, false, func(r *PupilFile) error {
		if d.own.pupils[r.Pupil.ID] {
			return nil
		}
		conflict, lapses := 0, 0
		for _, t := range purposes {
			switch StandingOf(r.Pupil, t, today, r.Responsibilities, r.Acts) {
			case StandingConflict:
				conflict = 1
			case StandingGiven:
				if t.Months > 0 && StandingOf(r.Pupil, t, soon, r.Responsibilities, r.Acts) != StandingGiven {
					lapses = 1
				}
			}
		}
		d.conflicts, d.lapsing = d.conflicts+conflict, d.lapsing+lapses
		return nil
	})
}

// Tasks is what waits at a school, in the order in which to do it; what there is none of
// is left out.
func (p *Portal) Tasks(ctx context.Context, account, school string) (all []Task, err error) {
	err = p.store.View(ctx, func(tx Tx) error {
		all = nil
		a, err := p.allowed(tx, account, SeeTasks, Subject{School: school})
		if err != nil {
			return err
		}
		d := &desk{Tx: tx, p: p, actor: a, school: school}
		if d.own, err = a.kin(d, school); err != nil {
			return err
		}
		if err := d.stand(); err != nil {
			return err
		}
		for _, t := range tasks {
			n, err := t.count(d)
			if err != nil {
				return fmt.Errorf("task %s: %w", t.kind, err)
			}
			if n > 0 {
				all = append(all, Task{t.kind, n, a.May(t.do, Subject{School: school}) == nil})
			}
		}
		return nil
	})
	return all, err
}

// DayCount is how far a school had come by the end of a day.
type DayCount struct {
	Day      Date
	Answered int // pupils on roll about whom somebody has signed or answered anything
	Joined   int // contacts who have joined, and whose join has not ended
}

// Progress is how far a school has come, day by day, of the last so many, and of how
// many pupils on roll, without the account's own family.
func (p *Portal) Progress(ctx context.Context, account, school string, days int) (all []DayCount, pupils int, err error) {
	err = p.store.View(ctx, func(tx Tx) error {
		all, pupils = nil, 0
		a, err := p.allowed(tx, account, SeeTasks, Subject{School: school})
		if err != nil {
			return err
		}
		own, err := a.kin(tx, school)
		if err != nil {
			return err
		}
		answered, err := tx.FirstAnswers(school)
		if err != nil {
			return err
		}
		joined, err := tx.JoinedContacts(school)
		if err != nil {
			return err
		}
		on, err := tx.Pupils(school)
		if err != nil {
			return err
		}
		for _, x := range on {
			if x.OnRoll() && !own.pupils[x.ID] {
				pupils++
			}
		}
		today := p.today()
		for i := range days {
			all = append(all, DayCount{Day: day(today.begin().AddDate(0, 0, i+1-days))})
		}
		// A day's number is all that came until it ended.
		note := func(at time.Time, of func(*DayCount) *int) {
			on := day(at)
			for i := range all {
				if on <= all[i].Day {
					*of(&all[i])++
				}
			}
		}
		for id, at := range answered {
			if !own.pupils[id] {
				note(at, func(c *DayCount) *int { return &c.Answered })
			}
		}
		for id, at := range joined {
			if !own.contacts[id] {
				note(at, func(c *DayCount) *int { return &c.Joined })
			}
		}
		return nil
	})
	return all, pupils, err
}
