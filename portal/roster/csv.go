package roster

import (
	"slices"
	"strings"

	"schoolgate/portal"
)

// openText opens CSV, whatever separates its cells.
func openText(file []byte, m portal.ListMapping) (*book, error) {
	text, encoding, page, broken := decode(file, m.Encoding)
	if strings.TrimSpace(text) == "" {
		return nil, invalid("file", "the file is empty")
	}
	separators := ",;\t|"
	if first, rest, _ := strings.Cut(text, "\n"); len(first) >= 5 && strings.EqualFold(first[:4], "sep=") && strings.Trim(first[4:], separators+"\r") == "" {
		separators, text = first[4:5], rest // Excel's own first line, which it does not show as a row
	}
	var best *grid
	var comma byte
	var failed error
	for i := range len(separators) {
		c := separators[i]
		g := &grid{broken: broken, lines: func(yield func(line) bool) error {
			in := &records{s: text, comma: c}
			for in.next() {
				if !yield(line{in.row, in.cells, in.wide, in.fault, in.faultAt}) {
					break
				}
			}
			return nil
		}}
		err := g.find()
		if best == nil || g.known > best.known || g.known == best.known && len(g.heads) > len(best.heads) {
			best, comma, failed = g, c, err
		}
	}
	if failed != nil {
		return nil, failed
	}
	b := &book{}
	if b.page = page; page != "" {
		if word := wrongLetters(text[:min(len(text), 256<<10)]); word != "" {
			b.notes = append(b.notes, "Letters came out wrong, as in "+shown(word)+": say how the file was saved.")
		}
	}
	if err := b.choose([]*grid{best}, m); err != nil {
		return nil, err
	}
	how := []string{encoding}
	if name := map[byte]string{';': "semicolons", '\t': "tabs", '|': "bars"}[comma]; name != "" {
		how = append(how, name)
	}
	b.format = system(best.heads) + " (CSV, " + strings.Join(how, ", ") + ")"
	return b, nil
}

// system is whose report the headings look like.
func system(heads []string) string {
	all := squashed(heads)
	has := func(words ...string) (n int) {
		for _, w := range words {
			if slices.ContainsFunc(all, func(h string) bool { return strings.Contains(h, w) }) {
				n++
			}
		}
		return n
	}
	best, most := "Class list", 1
	for _, s := range []struct {
		name        string
		own, shared int // headings that are this system's, and that others have too
	}{
		{"NHS class list", has("childfirstname", "childdateofbirth", "childregistration"), 0},
		{"SIMS report", has("adno", "inleacare", "regn", "yeartaughtin"), has("legalsurname", "legalforename", "reg", "parentalresponsibility", "primaryemail")},
		{"Arbor export", has("guardian", "emaildefault", "arborstudentid", "legalguardian"), has("legalfirstname", "legallastname", "registrationform", "yeargroup")},
		{"Bromcom export", has("pupilfirstname", "bromcom", "tutorgroup"), has("admissionno", "contactfirstname", "mobilephone", "homephone", "yeargroup")},
		{"ScholarPack export", has("admno", "pupilforename"), has("ncyear", "relation", "responsibility", "class")},
	} {
		if score := 2*s.own + s.shared; s.own > 0 && score > most {
			best, most = s.name, score
		}
	}
	return best
}
