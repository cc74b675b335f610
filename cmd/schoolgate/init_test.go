package main

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"filippo.io/age"
)

// The settings file that init writes is good as it is, also with everything in
// it taken up, and leaves out no setting.
func TestFirstSettings(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "schoolgate.toml")
	if err := os.Mkdir(filepath.Join(dir, "content"), 0o755); err != nil {
		t.Fatal(err)
	}
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for line := range strings.Lines(firstSettings) {
		if bare := strings.TrimPrefix(line, "# "); strings.HasPrefix(bare, "[") || strings.Contains(bare, " = ") {
			line = bare
		}
		// The example key opens nothing, so that nobody backs up to it; a person puts theirs there.
		all.WriteString(strings.Replace(line, "age1…", key.Recipient().String(), 1))
	}
	for name, text := range map[string]string{"as it is": firstSettings, "all taken up": all.String()} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		s, err := readSettings(file)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if s.Content != filepath.Join(dir, "content") {
			t.Errorf("%s: content is %s", name, s.Content)
		}
	}
	for _, of := range []reflect.Type{reflect.TypeFor[Settings](), reflect.TypeFor[SignIn](), reflect.TypeFor[StaffSetting]()} {
		for f := range of.Fields() {
			if key := f.Tag.Get("toml"); !strings.Contains(all.String(), "\n"+key+" = ") && !strings.Contains(all.String(), "\n[["+key+"]]") && !strings.Contains(all.String(), "\n["+key+"]") {
				t.Errorf("the settings file does not show %s", key)
			}
		}
	}
}
