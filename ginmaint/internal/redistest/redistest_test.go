package redistest_test

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/redistest"
)

func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestRestart(t *testing.T) {
	tests := []struct {
		name   string
		config []string
		end    func(*redistest.Server) error
		begin  func(*redistest.Server) error
		kept   int64
	}{
		{"killed, nothing on disk", nil, (*redistest.Server).Kill, (*redistest.Server).Restart, 0},
		{"killed, all on disk", []string{"appendonly yes", "appendfsync always"}, (*redistest.Server).Kill, (*redistest.Server).Restart, 1},
		{"stopped, all on disk", []string{"save 3600 1"}, (*redistest.Server).Stop, (*redistest.Server).Restart, 1},
		{"emptied", []string{"appendonly yes"}, (*redistest.Server).Stop, (*redistest.Server).RestartEmpty, 0},
		{"not ended before", nil, func(*redistest.Server) error { return nil }, (*redistest.Server).Restart, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := redistest.Start(t, tt.config...)
			client := server.Client(t)
			addr := server.Addr()
			require.NoError(t, client.Set(within(t), "k", "v", 0).Err())
			require.NoError(t, tt.end(server))
			require.NoError(t, tt.begin(server))
			assert.Equal(t, addr, server.Addr())
			assert.Equal(t, tt.kept, client.Exists(within(t), "k").Val())
		})
	}
}

func TestKill(t *testing.T) {
	server := redistest.Start(t)
	require.NoError(t, server.Kill())
	_, err := net.DialTimeout("tcp", server.Addr(), time.Second)
	require.Error(t, err)
	require.NoError(t, server.Kill(), "it is gone already")
}

func TestLaunchSaysWhatIsWrong(t *testing.T) {
	_, err := redistest.Launch(t.TempDir(), "no-such-directive yes")
	require.ErrorContains(t, err, "no-such-directive")
}

func TestMissingExecutable(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := redistest.Launch(t.TempDir())
	require.ErrorContains(t, err, "the package redis-server")
	assert.NotContains(t, err.Error(), "\n")
}

func TestServerWithAPassword(t *testing.T) {
	server := redistest.Start(t, "requirepass secret")
	client := redistest.Connect(t, &redis.Options{Addr: server.Addr(), Password: "secret"})
	require.NoError(t, client.Ping(within(t)).Err())
}

func TestStartCluster(t *testing.T) {
	cluster := redistest.StartCluster(t)
	client := cluster.Client(t, redis.ClusterOptions{})
	masters, replicas := 0, 0
	require.NoError(t, client.ForEachMaster(within(t), func(context.Context, *redis.Client) error { return nil }))
	for _, slot := range client.ClusterSlots(within(t)).Val() {
		masters++
		replicas += len(slot.Nodes) - 1
	}
	assert.Equal(t, 3, masters)
	assert.Equal(t, 1, replicas)
}

func TestStartSentinels(t *testing.T) {
	sentinels := redistest.StartSentinels(t)
	client := sentinels.Client(t)
	require.NoError(t, client.Set(within(t), "k", "v", 0).Err())
	require.NoError(t, client.Wait(within(t), 1, 5*time.Second).Err())
	require.NoError(t, sentinels.Master.Kill())
	require.Eventually(t, func() bool {
		return client.Set(within(t), "k2", "v", 0).Err() == nil
	}, time.Minute, 20*time.Millisecond)
	assert.Equal(t, "v", client.Get(within(t), "k").Val())
	assert.Equal(t, "v", sentinels.Replica.Client(t).Get(within(t), "k2").Val())
}
