package portal

import (
	"cmp"
	"fmt"
	"log/slog"
	"regexp"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata"
	"unicode"
)

// Pupil is a child on a school's roll. ID is opaque and is the only thing about
// a pupil that may appear in an address, a log or the school's published content.
type Pupil struct {
	ID              string
	School          string // the school's slug
	UPN             string // unique pupil number, or "" where the school has none yet
	AdmissionNumber string
	Forename        string // the name the child is known by
	Surname         string
	Born            Date
	Year            Year
	Group           string    // registration group: the class, as the school names it
	LookedAfter     bool      // in the care of a local authority
	Unread          bool      // somebody is barred from the child by what nobody has looked at; only [ActTx.EachPupil] says so
	Left            time.Time // UTC; zero while on roll
	Apart           string    // what tells the pupil from another of the name, "(born 6 December)"; only lists for staff have it
}

// Name is the pupil's name as the school writes it, and what tells them from another.
func (p Pupil) Name() string {
	return strings.TrimSpace(strings.TrimSpace(p.Forename+" "+p.Surname) + " " + p.Apart)
}

// Known is the forename as a list has it beside the surname, and what tells the pupil
// from another of both.
func (p Pupil) Known() string { return strings.TrimSpace(p.Forename + " " + p.Apart) }

// listedPupils are a school's pupils in the order of [RegisterTx.Pupils], those of one name told
// apart.
func listedPupils(tx Tx, school string) ([]Pupil, error) {
	all, err := tx.Pupils(school)
	tellNamesakes(all)
	return all, err
}

// tellNamesakes tells pupils of one name apart: somebody who reads the wrong one of two
// answers may do what a family refused. The day of birth does, without its year, which proves
// a family who joins; where that is the same too, the admission number, or the id.
func tellNamesakes(all []Pupil) {
	with := func(what, said string) string {
		if said == "" {
			return ""
		}
		return "(" + what + said + ")"
	}
	name := func(x Pupil) string { return pupilName(x.Forename, x.Surname) }
	for i, told := range tellApart(all, name,
		func(x Pupil) string { return with("born ", x.Born.dayAndMonth()) },
		func(x Pupil) string { return with("admission number ", x.AdmissionNumber) },
		func(x Pupil) string { return with("", x.ID) },
	) {
		if told != name(all[i]) {
			all[i].Apart = told
		}
	}
}

// tellApart is what to call each of these pupils by: the first of the forms that tells them
// from those who are like them in all forms before; the last, where none does.
func tellApart(all []Pupil, forms ...func(Pupil) string) []string {
	told, everybody := make([]string, len(all)), make([]int, len(all))
	var tell func(alike []int, forms []func(Pupil) string)
	tell = func(alike []int, forms []func(Pupil) string) {
		by := map[string][]int{}
		for _, i := range alike {
			form := forms[0](all[i])
			told[i] = cmp.Or(form, told[i])
			by[fold(form)] = append(by[fold(form)], i)
		}
		for form, of := range by {
			if len(forms) > 1 && (len(of) > 1 || form == "") {
				tell(of, forms[1:])
			}
		}
	}
	for i := range all {
		everybody[i] = i
	}
	tell(everybody, forms)
	return told
}

// dayAndMonth is a day of birth without its year, "6 December".
func (d Date) dayAndMonth() string {
	day, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return ""
	}
	return day.Format("2 January")
}

// OnRoll says whether the pupil still attends the school.
func (p Pupil) OnRoll() bool { return p.Left.IsZero() }

// String and LogValue keep the person out of logs.
func (p Pupil) String() string       { return "pupil " + p.ID }
func (p Pupil) LogValue() slog.Value { return slog.StringValue(p.String()) }

// Contact is an adult whom a school holds for one or more of its pupils.
type Contact struct {
	ID     string
	School string
	Name   string // as the school writes it, title included where it has one
	Email  string // may be empty; never identifies anybody
	Phone  string
}

// byID is contacts by their ids.
func byID(contacts []Contact) map[string]Contact {
	all := make(map[string]Contact, len(contacts))
	for _, c := range contacts {
		all[c.ID] = c
	}
	return all
}

// String and LogValue keep the person out of logs.
func (c Contact) String() string       { return "contact " + c.ID }
func (c Contact) LogValue() slog.Value { return slog.StringValue(c.String()) }

// Responsibility joins a contact to a pupil, with what the school's records say
// of the two of them.
type Responsibility struct {
	PupilID      string
	ContactID    string
	Relationship string // "Mother", "Foster carer": the school's word
	Priority     int    // order in which the school rings, from 1; 0 unknown
	Parental     bool   // holds parental responsibility
	// OrderListed is what the last class list that spoke of it said: that there is a court
	// order. It takes nothing; what is taken is Barred.
	OrderListed bool
	// Barred is what the restrictions in force take from the contact about this pupil.
	Barred Rights
	// Unsettled says that no class list and nobody has said whether the contact
	// holds parental responsibility. They decide nothing until the office settles it.
	Unsettled bool
	// SettledBy is the account of whoever settled it at the office; "" where a
	// class list said it. No later list undoes it.
	SettledBy string
}

// May says whether this contact has all of these rights about the child: parental
// responsibility, and no restriction that takes one of them.
func (r Responsibility) May(all Rights) bool { return r.Parental && r.Barred&all == 0 }

// Decides says whether this contact has a say for the child.
func (r Responsibility) Decides() bool { return r.May(MayDecide) }

// firsts is who of a child's contacts a school rings first, by pupil: of those who may
// decide, or see, in order of priority.
func firsts(links []Responsibility) map[string]string {
	first := map[string]Responsibility{}
	for _, l := range links {
		was, ok := first[l.PupilID]
		if !l.May(MayDecide) && !l.May(MaySee) || ok && cmp.Or(cmp.Compare(cmp.Or(was.Priority, 99), cmp.Or(l.Priority, 99)), cmp.Compare(was.ContactID, l.ContactID)) < 0 {
			continue
		}
		first[l.PupilID] = l
	}
	ids := map[string]string{}
	for pupil, l := range first {
		ids[pupil] = l.ContactID
	}
	return ids
}

// Date is a calendar day without a time zone, as ISO 8601 (2017-09-01).
// The zero value is no date.
type Date string

// dayForms are how a day is written, day before month, once [ParseDate] has put
// a space for each sign between its parts.
var dayForms = []string{"2006 1 2", "2 1 2006", "2 1 06", "2 Jan 2006", "2 Jan 06", "2 January 2006", "2 January 06", "Jan 2 2006", "January 2 2006", "2006 Jan 2", "20060102"}

// ofDay is what may stand beside a day without changing it: the time, where it
// is midnight; the day of the week; "th"; and the comma of "November 14, 2017".
var (
	midnight = regexp.MustCompile(`(?i)[ T]+(12:00(:00(\.0+)?)? ?am|0{1,2}:00(:00([.,]0+)?)?)( ?(z|utc|gmt|[+-]00:?00))?$`)
	weekday  = regexp.MustCompile(`(?i)^(mon|tues?|wed(nes)?|thu(rs)?|fri|sat(ur)?|sun)(day)?[,. ]+`)
	ordinal  = regexp.MustCompile(`(?i)\b(\d{1,2})(st|nd|rd|th)\b`)
)

// ParseDate reads every way to write a day that is not in doubt: 2017-09-01,
// 01/09/2017, 1.9.17, 01-Sep-2017, 1st September 2017, with midnight behind it
// or without. The day comes before the month, as in England, and must exist.
func ParseDate(s string) (Date, error) {
	s = weekday.ReplaceAllString(strings.TrimSpace(s), "")
	s = ordinal.ReplaceAllString(midnight.ReplaceAllString(s, ""), "$1")
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' || r == '/' || r == '.' || dash(r) }), " ")
	if first, rest, ok := strings.Cut(s, " "); ok {
		if month, rest, ok := strings.Cut(rest, " "); ok && strings.EqualFold(month, "sept") {
			s = first + " Sep " + rest
		}
	}
	for _, form := range dayForms {
		if t, err := time.Parse(form, s); err == nil && t.Year() >= 1900 {
			return Date(t.Format(time.DateOnly)), nil
		}
	}
	return "", fmt.Errorf("not a date: write it as dd/mm/yyyy")
}

// London is the clock by which the schools and their families live.
var London = func() *time.Location {
	l, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic(err) // the zones are in the program: time/tzdata
	}
	return l
}()

// day is the calendar day of a moment, in England.
func day(t time.Time) Date { return Date(t.In(London).Format(time.DateOnly)) }

// String writes the day for a reader: 1 September 2017.
func (d Date) String() string {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return ""
	}
	return t.Format("2 January 2006")
}

// Year is a national curriculum year group in England: Nursery, Reception, then
// 1 to 14; or [NoYear], for a pupil who is taught in none.
type Year int

const (
	Nursery   Year = -1
	Reception Year = 0
	NoYear    Year = 99
)

const lastYear Year = 14

// String is the year as schools write it: "Nursery", "Reception", "Year 4".
func (y Year) String() string {
	switch y {
	case Nursery:
		return "Nursery"
	case Reception:
		return "Reception"
	case NoYear:
		return "No year group"
	}
	return "Year " + strconv.Itoa(int(y))
}

// Code is the year in one word, which [ParseYear] reads again: "N", "R", "4", "X".
func (y Year) Code() string {
	switch y {
	case Nursery:
		return "N"
	case Reception:
		return "R"
	case NoYear:
		return "X"
	}
	return strconv.Itoa(int(y))
}

// YearOf is the year group of a child of that birthday on a day, by the school
// year that begins on 1 September.
func YearOf(born Date, on time.Time) (Year, bool) {
	t, err := time.Parse(time.DateOnly, string(born))
	if err != nil {
		return 0, false
	}
	starts := func(t time.Time) int { // the year in which the school year began
		if t.Month() < time.September {
			return t.Year() - 1
		}
		return t.Year()
	}
	y := Year(starts(on) - starts(t) - 5)
	return min(max(y, Nursery), lastYear), true
}

var yearNumber = regexp.MustCompile(`^0*(\d{1,2})(\.0+)?$`)

// ParseYear reads a year group however a system writes it: "Year 4", "Yr 4",
// "Y4", "NCY4", "04", "4.0"; "Reception", "R", "FS2", "0"; "Nursery", "N1", "E2",
// "FS1", "-1"; and "X" for none (Department for Education, NC year actual).
func ParseYear(s string) (Year, error) {
	w := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || strings.ContainsRune("_()", r) {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
	if w == "yr" {
		return Reception, nil
	}
	for _, prefix := range []string{"nationalcurriculum", "curriculum", "nc"} {
		w = strings.TrimPrefix(w, prefix)
	}
	for _, prefix := range []string{"yeargroup", "year", "yrgroup", "yr", "y"} {
		if rest, ok := strings.CutPrefix(w, prefix); ok {
			w = strings.TrimLeft(rest, "-:")
			if rest == "-1" {
				w = rest
			}
			break
		}
	}
	switch strings.TrimSuffix(w, ".") {
	case "r", "rec", "recep", "reception", "receptionclass", "fs2", "fsu2", "eyfs2", "f2", "foundation2", "foundationstage2", "kg":
		return Reception, nil
	case "n", "n1", "n2", "nur", "nurs", "nursery", "nursery1", "nursery2", "nurseryclass", "preschool", "pre-school", "e", "e1", "e2", "fs1", "fsu1", "eyfs1", "f1", "foundation1", "foundationstage1", "-1", "-1.0", "-2", "-2.0", "pk":
		return Nursery, nil
	case "x", "none", "nyr", "notapplicable":
		return NoYear, nil
	}
	if m := yearNumber.FindStringSubmatch(w); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil && Year(n) <= lastYear {
			return Year(n), nil
		}
	}
	return 0, fmt.Errorf("not a year group: write Nursery, Reception, or Year 1 to Year 14, or X for none")
}

const upnLetters = "ABCDEFGHJKLMNPQRTUVWXYZ"

var upnForm = regexp.MustCompile(`^[A-Z]\d{11}[0-9A-Z]$`)

// ValidUPN says whether s is a well-formed unique pupil number: a check letter,
// seven digits of local authority and school, two of the year, and three of serial,
// of which the last is a letter in a temporary number. (Department for Education,
// unique pupil numbers guide.)
func ValidUPN(s string) bool {
	if !upnForm.MatchString(s) {
		return false
	}
	sum := 0
	for i := 1; i < len(s); i++ {
		c := s[i]
		v := int(c - '0')
		if c >= 'A' {
			if v = strings.IndexByte(upnLetters, c); v < 0 {
				return false
			}
		}
		sum += v * (i + 1)
	}
	return s[0] == upnLetters[sum%23]
}
