package portal_test

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"schoolgate/portal"
)

// memory is a shelf that a test can look into.
type memory map[string][]byte

func (m memory) Put(name string, file []byte) error { m[name] = file; return nil }

func (m memory) Get(name string) ([]byte, error) {
	if b, ok := m[name]; ok {
		return b, nil
	}
	return nil, portal.ErrNotFound
}

func (m memory) Sweep(keep func(string) bool) error {
	maps.DeleteFunc(m, func(name string, _ []byte) bool { return !keep(name) })
	return nil
}

var sitePages = []string{"/news/fair/", "/"}

const drawn = "\xff\xd8\xffpixels of two children"

// desk is a register with a picture desk, and a picture on it.
func desk(t *testing.T) (w *world, files memory, clerk, photo string) {
	w, files = settled(t), memory{}
	w.UseShelf(files)
	clerk = w.staff("office@anne.example")
	photo, err := w.AddPhoto(t.Context(), clerk, anne, []byte(drawn))
	w.ok(err)
	return w, files, clerk, photo
}

// says is what the office says of a picture of Ann and Bo.
func (w *world) says(clerk, photo string, change func(*portal.PhotoForm)) error {
	w.t.Helper()
	v, err := w.Photo(w.t.Context(), clerk, anne, photo, "", "", nil)
	w.ok(err)
	f := portal.PhotoForm{Page: "/news/fair/", Alt: "Two children at a stall", Who: portal.InPupils, Pupils: []string{w.pupil("Ann"), w.pupil("Bo")}, Version: v.Photo.Version}
	if change != nil {
		change(&f)
	}
	return w.SayOfPhoto(w.t.Context(), clerk, anne, photo, f, sitePages)
}

// site is a build of the site: the desk's pictures under the names that it got, and why not.
func (w *world) site() (names, why []string) {
	w.t.Helper()
	ready, err := w.SitePhotos(w.t.Context(), anne)
	w.ok(err)
	var all []portal.Picture
	for _, x := range ready {
		all = append(all, portal.Picture{Key: x.SiteKey(), Page: x.Page, Alt: x.Alt, Purpose: "website-pictures"})
	}
	names, why, err = w.Declare(w.t.Context(), anne, all)
	w.ok(err)
	return names, why
}

// audited is a picture of the desk as somebody sees it in the audit; none has no Photo.
func (w *world) audited(who, photo string) portal.PictureView {
	w.t.Helper()
	all, _, err := w.Pictures(w.t.Context(), who, anne)
	w.ok(err)
	for _, v := range all {
		if v.Photo != nil && v.Photo.ID == photo {
			return v
		}
	}
	return portal.PictureView{}
}

// A picture of the desk is shown once somebody has said who is in it and everybody who
// decides for them says yes, and from a no on it is not.
func TestPhotoUntilNo(t *testing.T) {
	w, files, clerk, photo := desk(t)
	jo, lead := w.parent(anne, "Mrs Jo Lee"), w.staff("lead@anne.example")
	for _, file := range files {
		if bytes.Contains(file, []byte("pixels")) {
			t.Error("the file shows its picture to whoever has no key")
		}
	}
	if names, why := w.site(); names[0] != "" || why[0] != portal.PhotoUnsaid {
		t.Error("the site shows a picture of which nobody has said anything")
	}
	if v := w.audited(clerk, photo); v.Why != portal.PhotoUnsaid {
		t.Errorf("before a word it is %q", v.Why)
	}
	w.ok(w.says(clerk, photo, nil))
	if office, safe := w.audited(clerk, photo), w.audited(lead, photo); office.Why != portal.PictureRefused || safe.Why != portal.PictureWaits || len(office.Names) != 2 {
		t.Errorf("without an answer it is %q, and %q to who may read why", office.Why, safe.Why)
	}
	w.decide(jo, w.answering("Ann", portal.Given))
	w.decide(jo, w.answering("Bo", portal.Given))
	before, err := w.Desks(t.Context())
	w.ok(err)
	names, why := w.site()
	if why[0] != "" || !w.shows(names[0]) || before[anne] == "" {
		t.Fatalf("with a yes for both it is not shown: %q, %v", why, before)
	}
	if got, err := w.OpenPhoto(*w.audited(clerk, photo).Photo); err != nil || string(got) != drawn {
		t.Errorf("it is %q, %v", got, err)
	}
	w.pass(time.Minute)
	w.decide(jo, w.answering("Bo", portal.Refused))
	if w.shows(names[0]) {
		t.Error("it is shown after a no")
	}
	if after, err := w.Desks(t.Context()); err != nil || maps.Equal(before, after) {
		t.Errorf("the site is not made again: %v, %v", after, err)
	}
	if v := w.audited(lead, photo); v.Why != portal.PictureRefused {
		t.Errorf("after a no it is %q", v.Why)
	}
	w.pass(time.Minute)
	w.decide(jo, w.answering("Bo", portal.Given))
	if _, why := w.site(); why[0] != portal.PictureTaken {
		t.Errorf("a yes alone brought it back: %q", why)
	}
	w.ok(w.says(clerk, photo, func(f *portal.PhotoForm) { f.Alt = "Another sentence" }))
	if _, why := w.site(); why[0] != portal.PictureTaken {
		t.Errorf("another sentence brought it back: %q", why)
	}
	w.ok(w.PutBack(t.Context(), clerk, anne, w.audited(clerk, photo).ID))
	if names, _ = w.site(); !w.shows(names[0]) {
		t.Error("it was put back and is not shown")
	}

	w.ok(w.says(clerk, photo, func(f *portal.PhotoForm) { f.Who, f.Pupils = portal.InUnsure, nil }))
	if names, _ = w.site(); names[0] != "" {
		t.Error("it is shown and nobody is sure who is in it")
	}
}

// What somebody says of a picture is refused where it would name a pupil, show somebody who
// is not theirs to show, or overwrite a colleague's word.
func TestPhotoForm(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*world, *portal.PhotoForm)
		field  string
	}{
		"nothing said":                 {func(_ *world, f *portal.PhotoForm) { f.Who = portal.InUnsaid }, "who"},
		"something else said":          {func(_ *world, f *portal.PhotoForm) { f.Who = "everybody" }, "who"},
		"pupils, and none chosen":      {func(_ *world, f *portal.PhotoForm) { f.Pupils = nil }, "who"},
		"a pupil of another school":    {func(w *world, f *portal.PhotoForm) { f.Pupils = append(f.Pupils, w.pupil("Eve")) }, "who"},
		"a pupil who is not known":     {func(_ *world, f *portal.PhotoForm) { f.Pupils = []string{"ERASED"} }, "who"},
		"no such page":                 {func(_ *world, f *portal.PhotoForm) { f.Page = "/elsewhere/" }, "page"},
		"no words":                     {func(_ *world, f *portal.PhotoForm) { f.Alt = " " }, "alt"},
		"the name of who is in it":     {func(_ *world, f *portal.PhotoForm) { f.Alt = "ANN’s cake" }, "alt"},
		"a whole name of anybody":      {func(_ *world, f *portal.PhotoForm) { f.Alt = "A present for Cat Poe" }, "alt"},
		"a name below it":              {func(_ *world, f *portal.PhotoForm) { f.Caption = "Well done, Bo" }, "caption"},
		"a last day that is over":      {func(_ *world, f *portal.PhotoForm) { f.Until = "01/01/2020" }, "until"},
		"a last day that is no day":    {func(_ *world, f *portal.PhotoForm) { f.Until = "summer" }, "until"},
		"all well, and a word like it": {func(_ *world, f *portal.PhotoForm) { f.Alt, f.Until = "A bowl and a cat", "31/07/2030" }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w, _, clerk, photo := desk(t)
			err := w.says(clerk, photo, func(f *portal.PhotoForm) { c.change(w, f) })
			invalid, ok := errors.AsType[*portal.Invalid](err)
			if ok != (c.field != "") || ok && (len(invalid.Problems) != 1 || invalid.Problems[0].Field != c.field) {
				t.Errorf("got %v", err)
			}
		})
	}
	w, _, clerk, photo := desk(t)
	w.ok(w.says(clerk, photo, nil))
	is(t, w.says(clerk, photo, func(f *portal.PhotoForm) { f.Version-- }), portal.ErrConflict)
}

// That nobody is in a picture counts once a second person has looked, who is not the first
// under another account, and who may say that they are not sure.
func TestPhotoOfNobody(t *testing.T) {
	w, _, clerk, photo := desk(t)
	lead := w.staff("lead@anne.example")
	nobody := func(f *portal.PhotoForm) { f.Who, f.Pupils = portal.InNobody, nil }
	w.ok(w.says(clerk, photo, nobody))
	if names, _ := w.site(); names[0] != "" || w.waits(clerk, portal.TaskSecond) != 0 || w.waits(lead, portal.TaskSecond) != 1 {
		t.Errorf("after one person's word: %v on the site, %d and %d waiting", names, w.waits(clerk, portal.TaskSecond), w.waits(lead, portal.TaskSecond))
	}
	again, err := w.SignedIn(t.Context(), portal.Identity{Provider: "other", Issuer: "i", Subject: "s", StaffEmail: "OFFICE@anne.example"})
	w.ok(err)
	version := w.audited(clerk, photo).Photo.Version
	for _, first := range []string{clerk, again.ID} {
		is(t, w.SecondPhoto(t.Context(), first, anne, photo, version, true), portal.ErrForbidden)
	}
	is(t, w.SecondPhoto(t.Context(), lead, anne, photo, version-1, true), portal.ErrConflict)
	w.ok(w.SecondPhoto(t.Context(), lead, anne, photo, version, true))
	names, why := w.site()
	if len(names) != 1 || why[0] != "" || !w.shows(names[0]) || w.waits(lead, portal.TaskSecond) != 0 {
		t.Fatalf("after two: %v, %v", names, why)
	}
	w.ok(w.TakePictureDown(t.Context(), clerk, anne, names[0]))
	if w.shows(names[0]) {
		t.Error("it is shown after it was taken down by hand")
	}
	is(t, w.TakePictureDown(t.Context(), clerk, anne, names[0]), portal.ErrNotFound)

	// Nor does saying something else of it for a moment bring it back.
	w.ok(w.says(clerk, photo, func(f *portal.PhotoForm) { f.Who = portal.InUnsure }))
	if _, ok := errors.AsType[*portal.Invalid](w.PutBack(t.Context(), clerk, anne, names[0])); !ok {
		t.Error("it is put back while nobody is sure who is in it")
	}
	w.ok(w.says(clerk, photo, nobody))
	w.ok(w.SecondPhoto(t.Context(), lead, anne, photo, w.audited(clerk, photo).Photo.Version, true))
	if names, _ := w.site(); slices.ContainsFunc(names, w.shows) {
		t.Error("what was taken down is shown again without being put back")
	}

	other, err := w.AddPhoto(t.Context(), clerk, anne, []byte(drawn+"!"))
	w.ok(err)
	w.ok(w.says(clerk, other, nobody))
	w.ok(w.SecondPhoto(t.Context(), lead, anne, other, w.audited(clerk, other).Photo.Version, false))
	if v := w.audited(clerk, other); v.Why != portal.PhotoUnsure {
		t.Errorf("not sure: %q", v.Why)
	}
}

// What is taken down and was used elsewhere is fetched back by hand; what is deleted, or
// shows somebody who is erased, is gone; the same picture is there once; and a colleague
// looks after that of one's own child.
func TestPhotoAudit(t *testing.T) {
	w, files, clerk, photo := desk(t)
	if again, err := w.AddPhoto(t.Context(), clerk, anne, []byte(drawn)); err != nil || again != photo || len(files) != 1 {
		t.Errorf("brought twice: %v, %d files", err, len(files))
	}
	jo := w.parent(anne, "Mrs Jo Lee")
	w.decide(jo, w.answering("Ann", portal.Given))
	w.decide(jo, w.answering("Bo", portal.Given))
	w.ok(w.says(clerk, photo, func(f *portal.PhotoForm) { f.Elsewhere = "The leaflet of the fair" }))
	name := w.audited(clerk, photo).ID
	record, err := w.PersonDossier(t.Context(), clerk, anne, portal.Ref{Kind: portal.RefPupil, ID: w.pupil("Ann")})
	w.ok(err)
	told := false
	for _, s := range record.Sections {
		told = told || s.Title == "Pictures that the child can be seen in" && len(s.Entries) == 1
	}
	if !told {
		t.Error("her record does not tell of the picture")
	}
	w.ok(w.TakePictureDown(t.Context(), clerk, anne, name))
	if !w.audited(clerk, photo).Elsewhere() {
		t.Error("nobody is told to take it down elsewhere")
	}
	w.ok(w.FetchedBack(t.Context(), clerk, anne, photo))
	if w.audited(clerk, photo).Elsewhere() {
		t.Error("it is still said to be elsewhere")
	}
	if _, reviewed, err := w.Pictures(t.Context(), clerk, anne); err != nil || !reviewed.IsZero() {
		t.Errorf("reviewed on %v, %v", reviewed, err)
	}
	w.ok(w.ReviewPictures(t.Context(), clerk, anne))
	if _, reviewed, err := w.Pictures(t.Context(), clerk, anne); err != nil || !reviewed.Equal(w.now) {
		t.Errorf("reviewed on %v, %v", reviewed, err)
	}

	w.register(anne, change(func(r *portal.ClassListRow) bool { return r.Forename != "Ann" }), true)
	if v := w.audited(clerk, photo); v.Why != portal.PictureStranger || !v.Unused {
		t.Errorf("of a leaver: %q, to delete: %v", v.Why, v.Unused)
	}
	w.ok(w.DeletePhoto(t.Context(), clerk, anne, photo))
	is(t, w.DeletePhoto(t.Context(), clerk, anne, photo), portal.ErrNotFound)
	w.ok(w.Tidy(t.Context()))
	if len(files) != 0 {
		t.Errorf("%d files stay", len(files))
	}
	if _, err := w.Photo(t.Context(), w.staff("teacher@anne.example"), anne, photo, "", "", nil); !errors.Is(err, portal.ErrForbidden) {
		t.Errorf("a teacher: %v", err)
	}
}

// Who is a parent of a child in a picture is told nothing more of it.
func TestPhotoOfOnesOwnChild(t *testing.T) {
	w, _, clerk, photo := desk(t)
	jo := w.staff("head@anne.example")
	w.ok(w.Join(t.Context(), jo, w.letters(anne)["Mrs Jo Lee"].Code, annsBirthday))
	w.ok(w.says(clerk, photo, nil))
	if v := w.audited(jo, photo); v.Photo != nil {
		t.Error("she sees where it stands")
	}
	other, err := w.AddPhoto(t.Context(), jo, anne, []byte(drawn+"?"))
	w.ok(err)
	if err := w.says(jo, other, nil); !strings.Contains(problemsOf(err), "your own family") {
		t.Errorf("she says that her child is in it, and sees what becomes of it: %v", err)
	}
	_, err = w.AddPhoto(t.Context(), jo, anne, []byte(drawn))
	if _, ok := errors.AsType[*portal.Invalid](err); !ok {
		t.Errorf("brought again: %v", err)
	}
	for what, err := range map[string]error{
		"open":   func() error { _, err := w.PhotoFile(t.Context(), jo, anne, photo); return err }(),
		"delete": w.DeletePhoto(t.Context(), jo, anne, photo),
	} {
		if !errors.Is(err, portal.ErrForbidden) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// yes is a parent's, for both children.
func (w *world) yes() (jo string) {
	jo = w.parent(anne, "Mrs Jo Lee")
	w.decide(jo, w.answering("Ann", portal.Given))
	w.decide(jo, w.answering("Bo", portal.Given))
	return jo
}

// A picture of the desk that is not on the website has its time, and then it goes by itself,
// planned and counted as all else; one that is shown stays, and one of a record that is kept.
func TestPicturesHaveTheirTime(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(w *world, clerk, photo string)
		gone bool
	}{
		"nobody has said anything of it": {func(*world, string, string) {}, true},
		"nobody is sure": {func(w *world, clerk, photo string) {
			w.ok(w.says(clerk, photo, func(f *portal.PhotoForm) { f.Who, f.Pupils = portal.InUnsure, nil }))
		}, true},
		"it is shown": {func(w *world, clerk, photo string) {
			w.yes()
			w.ok(w.says(clerk, photo, nil))
		}, false},
		"it was taken down": {func(w *world, clerk, photo string) {
			jo := w.yes()
			w.ok(w.says(clerk, photo, nil))
			w.decide(jo, w.answering("Ann", portal.Refused))
		}, true},
		"a record is kept": {func(w *world, clerk, photo string) {
			w.ok(w.says(clerk, photo, nil))
			w.ok(w.KeepLonger(w.t.Context(), w.staff("head@anne.example"), anne, w.pupil("Bo"), portal.Date(w.now.AddDate(1, 0, 0).Format(time.DateOnly)), "A dispute"))
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			w, _, clerk, photo := desk(t)
			s := school(anne, 1)
			s.Periods = usualKeep
			s.Periods.Pictures = 3
			w.ok(w.SetSchools(t.Context(), []portal.School{s}))
			c.do(w, clerk, photo)
			due := func() (now int) {
				r, err := w.Retention(t.Context(), portal.Operator, anne)
				w.ok(err)
				return r.Due[slices.IndexFunc(r.Due, func(d portal.Due) bool { return d.Kind == portal.KeptPictures })].Now
			}
			w.pass(80 * 24 * time.Hour)
			if n := due(); n != 0 {
				t.Errorf("%d are due too early", n)
			}
			w.pass(20 * 24 * time.Hour)
			want := map[bool]int{true: 1}[c.gone]
			if n := due(); n != want {
				t.Errorf("%d are due", n)
			}
			w.ok(w.ClockIsRight(t.Context()))
			total, err := w.Erase(t.Context(), portal.Operator, anne)
			if err != nil || total[portal.KeptPictures] != want || (w.audited(clerk, photo).Photo == nil) != c.gone {
				t.Errorf("erased %v, %v", total, err)
			}
		})
	}
}
