package maintenance

import "time"

// Status is what a Mode knows of its own standing.
type Status struct {
	State     State
	Level     Level     // in force
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
	e := m.gate.current.Load()
	s.State, s.Level = e.state, e.level
	return s
}
