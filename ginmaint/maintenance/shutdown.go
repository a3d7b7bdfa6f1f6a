package maintenance

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// closeBound is how long Close waits for this process's own work.
const closeBound = 5 * time.Second

// Shutdown shuts the gate for good, waits until nothing that it admitted runs
// any more, and then strikes this process from the roster. Call it after
// http.Server.Shutdown.
//
// Where ctx ends first it returns ErrNotDrained joined with the context's error: work
// still runs, so the entry stays in the roster, where a drain goes on waiting for it
// until somebody forgets the replica. If the store can't be reached, the entry stays
// too, and the error says so. A function of OnChange that does not return before ctx
// ends is an error too. In each case the Mode is closed. A second call waits for the
// first and returns nil.
func (m *Mode) Shutdown(ctx context.Context) error {
	if !m.shut() {
		select {
		case <-m.ended: // by another call
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	defer close(m.ended)
	pending := m.awaitOwnWork(ctx)
	m.mu.Lock()
	m.logEnded()
	m.mu.Unlock()
	m.stop()
	m.loops.Wait()
	if pending != nil && m.roster != nil {
		pending = fmt.Errorf("%w; replica %s stays in the roster", pending, m.entryID())
	} else if pending == nil {
		pending = m.goodbye(ctx)
	}
	untold := m.awaitListeners(ctx)
	if m.log != nil {
		m.log.end()
	}
	if pending != nil {
		return pending
	}
	return untold
}

// Close is Shutdown with a bound of five seconds. Afterwards Enter admits
// nothing.
func (m *Mode) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeBound)
	defer cancel()
	return m.Shutdown(ctx)
}

// shut closes the gate for good, and reports whether it was open.
func (m *Mode) shut() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return false
	}
	m.closed = true
	for _, timer := range []*time.Timer{m.edge, m.lapse} {
		if timer != nil {
			timer.Stop()
		}
	}
	m.enforce()
	close(m.done)
	return true
}

func (m *Mode) isClosed() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.closed
}

// awaitOwnWork waits until nothing runs in this process from before the current
// epoch.
func (m *Mode) awaitOwnWork(ctx context.Context) error {
	for {
		t, left := m.gate.count()
		if t.clear(On) {
			return nil
		}
		select {
		case <-left:
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("%w: %s", ErrNotDrained, m.inFlight(t, On)), ctx.Err())
		}
	}
}

// goodbye strikes this process from the roster. Nothing of it runs any more.
func (m *Mode) goodbye(ctx context.Context) error {
	m.mu.Lock()
	tried, id, past, idles := m.renewals > 0, m.id, m.idleID, m.standing == idle
	m.mu.Unlock()
	if m.roster == nil || !tried {
		return nil
	}
	if past != "" {
		_ = m.roster.Remove(ctx, past) // it says that it is idle, so it goes once it is silent
	}
	err := m.roster.Remove(ctx, id)
	if err == nil || errors.Is(err, ErrUnlisted) {
		return nil
	}
	if idles {
		return fmt.Errorf("maintenance: replica %s stays in the roster; no drain waits for it, as it has admitted nothing, and another process removes it: %w", id, err)
	}
	return fmt.Errorf("maintenance: replica %s stays in the roster, a drain will name it until it is forgotten: %w", id, err)
}

// abandon undoes a begin that failed halfway.
func (m *Mode) abandon() {
	m.shut()
	m.stop()
	ctx, cancel := context.WithTimeout(context.Background(), longestAsking)
	defer cancel()
	if m.log != nil {
		m.log.end()
	}
	if err := m.goodbye(ctx); err != nil {
		m.options.logger.Warn("maintenance: the roster may still list a process that never served", "replica", m.entryID(), "error", oneLine(err))
	}
}
