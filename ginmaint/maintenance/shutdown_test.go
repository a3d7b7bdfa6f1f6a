package maintenance

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestShutdownSaysGoodbyeAfterItsWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		m, other := served(t, store), opened(t, store)
		store.count()
		read, write := begun(t, m, Read), begun(t, m, Write)
		stream := m.Draining(Read)
		done := make(chan error, 1)
		go func() { done <- m.Shutdown(t.Context()) }()
		synctest.Wait()
		assert.True(t, closed(stream))
		assert.False(t, admits(m, Read), "the gate is shut first")
		assert.Equal(t, On, m.Level())

		require.NoError(t, other.On(t.Context()))
		result := draining(t.Context(), other)
		write.Leave()
		time.Sleep(time.Minute)
		require.Empty(t, done, "its own work still runs")
		require.Empty(t, result, "so the entry stands, and a drain waits")
		assert.Zero(t, store.count()["remove"], "not for a moment was it struck")
		assert.Len(t, snapshotOf(t, store).Replicas, 2)

		read.Leave()
		require.NoError(t, <-done)
		require.NoError(t, (<-result).err)
		assert.Len(t, snapshotOf(t, store).Replicas, 1)
	})
}

func TestShutdownWhoseBoundEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		m, other := opened(t, store), opened(t, store)
		ticket := begun(t, m, Write)
		err := m.Shutdown(bounded(t, time.Minute))
		require.ErrorIs(t, err, ErrNotDrained)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.ErrorContains(t, err, "1 write in flight")
		assert.ErrorContains(t, err, "replica "+m.id+" stays in the roster")
		assert.Len(t, snapshotOf(t, store).Replicas, 2)
		assert.NoError(t, m.Shutdown(t.Context()), "the second call")
		assert.False(t, admits(m, Read))

		require.NoError(t, other.On(t.Context()))
		_, err = other.Drain(bounded(t, time.Minute))
		require.ErrorIs(t, err, ErrNotDrained, "nobody can know that the work has ended")
		ticket.Leave()
		require.NoError(t, other.Forget(t.Context(), m.id))
		_, err = other.Drain(t.Context())
		require.NoError(t, err)
	})
}

func TestShutdownWithoutARoster(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := opened(t, bare(newScripted()))
		ticket := begun(t, m, Read)
		defer ticket.Leave()
		err := m.Shutdown(bounded(t, time.Second))
		require.ErrorIs(t, err, ErrNotDrained)
		assert.NotContains(t, err.Error(), "roster")
	})
}

func TestCloseIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := opened(t, NewMemoryStore())
		ticket := begun(t, m, Read)
		defer ticket.Leave()
		begun := time.Now()
		require.ErrorIs(t, m.Close(), ErrNotDrained)
		assert.Equal(t, 5*time.Second, time.Since(begun))
		assert.NoError(t, m.Close())
	})
}

func TestCloseWhileTheStoreIsDown(t *testing.T) {
	for name, down := range map[string]func(context.Context, string) error{
		"it fails": func(context.Context, string) error { return errDown },
		"it hangs": func(ctx context.Context, _ string) error { return hang(ctx) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newScripted()
				m := served(t, store)
				synctest.Wait()
				store.on(down)
				time.Sleep(10 * time.Second)
				begun := time.Now()
				err := m.Close()
				require.ErrorContains(t, err, "maintenance: replica "+m.id+" stays in the roster, a drain will name it until it is forgotten: ")
				assert.LessOrEqual(t, time.Since(begun), 5*time.Second)
				store.heal()
				assert.Len(t, snapshotOf(t, store).Replicas, 1)
			})
		})
	}
}

func TestClosedMode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		m := opened(t, store, FailClosed(time.Minute))
		require.NoError(t, m.Close())
		require.NoError(t, m.Close())
		store.count()
		time.Sleep(time.Hour)
		assert.Empty(t, store.count(), "a closed Mode asks nothing")
		for _, a := range []Access{Read, Write} {
			assert.False(t, admits(m, a))
			assert.True(t, closed(m.Draining(a)))
		}
		assert.Equal(t, On, m.Level())
		for name, call := range map[string]func() error{
			"On":     func() error { return m.On(t.Context()) },
			"Off":    func() error { return m.Off(t.Context()) },
			"Set":    func() error { _, err := m.Set(t.Context(), State{Level: On}); return err },
			"Create": func() error { _, err := m.Create(t.Context(), State{Level: On}); return err },
			"Update": func() error { _, err := m.Update(t.Context(), func(*State) error { return nil }); return err },
			"Load":   func() error { _, err := m.Load(t.Context()); return err },
			"During": func() error {
				return m.During(t.Context(), State{Level: On}, func(context.Context) error { return nil })
			},
		} {
			assert.Equal(t, ErrClosed, call(), name)
		}
		assert.Empty(t, store.count(), "and changes nothing")
		assert.False(t, m.Snapshot().Trusted)
	})
}

func TestCloseFromManySides(t *testing.T) {
	store := NewMemoryStore()
	for range 50 {
		m := opened(t, store)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range 20 {
					if ticket, ok := m.Enter(Write); ok {
						ticket.Leave()
					}
				}
				assert.NoError(t, m.Close())
				assert.False(t, admits(m, Read))
			})
		}
		wg.Go(func() {
			if err := m.On(t.Context()); err != nil {
				assert.Equal(t, ErrClosed, err)
			}
		})
		wg.Go(func() { _, _ = m.Drain(bounded(t, time.Second)) })
		wg.Wait()
		require.NoError(t, opened(t, store, Observer()).Off(t.Context()))
	}
	assert.Empty(t, snapshotOf(t, store).Replicas)
}
