package maintenance

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMemoryStoreSave(t *testing.T) {
	m := NewMemoryStore()
	zero, err := m.Load(t.Context())
	require.NoError(t, err)
	assert.Equal(t, State{}, zero)

	first, err := m.Save(t.Context(), State{Level: On, End: noon.In(time.FixedZone("east", 3600))})
	require.NoError(t, err)
	assert.Equal(t, uint64(1), first.Revision)
	assert.Equal(t, noon, first.End)
	_, err = m.Save(t.Context(), State{})
	require.ErrorIs(t, err, ErrConflict)
	second, err := m.Save(t.Context(), first)
	require.NoError(t, err)
	assert.NotEqual(t, first.ID, second.ID, "new with every save")
	for name, s := range map[string]State{
		"not valid":                          {Level: 9, Revision: 2},
		"a window shorter than what is kept": {Level: On, Start: noon, End: noon.Add(999), Revision: 2},
	} {
		_, err = m.Save(t.Context(), s)
		require.ErrorIs(t, err, ErrInvalid, name)
	}
	stored, err := m.Load(t.Context())
	require.NoError(t, err)
	assert.Equal(t, second, stored)
}

func TestMemoryStoreSavesOneOfMany(t *testing.T) {
	m := NewMemoryStore()
	var won atomic.Int64
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, err := m.Save(t.Context(), State{}); err == nil {
				won.Add(1)
			} else {
				assert.ErrorIs(t, err, ErrConflict)
			}
		})
	}
	wg.Wait()
	assert.Equal(t, int64(1), won.Load())
}

func TestMemoryStoreWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemoryStore()
		var got []State
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- m.Watch(ctx, func(s State) { got = append(got, s) }) }()
		synctest.Wait()
		assert.Equal(t, []State{{}}, got, "it listens now: load")
		var saved State
		for range 3 {
			var err error
			saved, err = m.Save(t.Context(), saved)
			require.NoError(t, err)
			synctest.Wait()
			assert.Equal(t, saved, got[len(got)-1])
		}
		assert.Len(t, got, 4)
		cancel()
		assert.ErrorIs(t, <-done, context.Canceled)
	})
}

func TestMemoryStoreRoster(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemoryStore()
		calls := 0
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- m.WatchReplicas(ctx, func() { calls++ }) }()
		woken := func() int {
			synctest.Wait()
			n := calls
			calls = 0
			return n
		}
		assert.Equal(t, 1, woken(), "it listens now")
		_, err := m.Renew(t.Context(), Replica{ID: "b"})
		require.ErrorIs(t, err, ErrUnlisted, "a report creates no entry")

		b, err := m.Join(t.Context(), Replica{ID: "b"})
		require.NoError(t, err)
		assert.NotEmpty(t, b.Incarnation)
		assert.Equal(t, 1, woken())
		saved, err := m.Save(t.Context(), State{Level: On})
		require.NoError(t, err)
		b.Renewals++
		state, err := m.Renew(t.Context(), b)
		require.NoError(t, err)
		assert.Equal(t, saved, state)
		assert.Zero(t, woken(), "a sign of life alone wakes nobody")
		b.Writes = 1
		_, err = m.Renew(t.Context(), b)
		require.NoError(t, err)
		assert.Equal(t, 1, woken())
		lost := b
		lost.Incarnation = "another"
		_, err = m.Renew(t.Context(), lost)
		require.ErrorIs(t, err, ErrUnlisted)

		_, err = m.Join(t.Context(), Replica{ID: "a"})
		require.NoError(t, err)
		s, err := m.Replicas(t.Context())
		require.NoError(t, err)
		assert.Equal(t, saved, s.State)
		assert.Equal(t, []string{"a", "b"}, []string{s.Replicas[0].ID, s.Replicas[1].ID})
		woken()
		require.NoError(t, m.Remove(t.Context(), "a"))
		assert.Equal(t, 1, woken())
		require.ErrorIs(t, m.Remove(t.Context(), "a"), ErrUnlisted)
		cancel()
		assert.ErrorIs(t, <-done, context.Canceled)
	})
}

func TestMemoryStoreHeedsItsContext(t *testing.T) {
	m := NewMemoryStore()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, call := range map[string]func() error{
		"Load":          func() error { _, err := m.Load(ctx); return err },
		"Save":          func() error { _, err := m.Save(ctx, State{}); return err },
		"Watch":         func() error { return m.Watch(ctx, func(State) {}) },
		"Join":          func() error { _, err := m.Join(ctx, Replica{}); return err },
		"Report":        func() error { _, err := m.Renew(ctx, Replica{}); return err },
		"Remove":        func() error { return m.Remove(ctx, "") },
		"Replicas":      func() error { _, err := m.Replicas(ctx); return err },
		"WatchReplicas": func() error { return m.WatchReplicas(ctx, func() {}) },
	} {
		assert.ErrorIs(t, call(), context.Canceled, name)
	}
}
