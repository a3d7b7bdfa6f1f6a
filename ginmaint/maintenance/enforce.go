package maintenance

import "time"

// enforce brings the gate in line with what is known. The caller holds mu.
func (m *Mode) enforce() {
	next := terms{Snapshot: Snapshot{State: m.state, InForce: On}, lease: m.lease}
	now := time.Now()
	switch {
	case m.trusted:
		m.phase = max(m.phase, m.state.phaseAt(now))
		next.document = m.state.ID
		next.obeys = m.phase.level(m.state)
		next.InForce = next.obeys
		next.Announced = m.phase == before && m.state.Level != Off
		next.Trusted = true
		m.armEdge(now)
	case m.options.fallback != nil && m.takeovers == 0:
		next.InForce = *m.options.fallback
		next.lease = nil
	}
	if m.closed {
		next.InForce, next.Announced, next.Trusted = On, false, false
	}
	for a := range next.refuses {
		next.refuses[a] = m.options.observer || next.InForce.Refuses(Access(a))
	}
	if old := m.gate.current.Load(); old != nil && old.terms == next {
		return
	}
	m.gate.switchTo(&epoch{terms: next})
}

// armEdge has the window's next edge flipped by a timer. The caller holds mu.
func (m *Mode) armEdge(now time.Time) {
	if m.edge != nil {
		m.edge.Stop()
	}
	at, ok := m.state.nextEdge(now)
	if !ok || m.closed {
		return
	}
	m.edge = time.AfterFunc(at.Sub(now), m.recheck)
}

// recheck flips a window's edge, or shuts the gate of a lease that ran out.
func (m *Mode) recheck() {
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return
	}
	lapsed := m.lease != nil && m.trusted && m.lease.lapsed(time.Now())
	if lapsed {
		m.trusted = false
	}
	m.enforce()
	confirmed := m.status.Confirmed
	m.mu.Unlock()
	if lapsed {
		m.options.logger.Error("maintenance: nothing is admitted, the store has not confirmed the state for the length of the lease",
			"lease", m.options.lease, "confirmed", confirmed)
	}
}

// armLapse has the gate shut by a timer once the lease has run out, so that
// streams are told; the gate itself looks at the clock besides, since timers
// are late in a process that was paused. The caller holds mu.
func (m *Mode) armLapse(renewed time.Time) {
	left := time.Until(renewed.Add(m.lease.length)) + time.Millisecond
	switch {
	case m.closed:
	case m.lapse == nil:
		m.lapse = time.AfterFunc(left, m.recheck)
	default:
		m.lapse.Reset(left)
	}
}
