package site

import "testing"

func TestDial(t *testing.T) {
	for number, want := range map[string]string{
		"01632 960101":              "tel:+441632960101",
		"01632 960 101":             "tel:+441632960101",
		"(01632) 960 101":           "tel:+441632960101",
		"01632-960-101":             "tel:+441632960101",
		"01632.960.101":             "tel:+441632960101",
		"01632/960101":              "tel:+441632960101",
		"01632\u00a0960\u2011101":   "tel:+441632960101",
		"+44 (0)1632 960101":        "tel:+441632960101",
		"+44(0)1632960101":          "tel:+441632960101",
		"+44 ( 0 ) 1632 960101":     "tel:+441632960101",
		"(+44) 01632 960101":        "tel:+441632960101",
		"+44 1632 960101":           "tel:+441632960101",
		"+44 01632 960101":          "tel:+441632960101",
		"0044 1632 960101":          "tel:+441632960101",
		"0044 (0) 1632 960101":      "tel:+441632960101",
		"44 1632 960101":            "tel:+441632960101",
		"０１６３２ ９６０１０１":              "tel:+441632960101",
		" 020 7946 0123 ":           "tel:+442079460123",
		"0800 1111":                 "tel:+448001111",
		"0808 800 5000":             "tel:+448088005000",
		"+353 (0)1 496 0123":        "tel:+35314960123",
		"00353 1 496 0123":          "tel:+35314960123",
		"01632 960101 ext 23":       "tel:+441632960101;ext=23",
		"01632 960101 ext. 23":      "tel:+441632960101;ext=23",
		"01632 960101, extension 2": "tel:+441632960101;ext=2",
		"01632 960101 x23":          "tel:+441632960101;ext=23",
		"01632 960101 #23":          "tel:+441632960101;ext=23",
		"01632 960101 (ext 23)":     "tel:+441632960101;ext=23",
		"01632 960101 option 2":     "tel:+441632960101;ext=2",
		"999":                       "tel:999",
		"116 123":                   "tel:116123",

		"": "", "ring us": "", "01632": "", "01632 96": "", "01632 960 1011 1": "", "+44": "", "12": "",
		"01632 960101 or 02": "", "0800 CHILD": "", "+1 2": "", "+1234567890123456": "", "960 101 22": "", "01632 960101 ext": "", "++44 1632 960101": "",
	} {
		if got, ok := Dial(number); got != want || ok != (want != "") {
			t.Errorf("%q: %q, %v, want %q", number, got, ok, want)
		}
	}
}

// A number inside a sentence can be pressed too, and a time of day is none.
func TestPressedIn(t *testing.T) {
	for line, want := range map[string]string{
		"Monday, 8.45 am; nights on 01632 960 181": "Monday, 8.45 am; nights on [01632 960 181](tel:+441632960181)",
		"Call 0800 1111.":                          "Call [0800 1111](tel:+448001111).",
		"From 2026 to 2027, 9 to 5":                "From 2026 to 2027, 9 to 5",
	} {
		if got := pressedIn(line); got != want {
			t.Errorf("%s: got %s, want %s", line, got, want)
		}
	}
}

func TestTexting(t *testing.T) {
	for how, want := range map[string]string{
		"SHOUT to 85258": "sms:85258?body=SHOUT", "HELLO to 01632 960 177": "sms:01632960177?body=HELLO",
		"": "", "85258": "", "write to us": "",
	} {
		if got := texting(how); got != want {
			t.Errorf("%q: %q, want %q", how, got, want)
		}
	}
}
