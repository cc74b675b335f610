// Package web is the portal as people meet it: addresses, requests and pages.
// It reads what somebody sends, asks the portal, and shows the answer; it holds
// no rule of its own about who may do what.
//
// A matter is one Go file with the data of its pages, their forms and the reading of
// them; a page is one template under pages/, which the file names where it shows it.
// All addresses are in routes.go, and errors.go alone turns an error into a status and
// a page. How often somebody may ask is limited before a request comes here: by
// gate.go in cmd/schoolgate.
//
// A page for teachers, or whoever else works at a school, begins with [server.office] and the
// right that it needs; one for families with [server.signedIn]; one on a device of the school,
// for those without an account, is in here.go. What somebody looks at is put on record by the
// operation that answers it. Parts that pages share (a line of a form, what is wrong with it,
// a tag, a table of pupils) are in pages/layout.html.
package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"schoolgate/portal"
)

// SignIn is the providers that people sign in with.
type SignIn interface {
	// Providers are the ways to sign in, in the order in which they are offered.
	Providers() []portal.Provider
	// Begin answers the provider's own address to send somebody to, and what has
	// to be remembered until they return. Anew has them prove there once more who
	// they are.
	Begin(ctx context.Context, provider string, anew bool) (redirect string, h portal.Handshake, err error)
	// Finish answers who came back, given the query of the address they came back
	// to. An error that is [portal.ErrDeclined] is somebody who turned back, and
	// [portal.ErrStale] somebody who was not asked anew who they are; every other
	// one is a sign-in that failed.
	Finish(ctx context.Context, h portal.Handshake, query url.Values) (portal.Identity, error)
}

// ListWriter writes a list. Nothing of it is whole before Flush.
type ListWriter interface {
	Write(portal.ListRow) error
	Flush() error
}

// Config is what the portal's pages need. Everything is required but where it
// says otherwise.
type Config struct {
	Portal *portal.Portal
	SignIn SignIn
	// OpenClassList says what an uploaded file is and what its columns would be
	// taken for; ReadClassList reads it. What the office can put right is
	// [*portal.Invalid].
	OpenClassList func(file []byte, m portal.ListMapping) (portal.ListFile, error)
	ReadClassList func(file []byte, m portal.ListMapping) (portal.ClassList, error)
	// WriteList begins a list, with one column for each purpose, as "csv", "xlsx" or
	// "xlsx-classes".
	WriteList func(w io.Writer, format string, l portal.List) (ListWriter, error)
	// Encrypt makes of w one that encrypts what is written to it, for whoever has the
	// passphrase, until it is closed.
	Encrypt func(w io.Writer, passphrase string) (io.WriteCloser, error)
	// WriteTable writes rows of words as CSV, as WriteList writes a list.
	WriteTable func(w io.Writer, rows [][]string) error
	// Compare lines up two wordings of a text.
	Compare func(was, now portal.Text) []Passage
	// CleanPicture makes of a picture that somebody has sent what is kept of it: turned
	// upright, small, and nothing but pixels. What is wrong with it is [*portal.Invalid].
	CleanPicture func(ctx context.Context, sent []byte) ([]byte, error)
	// SitePages are the pages of a school's site that a picture can stand on, by address.
	// Optional: without it no picture goes anywhere.
	SitePages func(school string) []SitePage
	// Blanks is what a school is asked for, with a draft's answers by key, as its file says
	// now; WriteBlanks puts an approved draft into that file and has the site made of it.
	// What keeps it from being written is [*portal.Invalid].
	Blanks      func(school string, answers map[string]string) (portal.BlankForm, error)
	WriteBlanks func(ctx context.Context, x portal.Draft) error
	// Stylesheet is the theme's, as CSS, and OfficeStyles what only the office's pages
	// need besides.
	Stylesheet, OfficeStyles []byte
	// Colour is a school's own colour by its slug, and the trust's for "", as
	// "#14532d". Optional; where it answers "" the pages are ink blue.
	Colour func(school string) string
	// Review is the day by which a school's online safety policy is reviewed, and
	// whether that is "soon" or "overdue"; "" where there is nothing to say. Only
	// the school's own office is told. Optional.
	Review func(school string) (next time.Time, standing string)
	// Unconfirmed are the places in a school's directory of help that nobody there has
	// looked at within a year. Only the school's own office is told. Optional.
	Unconfirmed func(school string) []string
	// Tel is the address that rings a telephone number of a school, such as
	// "tel:+441632960101". Optional: without it, the number without spaces.
	Tel func(phone string) string
	// QR is the QR code of an address, as SVG.
	QR func(address string) (string, error)
	// Easy is where a school's site tells a text in easy words, as "easy-read/rules/"; ""
	// for none. Optional.
	Easy func(portal.Text) string
	// Languages are those in which a family is asked to tell us theirs. Optional.
	Languages []Language
	// Address is the public one, without a path: "https://schools.example". It
	// may be http only on this machine itself, and then cookies are not Secure.
	Address string
	// TrustName is whose portal it is; empty for a single school without a trust.
	TrustName string
	Log       *slog.Logger
}

// SitePage is a page of a school's public site.
type SitePage struct{ Address, Title string }

// Language is one that families speak, in its own words.
type Language struct {
	Tag  string // BCP 47
	Dir  string // "ltr" or "rtl"
	Name string // of the language, in itself
	Says string // asks to be told the language, and promises to explain
}

type server struct {
	Config
	https       bool
	templates   templates
	stylesheet  string // its address
	officeSheet string // of the office's own
	router      *mux.Router
	again       pagesAgain
}

// New makes the portal: everything under /portal/. It answers an error for
// settings that cannot work, and for a page without its template.
func New(c Config) (http.Handler, error) {
	s, err := newServer(c)
	if err != nil {
		return nil, err
	}
	return s.outer(s.router), nil
}

func newServer(c Config) (*server, error) {
	if c.Portal == nil || c.SignIn == nil || c.OpenClassList == nil || c.ReadClassList == nil || c.WriteList == nil || c.WriteTable == nil || c.Compare == nil || c.QR == nil || c.CleanPicture == nil || c.Blanks == nil || c.WriteBlanks == nil || len(c.Stylesheet) == 0 || len(c.OfficeStyles) == 0 || c.Log == nil {
		return nil, errors.New("portal/web: a required setting is missing")
	}
	c.Address = strings.TrimSuffix(c.Address, "/")
	u, err := url.Parse(c.Address)
	if err != nil || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, fmt.Errorf("portal/web: address %q: write it as https://schools.example, without a path", c.Address)
	}
	if u.Scheme == "http" && !Loopback(u.Hostname()) {
		return nil, fmt.Errorf("portal/web: address %q: http is only for this machine itself; children's data travels by https", c.Address)
	}
	s := &server{Config: c, https: u.Scheme == "https"}
	s.stylesheet, s.officeSheet = StylesheetPath(c.Stylesheet), stylesPath("office", c.OfficeStyles)
	if s.templates, err = s.loadTemplates(); err != nil {
		return nil, fmt.Errorf("portal/web: %w", err)
	}
	s.router = s.routes()
	return s, nil
}

// StylesheetPath is the address of the stylesheet: its name is its content, so
// that browsers may keep it for ever.
func StylesheetPath(css []byte) string { return stylesPath("schoolgate", css) }

func stylesPath(name string, css []byte) string {
	sum := sha256.Sum256(css)
	return "/portal/assets/" + name + "." + hex.EncodeToString(sum[:8]) + ".css"
}

// Loopback says whether a host is this machine itself.
func Loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
