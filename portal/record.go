package portal

import (
	"encoding/json"
	"fmt"
	"time"
)

// Record is an act as the ledger seals it. Its JSON, with the fields in this
// order and no spaces, is canonical.
type Record struct {
	Type      string `json:"type"` // "signature" or "decision"
	ID        string `json:"id"`
	School    string `json:"school"`
	Pupil     string `json:"pupil"`   // opaque
	Contact   string `json:"contact"` // opaque
	Account   string `json:"account"` // opaque
	Text      string `json:"text"`    // slug
	Edition   int    `json:"edition"`
	Hash      string `json:"sha256"` // of the wording
	TypedName string `json:"typed_name,omitempty"`
	Answer    Answer `json:"answer,omitempty"`
	At        string `json:"at"` // RFC 3339, UTC, to the microsecond
	Channel   string `json:"channel"`
	Language  string `json:"language"`
}

func (a Act) record(kind string) Record {
	return Record{
		Type: kind, ID: a.ID, School: a.School, Pupil: a.PupilID, Contact: a.ContactID,
		Account: a.AccountID, Text: a.TextSlug, Edition: a.Edition, Hash: a.TextHash,
		At: a.At.UTC().Truncate(time.Microsecond).Format(time.RFC3339Nano), Channel: string(a.Channel), Language: a.Language,
	}
}

// Record is the signature as the ledger seals it.
func (s Signature) Record() Record {
	r := s.record("signature")
	r.TypedName = s.TypedName
	return r
}

// Record is the decision as the ledger seals it.
func (d Decision) Record() Record {
	r := d.record("decision")
	r.Answer = d.Answer
	return r
}

// Canonical is the record's one JSON form.
func (r Record) Canonical() []byte {
	b, err := json.Marshal(r)
	if err != nil {
		panic(fmt.Sprintf("portal: a record of plain strings did not marshal: %v", err))
	}
	return b
}
