package roster

import (
	"slices"
	"strings"

	"schoolgate/portal"
)

// openText opens CSV, whatever separates its cells.
func openText(file []byte, m portal.ListMapping) (*book, error) {
	text, encoding, broken := decode(file)
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
		name  string
		score int
	}{
		{"NHS class list", 3 * has("childfirstname", "childdateofbirth", "childregistration")},
		{"SIMS report", 2*has("adno", "inleacare", "regn") + has("legalsurname", "legalforename", "reg", "yeartaughtin", "parentalresponsibility", "primaryemail")},
		{"Arbor export", 2*has("guardian", "emaildefault", "arborstudentid", "legalguardian") + has("legalfirstname", "legallastname", "registrationform", "yeargroup")},
		{"Bromcom export", 2*has("pupilfirstname", "bromcom", "tutorgroup") + has("admissionno", "contactfirstname", "mobilephone", "homephone", "yeargroup")},
		{"ScholarPack export", 2*has("admno", "pupilforename", "lac") + has("ncyear", "relation", "responsibility", "class")},
	} {
		if s.score > most {
			best, most = s.name, s.score
		}
	}
	return best
}
