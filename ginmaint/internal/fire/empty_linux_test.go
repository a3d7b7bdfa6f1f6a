package fire

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/redistest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/redisstore"
)

// TestStoreComesBackEmpty restarts a Redis that forgets everything while
// maintenance is on: not one request may be admitted, neither by those who knew
// nor by one that starts in that very moment, and the store holds the same
// document again.
func TestStoreComesBackEmpty(t *testing.T) {
	server := redistest.Start(t)
	open := func(name string) *maintenance.Mode {
		m, err := maintenance.Open(t.Context(), redisstore.New(server.Client(t)),
			maintenance.Name(name), maintenance.Poll(Poll), maintenance.Fallback(maintenance.On))
		require.NoError(t, err)
		return m
	}
	modes := []*maintenance.Mode{open("a"), open("b"), open("c")}
	defer func() {
		for _, m := range modes {
			require.NoError(t, m.Close())
		}
	}()
	require.NoError(t, modes[0].On(t.Context()))
	document := modes[0].State().ID
	for _, m := range modes {
		<-m.Draining(maintenance.Read)
	}

	ctx, stop := context.WithCancel(t.Context())
	var admitted atomic.Int64
	var asking sync.WaitGroup
	ask := func(m *maintenance.Mode) {
		for ctx.Err() == nil {
			if ticket, ok := m.Enter(maintenance.Read); ok {
				admitted.Add(1)
				ticket.Leave()
			}
			time.Sleep(50 * time.Microsecond) // what opens for less than that serves nobody
		}
	}
	for _, m := range modes {
		asking.Go(func() { ask(m) })
	}
	for i := range 5 {
		require.NoError(t, server.Kill())
		require.NoError(t, server.RestartEmpty())
		newcomer := open(fmt.Sprint("newcomer", i))
		modes = append(modes, newcomer)
		asking.Go(func() { ask(newcomer) })
		store := redisstore.New(server.Client(t))
		require.Eventually(t, func() bool {
			state, err := store.Load(t.Context())
			return err == nil && state.ID == document
		}, time.Minute, 10*time.Millisecond, "nobody writes the document back")
		require.Eventually(t, func() bool {
			for _, m := range modes {
				if s := m.Status(); s.Err != nil || !s.Watching || s.State.ID != document {
					return false
				}
			}
			return true
		}, time.Minute, 10*time.Millisecond, "a replica does not come back")
	}
	stop()
	asking.Wait()
	assert.Zero(t, admitted.Load())
}
