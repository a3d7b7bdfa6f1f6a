package pgstore

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/pgsql"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/sqlrow"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// pkg begins the errors.
const pkg = "pgstore"

// Pool is what a Store needs of a connection pool. A *pgxpool.Pool fits.
type Pool interface {
	// Acquire returns a connection, for one statement or, by Hijack, for good.
	Acquire(ctx context.Context) (*pgxpool.Conn, error)
}

// Store keeps the document and the roster of one switch in PostgreSQL. Its
// methods may be called at the same time. Call Migrate once before the others.
type Store struct {
	pool  Pool
	name  string
	sql   *pgsql.Statements
	vouch bool  // AssumeNothingLost
	err   error // what is wrong with the options; every method returns it

	quiet, answer time.Duration // for a connection that listens
	pace          atomic.Int64  // of the Mode, a time.Duration
	deafUntil     atomic.Int64  // when listening is tried again, in nanoseconds of Unix time
}

var (
	_ maintenance.Store    = (*Store)(nil)
	_ maintenance.Restorer = (*Store)(nil)
	_ maintenance.Roster   = (*Store)(nil)

	_ maintenance.Historian = (*Store)(nil)
	_ maintenance.Pacer     = (*Store)(nil)
)

// New returns a store on pool, which stays the caller's to configure and to
// close. It does no I/O. Where an option is not usable, every method of the
// store returns an error that names it.
func New(pool Pool, opts ...Option) *Store {
	set := settings{table: "ginmaint", name: "default"}
	for _, opt := range opts {
		opt(&set)
	}
	table, err := sqlrow.Table(pkg, set.table, pgsql.MaxIdentifier)
	if err == nil {
		err = sqlrow.CheckSwitch(pkg, set.name)
	}
	if err != nil {
		return &Store{sql: new(pgsql.Statements), err: err}
	}
	return &Store{pool: pool, name: set.name, sql: pgsql.For(table, set.name), vouch: set.vouch, quiet: quiet, answer: answer}
}

// tries bounds how often a statement is sent again that lost against others
// under an isolation level stricter than read committed.
const tries = 10

// row sends one statement, which is a transaction of its own, and scans its
// only row. It returns pgx.ErrNoRows where there is none.
func (s *Store) row(ctx context.Context, sql string, args []any, into ...any) error {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return unsent{s.exhausted(err)}
	}
	defer conn.Release()
	for try := 1; ; try++ {
		err = conn.QueryRow(ctx, sql, args...).Scan(into...)
		if try == tries || code(err) != serializationFailure {
			return err
		}
	}
}

// exhausted says so where the time was over and the pool had no connection to give.
func (s *Store) exhausted(err error) error {
	pool, counts := s.pool.(interface{ Stat() *pgxpool.Stat })
	if !counts || !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if stat := pool.Stat(); stat.AcquiredConns() >= stat.MaxConns() {
		return fmt.Errorf("%w: %d of %d are in use: %w", errExhausted, stat.AcquiredConns(), stat.MaxConns(), err)
	}
	return err
}

var errExhausted = errors.New("the pool has no connection to give")

// unsent marks an error that came before a statement was sent.
type unsent struct{ error }

func (e unsent) Unwrap() error { return e.error }
