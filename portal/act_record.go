package portal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// RecordVersion is the form in which acts are sealed now.
const RecordVersion = 2

// record2 is an act as the ledger seals it. Its JSON, with the fields in this order
// and no spaces, is canonical, and so is that of record1.
type record2 struct {
	Version   int             `json:"version"`
	Kind      ActKind         `json:"kind"`
	ID        string          `json:"id"`
	School    string          `json:"school"`
	Party     Ref             `json:"party"`
	Subject   Ref             `json:"subject"`
	By        string          `json:"by"` // an account, opaque
	Way       Way             `json:"way"`
	Text      *wording        `json:"text,omitempty"`
	TypedName string          `json:"typed_name,omitempty"`
	Answer    Answer          `json:"answer,omitempty"`
	Seq       int             `json:"seq,omitempty"`
	Until     Date            `json:"until,omitempty"`
	Details   json.RawMessage `json:"details,omitempty"`
	At        string          `json:"at"` // RFC 3339, UTC, to the microsecond
}

type wording struct {
	Slug     string `json:"slug"`
	Edition  int    `json:"edition"`
	Hash     string `json:"sha256"`
	Language string `json:"language"`
}

// record1 is the form of the first acts, which were all a contact's about a pupil,
// and had no version in it. Receipts that families hold name its bytes for ever.
type record1 struct {
	Kind      ActKind `json:"type"`
	ID        string  `json:"id"`
	School    string  `json:"school"`
	Pupil     string  `json:"pupil"`
	Contact   string  `json:"contact"`
	By        string  `json:"account"`
	Text      string  `json:"text"`
	Edition   int     `json:"edition"`
	Hash      string  `json:"sha256"`
	TypedName string  `json:"typed_name,omitempty"`
	Answer    Answer  `json:"answer,omitempty"`
	At        string  `json:"at"`
	Way       Way     `json:"channel"`
	Language  string  `json:"language"`
}

// Record is the act as the ledger seals it: canonical JSON, in the form of the
// act's Version.
func (a Act) Record() []byte {
	at := a.At.UTC().Truncate(time.Microsecond).Format(time.RFC3339Nano)
	var r any
	if a.Version == 1 {
		r = record1{a.Kind, a.ID, a.School, a.Subject.ID, a.Party.ID, a.By, a.TextSlug, a.Edition, a.TextHash, a.TypedName, a.Answer, at, a.Way, a.Language}
	} else {
		var text *wording
		if a.TextHash != "" {
			text = &wording{a.TextSlug, a.Edition, a.TextHash, a.Language}
		}
		r = record2{a.Version, a.Kind, a.ID, a.School, a.Party, a.Subject, a.By, a.Way, text, a.TypedName, a.Answer, a.Seq, a.Until, json.RawMessage(a.Details), at}
	}
	b, err := json.Marshal(r)
	if err != nil {
		panic(fmt.Sprintf("portal: the record of %v did not marshal: %v", a, err))
	}
	return b
}

// ParseRecord is the act that a record seals: it reads only what [Act.Record] writes,
// byte for byte. A record of the first form does not say the act's Seq.
func ParseRecord(record []byte) (a Act, err error) {
	strange := errors.New("the record is not written as records are")
	var form struct {
		Version int    `json:"version"`
		At      string `json:"at"`
	}
	if json.Unmarshal(record, &form) != nil {
		return a, strange
	}
	switch form.Version {
	case 0:
		var r record1
		err = json.Unmarshal(record, &r)
		a = Act{ID: r.ID, Version: 1, Kind: r.Kind, School: r.School, Party: Ref{RefContact, r.Contact}, Subject: Ref{RefPupil, r.Pupil}, By: r.By, Way: r.Way,
			TextSlug: r.Text, Edition: r.Edition, TextHash: r.Hash, Language: r.Language, TypedName: r.TypedName, Answer: r.Answer}
	case RecordVersion:
		var r record2
		err = json.Unmarshal(record, &r)
		a = Act{ID: r.ID, Version: r.Version, Kind: r.Kind, School: r.School, Party: r.Party, Subject: r.Subject, By: r.By, Way: r.Way,
			TypedName: r.TypedName, Answer: r.Answer, Seq: r.Seq, Until: r.Until, Details: string(r.Details)}
		if r.Text != nil {
			a.TextSlug, a.Edition, a.TextHash, a.Language = r.Text.Slug, r.Text.Edition, r.Text.Hash, r.Text.Language
		}
	default:
		return a, fmt.Errorf("the record is of version %d, and this program knows %d: use the newer program", form.Version, RecordVersion)
	}
	if err != nil {
		return a, strange
	}
	if a.At, err = time.Parse(time.RFC3339Nano, form.At); err != nil || !bytes.Equal(a.Record(), record) {
		return a, strange
	}
	return a, nil
}

// add puts an act on record and seals it, giving it its id and its time.
func (p *Portal) add(tx Tx, a Act) (Act, error) {
	a = p.made(a)
	return a, p.seal(tx, a)
}

func (p *Portal) made(a Act) Act {
	a.ID, a.Version, a.At = newID(), RecordVersion, p.now()
	return a
}

func (p *Portal) seal(tx Tx, a Act) error {
	if err := tx.AddAct(a); err != nil {
		return err
	}
	if a.Kind == Decision && a.Answer != Given {
		if err := p.takeDown(tx, a); err != nil {
			return err
		}
	}
	if err := p.ledger.Append(tx, a.ID, a.Record(), a.At); err != nil {
		return err
	}
	if a.Party.Kind == RefContact && a.TextHash != "" && a.Way != InOffice {
		return p.queue(tx, ReceiptMail, a.School, a.Party.ID, "", a.At)
	}
	return nil
}
