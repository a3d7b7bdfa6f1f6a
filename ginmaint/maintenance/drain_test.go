package maintenance

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// drained is what a Drain returned.
type drained struct {
	report Report
	err    error
}

// draining starts a Drain, and returns once it waits.
func draining(ctx context.Context, m *Mode, opts ...DrainOption) <-chan drained {
	result := make(chan drained, 1)
	go func() {
		report, err := m.Drain(ctx, opts...)
		result <- drained{report, err}
	}()
	synctest.Wait()
	return result
}

// eachStore runs a test on a store that keeps a roster, and on one that keeps none.
func eachStore(t *testing.T, test func(t *testing.T, store Store, local bool)) {
	t.Helper()
	t.Run("everywhere", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { test(t, newScripted(), false) })
	})
	t.Run("local", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { test(t, bare(newScripted()), true) })
	})
}

func TestDrainWaitsForWhatTheLevelRefuses(t *testing.T) {
	for _, c := range []struct {
		level Level
		waits []Access
	}{{ReadOnly, []Access{Write}}, {On, []Access{Read, Write}}} {
		for _, a := range []Access{Read, Write} {
			t.Run(c.level.String()+" "+a.String(), func(t *testing.T) {
				eachStore(t, func(t *testing.T, store Store, local bool) {
					m := opened(t, store)
					ticket := begun(t, m, a)
					saved, err := m.Set(t.Context(), State{Level: c.level})
					require.NoError(t, err)
					result := draining(t.Context(), m)
					if c.level.Refuses(a) {
						require.Empty(t, result)
						time.Sleep(time.Hour)
						require.Empty(t, result)
						ticket.Leave()
						synctest.Wait() // no time passes: the last Leave is told at once
					}
					require.Len(t, result, 1)
					got := <-result
					require.NoError(t, got.err)
					assert.True(t, got.report.Drained)
					assert.Equal(t, saved, got.report.State)
					assert.Equal(t, local, got.report.Local)
					assert.Empty(t, got.report.Pending)
					if !c.level.Refuses(a) {
						ticket.Leave()
					}
				})
			})
		}
	}
}

func TestDrainGoesOnWhereTheLevelIsRaised(t *testing.T) {
	eachStore(t, func(t *testing.T, store Store, _ bool) {
		m := opened(t, store)
		read, write := begun(t, m, Read), begun(t, m, Write)
		_, err := m.Set(t.Context(), State{Level: ReadOnly})
		require.NoError(t, err)
		result := draining(t.Context(), m)
		raised, err := m.Set(t.Context(), State{Level: On})
		require.NoError(t, err)
		write.Leave()
		time.Sleep(10 * time.Second)
		require.Empty(t, result, "what is proven is the document of now: its reads have to end")
		read.Leave()
		synctest.Wait()
		require.Len(t, result, 1)
		got := <-result
		require.NoError(t, got.err)
		assert.Equal(t, raised, got.report.State)
	})
}

func TestDrainWaitsForTheStart(t *testing.T) {
	eachStore(t, func(t *testing.T, store Store, local bool) {
		m := opened(t, store)
		start := time.Now().Add(time.Minute)
		_, err := m.Set(t.Context(), State{Level: On, Start: start})
		require.NoError(t, err)
		result := draining(t.Context(), m)
		time.Sleep(time.Minute - 1)
		require.Empty(t, result)
		if !local { // a replica that starts now may have a slower clock
			time.Sleep(defaultSkew)
			require.Empty(t, result)
		}
		time.Sleep(time.Second + 1)
		require.Len(t, result, 1)
		require.NoError(t, (<-result).err)
	})
}

func TestDrainCoversAllReplicas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		observer := opened(t, store, Observer())
		a, b := opened(t, store, Name("a")), opened(t, store, Name("b"))
		read, write := begun(t, a, Read), begun(t, b, Write)
		require.NoError(t, observer.On(t.Context()))
		var seen []string
		result := draining(t.Context(), observer, OnProgress(func(r Report) {
			assert.False(t, r.Drained)
			for _, p := range r.Pending {
				seen = append(seen, p.Replica.Name+" "+p.Cause.String())
			}
		}))
		read.Leave()
		synctest.Wait()
		require.Empty(t, result)

		joining := opened(t, store, Name("c")) // while the drain waits
		assert.False(t, admits(joining, Read))
		write.Leave()
		synctest.Wait()
		require.Len(t, result, 1)
		got := <-result
		require.NoError(t, got.err)
		assert.Equal(t, 3, got.report.Total)
		assert.Contains(t, seen, "a busy")
		assert.Contains(t, seen, "b busy")
		for _, m := range []*Mode{a, b, joining} {
			assert.False(t, admits(m, Read))
		}
	})
}

func TestDrainWaitsForAReplicaThatHasNotHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		m := opened(t, store)
		store.list(Replica{ID: "starting", Name: "s", Incarnation: "memory", Lease: time.Hour})
		require.NoError(t, m.On(t.Context()))
		synctest.Wait()
		result := draining(t.Context(), m)
		for _, entry := range []Replica{
			{Document: m.State().ID, Level: Off},                                                 // its window is not open there
			{Document: "an earlier one", Level: On},                                              // on, but by another document
			{Document: m.State().ID, Level: On, Incarnation: "lost"},                             // told to a roster that was lost
			{Document: m.State().ID, Level: On, Incarnation: "memory", Reads: 1},                 // busy
			{Document: m.State().ID, Level: On, Incarnation: "memory", Writes: 1, Unknown: true}, // stands for others
		} {
			entry.ID, entry.Name, entry.Lease = "starting", "s", time.Hour
			if entry.Incarnation == "" {
				entry.Incarnation = "memory"
			}
			store.list(entry)
			time.Sleep(2 * time.Second)
			require.Empty(t, result, "%+v", entry)
		}
		store.list(Replica{ID: "starting", Document: m.State().ID, Level: On, Incarnation: "memory"})
		synctest.Wait()
		require.Len(t, result, 1)
		assert.NoError(t, (<-result).err)
	})
}

func TestDrainDoesNotTrustAYoungRoster(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		m := opened(t, store)
		require.NoError(t, m.On(t.Context()))
		synctest.Wait()
		store.young(500 * time.Millisecond)
		begun := time.Now()
		var note string
		_, err := m.Drain(t.Context(), OnProgress(func(r Report) {
			if note == "" {
				note = r.Note
			}
		}))
		require.NoError(t, err)
		assert.Equal(t, "the roster is only 500ms old; survivors of a loss have 4s to come back", note)
		assert.GreaterOrEqual(t, time.Since(begun), 3500*time.Millisecond)
	})
}

func TestFreshStoreKeepsNobodyWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		store.young(time.Millisecond)
		begun := time.Now()
		m := opened(t, store, FreshStore())
		require.NoError(t, m.On(t.Context()))
		report, err := m.Drain(t.Context())
		require.NoError(t, err, "%s", report)
		assert.Zero(t, time.Since(begun))
	})
}

func TestDrainWaitsForItsOwnProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		m := served(t, store)
		require.NoError(t, m.On(t.Context()))
		synctest.Wait()
		store.fail("join")
		require.NoError(t, m.Forget(t.Context(), m.id))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		report, err := m.Drain(ctx)
		require.ErrorIs(t, err, ErrNotDrained)
		assert.Equal(t, "the roster does not list this process; waiting until it has joined again", report.Note)
		store.heal()
		report, err = m.Drain(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 1, report.Total)
	})
}

func TestDrainOutlivesALossOfTheDocument(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		m := opened(t, store)
		ticket := begun(t, m, Write)
		require.NoError(t, m.On(t.Context()))
		synctest.Wait()
		result := draining(t.Context(), m)
		store.put(State{})
		ticket.Leave()
		time.Sleep(5 * time.Second)
		require.Len(t, result, 1)
		got := <-result
		require.NoError(t, got.err)
		stored, err := store.MemoryStore.Load(t.Context())
		require.NoError(t, err)
		assert.Equal(t, stored, got.report.State, "it is proven for what the store holds")
	})
}
