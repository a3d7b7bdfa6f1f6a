package maintenance

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPhaseAndNextEdge(t *testing.T) {
	both := State{Level: On, Start: noon, End: noon.Add(hour)}
	for _, c := range []struct {
		name  string
		state State
		at    time.Time
		phase phase
		edge  time.Time // zero: none
	}{
		{"no window", State{Level: On}, noon, within, time.Time{}},
		{"before the start", both, noon.Add(-1), before, noon},
		{"at the start", both, noon, within, noon.Add(hour)},
		{"before the end", both, noon.Add(hour - 1), within, noon.Add(hour)},
		{"at the end", both, noon.Add(hour), after, time.Time{}},
		{"start alone", State{Level: On, Start: noon}, noon.Add(-hour), before, noon},
		{"start alone, passed", State{Level: On, Start: noon}, noon, within, time.Time{}},
		{"end alone", State{Level: On, End: noon}, noon.Add(-hour), within, noon},
		{"end alone, passed", State{Level: On, End: noon}, noon, after, time.Time{}},
		{"off needs no edge", State{Start: noon, End: noon.Add(hour)}, noon.Add(-1), before, time.Time{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.phase, c.state.phaseAt(c.at))
			edge, ok := c.state.nextEdge(c.at)
			assert.Equal(t, !c.edge.IsZero(), ok)
			assert.Equal(t, c.edge, edge)
		})
	}
}

func TestTimersFlipTheEdges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := NewMemoryStore()
		modes := []*Mode{opened(t, store, Poll(time.Hour)), opened(t, store, Poll(time.Hour))}
		start, end := time.Now().Add(90*time.Second), time.Now().Add(150*time.Second)
		_, err := modes[0].Set(t.Context(), State{Level: ReadOnly, Start: start, End: end})
		require.NoError(t, err)
		synctest.Wait()
		expect := func(level Level, announced bool) {
			t.Helper()
			synctest.Wait()
			for _, m := range modes {
				assert.Equal(t, level, m.Level())
				assert.Equal(t, announced, m.Snapshot().Announced)
				assert.Equal(t, level == Off, admits(m, Write))
				assert.True(t, admits(m, Read))
			}
		}
		expect(Off, true)
		stream := modes[1].Draining(Write)
		time.Sleep(time.Until(start) - 1)
		expect(Off, true)
		assert.False(t, closed(stream))
		time.Sleep(time.Nanosecond)
		expect(ReadOnly, false)
		assert.True(t, closed(stream))
		time.Sleep(time.Until(end) - 1)
		expect(ReadOnly, false)
		time.Sleep(time.Nanosecond)
		expect(Off, false)
		assert.Equal(t, ReadOnly, modes[0].State().Level, "the document stays as it is")
	})
}

func TestPollFlipsAnEdgeThatTheTimerMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := opened(t, NewMemoryStore(), Poll(time.Second))
		_, err := m.Set(t.Context(), State{Level: On, Start: time.Now().Add(500 * time.Millisecond)})
		require.NoError(t, err)
		synctest.Wait()
		m.mu.Lock()
		m.edge.Stop() // as where the machine slept
		m.mu.Unlock()
		time.Sleep(999 * time.Millisecond)
		assert.Equal(t, Off, m.Level())
		time.Sleep(2 * time.Millisecond)
		assert.Equal(t, On, m.Level())
	})
}

// A clock that is set back is a Mode whose phase is ahead of the clock.
func TestEdgesAreNeverPassedBack(t *testing.T) {
	for _, c := range []struct {
		name  string
		phase phase
		want  Level
	}{
		{"before the start again", within, On},
		{"before the end again", after, Off},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newScripted()
				m := opened(t, store)
				saved, err := m.Set(t.Context(), State{Level: On, Start: time.Now().Add(time.Hour), End: time.Now().Add(2 * time.Hour)})
				require.NoError(t, err)
				m.mu.Lock()
				m.phase = c.phase
				m.mu.Unlock()
				m.recheck()
				assert.Equal(t, c.want, m.Level())
				time.Sleep(10 * time.Second) // as many polls
				assert.Equal(t, c.want, m.Level())
				assert.False(t, m.Snapshot().Announced)

				restored := saved
				restored.Revision += 2 // written back after a loss: the same document
				store.put(restored)
				time.Sleep(2 * time.Second)
				assert.Equal(t, restored, m.State())
				assert.Equal(t, c.want, m.Level())

				_, err = m.Set(t.Context(), restored) // another document, so its own edges count
				require.NoError(t, err)
				assert.Equal(t, Off, m.Level())
				assert.True(t, m.Snapshot().Announced)
			})
		})
	}
}

func TestWindowTimerEndsWithTheDocumentAndTheMode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := opened(t, NewMemoryStore())
		_, err := m.Set(t.Context(), State{Level: On, Start: time.Now().Add(time.Minute)})
		require.NoError(t, err)
		require.NoError(t, m.Off(t.Context()))
		time.Sleep(2 * time.Minute)
		assert.Equal(t, Off, m.Level(), "the window of an earlier document is gone with it")

		_, err = m.Set(t.Context(), State{Level: On, End: time.Now().Add(time.Minute)})
		require.NoError(t, err)
		require.NoError(t, m.Close())
		time.Sleep(2 * time.Minute)
		assert.False(t, admits(m, Read), "the end of a window must not open a Mode that is closed")
	})
}

func TestOffAnnouncesNothing(t *testing.T) {
	m := opened(t, NewMemoryStore())
	_, err := m.Set(t.Context(), State{Level: Off, Start: time.Now().Add(time.Hour)})
	require.NoError(t, err)
	assert.False(t, m.Snapshot().Announced)
}

func TestWindowThatHasPassedWhenItIsLoaded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := NewMemoryStore()
		_, err := store.Save(t.Context(), State{Level: On, End: time.Now().Add(-time.Second)})
		require.NoError(t, err)
		m := opened(t, store)
		assert.Equal(t, Off, m.Level())
		assert.True(t, admits(m, Write))
	})
}
