package model

import "slices"

// judge tells whether the present listing proves that the document is obeyed.
func (l *loss) judge(s lossState) bool {
	document := s.stored.document
	trusted := !s.young || s.joined && l.trustsYoung || !s.joined && l.trustsEmpty
	if s.unknown != 0 || !trusted || s.levels[document] == off {
		return false
	}
	for i := range l.replicas {
		e := s.replicas[i].entry
		if !e.listed {
			continue
		}
		present := e.incarnation == s.incarnation || l.incarnationIgnored
		if !present || e.document != document || e.work&refused(s.levels[document]) != 0 {
			return false
		}
	}
	return true
}

// outdated tells whether a replica obeys a later document than the one stored: then
// a drain for that one promises nothing. This is assumed where the document alone
// is lost.
func (s *lossState) outdated() bool {
	return slices.ContainsFunc(s.replicas[:], func(r survivor) bool { return r.state.document > s.stored.document })
}

func (l *loss) violation(s lossState) string {
	for _, r := range s.replicas {
		if (r.current|r.past)&s.promises.refused() != 0 {
			return broken
		}
	}
	switch {
	case s.undone:
		return "a document was written back over a later one with a higher level"
	case s.reopened:
		return "a replica was opened by a document older than the one that it obeyed"
	case s.unseen:
		return "a change was saved over a document that its author had not seen"
	}
	return ""
}

func (l *loss) goals() []goal[lossState] {
	some := func(is func(survivor) bool) func(lossState) bool {
		return func(s lossState) bool { return slices.ContainsFunc(s.replicas[:], is) }
	}
	goals := []goal[lossState]{
		{"Drain returned nil", func(s lossState) bool { return s.promises != 0 }},
		{"Drain returned nil after a loss", func(s lossState) bool { return s.promises != 0 && s.losses > 0 && !s.bound }},
	}
	if l.nobody {
		goals = append(goals, goal[lossState]{"Drain returned nil after a loss that nobody has come back from", func(s lossState) bool {
			return s.promises != 0 && s.losses > 0 && !s.bound && !s.returned
		}})
	} else {
		goals = append(goals, goal[lossState]{"a survivor writes back over nothing", some(func(r survivor) bool { return r.restoring && r.found == version{} })})
	}
	if l.saves > 1 && !l.begun {
		goals = append(goals, goal[lossState]{"the more closed of two documents was saved above both", func(s lossState) bool {
			return s.above
		}})
	}
	if l.asksLate {
		goals = append(goals, goal[lossState]{"a replica serves by a copy of which nobody has noticed that it is one", func(s lossState) bool {
			return s.unnoticed && s.replicas[0].phase == follower && s.replicas[0].entry.listed
		}})
	}
	if l.serving < l.replicas {
		goals = append(goals, goal[lossState]{"a joiner waits for survivors", some(func(r survivor) bool { return r.waits != 0 })})
	}
	return goals
}

// canonical returns one state for all that can't be told apart by anything that
// may follow: the replicas are sorted, entries of an earlier incarnation, which
// prove nothing, are emptied, and documents that are nowhere any more are taken
// out of the numbering.
func (l *loss) canonical(s lossState) lossState {
	if int(s.losses) >= l.losses { // the copy will not be needed
		s.copied = version{}
		for i := range s.replicas {
			s.replicas[i].copied = entry{}
		}
	}
	for i := range l.replicas {
		r := &s.replicas[i]
		if r.phase == killed && !r.entry.listed && !r.copied.listed {
			*r = survivor{phase: killed}
		}
		if r.entry.listed && r.entry.incarnation != s.incarnation && !l.incarnationIgnored && !l.plain {
			r.entry.incarnation, r.entry.work, r.entry.document = 0, 0, min(r.entry.document, 1)*lostDocument
		}
	}
	if !l.plain {
		s.renumber()
	}
	slices.SortFunc(s.replicas[:l.replicas], order)
	return s
}

// lostDocument is what entries name that name a document which is nowhere any more.
const lostDocument = mostDocuments

// renumber keeps the order of the documents that are in the store, in its copy
// or in a replica. The others can't come again.
func (s *lossState) renumber() {
	places := []*uint8{&s.stored.document, &s.copied.document}
	var entries []*uint8
	for i := range s.replicas {
		r := &s.replicas[i]
		places = append(places, &r.state.document, &r.found.document)
		entries = append(entries, &r.entry.document, &r.copied.document)
	}
	var alive [mostDocuments + 1]bool
	for _, d := range places {
		alive[*d] = true
	}
	var (
		number [mostDocuments + 1]uint8
		levels [mostDocuments]level
		last   uint8
	)
	for d := uint8(1); d < mostDocuments; d++ {
		if alive[d] {
			last++
			number[d], levels[last] = last, s.levels[d]
		}
	}
	s.levels, s.last = levels, last
	for _, d := range places {
		*d = number[*d]
	}
	for _, d := range entries {
		if *d != 0 && number[*d] == 0 {
			*d = lostDocument
		} else {
			*d = number[*d]
		}
	}
	for i := range s.replicas {
		var held uint8
		for d, n := range number[:mostDocuments] {
			if (n != 0 || d == 0) && s.replicas[i].held&(1<<d) != 0 {
				held |= 1 << n
			}
		}
		s.replicas[i].held = held
	}
}
