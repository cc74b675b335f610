package portal_test

import (
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"
)

// The domain imports the standard library alone.
func TestImportsOnlyStandardLibrary(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		read++
		parsed, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range parsed.Imports {
			path, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			// A package of a module has a dot in its first element, or this
			// module's name for it.
			if first, _, _ := strings.Cut(path, "/"); strings.Contains(first, ".") || first == "schoolgate" {
				t.Errorf("%s imports %s", f.Name(), path)
			}
		}
	}
	if read == 0 {
		t.Error("read no file")
	}
}
