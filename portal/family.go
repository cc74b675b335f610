package portal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// ChildView is one child as a parent's first page shows them.
type ChildView struct {
	Child   Child
	School  School
	Signing []SigningView
	Own     []Signable // what the child signs for themselves
	Purpose []PurposeView
	// Reads says that this contact may see the child, and a restriction takes their say.
	Reads bool
	// Waits is from when a yes and a signature of this contact count, in UTC; zero where
	// they do already. It depends on nobody else.
	Waits time.Time
}

// SigningView is an agreement and this contact's signature under it. Signed is
// the zero Act where there is none for the current edition. Of a child who has left
// it is the last, and Text is what was signed.
type SigningView struct {
	Text   Text
	Signed Act
	Said   Text // the words that were signed, where they are not those of Text
}

// Done says whether the current edition is signed.
func (v SigningView) Done() bool { return v.Signed.ID != "" }

// Erased is the day from which what is kept of a child who has left is erased; ""
// where the school has not said.
func (v ChildView) Erased() Date {
	if v.Child.Pupil.OnRoll() || v.School.Periods.Records == 0 {
		return ""
	}
	return day(v.Child.Pupil.Left).months(v.School.Periods.pupil())
}

// PurposeView is a purpose and this contact's latest answer to it, the zero Act
// where there is none. What the school may do is not in it: that would tell what
// others have said. Of a child who has left, Text is what was answered.
type PurposeView struct {
	Text Text
	Mine Act
	Said Text // the words that were answered, where they are not those of Text
	On   Date // the day it was looked at
}

// Asks says whether the contact has something to answer: not where silence is no no.
func (v PurposeView) Asks() bool { return !v.Text.Objected() && !v.Answered() }

// Lapsed is the last day on which an answer to the present edition counted, where that is
// over; "" otherwise.
func (v PurposeView) Lapsed() Date {
	if v.Mine.Seq > 0 && v.Mine.Edition == v.Text.Edition && !v.Mine.Other && v.Mine.lapsed(v.On) {
		return v.Mine.Until
	}
	return ""
}

// soon is how long before an answer's last day somebody is told that it nears, in months.
const soon = 1

// Ends is the last day of a yes that counts, and whether it is near; "" for always.
func (v PurposeView) Ends() (last Date, near bool) {
	if v.Text.Objected() || !v.Answered() || v.Mine.Answer != Given {
		return "", false
	}
	return v.Mine.Until, v.Mine.Until != "" && v.Mine.Until <= v.On.months(soon)
}

// Objected says whether this contact has objected, which nothing but they themselves ends.
func (v PurposeView) Objected() bool { return v.Mine.Seq > 0 && v.Mine.Answer != Given }

// Answered says whether this contact has answered the current edition, and the
// answer has not had its time.
func (v PurposeView) Answered() bool {
	return v.Text.stands(v.Mine, v.On)
}

// ToDo counts what is left to do for the child.
func (v ChildView) ToDo() int {
	n := 0
	if v.Reads || !v.Child.Pupil.OnRoll() {
		return n
	}
	for _, s := range v.Signing {
		if !s.Done() {
			n++
		}
	}
	for _, d := range v.Purpose {
		if d.Asks() {
			n++
		}
	}
	return n
}

// Family is every child for whom the account may speak, eldest first.
func (p *Portal) Family(ctx context.Context, account string) (out []ChildView, err error) {
	err = p.store.View(ctx, func(tx Tx) error {
		a, err := p.actor(tx, account)
		if err != nil {
			return err
		}
		seen := map[string]bool{}
		for _, c := range a.Children {
			if seen[c.Pupil.ID] || a.May(SeeChild, Subject{PupilID: c.Pupil.ID}) != nil {
				continue
			}
			seen[c.Pupil.ID] = true
			v, err := p.child(tx, a, c.Pupil.ID)
			if err != nil {
				return err
			}
			out = append(out, v)
		}
		return nil
	})
	return out, err
}

// Child is one child as [Portal.Family] shows them, or [ErrNotFound].
func (p *Portal) Child(ctx context.Context, account, pupil string) (v ChildView, err error) {
	err = p.store.View(ctx, func(tx Tx) error {
		a, err := p.allowed(tx, account, SeeChild, Subject{PupilID: pupil})
		if err != nil {
			return err
		}
		v, err = p.child(tx, a, pupil)
		return err
	})
	return v, err
}

func (p *Portal) child(tx Tx, a Actor, pupil string) (ChildView, error) {
	c, _ := a.childFor(pupil, MaySee)
	school, err := tx.School(c.Pupil.School)
	if err != nil {
		return ChildView{}, err
	}
	_, decides := a.childFor(pupil, MaySee|MayDecide)
	v := ChildView{Child: c, School: school, Reads: !decides}
	if c.Counts.After(p.now()) {
		v.Waits = c.Counts
	}
	acts, err := tx.PupilActs(pupil)
	if err != nil {
		return v, err
	}
	if err := markOther(tx, school, acts); err != nil {
		return v, err
	}
	v.Own = school.signable(c.Pupil, acts, p.today())
	acts = slices.DeleteFunc(acts, func(x Act) bool { return !a.said(x) })
	left := !c.Pupil.OnRoll()
	said := func(t Text, a Act) (Text, error) { // the wording as they had it
		if !left || a.Seq == 0 {
			return t, nil
		}
		return tx.Text(school.Slug, a.TextHash)
	}
	for _, t := range school.Of(Agreement) {
		s := latest(acts, Signature, pupil, Ref{RefContact, c.Contact.ID}, t.Slug)
		switch {
		case left && s.Seq == 0:
			continue
		case left:
		case !t.stands(s, p.today()):
			s = Act{}
		}
		if t, err = said(t, s); err != nil {
			return v, fmt.Errorf("the wording of %v: %w", s, err)
		}
		before, err := otherThan(tx, t, s)
		if err != nil {
			return v, err
		}
		v.Signing = append(v.Signing, SigningView{t, s, before})
	}
	for _, t := range school.Of(Purpose) {
		d := latest(acts, Decision, pupil, Ref{RefContact, c.Contact.ID}, t.Slug)
		if d.Seq == 0 && !t.Asks(c.Pupil) {
			continue
		}
		if t, err = said(t, d); err != nil {
			return v, fmt.Errorf("the wording of %v: %w", d, err)
		}
		before, err := otherThan(tx, t, d)
		if err != nil {
			return v, err
		}
		v.Purpose = append(v.Purpose, PurposeView{Text: t, Mine: d, Said: before, On: p.today()})
	}
	return v, nil
}

// otherThan is the wording that an act is about, where it is not t; the zero Text
// where it is.
func otherThan(tx Tx, t Text, a Act) (Text, error) {
	if a.Seq == 0 || a.TextHash == t.Hash {
		return Text{}, nil
	}
	return tx.Text(t.School, a.TextHash)
}

// markOther marks the acts that are about other words than those in force. It asks for
// nothing where none can be.
func markOther(tx Tx, s School, acts []Act) error {
	current := map[string]bool{}
	for _, t := range s.Texts {
		current[t.Hash] = true
	}
	if !slices.ContainsFunc(acts, func(a Act) bool { return !current[a.TextHash] }) {
		return nil
	}
	other, err := otherWords(tx, s)
	for i := range acts {
		acts[i].Other = other[acts[i].TextHash]
	}
	return err
}

// said says whether an act may be this account's: one that it gave online itself, and not
// another that had joined as the same contact; or one that came another way, once it is
// sure that it was the contact who joined.
func (a Actor) said(x Act) bool {
	return x.Way == Online && x.By == a.AccountID || x.Way != Online && slices.ContainsFunc(a.Children, func(c Child) bool {
		return c.Pupil.ID == x.Subject.ID && c.Contact.ID == x.Party.ID && c.Sure
	})
}

// SignForm is what a parent sends to sign an agreement.
type SignForm struct {
	Pupil     string
	Agreement string // slug
	Hash      string // of the wording that was on the page
	Name      string // typed
	Asked     string // the name about which they have been asked whether it is theirs
	Agreed    bool   // the tick
	Language  string // BCP 47, of the words signed

	Translated bool // they say that somebody or something translated the words for them
}

// MaxName is the longest name that is taken, in characters.
const MaxName = 200

// Sign records a signature, seals it in the ledger, and answers its id. Sending
// the same form twice signs once. It answers [*Invalid] for a name or tick
// left out, [*TextChanged] where the wording is no longer the current one, [ErrLeft],
// and [ErrNotFound] for a child who is not theirs to speak for.
func (p *Portal) Sign(ctx context.Context, account string, f SignForm) (id string, err error) {
	f.Name, f.Asked = strings.Join(strings.Fields(f.Name), " "), strings.Join(strings.Fields(f.Asked), " ")
	err = p.store.Update(ctx, func(tx Tx) error {
		a, err := p.allowed(tx, account, Sign, Subject{PupilID: f.Pupil})
		if err != nil {
			return err
		}
		c, _ := a.childFor(f.Pupil, MaySee|MayDecide)
		text, err := current(tx, c.Pupil.School, Agreement, f.Agreement, f.Hash)
		if err != nil {
			return err
		}
		if err := checkSigning(f, c); err != nil {
			return err
		}
		before, err := tx.PupilActs(f.Pupil)
		if err != nil {
			return err
		}
		last := latest(before, Signature, f.Pupil, Ref{RefContact, c.Contact.ID}, text.Slug)
		if a.said(last) && last.TextHash == text.Hash && text.stands(last, p.today()) {
			id = last.ID
			return nil
		}
		s := p.spoken(Signature, account, c, text, f.Language, f.Translated)
		s.TypedName, s.Seq = f.Name, last.Seq+1
		s, err = p.add(tx, s)
		id = s.ID
		return err
	})
	return id, err
}

func checkSigning(f SignForm, c Child) error {
	wrong := typedName(f.Name)
	if len(wrong.Problems) == 0 && f.Asked != f.Name {
		if doubt := doubtfulName(f.Name, c); doubt != "" {
			wrong.Add("name", doubt)
		}
	}
	if !f.Agreed {
		wrong.Add("agreed", "Tick the box to say that you agree")
	}
	return wrong.Or()
}

// typedName is what is wrong with a full name that somebody typed as theirs.
func typedName(name string) (wrong Invalid) {
	switch {
	case name == "":
		wrong.Add("name", "Type your full name")
	case utf8.RuneCountInString(name) > MaxName:
		wrong.Add("name", fmt.Sprintf("Your name must be %d characters or fewer", MaxName))
	case !utf8.ValidString(name) || strings.ContainsFunc(name, misleads):
		wrong.Add("name", "Your name must be made of letters; type it again")
	case !strings.ContainsFunc(name, unicode.IsLetter):
		wrong.Add("name", "Type your name in letters")
	}
	return wrong
}

// doubtfulName is why a name may not be the one of whoever types it: it has the child's
// forename in it, whatever the surname and the order, or is a single letter. People have
// such names too, so it is asked about once and never refused.
func doubtfulName(name string, c Child) string {
	bare := sameName(name)
	if bare == sameName(c.Contact.Name) {
		return ""
	}
	forename, surname, words := c.Pupil.Forename, c.Pupil.Surname, strings.Fields(fold(name))
	lacks := slices.ContainsFunc(strings.Fields(fold(forename)), func(w string) bool { return !slices.Contains(words, w) })
	if !lacks && !maybeSame(name, c.Contact.Name) || slices.Contains([]string{pupilName(forename, surname), pupilName(surname, forename), pupilName(forename, "")}, bare) {
		return "That is your child’s name. Type your own. If it is your name too, press the button again"
	}
	letters := 0
	for _, r := range bare {
		if unicode.IsLetter(r) {
			letters++
		}
	}
	if letters < 2 {
		return "That is one letter. Type your full name. If it is your whole name, press the button again"
	}
	return ""
}

// misleads is for the marks that make a name read otherwise than it is written:
// controls, and the ones that turn the direction of what follows.
func misleads(r rune) bool {
	return unicode.IsControl(r) || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

// DecideForm is what a parent sends to answer about a purpose.
type DecideForm struct {
	Pupil    string
	Purpose  string // slug
	Hash     string // of the wording that was on the page
	Answer   Answer // Given or Refused; a no after a yes is recorded as Withdrawn
	Language string // BCP 47, of the words answered

	Translated bool // they say that somebody or something translated the words for them
}

// Decide records an answer, seals it in the ledger, and answers its id. Sending
// the same answer twice records one. It answers errors as [Portal.Sign] does.
func (p *Portal) Decide(ctx context.Context, account string, f DecideForm) (id string, err error) {
	err = p.store.Update(ctx, func(tx Tx) error {
		do := Refuse
		if f.Answer == Given {
			do = Decide
		}
		a, err := p.allowed(tx, account, do, Subject{PupilID: f.Pupil})
		if err != nil {
			return err
		}
		c, _ := a.childFor(f.Pupil, MaySee|MayDecide)
		text, err := current(tx, c.Pupil.School, Purpose, f.Purpose, f.Hash)
		if f.Answer == Refused {
			text, err = earlierWording(tx, c.Pupil.School, f, text, err)
		}
		if err != nil {
			return err
		}
		if f.Answer != Given && f.Answer != Refused {
			var wrong Invalid
			wrong.Add("answer", "Choose yes or no")
			return wrong.Or()
		}
		before, err := tx.PupilActs(f.Pupil)
		if err != nil {
			return err
		}
		last := latest(before, Decision, f.Pupil, Ref{RefContact, c.Contact.ID}, f.Purpose)
		answer := f.Answer
		if answer == Refused && (last.Answer == Given || last.Answer == Withdrawn) {
			answer = Withdrawn
		}
		if a.said(last) && last.Answer == answer && last.TextHash == text.Hash && text.stands(last, p.today()) {
			id = last.ID
			return nil
		}
		d := p.spoken(Decision, account, c, text, f.Language, f.Translated)
		d.Answer, d.Seq = answer, last.Seq+1
		d, err = p.add(tx, d)
		id = d.ID
		return err
	})
	return id, err
}

// current is the wording in force, if it is the one that was read.
func current(tx Tx, school string, kind Kind, slug, hash string) (Text, error) {
	info, err := tx.School(school)
	if err != nil {
		return Text{}, err
	}
	text, ok := info.Current(kind, slug)
	if !ok {
		return text, fmt.Errorf("%s: %w", kind, ErrNotFound)
	}
	if text.Hash != hash {
		return text, &TextChanged{Now: text}
	}
	return text, nil
}

// earlierWording is the wording that a no was said to, where it has been replaced since
// the page was opened: a no to an earlier wording is still a no, and must never
// be lost to a correction.
func earlierWording(tx Tx, school string, f DecideForm, text Text, err error) (Text, error) {
	if _, replaced := errors.AsType[*TextChanged](err); !replaced {
		return text, err
	}
	read, missing := tx.Text(school, f.Hash)
	if missing != nil || read.Kind != Purpose || read.Slug != f.Purpose {
		return text, err
	}
	return read, nil
}

// spoken is an act by which a contact speaks for a child, online.
func (p *Portal) spoken(kind ActKind, account string, c Child, t Text, language string, translated bool) Act {
	a := Act{
		Kind: kind, School: c.Pupil.School, Party: Ref{RefContact, c.Contact.ID}, Subject: Ref{RefPupil, c.Pupil.ID}, By: account, Way: Online,
		TextSlug: t.Slug, Edition: t.Edition, TextHash: t.Hash, Language: language, Until: t.until(c.Pupil, p.today()),
	}
	if translated {
		a.Details = translatedDetails
	}
	return a
}

// Receipt is one act with what it was about, for the person whose act it is.
type Receipt struct {
	Child  Child
	School School
	Text   Text
	Act    Act
	Proof  Proof
	Taken  []Picture // off the public site, by this no
}

// Receipt is the act with this id, proved to be in the ledger as it stands now.
// It answers [ErrNotFound] unless the act is the account's own contact's.
func (p *Portal) Receipt(ctx context.Context, account, id string) (r Receipt, err error) {
	err = p.store.View(ctx, func(tx Tx) error {
		a, err := p.actor(tx, account)
		if err != nil {
			return err
		}
		if r.Act, err = tx.Act(id); err != nil {
			return err
		}
		if r.Act.Party.Kind != RefContact || r.Act.Subject.Kind != RefPupil || r.Act.TextHash == "" {
			return fmt.Errorf("receipt: %w", ErrNotFound)
		}
		to := Subject{PupilID: r.Act.Subject.ID, ContactID: r.Act.Party.ID}
		if r.Act.Way == Online {
			to.By = r.Act.By
		}
		if err := a.May(SeeReceipt, to); err != nil {
			return err
		}
		if !a.said(r.Act) {
			return fmt.Errorf("receipt: %w", ErrNotFound)
		}
		i := slices.IndexFunc(a.Children, func(c Child) bool {
			return c.Pupil.ID == r.Act.Subject.ID && c.Contact.ID == r.Act.Party.ID
		})
		r.Child = a.Children[i]
		if r.School, err = tx.School(r.Act.School); err != nil {
			return err
		}
		if r.Text, err = tx.Text(r.Act.School, r.Act.TextHash); err != nil {
			return fmt.Errorf("the wording of act %s: %w", id, err)
		}
		if r.Proof, err = p.ledger.Prove(tx, id); err != nil {
			return fmt.Errorf("the proof of act %s: %w", id, err)
		}
		r.Proof.Text = r.Text.Source
		if r.Act.Kind == Decision && r.Act.Answer != Given {
			r.Taken, err = takenBy(tx, r.Act)
		}
		return err
	})
	return r, err
}
