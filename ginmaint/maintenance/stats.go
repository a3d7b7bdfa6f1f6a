package maintenance

import (
	"slices"
	"time"
)

// Stats is what a Mode knows of itself in numbers, for a monitoring system: package
// metrics makes metrics for Prometheus of it. All of it comes from memory. What is
// counted is counted since Open.
//
// Requests are counted by the plugin for the web framework, and only while a level other
// than off is in force: off costs nothing, so it counts nothing. From the moment of a
// switch until the service is open again, Admitted, Exempt and Refused together are all
// requests that were decided. ForceOn, which refuses at each level, is always counted.
type Stats struct {
	Status
	Changed  time.Time         // when this process has begun to go by this Snapshot; on its own clock
	Changes  uint64            // of the Snapshot, as OnChange tells them
	Failures uint64            // questions that the store has not answered
	Reads    int64             // that were admitted and have not ended
	Writes   int64             // likewise
	Draining time.Duration     // for how long work from before has been refused that still runs; zero: none runs
	Admitted uint64            // requests that the level admits, as read-only does with reads, and those that waited for it
	Exempt   map[string]uint64 // requests that the level refuses and a rule lets pass, by rule
	Refused  map[string]uint64 // requests that were refused, by rule
}

// Stats returns the numbers of this moment.
func (m *Mode) Stats() Stats {
	s := Stats{Status: m.Status(), Exempt: make(map[string]uint64), Refused: make(map[string]uint64)}
	m.mu.Lock()
	s.Changed, s.Changes, s.Failures = m.changed, m.changes, m.failures
	raised := m.raised
	contribute := slices.Clone(m.stats)
	m.mu.Unlock()
	for _, f := range contribute {
		f(&s)
	}
	running, before := m.gate.running()
	s.Reads, s.Writes = running[Read], running[Write]
	if !before.clear(s.InForce) {
		if raised.Before(before.since) {
			raised = before.since
		}
		s.Draining = time.Since(raised)
	}
	return s
}

// Contribute registers a function that adds to the Stats whenever somebody asks for
// them. A web framework's plugin adds what it counts.
func (m *Mode) Contribute(f func(*Stats)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stats = append(m.stats, f)
}

// running returns what was admitted and has not ended, in all epochs, and the part of it
// that is from before the current one.
func (g *gate) running() (all [classes]int64, before tally) {
	before, _ = g.count()
	e := g.current.Load()
	for a := range all {
		all[a] = before.inFlight[a] + e.inFlight(Access(a))
	}
	return all, before
}
