package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"schoolgate/portal"
	"schoolgate/site/picture/picturetest"
)

// From a parent's yes to their child's picture on the website, and from their no, given to
// another process on the same database, to its end: refused from that moment, and gone
// from the page and the disk as soon as the site is made again (P15).
func TestPictureUntilNo(t *testing.T) {
	const school = "fernlow-primary"
	folder, port := ownContent(t), freePort(t)
	settings := serveSettings(t, port, folder, "[joining]\nwait = \"0h\"\n")
	mustRun(t, "build", "--settings", settings)
	ctx := t.Context()
	app := opened(t, settings, nil)
	defer app.Close()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}

	rows := []portal.ClassListRow{{
		Row: 2, AdmissionNumber: "1", Forename: "Imogen", Surname: "Okafor-Vale", Born: "2018-03-04", Year: 3, Group: "Ash",
		ContactName: "Ms Ada Okafor-Vale", Relationship: "Mother", Email: "ada@home.example", Parental: true,
	}}
	plan, err := app.portal.PreviewImport(ctx, portal.Operator, school, rows)
	must(err)
	_, err = app.portal.ApplyImport(ctx, portal.Operator, school, "", rows, plan.Fingerprint, portal.ImportChoices{Elsewhere: true})
	must(err)
	letters, err := app.portal.Letters(ctx, portal.Operator, school)
	must(err)
	ada, err := app.portal.SignedIn(ctx, portal.Identity{Provider: "id", Issuer: "https://id.example", Subject: "ada", Name: "Ada"})
	must(err)
	pupil := letters[0].Children[0].Pupil
	must(app.portal.Join(ctx, ada.ID, letters[0].Code, pupil.Born))
	decide := func(answer portal.Answer) {
		t.Helper()
		all, err := app.portal.Schools(ctx)
		must(err)
		asked, _ := all[0].Current(portal.Purpose, "website-pictures")
		_, err = app.portal.Decide(ctx, ada.ID, portal.DecideForm{Pupil: pupil.ID, Purpose: asked.Slug, Hash: asked.Hash, Answer: answer, Language: "en-GB"})
		must(err)
	}
	decide(portal.Given)

	pages := filepath.Join(folder, "schools", school, "pages", "harvest")
	writeTo(t, "+++\ntitle = \"Harvest\"\n+++\n\nWe sang.\n\n![](imogen.jpg)\n", pages, "index.md")
	writeTo(t, fmt.Sprintf("[[picture]]\nfile = \"imogen.jpg\"\nalt = \"A child who sings\"\npupils = [%q]\n", pupil.ID), pages, "pictures.toml")
	must(os.WriteFile(filepath.Join(pages, "imogen.jpg"), picturetest.Photo(t, picturetest.Quarters(900, 600), 1), 0o600))
	address := "http://localhost:" + port
	mustRun(t, "build", "--settings", settings)
	startServer(t, address, "serve", "--settings", settings)
	page := address + "/" + school + "/harvest/"
	shows(t, page, "/pictures/asked/")
	src := regexp.MustCompile(`/` + school + `/pictures/asked/[A-Z2-7]{26}-[0-9]+\.jpg`).FindString(get(t, page))
	ask := func() *http.Response {
		t.Helper()
		r, err := http.Get(address + src)
		must(err)
		r.Body.Close()
		return r
	}
	if r := ask(); r.StatusCode != http.StatusOK || r.Header.Get("Cache-Control") != "private, no-cache" || r.Header.Get("Content-Type") != "image/jpeg" {
		t.Fatalf("%s: %s %v", src, r.Status, r.Header)
	}

	began := time.Now()
	decide(portal.Refused)
	if r := ask(); r.StatusCode != http.StatusGone || r.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("after the no: %s %v", r.Status, r.Header)
	}
	t.Logf("from the no to 410 in %v", time.Since(began))
	for deadline := began.Add(time.Minute); regexp.MustCompile("pictures/asked").MatchString(get(t, page)); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the page was not made again")
		}
	}
	t.Logf("from the no to the page without it in %v", time.Since(began))
	old := filepath.Join(filepath.Dir(settings), "data", "sites", school, "generations", "*", "pictures", "asked", "*")
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) { // older generations go last
		left, err := filepath.Glob(old)
		must(err)
		if len(left) == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("on the disk are %v", left)
		}
	}
}
