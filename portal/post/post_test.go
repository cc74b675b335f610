package post_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"schoolgate/portal"
	"schoolgate/portal/ledger"
	"schoolgate/portal/post"
	"schoolgate/portal/store"
)

// server is a mail server that does what a test wants.
type server struct {
	t    *testing.T
	at   post.Server
	stop chan struct{} // closed when the test ends: whatever hangs goes on

	mu    sync.Mutex
	taken []string                          // what it has answered for, or would have
	on    map[string]func(*smtp.Conn) error // at "mail", "rcpt", "data" (before any of it) and "end" (after the last dot), once each
}

// step does what was wanted at a step, and forgets it.
func (s *server) step(name string, c *smtp.Conn) error {
	s.mu.Lock()
	do := s.on[name]
	delete(s.on, name)
	s.mu.Unlock()
	if do == nil {
		return nil
	}
	return do(c)
}

type session struct {
	*server
	conn *smtp.Conn
	user string
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "gate" || password != "open" {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "no such user gate"}
		}
		s.user = user
		return nil
	}), nil
}

func (s *session) Mail(string, *smtp.MailOptions) error {
	if _, secret := s.conn.TLSConnectionState(); s.user == "" || !secret {
		return smtp.ErrAuthRequired
	}
	return s.step("mail", s.conn)
}

func (s *session) Rcpt(string, *smtp.RcptOptions) error { return s.step("rcpt", s.conn) }

func (s *session) Data(r io.Reader) error {
	if err := s.step("data", s.conn); err != nil {
		return err
	}
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	err = s.step("end", s.conn)
	if refused, ok := errors.AsType[*smtp.SMTPError](err); ok {
		return refused
	}
	s.mu.Lock()
	s.taken = append(s.taken, string(b))
	s.mu.Unlock()
	return err
}

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

// listen starts a mail server with TLS and one account.
func listen(t *testing.T, security post.Security) *server {
	t.Helper()
	keys := httptest.NewUnstartedServer(nil)
	keys.StartTLS()
	t.Cleanup(keys.Close)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	s := &server{t: t, stop: make(chan struct{}), on: map[string]func(*smtp.Conn) error{}}
	s.at = post.Server{
		Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, Security: security, User: "gate", Password: "open", From: "no-reply@trust.example",
		TLS: &tls.Config{RootCAs: keys.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs, ServerName: "127.0.0.1"},
	}
	secret := &tls.Config{Certificates: keys.TLS.Certificates}
	if security == post.TLS {
		l = tls.NewListener(l, secret)
	}
	of := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{server: s, conn: c}, nil }))
	of.Domain, of.TLSConfig, of.ErrorLog = "mx.example", secret, log.New(io.Discard, "", 0)
	go of.Serve(l)
	t.Cleanup(func() { close(s.stop); of.Close() })
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// world is a school with one parent, who waits for an invitation by mail.
type world struct {
	*portal.Portal
	t    *testing.T
	db   *store.DB
	now  time.Time
	log  bytes.Buffer
	post *post.Sender
}

const secretName, secretAddress = "Mrs Oluchi [[code]] Abara-Quill", "oluchi@quill.example"

func newWorld(t *testing.T, at post.Server) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 9, 7, 9, 0, 0, 0, time.UTC)}
	var err error
	w.db, err = store.Open(t.Context(), filepath.Join(t.TempDir(), "db"))
	must(t, err)
	t.Cleanup(func() { w.db.Close() })
	book, err := ledger.Open(t.Context(), w.db, filepath.Join(t.TempDir(), "ledger.key"), w.now)
	must(t, err)
	w.Portal = portal.New(w.db, book, nil, func() time.Time { return w.now })
	w.SendMail(portal.MailRules{Every: 7, Most: 3})
	source := "The agreement.\n"
	sum := sha256.Sum256([]byte(source))
	must(t, w.SetSchools(t.Context(), []portal.School{{Slug: "fernlow", Name: "Fernlow Primary School", ShortName: "Fernlow", Phone: "01632 960123", Email: "office@fernlow.example",
		Texts: []portal.Text{{School: "fernlow", Kind: portal.Agreement, Slug: "aup", Title: "The rules", Edition: 1, Source: source, Hash: hex.EncodeToString(sum[:])}}}}))
	rows := []portal.ClassListRow{{Row: 2, Forename: "Asha", Surname: "Abara-Quill", Born: "2018-03-27", Year: 3, Group: "3H", ContactName: secretName, Relationship: "Mother", Email: secretAddress, Parental: true}}
	plan, err := w.PreviewImport(t.Context(), portal.Operator, "fernlow", rows)
	must(t, err)
	_, err = w.ApplyImport(t.Context(), portal.Operator, "fernlow", "", rows, plan.Fingerprint, portal.ImportChoices{})
	must(t, err)
	w.post = &post.Sender{
		Portal: w.Portal, Server: at, Log: slog.New(slog.NewTextHandler(&w.log, nil)), Patience: 500 * time.Millisecond,
		Links: portal.MailLinks{Portal: "https://safe.example/portal/", Join: "https://safe.example/portal/join/", Receipt: "https://safe.example/portal/receipts/", Reminders: "https://safe.example/portal/reminders/"},
		Words: func(k portal.MailKind) post.Words {
			return post.Words{Subject: "[[school_short]]: " + string(k), Says: "Dear [[name]],\n\nof [[school]] <b>\n\n1. Go to [[join]]\n2. Type [[code]] until [[expires]]\n\n- one\n- two\n\n[[items]]\n\nSince [[when]]. [[portal]]. Call [[phone]]. Stop: [[stop]]"}
		},
	}
	n, err := w.InviteByMail(t.Context(), portal.Operator, "fernlow")
	if err != nil || n != 1 {
		t.Fatalf("%d invited, %v", n, err)
	}
	return w
}

// state is the mail that was queued first.
func (w *world) state() (m portal.Mail) {
	w.t.Helper()
	must(w.t, w.db.View(w.t.Context(), func(tx portal.Tx) error {
		all, err := tx.Mails("fernlow")
		m = all[len(all)-1]
		return err
	}))
	return m
}

// quiet holds that the log names nobody.
func (w *world) quiet() {
	w.t.Helper()
	for _, secret := range []string{"Oluchi", "oluchi", "quill", "Asha", "open", "no such", "gate"} {
		if strings.Contains(w.log.String(), secret) {
			w.t.Errorf("the log has %q:\n%s", secret, w.log.String())
		}
	}
}

func refused(code int, a, b, c int) func(*smtp.Conn) error {
	return func(*smtp.Conn) error {
		return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{a, b, c}, Message: "no such user oluchi@quill.example"}
	}
}

func dropped(c *smtp.Conn) error { c.Conn().Close(); return errors.New("gone") }

// What a server may do to a mail, and what comes of it: at the first try, and once the
// server has come to its senses.
func TestServersThatFail(t *testing.T) {
	hangs := func(s *server) func(*smtp.Conn) error {
		return func(*smtp.Conn) error { <-s.stop; return errors.New("too late") }
	}
	always := func(do func(*smtp.Conn) error) func(*server) func(*smtp.Conn) error {
		return func(*server) func(*smtp.Conn) error { return do }
	}
	for name, x := range map[string]struct {
		step   string
		does   func(*server) func(*smtp.Conn) error
		state  portal.MailState // after the first try
		reason string
		broken bool // there is no going on with that connection
		taken  int  // how often the server has it in the end
		bad    int  // addresses that do not work
	}{
		"nothing goes wrong":           {"", nil, portal.MailSent, "", false, 1, 0},
		"it is closing":                {"mail", always(refused(421, 4, 3, 2)), portal.MailWaiting, "421 4.3.2", true, 1, 0},
		"it refuses us":                {"mail", always(refused(550, 5, 7, 1)), portal.MailWaiting, "550 5.7.1", true, 1, 0},
		"it greylists":                 {"rcpt", always(refused(451, 4, 7, 1)), portal.MailWaiting, "451 4.7.1", false, 1, 0},
		"there is no such mailbox":     {"rcpt", always(refused(550, 5, 1, 1)), portal.MailFailed, "550 5.1.1", false, 0, 1},
		"it will not have it":          {"rcpt", always(refused(550, 5, 7, 1)), portal.MailFailed, "550 5.7.1", false, 0, 0},
		"it has sent enough today":     {"rcpt", always(refused(550, 5, 4, 5)), portal.MailWaiting, "550 5.4.5", false, 1, 0},
		"it hangs before the mail":     {"rcpt", hangs, portal.MailWaiting, "no answer", true, 1, 0},
		"it breaks off before it":      {"rcpt", always(dropped), portal.MailWaiting, "no answer", true, 1, 0},
		"it breaks off within it":      {"data", always(dropped), portal.MailUnknown, "no answer", true, 0, 0},
		"it answers out of order":      {"mail", always(func(c *smtp.Conn) error { fmt.Fprint(c.Conn(), "250 2.0.0 somebody else's\r\n"); return nil }), portal.MailWaiting, "no answer", true, 1, 0},
		"it takes all, and refuses":    {"end", always(refused(554, 5, 6, 0)), portal.MailFailed, "554 5.6.0", false, 0, 0},
		"it takes all, and cannot now": {"end", always(refused(452, 4, 3, 1)), portal.MailWaiting, "452 4.3.1", false, 1, 0},
		"it takes all, and breaks off": {"end", always(func(c *smtp.Conn) error { c.Conn().Close(); return nil }), portal.MailUnknown, "no answer", true, 1, 0},
		"it takes all, and hangs":      {"end", hangs, portal.MailUnknown, "no answer", true, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := listen(t, post.StartTLS)
			w := newWorld(t, s.at)
			if x.does != nil {
				s.on[x.step] = x.does(s)
			}
			err := w.post.Round(t.Context())
			m := w.state()
			if m.State != x.state || m.Reason != x.reason || (err != nil) != x.broken {
				t.Errorf("it is %s, %q, and the round ends with %v; want %s, %q, %v", m.State, m.Reason, err, x.state, x.reason, x.broken)
			}
			if err != nil && (strings.Contains(err.Error(), "oluchi") || strings.Contains(err.Error(), "such user")) {
				t.Errorf("the error repeats the server's words: %v", err)
			}
			for range 3 {
				w.now = w.now.Add(time.Hour)
				must(t, w.post.Round(t.Context()))
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			o, err := w.Outbox(t.Context(), portal.Operator, "fernlow")
			must(t, err)
			addresses := len(o.Bad)
			if len(s.taken) != x.taken && !(name == "it takes all, and hangs" && len(s.taken) == 0) || addresses != x.bad {
				t.Errorf("it was taken %d times, and %d addresses are bad; want %d, %d", len(s.taken), addresses, x.taken, x.bad)
			}
			w.quiet()
		})
	}
}

// A server that cannot be reached, or that these settings do not fit, costs no mail a try.
func TestServersThatAreNotThere(t *testing.T) {
	for name, spoil := range map[string]func(*post.Server){
		"nobody listens":        func(s *post.Server) { s.Port = 1 },
		"another password":      func(s *post.Server) { s.Password = "shut" },
		"another's certificate": func(s *post.Server) { s.TLS = nil },
		"no TLS where we want":  func(s *post.Server) { s.Security = post.TLS },
		"no account":            func(s *post.Server) { s.User = "" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := listen(t, post.StartTLS)
			w := newWorld(t, s.at)
			spoil(&w.post.Server)
			err := w.post.Round(t.Context())
			m := w.state()
			if tried := m.Tries > 0; err == nil || m.State != portal.MailWaiting || tried != (name == "no account") {
				t.Errorf("%v, and the mail is %s after %d tries", err, m.State, m.Tries)
			}
			if err != nil && (strings.Contains(err.Error(), "gate") || strings.Contains(err.Error(), "shut")) {
				t.Errorf("the error has the account in it: %v", err)
			}
			w.post.Server = s.at
			w.now = w.now.Add(time.Hour)
			must(t, w.post.Round(t.Context()))
			if w.state().State != portal.MailSent {
				t.Errorf("then it is %s", w.state().State)
			}
			w.quiet()
		})
	}
}

// What arrives: both parts say the same, names fill no blank, and every try has one id.
func TestWhatIsSent(t *testing.T) {
	s := listen(t, post.TLS)
	w := newWorld(t, s.at)
	s.on["end"] = refused(451, 4, 3, 0)
	must(t, w.post.Round(t.Context()))
	first := w.state()
	w.now = w.now.Add(time.Minute)
	must(t, w.post.Round(t.Context()))
	if len(s.taken) != 1 {
		t.Fatalf("%d mails", len(s.taken))
	}
	m, err := mail.ReadMessage(strings.NewReader(s.taken[0]))
	must(t, err)
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	must(t, err)
	for header, want := range map[string]string{
		"Message-ID": "<" + first.ID + "@trust.example>", "From": `"Fernlow Primary School" <no-reply@trust.example>`, "To": "<" + secretAddress + ">", "Reply-To": "<office@fernlow.example>",
		"Auto-Submitted": "auto-generated", "List-Unsubscribe": "", "User-Agent": "", "X-Mailer": "",
	} {
		if got := m.Header.Get(header); got != want {
			t.Errorf("%s is %q, want %q", header, got, want)
		}
	}
	if subject != "Fernlow: invitation" {
		t.Errorf("the subject is %q", subject)
	}
	_, parameters, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	must(t, err)
	var parts []string
	for r := multipart.NewReader(m.Body, parameters["boundary"]); ; {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		must(t, err)
		b, err := io.ReadAll(quotedprintable.NewReader(p))
		must(t, err)
		parts = append(parts, strings.ReplaceAll(string(b), "\r\n", "\n"))
	}
	if len(parts) != 2 {
		t.Fatalf("%d parts", len(parts))
	}
	for _, want := range []string{"Dear " + secretName + ",", "of Fernlow Primary School <b>", "1. Go to https://safe.example/portal/join/", " until 21 September 2026", "Since 7 September 2026 at 10:00 am. https://safe.example/portal/. Call 01632 960123."} {
		if !strings.Contains(parts[0], want) {
			t.Errorf("the text lacks %q:\n%s", want, parts[0])
		}
	}
	for _, want := range []string{"<p>Dear " + secretName + ",</p>", "School &lt;b&gt;", "<br>\n2. Type ", "<ul>\n<li>one</li>\n<li>two</li>\n</ul>", `<a href="https://safe.example/portal/">https://safe.example/portal/</a>. Call`} {
		if !strings.Contains(parts[1], want) {
			t.Errorf("the HTML lacks %q:\n%s", want, parts[1])
		}
	}
	for _, part := range parts {
		if strings.Contains(part, "Asha") {
			t.Error("a child is named")
		}
	}
}

// A reminder says where reminders are stopped, to people and to mail programs.
func TestRemindersCanBeStopped(t *testing.T) {
	s := listen(t, post.StartTLS)
	w := newWorld(t, s.at)
	must(t, w.post.Round(t.Context()))
	w.now = w.now.AddDate(0, 0, 8)
	r, err := w.Reminders(t.Context(), portal.Operator, "fernlow")
	must(t, err)
	_, err = w.Remind(t.Context(), portal.Operator, "fernlow", r.Fingerprint)
	must(t, err)
	must(t, w.post.Round(t.Context()))
	if len(s.taken) != 2 {
		t.Fatalf("%d mails", len(s.taken))
	}
	m, err := mail.ReadMessage(strings.NewReader(s.taken[1]))
	must(t, err)
	key, found := strings.CutPrefix(strings.Trim(m.Header.Get("List-Unsubscribe"), "<>"), "https://safe.example/portal/reminders/")
	if !found || m.Header.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
		t.Fatalf("the headers are %v", m.Header)
	}
	must(t, w.StopReminders(t.Context(), key, true))
}

// A sender sends what comes, and finishes what it is at when it is stopped.
func TestRun(t *testing.T) {
	s := listen(t, post.StartTLS)
	w := newWorld(t, s.at)
	ctx, stop := context.WithCancel(t.Context())
	s.on["end"] = func(*smtp.Conn) error { stop(); return nil }
	done := make(chan struct{})
	go func() { defer close(done); w.post.Run(ctx) }()
	<-done
	if m := w.state(); m.State != portal.MailSent || len(s.taken) != 1 {
		t.Errorf("it is %s", m.State)
	}
}
