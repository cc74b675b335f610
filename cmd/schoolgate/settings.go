package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/mail"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"schoolgate/portal"
	"schoolgate/portal/signin"
	"schoolgate/portal/web"
)

// Settings is schoolgate.toml. Folders and files in it are relative to the file.
type Settings struct {
	Address   string            `toml:"address"`  // public, https; http only on this machine
	Listen    string            `toml:"listen"`   // host:port; behind a proxy that ends TLS
	Data      string            `toml:"data"`     // folder for the built sites, the ledger's key, and SQLite's file
	Database  string            `toml:"database"` // a file, or a postgres:// address
	Content   string            `toml:"content"`  // folder; empty: the starter inside the program
	Proxies   []string          `toml:"proxies"`  // addresses whose X-Forwarded-For is believed
	Security  SecuritySettings  `toml:"security"`
	Ledger    LedgerSettings    `toml:"ledger"`
	Joining   JoinSettings      `toml:"joining"`
	Backup    BackupSettings    `toml:"backup"`
	Retention RetentionSettings `toml:"retention"`
	Mail      MailSettings      `toml:"mail"`
	SignIn    []SignIn          `toml:"sign_in"`
	Staff     []StaffSetting    `toml:"staff"`
}

// SecuritySettings is what schools ask of those who sign in, each school by its slug,
// or all by "*".
type SecuritySettings struct {
	SecondFactor []string `toml:"second_factor"` // of staff
	SignAgain    []string `toml:"sign_again"`    // of parents, before the first yes or signature of a session
}

// LedgerSettings is when and where the ledger's heads are published.
type LedgerSettings struct {
	Every string `toml:"every"` // from "1h" to "168h": whole hours
	Heads string `toml:"heads"` // a file to be copied elsewhere now and then
}

func (l LedgerSettings) every() time.Duration {
	every, err := time.ParseDuration(l.Every)
	if err != nil || every < time.Hour || every > 7*24*time.Hour || every%time.Hour != 0 {
		return 0
	}
	return every
}

// JoinSettings is how long after somebody has joined by a letter their yes begins to
// count: long enough for the office, or for whoever the letter was meant for, to notice.
type JoinSettings struct {
	Wait    string            `toml:"wait"`    // whole hours, from "0h" to "720h"; "" is portal.YesAfter
	Schools map[string]string `toml:"schools"` // by folder; "0h" where letters are handed over in person
}

// wait is a school's waiting time.
func (j JoinSettings) wait(school string) time.Duration {
	wait, err := parseWait(cmp.Or(j.Schools[school], j.Wait, portal.YesAfter.String()))
	if err != nil { // check has seen to it
		return portal.YesAfter
	}
	return wait
}

func parseWait(s string) (time.Duration, error) {
	wait, err := time.ParseDuration(s)
	if err == nil && (wait < 0 || wait > 30*24*time.Hour || wait%time.Hour != 0) {
		err = errors.New("not from 0h to 720h")
	}
	return wait, err
}

// SignIn is one way to sign in. Its secret never stands in the file: it is read
// from the file that client_secret_file names, or from the environment variable
// SCHOOLGATE_SECRET_<NAME>.
type SignIn struct {
	Name             string   `toml:"name"` // in addresses: google
	Kind             string   `toml:"kind"` // google, microsoft or oidc
	Label            string   `toml:"label"`
	Issuer           string   `toml:"issuer"` // of oidc
	Tenant           string   `toml:"tenant"` // of microsoft: a tenant's id, or consumers
	ClientID         string   `toml:"client_id"`
	ClientSecretFile string   `toml:"client_secret_file"`
	StaffDomains     []string `toml:"staff_domains"`
	SecondFactor     bool     `toml:"second_factor"` // staff never come in without one, though it is not told
	AnewUnproven     bool     `toml:"anew_unproven"` // who was sent to sign in anew is believed to have, though it is not told
}

// StaffSetting names somebody who works at a school.
type StaffSetting struct {
	Email   string   `toml:"email"`
	School  string   `toml:"school"`  // slug, or "*" for every school
	Role    string   `toml:"role"`    // one of portal.Roles
	Classes []string `toml:"classes"` // of a teacher, with years
	Years   []string `toml:"years"`   // as the school writes them: "Year 4", "Reception"
	Posts   bool     `toml:"posts"`   // on the school's official channels
}

// readSettings reads a settings file. Everything wrong with it is reported at
// once, each by the setting's name with what is expected.
func readSettings(file string) (Settings, error) {
	s := Settings{Listen: "127.0.0.1:8080", Data: "data", Ledger: LedgerSettings{Every: "24h"}, Mail: usualMail}
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return s, fmt.Errorf("there is no settings file %s: write one as the README shows, or name yours with --settings", file)
	} else if err != nil {
		return s, fmt.Errorf("settings: %w", err)
	}
	d := toml.NewDecoder(strings.NewReader(string(b))).DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return s, fmt.Errorf("%s: %w", file, tomlError(err))
	}
	if v := os.Getenv("SCHOOLGATE_DATABASE"); v != "" {
		s.Database = v
	}
	dir, err := filepath.Abs(filepath.Dir(file))
	if err != nil {
		return s, fmt.Errorf("settings: %w", err)
	}
	s.locate(dir)
	if err := s.check(); err != nil {
		return s, fmt.Errorf("%s:\n%w", file, err)
	}
	return s, nil
}

// tomlError says where in the file, and for unknown settings which.
func tomlError(err error) error {
	if e, ok := errors.AsType[*toml.StrictMissingError](err); ok {
		var all []error
		for _, u := range e.Errors {
			row, _ := u.Position()
			all = append(all, fmt.Errorf("line %d: no setting is called %s", row, strings.Join(u.Key(), ".")))
		}
		return errors.Join(all...)
	}
	if e, ok := errors.AsType[*toml.DecodeError](err); ok {
		row, col := e.Position()
		return fmt.Errorf("line %d, column %d: %s", row, col, e.Error())
	}
	return err
}

// locate makes the paths absolute, from the folder of the settings file.
func (s *Settings) locate(dir string) {
	at := func(p *string) {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(dir, *p)
		}
	}
	at(&s.Data)
	at(&s.Content)
	at(&s.Ledger.Heads)
	at(&s.Mail.PasswordFile)
	if s.Database == "" {
		s.Database = filepath.Join(s.Data, "schoolgate.db")
	} else if !strings.Contains(s.Database, "://") {
		at(&s.Database)
	}
	for i := range s.SignIn {
		at(&s.SignIn[i].ClientSecretFile)
	}
}

func (s Settings) postgres() bool {
	return strings.HasPrefix(s.Database, "postgres://") || strings.HasPrefix(s.Database, "postgresql://")
}

func (s *Settings) check() error {
	var all []error
	wrong := func(name, expected string) { all = append(all, fmt.Errorf("  %s: %s", name, expected)) }

	u, err := url.Parse(s.Address)
	switch {
	case s.Address == "":
		wrong("address", `expected the public address, such as "https://safe.ourtrust.example"`)
	case err != nil || u.Host == "" || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.User != nil:
		wrong("address", "expected a scheme and a host alone, such as https://safe.ourtrust.example")
	case u.Scheme != "https" && !(u.Scheme == "http" && web.Loopback(u.Hostname())):
		wrong("address", "expected https:// (http:// only for localhost), as families sign in here")
	default:
		s.Address = strings.TrimSuffix(s.Address, "/")
	}
	if host, port, err := net.SplitHostPort(s.Listen); err != nil || port == "" {
		wrong("listen", "expected host:port, such as 127.0.0.1:8080")
	} else if u != nil && u.Scheme == "http" && !web.Loopback(host) {
		wrong("listen", "expected this machine alone, such as 127.0.0.1:8080, as the address is http:// and others could read what families send")
	}
	if strings.Contains(s.Database, "://") && !s.postgres() {
		wrong("database", "expected a file name or a postgres:// address")
	}
	for i, p := range s.Proxies {
		if _, err := proxyPrefix(p); err != nil {
			wrong(fmt.Sprintf("proxies[%d]", i+1), err.Error())
		}
	}
	if s.Ledger.every() == 0 {
		wrong("ledger.every", `expected whole hours, from "1h" to "168h", such as "24h"`)
	}
	for school, wait := range s.Joining.Schools {
		if _, err := parseWait(wait); err != nil {
			wrong("joining.schools."+school, `expected whole hours, from "0h" to "720h"`)
		}
	}
	if _, err := parseWait(cmp.Or(s.Joining.Wait, "0h")); err != nil {
		wrong("joining.wait", `expected whole hours, from "0h" to "720h", such as "48h"`)
	}
	if run := s.Retention.Run; run != "" && run != daily {
		wrong("retention.run", `expected "daily", or no such setting`)
	}
	if _, err := recipients(s.Backup.Recipients); err != nil && len(s.Backup.Recipients) > 0 {
		wrong("backup.recipients", err.Error())
	}
	s.Mail.check(wrong)
	if s.Content != "" {
		if info, err := os.Stat(s.Content); err != nil || !info.IsDir() {
			wrong("content", "expected a folder, and "+s.Content+" is not one")
		}
	}
	for i, p := range s.Staff {
		name := fmt.Sprintf("staff[%d].", i+1)
		if a, err := mail.ParseAddress(p.Email); err != nil || a.Address != p.Email {
			wrong(name+"email", "expected an email address alone, such as office@school.example")
		}
		entry, err := p.entry()
		if err != nil {
			wrong(name+"years", err.Error())
		} else if problem, ok := errors.AsType[*portal.Invalid](entry.Check()); ok {
			wrong(name+problem.Problems[0].Field, problem.Problems[0].Message)
		}
	}
	return errors.Join(all...)
}

// staff is the settings' staff as the portal takes them.
func (s Settings) staff() []portal.Staff {
	var out []portal.Staff
	for _, p := range s.Staff {
		if entry, err := p.entry(); err == nil { // check has seen to it
			out = append(out, entry)
		}
	}
	return out
}

// entry is the setting as the portal takes it; an error is a year that is none.
func (p StaffSetting) entry() (portal.Staff, error) {
	e := portal.Staff{Email: strings.ToLower(p.Email), School: p.School, Role: portal.Role(p.Role), Classes: p.Classes, Posts: p.Posts}
	for _, y := range p.Years {
		year, err := portal.ParseYear(y)
		if err != nil {
			return e, err
		}
		e.Years = append(e.Years, year)
	}
	return e, nil
}

// providers is the ways to sign in, with their secrets.
func (s Settings) providers() ([]signin.Config, error) {
	if len(s.SignIn) == 0 {
		return nil, errors.New("sign_in: expected at least one [[sign_in]], or nobody can reach the portal")
	}
	var out []signin.Config
	for i, p := range s.SignIn {
		secret, err := readSecret(p.Name, p.ClientSecretFile)
		if err != nil {
			return nil, fmt.Errorf("sign_in[%d].client_secret_file: %w", i+1, err)
		}
		out = append(out, signin.Config{
			Name: p.Name, Kind: p.Kind, Label: p.Label, Issuer: p.Issuer, Tenant: p.Tenant,
			ClientID: p.ClientID, Secret: secret, StaffDomains: p.StaffDomains,
			SecondFactor: p.SecondFactor, AnewUnproven: p.AnewUnproven,
		})
	}
	return out, nil
}

// readSecret is what stands in a file that nobody else can read, or, without a file, in the
// variable SCHOOLGATE_SECRET_<NAME>.
func readSecret(name, file string) (string, error) {
	if file == "" {
		return os.Getenv("SCHOOLGATE_SECRET_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))), nil
	}
	if err := ownerOnly(file); err != nil {
		return "", err
	}
	b, err := os.ReadFile(file)
	return strings.TrimSpace(string(b)), err
}
