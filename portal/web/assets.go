package web

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"schoolgate/portal"
)

// inkBlue is for a school or trust that has set no colour.
const inkBlue = "#1f3a5f"

var colourForm = regexp.MustCompile(`^#[0-9a-f]{6}$`)

const forEver = "public, max-age=31536000, immutable"

func (s *server) getStylesheet(w http.ResponseWriter, r *http.Request) error {
	switch r.URL.Path {
	case s.stylesheet:
		return css(w, r, s.Stylesheet)
	case s.officeSheet:
		return css(w, r, s.OfficeStyles)
	}
	return fmt.Errorf("stylesheet: %w", portal.ErrNotFound)
}

// colourAddress is the stylesheet of one school's colour, which its address
// says in full.
func (s *server) colourAddress(school string) string {
	colour := ""
	if s.Colour != nil {
		colour = strings.ToLower(s.Colour(school))
	}
	if !colourForm.MatchString(colour) {
		colour = inkBlue
	}
	return "/portal/assets/colour-" + colour[1:] + ".css"
}

func (s *server) getColour(w http.ResponseWriter, r *http.Request) error {
	colour := mux.Vars(r)["colour"]
	n, err := strconv.ParseUint(colour, 16, 32)
	if err != nil {
		return fmt.Errorf("colour: %w", portal.ErrNotFound)
	}
	ink := "#fff"
	// Rec. 709 luma, near enough for colours that the settings have checked.
	if 2126*(n>>16)+7152*(n>>8&0xff)+722*(n&0xff) > 118*10000 {
		ink = "#000"
	}
	return css(w, r, fmt.Appendf(nil, ":root{--accent:#%s;--accent-ink:%s}\n", colour, ink))
}

func css(w http.ResponseWriter, r *http.Request, b []byte) error {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", forEver)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b))
	return nil
}
