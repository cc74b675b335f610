package portal

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// An answer is to the words that were read. It counts for other words of the same
// edition in two cases alone: where only details differ, such as a telephone number,
// and where the text says that it corrects those words, and a second person, who is
// not of the office, has agreed that both mean the same (S7, C5). Until then it counts
// no more than an answer to an earlier edition: families are asked again.

// Correction is a wording in force that says of itself that it corrects an earlier one.
type Correction struct {
	Was, Now Text
}

// pair is two wordings by their hashes, in no order.
type pair [2]string

func pairOf(a, b string) pair { return pair{min(a, b), max(a, b)} }

// agreedPairs is which wordings of a school somebody has agreed to mean the same.
func agreedPairs(tx Tx, school string) (map[pair]bool, error) {
	all, err := tx.Events(EventFilter{School: school, Kind: WordingAgreed, Most: MostEvents})
	agreed := map[pair]bool{}
	for _, a := range all {
		var said struct{ Was, Now string }
		if err := json.Unmarshal([]byte(a.Details), &said); err != nil {
			return nil, fmt.Errorf("%v: %w", a, err)
		}
		agreed[pairOf(said.Was, said.Now)] = true
	}
	return agreed, err
}

// otherWords is the wordings of the current editions, by hash, an answer to which does
// not count for the wording in force.
func otherWords(tx Tx, s School) (map[string]bool, error) {
	all, err := tx.Wordings(s.Slug)
	if err != nil {
		return nil, err
	}
	other := map[string]bool{}
	var agreed map[pair]bool
	for _, now := range s.Texts {
		var rest []Text // not known to mean the same
		for _, w := range all {
			if w.Kind == now.Kind && w.Slug == now.Slug && w.Edition == now.Edition && w.Hash != now.Hash {
				rest = append(rest, w)
			}
		}
		if len(rest) > 0 && agreed == nil {
			if agreed, err = agreedPairs(tx, s.Slug); err != nil {
				return nil, err
			}
		}
		for same := []Text{now}; len(same) > 0 && len(rest) > 0; same = same[1:] {
			var differ []Text
			for _, w := range rest {
				counts := agreed[pairOf(w.Hash, same[0].Hash)]
				if !counts && w.sense() == same[0].sense() {
					if counts, err = onlyDetails(tx, s.Slug, w.Hash, same[0].Hash); err != nil {
						return nil, err
					}
				}
				if counts {
					same = append(same, w)
				} else {
					differ = append(differ, w)
				}
			}
			rest = differ
		}
		for _, w := range rest {
			other[w.Hash] = true
		}
	}
	return other, nil
}

// sense is the words without their details; of a wording from before anybody said what
// those were, all of them.
func (t Text) sense() string { return cmp.Or(t.Sense, t.Hash) }

// onlyDetails says whether two wordings of one sense differ by what can be a detail.
// That a school marks a blank as one does not make a sentence of it one.
func onlyDetails(tx Tx, school, was, now string) (bool, error) {
	a, err1 := tx.Text(school, was)
	b, err2 := tx.Text(school, now)
	return err1 == nil && err2 == nil && detailsAlone(a.Source, b.Source), errors.Join(err1, err2)
}

// What is longer than this, in a line, is no telephone number, name or address.
const (
	mostDetailWords  = 12
	mostDetailSpeech = 3 // words that begin with a small letter: "the school business manager" has one too many
)

// detailsAlone compares two sources line by line. The front matter, in which stands
// what is asked and what a yes leads to, must be the same.
func detailsAlone(was, now string) bool {
	frontWas, was := front(was)
	frontNow, now := front(now)
	a, b := strings.Split(was, "\n"), strings.Split(now, "\n")
	if frontWas != frontNow || len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] && (!detail(a[i], b[i]) || !detail(b[i], a[i])) {
			return false
		}
	}
	return true
}

// front is a source's front matter, and what comes after it.
func front(source string) (matter, body string) {
	const fence = "+++\n"
	if rest, ok := strings.CutPrefix(source, fence); ok {
		if matter, body, ok = strings.Cut(rest, "\n"+fence); ok {
			return matter, body
		}
	}
	return source, ""
}

// detail says whether what one line has over another can be a detail.
func detail(line, other string) bool {
	a, b := strings.Fields(line), strings.Fields(other)
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	speech := 0
	for _, w := range a {
		if unicode.IsLower([]rune(w)[0]) && !strings.ContainsAny(w, "@/") {
			speech++
		}
		if strings.ContainsAny(w, "?!") {
			return false
		}
	}
	return len(a) <= mostDetailWords && speech <= mostDetailSpeech
}

// Corrections are the wordings in force at a school for which earlier answers do not
// count, as nobody has agreed yet, with the wording that each corrects.
func (p *Portal) Corrections(ctx context.Context, account, school string) (all []Correction, err error) {
	err = p.store.View(ctx, func(tx Tx) error {
		if _, err := p.allowed(tx, account, AgreeWording, Subject{School: school}); err != nil {
			return err
		}
		all, err = corrections(tx, school)
		return err
	})
	return all, err
}

func corrections(tx Tx, school string) (all []Correction, err error) {
	s, err := tx.School(school)
	if err != nil {
		return nil, err
	}
	other, err := otherWords(tx, s)
	if err != nil || len(other) == 0 {
		return nil, err
	}
	wordings, err := tx.Wordings(school)
	if err != nil {
		return nil, err
	}
	for _, now := range s.Texts {
		for _, w := range wordings {
			said := now.Corrects == w.Hash || now.sense() == w.sense() // what was marked as a detail and is none
			if !other[w.Hash] || !said || w.Kind != now.Kind || w.Slug != now.Slug || w.Edition != now.Edition {
				continue
			}
			was, err := tx.Text(school, w.Hash)
			if err != nil {
				return nil, err
			}
			all = append(all, Correction{Was: was, Now: now})
		}
	}
	return all, nil
}

// Agree records, sealed, that a correction means the same as what it corrects: from
// then on earlier answers count for it. Whoever runs the office, or the server, does not
// agree to what may be their own. It answers [ErrNotFound] for what is no correction
// that waits: another may have replaced it since it was looked at.
func (p *Portal) Agree(ctx context.Context, account, school, was, now string) error {
	return p.store.Update(ctx, func(tx Tx) error {
		if _, err := p.allowed(tx, account, AgreeWording, Subject{School: school}); err != nil {
			return err
		}
		all, err := corrections(tx, school)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(c Correction) bool { return c.Was.Hash == was && c.Now.Hash == now })
		if i < 0 {
			return fmt.Errorf("correction: %w", ErrNotFound)
		}
		t := all[i].Now
		return p.event(tx, account, school, WordingAgreed, Ref{RefText, now}, map[string]any{"was": was, "now": now, "text": t.Slug, "edition": t.Edition, "why": t.Because})
	})
}

// putSchool saves a school, and puts on record that its texts come in other words, of
// the same edition or of another, and what was said of each.
func (p *Portal) putSchool(tx Tx, s School) error {
	before, err := tx.School(s.Slug)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	said := func() (map[string]Text, error) {
		all, err := tx.Wordings(s.Slug)
		by := make(map[string]Text, len(all))
		for _, w := range all {
			by[w.Hash] = w
		}
		return by, err
	}
	was, err := said()
	if err != nil {
		return err
	}
	if err := tx.PutSchool(s); err != nil {
		return err
	}
	is, err := said()
	if err != nil {
		return err
	}
	anew := map[string]bool{} // texts that come in other words
	for _, t := range s.Texts {
		replaced := ""
		if i := slices.IndexFunc(before.Texts, func(b Text) bool { return b.Kind == t.Kind && b.Slug == t.Slug }); i >= 0 && before.Texts[i].Hash != t.Hash {
			replaced = before.Texts[i].Hash
			anew[t.Hash] = true
		}
		w, known := is[t.Hash], was[t.Hash]
		if replaced == "" && w.Sense == known.Sense && w.Corrects == known.Corrects {
			continue
		}
		err := p.event(tx, Operator, s.Slug, WordingChanged, Ref{RefText, t.Hash}, map[string]any{"was": replaced, "now": t.Hash, "text": t.Slug, "edition": t.Edition, "why": t.Because, "sense": w.Sense, "corrects": w.Corrects})
		if err != nil {
			return err
		}
	}
	return p.tellChanged(tx, s.Slug, func(t Text) bool { return anew[t.Hash] })
}
