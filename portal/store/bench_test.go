package store_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"schoolgate/portal"
	"schoolgate/portal/store"
	"schoolgate/portal/store/pgtest"
)

// The size of a large trust: pupils, each with two contacts who have both
// answered about every purpose.
const (
	benchPupils   = 100_000
	benchPurposes = 8
	benchAnswers  = benchPupils * benchPurposes * 2
)

// BenchDatabase names a file in which BenchmarkEachPupil/sqlite keeps its
// database, to be used again and by other measurements.
const BenchDatabase = "SCHOOLGATE_BENCH_DATABASE"

// BenchmarkEachPupil reads the whole register with everything a standing is
// computed from, and computes every standing.
func BenchmarkEachPupil(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) {
		path := os.Getenv(BenchDatabase)
		if path == "" {
			path = filepath.Join(b.TempDir(), "bench.db")
		}
		benchEachPupil(b, path, "sqlite3", "file:"+path+"?_foreign_keys=on", "hex(randomblob(13))")
	})
	b.Run("postgres", func(b *testing.B) {
		address := pgtest.Database(b)
		benchEachPupil(b, address, "pgx", address, "upper(substr(md5(random()::text), 1, 26))")
	})
}

func benchEachPupil(b *testing.B, address, driver, raw, randomID string) {
	db, err := store.Open(b.Context(), address)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	fill(b, db, driver, raw, randomID)
	for _, what := range []string{"read", "standings"} {
		b.Run(what, func(b *testing.B) {
			b.ReportAllocs()
			var peak uint64
			for b.Loop() {
				pupils, answers, given := 0, 0, 0
				err := db.View(b.Context(), func(tx portal.Tx) error {
					return tx.EachPupil("big", false, func(r *portal.PupilFile) error {
						pupils++
						answers += len(r.Acts)
						if what == "standings" {
							for i := range benchPurposes {
								if portal.StandingOf(r.Pupil, portal.Text{Slug: purposeSlugs[i], Edition: 1}, "2026-09-01", r.Responsibilities, r.Acts).Allowed() {
									given++
								}
							}
						}
						if pupils%20_000 == 0 {
							var m runtime.MemStats
							runtime.ReadMemStats(&m)
							peak = max(peak, m.HeapAlloc)
						}
						return nil
					})
				})
				if err != nil {
					b.Fatal(err)
				}
				if pupils != benchPupils || answers != benchAnswers || what == "standings" && given == 0 {
					b.Fatalf("%d pupils, %d answers, %d given", pupils, answers, given)
				}
			}
			b.ReportMetric(float64(benchPupils)*float64(b.N)/b.Elapsed().Seconds(), "pupils/s")
			b.ReportMetric(float64(peak)/(1<<20), "peak-MiB")
		})
	}
}

var purposeSlugs = []string{"photos-website", "photos-social-media", "photos-print", "photos-press", "name-with-photo", "videoconference", "recording", "social-media-account"}

// fill makes the register, unless it is there: pupils by the store, which orders
// them, and the rest in the database, which is quicker.
func fill(b *testing.B, db *store.DB, driver, raw, randomID string) {
	b.Helper()
	start := time.Now()
	school := portal.School{Slug: "big"}
	for _, slug := range purposeSlugs {
		school.Texts = append(school.Texts, text(slug, portal.Purpose, 1))
	}
	made := false
	err := db.Update(b.Context(), func(tx portal.Tx) error {
		all, err := tx.Pupils("big")
		if err != nil || len(all) > 0 {
			return err
		}
		made = true
		if err := tx.PutSchool(school); err != nil {
			return err
		}
		forenames := []string{"Amelia", "Oliver", "Zoë", "Mohammed", "Łucja", "Gurpreet", "Isla", "George", "Aoife", "Tomasz"}
		for i := range benchPupils {
			// Ids in no order, as they are in life.
			id := fmt.Sprintf("%08X%018d", uint32(i)*2654435761, i)
			p := portal.Pupil{ID: id, School: "big", UPN: fmt.Sprintf("X%012d", i), AdmissionNumber: fmt.Sprint(i), Forename: forenames[i%10],
				Surname: fmt.Sprintf("Surname %d", i*7919%benchPupils), Born: "2016-03-04", Year: portal.Year(i % 13), Group: fmt.Sprintf("%d%c", i%13, 'A'+i%4)}
			if err := tx.PutPupil(p); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	if !made {
		return
	}
	sqldb, err := sql.Open(driver, raw)
	if err != nil {
		b.Fatal(err)
	}
	defer sqldb.Close()
	tx, err := sqldb.Begin()
	if err != nil {
		b.Fatal(err)
	}
	defer tx.Rollback()
	for _, statement := range []string{
		"INSERT INTO contacts (id, school, name, email, phone) SELECT substr(p.id, 1, 25) || w.who, 'big', 'Contact ' || w.who, '', '' FROM pupils p CROSS JOIN (SELECT 'M' AS who UNION ALL SELECT 'D') w WHERE p.school = 'big'",
		`INSERT INTO responsibilities (pupil_id, contact_id, relationship, priority, parental, order_listed, unsettled, settled_by)
			SELECT p.id, substr(p.id, 1, 25) || w.who, 'Parent', 1, TRUE, FALSE, FALSE, '' FROM pupils p CROSS JOIN (SELECT 'M' AS who UNION ALL SELECT 'D') w WHERE p.school = 'big'`,
		`INSERT INTO acts (id, record_version, kind, school, party_kind, party_id, subject_kind, subject_id, entered_by, way, text_slug, edition, text_hash, language, at, until, typed_name, answer, seq, details)
			SELECT ` + randomID + `, 2, 'decision', 'big', 'contact', r.contact_id, 'pupil', r.pupil_id, r.contact_id, 'online', t.slug, 1, t.hash, 'en-GB',
				'2026-09-01 12:00:00.123456', '', '', a.answer, 1, ''
			FROM responsibilities r CROSS JOIN texts t JOIN (SELECT 'refused' AS answer UNION ALL SELECT 'given') a
				ON (a.answer = 'refused') = (substr(r.pupil_id, 1, 1) < '2') WHERE t.school = 'big' ORDER BY t.slug, r.contact_id`,
	} {
		if _, err := tx.Exec(statement); err != nil {
			b.Fatalf("%s: %v", strings.Fields(statement)[2], err)
		}
	}
	if err := tx.Commit(); err != nil {
		b.Fatal(err)
	}
	if driver == "pgx" { // as its autovacuum does within a minute
		if _, err := sqldb.Exec("ANALYZE"); err != nil {
			b.Fatal(err)
		}
	}
	b.Logf("made %d pupils and %d answers in %v", benchPupils, benchAnswers, time.Since(start).Round(time.Second))
}
