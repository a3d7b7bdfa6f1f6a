package maintenance

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// levelled returns an epoch in which l is in force.
func levelled(l Level) *epoch {
	e := &epoch{terms: terms{document: l.String(), obeys: l, Snapshot: Snapshot{InForce: l}}}
	for a := range e.refuses {
		e.refuses[a] = l.Refuses(Access(a))
	}
	return e
}

// gateAt returns a gate that passed through these levels, the last in force.
func gateAt(levels ...Level) *gate {
	g := &gate{}
	for _, l := range levels {
		g.switchTo(levelled(l))
	}
	return g
}

func enters(t *testing.T, g *gate, a Access) Ticket {
	t.Helper()
	ticket, ok := g.enter(a)
	require.True(t, ok)
	return ticket
}

func counted(g *gate) tally {
	t, _ := g.count()
	return t
}

func TestGateAdmitsByLevel(t *testing.T) {
	for _, l := range []Level{Off, ReadOnly, On} {
		for _, a := range []Access{Read, Write} {
			t.Run(l.String()+" "+a.String(), func(t *testing.T) {
				g := gateAt(l)
				ticket, ok := g.enter(a)
				assert.Equal(t, !l.Refuses(a), ok)
				var count int64
				if ok {
					count = 1
				}
				assert.Equal(t, count, g.current.Load().inFlight(a))
				ticket.Leave()
				assert.Zero(t, g.current.Load().inFlight(a))
			})
		}
	}
}

func TestZeroTicketLeavesNothing(t *testing.T) {
	assert.NotPanics(t, func() { Ticket{}.Leave() })
}

func TestTicketLeavesByItsOwnStripe(t *testing.T) {
	g := gateAt(Off)
	e := g.current.Load()
	const workers = 200
	tickets := make(chan Ticket, workers)
	for range workers { // each on a stack of its own, and so on a stripe of its own
		go func() {
			ticket, _ := g.enter(Write)
			tickets <- ticket
		}()
	}
	used := make(map[any]bool)
	for range workers {
		ticket := <-tickets
		used[ticket.inFlight] = true
		ticket.Leave() // from one stack for all
	}
	assert.Greater(t, len(used), 1, "all goroutines share one counter")
	for i := range e.stripes {
		for a := range e.stripes[i].inFlight {
			assert.Zero(t, e.stripes[i].inFlight[a].Load(), "stripe %d: a sum made slowly would miss work", i)
		}
	}
}

// The micro-steps of enter, with a switch between the look at the level and
// the count.
func TestLateCountIsTakenBack(t *testing.T) {
	for _, c := range []struct {
		name string
		then []Level
	}{
		{"the level went up", []Level{On}},
		{"the level went up and down again", []Level{On, Off}},
		{"the same level in a new document", []Level{Off}},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := gateAt(Off)
			e := g.current.Load()
			require.False(t, e.refuses[Write], "the look")

			for _, l := range c.then {
				g.switchTo(levelled(l))
			}
			assert.True(t, counted(g).clear(On), "nothing was admitted, so the epoch is forgotten")

			late := Ticket{epoch: e, inFlight: &e.stripes[0].inFlight[Write]}
			late.inFlight.Add(1)
			assert.False(t, e == g.current.Load(), "the re-check by identity has to refuse, whatever the level is now")
			assert.True(t, counted(g).clear(On), "a count on a forgotten epoch is seen by nobody: it must never become work")
			late.Leave()
			assert.Zero(t, e.inFlight(Write))
		})
	}
}

func TestAllPastEpochsCount(t *testing.T) {
	g := gateAt(Off)
	first := enters(t, g, Write)
	g.switchTo(levelled(On))
	g.switchTo(levelled(Off))
	second := enters(t, g, Write)
	g.switchTo(levelled(On))
	assert.Equal(t, [classes]int64{Write: 2}, counted(g).inFlight)

	second.Leave()
	assert.Equal(t, [classes]int64{Write: 1}, counted(g).inFlight, "the work of the epoch before the last one still runs")
	assert.Len(t, g.past, 1, "an epoch that nothing runs in is forgotten")
	first.Leave()
	assert.True(t, counted(g).clear(On))
	assert.Empty(t, g.past)
}

func TestReadsOfTheFirstEpochOutliveReadOnly(t *testing.T) {
	g := gateAt(Off)
	read := enters(t, g, Read)
	write := enters(t, g, Write)
	g.switchTo(levelled(ReadOnly))
	assert.False(t, counted(g).clear(ReadOnly))
	write.Leave()
	assert.True(t, counted(g).clear(ReadOnly), "read-only waits for writes alone")

	g.switchTo(levelled(On))
	assert.False(t, counted(g).clear(On), "on waits for the reads that read-only let go on")
	read.Leave()
	assert.True(t, counted(g).clear(On))
}

func TestWorkOfTheCurrentEpochIsNotPending(t *testing.T) {
	g := gateAt(On, ReadOnly)
	read := enters(t, g, Read)
	assert.Equal(t, tally{document: "read-only", level: ReadOnly}, counted(g))
	read.Leave()
}

func TestTallyNamesTheOldestEpoch(t *testing.T) {
	g := gateAt(Off)
	assert.True(t, counted(g).since.IsZero())
	first := enters(t, g, Read)
	e := g.current.Load()
	g.switchTo(levelled(Off))
	second := enters(t, g, Read)
	later := g.current.Load()
	g.switchTo(levelled(On))
	assert.Equal(t, e.endedAt, counted(g).since)
	first.Leave()
	assert.Equal(t, later.endedAt, counted(g).since)
	second.Leave()
	assert.True(t, counted(g).since.IsZero())
}

func TestLeavingAPastEpochWakes(t *testing.T) {
	g := gateAt(Off)
	current := enters(t, g, Read)
	past := enters(t, g, Read)

	_, left := g.count()
	current.Leave()
	assert.False(t, closed(left), "nobody waits for work of the current epoch, so its end costs no lock")
	g.switchTo(levelled(On))
	assert.True(t, closed(left), "a switch wakes")

	_, left = g.count()
	past.Leave()
	assert.True(t, closed(left))
}

func TestPastEpochsDoNotPileUp(t *testing.T) {
	g := gateAt(Off)
	for range 1000 {
		enters(t, g, Read).Leave()
		g.switchTo(levelled(Off))
	}
	assert.Empty(t, g.past)
}

func TestDrainingSignal(t *testing.T) {
	g := gateAt(Off)
	read, write := g.signal(Read), g.signal(Write)
	assert.False(t, closed(read) || closed(write))

	g.switchTo(levelled(ReadOnly))
	assert.False(t, closed(read))
	assert.True(t, closed(write))
	assert.True(t, closed(g.signal(Write)), "who asks late is told as well")

	g.switchTo(levelled(On))
	assert.True(t, closed(read))
	g.switchTo(levelled(On))
	assert.True(t, closed(g.signal(Read)), "closed over two refusing epochs")

	g.switchTo(levelled(ReadOnly))
	assert.False(t, closed(g.signal(Read)), "a new stream gets a channel of its own")
	assert.True(t, closed(g.signal(Write)))
	g.switchTo(levelled(Off))
	assert.False(t, closed(g.signal(Write)))
	assert.True(t, closed(read), "the old stream stays told")
}
