package portal

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Slip is one agreement or question as it is put to one contact about one child on
// paper, by telephone or in person; or a question as it is put to the child, or to the
// social worker of one in care. What they answer counts the same (S9).
type Slip struct {
	// Ref stands on the paper, and is typed to find the slip again. It is worked out of
	// the three, so that nothing has to be kept, and opens nothing by itself.
	Ref   string
	Party Ref   // whom it is put to
	Child Child // without a contact, where it is put to nobody of the register but the child
	Text  Text
	Last  Act // the party's last about it that counts; the zero Act for none
	// Second says that somebody else is rung first about the child, or about another of the
	// contact's whose slip is printed with it; see [Letter].
	Second bool
}

// Whom is whom it is put to, by the name that the school knows.
func (s Slip) Whom() string {
	switch s.Party.Kind {
	case RefPupil:
		return s.Child.Pupil.Name()
	case RefWorker:
		return "The social worker"
	}
	return s.Child.Contact.Name
}

// slipOf is the slip of a text that is put to somebody about a pupil.
func slipOf(party Ref, c Child, t Text) Slip {
	id := party.ID
	if party.Kind != RefContact { // theirs are the pupil's
		id = string(party.Kind) + " " + id
	}
	return Slip{Ref: slipRef(id, c.Pupil.ID, t.Hash), Party: party, Child: c, Text: t}
}

// Answered says whether the party has signed or answered what the slip asks, on a day.
func (s Slip) Answered(on Date) bool {
	return s.Text.stands(s.Last, on)
}

// refLength is so long that of a school's ten thousand slips a mistyped one is
// another's once in thirty million.
const refLength = 8

// slipRef is the reference of a slip, in groups of four.
func slipRef(contact, pupil, hash string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{"schoolgate slip", contact, pupil, hash}, "\n")))
	var b strings.Builder
	for i := range refLength {
		if i == refLength/2 {
			b.WriteByte('-')
		}
		n := uint(sum[2*i])<<8 | uint(sum[2*i+1])
		b.WriteByte(codeAlphabet[n%uint(len(codeAlphabet))])
	}
	return b.String()
}

// SlipFilter is whose slips are wanted, of the pupils on roll.
type SlipFilter struct {
	Pupil string // id; "" for all
	Group string // registration group; "" for all
	but   kin    // whose are left out
	// ToSend leaves out what has been answered, and those who are not written to.
	ToSend bool
}

// Slips is the pupils on roll, and what is put to each contact who may decide for the
// one with this id; none for "". Of the account's own family nobody reads what the other
// parent said: they are left out, and asked for, [ErrForbidden].
func (p *Portal) Slips(ctx context.Context, account, school, pupil string) (pupils []Pupil, all []Slip, err error) {
	err = p.store.View(ctx, func(tx Tx) error {
		a, err := p.allowed(tx, account, WriteDown, Subject{School: school})
		if err != nil {
			return err
		}
		if pupils, err = listedPupils(tx, school); err != nil {
			return err
		}
		own, err := a.kin(tx, school)
		if err != nil {
			return err
		}
		if own.pupils[pupil] {
			return fmt.Errorf("slips: %w", ErrForbidden)
		}
		pupils = slices.DeleteFunc(pupils, func(x Pupil) bool { return !x.OnRoll() || own.pupils[x.ID] })
		if pupil != "" {
			all, err = p.slips(tx, school, SlipFilter{Pupil: pupil, but: own})
		}
		return err
	})
	return pupils, all, err
}

func (p *Portal) slips(tx Tx, school string, f SlipFilter) (all []Slip, err error) {
	info, err := tx.School(school)
	if err != nil {
		return nil, err
	}
	contacts, err := tx.Contacts(school)
	if err != nil {
		return nil, err
	}
	watch, err := readWatch(tx, school)
	if err != nil {
		return nil, err
	}
	named, texts := byID(contacts), append(info.Of(Agreement), info.Of(Purpose)...)
	err = p.eachPupil(tx, school, false, func(r *PupilFile) error {
		if f.but.pupils[r.Pupil.ID] || f.Pupil != "" && r.Pupil.ID != f.Pupil || f.Group != "" && r.Pupil.Group != f.Group {
			return nil
		}
		links, first := slices.Clone(r.Responsibilities), firsts(r.Responsibilities)
		slices.SortFunc(links, func(a, b Responsibility) int {
			return cmp.Or(strings.Compare(named[a.ContactID].Name, named[b.ContactID].Name), strings.Compare(a.ContactID, b.ContactID))
		})
		for _, l := range links {
			c := named[l.ContactID]
			if !l.Decides() || f.but.contacts[c.ID] || f.ToSend && (!l.May(MaySee|MayBeWrittenTo) || watch.warning(c) != "") {
				continue
			}
			var theirs []Slip
			asks := false // something that waits for an answer
			for _, t := range texts {
				s := slipOf(Ref{RefContact, c.ID}, Child{Pupil: r.Pupil, Contact: c, Responsibility: l}, t)
				s.Last, s.Second = latest(r.Acts, t.act(), r.Pupil.ID, s.Party, t.Slug), first[r.Pupil.ID] != c.ID
				if t.Asks(r.Pupil) && (!f.ToSend || !s.Answered(p.today())) {
					theirs, asks = append(theirs, s), asks || !t.Objected()
				}
			}
			if asks || !f.ToSend { // nobody is sent a sheet on which there is nothing to answer
				all = append(all, theirs...)
			}
		}
		if !f.ToSend {
			all = append(all, p.otherSlips(r, info.Of(Purpose))...)
		}
		return nil
	})
	return all, err
}

// otherSlips are what is put to the pupil, who is asked from an age on, and to their social
// worker.
func (p *Portal) otherSlips(r *PupilFile, purposes []Text) (all []Slip) {
	for _, kind := range []RefKind{RefPupil, RefWorker} {
		for _, t := range purposes {
			if t.Asks(r.Pupil) && (kind == RefPupil && t.AsksPupil(r.Pupil, p.today()) || kind == RefWorker && r.Pupil.LookedAfter) {
				s := slipOf(Ref{kind, r.Pupil.ID}, Child{Pupil: r.Pupil}, t)
				s.Last = latest(r.Acts, Decision, r.Pupil.ID, s.Party, t.Slug)
				all = append(all, s)
			}
		}
	}
	return all
}

// PrintSlips is the slips to print, and puts on record that they were. All of one person
// come together, in order of their first child's year, group and name, and the second
// person of a child after everybody's first; see [Letter].
func (p *Portal) PrintSlips(ctx context.Context, account, school string, f SlipFilter) (all []Slip, err error) {
	f.ToSend = true
	err = p.store.Update(ctx, func(tx Tx) error {
		a, err := p.allowed(tx, account, WriteDown, Subject{School: school})
		if err != nil {
			return err
		}
		if f.but, err = a.kin(tx, school); err != nil { // a colleague prints those of their own family
			return err
		}
		if all, err = p.slips(tx, school, f); err != nil || len(all) == 0 {
			return err
		}
		byPerson(all)
		var to, about []string
		for _, s := range all {
			to, about = append(to, s.Child.Contact.ID), append(about, s.Child.Pupil.ID)
		}
		details := map[string]any{"slips": len(all), "to": marks(to), "about": marks(about)}
		if f.Group != "" {
			details["class"] = f.Group
		}
		return p.event(tx, account, school, SlipsPrinted, Ref{RefSchool, school}, details)
	})
	return all, err
}

// byPerson puts slips in the order in which they are printed.
func byPerson(all []Slip) {
	place, second := map[string]int{}, map[string]bool{}
	for i, s := range all {
		id := s.Child.Contact.ID
		if _, ok := place[id]; !ok {
			place[id] = i
		}
		second[id] = second[id] || s.Second
	}
	for i := range all {
		all[i].Second = second[all[i].Child.Contact.ID]
	}
	slices.SortStableFunc(all, func(a, b Slip) int {
		return cmp.Or(secondLast(a.Second, b.Second), cmp.Compare(place[a.Child.Contact.ID], place[b.Child.Contact.ID]))
	})
}

// SlipAnswer is what one contact answered, as it reached the school.
type SlipAnswer struct {
	Field  string // by which a problem names it
	Ref    string
	Answer Answer // Given or Refused; Given under an agreement is a signature
}

// SlipForm is what somebody at the office writes down at one go.
type SlipForm struct {
	Way      Way  // Paper, Telephone or InPerson
	RangBack bool // by telephone: the office rang them, at the number in the register
	On       Date // the day on which it was signed or said
	Answers  []SlipAnswer
	Language string // BCP 47, of the words
	Worker   string // the name of the social worker, where one of them answered
}

// Written is an answer that was written down, or had been before.
type Written struct {
	Slip
	Answer Answer
	Again  bool // it was there already, and nothing was added
}

// WriteDown records what contacts answered otherwise than online, and seals each: the
// record says who answered, and whose account entered it. All are taken or none.
// Each is an event besides, which the safeguarding lead reads: who wrote down what for
// whom, and whether it took the place of a no.
//
// It answers [*Invalid], by the field of each, for a reference that is no slip's, which
// is looked for first, a contact who may not decide, a child of the account's own, a yes
// to words that are no longer in force or were not yet, or for a child who has left, an
// answer that the contact has replaced since the day, and a yes by telephone in place of
// a no, or of somebody whom the office has not rung back at the number in the register:
// anybody can ring. A no needs no such proof. What waits, as somebody new said it online, stands in nobody's way.
func (p *Portal) WriteDown(ctx context.Context, account, school string, f SlipForm) (all []Written, err error) {
	err = p.store.Update(ctx, func(tx Tx) error {
		all = nil
		a, err := p.allowed(tx, account, WriteDown, Subject{School: school})
		if err != nil {
			return err
		}
		var wrong Invalid
		if f.Way != Paper && f.Way != Telephone && f.Way != InPerson {
			wrong.Add("way", "Say how the answer reached you")
		}
		switch today := p.today(); {
		case f.On == "":
			wrong.Add("on", "Say on which day it was signed or said, as dd/mm/yyyy")
		case f.On > today:
			wrong.Add("on", "That day has not come yet")
		case f.On < today.months(-12):
			wrong.Add("on", "That is more than a year ago. Ask again: the words may have changed")
		}
		if len(f.Answers) == 0 {
			wrong.Add("told", "Write down at least one answer")
		}
		if len(wrong.Problems) > 0 {
			return &wrong
		}
		found, err := p.findSlips(tx, school, f.Answers)
		if err != nil {
			return err
		}
		for _, told := range f.Answers {
			if _, ok := found[normalRef(told.Ref)]; !ok {
				wrong.Add(told.Field, "There is no slip ‘"+clipped(told.Ref)+"’. Look at each letter and number again")
			}
		}
		f.Worker = strings.Join(strings.Fields(f.Worker), " ")
		asked := slices.ContainsFunc(f.Answers, func(t SlipAnswer) bool { return found[normalRef(t.Ref)].Party.Kind == RefWorker })
		switch {
		case asked && (f.Worker == "" || strings.ContainsFunc(f.Worker, misleads)):
			wrong.Add("worker", "Type the name of the social worker, and the council they work for")
		case utf8.RuneCountInString(f.Worker) > MaxName:
			wrong.Add("worker", fmt.Sprintf("The social worker’s name must be %d characters or fewer", MaxName))
		}
		if len(wrong.Problems) > 0 {
			return &wrong
		}
		w, err := p.newSlipWriter(tx, a, school, f)
		if err != nil {
			return err
		}
		for _, told := range f.Answers {
			s := found[normalRef(told.Ref)]
			written, why, err := w.write(s, told.Answer)
			if err != nil {
				return err
			}
			if why != "" {
				wrong.Add(told.Field, s.Ref+": "+why)
			}
			all = append(all, written)
		}
		return wrong.Or()
	})
	return all, err
}

// normalRef is a reference as [slipRef] writes it, however it was typed.
func normalRef(typed string) string {
	s := NormalCode(typed)
	if len(s) != refLength {
		return s
	}
	return s[:refLength/2] + "-" + s[refLength/2:]
}

// clipped is the beginning of what was typed: no message repeats a whole field.
func clipped(s string) string {
	if r := []rune(s); len(r) > 12 {
		return string(r[:12]) + "…"
	}
	return s
}

// findSlips is those that are asked for, by reference: also of children who have left,
// of contacts who may not decide, and of earlier wordings.
func (p *Portal) findSlips(tx Tx, school string, told []SlipAnswer) (map[string]Slip, error) {
	wanted := map[string]bool{}
	for _, t := range told {
		wanted[normalRef(t.Ref)] = true
	}
	contacts, err := tx.Contacts(school)
	if err != nil {
		return nil, err
	}
	wordings, err := tx.Wordings(school)
	if err != nil {
		return nil, err
	}
	wordings = slices.DeleteFunc(wordings, func(t Text) bool { return !t.forParents() })
	pupils, err := tx.Pupils(school)
	if err != nil {
		return nil, err
	}
	pupilOf := map[string]Pupil{}
	for _, x := range pupils {
		pupilOf[x.ID] = x
	}
	links, err := tx.Responsibilities(school)
	if err != nil {
		return nil, err
	}
	named, found := byID(contacts), map[string]Slip{}
	find := func(s Slip) {
		if !wanted[s.Ref] || err != nil {
			return
		}
		s.Text, err = tx.Text(school, s.Text.Hash)
		found[s.Ref] = s
	}
	for _, t := range wordings {
		for _, l := range links {
			find(slipOf(Ref{RefContact, l.ContactID}, Child{Pupil: pupilOf[l.PupilID], Contact: named[l.ContactID], Responsibility: l}, t))
		}
		for _, x := range pupils {
			if t.Kind == Purpose {
				find(slipOf(Ref{RefPupil, x.ID}, Child{Pupil: x}, t))
				find(slipOf(Ref{RefWorker, x.ID}, Child{Pupil: x}, t))
			}
		}
	}
	return found, err
}

// slipWriter writes down what came in one form at one school.
type slipWriter struct {
	p       *Portal
	tx      Tx
	by      Actor
	own     kin // of by
	form    SlipForm
	school  School
	other   map[string]bool // wordings that are not those in force; see wordings.go
	waiting map[string]bool // acts that do not count yet, or no longer
}

func (p *Portal) newSlipWriter(tx Tx, by Actor, school string, f SlipForm) (w slipWriter, err error) {
	w = slipWriter{p: p, tx: tx, by: by, form: f}
	if w.school, err = tx.School(school); err != nil {
		return w, err
	}
	if w.own, err = by.kin(tx, school); err != nil {
		return w, err
	}
	if w.other, err = otherWords(tx, w.school); err != nil {
		return w, err
	}
	w.waiting, err = uncounted(tx, school, p.now())
	return w, err
}

// refuses is why an answer cannot be written down whatever was answered before; "" if it
// can.
func (w slipWriter) refuses(s Slip, answer Answer) string {
	c, t := s.Child, s.Text
	now, asked := w.school.Current(t.Kind, t.Slug)
	switch published := day(t.Published); {
	case w.form.On < published:
		return "the day is before " + published.String() + ", when these words were published. Look at the day again"
	case answer != Given && (answer != Refused || t.Kind == Agreement):
		return "choose what stands on the slip"
	case w.own.has(Link{c.Pupil.ID, c.Contact.ID}):
		return "this is about your own family. Somebody else at the office has to write it down"
	case s.Party.Kind == RefPupil && !t.AsksPupil(c.Pupil, w.form.On):
		return "this child was not asked on that day: the words say from which age on"
	case s.Party.Kind == RefWorker && !c.Pupil.LookedAfter:
		return "the register does not say that a council looks after this child. Put the register right first"
	case s.Party.Kind == RefContact && !c.Responsibility.Decides():
		return "this person may not decide for this child, so nothing can be written down. Ask the safeguarding lead"
	case !c.Pupil.OnRoll() && answer == Given:
		return "this child has left. Only a no can be written down"
	case answer == Given && (!asked || now.Edition != t.Edition || w.other[t.Hash]):
		return "the words have changed since this slip was printed. A yes or a signature to the earlier words no longer counts: ask again"
	}
	return ""
}

// write adds one answer, or says why not.
func (w slipWriter) write(s Slip, answer Answer) (done Written, why string, err error) {
	if why = w.refuses(s, answer); why != "" {
		return done, why, nil
	}
	c, t, kind, on := s.Child, s.Text, s.Text.act(), w.form.On
	acts, err := w.tx.PupilActs(c.Pupil.ID)
	if err != nil {
		return done, "", err
	}
	seq := latest(acts, kind, c.Pupil.ID, s.Party, t.Slug).Seq
	for i := range acts {
		acts[i].Waits = w.waiting[acts[i].ID]
	}
	last := latest(acts, kind, c.Pupil.ID, s.Party, t.Slug)
	if kind == Signature {
		answer = ""
	}
	if answer == Refused && (last.Answer == Given || last.Answer == Withdrawn) {
		answer = Withdrawn
	}
	s.Last = last
	done = Written{Slip: s, Answer: answer, Again: last.Seq > 0 && last.Answer == answer && last.TextHash == t.Hash && t.stands(last, w.p.today())}
	switch {
	case done.Again:
		return done, "", nil
	case last.Seq > 0 && (last.said() > on || answer == Given && last.Answer != Given && last.said() == on && last.Way == Online):
		return done, "they have answered again since, so this one counts no more", nil
	case answer == Given && last.Seq > 0 && last.Answer != Given && w.form.Way == Telephone:
		return done, "they said no before. A yes in place of a no is not taken by telephone: ask for it on paper, in person or in the portal", nil
	case answer != Refused && answer != Withdrawn && w.form.Way == Telephone && c.Contact.Phone == "":
		return done, "the register has no telephone number of theirs, so nobody knows who rang. Ask for a yes or a signature on paper, in person or in the portal", nil
	case answer != Refused && answer != Withdrawn && w.form.Way == Telephone && !w.form.RangBack:
		return done, "anybody can ring. Ring them back at the number in the register, and say that you did", nil
	}
	details, err := json.Marshal(paperDetails{on, w.form.Way == Telephone && w.form.RangBack})
	if err != nil {
		return done, "", err
	}
	act := Act{
		Kind: kind, School: w.school.Slug, Party: s.Party, Subject: Ref{RefPupil, c.Pupil.ID}, By: w.by.AccountID, Way: w.form.Way,
		TextSlug: t.Slug, Edition: t.Edition, TextHash: t.Hash, Language: w.form.Language, Until: t.until(c.Pupil, on),
		Seq: seq + 1, Details: string(details),
	}
	if kind == Signature {
		act.TypedName = c.Contact.Name
	} else {
		act.Answer = answer
	}
	if s.Party.Kind == RefWorker {
		act.TypedName = w.form.Worker
	}
	if done.Last, err = w.p.add(w.tx, act); err != nil {
		return done, "", err
	}
	return done, "", w.p.event(w.tx, w.by.AccountID, w.school.Slug, AnswerWritten, act.Party, map[string]any{
		"pupil": c.Pupil.ID, "text": t.Slug, "way": w.form.Way, "instead of a no": answer == Given && last.Seq > 0 && last.Answer != Given,
	})
}

// uncounted is the ids of a school's acts that do not count yet, or no longer, as the
// join that they came through is new or has ended.
func uncounted(tx Tx, school string, now time.Time) (map[string]bool, error) {
	acts, err := tx.ActsNotCounted(school, now)
	ids := map[string]bool{}
	for _, a := range acts {
		ids[a.ID] = true
	}
	return ids, err
}

// paperDetails is what the record of an answer that was written down says besides.
type paperDetails struct {
	On       Date `json:"on"`
	RangBack bool `json:"rang_back,omitempty"` // they were rung at the number in the register
}

// said is the day on which somebody answered: for what was written down, the day that
// stood on the paper.
func (a Act) said() Date {
	var t paperDetails
	if a.Way != Online && json.Unmarshal([]byte(a.Details), &t) == nil && t.On != "" {
		return t.On
	}
	return day(a.At)
}

// SaidOn is the day on which a contact answered otherwise than online, and "" for an
// answer that they gave online themselves.
func (a Act) SaidOn() Date {
	if a.Way == Paper || a.Way == Telephone || a.Way == InPerson {
		return a.said()
	}
	return ""
}
