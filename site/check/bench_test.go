package check

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"schoolgate/site"
	"schoolgate/site/sitetest"
	"schoolgate/themes"
)

// BenchmarkCheck checks the forty schools of BenchmarkBuild, with a register of
// four hundred pupils each. It reports the seconds that the rules take beside the
// build that they look at, and the one divided by the other: what a check costs as
// a share of Build.
func BenchmarkCheck(b *testing.B) {
	content := sitetest.FortySchools(b)
	opts := Options{
		Options: site.Options{Theme: themes.FS, Address: "http://localhost:8080", Now: sitetest.Now},
		Roll:    manyPupils{},
	}
	var whole, building time.Duration
	var pages, findings int
	for b.Loop() {
		started := time.Now()
		report, err := Run(b.Context(), content, opts)
		whole += time.Since(started)
		if err != nil {
			b.Fatal(err)
		}
		building += report.building
		pages, findings = 0, len(report.Findings)
		for _, s := range report.Sites {
			if !s.Built {
				b.Fatalf("%s was not built: %+v", s.Slug, report.Findings[:min(5, findings)])
			}
			pages += s.Pages
		}
	}
	b.ReportMetric(0, "ns/op")
	n := float64(b.N)
	b.ReportMetric(building.Seconds()/n, "s/build")
	b.ReportMetric((whole-building).Seconds()/n, "s/check")
	b.ReportMetric((whole-building).Seconds()/building.Seconds(), "check/build")
	b.ReportMetric(float64(pages), "pages")
	b.ReportMetric(float64(findings), "findings")
}

// manyPupils is a register of names that nobody has.
type manyPupils struct{}

func (manyPupils) OnRoll(_ context.Context, school string) ([]RollPupil, error) {
	pupils := make([]RollPupil, 400)
	for i := range pupils {
		pupils[i] = RollPupil{
			Forename: fmt.Sprintf("Ann%d", i%40), Surname: fmt.Sprintf("Of%s%d", strings.TrimPrefix(school, "school-"), i),
			Born: time.Date(2012, time.January, 1+i, 0, 0, 0, 0, time.UTC),
		}
	}
	return pupils, nil
}
