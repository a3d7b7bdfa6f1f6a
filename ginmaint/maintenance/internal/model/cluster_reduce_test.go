package model

import "slices"

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
	slices.SortFunc(s.replicas[:c.replicas], order)
	return s
}

// forget clears what can't matter any more of one replica.
//
// An ID never comes again, so an entry or a renewal with an older document is
// pending for ever, whatever it says is in flight. And while revisions only grow,
// no push and no answer brings a document that was held, so nobody asks which
// those are; an answer that names the document in force changes nothing, and one
// that was overtaken is dropped; and without a question beside the renewals nobody
// asks what a replica with a shut gate knew before.
func (c *cluster) forget(s clusterState, r *replica) {
	if !c.comparesRevisions && !c.rosterFirst {
		if r.entry.document != s.saved {
			r.entry.document, r.entry.work = 0, 0
		}
		for _, t := range []*trip{&r.renewal, &r.late} {
			unread := c.countersFirst && t.at == drafting // the document comes last there
			if t.document != s.saved && !unread {
				t.document, t.work = 0, 0
			}
		}
	}
	if !c.onward() {
		return
	}
	r.held = 0
	if a := r.renewal; a.at == answered && r.phase == serving && (a.overtaken || a.answer == r.document) {
		r.renewal = trip{}
	}
	if a := r.change; a.is == loading && r.phase == serving && (a.overtaken || a.document == r.document) {
		r.change = change{}
	}
	if !c.loads && (r.phase == unlisted || r.phase == joined) {
		r.document = 0
	}
}

// onward tells whether a replica only ever meets newer documents.
func (c *cluster) onward() bool {
	return !c.again && !c.anyPush && !c.olderPush && !c.keepsOvertaken && !c.newerOvertaken && !c.savedOvertaken && !c.keepsOldAnswers && !c.keepsGateOpen
}

// forgetLevels clears the levels of documents that no replica knows and none can
// come to, as a push brings only those with a higher revision.
func (s *clusterState) forgetLevels(replicas int) {
	oldest := s.saved
	for _, r := range s.replicas[:replicas] {
		if r.phase == serving || r.document != 0 {
			oldest = min(oldest, r.document)
		}
		if r.renewal.at == answered {
			oldest = min(oldest, r.renewal.answer)
		}
		if r.change.is != unasked {
			oldest = min(oldest, r.change.document)
		}
	}
	for d := range oldest {
		s.levels[d] = off
	}
}
