package model

import "slices"

// lose is what happens to the store. The roster that is there afterwards has
// another incarnation.
func (l *loss) lose(s lossState, step func(who, what string, to lossState)) {
	if int(s.incarnation) > l.losses {
		return
	}
	caughtUp := s
	caughtUp.copied = s.stored
	for i := range s.replicas {
		caughtUp.replicas[i].copied = s.replicas[i].entry
	}
	step("store", "its copy catches up", caughtUp)
	if !s.keeper(-1) {
		return
	}

	lost := s
	lost.incarnation++
	lost.young, lost.returned, lost.joined, lost.unknown = true, false, false, false
	lost.stored, lost.copied = version{}, version{}
	for i, r := range s.replicas {
		r.entry, r.copied = entry{}, entry{}
		r.waited, r.cut = r.phase == follower, false
		lost.replicas[i] = r
	}
	step("store", "is restarted empty", lost)

	lost.stored = s.copied
	for i, r := range s.replicas {
		lost.replicas[i].entry = r.copied
	}
	step("store", "fails over to the copy", lost)
}

// keeper tells whether a replica other than but is left that brings back what the
// store has lost: the assumption.
func (s *lossState) keeper(but int) bool {
	for i, r := range s.replicas {
		if i != but && r.phase >= follower && r.phase < killed && !r.cut && (r.waited || !s.young) {
			return true
		}
	}
	return false
}

// fate is what happens to replica i.
func (l *loss) fate(s lossState, i int, step func(who, what string, to lossState)) {
	r := s.replicas[i]
	move := func(what string, edit func(*survivor)) {
		to := s
		edit(&to.replicas[i])
		step(replicaNames[i], what, to)
	}
	if r.phase == killed && r.entry.listed {
		move("is forgotten by the operator", func(r *survivor) { r.entry = entry{} })
	}
	if r.phase != unborn && r.phase != killed && (!s.young || s.returned || s.keeper(i)) {
		move("is killed", func(r *survivor) { *r = survivor{phase: killed, entry: r.entry, copied: r.copied} })
		if r.waited && !r.cut {
			move("is cut off from the store for long", func(r *survivor) { r.cut = true })
		}
	}
}

// away tells whether a living replica has not come back to this incarnation.
func (s *lossState) away() bool {
	return slices.ContainsFunc(s.replicas[:], func(r survivor) bool {
		return r.phase != unborn && r.phase != killed && r.incarnation != s.incarnation
	})
}
