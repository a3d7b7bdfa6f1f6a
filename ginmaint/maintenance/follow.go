package maintenance

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// follow asks the store at every poll, and at once when there is something to
// tell or to fetch. One goroutine, so one round trip at a time.
func (m *Mode) follow(ctx context.Context) {
	defer m.loops.Done()
	outage := outage{
		logger: m.options.logger,
		begins: "the store can't be asked for the state; the last one known stays",
		ends:   "the store answers",
	}
	ticker := time.NewTicker(m.options.poll)
	defer ticker.Stop()
	for {
		err := m.sync(ctx)
		if ctx.Err() != nil {
			return
		}
		outage.note(err)
		m.mu.Lock()
		m.status.Err = err
		m.mu.Unlock()
		m.recheck()
		if err != nil {
			// Spread, so that a thousand replicas don't return in step to a store
			// that just came back; and soon, however long the poll is, since a
			// drain elsewhere gives survivors of a loss only so much time.
			rest := min(m.options.poll, longestRest)
			if pause(ctx, rest/2+rand.N(rest)) != nil {
				return
			}
			continue
		}
		if !m.idle(ctx, ticker.C) {
			return
		}
	}
}

// idle waits until the store should be asked again, and returns false once the
// context has ended.
func (m *Mode) idle(ctx context.Context, tick <-chan time.Time) bool {
	for {
		_, left := m.gate.count() // before the news: what leaves after it closes the channel
		if m.hasNews() {
			return true
		}
		select {
		case <-left:
		case <-m.kicked:
			return true
		case <-tick:
			return true
		case <-ctx.Done():
			return false
		}
	}
}

// sync is one heartbeat.
func (m *Mode) sync(ctx context.Context) error {
	if m.roster == nil {
		_, err := m.load(ctx)
		return err
	}
	if !m.isPresent() {
		return m.begin(ctx)
	}
	err := m.renew(ctx)
	if errors.Is(err, ErrUnlisted) {
		m.options.logger.Warn("maintenance: the roster does not list this replica any more; it admits nothing until it has joined again",
			"replica", m.id)
		return m.begin(ctx)
	}
	return err
}

// kick has the follower ask the store now.
func (m *Mode) kick() {
	select {
	case m.kicked <- struct{}{}:
	default:
	}
}

// pause waits, or returns the context's error.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
