package portal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Who is who, who may decide and how long what is kept stand in tables that change, and
// what has had its time is erased. So that neither is done by hand, every transaction that
// changes such a table ends with an event that has the hashes of the rows that went and came,
// and every one that erases says which entries of the ledger. These events are signed with
// the ledger's key, which whoever has the database alone has not. [CheckRegister] compares the
// tables with what all of the events add up to.

// RowHash is a hash over a row and its table, the ids in it, which are random, among
// them: once these are erased it tells nothing of what was in the row.
type RowHash [16]byte

// SignedEvent is an event that is signed with the ledger's key.
type SignedEvent struct {
	Act
	Index int64 // in the ledger
}

// signedKinds are the kinds of event that are signed, and never erased.
var signedKinds = []ActKind{Erased, RegisterHashed, RegisterChanged, ClockRight, DatabaseRestored, HeadsMissing, KeyChanged}

// SignedKinds is which events are signed, and never erased.
func SignedKinds() []ActKind { return slices.Clone(signedKinds) }

// heldEvents are what decided who may do what: they stay as long as those whom they
// name, however old they are.
var heldEvents = []ActKind{RestrictionSet, RestrictionLifted, DecidesChanged, Joined, JoinExtended, JoinConfirmed, JoinEnded, WordingChanged}

// HeldEvents is which events have their time with those whom they name, and not before.
func HeldEvents() []ActKind { return heldEvents }

// signedDetails is what such an event says beside what it is read for.
type signedDetails struct {
	Signature string `json:"seal"`
	Gone      []byte // hashes of rows, one after another
	Come      []byte
	Entries   string // of the ledger, whose records were erased: see [ranges]
}

// unsigned is such an event as it was before it was signed, and its signature.
func (s SignedEvent) unsigned() (act Act, d signedDetails, err error) {
	act = s.Act
	var all map[string]json.RawMessage
	if err = errors.Join(json.Unmarshal([]byte(act.Details), &d), json.Unmarshal([]byte(act.Details), &all)); err != nil {
		return act, d, fmt.Errorf("%v: %w", act, err)
	}
	delete(all, "seal")
	b, err := json.Marshal(all)
	act.Details = string(b)
	return act, d, err
}

// text is what is signed: the event, and that it is this entry of the ledger.
func (s SignedEvent) text() string {
	return fmt.Sprintf("schoolgate seal v1\n%d\n%s\n", s.Index, s.Record())
}

// watchful is a store whose updates put on record what they have changed of the register.
type watchful struct {
	Store
	p     *Portal
	begun atomic.Bool // the register has its first seal
}

func (s *watchful) Update(ctx context.Context, f func(Tx) error) error {
	err := s.Store.Update(ctx, func(tx Tx) error {
		if !s.begun.Load() {
			if err := s.p.firstHashes(tx); err != nil {
				return err
			}
		}
		if err := f(tx); err != nil {
			return err
		}
		gone, come := tx.Changed()
		if len(gone)+len(come) == 0 {
			return nil
		}
		return s.p.event(tx, itself, "", RegisterChanged, Ref{RefSchool, "*"}, map[string]any{"gone": packed(gone), "come": packed(come)})
	})
	if err == nil {
		s.begun.Store(true)
	}
	return err
}

// So many rows one event seals at most, when the register is first sealed.
const hashesAtOnce = 8192

// firstHashes seals the whole register, once: a database that is new, or that a program
// from before this has filled. It refuses where the first seal was there and is gone: what
// was changed by hand would be taken for what it was.
func (p *Portal) firstHashes(tx Tx) error {
	if done, err := tx.FirstHashed(); err != nil || done {
		return err
	}
	before, err := tx.SignedEvents()
	if err != nil {
		return err
	}
	for _, s := range before {
		if _, d, err := s.unsigned(); err != nil || d.Signature != "" {
			return errors.Join(err, errors.New("the register's first seal was taken out of the ledger by hand, so nothing is changed: look with schoolgate verify, and put a backup back"))
		}
	}
	var all []RowHash
	if err := tx.EachRow(func(s RowHash, _ string) error {
		all = append(all, s)
		return nil
	}); err != nil {
		return err
	}
	for first := true; first || len(all) > 0; first = false {
		n := min(len(all), hashesAtOnce)
		if err := p.event(tx, itself, "", RegisterHashed, Ref{RefSchool, "*"}, map[string]any{"come": packed(all[:n])}); err != nil {
			return err
		}
		all = all[n:]
	}
	return nil
}

// HashRegister seals the register, if it was never. Any update does.
func (p *Portal) HashRegister(ctx context.Context) error {
	return p.store.Update(ctx, func(Tx) error { return nil })
}

func packed(all []RowHash) (b []byte) {
	for _, s := range all {
		b = append(b, s[:]...)
	}
	return b
}

func unpacked(b []byte) []RowHash {
	var all []RowHash
	for part := range slices.Chunk(b, len(RowHash{})) {
		var s RowHash
		copy(s[:], part)
		all = append(all, s)
	}
	return all
}

// RegisterChecked is what [CheckRegister] found, where everything holds.
type RegisterChecked struct {
	Since        time.Time // when the register was first sealed, UTC; zero where it was not yet
	Rows         int       // of the register, each as it was sealed
	ErasedBefore int       // records that were erased before erasures were sealed
}

// CheckRegister compares the register, and which entries of the ledger have no record, with
// the events that seal them. It answers the first difference, naming only tables, ids and
// entries. Signer answers which of the ledger's keys, in their order, has signed a text.
// Of a register that was never sealed it says so, and compares nothing.
//
// Whoever has the ledger's key, too, can change the register and sign for it; that shows by
// heads that were kept elsewhere. What was done since the last head can be undone whole.
func CheckRegister(tx Tx, signer func(text, signature string) (key int, err error)) (RegisterChecked, error) {
	c := registerCheck{signer: signer, rows: map[RowHash][]SignedEvent{}, erased: map[int64]SignedEvent{}, first: -1}
	all, err := tx.SignedEvents()
	if err != nil {
		return c.found, err
	}
	for _, s := range all {
		if err := c.event(s); err != nil {
			return c.found, err
		}
	}
	if err := c.erasures(tx); err != nil {
		return c.found, err
	}
	return c.found, c.register(tx)
}

// registerCheck is the events as they add up.
type registerCheck struct {
	signer func(text, signature string) (int, error)
	found  RegisterChecked
	first  int64 // entry that sealed the register; -1 before that
	key    int   // that signed last
	rows   map[RowHash][]SignedEvent
	erased map[int64]SignedEvent // by entry
	before int                   // records erased, as the events say that are from before they were signed
}

func (c *registerCheck) event(s SignedEvent) error {
	act, d, err := s.unsigned()
	if err != nil {
		return err
	}
	if d.Signature == "" {
		if c.first >= 0 {
			return fmt.Errorf("event %s (%s) is not signed with the ledger's key: it was put in by hand", s.ID, s.Kind)
		}
		if s.Kind == Erased {
			n, err := erasedTally(s.Act)
			c.before += n[KeptAnswers] + n[KeptSigned] + n[KeptEvents]
			return err
		}
		return nil
	}
	key, err := c.signer(SignedEvent{act, s.Index}.text(), d.Signature)
	switch {
	case err != nil:
		return fmt.Errorf("event %s (%s): %w", s.ID, s.Kind, err)
	case key < c.key:
		return fmt.Errorf("event %s (%s) is signed with a key that was handed over before", s.ID, s.Kind)
	case c.first < 0 && s.Kind != RegisterHashed:
		return errors.New("the register's first seal was taken out of the ledger by hand")
	case c.first < 0:
		c.first, c.found.Since = s.Index, s.At.UTC()
	}
	c.key = key
	for _, row := range unpacked(d.Gone) {
		was := c.rows[row]
		if len(was) == 0 {
			return fmt.Errorf("on %s a row of the register was changed that somebody had changed by hand before (event %s)", s.At.UTC().Format(time.RFC3339), s.ID)
		}
		c.rows[row] = was[1:]
	}
	for _, row := range unpacked(d.Come) {
		c.rows[row] = append(c.rows[row], s)
	}
	return c.entries(s, d.Entries)
}

// entries notes which entries an event says were erased.
func (c *registerCheck) entries(s SignedEvent, text string) error {
	entries, err := parseRanges(text)
	if err != nil {
		return fmt.Errorf("event %s: %w", s.ID, err)
	}
	for _, i := range entries {
		if _, twice := c.erased[i]; twice || i >= s.Index {
			return fmt.Errorf("event %s says that entry %d was erased, and that cannot be", s.ID, i)
		}
		c.erased[i] = s
	}
	return nil
}

// erasures compares which entries have no record with those that are on record as erased.
func (c *registerCheck) erasures(tx Tx) error {
	without, err := tx.LedgerErased()
	if err != nil {
		return err
	}
	for _, i := range without {
		if _, ok := c.erased[i]; ok {
			delete(c.erased, i)
			continue
		}
		if c.found.ErasedBefore++; c.first >= 0 && i > c.first || c.found.ErasedBefore > c.before {
			return fmt.Errorf("entry %d of the ledger has no record, and nobody is on record as having erased it: it was taken out by hand%s", i, c.alike())
		}
	}
	if c.found.ErasedBefore < c.before {
		return fmt.Errorf("before erasures were sealed %d records were erased, and %d entries have none", c.before, c.found.ErasedBefore)
	}
	for i, s := range c.erased {
		return fmt.Errorf("entry %d of the ledger is on record as erased (event %s), and has a record", i, s.ID)
	}
	return nil
}

// alike says of what else an entry may be one.
func (c *registerCheck) alike() string {
	if c.before == 0 {
		return ""
	}
	return fmt.Sprintf(" (or another before it: %d were erased before erasures were sealed)", c.before)
}

// register compares the rows there are with those that were sealed.
func (c *registerCheck) register(tx Tx) error {
	if c.first < 0 {
		return nil
	}
	err := tx.EachRow(func(row RowHash, name string) error {
		was := c.rows[row]
		if len(was) == 0 {
			return fmt.Errorf("the register's row %s is not as it was sealed: it was changed or put in by hand", name)
		}
		c.rows[row] = was[1:]
		c.found.Rows++
		return nil
	})
	if err != nil {
		return err
	}
	for _, left := range c.rows {
		if len(left) > 0 {
			return fmt.Errorf("a row of the register was taken out by hand: it was sealed on %s (event %s)", left[0].At.UTC().Format(time.RFC3339), left[0].ID)
		}
	}
	return nil
}

// ranges is entries as an event has them: "3-7 12".
func ranges(entries []int64) string {
	all := slices.Sorted(slices.Values(entries))
	var parts []string
	for len(all) > 0 {
		n := 1
		for n < len(all) && all[n] == all[n-1]+1 {
			n++
		}
		part := strconv.FormatInt(all[0], 10)
		if n > 1 {
			part += "-" + strconv.FormatInt(all[n-1], 10)
		}
		parts, all = append(parts, part), all[n:]
	}
	return strings.Join(parts, " ")
}

// parseRanges reads what [ranges] has written.
func parseRanges(text string) (all []int64, err error) {
	for _, part := range strings.Fields(text) {
		first, last, more := strings.Cut(part, "-")
		if !more {
			last = first
		}
		from, err1 := strconv.ParseInt(first, 10, 64)
		to, err2 := strconv.ParseInt(last, 10, 64)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		for i := from; i <= to; i++ {
			all = append(all, i)
		}
	}
	return all, nil
}
