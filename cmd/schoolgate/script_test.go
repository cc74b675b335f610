package main

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"schoolgate/portal/store/pgtest"
)

// TestMain lets the scripts run the program itself as the command schoolgate,
// and stops the PostgreSQL that they start.
func TestMain(m *testing.M) {
	testscript.Main(tests{m}, map[string]func(){"schoolgate": main})
}

type tests struct{ *testing.M }

func (t tests) Run() int {
	defer os.RemoveAll(shared())
	return pgtest.Run(t.M)
}

// shared is the folder of what several tests use, which stands until all have ended.
var shared = sync.OnceValue(func() string {
	dir, err := os.MkdirTemp("", "schoolgate-test-")
	if err != nil {
		panic(err)
	}
	return dir
})

// TestScripts runs the command line as the scripts in testdata do, each in a
// folder of its own.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	runScripts(t, "", files...)
}

// TestScriptsOnPostgreSQL does the office's work on the other engine.
func TestScriptsOnPostgreSQL(t *testing.T) {
	runScripts(t, pgtest.Database(t), "testdata/office.txtar")
}

func runScripts(t *testing.T, database string, files ...string) {
	testscript.Run(t, testscript.Params{
		Files: files,
		Setup: func(e *testscript.Env) error {
			e.Setenv("SCHOOLGATE_DATABASE", database)
			return os.MkdirAll(e.WorkDir, 0o700)
		},
	})
}
