package maintenance

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDrainErrors(t *testing.T) {
	t.Run("off", func(t *testing.T) {
		eachStore(t, func(t *testing.T, store Store, _ bool) {
			report, err := opened(t, store).Drain(t.Context())
			require.ErrorIs(t, err, ErrOff)
			assert.False(t, report.Drained)
		})
	})
	t.Run("the context ends", func(t *testing.T) {
		eachStore(t, func(t *testing.T, store Store, _ bool) {
			m := opened(t, store)
			ticket := begun(t, m, Write)
			defer ticket.Leave()
			require.NoError(t, m.On(t.Context()))
			report, err := m.Drain(bounded(t, 90*time.Second))
			require.ErrorIs(t, err, ErrNotDrained)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.False(t, report.Drained)
			assert.Equal(t, 90*time.Second, report.Waited)
		})
	})
	t.Run("the level is lowered", func(t *testing.T) {
		eachStore(t, func(t *testing.T, store Store, _ bool) {
			m := opened(t, store)
			ticket := begun(t, m, Read)
			defer ticket.Leave()
			require.NoError(t, m.On(t.Context()))
			result := draining(t.Context(), m)
			_, err := m.Set(t.Context(), State{Level: ReadOnly})
			require.NoError(t, err)
			time.Sleep(time.Second)
			require.Len(t, result, 1)
			got := <-result
			require.ErrorIs(t, got.err, ErrChanged)
			assert.False(t, got.report.Drained)
		})
	})
	t.Run("the window ends too soon", func(t *testing.T) {
		eachStore(t, func(t *testing.T, store Store, _ bool) {
			m := opened(t, store, ClockSkew(3*time.Second))
			_, err := m.Set(t.Context(), State{Level: On, End: time.Now().Add(3*time.Second + time.Millisecond)})
			require.NoError(t, err)
			synctest.Wait()
			_, err = m.Drain(t.Context())
			require.NoError(t, err, "the end less the skew is still to come")
			time.Sleep(time.Millisecond)
			report, err := m.Drain(t.Context())
			require.ErrorIs(t, err, ErrEnding)
			assert.False(t, report.Drained)
			time.Sleep(time.Minute)
			_, err = m.Drain(t.Context())
			require.ErrorIs(t, err, ErrEnding)
		})
	})
	t.Run("the window ends while it waits", func(t *testing.T) {
		eachStore(t, func(t *testing.T, store Store, _ bool) {
			m := opened(t, store)
			ticket := begun(t, m, Write)
			defer ticket.Leave()
			_, err := m.Set(t.Context(), State{Level: On, End: time.Now().Add(time.Minute)})
			require.NoError(t, err)
			result := draining(t.Context(), m)
			time.Sleep(time.Minute)
			synctest.Wait()
			require.Len(t, result, 1)
			assert.ErrorIs(t, (<-result).err, ErrEnding)
		})
	})
	t.Run("the Mode is closed", func(t *testing.T) {
		eachStore(t, func(t *testing.T, store Store, _ bool) {
			working, m := opened(t, store), opened(t, store)
			ticket := begun(t, working, Write)
			mine := begun(t, m, Write)
			require.NoError(t, m.On(t.Context()))
			synctest.Wait()
			result := draining(t.Context(), m)
			stopped := make(chan error)
			go func() { stopped <- m.Close() }()
			synctest.Wait()
			require.Len(t, result, 1)
			assert.ErrorIs(t, (<-result).err, ErrClosed)
			mine.Leave()
			require.NoError(t, <-stopped)
			ticket.Leave()
		})
	})
	t.Run("the store is down", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			store := newScripted()
			m := opened(t, store)
			require.NoError(t, m.On(t.Context()))
			synctest.Wait()
			store.fail("replicas", "watch replicas")
			store.count()
			report, err := m.Drain(bounded(t, time.Minute))
			require.ErrorIs(t, err, ErrNotDrained)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.ErrorIs(t, err, errDown, "the error says why")
			assert.False(t, report.Drained)
			calls := store.count()
			assert.LessOrEqual(t, calls["replicas"], 61, "no hot loop while nothing answers")
			assert.LessOrEqual(t, calls["watch replicas"], 601)
		})
	})
}
