package maintenance

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"
)

// Change tells what this process obeyed before, and what it obeys now: another
// document, or another level of the same one. Of several that a listener is told,
// each begins where the one before has ended.
type Change struct {
	Before, After Snapshot
	Origin        Origin
	Skipped       int // changes between Before and After that this listener is not told one by one
}

// Origin is what has brought a Change about.
type Origin uint8

// The origins.
const (
	Opened    Origin = iota // the first document that this process knows; Before has none
	Here                    // an order that was given by this Mode
	Elsewhere               // another process, an edit, or the repair of a store that had lost the document
	Clock                   // the window has begun or ended
	Trust                   // the document stays; whether it decides (Snapshot.Trusted) has changed
)

var originNames = [...]string{"opened", "here", "elsewhere", "clock", "trust"}

// String returns "opened", "here", "elsewhere", "clock" or "trust".
func (o Origin) String() string {
	if int(o) < len(originNames) {
		return originNames[o]
	}
	return fmt.Sprintf("Origin(%d)", uint8(o))
}

// MarshalText implements encoding.TextMarshaler.
func (o Origin) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// OnChange calls f for every change that this process takes over, in order, the first
// document included: to pause consumers, set a feature flag, or tell people. It is
// called on every replica. If one of them should act for all, let it be the one with
// the Origin Here. The option can be given several times.
//
// Each function has a goroutine and a queue of its own, so the gate waits for none. One
// that is slow delays only itself: up to 1000 changes wait for it, and those beyond are
// joined to the last one, which counts them in Skipped. One that panics is logged, and
// called again for the next change.
//
// The revisions rise by one from change to change. Where they rise by more, a push was
// lost, or a switch followed before this process had asked for the one that opens: it
// knows of what lay in between as little as its gate did. They may fall where a store has
// lost the document.
//
// Shutdown and Close are no change. They end when the function has been told what was
// taken over before, so don't call them in it. Other methods of the Mode may be called.
func OnChange(f func(Change)) Option {
	return func(o *options) { o.listeners = append(o.listeners, f) }
}

// mostQueued is how many changes wait for one listener: about 1 MB.
const mostQueued = 1000

// listener hands changes to one function, from a goroutine that lives as long as there
// are some.
type listener struct {
	told   func(Change)
	logger *slog.Logger

	mu    sync.Mutex
	queue []Change
	idle  chan struct{} // closed when the queue is empty and the function has returned; nil: it is
}

// add queues a change. It never waits for the function.
func (l *listener) add(c Change) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) == mostQueued {
		last := &l.queue[mostQueued-1]
		last.After, last.Origin = c.After, c.Origin
		last.Skipped++
		return
	}
	l.queue = append(l.queue, c)
	if l.idle == nil {
		l.idle = make(chan struct{})
		go l.run()
	}
}

// run tells what is queued. A function that ends its goroutine, as a test's FailNow
// does, gets another one.
func (l *listener) run() {
	returned := false
	defer func() {
		if !returned {
			go l.run()
		}
	}()
	for {
		c, ok := l.next()
		if !ok {
			returned = true
			return
		}
		l.tell(c)
	}
}

func (l *listener) next() (c Change, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) == 0 {
		close(l.idle)
		l.queue, l.idle = nil, nil
		return Change{}, false
	}
	c = l.queue[0]
	l.queue = l.queue[1:]
	return c, true
}

func (l *listener) tell(c Change) {
	defer func() {
		if p := recover(); p != nil {
			l.logger.Error("maintenance: a function of OnChange has panicked; it is called again for the next change",
				"panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		}
	}()
	l.told(c)
}

// drop forgets what is queued.
func (l *listener) drop() (dropped int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	dropped = len(l.queue)
	l.queue = nil
	return dropped
}

// finished returns a channel that is closed when all was told.
func (l *listener) finished() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.idle == nil {
		closed := make(chan struct{})
		close(closed)
		return closed
	}
	return l.idle
}

// listen prepares those who are told of changes: the functions of OnChange, and the log
// of a replica.
func (m *Mode) listen() {
	functions := m.options.listeners
	if !m.options.observer {
		m.log = &changeLog{logger: m.options.logger, replica: m.options.name}
		functions = append([]func(Change){m.log.note}, functions...)
	}
	for _, f := range functions {
		m.listeners = append(m.listeners, &listener{told: f, logger: m.options.logger})
	}
}

// announce queues a change of what the gate goes by. The caller holds mu, so the
// changes have the order of the epochs.
func (m *Mode) announce(before, after Snapshot) {
	if before == after || m.closed {
		return
	}
	m.changes++
	m.changed = time.Now()
	if after.InForce > before.InForce {
		m.raised = m.changed
	}
	c := Change{Before: before, After: after, Origin: Trust}
	switch {
	case !m.announced && m.takeovers > 0:
		m.announced = true
		c.Origin = Opened
	case before.State.ID == after.State.ID && before.State.Revision == after.State.Revision:
		if before.Trusted == after.Trusted {
			c.Origin = Clock
		}
	case m.orders.hold(after.State):
		c.Origin = Here
	default:
		c.Origin = Elsewhere
	}
	for _, l := range m.listeners {
		l.add(c)
	}
}

// awaitListeners waits until all have been told what was taken over. Where the context
// ends first, the rest is dropped.
func (m *Mode) awaitListeners(ctx context.Context) error {
	for _, l := range m.listeners {
		select {
		case <-l.finished():
			continue
		default:
		}
		select {
		case <-l.finished():
		case <-ctx.Done():
			dropped := 0
			for _, l := range m.listeners {
				dropped += l.drop()
			}
			return errors.Join(fmt.Errorf("maintenance: a function of OnChange has not returned, and %d changes were not told", dropped), ctx.Err())
		}
	}
	return nil
}

// ownOrders remembers the last orders that this process has tried to save, so that it
// knows them again: a push may be faster than the store's answer, which gives the ID.
type ownOrders struct {
	ids  [16]string
	next int
}

// add notes an order that is about to be saved.
func (o *ownOrders) add(s State) {
	o.ids[o.next%len(o.ids)] = s.digest() + s.work + s.passes
	o.next++
}

// hold tells whether s is one of them.
func (o *ownOrders) hold(s State) bool {
	id := s.digest() + s.work + s.passes
	for _, own := range o.ids {
		if own == id {
			return true
		}
	}
	return false
}
