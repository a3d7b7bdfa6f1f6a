package maintenance

import (
	"context"
	"crypto/rand"
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

// reconcile takes over a document that the store returned to a question, and
// returns the one then in place. Where the store has gone back, it is made to
// hold again what this process knows.
func (m *Mode) reconcile(ctx context.Context, s State, asked asked) (State, error) {
	m.mu.Lock()
	overtaken := m.takeovers != asked.takeovers
	switch {
	case s.Revision < m.least:
		m.mu.Unlock()
		return State{}, errBehind
	case m.takeovers == 0:
		m.takeOver(s)
	case s.ID == m.state.ID && s.Revision == m.state.Revision:
	case overtaken:
		// A push or a save came first: this answer may be the older one, whatever its
		// revision, which can come again after a loss.
		state := m.state
		m.mu.Unlock()
		m.kick()
		return state, nil
	case s.Revision > m.state.Revision && !m.held.has(s.ID):
		m.takeOver(s)
	case m.restorer == nil || !m.mayWriteBack():
		// Such a store loses nothing: somebody set it back. Or this process is no replica.
		defer m.options.logger.Warn("maintenance: the store went back; what it holds now counts",
			"from", m.state.Revision, "to", s.Revision)
		m.takeOver(s)
		if m.restorer != nil {
			m.held = heldIDs{} // else a replica that writes back would meet a document that was left
		}
	default:
		m.mu.Unlock()
		return m.restore(ctx, s, asked)
	}
	defer m.mu.Unlock()
	m.confirm(asked)
	return m.state, nil
}

// mayWriteBack tells whether this process may have a store that has gone back hold again
// what it knows. Who is no replica of a roster may only where that closes everything: no
// drain waits for it, so what it knows may be older than what was lost, and then it would
// hide the loss from those who join. It begins anew with what the store shows. The caller
// holds mu.
func (m *Mode) mayWriteBack() bool {
	_, kept := m.store.(Roster)
	listed := !kept || m.roster != nil && m.standing == serving
	return listed || m.state.Level == On && m.state.Start.IsZero() && m.state.End.IsZero()
}

// own tells whether a document that the store shows is none, or one that this process
// has obeyed before the one it knows. The caller holds mu.
func (m *Mode) own(stored State) bool {
	return stored.Revision == 0 || stored.ID == m.state.ID || m.held.has(stored.ID)
}

// heard takes over a document that the store has pushed. Pushes may be late, and
// a revision can come again after a loss: so a push may close the service, and
// what would open it only makes us ask.
func (m *Mode) heard(s State) {
	m.mu.Lock()
	m.status.Watching = true
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

// deaf notes that pushes no longer arrive, and asks for what was missed.
func (m *Mode) deaf() {
	m.mu.Lock()
	m.status.Watching = false
	m.mu.Unlock()
	m.kick()
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
	m.least = 0
	if m.standing == joining {
		m.standing = serving
	}
	if m.lease == nil || !m.lease.lapsed(time.Now()) { // else the answer took longer than it holds
		m.trusted = true
	}
}

// restore writes back what this process knows over a store that lost it. Over
// nothing, or over a document that it has left itself, its own stands. Over
// one that it does not know, a new document stands that covers both: nobody may
// be let in by a loss.
func (m *Mode) restore(ctx context.Context, stored State, asked asked) (State, error) {
	m.mu.Lock()
	mine := m.state
	own := m.own(stored)
	told := m.mending
	m.mending = true
	m.mu.Unlock()
	want := mine
	switch {
	case own && stored.Revision < mine.Revision:
		// Under its own revision, which Restore counts up to: a higher one would pass
		// for that of a later document where a survivor knows one.
		want.Revision--
	case !own:
		now := time.Now()
		if want = stored.covering(mine, now); mine.At(now) > stored.At(now) {
			want = mine.covering(stored, now)
		}
		want.ID = rand.Text()
	}
	if !told {
		m.options.logger.Error("maintenance: the store lost the state; writing it back",
			"lost", mine.Revision, "found", stored.Revision, "level", want.Level.String())
	}
	back, err := m.restorer.Restore(ctx, want, stored)
	if err != nil { // a conflict: another survivor was faster, or somebody saved
		return State{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if back.Revision > m.state.Revision || back.Revision == m.state.Revision && back.ID == m.state.ID {
		m.takeOver(back)
		m.confirm(asked)
	} else {
		m.kick() // overtaken, as above
	}
	return m.state, nil
}

// heldIDs remembers the documents that a Mode has left, the latest ones: a
// store that shows one of them again has lost what came after.
type heldIDs struct {
	ids  [64]string
	next int
}

func (h *heldIDs) add(id string) {
	h.ids[h.next%len(h.ids)] = id
	h.next++
}

func (h *heldIDs) has(id string) bool {
	if id == "" {
		return false
	}
	for _, held := range h.ids {
		if held == id {
			return true
		}
	}
	return false
}

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
		next.idle[a] = m.trusted && m.standing != serving && !next.refuses[a]
	}
	if next.refuses == [classes]bool{} {
		m.admits()
	}
	old := m.gate.current.Load()
	if old != nil && old.terms == next {
		return
	}
	m.gate.switchTo(&epoch{terms: next})
	if old != nil {
		m.announce(old.Snapshot, next.Snapshot)
	}
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
	confirmed, serves := m.status.Confirmed, m.standing == serving
	m.mu.Unlock()
	if lapsed && serves {
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
