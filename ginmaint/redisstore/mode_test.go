package redisstore_test

import (
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
		require.Eventually(t, func() bool { return mode.Level() == maintenance.ReadOnly }, 10*time.Second, time.Millisecond)
	}

	order := modes[0].State()
	require.NoError(t, server.RestartEmpty())
	store := redisstore.New(server.Client(t))
	require.Eventually(t, func() bool {
		back, err := store.Load(ctx)
		return err == nil && back.ID == order.ID && back.Revision == order.Revision
	}, 15*time.Second, 50*time.Millisecond)
}
