package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/proc"
)

// Server is a PostgreSQL server of the tests. Its methods that start and stop
// it must not be called at the same time.
type Server struct {
	bin      string // the folder of the programs
	dir      string // everything of this server
	port     string
	user     *account
	password string
	settings []string

	process   *proc.Child
	databases atomic.Int64
}

// defaults make a server small and fast. Several connections for each of a
// hundred replicas must fit.
var defaults = []string{
	"listen_addresses=127.0.0.1",
	"fsync=off",
	"full_page_writes=off",
	"shared_buffers=16MB",
	"max_connections=400",
	"timezone=UTC",
	"wal_level=replica",
	"hot_standby=on",
}

// New starts a server for one test or benchmark, and closes it at its end. The
// settings are those of postgresql.conf, each as "name=value". It fails the
// test where the server can't be started.
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

// Start starts a server as New does, for TestMain. The caller closes it. The error
// says what to install where there is no PostgreSQL on the machine, and holds the end
// of the server's log where it does not start within proc.Patience.
func Start(settings ...string) (*Server, error) {
	s, err := prepare(settings)
	if err != nil {
		return nil, err
	}
	err = s.initialise()
	if err == nil {
		err = s.startOnFreePort()
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// prepare makes the server's folder, owned by the server's user. It is not one
// of testing's own, which lie in a folder that no other user may enter.
func prepare(settings []string) (*Server, error) {
	bin, err := programs()
	if err != nil {
		return nil, fmt.Errorf("pgtest: %w", err)
	}
	owner, err := unprivileged()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "pgtest")
	if err != nil {
		return nil, fmt.Errorf("pgtest: no folder for the server: %w", err)
	}
	s := &Server{bin: bin, dir: dir, user: owner, password: rand.Text(), settings: settings}
	if err := owner.own(dir); err != nil {
		return nil, errors.Join(fmt.Errorf("pgtest: the server's folder: %w", err), os.RemoveAll(dir))
	}
	return s, nil
}

func (s *Server) initialise() error {
	secret := filepath.Join(s.dir, "password")
	if err := os.WriteFile(secret, []byte(s.password), 0o600); err != nil {
		return fmt.Errorf("pgtest: the server's folder: %w", err)
	}
	if err := s.user.own(s.dir); err != nil {
		return fmt.Errorf("pgtest: the server's folder: %w", err)
	}
	// The password comes in clear over the loopback interface: checking a hash
	// of it in hundreds of connections is what the tests would spend their time on.
	return s.run("initdb", "--pgdata", s.data(), "--username", "postgres", "--pwfile", secret,
		"--auth", "password", "--encoding", "UTF8", "--locale", "C", "--no-sync")
}

// command is a call of one of the server's programs, as the server's user.
func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(program(s.bin, name), args...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "HOME="+s.dir, "PGPASSWORD="+s.password)
	s.user.apply(cmd)
	return cmd
}

// run runs one of the server's programs to its end.
func (s *Server) run(name string, args ...string) error {
	if err := proc.Run(s.command(name, args...)); err != nil {
		return fmt.Errorf("pgtest: %w", err)
	}
	return nil
}

func (s *Server) startOnFreePort() error {
	return proc.OnFreePort(func(port string) error {
		s.port = port
		return s.start()
	})
}

// start runs the server and waits until it takes a connection.
func (s *Server) start() error {
	args := []string{"-D", s.data(), "-c", "port=" + s.port, "-c", "unix_socket_directories=" + s.Socket()}
	for _, setting := range append(defaults[:len(defaults):len(defaults)], s.settings...) {
		args = append(args, "-c", setting)
	}
	child, err := proc.Start(s.command("postgres", args...))
	if err != nil {
		return fmt.Errorf("pgtest: %w", err)
	}
	s.process = child
	err = child.Ready(func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		conn, err := s.connect(ctx)
		return err == nil && conn.Close(ctx) == nil
	})
	if err != nil {
		return fmt.Errorf("pgtest: %w", err)
	}
	return nil
}

// Stop shuts the server down in order: connections are cut, and what was
// committed is kept. Restart brings it back. It does nothing where the server
// is down.
func (s *Server) Stop() error { return s.stop(os.Interrupt) }

// stop sends one of the signals by which the server tells how to shut down: an
// interrupt is its mode "fast", SIGQUIT is "immediate".
func (s *Server) stop(signal os.Signal) error {
	if err := s.process.Stop(signal); err != nil {
		return fmt.Errorf("pgtest: %w", err)
	}
	return nil
}

// Kill ends the server and all its processes at once, as a crash of the
// machine would. Restart brings it back. It does nothing where the server is
// down.
func (s *Server) Kill() { s.process.Kill() }

// Restart starts the server again on its port, having stopped it where it
// runs, and returns once it answers.
func (s *Server) Restart() error {
	if err := s.Stop(); err != nil {
		return err
	}
	return proc.Again(s.start)
}

// Close stops the server and removes all that it stored.
func (s *Server) Close() error {
	err := s.stop(syscall.SIGQUIT)
	if removed := os.RemoveAll(s.dir); removed != nil {
		err = errors.Join(err, fmt.Errorf("pgtest: the server's folder stays: %w", removed))
	}
	return err
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// Socket returns the folder of the server's socket, or nothing where the path
// would be longer than the operating system takes.
func (s *Server) Socket() string {
	const most = 80
	if runtime.GOOS == "windows" || len(s.dir) > most {
		return ""
	}
	return s.dir
}

// Addr returns the server's address on the loopback interface, host:port, for
// a proxy in between.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", s.port) }

// URL returns the connection string of a database of the server for its
// superuser. The database "postgres" is always there.
func (s *Server) URL(database string) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword("postgres", s.password),
		Host:     s.Addr(),
		Path:     "/" + database,
		RawQuery: "sslmode=disable",
	}
	return u.String()
}

// Database makes a new, empty database and returns its connection string. It
// fails the test where that is not possible.
func (s *Server) Database(tb testing.TB) string {
	tb.Helper()
	name := fmt.Sprintf("test%d", s.databases.Add(1))
	if err := s.Exec(tb.Context(), "CREATE DATABASE "+name); err != nil {
		tb.Fatal(err)
	}
	return s.URL(name)
}

// Exec runs statements in the database "postgres" as the superuser.
func (s *Server) Exec(ctx context.Context, sql string) error {
	_, err := s.value(ctx, sql)
	return err
}

func (s *Server) connect(ctx context.Context) (*pgconn.PgConn, error) {
	return pgconn.Connect(ctx, s.URL("postgres"))
}

// value runs statements as Exec does, and returns the last one's first value
// as text.
func (s *Server) value(ctx context.Context, sql string) (string, error) {
	conn, err := s.connect(ctx)
	if err != nil {
		return "", fmt.Errorf("pgtest: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	results, err := conn.Exec(ctx, sql).ReadAll()
	if err != nil {
		return "", fmt.Errorf("pgtest: %w", err)
	}
	if len(results) == 0 || len(results[len(results)-1].Rows) == 0 {
		return "", nil
	}
	return string(results[len(results)-1].Rows[0][0]), nil
}
