package pgstore_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/proc"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/pgstore"
)

// unprepared are the settings of a pool behind a pooler that keeps no prepared statements.
func unprepared(c *pgxpool.Config) {
	c.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec
	c.MaxConns = 20
}

// In the other modes all works but the pushes.
func TestSwitchBehindAPoolerWithoutSessions(t *testing.T) {
	for _, mode := range []string{"transaction", "statement"} {
		t.Run(mode, func(t *testing.T) {
			pool := connect(t, server.Pooler(t, mode).URL(server.Database(t)), unprepared)
			require.NoError(t, pgstore.New(pool).Migrate(t.Context()))
			var logged proc.Output
			open := func() *maintenance.Mode {
				store := pgstore.New(pool)
				store.Hurry(100*time.Millisecond, 200*time.Millisecond)
				m, err := maintenance.Open(t.Context(), store, maintenance.Poll(500*time.Millisecond), maintenance.FreshStore(),
					maintenance.Logger(slog.New(slog.NewTextHandler(&logged, nil))))
				require.NoError(t, err)
				if ticket, ok := m.Enter(maintenance.Read); ok { // what is idle holds no drain
					ticket.Leave()
				}
				t.Cleanup(func() { require.NoError(t, m.Close()) })
				return m
			}
			a, b := open(), open()
			for range 2 {
				require.NoError(t, a.On(t.Context()))
				require.Eventually(t, func() bool { return b.Level() == maintenance.On }, patience, time.Millisecond)
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				report, err := a.Drain(ctx)
				cancel()
				require.NoError(t, err)
				assert.Equal(t, 2, report.Total)
				require.NoError(t, a.Off(t.Context()))
			}
			changes, err := pgstore.New(pool).History(t.Context())
			require.NoError(t, err)
			assert.Len(t, changes, 4)

			// Long after the first try, each of the two has told once what it lacks.
			told := func() int { return strings.Count(logged.String(), "keeps no LISTEN") }
			require.Eventually(t, func() bool { return told() == 2 }, patience, time.Millisecond)
			time.Sleep(500 * time.Millisecond) // for the next tries
			assert.Equal(t, 2, told(), logged.String())
			assert.False(t, a.Status().Watching || b.Status().Watching)
			assert.NotContains(t, logged.String(), "arrive again")
			// No connection of the pooler's sends documents to whom it is given next.
			assert.Zero(t, get[int](t, pool, `SELECT count(*) FROM pg_listening_channels() AS c WHERE c ~ '^ginmaint_[0-9]+_'`))
		})
	}
}

// The check is not passed on by a connection of the server that listens already.
func TestPoolerWhoseServerConnectionListens(t *testing.T) {
	pool := connect(t, server.Pooler(t, "transaction").URL(server.Database(t)), unprepared)
	store := pgstore.New(pool)
	require.NoError(t, store.Migrate(t.Context()))
	store.Hurry(50*time.Millisecond, 100*time.Millisecond)
	set(t, pool, "LISTEN anything")
	const polling = "followed by polling alone"
	require.ErrorContains(t, store.Watch(t.Context(), func(maintenance.State) { t.Error("told") }), polling)
	connections := pool.Stat().NewConnsCount()
	require.ErrorContains(t, store.WatchReplicas(t.Context(), func() { t.Error("told") }), polling)
	assert.Equal(t, connections, pool.Stat().NewConnsCount(), "it is tried again a minute later")
}

// PgBouncer 1.18 goes down where a request to cancel comes at a bad moment; the end of a
// drain sends none.
func TestQuickDrainsBehindAPooler(t *testing.T) {
	pooler := server.Pooler(t, "session")
	pool := connect(t, pooler.URL(server.Database(t)))
	store := pgstore.New(pool)
	require.NoError(t, store.Migrate(t.Context()))
	mode, err := maintenance.Open(t.Context(), store, maintenance.FreshStore())
	require.NoError(t, err)
	defer func() { require.NoError(t, mode.Close()) }()
	require.NoError(t, mode.On(t.Context()))
	for range 60 {
		_, err := mode.Drain(t.Context())
		require.NoError(t, err)
	}
	assert.True(t, pooler.Runs())
}

// PgBouncer 1.18 gives the next client the answer to its own DISCARD ALL where a notification
// comes just then; one that no longer listens gets none.
func TestPartingFromAPoolerAmongNotifications(t *testing.T) {
	direct, plain := fresh(t)
	store := pgstore.New(connect(t, server.Pooler(t, "session").URL(plain.Config().ConnString())))
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				joined, err := direct.Join(t.Context(), maintenance.Replica{ID: "one"})
				assert.NoError(t, err)
				assert.NoError(t, direct.Remove(t.Context(), joined.ID))
			}
		}
	}()
	for range 20 {
		ctx, cancel := context.WithCancel(t.Context())
		assert.ErrorIs(t, store.WatchReplicas(ctx, cancel), context.Canceled)
		_, err := store.Load(t.Context())
		assert.NoError(t, err)
	}
	close(stop)
	<-stopped
}
