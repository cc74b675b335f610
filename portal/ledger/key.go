package ledger

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Key is the ledger's Ed25519 key. It is a [note.Signer].
type Key struct {
	note.Signer
	secret, verifier string
}

// VerifierKey is the public half, as notes write it: name+hash+base64.
func (k *Key) VerifierKey() string { return k.verifier }

// String keeps the secret half out of logs.
func (k *Key) String() string { return "ledger key " + k.Name() }

// GoString keeps it out of tests' messages.
func (k *Key) GoString() string { return k.String() }

// NewKey makes a key. A name has no spaces and no plus sign.
func NewKey(name string) (*Key, error) {
	secret, _, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		return nil, fmt.Errorf("ledger key: %w", err)
	}
	return parseKey(secret)
}

func parseKey(secret string) (*Key, error) {
	signer, err := note.NewSigner(secret)
	if err != nil {
		return nil, errors.New("it is not a secret key")
	}
	verifier, err := verifierOf(secret, signer.Name())
	if err != nil {
		return nil, err
	}
	return &Key{signer, secret, verifier}, nil
}

// Save writes the key to a new file, readable by its owner only. A file that is
// there already is left as it is, and is [fs.ErrExist].
func (k *Key) Save(path string) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".ledger-key-*") // 0600
	if err != nil {
		return fmt.Errorf("ledger key: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(k.secret + "\n")
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Link(f.Name(), path) // whole or not at all
	}
	if err == nil {
		err = syncDir(dir)
	}
	if err != nil {
		return fmt.Errorf("ledger key: %w", err)
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// LoadKey reads a key's file. One that others may read is an error; one that is
// not there is [fs.ErrNotExist].
func LoadKey(path string) (*Key, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("ledger key: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("ledger key: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > 4096 {
		return nil, fmt.Errorf("ledger key: %s is not a key file", path)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("ledger key: others may read %s, and could sign in the ledger's name: chmod 600 it, and if anybody may have read it run schoolgate ledger rotate", path)
	}
	content := make([]byte, info.Size())
	if _, err := f.ReadAt(content, 0); err != nil {
		return nil, fmt.Errorf("ledger key: %w", err)
	}
	key, err := parseKey(strings.TrimSpace(string(content)))
	if err != nil {
		return nil, fmt.Errorf("ledger key: %s: %w", path, err)
	}
	return key, nil
}

// loaded is the key of a file, or nil where there is none.
func loaded(path string) (*Key, error) {
	key, err := LoadKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return key, err
}

// verifierOf works out the public key. The last part of a secret key
// (PRIVATE+KEY+name+hash+data) is the algorithm's byte and the Ed25519 seed.
func verifierOf(secret, name string) (string, error) {
	parts := strings.SplitN(secret, "+", 5)
	if len(parts) != 5 {
		return "", errors.New("not a secret key")
	}
	data, err := base64.StdEncoding.DecodeString(parts[4])
	if err != nil || len(data) != 1+ed25519.SeedSize {
		return "", errors.New("not an Ed25519 key")
	}
	public := ed25519.NewKeyFromSeed(data[1:]).Public().(ed25519.PublicKey)
	return note.NewEd25519VerifierKey(name, public)
}
