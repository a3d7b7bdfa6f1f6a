package maintenance

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// heardChanges keeps what a function of OnChange is told.
type heardChanges struct {
	mu      sync.Mutex
	changes []Change
}

func (h *heardChanges) note(c Change) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.changes = append(h.changes, c)
}

// all returns what was told, of which each change has to begin where the one before ended.
func (h *heardChanges) all(t *testing.T) []Change {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range h.changes[1:] {
		require.Equal(t, h.changes[i].After, h.changes[i+1].Before)
	}
	return h.changes
}

func TestEveryReplicaIsToldEverySwitchInOrder(t *testing.T) {
	const switches = 500
	synctest.Test(t, func(t *testing.T) {
		store := NewMemoryStore()
		modes, heard := make([]*Mode, 3), make([]heardChanges, 3)
		slow := make(chan struct{})
		defer close(slow)
		log := new(journal)
		var panics atomic.Int64
		for i := range modes {
			modes[i] = opened(t, store, Name(fmt.Sprint("web-", i)), Logger(slog.New(log)), OnChange(heard[i].note),
				OnChange(func(Change) { <-slow }),
				OnChange(func(Change) { panics.Add(1); panic("a listener's fault") }))
		}
		synctest.Wait()
		for n := range switches {
			by := modes[n%len(modes)]
			_, err := by.Set(t.Context(), State{Level: []Level{ReadOnly, On, Off, On}[n%4]})
			require.NoError(t, err)
			synctest.Wait()
		}
		for i := range modes {
			changes := heard[i].all(t)
			require.Len(t, changes, 1+switches)
			assert.Equal(t, Change{Before: Snapshot{InForce: On}, After: Snapshot{Trusted: true}}, changes[0])
			for n, c := range changes[1:] {
				require.Equal(t, uint64(n+1), c.After.State.Revision)
				require.Equal(t, n%len(modes) == i, c.Origin == Here, "switch %d", n)
				require.Contains(t, []Origin{Here, Elsewhere}, c.Origin)
			}
		}
		assert.Equal(t, int64(3*(1+switches)), panics.Load(), "it is called again each time")
		assert.Len(t, log.with("maintenance: a function of OnChange has panicked; it is called again for the next change"), 3*(1+switches))
		assert.Len(t, log.with("maintenance: the state has changed"), 3*switches, "one line on each replica")
	})
}

// A pass leaves the order as it is, and is nobody's but that of the process that made it.
func TestAPassIsAChangeOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var heard heardChanges
		store := NewMemoryStore()
		m, other := opened(t, store, OnChange(heard.note)), opened(t, store)
		require.NoError(t, m.On(t.Context()))
		issue(t, other, Pass{Name: "customer"})
		synctest.Wait()
		require.NoError(t, m.RevokePass(t.Context(), "customer", Revocation{}))
		synctest.Wait()
		var origins []Origin
		for _, c := range heard.all(t) {
			origins = append(origins, c.Origin)
		}
		assert.Equal(t, []Origin{Opened, Here, Elsewhere, Here}, origins)
	})
}

func TestSlowListenerDelaysOnlyItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var last, quick heardChanges
		goOn := make(chan struct{})
		m, err := Open(t.Context(), NewMemoryStore(), Logger(slog.New(slog.DiscardHandler)), OnChange(quick.note),
			OnChange(func(c Change) {
				<-goOn
				last.note(c)
			}))
		require.NoError(t, err)
		synctest.Wait()
		const switches = mostQueued + 20
		for range switches {
			require.NoError(t, m.On(t.Context()))
		}
		synctest.Wait()
		assert.Len(t, quick.all(t), 1+switches)

		closing, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		go func() {
			time.Sleep(time.Millisecond)
			close(goOn)
		}()
		require.NoError(t, m.Shutdown(closing), "what was taken over before is still told")
		told := last.all(t)
		require.Len(t, told, 1+mostQueued)
		assert.Equal(t, uint64(switches), told[mostQueued].After.State.Revision)
		assert.Equal(t, switches-mostQueued, told[mostQueued].Skipped)
		assert.Zero(t, told[mostQueued-1].Skipped)
	})
}

func TestListenerThatNeverReturnsHoldsShutdownUpForItsBoundAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stuck := make(chan struct{})
		var told int
		store := NewMemoryStore()
		m, err := Open(t.Context(), store, Logger(slog.New(slog.DiscardHandler)),
			OnChange(func(Change) { told++; <-stuck }))
		require.NoError(t, err)
		require.NoError(t, m.On(t.Context()))
		began := time.Now()
		err = m.Close()
		assert.Equal(t, closeBound, time.Since(began))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.ErrorContains(t, err, "a function of OnChange has not returned, and 1 changes were not told")
		assert.Empty(t, store.replicas, "it has left the roster all the same")
		close(stuck)
		synctest.Wait()
		assert.Equal(t, 1, told)
	})
}

func TestListenerThatEndsItsGoroutineIsCalledAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := 0
		m := opened(t, NewMemoryStore(), OnChange(func(Change) { told++; runtime.Goexit() }))
		require.NoError(t, m.On(t.Context()))
		require.NoError(t, m.Off(t.Context()))
		synctest.Wait()
		assert.Equal(t, 3, told)
	})
}

func TestListenerMaySwitch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m *Mode
		ready := make(chan struct{})
		m = opened(t, NewMemoryStore(), OnChange(func(c Change) {
			<-ready
			if c.After.InForce == On {
				assert.NoError(t, m.Off(context.Background()))
			}
		}))
		close(ready)
		require.NoError(t, m.On(t.Context()))
		synctest.Wait()
		assert.Equal(t, Off, m.Level())
	})
}

func TestClockAndTrustAreChangesToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		var heard heardChanges
		m := opened(t, store, FailClosed(10*time.Second), OnChange(heard.note))
		now := time.Now()
		_, err := m.Set(t.Context(), State{Level: ReadOnly, Start: now.Add(time.Minute), End: now.Add(time.Hour)})
		require.NoError(t, err)
		time.Sleep(2 * time.Minute)
		store.fail()
		time.Sleep(time.Minute) // the lease runs out
		store.heal()
		time.Sleep(time.Hour)
		synctest.Wait()

		type step struct {
			origin        Origin
			before, after Level
			trusted       bool
		}
		var steps []step
		for _, c := range heard.all(t) {
			steps = append(steps, step{c.Origin, c.Before.InForce, c.After.InForce, c.After.Trusted})
		}
		assert.Equal(t, []step{
			{Opened, On, Off, true},
			{Here, Off, Off, true}, // announced
			{Clock, Off, ReadOnly, true},
			{Trust, ReadOnly, On, false},
			{Trust, On, ReadOnly, true},
			{Clock, ReadOnly, Off, true},
		}, steps)
	})
}

func TestOnChangeNeedsAFunction(t *testing.T) {
	_, err := Open(t.Context(), NewMemoryStore(), OnChange(nil))
	assert.ErrorContains(t, err, "OnChange(nil): hand it a function")
}
