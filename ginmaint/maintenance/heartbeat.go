package maintenance

import "context"

// renew renews our entry with what the gate says now, and takes over the
// document that comes back in the same round trip.
func (m *Mode) renew(ctx context.Context) error {
	_, err := m.inquire(ctx, true, func(ctx context.Context) (State, error) {
		t, _ := m.gate.count()
		m.mu.Lock()
		entry := m.entry(t)
		m.mu.Unlock()
		s, err := m.roster.Renew(ctx, entry)
		if err == nil {
			m.mu.Lock()
			m.told = t
			m.mu.Unlock()
		}
		return s, err
	})
	return err
}

// hasNews tells whether the roster should hear at once: another epoch, or the
// last work gone that its level refuses.
func (m *Mode) hasNews() bool {
	if m.roster == nil {
		return false
	}
	t, _ := m.gate.count()
	m.mu.Lock()
	defer m.mu.Unlock()
	if t.document != m.told.document || t.level != m.told.level {
		return true
	}
	for a, n := range t.inFlight {
		if n == 0 && m.told.inFlight[a] != 0 {
			return true
		}
	}
	return false
}

// entry is what the roster is told. The caller holds mu.
func (m *Mode) entry(t tally) Replica {
	m.renewals++
	return Replica{
		ID:          m.id,
		Name:        m.options.name,
		Document:    t.document,
		Level:       t.level,
		Reads:       t.inFlight[Read],
		Writes:      t.inFlight[Write],
		Since:       t.since.UTC(),
		Renewals:    m.renewals,
		Lease:       m.options.lease,
		FailsClosed: m.options.closes,
		Incarnation: m.incarnation,
	}
}
