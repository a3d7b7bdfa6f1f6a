package model

import "slices"

// replica takes the next step of replica i.
func (l *loss) replica(s lossState, i int, step func(who, what string, to lossState)) {
	r := s.replicas[i]
	move := func(what string, edit func(s *lossState, r *survivor)) {
		to := s
		edit(&to, &to.replicas[i])
		step(replicaNames[i], what, to)
	}
	if r.phase == follower && !s.levels[r.state.document].Refuses(write) && r.current == 0 {
		move(enterNames[write], func(_ *lossState, r *survivor) { r.current = workOf(write) })
	}
	if r.current != 0 {
		move(leaveNames[write], func(_ *lossState, r *survivor) { r.current = 0 })
	}
	if r.past != 0 {
		move(leavePastNames[write], func(_ *lossState, r *survivor) { r.past = 0 })
	}
	if r.cut {
		return
	}
	if r.restoring {
		move("Restore", l.restore)
		return
	}
	switch r.phase {
	case unborn:
		move("starts: Join", func(s *lossState, r *survivor) { l.join(s, r); r.phase = newcomer })
	case newcomer:
		// What it finds in a young roster may be less than what survivors know.
		nothing := s.stored == version{}
		if waits := s.young && !l.doesNotWait && (nothing || !l.waitsForNothingOnly); !waits {
			move("Load: takes the first document over", func(s *lossState, r *survivor) { r.takeOver(s.stored); r.serve(s) })
		}
	case returner:
		move("joins afresh", func(s *lossState, r *survivor) { l.join(s, r); r.phase = rejoined })
	case rejoined:
		move("Load", func(s *lossState, r *survivor) { l.answer(s, r) })
	case follower:
		listed := r.entry.listed && (r.entry.incarnation == r.incarnation && r.incarnation == s.incarnation || l.incarnationIgnored)
		if !listed {
			move("learns that it is not listed, and shuts its gate", func(_ *lossState, r *survivor) {
				r.phase = returner
				r.past, r.current = r.past|r.current, 0
			})
			return
		}
		move("Report", func(s *lossState, r *survivor) {
			r.entry.document, r.entry.work = r.state.document, r.past
			r.incarnation, r.entry.incarnation = s.incarnation, s.incarnation
			l.answer(s, r)
		})
	}
}

// join commits an entry that has acknowledged nothing.
func (l *loss) join(s *lossState, r *survivor) {
	if r.incarnation != 0 && r.incarnation != s.incarnation && !l.noUnknown {
		s.unknown = true
	}
	s.joined = true
	r.incarnation = s.incarnation
	r.entry = entry{listed: true, incarnation: s.incarnation, work: r.past}
}

// answer obeys what the store shows if it is newer; else, where the store has
// gone back, the replica will write back what it knows.
func (l *loss) answer(s *lossState, r *survivor) {
	x := s.stored
	switch {
	case l.writesNothingBack, x.revision > r.state.revision && r.held&(1<<x.document) == 0:
		if x != r.state {
			r.takeOver(x)
		}
		r.serve(s)
	case x == r.state:
		r.serve(s)
	default:
		r.restoring, r.found = true, x
	}
}

// takeOver makes v the state in force; what ran until now is work of a past epoch.
func (r *survivor) takeOver(v version) {
	if v.document != r.state.document {
		r.held |= 1 << r.state.document
		r.past, r.current = r.past|r.current, 0
	}
	r.state = v
}

// serve opens the gate of a replica that the store has answered.
func (r *survivor) serve(s *lossState) {
	r.phase = follower
	if r.waited {
		r.waited, s.returned = false, true
	}
}

// restore writes back: over nothing, and over a document that the replica has
// held itself, under its own id; over another the more closed of both, as a new
// document. Where the store holds something else by now, it loads again.
func (l *loss) restore(s *lossState, r *survivor) {
	x, mine := r.found, r.state
	r.restoring, r.found = false, version{}
	if s.stored != x {
		if r.phase == follower {
			l.answer(s, r)
		}
		return
	}
	revision := max(x.revision, mine.revision) + 1
	own := x == version{} || x.document == mine.document || r.held&(1<<x.document) != 0
	if own || l.restoresOverUnknown {
		s.stored = version{mine.document, revision}
		s.undone = x.document > mine.document && s.levels[x.document] > s.levels[mine.document]
	} else {
		s.above = true
		s.make(max(s.levels[x.document], s.levels[mine.document]), revision)
	}
	r.takeOver(s.stored)
	r.serve(s)
}

func (l *loss) goals() []goal[lossState] {
	goals := []goal[lossState]{
		{"Drain returned nil", func(s lossState) bool { return s.promises != 0 }},
		{"Drain returned nil after a loss", func(s lossState) bool { return s.promises != 0 && s.incarnation > 1 && !s.young }},
		{"a document was written back under its own id", func(s lossState) bool {
			return s.incarnation > 1 && s.last == 1 && s.stored.revision > s.saves
		}},
	}
	if l.saves > 1 {
		goals = append(goals, goal[lossState]{"the more closed of two documents was saved above both", func(s lossState) bool {
			return s.above
		}})
	}
	if l.serving < l.replicas {
		goals = append(goals, goal[lossState]{"a newcomer finds a young roster", func(s lossState) bool {
			return s.young && slices.ContainsFunc(s.replicas[:], func(r survivor) bool { return r.phase == newcomer })
		}})
	}
	return goals
}
