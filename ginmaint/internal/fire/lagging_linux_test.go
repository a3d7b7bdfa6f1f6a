package fire

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/redistest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/redisstore"
)

// A copy that lagged behind takes over, and lacks the entry of a replica that
// joined in the last moment and is cut off since: a survivor knows nothing of
// it, and still no drain may be called done.
func TestLaggingFailOver(t *testing.T) {
	master := redistest.Start(t)
	standby := redistest.StartReplica(t, master)
	var address atomic.Value
	address.Store(master.Addr())
	var cut atomic.Bool
	open := func(name string, cut *atomic.Bool) *maintenance.Mode {
		client := redis.NewClient(&redis.Options{MaxRetries: 1, Dialer: func(ctx context.Context, _, _ string) (net.Conn, error) {
			if cut.Load() {
				return nil, errors.New("cut off")
			}
			return new(net.Dialer).DialContext(ctx, "tcp", address.Load().(string))
		}})
		t.Cleanup(func() { _ = client.Close() })
		m, err := maintenance.Open(t.Context(), redisstore.New(client), maintenance.Name(name), maintenance.Poll(Poll))
		require.NoError(t, err)
		t.Cleanup(func() { _ = m.Close() }) // the one that is cut off can't say goodbye
		return m
	}
	survivor := open("survivor", new(atomic.Bool))
	require.NoError(t, survivor.On(t.Context()))
	require.NoError(t, survivor.Off(t.Context()))
	require.NoError(t, master.Client(t).Wait(t.Context(), 1, 5*time.Second).Err(), "the copy has all of this")

	require.NoError(t, standby.Client(t).Do(t.Context(), "REPLICAOF", "NO", "ONE").Err()) // and no more
	late := open("late", &cut)
	ticket, ok := late.Enter(maintenance.Write)
	require.True(t, ok)
	defer ticket.Leave()
	cut.Store(true)
	address.Store(standby.Addr())
	require.NoError(t, master.Kill())

	require.Eventually(t, func() bool {
		replicas, err := survivor.Replicas(t.Context())
		return err == nil && len(replicas) == 2 && survivor.Status().Err == nil
	}, time.Minute, 10*time.Millisecond, "the survivor joins the copy")
	require.NoError(t, survivor.On(t.Context()))
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	report, err := survivor.Drain(ctx)
	require.ErrorIs(t, err, maintenance.ErrNotDrained)
	require.Len(t, report.Pending, 1)
	assert.Equal(t, maintenance.Unknown, report.Pending[0].Cause, "%s", report)
}
