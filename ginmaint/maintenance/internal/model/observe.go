package model

// observe takes the next step of a drain. It keeps nothing between two looks at
// the store but the level that it was asked for, so a drain that begins anew
// stands for one that looks again.
func (c *cluster) observe(s clusterState, step func(who, what string, to clusterState)) {
	to := s
	o := &to.observer
	present := s.levels[s.saved]
	switch s.observer.at {
	case away:
		switch {
		case c.rosterFirst:
			c.list(&to)
			step("observer", "Drain begins: lists the roster", to)
		case present == off: // Drain at Off is an error
		case !c.asks && !c.reload: // begins and looks
			if c.drained(s, s.saved) {
				c.succeed(&to)
				step("observer", "looks at a snapshot: Drain returns nil", to)
			}
		default:
			*o = observer{at: drains, asked: present}
			step("observer", "Drain begins", to)
		}
	case drains:
		switch {
		case present < s.observer.asked && !c.acceptsLower:
			*o = observer{}
			step("observer", "Drain returns ErrChanged", to)
		case c.reload:
			o.at, o.document = loads, s.saved
			step("observer", "loads the document", to)
		case c.drained(s, s.saved):
			c.succeed(&to)
			step("observer", "looks at a snapshot: Drain returns nil", to)
		}
	case loads:
		if c.drained(s, s.observer.document) {
			o.at = listed
			step("observer", "lists the roster: all have reported that document", to)
		} else {
			o.at, o.document = drains, 0
			step("observer", "lists the roster: somebody is pending", to)
		}
	case listed:
		same := s.observer.document == s.saved
		if c.rosterFirst {
			same = !s.observer.listed || !s.observer.mixed && same && s.observer.work&refused(present) == 0
		}
		switch {
		case same && present != off:
			c.succeed(&to)
			step("observer", "loads the document: Drain returns nil", to)
		case c.rosterFirst:
			*o = observer{}
			step("observer", "loads the document: not drained", to)
		default:
			*o = observer{at: drains, asked: s.observer.asked}
			step("observer", "loads the document: it moved", to)
		}
	}
}

// drained tells whether every entry has acknowledged document, and none has work
// in flight that it refuses.
func (c *cluster) drained(s clusterState, document uint8) bool {
	if s.unknown || s.young {
		return false
	}
	for i := range c.replicas {
		e := s.replicas[i].entry
		if !e.listed {
			continue
		}
		same := e.document == document
		if c.comparesRevisions {
			same = s.revisions[e.document] == s.revisions[document]
		}
		if !same || e.incarnation != s.incarnation || e.work&refused(s.levels[document]) != 0 {
			return false
		}
	}
	return true
}

// succeed is the promise of a drain that returns nil.
func (c *cluster) succeed(s *clusterState) {
	promised := s.levels[s.saved]
	if c.acceptsLower {
		promised = s.observer.asked
	}
	s.promises = s.promises.with(promised)
	s.observer = observer{}
}

// list keeps of the roster what a later look at the document decides by.
func (c *cluster) list(s *clusterState) {
	o := &s.observer
	o.at = listed
	for i := range c.replicas {
		e := s.replicas[i].entry
		if !e.listed {
			continue
		}
		o.mixed = o.mixed || o.listed && o.document != e.document
		o.listed, o.document = true, e.document
		o.work |= e.work
	}
}
