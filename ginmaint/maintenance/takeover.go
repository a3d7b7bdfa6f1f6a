package maintenance

import (
	"context"
	"errors"
	"time"
)

// asked is what was known when a question was sent to the store.
type asked struct {
	at        time.Time
	takeovers uint64
	opens     bool // the answer confirms that we may serve
}

// load asks for the document, takes it over, and returns the one then in
// place.
func (m *Mode) load(ctx context.Context) (State, error) {
	return m.inquire(ctx, m.roster == nil, m.store.Load)
}

// inquire puts a question to the store, takes over the document that comes
// back, and returns the one then in place. Only an answer that opens renews
// the lease and opens a gate that was shut: where there is a roster, that is
// the answer to a renewal, which says at the same moment that we are listed.
func (m *Mode) inquire(ctx context.Context, opens bool, question func(context.Context) (State, error)) (s State, err error) {
	ctx, cancel := context.WithTimeout(ctx, m.options.roundTrip())
	defer cancel()
	// A conflict: somebody saved while a lost state was written back.
	for range attempts {
		m.mu.Lock()
		asked := asked{time.Now(), m.takeovers, opens}
		m.mu.Unlock()
		if s, err = question(ctx); err != nil {
			return State{}, err
		}
		if s, err = m.reconcile(ctx, s, asked); !errors.Is(err, ErrConflict) {
			return s, err
		}
	}
	return s, err
}

// attempts bounds how often a change that meets a conflict is tried again.
const attempts = 16

// pushed takes over a document that the store sent on its own accord. Pushes
// may be late, and a revision can come again after a loss: so a push may close
// the service, and what would open it only makes us ask.
func (m *Mode) pushed(s State) {
	m.mu.Lock()
	closes := s.Level >= m.state.Level && s.covers(m.state, time.Now())
	news := closes && s.Revision > m.state.Revision && m.trusted && !m.held.has(s.ID)
	if news {
		m.takeOver(s)
		m.enforce()
	}
	m.mu.Unlock()
	if !news {
		m.kick()
	}
}

// reconcile takes over a document that the store returned to a question, and
// returns the one then in place. Where the store has gone back, it is made to
// hold again what this process knows.
func (m *Mode) reconcile(ctx context.Context, s State, asked asked) (State, error) {
	m.mu.Lock()
	overtaken := m.takeovers != asked.takeovers
	switch {
	case m.takeovers == 0, s.Revision > m.state.Revision && !m.held.has(s.ID):
		m.takeOver(s)
	case s.ID == m.state.ID && s.Revision == m.state.Revision:
	case overtaken:
		// A push or a save came first: this answer is the older one.
		state := m.state
		m.mu.Unlock()
		m.kick()
		return state, nil
	case m.restorer == nil:
		// Such a store loses nothing: somebody set it back.
		defer m.options.logger.Warn("maintenance: the store went back; what it holds now counts",
			"from", m.state.Revision, "to", s.Revision)
		m.takeOver(s)
	default:
		m.mu.Unlock()
		return m.restore(ctx, s, asked)
	}
	defer m.mu.Unlock()
	m.confirm(asked)
	return m.state, nil
}

// takeOver makes s the document known; enforce puts it in force. The caller
// holds mu.
func (m *Mode) takeOver(s State) {
	if s.ID != m.state.ID || m.takeovers == 0 {
		if m.state.ID != "" {
			m.held.add(m.state.ID)
		}
		m.phase = before
	}
	m.state = s
	m.takeovers++
}

// confirm renews the lease with a question that the store has answered, opens
// a gate that was shut, and puts in force what is known. The caller holds mu.
func (m *Mode) confirm(asked asked) {
	defer m.enforce()
	m.mending = false
	if !asked.opens {
		return
	}
	if asked.at.After(m.status.Confirmed) { // questions overlap: a later one may be answered first
		m.status.Confirmed = asked.at
		if m.lease != nil {
			m.lease.renewed.Store(&asked.at)
			m.armLapse(asked.at)
		}
	}
	if m.lease == nil || !m.lease.lapsed(time.Now()) { // else the answer took longer than it holds
		m.trusted = true
	}
}
