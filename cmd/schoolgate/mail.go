package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"schoolgate/content"
	"schoolgate/portal"
	"schoolgate/portal/post"
	"schoolgate/portal/web"
	"schoolgate/site"
)

// MailSettings is the mail server, and when families are reminded by mail. Its password
// never stands in the file: it is read from the file that password_file names, or from the
// environment variable SCHOOLGATE_SECRET_MAIL.
type MailSettings struct {
	Server       string              `toml:"server"`   // host:port; "" where no mail is sent
	Security     string              `toml:"security"` // starttls, tls or none; "" is tls at port 465, and starttls
	User         string              `toml:"user"`
	PasswordFile string              `toml:"password_file"`
	From         string              `toml:"from"` // an address
	Every        int                 `toml:"every"`
	Most         int                 `toml:"most"`
	Quiet        string              `toml:"quiet"`    // "19:00-08:00", in England
	Holidays     map[string][]string `toml:"holidays"` // by school, or "*": "2026-12-19/2027-01-03"
}

// usualMail is what the settings have where they do not say it.
var usualMail = MailSettings{Every: 7, Most: 3, Quiet: "19:00-08:00"}

// rules is when mail that asks for something goes; wrong is told of what is no such thing.
func (m MailSettings) rules(wrong func(name, expected string)) portal.MailRules {
	r := portal.MailRules{Every: m.Every, Most: m.Most, Holidays: map[string][]portal.Holiday{}}
	from, to, _ := strings.Cut(m.Quiet, "-")
	clock := func(s string) time.Duration {
		t, err := time.Parse("15:04", strings.TrimSpace(s))
		if err != nil {
			wrong("mail.quiet", `expected two times of the day, such as "19:00-08:00"`)
		}
		return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
	}
	r.From = clock(from)
	r.To = clock(to)
	for school, all := range m.Holidays {
		for _, h := range all {
			first, last, _ := strings.Cut(h, "/")
			a, err1 := time.Parse(time.DateOnly, first)
			b, err2 := time.Parse(time.DateOnly, last)
			if err1 != nil || err2 != nil || b.Before(a) {
				wrong("mail.holidays."+school, `expected the first and the last day, such as "2026-12-19/2027-01-03"`)
			}
			r.Holidays[school] = append(r.Holidays[school], portal.Holiday{First: portal.Date(first), Last: portal.Date(last)})
		}
	}
	if m.Every < 1 || m.Every > 90 {
		wrong("mail.every", "expected from 1 to 90 days between two mails that ask the same person")
	}
	if m.Most < 0 || m.Most > 20 {
		wrong("mail.most", "expected from 0 to 20 reminders to one person in a school year")
	}
	return r
}

// server is the mail server without its password; wrong as in rules.
func (m MailSettings) server(wrong func(name, expected string)) post.Server {
	host, port, err := net.SplitHostPort(m.Server)
	number, err2 := strconv.Atoi(port)
	if err != nil || err2 != nil || host == "" {
		wrong("mail.server", "expected host:port, such as smtp.ourtrust.example:587")
	}
	usual := post.StartTLS
	if number == 465 {
		usual = post.TLS
	}
	security := post.Security(cmp.Or(m.Security, string(usual)))
	switch {
	case !slices.Contains([]post.Security{post.StartTLS, post.TLS, post.None}, security):
		wrong("mail.security", `expected "starttls", "tls", or "none" for a server on this machine`)
	case security == post.None && !web.Loopback(host):
		wrong("mail.security", `expected "starttls" or "tls": others could read what is sent`)
	}
	if a, err := mail.ParseAddress(m.From); err != nil || a.Address != m.From {
		wrong("mail.from", "expected an email address alone, such as no-reply@ourtrust.example")
	}
	return post.Server{Host: host, Port: number, Security: security, User: m.User, From: m.From}
}

// check is what is wrong with the settings.
func (m MailSettings) check(wrong func(name, expected string)) {
	if m.Server == "" {
		if m.From != "" || m.User != "" || m.PasswordFile != "" {
			wrong("mail.server", "expected the mail server, such as smtp.ourtrust.example:587")
		}
		return
	}
	m.server(wrong)
	m.rules(wrong)
}

// mailSender is what sends the outbox; nil where no mail is sent.
func (app *application) mailSender() (*post.Sender, error) {
	m := app.settings.Mail
	if m.Server == "" {
		return nil, nil
	}
	server := m.server(func(string, string) {}) // check has seen to it
	var err error
	if server.Password, err = readSecret("mail", m.PasswordFile); err != nil {
		return nil, fmt.Errorf("mail.password_file: %w", err)
	}
	if server.User != "" && server.Password == "" {
		return nil, errors.New("mail.password_file: expected the password of mail.user, or the variable SCHOOLGATE_SECRET_MAIL")
	}
	return &post.Sender{Portal: app.portal, Server: server, Words: app.mailWords, Links: web.MailLinks(app.settings.Address), Log: app.log}, nil
}

// mailWords is what is said in a kind of mail: by the content folder, or by the starter,
// where the folder is from before there was mail.
func (app *application) mailWords(kind portal.MailKind) post.Words {
	find := func(t *site.Trust) (w post.Words, ok bool) {
		i := slices.IndexFunc(t.Mails, func(m site.Mail) bool { return m.Kind == string(kind) })
		if i >= 0 {
			w = post.Words{Subject: t.Mails[i].Subject, Says: t.Mails[i].Says}
		}
		return w, i >= 0
	}
	if trust := app.trust.Load(); trust != nil {
		if w, ok := find(trust); ok {
			return w
		}
	}
	starter, err := starterContent()
	if err != nil {
		return post.Words{} // and it cannot be written: a test loads the starter
	}
	w, _ := find(starter)
	return w
}

// starterContent is the content inside the program.
var starterContent = sync.OnceValues(func() (*site.Trust, error) { return site.Load(content.FS) })

func remindCommand(settings settingsFunc) *cobra.Command {
	var school string
	var dry bool
	cmd := &cobra.Command{
		Use:   "remind --school SLUG",
		Short: "Remind families by mail of what they have not answered",
		Long: `Put a reminder into the outbox for each parent and carer of a school who has something
left to sign or to answer, and say how many got none and why. With --dry-run, only show
it. The server (schoolgate serve) sends them, not at night and not in the holidays; whoever
answers before that gets none. Nobody is named.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			app, err := openFor(cmd, settings)
			if err != nil {
				return err
			}
			defer closing(&err, app)
			return app.remind(cmd.Context(), cmd, school, dry)
		},
	}
	cmd.Flags().StringVar(&school, "school", "", "the school's folder `name`")
	cmd.Flags().BoolVar(&dry, "dry-run", false, "show who would be reminded, and remind nobody")
	cmd.MarkFlagRequired("school")
	return cmd
}

func (app *application) remind(ctx context.Context, cmd *cobra.Command, school string, dry bool) error {
	r, err := app.portal.Reminders(ctx, portal.Operator, school)
	if err != nil {
		return named(school, err)
	}
	if !r.Sends {
		return errors.New("no mail is sent: name a mail server under [mail] in the settings")
	}
	table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	why := map[portal.Silence]int{}
	for _, x := range r.All {
		why[x.Why]++
	}
	for reason, n := range why {
		if reason == "" {
			reason = "to be reminded, on " + portal.Silence(r.At.In(portal.London).Format("2 January 2006 at 3:04 pm"))
		}
		fmt.Fprintf(table, "  %d\t%s\n", n, reason)
	}
	if err := table.Flush(); err != nil || dry {
		fmt.Fprintln(cmd.OutOrStdout(), "Nobody was reminded. To do it, leave out --dry-run.")
		return err
	}
	n, err := app.portal.Remind(ctx, portal.Operator, school, r.Fingerprint)
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "Put into the outbox: %d reminders.\n", n)
	return nil
}
