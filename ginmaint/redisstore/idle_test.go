package redisstore_test

import (
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/redistest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/redisstore"
)

// What an idle replica costs: each Poll a heartbeat, and a question whether the connection
// that listens is still there, which is asked no more often than that.
func TestCommandsOfAnIdleReplica(t *testing.T) {
	t.Parallel()
	const poll, polls = 500 * time.Millisecond, 4
	server := redistest.Start(t)
	store := redisstore.New(server.Client(t))
	store.Hurry(10 * time.Millisecond)
	mode, err := maintenance.Open(t.Context(), store, maintenance.Poll(poll), maintenance.FreshStore())
	require.NoError(t, err)
	defer func() { require.NoError(t, mode.Close()) }()

	client := server.Client(t)
	sent := func(command string) int {
		stats, err := client.Info(t.Context(), "commandstats").Result()
		require.NoError(t, err)
		match := regexp.MustCompile("cmdstat_" + command + ":calls=([0-9]+)").FindStringSubmatch(stats)
		if match == nil {
			return 0
		}
		n, err := strconv.Atoi(match[1])
		require.NoError(t, err)
		return n
	}
	<-time.After(poll) // what opening asked for is over
	scripts, pings := sent("evalsha"), sent("ping")
	<-time.After(polls * poll) // what is measured
	assert.InDelta(t, polls, sent("evalsha")-scripts, 2)
	assert.InDelta(t, polls, sent("ping")-pings, 2)
}
