package pgstore_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/pgstore"
)

// each calls every method of the store that goes to the server.
func each(t *testing.T, store *pgstore.Store, check func(method string, err error)) {
	t.Helper()
	_, err := store.Load(t.Context())
	check("load", err)
	_, err = store.Save(t.Context(), maintenance.State{Level: maintenance.On})
	check("save", err)
	_, err = store.Restore(t.Context(), maintenance.State{Level: maintenance.On, ID: "x"}, maintenance.State{})
	check("restore", err)
	_, err = store.Join(t.Context(), maintenance.Replica{ID: "a"})
	check("join", err)
	_, err = store.Renew(t.Context(), maintenance.Replica{ID: "a"})
	check("report", err)
	_, err = store.Replicas(t.Context())
	check("replicas", err)
	check("remove", store.Remove(t.Context(), "a"))
}

// eachWatch calls those that listen.
func eachWatch(t *testing.T, store *pgstore.Store, check func(method string, err error)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	check("watch", store.Watch(ctx, func(maintenance.State) { t.Error("told"); cancel() }))
	check("watch replicas", store.WatchReplicas(ctx, func() { t.Error("told"); cancel() }))
}

func TestServerThatCantBeUsed(t *testing.T) {
	_, pool := fresh(t)
	good := pool.Config().ConnConfig
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	nobody := closed.Addr().(*net.TCPAddr).Port
	require.NoError(t, closed.Close())
	for _, c := range []struct {
		name string
		edit func(*pgxpool.Config)
		want string
	}{
		{"wrong password", func(c *pgxpool.Config) { c.ConnConfig.Password = "hunter2" }, "correct the user name or the password"},
		{"unknown user", func(c *pgxpool.Config) { c.ConnConfig.User = "stranger" }, "correct the user name or the password"},
		{"no such database", func(c *pgxpool.Config) { c.ConnConfig.Database = "nowhere" }, "create the database"},
		{"nobody there", func(c *pgxpool.Config) { c.ConnConfig.Port = uint16(nobody) }, "check that the server runs"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var password string
			store := pgstore.New(connect(t, good.ConnString(), c.edit, func(c *pgxpool.Config) { password = c.ConnConfig.Password }))
			check := func(method string, err error) {
				require.Error(t, err, method)
				assert.ErrorContains(t, err, "pgstore: the ", method)
				assert.ErrorContains(t, err, c.want, method)
				assert.NotContains(t, err.Error(), good.Password)
				assert.NotContains(t, err.Error(), password)
				assert.NotContains(t, err.Error(), "\n")
			}
			each(t, store, check)
			eachWatch(t, store, check)
			assert.ErrorContains(t, store.Migrate(t.Context()), c.want)
		})
	}
}

func TestTablesMissing(t *testing.T) {
	store := pgstore.New(connect(t, server.Database(t)))
	check := func(method string, err error) {
		assert.ErrorContains(t, err, "make the tables once", method)
		assert.ErrorAs(t, err, new(*pgconn.PgError), method)
	}
	each(t, store, check)
	eachWatch(t, store, check)
	assert.ErrorContains(t, pgstore.New(connect(t, server.Database(t)), pgstore.Table("nowhere.ginmaint")).Migrate(t.Context()),
		"create the schema first")
}

func TestTableOfSomebodyElse(t *testing.T) {
	pool := connect(t, server.Database(t))
	set(t, pool, "CREATE TABLE ginmaint (other int)")
	store := pgstore.New(pool)
	require.NoError(t, store.Migrate(t.Context()))
	_, err := store.Load(t.Context())
	assert.ErrorContains(t, err, "name another with pgstore.Table")
}

func TestPermissionMissing(t *testing.T) {
	_, pool := fresh(t)
	role := "app_" + pool.Config().ConnConfig.Database // roles belong to the whole server
	set(t, pool, "CREATE ROLE "+role+" LOGIN PASSWORD 'hunter2'")
	app := pgstore.New(connect(t, pool.Config().ConnString(), func(c *pgxpool.Config) {
		c.ConnConfig.User, c.ConnConfig.Password = role, "hunter2"
	}))
	each(t, app, func(method string, err error) {
		assert.ErrorContains(t, err, "grant the pool's role SELECT", method)
	})
	require.NoError(t, app.Migrate(t.Context()), "the tables are there")
	set(t, pool, "DROP TABLE ginmaint")
	assert.ErrorContains(t, app.Migrate(t.Context()), "grant the pool's role CREATE on the schema")

	// What the errors ask for is enough.
	require.NoError(t, pgstore.New(pool).Migrate(t.Context()))
	set(t, pool, "GRANT SELECT, INSERT, UPDATE ON ginmaint, ginmaint_history, ginmaint_roster, ginmaint_replicas TO "+role)
	set(t, pool, "GRANT DELETE ON ginmaint_history, ginmaint_replicas TO "+role)
	save(t, app, maintenance.On)
	save(t, app, maintenance.Off)
	joined, err := app.Join(t.Context(), maintenance.Replica{ID: "a"})
	require.NoError(t, err)
	_, err = app.Renew(t.Context(), joined)
	require.NoError(t, err)
	require.NoError(t, app.Remove(t.Context(), "a"))
}

func TestServerThatTakesNoWrites(t *testing.T) {
	_, pool := fresh(t)
	readOnly := pgstore.New(connect(t, pool.Config().ConnString(), func(c *pgxpool.Config) {
		c.ConnConfig.RuntimeParams["default_transaction_read_only"] = "on"
	}))
	_, err := readOnly.Save(t.Context(), maintenance.State{Level: maintenance.On})
	assert.ErrorContains(t, err, "connect to the primary")
	_, err = readOnly.Join(t.Context(), maintenance.Replica{ID: "a"})
	assert.ErrorContains(t, err, "connect to the primary")
}

func TestDiskFull(t *testing.T) {
	store, pool := fresh(t)
	set(t, pool, `CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
		$$BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END$$;
		CREATE TRIGGER full_disk BEFORE INSERT ON ginmaint FOR EACH ROW EXECUTE FUNCTION full_disk()`)
	_, err := store.Save(t.Context(), maintenance.State{Level: maintenance.On})
	assert.ErrorContains(t, err, "free space on the server's disk")
}

func TestContextThatEnds(t *testing.T) {
	store, pool := fresh(t)
	holder, err := pool.Begin(t.Context())
	require.NoError(t, err)
	_, err = holder.Exec(t.Context(), "LOCK TABLE ginmaint, ginmaint_roster, ginmaint_replicas")
	require.NoError(t, err)
	defer func() { require.NoError(t, holder.Rollback(context.WithoutCancel(t.Context()))) }()

	why := errors.New("shutting down")
	ctx, cancel := context.WithCancelCause(t.Context())
	ended := make(chan error)
	go func() {
		_, err := store.Save(ctx, maintenance.State{Level: maintenance.On})
		ended <- err
	}()
	require.Eventually(t, func() bool {
		return get[int](t, pool, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") == 1
	}, patience, patience/2000)
	cancel(why)
	err = <-ended
	require.ErrorIs(t, err, context.Canceled)
	assert.ErrorContains(t, err, "may be stored or not")
}

func TestPoolExhausted(t *testing.T) {
	_, pool := fresh(t)
	small := connect(t, pool.Config().ConnString(), func(c *pgxpool.Config) { c.MaxConns = 1 })
	held, err := small.Acquire(t.Context())
	require.NoError(t, err)
	defer held.Release()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	store := pgstore.New(small)
	_, err = store.Save(ctx, maintenance.State{Level: maintenance.On})
	for _, err := range []error{err, store.WatchReplicas(ctx, func() { t.Error("told") })} {
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.ErrorContains(t, err, "1 of 1 are in use")
		assert.ErrorContains(t, err, "give the store a small pool of its own")
	}
}

// The remedies that a real server gives no cheap occasion for.
func TestRemedyOfServerError(t *testing.T) {
	_, pool := fresh(t)
	for sqlstate, want := range map[string]string{
		"26000": "DefaultQueryExecMode", "42P05": "DefaultQueryExecMode", "42883": "PostgreSQL 12 or later",
		"0A000": "PostgreSQL 12 or later", "22P05": "encoding", "22021": "encoding",
		"57014": "statement_timeout",
	} {
		t.Run(sqlstate, func(t *testing.T) {
			failing := connect(t, pool.Config().ConnString(), func(c *pgxpool.Config) {
				c.BeforeConnect = func(context.Context, *pgx.ConnConfig) error { return &pgconn.PgError{Code: sqlstate} }
			})
			_, err := pgstore.New(failing).Load(t.Context())
			assert.ErrorContains(t, err, want)
		})
	}
}

// canceller ends a context while LISTEN is under way.
type canceller struct {
	cancel func()
	listen error
	seen   int
}

type listening struct{}

func (c *canceller) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	if !strings.HasPrefix(q.SQL, "LISTEN") {
		return ctx
	}
	c.cancel()
	return context.WithValue(ctx, listening{}, true)
}

func (c *canceller) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryEndData) {
	if ctx.Value(listening{}) != nil {
		c.seen, c.listen = c.seen+1, q.Err
	}
}

func TestListenIsNotCancelled(t *testing.T) {
	_, pool := fresh(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	traced := &canceller{cancel: cancel}
	store := pgstore.New(connect(t, pool.Config().ConnString(), func(c *pgxpool.Config) { c.ConnConfig.Tracer = traced }))
	assert.ErrorIs(t, store.WatchReplicas(ctx, func() { t.Error("told") }), context.Canceled)
	assert.Equal(t, 1, traced.seen)
	assert.NoError(t, traced.listen)
}
