package portal

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Periods is for how many months a school keeps what it holds of people (facts of the
// field, consent in law: retention). A school that has not said it, whose Records is
// 0, erases nothing.
type Periods struct {
	Records    int // the pupil and their contacts, after the pupil has left
	Answers    int // after the pupil has left
	Agreements int // after the pupil has left
	Replaced   int // of a signature that the same person's next one has replaced
	Events     int // after they happened; and an activity, after it was over
	Pictures   int // of the picture desk, after one was brought, or was on the website last; 0 keeps them
	Staff      int // of an account, after it signed in last and once the settings do not name it
}

// pupil is how long a pupil's own row is kept, which the rest of theirs refers to.
func (k Periods) pupil() int { return max(k.Records, k.Answers, k.Agreements) }

// Keeping is a pupil's record that is kept beyond its time: under dispute, or as a
// court orders it.
type Keeping struct {
	PupilID string
	Until   Date // the last day
	Reason  string
	By      string // the account that said so, or [Operator]
	At      time.Time
}

// months is a date so many calendar months later: the first day on which something
// kept for so long has had its time. Where that month has no such day, it is the
// first of the month after.
func (d Date) months(n int) Date {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return ""
	}
	later := t.AddDate(0, n, 0)
	if later.Day() != t.Day() {
		later = time.Date(later.Year(), later.Month(), 1, 0, 0, 0, 0, time.UTC)
	}
	return Date(later.Format(time.DateOnly))
}

// begin is the moment at which the day begins in England.
func (d Date) begin() time.Time {
	t, _ := time.ParseInLocation(time.DateOnly, string(d), London)
	return t
}

// The kinds of what is kept, as they are counted.
const (
	KeptPupils     = "pupils"
	KeptContacts   = "contacts"
	KeptAnswers    = "answers"
	KeptSigned     = "signatures"
	KeptReplaced   = "replaced signatures"
	KeptActivities = "activities"
	KeptAccess     = "access that has ended"
	KeptPictures   = "pictures"
	KeptVisits     = "visitors’ signatures"
	KeptEvents     = "events"
	KeptAccounts   = "accounts"
)

// Unneeded is a contact whom nobody needs any more. Since is when a run first found
// it, in UTC; zero before that.
type Unneeded struct {
	ContactID string
	Since     time.Time
}

// contactMonths is for how many months such a contact is kept: a class list may
// have left them out by mistake. One whose pupil is erased goes with the pupil.
const contactMonths = 1

// KeptKinds is every kind, in the order in which to show them.
var KeptKinds = []string{KeptPupils, KeptContacts, KeptAnswers, KeptSigned, KeptReplaced, KeptActivities, KeptAccess, KeptPictures, KeptVisits, KeptEvents, KeptAccounts}

// Due is how much of a kind has had its time.
type Due struct {
	Kind   string
	Months int    // how long it is kept,
	After  string // and after what, in words
	Now    int
	Later  int  // of pupils who have left, or of events: whose time is still to come
	Next   Date // when the next are due; "" where it is not known yet
}

// Leaver is a pupil who has left, and when their record has had its time.
type Leaver struct {
	Pupil Pupil
	Due   Date
	Kept  Keeping // beyond that; the zero Keeping where nobody has said so
}

// Retention is what a school keeps, and until when.
type Retention struct {
	School  School
	On      Date
	Due     []Due
	Leavers []Leaver // those due first come first
}

// Period is how long the kind is kept, in words.
func (d Due) Period() string {
	if d.Months == 0 {
		return "until " + d.After
	}
	return Months(d.Months) + " after " + d.After
}

// Months is a period in words: "one year", "18 months", "at once".
func Months(n int) string {
	switch {
	case n == 0:
		return "at once"
	case n == 1:
		return "one month"
	case n == 12:
		return "one year"
	case n%12 == 0:
		return fmt.Sprintf("%d years", n/12)
	}
	return fmt.Sprintf("%d months", n)
}

// Now is how much has had its time.
func (r Retention) Now() (n int) {
	for _, d := range r.Due {
		n += d.Now
	}
	return n
}

// note counts one thing with the day on which it is due.
func (d *Due) note(due, today Date) {
	switch {
	case due <= today:
		d.Now++
	default:
		d.Later++
		if d.Next == "" || due < d.Next {
			d.Next = due
		}
	}
}

// erasing is what a school's run would erase, beside what is reckoned when it does.
type erasing struct {
	Retention
	pupils   []string
	acts     []Act    // that go before their pupil does
	contacts []string // also those who have to wait for their pupils to go
	over     []string // activities
	ended    []string // access
	photos   []Photo
}

// TrustWide stands for no school: what the portal holds of staff and of itself.
const TrustWide = "*"

// Retention says what a school keeps of whom, what of it has had its time, and when
// the rest will have. For [TrustWide] it says it of staff and of events that are of
// no school.
func (p *Portal) Retention(ctx context.Context, account, school string) (r Retention, err error) {
	err = p.store.View(ctx, func(tx Tx) error {
		e, err := p.erasing(tx, account, school)
		r = e.Retention
		return err
	})
	return r, err
}

func (p *Portal) erasing(tx Tx, account, school string) (e erasing, err error) {
	if _, err := p.allowed(tx, account, EraseRecords, Subject{School: school}); err != nil {
		return e, err
	}
	return p.reckon(tx, school)
}

// reckon works out what a school's run would erase.
func (p *Portal) reckon(tx Tx, school string) (e erasing, err error) {
	e.On = p.today()
	if school == TrustWide {
		return e, p.trustWide(tx, &e)
	}
	if e.School, err = tx.School(school); err != nil {
		return e, err
	}
	keep := e.School.Periods
	if keep.Records == 0 {
		return e, nil
	}
	r := newReckoning(&e, keep)
	r.now = p.now()
	held, err := tx.Keepings(school)
	if err != nil {
		return e, err
	}
	for _, k := range held {
		r.held[k.PupilID] = k
	}
	for _, left := range []bool{true, false} {
		if err := tx.EachPupil(school, left, func(x *PupilFile) error { return r.pupil(tx, x) }); err != nil {
			return e, err
		}
	}
	if err := r.people(tx, school); err != nil {
		return e, err
	}
	visits := Due{Kind: KeptVisits, Months: keep.Events, After: "the last day on which they count"}
	visited, err := tx.SchoolSigned(school, RefVisitor, time.Time{}, "")
	if err != nil {
		return e, err
	}
	for _, a := range visited {
		due := a.Until.months(keep.Events)
		if visits.note(due, e.On); due <= e.On {
			e.acts = append(e.acts, a)
		}
	}
	events, err := eventsDue(tx, school, keep.Events, e.On)
	if err != nil {
		return e, err
	}
	planned := Due{Kind: KeptActivities, Months: keep.Events, After: "it was over, and what was kept of it is deleted"}
	all, err := tx.Activities(school)
	if err != nil {
		return e, err
	}
	for _, x := range all {
		due := day(x.Ends).months(keep.Events)
		if x.keeps() {
			due = max(due, e.On.after())
		}
		if planned.note(due, e.On); due <= e.On {
			e.over = append(e.over, x.ID)
		}
	}
	access := Due{Kind: KeptAccess, Months: keep.Events, After: "it ended"}
	given, err := tx.Grants(school)
	if err != nil {
		return e, err
	}
	for _, g := range given {
		if g.open() {
			continue
		}
		due := day(g.Ended.At).months(keep.Events)
		if access.note(due, e.On); due <= e.On {
			e.ended = append(e.ended, g.ID)
		}
	}
	pictures, err := p.picturesDue(tx, r)
	if err != nil {
		return e, err
	}
	e.Due = []Due{r.due.pupils, r.due.contacts, r.due.answers, r.due.signed, r.due.replaced, planned, access, pictures, visits, events}
	slices.SortStableFunc(e.Leavers, func(a, b Leaver) int { return cmp.Compare(a.Due, b.Due) })
	return e, nil
}

// picturesDue is the pictures of the desk that are not on the website: drafts, those of which
// nobody is sure, and those that nobody has put back.
func (p *Portal) picturesDue(tx Tx, r *reckoning) (Due, error) {
	school, months := r.School.Slug, r.keep.Pictures
	d := Due{Kind: KeptPictures, Months: months, After: "they were brought, or were on the website last"}
	photos, err := tx.Photos(school)
	if err != nil || months == 0 || len(photos) == 0 {
		return d, err
	}
	may, err := p.mayBeShown(tx, school)
	if err != nil {
		return d, err
	}
	for _, x := range photos {
		on, err := pictureOf(tx, x)
		if err != nil {
			return d, err
		}
		if may.shows(on, r.On) {
			d.Later++
			continue
		}
		last := max(day(x.Brought), day(on.Taken))
		if !on.Shown.IsZero() && on.Taken.IsZero() { // nobody has noted yet that it is not shown
			last = r.On
		}
		due := last.months(months)
		for _, id := range x.Pupils {
			due = max(due, r.until(id, due))
		}
		if d.note(due, r.On); due <= r.On {
			r.photos = append(r.photos, x)
		}
	}
	return d, nil
}

// reckoning works out what of a school's pupils and contacts has had its time.
type reckoning struct {
	*erasing
	keep    Periods
	now     time.Time
	held    map[string]Keeping // by pupil
	gone    map[string]bool    // pupils who go now
	needed  map[string]bool    // contacts
	waiting map[string]bool    // acts that do not count yet, or no longer; nil until asked
	due     struct{ pupils, contacts, answers, signed, replaced Due }
}

func newReckoning(e *erasing, keep Periods) *reckoning {
	r := &reckoning{erasing: e, keep: keep, held: map[string]Keeping{}, gone: map[string]bool{}, needed: map[string]bool{}}
	r.due.pupils = Due{Kind: KeptPupils, Months: keep.pupil(), After: "the pupil has left"}
	r.due.contacts = Due{Kind: KeptContacts, Months: contactMonths, After: "they were found to be nobody's, or with their pupil"}
	r.due.answers = Due{Kind: KeptAnswers, Months: keep.Answers, After: "the pupil has left"}
	r.due.signed = Due{Kind: KeptSigned, Months: keep.Agreements, After: "the pupil has left"}
	r.due.replaced = Due{Kind: KeptReplaced, Months: keep.Replaced, After: "the same person has signed again"}
	return r
}

// until is when something of a pupil's that is due on a day does go.
func (r *reckoning) until(pupil string, due Date) Date {
	if stay := r.held[pupil]; stay.Until >= due {
		return stay.Until.after()
	}
	return due
}

// months is how long a signature or a decision is kept after the pupil has left, and
// how many of them there are.
func (r *reckoning) months(a Act) (int, *Due) {
	if a.Kind == Decision {
		return r.keep.Answers, &r.due.answers
	}
	return r.keep.Agreements, &r.due.signed
}

// pupil is one pupil's: when they go, and which of their acts go before them.
func (r *reckoning) pupil(tx Tx, x *PupilFile) error {
	if !x.Pupil.OnRoll() {
		r.leaver(x)
	}
	if r.gone[x.Pupil.ID] {
		return nil
	}
	for _, l := range x.Responsibilities {
		r.needed[l.ContactID] = true
	}
	again := false
	for _, a := range x.Acts {
		r.needed[a.Party.ID] = true
		again = again || a.Kind == Signature && a.Seq > 1
	}
	early := !x.Pupil.OnRoll() && min(r.keep.Answers, r.keep.Agreements) < r.keep.pupil()
	if !again && !early {
		return nil
	}
	acts, err := tx.PupilActs(x.Pupil.ID)
	if err != nil {
		return err
	}
	if r.waiting == nil {
		if r.waiting, err = uncounted(tx, x.Pupil.School, r.now); err != nil {
			return err
		}
	}
	for _, a := range acts {
		due := Date("")
		if next := following(acts, a); next.Seq > 0 && !r.waiting[next.ID] { // what does not count replaces nothing
			due = r.until(x.Pupil.ID, day(next.At).months(r.keep.Replaced))
			r.due.replaced.note(due, r.On)
		}
		if !x.Pupil.OnRoll() {
			months, _ := r.months(a)
			if d := r.until(x.Pupil.ID, day(x.Pupil.Left).months(months)); due == "" || d < due {
				due = d
			}
		}
		if due != "" && due <= r.On {
			r.acts = append(r.acts, a)
		}
	}
	return nil
}

// leaver notes when a pupil who has left goes, and what they signed and answered.
func (r *reckoning) leaver(x *PupilFile) {
	id, left := x.Pupil.ID, day(x.Pupil.Left)
	l := Leaver{Pupil: x.Pupil, Due: r.until(id, left.months(r.keep.pupil())), Kept: r.held[id]}
	r.Leavers = append(r.Leavers, l)
	r.due.pupils.note(l.Due, r.On)
	if l.Due <= r.On {
		r.pupils = append(r.pupils, id)
		r.gone[id] = true
	}
	for _, a := range x.Acts {
		months, due := r.months(a)
		due.note(r.until(id, left.months(months)), r.On)
	}
}

// people is the contacts, once all pupils have been looked at: those who have been
// nobody's for long enough, and those who are needed only by pupils who go now.
func (r *reckoning) people(tx Tx, school string) error {
	restricted, err := tx.Restrictions(school)
	if err != nil {
		return err
	}
	for _, x := range restricted {
		r.needed[x.Link.ContactID] = r.needed[x.Link.ContactID] || !r.gone[x.Link.PupilID]
	}
	joined, err := tx.EventsOf([]ActKind{JoinExtended})
	if err != nil {
		return err
	}
	for _, a := range joined {
		var of struct{ Pupil string }
		if err := json.Unmarshal([]byte(a.Details), &of); err != nil {
			return fmt.Errorf("%v: %w", a, err)
		}
		r.needed[a.Subject.ID] = r.needed[a.Subject.ID] || !r.gone[of.Pupil]
	}
	alone, err := tx.UnneededContacts(school)
	if err != nil {
		return err
	}
	for _, u := range alone {
		r.needed[u.ContactID] = true // so far
		if due := u.due(); due == "" {
			r.due.contacts.Later++
		} else if r.due.contacts.note(due, r.On); due <= r.On {
			r.contacts = append(r.contacts, u.ContactID)
		}
	}
	people, err := tx.Contacts(school)
	for _, c := range people {
		if !r.needed[c.ID] {
			r.due.contacts.Now++
			r.contacts = append(r.contacts, c.ID)
		}
	}
	return err
}

// due is the day on which the contact goes; "" where no run has found it yet.
func (u Unneeded) due() Date {
	if u.Since.IsZero() {
		return ""
	}
	return day(u.Since).months(contactMonths)
}

// following is the signature that replaced this one, by the same person under the
// same agreement; its Seq is 0 where there is none.
func following(acts []Act, a Act) Act {
	i := slices.IndexFunc(acts, func(b Act) bool {
		return a.Kind == Signature && b.Kind == Signature && b.Party == a.Party && b.TextSlug == a.TextSlug && b.Seq == a.Seq+1
	})
	if i < 0 {
		return Act{}
	}
	return acts[i]
}

// after is the next day.
func (d Date) after() Date {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return ""
	}
	return Date(t.AddDate(0, 0, 1).Format(time.DateOnly))
}

// monthsAgo is the moment before which what is kept for so many months has had its time.
func monthsAgo(today Date, n int) time.Time {
	d := today.begin()
	for back := d.AddDate(0, -n, -3); ; back = back.AddDate(0, 0, 1) { // the last day whose time is up
		if day(back).months(n) > today {
			return day(back).begin()
		}
	}
}

func eventsDue(tx Tx, school string, months int, today Date) (Due, error) {
	d := Due{Kind: KeptEvents, Months: months, After: "they happened"}
	var err error
	if d.Now, err = tx.CountEvents(school, monthsAgo(today, months)); err != nil {
		return d, err
	}
	all, err := tx.CountEvents(school, today.begin().AddDate(1, 0, 0))
	d.Later = all - d.Now
	return d, err
}

// trustWide is what is kept of staff, and the events that are of no school: as long
// as the school keeps its own that keeps them longest.
func (p *Portal) trustWide(tx Tx, e *erasing) error {
	schools, err := tx.Schools()
	if err != nil {
		return err
	}
	for _, s := range schools {
		e.School.Periods.Records = max(e.School.Periods.Records, s.Periods.Records)
		e.School.Periods.Events = max(e.School.Periods.Events, s.Periods.Events)
		e.School.Periods.Staff = max(e.School.Periods.Staff, s.Periods.Staff)
	}
	keep := e.School.Periods
	if keep.Records == 0 {
		return nil
	}
	events := Due{Kind: KeptEvents, Months: keep.Events, After: "they happened"}
	for _, none := range noSchool {
		d, err := eventsDue(tx, none, keep.Events, e.On)
		if err != nil {
			return err
		}
		events.Now, events.Later = events.Now+d.Now, events.Later+d.Later
	}
	idle, err := p.idleStaff(tx, keep, e.On)
	e.Due = []Due{events, {Kind: KeptAccounts, Months: keep.Staff, After: "they signed in last, where the settings do not name them", Now: len(idle)}}
	return err
}

// noSchool is how acts that are of no school have it.
var noSchool = []string{"", TrustWide}

// idleStaff are accounts of staff whom the settings do not name, that have had their
// time, and by whom there is no event.
func (p *Portal) idleStaff(tx Tx, keep Periods, today Date) ([]Account, error) {
	all, err := tx.IdleStaff(monthsAgo(today, keep.Staff))
	return slices.DeleteFunc(all, func(a Account) bool {
		return slices.ContainsFunc(p.staff, func(s Staff) bool { return strings.EqualFold(s.Email, a.Identity.StaffEmail) })
	}), err
}

// Tally is how many of each kind were erased.
type Tally map[string]int

// Sum is how many of all kinds.
func (t Tally) Sum() (n int) {
	for _, of := range t {
		n += of
	}
	return n
}

// So many pupils, or acts, go in one transaction, under one event.
const eraseAtOnce = 25

// Erase erases what has had its time at a school, or for [TrustWide], and answers
// how many of which kind. A pupil goes whole or not at all; a run that was broken off
// is taken up by the next. What was erased, under which rule and by whom stays on
// record, sealed, without anybody's name.
//
// Where the clock may be wrong it erases nothing: [ErrClock], until [Portal.ClockIsRight].
func (p *Portal) Erase(ctx context.Context, account, school string) (total Tally, err error) {
	total = Tally{}
	var left erasing
	err = p.store.View(ctx, func(tx Tx) error {
		if left, err = p.erasing(tx, account, school); err != nil {
			return err
		}
		return p.clock(tx)
	})
	if err != nil {
		return total, err
	}
	if p.erased != nil {
		defer func() { err = errors.Join(err, p.erased(ctx)) }()
	}
	// Each round reckons anew what is due: somebody may have come back, or be kept.
	rounds := (len(left.pupils) + eraseAtOnce - 1) / eraseAtOnce
	rounds = max(rounds, (len(left.acts)+eraseAtOnce-1)/eraseAtOnce, 1)
	for range rounds {
		if err := p.eraseSome(ctx, account, school, total, p.erasePeople); err != nil {
			return total, err
		}
	}
	for n := 1; n > 0; {
		before := total.Sum()
		if err := p.eraseSome(ctx, account, school, total, p.eraseEvents); err != nil {
			return total, err
		}
		n = total.Sum() - before
	}
	if school == TrustWide {
		if err := p.eraseSome(ctx, account, school, total, p.eraseStaff); err != nil {
			return total, err
		}
	}
	if err := p.Tidy(ctx); err != nil || total.Sum() == 0 {
		return total, err
	}
	return total, p.store.Scrub(ctx)
}

// AfterErasing has something done after each run that erases, whoever began it.
func (p *Portal) AfterErasing(do func(context.Context) error) { p.erased = do }

// clockJump is how far apart two times are at most, of heads of the ledger that were
// published one after another, and of now, for the clock to be believed. While the portal
// is served there is a head each day.
const clockJump = 14 * 24 * time.Hour

// clock answers [ErrClock] where it may have been wrong since somebody last said that it
// is right: it has jumped, or is behind what it was.
func (p *Portal) clock(tx Tx) error {
	heads, err := tx.LedgerHeads()
	if err != nil {
		return err
	}
	said, err := tx.Events(EventFilter{Kind: ClockRight, Most: 1})
	if err != nil {
		return err
	}
	var last time.Time
	if len(said) > 0 {
		var at struct{ Heads int }
		if err := json.Unmarshal([]byte(said[0].Details), &at); err != nil {
			return fmt.Errorf("%v: %w", said[0], err)
		}
		last, heads = said[0].At, heads[min(at.Heads, len(heads)):]
	}
	now := p.now()
	for _, at := range append(times(heads), now) {
		jumped := at.Sub(last) > clockJump || at.Before(last.Add(-24*time.Hour)) // a head has the time that was set for it
		if !last.IsZero() && jumped {
			return fmt.Errorf("%w: it went from %s to %s, and now says %s. Nothing was erased", ErrClock, day(last), day(at), day(now))
		}
		last = at
	}
	return nil
}

func times(heads []LedgerHead) (all []time.Time) {
	for _, h := range heads {
		all = append(all, h.At)
	}
	return all
}

// ClockIsRight puts on record that the operator has looked at the clock and at what is
// due: what it was before says nothing against it.
func (p *Portal) ClockIsRight(ctx context.Context) error {
	var heads []LedgerHead
	err := p.store.View(ctx, func(tx Tx) (err error) {
		heads, err = tx.LedgerHeads()
		return err
	})
	if err != nil {
		return err
	}
	return p.Note(ctx, ClockRight, map[string]any{"heads": len(heads)})
}

// eraseSome is one transaction of a run, with the event that proves it.
func (p *Portal) eraseSome(ctx context.Context, account, school string, total Tally, some func(Tx, erasing, *gone) error) error {
	n := &gone{}
	err := p.store.Update(ctx, func(tx Tx) error {
		*n = gone{of: Tally{}}
		e, err := p.erasing(tx, account, school)
		if err != nil || e.School.Periods.Records == 0 {
			return err
		}
		if err := some(tx, e, n); err != nil || n.of.Sum() == 0 {
			return err
		}
		details := map[string]any{"rule": e.School.Periods.words(), "entries": ranges(n.entries)}
		for kind, of := range n.of {
			details[kind] = of
		}
		return p.event(tx, account, school, Erased, Ref{RefSchool, school}, details)
	})
	if err != nil {
		return fmt.Errorf("erase at %s: %w", school, err)
	}
	for kind, of := range n.of {
		total[kind] += of
	}
	return nil
}

// gone is what one transaction erases: how many of which kind, and which entries of the
// ledger.
type gone struct {
	of      Tally
	entries []int64
}

// words is the periods as an event keeps them.
func (k Periods) words() string {
	return fmt.Sprintf("months kept: records %d, answers %d, agreements %d, replaced %d, events %d, pictures %d, staff %d", k.Records, k.Answers, k.Agreements, k.Replaced, k.Events, k.Pictures, k.Staff)
}

// erasePeople erases the next pupils, the acts that go before them, and the contacts
// that nobody needs.
func (p *Portal) erasePeople(tx Tx, e erasing, n *gone) error {
	if e.School.Slug == "" {
		return nil
	}
	for _, id := range e.over {
		if err := tx.EraseActivity(id); err != nil {
			return fmt.Errorf("activity %s: %w", id, err)
		}
		n.of[KeptActivities]++
	}
	for _, id := range e.ended {
		if err := tx.EraseGrant(id); err != nil {
			return fmt.Errorf("access %s: %w", id, err)
		}
		n.of[KeptAccess]++
	}
	for _, x := range e.photos {
		if err := dropPhoto(tx, x); err != nil {
			return fmt.Errorf("%v: %w", x, err)
		}
		n.of[KeptPictures]++
	}
	for _, a := range e.acts[:min(len(e.acts), eraseAtOnce)] {
		if err := eraseAct(tx, a, n); err != nil {
			return err
		}
	}
	for _, id := range e.pupils[:min(len(e.pupils), eraseAtOnce)] {
		acts, err := tx.PupilActs(id)
		if err != nil {
			return err
		}
		events, err := tx.EventsNaming(e.School.Slug, id)
		if err != nil {
			return err
		}
		for _, a := range slices.Concat(acts, events) {
			if err := eraseAct(tx, a, n); err != nil {
				return err
			}
		}
		if err := p.erasePhotosOf(tx, e.School.Slug, id, n); err != nil {
			return fmt.Errorf("pictures of pupil %s: %w", id, err)
		}
		if err := tx.ErasePupil(id); err != nil {
			return fmt.Errorf("pupil %s: %w", id, err)
		}
		n.of[KeptPupils]++
	}
	alone, err := tx.UnneededContacts(e.School.Slug)
	if err != nil {
		return err
	}
	for _, u := range alone {
		if !slices.Contains(e.contacts, u.ContactID) {
			continue
		}
		id := u.ContactID
		events, err := tx.EventsNaming(e.School.Slug, id)
		if err != nil {
			return err
		}
		for _, a := range events {
			if err := eraseAct(tx, a, n); err != nil {
				return err
			}
		}
		accounts, err := tx.ContactAccounts(id)
		if err != nil {
			return err
		}
		if err := tx.EraseContact(id); err != nil {
			return fmt.Errorf("contact %s: %w", id, err)
		}
		n.of[KeptContacts]++
		for _, a := range accounts {
			if err := p.eraseAccount(tx, a, n); err != nil {
				return err
			}
		}
	}
	return tx.MarkUnneeded(e.School.Slug, p.now())
}

// eraseAct erases an act and its record. Two people may be named by one.
func eraseAct(tx Tx, a Act, n *gone) error {
	entry, err := tx.EraseAct(a.ID)
	if err != nil {
		return fmt.Errorf("%v: %w", a, err)
	}
	n.entries = append(n.entries, entry)
	switch {
	case a.Kind == Decision:
		n.of[KeptAnswers]++
	case a.Party.Kind == RefVisitor:
		n.of[KeptVisits]++
	case a.Kind == Signature:
		n.of[KeptSigned]++
	default:
		n.of[KeptEvents]++
	}
	return nil
}

// eraseAccount erases an account that was joined to somebody, where nothing of its
// own is left. That of somebody who works here stays.
func (p *Portal) eraseAccount(tx Tx, a Account, n *gone) error {
	if a.Identity.StaffEmail != "" {
		return nil
	}
	gone, err := tx.EraseAccount(a.ID)
	if gone {
		n.of[KeptAccounts]++
	}
	return err
}

// So many events are looked at in one transaction.
const eventsAtOnce = 2000

// eraseEvents erases the next events that have had their time. Those about somebody
// whose record is kept stay with it.
func (p *Portal) eraseEvents(tx Tx, e erasing, n *gone) error {
	schools := []string{e.School.Slug}
	stay := map[string]bool{}
	if e.School.Slug == "" {
		schools = noSchool
	} else {
		links, err := tx.Responsibilities(e.School.Slug)
		if err != nil {
			return err
		}
		for _, l := range e.Leavers {
			stay[l.Pupil.ID] = l.Kept.Until >= e.On
		}
		kept, err := tx.Keepings(e.School.Slug)
		if err != nil {
			return err
		}
		for _, k := range kept {
			stay[k.PupilID] = k.Until >= e.On
		}
		for _, l := range links {
			stay[l.ContactID] = stay[l.ContactID] || stay[l.PupilID]
		}
	}
	for _, school := range schools {
		all, err := tx.EventsBefore(school, monthsAgo(e.On, e.School.Periods.Events), eventsAtOnce)
		if err != nil {
			return err
		}
		for _, a := range all {
			if stay[a.Subject.ID] {
				continue
			}
			if err := eraseAct(tx, a, n); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *Portal) eraseStaff(tx Tx, e erasing, n *gone) error {
	idle, err := p.idleStaff(tx, e.School.Periods, e.On)
	if err != nil {
		return err
	}
	for _, a := range idle {
		signed, err := tx.StaffSigned(a.ID)
		if err != nil {
			return err
		}
		for _, s := range signed {
			if err := eraseAct(tx, s, n); err != nil {
				return err
			}
		}
		gone, err := tx.EraseAccount(a.ID)
		if err != nil {
			return err
		}
		if gone {
			n.of[KeptAccounts]++
		}
	}
	return nil
}

// KeepLonger keeps what is held of a pupil until a day, for a reason, whatever the
// school's periods say; a day that is past ends that. What another has said, only who sets
// restrictions changes: [ErrForbidden]. It answers [*Invalid], and [ErrNotFound] for a
// pupil of another school.
func (p *Portal) KeepLonger(ctx context.Context, account, school, pupil string, until Date, reason string) error {
	reason = strings.Join(strings.Fields(reason), " ")
	return p.store.Update(ctx, func(tx Tx) error {
		a, err := p.allowed(tx, account, EraseRecords, Subject{School: school})
		if err != nil {
			return err
		}
		if err := a.notKin(tx, school, Link{PupilID: pupil}); err != nil {
			return err
		}
		x, err := tx.Pupil(pupil)
		if err == nil && x.School != school {
			err = fmt.Errorf("pupil: %w", ErrNotFound)
		}
		if err != nil {
			return err
		}
		kept, err := tx.Keepings(school)
		if err != nil {
			return err
		}
		others := slices.ContainsFunc(kept, func(k Keeping) bool { return k.PupilID == pupil && k.By != account && k.Until >= p.today() })
		if others && a.May(SetRestrictions, Subject{School: school}) != nil {
			return fmt.Errorf("record: %w", ErrForbidden)
		}
		var wrong Invalid
		if until.String() == "" || until > p.today().months(12*maxKept) {
			wrong.Add("until", fmt.Sprintf("Write the last day on which the record is kept as dd/mm/yyyy, at most %d years from now", maxKept))
		}
		if n := utf8.RuneCountInString(reason); n == 0 || n > MaxReason {
			wrong.Add("reason", fmt.Sprintf("Say in a sentence why it is kept, or why it is no longer, in at most %d characters", MaxReason))
		}
		if err := wrong.Or(); err != nil {
			return err
		}
		if until < p.today() {
			err = tx.DeleteKeeping(pupil)
		} else {
			err = tx.PutKeeping(Keeping{PupilID: pupil, Until: until, Reason: reason, By: account, At: p.now()})
		}
		return errors.Join(err, p.event(tx, account, school, KeptLonger, Ref{RefPupil, pupil}, map[string]any{"until": until, "why": reason}))
	})
}

// maxKept is for how many years a record can be kept at once.
const maxKept = 10
