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
	verifier string
}

// VerifierKey is the public half, as notes write it: name+hash+base64. It is what
// anybody needs to check a receipt, and is made to be published.
func (k *Key) VerifierKey() string { return k.verifier }

// String keeps the secret half out of logs.
func (k *Key) String() string { return "ledger key " + k.Name() }

// LoadOrCreateKey reads the key file at path, or makes a new key of that name
// and the file with it, readable by its owner only. A name is the ledger's
// origin, as "schoolgate.example.org/ledger": no spaces, no plus. A file that
// others may read, or whose key has another name, is an error. Several
// processes may call it at once, and get one key.
func LoadOrCreateKey(path, name string) (*Key, error) {
	key, err := loadKey(path, name)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	secret, _, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		return nil, fmt.Errorf("ledger key: %w", err)
	}
	if _, err := note.NewSigner(secret); err != nil {
		return nil, fmt.Errorf("ledger key: %q cannot be its name: a name has no spaces and no plus sign", name)
	}
	if err := createOnce(path, []byte(secret+"\n")); err != nil {
		return nil, fmt.Errorf("ledger key: %w", err)
	}
	return loadKey(path, name)
}

// createOnce makes a file whole or not at all, and leaves one that is there.
func createOnce(path string, content []byte) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".ledger-key-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return nil
		}
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func loadKey(path, name string) (*Key, error) {
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
		return nil, fmt.Errorf("ledger key: others may read %s, and could sign in the ledger's name: chmod 600 it, and if anybody may have read it make a new key", path)
	}
	content := make([]byte, info.Size())
	if _, err := f.ReadAt(content, 0); err != nil {
		return nil, fmt.Errorf("ledger key: %w", err)
	}
	secret := strings.TrimSpace(string(content))
	signer, err := note.NewSigner(secret)
	if err != nil {
		return nil, fmt.Errorf("ledger key: %s holds no key", path)
	}
	if signer.Name() != name {
		return nil, fmt.Errorf("ledger key: %s is the key of %q, and the settings name the ledger %q: a ledger keeps its name and key for ever", path, signer.Name(), name)
	}
	verifier, err := verifierOf(secret, name)
	if err != nil {
		return nil, fmt.Errorf("ledger key: %s: %w", path, err)
	}
	return &Key{signer, verifier}, nil
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
