package maintenance

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEntryIsCommittedBeforeTheDocumentIsAskedFor(t *testing.T) {
	store := newScripted()
	var (
		mu  sync.Mutex
		ops []string
	)
	store.on(func(_ context.Context, op string) error {
		mu.Lock()
		defer mu.Unlock()
		if op == "join" || op == "load" || op == "report" {
			ops = append(ops, op)
		}
		return nil
	})
	opened(t, store)
	mu.Lock()
	defer mu.Unlock()
	require.NotEmpty(t, ops)
	assert.Equal(t, "join", ops[0], "a drain that looks in between would miss both")
}

func TestJoinerAdmitsNothingBeforeItsDocument(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		store.onAnswer(func(op string) { time.Sleep(time.Second) })
		m := make(chan *Mode)
		go func() { m <- opened(t, store) }()
		time.Sleep(500 * time.Millisecond)
		listed := snapshotOf(t, store).Replicas
		require.Len(t, listed, 1)
		assert.Empty(t, listed[0].Document, "it has acknowledged nothing")
		assert.Zero(t, listed[0].Level)
		store.onAnswer(nil)
		assert.True(t, admits(<-m, Write))
	})
}

func TestSettling(t *testing.T) {
	for _, c := range []struct {
		name  string
		age   time.Duration
		saved bool // a document is there
		waits time.Duration
	}{
		{"a young roster without a document", 500 * time.Millisecond, false, 3500 * time.Millisecond},
		{"an old roster without a document", time.Minute, false, 0},
		{"a young roster with a document", 500 * time.Millisecond, true, 3500 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newScripted()
				if c.saved {
					_, err := store.MemoryStore.Save(t.Context(), State{Level: On})
					require.NoError(t, err)
				}
				store.young(c.age)
				begun := time.Now()
				opened(t, store)
				assert.Equal(t, c.waits, time.Since(begun))
			})
		})
	}
	t.Run("a survivor writes back meanwhile", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			store := newScripted()
			survivors(t, store)
			store.put(State{})
			store.young(time.Millisecond)
			joiner := opened(t, store)
			assert.Equal(t, On, joiner.Level(), "it must not start from nothing")
		})
	})
	t.Run("the opening context ends", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			store := newScripted()
			store.young(time.Millisecond)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err := Open(ctx, store)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Empty(t, snapshotOf(t, store).Replicas)
		})
	})
}

func TestForgottenReplicaJoinsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		log := &journal{}
		m := opened(t, store, Logger(slog.New(log)))
		other := opened(t, store, Observer())
		time.Sleep(500 * time.Millisecond)
		ticket := begun(t, m, Write)
		stream := m.Draining(Read)

		store.fail("join")
		require.NoError(t, other.Forget(t.Context(), m.id))
		assert.ErrorIs(t, other.Forget(t.Context(), m.id), ErrUnlisted)
		time.Sleep(2 * time.Second)
		assert.False(t, admits(m, Read), "a replica that nobody waits for admits nothing")
		assert.Equal(t, On, m.Level())
		assert.True(t, closed(stream))
		assert.Empty(t, snapshotOf(t, store).Replicas, "a report creates no entry")
		require.NoError(t, m.Off(t.Context()))
		_, err := m.Set(t.Context(), State{Level: Off, Message: "m"})
		require.NoError(t, err)
		assert.False(t, admits(m, Read), "it may switch, but what it loads for that opens nothing")
		require.Len(t, log.with("maintenance: the roster does not list this replica any more; it admits nothing until it has joined again"), 1)

		store.heal()
		time.Sleep(3 * time.Second)
		assert.True(t, admits(m, Write))
		listed := snapshotOf(t, store).Replicas
		require.Len(t, listed, 1)
		assert.Equal(t, m.id, listed[0].ID)
		assert.Equal(t, int64(1), listed[0].Writes, "what ran all along is counted again")
		ticket.Leave()
	})
}

func TestForgottenReplicaIsDrainedAfterItsReturn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		m, other := opened(t, store), opened(t, store)
		synctest.Wait()
		ticket := begun(t, m, Write)
		require.NoError(t, other.On(t.Context()))
		synctest.Wait()
		store.fail("join")
		require.NoError(t, other.Forget(t.Context(), m.id))
		time.Sleep(5 * time.Second)
		store.heal()
		time.Sleep(3 * time.Second)
		_, err := other.Drain(bounded(t, time.Minute))
		require.ErrorIs(t, err, ErrNotDrained, "it is back, and its work still runs")
		ticket.Leave()
		_, err = other.Drain(t.Context())
		require.NoError(t, err)
	})
}

func TestRosterOfAnotherIncarnation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		m := opened(t, store)
		time.Sleep(500 * time.Millisecond)
		entry := snapshotOf(t, store).Replicas[0]
		entry.Incarnation = "after a fail-over"
		store.list(entry)
		store.count()
		time.Sleep(2 * time.Second)
		assert.Equal(t, 1, store.count()["join"])
		assert.True(t, admits(m, Write))
	})
}

// The document was evicted, the roster was not: who starts now finds others that
// obey a document, and gives them the time to write it back.
func TestJoinerWaitsForADocumentThatIsMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		survivor := opened(t, store)
		require.NoError(t, survivor.On(t.Context()))
		synctest.Wait()
		store.put(State{})
		joiner := opened(t, store)
		assert.Equal(t, On, joiner.Level())
		assert.False(t, admits(joiner, Write))
		assert.Equal(t, survivor.State().ID, joiner.State().ID)
	})
}

// It was there when the joiner looked, and gone when it loaded.
func TestJoinerWaitsForADocumentThatIsLostMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		survivor := opened(t, store, Poll(2*time.Second))
		require.NoError(t, survivor.On(t.Context()))
		synctest.Wait()
		store.onAnswer(func(op string) {
			if op == "replicas" {
				store.put(State{})
				store.onAnswer(nil)
			}
		})
		joiner := opened(t, store)
		assert.False(t, admits(joiner, Write))
		assert.Equal(t, survivor.State().ID, joiner.State().ID)
	})
}
