package maintenance

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Kinds of "address already in use": the process ends before it has served.
func TestDrainWaitsForNobodyWhoNeverServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		for range 5 {
			neverServed(t, store)
		}
		observer := opened(t, store, Observer())
		require.NoError(t, observer.On(t.Context()))
		report, err := observer.Drain(bounded(t, time.Second))
		require.NoError(t, err)
		assert.Equal(t, 5, report.Total)
		listed := snapshotOf(t, store).Replicas
		require.Len(t, listed, 5)
		for _, r := range listed {
			assert.True(t, r.Idle)
		}

		time.Sleep(time.Minute)
		log := &journal{}
		m := opened(t, store, Logger(slog.New(log)))
		synctest.Wait()
		assert.Equal(t, []string{m.id}, ids(t, store), "whoever starts later removes them")
		assert.Len(t, log.with("maintenance: a replica was removed from the roster: it had admitted nothing yet, and is silent"), 5)
		require.NoError(t, m.Off(t.Context()))
		assert.True(t, admits(m, Write))
	})
}

// neverServed opens a Mode, and leaves its entry as a process does that is killed.
func neverServed(t *testing.T, store *scripted) {
	t.Helper()
	m, err := Open(t.Context(), store, Logger(slog.New(slog.DiscardHandler)))
	require.NoError(t, err)
	synctest.Wait()
	entry := snapshotOf(t, store).Replicas
	require.NoError(t, m.Close())
	for _, r := range entry {
		store.list(r)
	}
}

func TestFirstWorkMakesAProcessAReplica(t *testing.T) {
	for name, enter := range map[string]func(*Mode) (Ticket, bool){
		"Enter": func(m *Mode) (Ticket, bool) { return m.Enter(Write) },
		"Wait": func(m *Mode) (Ticket, bool) {
			ticket, err := m.Wait(context.Background(), Write)
			return ticket, err == nil
		},
		"Hold":   func(m *Mode) (Ticket, bool) { return m.Hold(context.Background(), Write) },
		"Extend": func(m *Mode) (Ticket, bool) { defer begunNow(m).Leave(); return m.Extend(Write) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newScripted()
				m, operator := opened(t, store), opened(t, store, Observer())
				synctest.Wait()
				was := ids(t, store)
				store.count()
				ticket, ok := enter(m)
				require.True(t, ok)
				synctest.Wait()
				assert.Equal(t, 1, store.count()["join"])
				listed := snapshotOf(t, store).Replicas
				require.Len(t, listed, 1, "the idle entry is gone")
				assert.False(t, listed[0].Idle)
				assert.NotContains(t, was, listed[0].ID, "a late renewal of the idle entry must not replace it")

				require.NoError(t, operator.On(t.Context()))
				_, err := operator.Drain(bounded(t, time.Minute))
				require.ErrorIs(t, err, ErrNotDrained)
				ticket.Leave()
				_, err = operator.Drain(t.Context())
				require.NoError(t, err)
			})
		})
	}
}

func begunNow(m *Mode) Ticket {
	ticket, _ := m.Enter(Write)
	return ticket
}

// An order that it has not heard of when the first work comes: no push has arrived, and the
// next poll is far.
func TestFirstWorkGoesByTheDocumentOfThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		store.hush()
		m, operator := opened(t, store, Poll(time.Minute)), opened(t, store, Observer())
		synctest.Wait()
		require.NoError(t, operator.On(t.Context()))
		_, err := operator.Drain(bounded(t, time.Second))
		require.NoError(t, err)
		assert.Equal(t, Off, m.Level())
		assert.False(t, admits(m, Write))
		assert.Equal(t, On, m.Level())
	})
}

func TestRefusedWorkMakesNobodyAReplica(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		m := opened(t, store)
		require.NoError(t, m.On(t.Context()))
		synctest.Wait()
		assert.False(t, admits(m, Write))
		synctest.Wait()
		require.Len(t, snapshotOf(t, store).Replicas, 1)
		assert.True(t, snapshotOf(t, store).Replicas[0].Idle)
		report, err := m.Drain(t.Context())
		require.NoError(t, err, "its own process is none either")
		assert.Empty(t, report.Pending)
	})
}

// A crash loop that ends well: the entry is not silent for long yet when the next process
// starts.
func TestIdleEntryOfAMomentAgoGoesAsWell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		neverServed(t, store)
		m := opened(t, store)
		synctest.Wait()
		assert.Len(t, snapshotOf(t, store).Replicas, 2)
		time.Sleep(5 * m.options.lease)
		assert.Equal(t, []string{m.id}, ids(t, store))
		store.count()
		time.Sleep(time.Hour)
		assert.Zero(t, store.count()["replicas"])
	})
}

func TestIdleEntryGoesLaterWhereTheStoreDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		store.fail("remove")
		m := served(t, store)
		require.Len(t, snapshotOf(t, store).Replicas, 2)
		store.heal()
		time.Sleep(2 * m.options.lease)
		assert.Equal(t, []string{m.entryID()}, ids(t, store))
	})
}

// The store goes back to an older document while a process joins, and its answer is lost.
func TestStoreThatGoesBackWhileAProcessJoins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		operator := opened(t, store, Observer())
		older, err := operator.Set(t.Context(), State{Level: ReadOnly})
		require.NoError(t, err)
		_, err = operator.Set(t.Context(), State{Level: ReadOnly})
		require.NoError(t, err)
		require.NoError(t, operator.Close())
		m := opened(t, store)
		synctest.Wait()
		store.on(func(ctx context.Context, op string) error {
			if op != "report" {
				return nil
			}
			store.heal()
			store.put(older)
			return errDown
		})
		assert.False(t, admits(m, Read))
		time.Sleep(5 * time.Second)
		assert.True(t, admits(m, Read))
	})
}

// What waits until it is let in comes in without another round trip then.
func TestWorkThatWaitsMakesAReplicaAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		m := opened(t, store)
		require.NoError(t, m.On(t.Context()))
		entered := make(chan error, 1)
		go func() {
			ticket, err := m.Wait(t.Context(), Write)
			ticket.Leave()
			entered <- err
		}()
		synctest.Wait()
		require.Len(t, snapshotOf(t, store).Replicas, 1)
		assert.False(t, snapshotOf(t, store).Replicas[0].Idle)
		require.NoError(t, m.Off(t.Context()))
		synctest.Wait()
		require.NoError(t, <-entered)
	})
}

func TestFirstWorkWhileTheStoreIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		m := opened(t, store)
		synctest.Wait()
		store.fail()
		assert.False(t, admits(m, Read))
		assert.Equal(t, On, m.Level(), "as before Open has returned")
		begun := time.Now()
		assert.False(t, admits(m, Read))
		assert.Zero(t, time.Since(begun), "the others don't wait")

		// The roster is lost meanwhile: it joins as who comes anew, and waits for survivors.
		store.young(0)
		store.heal()
		time.Sleep(m.options.survivorWait() / 2)
		assert.False(t, admits(m, Read))
		time.Sleep(m.options.survivorWait())
		assert.True(t, admits(m, Read))
		assert.Len(t, snapshotOf(t, store).Replicas, 1)
	})
}

// The store takes the entry, a push overtakes the answer, and then it goes away.
func TestFirstWorkThatIsOvertakenWhileTheStoreGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		m := opened(t, store)
		synctest.Wait()
		store.onAnswer(func(op string) {
			if op != "report" {
				return
			}
			store.onAnswer(nil)
			_, err := store.MemoryStore.Save(context.Background(), State{Level: ReadOnly})
			assert.NoError(t, err)
			time.Sleep(time.Millisecond) // the push arrives before the answer
			store.fail()
		})
		assert.False(t, admits(m, Read), "read-only lets it in, but nobody knows whether it is listed")
		store.heal()
		time.Sleep(3 * time.Second)
		assert.True(t, admits(m, Read))
		assert.False(t, admits(m, Write))
	})
}

// It was cut off when the service was closed and drained, and comes back to a store that
// has lost the document alone, before the replica that knows better.
func TestIdleProcessHidesNoLoss(t *testing.T) {
	for name, opts := range map[string][]Option{"an idle process": nil, "an observer": {Observer()}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newScripted()
				cut := newScripted() // another connection to the same store
				cut.MemoryStore = store.MemoryStore
				stale, replica := opened(t, cut, opts...), served(t, store)
				_, err := replica.Set(t.Context(), State{Level: Off, Message: "older"})
				require.NoError(t, err)
				synctest.Wait()
				cut.hush()
				cut.fail()
				require.NoError(t, replica.On(t.Context()))
				_, err = replica.Drain(bounded(t, time.Minute))
				require.NoError(t, err)

				store.fail() // the replica is away for a moment
				store.put(State{})
				cut.heal()
				time.Sleep(2 * time.Second)
				joiner := stale
				if opts != nil {
					joiner = opened(t, cut)
				}
				time.AfterFunc(time.Second, store.heal)
				assert.False(t, admits(joiner, Write))
				assert.Equal(t, On, replica.Level())
			})
		})
	}
}

func TestFirstWorkEndsWithItsContextOrTheMode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		m := opened(t, store)
		synctest.Wait()
		store.on(func(ctx context.Context, op string) error {
			if op == "join" {
				return hang(ctx)
			}
			return nil
		})
		_, err := m.Wait(bounded(t, time.Millisecond), Read)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		refused := make(chan bool)
		go func() { refused <- !admits(m, Read) }()
		synctest.Wait()
		require.NoError(t, m.Close())
		assert.True(t, <-refused)
		assert.Empty(t, snapshotOf(t, store).Replicas)
	})
}

// The entry of an idle process may go at any time.
func TestIdleEntryComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, log := newScripted(), &journal{}
		m := opened(t, store, Logger(slog.New(log)))
		synctest.Wait()
		require.NoError(t, m.Forget(t.Context(), m.entryID()))
		time.Sleep(2 * time.Second)
		require.Len(t, snapshotOf(t, store).Replicas, 1)
		assert.True(t, snapshotOf(t, store).Replicas[0].Idle)
		assert.Equal(t, Off, m.Level())
		assert.Len(t, log.with("maintenance: the roster does not list this process any more, which has admitted nothing yet; it joins again"), 1)
		assert.True(t, admits(m, Write))
	})
}

// A store that has gone back to a document that was left: what somebody knows for whom no
// drain waits may be older than what was lost, and would hide that.
func TestWhoIsNoReplicaWritesBackOnlyWhatClosesAll(t *testing.T) {
	for name, c := range map[string]struct {
		open            func(*testing.T, *scripted) *Mode
		was, knows, got Level
	}{
		"an idle process, what opens":      {func(t *testing.T, s *scripted) *Mode { return opened(t, s) }, On, Off, On},
		"an observer, what opens":          {func(t *testing.T, s *scripted) *Mode { return opened(t, s, Observer()) }, On, Off, On},
		"a replica, what opens":            {func(t *testing.T, s *scripted) *Mode { return served(t, s) }, On, Off, Off},
		"a replica, read-only":             {func(t *testing.T, s *scripted) *Mode { return served(t, s) }, Off, ReadOnly, ReadOnly},
		"an idle process, read-only":       {func(t *testing.T, s *scripted) *Mode { return opened(t, s) }, Off, ReadOnly, Off},
		"an observer, read-only":           {func(t *testing.T, s *scripted) *Mode { return opened(t, s, Observer()) }, Off, ReadOnly, Off},
		"an idle process, what closes all": {func(t *testing.T, s *scripted) *Mode { return opened(t, s) }, Off, On, On},
		"an observer, what closes all":     {func(t *testing.T, s *scripted) *Mode { return opened(t, s, Observer()) }, Off, On, On},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newScripted()
				m := c.open(t, store)
				was, err := m.Set(t.Context(), State{Level: c.was})
				require.NoError(t, err)
				knows, err := m.Set(t.Context(), State{Level: c.knows})
				require.NoError(t, err)
				store.put(was)
				time.Sleep(2 * time.Second)
				assert.Equal(t, c.got, m.State().Level)
				stored, err := store.MemoryStore.Load(t.Context())
				require.NoError(t, err)
				assert.Equal(t, c.got, stored.Level)
				if c.got != c.knows { // a replica that knew it as well writes it back
					store.put(knows)
					time.Sleep(2 * time.Second)
					assert.Equal(t, c.knows, m.State().Level, "it is no document that was left")
				}
			})
		})
	}
}
