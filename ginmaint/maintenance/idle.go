package maintenance

import (
	"context"
	"crypto/rand"
	"errors"
)

// standing is how far a Mode has come on its way to admit work.
//
// One that has admitted nothing yet is idle: its entry says so, no drain waits for it,
// and anybody may remove it. To the promise it is no replica, but somebody who reads the
// document. The first work that asks makes it one, by the same steps as a process that
// starts: an entry is committed, the document of then is loaded and taken over, and only
// then the gate opens. That entry has an ID of its own, so that a renewal of the idle one
// which arrives late can't replace it.
type standing uint8

const (
	idle    standing = iota // the entry counts for nothing
	joining                 // work waits until the entry that counts is there, and the document loaded
	serving                 // the gate goes by the document
)

// Enter asks for a unit of work to begin, and returns whether it may. It costs neither
// a lock nor an allocation, and waits once in the life of a Mode: the first work that
// the document lets in has the process join the roster. That takes four round trips to
// the store, and where the roster is new as long as Open may wait. Where the store does
// not answer, that work is refused like all that follows until it does; so don't ask for
// the first time while you hold the only connection to it.
//
// Work that was admitted ends with the Ticket's Leave, in whatever way it ends: defer it.
// For work that was refused return ErrRefused.
func (m *Mode) Enter(a Access) (Ticket, bool) { return m.gate.enter(a) }

// joins has an idle process join for work that may wait, and tells whether it has been
// waited for that until ctx ends.
func (m *Mode) joins(ctx context.Context, a Access) bool {
	for {
		e := m.gate.current.Load()
		if !e.idle[a] {
			return true
		}
		m.want()
		select {
		case <-e.ended:
		case <-ctx.Done():
			return false
		}
	}
}

// awaitServing has an idle process join, and waits until that is decided: by the store's
// answer, by a store that does not answer, by another document or by Shutdown.
func (m *Mode) awaitServing(e *epoch) {
	m.want()
	<-e.ended
}

// want has the follower make an idle process one that serves: for work that would be let
// in, and for work that waits until it is.
func (m *Mode) want() {
	m.mu.Lock()
	wanted := m.standing == idle
	m.wanted = m.wanted || wanted
	m.mu.Unlock()
	if wanted {
		m.kick()
	}
}

// arrive makes an idle process that work has asked one that serves, and returns false
// where there is nothing to do. It keeps what it knows of the document: the load that
// follows brings a later one, or shows that the store has lost it. The gate stays shut
// without a word to those who wait until that is decided.
func (m *Mode) arrive(ctx context.Context) (arrived bool, err error) {
	m.mu.Lock()
	arrived = m.standing == idle && m.wanted
	if arrived {
		m.startJoining()
	}
	m.mu.Unlock()
	if arrived {
		err = m.begin(ctx)
	}
	return arrived, err
}

// startJoining has the next entry be one that counts, and that belonged to no roster
// before. The caller holds mu.
func (m *Mode) startJoining() {
	m.standing, m.present, m.incarnation = joining, false, ""
	m.idleID, m.id = m.id, rand.Text()
}

// turnAway refuses what waits for this process to join, where the store does not answer:
// the gate is shut as for every replica that is not listed, until a later answer opens it.
// The caller holds mu.
func (m *Mode) turnAway() {
	if m.trusted && (m.standing == joining || m.standing == idle && m.wanted) {
		m.trusted = false
		m.enforce()
	}
}

// joined returns the incarnation of the roster that this process has joined last.
func (m *Mode) joined() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.incarnation
}

// entryID returns the ID of the entry that this process has in the roster.
func (m *Mode) entryID() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.id
}

// part removes the entry that this process had while it was idle. Where the store does
// not answer it is tried again later: by succeed, or by Shutdown.
func (m *Mode) part(ctx context.Context) {
	m.mu.Lock()
	id := m.idleID
	m.mu.Unlock()
	if id == "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, m.options.roundTrip())
	defer cancel()
	if err := m.roster.Remove(ctx, id); err != nil && !errors.Is(err, ErrUnlisted) {
		m.options.logger.Debug("maintenance: the idle entry of this process stays for now", "replica", id, "error", oneLine(err))
		return
	}
	m.mu.Lock()
	m.idleID = ""
	m.mu.Unlock()
}

// hasExpired tells whether the process is silent that has this idle entry, by the
// store's clock: where it lives after all it puts itself back, so nothing is lost by a
// clock that is wrong.
func (r Replica) hasExpired() bool { return r.Idle && outlasts(r.Silent, r.Lease, margin) }
