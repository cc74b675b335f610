package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"schoolgate/portal"
)

// What may be sent at once; a page says so before.
const (
	mostPictures   = 20
	largestPicture = 30 << 20
)

// picturesView is the photograph audit of a school, and its picture desk.
type picturesView struct {
	Base, Site      string
	Shown, Withheld []pictureRow
	After           string    // what has just been done
	Reviewed        time.Time // when somebody last looked through them; zero for never
	Most, Limit     int       // pictures at once, and megabytes

	Choices    []option // registration groups
	Group      string   // whose references are shown
	References []portal.Reference
}

type pictureRow struct {
	portal.PictureView
	Base string // the office's address
}

func (s *server) picturesPage(r *http.Request) (page, error) {
	school, err := s.office(r, portal.ManagePictures)
	if err != nil {
		return page{}, err
	}
	q := r.URL.Query()
	v := picturesView{Base: officeLink(school.Slug), Site: school.Site, After: q.Get("after"), Group: q.Get("class"), Most: mostPictures, Limit: picturesLimit >> 20}
	all, reviewed, err := s.Portal.Pictures(r.Context(), account(r), school.Slug)
	if err != nil {
		return page{}, err
	}
	v.Reviewed = reviewed
	for _, x := range all {
		if x.Why == "" {
			v.Shown = append(v.Shown, pictureRow{x, v.Base})
		} else {
			v.Withheld = append(v.Withheld, pictureRow{x, v.Base})
		}
	}
	var groups []string
	if v.References, groups, err = s.Portal.References(r.Context(), account(r), school.Slug, v.Group); err != nil {
		return page{}, err
	}
	for _, g := range groups {
		v.Choices = append(v.Choices, option{g, g, g == v.Group})
	}
	return page{template: "pictures.html", title: "Pictures of pupils", school: &school, data: v}, nil
}

func (s *server) getPictures(w http.ResponseWriter, r *http.Request) error {
	p, err := s.picturesPage(r)
	return s.showPage(w, r, p, err)
}

// postPictures puts a picture back that was taken down.
func (s *server) postPictures(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.ManagePictures)
	if err != nil {
		return err
	}
	if err := s.Portal.PutBack(r.Context(), account(r), school.Slug, r.PostForm.Get("picture")); err != nil {
		return err
	}
	return seeOther(w, r, officeLink(school.Slug)+"pictures?after=back")
}

// postPictureDone takes a picture down, notes that it was taken down by hand elsewhere too,
// or that somebody has looked through all of them.
func (s *server) postPictureDone(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.ManagePictures)
	if err != nil {
		return err
	}
	do, id, _ := strings.Cut(r.PostForm.Get("do"), " ")
	switch do {
	case "down":
		err = s.Portal.TakePictureDown(r.Context(), account(r), school.Slug, id)
	case "fetched":
		err = s.Portal.FetchedBack(r.Context(), account(r), school.Slug, id)
	case "reviewed":
		err = s.Portal.ReviewPictures(r.Context(), account(r), school.Slug)
	default:
		err = errBadForm
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, officeLink(school.Slug)+"pictures?after="+do)
}

// postPhotos brings pictures to the desk, one after the other as they come: each is cleaned
// and kept, or refused by itself. Of a file's name nothing is kept, as that may be a child's.
func (s *server) postPhotos(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.ManagePictures)
	if err != nil {
		return err
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return errBadForm
	}
	var wrong portal.Invalid
	var kept []string
	for sent := 0; ; {
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(2 * time.Minute)) // for each picture anew
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		var picture []byte
		if err == nil {
			if part.FormName() != "pictures" || part.FileName() == "" {
				continue
			}
			if sent++; sent > mostPictures {
				wrong.Add("pictures", fmt.Sprintf("Only the first %d were taken. Bring the others after them", mostPictures))
				break
			}
			picture, err = io.ReadAll(io.LimitReader(part, largestPicture+1))
		}
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			wrong.Add("pictures", fmt.Sprintf("Together they are larger than %d MB: %d of them are here. Bring the others by themselves", picturesLimit>>20, len(kept)))
			break
		} else if err != nil {
			return fmt.Errorf("%w: %w", errBadForm, err) // the upload broke off
		}
		id, err := s.keepPhoto(r, school.Slug, picture)
		if refused, ok := errors.AsType[*portal.Invalid](err); ok {
			for _, x := range refused.Problems {
				wrong.Add("pictures", fmt.Sprintf("Picture %d (%s): %s", sent, shortened(part.FileName()), x.Message))
			}
			continue
		} else if err != nil {
			return err
		}
		if !slices.Contains(kept, id) {
			kept = append(kept, id)
		}
	}
	if len(wrong.Problems) == 0 && len(kept) == 0 {
		wrong.Add("pictures", "Choose one or more pictures")
	}
	if err := wrong.Or(); err != nil {
		return &rejectedForm{err, func(bool) (page, error) { return s.picturesPage(r) }}
	}
	to := officeLink(school.Slug) + "pictures"
	if len(kept) == 1 {
		return seeOther(w, r, to+"/"+kept[0])
	}
	return seeOther(w, r, to+"?after=brought")
}

func (s *server) keepPhoto(r *http.Request, school string, sent []byte) (string, error) {
	if len(sent) == 0 {
		var wrong portal.Invalid
		wrong.Add("pictures", "is empty")
		return "", &wrong
	}
	clean, err := s.CleanPicture(r.Context(), sent)
	if err != nil {
		return "", err
	}
	return s.Portal.AddPhoto(r.Context(), account(r), school, clean)
}

// shortened is enough of a file's name for whoever has just chosen the file.
func shortened(name string) string {
	letters := []rune(name)
	return string(letters[:min(len(letters), 40)])
}

// photoView is a picture of the desk, with what is said of it.
type photoView struct {
	portal.PhotoView
	Base    string
	Form    portal.PhotoForm
	Pages   []option
	Classes []option
	Class   string
	Find    string
}

// Chosen says whether a pupil is among those in the picture.
func (v photoView) Chosen(id string) bool { return slices.Contains(v.Form.Pupils, id) }

// photoPage shows a picture, with what is on record of it or, with form, what was typed.
func (s *server) photoPage(r *http.Request, form *portal.PhotoForm) (page, error) {
	school, err := s.office(r, portal.ManagePictures)
	if err != nil {
		return page{}, err
	}
	v := photoView{Base: officeLink(school.Slug)}
	var also []string
	if form != nil {
		v.Form, v.Class, v.Find, also = *form, r.PostForm.Get("class"), r.PostForm.Get("find"), form.Pupils
	}
	if v.PhotoView, err = s.Portal.Photo(r.Context(), account(r), school.Slug, mux.Vars(r)["photo"], v.Class, v.Find, also); err != nil {
		return page{}, err
	}
	if x := v.Photo; form == nil {
		v.Form = portal.PhotoForm{Page: x.Page, Alt: x.Alt, Caption: x.Caption, Who: x.Who, Pupils: x.Pupils, Elsewhere: x.Elsewhere, Version: x.Version}
		if d, err := time.Parse(time.DateOnly, string(x.Until)); err == nil {
			v.Form.Until = d.Format("02/01/2006")
		}
	}
	for _, g := range v.Groups {
		v.Classes = append(v.Classes, option{g, g, g == v.Class})
	}
	for _, p := range s.sitePages(school.Slug) {
		v.Pages = append(v.Pages, option{p.Address, p.Title + " (" + p.Address + ")", p.Address == v.Form.Page})
	}
	return page{template: "photo.html", title: "A picture", school: &school, data: v}, nil
}

func (s *server) sitePages(school string) []SitePage {
	if s.SitePages == nil {
		return nil
	}
	return s.SitePages(school)
}

func (s *server) getPhoto(w http.ResponseWriter, r *http.Request) error {
	p, err := s.photoPage(r, nil)
	return s.showPage(w, r, p, err)
}

// getPhotoFile is the picture itself. That it was looked at stands with its page.
func (s *server) getPhotoFile(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.ManagePictures)
	if err != nil {
		return err
	}
	b, err := s.Portal.PhotoFile(r.Context(), account(r), school.Slug, mux.Vars(r)["photo"])
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", http.DetectContentType(b))
	_, err = w.Write(b)
	return err
}

// postPhoto looks for pupils to choose from, saves what is said of a picture, says as the
// second person that nobody is in it, or deletes it.
func (s *server) postPhoto(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.ManagePictures)
	if err != nil {
		return err
	}
	id, who := mux.Vars(r)["photo"], account(r)
	version, _ := strconv.Atoi(r.PostForm.Get("version")) // of none that there is
	f := portal.PhotoForm{
		Page: r.PostForm.Get("page"), Alt: r.PostForm.Get("alt"), Caption: r.PostForm.Get("caption"), Who: portal.InPhoto(r.PostForm.Get("who")), Pupils: r.PostForm["pupil"],
		Until: r.PostForm.Get("until"), Elsewhere: r.PostForm.Get("elsewhere"), Version: version,
	}
	after := "saved"
	switch do := r.PostForm.Get("do"); do {
	case "find":
		p, err := s.photoPage(r, &f)
		return s.showPage(w, r, p, err)
	case "save":
		var pages []string
		for _, p := range s.sitePages(school.Slug) {
			pages = append(pages, p.Address)
		}
		err = s.Portal.SayOfPhoto(r.Context(), who, school.Slug, id, f, pages)
		if _, ok := errors.AsType[*portal.Invalid](err); ok {
			return &rejectedForm{err, func(bool) (page, error) { return s.photoPage(r, &f) }}
		}
	case "nobody", "unsure":
		err = s.Portal.SecondPhoto(r.Context(), who, school.Slug, id, f.Version, do == "nobody")
	case "delete":
		after, err = "deleted", s.Portal.DeletePhoto(r.Context(), who, school.Slug, id)
	default:
		err = errBadForm
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, officeLink(school.Slug)+"pictures?after="+after)
}
