package model

import (
	"cmp"
	"slices"
)

const (
	mostWindowReplicas = 2
	mostWindowSaves    = 2
)

// window is the model of a document with a Start and an End on machines whose
// clocks differ. Time is counted in ticks. Whoever looks at a clock at tick t
// reads anything from t to t + skew, and less at the next look than at the last
// if the clock was set. A timer fires at any time after its edge, or never; joins,
// loads and pushes are one step, since cluster.go shows that they may be.
type window struct {
	replicas int
	saves    int // of documents with the same window
	level    level
	classes  []access
	start    uint8 // the first tick within
	end      uint8 // the first tick after
	last     uint8 // where time ends
	skew     uint8 // the most by which two clocks differ

	// The mutants, each a rule left out.
	ownLevelNow      bool // Drain takes its own clock for what is in force elsewhere
	edgeGoesBack     bool // the phase follows the clock both ways
	endWithoutSkew   bool // Drain returns nil until its own clock shows End
	startWithoutSkew bool // Drain returns nil once its own clock shows Start
}

// windowState is the time, the store, and the replicas.
type windowState struct {
	tick     uint8
	saved    uint8 // the document in the store: 0 is Off, all later ones have the window
	replicas [mostWindowReplicas]windowReplica
	promises promises
}

func (w *window) initial() windowState { return windowState{} }

func (w *window) next(s windowState, step func(who, what string, to windowState)) {
	if s.tick < w.last {
		to := s
		to.tick++
		if to.tick+w.skew >= w.end { // the promise ends at End less the skew
			to.promises = 0
		}
		step("time", "goes on by a tick", to)
	}
	if int(s.saved) < w.saves {
		to := s
		to.saved++
		step("operator", "saves the window", to)
	}
	for i := range w.replicas {
		w.replica(s, i, step)
	}
	for clock := s.tick; clock <= s.tick+w.skew; clock++ {
		if w.proves(s, clock) {
			to := s
			to.promises = s.promises.with(w.level)
			step("observer", "looks at a snapshot: Drain returns nil", to)
			break
		}
	}
}

// proves tells whether Drain returns nil for the present snapshot, where the
// observer's clock shows clock.
func (w *window) proves(s windowState, clock uint8) bool {
	begun, ends := w.start+w.skew, w.end-w.skew
	if w.startWithoutSkew {
		begun = w.start
	}
	if w.endWithoutSkew {
		ends = w.end
	}
	if s.saved == 0 || clock < begun || clock >= ends {
		return false
	}
	for i := range w.replicas {
		r := s.replicas[i]
		if !r.open {
			continue
		}
		obeys := r.entry.document == s.saved && (r.entry.level == w.level || w.ownLevelNow)
		if !obeys || r.entry.work&refused(w.level) != 0 {
			return false
		}
	}
	return true
}

func (w *window) violation(s windowState) string {
	for _, r := range s.replicas {
		if (r.current|r.past)&s.promises.refused() != 0 {
			return "Drain returned nil, and work of a refused class is running"
		}
	}
	return ""
}

func (w *window) canonical(s windowState) windowState {
	slices.SortFunc(s.replicas[:w.replicas], func(a, b windowReplica) int { return cmp.Compare(a.key(), b.key()) })
	return s
}

func (w *window) goals() []goal[windowState] {
	return []goal[windowState]{
		{"Drain returned nil", func(s windowState) bool { return s.promises != 0 }},
		{"the window passed", func(s windowState) bool { return s.replicas[w.replicas-1].phase == after }},
		{"a replica opens while a promise holds", func(s windowState) bool { return s.promises != 0 && !s.replicas[0].open }},
		{"an edge passed early", func(s windowState) bool {
			r := s.replicas[w.replicas-1]
			return r.phase == within && s.tick < w.start
		}},
	}
}
