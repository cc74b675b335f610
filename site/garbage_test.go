package site

import (
	"context"
	"os"
	"runtime/metrics"
	"testing"

	"schoolgate/site/sitetest"
)

// While sites are built, garbage is collected less often, and again as before when the
// last of the builds that run beside each other is done.
func TestGarbageIsCollectedSeldom(t *testing.T) {
	if machineMemory() == 0 || os.Getenv("GOGC") != "" {
		t.Skip("how often garbage is collected is not ours to say here")
	}
	percent := func() uint64 {
		sample := []metrics.Sample{{Name: "/gc/gogc:percent"}}
		metrics.Read(sample)
		return sample[0].Value.Uint64()
	}
	before, other := percent(), collectSeldom()
	during := uint64(0)
	f := newFixture(t)
	trust, err := Load(f.Content)
	if err == nil {
		_, err = Build(t.Context(), trust, Options{Theme: f.Theme, Out: t.TempDir(), Address: "http://localhost:8080", Now: sitetest.Now,
			HandOver: func(context.Context, Result) error {
				during = percent()
				return nil
			}})
	}
	if err != nil {
		t.Fatal(err)
	}
	if during != seldomPercent || percent() != seldomPercent {
		t.Errorf("during a build %d%%, and %d%% while another goes on", during, percent())
	}
	if other(); percent() != before {
		t.Errorf("after the builds %d%%, before them %d%%", percent(), before)
	}
}
