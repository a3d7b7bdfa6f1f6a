package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/sqlrow"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// pkg begins the errors.
const pkg = "sqlstore"

// Store keeps the document and the roster of one switch in an SQL database. Its methods
// may be called at the same time. Call Migrate once before the others.
type Store struct {
	db     *sql.DB
	name   string
	poll   time.Duration
	vouch  bool
	tables tables
	engine engine
	err    error // what is wrong with the options; every method returns it
}

var (
	_ maintenance.Store    = (*Store)(nil)
	_ maintenance.Restorer = (*Store)(nil)
	_ maintenance.Roster   = (*Store)(nil)
)

// New returns a store on db, which stays the caller's to configure and to close, after the
// Mode. It does no I/O. Where an option is not usable, every method of the store returns
// an error that names it.
func New(db *sql.DB, dialect Dialect, opts ...Option) *Store {
	set := settings{table: "ginmaint", name: "default", poll: defaultPoll}
	for _, opt := range opts {
		opt(&set)
	}
	s := &Store{db: db, name: set.name, poll: set.poll, vouch: set.vouch}
	s.engine, s.tables, s.err = set.resolve(dialect)
	return s
}

// engine is what the dialects differ in. Each method is one transaction, on one connection.
// None of them retries.
type engine interface {
	load(ctx context.Context, on *sql.Conn) (loaded, error)
	put(ctx context.Context, on *sql.Conn, save sqlrow.Save) error // or sqlrow.ErrNotReplaced

	join(ctx context.Context, on *sql.Conn, joining joining) (incarnation string, at time.Time, err error)
	renew(ctx context.Context, on *sql.Conn, r maintenance.Replica, entry string) (sqlrow.Row, error) // or maintenance.ErrUnlisted
	remove(ctx context.Context, on *sql.Conn, id string) error                                        // or maintenance.ErrUnlisted
	replicas(ctx context.Context, on *sql.Conn) (listed, error)

	migrate(ctx context.Context, on *sql.Conn) error

	// local tells whether the statements are to run to their end whatever the context: there
	// is no network in between, and drivers differ in what an interruption leaves behind.
	local() bool

	condition(err error) condition
}

// loaded is a document with what is known of the server that it came from.
type loaded struct {
	sqlrow.Row
	incarnation string // of the roster; empty where nobody ever joined
	aged        *int64 // how old that is, in microseconds; nil where unknown
	unproven    string // why the server can't tell whether it lost something; empty where it can
}

// joining is an entry on its way into the roster.
type joining struct {
	id, work, entry string
	before          string        // the incarnation that it belonged to before
	token           string        // for a new incarnation
	lease           time.Duration // of the entries that stand for what may have been lost
}

// unknownOf returns the entry that stands for what may have been lost with an incarnation.
func unknownOf(incarnation string, lease time.Duration) (id, entry string, err error) {
	r := maintenance.UnknownReplica(sqlrow.LostPrefix+incarnation, maintenance.Replica{Lease: lease})
	text, err := json.Marshal(r)
	return r.ID, string(text), err
}

// listed is a roster in the same snapshot as its document.
type listed struct {
	loaded
	ended   *string // the incarnation that the roster is of, until somebody joins the present one
	entries []sqlrow.Entry
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

// errMoved: another file has the name of the one that this process has opened.
var errMoved = errors.New("the file of the database was moved, deleted or replaced while this process has it open")
