package portal

import (
	"cmp"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Photo is a picture of the picture desk: one that staff have brought to be shown on the
// public site, cleaned, with what they say of it. What the site shows of it is a [Picture].
type Photo struct {
	ID        string // random, and the name of its file
	School    string // slug
	SHA256    string // of the picture, hexadecimal
	Secret    string // the key of its file: AES-256, hexadecimal
	Page      string // on which it goes, within the site: "/news/fair/"; "" until somebody says
	Alt       string // what there is to see
	Caption   string // below it; may be empty
	Who       InPhoto
	Pupils    []string // for [InPupils]
	Until     Date     // the last day; "" for no last one
	Elsewhere string   // where else the school has used it, in words
	Fetched   time.Time
	BroughtBy string // account
	Brought   time.Time
	SaidBy    string // the account that said who is in it
	LookedBy  string // the account that agreed that nobody is
	Version   int    // goes up with each change
}

// String is fit for a log.
func (x Photo) String() string { return "photo " + x.ID }

// InPhoto is who can be seen in a picture, as somebody has said.
type InPhoto string

const (
	InUnsaid InPhoto = ""
	InPupils InPhoto = "pupils"
	InNobody InPhoto = "nobody" // counts once a second person has agreed
	InUnsure InPhoto = "unsure" // withheld
)

// Why a picture of the desk is not among those of the site yet.
const (
	PhotoUnsaid = "somebody has to say who is in it and where it goes"
	PhotoUnsure = "nobody is sure who is in it"
	PhotoSecond = "a second person has to see that nobody is in it"
)

// deskKey begins the Key of a picture of the desk; the rest is its id.
const deskKey = "desk "

// Shelf keeps the files of the desk's pictures, by name. What it is given is encrypted.
type Shelf interface {
	// Put keeps a file, whole and through to the disk, or nothing.
	Put(name string, file []byte) error
	// Get answers [ErrNotFound] where there is no such file.
	Get(name string) ([]byte, error)
	// Sweep deletes what keep does not want, but for what is newer than an hour.
	Sweep(keep func(name string) bool) error
}

// UseShelf gives the picture desk a place for its files. Without one there is no desk. It
// is called before the portal is used.
func (p *Portal) UseShelf(s Shelf) { p.shelf = s }

// ready says whether somebody has said all that has to be said before x can be shown.
func (x Photo) ready() string {
	switch {
	case x.Who == InUnsure:
		return PhotoUnsure
	case x.Who == InUnsaid || x.Page == "":
		return PhotoUnsaid
	case x.Who == InNobody && x.LookedBy == "":
		return PhotoSecond
	}
	return ""
}

// IsNobody says whether two people have said that no pupil is in it.
func (x Photo) IsNobody() bool { return x.Who == InNobody && x.LookedBy != "" }

// cipher is how the file of x is encrypted, under a key that encrypts nothing else.
func (x Photo) cipher() (cipher.AEAD, error) {
	key, err := hex.DecodeString(x.Secret)
	if err != nil {
		return nil, fmt.Errorf("%v: key: %w", x, err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("%v: %w", x, err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// OpenPhoto is the picture itself.
func (p *Portal) OpenPhoto(x Photo) ([]byte, error) {
	if p.shelf == nil {
		return nil, fmt.Errorf("%v: %w", x, ErrNotFound)
	}
	c, err := x.cipher()
	if err != nil {
		return nil, err
	}
	sealed, err := p.shelf.Get(x.ID)
	if err != nil {
		return nil, fmt.Errorf("%v: %w", x, err)
	}
	picture, err := c.Open(nil, nil, sealed, []byte(x.ID))
	if err != nil {
		return nil, fmt.Errorf("%v: its file is not what was put there: %w", x, err)
	}
	return picture, nil
}

// AddPhoto brings a picture, cleaned, to the desk, and answers its id; the same picture
// brought twice is there once. It answers [*Invalid] where a colleague looks after it.
func (p *Portal) AddPhoto(ctx context.Context, account, school string, picture []byte) (id string, err error) {
	if p.shelf == nil {
		return "", fmt.Errorf("picture desk: %w", ErrNotFound)
	}
	sum, key := sha256.Sum256(picture), make([]byte, 32)
	rand.Read(key)
	x := Photo{ID: newID(), School: school, SHA256: hex.EncodeToString(sum[:]), Secret: hex.EncodeToString(key), BroughtBy: account, Brought: p.now(), Version: 1}
	known := func(tx Tx) (string, error) {
		a, err := p.allowed(tx, account, ManagePictures, Subject{School: school})
		if err != nil {
			return "", err
		}
		own, err := a.kin(tx, school)
		if err != nil {
			return "", err
		}
		all, err := tx.Photos(school)
		for _, was := range all {
			if was.SHA256 != x.SHA256 {
				continue
			}
			if slices.ContainsFunc(was.Pupils, own.pupil) {
				var wrong Invalid
				wrong.Add("pictures", "A colleague looks after this picture: somebody of your own family is in it")
				return "", &wrong
			}
			return was.ID, nil
		}
		return "", err
	}
	if err = p.store.View(ctx, func(tx Tx) (err error) { id, err = known(tx); return err }); err != nil || id != "" {
		return id, err
	}
	c, err := x.cipher()
	if err != nil {
		return "", err
	}
	// First the file: one without a row is swept away.
	if err := p.shelf.Put(x.ID, c.Seal(nil, nil, picture, []byte(x.ID))); err != nil {
		return "", fmt.Errorf("keep a picture: %w", err)
	}
	err = p.store.Update(ctx, func(tx Tx) error {
		if id, err = known(tx); err != nil || id != "" {
			return err
		}
		id = x.ID
		if err := tx.PutPhoto(x); err != nil {
			return err
		}
		return p.event(tx, account, school, PictureBrought, Ref{RefSchool, school}, nil)
	})
	return id, err
}

// photo is a picture of the desk for an account that may look after it: not where a child
// of their own is in it.
func (p *Portal) photo(tx Tx, account, school, id string) (Photo, Actor, error) {
	a, err := p.allowed(tx, account, ManagePictures, Subject{School: school})
	if err != nil {
		return Photo{}, a, err
	}
	own, err := a.kin(tx, school)
	if err != nil {
		return Photo{}, a, err
	}
	x, err := tx.Photo(school, id)
	if err == nil && slices.ContainsFunc(x.Pupils, own.pupil) {
		err = fmt.Errorf("%v: %w", x, ErrForbidden)
	}
	return x, a, err
}

// PhotoView is a picture of the desk as whoever looks after it sees it.
type PhotoView struct {
	PictureView
	MaySecond bool        // whoever looks may be the second person
	Choice    []Reference // of pupils: those in it, and those who were asked for
	Groups    []string    // registration groups
}

// Photo is a picture of the desk. Pupils to choose from are those of a registration group,
// those whose names a search finds, and those in it or among also, by id. It is on record
// that somebody looked.
func (p *Portal) Photo(ctx context.Context, account, school, id, group, search string, also []string) (v PhotoView, err error) {
	err = p.store.Update(ctx, func(tx Tx) error {
		v = PhotoView{}
		x, a, err := p.photo(tx, account, school, id)
		if err != nil {
			return err
		}
		all, err := p.pictureViews(tx, a, school)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(v PictureView) bool { return v.Photo != nil && v.Photo.ID == id })
		if i < 0 {
			return fmt.Errorf("%v: %w", x, ErrNotFound)
		}
		v.PictureView = all[i]
		if v.MaySecond, err = maySecond(tx, a, x); err != nil {
			return err
		}
		pupils, err := listedPupils(tx, school)
		if err != nil {
			return err
		}
		words := searchWords(search)
		for _, y := range pupils {
			if !y.OnRoll() {
				continue
			}
			if y.Group != "" && !slices.Contains(v.Groups, y.Group) {
				v.Groups = append(v.Groups, y.Group)
			}
			if slices.Contains(x.Pupils, y.ID) || slices.Contains(also, y.ID) || group != "" && y.Group == group || len(words) > 0 && allBegin(searchWords(y.Name()), words) {
				v.Choice = append(v.Choice, Reference{y.Name(), y.ID})
			}
		}
		slices.Sort(v.Groups)
		return p.event(tx, account, school, ListSeen, Ref{RefSchool, school}, map[string]any{"page": "picture"})
	})
	return v, err
}

// allBegin says whether each of words begins one of a name's.
func allBegin(name, words []string) bool {
	return !slices.ContainsFunc(words, func(w string) bool {
		return !slices.ContainsFunc(name, func(n string) bool { return strings.HasPrefix(n, w) })
	})
}

// PhotoFile is the picture itself, for whoever looks after it.
func (p *Portal) PhotoFile(ctx context.Context, account, school, id string) (picture []byte, err error) {
	var x Photo
	err = p.store.View(ctx, func(tx Tx) (err error) { x, _, err = p.photo(tx, account, school, id); return err })
	if err != nil {
		return nil, err
	}
	return p.OpenPhoto(x)
}

// PhotoForm is what somebody says of a picture of the desk.
type PhotoForm struct {
	Page, Alt, Caption string
	Who                InPhoto
	Pupils             []string
	Until              string // the last day, as people type it; "" for none
	Elsewhere          string
	Version            int // as it was when they began
}

// The most that is said of a picture, in characters.
const (
	MaxAlt     = 300
	MaxCaption = 200
)

// SayOfPhoto is who is in a picture, where it goes and what there is to see. It answers [*Invalid] for what is missing or names a pupil, and [ErrConflict] where somebody
// else has said something meanwhile. Pages are those of the school's site, by address.
func (p *Portal) SayOfPhoto(ctx context.Context, account, school, id string, f PhotoForm, pages []string) error {
	return p.store.Update(ctx, func(tx Tx) error {
		x, a, err := p.photo(tx, account, school, id)
		if err != nil {
			return err
		}
		own, err := a.kin(tx, school)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(f.Pupils, own.pupil) { // whether it is shown would tell what the other parent says
			var wrong Invalid
			wrong.Add("who", "Somebody of your own family is in it. Say that you are not sure: a colleague says who it is")
			return &wrong
		}
		if x.Version != f.Version {
			return fmt.Errorf("%v: %w", x, ErrConflict)
		}
		pupils, err := tx.Pupils(school)
		if err != nil {
			return err
		}
		until, err := f.check(pupils, pages, p.today())
		if err != nil {
			return err
		}
		if f.Who != InPupils {
			f.Pupils = nil
		}
		if !slices.Contains(pages, f.Page) { // of one that nobody is sure of
			f.Page = ""
		}
		slices.Sort(f.Pupils)
		f.Pupils = slices.Compact(f.Pupils)
		about := marks(slices.Concat(x.Pupils, f.Pupils)) // also who is left out now
		if f.Who != x.Who || !slices.Equal(f.Pupils, x.Pupils) {
			x.SaidBy, x.LookedBy = account, ""
		}
		x.Page, x.Alt, x.Caption, x.Who, x.Pupils, x.Until = f.Page, strings.TrimSpace(f.Alt), strings.TrimSpace(f.Caption), f.Who, f.Pupils, until
		if said := strings.TrimSpace(f.Elsewhere); said != x.Elsewhere {
			x.Elsewhere, x.Fetched = said, time.Time{}
		}
		if err := p.putPhoto(tx, x); err != nil {
			return err
		}
		return p.event(tx, account, school, PictureDeclared, Ref{RefSchool, school}, map[string]any{"who": cmp.Or(string(x.Who), "not said"), "pupils": len(x.Pupils), "page": x.Page, "about": about})
	})
}

// check says what is wrong with a form, given a school's pupils and its site's pages, and
// answers the last day.
func (f PhotoForm) check(pupils []Pupil, pages []string, today Date) (until Date, err error) {
	var wrong Invalid
	on := map[string]bool{}
	for _, y := range pupils {
		on[y.ID] = y.OnRoll()
	}
	switch {
	case f.Who == InUnsaid:
		wrong.Add("who", "Say who is in it, or that you are not sure")
	case !slices.Contains([]InPhoto{InPupils, InNobody, InUnsure}, f.Who):
		wrong.Add("who", "Choose one of these")
	case f.Who == InPupils && len(f.Pupils) == 0:
		wrong.Add("who", "Choose who is in it: show a class, or look for a name")
	case slices.ContainsFunc(f.Pupils, func(id string) bool { return !on[id] }):
		wrong.Add("who", "Somebody whom you chose is not on roll at this school any more. Look again, and leave them out")
	}
	if f.Who != InUnsure && !slices.Contains(pages, f.Page) {
		wrong.Add("page", "Choose the page that it goes on")
	}
	said := strings.TrimSpace(f.Alt)
	switch {
	case said == "" && f.Who != InUnsure:
		wrong.Add("alt", "Say in a sentence what there is to see, for those who cannot see it")
	case utf8.RuneCountInString(said) > MaxAlt || strings.ContainsFunc(said, misleads):
		wrong.Add("alt", fmt.Sprintf("Say it in at most %d characters", MaxAlt))
	case names(said, pupils, f.Pupils):
		wrong.Add("alt", "These words name a pupil. Say what there is to see, and no name")
	}
	if utf8.RuneCountInString(f.Caption) > MaxCaption || strings.ContainsFunc(f.Caption, misleads) {
		wrong.Add("caption", fmt.Sprintf("Say it in at most %d characters", MaxCaption))
	} else if names(f.Caption, pupils, f.Pupils) {
		wrong.Add("caption", "These words name a pupil. Pictures on the website have no names")
	}
	if utf8.RuneCountInString(f.Elsewhere) > MaxAlt {
		wrong.Add("elsewhere", fmt.Sprintf("Say it in at most %d characters", MaxAlt))
	}
	if f.Until != "" {
		if until, err = ParseDate(strings.TrimSpace(f.Until)); err != nil {
			wrong.Add("until", "Write the last day like 31/07/2027")
		} else if until < today {
			wrong.Add("until", "This day is over")
		}
	}
	return until, wrong.Or()
}

// names says whether words hold the whole name of a pupil, or any part of the name of one
// of those who are in the picture.
func names(words string, pupils []Pupil, in []string) bool {
	words = strings.NewReplacer("’s", "", "'s", "").Replace(words) // whose it is
	said := " " + strings.Join(searchWords(words), " ") + " "
	for _, y := range pupils {
		name := searchWords(y.Forename + " " + y.Surname)
		if len(name) == 0 {
			continue
		}
		if len(name) > 1 && strings.Contains(said, " "+strings.Join(name, " ")+" ") {
			return true
		}
		if slices.Contains(in, y.ID) && slices.ContainsFunc(name, func(n string) bool { return utf8.RuneCountInString(n) > 1 && strings.Contains(said, " "+n+" ") }) {
			return true
		}
	}
	return false
}

// putPhoto saves what is said of a picture, and has what the site has of it follow at once,
// so that one that may not be shown now is refused, whatever the site was made of.
func (p *Portal) putPhoto(tx Tx, x Photo) error {
	x.Version++
	if err := tx.PutPhoto(x); err != nil {
		return err
	}
	was, err := pictureOf(tx, x)
	if err != nil {
		return err
	}
	if x.ready() != "" {
		switch {
		case was.ID == "":
			return nil
		case was.Shown.IsZero():
			return tx.DeletePicture(x.School, was.ID)
		case was.Taken.IsZero():
			was.Taken = p.now()
		}
		was.Nobody, was.Pupils = false, nil // shown once, it comes back by somebody's putting it back alone
		return tx.PutPicture(was)
	}
	now := Picture{ID: cmp.Or(was.ID, newID()), School: x.School, Key: deskKey + x.ID, Page: x.Page, Alt: x.Alt, Purpose: photoPurpose, Pupils: x.Pupils, Nobody: x.Who == InNobody, Until: x.Until}
	now.Shown, now.Taken = was.Shown, was.Taken
	may, err := p.mayBeShown(tx, x.School)
	if err != nil {
		return err
	}
	switch ok := may.judge(now, p.today()) == ""; {
	case ok && now.Shown.IsZero():
		now.Shown = p.now()
	case !ok && !now.Shown.IsZero() && now.Taken.IsZero():
		now.Taken = p.now()
	}
	return tx.PutPicture(now)
}

// photoPurpose is what is asked about every picture of the desk.
const photoPurpose = "website-pictures"

// pictureOf is what the site has of a picture of the desk; none has no ID.
func pictureOf(tx Tx, x Photo) (Picture, error) {
	all, err := tx.Pictures(x.School)
	if i := slices.IndexFunc(all, func(y Picture) bool { return y.Key == deskKey+x.ID }); i >= 0 {
		return all[i], err
	}
	return Picture{}, err
}

// maySecond says whether somebody may be the second person who says that nobody is in a
// picture: not whoever said so first, under whichever account.
func maySecond(tx Tx, a Actor, x Photo) (bool, error) {
	if x.Who != InNobody || x.LookedBy != "" || x.SaidBy == a.AccountID {
		return false, nil
	}
	first, err := tx.Account(x.SaidBy)
	if errors.Is(err, ErrNotFound) {
		return true, nil
	}
	return err == nil && !slices.ContainsFunc(a.Roles, func(s Staff) bool { return strings.EqualFold(s.Email, first.Identity.StaffEmail) }), err
}

// SecondPhoto is what a second person says of a picture of nobody: that nobody is in it, or
// that they are not sure, and then it is withheld. It answers [ErrForbidden] to whoever said
// it first.
func (p *Portal) SecondPhoto(ctx context.Context, account, school, id string, version int, nobody bool) error {
	return p.store.Update(ctx, func(tx Tx) error {
		x, a, err := p.photo(tx, account, school, id)
		if err != nil {
			return err
		}
		if x.Version != version {
			return fmt.Errorf("%v: %w", x, ErrConflict)
		}
		may, err := maySecond(tx, a, x)
		if err != nil {
			return err
		}
		if !may {
			return fmt.Errorf("%v: %w", x, ErrForbidden)
		}
		if x.LookedBy = account; !nobody {
			x.Who, x.LookedBy, x.SaidBy = InUnsure, "", account
		}
		if err := p.putPhoto(tx, x); err != nil {
			return err
		}
		return p.event(tx, account, school, PictureSeconded, Ref{RefSchool, school}, map[string]any{"who": string(x.Who), "page": x.Page})
	})
}

// DeletePhoto deletes a picture of the desk for good: the key of its file goes with its row.
func (p *Portal) DeletePhoto(ctx context.Context, account, school, id string) error {
	return p.store.Update(ctx, func(tx Tx) error {
		x, _, err := p.photo(tx, account, school, id)
		if err != nil {
			return err
		}
		if err := dropPhoto(tx, x); err != nil {
			return err
		}
		return p.event(tx, account, school, PictureDeleted, Ref{RefSchool, school}, map[string]any{"page": x.Page})
	})
}

func dropPhoto(tx Tx, x Photo) error {
	was, err := pictureOf(tx, x)
	if err == nil && was.ID != "" {
		err = tx.DeletePicture(x.School, was.ID)
	}
	if err != nil {
		return err
	}
	return tx.DeletePhoto(x.School, x.ID)
}

// erasePhotosOf deletes every picture of the desk that a pupil is in, who is erased, and
// what became of those that are declared no more. That one of others too is gone is on record.
func (p *Portal) erasePhotosOf(tx Tx, school, pupil string, n *gone) error {
	declared, err := tx.Pictures(school)
	for _, x := range declared {
		if err == nil && x.gone() && slices.Contains(x.Pupils, pupil) {
			err = tx.DeletePicture(school, x.ID)
		}
	}
	if err != nil {
		return err
	}
	all, err := tx.Photos(school)
	for _, x := range all {
		if err != nil || !slices.Contains(x.Pupils, pupil) {
			continue
		}
		if err = dropPhoto(tx, x); err == nil {
			n.of[KeptPictures]++
		}
		if err == nil && len(x.Pupils) > 1 {
			err = p.event(tx, Operator, school, PictureDeleted, Ref{RefSchool, school}, map[string]any{"page": x.Page, "why": "the record of a pupil in it has had its time"})
		}
	}
	return err
}

// FetchedBack notes that a picture was taken down by hand wherever else it was used.
func (p *Portal) FetchedBack(ctx context.Context, account, school, id string) error {
	return p.store.Update(ctx, func(tx Tx) error {
		x, _, err := p.photo(tx, account, school, id)
		if err != nil {
			return err
		}
		x.Fetched = p.now()
		x.Version++
		if err := tx.PutPhoto(x); err != nil {
			return err
		}
		return p.event(tx, account, school, PictureFetched, Ref{RefSchool, school}, map[string]any{"page": x.Page})
	})
}

// TakePictureDown withdraws a picture of the site at once, because the school wants to. It
// answers [ErrNotFound] where it is not shown.
func (p *Portal) TakePictureDown(ctx context.Context, account, school, id string) error {
	return p.store.Update(ctx, func(tx Tx) error {
		a, err := p.allowed(tx, account, ManagePictures, Subject{School: school})
		if err != nil {
			return err
		}
		own, err := a.kin(tx, school)
		if err != nil {
			return err
		}
		x, err := tx.Picture(school, id)
		switch {
		case err != nil:
			return err
		case slices.ContainsFunc(x.Pupils, own.pupil):
			return fmt.Errorf("picture: %w", ErrForbidden)
		case x.Shown.IsZero() || !x.Taken.IsZero():
			return fmt.Errorf("picture: %w", ErrNotFound)
		}
		x.Taken = p.now()
		if err := tx.PutPicture(x); err != nil {
			return err
		}
		return p.event(tx, account, school, PictureTakenDown, Ref{RefSchool, school}, map[string]any{"page": x.Page})
	})
}

// ReviewPictures puts on record that somebody has looked through all pictures of the site,
// as a school does once a year.
func (p *Portal) ReviewPictures(ctx context.Context, account, school string) error {
	return p.store.Update(ctx, func(tx Tx) error {
		a, err := p.allowed(tx, account, ManagePictures, Subject{School: school})
		if err != nil {
			return err
		}
		all, err := p.pictureViews(tx, a, school)
		if err != nil {
			return err
		}
		shown := 0
		for _, v := range all {
			if v.Why == "" {
				shown++
			}
		}
		return p.event(tx, account, school, PicturesReviewed, Ref{RefSchool, school}, map[string]any{"pictures": len(all), "shown": shown})
	})
}

// SitePhotos are all pictures of a school's desk, for its site to show as far as [Declare]
// lets it, and to know copies of the others by.
func (p *Portal) SitePhotos(ctx context.Context, school string) (all []Photo, err error) {
	err = p.store.View(ctx, func(tx Tx) (err error) { all, err = tx.Photos(school); return err })
	return all, err
}

// SiteKey is what the site calls a picture of the desk when it declares it.
func (x Photo) SiteKey() string { return deskKey + x.ID }

// Desks is, by school, the pictures of its desk that may be shown at this moment, and which
// time somebody has said something of each, in one line: where that is another, the site is
// to be made again.
func (p *Portal) Desks(ctx context.Context) (now map[string]string, err error) {
	err = p.store.View(ctx, func(tx Tx) error {
		now = map[string]string{}
		schools, err := tx.PhotoSchools()
		if err != nil {
			return err
		}
		for _, school := range schools {
			photos, err := tx.Photos(school)
			if err != nil {
				return err
			}
			all, err := tx.Pictures(school)
			if err != nil {
				return err
			}
			may, err := p.mayBeShown(tx, school)
			if err != nil {
				return err
			}
			var line []string
			for _, x := range all {
				i := slices.IndexFunc(photos, func(y Photo) bool { return y.SiteKey() == x.Key })
				if i >= 0 && x.Taken.IsZero() && may.judge(x, p.today()) == "" {
					line = append(line, fmt.Sprintf("%s.%d", x.ID, photos[i].Version))
				}
			}
			slices.Sort(line)
			now[school] = strings.Join(line, " ")
		}
		return nil
	})
	return now, err
}

// PhotoFiles tells of each file of the picture desks, encrypted as it is kept; one that is
// gone is left out.
func (p *Portal) PhotoFiles(tx Tx, each func(name string, sealed []byte) error) error {
	schools, err := tx.PhotoSchools()
	if err != nil || p.shelf == nil {
		return err
	}
	for _, school := range schools {
		all, err := tx.Photos(school)
		if err != nil {
			return err
		}
		for _, x := range all {
			sealed, err := p.shelf.Get(x.ID)
			if errors.Is(err, ErrNotFound) {
				continue
			}
			if err == nil {
				err = each(x.ID, sealed)
			}
			if err != nil {
				return fmt.Errorf("%v: %w", x, err)
			}
		}
	}
	return nil
}

// sweepPhotos deletes files that no picture of the desk has any more.
func (p *Portal) sweepPhotos(ctx context.Context) error {
	if p.shelf == nil {
		return nil
	}
	known := map[string]bool{}
	err := p.store.View(ctx, func(tx Tx) error {
		clear(known)
		schools, err := tx.PhotoSchools()
		for _, school := range schools {
			all, err := tx.Photos(school)
			if err != nil {
				return err
			}
			for _, x := range all {
				known[x.ID] = true
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	return p.shelf.Sweep(func(name string) bool { return known[name] })
}
