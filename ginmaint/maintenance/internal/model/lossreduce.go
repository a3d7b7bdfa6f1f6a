package model

import "slices"

// canonical returns one state for all that can't be told apart by anything that
// may follow: the replicas are sorted, entries of an earlier incarnation, which
// prove nothing, are emptied, and documents that are nowhere any more are taken
// out of the numbering.
func (l *loss) canonical(s lossState) lossState {
	if int(s.incarnation) > l.losses { // the copy will not be needed
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
			r.entry = entry{listed: true}
		}
	}
	if !l.plain {
		s.renumber()
	}
	slices.SortFunc(s.replicas[:l.replicas], func(a, b survivor) int { return slices.Compare(a.key(), b.key()) })
	return s
}

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
	var alive [mostDocuments]bool
	for _, d := range places {
		alive[*d] = true
	}
	var (
		number [mostDocuments]uint8
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
		*d = number[*d]
	}
	for i := range s.replicas {
		var held uint8
		for d, n := range number {
			if (n != 0 || d == 0) && s.replicas[i].held&(1<<d) != 0 {
				held |= 1 << n
			}
		}
		s.replicas[i].held = held
	}
}

// key orders replicas; different replicas have different keys.
func (r survivor) key() []uint8 {
	return []uint8{
		uint8(r.phase), r.state.document, r.state.revision, r.held, uint8(r.current), uint8(r.past), r.incarnation,
		bit(r.cut), bit(r.waited), bit(r.restoring), r.found.document, r.found.revision,
		bit(r.entry.listed), r.entry.incarnation, r.entry.document, uint8(r.entry.work),
		bit(r.copied.listed), r.copied.incarnation, r.copied.document, uint8(r.copied.work),
	}
}
