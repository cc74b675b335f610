package ledger

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A promise is what an act gets at once (RFC 6962's SCT): that its record will be
// under a head published in time. It is a signed note:
//
//	schoolgate promise v1
//	<the ledger's name>
//	<the record's leaf, base64>
//	<when it was sealed>
//	within 48h0m0s
const promiseTitle = "schoolgate promise v1"

func promiseText(name string, leaf tlog.Hash, at time.Time, within time.Duration) string {
	return fmt.Sprintf("%s\n%s\n%s\n%s\nwithin %s\n", promiseTitle, name, leaf, at.UTC().Format(time.RFC3339Nano), within)
}

// promise signs one. It is the same each time it is asked for.
func (l *Ledger) promise(leaf tlog.Hash, at time.Time) (string, error) {
	signed, err := note.Sign(&note.Note{Text: promiseText(l.key.Name(), leaf, at, l.within())}, l.key)
	if err != nil {
		return "", fmt.Errorf("ledger: sign a promise: %w", err)
	}
	return string(signed), nil
}

// openPromise checks a promise about a record, and answers by when it is due.
func (k keys) openPromise(promise string, leaf tlog.Hash, at time.Time) (due time.Time, err error) {
	n, err := note.Open([]byte(promise), k.known())
	if err != nil || !sole(promise, n) {
		return due, errors.New("the promise was not signed with the ledger's key, or was changed since")
	}
	_, after, _ := strings.Cut(n.Text, "\nwithin ")
	within, err := time.ParseDuration(strings.TrimSuffix(after, "\n"))
	if err != nil || within <= 0 || n.Text != promiseText(n.Sigs[0].Name, leaf, at, within) {
		return due, errors.New("the promise is not about this record")
	}
	return at.Add(within), nil
}
