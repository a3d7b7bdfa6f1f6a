package model

// open is the way of a replica from its start, or from the loss of its entry,
// until it serves: join, and then load.
func (c *cluster) open(s clusterState, i int, step func(who, what string, to clusterState)) {
	to := s
	r := &to.replicas[i]
	join := func() {
		if r.incarnation != 0 && r.incarnation != s.incarnation {
			to.unknown, to.returned = true, true
		}
		r.incarnation = s.incarnation
		r.entry = entry{listed: true, incarnation: s.incarnation, work: r.past}
	}
	switch r.phase {
	case absent:
		switch {
		case c.loadBeforeJoin:
			r.phase, r.trip.answer = loadedOnly, s.saved
			step(replicaNames[i], "starts: Load", to)
		case c.joinAndLoadAtOnce:
			r.phase, r.trip.answer = loadedOnly, s.saved
			step(replicaNames[i], "starts: takes the snapshot for Join and Load", to)
		default:
			join()
			r.phase = joined
			step(replicaNames[i], "starts: Join", to)
		}
	case loadedOnly:
		join()
		r.phase = loading
		step(replicaNames[i], "Join is committed", to)
	case unlisted:
		join()
		r.phase = joined
		step(replicaNames[i], "joins afresh", to)
	case joined:
		r.phase, r.trip = loading, trip{answer: s.saved}
		step(replicaNames[i], "Load", to)
	case loading:
		r.phase = serving
		r.takeOver(s, r.trip.answer)
		r.trip = trip{}
		step(replicaNames[i], "takes the first document over and serves", to)
	}
}

// takesPush tells whether a push that brings d is taken over, or is only a hint
// that a report is due, whose answer brings what is in the store.
func (c *cluster) takesPush(s clusterState, r replica, d uint8) bool {
	switch {
	case c.goesBack:
		return true
	case r.held&(1<<d) != 0: // a replica never goes back
		return false
	case c.olderPush:
		return true
	case s.revisions[d] <= s.revisions[r.document]:
		return false
	}
	return s.levels[d] >= s.levels[r.document] || c.opensByPush
}

// pushed takes d over. The answer of a report begun before is overtaken: it may
// be older than d.
func (c *cluster) pushed(s clusterState, r *replica, d uint8) {
	r.takeOver(s, d)
	switch {
	case c.keepsOvertaken:
	case r.trip.at == drafting, r.trip.at == sent:
		r.trip.overtaken = true
	default:
		r.trip = trip{}
	}
}
