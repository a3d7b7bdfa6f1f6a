package sqlstore_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/mariatest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/sqlstore"
)

// What an idle replica costs: two statements for each heartbeat, and one for each look.
func TestStatementsOfAnIdleReplica(t *testing.T) {
	t.Parallel()
	server := mariatest.New(t)
	db := open(t, "mysql", server.DSN(server.Database(t))+"?interpolateParams=true")
	store := sqlstore.New(db, sqlstore.MySQL)
	require.NoError(t, store.Migrate(t.Context()))
	databases[0].age(t, store, db)
	mode, err := maintenance.Open(t.Context(), store)
	require.NoError(t, err)
	defer func() { require.NoError(t, mode.Close()) }()

	watcher := open(t, "mysql", server.DSN(""))
	watcher.SetMaxOpenConns(1)
	statements := func() (n int) {
		var name string
		require.NoError(t, watcher.QueryRowContext(t.Context(), "SHOW GLOBAL STATUS LIKE 'Questions'").Scan(&name, &n))
		return n
	}
	const seconds = 5
	<-time.After(2 * time.Second) // what opening asked for is over
	before := statements()
	<-time.After(seconds * time.Second) // what is measured
	spent := float64(statements()-before-1) / seconds
	t.Logf("%.1f statements a second", spent)
	assert.InDelta(t, 3, spent, 1.2)
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
