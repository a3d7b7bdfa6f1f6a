package fire

import (
	"context"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// A replica that is paused through a whole drain is named, first as one that has
// not acknowledged and then as lost, and no drain claims that it is done.
func TestReplicaPausedThroughTheDrain(t *testing.T) {
	for name, open := range map[string]func(*testing.T) engine{"redis": redisEngine, "postgres": postgresEngine, "files": fileEngine} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newArena(t, open(t), program(t))
			a.start()
			a.start()
			paused := a.replicas[0]
			// A roster is trusted once it is a few seconds old.
			require.NoError(t, a.control.On(t.Context()))
			_, err := a.control.Drain(t.Context())
			require.NoError(t, err)
			require.NoError(t, a.control.Off(t.Context()))

			a.serve(paused)
			a.closeOver(paused)
			ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
			defer cancel()
			causes := map[maintenance.Cause]bool{}
			report, err := a.control.Drain(ctx, maintenance.OnProgress(func(r maintenance.Report) {
				for _, p := range r.Pending {
					if p.Replica.Name == paused.name {
						causes[p.Cause] = true
					}
				}
			}))
			require.ErrorIs(t, err, maintenance.ErrNotDrained)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Len(t, report.Pending, 1)
			assert.Equal(t, paused.name, report.Pending[0].Replica.Name)
			assert.Equal(t, maintenance.Lost, report.Pending[0].Cause, "%s", report)
			assert.True(t, causes[maintenance.Waiting], "before its lease ran out: %v", causes)

			require.NoError(t, paused.process.Signal(syscall.SIGCONT))
			_, err = a.control.Drain(t.Context())
			require.NoError(t, err, "it has woken up, and tells")
		})
	}
}

// closeOver pauses a replica and closes the service. Where the replica was paused in the
// moment in which it held the lock of the file, nobody else can save: then it goes on
// for a little.
func (a *arena) closeOver(paused *replica) {
	a.t.Helper()
	for range 10 {
		a.pause(paused)
		ctx, cancel := context.WithTimeout(a.t.Context(), 2*time.Second)
		err := a.control.On(ctx)
		cancel()
		if err == nil {
			return
		}
		require.ErrorIs(a.t, err, context.DeadlineExceeded)
		require.NoError(a.t, paused.process.Signal(syscall.SIGCONT))
		ctx, cancel = context.WithTimeout(a.t.Context(), 10*time.Second)
		_, err = a.control.Load(ctx) // which needs the lock as well
		cancel()
		require.NoError(a.t, err)
	}
	require.Fail(a.t, "the service can't be closed")
}

// A roster that is evicted in the middle of a drain proves nothing until those
// who live have come back, and somebody has looked for those who have not.
func TestRosterEvictedDuringADrain(t *testing.T) {
	e := redisEngine(t)
	a := newArena(t, e, program(t))
	a.start()
	paused := a.replicas[0]
	a.start()
	require.NoError(t, a.control.On(t.Context()))
	_, err := a.control.Drain(t.Context())
	require.NoError(t, err)
	require.NoError(t, a.control.Off(t.Context()))

	a.serve(paused)
	a.pause(paused)
	require.NoError(t, a.control.On(t.Context()))
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Second)
	defer cancel()
	evicted := false
	report, err := a.control.Drain(ctx, maintenance.OnProgress(func(maintenance.Report) {
		if !evicted {
			evicted = true
			client := redisClient(t, e.upstream)
			require.NoError(t, client.Del(t.Context(), "ginmaint:{default}:roster").Err())
		}
	}))
	require.ErrorIs(t, err, maintenance.ErrNotDrained, "the paused one is in no roster now")
	require.Len(t, report.Pending, 1, "%s", report)
	assert.Equal(t, maintenance.Unknown, report.Pending[0].Cause)

	require.NoError(t, paused.process.Signal(syscall.SIGCONT))
	a.settled()
	_, err = a.control.Drain(t.Context())
	require.NoError(t, err)
}
