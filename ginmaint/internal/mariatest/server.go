package mariatest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql" // the driver that Exec uses

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/proc"
)

// Server is a MariaDB server of the tests. Its methods that start and stop it must not be
// called at the same time.
type Server struct {
	program  string // the path of mariadbd
	dir      string // everything of this server
	port     string
	password string
	settings []string

	process   *proc.Child
	databases atomic.Int64
}

// admin is the user of the tests, who may do everything.
const admin = "tester"

// defaults make a server small and fast. Several connections for each of many replicas
// must fit.
var defaults = []string{
	"bind-address=127.0.0.1",
	"innodb-flush-log-at-trx-commit=2",
	"innodb-buffer-pool-size=32M",
	"innodb-log-file-size=8M",
	"max-connections=400",
	"performance-schema=OFF",
	"character-set-server=latin1", // what an application's server may be set to
}

// New starts a server for one test, and closes it at its end. The settings are options of
// mariadbd, each as "name=value". It fails the test where the server can't be started.
func New(tb testing.TB, settings ...string) *Server {
	tb.Helper()
	s, err := Start(settings...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// Start starts a server as New does, for TestMain. The caller closes it. The error says
// what to install where there is no MariaDB on the machine, and holds the end of the
// server's log where it does not start within proc.Patience.
func Start(settings ...string) (*Server, error) {
	program, err := find("mariadbd")
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "mariatest")
	if err != nil {
		return nil, fmt.Errorf("mariatest: no folder for the server: %w", err)
	}
	s := &Server{program: program, dir: dir, password: rand.Text(), settings: settings}
	err = s.initialise()
	if err == nil {
		err = proc.OnFreePort(func(port string) error {
			s.port = port
			return s.start()
		})
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// find looks for a program in PATH, and where distributions keep servers.
func find(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	if path, err := exec.LookPath(filepath.Join("/usr/sbin", name)); err == nil {
		return path, nil
	}
	return "", fmt.Errorf("mariatest: %w", proc.Missing(name))
}

// initialise makes the server's tables, and the file by which it makes its user.
func (s *Server) initialise() error {
	install, err := find("mariadb-install-db")
	if err != nil {
		return err
	}
	account, err := user.Current()
	if err != nil {
		return fmt.Errorf("mariatest: the user of the tests: %w", err)
	}
	// The server does not run as root unless it is told to.
	s.settings = append([]string{"user=" + account.Username}, s.settings...)
	command := exec.Command(install, "--no-defaults", "--datadir="+s.data(), "--user="+account.Username,
		"--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve")
	command.Dir, command.Env = s.dir, s.environment()
	if err := proc.Run(command); err != nil {
		return fmt.Errorf("mariatest: %w", err)
	}
	users := fmt.Sprintf("CREATE USER IF NOT EXISTS '%s'@'%%' IDENTIFIED BY '%s';\n"+
		"GRANT ALL PRIVILEGES ON *.* TO '%s'@'%%' WITH GRANT OPTION;\n", admin, s.password, admin)
	if err := os.WriteFile(s.users(), []byte(users), 0o600); err != nil {
		return fmt.Errorf("mariatest: the server's folder: %w", err)
	}
	return nil
}

// environment gives a server a folder of its own for temporary tables: in a shared one
// two that start at the same moment delete each other's.
func (s *Server) environment() []string { return append(os.Environ(), "TMPDIR="+s.dir) }

// start runs the server and waits until it takes a connection.
func (s *Server) start() error {
	args := []string{
		"--no-defaults", "--datadir=" + s.data(), "--port=" + s.port, "--socket=" + filepath.Join(s.dir, "socket"),
		"--pid-file=" + filepath.Join(s.dir, "pid"), "--init-file=" + s.users(), "--skip-name-resolve",
	}
	for _, setting := range append(defaults[:len(defaults):len(defaults)], s.settings...) {
		args = append(args, "--"+setting)
	}
	command := exec.Command(s.program, args...)
	command.Dir, command.Env = s.dir, s.environment()
	child, err := proc.Start(command)
	if err != nil {
		return fmt.Errorf("mariatest: %w", err)
	}
	s.process = child
	err = child.Ready(func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		return s.Exec(ctx, "DO 1") == nil
	})
	if err != nil {
		return fmt.Errorf("mariatest: %w", err)
	}
	return nil
}

// Stop shuts the server down in order. Restart brings it back. It does nothing where the
// server is down.
func (s *Server) Stop() error {
	if s.process == nil {
		return nil
	}
	if err := s.process.Stop(syscall.SIGTERM); err != nil {
		return fmt.Errorf("mariatest: %w", err)
	}
	return nil
}

// Kill ends the server at once, as a crash of its process would. Restart brings it back.
// It does nothing where the server is down.
func (s *Server) Kill() { s.process.Kill() }

// Restart starts the server again on its port, having stopped it where it runs, and
// returns once it answers.
func (s *Server) Restart() error {
	if err := s.Stop(); err != nil {
		return err
	}
	return proc.Again(s.start)
}

// Close ends the server and removes all that it stored.
func (s *Server) Close() error {
	if s.process != nil {
		s.process.Kill() // what it would write in order goes away with it
	}
	if err := os.RemoveAll(s.dir); err != nil {
		return fmt.Errorf("mariatest: the server's folder stays: %w", err)
	}
	return nil
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

func (s *Server) users() string { return filepath.Join(s.dir, "users.sql") }

// Addr returns the server's address on the loopback interface, host:port, for a proxy in
// between.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", s.port) }

// User returns the name of a user that may do everything.
func (s *Server) User() string { return admin }

// Password returns the password of User.
func (s *Server) Password() string { return s.password }

// DSN returns the data source name of a database for the driver github.com/go-sql-driver/mysql;
// the empty name means none.
func (s *Server) DSN(database string) string {
	return fmt.Sprintf("%s:%s@tcp(%s)/%s", admin, s.password, s.Addr(), database)
}

// Database makes a new, empty database and returns its name. It fails the test where that
// is not possible.
func (s *Server) Database(tb testing.TB) string {
	tb.Helper()
	name := fmt.Sprintf("test%d", s.databases.Add(1))
	if err := s.Exec(tb.Context(), "CREATE DATABASE "+name); err != nil {
		tb.Fatal(err)
	}
	return name
}

// Exec runs a statement as the user that may do everything.
func (s *Server) Exec(ctx context.Context, statement string) (err error) {
	db, err := sql.Open("mysql", s.DSN(""))
	if err != nil {
		return fmt.Errorf("mariatest: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err = db.ExecContext(ctx, statement); err != nil {
		return fmt.Errorf("mariatest: %w", err)
	}
	return nil
}
