package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/proc"
)

// Pooler is a PgBouncer before a server.
type Pooler struct {
	server  *Server
	dir     string
	port    string
	process *proc.Child
}

// Pooler starts a PgBouncer before the server, in the mode "session", "transaction" or
// "statement", and closes it at the end of the test. It fails the test where it can't.
func (s *Server) Pooler(tb testing.TB, mode string) *Pooler {
	tb.Helper()
	p, err := s.pool(mode)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		err := p.process.Stop(syscall.SIGTERM)
		if err := errors.Join(err, os.RemoveAll(p.dir)); err != nil {
			tb.Error(fmt.Errorf("pgtest: %w", err))
		}
	})
	return p
}

func (s *Server) pool(mode string) (*Pooler, error) {
	program, err := exec.LookPath("/usr/sbin/pgbouncer") // there only root looks
	if err != nil {
		if program, err = proc.Find("pgbouncer"); err != nil {
			return nil, fmt.Errorf("pgtest: %w", err)
		}
	}
	dir, err := os.MkdirTemp("", "pgbouncer")
	if err != nil {
		return nil, fmt.Errorf("pgtest: no folder for the pooler: %w", err)
	}
	p := &Pooler{server: s, dir: dir}
	err = proc.OnFreePort(func(port string) error {
		p.port = port
		return p.start(program, mode)
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("pgtest: %w", err), os.RemoveAll(dir))
	}
	return p, nil
}

func (p *Pooler) start(program, mode string) error {
	users, settings := filepath.Join(p.dir, "users"), filepath.Join(p.dir, "pgbouncer.ini")
	text := fmt.Sprintf("[databases]\n* = host=127.0.0.1 port=%s\n[pgbouncer]\nlisten_addr=127.0.0.1\nlisten_port=%s\n"+
		"unix_socket_dir=\nauth_type=plain\nauth_file=%s\npool_mode=%s\ndefault_pool_size=50\n", p.server.port, p.port, users, mode)
	err := errors.Join(
		os.WriteFile(users, fmt.Appendf(nil, "\"postgres\" \"%s\"\n", p.server.password), 0o600),
		os.WriteFile(settings, []byte(text), 0o600),
		p.server.user.own(p.dir),
	)
	if err != nil {
		return err
	}
	cmd := exec.Command(program, settings)
	cmd.Dir = p.dir
	p.server.user.apply(cmd) // PgBouncer refuses to run as root, too
	child, err := proc.Start(cmd)
	if err != nil {
		return err
	}
	p.process = child
	return child.Ready(func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		conn, err := pgconn.Connect(ctx, p.URL(p.server.URL("postgres")))
		return err == nil && conn.Close(ctx) == nil
	})
}

// URL returns the connection string of a database of the server, by way of the pooler.
func (p *Pooler) URL(database string) string {
	u, err := url.Parse(database)
	if err != nil {
		panic(err) // it is one of the server's
	}
	u.Host = net.JoinHostPort("127.0.0.1", p.port)
	return u.String()
}

// Runs tells whether the pooler has not ended.
func (p *Pooler) Runs() bool {
	select {
	case <-p.process.Ended():
		return false
	default:
		return true
	}
}
