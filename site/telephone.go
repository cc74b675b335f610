package site

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

var (
	phoneExtension = regexp.MustCompile(`(?i)^(.*?[0-9)])[ \t,;]*\(?(?:extension|extn|ext|x|option|opt|#)[ \t.:]*([0-9]{1,7})\)?$`)
	trunkZero      = regexp.MustCompile(`\([ \t]*0[ \t]*\)`)
	plainNumber    = regexp.MustCompile(`^\+?[0-9]+$`)
)

// Dial is the address that rings a telephone number, however people write it:
// "tel:+441632960101" for 01632 960101, (01632) 960 101 and +44 (0)1632 960101,
// with ";ext=23" for an extension. A number without area code, such as 999, stays
// as it is. It is false for what is no number (E.164, RFC 3966 §5.1.4).
func Dial(number string) (address string, ok bool) {
	number = strings.TrimSpace(norm.NFKC.String(number))
	inner := ""
	if m := phoneExtension.FindStringSubmatch(number); m != nil {
		number, inner = m[1], ";ext="+m[2]
	}
	abroad := strings.HasPrefix(number, "+") || strings.HasPrefix(number, "00") || strings.HasPrefix(number, "(+") || strings.HasPrefix(number, "(00")
	if abroad {
		number = trunkZero.ReplaceAllString(number, "")
	}
	number = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune("()./", r) {
			return -1
		}
		return r
	}, number)
	if !plainNumber.MatchString(number) {
		return "", false
	}
	switch {
	case strings.HasPrefix(number, "00"):
		number = "+" + number[2:]
	case strings.HasPrefix(number, "0"):
		number = "+44" + number[1:]
	case strings.HasPrefix(number, "44") && (len(number) == 11 || len(number) == 12):
		number = "+" + number
	}
	if home, uk := strings.CutPrefix(number, "+44"); uk {
		home = strings.TrimPrefix(home, "0")
		if len(home) != 7 && len(home) != 9 && len(home) != 10 { // 0800 1111 has 7
			return "", false
		}
		number = "+44" + home
	}
	if abroad := strings.HasPrefix(number, "+"); abroad && (len(number) < 8 || len(number) > 16) || !abroad && (len(number) < 3 || len(number) > 6) {
		return "", false
	}
	return "tel:" + number + inner, true
}

// dial is Dial's address, or "" for what is no number.
func dial(number string) string {
	address, _ := Dial(number)
	return address
}

var textMessage = regexp.MustCompile(`^(\S+) to (\+?[0-9 ]+)$`)

// texting is the address that writes a text message, RFC 5724, from how to send it:
// "sms:85258?body=SHOUT" for "SHOUT to 85258"; "" for other words.
func texting(how string) string {
	m := textMessage.FindStringSubmatch(how)
	if m == nil {
		return ""
	}
	return "sms:" + strings.ReplaceAll(m[2], " ", "") + "?body=" + url.QueryEscape(m[1])
}
