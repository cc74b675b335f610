package main

import (
	"bytes"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"schoolgate/portal"
	"schoolgate/site/picture/picturetest"
)

// From the picture desk, to which a picture is brought, and a parent's yes, to their child's
// picture on the website, and from their no, given to
// another process on the same database, to its end: refused from that moment, and gone
// from the page and the disk as soon as the site is made again (P15).
func TestPictureUntilNo(t *testing.T) {
	const school = "fernlow-primary"
	folder, port := ownContent(t), freePort(t)
	settings := serveSettings(t, port, folder, "[joining]\nwait = \"0h\"\n\n[[staff]]\nemail = \"office@fernlow.example\"\nschool = \""+school+"\"\nrole = \"office\"\n")
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

	writeTo(t, "+++\ntitle = \"Harvest\"\n+++\n\nWe sang.\n", folder, "schools", school, "pages", "harvest.md")
	address := "http://localhost:" + port
	mustRun(t, "build", "--settings", settings)
	startServer(t, address, "serve", "--settings", settings)
	clerk, err := app.portal.SignedIn(ctx, portal.Identity{Provider: "id", Issuer: "https://id.example", Subject: "clerk", StaffEmail: "office@fernlow.example"})
	must(err)
	master, err := cleanPicture(ctx, picturetest.Photo(t, picturetest.Quarters(900, 600), 1))
	must(err)
	photo, err := app.portal.AddPhoto(ctx, clerk.ID, school, master)
	must(err)
	must(app.portal.SayOfPhoto(ctx, clerk.ID, school, photo, portal.PhotoForm{Page: "/harvest/", Alt: "A child who sings", Who: portal.InPupils, Pupils: []string{pupil.ID}, Version: 1}, []string{"/harvest/"}))
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

	seen := get(t, address+src)

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
	// Nothing on the disk shows it or its child any more: sites, caches and database.
	data := filepath.Join(filepath.Dir(settings), "data")
	parts := map[string]string{"what was published": seen[len(seen)/2:][:200], "what the desk was given": string(master[len(master)/2:][:200])}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		var left []string
		must(filepath.WalkDir(data, func(name string, e fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil // it has just gone
			} else if err != nil || !e.Type().IsRegular() {
				return err
			}
			file, err := os.ReadFile(name)
			for what, part := range parts {
				if bytes.Contains(file, []byte(part)) {
					left = append(left, name+" has "+what)
				}
			}
			if strings.HasPrefix(name, filepath.Join(data, "sites")) && bytes.Contains(file, []byte("Okafor-Vale")) {
				left = append(left, name+" names the child")
			}
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		}))
		if len(left) == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(left)
		}
	}
}
