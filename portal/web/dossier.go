package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/gorilla/mux"

	"schoolgate/portal"
)

// dossierView is everything held of one person, to read, print and take away.
type dossierView struct {
	portal.Dossier
	Own     bool            // of whoever looks
	Schools []portal.School // whom to ask about what is left out
	File    string          // the same as JSON
	Base    string          // the office's address
}

// getOwnDossier is what is held of whoever is signed in.
func (s *server) getOwnDossier(w http.ResponseWriter, r *http.Request) error {
	d, err := s.Portal.OwnDossier(r.Context(), account(r))
	if err != nil {
		return err
	}
	actor, err := s.Portal.Actor(r.Context(), account(r))
	if err != nil {
		return err
	}
	schools, err := s.Portal.Schools(r.Context())
	if err != nil {
		return err
	}
	theirs := slices.DeleteFunc(slices.Clone(schools), func(x portal.School) bool {
		return !slices.ContainsFunc(actor.Contacts, func(c portal.Contact) bool { return c.School == x.Slug })
	})
	if len(theirs) == 0 {
		theirs = schools
	}
	return s.dossier(w, r, dossierView{Dossier: d, Own: true, Schools: theirs}, nil)
}

// getDossier is what is held of a pupil or a contact, for the office to hand over.
func (s *server) getDossier(w http.ResponseWriter, r *http.Request) error {
	school, err := s.office(r, portal.ShowDossier)
	if err != nil {
		return err
	}
	of := portal.Ref{Kind: portal.RefKind(mux.Vars(r)["kind"]), ID: mux.Vars(r)["id"]}
	d, err := s.Portal.PersonDossier(r.Context(), account(r), school.Slug, of)
	if err != nil {
		return err
	}
	return s.dossier(w, r, dossierView{Dossier: d, Base: officeLink(school.Slug), Schools: []portal.School{school}}, &school)
}

func (s *server) dossier(w http.ResponseWriter, r *http.Request, v dossierView, school *portal.School) error {
	if r.URL.Query().Get("format") == "json" {
		b, err := json.MarshalIndent(v.Dossier, "", "  ")
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="record-%s.json"`, v.At.In(portal.London).Format("2006-01-02")))
		_, err = w.Write(append(b, '\n'))
		return err
	}
	v.File = r.URL.Path + "?format=json"
	title := "What is held"
	if v.Own {
		title = "What this portal holds about you"
	}
	return s.show(w, r, http.StatusOK, page{template: "dossier.html", title: title, school: school, data: v})
}
