package portal

import (
	"fmt"
	"log/slog"
	"regexp"
	"strconv"
	"strings"
	"time"
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
	Left            time.Time // UTC; zero while on roll
}

// Name is the pupil's name as the school writes it.
func (p Pupil) Name() string { return strings.TrimSpace(p.Forename + " " + p.Surname) }

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
	CourtOrder   bool   // a court order limits this contact's part in the child's life
}

// Decides says whether this contact may see the child in the portal and speak
// for them: parental responsibility, and no court order against it
// (facts of the field, consent in law: an order removes access and overrides).
func (r Responsibility) Decides() bool { return r.Parental && !r.CourtOrder }

// Date is a calendar day without a time zone, as ISO 8601 (2017-09-01).
// The zero value is no date.
type Date string

// ParseDate reads the forms in which English schools' systems write a day:
// 2017-09-01, 01/09/2017, 1/9/2017 and 01-Sep-2017. The day must exist.
func ParseDate(s string) (Date, error) {
	s = strings.TrimSpace(s)
	for _, layout := range []string{time.DateOnly, "2/1/2006", "2-1-2006", "2-Jan-2006", "2 January 2006"} {
		if t, err := time.Parse(layout, s); err == nil {
			return Date(t.Format(time.DateOnly)), nil
		}
	}
	return "", fmt.Errorf("not a date: write it as dd/mm/yyyy")
}

// String writes the day for a reader: 1 September 2017.
func (d Date) String() string {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return ""
	}
	return t.Format("2 January 2006")
}

// Year is a national curriculum year group in England: Nursery, Reception, then 1 to 13.
type Year int

const (
	Nursery   Year = -1
	Reception Year = 0
)

// String is the year as schools write it: "Nursery", "Reception", "Year 4".
func (y Year) String() string {
	switch y {
	case Nursery:
		return "Nursery"
	case Reception:
		return "Reception"
	}
	return "Year " + strconv.Itoa(int(y))
}

// ParseYear reads "Year 4", "Yr 4", "Y4", "NC Year 4", "4", "Reception", "R",
// "Nursery" and "N1".
func ParseYear(s string) (Year, error) {
	w := strings.TrimPrefix(strings.ToLower(strings.Join(strings.Fields(s), " ")), "nc ")
	if w == "yr" {
		return Reception, nil
	}
	for _, prefix := range []string{"year", "yr", "y"} {
		if rest, ok := strings.CutPrefix(w, prefix); ok {
			w = strings.TrimPrefix(rest, " ")
			break
		}
	}
	switch w {
	case "r", "rec", "reception", "0":
		return Reception, nil
	case "n", "n1", "n2", "nur", "nursery", "-1":
		return Nursery, nil
	}
	if n, err := strconv.Atoi(w); err == nil && n >= 1 && n <= 13 {
		return Year(n), nil
	}
	return 0, fmt.Errorf("not a year group: write Nursery, Reception, or Year 1 to Year 13")
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
