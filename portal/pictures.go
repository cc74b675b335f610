package portal

import (
	"context"
	"errors"
	"fmt"
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
	Key     string // SHA-256 of where it stands and of the file, hexadecimal
	Page    string // the page that it stands beside, within the site: "/news/fair/"
	Alt     string // what there is to see
	Purpose string // slug of what is asked
	Pupils  []string
	Until   Date      // the last day on which it is shown; "" for no last one
	Shown   time.Time // since when it may be, UTC; zero where it never might
	Taken   time.Time // when it was taken down, UTC; zero where it was not
}

// Why a picture is not shown, in words that do not tell whose answer it is.
const (
	PictureTaken    = "taken down, and nobody has put it back"
	PictureRefused  = "one of these children may not be shown, or nobody has said yes for them"
	PictureStranger = "somebody in it is not on roll at this school"
	PictureOver     = "its last day is over"
	PictureUnasked  = "parents are not asked about this purpose"
)

// mayBeShown is which pupils of a school on roll each purpose stands for.
type mayBeShown map[string]map[string]bool

// judge says why a picture may not be shown, but for that it was taken down; "" where it may.
func (m mayBeShown) judge(x Picture, today Date) string {
	allowed, asked := m[x.Purpose]
	why := ""
	switch {
	case !asked:
		return PictureUnasked
	case x.Until != "" && x.Until < today:
		return PictureOver
	case len(x.Pupils) == 0:
		return PictureStranger
	}
	for _, id := range x.Pupils {
		switch may, known := allowed[id]; {
		case !known:
			return PictureStranger
		case !may:
			why = PictureRefused
		}
	}
	return why
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
		may[t.Slug] = map[string]bool{}
	}
	err = p.eachPupil(tx, school, false, func(r *PupilRecord) error {
		for _, t := range purposes {
			may[t.Slug][r.Pupil.ID] = StandingOf(r.Pupil, t, today, r.Responsibilities, r.Acts).Allowed()
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

// Declare tells the register of all pictures of a school's site in which pupils can be
// seen, before the site is made of them, and answers, in their order, under which name
// each is published, or why it is not. A picture that was shown and may not be any
// more is taken down. Of the pictures, School, ID and the times are not read.
func (p *Portal) Declare(ctx context.Context, school string, pictures []Picture) (names, why []string, err error) {
	if len(pictures) == 0 {
		// Nothing is written where nothing was ever declared, so that a build does not wait for others' writing.
		var before []Picture
		err := p.store.View(ctx, func(tx Tx) (err error) { before, err = tx.Pictures(school); return err })
		if err != nil || len(before) == 0 {
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
		for i, x := range pictures {
			was, known := before[x.Key]
			delete(before, x.Key)
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
			if err := tx.PutPicture(x); err != nil {
				return err
			}
		}
		for _, gone := range before {
			if err := tx.DeletePicture(school, gone.ID); err != nil {
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
	Picture
	Why   string   // it is not shown; "" where it is
	Back  bool     // it was taken down, and might be shown again
	Names []string // of the pupils in it; of one who is not on roll, nothing
}

// Pictures are those of a school's site in which pupils can be seen, in order of page;
// but for those of the account's own children, which are a colleague's to look after:
// when one came down is when the other parent said no.
func (p *Portal) Pictures(ctx context.Context, account, school string) (all []PictureView, err error) {
	err = p.store.Update(ctx, func(tx Tx) error {
		all = nil
		a, err := p.allowed(tx, account, KeepPictures, Subject{School: school})
		if err != nil {
			return err
		}
		may, err := p.mayBeShown(tx, school)
		if err != nil {
			return err
		}
		pupils, err := listedPupils(tx, school)
		if err != nil {
			return err
		}
		names := map[string]string{}
		for _, x := range pupils {
			if x.OnRoll() {
				names[x.ID] = x.Name()
			}
		}
		pictures, err := tx.Pictures(school)
		if err != nil {
			return err
		}
		for _, x := range pictures {
			if slices.ContainsFunc(x.Pupils, a.parentOf) {
				continue
			}
			v := PictureView{Picture: x, Why: may.judge(x, p.today())}
			v.Back = v.Why == "" && !x.Taken.IsZero()
			if v.Back {
				v.Why = PictureTaken
			}
			for _, id := range x.Pupils {
				if names[id] != "" {
					v.Names = append(v.Names, names[id])
				}
			}
			all = append(all, v)
		}
		return p.event(tx, account, school, ListSeen, Ref{RefSchool, school}, map[string]any{"list": "pictures"})
	})
	return all, err
}

// PutBack lets a picture be shown again that was taken down: a yes alone does not bring
// it back. It has another name from then on. It answers [*Invalid] where it may not be
// shown, [ErrForbidden] for one of the account's own children, and [ErrNotFound] where
// there is none that was taken down.
func (p *Portal) PutBack(ctx context.Context, account, school, id string) error {
	return p.store.Update(ctx, func(tx Tx) error {
		a, err := p.allowed(tx, account, KeepPictures, Subject{School: school})
		if err != nil {
			return err
		}
		x, err := tx.Picture(school, id)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(x.Pupils, a.parentOf) {
			return fmt.Errorf("picture: %w", ErrForbidden)
		}
		if x.Taken.IsZero() {
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
		if _, err := p.allowed(tx, account, KeepPictures, Subject{School: school}); err != nil {
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
