package model

import "slices"

// drain is a Drain, made by an observer's process or by replica A's. It keeps
// nothing between two looks but the level that it was asked for, so one that
// begins anew stands for one that looks again.
type drain struct {
	at       glance
	asked    level // of the document that it began with
	document uint8 // rosterFirst: of the entries listed
	some     bool  // rosterFirst: some entry was listed
	mixed    bool  // rosterFirst: their documents differed
	work     work  // rosterFirst: in flight by the list
}

type glance uint8

const (
	away   glance = iota // no drain
	drains               // asks: Drain was called
	listed               // rosterFirst: has the list, and has yet to load
)

// look takes the next step of Drain: each look is one listing, which judge decides
// about.
func (c *cluster) look(s clusterState, step func(who, what string, to clusterState)) {
	if c.own && !slices.ContainsFunc(s.replicas[:], func(r replica) bool { return r.own && r.alive() }) {
		return
	}
	to := s
	d := &to.drain
	present := s.levels[s.saved]
	switch {
	case s.drain.at == listed:
		same := !s.drain.some || !s.drain.mixed && s.drain.document == s.saved && s.drain.work&refused(present) == 0
		if same && present != off {
			c.succeed(&to)
			step("Drain", "loads the document: returns nil", to)
		} else {
			*d = drain{}
			step("Drain", "loads the document: not drained", to)
		}
	case c.rosterFirst:
		c.list(&to)
		step("Drain", "begins: lists the roster", to)
	case s.drain.at == away && present == off: // ErrOff
	case s.drain.at == away && c.asks:
		*d = drain{at: drains, asked: present}
		step("Drain", "begins", to)
	case present < s.drain.asked && !c.acceptsLower:
		*d = drain{}
		step("Drain", "returns ErrChanged", to)
	case c.judge(s):
		c.succeed(&to)
		step("Drain", "looks at a listing: returns nil", to)
	}
}

// judge tells whether a listing proves that every entry has acknowledged the
// document, and that none has work in flight that it refuses.
func (c *cluster) judge(s clusterState) bool {
	if s.unknown || s.young {
		return false
	}
	for i := range c.replicas {
		e := s.replicas[i].entry
		if !e.listed || e.idle {
			if s.replicas[i].own && !c.ownUnlisted {
				return false
			}
			continue
		}
		same := e.document == s.saved
		if c.comparesRevisions {
			same = s.revisions[e.document] == s.revisions[s.saved]
		}
		if !same || e.incarnation != s.incarnation || e.work&refused(s.levels[s.saved]) != 0 {
			return false
		}
	}
	return true
}

// succeed is the promise of a drain that returns nil.
func (c *cluster) succeed(s *clusterState) {
	promised := s.levels[s.saved]
	if c.acceptsLower {
		promised = s.drain.asked
	}
	s.promises = s.promises.with(promised)
	s.drain = drain{}
}

// list keeps of the roster what a later look at the document decides by.
func (c *cluster) list(s *clusterState) {
	d := &s.drain
	d.at = listed
	for i := range c.replicas {
		if e := s.replicas[i].entry; e.listed {
			d.mixed = d.mixed || d.some && d.document != e.document
			d.some, d.document = true, e.document
			d.work |= e.work
		}
	}
}

func (c *cluster) violation(s clusterState) string {
	for _, r := range s.replicas {
		if (r.current|r.past)&s.promises.refused() != 0 {
			return broken
		}
		if c.obeys && r.reopened {
			return "a replica was opened by a document older than the one that it obeyed"
		}
	}
	return ""
}

func (c *cluster) goals() []goal[clusterState] {
	some := func(is func(replica) bool) func(clusterState) bool {
		return func(s clusterState) bool { return slices.ContainsFunc(s.replicas[:], is) }
	}
	goals := []goal[clusterState]{
		{"Drain returned nil", func(s clusterState) bool { return s.promises != 0 }},
		{"Drain returned nil and was taken back", func(s clusterState) bool { return s.promises == 0 && s.levels[s.saved] == on }},
		{"all replicas serve at once", func(s clusterState) bool {
			return !slices.ContainsFunc(s.replicas[:c.replicas], func(r replica) bool { return !r.open() })
		}},
		{"past work in a replica that shuts down", some(func(r replica) bool { return r.closed && r.past != 0 })},
	}
	if c.losses > 0 || c.own {
		goals = append(goals, goal[clusterState]{"a replica joins afresh", some(func(r replica) bool { return r.phase == unlisted })})
	}
	if c.idles {
		goals = append(goals, goal[clusterState]{"an idle process knows a document that was replaced", func(s clusterState) bool {
			return slices.ContainsFunc(s.replicas[:], func(r replica) bool { return r.phase == reading && r.document < s.saved })
		}})
	}
	if c.loads {
		goals = append(goals, goal[clusterState]{"an answer is overtaken", some(func(r replica) bool { return r.change.overtaken })})
	}
	return goals
}

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
	if !c.loads && (r.phase == unlisted || r.phase == joined || r.phase == reading && !c.opensByOld) {
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
