package web

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"schoolgate/portal"
)

// joinView is the page on which somebody enters the code of their letter. It is
// the only form whose fields are never held: a code is stored nowhere.
type joinView struct {
	Code, Day, Month, Year string // as typed
	Scanned                bool   // this browser keeps a code that came with an address, as a letter's square has it
	With, As               string // the provider by which they are signed in, and as whom
}

// letterCookie is the code of a letter whose square was scanned, until it is used.
const letterCookie = "letter"

// letterCookieLife is how long a browser keeps it, to sign in meanwhile.
const letterCookieLife = 10 * time.Minute

// getLetterCode is where the square on a letter leads: the code is kept by this browser
// to spare typing it, and the address goes on without it. It opens nothing: the child's
// date of birth is still asked for.
func (s *server) getLetterCode(w http.ResponseWriter, r *http.Request) error {
	if code := portal.NormalCode(mux.Vars(r)["code"]); portal.CodeProblem(code) == "" {
		c := s.cookie(letterCookie, code)
		c.MaxAge = int(letterCookieLife.Seconds())
		http.SetCookie(w, c)
	}
	return seeOther(w, r, joinPath)
}

func (s *server) getJoin(w http.ResponseWriter, r *http.Request) error {
	p, err := s.joinPage(r, joinView{Scanned: s.scanned(r) != ""})
	return s.showPage(w, r, p, err)
}

// scanned is the code that this browser keeps, or "". It is never shown: the browser may
// be another's by now.
func (s *server) scanned(r *http.Request) string {
	code := s.cookieValue(r, letterCookie)
	if portal.CodeProblem(code) != "" {
		return ""
	}
	return code
}

func (s *server) postJoin(w http.ResponseWriter, r *http.Request) error {
	v := joinView{
		Code: r.PostForm.Get("code"),
		Day:  r.PostForm.Get("born-day"), Month: r.PostForm.Get("born-month"), Year: r.PostForm.Get("born-year"),
	}
	code := v.Code
	if kept := s.scanned(r); kept != "" {
		if v.Scanned = true; strings.TrimSpace(code) == "" {
			code = kept
		}
	}
	born, err := v.check(code)
	if err == nil {
		err = s.Portal.Join(r.Context(), account(r), code, born)
	}
	if err != nil {
		return &rejectedForm{err, func(bool) (page, error) { return s.joinPage(r, v) }}
	}
	http.SetCookie(w, s.cookie(letterCookie, ""))
	return seeOther(w, r, "/portal/")
}

// joinPage says as whom they are signed in, before a code joins that account to anybody: a
// link may have been sent, or a letter swapped, for somebody else's account to join.
func (s *server) joinPage(r *http.Request, v joinView) (page, error) {
	a, err := s.Portal.Account(r.Context(), account(r))
	if err != nil {
		return page{}, err
	}
	v.As = visitOf(r).who.found.Name
	for _, p := range s.SignIn.Providers() {
		if p.Name == a.Identity.Provider {
			v.With = p.Label
		}
	}
	return page{template: "join.html", title: "Enter the code from your letter", data: v}, nil
}

// check reads the date, and finds what is missing before a try is used up.
func (v joinView) check(code string) (portal.Date, error) {
	var wrong portal.Invalid
	if problem := portal.CodeProblem(code); problem != "" {
		wrong.Add("code", problem)
	}
	born, problem := readDate(v.Day, v.Month, v.Year)
	if problem != "" {
		wrong.Add("born", problem)
	}
	return born, wrong.Or()
}

// readDate reads a date of birth from three boxes, or says what is wrong with it.
func readDate(day, month, year string) (born portal.Date, problem string) {
	var missing []string
	for _, box := range []struct{ name, value string }{{"a day", day}, {"a month", month}, {"a year", year}} {
		if strings.TrimSpace(box.value) == "" {
			missing = append(missing, box.name)
		}
	}
	switch {
	case len(missing) == 3:
		return "", "Type your child’s date of birth"
	case len(missing) > 0:
		return "", "The date of birth must have " + list(missing)
	case len(strings.TrimSpace(year)) != 4:
		return "", "Type the year with four figures, such as 2017"
	}
	name := strings.ToLower(strings.TrimSpace(month))
	for m := time.January; m <= time.December; m++ {
		if len(name) >= 3 && strings.HasPrefix(strings.ToLower(m.String()), name) {
			month = strconv.Itoa(int(m))
		}
	}
	day, month = strings.TrimSpace(day), strings.TrimSpace(month)
	switch m, err := strconv.Atoi(month); {
	case err != nil:
		return "", "Type the month as a number, such as 5"
	case m > 12 && len(day) <= 2 && day <= "12":
		return "", "Day first, then month. You typed " + month + " as the month"
	}
	born, err := portal.ParseDate(day + "/" + month + "/" + strings.TrimSpace(year))
	if err != nil {
		return "", "The date of birth must be a real date, such as 27 3 2017"
	}
	return born, ""
}
