package pgstore_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/pgtest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/pgstore"
)

// server is shared by all tests but those that stop it.
var server *pgtest.Server

func TestMain(m *testing.M) { goleak.VerifyTestMain(withServer{m}) }

// withServer stops the server before goleak looks.
type withServer struct{ *testing.M }

func (w withServer) Run() int {
	var err error
	if server, err = pgtest.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	// For the examples, which read it as an application does.
	err = os.Setenv("DATABASE_URL", server.URL("postgres"))
	code := w.M.Run()
	if closed := server.Close(); err == nil {
		err = closed
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// patience bounds every wait for something that must happen.
const patience = time.Minute

// connect returns a pool on the database, changed by edit.
func connect(t testing.TB, database string, edit ...func(*pgxpool.Config)) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(database)
	require.NoError(t, err)
	for _, e := range edit {
		e(config)
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool
}

// fresh returns a store with its tables, on a database of its own.
func fresh(t testing.TB, opts ...pgstore.Option) (*pgstore.Store, *pgxpool.Pool) {
	t.Helper()
	pool := connect(t, server.Database(t))
	store := pgstore.New(pool, opts...)
	require.NoError(t, store.Migrate(t.Context()))
	return store, pool
}

// set runs a statement beside the store.
func set(t testing.TB, pool *pgxpool.Pool, sql string, args ...any) {
	t.Helper()
	_, err := pool.Exec(t.Context(), sql, args...)
	require.NoError(t, err)
}

func get[T any](t testing.TB, pool *pgxpool.Pool, sql string, args ...any) T {
	t.Helper()
	rows, err := pool.Query(t.Context(), sql, args...)
	require.NoError(t, err)
	value, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[T])
	require.NoError(t, err)
	return value
}

// save stores the next document of the store.
func save(t testing.TB, store *pgstore.Store, level maintenance.Level) maintenance.State {
	t.Helper()
	present, err := store.Load(t.Context())
	require.NoError(t, err)
	present.Level = level
	saved, err := store.Save(t.Context(), present)
	require.NoError(t, err)
	return saved
}

// watching is a Watch under way.
type watching struct {
	told  chan maintenance.State
	ended chan error
	stop  context.CancelFunc
}

// watch starts a Watch and returns once it listens.
func watch(t testing.TB, store *pgstore.Store) *watching {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	w := &watching{told: make(chan maintenance.State, 1000), ended: make(chan error, 1), stop: stop}
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.ended <- store.Watch(ctx, func(s maintenance.State) { w.told <- s })
	}()
	t.Cleanup(func() { stop(); <-done })
	assert.Zero(t, w.next(t), "the first call asks to load")
	return w
}

func (w *watching) next(t testing.TB) maintenance.State {
	t.Helper()
	select {
	case s := <-w.told:
		return s
	case err := <-w.ended:
		require.FailNow(t, "the watch ended", "%v", err)
	case <-time.After(patience):
		require.FailNow(t, "nothing was told")
	}
	return maintenance.State{}
}

// end waits for the error that the Watch returns.
func (w *watching) end(t testing.TB) error {
	t.Helper()
	select {
	case err := <-w.ended:
		return err
	case <-time.After(patience):
		require.FailNow(t, "the watch goes on")
	}
	return nil
}
