package maintenance

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Mode is the switch as one process sees it: it follows the store's document,
// and its gate admits or refuses work. Its methods may be called from any
// number of goroutines at the same time.
type Mode struct {
	store    Store
	roster   Roster   // nil: an observer, or a store that keeps none
	restorer Restorer // nil: the store does not lose what it kept
	options  options

	gate   gate
	line   line
	lease  *lease // nil: goes on with the last known state for as long as it takes
	finder finder

	listeners []*listener
	log       *changeLog // nil: an observer

	mu          sync.Mutex // guards all below
	state       State      // the last document known
	phase       phase      // how far its window has gone
	held        heldIDs    // documents that were left
	takeovers   uint64     // grows with every document taken over
	trusted     bool       // a document is known, and where there is a roster, it lists us
	standing    standing
	wanted      bool   // work has asked while this process was idle
	id          string // in the roster; another one once it serves
	idleID      string // of the entry of before, until that is removed
	closed      bool
	edge        *time.Timer // the window's next edge
	lapse       *time.Timer // the end of the lease
	forced      forced
	mending     bool // a lost document is being written back, and the log says so
	present     bool // the last entry was answered, and not refused since
	told        tally
	renewals    uint64
	incarnation string // of the roster joined last
	least       uint64 // revision of the document that was there when it joined
	status      Status
	changes     uint64    // of what the gate goes by
	changed     time.Time // when the last one was
	raised      time.Time // when the last one was that refuses more
	failures    uint64    // questions of the follower that the store has not answered
	stats       []func(*Stats)
	announced   bool // the listeners were told of a first document
	orders      ownOrders

	kicked chan struct{} // holds one request to ask the store now
	done   chan struct{} // closed when the Mode is closed
	ended  chan struct{} // closed when Shutdown has ended
	stop   context.CancelFunc
	loops  sync.WaitGroup
}

// Open follows the document in store, and returns once it is loaded, and once
// the roster lists this process where the store keeps one. Where the store
// can't be reached it returns the error, unless Fallback is among the options.
// The context bounds the opening alone. Wrong options are an error that names
// them all.
//
// Close or Shutdown ends the Mode. The store stays the caller's.
func Open(ctx context.Context, store Store, opts ...Option) (*Mode, error) {
	o, err := resolve(opts)
	if err != nil {
		return nil, err
	}
	if store == nil {
		return nil, errors.New("maintenance: there is no store; hand one to Open, such as NewMemoryStore()")
	}
	m := &Mode{
		store:   store,
		options: o,
		id:      rand.Text(),
		kicked:  make(chan struct{}, 1),
		done:    make(chan struct{}),
		ended:   make(chan struct{}),
	}
	m.gate.await = m.awaitServing
	m.restorer, _ = store.(Restorer)
	if pacer, ok := store.(Pacer); ok {
		pacer.Pace(o.poll)
	}
	if !o.observer {
		m.roster, _ = store.(Roster)
	}
	if o.closes {
		m.lease = &lease{length: o.lease}
	}
	if m.roster == nil {
		m.standing = serving
	}
	m.listen()
	m.mu.Lock()
	m.enforce()
	m.mu.Unlock()

	follow, stop := context.WithCancel(context.Background())
	m.stop = stop
	if err := m.begin(ctx); err != nil {
		if o.fallback == nil {
			m.abandon()
			return nil, fmt.Errorf("maintenance: the state can't be loaded; the Fallback option starts without it: %w", err)
		}
		o.logger.Warn("maintenance: starting without the store", "level", o.fallback.String(), "error", oneLine(err))
		m.mu.Lock()
		m.startJoining()
		m.mu.Unlock()
	}
	m.loops.Go(func() { m.follow(follow) })
	if m.roster != nil {
		m.loops.Go(func() { m.succeed(follow) })
	}
	if m.roster != nil && o.limited {
		m.loops.Go(func() { m.tidy(follow) })
	}
	m.loops.Go(func() { watchStore(follow, store, o, m.heard, m.deaf) })
	return m, nil
}

// Extend asks for a unit of work that belongs to admitted work still running: what
// a handler starts in a goroutine, say, and that must be finished although
// maintenance has begun. Ask before the work that it belongs to has left. As for
// Enter, but while a class is refused it is still admitted as long as work of that
// class runs which was admitted before; a drain waits for both.
func (m *Mode) Extend(a Access) (Ticket, bool) { return m.gate.extend(a) }

// Wait enters as soon as work of class a may begin. It returns the context's
// error, or ErrClosed once the Mode is closed.
func (m *Mode) Wait(ctx context.Context, a Access) (Ticket, error) {
	for {
		if !m.joins(ctx, a) {
			return Ticket{}, ctx.Err()
		}
		e := m.gate.current.Load()
		if t, ok := m.gate.enter(a); ok {
			return t, nil
		}
		m.want()
		select {
		case <-e.ended:
		case <-m.done:
			return Ticket{}, ErrClosed
		case <-ctx.Done():
			return Ticket{}, ctx.Err()
		}
	}
}

// Draining returns a channel that is closed once work of class a is refused,
// and already closed where it is. A long stream selects on it and ends: the
// drain waits for it. Ask anew for every stream.
func (m *Mode) Draining(a Access) <-chan struct{} { return m.gate.signal(a) }

// Snapshot returns what is known now, from memory.
func (m *Mode) Snapshot() *Snapshot { return m.gate.snapshot() }

// State returns the last document known, from memory. Its Level is the one that
// was ordered: outside of its window another one is in force. Ask Level for that.
func (m *Mode) State() State { return m.gate.current.Load().State }

// Level returns what is in force now, from memory. It is On also while nothing
// is admitted for another reason: see Snapshot.Trusted.
func (m *Mode) Level() Level { return m.Snapshot().InForce }

// Changed returns a channel that is closed as soon as a Snapshot may be another
// than now. Ask for it first and then look, and you miss no change.
func (m *Mode) Changed() <-chan struct{} { return m.gate.current.Load().ended }

// WorkLimit returns what the option of that name declares, and zero without it: what
// admits work in the name of others sees that it keeps to that.
func (m *Mode) WorkLimit() time.Duration { return m.options.limit }

// Done returns a channel that is closed once the Mode is closed.
func (m *Mode) Done() <-chan struct{} { return m.done }

// Status is a Snapshot, and how well the store confirms it.
type Status struct {
	Snapshot
	Confirmed time.Time // when the store was asked for the last answer that confirmed the state
	Held      int       // work that waits in Hold
	Watching  bool      // the store's pushes arrive; else polling alone follows
	Err       error     // why the store can't be reached; nil while it can
}

// Status returns how things stand, from memory: the age of the state is
// time.Since(Confirmed).
func (m *Mode) Status() Status {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.status
	s.Snapshot, s.Held = *m.Snapshot(), m.line.len()
	return s
}

// Fixed tells whether the level is set by configuration, by the store of that name, so
// that every save returns ErrFixed.
func (m *Mode) Fixed() bool {
	_, ok := m.store.(fixed)
	return ok
}

// Recognise registers a Recogniser, which is asked to name work that holds up a
// drain. A web framework's plugin adds its own. Work that none of them knows is
// guessed: goroutines in functions of the main module.
func (m *Mode) Recognise(r Recogniser) {
	m.finder.mu.Lock()
	defer m.finder.mu.Unlock()
	m.finder.recognisers = append(m.finder.recognisers, r)
}

// running names what a drain of the document in force waits for here, as the last look
// has found it. Renewals don't wait for the next one, which may take long in a process
// with very many goroutines.
func (m *Mode) running() []Running {
	t, _ := m.gate.count()
	found, due := m.finder.latest(t, t.level)
	if due {
		m.loops.Go(func() { m.finder.look(t, t.level) })
	}
	return found
}

// runningNow is running for where nobody is kept waiting.
func (m *Mode) runningNow(t tally, l Level) []Running {
	found, due := m.finder.latest(t, l)
	if due {
		m.finder.look(t, l)
		found, _ = m.finder.latest(t, l)
	}
	return found
}

// inFlight says what the work is of t that l refuses.
func (m *Mode) inFlight(t tally, l Level) string {
	text := inFlight(t.inFlight[Read], t.inFlight[Write]) + " in flight"
	if running := m.runningNow(t, l); len(running) > 0 {
		text += ": " + together(running)
	}
	return text
}
