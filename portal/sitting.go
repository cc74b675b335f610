package portal

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Sitting is a time in which people sign who have no account, on devices of the school:
// the pupils of a class (S3), or, without a Group, visitors at the desk (S4). Whoever has
// its code reaches nothing but what is to be signed in it. It ends by itself, and is as
// dead as if it had never been once its hour is up, somebody closes it, or whoever opened
// it may no longer.
type Sitting struct {
	School string // slug
	Group  string // registration group; "" for visitors at the desk
	Code   string // typed on the device, and shown to whoever opened it
	By     string // the account that opened it
	Opened time.Time
	Ends   time.Time // UTC: an hour later for a class, and for the desk and at latest, midnight in London
}

// classTime is how long a class has.
const classTime = time.Hour

// sittingCode is so long that whoever guesses through the hour of a sitting, as often as
// one address may, hits it once in fifty thousand times.
const sittingCode = 6

// opens is what somebody must be allowed to do to open it.
func (s Sitting) opens() Action {
	if s.Group == "" {
		return RunDesk
	}
	return HaveSign
}

// Signable is a text that somebody is to sign for themselves, and their signature under
// its edition in force; the zero Act where there is none.
type Signable struct {
	Text   Text
	Signed Act
}

// Classmate is one pupil of a class, with the agreements for pupils of their year.
type Classmate struct {
	Pupil Pupil
	Name  string // the forename, with so much of the surname as tells them from another
	Texts []Signable
}

// Left is what they have not signed.
func (c Classmate) Left() (texts []Text) {
	for _, t := range c.Texts {
		if t.Signed.Seq == 0 {
			texts = append(texts, t.Text)
		}
	}
	return texts
}

// own is a pupil's own signature under an agreement as it stands on a day: the zero Act
// where there is none, or somebody took it back.
func (t Text) own(acts []Act, pupil string, on Date) Act {
	party := Ref{RefPupil, pupil}
	signed := latest(acts, Signature, pupil, party, t.Slug)
	if !t.stands(signed, on) || latest(acts, Decision, pupil, party, t.Slug).Seq >= signed.Seq {
		return Act{}
	}
	return signed
}

// OfPupil is the agreements that a pupil signs for themselves.
func (s School) OfPupil(x Pupil) (all []Text) {
	for _, t := range s.Texts {
		if t.Kind == Agreement && t.Audience == ForPupils && t.Asks(x) {
			all = append(all, t)
		}
	}
	return all
}

// signable is those, with what the pupil has signed.
func (s School) signable(x Pupil, acts []Act, on Date) (all []Signable) {
	for _, t := range s.OfPupil(x) {
		all = append(all, Signable{t, t.own(acts, x.ID, on)})
	}
	return all
}

// class is the pupils of a registration group whom an actor reaches, in the order of a
// register.
func (p *Portal) class(tx Tx, a Actor, info School, group string) (all []Classmate, err error) {
	if group == "" {
		return nil, nil
	}
	mark, err := counting(tx, info.Slug, p.now())
	if err != nil {
		return nil, err
	}
	reaches := a.reach(HaveSign, info.Slug)
	err = tx.EachPupilOf(info.Slug, Roll{Group: group}, func(r *PupilFile) error {
		if mark(r); reaches(r.Pupil) {
			all = append(all, Classmate{Pupil: r.Pupil, Texts: info.signable(r.Pupil, r.Acts, p.today())})
		}
		return nil
	})
	pupils := make([]Pupil, len(all))
	for i, c := range all {
		pupils[i] = c.Pupil
	}
	for i, name := range tellApart(pupils,
		func(x Pupil) string { return x.Forename },
		func(x Pupil) string { return strings.TrimSpace(x.Forename + " " + firstLetter(x.Surname)) },
		func(x Pupil) string { return strings.TrimSpace(x.Forename + " " + x.Surname) },
	) {
		all[i].Name = name
	}
	return all, err
}

func firstLetter(s string) string {
	for _, r := range s {
		if unicode.IsLetter(r) {
			return string(r)
		}
	}
	return ""
}

// OpenSitting opens one for a class, or with "" for visitors at the desk; where one is
// open already, it answers that. It answers [*Invalid] for a class of which nobody is on
// roll whom the account reaches, and where there is nothing to sign.
func (p *Portal) OpenSitting(ctx context.Context, account, school, group string) (s Sitting, err error) {
	err = p.store.Update(ctx, func(tx Tx) error {
		s = Sitting{School: school, Group: group, Code: newCode(sittingCode), By: account, Opened: p.now(), Ends: p.today().after().begin().UTC()}
		a, err := p.allowed(tx, account, s.opens(), Subject{School: school})
		if err != nil {
			return err
		}
		if was, err := p.sittingOf(tx, school, group); err == nil {
			s = was
			return nil
		} else if !errors.Is(err, ErrNotFound) {
			return err
		}
		info, err := tx.School(school)
		if err != nil {
			return err
		}
		texts := info.forVisitors()
		if group != "" {
			s.Ends = earlier(s.Ends, s.Opened.Add(classTime))
			class, err := p.class(tx, a, info, group)
			if err != nil {
				return err
			}
			texts = nil
			for _, c := range class {
				texts = append(texts, info.OfPupil(c.Pupil)...)
			}
		}
		if len(texts) == 0 {
			var wrong Invalid
			wrong.Add("class", "There is nobody here who could sign, or nothing to sign. Choose a class from the list")
			return &wrong
		}
		if err := tx.PutSitting(s); err != nil {
			return err
		}
		return p.event(tx, account, school, SittingOpened, Ref{RefSchool, school}, s.details())
	})
	return s, err
}

func (s Sitting) details() map[string]any {
	if s.Group == "" {
		return map[string]any{"for": "visitors"}
	}
	return map[string]any{"class": s.Group}
}

// sittingOf is what is open now for a class, or for visitors; [ErrNotFound] for nothing.
func (p *Portal) sittingOf(tx Tx, school, group string) (Sitting, error) {
	all, err := tx.Sittings(school)
	for _, s := range all {
		if s.Group == group {
			return s, p.alive(tx, s)
		}
	}
	return Sitting{}, errors.Join(err, ErrNotFound)
}

// alive answers [ErrNotFound] for what has ended, or whose opener has lost the right.
func (p *Portal) alive(tx Tx, s Sitting) error {
	if !p.now().Before(s.Ends) {
		return fmt.Errorf("sitting: %w", ErrNotFound)
	}
	_, err := p.allowed(tx, s.By, s.opens(), Subject{School: s.School})
	if errors.Is(err, ErrForbidden) {
		err = ErrNotFound
	}
	return err
}

// CloseSitting closes what is open for a class, or for visitors. The code is dead from
// then on. What is closed already stays so.
func (p *Portal) CloseSitting(ctx context.Context, account, school, group string) error {
	return p.store.Update(ctx, func(tx Tx) error {
		s, err := p.sittingOf(tx, school, group)
		a, refused := p.allowed(tx, account, Sitting{Group: group}.opens(), Subject{School: school})
		if refused != nil {
			return refused
		}
		if errors.Is(err, ErrNotFound) {
			return nil
		} else if err != nil {
			return err
		}
		if group != "" {
			info, err := tx.School(school)
			if err != nil {
				return err
			}
			if class, err := p.class(tx, a, info, group); err != nil || len(class) == 0 {
				return errors.Join(err, fmt.Errorf("class: %w", ErrNotFound))
			}
		}
		if err := tx.DeleteSitting(school, group); err != nil {
			return err
		}
		return p.event(tx, account, school, SittingClosed, Ref{RefSchool, school}, s.details())
	})
}

// Here is what a device shows that has a sitting's code.
type Here struct {
	Sitting
	School  School
	Waiting []Classmate // of a class: who has something to sign
	Text    Text        // of the desk: what visitors sign
}

// Here is the sitting of a code; [ErrNotFound] for a code that is no open sitting's.
func (p *Portal) Here(ctx context.Context, code string) (h Here, err error) {
	err = p.store.View(ctx, func(tx Tx) error {
		h, err = p.here(tx, code)
		return err
	})
	return h, err
}

// Entry is what a device keeps of a code that was typed on it, and EntryCode the code of
// one; "" for what is none: that a code was typed, and not made up, is limited where it is.
func (p *Portal) Entry(code string) string {
	return NormalCode(code) + "." + p.ledger.Keyed("sittings", NormalCode(code))
}

// EntryCode is explained at [Portal.Entry].
func (p *Portal) EntryCode(entry string) string {
	code, _, _ := strings.Cut(entry, ".")
	if subtle.ConstantTimeCompare([]byte(entry), []byte(p.Entry(code))) != 1 {
		return ""
	}
	return code
}

func (p *Portal) here(tx Tx, code string) (h Here, err error) {
	if h.Sitting, err = tx.SittingByCode(NormalCode(code)); err == nil {
		err = p.alive(tx, h.Sitting)
	}
	if err != nil {
		return Here{}, err
	}
	if h.School, err = tx.School(h.Sitting.School); err != nil {
		return h, err
	}
	if h.Group == "" {
		texts := h.School.forVisitors()
		if len(texts) == 0 {
			return h, fmt.Errorf("sitting: %w", ErrNotFound)
		}
		h.Text = texts[0]
		return h, nil
	}
	a, err := p.actor(tx, h.By)
	if err != nil {
		return h, err
	}
	all, err := p.class(tx, a, h.School, h.Group)
	h.Waiting = slices.DeleteFunc(all, func(c Classmate) bool { return len(c.Left()) == 0 })
	return h, err
}

// OwnSigning is what a pupil sends to sign their own agreement in class.
type OwnSigning struct {
	Pupil    string // id
	Hash     string // of the wording that was on the page
	Answers  []int  // to the text's checks, in their order, from 0; -1 for none
	Name     string // typed; or
	Picture  string // one of [Marks]
	Language string // BCP 47, of the words
}

// Marks are the pictures with which a pupil may sign who does not write yet.
var Marks = []string{"star", "moon", "heart", "house", "fish", "tree"}

// SignInClass records a pupil's own signature, and seals it: their agreement, which is
// never a consent in a parent's place. Sending the same form twice signs once. It answers
// [*Invalid] by the field ("check-0", "name") for an answer that shows that something was
// not understood, or for another name than that of the pupil; [*TextChanged] where the words
// are no longer those that were shown; and [ErrNotFound] for a sitting that has ended or a
// pupil who is not in it.
func (p *Portal) SignInClass(ctx context.Context, code string, f OwnSigning) error {
	f.Name = strings.Join(strings.Fields(f.Name), " ")
	return p.store.Update(ctx, func(tx Tx) error {
		h, err := p.here(tx, code)
		if err != nil {
			return err
		}
		a, err := p.actor(tx, h.By)
		if err != nil {
			return err
		}
		class, err := p.class(tx, a, h.School, h.Group)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(class, func(c Classmate) bool { return c.Pupil.ID == f.Pupil })
		if i < 0 {
			return fmt.Errorf("pupil of the sitting: %w", ErrNotFound)
		}
		if slices.ContainsFunc(class[i].Texts, func(t Signable) bool { return t.Text.Hash == f.Hash && t.Signed.Seq > 0 }) {
			return nil
		}
		left := class[i].Left()
		switch {
		case len(left) == 0:
			return fmt.Errorf("agreement: %w", ErrNotFound)
		case left[0].Hash != f.Hash:
			return &TextChanged{Now: left[0]}
		}
		if err := f.check(left[0], class[i].Pupil); err != nil {
			return err
		}
		details := ""
		if f.Picture != "" {
			details = fmt.Sprintf(`{"picture":%q}`, f.Picture)
		}
		return p.signOwn(tx, class[i].Pupil, left[0], Act{By: h.By, Way: InClass, Language: f.Language, TypedName: f.Name, Details: details})
	})
}

func (f OwnSigning) check(t Text, x Pupil) error {
	var wrong Invalid
	for i, c := range t.Checks {
		switch {
		case i >= len(f.Answers) || f.Answers[i] < 0 || f.Answers[i] >= len(c.Answers):
			wrong.Add(fmt.Sprintf("check-%d", i), "Choose an answer to: "+c.Question)
		case f.Answers[i] != c.Right:
			wrong.Add(fmt.Sprintf("check-%d", i), "Not quite yet. "+c.Because+" Try again.")
		}
	}
	typed, forename := strings.Fields(fold(f.Name)), strings.Fields(fold(x.Forename))
	switch {
	case f.Picture != "" && !slices.Contains(Marks, f.Picture):
		wrong.Add("name", "Choose one of the pictures")
	case f.Name == "" && f.Picture == "":
		wrong.Add("name", "Type your first name, or choose a picture")
	case utf8.RuneCountInString(f.Name) > MaxName || strings.ContainsFunc(f.Name, misleads) || !utf8.ValidString(f.Name):
		wrong.Add("name", "Type your first name in letters")
	case f.Name != "" && (len(typed) == 0 || len(forename) == 0 || typed[0] != forename[0]):
		wrong.Add("name", "That is not the name you picked. Go back and pick your own name, or type it again")
	}
	return wrong.Or()
}

// signOwn adds a pupil's own signature: how it came is in a.
func (p *Portal) signOwn(tx Tx, x Pupil, t Text, a Act) error {
	before, err := tx.PupilActs(x.ID)
	if err != nil {
		return err
	}
	a.Kind, a.School, a.Party, a.Subject = Signature, x.School, Ref{RefPupil, x.ID}, Ref{RefPupil, x.ID}
	a.TextSlug, a.Edition, a.TextHash, a.Until = t.Slug, t.Edition, t.Hash, t.until(x, p.today())
	a.Seq = latest(before, Signature, x.ID, a.Party, t.Slug).Seq + 1
	_, err = p.add(tx, a)
	return err
}

// ClassPage is a class as whoever has it sign sees it.
type ClassPage struct {
	School School
	Groups []string // that the account reaches
	Group  string
	Open   *Sitting // nil for none
	Class  []Classmate
}

// ClassPage is who of a class has signed what; without a group, the choice alone. That
// somebody looked is on record.
func (p *Portal) ClassPage(ctx context.Context, account, school, group string) (v ClassPage, err error) {
	err = p.store.Update(ctx, func(tx Tx) error {
		v = ClassPage{Group: group}
		a, err := p.allowed(tx, account, HaveSign, Subject{School: school})
		if err != nil {
			return err
		}
		if v.School, err = tx.School(school); err != nil {
			return err
		}
		pupils, err := tx.Pupils(school)
		if err != nil {
			return err
		}
		reaches := a.reach(HaveSign, school)
		for _, x := range pupils {
			if x.OnRoll() && x.Group != "" && reaches(x) && !slices.Contains(v.Groups, x.Group) {
				v.Groups = append(v.Groups, x.Group)
			}
		}
		if group == "" {
			return nil
		}
		if !slices.Contains(v.Groups, group) {
			return fmt.Errorf("class: %w", ErrNotFound)
		}
		if v.Class, err = p.class(tx, a, v.School, group); err != nil {
			return err
		}
		if err := signedHow(tx, v.Class); err != nil {
			return err
		}
		if s, err := p.sittingOf(tx, school, group); err == nil {
			v.Open = &s
		} else if !errors.Is(err, ErrNotFound) {
			return err
		}
		return p.event(tx, account, school, ListSeen, Ref{RefSchool, school}, map[string]any{"page": "class", "class": group})
	})
	return v, err
}

// signedHow adds to each signature what a list of pupils leaves out: the name, or the picture.
// Whoever picked another's name cannot have told them which it was.
func signedHow(tx Tx, class []Classmate) error {
	for _, c := range class {
		if len(c.Left()) == len(c.Texts) {
			continue
		}
		acts, err := tx.PupilActs(c.Pupil.ID)
		if err != nil {
			return err
		}
		for i, t := range c.Texts {
			if t.Signed.Seq > 0 {
				c.Texts[i].Signed = latest(acts, Signature, c.Pupil.ID, t.Signed.Party, t.Text.Slug)
			}
		}
	}
	return nil
}

// Picture is the picture with which a pupil signed in class, one of [Marks]; or "".
func (a Act) Picture() string {
	var chosen struct{ Picture string }
	if a.Way == InClass && json.Unmarshal([]byte(a.Details), &chosen) == nil {
		return chosen.Picture
	}
	return ""
}

// SignedOnPaper writes down which pupils of a class have signed the sheet of paper: all
// that each has not signed, on this day. Nobody writes down for a child of their own:
// [*Invalid].
func (p *Portal) SignedOnPaper(ctx context.Context, account, school, group string, pupils []string) error {
	return p.store.Update(ctx, func(tx Tx) error {
		a, err := p.allowed(tx, account, HaveSign, Subject{School: school})
		if err != nil {
			return err
		}
		info, err := tx.School(school)
		if err != nil {
			return err
		}
		class, err := p.class(tx, a, info, group)
		if err != nil {
			return err
		}
		details, err := json.Marshal(paperDetails{On: p.today()})
		if err != nil {
			return err
		}
		own, err := a.kin(tx, school)
		if err != nil {
			return err
		}
		var wrong Invalid
		if len(pupils) == 0 {
			wrong.Add("pupils", "Mark at least one name")
		}
		for _, id := range slices.Compact(slices.Sorted(slices.Values(pupils))) {
			i := slices.IndexFunc(class, func(c Classmate) bool { return c.Pupil.ID == id })
			switch {
			case i < 0:
				return fmt.Errorf("pupil of the class: %w", ErrNotFound)
			case own.pupils[id]:
				wrong.Add("pupils", class[i].Name+" is of your own family. A colleague has to write it down")
				continue
			}
			for _, t := range class[i].Left() {
				if err := p.signOwn(tx, class[i].Pupil, t, Act{By: account, Way: Paper, Language: "en-GB", TypedName: class[i].Pupil.Forename, Details: string(details)}); err != nil {
					return err
				}
				if err := p.event(tx, account, school, AnswerWritten, Ref{RefPupil, id}, map[string]any{"pupil": id, "text": t.Slug, "way": Paper}); err != nil {
					return err
				}
			}
		}
		return wrong.Or()
	})
}

// TakeBack takes back a pupil's own signature that was not theirs. The signature stays on
// record, and so does who took it back; the pupil can sign again. It answers [ErrForbidden]
// for a child of the account's own, and [ErrNotFound] where nothing is signed.
func (p *Portal) TakeBack(ctx context.Context, account, school, pupil, slug string) error {
	return p.store.Update(ctx, func(tx Tx) error {
		a, err := p.allowed(tx, account, HaveSign, Subject{School: school})
		if err != nil {
			return err
		}
		x, err := a.reached(tx, HaveSign, school, pupil)
		if err != nil {
			return err
		}
		if err := a.notKin(tx, school, Link{PupilID: pupil}); err != nil {
			return err
		}
		info, err := tx.School(school)
		if err != nil {
			return err
		}
		acts, err := tx.PupilActs(pupil)
		if err != nil {
			return err
		}
		if err := markOther(tx, info, acts); err != nil {
			return err
		}
		for _, t := range info.signable(x, acts, p.today()) {
			if t.Text.Slug != slug || t.Signed.Seq == 0 {
				continue
			}
			_, err := p.add(tx, Act{Kind: Decision, School: school, Party: t.Signed.Party, Subject: t.Signed.Subject, By: account, Way: InOffice,
				TextSlug: slug, Edition: t.Signed.Edition, TextHash: t.Signed.TextHash, Language: t.Signed.Language, Answer: Withdrawn, Seq: t.Signed.Seq})
			if err != nil {
				return err
			}
			return p.event(tx, account, school, SignatureTaken, Ref{RefPupil, pupil}, map[string]any{"text": slug})
		}
		return fmt.Errorf("signature: %w", ErrNotFound)
	})
}
