package maintenance

import (
	"context"
	"log/slog"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAnswerOlderThanAPushIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		m := opened(t, store, Poll(time.Minute))
		require.NoError(t, m.On(t.Context()))
		synctest.Wait()

		slow := make(chan struct{})
		store.onAnswer(func(op string) {
			if op == "load" {
				<-slow
			}
		})
		loaded := make(chan State)
		go func() {
			s, err := m.load(t.Context())
			assert.NoError(t, err)
			loaded <- s
		}()
		synctest.Wait() // the answer "on" is made, and under way
		pushed, err := store.MemoryStore.Save(t.Context(), State{Revision: 1})
		require.NoError(t, err)
		synctest.Wait()
		require.Equal(t, Off, m.Level())

		store.onAnswer(nil)
		close(slow)
		assert.Equal(t, pushed, <-loaded, "who asked gets the newer one")
		assert.Equal(t, pushed, m.State())
		assert.Equal(t, Off, m.Level())
		synctest.Wait()
		assert.Zero(t, store.count()["restore"], "an old answer is no loss")
	})
}

// Where revisions come again, also an answer with a higher revision may be older than
// what was taken over since, and so may the answer to a save.
func TestAnswerThatWasOvertakenIsDropped(t *testing.T) {
	for name, ask := range map[string]func(ctx context.Context, m *Mode) error{
		"load": func(ctx context.Context, m *Mode) error { _, err := m.Load(ctx); return err },
		"save": func(ctx context.Context, m *Mode) error { return m.Off(ctx) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newScripted()
				m := opened(t, store.unmended(), Poll(time.Minute))
				synctest.Wait()
				store.put(State{Revision: 5, ID: "open"})
				slow := make(chan struct{})
				store.onAnswer(func(op string) {
					if op == name {
						<-slow
					}
				})
				asked := make(chan error)
				go func() { asked <- ask(t.Context(), m) }()
				synctest.Wait() // the answer is made, and under way
				closing := State{Level: On, Revision: 1, ID: "closed"}
				store.put(closing) // a file deleted, and written anew
				m.heard(closing)
				require.NoError(t, m.sync(t.Context()))
				require.Equal(t, On, m.Level())
				e := m.gate.current.Load()

				store.onAnswer(nil)
				close(slow)
				require.NoError(t, <-asked)
				assert.Equal(t, closing, m.State())
				assert.True(t, e == m.gate.current.Load(), "not for a moment")
			})
		})
	}
}

func TestLatePushNeverTakesTheModeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		m := opened(t, store)
		var past []State
		for _, l := range []Level{ReadOnly, Off, On} {
			saved, err := m.Set(t.Context(), State{Level: l})
			require.NoError(t, err)
			past = append(past, saved)
		}
		now := m.State()
		e := m.gate.current.Load()
		for range 3 {
			for _, late := range past {
				m.heard(late)
				late.Revision += 100 // a document that was left stays left, whatever its revision
				if late.ID != now.ID {
					m.heard(late)
				}
				synctest.Wait()
			}
		}
		assert.True(t, e == m.gate.current.Load(), "not for a moment")
		assert.Equal(t, now, m.State())
	})
}

func TestHeldIDs(t *testing.T) {
	var h heldIDs
	assert.False(t, h.has(""), "no document has no ID")
	for i := range 100 {
		h.add(strconv.Itoa(i))
	}
	assert.True(t, h.has("99"))
	assert.True(t, h.has("36"), "the last 64")
	assert.False(t, h.has("35"), "bounded")
	assert.False(t, h.has(""))
}

func TestOverlappingQuestionsRenewByTheLaterOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		m := opened(t, bare(store), FailClosed(10*time.Second))
		synctest.Wait()
		slow, held := make(chan struct{}), atomic.Bool{}
		store.onAnswer(func(string) {
			if !held.Swap(true) {
				<-slow
			}
		})
		loaded := make(chan error)
		go func() {
			_, err := m.load(t.Context())
			loaded <- err
		}()
		time.Sleep(2500 * time.Millisecond)
		confirmed := m.Status().Confirmed
		require.Equal(t, 500*time.Millisecond, time.Since(confirmed), "the heartbeat went on")
		close(slow)
		require.NoError(t, <-loaded)
		assert.Equal(t, confirmed, m.Status().Confirmed, "the answer to the earlier question came last")
		assert.Equal(t, confirmed, *m.lease.renewed.Load())
	})
}

func TestStoreThatGoesBackWithoutRepair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		log := &journal{}
		m := opened(t, store.unmended(), Logger(slog.New(log)))
		first, err := m.Set(t.Context(), State{Level: ReadOnly})
		require.NoError(t, err)
		require.NoError(t, m.On(t.Context()))
		time.Sleep(time.Second)
		store.put(first)
		time.Sleep(2 * time.Second)
		assert.Equal(t, first, m.State())
		assert.Len(t, log.with("maintenance: the store went back; what it holds now counts"), 1)
	})
}

// After a loss revisions come again, so a push from before it may look newer
// than what was written back.
func TestPushNeverOpens(t *testing.T) {
	for name, late := range map[string]func() State{
		"a lower level":  func() State { return State{Level: ReadOnly} },
		"off":            func() State { return State{} },
		"a later window": func() State { return State{Level: On, Start: time.Now().Add(time.Hour)} },
		"an early end":   func() State { return State{Level: On, End: time.Now().Add(time.Millisecond)} },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newScripted()
				m := opened(t, store)
				require.NoError(t, m.On(t.Context()))
				synctest.Wait()
				push := late()
				push.Revision, push.ID = 99, "late"
				m.heard(push)
				assert.Equal(t, On, m.Level())
				synctest.Wait()
				assert.Equal(t, On, m.Level(), "the store was asked, and knows nothing of it")
			})
		})
	}
}

// An observer on a store that came back empty sees nobody, and waits for those
// who may come back.
func TestDrainDoesNotTrustAnEmptyRoster(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		observer := opened(t, store, Observer())
		require.NoError(t, observer.On(t.Context()))
		store.vacate()
		begun := time.Now()
		_, err := observer.Drain(t.Context())
		require.NoError(t, err)
		assert.GreaterOrEqual(t, time.Since(begun), 4*time.Second)
	})
}
