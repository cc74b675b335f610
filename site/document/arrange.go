package document

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// A Policy is what was made of a document: the text of a policy.md, and what became
// of every block.
type Policy struct {
	Title   string
	Facts   []Fact
	Text    string
	Pieces  []Piece
	Remarks []Remark // about the document as a whole
}

// A Fact is what a title page or a table at the front says: when it was approved, by
// whom, and so on.
type Fact struct {
	Name  string
	Value string
}

// A Piece is one block of the document and what became of it.
type Piece struct {
	Number, Was string // as the document has it
	Became      string // "heading", "clause", "bullet", "paragraph", "table", "front matter"; Dropped
	Line        int    // where it begins in Text, from 1; 0 when it is not there
	Lines       int
	Why         string // of what was dropped
	Remarks     []Remark
}

// A draft is a block on its way.
type draft struct {
	Block
	class  string // of a typed label
	bullet bool
	drop   string
	fact   bool
	id     string
}

type arranger struct {
	doc     *Document
	drafts  []*draft
	policy  Policy
	entries map[string]entry // of the table of contents
	body    int              // size of most letters
	front   int              // where the front ends
}

type entry struct {
	number string
	level  int
}

// Arrange makes a policy of a document.
func Arrange(d *Document) *Policy {
	a := &arranger{doc: d, entries: map[string]entry{}}
	sizes := map[int]int{}
	for _, b := range d.Blocks {
		a.drafts = append(a.drafts, &draft{Block: b, bullet: b.Kind == Item && b.Number == ""})
		sizes[b.Size] += len(b.Text())
	}
	for size, n := range sizes {
		if n > sizes[a.body] || n == sizes[a.body] && size < a.body {
			a.body = size
		}
	}
	for _, step := range []func(){a.empty, a.pageNumbers, a.labels, a.contents, a.signatures, a.headings, a.frontMatter} {
		step()
	}
	a.write()
	return &a.policy
}

// left are the drafts that are still in the policy, from one on.
func (a *arranger) left(from int) func(func(int, *draft) bool) {
	return func(yield func(int, *draft) bool) {
		for i := from; i < len(a.drafts); i++ {
			if d := a.drafts[i]; d.drop == "" && !d.fact && !yield(i, d) {
				return
			}
		}
	}
}

func (a *arranger) next(from int) *draft {
	for _, d := range a.left(from) {
		return d
	}
	return nil
}

func (a *arranger) unsure(at int, format string, args ...any) {
	a.doc.Remarks = append(a.doc.Remarks, Remark{Unsure, at, fmt.Sprintf(format, args...)})
}

func (a *arranger) empty() {
	for _, d := range a.drafts {
		if strings.TrimSpace(d.Text()) == "" && !slices.ContainsFunc(d.Spans, func(s Span) bool { return s.Note != "" }) {
			d.drop = "-" // nothing is lost, and nobody is told
			if d.Number != "" {
				d.drop = "a number without words"
			}
		}
	}
}

// markedIn are the words of a block that are highlighted.
func markedIn(b Block) string {
	var out []string
	for _, s := range b.Spans {
		if s.Marked && strings.TrimSpace(s.Text) != "" {
			out = append(out, s.Text)
		}
	}
	for _, r := range b.Rows {
		for _, c := range r.Cells {
			for _, inner := range c.Blocks {
				if m := markedIn(inner); m != "" {
					out = append(out, m)
				}
			}
		}
	}
	return strings.Join(strings.Fields(strings.Join(out, " ")), " ")
}

var pageNumber = regexp.MustCompile(`^(?i:(?:page\s*)?[-–| ]*\d{1,3}[-–| ]*(?:(?:of|/)\s*\d{1,3})?|.{0,60}\bpage\s+\d{1,3}(?:\s+of\s+\d{1,3})?|\d{1,3}\s*\|\s*p\s?a\s?g\s?e)$`)

// pageNumbers drops those that came as words of the text.
func (a *arranger) pageNumbers() {
	for _, d := range a.left(0) {
		if words := d.words(); d.Kind == Paragraph && pageNumber.MatchString(words) && (d.page > 0 || strings.Contains(strings.ToLower(words), "page")) {
			d.drop = "a page number"
		}
	}
}

// labels finds numbers and bullets that were typed.
func (a *arranger) labels() {
	t := typist{last: map[string]int{}}
	for _, d := range a.left(0) {
		if d.Kind == Table || d.Number != "" || d.bullet || d.Kind == Contents {
			if c := strings.TrimRight(d.Number, ".)"); depth(c) == 1 {
				t.last[strings.Replace(d.Number, c, "1", 1)] = number(c, 0)
			}
			continue
		}
		class, ok := t.take(&d.Block)
		if !ok {
			continue
		}
		d.class = class
		if d.Kind == Paragraph || d.Kind == Item {
			d.Kind, d.bullet = Item, strings.HasPrefix(class, "bullet")
			if d.List == "" {
				d.List, d.Level = "typed "+class, max(0, depth(d.Number)-1)
			}
		}
	}
}

var (
	contentsHead = regexp.MustCompile(`^(?i)(?:table of )?contents(?: page)?:?$|^index$`)
	pageAfter    = regexp.MustCompile(`^(.*?\S)\s*(?:\t+|[.…·_‥]{3,}|\s\.(?: \.)+|\s{4,})\s*(\d{1,3})$`)
	pageLoose    = regexp.MustCompile(`^(.*\pL.*?)\s+(\d{1,3})$`)
)

func plainWords(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ")
}

// contents drops the table of contents, and keeps in mind what it says: its lines are
// the document's headings. A line of it is known by its kind, by a page number at its
// end, or because the same words stand again further down; several on end are needed,
// where nothing says what they are.
func (a *arranger) contents() {
	later := map[string]int{} // where words stand as a block of their own, last
	for i, d := range a.left(0) {
		later[plainWords(d.Text())] = i
	}
	var head *draft
	var run []*draft
	end := func() {
		for _, d := range run {
			if head == nil && d.Kind != Contents && len(run) < 3 {
				break
			}
			text := strings.TrimSpace(d.Text())
			if m := pageAfter.FindStringSubmatch(text); m != nil {
				text = m[1]
			} else if m := pageLoose.FindStringSubmatch(text); m != nil && later[plainWords(m[1])] > 0 {
				text = m[1]
			}
			inner := Block{Kind: Heading, Number: d.Number, Spans: []Span{{Text: text}}}
			if inner.Number == "" {
				(&typist{last: map[string]int{}}).take(&inner)
			}
			if key := plainWords(inner.Text()); key != "" {
				a.entries[key] = entry{inner.Number, max(1, depth(inner.Number))}
			}
			if d.drop = "a line of the table of contents"; head != nil {
				head.drop = "the heading of the table of contents"
			}
		}
		run, head = nil, nil
	}
	seen, prose := map[string]bool{}, false
	for i, d := range a.left(0) {
		text := strings.TrimSpace(d.Text())
		key, loose := plainWords(text), pageLoose.FindStringSubmatch(text)
		again := len(text) <= 120 && (head != nil || !prose) && later[key] > i && !seen[key] || len(text) <= 120 && loose != nil && later[plainWords(loose[1])] > i
		switch {
		case d.Kind == Contents, d.Kind != Table && (again || pageAfter.MatchString(text)):
			run, seen[key] = append(run, d), true
		case contentsHead.MatchString(d.words()) && d.Kind != Table:
			end()
			head = d
		default:
			end()
		}
		prose = prose || len(text) > 120 && d.Kind != Table
	}
	end()
}

var (
	signWords = regexp.MustCompile(`(?i)\b(sign(ed|ature)?|chair|head ?teacher|principal|governor|date|name|print)\b`)
	gap       = regexp.MustCompile(`_{3,}|\.{5,}|…{2,}|-{6,}`)
	signOnly  = regexp.MustCompile(`^(?i)(?:signed|signature)(?: by)?(?: (?:the )?(?:chair[a-z ]*|head[a-z ]*))?\s*:?\s*(?:date\s*:?)?$`)
)

// signature says whether words are a line to sign on: nothing but what is to be
// written beside the gap.
func signature(s string) bool {
	s = strings.Join(strings.Fields(s), " ")
	if signOnly.MatchString(s) {
		return true
	}
	if !gap.MatchString(s) || !signWords.MatchString(s) {
		return false
	}
	rest := regexp.MustCompile(`(?i)\b(sign(ed|ature)?|chair(person|man)?|of|the|governing|body|governors?|board|trustees?|head ?teacher|principal|date|names?|print(ed)?|by|on|behalf|and|position|role|witness)\b`).ReplaceAllString(gap.ReplaceAllString(s, ""), "")
	return len(strings.Trim(rest, " :.,/()_-–\t")) <= 2
}

func (a *arranger) signatures() {
	for _, d := range a.left(0) {
		if d.Kind != Table && signature(d.Text()) {
			d.drop = "a line to sign on"
		}
		if d.Kind != Table || len(d.Rows) > 6 {
			continue
		}
		signs := 0
		for _, r := range d.Rows {
			words := strings.TrimSpace((Block{Rows: []Row{r}}).Text())
			if words = strings.Trim(words, " |"); words == "" || signature(words) || signWords.MatchString(words) && len(words) < 12 {
				signs++
			}
		}
		if signs == len(d.Rows) {
			d.drop = "a table to sign in"
		}
	}
}

// brief says whether words could be a heading.
func brief(s string, colon bool) bool {
	s = strings.TrimSpace(s)
	if s == "" || strings.Contains(s, "\n") {
		return false
	}
	end := s[len(s)-1]
	words := len(strings.Fields(s))
	first := []rune(s)[0]
	return words <= 14 && len(s) <= 110 && end != '.' && end != ';' && end != ',' && (end != ':' || colon && words < 6) && (unicode.IsUpper(first) || unicode.IsDigit(first) || first == '\'' || first == '‘' || first == '“')
}

func capitals(s string) bool {
	upper := 0
	for _, r := range s {
		if unicode.IsLower(r) {
			return false
		}
		if unicode.IsUpper(r) {
			upper++
		}
	}
	return upper > 3
}

// headings finds those that are no headings to the word processor, and takes back
// those that are whole sentences.
func (a *arranger) headings() {
	styled := 0
	for _, d := range a.left(0) {
		if d.Kind == Heading {
			styled++
		}
	}
	plain := a.body == 0 && styled == 0 // text alone: nothing is bold or large
	level := 0                          // of the last heading that has a number
	for i, d := range a.left(0) {
		text := strings.TrimSpace(d.Text())
		words := len(strings.Fields(text))
		listed, inContents := a.entries[plainWords(text)]
		switch {
		case d.Kind == Title || d.Kind == Contents || d.Kind == Table:
			if d.Kind == Contents {
				d.Kind = Paragraph
			}
			continue
		case d.Kind == Heading:
			if words > 22 || words > 14 && strings.HasSuffix(text, ".") {
				d.Kind = Paragraph
				if d.Number != "" {
					d.Kind, d.List, d.Level = Item, "headings", d.Level-1
				}
				a.unsure(i, "a heading of %d words is now %s", words, map[bool]string{true: "a clause", false: "a paragraph"}[d.Number != ""])
				continue
			}
		case inContents && brief(text, true):
			d.Kind, d.Level = Heading, listed.level
		case d.Kind == Paragraph && namedLabel.MatchString(text) && brief(text, true):
			d.Kind, d.Level = Heading, 1
		case d.Number != "" && brief(text, allBold(d.Spans)) && (allBold(d.Spans) || a.body > 0 && d.Size > a.body || capitals(text)) && (depth(d.Number) > 0 || namedLabel.MatchString(d.Number)):
			d.Kind, d.Level = Heading, max(1, depth(d.Number))
		case d.Number != "" && plain && brief(text, false) && depth(d.Number) > 0 && d.class != "" && a.leads(i, d):
			d.Kind, d.Level = Heading, depth(d.Number)
		case d.Kind == Paragraph && i > 0 && brief(text, false) && a.stands(i, d, plain):
			d.Kind, d.Level = Heading, level+1
			if level == 0 && styled == 0 {
				d.Level = 1
			}
			a.unsure(i, byLook)
		default:
			continue
		}
		if d.Number == "" {
			before := d.Block
			if _, ok := (&typist{last: map[string]int{}}).take(&d.Block); !ok {
				d.Block = before
			}
		}
		if n := a.entries[plainWords(d.Text())].number; d.Number == "" && n != "" {
			d.Number = n
			a.unsure(i, "its number, %s, is from the table of contents", n)
		}
		if next := a.next(i + 1); next != nil && namedLabel.FindString(text) == text && next.Number == "" && brief(next.Text(), false) && (next.Kind == Heading || allBold(next.Spans)) {
			d.drop, next.Kind, next.Level, next.Number = "its number is with the heading below it", Heading, d.Level, text
		}
		if d.bullet = false; d.Number != "" || d.Level <= level || level == 0 {
			level = d.Level
		}
	}
}

const byLook = "taken for a heading, by its look"

// leads says whether what follows a numbered line belongs to it: a heading has prose
// or deeper numbers below it, an item of a list the next item.
func (a *arranger) leads(i int, d *draft) bool {
	n := a.next(i + 1)
	if n == nil {
		return false
	}
	if n.Number != "" && depth(n.Number) > 0 {
		return depth(n.Number) > depth(d.Number)
	}
	return true
}

// stands says whether a paragraph without a number looks like a heading.
func (a *arranger) stands(i int, d *draft, plain bool) bool {
	n := a.next(i + 1)
	if n == nil || signature(n.Text()) {
		return false
	}
	prose := n.Kind == Item || n.Kind == Table || n.Kind == Heading || len(n.Text()) > 60 || strings.HasSuffix(n.words(), ".") || strings.HasSuffix(n.words(), ":")
	if !plain {
		return prose && (allBold(d.Spans) || d.Size > a.body+1)
	}
	return prose && len(strings.Fields(d.Text())) <= 10 && !strings.ContainsAny(d.Text(), "@:") && !gap.MatchString(d.Text()) && !strings.HasSuffix(d.words(), ")")
}

// Kinds of facts that settings ask for; see Settings.
var factKinds = []struct {
	kind string
	key  *regexp.Regexp
}{
	{"policy_next_review", regexp.MustCompile(`(?i)^(?:date (?:of|for) )?(?:next |for )?review(?: date| due| by| on)?$|^(?:date (?:of|for) )?next review(?: date| due| by)?$|^(?:to be|due for|for) review(?:ed)?(?: by| on| date)?$|^review due(?: date)?$|^renewal(?: date)?$|^policy review date$`)},
	{"policy_approved_on", regexp.MustCompile(`(?i)^(?:date )?(?:last )?(?:approved|adopted|ratified|agreed|issued|reviewed|updated|revised)(?: on| date)?$|^date (?:of )?(?:approval|approved|adoption|adopted|ratification|ratified|issue|issued|agreed|policy agreed|reviewed|last review(?:ed)?|last approved)$|^(?:approval|adoption|ratification|issue|effective|implementation|last review|last approval|published?|publication) date$|^(?:policy )?(?:date|written|created|effective from)$|^date of (?:the |this )?(?:policy|document|version)$|^approved (?:by .{3,60}) on$|^last review(?:ed)?(?: on| date)?$`)},
	{"policy_approved_by", regexp.MustCompile(`(?i)^(?:to be )?(?:approved|adopted|ratified|agreed|authorised|signed off)(?: by|/ratified by)$|^(?:approving|approval|ratifying)(?: body| committee| by| authority| level)?$|^committee(?: responsible)?$|^governing body committee$`)},
	{"policy_version", regexp.MustCompile(`(?i)^(?:document |policy |current )?(?:version|issue|revision)(?: no\.?| number| #)?$`)},
	{"policy_reference", regexp.MustCompile(`(?i)^(?:document |policy )?(?:ref(?:erence)?|code|id|number)\.?(?: no\.?| number| code)?$`)},
	{"owner", regexp.MustCompile(`(?i)^(?:document |policy )?(?:owner|author|lead|holder|manager|originator|written by|produced by|prepared by|staff (?:lead|member|responsible)|responsible (?:person|officer|for (?:this )?policy)|person responsible|responsibility(?: of)?|lead (?:person|officer|member of staff|professional)|reviewed by|nominated lead|member of (?:slt|staff|leadership).*)$`)},
	{"title", regexp.MustCompile(`(?i)^(?:policy|document)?\s*(?:title|name)(?: of (?:policy|document))?$|^name of policy$|^policy$`)},
	{"sign", regexp.MustCompile(`(?i)^sign(?:ed|ature).*$`)},
	{"other", regexp.MustCompile(`(?i)^(?:review (?:cycle|frequency|period|interval)|frequency of review|statutory(?: policy)?|status|school|academy|trust|audience|applies to|linked policies|related policies|supersedes|replaces|publication(?: status)?|published on|website|head ?teacher|(?:executive )?head|principal|chair of (?:governors|trustees|the governing (?:body|board))|(?:deputy )?designated safeguarding leads?(?: \(dsls?\))?|(?:deputy )?dsls?|(?:named |link |nominated )?(?:safeguarding |online safety |e-?safety )(?:link )?(?:governor|trustee|lead|co-?ordinator|officer|leader)|senco|data protection (?:officer|lead)|dpo|ict (?:lead|manager|co-?ordinator|technician)|computing (?:lead|leader|co-?ordinator)|network manager|it support)$`)},
}

// factKind is what kind of fact a name such as "Next review" asks for, or "".
func factKind(name string) string {
	name = strings.Trim(strings.Join(strings.Fields(name), " "), " :*.-–")
	for _, k := range factKinds {
		if k.key.MatchString(name) {
			return k.kind
		}
	}
	return ""
}

var (
	factLine    = regexp.MustCompile(`^([^:\n]{2,60}?)\s*(?::|\t+|[ ]{3,}|\s[–-]\s)\s*([^\n]*)$`)
	approvedBy  = regexp.MustCompile(`^(?i)(?:this (?:policy|document) was )?((?:approved|adopted|ratified|agreed|signed off|reviewed) by) (.{3,80}?)\s*(?:,? (?:on|in)|:)\s*((?:\d|january|february|march|april|may|june|july|august|september|october|november|december|spring|summer|autumn).{2,30})$`)
	nextReview  = regexp.MustCompile(`^(?i)((?:next |date of next |to be )?(?:review(?:ed)?)(?: due| date)?(?: in| on| by)?) ((?:\d|january|february|march|april|may|june|july|august|september|october|november|december|spring|summer|autumn).{2,30})$`)
	historyHead = regexp.MustCompile(`(?i)\b(version|issue|revision|date)\b`)
	historyWhat = regexp.MustCompile(`(?i)\b(changes?|amend\w*|description|comments?|summary|details|reason|updates?|revisions?)\b`)
)

// frontMatter takes what stands before the first section into its place.
func (a *arranger) frontMatter() {
	a.front = len(a.drafts)
	for i, d := range a.left(0) {
		_, listed := a.entries[plainWords(d.Text())]
		if words := d.words(); d.Kind == Heading && (d.Number != "" || listed || words != "" && !a.titleLike(i, d)) && factKind(words) == "" && !control.MatchString(words) {
			a.front = i
			break
		}
	}
	a.title()
	var above *draft
	for i, d := range a.left(0) {
		switch {
		case d.Kind == Table && (i < a.front || i > len(a.drafts)-8):
			if d.fact = a.factTable(i, d); d.fact && above != nil && above.Kind == Heading && a.headless(i) {
				above.drop = "a heading with nothing left below it"
			}
		case i < a.front:
			a.factLines(i, d)
		}
		above = d
	}
	for i, d := range a.left(0) {
		if i >= a.front {
			break
		}
		words := d.words()
		if strings.EqualFold(words, a.policy.Title) {
			d.drop = "the title, once more"
		} else if d.Kind == Heading && a.headless(i) {
			d.drop = "a heading with nothing left below it"
		} else if d.Kind == Title || len(strings.Fields(words)) <= 9 && d.Kind == Paragraph && !strings.HasSuffix(words, ".") && (a.body == 0 || d.Size >= a.body) && i < 12 && !strings.ContainsAny(words, "[]<>{}_") {
			d.drop = "a line of the title page"
		}
	}
}

// control is the heading of a table about the document itself.
var control = regexp.MustCompile(`(?i)(version|document|amendment|review) (control|history|record|log)|^approval|^key (contacts|people|staff)`)

// headless says whether nothing of the front is left below a heading in it.
func (a *arranger) headless(i int) bool {
	for j, d := range a.left(i + 1) {
		return j == a.front || d.Kind == Heading && d.Level <= a.drafts[i].Level
	}
	return true
}

var (
	policyWord = regexp.MustCompile(`(?i)\b(polic(y|ies)|procedures?|agreement|guidance|strategy)\b`)
	schoolWord = regexp.MustCompile(`(?i)\b(school|academy|trust|federation|primary|infants?|juniors?|nursery|college)\b`)
)

// titleLike says whether a heading is one of the title page: what the policy or the
// school is called.
func (a *arranger) titleLike(i int, d *draft) bool {
	before := 0
	for j := range a.left(0) {
		if j < i {
			before++
		}
	}
	return before < 4 && d.Number == "" && (policyWord.MatchString(d.words()) || schoolWord.MatchString(d.words()) && a.headless(i))
}

// title finds what the policy is called.
func (a *arranger) title() {
	best, score := -1, 0
	for i, d := range a.left(0) {
		if i >= a.front && d.Kind != Title || i > 40 {
			break
		}
		words := d.words()
		if d.Kind == Table || d.Kind == Item || len(words) > 120 || strings.HasSuffix(words, ".") || factLine.MatchString(words) && factKind(factLine.FindStringSubmatch(words)[1]) != "" {
			continue
		}
		points := 1
		if policyWord.MatchString(words) {
			points += 6
		}
		if d.Kind == Title {
			points += 5
		}
		if d.Kind == Heading {
			points += 2
		}
		if d.Size > a.body {
			points += 2
		}
		if points > score {
			best, score = i, points
		}
	}
	if best >= 0 && score > 2 {
		a.policy.Title = a.drafts[best].words()
		a.drafts[best].fact = true
	} else if policyWord.MatchString(a.doc.Named) {
		a.policy.Title = a.doc.Named
		a.unsure(-1, "the title is from the properties of the file: %q", a.doc.Named)
	} else {
		a.policy.Title = "Online safety policy"
		a.unsure(-1, "no title was found: it is now %q", a.policy.Title)
	}
}

// factLines takes "Next review: May 2027" into the facts.
func (a *arranger) factLines(i int, d *draft) {
	words := strings.TrimSpace(d.Text())
	if len(words) > 300 || d.Number != "" {
		return
	}
	var facts []Fact
	for line := range strings.SplitSeq(words, "\n") {
		line = strings.TrimSpace(line)
		switch m := factLine.FindStringSubmatch(line); {
		case line == "":
		case m != nil && factKind(m[1]) != "":
			facts = append(facts, Fact{m[1], m[2]})
		case approvedBy.MatchString(line):
			m := approvedBy.FindStringSubmatch(line)
			facts = append(facts, Fact{m[1], m[2]}, Fact{"Approved on", m[3]})
		case nextReview.MatchString(line):
			m := nextReview.FindStringSubmatch(line)
			facts = append(facts, Fact{m[1], m[2]})
		case m != nil && m[2] != "" && len(strings.Fields(m[1])) < 4 && len(strings.Fields(m[2])) < 9 && !strings.HasSuffix(line, "."):
			facts = append(facts, Fact{m[1], m[2]})
		default:
			f, ok := unmarked(line)
			if !ok {
				return
			}
			facts = append(facts, f)
		}
	}
	a.take(i, facts)
	d.fact = len(facts) > 0
}

// unmarked takes apart "Approved by Full Governing Body", as a table comes out of a
// PDF: a name that is known, then an answer.
func unmarked(line string) (Fact, bool) {
	words := strings.Fields(line)
	for n := min(5, len(words)-1); n > 0 && len(words) < 13 && !strings.HasSuffix(line, "."); n-- {
		name, first := strings.Join(words[:n], " "), []rune(words[n])[0]
		if kind := factKind(name); kind != "" && kind != "title" && (unicode.IsUpper(first) || unicode.IsDigit(first)) {
			return Fact{name, strings.Join(words[n:], " ")}, true
		}
	}
	return Fact{}, false
}

// take keeps facts, and tells those without an answer.
func (a *arranger) take(i int, facts []Fact) {
	for _, f := range facts {
		f.Name = strings.Trim(strings.Join(strings.Fields(f.Name), " "), " :*")
		f.Value = strings.Join(strings.Fields(f.Value), " ")
		switch kind := factKind(f.Name); {
		case f.Name == "":
			if !strings.EqualFold(f.Value, a.policy.Title) {
				a.doc.Remarks = append(a.doc.Remarks, Remark{Dropped, i, fmt.Sprintf("a line of the title page: %q", f.Value)})
			}
		case kind == "title" && f.Value != "" && !a.titled():
			a.policy.Title = f.Value
		case kind == "title" && strings.EqualFold(f.Value, a.policy.Title):
		case strings.Trim(gap.ReplaceAllString(f.Value, ""), " ._-") == "" || kind == "sign":
			why := "a line to sign on"
			if kind != "sign" {
				why = "a line of the front without an answer"
			}
			a.doc.Remarks = append(a.doc.Remarks, Remark{Dropped, i, fmt.Sprintf("%s: %q", why, strings.TrimSpace(f.Name+": "+f.Value))})
		default:
			a.policy.Facts = append(a.policy.Facts, f)
		}
	}
}

func (a *arranger) titled() bool {
	return policyWord.MatchString(a.policy.Title) && a.policy.Title != "Online safety policy"
}

// factTable takes a table of approval, versions or people into the facts. Behind the
// front, people are of the text.
func (a *arranger) factTable(i int, d *draft) bool {
	cell := func(c Cell) string { return strings.TrimSpace(textOf(c.Blocks)) }
	var facts []Fact
	known, rows := 0, 0
	for _, r := range d.Rows {
		var words []string
		for _, c := range r.Cells {
			words = append(words, cell(c))
		}
		if len(words)%2 == 1 {
			last := words[len(words)-1]
			if m := factLine.FindStringSubmatch(last); m != nil {
				words = append(words[:len(words)-1], m[1], m[2])
			} else if len(words) == 1 {
				words = []string{"", last}
			} else if last != "" {
				known = -1000
			}
		}
		for c := 0; c+1 < len(words); c += 2 {
			name, value := words[c], words[c+1]
			if name+value == "" {
				continue
			}
			if kind := factKind(name); kind != "" && (i < a.front || kind != "other") {
				known++
			}
			if rows++; len(name) > 60 {
				known = -1000
			}
			facts = append(facts, Fact{name, value})
		}
	}
	if rows > 0 && known*2 >= rows {
		a.take(i, facts)
		return true
	}
	if head := (Block{Rows: d.Rows[:1]}).Text(); len(d.Rows) > 1 && historyHead.MatchString(head) && historyWhat.MatchString(head) {
		for _, r := range d.Rows[1:] {
			var parts []string
			for c, each := range r.Cells {
				if c > 0 && cell(each) != "" {
					parts = append(parts, cell(each))
				}
			}
			if len(r.Cells) == 0 || cell(r.Cells[0]) == "" && parts == nil {
				continue
			}
			name := cell(d.Rows[0].Cells[0]) + " " + cell(r.Cells[0])
			a.policy.Facts = append(a.policy.Facts, Fact{name, strings.Join(parts, " · ")})
		}
		return true
	}
	return false
}

// opened is an item of a list that what follows may stand in.
type opened struct {
	list   string
	level  int
	indent int
	inset  int // how far its words stand from the left in Markdown
	bullet bool
}

// write writes the Markdown and notes where each block stands in it.
func (a *arranger) write() {
	w := writer{ids: a.targets(), notes: map[string]int{}}
	for _, name := range a.doc.Order {
		if len(a.doc.Notes[name]) > 0 && w.notes[name] == 0 {
			w.notes[name] = len(w.notes) + 1
		}
	}
	out := a.matter()
	head := len(out)
	line := func(text string, inset int) {
		for each := range strings.SplitSeq(text, "\n") {
			out = append(out, strings.TrimRight(strings.Repeat(" ", inset)+each, " "))
		}
	}
	blank := func() {
		if len(out) > head && out[len(out)-1] != "" {
			out = append(out, "")
		}
	}
	var stack []opened
	var levels []int // of the headings that are open
	before := Paragraph
	a.policy.Pieces = make([]Piece, len(a.drafts))
	for i, d := range a.drafts {
		p := &a.policy.Pieces[i]
		p.Was, p.Number = strings.TrimSpace(a.doc.Blocks[i].Text()), a.doc.Blocks[i].Number
		switch {
		case d.drop != "":
			p.Became, p.Why = Dropped, strings.Trim(d.drop, "-")
			continue
		case d.fact:
			p.Became = "front matter"
			continue
		}
		w.lost = func(format string, args ...any) { a.unsure(i, format, args...) }
		if marked := markedIn(d.Block); marked != "" {
			a.unsure(i, "highlighted words, which stand between == until they are settled: %q", marked)
		}
		n, fits := asShown(d.Number, d.Kind == Heading)
		if !fits {
			a.unsure(i, "its number does not fit the margin, and stands before the words: %s", d.Number)
			d.Spans = append([]Span{{Text: d.Number + " "}}, d.Spans...)
			n = ""
			if d.Kind == Item {
				d.Kind = Paragraph
			}
		}
		mark := ""
		if d.id != "" {
			mark = "#" + d.id + " "
		}
		var start int
		switch d.Kind {
		case Heading, Title:
			stack = nil
			level := max(1, d.Level)
			for len(levels) > 0 && levels[len(levels)-1] >= level {
				levels = levels[:len(levels)-1]
			}
			levels = append(levels, level)
			blank()
			start = len(out)
			line(fmt.Sprintf("%s %s {%sn=%q}", strings.Repeat("#", min(len(levels)+1, 6)), w.inline(d.Spans, true, false), mark, n), 0)
			for _, s := range d.Spans {
				if s.Note != "" && w.notes[s.Note] > 0 {
					line("", 0)
					line(w.inline([]Span{{Text: "Note: " + textOf(a.doc.Notes[s.Note])}}, false, false), 0)
					delete(w.notes, s.Note)
				}
			}
			out = append(out, "")
			p.Became = "heading"
		case Item:
			stack = nest(stack, d)
			inset := 0
			if len(stack) > 0 {
				inset = stack[len(stack)-1].inset
			}
			if before != Item {
				blank()
			}
			start = len(out)
			words := w.inline(d.Spans, false, false)
			marker, width := "- ", 2
			p.Became = "bullet"
			if !d.bullet {
				marker, width = "1. ", 3
				p.Became = "clause"
				words = fmt.Sprintf("{%sn=%q} %s", mark, n, words)
			}
			stack = append(stack, opened{d.List, d.Level, d.Indent, inset + width, d.bullet})
			first, rest, more := strings.Cut(words, "\n")
			line(marker+first, inset)
			if more {
				line(rest, inset+width)
			}
		case Table:
			stack = nil
			blank()
			start = len(out)
			for _, r := range w.rows(d.Block) {
				line(r, 0)
			}
			out = append(out, "")
			p.Became = "table"
		default:
			stack = under(stack, d)
			inset := 0
			if len(stack) > 0 {
				inset = stack[len(stack)-1].inset
			}
			blank()
			start = len(out)
			line(w.inline(d.Spans, false, false), inset)
			if inset == 0 || a.next(i+1) == nil || a.next(i+1).Kind != Item {
				out = append(out, "")
			}
			p.Became = "paragraph"
		}
		before = d.Kind
		p.Line, p.Lines = start+1, max(1, len(out)-start)
	}
	w.lost = func(format string, args ...any) { a.unsure(-1, format, args...) }
	for _, name := range a.doc.Order {
		if n := w.notes[name]; n > 0 {
			blank()
			var words []string
			for _, b := range a.doc.Notes[name] {
				if b.Text() != "" {
					words = append(words, w.inline(trimSpans(b.Spans), false, true))
				}
			}
			line(fmt.Sprintf("[^%d]: %s", n, strings.Join(words, " ")), 0)
			delete(w.notes, name)
		}
	}
	a.policy.Text = strings.TrimRight(strings.Join(out, "\n"), "\n") + "\n"
	for _, r := range a.doc.Remarks {
		if r.At < 0 || r.At >= len(a.policy.Pieces) {
			a.policy.Remarks = append(a.policy.Remarks, r)
		} else {
			p := &a.policy.Pieces[r.At]
			if r.Sort == Unsure && p.Line == 0 && r.Text == byLook {
				continue
			}
			p.Remarks = append(p.Remarks, r)
		}
	}
}

// nest finds the item in which an item stands: by the list they are of, or by how far
// from the left their words are, or else a new kind of label within the last.
func nest(stack []opened, d *draft) []opened {
	for i, o := range slices.Backward(stack) {
		if o.list == d.List && o.bullet == d.bullet && (o.indent == d.Indent || d.List != "") {
			if o.level < d.Level {
				return stack[:i+1]
			}
			if o.level == d.Level {
				return stack[:i]
			}
		}
	}
	for len(stack) > 0 {
		top := stack[len(stack)-1]
		if top.list == d.List && top.level >= d.Level {
			stack = stack[:len(stack)-1]
			continue
		}
		if top.indent > 0 || d.Indent > 0 {
			if d.Indent <= top.indent+40 && top.list != d.List {
				stack = stack[:len(stack)-1]
				continue
			}
		}
		break
	}
	return stack[:min(len(stack), 8)]
}

// under finds the item to which a paragraph without a mark belongs: its words stand
// no further left.
func under(stack []opened, d *draft) []opened {
	for len(stack) > 0 && (d.Indent < 200 || stack[len(stack)-1].indent > d.Indent+60) {
		stack = stack[:len(stack)-1]
	}
	return stack
}

// targets gives an id to whatever a link within the document leads to, or to what
// that stands in.
func (a *arranger) targets() map[string]string {
	used := map[string]bool{}
	note := func(spans []Span) {
		for _, s := range spans {
			if name, ok := strings.CutPrefix(s.Link, "#"); ok && name != "" {
				used[name] = true
			}
		}
	}
	for _, d := range a.left(0) {
		note(d.Spans)
		for _, r := range d.Rows {
			for _, c := range r.Cells {
				for _, b := range c.Blocks {
					note(b.Spans)
				}
			}
		}
	}
	ids, taken := map[string]string{}, map[string]bool{}
	var holder *draft
	for _, d := range a.drafts {
		if d.drop == "" && !d.fact && (d.Kind == Heading || d.Kind == Item && !d.bullet) {
			holder = d
		}
		for _, place := range d.Places {
			if !used[place] || holder == nil {
				continue
			}
			if holder.id == "" {
				words := strings.Fields(plainWords(strings.Map(func(r rune) rune {
					if r > unicode.MaxASCII {
						return -1
					}
					return r
				}, holder.Text())))
				id := "to-" + cmp.Or(strings.Join(words[:min(len(words), 6)], "-"), "clause")
				for n := 2; taken[id]; n++ {
					id = fmt.Sprintf("%s-%d", strings.TrimRight(id, "-0123456789"), n)
				}
				holder.id, taken[id] = id, true
			}
			ids[place] = holder.id
		}
	}
	return ids
}

// matter is the front matter: what the document says of itself, and nothing of the
// model's.
func (a *arranger) matter() []string {
	facts := make([]map[string]string, 0, len(a.policy.Facts))
	reviewed := ""
	for _, f := range a.policy.Facts {
		facts = append(facts, map[string]string{"name": f.Name, "value": (writer{lost: func(string, ...any) {}}).inline([]Span{{Text: f.Value}}, true, true)})
		if day := ReadDay(f.Value); factKind(f.Name) == "policy_approved_on" && day != "" {
			reviewed = day
		}
	}
	quote := func(s string) string {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(single.Replace(s)) + `"`
	}
	out := []string{"+++", "title = " + quote(a.policy.Title)}
	if reviewed != "" {
		out = append(out, "reviewed = "+quote(reviewed))
	}
	out = append(out, "roles = []", "facts = [")
	for _, f := range facts {
		out = append(out, "  { name = "+quote(f["name"])+", value = "+quote(f["value"])+" },")
	}
	return append(out, "]", "+++", "")
}
