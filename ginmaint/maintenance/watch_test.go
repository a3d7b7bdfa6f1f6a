package maintenance

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPollBoundsALostPush(t *testing.T) {
	for _, c := range []struct {
		name  string
		store func(*scripted) Store
	}{
		{"with a roster", func(s *scripted) Store { return s }},
		{"without one", func(s *scripted) Store { return bare(s) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newScripted()
				store.hush()
				m := opened(t, c.store(store), Poll(7*time.Second))
				synctest.Wait()
				for _, l := range []Level{On, Off, ReadOnly} {
					state, err := store.Load(t.Context())
					require.NoError(t, err)
					state.Level = l
					_, err = store.MemoryStore.Save(t.Context(), state)
					require.NoError(t, err)
					synctest.Wait()
					assert.NotEqual(t, l, m.Level(), "the push is lost")
					time.Sleep(7 * time.Second)
					synctest.Wait()
					assert.Equal(t, l, m.Level(), "a poll later at the latest")
				}
				assert.False(t, m.Status().Watching)
			})
		})
	}
}

func TestPushWithoutADocumentLoads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		store.hush()
		m := opened(t, store, Poll(time.Hour))
		_, err := store.MemoryStore.Save(t.Context(), State{Level: On})
		require.NoError(t, err)
		m.heard(State{})
		synctest.Wait()
		assert.Equal(t, On, m.Level())
	})
}

func TestWatchComesBackWithGrowingPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		var at []time.Time
		store.on(func(_ context.Context, op string) error {
			if op == "watch" {
				at = append(at, time.Now())
				return errDown
			}
			return nil
		})
		log := &journal{}
		m := opened(t, store, Logger(slog.New(log)))
		time.Sleep(10 * time.Minute)
		store.heal()
		time.Sleep(time.Second)
		assert.True(t, m.Status().Watching, "pushes come within a second after the store is back")

		require.Greater(t, len(at), 10)
		shortest := 25 * time.Millisecond
		for i := 1; i < len(at); i++ {
			pause := at[i].Sub(at[i-1])
			assert.GreaterOrEqual(t, pause, shortest, "attempt %d", i)
			assert.Less(t, pause, 900*time.Millisecond, "attempt %d", i)
			shortest = min(2*shortest, 300*time.Millisecond)
		}
		assert.Less(t, len(at), 2010, "ten minutes in pauses of 0.3 to 0.9 s")

		const what = "the store's pushes don't arrive; polling goes on"
		require.Len(t, log.with("maintenance: "+what), 1)
		over := log.with("maintenance: the store's pushes arrive again")
		require.Len(t, over, 1)
		assert.Equal(t, over[0].Time.Sub(at[0]), attr(over[0], "after").Duration())
	})
}

// dropping is a store that takes every listener on, and drops it at once.
type dropping struct {
	*scripted
	err error
}

func (d dropping) Watch(_ context.Context, changed func(State)) error {
	_ = d.call(context.Background(), "watch")
	changed(State{})
	return d.err
}

func TestWatchThatIsDroppedAtOnceIsNoHotLoop(t *testing.T) {
	for name, err := range map[string]error{"with an error": errDown, "without one": nil} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := dropping{newScripted(), err}
				opened(t, store)
				time.Sleep(time.Minute)
				store.count()
				time.Sleep(time.Minute)
				calls := store.count()
				assert.LessOrEqual(t, calls["watch"], 210, "pauses of 0.3 to 0.9 s")
				assert.LessOrEqual(t, calls["report"], 60+2*210)
			})
		})
	}
}

func TestOutageOfTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		log := &journal{}
		m := opened(t, store, Logger(slog.New(log)))
		require.NoError(t, m.On(t.Context()))
		time.Sleep(1500 * time.Millisecond)
		store.count()
		store.fail()
		time.Sleep(10 * time.Minute)
		calls := store.count()
		assert.InDelta(t, 600, calls["report"], 60, "never faster than the poll, also while nothing answers")
		assert.Equal(t, On, m.Level(), "the last known state stays")
		assert.False(t, admits(m, Read))
		assert.ErrorIs(t, m.Status().Err, errDown)

		store.heal()
		time.Sleep(2 * time.Second)
		assert.NoError(t, m.Status().Err)
		const what = "the store can't be asked for the state; the last one known stays"
		require.Len(t, log.with("maintenance: "+what), 1, "once, however long it lasts")
		over := log.with("maintenance: the store answers again")
		require.Len(t, over, 1)
		assert.InDelta(t, 10*time.Minute, attr(over[0], "after").Duration(), float64(3*time.Second))
	})
}

func TestReplicasComeBackOutOfStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		for i := range 20 {
			opened(t, store, Name(fmt.Sprintf("host:%d", i)))
		}
		time.Sleep(time.Second)
		store.fail()
		time.Sleep(time.Minute)
		var (
			mu sync.Mutex
			at = make(map[time.Time]bool)
		)
		store.on(func(_ context.Context, op string) error {
			mu.Lock()
			defer mu.Unlock()
			if op == "report" {
				at[time.Now()] = true
			}
			return errDown
		})
		time.Sleep(time.Second)
		store.heal()
		mu.Lock()
		defer mu.Unlock()
		assert.Greater(t, len(at), 10, "a store that comes back must not be met by all at once")
	})
}

func TestStoreIsAskedByTimeAndNeverByTraffic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		m := served(t, store)
		time.Sleep(10*time.Second + 500*time.Millisecond) // between two polls
		for _, perSecond := range []int{0, 1, 100_000} {
			store.count()
			for range 10 {
				for range perSecond {
					ticket, ok := m.Enter(Write)
					if !ok {
						t.Fatal("refused while off")
					}
					ticket.Leave()
				}
				time.Sleep(time.Second)
			}
			assert.Equal(t, map[string]int{"report": 10}, store.count(), "one round trip a poll, at %d a second", perSecond)
		}
	})
}
