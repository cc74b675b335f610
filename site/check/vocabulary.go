package check

import (
	"context"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"schoolgate/site"
	"schoolgate/site/source"
)

// A phrase is a run of words that pages are searched for.
type phrase struct {
	words []string
	fold  bool // capitals do not matter
	entry *site.Replaced
	pupil bool
}

// phrases are by their first word in small letters.
type phrases map[string][]phrase

func (ps phrases) add(words string, p phrase) {
	for _, t := range tokens(words) {
		if p.fold {
			t.text = strings.ToLower(t.text)
		}
		p.words = append(p.words, t.text)
	}
	if len(p.words) > 0 {
		first := strings.ToLower(p.words[0])
		ps[first] = append(ps[first], p)
	}
}

// A checkedRoll is the pupils of every school of the trust, as pages are
// searched for them.
type checkedRoll struct {
	names     phrases
	born      map[string]bool // 2017-09-01
	upns      map[string]bool
	forenames map[string]bool // in small letters
}

// readRoll asks for the pupils of every school: a page may name another
// school's. Without a register it is nil.
func readRoll(ctx context.Context, roll Roll, trust *site.Trust) (*checkedRoll, error) {
	if roll == nil {
		return nil, nil
	}
	r := &checkedRoll{names: phrases{}, born: map[string]bool{}, upns: map[string]bool{}, forenames: map[string]bool{}}
	for _, s := range trust.Schools {
		pupils, err := roll.OnRoll(ctx, s.Slug)
		if err != nil {
			return nil, fmt.Errorf("read the register of %s: %w", s.Slug, err)
		}
		for _, p := range pupils {
			if p.Forename != "" && p.Surname != "" {
				r.names.add(p.Forename+" "+p.Surname, phrase{fold: true, pupil: true})
				r.names.add(p.Surname+" "+p.Forename, phrase{fold: true, pupil: true})
				r.forenames[strings.ToLower(p.Forename)] = true
			}
			if p.UPN != "" {
				r.upns[strings.ToUpper(p.UPN)] = true
			}
			if !p.Born.IsZero() {
				r.born[p.Born.Format(time.DateOnly)] = true
			}
		}
	}
	return r, nil
}

// A vocabulary is what one site's pages are searched for, and what they may say.
type vocabulary struct {
	phrases phrases
	hosts   map[string][]*site.Replaced // by host without path
	paths   map[*site.Replaced][]string
	numbers []*site.Replaced

	emails  map[string]bool // whole addresses that may stand
	domains map[string]bool // whose every address may stand
	phones  map[string]bool // digits
	areas   map[string]bool // names of bodies of the school's own area, in small letters
	known   map[string]bool // capitalised words that are no person's, in small letters

	judged map[string]*site.Replaced // hrefs that were looked at
}

// publicMail are domains whose addresses anybody may have.
var publicMail = []string{
	"gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "hotmail.co.uk", "live.com", "live.co.uk", "msn.com", "yahoo.com",
	"yahoo.co.uk", "icloud.com", "me.com", "mac.com", "aol.com", "btinternet.com", "sky.com", "virginmedia.com", "talktalk.net",
	"proton.me", "protonmail.com", "gmx.com", "gmx.co.uk", "mail.com", "ntlworld.com", "tiscali.co.uk", "blueyonder.co.uk",
}

// officialMail are endings of public bodies' domains, which give no addresses to
// private people.
var officialMail = []string{".gov.uk", ".police.uk", ".nhs.uk", ".nhs.net", ".parliament.uk"}

func (in *inspection) newVocabulary() *vocabulary {
	v := &vocabulary{
		phrases: phrases{}, hosts: map[string][]*site.Replaced{}, paths: map[*site.Replaced][]string{},
		emails: map[string]bool{}, domains: map[string]bool{}, phones: map[string]bool{},
		areas: map[string]bool{}, known: map[string]bool{}, judged: map[string]*site.Replaced{},
	}
	own := func(email, phone, name string, blanks map[string]string) {
		v.emails[strings.ToLower(email)] = true
		if _, domain, ok := strings.Cut(strings.ToLower(email), "@"); ok && !slices.Contains(publicMail, domain) {
			v.domains[domain] = true
		}
		v.phones[nationalNumber(digits(phone))] = true
		v.know(name)
		for key, value := range blanks {
			v.know(value)
			if strings.HasPrefix(key, "local_") || strings.HasPrefix(key, "council_") {
				v.areas[strings.ToLower(value)] = true
			}
		}
	}
	own(in.trust.Email, in.trust.Phone, in.trust.Name, in.trust.Blanks)
	help := in.trust.Help
	for _, s := range in.trust.Schools {
		if in.school == nil || in.school == s {
			own(s.Email, s.Phone, s.Name, s.Blanks)
			help = site.HelpOf(help, s.Help)
		}
	}
	for _, o := range help {
		v.emails[strings.ToLower(o.Email)] = true
		v.phones[nationalNumber(digits(o.Phone))] = true
		v.phones[nationalNumber(digits(o.Text))] = true
		v.areas[strings.ToLower(o.Name)] = true
		v.know(o.Name)
		if len(o.Replaces) == 0 {
			continue
		}
		r := &site.Replaced{With: cmpOr(o.URL, o.Name), Why: "It is " + o.Name + " now."}
		for _, old := range o.Replaces {
			if strings.Contains(old, ".") && !strings.Contains(old, " ") {
				r.Hosts = append(r.Hosts, strings.ToLower(old))
			} else {
				r.Names = append(r.Names, old)
			}
		}
		v.add(r, nil)
	}
	for i := range in.trust.Replaced {
		v.add(&in.trust.Replaced[i], help)
	}
	delete(v.phones, "")
	delete(v.emails, "")
	return v
}

// know notes words that are no person's though they have capitals.
func (v *vocabulary) know(words string) {
	for _, t := range tokens(words) {
		v.known[strings.ToLower(t.text)] = true
	}
}

// add searches for an entry, unless it is of an area whose body the school's own
// directory of help names.
func (v *vocabulary) add(r *site.Replaced, help []site.Organisation) {
	if r.Area != "" && slices.ContainsFunc(help, func(o site.Organisation) bool {
		u, err := url.Parse(o.URL)
		return o.Local && (slices.Contains(r.Names, o.Name) || err == nil && slices.Contains(r.Hosts, u.Hostname()))
	}) {
		return
	}
	for _, h := range r.Hosts {
		host, rest, _ := strings.Cut(h, "/")
		v.hosts[host] = append(v.hosts[host], r)
		v.paths[r] = append(v.paths[r], host+"/"+rest)
	}
	for _, n := range r.Names {
		v.phrases.add(n, phrase{entry: r})
	}
	if len(r.Numbers) > 0 {
		v.numbers = append(v.numbers, r)
	}
}

// replaced is the entry that an address falls under: the same host or one below
// it, never one that only ends in the same letters.
func (v *vocabulary) replaced(host, pathname string) *site.Replaced {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	for at := host; at != ""; {
		for _, r := range v.hosts[at] {
			for _, p := range v.paths[r] {
				if oldHost, oldPath, _ := strings.Cut(p, "/"); oldHost == at && strings.HasPrefix(strings.ToLower(strings.Trim(pathname, "/"))+"/", oldPath+slashIf(oldPath)) {
					return r
				}
			}
		}
		_, at, _ = strings.Cut(at, ".")
	}
	return nil
}

func slashIf(p string) string {
	if p == "" || strings.HasSuffix(p, "/") {
		return ""
	}
	return "/"
}

func fixOf(r *site.Replaced) string {
	if r.With == "" {
		return "Take it out. " + r.Why
	}
	return "Write " + r.With + " instead. " + r.Why
}

// checkWords searches one page for what must not be said in public, and for
// names and addresses that are no longer right.
func (in *inspection) checkWords(p *builtPage) {
	in.checkPhrases(p)
	in.checkFields(p)
	in.checkAddresses(p)
	in.checkCaptions(p)
}

const (
	pupilFix  = "Take it out: no pupil is named in public. If it is somebody else of the same name, silence this line with that reason."
	mobileFix = "Give the school's own telephone instead. If it is a work telephone that families may ring, silence this line with that reason."
	emailFix  = "Give an address of the school's instead, or put the organisation into help.toml."
)

// checkPhrases looks for pupils' names, old names, and bodies of other areas.
func (in *inspection) checkPhrases(p *builtPage) {
	v := in.vocabulary
	var page []token
	line := 0 // index in page where the present line of text begins
	eachToken(p.text, func(from, to int) {
		word := p.text[from:to]
		if n := len(page); n > line && strings.IndexByte(p.text[page[n-1].at:from], '\n') >= 0 {
			line = n
		}
		page = append(page, token{word, from})
		if area := areaBodies[word]; area != nil {
			in.checkArea(p, page, line, area)
		}
	})
	search := func(among phrases, i int, first string) {
		t := page[i]
		for _, ph := range among[first] {
			if i+len(ph.words) > len(page) || !matches(ph, page[i:i+len(ph.words)]) {
				continue
			}
			last := page[i+len(ph.words)-1]
			said := p.text[t.at : last.at+len(last.text)]
			if strings.Contains(said, "\n") {
				continue
			}
			at := in.sources.locate(p, said)
			switch {
			case ph.pupil:
				in.report("pupil", Wrong, at, pupilFix, "the name of a pupil in the register stands here")
			case in.directory(at):
			default:
				in.report("replaced", Wrong, at, fixOf(ph.entry), "%q is not to be used any more", said)
			}
		}
	}
	for i, t := range page {
		first := lower(t.text)
		search(v.phrases, i, first)
		if in.roll != nil {
			search(in.roll.names, i, first)
		}
	}
}

func lower(word string) string {
	for i := 0; i < len(word); i++ {
		if c := word[i]; c >= 'A' && c <= 'Z' || c >= utf8.RuneSelf {
			return strings.ToLower(word)
		}
	}
	return word
}

func matches(p phrase, words []token) bool {
	return slices.EqualFunc(words, p.words, func(t token, w string) bool {
		if p.fold {
			return lower(t.text) == w
		}
		return t.text == w
	})
}

// directory says whether a place is where the directory of help itself lists the
// old names of an organisation.
func (in *inspection) directory(at place) bool {
	f := in.sources.byName[at.file]
	return f != nil && path.Base(at.file) == "help.toml" && strings.HasPrefix(strings.TrimSpace(source.LineOf(f.raw, at.line)), "replaces")
}

// areaBodies are the last words of what bodies of an area are called, with those
// that have to come before it.
var areaBodies = map[string][]string{
	"Partnership":  {"Safeguarding", "Children"},
	"Police":       {},
	"Constabulary": {},
}

// national are forces that are no area's.
var national = []string{"british transport", "the", "national", "military", "ministry of defence", "civil nuclear"}

// checkArea looks at a body whose last word has just been read: its own name is
// the capitalised words before.
func (in *inspection) checkArea(p *builtPage, page []token, line int, before []string) {
	end := len(page) - 1
	i := end
	for _, word := range slices.Backward(before) {
		if i--; i < line || page[i].text != word && !(word == "Children" && page[i].text == "s") {
			return
		}
		if page[i].text == "s" { // Children's
			i--
		}
	}
	from := i
	for from > line {
		r, _ := utf8.DecodeRuneInString(page[from-1].text)
		joined := slices.Contains([]string{"and", "of", "on"}, page[from-1].text) && from < i
		gap := p.text[page[from-1].at+len(page[from-1].text) : page[from].at]
		if !(unicode.IsUpper(r) || joined) || strings.Trim(gap, " -’'") != "" {
			break
		}
		from--
	}
	for from < i && (slices.Contains([]string{"and", "of", "on", "The", "Our", "Call", "Tell", "Ask", "If", "In"}, page[from].text)) {
		from++
	}
	if from == i {
		return
	}
	named := p.text[page[from].at : page[end].at+len(page[end].text)]
	area := strings.ToLower(p.text[page[from].at : page[i-1].at+len(page[i-1].text)])
	if slices.Contains(national, area) {
		return
	}
	name := strings.ToLower(named)
	for own := range in.vocabulary.areas {
		if strings.Contains(own, name) || strings.Contains(name, own) {
			return
		}
	}
	if at := in.sources.locate(p, named); !in.directory(at) {
		in.report("other-area", Doubtful, at, "Name the school's own, or add this one to the school's help.toml if it is one of them.",
			"%q is not among the school's local_ blanks or the organisations of its help.toml", named)
	}
}

var months = map[string]time.Month{
	"january": 1, "february": 2, "march": 3, "april": 4, "may": 5, "june": 6, "july": 7, "august": 8, "september": 9, "october": 10,
	"november": 11, "december": 12, "jan": 1, "feb": 2, "mar": 3, "apr": 4, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "sept": 9, "oct": 10,
	"nov": 11, "dec": 12,
}

// checkFields looks at what stands between spaces: numbers, addresses, dates.
func (in *inspection) checkFields(p *builtPage) {
	for line := range strings.Lines(p.text) {
		var number []string // of the fields just read, those of one telephone number
		flush := func() {
			if len(number) > 0 {
				in.checkNumber(p, strings.Join(number, " "))
				number = number[:0]
			}
		}
		fields := strings.Fields(line)
		for i, field := range fields {
			first := field[0]
			if (first >= '0' && first <= '9' || first == '+' || first == '(') && numberLike(field) {
				number = append(number, strings.TrimRight(field, ",.;:"))
				if c := field[len(field)-1]; c == ',' || c == ';' || c == '.' {
					flush()
				}
			} else {
				flush()
			}
			if strings.IndexByte(field, '@') > 0 {
				in.checkEmail(p, field)
			} else if dot := strings.IndexByte(field, '.'); dot > 0 && dot < len(field)-2 {
				in.checkHost(p, field)
			}
			if n := len(field); n >= 13 && n <= 17 {
				in.checkUPN(p, field)
			}
			if in.roll == nil {
				continue
			}
			if m, ok := months[lower(strings.Trim(field, ".,"))]; ok && i > 0 && i+1 < len(fields) {
				in.checkBirth(p, strings.Join(fields[i-1:i+2], " "), fields[i+1], int(m), fields[i-1])
			} else if parts := strings.FieldsFunc(strings.Trim(field, ".,;:()"), func(r rune) bool { return r == '/' || r == '-' || r == '.' }); len(parts) == 3 {
				month, _ := strconv.Atoi(parts[1])
				year, day := parts[2], parts[0]
				if len(parts[0]) == 4 {
					year, day = parts[0], parts[2]
				}
				in.checkBirth(p, strings.Trim(field, ".,;:()"), year, month, day)
			}
		}
		flush()
	}
}

func numberLike(field string) bool {
	for i := 0; i < len(field); i++ {
		if c := field[i]; !(c >= '0' && c <= '9') && !strings.ContainsRune("+()-,.;:", rune(c)) {
			return false
		}
	}
	return true
}

// nationalNumber is a British number as it is dialled within the country.
func nationalNumber(d string) string {
	d = strings.TrimPrefix(d, "00")
	if rest, ok := strings.CutPrefix(d, "44"); ok && len(d) >= 11 {
		return "0" + strings.TrimPrefix(rest, "0")
	}
	return d
}

// checkNumber looks at one telephone number, or what is like one.
func (in *inspection) checkNumber(p *builtPage, said string) {
	d := digits(said)
	for _, r := range in.vocabulary.numbers {
		for _, n := range r.Numbers {
			if strings.HasPrefix(d, n) {
				in.report("replaced", Wrong, in.sources.locate(p, said), fixOf(r), "%s is not to be used any more", said)
			}
		}
	}
	d = nationalNumber(d)
	if len(d) == 11 && strings.HasPrefix(d, "07") && !in.vocabulary.phones[d] {
		in.report("mobile", Wrong, in.sources.locate(p, said), mobileFix, "a mobile telephone number stands here, ending in %s", d[8:])
	}
}

func (in *inspection) checkEmail(p *builtPage, said string) {
	said = strings.TrimPrefix(strings.Trim(said, ".,;:()<>[]\"'“”‘’!?"), "mailto:")
	address := strings.ToLower(said)
	name, domain, ok := strings.Cut(address, "@")
	if !ok || name == "" || !strings.Contains(domain, ".") || in.vocabulary.emails[address] {
		return
	}
	for own := range in.vocabulary.domains {
		if domain == own || strings.HasSuffix(domain, "."+own) {
			return
		}
	}
	if slices.ContainsFunc(officialMail, func(end string) bool { return strings.HasSuffix(domain, end) }) {
		return
	}
	in.report("email", Wrong, in.sources.locate(p, said), emailFix, "an email address at %s is neither the school's nor an organisation's of the directory of help", domain)
}

// checkHost looks at a word that may be an address without its scheme.
func (in *inspection) checkHost(p *builtPage, said string) {
	said = strings.Trim(said, ".,;:()<>[]\"'“”‘’!?")
	_, bare, found := strings.Cut(said, "://")
	if !found {
		bare = said
	}
	host, rest, _ := strings.Cut(bare, "/")
	if r := in.vocabulary.replaced(host, rest); r != nil {
		if at := in.sources.locate(p, said); !in.directory(at) {
			in.report("replaced", Wrong, at, fixOf(r), "%s is not to be used any more", said)
		}
	}
}

func (in *inspection) checkUPN(p *builtPage, said string) {
	said = strings.Trim(said, ".,;:()<>[]\"'“”‘’!?")
	if upn := strings.ToUpper(said); validUPN(upn) || in.roll != nil && in.roll.upns[upn] {
		in.report("pupil", Wrong, in.sources.locate(p, said), pupilFix, "a unique pupil number stands here")
	}
}

// validUPN holds a unique pupil number to its check letter.
// https://www.gov.uk/government/publications/unique-pupil-numbers
func validUPN(s string) bool {
	const letters = "ABCDEFGHJKLMNPQRTUVWXYZ"
	if len(s) != 13 {
		return false
	}
	sum := 0
	for i := 1; i < 13; i++ {
		value := strings.IndexByte("0123456789", s[i])
		if value < 0 && i == 12 {
			value = strings.IndexByte(letters, s[i]) // a temporary number
		}
		if value < 0 {
			return false
		}
		sum += value * (i + 1)
	}
	return letters[sum%23] == s[0]
}

// checkBirth looks at a date, in case it is the one on which a pupil was born.
func (in *inspection) checkBirth(p *builtPage, said, year string, month int, day string) {
	y, err := strconv.Atoi(strings.Trim(year, ".,;:()"))
	d, err2 := strconv.Atoi(strings.TrimRight(strings.Trim(day, ".,;:()"), "stndrh"))
	if err != nil || err2 != nil {
		return
	}
	if y < 100 {
		y += 2000
	}
	if in.roll.born[fmt.Sprintf("%04d-%02d-%02d", y, month, d)] {
		in.report("pupil", Wrong, in.sources.locate(p, said), pupilFix, "the date of birth of a pupil in the register stands here")
	}
}

// checkAddresses looks at where the links lead.
func (in *inspection) checkAddresses(p *builtPage) {
	for _, a := range p.links {
		r, seen := in.vocabulary.judged[a.href]
		if seen && r == nil {
			continue
		}
		u, err := url.Parse(a.href)
		if err != nil {
			continue
		}
		switch strings.ToLower(u.Scheme) {
		case "mailto":
			for address := range strings.SplitSeq(u.Opaque, ",") {
				in.checkEmail(p, address)
			}
			continue
		case "tel", "sms":
			number, _, _ := strings.Cut(u.Opaque, "?")
			in.checkNumber(p, number)
			continue
		}
		if u.Hostname() == "wa.me" {
			in.checkNumber(p, "+"+strings.Trim(u.Path, "/"))
			continue
		}
		r = in.vocabulary.replaced(u.Hostname(), u.Path)
		in.vocabulary.judged[a.href] = r
		if r != nil && !strings.HasSuffix(a.href, "://"+a.text) && a.href != a.text { // or the words say it already
			if at := in.sources.locate(p, a.href); !in.directory(at) {
				in.report("replaced", Wrong, at, fixOf(r), "the link to %s is not to be used any more", a.href)
			}
		}
	}
}

// checkCaptions looks for what may be a person in words about a picture.
func (in *inspection) checkCaptions(p *builtPage) {
	look := func(words, where string) {
		if name := in.personIn(words); name != "" {
			in.report("picture-name", Doubtful, in.sources.locate(p, words), "Say what is to be seen without a name. If no pupil is meant, silence this line with that reason.",
				"%s may name a person", where)
		}
	}
	for _, i := range p.images {
		if i.alt != "" && !fileLike.MatchString(i.alt) {
			look(i.alt, "the description of a picture")
		}
	}
	for _, c := range p.captions {
		look(strings.TrimSpace(p.text[c.from:c.to]), "the caption of a picture")
	}
}

// personIn is what may be a person's name in a few words: two capitalised words
// that are nobody else's, or a forename of the register. Empty when there is none.
func (in *inspection) personIn(words string) string {
	all := tokens(words)
	for i, t := range all {
		if !capital(t.text) || in.vocabulary.known[lower(t.text)] || plainCapitals[lower(t.text)] {
			continue
		}
		if in.roll != nil && in.roll.forenames[lower(t.text)] {
			return t.text
		}
		if i+1 < len(all) && strings.TrimSpace(words[t.at+len(t.text):all[i+1].at]) == "" && capital(all[i+1].text) && !in.vocabulary.known[lower(all[i+1].text)] && !plainCapitals[lower(all[i+1].text)] {
			return t.text + " " + all[i+1].text
		}
	}
	return ""
}

func capital(word string) bool {
	r, n := utf8.DecodeRuneInString(word)
	rest := word[n:]
	return unicode.IsUpper(r) && rest != "" && strings.ToLower(rest) == rest
}

// plainCapitals are words that have a capital and are nobody's name.
var plainCapitals = map[string]bool{}

func init() {
	for _, word := range strings.Fields(`a an the our two three four five some pupils pupil children child year reception nursery class school primary
		junior infant academy trust monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
		september october november december christmas easter harvest safer internet day england britain wales church roman victorian great fire
		london bible queen king castle museum hall park lane road street green house room library stage key english maths science`) {
		plainCapitals[word] = true
	}
}

// pictureFile are kinds of files that show people.
var pictureFile = regexp.MustCompile(`(?i)\.(jpe?g|png|gif|webp|avif|heic|tiff?|bmp|mp4|mov|webm|m4v|svg|pdf|docx?)$`)

// checkFileNames looks at the names of the sources and of what was built: both
// are addresses or have been seen by somebody.
func (in *inspection) checkFileNames(names []string, report func(name string) place) {
	for _, name := range names {
		base := strings.TrimSuffix(path.Base(name), path.Ext(name))
		words := tokens(strings.ReplaceAll(base, "_", " "))
		pupil := false
		for i := range words {
			if in.roll == nil {
				break
			}
			for _, ph := range in.roll.names[lower(words[i].text)] {
				pupil = pupil || i+len(ph.words) <= len(words) && matches(ph, words[i:i+len(ph.words)])
			}
		}
		const fix = "Give the file another name: its address and its history name the pupil too."
		if pupil {
			in.report("pupil", Wrong, report(name), fix, "the name of a pupil in the register is part of the file's name")
			continue
		}
		if !pictureFile.MatchString(name) || in.roll == nil {
			continue
		}
		if slices.ContainsFunc(words, func(t token) bool { return in.roll.forenames[lower(t.text)] && !plainCapitals[lower(t.text)] }) {
			in.report("picture-name", Doubtful, report(name), fix, "the file's name may name a person")
		}
	}
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}
