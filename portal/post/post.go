// Package post sends what stands in the portal's outbox, by SMTP. Which mails there are and who
// gets them is the portal's; their words are content/model/mails.toml.
//
// A sender connects first, and takes a mail from the outbox only then: a server that
// cannot be reached costs no mail a try. It sends one mail after another. A mail that was
// refused with a reason that may pass is tried again, one that was refused for good is not;
// and where all of a mail was handed over and the answer never came, it may have been
// taken: then it is not sent again unless somebody at the office says so.
package post

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"schoolgate/portal"
)

// Security is how a connection is kept from others.
type Security string

const (
	StartTLS Security = "starttls" // or nothing is sent
	TLS      Security = "tls"      // from the first byte
	None     Security = "none"     // for a server on this machine
)

// Server is a mail server, and as whom it is sent through it.
type Server struct {
	Host     string
	Port     int
	Security Security
	TLS      *tls.Config // nil for the usual
	User     string      // "" where it asks for nobody
	Password string
	From     string // the address of all mail; answers go to the school's
}

// String keeps the password out of logs.
func (s Server) String() string       { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }
func (s Server) GoString() string     { return s.String() }
func (s Server) LogValue() slog.Value { return slog.StringValue(s.String()) }

// patience is how long one mail may take, and a connection to be made: servers look at
// what they are given before they answer for it.
const patience = 2 * time.Minute

// How long a sender waits before it looks again, and after a server could not be reached.
const (
	poll      = 5 * time.Second
	leastWait = 10 * time.Second
	mostWait  = 5 * time.Minute
)

// Sender sends what is due, until it is stopped.
type Sender struct {
	Portal *portal.Portal
	Server Server
	// Words is what is said in a kind of mail.
	Words func(portal.MailKind) Words
	Links portal.MailLinks
	Log   *slog.Logger
	// Patience is how long one mail may take; 0 is two minutes.
	Patience time.Duration
}

// Run sends until ctx ends, and then finishes the mail that it is at.
func (s *Sender) Run(ctx context.Context) {
	wait := poll
	for {
		switch err := s.Round(ctx); {
		case err == nil:
			wait = poll
		case ctx.Err() != nil:
		default:
			wait = min(max(2*wait, leastWait), mostWait)
			s.Log.Error("mail", "server", s.Server, "err", err, "again in", wait)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// Round sends all that is due now. It answers an error, which names nobody, where the
// server cannot be reached or has broken off.
func (s *Sender) Round(ctx context.Context) error {
	if due, err := s.Portal.MailDue(ctx); err != nil || !due {
		return err
	}
	client, err := s.client()
	if err != nil {
		return err
	}
	connection, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", plain(err))
	}
	defer connection.Close() // without a word, where it is broken
	for ctx.Err() == nil {
		m, err := s.Portal.NextMail(ctx)
		if errors.Is(err, portal.ErrNotFound) {
			return client.CloseWithSMTPClient(connection)
		} else if err != nil {
			return err
		}
		d, broken := s.send(client, connection, m)
		s.Log.Info("mail", "id", m.ID, "school", m.Mail.School, "kind", m.Kind, "try", m.Tries, "outcome", d.Outcome, "reply", d.Reason)
		if err := s.done(ctx, m, d); err != nil {
			return err
		}
		if broken != nil {
			return broken
		}
	}
	return client.CloseWithSMTPClient(connection)
}

// done says what came of a mail, also where the sender is being stopped, and more than
// once where the database is away: nobody could tell it later.
func (s *Sender) done(ctx context.Context, m portal.Message, d portal.Delivery) (err error) {
	for range 5 {
		if err = s.Portal.MailDone(context.WithoutCancel(ctx), m, d); err == nil {
			return nil
		}
		time.Sleep(2 * time.Second)
	}
	return fmt.Errorf("what came of %v: %w", m, err)
}

func (s *Sender) client() (*mail.Client, error) {
	of := s.Server
	options := []mail.Option{mail.WithPort(of.Port), mail.WithTimeout(s.patience())}
	switch of.Security {
	case TLS:
		options = append(options, mail.WithSSL())
	case None:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if of.TLS != nil {
		options = append(options, mail.WithTLSConfig(of.TLS))
	}
	if of.User != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(of.User), mail.WithPassword(of.Password))
	}
	return mail.NewClient(of.Host, options...)
}

func (s *Sender) patience() time.Duration {
	if s.Patience > 0 {
		return s.Patience
	}
	return patience
}

// send hands over one mail. Broken is why the connection is of no more use.
func (s *Sender) send(client *mail.Client, connection *smtp.Client, m portal.Message) (d portal.Delivery, broken error) {
	msg, err := s.compose(m)
	if err != nil { // an address, or a name, that no header can hold
		return portal.Delivery{Outcome: portal.Turned, Reason: "cannot be written"}, nil
	}
	return outcome(client.SendWithSMTPClient(connection, msg), msg.IsDelivered())
}

// noMailbox is the enhanced status codes that say of an address that it does not work
// (RFC 3463): bad mailbox, system or syntax, moved, no mail taken, disabled.
var noMailbox = []string{"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"}

// outcome is what a mail's error says of it.
func outcome(err error, delivered bool) (d portal.Delivery, broken error) {
	if err == nil {
		return d, nil
	}
	if delivered { // what failed came after it was taken
		return d, fmt.Errorf("after a mail: %w", plain(err))
	}
	failed, ok := errors.AsType[*mail.SendError](err)
	if !ok {
		return portal.Delivery{Outcome: portal.Later, Reason: "no answer"}, plain(err)
	}
	code, enhanced := failed.ErrorCode(), failed.EnhancedStatusCode()
	d.Reason = strings.TrimSpace(strconv.Itoa(code) + " " + enhanced)
	switch {
	case code == 0:
		// No reply, or none that fits. Before the mail's last dot it cannot have been
		// taken; after it, it may.
		d.Outcome, d.Reason, broken = portal.Later, "no answer", plain(err)
		if failed.Reason == mail.ErrSMTPDataClose {
			d.Outcome = portal.Unsure
		}
	case code == 421:
		d.Outcome, broken = portal.Later, plain(err)
	case code < 500 || strings.HasPrefix(enhanced, "5.4."): // a limit of a day, a network
		d.Outcome = portal.Later
	case failed.Reason == mail.ErrSMTPMailFrom: // it is we who are refused
		d.Outcome, broken = portal.Later, plain(err)
	default:
		d.Outcome = portal.Turned
		d.BadAddress = failed.Reason == mail.ErrSMTPRcptTo && slices.Contains(noMailbox, enhanced)
	}
	return d, broken
}

// plain is an error fit for a log: a server's words may name whoever a mail is for.
func plain(err error) error {
	if failed, ok := errors.AsType[*mail.SendError](err); ok {
		if code := failed.ErrorCode(); code != 0 {
			return fmt.Errorf("%s: reply %d %s", failed.Reason, code, failed.EnhancedStatusCode())
		}
		return fmt.Errorf("%s: no reply that fits", failed.Reason)
	}
	if reply, ok := errors.AsType[*textproto.Error](err); ok {
		return fmt.Errorf("reply %d", reply.Code)
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return err // an address of ours, and what the system says
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return err
	}
	return errors.New("it does not answer as a mail server that these settings fit")
}
