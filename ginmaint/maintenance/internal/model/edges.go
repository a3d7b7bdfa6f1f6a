package model

// windowReplica is a Mode, with its entry in the store.
type windowReplica struct {
	open     bool
	document uint8
	phase    windowPhase // of that document
	current  work
	past     work
	sending  bool // a report is on its way
	report   windowEntry
	entry    windowEntry
}

// windowEntry is what a replica reports: the document, what of it is in force
// there, and what runs from before.
type windowEntry struct {
	document uint8
	level    level
	work     work
}

type windowPhase uint8

const (
	before windowPhase = iota
	within
	after
)

// phaseAt is how far the window has gone by a clock that shows c.
func (w *window) phaseAt(c uint8) windowPhase {
	switch {
	case c >= w.end:
		return after
	case c < w.start:
		return before
	}
	return within
}

// inForce is the level that r obeys.
func (w *window) inForce(r windowReplica) level {
	if r.document == 0 || r.phase != within {
		return off
	}
	return w.level
}

// replica takes the next step of replica i.
func (w *window) replica(s windowState, i int, step func(who, what string, to windowState)) {
	r := s.replicas[i]
	move := func(what string, edit func(*windowReplica)) {
		to := s
		edit(&to.replicas[i])
		step(replicaNames[i], what, to)
	}
	for clock := s.tick; clock <= s.tick+w.skew; clock++ {
		switch {
		case !r.open:
			move(windowSteps[clock-s.tick].open, func(r *windowReplica) {
				r.open, r.document = true, s.saved
				w.enforce(r, clock)
			})
		case r.document != s.saved:
			move(windowSteps[clock-s.tick].takeOver, func(r *windowReplica) {
				r.document, r.phase = s.saved, before
				r.past, r.current = r.past|r.current, 0
				w.enforce(r, clock)
			})
		}
		if again := r; r.open {
			if w.enforce(&again, clock); again != r {
				move(windowSteps[clock-s.tick].recheck, func(r *windowReplica) { *r = again })
			}
		}
	}
	if !r.open {
		return
	}
	for _, a := range w.classes {
		if !w.inForce(r).Refuses(a) && r.current&workOf(a) == 0 {
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
		move("its report arrives", func(r *windowReplica) { r.sending, r.entry, r.report = false, r.report, windowEntry{} })
		move("its report is lost", func(r *windowReplica) { r.sending, r.report = false, windowEntry{} })
	} else {
		move("reports", func(r *windowReplica) {
			r.sending, r.report = true, windowEntry{r.document, w.inForce(*r), r.past}
		})
	}
}

// enforce brings the phase in line with a clock: each edge is passed once and
// never back.
func (w *window) enforce(r *windowReplica, clock uint8) {
	was := w.inForce(*r)
	if next := w.phaseAt(clock); w.edgeGoesBack {
		r.phase = next
	} else {
		r.phase = max(r.phase, next)
	}
	if r.document == 0 {
		r.phase = before
	}
	if w.inForce(*r) != was {
		r.past, r.current = r.past|r.current, 0
	}
}

// windowSteps are the texts, by what the clock shows beyond the tick.
var windowSteps = [...]struct{ open, takeOver, recheck string }{
	{"opens, its clock right", "takes the document over, its clock right", "looks at its clock, which is right"},
	{"opens, its clock fast by 1", "takes the document over, its clock fast by 1", "looks at its clock, which is fast by 1"},
	{"opens, its clock fast by 2", "takes the document over, its clock fast by 2", "looks at its clock, which is fast by 2"},
}

// key orders replicas; different replicas have different keys.
func (r windowReplica) key() uint64 {
	key := uint64(bit(r.open))
	for _, field := range []uint8{
		r.document, uint8(r.phase), uint8(r.current), uint8(r.past), bit(r.sending),
		r.report.document, uint8(r.report.level), uint8(r.report.work),
		r.entry.document, uint8(r.entry.level), uint8(r.entry.work),
	} {
		key = key<<2 | uint64(field)
	}
	return key
}
