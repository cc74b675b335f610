package portal_test

import (
	"testing"

	"schoolgate/portal"
)

func TestValidUPN(t *testing.T) {
	for upn, want := range map[string]bool{
		"B801200005001":      true,
		"U801200018001":      true,
		"P801200017005":      true,
		"C80120002000A":      true, // temporary
		"A801200005001":      false,
		"B801200005002":      false,
		"B801200050001":      false, // two digits swapped
		"B80120002000A":      false,
		"C80120002000I":      false, // letters that are not used
		"C80120002000O":      false,
		"C80120002000S":      false,
		"I801200005001":      false,
		"b801200005001":      false,
		"B80120000500":       false,
		"B8012000050011":     false,
		"B80120000500l":      false,
		"B801200A05001":      false,
		" B801200005001":     false,
		"B801200005001\n":    false,
		"B\uff1801200005001": false,
		"":                   false,
	} {
		if got := portal.ValidUPN(upn); got != want {
			t.Errorf("%q: %v", upn, got)
		}
	}
	// Every other check letter is wrong.
	for c := 'A'; c <= 'Z'; c++ {
		if upn := string(c) + "801200005001"; portal.ValidUPN(upn) != (c == 'B') {
			t.Errorf("%q: %v", upn, c != 'B')
		}
	}
}

func TestParseYear(t *testing.T) {
	for s, want := range map[string]portal.Year{
		"Nursery": portal.Nursery, "nursery": portal.Nursery, "N": portal.Nursery, "N1": portal.Nursery, "n2": portal.Nursery, "Nur": portal.Nursery, "Year N": portal.Nursery,
		"Reception": portal.Reception, "R": portal.Reception, "YR": portal.Reception, "Year R": portal.Reception, "Yr R": portal.Reception, "Rec": portal.Reception, "0": portal.Reception, "NC Year R": portal.Reception,
		"Year 4": 4, "year  4": 4, "Y4": 4, "Y 4": 4, "Yr 4": 4, "Yr4": 4, "4": 4, "04": 4, " Year 04 ": 4, "NC Year 4": 4, "Year 13": 13, "1": 1, "14": 14, "4.0": 4, "NCY4": 4, "Y04": 4, "Year Group 4": 4,
		"E1": portal.Nursery, "E2": portal.Nursery, "FS1": portal.Nursery, "-1": portal.Nursery, "-1.0": portal.Nursery, "FS2": portal.Reception, "F2": portal.Reception, "Rec.": portal.Reception, "0.0": portal.Reception,
		"X": portal.NoYear, "x": portal.NoYear,
	} {
		if got, err := portal.ParseYear(s); err != nil || got != want {
			t.Errorf("%q: %v, %v; want %v", s, got, err, want)
		}
	}
	for _, s := range []string{"", "Year", "Y", "NC", "15", "-3", "FS3", "4B", "Year 4.5", "four", "Year Year 4", "Yrs 4", "+"} {
		if got, err := portal.ParseYear(s); err == nil {
			t.Errorf("%q: %v", s, got)
		}
	}
	for y := portal.Nursery; y <= 14; y++ {
		for _, s := range []string{y.String(), y.Code()} {
			if got, err := portal.ParseYear(s); err != nil || got != y {
				t.Errorf("%s comes back as %v, %v", s, got, err)
			}
		}
	}
}

func TestParseDate(t *testing.T) {
	for s, want := range map[string]portal.Date{
		"2017-09-01": "2017-09-01", "01/09/2017": "2017-09-01", "1/9/2017": "2017-09-01", " 01/09/2017 ": "2017-09-01",
		"01-09-2017": "2017-09-01", "01-Sep-2017": "2017-09-01", "1 September 2017": "2017-09-01", "29/02/2020": "2020-02-29",
		"03/04/2018": "2018-04-03", // the day first
		"2017/09/01": "2017-09-01", "01/09/17": "2017-09-01", "2017-09-01T00:00:00": "2017-09-01", "2017-09-01T00:00:00.000Z": "2017-09-01", "01.09.2017": "2017-09-01", "1.9.17": "2017-09-01", "01-Sep-17": "2017-09-01",
		"01/09/2017 0:00": "2017-09-01", "01/09/2017 00:00:00": "2017-09-01", "01/09/2017 12:00:00 AM": "2017-09-01", "1st September 2017": "2017-09-01", "Friday, 1 September 2017": "2017-09-01", "1 Sept 2017": "2017-09-01",
		"September 1, 2017": "2017-09-01", "20170901": "2017-09-01", "01\u201309\u20132017": "2017-09-01", "01/09/98": "1998-09-01",
	} {
		if got, err := portal.ParseDate(s); err != nil || got != want {
			t.Errorf("%q: %v, %v; want %v", s, string(got), err, string(want))
		}
	}
	for _, s := range []string{"", "29/02/2019", "31/04/2017", "09/13/2017", "00/00/2017", "1 Sept", "42979", "2017-09-01T10:00:00", "01/09/2017 23:00", "14 November", "1/9/217"} {
		if got, err := portal.ParseDate(s); err == nil {
			t.Errorf("%q: %v", s, string(got))
		}
	}
	if got := portal.Date("2017-09-01").String(); got != "1 September 2017" {
		t.Error(got)
	}
	if got := portal.Date("").String(); got != "" {
		t.Error(got)
	}
}

func TestDecides(t *testing.T) {
	for r, want := range map[portal.Responsibility]bool{
		{Parental: true}: true,
		{}:               false,
		{Parental: true, Barred: portal.AllRights}:                      false,
		{Barred: portal.AllRights}:                                      false,
		{Parental: true, Barred: portal.MaySee | portal.MayBeWrittenTo}: true,
		{Parental: true, Barred: portal.MayDecide}:                      false,
		{Parental: true, OrderListed: true}:                             true, // what is taken is told by the restrictions
	} {
		if r.Decides() != want {
			t.Errorf("parental %v, may not %s: %v", r.Parental, r.Barred, !want)
		}
	}
}
