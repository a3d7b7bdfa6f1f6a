package maintenance

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLapsed(t *testing.T) {
	base := time.Now()
	wall := base.Round(0)
	for _, c := range []struct {
		name string
		now  time.Time
		want bool
	}{
		{"just renewed", base, false},
		{"at the lease's end", base.Add(time.Minute), false},
		{"past it", base.Add(time.Minute + 1), true},
		{"the wall clock alone has gone on, as after a suspension", wall.Add(time.Hour), true},
		{"the wall clock was set back", wall.Add(-time.Hour), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := lease{length: time.Minute}
			assert.True(t, l.lapsed(c.now), "a lease that nobody granted")
			l.renewed.Store(&base)
			assert.Equal(t, c.want, l.lapsed(c.now))
		})
	}
}

func TestFailClosed(t *testing.T) {
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
				log := &journal{}
				m := served(t, c.store(store), FailClosed(10*time.Second), Logger(slog.New(log)))
				follower := served(t, c.store(store))
				time.Sleep(5500 * time.Millisecond)
				store.fail()
				stream := m.Draining(Read)
				renewed := *m.lease.renewed.Load()
				time.Sleep(time.Until(renewed.Add(10 * time.Second)))
				assert.True(t, admits(m, Write), "the lease still holds")
				assert.False(t, closed(stream))
				time.Sleep(2 * time.Millisecond)
				assert.False(t, admits(m, Read))
				assert.Equal(t, On, m.Level())
				assert.True(t, closed(stream), "streams are told by a timer, not by the next request")
				assert.Empty(t, m.gate.current.Load().document, "it acknowledges nothing that it is not sure of")
				time.Sleep(time.Hour)
				assert.True(t, admits(follower, Write), "without the option the last known state stays")
				assert.Len(t, log.with("maintenance: nothing is admitted, the store has not confirmed the state for the length of the lease"), 1)

				store.heal()
				time.Sleep(2 * time.Second)
				assert.True(t, admits(m, Write))
				assert.Equal(t, Off, m.Level())
			})
		})
	}
}

func TestGateLooksAtTheClockWhereTheTimerIsLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		m := served(t, store, FailClosed(time.Minute), Poll(20*time.Second))
		time.Sleep(time.Second)
		m.mu.Lock()
		m.lapse.Stop() // as in a process that was paused
		late := time.Now().Add(-2 * time.Minute)
		m.lease.renewed.Store(&late)
		m.mu.Unlock()
		e := m.gate.current.Load()
		assert.Equal(t, Off, e.InForce)
		assert.False(t, admits(m, Read))
		assert.Zero(t, e.inFlight(Read), "what was refused is not counted")
	})
}

func TestAnswerThatTookLongerThanItHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		m := opened(t, bare(store), FailClosed(time.Second), Poll(300*time.Millisecond))
		time.Sleep(time.Second)
		store.onAnswer(func(string) { time.Sleep(2 * time.Second) })
		time.Sleep(10 * time.Second)
		e := m.gate.current.Load()
		time.Sleep(10 * time.Second)
		assert.Equal(t, On, m.Level())
		assert.False(t, admits(m, Read))
		assert.True(t, e == m.gate.current.Load(), "the gate must not open for a moment by an answer whose lease is over")
		store.onAnswer(nil)
		time.Sleep(3 * time.Second)
		assert.True(t, admits(m, Read))
	})
}

func TestFallback(t *testing.T) {
	for _, l := range []Level{Off, ReadOnly, On} {
		t.Run(l.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newScripted()
				store.fail()
				log := &journal{}
				m := opened(t, store, Fallback(l), FailClosed(10*time.Second), Logger(slog.New(log)))
				assert.Equal(t, l, m.Level())
				time.Sleep(time.Hour)
				assert.Equal(t, l, m.Level(), "for as long as it takes")
				assert.Equal(t, !l.Refuses(Read), admits(m, Read))
				assert.Equal(t, !l.Refuses(Write), admits(m, Write))
				require.Len(t, log.with("maintenance: starting without the store"), 1)

				state := State{Level: []Level{On, On, Off}[l]}
				store.put(State{Level: state.Level, Revision: 3, ID: "stored"})
				store.heal()
				time.Sleep(5 * time.Second)
				assert.Equal(t, state.Level, m.Level(), "the store counts once it answers")
				store.fail()
				time.Sleep(time.Minute)
				assert.Equal(t, On, m.Level(), "and the fallback never again")
				store.heal()
			})
		})
	}
}
