package maintenance

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSnapshotOfOneMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := opened(t, newScripted())
		assert.Equal(t, &Snapshot{Trusted: true}, m.Snapshot())
		start := time.Now().Add(time.Hour)
		saved, err := m.Set(t.Context(), State{Level: ReadOnly, Start: start})
		require.NoError(t, err)
		assert.Equal(t, &Snapshot{State: saved, Announced: true, Trusted: true}, m.Snapshot())
		ticket, ok := m.Enter(Write)
		require.True(t, ok)
		time.Sleep(time.Hour)
		synctest.Wait()
		assert.Equal(t, &Snapshot{State: saved, InForce: ReadOnly, Trusted: true}, m.Snapshot())
		assert.Equal(t, &Snapshot{State: saved, Announced: true, Trusted: true}, ticket.Snapshot(), "of the moment when it began")
		ticket.Leave()
		refused, ok := m.Enter(Write)
		require.False(t, ok)
		require.NoError(t, m.Off(t.Context()))
		assert.Equal(t, &Snapshot{State: saved, InForce: ReadOnly, Trusted: true}, refused.Snapshot(), "of the moment when it was refused")
		refused.Leave()
		require.NoError(t, m.Close())
		assert.Equal(t, &Snapshot{State: m.State(), InForce: On}, m.Snapshot())
		assert.Zero(t, *Ticket{}.Snapshot())
	})
}

// A paused process wakes with its timers late: until they fire the gate looks at
// the clock by itself, and what is told of it must say the same.
func TestSnapshotWithTheLeaseRunOut(t *testing.T) {
	g := gateAt(Off)
	e := levelled(Off)
	e.Trusted = true
	e.lease = &lease{length: time.Minute}
	long := time.Now().Add(-time.Hour)
	e.lease.renewed.Store(&long)
	g.switchTo(e)
	ticket, ok := g.enter(Read)
	require.False(t, ok)
	now := time.Now()
	e.lease.renewed.Store(&now)
	assert.Equal(t, &Snapshot{InForce: On}, ticket.Snapshot(), "also where an answer came right after")
	assert.Equal(t, Off, g.snapshot().InForce)
	e.lease.renewed.Store(&long)
	assert.Equal(t, On, g.snapshot().InForce)
}
