package model

import "slices"

// waiter is a drain of one process: count sums the counters of all past epochs one
// after the other, while requests come and go, and the drain sleeps between two
// counts. One that has returned may begin again, so any number of drains follow
// each other.
type waiter struct {
	at       stage
	document uint8         // the epoch that was current when the count began
	epoch    uint8         // the past epoch whose counters it reads
	stripe   uint8         // the next to read
	access   access        // the next to read
	sum      [classes]int8 // of this epoch, so far
	pending  bool          // in some epoch work runs that the document refuses
}

type stage uint8

const (
	resting  stage = iota // no drain
	counting              // count holds mu and reads the counters
	deaf                  // mutant channelLast: has found work, and has yet to take the channel
	asleep                // has found work, and waits for the channel
	clear                 // has found none
)

// drain takes the next step of the waiter.
func (g *gate) drain(s gateState, step func(who, what string, to gateState)) {
	to := s
	w := &to.waiter
	switch s.waiter.at {
	case resting:
		if g.levels[s.current] != off && !g.locked(s) { // a drain at Off is an error
			g.count(&to)
			step("Drain", "begins to count with the current epoch", to)
		}
	case asleep:
		if s.signal && !g.locked(s) {
			g.count(&to)
			step("Drain", "is woken and counts again", to)
		}
	case counting:
		g.readCounter(&to)
		step("Drain", "reads a counter", to)
	case deaf:
		w.at = asleep
		to.signal = false
		step("Drain", "takes the channel", to)
	case clear:
		switch {
		case w.document == s.current:
			*w = waiter{}
			to.promises = s.promises.with(g.levels[s.current])
			step("Drain", "returns nil", to)
		case g.levels[s.current] < g.levels[w.document]:
			*w = waiter{}
			step("Drain", "returns ErrChanged", to)
		case !g.locked(s):
			g.count(&to)
			step("Drain", "counts again for the next document", to)
		}
	}
}

// count begins. The channel that it returns is taken under the same lock, so
// whoever leaves after it was counted wakes the waiter.
func (g *gate) count(s *gateState) {
	if !g.channelLast {
		s.signal = false
	}
	s.waiter = waiter{at: counting, document: s.current}
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
	for _, a := range allClasses {
		if w.sum[a] == 0 && g.extends {
			s.sealed[a] |= 1 << w.epoch
		}
		if w.sum[a] != 0 && g.levels[w.document].Refuses(a) {
			w.pending = true
		}
	}
	if w.sum[write] == 0 && (w.sum[read] == 0 || g.forgetWithoutRead) && !g.waitGroup {
		s.forgotten |= 1 << w.epoch
	}
	w.sum = [classes]int8{}
	w.epoch++
	g.skipForgotten(s)
}

// skipForgotten moves on to the next past epoch that is still kept, and ends the
// count behind the last.
func (g *gate) skipForgotten(s *gateState) {
	w := &s.waiter
	for w.epoch < w.document && s.forgotten&(1<<w.epoch) != 0 {
		w.epoch++
	}
	switch {
	case w.epoch < w.document:
	case !w.pending:
		*w = waiter{at: clear, document: w.document}
	case g.channelLast:
		*w = waiter{at: deaf}
	default:
		*w = waiter{at: asleep}
	}
}

func (g *gate) goals() []goal[gateState] {
	some := func(at place) func(gateState) bool {
		return func(s gateState) bool {
			return slices.ContainsFunc(s.requests[:], func(r request) bool { return r.at == at })
		}
	}
	goals := []goal[gateState]{
		{"Drain returned nil", func(s gateState) bool { return s.promises != 0 }},
		{"a drain sleeps", func(s gateState) bool { return s.waiter.at == asleep }},
		{"a request backs out", some(backingOut)},
		{"an epoch is forgotten", func(s gateState) bool { return s.forgotten != 0 }},
	}
	if g.streams {
		goals = append(goals, goal[gateState]{"a stream selects on Draining", some(listening)})
	}
	if g.extends {
		goals = append(goals, goal[gateState]{"work is extended while a drain sleeps", func(s gateState) bool {
			return s.waiter.at == asleep && some(extending)(s)
		}})
	}
	return goals
}
