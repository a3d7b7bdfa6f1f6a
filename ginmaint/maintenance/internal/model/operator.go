package model

// save is everything that operators may save.
func (c *cluster) save(s clusterState, step func(who, what string, to clusterState)) {
	if int(s.saved) >= c.saves {
		return
	}
	for _, l := range c.levels {
		to := s
		to.saved++
		to.levels[to.saved] = l
		to.promises = s.promises.saved(l)
		next := s.revisions[s.saved] + 1
		for rev := next; rev > 0; rev-- {
			to.revisions[to.saved] = rev
			if rev == next {
				step("operator", saveNames[l], to)
				c.saveHere(to, step)
			} else {
				step("operator", saveAgainNames[l], to)
			}
			if !c.again {
				break
			}
		}
	}
}

// saveHere is the same save by a Mode that serves. Save is a round trip as a
// report is: it drops the one under way, and its answer is the new document.
func (c *cluster) saveHere(s clusterState, step func(who, what string, to clusterState)) {
	for i := range c.replicas {
		if s.replicas[i].phase == serving {
			to := s
			to.replicas[i].trip = trip{at: answered, answer: s.saved}
			step(replicaNames[i], saveNames[s.levels[s.saved]], to)
		}
	}
}

var (
	saveNames      = [...]string{off: "saves off", readOnly: "saves read-only", on: "saves on"}
	saveAgainNames = [...]string{
		off:      "saves off with a revision that comes again",
		readOnly: "saves read-only with a revision that comes again",
		on:       "saves on with a revision that comes again",
	}
)

// lose empties the roster. What survives is known by its incarnation.
func (s *clusterState) lose() {
	s.incarnation++
	s.young, s.unknown, s.returned = true, false, false
	for i := range s.replicas {
		s.replicas[i].entry = entry{}
	}
}

// people is what somebody does who looks after the replicas.
func (c *cluster) people(s clusterState, step func(who, what string, to clusterState)) {
	missing := false // a replica is alive and not back since the loss
	for i := range c.replicas {
		r := s.replicas[i]
		if r.phase == dead && r.entry.listed {
			to := s
			to.replicas[i].entry = entry{}
			step("operator", "forgets a killed replica", to)
		}
		missing = missing || r.alive() && r.incarnation != s.incarnation
	}
	// The assumption of the design: of the survivors at least one comes back
	// while the roster is young. The others may stay away as long as they like.
	if s.young && (!missing || s.returned) {
		to := s
		to.young = false
		step("store", "the bound passes in which survivors come back", to)
	}
	if s.unknown && !missing {
		to := s
		to.unknown = false
		step("operator", "looks, and forgets the Unknown entry", to)
	}
}
