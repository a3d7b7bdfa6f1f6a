package redisstore_test

import (
	"crypto/rand"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/redistest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/redisstore"
)

// Two Modes on one server: what one switches the other obeys, a drain sees both,
// what a person writes is obeyed, and a server restarted empty gets its document back.
func TestModes(t *testing.T) {
	server := redistest.Start(t)
	ctx := within(t)
	var modes []*maintenance.Mode
	for range 2 {
		mode, err := maintenance.Open(ctx, redisstore.New(server.Client(t)))
		require.NoError(t, err)
		if ticket, ok := mode.Enter(maintenance.Read); ok { // what is idle holds no drain
			ticket.Leave()
		}
		t.Cleanup(func() { _ = mode.Close() })
		modes = append(modes, mode)
	}
	require.NoError(t, modes[0].On(ctx))
	_, err := modes[0].Drain(ctx)
	require.NoError(t, err)
	assert.Equal(t, maintenance.On, modes[1].Level(), "a drain proves that the other obeys")

	// As the package's documentation tells a person.
	client := server.Client(t)
	require.NoError(t, client.Set(ctx, "ginmaint:{default}:state", `{"level":"read-only","revision":1000,"id":"by-hand-1"}`, 0).Err())
	require.NoError(t, client.Publish(ctx, "ginmaint:{default}:changes", "").Err())
	for _, mode := range modes {
		require.Eventually(t, func() bool { return mode.Level() == maintenance.ReadOnly }, time.Minute, time.Millisecond)
	}

	order := modes[0].State()
	require.NoError(t, server.RestartEmpty())
	store := redisstore.New(server.Client(t))
	require.Eventually(t, func() bool {
		back, err := store.Load(ctx)
		return err == nil && back.ID == order.ID && back.Revision == order.Revision
	}, time.Minute, 50*time.Millisecond)
}

// Ten processes that were killed, as a rolling restart with kill -9 leaves them, go from the
// roster by their own declaration, and the next drain needs no person. One that declares
// nothing stays.
func TestKilledReplicasGoByThemselves(t *testing.T) {
	server := redistest.Start(t)
	ctx := within(t)
	store := redisstore.New(server.Client(t), redisstore.AssumeNothingLost())
	declares := []maintenance.Option{
		maintenance.Poll(50 * time.Millisecond), maintenance.FailClosed(200 * time.Millisecond),
		maintenance.WorkLimit(100 * time.Millisecond), maintenance.Logger(slog.New(slog.DiscardHandler)),
	}
	living, err := maintenance.Open(ctx, store, declares...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = living.Close() })
	for i := range 11 {
		killed := maintenance.Replica{ID: rand.Text(), Lease: 200 * time.Millisecond, FailsClosed: true, WorkLimit: 100 * time.Millisecond}
		if i == 10 {
			killed.ID, killed.WorkLimit = "stays", 0
		}
		_, err := store.Join(ctx, killed)
		require.NoError(t, err)
	}
	require.Eventually(t, func() bool {
		listing, err := store.Replicas(ctx)
		return err == nil && len(listing.Replicas) == 2 && listing.Replicas[1].ID == "stays"
	}, time.Minute, 50*time.Millisecond)
	require.NoError(t, living.Forget(ctx, "stays"))
	require.NoError(t, living.On(ctx))
	report, err := living.Drain(ctx)
	require.NoError(t, err)
	assert.Empty(t, report.Declared, "they are gone")
}
