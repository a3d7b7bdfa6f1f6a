package model

import (
	"cmp"
	"slices"
)

// canonical returns one state for all that can't be told apart by anything that
// may follow: the replicas are sorted, those that ended give their places to new
// ones, and what no step and no invariant looks at any more is cleared.
func (c *cluster) canonical(s clusterState) clusterState {
	for i := range c.replicas {
		r := &s.replicas[i]
		if (r.phase == gone || r.phase == dead) && !r.entry.listed && r.past == 0 && r.late == (trip{}) {
			*r = replica{}
		}
		if !c.plain {
			c.forget(s, r)
		}
	}
	if !c.plain && c.onward() {
		s.forgetLevels(c.replicas)
	}
	slices.SortFunc(s.replicas[:c.replicas], func(a, b replica) int { return cmp.Compare(a.key(), b.key()) })
	return s
}

// forget clears what can't matter any more of one replica.
//
// An id never comes again, so an entry or a report with an older document is
// pending for ever, whatever it says is in flight. And while revisions only grow,
// no push and no answer brings a document that was held, so nobody asks which
// those are, nor what a replica with a shut gate obeyed before it joined afresh.
func (c *cluster) forget(s clusterState, r *replica) {
	if !c.comparesRevisions && !c.rosterFirst {
		if r.entry.document != s.saved {
			r.entry.document, r.entry.work = 0, 0
		}
		for _, t := range []*trip{&r.trip, &r.late} {
			unread := c.countersFirst && t.at == drafting // the document comes last there
			if t.document != s.saved && !unread {
				t.document, t.work = 0, 0
			}
		}
	}
	if c.onward() {
		if r.phase == unlisted || r.phase == joined || r.phase == loading {
			r.document = 0
		}
		r.held = 0
	}
}

// onward tells whether a replica only ever meets newer documents.
func (c *cluster) onward() bool {
	return !c.again && !c.goesBack && !c.olderPush && !c.keepsOvertaken && !c.keepsOldAnswers && !c.keepsGateOpen
}

// forgetLevels clears the levels of documents that no replica obeys and none can
// come to, as a push brings only those with a higher revision.
func (s *clusterState) forgetLevels(replicas int) {
	oldest := s.saved
	for _, r := range s.replicas[:replicas] {
		switch r.phase {
		case serving, closing:
			oldest = min(oldest, r.document)
			if r.trip.at == answered {
				oldest = min(oldest, r.trip.answer)
			}
		case loading, loadedOnly:
			oldest = min(oldest, r.trip.answer)
		}
	}
	for d := range oldest {
		s.levels[d] = off
	}
}
