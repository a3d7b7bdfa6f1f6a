//go:build unix

package redisstore_test

import (
	"context"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/redistest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/redisstore"
)

// durable are the settings that the owner's word is checked by.
var durable = []string{"appendonly yes", "appendfsync always", "min-replicas-to-write 1"}

// moving connects to whichever server is stored in the address.
func moving(t *testing.T, address *atomic.Value) *redis.Client {
	return redistest.Connect(t, &redis.Options{MaxRetries: -1, Dialer: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", address.Load().(string))
	}})
}

// A fail-over of a Redis whose owner vouches needs nobody's look: every entry was on the
// copy before its replica served. One that joins the old master afterwards does not.
func TestFailOverOnTheOwnersWord(t *testing.T) {
	master := redistest.Start(t, durable...)
	standby := redistest.StartReplica(t, master)
	copied := standby.Client(t)
	for name, value := range map[string]string{"appendonly": "yes", "appendfsync": "always"} {
		require.NoError(t, copied.ConfigSet(within(t), name, value).Err())
	}
	conn := master.Client(t).Conn()
	require.Eventually(t, func() bool {
		_ = conn.Set(within(t), "another", "key", 0)
		confirmed, err := conn.Wait(within(t), 1, 50*time.Millisecond).Result()
		persistence := copied.Info(within(t), "persistence").Val()
		return err == nil && confirmed == 1 && strings.Contains(persistence, "aof_rewrite_in_progress:0") &&
			strings.Contains(persistence, "aof_rewrite_scheduled:0")
	}, time.Minute, 10*time.Millisecond, "the copy follows, and has nothing else to do")
	require.NoError(t, conn.Close())
	var address atomic.Value
	address.Store(master.Addr())
	store := func() maintenance.Store { return redisstore.New(moving(t, &address), redisstore.AssumeNothingLost()) }
	a, b := serve(t, store()), serve(t, store())
	require.NoError(t, a.On(within(t)))
	report, err := a.Drain(within(t))
	require.NoError(t, err)
	assert.Empty(t, report.Vouched, "until then the server itself has told")
	require.NoError(t, a.Off(within(t)))

	require.NoError(t, copied.Do(within(t), "REPLICAOF", "NO", "ONE").Err())
	_, err = redisstore.New(master.Client(t), redisstore.AssumeNothingLost()).Join(within(t), maintenance.Replica{ID: "LATE"})
	require.Error(t, err, "no copy confirms it")
	address.Store(standby.Addr())
	require.NoError(t, master.Kill())
	require.Eventually(t, func() bool { return a.Status().Err == nil && b.Status().Err == nil && a.On(within(t)) == nil },
		20*time.Second, 10*time.Millisecond, "the survivors come back")
	report, err = a.Drain(within(t))
	require.NoError(t, err, "%s", report)
	assert.Equal(t, 2, report.Total)
	assert.Equal(t, "redisstore.AssumeNothingLost", report.Vouched)
	listing, err := redisstore.New(moving(t, &address)).Replicas(within(t))
	require.NoError(t, err)
	assert.Equal(t, "redisstore.AssumeNothingLost", listing.Vouched, "for all who look, also without the option")
	assert.NoError(t, listing.Unproven)

	// What loses everything needs a look on any word.
	require.NoError(t, standby.Kill())
	require.NoError(t, standby.RestartEmpty())
	require.NoError(t, standby.Client(t).Do(within(t), "REPLICAOF", "NO", "ONE").Err())
	require.Eventually(t, func() bool {
		replicas, err := a.Replicas(within(t))
		return err == nil && len(replicas) > 0 && replicas[len(replicas)-1].Unknown
	}, time.Minute, 10*time.Millisecond, "nobody misses the lost roster")
}

func TestTheOwnersWordIsChecked(t *testing.T) {
	server := redistest.Start(t, "appendonly yes", "appendfsync always")
	client := server.Client(t)
	join := func(user redisstore.Client) error {
		_, err := redisstore.New(user, redisstore.AssumeNothingLost()).Join(within(t), maintenance.Replica{ID: "A"})
		return err
	}
	require.NoError(t, join(client))
	set := func(name, value string) { require.NoError(t, client.ConfigSet(within(t), name, value).Err()) }
	set("appendfsync", "everysec")
	assert.ErrorContains(t, join(client), "appendfsync is everysec: a crash may take back what was acknowledged; set appendfsync to always")
	set("appendonly", "no")
	set("save", "3600 1")
	assert.ErrorContains(t, join(client), "appendonly is off and save is 3600 1")
	set("save", "")
	assert.NoError(t, join(client), "it loses nothing unless it loses all")

	standby := redistest.StartReplica(t, server)
	assert.ErrorContains(t, join(client), "min-replicas-to-write is 0 and there are copies (1)")
	set("min-replicas-to-write", "1")
	require.Eventually(t, func() bool { return join(client) == nil }, time.Minute, 10*time.Millisecond)
	pid, err := strconv.Atoi(standby.Client(t).InfoMap(within(t), "server").Item("Server", "process_id"))
	require.NoError(t, err)
	require.NoError(t, syscall.Kill(pid, syscall.SIGSTOP))
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err = redisstore.New(client, redisstore.AssumeNothingLost()).Join(ctx, maintenance.Replica{ID: "A"})
	require.NoError(t, syscall.Kill(pid, syscall.SIGCONT))
	assert.ErrorContains(t, err, "0 of 1 copies have confirmed the entry in time")

	require.NoError(t, client.Do(within(t), "ACL", "SETUSER", "shop", "on", ">secret", "~*", "&*", "+@all", "-config").Err())
	shop := redistest.Connect(t, &redis.Options{Addr: server.Addr(), Username: "shop", Password: "secret"})
	set("appendonly", "no")
	assert.NoError(t, join(shop), "what is not told can't be checked")
	assert.NoError(t, join(struct{ redisstore.Client }{client}), "a client that hands out no connection does as without the option")
}
