package maintenance

import "time"

// Snapshot is what a Mode knows at one moment. Its parts belong together: take
// one for each decision and hand it on, rather than ask the Mode twice.
type Snapshot struct {
	State     State // the last document known; its Level may not be the one in force
	InForce   Level // what is refused now
	Announced bool  // nothing is refused yet, and State.Start says from when on
	Trusted   bool  // State decides what is in force; false before the first load, with the lease run out, struck from the roster, or closed
}

// Snapshot returns what is known now, from memory and without an allocation.
func (m *Mode) Snapshot() Snapshot {
	e := m.gate.current.Load()
	return e.snapshot(e.lapsed())
}

// Snapshot returns what the gate knew when it decided about this work. The zero
// Ticket has the zero Snapshot.
func (t Ticket) Snapshot() Snapshot {
	if t.epoch == nil {
		return Snapshot{}
	}
	return t.epoch.snapshot(t.lapsed)
}

// lapsed tells whether the epoch admits nothing because its lease has run out;
// the timer that ends it may be late.
func (e *epoch) lapsed() bool { return e.lease != nil && e.Trusted && e.lease.lapsed(time.Now()) }

func (e *epoch) snapshot(lapsed bool) Snapshot {
	if lapsed {
		return Snapshot{State: e.State, InForce: On}
	}
	return e.Snapshot
}

// State returns the last document known, from memory. Its Level is the one that
// was ordered: outside of its window another one is in force. Ask Level for that.
func (m *Mode) State() State { return m.gate.current.Load().State }

// Level returns what is in force now, from memory. It is On also while nothing
// is admitted for another reason: see Snapshot.Trusted.
func (m *Mode) Level() Level { return m.Snapshot().InForce }

// Changed returns a channel that is closed as soon as a Snapshot may be another
// than now. Ask for it first and then look, and you miss no change.
func (m *Mode) Changed() <-chan struct{} { return m.gate.current.Load().ended }

// Status is a Snapshot, and how well the store confirms it.
type Status struct {
	Snapshot
	Confirmed time.Time // when the store was asked for the last answer that confirmed the state
	Watching  bool      // the store's pushes arrive; else polling alone follows
	Err       error     // why the store can't be reached; nil while it can
}

// Status returns how things stand, from memory: the age of the state is
// time.Since(Confirmed).
func (m *Mode) Status() Status {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.status
	s.Snapshot = m.Snapshot()
	return s
}
