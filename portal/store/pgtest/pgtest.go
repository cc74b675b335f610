// Package pgtest gives tests a PostgreSQL of their own, started from the
// machine's installation in a temporary folder and gone when the tests end; and
// [Either] engine, for rules that have to hold on both.
package pgtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver that makes the databases
)

// NoSkip is the environment variable that, when it is 1, makes a test fail that
// would be skipped for want of PostgreSQL.
const NoSkip = "SCHOOLGATE_NO_SKIP"

// server is the one server of a test binary.
var server struct {
	once    sync.Once
	err     error
	missing bool // PostgreSQL is not installed
	dir     string
	stop    func() error
}

// Main runs a package's tests and stops the server, if any of them started it.
// A package that uses [Database] calls it, or [Run], from TestMain.
func Main(m *testing.M) { os.Exit(Run(m)) }

// Run is [Main] for a TestMain that has more to do: it answers the exit code.
func Run(m interface{ Run() int }) int {
	code := m.Run()
	if server.stop != nil {
		if err := server.stop(); err != nil {
			fmt.Fprintln(os.Stderr, "pgtest:", err)
			code = max(code, 1)
		}
	}
	return code
}

// Database is the address of a new and empty database, for [store.Open], deleted
// when the test ends. The test is skipped where PostgreSQL is not installed. The
// package's TestMain has to call [Main].
func Database(t testing.TB) string {
	t.Helper()
	server.once.Do(start)
	if server.missing {
		if os.Getenv(NoSkip) == "1" {
			t.Fatalf("PostgreSQL is needed: %v", server.err)
		}
		t.Skipf("without PostgreSQL: %v", server.err)
	}
	if server.err != nil {
		t.Fatalf("start PostgreSQL: %v", server.err)
	}
	name := "t" + strings.ToLower(rand.Text())
	admin(t, "CREATE DATABASE "+name)
	t.Cleanup(func() { admin(t, "DROP DATABASE "+name+" WITH (FORCE)") })
	return address(name)
}

// Engine is the environment variable that, when it is "postgres", puts the tests that
// ask for [Either] on PostgreSQL. `make check` runs them on both.
const Engine = "SCHOOLGATE_TEST_ENGINE"

// Either is the address of a new and empty database of the engine that the environment
// names: for SQLite, which is what it is otherwise, a file in dir.
func Either(t testing.TB, dir string) string {
	t.Helper()
	if os.Getenv(Engine) == "postgres" {
		return Database(t)
	}
	return filepath.Join(dir, "register.db")
}

// Dump is everything in a database of [Either], a row a line, but for some tables.
func Dump(t testing.TB, address string, leaveOut ...string) string {
	t.Helper()
	driver, tables := "sqlite3", "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
	if strings.HasPrefix(address, "postgres:") {
		driver, tables = "pgx", "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
	} else {
		address = "file:" + address + "?mode=ro"
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var lines []string
	for _, name := range rowsOf(t, db, tables) {
		if name = strings.TrimSpace(name); !slices.Contains(leaveOut, name) {
			for _, row := range rowsOf(t, db, "SELECT * FROM "+name) {
				lines = append(lines, name+" "+row)
			}
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func rowsOf(t testing.TB, db *sql.DB, query string) (lines []string) {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		line := ""
		for _, v := range values {
			if b, ok := v.([]byte); ok {
				v = string(b)
			}
			line += fmt.Sprintf("%v ", v)
		}
		lines = append(lines, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}

func admin(t testing.TB, statement string) {
	t.Helper()
	db, err := sql.Open("pgx", address("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// address reaches a database over the server's socket.
func address(database string) string {
	q := url.Values{"host": {server.dir}, "user": {"schoolgate"}}
	return "postgres:///" + database + "?" + q.Encode()
}

func start() {
	bin, err := binaries()
	if err != nil {
		server.err, server.missing = err, true
		return
	}
	owner, err := unprivileged()
	if err != nil {
		server.err, server.missing = err, true
		return
	}
	server.err = boot(bin, owner)
}

// binaries is the folder of initdb and postgres.
func binaries() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), "postgres")); err == nil {
				return filepath.Dir(path), nil
			}
		}
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", errors.New("initdb is neither in PATH nor in /usr/lib/postgresql/*/bin")
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(strings.Split(path, "/")[4])
		return n
	}
	slices.SortFunc(found, func(a, b string) int { return version(a) - version(b) })
	return filepath.Dir(found[len(found)-1]), nil
}

// unprivileged is who the server runs as: PostgreSQL refuses root. Nil is the
// user who runs the tests.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody")
}

// boot makes a cluster and starts it on a socket in its own folder.
func boot(bin string, owner *syscall.Credential) error {
	// A socket's path has to be short, so it is not under the test's own folder.
	dir, err := os.MkdirTemp("", "pgtest-")
	if err != nil {
		return err
	}
	if owner != nil {
		if err := os.Chown(dir, int(owner.Uid), int(owner.Gid)); err != nil {
			return errors.Join(err, os.RemoveAll(dir))
		}
	}
	data := filepath.Join(dir, "data")
	run := func(name string, args ...string) *exec.Cmd {
		cmd := exec.Command(filepath.Join(bin, name), args...)
		cmd.Dir = dir
		cmd.Env = []string{"LC_ALL=C", "PATH=" + bin, "HOME=" + dir}
		// The server goes when the tests are killed, too.
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: owner, Pdeathsig: syscall.SIGINT}
		return cmd
	}
	if out, err := run("initdb", "-D", data, "-U", "schoolgate", "-A", "trust", "-E", "UTF8", "--no-sync", "--no-instructions").CombinedOutput(); err != nil {
		return errors.Join(fmt.Errorf("initdb: %w: %s", err, out), os.RemoveAll(dir))
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	defer log.Close()
	postgres := run("postgres", "-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "fsync=off",
		"-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "max_connections=200")
	postgres.Stdout, postgres.Stderr = log, log
	// Pdeathsig follows the thread that starts the process, which must not end
	// before the tests do.
	started := make(chan error)
	exited := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		err := postgres.Start()
		started <- err
		if err == nil {
			exited <- postgres.Wait()
		}
	}()
	if err := <-started; err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	server.dir = dir
	server.stop = func() error {
		postgres.Process.Signal(syscall.SIGINT) // fast shutdown
		select {
		case <-exited:
		case <-time.After(20 * time.Second):
			postgres.Process.Kill()
			<-exited
		}
		return os.RemoveAll(dir)
	}
	if err := ready(exited); err != nil {
		text, _ := os.ReadFile(log.Name())
		return fmt.Errorf("%w: %s", err, text)
	}
	return nil
}

// ready waits until the server answers.
func ready(exited chan error) error {
	db, err := sql.Open("pgx", address("postgres"))
	if err != nil {
		return err
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for {
		err := db.PingContext(ctx)
		if err == nil {
			return nil
		}
		select {
		case exit := <-exited:
			exited <- exit
			return fmt.Errorf("postgres ended: %v", exit)
		case <-ctx.Done():
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}
