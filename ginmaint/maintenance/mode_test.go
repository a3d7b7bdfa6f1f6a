package maintenance

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestModesFollowEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := NewMemoryStore()
		modes := []*Mode{opened(t, store), opened(t, store), opened(t, bare(store)), opened(t, store, FailClosed(time.Minute))}
		for i, l := range []Level{On, ReadOnly, Off, ReadOnly, On, Off} {
			saved, err := modes[i%len(modes)].Set(t.Context(), State{Level: l, Message: l.String()})
			require.NoError(t, err)
			synctest.Wait() // no time passes: pushes carry it
			for _, m := range modes {
				assert.Equal(t, saved, m.State())
				assert.Equal(t, l, m.Level())
				assert.Equal(t, !l.Refuses(Read), admits(m, Read))
				assert.Equal(t, !l.Refuses(Write), admits(m, Write))
			}
		}
	})
}

func TestOpenLoadsBeforeItReturns(t *testing.T) {
	store := NewMemoryStore()
	saved, err := store.Save(t.Context(), State{Level: On, Message: "later"})
	require.NoError(t, err)
	m := opened(t, store)
	assert.Equal(t, saved, m.State())
	assert.False(t, admits(m, Read))
}

func TestOpenFailsWithoutTheStore(t *testing.T) {
	for _, op := range []string{"join", "replicas", "load", "report"} {
		t.Run(op, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newScripted()
				store.fail(op)
				_, err := Open(t.Context(), asking(store, op), Logger(slog.New(slog.DiscardHandler)))
				require.ErrorIs(t, err, errDown)
				assert.ErrorContains(t, err, "maintenance: the state can't be loaded; the Fallback option starts without it")
				store.heal()
				assert.Empty(t, snapshotOf(t, store).Replicas, "who never served leaves no entry behind")
			})
		})
	}
}

// asking returns the store with the capabilities by which opening calls op.
func asking(s *scripted, op string) Store {
	if op == "load" {
		return s.unlisted()
	}
	return s
}

func snapshotOf(t *testing.T, r Roster) Listing {
	t.Helper()
	s, err := r.Replicas(context.WithoutCancel(t.Context()))
	require.NoError(t, err)
	return s
}

func TestOpenIsBounded(t *testing.T) {
	for _, op := range []string{"join", "replicas", "load", "report"} {
		t.Run(op+" hangs", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newScripted()
				store.on(func(ctx context.Context, called string) error {
					if called == op {
						return hang(ctx)
					}
					return nil
				})
				begun := time.Now()
				_, err := Open(t.Context(), asking(store, op))
				require.ErrorIs(t, err, context.DeadlineExceeded)
				assert.Equal(t, 2*time.Second, time.Since(begun), "also where the caller's context has no end")

				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				begun = time.Now()
				_, err = Open(ctx, asking(store, op))
				require.ErrorIs(t, err, context.DeadlineExceeded)
				assert.Equal(t, time.Second, time.Since(begun))
			})
		})
	}
}

func TestContextBoundsTheOpeningAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		store := NewMemoryStore()
		m, err := Open(ctx, store)
		require.NoError(t, err)
		defer m.Close()
		cancel()
		_, err = store.Save(t.Context(), State{Level: On})
		require.NoError(t, err)
		synctest.Wait()
		assert.Equal(t, On, m.Level(), "the Mode follows on")
	})
}

func TestWait(t *testing.T) {
	type result struct {
		ticket Ticket
		err    error
	}
	waiting := func(ctx context.Context, m *Mode, a Access) <-chan result {
		got := make(chan result, 1)
		go func() {
			ticket, err := m.Wait(ctx, a)
			got <- result{ticket, err}
		}()
		synctest.Wait()
		return got
	}
	t.Run("begins at once while off", func(t *testing.T) {
		m := opened(t, NewMemoryStore())
		ticket, err := m.Wait(t.Context(), Write)
		require.NoError(t, err)
		ticket.Leave()
	})
	t.Run("begins when the level falls far enough", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			m := opened(t, NewMemoryStore())
			require.NoError(t, m.On(t.Context()))
			read, write := waiting(t.Context(), m, Read), waiting(t.Context(), m, Write)
			assert.Empty(t, read)

			_, err := m.Set(t.Context(), State{Level: ReadOnly})
			require.NoError(t, err)
			synctest.Wait()
			require.Len(t, read, 1)
			assert.Empty(t, write, "a write waits on")

			require.NoError(t, m.Off(t.Context()))
			synctest.Wait()
			require.Len(t, write, 1)
			for _, got := range []result{<-read, <-write} {
				require.NoError(t, got.err)
				got.ticket.Leave()
			}
		})
	})
	t.Run("returns the context's error", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			m := opened(t, NewMemoryStore())
			require.NoError(t, m.On(t.Context()))
			ctx, cancel := context.WithCancel(t.Context())
			got := waiting(ctx, m, Read)
			cancel()
			assert.ErrorIs(t, (<-got).err, context.Canceled)
		})
	})
	t.Run("ends with the Mode", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			m := opened(t, NewMemoryStore())
			require.NoError(t, m.On(t.Context()))
			got := waiting(t.Context(), m, Read)
			require.NoError(t, m.Close())
			assert.ErrorIs(t, (<-got).err, ErrClosed)
			_, err := m.Wait(t.Context(), Read)
			assert.ErrorIs(t, err, ErrClosed)
		})
	})
	t.Run("begins at the end of a window", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			m := opened(t, NewMemoryStore())
			_, err := m.Set(t.Context(), State{Level: On, End: time.Now().Add(time.Minute)})
			require.NoError(t, err)
			begun := time.Now()
			ticket, err := m.Wait(t.Context(), Write)
			require.NoError(t, err)
			ticket.Leave()
			assert.Equal(t, time.Minute, time.Since(begun))
		})
	})
}

func TestObserverAdmitsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := NewMemoryStore()
		m := opened(t, store, Observer())
		assert.Empty(t, snapshotOf(t, store).Replicas)
		assert.Equal(t, Off, m.Level(), "it tells what is in force")
		assert.False(t, admits(m, Read))
		assert.False(t, admits(m, Write))
		assert.True(t, closed(m.Draining(Read)))

		require.NoError(t, m.On(t.Context()), "it may switch")
		state, err := store.Load(t.Context())
		require.NoError(t, err)
		assert.Equal(t, On, state.Level)
	})
}

func TestStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		m := opened(t, store)
		time.Sleep(90 * time.Second)
		synctest.Wait()
		s := m.Status()
		assert.Equal(t, Status{Snapshot: Snapshot{Trusted: true}, Confirmed: time.Now(), Watching: true}, s)

		store.fail()
		time.Sleep(30*time.Second - 1)
		s = m.Status()
		assert.ErrorIs(t, s.Err, errDown)
		assert.Equal(t, 30*time.Second-1, time.Since(s.Confirmed), "the age of what is known")
		store.heal()
		time.Sleep(10 * time.Second)
		s = m.Status()
		assert.NoError(t, s.Err)
		assert.Less(t, time.Since(s.Confirmed), 2*time.Second)
	})
}

func TestThousandModesLeaveNothing(t *testing.T) {
	before := goleak.IgnoreCurrent()
	store := NewMemoryStore()
	modes := make([]*Mode, 1000)
	for i := range modes {
		m, err := Open(t.Context(), store, Poll(time.Minute), FailClosed(time.Hour))
		require.NoError(t, err)
		modes[i] = m
	}
	_, err := modes[0].Set(t.Context(), State{Level: On, End: time.Now().Add(time.Hour)})
	require.NoError(t, err)
	for _, m := range modes {
		require.NoError(t, m.Close())
	}
	goleak.VerifyNone(t, before)
	assert.Empty(t, snapshotOf(t, store).Replicas)
}
