package sqlstore_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/mariatest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/sqlstore"
)

// What an idle replica costs: each Poll one look for a change and one heartbeat, which in
// PostgreSQL is one statement and elsewhere two.
func TestStatementsOfAnIdleReplica(t *testing.T) {
	everywhere(t, func(t *testing.T, d database, db *sql.DB) {
		const poll, polls = 500 * time.Millisecond, 4
		d.age(t, d.store(db), db)
		counted := &counting{db.Driver(), d.source(t, db), atomic.Int64{}}
		pool := sql.OpenDB(counted)
		defer func() { require.NoError(t, pool.Close()) }()
		store := sqlstore.New(pool, d.dialect)
		store.Hurry(10 * time.Millisecond)
		mode, err := maintenance.Open(t.Context(), store, maintenance.Poll(poll))
		require.NoError(t, err)
		defer func() { require.NoError(t, mode.Close()) }()
		<-time.After(poll) // what opening asked for is over
		before := counted.n.Load()
		<-time.After(polls * poll) // what is measured
		each := 3
		if d.dialect == sqlstore.PostgreSQL {
			each = 2
		}
		assert.InDelta(t, each*polls, counted.n.Load()-before, 4)
	})
}

// counting is a driver's connector that counts the statements.
type counting struct {
	driver driver.Driver
	source string
	n      atomic.Int64
}

func (c *counting) Driver() driver.Driver { return c.driver }

func (c *counting) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.driver.Open(c.source)
	return countingConn{conn, &c.n}, err
}

type countingConn struct {
	driver.Conn
	n *atomic.Int64
}

func (c countingConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	c.n.Add(1)
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
}

func (c countingConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	c.n.Add(1)
	return c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
}

func (c countingConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	return c.Conn.(driver.ConnBeginTx).BeginTx(ctx, opts)
}

// source is the data source of an open database.
func (d database) source(t *testing.T, db *sql.DB) string {
	t.Helper()
	name := func(query string) (name string) {
		require.NoError(t, db.QueryRowContext(t.Context(), query).Scan(&name))
		return name
	}
	switch d.dialect {
	case sqlstore.MySQL:
		return maria.DSN(name("SELECT database()")) + "?interpolateParams=true"
	case sqlstore.PostgreSQL:
		return postgres.URL(name("SELECT current_database()"))
	}
	return "file:" + name("SELECT file FROM pragma_database_list") + "?_pragma=busy_timeout(1000)"
}

// The command tells it: Poll decides where it is given, else the slower of Mode and default.
func TestInterval(t *testing.T) {
	store := sqlstore.New(nil, sqlstore.SQLite)
	assert.Equal(t, time.Second, store.Interval())
	store.Pace(quick)
	assert.Equal(t, time.Second, store.Interval())
	store.Pace(time.Minute)
	assert.Equal(t, time.Minute, store.Interval())
	store = sqlstore.New(nil, sqlstore.SQLite, sqlstore.Poll(quick))
	store.Pace(time.Minute)
	assert.Equal(t, quick, store.Interval())
}

// With the shortest Poll, a replica follows long before its next heartbeat.
func TestFollowingBetweenHeartbeats(t *testing.T) {
	t.Parallel()
	db := databases[0].open(t)
	store := databases[0].store(db)
	require.NoError(t, store.Migrate(t.Context()))
	databases[0].age(t, store, db)
	mode, err := maintenance.Open(t.Context(), store, maintenance.Poll(time.Minute))
	require.NoError(t, err)
	defer func() { require.NoError(t, mode.Close()) }()
	begin := time.Now()
	save(t, databases[0].store(db), maintenance.On)
	select {
	case <-mode.Draining(maintenance.Read):
	case <-time.After(patience):
		require.Fail(t, "the replica does not follow")
	}
	assert.Less(t, time.Since(begin), 30*time.Second)
}

// Where the server is away, Watch says so instead of waiting for it.
func TestWatchOnServerThatWentAway(t *testing.T) {
	t.Parallel()
	server := mariatest.New(t)
	db := open(t, "mysql", server.DSN(server.Database(t)))
	store := sqlstore.New(db, sqlstore.MySQL, sqlstore.Poll(quick))
	require.NoError(t, store.Migrate(t.Context()))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	listens, ended := make(chan struct{}, 10), make(chan error, 1)
	go func() { ended <- store.Watch(ctx, func(maintenance.State) { listens <- struct{}{} }) }()
	<-listens
	server.Kill()
	require.ErrorContains(t, <-ended, "check that the server runs")
}
