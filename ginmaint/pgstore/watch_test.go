package pgstore_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/pgtest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/toxitest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/pgstore"
)

func TestNotificationCarriesTheDocument(t *testing.T) {
	store, pool := fresh(t)
	w := watch(t, store)
	present := maintenance.State{Level: maintenance.On, Message: "Back at seven – café's \\ \"quoted\" $1\n", ChangedBy: "o'hara"}
	saved, err := pgstore.New(pool).Save(t.Context(), present)
	require.NoError(t, err)
	assert.Equal(t, saved, w.next(t))
	restored, err := store.Restore(t.Context(), saved, saved)
	require.NoError(t, err)
	assert.Equal(t, restored, w.next(t))
}

func TestDocumentTooLongForANotification(t *testing.T) {
	store, pool := fresh(t)
	save(t, store, maintenance.On)
	for _, c := range []struct {
		name    string
		size    int // of the document that is saved
		carried bool
	}{
		{"7999 bytes", 7999, true},
		{"8000 bytes", 8000, false},
		{"far too long", 100_000, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			// A member that this release does not know may be of any length.
			set(t, pool, `UPDATE ginmaint SET document = (document::jsonb || '{"later":""}')::json`)
			now, err := store.Save(t.Context(), load(t, store))
			require.NoError(t, err)
			missing := c.size - get[int](t, pool, "SELECT octet_length(document::text) FROM ginmaint")
			missing -= digits(now.Revision+1) - digits(now.Revision)
			set(t, pool, `UPDATE ginmaint SET document = replace(document::text, '"later":""', '"later":"' || $1::text || '"')::json`,
				strings.Repeat("x", missing))
			w := watch(t, store)
			saved, err := store.Save(t.Context(), load(t, store))
			require.NoError(t, err)
			require.Equal(t, c.size, get[int](t, pool, "SELECT octet_length(document::text) FROM ginmaint"))
			if c.carried {
				assert.Equal(t, saved, w.next(t))
			} else {
				assert.Zero(t, w.next(t), "a hint to load")
			}
			assert.Equal(t, saved, load(t, store))
		})
	}
}

func digits(n uint64) int {
	if n < 10 {
		return 1
	}
	return 1 + digits(n/10)
}

func TestForeignNotificationAsksToLoad(t *testing.T) {
	store, pool := fresh(t)
	w := watch(t, store)
	channel := get[string](t, pool, "SELECT 'ginmaint_' || 'ginmaint'::regclass::oid || '_' || $1::text", pgstore.ChannelHash("default"))
	for _, payload := range []string{"junk", `{"level":"off"}`, `{"level":"off","id":"x"}`, `{"level":"closed","id":"x","revision":1}`} {
		set(t, pool, "SELECT pg_notify($1, $2)", channel, payload)
		assert.Zero(t, w.next(t))
	}
}

func TestWatchReturnsOnEveryLoss(t *testing.T) {
	for _, c := range []struct {
		name string
		lose func(*testing.T, *pgxpool.Pool)
		want string
	}{
		{
			name: "terminated", want: "57P01",
			lose: func(t *testing.T, pool *pgxpool.Pool) {
				set(t, pool, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()")
			},
		},
		{
			name: "table made anew", want: "no longer listens",
			lose: func(t *testing.T, pool *pgxpool.Pool) {
				set(t, pool, "ALTER TABLE ginmaint RENAME TO earlier; CREATE TABLE ginmaint (LIKE earlier INCLUDING ALL)")
			},
		},
		{
			name: "table dropped", want: "make the tables",
			lose: func(t *testing.T, pool *pgxpool.Pool) { set(t, pool, "DROP TABLE ginmaint") },
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			store, pool := fresh(t)
			store.Hurry(50*time.Millisecond, 10*time.Second)
			w := watch(t, store)
			c.lose(t, pool)
			require.ErrorContains(t, w.end(t), c.want)
		})
	}
}

func TestWatchStaysThroughSilence(t *testing.T) {
	store, pool := fresh(t)
	store.Hurry(5*time.Millisecond, 10*time.Second)
	w := watch(t, store)
	// Many questions later it is still the same connection.
	asked := func() bool {
		return get[int](t, pool, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_listening_channels%' AND "+
			"datname = current_database() AND query_start - backend_start > interval '100 ms' AND pid <> pg_backend_pid()") == 1
	}
	require.Eventually(t, asked, patience, 10*time.Millisecond)
	assert.Equal(t, save(t, store, maintenance.On), w.next(t))
}

func TestWatchNoticesAServerThatStops(t *testing.T) {
	other := pgtest.New(t)
	store := pgstore.New(connect(t, other.Database(t)))
	require.NoError(t, store.Migrate(t.Context()))
	saved := save(t, store, maintenance.On)
	for _, c := range []struct {
		name string
		down func(*testing.T)
	}{
		{"stopped", func(t *testing.T) { require.NoError(t, other.Stop()) }},
		{"killed", func(*testing.T) { other.Kill() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := watch(t, store)
			c.down(t)
			require.Error(t, w.end(t))
			_, err := store.Load(t.Context())
			require.Error(t, err)
			require.NoError(t, other.Restart())
			require.Eventually(t, func() bool {
				found, err := store.Load(t.Context())
				return err == nil && found == saved
			}, patience, 10*time.Millisecond)
		})
	}
}

func TestWatchNoticesASilentConnection(t *testing.T) {
	_, plain := fresh(t)
	proxy := toxitest.Start(t).Proxy(t, server.Addr())
	store := pgstore.New(connect(t, through(t, plain, proxy.Addr())))
	store.Hurry(100*time.Millisecond, 200*time.Millisecond)
	w := watch(t, store)
	proxy.Silence(t)
	require.ErrorContains(t, w.end(t), "did not answer within 200ms")
	proxy.Heal(t)
	again := watch(t, store)
	assert.Equal(t, save(t, store, maintenance.On), again.next(t))
}

func TestWatchTakesNoConnectionFromThePool(t *testing.T) {
	_, plain := fresh(t)
	pool := connect(t, plain.Config().ConnString(), func(c *pgxpool.Config) { c.MaxConns = 1 })
	store := pgstore.New(pool)
	w, second := watch(t, store), watch(t, store)
	saved := save(t, store, maintenance.On)
	assert.Equal(t, saved, w.next(t))
	assert.Equal(t, saved, second.next(t))
	w.stop()
	second.stop()
	require.ErrorContains(t, w.end(t), "canceled")
	require.ErrorContains(t, second.end(t), "canceled")
	assert.Empty(t, get[*string](t, pool, "SELECT max(c) FROM pg_listening_channels() AS c"))
	require.Eventually(t, func() bool {
		return get[int](t, plain, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()") == 0
	}, patience, 10*time.Millisecond)
}

// through returns the connection string of pool, by way of addr.
func through(t testing.TB, pool *pgxpool.Pool, addr string) string {
	t.Helper()
	u, err := url.Parse(pool.Config().ConnString())
	require.NoError(t, err)
	u.Host = addr
	return u.String()
}
