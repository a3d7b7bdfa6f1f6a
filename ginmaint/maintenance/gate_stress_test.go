package maintenance

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestDrainedGateRunsNothing is the promise in one process: once the counters
// of all past epochs are zero, no work that the level refuses runs, and none
// begins. With more threads than processors the system stops some of them in
// the middle of enter while the others go on.
func TestDrainedGateRunsNothing(t *testing.T) {
	for _, c := range []struct {
		name    string
		threads int // 0: as many as processors
		drains  int
	}{
		{"as many threads as processors", 0, 300},
		{"more threads than processors", 2 * runtime.NumCPU(), 40},
	} {
		t.Run(c.name, func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(c.threads))
			stressGate(t, c.drains)
		})
	}
}

func stressGate(t *testing.T, want int) {
	const workers = 8
	drains := 0
	g := gateAt(Off)
	var (
		running  [classes]atomic.Int64
		proven   [classes]atomic.Bool // drained, and not opened since
		switches atomic.Int64
		overlaps atomic.Int64
		admitted atomic.Int64
		quit     atomic.Bool
		wg       sync.WaitGroup
	)
	for i := range workers {
		wg.Go(func() {
			a := Access(i % classes)
			for n := 0; !quit.Load(); n++ {
				ticket, ok := g.enter(a)
				if !ok {
					runtime.Gosched()
					continue
				}
				running[a].Add(1)
				if proven[a].Load() {
					overlaps.Add(1)
				}
				if n%64 == 0 { // long work: until a few switches have passed, or wait for it
					for begun, turn := switches.Load(), 0; turn < 20 && switches.Load() < begun+3; turn++ {
						runtime.Gosched()
						if proven[a].Load() {
							overlaps.Add(1)
						}
					}
				}
				running[a].Add(-1)
				ticket.Leave()
				admitted.Add(1)
			}
		})
	}

	rounds := []Level{On, Off, ReadOnly, Off, On, ReadOnly, On, Off, Off}
	for drains < want && !quit.Load() {
		for _, l := range rounds {
			for a := range proven {
				if !l.Refuses(Access(a)) {
					proven[a].Store(false)
				}
			}
			g.switchTo(levelled(l))
			switches.Add(1)
			if l == Off {
				for range rand.N(20) { // sometimes none: the next switch comes at once
					runtime.Gosched()
				}
				continue
			}
			for {
				tally, left := g.count()
				if tally.clear(l) {
					break
				}
				select {
				case <-left:
				case <-time.After(10 * time.Second):
					quit.Store(true)
					require.Fail(t, "a lost wake-up: the drain hangs", "%+v", tally)
				}
			}
			drains++
			for a := range proven {
				if l.Refuses(Access(a)) {
					proven[a].Store(true)
				}
			}
			for range 20 {
				for a := range running {
					if l.Refuses(Access(a)) && running[a].Load() != 0 {
						overlaps.Add(1)
					}
				}
				runtime.Gosched()
			}
		}
	}
	for a := range proven {
		proven[a].Store(false)
	}
	g.switchTo(levelled(Off))
	quit.Store(true)
	wg.Wait()
	assert.Zero(t, overlaps.Load(), "work ran after the gate was proven drained")
	assert.NotZero(t, admitted.Load())
	g.switchTo(levelled(On))
	assert.True(t, counted(g).clear(On))
	assert.Empty(t, g.past)
	t.Logf("%d drains, %d units of work", drains, admitted.Load())
}

// TestDrainedModeRunsNothing is the same by the public calls, on two Modes
// that share a store.
func TestDrainedModeRunsNothing(t *testing.T) {
	store := NewMemoryStore()
	modes := []*Mode{served(t, store), served(t, store)}
	var (
		running atomic.Int64
		quit    atomic.Bool
		wg      sync.WaitGroup
	)
	for i := range 4 {
		wg.Go(func() {
			for !quit.Load() {
				if ticket, ok := modes[i%2].Enter(Write); ok {
					running.Add(1)
					runtime.Gosched()
					running.Add(-1)
					ticket.Leave()
				}
				runtime.Gosched()
			}
		})
	}
	defer wg.Wait()
	defer quit.Store(true)

	drains := 0
	for ; drains < 200; drains++ {
		level := []Level{On, ReadOnly}[drains%2]
		_, err := modes[0].Set(t.Context(), State{Level: level})
		require.NoError(t, err)
		report, err := modes[drains%2].Drain(bounded(t, 10*time.Second))
		if drains%2 == 1 && err != nil {
			require.ErrorIs(t, err, ErrOff, "the other Mode may not have heard of the change yet")
			report, err = modes[0].Drain(bounded(t, 10*time.Second))
		}
		require.NoError(t, err)
		require.Equal(t, 2, report.Total)
		for range 4 {
			require.Zero(t, running.Load(), "a write ran after the drain")
			runtime.Gosched()
		}
		require.NoError(t, modes[1].Off(t.Context()))
	}
}
