package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"schoolgate/portal"
	"schoolgate/site/picture/picturetest"
)

// A picture that somebody sends is read in a process of its own: it comes back as pixels,
// or with what is wrong with it, or with nothing where the process had no more to give.
func TestCleanPicture(t *testing.T) {
	photo := picturetest.Photo(t, picturetest.Quarters(300, 200), 6)
	clean, err := cleanPicture(t.Context(), photo)
	if err != nil || !bytes.HasPrefix(clean, []byte("\xff\xd8\xff")) || bytes.Contains(clean, []byte("Exif")) {
		t.Errorf("%d bytes, %v", len(clean), err)
	}
	_, err = cleanPicture(t.Context(), photo[:200])
	if refused, ok := errors.AsType[*portal.Invalid](err); !ok || !strings.Contains(refused.Problems[0].Message, "is damaged") {
		t.Errorf("half a picture: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := cleanPicture(ctx, photo); !errors.Is(err, context.Canceled) {
		t.Errorf("whoever sent it has gone: %v", err)
	}
}

// The desk's files are for their owner alone, under names that are no paths, and those that
// nothing needs go, but for what has only just come.
func TestShelf(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "pictures")
	s, name := shelf(folder), strings.Repeat("A", 26)
	if err := s.Put(name, []byte("sealed")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(folder, name)); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	for _, path := range []string{"../x", "", "a/b", strings.Repeat("a", 26)} {
		if err := s.Put(path, nil); err == nil {
			t.Errorf("kept as %q", path)
		}
		if _, err := s.Get(path); !errors.Is(err, portal.ErrNotFound) {
			t.Errorf("%q: %v", path, err)
		}
	}
	none := func(string) bool { return false }
	if err := s.Sweep(none); err != nil {
		t.Fatal(err)
	}
	if b, err := s.Get(name); err != nil || string(b) != "sealed" {
		t.Errorf("what has just come is gone: %v", err)
	}
	old := time.Now().Add(-2 * time.Hour)
	if err := os.Chtimes(filepath.Join(folder, name), old, old); err != nil {
		t.Fatal(err)
	}
	if err := s.Sweep(none); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(name); !errors.Is(err, portal.ErrNotFound) {
		t.Errorf("what nothing needs stays: %v", err)
	}
}
