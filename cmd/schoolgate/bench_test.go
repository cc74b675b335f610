package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3"

	"schoolgate/portal"
	"schoolgate/portal/signin"
)

// benchTexts is a school with so many agreements and purposes.
func benchSchool(purposes int) portal.School {
	s := portal.School{Slug: "bench", Name: "Bench School", ShortName: "Bench", Site: "http://localhost/bench/"}
	text := func(kind portal.Kind, slug string) portal.Text {
		source := "Text " + slug + strings.Repeat("A sentence that families read. ", 100)
		return portal.Text{
			School: s.Slug, Kind: kind, Slug: slug, Title: "Text " + slug, Edition: 1, Hash: fmt.Sprintf("%x", sha256.Sum256([]byte(source))),
			Source: source, HTML: "<p>" + strings.Repeat("A sentence that families read. ", 100) + "</p>",
			Path: "/bench/" + slug + "/", Published: time.Now().UTC(), Statement: "I agree.", Question: "May we?", IfGiven: "We do.", IfRefused: "We do not.",
		}
	}
	s.Texts = append(s.Texts, text(portal.Agreement, "parents-aup"))
	for i := range purposes {
		s.Texts = append(s.Texts, text(portal.Purpose, fmt.Sprintf("purpose-%d", i+1)))
	}
	return s
}

func benchApplication(b *testing.B, purposes int) (*application, string) {
	b.Helper()
	settings, _ := installation(b, "", "")
	app := opened(b, settings, nil)
	b.Cleanup(func() { app.Close() })
	if err := app.portal.SetSchools(b.Context(), []portal.School{benchSchool(purposes)}); err != nil {
		b.Fatal(err)
	}
	return app, settings
}

func benchPupil(i int) portal.Pupil {
	return portal.Pupil{
		ID: fmt.Sprintf("pupil-%06d", i), School: "bench", AdmissionNumber: fmt.Sprint(i), Forename: fmt.Sprintf("Forename%d", i%997),
		Surname: fmt.Sprintf("Surname%d", i%4999), Born: "2017-09-01", Year: portal.Year(i % 14), Group: fmt.Sprintf("Class %d", i%60),
	}
}

const (
	benchClients = 16 // at once
	benchActs    = 2000
)

// BenchmarkSignatures prints how many durable signatures a second come over HTTP
// as a share of a bare net/http and go-sqlite3 handler that makes one durable
// insert: the floor for anything that answers only when the disk has it; and as a share
// of PocketBase's creates, where SCHOOLGATE_POCKETBASE names .ci/bench's program.
func BenchmarkSignatures(b *testing.B) {
	ctx := context.Background()
	app, _ := benchApplication(b, 0)
	tokens := make([]string, benchActs)
	err := app.store.Update(ctx, func(tx portal.Tx) error {
		for i := range benchActs {
			id := fmt.Sprint(i)
			p := benchPupil(i)
			c := portal.Contact{ID: "contact-" + id, School: "bench", Name: "Contact " + id}
			a := portal.Account{ID: "account-" + id, Identity: portal.Identity{Provider: "p", Issuer: "i", Subject: id}, Created: time.Now().UTC(), LastSignIn: time.Now().UTC()}
			for _, err := range []error{
				tx.PutPupil(p), tx.PutContact(c), tx.PutAccount(a),
				tx.PutResponsibility(portal.Responsibility{PupilID: p.ID, ContactID: c.ID, Parental: true}),
				tx.PutJoin(portal.Join{AccountID: a.ID, ContactID: c.ID, At: time.Now().UTC()}), tx.JoinChild(c.ID, p.ID, time.Now().UTC()),
			} {
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	for i := range tokens {
		if tokens[i], err = app.portal.StartSession(ctx, portal.Session{AccountID: "account-" + fmt.Sprint(i)}); err != nil {
			b.Fatal(err)
		}
	}
	handler, err := app.handler([]signin.Config{{Name: "google", Kind: "google", ClientID: "x", Secret: "y"}})
	if err != nil {
		b.Fatal(err)
	}
	ours := httptest.NewServer(handler)
	defer ours.Close()
	bare := httptest.NewServer(bareHandler(b))
	defer bare.Close()

	pocketbase := pocketBase(b)

	hash := benchSchool(0).Texts[0].Hash
	var ratios, creates []float64
	for range b.N {
		half := func(from, to int) float64 {
			signed := perSecond(b, from, to, func(i int) *http.Request {
				form := url.Values{"name": {"A Parent"}, "agreed": {"yes"}, "hash": {hash}}
				r, _ := http.NewRequest(http.MethodPost, ours.URL+"/portal/children/"+benchPupil(i).ID+"/agreements/parents-aup", strings.NewReader(form.Encode()))
				r.AddCookie(&http.Cookie{Name: "schoolgate", Value: tokens[i]})
				return r
			}, http.StatusSeeOther)
			inserted := perSecond(b, from, to, func(i int) *http.Request {
				r, _ := http.NewRequest(http.MethodPost, bare.URL, strings.NewReader(url.Values{"name": {"A Parent"}}.Encode()))
				return r
			}, http.StatusSeeOther)
			b.Logf("signatures %.0f/s, bare inserts %.0f/s", signed, inserted)
			if pocketbase != "" {
				created := perSecond(b, from, to, func(i int) *http.Request {
					r, _ := http.NewRequest(http.MethodPost, pocketbase+"/api/collections/signatures/records", strings.NewReader(url.Values{"name": {"A Parent"}}.Encode()))
					return r
				}, http.StatusOK)
				b.Logf("PocketBase's creates %.0f/s", created)
				creates = append(creates, signed/created)
			}
			return signed / inserted
		}
		const rounds = 4 // in turn, so that both meet the same machine
		for k := range rounds {
			ratios = append(ratios, half(k*benchActs/rounds, (k+1)*benchActs/rounds))
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(ratios), "signatures/bare-insert")
	if pocketbase != "" {
		b.ReportMetric(median(creates), "signatures/pocketbase-create")
	}
}

// pocketBase is the address of PocketBase with a collection that anybody may add to; ""
// where its program is not given.
func pocketBase(b *testing.B) string {
	program, dir := os.Getenv("SCHOOLGATE_POCKETBASE"), b.TempDir()
	if program == "" {
		b.Log("SCHOOLGATE_POCKETBASE is not set: see make bench")
		return ""
	}
	const who, password = "bench@pocketbase.example", "correct horse"
	if out, err := exec.Command(program, "superuser", "upsert", who, password, "--dir", dir).CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	at := l.Addr().String()
	l.Close()
	server := exec.Command(program, "serve", "--http", at, "--dir", dir)
	if err := server.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		server.Process.Kill()
		server.Wait()
	})
	var token struct{ Token string }
	ask := func(path string, body any, answer any) error {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		r, err := http.NewRequest(http.MethodPost, "http://"+at+path, bytes.NewReader(text))
		if err != nil {
			return err
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", token.Token)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("%s: %s", path, resp.Status)
		}
		return json.NewDecoder(resp.Body).Decode(answer)
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		err := ask("/api/collections/_superusers/auth-with-password", map[string]string{"identity": who, "password": password}, &token)
		if err == nil {
			break
		} else if time.Now().After(end) {
			b.Fatal(err)
		}
	}
	err = ask("/api/collections", map[string]any{
		"name": "signatures", "type": "base", "createRule": "", "fields": []map[string]any{{"name": "name", "type": "text", "required": true}},
	}, &struct{}{})
	if err != nil {
		b.Fatal(err)
	}
	return "http://" + at
}

// bareHandler makes one durable insert a request and nothing else.
func bareHandler(b *testing.B) http.Handler {
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(b.TempDir(), "bare.db")+"?_journal_mode=WAL&_synchronous=FULL&_txlock=immediate")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("CREATE TABLE signatures (id INTEGER PRIMARY KEY, name TEXT NOT NULL)"); err != nil {
		b.Fatal(err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := db.ExecContext(r.Context(), "INSERT INTO signatures (name) VALUES (?)", r.PostFormValue("name")); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
}

// perSecond sends the requests from benchClients at once and says how many a
// second were answered, all with the status.
func perSecond(b *testing.B, from, to int, request func(int) *http.Request, status int) float64 {
	b.Helper()
	client := &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: benchClients},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	defer client.CloseIdleConnections()
	var next, wrong atomic.Int64
	next.Store(int64(from))
	var all sync.WaitGroup
	begin := time.Now()
	for range benchClients {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(to); i = next.Add(1) - 1 {
				r := request(int(i))
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				r.Header.Set("Sec-Fetch-Site", "same-origin")
				resp, err := client.Do(r)
				if err != nil {
					wrong.Add(1)
					continue
				}
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				if resp.StatusCode != status {
					wrong.Add(1)
				}
			}
		})
	}
	all.Wait()
	took := time.Since(begin)
	if n := wrong.Load(); n > 0 {
		b.Fatalf("%d of %d requests were not answered with %d", n, to-from, status)
	}
	return float64(to-from) / took.Seconds()
}

func median(x []float64) float64 {
	for i := range x {
		for j := i; j > 0 && x[j] < x[j-1]; j-- {
			x[j], x[j-1] = x[j-1], x[j]
		}
	}
	return x[len(x)/2]
}

const (
	benchRoll     = 100_000
	benchPurposes = 8
)

// BenchmarkExport prints how long the export command takes for 100,000 pupils,
// with 8 purposes and two contacts each, as a multiple of the sqlite3 command
// computing the same standings from the same file, and both programs' peak memory.
func BenchmarkExport(b *testing.B) {
	sqlite3, err := exec.LookPath("sqlite3")
	if err != nil {
		b.Skip("sqlite3 is not installed")
	}
	bin := filepath.Join(b.TempDir(), "schoolgate")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	app, settings := benchApplication(b, benchPurposes)
	fillBenchRoll(b, app)
	if err := app.Close(); err != nil {
		b.Fatal(err)
	}

	var ratios []float64
	var oursRSS, theirRSS int64
	for range b.N {
		for range 3 {
			ours, mem, size := timed(b, exec.Command(bin, "export", "--settings", settings, "--school", "bench"))
			theirs, mem2, _ := timed(b, exec.Command(sqlite3, "-readonly", "-csv", "-header", app.settings.Database, standingsSQL()))
			b.Logf("schoolgate %.2fs %d MB (%d MB of CSV), sqlite3 %.2fs %d MB", ours.Seconds(), mem>>10, size>>20, theirs.Seconds(), mem2>>10)
			ratios = append(ratios, ours.Seconds()/theirs.Seconds())
			oursRSS, theirRSS = max(oursRSS, mem), max(theirRSS, mem2)
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(ratios), "time/sqlite3")
	b.ReportMetric(float64(oursRSS)/1024, "peak-MB")
	b.ReportMetric(float64(theirRSS)/1024, "sqlite3-peak-MB")
}

// timed runs a program and answers its wall time, its peak memory in kilobytes
// and how many bytes it wrote.
func timed(b *testing.B, cmd *exec.Cmd) (took time.Duration, peak int64, size int) {
	b.Helper()
	var out counter
	var errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case err := <-ended:
			took = time.Since(begin)
			if err != nil {
				b.Fatalf("%v: %s", err, errs.String())
			}
			if out.lines != benchRoll+1 {
				b.Fatalf("%s wrote %d lines, want %d", cmd.Path, out.lines, benchRoll+1)
			}
			return took, peak, out.bytes
		case <-time.After(10 * time.Millisecond):
			peak = max(peak, highWater(cmd.Process.Pid))
		}
	}
}

// counter counts what is written to it.
type counter struct{ bytes, lines int }

func (c *counter) Write(p []byte) (int, error) {
	c.bytes += len(p)
	c.lines += bytes.Count(p, []byte("\n"))
	return len(p), nil
}

// highWater is a process's peak resident memory in kilobytes, as Linux tells it
// while the process runs: what it says afterwards counts the parent's too.
func highWater(pid int) (kb int64) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	fmt.Sscan(rest, &kb)
	return kb
}

func fillBenchRoll(b *testing.B, app *application) {
	b.Helper()
	ctx := context.Background()
	answers := []portal.Answer{portal.Given, portal.Given, portal.Given, portal.Refused}
	texts := benchSchool(benchPurposes).Of(portal.Purpose)
	at := time.Now().UTC().Truncate(time.Microsecond)
	const batch = 5000
	for from := 0; from < benchRoll; from += batch {
		err := app.store.Update(ctx, func(tx portal.Tx) error {
			for i := from; i < from+batch; i++ {
				p := benchPupil(i)
				if err := tx.PutPupil(p); err != nil {
					return err
				}
				for k := range 2 {
					id := fmt.Sprintf("%d-%d", i, k)
					c := portal.Contact{ID: "contact-" + id, School: "bench", Name: "Contact " + id}
					a := portal.Account{ID: "account-" + id, Identity: portal.Identity{Provider: "p", Issuer: "i", Subject: id}, Created: at, LastSignIn: at}
					for _, err := range []error{
						tx.PutContact(c), tx.PutAccount(a),
						tx.PutResponsibility(portal.Responsibility{PupilID: p.ID, ContactID: c.ID, Parental: true}),
					} {
						if err != nil {
							return err
						}
					}
					for n, t := range texts {
						d := portal.Act{
							ID: fmt.Sprintf("decision-%s-%d", id, n), Version: portal.RecordVersion, Kind: portal.Decision, School: "bench",
							Party: portal.Ref{Kind: portal.RefContact, ID: c.ID}, Subject: portal.Ref{Kind: portal.RefPupil, ID: p.ID}, By: a.ID, Way: portal.Online,
							TextSlug: t.Slug, Edition: 1, TextHash: t.Hash, At: at, Language: "en-GB", Answer: answers[(i+k+n)%len(answers)], Seq: 1,
						}
						if err := tx.AddAct(d); err != nil {
							return err
						}
					}
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// standingsSQL is the same list as one query: the rule of [portal.StandingOf]
// for consents, without what its data has none of.
func standingsSQL() string {
	var q strings.Builder
	q.WriteString(`SELECT p.surname, p.forename, p.school_year, p.reg_group`)
	for i := range benchPurposes {
		slug := fmt.Sprintf("purpose-%d", i+1)
		fmt.Fprintf(&q, `, CASE WHEN p.looked_after THEN 'No' WHEN max(d.text_slug = '%[1]s' AND d.answer <> 'given') THEN 'No' WHEN max(d.text_slug = '%[1]s' AND d.answer = 'given' AND d.edition = 1) THEN 'Yes' ELSE 'No' END`, slug)
	}
	q.WriteString(`
		FROM pupils p
		LEFT JOIN responsibilities r ON r.pupil_id = p.id AND r.parental AND NOT EXISTS (SELECT 1 FROM restrictions x WHERE x.pupil_id = r.pupil_id AND x.contact_id = r.contact_id AND x.takes = 2 AND x.until IS NULL)
		LEFT JOIN decisions d ON d.pupil_id = p.id AND d.contact_id = r.contact_id
			AND NOT EXISTS (SELECT 1 FROM decisions e WHERE e.pupil_id = d.pupil_id AND e.contact_id = d.contact_id AND e.text_slug = d.text_slug AND e.seq > d.seq)
		WHERE p.school = 'bench' AND p.left_at IS NULL
		GROUP BY p.id ORDER BY p.school_year, p.sort_key, p.id`)
	return q.String()
}
