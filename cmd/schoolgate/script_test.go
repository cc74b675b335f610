package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the scripts run the program itself as the command schoolgate.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"schoolgate": main})
}

// TestScripts runs the command line as the scripts in testdata do, each in a
// folder of its own.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			e.Setenv("SCHOOLGATE_DATABASE", "")
			return os.MkdirAll(e.WorkDir, 0o700)
		},
	})
}
