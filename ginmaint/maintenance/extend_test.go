package maintenance

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestExtendWhileWorkRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := opened(t, newScripted())
		request, ok := m.Enter(Write)
		require.True(t, ok)
		require.NoError(t, m.On(t.Context()))
		require.False(t, admits(m, Write))

		billing, ok := m.Extend(Write)
		require.True(t, ok, "the request runs, so what belongs to it may begin")
		_, ok = m.Extend(Read)
		assert.False(t, ok, "nothing of that class runs, so a drain may have counted it as over")
		request.Leave()
		drained := make(chan error, 1)
		go func() {
			_, err := m.Drain(t.Context())
			drained <- err
		}()
		time.Sleep(time.Minute)
		synctest.Wait()
		assert.Empty(t, drained, "the drain waits for it")
		second, ok := m.Extend(Write)
		require.True(t, ok, "what was extended may be extended again")
		billing.Leave()
		second.Leave()
		assert.NoError(t, <-drained)
		_, ok = m.Extend(Write)
		assert.False(t, ok, "nothing runs any more")
	})
}

// TestExtendAgainstDrains: whoever was extended is seen by every drain that
// returns while it runs.
func TestExtendAgainstDrains(t *testing.T) {
	g := gateAt(Off)
	for range 2000 {
		parent, ok := g.enter(Write)
		require.True(t, ok)
		var wg sync.WaitGroup
		wg.Go(func() { g.switchTo(levelled(On)) })
		wg.Go(func() {
			child, ok := g.extend(Write)
			parent.Leave()
			if assert.True(t, ok) {
				past := g.current.Load() != child.epoch
				tally, _ := g.count()
				assert.True(t, !past || tally.inFlight[Write] > 0, "running, and not counted")
				child.Leave()
			}
		})
		wg.Wait()
		assert.True(t, counted(g).clear(On))
		g.switchTo(levelled(Off))
	}
}

func TestExtendAfterClose(t *testing.T) {
	m := opened(t, NewMemoryStore())
	request, _ := m.Enter(Read)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, m.Shutdown(ctx), ErrNotDrained)
	late, ok := m.Extend(Read)
	assert.True(t, ok)
	late.Leave()
	request.Leave()
	_, ok = m.Extend(Read)
	assert.False(t, ok)
}

// Work that backs out of enter is counted for a moment. What a drain has counted to
// zero before must not be opened again by it.
func TestExtendDoesNotBelongToWorkThatBacksOut(t *testing.T) {
	g := gateAt(Off)
	e := g.current.Load()
	reading, ok := g.enter(Read) // keeps the epoch from being forgotten
	require.True(t, ok)
	late := Ticket{epoch: e, inFlight: &e.stripes[0].inFlight[Write]} // has loaded the epoch, and not yet added itself
	g.switchTo(levelled(ReadOnly))
	require.True(t, counted(g).clear(ReadOnly), "a drain is proven")
	late.inFlight.Add(1)
	_, ok = g.extend(Write)
	assert.False(t, ok)
	late.Leave()
	reading.Leave()
}
