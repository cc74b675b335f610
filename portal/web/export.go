package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"schoolgate/portal"
)

// exportView is the page on which the office chooses a list to download.
type exportView struct {
	School  portal.School
	Base    string // the office's address
	Years   []option
	Classes []option
	Asked   []option // purposes
	States  []option // standings
	Left    bool     // of pupils who have left
	Texts   []option // agreements
	Signed  string   // "yes", "no" or ""
	Further []option // columns besides
	Why     string   // as typed
	Format  string
	Saved   []portal.SavedList
	Name    string // of a list to save, as typed
}

// listFiles is the formats in which lists come.
var listFiles = func() map[string]struct{ mime, ext string } {
	type file = struct{ mime, ext string }
	workbook := file{"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"}
	return map[string]file{"csv": {"text/csv; charset=utf-8", ".csv"}, "xlsx": workbook, "xlsx-classes": workbook}
}()

// getExport is the form, with what its address asks for chosen.
func (s *server) getExport(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.ExportList)
	if err != nil {
		return err
	}
	f, wanted, err := readOfficeFilter(r.URL.Query(), school)
	furtherOf(r.URL.Query(), &wanted)
	form := s.exportForm(r, school, f, wanted, r.URL.Query())
	if err != nil {
		return &rejectedForm{err, form}
	}
	p, err := form(false)
	return s.showPage(w, r, p, err)
}

func (s *server) exportForm(r *http.Request, school portal.School, f officeFilter, wanted portal.Filter, typed url.Values) func(bool) (page, error) {
	return func(bool) (page, error) {
		f.Standing = "" // chosen only where the list has it
		if len(wanted.Purposes) > 1 {
			f.Purpose = ""
		}
		v, err := s.readOffice(r, school, f, portal.Filter{Left: wanted.Left})
		for i, o := range v.States {
			v.States[i].Chosen = o.Value == string(wanted.Standing)
		}
		texts := agreementOptions(school, wanted.Agreement)
		further, columnsErr := s.furtherColumns(r, school, wanted.Columns)
		saved, savedErr := s.Portal.SavedLists(r.Context(), account(r), school.Slug)
		err = errors.Join(err, columnsErr, savedErr)
		return page{template: "export.html", title: "Download a list", school: &school, data: exportView{
			School: school, Base: v.Base, Years: v.Years, Classes: v.Classes, Asked: purposeOptions(school, wanted.Purposes), States: v.States, Left: wanted.Left, Texts: texts, Signed: signedWord(wanted), Further: further, Why: wanted.Why,
			Format: typed.Get("format"), Saved: saved, Name: typed.Get("name"),
		}}, err
	}
}

// postExport is the list as a file. Everything that was asked is checked before any of it
// is on record.
func (s *server) postExport(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.ExportList)
	if err != nil {
		return err
	}
	f, wanted, err := readOfficeFilter(r.PostForm, school)
	wanted.Why = r.PostForm.Get("why")
	furtherOf(r.PostForm, &wanted)
	passphrase := r.PostForm.Get("passphrase")
	form := s.exportForm(r, school, f, wanted, r.PostForm)
	if r.PostForm.Get("do") != "" {
		return s.saveList(w, r, school, err, form)
	}
	format := r.PostForm.Get("format")
	if _, known := listFiles[format]; err == nil && !known {
		var wrong portal.Invalid
		wrong.Add("format", "Choose how the list is to come.")
		err = wrong.Or()
	}
	if err == nil {
		err = checkPassphrase(passphrase, r.PostForm.Get("sealed") == "yes")
	}
	if err != nil {
		return &rejectedForm{err, form}
	}
	name := func(l portal.List) string { return exportName(l.School, wanted, l.At.In(portal.London)) }
	err = s.sendList(w, format, passphrase, name, func(begin func(portal.List) error, each func(portal.ListRow) error) error {
		return s.Portal.Export(r.Context(), account(r), school.Slug, wanted, begin, each)
	})
	if _, wrong := errors.AsType[*portal.Invalid](err); wrong {
		return &rejectedForm{err, form}
	}
	return err
}

// sendList writes a list as a file of a format, encrypted where there is a passphrase.
//
// Once a part has gone out, an error ends the connection, so that a list cut short cannot
// be taken for a whole one.
func (s *server) sendList(w http.ResponseWriter, format, passphrase string, name func(portal.List) string, from func(func(portal.List) error, func(portal.ListRow) error) error) error {
	file, known := listFiles[format]
	if !known {
		return errBadForm
	}
	if passphrase != "" {
		file.mime, file.ext = "application/octet-stream", file.ext+".age"
	}
	var list ListWriter
	end := func() error { return nil }
	begin := func(l portal.List) (err error) {
		var out io.Writer = w
		if passphrase != "" {
			sealed, err := s.Encrypt(w, passphrase)
			if err != nil {
				return err
			}
			out, end = sealed, sealed.Close
		}
		w.Header().Set("Content-Type", file.mime)
		w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s"`, name(l)+file.ext))
		list, err = s.WriteList(out, format, l)
		return err
	}
	if err := from(begin, func(row portal.ListRow) error { return list.Write(row) }); err != nil {
		return err
	}
	return errors.Join(list.Flush(), end())
}

// saveList keeps or deletes what the form asks for under its name.
func (s *server) saveList(w http.ResponseWriter, r *http.Request, school portal.School, wrong error, form func(bool) (page, error)) error {
	l := portal.SavedList{Name: r.PostForm.Get("name")}
	if r.PostForm.Get("do") == "save" {
		asked := url.Values{}
		for _, field := range []string{"purpose", "standing", "year", "class", "agreement", "signed", "column", "format", "left"} {
			asked[field] = slices.DeleteFunc(slices.Clone(r.PostForm[field]), func(v string) bool { return v == "" })
		}
		l.Asked = "?" + asked.Encode()
	}
	if wrong == nil || l.Asked == "" {
		wrong = s.Portal.SaveList(r.Context(), account(r), school.Slug, l)
	}
	if _, ok := errors.AsType[*portal.Invalid](wrong); ok {
		return &rejectedForm{wrong, form}
	} else if wrong != nil {
		return wrong
	}
	http.Redirect(w, r, officeLink(school.Slug)+"export"+l.Asked, http.StatusSeeOther)
	return nil
}

const minPassphrase = 15 // characters: what is in a file can be tried for ever

// checkPassphrase says what is wrong with a passphrase; wanted says that there was one,
// which was not held while somebody signed in anew.
func checkPassphrase(words string, wanted bool) error {
	var wrong portal.Invalid
	switch n := utf8.RuneCountInString(words); {
	case n == 0 && wanted:
		wrong.Add("passphrase", "Type the passphrase again. We did not keep it while you signed in.")
	case n > 0 && n < minPassphrase:
		wrong.Add("passphrase", fmt.Sprintf("Choose a passphrase of at least %d characters, such as four words.", minPassphrase))
	}
	return wrong.Or()
}

// furtherOf reads what a download may have that the office's page has not.
func furtherOf(q url.Values, f *portal.Filter) {
	f.Columns = q["column"]
	if signed := q.Get("signed"); signed != "" {
		f.Agreement, f.Unsigned = q.Get("agreement"), signed == "no"
	}
}

func signedWord(f portal.Filter) string {
	switch {
	case f.Agreement == "":
		return ""
	case f.Unsigned:
		return "no"
	}
	return "yes"
}

func agreementOptions(school portal.School, chosen string) (all []option) {
	for _, t := range school.Of(portal.Agreement) {
		all = append(all, option{t.Slug, t.Title, t.Slug == chosen})
	}
	return all
}

// furtherColumns are those that whoever asks may have.
func (s *server) furtherColumns(r *http.Request, school portal.School, chosen []string) (all []option, err error) {
	actor, err := s.Portal.Actor(r.Context(), account(r))
	if err != nil {
		return nil, err
	}
	for _, c := range portal.ListColumns {
		if c == "upn" && actor.May(portal.ShowDossier, portal.Subject{School: school.Slug}) != nil {
			continue
		}
		label := map[string]string{"admission": "Admission number", "upn": "UPN", "agreements": "Which agreements are signed"}[c]
		all = append(all, option{c, label, slices.Contains(chosen, c)})
	}
	return all, nil
}

// exportName says what is in the file, and when it was so: a list is out of date
// as soon as somebody changes an answer.
func exportName(school portal.School, f portal.Filter, now time.Time) string {
	parts := []string{school.Slug}
	if len(f.Purposes) > 3 {
		parts = append(parts, fmt.Sprintf("%d-questions", len(f.Purposes)))
	} else {
		parts = append(parts, f.Purposes...)
	}
	if f.Left {
		parts = append(parts, "left")
	}
	if f.Standing != "" {
		parts = append(parts, string(f.Standing))
	}
	if f.Year != nil {
		parts = append(parts, strings.ToLower(strings.ReplaceAll(f.Year.String(), " ", "-")))
	}
	return strings.Join(append(parts, now.Format("2006-01-02-1504")), "-")
}
