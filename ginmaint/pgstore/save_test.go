package pgstore_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/toxitest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/pgstore"
)

func TestSaveLosesNothingToOthers(t *testing.T) {
	for _, isolation := range []string{"read committed", "repeatable read", "serializable"} {
		t.Run(isolation, func(t *testing.T) {
			const writers, each = 8, 5
			_, pool := fresh(t)
			set(t, pool, "ALTER DATABASE "+pool.Config().ConnConfig.Database+
				" SET default_transaction_isolation = '"+isolation+"'")
			pool.Reset()
			var all sync.WaitGroup
			for range writers {
				all.Go(func() {
					// The message counts the saves, as seen by each writer.
					store := pgstore.New(pool)
					for saved := 0; saved < each; {
						present, err := store.Load(t.Context())
						if !assert.NoError(t, err) {
							return
						}
						present.Message += "."
						if _, err = store.Save(t.Context(), present); err == nil {
							saved++
						} else if !assert.ErrorIs(t, err, maintenance.ErrConflict) {
							return
						}
					}
				})
			}
			all.Wait()
			present, err := pgstore.New(pool).Load(t.Context())
			require.NoError(t, err)
			assert.Equal(t, uint64(writers*each), present.Revision)
			assert.Equal(t, strings.Repeat(".", writers*each), present.Message)
		})
	}
}

func TestSaveIsOnDiskBeforeItReturns(t *testing.T) {
	for _, c := range []struct{ set, want string }{
		{"off", "on"},
		{"local", "on"},
		{"remote_write", "on"},
		{"on", "on"},
		{"remote_apply", "remote_apply"},
	} {
		t.Run(c.set, func(t *testing.T) {
			_, plain := fresh(t)
			// A deferred trigger runs as the last thing before the commit.
			set(t, plain, `CREATE TABLE seen (at text);
				CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS
				$$BEGIN INSERT INTO seen VALUES (current_setting('synchronous_commit')); RETURN NULL; END$$;
				CREATE CONSTRAINT TRIGGER look AFTER INSERT OR UPDATE ON ginmaint
				DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION look();
				CREATE CONSTRAINT TRIGGER look AFTER INSERT ON ginmaint_replicas
				DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION look()`)
			store := pgstore.New(connect(t, plain.Config().ConnString(), func(config *pgxpool.Config) {
				config.ConnConfig.RuntimeParams["synchronous_commit"] = c.set
				config.MaxConns = 1
			}))
			save(t, store, maintenance.On)
			save(t, store, maintenance.Off)
			_, err := store.Join(t.Context(), maintenance.Replica{ID: "a"})
			require.NoError(t, err)
			assert.Equal(t, []string{c.want, c.want, c.want}, get[[]string](t, plain, "SELECT array_agg(at) FROM seen"))
		})
	}
}

func TestRevisionPastTheColumn(t *testing.T) {
	store, _ := fresh(t)
	for _, revision := range []uint64{math.MaxInt64, math.MaxUint64} {
		_, err := store.Save(t.Context(), maintenance.State{Level: maintenance.On, Revision: revision})
		require.ErrorIs(t, err, maintenance.ErrConflict)
		_, err = store.Restore(t.Context(), maintenance.State{ID: "x", Revision: revision}, maintenance.State{})
		require.ErrorContains(t, err, "there is no revision after")
		_, err = store.Restore(t.Context(), maintenance.State{ID: "x"}, maintenance.State{ID: "y", Revision: revision})
		require.Error(t, err)
	}
	found, err := store.Load(t.Context())
	require.NoError(t, err)
	assert.Zero(t, found)
}

func TestRestoreNeedsAnID(t *testing.T) {
	store, _ := fresh(t)
	_, err := store.Restore(t.Context(), maintenance.State{Level: maintenance.On}, maintenance.State{})
	assert.ErrorContains(t, err, "without an ID")
}

func TestSaveWhoseAnswerWasLost(t *testing.T) {
	errLost := errors.New("connection reset")
	ours := maintenance.State{Level: maintenance.On, Revision: 2, ID: "ours"}
	for _, c := range []struct {
		name   string
		lost   func(*testing.T, *pgstore.Store)        // before the answer of the first attempt is lost
		stored func(t *testing.T, err error, sent int) // what comes of it
	}{
		{
			name: "stored", lost: func(t *testing.T, store *pgstore.Store) {
				_, err := store.Restore(t.Context(), maintenance.State{Level: maintenance.On, ID: "ours"}, load(t, store))
				require.NoError(t, err)
			},
			stored: func(t *testing.T, err error, sent int) { assert.NoError(t, err) },
		},
		{
			name: "not stored", lost: func(*testing.T, *pgstore.Store) {},
			stored: func(t *testing.T, err error, sent int) { assert.NoError(t, err); assert.Equal(t, 2, sent) },
		},
		{
			name: "somebody else's in its place", lost: func(t *testing.T, store *pgstore.Store) { save(t, store, maintenance.Off) },
			stored: func(t *testing.T, err error, sent int) { assert.ErrorIs(t, err, maintenance.ErrConflict) },
		},
		{
			name: "others saved since", lost: func(t *testing.T, store *pgstore.Store) {
				save(t, store, maintenance.Off)
				save(t, store, maintenance.Off)
			},
			stored: func(t *testing.T, err error, sent int) {
				assert.ErrorContains(t, err, "may be stored or not")
				assert.ErrorIs(t, err, errLost)
				assert.NotErrorIs(t, err, maintenance.ErrConflict)
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			store, _ := fresh(t)
			first := save(t, store, maintenance.ReadOnly)
			sent := 0
			_, err := store.Settle(t.Context(), ours, func() error {
				if sent++; sent == 1 {
					c.lost(t, store)
					return errLost
				}
				_, err := store.Restore(t.Context(), maintenance.State{Level: maintenance.On, ID: "ours"}, first)
				if errors.Is(err, maintenance.ErrConflict) {
					return pgx.ErrNoRows
				}
				return err
			})
			c.stored(t, err, sent)
		})
	}
}

func TestSaveWhoseOutcomeStaysUnknown(t *testing.T) {
	store, _ := fresh(t)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	errLost := errors.New("connection reset")
	_, err := store.Settle(ctx, maintenance.State{}, func() error { return errLost })
	require.ErrorIs(t, err, errLost)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.ErrorContains(t, err, "load it before saving again")
}

// A save is cut off while the server still works on it, and takes effect
// later: trying again must wait for that and recognise it.
func TestSaveCutOffUnderWay(t *testing.T) {
	store, pool := fresh(t)
	save(t, store, maintenance.ReadOnly)
	holder, err := pool.Begin(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { _ = holder.Rollback(context.Background()) }) // else its pool never closes
	_, err = holder.Exec(t.Context(), "SELECT FROM ginmaint FOR UPDATE")
	require.NoError(t, err)

	saved := make(chan error, 1)
	go func() {
		present, err := store.Load(t.Context())
		if err == nil {
			present.Level = maintenance.On
			present, err = store.Save(t.Context(), present)
			if err == nil && present.Revision != 2 {
				err = errors.New("it was stored twice")
			}
		}
		saved <- err
	}()
	const waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
	require.Eventually(t, func() bool { return get[int](t, pool, waits) == 1 }, patience, 5*time.Millisecond)
	set(t, pool, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
	// The second attempt waits for the lock as well.
	require.Eventually(t, func() bool { return get[int](t, pool, waits) == 1 }, patience, 5*time.Millisecond)
	require.NoError(t, holder.Rollback(t.Context()))
	require.NoError(t, <-saved)
	assert.Equal(t, maintenance.On, load(t, store).Level)
}

// Likewise, where the server never learns that the client is gone: the first
// attempt takes effect in the end.
func TestSaveThatTheServerFinishesAlone(t *testing.T) {
	_, plain := fresh(t)
	save(t, pgstore.New(plain), maintenance.ReadOnly)
	proxy := toxitest.Start(t).Proxy(t, server.Addr())
	pool := connect(t, through(t, plain, proxy.Addr()))
	store := pgstore.New(pool)
	present := load(t, store)
	holder, err := plain.Begin(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { _ = holder.Rollback(context.Background()) })
	_, err = holder.Exec(t.Context(), "SELECT FROM ginmaint FOR UPDATE")
	require.NoError(t, err)

	type result struct {
		state maintenance.State
		err   error
	}
	saved := make(chan result, 1)
	go func() {
		present.Level = maintenance.On
		state, err := store.Save(t.Context(), present)
		saved <- result{state, err}
	}()
	waiting := func(n int) func() bool {
		return func() bool {
			return get[int](t, plain, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") == n
		}
	}
	require.Eventually(t, waiting(1), patience, 5*time.Millisecond)
	proxy.Cut(t)
	// pgx gives a connection up by a request to cancel its statement, which must not get through.
	require.Eventually(t, func() bool { return pool.Stat().TotalConns() == 0 }, patience, time.Millisecond)
	proxy.Heal(t)
	require.Eventually(t, waiting(2), patience, 5*time.Millisecond, "it is tried again")
	require.NoError(t, holder.Rollback(t.Context()))
	got := <-saved
	require.NoError(t, got.err)
	assert.Equal(t, present.Revision+1, got.state.Revision)
	assert.Equal(t, got.state, load(t, store))
}

func load(t testing.TB, store *pgstore.Store) maintenance.State {
	t.Helper()
	found, err := store.Load(t.Context())
	require.NoError(t, err)
	return found
}
