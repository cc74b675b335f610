package portal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
)

// Picture is one of the public site in which pupils can be seen. It is shown exactly as
// long as the purpose that it names stands for every pupil in it (P15), and each time
// that it is asked for, that is asked anew.
type Picture struct {
	ID      string // its published name, which nobody can guess; another each time it is put back
	School  string // slug
	Key     string // 32 letters of the SHA-256 of where it stands, and 32 of that of its file, hexadecimal; of the desk's, see [Photo.SiteKey]
	Page    string // the page that it stands beside, within the site: "/news/fair/"
	Alt     string // what there is to see
	Purpose string // slug of what is asked
	Pupils  []string
	Nobody  bool      // two people have said that no pupil is in it
	Until   Date      // the last day on which it is shown; "" for no last one
	Shown   time.Time // since when it may be, UTC; zero where it never might
	Taken   time.Time // when it was taken down, UTC; zero where it was not
}

// Why a picture is not shown, in words that do not tell whose answer it is.
const (
	PictureTaken    = "taken down, and nobody has put it back"
	PictureRefused  = "one of these children may not be shown, or nobody has said yes for them"
	PictureStranger = "somebody in it is not on roll at this school"
	PictureWaits    = "an answer is still to come for one of these children" // for whoever may read why
	PictureOver     = "its last day is over"
	PictureUnasked  = "parents are not asked about this purpose"
)

// desk says whether it came by the picture desk.
func (x Picture) desk() bool { return strings.HasPrefix(x.Key, deskKey) }

// onSite says whether it was shown, and nobody has taken it down.
func (x Picture) onSite() bool { return !x.Shown.IsZero() && x.Taken.IsZero() }

// goneKey begins the Key of a picture that was taken down and is declared no more: what
// became of it counts again when somebody brings it back.
const goneKey = "gone "

func (x Picture) gone() bool { return strings.HasPrefix(x.Key, goneKey) }

// was is which of the pictures declared before one is, whose file was saved anew, moved, or
// came back; or that is said to be of the same pupils, in the same words, on the same page.
func (x Picture) was(before map[string]Picture) (Picture, bool) {
	const half = 32
	same := func(a, b string) bool { return len(a) == half && a == b }
	halves := func(x Picture) (place, file string) {
		key := strings.TrimPrefix(x.Key, goneKey)
		return key[:min(half, len(key))], key[min(half, len(key)):]
	}
	place, file := halves(x)
	for _, alike := range []func(Picture) bool{
		func(y Picture) bool { p, _ := halves(y); return same(p, place) },
		func(y Picture) bool { _, f := halves(y); return same(f, file) },
		func(y Picture) bool { return y.Page == x.Page && y.Alt == x.Alt && slices.Equal(y.Pupils, x.Pupils) },
	} {
		for _, key := range slices.Sorted(maps.Keys(before)) {
			if y := before[key]; !y.desk() && alike(y) {
				return y, true
			}
		}
	}
	return Picture{}, false
}

// mayBeShown is which pupils of a school on roll each purpose stands for.
type mayBeShown map[string]map[string]shownFor

// shownFor is whether a purpose stands for a pupil.
type shownFor struct {
	Standing
	lapses Date // the last day of what was said, where it has one
}

// judge says why a picture may not be shown, but for that it was taken down; "" where it may.
func (m mayBeShown) judge(x Picture, today Date) string {
	allowed, asked := m[x.Purpose]
	why := ""
	switch {
	case x.Until != "" && x.Until < today:
		return PictureOver
	case x.Nobody && len(x.Pupils) == 0: // and so nobody is asked
		return ""
	case !asked:
		return PictureUnasked
	case len(x.Pupils) == 0:
		return PictureStranger
	}
	for _, id := range x.Pupils {
		switch may, known := allowed[id]; {
		case !known:
			return PictureStranger
		case !may.Allowed():
			why = PictureRefused
		}
	}
	return why
}

// waits says whether nothing but answers that are still to come keeps a picture from being
// shown.
func (m mayBeShown) waits(x Picture) bool {
	return !slices.ContainsFunc(x.Pupils, func(id string) bool {
		s := m[x.Purpose][id]
		return !s.Allowed() && s.Standing != StandingWaiting
	})
}

// lapses is the day on which the first of the answers ends that a picture needs, or "".
func (m mayBeShown) lapses(x Picture) (first Date) {
	for _, id := range x.Pupils {
		if d := m[x.Purpose][id].lapses; d != "" && (first == "" || d < first) {
			first = d
		}
	}
	return first
}

// shows says whether a picture is shown.
func (m mayBeShown) shows(x Picture, today Date) bool {
	return x.Taken.IsZero() && !x.Shown.IsZero() && m.judge(x, today) == ""
}

// shownCache is mayBeShown of each school, as of a version of the register: all that a
// standing depends on is sealed as it changes, but for the day and the wordings.
type shownCache struct {
	mu    sync.Mutex
	known map[string]shownAt
}

type shownAt struct {
	version string
	may     mayBeShown
}

// mayBeShown is worked out once for a version of the register.
func (p *Portal) mayBeShown(tx Tx, school string) (mayBeShown, error) {
	info, err := tx.School(school)
	if err != nil {
		return nil, err
	}
	size, err := tx.LedgerSize()
	if err != nil {
		return nil, err
	}
	purposes, today := info.Of(Purpose), p.today()
	var version strings.Builder
	fmt.Fprint(&version, size, today)
	for _, t := range purposes {
		version.WriteString(t.Hash)
	}
	p.shown.mu.Lock()
	known, ok := p.shown.known[school]
	p.shown.mu.Unlock()
	if ok && known.version == version.String() {
		return known.may, nil
	}
	may := mayBeShown{}
	for _, t := range purposes {
		may[t.Slug] = map[string]shownFor{}
	}
	err = p.eachPupil(tx, school, false, func(r *PupilFile) error {
		for _, t := range purposes {
			may[t.Slug][r.Pupil.ID] = shownFor{StandingOf(r.Pupil, t, today, r.Responsibilities, r.Acts), r.lapses(t, today)}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	p.shown.mu.Lock()
	defer p.shown.mu.Unlock()
	if p.shown.known == nil {
		p.shown.known = map[string]shownAt{}
	}
	p.shown.known[school] = shownAt{version.String(), may}
	return may, nil
}

// lapses is the last day on which a purpose stands for a pupil if nobody says anything
// more; "" where it does not stand, or where what was said has no end.
func (r *PupilFile) lapses(t Text, today Date) Date {
	if !StandingOf(r.Pupil, t, today, r.Responsibilities, r.Acts).Allowed() {
		return ""
	}
	var ends []Date
	for _, a := range r.Acts {
		if a.TextSlug == t.Slug && a.Until >= today {
			ends = append(ends, a.Until)
		}
	}
	slices.Sort(ends)
	for _, d := range ends {
		if !StandingOf(r.Pupil, t, day(d.begin().AddDate(0, 0, 1)), r.Responsibilities, r.Acts).Allowed() {
			return d
		}
	}
	return ""
}

// Declare tells the register of all pictures of a school's site in which pupils can be
// seen, before the site is made of them, and answers, in their order, under which name
// each is published, or why it is not. A picture that was shown and may not be any
// more is taken down. Of the pictures, School, ID, Nobody and the times are not read; of
// those of the desk it goes by what was said there.
func (p *Portal) Declare(ctx context.Context, school string, pictures []Picture) (names, why []string, err error) {
	if len(pictures) == 0 {
		// Nothing is written where nothing was ever declared, so that a build does not wait for others' writing.
		var before []Picture
		err := p.store.View(ctx, func(tx Tx) (err error) { before, err = tx.Pictures(school); return err })
		if err != nil || !slices.ContainsFunc(before, func(x Picture) bool { return !x.gone() }) {
			return nil, nil, err
		}
	}
	err = p.store.Update(ctx, func(tx Tx) error {
		names, why = make([]string, len(pictures)), make([]string, len(pictures))
		may, err := p.mayBeShown(tx, school)
		if errors.Is(err, ErrNotFound) { // its first site brings it to the register
			for i := range why {
				why[i] = PictureStranger
			}
			return nil
		} else if err != nil {
			return err
		}
		held, err := tx.Pictures(school)
		if err != nil {
			return err
		}
		before := map[string]Picture{}
		for _, x := range held {
			before[x.Key] = x
		}
		first := map[string]Picture{} // those that nothing of has changed are nobody else's
		for _, x := range pictures {
			if was, known := before[x.Key]; known {
				first[x.Key] = was
				delete(before, x.Key)
			}
		}
		for i, x := range pictures {
			was, known := first[x.Key]
			if !known && !x.desk() {
				was, known = x.was(before)
				delete(before, was.Key)
			}
			if x.desk() {
				if !known { // deleted meanwhile, or somebody is not sure any more
					why[i] = PhotoUnsaid
					continue
				}
				x = was
			}
			x.School, x.ID, x.Shown, x.Taken = school, was.ID, was.Shown, was.Taken
			if !known {
				x.ID = newID()
			}
			why[i] = may.judge(x, p.today())
			switch {
			case why[i] == "" && x.Shown.IsZero():
				x.Shown = p.now()
			case why[i] != "" && !x.Shown.IsZero() && x.Taken.IsZero():
				x.Taken = p.now()
			}
			if why[i] == "" && !x.Taken.IsZero() {
				why[i] = PictureTaken
			}
			if why[i] == "" {
				names[i] = x.ID
			}
			if reflect.DeepEqual(x, was) {
				continue
			}
			if known && was.Key != x.Key {
				if err := tx.DeletePicture(school, was.ID); err != nil {
					return err
				}
			}
			if err := tx.PutPicture(x); err != nil {
				return err
			}
		}
		for _, gone := range before {
			if gone.desk() || gone.gone() { // the desk's follows its picture there, not the page
				continue
			}
			if err := tx.DeletePicture(school, gone.ID); err != nil {
				return err
			}
			if gone.Taken.IsZero() {
				continue
			}
			gone.Key = goneKey + gone.Key
			if err := tx.PutPicture(gone); err != nil {
				return err
			}
		}
		return nil
	})
	return names, why, err
}

// Stale says whether a picture that is published under one of these names may not be shown
// any more.
func (p *Portal) Stale(ctx context.Context, school string, published []string) (stale bool, err error) {
	err = p.store.View(ctx, func(tx Tx) error {
		may, err := p.mayBeShown(tx, school)
		if err != nil {
			return err
		}
		all, err := tx.Pictures(school)
		stale = err == nil && slices.ContainsFunc(published, func(id string) bool {
			return !slices.ContainsFunc(all, func(x Picture) bool { return x.ID == id && may.shows(x, p.today()) })
		})
		return err
	})
	return stale, err
}

// Shows says whether the picture that is published under a name may be shown at this
// moment.
func (p *Portal) Shows(ctx context.Context, school, id string) (shown bool, err error) {
	err = p.store.View(ctx, func(tx Tx) error {
		shown = false
		x, err := tx.Picture(school, id)
		if errors.Is(err, ErrNotFound) {
			return nil
		} else if err != nil {
			return err
		}
		may, err := p.mayBeShown(tx, school)
		shown = err == nil && may.shows(x, p.today())
		return err
	})
	return shown, err
}

// takeDown notes with a no itself that the pictures which it forbids are taken down.
func (p *Portal) takeDown(tx Tx, no Act) error {
	all, err := tx.Pictures(no.School)
	if err != nil {
		return err
	}
	for _, x := range all {
		if x.Purpose == no.TextSlug && x.Taken.IsZero() && !x.Shown.IsZero() && slices.Contains(x.Pupils, no.Subject.ID) {
			x.Taken = no.At
			if err := tx.PutPicture(x); err != nil {
				return err
			}
		}
	}
	return nil
}

// takenBy is the pictures of a child that came down by an act. Nobody is told of others:
// one that came down before or after it may be another parent's doing.
func takenBy(tx Tx, no Act) ([]Picture, error) {
	all, err := tx.Pictures(no.School)
	return slices.DeleteFunc(all, func(x Picture) bool {
		return x.Purpose != no.TextSlug || x.Taken.IsZero() || !x.Taken.Equal(no.At) || !slices.Contains(x.Pupils, no.Subject.ID)
	}), err
}

// PictureView is a picture as the office sees it.
type PictureView struct {
	Picture          // what the site has of it; no ID where it has none
	Photo   *Photo   // of the desk; nil for one that stands in the content folder
	Why     string   // it is not shown; "" where it is
	Back    bool     // it was taken down, and might be shown again
	Names   []string // of the pupils in it; of one who is not on roll, nothing
	Lapses  Date     // when the first answer ends that it needs; "" for never
	Unused  bool     // nothing will show it again as things are: it is there to be deleted
}

// Elsewhere says whether it was taken down, and is still to be taken down by hand where
// else it was used.
func (v PictureView) Elsewhere() bool {
	return v.Photo != nil && v.Photo.Elsewhere != "" && v.Photo.Fetched.IsZero() && !v.Taken.IsZero()
}

// PhotoUnusedAfter is how long a picture may lie on the desk before it counts as unused.
const PhotoUnusedAfter = 30 * 24 * time.Hour

// Pictures is the photograph audit: those of a school's site in which pupils can be seen and
// all of its desk, those that have been shown the longest first, and then those that are not
// shown; but for those of the account's own children, which are a colleague's to look after:
// when one came down is when the other parent said no. Reviewed is when somebody last looked
// through them; see [Portal.ReviewPictures].
func (p *Portal) Pictures(ctx context.Context, account, school string) (all []PictureView, reviewed time.Time, err error) {
	err = p.store.Update(ctx, func(tx Tx) error {
		a, err := p.allowed(tx, account, ManagePictures, Subject{School: school})
		if err != nil {
			return err
		}
		if all, err = p.pictureViews(tx, a, school); err != nil {
			return err
		}
		last, err := tx.Events(EventFilter{School: school, Kind: PicturesReviewed, Most: 1})
		if err != nil {
			return err
		}
		if reviewed = (time.Time{}); len(last) > 0 {
			reviewed = last[0].At
		}
		return p.event(tx, account, school, ListSeen, Ref{RefSchool, school}, map[string]any{"list": "pictures"})
	})
	return all, reviewed, err
}

func (p *Portal) pictureViews(tx Tx, a Actor, school string) (all []PictureView, err error) {
	may, err := p.mayBeShown(tx, school)
	if err != nil {
		return nil, err
	}
	pupils, err := listedPupils(tx, school)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, x := range pupils {
		if x.OnRoll() {
			names[x.ID] = x.Name()
		}
	}
	pictures, err := tx.Pictures(school)
	if err != nil {
		return nil, err
	}
	photos, err := tx.Photos(school)
	if err != nil {
		return nil, err
	}
	for _, x := range photos {
		if !slices.ContainsFunc(pictures, func(y Picture) bool { return y.Key == x.SiteKey() }) {
			pictures = append(pictures, Picture{School: school, Key: x.SiteKey(), Page: x.Page, Alt: x.Alt, Purpose: photoPurpose, Pupils: x.Pupils, Until: x.Until})
		}
	}
	reasons := a.May(SeeReasons, Subject{School: school}) == nil
	own, err := a.kin(tx, school)
	if err != nil {
		return nil, err
	}
	for _, x := range pictures {
		if x.gone() || slices.ContainsFunc(x.Pupils, own.pupil) {
			continue
		}
		v := PictureView{Picture: x, Why: may.judge(x, p.today())}
		if i := slices.IndexFunc(photos, func(y Photo) bool { return y.SiteKey() == x.Key }); i >= 0 {
			v.Photo = &photos[i]
			v.Why = cmp.Or(v.Photo.ready(), v.Why)
			over := v.Why == PictureOver || v.Why == PictureStranger && len(x.Pupils) > 0
			v.Unused = over || (v.Why == PhotoUnsaid || v.Why == PhotoUnsure) && p.now().Sub(v.Photo.Brought) > PhotoUnusedAfter
		}
		if v.Why == PictureRefused && reasons && may.waits(x) {
			v.Why = PictureWaits
		}
		v.Back = v.Why == "" && !x.Taken.IsZero()
		if v.Back {
			v.Why = PictureTaken
		}
		if v.Why == "" {
			v.Lapses = may.lapses(x)
		}
		for _, id := range x.Pupils {
			if names[id] != "" {
				v.Names = append(v.Names, names[id])
			}
		}
		all = append(all, v)
	}
	slices.SortStableFunc(all, func(a, b PictureView) int {
		if (a.Why == "") != (b.Why == "") {
			return map[bool]int{true: -1, false: 1}[a.Why == ""]
		}
		return cmp.Or(a.Shown.Compare(b.Shown), strings.Compare(a.Page, b.Page))
	})
	return all, nil
}

// PutBack lets a picture be shown again that was taken down: a yes alone does not bring
// it back. It has another name from then on. It answers [*Invalid] where it may not be
// shown, [ErrForbidden] for one of the account's own family, and [ErrNotFound] where
// there is none that was taken down.
func (p *Portal) PutBack(ctx context.Context, account, school, id string) error {
	return p.store.Update(ctx, func(tx Tx) error {
		a, err := p.allowed(tx, account, ManagePictures, Subject{School: school})
		if err != nil {
			return err
		}
		x, err := tx.Picture(school, id)
		if err != nil {
			return err
		}
		if own, err := a.kin(tx, school); err != nil {
			return err
		} else if slices.ContainsFunc(x.Pupils, own.pupil) {
			return fmt.Errorf("picture: %w", ErrForbidden)
		}
		if x.Taken.IsZero() || x.gone() {
			return fmt.Errorf("picture: %w", ErrNotFound)
		}
		may, err := p.mayBeShown(tx, school)
		if err != nil {
			return err
		}
		if why := may.judge(x, p.today()); why != "" {
			var wrong Invalid
			wrong.Add("picture", "This picture cannot be put back: "+why+".")
			return &wrong
		}
		x.ID, x.Shown, x.Taken = newID(), p.now(), time.Time{}
		if err := tx.PutPicture(x); err != nil {
			return err
		}
		return p.event(tx, account, school, PicturePutBack, Ref{RefSchool, school}, map[string]any{"page": x.Page})
	})
}

// Reference is how the site's content names a pupil without a name.
type Reference struct{ Pupil, ID string }

// References are those of a class's pupils on roll, for who declares pictures.
func (p *Portal) References(ctx context.Context, account, school, group string) (all []Reference, groups []string, err error) {
	err = p.store.View(ctx, func(tx Tx) error {
		all, groups = nil, nil
		if _, err := p.allowed(tx, account, ManagePictures, Subject{School: school}); err != nil {
			return err
		}
		pupils, err := listedPupils(tx, school)
		for _, x := range pupils {
			if !x.OnRoll() {
				continue
			}
			if x.Group != "" && !slices.Contains(groups, x.Group) {
				groups = append(groups, x.Group)
			}
			if group != "" && x.Group == group {
				all = append(all, Reference{x.Name(), x.ID})
			}
		}
		slices.Sort(groups)
		return err
	})
	return all, groups, err
}
