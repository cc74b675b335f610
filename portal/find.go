package portal

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// SearchWords is the words of a name as somebody may look for them, each once and without
// what people leave off: see [fold]. Mac is Mc. Of a name of more than two words all of
// them joined are one more, for whoever writes O'Neill or van der Berg in another number
// of words.
func SearchWords(name string) []string {
	words := searchWords(name)
	if len(words) > 2 {
		words = append(words, strings.Join(words, ""))
	}
	slices.Sort(words)
	return slices.Compact(words)
}

func searchWords(name string) []string {
	words := strings.FieldsFunc(fold(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r) })
	for i, w := range words {
		if rest, ok := strings.CutPrefix(w, "mac"); ok {
			words[i] = "mc" + rest
		}
	}
	return words
}

// spellings is a word, and the short and long forms and other spellings of a forename.
func spellings(word string) []string {
	all := []string{word}
	for form, groups := range shortForms {
		if form != word && slices.ContainsFunc(groups, func(i int) bool { return slices.Contains(shortForms[word], i) }) {
			all = append(all, form)
		}
	}
	slices.Sort(all[1:])
	return all
}

// Found is who was found.
type Found struct {
	Pupils   []Pupil        // by surname
	Contacts []FoundContact // of pupils; none for whoever may not see them
	More     bool           // there are others
}

// FoundContact is a contact with the pupils whose contact they are.
type FoundContact struct {
	Contact Contact
	Pupils  []Pupil
}

const (
	// MostFound is how many of each are shown.
	MostFound = 50
	// mostLooked is how many of each are looked at, of whom some may be no concern of
	// whoever looks.
	mostLooked = 1000
	mostWords  = 6
	maxSearch  = 100 // characters
)

// Find looks for a school's pupils, on roll or not, and their contacts, by any part of
// their names however these are spelt; or, for whoever may see families, for a pupil by
// their whole unique pupil number or admission number. It answers [*Invalid] for less
// than two letters. That somebody looked is on record; what for is not.
func (p *Portal) Find(ctx context.Context, account, school, query string) (found Found, err error) {
	words := searchWords(query)
	var wrong Invalid
	if len(strings.Join(words, "")) < 2 || !utf8.ValidString(query) {
		wrong.Add("find", "Type at least two letters of a name")
	} else if len(words) > mostWords || utf8.RuneCountInString(query) > maxSearch {
		wrong.Add("find", "Type less: a part of the name is enough")
	}
	if err := wrong.Or(); err != nil {
		return found, err
	}
	forms := make([][]string, len(words))
	for i, w := range words {
		forms[i] = spellings(w)
	}
	err = p.store.View(ctx, func(tx Tx) error {
		a, err := p.allowed(tx, account, SeeRegister, Subject{School: school})
		if err != nil {
			return err
		}
		found, err = find(tx, school, query, forms, a)
		return err
	})
	if err != nil {
		return found, err
	}
	return found, p.store.Update(ctx, func(tx Tx) error {
		if _, err := p.allowed(tx, account, SeeRegister, Subject{School: school}); err != nil {
			return err
		}
		return p.event(tx, account, school, ListSeen, Ref{RefSchool, school}, map[string]any{"search": "yes", "found": len(found.Pupils) + len(found.Contacts)})
	})
}

func find(tx Tx, school, query string, words [][]string, a Actor) (found Found, err error) {
	families, reaches := a.May(SeeFamilies, Subject{School: school}) == nil, a.reach(SeeRegister, school)
	if found.Pupils, err = tx.FindPupils(school, words, mostLooked); err != nil {
		return found, err
	}
	if number := strings.ToUpper(strings.TrimSpace(query)); families && strings.ContainsFunc(number, unicode.IsDigit) {
		numbered, err := tx.PupilsNumbered(school, number)
		if err != nil {
			return found, err
		}
		found.Pupils = append(found.Pupils, numbered...)
	}
	found.More = len(found.Pupils) >= mostLooked
	found.Pupils = slices.DeleteFunc(found.Pupils, func(x Pupil) bool { return !reaches(x) })
	slices.SortFunc(found.Pupils, func(a, b Pupil) int {
		return cmp.Or(strings.Compare(fold(a.Surname), fold(b.Surname)), strings.Compare(fold(a.Forename), fold(b.Forename)), strings.Compare(a.ID, b.ID))
	})
	if families {
		children, err := tx.FindContacts(school, words, mostLooked)
		if err != nil {
			return found, err
		}
		place := map[string]int{}
		for _, c := range children {
			i, ok := place[c.Contact.ID]
			if !ok {
				i = len(found.Contacts)
				place[c.Contact.ID] = i
				found.Contacts = append(found.Contacts, FoundContact{Contact: c.Contact})
			}
			found.Contacts[i].Pupils = append(found.Contacts[i].Pupils, c.Pupil)
		}
		slices.SortFunc(found.Contacts, func(a, b FoundContact) int {
			return cmp.Or(strings.Compare(sameName(a.Contact.Name), sameName(b.Contact.Name)), strings.Compare(a.Contact.ID, b.Contact.ID))
		})
	}
	found.More = found.More || max(len(found.Pupils), len(found.Contacts)) > MostFound
	found.Pupils = found.Pupils[:min(len(found.Pupils), MostFound)]
	found.Contacts = found.Contacts[:min(len(found.Contacts), MostFound)]
	return found, nil
}
