package check

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/pelletier/go-toml/v2"

	"schoolgate/site"
	"schoolgate/site/source"
)

// readingAges are the ages that a page's words should suit, by audience. An
// agreement or a page for everybody is read by parents. So is, at their age, what
// pupils above Year 6 agree to; a page in easy words is read at the age of pupils.
var readingAges = map[string]int{"pupils": 8, "parents": 11, "everyone": 11, "": 11, "staff": 14, "visitors": 11}

// policyAge is that of the policy, whoever it says it is for.
const policyAge = 14

// fewWords is how many words a page must have for its age to mean anything.
const fewWords = 60

// A sentence is one sentence of prose, or one item of a list.
type sentence struct {
	text      string
	line      int // of the file it is in; 0 when not known
	words     int
	syllables int
}

// readingAge is Flesch and Kincaid's grade, to which five years are added: the
// age at which most children can read the sentences.
//
// J. P. Kincaid and others, Derivation of new readability formulas for Navy
// enlisted personnel, 1975.
func readingAge(sentences []sentence) (age float64, words int) {
	syllables := 0
	for _, s := range sentences {
		words += s.words
		syllables += s.syllables
	}
	if words == 0 {
		return 0, 0
	}
	return 0.39*float64(words)/float64(len(sentences)) + 11.8*float64(syllables)/float64(words) - 15.59 + 5, words
}

// checkReading compares the age that one page's words suit with its readers'.
func (in *inspection) checkReading(p *builtPage) {
	target, ok := readingAges[p.audience]
	f := in.sources.byName[p.source]
	switch {
	case strings.HasPrefix(p.address, site.PolicyAddress):
		target = policyAge
	case strings.HasPrefix(p.address, "/easy-read/"):
		target = readingAges["pupils"]
	case p.audience == "pupils" && f != nil && textAddress.MatchString(p.address) && !site.ForYoung(matterOf(f.text())):
		target = readingAges["parents"]
	}
	if !ok || strings.Count(strings.Trim(p.address, "/"), "/") > 1 && hashedWording.MatchString(p.address) {
		return
	}
	var sentences []sentence
	if f != nil {
		sentences = append(proseOf(f.text()), listed(f.text())...)
	} else {
		for line := range strings.Lines(p.inMain()) {
			sentences = appendSentences(sentences, line, 0)
		}
	}
	age, words := readingAge(sentences)
	if words < fewWords || int(age) <= target {
		return
	}
	hardest, most := sentence{}, math.Inf(-1)
	for _, s := range sentences {
		if a, n := readingAge([]sentence{s}); n >= 5 && a > most {
			hardest, most = s, a
		}
	}
	at := in.top(p)
	if hardest.line > 0 {
		at.line = hardest.line
	}
	in.reportWhole("reading-age", Doubtful, at,
		"Shorten sentences and choose plainer words; the hardest sentence begins '"+in.redact(clip(hardest.text))+"'.",
		"the words of the page suit readers of %d, and it is for readers of %d", int(age), target)
}

// hashedWording is the address of one wording of a text, whose current wording is
// measured already.
var hashedWording = regexp.MustCompile(`^/(agreements|consents)/[^/]+/[^/]+/`)

// The heart of a text that people sign or answer is all that stands before its
// first heading: what it is about, where, how long it lasts and who sees it, in so
// few words that everybody reads them before they answer.
const heartWords = 130

// checkHeart holds an agreement or a purpose to beginning with its heart.
func (in *inspection) checkHeart(p *builtPage) {
	f := in.sources.byName[p.source]
	if f == nil || !textAddress.MatchString(p.address) {
		return
	}
	heart, _, _ := strings.Cut(f.text(), "\n## ")
	_, words := readingAge(proseOf(heart))
	fix := "Say before the first heading, in a few words, what it is about, where, how long it lasts and who sees it; the answer stands below that, and the whole below the answer."
	switch {
	case words == 0:
		in.reportWhole("heart", Doubtful, in.top(p), fix, "nothing stands before the first heading, so people are asked before they know what it is about")
	case words > heartWords:
		in.reportWhole("heart", Doubtful, in.top(p), fix, "%d words stand before the first heading; more than %d are not read before the answer", words, heartWords)
	}
}

// textAddress is the address of an agreement or a purpose in force.
var textAddress = regexp.MustCompile(`^/(agreements|consents)/[^/]+/$`)

// unread are the keys of front matter whose words no reader of the page meets there:
// for search engines, for the index, for the grown-up beside a child, and its name.
var unread = []string{"title", "description", "summary", "find", "keywords", "parents", "because"}

// matterOf is a file's front matter; empty where there is none that can be read.
func matterOf(file string) (front map[string]any) {
	var none source.Problems
	if matter, _, _, ok := source.SplitMatter("", file, &none); ok {
		_ = toml.Unmarshal([]byte(matter), &front)
	}
	return front
}

// listed is the sentences that a page's layout shows out of the front matter: lists of
// steps, helpers and screens.
func listed(file string) (all []sentence) {
	var gather func(value any)
	gather = func(value any) {
		switch v := value.(type) {
		case string:
			if len(strings.Fields(v)) < 2 { // a name, an icon, an address
				return
			}
			var plain strings.Builder
			plainLine(&plain, v)
			line := 0
			if i := strings.Index(file, v); i >= 0 {
				line = 1 + strings.Count(file[:i], "\n")
			}
			all = appendSentences(all, plain.String(), line)
		case []any:
			for _, v := range v {
				gather(v)
			}
		case map[string]any:
			for _, key := range source.SortedKeys(v) {
				if !slices.Contains(unread, key) {
					gather(v[key])
				}
			}
		}
	}
	gather(matterOf(file))
	return all
}

// proseOf is the sentences of a Markdown file: its paragraphs, lists and quotes,
// without headings, tables and code.
func proseOf(file string) []sentence {
	var (
		all       []sentence
		paragraph strings.Builder
		from      int
		matter    bool
		code      bool
	)
	flush := func() {
		all = appendSentences(all, paragraph.String(), from)
		paragraph.Reset()
	}
	n := 0
	for line := range strings.Lines(file) {
		n++
		line = strings.TrimSpace(line)
		if line == source.Fence && (n == 1 || matter) {
			matter = n == 1
			continue
		}
		if matter {
			continue
		}
		if strings.HasPrefix(line, "```") || strings.HasPrefix(line, "~~~") {
			code = !code
			flush()
			continue
		}
		line = strings.TrimSpace(strings.TrimLeft(line, "> "))
		switch {
		case code:
			continue
		case line == "", line[0] == '#', line[0] == '|', line[0] == '{' && strings.HasSuffix(line, "}"), strings.HasPrefix(line, "[//]:"):
			flush()
			continue
		case listItem.MatchString(line):
			flush()
			line = listItem.ReplaceAllString(line, "")
		}
		if paragraph.Len() == 0 {
			from = n
		} else {
			paragraph.WriteByte(' ')
		}
		plainLine(&paragraph, line)
	}
	flush()
	return all
}

var listItem = regexp.MustCompile(`^(?:[-+*]|[0-9]{1,9}[.)])\s+(?:\{[#.][^}]*\}\s*)?`)

// plainLine writes a line without the marks of Markdown and the targets of links.
func plainLine(to *strings.Builder, line string) {
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '*' || c == '_' || c == '`' || c == '[' || c == '!' && i+1 < len(line) && line[i+1] == '[':
		case c == ']':
			if i+1 < len(line) && line[i+1] == '(' {
				if end := strings.IndexByte(line[i:], ')'); end > 0 {
					i += end
				}
			}
		default:
			to.WriteByte(c)
		}
	}
}

// shortened are words with a full stop that end no sentence.
var shortened = map[string]bool{"mr.": true, "mrs.": true, "ms.": true, "dr.": true, "st.": true, "e.g.": true, "i.e.": true, "etc.": true, "no.": true}

// appendSentences divides a paragraph into its sentences and measures them.
func appendSentences(all []sentence, paragraph string, line int) []sentence {
	begin, s := 0, sentence{line: line}
	end := func(at int) {
		if s.words > 0 {
			s.text = strings.TrimSpace(paragraph[begin:at])
			all = append(all, s)
		}
		begin, s = at, sentence{line: line}
	}
	for from := 0; from < len(paragraph); {
		if c := paragraph[from]; c == ' ' || c == '\n' || c == '\t' {
			from++
			continue
		}
		to := from
		for to < len(paragraph) && paragraph[to] != ' ' && paragraph[to] != '\n' && paragraph[to] != '\t' {
			to++
		}
		field := paragraph[from:to]
		bare := strings.TrimRight(field, `"'”’)`)
		if strings.Contains(field, "@") || strings.Contains(field, "://") { // an address is one word, read or not
			field = "address"
		}
		for part := range strings.FieldsFuncSeq(field, func(r rune) bool { return r == '-' || r == '/' || r == '–' || r == '—' }) {
			if n := syllables(part); n > 0 {
				s.words++
				s.syllables += n
			}
		}
		from = to
		if bare != "" {
			switch bare[len(bare)-1] {
			case '!', '?', ':':
				end(to)
			case '.':
				if !shortened[strings.ToLower(bare)] {
					end(to)
				}
			}
		}
	}
	end(len(paragraph))
	return all
}

// syllables counts those of an English word as it is spelt: groups of vowels,
// less the endings that are not said. A number counts as one.
func syllables(word string) int {
	n, letters, vowels, number := 0, 0, false, false
	lower := strings.ToLower(word)
	for _, c := range lower {
		switch c {
		case 'a', 'e', 'i', 'o', 'u', 'y', 'é', 'è', 'à', 'ö', 'ü':
			if !vowels {
				n++
			}
			vowels = true
			letters++
		case '\'', '’', '.', ',', ';', ':', '!', '?', '"', '(', ')', '“', '”', '‘':
			vowels = false
		default:
			vowels = false
			if c >= '0' && c <= '9' {
				number = true
			} else if unicode.IsLetter(c) {
				letters++
			}
		}
	}
	if letters == 0 {
		if number {
			return 1
		}
		return 0
	}
	lower = strings.TrimSuffix(strings.Trim(lower, `.,;:!?"'()“”‘’`), "'s")
	lower = strings.TrimSuffix(lower, "’s")
	switch {
	case n > 1 && (strings.HasSuffix(lower, "ed") && !strings.HasSuffix(lower, "ted") && !strings.HasSuffix(lower, "ded")),
		n > 1 && strings.HasSuffix(lower, "es") && !endsIn(lower, "ses", "zes", "xes", "ches", "shes", "ges", "ces"),
		n > 1 && strings.HasSuffix(lower, "e") && !(strings.HasSuffix(lower, "le") && len(lower) > 2 && !strings.ContainsRune("aeiouy", rune(lower[len(lower)-3]))):
		if len(lower) < 3 || !strings.ContainsRune("aeiouy", rune(lower[len(lower)-len(vowelEnd(lower))-1])) {
			n--
		}
	}
	for _, hiatus := range []string{"ia", "io", "iu", "eo", "ua", "uo"} { // two vowels that are two syllables, but for -tion, -cial and their like
		for i := strings.Index(lower, hiatus); i >= 0; {
			if i > 0 && !strings.ContainsRune("tscxgqp", rune(lower[i-1])) {
				n++
			}
			next := strings.Index(lower[i+1:], hiatus)
			if next < 0 {
				break
			}
			i += 1 + next
		}
	}
	return max(n, 1)
}

// vowelEnd is the unsaid ending of a word.
func vowelEnd(word string) string {
	for _, e := range []string{"ed", "es", "e"} {
		if strings.HasSuffix(word, e) {
			return e
		}
	}
	return ""
}

func endsIn(word string, ends ...string) bool {
	for _, e := range ends {
		if strings.HasSuffix(word, e) {
			return true
		}
	}
	return false
}
