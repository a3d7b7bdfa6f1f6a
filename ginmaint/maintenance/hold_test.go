package maintenance

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// held is one piece of work that was handed to Hold.
type held struct {
	began    time.Time
	waited   time.Duration
	admitted bool
}

// holding hands n pieces of work to Hold, a microsecond apart, and returns what has
// become of them, in the order of their arrival, once all are done. What is admitted
// leaves at once.
func holding(ctx context.Context, m *Mode, a Access, n int) func() []held {
	all := make([]held, n)
	var work sync.WaitGroup
	for i := range all {
		all[i].began = time.Now()
		work.Go(func() {
			ticket, ok := m.Hold(ctx, a)
			defer ticket.Leave()
			all[i].waited, all[i].admitted = time.Since(all[i].began), ok
		})
		time.Sleep(time.Microsecond)
	}
	return func() []held { work.Wait(); return all }
}

// holds returns a Mode on which this level is in force, and holds for so long.
func holds(t *testing.T, l Level, hold time.Duration) *Mode {
	t.Helper()
	m := opened(t, NewMemoryStore())
	set(t, m, State{Level: l, Hold: hold})
	return m
}

func set(t *testing.T, m *Mode, s State) {
	t.Helper()
	_, err := m.Set(t.Context(), s)
	require.NoError(t, err)
}

func TestHeldWorkEntersWhenTheLevelFalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := holds(t, On, time.Minute)
		reads, writes := holding(t.Context(), m, Read, 1), holding(t.Context(), m, Write, 1)
		assert.Equal(t, 2, m.Status().Held)
		time.Sleep(2 * time.Second) // the roster hears of it with the next renewal
		replicas, err := m.Replicas(t.Context())
		require.NoError(t, err)
		require.Len(t, replicas, 1)
		assert.EqualValues(t, 2, replicas[0].Held)
		report, err := m.Drain(t.Context())
		require.NoError(t, err, "no drain waits for what is held: %s", report)

		time.Sleep(8 * time.Second)
		set(t, m, State{Level: ReadOnly, Hold: time.Minute})
		assert.True(t, reads()[0].admitted)
		assert.Equal(t, 1, m.Status().Held, "the write waits on")
		time.Sleep(10 * time.Second)
		require.NoError(t, m.Off(t.Context()))
		write := writes()[0]
		assert.True(t, write.admitted)
		assert.InDelta(t, 20, write.waited.Seconds(), 0.1)
		assert.Zero(t, m.Status().Held)
	})
}

func TestHeldWorkIsRefusedInTheEnd(t *testing.T) {
	const hold = 15 * time.Second
	for _, c := range []struct {
		name   string
		state  State // in force when the work comes
		then   func(t *testing.T, m *Mode, cancel func())
		waited time.Duration
	}{
		{"when its time is over", State{Level: On, Hold: hold}, nil, hold},
		{"at once where the document names none", State{Level: On}, nil, 0},
		{"when its client goes", State{Level: On, Hold: hold}, func(_ *testing.T, _ *Mode, cancel func()) { cancel() }, 4 * time.Second},
		{"when the Mode is closed", State{Level: On, Hold: hold}, func(t *testing.T, m *Mode, _ func()) { assert.NoError(t, m.Close()) }, 4 * time.Second},
		{"at once when somebody orders a level without a hold", State{Level: On, Hold: hold}, func(t *testing.T, m *Mode, _ func()) { require.NoError(t, m.On(t.Context())) }, 4 * time.Second},
		{"later when somebody orders a longer one", State{Level: On, Hold: hold}, func(t *testing.T, m *Mode, _ func()) { set(t, m, State{Level: On, Hold: 2 * hold}) }, 2 * hold},
		{"sooner when somebody orders a shorter one", State{Level: On, Hold: hold}, func(t *testing.T, m *Mode, _ func()) { set(t, m, State{Level: On, Hold: hold / 3}) }, hold / 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := opened(t, NewMemoryStore())
				set(t, m, c.state)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				results := holding(ctx, m, Write, 1)
				if c.then != nil {
					time.Sleep(4 * time.Second)
					c.then(t, m, cancel)
				}
				got := results()[0]
				assert.False(t, got.admitted)
				assert.InDelta(t, c.waited.Seconds(), got.waited.Seconds(), 0.01)
				assert.Zero(t, m.line.len())
			})
		})
	}
}

func TestHoldCountsWhatWorkHasWaitedBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := holds(t, On, 15*time.Second)
		now := time.Now()
		_, ok := m.HoldSince(t.Context(), Write, now.Add(-4*time.Second))
		assert.False(t, ok)
		assert.InDelta(t, 11, time.Since(now).Seconds(), 0.01)
		now = time.Now()
		_, ok = m.HoldSince(t.Context(), Write, now.Add(-time.Minute))
		assert.False(t, ok)
		assert.Zero(t, time.Since(now))
	})
}

func TestHeldWorkEntersInOrderOverAMoment(t *testing.T) {
	for _, c := range []struct {
		n    int
		over time.Duration
	}{
		{1, 0},
		{100, 100 * time.Millisecond},
		{5000, time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			m := holds(t, On, time.Minute)
			results := holding(t.Context(), m, Write, c.n)
			time.Sleep(5 * time.Second)
			opened := time.Now()
			require.NoError(t, m.Off(t.Context()))
			var entered []time.Duration
			for _, h := range results() {
				require.True(t, h.admitted)
				entered = append(entered, h.began.Add(h.waited).Sub(opened))
			}
			assert.True(t, slices.IsSorted(entered), "the order of arrival")
			last := entered[len(entered)-1]
			assert.InDelta(t, c.over.Seconds(), last.Seconds(), 0.01)
			half := entered[len(entered)/2]
			assert.InDelta(t, c.over.Seconds()/2, half.Seconds(), 0.01, "evenly")
		})
	}
}

func TestLevelThatRisesAgainHoldsThoseWhoHaveNotEntered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := holds(t, On, 10*time.Second)
		results := holding(t.Context(), m, Write, 1000)
		time.Sleep(time.Second)
		require.NoError(t, m.Off(t.Context()))
		time.Sleep(500*time.Millisecond + time.Microsecond)
		set(t, m, State{Level: On, Hold: 10 * time.Second})
		assert.InDelta(t, 500, m.Status().Held, 2)
		time.Sleep(5 * time.Second)
		require.NoError(t, m.Off(t.Context()))
		for _, h := range results() {
			require.True(t, h.admitted)
		}
	})
}

func TestHeldWorkEntersThoughItsTimeEndsBeforeItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := holds(t, On, 2*time.Second)
		results := holding(t.Context(), m, Write, 1000)
		time.Sleep(time.Second + 900*time.Millisecond)
		require.NoError(t, m.Off(t.Context()))
		for _, h := range results() {
			require.True(t, h.admitted)
		}
	})
}

func TestHeldWorkWaitsForALeaseThatHasRunOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		m := opened(t, store, FailClosed(3*time.Second))
		set(t, m, State{Level: ReadOnly, Hold: 30 * time.Second})
		store.fail()
		time.Sleep(10 * time.Second)
		require.False(t, m.Snapshot().Trusted)
		results := holding(t.Context(), m, Read, 1)
		time.Sleep(10 * time.Second)
		store.heal()
		read := results()[0]
		assert.True(t, read.admitted)
		assert.InDelta(t, 11, read.waited.Seconds(), 2)
	})
}

func TestHoldHasATextFormForPeople(t *testing.T) {
	var s State
	require.NoError(t, s.UnmarshalJSON([]byte(`{"level":"on","hold":"90s"}`)))
	assert.Equal(t, 90*time.Second, s.Hold)
	text, err := s.MarshalJSON()
	require.NoError(t, err)
	assert.JSONEq(t, `{"level":"on","hold":"1m30s"}`, string(text))
	for text, fault := range map[string]string{
		`{"level":"on","hold":15}`:     `"hold": write a length of time in quotes, such as "15s"`,
		`{"level":"on","hold":"soon"}`: `"hold": write a length of time in quotes, such as "15s"`,
		`{"level":"on","hold":"-1s"}`:  "hold: -1s is not from 0s to 10m0s",
		`{"level":"on","hold":"11m"}`:  "hold: 11m0s is not from 0s to 10m0s",
	} {
		assert.ErrorContains(t, new(State).UnmarshalJSON([]byte(text)), fault)
	}
}
