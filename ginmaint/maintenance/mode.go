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
	id       string // in the roster

	gate  gate
	lease *lease // nil: goes on with the last known state for as long as it takes

	mu          sync.Mutex // guards all below
	state       State      // the last document known
	phase       phase      // how far its window has gone
	held        heldIDs    // documents that were left
	takeovers   uint64     // grows with every document taken over
	trusted     bool       // a document is known, and where there is a roster, it lists us
	closed      bool
	edge        *time.Timer // the window's next edge
	lapse       *time.Timer // the end of the lease
	mending     bool        // a lost document is being written back, and the log says so
	present     bool        // the last entry was answered, and not refused since
	told        tally
	renewals    uint64
	incarnation string // of the roster joined last
	status      Status

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
	m.restorer, _ = store.(Restorer)
	if !o.observer {
		m.roster, _ = store.(Roster)
	}
	if o.closes {
		m.lease = &lease{length: o.lease}
	}
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
	}
	m.loops.Add(2)
	go m.follow(follow)
	go m.watch(follow)
	return m, nil
}

// abandon undoes a begin that failed halfway.
func (m *Mode) abandon() {
	m.shut()
	m.stop()
	ctx, cancel := context.WithTimeout(context.Background(), longestAsking)
	defer cancel()
	if err := m.goodbye(ctx); err != nil {
		m.options.logger.Warn("maintenance: the roster may still list a process that never served", "replica", m.id, "error", oneLine(err))
	}
}

// Enter asks for a unit of work to begin, and returns whether it may. It never
// waits, and costs neither a lock nor an allocation. Work that was admitted
// ends with the Ticket's Leave, in whatever way it ends: defer it. For work that
// was refused return ErrRefused.
func (m *Mode) Enter(a Access) (Ticket, bool) { return m.gate.enter(a) }

// Wait enters as soon as work of class a may begin. It returns the context's
// error, or ErrClosed once the Mode is closed.
func (m *Mode) Wait(ctx context.Context, a Access) (Ticket, error) {
	for {
		e := m.gate.current.Load()
		if t, ok := m.gate.enter(a); ok {
			return t, nil
		}
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
