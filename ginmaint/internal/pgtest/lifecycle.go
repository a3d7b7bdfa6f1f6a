package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// How long a server may take to start, and how often it is asked.
const (
	startFor   = 30 * time.Second
	startEvery = 10 * time.Millisecond
)

// startSomewhere starts the server on a free port. Another process may take
// the port between finding and using it, hence the further attempts.
func (s *Server) startSomewhere() error {
	var err error
	for range 5 {
		if s.port, err = freePort(); err != nil {
			return err
		}
		if err = s.start(); err == nil {
			return nil
		}
	}
	return err
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("pgtest: no free port: %w", err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// start runs the server and waits until it answers.
func (s *Server) start() error {
	log, err := os.OpenFile(s.log(), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("pgtest: the server's log: %w", err)
	}
	defer func() { _ = log.Close() }()
	args := []string{"-D", s.data(), "-c", "port=" + strconv.Itoa(s.port), "-c", "unix_socket_directories=" + s.socket()}
	for _, setting := range append(defaults[:len(defaults):len(defaults)], s.settings...) {
		args = append(args, "-c", setting)
	}
	cmd := exec.Command(program(s.bin, "postgres"), args...)
	cmd.Dir = s.dir
	cmd.Env = s.environment()
	cmd.Stdout, cmd.Stderr = log, log
	s.user.apply(cmd)
	p, err := begin(cmd)
	if err != nil {
		return fmt.Errorf("pgtest: the server does not start: %w", err)
	}
	if err := s.answers(p); err != nil {
		kill(p)
		text, _ := os.ReadFile(s.log())
		return fmt.Errorf("pgtest: the server does not start: %w\n%s", err, tail(string(text)))
	}
	s.process = p
	return nil
}

// answers waits until the server takes a connection.
func (s *Server) answers(p *process) error {
	ctx, cancel := context.WithTimeout(context.Background(), startFor)
	defer cancel()
	tick := time.NewTicker(startEvery)
	defer tick.Stop()
	for {
		conn, err := s.connect(ctx)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-p.ended:
			return errors.New("the process has ended")
		case <-ctx.Done():
			return err
		case <-tick.C:
		}
	}
}

func (s *Server) connect(ctx context.Context) (*pgconn.PgConn, error) {
	return pgconn.Connect(ctx, s.URL("postgres"))
}

func (s *Server) log() string { return filepath.Join(s.dir, "log") }

// socket returns the folder of the server's socket, or nothing where the path
// would be longer than the operating system takes.
func (s *Server) socket() string {
	const most = 80
	if runtime.GOOS == "windows" || len(s.dir) > most {
		return ""
	}
	return s.dir
}

// Stop shuts the server down in order: connections are cut, and what was
// committed is kept. Restart brings it back. It does nothing where the server
// is down.
func (s *Server) Stop() error { return s.stop("fast") }

func (s *Server) stop(mode string) error {
	if s.process == nil {
		return nil
	}
	err := s.run("pg_ctl", "stop", "-D", s.data(), "-m", mode, "-t", "30")
	if err != nil {
		kill(s.process)
	}
	<-s.process.ended
	s.process = nil
	return err
}

// Kill ends the server and all its processes at once, as a crash of the
// machine would. Restart brings it back. It does nothing where the server is
// down.
func (s *Server) Kill() {
	if s.process != nil {
		kill(s.process)
		s.process = nil
	}
}

// Restart starts the server again on its port, having stopped it where it
// runs, and returns once it answers.
func (s *Server) Restart() error {
	if err := s.Stop(); err != nil {
		return err
	}
	deadline := time.Now().Add(startFor)
	for {
		// The last processes of a killed server may still hold its memory.
		err := s.start()
		if err == nil || time.Now().After(deadline) {
			return err
		}
	}
}

// Close stops the server and removes all that it stored.
func (s *Server) Close() error {
	err := s.stop("immediate")
	if removed := os.RemoveAll(s.dir); removed != nil {
		err = errors.Join(err, fmt.Errorf("pgtest: the server's folder stays: %w", removed))
	}
	return err
}
