package maintenance

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// gate decides for every unit of work whether it may begin, and counts what
// runs, without a lock on the way. Its rules, and why each one is needed, are
// in the package's documentation under "In one process".
type gate struct {
	current atomic.Pointer[epoch]
	await   func(*epoch) // has the process serve, and returns once the epoch has ended in which it was idle

	mu       sync.Mutex             // guards all below, and every switch
	past     []*epoch               // ended, and work that they admitted may still run
	left     chan struct{}          // closed, and made anew, whenever work leaves a past epoch
	draining [classes]chan struct{} // closed while the class is refused
}

// classes is the number of access classes, Read and Write.
const classes = 2

// epoch is the time in which one document has one level in force.
type epoch struct {
	gate *gate
	terms
	shut    [classes]bool // refuses or idle
	lapsed  *epoch        // what is known once the lease has run out, before the timer ends the epoch; nil: no lease
	ended   chan struct{} // closed when the epoch ends
	endedAt time.Time     // set before ended is closed
	sealed  [classes]bool // counted to zero since; guarded by gate.mu

	stripes [stripes]stripe
}

// terms is what an epoch is made of; another one begins where they differ.
type terms struct {
	Snapshot
	document string // ID of the document obeyed; empty where none is: not yet loaded, or no longer sure
	obeys    Level  // what of that document is in force: its level, or Off outside its window
	refuses  [classes]bool
	idle     [classes]bool // not refused, and not admitted either before this process serves
	lease    *lease        // nil: admits for as long as it is current
}

// stripes is how many counters an epoch's work is spread over. On two to
// sixteen cores 64 keep two running goroutines off the same line nearly always.
const stripes = 64

// stripe is a pair of counters alone on two cache lines: processors fetch
// lines in pairs.
type stripe struct {
	inFlight [classes]atomic.Int64
	_        [128 - classes*8]byte
}

// Ticket is the gate's answer to a unit of work. It is a value: copy it, but
// Leave only once. Leave does nothing where the work was refused.
type Ticket struct {
	epoch    *epoch
	inFlight *atomic.Int64 // the counter that it entered by; nil: refused
}

// enter is the hot path. The re-check comes last, and compares identity: had
// the switch come in between, the work backs out. Only so does whoever reads
// the counters after a switch miss nothing.
func (g *gate) enter(a Access) (Ticket, bool) {
	for {
		e := g.current.Load()
		if e.shut[a] {
			if e.idle[a] {
				g.await(e)
				continue
			}
			return Ticket{epoch: e}, false
		}
		t := Ticket{epoch: e, inFlight: &e.stripes[stripeIndex()].inFlight[a]}
		t.inFlight.Add(1)
		if e.lease != nil && e.lease.lapsed(time.Now()) {
			t.Leave()
			return Ticket{epoch: e.lapsed}, false
		}
		if g.current.Load() == e {
			return t, true
		}
		t.Leave()
	}
}

// Leave ends the unit of work that the ticket was given to.
func (t Ticket) Leave() {
	if t.inFlight == nil {
		return
	}
	t.inFlight.Add(-1)
	if g := t.epoch.gate; g.current.Load() != t.epoch {
		g.mu.Lock()
		wake(&g.left)
		g.mu.Unlock()
	}
}

// extend admits work that belongs to work still running. An epoch that is past
// takes it as long as work of that class is counted there: so a drain that waits
// for the one waits for the other. Counting and forgetting are done under mu as
// well, so no drain can see the epoch empty in between. Once it was counted to zero
// the epoch takes nothing any more: what is counted there later is work that backs
// out of enter.
func (g *gate) extend(a Access) (Ticket, bool) {
	if t, ok := g.enter(a); ok {
		return t, true
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, e := range g.past {
		if !e.sealed[a] && e.inFlight(a) > 0 {
			counter := &e.stripes[stripeIndex()].inFlight[a]
			counter.Add(1)
			return Ticket{epoch: e, inFlight: counter}, true
		}
	}
	return Ticket{epoch: g.current.Load()}, false
}

// stripeIndex spreads goroutines over the stripes by the address of their own
// stack, which no other goroutine shares, mixed by Fibonacci hashing.
func stripeIndex() uint64 {
	var here byte
	address := uint64(uintptr(unsafe.Pointer(&here)))
	return ((address >> 10) * 0x9E3779B97F4A7C15) >> (64 - 6)
}

// switchTo ends the current epoch, if there is one, and begins next.
func (g *gate) switchTo(next *epoch) {
	next.gate = g
	for a := range next.shut {
		next.shut[a] = next.refuses[a] || next.idle[a]
	}
	if next.lease != nil {
		next.lapsed = &epoch{terms: terms{Snapshot: Snapshot{State: next.State, InForce: On}}}
	}
	next.ended = make(chan struct{})
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.left == nil {
		g.left = make(chan struct{})
		for a := range g.draining {
			g.draining[a] = make(chan struct{})
		}
	}
	old := g.current.Swap(next)
	var was [classes]bool
	if old != nil {
		was = old.refuses
		old.endedAt = time.Now()
		g.past = append(g.past, old)
		close(old.ended)
	}
	g.forget()
	for a, refused := range next.refuses {
		switch {
		case refused && !was[a]:
			close(g.draining[a])
		case !refused && was[a]:
			g.draining[a] = make(chan struct{})
		}
	}
	wake(&g.left)
}

// forget drops the past epochs that nothing runs in: no read and no write,
// since a later, higher level waits for the reads that this one let go on.
// The caller holds mu.
func (g *gate) forget() {
	g.past = slices.DeleteFunc(g.past, func(e *epoch) bool {
		return e.inFlight(Read) == 0 && e.inFlight(Write) == 0
	})
}

// inFlight sums the stripes. Work enters and leaves by the same stripe, so no
// sum, however slowly made, is below what ran all along.
func (e *epoch) inFlight(a Access) (n int64) {
	for i := range e.stripes {
		n += e.stripes[i].inFlight[a].Load()
	}
	return n
}

// signal returns the channel that is closed while a is refused.
func (g *gate) signal(a Access) <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.draining[a]
}

// Snapshot is what a Mode knows at one moment. Its parts belong together: take
// one for each decision and hand it on, rather than ask the Mode twice. All who
// ask at that moment share it, so don't change it.
type Snapshot struct {
	State     State // the last document known; its Level may not be the one in force
	InForce   Level // what is refused now
	Announced bool  // nothing is refused yet, and State.Start says from when on
	Trusted   bool  // State decides what is in force; false before the first load, with the lease run out, struck from the roster, or closed
}

// Snapshot returns what the gate knew when it decided about this work. The zero
// Ticket has the zero Snapshot.
func (t Ticket) Snapshot() *Snapshot {
	if t.epoch == nil {
		return new(Snapshot)
	}
	return &t.epoch.Snapshot
}

// snapshot returns what is known now. A lease that has run out counts before the
// timer that ends the epoch, which may be late.
func (g *gate) snapshot() *Snapshot {
	e := g.current.Load()
	if e.lease != nil && e.Trusted && e.lease.lapsed(time.Now()) {
		return &e.lapsed.Snapshot
	}
	return &e.Snapshot
}

// tally is what a replica says of itself: the epoch first, then what still
// runs from before it, in that order.
type tally struct {
	document string
	level    Level
	inFlight [classes]int64
	since    time.Time // when the first of the epochs ended that are still busy
}

// count returns the tally, and a channel that is closed when work has left a
// past epoch, or the epoch has ended, since.
func (g *gate) count() (tally, <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.current.Load()
	t := tally{document: now.document, level: now.obeys}
	g.forget()
	for _, e := range g.past {
		for a := range t.inFlight {
			n := e.inFlight(Access(a))
			e.sealed[a] = e.sealed[a] || n == 0
			t.inFlight[a] += n
		}
		if t.since.IsZero() {
			t.since = e.endedAt
		}
	}
	return t, g.left
}

// clear tells whether nothing runs any more that level l refuses.
func (t tally) clear(l Level) bool {
	for a, n := range t.inFlight {
		if n != 0 && l.Refuses(Access(a)) {
			return false
		}
	}
	return true
}

// wake closes the channel that waiters hold and leaves a new one. The caller
// holds the lock that guards it.
func wake(waiters *chan struct{}) {
	close(*waiters)
	*waiters = make(chan struct{})
}
