package model

// renew is the replica's round trip: it takes the answer over first, and renews
// the lease then, from the moment before it was sent.
func (l *lease) renew(s leaseState, step func(who, what string, to leaseState)) {
	to := s
	switch s.trip {
	case unsent:
		to.trip, to.sent = underway, 0
		step("replica", "takes the time and sends a report", to)
	case underway:
		to.arrive()
		to.trip, to.bringsOn = back, s.saved
		step("store", "takes the report", to)
	case back:
		if l.confirmFirst {
			to.renewed, to.trip = s.sent, renewed
			step("replica", "renews its lease, and has yet to take the answer over", to)
		} else {
			to.obeys, to.trip = s.obeys || s.bringsOn, taken
			step("replica", "takes the answer over", to)
		}
	case taken:
		to.renewed, to.trip, to.sent, to.bringsOn = s.sent, unsent, 0, false
		if l.fromReceipt {
			to.renewed = 0
		}
		step("replica", "renews its lease", to)
	case renewed:
		to.obeys, to.trip, to.sent, to.bringsOn = s.obeys || s.bringsOn, unsent, 0, false
		step("replica", "takes the answer over", to)
	}
	if s.trip == underway || s.trip == back {
		to := s
		to.trip, to.sent, to.bringsOn = unsent, 0, false
		step("replica", "gives the report up", to)
		if s.trip == underway && !s.late {
			to.late = true
			step("replica", "gives the report up, which is still on its way", to)
		}
	}
	if s.late {
		to := s
		to.late = false
		to.arrive()
		step("store", "takes the late report", to)
	}
}

// arrive is a report in the store: its counter is a new one.
func (s *leaseState) arrive() {
	s.silent, s.moved, s.listMoved = 0, true, true
}

// observe takes the next step of a drain: it asks for lists, and counts from the
// receipt of the one that first showed the replica's report counter.
func (l *lease) observe(s leaseState, step func(who, what string, to leaseState)) {
	to := s
	switch s.list {
	case unsent:
		to.list, to.listSent = underway, 0
		to.lateList = s.seen && (s.first >= l.bound() || l.listSentEarly)
		step("observer", "sends for a list", to)
	case underway:
		to.list = back
		to.same = s.seen && !s.moved
		to.listMoved, to.showsOn, to.listAge = false, s.saved, s.silent
		step("store", "makes the list", to)
	case back:
		to.list, to.listSent, to.lateList, to.same, to.listMoved, to.showsOn, to.listAge = unsent, 0, false, false, false, false, 0
		if !s.same {
			to.seen, to.lost, to.moved = true, false, s.listMoved
			if to.first = 0; l.observerSending {
				to.first = s.listSent
			}
			step("observer", "receives the list: the replica has reported", to)
			break
		}
		if s.lateList && s.first >= l.bound() && s.showsOn && !s.lost {
			to.lost = true
			to.early = s.listAge < l.length
			step("observer", "receives the list: the replica is lost", to)
			break
		}
		step("observer", "receives the list: no report since", to)
	}
	if s.lost && s.first >= l.bound()+l.grace && !s.drained {
		to := s
		to.drained = true
		step("observer", "the grace has passed as well: Drain returns nil", to)
	}
}
