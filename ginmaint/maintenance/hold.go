package maintenance

import (
	"context"
	"time"
)

// Hold enters as Enter does, and lets work that is refused wait: until the level
// falls, and no longer than State.Hold of the document in force, counted from this
// call. Work that waits holds no ticket, so no drain waits for it. What has waited is
// let in by the order of arrival, over a moment: a thousand in one second, not in one
// instant. It returns false where the time is over, the document names none, the
// context has ended or the Mode is closed.
//
// The caller bounds how much waits at the same time. A worker, which can wait for as
// long as it takes, calls Wait.
func (m *Mode) Hold(ctx context.Context, a Access) (Ticket, bool) {
	return m.HoldSince(ctx, a, time.Now())
}

// HoldSince is Hold for work that has waited before, for its input, say: the time is
// counted from began.
func (m *Mode) HoldSince(ctx context.Context, a Access, began time.Time) (Ticket, bool) {
	if !m.joins(ctx, a) {
		return Ticket{epoch: m.gate.current.Load()}, false
	}
	t, ok := m.gate.enter(a)
	if ok || t.epoch.hold() == 0 {
		return t, ok
	}
	m.want()
	place := m.line.join()
	defer m.line.leave(place)
	for {
		e := m.gate.current.Load()
		over := began.Add(e.hold())
		until := over
		if !e.refuses[a] {
			until = m.line.turn(place, e)
		}
		lasts := e.lasts(ctx, m.done, until)
		if ctx.Err() != nil || m.isClosed() {
			return Ticket{epoch: e}, false
		}
		if !lasts {
			continue
		}
		if t, ok = m.gate.enter(a); ok || !time.Now().Before(over) {
			return t, ok
		}
		e.lasts(ctx, m.done, over) // its lease has run out, so it ends soon
	}
}

// hold is how long work waits that these terms refuse. A level that no document has
// ordered, as before the first load, holds nothing.
func (t *terms) hold() time.Duration {
	if t.State.Level == Off {
		return 0
	}
	return t.State.Hold
}

// lasts waits until then, and tells whether the epoch has not ended before, nor the
// context or the Mode.
func (e *epoch) lasts(ctx context.Context, done <-chan struct{}, until time.Time) bool {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-e.ended:
	case <-ctx.Done():
	case <-done:
	}
	return false
}
