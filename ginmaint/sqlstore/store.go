package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Store keeps the document and the roster of one switch in an SQL database. Its methods
// may be called at the same time. Call Migrate once before the others.
type Store struct {
	db     *sql.DB
	name   string
	poll   time.Duration
	paced  bool         // Watch goes by pace where that is longer than poll
	pace   atomic.Int64 // of the Mode, a time.Duration
	vouch  bool
	tables tables
	engine engine
	err    error // what is wrong with the options; every method returns it
}

var (
	_ maintenance.Store    = (*Store)(nil)
	_ maintenance.Restorer = (*Store)(nil)
	_ maintenance.Roster   = (*Store)(nil)

	_ maintenance.Historian = (*Store)(nil)
	_ maintenance.Pacer     = (*Store)(nil)
)

// New returns a store on db, which stays the caller's to configure and to close, after the
// Mode. It does no I/O. Where an option is not usable, every method of the store returns
// an error that names it.
func New(db *sql.DB, dialect Dialect, opts ...Option) *Store {
	set := settings{table: "ginmaint", name: "default", poll: defaultPoll, paced: true}
	for _, opt := range opts {
		opt(&set)
	}
	s := &Store{db: db, name: set.name, poll: set.poll, paced: set.paced, vouch: set.vouch}
	s.engine, s.tables, s.err = set.resolve(dialect)
	return s
}

// How long a statement that lost against others is tried again, and how it waits.
const (
	retryFor   = 5 * time.Second
	firstPause = 2 * time.Millisecond
	lastPause  = 100 * time.Millisecond
	staleConns = 3 // connections that turn out to be closed before another error counts
)

// on runs one operation on one connection of the pool, again where it lost against others
// (a deadlock, a lock that was held for too long), for 5 seconds at most.
func (s *Store) on(ctx context.Context, do func(context.Context, *sql.Conn) error) error {
	deadline := time.Now().Add(retryFor)
	for pause, stale := firstPause, 0; ; pause = min(2*pause, lastPause) {
		err := s.once(ctx, do)
		switch {
		case errors.Is(err, driver.ErrBadConn) && stale < staleConns:
			stale++ // nothing was sent on it
			continue
		case s.engine.condition(err) != lockedOut || time.Now().After(deadline):
			return err
		}
		again := time.NewTimer(pause/2 + rand.N(pause))
		select {
		case <-again.C:
		case <-ctx.Done():
			again.Stop()
			return err
		}
	}
}

func (s *Store) once(ctx context.Context, do func(context.Context, *sql.Conn) error) error {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return unsent{s.exhausted(err)}
	}
	defer func() { _ = conn.Close() }() // it goes back to the pool
	if s.engine.local() {
		ctx = context.WithoutCancel(ctx)
	}
	return do(ctx, conn)
}

// exhausted says so where the pool had no connection to give.
func (s *Store) exhausted(err error) error {
	pool := s.db.Stats()
	if !errors.Is(err, context.DeadlineExceeded) || pool.MaxOpenConnections == 0 || pool.InUse < pool.MaxOpenConnections {
		return err
	}
	return fmt.Errorf("%w: %d of %d are in use: %w", errExhausted, pool.InUse, pool.MaxOpenConnections, err)
}

var errExhausted = errors.New("the pool has no connection to give")

// unsent marks an error that came before a statement was sent.
type unsent struct{ error }

func (e unsent) Unwrap() error { return e.error }
