package main

import (
	"path/filepath"
	"strings"
	"testing"

	"schoolgate/cmd/schoolgate/demo"
)

// The README's first command, from an empty folder: the demo fills itself through the
// real sites and texts, says whom to sign in as, and its ledger holds.
func TestDemoStarts(t *testing.T) {
	t.Parallel()
	port, data := freePort(t), filepath.Join(t.TempDir(), "demo")
	address := "http://localhost:" + port
	log := startServer(t, address, "demo", "--addr", "127.0.0.1:"+port, "--data", data)
	for _, p := range demo.People() {
		if !strings.Contains(log.String(), p.Name) {
			t.Errorf("nobody is told of %s", p.Name)
		}
	}
	for _, slug := range []string{"fernlow-primary", "st-osrics-junior"} {
		get(t, address+"/"+slug+"/")
	}
	get(t, address+"/portal/sign-in")
	if out := mustRun(t, "verify", "--settings", filepath.Join(data, "schoolgate.toml")); !strings.Contains(out, "each as it was sealed") {
		t.Errorf("verify: %s", out)
	}
}
