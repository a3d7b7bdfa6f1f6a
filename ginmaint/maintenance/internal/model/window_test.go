package model

import "slices"

const (
	mostWindowReplicas = 2
	mostWindowSaves    = 2
)

// window is the model of documents with a Start and an End on machines whose
// clocks differ. Time is counted in ticks. Whoever looks at a clock at tick t
// reads anything from t to t + skew, and less at the next look than at the last
// if the clock was set. A timer fires at any time after its edge, or never; joins,
// loads and renewals' answers are one step, since the model of the cluster shows
// that they may be. A push may bring any document that was ever saved.
type window struct {
	replicas int
	saves    int
	level    level
	classes  []access
	spans    []span // that may be saved
	again    bool   // a save may set the revision back; then no clock is set back
	last     uint8  // where time ends
	skew     uint8  // the most by which two clocks differ
	plain    bool   // states are told apart even where the difference can't matter

	// The mutants, each a rule left out.
	ownLevelNow      bool // Drain takes its own clock for what is in force elsewhere
	edgeGoesBack     bool // the phase follows the clock both ways
	endWithoutSkew   bool // Drain returns nil until its own clock shows End
	startWithoutSkew bool // Drain returns nil once its own clock shows Start
	pushUncovered    bool // a push is taken over also where it ends sooner, or begins later
}

// span is a window: the first tick within and the first after. An end of zero is
// none.
type span struct{ start, end uint8 }

// windowState is the time, the store, and the replicas. Document 0 is the zero
// State.
type windowState struct {
	tick      uint8
	saved     uint8                      // the document in the store
	spans     [mostWindowSaves + 2]uint8 // of each document: 0 is Off, else the place in spans and 1
	revisions [mostWindowSaves + 2]uint8 // likewise
	replicas  [mostWindowReplicas]windowReplica
	promises  promises
}

func (w *window) initial() windowState {
	var s windowState
	if w.again { // so that a revision can come again, one must have been there
		s.saved, s.revisions[1] = 1, 1
	}
	return s
}

// of returns the level and the window of a document.
func (w *window) of(s windowState, document uint8) (level, span) {
	if at := s.spans[document]; at > 0 {
		return w.level, w.spans[at-1]
	}
	return off, span{}
}

func (w *window) next(s windowState, step func(who, what string, to windowState)) {
	if s.tick < w.last {
		to := s
		to.tick++
		if _, span := w.of(s, s.saved); span.end > 0 && to.tick+w.skew >= span.end { // the promise ends at End less the skew
			to.promises = 0
		}
		step("time", "goes on by a tick", to)
	}
	w.save(s, step)
	for i := range w.replicas {
		w.replica(s, i, step)
	}
	for clock := s.tick; clock <= s.tick+w.skew; clock++ {
		if w.judge(s, clock) {
			to := s
			to.promises = s.promises.with(w.level)
			step("Drain", "looks at a listing: returns nil", to)
			break
		}
	}
}

// save puts a document with some window into the store. Another window than the one
// before takes the promises back.
func (w *window) save(s windowState, step func(who, what string, to windowState)) {
	first := w.initial().saved
	if int(s.saved-first) >= w.saves {
		return
	}
	for i := range w.spans {
		to := s
		to.saved++
		to.spans[to.saved] = uint8(i + 1)
		if to.spans[to.saved] != s.spans[s.saved] {
			to.promises = 0
		}
		next := s.revisions[s.saved] + 1
		to.revisions[to.saved] = next
		step("operator", spanNames[i], to)
		for rev := next - 1; w.again && rev > 0; rev-- {
			to.revisions[to.saved] = rev
			step("operator", spanAgainNames[i], to)
		}
	}
}

var (
	spanNames      = [...]string{"saves the window", "saves the other window"}
	spanAgainNames = [...]string{"saves the window, with a revision that comes again", "saves the other window, with a revision that comes again"}
)

// judge tells whether a listing proves that the document is obeyed, where the
// observer's clock shows clock.
func (w *window) judge(s windowState, clock uint8) bool {
	level, span := w.of(s, s.saved)
	begins, ends := span.start+w.skew, span.end-w.skew
	if w.startWithoutSkew || span.start == 0 {
		begins = span.start
	}
	if w.endWithoutSkew {
		ends = span.end
	}
	if level == off || clock < begins || span.end > 0 && clock >= ends {
		return false
	}
	for i := range w.replicas {
		r := s.replicas[i]
		if !r.open {
			continue
		}
		obeys := r.entry.document == s.saved && (r.entry.level == level || w.ownLevelNow)
		if !obeys || r.entry.work&refused(level) != 0 {
			return false
		}
	}
	return true
}

func (w *window) violation(s windowState) string {
	for _, r := range s.replicas {
		if (r.current|r.past)&s.promises.refused() != 0 {
			return broken
		}
	}
	return ""
}

func (w *window) canonical(s windowState) windowState {
	for i := range s.replicas {
		r := &s.replicas[i]
		if r.clock <= s.tick && !w.plain { // less is never shown
			r.clock = 0
		}
		if !w.again && !w.plain { // then only a newer document is taken over
			r.held = 0
		}
	}
	slices.SortFunc(s.replicas[:w.replicas], order)
	return s
}

func (w *window) goals() []goal[windowState] {
	some := func(is func(s windowState, r windowReplica) bool) func(windowState) bool {
		return func(s windowState) bool {
			return slices.ContainsFunc(s.replicas[:w.replicas], func(r windowReplica) bool { return is(s, r) })
		}
	}
	return []goal[windowState]{
		{"Drain returned nil", func(s windowState) bool { return s.promises != 0 }},
		{"the window passed", some(func(_ windowState, r windowReplica) bool { return r.phase == after })},
		{"a replica starts while a promise holds", some(func(s windowState, r windowReplica) bool {
			return s.promises != 0 && !r.open
		})},
		{"an edge is passed early", some(func(s windowState, r windowReplica) bool {
			_, span := w.of(s, r.document)
			return r.phase == within && s.tick < span.start
		})},
	}
}
