package model

// waiter is a drain of one process: it sums the counters of all past epochs one
// after the other, while requests come and go, and sleeps between two passes.
// One that has returned may begin again, so any number of drains follow each
// other.
type waiter struct {
	at       stage
	document uint8         // the epoch that it drains for
	epoch    uint8         // the past epoch whose counters it reads
	stripe   uint8         // the next to read
	access   access        // the next to read
	sum      [classes]int8 // of this epoch, so far
	pending  bool          // an epoch of this pass was not drained
}

type stage uint8

const (
	resting stage = iota // no drain
	summing              // reads the counters
	asleep               // a pass found work in flight
	summed               // a pass found none
)

// wait takes the next step of the waiter.
func (g *gate) wait(s gateState, step func(who, what string, to gateState)) {
	w := s.waiter
	to := s
	switch w.at {
	case resting:
		if g.levels[s.current] != off { // a drain at Off is an error
			g.begin(&to)
			step("drain", "begins with the current epoch", to)
		}
	case asleep:
		if s.signal {
			g.begin(&to)
			step("drain", "is woken and begins again", to)
		}
	case summing:
		g.readCounter(&to)
		step("drain", "reads a counter", to)
	case summed: // under the lock of Switch
		switch {
		case w.document == s.current:
			to.waiter = waiter{}
			to.promises = s.promises.with(g.levels[s.current])
			step("drain", "returns nil", to)
		case g.levels[s.current] >= g.levels[w.document]:
			g.begin(&to)
			step("drain", "goes on with the next document", to)
		default:
			to.waiter = waiter{}
			step("drain", "returns ErrChanged", to)
		}
	}
}

// begin starts a pass. The signal is taken before the first counter is read, so
// that whoever leaves after that wakes the waiter again.
func (g *gate) begin(s *gateState) {
	s.signal = false
	s.waiter = waiter{at: summing, document: s.current}
	if g.lastPastOnly {
		s.waiter.epoch = s.current - 1
	}
	g.skipForgotten(s)
}

// readCounter reads one counter, and at the last of an epoch decides about it.
func (g *gate) readCounter(s *gateState) {
	w := &s.waiter
	w.sum[w.access] += s.inFlight[w.epoch][w.stripe][w.access]
	if w.access++; w.access < classes {
		return
	}
	w.access = 0
	if w.stripe++; w.stripe < stripes {
		return
	}
	w.stripe = 0
	if w.sum[write] == 0 && (w.sum[read] == 0 || g.forgetWithoutRead) && !g.waitGroup {
		s.forgotten |= 1 << w.epoch
	}
	for _, a := range []access{read, write} {
		if w.sum[a] != 0 && g.levels[w.document].Refuses(a) {
			w.pending = true
		}
		w.sum[a] = 0
	}
	w.epoch++
	g.skipForgotten(s)
}

// skipForgotten moves on to the next past epoch that is still kept, and ends the
// pass behind the last.
func (g *gate) skipForgotten(s *gateState) {
	w := &s.waiter
	for w.epoch < w.document && s.forgotten&(1<<w.epoch) != 0 {
		w.epoch++
	}
	if w.epoch < w.document {
		return
	}
	w.epoch = 0
	if w.pending {
		*w = waiter{at: asleep}
	} else {
		*w = waiter{at: summed, document: w.document}
	}
}

func (g *gate) goals() []goal[gateState] {
	goals := []goal[gateState]{
		{"a drain returned nil", func(s gateState) bool { return s.promises != 0 }},
		{"a drain sleeps", func(s gateState) bool { return s.waiter.at == asleep }},
		{"a request backs out", func(s gateState) bool { return s.requests[g.requests-1].at == backingOut }},
		{"an epoch is forgotten", func(s gateState) bool { return s.forgotten != 0 }},
	}
	if g.streams {
		goals = append(goals, goal[gateState]{"a stream holds a drain up", func(s gateState) bool {
			return s.waiter.at == asleep && s.requests[g.requests-1].at == listening
		}})
	}
	return goals
}
