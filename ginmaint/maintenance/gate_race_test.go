package maintenance

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestNothingBeginsInAnEpochThatWasSeenEmpty races one enter against one
// switch, some ten thousand times. The switch is made by hand, and its look at
// the one counter that the worker uses comes in the next instruction: so close
// that a gate without the re-check is caught within milliseconds.
func TestNothingBeginsInAnEpochThatWasSeenEmpty(t *testing.T) {
	for _, c := range []struct {
		name   string
		reopen bool // the level is the same again when the worker looks
	}{
		{"closed", false},
		{"closed and opened again", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			const most, least = 20_000, 200
			trials, begun, broken := raceEnter(t, most, c.reopen)
			assert.Zero(t, broken, "work began in an epoch that had ended, where nobody counts it")
			assert.Greater(t, trials, least, "too few switches to find anything")
			assert.Positive(t, begun, "the worker never got in")
			t.Logf("%d switches, %d units of work", trials, begun)
		})
	}
}

func raceEnter(t *testing.T, most int, reopen bool) (trials, begun, broken int) {
	const undecided, busy = 0, -1
	var (
		verdicts = make([]atomic.Int64, most+2) // by the revision of the epoch's state; else which stripe was empty
		used     atomic.Int64                   // the stripe by which the worker entered last; a stack may move
		quit     atomic.Bool
		wg       sync.WaitGroup
	)
	g := gateAt(Off)
	open := func(i int) *epoch {
		e := levelled(Off)
		e.gate, e.State.Revision = g, uint64(i)
		return e
	}
	shut := levelled(On)
	shut.gate = g
	verdicts[0].Store(busy)
	defer wg.Wait()
	defer quit.Store(true)
	wg.Go(func() {
		for spins := 1; !quit.Load(); spins++ {
			if spins%256 == 0 {
				runtime.Gosched()
			}
			ticket, ok := g.enter(Write)
			if !ok {
				continue
			}
			begun++
			stripe := stripeOf(ticket)
			used.Store(stripe)
			verdict := &verdicts[ticket.epoch.State.Revision]
			for waits := 1; verdict.Load() == undecided && !quit.Load(); waits++ {
				if waits%256 == 0 {
					runtime.Gosched()
				}
			}
			if verdict.Load() == stripe {
				broken++
			}
			ticket.Leave()
		}
	})
	require.Eventually(t, func() bool { return used.Load() != undecided }, time.Minute, time.Millisecond)

	deadline := time.Now().Add(time.Second)
	next := open(1)
	g.current.Store(next)
	for trials = 1; trials < most && time.Now().Before(deadline); trials++ {
		e := next
		next = open(trials + 1)
		for range rand.N(200) { // until the worker is anywhere in enter
			_ = quit.Load()
		}
		stripe := used.Load()
		counter := &e.stripes[stripe-1].inFlight[Write]
		g.current.Swap(shut)
		if reopen {
			g.current.Swap(next)
		}
		if counter.Load() != 0 {
			stripe = busy
		}
		verdicts[trials].Store(stripe)
		g.current.Store(next)
		if trials%64 == 0 {
			runtime.Gosched()
		}
	}
	verdicts[trials].Store(busy)
	quit.Store(true)
	wg.Wait()
	return trials, begun, broken
}

// stripeOf numbers the stripe that a ticket entered by, from 1.
func stripeOf(t Ticket) int64 {
	first, here := unsafe.Pointer(&t.epoch.stripes[0]), unsafe.Pointer(t.inFlight)
	return int64((uintptr(here)-uintptr(first))/unsafe.Sizeof(stripe{})) + 1
}
