package portal

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// plainLetters is each letter that is written without its mark, or in two
// letters, where a system or a person leaves marks off.
var plainLetters = func() map[rune]string {
	m := map[rune]string{
		'æ': "ae", 'œ': "oe", 'ß': "ss", 'ẞ': "ss", 'þ': "th", 'ĳ': "ij", 'ﬁ': "fi", 'ﬂ': "fl",
		'ё': "е", 'й': "и", 'ї': "і", 'ґ': "г", 'ά': "α", 'έ': "ε", 'ή': "η", 'ί': "ι", 'ό': "ο", 'ύ': "υ", 'ώ': "ω", 'ϊ': "ι", 'ϋ': "υ",
		'أ': "ا", 'إ': "ا", 'آ': "ا",
	}
	for plain, marked := range map[string]string{
		"a": "àáâãäåāăąǎǟǡǻȁȃȧạảấầẩẫậắằẳẵặ", "b": "ḃḅḇ", "c": "çćĉċčḉ", "d": "ďđðḋḍḏḑḓ",
		"e": "èéêëēĕėęěȅȇȩḕḗḙḛḝẹẻẽếềểễệə", "f": "ḟ", "g": "ĝğġģǥǧǵḡ", "h": "ĥħȟḣḥḧḩḫẖ", "i": "ìíîïĩīĭįıǐȉȋḭḯỉị",
		"j": "ĵǰ", "k": "ķǩḱḳḵĸ", "l": "ĺļľŀłḷḹḻḽ", "m": "ḿṁṃ", "n": "ñńņňŉŋǹṅṇṉṋ",
		"o": "òóôõöøōŏőơǒǫǭǿȍȏȫȭȯȱṍṏṑṓọỏốồổỗộớờởỡợ", "p": "ṕṗ", "r": "ŕŗřȑȓṙṛṝṟ", "s": "śŝşšșṡṣṥṧṩſ",
		"t": "ţťŧțṫṭṯṱẗ", "u": "ùúûüũūŭůűųưǔǖǘǚǜȕȗṳṵṷṹṻụủứừửữự", "v": "ṽṿ", "w": "ŵẁẃẅẇẉẘ", "x": "ẋẍ",
		"y": "ýÿŷȳẏẙỳỵỷỹ", "z": "źżžẑẓẕƶ",
	} {
		for _, r := range marked {
			m[r] = plain
		}
	}
	return m
}()

// fold is the words of a name as two people spell them alike: without case,
// accents, apostrophes, hyphens, full stops, brackets and joiners, and with
// "Surname, Forename" turned round. A name of nothing else is left as it is.
func fold(name string) string {
	if last, first, ok := strings.Cut(name, ","); ok && !strings.Contains(first, ",") {
		name = first + " " + last
	}
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		plain, ok := plainLetters[r]
		switch {
		case ok:
			b.WriteString(plain)
		case r >= 0x300 && r <= 0x36f, r >= 0x64b && r <= 0x652, r == 0x640: // accents that stand alone; Arabic's short vowels and stretching
		case unicode.Is(unicode.Cf, r), apostrophe(r):
		case unicode.IsSpace(r), dash(r), strings.ContainsRune(".()[]/\\_", r):
			b.WriteByte(' ')
		default:
			b.WriteRune(r)
		}
	}
	if folded := strings.Join(strings.Fields(b.String()), " "); folded != "" {
		return folded
	}
	return name
}

// apostrophe says whether a character stands for an apostrophe, as keyboards and
// word processors write it.
func apostrophe(r rune) bool {
	return strings.ContainsRune("'’‘‛`´ʼʻʹˈ′ʾʿ＇\u0092", r)
}

func dash(r rune) bool { return unicode.Is(unicode.Pd, r) || r == '\u2212' || r == '\u00ad' }

// titles is what stands before a name, and of whom it can be said: 'm', 'f', or
// anybody.
var titles = map[string]byte{
	"mr": 'm', "master": 'm', "sir": 'm', "lord": 'm', "father": 'm', "fr": 'm', "mister": 'm',
	"mrs": 'f', "miss": 'f', "ms": 'f', "lady": 'f', "dame": 'f', "madam": 'f', "mme": 'f',
	"mx": 0, "dr": 0, "doctor": 0, "prof": 0, "professor": 0, "rev": 0, "revd": 0, "reverend": 0, "canon": 0,
	"capt": 0, "captain": 0, "cllr": 0, "col": 0, "hon": 0, "imam": 0, "rabbi": 0, "pastor": 0, "sgt": 0, "major": 0,
}

// sameName is a contact's name for comparing: folded, and without titles.
func sameName(name string) string {
	bare, _ := titled(name)
	return bare
}

// titled is a name folded, without titles and spaces, and of whom these can be said. Of
// a name that is nothing but a title, the title is the name.
func titled(name string) (bare string, of byte) {
	words := strings.Fields(fold(name))
	for len(words) > 1 {
		kind, ok := titles[words[0]]
		if !ok {
			break
		}
		if kind != 0 {
			of = kind
		}
		words = words[1:]
	}
	return strings.Join(words, ""), of
}

// samePupilName says whether two pupils' names are spelt alike.
func samePupilName(a, b Pupil) bool {
	return a.Forename == b.Forename && a.Surname == b.Surname || pupilName(a.Forename, a.Surname) == pupilName(b.Forename, b.Surname)
}

// pupilName is a pupil's name for comparing.
func pupilName(forename, surname string) string {
	return strings.ReplaceAll(fold(forename+" "+surname), " ", "")
}

// samePerson says whether two names may be one person's: the same but for what
// [fold] leaves out and for titles, unless one is a man's and the other a
// woman's. Mr and Mrs Lee are two people.
func samePerson(a, b string) bool {
	if a == b {
		return true
	}
	bareA, ofA := titled(a)
	bareB, ofB := titled(b)
	return bareA == bareB && (ofA == 0 || ofB == 0 || ofA == ofB)
}

// maybeSame says whether two names may well be one person's, for whom it would be a
// harm not to notice: the same but for the order of the words, for names in the middle,
// initials and short forms, unless one is a man's and the other a woman's.
func maybeSame(a, b string) bool { return spellingOf(a).maybe(spellingOf(b)) }

// spelling is a name made ready for comparing with many others.
type spelling struct {
	name, bare string // as written, and as [titled] has it
	of         byte
	words      []string // as [nameWords] has them
	ofWords    byte
}

func spellingOf(name string) spelling {
	s := spelling{name: name}
	s.bare, s.of = titled(name)
	s.words, s.ofWords = nameWords(name)
	return s
}

// maybe is [maybeSame].
func (a spelling) maybe(b spelling) bool {
	if a.name == b.name || a.bare == b.bare && (a.of == 0 || b.of == 0 || a.of == b.of) {
		return true
	}
	wordsA, ofA := a.words, a.ofWords
	wordsB, ofB := b.words, b.ofWords
	if len(wordsA) > len(wordsB) {
		wordsA, wordsB = wordsB, wordsA
	}
	if ofA != 0 && ofB != 0 && ofA != ofB || len(wordsA) < 2 {
		return false
	}
	whole := false // more than initials
	for _, w := range wordsA {
		i := slices.IndexFunc(wordsB, func(x string) bool { return sameWord(w, x) })
		if i < 0 {
			return false
		}
		whole = whole || len(w) > 1 && len(wordsB[i]) > 1
		wordsB = slices.Delete(slices.Clone(wordsB), i, i+1)
	}
	return whole
}

// nameWords is the words of a name without titles, and of whom these can be said.
func nameWords(name string) (words []string, of byte) {
	for _, w := range strings.Fields(fold(name)) {
		if kind, ok := titles[w]; ok && len(words) == 0 {
			of = max(of, kind)
			continue
		}
		words = append(words, w)
	}
	return words, of
}

// sameWord says whether two words of names may stand for each other: an initial, the
// beginning of the other, or a short form of it.
func sameWord(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	return a == b || utf8.RuneCountInString(a) == 1 && strings.HasPrefix(b, a) || len(a) >= 3 && strings.HasPrefix(b, a) ||
		slices.ContainsFunc(shortForms[a], func(i int) bool { return slices.Contains(shortForms[b], i) })
}

// shortForms is, of each forename, the names that it may be a form of, as people in
// England use them.
var shortForms = func() map[string][]int {
	m := map[string][]int{}
	for i, forms := range []string{
		"alexander alex alec al sandy sasha", "alexandra alex sandra sandy sasha", "alfred alfie fred al", "andrew andy drew", "anthony antony tony", "archibald archie", "barbara barb babs", "benjamin ben benny benji",
		"catherine katherine kathryn katharine cath kath cathy kathy kate katie kat kitty", "charles charlie chas chuck", "charlotte charlie lottie", "christopher chris kit", "christine christina chris tina chrissie",
		"daniel dan danny", "danielle dani dan", "david dave davey", "deborah debbie debra deb", "dorothy dot dolly", "edward ed eddie eddy ted teddy ned", "eleanor ellie nell nora", "elizabeth elisabeth liz lizzie beth betty bess eliza libby",
		"francis frank frankie fran", "frances fran frankie", "frederick fred freddie freddy", "gerald gerard gerry jerry", "gillian gill jill", "gregory greg", "harold harry hal", "henry harry hal", "isabel isabelle isabella izzy bella", "jacob jake",
		"jacqueline jackie jacqui", "james jim jimmy jamie jem", "jennifer jen jenny", "jeremy jerry", "john jon jonathan jack johnny", "joseph joe joey jo yusuf youssef yousef yousuf", "joanne joanna jo", "josephine josie jo", "joshua josh", "kenneth ken kenny",
		"lawrence laurence larry laurie", "leonard len lenny leo", "louis lewis lou louie", "louise lou", "margaret maggie meg peggy margie", "martin marty", "matthew matt matty", "michael mike mick micky mikey",
		"mohammed muhammad mohamed mohammad muhammed mohamad mohd md mo", "nathaniel nathan nate nat", "nicholas nicolas nick nicky", "nicola nicky nic", "oliver ollie olly", "pamela pam", "patrick pat paddy", "patricia pat patsy trish", "peter pete", "philip phillip phil",
		"rebecca becky becca", "richard rick ricky rich richie dick", "robert rob bob bobby robbie bert", "ronald ron ronnie", "samuel sam sammy", "samantha sam sammy", "stephen steven steve stevie", "stephanie steph stevie", "stuart stewart stu", "susan susanna suzanne sue susie",
		"theodore theo ted", "thomas tom tommy", "timothy tim", "tobias toby", "victoria vicky vicki tori", "walter walt wally", "william will bill billy willie liam", "zachary zach zack zac",
	} {
		for _, form := range strings.Fields(forms) {
			m[form] = append(m[form], i)
		}
	}
	return m
}()

// spelt is which of two spellings of one name the register keeps: the list's,
// unless it differs by nothing but the marks that keyboards and exports change.
func spelt(was, is string) string {
	if was == is || strings.ReplaceAll(fold(was), " ", "") != strings.ReplaceAll(fold(is), " ", "") {
		return is
	}
	drawn := func(s string) string {
		return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
			switch {
			case apostrophe(r):
				return '\''
			case dash(r):
				return '-'
			case r == '.' || unicode.Is(unicode.Cf, r):
				return -1
			}
			return r
		}, s)), " ")
	}
	plain := func(s string) string {
		var b strings.Builder
		for _, r := range s {
			lower := unicode.ToLower(r)
			if p, ok := plainLetters[lower]; ok && lower != r {
				b.WriteString(strings.ToUpper(p[:1]) + p[1:])
			} else if ok {
				b.WriteString(p)
			} else if r < 0x300 || r > 0x36f {
				b.WriteRune(r)
			}
		}
		return b.String()
	}
	if a, b := drawn(was), drawn(is); a == b || plain(a) == b {
		return was
	}
	return is
}

// digits is a telephone number for comparing: its last nine digits, which leave
// out how the country is dialled; "" for what is too short to tell anybody by.
func digits(phone string) string {
	d := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, phone)
	if len(d) < 7 {
		return ""
	}
	return d[max(0, len(d)-9):]
}

// phones is the numbers of a contact, who may have several.
func phones(s string) []string {
	var all []string
	for _, p := range strings.FieldsFunc(s, func(r rune) bool { return r == ';' || r == ',' }) {
		if p = strings.TrimSpace(p); p != "" {
			all = append(all, p)
		}
	}
	return all
}

// withPhones is two contacts' numbers together, each once.
func withPhones(a, b string) string {
	all := phones(a)
	for _, p := range phones(b) {
		known := false
		for _, q := range all {
			known = known || p == q || digits(p) != "" && digits(p) == digits(q)
		}
		if !known {
			all = append(all, p)
		}
	}
	return strings.Join(all, "; ")
}

// sharePhone says whether two contacts have a number in common.
func sharePhone(a, b string) bool {
	for _, p := range phones(a) {
		for _, q := range phones(b) {
			if d := digits(p); d != "" && d == digits(q) {
				return true
			}
		}
	}
	return false
}

func sameEmail(a, b string) bool { return a != "" && strings.EqualFold(a, b) }
