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

const lossLogged = "maintenance: the store lost the state; writing it back"

// survivors opens two Modes that have left ReadOnly for On, and returns both
// documents.
func survivors(t *testing.T, store Store, opts ...Option) (a, b *Mode, earlier, present State) {
	t.Helper()
	a, b = served(t, store, opts...), served(t, store)
	earlier, err := a.Set(t.Context(), State{Level: ReadOnly})
	require.NoError(t, err)
	synctest.Wait()
	present, err = a.Set(t.Context(), State{Level: On, Message: "m"})
	require.NoError(t, err)
	synctest.Wait()
	return a, b, earlier, present
}

func TestSurvivorsWriteBack(t *testing.T) {
	unknown := func(revision uint64, l Level) State {
		return State{Level: l, Message: "theirs", Revision: revision, ID: "unknown"}
	}
	for _, c := range []struct {
		name  string
		found func(earlier State) State
		level Level  // in force afterwards
		same  bool   // under the ID that it had
		text  string // the message afterwards
	}{
		{"over nothing", func(State) State { return State{} }, On, true, "m"},
		{"over a document that they left", func(s State) State { return s }, On, true, "m"},
		{"over a more open one that they don't know", func(State) State { return unknown(1, Off) }, On, false, "m"},
		{"over an equally closed one that they don't know", func(State) State { return unknown(2, On) }, On, false, "theirs"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newScripted()
				log := &journal{}
				a, b, earlier, present := survivors(t, store, Logger(slog.New(log)))
				e := a.gate.current.Load()
				store.put(c.found(earlier))
				time.Sleep(3 * time.Second)

				stored, err := store.MemoryStore.Load(t.Context())
				require.NoError(t, err)
				assert.Equal(t, c.same, stored.ID == present.ID)
				if c.same {
					assert.Equal(t, present.Revision, stored.Revision, "a higher one would pass for that of a later document")
				} else {
					assert.Greater(t, stored.Revision, present.Revision)
				}
				assert.Equal(t, c.level, stored.Level)
				assert.Equal(t, c.text, stored.Message)
				for _, m := range []*Mode{a, b} {
					assert.Equal(t, stored, m.State())
					assert.Equal(t, c.level, m.Level())
				}
				assert.Equal(t, !c.same, closed(e.ended), "whoever acknowledged another one acknowledges anew")
				assert.LessOrEqual(t, len(log.with(lossLogged)), 2, "told when it happens, not at every poll")
				store.count()
				time.Sleep(10 * time.Second)
				assert.Zero(t, store.count()["restore"], "once is enough")
			})
		})
	}
}

// Two losses in a row, and each time one comes back first that has missed the last
// order: what it writes back may not pass for a later one.
func TestStaleDocumentWrittenBackTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, stale := newScripted(), newScripted()
		stale.MemoryStore = store.MemoryStore
		behind := opened(t, stale, Observer())
		require.NoError(t, opened(t, store, Observer()).Off(t.Context()))
		time.Sleep(2 * time.Second)
		stale.fail()
		stale.hush()
		require.NoError(t, opened(t, store, Observer()).On(t.Context()))
		m := opened(t, store) // has never known the document of before
		_, err := m.Drain(t.Context())
		require.NoError(t, err)

		store.fail()
		for range 2 {
			store.put(State{})
			stale.heal()
			time.Sleep(2 * time.Second)
			stale.fail()
		}
		store.heal()
		for range 50 {
			require.False(t, admits(m, Write))
			time.Sleep(100 * time.Millisecond)
		}
		stale.heal()
		time.Sleep(2 * time.Second)
		assert.Equal(t, On, behind.State().Level)
	})
}

func TestMoreClosedDocumentStands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		m := served(t, store)
		_, err := m.Set(t.Context(), State{Level: ReadOnly})
		require.NoError(t, err)
		require.NoError(t, m.Off(t.Context()))
		synctest.Wait()
		theirs := State{Level: On, Message: "theirs", Revision: 1, ID: "unknown"}
		store.put(theirs)
		time.Sleep(2 * time.Second)
		s := m.State()
		assert.Equal(t, On, m.Level(), "a loss may let nobody in")
		assert.Equal(t, "theirs", s.Message)
		assert.Equal(t, uint64(3), s.Revision, "above both")
		assert.NotEqual(t, "unknown", s.ID)
	})
}

func TestGateStaysShutThroughoutALoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		a, b, _, _ := survivors(t, store)
		for range 50 {
			store.put(State{})
			for _, m := range []*Mode{a, b} {
				e := m.gate.current.Load()
				for at := time.Now(); time.Since(at) < 1200*time.Millisecond; time.Sleep(100 * time.Millisecond) {
					require.False(t, admits(m, Read))
					if next := m.gate.current.Load(); next != e {
						require.Equal(t, On, next.InForce)
						e = next
					}
				}
			}
		}
	})
}

// An order without an end must not get one from a document that a loss has
// overtaken, nor one for longer a shorter one.
func TestWriteBackCoversBothWindows(t *testing.T) {
	for _, c := range []struct {
		name         string
		mine, stored State // over another, times from noon on
		want         State
	}{
		{"an end against none", State{Level: On, End: noon.Add(hour)}, State{Level: On}, State{Level: On}},
		{"none against an end", State{Level: On}, State{Level: On, End: noon.Add(hour)}, State{Level: On}},
		{"two ends", State{Level: On, End: noon.Add(hour)}, State{Level: On, End: noon.Add(2 * hour)}, State{Level: On, End: noon.Add(2 * hour)}},
		{"two starts", State{Level: On, Start: noon.Add(2 * hour)}, State{Level: On, Start: noon.Add(hour)}, State{Level: On, Start: noon.Add(hour)}},
		{"a start against none", State{Level: On, Start: noon.Add(hour)}, State{Level: On}, State{Level: On}},
		{"another level for longer", State{Level: ReadOnly}, State{Level: On, End: noon.Add(hour)}, State{Level: On}},
		{"off", State{Level: On, End: noon.Add(hour)}, State{}, State{Level: On, End: noon.Add(hour)}},
		{"a window that is over", State{Level: On, End: noon.Add(-hour)}, State{Level: ReadOnly, End: noon.Add(hour)}, State{Level: ReadOnly, End: noon.Add(hour)}},
		{"both off", State{}, State{}, State{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.want, c.stored.covering(c.mine, noon))
			assert.Equal(t, c.want, c.mine.covering(c.stored, noon))
			if c.mine.Level != Off {
				assert.True(t, c.want.covers(c.mine, noon))
			}
			if c.stored.Level != Off {
				assert.True(t, c.want.covers(c.stored, noon))
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		m := opened(t, store)
		_, err := m.Set(t.Context(), State{Level: On, End: time.Now().Add(time.Hour)})
		require.NoError(t, err)
		synctest.Wait()
		store.put(State{Level: On, Revision: 1, ID: "unknown"})
		time.Sleep(2 * time.Second)
		assert.Zero(t, m.State().End, "whoever ordered it without an end relies on that")
		time.Sleep(2 * time.Hour)
		assert.Equal(t, On, m.Level())
	})
}

func TestSaveThatIsFasterThanTheWriteBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		a, b, _, present := survivors(t, store)
		var (
			mu     sync.Mutex
			theirs State
		)
		store.on(func(ctx context.Context, op string) error {
			mu.Lock()
			defer mu.Unlock()
			if op == "restore" && theirs.ID == "" { // whoever knows of nothing saves in between
				var err error
				theirs, err = store.MemoryStore.Save(ctx, State{Level: ReadOnly, Message: "theirs"})
				return err
			}
			return nil
		})
		store.put(State{})
		time.Sleep(3 * time.Second)
		for _, m := range []*Mode{a, b} {
			assert.Equal(t, On, m.Level(), "theirs was made without knowing: the more closed one stands")
			assert.Greater(t, m.State().Revision, present.Revision)
			assert.NotEqual(t, present.ID, m.State().ID)
		}
		assert.Equal(t, a.State(), b.State())
	})
}

func TestWriteBackWaitsForTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		m, _, _, present := survivors(t, store)
		store.put(State{})
		store.fail("restore")
		time.Sleep(10 * time.Second)
		assert.Equal(t, present, m.State())
		assert.ErrorIs(t, m.Status().Err, errDown)
		store.heal()
		time.Sleep(2 * time.Second)
		stored, err := store.MemoryStore.Load(t.Context())
		require.NoError(t, err)
		assert.Equal(t, present.ID, stored.ID)
	})
}
