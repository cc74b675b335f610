package main

import (
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"schoolgate/portal"
	"schoolgate/portal/store"
	"schoolgate/site"
	"schoolgate/site/check"
)

// The register of the database is what pages are searched by, and the report
// does not say whom it found.
func TestCheckAsksTheRegister(t *testing.T) {
	s := Settings{Database: filepath.Join(t.TempDir(), "schoolgate.db")}
	if db, err := openRegister(t.Context(), s); err != nil || db != nil {
		t.Fatalf("got %v, %v where there is no database yet", db, err)
	}
	db, err := store.Open(t.Context(), s.Database)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(t.Context(), func(tx portal.Tx) error {
		if err := tx.PutSchool(portal.School{Slug: "larkfield", Name: "Larkfield Primary School"}); err != nil {
			return err
		}
		return tx.PutPupil(portal.Pupil{ID: "p1", School: "larkfield", UPN: "B801200005001", Forename: "Zoë", Surname: "O'Dowd", Born: "2017-10-05", Year: 4})
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	if db, err = openRegister(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	report, err := check.Run(t.Context(), fstest.MapFS{
		"schools/larkfield/school.toml": file(`name = "Larkfield Primary School"
short_name = "Larkfield"
kind = "academy"
phase = "primary"
colour = "#14532d"
email = "office@larkfield.example"
phone = "01632 960 101"
address = ["Chapel Lane"]
`),
		"schools/larkfield/pages/_index.md": file("+++\ntitle = \"Prizes\"\n+++\n\nThe cup went to Zoë O’Dowd.\n\nThe pond was dug on 5 October 2017.\n"),
	}, check.Options{
		Options: site.Options{
			Theme:   fstest.MapFS{"layouts/all.html": file(`<a href="` + site.CEOP + `">Click CEOP</a><main><h1>{{ .Title }}</h1>{{ .Content }}</main>`)},
			Address: "http://localhost:8080", Now: time.Date(2026, time.November, 21, 0, 0, 0, 0, time.UTC),
		},
		Roll: roll{portal.New(db, nil, nil, nil)},
	})
	if err != nil {
		t.Fatal(err)
	}
	lines := map[int]bool{}
	for _, f := range report.Findings {
		if strings.Contains(f.What+f.Fix, "Dowd") {
			t.Errorf("the report names a pupil: %+v", f)
		}
		if f.Rule == "pupil" && f.File == "schools/larkfield/pages/_index.md" {
			lines[f.Line] = true
		}
	}
	if !lines[5] || !lines[7] || len(lines) != 2 {
		t.Errorf("got %v in %+v", lines, report.Findings)
	}
}
