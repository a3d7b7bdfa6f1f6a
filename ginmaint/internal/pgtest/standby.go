package pgtest

import (
	"context"
	"errors"
	"net/url"
	"testing"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/proc"
)

// Standby starts a hot standby that follows the server, and closes it at the
// end of the test. It fails the test where it can't.
func (s *Server) Standby(tb testing.TB) *Server {
	tb.Helper()
	copied, err := s.follow()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := copied.Close(); err != nil {
			tb.Error(err)
		}
	})
	return copied
}

func (s *Server) follow() (*Server, error) {
	copied, err := prepare(s.settings)
	if err != nil {
		return nil, err
	}
	copied.password = s.password // it is in the data that is copied
	source, err := url.Parse(s.URL("postgres"))
	if err != nil {
		return nil, err
	}
	err = copied.run("pg_basebackup", "--pgdata", copied.data(), "--host", source.Hostname(), "--port", s.port,
		"--username", "postgres", "--checkpoint", "fast", "--write-recovery-conf", "--no-sync", "--wal-method", "stream")
	if err == nil {
		err = copied.startOnFreePort()
	}
	if err != nil {
		return nil, errors.Join(err, copied.Close())
	}
	return copied, nil
}

// Promote makes a primary of a standby, and returns once it takes writes.
func (s *Server) Promote(ctx context.Context) error {
	return s.Exec(ctx, "SELECT pg_promote(true, 30)")
}

// CatchUp waits until the standby holds all that the server has committed, no
// longer than proc.Patience.
func (s *Server) CatchUp(ctx context.Context, standby *Server) error {
	target, err := s.value(ctx, "SELECT pg_current_wal_lsn()")
	if err != nil {
		return err
	}
	var failed error
	err = proc.Until(ctx, "the standby to reach "+target, func() bool {
		var done string
		done, failed = standby.value(ctx, "SELECT pg_last_wal_replay_lsn() >= '"+target+"'")
		return failed != nil || done == "t"
	})
	return errors.Join(err, failed)
}
