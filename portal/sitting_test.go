package portal_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"schoolgate/portal"
)

// own is an agreement with others than parents; one with pupils is for some years, and has
// two questions.
func own(slug string, whom portal.Audience, edition int, years ...portal.Year) portal.Text {
	t := text(anne, portal.Agreement, slug, edition, "")
	if t.Audience, t.Years = whom, years; whom == portal.ForPupils {
		t.Checks = []portal.Check{{Question: "Sad?", Answers: []string{"Hide", "Tell"}, Right: 1, Because: "You can always tell."}, {Question: "First?", Answers: []string{"Ask", "Take"}, Right: 0, Because: "Ask first."}}
	}
	return t
}

// signers is St Anne's with its classes and everything that somebody signs there.
func signers(t *testing.T) *world {
	w := newWorld(t)
	w.now = time.Date(2026, 10, 5, 9, 0, 0, 0, time.UTC)
	s := school(anne, 1)
	posting := own("social-media-aup", portal.ForStaff, 1)
	posting.Posting = true
	s.Texts = append(s.Texts, own("pupils-ks1", portal.ForPupils, 1, portal.Reception, 1, 2), own("pupils-ks2", portal.ForPupils, 1, 3, 4, 5, 6),
		own("staff-aup", portal.ForStaff, 1), posting, own("visitors-aup", portal.ForVisitors, 1))
	w.ok(w.SetSchools(t.Context(), []portal.School{s}))
	rows := annesList()
	for i, name := range []string{"Amir Khan", "Amir Kay", "Zoë O’Dowd"} {
		forename, surname, _ := strings.Cut(name, " ")
		rows = append(rows, portal.ClassListRow{AdmissionNumber: fmt.Sprint("M", i), Forename: forename, Surname: surname, Born: "2018-10-0" + portal.Date(fmt.Sprint(i+1)), Year: 3, Group: "2M"})
	}
	w.register(anne, numbered(rows), false)
	return w
}

// waiting is the names that a device shows, and who is behind each.
func (w *world) waiting(code string) (names []string, id map[string]string) {
	w.t.Helper()
	h, err := w.Here(w.t.Context(), code)
	w.ok(err)
	id = map[string]string{}
	for _, c := range h.Waiting {
		names, id[c.Name] = append(names, c.Name), c.Pupil.ID
	}
	return names, id
}

func (w *world) ownSigning(pupil, slug, name string) portal.OwnSigning {
	s, err := w.School(w.t.Context(), anne)
	w.ok(err)
	i := slices.IndexFunc(s.Texts, func(t portal.Text) bool { return t.Slug == slug })
	return portal.OwnSigning{Pupil: pupil, Hash: s.Texts[i].Hash, Answers: []int{1, 0}, Name: name, Language: "en-GB"}
}

// Row S3: pupils agree to their own AUP, in words for their age, in a sitting that a
// teacher opens for their own class.
func TestClassSigns(t *testing.T) {
	w, ctx := signers(t), t.Context()
	teacher := w.staff("teacher@anne.example")
	for _, group := range []string{"4K", "9Z"} {
		if _, err := w.OpenSitting(ctx, teacher, anne, group); problemsOf(err) == "" {
			t.Errorf("a teacher opens %s, which is not theirs: %v", group, err)
		}
	}
	if _, err := w.OpenSitting(ctx, teacher, anne, ""); !errors.Is(err, portal.ErrForbidden) {
		t.Errorf("a teacher opens the visitors' desk: %v", err)
	}
	s, err := w.OpenSitting(ctx, teacher, anne, "2M")
	w.ok(err)
	if again, err := w.OpenSitting(ctx, w.staff("office@anne.example"), anne, "2M"); err != nil || again.Code != s.Code {
		t.Errorf("opened again: %v, %v", again, err)
	}
	names, id := w.waiting(strings.ToLower(s.Code[:3]) + "-" + s.Code[3:])
	if got := strings.Join(names, ", "); got != "Bo, Amir Kay, Amir Khan, Zoë" {
		t.Errorf("the device shows %s", got)
	}

	// What was not understood is explained, and another's name is not taken.
	for want, change := range map[string]func(*portal.OwnSigning){
		"check-0: Not quite yet. You can always tell. Try again.":                                                  func(f *portal.OwnSigning) { f.Answers = []int{0, 0} },
		"check-1: Choose an answer to: First?":                                                                     func(f *portal.OwnSigning) { f.Answers = []int{1, -1} },
		"name: Type your first name, or choose a picture":                                                          func(f *portal.OwnSigning) { f.Name = "" },
		"name: That is not the name you picked. Go back and pick your own name, or type it again":                  func(f *portal.OwnSigning) { f.Name = "Zoe" },
		"name: Choose one of the pictures":                                                                         func(f *portal.OwnSigning) { f.Picture = "a rude one" },
		"check-0: Choose an answer to: Sad? check-1: Choose an answer to: First? name: Choose one of the pictures": func(f *portal.OwnSigning) { f.Answers, f.Picture = nil, "sun" },
	} {
		f := w.ownSigning(id["Bo"], "pupils-ks1", "Bo")
		change(&f)
		if got := problemsOf(w.SignInClass(ctx, s.Code, f)); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	f := w.ownSigning(id["Bo"], "pupils-ks2", "Bo") // the words for older children
	if _, changed := errors.AsType[*portal.TextChanged](w.SignInClass(ctx, s.Code, f)); !changed {
		t.Error("a pupil of Year 2 signs the words for Year 3")
	}
	if err := w.SignInClass(ctx, s.Code, w.ownSigning(w.pupil("Ann"), "pupils-ks2", "Ann")); !errors.Is(err, portal.ErrNotFound) {
		t.Errorf("a pupil of another class signs: %v", err)
	}

	f = w.ownSigning(id["Bo"], "pupils-ks1", " BO ")
	w.ok(w.SignInClass(ctx, s.Code, f))
	w.ok(w.SignInClass(ctx, s.Code, f)) // a double click
	f = w.ownSigning(id["Zoë"], "pupils-ks2", "zoe")
	w.ok(w.SignInClass(ctx, s.Code, f))
	f = w.ownSigning(id["Amir Kay"], "pupils-ks2", "")
	f.Picture = "star"
	w.ok(w.SignInClass(ctx, s.Code, f))
	if names, _ := w.waiting(s.Code); strings.Join(names, ", ") != "Amir Khan" {
		t.Errorf("still to sign: %v", names)
	}
	signed := w.signatures("Bo")
	if len(signed) != 1 || signed[0].Party != (portal.Ref{Kind: portal.RefPupil, ID: id["Bo"]}) || signed[0].Way != portal.InClass || signed[0].By != teacher || signed[0].TypedName != "BO" {
		t.Errorf("on record: %+v", signed)
	}
	if w.standing(id["Bo"], "video-calls") != portal.StandingWaiting {
		t.Error("a pupil's signature is a consent")
	}

	// It was not Amir Kay. The teacher takes it back; the signature stays on record.
	slug := "pupils-ks2"
	w.ok(w.TakeBack(ctx, teacher, anne, id["Amir Kay"], slug))
	if err := w.TakeBack(ctx, teacher, anne, id["Amir Kay"], slug); !errors.Is(err, portal.ErrNotFound) {
		t.Errorf("taken back twice: %v", err)
	}
	if err := w.TakeBack(ctx, teacher, anne, w.pupil("Ann"), slug); !errors.Is(err, portal.ErrNotFound) {
		t.Errorf("of another class: %v", err)
	}
	if names, _ := w.waiting(s.Code); strings.Join(names, ", ") != "Amir Kay, Amir Khan" {
		t.Errorf("after it was taken back: %v", names)
	}
	w.ok(w.SignInClass(ctx, s.Code, w.ownSigning(id["Amir Kay"], slug, "Amir")))
	w.ok(w.SignedOnPaper(ctx, teacher, anne, "2M", []string{id["Amir Khan"]}))
	page, err := w.ClassPage(ctx, teacher, anne, "2M")
	w.ok(err)
	for _, c := range page.Class {
		if len(c.Left()) > 0 {
			t.Errorf("%s has not signed", c.Name)
		}
	}
	p, err := w.PupilPage(ctx, w.staff("lead@anne.example"), anne, id["Amir Kay"])
	if err != nil || len(p.ForSelf) != 1 || p.ForSelf[0].Signed.Seq != 2 {
		t.Errorf("the pupil's page: %+v, %v", p.ForSelf, err)
	}
	got := w.happened(w.staff("lead@anne.example"), anne, "")
	for _, want := range []string{"sitting-opened", "signature-taken-back", "answer-written"} {
		if !slices.ContainsFunc(got, func(e string) bool { return strings.Contains(e, want) }) {
			t.Errorf("no %s among %v", want, got)
		}
	}

	w.ok(w.CloseSitting(ctx, teacher, anne, "2M"))
	w.ok(w.CloseSitting(ctx, teacher, anne, "2M"))
	if _, err := w.Here(ctx, s.Code); !errors.Is(err, portal.ErrNotFound) {
		t.Errorf("a closed sitting is open: %v", err)
	}
	w.publish()
	w.whole(w.ledgerSize())
}

// A sitting dies by itself, and with the right of whoever opened it.
func TestSittingEnds(t *testing.T) {
	w, ctx := signers(t), t.Context()
	office := w.staff("office@anne.example")
	open := func(group string) string {
		s, err := w.OpenSitting(ctx, office, anne, group)
		w.ok(err)
		return s.Code
	}
	dead := func(code, why string) {
		t.Helper()
		if _, err := w.Here(ctx, code); !errors.Is(err, portal.ErrNotFound) {
			t.Errorf("%s, it is open: %v", why, err)
		}
	}
	class, desk := open("2M"), open("")
	w.pass(59 * time.Minute)
	w.waiting(class)
	w.pass(time.Minute)
	dead(class, "an hour later")
	w.waiting(desk)
	next := open("2M")
	if next == class {
		t.Error("a dead code is used again")
	}
	w.now = time.Date(2026, 10, 5, 22, 59, 59, 0, time.UTC) // 23:59:59 in London
	w.waiting(desk)
	late := open("2M")
	w.pass(time.Second)
	dead(desk, "at midnight in London")
	dead(late, "opened a second before midnight")
	w.ok(w.Tidy(ctx))
	dead("", "without a code")

	// A teacher of another class leaves it open.
	code2 := open("4K")
	if err := w.CloseSitting(ctx, w.staff("teacher@anne.example"), anne, "4K"); !errors.Is(err, portal.ErrNotFound) {
		t.Errorf("somebody else's class is closed: %v", err)
	}
	w.waiting(code2)

	// Whoever opened it leaves the school.
	code := open("2M")
	w.Portal = portal.New(w.db, w.ledger, theStaff[1:], func() time.Time { return w.now })
	dead(code, "once the office may no longer")
}

// Those who sign after a wording was replaced are told, and sign no words that they were not
// shown; who signed before is asked again for another edition.
func TestTextReplacedWhileAClassSigns(t *testing.T) {
	w, ctx := signers(t), t.Context()
	s, err := w.OpenSitting(ctx, w.staff("teacher@anne.example"), anne, "2M")
	w.ok(err)
	_, id := w.waiting(s.Code)
	w.ok(w.SignInClass(ctx, s.Code, w.ownSigning(id["Zoë"], "pupils-ks2", "Zoë")))
	before := w.ownSigning(id["Amir Kay"], "pupils-ks2", "Amir")
	changed := school(anne, 1)
	changed.Texts = append(changed.Texts, own("pupils-ks2", portal.ForPupils, 2, 3, 4, 5, 6))
	w.ok(w.SetSchools(ctx, []portal.School{changed}))
	if now, ok := errors.AsType[*portal.TextChanged](w.SignInClass(ctx, s.Code, before)); !ok || now.Now.Edition != 2 {
		t.Errorf("words that are no longer in force are signed: %v", now)
	}
	if names, _ := w.waiting(s.Code); strings.Join(names, ", ") != "Amir Kay, Amir Khan, Zoë" {
		t.Errorf("to sign the new edition: %v", names)
	}
}

// Nobody acts for the school in their own family.
func TestOwnChildInClass(t *testing.T) {
	w, ctx := signers(t), t.Context()
	mother := w.parent(anne, "Mrs Jo Lee")
	w.Portal = portal.New(w.db, w.ledger, append(slices.Clone(theStaff), portal.Staff{Email: "jo@anne.example", School: anne, Role: portal.Teacher, Classes: []string{"2M"}}), func() time.Time { return w.now })
	a, err := w.SignedIn(ctx, portal.Identity{Provider: "google", Issuer: "https://accounts.google.example", Subject: "Mrs Jo Lee", StaffEmail: "jo@anne.example"})
	w.ok(err)
	if a.ID != mother {
		t.Fatal("she has another account")
	}
	bo := w.pupil("Bo")
	if got := problemsOf(w.SignedOnPaper(ctx, mother, anne, "2M", []string{w.pupil("Zoë"), bo})); !strings.Contains(got, "own family") {
		t.Errorf("she writes down what her own child signed: %s", got)
	}
	if len(w.signatures("Zoë")) > 0 {
		t.Error("half of it was saved")
	}
	s, err := w.OpenSitting(ctx, mother, anne, "2M")
	w.ok(err)
	w.ok(w.SignInClass(ctx, s.Code, w.ownSigning(bo, "pupils-ks1", "Bo")))
	if err := w.TakeBack(ctx, mother, anne, bo, "pupils-ks1"); !errors.Is(err, portal.ErrForbidden) {
		t.Errorf("she takes back what her own child signed: %v", err)
	}
}

// Row S4: staff sign through their own sign-in, each what is for them, and the office sees
// who has not.
func TestStaffSign(t *testing.T) {
	w, ctx := signers(t), t.Context()
	w.Portal = portal.New(w.db, w.ledger, append(slices.Clone(theStaff), portal.Staff{Email: "cook@anne.example", School: anne, Role: portal.Colleague}, portal.Staff{Email: "posts@anne.example", School: anne, Role: portal.Governor, Posts: true}), func() time.Time { return w.now })
	texts := func(email string) (left []string) {
		all, err := w.OwnTexts(ctx, w.staff(email))
		w.ok(err)
		for _, x := range all {
			if x.Signed.Seq == 0 {
				left = append(left, x.Text.Slug)
			}
		}
		return left
	}
	for email, want := range map[string]string{"cook@anne.example": "staff-aup", "posts@anne.example": "staff-aup social-media-aup", "office@bede.example": "", "teacher@anne.example": "staff-aup", "trust@example": "staff-aup", "caretaker@anne.example": ""} {
		if got := strings.Join(texts(email), " "); got != want {
			t.Errorf("%s is to sign %q, want %q", email, got, want)
		}
	}
	s, err := w.School(ctx, anne)
	w.ok(err)
	i := slices.IndexFunc(s.Texts, func(t portal.Text) bool { return t.Slug == "staff-aup" })
	cook := w.staff("cook@anne.example")
	f := portal.SignForm{Agreement: "staff-aup", Hash: s.Texts[i].Hash, Name: "Mo Cook", Language: "en-GB"}
	if got := problemsOf(w.SignOwn(ctx, cook, anne, f)); got != "agreed: Tick the box to say that you agree" {
		t.Errorf("without the tick: %s", got)
	}
	f.Agreed = true
	w.ok(w.SignOwn(ctx, cook, anne, f))
	w.ok(w.SignOwn(ctx, cook, anne, f))
	f.Agreement = "social-media-aup"
	if err := w.SignOwn(ctx, cook, anne, f); !errors.Is(err, portal.ErrNotFound) {
		t.Errorf("the cook signs for those who post: %v", err)
	}
	if err := w.SignOwn(ctx, w.account("a stranger"), anne, f); !errors.Is(err, portal.ErrNotFound) {
		t.Errorf("a stranger signs: %v", err)
	}
	if left := texts("cook@anne.example"); len(left) > 0 {
		t.Errorf("the cook has still to sign %v", left)
	}
	all, err := w.Signers(ctx, w.staff("lead@anne.example"), anne)
	w.ok(err)
	var said []string
	for _, x := range all {
		for _, t := range x.Texts {
			said = append(said, fmt.Sprintf("%s %s %v", x.Email, t.Text.Slug, t.Signed.Seq))
		}
	}
	if got := strings.Join(said, "; "); !strings.Contains(got, "cook@anne.example staff-aup 1") || !strings.Contains(got, "posts@anne.example social-media-aup 0") || strings.Contains(got, "bede") {
		t.Errorf("the lead reads: %s", got)
	}
	if _, err := w.Signers(ctx, cook, anne); !errors.Is(err, portal.ErrForbidden) {
		t.Errorf("the cook reads who has signed: %v", err)
	}

	// An account that nobody uses any more goes, and what it signed.
	keeps := s
	keeps.Periods = portal.Periods{Records: 12, Answers: 12, Agreements: 12, Events: 12, Staff: 6}
	w.ok(w.SetSchools(ctx, []portal.School{keeps}))
	w.Portal = portal.New(w.db, w.ledger, theStaff, func() time.Time { return w.now })
	w.pass(400 * 24 * time.Hour)
	w.ok(w.ClockIsRight(ctx))
	for _, school := range []string{anne, portal.TrustWide} {
		_, err = w.Erase(ctx, portal.Operator, school)
		w.ok(err)
	}
	if _, err := w.Account(ctx, cook); !errors.Is(err, portal.ErrNotFound) {
		t.Errorf("the cook's account is kept: %v", err)
	}
	w.publish()
}

// Row S4: visitors sign at the desk, and are out at the end of the day.
func TestVisitors(t *testing.T) {
	w, ctx := signers(t), t.Context()
	office, head := w.staff("office@anne.example"), w.staff(head)
	s, err := w.OpenSitting(ctx, office, anne, "")
	w.ok(err)
	h, err := w.Here(ctx, s.Code)
	w.ok(err)
	f := portal.VisitForm{Name: "  Ann   Lee ", From: "Thorn Boilers", Agreed: true, Hash: h.Text.Hash, Language: "en-GB"}
	for want, change := range map[string]func(*portal.VisitForm){
		"name: Type your full name":                           func(f *portal.VisitForm) { f.Name = " " },
		"from: Say whom you come from in at most 100 letters": func(f *portal.VisitForm) { f.From = strings.Repeat("x", 101) },
		"agreed: Tick the box to say that you agree":          func(f *portal.VisitForm) { f.Agreed = false },
	} {
		g := f
		change(&g)
		if got := problemsOf(w.SignVisitor(ctx, s.Code, g)); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	// Whoever has a pupil's name hears nothing of it; the office alone does.
	w.ok(w.SignVisitor(ctx, s.Code, f))
	w.ok(w.SignVisitor(ctx, s.Code, f)) // the button pressed twice is one visitor
	w.pass(time.Minute)
	f.Name, f.Regular = "Vi Volunteer", true
	w.ok(w.SignVisitor(ctx, s.Code, f))
	now := func(who string) string {
		v, err := w.Visitors(ctx, who, anne)
		w.ok(err)
		var said []string
		for _, x := range v.Today {
			said = append(said, fmt.Sprintf("%s %v %v", x.Name, x.Left.IsZero(), x.LikePupil))
		}
		for _, x := range v.Regulars {
			said = append(said, x.Name+" until "+string(x.Until))
		}
		return strings.Join(said, ", ")
	}
	if got := now(head); got != "Ann Lee true true, Vi Volunteer true false" {
		t.Errorf("in: %s", got)
	}
	v, err := w.Visitors(ctx, office, anne)
	w.ok(err)
	volunteer := v.Today[1].ID
	if err := w.MoveVisitor(ctx, head, anne, volunteer, false); !errors.Is(err, portal.ErrForbidden) {
		t.Errorf("the head signs out: %v", err)
	}
	w.ok(w.MoveVisitor(ctx, office, anne, volunteer, false))
	w.ok(w.MoveVisitor(ctx, office, anne, volunteer, false))
	if got := now(office); got != "Ann Lee true true, Vi Volunteer false false, Vi Volunteer until 2027-10-05" {
		t.Errorf("after one has left: %s", got)
	}
	w.pass(24 * time.Hour)
	if got := now(office); got != "Vi Volunteer until 2027-10-05" {
		t.Errorf("the next day: %s", got)
	}
	if err := w.MoveVisitor(ctx, office, anne, v.Today[0].ID, true); !errors.Is(err, portal.ErrNotFound) {
		t.Errorf("who signed for a day comes again: %v", err)
	}
	w.ok(w.MoveVisitor(ctx, office, anne, volunteer, true))
	if got := now(office); got != "Vi Volunteer true false" {
		t.Errorf("come again: %s", got)
	}
	w.now = time.Date(2027, 10, 6, 9, 0, 0, 0, time.UTC)
	if got := now(office); got != "" {
		t.Errorf("a year later: %s", got)
	}

	// What they signed goes with its time.
	keeps, err := w.School(ctx, anne)
	w.ok(err)
	keeps.Periods = portal.Periods{Records: 12, Answers: 12, Agreements: 12, Events: 12, Staff: 12}
	w.ok(w.SetSchools(ctx, []portal.School{keeps}))
	w.ok(w.ClockIsRight(ctx))
	if gone, err := w.Erase(ctx, portal.Operator, anne); err != nil || gone[portal.KeptVisits] != 1 {
		t.Errorf("erased: %v, %v", gone, err)
	}
	w.now = time.Date(2028, 10, 6, 9, 0, 0, 0, time.UTC)
	w.ok(w.ClockIsRight(ctx))
	if gone, err := w.Erase(ctx, portal.Operator, anne); err != nil || gone[portal.KeptVisits] != 1 {
		t.Errorf("erased a year later: %v, %v", gone, err)
	}
}

// problemsOf is what is wrong with a form, field by field; "" for another error, or none.
func problemsOf(err error) string {
	wrong, ok := errors.AsType[*portal.Invalid](err)
	if !ok {
		return ""
	}
	var all []string
	for _, p := range wrong.Problems {
		all = append(all, p.Field+": "+p.Message)
	}
	return strings.Join(all, " ")
}
