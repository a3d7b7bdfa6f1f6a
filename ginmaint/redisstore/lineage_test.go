package redisstore_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/redistest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/redisstore"
)

// standIn is a client of a server that answers INFO in scripts with one text for ever.
type standIn struct {
	redisstore.Client
	info string
}

type noScript struct{}

func (noScript) Error() string { return "NOSCRIPT No matching script" }
func (noScript) RedisError()   {}

func (standIn) EvalSha(ctx context.Context, _ string, _ []string, _ ...any) *redis.Cmd {
	reply := redis.NewCmd(ctx)
	reply.SetErr(noScript{})
	return reply
}

func (s standIn) Eval(ctx context.Context, script string, keys []string, args ...any) *redis.Cmd {
	script = strings.ReplaceAll(script, "redis.pcall('INFO', section)", "'"+strings.ReplaceAll(s.info, "\n", `\r\n`)+"'")
	return s.Client.Eval(ctx, script, keys, args...)
}

// info is what a server says that draws these IDs.
func info(run, id, before string) string {
	return fmt.Sprintf("# Server\nrun_id:%s\n# Replication\nrole:master\nmaster_replid:%s\nmaster_replid2:%s\n", run, id, before)
}

const (
	drawnID   = "57a1fe09c3b2d8e46f01a2b3c4d5e6f708192a3b"
	anotherID = "9b8c7d6e5f40312a1b0c9d8e7f605142332415a6"
)

var zeros = strings.Repeat("0", 40)

// untold are servers that don't tell their lineage, each with what is said of it.
var untold = []struct {
	name, why string
	connect   func(t *testing.T) redisstore.Client
}{
	{"INFO refused to the user", "it refuses INFO in scripts", func(t *testing.T) redisstore.Client {
		server := redistest.Start(t)
		require.NoError(t, server.Client(t).Do(within(t), "ACL", "SETUSER", "shop", "on", ">secret", "~*", "&*", "+@all", "-info").Err())
		return redistest.Connect(t, &redis.Options{Addr: server.Addr(), Username: "shop", Password: "secret"})
	}},
	{"INFO taken away", "it refuses INFO in scripts", func(t *testing.T) redisstore.Client {
		return redistest.Start(t, `rename-command INFO ""`).Client(t)
	}},
	{"miniredis", "it refuses INFO in scripts", func(t *testing.T) redisstore.Client {
		return redistest.Connect(t, &redis.Options{Addr: miniredis.RunT(t).Addr()})
	}},
	{"no run_id", "INFO names no run_id", saying("role:master\nmaster_replid:" + drawnID + "\nmaster_replid2:" + zeros)},
	{"no master_replid2", "INFO names no master_replid2", saying("run_id:" + anotherID + "\nrole:master\nmaster_replid:" + drawnID)},
	{"forty zeros", "another server may give as well", saying(info(anotherID, zeros, zeros))},
	{"a constant run_id", "another server may give as well", saying(info(strings.Repeat("ab12", 10), drawnID, zeros))},
	{"a short one", "another server may give as well", saying(info(anotherID, drawnID[:32], zeros))},
	{"one ID for both", "another server may give as well", saying(info(drawnID, drawnID, zeros))},
	{"many masters", "INFO calls it no master, but active-replica", saying("run_id:" + anotherID + "\nrole:active-replica")},
}

func saying(text string) func(t *testing.T) redisstore.Client {
	return func(t *testing.T) redisstore.Client { return standIn{redistest.Start(t).Client(t), text} }
}

// serve opens a Mode that polls often, so that a test need not wait. The copies of a
// server have a fraction of a second to confirm it, so one that is busy gets more tries.
func serve(t *testing.T, store maintenance.Store) *maintenance.Mode {
	t.Helper()
	mode, err := maintenance.Open(within(t), store, maintenance.Poll(100*time.Millisecond))
	for try := 0; err != nil && try < 5; try++ {
		mode, err = maintenance.Open(within(t), store, maintenance.Poll(100*time.Millisecond))
	}
	require.NoError(t, err)
	if ticket, ok := mode.Enter(maintenance.Read); ok { // what is idle holds no drain
		ticket.Leave()
	}
	t.Cleanup(func() { _ = mode.Close() })
	return mode
}

// Where a server does not tell its lineage all works but the proof, and that rests on
// the owner's word where it is given.
func TestServersThatDontTellTheirLineage(t *testing.T) {
	for _, tt := range untold {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			client := tt.connect(t)
			a := serve(t, redisstore.New(client))
			b := serve(t, redisstore.New(client))
			require.NoError(t, a.On(within(t)))
			require.Eventually(t, func() bool { return b.Level() == maintenance.On }, time.Minute, time.Millisecond)
			report, err := a.Drain(within(t))
			require.ErrorIs(t, err, maintenance.ErrNotDrained)
			assert.False(t, report.Drained)
			for _, part := range []string{tt.why, "redisstore.AssumeNothingLost", "assume=nothing-lost"} {
				require.ErrorContains(t, err, part)
			}

			vouched := serve(t, redisstore.New(client, redisstore.AssumeNothingLost()))
			report, err = vouched.Drain(within(t))
			require.NoError(t, err)
			assert.Equal(t, "redisstore.AssumeNothingLost", report.Vouched)
			assert.Equal(t, 3, report.Total)
		})
	}
}

func TestServersThatTellTheirLineage(t *testing.T) {
	for _, tt := range []struct {
		name    string
		connect func(t *testing.T) redisstore.Client
	}{
		{"Redis", func(t *testing.T) redisstore.Client { return shared.Client(t) }},
		{"drawn IDs", saying(info(anotherID, drawnID, zeros))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			mode := serve(t, redisstore.New(tt.connect(t), name(t), redisstore.AssumeNothingLost()))
			require.NoError(t, mode.On(within(t)))
			report, err := mode.Drain(within(t))
			require.NoError(t, err)
			assert.Empty(t, report.Vouched, "the server's own word counts")
		})
	}
}

// A fail-over to a copy that lacks the entry of a replica which still works: no drain
// may be called done over it, also where the server says the same for ever.
func TestNoDrainOverAReplicaThatAFailOverLost(t *testing.T) {
	for _, tt := range []struct {
		name    string
		opts    []redisstore.Option
		wrap    func(redisstore.Client) redisstore.Client
		drained bool // as the owner has vouched for what is not so
	}{
		{"Redis", nil, func(c redisstore.Client) redisstore.Client { return c }, false},
		{"a constant identity", nil, constant, false},
		{"a constant identity, vouched for", []redisstore.Option{redisstore.AssumeNothingLost()}, constant, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			master := redistest.Start(t)
			copied := redistest.StartReplica(t, master)
			var now atomic.Value // the server that clients reach
			now.Store(master.Addr())
			client := redistest.Connect(t, &redis.Options{Addr: "moving", Dialer: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, network, now.Load().(string))
			}})
			operator := serve(t, redisstore.New(tt.wrap(client), tt.opts...))
			require.NoError(t, master.Client(t).Wait(within(t), 1, 5*time.Second).Err(), "the copy has the operator's entry")
			require.NoError(t, copied.Client(t).SlaveOf(within(t), "NO", "ONE").Err())

			paused := serve(t, redisstore.New(tt.wrap(master.Client(t)), tt.opts...))
			ticket, ok := paused.Enter(maintenance.Write)
			require.True(t, ok)
			defer ticket.Leave()

			now.Store(copied.Addr())
			require.NoError(t, master.Kill())
			require.Eventually(t, func() bool { return operator.On(within(t)) == nil }, time.Minute, 10*time.Millisecond)
			ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
			defer cancel()
			report, err := operator.Drain(ctx)
			assert.Equal(t, tt.drained, report.Drained)
			if !tt.drained {
				require.ErrorIs(t, err, maintenance.ErrNotDrained)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, "redisstore.AssumeNothingLost", report.Vouched)
		})
	}
}

// constant makes a server say for ever what Garnet does.
func constant(client redisstore.Client) redisstore.Client {
	return standIn{client, info(anotherID, zeros, zeros)}
}
