package model

// windowReplica is a Mode, with its entry in the store.
type windowReplica struct {
	open     bool
	clock    uint8 // again: what its clock showed last
	document uint8 // the last one known
	held     uint8 // set of documents that it has left
	phase    windowPhase
	current  work
	past     work
	sending  bool // a renewal is on its way
	renewal  windowEntry
	entry    windowEntry
}

// windowEntry is what a renewal says: the document, what of it is in force there,
// and what runs from before.
type windowEntry struct {
	document uint8
	level    level
	work     work
}

// windowPhase is how far a document's window has gone.
type windowPhase uint8

const (
	before windowPhase = iota
	within
	after
)

func (s span) phaseAt(clock uint8) windowPhase {
	switch {
	case s.end > 0 && clock >= s.end:
		return after
	case clock < s.start:
		return before
	}
	return within
}

// covers tells whether s leaves out nothing of what is left of other at clock.
func (s span) covers(other span, clock uint8) bool {
	if other.phaseAt(clock) == after {
		return true
	}
	begun := s.start <= clock || s.start <= other.start
	return begun && s.phaseAt(clock) != after && (s.end == 0 || other.end > 0 && s.end >= other.end)
}

// inForce is the level that r obeys.
func (w *window) inForce(s windowState, r windowReplica) level {
	level, _ := w.of(s, r.document)
	if r.phase != within {
		return off
	}
	return level
}

// replica takes the next step of replica i.
func (w *window) replica(s windowState, i int, step func(who, what string, to windowState)) {
	r := s.replicas[i]
	move := func(what string, edit func(*windowReplica)) {
		to := s
		edit(&to.replicas[i])
		step(replicaNames[i], what, to)
	}
	for clock := max(s.tick, r.clock); clock <= s.tick+w.skew; clock++ {
		names := clockNames[clock-s.tick]
		takeOver := func(d uint8) func(*windowReplica) {
			return func(r *windowReplica) {
				r.held |= 1 << r.document
				r.open, r.document, r.phase = true, d, before
				r.past, r.current = r.past|r.current, 0
				w.enforce(s, r, clock)
			}
		}
		switch {
		case !r.open:
			move(names.open, takeOver(s.saved))
			continue
		case r.document != s.saved:
			move(names.takeOver, takeOver(s.saved))
		}
		for d := uint8(1); d <= s.saved; d++ {
			if w.hears(s, r, d, clock) {
				move(names.push, takeOver(d))
			}
		}
		if checked := r; w.enforce(s, &checked, clock) {
			move(names.recheck, func(r *windowReplica) { *r = checked })
		}
	}
	if !r.open {
		return
	}
	for _, a := range w.classes {
		if !w.inForce(s, r).Refuses(a) && r.current&workOf(a) == 0 {
			move(enterNames[a], func(r *windowReplica) { r.current |= workOf(a) })
		}
		if r.current&workOf(a) != 0 {
			move(leaveNames[a], func(r *windowReplica) { r.current &^= workOf(a) })
		}
		if r.past&workOf(a) != 0 {
			move(leavePastNames[a], func(r *windowReplica) { r.past &^= workOf(a) })
		}
	}
	if r.sending {
		move("its renewal arrives", func(r *windowReplica) { r.sending, r.entry, r.renewal = false, r.renewal, windowEntry{} })
		move("its renewal is lost", func(r *windowReplica) { r.sending, r.renewal = false, windowEntry{} })
	} else {
		move("renews", func(r *windowReplica) {
			r.sending, r.renewal = true, windowEntry{r.document, w.inForce(s, *r), r.past}
		})
	}
}

// hears tells whether a push that brings d is taken over by a replica whose clock
// shows clock. The document in the store comes by the answer to a renewal as well,
// so only others make a difference.
func (w *window) hears(s windowState, r windowReplica, d, clock uint8) bool {
	known, mine := w.of(s, r.document)
	pushed, its := w.of(s, d)
	if d == s.saved || pushed < known || s.revisions[d] <= s.revisions[r.document] || r.held&(1<<d) != 0 {
		return false
	}
	return known == off || its.covers(mine, clock) || w.pushUncovered
}

// enforce brings the phase in line with a clock, each edge once and never back, and
// tells whether that changed anything.
func (w *window) enforce(s windowState, r *windowReplica, clock uint8) bool {
	if w.again {
		r.clock = clock
	}
	old, was := r.phase, w.inForce(s, *r)
	if level, span := w.of(s, r.document); level != off {
		if next := span.phaseAt(clock); w.edgeGoesBack {
			r.phase = next
		} else {
			r.phase = max(r.phase, next)
		}
	}
	if w.inForce(s, *r) != was {
		r.past, r.current = r.past|r.current, 0
	}
	return r.phase != old
}

// clockNames are the texts, by what the clock shows beyond the tick.
var clockNames = [...]struct{ open, takeOver, push, recheck string }{
	{
		"opens, its clock right", "takes the answer over, its clock right",
		"takes a late push over, its clock right", "looks at its clock, which is right",
	}, {
		"opens, its clock fast by 1", "takes the answer over, its clock fast by 1",
		"takes a late push over, its clock fast by 1", "looks at its clock, which is fast by 1",
	}, {
		"opens, its clock fast by 2", "takes the answer over, its clock fast by 2",
		"takes a late push over, its clock fast by 2", "looks at its clock, which is fast by 2",
	},
}
